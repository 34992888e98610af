"""Temporary folders that do not outlive their process for long.

A folder is locked by the process that made it. The lock ends with the process, however that ends,
and whoever makes the next folder removes those that nobody holds any more.
"""

import contextlib
import fcntl
import os
import stat
import tempfile
from pathlib import Path

_PREFIX = "grader-engine-"
_NEW = "new-grader-engine-"  # not yet locked


class Temporary:
    """A folder for as long as this process needs it; the folders of dead processes go.

    ``path`` is where it is.
    """

    def __init__(self) -> None:
        _remove_abandoned()
        made = Path(tempfile.mkdtemp(prefix=_NEW))
        self._lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = made.with_name(_PREFIX + made.name.removeprefix(_NEW))
        made.rename(self.path)

    def remove(self) -> None:
        """Remove the folder and what is in it."""
        if self._lock >= 0:
            remove(self.path)
            os.close(self._lock)
            self._lock = -1


def remove(folder: Path) -> None:
    """Remove a folder that somebody else may have filled: however deep, whatever its rights.

    Args:
        folder: the folder; what cannot be removed of it stays.
    """
    moved = 0
    with contextlib.suppress(OSError):
        while True:
            left = False
            for entry in list(os.scandir(folder)):
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)
                    continue
                left = True
                os.chmod(entry.path, 0o700)
                # What it holds comes up to the top: no path gets long, and nothing calls itself.
                for inner in list(os.scandir(entry.path)):
                    moved += 1
                    if inner.is_dir(follow_symlinks=False):
                        os.chmod(inner.path, 0o700)
                    os.rename(inner.path, folder / f".moved-{moved}")
                os.rmdir(entry.path)
            if not left:
                break
        os.rmdir(folder)


def _remove_abandoned() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            status = folder.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
                continue
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(folder)
            finally:
                os.close(handle)
