"""Numbers and matrices for several sections."""

import numpy as np


def both_signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.4 and 1.5 in size, half of them negative, in random places."""
    size = int(np.prod(shape))
    signs = np.where(np.arange(size) % 2, 1.0, -1.0)
    return (rng.permutation(signs) * rng.uniform(0.4, 1.5, size)).reshape(shape)


def turned(rng: np.random.Generator, eigenvalues) -> np.ndarray:
    """A symmetric matrix with these eigenvalues; its directions are no axes."""
    n = len(eigenvalues)
    q, _ = np.linalg.qr(rng.standard_normal((n, n)) + 2 * np.ones((n, n)))
    h = q @ np.diag(np.array(eigenvalues, dtype=float)) @ q.T
    return (h + h.T) / 2


def along_all(rng: np.random.Generator, hessian: np.ndarray) -> np.ndarray:
    """A gradient with a clear part along every eigenvector of a matrix."""
    _, q = np.linalg.eigh(hessian)
    return q @ both_signs(rng, len(hessian))
