"""Leaky ReLU: which slopes it may have, its forward pass and its mean."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

from .shared import ROOT_2PI, both_signs, huge, inputs

LEAKY_SLOPE = Question(
    "activations.leaky_slope",
    r"Three slides define leaky ReLU: $\max(0.1x, x)$; $\max(0.01x, x)$; and $\max(ax, x)$ "
    r"with $a \ne 1$. For which $a$ does $\max(ax, x)$ give $x$ for positive and $ax$ for "
    r"negative inputs?",
    choices=(
        Choice(
            r"every $a \ne 1$",
            r"Try a = 2 at x = 1. Which of the two terms is larger, and which is wanted?",
        ),
        Choice(
            r"every $a > 0$", r"Try a = 2 at x = -1. Which term is larger, and which is wanted?"
        ),
        Choice(r"every $a < 1$", right=True),
        Choice(
            r"only $a = 0.01$",
            "A hundredth is a custom. Try a = 0.1 at x = 1 and x = -1: which term is larger?",
        ),
    ),
    why=r"$ax < x$ for positive $x$ needs $a < 1$; then $ax > x$ for negative $x$. So the "
    r"slope is a parameter with $0 \le a < 1$; our default is 0.01.",
)


LEAKY_RELU_FORWARD = Exercise(
    "activations.leaky_relu_forward",
    points=2,
    minutes=3,
    returns=("out", "cache"),
    promises={
        "unless 0 <= slope < 1": (
            "slope 0, plain ReLU",
            "a slope of 1, which must raise ValueError",
            "a slope of 2, which must raise ValueError",
        )
    },
    parents=("activations.relu_forward",),
    hints=(
        "For x > 0 the output is x, for x < 0 it is slope times x.",
        "With a slope below 1, compare the two numbers: which of them is always wanted?",
        "First raise ValueError unless 0 <= slope < 1; then an entry-by-entry maximum. "
        "The cache is the pair of x and slope.",
    ),
)


@LEAKY_RELU_FORWARD.cases
def _(rng: np.random.Generator):
    slopes = rng.permutation([0.05, 0.1, 0.2, 0.3, 0.5])
    for (name, x), slope in zip(inputs(rng), slopes, strict=True):
        yield Case(f"{name}, slope {slope:g}", (x, float(slope)))
    yield Case("the default slope", (both_signs(rng, 3, 4),))
    yield Case("slope 0, plain ReLU", (both_signs(rng, 2, 3), 0.0))
    yield Case("very large inputs", (huge(rng), 0.1), extreme=True)
    yield Case("a slope of 1, which must raise ValueError", (np.ones((1, 2)), 1.0), extreme=True)
    yield Case("a slope of 2, which must raise ValueError", (np.ones((1, 2)), 2.0), extreme=True)


def reject_slope(slope):
    if not 0 <= slope < 1:
        raise ValueError(slope)


@LEAKY_RELU_FORWARD.misconception("slope on the wrong side")
def _(x, slope=0.01):
    """Positive inputs come out shrunk, negative ones unchanged.
    The leak is meant for the side where ReLU is flat.
    Which side is that, and which side keeps slope 1?
    """
    reject_slope(slope)
    return np.minimum(slope * x, x), (x, slope)


@LEAKY_RELU_FORWARD.misconception("default slope 0.1", convention=True)
def _(x, slope=0.1):
    """You are right whenever the slope is given. Without it you use another default.
    Lecture slides print two values, ten times apart.
    Which one does the signature above have?
    """
    reject_slope(slope)
    return np.maximum(slope * x, x), (x, slope)


@LEAKY_RELU_FORWARD.misconception("the slope is not used")
def _(x, slope=0.01):
    """Your negative side looks the same whatever slope is asked for.
    Is there a number in your formula where the argument should stand?
    """
    reject_slope(slope)
    return np.maximum(0.01 * x, x), (x, slope)


@LEAKY_RELU_FORWARD.misconception("a slope of 0.1, whatever is asked for")
def _(x, slope=0.01):
    """Your negative side is a tenth of the input, whatever slope is asked for.
    That is the default of one of the slides. Where does the argument enter?
    """
    reject_slope(slope)
    return np.maximum(0.1 * x, x), (x, slope)


@LEAKY_RELU_FORWARD.misconception("a constant instead of a line")
def _(x, slope=0.01):
    """All negative inputs give the same output.
    Then the output does not react to them, and the gradient is zero again.
    What makes a line of a slope?
    """
    reject_slope(slope)
    return np.where(x > 0, x, slope), (x, slope)


@LEAKY_RELU_FORWARD.misconception("the negative side turned up")
def _(x, slope=0.01):
    """Negative inputs come out positive: your curve falls, then rises.
    Leaky ReLU rises everywhere. Which sign does a small negative input keep?
    """
    reject_slope(slope)
    return np.where(x > 0, x, -slope * x), (x, slope)


@LEAKY_RELU_FORWARD.misconception("any slope accepted")
def _(x, slope=0.01):
    """Your values are right. But a slope of 1 or more is accepted without a word.
    With slope 1 the function is linear, and above 1 the maximum of the definition picks the
    other branch. What should happen to a caller who asks for it?
    """
    return np.where(x > 0, x, slope * x), (x, slope)


LEAKY_MEAN = Question(
    "activations.leaky_mean",
    r"A slide calls leaky ReLU 'roughly zero-centred'. Test it: what is its mean on "
    r"$z \sim \mathcal N(0, 1)$, with the slope $a = 0.01$? (The positive half gives "
    r"$1/\sqrt{2\pi} = 0.3989$. What does the negative half add? Give three digits.)",
    number=Number(
        0.99 / ROOT_2PI,
        rel_tol=0.003,
        misreadings={
            0.0: "That is what the slide says. The positive half adds 0.3989. Can the leak "
            "balance that?",
            1 / ROOT_2PI: "That is ReLU. The leak adds a little. Of which sign?",
            1.01 / ROOT_2PI: "What the leak adds has the right size. Which sign do the outputs "
            "of the negative half have?",
            0.9 / ROOT_2PI: "That is the mean for the slope 0.1. Here it is 0.01.",
        },
    ),
    why=r"$(1 - a)/\sqrt{2\pi} = 0.395$: hardly less than ReLU's 0.399. Even $a = 0.1$ gives "
    r"0.359. Only a large slope centres, and with $a = 1$ the function is linear.",
)
