"""Wrong answers to lecture 10 that others have written, each with the name it should get."""

import numpy as np


def _asked(p_drop, train, rng):
    if not 0 <= p_drop < 1 or (train and rng is None):
        raise ValueError(p_drop)


def integer_mask(shape, *, p_drop, rng):
    _asked(p_drop, True, rng)
    return (rng.random(shape) >= p_drop).astype(int)


def half_always(shape, *, p_drop, rng):
    _asked(p_drop, True, rng)
    return rng.random(shape) >= 0.5


def normal_mask(shape, *, p_drop, rng):
    _asked(p_drop, True, rng)
    return rng.standard_normal(shape) >= p_drop


def scaled_in_both_phases(x, *, p_drop, train, rng):
    _asked(p_drop, train, rng)
    factor = np.full_like(x, 1 / (1 - p_drop))
    if train:
        factor *= rng.random(x.shape) >= p_drop
    return x * factor, factor


def keeping_and_scaled_in_testing(x, *, p_drop, train, rng):
    """p as the probability of keeping, and vanilla dropout."""
    _asked(p_drop, train, rng)
    factor = np.full_like(x, p_drop)
    if train:
        factor = (rng.random(x.shape) < p_drop).astype(x.dtype)
    return x * factor, factor


def normal_numbers(x, *, p_drop, train, rng):
    _asked(p_drop, train, rng)
    factor = np.ones_like(x)
    if train:
        factor = (rng.standard_normal(x.shape) >= p_drop).astype(x.dtype)
        factor /= np.asarray(1 - p_drop, x.dtype)
    return x * factor, factor


def by_what_was_kept(x, *, p_drop, train, rng):
    _asked(p_drop, train, rng)
    factor = np.ones_like(x)
    if train:
        mask = rng.random(x.shape) >= p_drop
        factor = (mask / max(mask.mean(), 1e-12)).astype(x.dtype)
    return x * factor, factor


def bare_mask(dout, cache):
    return dout * (cache > 0)


def scale_without_mask(dout, cache):
    return dout * cache.max()


def averaged(dout, cache):
    return dout * cache / len(dout)


def keep_and_drop_swapped(h, f_h, *, p_drop, train, rng):
    _asked(p_drop, train, rng)
    gate = float(rng.random() < p_drop) if train else float(p_drop)
    out = np.maximum(0, h + gate * f_h)
    return out, (out, gate)


def a_block_that_never_runs(h, f_h, *, p_drop, train, rng):
    _asked(p_drop, train, rng)
    gate = 0.0 if train else 1 - p_drop
    out = np.maximum(0, h + gate * f_h)
    return out, (out, gate)


def graham(n_in, n_out, *, rng):
    """The pseudo-random sequence of the paper."""
    alpha = n_in / n_out
    u = rng.uniform(0, 1)
    steps = np.ceil(alpha * (np.arange(n_out + 1) + u)).astype(int)
    return steps - steps[0] if n_out > 1 else np.array([0, n_in])


ELSEWHERE = {
    "dropout.dropout_mask": (
        ("numbers instead of True and False", integer_mask),
        ("one half, whatever p_drop is", half_always),
        ("normal instead of uniform numbers", normal_mask),
    ),
    "dropout.dropout_forward": (
        ("scaled up at test time, too", scaled_in_both_phases),
        ("vanilla dropout with p for keeping", keeping_and_scaled_in_testing),
        ("normal instead of uniform numbers", normal_numbers),
        ("divided by the share that happened to be kept", by_what_was_kept),
    ),
    "dropout.dropout_backward": (
        ("the mask without the scale", bare_mask),
        ("the scale without the mask", scale_without_mask),
        ("divided by the number of examples", averaged),
    ),
    "dropout.stochastic_depth_forward": (
        ("keeps with probability p_drop", keep_and_drop_swapped),
        ("the block never takes part", a_block_that_never_runs),
    ),
    "dropout.fmp_boundaries": (("evenly spread from a random offset", graham),),
}
