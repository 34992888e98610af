"""Lecture 05, solved in other ways: loops, other algebra, other NumPy. All of them are right."""

from collections.abc import Callable

import numpy as np

# naive_bias_step


def naive_bias_step_loops(u, b, *, target=1.0, lr=0.1):
    x = [value + b for value in u]
    mean = sum(x) / len(x)
    loss, db = 0.0, 0.0
    for value in x:
        gap = value - mean - target
        loss += gap**2 / len(x)
        db += 2 * gap / len(x)
    return b - lr * db, loss


def naive_bias_step_algebra(u, b, *, target=1.0, lr=0.1):
    """The mean of x_hat is 0: the gradient is -2 target, the loss Var(u) + target^2."""
    return b + 2 * lr * target, float(np.var(u) + target**2)


# batch_stats


def batch_stats_loops(h, *, eps=1e-5):
    m, k = h.shape
    mu, sigma = np.zeros(k, h.dtype), np.zeros(k, h.dtype)
    for j in range(k):
        mu[j] = sum(h[i, j] for i in range(m)) / m
        sigma[j] = (sum((h[i, j] - mu[j]) ** 2 for i in range(m)) / m + eps) ** 0.5
    return mu, sigma


def batch_stats_var(h, *, eps=1e-5):
    return np.mean(h.T, axis=-1), np.sqrt(np.var(h, 0) + eps)


def batch_stats_norm(h, *, eps=1e-5):
    mu = np.ones(len(h), h.dtype) @ h / len(h)
    length = np.linalg.norm(h - mu, axis=0) / len(h) ** 0.5
    return mu, np.hypot(length, eps**0.5).astype(h.dtype)


# batchnorm_forward


