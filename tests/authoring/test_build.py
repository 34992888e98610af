"""The build: from a script to the solution notebook to the student's, and what is stale."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import MetadataValidator

from grader.__main__ import main
from grader.authoring import build
from grader.authoring.lecture import read
from grader.course import FILE, VARIABLE, current
from tests.authoring.tiny import DEFINITIONS, NUMBER, SCRIPT, write

STUB = '# YOUR CODE HERE\nraise NotImplementedError("Replace this line with your own code.")'
ROOT = Path(__file__).resolve().parents[2]


def lecture(folder, text=SCRIPT, definitions=DEFINITIONS):
    return read(write(folder, text), definitions)


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory):
    """The solution notebook and the student's notebook of the tiny lecture."""
    solution = nbformat.writes(build.solution(lecture(tmp_path_factory.mktemp("tiny"))))
    released = build.release({"02_tiny": solution})["02_tiny"]
    return nbformat.reads(solution, as_version=4), nbformat.reads(released, as_version=4)


def by_id(notebook):
    return {cell.id: cell for cell in notebook.cells}


def test_the_solution_notebook_holds_the_script_with_references_and_answers(notebooks):
    solution, _ = notebooks
    nbformat.validate(solution)
    MetadataValidator().validate_nb(solution)
    assert [cell.id for cell in solution.cells] == [
        "rectified-units-1",
        "rectified-units-2",
        "tiny-one_sign-answer-question",
        "tiny-one_sign-answer",
        "tiny-one_sign",
        "write-it-1",
        "activations-relu_forward-answer",
        "activations-relu_forward",
        "write-it-2",
    ]
    cells = by_id(solution)
    assert cells["tiny-one_sign-answer-question"].source == (
        "**Question.** Which sign?\n\n- **a.** plus\n- **b.** minus"
    )
    assert cells["tiny-one_sign-answer"].source == (
        '# Your answer: "a" or "b"\n### BEGIN SOLUTION\none_sign = "b"\n### END SOLUTION'
    )
    function = cells["activations-relu_forward-answer"].source
    namespace = {}
    exec(cells["rectified-units-2"].source, namespace)
    exec(function, namespace)
    assert namespace["relu_forward"](namespace["np"].array([-1.0, 2.0]))[0].tolist() == [0, 2]
    assert cells["rectified-units-1"].metadata.tags == ["ACT-07"]
    assert cells["write-it-2"].metadata.tags == ["demo"]


def test_graded_cells_carry_what_nbgrader_needs(notebooks):
    cells = by_id(notebooks[0])
    kinds = {
        id: (m.grade, m.solution, m.locked, m.get("points"))
        for id, m in ((id, cell.metadata.get("nbgrader")) for id, cell in cells.items())
        if m
    }
    assert kinds == {
        "rectified-units-2": (False, False, True, None),
        "tiny-one_sign-answer": (False, True, False, None),
        "tiny-one_sign": (True, False, True, 1),
        "activations-relu_forward-answer": (False, True, False, None),
        "activations-relu_forward": (True, False, True, 2),
    }
    assert all(cells[id].metadata.nbgrader.grade_id == id for id in kinds)


def test_the_students_notebook_has_stubs_and_no_solution(notebooks):
    solution, released = notebooks
    nbformat.validate(released)
    assert [cell.id for cell in released.cells] == [cell.id for cell in solution.cells]
    text = nbformat.writes(released)
    assert "SOLUTION" not in text
    assert "np.maximum" not in text
    cells = by_id(released)
    assert cells["tiny-one_sign-answer"].source == '# Your answer: "a" or "b"\none_sign = None'
    answer = cells["activations-relu_forward-answer"]
    stub = answer.source
    assert answer.metadata.grader.stub == stub  # to start again from
    assert stub.startswith("def relu_forward(\n")
    assert "Rectified linear unit, element by element" in stub
    assert stub.endswith('raise NotImplementedError("Replace this line with your own code.")')
    assert cells["activations-relu_forward"].metadata.editable is False
    for cell in released.cells:
        assert cell.cell_type == "markdown" or (not cell.outputs and cell.execution_count is None)


def test_the_same_script_gives_the_same_bytes(tmp_path):
    once, again = (nbformat.writes(build.solution(lecture(tmp_path))) for _ in range(2))
    assert once == again
    assert build.release({"02_tiny": once}) == build.release({"02_tiny": again})


def test_a_new_cell_leaves_the_ids_of_other_sections_and_of_exercises_alone(tmp_path):
    before = [cell.id for cell in build.solution(lecture(tmp_path)).cells]
    extra = '# %% [markdown]\n# More.\n\n# %% tags=["predict"]\nhalf = ...\n\n'
    extra += '# %% tags=["check"]\ncheck("tiny.half")\n\n# %% tags=["predict", "ACT-04"]'
    text = SCRIPT.replace('# %% tags=["predict", "ACT-04"]', extra)
    after = [
        cell.id for cell in build.solution(lecture(tmp_path, text, (*DEFINITIONS, NUMBER))).cells
    ]
    assert [id for id in after if id in before] == before
    new = {"rectified-units-3", "tiny-half-answer-question", "tiny-half-answer", "tiny-half"}
    assert set(after) - set(before) == new


def test_cells_of_equal_headings_have_ids_of_their_own(tmp_path):
    text = SCRIPT.replace("# ## Write it", "# # Rectified units!")
    ids = [cell.id for cell in build.solution(lecture(tmp_path, text)).cells]
    assert len(ids) == len(set(ids))


def stock_release(folder, name):
    """What the stock command, run in ``folder``, makes of solutions/``name``."""
    tools = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", name]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | tools, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return (folder / "notebooks" / name / f"{name}.ipynb").read_bytes()


