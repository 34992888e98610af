"""The sigmoid: its range and its slope."""

import numpy as np

from grader import Case, Choice, Exercise, Question
from utils.activations import sigmoid_forward

from .shared import both_signs, huge, inputs

SIGMOID_FORWARD = Exercise(
    "activations.sigmoid_forward",
    points=2,
    minutes=5,
    returns=("out", "cache"),
    promises={
        "No warning and no overflow for any": ("very large inputs", "very large float32 inputs")
    },
    hints=(
        "Start with the formula as it stands. Then ask for which x its exponential becomes huge.",
        "The lecture shows two forms of the same fraction. Each is harmless for one sign of x.",
        "Take z = exp(-|x|), which never exceeds 1. For x >= 0 the sigmoid is 1 over 1 + z, "
        "for x < 0 it is z over 1 + z; `np.where` chooses.",
    ),
)


@SIGMOID_FORWARD.cases
def _(rng: np.random.Generator):
    for name, x in inputs(rng):
        yield Case(name, (x,))
    yield Case("very large inputs", (huge(rng),), extreme=True)
    yield Case("very large float32 inputs", (huge(rng).astype(np.float32),), extreme=True)


@SIGMOID_FORWARD.misconception("mirror image")
def _(x):
    """Your curve falls where the sigmoid rises: large inputs give values near 0.
    It looks as if the exponent had the other sign.
    What should the exponential tend to when x grows?
    """
    out = 1 / (1 + np.exp(np.minimum(x, 700)))
    return out, out


@SIGMOID_FORWARD.misconception("softmax instead of sigmoid")
def _(x):
    """Your outputs add up to 1 over the whole array.
    That is a softmax: the entries compete with each other. A sigmoid looks at each
    entry by itself. Should the answer for one entry change when another one changes?
    """
    e = np.exp(x - x.max())
    out = e / e.sum()
    return out, out


@SIGMOID_FORWARD.misconception("tanh instead of sigmoid")
def _(x):
    """Your outputs reach down to -1, and at x = 0 you give 0.
    That is the curve of tanh. Between which two values does the sigmoid stay,
    and what does its formula give at x = 0?
    """
    out = np.tanh(x)
    return out, out


@SIGMOID_FORWARD.misconception("the plain exponential")
def _(x):
    """Your outputs exceed 1 for positive x, and at x = 0 you give 1.
    That is the exponential. What else stands in the denominator?
    """
    out = np.exp(np.minimum(x, 700))
    return out, out


@SIGMOID_FORWARD.misconception("the input in the cache")
def _(x):
    """`out` is right, but the cache holds the input.
    The derivative of the sigmoid can be written with its output alone.
    What do the instructions ask you to keep for the backward pass?
    """
    return sigmoid_forward(x)[0], x


@SIGMOID_FORWARD.misconception("exponential of a large positive number")
def _(x):
    """On ordinary inputs you are right. For very negative x the exponential overflows on
    the way, and NumPy warns.
    Which sign must the exponent have so that this cannot happen, and how can the
    formula be written so that it has this sign for every x?
    """
    out = 1 / (1 + np.exp(-x))
    return out, out


@SIGMOID_FORWARD.misconception("infinity divided by infinity")
def _(x):
    """On ordinary inputs you are right. For very large x both numerator and denominator of
    your fraction overflow, and their ratio is not a number.
    Which form of the same fraction is harmless for positive x?
    """
    out = np.exp(x) / (1 + np.exp(x))
    return out, out


OPEN_INTERVAL = Question(
    "activations.open_interval",
    r"Is there a number $x$ with $\sigma(x) = 1$ exactly?",
    choices=(
        Choice(
            "Yes: from some x on the curve has reached 1.",
            "It comes nearer and nearer. To reach 1, the exponential of -x would have to be 0. "
            "For which number is it?",
        ),
        Choice("Yes: far out to the right, at infinity.", "Is infinity a number x on the axis?"),
        Choice("No real x; yet from some x on a computer prints 1.0.", right=True),
        Choice(
            "No real x, and a computer never prints exactly 1.0 either.",
            "A float64 carries about 16 digits. What is left of 1 + 0.00000000000000001 after "
            "rounding?",
        ),
    ),
    why=r"The interval is open: $0 < \sigma(x) < 1$ and $-1 < \tanh x < 1$ for every real $x$. "
    r"In float64, $e^{-x}$ drops below the last digit of 1 at about $x = 37$. From there on "
    r"the computer stores exactly 1, and the local gradient exactly 0.",
)


