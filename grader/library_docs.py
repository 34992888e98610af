"""docs/library.md: every public function of utils in one line, and the way from the syllabus to it.

``python -m grader.library_docs`` prints the page; ``python -m grader build`` writes it.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.source import ROLE
from grader.syllabus import ERRORS, IDS

UTILS = Path(__file__).resolve().parents[1] / "utils"

SOURCE = re.compile(r"^Source: .*syllabus ((?:[A-Z]+-\d\d, )*[A-Z]+-\d\d)\.$")

# Entries of the syllabus that no function stands for, and why.
LEFT_OUT: dict[str, str] = {
    "META-01": "sources and further reading, nothing to compute",
    "META-02": "not about the subject",
    "ACT-13": "the lecture `02_activations` builds its own table with `training.train`",
    "OPT-06": "a quiz: questions of the lecture `07_optimizers`",
    "SEC-08": "advice and a quiz: questions of the lecture `07_optimizers`",
    "ARC-04": "a link",
    "SUM-01": "a checklist over everything above, gone through in the lecture `15_recipe`",
    "SUM-02": "the advice of SEC-08 again",
    "SUM-03": "`training.train` with and without its `schedule`",
    "SUM-04": "a recipe made of the functions above, assembled in the lecture `15_recipe`",
    "SUM-05": "practical remarks and the capstone, in the lecture `15_recipe`",
}

HEAD = """\
# Library

What `utils` offers: each function with what it computes and the syllabus entries it serves. The
docstring has the rest: shapes, defaults, errors, source. Generated from the docstrings by
`python -m grader build`.
"""


@dataclass(frozen=True)
class Entry:
    """A public function or class of utils, as its source shows it."""

    module: str
    name: str
    call: str
    summary: str
    ids: tuple[str, ...]

    @property
    def link(self) -> str:
        return f"[`{self.module}.{self.name}`](../utils/{self.module}.py)"


def render() -> dict[str, str]:
    """The page: its path from the repository root, and its text."""
    entries = list(public_entries())
    lines = [HEAD]
    for path in _module_paths():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        about = (ast.get_docstring(tree) or "").split("\n")[0]
        lines += [f"## [utils.{path.stem}](../utils/{path.name})", "", _markdown(about), ""]
        lines += ["| Function | What it computes | Syllabus |", "|---|---|---|"]
        lines += [
            f"| `{e.call}` | {_markdown(e.summary)} | {', '.join(e.ids)} |"
            for e in entries
            if e.module == path.stem
        ]
        lines.append("")
    serving = {id: [e for e in entries if id in e.ids] for id in (*IDS, *ERRORS)}
    lines += ["## From the syllabus to the functions", "", *_index(serving, IDS), ""]
    lines += ["## From the errors on the slides to the functions", ""]
    lines += _index({id: found for id, found in serving.items() if found}, ERRORS)
    lines += ["", "## Left out", "", "Entries that ask for no function, and why.", ""]
    lines += ["| ID | Topic | Why |", "|---|---|---|"]
    lines += [f"| {id} | {_markdown(IDS[id])} | {why} |" for id, why in LEFT_OUT.items()]
    return {"docs/library.md": "\n".join(lines) + "\n"}


def public_entries() -> Iterator[Entry]:
    """Every public function and class of utils, in the order of the source."""
    for path in _module_paths():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            if not node.name.startswith("_"):
                docstring = ast.get_docstring(node) or ""
                summary = docstring.split("\n")[0]
                yield Entry(path.stem, node.name, _call(node), summary, syllabus_ids(docstring))


def syllabus_ids(docstring: str) -> tuple[str, ...]:
    """The IDs in the last line of a docstring, ``Source: ...; syllabus ID-nn, ID-nn.``"""
    source = " ".join(docstring.strip().split("\n\n")[-1].split())
    match = SOURCE.match(source)
    return tuple(match[1].split(", ")) if match else ()


def _module_paths() -> list[Path]:
    return sorted(path for path in UTILS.glob("*.py") if not path.name.startswith("_"))


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


if __name__ == "__main__":
    for page in render().values():
        print(page)
