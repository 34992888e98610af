"""The leak of augmentation: copies on both sides of the split."""

from typing import Any

import numpy as np

from grader import Case, Choice, Exercise, Property, Question

from .. import drivers
from .shared import seed

TOO_GOOD = Question(
    "augmentation.too_good",
    "Few images, so somebody adds five warped copies of each, and then splits off a validation "
    "set. The network reaches 0.98 on it. What will new digits say?",
    choices=(
        Choice(
            "0.98: the validation images were held out",
            "Each of them was held out. Was everything held out that was made from the same "
            "handwriting?",
        ),
        Choice(
            "0.95: a little less, because the training was short",
            "Is it the length of the training that differs between the two sets?",
        ),
        Choice("0.90", right=True),
        Choice(
            "0.60: the network has memorised its images",
            "Memorised handwriting does not help with new handwriting. But has it learnt nothing "
            "else from a hundred digits and five copies of each?",
        ),
    ),
    why="The copies of a validation image are in the training set, and a copy is easy to "
    "recognise. The error looks several times smaller than it is.",
)


def _parts(case: Case, output: Any):
    """x_train, y_train, x_val, y_val of each call."""
    for found in output:
        yield tuple(np.asarray(part) for part in found)


def _id(x: np.ndarray) -> np.ndarray:
    """Which image of the case each one was made from; their first pixels lie ten apart."""
    return np.floor((x[:, 0, 0, 0] + 1e-3) / 10).astype(int)


def _as_it_was(x: np.ndarray) -> np.ndarray:
    return np.abs(x[:, 0, 0, 0] - 10 * _id(x)) < 1e-3


def _spoilt(case: Case, output: Any) -> str | None:
    pattern = case.args[0][0] - case.args[0][0, 0, 0, 0]
    for x_train, _, x_val, _ in _parts(case, output):
        for x in (x_train, x_val):
            if np.abs(x - x[:, :1, :1, :1] - pattern).max(initial=0) > 0.01:
                return "some images are a mixture of others."
    return None


def _on_both_sides(case: Case, output: Any) -> str | None:
    for x_train, _, x_val, _ in _parts(case, output):
        both = np.isin(_id(x_val), _id(x_train))
        if both.any():
            return f"{both.sum()} of {len(both)} validation images have a version in training."
    return None


def _val_changed(case: Case, output: Any) -> str | None:
    for _, _, x_val, _ in _parts(case, output):
        if not _as_it_was(x_val).all():
            return f"{(~_as_it_was(x_val)).sum()} of {len(x_val)} validation images were changed."
    return None


def _val_twice(case: Case, output: Any) -> str | None:
    for _, _, x_val, _ in _parts(case, output):
        if len(np.unique(_id(x_val))) < len(x_val):
            return "one image is there several times."
    return None


def _wrong_copies(case: Case, output: Any) -> str | None:
    copies = case.kwargs["copies"]
    for x_train, *_ in _parts(case, output):
        _, counts = np.unique(_id(x_train), return_counts=True)
        if (counts != 1 + copies).any():
            return f"one image is there {counts.min()} times, another {counts.max()} times."
        if _as_it_was(x_train).sum() != len(counts):
            return f"{_as_it_was(x_train).sum()} of {len(x_train)} are as they were."
    return None


def _changed_again(case: Case, output: Any) -> str | None:
    for x_train, *_ in _parts(case, output):
        again = x_train[:, 0, 0, 0] - 10 * _id(x_train) > 0.4 + 1e-3
        if again.any():
            return f"{again.sum()} of {len(x_train)} training images were changed more than once."
    return None


def _copies_alike(case: Case, output: Any) -> str | None:
    for x_train, *_ in _parts(case, output):
        changed = x_train[~_as_it_was(x_train)][:, 0, 0, 0]
        if len(np.unique(changed)) < 0.9 * len(changed):  # in float32 two can be equal by chance
            return "several copies of an image are equal."
    return None


