"""How an exercise is called, where that is more than a plain call.

A driver takes the student's object and a case's plain arguments and returns plain values. Drivers
run beside the student's code: nothing here may tell an answer. The same driver runs the reference.
"""

from collections.abc import Callable
from typing import Any


def call(student: Callable, *args: Any, **kwargs: Any) -> Any:
    """A plain call."""
    return student(*args, **kwargs)
