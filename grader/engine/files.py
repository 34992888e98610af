"""The files that come with a submission."""

import hashlib
import os
import stat
import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from grader.course import TAKEN, current

MAX_FILES = 500
MAX_BYTES = 48 << 20


class RefusedFile(Exception):
    """A file that a submission must not bring; the message names it and says why."""


def digest(folder: Path) -> str:
    """SHA-256 over the names and contents of everything in a folder, notebooks included.

    Args:
        folder: the submission.

    Raises:
        RefusedFile: see :func:`check_bounds`.
    """
    check_bounds(folder)
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return total.hexdigest()


def check_bounds(folder: Path) -> None:
    """Look at a submission before any of it is read: reading a pipe, or a file of a terabyte that
    takes up no room on the disk, would not end.

    Args:
        folder: the submission.

    Raises:
        RefusedFile: it holds something other than files and folders, too much, or names that
            nothing can be written with.
    """
    entries = size = 0
    for path, folders, names in os.walk(folder):
        entries += len(folders) + len(names)
        for name in (*folders, *names):
            try:
                name.encode()
            except UnicodeEncodeError:
                raise RefusedFile(f"the name {name!a} is not UTF-8") from None
        for name in names:
            file = os.path.join(path, name)
            status = os.lstat(file)
            if not stat.S_ISREG(status.st_mode) and not stat.S_ISLNK(status.st_mode):
                raise RefusedFile(f"{os.path.relpath(file, folder)!a} is no ordinary file")
            size += status.st_size
        if size > MAX_BYTES or entries > 2 * MAX_FILES:
            raise RefusedFile(f"more than {MAX_FILES} files or {MAX_BYTES >> 20} MB")


def may_be_kept(name: object) -> bool:
    """Whether a file that a submission's cells wrote goes into the folder of what was graded.

    Args:
        name: its relative name, as the submission's process says it. Names that nbgrader goes by,
            and those that lead out of the folder or that no folder takes, are refused.
    """
    if not isinstance(name, str) or not name or "\0" in name or "\\" in name:
        return False
    try:
        long = any(len(part.encode()) > 255 for part in Path(name).parts)
    except UnicodeEncodeError:
        return False
    parts = [part.casefold() for part in Path(name).parts]
    if long or parts[:1] == ["timestamp.txt"] or any(part.endswith(".ipynb") for part in parts):
        return False
    return not name.startswith("/") and ".." not in parts


def check_place(root: Path, folder: Path) -> None:
    """Refuse a submission that is a link: it would be somebody else's, graded a second time.

    Args:
        root: the course directory.
        folder: the submission in it. The folder of all submissions may be a link.

    Raises:
        RefusedFile: the folder, or one on the way to it, is a link.
    """
    if not folder.is_relative_to(root):
        return
    place, *parts = folder.relative_to(root).parts
    path = root / place
    for part in parts:
        path /= part
        if path.is_symlink():
            raise RefusedFile(f"the folder {part!a} is a link")


def ignored(name: Path, patterns: Sequence[str]) -> bool:
    """Whether nbgrader leaves a file out, because of its name or that of a folder above it.

    Args:
        name: the file's relative name.
        patterns: nbgrader's ``CourseDirectory.ignore``.
    """
    return any(fnmatch(part, pattern) for part in name.parts for pattern in patterns)


def collect(folder: Path, ignore: Sequence[str] = (), refuse: bool = False) -> dict[str, bytes]:
    """The files of a folder by relative name, without notebooks and without following links.

    Args:
        folder: where from; a missing one is empty.
        ignore: patterns of names to leave out.
        refuse: whether modules that take the place of the standard library's or the course's are
            an error. They would run with the student's code instead of the real ones.

    Raises:
        RefusedFile: such a module, a link, or more files than are allowed.
    """
    found: dict[str, bytes] = {}
    size = 0
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder)
        if path.is_symlink():
            if refuse:
                raise RefusedFile(f"{name} is a link; submit the file itself")
            continue
        if not path.is_file() or path.suffix == ".ipynb" or ignored(name, ignore):
            continue
        top = name.parts[0].split(".")[0]
        shadows = top in {*TAKEN, current().library} or top in sys.stdlib_module_names
        if refuse and shadows and (path.suffix in (".py", ".so", ".pyc") or len(name.parts) > 1):
            raise RefusedFile(f"{name} would take the place of the module {top}; rename it")
        size += path.stat().st_size
        if size > MAX_BYTES or len(found) >= MAX_FILES:
            raise RefusedFile(f"more than {MAX_FILES} files or {MAX_BYTES >> 20} MB")
        found[str(name)] = path.read_bytes()
    return found
