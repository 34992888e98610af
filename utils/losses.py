"""Losses and penalties: a value to bring down, and its gradient.

Every loss takes the output of a network and the labels and returns
``(loss, dscores)``: the mean over the examples, and its gradient on the output.
Every penalty takes weights and returns ``(value, gradient)``.
"""

import numpy as np
from jaxtyping import Float, Int

from utils import _checks
from utils._signatures import enforce
from utils.activations import sigmoid_forward


def log_softmax(scores: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
    """Logarithm of the softmax: log p_k = s_k - max - log(sum_j exp(s_j - max)), row by row.

    Args:
        scores: one row of K scores for each example, shape (N, K).

    Returns:
        log_probs: log p_k, all <= 0, shape and dtype of ``scores``.

    The shift by the largest score of the row changes no probability. It is needed
    all the same: exp(1000) overflows, exp(1000 - 1000) does not, and a sum that
    holds exp(0) = 1 has a logarithm. A score of -inf has probability 0; +inf or NaN
    makes its whole row NaN.

    Source: syllabus NEU-11.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax(scores: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
    """Scores to probabilities, row by row: p_k = exp(s_k) / sum_j exp(s_j).

    Args:
        scores: one row of K scores for each example, shape (N, K).

    Returns:
        probs: p_k > 0, each row sums to 1, shape and dtype of ``scores``.

    No overflow for huge scores, see ``log_softmax``.

    Source: syllabus NEU-11.
    """
    return np.exp(log_softmax(scores))


def softmax_loss(
    scores: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]
) -> tuple[float, Float[np.ndarray, "n k"]]:
    """Softmax cross-entropy: the mean of -log p_y over the examples, and its gradient.

    Args:
        scores: one row of K scores for each example, shape (N, K).
        y: the right class of each example, integers from 0 to K - 1, shape (N,).

    Returns:
        loss: the mean of -log p_y over the N examples, a float.
        dscores: its gradient on the scores, shape and dtype of ``scores``.

    Raises:
        ValueError: ``y`` does not hold N classes from 0 to K - 1.

    The probabilities p of a row are the softmax of its scores. The value is right for huge
    finite scores.

    Solution:
        A score that is infinite or NaN makes the loss so, too, without a warning.
        dscores = (p - onehot(y)) / N. For the loss itself take the logarithm of the softmax,
        ``log_softmax``; the logarithm of a p that was rounded to 0 is no number.

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


def softmax_nodes_backward(
    scores: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]
) -> dict[str, np.ndarray]:
    """Softmax cross-entropy node by node: the gradient of the loss on every node of its graph.

    The forward pass has one node a line::

        top = scores.max(axis=1, keepdims=True)      # (N, 1)
        shifted = scores - top                       # (N, K)
        e = np.exp(shifted)                          # (N, K)
        total = e.sum(axis=1, keepdims=True)         # (N, 1)
        p = e / total                                # (N, K)
        loss = -np.log(p[np.arange(N), y]).mean()    # one number

    Args:
        scores: one row of K scores for each example, shape (N, K).
        y: the right class of each example, integers from 0 to K - 1, shape (N,).

    Returns:
        grads: a dict with the keys "p", "total", "e", "shifted", "top" and "scores". Each
            value is the gradient of ``loss`` on that node, with the shape of the node.

    Solution:
        Backwards, line by line. The loss touches one p in each row: its gradient there is
        -1 / (N p_y). The quotient p = e / total gives dtotal = -sum(dp e) / total^2, and
        one part of de: dp / total. The sum hands dtotal to every e of its row, which is the
        other part. The exponential multiplies by e. The difference hands dshifted to the
        scores and minus its row sum to ``top``: this sum is 0. So the maximum need not be
        differentiated, and dscores = dshifted = (p - onehot(y)) / N.

    Source: syllabus NEU-11, BPG-01.
    """
    rows = np.arange(len(scores))
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    dp = np.zeros_like(p)
    dp[rows, y] = -1 / (len(scores) * p[rows, y])
    dtotal = -(dp * e).sum(axis=1, keepdims=True) / total**2
    de = dp / total + dtotal
    dshifted = de * e
    dtop = -dshifted.sum(axis=1, keepdims=True)
    dscores = dshifted.copy()
    dscores[rows, scores.argmax(axis=1)] += dtop[:, 0]
    return {
        "p": dp,
        "total": dtotal,
        "e": de,
        "shifted": dshifted,
        "top": dtop,
        "scores": dscores,
    }


