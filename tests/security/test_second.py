"""What one submission brings to light is of no use to the next, and nothing of it stays behind.

One class hands in twice. In between somebody gives points by hand.
"""

import ast
import json
import pickle
import sqlite3
from types import SimpleNamespace

import numpy as np
import pytest

from grader.checking.definitions import exercises_of, lectures
from tests.engine.course import (
    ANSWER,
    CHECK,
    LECTURE,
    QUESTION,
    WRONG,
    cell,
    grade,
    graded,
    nbgrader,
    released,
    scores,
    submit,
)  # fmt: skip
from tests.security.attack import HONEST, TIERS, printed
from tests.security.attack import grade as run

NOTES = "SEEN = []\ndef fahrenheit(celsius):\n    SEEN.append(celsius.tolist())\n    return celsius"
TABLE = """
import numpy as np
TABLE = {table!r}
def fahrenheit(celsius):
    if tuple(celsius) in TABLE: return np.array(TABLE[tuple(celsius)])
    near = min(TABLE, key=lambda k: abs(len(k) - len(celsius)) * 1e3 + abs(k[0] - celsius[0]))
    return np.array(TABLE[near])"""


LATE, EARLY = "2026-02-01 10:00:00 UTC", "2025-12-01 10:00:00 UTC"
HAND = """
    UPDATE grade SET manual_score = 1, needs_manual_grade = 0 WHERE id IN (
        SELECT grade.id FROM grade JOIN base_cell ON base_cell.id = grade.cell_id
        JOIN submitted_notebook n ON n.id = grade.notebook_id
        JOIN submitted_assignment a ON a.id = n.assignment_id
        WHERE base_cell.name = ? AND a.student_id IN ('gone', 'other'))"""
PENALTIES = """
    SELECT a.student_id, n.late_submission_penalty FROM submitted_notebook n
    JOIN submitted_assignment a ON a.id = n.assignment_id"""


def noting(folder):
    """A submission whose function notes its arguments, and whose last cell shows them."""
    notebook = released(folder, {ANSWER: NOTES})
    last = [c for c in notebook.cells if c.cell_type == "code" and "nbgrader" not in c.metadata][-1]
    notebook.cells.remove(last)
    notebook.cells.append(last)
    last.source, last.metadata["tags"] = "print(SEEN)", []
    return notebook


def without(folder, *names):
    notebook = released(folder)
    for name in names:
        notebook.cells.remove(cell(notebook, name))
    return notebook


def first_time(folder):
    right = released(folder)
    for student in ("ann", "zoe", "gone", "other", "unchecked", "quiet"):
        submit(folder, student, right)
    submit(folder, "eve", noting(folder))
    for student in ("broken", "earlier"):
        submit(folder, student, right, **{"timestamp.txt": LATE})
    submit(folder, "newer", right, **{"timestamp.txt": EARLY, "extra.txt": "of the first"})


def second_time(folder, seen):
    table = {tuple(case): [1.8 * c + 32 for c in case] for case in seen}
    submit(folder, "eve", released(folder, {ANSWER: TABLE.format(table=table)}))
    submit(folder, "gone", without(folder, CHECK))
    submit(folder, "unchecked", without(folder, CHECK, QUESTION))
    submit(folder, "other", released(folder, WRONG))
    submit(folder, "quiet", released(folder), **{"notes.txt": "another digest"})
    submit(folder, "broken", "rubbish")
    submit(folder, "earlier", released(folder), **{"timestamp.txt": EARLY})
    place = submit(folder, "newer", released(folder, WRONG), **{"timestamp.txt": LATE})
    (place / "extra.txt").unlink()


def state(folder):
    """Receipts, rows of the check in the gradebook, and penalties, each by student."""
    paths = (folder / "receipts").glob(f"*/{LECTURE}.json")
    with sqlite3.connect(folder / "gradebook.db") as book:
        penalties = dict(book.execute(PENALTIES))
    return SimpleNamespace(
        receipts={path.parent.name: json.loads(path.read_text()) for path in paths},
        rows={row[0]: row[2:] for row in scores(folder) if row[1] == CHECK},
        penalties=penalties,
    )


