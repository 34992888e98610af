"""Data preprocessing: centre, scale, rotate and whiten the inputs before training.

Statistics are measured on the training data alone and then applied to all data. Otherwise the
validation score already knows something about the data it is meant to be new to.
"""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from utils import _checks
from utils._signatures import enforce

Moments = tuple[int, Float[np.ndarray, " d"], Float[np.ndarray, " d"]]


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


def match_scaling(
    w: Float[np.ndarray, "d units"], lr: float, c: float
) -> tuple[Float[np.ndarray, "d units"], float]:
    """First-layer weights and rate with which the inputs x / c train as the inputs x did.

    Args:
        w: the first layer's weights at the start, as the inputs x need them.
        lr: the learning rate of these weights, as the inputs x need it; plain gradient descent.
        c: a positive number by which all inputs are divided.

    Returns:
        w_scaled: the weights to start from with the inputs x / c.
        lr_scaled: the learning rate of these weights. With both, every output of the network and
            every loss stays as it was, in each step of the training.

    All else stays the same, the first layer's bias and its learning rate included.

    Solution:
        x w = (x / c) (c w), so w_scaled = c w. The gradient on it is (x / c)^T dz, smaller by c.
        A step must move c w by c times as much as it moved w, from a gradient that is c times as
        small: lr_scaled = c^2 lr.

    Source: LeCun et al. 1998, Efficient BackProp; syllabus PRE-01.
    """
    return c * w, c**2 * lr


def second_moment(
    x: Float[np.ndarray, "n d"],
) -> tuple[Float[np.ndarray, "d d"], Float[np.ndarray, "d d"]]:
    """Split x^T x / N into what the spread of the data adds and what their mean adds.

    Args:
        x: data, one example a row.

    Returns:
        around: the part that stays as it is when the data are shifted, when the same vector is
            added to every example.
        offset: the rest. For centred data it is 0.

    Both are symmetric, and around + offset = x^T x / N.

    Solution:
        Write x = mean + rest and multiply out. The mixed terms vanish, because the rest has mean
        zero. around is the covariance (x - mean)^T (x - mean) / N, offset is mean^T mean.

    Source: LeCun et al. 1998, Efficient BackProp; syllabus PRE-04.
    """
    mean = x.mean(axis=0)
    rest = x - mean
    return rest.T @ rest / len(x), np.outer(mean, mean)


