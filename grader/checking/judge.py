"""Decides about an exercise from data: cases, what the student's function did, what was expected.

It does not matter whether a reference answered just now or its answers were recorded, nor whether
the student's function ran in this process. The same judge decides in a notebook and in grading.
"""

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.checking import drivers
from grader.checking.exercise import Case, Exercise, Question
from grader.checking.probe import Observation, Raised, observe
from grader.checking.recognise import Answers, recognise
from grader.checking.report import CaseResult, Report, Verdict
from grader.checking.values import Difference, describe, difference
from grader.course import current

# Failing only these costs half the points: the function is right on ordinary inputs.
_MINOR_KINDS = frozenset({"extreme", "float32", "strided", "again", "other seed"})
_MINOR_VERDICTS = frozenset(
    {
        Verdict.CHANGES_INPUT,
        Verdict.SHARES_INPUT,
        Verdict.KEEPS_STATE,
        Verdict.GLOBAL_RANDOM,
        Verdict.WARNS,
        Verdict.WRONG_DTYPE,
    }
)

_VERDICT_OF = {
    "value": Verdict.WRONG_VALUE,
    "shape": Verdict.WRONG_SHAPE,
    "dtype": Verdict.WRONG_DTYPE,
    "type": Verdict.WRONG_TYPE,
    "length": Verdict.WRONG_TYPE,
    "finite": Verdict.NOT_FINITE,
}


def expected(exercise: Exercise, case: Case) -> Observation:
    """What the reference does on a case; nothing where what is right is known without it."""
    if case.known is not None:
        return Observation()
    return observe(exercise.reference, case, exercise.driver)


def judge(
    exercise: Exercise,
    cases: Sequence[Case],
    got: Sequence[Observation],
    want: Sequence[Observation],
    answers: Answers,
    *,
    show: bool,
    failed_parents: Sequence[str] = (),
) -> Report:
    """The report on a student's function.

    Args:
        exercise: its definition.
        cases: the cases that were run.
        got: what the student's function did on each; shorter when it was stopped.
        want: what the reference did on each.
        answers: of the misconceptions; asked only for a wrong function.
        show: whether the cases are visible to the student. Hidden cases are reported without
            inputs and expected values.
        failed_parents: ids of exercises that do not pass and that the function calls.
    """
    results = judge_cases(exercise, cases, got, want, show)
    first = first_failing(results)
    common: dict[str, Any] = dict(
        id=exercise.id, points=exercise.points, cases=results, hints=len(exercise.hints)
    )
    earned = _earned(exercise, cases, got) if exercise.levels else None
    if first is None and earned is not None:
        return Report(
            verdict=earned.verdict,
            score=earned.share * exercise.points,
            summary=earned.said,
            **common,
        )
    if first is None:
        return Report(
            verdict=Verdict.RIGHT,
            score=exercise.points,
            summary=f"`{exercise.name}` does what it should in all {len(cases)} cases.",
            **common,
        )
    minor = _is_minor(results[first])
    verdict, detail = results[first].verdict, results[first].detail
    if verdict is Verdict.NOT_IMPLEMENTED:
        return replace(missing(exercise, detail), verdict=verdict)
    found = None
    if verdict not in (Verdict.RAISED, Verdict.TIMED_OUT) or any(w.raised for w in want):

        def judged(i: int, seen: Observation, first: Observation) -> CaseResult:
            return judge_case(exercise, cases[i], seen, want[i], first, want[0], True)

        found = recognise(exercise, cases, got, want, results, answers, judged)
    score, notes = 0.0, [_parent_note(parent) for parent in failed_parents]
    if minor:
        score = exercise.points / 2 * (1 if earned is None else earned.share)
        what = "Its answers are right on ordinary inputs, which earns half the points."
        notes.append(what if earned is None else f"{earned.said} Half of what that earns is yours.")
    if found and found.convention:
        verdict = Verdict.OTHER_CONVENTION
        credit = current().credit if exercise.credit is None else exercise.credit
        score = max(score, credit * exercise.points)
        notes.append(f"What is right by another convention earns {_share(credit)} here.")
    where = _place(exercise, cases[first], show)
    return Report(
        verdict=verdict,
        score=score,
        summary=f"{where}: {detail}",
        diagnosis=found.diagnosis() if found else None,
        note="\n".join(notes),
        printed=got[first].printed if first < len(got) else "",
        **common,
    )


