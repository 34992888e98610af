"""Build the site: the lectures with their outputs, the library and the pages of docs/.

Sphinx reads one folder, so everything is gathered into one first. The lectures are the solution
notebooks, run one after another, each in a copy of the course: no progress but the copy's is
written or shown. A notebook is run again only when it, the library, the checks or the data changed.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from grader.authoring import course_map
from grader.authoring.lecture import read
from grader.authoring.ways import TAG as WAY
from grader.checking.definitions import lectures as definitions
from grader.checking.exercise import Question

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
BUILD = DOCS / "_build"
# What a notebook imports and reads.
ROOMS = ("lectures", "utils", "grader", "data")
WIDGET = "application/vnd.jupyter.widget-view+json"
# Pages that live elsewhere in the repository: where, and what they are called on the site.
GUESTS = {
    "CONTRIBUTING.md": "contributing.md",
    "lectures/README.md": "authors.md",
    "data/README.md": "data.md",
}
LECTURE_LINK = re.compile(r"\[([^\]]+)\]\(\.\./(\w+)/\2\.ipynb\)")
# Cells whose code is folded away, by their role, and what to press for it.
FOLDED = {
    "setup": "Show the imports",
    "exercise": "Exercise {name}: show its text and the solution",
    "predict": "Show the answer",
    "demo": "Show the code of this demo",
}
MARKERS = re.compile(r"^ *### (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)  # nbgrader's
# HTML, because the course in the browser is not a page that Sphinx knows.
RUN_HERE = (
    '<p class="run-here"><a href="../lab/lab/index.html?path=notebooks/{name}/{name}.ipynb">'
    "Run this lecture here</a>: in this browser, with nothing to install.</p>"
)
START_HERE = (
    '<p class="run-here"><a href="lab/index.html">Start in your browser</a>: nothing to install, '
    "the checks included.</p>\n\nOr on your own computer, where it is faster.\n"
)
LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\(([^()\s#]+)(#[^()\s]*)?\)")


def build(
    html: Path = BUILD / "html", executed: Path = BUILD / "executed", *, lab: bool | None = None
) -> int:
    """Build the site; a warning is an error. The course in the browser, in ``lab/``, stays.

    Args:
        html: where the site goes.
        executed: where notebooks that were run are kept for the next time.
        lab: whether the pages link to the course in the browser; None: if it was built.

    Returns:
        Sphinx's exit status.
    """
    if lab is None:
        lab = (html / "lab/index.html").is_file()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        gather(source, executed, lab)
        for old in html.glob("*"):
            if old.is_dir() and old.name != "lab":
                shutil.rmtree(old)
            elif old.is_file():
                old.unlink()
        strict = ["--fail-on-warning", "--keep-going", "--nitpicky"]
        where = ["-c", str(DOCS), "-d", f"{folder}/.trees", folder, str(html)]
        command = [sys.executable, "-m", "sphinx", "-q", *strict, *where]
        return subprocess.run(command, cwd=ROOT).returncode


def gather(source: Path, executed: Path, lab: bool) -> None:
    """Fill the folder that Sphinx reads; with ``lab``, pages link to the course in the browser."""
    shutil.copytree(DOCS / "images", source / "images", ignore=shutil.ignore_patterns("*.py"))
    shutil.copytree(DOCS / "jupyterhub", source / "jupyterhub")  # a page shows these files
    pages = {path.relative_to(ROOT).as_posix(): path.name for path in DOCS.glob("*.md")} | GUESTS
    for name, page in pages.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        (source / page).write_text(link(text, name, pages), encoding="utf-8")
    index = (source / "index.md").read_text(encoding="utf-8")
    for page in ("audit", "feedback", "performance"):
        if not (source / f"{page}.md").exists():
            index = index.replace(f"\n{page}\n", "\n")
    if lab:
        index = index.replace("## Start\n", f"## Start\n\n{START_HERE}")
    (source / "index.md").write_text(index, encoding="utf-8")
    stops = course_map.stops(
        read(ROOT / "lectures" / name / "lecture.py", known)
        for name, known in definitions().items()
    )
    (source / "images" / course_map.FILE).write_text(course_map.draw(stops), encoding="utf-8")
    lead = f"{course_map.total(stops)} A line leads from each lecture to those that build on it."
    text = f"{lead}\n\n{course_map.picture(stops, 'images/')}\n"
    (source / "course_map.txt").write_text(text, encoding="utf-8")
    (source / "reference").mkdir()
    for path in sorted((ROOT / "utils").glob("[a-z]*.py")):
        (source / "reference" / f"{path.stem}.md").write_text(reference(path.stem))
    library = index_of_library((source / "library.md").read_text(encoding="utf-8"))
    (source / "library.md").write_text(library, encoding="utf-8")
    (source / "lectures").mkdir()
    shutil.copy(source / "images" / course_map.FILE, source / "lectures")
    notebooks = {}
    for path in sorted((ROOT / "solutions").glob("*/*.ipynb")):
        notebooks[path.stem] = notebook = run(path, executed)
        page = dress(notebook)
        nbformat.write(run_here(page, path.stem) if lab else page, source / "lectures" / path.name)
    (source / "runtimes.md").write_text("\n".join(runtimes(notebooks)), encoding="utf-8")


def link(text: str, name: str, pages: dict[str, str]) -> str:
    """A page's links between files of the repository as links between pages of the site.

    Args:
        text: the page.
        name: its path in the repository.
        pages: the path of each page in the repository, and its name on the site.
    """

    def replace(found: re.Match) -> str:
        label, target, anchor = found[1], found[2], found[3] or ""
        if "://" in target:
            return found[0]
        path = Path(os.path.normpath(Path(name).parent / target))
        if not (ROOT / path).exists():
            raise ValueError(f"{name}: the link {target} leads nowhere")
        if path.parts[0] in ("notebooks", "solutions") and path.suffix == ".ipynb":
            return f"[{label}](lectures/{path.name}{anchor})"
        if path.parts[0] == "utils" and path.suffix == ".py":
            if re.fullmatch(rf"`{path.stem}\.\w+`", label):
                return f"{{py:obj}}`{label[1:-1]} <utils.{label[1:-1]}>`"
            return f"[{label}](reference/{path.stem}.md)"
        if path.as_posix() in pages:
            return f"[{label}]({pages[path.as_posix()]}{anchor})"
        return label  # a file of the repository that is not on the site

    return LINK.sub(replace, text)


def index_of_library(text: str) -> str:
    """The library's page: each function as a link to its docstring, the modules as its subpages."""
    module = ""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if found := re.match(r"## \[utils\.(\w+)\]", line):
            module = found[1]
        elif found := re.match(r"\| `((\w+).*?)` \|", line):
            entry = f"| {{py:obj}}`{found[1]} <utils.{module}.{found[2]}>` |"
            lines[i] = entry + line[found.end() :]
    lines += ["", "```{toctree}", ":glob:", ":hidden:", "", "reference/*", "```", ""]
    return "\n".join(lines)


