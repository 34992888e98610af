"""``python -m grader scores``: the gradebook's scores in the table that a platform imports.

One column of the platform's own export is filled. Every other byte stays as the platform wrote it.
"""

# nbgrader's database columns mean nothing to a type checker.
# pyright: reportOperatorIssue=false, reportArgumentType=false

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from grader.engine.command import READING, converter, enter_course
from grader.engine.gradebook import GradebookLost, reached
from grader.engine.platforms.collect import MOST_LISTED
from grader.engine.platforms.table import NoTable, Table
from grader.engine.unnamed import shown

_CANVAS_ID = re.compile(r"(?P<title>.*\S) \((?P<id>[0-9]+)\)")
_LAST_NUMBER = re.compile(r"([0-9]+)$")
_NOT_FOR_US = ("EX", "N/A")  # Canvas: excused, not assigned to this student


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("platform", choices=("canvas", "moodle"), help="whose table it is")
    parser.add_argument("table", type=Path, help="the CSV file that the platform gave you")
    parser.add_argument("assignment", help='the assignment, "02_sorting"')
    parser.add_argument("--to", type=Path, required=True, help="the file to write")
    parser.add_argument("--column", help="the heading of the column to fill")
    parser.add_argument(
        "--scale", action="store_true", help="convert to the points that the platform counts"
    )
    parser.add_argument("--db", help="the gradebook, sqlite:////path/gradebook.db")


@dataclass(frozen=True)
class Place:
    """Where scores go in a platform's table.

    Args:
        column: the column of scores.
        first: the first row of a student.
        keys: for a row, the names by which the gradebook may know the student, best first.
        points: for a row, the points that the platform counts; None where it does not say.
    """

    column: int
    first: int
    keys: Callable[[int], list[str]]
    points: Callable[[int], float | None]


@dataclass
class Filled:
    """What was done to a table.

    Args:
        written: how many scores.
        unfinished: students for whom a cell waits to be graded by hand, or whose submission failed.
        unknown: rows of students of whom nothing was ever graded.
        kept: rows in which the platform wants no score.
        absent: graded students who have no row.
    """

    written: int = 0
    unfinished: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Score:
    """A student's score: points after a late penalty, of how many, and whether it is final."""

    points: float
    most: float
    final: bool


def run(args: argparse.Namespace) -> int:
    """Fill the table; 1 when it cannot be done, or a graded student has no row."""
    source, to = args.table.resolve(), args.to.resolve()
    enter_course()
    directory = converter(READING | {"assignment": args.assignment, "db": args.db}).coursedir
    try:
        with reached(), Gradebook(directory.db_url, directory.course_id) as gradebook:
            found = of_gradebook(gradebook, args.assignment)
        table = Table(source.read_bytes())
        place = (canvas if args.platform == "canvas" else moodle)(
            table, args.column or args.assignment, named=bool(args.column)
        )
        done = fill(table, place, found, scale=args.scale)
    except GradebookLost as error:
        print(error, file=sys.stderr)
        return 1
    except MissingEntry:
        print(f"The gradebook does not know {args.assignment}.", file=sys.stderr)
        return 1
    except (NoTable, OSError) as error:
        print(f"{args.table}: {error}", file=sys.stderr)
        return 1
    to.write_bytes(table.as_bytes())
    print(f"{done.written} scores in the column {shown(table.header[place.column])} of {args.to}")
    for what, who in (
        ("not fully graded, left out", done.unfinished),
        ("without a graded submission, left as it was", done.unknown),
        ("excused or not assigned, left as it was", done.kept),
        ("graded, but without a row in the table", done.absent),
    ):
        if who:
            more = ", …" if len(who) > MOST_LISTED else ""
            print(f"{len(who)} {what}: {', '.join(map(shown, who[:MOST_LISTED]))}{more}")
    return 1 if done.absent else 0


def of_gradebook(gradebook: Gradebook, assignment: str) -> dict[str, Score]:
    """The scores of an assignment by student.

    Args:
        gradebook: an open gradebook.
        assignment: "02_sorting".

    Raises:
        nbgrader.api.MissingEntry: it does not know the assignment.
    """
    gradebook.find_assignment(assignment)
    found = {}
    for submission in gradebook.assignment_submissions(assignment):
        points = max(0.0, submission.score - (submission.late_submission_penalty or 0.0))
        final = not submission.needs_manual_grade
        found[submission.student_id] = Score(points, submission.max_score, final)
    return found


