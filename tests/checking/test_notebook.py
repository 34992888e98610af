"""check, hint and progress where they live: in a notebook with a real kernel."""

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from grader.checking.definitions import find
from grader.checking.help import solution

ROOT = Path(__file__).resolve().parents[2]
SETUP = "import numpy as np\nfrom grader import borrow, check, failing, hint, progress"
STUB = "def relu_forward(x):\n    raise NotImplementedError"
RIGHT = "def relu_forward(x):\n    return np.maximum(0, x), x"
WRONG = "def relu_forward(x):\n    return x, x"
RENAMED = RIGHT.replace("relu_f", "my_f")


@pytest.fixture
def run(tmp_path):
    """Runs cells in a real kernel, in a course with a progress of its own; gives their outputs."""
    for room in ("lectures", "notebooks", "utils"):
        (tmp_path / room).symlink_to(ROOT / room)

    def run(*sources, env=None):
        cells = [nbformat.v4.new_code_cell(s) for s in (SETUP, *sources)]
        notebook = nbformat.v4.new_notebook(cells=cells)
        resources = {"metadata": {"path": str(tmp_path)}}
        client = NotebookClient(notebook, timeout=60, allow_errors=True, resources=resources)
        client.execute(env=os.environ | (env or {}))
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


# What waits for a function that is not written yet.


def said(outputs):
    return data(outputs)["text/plain"]


def test_a_picture_of_an_unwritten_function_waits_and_so_does_what_builds_on_it(run):
    demo = "curve = relu_forward(np.ones(3))[0]"
    _, waits, builds, other, _, drawn, after = run(
        STUB, demo, "curve.sum()", "1 + 1", RIGHT, demo, "curve.sum()"
    )
    assert "`relu_forward`, which is not written yet" in said(waits)
    assert 'borrow("activations.relu_forward")' in said(waits)
    assert "builds on one that waited for `relu_forward`" in said(builds)
    assert (said(other), drawn, said(after)) == ("2", [], "np.float64(3.0)")


def test_what_holds_the_function_as_it_was_is_told_from_what_is_not_written(run):
    """A cell that waited has kept the stub: once the function is there, another remedy is said."""
    keeps = "racers = [relu_forward]\nends = [racer(np.ones(3))[0] for racer in racers]"
    race, builds = "racers[0](np.ones(3))[0].sum()", "sum(ends)"
    _, _, early, _, late, later, _, raced, built = run(
        STUB, keeps, race, RIGHT, race, builds, keeps, race, builds
    )
    assert "`relu_forward`, which is not written yet" in said(early)
    assert "uses `relu_forward` as it was before you wrote it" in said(late)
    assert "builds on one that waited for `relu_forward`" in said(later)
    for page in (said(late), said(later)):
        assert "Run All Above" in page
        assert "borrow" not in page
    assert (said(raced), said(built)) == ("np.float64(3.0)", "array([1., 1., 1.])")


def test_the_progress_bar_of_a_cell_that_waits_fails_in_no_other_cell(run):
    bar = "from tqdm.auto import tqdm\nends = [relu_forward(i) for i in tqdm(range(5))]"
    _, waits, collected = run(STUB, bar, "import gc; gc.collect(); 'fine'")
    assert "`relu_forward`, which is not written yet" in waits[-1]["data"]["text/plain"]
    assert said(collected) == "'fine'"


def test_the_run_of_a_notebook_goes_on_where_a_cell_waits(run, tmp_path):
    sources = (SETUP, STUB, "relu_forward(1)", "relu_backward(1, 1)", "reached = 1")
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=60, resources=resources).execute()  # an error would stop it
    assert notebook.cells[-1].execution_count == len(sources)


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("curve = [][1]", "IndexError"),
        ("x = (1", "SyntaxError"),
        ("no_such_name", "NameError"),
        ("raise NotImplementedError", "NotImplementedError"),
        ("int('a')", "ValueError"),
    ],
)
def test_every_other_error_is_shown_as_ever(run, cell, error):
    _, _, (output,) = run(STUB, "relu_forward(1)", cell)
    assert (output["output_type"], output["ename"]) == ("error", error)
    assert error in "".join(output["traceback"])


