"""Functions that no check may accept, whatever it asks for, and what it should say about them.

Some answer nonsense, some end badly, some give the right answer and misbehave. ``grader audit``
runs every check against every one of them: each must get one of the verdicts named here, in
bounded time.
"""

import builtins
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checking.report import Verdict

V = Verdict
# Hangs are cut off after this many seconds, so that the audit does not wait long for them.
SECONDS = 0.2
FIRST_AGAIN = "gives its first answer again"

# Nonsense has the wrong type, unless the right answer has the same type; then its shape, its
# length or its value is wrong. A driver that cannot go on with it says so by raising.
NONSENSE = frozenset(
    {V.WRONG_TYPE, V.WRONG_SHAPE, V.WRONG_VALUE, V.WRONG_DTYPE, V.NOT_FINITE, V.RAISED}
)
REPEATED = frozenset({V.KEEPS_STATE, *NONSENSE})


@dataclass(frozen=True)
class Odd:
    """An odd function.

    Args:
        name: what it does.
        make: gives the function, from the reference.
        verdicts: what a check may say about it; never "right".
        hangs: whether it needs a short time limit.
    """

    name: str
    make: Callable[[Callable], Callable]
    verdicts: frozenset[Verdict]
    hangs: bool = False


def odd_functions() -> Iterator[Odd]:
    """All of them."""
    for name, value in _NONSENSE.items():
        yield Odd(f"returns {name}", _gives(value), NONSENSE)
    yield Odd("returns 10^8 numbers", lambda _: _very_many, NONSENSE)
    yield Odd("returns its arguments", lambda _: lambda *args, **__: args, NONSENSE)
    yield Odd("takes no arguments", lambda _: lambda: 0, frozenset({V.RAISED}))
    for error in (KeyboardInterrupt(), SystemExit(0), MemoryError(), GeneratorExit(), _Mute()):
        yield Odd(f"raises {type(error).__name__}", _raises(error), frozenset({V.RAISED}))
    yield Odd("calls itself without end", lambda _: _recursion, frozenset({V.RAISED}))
    yield Odd("loops without end", lambda _: _endless, frozenset({V.TIMED_OUT}), hangs=True)
    yield Odd("sleeps", lambda _: _sleeps, frozenset({V.TIMED_OUT}), hangs=True)
    yield Odd("prints megabytes and nothing else", lambda _: _megabytes, NONSENSE)
    yield Odd("is right the first time only", _right_once, REPEATED)
    yield Odd(FIRST_AGAIN, _first_again, REPEATED)
    yield Odd("is right and warns of overflow", _overflows, frozenset({V.WARNS, V.RAISED}))
    yield Odd("is right and seeds the global generator", _seeds, frozenset({V.GLOBAL_RANDOM}))
    yield Odd("is right and draws globally", _draws, frozenset({V.GLOBAL_RANDOM}))
    yield Odd("makes NumPy and Python lie", _patches, frozenset({V.CHANGES_LIBRARY}))
    yield Odd("is right and leaves NumPy changed", _patches_aside, frozenset({V.CHANGES_LIBRARY}))


def dressed() -> Iterator[Odd]:
    """Those that give the right arrays as something else; only for exercises that return arrays."""
    yield Odd("right, as a matrix", _dress(_matrix), NONSENSE)
    yield Odd("right, as a masked array", _dress(np.ma.array), NONSENSE)
    yield Odd("right, as a subclass that lies", _dress(lambda a: a.view(_Lie)), NONSENSE)
    yield Odd("wrong, as a subclass that lies", _dress(lambda a: (a + 1).view(_Lie)), NONSENSE)
    yield Odd("right, as an array of objects", _dress(lambda a: a.astype(object)), NONSENSE)
    yield Odd("right, as complex numbers", _dress(lambda a: a.astype(complex)), NONSENSE)
    yield Odd("right, in nested lists", _dress(lambda a: a.tolist()), NONSENSE)
    yield Odd("right, with one axis more", _dress(lambda a: a[None]), NONSENSE)


