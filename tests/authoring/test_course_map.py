"""The map of a course: read from what the lectures say, drawn, and put where it is asked for."""

import re
from xml.etree import ElementTree

import pytest

from grader.authoring import build, course_map
from grader.authoring.lecture import LectureError, read
from tests.authoring.tiny import write

OPENING = """\
# %% [markdown]
# # {title}
#
# **Time** {time}, with a break. **Builds on** counting{needs}.
#
# [A later lecture](../09_graphs/09_graphs.ipynb) goes on.
"""
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def lectures(tmp_path):
    def lecture(name, title, time, *needs):
        links = "".join(f", and sums ([{n[:2]}](../{n}/{n}.ipynb))" for n in needs)
        text = OPENING.format(title=title, time=time, needs=links)
        return read(write(tmp_path, text, name), ())

    return [
        lecture("00_hello", "Hello", "About half an hour"),
        lecture("01_lists", "01 · Lists", "Two hours", "00_hello"),
        lecture("02_sorting", "02 · Sorting <quickly>", "One hour", "00_hello", "01_lists"),
        lecture("03_trees", "03 · Trees", "Three hours", "01_lists", "02_sorting"),
        lecture("04_words", "04 · Words", "Two hours", "01_lists"),
    ]


def test_a_lecture_says_itself_how_long_it_takes_and_what_it_needs(lectures):
    stops = course_map.stops(lectures)
    assert [stop.title for stop in stops[:2]] == ["00 · Hello", "01 · Lists"]
    assert [stop.minutes for stop in stops] == [30, 120, 60, 180, 120]
    assert [len(stop.needs) for stop in stops] == [0, 1, 2, 2, 1]
    assert stops[3].needs == ("01_lists", "02_sorting")
    assert course_map.total(stops) == "5 lectures, 8½ hours in all."


def test_who_does_not_say_leaves_the_total_open(lectures, tmp_path):
    silent = read(write(tmp_path, "# %% [markdown]\n# # Silent\n", "05_silent"), ())
    stops = course_map.stops([*lectures, silent])
    assert stops[-1] == course_map.Stop("05_silent", "05 · Silent", 0, ())
    assert course_map.total(stops) == ""


def test_a_line_is_drawn_where_nothing_between_says_it_already(lectures):
    lines = course_map.lines(course_map.stops(lectures))
    assert lines["02_sorting"] == ("01_lists",)
    assert lines["03_trees"] == ("02_sorting",)
    assert lines["04_words"] == ("01_lists",)


def test_the_drawing_holds_every_lecture_and_a_head_for_every_line(lectures):
    stops = course_map.stops(lectures)
    drawn = ElementTree.fromstring(course_map.draw(stops))
    words = " ".join(text.text or "" for text in drawn.iter(f"{SVG}text"))
    assert "Sorting <quickly>" in words
    assert words.count(" h") == len(stops)
    heads = [p for p in drawn.iter(f"{SVG}path") if p.get("stroke") == "none"]
    assert len(heads) == sum(map(len, course_map.lines(stops).values())) == 4
    assert len(list(drawn.iter(f"{SVG}rect"))) == len(stops)
    title = drawn.find(f"{SVG}title")
    assert title is not None and title.text == course_map.alt(stops)
    assert "00 begins; 01 builds on 00; 02 builds on 01;" in title.text


def test_all_of_it_can_be_seen_on_white_and_on_black_at_the_width_of_a_phone():
    for background in ("#ffffff", "#111111"):
        for colour in course_map.LINES:
            assert contrast(colour, background) >= 3, (colour, background)
    assert contrast(course_map.INK, course_map.FILL) >= 4.5
    assert course_map.WIDTH <= 360


def test_the_map_stands_below_a_text_that_is_tagged_for_it(lectures, tmp_path):
    asking = '# %% [markdown] tags=["map"]\n# # The map\n#\n# What needs what?\n'
    last = read(write(tmp_path, asking, "05_end"), ())
    notebooks = {lecture.name: build.solution(lecture) for lecture in (*lectures, last)}
    assert build.add_map(notebooks, [*lectures, last]) == ["05_end"]
    (cell,) = notebooks["05_end"].cells
    assert cell.source.startswith("# The map\n\nWhat needs what?\n\n![The map of the course")
    assert "| [03 · Trees](../03_trees/03_trees.ipynb) | [01](../01_lists/01_lists.ipynb), " in (
        cell.source
    )
    assert f"]({course_map.FILE})" in cell.source


def test_a_map_below_code_is_refused(tmp_path):
    with pytest.raises(LectureError, match="tag a Markdown cell 'map'"):
        read(write(tmp_path, '# %% tags=["setup", "map"]\n1\n', "05_end"), ())


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' luminances, as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(x, 16) / 255 for x in re.findall("..", colour.removeprefix("#"))]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
