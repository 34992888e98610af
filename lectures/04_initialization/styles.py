"""Lecture 04, solved in other ways: loops, other algebra, other NumPy. All of them are right."""

from collections.abc import Callable

import numpy as np

from utils.activations import act, act_grad

# deep_forward


def deep_forward_recursive(x, weights, *, activation="tanh"):
    hs, zs = (x,), ()
    for w in weights:
        z = np.einsum("nd,dk->nk", hs[-1], w)
        zs, hs = (*zs, z), (*hs, act(activation, z))
    return list(hs), (list(hs), list(zs), weights, activation)


def deep_forward_by_hand(x, weights, *, activation="tanh"):
    phi = {
        "tanh": np.tanh,
        "relu": lambda z: z * (z > 0),
        "sigmoid": lambda z: 0.5 * (1 + np.tanh(z / 2)),
    }[activation]
    zs = [np.empty((len(x), w.shape[1]), x.dtype) for w in weights]
    hs = [x, *zs]
    for layer, w in enumerate(weights):
        zs[layer] = np.dot(hs[layer], w)
        hs[layer + 1] = phi(zs[layer])
    return hs, (hs, zs, weights, activation)


# deep_backward


def deep_backward_append(dout, cache):
    hs, zs, weights, activation = cache
    dh, dhs, dws = dout, [dout], []
    for layer in reversed(range(len(weights))):
        dz = dh * act_grad(activation, zs[layer])
        dws.append(np.einsum("nd,nk->dk", hs[layer], dz))
        dh = np.einsum("nk,dk->nd", dz, weights[layer])
        dhs.append(dh)
    return dhs[::-1], dws[::-1]


def deep_backward_examples(dout, cache):
    hs, zs, weights, activation = cache
    dhs = [np.zeros_like(h) for h in hs]
    dws = [np.zeros_like(w) for w in weights]
    for n in range(len(dout)):
        dh = dout[n]
        dhs[-1][n] = dh
        for layer in range(len(weights) - 1, -1, -1):
            dz = dh * act_grad(activation, zs[layer][n])
            dws[layer] += np.outer(hs[layer][n], dz)
            dh = weights[layer] @ dz
            dhs[layer][n] = dh
    return dhs, dws


# backward_growth


def backward_growth_second_moment(w, local):
    return float(np.sqrt(np.sum(w**2) / w.shape[0] * np.mean(np.square(local))))


def backward_growth_sample(w, local):
    fan_out = w.shape[1]
    return fan_out**0.5 * float(w.std(ddof=1)) * float(np.linalg.norm(local)) / local.size**0.5


# var_product


def var_product_moments(mean_x, var_x, mean_w, var_w):
    mean_of_square = (mean_x**2 + var_x) * (mean_w**2 + var_w)
    return mean_of_square - (mean_x * mean_w) ** 2


def var_product_coins(mean_x, var_x, mean_w, var_w):
    """Two coins have the same means and variances, and four equally likely products."""
    products = [
        (mean_x + a * var_x**0.5) * (mean_w + b * var_w**0.5) for a in (-1, 1) for b in (-1, 1)
    ]
    return float(np.var(products))


# xavier_normal


