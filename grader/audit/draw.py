"""One draw of an exercise's cases, and what the check says on it of any function."""

from collections.abc import Callable, Sequence

import numpy as np

from grader.checking.exercise import Exercise, Misconception
from grader.checking.judge import judge, judge_case
from grader.checking.probe import CASE_SECONDS, Observation, observe, observe_all
from grader.checking.recognise import Answers
from grader.checking.report import Report, Verdict

# A loop that a mutant made endless is cut off after this many seconds; others need milliseconds.
MUTANT_SECONDS = 2.0


class Draw:
    """One draw of an exercise's cases, with what the reference and the misconceptions answer."""

    def __init__(self, exercise: Exercise, seed: int) -> None:
        self.exercise, self.seed = exercise, seed
        self.cases = exercise.draw(np.random.default_rng(seed))
        self.want = tuple(observe(exercise.reference, c, exercise.driver) for c in self.cases)
        self.answer = Answers(self._observed)

    def objection(self, function: Callable, seconds: float = CASE_SECONDS) -> str:
        """The first thing the check has against a function; "" when it finds it right.

        A check accepts what is right in every case, so the first wrong one decides.

        Args:
            function: what to check.
            seconds: time limit of one call.
        """
        first = None
        for case, want in zip(self.cases, self.want, strict=True):
            got = observe(function, case, self.exercise.driver, seconds)
            first = first or got
            seen = judge_case(self.exercise, case, got, want, first, self.want[0], show=True)
            if seen.verdict is not Verdict.RIGHT:
                return f"{case.name}: {seen.verdict}: {seen.detail}"
        return ""

    def objection_in_ordinary_cases(self, function: Callable) -> str:
        """The same without the cases of huge and tiny numbers."""
        drawn = self.cases, self.want
        kept = [i for i, case in enumerate(self.cases) if not case.extreme]
        self.cases = tuple(self.cases[i] for i in kept)
        self.want = tuple(self.want[i] for i in kept)
        try:
            return self.objection(function)
        finally:
            self.cases, self.want = drawn

    def observed(self, function: Callable) -> list[Observation]:
        """What a function does on the cases, up to the one that says all."""
        return observe_all(function, self.cases, self.exercise.driver, MUTANT_SECONDS)

    def judged(self, got: Sequence[Observation]) -> Report:
        """What the check says about what was seen."""
        return judge(self.exercise, self.cases, got, self.want, self.answer, show=True)

    def report(self, function: Callable) -> Report:
        """What the check says about a function."""
        return self.judged(self.observed(function))

    def name(self, function: Callable) -> str | None:
        """The name that the check gives a wrong function, or None."""
        diagnosis = self.report(function).diagnosis
        return diagnosis.name if diagnosis else None

    def _observed(self, misconception: Misconception, i: int) -> Observation:
        return observe(misconception.function, self.cases[i], self.exercise.driver)

    def names(self) -> dict[str, str | None]:
        """For each misconception the name that the check gives it; None when it has none."""
        return {m.name: self.name(m.function) for m in self.exercise.misconceptions}
