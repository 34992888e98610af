"""Leaks: harmless ones and fatal ones, and groups that must stay together."""

from typing import Any

import numpy as np

from grader import Case, Choice, Exercise, Property, Question, Rng
from grader.checking.drivers import repeated

SCALER_LEAK = Question(
    "preprocessing.scaler_leak",
    "Mean and standard deviation are computed on training *and* validation data. 200 digits for "
    "training, 300 for validation, a network, 30 random splits. By how much does that raise the "
    "validation accuracy?",
    choices=(
        Choice("not measurably", right=True),
        Choice(
            "by about 1 point",
            "What does a network learn about the *labels* of the validation set from 64 means?",
        ),
        Choice(
            "by about 3 points",
            "How far are the means of 200 digits from those of 500? And has anything been computed "
            "from labels?",
        ),
        Choice(
            "by about 10 points",
            "That would be a scandal. Which information about the validation *labels* could have "
            "come through?",
        ),
    ),
    why="+0.001 ± 0.001 (standard error). Means and standard deviations carry no label. It is "
    "wrong all the same: at prediction time the other data do not exist, so what you measured is "
    "not what you will run.",
)


SELECTION_LEAK = Question(
    "preprocessing.selection_leak",
    "200 people, labels by the toss of a coin, 10,000 features that are pure noise. Somebody "
    "keeps the 25 features that agree best with the labels, *then* splits into 100 people for "
    "training and 100 for validation, and classifies by the nearer class mean. The true accuracy "
    "is 0.50. What does the validation set say?",
    choices=(
        Choice(
            "0.50, since the validation set was held out",
            "It was held out from the training of the classifier. Was it held out from the choice "
            "of the features?",
        ),
        Choice(
            "0.60",
            "Each of the 25 is the winner among 400. How strongly does a winner among 400 agree "
            "with the labels, and what do 25 of them say together?",
        ),
        Choice("0.86", right=True),
        Choice(
            "1.00",
            "Noise that was selected agrees better than noise. Does each of the 25 agree in every "
            "person?",
        ),
    ),
    why="0.86 ± 0.02 over 20 draws. The labels of the validation set took part in the choice. "
    "Chosen on the training half alone, the features give 0.51 ± 0.04.",
)


MANY = 240  # draws, enough to count how often a group is chosen

SPLIT_BY_GROUP = Exercise(
    "preprocessing.split_by_group",
    points=3,
    minutes=6,
    returns=("is_val",),
    driver=repeated,
    promises={
        "rows of one group need not stand together": "people of any number",
        "every order is equally likely": (
            "ten people, four rows each, many draws",
            "one person with many rows, many draws",
        ),
        "at least val_fraction of all rows": "one person with half of the rows",
        "above 0 and below 1.": ("val_fraction = 0", "val_fraction = 1"),
    },
    hints=(
        "Decide about groups, not about rows. `np.unique` lists the groups, `rng.permutation` puts "
        "them into a random order.",
        "Take one group after the other. When have you taken enough? Count the rows chosen so far.",
        "Stop before a group is taken, as soon as the number of True is at least val_fraction "
        "times the number of rows. `groups == group` marks all rows of a group.",
    ),
)


def _masks(case: Case, output: Any):
    groups = case.args[0]
    for mask in output:
        yield groups, np.asarray(mask)


def _on_both_sides(case: Case, output: Any) -> str | None:
    for groups, mask in _masks(case, output):
        both = np.intersect1d(groups[mask], groups[~mask])
        if len(both):
            return f"group {both[0]} has rows on both sides."
    return None


def _too_few(case: Case, output: Any) -> str | None:
    wanted = case.kwargs["val_fraction"]
    for groups, mask in _masks(case, output):
        if mask.sum() < wanted * len(groups) - 1e-9:
            return (
                f"{mask.sum()} of {len(groups)} rows were chosen, with val_fraction = {wanted:g}."
            )
    return None


def _too_many(case: Case, output: Any) -> str | None:
    wanted = case.kwargs["val_fraction"]
    for groups, mask in _masks(case, output):
        largest = np.unique(groups[mask], return_counts=True)[1].max()
        if mask.sum() - largest >= wanted * len(groups):
            return (
                f"{mask.sum()} of {len(groups)} rows were chosen, with val_fraction = {wanted:g}; "
                "with one group less there would still be enough."
            )
    return None


