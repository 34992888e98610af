"""What passes so far: one small file, and the page that shows it."""

import contextlib
import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from grader.checking.definitions import lectures
from grader.checking.exercise import Exercise, Question
from grader.checking.files import LARGEST, content, here
from grader.checking.page import Page, inline
from grader.checking.platform import known_here, storage
from grader.checking.report import Report, Verdict
from grader.checking.review import AT_ONCE, due, page
from grader.course import current

RECORD = ".progress.jsonl"
_YEARS = range(1970, 2200)  # of the times in it; a question comes back some days later
# What a line that somebody else has written may raise.
_UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError)


class Progress:
    """The student's record: the best result of every exercise and question, with its date.

    It is a file of lines, each a JSON object with what one check or hint added, and lines are only
    ever appended: neither a crash nor a second notebook takes anything away. A line that cannot be
    read is passed over, a file that cannot be written is left as it is, because a check must never
    fail for it. Nothing counts in nbgrader's own runs and in ``solutions/``, where the answers are
    not the student's.

    Args:
        path: the file; None is the course's own.
        lines: how many of its lines to read; None reads all.
    """

    def __init__(self, path: Path | None = None, lines: int | None = None):
        self._path = path or current().home / RECORD
        self._state: dict[str, dict[str, Any]] = {}
        self._latest = ""  # the id of the last line
        *whole, rest = content(self._path).split(b"\n")
        read = whole[:lines]
        self._digest = hashlib.sha256(b"".join(line + b"\n" for line in read)).hexdigest()
        self._lines = len(read)
        for line in [*read, rest] if lines is None else read:
            try:
                self._take(json.loads(line.decode(errors="replace")))
            except _UNREADABLE:
                continue

    @property
    def results(self) -> Mapping[str, Mapping[str, Any]]:
        """By id the best result: ``score``, ``verdict``, and ``when``, in ISO 8601."""
        return self._state

    @property
    def lines(self) -> int:
        """How many whole lines were read; one that a crash cut off is none."""
        return self._lines

    @property
    def digest(self) -> str:
        """SHA-256 of those lines, in hexadecimal."""
        return self._digest

    def record(self, report: Report) -> None:
        """Note the outcome of a check. What is still to be written, or not there, is no try."""
        if report.verdict in (Verdict.NOT_IMPLEMENTED, Verdict.MISSING):
            return
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        line = {"id": report.id, "score": report.score, "verdict": str(report.verdict), "when": now}
        if report.diagnosis:
            line["mistake"] = report.diagnosis.name
        if report.verdict is Verdict.WRONG_VALUE and not report.cases:  # a question
            line["recalled"] = 0
        self._add(line)

    def next_hint(self, id: str, number: int) -> int:
        """How many of ``number`` hints to show now: one more than last time."""
        shown = min(int(self._state.get(id, {}).get("hints", 0)) + 1, number)
        self._add({"id": id, "hints": shown})
        return shown

    def borrow(self, id: str) -> None:
        """Note that the library's function is used in place of an own one."""
        self._add({"id": id, "borrowed": True})

    def _add(self, line: dict[str, Any]) -> None:
        before = dict(self._state.get(line["id"], {}))
        self._take(line)
        same = {**before, "when": None} == {**self._state[line["id"]], "when": None}
        if not same and counts():
            self._append(json.dumps(line, sort_keys=True).encode() + b"\n")

    def _take(self, line: dict[str, Any]) -> None:
        """Let a line change the state: the best result stays."""
        entry = self._state.setdefault(str(line["id"]), {})
        if set(line) & {"verdict", "hints", "borrowed"}:
            self._latest = str(line["id"])
        if "hints" in line:
            entry["hints"] = max(int(line["hints"]), entry.get("hints", 0))
        if "borrowed" in line:
            entry["borrowed"] = True
        if "recalled" in line:
            when = datetime.fromisoformat(line["when"]).astimezone()
            if when.year not in _YEARS:
                raise ValueError(when)
            entry |= {"recalled": max(int(line["recalled"]), 0), "missed": when}
        if "verdict" in line:
            score, verdict = float(line["score"]), str(line["verdict"])
            if not math.isfinite(score):
                raise ValueError(score)
            entry["last"] = verdict
            if name := line.get("mistake"):
                entry["mistakes"] = list(dict.fromkeys([*entry.get("mistakes", ()), str(name)]))
            best = (entry.get("verdict") == Verdict.RIGHT, entry.get("score", -1.0))
            if (verdict == Verdict.RIGHT, score) > best:
                entry.update(score=score, verdict=verdict, when=line.get("when"))

    def review(self, now: datetime | None = None) -> Page:
        """Some of the questions that were answered wrong and whose time has come.

        Args:
            now: the time, with its zone; None takes the clock's.
        """
        now = now or datetime.now().astimezone()
        questions = due(self._state, now)
        for question in questions[:AT_ONCE]:
            times = self._state[question.id]["recalled"] + 1
            when = now.isoformat(timespec="seconds")
            self._add({"id": question.id, "recalled": times, "when": when})
        return page(questions[:AT_ONCE], len(questions[AT_ONCE:]))

    def failed(self, id: str) -> bool:
        """Whether the last check of this exercise found it wrong."""
        verdict = self._state.get(id, {}).get("last")
        return verdict is not None and verdict != Verdict.RIGHT

    def resume(self) -> Page | None:
        """The way back to where one stopped; None when nothing was done, or nothing is left."""
        if not self._latest:  # a new student's kernel need not read the lectures' definitions
            return None
        known = [(name, item) for name in lectures() for item in in_order(name)]
        place = next((i for i, (_, item) in enumerate(known) if item.id == self._latest), None)
        if place is None:
            return None
        ahead = [
            (lecture, item)
            for lecture, item in (*known[place:], *known[:place])
            if self._state.get(item.id, {}).get("verdict") != Verdict.RIGHT
        ]
        if not ahead:
            return None
        lecture, item = ahead[0]
        link = _link(f"{item.name} in {escape(lecture)}", lecture, item.id)
        return Page(
            f"Go on where you stopped: {item.name} in {lecture}.",
            f"<p><b>Go on where you stopped:</b> {link}.</p>",
        )

    def page(self) -> Page:
        """A table of lectures and exercises, with the time that is left and the next step."""
        text, rows, open_lectures = [], [], []
        all_done, all_items, all_minutes = 0, 0, 0
        for lecture in lectures():
            items = in_order(lecture)
            if not items:  # it only tells
                continue
            verdicts = [self._state.get(d.id, {}).get("verdict") for d in items]
            left = [d for d, v in zip(items, verdicts, strict=True) if v != Verdict.RIGHT]
            done = len(items) - len(left)
            earned = sum(float(self._state.get(d.id, {}).get("score", 0)) for d in items)
            total = sum(d.points for d in items)
            minutes = sum(d.minutes for d in left)
            if left:
                open_lectures.append((any(verdicts), lecture, left[0]))
            text.append(
                f"{lecture}: {done} of {len(items)} done, {earned:g} of {total} points"
                + (f", about {_time(minutes)} left" if left else "")
            )
            marks = " ".join(_dot(d.id, lecture, self._state.get(d.id, {})) for d in items)
            rows.append(
                f"<tr><th scope='row'>{_link(escape(lecture), lecture)}</th>"
                f"<td>{done} / {len(items)}</td>"
                f"<td>{_bar(earned, total)} {earned:g} / {total}</td>"
                f"<td>{_time(minutes) if left else 'done'}</td>"
                f"<td class='dtl-each'>{marks}</td></tr>"
            )
            all_done, all_items = all_done + done, all_items + len(items)
            all_minutes += minutes
        if now := self._here():
            text.append(now)
        left_over = f", about {_time(all_minutes)} left" if open_lectures else ""
        summary = f"{all_done} of {all_items} done{left_over}."
        text.append(summary)
        where = " ".join(filter(None, (storage(), known_here(self._lines))))
        following = ""
        if open_lectures:
            # The lecture that was begun first, else the first one.
            _, lecture, item = next((o for o in open_lectures if o[0]), open_lectures[0])
            text.append(f"Next: {item.name} in {lecture}.")
            link = _link(f"<code>{item.name}</code>", lecture, item.id)
            following = f" <b>Next:</b> {link} in {escape(lecture)}."
        text += [where] if where else []
        head = "".join(
            f"<th scope='col'>{h}</th>" for h in ("lecture", "passed", "points", "left", "each")
        )
        html = (
            f"{_STYLE}<p class='dtl-next'>{summary}{following}</p>"
            + (f"<p>{inline(now)}</p>" if now else "")
            + f"<table class='dtl-progress'><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
            "<p class='dtl-key'>In the order of the notebook: ● passes, ◐ tried, ◌ borrowed, "
            "○ not tried. Point at one to see its name; a click goes there. "
            "What is left counts exercises and questions, without the reading.</p>"
            + (f"<p>{inline(where)}</p>" if where else "")
        )
        return Page("\n".join(text), html)

    def _here(self) -> str:
        """What the lecture has brought in whose folder this runs, and what waits to be recalled."""
        said = ""
        if (lecture := here().name) in lectures() and (items := in_order(lecture)):
            entries = [self._state.get(item.id, {}) for item in items]
            done = sum(entry.get("verdict") == Verdict.RIGHT for entry in entries)
            earned = sum(float(entry.get("score", 0)) for entry in entries)
            total = sum(item.points for item in items)
            said = f"This lecture: {done} of {len(items)} done, {earned:g} of {total} points."
            if met := [name for entry in entries for name in entry.get("mistakes", ())]:
                said += f" Mistakes you met, by name: {'; '.join(met)}."
        if count := len(due(self._state, datetime.now().astimezone())):
            what = "question wants" if count == 1 else "questions want"
            said += f" {count} {what} to be recalled: `from grader import review`, then `review()`."
        return said.strip()

    def add(self, other: bytes) -> int:
        """Append the whole lines of another record that this one does not have.

        Args:
            other: what the other record holds.

        Returns:
            how many they were.
        """
        known = set(content(self._path).split(b"\n"))
        *whole, _rest = other.split(b"\n")
        new = [line for line in dict.fromkeys(whole) if line and line not in known]
        if new:
            self._append(b"".join(line + b"\n" for line in new))
        return len(new)

    def _append(self, text: bytes) -> None:
        """One write at the end of the file; after a line that a crash cut off, on a new one."""
        with contextlib.suppress(OSError), self._path.open("a+b") as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                text = text if file.read(1) == b"\n" else b"\n" + text
            file.write(text)
            file.flush()
            os.fsync(file.fileno())