def test_the_stock_command_gives_the_same_bytes_and_enters_the_points(tmp_path):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    text = nbformat.writes(build.solution(lecture(tmp_path)))
    source = tmp_path / "solutions" / "02_tiny" / "02_tiny.ipynb"
    source.parent.mkdir(parents=True)
    source.write_text(text)
    old = tmp_path / "notebooks" / "02_tiny" / "02_tiny.ipynb"
    old.parent.mkdir(parents=True)
    old.write_text("an older release, as it is committed")
    assert (
        stock_release(tmp_path, "02_tiny") == build.release({"02_tiny": text})["02_tiny"].encode()
    )
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        assert gradebook.find_assignment("02_tiny").max_score == 3


@pytest.mark.slow
def test_the_stock_command_makes_the_committed_welcome(tmp_path):
    """The other notebooks: tests/engine/test_agreement.py, which releases each of them."""
    name = "00_welcome"
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copytree(ROOT / "solutions" / name, tmp_path / "solutions" / name)
    committed = ROOT / "notebooks" / name / f"{name}.ipynb"
    assert stock_release(tmp_path, name) == committed.read_bytes()


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A course that holds the tiny lecture only, with this one's library, syllabus and settings."""
    assert current().module("syllabus")
    write(tmp_path, SCRIPT)
    shutil.copy(ROOT / FILE, tmp_path / FILE)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    (tmp_path / "utils").symlink_to(ROOT / "utils")
    (tmp_path / "lectures" / "__init__.py").touch()
    known = {"02_tiny": DEFINITIONS}
    found = lambda: {name: known.get(name, ()) for name in current().lectures}  # noqa: E731
    monkeypatch.setattr(build, "definitions_by_lecture", found)
    monkeypatch.setattr(build.trial, "withheld", lambda lecture: set())
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    current.cache_clear()
    yield tmp_path
    current.cache_clear()


def test_check_lists_what_is_stale_and_build_mends_it(repository, capsys):
    assert main(["build"]) == 0
    assert "02_tiny: exercises 1, questions 1, points 3" in capsys.readouterr().out
    assert main(["build", "--check"]) == 0
    assert capsys.readouterr().out == ""

    write(repository, SCRIPT.replace("The formula is", "It reads"))
    (repository / "docs" / "coverage.md").unlink()
    shutil.copytree(repository / "solutions" / "02_tiny", repository / "solutions" / "03_gone")
    (repository / "solutions/03_gone/02_tiny.ipynb").rename(
        repository / "solutions/03_gone/03_gone.ipynb"
    )
    copy = repository / "notebooks" / "02_tiny" / "my own copy.ipynb"
    copy.write_text("a student's file")
    stale = [
        "docs/coverage.md",
        "notebooks/02_tiny/02_tiny.ipynb",
        "solutions/02_tiny/02_tiny.ipynb",
        "solutions/03_gone/03_gone.ipynb",
    ]
    assert main(["build", "--check"]) == 1
    assert capsys.readouterr().out.splitlines() == [f"stale: {name}" for name in stale]
    assert main(["build"]) == 0
    assert main(["build", "--check"]) == 0
    assert copy.exists()


def test_mistakes_of_all_scripts_are_printed_and_nothing_is_written(repository, capsys):
    write(repository, SCRIPT.replace("ACT-07", "ACT-77"))
    write(repository, "# %% tags=['dmeo']\n1\n", "03_more")
    assert main(["build"]) == 1
    printed = capsys.readouterr().err.splitlines()
    assert printed[0].startswith("lectures/02_tiny/lecture.py:1: the tag 'ACT-77' is")
    assert printed[1].startswith("lectures/03_more/lecture.py:1: ")
    assert not (repository / "solutions").exists()


def test_each_notebook_leads_to_the_one_before_and_the_one_after(repository, monkeypatch):
    for name in ("03_more", "04_last"):
        write(repository, f"# %% [markdown]\n# # The lecture {name}\n", name)
    known = {"02_tiny": DEFINITIONS, "03_more": (), "04_last": ()}
    monkeypatch.setattr(build, "definitions_by_lecture", lambda: known)
    assert main(["build"]) == 0
    back, on = "← [Rectified units](../02_tiny/02_tiny.ipynb)", "(../04_last/04_last.ipynb) →"
    for room in ("solutions", "notebooks"):
        first, middle, last = (
            nbformat.read(repository / room / name / f"{name}.ipynb", as_version=4)
            for name in known
        )
        ways = [middle.cells[0].source, middle.cells[-1].source]
        assert ways == [f"{back} · [The lecture 04_last]{on}"] * 2
        assert first.cells[0].source == "[The lecture 03_more](../03_more/03_more.ipynb) →"
        assert last.cells[-1].source == "← [The lecture 03_more](../03_more/03_more.ipynb)"
        starts = [n.metadata.get("grader") for n in (first, middle, last)]
        assert starts == [{"start": True}, None, None]


def test_coverage_names_the_home_of_an_entry_and_says_what_has_none(repository):
    main(["build"])
    page = (repository / "docs" / "coverage.md").read_text().splitlines()
    (home,) = [line for line in page if line.startswith("| ACT-07 ")]
    assert home.endswith("| [02_tiny](../notebooks/02_tiny/02_tiny.ipynb) Rectified units |")
    (nowhere,) = [line for line in page if line.startswith("| INI-08 ")]
    assert nowhere.endswith("| not yet |")
    assert any(line.startswith("| E-03 ") for line in page)


def test_what_is_committed_is_what_the_scripts_give():
    assert build.stale_files(ROOT, build.build(build.read_lectures())) == []