def _unequal(case: Case, output: Any) -> str | None:
    """Many draws: how often each group is chosen, and how often with the next one.

    The groups have one size, or a single one is always enough.
    """
    if len(output) < MANY:
        return None
    groups = case.args[0]
    names = np.unique(groups)
    chosen = np.array([[np.asarray(m)[groups == g].all() for g in names] for m in output])
    k, taken = len(names), chosen.sum(axis=1).mean()
    share, pairs = taken / k, taken * (taken - 1) / (k * (k - 1))
    bound = 6 * np.sqrt(share * (1 - share) / len(output))
    worst = np.abs(chosen.mean(axis=0) - share).argmax()
    if abs(chosen[:, worst].mean() - share) > bound:
        often = chosen[:, worst].mean()
        return f"group {names[worst]} is chosen in {often:.0%} of {len(output)} draws."
    together = (chosen & np.roll(chosen, 1, axis=1)).mean(axis=0)
    if np.abs(together - pairs).max() > 6 * np.sqrt(pairs * (1 - pairs) / len(output)):
        return "some groups are chosen together far more often or far less often than others."
    return None


def _measured(case: Case, output: Any) -> dict[str, tuple[float, float]]:
    """In which share of the draws too few rows are chosen."""
    wanted = case.kwargs["val_fraction"]
    few = [mask.sum() < wanted * len(groups) - 1e-9 for groups, mask in _masks(case, output)]
    return {"too few": (float(np.mean(few)), 1.5 / np.sqrt(len(few)))}


SPLIT_BY_GROUP.measure = _measured
SPLIT_BY_GROUP.properties = (
    Property("No group has rows on both sides: this", _on_both_sides),
    Property("At least the asked share of the rows is chosen: this", _too_few),
    Property("No more groups are taken than are needed: this", _too_many),
    Property("Every order of the groups is equally likely: this", _unequal),
)


@SPLIT_BY_GROUP.cases
def _(rng: np.random.Generator):
    def seed():
        return Rng(int(rng.integers(1 << 30)))

    def case(name, sizes, val_fraction, draws, names=None):
        names = np.arange(len(sizes)) if names is None else names
        groups = rng.permutation(np.repeat(names, sizes))
        kwargs = {"val_fraction": val_fraction, "rng": seed(), "draws": draws}
        return Case(name, (groups,), kwargs)

    yield case("six people, three rows each", [3] * 6, 0.25, 4)
    yield case("ten people, four rows each, many draws", [4] * 10, 0.25, MANY)
    # 0.26 of 60 rows: no whole number, so the share is never reached exactly.
    yield case("one person with half of the rows", [30, 4, 4, 4, 4, 4, 4, 3, 3], 0.26, 40)
    yield case("one person with many rows, many draws", [12] + [2] * 6, 0.05, MANY)
    few, many = rng.choice(500, 2, replace=False), -1 - rng.choice(500, 6, replace=False)
    numbers = rng.permutation(np.concatenate([few, many]))  # those from 0 on are not enough
    yield case("people of any number", [5] * 8, 0.5, 10, numbers)
    yield case("groups of one", [1] * 12, 0.25, 10)
    yield case("nearly all for validation", [3] * 5, 0.9, 5)
    for share in (0.0, 1.0, -0.2):
        yield case(f"val_fraction = {share:g}", [2] * 4, share, 1)


def _check(val_fraction):
    if not 0 < val_fraction < 1:
        raise ValueError(f"val_fraction must be above 0 and below 1, got {val_fraction}")


def _taken(groups, order, val_fraction):
    is_val = np.zeros(len(groups), bool)
    for group in order:
        if is_val.sum() >= val_fraction * len(groups):
            break
        is_val |= groups == group
    return is_val


@SPLIT_BY_GROUP.misconception("rows in place of groups")
def _(groups, *, val_fraction, rng):
    """Rows of one group stand on both sides.
    A classifier that recognises the person then needs to know nothing else. What has to be
    shuffled: single rows, rows that are neighbours, or groups?
    """
    _check(val_fraction)
    return rng.permutation(len(groups)) < val_fraction * len(groups)


@SPLIT_BY_GROUP.misconception("a group cut in two")
def _(groups, *, val_fraction, rng):
    """You keep groups together, until the last one: it is cut where the asked number of rows is
    reached.
    How many leaking rows does that leave?
    """
    _check(val_fraction)
    order = np.concatenate(
        [np.flatnonzero(groups == g) for g in rng.permutation(np.unique(groups))]
    )
    is_val = np.zeros(len(groups), bool)
    is_val[order[: int(np.ceil(val_fraction * len(groups) * 0.99)) + 1]] = True
    return is_val


