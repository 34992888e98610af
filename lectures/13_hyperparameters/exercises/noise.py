"""The best row is lucky: noise, and the winner's curse."""

import math
from functools import cache
from typing import Any

import numpy as np

from grader import Case, Choice, Exercise, Property, Question

from .shared import seed

CURSE = Question(
    "hyperparameters.shared_exam",
    "Twenty equally good networks. If each is judged on 100 images *of its own*, the best of them "
    "looks better than it is by 0.043. But all are judged on the same 100 images. Now the best "
    "looks better than it is by",
    choices=(
        Choice("about half of that", right=True),
        Choice(
            "just that",
            "The formula behind it takes twenty independent noises. When one network fails on a "
            "blurred seven, what do the nineteen others do?",
        ),
        Choice(
            "more than that",
            "All of them are lucky or unlucky together on a shared set. Does luck that all share "
            "change who is best?",
        ),
        Choice(
            "nothing: the same exam for all is fair",
            "It is fair, but is it still a new exam for the one that was chosen *because* of its "
            "marks in it?",
        ),
    ),
    why="Networks fail on the same hard images. What they share cancels in the comparison, and "
    "only the rest is luck. Halved, not lifted.",
)

SPLITS = Question(
    "hyperparameters.seeds_or_splits",
    "One setting, 300 images to train on. Forty runs with 40 seeds on one split of the data; or "
    "forty runs with one seed on 40 random splits. Which validation accuracies scatter more?",
    choices=(
        Choice(
            "those of the 40 seeds",
            "Seeds are what people vary, because it is easy. What else changes when other images "
            "are used to train and to validate?",
        ),
        Choice(
            "both alike",
            "A split changes what is learnt *and* what is asked. Does a seed?",
        ),
        Choice("those of the 40 splits", right=True),
        Choice(
            "those of the seeds alone: with one seed a training is fixed",
            "The same initial weights, on other images. And on another exam. Is that the same "
            "number?",
        ),
    ),
    why="About one and a half times as much. A score of 300 images has a binomial error by itself, "
    "and other training images add to it. The seed is the smallest of the noises, and the only "
    "one that most people look at.",
)


def _sampled(val: np.ndarray, test: np.ndarray, k: int) -> tuple[np.ndarray, ...]:
    """How probable it is for each run to win, when k of them are drawn; val without ties."""
    n = len(val)
    rank = val.argsort().argsort()
    p = np.array([math.comb(int(r), k - 1) for r in rank]) / math.comb(n, k)
    return p, val, test


def _expected(case: Case) -> tuple[float, float, float, float]:
    """Exact means of what is shown and what is true, and six standard errors of each."""
    val, test, k = case.args[:3]
    p, val, test = _sampled(val, test, k)
    shown, true = float(p @ val), float(p @ test)
    repeats = case.kwargs.get("repeats", 200)

    def bound(scores: np.ndarray, mean: float) -> float:
        return 6 * math.sqrt(max(0.0, float(p @ (scores - mean) ** 2)) / repeats) + 1e-5

    return shown, true, bound(val, shown), bound(test, true)


def _shown_is_off(case: Case, output: Any) -> str | None:
    shown, _, slack, _ = _expected(case)
    if not abs(output[0] - shown) <= slack:
        return f"`shown` is {output[0]:.4f}; it should lie within {slack:.4f} of {shown:.4f}."
    return None


def _true_is_off(case: Case, output: Any) -> str | None:
    _, true, _, slack = _expected(case)
    if not abs(output[1] - true) <= slack:
        return f"`true` is {output[1]:.4f}; it should lie within {slack:.4f} of {true:.4f}."
    return None


def _measure(case: Case, output: Any) -> dict[str, tuple[float, float]]:
    _, _, slack_val, slack_test = _expected(case)
    return {
        "shown": (float(output[0]), slack_val / 2),
        "true": (float(output[1]), slack_test / 2),
    }


WINNERS_CURSE = Exercise(
    "selection.winners_curse",
    points=3,
    minutes=6,
    returns=("shown", "true"),
    properties=(
        Property("The validation score of the run that was taken, on average: this", _shown_is_off),
        Property("The other score of the same run, on average: this", _true_is_off),
    ),
    measure=_measure,
    promises={
        "k different runs are drawn": "all runs are drawn",
        "out of its range": (
            "k of 0, which must raise ValueError",
            "more than there are, which must raise ValueError",
            "no repeats, which must raise ValueError",
        ),
        "how often, at least 1": "no repeats, which must raise ValueError",
    },
    hints=(
        "One repeat first: k different numbers from 0 to len(val) - 1. Whose validation score is "
        "the largest?",
        "`rng.permutation(n)[:k]` draws k different ones. The largest of `val[drawn]` stands at a "
        "place *within* drawn: which run is that?",
        "Keep the number of the run that won, for each repeat. Both answers are means over those "
        "runs, one of `val` and one of `test`.",
    ),
)


