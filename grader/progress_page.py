"""What passes so far: one small file, and the page that shows it."""

import contextlib
import json
import os
import tempfile
from html import escape
from pathlib import Path
from typing import Any

from grader.exercises import lectures
from grader.report import Report, Verdict

FILE = Path(__file__).resolve().parent.parent / ".progress.json"


class Page:
    """Text that a notebook shows as HTML and a terminal as it is."""

    def __init__(self, text: str, html: str | None = None):
        self.text = text
        self._html = html or "<p>" + escape(text).replace("\n", "<br>") + "</p>"

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self._html


class Progress:
    """The student's progress, kept in one JSON file.

    The file is written beside itself and renamed, so a crash at any moment leaves the old or the
    new one. A file that cannot be read counts as empty; one that cannot be written is left as it
    is, because a check must never fail for it. nbgrader's own runs do not touch it.

    Args:
        path: the file; None is the course's own.
    """

    def __init__(self, path: Path | None = None):
        self._path = path = path or FILE
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            self._state: dict[str, dict[str, Any]] = {
                k: v for k, v in state.items() if isinstance(v, dict)
            }
        except (OSError, ValueError, AttributeError):
            self._state = {}

    def record(self, report: Report) -> None:
        """Note the outcome of a check."""
        entry = self._state.setdefault(report.id, {})
        entry.update(score=report.score, verdict=str(report.verdict))
        self._save()

    def next_hint(self, id: str, number: int) -> int:
        """How many of ``number`` hints to show now: one more than last time."""
        entry = self._state.setdefault(id, {})
        entry["hints"] = min(int(entry.get("hints", 0)) + 1, number)
        self._save()
        return entry["hints"]

    def failed(self, id: str) -> bool:
        """Whether the last check of this exercise found it wrong."""
        verdict = self._state.get(id, {}).get("verdict")
        return verdict is not None and verdict != Verdict.RIGHT

    def page(self) -> Page:
        """A table of lectures and exercises, with the next step."""
        text, rows = [], []
        following = None
        for lecture, items in lectures().items():
            done = [d for d in items if self._state.get(d.id, {}).get("verdict") == Verdict.RIGHT]
            earned = sum(float(self._state.get(d.id, {}).get("score", 0)) for d in items)
            total = sum(d.points for d in items)
            left = [d for d in items if d not in done]
            minutes = sum(d.minutes for d in left)
            if left and following is None and done:
                following = (lecture, left[0])
            text.append(
                f"{lecture}: {len(done)} of {len(items)} done, {earned:g} of {total} points"
                + (f", about {minutes} minutes left" if left else "")
            )
            marks = "".join(_dot(d.id, self._state.get(d.id, {}).get("verdict")) for d in items)
            rows.append(
                f"<tr><th scope='row'>{escape(lecture)}</th>"
                f"<td>{len(done)} / {len(items)}</td>"
                f"<td><progress max='{total}' value='{earned:g}' aria-label='points'></progress> "
                f"{earned:g} / {total}</td><td>{f'{minutes} min' if left else 'done'}</td>"
                f"<td class='dtl-each'>{marks}</td></tr>"
            )
        if following:
            text.append(f"Next: {following[1].name} in {following[0]}.")
        head = "".join(
            f"<th scope='col'>{h}</th>" for h in ("lecture", "exercises", "points", "left", "each")
        )
        html = (
            f"{_STYLE}<table class='dtl-progress'><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
        )
        html += "<p>● passes, ◐ tried, ○ not tried. Point at one to see its name.</p>"
        if following:
            html += f"<p>Next: <code>{following[1].name}</code> in {escape(following[0])}.</p>"
        return Page("\n".join(text), html)

    def _save(self) -> None:
        if os.environ.get("NBGRADER_EXECUTION"):
            return
        with contextlib.suppress(OSError):
            handle, beside = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(self._state, file, indent=1, sort_keys=True)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(beside, self._path)
            except OSError:
                os.unlink(beside)
                raise


_STYLE = """<style>
.dtl-progress{table-layout:auto!important}
.dtl-progress td,.dtl-progress th{text-align:left!important;white-space:nowrap!important}
.dtl-progress td.dtl-each{white-space:normal!important;max-width:30em}
.dtl-progress progress{width:7em}
</style>"""


def _dot(id: str, verdict: str | None) -> str:
    mark = "●" if verdict == Verdict.RIGHT else "○" if verdict is None else "◐"
    return f"<span title='{escape(id)}: {escape(verdict or 'not tried')}'>{mark}</span> "
