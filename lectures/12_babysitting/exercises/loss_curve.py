"""Reading a loss curve."""

import math
from collections.abc import Iterator

import numpy as np

from grader import Case, Choice, Exercise, Question
from utils.babysitting import classify_curve

LONG_FLAT_START = Question(
    "babysitting.long_flat_start",
    "A loss curve is flat for the first third of the run. Then it falls steeply and ends low. "
    "What do you look at first?",
    choices=(
        Choice(
            "The learning rate: it was too low at first.",
            "The rate was the same all the time, and later it was high enough. What was "
            "different at the beginning?",
        ),
        Choice("The initial weights.", right=True),
        Choice(
            "The batch size: the batches are too small.",
            "Small batches make a curve jump. This one is flat, and later steep. What is "
            "special about the beginning of a run?",
        ),
        Choice(
            "Overfitting.",
            "That shows in the distance to the validation loss, not in a flat start.",
        ),
    ),
    why="Nothing but the weights is different at the start. Here they are so small that each "
    "layer hardly passes a gradient on to the other. They have to grow first. Better initial "
    "weights make the plateau disappear.",
)


CLASSIFY_CURVE = Exercise(
    "babysitting.classify_curve",
    points=4,
    minutes=15,
    returns=("label",),
    parents=("babysitting.explodes_at",),
    promises={
        "and the loss is NaN there": ("NaN half-way", "far above the start, NaN at the end"),
        "never falls by more than 1 %": (
            "falls by not quite 1 %",
            "falls by a little more than 1 %",
        ),
        "differ by more than 5 % on average": (
            "flickers a little",
            "flickers more",
            "rare but high spikes",
        ),
        "smoothed by a mean over a twentieth": (
            "twelve losses",
            "twenty losses, flickering validation",
            "forty losses, flickering validation",
        ),
        "more than 5 % above its lowest point": (
            "the validation loss rises a little",
            "both losses rise",
            "the training loss rises less",
        ),
        "the mean of the last quarter is above 30 %": (
            "stalls a little above 30 %",
            "stalls a little below 30 %",
        ),
        "fewer than ten losses": "nine losses",
    },
    hints=(
        "Work down the list of rules and return as soon as one applies. The first three need no "
        "smoothing.",
        "A moving mean: `np.convolve(losses, np.ones(m) / m, 'valid')` with m = max(1, n // 20).",
        "The way down is from the first to the lowest smoothed loss. `np.argmax(smooth <= level)` "
        "is the first time at which the curve is below a level; divide it by n.",
    ),
)


def smooth_curve(rng: np.random.Generator, shape: str, n: int) -> np.ndarray:
    """A curve that starts at about 1 and lies far from every threshold."""
    t = np.arange(n) / (n - 1)
    noise = 0.003 * rng.standard_normal(n)
    noise[0] = 0
    if shape == "flat":
        return 1 + 0.3 * noise
    if shape == "line":
        return 1 - float(rng.uniform(0.15, 0.3)) * t + 0.3 * noise
    if shape == "late":
        start = float(rng.uniform(0.3, 0.45))
        return 0.1 + 0.9 * np.exp(-15 * np.maximum(0, t - start)) + noise
    if shape == "stalled":
        return 0.6 + 0.4 * np.exp(-30 * t) + noise
    good = 0.1 + 0.9 * np.exp(-float(rng.uniform(7, 10)) * t) + noise
    if shape == "jumps":
        return good + 0.15 * np.where(np.arange(n) % 2, 1.0, 0.0)
    return good


def bent(n: int, *knots: tuple[float, float]) -> np.ndarray:
    """Straight lines between points (share of the time, value)."""
    times, values = zip(*knots, strict=True)
    return np.interp(np.arange(n) / n, times, values)


def stairs(n: int, *steps: tuple[float, float]) -> np.ndarray:
    """Level from each (share of the time, value) on, until the next."""
    curve = np.ones(n)
    for time, value in steps:
        curve[round(time * n) :] = value
    return curve


def flicker(n: int, size: float) -> np.ndarray:
    """Up and down from one epoch to the next."""
    return size * np.where(np.arange(n) % 2, 0.5, -0.5)


