"""The files that come with a submission."""

import sys
from pathlib import Path

MAX_FILES = 500
MAX_BYTES = 48 << 20
_COURSE = {"utils", "grader", "numpy", "matplotlib", "IPython", "ipywidgets"}


class RefusedFile(Exception):
    """A file that a submission must not bring; the message names it and says why."""


def collect(folder: Path, refuse: bool = False) -> dict[str, bytes]:
    """The files of a folder by relative name, without notebooks and without following links.

    Args:
        folder: where from; a missing one is empty.
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
        if not path.is_file() or path.suffix == ".ipynb" or ".ipynb_checkpoints" in name.parts:
            continue
        top = name.parts[0].split(".")[0]
        shadows = top in _COURSE or top in sys.stdlib_module_names
        if refuse and shadows and (path.suffix in (".py", ".so", ".pyc") or len(name.parts) > 1):
            raise RefusedFile(f"{name} would take the place of the module {top}; rename it")
        size += path.stat().st_size
        if size > MAX_BYTES or len(found) >= MAX_FILES:
            raise RefusedFile(f"more than {MAX_FILES} files or {MAX_BYTES >> 20} MB")
        found[str(name)] = path.read_bytes()
    return found
