"""The reference in algebraically equal forms: every check must accept them all.

A student may multiply out, divide first, add up in another order. Each form changes the whole
function in one way; what it computes stays the same up to rounding. Cases of huge and tiny numbers
are left out, because there one form may overflow where another does not.
"""

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from grader.audit.mutants import compiled


def equal_forms(reference: Callable) -> Iterator[tuple[str, Callable]]:
    """The function in other forms, each with its name.

    Args:
        reference: a function of the library.
    """
    if inspect.isclass(reference):
        return
    tree = ast.parse(textwrap.dedent(inspect.getsource(reference)))
    seen = {ast.unparse(tree)}
    for name, transformer in _FORMS.items():
        changed = ast.fix_missing_locations(transformer().visit(copy.deepcopy(tree)))
        text = ast.unparse(changed)
        if text not in seen:
            seen.add(text)
            yield name, compiled(text, reference)


def _binary(left: Any, operator: Any, right: Any) -> ast.BinOp:
    return ast.BinOp(copy.deepcopy(left), operator, copy.deepcopy(right))


class _Form(ast.NodeTransformer):
    """Leaves alone what is no arithmetic of numbers: annotations, indices, sizes, comparisons."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.body = [self.visit(part) for part in node.body]
        return node

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        node.value = self.visit(node.value)
        return node

    def visit_Compare(self, node: ast.Compare) -> Any:
        return node  # a tie may fall to the other side

    def visit_If(self, node: ast.If) -> Any:
        node.body = [self.visit(part) for part in node.body]
        node.orelse = [self.visit(part) for part in node.orelse]
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        named = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if named in ("range", "reshape", "zeros", "ones", "arange", "full", "transpose"):
            return node
        return self.generic_visit(node)


class _MultipliedOut(_Form):
    """a * (b + c) becomes a * b + a * c, and (a + b) / c becomes a / c + b / c."""

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        match node:
            case ast.BinOp(a, ast.Mult(), ast.BinOp(b, (ast.Add() | ast.Sub()) as plus, c)):
                return _binary(_binary(a, ast.Mult(), b), plus, _binary(a, ast.Mult(), c))
            case ast.BinOp(
                ast.BinOp(a, (ast.Add() | ast.Sub()) as plus, b), (ast.Mult() | ast.Div()) as by, c
            ):
                return _binary(_binary(a, by, c), plus, _binary(b, by, c))
        return node


class _DividedLate(_Form):
    """a / b becomes a * (1 / b)."""

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        if isinstance(node.op, ast.Div):
            return _binary(node.left, ast.Mult(), _binary(ast.Constant(1), ast.Div(), node.right))
        return node


class _OtherOrder(_Form):
    """a * b becomes b * a, and (a * b) * c becomes a * (b * c)."""

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Mult) or _is_text(node.left) or _is_text(node.right):
            return node
        match node.left:
            case ast.BinOp(a, ast.Mult(), b):
                return _binary(a, ast.Mult(), _binary(b, ast.Mult(), node.right))
        return _binary(node.right, ast.Mult(), node.left)


class _SubtractedFirst(_Form):
    """a - b becomes -(b - a)."""

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        if isinstance(node.op, ast.Sub):
            return ast.UnaryOp(ast.USub(), _binary(node.right, ast.Sub(), node.left))
        return node


class _Squared(_Form):
    """a ** 2 becomes a * a."""

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        match node:
            case ast.BinOp(a, ast.Pow(), ast.Constant(2)):
                return _binary(a, ast.Mult(), a)
        return node


class _SummedBackwards(_Form):
    """x.sum(axis=0) becomes x[::-1].sum(axis=0)."""

    def visit_Call(self, node: ast.Call) -> Any:
        node = super().visit_Call(node)
        if isinstance(node, ast.Call) and _along_rows(node, "sum"):
            assert isinstance(node.func, ast.Attribute)
            backwards = ast.Slice(step=ast.UnaryOp(ast.USub(), ast.Constant(1)))
            node.func.value = ast.Subscript(node.func.value, backwards, ast.Load())
        return node


class _MeanAsSum(_Form):
    """x.mean(axis=0) becomes x.sum(axis=0) / len(x)."""

    def visit_Call(self, node: ast.Call) -> Any:
        node = super().visit_Call(node)
        if isinstance(node, ast.Call) and _along_rows(node, "mean"):
            assert isinstance(node.func, ast.Attribute)
            number = ast.Call(ast.Name("len", ast.Load()), [copy.deepcopy(node.func.value)], [])
            node.func.attr = "sum"
            return ast.BinOp(node, ast.Div(), number)
        return node


def _along_rows(node: ast.Call, name: str) -> bool:
    match node:
        case ast.Call(ast.Attribute(attr=attr), [], [ast.keyword("axis", ast.Constant(0))]):
            return attr == name
    return False


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.List | ast.Tuple | ast.JoinedStr | ast.ListComp) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


_FORMS: dict[str, type[_Form]] = {
    "multiplied out": _MultipliedOut,
    "times the reciprocal": _DividedLate,
    "factors in another order": _OtherOrder,
    "the other difference, negated": _SubtractedFirst,
    "squares as products": _Squared,
    "rows added from the last to the first": _SummedBackwards,
    "means as sums": _MeanAsSum,
}
