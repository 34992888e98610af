"""Snapshots of one training."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .. import drivers

COLLECT = Exercise(
    "averaging.collect_snapshots",
    points=2,
    minutes=4,
    returns=("snapshots", "to its end"),
    driver=drivers.snapshots_of,
    promises={
        "in the order in which they were taken": "epochs listed backwards",
        "It is run to its end": ("three epochs of five", "only the first epoch"),
    },
    hints=(
        "Go through the runs. When has an epoch just ended, and which one was it?",
        "`run.epoch_ended` says when, and the length of `run.history.val_acc` says which. The "
        "parameters are in `run.history.model.params`. Will they still be the same tomorrow?",
        "Loop over all runs; at the end of a wanted epoch put a new dictionary with a copy of each "
        "array into the list; do not leave the loop early.",
    ),
)


@COLLECT.cases
def _(rng: np.random.Generator):
    path = np.cumsum(rng.uniform(0.5, 1.5, (15, 4)), axis=0)
    yield Case("three epochs of five", (path, 3, [1, 2, 4]))
    yield Case("the last epoch", (path, 3, [5]))
    yield Case("only the first epoch", (path, 5, [1]))
    yield Case("epochs listed backwards", (path, 3, [4, 2]))
    yield Case("an update is an epoch", (path[:6], 1, [3, 6]))
    yield Case("none", (path[:4], 2, []))


def _copy(run):
    return {name: w.copy() for name, w in run.history.model.params.items()}


@COLLECT.misconception("not copied")
def _(runs, epochs):
    """All your snapshots are one and the same network, the last one.
    The dictionary holds arrays. Who goes on writing into them?
    """
    found = []
    for run in runs:
        if run.epoch_ended and len(run.history.val_acc) in epochs:
            found.append(dict(run.history.model.params))
    return found


@COLLECT.misconception("epochs counted from 0")
def _(runs, epochs):
    """Your snapshots come one epoch late.
    How many entries has the history after the first epoch?
    """
    return [
        _copy(run) for run in runs if run.epoch_ended and len(run.history.val_acc) - 1 in epochs
    ]


@COLLECT.misconception("left before the end")
def _(runs, epochs):
    """Your snapshots are right, but the training stops when the last of them is taken.
    Who else may want its end?
    """
    found, wanted = [], len(epochs)
    if not wanted:
        return found
    for run in runs:
        if run.epoch_ended and len(run.history.val_acc) in epochs:
            found.append(_copy(run))
            if len(found) == wanted:
                break
    return found


@COLLECT.misconception("every update after the epoch")
def _(runs, epochs):
    """You have several snapshots for one epoch.
    For how many updates does the history have the same number of entries?
    """
    return [_copy(run) for run in runs if len(run.history.val_acc) in epochs]


@COLLECT.misconception("a snapshot of every epoch")
def _(runs, epochs):
    """You have a snapshot of every epoch, wanted or not.
    What is the second argument for?
    """
    return [_copy(run) for run in runs if run.epoch_ended]


@COLLECT.misconception("updates for epochs")
def _(runs, epochs):
    """You count updates where the text counts epochs.
    How many updates make an epoch, and which attribute says that one has ended?
    """
    return [_copy(run) for k, run in enumerate(runs, start=1) if k in epochs]


@COLLECT.misconception("in the order asked for")
def _(runs, epochs):
    """Your snapshots come in the order in which the epochs are listed.
    The text promises another order. Which?
    """
    taken = {}
    for run in runs:
        if run.epoch_ended:
            taken[len(run.history.val_acc)] = _copy(run)
    return [taken[epoch] for epoch in epochs]


@COLLECT.misconception("newest first")
def _(runs, epochs):
    """Your snapshots stand in the opposite order.
    Which one does the text put first?
    """
    found = [_copy(run) for run in runs if run.epoch_ended and len(run.history.val_acc) in epochs]
    return found[::-1]


@COLLECT.misconception("by epoch")
def _(runs, epochs):
    """You return a dictionary by the number of the epoch.
    What does the text ask for?
    """
    return {
        len(run.history.val_acc): _copy(run)
        for run in runs
        if run.epoch_ended and len(run.history.val_acc) in epochs
    }


@COLLECT.misconception("only the last snapshot")
def _(runs, epochs):
    """You return one snapshot where several are asked for: each replaces the one before.
    Where do you keep those that you have?
    """
    found = [_copy(run) for run in runs if run.epoch_ended and len(run.history.val_acc) in epochs]
    return found[-1:]


SNAPSHOTS_OR_SHORT = Question(
    "ensembles.snapshots_or_short",
    "Forty epochs in all, noisy digits, learning rate 0.3. Four snapshots of one training with "
    "restarts, or four independent networks of ten epochs each?",
    choices=(
        Choice(
            "The snapshots, by two points: each goes on from the one before.",
            "Each starts where the last one stood. How different can it become in ten epochs?",
        ),
        Choice(
            "The snapshots: ten epochs are too few for a network.",
            "How much of its final accuracy has a network on these digits after ten epochs?",
        ),
        Choice(
            "Equal: four networks are four networks.",
            "What did the equation of section 3 say an ensemble gains? Who disagrees more?",
        ),
        Choice("The independent ones, by two points or more.", right=True),
    ),
    why="Snapshots of one path resemble each other, independent networks do not. On these digits "
    "ten epochs are enough to be a good member.",
)
