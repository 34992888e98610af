"""``python -m grader report``: what a class understood of a lecture, for whoever teaches it next.

The page is written to ``reports/LECTURE.html``, a short form is printed. Nothing is run.
"""

# nbgrader's database columns mean nothing to a type checker.
# pyright: reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
# pyright: reportArgumentType=false

import argparse
import sys
from datetime import datetime
from pathlib import Path

from nbgrader.api import Grade, Gradebook, MissingEntry, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import func

from grader.checking.definitions import module_of
from grader.checking.exercise import Exercise, Question
from grader.course import current
from grader.engine import receipts
from grader.engine.autograde import Autograde
from grader.engine.class_figures import Figures, Submitted, figures
from grader.engine.class_page import FIRST, page
from grader.engine.command import READING, converter, enter_course
from grader.engine.gradebook import GradebookLost, reached
from grader.engine.unnamed import MOST_GROUPS, Shared, shared_code, shown, variables


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("assignment", help='the assignment, "02_sorting"')
    parser.add_argument("--to", type=Path, help="the page (default: reports/ASSIGNMENT.html)")
    parser.add_argument("--names", action="store_true", help="name students")
    parser.add_argument("--db", help="the gradebook, sqlite:////path/gradebook.db")


def run(args: argparse.Namespace) -> int:
    """Write the page and print the short form; 1 where nothing was graded."""
    lecture = args.assignment
    if lecture not in current().lectures:
        known = ", ".join(current().lectures)
        print(f"{lecture} is no lecture of {current().title}: {known}", file=sys.stderr)
        return 1
    to = args.to and args.to.resolve()
    enter_course()
    grade = converter(READING | {"assignment": lecture, "db": args.db})
    root = Path(grade.coursedir.root)
    to = to or place(root, lecture)
    try:
        with reached():
            text = report(root, lecture, grade, to, names=args.names)
    except (NothingGraded, GradebookLost) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{text}\n\nThe page: {to}")
    return 0


def place(root: Path, lecture: str) -> Path:
    """Where the page of a lecture goes.

    Args:
        root: the course directory.
        lecture: "02_sorting".
    """
    return root / "reports" / f"{lecture}.html"


class NothingGraded(Exception):
    """There are no receipts to report on; the message says what to do."""


def report(
    root: Path,
    lecture: str,
    grade: Autograde,
    to: Path,
    *,
    names: bool = False,
    checks: bool = True,
) -> str:
    """Write the page of a lecture.

    Args:
        root: the course directory.
        lecture: "02_sorting".
        grade: nbgrader's converter, for its names of folders and its gradebook.
        to: the page.
        names: whether students are named.
        checks: whether the short form has a line for every check.

    Returns:
        The short form.

    Raises:
        NothingGraded: nothing of the lecture was graded.
    """
    found = counted(root, lecture, grade)
    shared = unnamed(root, found)
    now = f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}"
    to.parent.mkdir(parents=True, exist_ok=True)
    html = page(found, shared, title=current().title, when=now, names=names)
    to.write_text(html, encoding="utf-8")
    return as_text(found, names=names, checks=checks)


def counted(root: Path, lecture: str, grade: Autograde) -> Figures:
    """The numbers, from receipts, the gradebook and the folder of submissions."""
    graded = receipts.of_class(root, lecture)
    if not graded:
        raise NothingGraded(
            f"Nothing of {lecture} is graded: run `python -m grader autograde {lecture}` first."
        )
    directory = grade.coursedir
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        try:
            assignment = gradebook.find_assignment(lecture)
        except MissingEntry:
            raise NothingGraded(f"The gradebook does not know {lecture}.") from None
        rows = (
            gradebook.db.query(
                SubmittedAssignment.student_id,
                SubmittedAssignment.timestamp,
                func.coalesce(func.sum(Grade.score), 0.0),
            )
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .filter(SubmittedAssignment.assignment_id == assignment.id)
            .group_by(SubmittedAssignment.student_id, SubmittedAssignment.timestamp)
        )
        return figures(
            lecture,
            graded,
            rows={student: Submitted(float(score), when) for student, when, score in rows},
            roster=[student.id for student in gradebook.students],
            submitted=[
                path.parent.name
                for path in Path(root, directory.submitted_directory).glob(f"*/{lecture}")
            ],
            points=float(assignment.max_score),
            due=assignment.duedate,
        )


def unnamed(root: Path, found: Figures) -> list[Shared]:
    """The code of the largest groups of wrong answers without a name."""
    names = variables(module_of(found.lecture))
    exercises = {i.id: i.definition for i in found.items if isinstance(i.definition, Exercise)}
    groups = [group for item in found.items for group in item.groups]
    groups.sort(key=lambda group: -len(group.students))
    return [
        shared_code(group, exercises[group.id], root, found.lecture, names[group.id])
        for group in groups[:MOST_GROUPS]
    ]


def as_text(found: Figures, *, names: bool = False, checks: bool = True) -> str:
    """The short form, for a terminal.

    Args:
        found: the numbers.
        names: whether students are named.
        checks: whether there is a line for every check.
    """
    scores = found.scores
    middle = scores[len(scores) // 2] if scores else 0
    lines = [
        f"{found.lecture}: {found.handed_in} of {found.known} handed in, {len(scores)} graded"
        + (f", {found.late} late" if found.due else ""),
        f"half of the class has {middle:g} of {found.points:g} points or more",
    ]
    if checks:
        lines += ["", f"{'right':>6} {'points':>7}  check"]
    for item in found.items if checks else ():
        kind = "?" if isinstance(item.definition, Question) else " "
        verdicts = [f"{shown(v)} {n}" for v, n in item.verdicts.most_common(3)]
        lines.append(
            f"{item.right:>6.0%} {item.earned:>7.0%} {kind}{item.id:<38} {', '.join(verdicts)}"
        )
    lines += ["", "Teach first:"]
    lines += [f"{m.count:>6}  {m.id}: {m.name}" for m in found.first[:FIRST]] or [
        "  no mistake is shared"
    ]
    if found.badly_fitting:
        ids = ", ".join(item.id for item in found.badly_fitting)
        lines += ["", f"Say little about who can do the rest: {ids}"]
    lines += ["", f"Students who need a talk: {len(found.talk)}" + _who(found, names)]
    return "\n".join(lines)


def _who(found: Figures, names: bool) -> str:
    if not names:
        return " (--names says who)" if found.talk else ""
    return "".join(f"\n  {shown(s)}: {'; '.join(why)}" for s, why in found.talk.items())