def xavier_normal_branches(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    if mode == "in":
        n = fan_in
    elif mode == "out":
        n = fan_out
    elif mode == "average":
        n = 0.5 * (fan_in + fan_out)
    else:
        raise ValueError(f"mode is {mode}, expected in, out or average")
    return rng.normal(scale=n**-0.5, size=(fan_in, fan_out)).astype(dtype)


def xavier_normal_box_muller(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    if mode not in ("in", "out", "average"):
        raise ValueError("unknown mode " + mode)
    variance = {"in": 1 / fan_in, "out": 1 / fan_out, "average": 2 / (fan_in + fan_out)}[mode]
    radius = np.sqrt(-2 * variance * np.log(1 - rng.random((fan_in, fan_out))))
    return (radius * np.cos(2 * np.pi * rng.random((fan_in, fan_out)))).astype(dtype)


# he_normal


def he_normal_divided(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    w = rng.standard_normal(size=(fan_in, fan_out)) / np.sqrt(fan_in * (1 + slope * slope) / 2)
    return w.astype(dtype)


def he_normal_columns(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    std = (2.0 / fan_in / (1 + slope**2)) ** 0.5
    return np.stack([rng.normal(0, std, fan_in) for _ in range(fan_out)], axis=1).astype(dtype)


# orthogonal


def orthogonal_polar(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    u, _, vt = np.linalg.svd(rng.standard_normal((fan_in, fan_out)), full_matrices=False)
    return (gain * u @ vt).astype(dtype)


def orthogonal_gram_schmidt(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    size, count = max(fan_in, fan_out), min(fan_in, fan_out)
    found = []
    for _ in range(count):
        v = rng.standard_normal(size)
        for _ in range(2):  # the second round removes what rounding left
            for q in found:
                v = v - (v @ q) * q
        found.append(v / np.linalg.norm(v))
    rows = np.array(found)
    return (gain * (rows if fan_out > fan_in else rows.T)).astype(dtype)


# lsuv


def lsuv_once(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    new, h = [], x
    for w in weights:
        z = h @ w
        std = z.std()
        if std == 0:
            raise ValueError("a layer gives the same number everywhere")
        if abs(std**2 - 1) > tol and max_iter > 0:
            w, z = w / std, z / std
        new.append(w)
        h = act(activation, z)
    return new


def lsuv_while(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    new = [w.copy() for w in weights]
    for layer in range(len(new)):
        h = x
        for w in new[:layer]:
            h = act(activation, np.dot(h, w))
        rounds = 0
        while rounds < max_iter:
            z = np.dot(h, new[layer])
            variance = np.mean((z - z.mean()) ** 2)
            if variance == 0:
                raise ValueError(f"layer {layer + 1} does not vary")
            if 1 - tol <= variance <= 1 + tol:
                break
            new[layer] = new[layer] * variance**-0.5
            rounds += 1
    return new


# activation_gain


def activation_gain_histogram(activation, *, std=1.0):
    """Equally likely pieces of the normal distribution, from its cumulative sum."""
    u = np.linspace(-9, 9, 200_001)
    share = np.cumsum(np.exp(-(u**2) / 2))
    middles = (np.arange(20_000) + 0.5) / 20_000
    z = std * np.interp(middles, share / share[-1], u)
    return std * np.mean(act(activation, z) ** 2) ** -0.5


def activation_gain_legendre(activation, *, std=1.0):
    """Each side by itself: a smooth function there, so Gauss-Legendre is exact enough."""
    points, weights = np.polynomial.legendre.leggauss(80)
    u = 4.5 * (points + 1)  # 0 to 9
    density = 4.5 * weights * np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
    kept = sum(density @ np.square(act(activation, side * std * u)) for side in (-1, 1))
    return std / float(np.sqrt(kept))


# class_bias


def class_bias_loops(y, k):
    counts = [0] * k
    for label in y:
        counts[label] += 1
    if min(counts) == 0:
        raise ValueError("a class has no example")
    return np.array([np.log(count) - np.log(len(y)) for count in counts])


def class_bias_one_hot(y, k):
    shares = np.eye(k)[y].mean(axis=0)
    if (shares == 0).any():
        raise ValueError(f"missing classes: {np.flatnonzero(shares == 0)}")
    return np.log(shares)


# branch_scale


def branch_scale_logarithms(blocks, *, growth=2.0):
    if blocks <= 0:
        raise ValueError("at least one block")
    if growth <= 1:
        raise ValueError("the signal can only grow")
    return np.expm1(np.log(growth) / blocks) ** 0.5


def branch_scale_search(blocks, *, growth=2.0):
    if blocks < 1 or growth <= 1:
        raise ValueError((blocks, growth))
    low, high = 0.0, float(growth)
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 + middle**2) ** blocks < growth else (low, middle)
    return (low + high) / 2


STYLES: dict[str, tuple[Callable, ...]] = {
    "initialization.deep_forward": (deep_forward_recursive, deep_forward_by_hand),
    "initialization.deep_backward": (deep_backward_append, deep_backward_examples),
    "initialization.backward_growth": (backward_growth_second_moment, backward_growth_sample),
    "initialization.var_product": (var_product_moments, var_product_coins),
    "initialization.xavier_normal": (xavier_normal_branches, xavier_normal_box_muller),
    "initialization.he_normal": (he_normal_divided, he_normal_columns),
    "initialization.orthogonal": (orthogonal_polar, orthogonal_gram_schmidt),
    "initialization.lsuv": (lsuv_once, lsuv_while),
    "initialization.activation_gain": (activation_gain_histogram, activation_gain_legendre),
    "initialization.class_bias": (class_bias_loops, class_bias_one_hot),
    "residual.branch_scale": (branch_scale_logarithms, branch_scale_search),
}
