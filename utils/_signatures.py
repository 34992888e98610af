"""What the signatures of the library state, held in every call: bad input is refused in a sentence.

A module of the library ends with ``enforce(__name__)``. From there on its public functions and
classes look at their arguments before they compute::

    x: Float[np.ndarray, "n d"]      an array of floating-point numbers with two axes
    w: Float[np.ndarray, " d"]       as long as the rows of x, because the size has the same name
    lr: float, steps: int            a number, a whole number; True is neither
    rng: np.random.Generator         nothing else

What is another kind of thing raises TypeError, an array of another shape or dtype ValueError; both
say the argument's name, what came and what was expected. All floating-point arrays of a call have
one precision. So no function broadcasts by accident, and none needs guards of its own for what its
signature says already. What a signature cannot say, ``enforce`` is told: which functions need at
least one number, because a mean of nothing has no value, and which check more than this.

Two things are made to fit instead. A NumPy number, such as ``np.float64(0.1)``, becomes a plain
one, because it would turn a float32 array into float64. A list of numbers becomes a vector.
"""

import collections.abc
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any

import numpy as np
from jaxtyping import AbstractArray, Bool, Float, Int

# What the arguments of one call have settled so far, each with the argument that did: the size of
# an axis by its name, and the dtype of the floating-point arrays as _PRECISION.
Settled = dict[str, tuple[Any, str]]
_PRECISION = " precision"

Look = Callable[[Any, Settled], Any]  # gives what to use for an argument, or raises


@dataclass(frozen=True)
class _Demands:
    """What a function asks of all its arguments.

    Args:
        filled: at least one number in each.
        finite: neither NaN nor infinity in its arrays, nor among its numbers.
        one_precision: all floating-point arrays of the same dtype.
        duck_typed: an object need not be of the class that the signature names.
    """

    filled: bool = False
    finite: bool = False
    one_precision: bool = False
    duck_typed: bool = False


@dataclass(frozen=True)
class _Rule:
    """What is asked of one argument.

    Args:
        expected: in words.
        suits: is a value that kind of thing at all?
        fitted: gives what to use for a value that suits, or raises ValueError.
    """

    expected: str
    suits: Callable[[Any], bool]
    fitted: Look = lambda value, settled: value


def enforce(
    module: str,
    *,
    filled: Iterable[Callable] = (),
    finite: Iterable[Callable] = (),
    any_precision: Iterable[Callable] = (),
    duck_typed: Iterable[Callable] = (),
    checks: Mapping[Callable, Callable[..., None]] | None = None,
) -> None:
    """Make the public functions and classes of a module look at their arguments.

    Args:
        module: its name; the call stands at its end.
        filled: functions whose arrays must hold at least one number.
        finite: functions that cannot work with NaN or infinity.
        any_precision: functions that take float32 and float64 together.
        duck_typed: functions that take whatever behaves like the class in their signature.
        checks: ``{function: check}``: what else there is to look at. The check has some of the
            function's arguments, by name, and raises ValueError.
    """
    filled, finite, any_precision = set(filled), set(finite), set(any_precision)
    duck_typed, checks = set(duck_typed), checks or {}
    space = vars(sys.modules[module])
    for name, thing in list(space.items()):
        if name.startswith("_") or getattr(thing, "__module__", None) != module:
            continue
        if inspect.isfunction(thing):
            demands = _Demands(
                filled=thing in filled,
                finite=thing in finite,
                one_precision=thing not in any_precision,
                duck_typed=thing in duck_typed,
            )
            space[name] = _looking(thing, demands, checks.get(thing))
        elif inspect.isclass(thing) and not issubclass(thing, tuple):
            for method, function in list(vars(thing).items()):
                if inspect.isfunction(function) and (method == "__init__" or method[0] != "_"):
                    setattr(thing, method, _looking(function, _Demands()))


def _looking(function: Callable, demands: _Demands, check: Callable | None = None) -> Callable:
    """The function, with a look at each argument first."""
    names: list[str] = []  # of what may come by position
    looks: dict[str, Look | None] = {}
    others: Any = Any  # the annotation of further keyword arguments
    wanted = set(inspect.signature(check).parameters) if check else set()

    def prepare() -> None:  # by the first call: most functions of a module are never called
        nonlocal others
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind is parameter.VAR_KEYWORD:
                others = parameter.annotation
                continue
            looks[name] = _look(parameter.annotation, name, demands)
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                names.append(name)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True  # IPython leaves this frame out
        if not looks:
            prepare()
        settled: Settled = {}
        fitted = list(args)
        for i, (name, value) in enumerate(zip(names, args, strict=False)):
            if look := looks[name]:
                fitted[i] = look(value, settled)
        for name, value in kwargs.items():
            if name not in looks:
                looks[name] = _look(others, name, demands)
            if look := looks[name]:
                kwargs[name] = look(value, settled)
        if check:
            given = dict(zip(names, fitted, strict=False)) | kwargs
            check(**{name: value for name, value in given.items() if name in wanted})
        return function(*fitted, **kwargs)

    return call


