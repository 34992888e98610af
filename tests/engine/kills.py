"""Kills a head, jobs, workers and the database of a class in grading, at random moments, and looks
whether anything is lost, there twice or left: ``python -m tests.engine.kills --kills 50``.

It needs PostgreSQL. ``GRADER_KILLS=50 pytest tests/engine/test_cluster.py`` kills heads and workers
of a Dask cluster.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.engine import postgres
from tests.engine.cluster import below
from tests.engine.course import (
    LECTURE,
    RIGHT,
    WRONG,
    grade,
    graded,
    grader,
    release,
    released,
    start,
    submit,
    totals,
)  # fmt: skip
from tests.security.test_ends import gone, processes

CLASS = {f"student{i:02}": WRONG if i % 3 == 0 else RIGHT for i in range(12)}
EXPECTED = {name: 1 if answers is WRONG else 2 for name, answers in CLASS.items()}
ENDS_WITHIN = 20.0
# By victim what stands in the command of its process; the jobs are forks of one of them.
SIGNS = {"job": b"multiprocessing.forkserver", "worker": b"grader.engine.worker"}


def prepare(folder: Path, url: str) -> None:
    """A released course with its gradebook on the server, and a class that has handed in."""
    release(folder)
    settings = folder / "nbgrader_config.py"
    settings.write_text(f"{settings.read_text()}\nc.CourseDirectory.db_url = {url!r}\n")
    grader(folder, "copy-gradebook", "sqlite:///gradebook.db", url)
    for name, answers in CLASS.items():
        submit(folder, name, released(folder, answers))


def kill(
    folder: Path, place: str, server: postgres.Server, victim: str, chance: random.Random
) -> None:
    """Start a run, kill one thing of it at some moment, and wait for its end."""
    os.environ["TMPDIR"] = place
    run = start(folder, "autograde", LECTURE, "--json", "--force", "--jobs", "2")
    del os.environ["TMPDIR"]  # a database that is started again is no part of the run
    for _ in range(chance.randrange(4)):
        run.stdout.readline()
    time.sleep(chance.uniform(0, 1.5))
    if victim == "head":
        run.kill()
    elif victim == "database":
        server.crash()
        server.start()
    else:
        for pid in chance.sample(found := list(below(run)), len(found)):
            if _is(pid, SIGNS[victim]):
                os.kill(pid, signal.SIGKILL)
                break
    said = run.communicate(timeout=300)[1]
    assert "Traceback" not in said, said


def _is(pid: int, sign: bytes) -> bool:
    try:
        return sign in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def look(folder: Path, url: str, place: str) -> float:
    """Nothing of the run lives, and what is in place is whole: scores, notebook, receipt.

    Gives the seconds after which nothing lived any more; a busy machine takes its time.
    """
    start = time.monotonic()
    left = gone(lambda: processes(place), ENDS_WITHIN)
    assert not left, [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left]
    seconds = time.monotonic() - start
    scores = totals(url)
    for name, points in EXPECTED.items():
        if graded(folder, name).exists():
            assert scores[name] == points, (name, scores)
            assert (folder / "receipts" / name / f"{LECTURE}.json").is_file(), name
    return seconds


def main() -> int:
    """Kill, look, and grade what is left at the end; the exit status tells of a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", default="1")
    args = parser.parse_args()
    chance, server, done = random.Random(args.seed), postgres.Server(), Counter()
    os.environ["PGPASSFILE"] = str(server.passwords)
    try:
        with tempfile.TemporaryDirectory() as course, tempfile.TemporaryDirectory() as place:
            folder = Path(course)
            prepare(folder, server.url)
            for _ in range(args.kills):
                victim = chance.choice(["head", "job", "worker", "database"])
                kill(folder, place, server, victim, chance)
                seconds = look(folder, server.url, place)
                done[victim] += 1
                print(f"{victim} killed, all gone after {seconds:.1f} s", flush=True)
            os.environ["TMPDIR"] = place
            results = grade(folder, "--force", check=False)  # one that grades sweeps up, too
            assert {r["status"] for r in results.values()} == {"graded"}, results
            look(folder, server.url, place)
            assert totals(server.url) == EXPECTED
            assert not [p for p in folder.rglob(".*") if p.name.endswith((".partial", ".earlier"))]
            print(f"{dict(done)}: nothing lost. Left in the temporary folder: {os.listdir(place)}")
    finally:
        server.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