@dataclass(frozen=True)
class _Earned:
    """What the levels of an exercise give: a share of the points, and a sentence that says why."""

    share: float
    said: str

    @property
    def verdict(self) -> Verdict:
        if self.share == 1:
            return Verdict.RIGHT
        return Verdict.PARTLY if self.share else Verdict.WRONG_VALUE


def _earned(exercise: Exercise, cases: Sequence[Case], got: Sequence[Observation]) -> _Earned:
    """The level that was reached; none where there is nothing to measure."""
    assert exercise.value is not None
    if len(got) < len(cases) or any(o.raised for o in got):
        return _Earned(0.0, "")
    try:
        value = float(exercise.value(cases, [o.output for o in got]))
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return _Earned(0.0, "")  # its form is wrong: a property says so
    reached = [level for level in exercise.levels if value >= level.least]
    missed = [level for level in exercise.levels if not value >= level.least]
    said = f"`{exercise.name}` reaches {value:.3f}"
    said += f": {reached[-1].name}." if reached else "."
    if missed:
        said += f" The next level, {missed[0].name}, begins at {missed[0].least:g}."
    return _Earned(reached[-1].share if reached else 0.0, said)


def first_failing(results: Sequence[CaseResult]) -> int | None:
    """The number of the case that a report speaks of; None where all are right.

    Args:
        results: how the cases went. The first that fails on ordinary inputs comes before one that
            fails only on odd ones.
    """
    failing = [i for i, r in enumerate(results) if r.verdict is not Verdict.RIGHT]
    return next((i for i in failing if not _is_minor(results[i])), failing[0] if failing else None)


def _parent_note(parent: str) -> str:
    name = parent.rpartition(".")[2]
    return (
        f"It calls `{name}`, which does not pass its own check yet. What is seen here may come "
        f"from there: mend `{name}` first."
    )


def _share(credit: float) -> str:
    known = {0: "no points", 0.5: "half the points", 1: "all points"}
    return known.get(credit, f"{credit:.0%} of the points")


def missing(definition: Exercise | Question, reason: str) -> Report:
    """The report when the notebook holds no such function or answer; ``reason`` says why."""
    return Report(
        id=definition.id,
        verdict=Verdict.MISSING,
        score=0,
        points=definition.points,
        summary=reason,
        hints=len(definition.hints),
    )


def judge_cases(
    exercise: Exercise,
    cases: Sequence[Case],
    got: Sequence[Observation],
    want: Sequence[Observation],
    show: bool,
) -> tuple[CaseResult, ...]:
    results = []
    for i, case in enumerate(cases):
        if i >= len(got):
            verdict, detail = Verdict.TIMED_OUT, "was not reached"
            results.append(CaseResult(case.name, case.kind, verdict, detail))
            continue
        results.append(judge_case(exercise, case, got[i], want[i], got[0], want[0], show))
    return tuple(results)


def judge_case(
    exercise: Exercise,
    case: Case,
    got: Observation,
    want: Observation,
    got_first: Observation,
    want_first: Observation,
    show: bool,
) -> CaseResult:
    """How one case went.

    Args:
        exercise, case: their definitions.
        got, want: what the student's function and the reference did.
        got_first, want_first: the same for the first case, which some cases repeat.
        show: whether expected values may be told.
    """
    verdict, detail = _seen(exercise, case, got, want, got_first, want_first, show)
    return CaseResult(case.name, case.kind, verdict, detail)


