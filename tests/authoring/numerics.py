"""The course of tests/other_course, at work in a folder outside the repository."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "tests" / "other_course"
LECTURE = "02_quadrature"
HALF = """\
def simpson(y, h):
    if len(y) % 2 == 0:
        raise ValueError("an odd number of values")
    return h / 6 * (y[0] + 4 * y[1:-1:2].sum(axis=0) + 2 * y[2:-1:2].sum(axis=0) + y[-1])
"""
WORTH = 9  # points of the lecture
LOST = 3  # of them for simpson


def copied(folder, course=COURSE):
    """A copy of the course, as its author keeps it or as far as it has come elsewhere."""
    return shutil.copytree(course, folder, ignore=shutil.ignore_patterns("__pycache__"))


def without_engine(folder):
    """Leave out the line that puts nbgrader's autograde on the engine."""
    settings = folder / "nbgrader_config.py"
    lines = [line for line in settings.read_text().splitlines() if "grader.engine" not in line]
    settings.write_text("\n".join(lines) + "\n")


class Tool:
    """Commands with the tool from one place, and a configuration folder of their own.

    Args:
        home: where the secret of hidden cases may be written.
        python: which Python.
        path: from where it imports the tool; None: it is installed.
    """

    def __init__(self, home, python=sys.executable, path=ROOT):
        self.python = python
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "GRADER_COURSE")
        }
        self.environment = {**kept, "XDG_CONFIG_HOME": str(home), "OMP_NUM_THREADS": "1"}
        if path:
            self.environment["PYTHONPATH"] = str(path)

    def grader(self, folder, *command, **options):
        """``python -m grader ...`` in a folder."""
        return self._run("grader", folder, command, **options)

    def nbgrader(self, folder, *command, **options):
        """``nbgrader ...`` in a folder."""
        return self._run("nbgrader", folder, command, **options)

    def execute(self, notebook, folder):
        """Run a notebook in a kernel that starts in a folder."""
        client = NotebookClient(
            notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(folder)}}
        )
        client.execute(env=self.environment)
        return notebook

    def _run(self, module, folder, command, check=True, **variables):
        done = subprocess.run(
            [self.python, "-m", module, *map(str, command)],
            cwd=folder,
            env=self.environment | {k: str(v) for k, v in variables.items()},
            capture_output=True,
            text=True,
        )
        assert not check or done.returncode == 0, done.stderr[-3000:] + done.stdout[-2000:]
        return done


def solved(folder, lecture, changes=()):
    """The student's notebook with the answers of the solutions, and then some others.

    Args:
        folder: of the course.
        lecture: which.
        changes: source by the grade_id of its cell.
    """
    read = nbformat.read
    released = read(folder / "notebooks" / lecture / f"{lecture}.ipynb", as_version=4)
    solution = read(folder / "solutions" / lecture / f"{lecture}.ipynb", as_version=4)
    answers = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in solution.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    for cell in released.cells:
        id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if id in answers:
            cell.source = (answers | dict(changes))[id]
    return released


def hand_in(folder, lecture):
    """A right submission, one with a known mistake, and one as it was released."""
    released = nbformat.read(folder / "notebooks" / lecture / f"{lecture}.ipynb", as_version=4)
    half = {"quadrature-rules-simpson-answer": HALF}
    submissions = {
        "right": solved(folder, lecture),
        "half": solved(folder, lecture, half),
        "untouched": released,
    }
    for student, notebook in submissions.items():
        place = folder / "submitted" / student / lecture
        place.mkdir(parents=True)
        nbformat.write(notebook, place / f"{lecture}.ipynb")


def reports(notebook):
    """What the checks of a notebook said, by id."""
    outputs = (out for cell in notebook.cells for out in cell.get("outputs", []))
    found = [out.data["application/vnd.grader.report+json"] for out in outputs if "data" in out
             and "application/vnd.grader.report+json" in out.data]  # fmt: skip
    return {report["id"]: report for report in found}
