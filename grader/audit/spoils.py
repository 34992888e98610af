"""The right answer, spoiled: an argument overwritten, a part changed, another generator."""

import ast
import copy
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Spoiled = tuple[str, Callable]  # what was done, and the function that does it


def spoiled(reference: Callable, tree: ast.Module) -> Iterator[Spoiled]:
    """The reference with its manners or its answer spoiled.

    Args:
        reference: a function or class of the library.
        tree: its source.
    """
    random = "rng" in inspect.signature(reference).parameters
    yield from overwriting(reference)
    if not inspect.isclass(reference):
        yield from _changed_results(reference, tree, _SPOILS_RANDOM if random else _SPOILS)
    if random:
        yield from _own_generator(reference)


def overwriting(reference: Callable) -> Iterator[Spoiled]:
    """The right answer, with an array argument overwritten on the way."""

    def overwrites(position: int) -> Callable:
        def function(*args: Any, **kwargs: Any) -> Any:
            kept = [a if isinstance(a, np.random.Generator) else copy.deepcopy(a) for a in args]
            answer = reference(*kept, **kwargs)
            if position < len(args) and _first_array(args[position]) is not None:
                _first_array(args[position])[...] = 0
            return answer

        return function

    for position, parameter in enumerate(inspect.signature(reference).parameters.values()):
        said = str(parameter.annotation)
        is_array = "ndarray" in said and "Callable" not in said
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and is_array:
            what = f"{parameter.name} is overwritten"
            yield what, overwrites(position)


def handing_back(reference: Callable) -> Callable:
    """The right answer; where an output equals an argument, it is the argument itself."""

    def function(*args: Any, **kwargs: Any) -> Any:
        answer = reference(*args, **kwargs)
        inputs = [a for a in (*args, *kwargs.values()) if isinstance(a, np.ndarray)]

        def same(output: Any) -> Any:
            if not isinstance(output, np.ndarray):
                return output
            kept = (a for a in inputs if a.dtype == output.dtype and np.array_equal(a, output))
            return next(kept, output)

        return tuple(map(same, answer)) if type(answer) is tuple else same(answer)

    return function


def _own_generator(reference: Callable) -> Iterator[Spoiled]:
    """Draws from a generator of its own, always the same or always another one."""
    for what, own_seed in (("draws from default_rng(0)", 0), ("draws from default_rng()", None)):

        def function(*args: Any, own_seed: int | None = own_seed, **kwargs: Any) -> Any:
            own = np.random.default_rng(own_seed)
            given = [own if isinstance(a, np.random.Generator) else a for a in args]
            return reference(*given, **(kwargs | ({"rng": own} if "rng" in kwargs else {})))

        yield what, function


def _changed_results(
    reference: Callable, tree: ast.Module, spoils_of: dict[str, Callable]
) -> Iterator[Spoiled]:
    """The right answer with one of its parts changed."""
    returned = [n.value for n in ast.walk(tree) if isinstance(n, ast.Return)]
    parts = max((len(v.elts) if isinstance(v, ast.Tuple) else 1 for v in returned), default=0)

    def spoils(position: int, change: Callable) -> Callable:
        def function(*args: Any, **kwargs: Any) -> Any:
            answer = reference(*args, **kwargs)
            if parts == 1 or type(answer) is not tuple:
                return change(answer)
            return tuple(change(a) if i == position else a for i, a in enumerate(answer))

        return function

    for position in range(parts):
        for how, change in spoils_of.items():
            what = f"result {position + 1} {how}"
            yield what, spoils(position, change)


def _without_last(value: Any) -> Any:
    """Zero in place of the last number: a loop that ends too early."""
    if not isinstance(value, np.ndarray) or not value.ndim or not value.size:
        return value * 0
    value = value.copy()
    value[(-1,) * value.ndim] = 0
    return value


def _alike(axis: int) -> Callable:
    """The first along an axis in place of all: drawn once where it should be drawn anew."""

    def change(value: Any) -> Any:
        if not isinstance(value, np.ndarray) or value.ndim <= axis:
            return value * 0
        return np.repeat(value.take([0], axis), value.shape[axis], axis)

    return change


# What a random answer may not be; another sign can be as likely.
_SPOILS_RANDOM: dict[str, Callable] = {
    "times two": lambda value: 2 * value,
    "with all rows alike": _alike(0),
    "with all columns alike": _alike(1),
}
_SPOILS: dict[str, Callable] = {
    "with the other sign": lambda value: -value,
    "times two": lambda value: 2 * value,
    "plus one": lambda value: value + 1,
    "without its last number": _without_last,
}


def _first_array(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.size and value.flags.writeable:
        return value
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        return next((a for v in value if (a := _first_array(v)) is not None), None)
    return None
