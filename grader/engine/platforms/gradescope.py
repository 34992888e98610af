"""``python -m grader gradescope``: a lecture as an autograder for Gradescope.

The zip file holds what Gradescope asks for, ``setup.sh`` and ``run_autograder``, and the grader
with its course. It holds the answers, so it is for Gradescope only. The contract:
https://gradescope-autograders.readthedocs.io/en/latest/specs/.
"""

import argparse
import ast
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib import metadata
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from grader.course import VARIABLE, Course, current
from grader.engine import secret
from grader.engine.command import READING, converter, enter_course
from grader.engine.handed_in import SETTINGS
from grader.engine.platforms.gradescope_results import LEADERBOARD, VISIBILITIES, failed

_SCRIPTS = Path(__file__).parent / "autograder"
_TOOL = Path(__file__).resolve().parents[2]
# What of the tool grades; the rest builds, measures and shows.
_PARTS = ("__init__.py", "__main__.py", "course.py", "checking", "engine")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".ipynb_checkpoints", ".*")
_OURS = frozenset({"grader", "lectures"})


class NotMade(Exception):
    """The autograder cannot be made; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("assignment", help='the assignment, "02_sorting"')
    parser.add_argument("--to", type=Path, default=Path("autograder.zip"), help="the zip file")
    parser.add_argument(
        "--visibility", choices=VISIBILITIES, default="visible", help="when students see the checks"
    )
    parser.add_argument(
        "--leaderboard", action="store_true", help=f"show a leaderboard of {LEADERBOARD.lower()}"
    )
    parser.add_argument(
        "--allow-unisolated",
        action="store_true",
        help="grade even where submissions cannot be shut in; they can write their own scores then",
    )


def run(args: argparse.Namespace) -> int:
    """Write the zip file; 1 when the assignment is not there."""
    to = args.to.resolve()
    enter_course()
    directory = converter(READING | {"assignment": args.assignment, "db": None}).coursedir
    options = {
        "assignment": args.assignment,
        "visibility": args.visibility,
        "leaderboard": args.leaderboard,
        "allow_unisolated": args.allow_unisolated,
    }
    try:
        make(directory, current(), options, to)
    except NotMade as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{args.to}: {to.stat().st_size >> 10} kB. It holds the answers: give it to nobody else.")
    return 0


def make(directory: CourseDirectory, course: Course, options: dict, to: Path) -> None:
    """Write an autograder.

    Args:
        directory: the course directory, with solutions and settings.
        course: the course.
        options: "assignment", and what the run needs to know besides.
        to: the zip file.

    Raises:
        NotMade: the assignment is not there, or nbgrader cannot release it.
    """
    assignment = options["assignment"]
    with tempfile.TemporaryDirectory(prefix="autograder-") as scratch:
        source = Path(scratch)
        _tool_and_course(course, source / "course")
        _class_folder(directory, assignment, source)
        for script in sorted(_SCRIPTS.iterdir()):
            shutil.copy(script, source / script.name)
            (source / script.name).chmod(0o755)
        needed = "".join(f"{line}\n" for line in requirements(source / "course"))
        (source / "requirements.txt").write_text(needed, encoding="utf-8")
        (source / "settings.json").write_text(json.dumps(options), encoding="utf-8")
        reason = "The grader ended before it had an answer. Please tell your instructor."
        (source / "failed.json").write_text(json.dumps(failed(reason)), encoding="utf-8")
        key = source / "config" / course.id / "secret"
        key.parent.mkdir(parents=True)
        key.write_text(lent_secret(assignment), encoding="ascii")
        key.chmod(0o600)
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as out:
            for path in sorted(source.rglob("*")):
                if path.is_file():
                    out.write(path, path.relative_to(source))


def lent_secret(assignment: str) -> str:
    """The secret of hidden cases for Gradescope's copy: from the course's, which stays here.

    Args:
        assignment: "02_sorting".
    """
    text = f"gradescope\0{assignment}".encode()
    return hmac.new(secret.load(), text, hashlib.sha256).hexdigest()


def requirements(folder: Path) -> list[str]:
    """What a folder's Python files import, none newer than it is here.

    An older Python than this one gets the newest versions that it can have.

    Args:
        folder: packages, all of which are there themselves.
    """
    names = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    theirs = {path.name for path in folder.iterdir()} | _OURS | sys.stdlib_module_names
    known = metadata.packages_distributions()
    found = {known[name][0] for name in names - theirs if name in known}
    return [f"{name}<={metadata.version(name)}" for name in sorted(found)]


def _tool_and_course(course: Course, to: Path) -> None:
    for part in _PARTS:
        _copy(_TOOL / part, to / "grader" / part)
    _copy(course.root / "lectures", to / "lectures")
    _copy(course.root / course.library, to / course.library)
    if course.data_folder.is_dir() and not course.data_folder.is_relative_to(
        course.root / "lectures"
    ):
        (to / "data").mkdir()
        for name in course.data:
            shutil.copy(course.data_folder / name, to / "data" / name)


def _copy(source: Path, to: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, to, ignore=_LEFT_OUT)
    else:
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, to)


def _class_folder(directory: CourseDirectory, assignment: str, source: Path) -> None:
    """A course directory with this assignment released, and a gradebook without students."""
    to, root = source / "class", Path(directory.root)
    written = Path(directory.format_path(directory.source_directory, ".", assignment))
    if not written.is_dir():
        raise NotMade(f"{written} is not there: `python -m grader build` makes it")
    _copy(written, to / os.path.relpath(written, root))
    _copy(root / SETTINGS, to / SETTINGS)
    course = str(source / "course")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "nbgrader", "generate_assignment", assignment,
         "--force", f"--db=sqlite:///{to}/gradebook.db"],
        cwd=to, env={**os.environ, "PYTHONPATH": course, VARIABLE: course},
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise NotMade(f"nbgrader cannot release {assignment}: {done.stderr[-1000:]}")
