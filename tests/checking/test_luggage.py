"""A student's work as one file: what is in it, and that bringing it back loses nothing."""

import json
import shutil
import zipfile
from dataclasses import replace

import pytest

from grader.checking import luggage
from grader.checking.progress_page import Progress
from grader.course import current

LECTURE = "00_welcome"
INSIDE = f"notebooks/{LECTURE}/{LECTURE}.ipynb"
RELEASED = (current().root / INSIDE).read_bytes()
LINE = '{"id": "warmup.fahrenheit", "score": 1, "verdict": "right"}\n'


def answered(text="fahrenheit = None"):
    """The notebook with an answer in its first exercise."""
    notebook = json.loads(RELEASED)
    cell = next(c for c in notebook["cells"] if "grader" in c["metadata"])
    cell["source"] = [text]
    return json.dumps(notebook).encode()


@pytest.fixture
def at(tmp_path, monkeypatch):
    """Go to a machine of this name, with the course as it was handed out."""

    def go(name):
        home = tmp_path / name
        if not home.exists():
            (home / INSIDE).parent.mkdir(parents=True)
            (home / INSIDE).write_bytes(RELEASED)
        monkeypatch.setattr(luggage, "current", lambda: replace(current(), root=home))
        monkeypatch.chdir((home / INSIDE).parent)
        return home

    return go


def carried(here, there):
    """The file that was saved here, uploaded there."""
    (saved,) = here.glob("*-work.zip")
    return shutil.copy(saved, there)


def test_work_moves_to_another_machine(at):
    desk = at("desk")
    (desk / INSIDE).write_bytes(answered())
    (desk / ".progress.jsonl").write_text(LINE)
    assert "1 notebook and your progress" in luggage.save().text
    tab = at("tab")
    carried(desk, tab)
    assert "1 notebook, and 1 line" in luggage.restore().text
    assert (tab / INSIDE).read_bytes() == answered()
    assert Progress(tab / ".progress.jsonl").results["warmup.fahrenheit"]["verdict"] == "right"


def test_what_was_done_here_stays_and_what_comes_lies_beside(at):
    desk = at("desk")
    (desk / INSIDE).write_bytes(answered("here = 1"))
    (desk / ".progress.jsonl").write_text(LINE)
    luggage.save()
    tab = at("tab")
    (tab / INSIDE).write_bytes(answered("there = 2"))
    (tab / ".progress.jsonl").write_text(LINE)
    carried(desk, tab)
    said = luggage.restore().text
    assert "0 lines" in said
    assert (tab / INSIDE).read_bytes() == answered("there = 2")
    (beside,) = (tab / INSIDE).parent.glob("*restored*")
    assert beside.name in said
    assert beside.read_bytes() == answered("here = 1")
    assert (tab / ".progress.jsonl").read_text() == LINE


def test_a_second_restore_changes_nothing(at):
    desk = at("desk")
    (desk / INSIDE).write_bytes(answered())
    luggage.save()
    files = sorted(desk.rglob("*"))
    luggage.restore()
    assert sorted(desk.rglob("*")) == files


def test_a_notebook_as_it_was_handed_out_is_no_work(at):
    desk = at("desk")
    assert "nothing to save" in luggage.save().text
    assert not list(desk.glob("*.zip"))


def test_every_notebook_of_the_course_counts_as_not_begun():
    notebooks = sorted(current().notebooks.glob("*/*.ipynb"))
    assert len(notebooks) == len(current().lectures)
    assert [path.name for path in notebooks if luggage.begun(path.read_bytes())] == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"cells": [{}]}', b'{"cells": []}'])
def test_what_cannot_be_read_as_a_notebook_of_the_course_is_not_replaced(content):
    assert luggage.begun(content)


def test_a_notebook_that_was_run_is_begun():
    notebook = json.loads(RELEASED)
    next(c for c in notebook["cells"] if c["cell_type"] == "code")["execution_count"] = 1
    assert luggage.begun(json.dumps(notebook).encode())


def test_a_file_that_is_no_archive_is_told_and_so_is_none(at):
    home = at("desk")
    assert "There is no file" in luggage.restore().text
    (home / "x.zip").write_text("no archive")
    assert "`x.zip` could not be read" in luggage.restore(home / "x.zip").text
    assert "could not be read" in luggage.restore("nowhere.zip").text


def test_a_file_of_another_hand_puts_nothing_elsewhere(at):
    home = at("desk")
    names = ["../out.ipynb", "notebooks/../../out.ipynb", "/tmp/out.ipynb", "notebooks/x.py"]
    with zipfile.ZipFile(home / "bad.zip", "w") as file:
        for name in names:
            file.writestr(name, "{}")
    before = sorted(home.parent.rglob("*"))
    assert "0 notebooks" in luggage.restore(home / "bad.zip").text
    assert sorted(home.parent.rglob("*")) == before