def smooth_labels(
    y: Int[np.ndarray, " n"], n_classes: int, *, eps: float = 0.1
) -> Float[np.ndarray, "n k"]:
    """Label smoothing: a target distribution that is sure of the right class up to a share eps.

    Args:
        y: the right class of each example, integers from 0 to K - 1, shape (N,).
        n_classes: K.
        eps: share of the target that is taken from the right class and spread evenly over all
            K classes, the right one included.

    Returns:
        targets: shape (N, K), float64; each row sums to 1.

    Raises:
        ValueError: a label is not a class, or ``eps`` is not between 0 and 1.

    Solution:
        target_k = (1 - eps) [k = y] + eps / K: the right class gets 1 - eps + eps / K, every other
        class eps / K. In other words the right class keeps a probability a, and the K - 1 others
        share what is left: (1 - a) / (K - 1) each. (One of the lectures gives 1 - a to each of
        them; for K = 10 and a = 0.9 such a target sums to 1.8.)

    Source: Szegedy et al. 2016; syllabus REG-04, E-48.
    """
    if ((y < 0) | (y >= n_classes)).any():
        raise ValueError(f"y must hold classes from 0 to {n_classes - 1}, got {y}")
    if not 0 <= eps <= 1:
        raise ValueError(f"eps must be between 0 and 1, got {eps}")
    return (1 - eps) * np.eye(n_classes)[y] + eps / n_classes


def label_smoothing_loss(
    scores: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"], *, eps: float = 0.1
) -> tuple[float, Float[np.ndarray, "n k"]]:
    """Softmax cross-entropy with smoothed labels t: mean of -sum_k t_k log p_k, and its gradient.

    Args:
        scores: one row of K scores for each example, shape (N, K).
        y: the right class of each example, integers from 0 to K - 1, shape (N,).
        eps: see :func:`smooth_labels`. With eps = 0 this is the plain softmax loss.

    Returns:
        loss: the mean over the N examples, a float.
        dscores: its gradient on the scores, shape and dtype of ``scores``.

    Raises:
        ValueError: ``y`` does not hold N classes from 0 to K - 1, or ``eps`` is not
            between 0 and 1.

    The value is right for huge finite scores.

    Solution:
        dscores = (p - t) / N. The loss can no longer reach 0. It is smallest where p = t, and
        there it is the entropy of t: 0.5003 for ten classes and eps = 0.1. So no score has to
        grow without bound.

    Source: Szegedy et al. 2016; syllabus REG-04.
    """
    n, k = scores.shape
    if y.shape != (n,):
        raise ValueError(f"y must hold {n} classes from 0 to {k - 1}, got {y}")
    targets = smooth_labels(y, k, eps=eps).astype(scores.dtype)
    log_probs = log_softmax(scores)
    costs = np.where(targets > 0, log_probs, 0)  # without weight, even log 0 costs nothing
    loss = -(targets * costs).sum() / n
    return float(loss), (np.exp(log_probs) - targets) / n


