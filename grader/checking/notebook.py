"""The notebook's half of the checker: what a student calls, ``check`` before all."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from grader.checking import luggage
from grader.checking.certificate import give
from grader.checking.definitions import UnknownExercise, all_definitions, find
from grader.checking.evidence import VISIBLE_SEED, evidence
from grader.checking.exercise import Exercise, Question
from grader.checking.help import ladder
from grader.checking.judge import judge, missing
from grader.checking.page import Page
from grader.checking.platform import PATIENCE, kept, storage
from grader.checking.probe import CASE_SECONDS, calls, observe_all
from grader.checking.progress_page import Progress
from grader.checking.questions import judge_question
from grader.checking.recorded import Recorded
from grader.checking.report import Report, Verdict
from grader.checking.stale import stale
from grader.checking.trail import bound
from grader.checking.values import plain
from grader.checking.waiting import Waiting
from grader.checking.wrong_call import wrong_call
from grader.course import current


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


_trail = Waiting(_shell())


class _Absent:
    """Marks an argument that was not given; None is an answer one may give."""


def check(id: str | Callable | None = None, answer: Any = _Absent) -> Report:
    """Check a function or an answer, and say what is right, what differs and why.

    Args:
        id: the exercise or question, "sorting.merge"; its name or the function itself will do. Left
            out, it is what the cell that ran last has defined.
        answer: the function or answer. Left out, it is what has this name in the notebook; only
            then does the result count in the progress.

    Returns:
        A :class:`grader.checking.report.Report`; a notebook shows it as a panel.

    Raises:
        UnknownExercise: there is no exercise with this id.
    """
    definition = _meant(id)
    if answer is not _Absent:
        return _judged(definition, answer)
    namespace = sys._getframe(1).f_globals
    error = _trail.error(definition.name)
    if error or definition.name not in namespace:
        return _with_help(absent(definition, error), definition)
    answer = namespace[definition.name]
    if isinstance(definition, Exercise) and answer is definition.reference:
        return _borrowed(definition)
    report = _judged(definition, answer)
    Progress().record(report)
    _say_once_what_is_lost()
    if not report.right and (said := stale(definition, _trail.last)):
        report = replace(report, note="\n\n".join(filter(None, (said, report.note))))
    return _with_help(report, definition)


@cache
def _say_once_what_is_lost() -> None:
    """At the first check: that nothing is kept, where that is so."""
    if not kept() and _shell() is not None:
        from IPython.display import display

        display(Page(storage()))


def _meant(id: str | Callable | None) -> Exercise | Question:
    """What is asked about, however it was said."""
    if id is None:
        names = bound(_trail.last)
        meant = [d for d in all_definitions().values() if d.name in names]
        if not meant:
            raise UnknownExercise(
                "which exercise? The cell that ran last defines none; name it: "
                f'check("{next(iter(all_definitions()))}")'
            )
        return meant[-1]
    name = id if isinstance(id, str) else getattr(id, "__name__", repr(id))
    known = [d for d in all_definitions().values() if d.name == name]
    return known[0] if len(known) == 1 else find(name)


def _judged(definition: Exercise | Question, answer: Any) -> Report:
    if isinstance(definition, Question):
        # As in grading: of an object that is no value nothing is asked.
        return judge_question(definition, answer if answer is ... else plain(answer))
    progress = Progress()
    return check_function(definition, answer, [p for p in definition.parents if progress.failed(p)])


def _with_help(report: Report, definition: Exercise | Question) -> Report:
    """The report with the hints in its panel; not in nbgrader's runs, whose pages others read."""
    if report.right or os.environ.get("NBGRADER_EXECUTION"):
        return report
    return replace(report, help=ladder(definition))


def _borrowed(exercise: Exercise) -> Report:
    said = "borrowed: the cells below can use it. Its points wait for one that you write yourself."
    if isinstance(exercise, Recorded):
        said = "and has no body in this hand-out: write your own."
    return Report(
        id=exercise.id,
        verdict=Verdict.NOT_IMPLEMENTED,
        score=0,
        points=exercise.points,
        summary=f"`{exercise.name}` is the library's, {said}",
        hints=len(exercise.hints),
    )


