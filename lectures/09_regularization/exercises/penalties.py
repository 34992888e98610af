"""Prices for large weights: L1, L2, and both."""

import numpy as np

from grader import Case, Exercise

from .shared import both_signs

ELASTIC = Exercise(
    "losses.elastic_net_penalty",
    points=2,
    minutes=3,
    returns=("value", "dw"),
    hints=(
        "Differentiate the value that is given. What is the slope of |w| left and right of 0?",
        "The slope of |w| is the sign of w. What does the one half in front of the square do to "
        "its slope?",
        "dw is l1 times the sign of w, plus l2 times w. `np.sign` gives 0 at 0.",
    ),
)


@ELASTIC.cases
def _(rng: np.random.Generator):
    def case(name, shape, l1, l2):
        return Case(name, (both_signs(rng, *shape),), {"l1": l1, "l2": l2})

    yield case("a (3, 2) matrix", (3, 2), 0.3, 0.8)
    yield case("five weights", (5,), 0.7, 0.2)
    yield case("no L1 part", (4,), 0.0, 0.6)
    yield case("no L2 part", (4,), 0.6, 0.0)
    w = both_signs(rng, 4)
    w[rng.integers(4)] = 0
    yield Case("a weight of exactly 0", (w,), {"l1": 0.5, "l2": 0.9})
    yield Case("huge weights", (1e8 * both_signs(rng, 3),), {"l1": 0.5, "l2": 0.9}, extreme=True)


def _net(w, l1, l2, **other):
    parts = {
        "value_1": l1 * np.sum(np.abs(w)),
        "value_2": 0.5 * l2 * np.sum(w**2),
        "dw_1": l1 * np.sign(w),
        "dw_2": l2 * w,
    } | other
    return float(parts["value_1"] + parts["value_2"]), parts["dw_1"] + parts["dw_2"]


@ELASTIC.misconception("one strength for both")
def _(w, *, l1, l2):
    """Your answer does not depend on l2. A slide prints the elastic net so, without coefficients
    of its own for the two parts.
    How would you turn the square off and keep the absolute values?
    """
    return _net(w, l1, l1)


@ELASTIC.misconception("the square without its one half", convention=True)
def _(w, *, l1, l2):
    """Your L2 part is twice as large, in the value and in the gradient. They fit each other:
    this is the convention without the one half, which many texts use.
    Which one does this text ask for?
    """
    return _net(w, l1, 2 * l2)


@ELASTIC.misconception("the one half lost in the value")
def _(w, *, l1, l2):
    """Your gradient is right. It is not the gradient of your value.
    Differentiate the value that you return: what do you get?
    """
    return _net(w, l1, l2, value_2=l2 * np.sum(w**2))


@ELASTIC.misconception("the one half kept in the gradient")
def _(w, *, l1, l2):
    """Your value is right. The L2 part of your gradient is half as steep as the value that you
    return.
    What becomes of the exponent when a square is differentiated?
    """
    return _net(w, l1, l2, dw_2=0.5 * l2 * w)


@ELASTIC.misconception("the absolute value as its own slope")
def _(w, *, l1, l2):
    """Your value is right. The L1 part of your gradient grows with the weight.
    Draw |w|. Is it steeper at 3 than at 1?
    """
    return _net(w, l1, l2, dw_1=l1 * np.abs(w))


@ELASTIC.misconception("a slope in the corner")
def _(w, *, l1, l2):
    """A weight that is exactly 0 gets a slope, as if it were positive.
    Which way should a weight be pulled that is where the price is lowest?
    """
    return _net(w, l1, l2, dw_1=l1 * np.where(w >= 0, 1.0, -1.0).astype(w.dtype))


@ELASTIC.misconception("strengths exchanged")
def _(w, *, l1, l2):
    """With l1 = 0 you pull every weight equally hard, whatever its size.
    Which strength belongs to the absolute values?
    """
    return _net(w, l2, l1)


@ELASTIC.misconception("the length instead of its square")
def _(w, *, l1, l2):
    """Your L2 part grows in proportion to the weights: twice the weights, twice the price.
    What should it do when all weights are doubled?
    """
    length = np.sqrt(np.sum(w**2))
    return _net(w, l1, l2, value_2=0.5 * l2 * length, dw_2=0.5 * l2 * w / length)


@ELASTIC.misconception("a mean over the weights")
def _(w, *, l1, l2):
    """You divide by the number of weights.
    A second layer of the same weights: should the price per weight fall?
    """
    value, dw = _net(w, l1, l2)
    return value / w.size, dw / w.size
