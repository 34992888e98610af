"""Layers with weights or windows: dense (affine), flatten, convolution, max pooling.

Every forward returns ``(out, cache)``; its backward takes ``(dout, cache)`` and
returns the gradients in the order of the forward's array arguments.
"""

import numpy as np
from jaxtyping import Float

from utils import _checks
from utils._signatures import enforce


def affine_forward(
    x: Float[np.ndarray, "n d"], w: Float[np.ndarray, "d m"], b: Float[np.ndarray, " m"]
) -> tuple[
    Float[np.ndarray, "n m"],
    tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "d m"], Float[np.ndarray, " m"]],
]:
    """Dense layer, every input wired to every output: out = x @ w + b.

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
    """Backward pass of a dense layer: from the gradient on its output to those on x, w and b.

    Args:
        dout: gradient of the loss on the output, shape (N, M).
        cache: ``(x, w, b)`` of :func:`affine_forward`, where out = x @ w + b.

    Returns:
        dx: gradient of the loss on the inputs, shape (N, D).
        dw: gradient of the loss on the weights, shape (D, M).
        db: gradient of the loss on the biases, shape (M,).

    Solution:
        dx = dout @ w.T, dw = x.T @ dout, db = the sum of the rows of dout. Nothing is
        divided by N here: the loss took the mean, and its gradient ``dout`` carries the
        factor 1/N already.

    Source: syllabus BPG-03.
    """
    x, w, _ = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


def flatten_forward(
    x: Float[np.ndarray, "n *shape"],
) -> tuple[Float[np.ndarray, "n d"], tuple[int, ...]]:
    """Images to rows, for a dense layer on top: out[n] = all numbers of x[n] in one row.

    Args:
        x: one example per entry of the first axis, e.g. images (N, C, H, W).

    Returns:
        out: shape (N, D), D numbers an example, in the order they are stored.
        cache: the shape of ``x``, a tuple.

    Source: syllabus BPG-03.
    """
    return x.reshape(len(x), np.prod(x.shape[1:], dtype=int)), x.shape


def flatten_backward(
    dout: Float[np.ndarray, "n d"], cache: tuple[int, ...]
) -> Float[np.ndarray, "n *shape"]:
    """Gradient of flatten: dx = dout in the old shape.

    Args:
        dout: gradient of the loss on the rows, shape (N, D).
        cache: the shape of the input, from :func:`flatten_forward`.

    Returns:
        dx: gradient on the input, in its shape.

    Source: syllabus BPG-03.
    """
    return dout.reshape(cache)


def conv_forward(
    x: Float[np.ndarray, "n c h w"],
    w: Float[np.ndarray, "f c kh kw"],
    b: Float[np.ndarray, " f"],
    *,
    stride: int = 1,
    pad: int = 0,
) -> tuple[Float[np.ndarray, "n f oh ow"], tuple]:
    """Convolution: out[n,f,y,x] = b_f + sum over c,i,j of w[f,c,i,j] padded[n,c,S*y+i,S*x+j].

    Each filter slides over the image; each output is the product, summed, of the
    filter and the window under it. (As everywhere in deep learning the filter is
    not turned round, so strictly this is a cross-correlation.)

    Args:
        x: images, shape (N, C, H, W).
        w: F filters, shape (F, C, KH, KW).
        b: biases, shape (F,), one a filter.
        stride: S, how far the window moves in one step.
        pad: rows and columns of zeros put round each image.

    Returns:
        out: shape (N, F, OH, OW), OH = (H + 2 pad - KH) // S + 1, OW likewise.
        cache: the tuple ``(x, w, b, stride, pad)``.

    Raises:
        ValueError: ``x`` and ``w`` differ in channels, the window is larger than
            the padded image, ``stride`` < 1 or ``pad`` < 0.

    Source: LeCun et al. 1998; syllabus ARC-02.
    """
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, but the filters expect {w.shape[1]}")
    if stride < 1 or pad < 0:
        raise ValueError(f"expected stride >= 1 and pad >= 0, got {stride} and {pad}")
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("ncyxij,fcij->nfyx", windows, w, optimize=True) + b[:, None, None]
    return out, (x, w, b, stride, pad)


def conv_backward(
    dout: Float[np.ndarray, "n f oh ow"],
    cache: tuple[
        Float[np.ndarray, "n c h w"],
        Float[np.ndarray, "f c kh kw"],
        Float[np.ndarray, " f"],
        int,
        int,
    ],
) -> tuple[Float[np.ndarray, "n c h w"], Float[np.ndarray, "f c kh kw"], Float[np.ndarray, " f"]]:
    """Gradients of a convolution: dw = sum over n, y, x of dout times window, dx adds the shifts.

    Args:
        dout: gradient of the loss on the output, shape (N, F, OH, OW).
        cache: ``(x, w, b, stride, pad)`` of :func:`conv_forward`.

    Returns:
        dx: gradient on the images, shape (N, C, H, W).
        dw: gradient on the filters, shape (F, C, KH, KW).
        db: gradient on the biases, shape (F,).

    A pixel lies under several windows, so its gradient is a sum. Entry (i, j) of
    all windows together is the padded image shifted by (i, j): the gradients of
    these entries are added back, one shift at a time.

    Source: LeCun et al. 1998; syllabus ARC-02.
    """
    x, w, _, stride, pad = cache
    height, width = x.shape[2:]
    out_h, out_w = dout.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    db = dout.sum(axis=(0, 2, 3))
    dw = np.einsum("nfyx,ncyxij->fcij", dout, windows, optimize=True)
    dwindows = np.einsum("nfyx,fcij->ijncyx", dout, w, optimize=True)
    dpadded = np.zeros_like(padded)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows = slice(i, i + stride * out_h, stride)
            columns = slice(j, j + stride * out_w, stride)
            dpadded[:, :, rows, columns] += dwindows[i, j]
    dx = dpadded[:, :, pad : pad + height, pad : pad + width]
    return dx, dw, db


def max_pool_forward(
    x: Float[np.ndarray, "n c h w"], *, size: int = 2, stride: int = 2
) -> tuple[Float[np.ndarray, "n c oh ow"], tuple]:
    """Max pooling: out[n,c,y,x] = the largest of the size x size window at (S*y, S*x).

    Args:
        x: images, shape (N, C, H, W).
        size: height and width of the window.
        stride: S, how far the window moves in one step.

    Returns:
        out: shape (N, C, OH, OW), OH = (H - size) // S + 1, OW likewise. Rows and
            columns at the edge that fill no whole window are left out.
        cache: the tuple ``(x, size, stride)``.

    Raises:
        ValueError: the window is larger than the image, or ``stride`` < 1.

    Source: syllabus ARC-02.
    """
    if stride < 1:
        raise ValueError(f"stride must be at least 1, got {stride}")
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return windows.max(axis=(4, 5)), (x, size, stride)


def max_pool_backward(
    dout: Float[np.ndarray, "n c oh ow"], cache: tuple[Float[np.ndarray, "n c h w"], int, int]
) -> Float[np.ndarray, "n c h w"]:
    """Gradient of max pooling: each dout goes to the pixel that was the largest of its window.

    Args:
        dout: gradient of the loss on the output, shape (N, C, OH, OW).
        cache: ``(x, size, stride)`` of :func:`max_pool_forward`.

    Returns:
        dx: gradient on the images, shape (N, C, H, W). Of equal pixels the first
        in the window, row by row, takes all. Where windows overlap, one pixel may
        win several times: the gradients add.

    Source: syllabus ARC-02.
    """
    x, size, stride = cache
    out_h, out_w = dout.shape[2:]
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    winner = windows.reshape(*dout.shape, size * size).argmax(axis=-1)
    dx = np.zeros_like(x)
    for i in range(size):
        for j in range(size):
            rows = slice(i, i + stride * out_h, stride)
            columns = slice(j, j + stride * out_w, stride)
            dx[:, :, rows, columns] += np.where(winner == i * size + j, dout, 0)
    return dx


enforce(
    __name__,
    checks={
        flatten_backward: _checks.flattened,
        conv_forward: _checks.convolution,
        conv_backward: _checks.convolution_cache,
        max_pool_forward: _checks.pooling,
        max_pool_backward: _checks.pooling_cache,
    },
)
