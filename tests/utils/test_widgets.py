"""utils.widgets without a browser: values, pictures, words, and the event loop."""

import asyncio
import base64
import io
import re
import subprocess
import sys
import time
from types import SimpleNamespace

import ipywidgets
import nbclient
import nbconvert
import nbformat
import numpy as np
import pytest
from PIL import Image

from utils.plots import draw_sharp, figure
from utils.widgets import Choice, LogSlider, Player, Press, Slider, Toggle, explore, live


def start():
    """A line, a bar and a title that change; a grid, a dashed line and a legend that do not."""
    fig, (left, right) = figure(1, 2, size=(6, 2.5))
    (line,) = left.plot([0, 1], [0, 1], label="moving")
    left.plot([0, 1], [0.5, 0.5], "--", zorder=3, label="above it")
    left.legend(loc="upper left")
    left.set(xlim=(0, 1), ylim=(0, 2))
    image = right.imshow(np.zeros((4, 4)), vmin=0, vmax=1)
    right.plot([0, 3], [0, 3])
    title = left.set_title("slope 1")
    return fig, SimpleNamespace(ax=left, line=line, more=[image, {"title": title}])


def update(artists, slope):
    artists.line.set_ydata([0, slope])
    image, rest = artists.more
    image.set_data(np.full((4, 4), slope / 2))
    rest["title"].set_text(f"slope {slope}")
    return f"The line ends at {slope}."


def simple(**changes):
    arguments = {"controls": {"slope": Slider(0.0, 2, 0.1, 1, label="slope")}, "goal": "Move it."}
    return explore(start, update, **(arguments | changes))


def pixels(widget):
    data = base64.b64decode(re.search(r"base64,([^\"]+)", shown(widget))[1])
    return np.asarray(Image.open(io.BytesIO(data)))


def shown(widget):
    """The HTML of the picture on screen."""
    return next(w.value for w in widget.box.children if "dtl-live" in getattr(w, "value", ""))


def words(widget):
    """The text under the picture on screen."""
    return re.sub(r"<[^>]*>", "", widget.box.children[-1].value)


def button(widget, name):
    def find(box):
        for child in getattr(box, "children", ()):
            yield from find(child)
            if isinstance(child, ipywidgets.Button) and child.description == name:
                yield child

    return next(find(widget.box))


# -- one picture that follows its controls ---------------------------------------------------


def test_the_first_picture_and_its_words_are_there_without_a_touch():
    w = simple()
    assert w.said == words(w) == "The line ends at 1.0."
    assert 'alt="The line ends at 1.0."' in shown(w)
    assert 'width="576"' in shown(w) and pixels(w).shape == (480, 1152, 3)


def test_moving_a_control_changes_the_picture_its_alternative_text_and_the_words():
    w = simple()
    before = pixels(w)
    w.set(slope=1.7)
    assert w.said == words(w) == "The line ends at 1.7."
    assert 'alt="The line ends at 1.7."' in shown(w)
    assert (pixels(w) != before).any()


def test_words_are_escaped():
    w = explore(
        start, lambda a, slope: 'x < "1" & y', controls={"slope": Toggle(True, "t")}, goal="<b>"
    )
    assert 'alt="x &lt; &quot;1&quot; &amp; y"' in shown(w)
    assert "&lt;b&gt;" in w.box.children[0].value


@pytest.mark.parametrize("slope", [0.0, 0.5, 2.0])
def test_the_quick_redraw_equals_a_full_drawing(slope):
    w = simple()
    w.set(slope=1.2)
    w.set(slope=slope)
    fig, artists = start()
    draw_sharp(fig)
    fig.set_layout_engine("none")
    update(artists, slope)
    fig.canvas.draw()
    np.testing.assert_array_equal(pixels(w), np.asarray(fig.canvas.buffer_rgba())[:, :, :3])


def test_only_what_changes_is_drawn_again():
    w = simple()
    drawn = []
    axis = w._picture.fig.axes[0].xaxis
    axis.draw = lambda renderer, original=axis.draw: (drawn.append(1), original(renderer))
    w.set(slope=0.3)
    assert not drawn


def limits(artists, top):
    artists.ax.set_ylim(0, top)
    return f"Up to {top}."


def cleared(artists, top):
    artists.ax.clear()
    artists.ax.plot([0, 1], [top, 0])
    return f"From {top}."


def removed(artists, top):
    if artists.line.axes is not None:
        artists.line.remove()
    return f"Nothing, {top}."