@cache
def _ladder(n: int) -> np.ndarray:
    return np.linspace(-1, 1, n)


@WINNERS_CURSE.cases
def _(rng: np.random.Generator):
    def case(name, n, k, repeats=200, **more):
        # Where a run stands in the list matters: high and low take turns, the second half is
        # better, and the last run is the best by far.
        base, i = rng.uniform(0.75, 0.8), np.arange(n)
        val = base + 0.03 * np.where(i % 2, 1.0, -1.0) + 0.04 * (i >= n / 2)
        val += 0.004 * rng.permutation(_ladder(n))
        test = base + 0.02 * np.where(rng.permutation(n) < n // 2, -1.0, 1.0)
        val[-1] = val.max() + 0.04
        test[-1], test[-4] = base - 0.03, base + 0.03
        return Case(name, (val, test, k), {"rng": seed(rng), "repeats": repeats}, **more)

    yield case("three of thirty runs", 30, 3, 300)
    yield case("one run: no choice", 20, 1, 300)
    yield case("all runs are drawn", 12, 12, 40)
    yield case("nearly all runs are drawn", 12, 10, 200)
    yield case("two of forty runs", 40, 2, 800)
    raising = "which must raise ValueError"
    yield case(f"k of 0, {raising}", 8, 0, extreme=True)
    yield case(f"more than there are, {raising}", 8, 9, extreme=True)
    yield case(f"no repeats, {raising}", 8, 3, 0, extreme=True)


def _checked(val, k, repeats):
    if not 1 <= k <= len(val) or repeats < 1:
        raise ValueError("k or repeats")


def _repeat(val, k, rng, repeats, one, draw=None):
    _checked(val, k, repeats)
    draw = draw or (lambda: rng.permutation(len(val))[:k])
    found = np.array([one(draw()) for _ in range(repeats)])
    return float(found[:, 0].mean()), float(found[:, 1].mean())


@WINNERS_CURSE.misconception("the winner by the test")
def _(val, test, k, *, rng, repeats=200):
    """You take the run that is best on the *other* data.
    Who would have shown you those scores before the choice?
    """

    def one(drawn):
        best = drawn[test[drawn].argmax()]
        return val[best], test[best]

    return _repeat(val, k, rng, repeats, one)


@WINNERS_CURSE.misconception("two maxima")
def _(val, test, k, *, rng, repeats=200):
    """`shown` is right. Your second number is the best test score among the k runs.
    Do your two numbers belong to one network?
    """
    return _repeat(val, k, rng, repeats, lambda drawn: (val[drawn].max(), test[drawn].max()))


@WINNERS_CURSE.misconception("the mean of those drawn")
def _(val, test, k, *, rng, repeats=200):
    """`shown` is right. Your second number is the mean test score of all k runs.
    Only one of them was taken. Which?
    """
    return _repeat(val, k, rng, repeats, lambda drawn: (val[drawn].max(), test[drawn].mean()))


@WINNERS_CURSE.misconception("a place among the drawn for a run")
def _(val, test, k, *, rng, repeats=200):
    """The number that `argmax` gives is a place among the k drawn runs, from 0 to k - 1.
    You use it as the number of a run. Which run stands at that place?
    """

    def one(drawn):
        place = val[drawn].argmax()
        return val[place], test[place]

    return _repeat(val, k, rng, repeats, one)


@WINNERS_CURSE.misconception("drawn with replacement", convention=True)
def _(val, test, k, *, rng, repeats=200):
    """You draw with replacement, so that a run can be drawn twice, and k runs are fewer in truth.
    Bootstrap methods do just that. Which word of the text forbids it here?
    """

    def one(drawn):
        best = drawn[val[drawn].argmax()]
        return val[best], test[best]

    return _repeat(val, k, rng, repeats, one, lambda: rng.integers(len(val), size=k))


@WINNERS_CURSE.misconception("always the first k")
def _(val, test, k, *, rng, repeats=200):
    """You choose among the first k runs, each time.
    What is drawn at random here, and how often?
    """

    def one(drawn):
        best = val[:k].argmax()
        return val[best], test[best]

    return _repeat(val, k, rng, repeats, one)


@WINNERS_CURSE.misconception("the worst run")
def _(val, test, k, *, rng, repeats=200):
    """You take the run with the lowest validation score.
    Is `val` an accuracy or a loss?
    """

    def one(drawn):
        worst = drawn[val[drawn].argmin()]
        return val[worst], test[worst]

    return _repeat(val, k, rng, repeats, one)