def _wrong_labels(case: Case, output: Any) -> str | None:
    y = case.args[1]
    for x_train, y_train, x_val, y_val in _parts(case, output):
        for x, given in ((x_train, y_train), (x_val, y_val)):
            wrong = y[np.clip(_id(x), 0, len(y) - 1)] != given
            if wrong.any():
                return f"{wrong.sum()} of {len(wrong)} have a label of another image."
    return None


def _not_at_random(case: Case, output: Any) -> str | None:
    chosen = [tuple(sorted(_id(x_val))) for _, _, x_val, _ in _parts(case, output)]
    if len(chosen) > 1 and len(set(chosen)) == 1:
        return f"{len(chosen)} calls with one generator chose the same images."
    n = len(case.args[0])
    gaps = [np.diff([*ids, ids[0] + n]) for ids in chosen]
    if all((gap == 1).sum() >= len(gap) - 1 for gap in gaps):
        return "the validation images always stand next to each other."
    return None


def _measure(case: Case, output: Any) -> dict[str, tuple[float, float]]:
    kinds = (
        _on_both_sides,
        _val_changed,
        _val_twice,
        _wrong_copies,
        _changed_again,
        _copies_alike,
        _wrong_labels,
    )
    found = {kind.__name__: (float(kind(case, output) is not None), 0.0) for kind in kinds}
    return found | {"chosen alike": (float(_not_at_random(case, output) is not None), 0.0)}


AUGMENTED_SPLIT = Exercise(
    "augmented.augmented_split",
    points=4,
    minutes=6,
    returns=("x_train", "y_train", "x_val", "y_val"),
    driver=drivers.splits,
    properties=(
        Property("Images stay whole: this", _spoilt),
        Property(
            "Validation tells how the network will do on images it has not met: this",
            _on_both_sides,
        ),
        Property("Validation images are such as will come in use: this", _val_changed),
        Property("The validation images are different ones: this", _val_twice),
        Property("A training image is there once, and in its copies: this", _wrong_copies),
        Property("A copy is a training image, changed once: this", _changed_again),
        Property("Every copy is drawn anew: this", _copies_alike),
        Property("Every image has its own class: this", _wrong_labels),
        Property("The split is drawn at random: this", _not_at_random),
    ),
    measure=_measure,
    hints=(
        "Which images can an honest estimate be made from? Look for what a validation image and a "
        "training image have in common.",
        "The order of the two steps decides. What must be done before any copy exists?",
        "`order = rng.permutation(N)` gives the split. Then only x[order[n_val:]] is copied, "
        "changed by `augment`, and joined to itself; the labels follow by `np.tile`.",
    ),
)


@AUGMENTED_SPLIT.cases
def _(rng: np.random.Generator):
    def case(name, n, n_val, copies):
        x = 10 * np.arange(n, dtype=float).reshape(-1, 1, 1, 1) + np.arange(12.0).reshape(2, 2, 3)
        y = rng.permutation(np.arange(n) % 10)
        return Case(name, (x, y), {"n_val": n_val, "copies": copies, "rng": seed(rng), "draws": 3})

    yield case("40 images, 3 copies", 40, 12, 3)
    yield case("60 images, one copy", 60, 10, 1)
    yield case("no copies", 30, 8, 0)


def _grown(x, y, steps, copies, rng, change):
    """x and its copies, with their labels."""
    parts = [x] + [change(x, steps, rng=rng) for _ in range(copies)]
    return np.concatenate(parts), np.tile(y, 1 + copies)


def _changed(x, steps, *, rng):
    for step in steps:
        x = step(x, rng=rng)
    return x.copy()


@AUGMENTED_SPLIT.misconception("copies made before the split")
def _(x, y, steps, *, n_val, copies, rng):
    """Most of your validation images have a twin in the training set.
    What does the network need to know about a new handwriting, to get these right?
    """
    grown, labels = _grown(x, y, steps, copies, rng, _changed)
    order, n_train = rng.permutation(len(grown)), (len(x) - n_val) * (1 + copies)
    train, val = order[:n_train], order[n_train : n_train + n_val]
    return grown[train], labels[train], grown[val], labels[val]


