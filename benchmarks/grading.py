"""How long grading a class takes: nbgrader's own autograde, this engine, and the floor.

    python -m benchmarks.grading --submissions 10 --lectures 02_activations 10_dropout

The class is the one of ``grader demo``: right answers, known mistakes, untouched notebooks, endless
loops, and so on, repeated until there are enough. ``--quick`` leaves out the endless loop, whose
time limit (30 s in nbgrader) would be most of the time. Each line: wall and processor seconds per
submission, start of the programs included; submissions per minute; the largest process.

The floor runs the same cells, without demos and checks, by ``exec`` in a fork of a warm process.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

from grader.demo import ROOT, make_course, submissions

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
}


def main() -> None:
    """Print a table for each lecture."""
    parser = argparse.ArgumentParser(description="How long grading a class takes.")
    parser.add_argument("--submissions", "-n", type=int, default=10)
    parser.add_argument("--lectures", nargs="+", default=["02_activations"])
    parser.add_argument("--quick", action="store_true", help="without the endless loop")
    parser.add_argument("--no-stock", action="store_true", help="without nbgrader's own autograde")
    args = parser.parse_args()
    for lecture in args.lectures:
        print(f"\n{lecture}, {args.submissions} submissions")
        print(f"{'':<22}{'wall s':>9}{'cpu s':>9}{'per min':>9}{'MB':>7}")
        for name, stock, work in ways(args.no_stock):
            with tempfile.TemporaryDirectory(prefix="grading-") as folder:
                course = Path(folder)
                hand_in(course, lecture, args.submissions, stock=stock, quick=args.quick)
                print(row(name, args.submissions, *measured(work, course, lecture)), flush=True)


def ways(no_stock: bool) -> Iterator[tuple[str, bool, Callable[[Path, str], None]]]:
    """What is compared: its name, whether the course is a stock one, and the work."""
    if not no_stock:
        yield "nbgrader", True, lambda course, lecture: run(course, nbgrader("autograde", lecture))
        yield "nbgrader, 2 processes", True, in_halves
    for jobs in (1, 2):
        yield (
            f"here, {jobs} job{'s' * (jobs > 1)}",
            False,
            lambda course, lecture, jobs=jobs: run(
                course, [sys.executable, "-m", "grader", "autograde", lecture, "--jobs", str(jobs)]
            ),
        )
    yield (
        "floor",
        False,
        lambda course, lecture: run(
            course, [sys.executable, "-m", "benchmarks.grading_floor", str(course), lecture]
        ),
    )


def hand_in(course: Path, lecture: str, count: int, *, stock: bool, quick: bool) -> None:
    """A released course with a class that has handed in."""
    make_course(course, [lecture], stock=stock)
    run(course, nbgrader("generate_assignment", lecture))
    skipped = ("endless_loop", "not_a_notebook") if quick else ("not_a_notebook",)
    kinds = [s for s in submissions(lecture) if s[0] not in skipped]
    for number, (name, content) in enumerate(islice(cycle(kinds), count)):
        place = course / "submitted" / f"{'ab'[number % 2]}{number}_{name}" / lecture
        place.mkdir(parents=True)
        (place / f"{lecture}.ipynb").write_text(content, encoding="utf-8")


def in_halves(course: Path, lecture: str) -> None:
    """nbgrader twice at the same time, each on half of the class."""
    halves = [
        subprocess.Popen(
            nbgrader("autograde", lecture, "--student", f"{half}*"),
            cwd=course, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for half in "ab"
    ]  # fmt: skip
    for half in halves:
        half.wait()


def nbgrader(*command: str) -> list[str]:
    """An nbgrader command of this Python."""
    return [sys.executable, "-m", "nbgrader", *command]


def run(course: Path, command: list[str]) -> None:
    """Run a command in the course; a submission that fails is no failure of the benchmark."""
    done = subprocess.run(command, cwd=course, env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode not in (0, 1) or "Traceback" in done.stderr[:200]:
        raise SystemExit(done.stderr[-2000:])


def measured(
    work: Callable[[Path, str], None], course: Path, lecture: str
) -> tuple[float, float, float]:
    """Wall seconds, processor seconds of all its processes, megabytes of the largest so far."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work(course, lecture)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, after.ru_maxrss / 1024


def row(name: str, count: int, wall: float, cpu: float, memory: float) -> str:
    """One line of the table."""
    rate = 60 * count / wall
    return f"{name:<22}{wall / count:>9.3f}{cpu / count:>9.3f}{rate:>9.0f}{memory:>7.0f}"


if __name__ == "__main__":
    main()
