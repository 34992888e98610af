"""Exercise and question definitions, one module per lecture.

A module holds ``LECTURE`` (the name of its script, "02_activations"), ``EXERCISES`` and
``QUESTIONS``.
"""

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from grader.exercise import Exercise, Question

Definition = Exercise | Question


class UnknownExercise(LookupError):
    """No exercise or question has this id."""


@cache
def _modules() -> dict[str, ModuleType]:
    names = [f"{__name__}.{m.name}" for m in pkgutil.iter_modules(__path__)]
    modules = [importlib.import_module(name) for name in names]
    return {m.LECTURE: m for m in sorted(modules, key=lambda m: m.LECTURE)}


def module_of(lecture: str) -> ModuleType:
    """The module that defines the exercises of a lecture."""
    return _modules()[lecture]


@cache
def lectures() -> dict[str, tuple[Definition, ...]]:
    """The definitions of every lecture, by the lecture's name, in the order of the course."""
    return {name: (*m.EXERCISES, *m.QUESTIONS) for name, m in _modules().items()}


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
    if id not in all_definitions():
        import difflib

        near = difflib.get_close_matches(id, all_definitions(), n=3)
        raise UnknownExercise(
            f"there is no exercise {id!r}"
            + (f"; did you mean {' or '.join(near)}?" if near else "")
        )
    return all_definitions()[id]


def lecture_of(id: str) -> str:
    """The lecture that an exercise or question belongs to."""
    return next(name for name, items in lectures().items() if any(d.id == id for d in items))
