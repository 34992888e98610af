"""Images and bounds for several sections.

Functions that draw are judged by properties. Bounds are six standard deviations wide or more: a
right answer misses one of them less than once in a million checks, whatever way it draws.
"""

import numpy as np

from grader import Rng

SIGMAS = 6.0


def seed(rng: np.random.Generator) -> Rng:
    return Rng(int(rng.integers(1 << 30)))


def chance_bound(p: float, n: int) -> float:
    """How far the share of n independent trials may be from p."""
    return float(SIGMAS * np.sqrt(p * (1 - p) / n) + 1e-9)


def numbered(n: int, c: int, h: int, w: int) -> np.ndarray:
    """Images in which no two pixels are equal, of one image or of two; none is 0."""
    return 1.0 + np.arange(n * c * h * w, dtype=float).reshape(n, c, h, w)


def pictures(rng: np.random.Generator, *shape: int, low: float = 0.3, high: float = 0.7):
    """Images with pixels between low and high, no two alike."""
    size = int(np.prod(shape))
    return rng.permutation(np.linspace(low, high, size)).reshape(shape)
