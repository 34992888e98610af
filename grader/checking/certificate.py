"""A certificate: a page to print, of what passes, with a digest of the record that it is made of.

The same record, name and day give the same page, so a page can be held against a record:
``python -m grader certificate certificate.html .progress.jsonl``.
"""

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from html import escape, unescape
from pathlib import Path
from typing import Any

from grader.checking.definitions import lectures
from grader.checking.exercise import Exercise
from grader.checking.files import LARGEST, content, replaced
from grader.checking.page import Page, inline, visible
from grader.checking.progress_page import RECORD, Progress, counts, in_order
from grader.checking.report import Verdict
from grader.course import current

FILE = "certificate.html"
LONGEST_NAME = 80

STYLE = """
.dtl-certificate{--ink:var(--jp-content-font-color1,#1b1b1b);
--quiet:var(--jp-content-font-color2,#555);--line:var(--jp-border-color1,#767676);
color:var(--ink);max-width:46em;margin:1em auto;padding:2em min(2.4em,4vw);
border:3px double var(--line);font-size:15px;line-height:1.45}
.dtl-certificate h1{font-size:1.5em;margin:0}
.dtl-certificate .dtl-who{font-size:2em;margin:.5em 0 .2em;overflow-wrap:anywhere}
.dtl-certificate table{border-collapse:collapse;width:100%;margin:1.2em 0}
.dtl-certificate th,.dtl-certificate td{text-align:left;vertical-align:top;white-space:normal;
padding:.2em .8em .2em 0}
.dtl-certificate tr:has(th) th,.dtl-certificate tr:has(th) td{border-top:1px solid var(--line);
padding-top:.5em}
.dtl-certificate .dtl-proof{font-size:.85em;color:var(--quiet)}
.dtl-certificate code{overflow-wrap:anywhere;font-size:.95em;white-space:normal}
.dtl-certificate tr,.dtl-certificate .dtl-proof{break-inside:avoid}
"""
# In a file of its own there is no JupyterLab that says whether it is dark.
ALONE = """
:root{color-scheme:light dark}
body{font-family:Georgia,serif;margin:0;background:#fff}
@media (prefers-color-scheme:dark){body{background:#111}
.dtl-certificate{--ink:#eee;--quiet:#bbb;--line:#8a8a8a}}
@media print{@page{margin:15mm}body{background:#fff}
.dtl-certificate{--ink:#000;--quiet:#333;--line:#555;border:0;padding:0;margin:0;max-width:none}}
"""


def give(name: str) -> Page:
    """What a notebook shows when a certificate is asked for; it is also written beside the record.

    Args:
        name: whose it is, as it was typed.
    """
    name = visible(" ".join(str(name).split())[:LONGEST_NAME])
    if not name:
        return Page('Whose is it? Put your name in: `certificate("Ada Lovelace")`.')
    folder, today = current().home, datetime.now().astimezone().date()
    record = folder / RECORD
    made = page(name, today, record)
    if made is None:
        return Page(
            "Nothing passes yet, so there is nothing to print. The first check that passes changes "
            "that; `progress()` shows where to begin."
        )
    where = "Where answers are not your own, no file is written."
    if counts():
        try:
            with replaced(folder / FILE) as new:
                new.write_text(made, encoding="utf-8")
            where = f"It lies in `{folder / FILE}`: open it in a browser to print it."
        except OSError as error:
            where = f"It could not be written to a file: {error}."
    progress = Progress(record, Progress(record).lines)
    return Page(
        f"{name} {sentence(progress)} {where}",
        f"<style>{STYLE}</style>{body(name, today, progress)}<p>{inline(where)}</p>",
    )


def page(name: str, day: date, record: Path, lines: int | None = None) -> str | None:
    """The certificate as a file of its own; None while nothing passes.

    Args:
        name: whose it is.
        day: of when.
        record: the student's record.
        lines: how many of its lines count; None counts all that are complete.
    """
    progress = Progress(record, Progress(record).lines if lines is None else lines)
    if not any(_passes(entry) for entry in progress.results.values()):
        return None
    facts = {"name": name, "day": day.isoformat(), "lines": str(progress.lines)}
    metas = "".join(f'<meta name="{key}" content="{escape(facts[key])}">\n' for key in facts)
    title = escape(f"{name}: {current().title}")
    return visible(
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n{metas}'
        f"<title>{title}</title>\n<style>{STYLE}{ALONE}</style>\n</head>\n<body>\n"
        f"{body(name, day, progress)}\n</body>\n</html>\n"
    )


