"""Several graders on one gradebook: a PostgreSQL server, as nbgrader's ``db_url`` names it."""

import json

import pytest
from nbgrader.api import Gradebook

from grader.engine.copy_gradebook import CopyError, copy
from grader.engine.gradebook import GradebookLost, reached
from tests.engine import postgres
from tests.engine.course import (
    LECTURE,
    RIGHT,
    WRONG,
    grade,
    graded,
    grader,
    released,
    start,
    submit,
    totals,
)  # fmt: skip

pytestmark = pytest.mark.slow
CLASS = {f"student{i:02}": WRONG if i % 3 == 0 else RIGHT for i in range(12)}
EXPECTED = {name: 1 if answers is WRONG else 2 for name, answers in CLASS.items()}


@pytest.fixture(scope="module")
def server():
    postgres.needed()
    server = postgres.Server()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSFILE", str(server.passwords))
        yield server
    server.remove()


@pytest.fixture(scope="module")
def folder(server, shared_folder):
    """The course with its gradebook on the server, by a line in its settings."""
    settings = shared_folder / "nbgrader_config.py"
    settings.write_text(f"{settings.read_text()}\nc.CourseDirectory.db_url = {server.url!r}\n")
    moved = grader(shared_folder, "copy-gradebook", "sqlite:///gradebook.db", server.url)
    assert "rows copied" in moved.stdout
    (shared_folder / "gradebook.db").unlink()
    for name, answers in CLASS.items():
        submit(shared_folder, name, released(shared_folder, answers))
    return shared_folder


def finished(*runs):
    """What each run did with each student."""
    lines = []
    for run in runs:
        output, errors = run.communicate(timeout=120)
        assert run.returncode == 0, errors
        lines.append([json.loads(line) for line in output.splitlines()])
    return lines


def test_two_runs_share_a_class_while_a_third_reads(folder, server):
    runs = [start(folder, "autograde", LECTURE, "--json", "--jobs", "1") for _ in range(2)]
    seen = []
    while any(run.poll() is None for run in runs):
        seen.append(totals(server.url))
    done = finished(*runs)
    by_whom = [{r["student"] for r in mine if r["status"] == "graded"} for mine in done]
    assert not by_whom[0] & by_whom[1]
    assert by_whom[0] | by_whom[1] == CLASS.keys()
    assert totals(server.url) == EXPECTED
    for moment in seen:  # a submission's scores become visible together
        assert moment.items() <= EXPECTED.items()
    assert not (folder / "gradebook.db").exists()


def test_a_restart_of_the_server_stops_a_run_with_a_line_and_loses_nothing(folder, server):
    run = start(folder, "autograde", LECTURE, "--json", "--force", "--jobs", "2")
    run.stdout.readline()
    server.stop()
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "The gradebook cannot be reached" in errors and "the same command grades all" in errors
    assert "Traceback" not in errors

    again = grader(folder, "autograde", LECTURE, "--force", check=False)
    assert "The gradebook cannot be reached" in again.stderr
    assert f"Stopped with {len(CLASS)} left" in again.stderr

    server.start()
    assert {r["status"] for r in grade(folder).values()} <= {"graded", "skipped"}
    assert totals(server.url) == EXPECTED
    for name in CLASS:
        receipt = json.loads((folder / "receipts" / name / f"{LECTURE}.json").read_text())
        assert graded(folder, name).exists() and receipt["score"] == EXPECTED[name]


def test_without_the_password_a_command_ends_with_the_servers_reason(folder, monkeypatch):
    monkeypatch.setenv("PGPASSFILE", str(folder / "none"))
    done = grader(folder, "report", LECTURE, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The gradebook cannot be reached: ")
    assert "no password supplied" in done.stderr and done.stderr.count("\n") == 1


def test_a_connection_lost_amid_a_transaction_is_a_line_and_no_traceback(server, folder, caplog):
    with Gradebook(server.url, "two-scales") as gradebook:
        gradebook.update_or_create_student("student00")
        server.crash()
        server.start()
        with pytest.raises(GradebookLost, match="cannot be reached") as caught, reached():
            gradebook.add_student("late")
    assert str(caught.value).count("\n") == 0
    assert not caplog.records


def test_the_report_reads_it(folder):
    done = grader(folder, "report", LECTURE)
    assert f"{len(CLASS)} of {len(CLASS)} handed in" in done.stdout


def test_a_gradebook_is_copied_whole_and_over_no_other(folder, server):
    back = f"sqlite:///{folder / 'back.db'}"
    copy(server.url, back)
    assert totals(back) == totals(server.url) == EXPECTED
    with pytest.raises(CopyError, match="has rows already"):
        copy(server.url, back)
    with pytest.raises(CopyError, match="is no gradebook"):
        copy("sqlite://", f"sqlite:///{folder / 'other.db'}")
    assert not (folder / "other.db").exists()