@pytest.mark.parametrize("change", [limits, cleared, removed])
def test_changes_beside_the_artists_redraw_the_whole_figure(change):
    w = explore(start, change, controls={"top": Slider(1, 9, 1, 2, label="top")}, goal="Move it.")
    w.set(top=5)
    fig, artists = start()
    draw_sharp(fig)
    fig.set_layout_engine("none")
    change(artists, 2)
    change(artists, 5)
    fig.canvas.draw()
    np.testing.assert_array_equal(pixels(w), np.asarray(fig.canvas.buffer_rgba())[:, :, :3])


def test_an_axes_that_is_switched_off_stays_off():
    def plain():
        fig, ax = figure()
        ax.axis("off")
        return fig, ax.imshow(np.zeros((2, 2)), vmin=0, vmax=1)

    def shade(image, v):
        image.set_data(np.full((2, 2), v))
        return "grey"

    w = explore(plain, shade, controls={"v": Slider(0.0, 1, 0.1, 0, label="v")}, goal="Move it.")
    w.set(v=0.5)
    corner = pixels(w)[:20, :20]
    assert (corner == 255).all()


# -- controls ----------------------------------------------------------------------------------


def test_every_control_hands_over_its_kind_of_value():
    seen = {}

    def look(artists, **values):
        seen.update(values)
        return "seen"

    w = explore(
        start,
        look,
        controls={
            "n": Slider(1, 9, 1, 3, label="n"),
            "x": Slider(0.0, 1, 0.25, 0.5, label="x"),
            "lr": LogSlider(1e-4, 1, value=1e-2, label="rate"),
            "kind": Choice(["ReLU", "tanh"], label="kind"),
            "f": Choice({"sine": np.sin, "cosine": np.cos}, label="f", value=np.cos),
            "on": Toggle(True, "on"),
            "seed": Press("New sample"),
            "t": Player(40, label="step", value=4),
        },
        goal="Try.",
    )
    assert seen == {
        "n": 3, "x": 0.5, "lr": 0.01, "kind": "ReLU", "f": np.cos, "on": True, "seed": 0, "t": 4,
    }  # fmt: skip
    assert isinstance(seen["n"], int) and isinstance(seen["t"], int)
    w.set(n=4, kind="tanh", f=np.sin, on=False, lr=1e-3, t=40)
    button(w, "New sample").click()
    button(w, "New sample").click()
    assert seen["lr"] == pytest.approx(1e-3)
    assert (seen["n"], seen["kind"], seen["f"], seen["seed"], seen["t"]) == (
        4,
        "tanh",
        np.sin,
        2,
        40,
    )
    button(w, "Reset").click()
    assert seen["seed"] == 0 and seen["kind"] == "ReLU" and seen["f"] is np.cos and seen["t"] == 4


def test_a_log_slider_moves_in_equal_factors():
    control = LogSlider(1e-4, 1, value=1e-2, label="rate", per_decade=5).build()
    assert (control.min, control.max, control.step) == pytest.approx((-4, 0, 0.2))


def test_labels_carry_units():
    assert (
        Slider(0, 9, 1, 3, label="patience", unit="epochs").build().description
        == "patience [epochs]"
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (Slider(0, 1, 0.1, 2, label="slope"), "'slope'.* 2,"),
        (LogSlider(0, 1, value=0.1, label="rate"), "'rate'.*lo=0"),
        (Choice(["a"], label="kind", value="b"), "'kind'.*'b'"),
    ],
)
def test_a_control_rejects_what_it_cannot_show(spec, message):
    with pytest.raises(ValueError, match=message):
        spec.build()


def test_a_widget_rejects_an_empty_goal_and_missing_words():
    with pytest.raises(ValueError, match="goal"):
        simple(goal="")
    with pytest.raises(ValueError, match="None"):
        explore(start, lambda a, on: None, controls={"on": Toggle(True, "on")}, goal="Try.")


def test_there_is_one_player_at_most_and_none_in_a_live_run():
    two = {"s": Player(3, "s"), "t": Player(3, "t")}
    with pytest.raises(ValueError, match="Player"):
        explore(start, lambda a, s, t: "x", controls=two, goal="Try.")
    with pytest.raises(ValueError, match="Player"):
        live(start, train, draw, controls={"s": Player(3, "s")}, goal="Try.")


