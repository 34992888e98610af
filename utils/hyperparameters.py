"""Hyperparameter search: spaces to draw from, random and grid search, reading the results.

A search space is a dictionary; each entry says of which type the hyperparameter is::

    space = {
        "lr": ("log", 1e-6, 1e-3),         # 10 to the power of a uniform number
        "p_drop": ("linear", 0.0, 0.5),    # uniform
        "hidden": ("int", 20, 200),        # whole numbers, both ends included
        "update": ("choice", "sgd", "adam"),
    }

A trial is a dictionary of values, one for each name. A result is a trial with one more entry,
``"val_acc"``; results come as a list, the best first.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from utils import _checks
from utils._signatures import enforce

COARSE_SEARCH = """\
val_acc: 0.412000, lr: 1.405206e-04, reg: 4.793564e-01, (1 / 100)
val_acc: 0.214000, lr: 7.231888e-06, reg: 2.321281e-04, (2 / 100)
val_acc: 0.208000, lr: 2.119571e-06, reg: 8.011857e+01, (3 / 100)
val_acc: 0.196000, lr: 1.551131e-05, reg: 4.374936e-05, (4 / 100)
val_acc: 0.079000, lr: 1.753300e-05, reg: 1.200424e+03, (5 / 100)
val_acc: 0.223000, lr: 4.215128e-05, reg: 4.196174e+01, (6 / 100)
val_acc: 0.441000, lr: 1.750259e-04, reg: 2.110807e-04, (7 / 100)
val_acc: 0.241000, lr: 6.749231e-05, reg: 4.226413e+01, (8 / 100)
val_acc: 0.482000, lr: 4.296863e-04, reg: 6.642555e-01, (9 / 100)
val_acc: 0.079000, lr: 5.401602e-06, reg: 1.599828e+04, (10 / 100)
val_acc: 0.154000, lr: 1.618508e-06, reg: 4.925252e-01, (11 / 100)
"""
"""The coarse search that the lecture prints: 5 epochs, lr = 10^U(-6, -3), reg = 10^U(-5, 5).

Source: syllabus HYP-03.
"""

FINE_SEARCH = """\
val_acc: 0.527000, lr: 5.340517e-04, reg: 4.097824e-01, (0 / 100)
val_acc: 0.492000, lr: 2.279484e-04, reg: 9.991345e-04, (1 / 100)
val_acc: 0.512000, lr: 8.680827e-04, reg: 1.349727e-02, (2 / 100)
val_acc: 0.461000, lr: 1.028377e-04, reg: 1.220193e-02, (3 / 100)
val_acc: 0.460000, lr: 1.113730e-04, reg: 5.244309e-02, (4 / 100)
val_acc: 0.498000, lr: 9.477776e-04, reg: 2.001293e-03, (5 / 100)
val_acc: 0.469000, lr: 1.484369e-04, reg: 4.328313e-01, (6 / 100)
val_acc: 0.522000, lr: 5.586261e-04, reg: 2.312685e-04, (7 / 100)
val_acc: 0.530000, lr: 5.808183e-04, reg: 8.259964e-02, (8 / 100)
val_acc: 0.489000, lr: 1.979168e-04, reg: 1.010889e-04, (9 / 100)
val_acc: 0.490000, lr: 2.036031e-04, reg: 2.406271e-03, (10 / 100)
val_acc: 0.475000, lr: 2.021162e-04, reg: 2.287807e-01, (11 / 100)
val_acc: 0.460000, lr: 1.135527e-04, reg: 3.905040e-02, (12 / 100)
val_acc: 0.515000, lr: 6.947668e-04, reg: 1.562808e-02, (13 / 100)
val_acc: 0.531000, lr: 9.471549e-04, reg: 1.433895e-03, (14 / 100)
val_acc: 0.509000, lr: 3.140888e-04, reg: 2.857518e-01, (15 / 100)
val_acc: 0.514000, lr: 6.438349e-04, reg: 3.033781e-01, (16 / 100)
val_acc: 0.502000, lr: 3.921784e-04, reg: 2.707126e-04, (17 / 100)
val_acc: 0.509000, lr: 9.752279e-04, reg: 2.850865e-03, (18 / 100)
val_acc: 0.500000, lr: 2.412048e-04, reg: 4.997821e-04, (19 / 100)
val_acc: 0.466000, lr: 1.319314e-04, reg: 1.189915e-02, (20 / 100)
val_acc: 0.516000, lr: 8.039527e-04, reg: 1.528291e-02, (21 / 100)
"""
"""The fine search that the lecture prints: lr = 10^U(-4, -3), reg = 10^U(-4, 0).