def fit_scaler(
    x_train: Float[np.ndarray, "n d"],
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Mean and standard deviation of each feature: mean_j = (1/N) sum_i x_ij, std_j likewise.

    Args:
        x_train: training data, one example a row. Never pass validation or test data.

    Returns:
        mean: mean of each column.
        std: standard deviation of each column, sqrt((1/N) sum_i (x_ij - mean_j)^2). For a
            constant column it is 1, so that dividing by it is safe, also where rounding makes the
            computed standard deviation a little larger than 0.

    Source: LeCun et al. 1998, Efficient BackProp; syllabus PRE-02.
    """
    # Summed in float32, a long column loses digits: a constant one would end off its own mean.
    mean = x_train.mean(axis=0, dtype=np.float64).astype(x_train.dtype)
    std = x_train.std(axis=0, dtype=np.float64).astype(x_train.dtype)
    constant = (x_train.min(axis=0) == x_train.max(axis=0)) | (std == 0)
    return mean, np.where(constant, 1, std).astype(x_train.dtype)


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
        (constant columns: 0). On other data these hold roughly.

    Source: syllabus PRE-02.
    """
    return (x - mean) / std


def merge_moments(a: Moments, b: Moments) -> dict[str, Any]:
    """Mean and variance of two chunks of data together, from those of each chunk alone.

    Args:
        a: a tuple (n, mean, var) of one chunk: the number of its examples (1 or more), mean and
            variance of each feature. A variance is the mean of the squared distances from the mean.
        b: the same of another chunk.

    Returns:
        merged: a dict. "n", "mean" and "var" are those of all examples of both chunks; "within" is
            the variance that there would be if the two chunks had the same mean, "between" is what
            their different means add, so that var = within + between.

    The examples are not needed, so data too large for the memory can be measured in chunks. The
    answer keeps its digits when means are large and variances are small.

    Solution:
        With n = n_a + n_b: mean = (n_a mean_a + n_b mean_b) / n, within = (n_a var_a + n_b var_b)
        / n and between = n_a n_b (mean_a - mean_b)^2 / n^2.

    Source: Chan, Golub and LeVeque 1983; syllabus PRE-02.
    """
    (n_a, mean_a, var_a), (n_b, mean_b, var_b) = a, b
    n = n_a + n_b
    share = n_b / n
    between = share * (1 - share) * (mean_b - mean_a) ** 2
    within = (1 - share) * var_a + share * var_b
    return {
        "n": n,
        "mean": mean_a + share * (mean_b - mean_a),
        "within": within,
        "between": between,
        "var": within + between,
    }


def pca(
    x: Float[np.ndarray, "n d"], k: int
) -> tuple[Float[np.ndarray, "n k"], Float[np.ndarray, "d k"], Float[np.ndarray, " k"]]:
    """Principal components: the data seen along the perpendicular axes on which they vary most.

    Args:
        x: data, one example a row; they need not be centred.
        k: number of components to keep, 1 <= k <= D. With k = D the data are only rotated.

    Returns:
        x_rot: the data in the new axes. Its columns are uncorrelated.
        u: the axes as columns, unit vectors orthogonal to each other. The first is the direction
            of the largest variance. Of u and -u, which are equally good, each column is the one
            whose entry of largest size is positive.
        variances: variance along each axis (divided by N), from large to small.

    New data are seen in the same axes by ``(x_new - mean) @ u``, with the mean of ``x``.

    Raises:
        ValueError: if k is not between 1 and the number of features.

    Solution:
        Cov = (x - mean)^T (x - mean) / N = U diag(variances) U^T: the axes are the eigenvectors of
        the covariance, the variances its eigenvalues, and x_rot = (x - mean) U_k.

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


def fit_whitener(
    x_train: Float[np.ndarray, "n d"], eps: float = 1e-5
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, "d d"]]:
    """Mean and matrix that whiten the training data, for :func:`apply_whitener`.

    Args:
        x_train: training data, one example a row.
        eps: added to the variance along each axis, as a share of the largest of these variances. It
            keeps axes that hold nothing but noise from being blown up. With eps = 0 every axis
            needs some variance.

    Returns:
        mean: mean of each column.
        w: a matrix; column j of ``(x_train - mean) @ w`` is the component along axis j of
            :func:`pca`, rescaled. With eps = 0 the columns are uncorrelated and each has variance
            1; with a larger eps the variances are somewhat smaller, most of all where there was
            little.

    Raises:
        ValueError: if eps is negative.

    Solution:
        w = U (Lambda + eps lambda_1 I)^(-1/2): column j of U over sqrt(lambda_j + eps lambda_1).

    Source: Bell and Sejnowski 1997; syllabus PRE-03.
    """
    if eps < 0:
        raise ValueError(f"eps must be 0 or more, got {eps}")
    _, u, variances = pca(x_train, x_train.shape[1])
    scale = np.sqrt(variances + eps * variances[0])
    return x_train.mean(axis=0), u / np.where(scale == 0, 1, scale)


def apply_whitener(
    x: Float[np.ndarray, "n d"], mean: Float[np.ndarray, " d"], w: Float[np.ndarray, "d d"]
) -> Float[np.ndarray, "n d"]:
    """Whiten with what was measured on the training data: (x - mean) w.

    Args:
        x: data, one example a row: training, validation or test data alike.
        mean: mean of each feature, from :func:`fit_whitener`.
        w: the matrix that rotates and rescales, from :func:`fit_whitener`.

    Returns:
        x_white: shape of ``x``.

    Source: syllabus PRE-03.
    """
    return (x - mean) @ w


def whiten(x: Float[np.ndarray, "n d"], eps: float = 1e-5) -> Float[np.ndarray, "n d"]:
    """Data whitened by their own mean and axes: uncorrelated features of variance 1.

    Args:
        x: training data, one example a row. Whiten new data by what was measured on these, with
            :func:`fit_whitener` and :func:`apply_whitener`.
        eps: added to each variance, as a share of the largest.

    Returns:
        x_white: in the axes of :func:`pca`, each divided by its standard deviation. With eps = 0
        the covariance is exactly the identity matrix.

    Raises:
        ValueError: if eps is negative, or 0 although a direction has no variance.

    Source: syllabus PRE-03.
    """
    _, _, variances = pca(x, x.shape[1])
    if eps == 0 and variances[-1] <= 100 * np.finfo(x.dtype).eps * variances[0]:
        raise ValueError(f"a direction has no variance, so eps must be larger than {eps}")
    return apply_whitener(x, *fit_whitener(x, eps))


def zca(x: Float[np.ndarray, "n d"], eps: float = 1e-5) -> Float[np.ndarray, "n d"]:
    """Whitened data turned back to the old axes: x_zca = x_white U^T.

    Args:
        x: data, one example a row.
        eps: added to each variance, as a share of the largest.

    Returns:
        x_zca: of all whitened versions of the data the one nearest to the centred data. So a
        whitened image still looks like the image.

    Raises:
        ValueError: if eps is negative, or 0 although a direction has no variance.

    Source: Bell and Sejnowski 1997; syllabus PRE-03, NRM-19.
    """
    _, u, _ = pca(x, x.shape[1])
    return whiten(x, eps) @ u.T


def prepare(
    x_train: Float[np.ndarray, "n d"],
    x_val: Float[np.ndarray, "m d"],
    x_test: Float[np.ndarray, "k d"],
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"], Float[np.ndarray, "k d"]]:
    """Fill the gaps of a table and standardise it: the three parts, ready for a network.

    Args:
        x_train: training data, one example a row. A missing number is NaN; each column has at least
            one number.
        x_val: validation data, the same columns.
        x_test: test data, the same columns.

    Returns:
        train: first every gap gets the mean of the numbers in its column; then each column is
            centred and divided by its standard deviation, as it is after filling the gaps. A
            column that is constant then is only centred.
        val: the validation data, prepared as an example would be that arrives alone, long after
            the training.
        test: the test data, likewise.

    Source: syllabus PRE-02.
    """
    fill = np.nanmean(x_train, axis=0)
    train, val, test = (np.where(np.isnan(x), fill, x) for x in (x_train, x_val, x_test))
    mean, std = fit_scaler(train)
    train, val, test = (apply_scaler(x, mean, std) for x in (train, val, test))
    return train, val, test


def split_by_group(
    groups: Int[np.ndarray, " n"], *, val_fraction: float, rng: np.random.Generator
) -> Bool[np.ndarray, " n"]:
    """Choose whole groups for validation, so that no group has rows on both sides.

    Args:
        groups: the group of each row: the person it was recorded from, the patient, the house. Any
            whole numbers; rows of one group need not stand together.
        val_fraction: share of the rows to choose, above 0 and below 1.
        rng: decides the order in which groups are chosen; every order is equally likely.

    Returns:
        is_val: True for the rows that go to validation. Groups are taken one after the other until
        at least val_fraction of all rows are chosen, and no further.

    Raises:
        ValueError: if val_fraction is not above 0 and below 1.

    Source: syllabus PRE-02.
    """
    if not 0 < val_fraction < 1:
        raise ValueError(f"val_fraction must be above 0 and below 1, got {val_fraction}")
    is_val = np.zeros(len(groups), bool)
    for group in rng.permutation(np.unique(groups)):
        if is_val.sum() >= val_fraction * len(groups):
            break
        is_val |= groups == group
    return is_val


def flip_rate(
    x: Float[np.ndarray, "n d"],
    w: Float[np.ndarray, " d"],
    b: float,
    directions: Float[np.ndarray, "m d"],
    *,
    rel_perturb: float = 0.01,
) -> float:
    """Share of the predictions x w + b > 0 that flip when w moves by rel_perturb * ||w||.

    Args:
        x: data, one example a row.
        w: weights of a linear classifier.
        b: its bias. It stays as it is.
        directions: M directions in which w is moved, one a row. Only where they point matters; they
            may have any length but 0.
        rel_perturb: length of the change of w over the length of w. 0.01 means 1 %.

    Returns:
        rate: between 0 and 1, the mean over all examples and directions. A prediction flips when it
        changes from positive to not positive, or back.

    Source: CS231n 2019, lecture 7; syllabus PRE-04.
    """
    length = rel_perturb * np.linalg.norm(w)
    moves = length * directions / np.linalg.norm(directions, axis=1, keepdims=True)
    before = x @ w + b > 0
    after = x @ (w + moves).T + b > 0
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


_ROTATIONS = (pca, fit_whitener, whiten, zca)
enforce(
    __name__,
    filled=(
        *_ROTATIONS,
        second_moment,
        fit_scaler,
        prepare,
        flip_rate,
        mean_image,
        channel_mean,
    ),
    finite=_ROTATIONS,
    checks={prepare: _checks.numbers_in_columns},
)