def _seen(
    exercise: Exercise,
    case: Case,
    got: Observation,
    want: Observation,
    got_first: Observation,
    want_first: Observation,
    show: bool,
) -> tuple[Verdict, str]:
    """The verdict on a case, and in a sentence what was seen; "" when it is right."""
    if want.raised:
        if got.raised and _kind(got.raised) == _kind(want.raised):
            return Verdict.RIGHT, ""
        if not got.raised:
            return (
                Verdict.WRONG_VALUE,
                f"it should raise {_kind(want.raised)} here and returned an answer.",
            )
    if got.raised:
        if want.raised and got.raised.type not in ("NotImplementedError", "TimeoutError"):
            wanted = f"it should raise {_kind(want.raised)} here and raised {got.raised.type}."
            return Verdict.RAISED, wanted
        return _judge_raised(exercise, got)
    if got.output is None and want.output is not None:
        ask = "" if _may_be_none(exercise) else " Is there a `return` at the end?"
        expected = f", expected {describe(want.output)}" if show and not ask else ""
        return Verdict.WRONG_TYPE, f"it returned None{expected}.{ask}"
    tolerance = None if exercise.properties else exercise.tolerance
    found = None
    if case.known is None:
        found = difference(got.output, want.output, exercise.returns, tolerance, scales=case.scale)
    changed = _changed_input(exercise, got, want)
    if found and changed and found.where.startswith("cache"):
        # The cache holds an input that the call overwrote: that is the mistake to name.
        return changed
    if found:
        verdict = _VERDICT_OF[found.what]
        repeated = case.kind == "again" and verdict is Verdict.WRONG_VALUE
        if repeated and not equal(got.output, got_first.output):
            return Verdict.KEEPS_STATE, "the same call as at first now gives another answer."
        return verdict, _say(found, exercise, case, show)
    broken = _broken_property(exercise, case, got, want, got_first, want_first)
    if broken:
        return broken
    return changed or _judge_manners(exercise, got, want)


def _kind(raised: Raised) -> str:
    """The name of an error as instructions have it; a singular matrix's is ValueError."""
    return "ValueError" if raised.type == "LinAlgError" else raised.type


def _judge_raised(exercise: Exercise, got: Observation) -> tuple[Verdict, str]:
    raised = got.raised
    assert raised is not None
    if raised.type == "NotImplementedError":
        return Verdict.NOT_IMPLEMENTED, f"`{exercise.name}` is still to be written."
    if raised.type == "TimeoutError":
        return Verdict.TIMED_OUT, f"{raised.message}. Does a loop in it end?"
    if raised.type == "ChangedLibrary":
        return (
            Verdict.CHANGES_LIBRARY,
            f"it put something else in place of `{raised.message}`. Other code relies on it.",
        )
    line = f", at `{raised.line}`" if raised.line else ""
    message = f": {raised.message}" if raised.message else ""
    return Verdict.RAISED, f"it raised {raised.type}{message}{line}"


def _broken_property(
    exercise: Exercise,
    case: Case,
    got: Observation,
    want: Observation,
    got_first: Observation,
    want_first: Observation,
) -> tuple[Verdict, str] | None:
    if not exercise.properties:
        return None
    if case.kind == "again" and not equal(got.output, got_first.output):
        return (
            Verdict.KEEPS_STATE,
            "the same generator, started anew, gives another answer. Is all randomness from it?",
        )
    if case.kind == "other seed" and equal(got.output, got_first.output):
        if not equal(want.output, want_first.output):
            return (
                Verdict.WRONG_VALUE,
                "two different generators give the same answer. Is the one passed in used?",
            )
    for prop in exercise.properties:
        seen = prop.holds(case, got.output)
        if seen:
            return Verdict.WRONG_VALUE, f"{prop.name} does not hold: {seen}"
    return None


def _changed_input(
    exercise: Exercise, got: Observation, want: Observation
) -> tuple[Verdict, str] | None:
    changed = [c for c in got.changed if c not in want.changed]
    if not changed:
        return None
    which = changed[0]
    names = _parameters(exercise)
    if which.startswith("argument "):
        position = int(which.split()[1]) - 1
        which = f"`{names[position]}`" if position < len(names) else which
    return (
        Verdict.CHANGES_INPUT,
        f"the call changed {which} in place. The caller may still need the old values.",
    )