Source: syllabus HYP-04.
"""


def log_uniform(
    low: float, high: float, size: int, *, rng: np.random.Generator
) -> Float[np.ndarray, " size"]:
    """Numbers drawn at random on a logarithmic scale.

    Args:
        low: lower bound, a rate itself (1e-6) and not its exponent.
        high: upper bound.
        size: how many numbers.
        rng: draws them.

    Returns:
        values: shape (size,), between the bounds. Each factor of ten between the bounds gets the
        same share of the draws, and inside it each factor of two, and so on.

    Raises:
        ValueError: unless 0 < low <= high.

    Solution:
        The exponent is uniform: 10 ** U(log10(low), log10(high)).

    Source: Bergstra & Bengio 2012; syllabus HYP-06, E-42.
    """
    if not 0 < low <= high:
        raise ValueError(f"expected 0 < low <= high, got {low} and {high}")
    return 10.0 ** rng.uniform(math.log10(low), math.log10(high), size)


def sample_trial(space: Mapping[str, tuple], *, rng: np.random.Generator) -> dict[str, Any]:
    """One random trial from a typed search space.

    Args:
        space: ``{name: ("log", low, high) | ("linear", low, high) | ("int", low, high) |
            ("choice", option, option, ...)}``. Whole numbers include both ends.
        rng: draws the values, one after the other in the order of ``space``.

    Returns:
        trial: ``{name: value}``; float for "log" and "linear", int for "int", one of the options
        for "choice".

    Raises:
        ValueError: an unknown type, or bounds in the wrong order.

    Source: Bergstra & Bengio 2012; syllabus HYP-08, HYP-06.
    """
    trial = {}
    for name, (kind, *domain) in space.items():
        if kind == "choice":
            trial[name] = domain[rng.integers(len(domain))]
            continue
        low, high = domain
        if low > high:
            raise ValueError(f"{name}: expected low <= high, got {low} and {high}")
        if kind == "log":
            # By log_uniform, so that this is no way round it where that is to be written.
            trial[name] = float(log_uniform(low, high, 1, rng=rng)[0])
        elif kind == "linear":
            trial[name] = float(rng.uniform(low, high))
        elif kind == "int":
            trial[name] = int(rng.integers(low, high, endpoint=True))
        else:
            raise ValueError(f"{name}: expected 'log', 'linear', 'int' or 'choice', got {kind!r}")
    return trial


def grid(space: Mapping[str, tuple], n: int) -> list[dict[str, Any]]:
    """All trials of a grid: n values along each number, every option of each choice.

    Args:
        space: as in :func:`sample_trial`.
        n: values along each number, from end to end and evenly spaced on its scale, at least 2.
            Whole numbers are rounded, and listed once.

    Returns:
        trials: every combination, with two numbers n * n. The last name of ``space`` changes
        fastest.

    Raises:
        ValueError: ``n`` is less than 2, or an unknown type.

    Source: syllabus HYP-07, HYP-08.
    """
    if n < 2:
        raise ValueError(f"n must be at least 2, got {n}")
    values = {}
    for name, (kind, *domain) in space.items():
        if kind == "choice":
            values[name] = domain
            continue
        low, high = domain
        if kind == "log":
            values[name] = np.geomspace(low, high, n).tolist()
        elif kind == "linear":
            values[name] = np.linspace(low, high, n).tolist()
        elif kind == "int":
            values[name] = np.unique(np.rint(np.linspace(low, high, n)).astype(int)).tolist()
        else:
            raise ValueError(f"{name}: expected 'log', 'linear', 'int' or 'choice', got {kind!r}")
    return [
        dict(zip(values, combination, strict=True)) for combination in product(*values.values())
    ]


def random_search(
    space: Mapping[str, tuple],
    evaluate: Callable[[dict[str, Any]], float],
    n: int,
    *,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """Random search: n random trials, each evaluated, the best first.

    Args:
        space: as in :func:`sample_trial`.
        evaluate: ``evaluate(trial) -> val_acc``: trains with the values of the trial and returns
            the validation accuracy; NaN if the training explodes.
        n: number of trials.
        rng: what :func:`sample_trial` draws the trials from, one after the other.

    Returns:
        results: a dictionary for each trial, its values and its ``"val_acc"``, the best first. Of
        equal ones the trial that was drawn earlier comes first; those with NaN come last.

    Source: Bergstra & Bengio 2012; syllabus HYP-01, HYP-07.
    """
    trials = [sample_trial(space, rng=rng) for _ in range(n)]
    return best_rows([{**trial, "val_acc": float(evaluate(trial))} for trial in trials], n)


def grid_search(
    space: Mapping[str, tuple], evaluate: Callable[[dict[str, Any]], float], n: int
) -> list[dict[str, Any]]:
    """Grid search: evaluate every trial of :func:`grid`, the best first.

    Args:
        space: as in :func:`sample_trial`.
        evaluate: ``evaluate(trial) -> val_acc``.
        n: values along each number, at least 2.

    Returns:
        results: the trials with their ``"val_acc"``, the best first, NaN last.

    Source: syllabus HYP-07.
    """
    trials = grid(space, n)
    return best_rows(
        [{**trial, "val_acc": float(evaluate(trial))} for trial in trials], len(trials)
    )


def best_rows(rows: Sequence[dict[str, Any]], k: int = 1) -> list[dict[str, Any]]:
    """The k rows with the highest validation accuracy, the best first.

    Args:
        rows: results, each with an entry ``"val_acc"``.
        k: how many; all of them if there are fewer.

    Returns:
        best: of equal rows the earlier one comes first; NaN comes last.

    Source: syllabus HYP-01, HYP-03.
    """

    def order(row):
        return math.inf if math.isnan(row["val_acc"]) else -row["val_acc"]

    return sorted(rows, key=order)[:k]


def refine_ranges(
    space: Mapping[str, tuple],
    rows: Sequence[dict[str, Any]],
    *,
    top_k: int = 3,
    decades: float = 1.0,
) -> dict[str, tuple]:
    """Coarse to fine: the search space that remains around the best rows.

    Args:
        space: the space that was searched, as in :func:`sample_trial`.
        rows: the results of the search.
        top_k: how many of the best rows define the new space.
        decades: bounds of "log" types lie on multiples of this many decades; 1.0 means 0.01,
            0.1, 1, 10, ...; take 0.25 in a later round.

    Returns:
        space_next: the same names and types. "log": from the last such bound below the best rows to
        the first above them, so it can also reach beyond the old space. "linear" and "int": from
        the smallest to the largest value of the best rows. "choice": the options among them,
        in the order of ``space``.

    Source: syllabus HYP-01, HYP-04.
    """
    best = best_rows(rows, top_k)
    space_next = {}
    for name, (kind, *domain) in space.items():
        values = [row[name] for row in best]
        if kind == "choice":
            space_next[name] = (kind, *(option for option in domain if option in values))
        elif kind == "log":
            exponents = [math.log10(value) / decades for value in (min(values), max(values))]
            low, high = (round(exponent, 9) for exponent in exponents)  # log10(10**0.25) < 0.25
            below, above = math.ceil(low) - 1, math.floor(high) + 1
            space_next[name] = (kind, 10.0 ** (below * decades), 10.0 ** (above * decades))
        else:
            space_next[name] = (kind, min(values), max(values))
    return space_next


def edge_warning(
    best: Mapping[str, Any], space: Mapping[str, tuple], *, tol: float = 0.1
) -> dict[str, str]:
    """Does the best trial lie at the edge of the space? Then the optimum may lie outside.

    Args:
        best: the best trial.
        space: the space that was searched, as in :func:`sample_trial`.
        tol: how near is too near: in decades for "log", as a fraction of the range for "linear"
            and "int". Choices have no edge.

    Returns:
        edges: ``{name: "low" | "high"}`` for each name within ``tol`` of a bound, or beyond it;
        empty when there is nothing to worry about. Extend the range there and search again.

    Source: syllabus HYP-05.
    """
    edges = {}
    for name, (kind, *domain) in space.items():
        if kind == "choice":
            continue
        low, high = domain
        if kind == "log":
            to_low, to_high = math.log10(best[name] / low), math.log10(high / best[name])
        else:
            to_low, to_high = (best[name] - low) / (high - low), (high - best[name]) / (high - low)
        if min(to_low, to_high) <= tol:
            edges[name] = "low" if to_low < to_high else "high"
    return edges


def parse_log(text: str) -> list[dict[str, float]]:
    """Read the printed log of a search: a row with trial, val_acc, lr and reg for each line.

    Args:
        text: one trial a line, such as ``val_acc: 0.412000, lr: 1.4e-04, reg: 4.8e-01, (1 / 100)``.
            Lines that do not look like this are skipped.

    Returns:
        rows: ``{"trial": int, "val_acc": float, "lr": float, "reg": float}`` for each trial, in the
        order of the text. ``trial`` is the number as printed, 1 in ``(1 / 100)``.

    Source: syllabus HYP-03, HYP-04.
    """
    line = r"val_acc: (\S+), lr: (\S+), reg: (\S+), \((\d+) / \d+\)"
    return [
        {"trial": int(trial), "val_acc": float(val_acc), "lr": float(lr), "reg": float(reg)}
        for val_acc, lr, reg, trial in re.findall(line, text)
    ]


def grid_trials(n: int) -> Float[np.ndarray, "trials 2"]:
    """A grid of n * n points in the unit square, each in the middle of its cell.

    Args:
        n: points along each axis, at least 1.

    Returns:
        trials: shape (n * n, 2), all combinations of (i + 0.5) / n, i = 0, ..., n - 1; the second
        column changes fastest.

    Raises:
        ValueError: ``n`` is less than 1.

    Source: syllabus HYP-07.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    ticks = (np.arange(n) + 0.5) / n
    return np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)


