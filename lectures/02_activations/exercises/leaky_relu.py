"""Leaky ReLU: which slopes it may have, forward, backward, and its mean."""

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
            r"Try a = 2 at x = 1: what is max(2, 1)? And what should a leaky ReLU give?",
        ),
        Choice(r"every $a > 0$", r"Try a = 2 at x = 1: is the maximum x or ax?"),
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
        "With a slope below 1, the larger of the two is always the right one.",
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


@LEAKY_RELU_FORWARD.misconception("a constant instead of a line")
def _(x, slope=0.01):
    """All negative inputs give the same output.
    Then the output does not react to them, and the gradient is zero again.
    What must the slope be multiplied with to become a line?
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
    With slope 1 nothing bends, and above 1 the maximum of the definition picks the
    wrong branch. What should happen to a caller who asks for it?
    """
    return np.where(x > 0, x, slope * x), (x, slope)


LEAKY_RELU_BACKWARD = Exercise(
    "activations.leaky_relu_backward",
    points=2,
    minutes=3,
    returns=("dx",),
    parents=("activations.leaky_relu_forward",),
    hints=(
        "Still a gate, but a closed gate now leaks: a share of the gradient comes through.",
        "Unpack the cache into x and slope. The local gradient is 1 for x > 0, slope elsewhere.",
        "Where x > 0 the answer is `dout`, elsewhere slope times `dout`.",
    ),
)


@LEAKY_RELU_BACKWARD.cases
def _(rng: np.random.Generator):
    slopes = rng.permutation([0.05, 0.1, 0.2, 0.3, 0.5])
    for (name, x), slope in zip(inputs(rng), slopes, strict=True):
        yield Case(f"{name}, slope {slope:g}", (both_signs(rng, *x.shape), (x, float(slope))))
    yield Case("very large inputs", (both_signs(rng, 1, 7), (huge(rng), 0.1)), extreme=True)


@LEAKY_RELU_BACKWARD.misconception("gradient 1 at zero", convention=True)
def _(dout, cache):
    """You differ only where the input is exactly 0: there you take the slope of the right
    side. The corner may be given either slope; the text above chooses one.
    Which comparison puts zero on the negative side?
    """
    x, slope = cache
    return np.where(x >= 0, dout, slope * dout)


@LEAKY_RELU_BACKWARD.misconception("the gradient of plain ReLU")
def _(dout, cache):
    """Nothing flows back where the input was negative.
    That is ReLU without a leak, and its units can die.
    How steep is your forward function on the negative side?
    """
    return dout * (cache[0] > 0)


@LEAKY_RELU_BACKWARD.misconception("the slope in the cache is not used")
def _(dout, cache):
    """On the negative side you always use the default slope.
    The forward pass may have used another one. Where is it kept for you?
    """
    return np.where(cache[0] > 0, dout, 0.01 * dout)


@LEAKY_RELU_BACKWARD.misconception("slope on the wrong side")
def _(dout, cache):
    """You shrink the gradient where the input was positive, and only there.
    On which side of zero did the forward pass multiply by the slope?
    """
    x, slope = cache
    return np.where(x > 0, slope * dout, dout)


@LEAKY_RELU_BACKWARD.misconception("the upstream gradient is missing")
def _(dout, cache):
    """Your answer takes only two values, whatever `dout` is.
    These are the local gradients. What does the chain rule do with them?
    """
    x, slope = cache
    return np.where(x > 0, 1.0, slope)


@LEAKY_RELU_BACKWARD.misconception("the upstream gradient on one side only")
def _(dout, cache):
    """For positive inputs you are right. For negative ones your answer does not depend on
    `dout`. Does the chain rule make a difference between the two sides?
    """
    x, slope = cache
    return np.where(x > 0, dout, slope)


LEAKY_MEAN = Question(
    "activations.leaky_mean",
    r"A slide calls leaky ReLU 'roughly zero-centred'. Test it: what is its mean on "
    r"$z \sim \mathcal N(0, 1)$, with the slope $a = 0.01$? (The positive half gives "
    r"$1/\sqrt{2\pi} = 0.3989$. What does the negative half add? Give three digits.)",
    number=Number(
        0.99 / ROOT_2PI,
        rel_tol=0.003,
        misreadings={
            0.0: "That is what the slide says. The positive half adds 0.3989. Does the leak "
            "balance that?",
            1 / ROOT_2PI: "That is ReLU. The leak adds a little. Of which sign?",
            1.01 / ROOT_2PI: "What the leak adds has the right size. Which sign do the outputs "
            "of the negative half have?",
            0.9 / ROOT_2PI: "That is the mean for the slope 0.1. Here it is 0.01.",
        },
    ),
    why=r"$(1 - a)/\sqrt{2\pi} = 0.395$: hardly less than ReLU's 0.399. Even $a = 0.1$ gives "
    r"0.359. Only a large slope centres, and with $a = 1$ nothing bends any more.",
)
