"""The range in between: verdicts on learning rates, and the range test."""

import math

import numpy as np

from grader import Case, Exercise, Number, Question
from lectures import drivers
from utils.babysitting import lr_verdict

LR_VERDICT = Exercise(
    "babysitting.lr_verdict",
    points=2,
    minutes=4,
    returns=("verdict",),
    parents=("babysitting.is_flat", "babysitting.explodes_at"),
    promises={
        "What a short run says": ("a run that learns", "hardly a move"),
        "if the run explodes": (
            "NaN all of a sudden",
            "infinite all of a sudden",
            "far above the start, then NaN",
            "twice as high as at the start",
        ),
        "fewer than two losses of a run": ("one loss", "one loss, and it is NaN"),
    },
    hints=(
        "Two of your functions do the work. Which of them must come first?",
        "`explodes_at` counts from 1, an array from 0. Mind that when you look the loss up.",
        "No explosion: refuse fewer than two losses. Then flat means low, and all else is ok.",
    ),
)


@LR_VERDICT.cases
def _(rng: np.random.Generator):
    s = float(rng.uniform(2, 2.6))
    yield Case("a run that learns", (s * np.linspace(1, 0.4, 8),))
    yield Case("hardly a move", (s * (1 + 2e-4 * np.sin(np.arange(9.0))),))
    yield Case("NaN all of a sudden", (s * np.array([1, 0.9, math.nan, math.nan]),))
    yield Case("infinite all of a sudden", (s * np.array([1, 0.9, 0.8, math.inf]),))
    yield Case("far above the start, then NaN", (s * np.array([1, 1.5, 5, math.nan]),))
    yield Case("NaN, then infinite", (s * np.array([1, math.nan, math.inf, math.inf]),))
    yield Case("far above the start, and back", (s * np.array([1, 5, 1.5, 0.8]),))
    yield Case("twice as high as at the start", (s * np.linspace(1, 2, 6),))
    yield Case("a wide tolerance", (s * np.linspace(1, 0.97, 6),), {"rel_tol": 0.1})
    yield Case("a patient factor", (s * np.array([1, 4.5, 2, 0.9]),), {"factor": 10.0})
    yield Case("just within a wide tolerance", (s * np.linspace(1, 0.93, 6),), {"rel_tol": 0.1})
    yield Case("just below a patient factor", (s * np.array([1, 7, 2, 0.9]),), {"factor": 10.0})
    yield Case("one loss", (np.array([s]),))
    yield Case("one loss, and it is NaN", (np.array([math.nan]),))


@LR_VERDICT.misconception("NaN anywhere")
def _(losses, *, rel_tol=1e-3, factor=3.0):
    """You say `nan` about a run that had gone far above its start before the NaN came.
    The verdict is about the moment of the explosion. What is the loss at that epoch?
    """
    verdict = lr_verdict(losses, rel_tol=rel_tol, factor=factor)
    return "nan" if np.isnan(losses).any() else verdict


@LR_VERDICT.misconception("only infinity explodes")
def _(losses, *, rel_tol=1e-3, factor=3.0):
    """You are content with a run that went far above its start.
    Which of your functions knows when a run has exploded?
    """
    return lr_verdict(losses, rel_tol=rel_tol, factor=1e9)


@LR_VERDICT.misconception("low and ok exchanged")
def _(losses, *, rel_tol=1e-3, factor=3.0):
    """Runs that learn are called low, and runs that stand still ok.
    What does a flat curve say about the learning rate?
    """
    verdict = lr_verdict(losses, rel_tol=rel_tol, factor=factor)
    return {"low": "ok", "ok": "low"}.get(verdict, verdict)


@LR_VERDICT.misconception("low unless it has fallen")
def _(losses, *, rel_tol=1e-3, factor=3.0):
    """You call a rate low because the loss ended above its start.
    A rate that is too low moves nothing. Did this run stand still?
    """
    verdict = lr_verdict(losses, rel_tol=rel_tol, factor=factor)
    return "low" if verdict == "ok" and losses[-1] >= losses[0] else verdict


@LR_VERDICT.misconception("arguments not passed on")
def _(losses, *, rel_tol=1e-3, factor=3.0):
    """Your verdicts do not depend on `rel_tol` and `factor`.
    Your other functions have arguments of the same names. Which values do they get?
    """
    return lr_verdict(losses)


@LR_VERDICT.misconception("NaN reported as infinite")
def _(losses, *, rel_tol=1e-3, factor=3.0):
    """You never say `nan`. Both mean that the run has exploded, but they are two verdicts.
    How do you tell NaN from infinity at the epoch of the explosion?
    """
    verdict = lr_verdict(losses, rel_tol=rel_tol, factor=factor)
    return "inf" if verdict == "nan" else verdict


@LR_VERDICT.misconception("a verdict on a single loss")
def _(losses, *, rel_tol=1e-3, factor=3.0):
    """You pass judgement on a run of a single loss. That shows no movement of any kind.
    How could a function say that a question cannot be answered?
    """
    if len(losses) < 2 and np.isfinite(losses).all():
        return "low"
    return lr_verdict(losses, rel_tol=rel_tol, factor=factor)


