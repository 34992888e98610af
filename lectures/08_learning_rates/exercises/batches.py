"""Batch size and learning rate: the linear rule, and where it ends."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Question

SAME_TRAJECTORY = Question(
    "learning_rates.same_trajectory",
    "Clean digits, four epochs each: batches of 4 at the rate 0.0125, of 16 at 0.05, of 64 at 0.2. "
    "How do the training losses at the end compare?",
    choices=(
        Choice(
            "They fall with the batch: less noise.",
            "How much does the noise of the gradient hold this run up, compared with the distance "
            "it has to go?",
        ),
        Choice("They agree within a few per cent.", right=True),
        Choice(
            "They rise fourfold from one to the next: fewer updates.",
            "There are a quarter as many updates. How far does each of them go?",
        ),
        Choice(
            "64 fails: a rate of 0.2 is too high.",
            "A rate of 0.5 was good for this network at batches of 16. Does a larger batch make a "
            "rate more dangerous?",
        ),
    ),
    why="Four batches of 4, one after the other at nearly the same place, add up to one step of "
    "four times the rate with the mean of their gradients. So it goes on, as long as four small "
    "steps stay at nearly the same place.",
)


LARGEST_BATCH = Exercise(
    "rates.largest_batch",
    points=1,
    minutes=4,
    hints=(
        "Which quantity does the rule keep the same while batch and rate grow?",
        "At the batch you look for, the scaled rate equals the largest stable one. Which is that, "
        "for a given largest eigenvalue?",
        "Set lr times size / batch equal to 2 / sharpness, and solve for size.",
    ),
    returns=("size",),
)


@LARGEST_BATCH.cases
def _(rng: np.random.Generator):
    def between(low, high):
        return float(rng.uniform(low, high))

    yield Case("a usual network", (between(0.02, 0.03), 8, between(2.2, 2.9)))
    yield Case("a flat one", (between(0.02, 0.03), 16, between(0.2, 0.3)))
    yield Case("a steep one", (between(0.02, 0.03), 32, between(11, 15)))
    yield Case("a rate that is near the limit", (0.7, 128, between(2.2, 2.4)))
    yield Case("a rate above the limit", (between(1.1, 1.3), 64, 3.7))
    yield Case("a single example", (between(0.001, 0.002), 1, 5.3))


@LARGEST_BATCH.misconception("half of the limit")
def _(lr, batch, sharpness):
    """Your size is half of what is asked: at your rate gradient descent reaches the minimum of the
    steepest direction in one step. Is that where it becomes unstable?
    """
    return batch / (sharpness * lr)


@LARGEST_BATCH.misconception("without the present batch")
def _(lr, batch, sharpness):
    """Your size does not depend on the batch that the rate works with.
    You have found how many times as large it may become. As large as what?
    """
    return 2 / (sharpness * lr)


@LARGEST_BATCH.misconception("the square-root rule")
def _(lr, batch, sharpness):
    """Four times the batch gives twice the rate in your version.
    How far do k steps at one rate carry, compared with one step at k times that rate?
    """
    return batch * (2 / (sharpness * lr)) ** 2


@LARGEST_BATCH.misconception("upside down")
def _(lr, batch, sharpness):
    """The steeper the surface, the larger your batch may be.
    Does a steep direction allow for higher rates, or only for lower ones?
    """
    return batch * sharpness * lr / 2


@LARGEST_BATCH.misconception("the rate for the batch")
def _(lr, batch, sharpness):
    """Your result does not depend on the rate or on the batch: it is the largest stable rate.
    At which batch size does the rule ask for that rate?
    """
    return 2 / sharpness


@LARGEST_BATCH.misconception("how much may be added")
def _(lr, batch, sharpness):
    """Your size is smaller than what is asked by the present batch.
    Is the size of the batch asked for, or what may be added to it?
    """
    return batch * (2 / (sharpness * lr) - 1)


@LARGEST_BATCH.misconception("rounded down")
def _(lr, batch, sharpness):
    """Your size is a whole number, as a batch is.
    What does the text say about rounding?
    """
    return float(math.floor(2 * batch / (sharpness * lr)))


SCALED_TOO_FAR = Question(
    "learning_rates.scaled_too_far",
    "Batches of 4, 16, 64 and 256 at "
    "the rates 0.025, 0.1, 0.4 and 1.6, four epochs. The first two end at a loss of about 0.25. "
    "And the last?",
    choices=(
        Choice(
            "At about 0.25: the rule is a matter of arithmetic.",
            "The arithmetic adds up steps that start from nearly the same place. How long is a "
            "step at 1.6?",
        ),
        Choice(
            "At about 0.35, a little worse.",
            "The loss of batches of 64 is a little worse. What happens at the stability limit, a "
            "slope or a cliff?",
        ),
        Choice("At about 2, hardly better than guessing", right=True),
        Choice(
            "At about 0.1: less noise, same distance.",
            "Less noise, yes. What limits a rate when there is no noise at all?",
        ),
    ),
    why="The rate has met the stability limit. From there on a larger batch cannot be paid back "
    "by a higher rate, however exact its gradient is.",
)
