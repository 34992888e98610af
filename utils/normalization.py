"""Normalisation layers: batch, spatial, layer, instance, group, decorrelated and weight norm.

Every forward returns ``(out, cache)`` (batch norm also the running statistics that
follow); its backward takes ``(dout, cache)`` and returns the gradients in the order
of the forward's trainable arguments. Variances are the biased ones, divided by the
number of values, and ``eps`` stands inside the square root. It is inf when a variance
is too large for a float; such values are then normalised to 0, without a warning.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from jaxtyping import Float

from utils import _checks
from utils._signatures import enforce


def batch_stats(
    h: Float[np.ndarray, "n d"], *, eps: float = 1e-5
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Mean and standard deviation of each unit over the batch, with eps for numerical stability.

    Args:
        h: one example a row, one unit a column, shape (N, D).
        eps: added to the variance, under the square root.

    Returns:
        mu: mean of each unit, shape (D,).
        std: square root of (variance + eps), shape (D,). The variance is the biased one,
            divided by N.

    Raises:
        ValueError: when there is no example.

    Source: Goodfellow, Bengio and Courville 2016, chapter 8; syllabus NRM-07, NRM-12.
    """
    if len(h) == 0:
        raise ValueError(f"h has shape {h.shape}, expected at least one row")
    mu = h.mean(axis=0)
    with np.errstate(over="ignore"):
        std = np.sqrt(((h - mu) ** 2).mean(axis=0) + eps)
    return mu, std


def batchnorm_forward(
    x: Float[np.ndarray, "n d"],
    gamma: Float[np.ndarray, " d"],
    beta: Float[np.ndarray, " d"],
    running: tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]],
    *,
    train: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[
    Float[np.ndarray, "n d"], tuple, tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]
]:
    """Batch normalisation: out = gamma * (x - mean) / sqrt(var + eps) + beta, feature by feature.

    Args:
        x: a mini-batch, shape (N, D), one example a row.
        gamma: scale of each feature, shape (D,).
        beta: shift of each feature, shape (D,).
        running: tuple (mean, var) of what was collected in training so far,
            each of shape (D,); zeros and ones before the first batch.
        train: True takes mean and variance from the batch itself (over its
            rows, variance divided by N) and collects them. False, evaluation
            mode, takes the running ones, so that an example's output does not
            depend on the other examples in the batch.
        momentum: weight of the new batch in the running statistics.
        eps: added to the variance, inside the square root.

    Returns:
        out: shape (N, D).
        cache: tuple (x_hat, gamma, std, train): x_hat = (x - mean) / std of
            shape (N, D), and std = sqrt(var + eps) of shape (D,), both with
            the mean and variance that were used.
        running_next: tuple (mean, var). In training each is
            (1 - momentum) * running + momentum * batch; else ``running``.

    Other libraries differ: Keras calls the weight of the old value momentum,
    PyTorch collects the unbiased variance (divided by N - 1).

    Raises:
        ValueError: when gamma or beta does not have one entry per feature, or
            when there is no example to train on.

    Source: Ioffe and Szegedy 2015; syllabus NRM-04, NRM-06, NRM-07, NRM-09.
    """
    if gamma.shape != x.shape[1:] or beta.shape != x.shape[1:]:
        raise ValueError(
            f"gamma and beta have shapes {gamma.shape} and {beta.shape}, expected {x.shape[1:]}"
        )
    if train and len(x) == 0:
        raise ValueError(f"x has shape {x.shape}, expected at least one row to train on")
    running_mean, running_var = running
    mean = x.mean(axis=0) if train else running_mean
    centered = x - mean
    with np.errstate(over="ignore"):
        var = (centered**2).mean(axis=0) if train else running_var
    std = np.sqrt(var + eps)
    x_hat = centered / std
    out = gamma * x_hat + beta
    if train:
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var
    return out, (x_hat, gamma, std, train), (running_mean, running_var)