def test_a_borrowed_function_draws_the_picture_and_earns_nothing(run):
    lent, drawn, checked, page, _, own = run(
        'borrow("relu_forward")',
        "relu_forward(np.array([-1.0, 2.0]))[0].sum()",
        'check("activations.relu_forward")',
        "progress()",
        RIGHT,
        'check("activations.relu_forward")',
    )
    assert "is the library's from here on" in said(lent)
    assert said(drawn) == "np.float64(2.0)"
    assert said(checked) == "0"
    assert "borrowed" in data(checked)["text/html"]
    assert "activations.relu_forward: borrowed" in data(page)["text/html"]
    assert said(own) == f"{find('activations.relu_forward').points:g}"


def test_the_failing_case_can_be_tried_by_hand(run):
    wrong = "def relu_forward(x):\n    return np.where(x > 100, x, 0 * x), x"
    *_, shown, called = run(
        wrong, "failing(relu_forward)", "relu_forward(**failing(relu_forward))[0].shape"
    )
    assert said(shown).startswith("{'x': array(")
    assert said(called).startswith("(")


@pytest.mark.parametrize("call", ["check()", "check(relu_forward)", 'check("relu_forward")'])
def test_what_is_meant_need_not_be_spelled_out(run, call):
    *_, outputs = run(RIGHT, call)
    assert said(outputs) == f"{find('activations.relu_forward').points:g}"


def test_a_call_that_means_nothing_says_what_to_name(run):
    _, (output,) = run("1 + 1", "hint()")
    assert output["ename"] == "UnknownExercise"
    assert "name it" in output["evalue"]


@pytest.mark.parametrize(
    ("first", "last", "id", "note"),
    [
        (WRONG, RENAMED, "activations.relu_forward", "defines `my_forward`, not `relu_forward`"),
        ("sigmoid_gates = 'x'", "sigmoid_gates == 'b'", "activations.sigmoid_gates", "compares"),
        ("sigmoid_gates = 'x'", "'b'", "activations.sigmoid_gates", "gives it no name"),
        ("sigmoid_gates = 'x'", "answer = 'b'", "activations.sigmoid_gates", "sets `answer`"),
    ],
)  # fmt: skip
def test_an_answer_that_the_cell_above_did_not_give_is_told_so(run, first, last, id, note):
    *_, outputs = run(first, last, f'check("{id}")')
    html = data(outputs)["text/html"].replace("<code>", "`").replace("</code>", "`")
    assert note in html
    assert "as it was set before" in html


def test_the_panel_holds_the_hints_and_then_a_solution(run):
    exercise = find("activations.relu_forward")
    html = data(run(STUB, 'check("activations.relu_forward")')[-1])["text/html"]
    places = [html.index(f"Hint {i} of {len(exercise.hints)}") for i in (1, len(exercise.hints))]
    assert places == sorted(places)
    assert html.index("A solution") > places[-1]
    assert solution(exercise).splitlines()[0].split("(")[0] in html
    assert "Args:" not in solution(exercise)


def test_a_function_that_ends_the_notebook_or_asks_back_is_told_so(run):
    asks, quits = (f"def relu_forward(x):\n    {line}" for line in ("return input()", "exit()"))
    check = 'check("activations.relu_forward")'
    _, asked, _, ended, after = run(asks, check, quits, check, "1 + 1")
    assert "input() has nobody to answer it" in data(asked)["text/html"]
    assert "SystemExit" in data(ended)["text/html"]
    assert said(after) == "2"


def test_a_page_that_others_read_holds_no_solution(run):
    *_, outputs = run(
        STUB, 'check("activations.relu_forward")', env={"NBGRADER_EXECUTION": "autograde"}
    )
    assert "A solution" not in data(outputs)["text/html"]
    assert "Hint 1" not in data(outputs)["text/html"]


def test_a_course_may_lend_nothing(run, tmp_path):
    (tmp_path / "lectures").unlink()
    shutil.copytree(ROOT / "lectures", tmp_path / "lectures")
    with (tmp_path / "lectures" / "course.toml").open("a") as file:
        file.write("solutions = false\n")
    _, waits, lent, checked = run(
        STUB,
        "relu_forward(1)",
        'borrow("activations.relu_forward")',
        'check("activations.relu_forward")',
    )
    assert "borrow" not in said(waits)
    assert "lends no solutions" in said(lent)
    assert "Hint 1" in data(checked)["text/html"]
    assert "A solution" not in data(checked)["text/html"]
