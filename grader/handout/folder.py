"""Writes a hand-out: notebooks, data, a library without answers, checks that know by records."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.authoring import SOLUTIONS
from grader.checking import record, recorded
from grader.checking.definitions import exercises_of, in_lecture, withheld
from grader.checking.exercise import Exercise
from grader.course import FILE, Course
from grader.handout import packaging, rules
from grader.handout.library import Library, Name
from grader.handout.recording import known

_TOOL = Path(__file__).resolve().parent.parent
# What of the tool a student's notebook needs.
_PARTS = (
    "__init__.py",
    "__main__.py",
    "course.py",
    "doctor.py",
    "handout/__init__.py",
    "handout/own.py",
    "py.typed",
)
_ROOMS = ("checking", "lab_settings")


class NotReleased(Exception):
    """A hand-out cannot be made; the message says why."""


@dataclass
class HandOut:
    """What was written.

    Args:
        folder: where.
        lectures: which.
        empty: ids of the functions that have no body.
        kept: ids of functions that tell something of an answer and stay, because a demo of these
            lectures needs them.
    """

    folder: Path
    lectures: tuple[str, ...]
    empty: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())


def write(course: Course, lectures: Sequence[str], folder: Path, hints: bool = True) -> HandOut:
    """Write a hand-out of lectures.

    Args:
        course: the course; its notebooks are built.
        lectures: which, "02_sorting"; none means all.
        folder: where to; it is made, or empty.
        hints: whether checks offer the hints.

    Raises:
        NotReleased: a lecture or its notebook is missing, or the folder holds something.
    """
    chosen = tuple(name for name in course.lectures if not lectures or name in lectures)
    if strangers := set(lectures) - set(chosen):
        raise NotReleased(f"there is no lecture {', '.join(sorted(strangers))}")
    for name in chosen:
        if not (course.root / "notebooks" / name / f"{name}.ipynb").is_file():
            raise NotReleased(f"notebooks/{name} is missing: run `python -m grader build` first")
    if folder.exists() and any(folder.iterdir()):
        raise NotReleased(f"{folder} is not empty: name another folder, or remove what is in it")
    made = HandOut(folder, chosen)
    for name in chosen:
        _write_notebook(course, name, chosen, folder)
        _write_room(course, name, folder, hints)
    _write_course(course, folder)
    _write_library(course, made)
    for name in _PARTS:
        _copy(_TOOL / name, folder / "grader" / name)
    for room in _ROOMS:
        shutil.copytree(
            _TOOL / room,
            folder / "grader" / room,
            ignore=shutil.ignore_patterns("__pycache__", ".*"),
        )
    packaging.write(course, chosen, folder)
    return made


def _write_notebook(course: Course, name: str, chosen: Sequence[str], folder: Path) -> None:
    """The notebook, without what speaks of solutions or leads to lectures that are not here."""
    source = course.root / "notebooks" / name
    notebook = json.loads((source / f"{name}.ipynb").read_text(encoding="utf-8"))
    cells = notebook["cells"]
    notebook["cells"] = [c for c in cells if SOLUTIONS not in c["metadata"].get("tags", ())]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = [_without_links(line, chosen) for line in cell["source"]]
    for path in sorted(source.iterdir()):
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".ipynb":
            _copy(path, folder / "notebooks" / name / path.name)
    target = folder / "notebooks" / name / f"{name}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
    target.write_text(text + "\n", encoding="utf-8")


def _without_links(line: str, chosen: Sequence[str]) -> str:
    def kept(match: re.Match) -> str:
        return match[0] if match[2] in chosen else match[1]

    return re.sub(r"\[([^\]]*)\]\(\.\./(\d\d_\w+)/[^)]*\)", kept, line)


def _write_room(course: Course, name: str, folder: Path, hints: bool) -> None:
    """What checks of a lecture need: definitions and records as data, rules as code."""
    room, target = course.root / "lectures" / name, folder / "lectures" / name
    (target / "record").mkdir(parents=True)
    described = [recorded.described(definition, hints) for definition in in_lecture(name)]
    text = json.dumps(described, indent=1, ensure_ascii=False)
    (target / recorded.FILE).write_text(text + "\n", encoding="utf-8")
    exercises = exercises_of(name)
    for exercise in exercises:
        record.save(target / "record" / f"{exercise.id}.npz", known(exercise).packed())
    files = rules.cut_out(room)
    for file, source in files.items():
        (target / file).parent.mkdir(exist_ok=True)
        (target / file).write_text(source, encoding="utf-8")
    _hold_to(name, exercises, "".join(files.values()))
    for driver in course.drivers():
        if driver.parts[1] in (name, driver.name):
            _copy(course.root / driver, folder / driver)


def _hold_to(lecture: str, exercises: Sequence[Exercise], source: str) -> None:
    """Refuse exercises whose rules stand where they were not found."""
    for exercise in exercises:
        if exercise.properties or exercise.measure or exercise.value:
            if repr(exercise.id) not in source:
                raise NotReleased(
                    f"{lecture}: the properties of {exercise.id} were not found: expected them in "
                    f'a call Exercise("{exercise.id}", ..., properties=...)'
                )


def _write_course(course: Course, folder: Path) -> None:
    facts = {
        "title": course.title,
        "id": course.id,
        "library": course.library,
        "data": list(course.data),
        "credit": course.credit,
        "solutions": False,
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()]
    (folder / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "lectures" / "__init__.py").touch()
    for name in (*course.data, "README.md"):
        if (source := course.data_folder / name).is_file():
            _copy(source, folder / "data" / name)
    for path in course.root.glob("LICENSE*"):
        _copy(path, folder / path.name)


def _write_library(course: Course, made: HandOut) -> None:
    """The library: exercises of the lectures have no bodies, nor have answers to later ones."""
    library = Library(course)
    absent = {e.id: name for name in made.lectures for e in exercises_of(name)}
    last = course.lectures.index(made.lectures[-1])
    telling = set().union(*(withheld(name) for name in made.lectures))
    telling |= set().union(*(withheld(name) for name in course.lectures[last + 1 :]))
    telling -= absent.keys()
    needed = library.reached(_used(course, made, library), absent.keys())
    made.kept = telling & needed
    absent |= dict.fromkeys(sorted(telling - needed), "")
    made.empty = set(absent)
    for module, path in library.modules.items():
        of_module = {
            id.rpartition(".")[2]: lecture
            for id, lecture in absent.items()
            if id.rpartition(".")[0] == module
        }
        target = made.folder / path.relative_to(course.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(library.emptied(module, of_module), encoding="utf-8")
    for path in library.others:
        _copy(path, made.folder / path.relative_to(course.root))


def _used(course: Course, made: HandOut, library: Library) -> set[Name]:
    """What notebooks, drivers and rules of the hand-out import of the library."""
    used: set[Name] = set()
    for path in (made.folder / "lectures").rglob("*.py"):
        used |= library.used_by(path.read_text(encoding="utf-8"))
    for name in made.lectures:
        path = made.folder / "notebooks" / name / f"{name}.ipynb"
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                try:
                    used |= library.used_by("".join(cell["source"]))
                except SyntaxError:  # a cell that is more than Python
                    continue
    return used


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
