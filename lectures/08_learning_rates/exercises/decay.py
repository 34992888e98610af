"""The family of decays: stairs, a draft with a fault, a line that has an end, half a wave."""

import math
from itertools import pairwise

import numpy as np

from grader import Case, Choice, Exercise, Question
from utils.schedules import multi_step_decay, step_decay

STEP_DECAY = Exercise(
    "schedules.step_decay",
    points=1,
    minutes=3,
    hints=(
        "How many cuts have there been up to time t? A whole number, also when t is not.",
        "It is t divided by every, rounded down. What does each cut do to the rate?",
        "lr0 times factor to the power of that number; `math.floor` rounds down.",
    ),
    returns=("lr",),
)


@STEP_DECAY.cases
def _(rng: np.random.Generator):
    every, lr0 = int(rng.integers(4, 9)), float(rng.uniform(0.2, 0.9))
    yield Case(
        "between the second cut and the third", (2.625 * every,), {"lr0": lr0, "every": every}
    )
    yield Case("at the start", (0.0,), {"lr0": lr0, "every": every})
    yield Case("shortly before the first cut", (every - 0.25,), {"lr0": lr0, "every": every})
    yield Case("the moment of the first cut", (every,), {"lr0": lr0, "every": every})
    tenth = {"lr0": lr0, "every": every, "factor": 0.1}
    yield Case("cuts to a tenth", (3.25 * every,), tenth)
    yield Case("many small cuts", (7.625 * every,), tenth | {"factor": 0.8})
    yield Case("a quarter of an epoch apart", (0.6,), {"lr0": lr0, "every": 0.25, "factor": 0.3})


@STEP_DECAY.misconception("a ramp in the place of a stair")
def _(t, *, lr0, every, factor=0.5):
    """At the cuts you are right. Between two of them your rate moves.
    What does a stair do between two steps?
    """
    return lr0 * factor ** (t / every)


@STEP_DECAY.misconception("one cut too many")
def _(t, *, lr0, every, factor=0.5):
    """Your rate is cut once more than it should be, at the start already.
    At t = 0 nothing has been trained. What is the rate?
    """
    return lr0 * factor ** (math.floor(t / every) + 1)


@STEP_DECAY.misconception("each cut takes away the same amount")
def _(t, *, lr0, every, factor=0.5):
    """Up to the first cut you are right. After many cuts your rate is negative.
    What is multiplied at a cut, lr0 or the rate of that moment?
    """
    return lr0 * (1 - math.floor(t / every) * (1 - factor))


@STEP_DECAY.misconception("cut once and never again")
def _(t, *, lr0, every, factor=0.5):
    """Your first cut comes in time, and it remains the last one.
    How many cuts should there be up to t = 3 every?
    """
    return lr0 * factor if t >= every else lr0


@STEP_DECAY.misconception("the cut comes late")
def _(t, *, lr0, every, factor=0.5):
    """At the very moment of a cut your rate is still the old one.
    Does the cut count at t = every, or only after it?
    """
    return lr0 * factor ** max(math.ceil(t / every) - 1, 0)


@STEP_DECAY.misconception("rounded to the nearest")
def _(t, *, lr0, every, factor=0.5):
    """Your cuts come half an interval early.
    At t = 0.9 every, has there been a cut?
    """
    return lr0 * factor ** round(t / every)


@STEP_DECAY.misconception("the factor is what is lost")
def _(t, *, lr0, every, factor=0.5):
    """With a factor of one half you are right; a factor of 0.1 hardly lowers your rate.
    Is the factor what is taken away or what is left?
    """
    return step_decay(t, lr0=lr0, every=every, factor=1 - factor)


MULTI_STEP = Exercise(
    "schedules.multi_step_decay",
    points=2,
    minutes=5,
    hints=(
        "Ask the draft for its rate at all times from 0 to the end of the run. Where is it wrong?",
        "The draft asks in which interval t lies. Which times lie in none of its intervals, and "
        "are they all before the first cut?",
        "Do not look for an interval: count how many milestones are not later than t, and apply "
        "the factor so many times.",
    ),
    returns=("lr",),
)


@MULTI_STEP.cases
def _(rng: np.random.Generator):
    first, lr0 = int(rng.integers(8, 13)), float(rng.uniform(0.2, 0.9))
    third = [first, 2 * first + 1, 3 * first + 5]

    def at(name, t, milestones, **kwargs):
        return Case(name, (t,), {"lr0": lr0, "milestones": milestones} | kwargs)

    yield at("after the last of three cuts", 4 * first, third, factor=0.4)
    yield at("at the start", 0.0, third)
    yield at("between the first cut and the second", first + 2.5, third, factor=0.4)
    yield at("between the second cut and the third", 2 * first + 3, third)
    yield at("the moment of the first cut", first, third, factor=0.4)
    yield at("the moment of the last cut", 3 * first + 5, third, factor=0.4)
    yield at("milestones in another order", 2 * first + 3, third[::-1], factor=0.4)
    yield at("a single milestone", first + 4, [first])
    yield at("no milestone", 7.5, [])


