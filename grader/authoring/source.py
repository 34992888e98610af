"""Source code as text: a function of the library for a notebook, and the names code needs."""

import ast
import builtins
import importlib.util
import re
import symtable
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from grader.checking.exercise import Exercise
from grader.checking.probe import observe
from grader.course import current

# Where the entries of the syllabus stand in a docstring: they speak to authors.
_SYLLABUS = re.compile(
    r"(?:\n *\n *Source: syllabus|;\s+syllabus) (?:[A-Z]+-\d\d,?\s*)*[A-Z]+-\d\d\."
)
ROLE = re.compile(r":[a-z:]+:`(?:~[\w.]*\.)?([^`]+)`")  # :func:`~utils.losses.softmax`


def exercise_source(id: str, left_out: Sequence[str] = ("Solution",)) -> str:
    """The source of a function or class of the library, bodies marked as solutions for nbgrader.

    Signature and docstring stay outside the marks, so they remain in the student's notebook. What
    speaks to authors goes: numbers of the syllabus, and roles such as ``:func:`softmax```, which a
    notebook does not render.

    Args:
        id: its import path in the library.
        left_out: sections of the docstring that the student does not get. ``Solution`` says how it
            is done.

    Raises:
        ValueError: there is no such function, or it has no docstring to be the exercise's text.
    """
    tree, lines = _module(id)
    name = id.rpartition(".")[2]
    named = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    node = next((n for n in named if n.name == name), None)
    if node is None:
        raise ValueError(f"{_module_name(id)} defines no function or class {name}")
    parts = node.body if isinstance(node, ast.ClassDef) else [node]
    functions = [part for part in parts if isinstance(part, ast.FunctionDef)]
    marks = {}
    for function in functions:
        if ast.get_docstring(function) is None or len(function.body) < 2:
            raise ValueError(
                f"{function.name} of {id} needs a docstring and a body: the docstring is what the "
                "student reads"
            )
        docstring = function.body[0]
        indent = " " * docstring.col_offset
        marks[docstring.end_lineno] = f"{indent}### BEGIN SOLUTION"
        marks[function.end_lineno] = f"{indent}### END SOLUTION"
    first = min(n.lineno for n in (node, *node.decorator_list))
    source = []
    for number in range(first, (node.end_lineno or first) + 1):
        source.append(lines[number - 1])
        if number in marks:
            source.append(marks[number])
    text = ROLE.sub(r"``\1``", without_sections("\n".join(source), left_out))
    return _SYLLABUS.sub(lambda match: "." if match[0].startswith(";") else "", text)


def raises(exercise: Exercise) -> bool:
    """Whether a case asks for an error: else the student's text promises none."""
    cases = exercise.draw(np.random.default_rng(0))
    return any(observe(exercise.reference, case, exercise.driver).raised for case in cases)


def without_sections(source: str, names: Sequence[str]) -> str:
    """Source code, its docstrings without the sections of these names.

    Args:
        source: Python code.
        names: "Solution" leaves out what stands indented below a line ``Solution:``.
    """
    headings = {f"{name}:" for name in names}
    kept: list[str] = []
    inside: int | None = None  # the indent of the section's heading
    for line in source.splitlines():
        indent = len(line) - len(line.lstrip())
        if line.strip() in headings and indent:
            inside = indent
            while kept and not kept[-1].strip():
                kept.pop()
        elif inside is None or (line.strip() and indent <= inside):
            if inside is not None and line.strip() != '"""':
                kept.append("")
            inside = None
            kept.append(line)
    return "\n".join(kept)


def import_for(id: str, name: str) -> str | None:
    """The import statement that brings the global ``name`` of an exercise's module into a notebook.

    None when a notebook cannot have it: private helpers and constants.
    """
    tree, _ = _module(id)
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    node.names = [alias]
                    return ast.unparse(node)
    if name.startswith("_") or name.isupper():
        return None
    return f"from {_module_name(id)} import {name}"


def names_bound(source: str) -> set[str]:
    """The names that ``source`` defines at its top level."""
    table = symtable.symtable(source, "<cell>", "exec")
    return {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}


def names_used(source: str) -> set[str]:
    """The names that ``source`` takes from outside, in its functions too; builtins left out."""
    table = symtable.symtable(source, "<cell>", "exec")
    used = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    inner = list(table.get_children())
    while inner:
        scope = inner.pop()
        used |= {s.get_name() for s in scope.get_symbols() if s.is_global() and s.is_referenced()}
        inner += scope.get_children()
    return used - names_bound(source) - set(dir(builtins))


def _module_name(id: str) -> str:
    return f"{current().library}.{id.rpartition('.')[0]}"


def _module(id: str) -> tuple[ast.Module, list[str]]:
    name = _module_name(id)
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ValueError(f"there is no module {name}")
    text = Path(spec.origin).read_text(encoding="utf-8")
    return ast.parse(text), text.splitlines()
