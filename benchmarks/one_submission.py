"""How long one submission takes: by a command, and clicked in formgrader one after the other.

    python -m benchmarks.one_submission --lecture 02_activations

Wall and processor seconds, those of the worker included. A command's are with its start. A click's
are those of the function that formgrader's button calls in a server that runs already.
"""

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.grading import ENVIRONMENT, hand_in, measured, run

CLICKS = 3


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description="How long one submission takes.")
    parser.add_argument("--lecture", default="02_activations")
    parser.add_argument("--clicks", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.clicks:
        asyncio.run(click(args.lecture))
        return
    with tempfile.TemporaryDirectory(prefix="one-") as folder:
        course = Path(folder)
        hand_in(course, [args.lecture], CLICKS, stock=False, slow=False)
        student = min(path.name for path in (course / "submitted").iterdir())
        for module in ("nbgrader", "grader"):
            command = [module, "autograde", args.lecture, "--student", student, "--force"]
            wall, cpu, _ = measured(partial(once, command), course, [])
            print(f"{module + ' autograde --student':<30}{wall:>8.2f}{cpu:>8.2f}", flush=True)
        again = [sys.executable, "-m", __spec__.name, "--lecture", args.lecture, "--clicks"]
        subprocess.run(again, cwd=course, env=ENVIRONMENT, check=True)


def once(command: list[str], course: Path, _lectures: list[str]) -> None:
    """Run a command in the course."""
    run(course, command)


async def click(lecture: str) -> None:
    """Autograde as formgrader does, in a process that runs an event loop, as its server does."""
    from nbgrader.apps import NbGrader, NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    app = NbGrader()
    app.load_config_file()
    api = NbGraderAPI(coursedir=CourseDirectory(config=app.config), config=app.config)
    for number, place in enumerate(sorted(Path("submitted").iterdir()), 1):
        wall, cpu = time.perf_counter(), used()
        assert api.autograde(lecture, place.name)["success"]
        wall, cpu = time.perf_counter() - wall, used() - cpu
        print(f"{f'click {number}':<30}{wall:>8.2f}{cpu:>8.2f}", flush=True)


def used() -> float:
    """Processor seconds of this process and of its children, living and ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = time.process_time() + ended.ru_utime + ended.ru_stime
    for child in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        seconds += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return seconds


if __name__ == "__main__":
    main()
