"""The report on a class as one page of HTML: no script, no request, light, dark and on paper."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from grader.checking.exercise import Question
from grader.checking.page import flow
from grader.engine.class_figures import BINS, ENOUGH, LOW_FIT, Figures, Item, Mistake
from grader.engine.feedback import POLICY
from grader.engine.safe_html import markdown2html
from grader.engine.unnamed import MOST_READ, Shared, shown

FIRST = 8

_STYLE = """
:root{color-scheme:light dark;--text:#1a1a1a;--soft:#565656;--back:#fff;--panel:#f4f4f2;
--line:#cfcfcf;--bar:#0072b2;--good:#00795a;--bad:#a84300}
@media (prefers-color-scheme:dark){:root{--text:#e8e8e8;--soft:#b4b4b4;--back:#16181c;
--panel:#22252b;--line:#454a52;--bar:#56b4e9;--good:#4fd1a5;--bad:#ff9a5c}}
@media print{:root{--text:#000;--soft:#333;--back:#fff;--panel:#fff;--line:#999;--bar:#555;
--good:#000;--bad:#000}nav{display:none}section,.code{break-inside:avoid-page}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem;max-width:68rem;color:var(--text);background:var(--back);
font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.7rem}h2{margin-top:2.2rem;border-bottom:1px solid var(--line)}
h3{margin-top:1.6rem}h3 .soft{font-weight:normal}
.soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}
nav a{margin-right:1rem;color:inherit}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.8rem}
dl div{padding:.5rem .8rem;background:var(--panel);border:1px solid var(--line)}
dt{color:var(--soft)}dd{margin:0;font-size:1.3rem;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%}
caption{text-align:left;color:var(--soft);padding:.3rem 0}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem;border-bottom:1px solid var(--line)}
th{font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
td.n,th.n{white-space:nowrap}td p,th p{margin:0}
@media (min-width:50rem){th code,td code{white-space:nowrap}}
@media (max-width:49.9rem){.bar{display:none}}
.bar{width:24%}td.bar span{display:block;height:.9rem;margin-top:.3rem;background:var(--bar);
print-color-adjust:exact;-webkit-print-color-adjust:exact}
.side{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:.8rem}
.code{background:var(--panel);border:1px solid var(--line);padding:.5rem .8rem}
pre{margin:.2rem 0;white-space:pre-wrap;font:.85rem/1.45 ui-monospace,monospace}
"""


def page(found: Figures, shared: Sequence[Shared], *, title: str, when: str, names: bool) -> str:
    """The page.

    Args:
        found: the numbers.
        shared: the code of wrong answers without a name.
        title: the course's.
        when: the time of the report, as text.
        names: whether students are named.
    """
    parts = [
        f"<h1>{escape(found.lecture)} <span class=soft>{escape(title)}</span></h1>",
        f"<p class=soft>{escape(when)}. {_whose(names)}</p>",
        _contents(),
        _numbers(found),
        _section("first", "Teach first", _first(found)),
        _section("scores", "Scores", _scores(found)),
        _section("time", "Time line", _time_line(found)),
        _section("exercises", "Exercises", _exercises(found)),
        _section("unnamed", "Wrong answers without a name", _unnamed(found, shared, names)),
        _section("questions", "Questions", _questions(found)),
        _section("fit", "What says little", _fit(found)),
        _section("talk", "Who needs a talk", _talk(found, names)),
    ]
    body = "\n".join(parts)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{POLICY}<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(found.lecture)}: the class</title><style>{_STYLE}</style></head>\n"
        f"<body><main>{body}</main></body></html>\n"
    )


_SECTIONS = {
    "first": "Teach first",
    "scores": "Scores",
    "time": "Time line",
    "exercises": "Exercises",
    "unnamed": "Without a name",
    "questions": "Questions",
    "fit": "What says little",
    "talk": "Talks",
}


def _whose(names: bool) -> str:
    if names:
        return "It names students: keep it to yourself."
    return "It names no student; students' code may hold what they wrote into it."


def _contents() -> str:
    links = "".join(f'<a href="#{id}">{text}</a>' for id, text in _SECTIONS.items())
    return f'<nav aria-label="Sections">{links}</nav>'


def _section(id: str, title: str, body: str) -> str:
    return f'<section aria-labelledby="{id}"><h2 id="{id}">{title}</h2>\n{body}</section>'


def _numbers(found: Figures) -> str:
    cells = [
        ("students", f"{found.known}"),
        ("handed in", f"{found.handed_in}"),
        ("graded", f"{len(found.scores)}"),
        ("points", f"{found.points:g}"),
    ]
    if found.scores:
        low, middle, high = np.percentile(found.scores, (25, 50, 75))
        cells += [("median", f"{middle:g}"), ("middle half", f"{low:g} to {high:g}")]
    if found.due:
        cells.append(("late", f"{found.late}"))
    return "<dl>" + "".join(f"<div><dt>{a}</dt><dd>{b}</dd></div>" for a, b in cells) + "</dl>"


def _table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], bars: Sequence[float] = ()
) -> str:
    """A table of HTML cells; a column of numbers has a head that begins with #, bars come last."""
    kinds = [" class=n" if head.startswith("#") else "" for head in heads]
    top = "".join(
        f'<th scope="col"{kind}>{head.removeprefix("#")}</th>'
        for head, kind in zip(heads, kinds, strict=True)
    )
    lines = []
    for number, row in enumerate(rows):
        first = f'<th scope="row"{kinds[0]}>{row[0]}</th>'
        rest = "".join(f"<td{k}>{c}</td>" for c, k in zip(row[1:], kinds[1:], strict=True))
        lines.append(f"<tr>{first}{rest}{_bar(bars[number]) if bars else ''}</tr>")
    extra = "<td class=bar></td>" if bars else ""
    return (
        f"<table><caption>{caption}</caption><thead><tr>{top}{extra}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def _bar(share: float) -> str:
    width = 100 * min(max(share, 0.0), 1.0)
    return f'<td class=bar aria-hidden="true"><span style="width:{width:.1f}%"></span></td>'


def _first(found: Figures) -> str:
    causes = found.first[:FIRST]
    if not causes:
        return "<p>No mistake is shared by two students.</p>"
    rows = [
        (f"{m.count}", f"<code>{escape(m.id)}</code>", escape(m.name), flow(m.message))
        for m in causes
    ]
    heads = ("#students", "where", "what", "what they were told")
    return _table("The mistakes that most students share", heads, rows)


def _scores(found: Figures) -> str:
    if not found.scores:
        return "<p>Nothing is graded yet.</p>"
    counts = found.histogram
    step = found.points / BINS
    rows = [(f"{n * step:g} to {(n + 1) * step:g}", str(count)) for n, count in enumerate(counts)]
    note = "<p class=soft>Points that were given by hand are in them, late penalties are not.</p>"
    bars = [count / max(counts) for count in counts]
    return _table("Submissions by their points", ("points", "#submissions"), rows, bars) + note


def _time_line(found: Figures) -> str:
    line = found.time_line
    unknown = found.handed_in - len(found.times)
    said = f"<p class=soft>Of {unknown} the time is not known: no timestamp.txt.</p>"
    if not line:
        return said
    most = max(count for _, count in line)
    rows = [(day.isoformat(), str(count)) for day, count in line]
    wide = len(line) > 1 and (line[1][0] - line[0][0]).days > 1
    caption = "Submissions by the first day of the week" if wide else "Submissions by day, UTC"
    if found.due:
        caption += f"; due {found.due:%Y-%m-%d %H:%M}, {found.late} came later"
    bars = [count / most for _, count in line]
    table = _table(caption, ("day", "#submissions"), rows, bars)
    return table + (said if unknown > 0 else "")


def _exercises(found: Figures) -> str:
    rows = [
        (
            f"<code>{escape(item.id)}</code>",
            f"{item.right:.0%}",
            f"{item.earned:.0%}",
            "; ".join(f"{shown(v)} {n}" for v, n in map(_escaped, item.verdicts.most_common())),
        )
        for item in found.items
    ]
    heads = ("exercise or question", "#right", "#points earned", "verdicts")
    bars = [item.right for item in found.items]
    table = _table("Every check, in the order of the lecture", heads, rows, bars)
    return table + "".join(map(_mistakes, found.items))


def _escaped(counted: tuple[str, int]) -> tuple[str, int]:
    return escape(shown(counted[0])), counted[1]


def _mistakes(item: Item) -> str:
    if isinstance(item.definition, Question) or not item.mistakes:
        return ""
    rows = [(f"{m.count}", escape(m.name), flow(m.message)) for m in item.mistakes]
    head = f"<h3><code>{escape(item.id)}</code> <span class=soft>recognised mistakes</span></h3>"
    caption = f"Of {item.judged} submissions"
    return head + _table(caption, ("#students", "mistake", "what they were told"), rows)


def _unnamed(found: Figures, shared: Sequence[Shared], names: bool) -> str:
    parts = [
        "<p>These functions answer alike on the cases that every notebook shows, and no "
        "misconception answers so. Where you see one idea behind them, give it a name: paste the "
        "stub under the exercise, write the message, and build.</p>"
    ]
    for one in shared:
        count = len(one.group.students)
        head = f"<code>{escape(one.group.id)}</code> <span class=soft>{count} students, "
        parts.append(f"<h3>{head}{escape(shown(one.group.verdict))}</span></h3>")
        if names:
            parts.append(f"<p>{_listed(one.group.students)}</p>")
        parts.append(_side_by_side(one))
    lone = sum(item.lone for item in found.items)
    total = sum(len(item.groups) for item in found.items)
    if total > len(shared):
        parts.append(f"<p>{total - len(shared)} smaller groups are not shown.</p>")
    if not total:
        parts = ["<p>No two students share a wrong answer that has no name.</p>"]
    if lone:
        parts.append(f"<p class=soft>{lone} wrong answers without a name are nobody else's.</p>")
    return "".join(parts)


def _side_by_side(one: Shared) -> str:
    if not one.codes:
        return "<p class=soft>Their code is not in autograded/ any more.</p>"
    read = min(len(one.group.students), MOST_READ)
    blocks = "".join(
        f'<div class=code><p class=soft>{n} of {read} wrote</p><pre dir="ltr">{escape(code)}</pre>'
        "</div>"
        for code, n in one.codes
    )
    stub = (
        f'<div class=code><p class=soft>a stub to paste; read it before</p><pre dir="ltr">'
        f"{escape(one.stub)}</pre></div>"
    )
    return f"<div class=side>{blocks}{stub}</div>"


def _questions(found: Figures) -> str:
    asked = [item for item in found.items if isinstance(item.definition, Question)]
    return "".join(map(_question, asked)) or "<p>The lecture asks none.</p>"


def _question(item: Item) -> str:
    assert isinstance(item.definition, Question)
    given = max(sum(m.count for m in item.mistakes), 1)
    rows = [(_answer(m), f"{m.count}", f"{m.count / given:.0%}") for m in item.mistakes]
    bars = [m.count / given for m in item.mistakes]
    answered = sum(m.count for m in item.mistakes)
    ask = f"<div>{markdown2html({}, item.definition.ask)}</div>"
    caption = f"Of {answered} who gave an answer"
    table = _table(caption, ("answer", "#students", "#share"), rows, bars)
    return f"<h3><code>{escape(item.id)}</code></h3>{ask}{table}"


def _answer(mistake: Mistake) -> str:
    text = markdown2html({}, mistake.name)
    return text + (' <span class="good">✓ right</span>' if mistake.right else "")


def _fit(found: Figures) -> str:
    if len(found.scores) < ENOUGH:
        return f"<p>With fewer than {ENOUGH} graded submissions this cannot be told.</p>"
    rows = [
        (f"<code>{escape(i.id)}</code>", f"{i.fit:.2f}", f"{i.right:.0%}")
        for i in found.badly_fitting
    ]
    text = (
        "<p>The correlation of an exercise's points with the points for everything else. Below "
        f"{LOW_FIT} it says little about who can do the rest: look at the text and at the check, "
        "whether something besides the idea decides. What everybody or nobody got right is not "
        "listed.</p>"
    )
    if not rows:
        return text + f"<p>None is below {LOW_FIT}.</p>"
    return text + _table("Low correlation", ("exercise", "#correlation", "#right"), rows)


def _talk(found: Figures, names: bool) -> str:
    if not found.talk:
        return "<p>Nobody stands out.</p>"
    if names:
        rows = [(escape(shown(s)), escape("; ".join(why))) for s, why in found.talk.items()]
        return _table(f"{len(rows)} students", ("student", "why"), rows)
    counted = _reasons(found.talk)
    rows = [(escape(reason), str(count)) for reason, count in counted.items()]
    return _table(f"{len(found.talk)} students; --names says who", ("why", "#students"), rows)


def _reasons(talk: Mapping[str, Sequence[str]]) -> dict[str, int]:
    reasons = [reason for why in talk.values() for reason in why]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def _listed(students: Sequence[str]) -> str:
    said = ", ".join(escape(shown(s)) for s in students[:50])
    return said + (f" and {len(students) - 50} more" if len(students) > 50 else "")
