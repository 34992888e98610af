"""What a check says: a report, as data, as text, as HTML and as JSON.

In a notebook a report's ``text/plain`` is the score, because nbgrader reads the first result of a
check cell as its points.
"""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from html import escape
from typing import Any

from grader.checking.page import flow, inline, visible

# A report in a notebook's outputs, for tools; no front end shows it.
MIME = "application/vnd.grader.report+json"


class Verdict(StrEnum):
    """The one word for an exercise."""

    RIGHT = "right"
    WRONG_VALUE = "wrong value"
    WRONG_SHAPE = "wrong shape"
    WRONG_TYPE = "wrong type"
    WRONG_DTYPE = "wrong dtype"
    CHANGES_INPUT = "changes its input"
    SHARES_INPUT = "shares memory with its input"
    KEEPS_STATE = "keeps state between calls"
    GLOBAL_RANDOM = "uses global randomness"
    CHANGES_LIBRARY = "changes a library"
    NOT_FINITE = "not finite"
    WARNS = "warns"
    RAISED = "raised an error"
    NOT_IMPLEMENTED = "not written yet"
    MISSING = "not found"
    TIMED_OUT = "timed out"
    OTHER_CONVENTION = "other convention"
    PARTLY = "partly there"


@dataclass(frozen=True)
class CaseResult:
    """How one case went: ``detail`` says in a sentence what was seen."""

    name: str
    kind: str
    verdict: Verdict
    detail: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", visible(self.detail))


@dataclass(frozen=True)
class Diagnosis:
    """The misconception that answers like the student's function."""

    name: str
    message: str


@dataclass(frozen=True)
class Report:
    """The answer of a check.

    Args:
        id: the exercise or question.
        verdict: one word for the whole.
        score, points: what was earned, of what.
        summary: the first sentence, what was observed.
        cases: one result per case; empty for a question.
        diagnosis: the misconception recognised, or None.
        note: what else to know: a parent exercise that fails, the reason behind a right answer.
        printed: what the student's function printed in the case that the summary is about.
        hints: how many hints there are.
        help: what a notebook's panel offers to who is stuck, as HTML; no part of the data.
    """

    id: str
    verdict: Verdict
    score: float
    points: float
    summary: str
    cases: tuple[CaseResult, ...] = ()
    diagnosis: Diagnosis | None = None
    note: str = ""
    printed: str = ""
    hints: int = 0
    help: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for name in ("summary", "note", "printed"):  # these repeat what the student's code said
            object.__setattr__(self, name, visible(getattr(self, name)))

    @property
    def right(self) -> bool:
        """Whether everything is right."""
        return self.verdict is Verdict.RIGHT

    @property
    def _state(self) -> str:
        """How it is shown: with which mark and colour."""
        if self.verdict in _TODO:
            return "todo"
        return {Verdict.RIGHT: "right", Verdict.PARTLY: "partly"}.get(self.verdict, "wrong")

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        data = asdict(self)
        del data["help"]
        return data

    def as_text(self) -> str:
        """The report for a terminal."""
        mark = {"right": "✓", "partly": "◐"}.get(self._state, "✗")
        lines = [f"{mark} {self.id}: {self.verdict} ({self.score:g} of {self.points:g} points)"]
        lines.append(f"  {self.summary}")
        if self.diagnosis:
            lines.append(f"  It looks like this: {self.diagnosis.name}.")
            lines += [f"  {line}" for line in self.diagnosis.message.splitlines()]
        if self.note:
            lines.append(f"  {self.note}")
        if self.cases and not self.right:
            passed = sum(case.verdict is Verdict.RIGHT for case in self.cases)
            lines.append(f"  {passed} of {len(self.cases)} cases pass.")
            lines += [f"    {_mark(case)} {case.name}" for case in self.cases]
        if self.printed:
            lines.append("  Your function printed: " + self.printed[:500])
        if self.hints and not self.right:
            lines.append(f'  A hint: hint("{self.id}")')
        return "\n".join(lines)

    def as_html(self) -> str:
        """The report as a panel for a notebook; colours follow JupyterLab's theme."""
        state = self._state
        mark = {"right": "✓", "partly": "◐", "todo": "○", "wrong": "✗"}[state]
        parts = [
            f'<div class="dtl-check dtl-{state}" role="status">{_STYLE}',
            f'<p class="dtl-head"><span class="dtl-mark" aria-hidden="true">{mark}</span> '
            f"<strong>{escape(str(self.verdict).capitalize())}</strong>"
            f'<span class="dtl-id">{escape(self.id)}</span>'
            f'<span class="dtl-score">{self.score:g} / {self.points:g}</span></p>',
            f"<p>{inline(self.summary)}</p>",
        ]
        if self.diagnosis:
            parts.append(
                '<div class="dtl-diagnosis">'
                f"<strong>{inline(self.diagnosis.name.capitalize())}?</strong><br>"
                f"{flow(self.diagnosis.message)}</div>"
            )
        if self.note:
            parts.append(f"<p>{flow(self.note)}</p>")
        if self.cases:
            parts.append(self._case_table())
        if self.printed:
            parts.append(
                "<details><summary>What your function printed</summary>"
                f"<pre>{escape(self.printed)}</pre></details>"
            )
        if self.help and not self.right:
            parts.append(self.help)
        elif self.hints and not self.right:
            parts.append(f'<p class="dtl-hint">Stuck? <code>hint("{escape(self.id)}")</code></p>')
        return "".join((*parts, "</div>"))

    def _case_table(self) -> str:
        passed = sum(case.verdict is Verdict.RIGHT for case in self.cases)
        rows = "".join(
            f'<tr><td aria-hidden="true">{_mark(case)}</td><td>{escape(case.name)}</td>'
            f"<td>{escape(str(case.verdict))}</td><td>{inline(case.detail)}</td></tr>"
            for case in self.cases
        )
        return (
            f"<details><summary>{passed} of {len(self.cases)} cases pass</summary>"
            "<table><thead><tr><th></th><th>case</th><th>verdict</th><th>what was seen</th></tr>"
            "</thead>"
            f"<tbody>{rows}</tbody></table></details>"
        )

    def as_mimebundle(self) -> dict[str, Any]:
        """The report as a notebook output: the score as text, the panel, and the data."""
        return {"text/plain": f"{self.score:g}", "text/html": self.as_html(), MIME: self.as_dict()}

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return self.as_mimebundle() if _in_kernel() else {"text/plain": self.as_text()}

    def __repr__(self) -> str:
        return self.as_text()


