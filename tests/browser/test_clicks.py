"""Without a key: questions by clicks, to one score in both ways of grading; a lecture by touch."""

import re

import nbformat
import pytest
from playwright.sync_api import expect

from grader.checking.exercise import Question
from grader.checking.progress_page import in_order
from tests.browser.conftest import running_course, watched
from tests.browser.lab import READY
from tests.browser.test_student import save
from tests.engine.course import grader, nbgrader, scores
from tests.engine.test_agreement import released, without_demos, without_engine

LECTURE, STUDENT = "02_activations", "hopper"
NOTEBOOK = f"notebooks/{LECTURE}/{LECTURE}.ipynb"
QUESTIONS = [item for item in in_order(LECTURE) if isinstance(item, Question)]
# Whether the check below a question has judged it, by the number of the check's cell.
JUDGED = """i => window.jupyterapp.shell.currentWidget.content.widgets[i].model.outputs.toJSON()
  .some(o => o.data?.["application/vnd.grader.report+json"]?.cases)"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A JupyterLab in a copy of the course."""
    with running_course(tmp_path_factory.mktemp("desk")) as server:
        yield server


@pytest.fixture
def mouse(desk):
    with watched(*desk) as lab:
        yield lab


@pytest.fixture
def fingers(desk):
    with watched(*desk, touch=True) as lab:
        yield lab


def answers():
    """By question the letter or number that is given, every third one wrong; and its points."""
    for number, question in enumerate(QUESTIONS):
        right = number % 3 > 0
        if question.number:
            yield question, str(question.number.value + (not right) * 1e6), right
        else:
            letters = question.lettered.items()
            yield question, next(x for x, choice in letters if choice.right is right), right


def row(lab, question):
    """The buttons of a question, or its field."""
    cell = lab.cell(lab.cells(f"{question.name} = ")[0])
    return cell.get_by_role("group", name="Your answer")


def test_what_is_clicked_is_what_both_graders_find(mouse, tmp_path):
    lab = mouse
    lab.open(NOTEBOOK)
    for question, answer, _ in answers():
        if question.number:
            row(lab, question).get_by_role("textbox").fill(answer)
            row(lab, question).get_by_role("button", name="Answer").click()
        else:
            row(lab, question).get_by_role("button", name=f"{answer}:").click()
        check = lab.cells(f'check("{question.id}")')[0]
        lab.page.wait_for_function(JUDGED, arg=check, timeout=60_000)
    save(lab)

    lab.open(NOTEBOOK)
    for question, answer, _ in answers():
        if question.number:
            assert row(lab, question).get_by_role("textbox").input_value() == answer
        else:
            button = row(lab, question).get_by_role("button", name=f"{answer}:")
            assert button.get_attribute("aria-pressed") == "true"

    handed_in = without_demos(nbformat.read(lab.root / NOTEBOOK, as_version=4))
    ours = released(tmp_path / "ours", LECTURE, {STUDENT: handed_in})
    stock = without_engine(ours, tmp_path / "stock", LECTURE)
    nbgrader(stock, "autograde", LECTURE)
    grader(ours, "autograde", LECTURE, "--jobs", "1")
    found = {cell: score for _, cell, score, *_ in scores(ours)}
    assert found == {cell: score or 0 for _, cell, score, *_ in scores(stock)}
    earned = {q.id.replace(".", "-"): right * q.points for q, _, right in answers()}
    assert found == dict.fromkeys(found, 0) | earned
    assert 0 < sum(earned.values()) < sum(question.points for question in QUESTIONS)


def pull(page, handle, right):
    """Drag with a finger, in steps, so many pixels to the right."""
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    screen = page.context.new_cdp_session(page)
    for step in range(11):
        screen.send(
            "Input.dispatchTouchEvent",
            {
                "type": "touchMove" if step else "touchStart",
                "touchPoints": [{"x": x + right * step / 10, "y": y}],
            },
        )
    screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    screen.detach()


def test_a_lecture_answers_to_a_finger(fingers):
    lab = fingers
    lab.open("solutions/01_backpropagation/01_backpropagation.ipynb")

    # A question: its buttons, and what is said of the answer.
    question = lab.cell(lab.cells("paths = ")[0])
    choice = question.get_by_role("button", name="a:")
    choice.tap()
    expect(choice).to_have_attribute("aria-pressed", "true")
    judged = lab.cells('check("backpropagation.paths")')[0]
    lab.page.wait_for_function(JUDGED, arg=judged, timeout=60_000)

    # The hints of a check that does not pass, here because its function was not defined.
    panel = lab.run(lab.cells('check("networks.neuron_batch")')[0]).locator(".dtl-check")
    hint = panel.locator("details.dtl-step").first
    hint.locator("> summary").tap()
    expect(hint.locator("> p")).to_be_visible()
    expect(hint.get_by_text("Hint 2")).to_be_visible()

    # An image that a slider changes.
    lab.run(lab.cells("def neuron_batch(")[0])
    cell = lab.cells("def draw_neuron():")[0]
    lab.run_folded(cell)
    widget = lab.widget(cell)
    picture = widget.locator(".dtl-live img")
    before = picture.get_attribute("src") or ""
    handle = widget.get_by_role("slider").first
    value = handle.get_attribute("aria-valuenow") or ""
    pull(lab.page, handle, 60)
    expect(picture).not_to_have_attribute("src", before)
    expect(handle).not_to_have_attribute("aria-valuenow", value)
    lab.page.wait_for_timeout(500)
    lab.page.wait_for_function(READY)  # all of the drag has arrived
    widget.get_by_role("button", name="Reset").tap()
    expect(handle).to_have_attribute("aria-valuenow", value)

    # One that the browser draws.
    for needle in ("def operate(", "class Node:", "def reverse_sweep(", "def draw_graph():"):
        lab.run_folded(lab.cells(needle)[0])
    film = lab.widget(lab.cells("def draw_graph():")[0])
    said, time = film.locator(".dtl-said").last, film.get_by_role("slider", name="step")
    film.get_by_role("button", name="Back").tap()
    expect(said).to_contain_text("Backward: a sum hands on")
    film.get_by_role("button", name="Play").tap()
    expect(said).to_contain_text("the other sum, too")
    pull(lab.page, time, -400)
    expect(said).to_contain_text(re.compile("^The inputs are given|^Forward"))