@MULTI_STEP.misconception("the draft as it was")
def _(t, *, lr0, milestones, factor=0.1):
    """This answers like the draft: after the last milestone the rate is lr0 again.
    Which times lie in none of the draft's intervals?
    """
    for cuts, (begin, end) in enumerate(pairwise(milestones), start=1):
        if begin <= t < end:
            return lr0 * factor**cuts
    return lr0


@MULTI_STEP.misconception("one cut for all milestones")
def _(t, *, lr0, milestones, factor=0.1):
    """Your first cut is right. The later ones do nothing.
    How often is the factor to be applied after three milestones?
    """
    return lr0 * factor if any(m <= t for m in milestones) else lr0


@MULTI_STEP.misconception("the cut comes late")
def _(t, *, lr0, milestones, factor=0.1):
    """At the very moment of a milestone your rate is still the old one.
    The text says from when on a cut counts. What does your comparison say?
    """
    return lr0 * factor ** sum(m < t for m in milestones)


@MULTI_STEP.misconception("the order taken for granted")
def _(t, *, lr0, milestones, factor=0.1):
    """With rising milestones you are right. In another order you stop at the first that is
    still to come. Does the number of cuts depend on the order of the list?
    """
    cuts = 0
    for m in milestones:
        if t < m:
            break
        cuts += 1
    return lr0 * factor**cuts


@MULTI_STEP.misconception("the first cut is missing")
def _(t, *, lr0, milestones, factor=0.1):
    """Your rate is always one cut behind: the first milestone changes nothing.
    Between the first milestone and the second, how many cuts have there been?
    """
    return lr0 * factor ** max(sum(m <= t for m in milestones) - 1, 0)


@MULTI_STEP.misconception("milestones as distances")
def _(t, *, lr0, milestones, factor=0.1):
    """Your first cut is in time and the others come late, as if each milestone were counted
    from the one before. From where are the milestones counted?
    """
    return multi_step_decay(
        t, lr0=lr0, milestones=[float(m) for m in np.cumsum(milestones)], factor=factor
    )


@MULTI_STEP.misconception("the factor divided by the number of cuts")
def _(t, *, lr0, milestones, factor=0.1):
    """With one cut you are right. After more of them your rate is lr0 times factor, divided by
    their number. What does the second cut multiply?
    """
    cuts = sum(m <= t for m in milestones)
    return lr0 * factor / cuts if cuts else lr0


UNCLIPPED = Question(
    "learning_rates.unclipped",
    r"A slide: $\epsilon_k = (1 - \alpha)\,\epsilon_0 + \alpha\,\epsilon_\tau$ with "
    r"$\alpha = k/\tau$, until iteration $\tau = 100$. Somebody types in the formula, with "
    r"$\epsilon_0 = 0.1$ and $\epsilon_\tau = 0.001$, and trains 200 steps on $w^2/2$ with noise "
    r"1, from $w = 10$. The mean of $w^2$ at the end?",
    choices=(
        Choice(
            "0.02: the rates are nearly 0 by then.",
            r"What is $\alpha$ at step 150?",
        ),
        Choice("About 300", right=True),
        Choice(
            "About 1: it begins to tremble again.",
            "The rate at step 150 has another sign than that at step 50. Is that trembling?",
        ),
        Choice(
            "0: a longer run is a better run.",
            r"What is $\alpha$ at step 150?",
        ),
    ),
    why="The rate passes through 0 and turns negative, and from there each step climbs. At step "
    "150 nothing is to be seen yet: the mean of the square is 0.27. At step 200 it is 335, at "
    "300 it has 14 digits. Such an error shows long after its cause.",
)


LINEAR = Exercise(
    "schedules.linear_decay",
    points=1,
    minutes=3,
    hints=(
        "Which share of the way from lr0 to lr_end has been covered at time t?",
        "A share of the way does not exceed 1, however late it is.",
        "With the share a: (1 - a) times lr0 plus a times lr_end; a is t divided by total, but 1 "
        "at most.",
    ),
    returns=("lr",),
)


def decay_cases(rng: np.random.Generator):
    total, lr0 = int(rng.integers(20, 60)), float(rng.uniform(0.4, 0.9))
    small = 0.1 * lr0

    def at(name, share, **kwargs):
        hyper = {"lr0": lr0, "total": total} | kwargs
        return Case(name, (share * total,), hyper, scale={"lr": lr0})

    yield at("a quarter of the way, to a small rate", 0.25, lr_end=small)
    yield at("at the start", 0.0)
    yield at("a third of the way", 1 / 3)
    yield at("half of the way", 0.5)
    yield at("three quarters of the way, to a small rate", 0.75, lr_end=small)
    yield at("the end, at a small rate", 1.0, lr_end=small)
    yield at("shortly after the end", 1.03, lr_end=small)
    yield at("long after the end", 2.0, lr_end=small)
    yield at("long after an end at 0", 1.5)


LINEAR.cases(decay_cases)


