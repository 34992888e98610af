"""A number to beat, before there is a network."""

import numpy as np

from grader import Case, Choice, Exercise, Question

KNN_PREDICT = Exercise(
    "recipe.knn_predict",
    points=4,
    minutes=8,
    returns=("y",),
    promises={
        "the one whose": ("a tie between two classes", "a tie between five classes"),
        "is not from 1 to N": (
            "k of 0, which must raise ValueError",
            "more neighbours than examples, which must raise ValueError",
        ),
        "smallest Euclidean distance": ("three neighbours of five", "along an axis and across"),
    },
    hints=(
        "Sort the known examples by their distance from each new one: who are the first k?",
        "All distances at once: ‖a − b‖² = ‖a‖² − 2 a·b + ‖b‖². One of the three terms is the "
        "same for all neighbours of one example.",
        "Labels of the neighbours in order of distance, shape (M, k). For each of them count how "
        "many of the k have its label, and take the first that has the highest count.",
    ),
)


def _around(rng, radii, labels, d=4):
    """Known examples at these distances from the origin, in random order, with these labels."""
    away = rng.standard_normal((len(radii), d))
    away *= (np.array(radii) / np.linalg.norm(away, axis=1))[:, None]
    order = rng.permutation(len(radii))
    return away[order], np.array(labels)[order]


@KNN_PREDICT.cases
def _(rng: np.random.Generator):
    x, y = _around(rng, [1.0, 1.2, 1.4, 3.0, 3.3, 3.6], [2, 0, 2, 0, 0, 0])
    centre = np.zeros((1, 4))
    far_x, far_y = _around(rng, [1.0, 1.3, 1.6], [1, 3, 3])
    x, y = np.concatenate([x, far_x + 20]), np.concatenate([y, far_y])
    yield Case("three neighbours of five", (x, y, np.concatenate([centre, centre + 20])), {"k": 3})
    x, y = _around(rng, [1.0, 1.2, 1.4, 1.6, 5.0], [3, 1, 1, 3, 1])
    yield Case("a tie between two classes", (x, y, centre), {"k": 4})
    # The nearest voter of all has no part in the tie. Each rule for a tie gives another class: the
    # nearest voter 2, the last one 5, the smallest sum 3, the lowest number 0, the highest 6.
    near = [1.0, 1.1, 1.2, 1.25, 1.5, 1.6, 1.7, 1.9, 2.0, 2.9, 3.0, 8.0]
    x, y = _around(rng, near, [4, 2, 3, 3, 0, 6, 5, 0, 6, 2, 5, 1])
    yield Case("a tie between five classes", (x, y, centre), {"k": 11})
    # By sums of sizes, and by the largest of them, the other one would be nearer.
    across, along = np.full(4, 0.6), 1.5 * np.eye(4)[rng.integers(4)]
    x = np.stack([across, along, 20 + 1.5 * across, 20 + 0.8 * along])
    asked = np.stack([np.zeros(4), np.full(4, 20.0)])
    yield Case("along an axis and across", (x, np.array([2, 1, 3, 4]), asked), {"k": 1})
    x, y = _around(rng, [1.0, 2.0, 2.2, 2.4], [1, 0, 0, 0])
    yield Case("one neighbour", (x, y, centre), {"k": 1})
    x, y = _around(rng, [1.0, 1.1, 2.0, 2.2, 2.4], [4, 4, 2, 2, 2])
    yield Case("all of them vote", (x, y, centre + 0.01), {"k": 5})
    x, y = _around(rng, [1.0, 1.2, *np.linspace(2, 3, 14)], [5, 5, *[5] * 6, *[0, 2] * 4])
    yield Case("fifteen by default", (x, y, centre))
    known, labels = rng.standard_normal((20, 4)), rng.integers(0, 3, 20)
    labels[-1] = 6
    yield Case("examples that are known themselves", (known, labels, known[-6:].copy()), {"k": 1})
    away = 1.5 * rng.permutation([1.0, 1.0, -1.0, -1.0])
    x, y = np.array([0.6, 1.05, 1.6])[:, None] * away, np.array([2, 1, 0])
    yield Case("examples in one direction", (x, y, away[None]), {"k": 1})
    x, y = rng.standard_normal((8, 4)), rng.integers(0, 3, 8)
    for k, what in ((0, "k of 0"), (6, "more neighbours than examples")):
        name = f"{what}, which must raise ValueError"
        yield Case(name, (x[:5], y[:5], centre), {"k": k}, extreme=True)


