"""Calibration: does a network that says 90 % get nine of ten right? And how to mend it."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from utils import _checks
from utils._signatures import enforce
from utils.losses import softmax_loss


def expected_calibration_error(
    probs: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"], *, bins: int = 10
) -> float:
    """Expected calibration error (ECE): how far confidence and accuracy lie apart, on average.

    The confidence in an example is the largest of its probabilities, its prediction the class that
    has it. The examples are sorted by confidence into bins of equal width from 0 to 1. In each bin
    the mean confidence is compared with the accuracy.

    Args:
        probs: one row of K probabilities for each example, shape (N, K).
        y: the right classes, shape (N,).
        bins: number of bins, at least 1. A bin holds its lower edge, not its upper one; a
            confidence of 1 belongs to the last bin.

    Returns:
        ece: the mean over the examples of the distance between confidence and accuracy in their
        bin. A bin without examples counts nothing.

    Solution:
        sum over the bins of (examples in the bin / N) * |accuracy - mean confidence|.

    Source: Guo et al. 2017; syllabus ENS-01.
    """
    confidence, right = probs.max(axis=1), probs.argmax(axis=1) == y
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    surplus = np.bincount(bin_of, weights=right - confidence)
    return float(np.abs(surplus).sum() / len(y))


def fit_temperature(
    scores: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"], temperatures: Sequence[float]
) -> float:
    """Temperature scaling: the temperature T for which softmax(scores / T) has the lowest log loss.

    Args:
        scores: one row of K scores for each example, shape (N, K). To calibrate an average of
            probabilities, give their logarithms.
        y: the right classes, shape (N,).
        temperatures: candidates, all above 0.

    Returns:
        temperature: the best of the candidates, the first of equal ones.

    One number for all examples and classes changes no prediction, only its confidence. Fit it on
    validation data.

    Source: Guo et al. 2017; syllabus ENS-01.
    """
    return min(temperatures, key=lambda t: softmax_loss(scores / t, y)[0])


def _forecasts(probs: np.ndarray, y: np.ndarray, bins: int = 10) -> None:
    if ((y < 0) | (y >= probs.shape[1])).any():
        raise ValueError(f"y is {y}, expected classes from 0 to {probs.shape[1] - 1} as in probs")
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    if (probs < 0).any() or (probs > 1).any():
        raise ValueError("probs holds numbers outside of [0, 1], expected probabilities")


def _candidates(scores: np.ndarray, y: np.ndarray, temperatures: Sequence[float]) -> None:
    _checks.labels(y, scores.shape[1])
    if not len(temperatures) or not min(temperatures) > 0:
        raise ValueError(f"temperatures must all be above 0, at least one, got {temperatures}")


enforce(
    __name__,
    filled=(expected_calibration_error, fit_temperature),
    finite=(expected_calibration_error, fit_temperature),
    checks={expected_calibration_error: _forecasts, fit_temperature: _candidates},
)
