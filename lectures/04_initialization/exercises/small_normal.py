"""Small normal random weights, and what grows with the inputs."""

import numpy as np

from grader import Case, Choice, Exercise, Question
from lectures import drivers

from .shared import DRAWN, OF_MANY_WEIGHTS, seed

SMALL_NORMAL = Exercise(
    "initialization.small_normal",
    points=1,
    minutes=3,
    returns=DRAWN,
    driver=drivers.draw,
    tolerance=OF_MANY_WEIGHTS,
    hints=(
        "`rng` is a NumPy generator: it has a method for standard normal numbers that takes a "
        "shape.",
        "Draw an array of shape (fan_in, fan_out), multiply it by `scale`, convert it with "
        "`.astype(dtype)`.",
    ),
)


@SMALL_NORMAL.cases
def _(rng: np.random.Generator):
    yield Case("three inputs, two units", (3, 2, seed(rng)), {"scale": 0.5})
    yield Case("300 inputs, 200 units, the default scale", (300, 200, seed(rng)))
    yield Case("large weights", (200, 300, seed(rng)), {"scale": 4.0})
    yield Case("weights of size one", (240, 250, seed(rng)), {"scale": 1.0})
    yield Case("one unit", (4, 1, seed(rng)))
    yield Case("float32", (3, 4, seed(rng)), {"dtype": "float32"}, extreme=True)


@SMALL_NORMAL.misconception("scale taken for the variance")
def _(fan_in, fan_out, *, scale=0.01, rng, dtype=np.float64):
    """With scale 1 you are right; otherwise the spread of your weights is off.
    It looks as if `scale` were taken for the variance and a root drawn from it.
    What happens to the standard deviation of a number when it is multiplied by scale?
    """
    return (np.sqrt(scale) * rng.standard_normal((fan_in, fan_out))).astype(dtype)


@SMALL_NORMAL.misconception("uniform instead of normal")
def _(fan_in, fan_out, *, scale=0.01, rng, dtype=np.float64):
    """Your weights fill an interval evenly and stop at its ends. (Their kurtosis tells: it
    measures how far the rarest numbers reach, and is near 3 for normal ones.)
    Which method of the generator draws standard normal numbers?
    """
    return rng.uniform(-scale, scale, (fan_in, fan_out)).astype(dtype)


@SMALL_NORMAL.misconception("only positive weights")
def _(fan_in, fan_out, *, scale=0.01, rng, dtype=np.float64):
    """All your weights are positive.
    Then all units of a layer answer alike, and their sums grow with the width.
    Around which number should the weights lie?
    """
    return (scale * rng.random((fan_in, fan_out))).astype(dtype)


@SMALL_NORMAL.misconception("the same weights for every unit")
def _(fan_in, fan_out, *, scale=0.01, rng, dtype=np.float64):
    """Each unit has the same column of weights.
    That is the symmetry the random numbers are to break.
    How many numbers do you have to draw, and how many did you draw?
    """
    column = scale * rng.standard_normal((fan_in, 1))
    return (column * np.ones((1, fan_out))).astype(dtype)


@SMALL_NORMAL.misconception("rows and columns turned")
def _(fan_in, fan_out, *, scale=0.01, rng, dtype=np.float64):
    """Your matrix has a row for each unit.
    Here a layer computes x @ w, with one example in each row of x.
    How many rows must w have for this product to exist?
    """
    return (scale * rng.standard_normal((fan_out, fan_in))).astype(dtype)


@SMALL_NORMAL.misconception("a generator of its own")
def _(fan_in, fan_out, *, scale=0.01, rng, dtype=np.float64):
    """A second call gives the same weights once more, and the `rng` passed in is not used.
    Then two layers of one shape start out equal.
    Whose random numbers should the function take?
    """
    return (scale * np.random.default_rng(0).standard_normal((fan_in, fan_out))).astype(dtype)


GROWS = Question(
    "initialization.grows",
    "A slide says of $W = a \\cdot \\mathcal N(0, 1)$: “for large $a$ the weights grow "
    "strongly, for small $a$ they fade.” What is it that grows or fades in a deep network, "
    "before any training?",
    choices=(
        Choice(
            "the weights, from step to step",
            "No step has been made yet. The weights are what they were drawn as.",
        ),
        Choice(
            "the signals and the gradients, from layer to layer",
            right=True,
        ),
        Choice(
            "the weights, from layer to layer",
            "Each layer is drawn with the same a. Do the weights of layer 10 differ in size "
            "from those of layer 1?",
        ),
        Choice(
            "the loss, from step to step",
            "It may, later. The question is about the network as it starts.",
        ),
    ),
    why="Every layer multiplies the signal by about the same factor. Ten layers make it the "
    "tenth power. The weights themselves stand still.",
)
