"""An hour of a student in two minutes: JupyterLab, a notebook, a mistake, a hint, a pass."""

import json
import re

import pytest
from playwright.sync_api import expect

from grader.checking.definitions import find

MIRRORED = """    out = 1 / (1 + np.exp(x))
    return out, out"""
RIGHT = """    z = np.exp(-np.abs(x))
    out = np.where(x >= 0, 1 / (1 + z), z / (1 + z))
    return out, out"""
HINTS = [text.replace("`", "") for text in find("activations.sigmoid_forward").hints]
INTERVAL = find("activations.open_interval").lettered
BELIEVED, OPEN = (
    next(letter for letter, choice in INTERVAL.items() if choice.text.startswith(text))
    for text in ("Yes: from some x on", "No real x; yet")
)
WELCOME = "notebooks/00_welcome/00_welcome.ipynb"


@pytest.fixture
def student(course_lab):
    """A student who came in by the README's command and opened lecture 02 from the file list."""
    course_lab.land()
    assert front(course_lab) == WELCOME
    assert_nothing_asks_for_attention(course_lab)
    files = course_lab.page.get_by_role("region", name="File Browser Section")
    files.get_by_title("notebooks", exact=True).click()
    for name in ("02_activations", "02_activations.ipynb"):
        files.get_by_text(name, exact=True).dblclick()
    course_lab.page.wait_for_function(
        "name => window.jupyterapp.shell.currentWidget?.context?.path.endsWith(name)",
        arg="02_activations.ipynb",
    )
    course_lab.await_kernel()
    return course_lab


def front(lab):
    return lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")


def assert_nothing_asks_for_attention(lab):
    """No dialog, no news, no tool for authors; a notebook only opened has nothing to be saved."""
    assert lab.page.get_by_role("tab", name="Create Assignment").count() == 0
    assert lab.page.get_by_role("dialog").count() == 0
    assert lab.page.locator(".Toastify__toast").count() == 0
    assert not lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.model.dirty")


def answer(lab, needle, code):
    """Write ``code`` below the line that says where, or as the whole cell, and run it."""
    cell = lab.cells(needle)[0]
    frame, place, _ = lab.source(cell).partition("# YOUR CODE HERE\n")
    lab.write(cell, frame + place + code if place else code)
    lab.run(cell)


def check(lab, id):
    """Run the check of an exercise or question; returns its panel."""
    return lab.run(lab.cells(f'check("{id}")')[0]).locator(".dtl-check")


def test_a_student_fails_understands_passes_and_sees_it_counted(student):
    student.run(student.cells("from grader import")[0])

    # Before anything is written: no error, a task.
    panel = check(student, "activations.sigmoid_forward")
    expect(panel).to_contain_text("Not found")

    # A wrong answer, its diagnosis, and the numbers behind it.
    answer(student, "def sigmoid_forward", MIRRORED)
    panel = check(student, "activations.sigmoid_forward")
    expect(panel.get_by_text("Wrong value", exact=True).first).to_be_visible()
    expect(panel.get_by_text("0 / 2")).to_be_visible()
    expect(panel.get_by_text("Mirror image?")).to_be_visible()
    expect(panel).to_contain_text("Your curve falls where the sigmoid rises")
    row = panel.get_by_role("row").filter(has_text="one example")
    expect(row).to_be_hidden()
    panel.get_by_text("cases pass").click()
    expect(row).to_contain_text("wrong value")

    # A hint in a cell of one's own; the next run shows the next one.
    scratch = student.add_below(
        student.cells('check("activations.sigmoid_forward")')[0],
        'hint("activations.sigmoid_forward")',
    )
    hints = student.run(scratch)
    expect(hints).to_contain_text(f"1. {HINTS[0]}")
    assert "2. " not in hints.inner_text()
    expect(student.run(scratch)).to_contain_text(f"2. {HINTS[1]}")

    # Nothing passes so far; with the right answer the exercise and its points are there.
    student.write(scratch, "progress()")
    line = student.run(scratch).get_by_role("row").filter(has_text="02_activations")
    expect(line).to_contain_text("0 / ")
    answer(student, "def sigmoid_forward", RIGHT)
    panel = check(student, "activations.sigmoid_forward")
    expect(panel.get_by_text("Right", exact=True)).to_be_visible()
    expect(panel.get_by_text("2 / 2")).to_be_visible()
    page = student.run(scratch)
    expect(line).to_contain_text("1 / ")
    expect(page).to_contain_text(re.compile(r"Next: \w+ in 02_activations"))

    # A prediction: a wrong one gets an answer of its own, the right one the reason.
    answer(student, "open_interval = ", f'open_interval = "{BELIEVED}"')
    panel = check(student, "activations.open_interval")
    expect(panel).to_contain_text("It comes nearer and nearer")
    answer(student, "open_interval = ", f'open_interval = "{OPEN}"')
    panel = check(student, "activations.open_interval")
    expect(panel.get_by_text("Right", exact=True)).to_be_visible()
    expect(panel).to_contain_text("The interval is open")
    student.run(scratch)
    expect(line).to_contain_text("2 / ")

    # It is kept beside the library that judged it: here, the copy.
    lines = (student.root / ".progress.jsonl").read_text().splitlines()
    scores = [
        n["score"]
        for n in map(json.loads, lines)
        if n["id"].endswith("sigmoid_forward") and "score" in n
    ]
    assert scores == [0, 2]


