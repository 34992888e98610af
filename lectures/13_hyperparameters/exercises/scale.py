"""Draw on the right scale."""

import math
from typing import Any

import numpy as np

from grader import Case, Exercise, Number, Property, Question

from .shared import ks_bound, ks_distance, seed

BELOW = Question(
    "hyperparameters.draws_below",
    "Somebody draws 100 learning rates with `rng.uniform(1e-6, 1e-3)`. About how many of them are "
    "smaller than 1e-4?",
    number=Number(
        10,
        rel_tol=0.1,
        misreadings={
            67: "Two of the three decades lie there. Does a uniform draw know about decades?",
            66: "Two of the three decades lie there. Does a uniform draw know about decades?",
            33: "That would be so if the three decades had equal shares, and the interval were "
            "the lowest of them. How long are the intervals themselves?",
            50: "The middle of the range is 5e-4. How long is the part below 1e-4, beside all of "
            "it?",
        },
    ),
    why="The part below 1e-4 is a tenth of the length, so it gets a tenth of the draws, and a "
    "hundredth lies below 1e-5. Two of three decades are hardly searched.",
)


def _position(case: Case, values: np.ndarray) -> np.ndarray:
    """Where the numbers lie on the logarithmic scale, 0 at the lower bound, 1 at the upper one."""
    low, high = case.args[:2]
    with np.errstate(all="ignore"):
        return (np.log10(values) - math.log10(low)) / (math.log10(high) - math.log10(low))


def _outside(case: Case, values: Any) -> str | None:
    low, high = case.args[:2]
    if not (values >= low * (1 - 1e-9)).all() or not (values <= high * (1 + 1e-9)).all():
        return f"the numbers lie between {values.min():.2g} and {values.max():.2g}."
    return None


def _uneven(case: Case, values: Any) -> str | None:
    if case.args[0] == case.args[1]:
        return None
    u = _position(case, values)
    if ks_distance(u) > ks_bound(len(u)):
        lower = (u < 0.5).mean()
        return f"{lower:.0%} of the numbers lie in the lower half of the logarithmic scale."
    return None


def _in_order(case: Case, values: Any) -> str | None:
    if case.args[0] == case.args[1]:
        return None
    u = _position(case, values)
    if abs(np.corrcoef(u[1:], u[:-1])[0, 1]) > 6 / math.sqrt(len(u)):
        return "a number tells where the next one lies."
    return None


def _measure(case: Case, values: Any) -> dict[str, tuple[float, float]]:
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return {"numbers above 0": (0.0, 0.0)}
    logs, n = np.log10(values), len(values)
    whole = np.abs(logs - np.round(logs)) < 1e-9
    return {
        "mean of the exponents": (float(logs.mean()), float(4 * logs.std() / math.sqrt(n)) + 1e-9),
        "largest exponent": (float(logs.max()), 0.1),
        "whole exponents": (float(whole.all()), 0.0),
        "numbers that come again": (float(len(np.unique(values)) < n / 2), 0.0),
    }


LOG_UNIFORM = Exercise(
    "hyperparameters.log_uniform",
    points=1,
    minutes=3,
    returns=("values",),
    properties=(
        Property("All numbers lie between the bounds: this", _outside),
        Property("Equal parts of the logarithmic scale get equal shares: this", _uneven),
        Property("The numbers come in random order: this", _in_order),
    ),
    measure=_measure,
    promises={
        "unless 0 < low <= high": (
            "the bounds in the wrong order, which must raise ValueError",
            "a lower bound of 0, which must raise ValueError",
            "a negative lower bound, which must raise ValueError",
            "equal bounds",
        ),
    },
    hints=(
        "What should be uniform, if 1e-5 to 1e-4 is to get as many draws as 1e-4 to 1e-3?",
        "The exponent. Where do the exponents of the two bounds come from?",
        "Check the bounds. Then draw uniformly between the two logarithms, and undo the logarithm, "
        "with the same base.",
    ),
)