def batchnorm_gradients(
    dout: Float[np.ndarray, "n d"],
    cache: tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " d"], Float[np.ndarray, " d"], bool],
) -> dict[str, Float[np.ndarray, "..."]]:
    """Gradients of batch norm in training, node by node through its graph.

    The graph, feature by feature: mean = mean(x), centered = x - mean,
    var = mean(centered^2), std = sqrt(var + eps), x_hat = centered / std,
    out = gamma * x_hat + beta.

    Args:
        dout: gradient of the loss with respect to out, shape (N, D).
        cache: of :func:`batchnorm_forward` in training, tuple (x_hat, gamma, std, True).

    Returns:
        grads: a dict with the keys "gamma", "beta", "x_hat", "std", "var", "centered",
            "mean" and "x". Each value is the gradient of the loss with respect to that
            node, over all edges that leave it, with the shape of the node: (N, D) for
            "x_hat", "centered" and "x", (D,) for the others.

    Solution:
        gamma: sum of dout * x_hat; beta: sum of dout; x_hat: dout * gamma;
        std: -sum(dx_hat * x_hat) / std; var: dstd / (2 std);
        centered: dx_hat / std + 2 / N * centered * dvar; mean: -sum(dcentered);
        x: dcentered + dmean / N. The sums run over the batch.

    Source: Ioffe and Szegedy 2015; syllabus NRM-08.
    """
    x_hat, gamma, std, _ = cache
    n = len(dout)
    dx_hat = dout * gamma
    dstd = -(dx_hat * x_hat).sum(axis=0) / std
    dvar = dstd / (2 * std)
    dcentered = dx_hat / std + 2 / n * (x_hat * std) * dvar
    dmean = -dcentered.sum(axis=0)
    return {
        "gamma": (dout * x_hat).sum(axis=0),
        "beta": dout.sum(axis=0),
        "x_hat": dx_hat,
        "std": dstd,
        "var": dvar,
        "centered": dcentered,
        "mean": dmean,
        "x": dcentered + dmean / n,
    }


