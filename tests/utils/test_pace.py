"""What a demo does less of in a browser's tab, and that its caption says so."""

import pytest

from utils import pace
from utils.pace import fewer, noted


@pytest.fixture
def tab(monkeypatch):
    """A tab in which nothing was reduced yet."""
    monkeypatch.setattr(pace, "IN_TAB", True)
    monkeypatch.setattr(pace, "_once", {})
    monkeypatch.setattr(pace, "_always", {})


def test_at_a_desk_nothing_is_reduced_and_nothing_said():
    assert fewer(1000, 100, "examples") == 1000
    assert noted("Ten layers.") == "Ten layers."


def test_in_a_tab_the_next_caption_says_what_was_reduced(tab):
    assert fewer(1000, 100, "examples") == 100
    assert fewer(5, 2, "seeds") == 2
    assert noted("Ten layers.") == (
        "Ten layers. In a browser's tab with 100 of 1000 examples and 2 of 5 seeds: numbers may "
        "differ from those in the text."
    )
    assert noted("The next one.") == "The next one."


def test_what_concerns_the_whole_lecture_is_said_under_every_picture(tab):
    fewer(2000, 400, "images", always=True)
    assert "400 of 2000 images" in noted("One.")
    assert "400 of 2000 images" in noted("Two.")


def test_a_tab_never_does_more_than_a_desk(tab):
    assert fewer(3, 5, "seeds") == 3
    assert noted("Three.") == "Three."


def test_numbers_below_one_are_refused():
    with pytest.raises(ValueError, match="epochs that are at least 1, got 0 and 1"):
        fewer(0, 1, "epochs")
