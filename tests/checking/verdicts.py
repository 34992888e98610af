"""Judge functions of known kinds and print what the checks say, as JSON lines.

``python -m tests.checking.verdicts STEP FIRST [PREFIX]`` takes every STEP-th function, from number
FIRST on, of the exercises whose ids begin so: of each its reference, its misconceptions, the right
functions in other styles and the odd ones. A line holds id, kind of function, report and seconds.
tests/checking/test_tab.py runs it in two Pythons.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import islice

from grader.audit.odd import SECONDS, dressed, odd_functions
from grader.audit.styles import styles
from grader.checking.definitions import all_definitions, lecture_of
from grader.checking.exercise import Exercise
from grader.checking.notebook import check_function

# A tab has less memory, and says so. A recipe trains a network, which takes a tab a minute.
ELSEWHERE = {"odd returns 10^8 numbers", "recipe.my_recipe"}


def functions(exercise: Exercise) -> Iterator[tuple[str, Callable, float | None]]:
    """What is judged, by its kind and name, and within how many seconds."""
    yield "reference", exercise.reference, None
    for known in exercise.misconceptions:
        yield f"misconception {known.name}", known.function, None
    for name, function in styles(exercise, lecture_of(exercise.id)):
        yield f"style {name}", function, None
    for odd in (*odd_functions(), *dressed()):
        seconds = SECONDS if odd.hangs else None
        yield f"odd {odd.name}", odd.make(exercise.reference), seconds


def main(step: int, first: int, prefix: str = "") -> None:
    """Judge and print."""
    warnings.simplefilter("ignore")
    exercises = [d for d in all_definitions().values() if isinstance(d, Exercise)]
    every = (
        (exercise, *found)
        for exercise in exercises
        if exercise.id.startswith(prefix)
        for found in functions(exercise)
        if not ELSEWHERE.intersection((exercise.id, found[0]))
    )
    for exercise, name, function, seconds in islice(every, first, None, step):
        begin = time.perf_counter()
        report = check_function(exercise, function, seconds=seconds)
        known = report.diagnosis.name if report.diagnosis else None
        said = [report.verdict, report.score, known, report.as_text()]
        line = [exercise.id, name, said, round(time.perf_counter() - begin, 3)]
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:4])