def batchnorm_backward(
    dout: Float[np.ndarray, "n d"],
    cache: tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " d"], Float[np.ndarray, " d"], bool],
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Gradients of batch norm, in training and in evaluation mode.

    Args:
        dout: gradient of the loss with respect to the output, shape (N, D).
        cache: of :func:`batchnorm_forward`, tuple (x_hat, gamma, std, train). In training
            the mean and the variance depend on every example of the batch; in evaluation
            mode they are constants.

    Returns:
        dx: shape (N, D).
        dgamma: shape (D,).
        dbeta: shape (D,).

    Solution:
        dgamma = sum(dout * x_hat) and dbeta = sum(dout) over the batch. In training
        dx = gamma / std * (dout - mean(dout) - x_hat * mean(dout * x_hat)), in evaluation
        mode dx = gamma / std * dout.

    Source: Ioffe and Szegedy 2015; syllabus NRM-08.
    """
    x_hat, gamma, std, train = cache
    dgamma = (dout * x_hat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    if not train:
        return gamma / std * dout, dgamma, dbeta
    n = len(dout)
    dx = gamma / std * (dout - dbeta / n - x_hat * (dgamma / n))
    return dx, dgamma, dbeta


def scale_invariance(
    w: Float[np.ndarray, "fan_in fan_out"],
    dw: Float[np.ndarray, "fan_in fan_out"],
    a: Float[np.ndarray, " fan_out"],
    *,
    lr: float,
) -> tuple[
    Float[np.ndarray, "fan_in fan_out"],
    Float[np.ndarray, " fan_out"],
    Float[np.ndarray, " fan_out"],
]:
    """What follows for gradient descent when the lengths of the weights do not change the loss.

    Args:
        w: weights of a layer before batch norm, one unit a column, shape (fan_in, fan_out).
            The loss is the same at w and at a * w.
        dw: gradient of the loss at w, same shape.
        a: a positive factor for each unit, shape (fan_out,).
        lr: learning rate.

    Returns:
        dw_scaled: gradient of the loss at the weights a * w, shape (fan_in, fan_out).
        lr_scaled: a learning rate for each unit, shape (fan_out,). A gradient step with it
            from a * w ends at a times the point that a step with ``lr`` from w ends at.
        length_next: length of each unit's weight vector after that step from w,
            shape (fan_out,).

    Solution:
        dw_scaled = dw / a and lr_scaled = a^2 * lr. dw is perpendicular to w, so
        length_next = sqrt(|w|^2 + lr^2 |dw|^2): never shorter than w.

    Source: Ioffe and Szegedy 2015, van Laarhoven 2017; syllabus NRM-11, NRM-13.
    """
    length_next = np.linalg.norm(w - lr * dw, axis=0)
    return dw / a, lr * a**2, length_next


def fold_batchnorm(
    w: Float[np.ndarray, "fan_in fan_out"],
    b: Float[np.ndarray, " fan_out"],
    gamma: Float[np.ndarray, " fan_out"],
    beta: Float[np.ndarray, " fan_out"],
    running: tuple[Float[np.ndarray, " fan_out"], Float[np.ndarray, " fan_out"]],
    *,
    eps: float = 1e-5,
) -> tuple[Float[np.ndarray, "fan_in fan_out"], Float[np.ndarray, " fan_out"]]:
    """A dense layer and batch norm in evaluation mode as one dense layer.

    Args:
        w: weights of the dense layer before batch norm, shape (fan_in, fan_out).
        b: its bias, shape (fan_out,).
        gamma, beta, running, eps: as for :func:`batchnorm_forward`.

    Returns:
        w_folded: shape (fan_in, fan_out).
        b_folded: shape (fan_out,). For every x, x @ w_folded + b_folded is what batch norm in
            evaluation mode makes of x @ w + b.

    Solution:
        w_folded = w * gamma / sqrt(var + eps) and
        b_folded = (b - mean) * gamma / sqrt(var + eps) + beta, unit by unit.

    Source: Ioffe and Szegedy 2015; syllabus NRM-09.
    """
    mean, var = running
    scale = gamma / np.sqrt(var + eps)
    return w * scale, (b - mean) * scale + beta


def spatial_batchnorm_forward(
    x: Float[np.ndarray, "n c h w"],
    gamma: Float[np.ndarray, " c"],
    beta: Float[np.ndarray, " c"],
    running: tuple[Float[np.ndarray, " c"], Float[np.ndarray, " c"]],
    *,
    train: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[
    Float[np.ndarray, "n c h w"], tuple, tuple[Float[np.ndarray, " c"], Float[np.ndarray, " c"]]
]:
    """Batch norm of images: batch norm on rows of channels, x as an (N H W, C) matrix.

    Args:
        x: images or feature maps, shape (N, C, H, W).
        gamma: scale of each channel, shape (C,).
        beta: shift of each channel, shape (C,).
        running: tuple (mean, var), each of shape (C,).
        train, momentum, eps: as for :func:`batchnorm_forward`.

    Returns:
        out: shape (N, C, H, W).
        cache: that of :func:`batchnorm_forward` on the (N H W, C) matrix. Its rows
            go through the images, in each image line by line.
        running_next: tuple (mean, var), each of shape (C,).

    A channel has one mean and one variance, pooled over N, H and W: every pixel
    counts as an example.

    Raises:
        ValueError: as :func:`batchnorm_forward`.

    Source: Ioffe and Szegedy 2015; syllabus NRM-15.
    """
    n, c, h, w = x.shape
    rows = x.transpose(1, 0, 2, 3).reshape(c, n * h * w).T
    out, cache, running_next = batchnorm_forward(
        rows, gamma, beta, running, train=train, momentum=momentum, eps=eps
    )
    return out.T.reshape(c, n, h, w).transpose(1, 0, 2, 3), cache, running_next


def spatial_batchnorm_backward(
    dout: Float[np.ndarray, "n c h w"],
    cache: tuple[
        Float[np.ndarray, "rows c"], Float[np.ndarray, " c"], Float[np.ndarray, " c"], bool
    ],
) -> tuple[Float[np.ndarray, "n c h w"], Float[np.ndarray, " c"], Float[np.ndarray, " c"]]:
    """Gradients of spatial batch norm: those of batch norm on rows of channels.

    Args:
        dout: gradient of the loss on the output, shape (N, C, H, W).
        cache: of :func:`spatial_batchnorm_forward`, the tuple (x_hat, gamma,
            std, train) of the (N H W, C) matrix.

    Returns:
        dx: shape (N, C, H, W).
        dgamma: shape (C,).
        dbeta: shape (C,).

    Source: Ioffe and Szegedy 2015; syllabus NRM-08, NRM-15.
    """
    n, c, h, w = dout.shape
    rows = dout.transpose(1, 0, 2, 3).reshape(c, n * h * w).T
    dx, dgamma, dbeta = batchnorm_backward(rows, cache)
    return dx.T.reshape(c, n, h, w).transpose(1, 0, 2, 3), dgamma, dbeta


def layernorm_forward(
    x: Float[np.ndarray, "n d"],
    gamma: Float[np.ndarray, " d"],
    beta: Float[np.ndarray, " d"],
    *,
    eps: float = 1e-5,
) -> tuple[Float[np.ndarray, "n d"], tuple]:
    """Layer normalisation: out = gamma * (x - mean) / sqrt(var + eps) + beta, example by example.

    Args:
        x: inputs, shape (N, D), one example a row.
        gamma: scale of each feature, shape (D,).
        beta: shift of each feature, shape (D,).
        eps: added to the variance, inside the square root.

    Returns:
        out: shape (N, D).
        cache: tuple (x_hat, gamma, std): x_hat = (x - mean) / std of shape
            (N, D), and std = sqrt(var + eps) of shape (N, 1).

    Mean and variance are those of each row, over its D features. Examples do
    not meet: the output is the same in training and at test time, and for a
    batch of one. gamma and beta still belong to the features.

    Raises:
        ValueError: when gamma or beta does not have one entry per feature.

    Source: Ba, Kiros and Hinton 2016; syllabus NRM-16.
    """
    if gamma.shape != x.shape[1:] or beta.shape != x.shape[1:]:
        raise ValueError(
            f"gamma and beta have shapes {gamma.shape} and {beta.shape}, expected {x.shape[1:]}"
        )
    centered = x - x.mean(axis=1, keepdims=True)
    with np.errstate(over="ignore"):
        std = np.sqrt((centered**2).mean(axis=1, keepdims=True) + eps)
    x_hat = centered / std
    return gamma * x_hat + beta, (x_hat, gamma, std)


def layernorm_backward(
    dout: Float[np.ndarray, "n d"],
    cache: tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " d"], Float[np.ndarray, "n 1"]],
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Gradients of layer norm.

    Args:
        dout: gradient of the loss with respect to the output, shape (N, D).
        cache: of :func:`layernorm_forward`, tuple (x_hat, gamma, std): x_hat of shape (N, D),
            gamma of shape (D,), std of shape (N, 1).

    Returns:
        dx: shape (N, D).
        dgamma: shape (D,).
        dbeta: shape (D,).

    Solution:
        dx = (g - mean(g) - x_hat * mean(g * x_hat)) / std with g = dout * gamma. The means
        run over the features of each example; gamma differs from feature to feature and so
        stands inside them. dgamma = sum(dout * x_hat) and dbeta = sum(dout) over the batch.

    Source: Ba, Kiros and Hinton 2016; syllabus NRM-16.
    """
    x_hat, gamma, std = cache
    g = dout * gamma
    mean_g = g.mean(axis=1, keepdims=True)
    mean_gx = (g * x_hat).mean(axis=1, keepdims=True)
    dx = (g - mean_g - x_hat * mean_gx) / std
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def rmsnorm_forward(
    x: Float[np.ndarray, "n d"], gamma: Float[np.ndarray, " d"], *, eps: float = 1e-5
) -> tuple[Float[np.ndarray, "n d"], tuple]:
    """RMSNorm: out = gamma * x / rms, with rms = sqrt(mean(x^2) + eps) of each example.

    Args:
        x: inputs, shape (N, D), one example a row.
        gamma: scale of each feature, shape (D,).
        eps: added to the mean square, inside the square root.

    Returns:
        out: shape (N, D).
        cache: tuple (x_hat, gamma, rms): x_hat = x / rms of shape (N, D), and rms of
            shape (N, 1).

    No mean is subtracted and there is no shift.

    Raises:
        ValueError: when gamma does not have one entry per feature.

    Source: Zhang and Sennrich 2019; syllabus NRM-16.
    """
    if gamma.shape != x.shape[1:]:
        raise ValueError(f"gamma has shape {gamma.shape}, expected {x.shape[1:]}")
    with np.errstate(over="ignore"):
        rms = np.sqrt((x**2).mean(axis=1, keepdims=True) + eps)
    x_hat = x / rms
    return gamma * x_hat, (x_hat, gamma, rms)