def test_a_failing_update_shows_its_error_and_recovers():
    def picky(artists, slope):
        if slope > 1.5:
            raise ValueError("slope <too> large")
        return update(artists, slope)

    w = explore(start, picky, controls={"slope": Slider(0.0, 2, 0.1, 1, label="s")}, goal="Try.")
    before = shown(w)
    w.set(slope=2)
    assert "ValueError: slope &lt;too&gt; large" in words(w) and shown(w) == before
    w.set(slope=0.5)
    assert words(w) == "The line ends at 0.5."


async def until(condition):
    """Let the event loop go on until something holds."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError("it never happened")


# -- what the try shows ------------------------------------------------------------------------


def test_the_answer_is_folded_behind_a_button_that_names_it():
    w = simple(answer="At 1.4 it is <half>.")
    folded = w.box.children[-1].value
    assert w.answer == "At 1.4 it is <half>."
    assert "<summary>What you should have seen</summary>" in folded  # reached by Tab, as a button
    assert re.search(r"<details(?![^>]* open)[^>]*>.*At 1\.4 it is &lt;half&gt;\.", folded)
    assert "At 1.4" not in w.goal + w.said + w.box.children[0].value + shown(w)


def test_a_run_has_an_answer_too_and_a_widget_without_one_has_no_button():
    assert "At 1.4 it is half." in running(answer="At 1.4 it is half.").box.children[-1].value
    assert not any("<details" in getattr(part, "value", "") for part in simple().box.children)


def test_the_answer_opens_without_a_kernel():
    assert (
        "<summary>What you should have seen</summary><p>Half.</p>" in simple(answer="Half.")._still
    )
    assert "<details" not in simple()._still


# -- the event loop ----------------------------------------------------------------------------


def test_of_a_burst_of_events_the_newest_value_is_drawn():
    calls = []

    def count(artists, slope):
        calls.append(slope)
        return update(artists, slope)

    async def burst():
        w = explore(start, count, controls={"slope": Slider(0, 99, 1, 0, label="s")}, goal="Try.")
        for i in range(1, 100):
            w.set(slope=i)
            await asyncio.sleep(0)  # the loop handles the next message
        await until(lambda: calls[-1] == 99)

    asyncio.run(burst())
    assert len(calls) < 50


@pytest.mark.parametrize(("seen", "kept"), [(False, 1.0), (True, 1.7)])
def test_the_end_of_a_drag_that_comes_after_reset_is_undone(seen, kept):
    """The browser holds back the last value of a drag until the kernel has read the one before."""
    w = simple()

    async def drag():
        w.set(slope=1.3)
        if seen:  # nothing is on its way any more: what comes next is meant
            await until(lambda: words(w) == "The line ends at 1.3.")
        button(w, "Reset").click()
        w.controls["slope"].value = 1.7
        await until(lambda: w.controls["slope"].value == w.values.slope == kept)
        await until(lambda: words(w) == f"The line ends at {kept}.")
        await asyncio.sleep(0.35)
        w.set(slope=0.4)
        await until(lambda: words(w) == "The line ends at 0.4.")

    asyncio.run(drag())


def test_events_of_one_message_are_drawn_once():
    w = simple(controls={"slope": Slider(0.0, 2, 0.1, 1, label="s")})
    drawn = []
    w._update = lambda artists, slope: (drawn.append(slope), update(artists, slope))[1]

    async def quiet():
        await asyncio.sleep(0.12)
        w.set(slope=0.2)
        w.reset()
        await asyncio.sleep(0.02)
        assert drawn == [1]

    asyncio.run(quiet())


def played():
    frames = []

    def frame(artists, t):
        frames.append(t)
        return f"Frame {t}."

    controls = {"t": Player(5, label="step", fps=100)}
    return explore(start, frame, controls=controls, goal="Press Play."), frames


def test_play_shows_every_frame_to_the_end_and_then_begins_again():
    w, frames = played()

    async def run():
        button(w, "Play").click()
        assert button(w, "Pause")
        await until(lambda: w._run is None)
        assert button(w, "Play")
        button(w, "Play").click()
        await asyncio.sleep(0.02)
        button(w, "Pause").click()

    asyncio.run(run())
    assert frames[:6] == [0, 1, 2, 3, 4, 5]
    assert sorted(set(frames[6:])) == frames[6:] and frames[6] <= 1


def test_pause_holds_and_step_goes_one_on_or_back():
    w, _ = played()

    async def run():
        button(w, "Play").click()
        await until(lambda: w.values.t >= 2)
        button(w, "Pause").click()
        held = w.values.t
        await asyncio.sleep(0.1)
        assert w.values.t == held
        button(w, "Step").click()
        assert w.values.t == held + 1
        button(w, "Back").click()
        button(w, "Back").click()
        await until(lambda: words(w) == f"Frame {held - 1}.")
        button(w, "Reset").click()
        await until(lambda: words(w) == "Frame 0.")

    asyncio.run(run())


def test_one_widget_plays_at_a_time_and_a_new_one_ends_the_playing():
    first, _ = played()
    second, _ = played()

    async def run():
        first.play()
        await asyncio.sleep(0.01)
        second.play()
        assert first._run is None and second._run is not None
        simple()
        assert second._run is None

    asyncio.run(run())


# -- a run that goes on while its controls are moved --------------------------------------------


def train(values):
    rates = []
    while len(rates) < 400:
        rates.append(values.lr)
        yield rates


def draw(artists, rates, lr):
    artists.line.set_data(np.linspace(0, 1, len(rates)), rates)
    return f"{len(rates)} steps."


def running(**changes):
    arguments = {
        "controls": {"lr": Slider(0.0, 2, 0.1, 1, label="rate")},
        "goal": "Start it.",
        "preview": 7,
        "per_second": 2000,
    }
    return live(start, train, draw, **(arguments | changes))


def test_a_run_is_previewed_and_waits():
    w = running()
    assert w.said == "7 steps."
    assert "ready" in button_states(w)["word"]
    assert button_states(w) == {"Start": True, "Pause": False, "Stop": True, "word": "ready"}


def button_states(w):
    states = {b.description: not b.disabled for b in w._buttons}
    return states | {"word": re.sub(r"<[^>]*>", "", w._word.value)}


def test_a_run_reads_its_controls_while_it_runs():
    w = running(per_second=100)

    async def run():
        button(w, "Start").click()
        await until(lambda: len(w._state) > 10)
        assert button_states(w) == {"Start": False, "Pause": True, "Stop": True, "word": "running"}
        w.set(lr=0.5)
        await until(lambda: w._state[-1] == 0.5)
        button(w, "Pause").click()
        held = len(w._state)
        await asyncio.sleep(0.1)
        assert len(w._state) == held and button_states(w)["word"] == "paused"

    asyncio.run(run())
    changes = np.flatnonzero(np.diff(w._state))
    assert len(changes) == 1 and w._state[0] == 1 and w._state[-1] == 0.5


def test_a_run_goes_on_after_a_pause_and_begins_anew_after_its_end():
    w = running()

    async def run():
        w.play()
        await until(lambda: w._run is None)
        assert words(w) == "400 steps." and button_states(w)["word"] == "ended"
        w._per_second = 100
        w.play()
        await until(lambda: len(w._state) < 400)
        w.pause()
        held = len(w._state)
        w.play()
        await until(lambda: len(w._state) > held)
        button(w, "Stop").click()
        assert button_states(w) == {"Start": True, "Pause": False, "Stop": False, "word": "ended"}
        button(w, "Reset").click()
        assert button_states(w)["word"] == "ready"
        await until(lambda: words(w) == "7 steps.")

    asyncio.run(run())


def test_a_run_keeps_its_pace_and_does_not_draw_every_slice():
    w = running(per_second=200)
    drawn = []
    w._update = lambda *args, **values: (drawn.append(time.monotonic()), draw(*args, **values))[1]

    async def run():
        began = time.monotonic()
        w.play()
        await asyncio.sleep(0.6)
        w.pause()
        return time.monotonic() - began

    seconds = asyncio.run(run())
    assert len(w._state) - 7 <= 200 * seconds
    assert len(drawn) <= 1 + 8 * seconds


def told(artists, rates, lr, kind, grid):
    artists.line.set_data(np.linspace(0, 1, len(rates)), rates)
    return f"{len(rates)} steps at {lr}, {kind}, {grid}."


def steered(values):
    """Reads one control at every step, one at the start; a third is for the picture only."""
    rates, kind = [], values.kind
    while len(rates) < 3000:
        rates.append(values.lr)
        yield rates
    assert kind


def with_three_controls(**changes):
    controls = {
        "lr": Slider(0.0, 2, 0.1, 1, label="rate"),
        "kind": Choice(["plain", "clipped"], label="kind"),
        "grid": Toggle(True, "grid"),
    }
    return live(start, steered, told, controls=controls, goal="Try.", preview=7, **changes)


def test_the_words_name_the_settings_that_the_run_had():
    w = with_three_controls()
    w.set(lr=0.5)
    had = "7 steps at 1.0, plain, True."
    assert w.said == f"{had} Start begins a new run with rate 0.5."
    w.set(kind="clipped", grid=False)  # the next run's, and the picture's
    assert w.said == (
        "7 steps at 1.0, clipped, False. Start begins a new run with rate 0.5, kind clipped."
    )
    assert w.said == words(w) and f'alt="{w.said[:7]}' in shown(w)
    w.reset()
    assert w.said == had


def test_a_rounding_of_the_front_end_moves_no_control():
    w = with_three_controls()
    w.set(lr=1.0 + 2e-16)
    assert w.said == "7 steps at 1.0, plain, True."


def test_start_begins_anew_where_a_control_was_moved_before_and_else_goes_on():
    async def run(move):
        w = with_three_controls(per_second=100)
        if move:
            w.set(lr=0.5)
        w.play()
        await until(lambda: len(w._state) > 7 or w._state[0] == 0.5)
        await until(lambda: len(w._state) > 9)
        w.pause()
        w.set(lr=0.2)
        await until(lambda: words(w).endswith("Start goes on with rate 0.2."))
        assert f" steps at {0.5 if move else 1.0}," in words(w)
        held = len(w._state)
        w.play()
        await until(lambda: len(w._state) > held)
        w.stop()
        return w._state

    assert asyncio.run(run(move=False))[0] == 1
    moved = asyncio.run(run(move=True))
    assert moved[0] == 0.5 and moved[-1] == 0.2


def test_a_run_goes_no_faster_than_its_speed():
    async def steps(speed):
        w = running(per_second=100)
        w._speed.label = speed
        began, before = time.monotonic(), len(w._state)
        w.play()
        await until(lambda: time.monotonic() - began > 0.5)
        w.stop()
        return (len(w._state) - before) / (time.monotonic() - began)

    assert asyncio.run(steps("slow")) <= 41  # a busy machine may take longer
    assert asyncio.run(steps("fast")) <= 251


def test_a_goal_that_is_reached_says_so_and_stays_reached():
    calls = []

    def reached(artists, slope):
        calls.append(slope)
        return slope > 1.5

    w = simple(reached=reached)
    goal = w.box.children[0]
    assert "Try it" in goal.value and "Reached" not in goal.value
    w.set(slope=1.7)
    assert "✓ Reached" in goal.value and "Move it." in goal.value
    w.set(slope=0.1)
    assert "✓ Reached" in goal.value
    assert calls == [1, 1.7]
    run = running(reached=lambda artists, rates, lr: len(rates) >= 20)
    run.train(13)
    assert "Reached" in run.box.children[0].value


def test_a_run_that_fails_says_so():
    def breaks(values):
        yield [1.0]
        yield [1.0, 2.0]
        raise RuntimeError("the loss is not finite")

    w = live(start, breaks, draw, controls={"lr": Slider(0.0, 2, 0.1, 1, label="r")}, goal="Try.")

    async def run():
        w.play()
        await until(lambda: w._run is None)

    asyncio.run(run())
    assert "RuntimeError: the loss is not finite" in words(w)


def test_a_run_can_be_trained_without_an_event_loop():
    w = running()
    w.train(20)
    assert words(w) == "27 steps."


def test_a_run_rejects_an_empty_preview():
    with pytest.raises(ValueError, match="preview: 0"):
        running(preview=0)


# -- without a kernel --------------------------------------------------------------------------


def test_an_executed_notebook_shows_the_first_picture_to_a_viewer_without_a_kernel():
    cell = nbformat.v4.new_code_cell(
        "from utils.plots import figure\n"
        "from utils.widgets import Slider, explore\n"
        "def start():\n"
        "    fig, ax = figure()\n"
        "    return fig, ax.plot([0, 1], [0, 1])\n"
        "explore(start, lambda lines, s: f'State {s}.',\n"
        "        controls={'s': Slider(0, 9, 1, 4, label='s')}, goal='Move it.')"
    )
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbclient.NotebookClient(notebook, timeout=120, store_widget_state=False).execute()
    living, still = notebook.cells[0].outputs
    assert "application/vnd.jupyter.widget-view+json" in living.data
    assert "State 4." in still.data["text/plain"]
    page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    assert re.search(r'<img alt="State 4\."[^>]*src="data:image/png;base64,', page)
    assert "Move it." in page


def test_a_script_prints_nothing_and_starts_no_thread():
    code = (
        "import threading\n"
        "from tests.utils.test_widgets import simple, running\n"
        "simple().set(slope=0.5); running().train(3)\n"
        "assert threading.active_count() == 1\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == ""
