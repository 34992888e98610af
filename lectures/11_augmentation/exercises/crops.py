"""Random crops and shifts."""

from typing import Any

import numpy as np

from grader import Case, Choice, Exercise, Property, Question, repeated
from utils.augmentation import crop

from .shared import SIGMAS, numbered, seed

WORTH_OF_SHIFTS = Question(
    "augmentation.worth_of_shifts",
    "Digits at a random place of a larger frame, so two threes rarely cover the same pixels. A "
    "network trained on 100 of them reaches an accuracy of about 0.3. Now each batch is shifted at "
    "random, by up to 2 pixels. How many images would it need *without* shifts to do as well?",
    choices=(
        Choice(
            "about 150",
            "Shifted copies of a hundred handwritings: do they help as little as fifty more?",
        ),
        Choice(
            "about 300",
            "In what do these images differ most: in the handwriting, or in the place?",
        ),
        Choice(
            "about 2500",
            "There are 25 shifts of each image. Is a shifted 3 as new as somebody else's 3?",
        ),
        Choice("about 800", right=True),
    ),
    why="What the network lacked was not handwriting but places, and those can be made.",
)


def _places(case: Case, output: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of all calls together: first row and column of each square, and whether it is one at all."""
    x, size = case.args
    pad, width = case.kwargs["pad"], x.shape[3]
    out = np.concatenate(output)
    squares = out[:, 0].reshape(len(out), -1)
    first = (squares > 0).argmax(axis=1)
    value = squares[np.arange(len(out)), first]
    inside = (value - 1) % (x.shape[1] * x.shape[2] * width)
    top = inside // width + pad - first // size
    left = inside % width + pad - first % size
    framed = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(framed, (size, size), axis=(2, 3))
    last = np.array(windows.shape[2:4])[:, None] - 1
    place = np.stack([top, left]).astype(int)
    lies = ((place >= 0) & (place <= last)).all(axis=0) & (value > 0)
    row, column = np.clip(place, 0, last)
    own = np.tile(np.arange(len(x)), len(output))
    good = lies & np.all(windows[own, :, row, column] == out, axis=(1, 2, 3))
    return np.where(good, top, -1), np.where(good, left, -1), good


def _steps(case: Case) -> np.ndarray:
    """How many rows and columns a square can begin at."""
    x, size = case.args
    return np.array(x.shape[2:]) + 2 * case.kwargs["pad"] - size + 1


def _no_square(case: Case, output: Any) -> str | None:
    good = _places(case, output)[2]
    if good.all():
        return None
    return f"{(~good).sum()} of {good.size} results are no square of their own image in its frame."


def _one_place(case: Case, output: Any) -> str | None:
    top, left, _ = (part.reshape(len(output), -1) for part in _places(case, output))
    if _steps(case).max() > 1 and (top.T == top[:, 0]).all() and (left.T == left[:, 0]).all():
        return "in each call all squares lie at the same place."
    return None


def _same_again(case: Case, output: Any) -> str | None:
    top, left, _ = (part.reshape(len(output), -1) for part in _places(case, output))
    if len(output) > 1 and _steps(case).max() > 1:
        if (top == top[0]).all() and (left == left[0]).all():
            return "several calls with one generator cut out the same places."
    return None


def _uneven(case: Case, output: Any) -> str | None:
    places, steps = _places(case, output)[:2], _steps(case)
    for place, count, name in zip(places, steps, ("row", "column"), strict=True):
        often = np.bincount(place.astype(int) + 1, minlength=count + 1)[1:]
        n, p = len(place), 1 / count
        if n >= 100 and np.abs(often - n * p).max() > SIGMAS * np.sqrt(n * p * (1 - p)) + 1e-9:
            odd = int(np.abs(often - n * p).argmax())
            return f"of {n} squares {often[odd]} begin at {name} {odd}, the first being 0."
    return None


def _together(case: Case, output: Any) -> str | None:
    top, left, _ = _places(case, output)
    if len(top) >= 100 and (_steps(case) > 1).all():
        if abs(np.corrcoef(top, left)[0, 1]) > SIGMAS / np.sqrt(len(top)):
            return "rows and columns of the places go together."
    return None


def _measure(case: Case, output: Any) -> dict[str, tuple[float, float]]:
    top, left, good = _places(case, output)
    found = {"squares": (float(good.all()), 0.0)}
    one = bool(_one_place(case, output))
    for name, place in (("top", top), ("left", left)):
        slack = 10.0 if one else SIGMAS * (place.std() + 1e-9) / np.sqrt(len(place))
        found[f"mean {name}"] = (float(place.mean()), float(slack))
        found[f"last {name}"] = (float(place.max()), 10.0 * one)
    found["calls alike"] = (float(bool(_same_again(case, output))), 0.0)
    tied = abs(np.corrcoef(top, left)[0, 1]) if top.std() and left.std() else 0.0
    return found | {"one place": (float(one), 0.0), "tied": (tied, 0.3 + one)}


RANDOM_CROP = Exercise(
    "augmentation.random_crop",
    points=3,
    minutes=5,
    returns=("out",),
    driver=repeated,
    properties=(
        Property("Each result is a square of its own image and the frame: this", _no_square),
        Property("Every image has a place of its own: this", _one_place),
        Property("Each call draws anew: this", _same_again),
        Property("Every possible place is equally likely: this", _uneven),
        Property("Row and column are drawn separately: this", _together),
    ),
    measure=_measure,
    promises={
        "every possible place equally likely": (
            "300 images of 6 x 7, squares of 4",
            "the whole image is the only place",
        ),
        "if the padded image is smaller than the square": "a square that is too large",
    },
    hints=(
        "Frame first (`np.pad`, only the last two axes), then cut. `crop` cuts, if you tell it the "
        "first row and the first column of each square.",
        "A square of 3 in a row of 5 can begin at 0, 1 or 2. How many places are that in general? "
        "And what if the square is as large as the image?",
        "There are H + 2 pad - size + 1 first rows. `rng.integers(0, n, size=N)` draws N whole "
        "numbers from 0 to n - 1.",
    ),
)


@RANDOM_CROP.cases
def _(rng: np.random.Generator):
    def case(name, shape, size, pad, draws):
        kwargs = {"pad": pad, "rng": seed(rng), "draws": draws}
        return Case(name, (numbered(*shape), size), kwargs)

    yield case("300 images of 6 x 7, squares of 4", (300, 1, 6, 7), 4, 0, 3)
    yield case("shifts of 5 x 5 by up to 2, three channels", (200, 3, 5, 5), 5, 2, 3)
    yield case("a frame, and images taller than wide", (200, 2, 8, 5), 5, 1, 3)
    yield case("the whole image is the only place", (4, 2, 5, 5), 5, 0, 3)
    yield case("a square that is too large", (4, 1, 5, 6), 8, 1, 1)


def _framed(x, pad):
    return np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))


def _cut(x, top, left, size):
    return np.stack(
        [img[:, i : i + size, j : j + size] for img, i, j in zip(x, top, left, strict=True)]
    )


def _room(x, size):
    rows, columns = x.shape[2] - size + 1, x.shape[3] - size + 1
    if rows < 1 or columns < 1:
        raise ValueError("too small")
    return rows, columns


@RANDOM_CROP.misconception("the last place left out")
def _(x, size, *, pad=0, rng):
    """The last possible row and column never come up.
    A square of 3 in a row of 3: how many places does it have?
    """
    x = _framed(x, pad)
    rows, columns = (max(places - 1, 1) for places in _room(x, size))
    return crop(x, rng.integers(0, rows, len(x)), rng.integers(0, columns, len(x)), size)


@RANDOM_CROP.misconception("the last place left out, or the only one refused")
def _(x, size, *, pad=0, rng):
    """The last possible row and column never come up. Where only one place is possible, you find
    none. A square of 3 in a row of 3: how many places does it have?
    """
    x = _framed(x, pad)
    rows, columns = _room(x, size)
    i, j = rng.integers(0, rows - 1, len(x)), rng.integers(0, columns - 1, len(x))
    return crop(x, i, j, size)


@RANDOM_CROP.misconception("one place for the batch")
def _(x, size, *, pad=0, rng):
    """In each call all of your squares lie at the same place.
    Does every image of a batch have to move the same way?
    """
    x = _framed(x, pad)
    rows, columns = _room(x, size)
    i, j = rng.integers(0, rows), rng.integers(0, columns)
    return x[:, :, i : i + size, j : j + size].copy()


@RANDOM_CROP.misconception("row and column from one draw")
def _(x, size, *, pad=0, rng):
    """Your squares move along the diagonal only: a place far down is also far to the right.
    How many numbers does a place need?
    """
    x = _framed(x, pad)
    rows, columns = _room(x, size)
    u = rng.random(len(x))
    return crop(x, (u * rows).astype(int), (u * columns).astype(int), size)


@RANDOM_CROP.misconception("frame on one side")
def _(x, size, *, pad=0, rng):
    """Your images can move up and to the left, and never down or to the right.
    On how many sides of an image is its frame?
    """
    x = np.pad(x, ((0, 0), (0, 0), (0, 2 * pad), (0, 2 * pad)))
    rows, columns = _room(x, size)
    return crop(x, rng.integers(0, rows, len(x)), rng.integers(0, columns, len(x)), size)


@RANDOM_CROP.misconception("no frame")
def _(x, size, *, pad=0, rng):
    """Your squares lie inside of the image, whatever `pad` is.
    What is the frame of zeros for, when the square is as large as the image?
    """
    rows, columns = _room(x, size)
    return crop(x, rng.integers(0, rows, len(x)), rng.integers(0, columns, len(x)), size)


@RANDOM_CROP.misconception("other pixels in place of zeros")
def _(x, size, *, pad=0, rng):
    """Where the frame shows, your squares hold something other than zeros.
    For photographs the pixels of the edge, repeated or mirrored, often make the better frame. Which
    one do the instructions ask for?
    """
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="edge")
    rows, columns = _room(x, size)
    return crop(x, rng.integers(0, rows, len(x)), rng.integers(0, columns, len(x)), size)


@RANDOM_CROP.misconception("always the centre")
def _(x, size, *, pad=0, rng):
    """Every square lies in the middle of its image.
    What is `rng` passed in for?
    """
    x = _framed(x, pad)
    rows, columns = _room(x, size)
    i, j = (rows - 1) // 2, (columns - 1) // 2
    return x[:, :, i : i + size, j : j + size].copy()


@RANDOM_CROP.misconception("squares of other images")
def _(x, size, *, pad=0, rng):
    """Your squares are squares of images, but result n is not always one of image n.
    Whose label will it get?
    """
    x = _framed(x, pad)[rng.permutation(len(x))]
    rows, columns = _room(x, size)
    return crop(x, rng.integers(0, rows, len(x)), rng.integers(0, columns, len(x)), size)
