"""How long the report on a class takes, from the start of the command to its end.

    python -m benchmarks.report --submissions 1000 --lecture 02_activations

The class of ``grader demo`` hands in and is graded once; its receipts, graded notebooks and rows of
the gradebook are then copied under other names until there are enough. Two students of each dozen
share a wrong answer that no misconception has.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from nbgrader.api import Gradebook

from benchmarks.grading import ENVIRONMENT, run
from grader.course import current
from grader.engine import receipts
from grader.engine.demo import make_course, write_class
from grader.engine.gradebook import transaction


def main() -> None:
    """Print wall and processor seconds, best of three, and the size of the page."""
    parser = argparse.ArgumentParser(description="How long the report on a class takes.")
    parser.add_argument("--submissions", "-n", type=int, default=1000)
    parser.add_argument("--lecture", default=current().lectures[-1])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="report-") as folder:
        course = Path(folder)
        hand_in(course, args.lecture, args.submissions)
        used = [measured(course, args.lecture) for _ in range(3)]
        size = (course / "reports" / f"{args.lecture}.html").stat().st_size
    wall, cpu = (min(times) for times in zip(*used, strict=True))
    print(f"{args.submissions} receipts: {wall:.2f} s, processor {cpu:.2f} s, {size >> 10} KB")


def hand_in(course: Path, lecture: str, count: int) -> None:
    """A graded class of this size."""
    make_course(course, [lecture])
    run(course, ["nbgrader", "generate_assignment", lecture])
    list(write_class(course, lecture))
    run(course, ["grader", "autograde", lecture])
    graded = receipts.of_class(course, lecture)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", current().id) as gradebook:
        with transaction(gradebook):
            for n, (student, receipt) in enumerate(islice(cycle(graded.items()), count)):
                copy(course, gradebook, lecture, student, receipt, n)


def copy(
    course: Path, gradebook: Gradebook, lecture: str, student: str, receipt: dict, n: int
) -> None:
    """Student number ``n``, who handed in what ``student`` did."""
    name = f"s{n}"
    mine = json.loads(json.dumps(receipt | {"student": name}))
    entries = receipts.entries(mine)
    if n % 12 < 2:
        first = next(e for e in entries.values() if "inputs" in e)
        first |= {"verdict": "wrong value", "score": 0, "alike": f"{n // 120:016}"}
        first.pop("diagnosis", None)
    receipts.write(receipts.place(course, name, lecture), mine)
    there = course / "autograded" / student
    shutil.copytree(there, course / "autograded" / name)
    gradebook.add_student(name)
    submission = gradebook.add_submission(lecture, name)
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            entry = entries.get(grade.name.replace("-", "."), {})
            grade.auto_score = entry.get("score", 0)


def measured(course: Path, lecture: str) -> tuple[float, float]:
    """Wall and processor seconds of the command."""
    begin, before = time.perf_counter(), os.times()
    command = [sys.executable, "-m", "grader", "report", lecture]
    subprocess.run(command, cwd=course, env=ENVIRONMENT, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - begin, os.times()
    used = after.children_user - before.children_user
    return wall, used + after.children_system - before.children_system


if __name__ == "__main__":
    main()