SIGMOID_GATES = Question(
    "activations.sigmoid_gates",
    r"An upstream gradient of 1 arrives at a sigmoid. How much of it flows on to $x$, when "
    r"$x = -10$, when $x = 0$ and when $x = 10$?",
    choices=(
        Choice(
            "almost nothing, all of it, almost nothing",
            "The shape is right: flat, steep, flat. But how steep? Put the value of the "
            "sigmoid at 0 into the formula.",
        ),
        Choice(
            "almost nothing, a half, almost all of it",
            "These are the values of the sigmoid. The gradient needs its slope. How steep "
            "is it at 10?",
        ),
        Choice("almost nothing, a quarter, almost nothing", right=True),
        Choice(
            "almost nothing, a quarter, almost all of it",
            "At 10 the neuron is fully on. If x grows a little more, how much does the output "
            "change?",
        ),
    ),
    why=r"$\sigma'(\pm 10) = 4.54 \cdot 10^{-5}$ and $\sigma'(0) = 0.25$. Far from 0 the "
    r"sigmoid is a closed gate, on either side. At best it lets a quarter through.",
)


SIGMOID_BACKWARD = Exercise(
    "activations.sigmoid_backward",
    points=2,
    minutes=4,
    returns=("dx",),
    parents=("activations.sigmoid_forward",),
    hints=(
        "Two factors meet here: the upstream gradient, and the slope of the sigmoid. Differentiate "
        "1 / (1 + exp(-x)) on paper.",
        "The derivative is exp(-x) over the square of 1 + exp(-x). Split it into two "
        "fractions. One "
        "is the output; the other can be had from the output.",
        "Upstream gradient times out times (one minus out), element by element.",
    ),
)


@SIGMOID_BACKWARD.cases
def _(rng: np.random.Generator):
    for name, x in inputs(rng):
        yield Case(name, (both_signs(rng, *x.shape), sigmoid_forward(x)[0]))
    saturated = np.array([[0.0, 1e-300, 0.5, 1.0]])
    yield Case("saturated neurons", (both_signs(rng, 1, 4), saturated), extreme=True)


@SIGMOID_BACKWARD.misconception("sigmoid applied twice")
def _(dout, cache):
    """Your local gradient hardly changes from entry to entry and never gets small.
    It looks as if the cache were taken for the input and squashed once more.
    What does the cache hold: the input of the sigmoid or its output?
    """
    out = sigmoid_forward(cache)[0]
    return dout * out * (1 - out)


@SIGMOID_BACKWARD.misconception("the upstream gradient is missing")
def _(dout, cache):
    """Your answer does not depend on `dout`.
    That is the local gradient alone. By the chain rule it is one of two factors.
    How does the loss depend on `out`, and where do you use that?
    """
    return cache * (1 - cache)


@SIGMOID_BACKWARD.misconception("the derivative of tanh")
def _(dout, cache):
    """Where the output is near 0 you let the full gradient through.
    That is how tanh behaves, whose output is 0 at its steepest point.
    What is the output of the sigmoid where it is steepest?
    """
    return dout * (1 - cache**2)


@SIGMOID_BACKWARD.misconception("only one of two factors")
def _(dout, cache):
    """Your gradient dies for outputs near 1, but not for outputs near 0.
    The sigmoid is flat at both ends. Which factor makes its derivative vanish at the
    lower end?
    """
    return dout * (1 - cache)


@SIGMOID_BACKWARD.misconception("a wrong sign")
def _(dout, cache):
    """Every entry has the right size and the opposite sign.
    The sigmoid rises everywhere. Which sign must its local gradient have?
    """
    return dout * cache * (cache - 1)


@SIGMOID_BACKWARD.misconception("the output in place of the slope")
def _(dout, cache):
    """Where the output is near 1, your local gradient is near 1 too.
    It looks as if the output were taken for the slope. How steep is a curve that has levelled off?
    """
    return dout * cache