def hinge_loss(
    scores: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"], *, margin: float = 1.0
) -> tuple[float, Float[np.ndarray, "n k"]]:
    """Multiclass hinge loss: mean over n of sum over j != y of max(0, s_j - s_y + margin).

    Args:
        scores: one row of K scores for each example, shape (N, K).
        y: the right class of each example, integers from 0 to K - 1, shape (N,).
        margin: by how much the right score must lead before the loss is 0.

    Returns:
        loss: the mean over the N examples, a float.
        dscores: its gradient on the scores, shape and dtype of ``scores``.

    Raises:
        ValueError: ``y`` does not hold N classes from 0 to K - 1.

    At the corner, where a term is exactly 0, its gradient is 0.

    Solution:
        Each wrong class inside the margin pushes its own score down by 1/N and pulls the right
        score up by 1/N. With equal scores the loss is K - 1: 9 for ten classes. Infinite or NaN
        scores give no warning.

    Source: Weston & Watkins 1999; syllabus REG-03.
    """
    n, k = scores.shape
    if y.shape != (n,) or ((y < 0) | (y >= k)).any():
        raise ValueError(f"y must hold {n} classes from 0 to {k - 1}, got {y}")
    right = np.arange(n), y
    with np.errstate(over="ignore", invalid="ignore"):
        margins = np.maximum(0, scores - scores[right][:, None] + margin)
    margins[right] = 0
    dscores = (margins > 0).astype(scores.dtype)
    dscores[right] = -dscores.sum(axis=1)
    return float(margins.sum() / n), dscores / n


def logistic_loss(
    scores: Float[np.ndarray, "n *one"], y: Int[np.ndarray, " n"]
) -> tuple[float, Float[np.ndarray, "n *one"]]:
    """Logistic loss for two classes: mean of log(1 + exp(-s)) if y = 1, log(1 + exp(s)) if y = 0.

    Args:
        scores: one score s for each example, shape (N,), or (N, 1) from a network with
            one output; P(y = 1) = sigmoid(s).
        y: the right class of each example, 0 or 1, shape (N,).

    Returns:
        loss: the mean over the N examples, a float.
        dscores: its gradient (sigmoid(s) - y) / N, shape and dtype of ``scores``.

    Raises:
        ValueError: ``y`` does not hold N labels that are 0 or 1, or there is not one
            score for each.

    This is -log P(y), written so that nothing overflows: log(1 + exp(s)) is
    ``np.logaddexp(0, s)``. Infinite or NaN scores give no warning.

    Source: syllabus NEU-02.
    """
    n = len(scores)
    if y.shape != (n,) or ((y != 0) & (y != 1)).any():
        raise ValueError(f"y must hold {n} labels that are 0 or 1, got {y}")
    if scores.shape not in [(n,), (n, 1)]:
        raise ValueError(f"scores has shape {scores.shape}, expected one score for each example")
    s = scores.reshape(n)
    probs, _ = sigmoid_forward(s)
    with np.errstate(invalid="ignore"):
        loss = np.logaddexp(0, np.where(y == 1, -s, s)).mean()
    return float(loss), ((probs - (y == 1)) / n).reshape(scores.shape)


