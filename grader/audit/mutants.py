"""Small systematic changes to a reference, as a student might make them by mistake.

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

from grader.audit.spoils import spoiled


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
    """Every mutant of a function or class, each different from the others as source.

    Changes to the guard that refuses bad input are not made: whether a student's function refuses
    what it is never given is not part of an exercise.

    Args:
        reference: a function or class of the library.
    """
    source = textwrap.dedent(inspect.getsource(reference))
    tree = without_docstrings(ast.parse(source))
    seen, found = {ast.unparse(tree)}, []
    for what, changed in _changes(tree):
        text = ast.unparse(ast.fix_missing_locations(changed))
        if text in seen:
            continue
        seen.add(text)
        function = compiled(text, reference)
        found.append(Mutant(what, _fingerprint(text), function))
    found += [Mutant(what, _fingerprint(what), f) for what, f in spoiled(reference, tree)]
    return found


def without_docstrings(tree: ast.Module) -> ast.Module:
    """A text that is put better leaves every mutant, and its fingerprint, as it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            del node.body[0]
    return tree


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def compiled(source: str, reference: Callable) -> Callable:
    """The function that changed source code defines, with the globals of the reference."""
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
    for path, node in _walk(tree.body[0], ()):
        for what, new in _replacements(node):
            changed = copy.deepcopy(tree)
            if _replace(changed.body[0], path, new):
                line = getattr(node, "lineno", 0)
                yield f"line {line}: {what}", changed
    for path, function in _functions(tree):
        yield from _of_statements(tree, function, path)
        yield from _deaf(tree, function, path)


Path = tuple[tuple[str, int | None], ...]


def _functions(tree: ast.Module) -> Iterator[tuple[Path, ast.FunctionDef]]:
    """The function itself, or the methods of a class."""
    reference = tree.body[0]
    if isinstance(reference, ast.FunctionDef):
        yield (), reference
    elif isinstance(reference, ast.ClassDef):
        for i, part in enumerate(reference.body):
            if isinstance(part, ast.FunctionDef):
                yield (("body", i),), part


# The fields of a node that say nothing about what a call does.
_NOT_RUN: dict[type, tuple[str, ...]] = {
    ast.FunctionDef: ("args", "returns", "decorator_list"),
    ast.ClassDef: ("bases", "keywords", "decorator_list"),
    ast.AnnAssign: ("annotation",),
}