def instancenorm_forward(
    x: Float[np.ndarray, "n c h w"],
    gamma: Float[np.ndarray, " c"],
    beta: Float[np.ndarray, " c"],
    *,
    eps: float = 1e-5,
) -> tuple[Float[np.ndarray, "n c h w"], tuple]:
    """Instance normalisation: each channel of each image by its own mean and variance over (H, W).

    Args:
        x: images or feature maps, shape (N, C, H, W).
        gamma: scale of each channel, shape (C,).
        beta: shift of each channel, shape (C,).
        eps: added to the variance, inside the square root.

    Returns:
        out: gamma * (x - mean) / sqrt(var + eps) + beta, shape (N, C, H, W).
        cache: tuple (x_hat, gamma, std): x_hat = (x - mean) / std of shape
            (N, C, H, W), and std = sqrt(var + eps) of shape (N, C, 1, 1).

    It removes brightness and contrast of every single image, in training and
    testing alike.

    Raises:
        ValueError: when gamma or beta does not have one entry per channel.

    Source: Ulyanov, Vedaldi and Lempitsky 2017; syllabus NRM-17.
    """
    c = x.shape[1]
    if gamma.shape != (c,) or beta.shape != (c,):
        raise ValueError(
            f"gamma and beta have shapes {gamma.shape} and {beta.shape}, expected {(c,)}"
        )
    centered = x - x.mean(axis=(2, 3), keepdims=True)
    with np.errstate(over="ignore"):
        std = np.sqrt((centered**2).mean(axis=(2, 3), keepdims=True) + eps)
    x_hat = centered / std
    return gamma[:, None, None] * x_hat + beta[:, None, None], (x_hat, gamma, std)


def instancenorm_backward(
    dout: Float[np.ndarray, "n c h w"],
    cache: tuple[
        Float[np.ndarray, "n c h w"], Float[np.ndarray, " c"], Float[np.ndarray, "n c 1 1"]
    ],
) -> tuple[Float[np.ndarray, "n c h w"], Float[np.ndarray, " c"], Float[np.ndarray, " c"]]:
    """Gradients of instance norm: dx = gamma / std * (dout - mean(dout) - x_hat mean(dout x_hat)).

    Args:
        dout: gradient of the loss on the output, shape (N, C, H, W).
        cache: of :func:`instancenorm_forward`, tuple (x_hat, gamma, std).

    Returns:
        dx: shape (N, C, H, W); the means run over (H, W).
        dgamma: sum of dout * x_hat over N, H and W, shape (C,).
        dbeta: sum of dout over N, H and W, shape (C,).

    Source: Ulyanov, Vedaldi and Lempitsky 2017; syllabus NRM-17.
    """
    x_hat, gamma, std = cache
    mean_d = dout.mean(axis=(2, 3), keepdims=True)
    mean_dx = (dout * x_hat).mean(axis=(2, 3), keepdims=True)
    dx = gamma[:, None, None] / std * (dout - mean_d - x_hat * mean_dx)
    return dx, (dout * x_hat).sum(axis=(0, 2, 3)), dout.sum(axis=(0, 2, 3))