@LINEAR.misconception("it goes on after the end")
def _(t, *, lr0, total, lr_end=0.0):
    """Up to the end you are right. Later your rate is below lr_end, and soon below 0.
    What does a step with a negative rate do?
    """
    a = t / total
    return (1 - a) * lr0 + a * lr_end


@LINEAR.misconception("stopped at zero")
def _(t, *, lr0, total, lr_end=0.0):
    """Your rate is never negative, but after the end it is below lr_end.
    Which rate is to be kept from the end on?
    """
    a = t / total
    return max((1 - a) * lr0 + a * lr_end, 0.0)


@LINEAR.misconception("the end as a share")
def _(t, *, lr0, total, lr_end=0.0):
    """Where lr_end is 0 you are right. Otherwise your rate ends at lr_end times lr0.
    Is lr_end a rate or a share of one?
    """
    a = min(t / total, 1.0)
    return (1 - a) * lr0 + a * lr_end * lr0


@LINEAR.misconception("always down to zero")
def _(t, *, lr0, total, lr_end=0.0):
    """Your rate does not depend on lr_end.
    Where should the line end?
    """
    return lr0 * (1 - min(t / total, 1.0))


@LINEAR.misconception("the end added on top")
def _(t, *, lr0, total, lr_end=0.0):
    """Where lr_end is 0 you are right. Otherwise your rate begins above lr0.
    Between which two rates does the line run?
    """
    return lr0 * (1 - min(t / total, 1.0)) + lr_end


@LINEAR.misconception("it starts again")
def _(t, *, lr0, total, lr_end=0.0):
    """At the end your rate jumps back to lr0 and the decay begins anew.
    How many decays are asked for?
    """
    a = t % total / total
    return (1 - a) * lr0 + a * lr_end


@LINEAR.misconception("the line through the floor")
def _(t, *, lr0, total, lr_end=0.0):
    """Your rate falls as if it went to 0, and stops when it meets lr_end.
    At half of the time, how much of the way from lr0 to lr_end is left?
    """
    return max(lr0 * (1 - t / total), lr_end)


COSINE = Exercise(
    "schedules.cosine_decay",
    points=1,
    minutes=3,
    hints=(
        "Which stretch of the cosine falls all the time, and is flat at both ends?",
        "Between 0 and pi the cosine goes from 1 to -1. Which sum and which factor make that 1 "
        "to 0?",
        "A share (1 + cos(pi a)) / 2 of the way is left, a being the share of the time. Add "
        "lr_end to that share of lr0 - lr_end; a is 1 at most.",
    ),
    returns=("lr",),
    parents=("schedules.linear_decay",),
)
COSINE.cases(decay_cases)


def wave(share, *, clip=True):
    """A decay from lr0 to lr_end in which ``share(a)`` of the way is left at the share a of "
    "time."""

    def rate(t, *, lr0, total, lr_end=0.0):
        a = min(t / total, 1.0) if clip else t / total
        return lr_end + (lr0 - lr_end) * share(a)

    return rate


COSINE.misconception(
    "a whole wave",
    "At half of the time your rate is at its lowest, and at the end it is lr0 again.\n"
    "When should it be lowest?",
)(wave(lambda a: (1 + math.cos(2 * math.pi * a)) / 2))

COSINE.misconception(
    "a quarter of a wave",
    "Your rate falls fastest at the very end.\n"
    "At how many places is the curve of the text flat? And yours?",
)(wave(lambda a: math.cos(math.pi * a / 2)))

COSINE.misconception(
    "not halved",
    "At the start your rate is too high: the way from lr_end to lr0 is doubled.\n"
    "What is one plus the cosine of 0?",
)(wave(lambda a: 1 + math.cos(math.pi * a)))

COSINE.misconception(
    "the cosine alone",
    "In the second half of the time your rate is below lr_end.\n"
    "Between which two values does a cosine run, and between which two should the rate?",
)(wave(lambda a: math.cos(math.pi * a)))

COSINE.misconception(
    "a straight line",
    "At the start, half-way and at the end you are right. Your rate falls at one speed.\n"
    "What is the slope of a wave at its top?",
)(wave(lambda a: 1 - a))

COSINE.misconception(
    "it rises again",
    "Up to the end you are right. Later your rate grows again.\n"
    "Which rate is to be kept from the end on?",
)(wave(lambda a: (1 + math.cos(math.pi * a)) / 2, clip=False))


@COSINE.misconception("it starts again")
def _(t, *, lr0, total, lr_end=0.0):
    """At the end your rate jumps back to lr0, and the decay begins anew.
    That is cosine with restarts. How many decays are asked for here?
    """
    return wave(lambda a: (1 + math.cos(math.pi * a)) / 2)(
        t % total, lr0=lr0, total=total, lr_end=lr_end
    )


@COSINE.misconception("the end added on top")
def _(t, *, lr0, total, lr_end=0.0):
    """Where lr_end is 0 you are right. Otherwise your rate begins above lr0.
    Between which two rates does the wave run?
    """
    return lr_end + lr0 * (1 + math.cos(math.pi * min(t / total, 1.0))) / 2
