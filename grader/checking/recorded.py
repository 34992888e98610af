"""Exercises of which only records are there: a hand-out without answers.

A lecture of a hand-out has no ``exercises``. In its place stand ``record.json``, the definitions
as data, and a file for each exercise with its cases and what reference and misconceptions answer to
them. Nothing of that is ever run. What must hold for the answers of random functions is code and
lies in ``rules``; the functions that call a student's lie where they always do.
"""

import importlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from grader.checking import record
from grader.checking.exercise import (
    Case,
    Choice,
    Exercise,
    Level,
    Misconception,
    Number,
    Question,
    Tolerance,
)
from grader.checking.probe import Observation, Raised
from grader.checking.recognise import Answers
from grader.checking.report import CaseResult, Verdict
from grader.course import current

FILE = "record.json"
RULES = "RULES"  # in the modules of ``rules``: by id the fields of an exercise that are code

Definition = Exercise | Question


class NotWritten(Exception):
    """A function of the library has no body here.

    Args:
        id: its import path in the library.
        lecture: whose exercise it is; empty where nobody is to write it.
    """

    def __init__(self, id: str, lecture: str = ""):
        self.id = id
        name = id.rpartition(".")[2]
        said = f"`{name}` has no body in this hand-out."
        if lecture:
            said = (
                f"This needs `{name}`, an exercise of {lecture}: the library has no answer here, "
                "and takes yours. Write it, let its check pass, save that notebook, then run this "
                "again."
            )
        super().__init__(said)


@dataclass(frozen=True)
class Known:
    """What was recorded of one exercise.

    Args:
        cases: its cases.
        want: what the reference did on each.
        calls: for each case what the reference answered to each call that the driver made; empty
            where it makes one.
        misconceptions: by name what each did on every case.
        results: by name how every case went with each, where properties decide.
        measured: by name what was measured of each, by the number of the case.
    """

    cases: tuple[Case, ...]
    want: tuple[Observation, ...]
    calls: Sequence[Sequence[Observation]]
    misconceptions: dict[str, list[Observation]]
    results: dict[str, list[CaseResult]]
    measured: dict[str, dict[int, dict[str, tuple[float, float]]]]

    def answers(self) -> Answers:
        """The misconceptions' answers, for the judge."""
        answers = Answers(lambda misconception, i: self.misconceptions[misconception.name][i])
        for name, results in self.results.items():
            answers.results |= {(name, i): result for i, result in enumerate(results)}
        for name, measured in self.measured.items():
            answers.measured |= {(name, i): numbers for i, numbers in measured.items()}
        return answers

    def single_call(self, case: int, number: int) -> Observation | None:
        """What the reference answered to a call of a case; None where that was not recorded."""
        known = self.calls[case]
        return known[number] if number < len(known) else None

    def packed(self) -> dict[str, Any]:
        """The same as plain values, for :func:`grader.checking.record.save`."""
        return {
            "cases": [_case(case) for case in self.cases],
            "want": [_seen(seen) for seen in self.want],
            "calls": [[_seen(seen) for seen in calls] for calls in self.calls],
            "misconceptions": {
                n: [_seen(o) for o in all] for n, all in self.misconceptions.items()
            },
            "results": {
                name: [(r.name, r.kind, str(r.verdict), r.detail) for r in results]
                for name, results in self.results.items()
            },
            "measured": self.measured,
        }

    @classmethod
    def unpacked(cls, found: dict[str, Any]) -> "Known":
        """What :meth:`packed` gave."""
        return cls(
            tuple(Case(*fields) for fields in found["cases"]),
            tuple(map(_observation, found["want"])),
            [list(map(_observation, calls)) for calls in found["calls"]],
            {name: list(map(_observation, o)) for name, o in found["misconceptions"].items()},
            {
                name: [CaseResult(n, kind, Verdict(v), detail) for n, kind, v, detail in results]
                for name, results in found["results"].items()
            },
            found["measured"],
        )


@dataclass(eq=False)
class Recorded(Exercise):
    """An exercise whose cases and answers are read from a file.

    Args:
        file: the record.
    """

    file: Path = Path()

    def read(self) -> Known:
        """What was recorded.

        Raises:
            OSError, ValueError: the file is gone or damaged.
        """
        return Known.unpacked(record.load(self.file))


