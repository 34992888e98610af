"""Ensembles: the predictions of several networks, combined, and why that helps."""

import math

import numpy as np
from jaxtyping import Float, Int

from utils import _checks
from utils._signatures import enforce
from utils.losses import softmax


def combine(scores: Float[np.ndarray, "m n k"], how: str = "probs") -> Float[np.ndarray, "n k"]:
    """One prediction from several networks.

    Args:
        scores: the scores of M networks for N examples and K classes, shape (M, N, K).
        how: "probs" averages the probabilities of the networks; "logits" averages their scores
            and makes probabilities of that; "votes" counts for how many networks a class has the
            largest score (the first of equal ones).

    Returns:
        probs: one row for each example, shape (N, K), dtype of ``scores``. With "votes" the class
        that wins has 1 and the others 0; among classes with equally many votes wins the one with
        the largest mean probability.

    Solution:
        The probabilities of a mean score are a geometric mean of the members' probabilities, made
        to sum to 1.

    Source: syllabus ENS-01.
    """
    m, n, k = scores.shape
    if how == "logits":
        return softmax(scores.mean(axis=0))
    mean = softmax(scores.reshape(m * n, k)).reshape(m, n, k).mean(axis=0)
    if how == "probs":
        return mean
    votes = (scores.argmax(axis=2)[:, :, None] == np.arange(k)).sum(axis=0)
    winner = np.where(votes == votes.max(axis=1, keepdims=True), mean, -1.0).argmax(axis=1)
    return (winner[:, None] == np.arange(k)).astype(scores.dtype)


def brier_split(
    probs: Float[np.ndarray, "m n k"], y: Int[np.ndarray, " n"]
) -> tuple[float, float, float]:
    """Squared error of the members, their disagreement, and the squared error of their average.

    The squared distance of two rows of probabilities is the sum over the classes of the squared
    differences. The squared error of a row is its squared distance to the row that has 1 at the
    right class and 0 elsewhere.

    Args:
        probs: probabilities from M networks for N examples and K classes, shape (M, N, K).
        y: the right classes, shape (N,).

    Returns:
        members: mean squared error over all members and examples.
        ambiguity: mean squared distance of a member from the average of the members, over all
        members and examples.
        ensemble: mean squared error of the average of the members, over the examples.

    For any probabilities whatsoever the three numbers obey one equation. Find it on paper first.

    Solution:
        ensemble = members - ambiguity, for every example: the mean of squared distances to a
        target is the squared distance of the mean plus the variance around the mean.

    Source: Krogh & Vedelsby 1995; syllabus ENS-01.
    """
    k = probs.shape[2]
    target = (y[:, None] == np.arange(k)).astype(probs.dtype)
    mean = probs.mean(axis=0)
    members = ((probs - target) ** 2).sum(axis=2).mean()
    ambiguity = ((probs - mean) ** 2).sum(axis=2).mean()
    ensemble = ((mean - target) ** 2).sum(axis=1).mean()
    return float(members), float(ambiguity), float(ensemble)


def ensemble_sd(sd: float, corr: float, m: int) -> float:
    """Standard deviation of the mean of m numbers that are equally noisy and equally correlated.

    Args:
        sd: standard deviation of each number, at least 0.
        corr: correlation of any two of them, in [0, 1]. (The covariance of two numbers is corr
            times both standard deviations.)
        m: how many there are, at least 1.

    Returns:
        sd_of_mean: the standard deviation of their mean.

    Solution:
        sd * sqrt(corr + (1 - corr) / m): of the m^2 covariances in the variance of the sum m are
        sd^2 and the others corr * sd^2. However many there are, sd * sqrt(corr) remains.

    Source: syllabus ENS-01.
    """
    return sd * math.sqrt(corr + (1 - corr) / m)


def _known(how: str = "probs") -> None:
    if how not in ("probs", "logits", "votes"):
        raise ValueError(f"how must be 'probs', 'logits' or 'votes', got {how!r}")


def _classes_of_members(probs: np.ndarray, y: np.ndarray) -> None:
    _checks.labels(y, probs.shape[2])


def _in_range(sd: float, corr: float, m: int) -> None:
    if not sd >= 0 or not 0 <= corr <= 1 or m < 1:
        raise ValueError(
            f"expected sd from 0, corr in [0, 1] and m from 1, got {sd}, {corr} and {m}"
        )


enforce(
    __name__,
    filled=(combine, brier_split),
    checks={combine: _known, brier_split: _classes_of_members, ensemble_sd: _in_range},
)
