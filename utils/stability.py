"""Why momentum works: a step on a quadratic, one curvature at a time.

In the directions of a Hessian's eigenvectors a quadratic falls apart into parabolas, one for each
eigenvalue, and the methods of :mod:`utils.optimizers` walk on each of them as if it were alone.
"""

import numpy as np
from jaxtyping import Float

from utils._signatures import enforce


def momentum_modes(
    lam: Float[np.ndarray, " d"], lr: float, mu: float
) -> dict[str, Float[np.ndarray, "d ..."]]:
    """What a step of momentum does to (w, v) on the parabola 0.5 * lam * w**2, for each curvature.

    Args:
        lam: curvatures, shape ``(d,)``: the eigenvalues of a Hessian, of either sign.
        lr: learning rate.
        mu: the momentum of the velocity form, from 0 up to but not including 1.

    Returns:
        modes: a dictionary with these entries, each for every curvature:

        - ``"matrix"``, shape ``(d, 2, 2)``: the matrix A with A @ (w, v) = (w_next, v_next);
        - ``"trace"``, shape ``(d,)``: the sum of the two eigenvalues of A;
        - ``"determinant"``, shape ``(d,)``: their product;
        - ``"factor"``, shape ``(d,)``: the size of the larger one. In the long run (w, v) is
          multiplied by it in each step: below 1 the weight comes to rest, above 1 it diverges.

    The gradient at w is lam * w. The eigenvalues of A may be complex.

    Solution:
        v_next = mu * v - lr * lam * w and w_next = w + v_next, so A has the rows
        (1 - lr * lam, mu) and (-lr * lam, mu), the trace 1 + mu - lr * lam and the determinant mu.
        Its eigenvalues solve s**2 - trace * s + mu = 0. While trace**2 < 4 * mu they are complex
        conjugates, and both have the size sqrt(mu).

    Source: Polyak 1964; Goh, "Why Momentum Really Works", Distill 2017; syllabus OPT-07, OPT-10.
    """
    a, kept = lr * lam, np.full_like(lam, mu)
    matrix = np.moveaxis(np.array([[1 - a, kept], [-a, kept]]), -1, 0)
    return {
        "matrix": matrix,
        "trace": 1 + mu - a,
        "determinant": kept,
        "factor": np.abs(np.linalg.eigvals(matrix)).max(axis=-1),
    }


def polyak(lam_min: float, lam_max: float) -> tuple[float, float]:
    """The learning rate and the momentum with which the slowest curvature shrinks fastest.

    Args:
        lam_min: the smallest curvature of the quadratic.
        lam_max: the largest one.

    Returns:
        lr: learning rate.
        mu: momentum, for the velocity form.

    Every curvature from ``lam_min`` to ``lam_max`` then shrinks by the same factor in each step,
    and no other pair makes the largest of these factors smaller. If the two are equal, ``mu`` is 0.

    Raises:
        ValueError: not 0 < ``lam_min`` <= ``lam_max``.

    Solution:
        The factor of a curvature is sqrt(mu) as long as (1 - sqrt(mu))**2 <= lr * lam <=
        (1 + sqrt(mu))**2. The smallest mu whose band reaches from lam_min to lam_max has both of
        them on its ends. So lr = (2 / (sqrt(lam_max) + sqrt(lam_min)))**2 and sqrt(mu) =
        (sqrt(kappa) - 1) / (sqrt(kappa) + 1) with kappa = lam_max / lam_min.

    Source: Polyak 1964; syllabus OPT-07, OPT-10.
    """
    if not 0 < lam_min <= lam_max:
        raise ValueError(f"expected 0 < lam_min <= lam_max, got {lam_min} and {lam_max}")
    low, high = float(lam_min) ** 0.5, float(lam_max) ** 0.5
    return (2 / (high + low)) ** 2, ((high - low) / (high + low)) ** 2


enforce(__name__, finite=(momentum_modes,))