def random_trials(n: int, *, rng: np.random.Generator) -> Float[np.ndarray, "n 2"]:
    """n random points, uniform in the unit square.

    Args:
        n: number of points.
        rng: draws them.

    Returns:
        trials: shape (n, 2), coordinates in [0, 1).

    Source: Bergstra & Bengio 2012; syllabus HYP-07.
    """
    return rng.random((n, 2))


def distinct_projection(trials: Float[np.ndarray, "n d"], axis: int) -> int:
    """How many different values of one hyperparameter the trials have tested.

    Args:
        trials: one trial a row, one hyperparameter a column.
        axis: the column.

    Returns:
        count: a whole number. It is what counts when only this hyperparameter matters.

    Source: Bergstra & Bengio 2012; syllabus HYP-07.
    """
    return len(np.unique(trials[:, axis]))


def train_val_split(
    n: int, *, val_fraction: float = 0.2, rng: np.random.Generator
) -> tuple[Int[np.ndarray, " train"], Int[np.ndarray, " val"]]:
    """Hold-out: a random split of n examples into two parts, one to learn from, one to choose by.

    Args:
        n: number of examples.
        val_fraction: share of the validation part, rounded to whole examples.
        rng: shuffles the examples.

    Returns:
        train, val: indices; each of 0, ..., n - 1 is in exactly one of the two.

    Raises:
        ValueError: one of the parts would be empty.

    The lectures call this cross-validation. Cross-validation uses each example for validation
    once: :func:`k_fold`.

    Source: syllabus HYP-10, E-43.
    """
    n_val = round(n * val_fraction)
    if not 0 < n_val < n:
        raise ValueError(f"val_fraction {val_fraction} of {n} examples leaves one part empty")
    order = rng.permutation(n)
    return order[n_val:], order[:n_val]


def k_fold(
    n: int, k: int = 5, *, rng: np.random.Generator
) -> list[tuple[Int[np.ndarray, " train"], Int[np.ndarray, " val"]]]:
    """k-fold cross-validation: k splits of n examples; each example is in one validation part.

    Args:
        n: number of examples.
        k: number of folds, from 2 to n.
        rng: shuffles the examples.

    Returns:
        splits: k pairs ``(train, val)`` of indices. The validation parts differ in size by at
        most one, do not overlap, and together hold all examples.

    Raises:
        ValueError: ``k`` out of its range.

    Source: syllabus HYP-10.
    """
    if not 2 <= k <= n:
        raise ValueError(f"k must lie between 2 and {n}, got {k}")
    folds = np.array_split(rng.permutation(n), k)
    return [(np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]


enforce(
    __name__,
    finite=(train_val_split, refine_ranges, log_uniform),
    checks={
        sample_trial: _checks.search_space,
        grid: _checks.search_space,
        random_search: _checks.search_space,
        grid_search: _checks.search_space,
        best_rows: _checks.results,
        refine_ranges: _checks.results_in_space,
        edge_warning: _checks.best_in_space,
        distinct_projection: _checks.column,
    },
)
