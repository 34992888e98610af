"""How the exercises of lecture 13 are called: functions that are given a training as a function."""

import math
from collections.abc import Callable
from typing import Any


def searched(
    student: Callable, space: dict, n: int, rng: Any, *, limit: float = math.inf, digits: int = 9
) -> Any:
    """A search in a space that has a rate "lr": its results.

    The score has a peak at a rate of 0.01. Where the space has a momentum "mu", a training explodes
    above ``limit``. Scores are rounded to ``digits``, so that a few digits make equal ones.
    """

    def evaluate(trial: dict) -> float:
        if trial.get("mu", 0.0) > limit:
            return math.nan
        numbers = sum(v for k, v in trial.items() if k != "lr" and type(v) in (int, float))
        return round(0.9 - 0.07 * (math.log10(trial["lr"]) + 2) ** 2 - 0.001 * numbers, digits)

    return student(space, evaluate, n, rng=rng)


def recorded_curves(student: Callable, trials: Any, **options: Any) -> Any:
    """A search that resumes trainings, on recorded curves: ``trial["curve"]``, a score an epoch.

    Returns the name of the winner, the epochs spent, and which trials were asked for at which
    epoch.
    """
    asked = set()

    def evaluate(trial: dict, epochs: int) -> float:
        asked.add((int(epochs), trial["name"]))
        return float(trial["curve"][int(epochs) - 1])

    found = student(trials, evaluate, **options)
    if type(found) is not tuple or len(found) != 2:
        return found
    winner, spent = found
    name = winner.get("name") if type(winner) is dict else winner
    return name, spent, [f"{name} at {epochs}" for epochs, name in sorted(asked)]


def by_name(student: Callable, best: dict, space: dict, **options: Any) -> Any:
    """Warnings for a trial: for each name the edge, or that there is none."""
    found = student(best, space, **options)
    if type(found) is not dict:
        return found
    return {name: found.get(name, "no edge") for name in (*space, *found)}
