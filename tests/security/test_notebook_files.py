"""On a student's own machine: what a check writes or brings back takes nothing away, and lands inside.

Links, pipes and folders lie where files should; archives are damaged, hostile or of another time.
"""

import json
import os
import re
import zipfile
from dataclasses import replace

import pytest

from grader.checking import certificate, luggage, progress_page
from grader.checking.progress_page import Progress
from grader.course import current
from tests.security.test_notebook_half import GOOD, LETTER, acts


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A course of one notebook, as it was handed out, with one line in the record."""
    place = tmp_path / "course"
    moved = replace(current(), root=place)
    inside = place / INSIDE
    inside.parent.mkdir(parents=True)
    inside.write_bytes((current().root / INSIDE).read_bytes())
    (place / progress_page.RECORD).write_text(GOOD + "\n")
    for module in (luggage, progress_page, certificate):
        monkeypatch.setattr(module, "current", lambda: moved)
    monkeypatch.chdir(inside.parent)
    return place


INSIDE = "notebooks/00_welcome/00_welcome.ipynb"
WORK = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
# What may lie where a file is to be written, beside a file elsewhere.
THERE = {
    "a link": lambda place, other: place.symlink_to(other),
    "a second name": lambda place, other: place.hardlink_to(other),
    "a link to nothing": lambda place, other: place.symlink_to(other.with_name("new")),
    "a link to itself": lambda place, other: place.symlink_to(place),
    "a pipe": lambda place, other: os.mkfifo(place),
    "a folder": lambda place, other: place.mkdir(),
}


@pytest.mark.parametrize("name", THERE)
def test_what_is_written_lands_beside_the_record_only(name, home):
    other = home.parent / "other"
    other.write_text("precious")
    zipped = home / f"{current().id}-work.zip"
    for place, write in ((home / certificate.FILE, lambda: certificate.give("Ann")),
                         (zipped, luggage.save)):  # fmt: skip
        THERE[name](place, other)
        assert ("could not be" in write().text) == (name == "a folder")
    assert luggage.restore().text
    assert luggage.restore(zipped).text
    assert other.read_text() == "precious"
    assert sorted(p.name for p in home.parent.iterdir()) == ["course", "other"]
    assert not list(home.glob(".*.new"))


@pytest.mark.parametrize("name", THERE)
def test_what_lies_in_a_notebook_s_place_stays(name, home):
    other = home.parent / "other"
    other.write_text("precious")
    (home / INSIDE).unlink()
    THERE[name](home / INSIDE, other)
    there = os.lstat(home / INSIDE)
    with zipfile.ZipFile(home / "x-work.zip", "w") as file:
        file.writestr(INSIDE, WORK)
    assert "beside yours" in luggage.restore(home / "x-work.zip").text
    assert os.lstat(home / INSIDE).st_ino == there.st_ino
    assert other.read_text() == "precious"
    assert "could not be" not in luggage.save().text


def flagged(file, at, value):
    """Change a byte of the entry of every file in an archive."""
    content = bytearray(file.read_bytes())
    for mark, shift in ((b"PK\x01\x02", at + 2), (b"PK\x03\x04", at)):
        for found in re.finditer(re.escape(mark), bytes(content)):
            content[found.start() + shift] = value
    file.write_bytes(content)


def swapped(file):
    """Change a byte in the middle of the archive's first file."""
    content = bytearray(file.read_bytes())
    content[30 + len(INSIDE) + 10] ^= 255
    file.write_bytes(content)


