"""A class at once: every submission gets what it earned, whatever its neighbours handed in."""

import copy
import json
import sqlite3

import nbformat
import pytest

from tests.engine.course import (
    ANSWER,
    CHECK,
    LECTURE,
    QUESTION,
    RIGHT,
    WRONG,
    cell,
    grade,
    graded,
    grader,
    nbgrader,
    released,
    scores,
    submit,
)  # fmt: skip


def without(notebook, grade_id):
    notebook.cells.remove(cell(notebook, grade_id))
    return notebook


def with_metadata(notebook, grade_id, **changes):
    cell(notebook, grade_id).metadata["nbgrader"].update(changes)
    return notebook


def duplicated(notebook, grade_id):
    original = cell(notebook, grade_id)
    twin = copy.deepcopy(original)
    twin["id"] = "twin"
    notebook.cells.insert(notebook.cells.index(original), twin)
    return notebook


def moved(notebook, grade_id, place):
    found = cell(notebook, grade_id)
    notebook.cells.remove(found)
    notebook.cells.insert(place, found)
    return notebook


def retyped(notebook, grade_id):
    found = cell(notebook, grade_id)
    found["cell_type"] = "markdown"
    for key in ("outputs", "execution_count"):
        found.pop(key, None)
    return notebook


def edited(notebook, grade_id, source):
    cell(notebook, grade_id).source = source
    return notebook


def invented(notebook):
    made_up = copy.deepcopy(cell(notebook, CHECK))
    made_up["id"] = "made-up"
    made_up.metadata["nbgrader"].update(grade_id="made-up", points=50)
    made_up.source = "50"
    notebook.cells.append(made_up)
    return notebook


def damaged(notebook, change):
    """The notebook's text after a change of its third cell that nbformat would not write."""
    notebook = json.loads(nbformat.writes(notebook))
    change(notebook["cells"][2])
    return json.dumps(notebook)


# What is handed in, and the points out of 2 it earns.
EARNING = {
    "right": (lambda n: n, 2),
    "wrong": (lambda n: edited(n, ANSWER, WRONG[ANSWER]), 1),
    "borrowed": (
        lambda n: edited(n, ANSWER, "from grader import borrow\nborrow('scales.fahrenheit')"), 1),
    "check deleted": (lambda n: without(n, CHECK), 1),
    "answer deleted": (lambda n: without(n, ANSWER), 1),
    "check duplicated": (lambda n: duplicated(n, CHECK), 2),
    "answer duplicated": (lambda n: duplicated(n, ANSWER), 2),
    "check moved to the end": (lambda n: moved(n, CHECK, len(n.cells) - 1), 2),
    "check moved to the start": (lambda n: moved(n, CHECK, 0), 1),
    "check turned into text": (lambda n: retyped(n, CHECK), 2),
    "check of a wrong answer replaced by its points": (
        lambda n: edited(edited(n, ANSWER, WRONG[ANSWER]), CHECK, "1"), 1),
    "points raised": (lambda n: with_metadata(n, CHECK, points=100), 2),
    "warns on stderr": (
        lambda n: edited(n, ANSWER, RIGHT[ANSWER] + "\nimport sys; sys.stderr.write('!')"), 2),
}  # fmt: skip

# What cannot be graded, and a word of the line that says why.
FAILING = {
    "not JSON": (lambda n: '{"cells": [', "not a notebook"),
    "JSON and no notebook": (lambda n: '{"cells": 7}', "notebook"),
    "schema of the future": (lambda n: with_metadata(n, CHECK, schema_version=99), "99"),
    "schema of the past": (lambda n: with_metadata(n, CHECK, schema_version=1), "nbgrader update"),
    "check made an answer": (
        lambda n: with_metadata(n, CHECK, locked=False, solution=True),
        CHECK,
    ),
    "cell that nobody released": (invented, "made-up"),
    "cell without a type": (lambda n: damaged(n, lambda c: c.pop("cell_type")), "cells[2]"),
    "cell with a number for its text": (
        lambda n: damaged(n, lambda c: c.update(source=7)),
        "cells[2]",
    ),
    "cell with half a character": (
        lambda n: damaged(n, lambda c: c.update(source="\ud800")),
        "cells[2].source",
    ),
    "grade without points": (
        lambda n: damaged(
            n, lambda c: c["metadata"].update(nbgrader={"grade": True, "grade_id": "x"})
        ),
        "points",
    ),
}

# Files beside a right notebook that make it fail, and a word of the line that says why.
REFUSED = {
    "shadows numpy": ({"numpy.py": ""}, "numpy"),
    "shadows the standard library": ({"json.py": ""}, "json"),
    "shadows the library": ({"thermometer.py": ""}, "thermometer"),
}


def student(name):
    return name.replace(" ", "_")


@pytest.fixture(scope="module")
def results(shared_folder):
    folder = shared_folder
    for name, (change, _) in EARNING.items():
        submit(folder, student(name), change(released(folder)))
    for name, (change, _) in FAILING.items():
        submit(folder, student(name), change(released(folder)))
    for name, (files, _) in REFUSED.items():
        submit(folder, student(name), released(folder), **files)
    (folder / "secret.txt").write_text("the gradebook's password")
    link = submit(folder, "links", released(folder)) / "data.txt"
    link.symlink_to(folder / "secret.txt")
    whole = submit(folder, "links_the_notebook", "") / f"{LECTURE}.ipynb"
    whole.unlink()
    whole.symlink_to(folder / "solutions" / LECTURE / f"{LECTURE}.ipynb")
    return grade(folder, "--jobs", "2", check=False)


