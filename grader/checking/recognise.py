"""Finds the misconception behind a wrong function.

A name is given for what was seen, not for what it resembles: where the student's function is wrong,
it must answer as the misconception does. What a case shows is taken in pieces, one for each output,
so that a mistake made in one phase or in one output only is found, too, and said to be that.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checking.exercise import Case, Exercise, Misconception
from grader.checking.probe import Observation
from grader.checking.report import CaseResult, Diagnosis, Verdict
from grader.checking.telling import listed, questions, without, without_praise
from grader.checking.values import difference

Piece = tuple[int, Any]  # number of the case; position or key of the output, None for all of it

# Of a random answer with one of these verdicts it is compared how it is built.
FORMS = frozenset({Verdict.WRONG_SHAPE, Verdict.WRONG_TYPE})

# Two misconceptions together are looked for among at most this many.
_MOST_PAIRED = 12


@dataclass(frozen=True)
class Found:
    """What was recognised.

    Args:
        misconceptions: one, or two that together explain every wrong piece.
        message: what may be said of it, each sentence true of what was seen.
        convention: whether the whole function is right by another convention.
    """

    misconceptions: tuple[Misconception, ...]
    message: str
    convention: bool = False

    def diagnosis(self) -> Diagnosis:
        """Its name and message, for a report."""
        return Diagnosis(" and ".join(m.name for m in self.misconceptions), self.message)


class Answers:
    """What the misconceptions of an exercise do on one draw of its cases, each found out once.

    Functions that are judged on the same draw can share it.

    Args:
        observed: calls a misconception on the case of a number.
    """

    def __init__(self, observed: Callable[[Misconception, int], Observation]):
        self._observed = observed
        self._seen: dict[tuple[str, int], Observation] = {}
        self.results: dict[tuple[str, int], CaseResult] = {}
        self.wrong: dict[tuple[str, int], list[Piece]] = {}
        self.measured: dict[tuple[str, int], dict[str, tuple[float, float]]] = {}

    def __call__(self, misconception: Misconception, i: int) -> Observation:
        """What a misconception does on the case of a number."""
        key = misconception.name, i
        if key not in self._seen:
            self._seen[key] = self._observed(misconception, i)
        return self._seen[key]


def recognise(
    exercise: Exercise,
    cases: Sequence[Case],
    got: Sequence[Observation],
    want: Sequence[Observation],
    results: Sequence[CaseResult],
    answers: Answers,
    judged: Callable[[int, Observation, Observation], CaseResult],
) -> Found | None:
    """The misconception that answers like the student's function, or None.

    Args:
        exercise: its definition.
        cases: the cases that were run.
        got, want: what the student's function and the reference did on each.
        results: how each case went.
        answers: of the misconceptions; asked for as few as possible.
        judged: the verdict on a case, from its number, what the function did there, and what it
            did on the first case.
    """
    look = _Look(exercise, cases, got, want, results, answers, judged)
    found = look.at_ordinary_cases() if look.wrong else None
    return found or (None if look.computed else look.at_the_others())


class _Look:
    """One wrong function, held against the misconceptions of its exercise."""

    def __init__(
        self,
        exercise: Exercise,
        cases: Sequence[Case],
        got: Sequence[Observation],
        want: Sequence[Observation],
        results: Sequence[CaseResult],
        answers: Answers,
        judged: Callable[[int, Observation, Observation], CaseResult],
    ):
        self._exercise, self._cases, self._got, self._want = exercise, cases, got, want
        self._results, self._answers, self._judged = results, answers, judged
        reached = range(min(len(got), len(cases)))
        self._ordinary = [i for i in reached if cases[i].kind == "ordinary"]
        self._measured: dict[int, dict[str, tuple[float, float]]] = {}
        self._all_wrong = [
            p for i in self._ordinary for p in self._wrong_pieces(i, got[i], lambda i=i: results[i])
        ]
        # A name is found by what is computed, not by what a cache or a state holds, nor by an
        # error that was promised: two functions can share a mistake and differ there.
        self.computed = [p for p in self._all_wrong if not self._aside(p)]
        self.wrong = self.computed or self._all_wrong

    def at_ordinary_cases(self) -> Found | None:
        """By the pieces that are wrong in ordinary cases."""
        first = self.wrong[0][0]
        begun = [p for p in self.wrong if p[0] == first]
        candidates = [m for m in self._exercise.misconceptions if self._covered(m, begun)]
        whole = [m for m in candidates if len(self._covered(m, self.wrong)) == len(self.wrong)]
        found = [f for m in whole if (f := self._nearness(m))]
        if found:
            _, misconception, more = min(found, key=lambda f: f[0])
            return self._single(misconception, more)
        if self._exercise.properties or not self._speaks(self.wrong):
            return None
        return self._pair(candidates) or self._in_part(candidates)

    def at_the_others(self) -> Found | None:
        """By where it fails: the function is right in ordinary cases, in huge ones it is not."""
        failing = _failing(self._results)
        found: list[tuple[int, int, Misconception]] = []
        for order, misconception in enumerate(self._exercise.misconceptions):
            if any(self._theirs(misconception, i) for i in self._ordinary):
                continue
            judged = [self._result(misconception, i) for i in range(len(self._got))]
            if failing & _failing(judged):
                found.append((len(failing ^ _failing(judged)), order, misconception))
        if not found:
            return None
        misconception = min(found, key=lambda f: f[:2])[2]
        return self._single(misconception)

    def _nearness(
        self, misconception: Misconception
    ) -> tuple[tuple[int, int, int], Misconception, list[Piece]] | None:
        """How near a misconception comes that explains all that is wrong; None if too little.

        With it the misconception, and the pieces that it has wrong and the student's has not.
        """
        theirs = [p for i in self._ordinary for p in self._theirs(misconception, i)]
        more = [p for p in theirs if p not in self.wrong and not self._aside(p)]
        if more and not self._speaks(self.wrong):
            return None  # a 0 or a word can be the same by chance
        order = self._exercise.misconceptions.index(misconception)
        others = 0
        if not more:
            judged = [self._result(misconception, i) for i in range(len(self._got))]
            others = len(_failing(self._results) ^ _failing(judged))
        return (len(more), others, order), misconception, more

    def _single(self, misconception: Misconception, more: Sequence[Piece] = ()) -> Found:
        """One misconception, and what of its message is true here.

        Args:
            misconception: it explains what is wrong.
            more: what it has wrong besides, and the student's function has not.
        """
        scope, right = self._scope(more)
        message = misconception.message
        modest = without_praise(message)
        if modest != message and not self._explains_all(misconception):
            message = modest
        if right:
            message = without(message, right)
        convention = misconception.convention and not scope
        return Found((misconception,), "\n".join(filter(None, (scope, message))), convention)

    def _explains_all(self, misconception: Misconception) -> bool:
        """Whether nothing is wrong, in any case, that is not wrong with the misconception, too."""
        for i, verdict in _failing(self._results):
            its = self._result(misconception, i).verdict
            if its is Verdict.RIGHT or (its is not verdict and i not in self._ordinary):
                return False
        return all(piece in self._theirs(misconception, piece[0]) for piece in self._all_wrong)

    def _result(self, misconception: Misconception, i: int) -> CaseResult:
        """How a case goes with a misconception; judged once."""
        key = misconception.name, i
        if key not in self._answers.results:
            seen = self._answers(misconception, i)
            first = seen if i in self._ordinary else self._answers(misconception, 0)
            self._answers.results[key] = self._judged(i, seen, first)
        return self._answers.results[key]

    def _theirs(self, misconception: Misconception, i: int) -> list[Piece]:
        """The pieces of a case that are wrong with a misconception; found once."""
        key = misconception.name, i
        if key not in self._answers.wrong:
            seen = self._answers(misconception, i)
            found = self._wrong_pieces(i, seen, lambda: self._result(misconception, i))
            self._answers.wrong[key] = found
        return self._answers.wrong[key]

    def _pair(self, candidates: Sequence[Misconception]) -> Found | None:
        """Two misconceptions, each of which explains pieces that the other does not."""
        for one in candidates:
            covered = self._covered(one, self.wrong, to_the_end=True)
            left = [p for p in self.wrong if p not in covered]
            for other in self._exercise.misconceptions[:_MOST_PAIRED]:
                if other is not one and len(self._covered(other, left)) == len(left):
                    if self._speaks(covered) and self._speaks(left):
                        said = self._of_two(one, covered, left), self._of_two(other, left, covered)
                        return Found((one, other), "\n".join(("Two things at once.", *said)))
        return None

    def _in_part(self, candidates: Sequence[Misconception]) -> Found | None:
        """A misconception that explains most of what is wrong, where no known one does the rest.

        It must answer alike in all that is wrong of two cases or more.
        """
        found: list[tuple[int, int, int, Misconception, list[int]]] = []
        for order, one in enumerate(candidates):
            covered = self._covered(one, self.wrong, to_the_end=True)
            left = {i for i, _ in self.wrong} - {i for i, _ in covered}
            left |= {i for i, key in self.wrong if (i, key) not in covered}
            cases = [i for i in dict.fromkeys(i for i, _ in covered) if i not in left]
            if len(cases) >= 2 and 2 * len(covered) > len(self.wrong) and self._speaks(covered):
                theirs = [p for i in self._ordinary for p in self._theirs(one, i)]
                more = [p for p in theirs if p not in self.wrong and not self._aside(p)]
                found.append((-len(covered), len(more), order, one, cases))
        if not found:
            return None
        *_, one, cases = min(found, key=lambda f: f[:3])
        names = [f"“{self._cases[i].name}”" for i in cases[:3]]
        if len(cases) > len(names):
            names.append("others")
        said = f"So it is in {listed(names)}. Elsewhere this alone does not explain your numbers."
        return Found((one,), f"{said}\n{questions(one.message)}")

    def _of_two(
        self, misconception: Misconception, pieces: Sequence[Piece], others: Sequence[Piece]
    ) -> str:
        """One mistake of two: where it is seen, its name, its question.

        What else its message says was written for functions that make this mistake alone.
        """
        keys, cases = (dict.fromkeys(p[k] for p in pieces) for k in (1, 0))
        name = misconception.name
        if None not in keys and not keys.keys() & {key for _, key in others}:
            where = listed(f"`{self._name(key)}`" for key in keys)
        elif not cases.keys() & {i for i, _ in others} and len(cases) <= 2:
            where = listed(f"“{self._cases[i].name}”" for i in cases)
        else:
            where, name = "", name[0].upper() + name[1:]
        return f"{where}{': ' if where else ''}{name}. {questions(misconception.message)}"

    def _covered(
        self, misconception: Misconception, pieces: Sequence[Piece], to_the_end: bool = False
    ) -> list[Piece]:
        """Those of the pieces in which the misconception gives the same wrong answer.

        Unless asked for all, it stops at the first case in which one is missing.
        """
        found: list[Piece] = []
        for i in dict.fromkeys(i for i, _ in pieces):
            wrong = self._theirs(misconception, i)
            mine = [p for p in pieces if p[0] == i]
            same = [p for p in mine if p in wrong and self._same(p, misconception)]
            found += same
            if len(same) < len(mine) and not to_the_end:
                break
        return found

    def _wrong_pieces(
        self, i: int, seen: Observation, result: Callable[[], CaseResult]
    ) -> list[Piece]:
        if self._exercise.properties:
            return [] if result().verdict is Verdict.RIGHT else [(i, None)]
        want = self._want[i]
        if seen.raised or want.raised or _parts(self._exercise, seen) is None:
            return [] if self._same_answer(i, seen, want) else [(i, None)]
        return [
            (i, key)
            for key in _parts(self._exercise, want) or {None: None}
            if not self._same_part(i, key, seen, want)
        ]

    def _same(self, piece: Piece, misconception: Misconception) -> bool:
        i, key = piece
        mine, theirs = self._got[i], self._answers(misconception, i)
        if self._exercise.properties:
            return self._measured_alike(i, mine, theirs, misconception)
        if key is None:
            return self._same_answer(i, mine, theirs)
        return self._same_part(i, key, mine, theirs)

    def _measured_alike(
        self, i: int, mine: Observation, theirs: Observation, misconception: Misconception
    ) -> bool:
        """Whether what was measured of two random functions is the same, up to chance."""
        if mine.raised or theirs.raised:
            return self._same_answer(i, mine, theirs)
        result, its = self._results[i], self._result(misconception, i)
        if result.verdict is not its.verdict or _property(result) != _property(its):
            return False
        if result.verdict in FORMS:
            return _shapes(mine.output) == _shapes(theirs.output)
        measure = self._exercise.measure
        if measure is None or result.verdict is not Verdict.WRONG_VALUE:
            return True
        if i not in self._measured:
            self._measured[i] = measure(self._cases[i], mine.output)
        key = misconception.name, i
        if key not in self._answers.measured:
            self._answers.measured[key] = measure(self._cases[i], theirs.output)
        a, b = self._measured[i], self._answers.measured[key]
        return a.keys() == b.keys() and all(_near(*a[name], *b[name]) for name in a)

    def _same_answer(self, i: int, a: Observation, b: Observation) -> bool:
        if a.raised or b.raised:
            return (a.raised and a.raised.type) == (b.raised and b.raised.type)
        names, tolerance = self._exercise.returns, self._exercise.tolerance
        scales = self._cases[i].scale
        return not difference(a.output, b.output, names, tolerance, dtypes=False, scales=scales)

    def _same_part(self, i: int, key: Any, a: Observation, b: Observation) -> bool:
        mine, its = _parts(self._exercise, a), _parts(self._exercise, b)
        if mine is None or its is None or key not in mine or key not in its:
            return False
        name = self._name(key)
        tolerance, scales = self._exercise.tolerance, self._cases[i].scale
        found = difference(mine[key], its[key], (name,), tolerance, dtypes=False, scales=scales)
        return not found

    def _name(self, key: Any) -> str:
        returns = self._exercise.returns
        return returns[key] if isinstance(key, int) and key < len(returns) else str(key)

    def _aside(self, piece: Piece) -> bool:
        case, key = piece
        return bool(self._want[case].raised) or self._name(key).startswith(("cache", "state"))

    def _speaks(self, pieces: Iterable[Piece]) -> bool:
        """Whether the wrong answers hold a number that two functions do not share by chance."""
        for i, key in pieces:
            output = self._got[i].output
            parts = _parts(self._exercise, self._got[i])
            seen = output if key is None or not parts else parts.get(key)
            if any(map(_tells, _numbers(seen))):
                return True
        return False

    def _scope(self, more: Sequence[Piece]) -> tuple[str, list[str]]:
        """Where the function is right and the misconception is not: a sentence, right outputs."""
        if not more:
            return "", []
        wrong_keys = {key for _, key in self._all_wrong}
        right_keys = dict.fromkeys(key for _, key in more if key not in wrong_keys)
        by_output = right_keys and None not in right_keys | dict.fromkeys(wrong_keys)
        names = [self._name(key) for key in right_keys] if by_output else []
        if names and {i for i, _ in more} <= {i for i, _ in self.wrong}:
            said = listed(f"`{name}`" for name in names)
            return f"{said} {'is' if len(names) == 1 else 'are'} right. What is wrong:", names
        right = [
            f"“{self._cases[i].name}”"
            for i in self._ordinary
            if self._results[i].verdict is Verdict.RIGHT
        ]
        if not right:
            return "Part of the answer is right. What is wrong:", names
        where = listed(right) if len(right) <= 3 else f"{len(right)} of {len(self._ordinary)} cases"
        return f"It is right in {where}. In the others:", names


def _parts(exercise: Exercise, seen: Observation) -> dict[Any, Any] | None:
    """The outputs of a call by position, or by key; None when it has no such parts."""
    output, returns = seen.output, exercise.returns
    if len(returns) > 1 and isinstance(output, tuple | list) and len(output) == len(returns):
        return dict(enumerate(output))
    if len(returns) == 1 and isinstance(output, dict) and output:
        return output
    return None


def _numbers(value: Any) -> Iterable[np.ndarray]:
    if isinstance(value, np.ndarray | float):
        yield np.asarray(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _numbers(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _numbers(item)


def _shapes(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shapes(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_shapes(item) for item in value]
    return np.shape(value) if isinstance(value, np.ndarray) else None


def _tells(array: np.ndarray) -> bool:
    if array.dtype.kind != "f":
        return False
    finite = array[np.isfinite(array)]
    return bool((finite != np.round(finite)).any())


def _near(a: float, slack_a: float, b: float, slack_b: float) -> bool:
    return abs(a - b) <= slack_a + slack_b or (a != a and b != b)


def _property(result: CaseResult) -> str:
    name, found, _ = result.detail.partition(" does not hold:")
    return name if found else ""


def _failing(results: Sequence[CaseResult]) -> set[tuple[int, Verdict]]:
    return {(i, r.verdict) for i, r in enumerate(results) if r.verdict is not Verdict.RIGHT}
