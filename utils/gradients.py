"""Gradients by finite differences: the judge of every backward pass."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from utils import _checks
from utils._signatures import enforce


def numerical_gradient(
    f: Callable[[np.ndarray], float], x: Float[np.ndarray, "*shape"], h: float = 1e-5
) -> Float[np.ndarray, "*shape"]:
    """Gradient by central differences: df/dx_i = (f(x + h e_i) - f(x - h e_i)) / (2 h).

    Args:
        f: a function from an array of the shape of ``x`` to one number.
        x: the point, any shape. It is left as it is.
        h: the step. e_i is 1 at entry i and 0 elsewhere.

    Returns:
        grad: shape and dtype of ``x``.

    ``f`` is called with float64 arrays, also when ``x`` is float32. For a function with an
    array as output, take f(x) = sum(out(x) * dout): its gradient is what a backward pass
    returns for ``dout``.

    Solution:
        In float32 the two values agree in nearly all digits, and their difference keeps
        none; so step in float64. 1e-5 is a good middle there: the error of the formula
        falls with h^2, the rounding error grows with 1/h.

    Source: syllabus BPG-01.
    """
    grad = np.zeros(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        grad[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


def relative_error(a: Float[np.ndarray, "*shape"], b: Float[np.ndarray, "*shape"]) -> float:
    """How far two gradients are apart: the largest |a - b| / max(|a| + |b|, 1e-8).

    Args:
        a: one array.
        b: the other, same shape.

    Returns:
        error: 0 for equal arrays, 1 where one is 0 and the other is not or where
            the signs differ, and 0 for empty arrays.

    Raises:
        ValueError: the shapes differ.

    Rules of thumb for float64: below 1e-7 the backward pass is right, above 1e-2 it
    is wrong. In between look closer: a corner (ReLU at 0) may lie within the step.

    Source: syllabus BPG-01.
    """
    if a.shape != b.shape:
        raise ValueError(f"the shapes must agree, got {a.shape} and {b.shape}")
    return float(np.max(np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), 1e-8), initial=0.0))


def grad_check(
    loss: Callable[[dict[str, np.ndarray]], float],
    params: dict[str, np.ndarray],
    grads: dict[str, np.ndarray],
    h: float = 1e-5,
) -> dict[str, float]:
    """Compare all gradients of a network with finite differences: name -> relative error.

    Args:
        loss: a function from a dict of parameters to one number.
        params: the parameters at which to compare.
        grads: the gradients to be judged, same keys and shapes.
        h: the step, see :func:`numerical_gradient`.

    Returns:
        errors: for each key the :func:`relative_error` of its gradient.

    Raises:
        ValueError: ``params`` and ``grads`` have different keys.

    Source: syllabus BPG-01.
    """
    if params.keys() != grads.keys():
        raise ValueError(f"params has keys {list(params)}, but grads has {list(grads)}")
    return {
        name: relative_error(
            grads[name], numerical_gradient(lambda w, name=name: loss(params | {name: w}), w, h)
        )
        for name, w in params.items()
    }


enforce(__name__, checks={grad_check: _checks.gradients})
