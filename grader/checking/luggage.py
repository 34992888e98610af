"""A student's work as one file, to be taken to another machine or browser, or kept for safety."""

import glob
import itertools
import json
import os
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from grader.checking.files import LARGEST, MOST, content, here, replaced
from grader.checking.page import Page
from grader.checking.progress_page import RECORD, Progress
from grader.course import current

# A notebook's name in the file. What else is in it is passed over, so nothing lands elsewhere.
_NOTEBOOK = re.compile(r"notebooks/(?:\w[\w .()-]*/)?\w[\w .()-]*\.ipynb")
_RECORD = RECORD.lstrip(".")
MOST_NOTEBOOKS = 500


def save() -> Page:
    """Write the notebooks that were begun and the record into one file, beside the record."""
    home = current().home
    path = home / f"{current().id}-work.zip"
    begun_here = list(_begun(home))
    notebooks = [path for path in begun_here if _goes_in(path, home)]
    record = content(home / RECORD)
    if not begun_here and not record:
        return Page("There is nothing to save yet: no notebook was begun, no check was made.")
    aside = ""
    try:
        names = {notebook.relative_to(home).as_posix() for notebook in notebooks}
        if more := _holds_more(path, names):
            aside = f"What was saved earlier, with {more}, is kept as `{_keep(path).name}`. "
        with replaced(path) as new, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr(_RECORD, record)
            for notebook in notebooks:
                file.write(notebook, notebook.relative_to(home).as_posix())
    except (OSError, ValueError) as error:
        return Page(f"Your work could not be saved: {error}.")
    left = ", ".join(f"`{path.name}`" for path in begun_here if path not in notebooks)
    limit = (
        f"Not saved: {left}. A name has letters, digits, spaces and `_ . ( ) -`, and lies in one "
        f"folder; a notebook has {LARGEST // 1_000_000} MB at most. "
    )
    return Page(
        f"{limit if left else ''}{aside}"
        f"{_count(len(notebooks), 'notebook')} and your progress lie in `{path.name}`, at the top "
        "of the file list. Right-click it and choose *Download*. Of a notebook that is open, the "
        "file holds what was saved: press Ctrl + S in it first."
    )


def restore(path: str | Path | None = None) -> Page:
    """Bring back what :func:`save` wrote; nothing that is here now is lost by it.

    Args:
        path: the file; None looks for it in the working directory and beside the record.
    """
    home = current().home
    name = f"{current().id}-work*.zip"
    if path is not None and not isinstance(path, str | Path):
        return Page('Which file? Put its name in quotes: `restore_work("my-work.zip")`.')
    found = [Path(path)] if path else [*here().glob(name), *home.glob(name)]
    if not found:
        return Page(
            f"There is no file `{name}` here. Upload it by the button above the file list (an "
            "arrow that points up), then run this cell again."
        )
    try:
        newest = max(found, key=lambda file: file.stat().st_mtime if file.is_file() else 0)
        if not newest.is_file():  # a pipe might never end
            return Page(f"`{newest.name}` could not be read: there is no such file.")
        with zipfile.ZipFile(newest) as file:
            names, beside, bad = _unpacked(file, home)
            lines = 0
            if _RECORD in file.namelist():
                try:
                    lines = Progress(home / RECORD).add(_member(file, _RECORD, 2 * MOST))
                except Exception:
                    bad.append(_RECORD)
    except Exception as error:  # there is no list of what a strange archive may raise
        return Page(f"`{Path(path or newest).name}` could not be read: {error}.")
    said = (
        f"From `{newest.name}`: {_count(len(names), 'notebook')}, and {_count(lines, 'line')} of "
        "progress that were not known here. A notebook that is open shows it after *File → Reload "
        "Notebook from Disk*."
    )
    if beside:
        said += " You have worked on some of them here, too; those of the file lie beside yours: "
        said += ", ".join(f"`{place.name}`" for place in beside) + "."
    if bad:
        said += " Passed over, because they are damaged, too large or no notebooks: "
        said += ", ".join(f"`{name}`" for name in bad[:5]) + (
            "." if len(bad) < 6 else f" and {len(bad) - 5} more."
        )
    return Page(said)


