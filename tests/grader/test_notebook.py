"""check, hint and progress where they live: in a notebook with a real kernel."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from grader.checking import progress_page
from grader.checking.definitions import all_definitions, find
from grader.checking.notebook import check_function
from grader.checking.progress_page import Progress
from grader.checking.report import Verdict

ROOT = Path(__file__).resolve().parents[2]
SETUP = "import numpy as np\nfrom grader import check, hint, progress"
RIGHT = "def relu_forward(x):\n    return np.maximum(0, x), x"


@pytest.fixture
def run(tmp_path):
    """Runs cells in a real kernel whose progress file is a scratch one; gives their outputs."""

    def run(*sources):
        redirect = (
            f"import grader.checking.progress_page as p\np.FILE = p.Path({str(tmp_path / 'p.json')!r})"
        )
        cells = [nbformat.v4.new_code_cell(s) for s in (redirect, SETUP, *sources)]
        notebook = nbformat.v4.new_notebook(cells=cells)
        resources = {"metadata": {"path": str(ROOT)}}
        NotebookClient(notebook, timeout=60, allow_errors=True, resources=resources).execute()
        return [cell.outputs for cell in notebook.cells[2:]]

    return run


def data(outputs):
    (output,) = outputs
    return output["data"]


def test_the_score_is_the_text_and_the_panel_the_html(run):
    found = data(run(RIGHT, 'check("activations.relu_forward")')[-1])
    assert found["text/plain"] == f"{find('activations.relu_forward').points:g}"
    assert "Right" in found["text/html"]


def test_a_syntax_error_is_named_at_the_check_that_depends_on_it(run):
    *_, outputs = run("def relu_forward(x:\n    return x", 'check("activations.relu_forward")')
    assert data(outputs)["text/plain"] == "0"
    assert "SyntaxError" in data(outputs)["text/html"]
    assert "NameError" not in data(outputs)["text/html"]


def test_a_broken_edit_does_not_leave_the_old_function_to_be_checked(run):
    *_, outputs = run(
        RIGHT, "def relu_forward(x):\n    retrun x", 'check("activations.relu_forward")'
    )
    assert data(outputs)["text/plain"] == "0"
    assert "SyntaxError" in data(outputs)["text/html"]


def test_a_mended_cell_is_checked_again(run):
    *_, outputs = run("def relu_forward(x:", RIGHT, 'check("activations.relu_forward")')
    assert data(outputs)["text/plain"] == f"{find('activations.relu_forward').points:g}"


def test_a_cell_that_was_not_run_is_told_so(run):
    (outputs,) = run('check("activations.relu_forward")')
    assert "Run the cell above" in data(outputs)["text/html"]


def test_what_a_students_function_prints_or_warns_does_not_reach_stderr(run):
    noisy = RIGHT.replace(
        "    return",
        "    import sys, warnings\n    print('x', file=sys.stderr)\n"
        "    warnings.warn('w')\n    return",
    )
    *_, outputs = run(noisy, 'check("activations.relu_forward")')
    assert [o["output_type"] for o in outputs] == ["execute_result"]


def test_hints_come_one_at_a_time_and_progress_moves(run):
    hints = find("activations.relu_forward").hints
    first, second, *_, page = run(
        *['hint("activations.relu_forward")'] * 2,
        RIGHT,
        'check("activations.relu_forward")',
        "progress()",
    )
    assert hints[1] not in data(first)["text/plain"]
    assert hints[1] in data(second)["text/plain"]
    assert "1 of" in data(page)["text/plain"]


# Exercises that build on another.


def backward_of(upside_down):
    sign = "<" if upside_down else ">"
    return f"def relu_backward(dout, cache):\n    return dout * (cache {sign} 0)"


@pytest.mark.parametrize("upside_down", [False, True])
def test_a_failed_parent_is_told_and_the_child_judged_alone(run, upside_down):
    wrong_parent = "def relu_forward(x):\n    return x, None"
    *_, parent, _, child, _, _, later = run(
        wrong_parent,
        'check("activations.relu_forward")',
        backward_of(upside_down),
        'check("activations.relu_backward")',
        RIGHT,
        'check("activations.relu_forward")',
        'check("activations.relu_backward")',
    )
    points = find("activations.relu_backward").points
    assert data(parent)["text/plain"] == "0"
    assert data(child)["text/plain"] == ("0" if upside_down else f"{points:g}")
    said = "<code>relu_forward</code> does not pass its own check yet"
    assert said in data(child)["text/html"]
    assert said not in data(later)["text/html"]


# The progress file.


def report_of(id, right=True):
    exercise = find(id)
    return check_function(exercise, exercise.reference if right else lambda *a, **k: None)


def test_progress_is_kept(tmp_path):
    file = tmp_path / "progress.json"
    Progress(file).record(report_of("activations.relu_forward", right=False))
    assert Progress(file).failed("activations.relu_forward")
    Progress(file).record(report_of("activations.relu_forward"))
    assert not Progress(file).failed("activations.relu_forward")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 3}', "\x00"])
def test_a_broken_progress_file_counts_as_empty(tmp_path, content):
    file = tmp_path / "progress.json"
    file.write_text(content)
    progress = Progress(file)
    progress.record(report_of("activations.relu_forward"))
    assert json.loads(file.read_text())["activations.relu_forward"]["verdict"] == Verdict.RIGHT


def test_a_check_works_where_progress_cannot_be_written(tmp_path):
    progress = Progress(tmp_path / "no such folder" / "progress.json")
    progress.record(report_of("activations.relu_forward"))
    assert "of" in progress.page().text


def test_killed_at_any_moment_the_file_is_whole(tmp_path):
    file = tmp_path / "progress.json"
    code = textwrap.dedent(f"""
        from pathlib import Path
        from grader.checking.progress_page import Progress
        from tests.grader.test_notebook import report_of
        report = report_of("activations.relu_forward")
        progress = Progress(Path({str(file)!r}))
        print("go", flush=True)
        while True:
            progress.record(report)
    """)
    for wait in (0.0, 0.003, 0.01, 0.02, 0.05):
        writer = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
        assert writer.stdout and writer.stdout.readline() == b"go\n"
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(wait)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        if file.exists():
            assert "activations.relu_forward" in json.loads(file.read_text())


def test_nbgraders_own_runs_do_not_touch_it(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "NBGRADER_EXECUTION", "autograde")
    file = tmp_path / "progress.json"
    Progress(file).record(report_of("activations.relu_forward"))
    assert not file.exists()


def test_the_page_lists_every_lecture():
    text = Progress(Path("nowhere.json")).page().text
    assert all(lecture in text for lecture in progress_page.lectures())
    assert all_definitions()
