"""utils.film without a browser: what is sent to it, the stored picture, words, errors."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from utils.film import Label, Shape, Trail, film
from utils.plots import figure
from utils.widgets import Choice, LogSlider, Player, Slider

T = np.arange(5)


def start():
    fig, ax = figure(size=(4, 2))
    ax.set(xlim=(0, 4), ylim=(0, 10))
    return fig, ax


def shoot(ax, height):
    if height == 9:
        raise ZeroDivisionError("nine")
    marks = [
        Trail(ax, T, height, color="#C94B10", marker="s", ms=[4, 5, 6, 7, 8]),
        Shape(ax, [0, 1, 1], np.outer(T, [0, 1, 2]), color="#0056D3", filled=True),
        Label(ax, 2, 5, [f"frame {t}" for t in T]),
    ]
    return marks, [f"frame {t} at height {height}" for t in T]


def made(**changes):
    arguments = {
        "controls": {
            "t": Player(4, label="frame", fps=2, value=1),
            "height": Slider(0, 10, 1, 5, label="height"),
        },
        "goal": "Watch.",
    }
    return film(start, changes.pop("shoot", shoot), **(arguments | changes))


def sent(w, number):
    """A mark as the browser gets it, and its places as an array."""
    mark = w.controls["t"].marks[number]
    return mark, np.frombuffer(mark["xy"], np.float32).reshape(5, -1, 2)


def test_the_words_follow_frame_and_controls():
    w = made()
    assert w.said == "frame 1 at height 5"
    w.set(t=4)
    assert w.said == "frame 4 at height 5"
    w.set(height=2)
    assert w.said == "frame 4 at height 2"
    w.reset()
    assert w.said == "frame 1 at height 5"


def test_the_learners_function_runs_once_for_a_change_and_not_for_a_frame():
    calls = []
    w = made(shoot=lambda ax, height: (calls.append(height), shoot(ax, height))[1])
    for t in T:
        w.set(t=int(t))
    assert calls == [5]
    w.set(height=6)
    assert calls == [5, 6]


def test_places_are_pixels_of_the_picture_from_its_upper_left_corner():
    w = made()
    ax = w._artists
    trail, places = sent(w, 0)
    left, top, width, height = trail["clip"]
    assert places[:, 0, 0] == pytest.approx(left + width * T / 4, abs=0.1)
    assert places[:, 0, 1] == pytest.approx([top + height / 2] * 5, abs=0.1)
    box = ax.get_position()
    assert (left, left + width) == pytest.approx((box.x0 * 384, box.x1 * 384), abs=0.5)
    assert top == pytest.approx((1 - box.y1) * 192, abs=0.5)
    shape, corners = sent(w, 1)
    assert shape["corners"] == 3 and corners.shape == (5, 3, 2)
    assert corners[4, :, 1] == pytest.approx(top + height * (1 - np.array([0, 0.4, 0.8])), abs=0.1)


def test_logarithmic_axes_and_what_is_no_number():
    def log_axes():
        fig, ax = start()
        ax.set(yscale="log", ylim=(1, 100))
        return fig, ax

    values = np.array([1, 10, 100, np.nan, 1e300])
    controls = {"t": Player(4, label="t")}
    w = film(
        log_axes, lambda ax: ([Trail(ax, T, values, color="k")], "x"), controls=controls, goal="g"
    )
    trail, places = sent(w, 0)
    assert places[:3, 0, 1] == pytest.approx(
        trail["clip"][1] + trail["clip"][3] * np.array([1, 0.5, 0]), abs=0.1
    )
    assert np.isnan(places[3, 0, 1]) and np.isfinite(places[4]).all()


def test_the_stored_picture_shows_the_first_frame_and_says_it():
    def pixels(w):
        return np.asarray(
            Image.open(io.BytesIO(base64.b64decode(re.search(r'base64,([^"]+)', w._still)[1])))
        )

    w = made()
    assert 'alt="frame 1 at height 5"' in w._still and "Watch." in w._still
    orange, blue = (
        np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in ("#C94B10", "#0056D3")
    )
    for color in (orange, blue):
        assert (np.abs(pixels(w)[:, :, :3].astype(int) - color).sum(-1) < 9).sum() > 50
    ground = base64.b64decode(re.search(r'base64,([^"]+)', w.controls["t"].ground)[1])
    empty = np.asarray(Image.open(io.BytesIO(ground)))[:, :, :3].astype(int)
    assert not (np.abs(empty - orange).sum(-1) < 9).any()  # what moves is not in what stands still


def test_the_ground_is_sent_again_only_when_it_has_changed():
    def change(ax, name):
        if ax.get_title() != name:
            ax.set_title(name)
        return [Trail(ax, T, 1, color="k")], name

    controls = {
        "t": Player(4, label="t"),
        "name": Choice(["one", "two"], label="name"),
        "rate": LogSlider(1e-3, 1, value=0.1, label="rate"),
    }
    w = film(start, lambda ax, name, rate: change(ax, name), controls=controls, goal="g")
    before = w.controls["t"].ground
    w.set(rate=0.01)
    assert w.controls["t"].ground is before
    w.set(name="two")
    assert w.controls["t"].ground != before


def test_an_error_of_the_learners_function_is_said_and_goes_away():
    w = made()
    w.set(height=9)
    assert "ZeroDivisionError: nine" in w.error == w.controls["t"].error
    assert w.said == "frame 1 at height 5"
    w.set(height=5)
    assert w.error == w.controls["t"].error == ""


def test_a_goal_can_be_reached_by_a_frame():
    w = made(reached=lambda ax, t, height: t == 4)
    assert "Reached" not in w.box.children[0].value
    w.set(t=4)
    assert "Reached" in w.box.children[0].value


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda ax, height: ([], ["too few"]), "1 sentences, expected 5"),
        (lambda ax, height: ([Label(ax, 0, 0, ["x"])], "x"), "1 texts, expected one for each of 5"),
        (lambda ax, height: ([Trail(ax, [1, 2], 0, color="k")], "x"), r"expected \(5,\)"),
    ],
)
def test_a_film_rejects_what_does_not_fit_its_frames(broken, message):
    with pytest.raises(ValueError, match=message):
        made(shoot=broken)


def test_a_film_needs_exactly_one_player():
    with pytest.raises(ValueError, match="0 Player"):
        made(controls={"height": Slider(0, 10, 1, 5, label="height")})
