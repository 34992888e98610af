"""Maxout: forward, its gradients node by node, and a piece that never wins."""

from collections.abc import Iterator

import numpy as np

from grader import Case, Choice, Exercise, Question
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


LOSING_PIECE = Question(
    "activations.losing_piece",
    "A slide says of maxout: does not die. Take a unit with two pieces. On every training example "
    "piece 1 is the larger one. What does the next step of gradient descent do?",
    choices=(
        Choice("It moves piece 1 only.", right=True),
        Choice(
            "It moves both pieces, each by half.",
            "That would be a mean of the pieces. Which of them can change the maximum?",
        ),
        Choice(
            "It moves piece 2 upwards, so that it gets its turn.",
            "Nothing in the loss asks for a turn. Does the output react to piece 2?",
        ),
        Choice(
            "It moves neither: the unit is dead.",
            "What comes out of the unit on these examples? Does it react to any parameter?",
        ),
    ),
    why="The unit lives: some piece always wins and gets the gradient. A piece that never "
    "wins gets "
    "none, and the unit is a straight line. It can recover: when piece 1 moves down far enough, "
    "piece 2 wins somewhere. A ReLU unit that is shut everywhere has nothing that could move.",
)


MAXOUT_FORWARD = Exercise(
    "activations.maxout_forward",
    points=2,
    minutes=5,
    returns=("out", "cache"),
    promises={
        "of equal": "equal pieces, the first of them wins",
        "do not fit together": (
            "shapes that do not fit, which must raise ValueError",
            "one bias for all, which must raise ValueError",
        ),
    },
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
    x, w, b = both_signs(rng, 3, 2), both_signs(rng, 1, 2, 4), both_signs(rng, 1, 4)
    twins = np.concatenate([w - 5, w, w]), np.concatenate([b - 90, b, b])
    yield Case("equal pieces, the first of them wins", (x, *twins))
    x, w, b = np.ones((3, 4)), np.ones((2, 3, 5)), np.ones((2, 5))
    yield Case("shapes that do not fit, which must raise ValueError", (x, w, b), extreme=True)
    fits = np.ones((3, 3)), np.ones((2, 3, 5))
    yield Case(
        "one bias for all, which must raise ValueError", (*fits, np.ones((1, 1))), extreme=True
    )


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
    A sum of linear functions is linear.
    Which operation on the pieces gave this layer its name?
    """
    scores = scores_of(x, w, b)
    return scores.sum(axis=0), (x, w, scores.argmax(axis=0))


@MAXOUT_FORWARD.misconception("the biases are missing")
def _(x, w, b):
    """Your answer does not depend on `b`.
    Without biases all pieces meet in the origin, and so does every corner of the maximum.
    Does the bias belong inside or outside the maximum?
    """
    return maxout_forward(x, w, 0 * b)


@MAXOUT_FORWARD.misconception("ReLU on top")
def _(x, w, b):
    """Your output is never negative.
    Maxout needs no ReLU after it: it is nonlinear by itself, wherever two pieces cross.
    What should come out when every piece is negative?
    """
    out, cache = maxout_forward(x, w, b)
    return np.maximum(0, out), cache


@MAXOUT_FORWARD.misconception("the largest absolute value")
def _(x, w, b):
    """A strongly negative piece wins in your layer against a small positive one.
    It looks as if absolute values were compared. Which is the larger number, -3 or 1?
    """
    scores = scores_of(x, w, b)
    winner = np.abs(scores).argmax(axis=0)
    return np.take_along_axis(scores, winner[None], axis=0)[0], (x, w, winner)


@MAXOUT_FORWARD.misconception("the smallest piece")
def _(x, w, b):
    """In your layer the smallest piece wins.
    After which operation is the layer named?
    """
    scores = scores_of(x, w, b)
    return scores.min(axis=0), (x, w, scores.argmin(axis=0))


MAXOUT_GRADIENTS = Exercise(
    "activations.maxout_gradients",
    points=4,
    minutes=8,
    returns=("grads",),
    parents=("activations.maxout_forward",),
    hints=(
        "Begin at the output. When one score grows a little, does the output move? Which "
        "scores are "
        "these, and where is it written who won?",
        "Compare the piece numbers 0 to k - 1, put on the first axis, with `winner`: a mask "
        "of shape "
        "(k, N, M). From the scores on, each piece is a dense layer.",
        "scores: `dout` times the mask. w: x transposed times dscores. b: the sum of dscores over "
        "the examples. x: dscores times w transposed (its last two axes), summed over the pieces.",
    ),
)


@MAXOUT_GRADIENTS.cases
def _(rng: np.random.Generator):
    for name, args in maxout_cases(rng):
        out, cache = maxout_forward(*args)
        yield Case(name, (both_signs(rng, *out.shape), cache))


def won(cache):
    _, w, winner = cache
    return np.arange(len(w))[:, None, None] == winner


def graph(dout, cache, **other):
    """All nodes; ``other`` replaces some of them, and what follows is computed from these."""
    x, w, _ = cache
    parts = {
        "scores": lambda g: dout * won(cache),
        "w": lambda g: x.T @ g["scores"],
        "b": lambda g: g["scores"].sum(axis=1),
        "x": lambda g: (g["scores"] @ w.transpose(0, 2, 1)).sum(axis=0),
    } | other
    grads = {}
    for name, part in parts.items():
        grads[name] = part(grads)
    return grads


@MAXOUT_GRADIENTS.misconception("gradient to every piece")
def _(dout, cache):
    """Every piece receives the full gradient in your answer, the losers too.
    A losing piece could have been a little larger or smaller without any effect.
    What is the derivative of the output with respect to such a piece?
    """
    return graph(dout, cache, scores=lambda g: np.broadcast_to(dout, won(cache).shape).copy())


@MAXOUT_GRADIENTS.misconception("gradient shared among the pieces")
def _(dout, cache):
    """You give each piece an equal share of the gradient.
    That is the backward pass of a mean. In a maximum, which pieces did the output
    depend on?
    """
    share = dout / len(cache[1])
    return graph(dout, cache, scores=lambda g: np.broadcast_to(share, won(cache).shape).copy())


@MAXOUT_GRADIENTS.misconception("the upstream gradient is missing")
def _(dout, cache):
    """The right pieces take part, but your answer does not depend on `dout`.
    You have who won. How much gradient arrives for the winner to pass on?
    """
    return graph(dout, cache, scores=lambda g: won(cache).astype(dout.dtype))


@MAXOUT_GRADIENTS.misconception("x through every piece")
def _(dout, cache):
    """In your gradient of x the weights of all pieces take part.
    The gradient goes back the way the signal came.
    Through whose weights did the signal come?
    """
    return graph(dout, cache, x=lambda g: dout @ cache[1].sum(axis=0).T)


@MAXOUT_GRADIENTS.misconception("x is not summed over the pieces")
def _(dout, cache):
    """Your `x` has an axis for the pieces.
    The same x went into every piece. What does the chain rule do with several paths?
    """
    return graph(dout, cache, x=lambda g: g["scores"] @ cache[1].transpose(0, 2, 1))


@MAXOUT_GRADIENTS.misconception("mean instead of sum")
def _(dout, cache):
    """`w` and `b` are too small, by the number of examples as a factor.
    Nothing is averaged here: the loss took its mean already, and `dout` carries it.
    What does the chain rule do with several examples, add or average?
    """
    n = len(dout)
    return graph(
        dout,
        cache,
        w=lambda g: cache[0].T @ g["scores"] / n,
        b=lambda g: g["scores"].sum(axis=1) / n,
    )


@MAXOUT_GRADIENTS.misconception("b is not summed")
def _(dout, cache):
    """Your `b` still has an axis for the examples.
    One bias serves all examples, and a gradient has the shape of its parameter.
    What does the chain rule do with several paths?
    """
    return graph(dout, cache, b=lambda g: g["scores"])


@MAXOUT_GRADIENTS.misconception("the last example overwrites the others")
def _(dout, cache):
    """With one example you are right. With several, each piece and unit keeps the gradient of the
    last example that it won. It looks as if the gradients were written to their places by index.
    What does NumPy do when an index occurs twice?
    """
    x, w, winner = cache
    dw, db = np.zeros_like(w), np.zeros((len(w), w.shape[2]), w.dtype)
    for n, m in np.ndindex(winner.shape):
        dw[winner[n, m], :, m] = dout[n, m] * x[n]
        db[winner[n, m], m] = dout[n, m]
    return graph(dout, cache, w=lambda g: dw, b=lambda g: db)
