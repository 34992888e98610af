"""Lecture 10, solved in other ways: loops, other algebra, other NumPy. All of them are right."""

from collections.abc import Callable

import numpy as np

# dropout_mask


def dropout_mask_binomial(shape, *, p_drop, rng):
    if p_drop < 0 or p_drop >= 1:
        raise ValueError("p_drop must be in [0, 1)")
    return rng.binomial(1, 1 - p_drop, size=shape).astype(bool)


def dropout_mask_loops(shape, *, p_drop, rng):
    if not (0 <= p_drop < 1):
        raise ValueError(p_drop)
    mask = np.empty(shape, dtype=bool)
    for index in np.ndindex(*shape):
        mask[index] = not rng.random() < p_drop
    return mask


def dropout_mask_choice(shape, *, p_drop, rng):
    if not 0.0 <= p_drop < 1.0:
        raise ValueError(f"p_drop = {p_drop}")
    return rng.choice([True, False], size=shape, p=[1 - p_drop, p_drop])


# vanilla_dropout_forward


def vanilla_dropout_forward_where(x, *, p_drop, train, rng):
    if not train:
        cache = np.ones(x.shape, x.dtype) * x.dtype.type(1 - p_drop)
        return cache * x, cache
    dropped = rng.random(size=x.shape) < p_drop
    return np.where(dropped, 0, x), 1 - dropped.astype(x.dtype)


def vanilla_dropout_forward_loops(x, *, p_drop, train, rng):
    out, cache = np.zeros_like(x), np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        if train:
            cache[index] = 1.0 if rng.uniform() > p_drop else 0.0
        else:
            cache[index] = 1 - p_drop
        out[index] = x[index] * cache[index]
    return out, cache


# expected_output_exact


def expected_output_exact_recursive(x, w, *, p_drop, activation="linear"):
    def expected(a, i):
        if i == len(x):
            return max(a, 0.0) if activation == "relu" else a
        return p_drop * expected(a, i + 1) + (1 - p_drop) * expected(a + w[i] * x[i], i + 1)

    return float(expected(0.0, 0))


def expected_output_exact_doubling(x, w, *, p_drop, activation="linear"):
    sums, probability = np.zeros(1), np.ones(1)
    for product in np.multiply(x, w):
        sums = np.concatenate([sums, sums + product])
        probability = np.concatenate([p_drop * probability, (1 - p_drop) * probability])
    if activation == "relu":
        sums = sums * (sums > 0)
    return np.dot(sums, probability)


# expected_output_scaled


def expected_output_scaled_weights(x, w, *, p_drop, activation="linear"):
    mean = sum((1 - p_drop) * a * b for a, b in zip(x, w, strict=True))
    return mean if activation == "linear" or mean > 0 else 0.0


def expected_output_scaled_outside(x, w, *, p_drop, activation="linear"):
    full = np.einsum("i,i->", x, w)
    if activation == "relu":
        full = np.maximum(full, 0)
    return full - p_drop * full


# expected_output_sampled


def expected_output_sampled_loops(x, w, *, p_drop, n_samples, rng, activation="linear"):
    total = 0.0
    for _ in range(n_samples):
        a = sum(float(w[i] * x[i]) for i in range(len(x)) if rng.random() >= p_drop)
        total += max(a, 0.0) if activation == "relu" else a
    return total / n_samples


def expected_output_sampled_binomial(x, w, *, p_drop, n_samples, rng, activation="linear"):
    masks = rng.binomial(1, 1 - p_drop, (n_samples, len(x)))
    outputs = np.dot(masks * x, w)
    return np.average(outputs.clip(0) if activation == "relu" else outputs)


# dropout_forward


def dropout_forward_binomial(x, *, p_drop, train, rng):
    if not train:
        return x.copy(), np.ones_like(x)
    p_keep = 1 - p_drop
    cache = rng.binomial(1, p_keep, x.shape).astype(x.dtype) / p_keep
    return cache * x, cache


