"""Batch norm for images: one mean for each channel."""

import numpy as np

from grader import Case, Exercise
from utils.normalization import batchnorm_forward, spatial_batchnorm_forward

from .shared import both_signs, collected, scales, uneven

SPATIAL_BATCHNORM_FORWARD = Exercise(
    "normalization.spatial_batchnorm_forward",
    points=3,
    minutes=6,
    returns=("out", "cache", "running_next"),
    parents=("normalization.batchnorm_forward",),
    hints=(
        "The work is done already by `batchnorm_forward`. It wants a matrix with one column per "
        "channel and one row per pixel.",
        "Move the channel axis to the end, (N, H, W, C), and only then reshape to (N H W, C).",
        "Afterwards: reshape the output to (N, H, W, C) and move the channels back to place 1. "
        "Pass train, momentum and eps on.",
    ),
)


@SPATIAL_BATCHNORM_FORWARD.cases
def _(rng: np.random.Generator):
    def case(name, *shape, **options):
        c = shape[1]
        x = uneven(rng, *shape)
        return Case(name, (x, scales(rng, c), both_signs(rng, c), collected(rng, c)), options)

    yield case("training, two images of three channels", 2, 3, 2, 4, momentum=0.3, eps=0.1)
    yield case("training, three images of two channels", 3, 2, 3, 2)
    yield case("testing", 2, 3, 3, 2, train=False, eps=0.2)
    yield case("training, one image", 1, 4, 2, 3, momentum=0.2)
    yield case("training, one channel", 2, 1, 3, 3)


def _spatial(x, gamma, beta, running, options, to_rows, back):
    out, cache, running_next = batchnorm_forward(to_rows(x), gamma, beta, running, **options)
    return back(out), cache, running_next


@SPATIAL_BATCHNORM_FORWARD.misconception("reshaped without moving the channel axis")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """Your columns mix the channels: a reshape keeps the order of the numbers in memory.
    There the last axis, the width, runs fastest. Which axis has to run fastest so that
    a row holds the channels of one pixel?
    """
    options = dict(train=train, momentum=momentum, eps=eps)
    c = x.shape[1]
    return _spatial(
        x, gamma, beta, running, options, lambda x: x.reshape(-1, c), lambda o: o.reshape(x.shape)
    )


def _rows(x):
    return x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])


@SPATIAL_BATCHNORM_FORWARD.misconception("reshaped back without moving the axis back")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """The cache is right; the numbers of your output stand in the wrong places.
    On the way in you moved the channel axis to the end. What has to happen on the way
    out, after the reshape?
    """
    options = dict(train=train, momentum=momentum, eps=eps)
    return _spatial(x, gamma, beta, running, options, _rows, lambda o: o.reshape(x.shape))


@SPATIAL_BATCHNORM_FORWARD.misconception("channels left at the end")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """Your values are right, but your images are (N, H, W, C).
    Where does the channel axis stand in this library?
    """
    n, c, h, w = x.shape
    options = dict(train=train, momentum=momentum, eps=eps)
    return _spatial(x, gamma, beta, running, options, _rows, lambda o: o.reshape(n, h, w, c))


@SPATIAL_BATCHNORM_FORWARD.misconception("height and width exchanged")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """The cache is right. In your output the pixels of each channel are in another order.
    In which order did the rows run through height and width when you built them?
    """
    n, c, h, w = x.shape
    options = dict(train=train, momentum=momentum, eps=eps)
    return _spatial(
        x,
        gamma,
        beta,
        running,
        options,
        _rows,
        lambda o: o.reshape(n, w, h, c).transpose(0, 3, 2, 1),
    )


@SPATIAL_BATCHNORM_FORWARD.misconception("train, momentum and eps not passed on")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """Your answer is always that of training with the default options.
    Three keyword arguments come in. Where do they have to go?
    """
    return spatial_batchnorm_forward(x, gamma, beta, running)


@SPATIAL_BATCHNORM_FORWARD.misconception("momentum and eps not passed on")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """With the default options you are right; another momentum or eps changes nothing.
    Which of the three keyword arguments did you pass on?
    """
    return spatial_batchnorm_forward(x, gamma, beta, running, train=train)


@SPATIAL_BATCHNORM_FORWARD.misconception("a mean for each pixel")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """You have one mean for each pixel of each channel: images were flattened.
    A convolution uses the same weights at every pixel, so all pixels of a channel are
    to be treated alike. Which axes have to be pooled?
    """
    n, _, h, w = x.shape
    each = [np.repeat(v, h * w) for v in (gamma, beta, *running)]
    out, cache, running_next = batchnorm_forward(
        x.reshape(n, -1),
        each[0],
        each[1],
        (each[2], each[3]),
        train=train,
        momentum=momentum,
        eps=eps,
    )
    return out.reshape(x.shape), cache, running_next


@SPATIAL_BATCHNORM_FORWARD.misconception("rows and columns of the matrix mixed up")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """The channel axis runs fastest, as it should, and then you fill C rows with it.
    A reshape to (C, ...) cuts the numbers into C blocks in the order of memory.
    Is a block then one channel?
    """
    n, c, h, w = x.shape
    options = dict(train=train, momentum=momentum, eps=eps)
    return _spatial(
        x,
        gamma,
        beta,
        running,
        options,
        lambda x: x.transpose(0, 2, 3, 1).reshape(c, -1).T,
        lambda o: o.T.reshape(n, h, w, c).transpose(0, 3, 1, 2),
    )
