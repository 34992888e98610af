"""Inputs for the cases of several sections."""

import numpy as np


def uneven(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Data with another mean and another spread in each row, column, channel, ….

    Along each axis means and spreads change from place to place, so that statistics over a wrong
    axis are far from the right ones.
    """
    x = rng.uniform(-1, 1, shape)
    for axis, size in enumerate(shape):
        along = [-1 if other == axis else 1 for other in range(len(shape))]
        if size > 1:
            x = x * rng.permutation(np.geomspace(0.6, 1.8, size)).reshape(along)
            x = x + rng.permutation(np.linspace(-0.8, 1.2, size)).reshape(along)
    return x


def both_signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.4 and 1.6 in size, half of them negative, in random places."""
    size = int(np.prod(shape))
    signs = np.where(np.arange(size) % 2, 1.0, -1.0)
    return (rng.permutation(signs) * rng.uniform(0.4, 1.6, size)).reshape(shape)


def scales(rng: np.random.Generator, n: int) -> np.ndarray:
    """Scales that differ much from each other."""
    return rng.permutation(np.geomspace(0.4, 2.5, n)) if n > 1 else rng.uniform(1.5, 2.5, 1)


def collected(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Running statistics as they may stand half-way through training."""
    return both_signs(rng, n), rng.uniform(2, 5, n)
