"""The exercises and questions of the course, found by their id or by their lecture."""

import hashlib
from dataclasses import replace
from functools import cache
from types import ModuleType

from grader.checking import recorded
from grader.checking.exercise import Exercise, Question
from grader.course import NoCourse, current

Definition = Exercise | Question


class UnknownExercise(LookupError):
    """No exercise or question has this id."""


def module_of(lecture: str) -> ModuleType:
    """The module ``lectures/<lecture>/exercises``.

    Raises:
        NoCourse: the lecture has no such module.
    """
    module = current().module(f"{lecture}.exercises")
    if module is None:
        raise NoCourse(f"the lecture {lecture} has no exercises.py and no folder exercises/")
    return module


def definitions_of(module: ModuleType) -> tuple[Definition, ...]:
    """The exercises and questions that a module defines, in the order in which it does.

    A package lists its sections, ``SECTIONS = (sigmoid, relu)``, and defines what these define.
    """
    found: dict[str, Definition] = {}
    for section in getattr(module, "SECTIONS", (module,)):
        for value in vars(section).values():
            if isinstance(value, Exercise | Question):
                if found.setdefault(value.id, value) is not value:
                    raise ValueError(f"the id {value.id} is defined twice in {module.__name__}")
    return tuple(found.values())


@cache
def in_lecture(lecture: str) -> tuple[Definition, ...]:
    """The definitions of a lecture, in its order, without reading the other lectures.

    Raises:
        NoCourse: there is no such lecture.
    """
    if (known := recorded.definitions(lecture)) is not None:  # a hand-out, its questions dealt
        return known
    return _dealt(definitions_of(module_of(lecture)))


@cache
def lectures() -> dict[str, tuple[Definition, ...]]:
    """The definitions of every lecture, by the lecture's name, in the order of the course."""
    return {name: in_lecture(name) for name in current().lectures}


_AT_HAND: dict[str, tuple[str, Definition]] = {}  # by id, with the lecture


def lay_out(lecture: str) -> None:
    """Let :func:`find` and :func:`lecture_of` look in this lecture before they read the others.

    Reading all lectures takes longer than grading a notebook of one.
    """
    _AT_HAND.update({d.id: (lecture, d) for d in in_lecture(lecture)})


def _dealt(definitions: tuple[Definition, ...]) -> tuple[Definition, ...]:
    """The same, the choices of its questions in an order that spreads the right letters evenly.

    The order depends on ids and texts alone.
    """
    asked = [d for d in definitions if isinstance(d, Question) and d.choices]
    places = {q.id: n % len(q.choices) for n, q in enumerate(sorted(asked, key=_lot))}
    return tuple(_ordered(d, places[d.id]) if d in asked else d for d in definitions)


def _lot(question: Question, choice: str = "") -> str:
    return hashlib.sha256(f"{question.id} {choice}".encode()).hexdigest()


def _ordered(question: Question, place: int) -> Question:
    """The question with its right choice at this place and the others as they fall."""
    wrong = [choice for choice in question.choices if not choice.right]
    choices = sorted(wrong, key=lambda choice: _lot(question, choice.text))
    choices.insert(place, next(choice for choice in question.choices if choice.right))
    return replace(question, choices=tuple(choices))


def exercises_of(lecture: str) -> tuple[Exercise, ...]:
    """The exercises of a lecture, in its order."""
    return tuple(d for d in in_lecture(lecture) if isinstance(d, Exercise))


def withheld(lecture: str) -> set[str]:
    """The ids of the library's functions that a submission of this lecture must not find there.

    They are its exercises, and what its definitions withhold besides (``WITHHOLD``).
    """
    return {e.id for e in exercises_of(lecture)} | {*getattr(module_of(lecture), "WITHHOLD", ())}


@cache
def all_definitions() -> dict[str, Definition]:
    """Every exercise and question by id."""
    found: dict[str, Definition] = {}
    for lecture, definitions in lectures().items():
        for definition in definitions:
            if definition.id in found:
                raise ValueError(f"the id {definition.id} is defined twice, again in {lecture}")
            found[definition.id] = definition
    return found


def find(id: str) -> Definition:
    """The exercise or question with this id.

    Raises:
        UnknownExercise: no definition has this id; the message names the nearest ones.
    """
    if id in _AT_HAND:
        return _AT_HAND[id][1]
    if id not in all_definitions():
        import difflib

        near = difflib.get_close_matches(id[:80], all_definitions(), n=3)
        raise UnknownExercise(
            f"there is no exercise {id[:80]!r}"
            + (f"; did you mean {' or '.join(near)}?" if near else "")
        )
    return all_definitions()[id]


@cache
def lecture_of(id: str) -> str:
    """The lecture that an exercise or question belongs to."""
    if id in _AT_HAND:
        return _AT_HAND[id][0]
    return next(name for name, items in lectures().items() if any(d.id == id for d in items))
