"""``python -m grader audit``: how good the checks are, measured.

For every exercise: mutants of the reference must be rejected, unless proved equal; right functions
in other styles must be accepted; misconceptions must be rejected and named; functions that answer
nonsense, crash, hang or cheat must get a verdict and no full marks. The table and the figures go to
docs/audit.md and docs/audit.json.
"""

import argparse
import contextlib
import importlib
import json
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from grader.equivalent import EQUIVALENT
from grader.exercise import Exercise
from grader.exercises import lectures, module_of
from grader.mutants import Mutant, mutants
from grader.notebook import VISIBLE_SEED, check_function
from grader.report import Report

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("lecture", nargs="?", help='one lecture, "02_activations" (default: all)')
    parser.add_argument("--seeds", type=int, default=3, help="how many draws of the cases to try")


def run(args: argparse.Namespace) -> int:
    """Audit and report; the exit status is 0 when no check has a fault."""
    chosen = [args.lecture] if args.lecture else list(lectures())
    audits = []
    for lecture in chosen:
        for exercise in module_of(lecture).EXERCISES:
            audits.append(audit(exercise, lecture, args.seeds))
            print(audits[-1].line(), flush=True)
            for fault in audits[-1].faults:
                print(f"    {fault}")
    if not args.lecture:
        (ROOT / "docs" / "audit.md").write_text(page(audits, args.seeds), encoding="utf-8")
        data = json.dumps([asdict(a) for a in audits], indent=1) + "\n"
        (ROOT / "docs" / "audit.json").write_text(data, encoding="utf-8")
    faults = sum(len(a.faults) for a in audits)
    print(f"{len(audits)} exercises, {faults} faults")
    return 1 if faults else 0