def change_arrays(change: Callable[[np.ndarray], Any], value: Any) -> Any:
    """A function's result with ``change`` applied to every array in it that has an axis."""
    if isinstance(value, np.ndarray) and value.ndim:
        return change(value)
    if type(value) in (tuple, list):
        items = [change_arrays(change, v) for v in value]
        return tuple(items) if type(value) is tuple else items
    if type(value) is dict:
        return {k: change_arrays(change, v) for k, v in value.items()}
    return value


class _Lie(np.ndarray):
    """Claims to equal everything."""

    def __eq__(self, other: Any) -> Any:
        return True

    def __array_function__(self, *args: Any, **kwargs: Any) -> Any:
        return True

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
        return True


class _Mute(BaseException):
    """An error that cannot be printed."""

    def __str__(self) -> str:
        raise self


_NONSENSE: dict[str, Any] = {
    "None": None,
    "an empty list": [],
    "a list of words": ["a", "b"],
    "a long text": "x" * 100_000,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "an integer of 1000 digits": 10**1000,
    "an array of NaN": np.full((5, 4), np.nan),
    "an empty array": np.zeros((0, 3)),
    "a tuple of seven numbers": (1, 2, 3, 4, 5, 6, 7),
    "a deep list": [[[[[[[[[[[[1]]]]]]]]]]]],
    "a dict with odd keys": {(1, 2): 3},
    "an array of objects": np.array([None, "a"], dtype=object),
    "a masked array": np.ma.array([1.0, 2.0], mask=[True, False]),
    "a matrix": np.asmatrix(np.ones((2, 2))),
    "a subclass that lies": np.zeros(3).view(_Lie),
    "a function": len,
    "NotImplemented": NotImplemented,
}


def _gives(value: Any) -> Callable:
    return lambda _: lambda *_args, **_kwargs: value


def _raises(error: BaseException) -> Callable:
    def function(*_: Any, **__: Any) -> Any:
        raise error

    return lambda _: function


def _dress(change: Callable) -> Callable:
    def make(reference: Callable) -> Callable:
        return lambda *args, **kwargs: change_arrays(change, reference(*args, **kwargs))

    return make


def _matrix(array: np.ndarray) -> Any:
    return np.asmatrix(array.reshape(len(array), -1) if array.ndim > 2 else array)


def _very_many(*_: Any, **__: Any) -> np.ndarray:
    return np.zeros(10**8)


def _recursion(*args: Any, **kwargs: Any) -> Any:
    return _recursion(*args, **kwargs)


def _endless(*_: Any, **__: Any) -> None:
    while True:
        pass


def _sleeps(*_: Any, **__: Any) -> None:
    time.sleep(60)


def _megabytes(*_: Any, **__: Any) -> None:
    for _line in range(2000):
        print("x" * 1000)


def _right_once(reference: Callable) -> Callable:
    calls = []

    def function(*args: Any, **kwargs: Any) -> Any:
        calls.append(None)
        return reference(*args, **kwargs) if len(calls) == 1 else None

    return function


def _first_again(reference: Callable) -> Callable:
    kept: list[Any] = []

    def function(*args: Any, **kwargs: Any) -> Any:
        if not kept:
            kept.append(reference(*args, **kwargs))
        return kept[0]

    return function


def _also(action: Callable[[], Any]) -> Callable:
    def make(reference: Callable) -> Callable:
        def function(*args: Any, **kwargs: Any) -> Any:
            action()
            return reference(*args, **kwargs)

        return function

    return make


def _warn() -> None:
    warnings.warn("overflow encountered in exp", RuntimeWarning, stacklevel=2)


def _all_is_equal() -> None:
    for name in ("allclose", "array_equal", "isclose"):
        setattr(np, name, lambda *_, **__: True)
    np.abs = np.zeros_like  # type: ignore[assignment]
    builtins.all = builtins.isinstance = lambda *_: True  # type: ignore[assignment]
    builtins.map = builtins.zip = lambda *_, **__: []  # type: ignore[assignment,misc]


def _other_floor() -> None:
    np.floor = np.ceil


_overflows = _also(_warn)
_seeds = _also(lambda: np.random.seed(0))  # noqa: NPY002
_draws = _also(lambda: np.random.random())  # noqa: NPY002
_patches_aside = _also(_other_floor)


def _patches(_: Callable) -> Callable:
    def function(*args: Any, **__: Any) -> Any:
        _all_is_equal()
        return args

    return function