def _look(annotation: Any, name: str, demands: _Demands) -> Look | None:
    """How to look at an argument; None when its annotation asks nothing."""
    rule = _rule(annotation, name, demands)
    if rule is None:
        return None
    expected, suits, fitted = rule.expected, rule.suits, rule.fitted
    finite = demands.finite and annotation in (float, int)

    def look(value: Any, settled: Settled) -> Any:
        if not suits(value):
            raise TypeError(f"{name} is {_shown(value)}, expected {expected}")
        if finite and not np.isfinite(value):
            raise ValueError(f"{name} is {value}, expected a finite number")
        return fitted(value, settled)

    return look


def _rule(annotation: Any, name: str, demands: _Demands) -> _Rule | None:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in (Any, object, inspect.Parameter.empty) or isinstance(annotation, str):
        return None
    if annotation is None or annotation in _SIMPLE:
        return _SIMPLE[annotation or types.NoneType]
    if isinstance(annotation, type) and issubclass(annotation, AbstractArray):
        return _array(annotation, name, demands)
    if origin in (types.UnionType, typing.Union):
        return _union([_rule(one, name, demands) for one in inner])
    if origin is tuple and inner[-1] is not Ellipsis:
        return _tuple([_look(one, f"{name}[{i}]", demands) for i, one in enumerate(inner)])
    if origin in (list, tuple, Sequence, Iterable):
        return _sequence(origin, inner[0], name, demands)
    if annotation in (Sequence, Iterable):
        return _sequence(annotation, Any, name, demands)
    if origin in (dict, Mapping):
        return _mapping(inner[1], name, demands)
    if origin is collections.abc.Callable:
        return _SIMPLE[origin]
    kind = origin or annotation
    if demands.duck_typed:
        return None
    words = _WORDS.get(kind) or f"a {kind.__module__}.{kind.__name__}"
    return _Rule(words, lambda value: isinstance(value, kind))


def _is_number(value: Any) -> bool:
    kind = type(value)
    return (
        kind is float
        or kind is int
        or (isinstance(value, float | int | np.floating | np.integer) and kind is not bool)
    )


def _is_whole(value: Any) -> bool:
    kind = type(value)
    return kind is int or (isinstance(value, int | np.integer) and kind is not bool)


def _plain(value: Any, settled: Settled) -> Any:
    return value.item() if isinstance(value, np.generic) else value


_SIMPLE: dict[Any, _Rule] = {
    float: _Rule("a number", _is_number, _plain),
    int: _Rule("a whole number", _is_whole, _plain),
    bool: _Rule("True or False", lambda value: isinstance(value, bool | np.bool_), _plain),
    types.NoneType: _Rule("None", lambda value: value is None),
    collections.abc.Callable: _Rule("a function", callable),
}
_WORDS = {
    np.random.Generator: "a random generator such as np.random.default_rng(0)",
    np.ndarray: "an array",
    str: "a text",
    type: "a type such as np.float64",
    tuple: "a tuple",
    dict: "a dictionary",
}


# --- arrays ---------------------------------------------------------------------------------------

_ARRAYS: dict[str, Any] = {
    "f": Float[np.ndarray, "..."],
    "i": Int[np.ndarray, "..."],
    "b": Bool[np.ndarray, "..."],
}
_KINDS = {array.dtypes: kind for kind, array in _ARRAYS.items()}
_NUMBERS = {"f": "floating-point numbers", "i": "whole numbers", "b": "True and False"}
_REMEDIES = {"f": "float", "i": "int", "b": "bool"}


def _array(annotation: Any, name: str, demands: _Demands) -> _Rule:
    """An axis is a name, a number, ``_``, ``#name`` or, in the last place, ``*name`` or ``...``."""
    kind = _KINDS.get(annotation.dtypes, "")
    dims = annotation.dim_str.split()
    rest = dims.pop() if dims and (dims[-1] == "..." or dims[-1][0] == "*") else None
    is_vector = len(dims) == 1 and rest is None and kind == "f"

    def suits(value: Any) -> bool:
        return isinstance(value, np.ndarray) or (
            is_vector and isinstance(value, list) and all(map(_is_number, value))
        )

    def fitted(value: Any, settled: Settled) -> np.ndarray:
        if isinstance(value, list):
            value = np.array(value, settled[_PRECISION][0] if _PRECISION in settled else float)
        dtype, shape = value.dtype, value.shape
        if kind and dtype.kind != kind:
            remedy = f"{name}.astype({_REMEDIES[kind]})"
            raise ValueError(f"{name} has dtype {dtype}, expected {_NUMBERS[kind]}: {remedy}")
        if kind == "f":
            known, first = settled.setdefault(_PRECISION, (dtype, name))
            if known is not dtype and known != dtype and demands.one_precision:
                raise ValueError(f"{name} has dtype {dtype}, expected {known} as in {first}")
        if not _fits(shape, name, dims, rest, settled):
            expected = _words(dims, rest) + _known(name, dims, rest, settled)
            if not dims and rest in settled:
                expected = "shape {} as in {}".format(*settled[rest])
            raise ValueError(f"{name} has shape {shape}, expected {expected}")
        if demands.filled and 0 in shape:
            raise ValueError(f"{name} has shape {shape}, expected at least one number")
        if demands.finite and not np.isfinite(value).all():
            raise ValueError(f"{name} holds NaN or infinity, expected finite numbers")
        return value

    numbers = f" of {_NUMBERS[kind]}" if kind else ""
    return _Rule(f"an array{numbers} of {_words(dims, rest)}", suits, fitted)


