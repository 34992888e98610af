"""Finds the misconception behind a wrong function."""

from collections.abc import Callable, Sequence

from grader.checking.exercise import Case, Exercise, Misconception
from grader.checking.probe import Observation
from grader.checking.report import CaseResult, Verdict
from grader.checking.values import difference


def recognise(
    exercise: Exercise,
    cases: Sequence[Case],
    got: Sequence[Observation],
    want: Sequence[Observation],
    results: Sequence[CaseResult],
    answers: Callable[[Misconception], Sequence[Observation]],
    judge_cases: Callable[..., Sequence[CaseResult]],
) -> Misconception | None:
    """The misconception that answers like the student on ordinary cases and fails where he does.

    Several can agree, for instance two that show only in float32; then the one whose failing
    cases are nearest to the student's is meant.
    """
    ordinary = [i for i, case in enumerate(cases) if case.kind == "ordinary"]
    failing = _failing(results)
    found: list[tuple[int, int, Misconception]] = []
    for order, misconception in enumerate(exercise.misconceptions):
        theirs = answers(misconception)
        if len(theirs) != len(got):
            continue
        if not exercise.properties and not all(
            _same_answer(exercise, got[i], theirs[i]) for i in ordinary
        ):
            continue
        their_results = judge_cases(exercise, cases, theirs, want, True)
        if exercise.properties and not all(
            _same_fault(results[i], their_results[i]) for i in ordinary
        ):
            continue
        their_failing = _failing(their_results)
        if failing & their_failing:
            found.append((len(failing ^ their_failing), order, misconception))
    return min(found, key=lambda f: f[:2])[2] if found else None


def _failing(results: Sequence[CaseResult]) -> set[tuple[int, Verdict]]:
    return {(i, r.verdict) for i, r in enumerate(results) if r.verdict is not Verdict.RIGHT}


def _same_answer(exercise: Exercise, got: Observation, theirs: Observation) -> bool:
    if got.raised or theirs.raised:
        return (got.raised and got.raised.type) == (theirs.raised and theirs.raised.type)
    return not difference(
        got.output, theirs.output, exercise.returns, exercise.tolerance, dtypes=False
    )


def _same_fault(mine: CaseResult, its: CaseResult) -> bool:
    return mine.verdict == its.verdict and _property_of(mine) == _property_of(its)


def _property_of(result: CaseResult) -> str:
    return result.detail.partition(" does not hold:")[0]