def counts() -> bool:
    """Whether what runs here is the student's own work."""
    solutions = current().home / "solutions"
    return not os.environ.get("NBGRADER_EXECUTION") and solutions not in (
        here(),
        *here().parents,
    )


def in_order(lecture: str) -> list[Exercise | Question]:
    """The exercises and questions of a lecture as they stand in its notebook.

    Args:
        lecture: "02_sorting". Where its notebook is missing, exercises come before questions.
    """
    items = lectures()[lecture]
    try:
        notebook = current().notebooks / lecture / f"{lecture}.ipynb"
        text = content(notebook, LARGEST).decode()
    except ValueError:
        return list(items)
    checked = re.findall(r'check\(\\"([\w.]+)\\"\)', text)
    places = {id: place for place, id in reversed(list(enumerate(checked)))}
    return sorted(items, key=lambda item: places.get(item.id, len(places)))


def _time(minutes: int) -> str:
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


_STYLE = """<style>
.dtl-progress{table-layout:auto!important}
.dtl-progress td,.dtl-progress th{text-align:left!important;white-space:nowrap!important}
.dtl-progress td.dtl-each{white-space:normal!important;max-width:26em;line-height:1.25;
letter-spacing:1px}
.dtl-bar{display:inline-block;width:7em;height:.6em;border-radius:.3em;overflow:hidden;
background:var(--jp-layout-color3,#ddd)}
.dtl-bar span{display:block;height:100%;background:var(--jp-brand-color1,#1976d2)}
.dtl-progress td.dtl-each a{text-decoration:none}
.dtl-progress td.dtl-each span{display:inline-block;color:var(--jp-content-font-color1,#222)}
.dtl-progress td.dtl-each .dtl-passes{color:#1a7f45}
.dtl-progress td.dtl-each .dtl-tried{color:#c04a0e}
[data-jp-theme-light="false"] .dtl-progress td.dtl-each .dtl-passes{color:#66d39a}
[data-jp-theme-light="false"] .dtl-progress td.dtl-each .dtl-tried{color:#ff9c66}
</style>"""