def groupnorm_forward(
    x: Float[np.ndarray, "n c h w"],
    gamma: Float[np.ndarray, " c"],
    beta: Float[np.ndarray, " c"],
    *,
    groups: int,
    eps: float = 1e-5,
) -> tuple[Float[np.ndarray, "n c h w"], tuple]:
    """Group normalisation: each group of channels of each image by its own mean and variance.

    Args:
        x: images or feature maps, shape (N, C, H, W).
        gamma: scale of each channel, shape (C,).
        beta: shift of each channel, shape (C,).
        groups: number of groups of neighbouring channels; divides C.
        eps: added to the variance, inside the square root.

    Returns:
        out: gamma * (x - mean) / sqrt(var + eps) + beta, shape (N, C, H, W).
        cache: tuple (x_hat, gamma, std): x_hat = (x - mean) / std of shape
            (N, C, H, W), and std = sqrt(var + eps) of shape (N, groups, 1):
            all values of a group lie along the last axis.

    Mean and variance are pooled over the channels of a group together and over
    (H, W): one pair per image and group. One group is layer norm over
    (C, H, W); C groups are instance norm.

    Raises:
        ValueError: when gamma or beta does not have one entry per channel, or
            when the channels cannot be divided into ``groups`` equal groups.

    Source: Wu and He 2018; syllabus NRM-18.
    """
    n, c, h, w = x.shape
    if gamma.shape != (c,) or beta.shape != (c,):
        raise ValueError(
            f"gamma and beta have shapes {gamma.shape} and {beta.shape}, expected {(c,)}"
        )
    if groups < 1 or c % groups:
        raise ValueError(f"groups is {groups}, expected a divisor of the {c} channels")
    grouped = x.reshape(n, groups, c // groups * h * w)
    centered = grouped - grouped.mean(axis=2, keepdims=True)
    with np.errstate(over="ignore"):
        std = np.sqrt((centered**2).mean(axis=2, keepdims=True) + eps)
    x_hat = (centered / std).reshape(x.shape)
    return gamma[:, None, None] * x_hat + beta[:, None, None], (x_hat, gamma, std)


def groupnorm_backward(
    dout: Float[np.ndarray, "n c h w"],
    cache: tuple[
        Float[np.ndarray, "n c h w"], Float[np.ndarray, " c"], Float[np.ndarray, "n groups 1"]
    ],
) -> tuple[Float[np.ndarray, "n c h w"], Float[np.ndarray, " c"], Float[np.ndarray, " c"]]:
    """Gradients of group norm: dx = (g - mean(g) - x_hat * mean(g x_hat)) / std, g = dout * gamma.

    Args:
        dout: gradient of the loss on the output, shape (N, C, H, W).
        cache: of :func:`groupnorm_forward`, tuple (x_hat, gamma, std); std has
            shape (N, groups, 1).

    Returns:
        dx: shape (N, C, H, W). The means run over all values of a group;
            gamma differs between its channels and so stands inside them.
        dgamma: sum of dout * x_hat over N, H and W, shape (C,).
        dbeta: sum of dout over N, H and W, shape (C,).

    Source: Wu and He 2018; syllabus NRM-18.
    """
    x_hat, gamma, std = cache
    n, c, h, w = dout.shape
    groups = std.shape[1]
    pooled = (n, groups, c // groups * h * w)
    g = (dout * gamma[:, None, None]).reshape(pooled)
    grouped = x_hat.reshape(pooled)
    mean_g = g.mean(axis=2, keepdims=True)
    mean_gx = (g * grouped).mean(axis=2, keepdims=True)
    dx = (g - mean_g - grouped * mean_gx) / std
    return dx.reshape(dout.shape), (dout * x_hat).sum(axis=(0, 2, 3)), dout.sum(axis=(0, 2, 3))


def cov(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "d d"]:
    """Covariance matrix of the features: Cov = E[x x^T] - E[x] E[x]^T.

    Args:
        x: data, shape (N, D), one example a row.

    Returns:
        Shape (D, D), biased (divided by N).

    Exact on paper. In floating point the two terms cancel when means are much
    larger than standard deviations; subtract the mean first in such a case.

    Raises:
        ValueError: when there is no example.

    Source: Ioffe and Szegedy 2015; syllabus NRM-03.
    """
    if len(x) == 0:
        raise ValueError(f"x has shape {x.shape}, expected at least one row")
    mean = x.mean(axis=0)
    return x.T @ x / len(x) - np.outer(mean, mean)


def decorrelated_batchnorm(
    x: Float[np.ndarray, "n d"], *, eps: float = 1e-5
) -> Float[np.ndarray, "n d"]:
    """Decorrelated batch norm: out = (x - mean) Sigma^(-1/2), Sigma = Cov(x) + eps I.

    Args:
        x: a mini-batch, shape (N, D), one example a row.
        eps: added to each eigenvalue of the covariance, inside the square root.

    Returns:
        out: shape (N, D). Its covariance is the identity matrix, up to eps:
        not only variance 1, as after batch norm, but no correlation either.

    With the eigenvectors of the covariance as the columns of U, and its
    eigenvalues l, Sigma^(-1/2) = U diag(1 / sqrt(l + eps)) U^T. The last factor
    turns the whitened cloud back, so that it stays as close to the input as it
    can (ZCA).

    Raises:
        ValueError: when there is no example.

    Source: Huang et al. 2018; syllabus NRM-19.
    """
    if len(x) == 0:
        raise ValueError(f"x has shape {x.shape}, expected at least one row")
    centered = x - x.mean(axis=0)
    eigenvalues, u = np.linalg.eigh(centered.T @ centered / len(x))
    # Rounding can push the eigenvalue 0 of a flat cloud slightly below 0.
    inverse_root = u / np.sqrt(np.maximum(eigenvalues, 0) + eps) @ u.T
    return centered @ inverse_root


def weightnorm_forward(
    v: Float[np.ndarray, "fan_in fan_out"], g: Float[np.ndarray, " fan_out"]
) -> tuple[Float[np.ndarray, "fan_in fan_out"], tuple]:
    """Weight normalisation: w = g * v / ||v||, unit by unit.

    Args:
        v: directions, shape (fan_in, fan_out), one unit a column.
        g: length of each unit's weight vector, shape (fan_out,).

    Returns:
        w: weights for ``x @ w``, shape (fan_in, fan_out). Column j has length
            |g_j|, however long v_j is.
        cache: tuple (v, g, norm), norm of shape (fan_out,): the length of each
            column of v.

    Raises:
        ValueError: when a column of v is zero: it has no direction.

    Source: Salimans and Kingma 2016; syllabus NRM-20.
    """
    largest = np.abs(v).max(axis=0)
    if (largest == 0).any():
        raise ValueError(f"column {largest.argmin()} of v has length 0, expected a direction")
    # Of numbers of size 1, because the squares of huge or tiny ones do not fit into a float.
    norm = largest * np.linalg.norm(v / largest, axis=0)
    return g * (v / norm), (v, g, norm)


def weightnorm_backward(
    dw: Float[np.ndarray, "fan_in fan_out"],
    cache: tuple[
        Float[np.ndarray, "fan_in fan_out"],
        Float[np.ndarray, " fan_out"],
        Float[np.ndarray, " fan_out"],
    ],
) -> tuple[Float[np.ndarray, "fan_in fan_out"], Float[np.ndarray, " fan_out"]]:
    """Gradients of weight norm, w = g * v / ||v||, unit by unit.

    Args:
        dw: gradient of the loss with respect to the weights w, shape (fan_in, fan_out).
        cache: of :func:`weightnorm_forward`, tuple (v, g, norm): v of shape
            (fan_in, fan_out), g and norm, the length of each column of v, of shape (fan_out,).

    Returns:
        dv: shape (fan_in, fan_out).
        dg: shape (fan_out,).

    Solution:
        With the direction d = v / norm: dg = sum(dw * d) over each column, and
        dv = g / norm * (dw - dg * d), perpendicular to v.

    Source: Salimans and Kingma 2016; syllabus NRM-20.
    """
    v, g, norm = cache
    direction = v / norm
    dg = (dw * direction).sum(axis=0)
    dv = g / norm * (dw - dg * direction)
    return dv, dg


def naive_bias_step(
    u: Float[np.ndarray, " n"], b: float, *, target: float = 1.0, lr: float = 0.1
) -> tuple[float, float]:
    """A gradient step on a bias that ignores the normalisation behind it.

    Args:
        u: the inputs of a layer that adds a bias, x = u + b, and then subtracts
            the mean, x_hat = x - mean(x).
        b: the bias.
        target: the loss is mean((x_hat - target)^2).
        lr: learning rate.

    Returns:
        b_next: the bias after a gradient step that takes d x_hat / d b for 1.
        loss: the loss before the step.

    Solution:
        b_next = b - lr * mean(2 (x_hat - target)). The mean takes away whatever the bias
        gains: loss and gradient stay where they are, and the bias grows without bound.

    Source: Ioffe and Szegedy 2015; syllabus NRM-02.
    """
    x = u + b
    x_hat = x - x.mean()
    loss = ((x_hat - target) ** 2).mean()
    db = (2 * (x_hat - target)).mean()
    return float(b - lr * db), float(loss)


def true_bias_gradient(u: Float[np.ndarray, " n"], b: float, *, target: float = 1.0) -> float:
    """Gradient of the loss on the bias through the mean: db = sum(dx_hat - mean(dx_hat)) = 0.

    Args:
        u, b, target: as for :func:`naive_bias_step`.

    Returns:
        d loss / d b, which is 0 up to rounding: a bias before a mean
        subtraction has no effect.

    Source: Ioffe and Szegedy 2015; syllabus NRM-02.
    """
    x = u + b
    x_hat = x - x.mean()
    dx_hat = 2 * (x_hat - target) / len(x)
    return float((dx_hat - dx_hat.mean()).sum())


def linear_fit_r2(f: Callable[[np.ndarray], np.ndarray], std: float = 1.0) -> float:
    """How nearly linear f is on normal inputs: R^2 of the best straight line under N(0, std^2).

    Args:
        f: function of an array that works element by element and returns the
            values (not a cache).
        std: standard deviation of the inputs.

    Returns:
        R^2 = E[z f]^2 / (E[z^2] Var(f)), from 0 to 1: the share of the variance
        of f that a line explains. The sigmoid at std 1 has 0.984.

    Raises:
        ValueError: when f is constant: there is nothing to explain.

    Source: syllabus NRM-05.
    """
    z = np.linspace(-8 * std, 8 * std, 20_001)
    weight = np.exp(-((z / std) ** 2) / 2)
    weight /= weight.sum()
    values = f(z)
    if np.ptp(values) == 0:
        raise ValueError(f"f is {values[0]} everywhere, expected a function that varies")
    deviation = values - (weight * values).sum()
    variance = (weight * deviation**2).sum()
    return float((weight * z * deviation).sum() ** 2 / ((weight * z**2).sum() * variance))


def projection_residuals(
    dx: Float[np.ndarray, "n d"], x_hat: Float[np.ndarray, "n d"]
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """What batch norm leaves of two directions in its gradient: sum(dx) and sum(dx * x_hat).

    Args:
        dx: gradient on the input of batch norm, shape (N, D).
        x_hat: the normalised input, shape (N, D).

    Returns:
        total: sum of dx over the batch, shape (D,): the pull on the mean. 0 up
            to rounding.
        dot: sum of dx * x_hat over the batch, shape (D,): the pull on the
            scale. 0 up to a term of the order of eps.

    Source: Ioffe and Szegedy 2015; syllabus NRM-13.
    """
    return dx.sum(axis=0), (dx * x_hat).sum(axis=0)


def unit_mean_sensitivity(
    x: Float[np.ndarray, "n d"],
    w1: Float[np.ndarray, "d hidden"],
    w2: Float[np.ndarray, "hidden units"],
    step: Float[np.ndarray, "d hidden"],
    *,
    batchnorm: bool,
) -> Float[np.ndarray, " units"]:
    """How far the mean of each unit z = relu(x w1) w2 moves when the layer below moves by ``step``.

    Args:
        x: inputs, shape (N, D).
        w1: weights of the lower layer, shape (D, hidden).
        w2: weights of the units, shape (hidden, units).
        step: change of w1, same shape.
        batchnorm: whether each unit is normalised over the batch (gamma 1, beta 0).

    Returns:
        Mean over the batch after the step minus the mean before, shape
        (units,). With batch norm it is 0 up to rounding: then beta alone sets
        the mean.

    Source: Goodfellow, Bengio and Courville 2016, chapter 8; syllabus NRM-14.
    """
    means = []
    for weights in (w1, w1 + step):
        z = np.maximum(0, x @ weights) @ w2
        if batchnorm:
            mu, std = batch_stats(z)
            z = (z - mu) / std
        means.append(z.mean(axis=0))
    return means[1] - means[0]


def block_forward(
    x: Float[np.ndarray, "n fan_in"],
    w: Float[np.ndarray, "fan_in d"],
    gamma: Float[np.ndarray, " d"],
    beta: Float[np.ndarray, " d"],
    running: tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]],
    *,
    order: str = "bn-act",
    train: bool = True,
) -> tuple[
    Float[np.ndarray, "n d"], tuple, tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]
]:
    """Dense block with batch norm before or after ReLU: relu(bn(x w)) or bn(relu(x w)).

    Args:
        x: inputs, shape (N, fan_in).
        w: weights, shape (fan_in, D). There is no bias: beta does its work.
        gamma, beta, running, train: as for :func:`batchnorm_forward`.
        order: "bn-act" normalises before the activation, "act-bn" after it.

    Returns:
        out: shape (N, D).
        cache: tuple (x, w, z, bn_cache, order): z is what went into ReLU and
            bn_cache the cache of :func:`batchnorm_forward`.
        running_next: tuple (mean, var).

    Raises:
        ValueError: for any other order.

    Source: Ioffe and Szegedy 2015; syllabus NRM-10.
    """
    if order == "bn-act":
        z, bn_cache, running_next = batchnorm_forward(x @ w, gamma, beta, running, train=train)
        out = np.maximum(0, z)
    elif order == "act-bn":
        z = x @ w
        out, bn_cache, running_next = batchnorm_forward(
            np.maximum(0, z), gamma, beta, running, train=train
        )
    else:
        raise ValueError(f"order is {order!r}, expected 'bn-act' or 'act-bn'")
    return out, (x, w, z, bn_cache, order), running_next


