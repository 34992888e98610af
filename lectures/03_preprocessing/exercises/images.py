"""Images: which mean, and divide or not."""

import numpy as np

from grader import Case, Choice, Exercise, Question

CHANNEL_MEAN = Exercise(
    "preprocessing.channel_mean",
    points=1,
    minutes=2,
    returns=("mean",),
    hints=(
        "The result has one number for each channel. Over which axes of (N, C, H, W) is the mean "
        "taken?",
        "Over examples, rows and columns: `axis` may be a tuple.",
    ),
)


@CHANNEL_MEAN.cases
def _(rng: np.random.Generator):
    for name, shape in (
        ("five colour images", (5, 3, 4, 6)),
        ("one image", (1, 3, 2, 3)),
        ("grey images", (4, 1, 3, 2)),
        ("images as wide as they have channels", (2, 3, 3, 3)),
    ):
        light = np.arange(1, shape[1] + 1)[:, None, None]
        ramps = np.arange(shape[3]) + 2 * np.arange(shape[2])[:, None]
        yield Case(name, (rng.uniform(0, 9, shape) + 40 * light + 5 * ramps,))


@CHANNEL_MEAN.misconception("the mean image")
def _(x):
    """Your result has a number for each pixel: that is the mean image.
    How many numbers should there be for red, green and blue?
    """
    return x.mean(axis=0)


@CHANNEL_MEAN.misconception("one mean for everything")
def _(x):
    """You have one number for all channels.
    How many numbers should there be for red, green and blue?
    """
    return x.mean()


@CHANNEL_MEAN.misconception("means of each image")
def _(x):
    """You have a row for each image.
    The mean is to be measured on all training images together, and then used for new ones. Which
    axis is still to be averaged over?
    """
    return x.mean(axis=(2, 3))


@CHANNEL_MEAN.misconception("the channels last")
def _(x):
    """You have as many numbers as the images have columns.
    Some libraries keep the channels in the last axis. Where are they in (N, C, H, W)?
    """
    return x.mean(axis=(0, 1, 2))


@CHANNEL_MEAN.misconception("sums")
def _(x):
    """Your numbers grow with the number of images.
    By how many pixels is each to be divided?
    """
    return x.sum(axis=(0, 2, 3))


@CHANNEL_MEAN.misconception("reshaped across the images")
def _(x):
    """You have one number for each channel, but the numbers of all channels are mixed.
    It looks as if the array were reshaped to a row for each channel. A reshape keeps the order in
    which the numbers lie in memory. Which axis comes first there?
    """
    return x.reshape(x.shape[1], -1).mean(axis=1)


@CHANNEL_MEAN.misconception("the shape for subtracting")
def _(x):
    """Your numbers are those of the channels, with two axes more.
    In this shape they can be subtracted from the images at once. Which shape is asked for?
    """
    return x.mean(axis=(0, 2, 3))[:, None, None]


@CHANNEL_MEAN.misconception("divided by the images, not by the pixels")
def _(x):
    """Larger images give you larger numbers.
    How many numbers of one channel are there in all?
    """
    return x.sum(axis=(0, 2, 3)) / len(x)


@CHANNEL_MEAN.misconception("divided by the pixels, not by the images")
def _(x):
    """More images give you larger numbers.
    How many numbers of one channel are there in all?
    """
    return x.sum(axis=(0, 2, 3)) / x[0, 0].size


@CHANNEL_MEAN.misconception("reshaped to columns of channels")
def _(x):
    """You have one number for each channel, but the numbers of all channels are mixed.
    It looks as if the array were reshaped to a column for each channel. Which numbers stand side by
    side in memory: the channels of a pixel, or the pixels of a row?
    """
    return x.reshape(-1, x.shape[1]).mean(axis=0)


@CHANNEL_MEAN.misconception("the mean over the channels")
def _(x):
    """Your average runs over the channels, and turns colour images grey.
    Which axis of (N, C, H, W) should be left?
    """
    return x.mean(axis=1)


@CHANNEL_MEAN.misconception("axes of length 1 kept")
def _(x):
    """Your numbers are those of the channels, with three axes of length 1 beside theirs.
    Which shape is asked for?
    """
    return x.mean(axis=(0, 2, 3), keepdims=True)


@CHANNEL_MEAN.misconception("subtracted already")
def _(x):
    """You return the images without their mean.
    New images will come that are not in x. What is to be subtracted from those?
    """
    return x - x.mean(axis=(0, 2, 3))[:, None, None]


TWO_LINES = Question(
    "preprocessing.two_lines",
    "Two lines of a script for colour images, pixels between 0 and 1: `x -= mean` and `x /= std`, "
    "one number for each channel. A network of 50 ReLU units, the learning rate tuned anew each "
    "time. Which line earns the accuracy?",
    choices=(
        Choice("the first", right=True),
        Choice(
            "the second",
            "All pixels have one unit, and the three channels hardly differ in their standard "
            "deviation. What can a division by nearly the same number do that a rate cannot?",
        ),
        Choice(
            "each about one half",
            "Two lines, two benefits? Think of `match_scaling`: what does a division of all inputs "
            "by one number change, once the rate is tuned?",
        ),
        Choice(
            "neither: the rate makes up for both",
            "For one of the two it does. Can a learning rate move an origin?",
        ),
    ),
    why="On drawn images, five seeds: 0.26 with neither line, 0.40 with the first, 0.39 with "
    "both. The second line moves the best rate from 0.3 to 0.03 or 0.1.",
)


CENTRE_ONLY = Question(
    "preprocessing.centre_only",
    "One lecture, two slides. On preprocessing: for images, subtract the mean image or the channel "
    "means; it is not common to normalise the variance. In its recipe for training, on the same "
    "images: `X -= np.mean(X, axis = 0)`, then `X /= np.std(X, axis = 0)`. Which slide is right?",
    choices=(
        Choice(
            "the first",
            "Then the second would do harm. Does it in your measurement, once the rate is tuned?",
        ),
        Choice(
            "the second",
            "Then images that are only centred would learn worse. Do they in your measurement?",
        ),
        Choice("both, each for its own learning rate", right=True),
        Choice(
            "neither: images should be whitened, so that neighbouring pixels no longer agree",
            "You have seen what whitening does to 50 digits. How many images would 3072 dimensions "
            "need?",
        ),
    ),
    why="Centring is what counts; the division is a change of the rate. Centring only was the "
    "custom from 2012 to 2016 (AlexNet the mean image, VGG the channel means). Dividing by the "
    "channels' standard deviations became the usual convention later: a rate found on one data "
    "set then suits the next.",
)
