"""``python -m grader replay RECEIPT``: the same submission, the same cases, the same verdict?"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from grader.engine import receipts
from grader.engine.command import READING, converter, select
from grader.engine.files import digest
from grader.engine.handed_in import handed_in

_COMPARED = ("inputs", "outputs", "verdict", "score")


class ReplayError(Exception):
    """A receipt that cannot be replayed; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("receipt", type=Path, help="receipts/<student>/<assignment>.json")


def run(args: argparse.Namespace) -> int:
    """Replay and print a line per exercise; 0 when everything is reproduced."""
    try:
        lines = list(replay(args.receipt))
    except ReplayError as error:
        print(error, file=sys.stderr)
        return 1
    for id, differing in lines:
        said = f"NOT reproduced: {', '.join(differing)}" if differing else "reproduced"
        print(f"{id:<44} {said}")
    return 1 if any(differing for _, differing in lines) else 0


def replay(path: Path) -> list[tuple[str, list[str]]]:
    """Run the submission of a receipt again with the seeds it names.

    Args:
        path: the receipt, in the course directory's ``receipts/<student>/``.

    Returns:
        For each check its id and what is not reproduced: "inputs", "outputs" (digests), "verdict",
        "score".

    Raises:
        ReplayError: it is no receipt, it lies in a submission, or the submission has changed.
    """
    course = path.resolve().parent.parent.parent
    if handed_in(path) or path.resolve().parent.parent.name != "receipts":
        raise ReplayError(f"{path} is no receipt of this course: those lie in its receipts/.")
    receipt = _read(path)
    submission = course / receipt["submission"]
    if not submission.is_dir():
        raise ReplayError(f"The submission {receipt['submission']} is not there any more.")
    if digest(submission) != receipt["digest"]:
        raise ReplayError(
            f"The submission {receipt['submission']} has changed since it was graded."
        )
    entries = [e for notebook in receipt["notebooks"].values() for e in notebook if "id" in e]
    again = _again(course, receipt, {e["id"]: e["seed"] for e in entries if "seed" in e})
    return [
        (e["id"], [key for key in _COMPARED if e.get(key) != again.get(e["id"], {}).get(key)])
        for e in entries
    ]


def _again(course: Path, receipt: dict[str, Any], seeds: dict[str, int]) -> dict[str, Any]:
    names = {key: receipt[key] for key in ("assignment", "student", "all_cells")}
    before = os.getcwd()
    os.chdir(course)
    grade = converter(READING | names)
    try:
        notebooks = grade.rerun(*select(grade, receipt["student"]), seeds)
    finally:
        grade.close()
        os.chdir(before)
    return {e["id"]: e for notebook in notebooks.values() for e in notebook if "id" in e}


def _read(path: Path) -> dict[str, Any]:
    receipt = receipts.read(path)
    if not path.is_file():
        raise ReplayError(f"{path}: no such file.")
    if receipt is None:
        raise ReplayError(f"{path} is no receipt of `python -m grader autograde`.")
    return receipt
