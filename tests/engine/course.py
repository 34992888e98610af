"""A small course for tests of grading: one lecture with one exercise and one question."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from grader.course import FILE, VARIABLE

ROOT = Path(__file__).resolve().parents[2]
SMALL = Path(__file__).with_name("small_course")
LECTURE = "01_scales"
ANSWER, CHECK = "scales-fahrenheit-answer", "scales-fahrenheit"
QUESTION_ANSWER, QUESTION = "scales-scales_meet-answer", "scales-scales_meet"
RIGHT = {
    ANSWER: "def fahrenheit(celsius):\n    return 1.8 * celsius + 32",
    QUESTION_ANSWER: "scales_meet = -40",
}
WRONG = RIGHT | {ANSWER: "def fahrenheit(celsius):\n    return 1.8 * (celsius + 32)"}


def release(folder):
    """A copy of the course in which the lecture is built and released."""
    shutil.copytree(SMALL, folder, dirs_exist_ok=True)
    grader(folder, "build")
    nbgrader(folder, "generate_assignment", LECTURE)
    return folder


def nbgrader(folder, *command, check=True):
    """Run an nbgrader command in the course directory."""
    return _run([sys.executable, "-m", "nbgrader", *command], folder, check)


def grader(folder, *command, check=True):
    """Run one of our commands in the course directory."""
    return _run([sys.executable, "-m", "grader", *command], folder, check)


def start(folder, *command):
    """Start one of our commands in a process group of its own, which Ctrl-C reaches.

    What a shell starts with & ignores Ctrl-C, and so do its children: the tests may be among them.
    """
    arguments = [sys.executable, "-m", "grader", *command]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        arguments, cwd=folder, env=environment(folder), stdout=pipe, stderr=pipe, text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def grade(folder, *options, check=True):
    """Autograde the class; the results by student."""
    done = grader(folder, "autograde", LECTURE, "--json", *options, check=False)
    assert not check or done.returncode == 0, done.stderr + done.stdout
    results = [json.loads(line) for line in done.stdout.splitlines()]
    return {result["student"]: result for result in results}


def released(folder, answers=RIGHT):
    """The released notebook with these answers, by the grade_id of their cell."""
    notebook = nbformat.read(folder / "notebooks" / LECTURE / f"{LECTURE}.ipynb", as_version=4)
    for id, source in answers.items():
        cell(notebook, id).source = source
    return notebook


def cell(notebook, grade_id):
    """The cell of a notebook with this grade_id."""
    found = [
        c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    ]
    return found[-1]


def submit(folder, student, notebook, **files):
    """Hand in a notebook, or text in its place, and files by name."""
    place = folder / "submitted" / student / LECTURE
    place.mkdir(parents=True, exist_ok=True)
    text = notebook if isinstance(notebook, str) else json.dumps(notebook)
    (place / f"{LECTURE}.ipynb").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (place / name).write_text(content, encoding="utf-8")
    return place


def graded(folder, student):
    """The autograded notebook of a student, as a path."""
    return folder / "autograded" / student / LECTURE / f"{LECTURE}.ipynb"


def scores(folder):
    """The gradebook: by student and cell every score that it holds, without its random ids."""
    query = """
        SELECT submitted_assignment.student_id, base_cell.name, grade.auto_score,
               grade.manual_score, grade.needs_manual_grade
        FROM grade JOIN base_cell ON grade.cell_id = base_cell.id
        JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
        JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id"""
    with sqlite3.connect(folder / "gradebook.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return sorted(connection.execute(query).fetchall(), key=str)


def totals(url):
    """Any gradebook, by nbgrader's own interface: each student's score of what has been graded."""
    found = {}
    with Gradebook(url, "two-scales") as gradebook:
        for student in gradebook.students:
            try:
                notebooks = gradebook.find_submission(LECTURE, student.id).notebooks
            except MissingEntry:
                continue
            grades = [g for notebook in notebooks for g in notebook.grades]
            assert len(grades) == len({g.name for g in grades})
            found[student.id] = sum(g.score for g in grades if g.auto_score is not None)
    return found


def environment(folder):
    """A command's variables. A class folder that is no course belongs to this repository's."""
    found = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return found if (Path(folder) / FILE).is_file() else {**found, VARIABLE: str(ROOT)}


def _run(arguments, folder, check):
    variables = environment(folder)
    done = subprocess.run(arguments, cwd=folder, env=variables, capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stderr[-3000:] + done.stdout[-1000:]
    return done
