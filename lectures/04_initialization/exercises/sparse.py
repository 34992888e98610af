"""Sparse weights: each unit listens to a few inputs."""

import numpy as np

from grader import Case, Exercise
from lectures import drivers

from .shared import OF_MANY_WEIGHTS, seed

SPARSE = Exercise(
    "initialization.sparse",
    points=2,
    minutes=5,
    returns=("w", "found", "repeatable"),
    driver=drivers.draw_sparse,
    tolerance=OF_MANY_WEIGHTS,
    parents=("initialization.small_normal",),
    promises={
        "exactly ``k`` non-zero weights": ("two of five inputs", "15 of 500 inputs", "every input"),
        "unless 0 <= k <= fan_in": "more than there are",
    },
    hints=(
        "Start with a matrix of zeros and go through the units, that is through the columns.",
        "For each unit draw k different row numbers: `rng.choice` can do it without replacement.",
        "Put k fresh normal numbers times `scale` at these rows of the column. Before all that, "
        "refuse a k that is negative or above fan_in.",
    ),
)


@SPARSE.cases
def _(rng: np.random.Generator):
    yield Case("two of five inputs", (5, 4, seed(rng)), {"k": 2})
    yield Case("100 of 300 inputs", (300, 600, seed(rng)), {"k": 100})
    yield Case("80 of 200 inputs, smaller weights", (200, 500, seed(rng)), {"k": 80, "scale": 0.2})
    yield Case("15 of 500 inputs", (500, 60, seed(rng)), {"k": 15})
    yield Case("every input", (4, 3, seed(rng)), {"k": 4})
    yield Case("more than there are", (3, 2, seed(rng)), {"k": 4}, extreme=True)
    yield Case("float32", (6, 3, seed(rng)), {"k": 2, "dtype": "float32"}, extreme=True)


def _sparse(fan_in, fan_out, k, scale, rng, dtype, choose):
    if not 0 <= k <= fan_in:
        raise ValueError(k)
    w = np.zeros((fan_in, fan_out))
    for unit in range(fan_out):
        rows = choose(unit)
        w[rows, unit] = scale * rng.standard_normal(np.size(rows))
    return w.astype(dtype)


@SPARSE.misconception("all units listen to the same inputs")
def _(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    """Each unit has k weights, and all units have them at the same inputs.
    The other inputs are heard by nobody.
    How often do you draw which inputs a unit listens to?
    """
    if not 0 <= k <= fan_in:
        raise ValueError(k)
    chosen = rng.choice(fan_in, size=k, replace=False)
    return _sparse(fan_in, fan_out, k, scale, rng, dtype, lambda unit: chosen)


@SPARSE.misconception("the first k inputs")
def _(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    """Each unit listens to the first k inputs, and the others are heard by nobody.
    What decides which inputs a unit listens to?
    """
    return _sparse(fan_in, fan_out, k, scale, rng, dtype, lambda unit: np.arange(k))


@SPARSE.misconception("the same input drawn twice")
def _(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    """Some units have fewer than k weights.
    When an input is drawn a second time, its weight is only written over.
    How do you draw k different ones?
    """
    if not 0 <= k <= fan_in:
        raise ValueError(k)
    return _sparse(fan_in, fan_out, k, scale, rng, dtype, lambda unit: rng.choice(fan_in, size=k))


@SPARSE.misconception("k on average")
def _(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    """Your units have k weights on average, some more, some fewer.
    A coin for each weight cannot promise a number. What is it that you should draw k of?
    """
    if not 0 <= k <= fan_in:
        raise ValueError(k)
    w = scale * rng.standard_normal((fan_in, fan_out))
    return (w * (rng.random((fan_in, fan_out)) < k / fan_in)).astype(dtype)


@SPARSE.misconception("k weights in each row")
def _(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    """You choose k units for each input.
    Each unit should choose k of its inputs. Does a unit's choice fill a row of w or a
    column?
    """
    if not 0 <= k <= fan_in:
        raise ValueError(k)
    w = np.zeros((fan_in, fan_out))
    for row in range(fan_in):
        chosen = rng.choice(fan_out, size=min(k, fan_out), replace=False)
        w[row, chosen] = scale * rng.standard_normal(len(chosen))
    return w.astype(dtype)


@SPARSE.misconception("k zeros")
def _(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    """You set k weights of each unit to zero and keep the others.
    Which of the two groups has k members?
    """
    return _sparse(
        fan_in,
        fan_out,
        k,
        scale,
        rng,
        dtype,
        lambda unit: rng.choice(fan_in, size=fan_in - k, replace=False),
    )


@SPARSE.misconception("rescaled by the root of k", convention=True)
def _(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    """Your weights sit in the right places and are smaller than `scale` says.
    To divide by the root of k is a good idea: then a signal keeps its variance. But it
    is left to the caller here. What is the standard deviation of a weight to be?
    """
    return _sparse(
        fan_in,
        fan_out,
        k,
        scale / np.sqrt(max(k, 1)),
        rng,
        dtype,
        lambda unit: rng.choice(fan_in, size=k, replace=False),
    )
