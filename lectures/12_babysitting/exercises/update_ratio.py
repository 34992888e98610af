"""The size of a step, against the size of the weights."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Question

RATIO_EXAMPLE = Question(
    "babysitting.ratio_example",
    "A slide computes the ratio of update to weights: 0.0002 / 0.02, about 0.01, 'about okay'. "
    "The line below says: want this to be somewhere around 0.001 or so. What is wrong?",
    choices=(
        Choice(
            "The division: it gives 0.001.",
            "Move both points by four places: 2 divided by 200.",
        ),
        Choice(
            "Upside down: weights belong above the line.",
            "Then a small step would give a large number, here 100. Which of the two should be "
            "small beside the other?",
        ),
        Choice(
            "The verdict: the number is ten times the aim.",
            right=True,
        ),
        Choice(
            "Nothing: 0.01 is around 0.001.",
            "How many steps of the one size replace all the weights, and how many of the other?",
        ),
    ),
    why="The arithmetic is right, and 0.01 is ten times 0.001. Take 1e-3 as the aim and "
    "anything from 1e-4 to 1e-2 as acceptable; then 0.01 is at the upper edge.",
)


UPDATE_RATIO = Exercise(
    "babysitting.update_ratio",
    points=1,
    minutes=3,
    returns=("ratio",),
    hints=(
        "Two lengths and a division. `np.linalg.norm` gives the length of an array of any shape.",
        "Look at the length of the weights first: if it is 0, there is nothing to divide by.",
    ),
)


def spread(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers of both signs, between 0.3 and 3 in size."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 3, shape)


@UPDATE_RATIO.cases
def _(rng: np.random.Generator):
    yield Case("a weight matrix", (spread(rng, 5, 4), 0.01 * spread(rng, 5, 4)))
    yield Case("one unit", (spread(rng, 6, 1), 0.3 * spread(rng, 6, 1)))
    yield Case("a vector", (0.02 * spread(rng, 7), 1e-4 * spread(rng, 7)))
    yield Case("filters of a convolution", (spread(rng, 2, 3, 2, 2), spread(rng, 2, 3, 2, 2)))
    yield Case("a step larger than the weights", (0.1 * spread(rng, 3, 3), spread(rng, 3, 3)))
    yield Case("no step", (spread(rng, 2, 3), np.zeros((2, 3))))
    yield Case("weights that are all 0", (np.zeros((3, 2)), 0.01 * spread(rng, 3, 2)))
    yield Case("nothing at all", (np.zeros((2, 2)), np.zeros((2, 2))))
    yield Case(
        "large weights, tiny step",
        (1e3 * spread(rng, 4, 4), 1e-4 * spread(rng, 4, 4)),
        extreme=True,
    )


def guarded(w_size, update_size):
    if w_size == 0:
        return math.inf if update_size > 0 else 0.0
    return float(update_size / w_size)


@UPDATE_RATIO.misconception("squared lengths")
def _(w, update):
    """Your ratio is the square of ours: a tenth becomes a hundredth.
    A length is the root of a sum of squares. Where has the root gone?
    """
    return guarded((w**2).sum(), (update**2).sum())


@UPDATE_RATIO.misconception("upside down")
def _(w, update):
    """Your ratio is large for small steps.
    Which of the two is compared with which? A small step should give a small number.
    """
    return guarded(np.linalg.norm(update), np.linalg.norm(w))


@UPDATE_RATIO.misconception("sums of absolute values")
def _(w, update):
    """You add up absolute values. The text asks for the Euclidean norm, in which large
    entries count more. How is the length of a vector defined?
    """
    return guarded(np.abs(w).sum(), np.abs(update).sum())


@UPDATE_RATIO.misconception("only the largest entries")
def _(w, update):
    """You compare the largest entry of the step with the largest weight.
    A norm is over all entries. What happens to the smaller ones in yours?
    """
    return guarded(np.abs(w).max(), np.abs(update).max())


@UPDATE_RATIO.misconception("a mean of ratios")
def _(w, update):
    """You divide entry by entry and average. One weight near zero then spoils the number.
    The text asks for one ratio of two lengths. In which order do you divide?
    """
    if not w.any():
        return math.inf if update.any() else 0.0
    return float(np.mean(np.abs(update / w)))


@UPDATE_RATIO.misconception("the weights after the step")
def _(w, update):
    """You compare the step with the weights it leads to.
    Which weights does the text name?
    """
    return guarded(np.linalg.norm(w + update), np.linalg.norm(update))


@UPDATE_RATIO.misconception("division by zero")
def _(w, update):
    """For ordinary weights you are right. Biases begin as zeros, and there you divide by
    zero. What does the text say about weights that are all 0?
    """
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(update) / np.linalg.norm(w))
