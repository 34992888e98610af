"""``python -m grader feedback``: feedback pages in the zip file that a platform takes.

Platforms know whose page it is by its name, and want the name that they gave to the submission: so
the names come from the archive of submissions. Of its contents nothing is read.
"""

import argparse
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from nbgrader.coursedir import CourseDirectory

from grader.engine.command import READING, converter, enter_course
from grader.engine.files import RefusedFile, check_bounds
from grader.engine.platforms import names
from grader.engine.platforms.archive import Archive, RefusedArchive, safe
from grader.engine.platforms.collect import MOST_LISTED, released
from grader.engine.unnamed import shown

_SHOWN = frozenset({".html", ".gif", ".jpeg", ".jpg", ".png"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("platform", choices=("canvas", "moodle"), help="where it goes")
    parser.add_argument("archive", type=Path, help="the zip file of submissions it gave you")
    parser.add_argument("assignment", help='the assignment, "02_sorting"')
    parser.add_argument("--to", type=Path, required=True, help="the zip file to write")


def run(args: argparse.Namespace) -> int:
    """Write the zip file; 1 when a student who handed in gets no page."""
    archive, to = args.archive.resolve(), args.to.resolve()
    enter_course()
    directory = converter(READING | {"assignment": args.assignment, "db": None}).coursedir
    notebooks = released(directory, args.assignment)
    try:
        with Archive(archive) as opened:
            prefixes = of_archive(opened, args.platform, notebooks)
    except RefusedArchive as error:
        print(f"{args.archive}: {error}", file=sys.stderr)
        return 1
    found = {student: _folder(directory, student) for student in prefixes}
    pages = {student: list(_pages(folder)) for student, folder in found.items()}
    without = sorted(student for student, theirs in pages.items() if not theirs)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as out:
        for student in sorted(set(pages) - set(without)):
            for page in pages[student]:
                name = page.relative_to(found[student]).as_posix()
                out.write(page, prefixes[student] + name)
    print(f"{len(prefixes) - len(without)} students' feedback in {args.to}")
    if without:
        more = ", …" if len(without) > MOST_LISTED else ""
        listed = ", ".join(map(shown, without[:MOST_LISTED]))
        print(f"{len(without)} without feedback: {listed}{more}")
        print(f"nbgrader generate_feedback {args.assignment} makes the pages of what is graded.")
    return 1 if without or not prefixes else 0


def of_archive(archive: Archive, platform: str, notebooks: list[str]) -> dict[str, str]:
    """By student what stands before the name of a page, as the platform understands it.

    Args:
        archive: of submissions.
        platform: "canvas" or "moodle".
        notebooks: the names of the released ones, without extension.
    """
    found: dict[str, tuple[int, str]] = {}
    for path, _ in archive.members():
        try:
            handed = names.canvas(path, notebooks) if platform == "canvas" else names.moodle(path)
        except ValueError:
            continue
        if handed is None or not safe(path):
            continue
        prefix = path.name.removesuffix(str(handed.name))
        if platform == "moodle":
            prefix = _moodle(path, handed.student)
        if handed.student not in found or handed.order > found[handed.student][0]:
            found[handed.student] = handed.order, prefix
    return {student: prefix for student, (_, prefix) in found.items()}


def _folder(directory: CourseDirectory, student: str) -> Path:
    step = directory.feedback_directory
    return Path(directory.format_path(step, student, directory.assignment_id))


def _moodle(path: PurePosixPath, student: str) -> str:
    """The student's folder as Moodle called it; before Moodle 3.1 it was part of the name."""
    if len(path.parts) > 1:
        return f"{path.parts[0]}/"
    start, _, _ = path.name.partition(f"_{student}_assignsubmission_file")
    return f"{start}_{student}_assignsubmission_file_"


def _pages(folder: Path) -> Iterator[Path]:
    """The pages of a folder and their pictures."""
    try:
        if folder.is_dir():
            check_bounds(folder)
    except RefusedFile:
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix in _SHOWN:
            yield path