@dataclass
class Audit:
    """What was measured of one exercise's check.

    Args:
        id, lecture: the exercise.
        mutants, killed, equivalent: changed references, those rejected, those proved equal.
        styles, accepted: right functions in other styles, those accepted.
        misconceptions, named: wrong ideas, those rejected and named.
        robust, survived: odd functions, those that got a verdict and no full marks.
        faults: what the check does wrong, in words.
    """

    id: str
    lecture: str
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    styles: int = 0
    accepted: int = 0
    misconceptions: int = 0
    named: int = 0
    robust: int = 0
    survived: int = 0
    faults: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The exercise in one line."""
        return (
            f"{self.id:<48} mutants {self.killed}+{self.equivalent}/{self.mutants}  "
            f"styles {self.accepted}/{self.styles}  "
            f"misconceptions {self.named}/{self.misconceptions}  "
            f"odd {self.survived}/{self.robust}"
        )


def audit(exercise: Exercise, lecture: str, seeds: int) -> Audit:
    """Measure one exercise's check.

    Args:
        exercise: its definition.
        lecture: where it belongs.
        seeds: how many draws of the cases to try; a verdict that changes with them is a fault.
    """
    found = Audit(exercise.id, lecture)
    draws = [VISIBLE_SEED, *range(1, seeds)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for mutant in _mutants(exercise):
            _audit_mutant(exercise, mutant, draws, found)
        for name, function in styles(exercise, lecture):
            _audit_style(exercise, name, function, draws, found)
        for misconception in exercise.misconceptions:
            found.misconceptions += 1
            reports = [_check(exercise, misconception.function, s) for s in draws]
            names = {r.diagnosis.name if r.diagnosis else None for r in reports}
            if any(r.score == r.points for r in reports) or names != {misconception.name}:
                found.faults.append(f"misconception not always named: {misconception.name}")
            else:
                found.named += 1
        for name, function in ODD.items():
            found.robust += 1
            start = time.perf_counter()
            report = _check(exercise, function, VISIBLE_SEED)
            slow = time.perf_counter() - start > 10 * SECONDS + 5
            if report.right or slow:
                found.faults.append(f"odd function {'too slow' if slow else 'accepted'}: {name}")
            else:
                found.survived += 1
    return found


def _mutants(exercise: Exercise) -> list[Mutant]:
    return mutants(exercise.reference) if callable(exercise.reference) else []


def _audit_mutant(exercise: Exercise, mutant: Mutant, draws: list[int], found: Audit) -> None:
    found.mutants += 1
    reasons = EQUIVALENT.get(exercise.id, {})
    rejected = [not _check(exercise, mutant.function, seed).right for seed in draws]
    if mutant.fingerprint in reasons:
        found.equivalent += 1
        if any(rejected):
            found.faults.append(f"called equivalent but rejected: {mutant.what}")
    elif all(rejected):
        found.killed += 1
    else:
        when = "" if not any(rejected) else " for some seeds"
        found.faults.append(f"mutant accepted{when}: {mutant.what} [{mutant.fingerprint}]")


def _audit_style(
    exercise: Exercise, name: str, function: Callable, draws: list[int], found: Audit
) -> None:
    found.styles += 1
    wrong = [r for s in draws if not (r := _check(exercise, function, s)).right]
    if wrong:
        found.faults.append(f"right style rejected: {name}: {wrong[0].summary}")
    else:
        found.accepted += 1


def _check(exercise: Exercise, function: Callable, seed: int) -> Report:
    return check_function(exercise, function, seed=seed, seconds=SECONDS)


def styles(exercise: Exercise, lecture: str) -> Iterator[tuple[str, Callable]]:
    """Right functions in other styles: written by hand, and the reference in other clothes."""
    topic = module_of(lecture).__name__.rpartition(".")[2]
    with contextlib.suppress(ModuleNotFoundError):
        for function in importlib.import_module(f"grader.styles.{topic}").STYLES.get(
            exercise.id, ()
        ):
            yield function.__name__, function
    if not isinstance(exercise.reference, type):
        yield "fresh arrays", _dressed(exercise.reference, np.array)
        yield "views", _dressed(exercise.reference, _view)
        yield "column order", _dressed(exercise.reference, np.asfortranarray)
        yield "read-only results", _dressed(exercise.reference, _read_only)


def _dressed(reference: Callable, dress: Callable) -> Callable:
    def function(*args: Any, **kwargs: Any) -> Any:
        return _map(dress, reference(*args, **kwargs))

    return function


def _map(change: Callable, value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.ndim:
        return change(value)
    if type(value) in (tuple, list):
        items = [_map(change, v) for v in value]
        return tuple(items) if type(value) is tuple else items
    if type(value) is dict:
        return {k: _map(change, v) for k, v in value.items()}
    return value


def _view(array: np.ndarray) -> np.ndarray:
    return np.stack([array, array])[1]


def _read_only(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flags.writeable = False
    return array


class _Lie(np.ndarray):
    def __eq__(self, other: Any) -> Any:
        return True

    def __array_function__(self, *args: Any, **kwargs: Any) -> Any:
        return True


class _Odd(BaseException):
    def __str__(self) -> str:
        raise self


def _raises(error: BaseException) -> Callable:
    def function(*_: Any, **__: Any) -> Any:
        raise error

    return function


def _gives(value: Any) -> Callable:
    return lambda *_, **__: value


def _endless(*_: Any, **__: Any) -> None:
    while True:
        pass


def _recursion(*args: Any, **kwargs: Any) -> Any:
    return _recursion(*args, **kwargs)


def _megabytes(*_: Any, **__: Any) -> None:
    for _line in range(2000):
        print("x" * 1000)


def _patches_numpy(*_: Any, **__: Any) -> Any:
    kept = np.allclose, np.array_equal
    np.allclose = np.array_equal = lambda *a, **k: True
    np.allclose, np.array_equal = kept


def _seeds(*_: Any, **__: Any) -> None:
    np.random.seed(0)  # noqa: NPY002


# Functions that no check may accept, whatever it asks for.
ODD: dict[str, Callable] = {
    "returns None": _gives(None),
    "returns an empty list": _gives([]),
    "returns a list of words": _gives(["a", "b"]),
    "returns NaN": _gives(float("nan")),
    "returns an array of NaN": _gives(np.full((5, 4), np.nan)),
    "returns a tuple of the wrong length": _gives((1, 2, 3, 4, 5, 6, 7)),
    "returns an object array": _gives(np.array([None, "a"], dtype=object)),
    "returns a masked array": _gives(np.ma.array([1.0, 2.0], mask=[True, False])),
    "returns a subclass that lies": _gives(np.zeros(3).view(_Lie)),
    "returns 10^8 numbers": lambda *_, **__: np.zeros(10**8, dtype=np.int8),
    "returns a function": _gives(len),
    "returns its arguments": lambda *args, **__: args,
    "takes no arguments": lambda: 0,
    "raises KeyboardInterrupt": _raises(KeyboardInterrupt()),
    "raises SystemExit": _raises(SystemExit(0)),
    "raises MemoryError": _raises(MemoryError()),
    "raises what cannot be printed": _raises(_Odd()),
    "recurses without end": _recursion,
    "loops without end": _endless,
    "prints megabytes": _megabytes,
    "patches NumPy": _patches_numpy,
    "seeds the global generator": _seeds,
}


def page(audits: list[Audit], seeds: int) -> str:
    """docs/audit.md."""
    lines = [
        "# How good the checks are",
        "",
        "Measured by `python -m grader audit`"
        + (f" --seeds {seeds}" if seeds != 3 else "")
        + f" over {seeds} draws of the cases. A *mutant* is the",
        "reference with one small change; it must be rejected, or proved to be equal (reasons in",
        "`grader/equivalent.py`). A *style* is a right function written in another way; it must be",
        "accepted. A *misconception* must be rejected and called by its name. An *odd* function",
        "returns nonsense, crashes, hangs or cheats; it must get a verdict and no full marks.",
        "",
        "| exercise | mutants | rejected | equal | styles accepted | misconceptions named | odd |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| `{a.id}` | {a.mutants} | {a.killed} | {a.equivalent} | {a.accepted} of {a.styles} "
        f"| {a.named} of {a.misconceptions} | {a.survived} of {a.robust} |"
        for a in audits
    ]
    total = {n: sum(getattr(a, n) for a in audits) for n in ("mutants", "killed", "equivalent")}
    alive = total["mutants"] - total["killed"] - total["equivalent"]
    lines += [
        "",
        f"Together {total['mutants']} mutants: {total['killed']} rejected, "
        f"{total['equivalent']} equal to the reference, {alive} accepted though they should not.",
    ]
    return "\n".join(lines) + "\n"
