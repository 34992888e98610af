"""Wrong answers that no misconception explains: the code of those who share one, and a stub.

What students wrote is text here. It is parsed at most, never run, and shown up to a size.
"""

import ast
import inspect
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.checking.exercise import Exercise
from grader.engine.class_figures import Group

MOST_GROUPS = 12
MOST_READ = 8  # notebooks of a group
MOST_SHOWN = 3  # different ways to write it
MOST_LINES, LONGEST_LINE = 40, 160
_MOST_BYTES = 16 << 20
_MOST_SOURCE = 20_000
# What a terminal or a browser would obey instead of show: control characters, and marks that turn
# the direction of text, so that code reads differently from what it does.
_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\uf8ff"
    "\ufff0-\uffff\U000e0000-\U0010ffff]"
)


@dataclass(frozen=True)
class Shared:
    """A group's code.

    Args:
        group: who, and where.
        codes: different ways in which its function is written, the most frequent first, and how
            many of those that were read wrote it so.
        stub: a misconception to paste into the lecture's exercises and to complete.
    """

    group: Group
    codes: tuple[tuple[str, int], ...]
    stub: str


def shown(text: str, longest: int = LONGEST_LINE) -> str:
    """One line of somebody else's text: cut, and with nothing in it that acts.

    Args:
        text: a name, a line of code.
        longest: how many characters at most.
    """
    text = text.replace("\t", "    ").replace("\n", "\\n")
    text = _ACTING.sub(lambda m: f"\\u{ord(m[0]):04x}", text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shared_code(
    group: Group, exercise: Exercise, root: Path, lecture: str, variable: str
) -> Shared:
    """The code of a group's students, as it was graded.

    Args:
        group: who.
        exercise: what they wrote.
        root: the course directory.
        lecture: "02_sorting".
        variable: the name of the exercise in the lecture's definitions.
    """
    found = Counter[str]()
    for student in group.students[:MOST_READ]:
        path = root / "autograded" / student / lecture / f"{lecture}.ipynb"
        if code := _function(path, exercise.name):
            found[code] += 1
    codes = found.most_common(MOST_SHOWN)
    stub = _stub(codes[0][0], exercise, variable) if codes else ""
    return Shared(group, tuple((_bounded(code), n) for code, n in codes), stub)


def _function(path: Path, name: str) -> str:
    """The function of a notebook that a check would see, without its docstring; else ""."""
    try:
        if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
            return ""
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = [_source(cell) for cell in cells if cell.get("cell_type") == "code"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    for source in reversed(sources):
        if re.search(rf"^(?:def|class) {re.escape(name)}\b", source, re.MULTILINE):
            return _without_docstring(source[:_MOST_SOURCE], name)
    return ""


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _parsed(source: str, name: str) -> ast.FunctionDef | ast.ClassDef | None:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = [n for n in body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == name]
    return found[-1] if found else None


def _without_docstring(source: str, name: str) -> str:
    """The function alone; what cannot be parsed, as a cell with a magic, stays whole."""
    node = _parsed(source, name)
    if node is None:
        return source.strip()
    lines = source.splitlines()
    start, end = node.lineno, node.end_lineno or node.lineno
    kept = list(range(start, end + 1))
    if ast.get_docstring(node) is not None and len(node.body) > 1:
        said = node.body[0]
        kept = [n for n in kept if not said.lineno <= n <= (said.end_lineno or said.lineno)]
    return "\n".join(lines[n - 1] for n in kept).strip()


def _bounded(code: str) -> str:
    lines = code.splitlines()
    cut = [shown(line) for line in lines[:MOST_LINES]]
    left = len(lines) - len(cut)
    return "\n".join([*cut, f"… {left} more lines"] if left else cut)


def _stub(code: str, exercise: Exercise, variable: str) -> str:
    """The function under the decorator, its message still to be written."""
    code = _bounded(code)
    node = _parsed(code, exercise.name)
    head = f'@{variable}.misconception("NAME THE IDEA IN A FEW WORDS")\n'
    message = (
        '"""What was seen, and which idea may be behind it.\nA question that leads further?\n"""'
    )
    if not isinstance(node, ast.FunctionDef) or node.body[0].lineno == node.lineno:
        names = ", ".join(inspect.signature(exercise.reference).parameters)
        kept = "\n".join(f"# {line}" for line in code.splitlines())
        body = _indented("\n".join((message, kept, "raise NotImplementedError")))
        return f"{head}def _({names}):\n{body}"
    lines = code.splitlines()
    first = node.body[0].lineno
    definition = "\n".join(lines[: first - 1])
    definition = re.sub(rf"\bdef {re.escape(exercise.name)}\b", "def _", definition, count=1)
    indent = re.match(r"\s*", lines[first - 1])
    space = indent[0] if indent else "    "
    return "\n".join([head + definition, _indented(message, space), *lines[first - 1 :]])


def _indented(text: str, space: str = "    ") -> str:
    return "\n".join(f"{space}{line}" if line else "" for line in text.splitlines())


def variables(lecture_module: Any) -> dict[str, str]:
    """By an exercise's id the variable that holds it in the lecture's definitions.

    Args:
        lecture_module: the module of its exercises; see grader.checking.definitions.module_of.
    """
    sections = getattr(lecture_module, "SECTIONS", (lecture_module,))
    return {
        value.id: name
        for section in sections
        for name, value in vars(section).items()
        if isinstance(value, Exercise)
    }