def _judge_manners(exercise: Exercise, got: Observation, want: Observation) -> tuple[Verdict, str]:
    for i in got.aliases:
        name = exercise.returns[i] if i < len(exercise.returns) else exercise.returns[0]
        if i not in want.aliases and not name.startswith(("cache", "state")):
            return (
                Verdict.SHARES_INPUT,
                f"`{name}` is the input array itself or part of it. Changing one changes both.",
            )
    if got.global_random and not want.global_random:
        return (
            Verdict.GLOBAL_RANDOM,
            "it uses global random numbers. Only the generator that is passed in may be used.",
        )
    if got.warned and not want.warned:
        return Verdict.WARNS, f"the answer is right, but NumPy warned: {got.warned[0]}."
    return Verdict.RIGHT, ""


def _may_be_none(exercise: Exercise) -> bool:
    """Whether None is an answer that the function may give."""
    said = inspect.signature(exercise.reference).return_annotation
    return "None" in str(said)


def _say(found: Difference, exercise: Exercise, case: Case, show: bool) -> str:
    where = f"`{found.where}`"
    if exercise.driver in (drivers.repeated, drivers.repeated_pairs):
        where = re.sub(r"^`(\w+)\[(\d+)\](.*)`$", _call_and_place, where)
    expected = f", expected {found.want}" if show else ""
    in_words = re.search(r"\['([^']* [^']*)'\]$", found.where)
    if in_words:  # what a driver found out about the result
        if found.want == "True":
            return f"this does not hold: {in_words[1]}."
        return f"{in_words[1]}: {found.got}{expected}."
    if found.what == "length":
        holds = f"{where} holds" if found.where != "the result" else "the result is"
        return f"{holds} {found.got}, expected {found.want}."
    if found.what == "type":
        return f"{where} is {found.got}, expected {found.want}."
    if found.what == "shape":
        return f"{where} has shape {found.got}{expected}."
    if found.what == "dtype":
        given = " for float32 inputs" if case.kind == "float32" else ""
        return f"{where} is {found.got}{given}, expected {found.want}."
    if found.what == "finite":
        return f"{where} is {found.got}{expected}."
    some = f" ({found.share:.0%} of the numbers differ)" if 0.005 <= found.share < 1 else ""
    return f"{where} is {found.got}{expected}{some}."


def _call_and_place(match: re.Match) -> str:
    """``mask[2][0, 1]`` of a function that is called several times: its third call."""
    name, call, place = match.groups()
    return f"`{name}{place}` of call {int(call) + 1}"


def _place(exercise: Exercise, case: Case, show: bool) -> str:
    if not show:
        return f"In a case of the kind “{case.name}”"
    inputs = "; ".join(
        [
            *(
                f"`{n}`: {_input(a)}"
                for n, a in zip(_parameters(exercise), case.args, strict=False)
            ),
            *(f"`{key}`: {_input(value)}" for key, value in case.kwargs.items()),
        ]
    )
    return f"In the case “{case.name}”" + (f" ({inputs})" if len(inputs) < 300 else "")


def _input(value: Any) -> str:
    if isinstance(value, np.ndarray) and 0 < value.ndim <= 2 and value.size <= 6:
        return np.array2string(value, precision=4, separator=", ").replace("\n", "")
    return describe(value)


def _parameters(exercise: Exercise) -> list[str]:
    driver = list(inspect.signature(exercise.driver).parameters.values())[1:]
    if any(p.kind is p.VAR_POSITIONAL for p in driver):  # it hands the arguments on
        return list(inspect.signature(exercise.reference).parameters)
    return [p.name for p in driver]


def _is_minor(result: CaseResult) -> bool:
    if result.verdict in (Verdict.NOT_IMPLEMENTED, Verdict.TIMED_OUT):
        return False
    return result.kind in _MINOR_KINDS or result.verdict in _MINOR_VERDICTS


def equal(a: Any, b: Any) -> bool:
    """Whether two plain values are the same to the last bit."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return type(a) is type(b) and np.array_equal(a, b)
    if isinstance(a, tuple | list):
        return isinstance(b, tuple | list) and len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    return a == b