def check_function(
    exercise: Exercise,
    student: Any,
    failed_parents: Sequence[str] = (),
    seed: int = VISIBLE_SEED,
    seconds: float | None = None,
) -> Report:
    """Judge a function on the visible cases, or on the cases of another seed.

    Args:
        exercise: its definition.
        student: the function or class to judge.
        failed_parents: ids of exercises it builds on that do not pass; the report names those that
            the function calls.
        seed: what the cases are drawn from.
        seconds: time limit of one call; None takes the exercise's, or else the course's.
    """
    if not callable(student):
        reason = (
            f"`{exercise.name}` is not a function any more. Run the cell that defines it again."
        )
        return missing(exercise, reason)
    known = evidence(exercise, seed)
    limit = seconds or (exercise.seconds or 0) * PATIENCE or CASE_SECONDS
    got = observe_all(student, known.cases, exercise.driver, limit)
    names = {parent.rpartition(".")[2]: parent for parent in failed_parents}
    failed = [names[name] for name in calls(student, names)]
    return judge(
        exercise,
        known.cases,
        got,
        known.want,
        known.answers,
        show=True,
        failed_parents=failed,
    )


def hint(id: str | Callable | None = None) -> Page:
    """The next hint for an exercise, with those shown before.

    Args:
        id: the exercise or question, as in :func:`check`.

    Raises:
        UnknownExercise: there is no exercise with this id.
    """
    definition = _meant(id)
    if not definition.hints:
        return Page(f"There are no hints for {definition.id}.")
    shown = Progress().next_hint(definition.id, len(definition.hints))
    lines = [f"{i}. {text}" for i, text in enumerate(definition.hints[:shown], 1)]
    left = len(definition.hints) - shown
    if left:
        lines.append(f"({left} more: run this cell again)")
    return Page("\n".join(lines))


def failing(id: str | Callable | None = None) -> dict[str, Any]:
    """The arguments of the call that goes wrong, by name, to try one's own function on.

    ``merge(**failing("sorting.merge"))`` makes the call again that the check has made.

    Args:
        id: the exercise, as in :func:`check`.

    Returns:
        The arguments; those of the first call if none goes wrong.

    Raises:
        UnknownExercise: there is no exercise with this id.
        TypeError: it is a question, which has no arguments.
    """
    definition = _meant(id)
    if isinstance(definition, Question):
        raise TypeError(f"{definition.id} is a question: it is not called with anything")
    student = sys._getframe(1).f_globals.get(definition.name)
    results = check_function(definition, student).cases if callable(student) else ()
    function = student if results else None
    return wrong_call(definition, function, evidence(definition), results)


def borrow(id: str | Callable | None = None) -> Page:
    """Let the library's function take the place of one's own, so that the cells below can run.

    It earns no points: the check of a borrowed function says that it is still to be written.

    Args:
        id: the exercise, as in :func:`check`.

    Raises:
        UnknownExercise: there is no exercise with this id.
        TypeError: it is a question, which is answered and not borrowed.
    """
    definition = _meant(id)
    if isinstance(definition, Question):
        raise TypeError(f"{definition.id} is a question: it is answered, not borrowed")
    name = definition.name
    if not current().solutions:
        return Page(f"This course lends no solutions: `{name}` is yours to write.")
    namespace = sys._getframe(1).f_globals
    namespace[name] = definition.reference
    _trail.note(f"{name} = ...", None)
    Progress().borrow(definition.id)
    return Page(
        f"`{name}` is the library's from here on. The cells below can use it; its points wait for "
        "one that you write yourself, in its cell."
    )


def progress() -> Page:
    """The progress page: every lecture, what passes, what comes next."""
    return Progress().page()


def review() -> Page:
    """Up to three questions that you answered wrong once, to be recalled, days later."""
    return Progress().review()


def certificate(name: str = "") -> Page:
    """A page to print, of what passes so far; it is also written beside the record.

    Args:
        name: yours, as it should stand there.
    """
    return give(name)


def save_work() -> Page:
    """Put the notebooks that were begun, and the progress, into one file, to be kept elsewhere."""
    return luggage.save()


def restore_work(path: str | None = None) -> Page:
    """Bring back what :func:`save_work` saved, beside what is here; nothing is overwritten.

    Args:
        path: the file; None looks for it in this folder and beside the record.
    """
    return luggage.restore(path)


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
    name = definition.name
    reason = (
        f"There is no function `{name}` yet. Run the cell above this one first; the function in it "
        f"must be called `{name}`."
    )
    return missing(definition, reason)