def curves_beside_thresholds(rng: np.random.Generator) -> Iterator[Case]:
    """For each number in the rules a curve on either side of it, a fifth of it away or more.

    All lengths are multiples of 20, where a twentieth is the same however it is rounded.
    """
    n, s = 20 * int(rng.integers(4, 7)), float(rng.uniform(2.2, 2.4))
    yield Case("falls by not quite 1 %", (s * stairs(n, (0.1, 0.993)),))
    yield Case("falls by a little more than 1 %", (s * stairs(n, (0.1, 0.985)),))
    quick = stairs(n, (0.06, 0.2))
    yield Case("flickers a little", (s * (quick + flicker(n, 0.03)),))
    yield Case("flickers more", (s * (quick + flicker(n, 0.07)),))
    yield Case("falls in the first step only", (s * np.append(1, np.full(n - 1, 0.5)),))
    yield Case("twelve losses", (s * stairs(12, (0.1, 0.65)),))

    short, val = stairs(20, (0.05, 0.2)), 0.5 + flicker(20, 0.08)
    yield Case("twenty losses, flickering validation", (s * short, s * val))
    forty = stairs(40, (0.05, 0.2))
    val = stairs(40, (0, 0.5), (0.7, 0.535)) + flicker(40, 0.08)
    yield Case("forty losses, flickering validation", (s * forty, s * val))
    jump = stairs(20, (0.05, 0.25), (0.95, 0.35))
    yield Case("both losses rise at the end", (s * jump, s * (jump + 0.25)))
    val = stairs(n, (0.06, 0.5), (0.7, 0.57))
    yield Case("the validation loss rises a little", (s * stairs(n, (0.06, 0.25)), s * val))
    val = stairs(n, (0.06, 0.5), (0.7, 0.6))
    yield Case("both losses rise", (s * stairs(n, (0.06, 0.2), (0.7, 0.26)), s * val))
    yield Case("the training loss rises less", (s * stairs(n, (0.06, 0.2), (0.7, 0.242)), s * val))

    yield Case("flat at first", (s * bent(n, (0.2, 1), (0.3, 0.1)),))
    yield Case("flat for a moment", (s * bent(n, (0.1, 1), (0.15, 0.1)),))
    yield Case("half-way down late", (s * bent(n, (0, 1), (0.85, 0.1)),))
    yield Case("half-way down early", (s * bent(n, (0, 1), (0.55, 0.1)),))
    line = np.append(1, np.linspace(0.8, 0.15, 19))
    yield Case("a step, then a line", (s * line,))
    yield Case(
        "a step, level, then a slope",
        (s * np.append(1, bent(19, (0.5, 0.45), (0.7, 0.15))),),
    )

    yield Case("stalls a little above 30 %", (s * stairs(n, (0.06, 0.36)),))
    yield Case("stalls a little below 30 %", (s * stairs(n, (0.06, 0.25)),))
    yield Case("still falls in the end", (stairs(n, (0.06, 0.5225), (0.75, 0.5)),))
    yield Case("a large loss that stalls", (100 * s * stairs(n, (0.06, 0.5075), (0.75, 0.5)),))
    yield Case("falls until half-time", (s * stairs(n, (0.06, 0.7), (0.5, 0.6)),))
    wave = stairs(n, (0.06, 0.62), (0.6, 0.587), (0.75, 0.6))
    yield Case("a dip in the third quarter", (s * wave,))
    yield Case("falls in the last quarter", (s * stairs(n, (0.06, 0.616), (0.75, 0.6)),))