def _fits(
    shape: tuple[int, ...], name: str, dims: list[str], rest: str | None, settled: Settled
) -> bool:
    """Whether a shape agrees with what is settled; what it adds to that is settled then."""
    if len(shape) < len(dims) or (rest is None and len(shape) > len(dims)):
        return False
    for dim, size in zip(dims, shape, strict=False):
        if dim in settled:
            known = settled[dim][0]
        elif dim.isdecimal():
            known = int(dim)
        elif dim == "_" or (dim[0] == "#" and size == 1):
            continue
        else:
            known = settled.setdefault(dim.lstrip("#"), (size, name))[0]
        if known != size:
            return False
    if rest is None or rest == "...":
        return True
    others = shape[len(dims) :] if dims else shape
    return settled.setdefault(rest, (others, name))[0] == others


def _words(dims: list[str], rest: str | None) -> str:
    if not dims and rest is not None:
        return "any shape"
    inside = ["any" if dim == "_" else dim.lstrip("#") for dim in dims] + ["..."] * (
        rest is not None
    )
    words = f"shape ({', '.join(inside)}{',' if len(inside) == 1 else ''})"
    return f"{words} or (1,)" if dims and dims[0][0] == "#" else words


def _known(name: str, dims: list[str], rest: str | None, settled: Settled) -> str:
    """What earlier arguments have settled about a shape, as the end of a sentence."""
    found = {dim: settled[dim] for d in dims if (dim := d.lstrip("#")) in settled}
    if rest in settled:
        found["..."] = settled[rest]
    said = [f"{dim} = {size} as in {who}" for dim, (size, who) in found.items() if who != name]
    return f" with {' and '.join(said)}" if said else ""


# --- things made of others ------------------------------------------------------------------------


def _union(rules: list[_Rule | None]) -> _Rule | None:
    known = [rule for rule in rules if rule is not None]
    if len(known) < len(rules):
        return None

    def suits(value: Any) -> bool:
        for rule in known:
            if rule.suits(value):
                return True
        return False

    def fitted(value: Any, settled: Settled) -> Any:
        for rule in known:
            if rule.suits(value):
                return rule.fitted(value, settled)

    return _Rule(" or ".join(rule.expected for rule in known), suits, fitted)


def _tuple(looks: list[Look | None]) -> _Rule:
    n = len(looks)

    def fitted(value: Any, settled: Settled) -> tuple:
        return tuple(
            [look(part, settled) if look else part for look, part in zip(looks, value, strict=True)]
        )

    return _Rule(f"a tuple of {n}", lambda v: isinstance(v, tuple) and len(v) == n, fitted)


def _sequence(kind: Any, inner: Any, name: str, demands: _Demands) -> _Rule:
    rule = _rule(inner, name, demands)
    part_looks = _by_key(inner, name, demands)
    numbers = inner in (float, int)

    def suits(value: Any) -> bool:
        if isinstance(value, np.ndarray):
            return numbers and value.ndim == 1
        return isinstance(value, kind) and not isinstance(value, str)

    def fitted(value: Any, settled: Settled) -> Any:
        if rule is None or isinstance(value, Iterator):  # to look would use an iterator up
            return value
        parts = value.tolist() if isinstance(value, np.ndarray) else value
        parts = [part_looks(i)(part, settled) for i, part in enumerate(parts)]
        return tuple(parts) if isinstance(value, tuple) else parts

    words = {list: "a list", tuple: "a tuple"}.get(kind, "a sequence")
    return _Rule(f"{words}, each {rule.expected}" if rule else words, suits, fitted)


def _mapping(inner: Any, name: str, demands: _Demands) -> _Rule:
    # Arrays by name are the parameters of a network, or their gradients.
    inner = _ARRAYS["f"] if inner is np.ndarray else inner
    rule = _rule(inner, name, demands)
    part_looks = _by_key(inner, name, demands)

    def fitted(value: Any, settled: Settled) -> Any:
        if rule is None:
            return value
        return {key: part_looks(key)(part, settled) for key, part in value.items()}

    return _Rule("a dictionary", lambda value: isinstance(value, Mapping), fitted)


def _by_key(inner: Any, name: str, demands: _Demands) -> Callable[[Any], Any]:
    """How to look at the part of a list or dictionary that has a given key."""
    return lru_cache(1000)(lambda key: _look(inner, f"{name}[{key!r}]", demands))


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
