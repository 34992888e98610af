"""A submitted notebook, before it runs: is it one, what does each cell ask for."""

import functools
import json
import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastjsonschema
import nbformat
from nbformat import v4
from nbformat.notebooknode import NotebookNode
from nbformat.v4.rwbase import strip_transient
from nbgrader import utils

from grader.checking.definitions import UnknownExercise, find
from grader.engine.engine import EngineError
from grader.engine.safe_html import Allowance, safe_outputs
from grader.engine.submission import Step, valid_outputs

_CHECK = re.compile(r"""\s*check\(\s*["']([\w.]+)["']\s*\)\s*""")
_TAG = re.compile(r"[\w.:-]+")
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # of a cell, as the format has it
_PYTHON_KERNELS = ("python", "python3")
# What nbgrader's steps take for granted of a cell, beyond what reading a notebook checks.
_TEXT = {"type": "string", "pattern": "^[^\\ud800-\\udfff]*$"}  # a lone surrogate cannot be stored
_GRADED = {"required": ["grade"], "properties": {"grade": {"const": True}}}
_FORM = {
    "properties": {
        "cells": {
            "items": {
                "type": "object",
                "required": ["cell_type", "source", "metadata"],
                "properties": {
                    "cell_type": {"enum": ["code", "markdown", "raw"]},
                    "source": _TEXT,
                    "metadata": {
                        "type": "object",
                        "properties": {
                            "nbgrader": {
                                "type": "object",
                                "properties": {
                                    "grade_id": _TEXT,
                                    "schema_version": {"type": "integer"},
                                    "points": {"type": "number"},
                                },
                                "allOf": [
                                    {
                                        "if": {"minProperties": 1},
                                        "then": {"required": ["grade_id"]},
                                    },
                                    {"if": _GRADED, "then": {"required": ["points"]}},
                                ],
                            }
                        },
                    },
                },
            }
        }
    }
}
# A course's notebook has some 200 cells and a thousand brackets; outputs bring more.
MAX_BYTES = 16 << 20
MAX_BRACKETS = 100_000
MAX_CELLS = 2_000
_NOT_RERUN = (
    "Not run again in grading, because nothing is graded here. This is the output as submitted."
)


def step(cell: NotebookNode, demos: dict[str, str]) -> Step:
    match = _CHECK.fullmatch(cell.source) if utils.is_grade(cell) else None
    if match and not utils.is_solution(cell):
        try:
            return Step(cell.source, check=find(match[1]).id)
        except UnknownExercise:
            pass
    return Step(cell.source, skip=demos.get(cell.get("id", "")) == cell.source)


@functools.lru_cache
def demo_cells(path: Path, _written: int) -> dict[str, str]:
    cells = nbformat.read(path, as_version=4).cells
    return {c.id: c.source for c in cells if "demo" in c.metadata.get("tags", [])}


def read(path: str) -> NotebookNode:
    """A submitted notebook.

    Raises:
        EngineError: it is none, or nbgrader's steps would stumble on its cells.
    """
    name = os.path.basename(path)
    invalid: dict[str, Any] = {}
    try:
        text = _text(path)
        with warnings.catch_warnings(action="ignore"):  # a line for each id that is there twice
            notebook = nbformat.reads(text, as_version=4, capture_validation_error=invalid)
    except Exception as error:
        raise EngineError(f"{name} is not a notebook: {str(error)[:300]}") from None
    if len(notebook.cells) > MAX_CELLS:
        raise EngineError(f"{name} has more than {MAX_CELLS} cells")
    _check_form(path, notebook)
    return _rebuilt(notebook) if invalid else notebook


def _rebuilt(notebook: NotebookNode) -> NotebookNode:
    """What grading needs of a notebook that is not of the format: no page could be made of it."""
    cells, taken = [], set()
    for i, old in enumerate(notebook.cells):
        cell = getattr(v4, f"new_{old.cell_type}_cell")(old.source)
        cell.metadata.update({k: v for k, v in old.metadata.items() if k in ("nbgrader", "tags")})
        id = old.get("id")
        fits = isinstance(id, str) and _ID.fullmatch(id) and id not in taken
        cell.id = id if fits else f"cell-{i}"
        taken.add(cell.id)
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(o) for o in valid_outputs(old.get("outputs"), None)]
        cells.append(cell)
    kernel = notebook.metadata.get("kernelspec")
    name = kernel.get("name") if isinstance(kernel, dict) else None
    named = {"kernelspec": {"name": name, "display_name": name}} if isinstance(name, str) else {}
    return v4.new_notebook(cells=cells, metadata=named)


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a graded notebook, in one line.

    ``nbformat.write`` copies it first and indents it, which takes a quarter of the grader's time:
    Python's encoder is written in C for text without an indent only.

    Args:
        notebook: as nbgrader's steps left it.
        path: where to.
    """
    text = json.dumps(strip_transient(notebook), ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def _text(path: str) -> str:
    """The text of a notebook that is short and shallow enough to be parsed."""
    if os.path.getsize(path) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES >> 20} MB")
    text = Path(path).read_text(encoding="utf-8")
    if text.count("[") + text.count("{") > MAX_BRACKETS:
        raise ValueError(f"it has more than {MAX_BRACKETS} brackets")
    return text


def _check_form(path: str, notebook: NotebookNode) -> None:
    """Refuse a notebook on whose cells nbgrader's steps would stumble, and say where."""
    try:
        _form()(notebook)
    except fastjsonschema.JsonSchemaException as error:
        where = str(error).removeprefix("data.")
        raise EngineError(f"{os.path.basename(path)} is damaged: {where}") from None


@functools.cache
def _form() -> Callable[[Any], Any]:
    return fastjsonschema.compile(_FORM)


def check_released(notebook: NotebookNode, known: set[str]) -> None:
    for cell in notebook.cells:
        info = cell.metadata.get("nbgrader", {})
        grade_id = info.get("grade_id")
        if info.get("schema_version") == 3 and grade_id and grade_id not in known:
            raise EngineError(f"the cell {grade_id[:60]!r} was not released with this assignment")


def deduplicated(notebook: NotebookNode) -> NotebookNode:
    """Of several cells with one grade_id the last counts, as in nbgrader; the others are plain."""
    seen = set()
    for cell in reversed(notebook.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in seen:
            del cell.metadata["nbgrader"]
        elif grade_id:
            seen.add(grade_id)
    return notebook


def as_submitted(outputs: list, allowance: Allowance) -> list:
    note = f'<p style="color: #666; font-style: italic">{_NOT_RERUN}</p>'
    data = {"text/plain": _NOT_RERUN, "text/html": note}
    shown = safe_outputs(outputs, allowance)
    return [{"output_type": "display_data", "data": data, "metadata": {}}, *shown]


def plain_metadata(notebook: NotebookNode) -> None:
    """Take from the cells what a page would show of them as its own, by a class or a mark."""
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        if tags is not None:
            given = tags if isinstance(tags, list) else []
            cell.metadata["tags"] = [t for t in given if isinstance(t, str) and _TAG.fullmatch(t)]
        if not isinstance(cell.metadata.get("grader", {}), dict):
            del cell.metadata["grader"]
        cell.metadata.get("grader", {}).pop("judged", None)


def check_kernel(notebook: NotebookNode) -> None:
    """Refuse a notebook that is not written in Python."""
    kernel = notebook.metadata.get("kernelspec", {}).get("name", "python3")
    if kernel not in _PYTHON_KERNELS:
        asked = str(kernel)[:60]
        raise EngineError(f"the notebook asks for the kernel {asked!r}; this engine runs Python")