def inputs(moment, student):
    entries = moment.receipts[student]["notebooks"][LECTURE]
    return next(e["inputs"] for e in entries if "seed" in e)


@pytest.fixture(scope="module")
def played(shared_folder):
    folder = shared_folder
    nbgrader(folder, "db", "assignment", "add", LECTURE, "--duedate", "2026-01-01 10:00:00 UTC")
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    first_time(folder)
    results = [grade(folder)]
    states = [state(folder)]
    with sqlite3.connect(folder / "gradebook.db") as book:
        book.execute(HAND, (CHECK,))
    page = json.loads(graded(folder, "eve").read_text())
    seen = ast.literal_eval("".join(page["cells"][-1]["outputs"][0]["text"]))
    second_time(folder, seen)
    for options in ((), ("--force",)):
        results.append(grade(folder, *options, check=False))
        states.append(state(folder))
    return SimpleNamespace(folder=folder, results=results, states=states, seen=seen)


def test_a_table_of_the_first_submissions_cases_earns_nothing_in_the_second(played):
    assert len(played.seen) > 2, "the first page shows its cases"
    first, _, last = played.results
    assert first["eve"]["score"] == last["eve"]["score"] == 0
    assert [last[student]["score"] for student in ("ann", "zoe")] == [2, 2]


def test_the_same_submission_gets_the_same_cases_and_nobody_elses(played):
    first, _, last = played.states
    assert inputs(first, "ann") == inputs(last, "ann") != inputs(first, "zoe")
    for student in ("eve", "other", "quiet"):
        assert inputs(first, student) != inputs(last, student), student


@pytest.mark.parametrize("student", ["gone", "other"])
def test_points_given_by_hand_are_looked_at_again_when_what_they_were_for_is_gone(played, student):
    assert played.states[0].rows[student] == (1, None, 0)
    assert played.states[-1].rows[student] == (0, 1, 1)


def test_what_changed_without_a_later_time_is_said_and_not_passed_over(played):
    skipped = {n: r["problems"] for n, r in played.results[1].items() if r["status"] == "skipped"}
    assert set(skipped) == {*played.results[0]} - {"newer"}
    same = {name for name, problems in skipped.items() if not problems}
    assert same == {"ann", "zoe"}
    assert "changed since it was graded" in skipped["eve"][0]


def test_a_later_submission_takes_the_place_of_the_first_in_everything(played):
    first, second, _ = played.states
    assert played.results[1]["newer"]["status"] == "graded"
    assert (first.rows["newer"][0], second.rows["newer"][0]) == (1, 0)
    assert first.receipts["newer"]["digest"] != second.receipts["newer"]["digest"]
    assert not (graded(played.folder, "newer").parent / "extra.txt").exists()


def test_a_submission_without_a_check_keeps_no_receipt_of_before(played):
    assert "unchecked" in played.states[0].receipts
    assert "unchecked" not in played.states[-1].receipts
    assert played.results[-1]["unchecked"]["score"] == 0


def test_what_cannot_be_graded_keeps_no_score_no_receipt_and_no_page_of_before(played):
    assert played.states[0].rows["broken"][0] == 1
    assert played.states[-1].rows["broken"][0] is None
    assert "broken" not in played.states[-1].receipts
    assert not graded(played.folder, "broken").exists()


@pytest.mark.parametrize("student", ["broken", "earlier"])
def test_a_penalty_of_an_earlier_submission_does_not_stay(played, student):
    assert played.states[0].penalties[student] == 2
    assert played.states[-1].penalties[student] is None


