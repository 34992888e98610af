"""``results.json``, what Gradescope reads of an autograder.

Its form: https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.checking.report import CaseResult, Diagnosis, Report, Verdict

VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")
LEADERBOARD = "Points"
MAX_OUTPUT = 20_000  # characters of one test


@dataclass(frozen=True)
class Check:
    """A graded cell of the assignment and what it brought.

    Args:
        name: the exercise's or question's id; of another cell its ``grade_id``.
        points: the most.
        score: what it brought; None where a person grades it.
        output: what the student reads.
        cell: its cell's ``grade_id``.
    """

    name: str
    points: float
    score: float | None = 0.0
    output: str = ""
    cell: str = ""


def results(
    checks: Sequence[Check],
    *,
    output: str = "",
    seconds: float = 0.0,
    visibility: str = "visible",
    leaderboard: bool = False,
) -> dict[str, Any]:
    """The contents of ``results.json``.

    Args:
        checks: in the order of the notebook. Those that a person grades are left to Gradescope's
            own rubric.
        output: about the whole submission.
        seconds: how long it took.
        visibility: one of :data:`VISIBILITIES`, when students see the checks.
        leaderboard: whether the points go on the leaderboard.
    """
    judged = [check for check in checks if check.score is not None]
    by_hand = len(checks) - len(judged)
    if by_hand:
        output += f"\n{by_hand} answers are graded by hand."
    score = sum(check.score or 0.0 for check in judged)
    found: dict[str, Any] = {
        "score": score,
        "execution_time": round(seconds, 2),
        "output": output.strip(),
        "output_format": "text",
        "visibility": visibility,
        "stdout_visibility": "hidden",
        "tests": [
            {
                "name": check.name,
                "number": str(number),
                "score": check.score,
                "max_score": check.points,
                "status": "passed" if check.score == check.points else "failed",
                "output": check.output[:MAX_OUTPUT],
                "output_format": "text",
                "visibility": visibility,
            }
            for number, check in enumerate(judged, 1)
        ],
    }
    if leaderboard:
        found["leaderboard"] = [{"name": LEADERBOARD, "value": score, "order": "desc"}]
    return found


def failed(reason: str, checks: Sequence[Check] = (), **options: Any) -> dict[str, Any]:
    """The contents where nothing could be graded. The reason is always visible.

    Args:
        reason: why.
        checks: what would have been graded; each brings 0.
        options: see :func:`results`.
    """
    shown = results(checks, output=reason, **options)
    return shown | {"visibility": "visible"}


def told(report: dict[str, Any]) -> str:
    """What a student reads of a check's report: as in a terminal, without the way to hints.

    Args:
        report: as data, made in grading; it holds no hidden input and no expected value.
    """
    diagnosis = report.get("diagnosis")
    whole = Report(
        **{
            **report,
            "verdict": Verdict(report["verdict"]),
            "cases": tuple(
                CaseResult(**{**case, "verdict": Verdict(case["verdict"])})
                for case in report["cases"]
            ),
            "diagnosis": diagnosis and Diagnosis(**diagnosis),
            "hints": 0,
        }
    )
    return whole.as_text()
