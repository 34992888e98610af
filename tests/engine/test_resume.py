"""A run that is stopped at any moment goes on where it was, and grading again changes nothing."""

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.engine.course import (
    LECTURE,
    RIGHT,
    WRONG,
    grade,
    graded,
    released,
    scores,
    start,
    submit,
)  # fmt: skip

# More of them: GRADER_KILLS=50 pytest tests/engine/test_resume.py
KILLS = int(os.environ.get("GRADER_KILLS", "5"))
CLASS = {f"student{i}": WRONG if i % 3 == 0 else RIGHT for i in range(9)}
EXPECTED = {name: 1 if answers is WRONG else 2 for name, answers in CLASS.items()}


def hand_in(folder):
    for name, answers in CLASS.items():
        submit(folder, name, released(folder, answers))


def totals(folder):
    rows = scores(folder)
    assert len(rows) == len({row[:2] for row in rows}), "a grade is there twice"
    found = {}
    for name, _, score, _, waits in rows:
        found[name] = found.get(name, 0) + (score or 0)
        assert not (graded(folder, name).exists() and (score is None or waits))
    return found


def assert_consistent(folder):
    """What is in place is complete: its scores, its notebook, its receipt."""
    found = totals(folder)
    for name in CLASS:
        if graded(folder, name).parent.exists():
            json.loads(graded(folder, name).read_text(encoding="utf-8"))
            receipt = folder / "receipts" / name / f"{LECTURE}.json"
            assert json.loads(receipt.read_text())["score"] == found[name] == EXPECTED[name]


def stop(folder, how, chance, *options):
    """Stop a run at a random moment after its first result."""
    process = start(folder, "autograde", LECTURE, "--json", *options)
    assert process.stdout
    for _ in range(chance.randrange(1, 4)):
        if not process.stdout.readline():
            break
    time.sleep(chance.uniform(0, 0.2))
    if how is signal.SIGKILL:
        os.killpg(process.pid, how)
    else:
        process.send_signal(how)
    errors = process.communicate(timeout=60)[1]
    return process.returncode, errors


def test_a_killed_run_resumes_without_a_lost_or_doubled_grade(folder):
    hand_in(folder)
    chance = random.Random(os.environ.get("GRADER_SEED", "1"))
    for kill in range(KILLS):
        options = [*(["--force"] if kill % 2 else []), "--jobs", str(1 + kill % 3 % 2)]
        stop(folder, signal.SIGKILL, chance, *options)
        assert_consistent(folder)
    results = grade(folder)
    assert {r["status"] for r in results.values()} <= {"graded", "skipped"}
    assert totals(folder) == EXPECTED
    assert_consistent(folder)
    assert not [p for p in folder.rglob(".*") if p.name.endswith((".partial", ".earlier"))]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_control_c_leaves_a_consistent_gradebook(folder, jobs):
    hand_in(folder)
    code, errors = stop(folder, signal.SIGINT, random.Random(0), "--jobs", jobs)
    assert code in (0, 130)
    assert "Traceback" not in errors
    assert_consistent(folder)
    grade(folder)
    assert totals(folder) == EXPECTED


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ([], "The same command goes on there."),
        (["--force"], "With --force the same command grades all of them again."),
        (["--diff"], "Nothing was written. The same command compares all of them again."),
    ],
)
def test_control_c_while_the_jobs_start_says_what_comes_next(folder, option, said):
    hand_in(folder)
    if option:
        grade(folder)
    process = start(folder, "autograde", LECTURE, "--jobs", "2", *option)
    wait_for_child(process, "forkserver")
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, "")
    assert errors == f"Stopped with {len(CLASS)} left. {said}\n"


@pytest.mark.parametrize("pause", [0, 0.02, 0.04, 0.06, 0.09, 0.13])
def test_control_c_at_the_very_end_changes_nothing(folder, pause):
    submit(folder, "student0", released(folder, RIGHT))
    process = start(folder, "autograde", LECTURE, "--json")
    assert process.stdout and process.stdout.readline()
    time.sleep(pause)  # while Python takes itself apart
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode in (0, 130)
    assert "Traceback" not in errors
    assert scores(folder)


def wait_for_child(process, name):
    """Wait until a process has a child with this in its command line."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None:
        for child in children.read_text().split():
            if name in Path(f"/proc/{child}/cmdline").read_text():
                return
        time.sleep(0.01)


def test_grading_again_and_with_other_jobs_gives_the_same(folder):
    hand_in(folder)

    def everything():
        notebooks = {name: graded(folder, name).read_bytes() for name in CLASS}
        receipts = {}
        for name in CLASS:
            receipt = json.loads((folder / "receipts" / name / f"{LECTURE}.json").read_text())
            receipts[name] = receipt["notebooks"], receipt["digest"], receipt["score"]
        return notebooks, receipts, scores(folder)

    grade(folder, "--jobs", "1")
    first = everything()
    assert {r["status"] for r in grade(folder, "--jobs", "1").values()} == {"skipped"}
    for jobs in ("1", "2"):
        assert {r["status"] for r in grade(folder, "--force", "--jobs", jobs).values()} == {
            "graded"
        }
        assert everything() == first
