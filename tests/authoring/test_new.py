"""A new course: what is written, what is refused, and that it runs as it is."""

import os
import subprocess
import sys

import pytest

from grader import course
from grader.__main__ import main
from grader.authoring import new
from tests.authoring.numerics import Tool


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_new_course_is_called_as_its_folder_and_says_what_to_do_next(place, capsys):
    assert main(["new", "fair-games"]) == 0
    found = course.read(place / "fair-games")
    assert (found.id, found.library, found.title) == ("fair-games", "fair_games", "Fair games")
    assert found.lectures == found.demo == (new.LECTURE,)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 3
    assert said[0] == "cd fair-games && python -m grader build"
    texts = [p.read_text() for p in (place / "fair-games").rglob("*.*") if p.is_file()]
    assert not [text for text in texts if any(old in text for old in ("my_course", "my-course"))]
    assert os.listdir(place) == ["fair-games"]


def test_an_empty_folder_is_filled(place):
    (place / "games").mkdir()
    assert main(["new", "games"]) == 0
    assert (place / "games" / "games" / "averages.py").is_file()


@pytest.mark.parametrize(
    "name, said",
    [
        ("2nd_course", "'2nd_course' cannot be a course's id, expected a letter, then letters"),
        ("my course", "'my course' cannot be a course's id"),
        ("statistics", "'statistics' is a name that Python or the tool uses"),
        ("lectures", "'lectures' is a name that Python or the tool uses"),
        ("class", "'class' is a name that Python or the tool uses"),
        ("nbformat", "'nbformat' is a package that Python finds already"),
        ("full", "full is not empty, expected a folder that is new"),
        ("a_file", "a_file is a file, expected a folder that is new"),
        ("none/games", "none is not there, expected a folder to put the course in"),
    ],
)
def test_what_cannot_be_a_course_is_refused_in_a_sentence(place, capsys, name, said):
    (place / "full").mkdir()
    (place / "full" / "mine.txt").write_text("keep me")
    (place / "a_file").write_text("keep me")
    assert main(["new", name]) == 1
    printed = capsys.readouterr().err.splitlines()
    assert len(printed) == 1 and said in printed[0]
    assert sorted(os.listdir(place)) == ["a_file", "full"]
    assert (place / "full" / "mine.txt").read_text() == "keep me"


def test_a_course_that_cannot_be_written_leaves_nothing(place, capsys, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(new.shutil, "copytree", full)
    assert main(["new", "games"]) == 1
    assert capsys.readouterr().err == "games cannot be written: No space left on device\n"
    assert os.listdir(place) == []


def test_a_lecture_that_asks_nothing_is_not_on_the_progress_page(tmp_path):
    new.write(tmp_path / "games", "games")
    room = tmp_path / "games" / "lectures" / "02_words"
    room.mkdir()
    (room / "exercises.py").write_text('"""Nothing is asked here."""\n')
    code = "from grader import progress; page = progress(); print(page, page._repr_html_())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=room,
        env=Tool(tmp_path / "home").environment,
        capture_output=True,
        text=True,
    )
    assert "01_first_steps: 0 of 2 done, 0 of 3 points, about 6 min left" in done.stdout
    assert "02_words" not in done.stdout


@pytest.mark.slow
def test_a_new_course_is_built_measured_and_graded_as_it_is(tmp_path):
    tool = Tool(tmp_path / "home")
    tool.grader(tmp_path, "new", "games")
    folder = tmp_path / "games"
    assert f"{new.LECTURE}: exercises 1, questions 1" in tool.grader(folder, "build").stdout
    assert " 0 faults" in tool.grader(folder, "audit", "--jobs", "1").stdout
    said = tool.grader(folder, "demo", "--folder", tmp_path / "class").stdout
    points = {line.split()[0]: line.split()[1] for line in said.splitlines() if " of 3" in line}
    assert points["right_in_another_style_2"] == "3"
    assert points["untouched"] == "0"
    assert points["mistake_weighted_mean_every_value_counts_the_same"] == "1"
