"""How long grading a class takes: nbgrader's own autograde, this engine, and the floor.

    python -m benchmarks.grading --submissions 12 120 --lectures 02_activations 10_dropout

The class is the one of ``grader demo``: right answers, known mistakes, untouched notebooks, broken
ones, dealt over the lectures and repeated until there are enough. ``--slow`` adds the endless loop
of the demo, whose time limit (30 s in nbgrader) would otherwise hide everything else. Each line:
wall and processor seconds per submission, start of the programs included; submissions per minute;
the memory of the largest process. Only the first, smallest class is graded in every way.

The floors run cells by ``exec`` in a fork of a process that has imported everything: the cells that
grading needs, these with their checks (``grader.check``, as in a notebook), and all cells with the
demos. Nothing is shut in, saved or judged on hidden cases. What grading costs above the second is
what sandbox, messages, files and gradebook cost.

    python -m benchmarks.grading --scheduler tls://HOST:8786 -n 120 --lectures 02_activations

grades on a running cluster instead. The processor time and the memory are the head's alone. Then
come the sizes of a submission as handed in and as graded, which bound what goes to a worker and
back, the size of the gradebook, and what a task costs the head that does nothing on the worker,
with 100 KB of files.
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

from grader.course import VARIABLE, current
from grader.engine.demo import make_course, submissions
from grader.engine.sandbox import adopt_orphans

LECTURES = [name for name in current().lectures if name != "00_welcome"]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(current().root),
    VARIABLE: str(current().root),
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
}

Work = Callable[[Path, list[str]], None]


def main() -> None:
    """Print a table for each class."""
    parser = argparse.ArgumentParser(description="How long grading a class takes.")
    parser.add_argument("--submissions", "-n", type=int, nargs="+", default=[12])
    parser.add_argument("--lectures", nargs="+", default=LECTURES)
    parser.add_argument("--scheduler", help="a running cluster, whose workers have this course")
    parser.add_argument("--slow", action="store_true", help="with the endless loop")
    args = parser.parse_args()
    for count in args.submissions:
        print(f"\n{count} submissions of {', '.join(args.lectures)}")
        print(f"{'':<26}{'wall s':>9}{'cpu s':>9}{'per min':>9}{'MB':>7}")
        compared = ways(count == args.submissions[0])
        if args.scheduler:
            on_it = one_after_another("grader", "autograde", "--scheduler", args.scheduler)
            compared = [("on the cluster", False, on_it)]
        for name, stock, work in compared:
            with tempfile.TemporaryDirectory(prefix="grading-") as folder:
                course = Path(folder)
                hand_in(course, args.lectures, count, stock=stock, slow=args.slow)
                used = measured(work, course, args.lectures)
                print(row(name, count, *used), flush=True)
                if args.scheduler:
                    print(left(course, count))
    if args.scheduler:
        print(f"\nprocessor time of the head for a task: {1000 * sent(args.scheduler):.1f} ms")


def ways(every: bool) -> Iterator[tuple[str, bool, Work]]:
    """What is compared: its name, whether the course is a stock one, and the work."""
    if every:
        yield "nbgrader", True, one_after_another("nbgrader", "autograde")
        yield "nbgrader, 2 processes", True, in_halves
        yield "nbgrader, this engine", False, one_after_another("nbgrader", "autograde")
    for jobs in (1, 2):
        name = f"here, {jobs} job{'s' * (jobs > 1)}"
        yield name, False, one_after_another("grader", "autograde", "--jobs", str(jobs))
    floors = ("needed cells", "needed cells and checks", "all cells")
    for floor in floors if every else floors[1:2]:
        work = one_after_another("benchmarks.grading_floor", floor.replace(" ", "-"))
        yield f"floor: {floor}", False, work


def hand_in(course: Path, lectures: list[str], count: int, *, stock: bool, slow: bool) -> None:
    """A released course whose class has handed in, as many submissions of each lecture."""
    make_course(course, lectures, stock=stock)
    skipped = ("not_a_notebook",) if slow else ("endless_loop", "not_a_notebook")
    for turn, lecture in enumerate(lectures):
        run(course, ["nbgrader", "generate_assignment", lecture])
        kinds = [s for s in submissions(lecture) if s[0] not in skipped]
        mine = len(range(turn, count, len(lectures)))
        # Each lecture begins elsewhere among the kinds, so that a small class has all of them.
        for number, (name, content) in enumerate(islice(cycle(kinds), 3 * turn, 3 * turn + mine)):
            place = course / "submitted" / f"{'ab'[number % 2]}{number}_{name}" / lecture
            place.mkdir(parents=True)
            (place / f"{lecture}.ipynb").write_text(content, encoding="utf-8")


def one_after_another(*command: str) -> Work:
    """A command for each lecture."""

    def work(course: Path, lectures: list[str]) -> None:
        for lecture in lectures:
            run(course, [*command, lecture])

    return work


def sent(address: str, tasks: int = 500) -> float:
    """Processor seconds of this process for a task that does nothing."""
    from grader.engine.cluster import Cluster
    from grader.engine.engine import Times
    from grader.engine.task import Task, Work

    task = Task(frozenset(), [], [], {}, {"data.csv": os.urandom(100_000)}, Times(), True)

    def work() -> Work[None]:
        yield task

    with Cluster(address, isolated=True) as cluster:
        list(cluster.all_of(work() for _ in range(10)))
        begin = time.process_time()
        list(cluster.all_of(work() for _ in range(tasks)))
        return (time.process_time() - begin) / tasks


def left(course: Path, count: int) -> str:
    """What a submission has left of traffic and in the gradebook, in words."""
    sizes = []
    for path in (course / "submitted").glob("*/*/*.ipynb"):
        graded = course / "autograded" / path.relative_to(course / "submitted")
        sizes.append((path.stat().st_size, graded.stat().st_size if graded.exists() else 0))
    there, back = (sum(column) / count / 1000 for column in zip(*sizes, strict=True))
    rows = (course / "gradebook.db").stat().st_size / count / 1000
    return f"KB a submission: handed in {there:.0f}, graded {back:.0f}, in the gradebook {rows:.1f}"


def in_halves(course: Path, lectures: list[str]) -> None:
    """nbgrader twice at the same time, each on half of the class."""
    for lecture in lectures:
        halves = [
            start(course, ["nbgrader", "autograde", lecture, "--student", f"{h}*"]) for h in "ab"
        ]
        for half in halves:
            half.communicate()


def start(course: Path, command: list[str]) -> subprocess.Popen:
    """Start a Python module with its arguments in the course."""
    module = [sys.executable, "-m", *command]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        module, cwd=course, env=ENVIRONMENT, stdout=pipe, stderr=pipe, text=True
    )


def run(course: Path, command: list[str]) -> None:
    """Run a command in the course; a submission that fails is no failure of the benchmark."""
    process = start(course, command)
    errors = process.communicate()[1]
    if process.returncode not in (0, 1) or "Traceback" in errors[:200]:
        raise SystemExit(errors[-2000:])


def measured(work: Work, course: Path, lectures: list[str]) -> tuple[float, float, float]:
    """Wall seconds, processor seconds of all its processes, megabytes of the largest one."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:  # its children are nobody else's, and the largest of them is of this work
        adopt_orphans()
        begin = time.perf_counter()
        work(course, lectures)
        wall = time.perf_counter() - begin
        collect_orphans()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        os.write(writer, f"{wall} {used.ru_utime + used.ru_stime} {used.ru_maxrss / 1024}".encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        wall, cpu, memory = map(float, pipe.read().split())
    os.waitpid(pid, 0)
    return wall, cpu, memory


def collect_orphans() -> None:
    """Wait for every process that is left: only then its processor time is counted."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass


def row(name: str, count: int, wall: float, cpu: float, memory: float) -> str:
    """One line of the table."""
    rate = 60 * count / wall
    return f"{name:<26}{wall / count:>9.3f}{cpu / count:>9.3f}{rate:>9.0f}{memory:>7.0f}"


if __name__ == "__main__":
    main()
