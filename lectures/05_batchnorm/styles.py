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


# cov


def cov_loops(x):
    n, d = x.shape
    out = np.zeros((d, d), x.dtype)
    for i in range(d):
        for j in range(d):
            products = sum(x[m, i] * x[m, j] for m in range(n)) / n
            out[i, j] = products - x[:, i].sum() / n * (x[:, j].sum() / n)
    return out


def cov_centered(x):
    z = x - np.mean(x, axis=0)
    return np.einsum("ni,nj->ij", z, z) / len(z)


def cov_numpy(x):
    return np.cov(x, rowvar=False, bias=True, dtype=x.dtype).reshape(x.shape[1], x.shape[1])


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


# spatial_batchnorm_forward


def spatial_batchnorm_forward_axes(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    n, c, h, w = x.shape
    mean, var = running
    if train:
        mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
        running = (
            (1 - momentum) * running[0] + momentum * mean,
            (1 - momentum) * running[1] + momentum * var,
        )
    std = np.sqrt(var + eps)
    x_hat = (x - mean[:, None, None]) / std[:, None, None]
    out = gamma.reshape(1, c, 1, 1) * x_hat + beta.reshape(1, c, 1, 1)
    rows = np.moveaxis(x_hat, 1, -1).reshape(n * h * w, c)
    return out, (rows, gamma, std, train), running


def spatial_batchnorm_forward_loops(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    n, c, h, w = x.shape
    out, rows = np.zeros_like(x), np.zeros((n * h * w, c), x.dtype)
    mean_next, var_next, std = running[0].copy(), running[1].copy(), np.zeros_like(gamma)
    for k in range(c):
        pixels = np.array([x[i, k, r, s] for i in range(n) for r in range(h) for s in range(w)])
        mean, var = running[0][k], running[1][k]
        if train:
            mean, var = pixels.mean(), pixels.var()
            mean_next[k] = (1 - momentum) * mean_next[k] + momentum * mean
            var_next[k] = (1 - momentum) * var_next[k] + momentum * var
        std[k] = np.sqrt(var + eps)
        rows[:, k] = (pixels - mean) / std[k]
        out[:, k] = (gamma[k] * rows[:, k] + beta[k]).reshape(n, h, w)
    return out, (rows, gamma, std, train), (mean_next, var_next)


# layernorm_forward


def layernorm_forward_loops(x, gamma, beta, *, eps=1e-5):
    n, d = x.shape
    x_hat, std = np.zeros_like(x), np.zeros((n, 1), x.dtype)
    for i in range(n):
        mean = sum(x[i]) / d
        std[i, 0] = (sum((value - mean) ** 2 for value in x[i]) / d + eps) ** 0.5
        for j in range(d):
            x_hat[i, j] = (x[i, j] - mean) / std[i, 0]
    return x_hat * gamma + beta, (x_hat, gamma, std)


def layernorm_forward_turned(x, gamma, beta, *, eps=1e-5):
    columns = x.T
    std = np.sqrt(columns.var(axis=0) + eps)
    x_hat = ((columns - columns.mean(axis=0)) / std).T
    return np.einsum("nd,d->nd", x_hat, gamma) + beta, (x_hat, gamma, std[:, np.newaxis])


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


# instancenorm_forward


def instancenorm_forward_loops(x, gamma, beta, *, eps=1e-5):
    n, c, _, _ = x.shape
    out, x_hat, std = np.zeros_like(x), np.zeros_like(x), np.zeros((n, c, 1, 1), x.dtype)
    for i in range(n):
        for k in range(c):
            std[i, k] = (x[i, k].var() + eps) ** 0.5
            x_hat[i, k] = (x[i, k] - x[i, k].mean()) / std[i, k]
            out[i, k] = gamma[k] * x_hat[i, k] + beta[k]
    return out, (x_hat, gamma, std)


def instancenorm_forward_flat(x, gamma, beta, *, eps=1e-5):
    n, c, h, w = x.shape
    flat = x.reshape(n, c, -1)
    centered = flat - np.einsum("ncp->nc", flat)[..., None] / (h * w)
    std = np.sqrt(np.einsum("ncp,ncp->nc", centered, centered) / (h * w) + eps)
    x_hat = (centered / std[..., None]).reshape(n, c, h, w)
    out = np.moveaxis(np.moveaxis(x_hat, 1, -1) * gamma + beta, -1, 1)
    return out, (x_hat, gamma, std.reshape(n, c, 1, 1))


# groupnorm_forward


def groupnorm_forward_loops(x, gamma, beta, *, groups, eps=1e-5):
    n, c, _, _ = x.shape
    size = c // groups
    x_hat, std = np.zeros_like(x), np.zeros((n, groups, 1), x.dtype)
    for i in range(n):
        for k in range(groups):
            channels = slice(k * size, (k + 1) * size)
            part = x[i, channels]
            std[i, k, 0] = np.sqrt(np.var(part) + eps)
            x_hat[i, channels] = (part - part.mean()) / std[i, k, 0]
    return x_hat * gamma[:, None, None] + beta[:, None, None], (x_hat, gamma, std)


def groupnorm_forward_five_axes(x, gamma, beta, *, groups, eps=1e-5):
    n, c, h, w = x.shape
    grouped = x.reshape(n, groups, c // groups, h, w)
    mean = grouped.mean(axis=(2, 3, 4), keepdims=True)
    std = np.sqrt(((grouped - mean) ** 2).mean(axis=(2, 3, 4), keepdims=True) + eps)
    x_hat = ((grouped - mean) / std).reshape(n, c, h, w)
    out = np.einsum("nchw,c->nchw", x_hat, gamma) + beta.reshape(1, -1, 1, 1)
    return out, (x_hat, gamma, std.reshape(n, groups, 1))


# decorrelated_batchnorm


def decorrelated_batchnorm_diagonal(x, *, eps=1e-5):
    centered = x - np.mean(x, axis=0)
    covariance = np.einsum("ni,nj->ij", centered, centered) / len(x)
    values, vectors = np.linalg.eigh(covariance + eps * np.eye(x.shape[1], dtype=x.dtype))
    return centered @ vectors @ np.diag(values**-0.5) @ vectors.T


def decorrelated_batchnorm_svd(x, *, eps=1e-5):
    """From the singular values of the centred data, without the covariance."""
    centered = x - x.mean(axis=0)
    u, s, vt = np.linalg.svd(centered, full_matrices=False)
    return u * (s / np.sqrt(s**2 / len(x) + eps)) @ vt


# weightnorm_forward


def weightnorm_forward_loops(v, g):
    w, norm = np.zeros_like(v), np.zeros_like(g)
    for j in range(v.shape[1]):
        norm[j] = sum(value**2 for value in v[:, j]) ** 0.5
        for i in range(v.shape[0]):
            w[i, j] = g[j] * v[i, j] / norm[j]
    return w, (v, g, norm)


def weightnorm_forward_linalg(v, g):
    norm = np.linalg.norm(v, axis=0)
    return v @ np.diag(g / norm), (v, g, norm)


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


STYLES: dict[str, tuple[Callable, ...]] = {
    "normalization.naive_bias_step": (naive_bias_step_loops, naive_bias_step_algebra),
    "normalization.cov": (cov_loops, cov_centered, cov_numpy),
    "normalization.batch_stats": (batch_stats_loops, batch_stats_var, batch_stats_norm),
    "normalization.batchnorm_forward": (
        batchnorm_forward_loops,
        batchnorm_forward_graph,
        batchnorm_forward_folded,
    ),
    "normalization.batchnorm_backward": (
        batchnorm_backward_graph,
        batchnorm_backward_loops,
        batchnorm_backward_jacobian,
    ),
    "normalization.spatial_batchnorm_forward": (
        spatial_batchnorm_forward_axes,
        spatial_batchnorm_forward_loops,
    ),
    "normalization.layernorm_forward": (layernorm_forward_loops, layernorm_forward_turned),
    "normalization.layernorm_backward": (layernorm_backward_loops, layernorm_backward_sums),
    "normalization.instancenorm_forward": (instancenorm_forward_loops, instancenorm_forward_flat),
    "normalization.groupnorm_forward": (groupnorm_forward_loops, groupnorm_forward_five_axes),
    "normalization.decorrelated_batchnorm": (
        decorrelated_batchnorm_diagonal,
        decorrelated_batchnorm_svd,
    ),
    "normalization.weightnorm_forward": (weightnorm_forward_loops, weightnorm_forward_linalg),
    "normalization.weightnorm_backward": (
        weightnorm_backward_loops,
        weightnorm_backward_projector,
    ),
}
