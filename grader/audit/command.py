"""``python -m grader audit``: how good the checks are, measured.

For every exercise: mutants of the reference must be rejected, unless proved equal; right functions
in other styles must be accepted; misconceptions must be rejected and named; functions that answer
nonsense, crash, hang or cheat must get a fitting verdict and no full marks. Each of these must come
out the same for every draw of the cases.

What was measured is kept in docs/audit.json and shown in docs/audit.md, written with ``--write``.
An audit without it compares with what is written there, if a course keeps it, so that the page
cannot go stale.
"""

import argparse
import contextlib
import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from typing import Any

from grader.audit.measure import Audit, audit_id
from grader.checking.definitions import UnknownExercise, exercises_of, find, lectures
from grader.course import current

MEMORY = 4 * 2**30  # bytes of address space for a process that audits

COLUMNS = {  # of docs/audit.md: the measured number
    "mutants": "mutants",
    "rejected": "killed",
    "equal": "equivalent",
    "ideas": "ideas",
    "refused": "refused",
    "named": "named",
    "forms": "forms",
    "styles": "styles",
    "misconceptions": "misconceptions",
    "promises": "promises",
    "odd": "odd",
    "elsewhere": "elsewhere",
    "recognised": "recognised",
}


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
    with ProcessPoolExecutor(args.jobs, initializer=_bounded) as pool:
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


def _bounded() -> None:
    """A mutant may ask for all the memory there is; it gets a MemoryError instead."""
    with contextlib.suppress(ValueError, OSError):  # not every system can
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _chosen(what: str | None) -> list[str]:
    """The ids of the exercises of one lecture, of all, or one id itself."""
    if what and what not in lectures():
        return [find(what).id]
    chosen = [what] if what else list(lectures())
    return [exercise.id for lecture in chosen for exercise in exercises_of(lecture)]


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
    """The exercises of which docs/audit.json says something else than these audits.

    None, where the course keeps no such file.
    """
    recorded = _recorded()
    if not recorded:
        return []
    return [
        a.id
        for a in audits
        if [recorded.get(a.id, {}).get(n, 0) for n in COLUMNS.values()]
        != [getattr(a, n) for n in COLUMNS.values()]
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
- An *idea* is a larger change that is right on small inputs only: medians for means, a loop that
  stops early, half of the rows, an option that is halved, another distribution. It must be refused,
  or a reason stand beside the equal mutants. *Named* are the mutants and ideas to which the check
  gives a name; it must give the same name whatever numbers are drawn.
- A *form* is the reference multiplied out, divided first, added up in another order. It must be
  accepted in all cases but those of huge numbers.
- A *promise* is a sentence of the exercise's text that draws a border: what is raised, what happens
  in a tie, at zero. The exercise must name the case that tests it.
- A *style* is a right function written in another way: with loops, another form of the formula,
  other NumPy, float32 inside, views. It must be accepted.
- A *misconception* must be rejected and called by its name.
- A wrong answer from *elsewhere* was written by somebody who did not know the checks: in published
  code, or from the text of an exercise alone (`elsewhere.py` of the lecture). It must be rejected
  and never be called by a wrong name; *recognised* are those that get the right one.
- What is *said* must be true. Every two misconceptions of an exercise are put together, by output
  and by case, and each sentence that a check would show is held against what was observed; so it is
  for every mutant. An untrue sentence is a fault.
- An *odd* function returns nonsense, crashes, hangs, misbehaves or cheats (`grader/audit/odd.py`).
  It must get one of the verdicts named there, within bounded time, and no full marks.
"""


def page(rows: Sequence[dict]) -> str:
    """docs/audit.md."""
    none: dict[str, Any] = dict.fromkeys(COLUMNS.values(), 0)
    rows = [none | row for row in rows]
    total = {n: sum(row[n] for row in rows) for n in COLUMNS.values()}
    faults = [f"- `{row['id']}`: {fault}" for row in rows for fault in row["faults"]]
    lines = [
        HEAD,
        f"{len(rows)} exercises: {total['mutants']} mutants, {total['killed']} rejected and "
        f"{total['equivalent']} equal to the reference;",
        f"{total['styles']} right styles, {total['misconceptions']} misconceptions, "
        f"{total['odd']} odd functions; {total['recognised']} of {total['elsewhere']} wrong "
        f"answers from elsewhere recognised; {len(faults)} faults.",
        "",
        *([*faults, ""] if faults else []),
        f"| exercise | {' | '.join(COLUMNS)} | draws | faults |",
        "|---|" + "---:|" * (len(COLUMNS) + 2),
    ]
    lines += [
        f"| `{row['id']}` | "
        + " | ".join(str(row[n]) for n in (*COLUMNS.values(), "seeds"))
        + f" | {len(row['faults'])} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"
