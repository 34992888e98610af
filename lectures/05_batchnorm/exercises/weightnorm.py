"""Weight norm: length and direction of a unit's weights apart."""

import numpy as np

from grader import Case, Choice, Exercise, Question
from utils.normalization import weightnorm_forward

from .shared import both_signs, scales


def weights(rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
    """Columns and rows of very different lengths."""
    v = both_signs(rng, fan_in, fan_out)
    return v * scales(rng, fan_out) * scales(rng, fan_in)[:, None]


WEIGHTNORM_FORWARD = Exercise(
    "normalization.weightnorm_forward",
    points=1,
    minutes=3,
    returns=("w", "cache"),
    hints=(
        "The weights of unit j stand in column j of v. First the length of each column.",
        "np.linalg.norm takes an `axis`: the one that is to disappear.",
        "Divide v by its lengths, multiply by g: both broadcast along the rows.",
    ),
)


@WEIGHTNORM_FORWARD.cases
def _(rng: np.random.Generator):
    def case(name, v, extreme=False):
        return Case(name, (v, both_signs(rng, v.shape[1])), {}, extreme)

    yield case("three inputs, three units", weights(rng, 3, 3))
    yield case("five inputs, two units", weights(rng, 5, 2))
    yield case("two inputs, four units", weights(rng, 2, 4))
    yield case("one unit", weights(rng, 4, 1))
    yield case("one input", weights(rng, 1, 3))
    yield case("a weight of 0", weights(rng, 3, 3) * (1 - np.eye(3)))
    yield case("long and short vectors", weights(rng, 3, 2) * np.array([1e4, 1e-4]), extreme=True)


WHOLE_MATRIX = (
    "You divide by the length of the whole matrix, so long columns stay longer than short ones.\n"
    "Each unit has its own vector and its own length g.\n"
    "How many lengths does a layer with fan_out units have?"
)


@WEIGHTNORM_FORWARD.misconception("one length for the whole matrix", WHOLE_MATRIX)
def _(v, g):
    norm = np.sqrt((v**2).sum())
    return g * v / norm, (v, g, np.full_like(g, norm))


@WEIGHTNORM_FORWARD.misconception("one number for the whole matrix", WHOLE_MATRIX)
def _(v, g):
    norm = np.sqrt((v**2).sum())
    return g * v / norm, (v, g, float(norm))


NORM_OF_ROWS = (
    "You measure the rows of v.\n"
    "A layer computes x @ w, so what one unit does with its inputs stands in a column.\n"
    "Along which axis do the squares of one unit's weights have to be added?"
)


@WEIGHTNORM_FORWARD.misconception("rows instead of units", NORM_OF_ROWS)
def _(v, g):
    norm = np.sqrt((v**2).sum(axis=1))
    return g * v / norm, (v, g, norm)


@WEIGHTNORM_FORWARD.misconception("rows instead of units, kept as a column", NORM_OF_ROWS)
def _(v, g):
    norm = np.sqrt((v**2).sum(axis=1, keepdims=True))
    return g * v / norm, (v, g, norm)


@WEIGHTNORM_FORWARD.misconception("g is missing")
def _(v, g):
    """All your columns have length 1.
    Normalising gives a direction. Who gives it its length?
    """
    _, cache = weightnorm_forward(v, g)
    return v / cache[2], cache


@WEIGHTNORM_FORWARD.misconception("v is not normalised")
def _(v, g):
    """The cache is right. A column of your w gets longer when v gets longer.
    By what does v have to be divided so that only its direction counts?
    """
    return g * v, weightnorm_forward(v, g)[1]


@WEIGHTNORM_FORWARD.misconception("divided by the squared length")
def _(v, g):
    """A column of your w gets *shorter* when v gets longer.
    The sum of the squares is the square of the length. Which step is missing?
    """
    norm = (v**2).sum(axis=0)
    return g * v / norm, (v, g, norm)


@WEIGHTNORM_FORWARD.misconception("sum of absolute values")
def _(v, g):
    """You divide by the sum of the absolute values.
    The length of a vector is the Euclidean one, that of Pythagoras. How is it computed?
    """
    norm = np.abs(v).sum(axis=0)
    return g * v / norm, (v, g, norm)


@WEIGHTNORM_FORWARD.misconception("norm with an axis too many")
def _(v, g):
    """w is right. In the cache the norm has an axis of length 1 in front.
    Which shape do the instructions ask for?
    """
    w, (v, g, norm) = weightnorm_forward(v, g)
    return w, (v, g, norm[None])


DOUBLE_V = Question(
    "normalization.double_v",
    r"All entries of $v$ are doubled; $g$ stays. What happens to $w = g\,v/\|v\|$, and what to "
    r"the gradient on $v$?",
    choices=(
        Choice(
            r"$w$ is doubled, the gradient is the same",
            r"The length of $v$ is divided out. What is left of the 2?",
        ),
        Choice(
            r"$w$ is the same, the gradient is the same",
            r"$w$ is the same indeed. But a step of the same size turns a longer vector by a "
            "smaller angle.",
        ),
        Choice(r"$w$ is the same, the gradient is halved", right=True),
        Choice(
            r"$w$ is the same, the gradient is doubled",
            r"Is the angle of a long vector more, or less, sensitive to a push from the side?",
        ),
    ),
    why=r"Only the direction of $v$ counts. A longer $v$ must be pushed harder to turn by the "
    r"same angle, so its gradient is smaller. That is how weight norm steadies the steps by "
    r"itself.",
)


WEIGHTNORM_BACKWARD = Exercise(
    "normalization.weightnorm_backward",
    points=3,
    minutes=5,
    returns=("dv", "dg"),
    parents=("normalization.weightnorm_forward",),
    hints=(
        "Call the direction d = v / norm. Forward, w = g d, column by column.",
        "dg is the part of dw along d: multiply and add up each column.",
        "dv: take the part along d out of dw, and multiply the rest by g / norm.",
    ),
)


@WEIGHTNORM_BACKWARD.cases
def _(rng: np.random.Generator):
    def case(name, *shape):
        cache = weightnorm_forward(weights(rng, *shape), both_signs(rng, shape[1]))[1]
        return Case(name, (both_signs(rng, *shape) + both_signs(rng, shape[1]), cache))

    yield case("three inputs, three units", 3, 3)
    yield case("five inputs, two units", 5, 2)
    yield case("two inputs, four units", 2, 4)
    yield case("one unit", 4, 1)


def _wn_back(dw, cache):
    v, g, norm = cache
    direction = v / norm
    return g, norm, direction, (dw * direction).sum(axis=0)


@WEIGHTNORM_BACKWARD.misconception("the length does not depend on v")
def _(dw, cache):
    """dg is right. Your dv still points along v in part.
    Making v longer changes nothing, so the gradient must not ask for it: the length you
    divide by depends on v. Which part has to be taken out of dw?
    """
    g, norm, _, dg = _wn_back(dw, cache)
    return g / norm * dw, dg


@WEIGHTNORM_BACKWARD.misconception("the part along v added")
def _(dw, cache):
    """dg is right. Your dv leans towards v, twice as much as dw does.
    The part of dw along v has to go. Which sign does it get?
    """
    g, norm, direction, dg = _wn_back(dw, cache)
    return g / norm * (dw + dg * direction), dg


@WEIGHTNORM_BACKWARD.misconception("dg with v instead of its direction")
def _(dw, cache):
    """dv is right. Your dg grows when v gets longer, though w does not change.
    What was g multiplied with on the way forward?
    """
    g, norm, direction, dg = _wn_back(dw, cache)
    return g / norm * (dw - dg * direction), dg * norm


@WEIGHTNORM_BACKWARD.misconception("dg with w instead of the direction")
def _(dw, cache):
    """dv is right. Your dg carries a factor g.
    You multiply dw with w. What was g multiplied with on the way forward?
    """
    g, norm, direction, dg = _wn_back(dw, cache)
    return g / norm * (dw - dg * direction), dg * g


@WEIGHTNORM_BACKWARD.misconception("g is missing in dv")
def _(dw, cache):
    """dg is right; your dv would be the same for every g.
    How much does a column of w move when its direction turns a little?
    """
    _, norm, direction, dg = _wn_back(dw, cache)
    return (dw - dg * direction) / norm, dg


@WEIGHTNORM_BACKWARD.misconception("the length is missing in dv")
def _(dw, cache):
    """dg is right; your dv is too large for long columns of v, too small for short ones.
    A long vector must move further to turn by the same angle. Which factor says so?
    """
    g, _, direction, dg = _wn_back(dw, cache)
    return g * (dw - dg * direction), dg


@WEIGHTNORM_BACKWARD.misconception("projected with v instead of its direction")
def _(dw, cache):
    """dg is right. Your dv is not at right angles to v.
    The part of dw along v is dg times a vector of length 1. Which one?
    """
    g, norm, direction, dg = _wn_back(dw, cache)
    return g / norm * (dw - dg * direction * norm), dg


@WEIGHTNORM_BACKWARD.misconception("dv and dg exchanged")
def _(dw, cache):
    """Your two outputs stand in each other's place.
    In which order does the forward pass take v and g?
    """
    g, norm, direction, dg = _wn_back(dw, cache)
    return dg, g / norm * (dw - dg * direction)
