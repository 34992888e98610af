"""What may be reported: hold-out, folds, nested folds, whole groups."""

import numpy as np

from grader import Case, Choice, Exercise, Question

COIN_FLIPS = Question(
    "hyperparameters.coin_flips",
    "100 examples of noise, labels by the toss of a coin: nothing can be learnt. Forty settings "
    "are tried, each trained on 80 examples and judged on the other 20. What is the validation "
    "accuracy of the best, on average?",
    choices=(
        Choice(
            "0.50",
            "Each single setting has 0.50 on average. Is the best of forty an average setting?",
        ),
        Choice(
            "0.56",
            "Twenty examples: what is the standard deviation of a single score? And how many of "
            "these does the best of forty lie above the mean?",
        ),
        Choice("0.70", right=True),
        Choice(
            "0.95",
            "That would take 19 right ones of 20 tosses. In how many of a million tries does that "
            "happen, and how many tries are there?",
        ),
    ),
    why="A score of 20 tosses has a standard deviation of 0.11, and the best of forty lies nearly "
    "two of these above the mean. Selection manufactures skill.",
)

WRITERS = Question(
    "hyperparameters.whole_writers",
    "The file of digits is ordered by writer. Six folds of shuffled images: 0.964. Now six "
    "folds of neighbouring rows, so that those who wrote the validation images are hardly "
    "among those who wrote the training images. The score is",
    choices=(
        Choice(
            "higher: neighbouring images are more alike",
            "They are alike within a fold. Between which parts would likeness help?",
        ),
        Choice("about three points lower", right=True),
        Choice(
            "the same: the classes are balanced in both",
            "Balanced classes, but whose handwriting? What does a shuffled fold know about the "
            "writer of a validation image?",
        ),
        Choice(
            "ten points lower and more",
            "Do people write so differently that a seven of a stranger is hardly a seven?",
        ),
    ),
    why="Shuffled folds ask: another image of a writer you know. Folds of neighbours ask: a writer "
    "you do not know. If the network is to read strangers' hands, only the second is an estimate.",
)

NESTED = Exercise(
    "selection.nested_estimate",
    points=3,
    minutes=6,
    returns=("naive", "nested"),
    hints=(
        "Two tables of the same shape. For each of the two answers: which table makes the choice, "
        "which one gives the score, and how many choices are there?",
        "naive: one choice by the mean of each column of `outer`. nested: in each row a choice of "
        "its own, by `inner`.",
        "`inner.argmax(axis=1)` is the candidate of each fold. Its score on the validation part "
        "stands in the same row of `outer`; the mean over the rows is the answer.",
    ),
    promises={"Of equal candidates the first": "equal candidates"},
)


@NESTED.cases
def _(rng: np.random.Generator):
    def tables(folds, candidates):
        """Scores whose winners differ from row to row, and between the two tables."""
        if candidates == 1:
            return rng.uniform(0.6, 0.9, (folds, 1)), rng.uniform(0.6, 0.9, (folds, 1))
        inner = 0.6 + 0.05 * rng.random((folds, candidates))
        outer = 0.6 + 0.05 * rng.random((folds, candidates))
        order = rng.permutation(candidates)
        for f in range(folds):
            inner[f, order[f % candidates]] = 0.75 + 0.02 * rng.random()
            outer[f, order[(f + 1) % candidates]] = 0.72 + 0.1 * rng.random()
        inner[0, order[0]] += 0.1 + 0.05 * rng.random()
        outer[-1, order[1]] += 0.12 + 0.05 * rng.random()
        return inner, outer

    yield Case("five folds, four candidates", tables(5, 4))
    yield Case("three folds, seven candidates", tables(3, 7))
    yield Case("one candidate: no choice", tables(4, 1))
    yield Case("two folds, three candidates", tables(2, 3))
    inner, outer = tables(4, 3)
    inner[1] = 0.8
    outer[1] = [0.5, 0.9, 0.7]
    yield Case("equal candidates", (inner, outer))


def _naive(outer):
    return float(outer.mean(axis=0).max())


def _nested(inner, outer):
    return float(outer[np.arange(len(outer)), inner.argmax(axis=1)].mean())


@NESTED.misconception("chosen on the fold that is reported")
def _(inner, outer):
    """`naive` is right. For `nested` you take the best candidate of each validation part.
    That is a search of its own on each of them. Which scores did the choice see?
    """
    return _naive(outer), float(outer.max(axis=1).mean())


@NESTED.misconception("one candidate for all folds")
def _(inner, outer):
    """`naive` is right. For `nested` you choose one candidate for all folds, by the mean of its
    inner scores. The inner scores of one fold come from images that another fold reports on. Could
    each fold have preferred another candidate?
    """
    return _naive(outer), float(outer[:, inner.mean(axis=0).argmax()].mean())


@NESTED.misconception("the inner scores reported")
def _(inner, outer):
    """`naive` is right. For `nested` you report the scores by which you chose.
    Is that an estimate or a hope?
    """
    return _naive(outer), float(inner.max(axis=1).mean())


@NESTED.misconception("the two tables exchanged")
def _(inner, outer):
    """You choose by the outer scores and report the inner ones.
    Which of the tables knows nothing of the images that are reported on?
    """
    return _naive(inner), _nested(outer, inner)


@NESTED.misconception("naive from the inner scores")
def _(inner, outer):
    """`nested` is right. Your `naive` is made of inner scores.
    The text speaks of the scores on the validation parts. In which table do they stand?
    """
    return _naive(inner), _nested(inner, outer)


@NESTED.misconception("naive with a choice for each fold")
def _(inner, outer):
    """`nested` is right. For `naive` you let each fold choose a candidate of its own.
    That is even more tempting than what the text describes. How many candidates does it choose?
    """
    return float(outer.max(axis=1).mean()), _nested(inner, outer)


@NESTED.misconception("rows and columns exchanged")
def _(inner, outer):
    """You choose a fold for each candidate.
    What is a row of the tables, and what is a column?
    """
    best = inner.argmax(axis=0)
    return float(outer.mean(axis=1).max()), float(outer[best, np.arange(outer.shape[1])].mean())


@NESTED.misconception("the two answers exchanged")
def _(inner, outer):
    """Both numbers are right, in the wrong order.
    Which of the two comes first?
    """
    return _nested(inner, outer), _naive(outer)