def _walk(node: ast.AST, path: Path) -> Iterator[tuple[Path, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if name in _NOT_RUN.get(type(node), ()):
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


def _at(root: Any, path: Path) -> Any:
    for name, index in path:
        root = getattr(root, name) if index is None else getattr(root, name)[index]
    return root


def _replace(root: ast.AST, path: Path, new: ast.AST | None) -> bool:
    node = _at(root, path[:-1])
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
    elif isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in _COMPARISONS.get(type(op), ()):
                ops = [*node.ops[:i], other(), *node.ops[i + 1 :]]
                yield f"{ast.unparse(node)} compares otherwise", _with(node, ops=ops)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"{ast.unparse(node)} with the other of and, or", _with(node, op=other)
        for i in range(len(node.values)):
            rest = [v for j, v in enumerate(node.values) if j != i]
            fewer = rest[0] if len(rest) == 1 else _with(node, values=rest)
            yield f"{ast.unparse(node)} without {ast.unparse(node.values[i])}", fewer
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
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    symmetric = name in _SYMMETRIC or (name in ("max", "min") and isinstance(node.func, ast.Name))
    for i in range(0 if symmetric else len(node.args) - 1):
        args = list(node.args)
        args[i], args[i + 1] = args[i + 1], args[i]
        yield f"two arguments change places in {text}", _with(node, args=args)
    for i, keyword in enumerate(node.keywords):
        rest = [k for j, k in enumerate(node.keywords) if j != i]
        if keyword.arg == "strict":  # it only guards against what never happens
            continue
        for axis in _other_axes(keyword):
            other = ast.keyword("axis", ast.Constant(axis))
            yield f"axis={axis} in {text}", _with(node, keywords=[*rest, other])
        yield f"{keyword.arg} is left out of {text}", _with(node, keywords=rest)
    if isinstance(node.func, ast.Name) and node.func.id == "len":
        yield f"all numbers for {text}", ast.Attribute(node.args[0], "size", ast.Load())
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if called in ("std", "var"):
        ddof = [*node.keywords, ast.keyword("ddof", ast.Constant(1))]
        yield f"ddof=1 in {text}", _with(node, keywords=ddof)


def _other_axes(keyword: ast.keyword) -> list[Any]:
    if keyword.arg != "axis":
        return []
    try:
        axis = ast.literal_eval(keyword.value)
    except ValueError:  # it is computed
        return []
    if isinstance(axis, tuple):
        return [tuple(a for a in axis if a != left_out) for left_out in axis]
    return [0 if axis else 1]


def _with(node: Any, **changes: Any) -> Any:
    new = copy.copy(node)
    for name, value in changes.items():
        setattr(new, name, value)
    return new


def _of_statements(
    tree: ast.Module, function: ast.FunctionDef, where: Path
) -> Iterator[tuple[str, ast.Module]]:
    """Statements left out, done in place, or in the wrong order, where the result still runs."""
    parameters = {a.arg for a in (*function.args.args, *function.args.kwonlyargs)}
    bound = set(parameters)
    for path, body in _bodies(function, where):
        bound_before: set[str] = set()
        for i, statement in enumerate(body):
            line = f"line {statement.lineno}"
            text = ast.unparse(statement).partition("\n")[0]
            writes, reads = _names(statement, ast.Store), _names(statement, ast.Load)
            reads |= writes if isinstance(statement, ast.AugAssign) else set()
            rest = [s for j, s in enumerate(body) if j != i]
            simple = isinstance(statement, ast.Assign | ast.Expr) and not _is_docstring(statement)
            if simple and writes <= bound and rest:
                yield f"{line}: {text} is left out", _with_body(tree, path, rest)
            if isinstance(statement, ast.If) and not statement.orelse and not _is_guard(statement):
                always = [*body[:i], *statement.body, *body[i + 1 :]]
                yield f"{line}: {text} is left out", _with_body(tree, path, rest or [ast.Pass()])
                yield f"{line}: {text} always", _with_body(tree, path, always)
            if isinstance(statement, ast.Assign) and not isinstance(statement.value, ast.Name):
                for name in sorted(reads & parameters):
                    yield f"{line}: {text} writes into {name}", _in_place(tree, path, i, name)
            previous = body[i - 1] if i else statement
            if isinstance(previous, ast.Assign | ast.AugAssign | ast.If):
                before = _names(previous, ast.Store) & reads
                if i and before and before <= bound_before:
                    swapped = [*body[: i - 1], statement, previous, *body[i + 1 :]]
                    yield f"{line}: {text} one statement earlier", _with_body(tree, path, swapped)
            bound_before = set(bound)
            bound |= writes


def _bodies(node: Any, path: Path) -> Iterator[tuple[Path, list[ast.stmt]]]:
    """Every list of statements of a function, the outer before the inner."""
    for name in ("body", "orelse"):
        statements = getattr(node, name, None)
        if isinstance(statements, list) and statements:
            yield (*path, (name, None)), statements
            for i, statement in enumerate(statements):
                if not _is_guard(statement):
                    yield from _bodies(statement, (*path, (name, i)))


def _names(node: ast.AST, context: type) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}


def _with_body(tree: ast.Module, path: Path, statements: list[Any]) -> ast.Module:
    changed = copy.deepcopy(tree)
    _replace(changed.body[0], path, copy.deepcopy(statements))  # type: ignore[arg-type]
    return changed


def _in_place(tree: ast.Module, path: Path, i: int, name: str) -> ast.Module:
    """``z = f(x)`` as ``x[...] = f(x)`` and ``z = x``: the old values of x are gone."""
    changed = copy.deepcopy(tree)
    body = _at(changed.body[0], path)
    into = ast.parse(f"{name}[...] = {ast.unparse(body[i].value)}").body[0]
    after = ast.Assign(body[i].targets, ast.Name(name, ast.Load()))
    body[i : i + 1] = [ast.copy_location(s, body[i]) for s in (into, after)]
    return changed


def _deaf(
    tree: ast.Module, function: ast.FunctionDef, where: Path
) -> Iterator[tuple[str, ast.Module]]:
    """An option that is not listened to: its default stands in the code instead."""
    args = function.args
    positional = args.args[len(args.args) - len(args.defaults) :]
    pairs = [*zip(positional, args.defaults, strict=True)]
    pairs += [*zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    for parameter, default in pairs:
        if default is not None and parameter.arg in _names(function, ast.Load):
            changed = copy.deepcopy(tree)
            _Fixed(parameter.arg, default).visit(_at(changed.body[0], where))
            yield f"{parameter.arg} is always {ast.unparse(default)}", changed


class _Fixed(ast.NodeTransformer):
    def __init__(self, name: str, value: ast.expr) -> None:
        self.name, self.value = name, value

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self.value if node.id == self.name and isinstance(node.ctx, ast.Load) else node


def _name(operator: ast.AST) -> str:
    names = {"Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "Pow": "**", "MatMult": "@"}
    return names.get(type(operator).__name__, type(operator).__name__)
