"""Plain values: what may cross between the student's code and the judge, and how it is told apart.

A plain value is None, a bool, an int, a float, a str, an array of numbers or booleans, or a tuple,
list or dict of plain values. Anything else becomes an :class:`Opaque`, which equals nothing.
This module runs on both sides and knows no answers.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checking.platform import dtype_name

MAX_BYTES = 64 << 20
MAX_ITEMS = 10_000
MAX_DEPTH = 8
MAX_TEXT = 10_000


@dataclass(frozen=True)
class Rng:
    """Stands for ``np.random.default_rng(seed)`` in a case."""

    seed: int


@dataclass(frozen=True)
class Opaque:
    """A value that is not plain; ``what`` says what it is, "a masked array"."""

    what: str


def plain(value: Any) -> Any:
    """A copy of ``value`` made of plain values only, with Opaque where it is something else.

    Subclasses of ndarray are not trusted to describe themselves: they become Opaque. Arrays over
    64 MB and structures of more than 10,000 items become Opaque too.
    """
    return _plain(value, [MAX_BYTES, MAX_ITEMS], MAX_DEPTH)


def _plain(value: Any, left: list[int], depth: int) -> Any:
    kind = type(value)
    left[1] -= 1
    if left[1] < 0 or depth < 0:
        return Opaque("a structure with too many parts")
    if value is None or kind in (bool, float):
        return value
    if kind is int:
        return value if abs(value) < 1 << 63 else Opaque("an integer with very many digits")
    if kind is complex:
        return Opaque("a complex number")
    if kind is str:
        return value if len(value) <= MAX_TEXT else Opaque("a very long string")
    if kind is np.ndarray or (issubclass(kind, np.generic) and kind.__module__ == "numpy"):
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            return Opaque(f"an array of dtype {array.dtype}")
        left[0] -= array.nbytes
        if left[0] < 0:
            return Opaque(f"an array of shape {array.shape}, far too large")
        return np.array(array, order="C", copy=True)
    if kind in (tuple, list):
        return kind(_plain(item, left, depth - 1) for item in value)
    if kind is dict:
        if not all(type(key) in (str, int) for key in value):
            return Opaque("a dict with keys that are not strings")
        return {key: _plain(item, left, depth - 1) for key, item in value.items()}
    return Opaque(describe_type(kind))


def describe_type(kind: type) -> str:
    """A type in a student's words: "a masked array", "a list", "None"."""
    names: list[tuple[type, str]] = [
        (type(None), "None"),
        (bool, "True or False"),
        (int, "a number"),
        (float, "a number"),
        (str, "a string"),
        (list, "a list"),
        (tuple, "a tuple"),
        (dict, "a dict"),
        (np.ma.MaskedArray, "a masked array"),
        (np.matrix, "a matrix"),
    ]
    for known, name in names:
        if kind is known:
            return name
    if kind is np.ndarray:
        return "an array"
    return f"an object of type {kind.__name__[:60]}"


def describe(value: Any) -> str:
    """A value in a few words, for a message: "float64 array (5, 4)", "0.1", "a tuple of 2"."""
    if isinstance(value, Opaque):
        return value.what
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return number(value.item())
        return f"a {dtype_name(value.dtype)} array {value.shape}"
    if isinstance(value, Rng):
        return "a random generator"
    if isinstance(value, tuple | list):
        if len(value) <= 4 and all(type(v) in (bool, int, float, str, type(None)) for v in value):
            return repr(value)
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, dict):
        return f"a dict of {len(value)}"
    if isinstance(value, float):
        return number(value)
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def number(value: Any) -> str:
    """A number with six digits; an integer as it is."""
    return f"{value + 0.0:.6g}" if isinstance(value, float) else str(value)  # no "-0"


@dataclass(frozen=True)
class Difference:
    """The first place where two values differ.

    Args:
        what: "value", "shape", "dtype", "type", "finite" or "length".
        where: "out[0, 3]", "cache[1]".
        got: what stands there, in words.
        want: what should, in words.
        share: for values, the share of the array's numbers that differ.
    """

    what: str
    where: str
    got: str
    want: str
    share: float = 1.0


def difference(
    got: Any,
    want: Any,
    names: tuple[str, ...],
    tolerance: Any,
    dtypes: bool = True,
    scales: dict[str, float] | None = None,
) -> Difference | None:
    """Where ``got`` first differs from ``want``, or None when they are equal within tolerance.

    Args:
        got, want: plain values; ``want`` sets the structure, ``got`` is a claim.
        names: names of the outputs; more than one when a tuple is expected.
        tolerance: a :class:`grader.checking.exercise.Tolerance`; None compares structure,
            shape and dtype only.
        dtypes: whether a different floating dtype counts.
        scales: by name of an output the size of the terms of which it is the sum; see
            :class:`grader.checking.exercise.Case`.
    """
    if got is want:
        return None
    scales = scales or {}
    pairs: Any = [(got, want, names[0])]
    if len(names) > 1 and isinstance(want, tuple):
        if not isinstance(got, tuple | list) or len(got) != len(want):
            expected = f"{len(want)} values: {', '.join(names)}"
            got_text = f"{len(got)} values" if isinstance(got, tuple | list) else describe(got)
            return Difference("length", "the result", got_text, expected)
        pairs = zip(got, want, names, strict=True)
    found = [
        d
        for g, w, name in pairs
        if (d := _difference(g, w, name, tolerance, dtypes, scales.get(name, 0.0)))
    ]
    # A wrong shape or type says more than the wrong value that comes with it.
    rank = ("type", "length", "shape", "value", "finite", "dtype")
    return min(found, key=lambda d: rank.index(d.what)) if found else None


