"""``python -m grader new FOLDER``: a small course that runs, to be made one's own.

It is a copy of the course in ``template/`` beside this file, with its names changed.
"""

import argparse
import importlib.util
import keyword
import re
import shutil
import sys
import tempfile
from pathlib import Path

from grader.course import TAKEN

TEMPLATE = Path(__file__).parent / "template"
LECTURE = "01_first_steps"
# What the template calls itself.
TITLE, ID, LIBRARY = "My course", "my-course", "my_course"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("folder", type=Path, help="where to; its name becomes the course's id")


def run(args: argparse.Namespace) -> int:
    """Write the course and say what to do next; 1 when it cannot be there."""
    folder: Path = args.folder
    name = folder.resolve().name
    if problem := objection(folder) or objection_to_name(name):
        print(problem, file=sys.stderr)
        return 1
    try:
        write(folder, name)
    except OSError as error:
        print(f"{folder} cannot be written: {error.strerror or error}", file=sys.stderr)
        return 1
    print(f"cd {folder} && python -m grader build")
    print(f"jupyter lab notebooks/{LECTURE}/{LECTURE}.ipynb   # solve it, run its checks")
    print("python -m grader demo   # grade an invented class; README.md goes on from there")
    return 0


def objection(folder: Path) -> str:
    """Why there cannot be a course in this folder, in a sentence; "" when there can."""
    if folder.is_dir() and any(folder.iterdir()):
        return f"{folder} is not empty, expected a folder that is new"
    if folder.exists() and not folder.is_dir():
        return f"{folder} is a file, expected a folder that is new"
    if not folder.resolve().parent.is_dir():
        return f"{folder.resolve().parent} is not there, expected a folder to put the course in"
    return ""


def objection_to_name(name: str) -> str:
    """Why a course cannot have this name, in a sentence; "" when it can.

    Args:
        name: of its folder; it becomes the course's id and, with "_" for "-", that of its library.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
        return f"{name!r} cannot be a course's id, expected a letter, then letters, digits, _ and -"
    library = library_of(name)
    if library in TAKEN or library in sys.stdlib_module_names or keyword.iskeyword(library):
        return f"{name!r} is a name that Python or the tool uses, expected another one"
    if (spec := importlib.util.find_spec(library)) and spec.origin:
        return f"{name!r} is a package that Python finds already, expected another name"
    return ""


def library_of(name: str) -> str:
    """The package of a course's functions, by the name of its folder."""
    return name.replace("-", "_").lower()


def write(folder: Path, name: str) -> None:
    """Write the course beside its place and rename it into it, so that it is whole or not there.

    Args:
        folder: where to; empty or not there.
        name: the course's id.
    """
    place = folder.resolve()
    changes = {LIBRARY: library_of(name), ID: name, TITLE: re.sub("[-_]+", " ", name).capitalize()}
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=place.parent) as scratch:
        beside = Path(scratch, name)
        shutil.copytree(TEMPLATE, beside, ignore=shutil.ignore_patterns("__pycache__"))
        (beside / LIBRARY).rename(beside / library_of(name))
        for path in beside.rglob("*.*"):
            if path.is_file():
                text = path.read_text(encoding="utf-8")
                for old, new in changes.items():
                    text = text.replace(old, new)
                path.write_text(text, encoding="utf-8")
        if place.exists():
            place.rmdir()
        beside.rename(place)
