"""The trapezoid rule and Simpson's."""

from collections.abc import Iterator

import numpy as np

from grader import Case, Choice, Exercise, Question

TRAPEZOID = Exercise("quadrature.rules.trapezoid", hints=("Which values stand in two trapezoids?",))


def curves(rng: np.random.Generator) -> Iterator[Case]:
    """Values at equal distances, an odd number of them."""
    yield Case("nine values", (rng.uniform(1, 3, 9), 0.25))
    yield Case("three values", (rng.uniform(1, 3, 3), 2.0))
    yield Case("two curves", (rng.uniform(1, 3, (7, 2)), 0.5))
    yield Case("curves below zero", (-rng.uniform(1, 3, (5, 3)), 0.5))


@TRAPEZOID.cases
def _(rng: np.random.Generator):
    yield from curves(rng)
    yield Case("two values", (rng.uniform(1, 3, 2), 0.5))


@TRAPEZOID.misconception("the ends count in full")
def _(y, h):
    """Your area is too large by half of the first value and half of the last.
    To how many trapezoids does an end belong?
    """
    return h * y.sum(axis=0)


@TRAPEZOID.misconception("rectangles")
def _(y, h):
    """Your function never looks at the last value.
    What is under the curve: steps, or slopes?
    """
    return h * y[:-1].sum(axis=0)


@TRAPEZOID.misconception("the distance is missing")
def _(y, h):
    """Your answer does not depend on `h`.
    Is a trapezoid of twice the width as large?
    """
    return y.sum(axis=0) - (y[0] + y[-1]) / 2


SIMPSON = Exercise(
    "quadrature.rules.simpson",
    points=3,
    minutes=10,
    parents=("quadrature.rules.trapezoid",),
    promises={"the number of values is even": "an even number of values"},
)


@SIMPSON.cases
def _(rng: np.random.Generator):
    yield from curves(rng)
    yield Case("an even number of values", (rng.uniform(1, 3, 4), 0.5))


@SIMPSON.misconception("two and four change places")
def _(y, h):
    """The inner values have each other's weights.
    Which weight do the values in the middle of a parabola have?
    """
    return h / 3 * (y[0] + 2 * y[1:-1:2].sum(axis=0) + 4 * y[2:-1:2].sum(axis=0) + y[-1])


@SIMPSON.misconception("half of it")
def _(y, h):
    """Everything is half as large as it should be.
    From where to where does one parabola reach: over `h`, or over two of them?
    """
    return h / 6 * (y[0] + 4 * y[1:-1:2].sum(axis=0) + 2 * y[2:-1:2].sum(axis=0) + y[-1])


EXACT = Question(
    "quadrature.exact",
    "Up to which degree is Simpson's rule exact for a polynomial?",
    choices=(
        Choice("1", "That is the trapezoid rule."),
        Choice(
            "2", "Its parabolas give that at once. Try a cubic around its centre: what is left?"
        ),
        Choice("3", right=True),
    ),
    why="A cubic is a parabola plus a multiple of a cube around the middle, whose area is 0.",
)
