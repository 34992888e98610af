"""What grading again changed: for each student and check the verdict before and now, and why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from grader.engine.receipts import Receipt, entries

LONGEST_LIST = 500
_NONE = "–"


@dataclass(frozen=True)
class Change:
    """One check of one student that has another outcome now.

    Args:
        student, id: whose check; the id is "" for a submission that cannot be graded any more.
        before, now: the verdicts.
        points_before, points_now: what they earn.
        why: what differs, in words, as far as receipts tell.
    """

    student: str
    id: str
    before: str
    now: str
    points_before: float
    points_now: float
    why: tuple[str, ...]


def changes(student: str, old: Receipt, new: Receipt | None, problem: str = "") -> list[Change]:
    """What differs between two gradings of one student's submission.

    Args:
        student: whose.
        old: the receipt of the earlier grading.
        new: the receipt of this one; None when it failed.
        problem: why it failed.
    """
    before = entries(old)
    if new is None:
        points = sum(e["score"] for e in before.values())
        return [Change(student, "", "graded", "failed", points, 0, (problem or "it failed",))]
    now = entries(new)
    found = []
    for id in {**before, **now}:
        a, b = before.get(id, {}), now.get(id, {})
        points = a.get("score", 0), b.get("score", 0)
        verdicts = a.get("verdict", _NONE), b.get("verdict", _NONE)
        if verdicts[0] != verdicts[1] or points[0] != points[1]:
            found.append(Change(student, id, *verdicts, *points, _why(old, new, a, b)))
    return found


def _why(old: Receipt, new: Receipt, a: dict, b: dict) -> tuple[str, ...]:
    """The reasons that two entries of a check may differ. Several can hold at once."""
    why = []
    if old["digest"] != new["digest"]:
        why.append("submission changed")
    # Another submission or secret draws other cases, by no fault of the check's.
    drawn = ("inputs",) if a.get("seed") == b.get("seed") else ()
    if not why and not drawn and "seed" in a and "seed" in b:
        why.append("secret changed")
    recorded = [key for key in ("check", "points", *drawn) if key in a and key in b]
    if any(a[key] != b[key] for key in recorded):
        why.append("check changed")
    was, now = old.get("versions", {}), new.get("versions", {})
    other = [name for name in was if name in now and was[name] != now[name]]
    if other:
        why.append(f"versions changed ({', '.join(other)})")
    return tuple(why) or ("nothing that receipts record: time limits, the library, the machine",)


def told(students: int, found: Sequence[Change], *, dry: bool) -> str:
    """The changes as text, a summary first.

    Args:
        students: how many submissions were compared.
        found: their changes.
        dry: whether nothing was written.
    """
    affected = {change.student for change in found}
    verb = "would change" if dry else "changed"
    if not found:
        return f"Compared with before: none of {students} submissions {verb}."
    by_student = dict.fromkeys(affected, 0.0)
    for change in found:
        by_student[change.student] += change.points_now - change.points_before
    up = sum(points > 0 for points in by_student.values())
    down = sum(points < 0 for points in by_student.values())
    lines = [
        f"Compared with before: {len(affected)} of {students} submissions {verb}; "
        f"{up} gain points, {down} lose points, {len(affected) - up - down} keep their sum."
    ]
    reasons = Counter(reason for change in found for reason in change.why)
    lines += [f"  {count:>5} x {reason}" for reason, count in reasons.most_common(10)]
    by_check = Counter(change.id or "the whole submission" for change in found)
    lines += [f"  {count:>5} x {id}" for id, count in by_check.most_common(10)]
    lines.append("")
    ordered = sorted(found, key=lambda c: (c.student, c.id))
    lines += [_line(change) for change in ordered[:LONGEST_LIST]]
    if len(found) > LONGEST_LIST:
        lines.append(f"… and {len(found) - LONGEST_LIST} more; --json lists them all")
    if dry:
        lines.append("\nNothing was written. The same command with --force instead grades so.")
    return "\n".join(lines)


def _line(change: Change) -> str:
    verdict = f"{change.before} -> {change.now}" if change.before != change.now else change.now
    points = f"{change.points_before:g} -> {change.points_now:g}"
    why = "; ".join(change.why)
    return f"{change.student:<24} {change.id:<36} {points:>10}  {verdict}  [{why}]"