def _unpacked(file: zipfile.ZipFile, home: Path) -> tuple[list[str], list[Path], list[str]]:
    """Put an archive's notebooks in their places: which, which of them beside, which not."""
    done, beside, bad = [], [], []
    inside = [name for name in dict.fromkeys(file.namelist()) if _NOTEBOOK.fullmatch(name)]
    for name in inside[:MOST_NOTEBOOKS]:
        try:
            notebook = _member(file, name, LARGEST)
            if not _opens(json.loads(notebook)):
                raise ValueError(name)
            if place := _put(home / name, notebook):
                beside.append(place)
            done.append(name)
        except Exception:
            bad.append(name)
    return done, beside, bad + inside[MOST_NOTEBOOKS:]


def _opens(notebook: Any) -> bool:
    """Whether JupyterLab could open it: one that it cannot must not take the place of another."""
    return notebook["nbformat"] == 4 and all(
        cell["cell_type"] in ("code", "markdown", "raw")
        and isinstance(cell["metadata"], dict)
        and isinstance("".join(cell["source"]), str)
        and isinstance(cell.get("outputs", []), list)
        for cell in notebook["cells"]
    )


def _member(file: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A file of an archive, which may be another size than it says."""
    with file.open(name) as member:
        inside = member.read(most + 1)
    if len(inside) > most:
        raise ValueError(f"{name} is larger than {most // 1_000_000} MB")
    return inside


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _begun(home: Path) -> Iterator[Path]:
    """The notebooks in which something was done."""
    for path in sorted((home / "notebooks").rglob("*.ipynb")):
        inside = path.relative_to(home).as_posix()
        if "/." in inside or not path.is_file():  # such as Jupyter's own checkpoints
            continue
        if path.stat().st_size > LARGEST or begun(content(path, LARGEST)):
            yield path


def _goes_in(path: Path, home: Path) -> bool:
    """Whether a notebook is one that :func:`restore` would take."""
    named = _NOTEBOOK.fullmatch(path.relative_to(home).as_posix())
    return bool(named) and path.stat().st_size <= LARGEST


def begun(notebook: bytes) -> bool:
    """Whether a notebook differs from the one that was handed out.

    Args:
        notebook: the file. What cannot be read counts as begun, so that it is not replaced.
    """
    try:
        cells = json.loads(notebook)["cells"]
        return not any("nbgrader" in cell["metadata"] for cell in cells) or any(
            map(_touched, cells)
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return True


def _touched(cell: dict[str, Any]) -> bool:
    """Whether a cell was run, or its answer is not the frame any more that was handed out."""
    if cell.get("execution_count") or cell.get("outputs"):
        return True
    if not cell["metadata"].get("nbgrader", {}).get("solution"):
        return False
    source = "".join(cell["source"])
    if "grader" in cell["metadata"]:
        return source != cell["metadata"]["grader"].get("stub")
    return not source.rstrip().endswith(("= None", "YOUR ANSWER HERE"))


def _put(place: Path, notebook: bytes) -> Path | None:
    """Write a notebook; beside the one that is there when both were begun, and then say where."""
    there = content(place, LARGEST)
    if there == notebook:
        return None
    beside = None
    if os.path.lexists(place) and begun(there):
        for copy in place.parent.glob(f"{glob.escape(place.stem)} (restored *).ipynb"):
            if content(copy, LARGEST) == notebook:
                return copy
        beside = place = _free(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    with replaced(place) as new:
        new.write_bytes(notebook)
    return beside


def _holds_more(path: Path, names: set[str]) -> str:
    """How many notebooks an archive holds that are not among these, in words; "" for none."""
    if not path.is_file():
        return ""
    try:
        with zipfile.ZipFile(path) as file:
            more = {name for name in file.namelist() if _NOTEBOOK.fullmatch(name)} - names
    except Exception:  # it is no archive, or a damaged one
        return ""
    return f"{_count(len(more), 'notebook')} that you have not begun here" if more else ""


def _keep(path: Path) -> Path:
    """Give an earlier archive a name of its own; `restore_work()` finds it."""
    return path.rename(_free(path, "earlier"))


def _free(place: Path, word: str = "restored") -> Path:
    """A name beside this one that nothing has yet."""
    day = datetime.now().astimezone()
    stem, end = f"{place.stem} ({word} {day:%Y-%m-%d %H.%M}", place.suffix
    for number in itertools.count(1):
        free = place.with_name(f"{stem} {number}){end}" if number > 1 else f"{stem}){end}")
        if not os.path.lexists(free):
            break
    return free
