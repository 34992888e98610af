"""Optimizers that see a weight matrix as a matrix: Shampoo and Muon.

The steps follow the conventions of :mod:`utils.optimizers`: ``name_step(w, dw, state, *, lr, ...)
-> (w_next, state_next)``, and ``state`` starts as ``None``. A vector (a bias) counts as a matrix of
one column.
"""

import numpy as np
from jaxtyping import Float

from utils._signatures import enforce


def orthogonalise(
    m: Float[np.ndarray, "rows cols"], steps: int = 5
) -> Float[np.ndarray, "rows cols"]:
    """Bring the singular values of a matrix near 1, by matrix products alone.

    Args:
        m: a matrix.
        steps: number of Newton-Schulz iterations.

    Returns:
        o: the same shape and dtype, with the singular vectors of ``m``. After five iterations the
        singular values that were at least 1% of the matrix's norm lie between 0.6 and 1.3. A zero
        matrix stays zero.

    Each iteration maps a singular value s to 3.4445 s - 4.7750 s^3 + 2.0315 s^5: a polynomial that
    was tuned to be steep at 0 and to stay near 1, not to converge.

    Source: Jordan et al. 2024, Muon; syllabus SEC-08.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    length = np.linalg.norm(m)
    if length == 0:
        return np.zeros_like(m)
    tall = m.shape[0] > m.shape[1]
    x = (m.T if tall else m) / length
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


def muon_step(
    w: Float[np.ndarray, "*shape"],
    dw: Float[np.ndarray, "*shape"],
    state: Float[np.ndarray, "*shape"] | None,
    *,
    lr: float,
    mu: float = 0.95,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """One step of Muon: momentum whose matrix is orthogonalised before it is used.

    Args:
        w: a matrix or a vector.
        dw: its gradient.
        state: the momentum of the step before; ``None`` at the start.
        lr: learning rate.
        mu: momentum coefficient.

    Returns:
        w_next: w - lr * sqrt(max(1, rows / cols)) * O, where O is dw + mu * momentum with its
            singular values near 1.
        momentum: mu * (momentum before) + dw.

    Raises:
        ValueError: ``w`` has more than two axes.

    Source: Jordan et al. 2024; syllabus SEC-08.
    """
    momentum = dw if state is None else mu * state + dw
    update = _as_matrix(dw + mu * momentum)
    rows, cols = update.shape
    scale = lr * float(np.sqrt(max(1.0, rows / cols)))
    return w - scale * orthogonalise(update).reshape(w.shape), momentum.copy()


def shampoo_step(
    w: Float[np.ndarray, "*shape"],
    dw: Float[np.ndarray, "*shape"],
    state: tuple[Float[np.ndarray, "rows rows"], Float[np.ndarray, "cols cols"]] | None,
    *,
    lr: float,
    eps: float = 1e-6,
) -> tuple[
    Float[np.ndarray, "*shape"],
    tuple[Float[np.ndarray, "rows rows"], Float[np.ndarray, "cols cols"]],
]:
    """One step of Shampoo: w_next = w - lr * L^(-1/4) dw R^(-1/4).

    Args:
        w: a matrix or a vector.
        dw: its gradient G.
        state: the pair (L, R) of the step before; ``None`` at the start.
        lr: learning rate.
        eps: what L and R start with on their diagonal.

    Returns:
        w_next: the parameters after the step.
        state: L + G G^T, of shape ``(rows, rows)``, and R + G^T G, of shape ``(cols, cols)``.

    Raises:
        ValueError: ``w`` has more than two axes.

    AdaGrad divides each entry by the square root of its own sum of squares. Shampoo does the same
    in the rows' and the columns' own directions, with two small matrices in place of one of
    (rows * cols)**2 entries.

    Source: Gupta, Koren & Singer 2018; syllabus SEC-07, SEC-08.
    """
    g = _as_matrix(dw)
    rows, cols = g.shape
    if state is None:
        state = eps * np.eye(rows, dtype=g.dtype), eps * np.eye(cols, dtype=g.dtype)
    left, right = state[0] + g @ g.T, state[1] + g.T @ g
    update = _inverse_fourth_root(left) @ g @ _inverse_fourth_root(right)
    return w - lr * update.reshape(w.shape), (left, right)


def _as_matrix(a: np.ndarray) -> np.ndarray:
    if a.ndim > 2:
        raise ValueError(f"got an array of shape {a.shape}, expected a matrix or a vector")
    return a.reshape(len(a), -1) if a.ndim else a.reshape(1, 1)


def _inverse_fourth_root(m: np.ndarray) -> np.ndarray:
    eigenvalues, q = np.linalg.eigh(m)
    # Rounding can leave an eigenvalue at zero or below it.
    smallest = np.finfo(m.dtype).eps * max(float(eigenvalues[-1]), np.finfo(m.dtype).tiny)
    return (q * np.maximum(eigenvalues, smallest) ** -0.25) @ q.T


enforce(__name__, filled=(muon_step, shampoo_step), finite=(shampoo_step,))
