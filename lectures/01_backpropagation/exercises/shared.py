"""Inputs for the cases of several sections."""

import numpy as np


def both_signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.3 and 1.5 in size, half of them negative, in random places."""
    size = int(np.prod(shape))
    signs = np.where(np.arange(size) % 2, 1.0, -1.0)
    return (rng.permutation(signs) * rng.uniform(0.3, 1.5, size)).reshape(shape)


def several_classes(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """Labels of n examples: every class, as far as there are examples, in random order."""
    return rng.permutation(np.arange(n) % k)


def layers(rng: np.random.Generator, *sizes: int) -> dict[str, np.ndarray]:
    """Parameters of a dense network, weights and biases of both signs."""
    params = {}
    for n in range(1, len(sizes)):
        params[f"w{n}"] = both_signs(rng, sizes[n - 1], sizes[n])
        params[f"b{n}"] = both_signs(rng, sizes[n])
    return params