def _difference(
    got: Any, want: Any, where: str, tolerance: Any, dtypes: bool, scale: float
) -> Difference | None:
    if isinstance(got, Opaque):
        return Difference("type", where, got.what, describe_want(want))
    if isinstance(want, tuple | list):
        if not isinstance(got, tuple | list):
            return Difference(
                "type", where, describe(got), f"{describe_type(type(want))} of {_contents(want)}"
            )
        if len(got) != len(want):
            return Difference("length", where, _contents(got), _contents(want))
        items = ((f"{where}[{i}]", g, w) for i, (g, w) in enumerate(zip(got, want, strict=True)))
        return next(
            (d for n, g, w in items if (d := _difference(g, w, n, tolerance, dtypes, scale))), None
        )
    if isinstance(want, dict):
        if not isinstance(got, dict):
            return Difference("type", where, describe(got), "a dict")
        if set(got) != set(want):
            return Difference(
                "type", where, f"keys {sorted(map(str, got))}", f"keys {sorted(map(str, want))}"
            )
        items = ((f"{where}[{key!r}]", got[key], want[key]) for key in want)
        return next(
            (d for n, g, w in items if (d := _difference(g, w, n, tolerance, dtypes, scale))), None
        )
    if want is None or isinstance(want, str | bool):
        as_bool = (
            isinstance(want, bool)
            and isinstance(got, np.ndarray)
            and got.shape == ()
            and got.dtype == bool
        )
        same = bool(got) == want if as_bool else type(got) is type(want) and got == want
        return None if same else Difference("value", where, describe(got), describe(want))
    return _array_difference(got, want, where, tolerance, dtypes, scale)


def _array_difference(
    got: Any, want: Any, where: str, tolerance: Any, dtypes: bool, scale: float
) -> Difference | None:
    if not isinstance(got, np.ndarray | int | float) or (
        isinstance(got, bool) and not _is_bool(want)
    ):
        return Difference("type", where, describe(got), describe_want(want))
    scalar = not isinstance(want, np.ndarray)
    want_dtype = want.dtype if isinstance(want, np.ndarray) else None
    got_dtype = got.dtype if isinstance(got, np.ndarray) else None
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        return Difference("shape", where, str(got.shape), str(want.shape))
    if tolerance is None:
        return _dtype_difference(got_dtype, want_dtype, where) if dtypes and not scalar else None
    if got.dtype == want.dtype and np.array_equal(got, want):
        return None
    single = want.dtype == np.float32  # an answer in float32 to a question in float64 gains nothing
    rtol, atol = (
        (tolerance.rtol32, tolerance.atol32) if single else (tolerance.rtol, tolerance.atol)
    )
    g, w = got.astype(np.float64), want.astype(np.float64)
    with np.errstate(all="ignore"):
        size = np.abs(w)
        finite = size < np.inf
        whole = bool(finite.all())
        scale = (size if whole else size[finite]).max(initial=scale)
        close = np.abs(g - w) <= rtol * size + atol * scale
    if not whole:
        close = np.where(finite, close, (g == w) | (np.isnan(g) & np.isnan(w)))
    if not close.all():
        index = np.unravel_index(int(np.argmin(close)), close.shape)
        place = f"{where}[{', '.join(str(int(i)) for i in index)}]" if index else where
        what = "finite" if finite[index] and not np.isfinite(g[index]) else "value"
        share = float(np.mean(~close))
        wanted = want[index].item()
        if 0 < size[index] <= min(atol, 8 * np.finfo(np.float64).eps) * scale:
            wanted = 0.0  # on paper; the rounding error is another one on another machine
        return Difference(what, place, number(got[index].item()), number(wanted), share)
    return _dtype_difference(got_dtype, want_dtype, where) if dtypes and not scalar else None


def _dtype_difference(got: Any, want: Any, where: str) -> Difference | None:
    same = got is None or got == want or {got.kind, want.kind} <= {"i", "u"}
    return None if same else Difference("dtype", where, str(got), str(want))


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, np.ndarray) and value.dtype == bool)


def _contents(value: Any) -> str:
    """What a tuple or list holds, item by item: "2 values (an array of shape (3,), a number)"."""
    items = [describe_want(item) for item in value]
    told = f" ({', '.join(items)})" if len(items) <= 4 and len(set(items)) > 1 else ""
    return f"{len(items)} values{told}"


def describe_want(want: Any) -> str:
    """What was expected, by kind only."""
    if isinstance(want, Opaque):
        return want.what
    if isinstance(want, np.ndarray) and want.ndim:
        return f"an array of shape {want.shape}"
    if isinstance(want, np.ndarray | int | float) and not isinstance(want, bool):
        return "a number"
    return describe_type(type(want))
