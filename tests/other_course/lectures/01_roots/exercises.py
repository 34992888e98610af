"""Lecture 01: polynomials, and where they are zero."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

from .drivers import cubic_root

HORNER = Exercise(
    "roots.horner",
    points=2,
    minutes=8,
    hints=(
        "Start with the coefficient of the highest power.",
        "In each step: multiply what you have by x, then add the next coefficient.",
    ),
    promises={"n is at least 1": "a constant"},
)


@HORNER.cases
def _(rng: np.random.Generator):
    yield Case("a cubic at five places", (rng.uniform(1, 2, 4), rng.uniform(0.5, 2, 5)))
    yield Case("a straight line", (rng.uniform(1, 2, 2), rng.uniform(-2, -1, 3)))
    yield Case("a constant", (rng.uniform(1, 2, 1), rng.uniform(1, 2, 3)))
    yield Case("a table of places", (rng.uniform(1, 2, 3), rng.uniform(-1, 1, (2, 3))))


@HORNER.misconception("the highest power first")
def _(coefficients, x):
    """Your function reads the coefficients from the other end.
    Which power belongs to `coefficients[0]`?
    """
    return np.polyval(coefficients, x)


@HORNER.misconception("the constant is lost")
def _(coefficients, x):
    """Your curve passes through 0 at x = 0, whatever the coefficients are.
    Which of them should be left there?
    """
    out = np.zeros_like(x)
    for c in coefficients[:0:-1]:
        out = x * (c + out)
    return out


BISECT = Exercise(
    "roots.bisect",
    points=3,
    minutes=10,
    driver=cubic_root,
    hints=("In which half do the signs at the ends differ?",),
    parents=("roots.horner",),
)


@BISECT.cases
def _(rng: np.random.Generator):
    yield Case("twenty halvings", (1.0, rng.uniform(2, 7), 0.0, 2.0), {"steps": 20})
    yield Case("one halving", (1.0, rng.uniform(2, 7), 0.0, 2.0), {"steps": 1})
    yield Case("no halving at all", (1.0, rng.uniform(2, 7), 0.0, 2.0), {"steps": 0})
    yield Case("below zero", (1.0, -rng.uniform(2, 7), -3.0, 1.0), {"steps": 12})
    yield Case("a function that falls", (-0.1, rng.uniform(2, 7), 0.0, 2.0), {"steps": 12})


@BISECT.misconception("the other half")
def _(f, a, b, *, steps):
    """Your interval ends far from the zero.
    Where do the signs differ: left of the middle or right of it?
    """
    left_is_negative = f(a) < 0
    for _ in range(steps):
        middle = (a + b) / 2
        if (f(middle) < 0) == left_is_negative:
            b = middle
        else:
            a = middle
    return (a + b) / 2


@BISECT.misconception("an end of the interval")
def _(f, a, b, *, steps):
    """You are close, and off by half of the last interval.
    What of it does the text ask for?
    """
    left_is_negative = f(a) < 0
    for _ in range(steps):
        middle = (a + b) / 2
        if (f(middle) < 0) == left_is_negative:
            a = middle
        else:
            b = middle
    return a


HALVINGS = Question(
    "roots.halvings",
    "How many halvings make an interval about a thousand times shorter?",
    number=Number(
        10,
        rel_tol=0.001,
        misreadings={500: "Each step halves what is left. It does not take off a fixed length."},
    ),
    why="2^10 = 1024.",
)

FOOLED = Question(
    "roots.fooled",
    "On which of these does bisection from -1 to 1 find no zero, though it answers?",
    choices=(
        Choice("$x^3$", "Its sign changes at 0."),
        Choice("$1/x$", right=True),
        Choice("$x + 0.5$", "Its sign changes at -0.5."),
    ),
    why="The sign of 1/x changes at 0 without a zero: it is not continuous there.",
)
