"""Regularisation in closed form: what a penalty, a constraint, noise or an early stop leaves of w.

The strength of an L2 penalty is ``reg`` in 0.5 * reg * sum(w**2), as everywhere in the library.
"""

import numpy as np
from jaxtyping import Float

from utils._signatures import enforce


def ridge_shrinkage(h: Float[np.ndarray, " d"], reg: float) -> Float[np.ndarray, " d"]:
    """What an L2 penalty leaves of each coordinate, in the minimum of a quadratic loss.

    The loss is sum_i 0.5 * h_i * (w_i - t_i)**2 + 0.5 * reg * sum_i w_i**2. Without the penalty
    its minimum is at w = t.

    Args:
        h: curvature of the loss along each coordinate, numbers >= 0, shape (d,).
        reg: strength of the penalty, a number > 0.

    Returns:
        share: w_i / t_i in the minimum, shape and dtype of ``h``. It does not depend on t.

    Solution:
        The slope h (w - t) + reg w is 0 at w = t h / (h + reg), so the share is h / (h + reg).

    Source: Hoerl & Kennard 1970; syllabus REG-02.
    """
    return h / (h + reg)


def early_stopping_shrinkage(
    h: Float[np.ndarray, " d"], lr: float, steps: int
) -> Float[np.ndarray, " d"]:
    """How far gradient descent from w = 0 has come along each coordinate of a quadratic loss.

    The loss is sum_i 0.5 * h_i * (w_i - t_i)**2, without a penalty. Its minimum is at w = t.

    Args:
        h: curvature of the loss along each coordinate, numbers >= 0, shape (d,).
        lr: learning rate.
        steps: number of steps of gradient descent.

    Returns:
        share: w_i / t_i after the steps, shape and dtype of ``h``. It does not depend on t.

    Solution:
        A step multiplies the distance to t by 1 - lr h, and it begins with the distance t. So
        the share is 1 - (1 - lr h)**steps.

    Source: Bishop 1995; syllabus REG-05, EST-03.
    """
    return 1 - (1 - lr * h) ** steps


def soft_threshold(w: Float[np.ndarray, "*shape"], t: float) -> Float[np.ndarray, "*shape"]:
    """For each entry w the number u that makes 0.5 * (u - w)**2 + t * |u| smallest.

    Args:
        w: any shape.
        t: price of a unit of length, a number >= 0.

    Returns:
        u: shape and dtype of ``w``.

    Solution:
        For u > 0 the slope is u - w + t, which is 0 at u = w - t, as long as that is above 0. For
        u < 0 it is w + t, as long as that is below 0. In between, |w| <= t, the minimum lies in
        the corner u = 0. In one line: sign(w) max(|w| - t, 0).

    Source: Donoho & Johnstone 1994; syllabus REG-02.
    """
    return np.sign(w) * np.maximum(np.abs(w) - t, 0)


def max_norm(
    w: Float[np.ndarray, "n_in n_out"], *, limit: float
) -> Float[np.ndarray, "n_in n_out"]:
    """The nearest weights that keep every unit's incoming weight vector within a length.

    Args:
        w: weights of a layer that computes x @ w, shape (n_in, n_out).
        limit: the largest Euclidean length that the weights into one unit may have, positive.

    Returns:
        w_limited: a new array. Vectors that are too long are shortened to ``limit`` and point
            where they pointed; all others are as they were.

    Solution:
        The weights into unit j are the column w[:, j]: multiply it by
        limit / max(limit, length of the column).

    Source: Srebro & Shraibman 2005; Srivastava et al. 2014; syllabus REG-02, REG-05.
    """
    lengths = np.sqrt((w**2).sum(axis=0))
    return w * (limit / np.maximum(lengths, limit))


def growing_rate(t: int, *, lr: float, weight_decay: float) -> float:
    """The rate with which SGD without weight decay walks the same directions as SGD with it.

    The loss does not depend on the length of the weights: L(a w) = L(w) for every a > 0, as before
    batch normalisation. One run decays, w_{t+1} = (1 - lr * weight_decay) w_t - lr * g(w_t). The
    other starts from the same weights and does not: u_{t+1} = u_t - rate_t * g(u_t). At every t its
    u_t shall point where w_t points.

    Args:
        t: number of the update, from 0.
        lr: learning rate of the run with decay.
        weight_decay: its decay; lr * weight_decay is below 1.

    Returns:
        rate: rate_t, a float.

    Solution:
        Let w_t = c u_t. From L(a w) = L(w) follows g(c u) = g(u) / c, so
        w_{t+1} = (1 - lr wd) c u_t - lr g(u_t) / c = (1 - lr wd) c (u_t - rate g(u_t)) with
        rate = lr / ((1 - lr wd) c**2), and the new factor is (1 - lr wd) c. After t updates
        c = (1 - lr wd)**t, so rate_t = lr (1 - lr wd)**-(2 t + 1).

    Source: van Laarhoven 2017; Li & Arora 2020; syllabus REG-02, E-47.
    """
    return lr * (1 - lr * weight_decay) ** -(2 * t + 1)


