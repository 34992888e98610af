"""What a panel offers to a student who is stuck: the hints, one by one, then the solution."""

import ast
import inspect
from html import escape

from grader.checking.exercise import Exercise, Question
from grader.checking.page import flow
from grader.course import current

WHY = "Read it, close it, and write it down from memory: what you can write again, you keep."


def ladder(definition: Exercise | Question) -> str:
    """The hints as folds in each other, and in the last one the solution.

    Args:
        definition: the exercise or question; a question has no solution to be shown.

    Returns:
        HTML; empty when there is nothing to offer.
    """
    steps = [
        (f"Hint {i} of {len(definition.hints)}", f"<p>{flow(text)}</p>")
        for i, text in enumerate(definition.hints, 1)
    ]
    if isinstance(definition, Exercise) and current().solutions:
        code = escape(solution(definition))
        borrow = f'<code>borrow("{definition.id}")</code> lends it to the cells below.'
        steps.append(("A solution", f"<p>{WHY} Or go on without: {borrow}</p><pre>{code}</pre>"))
    html = ""
    for name, body in reversed(steps):
        html = f"<details class='dtl-step'><summary>{name}</summary>{body}{html}</details>"
    return html


def solution(exercise: Exercise) -> str:
    """The source of the reference, without the text that the student has already read."""
    source = inspect.getsource(inspect.unwrap(exercise.reference))
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or not ast.get_docstring(node):
            continue
        text = node.body[0]
        for number in range(text.lineno - 1, text.end_lineno or text.lineno):
            lines[number] = ""
    return "\n".join(line for line in lines if line.strip())
