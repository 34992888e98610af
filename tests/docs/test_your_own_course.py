"""The guide for authors, typed as it stands: every output that it shows is what one gets."""

import os
import sys
from pathlib import Path

import pytest

import grader
from tests.authoring.numerics import Tool
from tests.docs.guide import Guide, commands, steady

ROOT = Path(__file__).resolve().parents[2]


def test_a_command_goes_on_while_its_quotation_is_open():
    shown = '$ python -c "\nprint(1)"\n1\n$ ls\na "file\n'
    assert commands(shown) == ['python -c "\nprint(1)"', "ls"]


def test_only_what_differs_from_run_to_run_is_not_compared():
    assert steady("ada  graded  3 / 3   14.09  \nsandbox tier 1\n0 faults, 2 s") == steady(
        "ada  graded  3 / 3    2.11\nsandbox tier 2\n0 faults, 31 s\n"
    )
    assert steady("0 faults, 2 s") != steady("1 faults, 2 s")


def test_the_reference_names_all_that_an_author_can_import():
    text = (ROOT / "docs" / "authors_reference.md").read_text(encoding="utf-8")
    assert [name for name in grader.__all__ if f"`{name}`" not in text] == []
    described = ("check", "hint", "progress", "repeated", "repeated_pairs")
    classes = [name for name in grader.__all__ if name not in described]
    assert [name for name in classes if f".{name}\n" not in text] == []


@pytest.mark.slow
def test_who_follows_the_guide_sees_what_it_shows(tmp_path):
    text = (ROOT / "docs" / "your_own_course.md").read_text(encoding="utf-8")
    (tmp_path / "here").mkdir()
    environment = Tool(tmp_path / "home").environment
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    followed = 0
    for shown, seen in Guide(text, tmp_path / "here", environment).follow():
        assert steady(seen) == steady(shown)
        followed += 1
    assert followed == text.count("```console")
