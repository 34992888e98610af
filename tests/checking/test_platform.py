"""The few things that depend on where the checker runs: at a desk, in a browser's tab."""

import subprocess
import sys
import time

import pytest

from grader.checking import platform, progress_page
from grader.checking.platform import time_limit
from grader.checking.progress_page import Progress
from grader.course import current


@pytest.fixture
def tab(tmp_path, monkeypatch):
    """A tab whose drive is a folder here, with one lecture's folder as working directory."""
    monkeypatch.setattr(platform, "IN_TAB", True)
    monkeypatch.setattr(platform, "DRIVE", tmp_path / "drive")
    folder = tmp_path / "drive" / "notebooks" / "02_activations"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return tmp_path


def test_a_limit_is_not_swallowed_by_code_that_goes_on_after_every_error():
    tries = []

    def stubborn():
        while True:
            try:
                tries.append(1)
                time.sleep(0.01)
            except Exception:
                continue

    start = time.perf_counter()
    with pytest.raises(TimeoutError, match=r"no answer within 0\.1 s"), time_limit(0.1):
        stubborn()
    assert time.perf_counter() - start < 2
    assert tries


def test_after_a_limit_nothing_is_cut_short_any_more():
    with time_limit(0.05):
        pass
    time.sleep(0.1)


# As if the machine were so busy that an alarm follows another before anything was done.
BUSY = """
from grader.checking import platform
platform.AGAIN = 2e-5
for number in range(2000):
    try:
        with platform.time_limit(1e-5 + 1e-7 * (number % 100)):
            while True:
                pass
    except TimeoutError:
        pass
"""


def test_an_alarm_that_comes_late_breaks_nothing():
    run = subprocess.run([sys.executable, "-c", BUSY], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_in_a_tab_a_students_work_lies_on_the_drive(tab, monkeypatch):
    installed = tab / "site-packages"
    assert platform.home(installed) == tab / "drive"
    assert platform.kept()
    monkeypatch.chdir(tab)  # a page without a drive: files are in memory
    assert platform.home(installed) == tab
    assert not platform.kept()


def test_at_a_desk_it_lies_in_the_courses_folder_or_where_one_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert platform.home(current().root) == current().root
    assert platform.home(tmp_path / "site-packages") == tmp_path
    assert platform.kept()


def test_the_progress_page_of_a_tab_says_where_it_is_kept(tab, monkeypatch):
    record = tab / "drive" / progress_page.RECORD
    empty = Progress(record).page()
    assert "kept by this browser" in empty.text
    assert "restore_work()" in empty.text
    assert "<code>save_work()</code>" in empty._repr_html_()
    record.write_text('{"id": "warmup.fahrenheit", "score": 1, "verdict": "right"}\n')
    page = Progress(record).page().text
    assert "kept by this browser" in page
    assert "restore_work()" not in page
    monkeypatch.chdir(tab)
    assert "This page keeps nothing" in Progress(record).page().text


def test_the_progress_page_of_a_desk_says_nothing_of_browsers(tmp_path):
    page = Progress(tmp_path / "record").page()
    assert "browser" not in page.text + page._repr_html_()
