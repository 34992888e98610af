"""Flips: which images may be mirrored, and who decides."""

from typing import Any

import numpy as np

from grader import Case, Choice, Exercise, Property, Question, repeated

from .shared import SIGMAS, chance_bound, pictures, seed


def _kinds(case: Case, output: Any) -> np.ndarray:
    """For each image of all calls: what was done to it, as shares of 5 kinds; (calls, N, 5)."""
    x = case.args[0]
    made = (x, x[..., ::-1], x[:, :, ::-1], x[:, ::-1])
    found = []
    for out in output:
        same = [(np.abs(out - m) < 1e-5).all(axis=(1, 2, 3)) for m in made]
        same = np.array(same)
        found.append(np.concatenate([same, ~same.any(axis=0, keepdims=True)]).T)
    return np.array(found)


def _spoilt(case: Case, output: Any) -> str | None:
    kinds = _kinds(case, output)
    if kinds[..., 2].any():
        return "some images stand on their heads."
    if kinds[..., 3].any():
        return "in some images the channels have changed places."
    if kinds[..., 4].any():
        return "some images are neither as they were nor mirrored as a whole."
    return None


def _all_or_none(case: Case, output: Any) -> str | None:
    mirrored = _kinds(case, output)[..., 1].mean(axis=1)
    if 0 < case.kwargs["p"] < 1 and np.isin(mirrored, (0, 1)).all():
        return f"in each of {len(mirrored)} calls all images came out alike, mirrored or not."
    return None


def _same_again(case: Case, output: Any) -> str | None:
    mirrored = _kinds(case, output)[..., 1]
    if 0 < case.kwargs["p"] < 1 and (mirrored == mirrored[0]).all():
        return "several calls with one generator mirrored the same images."
    return None


def _wrong_share(case: Case, output: Any) -> str | None:
    p, mirrored = case.kwargs["p"], _kinds(case, output)[..., 1]
    if abs(mirrored.mean() - p) > chance_bound(p, mirrored.size):
        return f"with p = {p:g}, {mirrored.mean():.0%} of {mirrored.size} were mirrored."
    return None


def _measure(case: Case, output: Any) -> dict[str, tuple[float, float]]:
    kinds = _kinds(case, output)
    names = ("left alone", "mirrored", "upside down", "channels exchanged", "spoilt")
    # Images that share one draw say as little as one image.
    spread = np.sqrt(np.maximum(kinds.var(axis=(0, 1)) / kinds[..., 0].size, 1e-12))
    alike = bool(np.isin(kinds.mean(axis=1), (0, 1)).all())
    slack = np.ones(5) if alike else SIGMAS * spread
    found = {
        name: (float(share), float(s))
        for name, share, s in zip(names, kinds.mean(axis=(0, 1)), slack, strict=True)
    }
    return found | {
        "a batch comes out alike": (float(alike), 0.0),
        "kinds seen": (float((kinds.any(axis=(0, 1)) * 2 ** np.arange(5)).sum()), 32.0 * alike),
        "calls are alike": (float((kinds == kinds[0]).all()), float(alike)),
    }


RANDOM_HFLIP = Exercise(
    "augmentation.random_hflip",
    points=2,
    minutes=3,
    returns=("out",),
    driver=repeated,
    properties=(
        Property("An image comes out as it was or mirrored left to right: this", _spoilt),
        Property("Every image has its own draw: this", _all_or_none),
        Property("Each call draws anew: this", _same_again),
        Property("An image is mirrored with probability p: this", _wrong_share),
    ),
    measure=_measure,
    hints=(
        "You need one yes or no for each image: N random numbers, compared with p.",
        "Mirroring reverses the last axis, the columns.",
        "`np.where(yes, mirrored, x)` chooses; `yes` needs the shape (N, 1, 1, 1) to be spread "
        "over whole images.",
    ),
)