def block_backward(
    dout: Float[np.ndarray, "n d"],
    cache: tuple[
        Float[np.ndarray, "n fan_in"],
        Float[np.ndarray, "fan_in d"],
        Float[np.ndarray, "n d"],
        tuple,
        str,
    ],
) -> tuple[
    Float[np.ndarray, "n fan_in"],
    Float[np.ndarray, "fan_in d"],
    Float[np.ndarray, " d"],
    Float[np.ndarray, " d"],
]:
    """Gradients of the dense block: its three layers backwards, in the order they were applied.

    Args:
        dout: gradient of the loss on the output, shape (N, D).
        cache: of :func:`block_forward`, tuple (x, w, z, bn_cache, order).

    Returns:
        dx: shape (N, fan_in).
        dw: shape (fan_in, D).
        dgamma: shape (D,).
        dbeta: shape (D,).

    Source: Ioffe and Szegedy 2015; syllabus NRM-10.
    """
    x, w, z, bn_cache, order = cache
    if order == "bn-act":
        dz, dgamma, dbeta = batchnorm_backward(dout * (z > 0), bn_cache)
    else:
        dh, dgamma, dbeta = batchnorm_backward(dout, bn_cache)
        dz = dh * (z > 0)
    return dz @ w.T, x.T @ dz, dgamma, dbeta


