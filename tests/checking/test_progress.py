"""The student's record: it only grows, whatever happens to the file or to who writes it."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from grader.checking.definitions import find
from grader.checking.notebook import check_function
from grader.checking.progress_page import Progress
from grader.course import current

ROOT = Path(__file__).resolve().parents[2]
RELU = "activations.relu_forward"


def report_of(id, right=True):
    exercise = find(id)
    return check_function(exercise, exercise.reference if right else lambda *a, **k: 7)


def passed(file):
    """How many exercises and questions the page counts as done."""
    return int(Progress(file).page().text.splitlines()[-2].split()[0])


@pytest.fixture
def file(tmp_path):
    return tmp_path / "progress.jsonl"


def test_the_best_result_counts_and_the_last_one_is_known(file):
    Progress(file).record(report_of(RELU, right=False))
    assert Progress(file).failed(RELU)
    assert passed(file) == 0
    Progress(file).record(report_of(RELU))
    assert not Progress(file).failed(RELU)
    assert passed(file) == 1
    Progress(file).record(report_of(RELU, right=False))
    assert Progress(file).failed(RELU)
    assert passed(file) == 1


def test_two_notebooks_do_not_undo_each_others_lines(file):
    first, second = Progress(file), Progress(file)
    first.record(report_of(RELU))
    second.record(report_of("activations.relu_backward"))
    assert passed(file) == 2


def test_what_is_not_written_yet_is_no_try(file):
    def unwritten(x):
        raise NotImplementedError

    Progress(file).record(check_function(find(RELU), unwritten))
    assert not file.exists()


def test_hints_are_counted_over_sessions(file):
    assert [Progress(file).next_hint(RELU, 2) for _ in range(3)] == [1, 2, 2]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 3}', "\x00", '{"id": 3}\n{"id'])
def test_lines_that_cannot_be_read_are_passed_over(file, content):
    file.write_text(content)
    Progress(file).record(report_of(RELU))
    assert passed(file) == 1


def test_a_check_works_where_progress_cannot_be_written(tmp_path):
    progress = Progress(tmp_path / "no such folder" / "progress.jsonl")
    progress.record(report_of(RELU))
    assert "1 of" in progress.page().text


def test_killed_at_any_moment_nothing_is_lost(file):
    code = textwrap.dedent(f"""
        from pathlib import Path
        from grader.checking.progress_page import Progress
        from tests.checking.test_progress import RELU, report_of
        right, wrong = report_of(RELU), report_of(RELU, right=False)
        progress = Progress(Path({str(file)!r}))
        progress.record(right)
        print("go", flush=True)
        while True:
            progress.record(wrong)
            progress.record(right)
    """)
    for wait in (0.0, 0.001, 0.002, 0.004, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05):
        writer = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
        assert writer.stdout and writer.stdout.readline() == b"go\n"
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(wait)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        assert passed(file) == 1
    lines = file.read_text().splitlines()
    assert all(json.loads(line)["id"] == RELU for line in lines if line.endswith("}"))


def test_nothing_counts_in_nbgraders_runs_and_among_the_solutions(file, monkeypatch):
    monkeypatch.chdir(current().root / "solutions" / "02_activations")
    Progress(file).record(report_of(RELU))
    monkeypatch.chdir(current().root)
    monkeypatch.setitem(os.environ, "NBGRADER_EXECUTION", "autograde")
    Progress(file).record(report_of(RELU))
    assert not file.exists()