def squared_error_loss(
    scores: Float[np.ndarray, "*shape"], y: Float[np.ndarray, "*shape"]
) -> tuple[float, Float[np.ndarray, "*shape"]]:
    """Squared error: loss = mean of (s - y)^2, dscores = 2 (s - y) / (count of numbers).

    Args:
        scores: predictions, any shape.
        y: the values that are right, same shape.

    Returns:
        loss: the mean over all numbers, a float; inf when it is too large for one. Infinite
            or NaN numbers give no warning.
        dscores: its gradient on the predictions, shape and dtype of ``scores``.

    Raises:
        ValueError: the shapes differ.

    Some texts put a factor 1/2 in front, which cancels the 2 of the gradient; here
    there is none.

    Source: syllabus NEU-11, HRD-05.
    """
    if scores.shape != y.shape:
        raise ValueError(f"scores have shape {scores.shape}, but y has shape {y.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        error = scores - y
        loss = np.mean(error**2)
        dscores = error * (2 / error.size)
    return float(loss), dscores


def l2_penalty(
    w: Float[np.ndarray, "*shape"], *, reg: float
) -> tuple[float, Float[np.ndarray, "*shape"]]:
    """L2 penalty: value = 0.5 * reg * sum(w^2), dw = reg * w.

    Args:
        w: weights, any shape. Biases are not penalised.
        reg: strength, a number >= 0.

    Returns:
        value: a float, inf when it is too large for one.
        dw: its gradient, shape and dtype of ``w``.

    The factor 0.5 cancels the 2 of the derivative. One slide of the lectures
    writes the sum without it, which makes value and gradient twice as large; the
    number printed on another slide fits only the form with it. Under plain SGD
    this penalty is weight decay, under Adam it is not.

    Source: syllabus REG-02, BAB-03, E-39.
    """
    with np.errstate(over="ignore"):
        value = 0.5 * reg * np.sum(w**2)
    return float(value), reg * w


def l1_penalty(
    w: Float[np.ndarray, "*shape"], *, reg: float
) -> tuple[float, Float[np.ndarray, "*shape"]]:
    """L1 penalty: value = reg * sum(|w|), dw = reg * sign(w).

    Args:
        w: weights, any shape. Biases are not penalised.
        reg: strength, a number >= 0.

    Returns:
        value: a float.
        dw: its gradient, shape and dtype of ``w``; 0 where w = 0, at the corner.

    Every weight is pulled to 0 by the same force, however small it is: many end up
    at 0. The pull of L2 fades as the weight shrinks.

    Source: Tibshirani 1996; syllabus REG-02.
    """
    return float(reg * np.sum(np.abs(w))), reg * np.sign(w)


def elastic_net_penalty(
    w: Float[np.ndarray, "*shape"], *, l1: float, l2: float
) -> tuple[float, Float[np.ndarray, "*shape"]]:
    """Elastic net: value = l1 * sum(|w|) + 0.5 * l2 * sum(w^2), and its gradient.

    Args:
        w: weights, any shape. Biases are not penalised.
        l1: strength of the L1 part, a number >= 0.
        l2: strength of the L2 part, a number >= 0.

    Returns:
        value: a float.
        dw: its gradient, shape and dtype of ``w``. Where w = 0 the L1 part adds 0.

    Solution:
        dw = l1 sign(w) + l2 w. The two parts need a coefficient each. (One of the lectures prints
        their sum without any, another with one on the L2 part only.)

    Source: Zou & Hastie 2005; syllabus REG-02, E-47.
    """
    value = l1 * np.sum(np.abs(w)) + 0.5 * l2 * np.sum(w**2)
    return float(value), l1 * np.sign(w) + l2 * w


def best_score_gap(n_classes: int, eps: float) -> float:
    """How far the right score leads where the label smoothing loss of an example is smallest.

    Args:
        n_classes: K, at least 2.
        eps: as in :func:`smooth_labels`, above 0 and at most 1.

    Returns:
        gap: the right score minus a wrong one, a float. All wrong scores are equal there.

    Solution:
        The loss is smallest where the softmax is the target, and a difference of scores is the
        logarithm of a ratio of probabilities: log((1 - eps + eps / K) / (eps / K))
        = log((K (1 - eps) + eps) / eps), 4.51 for ten classes and eps = 0.1.

    Source: Szegedy et al. 2016; Mueller et al. 2019; syllabus REG-04.
    """
    return float(np.log((n_classes * (1 - eps) + eps) / eps))


def _smoothing(n_classes: int, eps: float) -> None:
    if n_classes < 2 or not 0 < eps <= 1:
        raise ValueError(
            f"expected n_classes of 2 or more and eps above 0 and at most 1, "
            f"got {n_classes} and {eps}"
        )


enforce(
    __name__,
    filled=(
        softmax_loss,
        softmax_nodes_backward,
        label_smoothing_loss,
        hinge_loss,
        logistic_loss,
        squared_error_loss,
    ),
    checks={
        log_softmax: _checks.scores,
        softmax: _checks.scores,
        softmax_nodes_backward: _checks.classes,
        best_score_gap: _smoothing,
    },
)