@LOG_UNIFORM.cases
def _(rng: np.random.Generator):
    def case(name, low, high, size=2000, **more):
        return Case(name, (low, high, size), {"rng": seed(rng)}, **more)

    yield case("three decades of rates", 1e-6, 1e-3)
    yield case("ten decades of penalties", 1e-5, 1e5)
    yield case("a third of a decade", 0.2, 0.5)
    yield case("one and a half decades around 1", 0.3, 9.0, 3000)
    yield case("equal bounds", 1e-3, 1e-3, 5)
    raising = "which must raise ValueError"
    yield case(f"the bounds in the wrong order, {raising}", 1e-3, 1e-6, 3, extreme=True)
    yield case(f"a lower bound of 0, {raising}", 0.0, 1e-3, 3, extreme=True)
    yield case(f"a negative lower bound, {raising}", -3.0, 1.0, 3, extreme=True)


def _checked(low, high):
    if not 0 < low <= high:
        raise ValueError("bounds")


@LOG_UNIFORM.misconception("linear")
def _(low, high, size, *, rng):
    """Nearly all of your numbers lie in the uppermost decade.
    They are uniform between the bounds themselves, so a decade gets ten times the share of the one
    below it. Which share of your draws lies below ten times `low`?
    """
    _checked(low, high)
    return rng.uniform(low, high, size)


@LOG_UNIFORM.misconception("whole exponents")
def _(low, high, size, *, rng):
    """All of your numbers are powers of ten.
    That is a grid whose points are taken at random. Can your function ever return 3e-4?
    """
    _checked(low, high)
    ends = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return 10.0 ** rng.integers(*ends, size=size, endpoint=True)


@LOG_UNIFORM.misconception("bounds taken for exponents")
def _(low, high, size, *, rng):
    """Your numbers do not lie between the bounds.
    It looks as if 1e-6 itself were the exponent. What is ten to the power of 1e-6, and which number
    would have to stand there?
    """
    _checked(low, high)
    with np.errstate(all="ignore"):
        return 10.0 ** rng.uniform(low, high, size)


@LOG_UNIFORM.misconception("evenly spaced, not random")
def _(low, high, size, *, rng):
    """Your numbers are evenly spaced from bound to bound, the same in each call.
    That is the axis of a grid. Call the function twice with two generators: should the answers
    agree?
    """
    _checked(low, high)
    return np.geomspace(low, high, size)


@LOG_UNIFORM.misconception("logarithm of base 10, power of e")
def _(low, high, size, *, rng):
    """Your numbers do not lie between the bounds, though their logarithms are uniform.
    Two numbers with the base of a logarithm are at work here, 10 and e. Which logarithm did you
    take, and which power?
    """
    _checked(low, high)
    return np.exp(rng.uniform(math.log10(low), math.log10(high), size))


@LOG_UNIFORM.misconception("natural logarithm, power of ten")
def _(low, high, size, *, rng):
    """Your numbers do not lie between the bounds, though their logarithms are uniform.
    A logarithm and a power are at work here, one of base e and one of base 10. Which is which?
    """
    _checked(low, high)
    with np.errstate(all="ignore"):
        return 10.0 ** rng.uniform(math.log(low), math.log(high), size)


@LOG_UNIFORM.misconception("points of a grid")
def _(low, high, size, *, rng):
    """Your function draws from a few points that lie evenly on the logarithmic scale.
    That is a grid whose points are taken at random. How many different rates can it ever try?
    """
    _checked(low, high)
    return rng.choice(np.geomspace(low, high, 10), size)


@LOG_UNIFORM.misconception("any bounds are accepted")
def _(low, high, size, *, rng):
    """Your draws are right. Some calls should have been refused with a ValueError: bounds in the
    wrong order, or one that has no logarithm. Which bounds do the instructions allow?
    """
    with np.errstate(all="ignore"):
        ends = np.log10(np.array([low, high]))
        return 10.0 ** (ends[0] + (ends[1] - ends[0]) * rng.random(size))