def dropout_forward_assign(x, *, p_drop, train, rng):
    cache = np.ones(x.shape, dtype=x.dtype)
    if train:
        dropped = rng.uniform(0, 1, x.shape) < p_drop
        cache[dropped] = 0
        cache[~dropped] = 1 / (1 - p_drop)
    return np.multiply(x, cache), cache


def dropout_forward_loops(x, *, p_drop, train, rng):
    cache = np.ones_like(x)
    if train:
        for index in np.ndindex(*x.shape):
            cache[index] = 0 if rng.random() < p_drop else 1 / (1 - p_drop)
    return x * cache, cache


# dropout_backward


def dropout_backward_where(dout, cache):
    return np.where(cache == 0, 0, dout * cache)


def dropout_backward_loops(dout, cache):
    dx = np.zeros_like(dout)
    for index in np.ndindex(*dout.shape):
        dx[index] = dout[index] * cache[index]
    return dx


# robustness_scores


def robustness_scores_errors(predict, x, y):
    d = x.shape[1]
    errors = np.mean(predict(x) != y)
    scores = np.zeros(d)
    for j in range(d):
        scores[j] = np.mean(predict(x * (np.arange(d) != j)) != y) - errors
    return scores


def robustness_scores_loops(predict, x, y):
    def right(inputs):
        return sum(int(a == b) for a, b in zip(predict(inputs), y, strict=True)) / len(y)

    scores = []
    for j in range(x.shape[1]):
        without = np.array(x)
        without[:, j] = 0.0
        scores.append(right(x) - right(without))
    return np.array(scores)


# mask_ensemble


def mask_ensemble_einsum(h, w, b, masks, *, p_drop):
    scores = np.einsum("mu,nu,uk->mnk", masks.astype(h.dtype), h, w) / (1 - p_drop) + b
    scores = scores - scores.max(axis=2, keepdims=True)
    exps = np.exp(scores)
    return (exps / exps.sum(axis=2, keepdims=True)).mean(axis=0)


def mask_ensemble_loops(h, w, b, masks, *, p_drop):
    total = np.zeros((len(h), w.shape[1]), h.dtype)
    for mask in masks:
        for n in range(len(h)):
            scores = b + (h[n, mask] @ w[mask]) / (1 - p_drop)
            exps = np.exp(scores - np.max(scores))
            total[n] += exps / exps.sum()
    return total / len(masks)


# geometric_ensemble


def geometric_ensemble_powers(predictions, probability):
    means = np.ones(predictions.shape[1:])
    for prediction, weight in zip(predictions, probability, strict=True):
        means = means * prediction**weight
    return means / means.sum(axis=1, keepdims=True)


def geometric_ensemble_einsum(predictions, probability):
    means = np.exp(np.einsum("m,mnk->nk", probability, np.log(predictions)))
    return means / np.einsum("nk->n", means)[:, None]


# dropout_penalty


def dropout_penalty_loops(x, w, *, p_drop):
    total = 0.0
    for row in x:
        for a, b in zip(row, w, strict=True):
            total += (a * b) ** 2
    return p_drop * total / (1 - p_drop)


def dropout_penalty_factors(x, w, *, p_drop):
    mean_of_squares = 1 / (1 - p_drop)
    return float(((mean_of_squares - 1) * np.square(x * w)).sum())


# mc_dropout


def _softmax(scores):
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)


def mc_dropout_at_once(h, w, b, *, p_drop, n_samples, rng):
    masks = rng.random((n_samples, *h.shape)) > p_drop
    passes = _softmax(np.einsum("mnu,uk->mnk", masks * h, w) / (1 - p_drop) + b)
    return passes.mean(axis=0), passes.std(axis=0)


