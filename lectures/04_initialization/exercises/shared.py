"""Inputs, and the numbers of many weights, for several sections."""

from itertools import pairwise

import numpy as np

from grader import Rng, Tolerance

# Statistics of 60,000 weights. Between two right draws the variance differs by 0.8 % (one standard
# deviation), the kurtosis by 0.9 %, the share of positive weights by 0.6 %: 7 % is more than seven
# of these, and a misconception misses by 15 % or more.
OF_MANY_WEIGHTS = Tolerance(rtol=0.07, atol=0.0)

DRAWN = ("w", "statistics", "behaviour")


def seed(rng: np.random.Generator) -> Rng:
    return Rng(int(rng.integers(1 << 30)))


def both_signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.3 and 1.5 in size, half of them negative, in random places."""
    size = int(np.prod(shape))
    signs = np.where(np.arange(size) % 2, 1.0, -1.0)
    return (rng.permutation(signs) * rng.uniform(0.3, 1.5, size)).reshape(shape)


def net(rng: np.random.Generator, *sizes: int) -> list[np.ndarray]:
    """Weights of a deep network whose signals neither vanish nor explode."""
    return [both_signs(rng, m, n) / np.sqrt(m) for m, n in pairwise(sizes)]


def fan_of(fan_in, fan_out, mode):
    fans = {"in": fan_in, "out": fan_out, "average": (fan_in + fan_out) / 2}
    if mode not in fans:
        raise ValueError(mode)
    return fans[mode]


def scaled_normal(fan_in, fan_out, std, rng, dtype):
    return (std * rng.standard_normal((fan_in, fan_out))).astype(dtype)
