"""Draws that several sections use."""

import math

import numpy as np

from grader import Rng


def seed(rng: np.random.Generator) -> Rng:
    return Rng(int(rng.integers(1 << 30)))


def inside_decade(rng: np.random.Generator, exponent: int) -> float:
    """A number well inside the decade that begins at 10^exponent."""
    return float(10 ** (exponent + rng.uniform(0.15, 0.45)))


def ks_distance(u: np.ndarray) -> float:
    """Largest distance between the distribution of some numbers and the uniform one on [0, 1]."""
    u, n = np.sort(u), len(u)
    return float(max((np.arange(1, n + 1) / n - u).max(), (u - np.arange(n) / n).max()))


def ks_bound(n: int) -> float:
    """Exceeded by chance once in 30 million draws: Kolmogorov, 2 exp(-2 * 3^2)."""
    return 3 / math.sqrt(n)