def noise_terms(
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, " n"],
    w: Float[np.ndarray, " d"],
    *,
    std: float,
) -> dict[str, float | np.ndarray]:
    """Noise on the inputs of a linear model, step by step: the loss that is meant on average.

    Every input gets noise of its own, independent of all else, with mean 0 and standard deviation
    ``std``. The loss is the mean over the examples of 0.5 * (prediction - y)**2 with the
    prediction (x + noise) @ w.

    Args:
        x: inputs without the noise, shape (N, d).
        y: targets, shape (N,).
        w: weights, shape (d,).
        std: standard deviation of the noise, >= 0.

    Returns:
        terms: a dict with, in this order,
            "mean": the mean of the predictions over the noise, shape (N,);
            "variance": the variance of one prediction, a float, the same for all examples;
            "loss": the mean of the loss over the noise, a float;
            "dw": its gradient with respect to w, shape (d,).

    Solution:
        The noise has mean 0, so the mean is x @ w. The variance of a sum of independent terms
        std_i w_i is std**2 sum(w**2). The mean of a square is the squared mean and the variance:
        loss = 0.5 mean((x @ w - y)**2) + 0.5 std**2 sum(w**2), an L2 penalty with reg = std**2.
        dw = x.T @ (x @ w - y) / N + std**2 w.

    Source: Bishop 1995; syllabus REG-05, REG-08.
    """
    mean = x @ w
    variance = float(std**2 * np.sum(w**2))
    loss = float(0.5 * np.mean((mean - y) ** 2)) + 0.5 * variance
    dw = x.T @ (mean - y) / len(x) + std**2 * w
    return {"mean": mean, "variance": variance, "loss": loss, "dw": dw}


def min_norm_fit(
    features: Float[np.ndarray, "n d"], targets: Float[np.ndarray, "n k"], *, reg: float = 0.0
) -> Float[np.ndarray, "d k"]:
    """Least squares for any number of features: of all best fits the one with the smallest norm.

    Args:
        features: one example a row, shape (N, D). D may be larger than N.
        targets: shape (N, K).
        reg: strength of an L2 penalty, a number >= 0.

    Returns:
        w: the weights that make 0.5 * sum((features @ w - targets)**2) + 0.5 * reg * sum(w**2)
            smallest, shape (D, K). With reg = 0 many w may do; it is the one with the smallest
            sum of squares.

    Solution:
        With reg = 0 it is the pseudo-inverse times the targets, which is what lstsq gives. With
        reg > 0 the gradient is 0 in one point only,
        features.T @ solve(features @ features.T + reg * I, targets).

    Source: Penrose 1956; Belkin et al. 2019; syllabus REG-05, REG-07.
    """
    if reg == 0:
        return np.linalg.lstsq(features, targets, rcond=None)[0]
    gram = features @ features.T
    return features.T @ np.linalg.solve(gram + reg * np.eye(len(gram), dtype=gram.dtype), targets)


def _penalised(h: np.ndarray, reg: float) -> None:
    if (h < 0).any() or not reg > 0:
        raise ValueError(f"expected h of numbers >= 0 and reg above 0, got {h} and {reg}")


def _curvatures(h: np.ndarray) -> None:
    if (h < 0).any():
        raise ValueError(f"h must hold numbers >= 0, got {h}")


def _price(t: float) -> None:
    if not t >= 0:
        raise ValueError(f"t must be a number >= 0, got {t}")


def _limit(limit: float) -> None:
    if not 0 < limit < np.inf:
        raise ValueError(f"limit must be a finite number above 0, got {limit}")


def _decay(lr: float, weight_decay: float) -> None:
    if not 0 <= lr * weight_decay < 1:
        raise ValueError(
            f"lr * weight_decay must be at least 0 and below 1, got {lr} and {weight_decay}"
        )


def _noise(std: float) -> None:
    if not std >= 0:
        raise ValueError(f"std must be a number >= 0, got {std}")


def _strength(reg: float = 0.0) -> None:
    if not 0 <= reg < np.inf:
        raise ValueError(f"reg must be a finite number >= 0, got {reg}")


enforce(
    __name__,
    filled=(noise_terms, min_norm_fit),
    finite=(min_norm_fit,),
    checks={
        ridge_shrinkage: _penalised,
        early_stopping_shrinkage: _curvatures,
        soft_threshold: _price,
        max_norm: _limit,
        growing_rate: _decay,
        noise_terms: _noise,
        min_norm_fit: _strength,
    },
)
