"""A lecture script: its cells, each with its role, and everything that is wrong with it.

docs/your_own_course.md describes the rules that a script is held to.
"""

import ast
import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jupytext

from grader.authoring import SOLUTIONS
from grader.authoring.source import exercise_source, import_for, names_bound, names_used
from grader.authoring.syllabus import syllabus
from grader.checking.exercise import Exercise, Question
from grader.course import current

ROLES = ("setup", "exercise", "check", "predict", "demo", "manual")
PROSE = ("text", "manual")  # Markdown
SHOWN = "shown"  # a demo whose code is there to be read
MAP = "map"  # a text that the map of the course stands below
MARKER = re.compile(r"# %%(\s|$)")
HEADING = re.compile(r"^#+ +(.+)", re.MULTILINE)

Definition = Exercise | Question
Problem = tuple[int, str]  # the line; what is wrong there, and the mend


class LectureError(Exception):
    """A script breaks the rules; the message has one line for each problem."""


@dataclass(frozen=True)
class Cell:
    """One cell of a lecture script.

    Args:
        role: "text" for Markdown, one of ``ROLES`` by its tag, "code" for an untagged code cell.
            "manual" is Markdown, too: what a student writes and a person grades.
        source: its text, Markdown without comment signs.
        line: the line of its ``# %%`` marker.
        tags: as written.
        section: the last heading above it (its own, if it has one).
        definition: what an exercise, check or predict cell is about.
        points: of a manual cell.
        name: of a manual cell; its id in the gradebook is made of it.
    """

    role: str
    source: str
    line: int
    tags: tuple[str, ...]
    section: str
    definition: Definition | None = None
    points: float = 0
    name: str = ""


@dataclass(frozen=True)
class Lecture:
    """A script that follows the rules."""

    name: str
    cells: tuple[Cell, ...]

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """Its exercises and questions in the order of their checks."""
        return tuple(c.definition for c in self.cells if c.role == "check" and c.definition)


def read(path: Path, definitions: Sequence[Definition]) -> Lecture:
    """Read a lecture script.

    Args:
        path: the script, lectures/NN_name/lecture.py.
        definitions: the exercises and questions of this lecture.

    Raises:
        LectureError: the script breaks a rule; all its problems are reported together.
    """
    cells, problems = _split(path)
    problems += _tag_problems(cells)
    known = []
    for cell in cells:
        try:
            known.append(replace(cell, definition=_definition(cell, definitions)))
        except ValueError as error:
            problems.append((cell.line, str(error)))
            known.append(cell)
    if not problems:  # else a cell that could not be read may be the missing one
        problems += _unused_problems(known, definitions)
    problems += _order_problems(known)
    problems += _import_problems(known)
    problems += _name_problems(known)
    if problems:
        raise _error(path, problems)
    return Lecture(path.parent.name, tuple(known))


def _error(path: Path, problems: Iterable[Problem]) -> LectureError:
    script = "/".join(path.parts[-3:])
    return LectureError("\n".join(f"{script}:{line}: {text}" for line, text in sorted(problems)))


def _split(path: Path) -> tuple[list[Cell], list[Problem]]:
    text = path.read_text(encoding="utf-8")
    found = jupytext.reads(text, fmt="py:percent").cells
    markers = [n for n, line in enumerate(text.splitlines(), 1) if MARKER.match(line)]
    if len(found) != len(markers):
        raise _error(path, [(1, "text outside a cell: begin every cell with a '# %%' line")])
    cells, problems, section = [], [], ""
    for line, raw in zip(markers, found, strict=True):
        tags = tuple(raw.metadata.get("tags", ()))
        roles = [tag for tag in tags if tag in ROLES]
        role = roles[0] if roles else "code"
        manual = {}
        if raw.cell_type == "markdown":
            if roles == ["manual"]:
                manual = {key: raw.metadata.get(key) for key in ("points", "name")}
                problems += ((line, said) for said in _manual_problems(**manual))
            elif roles:
                problems.append((line, f"a Markdown cell cannot be {role!r}: remove the tag"))
            heading = HEADING.search(raw.source)
            section = heading[1].strip() if heading else section
            role = "manual" if manual else "text"
        elif "manual" in roles:
            problems.append((line, "a manual cell is Markdown: write # %% [markdown]"))
        elif len(roles) > 1:
            problems.append((line, f"a cell has one role, not {' and '.join(roles)}"))
        cell = Cell(role, raw.source, line, tags, section, **manual)
        if role in PROSE or _parses(cell, problems):
            cells.append(cell)
    return cells, problems


