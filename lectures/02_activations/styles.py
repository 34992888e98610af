"""Lecture 02, solved in other ways: loops, other algebra, other NumPy. All of them are right."""

import math
from collections.abc import Callable

import numpy as np

# sigmoid


def sigmoid_tanh(x):
    out = (0.5 * (np.tanh(0.5 * x) + 1)).astype(x.dtype)
    return out, out


def sigmoid_masks(x):
    out = np.empty_like(x)
    left = x < 0
    out[~left] = 1 / (1 + np.exp(-x[~left]))
    grown = np.exp(x[left])
    out[left] = grown / (grown + 1)
    return out, out.copy()


def sigmoid_logaddexp(x):
    out = np.exp(-np.logaddexp(np.zeros_like(x), -x))
    return out, out


def sigmoid_loop(x):
    out = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        value = float(x[index])
        small = math.exp(-abs(value))
        out[index] = (1 if value > 0 else small) / (1 + small)
    return out, out


def sigmoid_back_difference(dout, cache):
    return dout * (cache - cache**2)


def sigmoid_back_functions(dout, cache):
    left = 1.0 - cache
    return np.multiply(np.multiply(left, cache), dout)


def sigmoid_back_loop(dout, cache):
    pairs = zip(dout.ravel(), cache.ravel(), strict=True)
    return np.array([d * s * (1 - s) for d, s in pairs], dtype=dout.dtype).reshape(dout.shape)


# same_sign_fraction


def same_sign_loop(x, delta):
    count = 0
    for row, d in zip(x, delta, strict=True):
        signs = {float(np.sign(v * d)) for v in row}
        count += signs in ({1.0}, {-1.0})
    return count / len(x)


def same_sign_sum(x, delta):
    signs = np.sign(np.einsum("n,nd->nd", delta, x))
    return np.mean(np.abs(signs.sum(axis=1)) == x.shape[1])


def same_sign_extremes(x, delta):
    dw = (x.T * delta).T
    return np.count_nonzero((dw.min(1) > 0) | (dw.max(1) < 0)) / dw.shape[0]


# tanh


def tanh_back_factors(dout, cache):
    return dout * (1 - cache) * (1 + cache)


def tanh_back_minus(dout, cache):
    return dout - dout * np.square(cache)


def tanh_back_loop(dout, cache):
    dx = dout.copy()
    for index, out in np.ndenumerate(cache):
        dx[index] *= 1 - out * out
    return dx


# relu


def relu_where(x):
    return np.where(x > 0, x, np.zeros_like(x)), x


def relu_mask(x):
    return x * (x > 0), x.copy()


def relu_clip(x):
    return x.clip(min=0), x


def relu_indexed(x):
    out = np.array(x)
    out[out < 0] = 0
    return out, x


def relu_half(x):
    return (x + np.abs(x)) / 2, x


def relu_back_indexed(dout, cache):
    dx = np.array(dout, copy=True)
    dx[cache <= 0] = 0
    return dx


def relu_back_where(dout, cache):
    return np.where(cache > 0, dout, 0.0).astype(dout.dtype)


def relu_back_step(dout, cache):
    return dout * np.heaviside(cache, 0)


# dead_fraction


def dead_loop(h):
    return sum(not any(unit) for unit in h.T.tolist()) / h.shape[1]


def dead_largest(h):
    return np.mean(np.max(np.abs(h), axis=0) == 0)


def dead_counts(h):
    return 1 - np.count_nonzero(h.any(axis=0)) / h.shape[-1]


# leaky_relu


def _slope_must_fit(slope):
    if slope < 0 or slope >= 1:
        raise ValueError("not a slope")


def leaky_where(x, slope=0.01):
    _slope_must_fit(slope)
    return np.where(x > 0, x, slope * x), (x, slope)


def leaky_sum(x, slope=0.01):
    _slope_must_fit(slope)
    return np.maximum(x, 0) + slope * np.minimum(x, 0), (x, slope)


def leaky_factor(x, slope=0.01):
    _slope_must_fit(slope)
    factor = np.ones_like(x)
    factor[x < 0] = slope
    return factor * x, (x.copy(), float(slope))


# prelu


def prelu_back_loop(dout, cache):
    x, alpha = cache
    dx, dalpha = np.zeros_like(dout), np.zeros_like(alpha)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            k = j if len(alpha) > 1 else 0
            if x[i, j] > 0:
                dx[i, j] = dout[i, j]
            else:
                dx[i, j] = alpha[k] * dout[i, j]
                dalpha[k] += dout[i, j] * x[i, j]
    return dx, dalpha


def prelu_back_einsum(dout, cache):
    x, alpha = cache
    left = np.where(x < 0, x, 0).astype(x.dtype)
    columns = np.einsum("nd,nd->d", dout, left)
    shared = alpha.size == 1
    dx = dout.copy()
    dx[x <= 0] = (dout * alpha)[x <= 0]
    return dx, np.array([columns.sum()], dout.dtype) if shared else columns


def prelu_back_reshape(dout, cache):
    x, alpha = cache
    positive = (x > 0).astype(dout.dtype)
    dx = dout * (positive + (1 - positive) * alpha)
    each = dout * x * (1 - positive)
    return dx, np.sum(each, axis=0 if alpha.size > 1 else None).reshape(alpha.shape)


