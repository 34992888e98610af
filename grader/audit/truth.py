"""Whether what a check says of a wrong function is true.

A message is written for a function with one mistake. Here each sentence that a report shows is held
against what was observed: an output or a case that is called right must be right, a statement about
an output must not be made of one that is right, and where two mistakes are named at once nothing is
stated besides where they are seen.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

from grader.audit.draw import Draw
from grader.checking.exercise import Misconception
from grader.checking.probe import Observation
from grader.checking.report import Report, Verdict
from grader.checking.telling import sentences
from grader.checking.values import difference

_SAYS_RIGHT = re.compile(r"[\w`, ]+ (?:is|are) right\b")
# "In evaluation mode dx is right": of some cases only. "All but dx is right": of the others.
_FOR_SOME = re.compile(r"(?:In|For|On|With|Where|When|Down|Along|At|All but|Everything but) ")


def untrue(draw: Draw, got: Sequence[Observation], report: Report) -> Iterator[str]:
    """The sentences of a report's diagnosis that are not true, each with the reason.

    Args:
        draw: the cases it was judged on.
        got: what the function did.
        report: what the check says about it.
    """
    if report.diagnosis is None:
        return
    known = {m.name: m for m in draw.exercise.misconceptions}
    message = report.diagnosis.message
    if report.diagnosis.name not in known:
        yield from _more_than_asked(message, known)
        return
    misconception = known[report.diagnosis.name]
    theirs = [draw.answer(misconception, i) for i in range(len(got))]
    mine, its = _right_outputs(draw, got), _right_outputs(draw, theirs)
    right_cases = {c.name for c in report.cases if c.verdict is Verdict.RIGHT}
    explained = _failing(report) <= _failing(draw.judged(theirs))
    for said in sentences(message):
        if said.endswith("?"):
            continue
        named = {o for o in mine | its.keys() if re.search(rf"(?<!\w){re.escape(o)}(?!\w)", said)}
        wrong = {o for o in named if not mine.get(o, False)}
        if said.startswith("It is right in"):
            if untold := set(re.findall("“(.*?)”", said)) - right_cases:
                yield f"“{said}” ({', '.join(untold)} is not)"
        elif (
            re.search(r"^[\w`, ]+ (?:is|are) right\b", said) and named and not _FOR_SOME.match(said)
        ):
            vouched = set(re.findall(r"\w+", said.partition(" right")[0])) & wrong
            if vouched:
                yield f"“{said}” ({', '.join(sorted(vouched))} is not)"
        elif "right" in said and not said.startswith("Part of the answer") and not explained:
            yield f"“{said}” (more is wrong than that)"
        elif "right" not in said:
            healthy = {o for o in named if mine.get(o) and not its.get(o, True)}
            if healthy:
                yield f"“{said}” ({', '.join(sorted(healthy))} is right)"


def untrue_of_two(draw: Draw) -> list[str]:
    """What is untrue in the reports on any two misconceptions at once, in words.

    Args:
        draw: one draw of the cases.
    """
    faults = []
    for one, other in permutations(draw.exercise.misconceptions, 2):
        for how, got in _composed(draw, one, other):
            for said in untrue(draw, got, draw.judged(got)):
                faults.append(f"“{one.name}” {how}, “{other.name}” elsewhere: untrue: {said}")
    return faults


def _composed(
    draw: Draw, one: Misconception, other: Misconception
) -> Iterator[tuple[str, list[Observation]]]:
    """What a function does that makes one mistake here and the other one there."""
    a, b = ([draw.answer(m, i) for i in range(len(draw.cases))] for m in (one, other))
    if not draw.exercise.properties:
        for output in _outputs(draw.want[0].output, draw.exercise.returns):
            pairs = zip(a, b, strict=True)
            yield f"in {output}", [_with_output(x, y, output, draw) for x, y in pairs]
    mixed = zip(a, b, draw.cases, strict=True)
    yield "in ordinary cases", [x if c.kind == "ordinary" else y for x, y, c in mixed]
    pairs = zip(a, b, strict=True)
    yield "in every other case", [x if i % 2 else y for i, (x, y) in enumerate(pairs)]


def _with_output(one: Observation, other: Observation, output: str, draw: Draw) -> Observation:
    """An observation with one output of another."""
    names = draw.exercise.returns
    here, there = _outputs(one.output, names), _outputs(other.output, names)
    if one.raised or other.raised or output not in here or here.keys() != there.keys():
        return other
    parts = there | {output: here[output]}
    whole = parts if isinstance(other.output, dict) else tuple(parts.values())
    return replace(other, output=whole)


def _more_than_asked(message: str, known: dict[str, Misconception]) -> Iterator[str]:
    """Statements about two mistakes at once that are made for functions with one of them."""
    stated = {s for m in known.values() for s in sentences(m.message) if not s.endswith("?")}
    for said in stated:
        if said in message:
            yield f"“{said}” (of a function with two mistakes)"


def _right_outputs(draw: Draw, seen: Sequence[Observation]) -> dict[str, bool]:
    """By name of an output whether it is right in all ordinary cases."""
    exercise = draw.exercise
    found: dict[str, bool] = {}
    if exercise.properties:
        return found
    for case, got, want in zip(draw.cases, seen, draw.want, strict=False):
        if case.kind != "ordinary" or want.raised:
            continue
        wanted, given = (_outputs(o.output, exercise.returns) for o in (want, got))
        for name, value in wanted.items():
            same = name in given and not difference(
                given[name], value, (name,), exercise.tolerance, dtypes=False, scales=case.scale
            )
            found[name] = found.get(name, True) and same
    return found


def _outputs(value: Any, names: Sequence[str]) -> dict[str, Any]:
    """The outputs of a call by their names; a single one has none to tell it from others."""
    if len(names) > 1 and isinstance(value, tuple | list) and len(value) == len(names):
        return dict(zip(names, value, strict=True))
    if len(names) == 1 and isinstance(value, dict):
        return {str(key): item for key, item in value.items()}
    return {}


def _failing(report: Report) -> set[int]:
    return {i for i, case in enumerate(report.cases) if case.verdict is not Verdict.RIGHT}
