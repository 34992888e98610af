"""The warnings that NumPy would give, found out where it cannot see floating-point errors.

A call is made again, with arrays that look at the result of every operation: a number that became
infinite out of finite ones was an overflow or a division by zero, a NaN out of none was invalid.
Compared on a desk with what NumPy itself says, this finds nearly all and invents none. It sees
nothing of what happens inside ``np.linalg``.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

# Where they are infinite although their arguments are not, NumPy calls it a division by zero.
_POLES = frozenset({"log", "log2", "log10", "log1p", "arctanh", "reciprocal"})
_DIVIDE = frozenset({"divide", "floor_divide"})
_POWERS = frozenset({"power", "float_power"})
# NumPy names an operator on two numbers otherwise than the same on arrays.
_OPERATORS = frozenset(
    {"add", "subtract", "multiply", "divide", "floor_divide", "remainder", "power", "negative"}
)

# What makes arrays, or plain ones of others, and what is called with Python's own numbers: what
# these give is watched as well.
_MAKERS = (
    "arange",
    "array",
    "asarray",
    "copy",
    "empty",
    "eye",
    "full",
    "linspace",
    "ones",
    "zeros",
)
_OF_NUMBERS = ("exp", "expm1", "log", "log10", "log1p", "log2", "power", "sqrt", "square")

_found: list[str] | None = None  # where a call is being watched


class Watched(np.ndarray):
    """An array whose operations are noted, and so are those on what comes out of them."""

    number = False  # whether it stands for a number that was taken out of an array

    def __array_finalize__(self, _source: Any) -> None:
        self.number = False

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Compute as NumPy does, and note what went wrong."""
        bare = [_bare(value) for value in inputs]
        out = kwargs.get("out")
        if out is not None:
            kwargs["out"] = tuple(_bare(value) for value in out)
        result = getattr(ufunc, method)(*bare, **kwargs)
        if _found is not None and result is not NotImplemented:
            plainly = method == "__call__" and ufunc.signature is None
            name = ufunc.__name__ if method == "__call__" else method
            _note(name, bare, result, plainly, kwargs.get("where", True))
        if out is not None:
            return out[0] if len(out) == 1 else out
        return tuple(map(watched, result)) if type(result) is tuple else watched(result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Go on watching where NumPy would give a plain array."""
        result = super().__array_function__(func, types, args, kwargs)
        if func is np.dot:
            _note("dot", [_bare(value) for value in args], _bare(result))
        return watched(result)

    def dot(self, *args: Any, **kwargs: Any) -> Any:
        """The product, by the function that can be watched."""
        return np.dot(self, *args, **kwargs)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        return watched(super().__getitem__(key))

    def astype(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Convert, and note what does not fit."""
        result = super().astype(*args, **kwargs)
        old, new = self.view(np.ndarray), np.ndarray.view(result, np.ndarray)
        if new.dtype.kind == "f" and _any(np.isinf(new) & np.isfinite(old)):
            _say("over", "overflow encountered in cast")
        if new.dtype.kind in "iu" and old.dtype.kind == "f" and _any(~np.isfinite(old)):
            _say("invalid", "invalid value encountered in cast")
        return result


def unseen(call: Callable[[], Any]) -> list[str]:
    """The warnings that NumPy would give in a call.

    Args:
        call: makes the call, with arrays that :func:`watched` has made of its arguments. What it
            raises is of no interest.
    """
    global _found
    _found = found = []
    makers = {name: getattr(np, name) for name in (*_MAKERS, *_OF_NUMBERS)}
    try:
        for name, make in makers.items():
            setattr(np, name, _watching(make, numbers=name in _OF_NUMBERS))
        with contextlib.suppress(BaseException):
            call()
    finally:
        _found = None
        for name, make in makers.items():
            setattr(np, name, make)
    return list(dict.fromkeys(found))


def _watching(make: Callable, numbers: bool) -> Callable:
    def function(*args: Any, **kwargs: Any) -> Any:
        if numbers:
            args = tuple(watched(np.float64(v)) if type(v) is float else v for v in args)
        return watched(make(*args, **kwargs))

    return function


def watched(value: Any) -> Any:
    """The same, with every array in it watched, and every decimal number that NumPy has made."""
    if type(value) is np.ndarray:
        return value.view(Watched)
    if isinstance(value, np.floating):
        number = np.asarray(value).view(Watched)
        number.number = True
        return number
    if isinstance(value, dict):
        return {key: watched(item) for key, item in value.items()}
    if type(value) in (tuple, list):
        return type(value)(watched(item) for item in value)
    return value


def _bare(value: Any) -> Any:
    if not isinstance(value, Watched):
        return value
    return value.view(np.ndarray)[()] if value.number else value.view(np.ndarray)


def _any(mask: Any) -> bool:
    return bool(np.any(mask))


def _say(kind: str, text: str) -> None:
    if _found is not None and np.geterr()[kind] != "ignore":
        _found.append(text)


def _note(name: str, inputs: list, result: Any, plainly: bool = False, where: Any = True) -> None:
    """Say what NumPy would: a division by zero first, then an overflow, then what is invalid.

    Args:
        name: of the operation.
        inputs, result: of it, not watched.
        plainly: whether each number of the result comes of its own numbers of the inputs.
        where: those that were computed at all.
    """
    arrays = [np.asarray(v) for v in inputs if isinstance(v, np.ndarray | np.generic | float | int)]
    arrays = [a for a in arrays if a.dtype.kind in "fiub"]
    said = name
    if plainly and name in _OPERATORS and all(np.isscalar(v) for v in inputs):
        said = f"scalar {name}"
    results = [np.asarray(r) for r in (result if type(result) is tuple else (result,))]
    kinds = set()
    for r in results:
        if r.dtype.kind in "iu" and name in ("floor_divide", "remainder") and _any(arrays[1] == 0):
            kinds.add("divide")
        if r.dtype.kind == "f" and arrays and not np.isfinite(r).all():
            kinds |= set(_wrong(name, arrays, r, plainly, where))
    for kind, words in (
        ("divide", "divide by zero"),
        ("over", "overflow"),
        ("invalid", "invalid value"),
    ):
        if kind in kinds:
            _say(kind, f"{words} encountered in {said}")


def _wrong(
    name: str, arrays: Iterable[np.ndarray], result: np.ndarray, plainly: bool, where: Any
) -> Iterator[str]:
    """What went wrong where a result is not finite."""
    arrays = list(arrays)
    if plainly:
        finite = np.broadcast_to(True, result.shape) & where
        no_nan = finite
        for a in arrays:
            finite, no_nan = finite & np.isfinite(a), no_nan & ~np.isnan(a)
    else:
        finite = all(np.isfinite(a).all() for a in arrays)
        no_nan = not any(np.isnan(a).any() for a in arrays)
    infinite = np.isinf(result) & finite
    if _any(infinite):
        pole = np.broadcast_to(name in _POLES, result.shape)
        if plainly and name in _DIVIDE and len(arrays) > 1:
            pole = np.broadcast_to(arrays[1] == 0, result.shape)
        if plainly and name in _POWERS:
            pole = np.broadcast_to(arrays[0] == 0, result.shape)
        if _any(infinite & pole):
            yield "divide"
        if _any(infinite & ~pole):
            yield "over"
    if _any(np.isnan(result) & no_nan):
        yield "invalid"
