"""Lecture 03, solved in other ways: loops, other algebra, other NumPy. All of them are right."""

from collections.abc import Callable

import numpy as np

# has_one_sign_inputs


def has_one_sign_inputs_extremes(x):
    return (x.min(axis=0) >= 0) | (x.max(axis=0) <= 0)


def has_one_sign_inputs_loops(x):
    return np.array([not (any(v > 0 for v in c) and any(v < 0 for v in c)) for c in x.T])


def has_one_sign_inputs_signs(x):
    signs = np.sign(x)
    return ~((signs == 1).any(axis=0) & (signs == -1).any(axis=0))


# match_scaling


def match_scaling_in_place(w, lr, c):
    w_scaled = np.array(w)
    w_scaled *= c
    return w_scaled, lr * c * c


def match_scaling_loops(w, lr, c):
    w_scaled = np.empty_like(w)
    for i in np.ndindex(*w.shape):
        w_scaled[i] = c * w[i]
    return w_scaled, lr / (1 / c) ** 2


# second_moment


def second_moment_rest(x):
    whole = np.einsum("ni,nj->ij", x, x) / x.shape[0]
    mean = np.mean(x, axis=0, keepdims=True)
    offset = mean.T @ mean
    return whole - offset, offset


def second_moment_loops(x):
    n, d = x.shape
    mean = x.sum(axis=0) / n
    around, offset = np.zeros((d, d), x.dtype), np.zeros((d, d), x.dtype)
    for i in range(d):
        for j in range(d):
            around[i, j] = np.mean((x[:, i] - mean[i]) * (x[:, j] - mean[j]))
            offset[i, j] = mean[i] * mean[j]
    return around, offset


def second_moment_cov(x):
    around = np.cov(x, rowvar=False, bias=True).reshape(x.shape[1], x.shape[1]).astype(x.dtype)
    return around, x.T @ x / len(x) - around


# flip_rate


def flip_rate_loops(x, w, b, directions, *, rel_perturb=0.01):
    flips = 0
    for direction in directions:
        step = direction / np.sqrt((direction**2).sum()) * rel_perturb * np.sqrt(w @ w)
        flips += sum(bool(r @ w + b > 0) != bool(r @ (w + step) + b > 0) for r in x)
    return flips / (len(x) * len(directions))


def flip_rate_einsum(x, w, b, directions, *, rel_perturb=0.01):
    lengths = np.sqrt(np.einsum("md,md->m", directions, directions))
    scores = x @ w + b
    change = rel_perturb * np.linalg.norm(w) * (x @ directions.T) / lengths
    return np.mean((scores[:, None] + change > 0) ^ (scores[:, None] > 0))


# fit_scaler


def fit_scaler_ptp(x_train):
    mean, std = np.mean(x_train, axis=0), np.std(x_train, axis=0)
    std[np.ptp(x_train, axis=0) == 0] = 1
    return mean, std


def fit_scaler_loops(x_train):
    mean, std = np.zeros(x_train.shape[1], x_train.dtype), np.ones(x_train.shape[1], x_train.dtype)
    for j, column in enumerate(x_train.T):
        mean[j] = column.sum() / len(column)
        if any(column != column[0]):
            std[j] = np.sqrt(np.mean((column - mean[j]) ** 2))
    return mean, std


def fit_scaler_relative(x_train):
    mean = x_train.mean(axis=0)
    std = np.sqrt(((x_train - mean) ** 2).mean(axis=0))
    flat = std <= 1e-6 * np.abs(mean)
    std[flat & (x_train == x_train[0]).all(axis=0)] = 1
    return mean, std


# apply_scaler


def apply_scaler_terms(x, mean, std):
    return x / std - mean / std


def apply_scaler_loops(x, mean, std):
    out = np.empty_like(x)
    for i, j in np.ndindex(*x.shape):
        out[i, j] = (x[i, j] - mean[j]) / std[j]
    return out


# merge_moments


def merge_moments_distances(a, b):
    n = a[0] + b[0]
    mean = (a[0] * a[1] + b[0] * b[1]) / n
    within = (a[0] * a[2] + b[0] * b[2]) / n
    between = (a[0] * (a[1] - mean) ** 2 + b[0] * (b[1] - mean) ** 2) / n
    return {"n": n, "mean": mean, "within": within, "between": between, "var": within + between}


def merge_moments_sums(a, b):
    (n_a, mean_a, var_a), (n_b, mean_b, var_b) = a, b
    n, delta = n_a + n_b, mean_b - mean_a
    sums = n_a * var_a + n_b * var_b
    extra = delta**2 * n_a * n_b / n
    return {
        "mean": mean_a + delta * n_b / n,
        "n": n,
        "var": (sums + extra) / n,
        "between": extra / n,
        "within": sums / n,
    }


# pca


def pca_svd(x, k):
    if k < 1 or k > x.shape[1]:
        raise ValueError(k)
    centred = x - np.mean(x, axis=0)
    _, s, vt = np.linalg.svd(centred, full_matrices=True)
    s = np.concatenate([s, np.zeros(max(0, x.shape[1] - len(s)), x.dtype)])
    u = vt[:k].T.copy()
    for j in range(k):
        if u[np.argmax(np.abs(u[:, j])), j] < 0:
            u[:, j] *= -1
    return centred @ u, u, s[:k] ** 2 / len(x)


