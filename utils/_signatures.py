"""What the signatures of the library state, held in every call: bad input is refused in a sentence.

A module of the library ends with ``enforce(__name__)``. From there on its public functions and
classes look at their arguments before they compute::

    x: Float[np.ndarray, "n d"]      an array of floating-point numbers with two axes
    w: Float[np.ndarray, " d"]       as long as the rows of x, because the size has the same name
    lr: float, steps: int            a number, a whole number from 0 on; True is neither
    rng: np.random.Generator         nothing else

What is another kind of thing raises TypeError, an array of another shape or dtype ValueError; both
say the argument's name, what came and what was expected. All floating-point arrays of a call have
one precision. So no function broadcasts by accident, and none needs guards of its own for what its
signature says already. What a signature cannot say, ``enforce`` is told: which functions need at
least one number, because a mean of nothing has no value, and which check more than this.

Two things are made to fit instead. A NumPy number, such as ``np.float64(0.1)``, becomes a plain
one, because it would turn a float32 array into float64. A list of numbers becomes a vector.

Signatures are read once, when a module is imported; a call looks at each argument once. jaxtyping,
which the annotations come from, can hold them as well and does so in the tests, but says less.
"""

import collections.abc
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np
from jaxtyping import AbstractArray, Bool, Float, Int

# What the arguments of one call have settled so far, each with the argument that did: the size of
# an axis by its name, and the dtype of the floating-point arrays as _PRECISION.
Settled = dict[str, tuple[Any, str]]
_PRECISION = " precision"


@dataclass(frozen=True)
class _Demands:
    """What a function asks of all its arguments, see :func:`enforce`."""

    filled: bool = False
    finite: bool = False
    one_precision: bool = False
    below_zero: bool = True


@dataclass(frozen=True)
class _Rule:
    """What is asked of one argument.

    Args:
        expected: in words; empty where anything may be.
        suits: is a value that kind of thing at all?
        fitted: ``fitted(value, name, settled)`` gives what to use for a value that suits, or
            raises ValueError.
        part: what is asked of each part of a sequence; it tells two kinds of sequences apart.
    """

    expected: str
    suits: Callable[[Any], bool]
    fitted: Callable[[Any, str, Settled], Any] = lambda value, name, settled: value
    part: "_Rule | None" = None

    def look(self, value: Any, name: str, settled: Settled) -> Any:
        """What to use for an argument of this name and value, or TypeError or ValueError."""
        if not self.suits(value):
            raise TypeError(f"{name} is {_shown(value)}, expected {self.expected}")
        return self.fitted(value, name, settled)


def enforce(
    module: str,
    *,
    filled: Iterable[Callable] = (),
    finite: Iterable[Callable] = (),
    any_precision: Iterable[Callable] = (),
    below_zero: Iterable[Callable] = (),
    checks: Mapping[Callable, Callable[..., None]] | None = None,
) -> None:
    """Make the public functions and classes of a module look at their arguments.

    Args:
        module: its name; the call stands at its end.
        filled: functions whose arrays must hold at least one number.
        finite: functions that cannot work with NaN or infinity.
        any_precision: functions that take float32 and float64 together.
        below_zero: functions whose whole numbers are no counts.
        checks: ``{function: check}``: what else there is to look at. The check has some of the
            function's arguments, by name, and raises ValueError.
    """
    filled, finite, any_precision = set(filled), set(finite), set(any_precision)
    below_zero, checks = set(below_zero), checks or {}
    space = vars(sys.modules[module])
    for name, thing in list(space.items()):
        if name.startswith("_") or getattr(thing, "__module__", None) != module:
            continue
        if inspect.isfunction(thing):
            demands = _Demands(
                filled=thing in filled,
                finite=thing in finite,
                one_precision=thing not in any_precision,
                below_zero=thing in below_zero,
            )
            space[name] = _looking(thing, demands, checks.get(thing))
        elif inspect.isclass(thing) and not issubclass(thing, tuple):
            for method, function in list(vars(thing).items()):
                if inspect.isfunction(function) and (method == "__init__" or method[0] != "_"):
                    setattr(thing, method, _looking(function, _Demands()))


def _looking(function: Callable, demands: _Demands, check: Callable | None = None) -> Callable:
    """The function, with a look at each argument first."""
    parameters = inspect.signature(function).parameters.values()
    looks = {p.name: _rule(p.annotation, demands).look for p in parameters}
    by_position = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    others = next((looks.pop(p.name) for p in parameters if p.kind is p.VAR_KEYWORD), None)
    wanted = inspect.signature(check).parameters if check else ()

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True  # IPython leaves this frame out
        settled: Settled = {}
        given = dict(zip(by_position, args, strict=False))
        for name, value in given.items():
            given[name] = looks[name](value, name, settled)
        for name, value in kwargs.items():
            if look := looks.get(name, others):
                kwargs[name] = look(value, name, settled)
        if check:
            known = given | kwargs
            check(**{name: known[name] for name in wanted if name in known})
        return function(*given.values(), *args[len(given) :], **kwargs)

    return call


