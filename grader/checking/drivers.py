"""How an exercise is called, where that is more than a plain call.

A driver takes the student's object and a case's plain arguments and returns plain values. Drivers
run beside the student's code: nothing here may tell an answer. The same driver runs the reference.
A course has its own in ``drivers.py``, beside its lectures or in the room of one.
"""

from collections.abc import Callable
from typing import Any


def call(student: Callable, *args: Any, **kwargs: Any) -> Any:
    """A plain call."""
    return student(*args, **kwargs)


def repeated(student: Callable, *args: Any, draws: int, **kwargs: Any) -> list:
    """Several calls, one after another with the same generator."""
    return [student(*args, **kwargs) for _ in range(draws)]


def repeated_pairs(student: Callable, *args: Any, draws: int, **kwargs: Any) -> tuple:
    """The same for a function that returns a pair: all its outputs, all its caches."""
    results = repeated(student, *args, draws=draws, **kwargs)
    if not all(type(result) is tuple and len(result) == 2 for result in results):
        raise TypeError("it returns two things, out and cache")
    return [out for out, _ in results], [cache for _, cache in results]
