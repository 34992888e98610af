"""What a check holds a student's function against: cases, and what is known to be answered."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from grader.checking.drivers import call
from grader.checking.exercise import Case, Exercise
from grader.checking.judge import expected
from grader.checking.platform import PATIENCE
from grader.checking.probe import CASE_SECONDS, Observation, observe
from grader.checking.recognise import Answers
from grader.checking.recorded import Recorded

VISIBLE_SEED = 20190423

# What the reference answers to one call: the number of the case, that of the call in it, and the
# call's arguments. None where that is not known.
Answered = Callable[[int, int, tuple, dict[str, Any]], Observation | None]


@dataclass(frozen=True)
class Evidence:
    """One draw of an exercise's cases, and the answers to them.

    Args:
        cases: the cases.
        want: what the reference does on each.
        answers: what the misconceptions do on each.
        answered: what the reference answers to single calls, where a driver makes several.
    """

    cases: tuple[Case, ...]
    want: tuple[Observation, ...]
    answers: Answers
    answered: Answered


@cache
def evidence(exercise: Exercise, seed: int = VISIBLE_SEED) -> Evidence:
    """The evidence on an exercise: read where it was recorded, else found out by its functions.

    Args:
        exercise: its definition.
        seed: what the cases are drawn from.

    Raises:
        ValueError: other cases than the recorded ones are asked for.
    """
    if not isinstance(exercise, Recorded):
        return _found_out(exercise, seed)
    if seed != VISIBLE_SEED:
        raise ValueError(f"{exercise.id} has its recorded cases and no others")
    known = exercise.read()
    return Evidence(
        known.cases, known.want, known.answers(), lambda i, k, *_: known.single_call(i, k)
    )


def _found_out(exercise: Exercise, seed: int) -> Evidence:
    cases = exercise.draw(np.random.default_rng(seed))
    limit = (exercise.seconds or 0) * PATIENCE or CASE_SECONDS  # as long as a student's gets

    def answered(_case: int, _call: int, args: tuple, kwargs: dict[str, Any]) -> Observation:
        return observe(exercise.reference, Case("", *deepcopy((args, kwargs))), call)

    return Evidence(
        cases,
        tuple(expected(exercise, case) for case in cases),
        Answers(lambda known, i: observe(known.function, cases[i], exercise.driver, limit)),
        answered,
    )
