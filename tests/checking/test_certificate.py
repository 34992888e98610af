"""The certificate: a page to print that follows from the record, and says what it proves."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import date

import pytest
from bs4 import BeautifulSoup

from grader import certificate
from grader.__main__ import main
from grader.checking import certificate as certificates
from grader.checking.definitions import lectures
from grader.course import current

NAME = 'Ada "Countess" <Lovelace>'
DAY = date(2026, 3, 2)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A student's folder; what is written there is a record."""
    course = replace(current(), root=tmp_path)
    for module in ("certificate", "progress_page"):
        monkeypatch.setattr(f"grader.checking.{module}.current", lambda: course)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return tmp_path


def passed(home, *ids, **more):
    """Add lines to the record; the record."""
    record = home / ".progress.jsonl"
    with record.open("a") as file:
        for id in ids:
            line = {"id": id, "score": 1, "verdict": "right", "when": "2026-03-01T12:00:00+00:00"}
            file.write(json.dumps(line | more) + "\n")
    return record


def held(page, record, capsys):
    """What the command says of a page and a record, and its exit status."""
    status = main(["certificate", str(page), str(record)])
    return status, capsys.readouterr().out


def test_without_a_name_and_without_a_pass_it_says_what_is_missing(home):
    assert 'certificate("Ada Lovelace")' in certificate().text
    assert 'certificate("Ada Lovelace")' in certificate("  ").text
    assert "Nothing passes yet" in certificate(NAME).text
    passed(home, "activations.relu_forward", score=0, verdict="wrong value")
    passed(home, "activations.relu_forward", borrowed=True, score=0, verdict="not written")
    assert "Nothing passes yet" in certificate(NAME).text
    assert not (home / "certificate.html").exists()


def test_a_part_is_called_a_part_and_names_what_was_written(home):
    passed(home, "activations.relu_forward", "activations.open_interval")
    shown = certificate(NAME)
    items = sum(map(len, lectures().values()))
    assert f"has passed 2 of {items} exercises and questions" in shown.text
    page = BeautifulSoup((home / "certificate.html").read_text("utf-8"), "html.parser")
    said = page.get_text(" ")
    assert "Certificate of a part of the course" in said
    assert page.select_one(".dtl-who").text == NAME
    lecture, written = page.select("tbody tr")
    assert f"2 of {len(lectures()['02_activations'])}" in lecture.text
    assert written.text == "Written: relu_forward"
    assert "does not prove who did the work" in said
    assert "The work is of 2026-03-01." in said
    in_notebook = BeautifulSoup(shown._repr_html_(), "html.parser")
    assert str(in_notebook.section) == str(page.section)


def test_all_of_it_is_a_certificate_of_the_course(home):
    items = [item.id for known in lectures().values() for item in known]
    passed(home, *items)
    page = certificates.page(NAME, DAY, home / ".progress.jsonl")
    assert page and f"has passed all {len(items)} exercises and questions" in page
    assert "a part of the course" not in page and "2 March 2026" in page


def test_a_level_that_is_reached_counts_and_the_points_say_which(home):
    passed(home, "activations.relu_forward", score=0.5, verdict="partly there")
    items = [item for known in lectures().values() for item in known]
    said = certificate(NAME).text
    points = sum(item.points for item in items)
    assert f"has passed 1 of {len(items)} " in said and f"0.5 of {points} points" in said


def test_a_page_is_held_against_its_record(home, capsys):
    record = passed(home, "activations.relu_forward", "activations.open_interval")
    certificate(NAME)
    page = home / "certificate.html"
    assert held(page, record, capsys)[0] == 0
    passed(home, "activations.relu_backward")  # later work changes nothing
    with record.open("a") as file:
        file.write('{"id": "a line that a crash')
    assert held(page, record, capsys)[0] == 0

    made = page.read_text("utf-8")
    page.write_text(made.replace("relu_forward", "everything"), encoding="utf-8")
    status, said = held(page, record, capsys)
    assert status == 1 and "give another page" in said
    page.write_text(made, encoding="utf-8")
    record.write_text(record.read_text().replace("open_interval", "one_sign"))
    status, said = held(page, record, capsys)
    assert status == 1 and "are not those that it was made of" in said
    assert held(record, record, capsys)[0] == 2
    assert held(home / "nowhere.html", record, capsys)[0] == 2


def test_the_digest_is_the_one_that_other_tools_give(home):
    record = passed(home, "activations.relu_forward")
    page = certificates.page(NAME, DAY, record)
    assert page and hashlib.sha256(record.read_bytes()).hexdigest() in page


def test_where_answers_are_not_ones_own_no_file_is_written(home, monkeypatch):
    passed(home, "activations.relu_forward")
    monkeypatch.setenv("NBGRADER_EXECUTION", "1")
    assert "no file is written" in certificate(NAME).text
    assert not (home / "certificate.html").exists()


def test_it_prints_black_on_white_and_knows_the_dark():
    print_rules = re.search(r"@media print\{(.*)\}", certificates.ALONE, re.DOTALL)
    assert print_rules and "--ink:#000" in print_rules[1] and "background:#fff" in print_rules[1]
    assert "prefers-color-scheme:dark" in certificates.ALONE
