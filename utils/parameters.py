"""The parameters of a network as one long vector, and back."""

import numpy as np
from jaxtyping import Float

from utils import _checks
from utils._signatures import enforce


def flatten_params(params: dict[str, np.ndarray]) -> Float[np.ndarray, " d"]:
    """All parameters of a network in one vector, one after another in the order of the dict.

    Args:
        params: ``{name: array}``, at least one.

    Returns:
        w: shape ``(d,)``, a copy; each array in row-major order.

    Source: syllabus HRD-03, SEC-02.
    """
    return np.concatenate([value.ravel() for value in params.values()])


def unflatten_params(
    w: Float[np.ndarray, " d"], like: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The vector of :func:`flatten_params` as a dict of arrays again.

    Args:
        w: the vector, shape ``(d,)``.
        like: a dict with the names and shapes that are wanted; its values do not matter.

    Returns:
        params: ``{name: array}``, copies, dtype of ``w``.

    Raises:
        ValueError: ``w`` is not as long as the arrays are together.

    Source: syllabus HRD-03, SEC-02.
    """
    sizes = [value.size for value in like.values()]
    if len(w) != sum(sizes):
        raise ValueError(f"w has {len(w)} entries, expected {sum(sizes)}")
    parts = np.split(w, np.cumsum(sizes)[:-1])
    shapes = [value.shape for value in like.values()]
    return {
        name: part.reshape(shape).copy()
        for name, part, shape in zip(like, parts, shapes, strict=True)
    }


enforce(__name__, any_precision=(unflatten_params,), checks={unflatten_params: _checks.as_long})
