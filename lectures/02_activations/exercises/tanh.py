"""tanh: its slope and its backward pass."""

import numpy as np

from grader import Case, Exercise, Number, Question

from .shared import both_signs, inputs

TANH_SLOPE = Question(
    "activations.tanh_slope",
    r"$\tanh x = 2\,\sigma(2x) - 1$. The sigmoid's slope is at most $\frac14$. What is the "
    r"largest slope of tanh?",
    number=Number(
        1.0,
        misreadings={
            0.25: "That is the sigmoid's. The 2 in front and the 2x inside both change it.",
            0.5: "One factor of 2 is in. The chain rule brings a second one. Where from?",
            2.0: "Too large by a factor of 2. Go through the factors one by one: the 2 in "
            "front, the 2 inside, the sigmoid's slope at 0.",
        },
    ),
    why=r"$\tanh' x = 2 \cdot 2\,\sigma'(2x) \le 4 \cdot \frac14 = 1$, reached at $x = 0$. "
    r"Near zero tanh lets the whole gradient through, four times as much as the sigmoid.",
)


TANH_BACKWARD = Exercise(
    "activations.tanh_backward",
    points=1,
    minutes=2,
    returns=("dx",),
    hints=(
        "Again upstream gradient times slope, and again the slope needs only the output.",
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
