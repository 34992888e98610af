"""A number to beat, before there is a network."""

import numpy as np

from grader import Case, Choice, Exercise, Question

KNN_PREDICT = Exercise(
    "recipe.knn_predict",
    points=4,
    minutes=8,
    returns=("y",),
    promises={
        "the one whose": "a tie between two classes",
        "is not from 1 to N": (
            "k of 0, which must raise ValueError",
            "more neighbours than examples, which must raise ValueError",
        ),
        "smallest Euclidean distance": "three neighbours of five",
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
