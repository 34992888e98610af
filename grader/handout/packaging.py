"""What makes a folder of a hand-out installable: its requirements and a page that says how."""

import ast
import json
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from grader.course import GROUP, Course

_PROJECT = """[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{id}-handout"
version = "1"
requires-python = ">=3.11"
dependencies = {dependencies}

[project.entry-points."{group}"]
{id}-handout = "lectures"

[tool.hatch.build.targets.wheel]
packages = ["grader", "lectures", "{library}"]

[tool.hatch.build.targets.wheel.shared-data]
"grader/lab_settings/jupyter_lab_config.py" = "etc/jupyter/jupyter_lab_config.py"
"grader/lab_settings/desk" = "share/jupyter/labextensions/deep-training-grader"
"grader/lab_settings/no_news.json" = "share/jupyter/lab/settings/overrides.d/{id}-handout.json"
"""

_README = """# {title}

```bash
pip install -r requirements.txt
jupyter lab
```

Run both in this folder, in an environment of its own (`python -m venv .venv`, then activate it).
You need Python 3.11 or newer. JupyterLab opens on the first notebook; if it does not,
`python -m grader doctor` says what is wrong.

Notebooks of this hand-out:

{notebooks}

Write your functions in the notebooks and save them. The library, `{library}`, has no answers:
where a demo needs a function of yours, it takes the one that you have written. What your checks
have found is kept in `.progress.jsonl`. Hand in the notebook.
"""


def write(course: Course, lectures: Sequence[str], folder: Path) -> None:
    """Write ``pyproject.toml``, ``requirements.txt`` and ``README.md``.

    Args:
        course: the course. Where it has a requirements.txt, the versions are taken from there.
        lectures: those of the hand-out.
        folder: the hand-out, with all else in it.
    """
    needed = sorted({*_imported(course, folder), "jupyterlab"})
    project = _PROJECT.format(
        id=course.id, library=course.library, group=GROUP, dependencies=json.dumps(needed)
    )
    (folder / "pyproject.toml").write_text(project, encoding="utf-8")
    pins = "".join(f"{line}\n" for line in _pins(course, needed))
    (folder / "requirements.txt").write_text(f"-e .\n{pins}", encoding="utf-8")
    notebooks = "\n".join(f"- [{name}](notebooks/{name}/{name}.ipynb)" for name in lectures)
    text = _README.format(title=course.title, notebooks=notebooks, library=course.library)
    (folder / "README.md").write_text(text, encoding="utf-8")


def _imported(course: Course, folder: Path) -> set[str]:
    """The distributions that the files of a hand-out import."""
    found: set[str] = set()
    for source in _sources(course, folder):
        try:
            nodes = list(ast.walk(ast.parse(source)))
        except SyntaxError:  # a cell that is more than Python
            continue
        for node in nodes:
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    theirs = {"grader", "lectures", course.library, *sys.stdlib_module_names}
    distributions = packages_distributions()
    return {distributions[name][0] for name in found - theirs if name in distributions}


def _sources(course: Course, folder: Path) -> Iterator[str]:
    for path in (*folder.glob(f"{course.library}/**/*.py"), *folder.glob("lectures/**/*.py")):
        yield path.read_text(encoding="utf-8")
    for path in folder.glob("notebooks/*/*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])


def _pins(course: Course, needed: Sequence[str]) -> list[str]:
    """The lines of the course's requirements that these distributions need, directly or not."""
    path = course.root / "requirements.txt"
    if not path.is_file():
        return []
    seen: set[str] = set()
    waiting = [_canonical(name) for name in needed]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += _required(name)
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if _canonical(re.split(r"[^\w.-]", line)[0]) in seen]


def _required(name: str) -> list[str]:
    try:
        texts = requires(name) or []
    except PackageNotFoundError:
        return []
    names = (re.match(r"[\w.-]+", text) for text in texts if "extra ==" not in text)
    return [_canonical(match[0]) for match in names if match]


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
