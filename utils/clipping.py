"""Clipping: a bound on the length of the gradient, so that one bad batch cannot do much harm."""

import numpy as np
from jaxtyping import Float

from utils._signatures import enforce


def clip_by_norm(
    grads: dict[str, Float[np.ndarray, "..."]], max_norm: float
) -> tuple[dict[str, Float[np.ndarray, "..."]], float]:
    """Shorten the gradient of a whole network to ``max_norm`` where it is longer.

    Args:
        grads: ``{name: gradient}``. All numbers of all arrays together are one vector.
        max_norm: the largest Euclidean norm that this vector may keep, positive.

    Returns:
        clipped: ``{name: gradient}``, new arrays of the same shapes and dtypes. The vector points
            where it pointed; a vector that is not longer than ``max_norm`` is as it was.
        norm: the norm of the vector before clipping.

    Solution:
        norm = sqrt(sum over all arrays of sum(g**2)); if norm > max_norm, every array is multiplied
        by max_norm / norm. One norm for all: clipping each array by itself would turn the vector.

    Source: Pascanu, Mikolov, Bengio 2013; syllabus OPT-17.
    """
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads.values())))
    factor = max_norm / norm if norm > max_norm else 1.0
    return {name: g * factor for name, g in grads.items()}, norm


enforce(__name__)