def reference(module: str) -> str:
    """The page of one module of the library."""
    return (
        f"# {module}\n\n```{{eval-rst}}\n.. automodule:: utils.{module}\n   :members:\n"
        # What a module hands on has its page where it is made.
        "   :ignore-module-all:\n   :member-order: bysource\n```\n"
    )


def run(path: Path, executed: Path) -> nbformat.NotebookNode:
    """A notebook with its outputs, from the folder ``executed`` if nothing has changed since."""
    digest = hashlib.sha256(path.read_bytes() + Path(__file__).read_bytes())
    for folder in ROOMS:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.is_file() and file.suffix in (".py", ".toml", ".npz", ".csv"):
                digest.update(file.read_bytes())
    kept = executed / f"{path.stem}-{digest.hexdigest()[:16]}.ipynb"
    if not kept.exists():
        print(f"running {path.name}", flush=True)
        notebook = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory() as folder:
            for part in ROOMS:
                ignored = shutil.ignore_patterns("__pycache__", "cifar-10*")
                shutil.copytree(ROOT / part, Path(folder, part), ignore=ignored)
            client = NotebookClient(
                notebook,
                timeout=300,
                store_widget_state=False,
                extra_arguments=["--IPKernelApp.log_level=ERROR"],
                resources={"metadata": {"path": folder}},
            )
            before = os.times()
            client.execute(env=os.environ | {"PYTHONPATH": folder})
            after = os.times()
        notebook.metadata["processor_seconds"] = (
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        )
        executed.mkdir(parents=True, exist_ok=True)
        for old in executed.glob(f"{path.stem}-*.ipynb"):
            old.unlink()
        nbformat.write(notebook, kept)
    return nbformat.read(kept, as_version=4)


