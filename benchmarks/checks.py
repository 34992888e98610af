"""How long a check takes, and a whole solution notebook: ``python -m benchmarks.checks [LECTURE]``.

For every exercise the processor time of ``check`` on the right function and on its slowest named
mistake, best of five; then the wall time of the lecture's solution notebook in a real kernel.
"""

import sys
import time
from collections.abc import Callable

import nbformat
from nbclient import NotebookClient

from grader.checking.definitions import exercises_of
from grader.checking.exercise import Exercise
from grader.checking.notebook import check_function
from grader.course import current


def milliseconds(exercise: Exercise, function: Callable) -> float:
    """Processor time of one check, best of five."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        check_function(exercise, function)
        best = min(best, time.process_time() - start)
    return 1e3 * best


def notebook_seconds(lecture: str) -> float:
    """Wall time of a solution notebook, kernel start included."""
    path = current().root / "solutions" / lecture / f"{lecture}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    start = time.perf_counter()
    NotebookClient(notebook, timeout=300, resources=resources).execute()
    return time.perf_counter() - start


def main() -> None:
    chosen = sys.argv[1:] or current().lectures
    for lecture in chosen:
        print(f"{lecture:<48} {'right':>8} {'wrong':>8}  ms")
        for exercise in exercises_of(lecture):
            right = milliseconds(exercise, exercise.reference)
            wrong = max(milliseconds(exercise, m.function) for m in exercise.misconceptions)
            print(f"  {exercise.id:<46} {right:>8.1f} {wrong:>8.1f}")
        print(f"  the solution notebook, top to bottom: {notebook_seconds(lecture):.1f} s")


if __name__ == "__main__":
    main()
