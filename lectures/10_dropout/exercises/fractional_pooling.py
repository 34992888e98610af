"""Fractional max pooling: random regions."""

from math import comb
from typing import Any

import numpy as np

from grader import Case, Exercise, Number, Property, Question, repeated

from .shared import SIGMAS, chance_bound, seed

FMP_ORDERS = Question(
    "dropout.fmp_orders",
    "A row of 8 pixels is pooled to 5. Each region is 1 or 2 pixels wide. In how many ways can "
    "that be done?",
    number=Number(
        10,
        rel_tol=1e-6,
        misreadings={
            32: "Two widths for each of five regions. Do they all add up to 8?",
            3: "Three regions are two pixels wide. In how many ways can they stand among the five?",
            5: "That is the number of regions. Which of them are wide?",
            60: "The wide regions are all alike: their order among themselves does not count.",
        },
    ),
    why=r"Widths of 1 use 5 pixels; 3 are left, so three of the five regions are wide: "
    r"$\binom53 = 10$. With rows and columns an 8 × 8 image has 100 ways.",
)


def fmp_ends(case: Case, output: Any) -> str | None:
    n_in = case.args[0]
    if all(b[0] == 0 and b[-1] == n_in for b in output):
        return None
    wrong = next(b for b in output if b[0] != 0 or b[-1] != n_in)
    return f"a draw runs from {wrong[0]:g} to {wrong[-1]:g}."


def fmp_steps(case: Case, output: Any) -> str | None:
    steps = np.diff(np.array(output), axis=1)
    if np.isin(steps, (1, 2)).all():
        return None
    return f"a draw has a step of {steps[~np.isin(steps, (1, 2))][0]:g}."


def fmp_not_sorted(case: Case, output: Any) -> str | None:
    n_in, n_out = case.args
    steps = np.diff(np.array(output), axis=1)
    if n_out < n_in < 2 * n_out and np.all(np.diff(steps.astype(int), axis=1) <= 0):
        return "in every draw all wide regions come first."
    return None


def fmp_varies(case: Case, output: Any) -> str | None:
    n_in, n_out = case.args
    if n_out < n_in < 2 * n_out and (np.array(output) == output[0]).all():
        return f"{len(output)} draws gave the same boundaries."
    return None


def fmp_spread(case: Case, output: Any) -> str | None:
    n_in, n_out = case.args
    wide = np.diff(np.array(output), axis=1) == 2
    together = (wide & np.roll(wide, 1, axis=1)).sum(axis=1)
    if 1 < n_in - n_out < n_out - 1 and (together == n_in - n_out - 1).all():
        return "in every draw all wide regions stand together."
    return None


def fmp_orders(case: Case, output: Any) -> str | None:
    """Each step is 2 equally often, and so is each pair of neighbours (2, 2), the ends included."""
    n_in, n_out = case.args
    twos, n = n_in - n_out, len(output)
    wide = np.diff(np.array(output), axis=1) == 2
    orders = comb(n_out, twos)
    # Often enough drawn, each order can be counted by itself.
    if n >= 50 * orders:
        _, counts = np.unique(wide, axis=0, return_counts=True)
        if len(counts) < orders:
            return f"only {len(counts)} of the {orders} orders came up in {n} draws."
        if np.abs(counts / n - 1 / orders).max() > chance_bound(1 / orders, n, SIGMAS + 1):
            return f"in {n} draws one order came up {counts.max()} times, another {counts.min()}."
    single, pair = twos / n_out, twos * (twos - 1) / (n_out * (n_out - 1))
    for share, want in (
        *((s, single) for s in wide.mean(axis=0)),
        *((s, pair) for s in (wide & np.roll(wide, 1, axis=1)).mean(axis=0)),
    ):
        # Many shares, and few draws: one more standard deviation.
        if abs(share - want) > chance_bound(want, n, SIGMAS + 1) + 1e-12:
            return "some orders of the steps come more often than others, or never."
    return None


def fmp_measure(case: Case, output: Any) -> dict[str, tuple[float, float]]:
    """Ends, sizes of the steps and their order; chance moves a mean with the root of the draws."""
    draws = np.array(output)
    steps = np.diff(draws, axis=1)
    wide = steps == 2
    twos = wide.sum(axis=1)
    together = (wide & np.roll(wide, 1, axis=1)).sum(axis=1)
    several = {
        "first boundary": draws[:, 0],
        "last boundary": draws[:, -1],
        "share of wide regions": wide.mean(axis=1),
        "share of regions of another width": (~np.isin(steps, (1, 2))).mean(axis=1),
        "wide regions come first": (np.diff(steps, axis=1) <= 0).all(axis=1),
        "wide regions stand together": together == twos - 1,
        "pairs of wide neighbours": together,
    }
    found = {
        name: (float(np.mean(each)), SIGMAS * float(np.std(each)) / np.sqrt(len(draws)) + 1e-9)
        for name, each in several.items()
    }
    return found | {"all draws are the same": (float((draws == draws[0]).all()), 0.0)}


