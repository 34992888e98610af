"""Data preprocessing: centre, scale, rotate and whiten the inputs before training.

Statistics are measured on the training data alone and then applied to all data. Otherwise the
validation score already knows something about the data it is meant to be new to.
"""

import numpy as np
from jaxtyping import Bool, Float


def has_one_sign_inputs(x: Float[np.ndarray, "n d"]) -> Bool[np.ndarray, " d"]:
    """Which features never change sign: all x[:, j] >= 0 or all x[:, j] <= 0.

    Args:
        x: data, one example a row.

    Returns:
        one_sign: True for every such feature.

    The gradient on the weight of a feature is the gradient on the unit times the feature. So if
    all features are positive, all weights of a unit must grow together or shrink together. A
    zero has no sign and contradicts nothing: pixels from 0 to 255 have one sign.

    Source: syllabus PRE-01.
    """
    return np.all(x >= 0, axis=0) | np.all(x <= 0, axis=0)


def fit_scaler(
    x_train: Float[np.ndarray, "n d"],
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Mean and standard deviation of each feature: mean_j = (1/N) sum_i x_ij, std_j likewise.

    Args:
        x_train: training data, one example a row. Never pass validation or test data.

    Returns:
        mean: mean of each column.
        std: standard deviation of each column, sqrt((1/N) sum_i (x_ij - mean_j)^2). For a
            constant column, or one that varies too little for its dtype, it is 1, so that
            dividing by it is safe.

    Source: LeCun et al. 1998, Efficient BackProp; syllabus PRE-02.
    """
    std = x_train.std(axis=0)
    constant = (x_train.min(axis=0) == x_train.max(axis=0)) | (std == 0)
    return x_train.mean(axis=0), np.where(constant, 1, std)


def apply_scaler(
    x: Float[np.ndarray, "n d"], mean: Float[np.ndarray, " d"], std: Float[np.ndarray, " d"]
) -> Float[np.ndarray, "n d"]:
    """Centre and scale with the statistics of the training data: (x - mean) / std.

    Args:
        x: data, one example a row: training, validation or test data alike.
        mean: mean of each feature, from :func:`fit_scaler`.
        std: standard deviation of each feature, from :func:`fit_scaler`.

    Returns:
        x_scaled: on the training data every column has mean 0 and standard deviation 1
        (constant columns: 0). On other data only about.

    Source: syllabus PRE-02.
    """
    return (x - mean) / std


def pca(
    x: Float[np.ndarray, "n d"], k: int
) -> tuple[Float[np.ndarray, "n k"], Float[np.ndarray, "d k"], Float[np.ndarray, " k"]]:
    """Principal components: x_rot = (x - mean) U_k, with X^T X / N = U diag(lambda) U^T.

    Args:
        x: data, one example a row.
        k: number of components to keep, 1 <= k <= D. With k = D the data is only rotated.

    Returns:
        x_rot: the data in the new axes. Its columns are uncorrelated.
        u: the axes as columns, unit vectors orthogonal to each other. The first is the direction
            of the largest variance. Of u and -u, which are equally good, each column is the one
            whose entry of largest size is positive.
        variances: variance along each axis (divided by N), from large to small.

    New data is seen in the same axes by ``(x_new - mean) @ u``, with the mean of ``x``.

    Raises:
        ValueError: if k is not between 1 and the number of features.

    Source: syllabus PRE-03.
    """
    if not 1 <= k <= x.shape[1]:
        raise ValueError(f"k must be between 1 and {x.shape[1]}, the number of features; got {k}")
    centred = x - x.mean(axis=0)
    variances, u = np.linalg.eigh(centred.T @ centred / len(x))
    variances, u = variances[::-1][:k], u[:, ::-1][:, :k]
    largest = np.abs(u).argmax(axis=0)
    u = u * np.sign(u[largest, np.arange(k)])
    return centred @ u, u, np.maximum(variances, 0)


def whiten(x: Float[np.ndarray, "n d"], eps: float = 1e-5) -> Float[np.ndarray, "n d"]:
    """Uncorrelated features of variance 1: x_white = (x - mean) U (Lambda + eps I)^(-1/2).

    Args:
        x: data, one example a row.
        eps: added to each variance. It keeps directions that hold nothing but noise from being
            blown up to variance 1. With eps = 0 the covariance of the result is exactly I.

    Returns:
        x_white: in the axes of :func:`pca`, each divided by its standard deviation.

    New data is whitened by the same axes and variances: with ``x_rot, u, variances = pca(x, D)``
    it is ``(x_new - mean) @ u / np.sqrt(variances + eps)``.

    Raises:
        ValueError: for eps = 0 if a direction has no variance, because 0 / 0 has no value.

    Source: syllabus PRE-03.
    """
    x_rot, _, variances = pca(x, x.shape[1])
    if variances[-1] + eps <= np.finfo(x.dtype).eps * variances[0]:
        raise ValueError(f"a direction has no variance, so eps must be larger than {eps}")
    return x_rot / np.sqrt(variances + eps)


def zca(x: Float[np.ndarray, "n d"], eps: float = 1e-5) -> Float[np.ndarray, "n d"]:
    """Whitened data turned back to the old axes: x_zca = x_white U^T.

    Args:
        x: data, one example a row.
        eps: added to each variance, as in :func:`whiten`.

    Returns:
        x_zca: of all whitened versions of the data the one nearest to the centred data. So a
        whitened image still looks like the image.

    Raises:
        ValueError: for eps = 0 if a direction has no variance.

    Source: Bell and Sejnowski 1997; syllabus PRE-03, NRM-19.
    """
    _, u, _ = pca(x, x.shape[1])
    return whiten(x, eps) @ u.T


def flip_rate(
    x: Float[np.ndarray, "n d"],
    w: Float[np.ndarray, " d"],
    b: float = 0.0,
    *,
    rel_perturb: float = 0.01,
    repeats: int = 100,
    rng: np.random.Generator,
) -> float:
    """Share of predictions sign(x w + b) that flip when w moves by rel_perturb * ||w||.

    Args:
        x: data, one example a row.
        w: weights of a linear classifier.
        b: its bias. It stays as it is.
        rel_perturb: length of the change of w over the length of w. 0.01 means 1 %.
        repeats: number of random directions; the answer is the mean over them.
        rng: draws the directions.

    Returns:
        rate: between 0 and 1. Far from the origin a small turn of w moves the boundary by much,
        so many predictions flip; after centring few do.

    Source: CS231n 2019, lecture 7; syllabus PRE-04.
    """
    directions = rng.standard_normal((repeats, len(w)))
    directions *= np.linalg.norm(w) / np.linalg.norm(directions, axis=1, keepdims=True)
    before = x @ w + b > 0
    after = x @ (w + rel_perturb * directions).T + b > 0
    return float(np.mean(before[:, None] != after))


def mean_image(x: Float[np.ndarray, "n c h w"]) -> Float[np.ndarray, "c h w"]:
    """Mean of all images, one number for every pixel and channel: (1/N) sum_n x[n].

    Args:
        x: training images.

    Returns:
        mean: an image. Subtract it from all images: ``x - mean``.

    Source: Krizhevsky et al. 2012; syllabus PRE-05.
    """
    return x.mean(axis=0)


def channel_mean(x: Float[np.ndarray, "n c h w"]) -> Float[np.ndarray, " c"]:
    """Mean of each channel over all images and pixels, one number for red, green and blue each.

    Args:
        x: training images.

    Returns:
        mean: one number a channel. Subtract it from all images: ``x - mean[:, None, None]``.

    Source: Simonyan and Zisserman 2015; syllabus PRE-05.
    """
    return x.mean(axis=(0, 2, 3))
