"""The call that a check found wrong, for a student who wants to make it by hand."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from inspect import signature
from typing import Any

from grader.checking.drivers import call
from grader.checking.exercise import Case, Exercise
from grader.checking.judge import first_failing
from grader.checking.probe import observe
from grader.checking.report import CaseResult
from grader.checking.values import difference

_MOST = 50  # calls of one case that are looked at


def wrong_call(
    exercise: Exercise,
    student: Callable | None,
    cases: Sequence[Case],
    results: Sequence[CaseResult],
) -> dict[str, Any]:
    """The arguments of the call that goes wrong, by name.

    Args:
        exercise: its definition.
        student: the function; None takes the reference, which goes wrong nowhere.
        cases: the cases that were run.
        results: how they went; empty for none.

    Returns:
        The arguments, as they were when the call was made, in the case that the report speaks of:
        of the call that raised, or of the first whose answer is not the reference's. Where nothing
        is wrong, those of the first call.
    """
    function = student or exercise.reference
    made: list[tuple[tuple, dict[str, Any]]] = []

    def noted(*args: Any, **kwargs: Any) -> Any:
        if len(made) < _MOST:
            made.append(deepcopy((args, kwargs)))
        return function(*args, **kwargs)

    number = first_failing(results)
    ends = observe(noted, cases[number or 0], exercise.driver).raised
    if not made:
        return {}
    args, kwargs = made[0]
    if number is not None:
        differing = (c for c in made if _differs(exercise, function, *c))
        args, kwargs = made[-1] if ends else next(differing, made[0])
    return signature(exercise.reference).bind(*args, **kwargs).arguments


def _differs(exercise: Exercise, student: Callable, args: tuple, kwargs: dict[str, Any]) -> bool:
    """Whether the student's function answers one call in another way than the reference does."""
    got, want = (
        observe(function, Case("", *deepcopy((args, kwargs))), call)
        for function in (student, exercise.reference)
    )
    if got.raised or want.raised:
        return bool(got.raised) != bool(want.raised)
    found = difference(got.output, want.output, ("the answer",), exercise.tolerance)
    return found is not None or got.changed != want.changed
