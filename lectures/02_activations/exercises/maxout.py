"""Maxout: its parameters, forward and backward."""

from collections.abc import Iterator

import numpy as np

from grader import Case, Exercise, Number, Question
from utils.activations import maxout_forward

from .shared import both_signs


def maxout_cases(rng: np.random.Generator) -> Iterator[tuple[str, tuple]]:
    def pieces(n, d, m, k):
        return both_signs(rng, n, d), both_signs(rng, k, d, m), both_signs(rng, k, m)

    yield "two pieces", pieces(6, 3, 4, 2)
    yield "three pieces", pieces(5, 4, 2, 3)
    yield "one example", pieces(1, 5, 3, 2)
    yield "one feature, one unit", pieces(4, 1, 1, 3)
    x, w, b = pieces(5, 2, 3, 2)
    w[0], b[0] = 0, 0
    yield "a piece that is zero: ReLU", (x, w, b)
    x, w, b = pieces(4, 2, 3, 2)
    yield "all pieces negative", (x, w, b - 30)


MAXOUT_PARAMETERS = Question(
    "activations.maxout_parameters",
    r"A maxout layer with $k = 2$ pieces has 3 inputs and 2 units. How many parameters is "
    r"that, weights and biases together?",
    number=Number(
        16,
        rel_tol=1e-6,
        misreadings={
            8: "That is one dense layer. How many linear pieces does each unit have?",
            12: "These are the weights. Each piece of each unit has a bias too.",
            14: "The weights are doubled. The biases are, too.",
            10: "The biases are doubled. The weights are, too.",
            9: "Weights and biases are shared nowhere: each piece of each unit has its own. "
            "How many linear pieces does the layer have in all?",
        },
    ),
    why=r"$k\,(D M + M) = 2 \cdot (3 \cdot 2 + 2) = 16$, twice a dense layer. That is the "
    r"price of maxout.",
)


MAXOUT_FORWARD = Exercise(
    "activations.maxout_forward",
    points=2,
    minutes=5,
    returns=("out", "cache"),
    hints=(
        "First all pieces at once: an array of scores of shape (k, N, M).",
        "`x @ w` does the k matrix products in one go, because w has one more axis in front. "
        "The biases (k, M) need an axis for the examples.",
        "Then the maximum over the axis of the pieces, and `argmax` over the same axis for the "
        "winner. The cache is the triple of x, w and winner.",
    ),
)


@MAXOUT_FORWARD.cases
def _(rng: np.random.Generator):
    for name, args in maxout_cases(rng):
        yield Case(name, args)
    x, w, b = both_signs(rng, 4, 3), both_signs(rng, 2, 3, 2), both_signs(rng, 2, 2)
    yield Case("very large inputs", (1e30 * x, w, b), extreme=True)


def scores_of(x, w, b):
    return x @ w + b[:, None, :]


@MAXOUT_FORWARD.misconception("the wrong race")
def _(x, w, b):
    """Your output has a row for each piece, and the units are gone.
    It looks as if the units of one piece raced against each other.
    Who competes in a maxout unit?
    """
    scores = scores_of(x, w, b)
    return scores.max(axis=2), (x, w, scores.argmax(axis=2))


@MAXOUT_FORWARD.misconception("pieces added")
def _(x, w, b):
    """You add the pieces up.
    A sum of linear functions is linear: nothing bends any more.
    Which operation on the pieces gave this layer its name?
    """
    scores = scores_of(x, w, b)
    return scores.sum(axis=0), (x, w, scores.argmax(axis=0))


@MAXOUT_FORWARD.misconception("the biases are missing")
def _(x, w, b):
    """Your answer does not depend on `b`.
    Without biases all pieces meet in the origin and the bend cannot move.
    Does the bias belong inside or outside the maximum?
    """
    return maxout_forward(x, w, 0 * b)


@MAXOUT_FORWARD.misconception("ReLU on top")
def _(x, w, b):
    """Your output is never negative.
    Maxout needs no ReLU after it: it bends by itself, wherever two pieces cross.
    What should come out when every piece is negative?
    """
    out, cache = maxout_forward(x, w, b)
    return np.maximum(0, out), cache


