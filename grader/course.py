"""What a course is: a folder with a library, lectures about it, and what is built of them.

The tool knows no course. It finds the one that it works on and reads ``lectures/course.toml``::

    title = "Algorithms"
    id = "algorithms"        # names the gradebook's course and the secret of its hidden cases
    library = "algorithms"   # the package whose functions are the exercises
    data = ["cities.csv"]    # files of data/ that the lectures read
    demo = ["02_sorting"]    # the lectures that `python -m grader demo` grades
    credit = 0.5             # share of the points for an answer in another convention
    solutions = true         # who is stuck may see a solution, or borrow it without points

Beside that file each lecture has a room, ``lectures/NN_name/``. docs/your_own_course.md says what
stands in it.
"""

from __future__ import annotations  # an old Python must be able to read this

import importlib
import importlib.util
import keyword
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, entry_points
from pathlib import Path
from types import ModuleType

from grader.checking import platform

FILE = Path("lectures", "course.toml")
VARIABLE = "GRADER_COURSE"
# An installed course names its package of lectures here.
GROUP = "grader.course"

_ROOM = re.compile(r"\d\d_\w+")
_KEYS = {
    "title": str,
    "id": str,
    "library": str,
    "data": list,
    "demo": list,
    "credit": float,
    "solutions": bool,
}
_NAMES = {"id": r"[A-Za-z0-9][\w-]*", "library": r"[A-Za-z_]\w*"}
# Packages that a library would hide from everything that imports them.
TAKEN = frozenset(
    {"grader", "lectures", "numpy", "matplotlib", "IPython", "ipywidgets", "nbgrader"}
)


class CourseError(Exception):
    """A course is written in a way that cannot work; the message says what to change."""


class NoCourse(CourseError, LookupError):
    """There is no course here, or its description is wrong; the message says what to do."""


@dataclass(frozen=True)
class Course:
    """A course.

    Args:
        root: its folder, with ``lectures/``, the library and what is built.
        title: as people call it.
        id: as files and gradebooks call it: letters, digits, "-" and "_".
        library: the package that holds the reference functions.
        data: the files of ``data/`` that it needs.
        demo: the lectures that the demo grades; none means all.
        credit: the share of the points for what is right by another convention than the course's.
        solutions: whether a student who is stuck may see a solution, and borrow it without points.
    """

    root: Path
    title: str
    id: str
    library: str
    data: tuple[str, ...] = ()
    demo: tuple[str, ...] = ()
    credit: float = 0.5
    solutions: bool = True

    @property
    def data_folder(self) -> Path:
        """Where its data lies: ``data/``; of an installed course beside its lectures."""
        installed = self.root / "lectures" / "data"
        return installed if installed.is_dir() else self.root / "data"

    @property
    def lectures(self) -> tuple[str, ...]:
        """The names of its lectures, "02_sorting", in order."""
        rooms = (path for path in (self.root / "lectures").iterdir() if path.is_dir())
        return tuple(sorted(path.name for path in rooms if _ROOM.fullmatch(path.name)))

    @property
    def home(self) -> Path:
        """Where a student's work is kept: its folder, with what is built of the lectures.

        An installed package has no such folder; then it is the working directory, or in a browser's
        tab the drive.
        """
        return platform.home(self.root)

    @property
    def notebooks(self) -> Path:
        """Where the notebooks lie in which a student works."""
        return self.home / "notebooks"

    def module(self, name: str) -> ModuleType | None:
        """A module of its lectures; None where the course has none of this name.

        Args:
            name: "syllabus", "02_sorting.styles".
        """
        full = f"lectures.{name}"
        try:
            return importlib.import_module(full)
        except ModuleNotFoundError as error:
            if error.name and f"{full}.".startswith(f"{error.name}."):
                return None
            raise

    def drivers(self) -> list[Path]:
        """The files whose functions call the student's, from the root; they hold no answers."""
        found = (self.root / "lectures").glob("**/drivers.py")
        return sorted(path.relative_to(self.root) for path in found)


