"""One submission in Gradescope's container: found, graded as in a class, reported.

``run_autograder`` starts it with the folder that holds ``source``, ``submission`` and ``results``.
"""

import contextlib
import json
import os
import shutil
import stat
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from grader.checking.report import MIME
from grader.engine import submitted
from grader.engine.autograde import Autograde
from grader.engine.command import READING, converter, grade_one
from grader.engine.files import RefusedFile, check_bounds
from grader.engine.platforms.archive import RefusedArchive
from grader.engine.platforms.collect import put, released
from grader.engine.platforms.gradescope_results import Check, failed, results, told
from grader.engine.platforms.names import Handed
from grader.engine.platforms.taking_in import Submission, fill
from grader.engine.result import Result

_MAX_METADATA = 16 << 20
_BROKEN = "The grader itself failed. Please tell your instructor."


def main(base: Path) -> int:
    """Grade what lies in ``submission`` and write ``results/results.json``, whatever happens.

    Args:
        base: Gradescope's folder, ``/autograder``.
    """
    start = time.perf_counter()
    options = json.loads((base / "source" / "settings.json").read_text(encoding="utf-8"))
    shown = {"visibility": options["visibility"], "leaderboard": options["leaderboard"]}
    checks: list[Check] = []
    with tempfile.TemporaryDirectory(prefix="gradescope-") as scratch:
        folder = Path(scratch, "class")
        shutil.copytree(base / "source" / "class", folder)
        os.chdir(folder)
        student = _student(base / "submission_metadata.json")
        try:
            grade = _converter(options, student)
            checks = _checks(grade.coursedir)
            try:
                output = _graded(grade, base / "submission", student, checks)
            finally:
                grade.close()
            found = results(checks, output=output, seconds=time.perf_counter() - start, **shown)
        except (RefusedArchive, RefusedFile, NotGraded) as error:
            found = failed(f"This submission could not be graded. {error}", checks, **shown)
        except Exception:
            traceback.print_exc()  # standard output and error are the instructor's
            found = failed(_BROKEN, checks, **shown)
        os.chdir(base)
    to = base / "results" / "results.json"
    beside = to.with_name(".results.partial")
    beside.write_text(json.dumps(found, indent=1), encoding="utf-8")
    os.replace(beside, to)
    return 0


class NotGraded(Exception):
    """The engine refused a submission; the message says why."""


def _converter(options: dict[str, Any], student: str) -> Autograde:
    return converter(
        READING
        | {
            "assignment": options["assignment"],
            "student": student,
            "db": f"sqlite:///{os.getcwd()}/gradebook.db",
            "force": True,
            "allow_unisolated": options["allow_unisolated"],
        }
    )


def _student(path: Path) -> str:
    """Whose hidden cases are drawn: Gradescope's number of a student, of a group the lowest."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        if path.stat().st_size <= _MAX_METADATA:
            users = json.loads(path.read_text(encoding="utf-8"))["users"]
            return f"gradescope-{min(int(user['id']) for user in users)}"
    return "gradescope"


def _checks(directory: CourseDirectory) -> list[Check]:
    """The assignment's graded cells in the order of the notebooks."""
    source = directory.format_path(directory.source_directory, ".", directory.assignment_id)
    found = []
    for name in released(directory, directory.assignment_id):
        for cell in nbformat.read(Path(source, f"{name}.ipynb"), as_version=4).cells:
            info = cell.metadata.get("nbgrader", {})
            if info.get("grade") or info.get("task"):
                name = submitted.step(cell, {}).check or info["grade_id"]
                found.append(Check(name, info["points"], cell=info["grade_id"]))
    return found


def _graded(grade: Autograde, folder: Path, student: str, checks: list[Check]) -> str:
    """Grade; the checks get their scores and reports. What was odd about the submission."""
    submission = Submission(student)
    source = Folder(folder)
    items = [(Handed(student, path), entry) for path, entry in source.members()]
    fill(source, submission, items, released(grade.coursedir, grade.coursedir.assignment_id))
    put(grade.coursedir, submission)
    result, _ = grade_one(grade, student)
    print(f"{result.status} in {result.seconds:.1f} s, sandbox tier {result.tier}")
    if result.status != "graded":
        raise NotGraded("; ".join(result.problems))
    _score(grade.coursedir, result, checks)
    return "\n".join([*submission.notes, *result.problems])


def _score(directory: CourseDirectory, result: Result, checks: list[Check]) -> None:
    reports: dict[str, dict[str, Any]] = {}
    graded = directory.format_path(
        directory.autograded_directory, result.student, result.assignment
    )
    for path in sorted(Path(graded).glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.metadata.get("grader", {}).get("judged"):
                (output,) = cell.outputs
                reports[cell.metadata["nbgrader"]["grade_id"]] = output["data"][MIME]
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        submission = gradebook.find_submission(result.assignment, result.student)
        grades = {grade.name: grade for book in submission.notebooks for grade in book.grades}
        for at, check in enumerate(checks):
            grade, report = grades[check.cell], reports.get(check.cell)
            score: Any = None if grade.needs_manual_grade else grade.auto_score
            checks[at] = replace(check, score=score, output=told(report) if report else "")


@dataclass(frozen=True)
class Entry:
    """A file of a folder: where it is, and when it was changed."""

    path: Path
    date_time: tuple[int, ...]


class Folder:
    """A folder that a student filled, read like an archive.

    Args:
        path: where.

    Raises:
        RefusedFile: it holds too much, or something other than files.
    """

    def __init__(self, path: Path):
        check_bounds(path)
        self._path = path

    def members(self) -> Iterator[tuple[PurePosixPath, Entry]]:
        """The files and their names from the folder on."""
        for path in sorted(self._path.rglob("*")):
            status = path.lstat()
            if not stat.S_ISDIR(status.st_mode):
                name = PurePosixPath(path.relative_to(self._path).as_posix())
                yield name, Entry(path, time.gmtime(status.st_mtime)[:6])

    def read(self, info: Entry, most: int) -> bytes:
        """The contents of a file.

        Raises:
            RefusedArchive: it is a link, or larger.
        """
        if info.path.is_symlink():
            raise RefusedArchive("it is a link or a device")
        with info.path.open("rb") as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise RefusedArchive(f"it is larger than {most >> 20} MB")
        return content


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