# elu


def elu_back_factor(dout, cache):
    out, alpha = cache
    return dout * np.where(out > 0, 1, out + alpha).astype(dout.dtype)


def elu_back_indexed(dout, cache):
    out, alpha = cache
    slope = np.ones_like(out)
    slope[out <= 0] = out[out <= 0] + alpha
    return slope * dout


def elu_back_exp(dout, cache):
    """By way of exp(x), from expm1 turned round."""
    out, alpha = cache
    dx = dout.copy()
    for index in zip(*np.nonzero(out <= 0), strict=True):
        dx[index] = alpha * dout[index] + out[index] * dout[index]
    return dx


# maxout


def _must_fit(x, w, b):
    if x.shape[1] != w.shape[1] or b.shape != (w.shape[0], w.shape[2]):
        raise ValueError("shapes")


def maxout_pieces(x, w, b):
    _must_fit(x, w, b)
    scores = np.stack([x @ piece + shift for piece, shift in zip(w, b, strict=True)])
    winner = np.argmax(scores, axis=0)
    return np.take_along_axis(scores, winner[None], axis=0)[0], (x, w, winner)


def maxout_einsum(x, w, b):
    _must_fit(x, w, b)
    scores = np.einsum("nd,kdm->nmk", x, w) + b.T
    return scores.max(-1), (x, w, scores.argmax(-1))


def maxout_running(x, w, b):
    _must_fit(x, w, b)
    best = x @ w[0] + b[0]
    winner = np.zeros(best.shape, dtype=int)
    for j in range(1, len(w)):
        score = x @ w[j] + b[j]
        better = score > best
        best, winner = np.where(better, score, best), np.where(better, j, winner)
    return best, (x, w, winner)


def maxout_by_pieces(dout, cache):
    x, w, winner = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros((len(w), w.shape[2]), w.dtype)
    dscores = []
    for j in range(len(w)):
        dscore = np.where(winner == j, dout, 0).astype(dout.dtype)
        dscores.append(dscore)
        dx += dscore @ w[j].T
        dw[j] = x.T @ dscore
        db[j] = dscore.sum(axis=0)
    return {"scores": np.stack(dscores), "w": dw, "b": db, "x": dx}


def maxout_by_loops(dout, cache):
    x, w, winner = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(w.shape[::2], w.dtype)
    dscores = np.zeros((len(w), *dout.shape), dout.dtype)
    for n, m in np.ndindex(dout.shape):
        j = winner[n, m]
        dscores[j, n, m] = dout[n, m]
        dx[n] += dout[n, m] * w[j, :, m]
        dw[j, :, m] += dout[n, m] * x[n]
        db[j, m] += dout[n, m]
    return dict(scores=dscores, w=dw, b=db, x=dx)


def maxout_by_einsum(dout, cache):
    x, w, winner = cache
    chosen = np.eye(len(w), dtype=dout.dtype)[winner] * dout[..., None]
    return {
        "scores": np.moveaxis(chosen, -1, 0),
        "w": np.einsum("nmk,nd->kdm", chosen, x),
        "b": np.einsum("nmk->km", chosen),
        "x": np.einsum("nmk,kdm->nd", chosen, w),
    }


# silu


def silu_back_product(dout, cache):
    x, gate = cache
    return dout * (gate + x * gate * (1 - gate))


def silu_back_output(dout, cache):
    x, gate = cache
    out = x * gate
    return (out + gate * (1 - out)) * dout


def silu_back_loop(dout, cache):
    dx = np.empty_like(dout)
    for index, g in np.ndenumerate(cache[1]):
        dx[index] = dout[index] * g * (1 + cache[0][index] * (1 - g))
    return dx


STYLES: dict[str, tuple[Callable, ...]] = {
    "activations.sigmoid_forward": (sigmoid_tanh, sigmoid_masks, sigmoid_logaddexp, sigmoid_loop),
    "activations.sigmoid_backward": (
        sigmoid_back_difference,
        sigmoid_back_functions,
        sigmoid_back_loop,
    ),
    "activations.same_sign_fraction": (same_sign_loop, same_sign_sum, same_sign_extremes),
    "activations.tanh_backward": (tanh_back_factors, tanh_back_minus, tanh_back_loop),
    "activations.relu_forward": (relu_where, relu_mask, relu_clip, relu_indexed, relu_half),
    "activations.relu_backward": (relu_back_indexed, relu_back_where, relu_back_step),
    "activations.dead_fraction": (dead_loop, dead_largest, dead_counts),
    "activations.leaky_relu_forward": (leaky_where, leaky_sum, leaky_factor),
    "activations.prelu_backward": (prelu_back_loop, prelu_back_einsum, prelu_back_reshape),
    "activations.elu_backward": (elu_back_factor, elu_back_indexed, elu_back_exp),
    "activations.maxout_forward": (maxout_pieces, maxout_einsum, maxout_running),
    "activations.maxout_gradients": (maxout_by_pieces, maxout_by_loops, maxout_by_einsum),
    "gated.silu_backward": (silu_back_product, silu_back_output, silu_back_loop),
}