def mc_dropout_sums(h, w, b, *, p_drop, n_samples, rng):
    total, squares = 0, 0
    for _ in range(n_samples):
        kept = rng.binomial(1, 1 - p_drop, h.shape) / (1 - p_drop)
        p = _softmax((h * kept) @ w + b)
        total, squares = total + p, squares + p**2
    mean = total / n_samples
    return mean, np.sqrt(np.maximum(squares / n_samples - mean**2, 0))


# dropconnect_backward


def dropconnect_backward_einsum(dout, cache):
    x, w, factor = cache
    dx = np.einsum("nk,dk,dk->nd", dout, w, factor)
    return dx, np.einsum("nd,nk->dk", x, dout) * factor


def dropconnect_backward_loops(dout, cache):
    x, w, factor = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n in range(len(x)):
        dx[n] = (w * factor) @ dout[n]
        dw += np.outer(x[n], dout[n]) * factor
    return dx, dw


# stochastic_depth_forward


def stochastic_depth_forward_branches(h, f_h, *, p_drop, train, rng):
    if not train:
        gate = 1.0 - p_drop
        out = np.maximum(h + f_h * (1 - p_drop), 0)
    elif rng.random() < p_drop:
        gate, out = 0.0, np.maximum(h, 0)
    else:
        gate, out = 1.0, np.maximum(h + f_h, 0)
    return out, (out, gate)


def stochastic_depth_forward_binomial(h, f_h, *, p_drop, train, rng):
    gate = int(rng.binomial(1, 1 - p_drop)) if train else 1 - p_drop
    z = h + gate * f_h
    out = z * (z > 0)
    return out, (out, gate)


# fmp_boundaries


def fmp_boundaries_choice(n_in, n_out, *, rng):
    wide = rng.choice(n_out, size=n_in - n_out, replace=False)
    boundaries = [0]
    for i in range(n_out):
        boundaries.append(boundaries[-1] + (2 if i in wide else 1))
    return np.array(boundaries)


def fmp_boundaries_shuffle(n_in, n_out, *, rng):
    steps = np.array([2] * (n_in - n_out) + [1] * (2 * n_out - n_in))
    rng.shuffle(steps)
    boundaries = np.zeros(n_out + 1, dtype=int)
    boundaries[1:] = steps.cumsum()
    return boundaries


STYLES: dict[str, tuple[Callable, ...]] = {
    "dropout.dropout_mask": (dropout_mask_binomial, dropout_mask_loops, dropout_mask_choice),
    "dropout.vanilla_dropout_forward": (
        vanilla_dropout_forward_where,
        vanilla_dropout_forward_loops,
    ),
    "dropout.expected_output_exact": (
        expected_output_exact_recursive,
        expected_output_exact_doubling,
    ),
    "dropout.expected_output_scaled": (
        expected_output_scaled_weights,
        expected_output_scaled_outside,
    ),
    "dropout.expected_output_sampled": (
        expected_output_sampled_loops,
        expected_output_sampled_binomial,
    ),
    "dropout.dropout_forward": (
        dropout_forward_binomial,
        dropout_forward_assign,
        dropout_forward_loops,
    ),
    "dropout.dropout_backward": (dropout_backward_where, dropout_backward_loops),
    "dropout.robustness_scores": (robustness_scores_errors, robustness_scores_loops),
    "dropout.mask_ensemble": (mask_ensemble_einsum, mask_ensemble_loops),
    "dropout.geometric_ensemble": (geometric_ensemble_powers, geometric_ensemble_einsum),
    "dropout.dropout_penalty": (dropout_penalty_loops, dropout_penalty_factors),
    "dropout.mc_dropout": (mc_dropout_at_once, mc_dropout_sums),
    "dropout.dropconnect_backward": (dropconnect_backward_einsum, dropconnect_backward_loops),
    "dropout.stochastic_depth_forward": (
        stochastic_depth_forward_branches,
        stochastic_depth_forward_binomial,
    ),
    "dropout.fmp_boundaries": (fmp_boundaries_choice, fmp_boundaries_shuffle),
}
