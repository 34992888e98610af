"""``python -m grader audit``: how good the checks are, measured.

For every exercise: mutants of the reference must be rejected, unless proved equal; right functions
in other styles must be accepted; misconceptions must be rejected and named; functions that answer
nonsense, crash, hang or cheat must get a fitting verdict and no full marks. Each of these must come
out the same for every draw of the cases.

What was measured is kept in docs/audit.json and shown in docs/audit.md, written with ``--write``.
An audit without it compares with what is written there, so that the page cannot go stale.
"""

import argparse
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from grader.audit.mutants import Mutant, mutants
from grader.audit.odd import SECONDS, Odd, dressed, odd_functions
from grader.audit.styles import styles
from grader.checking.definitions import UnknownExercise, exercises_of, find, lecture_of, lectures
from grader.checking.exercise import Exercise, Misconception
from grader.checking.judge import judge, judge_case
from grader.checking.notebook import VISIBLE_SEED, check_function
from grader.checking.probe import CASE_SECONDS, Observation, observe
from grader.checking.report import Verdict
from grader.course import current

# A loop that a mutant made endless is cut off after this many seconds; others need milliseconds.
MUTANT_SECONDS = 2.0
COUNTS = ("mutants", "killed", "equivalent", "styles", "misconceptions", "odd")
COLUMNS = ("mutants", "rejected", "equal", "styles", "misconceptions", "odd")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("what", nargs="?", help="a lecture or an exercise (default: all)")
    parser.add_argument("--seeds", type=int, default=3, help="draws of the cases (default: 3)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="default: every core")
    parser.add_argument("--write", action="store_true", help="write docs/audit.md and audit.json")


def run(args: argparse.Namespace) -> int:
    """Audit and report; the exit status is 0 when no check has a fault and the docs are fresh."""
    try:
        ids = _chosen(args.what)
    except UnknownExercise as error:
        print(error, file=sys.stderr)
        return 2
    start = time.perf_counter()
    audits = []
    with ProcessPoolExecutor(args.jobs) as pool:
        for found in pool.map(audit_id, ids, [args.seeds] * len(ids)):
            audits.append(found)
            print(found.line(), *found.faults, sep="\n    ", flush=True)
    faults = sum(len(a.faults) for a in audits)
    seconds = time.perf_counter() - start
    print(f"{len(audits)} exercises, {args.seeds} seeds, {faults} faults, {seconds:.0f} s")
    if args.write:
        write(audits)
    stale = stale_rows(audits)
    for id in stale:
        print(f"stale in docs/audit.json: {id} (run the audit with --seeds 50 --write)")
    return 1 if faults or stale else 0


def _chosen(what: str | None) -> list[str]:
    """The ids of the exercises of one lecture, of all, or one id itself."""
    if what and what not in lectures():
        return [find(what).id]
    chosen = [what] if what else list(lectures())
    return [exercise.id for lecture in chosen for exercise in exercises_of(lecture)]


@dataclass
class Audit:
    """What was measured of one exercise's check.

    Args:
        id, lecture: the exercise.
        seeds: how many draws of the cases.
        mutants, killed, equivalent: changed references, those rejected, those proved equal.
        styles, misconceptions, odd: right functions, wrong ideas and odd functions that were tried.
        faults: what the check does wrong, in words.
    """

    id: str
    lecture: str
    seeds: int
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    styles: int = 0
    misconceptions: int = 0
    odd: int = 0
    faults: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The exercise in one line."""
        return (
            f"{self.id:<46} mutants {self.mutants:>3} = {self.killed:>3} rejected + "
            f"{self.equivalent:>2} equal, styles {self.styles:>2}, "
            f"misconceptions {self.misconceptions:>2}, odd {self.odd}, faults {len(self.faults)}"
        )


class Draw:
    """One draw of an exercise's cases, with what the reference and the misconceptions answer."""

    def __init__(self, exercise: Exercise, seed: int) -> None:
        self.exercise, self.seed = exercise, seed
        self.cases = exercise.draw(np.random.default_rng(seed))
        self.want = self.observed(exercise.reference)

    def observed(self, function: Callable) -> tuple[Observation, ...]:
        """What a function does on every case."""
        return tuple(observe(function, case, self.exercise.driver) for case in self.cases)

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

    def names(self) -> dict[str, str | None]:
        """For each misconception the name that the check gives it; None when it has none."""
        observed = {m.name: self.observed(m.function) for m in self.exercise.misconceptions}

        def answers(misconception: Misconception, i: int) -> Observation:
            return observed[misconception.name][i]

        found = {}
        for name, got in observed.items():
            report = judge(self.exercise, self.cases, got, self.want, answers, show=True)
            found[name] = report.diagnosis.name if report.diagnosis else None
        return found


def audit_id(id: str, seeds: int) -> Audit:
    """Measure the check of the exercise with this id."""
    exercise = find(id)
    assert isinstance(exercise, Exercise)
    return audit(exercise, lecture_of(id), seeds)


def audit(exercise: Exercise, lecture: str, seeds: int) -> Audit:
    """Measure one exercise's check.

    Args:
        exercise: its definition.
        lecture: where it belongs.
        seeds: how many draws of the cases to try; a verdict that changes with them is a fault.
    """
    found = Audit(exercise.id, lecture, seeds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        draws = [Draw(exercise, seed) for seed in (VISIBLE_SEED, *range(1, seeds))]
        changed = mutants(exercise.reference)
        for mutant in changed:
            _audit_mutant(mutant, draws, found)
        unknown = {*equivalent(lecture, exercise.id)} - {m.fingerprint for m in changed}
        found.faults += [f"called equal, but there is no such mutant: {u}" for u in unknown]
        for name, function in styles(exercise, lecture):
            found.styles += 1
            objection = next((o for d in draws if (o := d.objection(function))), "")
            if objection:
                found.faults.append(f"right style rejected: {name}: {objection}")
        found.misconceptions = len(exercise.misconceptions)
        for draw in draws:
            for name, named in draw.names().items():
                if named != name:
                    found.faults.append(f"seed {draw.seed}: “{name}” is taken for {named}")
        _audit_odd(exercise, found)
    return found


def _audit_mutant(mutant: Mutant, draws: Sequence[Draw], found: Audit) -> None:
    found.mutants += 1
    objections = [draw.objection(mutant.function, MUTANT_SECONDS) for draw in draws]
    if mutant.fingerprint in equivalent(found.lecture, found.id):
        found.equivalent += 1
        if any(objections):
            said = next(filter(None, objections))
            found.faults.append(f"called equal but rejected: {mutant.what}: {said}")
    elif all(objections):
        found.killed += 1
    else:
        share = f"{objections.count('')} of {len(objections)} draws"
        found.faults.append(f"accepted in {share}: {mutant.what} [{mutant.fingerprint}]")


def equivalent(lecture: str, id: str) -> dict[str, str]:
    """Why mutants of an exercise answer like the reference on every allowed input, by fingerprint.

    The lecture's ``equivalent.py`` lists them. The audit prints fingerprints; when a reference
    changes, so do they, and the reasons have to be thought through again. The audit fails when a
    check rejects a mutant that is listed.
    """
    return getattr(current().module(f"{lecture}.equivalent"), "EQUIVALENT", {}).get(id, {})


def _audit_odd(exercise: Exercise, found: Audit) -> None:
    plainly = replace(exercise, misconceptions=())  # only the verdict is asked for
    odd = [*odd_functions()]
    if _returns_arrays(exercise):
        odd += dressed()
    found.odd = len(odd)
    for one in odd:
        found.faults += _odd_faults(plainly, one)


def _odd_faults(exercise: Exercise, odd: Odd) -> list[str]:
    start = time.perf_counter()
    limit = SECONDS if odd.hangs else MUTANT_SECONDS
    report = check_function(exercise, odd.make(exercise.reference), seconds=limit)
    seconds = time.perf_counter() - start
    faults = []
    if report.verdict not in odd.verdicts:
        faults.append(f"{odd.name}: the check says “{report.verdict}”: {report.summary}")
    if seconds > 10:
        faults.append(f"{odd.name}: the check took {seconds:.0f} s")
    return faults


def _returns_arrays(exercise: Exercise) -> bool:
    first = exercise.draw(np.random.default_rng(VISIBLE_SEED))[0]
    found = []

    def spy(*args: object, **kwargs: object) -> object:
        result = exercise.reference(*args, **kwargs)
        parts = result if isinstance(result, tuple) else (result,)
        found.extend(p for p in parts if isinstance(p, np.ndarray) and p.ndim)
        return result

    observe(spy, first, exercise.driver)
    return bool(found)


def write(audits: Sequence[Audit]) -> None:
    """Put the rows of these audits into docs/audit.json and make docs/audit.md of all rows."""
    measured = {a.id: asdict(a) for a in audits}
    rows = [
        (_recorded() | measured)[e.id]
        for lecture in lectures()
        for e in exercises_of(lecture)
        if e.id in _recorded() | measured
    ]
    docs = current().root / "docs"
    docs.mkdir(exist_ok=True)
    (docs / "audit.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (docs / "audit.md").write_text(page(rows), encoding="utf-8")


def stale_rows(audits: Sequence[Audit]) -> list[str]:
    """The exercises of which docs/audit.json says something else than these audits."""
    recorded = _recorded()
    return [
        a.id
        for a in audits
        if [recorded.get(a.id, {}).get(n) for n in COUNTS] != [getattr(a, n) for n in COUNTS]
    ]


def _recorded() -> dict[str, dict]:
    path = current().root / "docs" / "audit.json"
    return {row["id"]: row for row in json.loads(path.read_text())} if path.is_file() else {}


HEAD = """\
# How good the checks are

Measured by `python -m grader audit --seeds 50 --write`, which also writes
[audit.json](audit.json). Every number holds for all draws of the cases, 50 of them unless the table
says otherwise: a verdict that changes with the draw is a fault.

- A *mutant* is the reference with one small change: another operator, constant, axis or comparison,
  a lost term, root or statement, two statements or arguments in the wrong order, an argument
  changed in place, an option that is not listened to. It must be rejected, or proved equal on every
  allowed input; the reasons stand in the lecture's
  `equivalent.py`.
- A *style* is a right function written in another way: with loops, another form of the formula,
  other NumPy, float32 inside, views. It must be accepted.
- A *misconception* must be rejected and called by its name.
- An *odd* function returns nonsense, crashes, hangs, misbehaves or cheats (`grader/audit/odd.py`).
  It must get one of the verdicts named there, within bounded time, and no full marks.
"""


def page(rows: Sequence[dict]) -> str:
    """docs/audit.md."""
    total = {n: sum(row[n] for row in rows) for n in COUNTS}
    faults = [f"- `{row['id']}`: {fault}" for row in rows for fault in row["faults"]]
    lines = [
        HEAD,
        f"{len(rows)} exercises: {total['mutants']} mutants, {total['killed']} rejected and "
        f"{total['equivalent']} equal to the reference;",
        f"{total['styles']} right styles, {total['misconceptions']} misconceptions, "
        f"{total['odd']} odd functions; {len(faults)} faults.",
        "",
        *([*faults, ""] if faults else []),
        f"| exercise | {' | '.join(COLUMNS)} | draws | faults |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| `{row['id']}` | "
        + " | ".join(str(row[n]) for n in (*COUNTS, "seeds"))
        + f" | {len(row['faults'])} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"
