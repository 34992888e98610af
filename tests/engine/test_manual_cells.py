"""Cells that a person grades, through a real autograde."""

import shutil

import pytest

from tests.engine.course import (
    LECTURE,
    SMALL,
    cell,
    grade,
    grader,
    nbgrader,
    released,
    scores,
    submit,
)

pytestmark = pytest.mark.slow  # builds, releases and grades a course

MANUAL = """
# %% [markdown] tags=["manual"] points=6 name="report"
# The two scales meet at 40 degrees below zero.
"""


@pytest.fixture(scope="module")
def class_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("manual") / "course"
    shutil.copytree(SMALL, folder)
    script = folder / "lectures" / LECTURE / "lecture.py"
    script.write_text(script.read_text(encoding="utf-8") + MANUAL, encoding="utf-8")
    grader(folder, "build")
    nbgrader(folder, "generate_assignment", LECTURE)
    submit(folder, "empty", released(folder))
    written = released(folder)
    cell(written, "manual-report").source = "They meet far below zero. <script>alert(1)</script>"
    submit(folder, "written", written)
    return folder


@pytest.fixture(scope="module")
def results(class_folder):
    return grade(class_folder)


def of(folder, student):
    """Automatic score, manual score and whether a person has to look, of the manual cell."""
    (found,) = (row[2:] for row in scores(folder) if row[:2] == (student, "manual-report"))
    return found


def test_the_model_answer_is_not_released(class_folder):
    assert "below zero" not in str(released(class_folder))


def test_what_was_left_empty_earns_0_and_waits_for_nobody(results, class_folder):
    assert of(class_folder, "empty") == (0, None, 0)


def test_what_was_written_waits_for_a_person(results, class_folder):
    assert of(class_folder, "written") == (None, None, 1)


def test_the_checks_are_graded_as_ever(results):
    assert results["written"]["score"] == results["empty"]["score"] > 0


def test_a_grade_that_was_given_stays(results, class_folder):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{class_folder / 'gradebook.db'}") as gradebook:
        given = gradebook.find_grade("manual-report", LECTURE, LECTURE, "written")
        given.manual_score, given.needs_manual_grade = 4.0, False
        gradebook.db.commit()
    grade(class_folder, "--force")
    assert of(class_folder, "written")[1] == 4.0