def test_a_question_is_answered_with_a_click_and_stays_answered(student):
    """Nothing was run before: the imports run first, then the answer and its check."""
    cell = student.cells("open_interval = ")[0]
    frame = student.cell(cell)
    choices = frame.get_by_role("group", name="Your answer")
    wrong, right = (choices.get_by_role("button", name=f"{letter}:") for letter in (BELIEVED, OPEN))
    expect(wrong).to_have_attribute("title", INTERVAL[BELIEVED].text)
    reply = student.page.locator(".dtl-check").filter(has_text="activations.open_interval")

    wrong.click()
    expect(reply).to_contain_text("It comes nearer and nearer")
    expect(wrong).to_have_attribute("aria-pressed", "true")
    right.focus()
    student.page.keyboard.press("Enter")
    expect(reply).to_contain_text("The interval is open")
    assert student.source(cell).endswith(f'\nopen_interval = "{OPEN}"')
    expect(wrong).to_have_attribute("aria-pressed", "false")

    # By hand is as good; what is typed is what the buttons show.
    student.write(cell, f'open_interval = "{BELIEVED.upper()}"')
    expect(wrong).to_have_attribute("aria-pressed", "true")
    right.click()
    expect(right).to_have_attribute("aria-pressed", "true")

    student.command("docmanager:save")
    student.page.wait_for_function(
        "() => !window.jupyterapp.shell.currentWidget.context.model.dirty"
    )
    student.open("notebooks/02_activations/02_activations.ipynb")
    again = student.cell(cell).get_by_role("group", name="Your answer")
    expect(again.get_by_role("button", name=f"{OPEN}:")).to_have_attribute("aria-pressed", "true")


def test_a_notebook_that_nobody_has_worked_in_runs_to_its_end(student):
    """No cell fails; each check and picture says what it waits for."""
    student.run_all(timeout=300)
    texts = student.page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets
        .flatMap(c => c.model.outputs ? c.model.outputs.toJSON() : [])
        .flatMap(o => o.data?.["text/html"] ?? [])"""
    )
    assert sum("not written yet" in "".join(t) for t in texts) > 20


def test_a_dot_of_the_progress_page_leads_to_its_cell(student):
    student.run(student.cells("from grader import")[0])
    scratch = student.add_below(student.cells("from grader import")[0], "progress()")
    student.run(scratch).get_by_label("preprocessing.pca: not tried").click()
    student.page.wait_for_function(
        """() => window.jupyterapp.shell.currentWidget.content.activeCell?.model.sharedModel
        .getSource().startsWith("def pca(")"""
    )
    assert front(student) == "notebooks/03_preprocessing/03_preprocessing.ipynb"