def batchnorm_forward_loops(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    n, d = x.shape
    out, x_hat, std = np.zeros_like(x), np.zeros_like(x), np.zeros(d, x.dtype)
    mean_next, var_next = running[0].copy(), running[1].copy()
    for j in range(d):
        mean, var = running[0][j], running[1][j]
        if train:
            mean = sum(x[i, j] for i in range(n)) / n
            var = sum((x[i, j] - mean) ** 2 for i in range(n)) / n
            mean_next[j] += momentum * (mean - running[0][j])
            var_next[j] += momentum * (var - running[1][j])
        std[j] = (var + eps) ** 0.5
        for i in range(n):
            x_hat[i, j] = (x[i, j] - mean) / std[j]
            out[i, j] = gamma[j] * x_hat[i, j] + beta[j]
    return out, (x_hat, gamma, std, train), (mean_next, var_next)


def batchnorm_forward_graph(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    if train:
        mu = 1 / len(x) * np.sum(x, axis=0)
        xmu = x - mu
        var = 1 / len(x) * np.sum(xmu * xmu, axis=0)
        running = tuple(
            old - momentum * (old - new) for old, new in zip(running, (mu, var), strict=True)
        )
    else:
        mu, var = running
        xmu = x - mu
    std = np.sqrt(eps + var)
    ivar = 1.0 / std
    xhat = xmu * ivar
    return xhat * gamma + beta, (xhat, gamma, std, train), running


def batchnorm_forward_folded(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """Scale and shift folded into one line per feature."""
    mean, var = (np.mean(x, 0), np.var(x, 0)) if train else running
    std = (var + eps) ** 0.5
    slope = gamma / std
    out = x * slope + (beta - mean * slope)
    if train:
        running = (
            (1 - momentum) * running[0] + momentum * mean,
            (1 - momentum) * running[1] + momentum * var,
        )
    return out, ((x - mean) / std, gamma, std, train), running


# batchnorm_backward


def batchnorm_backward_graph(dout, cache):
    """Node by node, as the graph is drawn."""
    x_hat, gamma, std, train = cache
    n = dout.shape[0]
    dbeta, dgamma = np.sum(dout, axis=0), np.sum(x_hat * dout, axis=0)
    dx_hat = dout * gamma
    dcentered = dx_hat / std
    if not train:
        return dcentered, dgamma, dbeta
    centered = x_hat * std
    dstd = -np.sum(dx_hat * centered, axis=0) / std**2
    dvar = 0.5 * dstd / std
    dcentered = dcentered + 2 / n * centered * dvar
    dmu = -np.sum(dcentered, axis=0)
    return dcentered + dmu / n, dgamma, dbeta


def batchnorm_backward_loops(dout, cache):
    x_hat, gamma, std, train = cache
    n, d = dout.shape
    dx, dgamma, dbeta = np.zeros_like(dout), np.zeros_like(gamma), np.zeros_like(gamma)
    for j in range(d):
        for i in range(n):
            dgamma[j] += dout[i, j] * x_hat[i, j]
            dbeta[j] += dout[i, j]
        for i in range(n):
            dx[i, j] = dout[i, j]
            if train:
                dx[i, j] -= (dbeta[j] + x_hat[i, j] * dgamma[j]) / n
            dx[i, j] *= gamma[j] / std[j]
    return dx, dgamma, dbeta


def batchnorm_backward_jacobian(dout, cache):
    """Feature by feature with the N x N matrix of derivatives."""
    x_hat, gamma, std, train = cache
    n, d = dout.shape
    dx = np.empty_like(dout)
    for j in range(d):
        jacobian = np.eye(n, dtype=dout.dtype)
        if train:
            jacobian = jacobian - (1 + np.outer(x_hat[:, j], x_hat[:, j])) / n
        dx[:, j] = gamma[j] / std[j] * (jacobian @ dout[:, j])
    return dx, np.einsum("nd,nd->d", dout, x_hat), np.einsum("nd->d", dout)


# layernorm_backward


def layernorm_backward_loops(dout, cache):
    x_hat, gamma, std = cache
    n, d = dout.shape
    dx, dgamma, dbeta = np.zeros_like(dout), np.zeros_like(gamma), np.zeros_like(gamma)
    for i in range(n):
        g = [dout[i, j] * gamma[j] for j in range(d)]
        mean_g = sum(g) / d
        mean_gx = sum(g[j] * x_hat[i, j] for j in range(d)) / d
        for j in range(d):
            dx[i, j] = (g[j] - mean_g - x_hat[i, j] * mean_gx) / std[i, 0]
            dgamma[j] += dout[i, j] * x_hat[i, j]
            dbeta[j] += dout[i, j]
    return dx, dgamma, dbeta


def layernorm_backward_sums(dout, cache):
    x_hat, gamma, std = cache
    d = dout.shape[1]
    along = np.einsum("nd,nd,d->n", dout, x_hat, gamma)[:, None]
    total = (dout @ gamma)[:, None]
    dx = (d * dout * gamma - total - x_hat * along) / (d * std)
    return dx, np.einsum("nd,nd->d", dout, x_hat), np.ones(len(dout), dout.dtype) @ dout


# weightnorm_backward


def weightnorm_backward_loops(dw, cache):
    v, g, norm = cache
    dv, dg = np.zeros_like(v), np.zeros_like(g)
    for j in range(v.shape[1]):
        dg[j] = np.dot(dw[:, j], v[:, j]) / norm[j]
        dv[:, j] = g[j] / norm[j] * dw[:, j] - g[j] * dg[j] / norm[j] ** 2 * v[:, j]
    return dv, dg


def weightnorm_backward_projector(dw, cache):
    v, g, norm = cache
    d = v / norm
    projector = np.eye(len(v), dtype=v.dtype)[:, :, None] - np.einsum("ij,kj->ikj", d, d)
    return np.einsum("ikj,kj->ij", projector, dw) * g / norm, np.einsum("ij,ij->j", dw, d)


# batchnorm_gradients


def batchnorm_gradients_loops(dout, cache):
    x_hat, gamma, std, _ = cache
    n, d = dout.shape
    grads = {key: np.zeros_like(gamma) for key in ("gamma", "beta")}
    grads["x_hat"] = np.zeros_like(dout)
    grads |= {key: np.zeros_like(gamma) for key in ("std", "var")}
    grads["centered"] = np.zeros_like(dout)
    grads["mean"], grads["x"] = np.zeros_like(gamma), np.zeros_like(dout)
    for j in range(d):
        for i in range(n):
            grads["gamma"][j] += dout[i, j] * x_hat[i, j]
            grads["beta"][j] += dout[i, j]
            grads["x_hat"][i, j] = dout[i, j] * gamma[j]
            grads["std"][j] -= grads["x_hat"][i, j] * x_hat[i, j] * std[j] / std[j] ** 2
        grads["var"][j] = 0.5 * grads["std"][j] / std[j]
        for i in range(n):
            to_x_hat = grads["x_hat"][i, j] / std[j]
            to_var = 2 * x_hat[i, j] * std[j] / n * grads["var"][j]
            grads["centered"][i, j] = to_x_hat + to_var
            grads["mean"][j] -= grads["centered"][i, j]
        for i in range(n):
            grads["x"][i, j] = grads["centered"][i, j] + grads["mean"][j] / n
    return grads


def batchnorm_gradients_paper(dout, cache):
    """In the order of the paper: the variance first, then the rest from it."""
    x_hat, gamma, std, _ = cache
    n, centered = len(dout), x_hat * std
    dx_hat = np.einsum("nd,d->nd", dout, gamma)
    dvar = np.sum(dx_hat * centered, axis=0) * -0.5 * std**-3
    dcentered = dx_hat / std + dvar * 2 * centered / n
    dmean = -np.sum(dcentered, axis=0)
    return {
        "x": dcentered + dmean / n,
        "mean": dmean,
        "centered": dcentered,
        "var": dvar,
        "std": 2 * std * dvar,
        "x_hat": dx_hat,
        "beta": dout.sum(0),
        "gamma": np.einsum("nd,nd->d", dout, x_hat),
    }


# scale_invariance


def scale_invariance_pythagoras(w, dw, a, *, lr):
    length = np.sqrt((w**2).sum(axis=0) + lr**2 * (dw**2).sum(axis=0))
    return dw * (1 / a), a * a * lr, length


def scale_invariance_loops(w, dw, a, *, lr):
    scaled, rate, length = np.zeros_like(dw), np.zeros_like(a), np.zeros_like(a)
    for j in range(len(a)):
        scaled[:, j] = dw[:, j] / a[j]
        rate[j] = lr * a[j] ** 2
        length[j] = sum((w[i, j] - lr * dw[i, j]) ** 2 for i in range(len(w))) ** 0.5
    return scaled, rate, length


# fold_batchnorm


def fold_batchnorm_loops(w, b, gamma, beta, running, *, eps=1e-5):
    mean, var = running
    w_folded, b_folded = np.zeros_like(w), np.zeros_like(b)
    for j in range(len(b)):
        scale = gamma[j] / (var[j] + eps) ** 0.5
        w_folded[:, j] = scale * w[:, j]
        b_folded[j] = scale * b[j] - scale * mean[j] + beta[j]
    return w_folded, b_folded


def fold_batchnorm_diagonal(w, b, gamma, beta, running, *, eps=1e-5):
    """The layer's answers to nothing and to a diagonal matrix."""
    turn = np.diag(gamma / np.sqrt(running[1] + eps))
    return w @ turn, (b - running[0]) @ turn + beta


# rmsnorm_forward


def rmsnorm_forward_loops(x, gamma, *, eps=1e-5):
    n, d = x.shape
    out, x_hat, rms = np.zeros_like(x), np.zeros_like(x), np.zeros((n, 1), x.dtype)
    for i in range(n):
        rms[i, 0] = (sum(value**2 for value in x[i]) / d + eps) ** 0.5
        for j in range(d):
            x_hat[i, j] = x[i, j] / rms[i, 0]
            out[i, j] = gamma[j] * x_hat[i, j]
    return out, (x_hat, gamma, rms)


def rmsnorm_forward_einsum(x, gamma, *, eps=1e-5):
    mean_square = np.einsum("nd,nd->n", x, x) / x.shape[1]
    rms = np.sqrt(mean_square + eps)[:, None]
    return np.einsum("nd,d->nd", x / rms, gamma), (x / rms, gamma, rms)


STYLES: dict[str, tuple[Callable, ...]] = {
    "normalization.naive_bias_step": (naive_bias_step_loops, naive_bias_step_algebra),
    "normalization.batch_stats": (batch_stats_loops, batch_stats_var, batch_stats_norm),
    "normalization.batchnorm_forward": (
        batchnorm_forward_loops,
        batchnorm_forward_graph,
        batchnorm_forward_folded,
    ),
    "normalization.fold_batchnorm": (fold_batchnorm_loops, fold_batchnorm_diagonal),
    "normalization.batchnorm_gradients": (batchnorm_gradients_loops, batchnorm_gradients_paper),
    "normalization.batchnorm_backward": (
        batchnorm_backward_graph,
        batchnorm_backward_loops,
        batchnorm_backward_jacobian,
    ),
    "normalization.scale_invariance": (scale_invariance_pythagoras, scale_invariance_loops),
    "normalization.layernorm_backward": (layernorm_backward_loops, layernorm_backward_sums),
    "normalization.rmsnorm_forward": (rmsnorm_forward_loops, rmsnorm_forward_einsum),
    "normalization.weightnorm_backward": (
        weightnorm_backward_loops,
        weightnorm_backward_projector,
    ),
}
