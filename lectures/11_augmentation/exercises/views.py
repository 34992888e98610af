"""Many views of one image at test time."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import numbered

TEN_CROP = Exercise(
    "augmentation.ten_crop",
    points=2,
    minutes=4,
    returns=("views",),
    promises={
        "The centre begins at row (H - size) // 2": "an odd rest",
        "if the image is smaller than the square": ("too few rows", "too few columns"),
    },
    hints=(
        "Five squares are given by five pairs (first row, first column).",
        "The last possible first row is H - size. First take all five squares, then their mirror "
        "images.",
        "`np.stack` puts the five below each other; reverse the last axis for the mirrored five, "
        "and join both with `np.concatenate`.",
    ),
)


@TEN_CROP.cases
def _(rng: np.random.Generator):
    def case(name, shape, size):
        return Case(name, (rng.uniform(0.5, 2) * numbered(1, *shape)[0], size))

    yield case("a colour image", (3, 8, 12), 4)
    yield case("an odd rest", (1, 7, 10), 4)
    yield case("squares as high as the image", (2, 5, 9), 5)
    yield case("one view only", (1, 4, 4), 4)
    yield case("single pixels", (1, 4, 7), 1)
    yield case("too few rows", (1, 3, 6), 4)
    yield case("too few columns", (1, 6, 3), 4)


def _views(img, size, corners, order="mirrored last", flip=(Ellipsis, slice(None, None, -1))):
    if min(img.shape[1:]) < size:
        raise ValueError("too small")
    views = np.stack([img[:, i : i + size, j : j + size] for i, j in corners])
    mirrored = views[flip]
    if order == "in turn":
        return np.stack([views, mirrored], axis=1).reshape(10, *views.shape[1:])
    return np.concatenate([views, mirrored])


def _corners(img, size):
    bottom, right = img.shape[1] - size, img.shape[2] - size
    return [(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)]


@TEN_CROP.misconception("each view beside its mirror image")
def _(img, size):
    """Your ten views are the right ones, in another order: each is followed by its mirror image.
    Which comes first in the instructions, the centre or the first mirrored corner?
    """
    return _views(img, size, _corners(img, size), "in turn")


@TEN_CROP.misconception("upside down")
def _(img, size):
    """The last five of your views stand on their heads.
    Which axis counts the columns?
    """
    return _views(img, size, _corners(img, size), flip=np.s_[:, :, ::-1])


@TEN_CROP.misconception("mirrored before it was cut")
def _(img, size):
    """The last five are squares of the mirrored image, so that view 6 shows what was on the right.
    Of which of your views should view 6 be the mirror image?
    """
    first = _views(img, size, _corners(img, size))[:5]
    second = _views(img[..., ::-1], size, _corners(img, size))[:5]
    return np.concatenate([first, second])


@TEN_CROP.misconception("centre rounded up")
def _(img, size):
    """With an odd number of rows or columns left over, your centre lies one pixel too far.
    Where does the centre begin, according to the instructions?
    """
    *corners, (_, _) = _corners(img, size)
    bottom, right = corners[3]
    return _views(img, size, [*corners, (-(-bottom // 2), -(-right // 2))])


@TEN_CROP.misconception("corners column by column")
def _(img, size):
    """Your second view is the corner at the bottom left.
    In which order are the corners named?
    """
    a, b, c, d, e = _corners(img, size)
    return _views(img, size, [a, c, b, d, e])


@TEN_CROP.misconception("centre first")
def _(img, size):
    """Your first view is the centre.
    In which order are the views named?
    """
    *corners, centre = _corners(img, size)
    return _views(img, size, [centre, *corners])


@TEN_CROP.misconception("centre begins in the middle")
def _(img, size):
    """Your centre view begins at the centre of the image: it shows what is below and to the right.
    Where does a square begin that has its *middle* there?
    """
    *corners, _ = _corners(img, size)
    bottom, right = corners[3]
    centre = min(img.shape[1] // 2, bottom), min(img.shape[2] // 2, right)
    return _views(img, size, [*corners, centre])


VIEWS_ONLY = Question(
    "augmentation.views_only",
    "300 digits at random places, trained *without* shifts: 0.49. At test time each image is shown "
    "nine times, shifted by -1, 0 or 1 in both directions, and the probabilities are averaged. "
    "What do the same weights reach?",
    choices=(
        Choice(
            "0.49: nothing was learnt that could be averaged",
            "Each of the nine answers may be poor. Are they wrong in the same way?",
        ),
        Choice("0.65", right=True),
        Choice(
            "0.40: eight of the nine views are places it has not seen",
            "Was the tenth place, where the digit really is, one that it has seen?",
        ),
        Choice(
            "0.93: as good as training with shifts",
            "Averaging cannot add knowledge. From how many images does the network know its "
            "digits?",
        ),
    ),
    why="One of nine places may be one where a similar digit was seen, and the errors at the "
    "others cancel in part. Training with shifts gains more, and costs one view at test time, not "
    "nine.",
)
