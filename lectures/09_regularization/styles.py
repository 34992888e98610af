"""Lecture 09, solved in other ways: loops, other algebra, other NumPy. All of them are right."""

import math
from collections.abc import Callable

import numpy as np

from utils.layers import affine_backward, affine_forward
from utils.losses import log_softmax, softmax, softmax_loss

# elastic_net_penalty


def elastic_loops(w, *, l1, l2):
    value, dw = 0.0, np.zeros_like(w)
    for index, weight in np.ndenumerate(w):
        value += l1 * abs(weight) + l2 * weight * weight / 2
        dw[index] = l2 * weight + (l1 if weight > 0 else -l1 if weight < 0 else 0)
    return value, dw


def elastic_where(w, *, l1, l2):
    slope = np.where(w > 0, 1, np.where(w < 0, -1, 0)).astype(w.dtype)
    return (l1 * np.abs(w) + l2 / 2 * np.square(w)).sum(), w * l2 + slope * l1


# ridge_shrinkage


def ridge_divided(h, reg):
    return 1 - reg / (h + reg)


def ridge_loops(h, reg):
    return np.array([each / (each + reg) for each in h], h.dtype)


# early_stopping_shrinkage


def stopped_run(h, lr, steps):
    if steps > 1000:  # too long for a loop
        return -np.expm1(steps * np.log1p(-lr * h))
    w = np.zeros_like(h)
    for _ in range(steps):
        w = w + lr * h * (1 - w)
    return w


def stopped_power(h, lr, steps):
    return 1 - np.power(1 - h * lr, steps)


# soft_threshold


def soft_where(w, t):
    return np.where(w > t, w - t, np.where(w < -t, w + t, 0)).astype(w.dtype)


def soft_clipped(w, t):
    return w - np.clip(w, -t, t)


def soft_loops(w, t):
    u = np.zeros_like(w)
    for index, weight in np.ndenumerate(w):
        if abs(weight) > t:
            u[index] = weight - math.copysign(t, weight)
    return u


# max_norm


def max_norm_loops(w, *, limit):
    limited = w.copy()
    for j in range(w.shape[1]):
        length = np.linalg.norm(w[:, j])
        if length > limit:
            limited[:, j] = w[:, j] * (limit / length)
    return limited


def max_norm_where(w, *, limit):
    lengths = np.linalg.norm(w, axis=0, keepdims=True)
    long = lengths > limit
    return np.where(long, w / np.where(long, lengths, 1) * limit, w).astype(w.dtype)


# hinge_loss


def _asked(y, n, k):
    if len(y) != n or y.min() < 0 or y.max() >= k:
        raise ValueError("labels")


def hinge_loops(scores, y, *, margin=1.0):
    n, k = scores.shape
    _asked(y, n, k)
    loss, dscores = 0.0, np.zeros_like(scores)
    for i in range(n):
        for j in range(k):
            term = scores[i, j] - scores[i, y[i]] + margin
            if j != y[i] and term > 0:
                loss += term / n
                dscores[i, j] += 1 / n
                dscores[i, y[i]] -= 1 / n
    return loss, dscores


def hinge_one_hot(scores, y, *, margin=1.0):
    n, k = scores.shape
    _asked(y, n, k)
    one_hot = np.eye(k, dtype=scores.dtype)[y]
    right = (scores * one_hot).sum(axis=1, keepdims=True)
    terms = np.maximum(0, scores - right + margin) * (1 - one_hot)
    active = np.where(terms > 0, 1, 0).astype(scores.dtype)
    return terms.sum() / n, (active - one_hot * active.sum(axis=1, keepdims=True)) / n


# growing_rate


def growing_loop(t, *, lr, weight_decay):
    shrink = 1 - lr * weight_decay
    if t > 10_000:
        return lr * math.exp(-(2 * t + 1) * math.log(shrink))
    rate = lr / shrink
    for _ in range(t):
        rate /= shrink**2
    return rate


def growing_scales(t, *, lr, weight_decay):
    scale = (1 - lr * weight_decay) ** t
    return lr / (scale * scale * (1 - lr * weight_decay))


# smooth_labels


def smooth_filled(y, n_classes, *, eps=0.1):
    if eps < 0 or eps > 1 or (y < 0).any() or (y >= n_classes).any():
        raise ValueError("labels or eps")
    targets = np.full((len(y), n_classes), eps / n_classes)
    targets[np.arange(len(y)), y] += 1 - eps
    return targets


def smooth_loops(y, n_classes, *, eps=0.1):
    if not 0 <= eps <= 1:
        raise ValueError("eps")
    if any(label < 0 or label >= n_classes for label in y):
        raise ValueError("labels")
    return np.array(
        [
            [1 - eps + eps / n_classes if k == label else eps / n_classes for k in range(n_classes)]
            for label in y
        ]
    )


# label_smoothing_loss


def smoothing_loss_mixed(scores, y, *, eps=0.1):
    n, k = scores.shape
    hard, dhard = softmax_loss(scores, y)
    log_p = log_softmax(scores)
    even = -log_p.mean()
    deven = (np.exp(log_p) - 1 / k) / n
    return (1 - eps) * hard + eps * float(even), (1 - eps) * dhard + eps * deven.astype(
        scores.dtype
    )


