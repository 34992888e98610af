"""Measures one exercise's check against functions of which the right verdict is known."""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from inspect import signature

import numpy as np

from grader.audit.draw import MUTANT_SECONDS, Draw
from grader.audit.equal_forms import equal_forms
from grader.audit.mutants import Mutant, mutants
from grader.audit.odd import FIRST_AGAIN, SECONDS, Odd, dressed, odd_functions
from grader.audit.promises import promises, untested
from grader.audit.spoils import handing_back, overwriting
from grader.audit.styles import styles
from grader.audit.thoughtful import Idea, ideas
from grader.audit.truth import untrue, untrue_of_two
from grader.checking.definitions import find, lecture_of
from grader.checking.exercise import Exercise
from grader.checking.notebook import VISIBLE_SEED, check_function
from grader.checking.probe import observe
from grader.checking.report import Verdict
from grader.course import current


@dataclass
class Audit:
    """What was measured of one exercise's check.

    Args:
        id, lecture: the exercise.
        seeds: how many draws of the cases.
        mutants, killed, equivalent: changed references, those rejected, those proved equal.
        forms, styles, misconceptions, odd: equal forms of the reference, right functions, known
            mistakes and odd functions that were tried.
        ideas, refused: thoughtful changes of the reference, those rejected; the others are equal.
        named: mutants and ideas to which the check gives a name.
        promises: sentences of the text that promise something, each with the case that tests it.
        elsewhere, recognised: wrong answers that others have written, those that get their name.
        faults: what the check does wrong, in words.
    """

    id: str
    lecture: str
    seeds: int
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    styles: int = 0
    misconceptions: int = 0
    odd: int = 0
    forms: int = 0
    ideas: int = 0
    refused: int = 0
    named: int = 0
    promises: int = 0
    elsewhere: int = 0
    recognised: int = 0
    faults: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The exercise in one line."""
        return (
            f"{self.id:<46} mutants {self.mutants:>3} = {self.killed:>3} rejected + "
            f"{self.equivalent:>2} equal, styles {self.styles:>2}, "
            f"misconceptions {self.misconceptions:>2}, odd {self.odd}, faults {len(self.faults)}"
        )


def audit_id(id: str, seeds: int) -> Audit:
    """Measure the check of the exercise with this id."""
    exercise = find(id)
    assert isinstance(exercise, Exercise)
    return audit(exercise, lecture_of(id), seeds)


def audit(exercise: Exercise, lecture: str, seeds: int) -> Audit:
    """Measure one exercise's check.

    Args:
        exercise: its definition.
        lecture: where it belongs.
        seeds: how many draws of the cases to try; a verdict that changes with them is a fault.
    """
    found = Audit(exercise.id, lecture, seeds)
    if exercise.levels:
        _audit_open(exercise, found)
        return found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        draws = [Draw(exercise, seed) for seed in (VISIBLE_SEED, *range(1, seeds))]
        changed = mutants(exercise.reference)
        for mutant in changed:
            _audit_mutant(mutant, draws, found)
        thought = ideas(exercise.reference)
        marks = {m.fingerprint for m in changed} | {_audit_idea(i, draws, found) for i in thought}
        unknown = {*equivalent(lecture, exercise.id)} - marks
        found.faults += [f"called equal, but there is no such mutant: {u}" for u in unknown]
        for name, function in equal_forms(exercise.reference):
            found.forms += 1
            seen = (draw.objection_in_ordinary_cases(function) for draw in draws)
            if objection := next(filter(None, seen), ""):
                found.faults.append(f"equal form rejected: {name}: {objection}")
        for name, function in styles(exercise, lecture):
            found.styles += 1
            objection = next((o for d in draws if (o := d.objection(function))), "")
            if objection:
                found.faults.append(f"right style rejected: {name}: {objection}")
        found.promises = len(promises(exercise))
        found.faults += untested(exercise, draws[0].cases)
        found.misconceptions = len(exercise.misconceptions)
        for draw in draws:
            for name, named in draw.names().items():
                if named != name:
                    found.faults.append(f"seed {draw.seed}: “{name}” is taken for {named}")
        found.faults += untrue_of_two(draws[0])
        for name, function in elsewhere(lecture).get(exercise.id, ()):
            _audit_elsewhere(name, function, draws, found)
        _audit_manners(draws[0], found)
        _audit_odd(exercise, found)
    return found


def _audit_open(exercise: Exercise, found: Audit) -> None:
    """An exercise with levels: a change that is as good is as right, so there are no mutants.

    The reference and the other styles reach the highest level, whatever is drawn.
    """
    rights = [("the reference", exercise.reference), *styles(exercise, found.lecture)]
    found.styles, found.misconceptions = len(rights) - 1, len(exercise.misconceptions)
    for name, function in rights:
        report = check_function(exercise, function, seed=1)
        if not report.right:
            found.faults.append(f"does not reach the highest level: {name}: {report.summary}")
    for known in exercise.misconceptions:
        report = check_function(exercise, known.function, seed=1)
        named = report.diagnosis.name if report.diagnosis else None
        if report.right or named != known.name:
            found.faults.append(f"“{known.name}” is taken for {named}, {report.summary}")
    _audit_odd(exercise, found)


def _audit_mutant(mutant: Mutant, draws: Sequence[Draw], found: Audit) -> None:
    found.mutants += 1
    objections = [draw.objection(mutant.function, MUTANT_SECONDS) for draw in draws]
    if mutant.fingerprint in equivalent(found.lecture, found.id):
        found.equivalent += 1
        if any(objections):
            said = next(filter(None, objections))
            found.faults.append(f"called equal but rejected: {mutant.what}: {said}")
    elif all(objections):
        found.killed += 1
        _audit_name(mutant.what, mutant.function, draws, found)
    else:
        share = f"{objections.count('')} of {len(objections)} draws"
        found.faults.append(f"accepted in {share}: {mutant.what} [{mutant.fingerprint}]")


def _audit_idea(idea: Idea, draws: Sequence[Draw], found: Audit) -> str:
    """Measure one; gives its fingerprint."""
    objections = [draw.objection(idea.function, MUTANT_SECONDS) for draw in draws]
    if not idea.used:
        return idea.what
    found.ideas += 1
    if idea.what in equivalent(found.lecture, found.id):
        if any(objections):
            said = next(filter(None, objections))
            found.faults.append(f"called equal but rejected: {idea.what}: {said}")
    elif all(objections):
        found.refused += 1
        _audit_name(idea.what, idea.function, draws, found)
    else:
        share = f"{objections.count('')} of {len(objections)} draws"
        found.faults.append(f"accepted in {share}: {idea.what} [{idea.what}]")
    return idea.what


def _audit_name(what: str, function: Callable, draws: Sequence[Draw], found: Audit) -> None:
    found.named += _audit_message(what, function, draws, found)


def _audit_message(what: str, function: Callable, draws: Sequence[Draw], found: Audit) -> bool:
    """What a check says of a function is true, and does not depend on the numbers drawn.

    Returns whether it has a name.
    """
    got = draws[0].observed(function)
    report = draws[0].judged(got)
    found.faults += [f"{what}: untrue: {said}" for said in untrue(draws[0], got, report)]
    name = report.diagnosis.name if report.diagnosis else None
    if name is not None and len(draws) > 1 and (other := draws[1].name(function)) != name:
        found.faults.append(f"{what}: called “{name}”, with other numbers “{other}”")
    return name is not None


def _audit_elsewhere(name: str, function: Callable, draws: Sequence[Draw], found: Audit) -> None:
    found.elsewhere += 1
    for draw in draws:
        if not draw.objection(function):
            found.faults.append(f"seed {draw.seed}: accepted: {name} ({function.__name__})")
            return
    given = draws[0].name(function)
    found.recognised += given == name
    if given not in (name, None):
        found.faults.append(f"“{name}” ({function.__name__}) is called “{given}”")
    _audit_message(name, function, draws, found)


def elsewhere(lecture: str) -> dict[str, tuple[tuple[str, Callable], ...]]:
    """Wrong answers that others have written, in published code or from the text alone.

    The lecture's ``elsewhere.py`` lists them by exercise, each with the name that it should get,
    ``ELSEWHERE = {id: ((name, function), ...)}``. Nobody chose them to suit the checks, so the
    share that is named says more than that of the misconceptions.
    """
    return getattr(current().module(f"{lecture}.elsewhere"), "ELSEWHERE", {})


def equivalent(lecture: str, id: str) -> dict[str, str]:
    """Why mutants of an exercise answer like the reference on every allowed input, by fingerprint.

    The fingerprint of an idea is what it changes, in words.

    The lecture's ``equivalent.py`` lists them. The audit prints fingerprints; when a reference
    changes, so do they, and the reasons have to be thought through again. The audit fails when a
    check rejects a mutant that is listed.
    """
    return getattr(current().module(f"{lecture}.equivalent"), "EQUIVALENT", {}).get(id, {})


def _audit_manners(draw: Draw, found: Audit) -> None:
    """Overwriting an argument, or handing it back, costs half of the points, everywhere."""
    exercise = draw.exercise
    rude = [(what, f, Verdict.CHANGES_INPUT) for what, f in overwriting(exercise.reference)]
    back = handing_back(exercise.reference)
    rude.append(("an argument is handed back", back, Verdict.SHARES_INPUT))
    for what, function, wanted in rude:
        report = draw.report(function)
        half = report.score == exercise.points / 2
        if not report.right and (report.verdict is not wanted or not half):
            seen = f"“{report.verdict}” and {report.score:g} of {report.points:g} points"
            found.faults.append(f"{what}: {seen}, expected “{wanted}” and half of them")


def _audit_odd(exercise: Exercise, found: Audit) -> None:
    plainly = replace(exercise, misconceptions=())  # only the verdict is asked for
    odd = [*odd_functions()]
    if not signature(exercise.reference).parameters:  # the same call has the same answer
        odd = [one for one in odd if one.name != FIRST_AGAIN]
    if _returns_arrays(exercise):
        odd += dressed()
    found.odd = len(odd)
    for one in odd:
        found.faults += _odd_faults(plainly, one)


def _odd_faults(exercise: Exercise, odd: Odd) -> list[str]:
    start = time.perf_counter()
    limit = SECONDS if odd.hangs else max(MUTANT_SECONDS, exercise.seconds or 0)
    report = check_function(exercise, odd.make(exercise.reference), seconds=limit)
    seconds = time.perf_counter() - start
    faults = []
    if report.verdict not in odd.verdicts:
        faults.append(f"{odd.name}: the check says “{report.verdict}”: {report.summary}")
    if seconds > max(10, 3 * (exercise.seconds or 0)):
        faults.append(f"{odd.name}: the check took {seconds:.0f} s")
    return faults


def _returns_arrays(exercise: Exercise) -> bool:
    first = exercise.draw(np.random.default_rng(VISIBLE_SEED))[0]
    found = []

    def spy(*args: object, **kwargs: object) -> object:
        result = exercise.reference(*args, **kwargs)
        parts = result if isinstance(result, tuple) else (result,)
        found.extend(p for p in parts if isinstance(p, np.ndarray) and p.ndim)
        return result

    observe(spy, first, exercise.driver)
    return bool(found)
