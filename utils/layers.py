"""Layers with weights or windows: dense (affine), flatten, convolution, max pooling.

Every forward returns ``(out, cache)``; its backward takes ``(dout, cache)`` and
returns the gradients in the order of the forward's array arguments.
"""

import numpy as np
from jaxtyping import Float
from numpy.lib.stride_tricks import sliding_window_view


def affine_forward(
    x: Float[np.ndarray, "n d"], w: Float[np.ndarray, "d m"], b: Float[np.ndarray, " m"]
) -> tuple[
    Float[np.ndarray, "n m"],
    tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "d m"], Float[np.ndarray, " m"]],
]:
    """Dense layer, every input wired to every output: out = x w + b.

    Args:
        x: inputs, one example a row, shape (N, D).
        w: weights, shape (D, M): column j holds the weights of output unit j.
        b: biases, shape (M,), one for each output unit.

    Returns:
        out: shape (N, M), dtype of ``x``.
        cache: the tuple ``(x, w, b)``.

    Raises:
        ValueError: the rows of ``x`` and the columns of ``w`` differ in length.

    Source: syllabus NEU-03, BPG-03.
    """
    if x.shape[1] != w.shape[0]:
        raise ValueError(f"x has {x.shape[1]} features a row, but w expects {w.shape[0]}")
    return x @ w + b, (x, w, b)


def affine_backward(
    dout: Float[np.ndarray, "n m"],
    cache: tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "d m"], Float[np.ndarray, " m"]],
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "d m"], Float[np.ndarray, " m"]]:
    """Gradients of a dense layer: dx = dout w^T, dw = x^T dout, db = column sums of dout.

    Args:
        dout: gradient of the loss on the output, shape (N, M).
        cache: ``(x, w, b)`` of :func:`affine_forward`.

    Returns:
        dx: gradient on the inputs, shape (N, D).
        dw: gradient on the weights, shape (D, M), summed over the N examples.
        db: gradient on the biases, shape (M,), summed over the N examples.

    Nothing is divided by N here: the loss took the mean, and its gradient
    ``dout`` carries the factor 1/N already. The shapes leave one order for each
    product: (N, M) times (M, D) gives dx, (D, N) times (N, M) gives dw.

    Source: syllabus BPG-03.
    """
    x, w, _ = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db