def _rule(annotation: Any, demands: _Demands) -> _Rule:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in (Any, object, inspect.Parameter.empty) or isinstance(annotation, str):
        return _ANYTHING
    if annotation in (float, int):
        return _number(annotation, demands)
    if annotation is bool:
        return _Rule("True or False", lambda value: isinstance(value, bool | np.bool_), _plain)
    if annotation is None or annotation is types.NoneType:
        return _Rule("None", lambda value: value is None)
    if isinstance(annotation, type) and issubclass(annotation, AbstractArray):
        return _array(annotation, demands)
    if origin in (types.UnionType, typing.Union):
        return _union([_rule(one, demands) for one in inner])
    if origin is tuple and inner[-1] is not Ellipsis:
        return _tuple([_rule(one, demands) for one in inner])
    if origin in (list, tuple, Sequence, Iterable):
        return _sequence(origin, inner[0], demands)
    if annotation in (Sequence, Iterable):
        return _sequence(annotation, Any, demands)
    if origin in (dict, Mapping):
        return _mapping(inner[1], demands)
    kind = origin or annotation
    words = _WORDS.get(kind) or f"a {kind.__module__}.{kind.__name__}"
    return _Rule(words, lambda value: isinstance(value, kind))


def _number(kind: type, demands: _Demands) -> _Rule:
    is_count = kind is int and not demands.below_zero
    kinds = (int, np.integer) if kind is int else (float, int, np.floating, np.integer)

    def fitted(value: Any, name: str, settled: Settled) -> Any:
        if demands.finite and not np.isfinite(value):
            raise ValueError(f"{name} is {value}, expected a finite number")
        if is_count and value < 0:
            raise ValueError(f"{name} is {value}, expected a whole number from 0 on")
        return _plain(value, name, settled)

    def suits(value: Any) -> bool:
        return type(value) is kind or (isinstance(value, kinds) and not isinstance(value, bool))

    return _Rule("a whole number" if kind is int else "a number", suits, fitted)


def _plain(value: Any, name: str, settled: Settled) -> Any:
    return value.item() if isinstance(value, np.generic) else value


_ANYTHING = _Rule("", lambda value: True)
_WORDS = {
    np.random.Generator: "a random generator such as np.random.default_rng(0)",
    np.ndarray: "an array",
    collections.abc.Callable: "a function",
    str: "a text",
    type: "a type such as np.float64",
    tuple: "a tuple",
    dict: "a dictionary",
}


# --- arrays ---------------------------------------------------------------------------------------

_FLOATS: Any = Float[np.ndarray, "..."]
_INTS: Any = Int[np.ndarray, "..."]
_BOOLS: Any = Bool[np.ndarray, "..."]
_NUMBERS = {  # what jaxtyping allows an array to hold: NumPy's letter, in words, how to get there
    _FLOATS.dtypes: ("f", "floating-point numbers", "float"),
    _INTS.dtypes: ("i", "whole numbers", "int"),
    _BOOLS.dtypes: ("b", "True and False", "bool"),
}


def _array(annotation: Any, demands: _Demands) -> _Rule:
    """An axis is a name, a number, ``_``, ``#name`` or, in the last place, ``*name`` or ``...``."""
    kind, numbers, remedy = _NUMBERS.get(annotation.dtypes, ("", "", ""))
    dims = annotation.dim_str.split()
    rest = dims.pop() if dims and (dims[-1] == "..." or dims[-1][0] == "*") else ""
    takes_list = len(dims) == 1 and not rest and kind == "f"
    is_number = _number(float, demands).suits

    def suits(value: Any) -> bool:
        return isinstance(value, np.ndarray) or (
            takes_list and isinstance(value, list) and all(map(is_number, value))
        )

    def fitted(value: Any, name: str, settled: Settled) -> np.ndarray:
        if isinstance(value, list):
            value = np.array(value, settled[_PRECISION][0] if _PRECISION in settled else float)
        dtype, shape = value.dtype, value.shape
        if kind and dtype.kind != kind:
            raise ValueError(
                f"{name} has dtype {dtype}, expected {numbers}: {name}.astype({remedy})"
            )
        if kind == "f":
            known, first = settled.setdefault(_PRECISION, (dtype, name))
            if known is not dtype and known != dtype and demands.one_precision:
                raise ValueError(f"{name} has dtype {dtype}, expected {known} as in {first}")
        if not _fits(shape, name, dims, rest, settled):
            expected = _words(dims, rest, name, settled)
            raise ValueError(f"{name} has shape {shape}, expected {expected}")
        if demands.filled and 0 in shape:
            raise ValueError(f"{name} has shape {shape}, expected at least one number")
        if demands.finite and not np.isfinite(value).all():
            raise ValueError(f"{name} holds NaN or infinity, expected finite numbers")
        return value

    of_numbers = f" of {numbers}" if kind else ""
    return _Rule(f"an array{of_numbers} of {_words(dims, rest)}", suits, fitted)