FMP_BOUNDARIES = Exercise(
    "dropout.fmp_boundaries",
    points=2,
    minutes=5,
    returns=("boundaries",),
    driver=repeated,
    properties=(
        Property("Boundaries run from 0 to n_in: this", fmp_ends),
        Property("Every step is 1 or 2: this", fmp_steps),
        Property("Wide and narrow regions are mixed: this", fmp_not_sorted),
        Property("The regions differ from draw to draw: this", fmp_varies),
        Property("Wide regions may stand anywhere: this", fmp_spread),
        Property("All orders of the steps are equally likely: this", fmp_orders),
    ),
    measure=fmp_measure,
    promises={
        "All orders of the steps are equally likely": (
            "6 pixels, 4 regions",
            "9 pixels, 6 regions",
        ),
    },
    hints=(
        "Work with the steps between the boundaries. There are n_out of them, each 1 or 2, and "
        "their sum is n_in.",
        "If all were 1, n_in - n_out pixels would be left over: so many steps are 2. Put them "
        "into a random order (`rng.permutation`).",
        "A running sum (`np.cumsum`) of the steps gives the ends of the regions; put a 0 in front.",
    ),
)


@FMP_BOUNDARIES.cases
def _(rng: np.random.Generator):
    for name, n_in, n_out, draws in (
        ("6 pixels, 4 regions", 6, 4, 300),
        ("9 pixels, 6 regions", 9, 6, 150),
        ("12 pixels, 7 regions", 12, 7, 150),
        ("8 pixels, 8 regions", 8, 8, 70),
        ("8 pixels, 4 regions", 8, 4, 70),
    ):
        yield Case(name, (n_in, n_out), {"rng": seed(rng), "draws": draws})


@FMP_BOUNDARIES.misconception("not shuffled")
def _(n_in, n_out, *, rng):
    """Your wide regions always come first.
    Then nothing is random, and one side of the image is blurred more than the other.
    What has to happen to the steps before they are added up?
    """
    steps = np.ones(n_out, int)
    steps[: n_in - n_out] = 2
    return np.concatenate([[0], np.cumsum(steps)])


@FMP_BOUNDARIES.misconception("one boundary too few")
def _(n_in, n_out, *, rng):
    """You return one number too few.
    The first region needs a beginning, and the last one an end.
    How many boundaries do n regions in a row have?
    """
    steps = np.ones(n_out, int)
    steps[: n_in - n_out] = 2
    return np.cumsum(rng.permutation(steps))


@FMP_BOUNDARIES.misconception("steps drawn one by one")
def _(n_in, n_out, *, rng):
    """Each of your steps is 1 or 2, but they do not always add up to n_in.
    How many of them have to be 2, exactly? And what is then left to chance?
    """
    steps = 1 + (rng.random(n_out) < (n_in - n_out) / n_out)
    return np.concatenate([[0], np.cumsum(steps)])


@FMP_BOUNDARIES.misconception("ones and twos exchanged")
def _(n_in, n_out, *, rng):
    """Your steps are 1 or 2, but they add up to the wrong length.
    Start with a step of 1 for every region. How many pixels are still to be given away?
    """
    steps = np.full(n_out, 2)
    steps[: n_in - n_out] = 1
    return np.concatenate([[0], np.cumsum(rng.permutation(steps))])


@FMP_BOUNDARIES.misconception("any cuts")
def _(n_in, n_out, *, rng):
    """Some of your regions are wider than two pixels.
    It looks as if the boundaries themselves were drawn.
    What is drawn here, the boundaries or the order of the steps?
    """
    inner = 1 + rng.permutation(n_in - 1)[: n_out - 1]
    return np.concatenate([[0], np.sort(inner), [n_in]])


@FMP_BOUNDARIES.misconception("spread evenly")
def _(n_in, n_out, *, rng):
    """Your boundaries are as even as they can be, and the same in every draw.
    That is a good fixed pooling. Where does chance come in?
    """
    return np.arange(n_out + 1) * n_in // n_out


@FMP_BOUNDARIES.misconception("evenly spread from a random offset")
def _(n_in, n_out, *, rng):
    """Your wide regions are always spread as evenly as they can be; only the offset is random.
    The paper has such a sequence, too, and calls it pseudo-random. Some orders never occur.
    How would you shuffle the steps so that every order can come up?
    """
    offset = rng.random()
    inner = np.ceil(n_in / n_out * (np.arange(n_out + 1) + offset)).astype(int)
    inner = inner - inner[0]
    inner[-1] = n_in
    return inner


@FMP_BOUNDARIES.misconception("a random start of one fixed order")
def _(n_in, n_out, *, rng):
    """Your wide regions always stand together, only their place is random.
    The instructions want every order of the steps to be equally likely.
    Which method of the generator puts things into any order?
    """
    steps = np.ones(n_out, int)
    steps[: n_in - n_out] = 2
    return np.concatenate([[0], np.cumsum(np.roll(steps, rng.integers(n_out)))])
