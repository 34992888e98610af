"""Warm-up: small rates where the surface is steepest, at the start."""

import numpy as np

from grader import Case, Choice, Exercise, Question

WARMUP = Exercise(
    "schedules.warmup",
    points=1,
    minutes=2,
    hints=(
        "Which share of lr0 is reached at t = 0, and which at t = total?",
        "Between these two shares lies a line, and after total it is level.",
        "lr0 times (start + (1 - start) a), where a is t divided by total, but 1 at most.",
    ),
    returns=("lr",),
)


@WARMUP.cases
def _(rng: np.random.Generator):
    total, lr0 = int(rng.integers(20, 60)), float(rng.uniform(0.3, 0.8))

    def at(name, t, **kwargs):
        return Case(name, (t,), {"lr0": lr0, "total": total} | kwargs)

    yield at("a quarter of the way", 0.25 * total)
    yield at("the first update", 0)
    yield at("the first update, from a tenth", 0, start=0.1)
    yield at("half of the way, from a tenth", 0.5 * total, start=0.1)
    yield at("the end of the warm-up", total, start=0.3)
    yield at("long after it", 2.5 * total, start=0.1)


@WARMUP.misconception("the share taken for a rate")
def _(t, *, lr0, total, start=0.0):
    """Without `start` you are right. With it, your first rate is `start` itself.
    Is `start` a rate or a share of one?
    """
    a = min(t / total, 1.0)
    return start + (lr0 - start) * a


@WARMUP.misconception("it goes on growing")
def _(t, *, lr0, total, start=0.0):
    """Up to the end of the warm-up you are right. Later your rate exceeds lr0.
    When is a warm-up over?
    """
    return lr0 * (start + (1 - start) * t / total)


@WARMUP.misconception("one update ahead")
def _(t, *, lr0, total, start=0.0):
    """Your rate is ahead by one update: at t = 0 it is not the share `start` of lr0.
    What is the time before the first update?
    """
    return lr0 * (start + (1 - start) * min((t + 1) / total, 1.0))


@WARMUP.misconception("slow at first")
def _(t, *, lr0, total, start=0.0):
    """Your rate begins and ends in the right places and is too low in between.
    Which curve has one speed all the time?
    """
    return lr0 * (start + (1 - start) * min(t / total, 1.0) ** 2)


@WARMUP.misconception("start left out")
def _(t, *, lr0, total, start=0.0):
    """Your rate does not depend on `start`.
    Where does the line begin?
    """
    return lr0 * min(t / total, 1.0)


@WARMUP.misconception("at the top too early")
def _(t, *, lr0, total, start=0.0):
    """Without `start` you are right. With it your rate climbs at the old speed from a higher place.
    How long is the climb to last, if it begins higher?
    """
    return lr0 * min(start + t / total, 1.0)


@WARMUP.misconception("it falls")
def _(t, *, lr0, total, start=0.0):
    """Your rate begins at lr0 and falls.
    Which way does a warm-up lead?
    """
    a = min(t / total, 1.0)
    return lr0 * (1 - (1 - start) * a)


FIRST_UPDATE = Question(
    "learning_rates.first_update",
    "With your function, what does the update at t = 0 do, if lr0 = 0.1, total = 40 and start is "
    "left at its default?",
    choices=(
        Choice(
            "A step at the rate 0.1.",
            "When is the warm-up over, and where does it begin?",
        ),
        Choice(
            "A step at the rate 0.0025.",
            "That is 0.1/40, the rate of another update. Of which?",
        ),
        Choice("Nothing at all.", right=True),
        Choice(
            "A step at a rate that depends on the gradient.",
            "Which arguments does your function have?",
        ),
    ),
    why="The rate is 0: a batch is read, a gradient computed and multiplied by 0. Harmless, and it "
    "happens in real code. Some libraries begin with t = 1 for this reason.",
)


WARMUP_HE = Question(
    "learning_rates.warmup_he",
    "A ReLU network with four hidden layers, He's start, rate 0.1, 150 updates. A warm-up takes "
    "the first 40 of them. What does it do to the validation accuracy, which is 95 % without?",
    choices=(
        Choice(
            "Nearly all of the errors disappear.",
            "What would have to be wrong with the first updates, for such a gain? Is it, at He's "
            "scale?",
        ),
        Choice(
            "It gains about three points.",
            "The accuracy without it is what 150 full steps can do. What do 40 smaller ones add?",
        ),
        Choice("It changes by a point or less.", right=True),
        Choice(
            "It loses about ten points.",
            "20 of 150 steps' worth of distance is lost. Is the run so short that it hurts so "
            "much?",
        ),
    ),
    why="Here a warm-up only takes away distance: the steps at the start are as safe as later "
    "ones. There is no magic in it by itself.",
)


WARMUP_DOUBLE = Question(
    "learning_rates.warmup_double",
    "The same network with initial weights twice as large, rate 0.3. Without warm-up it ends at "
    "10 %, which is guessing. And with it?",
    choices=(
        Choice(
            "10 % again: a start so poor cannot be saved.",
            "Is the start a poor place to stay, or a steep one to leave? What do small steps do "
            "on a steep slope?",
        ),
        Choice(
            "About 30 %: it diverges later.",
            "It diverges if the place it comes to is as steep as the start. Is it?",
        ),
        Choice("Between 60 and 90 % in most runs", right=True),
        Choice(
            "Only as long as the warm-up lasts it is better.",
            "What has changed about the network in those 40 small steps, for good?",
        ),
    ),
    why="Forty small steps carry the network out of the steep place, and where it comes to, the "
    "full rate is stable. That is what a warm-up is for.",
)
