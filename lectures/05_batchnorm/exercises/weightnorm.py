"""Weight norm backwards: length and direction of a unit's weights apart."""

import numpy as np

from grader import Case, Exercise
from utils.normalization import weightnorm_forward

from .shared import both_signs, scales


def weights(rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
    """Columns and rows of very different lengths."""
    v = both_signs(rng, fan_in, fan_out)
    return v * scales(rng, fan_out) * scales(rng, fan_in)[:, None]


WEIGHTNORM_BACKWARD = Exercise(
    "normalization.weightnorm_backward",
    points=3,
    minutes=5,
    returns=("dv", "dg"),
    hints=(
        "The loss depends on v through w, and w does not change when v gets longer. What does the "
        "theorem on scale say about dv?",
        "Call the direction d = v / norm, so that w = g d, column by column. How do g and d each "
        "move w?",
        "dg: multiply dw with d and add up each column. dv: take the part along d out of dw, and "
        "multiply the rest by g / norm.",
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
    divide by depends on v. What do you know of a gradient and a direction in which nothing changes?
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
    What was g multiplied with in the forward pass?
    """
    g, norm, direction, dg = _wn_back(dw, cache)
    return g / norm * (dw - dg * direction), dg * norm


@WEIGHTNORM_BACKWARD.misconception("dg with w instead of the direction")
def _(dw, cache):
    """dv is right. Your dg contains an extra factor of g.
    You multiply dw with w. What was g multiplied with in the forward pass?
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


@WEIGHTNORM_BACKWARD.misconception("dg is not summed")
def _(dw, cache):
    """dv is right. Your dg has an entry for every weight.
    There is one g for each unit, and it stands before all the weights of its column.
    What does the chain rule do with several uses of one number?
    """
    g, norm, direction, dg = _wn_back(dw, cache)
    return g / norm * (dw - dg * direction), dw * direction
