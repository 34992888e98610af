"""Tries what a lecture defines once: it finds what would go wrong in a notebook or in grading.

The audit measures how good a check is. This only finds definitions that cannot work.
"""

import ast
import pickle
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from grader.checking import drivers
from grader.checking.definitions import Definition, all_definitions, withheld
from grader.checking.exercise import Case, Exercise, Misconception, leaves, library_function
from grader.checking.fields import DefinitionError
from grader.checking.judge import expected, judge_case
from grader.checking.notebook import VISIBLE_SEED
from grader.checking.probe import Observation, observe
from grader.checking.report import Verdict
from grader.checking.values import Opaque, Rng, plain
from grader.course import current

_DRIVERS = re.compile(r"lectures(\.\w+)?\.drivers")


def problems(lecture: str, definitions: Sequence[Definition]) -> Iterator[str]:
    """What cannot work in the definitions of a lecture, one sentence each.

    Args:
        lecture: "02_sorting".
        definitions: its exercises and questions.
    """
    yield from _same_names(definitions)
    for definition in definitions:
        for parent in definition.parents:
            if parent not in all_definitions():
                yield f"{definition.id}: its parent {parent!r} is no exercise of the course"
        if isinstance(definition, Exercise):
            try:
                yield from _exercise(definition)
            except DefinitionError as error:
                yield str(error)
    for id in sorted(withheld(lecture) - {d.id for d in definitions}):
        try:
            library_function(id)
        except DefinitionError as error:
            yield f"WITHHOLD names {error}"


def driver_problems() -> Iterator[str]:
    """What the course's drivers import that is not there where the student's code runs."""
    for path in current().drivers():
        tree = ast.parse((current().root / path).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = ["." * node.level + (node.module or "")]
            else:
                continue
            for name in names:
                inside = name.startswith((".", "lectures.")) or name == "lectures"
                if inside and not name.endswith(".drivers"):
                    yield (
                        f"{path.as_posix()}:{node.lineno}: it imports {name}, which is not there "
                        "where the student's code runs: expected other drivers or the library only"
                    )


def _same_names(definitions: Sequence[Definition]) -> Iterator[str]:
    first: dict[str, str] = {}
    for definition in definitions:
        other = first.setdefault(definition.name, definition.id)
        if other != definition.id:
            yield (
                f"{definition.id} and {other} would both be {definition.name} in the notebook, "
                "expected different names"
            )


def _exercise(exercise: Exercise) -> Iterator[str]:
    driver = exercise.driver
    own = driver.__module__ == drivers.__name__ or _DRIVERS.fullmatch(driver.__module__)
    if not own or not driver.__qualname__.isidentifier():
        yield (
            f"{exercise.id}: its driver {driver.__qualname__} stands in {driver.__module__}, "
            "expected a function of lectures/drivers.py or of its room's drivers.py, which may run "
            "beside the student's code"
        )
    cases = exercise.draw(np.random.default_rng(VISIBLE_SEED))
    impossible = [f for case in cases if case.kind in ("ordinary", "extreme") for f in _odd(case)]
    if impossible:
        yield from (f"{exercise.id}: {found}" for found in impossible)
        return
    if not _same(cases, exercise.draw(np.random.default_rng(VISIBLE_SEED))):
        yield (
            f"{exercise.id}: the same seed draws other cases the second time, expected all "
            "randomness to come from the rng that is passed in"
        )
        return
    want = [expected(exercise, case) for case in cases]
    raised = [w.raised for w in want if w.raised]
    if len(raised) == len(want):
        said = f"{raised[0].type}: {raised[0].message}"
        yield f"{exercise.id}: the reference raises {said} in every case, expected an answer"
        return
    for misconception in exercise.misconceptions:
        yield from _misconception(exercise, misconception, cases, want)


def _odd(case: Case) -> Iterator[str]:
    """What of a case's arguments cannot be sent to the student's code."""
    for value in leaves((case.args, case.kwargs)):
        if isinstance(value, np.random.Generator):
            yield f"the case {case.name!r} holds a generator, expected Rng(seed) in its place"
        elif not isinstance(value, Rng) and isinstance(sent := plain(value), Opaque):
            yield (
                f"the case {case.name!r} holds {sent.what}, expected numbers, texts, arrays, or "
                "lists, tuples and dicts of these: what else a call needs, a driver makes"
            )


def _same(cases: Sequence[Case], again: Sequence[Case]) -> bool:
    return [*map(pickle.dumps, cases)] == [*map(pickle.dumps, again)]


def _misconception(
    exercise: Exercise,
    misconception: Misconception,
    cases: Sequence[Case],
    want: Sequence[Observation],
) -> Iterator[str]:
    first = observe(misconception.function, cases[0], exercise.driver)
    if first.raised and first.raised.type == "TypeError" and not want[0].raised:
        yield (
            f"{exercise.id}: the misconception {misconception.name!r} raises TypeError: "
            f"{first.raised.message} in the case {cases[0].name!r}, expected a function that is "
            "called like the reference"
        )
        return
    for case, wanted in zip(cases, want, strict=True):
        got = observe(misconception.function, case, exercise.driver)
        result = judge_case(exercise, case, got, wanted, first, want[0], show=True)
        if result.verdict is not Verdict.RIGHT:
            return
    yield (
        f"{exercise.id}: the misconception {misconception.name!r} answers like the reference in "
        f"all {len(cases)} cases, expected a wrong answer in one at least"
    )


def where(lecture: str) -> str:
    """The file that defines a lecture's exercises, as a message names it."""
    package = Path("lectures", lecture, "exercises")
    is_package = (current().root / package).is_dir()
    return (package if is_package else package.with_suffix(".py")).as_posix()
