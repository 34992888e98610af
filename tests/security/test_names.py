"""Names that mean others, lead elsewhere or are none: refused in a line, and nobody else notices.

One class holds them all, and is graded twice.
"""

import os
import shutil

import pytest

from grader.engine.files import may_be_kept
from grader.engine.names import why_refused
from tests.engine.course import (
    ANSWER,
    LECTURE,
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

# Names of students, and a word of the line that refuses them.
NAMES = {
    "[a]nn": "pattern",
    "*": "pattern",
    "zo?": "pattern",
    " ann": "look like",
    "ann\n": "look like",
    "ann\x1b[2J": "pattern",
    "nna\u202e": "look like",
    "a\u200bnn": "look like",
    "Zoe\u0308": "NFC",
    "ann\udcff": "UTF-8",
    "a\\nn": "path",
}
# What is in a folder besides the notebook.
STAMPS = {
    "stamp_of_words": b"yesterday evening",
    "stamp_of_a_day": b"12",
    "stamp_of_yesterday": b"-1",
    "stamp_of_next_monday": b"Mon",
    "stamp_of_today": b"12:00",
    "stamp_without_a_year": b"01-02 10:00:00",
    "stamp_too_long": b"2026-01-01 " * 100_000,
    "stamp_of_bytes": b"\xff\xfe\x00",
    "stamp_far_away": b"9999-12-31 23:59:59 -2300",
    "stamp_before_time": b"0001-01-01 00:00:00 +1400",
    "stamp_with_a_path": b"2026-01-01 10:00:00 /etc/passwd",
    "stamp_that_climbs": b"2026-01-01 10:00:00 ../../../etc/passwd",
}
HONEST = {"ann": 2, "zoe": 2, "zoo": 1, "Zoë Łuk": 2}
FORGES = """
import os
for name in ("timestamp.txt", "TIMESTAMP.TXT", "other.ipynb", "x.ipynb/y", "kept.txt"):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "w") as file: file.write("9999-01-01 00:00:00")
"""


def odd_folders(folder):
    """Submissions whose parts are not what they are called."""
    whole = submit(folder, "notebook_is_a_pipe", "") / f"{LECTURE}.ipynb"
    whole.unlink()
    os.mkfifo(whole)
    whole = submit(folder, "notebook_is_a_folder", "") / f"{LECTURE}.ipynb"
    whole.unlink()
    whole.mkdir()
    os.mkfifo(submit(folder, "stamp_is_a_pipe", released(folder)) / "timestamp.txt")
    (submit(folder, "stamp_is_a_folder", released(folder)) / "timestamp.txt").mkdir()
    stamp = submit(folder, "stamp_is_a_link", released(folder)) / "timestamp.txt"
    stamp.symlink_to(folder / "nbgrader_config.py")
    place = submit(folder, "bytes_in_a_name", released(folder))
    (place / "a\udcff.txt").write_text("x")
    (folder / "submitted" / "link_to_ann").symlink_to("ann")
    (folder / "submitted" / "link_within").mkdir()
    (folder / "submitted" / "link_within" / LECTURE).symlink_to(f"../ann/{LECTURE}")
    return {
        "notebook_is_a_pipe": "ordinary", "notebook_is_a_folder": "not a notebook",
        "stamp_is_a_pipe": "ordinary", "stamp_is_a_folder": "ordinary", "bytes_in_a_name": "UTF-8",
        "link_to_ann": "link", "link_within": "link", "stamp_is_a_link": "is a link",
    }  # fmt: skip


def hand_in(folder):
    """The class; by student a word of the line that refuses."""
    for name, points in HONEST.items():
        notebook = released(folder) if points == 2 else released(folder, WRONG)
        submit(folder, name, notebook, **{"timestamp.txt": "2026-01-01 10:00:00.5 Europe/Berlin"})
    refused = dict(NAMES)
    for name in NAMES:
        submit(folder, name, released(folder))
    for name, stamp in STAMPS.items():
        (submit(folder, name, released(folder)) / "timestamp.txt").write_bytes(stamp)
        refused[name] = "no time"
    notebook = released(folder)
    cell(notebook, ANSWER).source += FORGES
    place = submit(folder, "forger", notebook)
    for engines in (f".{LECTURE}.partial", "receipts", "autograded", "scratch-1"):
        (place / engines).mkdir()
        (place / engines / f"{LECTURE}.ipynb").write_text("{}")
    return refused | odd_folders(folder)


@pytest.fixture(scope="module")
def played(shared_folder):
    refused = hand_in(shared_folder)
    return shared_folder, refused, grade(shared_folder, "--jobs", "2", check=False)


def test_everybody_is_refused_in_a_line_or_graded_once(played):
    folder, refused, results = played
    for name, word in refused.items():
        assert results[name]["status"] == "failed", name
        (problem,) = results[name]["problems"]
        assert word in problem
        assert problem.isprintable() and len(problem) < 300
    for name, points in (HONEST | {"forger": 2}).items():
        assert (results[name]["status"], results[name]["score"]) == ("graded", points)
    assert set(results) == {*refused, *HONEST, "forger"}
    totals = {}
    for name, _, score, *_ in scores(folder):
        totals[name] = totals.get(name, 0) + (score or 0)
    assert {name: n for name, n in totals.items() if n} == HONEST | {"forger": 2}
    assert {p.name for p in (folder / "autograded").iterdir()} == {*HONEST, "forger"}


def test_grading_again_skips_who_is_graded_and_says_the_same_of_the_others(played):
    folder, refused, first = played
    again = grade(folder, check=False)
    assert {name for name, r in again.items() if r["status"] == "skipped"} == {*HONEST, "forger"}
    assert {n: again[n]["problems"] for n in refused} == {n: first[n]["problems"] for n in refused}


def test_what_a_cell_writes_takes_no_name_that_nbgrader_goes_by(played):
    folder, _, _ = played
    place = graded(folder, "forger").parent
    assert not list(place.glob("[tT]*"))
    assert [p.name for p in place.glob("*.ipynb")] == [f"{LECTURE}.ipynb"]
    assert (place / "kept.txt").is_file()


@pytest.mark.parametrize("name", ["[a]nn", "../ann", "..", ".", f"ann/../{LECTURE}"])
def test_a_name_on_the_command_line_reaches_nobody_else(played, name):
    folder, _, _ = played
    before = {p: p.read_bytes() for p in (folder / "solutions").rglob("*") if p.is_file()}
    kept = scores(folder), graded(folder, "ann").stat().st_mtime_ns
    done = grader(folder, "autograde", LECTURE, f"--student={name}", "--force", check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert (scores(folder), graded(folder, "ann").stat().st_mtime_ns) == kept
    assert before == {p: p.read_bytes() for p in (folder / "solutions").rglob("*") if p.is_file()}


def test_formgrader_lists_the_class_whatever_the_stamps_say(played):
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    from grader.engine import use_for_nbgrader

    folder, _, _ = played
    use_for_nbgrader()
    api = NbGraderAPI(CourseDirectory(root=str(folder)))
    listed = {s["student"]: s for s in api.get_submissions(LECTURE)}
    assert {*HONEST, *STAMPS, "stamp_is_a_pipe"} <= set(listed)
    assert listed["ann"]["autograded"] and listed["stamp_is_a_pipe"]["timestamp"] is None


@pytest.mark.slow
def test_nbgraders_own_commands_serve_the_others(played):
    folder, _, _ = played
    shutil.rmtree(folder / "autograded" / "ann")
    assert nbgrader(folder, "autograde", LECTURE, check=False).returncode == 1
    assert graded(folder, "ann").is_file()
    nbgrader(folder, "generate_feedback", LECTURE)
    assert {p.name for p in (folder / "feedback").iterdir()} == {*HONEST, "forger"}


@pytest.mark.parametrize("name", ["ann", "Zoë Łuk", "o'neil", "u1234567", "李雷", "a.b-c_d+e@f"])
def test_a_name_like_any_other_is_taken(name):
    assert why_refused(name) == ""


@pytest.mark.parametrize(
    "name",
    ["", "/x", "../x", "a/../../x", "x\0", "a\\b", "x" * 300, "\udcff", 7, None, "Timestamp.txt/x"],
)
def test_a_file_of_such_a_name_is_not_kept(name):
    assert not may_be_kept(name)
    assert may_be_kept("figures/my plot.png")


def test_who_fails_now_keeps_nothing_of_before(folder):
    submit(folder, "ann", released(folder), **{"timestamp.txt": "2026-01-01 10:00:00"})
    assert grade(folder)["ann"]["score"] == 2
    (folder / "submitted" / "ann" / LECTURE / "timestamp.txt").write_text("no time")
    assert grade(folder, check=False)["ann"]["status"] == "failed"
    assert {row[2] for row in scores(folder)} == {None}
    assert not graded(folder, "ann").exists()
