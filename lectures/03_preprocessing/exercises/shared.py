"""Clouds of points for several sections, drawn so that right and wrong answers stay apart."""

import numpy as np


def table(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """Columns with different means and standard deviations, all far from 0 and from 1."""
    means = rng.permutation(np.where(np.arange(d) % 2, 3.0, -2.0) * rng.uniform(0.8, 1.2, d))
    return means + exact_cloud(rng, n, rng.permutation(np.geomspace(0.3, 4, d)))


def exact_cloud(rng: np.random.Generator, n: int, stds: np.ndarray) -> np.ndarray:
    """N centred examples whose columns are uncorrelated and have exactly these deviations."""
    z = rng.standard_normal((n, len(stds)))
    q, _ = np.linalg.qr(z - z.mean(axis=0))
    return np.sqrt(n) * q * stds


def turned_cloud(
    rng: np.random.Generator, n: int, stds: tuple[float, ...], first: np.ndarray | None = None
) -> np.ndarray:
    """A cloud with these standard deviations along its axes, turned and moved at random.

    In each axis one entry is clearly the largest, so that a rule about its sign is clear, too.
    The first axis has the direction ``first``, if there is one.
    """
    d = len(stds)
    while True:
        directions = rng.standard_normal((d, d))
        if first is not None:
            directions[:, 0] = first
        axes = np.linalg.qr(directions)[0]
        sizes = np.sort(np.abs(axes), axis=0)
        if d == 1 or (sizes[-1] - sizes[-2]).min() > 0.02:
            break
    centre = rng.choice([-1.0, 1.0], d) * rng.uniform(1, 3, d)
    return exact_cloud(rng, n, np.array(stds)) @ axes.T + centre
