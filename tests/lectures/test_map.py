"""The map of the course: every lecture is on it, says what it needs, and needs nothing later."""

import re

import pytest

from grader.authoring import course_map
from grader.authoring.lecture import read
from grader.checking.definitions import lectures
from tests.lectures.claims import script_of

LINK = re.compile(r"\]\(\.\./(\w+)/(\w+)\.ipynb\)")


@pytest.fixture(scope="module")
def stops():
    return course_map.stops(read(script_of(name), known) for name, known in lectures().items())


def test_every_lecture_is_on_it_with_its_time(stops):
    assert [stop.name for stop in stops] == list(lectures())
    assert all(stop.minutes for stop in stops)
    assert re.fullmatch(rf"{len(stops)} lectures, \d+½? hours in all\.", course_map.total(stops))


def test_every_lecture_but_the_first_builds_on_earlier_ones_only(stops):
    first, *others = stops
    assert first.needs == ()
    for stop in others:
        assert stop.needs and set(stop.needs) <= set(lectures())
        assert max(stop.needs) < stop.name


@pytest.mark.parametrize("lecture", lectures())
def test_every_link_to_a_lecture_leads_to_one(lecture):
    for room, notebook in LINK.findall(script_of(lecture).read_text(encoding="utf-8")):
        assert room == notebook and room in lectures(), f"{lecture}: {room}/{notebook}"


def test_the_first_lecture_shows_it():
    assert 'tags=["map"]' in script_of(next(iter(lectures()))).read_text(encoding="utf-8")