@SPLIT_BY_GROUP.misconception("the first groups")
def _(groups, *, val_fraction, rng):
    """With every order equally likely no group is chosen more often than another, and no two more
    often together. Among yours some are.
    The numbers of groups may follow their age, or the hospital. What is `rng` passed in for?
    """
    _check(val_fraction)
    return _taken(groups, np.unique(groups), val_fraction)


@SPLIT_BY_GROUP.misconception("large groups first")
def _(groups, *, val_fraction, rng):
    """A group with many rows is chosen more often than one with few.
    It looks as if a row were drawn, and then its group.
    Among which things must `rng` choose, so that each comes with the same chance?
    """
    _check(val_fraction)
    return _taken(groups, rng.permutation(groups), val_fraction)


@SPLIT_BY_GROUP.misconception("a share of the groups")
def _(groups, *, val_fraction, rng):
    """You take the share val_fraction of the *groups*; where they differ in size, the number of
    rows is off.
    Of what is it to be a share?
    """
    _check(val_fraction)
    names = rng.permutation(np.unique(groups))
    return np.isin(groups, names[: int(np.ceil(val_fraction * len(names)))])


@SPLIT_BY_GROUP.misconception("stopped too early")
def _(groups, *, val_fraction, rng):
    """You take a group only if it still fits, and end below what is asked for.
    When exactly may you stop?
    """
    _check(val_fraction)
    is_val = np.zeros(len(groups), bool)
    for group in rng.permutation(np.unique(groups)):
        if (is_val | (groups == group)).sum() >= val_fraction * len(groups):
            break
        is_val |= groups == group
    return is_val


@SPLIT_BY_GROUP.misconception("stopped too late")
def _(groups, *, val_fraction, rng):
    """You take another group although there are enough rows already.
    Is the question whether to go on asked before a group is taken, or after it?
    """
    _check(val_fraction)
    is_val = np.zeros(len(groups), bool)
    for group in rng.permutation(np.unique(groups)):
        enough = is_val.sum() >= val_fraction * len(groups)
        is_val |= groups == group
        if enough:
            break
    return is_val


@SPLIT_BY_GROUP.misconception("True for training")
def _(groups, *, val_fraction, rng):
    """Groups stay together, but your True marks the larger part, the training rows.
    What does the name of the result say?
    """
    _check(val_fraction)
    return ~_taken(groups, rng.permutation(np.unique(groups)), val_fraction)


@SPLIT_BY_GROUP.misconception("only what still fits")
def _(groups, *, val_fraction, rng):
    """A group that would make it too much is left out, and you end below what is asked for.
    Which of the two may be missed a little, too few rows or too many?
    """
    _check(val_fraction)
    is_val = np.zeros(len(groups), bool)
    for group in rng.permutation(np.unique(groups)):
        if (is_val | (groups == group)).sum() > val_fraction * len(groups):
            break
        is_val |= groups == group
    return is_val


@SPLIT_BY_GROUP.misconception("more than val_fraction")
def _(groups, *, val_fraction, rng):
    """Where the asked share is reached exactly, you take one group more.
    How does the text say when it is enough?
    """
    _check(val_fraction)
    is_val = np.zeros(len(groups), bool)
    for group in rng.permutation(np.unique(groups)):
        if is_val.sum() > val_fraction * len(groups):
            break
        is_val |= groups == group
    return is_val


@SPLIT_BY_GROUP.misconception("a random start, then in order")
def _(groups, *, val_fraction, rng):
    """Each group is chosen as often as any other, and some are chosen together far more often.
    It looks as if they had a fixed order and only its start were random. How many orders are there?
    """
    _check(val_fraction)
    names = np.unique(groups)
    return _taken(groups, np.roll(names, rng.integers(len(names))), val_fraction)


@SPLIT_BY_GROUP.misconception("numbers from 0 on")
def _(groups, *, val_fraction, rng):
    """Groups with a negative number are never chosen.
    Which numbers may a group have, and how do you find those that there are?
    """
    _check(val_fraction)
    return _taken(groups, rng.permutation(groups.max() + 1), val_fraction)


@SPLIT_BY_GROUP.misconception("any val_fraction is accepted")
def _(groups, *, val_fraction, rng):
    """You give an answer where a ValueError was asked for.
    Which shares does the text allow?
    """
    return _taken(groups, rng.permutation(np.unique(groups)), val_fraction)