@MAXOUT_FORWARD.misconception("the largest size")
def _(x, w, b):
    """A strongly negative piece wins in your layer against a small positive one.
    Is the maximum about size or about value?
    """
    scores = scores_of(x, w, b)
    winner = np.abs(scores).argmax(axis=0)
    return np.take_along_axis(scores, winner[None], axis=0)[0], (x, w, winner)


@MAXOUT_FORWARD.misconception("the smallest piece")
def _(x, w, b):
    """In your layer the smallest piece wins.
    Which end of the order does the name ask for?
    """
    scores = scores_of(x, w, b)
    return scores.min(axis=0), (x, w, scores.argmin(axis=0))


MAXOUT_BACKWARD = Exercise(
    "activations.maxout_backward",
    points=4,
    minutes=8,
    returns=("dx", "dw", "db"),
    parents=("activations.maxout_forward",),
    hints=(
        "Build dscores of shape (k, N, M): `dout` where the piece won, 0 where it lost.",
        "Who won? Compare the piece numbers 0 … k - 1, put on the first axis, with `winner`.",
        "Then each piece is a dense layer: dscores times w transposed (its last two axes), summed "
        "over the pieces, gives dx; x transposed times dscores gives dw; the sum over the "
        "examples gives db.",
    ),
)


@MAXOUT_BACKWARD.cases
def _(rng: np.random.Generator):
    for name, args in maxout_cases(rng):
        out, cache = maxout_forward(*args)
        yield Case(name, (both_signs(rng, *out.shape), cache))


def maxout_gradients(dout, cache, dscores):
    x, w, _ = cache
    return (dscores @ w.transpose(0, 2, 1)).sum(axis=0), x.T @ dscores, dscores.sum(axis=1)


def won(cache):
    _, w, winner = cache
    return np.arange(len(w))[:, None, None] == winner


@MAXOUT_BACKWARD.misconception("gradient to every piece")
def _(dout, cache):
    """Every piece receives the full gradient in your answer, also the losers.
    A losing piece could have been a little larger or smaller without any effect.
    What is the derivative of the output on such a piece?
    """
    return maxout_gradients(dout, cache, np.broadcast_to(dout, won(cache).shape))


@MAXOUT_BACKWARD.misconception("gradient shared among the pieces")
def _(dout, cache):
    """You give each piece an equal share of the gradient.
    That is the backward pass of a mean. In a maximum, which pieces did the output
    depend on?
    """
    share = dout / len(cache[1])
    return maxout_gradients(dout, cache, np.broadcast_to(share, won(cache).shape))


@MAXOUT_BACKWARD.misconception("the upstream gradient is missing")
def _(dout, cache):
    """The right pieces take part, but your answer does not depend on `dout`.
    You have who won. How much gradient arrives for the winner to pass on?
    """
    return maxout_gradients(dout, cache, won(cache).astype(dout.dtype))


@MAXOUT_BACKWARD.misconception("dx through every piece")
def _(dout, cache):
    """`dw` and `db` are right. In `dx` the weights of all pieces take part.
    The gradient goes back the way the signal came.
    Through whose weights did the signal come?
    """
    _, dw, db = maxout_gradients(dout, cache, dout * won(cache))
    return dout @ cache[1].sum(axis=0).T, dw, db


@MAXOUT_BACKWARD.misconception("mean instead of sum")
def _(dout, cache):
    """`dx` is right. `dw` and `db` are too small, by the number of examples as a factor.
    Nothing is averaged here: the loss took its mean already, and `dout` carries it.
    What does the chain rule do with several examples, add or average?
    """
    dx, dw, db = maxout_gradients(dout, cache, dout * won(cache))
    return dx, dw / len(dout), db / len(dout)


@MAXOUT_BACKWARD.misconception("db is not summed")
def _(dout, cache):
    """`dx` and `dw` are right. Your `db` still has an axis for the examples.
    One bias serves all examples. A gradient has the shape of its parameter.
    What has to be added up?
    """
    dx, dw, _ = maxout_gradients(dout, cache, dout * won(cache))
    return dx, dw, dout * won(cache)
