"""What the fields of a definition may hold, and what is said when they hold something else."""

import re
from typing import Any

from grader.course import CourseError

_ID = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


class DefinitionError(CourseError, ValueError):
    """An exercise or a question is defined in a way that cannot work."""


def check_common(id: Any, points: Any, hints: Any) -> None:
    """What exercises and questions have in common.

    Raises:
        DefinitionError: one of them is not what it should be.
    """
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise DefinitionError(f"an id is {id!r}, expected MODULE.NAME, as in sorting.merge")
    if not isinstance(points, int | float) or not points > 0:
        raise DefinitionError(f"{id}: points is {points!r}, expected a number above 0")
    check_texts(id, "hints", hints)


def check_texts(id: str, field: str, given: Any) -> None:
    """Refuse a text where several are expected: ("one") is no tuple.

    Args:
        id: whose field it is.
        field: its name.
        given: what it holds.

    Raises:
        DefinitionError: it is not a tuple or a list of texts.
    """
    if isinstance(given, str):
        short = given if len(given) <= 40 else f"{given[:40]}…"
        raise DefinitionError(f"{id}: {field} is a text, expected a tuple: ({short!r},)")
    check_items(id, field, given, str)


def check_items(id: str, field: str, given: Any, kind: type) -> None:
    """Refuse what is not a tuple or a list of one kind.

    Args:
        id: whose field it is.
        field: its name.
        given: what it holds.
        kind: what each item must be.

    Raises:
        DefinitionError: it is something else.
    """
    expected = "a tuple of " + ("texts" if kind is str else f"{kind.__name__}(...)")
    if not isinstance(given, tuple | list):
        raise DefinitionError(f"{id}: {field} is {given!r}, expected {expected}")
    for item in given:
        if not isinstance(item, kind):
            raise DefinitionError(f"{id}: {field} holds {item!r}, expected {expected}")
