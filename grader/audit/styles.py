"""Right functions in other styles, which every check must accept.

A lecture's ``styles.py`` holds versions written by hand, ``STYLES = {id: (function, ...)}``.
Every exercise also gets its reference in other clothes: what a right function may do differently
without being another function.
"""

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from grader.audit.odd import change_arrays
from grader.checking.exercise import Exercise, leaves
from grader.course import current


def styles(exercise: Exercise, lecture: str) -> Iterator[tuple[str, Callable]]:
    """The right functions for an exercise, each with its name.

    Args:
        exercise: its definition.
        lecture: where it belongs, "02_sorting".
    """
    for function in written(lecture).get(exercise.id, ()):
        yield function.__name__, function
    for name, dress in _CLOTHES.items():
        yield name, dress(exercise.reference)


def written(lecture: str) -> dict[str, tuple[Callable, ...]]:
    """The right functions that were written by hand, by exercise id."""
    return getattr(current().module(f"{lecture}.styles"), "STYLES", {})


def _with_results(change: Callable) -> Callable:
    def dress(reference: Callable) -> Callable:
        return lambda *args, **kwargs: change_arrays(change, reference(*args, **kwargs))

    return dress


def _view(array: np.ndarray) -> np.ndarray:
    return np.stack([array, array])[1]


def _every_second(array: np.ndarray) -> np.ndarray:
    return np.repeat(array, 2, axis=-1)[..., ::2]


def _read_only(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flags.writeable = False
    return array


def _by_name(reference: Callable) -> Callable:
    """Hands every argument on by its name, the last one first."""
    parameters = inspect.signature(reference)

    def function(*args: Any, **kwargs: Any) -> Any:
        given = parameters.bind(*args, **kwargs).arguments
        return reference(**dict(reversed(given.items())))

    return function


def _single(reference: Callable) -> Callable:
    """Computes in float32 and casts back, as long as no number is huge or tiny."""

    def fits(array: np.ndarray) -> bool:
        size = np.abs(array[array != 0])
        return bool(size.min(initial=1) > 1e-6 and size.max(initial=1) < 1e6)

    def narrow(array: np.ndarray) -> np.ndarray:
        return array.astype(np.float32) if array.dtype == np.float64 else array

    def widen(value: Any) -> Any:
        is_single = isinstance(value, np.ndarray | np.generic) and value.dtype == np.float32
        return value.astype(np.float64) if is_single else value

    def function(*args: Any, **kwargs: Any) -> Any:
        arrays = [a for a in leaves((args, kwargs)) if isinstance(a, np.ndarray)]
        doubles = [array for array in arrays if array.dtype == np.float64]
        # All of them or none: the library refuses arguments of two precisions.
        if not doubles or not all(map(fits, doubles)):
            return reference(*args, **kwargs)
        narrowed = change_arrays(narrow, (args, kwargs))
        result = reference(*narrowed[0], **narrowed[1])
        return _leafwise(widen, list(result) if inspect.isgenerator(result) else result)

    return function


def _talks(reference: Callable) -> Callable:
    """Prints, and gives a warning that is not about numbers."""

    def function(*args: Any, **kwargs: Any) -> Any:
        print("shape", *(np.shape(a) for a in args if isinstance(a, np.ndarray)))
        warnings.warn("this cell is still a draft", UserWarning, stacklevel=2)
        return reference(*args, **kwargs)

    return function


def _scalars(reference: Callable) -> Callable:
    """Gives numbers as arrays without an axis."""

    def change(value: Any) -> Any:
        is_number = isinstance(value, np.generic) or type(value) is float
        return np.array(value) if is_number else value

    return lambda *args, **kwargs: _leafwise(change, reference(*args, **kwargs))


def _leafwise(change: Callable[[Any], Any], value: Any) -> Any:
    if type(value) in (tuple, list):
        return type(value)(_leafwise(change, v) for v in value)
    if type(value) is dict:
        return {key: _leafwise(change, v) for key, v in value.items()}
    return change(value)


_CLOTHES: dict[str, Callable[[Callable], Callable]] = {
    "fresh arrays": _with_results(np.array),
    "views": _with_results(_view),
    "slices of larger arrays": _with_results(_every_second),
    "column order": _with_results(np.asfortranarray),
    "read-only results": _with_results(_read_only),
    "float32 inside": _single,
    "numbers as arrays": _scalars,
    "arguments by name": _by_name,
    "prints and warns": _talks,
}
