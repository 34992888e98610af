"""docs/library.md: every public function of the library, and the way from the syllabus to it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.authoring.source import ROLE
from grader.authoring.syllabus import syllabus
from grader.course import current

SOURCE = re.compile(r"^Source: .*syllabus ((?:[A-Z]+-\d\d, )*[A-Z]+-\d\d)\.$")

HEAD = """\
# Library

What `{library}` offers: each function with what it computes{and_serves}. The
docstring has the rest: shapes, defaults, errors, source. Generated from the docstrings by
`python -m grader build`.
"""


@dataclass(frozen=True)
class Entry:
    """A public function or class of the library, as its source shows it."""

    path: Path
    module: str
    name: str
    call: str
    summary: str
    ids: tuple[str, ...]

    @property
    def link(self) -> str:
        return f"[`{self.module}.{self.name}`]({_address(self.path)})"


def render() -> dict[str, str]:
    """The page: its path from the repository root, and its text."""
    library, ids, errors = current().library, syllabus().ids, syllabus().errors
    entries = list(public_entries())
    and_serves = " and the syllabus entries it serves" if ids else ""
    lines = [HEAD.format(library=library, and_serves=and_serves)]
    for path in _module_paths():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        about = (ast.get_docstring(tree) or "").split("\n")[0]
        lines += [f"## [{library}.{_module(path)}]({_address(path)})", "", _markdown(about), ""]
        lines += ["| Function | What it computes |" + " Syllabus |" * bool(ids)]
        lines += ["|---|---|" + "---|" * bool(ids)]
        lines += [
            f"| `{e.call}` | {_markdown(e.summary)} |" + f" {', '.join(e.ids)} |" * bool(ids)
            for e in entries
            if e.path == path
        ]
        lines.append("")
    if ids:
        lines += _from_the_syllabus(entries, ids, errors)
    return {"docs/library.md": "\n".join(lines).rstrip() + "\n"}


def _from_the_syllabus(
    entries: list[Entry], ids: dict[str, str], errors: dict[str, str]
) -> list[str]:
    serving = {id: [e for e in entries if id in e.ids] for id in (*ids, *errors)}
    lines = ["## From the syllabus to the functions", "", *_index(serving, ids), ""]
    lines += ["## From the errors on the slides to the functions", ""]
    lines += _index({id: found for id, found in serving.items() if found}, errors)
    lines += ["", "## Left out", "", "Entries that ask for no function, and why.", ""]
    lines += ["| ID | Topic | Why |", "|---|---|---|"]
    lines += [f"| {id} | {_markdown(ids[id])} | {why} |" for id, why in syllabus().left_out.items()]
    return lines


def public_entries() -> Iterator[Entry]:
    """Every public function and class of the library, in the order of the source."""
    for path in _module_paths():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            if not node.name.startswith("_"):
                docstring = ast.get_docstring(node) or ""
                summary = docstring.split("\n")[0]
                ids = syllabus_ids(docstring)
                yield Entry(path, _module(path), node.name, _call(node), summary, ids)


def syllabus_ids(docstring: str) -> tuple[str, ...]:
    """The IDs in the last line of a docstring, ``Source: ...; syllabus ID-nn, ID-nn.``"""
    source = " ".join(docstring.strip().split("\n\n")[-1].split())
    match = SOURCE.match(source)
    return tuple(match[1].split(", ")) if match else ()


def _folder() -> Path:
    return current().root / current().library


def _module_paths() -> list[Path]:
    """The public modules, also those of packages inside."""
    public = (
        path
        for path in _folder().rglob("*.py")
        if not any(part.startswith("_") for part in path.relative_to(_folder()).parts)
    )
    return sorted(public, key=_module)


def _module(path: Path) -> str:
    """A module as ids name it, without the library: "rules", "quadrature.rules"."""
    return ".".join(path.relative_to(_folder()).with_suffix("").parts)


def _address(path: Path) -> str:
    """A module's file, seen from docs/."""
    return f"../{path.relative_to(current().root).as_posix()}"


def _call(node: ast.FunctionDef | ast.ClassDef) -> str:
    """How a function is called: its name and its parameters with their defaults, without types."""
    if isinstance(node, ast.ClassDef):
        return node.name
    arguments = node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        argument.annotation = None
    for argument in filter(None, (arguments.vararg, arguments.kwarg)):
        argument.annotation = None
    return f"{node.name}({ast.unparse(arguments)})".replace("|", r"\|")


def _markdown(text: str) -> str:
    """A line of a docstring in a Markdown table: code stays code, signs of formulas stay signs."""
    parts = re.split(r"(``.+?``)", ROLE.sub(r"``\1``", text))
    for i, part in enumerate(parts):
        parts[i] = part[1:-1] if part.startswith("``") else re.sub(r"([*_<\\])", r"\\\1", part)
    return "".join(parts).replace("|", r"\|")


def _index(serving: dict[str, list[Entry]], titles: dict[str, str]) -> list[str]:
    rows = [
        f"| {id} | {_markdown(title)} | {', '.join(e.link for e in serving[id]) or '–'} |"
        for id, title in titles.items()
        if id in serving
    ]
    return ["| ID | Topic | Functions |", "|---|---|---|", *rows]
