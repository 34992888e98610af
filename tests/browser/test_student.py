"""An hour of a student in two minutes: JupyterLab, a notebook, a mistake, a hint, a pass."""

import json
import re
from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect

from grader.checking.definitions import find
from tests.browser.test_widgets import contrast

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
    course_lab.page.get_by_role("tab", name="File Browser").click()
    files = course_lab.page.get_by_role("region", name="File Browser Section")
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
    """No dialog, no news, no teacher's tool; a notebook only opened has nothing to be saved."""
    plugins = lab.page.evaluate("() => window.jupyterapp.listPlugins()")
    assert "deep-training-grader:desk" in plugins
    assert [name for name in plugins if name.startswith("@jupyter/nbgrader")] == []
    assert lab.page.request.get(urljoin(lab.page.url, "/formgrader")).status == 404
    for role, name in (("menuitem", "Nbgrader"), ("button", "Validate")):
        assert lab.page.get_by_role(role, name=name).count() == 0
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
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        student.theme(theme)
        for mark in (page.locator(".dtl-passes").first, page.locator(".dtl-next")):
            assert contrast(mark) > 4.5

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

    save(student)
    student.open("notebooks/02_activations/02_activations.ipynb")
    again = student.cell(cell).get_by_role("group", name="Your answer")
    expect(again.get_by_role("button", name=f"{OPEN}:")).to_have_attribute("aria-pressed", "true")


def test_the_welcome_can_be_begun_anywhere_and_a_number_is_typed_into_a_field(course_lab):
    course_lab.land()
    # Who passes over the imports is led to them, or gets what the text below the cell speaks of.
    later = course_lab.cells("def forgets_float32(")[0]
    expect(course_lab.run(later)).to_contain_text("NameError")
    row = course_lab.cell(later).get_by_role("group", name="A name is missing")
    row.get_by_role("button", name="Run it, then this cell").press("Enter")
    expect(course_lab.cell(later).locator(".dtl-check")).to_contain_text("Wrong dtype")
    expect(row).to_have_count(0)

    # With the imports there, the name may be one that a cell in between sets.
    reads = course_lab.add_below(later, "print(reading + 1)") + 1
    course_lab.add_below(later, "reading = 41")
    expect(course_lab.run(reads)).to_contain_text("NameError")
    row = course_lab.cell(reads).get_by_role("group", name="A name is missing")
    row.get_by_role("button", name="Run them, then this cell").press("Enter")
    expect(course_lab.cell(reads).locator(".jp-OutputArea")).to_contain_text("42", timeout=60_000)
    expect(row).to_have_count(0)

    shown = course_lab.run(course_lab.cells("def too_warm(")[0]).locator(".dtl-check")
    expect(shown).to_contain_text("The bias before the weight?")

    cell = course_lab.cells("scales_meet = ")[0]
    row = course_lab.cell(cell).get_by_role("group", name="Your answer")
    field = row.get_by_role("textbox", name="A number")
    field.fill("warm")
    field.press("Enter")
    expect(row).to_contain_text("A number, such as 0.25")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert course_lab.source(cell).endswith("\nscales_meet = None")

    field.fill("-40")
    field.press("Enter")
    reply = course_lab.page.locator(".dtl-check").filter(has_text="welcome.scales_meet")
    expect(reply).to_contain_text("Right", timeout=60_000)
    assert course_lab.source(cell).endswith("\nscales_meet = -40")

    # The minus of the printed page, which is no hyphen, is one as well.
    field.fill("\N{MINUS SIGN}5")
    field.press("Enter")
    expect(reply).to_contain_text("-5")
    assert course_lab.source(cell).endswith("\nscales_meet = -5")

    # By hand is as good; what is typed is what the field shows.
    course_lab.write(cell, "scales_meet = 12.5")
    expect(field).to_have_value("12.5")
    row.get_by_role("button", name="Answer").click()
    expect(reply).to_contain_text("12.5 is too large")