def _manual_problems(points: Any, name: Any) -> Iterator[str]:
    if not isinstance(points, int | float) or not points > 0:
        yield f"a manual cell is worth {points!r} points, expected points=6 or so beside its tags"
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        yield f'a manual cell is called {name!r}, expected name="conclusions" or so beside its tags'


def _parses(cell: Cell, problems: list[Problem]) -> bool:
    try:
        ast.parse(cell.source)
    except SyntaxError as error:
        problems.append((cell.line + (error.lineno or 1), f"not valid Python: {error.msg}"))
        return False
    return True


def _definition(cell: Cell, definitions: Sequence[Definition]) -> Definition | None:
    """What the cell is about; a ValueError says why that is not clear."""
    if cell.role == "exercise":
        known = {d.id: d for d in definitions if isinstance(d, Exercise)}
        return _find(_imported(cell.source), known, "exercise")
    if cell.role == "check":
        return _find(_checked(cell.source), {d.id: d for d in definitions}, "exercise or question")
    if cell.role == "predict":
        known = {d.name: d for d in definitions if isinstance(d, Question)}
        return _find(_predicted(cell.source), known, "question")
    return None


def _find(key: str, known: dict[str, Any], kind: str) -> Any:
    if key not in known:
        near = difflib.get_close_matches(key, known, n=2)
        mend = (
            f"did you mean {' or '.join(near)}?"
            if near
            else "define it in the exercises of its room"
        )
        raise ValueError(f"this lecture has no {kind} {key!r}: {mend}")
    return known[key]


def _imported(source: str) -> str:
    library = current().library
    match ast.parse(source).body:
        case [ast.ImportFrom(module=str(module), names=[ast.alias(name=name, asname=None)])] if (
            module.startswith(f"{library}.")
        ):
            return f"{module.removeprefix(f'{library}.')}.{name}"
    raise ValueError(f"an exercise cell holds one import: from {library}.MODULE import NAME")


def _checked(source: str) -> str:
    match ast.parse(source).body:
        case [ast.Expr(ast.Call(ast.Name("check"), [ast.Constant(str(id))], []))]:
            return id
    raise ValueError('a check cell holds one call: check("MODULE.NAME")')


def _predicted(source: str) -> str:
    match ast.parse(source).body:
        case [ast.Assign([ast.Name(name)], ast.Constant(value))] if value is ...:
            return name
    raise ValueError("a predict cell holds NAME = ... and nothing else: the build fills it in")


def _tag_problems(cells: list[Cell]) -> Iterator[Problem]:
    known = {*ROLES, SHOWN, MAP, SOLUTIONS, *syllabus().ids, *syllabus().errors}
    for cell in cells:
        if MAP in cell.tags and cell.role != "text":
            yield cell.line, "a map stands below a text: tag a Markdown cell 'map'"
        if SOLUTIONS in cell.tags and cell.role != "text":
            yield cell.line, "what speaks of solutions is a text: tag a Markdown cell 'solutions'"
        for tag in cell.tags:
            if tag not in known:
                near = difflib.get_close_matches(tag, known, n=1)
                has_ids = bool(syllabus().ids)
                what = "neither a role nor a syllabus ID" if has_ids else "no role"
                where = "see lectures/syllabus.py" if has_ids else f"roles are {', '.join(ROLES)}"
                mend = f"did you mean {near[0]}?" if near else where
                yield cell.line, f"the tag {tag!r} is {what}: {mend}"


