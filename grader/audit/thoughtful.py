"""The reference, changed as somebody might who thinks: right on small inputs, not on all.

Mutants are slips of the pen. These are ideas: a median for a mean, a loop that stops early, an
argument that is used up to a size only, another distribution with the same mean. Each must be
rejected, unless a reason is written down why no allowed input tells it apart.
"""

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.audit.mutants import compiled, without_docstrings


@dataclass
class Idea:
    """A changed function.

    Args:
        what: what is changed, in words.
        function: it can be run.
        used: whether a call has gone another way than the reference. Where the change makes no
            difference to any case, as a limit that no case exceeds, there is nothing to reject.
    """

    what: str
    function: Callable = field(repr=False)
    used: bool = True


def ideas(reference: Callable) -> Iterator[Idea]:
    """The changed functions.

    Args:
        reference: a function of the library.
    """
    if inspect.isclass(reference):
        return
    tree = ast.parse(textwrap.dedent(inspect.getsource(reference)))
    seen = {ast.unparse(tree)}
    for what, change in _IN_THE_TEXT.items():
        changed = ast.unparse(ast.fix_missing_locations(change().visit(copy.deepcopy(tree))))
        if changed not in seen:
            seen.add(changed)
            yield Idea(what, compiled(changed, reference))
    for parameter in inspect.signature(reference).parameters.values():
        if parameter.name == "rng":
            yield from _other_draws(reference)
        elif "Generator" not in str(parameter.annotation):
            yield from _other_use(reference, parameter)


class _Medians(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "mean":
            library = isinstance(node.func.value, ast.Name) and node.func.value.id == "np"
            given = node.args if library else [node.func.value, *node.args]
            median = ast.Attribute(ast.Name("np", ast.Load()), "median", ast.Load())
            return ast.Call(median, given, node.keywords)
        return node


class _Stops(ast.NodeTransformer):
    """A loop over less than all."""

    part = ast.Slice(upper=ast.Constant(3))

    def visit_For(self, node: ast.For) -> Any:
        self.generic_visit(node)
        items = ast.Call(ast.Name("list", ast.Load()), [node.iter], [])
        node.iter = ast.Subscript(items, copy.deepcopy(self.part), ast.Load())
        return node


class _StopsBeforeTheLast(_Stops):
    part = ast.Slice(upper=ast.UnaryOp(ast.USub(), ast.Constant(1)))


_IN_THE_TEXT: dict[str, type[ast.NodeTransformer]] = {
    "medians for means": _Medians,
    "loops end after three turns": _Stops,
    "loops leave out the last turn": _StopsBeforeTheLast,
}


def _other_use(reference: Callable, parameter: inspect.Parameter) -> Iterator[Idea]:
    """One argument used in another way."""
    bind = inspect.signature(reference).bind

    def using(what: str, change: Callable) -> Idea:
        def function(*args: Any, **kwargs: Any) -> Any:
            given = bind(*args, **kwargs)
            right = reference(*args, **kwargs)
            if parameter.name not in given.arguments:
                return right
            changed = change(given.arguments)
            if changed is None:
                return right
            try:
                answer = reference(*given.args, **given.kwargs)
            except (ValueError, IndexError, TypeError):
                return right
            if _form(answer) != _form(right):
                return right
            idea.used = True
            return answer

        idea = Idea(what, function, used=False)
        return idea

    name, said = parameter.name, str(parameter.annotation)
    if "ndarray" in said and "Callable" not in said:
        yield using(f"the first half of {name} only", _sliced(name, _half))
        yield using(f"all of {name} but its last row", _sliced(name, _but_last))
        yield using(f"the first 100 rows of {name}", _sliced(name, _hundred))
    elif parameter.annotation in (float, int, "float", "int"):
        whole = parameter.annotation in (int, "int")
        yield using(f"{name} halved", _number(name, whole, lambda v: v / 2))
        yield using(f"{name} at most one", _number(name, whole, lambda v: min(v, 1)))


def _half(n: int) -> int:
    return (n + 1) // 2


def _but_last(n: int) -> int:
    return n - 1


def _hundred(n: int) -> int:
    return min(n, 100)


def _sliced(name: str, rows: Callable[[int], int]) -> Callable:
    """Rows of an array and of every other array that has as many."""

    def change(arguments: dict[str, Any]) -> Any:
        array = arguments[name]
        if not isinstance(array, np.ndarray) or array.ndim == 0 or rows(len(array)) == len(array):
            return None
        if rows(len(array)) < 1:
            return None
        for key, other in arguments.items():
            if isinstance(other, np.ndarray) and other.ndim and len(other) == len(array):
                arguments[key] = other[: rows(len(array))]
        return arguments

    return change


def _number(name: str, whole: bool, change: Callable[[Any], Any]) -> Callable:
    def changed(arguments: dict[str, Any]) -> Any:
        value = arguments[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or change(value) == value:
            return None
        arguments[name] = int(change(value)) if whole else change(value)
        return arguments

    return changed


def _form(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.shape
    if isinstance(value, dict):
        return {key: _form(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_form(item) for item in value]
    return "one value"


class _Uniform(np.random.Generator):
    """Draws uniform numbers where normal ones are asked for, of the same spread."""

    def standard_normal(self, size: Any = None, *_: Any, **__: Any) -> Any:
        return self.uniform(-np.sqrt(3), np.sqrt(3), size)

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        return loc + scale * self.standard_normal(size)


class _Normal(np.random.Generator):
    """Draws normal numbers where uniform ones over an interval are asked for."""

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        return self.normal((low + high) / 2, (high - low) / np.sqrt(12), size)


class _Rotates(np.random.Generator):
    """Rotates where it should shuffle: not every order can come."""

    def permutation(self, x: Any, axis: int = 0) -> Any:
        items = np.arange(x) if isinstance(x, int | np.integer) else np.asarray(x)
        return np.roll(items, int(self.integers(len(items))), axis)

    def shuffle(self, x: Any, axis: int = 0) -> None:
        x[...] = np.roll(x, int(self.integers(len(x))), axis)

    def permuted(self, x: Any, *, axis: Any = None, out: Any = None) -> Any:
        return np.roll(x, int(self.integers(np.size(x))), axis)


def _other_draws(reference: Callable) -> Iterator[Idea]:
    """The same calls of a generator that draws something else."""
    bind = inspect.signature(reference).bind

    def drawing(kind: type) -> Callable:
        def function(*args: Any, **kwargs: Any) -> Any:
            given = bind(*args, **kwargs)
            rng = given.arguments.get("rng")
            if isinstance(rng, np.random.Generator):
                given.arguments["rng"] = kind(rng.bit_generator)
            return reference(*given.args, **given.kwargs)

        return function

    tree = ast.parse(textwrap.dedent(inspect.getsource(reference)))
    source = ast.unparse(without_docstrings(tree))
    for what, kind, asked in (
        ("uniform numbers for normal ones", _Uniform, ("standard_normal", ".normal(")),
        ("normal numbers for uniform ones", _Normal, ("uniform",)),
        ("rotations for shuffles", _Rotates, ("permut", "shuffle")),
    ):
        if any(name in source for name in asked):
            yield Idea(what, drawing(kind))