def body(name: str, day: date, progress: Progress) -> str:
    """The certificate without the frame of a file."""
    head = "".join(f"<th scope='col'>{h}</th>" for h in ("lecture", "passed", "points"))
    rows = "".join(_row(lecture, progress) for lecture in lectures())
    passes = [str(e.get("when") or "")[:10] for e in progress.results.values() if _passes(e)]
    days = sorted(filter(None, passes))
    span = " to ".join(dict.fromkeys((days[0], days[-1]))) if days else ""
    between = escape(f" The work is of {span}.") if days else ""
    kind = "Certificate" if _whole(progress) else "Certificate of a part of the course"
    return (
        f"<section class='dtl-certificate' aria-label='{kind}'>"
        f"<h1>{escape(current().title)}</h1><p>{kind}</p><p class='dtl-who'>{escape(name)}</p>"
        f"<p>{sentence(progress)}{between}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<p>{day.day} {day:%B %Y}</p>{''.join(_proof(progress))}</section>"
    )


def sentence(progress: Progress) -> str:
    """What somebody has done, to follow the name."""
    known = [item for items in lectures().values() for item in items]
    passed = sum(_passes(progress.results.get(item.id, {})) for item in known)
    earned = sum(float(progress.results.get(item.id, {}).get("score", 0)) for item in known)
    points = f"{earned:g} of {sum(item.points for item in known)} points"
    if _whole(progress):
        return f"has passed all {len(known)} exercises and questions of this course: {points}."
    return f"has passed {passed} of {len(known)} exercises and questions of this course: {points}."


def _row(lecture: str, progress: Progress) -> str:
    """A line of the table; nothing for a lecture that has brought no points."""
    known = in_order(lecture)
    points = sum(float(progress.results.get(item.id, {}).get("score", 0)) for item in known)
    if not points:
        return ""
    done = [item for item in known if _passes(progress.results.get(item.id, {}))]
    written = [f"<code>{item.name}</code>" for item in done if isinstance(item, Exercise)]
    return (
        f"<tr><th scope='row'>{escape(_title(lecture))}</th>"
        f"<td>{len(done)} of {len(known)}</td>"
        f"<td>{points:g} of {sum(item.points for item in known)}</td></tr>"
        + (f"<tr><td colspan='3'>Written: {', '.join(written)}</td></tr>" if written else "")
    )


def _whole(progress: Progress) -> bool:
    known = (item for items in lectures().values() for item in items)
    return all(_passes(progress.results.get(item.id, {})) for item in known)


def _proof(progress: Progress) -> Iterator[str]:
    yield (
        f"<p class='dtl-proof'>Made of the first {progress.lines} lines of the student's record, "
        f"<code>{RECORD}</code>, whose SHA-256 digest is <code>{progress.digest}</code>. "
        "Lines are only ever added to a record, so these keep their digest. "
        f"<code>python -m grader certificate {FILE} {RECORD}</code> holds this page against "
        "them.</p>"
    )
    yield (
        "<p class='dtl-proof'>This proves that page and record belong together, and that neither "
        "was changed since. It does not prove who did the work, or with what help: the record lies "
        "with the student, who can write into it. Who needs to know that grades the notebooks.</p>"
    )


def _passes(entry: Mapping[str, Any]) -> bool:
    """Whether it counts as done: of several levels the first is enough; the points say which."""
    partly = entry.get("verdict") == Verdict.PARTLY and entry.get("score", 0) > 0
    return partly or entry.get("verdict") == Verdict.RIGHT


def _title(lecture: str) -> str:
    """The heading of a lecture's notebook; its name where there is none."""
    try:
        path = current().notebooks / lecture / f"{lecture}.ipynb"
        cells = json.loads(content(path, LARGEST))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return lecture
    heading = re.search(r"^# +(.+)", "\n".join(texts), re.MULTILINE)
    return heading[1].strip() if heading else lecture


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``python -m grader certificate``."""
    parser.add_argument("page", type=Path, help="the certificate, an HTML file")
    parser.add_argument("record", type=Path, help="the record, .progress.jsonl")


def run(args: argparse.Namespace) -> int:
    """Hold a certificate against a record."""
    try:
        said = args.page.read_text(encoding="utf-8")
        args.record.read_bytes()
    except (OSError, ValueError) as error:
        print(error)
        return 2
    facts = {key: unescape(v) for key, v in re.findall(r'<meta name="(\w+)" content="(.*)">', said)}
    try:
        name, day, lines = facts["name"], date.fromisoformat(facts["day"]), int(facts["lines"])
    except (KeyError, ValueError):
        print(f"{args.page} is not a certificate")
        return 2
    if Progress(args.record, lines).digest not in said:
        print(f"no: the first {lines} lines of {args.record} are not those that it was made of")
        return 1
    if page(name, day, args.record, lines) != said:
        print("no: these lines give another page: was it changed, or the course since then?")
        return 1
    print(f"yes: {args.page} says what the first {lines} lines of {args.record} say, of {name}")
    return 0
