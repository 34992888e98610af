"""tanh: its backward pass."""

import numpy as np

from grader import Case, Exercise

from .shared import both_signs, inputs

TANH_BACKWARD = Exercise(
    "activations.tanh_backward",
    points=2,
    minutes=4,
    returns=("dx",),
    hints=(
        "Again upstream gradient times slope, and again the slope needs only the output.",
        "With s = sigmoid(2x) the output is 2s - 1 and the slope 4 s (1 - s). Express s by the "
        "output.",
        "The slope of tanh is one minus the square of its output.",
    ),
)


@TANH_BACKWARD.cases
def _(rng: np.random.Generator):
    for name, x in inputs(rng):
        yield Case(name, (both_signs(rng, *x.shape), np.tanh(x)))
    saturated = np.array([[-1.0, -1e-300, 0.0, 1.0]])
    yield Case("saturated neurons", (both_signs(rng, 1, 4), saturated), extreme=True)


@TANH_BACKWARD.misconception("the square is missing")
def _(dout, cache):
    """For outputs near -1 your local gradient is near 2.
    But tanh is flat there, just as flat as near +1.
    What makes its slope the same for -x and x?
    """
    return dout * (1 - cache)


@TANH_BACKWARD.misconception("tanh applied twice")
def _(dout, cache):
    """Your local gradient never gets small, not even for saturated neurons.
    It looks as if the cache were taken for the input.
    What does the cache hold?
    """
    return dout * (1 - np.tanh(cache) ** 2)


@TANH_BACKWARD.misconception("the sigmoid's output for its own")
def _(dout, cache):
    """Where the output is 0 nothing flows back, and where it is negative the gradient turns round.
    It looks as if the identity were differentiated, and its sigmoid were taken for the output.
    How do you get the sigmoid of 2x from the output of tanh?
    """
    return dout * 4 * cache * (1 - cache)


@TANH_BACKWARD.misconception("the derivative of the sigmoid")
def _(dout, cache):
    """Your gradient vanishes where the output is 0.
    That is the formula of the sigmoid, which is flat near the output 0.
    How steep is tanh where its output is 0?
    """
    return dout * cache * (1 - cache)


@TANH_BACKWARD.misconception("the upstream gradient is missing")
def _(dout, cache):
    """Your answer does not depend on `dout`.
    That is the slope of tanh alone. What does the chain rule multiply it with?
    """
    return 1 - cache**2


@TANH_BACKWARD.misconception("the output in place of the slope")
def _(dout, cache):
    """You multiply the gradient by the output itself, so it changes sign where the output is
    negative. tanh rises everywhere. Which sign must its slope have?
    """
    return dout * cache
