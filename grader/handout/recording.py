"""What is recorded of an exercise: its visible cases, and what its functions answer to them."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np

from grader.checking.drivers import call
from grader.checking.evidence import evidence
from grader.checking.exercise import Case, Exercise, leaves
from grader.checking.judge import equal, judge_cases
from grader.checking.probe import CASE_SECONDS, Observation, observe
from grader.checking.recognise import FORMS
from grader.checking.recorded import Known
from grader.checking.report import Verdict
from grader.checking.values import Rng
from grader.checking.wrong_call import MOST

# The machine that records may be busy: what an answer takes there says nothing about it.
PATIENCE = 12.0


class NotRecorded(Exception):
    """An exercise cannot be recorded; the message says why."""


def known(exercise: Exercise) -> Known:
    """Draw the cases that a student sees, and call every function of the exercise on them.

    Of random functions, which properties judge, outputs are left out. Recorded is what the judge
    asks of them: of the reference's the form, of the misconceptions' how each case goes and what is
    measured.

    Args:
        exercise: its definition.

    Raises:
        NotRecorded: the reference did not end.
    """
    cases = evidence(exercise).cases
    limit = PATIENCE * (exercise.seconds or CASE_SECONDS)
    want, calls = [], []
    for case in cases:
        if case.known is not None:
            want.append(Observation())
            calls.append([])
            continue
        made: list[Observation] = []
        want.append(observe(exercise.reference, case, exercise.driver, limit))
        draws = any(isinstance(value, Rng) for value in leaves((case.args, case.kwargs)))
        if exercise.driver is not call and not draws:  # two right functions draw differently
            observe(_noted(exercise.reference, made, limit), case, exercise.driver, limit)
        calls.append(made if len(made) > 1 else [])
        if want[-1].raised and want[-1].raised.type == "TimeoutError":
            raise NotRecorded(f"{exercise.id}: the reference did not end in “{case.name}”")
    answers = {
        m.name: [observe(m.function, case, exercise.driver, limit) for case in cases]
        for m in exercise.misconceptions
    }
    recorded = Known(cases, tuple(want), calls, answers, {}, {})
    return _of_random(exercise, recorded) if exercise.properties else recorded


def _noted(function: Callable, made: list[Observation], limit: float) -> Callable:
    """A function that answers as another does, and notes what single calls of that one answer."""

    def noting(*args: Any, **kwargs: Any) -> Any:
        if len(made) < MOST:
            case = Case("", *deepcopy((args, kwargs)))
            made.append(observe(function, case, call, limit))
        return function(*args, **kwargs)

    return noting


def _of_random(exercise: Exercise, recorded: Known) -> Known:
    """The record with what the judge asks of the misconceptions in the place of their outputs."""
    short = {}
    for name, seen in recorded.misconceptions.items():
        results = judge_cases(exercise, recorded.cases, seen, recorded.want, True)
        recorded.results[name] = [replace(r, detail=_property(r.detail)) for r in results]
        if exercise.measure:
            recorded.measured[name] = {
                i: exercise.measure(recorded.cases[i], seen[i].output)
                for i, result in enumerate(results)
                if result.verdict is Verdict.WRONG_VALUE and not seen[i].raised
            }
        short[name] = [
            replace(o, output=_form(o.output) if r.verdict in FORMS else None)
            for o, r in zip(seen, results, strict=True)
        ]
    first = recorded.want[0].output
    forms = tuple(
        replace(o, output=_form(o.output, case.kind == "other seed" and not equal(o.output, first)))
        for o, case in zip(recorded.want, recorded.cases, strict=True)
    )
    return replace(recorded, misconceptions=short, want=forms)


def _property(detail: str) -> str:
    """Of what was seen, which property does not hold; the rest may quote a line of the function."""
    name, found, _ = detail.partition(" does not hold:")
    return name + found if found else ""


def _form(output: Any, fill: bool = False) -> Any:
    """The same structure, its arrays filled with one number."""
    if isinstance(output, np.ndarray):
        return np.full(output.shape, fill, output.dtype)
    if isinstance(output, dict):
        return {key: _form(item, fill) for key, item in output.items()}
    if isinstance(output, tuple | list):
        return type(output)(_form(item, fill) for item in output)
    return output
