"""Small systematic changes to a reference function, as a student might make them by mistake.

A check that accepts such a change has a hole. The operators follow what is known to go wrong in
numerical exercises: a sign, a comparison, a constant, an axis, a lost term, a lost root, a mean for
a sum, swapped arguments, an argument changed in place.
"""

import ast
import copy
import hashlib
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Mutant:
    """A changed function.

    Args:
        what: the change in words, with the line it is on.
        fingerprint: identifies the change as long as the reference stays as it is.
        function: it can be run.
    """

    what: str
    fingerprint: str
    function: Callable


def mutants(reference: Callable) -> list[Mutant]:
    """Every mutant of a function, each different from the others as source.

    Changes to the guard that refuses bad input are not made: whether a student's function refuses
    what it is never given is not part of an exercise.

    Args:
        reference: a function of ``utils``.
    """
    source = textwrap.dedent(inspect.getsource(reference))
    tree = ast.parse(source)
    seen, found = {ast.unparse(tree)}, []
    for what, changed in _changes(tree):
        text = ast.unparse(ast.fix_missing_locations(changed))
        if text in seen:
            continue
        seen.add(text)
        function = _compile(text, reference)
        found.append(Mutant(what, _fingerprint(what, text), function))
    found += _ill_mannered(reference)
    return found


def _fingerprint(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def _compile(source: str, reference: Callable) -> Callable:
    module = sys.modules[reference.__module__]
    namespace = dict(vars(module))
    exec(compile(source, f"<mutant of {reference.__name__}>", "exec"), namespace)
    return namespace[reference.__name__]


_OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
}
_COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_TWINS = {
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "minimum": "maximum",
    "argmax": "argmin",
    "std": "var",
    "var": "std",
    "zeros": "ones",
    "zeros_like": "ones_like",
    "sin": "cos",
    "floor": "ceil",
}
_SYMMETRIC = {"maximum", "minimum", "hypot", "add", "multiply"}
_TRANSPARENT = {"sqrt", "exp", "log", "abs", "square", "tanh", "sign", "copy"}


