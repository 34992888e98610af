"""Where the processor time of grading goes, part by part, in milliseconds per submission.

    python -m benchmarks.grading_parts --submissions 24 --lecture 02_activations

A class as in ``benchmarks.grading``, graded by one job in this process. A part is what a function
uses without the parts inside it. The last three lines are the other processes: what the student's
cells and calls used, as the receipts say, and what is left of the worker without its start.
"""

import argparse
import os
import resource
import tempfile
import time
from collections import defaultdict
from functools import wraps
from pathlib import Path
from typing import Any

from benchmarks.grading import ENVIRONMENT, hand_in
from grader.checking.exercise import Exercise
from grader.engine import autograde, command, receipts, submission, submitted, task, wire
from grader.engine.engine import Engine
from grader.engine.sandbox import adopt_orphans

# What the parts are called: whose function, its name.
PARTS: dict[str, list[tuple[Any, str]]] = {
    "look at the files, digest": [(autograde, "digest"), (autograde, "check_bounds")],
    "read the notebook": [(submitted, "read")],
    "nbgrader's steps, before and after": [(autograde.Autograde, "_through")],
    "draw the cases": [(Exercise, "draw")],
    "call the reference": [(submission, "expected")],
    "compare, recognise, report": [(submission, "judge"), (submission, "_report_output")],
    "messages": [(wire, name) for name in ("send", "receive", "unpack", "unpack_observation")],
    "open a process": [(Engine, "open")],
    "cells, otherwise": [(task, "run_cells")],
    "clean what a page shows": [(task, "safe_outputs"), (submitted, "as_submitted")],
    "copy files, rows of a submission": [(autograde.Autograde, "init_assignment")],
    "write the notebook": [(submitted, "write")],
    "write the receipt": [(receipts, "made"), (receipts, "write")],
    "gradebook, otherwise": [(command, "grade_one")],
}


class Clock:
    """Processor time of this process by part, without the parts inside it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._open = ["everything else"]
        self._since = time.process_time()

    def watch(self, owner: Any, name: str, part: str) -> None:
        """Count what a function uses to a part."""
        function = getattr(owner, name)

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._turn()
            self._open.append(part)
            try:
                return function(*args, **kwargs)
            finally:
                self._turn()
                self._open.pop()

        setattr(owner, name, timed)

    def _turn(self) -> None:
        now = time.process_time()
        self.seconds[self._open[-1]] += now - self._since
        self._since = now


def main() -> None:
    """Print a line for each part."""
    parser = argparse.ArgumentParser(description="Where the processor time of grading goes.")
    parser.add_argument("--submissions", "-n", type=int, default=24)
    parser.add_argument("--lecture", default="02_activations")
    args = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="parts-") as folder:
        hand_in(Path(folder), [args.lecture], args.submissions, stock=False, slow=False)
        os.chdir(folder)
        start = worker_start(args.lecture)
        clock = Clock()
        for part, functions in PARTS.items():
            for owner, name in functions:
                clock.watch(owner, name, part)
        settings = command.READING | {"assignment": args.lecture}
        grade = command.converter(settings)
        before = children()
        students = sorted(path.name for path in Path("submitted").iterdir())
        results = [command.grade_one(grade, student)[0] for student in students]
        grade.close()
        inside = sum(result.cpu_seconds for result in results)
        clock.seconds["in the sandbox: cells and calls"] = inside
        clock.seconds["worker: fork, shut in, end"] = children() - before - start - inside
        for part in (*PARTS, *list(clock.seconds)[-2:]):
            print(f"{part:<36}{1000 * clock.seconds[part] / len(results):>8.1f}")
        print(f"{'worker: start, once':<36}{1000 * start:>8.1f}")
        os.chdir("/")


def worker_start(lecture: str) -> float:
    """Processor seconds of a worker that opens nothing but its first process."""
    before = children()
    with Engine(lecture) as engine:
        engine.open().kill()
    return children() - before


def children() -> float:
    """Processor seconds of the processes that have ended; waits for those that are ending."""
    time.sleep(0.5)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
