"""The progress page: what comes next, in the order of the notebook, and how long it takes."""

import json
from dataclasses import replace

import pytest

from grader.checking import progress_page
from grader.checking.definitions import lectures
from grader.checking.progress_page import Progress, in_order
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


@pytest.mark.parametrize("minutes, said", [(5, "5 min"), (60, "1 h"), (135, "2 h 15 min")])
def test_time_is_told_in_hours_and_minutes(minutes, said):
    assert progress_page._time(minutes) == said


def test_without_the_notebooks_exercises_come_first(tmp_path, monkeypatch):
    course = replace(current(), root=tmp_path)
    monkeypatch.setattr(progress_page, "current", lambda: course)
    assert in_order("02_activations") == list(lectures()["02_activations"])
