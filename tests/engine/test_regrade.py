"""Grading again says what it changed and why; --diff says it beforehand and writes nothing."""

import fcntl
import json
import os

import pytest

from tests.engine.course import LECTURE, RIGHT, WRONG, grade, grader, released, scores, submit

RECEIPT = f"{LECTURE}.json"


def everything(folder):
    """Every file of a course directory, byte by byte."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def change_the_check(folder):
    """Water freezes at 33 now: what was right is wrong."""
    module = folder / "thermometer" / "scales.py"
    text = module.read_text()
    assert "+ 32" in text
    module.write_text(text.replace("+ 32", "+ 33"))


@pytest.fixture
def graded(folder):
    for name, answers in {"ada": RIGHT, "bob": WRONG, "cyd": RIGHT}.items():
        submit(folder, name, released(folder, answers))
    grade(folder)
    return folder


def test_a_changed_check_is_foretold_then_done_and_named(graded):
    change_the_check(graded)
    before, kept = everything(graded), scores(graded)
    foretold = grader(graded, "autograde", LECTURE, "--diff", "--jobs", "2").stdout
    assert everything(graded) == before
    assert scores(graded) == kept
    summary, *lines = foretold.splitlines()
    assert summary == (
        "Compared with before: 2 of 3 submissions would change; "
        "0 gain points, 2 lose points, 0 keep their sum."
    )
    told = [line for line in lines if line.startswith(("ada", "bob", "cyd"))]
    assert [line.split()[:2] for line in told] == [
        [name, "scales.fahrenheit"] for name in ("ada", "cyd")
    ]
    assert all("right -> wrong value  [check changed]" in line for line in told)
    assert "Nothing was written" in foretold

    done = grader(graded, "autograde", LECTURE, "--force").stdout
    assert summary.replace("would change", "changed") in done
    assert set(told) <= set(done.splitlines())
    again = grader(graded, "autograde", LECTURE, "--diff").stdout
    assert again == "Compared with before: none of 3 submissions would change.\n"


def test_the_reason_is_the_submission_or_the_versions_where_they_changed(graded):
    submit(graded, "bob", released(graded))
    receipt = graded / "receipts" / "ada" / RECEIPT
    old = json.loads(receipt.read_text())
    old["versions"]["numpy"] = "1.26.0"
    old["notebooks"][LECTURE][0] |= {"verdict": "warns", "score": 0.5}
    receipt.write_text(json.dumps(old))
    result = grade(graded, "--diff")
    assert {name: r["status"] for name, r in result.items()} == dict.fromkeys(result, "compared")
    changes = {name: r["changes"] for name, r in result.items()}
    assert changes["cyd"] == []
    assert changes["bob"] == [
        {
            "student": "bob", "id": "scales.fahrenheit", "before": "wrong value", "now": "right",
            "points_before": 0, "points_now": 1, "why": ["submission changed"],
        }
    ]  # fmt: skip
    (change,) = changes["ada"]
    assert (change["before"], change["now"]) == ("warns", "right")
    assert change["why"] == ["versions changed (numpy)"]


def test_a_submission_that_fails_now_is_a_change(graded):
    submit(graded, "ada", "rubbish")
    foretold = grade(graded, "--diff", check=False)["ada"]
    assert foretold["status"] == "failed"
    done = grade(graded, "--force", check=False)["ada"]
    for (change,) in (foretold["changes"], done["changes"]):
        assert (change["before"], change["now"]) == ("graded", "failed")
        assert (change["points_before"], change["points_now"]) == (2, 0)
        assert "not a notebook" in change["why"][0]


def test_nothing_to_compare_with_is_said_in_a_sentence(folder):
    submit(folder, "ada", released(folder))
    before = everything(folder)
    done = grader(folder, "autograde", LECTURE, "--diff", check=False)
    assert done.returncode == 1
    assert done.stderr == f"Nothing of {LECTURE} was graded before.\n"
    assert everything(folder) == before


def test_only_what_was_graded_before_is_compared(graded):
    submit(graded, "dan", released(graded))
    assert set(grade(graded, "--diff")) == {"ada", "bob", "cyd"}


def test_what_another_run_has_in_hand_counts_as_no_change(graded):
    change_the_check(graded)
    theirs = os.open(graded / "submitted" / "ada" / LECTURE, os.O_RDONLY)
    fcntl.flock(theirs, fcntl.LOCK_EX)
    try:
        done = grader(graded, "autograde", LECTURE, "--force").stdout
    finally:
        os.close(theirs)
    assert "1 of 2 submissions changed" in done
    assert not any(line.startswith("ada ") and "->" in line for line in done.splitlines())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([LECTURE[:-1]], f"STUDENT/{LECTURE[:-1]}. Is it {LECTURE}?"),
        ([LECTURE, "--student", "zoe"], f"zoe/{LECTURE}."),
    ],
)
def test_where_no_submission_lies_the_place_is_named(graded, options, said):
    refused = grader(graded, "autograde", *options, check=False)
    assert refused.returncode == 1
    assert refused.stderr == f"No submission found, expected {graded}/submitted/{said}\n"
