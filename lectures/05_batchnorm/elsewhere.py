"""Wrong answers to lecture 05 that others have written, each with the name it should get."""

import numpy as np

from utils.normalization import (
    batchnorm_backward,
    batchnorm_forward,
    layernorm_backward,
    weightnorm_backward,
)


def _forward(x, gamma, beta, running, train, momentum, eps, slips):
    """Batch norm, with a slip in one of its places."""
    mean, var = (x.mean(axis=0), x.var(axis=0)) if train else running
    inside, outside = slips.get("eps", lambda train, eps: (eps, 0.0))(train, eps)
    std = np.sqrt(var + inside) + outside
    x_hat = (x - mean) / std
    out = x_hat if slips.get("plain", lambda train: False)(train) else gamma * x_hat + beta
    if train:
        kept = slips.get("kept", lambda var, std: var)(var, std)
        running = tuple(
            (1 - momentum) * r + momentum * b for r, b in zip(running, (mean, kept), strict=True)
        )
    return out, (x_hat, gamma, std, train), running


def _slip(**slips):
    def function(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
        return _forward(x, gamma, beta, running, train, momentum, eps, slips)

    return function


no_eps_at_test_time = _slip(eps=lambda train, eps: (eps if train else 0.0, 0.0))
eps_of_its_own = _slip(eps=lambda train, eps: (1e-5, 0.0))
eps_outside_at_test_time = _slip(eps=lambda train, eps: (eps, 0.0) if train else (0.0, eps))
plain_at_test_time = _slip(plain=lambda train: not train)
eps_collected = _slip(kept=lambda var, std: std**2)
std_collected = _slip(kept=lambda var, std: std)
inverse_std_collected = _slip(kept=lambda var, std: 1 / std)


def std_for_variance(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """``np.std`` taken for the variance."""
    mean, var = (x.mean(axis=0), x.std(axis=0)) if train else running
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    if train:
        running = (
            (1 - momentum) * running[0] + momentum * mean,
            (1 - momentum) * running[1] + momentum * var,
        )
    return gamma * x_hat + beta, (x_hat, gamma, std, train), running


def by_features(dout, cache):
    """Means that divide by the number of features."""
    x_hat, gamma, std, train = cache
    if not train:
        return batchnorm_backward(dout, cache)
    d = dout.shape[1]
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    return gamma / std * (dout - dbeta / d - x_hat * dgamma / d), dgamma, dbeta


def gamma_forgotten(dout, cache):
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx / cache[1], dgamma, dbeta


def exchanged(dout, cache):
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx, dbeta, dgamma


def layernorm_times_std(dout, cache):
    dx, dgamma, dbeta = layernorm_backward(dout, cache)
    return dx * cache[2] ** 2, dgamma, dbeta


def layernorm_dgamma_mean(dout, cache):
    dx, dgamma, dbeta = layernorm_backward(dout, cache)
    return dx, dgamma / len(dout), dbeta


def dg_not_summed(dw, cache):
    v, _, norm = cache
    return weightnorm_backward(dw, cache)[0], dw * v / norm


def one_less(h, *, eps=1e-5):
    _some(h)
    return h.mean(axis=0), np.sqrt(h.var(axis=0, ddof=min(1, len(h) - 1)) + eps)


def sums(h, *, eps=1e-5):
    _some(h)
    mu = h.sum(axis=0)
    return mu, np.sqrt(((h - mu) ** 2).sum(axis=0) + eps)


def sum_in_the_variance(h, *, eps=1e-5):
    _some(h)
    mu = h.mean(axis=0)
    return mu, np.sqrt(((h - mu) ** 2).sum(axis=0) + eps)


def _some(h):
    if len(h) == 0:
        raise ValueError("no example")


def collects_in_both_phases(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    out, cache, collected = batchnorm_forward(
        x, gamma, beta, running, train=train, momentum=momentum, eps=eps
    )
    if not train:
        batch = x.mean(axis=0), x.var(axis=0)
        pairs = zip(running, batch, strict=True)
        collected = tuple((1 - momentum) * r + momentum * b for r, b in pairs)
    return out, cache, collected


def _rms(rms, out=lambda x_hat, gamma: gamma * x_hat, centre=lambda x: x):
    def function(x, gamma, *, eps=1e-5):
        if gamma.shape != x.shape[1:]:
            raise ValueError(gamma.shape)
        with np.errstate(all="ignore"):
            size = rms(x**2, eps)
            x_hat = centre(x) / size
        return out(x_hat, gamma), (x_hat, gamma, size)

    return function


rms_eps_outside = _rms(lambda x2, eps: np.sqrt(x2.mean(axis=1, keepdims=True)) + eps)
rms_over_the_batch = _rms(lambda x2, eps: np.sqrt(x2.mean(axis=0, keepdims=True) + eps))
rms_of_a_sum = _rms(lambda x2, eps: np.sqrt(x2.sum(axis=1, keepdims=True) + eps))
rms_without_eps = _rms(lambda x2, eps: np.sqrt(x2.mean(axis=1, keepdims=True)))
rms_without_gamma = _rms(
    lambda x2, eps: np.sqrt(x2.mean(axis=1, keepdims=True) + eps), lambda x_hat, gamma: x_hat
)


def _folded(scale=lambda gamma, var, eps: gamma / np.sqrt(var + eps), bias=None):
    def function(w, b, gamma, beta, running, *, eps=1e-5):
        mean, var = running
        s = scale(gamma, var, eps)
        return w * s, bias(b, mean, beta, s) if bias else (b - mean) * s + beta

    return function


fold_old_bias_lost = _folded(bias=lambda b, mean, beta, s: beta - mean * s)
fold_as_found = _folded(bias=lambda b, mean, beta, s: b + beta - mean * s)
fold_mean_added = _folded(bias=lambda b, mean, beta, s: (b + mean) * s + beta)
fold_shift_scaled = _folded(bias=lambda b, mean, beta, s: (b - mean + beta) * s)
fold_no_eps = _folded(lambda gamma, var, eps: gamma / np.sqrt(var))
fold_eps_outside = _folded(lambda gamma, var, eps: gamma / (np.sqrt(var) + eps))
fold_by_variance = _folded(lambda gamma, var, eps: gamma / (var + eps))
fold_without_gamma = _folded(lambda gamma, var, eps: 1 / np.sqrt(var + eps))


ELSEWHERE = {
    "normalization.batch_stats": (
        ("divided by one less than the examples", one_less),
        ("sums for means", sums),
        ("a sum for the mean in the variance", sum_in_the_variance),
    ),
    "normalization.batchnorm_forward": (
        ("no eps", no_eps_at_test_time),
        ("an eps of its own", eps_of_its_own),
        ("eps outside the square root", eps_outside_at_test_time),
        ("no scale and shift", plain_at_test_time),
        ("eps collected with the variance", eps_collected),
        ("the standard deviation collected", std_collected),
        ("the inverse of std collected", inverse_std_collected),
        ("the standard deviation taken for the variance", std_for_variance),
        ("collected at test time too", collects_in_both_phases),
    ),
    "normalization.batchnorm_backward": (
        ("divided by the number of features", by_features),
        ("gamma is missing in dx", gamma_forgotten),
        ("dgamma and dbeta exchanged", exchanged),
    ),
    "normalization.layernorm_backward": (
        ("multiplied by std", layernorm_times_std),
        ("means for dgamma and dbeta", layernorm_dgamma_mean),
    ),
    "normalization.weightnorm_backward": (("dg is not summed", dg_not_summed),),
    "normalization.rmsnorm_forward": (
        ("eps outside the square root", rms_eps_outside),
        ("over the batch", rms_over_the_batch),
        ("a sum for the mean", rms_of_a_sum),
        ("no eps", rms_without_eps),
        ("gamma is forgotten", rms_without_gamma),
    ),
    "normalization.fold_batchnorm": (
        ("the old bias is lost", fold_old_bias_lost),
        ("the version that was found", fold_as_found),
        ("the mean added", fold_mean_added),
        ("the shift is scaled", fold_shift_scaled),
        ("no eps", fold_no_eps),
        ("eps outside the square root", fold_eps_outside),
        ("divided by the variance", fold_by_variance),
        ("gamma is forgotten", fold_without_gamma),
    ),
}
