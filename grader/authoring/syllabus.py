"""What the course promises to cover, as its ``lectures/syllabus.py`` says."""

from dataclasses import dataclass, field
from functools import cache

from grader.course import current


@dataclass(frozen=True)
class Syllabus:
    """The entries that lectures and docstrings carry as tags. A course may do without.

    Args:
        ids: the title of each entry by its id, "SORT-07" (``IDS``).
        errors: the correct statement by the number of an error in the sources (``ERRORS``).
        left_out: the entries that no function of the library stands for, and why (``LEFT_OUT``).
    """

    ids: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


@cache
def syllabus() -> Syllabus:
    """The syllabus of the course; an empty one where it has none."""
    module = current().module("syllabus")
    names = ("IDS", "ERRORS", "LEFT_OUT")
    return Syllabus(*(getattr(module, name, {}) for name in names))
