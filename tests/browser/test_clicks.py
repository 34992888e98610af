"""Questions answered by clicks only: saved, opened again, and graded in both ways to one score."""

import nbformat

from grader.checking.exercise import Question
from grader.checking.progress_page import in_order
from tests.browser.test_student import save
from tests.engine.course import grader, nbgrader, scores
from tests.engine.test_agreement import released, without_demos, without_engine

LECTURE, STUDENT = "02_activations", "hopper"
NOTEBOOK = f"notebooks/{LECTURE}/{LECTURE}.ipynb"
QUESTIONS = [item for item in in_order(LECTURE) if isinstance(item, Question)]
# Whether the check below a question has judged it, by the number of the check's cell.
JUDGED = """i => window.jupyterapp.shell.currentWidget.content.widgets[i].model.outputs.toJSON()
  .some(o => o.data?.["application/vnd.grader.report+json"]?.cases)"""


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


def test_what_is_clicked_is_what_both_graders_find(course_lab, tmp_path):
    lab = course_lab
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
