"""Inputs for the cases of several sections."""

from collections.abc import Iterator

import numpy as np

ROOT_2PI = float(np.sqrt(2 * np.pi))


def both_signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.3 and 3 in size, half of them negative, in random places."""
    size = int(np.prod(shape))
    signs = np.where(np.arange(size) % 2, 1.0, -1.0)
    return (rng.permutation(signs) * rng.uniform(0.3, 3, size)).reshape(shape)


def with_zeros(rng: np.random.Generator) -> np.ndarray:
    """Two rows with both signs and an exact zero in each."""
    x = both_signs(rng, 2, 4)
    x[0, rng.integers(4)] = x[1, rng.integers(4)] = 0
    return x


def huge(rng: np.random.Generator) -> np.ndarray:
    """One row with very large inputs of both signs."""
    return rng.permutation([-1e4, -750.0, -1.0, 0.0, 1.0, 750.0, 1e4])[None]


def layer(rng: np.random.Generator, n: int, alive: int, dead: int) -> np.ndarray:
    """Outputs of a ReLU layer: living units answer some examples, dead ones none.

    The last example gets no answer at all, so that dead examples are not taken for dead units.
    """
    on = np.zeros((n, alive + dead))
    for unit in range(alive):
        on[rng.permutation(n - 1)[: 1 + unit % (n - 2)], unit] = 1
    return rng.permutation(on * rng.uniform(0.3, 2, on.shape), axis=1)


def inputs(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Inputs of an element-by-element function, each with its name."""
    x = both_signs(rng, 5, 3)
    x[-1, -1] = abs(x[-1, -1])  # or a loop that ends too early might not show in ReLU
    yield "five examples, three features", x
    yield "one example", both_signs(rng, 1, 4)
    yield "one feature", both_signs(rng, 4, 1)
    yield "an array of three dimensions", both_signs(rng, 2, 3, 2)
    yield "zeros among the inputs", with_zeros(rng)
