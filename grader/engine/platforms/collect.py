"""``python -m grader collect``: submissions out of a learning platform's archive.

They go where nbgrader's own ``collect`` puts them, ``submitted/STUDENT/ASSIGNMENT``. What its
``zip_collect`` cannot do is done here: several copies of a notebook, names that a browser changed,
archives that are larger than they look. Nothing in the archive is trusted.
"""

import argparse
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_notebooks, rmtree

from grader.engine.command import READING, converter, enter_course
from grader.engine.files import RefusedFile, digest
from grader.engine.platforms import PLATFORMS
from grader.engine.platforms.archive import Archive, RefusedArchive
from grader.engine.platforms.taking_in import TIMESTAMP, Submission, submissions
from grader.engine.unnamed import shown

MOST_LISTED = 20
BECAME = ("new", "replaced", "unchanged", "refused")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("platform", choices=PLATFORMS, help="where the archive comes from")
    parser.add_argument("archive", type=Path, help="the zip file that the platform gave you")
    parser.add_argument("assignment", help='the assignment, "02_sorting"')


def run(args: argparse.Namespace) -> int:
    """Take the submissions in; 1 when one was refused or nothing was found."""
    archive = args.archive.resolve()
    enter_course()
    directory = converter(READING | {"assignment": args.assignment, "db": None}).coursedir
    if not released(directory, args.assignment):
        print(
            f"{args.assignment} was not released: nbgrader generate_assignment {args.assignment}",
            file=sys.stderr,
        )
        return 1
    try:
        with Archive(archive) as opened:
            taken = take_in(directory, opened, args.platform)
    except RefusedArchive as error:
        print(f"{args.archive}: {error}", file=sys.stderr)
        return 1
    print("\n".join([f"{'student':<24} {'became':<9}  notes", *taken.lines]))
    for text in taken.strange[:MOST_LISTED]:
        print(f"left out {shown(text, 200)}", file=sys.stderr)
    if len(taken.strange) > MOST_LISTED:
        print(f"left out {len(taken.strange) - MOST_LISTED} more", file=sys.stderr)
    print(", ".join(f"{taken.counts[became]} {became}" for became in BECAME))
    return 1 if taken.counts["refused"] or not taken.lines else 0


@dataclass
class Taken:
    """What became of an archive.

    Args:
        lines: one for each student, for a terminal.
        counts: of each word of :data:`BECAME`.
        strange: files that belong to nobody, and why.
    """

    lines: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)


def take_in(directory: CourseDirectory, archive: Archive, platform: str) -> Taken:
    """Put the submissions of an archive in their places.

    Args:
        directory: the course directory, with its assignment.
        archive: as the platform exports it.
        platform: "canvas", "moodle" or "gradescope".

    Raises:
        RefusedArchive: it is not what the platform exports.
    """
    taken = Taken()
    notebooks = released(directory, directory.assignment_id)
    for submission in submissions(archive, platform, notebooks, taken.strange):
        became = _put(directory, submission)
        taken.counts[became] += 1
        taken.lines.append(_line(submission, became))
    return taken


def _put(directory: CourseDirectory, submission: Submission) -> str:
    if not submission.refused:
        try:
            return put(directory, submission)
        except OSError as error:  # a file that another one takes for a folder
            submission.refused = f"its files cannot be written: {error.strerror}"
    return "refused"


def released(directory: CourseDirectory, assignment: str) -> list[str]:
    """The names of the notebooks of an assignment, without extension.

    Args:
        directory: the course directory.
        assignment: "02_sorting".
    """
    folder = directory.format_path(directory.release_directory, ".", assignment)
    return sorted(Path(name).stem for name in find_all_notebooks(folder))


def put(directory: CourseDirectory, submission: Submission) -> str:
    """Put a submission in its place: "new", "replaced" or "unchanged".

    What was made of another submission of this student, graded notebook and feedback, is taken
    away, so that the next grading is of this one.

    Args:
        directory: the course directory, with its assignment.
        submission: what to put there.
    """
    assignment = directory.assignment_id
    place = Path(
        directory.format_path(directory.submitted_directory, submission.student, assignment)
    )
    contents = dict(submission.files)
    if submission.time:
        contents[TIMESTAMP] = f"{submission.time:%Y-%m-%d %H:%M:%S} UTC".encode()
    partial, earlier = (place.with_name(f".{assignment}.{end}") for end in ("partial", "earlier"))
    _remove(partial, earlier)
    try:
        for name, content in contents.items():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).write_bytes(content)
    except OSError:
        _remove(partial)
        raise
    before = place.is_dir()
    if before and _digest(place) == digest(partial):
        _remove(partial)
        return "unchanged"
    for step in (directory.autograded_directory, directory.feedback_directory):
        _remove(Path(directory.format_path(step, submission.student, assignment)))
    if before:
        place.rename(earlier)
    partial.rename(place)
    _remove(earlier)
    return "replaced" if before else "new"


def _digest(folder: Path) -> str:
    try:
        return digest(folder)
    except RefusedFile:  # it will not be graded, so it is like no other
        return ""


def _remove(*folders: Path) -> None:
    for folder in folders:
        if os.path.lexists(folder):
            rmtree(str(folder))


def _line(submission: Submission, became: str) -> str:
    notes = [submission.who] if submission.who else []
    notes += ["late"] if submission.late else []
    notes += [submission.refused] if submission.refused else submission.notes
    return f"{shown(submission.student):<24} {became:<9}  {shown('; '.join(notes), 200)}"
