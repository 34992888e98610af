"""nbgrader's ``export`` with names that a spreadsheet shows instead of computing."""

# nbgrader's database columns mean nothing to a type checker.
# pyright: reportArgumentType=false, reportOptionalOperand=false, reportAttributeAccessIssue=false
# pyright: reportOperatorIssue=false, reportGeneralTypeIssues=false

import csv
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import CsvExportPlugin

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score",
)  # fmt: skip
# With these a spreadsheet begins a formula, which may open a program or send the table away.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """A text that a spreadsheet shows as it is: what could begin a formula follows an apostrophe.

    Args:
        text: a name, as somebody gave it.
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def export(self: CsvExportPlugin, gradebook: Gradebook) -> None:
    """nbgrader's table of scores, with texts quoted where they must be.

    It takes the place of the method of nbgrader's plugin.

    Args:
        self: the plugin, with its choice of students and assignments.
        gradebook: an open gradebook.
    """
    to = Path(self.to or "grades.csv")
    self.log.info("Exporting grades to %s", to)
    students = {str(name) for name in self.student}
    assignments = {str(name) for name in self.assignment}
    with to.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        for assignment in gradebook.assignments:
            if assignments and assignment.name not in assignments:
                continue
            for student in gradebook.students:
                if not students or student.id in students:
                    out.writerow(_row(gradebook, assignment, student))


def _row(gradebook: Gradebook, assignment: Assignment, student: Student) -> list:
    who = (student.id, student.last_name, student.first_name, student.email)
    timestamp, raw, penalty = "", 0.0, 0.0
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        pass  # who handed in nothing has no points
    else:
        timestamp, raw = submission.timestamp or "", submission.score
        penalty = submission.late_submission_penalty
    return [
        harmless(assignment.name),
        assignment.duedate or "",
        timestamp,
        *(harmless(text or "") for text in who),
        raw,
        "" if penalty is None else penalty,
        max(0.0, raw - (penalty or 0.0)),
        assignment.max_score,
    ]
