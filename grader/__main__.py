"""The command line: ``python -m grader COMMAND``, also installed as ``grader``."""

from __future__ import annotations  # the doctor must be able to say that a Python is too old

import argparse
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from grader.course import FILE, CourseError

# name: (module, what it does). The module has add_arguments(parser) and run(args) -> exit status;
# it is imported only when its command is called.
COMMANDS = {
    "audit": ("grader.audit.command", "measure how good the checks are"),
    "demo": ("grader.engine.demo", "grade a small bundled class end to end"),
    "autograde": ("grader.engine.command", "grade a class, each submission in its own sandbox"),
    "report": ("grader.engine.class_report", "say what a class understood, and what to teach"),
    "collect": ("grader.engine.platforms.collect", "take in what a learning platform exports"),
    "scores": ("grader.engine.platforms.scores", "fill in the table that a platform imports"),
    "feedback": ("grader.engine.platforms.hand_back", "zip feedback as a platform takes it"),
    "gradescope": ("grader.engine.platforms.gradescope", "write an autograder for Gradescope"),
    "replay": ("grader.engine.replay", "run a graded submission again as its receipt says"),
    "copy-gradebook": ("grader.engine.copy_gradebook", "move a gradebook, as to PostgreSQL"),
    "certificate": ("grader.checking.certificate", "hold a certificate against a record"),
    "doctor": ("grader.doctor", "say what is missing on this machine, and the mend"),
    "release": ("grader.handout.command", "write a hand-out of lectures, without answers"),
    "build": ("grader.authoring.build", "build notebooks and pages from the lectures"),
    "new": ("grader.authoring.new", "write a small course that runs, to be made your own"),
}


def program() -> None:
    """Be the program ``grader``: `main`, and then the end of the process."""
    status = main()
    # While Python takes itself apart Ctrl-C would kill it, as if the work were not done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(status)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    It is 2 where the course itself is at fault, and 130 after Ctrl-C.
    """
    try:
        return _run(argv)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def _run(argv: Sequence[str] | None) -> int:
    argv = sys.argv[1:] if argv is None else list(argv)
    parser = argparse.ArgumentParser(
        prog="python -m grader", description="Checks and grades a course in notebooks."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module_name, summary) in COMMANDS.items():
        if not _is_there(module_name):
            continue
        command = commands.add_parser(name, help=summary, description=f"{summary.capitalize()}.")
        if argv[:1] == [name]:
            module = _module(module_name, parser)
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    args = parser.parse_args(argv)
    try:
        return args.run(args)
    except CourseError as error:
        print(f"{_where(error)}{error}", file=sys.stderr)
        return 2


def _where(error: CourseError) -> str:
    """The line of the lectures that led to an error, "lectures/02_sorting/exercises.py:7: "."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        folder, found, name = frame.filename.replace(os.sep, "/").rpartition("/lectures/")
        if found and os.path.isfile(f"{folder}/{FILE.as_posix()}"):
            return f"lectures/{name}:{frame.lineno}: "
    return ""


def _is_there(name: str) -> bool:
    """Whether a module of the tool is installed here; a hand-out has a part of them."""
    here = Path(__file__).parent.joinpath(*name.split(".")[1:])
    return here.with_suffix(".py").is_file()


def _module(name: str, parser: argparse.ArgumentParser) -> ModuleType:
    """A command's module. What its imports need is an extra with the name of its package."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not error.name or error.name.partition(".")[0] == "grader":
            raise
        extra = name.split(".")[1]
        parser.error(f'{error.name} is missing: pip install "deep-training-grader[{extra}]"')


if __name__ == "__main__":
    program()