@CLASSIFY_CURVE.cases
def _(rng: np.random.Generator):
    n = int(rng.integers(70, 120))
    t = np.arange(n) / (n - 1)
    good = smooth_curve(rng, "good", n)
    yield Case("falls fast, then slowly", (2.3 * good,))
    yield Case("never moves", (2.3 * smooth_curve(rng, "flat", n),))
    yield Case("nearly a straight line", (2.3 * smooth_curve(rng, "line", n),))
    yield Case("flat first, falls later", (2.3 * smooth_curve(rng, "late", n),))
    yield Case("falls at once, then stalls high up", (2.3 * smooth_curve(rng, "stalled", n),))
    yield Case("jumps from epoch to epoch", (2.3 * smooth_curve(rng, "jumps", n),))
    nan = 2.3 * good
    nan[int(rng.integers(20, 40)) :] = math.nan
    yield Case("NaN half-way", (nan,))
    inf = 2.3 * np.exp(0.6 * t)
    inf[int(rng.integers(30, 50)) :] = math.inf
    yield Case("rises, then infinite", (inf,))
    above = 2.3 * np.exp(3 * t)
    above[-5:] = math.nan
    yield Case("far above the start, NaN at the end", (above,))
    yield Case("another loss, a hundred times as high", (230 * good,))
    yield Case("a small loss that jumps", (0.02 * smooth_curve(rng, "jumps", n),))
    rising = 2.3 * (smooth_curve(rng, "good", n) + 0.5 * np.maximum(0, t - 0.3))
    yield Case("the validation loss rises again", (2.3 * good, rising))
    apart = 2.3 * (smooth_curve(rng, "good", n) + 0.25)
    yield Case("the validation loss stays above", (2.3 * good, apart))
    late = smooth_curve(rng, "late", n)
    yield Case("flat first, with validation", (2.3 * late, 2.3 * (late + 0.05)))
    once, at = 2.3 * good, int(rng.integers(20, 40))
    once[at] = math.nan
    yield Case("NaN once", (once,))
    both = inf.copy()
    both[np.argmax(np.isinf(inf)) + 1 :] = math.nan
    yield Case("infinite, then NaN", (both,))
    spikes = 2.3 * good
    spikes[5::10] += 1.2
    yield Case("rare but high spikes", (spikes,))
    long = 2.3 * smooth_curve(rng, "line", 150)
    long[: len(long) * 4 // 5] = long[0]
    yield Case("a long curve that falls in the last fifth", (long,))
    turn = 2.3 * smooth_curve(rng, "good", 150)
    rise = turn + 2.3 * np.maximum(0, np.arange(150) - 110) / 100
    yield Case("a long curve, the validation loss rises late", (turn, rise))
    yield from curves_beside_thresholds(rng)
    yield Case("nine losses", (2.3 * good[:9],))


@CLASSIFY_CURVE.misconception("every explosion is NaN")
def _(losses, val_losses=None):
    """You say `nan` about runs that first went far above their start or became infinite.
    What is the loss at the epoch of the explosion, and which of your functions names
    that epoch?
    """
    label = classify_curve(losses, val_losses)
    return "nan" if not np.isfinite(losses).all() else label


@CLASSIFY_CURVE.misconception("the validation loss is not used")
def _(losses, val_losses=None):
    """Your answer is the same with and without the validation loss.
    Which trouble cannot be seen in the training loss at all?
    """
    return classify_curve(losses)


@CLASSIFY_CURVE.misconception("a gap taken for a rise")
def _(losses, val_losses=None):
    """You say `overfit` because the validation loss lies above the training loss.
    It nearly always does. What does it do after its lowest point?
    """
    label = classify_curve(losses)
    if label in ("good", "high", "low", "bad init") and val_losses is not None:
        if np.mean(val_losses[-5:] - losses[-5:]) > 0.05 * losses[0]:
            return "overfit"
    return label


@CLASSIFY_CURVE.misconception("the straight line before the flat start")
def _(losses, val_losses=None):
    """You say `low` about a curve that is flat at first and then falls steeply.
    Such a curve is late at both marks, a tenth of the way down and half of it. So two
    rules fit. Which of them does the text try first?
    """
    label = classify_curve(losses, val_losses)
    return "low" if label == "bad init" else label


@CLASSIFY_CURVE.misconception("noise in absolute numbers")
def _(losses, val_losses=None):
    """Your verdict depends on the unit of the loss: a smooth curve, a hundred times as
    high, is called noisy. Which loss is the measure for all rules?
    """
    label = classify_curve(losses, val_losses)
    finite = np.isfinite(losses).all()
    return "noisy" if finite and np.abs(np.diff(losses)).mean() > 0.05 else label


@CLASSIFY_CURVE.misconception("falling taken for noise")
def _(losses, val_losses=None):
    """You say `noisy` about smooth curves. They spread because they fall.
    Noise is what happens from one loss to the next. What do you compare?
    """
    label = classify_curve(losses, val_losses)
    if label not in ("nan", "very high", "low") and losses.std() > 0.05 * losses[0]:
        return "noisy"
    return label


@CLASSIFY_CURVE.misconception("stalling high up goes unnoticed")
def _(losses, val_losses=None):
    """You say `good` about a curve that falls at once and then stands still high up.
    Compare the third quarter of the time with the last: did anything improve?
    """
    label = classify_curve(losses, val_losses)
    return "good" if label == "high" else label
