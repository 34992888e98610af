"""The notebook's half of the checker: ``check``, ``hint`` and ``progress``."""

import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from grader.checking.definitions import find
from grader.checking.exercise import Case, Exercise, Misconception, Question
from grader.checking.judge import judge, missing
from grader.checking.probe import CASE_SECONDS, Observation, calls, observe
from grader.checking.progress_page import Page, Progress
from grader.checking.questions import judge_question
from grader.checking.report import Report
from grader.checking.trail import Trail

VISIBLE_SEED = 20190423


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


_trail = Trail(_shell())


class _Absent:
    """Marks an argument that was not given; None is an answer one may give."""


def check(id: str, answer: Any = _Absent) -> Report:
    """Check a function or an answer, and say what is right, what differs and why.

    Args:
        id: the exercise or question, "sorting.merge".
        answer: the function or answer. Left out, it is what has this name in the notebook; only
            then does the result count in the progress.

    Returns:
        A :class:`grader.checking.report.Report`; a notebook shows it as a panel.

    Raises:
        UnknownExercise: there is no exercise with this id.
    """
    definition = find(id)
    progress = Progress()
    own = answer is _Absent
    if own:
        namespace = sys._getframe(1).f_globals
        error = _trail.error(definition.name)
        if error or definition.name not in namespace:
            return absent(definition, error)
        answer = namespace[definition.name]
    if isinstance(definition, Question):
        report = judge_question(definition, answer)
    else:
        failed = [p for p in definition.parents if progress.failed(p)]
        report = check_function(definition, answer, failed)
    if own:
        progress.record(report)
    return report


def check_function(
    exercise: Exercise,
    student: Any,
    failed_parents: Sequence[str] = (),
    seed: int = VISIBLE_SEED,
    seconds: float = CASE_SECONDS,
) -> Report:
    """Judge a function on the visible cases, or on the cases of another seed.

    Args:
        exercise: its definition.
        student: the function or class to judge.
        failed_parents: ids of exercises it builds on that do not pass; the report names those that
            the function calls.
        seed: what the cases are drawn from.
        seconds: time limit of one call.
    """
    if not callable(student):
        reason = (
            f"`{exercise.name}` is not a function any more. Run the cell that defines it again."
        )
        return missing(exercise, reason)
    cases = _cases(exercise, seed)
    got = _observe_student(exercise, student, cases, seconds)
    want = _reference_answers(exercise, seed)

    def answers(misconception: Misconception, i: int) -> Observation:
        return _misconception_answer(exercise, misconception, seed, i)

    names = {parent.rpartition(".")[2]: parent for parent in failed_parents}
    failed = [names[name] for name in calls(student, names)]
    return judge(exercise, cases, got, want, answers, show=True, failed_parents=failed)


def hint(id: str) -> Page:
    """The next hint for an exercise, with those shown before.

    Args:
        id: the exercise or question.

    Raises:
        UnknownExercise: there is no exercise with this id.
    """
    definition = find(id)
    if not definition.hints:
        return Page(f"There are no hints for {id}.")
    shown = Progress().next_hint(id, len(definition.hints))
    lines = [f"{i}. {text}" for i, text in enumerate(definition.hints[:shown], 1)]
    left = len(definition.hints) - shown
    if left:
        lines.append(f"({left} more: run this cell again)")
    return Page("\n".join(lines))


def progress() -> Page:
    """The progress page: every lecture, what passes, what comes next."""
    return Progress().page()


@cache
def _cases(exercise: Exercise, seed: int) -> tuple[Case, ...]:
    return exercise.draw(np.random.default_rng(seed))


@cache
def _reference_answers(exercise: Exercise, seed: int) -> tuple[Observation, ...]:
    return tuple(observe(exercise.reference, c, exercise.driver) for c in _cases(exercise, seed))


@cache
def _misconception_answer(
    exercise: Exercise, misconception: Misconception, seed: int, i: int
) -> Observation:
    return observe(misconception.function, _cases(exercise, seed)[i], exercise.driver)


def _observe_student(
    exercise: Exercise, student: Any, cases: Sequence[Case], seconds: float
) -> list[Observation]:
    observations = []
    for case in cases:
        observations.append(observe(student, case, exercise.driver, seconds))
        if observations[-1].last:
            break
    return observations


def absent(definition: Exercise | Question, error: str | None) -> Report:
    """The report when the notebook holds no such function or answer.

    Args:
        definition: what was looked for.
        error: the error of the cell that was to define it, if it failed.
    """
    if error and "NotImplementedError" not in error:
        imports = error.startswith("NameError") and not error.endswith(f"'{definition.name}'")
        ask = ". Has the first code cell, which holds the imports, been run?" if imports else ""
        said = f"The cell that defines `{definition.name}` did not run. {error}{ask}"
        return missing(definition, said)
    if isinstance(definition, Question):
        return judge_question(definition, None)
    if error:
        return missing(
            definition, f"`{definition.name}` is still to be written, in the cell above."
        )
    reason = f"There is no function `{definition.name}` yet. Run the cell above this one first."
    return missing(definition, reason)
