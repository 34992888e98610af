"""How many trials, where to place them, and for how long: what a budget of trainings buys."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from utils._signatures import enforce
from utils.hyperparameters import best_rows

_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29)


def trials_needed(share: float, confidence: float = 0.95) -> int:
    """How many random trials make it probable that one of them is good?

    Args:
        share: the share of the search space that counts as good.
        confidence: the probability that is asked for.

    Returns:
        n: the smallest number of independent random trials of which, with at least this
        probability, at least one lies in the best ``share`` of the space.

    Raises:
        ValueError: ``share`` or ``confidence`` is not above 0 and below 1.

    Solution:
        A trial misses with probability 1 - share, n independent ones all miss with probability
        (1 - share)^n, and that may be 1 - confidence at most:
        n = ceil(log(1 - confidence) / log(1 - share)).

    Source: Bergstra & Bengio 2012; syllabus HYP-07.
    """
    if not (0 < share < 1 and 0 < confidence < 1):
        raise ValueError(f"share {share}, confidence {confidence}: expected both between 0 and 1")
    n = math.log1p(-confidence) / math.log1p(-share)
    return math.ceil(n - 1e-9)  # log 1/8 over log 1/2 may come out a little above 3


def halton(n: int, d: int, *, rng: np.random.Generator | None = None) -> Float[np.ndarray, "n d"]:
    """Points that fill the unit cube evenly, whichever axes one looks at: the Halton sequence.

    Coordinate j of point i = 1, ..., n is i written in the base of the j-th prime number and
    mirrored at the point: in base 2, 6 is 110, mirrored 0.011, which is 0.375.

    Args:
        n: number of points.
        d: number of coordinates, from 1 to 10.
        rng: moves all points by one random vector, around the ends of the cube; without it they
            stay where they are.

    Returns:
        points: shape (n, d), coordinates in [0, 1).

    Raises:
        ValueError: ``d`` is not from 1 to 10.

    Source: Halton 1960; Bousquet et al. 2017; syllabus HYP-07.
    """
    if not 1 <= d <= len(_PRIMES):
        raise ValueError(f"d is {d}, expected 1 to {len(_PRIMES)} coordinates")
    points = np.zeros((n, d))
    for j, base in enumerate(_PRIMES[:d]):
        left, weight = np.arange(1, n + 1), 1.0
        while left.any():
            weight /= base
            points[:, j] += weight * (left % base)
            left = left // base
    if rng is None:
        return points
    return (points + rng.random(d)) % 1.0


def not_learning(
    losses: Float[np.ndarray, " epochs"], num_classes: int, *, after: int = 2, margin: float = 0.02
) -> bool:
    """Is a run, after some epochs, still no better than guessing?

    Args:
        losses: training loss (softmax cross-entropy, in nats) of epoch 1, 2, ...
        num_classes: number of classes, equally frequent.
        after: the epoch that decides. A run that has not come that far is left alone: False.
        margin: in nats; whoever is better than guessing by more than this is learning.

    Returns:
        hopeless: True for a run that has not learnt, or whose loss is NaN.

    Raises:
        ValueError: ``after`` is less than 1, or there are fewer than 2 classes.

    Solution:
        Whoever guesses among K equally frequent classes has a loss of ln K. NaN makes every
        comparison false, so ask whether the loss is below ln K - margin, and negate.

    Source: syllabus HYP-02.
    """
    if after < 1 or num_classes < 2:
        raise ValueError(f"after {after}, num_classes {num_classes}: expected >= 1 and >= 2")
    return len(losses) >= after and not losses[after - 1] < math.log(num_classes) - margin


def successive_halving(
    trials: Sequence[dict[str, Any]],
    evaluate: Callable[[dict[str, Any], int], float],
    *,
    rungs: Sequence[int],
    eta: int = 3,
) -> tuple[dict[str, Any], int]:
    """Successive halving: train all trials a little, the better ones longer, the best to the end.

    Args:
        trials: the candidates.
        evaluate: ``evaluate(trial, epochs) -> score`` after that many epochs in total; the higher
            the better. Where it trained before, it goes on from there.
        rungs: epochs in total at which scores are compared, in rising order.
        eta: one in ``eta`` goes on from a rung to the next, rounded down, but at least one.

    Returns:
        winner: the trial with the best score at the last rung.
        spent: epochs of training, all trials together. A trial that goes on from epoch 3 to epoch 9
        pays for six.

    Of equal scores the trial that was ahead before stays ahead; before the first rung that is the
    order of ``trials``. A score of NaN is the worst.

    Raises:
        ValueError: there are no trials or no rungs, ``eta`` is less than 2, or the rungs do not
            rise from at least 1.

    Solution:
        At each rung: pay len(alive) * (rung - rung before), rank those that are alive by their
        scores at this rung alone, keep max(1, len(alive) // eta) of them. The winner is the first
        of the last ranking.

    Source: Jamieson & Talwalkar 2016; syllabus HYP-01.
    """
    steps = np.diff([0, *rungs])
    if not (len(trials) and len(rungs) and eta >= 2 and (steps >= 1).all()):
        raise ValueError(
            f"{len(trials)} trials, rungs {list(rungs)}, eta {eta}: expected a trial, rising rungs "
            "from 1 on, and eta of at least 2"
        )
    ranked, spent = list(trials), 0
    for rung, step in zip(rungs, steps.tolist(), strict=True):
        alive = ranked if rung == rungs[0] else ranked[: max(1, len(ranked) // eta)]
        spent += len(alive) * step
        rows = [{"trial": trial, "val_acc": float(evaluate(trial, rung))} for trial in alive]
        ranked = [row["trial"] for row in best_rows(rows, len(rows))]
    return ranked[0], spent


enforce(__name__)