@RANDOM_HFLIP.cases
def _(rng: np.random.Generator):
    def case(name, shape, p, draws=3):
        return Case(name, (pictures(rng, *shape),), {"p": p, "rng": seed(rng), "draws": draws})

    yield case("60 colour images", (60, 3, 4, 5), 0.5)
    yield case("mirrored rarely", (80, 2, 3, 4), 0.2)
    yield case("mirrored often", (80, 3, 4, 3), 0.85)
    yield case("p = 0", (5, 2, 3, 4), 0.0)
    yield case("p = 1", (5, 2, 3, 4), 1.0)


def _pick(rng, p, n):
    return (rng.random(n) < p)[:, None, None, None]


@RANDOM_HFLIP.misconception("one draw for the batch")
def _(x, *, p=0.5, rng):
    """In each call either all of your images are mirrored or none is.
    Ten images: how many different outcomes do you allow, and how many are possible?
    """
    return x[..., ::-1].copy() if rng.random() < p else x.copy()


@RANDOM_HFLIP.misconception("upside down")
def _(x, *, p=0.5, rng):
    """Some of your images stand on their heads.
    Which axis counts the rows of an image, and which its columns?
    """
    return np.where(_pick(rng, p, len(x)), x[:, :, ::-1], x)


@RANDOM_HFLIP.misconception("channels exchanged")
def _(x, *, p=0.5, rng):
    """In some of your images red has become blue, and every object stands where it stood.
    Which axis did you reverse?
    """
    return np.where(_pick(rng, p, len(x)), x[:, ::-1], x)


@RANDOM_HFLIP.misconception("p of staying")
def _(x, *, p=0.5, rng):
    """The larger p is, the fewer images you mirror.
    Which of the two outcomes has the probability p?
    """
    return np.where(_pick(rng, p, len(x)), x, x[..., ::-1])


@RANDOM_HFLIP.misconception("always mirrored")
def _(x, *, p=0.5, rng):
    """All of your images are mirrored, whatever p is.
    Then the network never sees them the right way round. Where does chance come in?
    """
    return x[..., ::-1].copy()


@RANDOM_HFLIP.misconception("one half, whatever p is")
def _(x, *, p=0.5, rng):
    """About half of your images are mirrored in every case, whatever p is.
    One half is the default. Who may want another share?
    """
    return np.where(_pick(rng, 0.5, len(x)), x[..., ::-1], x)


@RANDOM_HFLIP.misconception("rows mirrored one by one")
def _(x, *, p=0.5, rng):
    """Inside one image some rows are mirrored and others are not.
    What does that make of a face? How many draws does one image need?
    """
    rows = rng.random((len(x), 1, x.shape[2], 1)) < p
    return np.where(rows, x[..., ::-1], x)


FLIP_DIGITS = Question(
    "augmentation.flip_digits",
    "300 handwritten digits for training, a small network, the same number of updates. In one run "
    "each digit of a batch is mirrored with probability ½. What does that do to the accuracy on "
    "new digits (which nobody mirrors)?",
    choices=(
        Choice(
            "it rises by about 2 points",
            "Twice as many images, as it were. Which of the new ones will the test ever show?",
        ),
        Choice(
            "it stays within half a point",
            "The network could learn both versions side by side. With which of its 60 units, and "
            "from how many examples of each?",
        ),
        Choice("it falls by 3 to 6 points", right=True),
        Choice(
            "it falls by about 20 points",
            "That would need mirrored digits to be taken for other digits all the time. How many "
            "of the ten look like another one in the mirror?",
        ),
    ),
    why="At each of three learning rates, five draws. The network has to learn ten more shapes "
    "from as many images, and some of them look like another digit.",
)


WHO_SUFFERS = Question(
    "augmentation.who_suffers",
    "Which digit's accuracy changes most?",
    choices=(
        Choice("0", "What does a 0 look like in the mirror?"),
        Choice("5", right=True),
        Choice("1", "A stroke. How much of it changes in the mirror?"),
        Choice("8", "Which other digit would a mirrored 8 be taken for?"),
    ),
    why="A 5 in the mirror is nearly a 2. The two now share part of their pixels, and their "
    "labels differ.",
)
