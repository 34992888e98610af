"""Instance norm and group norm: each image by itself."""

from collections.abc import Iterator

import numpy as np

from grader import Case, Choice, Exercise, Question
from utils.normalization import groupnorm_forward, instancenorm_forward

from .shared import both_signs, scales, uneven


def image_cases(rng: np.random.Generator, *more: tuple[str, tuple, dict]) -> Iterator[Case]:
    for name, shape, options in more:
        c = shape[1]
        yield Case(name, (uneven(rng, *shape), scales(rng, c), both_signs(rng, c)), options)


GAMMA_ALONG_WIDTH = (
    "x_hat is right. Your gamma and beta change from column to column of an image:\n"
    "NumPy lines up the *last* axes, and these are the widths.\n"
    "Which shape must gamma get so that it lines up with the channels?"
)


INSTANCENORM_FORWARD = Exercise(
    "normalization.instancenorm_forward",
    points=2,
    minutes=3,
    returns=("out", "cache"),
    parents=("normalization.layernorm_forward",),
    hints=(
        "One mean per image and channel: pool the two axes that are left.",
        "`axis=(2, 3)` pools two axes at once, and keepdims leaves them with length 1.",
        "gamma and beta of shape (C,) need two axes behind them before they meet an image.",
    ),
)


@INSTANCENORM_FORWARD.cases
def _(rng: np.random.Generator):
    yield from image_cases(
        rng,
        ("as many channels as columns", (2, 3, 4, 3), {"eps": 0.1}),
        ("three images of two channels", (3, 2, 2, 5), {}),
        ("one image", (1, 4, 3, 2), {}),
        ("one channel", (2, 1, 3, 3), {"eps": 0.2}),
    )
    flat = uneven(rng, 2, 2, 3, 3)
    flat[0, 1] = 0.75
    yield Case("a channel without contrast", (flat, scales(rng, 2), both_signs(rng, 2)))


def _imagenorm(x, gamma, beta, axes, eps):
    x_hat = x - x.mean(axis=axes, keepdims=True)
    std = np.sqrt(x.var(axis=axes, keepdims=True) + eps)
    x_hat = x_hat / std
    return gamma[:, None, None] * x_hat + beta[:, None, None], (x_hat, gamma, std)


@INSTANCENORM_FORWARD.misconception("pooled over the images")
def _(x, gamma, beta, *, eps=1e-5):
    """All your images share the mean of a channel: that is batch norm for images.
    Here an image has to be normalised without its neighbours. Which axis must not be
    pooled?
    """
    return _imagenorm(x, gamma, beta, (0, 2, 3), eps)


@INSTANCENORM_FORWARD.misconception("pooled over the channels")
def _(x, gamma, beta, *, eps=1e-5):
    """All channels of an image share one mean in your answer: that is layer norm.
    How many means does an image of C channels have here?
    """
    return _imagenorm(x, gamma, beta, (1, 2, 3), eps)


@INSTANCENORM_FORWARD.misconception("each line by itself")
def _(x, gamma, beta, *, eps=1e-5):
    """Each line of pixels is normalised by itself.
    A channel of an image is a plane. How many axes does it have?
    """
    return _imagenorm(x, gamma, beta, 3, eps)


@INSTANCENORM_FORWARD.misconception("each pixel over the batch")
def _(x, gamma, beta, *, eps=1e-5):
    """You average each pixel over the images.
    Here an image has to be normalised without its neighbours. Which axes belong to one
    channel of one image?
    """
    return _imagenorm(x, gamma, beta, 0, eps)


@INSTANCENORM_FORWARD.misconception("gamma along the width", GAMMA_ALONG_WIDTH)
def _(x, gamma, beta, *, eps=1e-5):
    _, cache = instancenorm_forward(x, gamma, beta, eps=eps)
    return gamma * cache[0] + beta, cache


@INSTANCENORM_FORWARD.misconception("eps outside the root")
def _(x, gamma, beta, *, eps=1e-5):
    """For a channel without contrast your std is eps itself.
    Is eps added to the variance or to the deviation?
    """
    std = x.std(axis=(2, 3), keepdims=True) + eps
    x_hat = (x - x.mean(axis=(2, 3), keepdims=True)) / std
    return gamma[:, None, None] * x_hat + beta[:, None, None], (x_hat, gamma, std)


@INSTANCENORM_FORWARD.misconception("std without its last axes")
def _(x, gamma, beta, *, eps=1e-5):
    """Your output is right. In the cache std has lost its axes of length 1.
    The way back divides images by it. Which shape do the instructions ask for?
    """
    out, (x_hat, gamma, std) = instancenorm_forward(x, gamma, beta, eps=eps)
    return out, (x_hat, gamma, std[:, :, 0, 0])


HOW_MANY_MEANS = Question(
    "normalization.how_many_means",
    r"$x$ has shape $(N, C, H, W) = (8, 6, 4, 4)$. How many means do batch norm (BN), layer "
    r"norm over $(C, H, W)$ (LN), instance norm (IN) and group norm of 3 groups (GN) compute?",
    choices=(
        Choice(
            "BN 96, LN 8, IN 48, GN 24",
            "96 is a mean for each pixel of each channel. In batch norm for images all pixels "
            "of a channel share one.",
        ),
        Choice("BN 6, LN 8, IN 48, GN 24", right=True),
        Choice(
            "BN 8, LN 6, IN 48, GN 24",
            "Which of the two keeps examples apart: batch norm or layer norm?",
        ),
        Choice(
            "BN 6, LN 8, IN 48, GN 3",
            "Group norm never lets images meet. Three means for each of how many images?",
        ),
    ),
    why="BN one for each channel, 6. LN one for each image, 8. IN one for each channel of each "
    "image, 8 · 6 = 48. GN one for each group of each image, 8 · 3 = 24.",
)


