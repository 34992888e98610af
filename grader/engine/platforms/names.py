"""Who handed in what, by the names that learning platforms and browsers give to files."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

# lovelaceada_LATE_1234_567890_name.ipynb; anonymous: anon_Ab1Cd_567890_name.ipynb
CANVAS = re.compile(
    r"(?P<who>[^/]*?)(?P<late>_LATE)?_?(?P<student>(?<=_)[0-9]+|anon_\w+?)_(?P<file>[0-9]+)_(?P<name>.+)"
)
# Ada Lovelace_1234_assignsubmission_file_/name.ipynb; before Moodle 3.1 without folders
MOODLE = re.compile(
    r"(?P<who>[^/_]*)_(?P<student>[0-9]+)_assignsubmission_file_?/?(?P<name>[^/].*)", re.DOTALL
)
# assignment_99_export/submission_1234/name.ipynb
GRADESCOPE = re.compile(r"(?:[^/]+/)?(?P<submission>submission_[0-9]+)/(?P<name>.+)", re.DOTALL)

_NOTEBOOK = re.compile(r"\.ipynb(\.(json|txt))?$", re.IGNORECASE)  # some browsers add an extension
_COPY = re.compile(r"[\s_-]*(?:\(([0-9]+)\)|-([0-9]+)|-?\s*copy\s*([0-9]*))$", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s_+%-]+")
_NUMBER = re.compile(r"[0-9]+_")
_STUDENT = re.compile(r"[^\W_][\w.@+-]{0,99}")


@dataclass(frozen=True)
class Handed:
    """A file as a platform's archive names it.

    Args:
        student: the platform's own number for a student; not a name, which two may share.
        name: the file's name, as the student had it.
        who: the student's name as far as the platform tells it.
        late: whether the platform says so.
        order: which is later, of two files of one student.
    """

    student: str
    name: PurePosixPath
    who: str = ""
    late: bool = False
    order: int = 0


def canvas(path: PurePosixPath, notebooks: Iterable[str]) -> Handed | None:
    """A file of Canvas' "Download Submissions"; None when it is none.

    Args:
        path: its name in the archive.
        notebooks: the names of the released ones, without extension.

    Raises:
        ValueError: the name can be read in two ways. Who is called "x_7" on Canvas would otherwise
            hand in for student 7.
    """
    found = CANVAS.fullmatch(path.name)
    if not found:
        return None
    name = found["name"]
    if _NUMBER.match(name) and not any(_plain(name).startswith(_plain(n)) for n in notebooks):
        raise ValueError("its name can be read in two ways")
    order = int(found["file"][:18])
    late = bool(found["late"])
    return Handed(found["student"], PurePosixPath(name), found["who"], late, order)


def moodle(path: PurePosixPath) -> Handed | None:
    """A file of Moodle's "Download all submissions"; None when it is none.

    Args:
        path: its name in the archive.
    """
    found = MOODLE.fullmatch(str(path))
    return Handed(found["student"], PurePosixPath(found["name"]), found["who"]) if found else None


def student_name(text: str) -> str | None:
    """A text as the name of a student's folder, or None where it cannot be one.

    Args:
        text: a number, a user name, an address.
    """
    text = unicodedata.normalize("NFC", text.strip())
    return text if _STUDENT.fullmatch(text) else None


def is_notebook(name: PurePosixPath) -> bool:
    """Whether a file's name is that of a notebook, even where a browser has lengthened it."""
    return bool(_NOTEBOOK.search(name.name))


def meant(name: PurePosixPath, notebooks: Iterable[str]) -> tuple[str | None, int]:
    """The released notebook that a file's name stands for, and which copy it is.

    Platforms and browsers rename: a folder's name comes before it, a number after it.

    Args:
        name: of the file.
        notebooks: the names of the released ones, without extension.

    Returns:
        The notebook, or None; and 0 for the plain name, else the number of the copy.
    """
    stem = _NOTEBOOK.sub("", name.name)
    copy = 0
    while True:
        plain = _plain(stem)
        fits = [n for n in notebooks if plain == _plain(n) or plain.endswith(f"_{_plain(n)}")]
        if fits:
            return max(fits, key=len), copy
        mark = _COPY.search(stem)
        if not mark:
            return None, 0
        copy = max(copy, int(next((n for n in mark.groups() if n), "1")[:9]))
        stem = stem[: mark.start()]


def _plain(text: str) -> str:
    return _BETWEEN.sub("_", unicodedata.normalize("NFKC", text).casefold()).strip("_")