def largest_stable_lr(
    run: Callable[[float], Sequence[float]], rates: Iterable[float]
) -> float | None:
    """Largest learning rate that still trains: the last of the sorted rates before one fails.

    Args:
        run: function that trains with a given learning rate from the same start
            and returns the losses, first to last.
        rates: the learning rates to try.

    Returns:
        The largest rate such that it and all smaller ones end with a loss that
        is finite and not above the first one; None when the smallest fails.

    Source: syllabus NRM-11.
    """
    stable = None
    for lr in sorted(rates):
        losses = np.asarray(run(lr))
        if not np.isfinite(losses).all() or losses[-1] > losses[0]:
            break
        stable = lr
    return stable


def rnn_step(
    x: Float[np.ndarray, "n d"],
    h: Float[np.ndarray, "n hidden"],
    params: dict[str, np.ndarray],
    *,
    norm: str | None = None,
) -> Float[np.ndarray, "n hidden"]:
    """One step of a recurrent layer: h_next = tanh(x w_x + h w_h + b), with layer norm if asked.

    Args:
        x: inputs at this step, shape (N, D).
        h: hidden state before it, shape (N, hidden).
        params: "w_x" of shape (D, hidden), "w_h" of shape (hidden, hidden), "b"
            of shape (hidden,), and for layer norm "gamma" of shape (hidden,).
        norm: None, or "ln": the sum a is layer-normalised with scale "gamma"
            and shift "b".

    Returns:
        h_next: shape (N, hidden).

    Layer norm asks nothing of the batch or of the step: the same gamma and b
    serve a sequence of any length. Batch norm would need statistics per step.

    Raises:
        ValueError: for any other norm.

    Source: Ba, Kiros and Hinton 2016; syllabus NRM-16, NRM-21.
    """
    a = x @ params["w_x"] + h @ params["w_h"]
    if norm is None:
        return np.tanh(a + params["b"])
    if norm == "ln":
        return np.tanh(layernorm_forward(a, params["gamma"], params["b"])[0])
    raise ValueError(f"norm is {norm!r}, expected None or 'ln'")


enforce(
    __name__,
    filled=(
        batchnorm_gradients,
        weightnorm_forward,
        naive_bias_step,
        true_bias_gradient,
        unit_mean_sensitivity,
    ),
    finite=(decorrelated_batchnorm,),
    checks={
        layernorm_forward: _checks.features,
        rmsnorm_forward: _checks.features,
        instancenorm_forward: _checks.features,
        groupnorm_forward: _checks.features,
        groupnorm_backward: _checks.group_cache,
        rnn_step: _checks.recurrent,
    },
)
