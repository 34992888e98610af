"""A checker for courses in notebooks: ``from grader import borrow, check, hint, progress``.

Authors of a course import from here what a definition is made of: ``from grader import Case,
Exercise, Question``.
"""

import contextlib
import importlib
from typing import TYPE_CHECKING, Any

from grader.course import NoCourse, current

if TYPE_CHECKING:
    from grader.checking.drivers import repeated, repeated_pairs
    from grader.checking.exercise import (
        Case,
        Choice,
        Exercise,
        Level,
        Misconception,
        Number,
        Property,
        Question,
        Tolerance,
    )
    from grader.checking.notebook import (
        borrow,
        certificate,
        check,
        failing,
        hint,
        progress,
        restore_work,
        review,
        save_work,
    )
    from grader.checking.values import Rng

_HOME = {
    "Case": "exercise",
    "Choice": "exercise",
    "Exercise": "exercise",
    "Level": "exercise",
    "Misconception": "exercise",
    "Number": "exercise",
    "Property": "exercise",
    "Question": "exercise",
    "Rng": "values",
    "Tolerance": "exercise",
    "borrow": "notebook",
    "certificate": "notebook",
    "check": "notebook",
    "failing": "notebook",
    "hint": "notebook",
    "progress": "notebook",
    "repeated": "drivers",
    "repeated_pairs": "drivers",
    "restore_work": "notebook",
    "review": "notebook",
    "save_work": "notebook",
}

__all__ = [
    "Case",
    "Choice",
    "Exercise",
    "Level",
    "Misconception",
    "Number",
    "Property",
    "Question",
    "Rng",
    "Tolerance",
    "borrow",
    "certificate",
    "check",
    "failing",
    "hint",
    "progress",
    "repeated",
    "repeated_pairs",
    "restore_work",
    "review",
    "save_work",
]


def __getattr__(name: str) -> Any:
    """Import them when they are asked for: the doctor must run where NumPy is missing.

    A notebook that imports ``check`` can import its course's library from then on.
    """
    if name not in _HOME:
        raise AttributeError(f"module 'grader' has no attribute {name!r}")
    if _HOME[name] == "notebook":
        with contextlib.suppress(NoCourse):  # the check itself will say so
            current()
    return getattr(importlib.import_module(f"grader.checking.{_HOME[name]}"), name)
