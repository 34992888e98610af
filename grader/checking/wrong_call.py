"""The call that a check found wrong, for a student who wants to make it by hand."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from inspect import signature
from typing import Any

from grader.checking.drivers import call
from grader.checking.evidence import Evidence
from grader.checking.exercise import Case, Exercise
from grader.checking.judge import first_failing
from grader.checking.probe import Observation, observe
from grader.checking.report import CaseResult
from grader.checking.values import difference

MOST = 50  # calls of one case that are looked at


def wrong_call(
    exercise: Exercise,
    student: Callable | None,
    known: Evidence,
    results: Sequence[CaseResult],
) -> dict[str, Any]:
    """The arguments of the call that goes wrong, by name.

    Args:
        exercise: its definition.
        student: the function; None takes the reference, which goes wrong nowhere.
        known: the cases that were run, and what is known of them.
        results: how they went; empty for none.

    Returns:
        The arguments, as they were when the call was made, in the case that the report speaks of:
        of the call that raised, or of the first whose answer is not the reference's. Where nothing
        is wrong, those of the first call.
    """
    function = student or exercise.reference
    made: list[tuple[tuple, dict[str, Any]]] = []

    def noted(*args: Any, **kwargs: Any) -> Any:
        if len(made) < MOST:
            made.append(deepcopy((args, kwargs)))
        return function(*args, **kwargs)

    number = first_failing(results)
    ends = observe(noted, known.cases[number or 0], exercise.driver).raised
    if not made:
        return {}
    args, kwargs = made[0]
    if number is not None:
        differing = (
            made_call
            for k, made_call in enumerate(made)
            if _differs(exercise, function, known.answered(number, k, *made_call), *made_call)
        )
        args, kwargs = made[-1] if ends else next(differing, made[0])
    return signature(exercise.reference).bind(*args, **kwargs).arguments


def _differs(
    exercise: Exercise,
    student: Callable,
    want: Observation | None,
    args: tuple,
    kwargs: dict[str, Any],
) -> bool:
    """Whether the student's function answers one call in another way than the reference does."""
    if want is None:
        return False
    got = observe(student, Case("", *deepcopy((args, kwargs))), call)
    if got.raised or want.raised:
        return bool(got.raised) != bool(want.raised)
    found = difference(got.output, want.output, ("the answer",), exercise.tolerance)
    return found is not None or got.changed != want.changed
