"""Wrong answers to lecture 04 that others have written, each with the name it should get."""

import numpy as np

from utils.activations import act_grad


def _truncated(rng, shape):
    """Normal numbers, drawn again until they lie within two standard deviations."""
    z = rng.standard_normal(shape)
    while (outside := np.abs(z) > 2).any():
        z[outside] = rng.standard_normal(int(outside.sum()))
    return z


def he_truncated(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    std = np.sqrt(2 / ((1 + slope**2) * fan_in))
    return (std * _truncated(rng, (fan_in, fan_out))).astype(dtype)


def xavier_truncated(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    n = {"in": fan_in, "out": fan_out, "average": (fan_in + fan_out) / 2}[_known(mode)]
    return (_truncated(rng, (fan_in, fan_out)) / np.sqrt(n)).astype(dtype)


def _known(mode):
    if mode not in ("in", "out", "average"):
        raise ValueError(mode)
    return mode


def limit_as_std(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """The limit of the uniform rule as the standard deviation of the normal one."""
    n = {"in": fan_in, "out": fan_out, "average": (fan_in + fan_out) / 2}[_known(mode)]
    return (np.sqrt(3 / n) * rng.standard_normal((fan_in, fan_out))).astype(dtype)


def signs_of_svd(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    u, _, vt = np.linalg.svd(rng.standard_normal((fan_in, fan_out)), full_matrices=False)
    q = u if u.shape == (fan_in, fan_out) else vt
    return (gain * q).astype(dtype)


def slope_at_the_next_output(dout, cache):
    """``hs[l + 1]`` where ``zs[l]`` belongs."""
    hs, _, weights, activation = cache
    dhs, dws = [dout], []
    for i in reversed(range(len(weights))):
        dz = dhs[0] * act_grad(activation, hs[i + 1])
        dws.insert(0, hs[i].T @ dz)
        dhs.insert(0, dz @ weights[i].T)
    return dhs, dws


def weights_from_the_output(dout, cache):
    """``hs[l + 1].T`` where ``hs[l].T`` belongs; it fits when all layers are equally wide."""
    hs, zs, weights, activation = cache
    dhs, dws = [dout], []
    for i in reversed(range(len(weights))):
        dz = dhs[0] * act_grad(activation, zs[i])
        dws.insert(0, hs[i + 1].T @ dz)
        dhs.insert(0, dz @ weights[i].T)
    return dhs, dws


def _bias(of_shares):
    def function(y, k):
        counts = np.bincount(y, minlength=k)
        if not counts.all():
            raise ValueError(f"{counts}")
        return of_shares(counts / len(y), counts)

    return function


shares = _bias(lambda p, counts: p)
of_counts = _bias(lambda p, counts: np.log(counts))
centred = _bias(lambda p, counts: np.log(p) - np.log(p).mean())
negative = _bias(lambda p, counts: -np.log(p))
all_alike = _bias(lambda p, counts: np.full(len(p), -np.log(len(p))))
odds = _bias(lambda p, counts: np.log(p / (1 - p)))
one_more = _bias(lambda p, counts: np.log((counts + 1) / (counts + 1).sum()))


def _scale(formula):
    def function(blocks, *, growth=2.0):
        if blocks < 1 or growth <= 1:
            raise ValueError(f"{blocks}, {growth}")
        return float(formula(blocks, growth))

    return function


root_of_blocks = _scale(lambda n, growth: 1 / np.sqrt(n))
equal_pieces = _scale(lambda n, growth: np.sqrt((growth - 1) / n))
no_root = _scale(lambda n, growth: growth ** (1 / n) - 1)
root_too_early = _scale(lambda n, growth: growth ** (0.5 / n) - 1)
of_the_rms = _scale(lambda n, growth: np.sqrt(growth ** (2 / n) - 1))
no_skip = _scale(lambda n, growth: growth ** (0.5 / n))


ELSEWHERE = {
    "initialization.he_normal": (("a truncated draw", he_truncated),),
    "initialization.xavier_normal": (
        ("a truncated draw", xavier_truncated),
        ("the limit of the uniform rule", limit_as_std),
    ),
    "initialization.orthogonal": (("the signs that QR happens to give", signs_of_svd),),
    "initialization.deep_backward": (
        ("the slope at the output", slope_at_the_next_output),
        ("the layer's output in the weight gradient", weights_from_the_output),
    ),
    "initialization.class_bias": (
        ("the shares themselves", shares),
        ("the logarithm of the counts", of_counts),
        ("the mean taken away", centred),
        ("the sign is turned", negative),
        ("as if all were equally frequent", all_alike),
        ("the odds", odds),
        ("one more example of each class", one_more),
    ),
    "residual.branch_scale": (
        ("one over the square root of the number of blocks", root_of_blocks),
        ("growth in equal pieces", equal_pieces),
        ("the square root is missing", no_root),
        ("the root before the one is taken away", root_too_early),
        ("the growth of the rms", of_the_rms),
        ("the skip is forgotten", no_skip),
    ),
}
