"""The size of a step, against the size of the weights."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Question

BEST_RATIO = Question(
    "babysitting.best_ratio",
    "Train our network for five epochs from good initial weights, at learning rates from 0.003 to "
    "0.3 in half decades, and take the one that ends with the best validation accuracy. How large "
    "are its steps, relative to the weights of the first layer?",
    choices=(
        Choice(
            "About 1e-4: good training is careful.",
            "A hundred such steps move the weights by one per cent at most. How far must they go "
            "from random to useful in a hundred steps?",
        ),
        Choice(
            "About 1e-3, as the slides say.",
            "A hundred such steps move the weights by a tenth at most. Is that the fastest that "
            "still learns?",
        ),
        Choice("About 0.03", right=True),
        Choice(
            "About 1: the largest steps learn most.",
            "Such a step is as long as all the weights together. What is left of what they had "
            "learnt?",
        ),
    ),
    why="At the rate 0.1 the ratio is about 0.03 during these five epochs, and the accuracy the "
    "best. At 0.3 the ratio is about 1, and nothing is learnt. The ratio falls as the run goes on, "
    "because the gradients do.",
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
    The length of (3, 4) is 5. What does your function take it to be?
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
    """You add up absolute values. In the Euclidean norm large entries count more.
    How is the length of a vector defined?
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
    Two lengths make one ratio. What comes first, the length or the division?
    """
    if not w.any():
        return math.inf if update.any() else 0.0
    return float(np.mean(np.abs(update / w)))


@UPDATE_RATIO.misconception("the weights after the step")
def _(w, update):
    """You compare the step with the weights it leads to.
    A step is judged before it is made. Which weights are there then?
    """
    return guarded(np.linalg.norm(w + update), np.linalg.norm(update))


@UPDATE_RATIO.misconception("division by zero")
def _(w, update):
    """For ordinary weights you are right. Biases begin as zeros, and there you divide by
    zero. How far do zeros move, relative to their size, when a step is made?
    """
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(update) / np.linalg.norm(w))
