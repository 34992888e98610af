"""Searches a lecture's staged library for routes to its exercises: ``python -m tests.security.routes``.

The library is staged as a submission sees it. What is tried with it, see
:mod:`tests.security.route_search`.
"""

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from grader.checking.definitions import exercises_of, lectures
from grader.checking.exercise import Exercise
from grader.checking.probe import observe
from grader.course import current
from grader.engine.staging import stage

SEARCH = Path(__file__).with_name("route_search.py")


def search(
    lecture: str, depth: int, ids: Collection[str] = (), *, withheld: bool = True
) -> dict[str, list[str]]:
    """The routes to each exercise of a lecture, by its id.

    Args:
        lecture: "02_activations".
        depth: how many functions of the library after one another, 1 or 2.
        ids: exercises to look at; none means all.
        withheld: whether the library lacks what the lecture withholds, as it does in grading.
    """
    exercises = [task(e) for e in exercises_of(lecture) if not ids or e.id in ids]
    with tempfile.TemporaryDirectory() as folder:
        staged, asked = Path(folder, "staged"), Path(folder, "task.pickle")
        staged.mkdir()
        stage([lecture] if withheld else [], staged, current())
        asked.write_bytes(
            pickle.dumps({"library": current().library, "depth": depth, "exercises": exercises})
        )
        done = subprocess.run(
            [sys.executable, SEARCH, asked],
            env=os.environ | {"PYTHONPATH": str(staged), "MPLBACKEND": "agg"},
            cwd=staged,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise RuntimeError(f"{lecture}: {done.returncode} {done.stderr}")
    return json.loads(done.stdout)


def task(exercise: Exercise) -> dict[str, Any]:
    """What the search needs to know of an exercise: cases, and what its reference gives."""
    cases = []
    for case in exercise.draw(np.random.default_rng(0)):
        seen = observe(exercise.reference, case, exercise.driver)
        if case.kind in ("ordinary", "extreme") and not seen.raised:
            asked = {"args": case.args, "kwargs": case.kwargs}
            cases.append({**asked, "scale": case.scale, "expected": seen.output})
    driver = exercise.driver
    return {
        "id": exercise.id,
        "driver": (driver.__module__, driver.__qualname__),
        "plain": driver.__module__ == "grader.checking.drivers" and driver.__name__ == "call",
        "returns": exercise.returns,
        "tolerance": SimpleNamespace(**vars(exercise.tolerance)),
        "cases": cases,
    }


def main() -> int:
    """The whole search, or that of the lectures named; the exit status tells of routes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lectures", nargs="*", default=list(lectures()))
    parser.add_argument("--depth", type=int, default=2, choices=(1, 2))
    args = parser.parse_args()
    any_route = False
    for lecture in args.lectures:
        start = time.perf_counter()
        found = {id: routes for id, routes in search(lecture, args.depth).items() if routes}
        print(f"{lecture}: {time.perf_counter() - start:.0f} s", flush=True)
        for id, routes in found.items():
            any_route = True
            print(f"  {id}", *routes, sep="\n    ", flush=True)
    return any_route


if __name__ == "__main__":
    sys.exit(main())