@pytest.mark.parametrize("name", EARNING)
def test_a_submission_earns_what_it_shows(results, name):
    result = results[student(name)]
    assert result["status"] == "graded", result["problems"]
    assert (result["score"], result["max_score"]) == (EARNING[name][1], 2)


@pytest.mark.parametrize("name", [*FAILING, *REFUSED])
def test_what_cannot_be_graded_fails_alone_and_says_why(results, shared_folder, name):
    result = results[student(name)]
    assert result["status"] == "failed"
    assert ({**FAILING, **REFUSED})[name][1] in result["problems"][-1]
    assert not graded(shared_folder, student(name)).exists()


@pytest.mark.parametrize("name", ["links", "links_the_notebook"])
def test_links_are_not_followed(results, shared_folder, name):
    assert results[name]["status"] == "failed"
    assert "is a link" in results[name]["problems"][-1]
    assert not list((shared_folder / "autograded").glob(f"{name}/*"))


def test_the_gradebook_agrees_with_the_results(results, shared_folder):
    rows = scores(shared_folder)
    for name, result in results.items():
        mine = [row for row in rows if row[0] == name]
        if result["status"] == "graded":
            assert sum(row[2] for row in mine) == result["score"], name
            assert not any(row[4] for row in mine), f"{name} waits for a manual grade"
            assert len(mine) == len({row[1] for row in mine}) == 2
        else:
            assert not any(row[2] for row in mine), name


def test_demos_are_shown_as_submitted_and_marked(results, shared_folder):
    notebook = json.loads(graded(shared_folder, "right").read_text(encoding="utf-8"))
    demos = [c for c in notebook["cells"] if "demo" in c["metadata"].get("tags", [])]
    assert demos
    for demo in demos:
        assert "Not run again" in "".join(demo["outputs"][0]["data"]["text/plain"])


def test_a_check_that_is_gone_loses_the_score_of_the_submission_before(folder):
    submit(folder, "ada", released(folder))
    assert grade(folder)["ada"]["score"] == 2
    submit(folder, "ada", without(released(folder), QUESTION))
    assert grade(folder, "--force")["ada"]["score"] == 1
    submit(folder, "ada", "rubbish")
    assert grade(folder, "--force", check=False)["ada"]["status"] == "failed"
    assert [row[2] for row in scores(folder)] == [None, None]
    assert not (folder / "receipts" / "ada" / f"{LECTURE}.json").exists()


def test_a_locked_gradebook_fails_what_could_not_be_saved_and_the_rest_is_graded_later(folder):
    submit(folder, "ada", released(folder))
    connection = sqlite3.connect(folder / "gradebook.db")
    connection.execute("BEGIN EXCLUSIVE")
    locked = grade(folder, check=False)["ada"]
    connection.rollback()
    connection.close()
    assert locked["status"] == "failed"
    assert "locked" in locked["problems"][-1]
    assert not graded(folder, "ada").exists()
    assert grade(folder)["ada"]["score"] == 2


def test_settings_that_cannot_be_read_end_the_command_in_one_sentence(folder):
    submit(folder, "ada", released(folder))
    settings = folder / "nbgrader_config.py"
    text = settings.read_text()
    for line, code, said in (
        (
            'c.CourseDirectory.db_url = {}["GRADEBOOK"]',
            2,
            "nbgrader_config.py: KeyError: 'GRADEBOOK'",
        ),
        ('raise SystemExit("GRADEBOOK is not set")', 1, "GRADEBOOK is not set"),
    ):
        settings.write_text(f"{text}\n{line}\n")
        done = grader(folder, "autograde", LECTURE, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (code, "", f"{said}\n")


def test_a_gradebook_that_is_not_there_is_said_in_one_sentence(folder):
    submit(folder, "ada", released(folder))
    grade(folder)
    nowhere = ["--db", f"sqlite:///{folder}/nowhere/gradebook.db"]
    done = grader(folder, "report", LECTURE, *nowhere, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The gradebook cannot be reached: ")
    assert done.stderr.count("\n") == 1


def test_jobs_agree_on_one_new_gradebook(folder):
    (folder / "gradebook.db").unlink()
    for name in ("ada", "bob", "cyd", "dan"):
        submit(folder, name, released(folder))
    results = grade(folder, "--jobs", "4", check=False)
    # The assignment is unknown to a new gradebook, and that is all that is wrong.
    assert {r["problems"][-1] for r in results.values()} == {
        f"MissingEntry: No such assignment: {LECTURE}; "
        f"`nbgrader generate_assignment {LECTURE}` enters it in the gradebook"
    }


def test_nbgraders_own_command_grades_the_same_and_gives_feedback(folder):
    submit(folder, "ada", released(folder))
    exchanged = {"timestamp.txt": "2026-11-20 12:00:00 UTC", "submission_secret.txt": "of bob"}
    submit(folder, "bob", released(folder, WRONG), **exchanged, **{"other.html": "forged"})
    submit(folder, "eve", "rubbish")
    assert nbgrader(folder, "autograde", LECTURE, check=False).returncode == 1
    nbgrader(folder, "generate_feedback", LECTURE)
    nbgrader(folder, "export", "--to", "grades.csv")
    totals = {}
    for name, _, score, *_ in scores(folder):
        totals[name] = totals.get(name, 0) + (score or 0)
    assert (totals["ada"], totals["bob"]) == (2, 1)
    # `nbgrader release_feedback` finds the page's addressee by the other two.
    told = {path.name for path in (folder / "feedback" / "bob" / LECTURE).iterdir()}
    assert told == {f"{LECTURE}.html", *exchanged}
    assert "bob" in (folder / "grades.csv").read_text()
