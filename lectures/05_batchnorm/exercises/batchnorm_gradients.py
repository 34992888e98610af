"""The backward pass of batch norm node by node."""

import numpy as np

from grader import Case, Exercise
from utils.normalization import batchnorm_forward, batchnorm_gradients

from .shared import both_signs, collected, scales, uneven

BATCHNORM_GRADIENTS = Exercise(
    "normalization.batchnorm_gradients",
    points=4,
    minutes=14,
    returns=("grads",),
    parents=("normalization.batchnorm_forward",),
    hints=(
        "Begin at the output and go against the arrows. Where one number of the forward pass "
        "serves "
        "the whole batch, what happens to the gradients of its uses?",
        "The cache holds x_hat and std: x_hat * std is the centred input. Two nodes have two "
        "outgoing edges: which? Their gradients are sums of two parts.",
        "std: minus the batch sum of dx_hat * x_hat / std. var: that over 2 std. centered: "
        "dx_hat / "
        "std plus 2 / N * centered * dvar. mean: minus the batch sum of dcentered. x: dcentered "
        "plus dmean / N.",
    ),
)


def _drawn(rng, n, d, **options):
    x, gamma, beta = uneven(rng, n, d), scales(rng, d), both_signs(rng, d)
    cache = batchnorm_forward(x, gamma, beta, collected(rng, d), **options)[1]
    return uneven(rng, n, d) + both_signs(rng, d), cache


@BATCHNORM_GRADIENTS.cases
def _(rng: np.random.Generator):
    def case(name, n, d, **options):
        dout, cache = _drawn(rng, n, d, **options)
        size = float(np.abs(cache[1] / cache[2] * dout).max())
        return Case(name, (dout, cache), scale={"grads": size})

    yield case("four examples, four features", 4, 4)
    yield case("six examples, three features", 6, 3, eps=0.1)
    yield case("one feature", 5, 1, eps=0.2)
    yield case("three examples, two features", 3, 2, eps=0.3)


def _graph(dout, cache, **other):
    """All nodes; ``other`` replaces some of them, and what follows is computed from these."""
    x_hat, gamma, std, _ = cache
    n = len(dout)
    parts = {
        "gamma": lambda g: (dout * x_hat).sum(axis=0),
        "beta": lambda g: dout.sum(axis=0),
        "x_hat": lambda g: dout * gamma,
        "std": lambda g: -(g["x_hat"] * x_hat).sum(axis=0) / std,
        "var": lambda g: g["std"] / (2 * std),
        "centered": lambda g: g["x_hat"] / std + 2 / n * (x_hat * std) * g["var"],
        "mean": lambda g: -g["centered"].sum(axis=0),
        "x": lambda g: g["centered"] + g["mean"] / n,
    } | other
    grads = {}
    for name, part in parts.items():
        grads[name] = part(grads)
    return grads


@BATCHNORM_GRADIENTS.misconception("gamma forgotten at the first step")
def _(dout, cache):
    """The gradients of gamma and beta are right. That of x_hat is dout itself.
    Which multiplication lies between x_hat and the output?
    """
    return _graph(dout, cache, x_hat=lambda g: dout.copy())


@BATCHNORM_GRADIENTS.misconception("the minus of the quotient")
def _(dout, cache):
    """Up to x_hat you are right. The gradient of std has the other sign.
    When std grows, does x_hat grow or shrink?
    """
    x_hat, _, std, _ = cache
    return _graph(dout, cache, std=lambda g: (g["x_hat"] * x_hat).sum(axis=0) / std)


@BATCHNORM_GRADIENTS.misconception("the centred input over std instead of its square")
def _(dout, cache):
    """Up to x_hat you are right. The gradient of std is too large by the factor std.
    What is the derivative of c / s with respect to s?
    """
    x_hat, _, _, _ = cache
    return _graph(dout, cache, std=lambda g: -(g["x_hat"] * x_hat).sum(axis=0))


@BATCHNORM_GRADIENTS.misconception("the half of the square root")
def _(dout, cache):
    """Up to std you are right. The gradient of var is twice as large as it should be.
    What is the derivative of a square root?
    """
    std = cache[2]
    return _graph(dout, cache, var=lambda g: g["std"] / std)


@BATCHNORM_GRADIENTS.misconception("centered by one edge only: to x_hat")
def _(dout, cache):
    """Up to var you are right. What you give for centered has only come from x_hat.
    Which other node was computed from centered?
    """
    return _graph(dout, cache, centered=lambda g: g["x_hat"] / cache[2])


@BATCHNORM_GRADIENTS.misconception("centered by one edge only: to var")
def _(dout, cache):
    """Up to var you are right. What you give for centered has only come from var.
    Which other node was computed from centered?
    """
    x_hat, _, std, _ = cache
    return _graph(dout, cache, centered=lambda g: 2 / len(dout) * (x_hat * std) * g["var"])


@BATCHNORM_GRADIENTS.misconception("a sum for the mean in the variance")
def _(dout, cache):
    """Up to var you are right. In centered the part that came from var grows with the batch.
    How large is the share of one example in a mean of N squares?
    """
    x_hat, _, std, _ = cache
    return _graph(dout, cache, centered=lambda g: g["x_hat"] / std + 2 * (x_hat * std) * g["var"])


@BATCHNORM_GRADIENTS.misconception("the mean without its minus")
def _(dout, cache):
    """Up to centered you are right. The gradient of mean has the other sign.
    When the mean grows, what happens to x - mean?
    """
    return _graph(dout, cache, mean=lambda g: g["centered"].sum(axis=0))


@BATCHNORM_GRADIENTS.misconception("x by one edge only")
def _(dout, cache):
    """Everything is right but x: its gradient is that of centered, and nothing else.
    Into which two nodes does x go?
    """
    return _graph(dout, cache, x=lambda g: g["centered"].copy())


@BATCHNORM_GRADIENTS.misconception("x takes the whole gradient of the mean")
def _(dout, cache):
    """Everything is right but x: each example takes the full gradient of the mean.
    How much does the mean move when one of N examples moves by 1?
    """
    return _graph(dout, cache, x=lambda g: g["centered"] + g["mean"])


@BATCHNORM_GRADIENTS.misconception("means for the shared parameters")
def _(dout, cache):
    """The gradients of gamma and beta are too small by the size of the batch; the others are
    right.
    One gamma serves all examples of its column. What does the chain rule do with several uses
    of one number?
    """
    right = batchnorm_gradients(dout, cache)
    return right | {name: right[name] / len(dout) for name in ("gamma", "beta")}