def test_a_failing_input_is_shown_and_one_starts_again_and_brings_back(student):
    """All of it from the keyboard, in the panel, without a cell of one's own."""
    cell, below = (
        student.cells(needle)[0]
        for needle in ("def sigmoid_forward", 'check("activations.sigmoid_forward")')
    )
    stub = student.source(cell)
    help = student.cell(below).get_by_role("group", name="Help with this exercise")
    show, again, back = (
        help.get_by_role("button", name=name)
        for name in ("Show the failing input", "Start again", "Bring back what I wrote")
    )
    assert help.count() == 0  # nothing was tried
    student.run(student.cells("from grader import")[0])
    answer(student, "def sigmoid_forward", MIRRORED)
    check(student, "activations.sigmoid_forward")
    wrong = student.source(cell)

    show.press("Enter")
    expect(help).to_contain_text("case = {'x': array(", timeout=60_000)
    expect(help).to_contain_text("sigmoid_forward(**case) makes the call again.")
    scratch = student.add_below(below, "sigmoid_forward(**case)[0].shape")
    expect(student.run(scratch)).to_contain_text("(")

    # What is edited and not run is said, and both cells run at once; in every theme it is readable.
    behind = student.cell(below).get_by_role("group", name="The check is behind")
    expect(behind).to_be_hidden()
    student.write(cell, wrong.replace(MIRRORED, RIGHT))
    student.cell(below)
    expect(behind).to_contain_text("The cell above has changed since it ran.")
    both = behind.get_by_role("button", name="Run it, then this check")
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        student.theme(theme)
        assert min(contrast(place) for place in (both, show, behind.get_by_role("status"))) > 4.5
    both.press("Enter")
    expect(student.cell(below).locator(".dtl-check")).to_contain_text("2 / 2")
    expect(behind).to_be_hidden()
    student.write(cell, wrong)

    student.cell(below)
    again.press("Enter")
    assert student.source(cell) == stub
    expect(back).to_be_focused()
    expect(again).to_be_hidden()
    save(student)
    student.open("notebooks/02_activations/02_activations.ipynb")
    assert student.source(cell) == stub
    student.cell(below)
    back.press("Space")
    assert student.source(cell) == wrong
    expect(again).to_be_focused()


def save(lab):
    lab.command("docmanager:save")
    lab.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")


def test_a_notebook_that_nobody_has_worked_in_runs_to_its_end(student):
    """No cell fails; each check and picture says what it waits for."""
    student.run_all(timeout=300)
    texts = student.page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets
        .flatMap(c => c.model.outputs ? c.model.outputs.toJSON() : [])
        .flatMap(o => o.data?.["text/html"] ?? [])"""
    )
    assert sum("not written yet" in "".join(t) for t in texts) > 20


def test_the_contents_stand_beside_the_welcome_until_they_are_closed(course_lab):
    """And the map is drawn; behind the contents lies the list of the lectures, side by side."""
    page = course_lab.page
    course_lab.land()
    contents = page.get_by_role("region", name="Table of Contents section")
    files = page.get_by_role("region", name="File Browser Section")
    contents.get_by_text("The map of the course").click()
    picture = page.get_by_role("img", name="The map of the course")
    expect(picture).to_be_visible()
    assert picture.evaluate("img => img.decode().then(() => img.naturalWidth)") == 360

    page.get_by_role("tab", name="File Browser").click()
    expect(files.get_by_text("14_ensembles", exact=True)).to_be_visible()
    expect(contents).to_be_hidden()
    # What is open is kept a moment later, in the workspace.
    with page.expect_request(lambda r: "/api/workspaces" in r.url and r.method == "PUT"):
        page.get_by_role("tab", name="Running Terminals").click()
    course_lab.land()
    page.wait_for_function("() => window.jupyterapp.restored.then(() => true)")
    expect(page.get_by_role("region", name="Running Sessions section")).to_be_visible()
    expect(contents).to_be_hidden()


def test_one_goes_on_where_one_stopped_and_from_notebook_to_notebook(course_lab):
    lines = [{"id": "activations.sigmoid_forward", "score": 2, "verdict": "right"}]
    (course_lab.root / ".progress.jsonl").write_text(json.dumps(lines[0]) + "\n")
    course_lab.land()
    way = course_lab.page.get_by_role("group", name="Where you stopped")
    expect(way).to_contain_text("open_interval in 02_activations", timeout=60_000)
    way.get_by_role("link").click()
    course_lab.page.wait_for_function(
        """() => window.jupyterapp.shell.currentWidget.content.activeCell?.model.sharedModel
        .getSource().includes("open_interval = ")""",
        timeout=60_000,
    )
    assert front(course_lab) == "notebooks/02_activations/02_activations.ipynb"
    course_lab.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.scrollToItem(0, 'start')"
    )
    shown = course_lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    shown.get_by_role("link", name=re.compile("Preprocessing")).first.click()
    course_lab.page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget?.context?.path.includes('03_prep')",
        timeout=60_000,
    )


def test_a_dot_of_the_progress_page_leads_to_its_cell(student):
    student.run(student.cells("from grader import")[0])
    scratch = student.add_below(student.cells("from grader import")[0], "progress()")
    student.run(scratch).get_by_label("preprocessing.pca: not tried").click()
    student.page.wait_for_function(
        """() => window.jupyterapp.shell.currentWidget.content.activeCell?.model.sharedModel
        .getSource().startsWith("def pca(")""",
        timeout=60_000,
    )
    assert front(student) == "notebooks/03_preprocessing/03_preprocessing.ipynb"