@AUGMENTED_SPLIT.misconception("copies of validation images trained on")
def _(x, y, steps, *, n_val, copies, rng):
    """Your training set is larger than it should be: it holds changed versions of all images.
    Is a warped copy of a validation image a new image?
    """
    order = rng.permutation(len(x))
    val, train = order[:n_val], order[n_val:]
    parts = [_changed(x, steps, rng=rng) for _ in range(copies)]
    labels = np.concatenate([y[train], np.tile(y, copies)])
    return np.concatenate([x[train], *parts]), labels, x[val], y[val]


@AUGMENTED_SPLIT.misconception("validation images trained on")
def _(x, y, steps, *, n_val, copies, rng):
    """Your training set is larger than it should be: it holds all images, and copies of all.
    An exam whose questions were on the exercise sheet: what does it tell?
    """
    val = rng.permutation(len(x))[:n_val]
    grown, labels = _grown(x, y, steps, copies, rng, _changed)
    return grown, labels, x[val], y[val]


@AUGMENTED_SPLIT.misconception("copies of copies")
def _(x, y, steps, *, n_val, copies, rng):
    """Your split is honest. Each copy is made from the copy before it, and strays further.
    What should each copy be a changed version of?
    """
    order = rng.permutation(len(x))
    val, train = order[:n_val], order[n_val:]
    parts = [x[train]]
    for _ in range(copies):
        parts.append(_changed(parts[-1], steps, rng=rng))
    return np.concatenate(parts), np.tile(y[train], 1 + copies), x[val], y[val]


@AUGMENTED_SPLIT.misconception("validation changed, too")
def _(x, y, steps, *, n_val, copies, rng):
    """Your split is honest, and the images for validation were changed.
    Which images will the network meet in use?
    """
    order = rng.permutation(len(x))
    val, train = order[:n_val], order[n_val:]
    grown, labels = _grown(x[train], y[train], steps, copies, rng, _changed)
    return grown, labels, _changed(x[val], steps, rng=rng), y[val]


@AUGMENTED_SPLIT.misconception("one change, many copies")
def _(x, y, steps, *, n_val, copies, rng):
    """All copies of an image are equal.
    What does a network learn from the second of two equal copies?
    """
    order = rng.permutation(len(x))
    val, train = order[:n_val], order[n_val:]
    changed = _changed(x[train], steps, rng=rng)
    return (
        np.concatenate([x[train]] + [changed] * copies),
        np.tile(y[train], 1 + copies),
        x[val],
        y[val],
    )


@AUGMENTED_SPLIT.misconception("labels in another order than images")
def _(x, y, steps, *, n_val, copies, rng):
    """Some of your training images have the label of another image.
    Your images stand copy after copy. In which order do your labels stand?
    """
    order = rng.permutation(len(x))
    val, train = order[:n_val], order[n_val:]
    grown, _ = _grown(x[train], y[train], steps, copies, rng, _changed)
    if not copies:
        return grown, y[train], x[val], y[val]
    return grown, np.repeat(y[train], 1 + copies), x[val], y[val]


@AUGMENTED_SPLIT.misconception("the first rows for validation")
def _(x, y, steps, *, n_val, copies, rng):
    """Each call takes the same images for validation.
    Files are often sorted, by writer or by day. How should the split be made?
    """
    grown, labels = _grown(x[n_val:], y[n_val:], steps, copies, rng, _changed)
    return grown, labels, x[:n_val].copy(), y[:n_val].copy()


@AUGMENTED_SPLIT.misconception("originals changed, too")
def _(x, y, steps, *, n_val, copies, rng):
    """Your split is honest, but no training image is left as it is.
    Which version of an image will the network meet in use?
    """
    order = rng.permutation(len(x))
    val, train = order[:n_val], order[n_val:]
    grown = [_changed(x[train], steps, rng=rng) for _ in range(1 + copies)]
    return np.concatenate(grown), np.tile(y[train], 1 + copies), x[val], y[val]
