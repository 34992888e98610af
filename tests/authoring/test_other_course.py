"""A course of another subject works with the tool as this one does, from writing to feedback."""

import json
import os

import nbformat
import pytest

from grader.engine import sandbox
from tests.authoring.numerics import (
    LECTURE,
    LOST,
    WORTH,
    copied,
    hand_in,
    reports,
    solved,
    without_engine,
)
from tests.engine.course import scores

pytestmark = pytest.mark.slow
GRADED = {"right": WORTH, "half": WORTH - LOST, "untouched": 0}


@pytest.fixture(scope="module")
def course(tool, tmp_path_factory):
    """The course, built; its folder has a blank in its name."""
    folder = copied(tmp_path_factory.mktemp("other") / "my numerics")
    done = tool.grader(folder / "lectures" / "01_roots", "build")  # from a folder below
    assert "01_roots: exercises 2, questions 2" in done.stdout
    assert (folder / "notebooks" / LECTURE / f"{LECTURE}.ipynb").is_file()
    return folder


@pytest.fixture(scope="module")
def released(course, tool, tmp_path_factory):
    """The course with one lecture released and three submissions of it."""
    folder = copied(tmp_path_factory.mktemp("released") / "numerics", course)
    tool.nbgrader(folder, "generate_assignment", LECTURE)
    hand_in(folder, LECTURE)
    return folder


@pytest.fixture(scope="module")
def classes(released, tmp_path_factory):
    """The same submissions three times: for the tool, for nbgrader on the engine, for nbgrader."""
    ways = ("tool", "engine", "stock")
    folders = {way: copied(tmp_path_factory.mktemp(way) / way, released) for way in ways}
    without_engine(folders["stock"])
    return folders


def totals(folder):
    """What the gradebook says: the points of each student."""
    found = {}
    for student, _, score, *_ in scores(folder):
        found[student] = found.get(student, 0) + (score or 0)
    return found


def test_what_is_built_is_fresh_seen_from_anywhere(course, tool, tmp_path):
    assert tool.grader(course, "build", "--check").stdout == ""
    assert tool.grader(tmp_path, "build", "--check", GRADER_COURSE=course).stdout == ""


def test_the_pages_name_only_what_is_there(course):
    library = (course / "docs" / "library.md").read_text()
    assert "[numerics.quadrature.rules](../numerics/quadrature/rules.py)" in library
    assert "yllabus" not in library
    assert "audit.md" not in (course / "docs" / "feedback.md").read_text()
    assert not (course / "docs" / "coverage.md").exists()


def test_every_check_of_the_course_is_measured_without_a_fault(course, tool):
    done = tool.grader(course, "audit", "--jobs", "1", "--seeds", "2")
    assert "5 exercises, 2 seeds, 0 faults" in done.stdout


def test_a_kernel_in_a_notebooks_folder_finds_library_checks_and_data(course, tool):
    changes = {"quadrature-rules-trapezoid-answer": "def trapezoid(y, h):\n    return h * y.sum(0)"}
    place = course / "notebooks" / LECTURE
    notebook = tool.execute(solved(course, LECTURE, changes), place)
    said = reports(notebook)
    assert {id: r["verdict"] for id, r in said.items()} == {
        "quadrature.rules.trapezoid": "wrong value",
        "quadrature.rules.simpson": "right",
        "quadrature.exact": "right",
        "quadrature.running.RunningArea": "right",
    }
    diagnosis = said["quadrature.rules.trapezoid"]["diagnosis"]
    assert diagnosis["name"] == "the ends count in full"
    river = next(cell for cell in notebook.cells if "river" in cell.source and "demo" in str(cell))
    assert [out.output_type for out in river.outputs] == ["display_data"]
    assert "quadrature.exact" in next(course.glob(".progress*")).read_text()


def test_three_ways_of_grading_give_the_same_scores(classes, tool):
    done = tool.grader(classes["tool"], "autograde", LECTURE, "--json", "--jobs", "1")
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert {r["student"]: r["score"] for r in results} == GRADED
    assert {r["tier"] for r in results} == {sandbox.detect()[0]}
    tool.nbgrader(classes["engine"], "autograde", LECTURE)
    tool.nbgrader(classes["stock"], "autograde", LECTURE)
    by_cell = {way: {row[:2]: row[2] for row in scores(folder)} for way, folder in classes.items()}
    assert by_cell["tool"] == by_cell["engine"] == by_cell["stock"]
    assert totals(classes["tool"]) == GRADED


def test_the_feedback_page_names_the_mistake(classes, tool):
    folder = classes["tool"]
    tool.grader(folder, "autograde", LECTURE, "--jobs", "1")
    tool.nbgrader(folder, "generate_feedback", LECTURE)
    page = (folder / "feedback" / "half" / LECTURE / f"{LECTURE}.html").read_text()
    assert "Half of it?" in page
    assert (
        "Half of it?" not in (folder / "feedback/right" / LECTURE / f"{LECTURE}.html").read_text()
    )


@pytest.mark.parametrize("way", ["below", "named", "named from here"])
def test_a_class_is_graded_from_a_folder_below_and_from_elsewhere(classes, tool, tmp_path, way):
    folder = classes["tool"]
    command = ("autograde", LECTURE, "--force", "--json", "--jobs", "2")
    if way == "below":
        done = tool.grader(folder / "submitted" / "right", *command)
    else:
        named = folder if way == "named" else os.path.relpath(folder, tmp_path)
        done = tool.grader(tmp_path, *command, GRADER_COURSE=named)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert {r["student"]: r["score"] for r in results} == GRADED


def test_the_demo_grades_the_lecture_that_the_course_names(course, tool, tmp_path):
    said = tool.grader(course, "demo", "--folder", tmp_path / "class").stdout
    rows = {line.split()[0]: line for line in said.splitlines() if " of 7" in line}
    assert rows["right_as_in_the_library"].split()[1:4] == ["7", "of", "7"]
    assert "(the other half)" in rows["mistake_bisect_the_other_half"]
    assert "timed out" in rows["endless_loop"]


def test_the_demo_of_a_course_that_is_not_built_says_so(tool, tmp_path):
    folder = copied(tmp_path / "numerics")
    done = tool.grader(folder, "demo", check=False)
    assert done.returncode == 1
    assert "01_roots" in done.stderr and "Traceback" not in done.stderr


def test_what_a_submission_may_import_holds_no_answer(released, tool, tmp_path):
    cell = "import numerics.quadrature.rules as rules, numpy as np\nrules.{}(np.ones(3), 1.0)"
    folder = copied(tmp_path / "numerics", released)
    asked = ("trapezoid", "simpson", "best")
    notebook = solved(folder, LECTURE)
    notebook.cells += [nbformat.v4.new_code_cell(cell.format(name)) for name in asked]
    data = "from numerics.river import measured\nmeasured()[1].max()"
    notebook.cells.append(nbformat.v4.new_code_cell(data))
    place = folder / "submitted" / "ada" / LECTURE
    place.mkdir(parents=True)
    nbformat.write(notebook, place / f"{LECTURE}.ipynb")
    tool.grader(folder, "autograde", LECTURE, "--student", "ada", "--jobs", "1")
    path = folder / "autograded" / "ada" / LECTURE / f"{LECTURE}.ipynb"
    *refused, depth = nbformat.read(path, as_version=4).cells[-len(asked) - 1 :]
    assert [cell.outputs[0].ename for cell in refused] == ["NotImplementedError"] * len(asked)
    assert "2.1" in depth.outputs[0].data["text/plain"]
