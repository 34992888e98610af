"""The progress page: what comes next, in the order of the notebook, and how long it takes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from grader.checking import progress_page
from grader.checking.definitions import find, lectures
from grader.checking.page import inline
from grader.checking.progress_page import Progress, in_order
from grader.checking.questions import judge_question
from grader.course import current


def page(folder, *right):
    """The page of a student for whom these ids pass."""
    file = folder / "progress.jsonl"
    lines = [json.dumps({"id": id, "score": 1, "verdict": "right"}) for id in right]
    file.write_text("\n".join(lines))
    return Progress(file).page().text.splitlines()


def test_the_next_step_is_the_next_one_in_the_notebook(tmp_path):
    order = [item.id for item in in_order("02_activations")]
    assert order[1] == "activations.open_interval"  # a question, after the first exercise
    assert sorted(order) == sorted(item.id for item in lectures()["02_activations"])
    assert page(tmp_path)[-1] == "Next: fahrenheit in 00_welcome."
    assert page(tmp_path, order[0])[-1] == "Next: open_interval in 02_activations."
    following = order[2].rpartition(".")[2]
    assert page(tmp_path, *order[:2])[-1] == f"Next: {following} in 02_activations."


def test_a_finished_course_has_no_next_step_and_no_time_left(tmp_path):
    everything = [item.id for items in lectures().values() for item in items]
    last = page(tmp_path, *everything)[-1]
    assert last == f"{len(everything)} of {len(everything)} done."


def test_one_goes_on_where_one_stopped(tmp_path):
    order = [item.id for item in in_order("02_activations")]

    def resumed(*lines):
        file = tmp_path / "progress.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        way = Progress(file).resume()
        return way and way.text

    def said(id):
        return f"Go on where you stopped: {id.rpartition('.')[2]} in 02_activations."

    right = [{"id": id, "score": 1, "verdict": "right"} for id in order]
    wrong = {"id": order[2], "score": 0, "verdict": "wrong value"}
    assert resumed() is None
    assert resumed(wrong) == said(order[2])
    assert resumed(wrong, right[0]) == said(order[1])
    assert resumed({"id": order[5], "hints": 1}) == said(order[5])
    everything = [item.id for items in lectures().values() for item in items]
    assert resumed(*({"id": id, "score": 1, "verdict": "right"} for id in everything)) is None


def answered(file, id, score, when, **more):
    """A line of the record."""
    line = {"id": id, "score": score, "verdict": "right" if score else "wrong value", **more}
    with file.open("a") as lines:
        lines.write(json.dumps(line | {"when": when.isoformat()}) + "\n")


def test_what_was_answered_wrong_comes_back_days_later_and_more_rarely(tmp_path):
    file, then = tmp_path / "progress.jsonl", datetime(2026, 3, 1, 12, tzinfo=UTC)
    question = find("activations.open_interval")
    answered(file, question.id, 0, then, recalled=0)
    answered(file, question.id, 1, then)  # put right at once, which is no recall

    def asked(days):
        return question.ask.strip() in Progress(file).review(then + timedelta(days=days)).text

    assert [asked(days) for days in (0.9, 1.1, 1.2, 4, 4.2, 11, 11.3)] == [
        *(False, True, False),
        *(False, True),
        *(False, True),
    ]
    answered(file, question.id, 0, then + timedelta(days=20), recalled=0)  # wrong again
    assert [asked(days) for days in (20.5, 21.1)] == [False, True]


def test_a_check_of_a_question_that_is_wrong_is_what_comes_back(tmp_path):
    file, question = tmp_path / "progress.jsonl", find("activations.open_interval")
    wrong = next(letter for letter, choice in question.lettered.items() if not choice.right)
    Progress(file).record(judge_question(question, wrong))
    later = datetime.now().astimezone() + timedelta(days=2)
    page = Progress(file).review(later)
    assert f"Answers: 1: {question.answer}: " in page.text
    folded = page._repr_html_().partition("<details>")[2]
    assert inline(question.lettered[question.answer].text) in folded
    assert "Nothing to recall" in Progress(file).review(later).text


def test_a_lecture_closes_with_its_points_and_the_mistakes_met(tmp_path, monkeypatch):
    file, now = tmp_path / "progress.jsonl", datetime.now().astimezone()
    answered(file, "activations.sigmoid_forward", 0, now, mistake="mirror image")
    answered(file, "activations.sigmoid_forward", 2, now)
    answered(file, "activations.open_interval", 0, now - timedelta(days=3), recalled=0)
    monkeypatch.chdir(current().root / "notebooks" / "02_activations")
    text = Progress(file).page().text
    assert "This lecture: 1 of " in text
    assert "Mistakes you met, by name: mirror image." in text
    assert "1 question wants to be recalled" in text
    monkeypatch.chdir(tmp_path)
    assert "This lecture" not in Progress(file).page().text


@pytest.mark.parametrize("minutes, said", [(5, "5 min"), (60, "1 h"), (135, "2 h 15 min")])
def test_time_is_told_in_hours_and_minutes(minutes, said):
    assert progress_page._time(minutes) == said


def test_without_the_notebooks_exercises_come_first(tmp_path, monkeypatch):
    course = replace(current(), root=tmp_path)
    monkeypatch.setattr(progress_page, "current", lambda: course)
    monkeypatch.chdir(tmp_path)
    assert in_order("02_activations") == list(lectures()["02_activations"])
