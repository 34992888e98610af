"""Losses and penalties: a value to bring down, and its gradient.

Every loss takes the scores of a network and the labels and returns
``(loss, dscores)``: the mean over the examples, and its gradient on the scores.
Every penalty takes weights and returns ``(value, gradient)``.
"""

import numpy as np
from jaxtyping import Float, Int


def log_softmax(scores: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
    """Logarithms of the softmax probabilities: s_k - max - log sum_j exp(s_j - max).

    Args:
        scores: one row of K scores for each example, shape (N, K).

    Returns:
        log_probs: log p_k, shape and dtype of ``scores``, all of them <= 0.

    Subtracting the largest score of the row changes no probability. It is needed
    all the same: exp(1000) is too large for a computer, exp(1000 - 1000) is not.
    An infinite or NaN score gives NaN in its row.

    Source: syllabus NEU-11.
    """
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax_loss(
    scores: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]
) -> tuple[float, Float[np.ndarray, "n k"]]:
    """Softmax cross-entropy: loss = mean over examples of -log p_y, dscores = (p - onehot(y)) / N.

    Args:
        scores: one row of K scores for each example, shape (N, K).
        y: the right class of each example, integers from 0 to K - 1, shape (N,).

    Returns:
        loss: the mean of -log p_y over the N examples, a float.
        dscores: its gradient on the scores, shape and dtype of ``scores``.

    Raises:
        ValueError: ``y`` has not N entries, or one that is not a class.

    A network that knows nothing gives every class p = 1/K, and the loss log K:
    2.302585 for ten classes. No warning and the right value for huge finite
    scores; an infinite or NaN score gives a NaN loss.

    Source: syllabus NEU-11, BAB-02.
    """
    n, k = scores.shape
    if y.shape != (n,) or ((y < 0) | (y >= k)).any():
        raise ValueError(f"y must hold {n} classes from 0 to {k - 1}, got {y}")
    log_probs = log_softmax(scores)
    loss = -log_probs[np.arange(n), y].mean()
    dscores = np.exp(log_probs)
    dscores[np.arange(n), y] -= 1
    return float(loss), dscores / n


def l2_penalty(
    w: Float[np.ndarray, "*shape"], *, reg: float
) -> tuple[float, Float[np.ndarray, "*shape"]]:
    """L2 penalty (weight decay): value = 0.5 * reg * sum(w^2), gradient = reg * w.

    Args:
        w: weights, any shape. Biases are not penalised.
        reg: strength, a number >= 0.

    Returns:
        value: a float.
        dw: its gradient, shape and dtype of ``w``.

    The factor 0.5 cancels the 2 of the derivative. The lectures write the sum
    without it; then the value and the gradient are twice as large.

    Source: syllabus REG-02, BAB-03.
    """
    return float(0.5 * reg * np.sum(w**2)), reg * w