def _fits(shape: tuple[int, ...], name: str, dims: list[str], rest: str, settled: Settled) -> bool:
    """Whether a shape agrees with what is settled; what it adds to that is settled then."""
    if len(shape) < len(dims) or (not rest and len(shape) > len(dims)):
        return False
    for dim, size in zip(dims, shape, strict=False):
        if dim == "_" or (dim[0] == "#" and size == 1):
            continue
        if dim in settled:
            known = settled[dim][0]
        elif dim.isdecimal():
            known = int(dim)
        else:
            known = settled.setdefault(dim.lstrip("#"), (size, name))[0]
        if known != size:
            return False
    others = shape[len(dims) :]
    return rest in ("", "...") or settled.setdefault(rest, (others, name))[0] == others


def _words(dims: list[str], rest: str, name: str = "", settled: Settled | None = None) -> str:
    """A shape in an error message, with what earlier arguments have settled about it."""
    found = {dim: known for dim, known in (settled or {}).items() if known[1] != name}
    if not dims:
        return "shape {} as in {}".format(*found[rest]) if rest in found else _open(rest)
    names = ["any" if dim == "_" else dim.lstrip("#") for dim in dims]
    sizes = [f"{dim} = {found[dim][0]} as in {found[dim][1]}" for dim in names if dim in found]
    if rest in found:
        sizes.append("... = {} as in {}".format(*found[rest]))
    inside = ", ".join(names + ["..."] * bool(rest)) + "," * (len(names) == 1 and not rest)
    either = " or (1,)" if dims[0][0] == "#" else ""
    return f"shape ({inside}){either}" + (f" with {' and '.join(sizes)}" if sizes else "")


def _open(rest: str) -> str:
    return "any shape" if rest else "shape ()"


# --- things made of others ------------------------------------------------------------------------


def _union(rules: list[_Rule]) -> _Rule:
    if _ANYTHING in rules:
        return _ANYTHING

    def fitted(value: Any, name: str, settled: Settled) -> Any:
        found = [rule for rule in rules if rule.suits(value)]
        if len(found) > 1 and isinstance(value, list | tuple) and value:
            found = [r for r in found if not r.part or r.part.suits(value[0])] or found
        return found[0].fitted(value, name, settled)

    words = " or ".join(rule.expected for rule in rules)
    return _Rule(words, lambda value: any(rule.suits(value) for rule in rules), fitted)


def _tuple(rules: list[_Rule]) -> _Rule:
    n = len(rules)

    def fitted(value: tuple, name: str, settled: Settled) -> tuple:
        parts = zip(rules, value, strict=True)
        return tuple(
            [rule.look(part, f"{name}[{i}]", settled) for i, (rule, part) in enumerate(parts)]
        )

    return _Rule(f"a tuple of {n}", lambda v: isinstance(v, tuple) and len(v) == n, fitted)


def _sequence(kind: Any, inner: Any, demands: _Demands) -> _Rule:
    rule = _rule(inner, demands)

    def suits(value: Any) -> bool:
        if isinstance(value, np.ndarray):
            return inner in (float, int) and value.ndim == 1
        return isinstance(value, kind) and not isinstance(value, str)

    def fitted(value: Any, name: str, settled: Settled) -> Any:
        if rule is _ANYTHING or isinstance(value, Iterator):  # to look would use an iterator up
            return value
        parts = value.tolist() if isinstance(value, np.ndarray) else value
        parts = [rule.look(part, f"{name}[{i}]", settled) for i, part in enumerate(parts)]
        return tuple(parts) if isinstance(value, tuple) else parts

    words = {list: "a list", tuple: "a tuple"}.get(kind, "a sequence")
    expected = f"{words}, each {rule.expected}" if rule.expected else words
    return _Rule(expected, suits, fitted, rule)


def _mapping(inner: Any, demands: _Demands) -> _Rule:
    # Arrays by name are the parameters of a network, or their gradients.
    rule = _rule(_FLOATS if inner is np.ndarray else inner, demands)

    def fitted(value: Any, name: str, settled: Settled) -> Any:
        if rule is _ANYTHING:
            return value
        return {key: rule.look(part, f"{name}[{key!r}]", settled) for key, part in value.items()}

    return _Rule("a dictionary", lambda value: isinstance(value, Mapping), fitted)


def _shown(value: Any) -> str:
    """A value in an error message, short."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, list | tuple | dict):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, type) or callable(value):
        return getattr(value, "__name__", type(value).__name__)
    text = repr(value)
    return text if len(text) <= 60 else f"a {type(value).__name__}"