def described(definition: Definition, hints: bool) -> dict[str, Any]:
    """A definition as data for JSON, without what is code in it.

    Args:
        definition: an exercise or question.
        hints: whether its hints are told.
    """
    common = {
        "id": definition.id,
        "points": definition.points,
        "minutes": definition.minutes,
        "hints": list(definition.hints) if hints else [],
        "parents": list(definition.parents),
    }
    if isinstance(definition, Question):
        number = definition.number
        return common | {
            "ask": definition.ask,
            "why": definition.why,
            "choices": [[c.text, c.why, c.right] for c in definition.choices],
            "number": number
            and [number.value, number.rel_tol, number.abs_tol, [*number.misreadings.items()]],
        }
    tolerance = definition.tolerance
    return common | {
        "returns": list(definition.returns),
        "driver": f"{definition.driver.__module__}:{definition.driver.__qualname__}",
        "seconds": definition.seconds,
        "credit": definition.credit,
        "tolerance": [tolerance.rtol, tolerance.atol, tolerance.rtol32, tolerance.atol32],
        "levels": [[level.name, level.least, level.share] for level in definition.levels],
        "misconceptions": [[m.name, m.message, m.convention] for m in definition.misconceptions],
    }


def definitions(lecture: str) -> tuple[Definition, ...] | None:
    """The definitions of a lecture of a hand-out, in its order; None where there is no record."""
    folder = current().root / "lectures" / lecture
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except OSError:
        return None
    rules = _rules(lecture)
    return tuple(
        _question(found) if "ask" in found else _exercise(found, folder, rules)
        for found in json.loads(text)
    )


def _rules(lecture: str) -> dict[str, dict[str, Any]]:
    """By id the fields that are code."""
    folder = current().root / "lectures" / lecture
    if (folder / "rules.py").is_file():
        return getattr(importlib.import_module(f"lectures.{lecture}.rules"), RULES)
    found = {}
    for path in sorted(folder.glob("rules/[!_]*.py")):
        module = importlib.import_module(f"lectures.{lecture}.rules.{path.stem}")
        found |= getattr(module, RULES, {})
    return found


def _question(found: dict[str, Any]) -> Question:
    choices = tuple(Choice(*fields) for fields in found.pop("choices"))
    number = found.pop("number")
    if number:
        value, rel_tol, abs_tol, misreadings = number
        number = Number(value, rel_tol, abs_tol, dict(misreadings))
    return Question(**_tuples(found), choices=choices, number=number)


def _exercise(found: dict[str, Any], folder: Path, rules: dict[str, dict[str, Any]]) -> Recorded:
    id, driver = found["id"], _function(found.pop("driver"))
    tolerance = Tolerance(*found.pop("tolerance"))
    levels = tuple(Level(*fields) for fields in found.pop("levels"))
    misconceptions = tuple(
        Misconception(name, _not_here, message, convention)
        for name, message, convention in found.pop("misconceptions")
    )
    return Recorded(
        **_tuples(found),
        **rules.get(id, {}),
        driver=driver,
        tolerance=tolerance,
        levels=levels,
        misconceptions=misconceptions,
        file=folder / "record" / f"{id}.npz",
    )


def _not_here(*_args: Any, **_kwargs: Any) -> Any:
    raise NotImplementedError("a hand-out holds what a misconception answers, not its function")


@cache
def _function(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def _tuples(found: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in found.items()}


def _case(case: Case) -> tuple:
    return case.name, case.args, case.kwargs, case.extreme, case.scale, case.known, case.kind


def _seen(seen: Observation) -> tuple:
    return (
        seen.output,
        seen.raised and seen.raised.type,  # its line is a line of an answer
        seen.changed,
        seen.aliases,
        seen.warned,
        seen.global_random,
    )


def _observation(fields: tuple) -> Observation:
    output, raised, changed, aliases, warned, global_random = fields
    return Observation(
        output,
        raised and Raised(raised, ""),
        changed,
        aliases,
        warned,
        global_random=global_random,
    )