def pca_sorted(x, k):
    if not 0 < k <= len(x[0]):
        raise ValueError("k")
    rest = x - x.mean(0)
    values, vectors = np.linalg.eigh(np.einsum("ni,nj->ij", rest, rest) / len(x))
    order = np.argsort(-values)[:k]
    u = vectors[:, order]
    flip = np.where(u.max(axis=0) >= -u.min(axis=0), 1, -1).astype(x.dtype)
    u = u * flip
    return rest @ u, u, values[order]


# fit_whitener


def fit_whitener_svd(x_train, eps=1e-5):
    mean = x_train.mean(axis=0)
    _, s, vt = np.linalg.svd(x_train - mean, full_matrices=False)
    variances = s**2 / len(x_train)
    if eps < 0:
        raise ValueError(eps)
    u = vt.T * np.sign(vt.T[np.abs(vt).argmax(axis=1), np.arange(len(vt))])
    return mean, u @ np.diag((variances + eps * variances[0]) ** -0.5)


def fit_whitener_loops(x_train, eps=1e-5):
    if eps < 0:
        raise ValueError("negative")
    mean = x_train.mean(axis=0)
    rest = x_train - mean
    variances, u = np.linalg.eigh(rest.T @ rest / len(rest))
    top = variances.max()
    columns = []
    for variance, axis in zip(variances[::-1], u.T[::-1], strict=True):
        axis = axis if axis[np.abs(axis).argmax()] > 0 else -axis
        columns.append(axis / np.sqrt(max(variance, 0) + eps * top))
    return mean, np.stack(columns, axis=1)


# prepare


def prepare_masks(x_train, x_val, x_test):
    x_train, x_val, x_test = x_train.copy(), x_val.copy(), x_test.copy()
    fill = [np.mean(column[~np.isnan(column)]) for column in x_train.T]
    for x in (x_train, x_val, x_test):
        for j, value in enumerate(fill):
            x[np.isnan(x[:, j]), j] = value
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    std[np.ptp(x_train, axis=0) == 0] = 1
    return (x_train - mean) / std, (x_val - mean) / std, (x_test - mean) / std


def prepare_zero_after(x_train, x_val, x_test):
    there = ~np.isnan(x_train)
    mean = np.nansum(x_train, axis=0) / there.sum(axis=0).astype(x_train.dtype)
    squares = np.nansum((x_train - mean) ** 2, axis=0) / len(x_train)
    constant = np.nanmin(x_train, axis=0) == np.nanmax(x_train, axis=0)
    std = np.where(constant, 1, np.sqrt(squares)).astype(x_train.dtype)
    return tuple(np.nan_to_num((x - mean) / std, nan=0.0) for x in (x_train, x_val, x_test))


# split_by_group


def split_by_group_counts(groups, *, val_fraction, rng):
    if val_fraction <= 0 or val_fraction >= 1:
        raise ValueError(val_fraction)
    names, counts = np.unique(groups, return_counts=True)
    order = rng.permutation(len(names))
    rows = np.cumsum(counts[order])
    taken = np.searchsorted(rows, val_fraction * len(groups)) + 1
    return np.isin(groups, names[order[:taken]])


def split_by_group_shuffle(groups, *, val_fraction, rng):
    if not val_fraction > 0 or not val_fraction < 1:
        raise ValueError("val_fraction")
    names = sorted(set(groups.tolist()))
    rng.shuffle(names)
    chosen: set = set()
    while sum(g in chosen for g in groups.tolist()) < val_fraction * len(groups):
        chosen.add(names.pop())
    return np.array([g in chosen for g in groups.tolist()])


# channel_mean


def channel_mean_loops(x):
    return np.array([x[:, c].sum() / x[:, c].size for c in range(x.shape[1])], x.dtype)


def channel_mean_einsum(x):
    n, _, h, w = x.shape
    return np.einsum("nchw->c", x) / (n * h * w)


def channel_mean_reshape(x):
    return np.moveaxis(x, 1, 0).reshape(x.shape[1], -1).mean(axis=1)


STYLES: dict[str, tuple[Callable, ...]] = {
    "preprocessing.has_one_sign_inputs": (
        has_one_sign_inputs_extremes,
        has_one_sign_inputs_loops,
        has_one_sign_inputs_signs,
    ),
    "preprocessing.match_scaling": (match_scaling_in_place, match_scaling_loops),
    "preprocessing.second_moment": (second_moment_rest, second_moment_loops, second_moment_cov),
    "preprocessing.flip_rate": (flip_rate_loops, flip_rate_einsum),
    "preprocessing.fit_scaler": (fit_scaler_ptp, fit_scaler_loops, fit_scaler_relative),
    "preprocessing.apply_scaler": (apply_scaler_terms, apply_scaler_loops),
    "preprocessing.merge_moments": (merge_moments_distances, merge_moments_sums),
    "preprocessing.pca": (pca_svd, pca_sorted),
    "preprocessing.fit_whitener": (fit_whitener_svd, fit_whitener_loops),
    "preprocessing.prepare": (prepare_masks, prepare_zero_after),
    "preprocessing.split_by_group": (split_by_group_counts, split_by_group_shuffle),
    "preprocessing.channel_mean": (channel_mean_loops, channel_mean_einsum, channel_mean_reshape),
}
