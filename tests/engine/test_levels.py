"""An exercise with levels through a real autograde: its receipt, and the same verdict again."""

import json
import shutil

import pytest

from tests.engine.course import (
    ANSWER,
    LECTURE,
    RIGHT,
    SMALL,
    grade,
    grader,
    nbgrader,
    released,
    submit,
)

pytestmark = pytest.mark.slow  # builds, releases and grades a course

LEVELS = """
from dataclasses import replace

from grader import Level

FAHRENHEIT = replace(
    FAHRENHEIT,
    points=4,
    misconceptions=(),
    float32=False,
    make_cases=lambda rng: [Case("seven", (np.arange(7.0),), known=1.8 * np.arange(7.0) + 32)],
    value=lambda cases, outputs: float(np.mean(np.isclose(outputs[0], cases[0].known))),
    levels=(Level("some of them", 0.5, 0.25), Level("all of them", 1.0, 1.0)),
)
"""
HALF = RIGHT | {
    ANSWER: "def fahrenheit(celsius):\n    return np.where(celsius > 2, 1.8 * celsius + 32, 0)"
}


@pytest.fixture(scope="module")
def class_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("levels") / "course"
    shutil.copytree(SMALL, folder)
    exercises = folder / "lectures" / LECTURE / "exercises.py"
    exercises.write_text(exercises.read_text(encoding="utf-8") + LEVELS, encoding="utf-8")
    grader(folder, "build")
    nbgrader(folder, "generate_assignment", LECTURE)
    submit(folder, "ann", released(folder))
    submit(folder, "bob", released(folder, HALF))
    grade(folder)
    return folder


def receipt(folder, student):
    return folder / "receipts" / student / f"{LECTURE}.json"


@pytest.mark.parametrize(
    ("student", "verdict", "score"), [("ann", "right", 4), ("bob", "partly there", 1)]
)
def test_a_receipt_holds_what_was_reached(class_folder, student, verdict, score):
    entries = json.loads(receipt(class_folder, student).read_text())["notebooks"][LECTURE]
    (entry,) = (e for e in entries if e["id"] == "scales.fahrenheit")
    assert (entry["verdict"], entry["score"], entry["points"]) == (verdict, score, 4)
    assert "alike" not in entry


def test_it_is_reproduced(class_folder):
    done = grader(class_folder, "replay", str(receipt(class_folder, "bob")))
    assert "scales.fahrenheit" in done.stdout
    assert "NOT" not in done.stdout


def test_feedback_says_how_far_it_is(class_folder):
    nbgrader(class_folder, "generate_feedback", LECTURE)
    page = class_folder / "feedback" / "bob" / LECTURE / f"{LECTURE}.html"
    html = page.read_text(encoding="utf-8")
    assert "Partly there" in html
    assert "reaches 0.571: some of them." in html


def test_the_report_of_the_class_counts_it(class_folder):
    done = grader(class_folder, "report", LECTURE, check=False)
    assert done.returncode == 0, done.stderr
    assert "partly there" in done.stdout
