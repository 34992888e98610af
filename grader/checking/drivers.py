"""How an exercise is called, where that is more than a plain call.

A driver takes the student's object and a case's plain arguments and returns plain values. Drivers
run beside the student's code: nothing here may tell an answer. The same driver runs the reference.
A course has its own in ``drivers.py``, beside its lectures or in the room of one.
"""

from collections.abc import Callable
from typing import Any

import numpy as np


def call(student: Callable, *args: Any, **kwargs: Any) -> Any:
    """A plain call."""
    return student(*args, **kwargs)


def summarised(summary: Callable[[Any], Any]) -> Callable[[Callable], Callable]:
    """A decorator for a driver: not what it returns is compared, but a summary of it.

    In grading a driver runs beside the student's code, and what is computed there can be forged.
    A driver of a random function returns what was drawn; its statistics are computed outside.

    Args:
        summary: gives what is compared from what the driver returned, as plain values. Where it
            raises, that is compared as it is.
    """

    def mark(driver: Callable) -> Callable:
        driver.summary = summary  # type: ignore[attr-defined]
        return driver

    return mark


def repeated(student: Callable, *args: Any, draws: int, **kwargs: Any) -> list:
    """Several calls, one after another with the same generator, each with arrays as they were.

    The first call gets the arrays themselves, so that a change to them can be seen.
    """
    later = [(_fresh(args), _fresh(kwargs)) for _ in range(draws - 1)]
    return [student(*a, **k) for a, k in ((args, kwargs), *later)]


def _fresh(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(_fresh(item) for item in value)
    if isinstance(value, dict):
        return {key: _fresh(item) for key, item in value.items()}
    return value.copy() if isinstance(value, np.ndarray) else value


def repeated_pairs(student: Callable, *args: Any, draws: int, **kwargs: Any) -> tuple:
    """The same for a function that returns a pair: all its outputs, all its caches."""
    results = repeated(student, *args, draws=draws, **kwargs)
    if not all(type(result) is tuple and len(result) == 2 for result in results):
        raise TypeError("it returns two things, out and cache")
    return [out for out, _ in results], [cache for _, cache in results]