LR_RANGE_TEST = Exercise(
    "babysitting.lr_range_test",
    points=1,
    minutes=3,
    returns=("verdicts",),
    driver=drivers.recorded_runs,
    parents=("babysitting.lr_verdict",),
    promises={
        "in the order of": ("in no order", "an explosion before others"),
    },
    hints=(
        "For each rate: call `train_fn`, and let `lr_verdict` look at what comes back.",
        "`train_fn` may return a list. `np.asarray(..., dtype=float)` makes it an array.",
    ),
)


@LR_RANGE_TEST.cases
def _(rng: np.random.Generator):
    s = float(rng.uniform(2, 2.6))
    runs = {
        "low": [s, s * (1 - 1e-4), s * (1 + 1e-4)],
        "ok": [s, s * 0.9, s * float(rng.uniform(0.5, 0.8))],
        "inf": [s, s * 4, s * 50],
        "nan": [s, s * 1.2, math.nan],
    }

    def case(name: str, lrs: list[float], kinds: str) -> Case:
        return Case(name, (lrs, [list(runs[kind]) for kind in kinds.split()]))

    yield case("from low to high", [1e-6, 1e-4, 1e-2, 1.0, 1e3], "low ok ok inf nan")
    yield case("in no order", [0.3, 1e-5, 10.0, 3e-3], "ok low inf ok")
    yield case("an explosion before others", [1.0, 1e2, 1e-3, 1e-6], "inf nan ok low")
    yield case("one rate", [float(rng.uniform(0.01, 0.1))], "ok")
    yield case("all explode", [10.0, 30.0], "inf nan")


def verdicts(train_fn, lrs):
    return {float(lr): lr_verdict(np.asarray(train_fn(lr), dtype=float)) for lr in lrs}


@LR_RANGE_TEST.misconception("sorted by rate")
def _(train_fn, lrs):
    """Your verdicts are right, but they come in the order of the rates.
    A caller may have tried them in another one. Which order do your verdicts need, so that they can
    be read beside `lrs`?
    """
    return dict(sorted(verdicts(train_fn, lrs).items()))


@LR_RANGE_TEST.misconception("only the rates that are ok")
def _(train_fn, lrs):
    """You keep the rates that learn and drop the others.
    Where does a good range end? That is what the other verdicts tell.
    """
    return {lr: v for lr, v in verdicts(train_fn, lrs).items() if v == "ok"}


@LR_RANGE_TEST.misconception("stops at the first explosion")
def _(train_fn, lrs):
    """You stop at the first rate that explodes.
    That saves time when the rates rise. What if they come in another order?
    """
    found = {}
    for lr, verdict in verdicts(train_fn, lrs).items():
        found[lr] = verdict
        if verdict in ("inf", "nan"):
            break
    return found


@LR_RANGE_TEST.misconception("one run for all")
def _(train_fn, lrs):
    """All rates get the same verdict, that of the first one.
    How many runs does a test of five rates need?
    """
    verdict = lr_verdict(np.asarray(train_fn(lrs[0]), dtype=float))
    return {float(lr): verdict for lr in lrs}


@LR_RANGE_TEST.misconception("rates by verdict")
def _(train_fn, lrs):
    """You list the rates under each verdict.
    A caller wants to look up one rate and find its verdict. What should be the key?
    """
    found = {}
    for lr, verdict in verdicts(train_fn, lrs).items():
        found.setdefault(verdict, []).append(lr)
    return found


@LR_RANGE_TEST.misconception("yes or no")
def _(train_fn, lrs):
    """You say whether each rate is ok.
    Too low and too high call for opposite changes. Which of the two is it?
    """
    return {lr: v == "ok" for lr, v in verdicts(train_fn, lrs).items()}


RANGE_SHARE = Question(
    "babysitting.range_share",
    "One slide concludes: look for the rate between $10^{-5}$ and $10^{-3}$. The next slide "
    "draws it as `10 ** uniform(-6, -3)`. What share of its draws falls outside the range of "
    "the first slide? (A number from 0 to 1, two digits.)",
    number=Number(
        1 / 3,
        rel_tol=0.02,
        misreadings={
            0.25: "How many decades are there between a millionth and a thousandth, and how "
            "many of them lie below the range?",
            0.5: "How many decades are there between a millionth and a thousandth, and how "
            "many of them lie below the range?",
            0.0: "The upper ends agree. Do the lower ones?",
            0.009: "That would be the share if the *rate* were drawn uniformly. Drawn is the "
            "exponent.",
            2 / 3: "That is the share inside. What is left for the outside?",
            100 / 3: "If you mean percent: give it as a share, a number between 0 and 1.",
        },
    ),
    why="The exponent is uniform between -6 and -3, three decades of equal weight. The lowest "
    "one, from 1e-6 to 1e-5, was just shown not to learn. A third of the search is spent on "
    "it.",
)
