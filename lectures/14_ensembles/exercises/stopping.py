"""When to stop a training, and what its best epoch is worth."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Question

STEP = Exercise(
    "averaging.early_stopping_step",
    points=2,
    minutes=5,
    returns=("stop", "state_next"),
    promises={
        "NaN is never": ("a NaN", "a NaN in the first epoch"),
        "exactly that far above": ("exactly min_delta above the best", "as good as the best"),
        "``None`` before the first call": ("the first epoch", "a NaN in the first epoch"),
        "``patience`` is less than 1": "no patience, which must raise ValueError",
    },
    hints=(
        "Three numbers are kept. Which of them change in every epoch, which only when the score is "
        "better?",
        "How many epochs have passed since the best one? Two of the three numbers tell.",
        "Count the epoch. If the score is above best_score plus min_delta, it and the epoch become "
        "the best. Stop when epoch minus best_epoch has reached patience.",
    ),
)


@STEP.cases
def _(rng: np.random.Generator):
    best = 0.5 + 0.125 * int(rng.integers(0, 3))
    yield Case("the first epoch", (best, None), {"patience": 3})
    yield Case("a better epoch", (best + 0.0625, (best, 4, 6)), {"patience": 3})
    yield Case("one epoch without gain", (best - 0.0625, (best, 6, 6)), {"patience": 3})
    yield Case("patience is used up", (best - 0.03125, (best, 4, 6)), {"patience": 3})
    yield Case("a patience of 1", (best - 0.25, (best, 9, 9)), {"patience": 1})
    yield Case("as good as the best", (best, (best, 5, 7)), {"patience": 4})
    yield Case(
        "better than the epoch before, not than the best",
        (best - 0.0625, (best, 2, 4)),
        {"patience": 5},
    )
    yield Case("a score in per cent", (61.5, (60.25, 3, 5)), {"patience": 2})
    yield Case("minus a loss", (-1.25, (-1.5, 3, 5)), {"patience": 2})
    yield Case(
        "exactly min_delta above the best",
        (best + 0.125, (best, 3, 4)),
        {"patience": 3, "min_delta": 0.125},
    )
    yield Case(
        "more than min_delta above the best",
        (best + 0.1875, (best, 3, 4)),
        {"patience": 3, "min_delta": 0.125},
    )
    yield Case(
        "a small gain, below min_delta",
        (best + 0.03125, (best, 3, 4)),
        {"patience": 3, "min_delta": 0.125},
    )
    yield Case(
        "less than min_delta above a negative score",
        (-2.0, (-2.25, 7, 9)),
        {"patience": 3, "min_delta": 0.5},
    )
    some, late = float(rng.uniform(0.3, 0.9)), int(rng.integers(5, 500))
    patience = int(rng.integers(3, 60))
    yield Case(
        "some epoch", (some - 0.01, (some, late, late + patience - 1)), {"patience": patience}
    )
    yield Case("a NaN", (math.nan, (best, 3, 4)), {"patience": 5})
    yield Case("a NaN in the first epoch", (math.nan, None), {"patience": 2})
    yield Case(
        "no patience, which must raise ValueError", (0.5, None), {"patience": 0}, extreme=True
    )


def _held(state, patience):
    if patience < 1:
        raise ValueError(f"patience must be at least 1, got {patience}")
    return (-math.inf, 0, 0) if state is None else state


@STEP.misconception("epochs in all")
def _(score, state, *, patience, min_delta=0.0):
    """Your training ends after as many epochs as patience says, however well it goes.
    What should happen to the count when a better score arrives?
    """
    best, best_epoch, epoch = _held(state, patience)
    epoch += 1
    if score > best + min_delta:
        best, best_epoch = score, epoch
    return epoch >= patience, (best, best_epoch, epoch)


@STEP.misconception("as good is better")
def _(score, state, *, patience, min_delta=0.0):
    """You count a score as better that is just as far above the best as it must not be.
    A score that stands still for ever: when would your training stop?
    """
    best, best_epoch, epoch = _held(state, patience)
    epoch += 1
    if score >= best + min_delta:
        best, best_epoch = score, epoch
    return epoch - best_epoch >= patience, (best, best_epoch, epoch)


@STEP.misconception("one epoch late")
def _(score, state, *, patience, min_delta=0.0):
    """You wait one epoch longer than patience says.
    With a patience of 1, after how many epochs without a better score do you stop?
    """
    best, best_epoch, epoch = _held(state, patience)
    epoch += 1
    if score > best + min_delta:
        best, best_epoch = score, epoch
    return epoch - best_epoch > patience, (best, best_epoch, epoch)


@STEP.misconception("the newest score kept as the best")
def _(score, state, *, patience, min_delta=0.0):
    """The score in your state is always that of the newest epoch, so the next one is compared with
    it and not with the best.
    Scores of 0.70, 0.50, 0.60: is the third epoch the best so far?
    """
    best, best_epoch, epoch = _held(state, patience)
    epoch += 1
    if score > best + min_delta:
        best_epoch = epoch
    return epoch - best_epoch >= patience, (score, best_epoch, epoch)


@STEP.misconception("min_delta as a share")
def _(score, state, *, patience, min_delta=0.0):
    """You ask a score to be better by a share of the best one.
    What does that ask of a score of -2, which is minus a loss?
    """
    best, best_epoch, epoch = _held(state, patience)
    epoch += 1
    if score > best * (1 + min_delta):
        best, best_epoch = score, epoch
    return epoch - best_epoch >= patience, (best, best_epoch, epoch)


@STEP.misconception("min_delta left out")
def _(score, state, *, patience, min_delta=0.0):
    """You take any gain for a better score, whatever min_delta asks for.
    Where does min_delta stand in your comparison?
    """
    best, best_epoch, epoch = _held(state, patience)
    epoch += 1
    if score > best:
        best, best_epoch = score, epoch
    return epoch - best_epoch >= patience, (best, best_epoch, epoch)


@STEP.misconception("NaN becomes the best")
def _(score, state, *, patience, min_delta=0.0):
    """A NaN becomes your best score.
    With NaN `<`, `<=`, `>` and `>=` are all False. Which way round did you ask the question?
    """
    best, best_epoch, epoch = _held(state, patience)
    epoch += 1
    if not score <= best + min_delta:
        best, best_epoch = score, epoch
    return epoch - best_epoch >= patience, (best, best_epoch, epoch)


@STEP.misconception("lower is better")
def _(score, state, *, patience, min_delta=0.0):
    """Your best score is the lowest one.
    The score may be an accuracy. Which way is better then?
    """
    best, best_epoch, epoch = _held(state, patience)
    epoch += 1
    if state is None and not math.isnan(score):
        best, best_epoch = score, epoch
    elif score < best - min_delta:
        best, best_epoch = score, epoch
    return epoch - best_epoch >= patience, (best, best_epoch, epoch)


@STEP.misconception("go on for stop")
def _(score, state, *, patience, min_delta=0.0):
    """Your first answer says whether to go on.
    What does the text call True?
    """
    best, best_epoch, epoch = _held(state, patience)
    epoch += 1
    if score > best + min_delta:
        best, best_epoch = score, epoch
    return epoch - best_epoch < patience, (best, best_epoch, epoch)


@STEP.misconception("the first epoch called 0")
def _(score, state, *, patience, min_delta=0.0):
    """In your state the first epoch has the number 0.
    Which number does the text give it?
    """
    best, best_epoch, epoch = _held(state, patience)
    epoch = epoch + 1 if state else 0
    if score > best + min_delta:
        best, best_epoch = score, epoch
    return epoch - best_epoch >= patience, (best, best_epoch, epoch)


FIRST_DECREASE = Question(
    "ensembles.first_decrease",
    "A slide says: stop when the validation accuracy decreases. Take it at its word, on the noisy "
    "digits, with 200 validation examples and a learning rate of 0.1. Compared with the best of 60 "
    "epochs, what does it cost in test accuracy?",
    choices=(
        Choice(
            "Nothing: after the peak only overfitting follows.",
            "How smooth is an accuracy that is counted on 200 examples? Does its first step down "
            "come at the peak?",
        ),
        Choice(
            "Less than half a point.",
            "By chance alone the accuracy on 200 examples moves by three points. In which epoch "
            "will it first go down?",
        ),
        Choice("Two points or more.", right=True),
        Choice(
            "It gains: a short training overfits less.",
            "Is a network that is still learning in the tenth epoch better off if it is stopped "
            "in the fifth?",
        ),
    ),
    why="Two hundred examples make a jumpy curve, and the first step down is a matter of chance: "
    "half of the runs are stopped in their first eight epochs, while they are still learning.",
)

LOSS_OR_ACCURACY = Question(
    "ensembles.loss_or_accuracy",
    "Patience 3, noisy digits, a learning rate of 0.1. You may watch the accuracy on the "
    "validation set or its loss. Which watchman gives the better test accuracy?",
    choices=(
        Choice(
            "The accuracy, since it is what we report.",
            "Both are measured on the same 200 examples. Which of the two notices that an example "
            "has come nearer to being right?",
        ),
        Choice("The loss: it is smoother and stops later.", right=True),
        Choice(
            "The loss: it is stricter and stops earlier.",
            "Which of two curves takes a step down first, the jumpy one or the smooth one?",
        ),
        Choice(
            "Neither: both have their best epoch at the same time.",
            "The stop is not at the best epoch, but three epochs after one that looks best. Does "
            "chance make both curves look alike?",
        ),
    ),
    why="The accuracy counts right and wrong, the loss also hears how sure. It is the smoother "
    "curve, and three epochs without a gain come later.",
)

BEST_EPOCH = Question(
    "ensembles.best_epoch",
    "The best of 60 epochs shows a validation accuracy of 0.669, counted on 200 examples. What "
    "will that network do on thousands of new examples?",
    choices=(
        Choice(
            "0.669, as validation data are not trained on.",
            "They were not trained on, but they were used: what were they asked 60 times?",
        ),
        Choice(
            "0.66: a little less, as always.",
            "The standard deviation of an accuracy on 200 examples is three points, and you took "
            "the largest of 60. How large may the gift of chance be?",
        ),
        Choice("About 0.64.", right=True),
        Choice(
            "0.68: the training goes on to learn.",
            "Which network is it, that of the last epoch or that of the best? Does it learn more?",
        ),
    ),
    why="The largest of 60 noisy numbers was helped by chance. The lead is two to three points "
    "here; only a third set, used once, tells the truth.",
)