def canvas(table: Table, column: str, *, named: bool) -> Place:
    """Where scores go in Canvas' exported gradebook.

    Args:
        table: the export: headings, maybe a row about posting, "Points Possible", students.
        column: the assignment's title, with or without Canvas' number after it.
        named: whether somebody said so; else a title that reads alike will do.

    Raises:
        NoTable: it is no such table, or the column is not there, twice there, or read-only.
    """
    limits = next(
        (r for r in range(min(4, len(table.rows))) if "Points Possible" in table.value(r, 0)), None
    )
    ids = [table.column(name) for name in ("ID", "SIS Login ID", "SIS User ID")]
    if limits is None or ids[0] is None:
        raise NoTable("it is no gradebook of Canvas: no column ID or no row Points Possible")
    titles = {}
    for at, heading in enumerate(table.header):
        if found := _CANVAS_ID.fullmatch(heading):
            titles[at] = found["title"]
    fits = [at for at, heading in enumerate(table.header) if heading == column]
    fits = fits or [at for at, title in titles.items() if title == column]
    if not fits and not named:
        fits = [at for at, title in titles.items() if _alike(title) == _alike(column)]
    if len(fits) != 1:
        raise NoTable(
            f"{len(fits)} columns fit {column!r}. Name one with --column: "
            + "; ".join(table.header[at] for at in titles)
        )
    (at,) = fits
    if "read only" in table.value(limits, at):
        raise NoTable(f"Canvas does not let the column {table.header[at]!r} be changed")
    most = _number(table.value(limits, at))
    columns = [column for column in ids if column is not None]
    return Place(
        at,
        limits + 1,
        keys=lambda row: [table.value(row, column) for column in columns],
        points=lambda row: most,
    )


def moodle(table: Table, column: str, *, named: bool) -> Place:
    """Where scores go in Moodle's grading worksheet.

    In another language the worksheet's headings are other words; the column of scores is then
    named, and the one after it holds the most points, as in English.

    Args:
        table: the worksheet.
        column: the heading of the scores, where it is not "Grade".
        named: whether somebody named it.

    Raises:
        NoTable: it is no worksheet, or the column is not there.
    """
    at = table.column(column) if named else table.column("Grade")
    identifiers = [table.value(row, 0) for row in range(1, len(table.rows))]
    if not identifiers or not all(_LAST_NUMBER.search(i) for i in identifiers if i):
        raise NoTable("it is no grading worksheet of Moodle: its first column is no Identifier")
    if at is None or at == 0:
        raise NoTable(
            f"no column {column if named else 'Grade'!r}. Name it with --column: "
            + "; ".join(table.header)
        )
    others = [table.column(name) for name in ("ID number", "Username", "Email address")]
    columns = [column for column in others if column is not None]

    def keys(row: int) -> list[str]:
        number = _LAST_NUMBER.search(table.value(row, 0))
        return [number[1] if number else "", *(table.value(row, column) for column in columns)]

    return Place(at, 1, keys, points=lambda row: _number(table.value(row, at + 1)))


def fill(table: Table, place: Place, scores: dict[str, Score], *, scale: bool = False) -> Filled:
    """Write scores into a table.

    Args:
        table: is changed.
        place: where they go.
        scores: by student.
        scale: whether scores are converted to the points that the platform counts.

    Raises:
        NoTable: two rows are the same student, or the platform counts other points.
    """
    done, seen = Filled(), set()
    for row in range(place.first, len(table.rows)):
        if not any(cell.value.strip() for cell in table.rows[row]):
            continue
        keys = place.keys(row)
        student = next((key for key in keys if key in scores), None)
        if student is None:
            done.unknown.append(keys[0])
            continue
        if student in seen:
            raise NoTable(f"two rows are the student {student}")
        seen.add(student)
        score = scores[student]
        if table.value(row, place.column).upper() in _NOT_FOR_US:
            done.kept.append(student)
        elif not score.final:
            done.unfinished.append(student)
        elif place.column >= len(table.rows[row]):
            raise NoTable(f"the row of {student} ends before the column of scores")
        else:
            table.write(row, place.column, _converted(score, place.points(row), scale))
            done.written += 1
    done.absent = sorted(set(scores) - seen)
    return done


def _converted(score: Score, most: float | None, scale: bool) -> str:
    points = score.points
    if most is not None and abs(most - score.most) > 0.005:
        if not scale or not score.most:
            raise NoTable(
                f"the platform counts {most:g} points and the gradebook {score.most:g}: "
                "change it there, or convert with --scale"
            )
        points *= most / score.most
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _number(text: str) -> float | None:
    """A number as platforms write it, "12.50" or "12,50"; None where there is none."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _alike(title: str) -> str:
    return re.sub(r"[\W_]+", "", title).casefold()