def _ordered(x_train, y_train, x, k, sign=1):
    if not 1 <= k <= len(x_train):
        raise ValueError("k")
    away = np.linalg.norm(x[:, None] - x_train, axis=2)
    return y_train[np.argsort(sign * away, axis=1, kind="stable")]


def _first_of_most(nearest):
    votes = (nearest[:, :, None] == nearest[:, None, :]).sum(axis=2)
    return nearest[np.arange(len(nearest)), votes.argmax(axis=1)]


@KNN_PREDICT.misconception("the farthest vote")
def _(x_train, y_train, x, *, k=15):
    """The examples that are farthest away decide.
    Which end of a sorted list holds the small numbers?
    """
    return _first_of_most(_ordered(x_train, y_train, x, k, -1)[:, :k])


@KNN_PREDICT.misconception("the nearest one is left out")
def _(x_train, y_train, x, *, k=15):
    """The nearest example does not vote; the k after it do.
    Is the example that is asked about always among the known ones?
    """
    return _first_of_most(_ordered(x_train, y_train, x, k)[:, 1 : k + 1])


@KNN_PREDICT.misconception("the mean of the labels")
def _(x_train, y_train, x, *, k=15):
    """You average the labels of the neighbours.
    What lies between a rise (0) and an arch (2)?
    """
    return np.rint(_ordered(x_train, y_train, x, k)[:, :k].mean(axis=1)).astype(y_train.dtype)


@KNN_PREDICT.misconception("a tie goes to the lowest class")
def _(x_train, y_train, x, *, k=15):
    """Among classes with equally many votes the lowest number wins.
    Two classes are as frequent among the neighbours. What else do you know about these neighbours?
    """
    nearest = _ordered(x_train, y_train, x, k)[:, :k]
    return np.array([np.bincount(row).argmax() for row in nearest], y_train.dtype)


@KNN_PREDICT.misconception("only the nearest one decides")
def _(x_train, y_train, x, *, k=15):
    """Your answer is always the class of the nearest example.
    What are the k - 1 others for?
    """
    return _ordered(x_train, y_train, x, k)[:, 0]


def _most(nearest):
    """The classes that have the most votes, for each row of neighbours in their order."""
    votes = [np.bincount(row) for row in nearest]
    return [np.flatnonzero(v == v.max()) for v in votes]


@KNN_PREDICT.misconception("a tie goes to the highest class")
def _(x_train, y_train, x, *, k=15):
    """Among classes with equally many votes the highest number wins.
    What else do you know about the neighbours of these classes?
    """
    nearest = _ordered(x_train, y_train, x, k)[:, :k]
    return np.array([most[-1] for most in _most(nearest)], y_train.dtype)


@KNN_PREDICT.misconception("in a tie, the nearest of all")
def _(x_train, y_train, x, *, k=15):
    """In a tie the nearest example decides, even if its class has fewer votes than others.
    Among which classes does the text look for the nearest voter?
    """
    nearest = _ordered(x_train, y_train, x, k)[:, :k]
    found = [
        most[0] if len(most) == 1 else row[0]
        for most, row in zip(_most(nearest), nearest, strict=True)
    ]
    return np.array(found, y_train.dtype)


@KNN_PREDICT.misconception("in a tie, the voter that is farthest")
def _(x_train, y_train, x, *, k=15):
    """In a tie you give the class whose voter is farthest.
    From which end does your search among the voters begin?
    """
    nearest = _ordered(x_train, y_train, x, k)[:, :k]
    found = [
        next(c for c in row[::-1] if c in most)
        for most, row in zip(_most(nearest), nearest, strict=True)
    ]
    return np.array(found, y_train.dtype)


