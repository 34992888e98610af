"""A bound in place of a price."""

import numpy as np

from grader import Case, Exercise

MAX_NORM = Exercise(
    "regularization.max_norm",
    points=2,
    minutes=5,
    returns=("w_limited",),
    hints=(
        "The figure measures the weights *into* a unit. What did the draft measure?",
        "The layer computes x @ w. In which direction of the array do the weights of one unit lie?",
        "One length for each column. Multiply each column by the limit over the larger of limit "
        "and length.",
    ),
)


def _weights(rng: np.random.Generator, n_in: int, lengths) -> np.ndarray:
    """A matrix whose columns have these lengths, in random order."""
    w = rng.uniform(0.5, 1.5, (n_in, len(lengths))) * np.where(
        np.arange(n_in)[:, None] % 2, 1.0, -1.0
    )
    return w / np.linalg.norm(w, axis=0) * rng.permutation(lengths)


@MAX_NORM.cases
def _(rng: np.random.Generator):
    def case(name, n_in, lengths, limit):
        return Case(name, (_weights(rng, n_in, limit * np.array(lengths)),), {"limit": limit})

    yield case("four inputs, four units", 4, [0.4, 0.8, 1.7, 3.0], 1.5)
    yield case("six inputs, three units", 6, [0.5, 1.6, 2.5], 2.0)
    yield case("two inputs, five units", 2, [0.3, 0.6, 0.9, 1.5, 2.2], 0.7)
    yield case("one unit, too long", 5, [2.0], 1.3)
    yield case("nothing is too long", 4, [0.2, 0.5, 0.8], 2.5)
    w = _weights(rng, 3, np.array([3.0, 3.0]))
    w[:, rng.integers(2)] = 0
    yield Case("a unit without weights", (w,), {"limit": 1.2})


def _shortened(w, lengths, limit):
    return w * (limit / np.maximum(lengths, limit))


@MAX_NORM.misconception("the draft as it was")
def _(w, *, limit):
    """This answers like the draft: no *row* of w is longer than the limit.
    What does a row hold: the weights into one unit, or those out of one input?
    """
    return _shortened(w, np.linalg.norm(w, axis=1, keepdims=True), limit)


@MAX_NORM.misconception("short vectors stretched")
def _(w, *, limit):
    """All your units have weights of the same length: short ones were stretched.
    Is a weight vector that keeps within the limit to be changed?
    """
    lengths = np.linalg.norm(w, axis=0)
    return w * (limit / np.where(lengths == 0, 1, lengths))


@MAX_NORM.misconception("one length for the whole layer")
def _(w, *, limit):
    """You shorten all units by the same factor, so that the whole matrix keeps within the limit.
    Whose length is bounded, according to the text?
    """
    return _shortened(w, np.linalg.norm(w), limit)


@MAX_NORM.misconception("every weight by itself")
def _(w, *, limit):
    """You cut single weights at the limit. A vector that you cut points elsewhere.
    Which number must not exceed the limit?
    """
    return np.clip(w, -limit, limit)


@MAX_NORM.misconception("the square of the length")
def _(w, *, limit):
    """You compare the *square* of the length with the limit.
    How long is a vector whose squares sum to 9?
    """
    return _shortened(w, (w**2).sum(axis=0), limit)


@MAX_NORM.misconception("the sum of absolute values")
def _(w, *, limit):
    """You bound the sum of the absolute weights.
    The text says Euclidean. How long is the vector (3, 4)?
    """
    return _shortened(w, np.abs(w).sum(axis=0), limit)


@MAX_NORM.misconception("long vectors removed")
def _(w, *, limit):
    """A unit whose weights are too long loses all of them.
    Where is the nearest vector that keeps within the limit?
    """
    return np.where(np.linalg.norm(w, axis=0) > limit, 0, w).astype(w.dtype)
