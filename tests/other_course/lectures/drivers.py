"""How exercises of several lectures are called."""

from collections.abc import Callable
from typing import Any


def fed(student: Callable, xs: Any, ys: Any) -> tuple:
    """An object that is given point after point: what it answers each time, and its last total."""
    area = student()
    answers = [area.add(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
    return answers, area.total
