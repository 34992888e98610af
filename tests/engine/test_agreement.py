"""One submission, one score: nbgrader's own autograde, where ``check`` judges in a kernel, and this
engine, where the judge is outside and demos are left out. What is released for it by the stock
command is the committed notebook.

GRADER_CLASS=whole pytest tests/engine/test_agreement.py   compares all of the demo class, demos
                                                           and all
"""

import os
import shutil

import nbformat
import pytest

from grader.checking.definitions import lectures
from grader.course import current
from grader.engine.demo import make_course, submissions
from tests.engine.course import grader, nbgrader, scores

RIGHT, UNTOUCHED = "right_as_in_the_library", "untouched"


def chosen(lecture):
    """A right notebook, an untouched one, and one with every mistake of the class at once.

    Without the demos, which take most of the time; the site runs the solutions with theirs.
    """
    everybody = {name: text for name, text in submissions(lecture) if name != "not_a_notebook"}
    if os.environ.get("GRADER_CLASS") == "whole":
        return everybody
    right, mixed = (nbformat.reads(everybody[RIGHT], as_version=4) for _ in range(2))
    for name, text in everybody.items():
        if name.startswith("mistake_"):
            theirs = nbformat.reads(text, as_version=4)
            for cell, answer, wrong in zip(mixed.cells, right.cells, theirs.cells, strict=True):
                if wrong.source != answer.source:
                    cell.source = wrong.source
    return {
        RIGHT: without_demos(nbformat.reads(everybody[RIGHT], as_version=4)),
        UNTOUCHED: without_demos(nbformat.reads(everybody[UNTOUCHED], as_version=4)),
        "mistakes": without_demos(mixed),
    }


def without_demos(notebook):
    notebook.cells = [c for c in notebook.cells if "demo" not in c.metadata.get("tags", [])]
    return nbformat.writes(notebook)


def released(folder, lecture, handed_in):
    """A course on this engine in which the class has handed in."""
    folder.mkdir()
    make_course(folder, [lecture])
    nbgrader(folder, "generate_assignment", lecture)
    for student, text in handed_in.items():
        place = folder / "submitted" / student / lecture
        place.mkdir(parents=True)
        (place / f"{lecture}.ipynb").write_text(text, encoding="utf-8")
    return folder


def without_engine(course, folder, lecture):
    """The same course with nbgrader's own autograde."""
    folder.mkdir()
    make_course(folder, [lecture], stock=True)
    shutil.copy(course / "gradebook.db", folder)
    shutil.copytree(course / "submitted", folder / "submitted")
    return folder


def split(rows):
    """The scores of the checks; of what a person grades also whether it waits for one."""
    by_hand = {row[:2]: (row[2], row[4]) for row in rows if row[1].startswith("manual-")}
    return {row[:2]: row[2] for row in rows if row[:2] not in by_hand}, by_hand


@pytest.mark.slow
@pytest.mark.parametrize("lecture", [name for name in lectures() if name != "00_welcome"])
def test_nbgrader_and_the_engine_give_the_same_scores(lecture, tmp_path):
    ours = released(tmp_path / "ours", lecture, chosen(lecture))
    notebook = f"notebooks/{lecture}/{lecture}.ipynb"
    assert (ours / notebook).read_bytes() == (current().root / notebook).read_bytes()
    stock = without_engine(ours, tmp_path / "stock", lecture)
    nbgrader(stock, "autograde", lecture)
    grader(ours, "autograde", lecture, "--jobs", "1")

    found, written = split(scores(ours))
    theirs, written_there = split(scores(stock))
    # A check that was deleted has no score in nbgrader; here it earns 0.
    assert {cell: score or 0 for cell, score in theirs.items()} == found
    assert written == written_there
    full = {d.id.replace(".", "-"): d.points for d in lectures()[lecture]}
    assert {cell: score for (name, cell), score in found.items() if name == RIGHT} == full
    assert not any(score for (name, _), score in found.items() if name == UNTOUCHED)
    wrong = [score for (name, _), score in found.items() if "mistake" in name]
    assert 0 < sum(wrong) < sum(full.values()) * (len(wrong) // len(full))
