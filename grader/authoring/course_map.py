"""The map of a course: what each lecture builds on and how long it takes, drawn and as a table.

Each lecture says both itself, in its first cells: ``**Time** Two hours``, and after ``**Builds
on**``, in the same paragraph, a link to every lecture that it needs. Nothing else is kept.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from grader.authoring.lecture import Lecture

FILE = "course_map.svg"
# Readable on a phone, and on white as well as on black: writing stands on colours of its own.
WIDTH, ROW, TOP = 360, 44, 8
LANE, BOX = 15, 262
FILL, INK = "#2b5672", "#ffffff"
LINES = ("#767676", "#0072b2", "#c25200", "#00875f", "#b8578f")

_HOURS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_TIME = re.compile(r"\*\*Time\*\*\s+(?:about\s+)?(?:(half an hour)|(\w+) hours?)", re.IGNORECASE)
_NEEDS = re.compile(r"\*\*Builds on\*\*(.*?)(?:\n\s*\n|\Z)", re.DOTALL)
_LINK = re.compile(r"\]\(\.\./(\w+)/\1\.ipynb\)")


@dataclass(frozen=True)
class Stop:
    """A lecture on the map.

    Args:
        name: "02_sorting".
        title: its heading, with its number in front: "02 · Sorting".
        minutes: how long it says that it takes; 0 where it says nothing.
        needs: the names of the lectures that it says it builds on, in the order of the course.
    """

    name: str
    title: str
    minutes: int
    needs: tuple[str, ...]


def stops(lectures: Iterable[Lecture]) -> list[Stop]:
    """What the lectures say of themselves.

    Args:
        lectures: in the order of the course.
    """
    found = []
    for lecture in lectures:
        text = "\n\n".join(cell.source for cell in lecture.cells if cell.role == "text")
        title = next((cell.section for cell in lecture.cells if cell.section), lecture.name)
        number = lecture.name[:2]
        needs = {name for said in _NEEDS.findall(text)[:1] for name in _LINK.findall(said)}
        found.append(
            Stop(
                lecture.name,
                title if title.startswith(number) else f"{number} · {title}",
                _minutes(text),
                tuple(sorted(needs)),
            )
        )
    return found


def _minutes(text: str) -> int:
    if not (said := _TIME.search(text)):
        return 0
    return 30 if said[1] else 60 * _HOURS.get(said[2].lower(), 0)


def in_words(minutes: int) -> str:
    """A time as it is read on the map: "½ h", "2 h", "2½ h"; nothing for 0."""
    whole, half = divmod(round(minutes / 30), 2)
    return f"{whole or ''}{'½' if half else ''} h" if minutes else ""


def lines(stops: Sequence[Stop]) -> dict[str, tuple[str, ...]]:
    """By lecture what a line leads to it from: what it needs and nothing between needs already."""
    needs = {stop.name: set(stop.needs) for stop in stops}
    behind: dict[str, set[str]] = {}  # what a lecture needs, and what that needs, and so on
    for stop in stops:
        behind[stop.name] = set(stop.needs).union(*(behind.get(n, ()) for n in stop.needs))
    return {
        name: tuple(
            sorted(n for n in needed if not any(n in behind.get(m, ()) for m in needed - {n}))
        )
        for name, needed in needs.items()
    }


def draw(stops: Sequence[Stop]) -> str:
    """The map as an SVG: the lectures from top to bottom, a line from what each builds on."""
    rows = {stop.name: TOP + ROW // 2 + ROW * i for i, stop in enumerate(stops)}
    left = WIDTH - BOX - 4
    arrows, lane_ends = [], []
    led = lines(stops)
    for number, stop in enumerate(stops):
        ends = [rows[name] for name in rows if stop.name in led[name]]
        if not ends:
            continue
        start, colour = rows[stop.name], LINES[number % len(LINES)]
        # A trunk for all that build on it, in the first lane that is free down to the last of them.
        lane = next((i for i, end in enumerate(lane_ends) if end <= start), len(lane_ends))
        lane_ends[lane:] = [max(ends), *lane_ends[lane + 1 :]]
        x = left - LANE - LANE * lane
        for end in ends:
            arrows.append(
                f'<path d="M{left} {start + 8}H{x + 5}q-5 0 -5 5V{end - 13}q0 5 5 5H{left - 5}" '
                f'stroke="{colour}"/><path d="M{left - 6} {end - 12}l6 4 -6 4z" '
                f'fill="{colour}" stroke="none"/>'
            )
    height = TOP + ROW * len(stops)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" font-size="13">\n'
        f"<title>{escape(alt(stops))}</title>\n"
        f'<g fill="none" stroke-width="2">{"".join(arrows)}</g>\n'
        + "\n".join(_box(stop, left, rows[stop.name]) for stop in stops)
        + "\n</svg>\n"
    )


def _box(stop: Stop, x: int, y: int) -> str:
    said = wrap(stop.title, 30)
    first = y + 4.5 - 8 * (len(said) - 1)
    text = "".join(
        f'<text x="{x + 10}" y="{first + 16 * i:g}">{escape(line)}</text>'
        for i, line in enumerate(said)
    )
    time = f'<text x="{WIDTH - 12}" y="{y + 4.5}" text-anchor="end">{in_words(stop.minutes)}</text>'
    return (
        f'<rect x="{x}" y="{y - 19}" width="{BOX}" height="38" rx="6" fill="{FILL}"/>'
        f'<g fill="{INK}">{text}{time if stop.minutes else ""}</g>'
    )


def alt(stops: Sequence[Stop]) -> str:
    """The map for who does not see it."""
    parts = []
    for stop in stops:
        needed = [name[:2] for name in lines(stops)[stop.name]]
        parts.append(stop.name[:2] + (f" builds on {_listed(needed)}" if needed else " begins"))
    lead = "The map of the course, a line from each lecture to those that build on it"
    return f"{lead}: {'; '.join(parts)}."


def _listed(items: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))


def total(stops: Sequence[Stop]) -> str:
    """How long the course takes, in a sentence; nothing where a lecture does not say."""
    if not stops or not all(stop.minutes for stop in stops):
        return ""
    hours = in_words(sum(stop.minutes for stop in stops)).removesuffix(" h")
    return f"{len(stops)} lectures, {hours} hours in all."


def picture(stops: Sequence[Stop], folder: str = "") -> str:
    """The map in Markdown.

    Args:
        stops: the lectures.
        folder: where the drawing lies, with "/" at its end; the page's own if empty.
    """
    return f"![{alt(stops)}]({folder}{FILE})"


def table(stops: Sequence[Stop]) -> Iterator[str]:
    """The lines of a table in Markdown: each lecture, all that it says it builds on, its time."""
    yield "| lecture | builds on | time |"
    yield "|---|---|---|"
    for stop in stops:
        needed = ", ".join(f"[{name[:2]}]({_notebook(name)})" for name in stop.needs)
        time = in_words(stop.minutes)
        yield f"| [{stop.title}]({_notebook(stop.name)}) | {needed} | {time} |"


def page(stops: Sequence[Stop]) -> str:
    """What the build puts below the text of a cell that asks for the map."""
    return "\n\n".join(filter(None, [total(stops), picture(stops), "\n".join(table(stops))]))


def _notebook(name: str) -> str:
    return f"../{name}/{name}.ipynb"