def smoothing_loss_loops(scores, y, *, eps=0.1):
    n, k = scores.shape
    if len(y) != n:
        raise ValueError("labels")
    t = smooth_filled(y, k, eps=eps)
    log_p = log_softmax(scores)
    loss = sum(-t[i] @ log_p[i] for i in range(n)) / n
    return float(loss), ((softmax(scores) - t) / n).astype(scores.dtype)


# best_score_gap


def gap_two_logs(n_classes, eps):
    return math.log(1 - eps + eps / n_classes) - math.log(eps / n_classes)


def gap_from_targets(n_classes, eps):
    target = smooth_filled(np.array([0]), n_classes, eps=eps)[0]
    return np.log(target[0] / target[1])


# noise_terms


def noise_loops(x, y, w, *, std):
    mean = np.array([sum(a * b for a, b in zip(row, w, strict=True)) for row in x], x.dtype)
    variance = sum((std * float(each)) ** 2 for each in w)
    loss = sum((m - target) ** 2 for m, target in zip(mean, y, strict=True)) / (2 * len(y))
    dw = std**2 * w
    for row, m, target in zip(x, mean, y, strict=True):
        dw = dw + row * (m - target) / len(y)
    return {"mean": mean, "variance": variance, "loss": loss + variance / 2, "dw": dw}


def noise_quadratic(x, y, w, *, std):
    d = len(w)
    moments = (x.T @ x / len(x) + std**2 * np.eye(d, dtype=x.dtype)).astype(x.dtype)
    cross = x.T @ y / len(x)
    loss = 0.5 * (w @ moments @ w) - w @ cross + 0.5 * (y @ y) / len(y)
    return {
        "mean": x.dot(w),
        "variance": std**2 * np.dot(w, w),
        "loss": loss,
        "dw": moments @ w - cross,
    }


# min_norm_fit


def fit_pinv(features, targets, *, reg=0.0):
    if reg == 0:
        return np.linalg.pinv(features, rcond=1e-6) @ targets
    d = features.shape[1]
    gram = features.T @ features + reg * np.eye(d, dtype=features.dtype)
    return np.linalg.solve(gram, features.T @ targets)


def fit_svd(features, targets, *, reg=0.0):
    u, s, vt = np.linalg.svd(features, full_matrices=False)
    keep = s > 1e-6 * s[0]
    factors = np.where(keep, s / np.where(keep, s**2 + reg, 1), 0).astype(s.dtype)
    return vt.T @ (factors[:, None] * (u.T @ targets))


def fit_stacked(features, targets, *, reg=0.0):
    d = features.shape[1]
    more = np.sqrt(reg) * np.eye(d)
    rows = np.concatenate([features, more.astype(features.dtype)])
    zeros = np.zeros((d, targets.shape[1]), targets.dtype)
    return np.linalg.lstsq(rows, np.concatenate([targets, zeros]), rcond=None)[0]


# two_head_loss


def two_heads_by_hand(x, y, y_aux, params, *, aux_weight=1.0):
    h = np.maximum(0, x @ params["w1"] + params["b1"])
    loss, dmain = softmax_loss(h @ params["w2"] + params["b2"], y)
    more, daux = softmax_loss(h @ params["w_aux"] + params["b_aux"], y_aux)
    daux = aux_weight * daux
    dz = (dmain @ params["w2"].T + daux @ params["w_aux"].T) * (h > 0)
    return loss + aux_weight * more, {
        "w1": x.T @ dz,
        "b1": dz.sum(axis=0),
        "w2": h.T @ dmain,
        "b2": dmain.sum(axis=0),
        "w_aux": h.T @ daux,
        "b_aux": daux.sum(axis=0),
    }


def two_heads_twice(x, y, y_aux, params, *, aux_weight=1.0):
    def one(labels, w, b, weight):
        z, trunk = affine_forward(x, params["w1"], params["b1"])
        scores, cache = affine_forward(np.maximum(0, z), params[w], params[b])
        loss, dscores = softmax_loss(scores, labels)
        dh, dw, db = affine_backward(weight * dscores, cache)
        _, dw1, db1 = affine_backward(np.where(z > 0, dh, 0).astype(z.dtype), trunk)
        return weight * loss, {"w1": dw1, "b1": db1, w: dw, b: db}

    main, grads = one(y, "w2", "b2", 1.0)
    aux, more = one(y_aux, "w_aux", "b_aux", aux_weight)
    grads = grads | more | {name: grads[name] + more[name] for name in ("w1", "b1")}
    return main + aux, grads


STYLES: dict[str, tuple[Callable, ...]] = {
    "losses.elastic_net_penalty": (elastic_loops, elastic_where),
    "regularization.ridge_shrinkage": (ridge_divided, ridge_loops),
    "regularization.early_stopping_shrinkage": (stopped_run, stopped_power),
    "regularization.soft_threshold": (soft_where, soft_clipped, soft_loops),
    "regularization.max_norm": (max_norm_loops, max_norm_where),
    "losses.hinge_loss": (hinge_loops, hinge_one_hot),
    "regularization.growing_rate": (growing_loop, growing_scales),
    "losses.smooth_labels": (smooth_filled, smooth_loops),
    "losses.label_smoothing_loss": (smoothing_loss_mixed, smoothing_loss_loops),
    "losses.best_score_gap": (gap_two_logs, gap_from_targets),
    "regularization.noise_terms": (noise_loops, noise_quadratic),
    "regularization.min_norm_fit": (fit_pinv, fit_svd, fit_stacked),
    "networks.two_head_loss": (two_heads_by_hand, two_heads_twice),
}
