"""The course as a submission may see it: the library without the answers, data, a silent client."""

import ast
import shutil
from collections.abc import Sequence
from pathlib import Path

from grader.checking.definitions import withheld
from grader.course import Course

_TOOL = Path(__file__).resolve().parent.parent
LARGEST_DATA = 8 << 20
# What a library may keep beside its modules.
TABLES = (".csv", ".js", ".json", ".npy", ".npz", ".toml", ".txt")

# What of the grader runs beside the student's code. None of these modules knows an answer.
_UNTRUSTED = (
    "checking/__init__.py",
    "checking/drivers.py",
    "checking/floating.py",
    "checking/platform.py",
    "checking/probe.py",
    "checking/trail.py",
    "checking/values.py",
    "engine/__init__.py",
    "engine/sandbox.py",
    "engine/seccomp.py",
    "engine/wire.py",
    "engine/worker.py",
)

_CLIENT = '''"""Stands in for the checker in grading; the grader judges outside."""


class _Later:
    def __repr__(self):
        return "0"


def check(*_args, **_kwargs):
    """Judged by the grader, outside this process."""
    return _Later()


def hint(*_args, **_kwargs):
    """There are no hints while grading."""
    return None


def failing(*_args, **_kwargs):
    """There are no cases while grading."""
    return {}


def borrow(*_args, **_kwargs):
    """Nothing is lent while grading: what was borrowed counts as not written."""
    return None


def progress():
    """There is no progress page while grading."""
    return None


def review():
    """Nothing is recalled while grading."""
    return None


def certificate(*_args, **_kwargs):
    """There is no certificate while grading."""
    return None


def save_work():
    """Nothing is saved while grading."""
    return None


def restore_work(*_args, **_kwargs):
    """Nothing is brought back while grading."""
    return None
'''


def stage(lectures: Sequence[str], folder: Path, course: Course) -> None:
    """Write what a worker may read into an empty folder.

    The functions of the library that are exercises of these lectures, and those that their
    definitions withhold besides, keep their signature and lose their body.

    Args:
        lectures: "02_sorting"; none withholds nothing.
        folder: where to.
        course: the course.

    Raises:
        ValueError: something is to be withheld that the library does not have.
    """
    _stage_library(course, folder, {id for name in lectures for id in withheld(name)})
    for name in _UNTRUSTED:
        _copy(_TOOL / name, folder / "grader" / name)
    (folder / "grader" / "__init__.py").write_text(_CLIENT, encoding="utf-8")
    (folder / "lectures").mkdir()
    (folder / "lectures" / "__init__.py").touch()
    for name in course.drivers():
        _copy(course.root / name, folder / name)
    (folder / "data").mkdir()
    for item in sorted(course.data_folder.glob("*")):
        if item.is_file() and item.stat().st_size <= LARGEST_DATA:
            shutil.copyfile(item, folder / "data" / item.name)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _stage_library(course: Course, folder: Path, absent: set[str]) -> None:
    names: dict[str, set[str]] = {}  # of the functions that are absent, by their module
    for id in absent:
        names.setdefault(id.rpartition(".")[0], set()).add(id.rpartition(".")[2])
    library = course.root / course.library
    for source in sorted(library.rglob("*")):
        *packages, stem = source.relative_to(library).with_suffix("").parts
        # Editors keep copies, .ipynb_checkpoints/sorting-checkpoint.py: they hold the answers.
        if not all(map(str.isidentifier, packages)):
            continue
        target = folder / source.relative_to(course.root)
        if source.suffix in TABLES:
            _copy(source, target)
        elif source.suffix == ".py" and stem.isidentifier():
            module = ".".join(packages if stem == "__init__" else [*packages, stem])
            text = source.read_text(encoding="utf-8")
            target.parent.mkdir(parents=True, exist_ok=True)
            if module in names:
                text = strip(text, names.pop(module))
            target.write_text(text, encoding="utf-8")
    if names:
        unknown = ", ".join(f"{course.library}.{module}" for module in sorted(names))
        raise ValueError(f"functions are to be withheld of modules that are not there: {unknown}")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def strip(source: str, names: set[str]) -> str:
    """Source code in which the named functions and classes raise instead of answering.

    Args:
        source: a module of the library.
        names: top-level functions and classes whose bodies go.

    Raises:
        ValueError: a name is not defined in the source.
    """
    tree = ast.parse(source)
    found = set()
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names:
            found.add(node.name)
            tree.body[index] = _hollow(node)
    if found != names:
        raise ValueError(f"not defined at the top level: {', '.join(sorted(names - found))}")
    return ast.unparse(tree)


def _hollow(node: ast.FunctionDef | ast.ClassDef) -> ast.stmt:
    message = f"{node.name} is an exercise of this lecture: write it in the notebook"
    refusal = ast.parse(f"raise NotImplementedError({message!r})").body
    if isinstance(node, ast.ClassDef):
        init = ast.parse("def __init__(self, *args, **kwargs): pass").body[0]
        assert isinstance(init, ast.FunctionDef)
        init.body = refusal
        return ast.ClassDef(node.name, [], [], [init], [])
    node.body = refusal
    node.decorator_list = []
    return node
