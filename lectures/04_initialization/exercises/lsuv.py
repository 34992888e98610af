"""LSUV: the data choose the size of the weights; a bug hunt."""

import numpy as np

from grader import Case, Exercise
from utils.activations import act
from utils.initialization import orthogonal

from .shared import both_signs

LSUV = Exercise(
    "initialization.lsuv",
    points=3,
    minutes=5,
    returns=("weights",),
    parents=("initialization.deep_forward",),
    promises={
        "at most so many divisions": "no division allowed",
        "when a pre-activation does not vary": "inputs of zero",
    },
    hints=(
        "The first layer of the version that was found is right. What goes into its second "
        "layer, and what will go into it when the new weights are used?",
        "Carry the signal along: h starts as x, and after each layer it is what the *rescaled* "
        "layer makes of it.",
        "So call no `deep_forward` at the beginning. In each layer: rescale w until the variance "
        "of h @ w is near 1, then replace h by act(activation, h @ w).",
    ),
)


@LSUV.cases
def _(rng: np.random.Generator):
    def wild(*sizes):
        """Weights whose outputs vary far too much and far too little in turn."""
        drawn = np.random.default_rng(rng.integers(1 << 30))
        factors = (6, 0.1, 4, 0.2, 3)
        return [
            factor * (orthogonal(m, n, rng=drawn) + 0.2)
            for m, n, factor in zip(sizes, sizes[1:], factors, strict=False)
        ]

    def batch(n, d):
        return both_signs(rng, n, d) + 0.5

    yield Case("three layers of tanh", (wild(3, 5, 4, 3), batch(12, 3)))
    yield Case("ReLU", (wild(4, 6, 5), batch(12, 4)), {"activation": "relu"})
    yield Case("five layers", (wild(3, 4, 5, 3, 4, 3), batch(9, 3)))
    yield Case("sigmoid", (wild(3, 4, 5), batch(10, 3)), {"activation": "sigmoid"})
    x, (w, v) = batch(10, 4), wild(4, 3, 3)
    w = w * 1.15 / np.std(x @ w)
    yield Case("a first layer that is good enough", ([w, v], x), {"tol": 0.5})
    yield Case("one layer, two examples", (wild(3, 2), batch(2, 3)))
    yield Case("no division allowed", (wild(3, 4), batch(8, 3)), {"max_iter": 0}, extreme=True)
    yield Case("inputs of zero", (wild(3, 2), np.zeros((4, 3))), extreme=True)


def _lsuv(weights, x, activation, tol, max_iter, *, spread=None, divide=None, onward=None):
    spread = spread or (lambda z, w: np.var(z))
    divide = divide or (lambda w, variance: w / np.sqrt(variance))
    scaled, h = [], x
    for layer, w in enumerate(weights, 1):
        original = w
        for _ in range(max_iter):
            variance = spread(h @ w, w)
            if np.all(variance == 0):
                raise ValueError(layer)
            if np.all(np.abs(variance - 1) <= tol):
                break
            w = divide(w, variance)
        scaled.append(w)
        h = (onward or (lambda h, w, original: act(activation, h @ w)))(h, w, original)
    return scaled


@LSUV.misconception("measured after the activation")
def _(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    """You try to make the variance after the activation 1.
    tanh cannot get there: its outputs lie between -1 and 1.
    Of which number of a layer do the instructions speak?
    """

    def spread(z, w):
        return np.var(act(activation, z))

    return _lsuv(weights, x, activation, tol, max_iter, spread=spread)


@LSUV.misconception("the version that was found")
def _(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    """Your first layer comes out right, the second does not: so it was with the version that
    was found.
    With which weights will the signal reach the second layer?
    """

    def onward(h, w, original):
        return act(activation, h @ original)

    return _lsuv(weights, x, activation, tol, max_iter, onward=onward)


@LSUV.misconception("divided by the variance")
def _(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    """After your division the variance is not 1 but one over what it was.
    Dividing w by c divides the variance by which power of c?
    """

    def once(w, variance):
        return w / variance

    return _lsuv(weights, x, activation, tol, min(max_iter, 1), divide=once)


@LSUV.misconception("the mean is not subtracted")
def _(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    """You make the mean square 1. It is larger than the variance where a layer's mean is
    not zero, as after ReLU.
    From which number does a variance measure distances?
    """
    return _lsuv(weights, x, activation, tol, max_iter, spread=lambda z, w: (z**2).mean())


@LSUV.misconception("each unit by itself")
def _(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    """You give every unit its own factor.
    That also works, but an orthogonal matrix does not stay orthogonal. Over which numbers
    is the variance taken here, and how many factors does a layer get?
    """
    return _lsuv(weights, x, activation, tol, max_iter, spread=lambda z, w: z.var(axis=0))


@LSUV.misconception("the activation left out between layers")
def _(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    """Your first layer is right. What you pass to the second has not gone through the
    activation. What does a layer hand on to the next?
    """
    return _lsuv(weights, x, activation, tol, max_iter, onward=lambda h, w, original: h @ w)


@LSUV.misconception("the variance of the weights")
def _(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    """Your factors do not depend on the data.
    It is the output of a layer on this batch that should have variance 1, not its
    weights. What do you have to compute before you can measure it?
    """
    return _lsuv(weights, x, activation, tol, max_iter, spread=lambda z, w: np.var(w))


@LSUV.misconception("divided although it is good enough")
def _(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    """You rescale a layer whose variance is within `tol` of 1.
    What is to happen to such a layer?
    """
    return _lsuv(weights, x, activation, 1e-12, max_iter)
