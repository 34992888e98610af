"""Grading on a Dask cluster: a real scheduler and real workers, encrypted, on this machine."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.course import VARIABLE
from grader.engine.demo import make_course, submissions
from tests.engine import cluster as dask
from tests.engine import course

pytest.importorskip("distributed")
if not dask.available():
    pytest.skip("dask's or openssl's command is missing", allow_module_level=True)

pytestmark = pytest.mark.slow
LECTURE = "02_activations"
# More of them: GRADER_KILLS=20 pytest tests/engine/test_cluster.py
KILLS = int(os.environ.get("GRADER_KILLS", "2"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The demo's class, without the student whose loop only takes time."""
    folder = tmp_path_factory.mktemp("class")
    make_course(folder, [LECTURE])
    course.nbgrader(folder, "generate_assignment", LECTURE)
    for student, content in submissions(LECTURE):
        if student != "endless_loop":
            place = folder / "submitted" / student / LECTURE
            place.mkdir(parents=True)
            (place / f"{LECTURE}.ipynb").write_text(content, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = dask.Cluster(tmp_path_factory.mktemp("dask"), course.ROOT)
    try:
        cluster.add()
        cluster.add()
        cluster.wait(2)
        yield cluster
    finally:
        cluster.stop()


def start(folder, cluster, *options):
    """Start grading on the cluster."""
    return subprocess.Popen(
        [sys.executable, "-m", "grader", "autograde", LECTURE, "--scheduler", cluster.address,
         "--json", *options],
        cwd=folder, env={**cluster.environment, VARIABLE: str(course.ROOT)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def grade(folder, cluster, *options):
    """Grade on the cluster; the results by student, and what was said."""
    run = start(folder, cluster, *options)
    output, said = run.communicate(timeout=300)
    assert run.returncode in (0, 1) and "Traceback" not in said, said
    return {r["student"]: r for r in map(json.loads, output.splitlines())}, said


def stored(folder):
    """All that grading left: scores, receipts and notebooks."""
    notebooks, kept = {}, {}
    for path in (folder / "autograded").glob("*/*/*.ipynb"):
        notebooks[path.parts[-3]] = path.read_bytes()
    for path in (folder / "receipts").glob("*/*.json"):
        receipt = json.loads(path.read_text())
        kept[path.parent.name] = [receipt[key] for key in ("score", "digest", "notebooks", "tier")]
    rows = course.scores(folder)
    assert len(rows) == len({row[:2] for row in rows}), "a grade is there twice"
    return rows, kept, notebooks


@pytest.fixture(scope="module")
def embedded(folder):
    """What `--jobs 1` leaves."""
    course.grader(folder, "autograde", LECTURE, "--jobs", "1", check=False)
    return stored(folder)


def test_a_cluster_grades_as_one_machine_does(folder, cluster, embedded):
    results, said = grade(folder, cluster, "--force")
    assert stored(folder) == embedded
    assert results["not_a_notebook"]["status"] == "failed"
    assert len(results) == len(list((folder / "submitted").iterdir()))
    assert "2 workers with sandbox tier" in said


def test_submissions_run_without_the_allocator_settings_of_dask(cluster):
    kept = []
    for pid in dask.below(cluster.workers[0]):
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):  # it has ended meanwhile
            kept.append(Path(f"/proc/{pid}/environ").read_bytes())
    by_dask = [b"MALLOC_TRIM_THRESHOLD_" in text for text in kept]
    assert any(by_dask) and by_dask.count(False) >= 2  # the keeper, its engine's worker


def test_kills_of_workers_and_heads_lose_and_double_nothing(folder, cluster, embedded):
    chance = random.Random(os.environ.get("GRADER_SEED", "1"))
    for kill in range(KILLS):
        run = start(folder, cluster, "--force")
        for _ in range(chance.randrange(1, 6)):
            run.stdout.readline()
        time.sleep(chance.uniform(0, 0.5))
        if kill % 2:
            run.send_signal(signal.SIGKILL)
            run.communicate()
            assert run.returncode == -signal.SIGKILL
            grade(folder, cluster)
        else:
            cluster.kill_a_worker()
            output, said = run.communicate(timeout=300)
            failed = [r for r in map(json.loads, output.splitlines()) if r["status"] == "failed"]
            assert [r["student"] for r in failed] in ([], ["not_a_notebook"]), [*failed, said]
        assert stored(folder) == embedded


def test_a_worker_of_another_course_gets_nothing(folder, cluster, embedded):
    unfit = [cluster.add(course=course.SMALL), cluster.add(preload=False)]
    cluster.wait(4)
    try:
        _, said = grade(folder, cluster, "--student", "right*")
    finally:
        for worker in unfit:
            worker.terminate()
            worker.wait(30)
            cluster.workers.remove(worker)
    assert "its course deep-training-lab is missing" in said
    assert "was not started with --preload" in said
    assert "2 workers with sandbox tier" in said


def test_a_lost_scheduler_stops_a_run_which_goes_on_with_another(folder, cluster, embedded):
    run = start(folder, cluster, "--force")
    run.stdout.readline()
    cluster.kill_the_scheduler()
    _, said = run.communicate(timeout=120)
    assert run.returncode == 1
    assert "is gone" in said and "the same command grades all of them again." in said
    assert "Traceback" not in said
    cluster.stop()
    cluster.start()
    cluster.wait(0)
    cluster.add()
    _, said = grade(folder, cluster, "--force", "--student", "untouched")  # the worker still starts
    assert "1 worker with sandbox tier" in said
    grade(folder, cluster)
    assert stored(folder) == embedded


@pytest.mark.parametrize("address", ["tcp://grading.example.org:8786", "tcp://10.0.0.1:8786"])
def test_an_address_without_tls_elsewhere_is_refused(folder, address):
    done = course.grader(
        folder, "autograde", LECTURE, "--force", "--scheduler", address, check=False
    )
    assert done.returncode == 1
    assert f"{address} is not safe" in done.stderr
