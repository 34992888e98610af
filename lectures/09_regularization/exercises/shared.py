"""Numbers that several sections draw."""

import numpy as np


def both_signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.4 and 3 in size, half of them negative, in random places."""
    size = int(np.prod(shape))
    signs = np.where(np.arange(size) % 2, 1.0, -1.0)
    return (rng.permutation(signs) * rng.uniform(0.4, 3, size)).reshape(shape)


def classes(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """n classes from 0 to k - 1, as many different ones as there can be."""
    return rng.permutation(np.arange(n) % k)