# By name what an archive holds, and what then happens to it.
ARCHIVES = {
    "half of it": ({INSIDE: WORK}, lambda f: os.truncate(f, f.stat().st_size // 2)),
    "nothing": ({}, lambda f: f.write_bytes(b"")),
    "a text": ({}, lambda f: f.write_text("no archive")),
    "a pipe": ({}, lambda f: (f.unlink(), os.mkfifo(f))),
    "a folder": ({}, lambda f: (f.unlink(), f.mkdir())),
    "a link to what never ends": ({}, lambda f: (f.unlink(), f.symlink_to("/dev/zero"))),
    "locked": ({INSIDE: WORK}, lambda f: flagged(f, 6, 1)),
    "packed in an unknown way": ({INSIDE: WORK}, lambda f: flagged(f, 8, 97)),
    "damaged within": ({INSIDE: WORK + " " * 200}, swapped),
    "too large": ({INSIDE: WORK + " " * 2_000_000}, None),
    "too large a record": ({"progress.jsonl": " " * 20_000_000}, None),
    "too many": ({f"notebooks/a/{n}.ipynb": "{}" for n in range(2000)}, None),
    "paths that lead out": ({"../out.ipynb": WORK, "/tmp/out.ipynb": WORK,
                             "notebooks/../../out.ipynb": WORK,
                             "notebooks/a/../../../out.ipynb": WORK,
                             "notebooks\\..\\..\\out.ipynb": WORK}, None),
    "what the course runs": ({"grader/__init__.py": "x", "nbgrader_config.py": "x",
                              "notebooks/00_welcome/numpy.py": "x"}, None),
    "bytes for a notebook": ({INSIDE: b"\xff\xfe"}, None),
    "a list for a notebook": ({INSIDE: "[]"}, None),
    "no cells": ({INSIDE: '{"nbformat": 4}'}, None),
    "cells that are none": ({INSIDE: '{"nbformat": 4, "cells": [5]}'}, None),
    "a newer format": ({INSIDE: WORK.replace("4", "99")}, None),
    "nested without end": ({INSIDE: "[" * 100_000}, None),
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHIVES)
def test_such_an_archive_changes_nothing(name, home, monkeypatch):
    monkeypatch.setattr(luggage, "LARGEST", 1_000_000)
    files, damage = ARCHIVES[name]
    path = home / f"{current().id}-work.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for inside, content in files.items():
            file.writestr(inside, content)
    if damage:
        damage(path)
    before = {p: p.read_bytes() for p in home.parent.rglob("*") if p.is_file() and p != path}
    said = luggage.restore().text
    assert "could not be read" in said or "0 notebooks, and 0 lines" in said
    assert len(said) < 1500
    assert luggage.restore(path).text == said
    after = {p: p.read_bytes() for p in home.parent.rglob("*") if p.is_file() and p != path}
    assert after.keys() == before.keys()
    assert all(after[p] == before[p] for p in before)


@pytest.mark.parametrize(
    "path", [5, b"x", "\0", "x" * 10_000, "\ud800", ".", "/dev/zero", "no.zip"]
)
def test_what_names_no_archive_is_told(path, home):
    assert luggage.restore(path).text


@pytest.mark.parametrize("name", ["a & b.ipynb", "<b>.ipynb", "a\x1b[31m.ipynb", "deep/er/a.ipynb"])
def test_a_notebook_that_is_not_saved_is_named(name, home):
    odd = home / "notebooks" / "00_welcome" / name
    odd.parent.mkdir(parents=True, exist_ok=True)
    odd.write_text(WORK)
    page = luggage.save()
    assert "Not saved: `" in page.text
    assert acts(page.text) == set()
    assert "<b>" not in page._repr_html_()


def test_a_saved_work_that_holds_more_is_kept(home):
    with zipfile.ZipFile(home / f"{current().id}-work.zip", "w") as file:
        file.writestr(INSIDE, WORK)
    assert "is kept as" in luggage.save().text
    assert "is kept as" not in luggage.save().text
    (kept,) = home.glob("*(earlier *).zip")
    with zipfile.ZipFile(kept) as file:
        assert file.read(INSIDE).decode() == WORK
    assert "1 notebook" in luggage.restore(kept).text


def test_two_notebooks_of_one_minute_lie_beside_each_other(home):
    (home / INSIDE).write_text("my own")
    for text in ("one", "two", "one"):
        with zipfile.ZipFile(home / "work.zip", "w") as file:
            file.writestr(INSIDE, WORK.replace("{}", json.dumps({"title": text})))
        assert "beside yours" in luggage.restore(home / "work.zip").text
    assert (home / INSIDE).read_text() == "my own"
    there = [path.read_text() for path in (home / INSIDE).parent.glob("*restored*.ipynb")]
    assert len(there) == 2
    assert len(set(there)) == 2


def test_a_folder_that_is_gone_loses_nothing(home, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert Progress().next_hint(LETTER, 2) == 1
    assert "1 of" in Progress().page().text
    assert luggage.save().text
    assert luggage.restore().text
    assert Progress().results[LETTER]["hints"] == 1