GROUPNORM_FORWARD = Exercise(
    "normalization.groupnorm_forward",
    points=3,
    minutes=5,
    returns=("out", "cache"),
    parents=("normalization.instancenorm_forward",),
    hints=(
        "Neighbouring channels lie side by side in memory. So one reshape puts each group of an "
        "image into one row.",
        "Reshape to (N, groups, rest): the rest are C / groups channels of H W pixels. Mean and "
        "variance over that axis, keeping it.",
        "Reshape x_hat back to the shape of x; then gamma and beta per channel, as in instance "
        "norm.",
    ),
)


@GROUPNORM_FORWARD.cases
def _(rng: np.random.Generator):
    yield from image_cases(
        rng,
        ("six channels in three groups, as many columns", (2, 6, 2, 6), {"groups": 3, "eps": 0.1}),
        ("six channels in two groups", (3, 6, 2, 3), {"groups": 2}),
        ("one group", (2, 4, 3, 2), {"groups": 1}),
        ("as many groups as channels", (2, 3, 3, 2), {"groups": 3, "eps": 0.2}),
        ("one image, eight channels in two groups", (1, 8, 2, 2), {"groups": 2}),
    )


def _groupnorm(x, gamma, beta, groups, eps, axis: int | tuple[int, ...] = 2):
    grouped = x.reshape(len(x), groups, -1)
    std = np.sqrt(grouped.var(axis=axis, keepdims=True) + eps)
    x_hat = ((grouped - grouped.mean(axis=axis, keepdims=True)) / std).reshape(x.shape)
    return gamma[:, None, None] * x_hat + beta[:, None, None], (x_hat, gamma, std)


@GROUPNORM_FORWARD.misconception("instance norm")
def _(x, gamma, beta, *, groups, eps=1e-5):
    """Your answer is that of instance norm, whatever the number of groups.
    The channels of a group share one mean. When is a group a single channel, and only
    then?
    """
    return _groupnorm(x, gamma, beta, x.shape[1], eps)


@GROUPNORM_FORWARD.misconception("layer norm")
def _(x, gamma, beta, *, groups, eps=1e-5):
    """Your answer is that of a single group, whatever `groups` says.
    How many means should an image have?
    """
    return _groupnorm(x, gamma, beta, 1, eps)


@GROUPNORM_FORWARD.misconception("the size of a group instead of their number")
def _(x, gamma, beta, *, groups, eps=1e-5):
    """You make groups of `groups` channels.
    The argument says how many groups there are. How many channels are in each, then?
    """
    return _groupnorm(x, gamma, beta, x.shape[1] // groups, eps)


@GROUPNORM_FORWARD.misconception("pooled over the images")
def _(x, gamma, beta, *, groups, eps=1e-5):
    """Your images share their means, so each depends on its neighbours.
    That is what group norm was made to avoid. Which axis must not be pooled?
    """
    return _groupnorm(x, gamma, beta, groups, eps, axis=(0, 2))


@GROUPNORM_FORWARD.misconception("every so-many-th channel")
def _(x, gamma, beta, *, groups, eps=1e-5):
    """Your groups take channels in turn, like dealing cards.
    A group consists of neighbouring channels. In which order do the two new axes stand
    when you split the channel axis?
    """
    c = x.shape[1]
    order = np.arange(c).reshape(c // groups, groups).T.ravel()
    _, (x_hat, _, std) = groupnorm_forward(x[:, order], gamma, beta, groups=groups, eps=eps)
    x_hat = x_hat[:, np.argsort(order)]
    return gamma[:, None, None] * x_hat + beta[:, None, None], (x_hat, gamma, std)


@GROUPNORM_FORWARD.misconception("variance about each channel's own mean")
def _(x, gamma, beta, *, groups, eps=1e-5):
    """Your means are right; your deviations are too small.
    You average the variances of the channels. But the channels' means differ from that
    of the group. About which mean are the distances taken?
    """
    # The mean of the channels' variances, each about its own mean.
    n, c, h, w = x.shape
    grouped = x.reshape(n, groups, c // groups, h * w)
    var = grouped.var(axis=3).mean(axis=2)[:, :, None]
    mean = grouped.mean(axis=(2, 3))[:, :, None]
    std = np.sqrt(var + eps)
    x_hat = ((x.reshape(n, groups, -1) - mean) / std).reshape(x.shape)
    return gamma[:, None, None] * x_hat + beta[:, None, None], (x_hat, gamma, std)


@GROUPNORM_FORWARD.misconception("gamma along the width", GAMMA_ALONG_WIDTH)
def _(x, gamma, beta, *, groups, eps=1e-5):
    _, cache = groupnorm_forward(x, gamma, beta, groups=groups, eps=eps)
    return gamma * cache[0] + beta, cache


@GROUPNORM_FORWARD.misconception("x_hat left in groups")
def _(x, gamma, beta, *, groups, eps=1e-5):
    """Your output is right. In the cache x_hat still has the shape of the groups.
    Which shape do the instructions ask for?
    """
    out, (x_hat, gamma, std) = groupnorm_forward(x, gamma, beta, groups=groups, eps=eps)
    return out, (x_hat.reshape(len(x), groups, -1), gamma, std)