@cache
def current() -> Course:
    """The course that this process works on.

    It is the folder that the variable GRADER_COURSE names; else the nearest folder, from the
    working directory up, that holds ``lectures/course.toml``; else the course that is installed.
    Its root becomes the first place from which Python imports.

    Raises:
        NoCourse: there is none, or more than one is installed.
    """
    course = read(_root())
    sys.path.insert(0, str(course.root))
    if os.environ.get(VARIABLE):  # processes that start in another folder must find it, too
        os.environ[VARIABLE] = str(course.root)
    return course


def read(root: Path) -> Course:
    """Read a course's description.

    Args:
        root: its folder.

    Raises:
        NoCourse: the description is missing, or says something that a course cannot be or that its
            folder does not hold.
    """
    import tomllib

    path = root / FILE
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NoCourse(f"{path} cannot be read: {error}") from None
    for key, value in found.items():
        if key not in _KEYS:
            raise NoCourse(f"{path}: {key!r} is not known; known are {', '.join(_KEYS)}")
        items = value if isinstance(value, list) else ()
        fits = isinstance(value, (int, float) if _KEYS[key] is float else _KEYS[key])
        if not fits or not all(isinstance(item, str) for item in items):
            wanted = {
                list: "a list of names",
                str: "a text",
                float: "a number such as 0.5",
                bool: "true or false",
            }[_KEYS[key]]
            raise NoCourse(f"{path}: {key} is {value!r}, expected {wanted}")
    for key in ("title", "id", "library"):
        if not found.get(key):
            raise NoCourse(f'{path}: {key} is missing, expected a line {key} = "..."')
    for key, what in _NAMES.items():
        if not re.fullmatch(what, found[key]):
            raise NoCourse(f"{path}: {key} is {found[key]!r}, expected letters, digits and _")
    credit = found.get("credit", 0.5)
    if not 0 <= credit <= 1:
        raise NoCourse(f"{path}: credit is {credit}, expected a number from 0 to 1")
    course = Course(
        root.resolve(),
        found["title"],
        found["id"],
        found["library"],
        data=tuple(found.get("data", ())),
        demo=tuple(found.get("demo", ())),
        credit=credit,
        solutions=found.get("solutions", True),
    )
    for problem in _missing(course):
        raise NoCourse(f"{path}: {problem}")
    return course


def _missing(course: Course) -> Iterator[str]:
    """What the description names and the folder does not hold."""
    name = course.library
    if name in TAKEN or name in sys.stdlib_module_names or keyword.iskeyword(name):
        yield f"library is {name!r}, expected a name that Python and the tool do not use"
    # Without this file, Python would import an installed package of the same name instead.
    for package in (name, "lectures"):
        if not (course.root / package / "__init__.py").is_file():
            yield f"there is no package {package!r}: expected a file {package}/__init__.py"


def installed() -> dict[Path, Distribution]:
    """The folders of the installed courses, and the distributions that brought them."""
    found = {}
    for point in entry_points(group=GROUP):
        spec = importlib.util.find_spec(point.value)
        if spec and spec.origin and point.dist:
            found[Path(spec.origin).resolve().parents[1]] = point.dist
    return found


def _root() -> Path:
    if named := os.environ.get(VARIABLE):
        return Path(named)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return folder
    roots = list(installed())
    if len(roots) == 1:
        return roots[0]
    where = f"{here} and the folders above it hold no {FILE.as_posix()}"
    if roots:
        several = ", ".join(sorted(map(str, roots)))
        raise NoCourse(f"{where}; installed are {several}: name one by {VARIABLE}")
    raise NoCourse(
        f"{where}, and no course is installed: go to a course's folder, name it by {VARIABLE}, or "
        "make one with `python -m grader new FOLDER`"
    )