def _bar(earned: float, total: int) -> str:
    return (
        f"<span class='dtl-bar' role='progressbar' aria-label='points' aria-valuemin='0' "
        f"aria-valuemax='{total}' aria-valuenow='{earned:g}'>"
        f"<span style='width:{100 * earned / total:.0f}%'></span></span>"
    )


def _dot(id: str, lecture: str, entry: dict[str, Any]) -> str:
    verdict = entry.get("verdict")
    if verdict == Verdict.RIGHT:
        mark, css = "●", "dtl-passes"
    elif entry.get("borrowed"):
        mark, css, verdict = "◌", "dtl-tried", "borrowed"
    else:
        mark, css = ("○", "") if verdict is None else ("◐", "dtl-tried")
    name = escape(f"{id}: {verdict or 'not tried'}")
    return _link(f"<span class='{css}' title='{name}'>{mark}</span>", lecture, id, name)


def _link(html: str, lecture: str, id: str = "", name: str = "") -> str:
    """The same with a way to a lecture's notebook, or to the cell of an answer.

    Only the student's notebooks lie beside each other; elsewhere a link would lead nowhere.
    """
    notebooks = current().notebooks
    if notebooks not in here().parents:
        return html
    target = Path(os.path.relpath(notebooks / lecture / f"{lecture}.ipynb")).as_posix()
    cell = f"#cell-id={id.replace('.', '-')}-answer" if id else ""
    label = f" aria-label='{name}'" if name else ""
    return f"<a href='{escape(target + cell)}'{label}>{html}</a>"
