"""No lecture takes longer than two hours, the capstone three, and each says how long it takes.

The time is counted as it is felt: the minutes of its exercises and questions, its text at 130 words
a minute, four minutes for a widget and one for a figure. What a heading calls optional is counted
apart.
"""

import ast
import re
from collections import Counter

import pytest

from grader.authoring.lecture import Cell, read
from grader.checking.definitions import lectures
from tests.lectures.claims import script_of

WORDS_A_MINUTE = 130
LIMIT = {"15_recipe": 180}  # minutes; of the others 120
STATED = {"half an hour": 30, "two hours": 120, "three hours": 180}
MINUTES = {"explore": 4, "film": 4, "live": 4, "show": 1}  # for a call of each
MINUTES_TO_WRITE = 5  # a cell that a person grades
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
WORD = re.compile(r"[^\W_][\w'’.,-]*")


def words(markdown: str) -> int:
    """How many words are read; a formula is one, code and addresses are none."""
    text = re.sub(r"```.*?```|\]\([^)]*\)", " ", markdown, flags=re.DOTALL)
    return len(WORD.findall(re.sub(r"\$\$.*?\$\$|\$[^$]*\$", " formula ", text, flags=re.DOTALL)))


def minutes_of(cell: Cell) -> float:
    """What a cell takes."""
    if cell.role == "text":
        return words(cell.source) / WORDS_A_MINUTE
    if cell.role == "manual":
        return MINUTES_TO_WRITE
    if cell.role == "check" and cell.definition:
        return cell.definition.minutes
    calls = (node.func for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call))
    return sum(MINUTES.get(name.id, 0) for name in calls if isinstance(name, ast.Name))


def time_of(lecture: str) -> dict[str, float]:
    """Minutes of a lecture: what everybody works through, and what is optional."""
    minutes, optional = Counter(), 0  # optional: the level of the heading that began it, or 0
    for cell in read(script_of(lecture), lectures()[lecture]).cells:
        for level, title in HEADING.findall(cell.source) if cell.role == "text" else ():
            if not optional or len(level) <= optional:
                optional = len(level) if "(optional)" in title else 0
        minutes["optional" if optional else "everybody"] += minutes_of(cell)
    return minutes


@pytest.mark.parametrize("lecture", lectures())
def test_two_hours_at_most(lecture):
    assert time_of(lecture)["everybody"] <= LIMIT.get(lecture, 120)


@pytest.mark.parametrize("lecture", lectures())
def test_the_time_is_stated_honestly(lecture):
    text = script_of(lecture).read_text(encoding="utf-8")
    stated = re.search("|".join(STATED), text, re.IGNORECASE)
    assert stated, "the first cells say how long it takes"
    minutes = STATED[stated[0].lower()]
    assert time_of(lecture)["everybody"] == pytest.approx(minutes, rel=0.15)


def test_what_is_counted():
    assert words("Two *words*, $a + b$ and\n$$x = 1$$\n[a link](../there.ipynb).") == 7
    assert minutes_of(Cell("demo", "explore(start)\nshow(fig)\nplot(x)", 1, (), "")) == 5
