"""Brightness and contrast."""

import numpy as np

from grader import Case, Exercise

from .shared import pictures

ADJUST_LIGHT = Exercise(
    "augmentation.adjust_light",
    points=2,
    minutes=3,
    returns=("out",),
    promises={
        "What would lie below 0 becomes 0": "far too bright, far too dark",
        "at the very end": "far too bright, far too dark",
        "0 for a uniform grey": "contrast 0",
    },
    hints=(
        "One mean for each image: over channels, rows and columns. Keep the axes, so that it can "
        "be subtracted.",
        "The numbers of an image need the shape (N, 1, 1, 1) to act on all of its pixels.",
        "Distance from the mean times contrast, plus the mean, plus brightness times `high`; then "
        "`np.clip`.",
    ),
)


@ADJUST_LIGHT.cases
def _(rng: np.random.Generator):
    def case(name, shape, brightness, contrast, high=None):
        scale = 255.0 if high is None else high
        x = scale * pictures(rng, *shape)
        x *= 0.8 + 0.4 * np.arange(shape[1]).reshape(-1, 1, 1) / 3  # channels differ
        x += 0.04 * scale * np.arange(shape[0]).reshape(-1, 1, 1, 1)  # images differ
        kwargs = {} if high is None else {"high": high}
        return Case(name, (x, np.array(brightness), np.array(contrast)), kwargs)

    yield case("three colour images", (3, 3, 4, 5), [0.1, -0.05, 0.02], [1.1, 0.8, 1.2])
    yield case("pixels from 0 to 1", (2, 3, 3, 4), [0.05, -0.1], [0.6, 1.3], 1.0)
    yield case("contrast 0", (2, 3, 3, 3), [0.0, 0.1], [0.0, 0.0])
    yield case("far too bright, far too dark", (3, 2, 4, 4), [0.6, -0.6, -0.4], [4.0, 5.0, 6.0])
    yield case("no change", (2, 1, 3, 4), [0.0, 0.0], [1.0, 1.0])


def _columns(x, *numbers):
    return [n.astype(x.dtype)[:, None, None, None] for n in numbers]


@ADJUST_LIGHT.misconception("contrast about black")
def _(x, brightness, contrast, *, high=255.0):
    """A contrast below 1 darkens your images.
    Which level of grey should stay where it is when the contrast changes?
    """
    b, c = _columns(x, brightness, contrast)
    return np.clip(c * x + b * high, 0, high)


@ADJUST_LIGHT.misconception("a mean for each channel")
def _(x, brightness, contrast, *, high=255.0):
    """With contrast 0 your images keep a colour: each channel moves towards a mean of its own.
    How many means does an image have here?
    """
    b, c = _columns(x, brightness, contrast)
    m = x.mean(axis=(2, 3), keepdims=True)
    return np.clip(m + c * (x - m) + b * high, 0, high)


@ADJUST_LIGHT.misconception("one mean for the batch")
def _(x, brightness, contrast, *, high=255.0):
    """What becomes of an image depends on the other images in the batch.
    Which pixels belong to its mean?
    """
    b, c = _columns(x, brightness, contrast)
    return np.clip(x.mean() + c * (x - x.mean()) + b * high, 0, high)


@ADJUST_LIGHT.misconception("contrast about middle grey")
def _(x, brightness, contrast, *, high=255.0):
    """With contrast 0 all of your images turn into the same grey.
    Is a photograph of the night as bright as one of the day, when its contrast is gone?
    """
    b, c = _columns(x, brightness, contrast)
    return np.clip(high / 2 + c * (x - high / 2) + b * high, 0, high)


@ADJUST_LIGHT.misconception("brightness in pixel values")
def _(x, brightness, contrast, *, high=255.0):
    """Your images hardly become brighter, unless their pixels go from 0 to 1.
    In which unit is the brightness given?
    """
    b, c = _columns(x, brightness, contrast)
    m = x.mean(axis=(1, 2, 3), keepdims=True)
    return np.clip(m + c * (x - m) + b, 0, high)


@ADJUST_LIGHT.misconception("brightness as a factor")
def _(x, brightness, contrast, *, high=255.0):
    """A brightness of 0.1 makes bright pixels brighter by more than dark ones.
    What do the instructions say is done with the brightness, and what would it do to a black pixel?
    """
    b, c = _columns(x, brightness, contrast)
    m = x.mean(axis=(1, 2, 3), keepdims=True)
    return np.clip((m + c * (x - m)) * (1 + b), 0, high)


@ADJUST_LIGHT.misconception("clipped twice")
def _(x, brightness, contrast, *, high=255.0):
    """Where the contrast alone leaves the range, your pixels are cut off too early.
    How often should an image be clipped, and after which step?
    """
    b, c = _columns(x, brightness, contrast)
    m = x.mean(axis=(1, 2, 3), keepdims=True)
    return np.clip(np.clip(m + c * (x - m), 0, high) + b * high, 0, high)


@ADJUST_LIGHT.misconception("never clipped")
def _(x, brightness, contrast, *, high=255.0):
    """Some of your pixels are negative, or above the largest value.
    What does a camera make of light that is too bright?
    """
    b, c = _columns(x, brightness, contrast)
    m = x.mean(axis=(1, 2, 3), keepdims=True)
    return m + c * (x - m) + b * high


@ADJUST_LIGHT.misconception("brightness multiplied, too")
def _(x, brightness, contrast, *, high=255.0):
    """The stronger the contrast, the more your brightness does.
    Which of the two comes first?
    """
    b, c = _columns(x, brightness, contrast)
    m = x.mean(axis=(1, 2, 3), keepdims=True)
    return np.clip(m + c * (x - m + b * high), 0, high)
