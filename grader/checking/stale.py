"""Answers that are not there because the cell above said something else."""

import ast
from inspect import signature

from grader.checking.definitions import all_definitions
from grader.checking.exercise import Exercise, Question
from grader.checking.trail import bound


def stale(definition: Exercise | Question, source: str) -> str:
    """What the cell that ran last looks to have meant as the answer, but did not make it.

    Args:
        definition: what is checked.
        source: that cell.

    Returns:
        A sentence; empty when the cell set the name, or speaks of something else.
    """
    name = definition.name
    try:
        (statement,) = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    known = {d.name for d in all_definitions().values()}
    names = bound(source)
    before = f"What is judged is `{name}` as it was set before."
    if names & known:
        return ""
    if isinstance(definition, Exercise):
        if not isinstance(statement, ast.FunctionDef):
            return ""
        own = [argument.arg for argument in statement.args.args]
        if own != list(signature(definition.reference).parameters):
            return ""
        return f"The cell that ran last defines `{statement.name}`, not `{name}`. {before}"
    match statement:
        case ast.Assign([ast.Name(other)], ast.Constant()):
            return f"The cell that ran last sets `{other}`, not `{name}`. {before}"
        case ast.Expr(ast.Compare(ast.Name(left), [ast.Eq()])) if left == name:
            return f"`{name} == …` compares; a single `=` sets it. {before}"
        case ast.Expr(ast.Constant() | ast.UnaryOp(ast.USub(), ast.Constant())):
            return f"The cell that ran last holds a value and gives it no name. {before}"
    return ""