def dress(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Fold code away; of a widget leave the picture that it stores for a page like this.

    The ways to the neighbours go: the site has its own.
    """
    notebook.cells = [c for c in notebook.cells if WAY not in c.metadata.get("tags", ())]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = LECTURE_LINK.sub(beside, cell.source)
        if cell.cell_type == "code":
            cell.source = MARKERS.sub("", cell.source)
            for tag in FOLDED.keys() & cell.metadata.get("tags", []):
                found = re.search(r"^(?:def|class) (\w+)", cell.source, re.MULTILINE)
                prompt = FOLDED[tag].format(name=found and found[1])
                cell.metadata["tags"] = [tag, "hide-input"]
                cell.metadata["mystnb"] = {"code_prompt_show": prompt}
            cell.outputs = [out for out in cell.outputs if WIDGET not in out.get("data", {})]
            for out in cell.outputs:
                if "text/html" in out.get("data", {}):  # and leave what is for programs
                    out.data = {"text/html": out.data["text/html"]}
    return notebook


def run_here(page: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """Below the title of a lecture's page the way to its notebook in the browser."""
    title = next(cell for cell in page.cells if re.search(r"^# ", cell.source, re.MULTILINE))
    way = RUN_HERE.format(name=name)
    title.source = re.sub(
        r"^# .+$", lambda found: f"{found[0]}\n\n{way}", title.source, count=1, flags=re.M
    )
    return page


def beside(link: re.Match) -> str:
    """A link to another lecture, which stands beside on the site; of one to come, its words."""
    label, name = link.groups()
    return f"[{label}]({name}.ipynb)" if (ROOT / "solutions" / name).is_dir() else label


def runtimes(notebooks: dict[str, nbformat.NotebookNode]) -> Iterator[str]:
    """The page with the time that each notebook takes."""
    yield "# Run times\n"
    yield (
        "What each solution notebook took, run from top to bottom when these pages were made: "
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, one "
        "notebook at a time. The aim is less than 30 seconds for a notebook and less than 5 for a "
        "cell. Seconds on the clock are more than seconds of the processor when the machine had "
        "other work. The minutes are what exercises and questions ask of a student.\n"
    )
    yield "| lecture | exercises | questions | minutes | seconds | processor | slowest cell |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for name, notebook in notebooks.items():
        items = definitions().get(name, ())
        questions = sum(isinstance(item, Question) for item in items)
        times = [seconds(cell) for cell in notebook.cells if cell.cell_type == "code"]
        yield (
            f"| [{name}](lectures/{name}.ipynb) | {len(items) - questions} | {questions} | "
            f"{sum(item.minutes for item in items)} | {sum(times):.1f} | "
            f"{notebook.metadata['processor_seconds']:.1f} | {max(times):.1f} |"
        )


def seconds(cell: nbformat.NotebookNode) -> float:
    """The time from a cell's start to its end."""
    stamps = cell.metadata["execution"]
    begin, end = (datetime.fromisoformat(stamps[f"iopub.status.{s}"]) for s in ("busy", "idle"))
    return (end - begin).total_seconds()