def _unused_problems(cells: list[Cell], definitions: Sequence[Definition]) -> Iterator[Problem]:
    used = {cell.definition.id for cell in cells if cell.definition}
    for definition in definitions:
        if definition.id not in used:
            yield 1, f"no cell uses {definition.id}: add its cells, or remove its definition"


def _order_problems(cells: list[Cell]) -> Iterator[Problem]:
    """The imports come first; each answer stands above its one check."""
    names = [cell.name for cell in cells if cell.role == "manual"]
    for cell in cells:
        if cell.role == "manual" and names.count(cell.name) > 1:
            yield cell.line, f"two manual cells are called {cell.name!r}: give each its own name"
    code = [cell for cell in cells if cell.role not in PROSE]
    if code and code[0].role != "setup":
        yield code[0].line, "the first code cell must hold the imports: tag it 'setup'"
    answered: dict[str, int] = {}
    checked: dict[str, int] = {}
    for cell in cells:
        if cell.definition is None:
            continue
        id = cell.definition.id
        seen = checked if cell.role == "check" else answered
        if id in seen:
            yield cell.line, f"{id} is used twice, first on line {seen[id]}: remove one of the two"
        elif cell.role == "check" and id not in answered:
            yield cell.line, f"a check without an exercise: put the cell of {id} above it"
        seen.setdefault(id, cell.line)
    for id, line in answered.items():
        if id not in checked:
            yield line, f'an exercise without a check: add a cell check("{id}") below it'


def _import_problems(cells: list[Cell]) -> Iterator[Problem]:
    """No cell imports from the library what this lecture asks the student to write."""
    library = current().library
    ids = {c.definition.id for c in cells if c.role == "exercise" and c.definition}
    for cell in cells:
        if cell.role in (*PROSE, "exercise"):
            continue
        modules: dict[str, str] = {}  # name in this cell: module of the library
        for node in ast.walk(ast.parse(cell.source)):
            found = []
            if isinstance(node, ast.Import):
                for alias in node.names:
                    modules[alias.asname or alias.name] = alias.name.removeprefix(f"{library}.")
            elif isinstance(node, ast.ImportFrom) and node.module == library:
                modules |= {alias.asname or alias.name: alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                module = node.module.removeprefix(f"{library}.")
                found = [f"{module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Attribute):
                found = [f"{modules.get(ast.unparse(node.value))}.{node.attr}"]
            for id in ids.intersection(found):
                yield (
                    cell.line + getattr(node, "lineno", 0),
                    f"{id} is an exercise of this lecture: use the student's own, which the "
                    "notebook has in scope",
                )


def _name_problems(cells: list[Cell]) -> Iterator[Problem]:
    """What the graded cells use is defined above them, and not in a demo only."""
    defined: set[str] = set()
    in_demos: dict[str, int] = {}
    for cell in cells:
        if cell.role in PROSE:
            continue
        if cell.role == "demo":
            in_demos |= dict.fromkeys(names_bound(cell.source), cell.line)
            continue
        source, user = cell.source, "this cell"
        if cell.role == "exercise" and cell.definition:
            user = cell.definition.id
            try:
                source = exercise_source(user)
            except ValueError as error:
                yield cell.line, str(error)
        for name in sorted(names_used(source) - defined):
            yield cell.line, f"{user} uses {name}, {_mend(cell, name, in_demos)}"
        defined |= names_bound(source)


def _mend(cell: Cell, name: str, in_demos: dict[str, int]) -> str:
    if name in in_demos:
        return (
            f"which only the demo on line {in_demos[name]} defines, and grading skips demos: "
            "define it in an untagged code cell"
        )
    if cell.role != "exercise" or cell.definition is None:
        return "which is not defined above: import or define it earlier"
    statement = import_for(cell.definition.id, name)
    if statement is None:
        return "which a student does not have: an exercise stands on public functions only"
    return f"which is not defined above: add '{statement}' to the setup cell"
