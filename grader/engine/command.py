"""``python -m grader autograde``: a whole class at once, in shut-in processes."""

# nbgrader's traitlets and its database columns mean nothing to a type checker.
# pyright: reportAttributeAccessIssue=false, reportOptionalMemberAccess=false

import argparse
import concurrent.futures
import contextlib
import difflib
import json
import multiprocessing
import multiprocessing.connection
import multiprocessing.util
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from nbconvert.writers.files import FilesWriter
from nbgrader.api import Gradebook
from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory
from traitlets import Bool
from traitlets.config import Config

from grader.course import CourseError, NoCourse, current
from grader.engine import receipts, regrade
from grader.engine.autograde import Autograde
from grader.engine.handed_in import SETTINGS, handed_in
from grader.engine.names import why_refused
from grader.engine.result import Result
from grader.engine.stopped import Stopped
from grader.engine.task import Work, here

# What became of a submission, and the receipt of its grading if there is one.
Graded = tuple[Result, receipts.Receipt | None]

# What a command that does not grade a class itself asks of :func:`converter`.
READING = {
    "student": "*",
    "db": None,
    "force": False,
    "all_cells": False,
    "allow_unisolated": False,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options; they are nbgrader's where nbgrader has them."""
    parser.add_argument("assignment", help='the assignment, "02_sorting"')
    parser.add_argument("--student", default="*", help="one student, or a pattern")
    parser.add_argument("--force", "-f", action="store_true", help="grade again what is graded")
    parser.add_argument(
        "--diff",
        action="store_true",
        help="grade again what is graded, say what would change, and write nothing",
    )
    parser.add_argument("--db", help="the gradebook, sqlite:////path/gradebook.db")
    parser.add_argument("--jobs", "-j", type=int, default=os.cpu_count(), help="how many at once")
    parser.add_argument(
        "--scheduler", help="grade on a Dask cluster, tls://HOST:8786 (docs/large_class.md)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line per submission")
    parser.add_argument("--all-cells", action="store_true", help="run demo cells too")
    parser.add_argument(
        "--allow-unisolated",
        action="store_true",
        help="grade even where submissions cannot be shut in",
    )


class _App(NbGrader):
    """nbgrader's application, for its configuration files and its logging only."""

    name = "grader-autograde"
    description = "Autograde in shut-in processes."
    raise_config_file_errors = Bool(True)


def run(args: argparse.Namespace) -> int:
    """Grade; the exit status is 0 when every submission was graded, as nbgrader's is."""
    if args.jobs < 1:
        raise SystemExit(f"--jobs is {args.jobs}, expected 1 or more")
    enter_course()
    settings = vars(args)
    students = sorted(_students(settings))
    if not students:
        print(_none_here(settings), file=sys.stderr)
        return 1
    regrading = args.force or args.diff
    before = receipts.of_class(_root(settings), args.assignment) if regrading else {}
    if args.diff and not (students := [name for name in students if name in before]):
        print(f"Nothing of {args.assignment} was graded before.", file=sys.stderr)
        return 1
    results, changes = [], []
    graded = _progress(_grade_all(settings, students), len(students), quiet=args.json)
    try:
        for result, receipt in graded:
            results.append(result)
            mine = _changes(before, result, receipt)
            changes += mine
            if args.json:
                more = {"changes": [asdict(change) for change in mine]} if regrading else {}
                print(json.dumps(asdict(result) | more), flush=True)
    except (KeyboardInterrupt, Stopped) as stop:
        left = len(students) - len(results)
        why = "" if isinstance(stop, KeyboardInterrupt) else f"{stop}\n"
        print(f"{why}Stopped with {left} left. {_next(args)}", file=sys.stderr)
        return 130 if isinstance(stop, KeyboardInterrupt) else 1
    if not args.json:
        if not args.diff:
            print(_summary(results))
        if before:
            again = sum(r.student in before for r in results if r.status != "skipped")
            print(regrade.told(again, changes, dry=args.diff))
    return 1 if any(r.status == "failed" for r in results) else 0


def _none_here(settings: dict) -> str:
    """Where submissions were looked for, and which lecture may have been meant."""
    course = converter(settings).coursedir
    student = settings["student"].replace("*", "STUDENT")
    place = course.format_path(course.submitted_directory, student, settings["assignment"])
    near: list[str] = []
    with contextlib.suppress(NoCourse):
        lectures = current().lectures
        if settings["assignment"] not in lectures:
            near = difflib.get_close_matches(settings["assignment"], lectures, n=1)
    return f"No submission found, expected {place}." + "".join(f" Is it {n}?" for n in near)


def _next(args: argparse.Namespace) -> str:
    """What the same command does after a stop: with --force and --diff it skips nothing."""
    if args.diff:
        return "Nothing was written. The same command compares all of them again."
    if args.force:
        return "With --force the same command grades all of them again."
    return "The same command goes on there."


def enter_course() -> None:
    """Go where nbgrader's settings are, as nbgrader reads them in the working directory only.

    It is this folder, or the nearest one above it, or else the folder of the course; never one
    that a student has handed in.
    """
    here = Path.cwd()
    places = [here, *here.parents]
    with contextlib.suppress(NoCourse):
        places.append(current().root)
    for folder in places:
        if (folder / SETTINGS).is_file() and not handed_in(folder):
            os.chdir(folder)
            return


def _root(settings: dict) -> str:
    return converter(settings).coursedir.root


def _changes(
    before: dict[str, receipts.Receipt], result: Result, receipt: receipts.Receipt | None
) -> list[regrade.Change]:
    old = before.get(result.student)
    if old is None or result.status == "skipped":  # another run has it in hand
        return []
    return regrade.changes(result.student, old, receipt, "; ".join(result.problems[-1:]))


def converter(settings: dict) -> Autograde:
    """nbgrader's converter on this engine, with the course's configuration and our options.

    Args:
        settings: the command's arguments.

    Raises:
        CourseError: a file of settings cannot be read. nbgrader would go on without its settings.
    """
    app = _App.instance() if _App.initialized() else _App.instance(config=_config(settings))
    if not getattr(app, "_loaded", False):
        try:
            app.initialize([])
        except Exception as error:
            raise CourseError(f"{SETTINGS}: {type(error).__name__}: {error}") from None
        app.update_config(_config(settings))
        app.coursedir = CourseDirectory(parent=app)
        app._loaded = True
    return Autograde(coursedir=app.coursedir, parent=app)


def _gradebook(settings: dict) -> Gradebook:
    coursedir = converter(settings).coursedir
    return Gradebook(coursedir.db_url, coursedir.course_id)


def _config(settings: dict) -> Config:
    config = Config()
    config.CourseDirectory.assignment_id = settings["assignment"]
    config.CourseDirectory.student_id = settings["student"]
    if settings["db"]:
        config.CourseDirectory.db_url = settings["db"]
    config.BaseConverter.force = settings["force"]
    config.Autograde.all_cells = settings["all_cells"]
    config.Autograde.allow_unisolated = settings["allow_unisolated"]
    config.Application.log_level = "CRITICAL"
    return config


def _students(settings: dict) -> set[str]:
    grade = converter(settings)
    try:
        grade.init_notebooks()
    except Exception:
        return set()
    pattern = grade._format_source("(?P<assignment_id>.*)", "(?P<student_id>.*)", escape=True)
    matches = (re.fullmatch(pattern, folder, re.DOTALL) for folder in grade.assignments)
    return {match["student_id"] for match in matches if match}


_worker: Autograde | None = None


def _begin(settings: dict) -> None:
    """Start of a job's process: Ctrl-C is the parent's; it ends with the parent."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = converter(settings)
    # A process of a pool ends without what `atexit` holds.
    multiprocessing.util.Finalize(None, _worker.close, exitpriority=10)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)


def _grade_one(student: str, dry: bool) -> Graded:
    assert _worker is not None
    return grade_one(_worker, student, dry=dry)


def grade_one(grade: Autograde, student: str, *, dry: bool = False) -> Graded:
    """Grade one student's submission on this machine, as :func:`grading` says.

    Args:
        grade: a converter that stays warm from one student to the next.
        student: whose.
        dry: write nothing.
    """
    with contextlib.chdir(grade.coursedir.root):
        return here(grading(grade, student, dry=dry), grade.warm)


def grading(grade: Autograde, student: str, *, dry: bool = False) -> Work[Graded]:
    """Grade one student's submission; what goes wrong is in the result.

    Args:
        grade: a converter.
        student: whose.
        dry: write nothing.

    Returns:
        The result, and the receipt of this grading if there is one.

    Raises:
        Stopped: nothing can be graded any more, as when the gradebook cannot be reached.
    """
    if refused := why_refused(student):
        status, problems = "failed", [refused]
        return Result(student, grade.coursedir.assignment_id, status, problems=problems), None
    try:
        if dry:
            return (yield from grade.comparing(*select(grade, student)))
        result = yield from grade.grading(*select(grade, student))
        path = receipts.place(grade.coursedir.root, student, result.assignment)
        return result, receipts.read(path) if result.status == "graded" else None
    except Stopped:
        raise
    except Exception as error:
        return _failed(student, grade.coursedir.assignment_id, error), None


def _failed(student: str, assignment: str, error: Exception) -> Result:
    result = Result(student, assignment)
    result.fail(error)
    return result


def select(grade: Autograde, student: str) -> tuple[str, list[str]]:
    """Make a converter ready for one student; gives the submission's folder and notebooks.

    Args:
        grade: a converter.
        student: whose.

    Raises:
        ValueError: it is no name of a student.
    """
    if refused := why_refused(student):
        raise ValueError(refused)
    grade.coursedir.student_id = student
    grade.init_notebooks()
    grade.writer = FilesWriter(parent=grade, config=grade.config)
    grade.exporter = grade.exporter_class(parent=grade, config=grade.config)
    ((path, notebooks),) = grade.assignments.items()
    return path, sorted(notebooks)


def _grade_all(settings: dict, students: list[str]) -> Iterator[Graded]:
    jobs = min(settings["jobs"], len(students))
    if jobs > 1 and not settings["scheduler"]:
        yield from _in_jobs(settings, students, jobs)
        return
    grade, dry = converter(settings), settings["diff"]
    try:
        if settings["scheduler"]:
            yield from _on_cluster(settings, grade, students)
        else:
            yield from (grade_one(grade, student, dry=dry) for student in students)
    finally:
        grade.close()


def _on_cluster(settings: dict, grade: Autograde, students: list[str]) -> Iterator[Graded]:
    try:
        from grader.engine.cluster import Cluster
    except ModuleNotFoundError as error:
        extra = 'pip install "deep-training-grader[cluster]"'
        raise Stopped(f"{error.name} is missing: {extra}") from None
    isolated = not settings["allow_unisolated"]
    grade.runs_here = False
    with (
        contextlib.chdir(grade.coursedir.root),
        Cluster(settings["scheduler"], isolated=isolated) as cluster,
    ):
        works = (grading(grade, student, dry=settings["diff"]) for student in students)
        yield from cluster.all_of(works)


def _in_jobs(settings: dict, students: list[str], jobs: int) -> Iterator[Graded]:
    with contextlib.suppress(Exception), _gradebook(settings):
        pass  # two jobs would race to create its tables; what is wrong with it, each job says
    pool = concurrent.futures.ProcessPoolExecutor(jobs, _context(), _begin, (settings,))
    try:
        with _uninterrupted():
            waiting = {
                pool.submit(_grade_one, student, settings["diff"]): student for student in students
            }
        for done in concurrent.futures.as_completed(waiting):
            try:
                yield done.result()
            except Stopped:
                raise
            except Exception as error:
                yield _failed(waiting[done], settings["assignment"], error), None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C has to wait for the end of the block: nobody would wait for half-started jobs."""
    came = []  # a mask of this thread would not do: another one takes the signal
    before = signal.signal(signal.SIGINT, lambda *_: came.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came and callable(before):
        before(signal.SIGINT, None)


def _context() -> multiprocessing.context.BaseContext:
    """How jobs are started: from one process that has imported everything, where there are such."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    from multiprocessing import forkserver, resource_tracker

    resource_tracker.ensure_running()  # it lets Ctrl-C through when it has started
    # That process is born deaf to Ctrl-C, which by itself it is only after its imports.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context


def _progress(results: Iterator[Graded], total: int, quiet: bool) -> Iterator[Graded]:
    from tqdm import tqdm

    with tqdm(total=total, unit="submission", disable=quiet or not sys.stderr.isatty()) as bar:
        for result, receipt in results:
            bar.set_postfix_str(_printable(result.student))
            bar.update()
            yield result, receipt


def _printable(text: str) -> str:
    """A text that a submission may have a part in, without what a terminal would obey."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _summary(results: list[Result]) -> str:
    lines = [f"{'student':<24} {'status':<8} {'score':>11} {'seconds':>8}  problems"]
    for r in sorted(results, key=lambda r: r.student):
        score = "" if r.score is None else f"{r.score:g} / {r.max_score:g}"
        student, problems = _printable(r.student), _printable("; ".join(r.problems))
        lines.append(f"{student:<24} {r.status:<8} {score:>11} {r.seconds:>8.2f}  {problems}")
    graded = sum(r.status == "graded" for r in results)
    failed = sum(r.status == "failed" for r in results)
    tiers = sorted({r.tier for r in results if r.tier})
    lines.append(
        f"{graded} graded, {failed} failed, {len(results) - graded - failed} skipped"
        + (f"; sandbox tier {', '.join(map(str, tiers))}" if tiers else "")
        + (" (not isolated)" if 3 in tiers else "")
    )
    return "\n".join(lines)
