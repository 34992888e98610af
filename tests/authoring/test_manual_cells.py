"""Cells that a student writes and a person grades: how they are read, built and released."""

import nbformat
import pytest

from grader.authoring.build import release, solution
from grader.authoring.lecture import LectureError, read
from tests.authoring.tiny import DEFINITIONS, SCRIPT, write

CELL = '# %% [markdown] tags=["manual"] points=6 name="data"\n# Twenty numbers are constant.\n'


def test_a_manual_cell_is_read_with_its_points(tmp_path):
    lecture = read(write(tmp_path, SCRIPT + "\n" + CELL), DEFINITIONS)
    cell = lecture.cells[-1]
    assert (cell.role, cell.points, cell.name) == ("manual", 6, "data")


def test_it_is_graded_by_hand_and_empty_for_the_student(tmp_path):
    built = solution(read(write(tmp_path, SCRIPT + "\n" + CELL), DEFINITIONS))
    cell = built.cells[-1]
    assert cell.cell_type == "markdown"
    assert cell.id == "manual-data"
    told = cell.metadata["nbgrader"]
    assert (told["grade"], told["solution"], told["locked"], told["points"]) == (
        True,
        True,
        False,
        6,
    )
    text = nbformat.writes(built)
    given = nbformat.reads(release({"02_tiny": text})["02_tiny"], as_version=4).cells[-1]
    assert "constant" not in given.source
    assert given.metadata["nbgrader"]["grade_id"] == "manual-data"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (CELL.replace(" points=6", ""), "is worth None points"),
        (CELL.replace("points=6", "points=0"), "is worth 0 points"),
        (CELL.replace(' name="data"', ""), "is called None"),
        (CELL.replace('"data"', '"Data 1"'), "is called 'Data 1'"),
        (CELL + "\n" + CELL, "two manual cells are called 'data'"),
        (
            CELL.replace("[markdown] ", "").replace("# Twenty", "twenty #"),
            "a manual cell is Markdown",
        ),
    ],
)
def test_what_is_wrong_with_one_is_said(tmp_path, cell, said):
    with pytest.raises(LectureError, match=said):
        read(write(tmp_path, SCRIPT + "\n" + cell), DEFINITIONS)