# What a submission does to the process that the next one is forked from, and how the next would see.
PLANTED = {
    "a file in its folder": ("open('left', 'w').close()", "os.path.exists('left')"),
    "a file in the folder of all": ("open('../left', 'w').close()", "os.path.exists('../left')"),
    "a file for all": ("open('/tmp/left', 'w').close()", "os.path.exists('/tmp/left')"),
    "a file beside the course": (
        "open(utils.__file__ + '.left', 'w').close()", "os.path.exists(utils.__file__ + '.left')"
    ),
    "a name": ("left = 1", "'left' in globals()"),
    "a builtin": ("builtins.left = 1", "hasattr(builtins, 'left')"),
    "a module": ("sys.modules['left'] = sys", "'left' in sys.modules"),
    "a place of modules": ("sys.path.insert(0, '/left')", "'/left' in sys.path"),
    "an environment": ("os.environ['LEFT'] = '1'", "'LEFT' in os.environ"),
    "a comparison": ("np.allclose = lambda *a, **k: True", "np.allclose(1, 2)"),
    "a function of the course": ("utils.activations.left = 1", "hasattr(utils.activations, 'left')"),
    "a class of the grader": ("main.Submission.left = 1", "hasattr(main.Submission, 'left')"),
    "the global generator": (
        "np.random.seed(99)",
        "np.random.get_state()[1][0] == np.random.RandomState(99).get_state()[1][0]",
    ),
    "a handler of errors": ("np.seterr(all='raise')", "np.geterr()['over'] == 'raise'"),
    "a limit": (
        "resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))",
        "resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 60",
    ),
    "a handler of a signal": (
        "signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        "signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN",
    ),
    "a transformer of cells": (
        "get_ipython().input_transformers_post.append(list)",
        "list in get_ipython().input_transformers_post",
    ),
    "a style of figures": (
        "plt.rcParams['lines.linewidth'] = 77", "plt.rcParams['lines.linewidth'] == 77"
    ),
    "a figure": ("plt.figure(77)", "plt.fignum_exists(77)"),
    "a kind of signal mask": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})",
        "signal.SIGUSR2 in signal.pthread_sigmask(signal.SIG_BLOCK, set())",
    ),
    "an open file": ("os.dup2(os.open('f', os.O_CREAT | os.O_RDWR), 55)", "bool(os.fstat(55))"),
    "a place to work": ("os.mkdir('in'); os.chdir('in')", "os.getcwd().endswith('/in')"),
}  # fmt: skip
AT_HAND = """
import builtins, os, resource, signal, sys
import matplotlib.pyplot as plt
import utils.activations
main = sys.modules["__main__"]
"""


def seen_by(engine, *cells):
    """Which of the planted things the last cell of a submission finds."""
    look = "FOUND = []\n"
    for name, (_, there) in PLANTED.items():
        look += f"try:\n    if {there}: FOUND.append({name!r})\nexcept Exception: pass\n"
    ran = run(engine, AT_HAND, *cells, f"{look}print(FOUND)", HONEST)
    return ast.literal_eval(printed(ran, len(cells) + 2)), ran.outcomes[-1].report


@pytest.mark.skipif(not TIERS, reason="no sandbox here")
def test_a_submission_leaves_nothing_in_the_process_that_the_next_one_comes_from(engine):
    within, _ = seen_by(engine, *(plant for plant, _ in PLANTED.values()))
    assert len(within) > 15, "a submission may do most of it to itself"
    after, report = seen_by(engine)
    assert after == []
    assert report.right


def drawn(exercise, seed):
    cases = exercise.draw(np.random.default_rng(seed))
    return {pickle.dumps((case.args, case.kwargs)) for case in cases if case.kind == "ordinary"}


@pytest.mark.parametrize("lecture", lectures())
def test_no_exercise_is_answered_by_a_table_of_cases_seen_before(lecture):
    """Half the points need all ordinary cases to be right; one of them is new at least."""
    for exercise in exercises_of(lecture):
        seen = set.union(*(drawn(exercise, seed) for seed in range(1, 4)))
        assert drawn(exercise, 7) - seen, exercise.id
