"""Averages."""

import numpy as np


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> float:
    """The mean of some values that do not count equally.

    (w[0] v[0] + w[1] v[1] + ...) / (w[0] + w[1] + ...)

    Args:
        values: v, of shape (n,).
        weights: w, of shape (n,); how much each value counts; all are positive.

    Returns:
        out: the mean.
    """
    return float((weights * values).sum() / weights.sum())
