"""The few files that a check keeps, on a disk where anything may lie under their names."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grader.checking.platform import IN_TAB
from grader.course import current

MOST = 8_000_000  # bytes of a record that are read; a whole course makes a tenth of it
LARGEST = 64_000_000  # bytes of a notebook; with all its figures one has a few million


def content(path: Path, most: int = MOST) -> bytes:
    """What a file holds; of a larger one the beginning and the end. What is no file holds nothing.

    Args:
        path: the file. A pipe or a device, which might never end, is not opened.
        most: bytes, an even number.
    """
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            begin = file.read(most)
            size = file.seek(0, os.SEEK_END)
            if size <= most:
                return begin
            file.seek(-(most // 2), os.SEEK_END)
            # What is cut in two is no line: each half ends, or begins, as a damaged one does.
            return begin[: most // 2] + b"\n" + file.read()
    except OSError:
        return b""


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A place to write a file to, which then takes the place of another at once.

    What was there stays whole until the new file is. Where a link was, the file that it led to
    stays as it is; a pipe is not waited for.

    Args:
        path: where the file is to be. In a browser's tab it is written in place.

    Raises:
        OSError: there is no room or no right to write, or a folder has the name.
    """
    if IN_TAB:
        yield path
        return
    handle, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=path.parent)
    os.close(handle)
    new = Path(name)
    try:
        yield new
        mask = os.umask(0)
        os.umask(mask)
        new.chmod(0o666 & ~mask)  # a temporary file is its owner's alone
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def here() -> Path:
    """The working directory; the course's folder where it was removed."""
    try:
        return Path.cwd()
    except OSError:
        return current().home
