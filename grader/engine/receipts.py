"""Receipts: what was graded, on which cases, with which verdicts. One JSON file per submission."""

import datetime
import json
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from grader.engine import digests

FOLDER = "receipts"

Receipt = dict[str, Any]


def place(root: str | Path, student: str, assignment: str) -> Path:
    """Where a receipt is kept.

    Args:
        root: the course directory.
        student, assignment: whose.
    """
    return Path(root, FOLDER, student, f"{assignment}.json")


def made(
    result: dict[str, Any],
    notebooks: dict[str, list],
    *,
    submission: str,
    digest: str,
    all_cells: bool,
) -> Receipt:
    """A receipt of this moment.

    Args:
        result: what became of the submission, as ``autograde --json`` prints it.
        notebooks: by notebook the entries of its checks.
        submission: its folder, relative to the course directory.
        digest: of the folder's files.
        all_cells: whether demos were run.
    """
    return {
        **result,
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "submission": submission,
        "digest": digest,
        "all_cells": all_cells,
        "versions": dict(versions()),
        "notebooks": notebooks,
    }


@cache
def versions() -> dict[str, str]:
    """What a grading depends on, of packages and of the grader itself."""
    packages = {name: version(name) for name in ("numpy", "nbgrader", "ipython")}
    return {**packages, "grader": digests.of_tool()}


def write(path: Path, receipt: Receipt) -> None:
    """Put a receipt in its place, whole or not at all.

    Args:
        path: see :func:`place`.
        receipt: see :func:`made`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.partial")
    beside.write_text(json.dumps(receipt, indent=1) + "\n", encoding="utf-8")
    os.replace(beside, path)


def read(path: Path) -> Receipt | None:
    """A receipt, or None where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    fits = (
        isinstance(found, dict) and "digest" in found and isinstance(found.get("notebooks"), dict)
    )
    return found if fits else None


def of_class(root: str | Path, assignment: str) -> dict[str, Receipt]:
    """The receipts of an assignment by student.

    Args:
        root: the course directory.
        assignment: "02_sorting".
    """
    paths = sorted(Path(root, FOLDER).glob(f"*/{assignment}.json"))
    found = ((path.parent.name, read(path)) for path in paths)
    return {student: receipt for student, receipt in found if receipt is not None}


def entries(receipt: Receipt) -> dict[str, dict[str, Any]]:
    """A receipt's checks by the id of their exercise or question."""
    found = (e for notebook in receipt["notebooks"].values() for e in notebook)
    return {e["id"]: e for e in found if "id" in e}
