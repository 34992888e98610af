"""When a submission was handed in: a line in its folder, which may say anything."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.utils import parse_utc

from grader.engine.files import RefusedFile

FILE = "timestamp.txt"
_LONGEST = 100
# A date, a time and a zone. What lacks a part of the date would be completed from today's. A zone
# is looked up as the name of a file.
_FORM = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[T ][\w.,:+ -]+(/[\w+-]+)*)?")
_YEARS = range(1970, 2200)  # what a gradebook's pages can show


def read(folder: Path) -> datetime | None:
    """The time that a submission says, in UTC; None where it says none.

    Args:
        folder: the submission.

    Raises:
        RefusedFile: what it says is no time.
    """
    path = folder / FILE
    if path.is_symlink():
        raise RefusedFile(f"{FILE} is a link; submit the file itself")
    if not path.exists():
        return None
    if not path.is_file():
        raise RefusedFile(f"{FILE} is no ordinary file")
    with path.open("rb") as file:
        text = file.read(_LONGEST + 1).decode(errors="replace").strip()
    if not text:
        return None
    try:
        if len(text) > _LONGEST or ".." in text or not _FORM.fullmatch(text):
            raise ValueError(text)
        found = parse_utc(text)
    except (ValueError, OverflowError, TypeError, OSError):
        found = None
    if found is None or found.year not in _YEARS:
        raise RefusedFile(f"{FILE} says {text[:40]!a}, which is no time")
    return found


def guard_pages() -> None:
    """nbgrader's other commands and formgrader's pages pass over what is no time.

    nbgrader itself stops at it, and then neither shows nor grades the neighbours.
    """
    import nbgrader.apps.api
    import nbgrader.coursedir

    def existing(self: Any, dest_path: str) -> datetime | None:
        try:
            return read(Path(dest_path))
        except RefusedFile as error:
            self.log.warning("%s: %s", ascii(dest_path), error)
            return None

    def submitted(self: Any, assignment_id: str, student_id: str) -> datetime | None:
        step = self.coursedir.submitted_directory
        folder = self.coursedir.format_path(step, student_id, assignment_id)
        return self.coursedir.get_existing_timestamp(folder)

    nbgrader.coursedir.CourseDirectory.get_existing_timestamp = existing
    nbgrader.apps.api.NbGraderAPI.get_submitted_timestamp = submitted