_TODO = (Verdict.NOT_IMPLEMENTED, Verdict.MISSING)

_STYLE = """<style>
.dtl-check{--dtl-line:#d55e00;border:1px solid var(--jp-border-color2,#ccc);
border-left:5px solid var(--dtl-line);border-radius:3px;padding:.5em .9em;margin:.3em 0;
max-width:56em;line-height:1.5;color:var(--jp-content-font-color1,#222);
background:var(--jp-layout-color1,#fff)}
.dtl-check.dtl-right{--dtl-line:#009e73}
.dtl-check.dtl-partly{--dtl-line:#b47a00}
.dtl-check.dtl-todo{--dtl-line:#888}
.dtl-check p{margin:.2em 0}
.dtl-check .dtl-mark{color:var(--dtl-line);font-weight:bold}
.dtl-check .dtl-id{margin-left:1em;font-family:monospace;opacity:.75}
.dtl-check .dtl-score{float:right;font-variant-numeric:tabular-nums}
.dtl-check .dtl-diagnosis{margin:.5em 0;padding:.4em .8em;border-radius:3px;
background:var(--jp-layout-color2,#f3f3f3)}
.dtl-check summary{cursor:pointer;opacity:.85}
.dtl-check table{margin:.3em 0;font-size:.95em;table-layout:auto!important}
.dtl-check td,.dtl-check th{text-align:left!important;vertical-align:top!important;
padding:.2em .6em!important}
.dtl-check td:nth-child(-n+3){white-space:nowrap!important}
.dtl-check .dtl-hint{opacity:.85}
.dtl-check .dtl-step{margin-top:.3em}
.dtl-check .dtl-step>:not(summary){margin-left:1.1em}
.dtl-check pre{padding:.5em .8em;background:var(--jp-layout-color2,#f3f3f3)}
</style>"""


def _mark(case: CaseResult) -> str:
    return "✓" if case.verdict is Verdict.RIGHT else "✗"


def _in_kernel() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")
