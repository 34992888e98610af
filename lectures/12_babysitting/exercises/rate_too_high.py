"""A learning rate that is too high: NaN, and a loss that explodes."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Question

RATE_OF_A_MILLION = Question(
    "babysitting.rate_of_a_million",
    "Now the other end. What does the first epoch print at a learning rate of 1e6?",
    choices=(
        Choice(
            "A loss that falls a million times as fast as with rate 1.",
            "The gradient says where downhill is *here*. How far does that hold?",
        ),
        Choice(
            "A loss that jumps up and down around its start.",
            "A jump leads to large scores, these to a large gradient, and the gradient is "
            "multiplied by a million again. Where does that end?",
        ),
        Choice("NaN", right=True),
        Choice(
            "A very large loss, the same in every epoch.",
            "This network computes in float32, which ends near 3e38. What is infinity minus "
            "infinity?",
        ),
    ),
    why="Each step makes the weights larger, larger weights make larger gradients, until a "
    "number overflows to infinity. Infinity minus infinity is NaN, and NaN spreads to "
    "everything it touches. A loss of NaN nearly always means: learning rate too high.",
)


NAN_ACCURACY = Question(
    "babysitting.nan_accuracy",
    "The loss is NaN, and so are all scores. Yet the log prints a validation accuracy, 0.087, "
    "exactly the same in every epoch. Where does this number come from? (Try `np.argmax` on a "
    "row of NaN in a cell of your own.)",
    choices=(
        Choice(
            "It is what guessing gives: one in ten, a little off.",
            "A guess would change from epoch to epoch. Which class does `argmax` name here, "
            "and does it ever change?",
        ),
        Choice(
            "The program keeps the last accuracy before the NaN.",
            "The NaN comes in the first epoch. And the accuracy is computed anew each time.",
        ),
        Choice("It is the share of class 0 among the validation images.", right=True),
        Choice(
            "It is the share of images that the network still gets right.",
            "With scores that are all NaN? What can the network know about an image then?",
        ),
    ),
    why="argmax of a row of NaN gives place 0. The network says class 0 to everything, and is "
    "right for the images of class 0. A constant accuracy near 1/K is a warning sign.",
)


NAN_COMPARISON = Question(
    "babysitting.nan_comparison",
    "A safety rule stops the training when `loss > 3 * first_loss`. At some step the loss is "
    "NaN. What does the rule do?",
    choices=(
        Choice(
            "It stops: NaN is larger than any number.",
            "That would be infinity. NaN is not a number, and Python does not order it.",
        ),
        Choice(
            "It raises an error.",
            "Comparisons with NaN raise nothing. Try one: what do you get?",
        ),
        Choice("Nothing: the comparison is False, and the training goes on.", right=True),
        Choice(
            "It stops, because the comparison gives NaN, and NaN counts as true.",
            "A comparison gives True or False. Which one here?",
        ),
    ),
    why="With NaN, `<`, `<=`, `>`, `>=` and `==` are all False, even `nan == nan`; only `!=` is "
    "True. So ask the other way round: go on only if the loss is finite *and* not too high. That "
    "is what `should_abort` does.",
)


EXPLODES_AT = Exercise(
    "babysitting.explodes_at",
    points=2,
    minutes=4,
    returns=("epoch",),
    promises={
        "the first epoch whose loss is NaN, infinite or above": (
            "infinite in the fifth epoch",
            "NaN before anything else",
            "finite, but far above",
            "a loss that falls",
            "just three times the start",
        ),
    },
    hints=(
        "Go through the losses one by one; `should_abort` answers for a single one.",
        "`enumerate(..., start=1)` counts as the log does. Return at the first True.",
        "`should_abort` takes the loss now, the first loss, and the factor by name.",
    ),
)


@EXPLODES_AT.cases
def _(rng: np.random.Generator):
    s = float(rng.uniform(2, 2.6))
    yield Case("infinite in the fifth epoch", (s * np.array([1, 0.95, 0.85, 0.8, math.inf, 1]),))
    yield Case("NaN before anything else", (s * np.array([1, 0.97, 0.9, math.nan, math.nan]),))
    yield Case("finite, but far above", (s * np.array([1, 1.4, 2.6, 4.5, 1.2, math.inf]),))
    yield Case(
        "falls far, then rises to twice the start",
        (s * np.array([1, 0.4, 0.2, 0.9, 2.0, 1.1]),),
    )
    yield Case("a little up in every epoch", (s * 1.6 ** np.arange(5),))
    yield Case("a loss that falls", (s * np.linspace(1, 0.3, 7),))
    yield Case("far above in the last epoch", (s * np.array([1, 0.9, 0.8, 0.7, 5]),))
    yield Case("a more patient factor", (s * np.array([1, 2, 4.4, 6, 12, 3]),), {"factor": 10.0})
    yield Case("NaN from the start", (np.full(3, math.nan),))
    yield Case("just three times the start", (np.array([2.0, 6.0, 1.0, 0.5]),))
    yield Case("huge, then NaN", (np.array([2.0, 3.0, 9000.0, math.nan]),), extreme=True)


def first_where(bad):
    places = np.flatnonzero(bad)
    return int(places[0]) + 1 if len(places) else None


@EXPLODES_AT.misconception("NaN slips through")
def _(losses, *, factor=3.0):
    """You catch losses that are too high, and infinite ones. NaN passes.
    Is NaN larger than three times the first loss? Python says no. What does it say to the
    opposite question?
    """
    return first_where(losses > factor * losses[0])


@EXPLODES_AT.misconception("epochs counted from 0")
def _(losses, *, factor=3.0):
    """Your epochs come one too early.
    What is the number of the first epoch in a printed log?
    """
    epoch = first_where(~(losses <= factor * losses[0]))
    return None if epoch is None else epoch - 1


@EXPLODES_AT.misconception("measured against the epoch before")
def _(losses, *, factor=3.0):
    """You compare each loss with the one before it. A run that grows a little in every
    epoch never alarms you. Which loss is the measure for all?
    """
    before = np.concatenate([losses[:1], losses[:-1]])
    return first_where(~np.isfinite(losses) | ~(losses <= factor * before))


@EXPLODES_AT.misconception("measured against the best epoch")
def _(losses, *, factor=3.0):
    """You call it an explosion when a run comes back up towards its start.
    You compare with the lowest loss so far. Which loss is the measure for all?
    """
    best = np.minimum.accumulate(losses)
    return first_where(~np.isfinite(losses) | ~(losses <= factor * best))


@EXPLODES_AT.misconception("only NaN and infinity")
def _(losses, *, factor=3.0):
    """You wait until the loss is NaN or infinite. A run far above its start is already
    lost. What does `factor` stand for?
    """
    return first_where(~np.isfinite(losses))


@EXPLODES_AT.misconception("a factor of its own")
def _(losses, *, factor=3.0):
    """Your answer does not depend on `factor`.
    The number in the signature is only its default. Where does the argument enter?
    """
    return first_where(~(losses <= 3.0 * losses[0]))


@EXPLODES_AT.misconception("every rise is an explosion")
def _(losses, *, factor=3.0):
    """You raise the alarm as soon as the loss is above its start.
    Mini-batches make a loss jump. How much is allowed, and which argument says so?
    """
    return first_where(~(losses <= losses[0]))


@EXPLODES_AT.misconception("the limit itself is too high")
def _(losses, *, factor=3.0):
    """You raise the alarm when a loss is just `factor` times the first.
    What does the rule say about such a loss: above, or not above?
    """
    return first_where(~(losses < factor * losses[0]))
