"""Grid, random, and how many trials. The bug hunt."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Number, Question
from utils.hyperparameters import best_rows, sample_trial

from .. import drivers
from .shared import seed

DISTINCT = Exercise(
    "hyperparameters.distinct_projection",
    points=1,
    minutes=2,
    returns=("count",),
    hints=(
        "`trials[:, axis]` is what was tried of this hyperparameter.",
        "`np.unique` leaves each value once. What is asked for is how many are left.",
    ),
)


def _grid(rng: np.random.Generator, *counts: int) -> np.ndarray:
    """All combinations of that many values along each axis, in random order."""
    axes = [rng.permutation(np.arange(count) + rng.uniform(0.1, 0.9)) for count in counts]
    rows = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(counts))
    return rng.permutation(rows)


@DISTINCT.cases
def _(rng: np.random.Generator):
    yield Case("a grid of twelve trials", (_grid(rng, 3, 4), 0))
    yield Case("the other axis of a grid", (_grid(rng, 3, 5), 1))
    yield Case("a grid of three hyperparameters", (_grid(rng, 2, 3, 4), 2))
    yield Case("nine random trials", (rng.random((9, 2)), 0))
    yield Case("one trial", (rng.random((1, 3)), 0))
    rows = _grid(rng, 3, 3)
    yield Case("every trial made twice", (np.concatenate([rows, rows]), 0))


@DISTINCT.misconception("counts the trials")
def _(trials, axis):
    """You count the trials.
    Two trials of a grid share a rate. How many rates were tried?
    """
    return len(trials)


@DISTINCT.misconception("counts different trials")
def _(trials, axis):
    """You count trials that differ in any of their values.
    Here only one hyperparameter is asked for. Two trials that differ in the others only: how many
    of its values did they try?
    """
    return len(np.unique(trials, axis=0))


@DISTINCT.misconception("values of all columns")
def _(trials, axis):
    """You count the different numbers of the whole table.
    How many of them are values of the hyperparameter that is asked for?
    """
    return len(np.unique(trials))


@DISTINCT.misconception("rows and columns exchanged")
def _(trials, axis):
    """You look at the values of a single trial.
    What is a row of `trials`, and what is a column?
    """
    return len(np.unique(trials[axis]))


@DISTINCT.misconception("how often each value occurs")
def _(trials, axis):
    """You count how often a value occurs.
    What is asked for is how many values there are. Which of the two grows when a random trial is
    added?
    """
    return int(np.unique(trials[:, axis], return_counts=True)[1].max())


@DISTINCT.misconception("changes from trial to trial")
def _(trials, axis):
    """You count how often the value changes from one trial to the next.
    The trials come in any order. What if a value comes back later?
    """
    return 1 + int((np.diff(trials[:, axis]) != 0).sum())


BOTH_MATTER = Question(
    "hyperparameters.both_matter",
    "One peak, and *both* hyperparameters matter equally. Nine trials, as a 3 × 3 grid or at "
    "random. In how many cases does the best random trial beat the best of the grid?",
    choices=(
        Choice("in a third of the cases", right=True),
        Choice(
            "in about half of the cases",
            "Nine points each. Do both cover the square equally well, or do random points leave "
            "larger holes?",
        ),
        Choice(
            "in two thirds of the cases",
            "Nine different values along each axis helped when one axis was empty of meaning. "
            "What do they buy when a trial must be right in both?",
        ),
        Choice(
            "in nearly all cases",
            "That is the slogan. Under which condition was it shown?",
        ),
    ),
    why="Random points cluster and leave holes, a grid does not. Its weakness, that it repeats "
    "values, costs nothing when the repeated values are tried with new partners.",
)

SCALE_OR_STRATEGY = Question(
    "hyperparameters.scale_or_strategy",
    "The digits, nine trials over rate and penalty. What gains more: drawing the rate on a "
    "logarithmic instead of a linear scale, or random trials instead of a grid?",
    choices=(
        Choice(
            "random trials, as the slides illustrate",
            "How often does a linear draw from 0.001 to 10 land below 0.1 at all?",
        ),
        Choice(
            "both about the same",
            "One of the two decides whether most trials train at all. Which one?",
        ),
        Choice("the logarithmic scale", right=True),
        Choice(
            "neither: nine trials are enough for two hyperparameters",
            "Nine rates between 0.001 and 10 on a linear scale: how many of them would you call "
            "usable?",
        ),
    ),
    why="The scale is worth thirty points here, the strategy about one. Scale first, strategy "
    "second.",
)

HOW_MANY = Question(
    "hyperparameters.how_many_trials",
    "You call the best 5% of a search space good. How many random trials do you need to have at "
    "least one good one with a probability of 95%?",
    number=Number(
        59,
        rel_tol=0.012,
        misreadings={
            20: "With 20 trials you expect one good one. How probable is it to expect one and "
            "get none?",
            19: "With 19 trials you expect 0.95 good ones. Is that the same as one with a "
            "probability of 95%?",
            95: "One trial for each per cent? How probable is it that a single trial misses, and "
            "that n of them all miss?",
        },
    ),
    why="All n miss with probability 0.95ⁿ, which falls below 0.05 at n = 59. The number of "
    "hyperparameters does not matter, nor does the landscape. What does: where the best 5% begin.",
)

TRIALS_NEEDED = Exercise(
    "trials.trials_needed",
    points=2,
    minutes=5,
    returns=("n",),
    hints=(
        "How probable is it that one trial is not good? That two are not?",
        "At least one is good unless all of them miss. Independent events: probabilities multiply.",
        "(1 - share) to the power of n may be 1 - confidence at most. Take logarithms, and mind "
        "that a logarithm of a number below 1 is negative. `math.ceil` gives the next whole "
        "number.",
    ),
    promises={
        "at least one lies in the best": "an ordinary case",
        "is not above 0 and below 1": (
            "a share of 0, which must raise ValueError",
            "a share of 1, which must raise ValueError",
            "a confidence of 1, which must raise ValueError",
            "a confidence of 0, which must raise ValueError",
        ),
    },
)


@TRIALS_NEEDED.cases
def _(rng: np.random.Generator):
    yield Case("an ordinary case", (0.05,))
    yield Case("a rare good region", (float(rng.uniform(0.0051, 0.0059)),))
    yield Case("another confidence", (0.05, 0.9))
    yield Case("half of the space is good", (0.5, 0.9))
    yield Case("the probability is met exactly", (0.5, 0.75))
    yield Case("most of the space is good", (0.97, 0.9))
    yield Case("very sure", (float(rng.uniform(0.02, 0.03)), 0.999))
    for what, args in (
        ("share of 0", (0.0,)),
        ("share of 1", (1.0,)),
        ("confidence of 1", (0.1, 1.0)),
        ("confidence of 0", (0.1, 0.0)),
    ):
        yield Case(f"a {what}, which must raise ValueError", args, extreme=True)


def _range(share, confidence):
    if not (0 < share < 1 and 0 < confidence < 1):
        raise ValueError("not a probability")


def _exact(share, confidence):
    return math.log1p(-confidence) / math.log1p(-share)


@TRIALS_NEEDED.misconception("the expected number is one")
def _(share, confidence=0.95):
    """You give 19 trials for the best 5%: then you expect 0.95 good ones.
    Some searches find two or three good ones, and others none. Is an expected 0.95 the same as
    one with a probability of 95%?
    """
    _range(share, confidence)
    return math.ceil(confidence / share - 1e-9)


@TRIALS_NEEDED.misconception("one over the share")
def _(share, confidence=0.95):
    """Your number does not depend on the confidence: it is one over the share.
    So many trials have one good one on average. How often will there be none?
    """
    _range(share, confidence)
    return math.ceil(1 / share - 1e-9)


@TRIALS_NEEDED.misconception("rounded down")
def _(share, confidence=0.95):
    """Your number is one too small wherever the probability is not met exactly.
    Is the promise kept with your n?
    """
    _range(share, confidence)
    return math.floor(_exact(share, confidence) + 1e-9)


@TRIALS_NEEDED.misconception("rounded to the nearest")
def _(share, confidence=0.95):
    """Where the exact number lies just above a whole one, yours is one too small.
    Which way must one round so that the probability is *at least* the one that was asked for?
    """
    _range(share, confidence)
    return round(_exact(share, confidence))


@TRIALS_NEEDED.misconception("one too many where it is exact")
def _(share, confidence=0.95):
    """Where n trials meet the probability exactly, you ask for one more.
    How does “at least this probability” differ from “more than this probability”?
    """
    _range(share, confidence)
    return math.floor(_exact(share, confidence) + 1e-9) + 1


@TRIALS_NEEDED.misconception("all of them hit")
def _(share, confidence=0.95):
    """Your number falls where the good region gets smaller.
    It looks as if the share itself were multiplied n times. Whose probability is that: that all
    trials hit, or that none does?
    """
    _range(share, confidence)
    return math.ceil(math.log1p(-confidence) / math.log(share) - 1e-9)


@TRIALS_NEEDED.misconception("the confidence for the risk")
def _(share, confidence=0.95):
    """The surer one wants to be, the fewer trials you ask for.
    The probability that all miss has to be small. How small, if the confidence is 0.95?
    """
    _range(share, confidence)
    return math.ceil(math.log(confidence) / math.log1p(-share) - 1e-9)


@TRIALS_NEEDED.misconception("any share is accepted")
def _(share, confidence=0.95):
    """Your numbers are right. Some calls should have been refused with a ValueError.
    Can one be certain to find a good trial, or look for one that does not exist?
    """
    if share >= 1 or confidence <= 0:
        return 1
    if share <= 0 or confidence >= 1:
        return 10**9
    return math.ceil(_exact(share, confidence) - 1e-9)


SEARCH = Exercise(
    "hyperparameters.random_search",
    points=4,
    minutes=8,
    returns=("results",),
    driver=drivers.searched,
    promises={
        "NaN if the training explodes": "some trainings explode",
        "those with NaN come last": "some trainings explode",
        "the trial that was drawn earlier comes first": "many equal scores",
    },
    hints=(
        "All rows of the draft are equal. Two lines do that, each by itself: when you have mended "
        "one, the other still hides the rest. Which object is new in every turn of the loop?",
        "Compare how the draft draws a rate with what you know about scales; `sample_trial` knows, "
        "too. And ask Python whether 0.9 > NaN, and whether NaN > 0.9.",
        "Draw n trials with `sample_trial` and the generator that was passed in; make a new "
        "dictionary for each, its values and its score; hand the list to `best_rows`.",
    ),
)


@SEARCH.cases
def _(rng: np.random.Generator):
    # No type "log": in grading, sample_trial draws it with a log_uniform that has lost its body.
    space = {"lr": ("linear", 1e-3, 0.1), "hidden": ("int", 20, 2000)}
    typed = {
        "lr": ("linear", 1e-3, 0.2),
        "p_drop": ("linear", 0.0, 0.5),
        "hidden": ("int", 20, 60),
        "update": ("choice", "sgd", "adam"),
    }
    yield Case("eight trials", (space, 8, seed(rng)))
    yield Case("four types of hyperparameters", (typed, 10, seed(rng)))
    fast = {"lr": ("linear", 1e-3, 0.3), "mu": ("linear", 0.0, 1.0), "hidden": ("int", 20, 60)}
    yield Case("some trainings explode", (fast, 40, seed(rng)), {"limit": 0.5})
    yield Case("many equal scores", (space, 14, seed(rng)), {"digits": 0})
    yield Case("equal scores and explosions", (fast, 30, seed(rng)), {"digits": 1, "limit": 0.4})
    yield Case("one trial", (space, 1, seed(rng)))


def _rows(space, evaluate, n, rng):
    trials = [sample_trial(space, rng=rng) for _ in range(n)]
    return [{**trial, "val_acc": float(evaluate(trial))} for trial in trials]


def _linear(space, rng):
    """A trial as the draft draws it."""
    return {
        name: domain[rng.integers(len(domain))] if kind == "choice" else rng.uniform(*domain)
        for name, (kind, *domain) in space.items()
    }


def _by_reverse(rows):
    return sorted(rows, key=lambda row: row["val_acc"], reverse=True)


@SEARCH.misconception("the draft")
def _(space, evaluate, n, *, rng):
    """This answers like the draft: all rows are the same, and a call with another generator gives
    them again. How many different things does your loop make in n turns?
    """
    rows, row = [], {}
    for _ in range(n):
        row.update(_linear(space, np.random.default_rng(0)))
        row["val_acc"] = float(evaluate(row))
        rows.append(row)
    return _by_reverse(rows)


@SEARCH.misconception("a generator of its own")
def _(space, evaluate, n, *, rng):
    """All of your rows hold the same trial, whatever generator is passed in.
    A generator with a fixed seed always begins with the same numbers. Where is it made, and how
    often?
    """
    trials = [sample_trial(space, rng=np.random.default_rng(0)) for _ in range(n)]
    return best_rows([{**trial, "val_acc": float(evaluate(trial))} for trial in trials], n)


@SEARCH.misconception("one dictionary for all rows")
def _(space, evaluate, n, *, rng):
    """All of your rows are the last trial.
    A list holds references. How many dictionaries does your loop make, and what happens to the rows
    that are already in the list when one of them is changed?
    """
    row: dict = {}
    rows = []
    for _ in range(n):
        row.update(sample_trial(space, rng=rng))
        row["val_acc"] = float(evaluate(row))
        rows.append(row)
    return best_rows(rows, n)


@SEARCH.misconception("types ignored")
def _(space, evaluate, n, *, rng):
    """Your rows differ now. But every number is drawn evenly between its bounds, whatever its type:
    whole numbers have fractions. And of a rate of the type "log", how many draws would lie below a
    tenth of the upper bound?
    """
    trials = [_linear(space, rng) for _ in range(n)]
    return best_rows([{**trial, "val_acc": float(evaluate(trial))} for trial in trials], n)


@SEARCH.misconception("types ignored, and NaN is in the way")
def _(space, evaluate, n, *, rng):
    """Your rows differ now. But every number is drawn evenly between its bounds, whatever its type:
    whole numbers have fractions. And rows with NaN can stand anywhere. What is 0.9 > NaN, and what
    is NaN > 0.9?
    """
    trials = [_linear(space, rng) for _ in range(n)]
    return _by_reverse([{**trial, "val_acc": float(evaluate(trial))} for trial in trials])


@SEARCH.misconception("NaN is in the way")
def _(space, evaluate, n, *, rng):
    """The trials are right. Where a training explodes, the rows are out of order.
    Sorting asks which of two scores is smaller. What does a comparison with NaN say, both ways?
    """
    return _by_reverse(_rows(space, evaluate, n, rng))


@SEARCH.misconception("NaN is in the way of negative scores")
def _(space, evaluate, n, *, rng):
    """The trials are right. Where a training explodes, the rows are out of order.
    Minus NaN is NaN. What does sorting learn from a comparison with it?
    """
    return sorted(_rows(space, evaluate, n, rng), key=lambda row: -row["val_acc"])


@SEARCH.misconception("explosions left out")
def _(space, evaluate, n, *, rng):
    """Trials that exploded are missing from your list.
    They have cost time, and they say where not to search. Where in the list do they belong?
    """
    rows = _rows(space, evaluate, n, rng)
    return best_rows([row for row in rows if not math.isnan(row["val_acc"])], n)


@SEARCH.misconception("equal ones turned round")
def _(space, evaluate, n, *, rng):
    """Among equal scores, your later trials come first.
    What happens to the order of equal rows when a sorted list is read from its end?
    """
    rows = _rows(space, evaluate, n, rng)
    exploded = [row for row in rows if math.isnan(row["val_acc"])]
    rest = [row for row in rows if not math.isnan(row["val_acc"])]
    return sorted(rest, key=lambda row: row["val_acc"])[::-1] + exploded


@SEARCH.misconception("in the order of the draws")
def _(space, evaluate, n, *, rng):
    """The rows are right, and stand in the order in which they were drawn.
    What is to stand first?
    """
    return _rows(space, evaluate, n, rng)


@SEARCH.misconception("the worst first")
def _(space, evaluate, n, *, rng):
    """Your best trial stands at the end.
    Which way does Python sort, and who is to come first?
    """
    rows = _rows(space, evaluate, n, rng)
    return sorted(rows, key=lambda row: (math.isnan(row["val_acc"]), row["val_acc"]))
