"""SiLU and GELU: the dip on the left, and the gradient of an input times its gate."""

import numpy as np

from grader import Case, Choice, Exercise, Question
from utils.gated import silu_forward

from .shared import both_signs, huge, inputs

SILU_DIP = Question(
    "activations.silu_dip",
    r"$\mathrm{SiLU}(z) = z\,\sigma(z)$. Walk from $z = 0$ to the left, as far as you like. "
    r"What does "
    r"the curve do?",
    choices=(
        Choice(
            "It falls, and levels off below zero, as ELU does.",
            "Far left one factor is about z, the other about e to the z. Which of them wins?",
        ),
        Choice("It falls, turns, and climbs back towards zero.", right=True),
        Choice(
            "It falls for ever with a small slope, as leaky ReLU does.",
            "What happens to the slope of a gate that is nearly shut?",
        ),
        Choice(
            "It stays at zero, as ReLU does.",
            "How large is the product at z = -1?",
        ),
    ),
    why=r"$z\,\sigma(z) \approx z\,e^{z}$ far left, which goes to 0. Its lowest point is "
    r"$-0.278$ at "
    r"$z = -1.278$; GELU's is $-0.170$ at $z = -0.752$. Left of it the slope is negative: neither "
    r"function is monotone.",
)


SILU_BACKWARD = Exercise(
    "gated.silu_backward",
    points=3,
    minutes=6,
    returns=("dx",),
    promises={
        "No warning and no overflow for any": ("very large inputs", "very large float32 inputs")
    },
    parents=("activations.sigmoid_backward",),
    hints=(
        "The input occurs twice in x times gate(x): once directly, once through the gate.",
        "Product rule: one term keeps the gate and differentiates x, the other keeps x and "
        "differentiates the gate. You know the slope of a sigmoid from its output.",
        "Upstream gradient times (gate + x times gate times (one minus gate)).",
    ),
)


@SILU_BACKWARD.cases
def _(rng: np.random.Generator):
    for name, x in inputs(rng):
        yield Case(name, (both_signs(rng, *x.shape), silu_forward(x)[1]))
    for name, x in (
        ("very large inputs", huge(rng)),
        ("very large float32 inputs", huge(rng).astype(np.float32)),
    ):
        dout = both_signs(rng, 1, 7).astype(x.dtype)
        yield Case(name, (dout, silu_forward(x)[1]), extreme=True)


@SILU_BACKWARD.misconception("the gate held fixed")
def _(dout, cache):
    """Your local gradient lies between 0 and 1 everywhere. It is the gate alone, as in ReLU.
    A step does not react to a small change of x. Does this gate?
    """
    return dout * cache[1]


@SILU_BACKWARD.misconception("the input held fixed")
def _(dout, cache):
    """At x = 0 nothing flows back in your answer. You have how the output reacts through the gate.
    On which other path does x reach the output?
    """
    x, gate = cache
    return dout * x * gate * (1 - gate)


@SILU_BACKWARD.misconception("the derivatives multiplied")
def _(dout, cache):
    """Your local gradient is the sigmoid's, at most a quarter.
    It looks as if the derivative of each factor were taken and the two multiplied.
    What does the product rule say?
    """
    _, gate = cache
    return dout * gate * (1 - gate)


@SILU_BACKWARD.misconception("one factor of the gate's slope")
def _(dout, cache):
    """Far to the left your local gradient grows with x, without bound.
    One term of the product rule is right. The other has the slope of a gate that is nearly shut.
    How steep is a sigmoid far to the left, and which factors make it so?
    """
    x, gate = cache
    return dout * (gate + x * (1 - gate))


@SILU_BACKWARD.misconception("the output in place of the gate")
def _(dout, cache):
    """At x = 0 you are right. It looks as if the slope of the gate were computed from the output
    of SiLU. Which function's output belongs in the slope of a sigmoid?
    """
    x, gate = cache
    return dout * (gate + x * gate * (1 - x * gate))


@SILU_BACKWARD.misconception("minus between the two terms")
def _(dout, cache):
    """At x = 0 you are right. For positive x your local gradient is too small, for negative x too
    large. Both paths from x to the output count. With which sign does each of them enter?
    """
    x, gate = cache
    return dout * gate * (1 - x * (1 - gate))


@SILU_BACKWARD.misconception("the upstream gradient is missing")
def _(dout, cache):
    """Your answer does not depend on `dout`.
    You have the slope of SiLU. What does the chain rule multiply it with?
    """
    x, gate = cache
    return gate * (1 + x * (1 - gate))