@KNN_PREDICT.misconception("in a tie, the smallest sum of distances")
def _(x_train, y_train, x, *, k=15):
    """In a tie you add up the distances of the voters of each class.
    How many voters of a class does the text ask about?
    """
    nearest = _ordered(x_train, y_train, x, k)[:, :k]
    away = np.sort(np.linalg.norm(x[:, None] - x_train, axis=2), axis=1)[:, :k]
    found = [
        min(most, key=lambda c, row=row, far=far: far[row == c].sum())
        for most, row, far in zip(_most(nearest), nearest, away, strict=True)
    ]
    return np.array(found, y_train.dtype)


@KNN_PREDICT.misconception("near votes count more")
def _(x_train, y_train, x, *, k=15):
    """A vote counts the more, the nearer it is.
    How much does each vote count in the text?
    """
    nearest = _ordered(x_train, y_train, x, k)[:, :k]
    away = np.sort(np.linalg.norm(x[:, None] - x_train, axis=2), axis=1)[:, :k]
    votes = [np.bincount(row, 1 / (far + 1e-8)) for row, far in zip(nearest, away, strict=True)]
    return np.array([v.argmax() for v in votes], y_train.dtype)


@KNN_PREDICT.misconception("one neighbour more")
def _(x_train, y_train, x, *, k=15):
    """One more than k have a vote.
    Which index is the last one of a slice that begins at 0?
    """
    return _first_of_most(_ordered(x_train, y_train, x, k)[:, : k + 1])


@KNN_PREDICT.misconception("sums of sizes for distances")
def _(x_train, y_train, x, *, k=15):
    """You measure a distance by the sum of the sizes of all differences.
    Which distance does the text name?
    """
    _ordered(x_train, y_train, x, k)
    away = np.abs(x[:, None] - x_train).sum(axis=2)
    return _first_of_most(y_train[np.argsort(away, axis=1, kind="stable")][:, :k])


@KNN_PREDICT.misconception("the largest difference for a distance")
def _(x_train, y_train, x, *, k=15):
    """You measure a distance by the largest of the differences.
    Which distance does the text name?
    """
    _ordered(x_train, y_train, x, k)
    away = np.abs(x[:, None] - x_train).max(axis=2)
    return _first_of_most(y_train[np.argsort(away, axis=1, kind="stable")][:, :k])


@KNN_PREDICT.misconception("the largest product")
def _(x_train, y_train, x, *, k=15):
    """You sort by the product with each known example, so that a long one seems near.
    A squared distance has three terms. Which of them differ from neighbour to neighbour?
    """
    _ordered(x_train, y_train, x, k)
    return _first_of_most(y_train[np.argsort(-x @ x_train.T, axis=1, kind="stable")][:, :k])


@KNN_PREDICT.misconception("places, not classes")
def _(x_train, y_train, x, *, k=15):
    """You give the place of the nearest example among the known ones.
    What stands at that place in the list of classes?
    """
    _ordered(x_train, y_train, x, k)
    return np.linalg.norm(x[:, None] - x_train, axis=2).argmin(axis=1)


NEIGHBOURS = Question(
    "recipe.neighbours_or_network",
    "All recordings are prepared as above. A network of 64 units, its penalty and its rate "
    "tuned, against fifteen nearest neighbours, which need no training at all. On new recordings",
    choices=(
        Choice(
            "the network is ten points better",
            "A dense layer has a weight for each band and frame. What does it have to learn for "
            "each time at which the same call may begin?",
        ),
        Choice(
            "the network is three points better",
            "With 1500 recordings, how many examples has it of each call, at each of its times "
            "and pitches?",
        ),
        Choice(
            "the two are equal, within a point",
            "What would a network have to know about time that a distance does not know either?",
        ),
        Choice("the neighbours are better by some points", right=True),
    ),
    why="A method without training beats the tuned network, until the network is told what it "
    "cannot guess from 1500 recordings: that the same call may begin earlier or later.",
)