def _changes(tree: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    """Each change as a tree of its own."""
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    for path, node in _walk(function, ()):
        for what, new in _replacements(node):
            changed = copy.deepcopy(tree)
            if _replace(changed.body[0], path, new):
                line = getattr(node, "lineno", 0)
                yield f"line {line}: {what}", changed


Path = tuple[tuple[str, int | None], ...]


def _walk(node: ast.AST, path: Path) -> Iterator[tuple[Path, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if isinstance(node, ast.FunctionDef) and name in ("args", "returns", "decorator_list"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_guard(child) or _is_docstring(child):
                continue
            if isinstance(child, ast.keyword) and child.arg in ("axis", "strict"):
                continue
            here = (*path, (name, index))
            yield here, child
            yield from _walk(child, here)


def _is_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.Raise) or (
        isinstance(node, ast.If) and all(isinstance(n, ast.Raise) for n in node.body)
    )


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _replace(root: ast.AST, path: Path, new: ast.AST | None) -> bool:
    node: Any = root
    for name, index in path[:-1]:
        node = getattr(node, name) if index is None else getattr(node, name)[index]
    name, index = path[-1]
    if new is None:
        if index is None or len(getattr(node, name)) == 1:
            return False
        del getattr(node, name)[index]
    elif index is None:
        setattr(node, name, new)
    else:
        getattr(node, name)[index] = new
    return True


def _replacements(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    if isinstance(node, ast.BinOp):
        yield from _of_operation(node)
    elif isinstance(node, ast.AugAssign):
        for other in _OPERATORS.get(type(node.op), ()):
            yield f"{_name(node.op)}= becomes {_name(other())}=", _with(node, op=other())
        yield "the statement is left out", None
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield f"{ast.unparse(node)} loses its sign or negation", node.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _COMPARISONS.get(type(node.ops[0]), ()):
            yield f"{ast.unparse(node)} compares otherwise", _with(node, ops=[other()])
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node)
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.IfExp):
        yield "the two answers change places", _with(node, body=node.orelse, orelse=node.body)
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        pair = node.value.elts
        if len(pair) == 2:
            swapped = ast.Tuple([pair[1], pair[0]], ast.Load())
            yield "the results change places", ast.Return(swapped)
        yield "only the first result is returned", ast.Return(pair[0])
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield f"{ast.unparse(node)} is not transposed", node.value


def _of_operation(node: ast.BinOp) -> Iterator[tuple[str, ast.AST]]:
    text = ast.unparse(node)
    for other in _OPERATORS.get(type(node.op), ()):
        yield f"{_name(node.op)} becomes {_name(other())} in {text}", _with(node, op=other())
    yield f"{text} loses its right side", node.left
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.MatMult):
        yield f"{text} loses its left side", node.right
    if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
        yield f"{text} with its sides swapped", _with(node, left=node.right, right=node.left)


def _of_constant(node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} becomes {not value}", ast.Constant(not value)
    elif isinstance(value, int | float):
        for other in {value + 1, -value, value * 2} - {value}:
            yield f"{value} becomes {other}", ast.Constant(other)


def _of_call(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    text = ast.unparse(node)
    if isinstance(node.func, ast.Attribute):
        twin = _TWINS.get(node.func.attr)
        if twin:
            yield f"{twin} for {text}", _with(node, func=_with(node.func, attr=twin))
        if node.func.attr in _TRANSPARENT and node.args:
            yield f"{text} is left out", node.args[0]
        if node.func.attr in _TRANSPARENT and not node.args:
            yield f"{text} is left out", node.func.value
    symmetric = isinstance(node.func, ast.Attribute) and node.func.attr in _SYMMETRIC
    for i in range(0 if symmetric else len(node.args) - 1):
        args = list(node.args)
        args[i], args[i + 1] = args[i + 1], args[i]
        yield f"two arguments change places in {text}", _with(node, args=args)
    for i, keyword in enumerate(node.keywords):
        rest = [k for j, k in enumerate(node.keywords) if j != i]
        if keyword.arg == "strict":  # it only guards against what never happens
            continue
        if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant):
            other = ast.keyword("axis", ast.Constant(0 if keyword.value.value else 1))
            yield f"another axis in {text}", _with(node, keywords=[*rest, other])
        yield f"{keyword.arg} is left out of {text}", _with(node, keywords=rest)
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if called in ("std", "var"):
        ddof = [*node.keywords, ast.keyword("ddof", ast.Constant(1))]
        yield f"ddof=1 in {text}", _with(node, keywords=ddof)


def _with(node: Any, **changes: Any) -> Any:
    new = copy.copy(node)
    for name, value in changes.items():
        setattr(new, name, value)
    return new


def _name(operator: ast.AST) -> str:
    names = {"Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "Pow": "**", "MatMult": "@"}
    return names.get(type(operator).__name__, type(operator).__name__)


def _ill_mannered(reference: Callable) -> Iterator[Mutant]:
    """The right answer, with an array argument overwritten on the way, or in another dtype."""

    def overwrites(position: int) -> Callable:
        def function(*args: Any, **kwargs: Any) -> Any:
            kept = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
            answer = reference(*kept, **kwargs)
            if position < len(args) and _first_array(args[position]) is not None:
                _first_array(args[position])[...] = 0
            return answer

        return function

    for position, parameter in enumerate(inspect.signature(reference).parameters.values()):
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and "ndarray" in str(
            parameter.annotation
        ):
            what = f"{parameter.name} is overwritten"
            yield Mutant(what, _fingerprint(what), overwrites(position))


def _first_array(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.size and value.flags.writeable:
        return value
    if isinstance(value, tuple | list):
        return next((a for v in value if (a := _first_array(v)) is not None), None)
    return None
