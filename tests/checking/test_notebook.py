"""check, hint and progress where they live: in a notebook with a real kernel."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from grader.checking.definitions import find

ROOT = Path(__file__).resolve().parents[2]
SETUP = "import numpy as np\nfrom grader import check, hint, progress"
RIGHT = "def relu_forward(x):\n    return np.maximum(0, x), x"


@pytest.fixture
def run(tmp_path):
    """Runs cells in a real kernel, in a course with a progress of its own; gives their outputs."""
    for room in ("lectures", "notebooks", "utils"):
        (tmp_path / room).symlink_to(ROOT / room)

    def run(*sources):
        cells = [nbformat.v4.new_code_cell(s) for s in (SETUP, *sources)]
        notebook = nbformat.v4.new_notebook(cells=cells)
        resources = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(notebook, timeout=60, allow_errors=True, resources=resources).execute()
        return [cell.outputs for cell in notebook.cells[1:]]

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


@pytest.mark.parametrize("calls_it", [True, False])
def test_a_parent_that_fails_is_told_where_it_is_called(run, calls_it):
    wrong = "relu_forward(cache)[0] != 0" if calls_it else "cache != 0"
    child = f"def relu_backward(dout, cache):\n    return dout * ({wrong})"
    *_, parent, _, seen, _, _, later = run(
        "def relu_forward(x):\n    return np.abs(x), x",
        'check("activations.relu_forward")',
        child,
        'check("activations.relu_backward")',
        RIGHT,
        'check("activations.relu_forward")',
        'check("activations.relu_backward")',
    )
    said = "<code>relu_forward</code>, which does not pass its own check yet"
    assert data(parent)["text/plain"] == data(seen)["text/plain"] == "0"
    assert (said in data(seen)["text/html"]) == calls_it
    points = find("activations.relu_backward").points if calls_it else 0
    assert data(later)["text/plain"] == f"{points:g}"  # the mended parent is all that it needed
    assert said not in data(later)["text/html"]
