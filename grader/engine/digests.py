"""Digests for receipts: of what a check drew and saw, of what it was, of what two answers share."""

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from grader.checking.definitions import find
from grader.checking.exercise import Case, Exercise, Question
from grader.checking.notebook import VISIBLE_SEED
from grader.checking.probe import Observation
from grader.course import current
from grader.engine import wire
from grader.engine.staging import LARGEST_DATA, TABLES

_TOOL = Path(__file__).resolve().parents[1]
_RUNNING = tuple(
    f"engine/{name}.py"
    for name in ("engine", "staging", "submission", "submitted", "wire", "worker")
)
_LARGEST = 1 << 20  # bytes of an array that is rounded; a larger one counts bit by bit
_DIGITS = 4  # of the largest number of an array; two orders of the same sum agree in far more


def of_values(values: Iterable[Any]) -> str:
    """SHA-256 of plain values, bit by bit.

    Args:
        values: what the wire can carry: numbers, texts, arrays, and tuples and dicts of these.
    """
    digest = hashlib.sha256()
    for value in values:
        packer = wire.Packer()
        digest.update(json.dumps(packer.pack(value)).encode())
        digest.update(packer.blob)
    return digest.hexdigest()


@cache
def of_check(id: str) -> str:
    """What a check consists of: another digest, another check.

    Of a question it is all that it says. Of an exercise it is its definition and the files that
    its cases, reference, driver and misconceptions stand in.

    Args:
        id: the exercise or question, "sorting.merge".
    """
    definition = find(id)
    if isinstance(definition, Question):
        return _short(repr(definition).encode())
    functions = [definition.reference, definition.driver, definition.make_cases]
    functions += [m.function for m in definition.misconceptions]
    modules = {f.__module__ for f in functions if f is not None}
    files = sorted({str(sys.modules[name].__file__) for name in modules if name in sys.modules})
    said = repr((definition.points, definition.credit, definition.tolerance, definition.returns))
    return _short(said.encode(), *(Path(file).read_bytes() for file in files))


@cache
def of_tool() -> str:
    """What judges: the sources of the checker, and of the engine's modules that run submissions."""
    files = [
        *sorted((_TOOL / "checking").glob("*.py")),
        *(_TOOL / name for name in _RUNNING),
    ]
    return _short(*(path.read_bytes() for path in files))


@cache
def of_course() -> str:
    """What a course brings to grading: its library, its lectures' modules and its data."""
    course = current()
    files = [
        path
        for folder in (course.root / course.library, course.root / "lectures", course.data_folder)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in (".py", *TABLES) and path.stat().st_size < LARGEST_DATA
    ]
    names = (str(path.relative_to(course.root)) for path in files)
    return _short("\0".join(names).encode(), *(path.read_bytes() for path in files))


@cache
def shared_cases(exercise: Exercise) -> list[Case]:
    """The ordinary cases that every student's notebook shows: the same for the whole class."""
    drawn = exercise.draw(np.random.default_rng(VISIBLE_SEED))
    return [case for case in drawn if case.kind == "ordinary"]


def of_answers(observations: Sequence[Observation]) -> str:
    """What a function did on the shared cases, alike for functions that answer alike.

    Numbers count to four digits of the largest one beside them, so that another order of the same
    operations is the same answer.
    """
    seen = [
        (o.raised.type, o.raised.message) if o.raised else (_rounded(o.output), o.changed)
        for o in observations
    ]
    return of_values(seen)[:16]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return tuple(_rounded(item) for item in value)
    if isinstance(value, np.ndarray):
        numeric = value.dtype.kind in "biuf" and value.nbytes <= _LARGEST
    else:
        numeric = isinstance(value, int | float | np.number)
    if not numeric:
        return value
    with np.errstate(all="ignore"):
        array = np.asarray(value, dtype=np.float64)
        finite = np.abs(array[np.isfinite(array)])
        largest = finite.max() if finite.size and finite.max() > 0 else 1.0
        rounded = np.round(array / largest, _DIGITS) + 0.0  # no -0
    # A NaN has many bit patterns.
    return f"{largest:.{_DIGITS - 1}e}", np.where(np.isnan(rounded), np.nan, rounded)


def _short(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:16]
