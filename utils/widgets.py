"""Widgets of the lectures: controls, one picture that follows them, a sentence that says it.

Explore — the learner moves controls, the picture follows::

    from utils.plots import COLORS, figure
    from utils.widgets import Choice, Slider, Toggle, explore

    x = np.linspace(-4, 4, 200)

    def start():                                   # once: draw everything, with labels
        fig, ax = figure(size=(7.5, 3.4))
        (line,) = ax.plot(x, x, color=COLORS.yours, lw=2)
        ax.set(xlabel="input x", ylabel="output f(x)", ylim=(-4, 4))
        return fig, line                           # the figure, and what update() will change

    def update(line, slope):                       # each move: change the artists, say what is seen
        line.set_ydata(np.where(x > 0, x, slope * x))
        return f"Slope {slope:.2f}: at x = -4 the output is {-4 * slope:.2f}."

    explore(
        start,
        update,
        controls={"slope": Slider(0, 1, 0.01, 0.1, label="slope a")},
        goal="Move the slope until the left half carries half as much signal as the right.",
        answer="Slope 0.5: then x = -4 gives -2, and x = 4 gives 4.",
    )

``answer`` says what the goal leads to. It stays folded behind the button "What you should have
seen", which also works without a kernel.

``explore(...)`` stands last in its cell. ``start`` returns ``fig, artists``; ``artists`` is one
artist or a list, tuple, dict or SimpleNamespace of them (and of whatever else ``update`` needs).
``update`` gets it first and the values of the controls by name; it returns one or two sentences
that state the picture in words, with numbers. They stand under the picture and are its
alternative text. A figure of at most (8.5, 3.4) inches leaves room for the controls on a laptop.
``update`` may change anything: when it changes only what is in ``artists``, the redraw is fast
(about 20 ms); anything else (limits, new artists, ``ax.clear()``) redraws the whole figure (about
60 ms). Put a text that changes in ``artists`` too (what ``ax.text`` or ``ax.set_title`` returned).
Compute in ``update`` for at most 20 ms; compute the rest in ``start`` or cache it.

Controls (the key in ``controls`` is the argument's name; boxes and buttons stand last on screen)::

    Slider(lo, hi, step, value, label="slope a")     all four int: gives an int; unit="epochs"
    LogSlider(1e-4, 1, value=1e-2, label="learning rate")      equal steps in the exponent
    Choice(["ReLU", "tanh"], label="activation")     or {"shown name": value}; value= the first one
    Toggle(False, label="centre the inputs")
    Press("new sample")                              number of presses: use it as seed
    Player(100, label="step", fps=10)                slider 0…100 with play, pause, step, speed

Animate — a ``Player`` among the controls: ``update(artists, t)`` draws frame t::

    explore(start, update, controls={"t": Player(60, label="step"), "lr": LogSlider(...)}, goal="…")

Live — a training run that goes on while its controls are moved::

    from utils.widgets import live

    def train(values):                             # a generator; < 20 ms between yields
        w, losses = 5.0, []
        while len(losses) < 500:
            w -= values.lr * 2 * w                 # values.lr is what the control says now
            losses.append(w**2)
            yield losses                           # the state that update() will draw

    def start(): ...                               # as above
    def update(line, losses, lr):                  # artists, the newest state, the controls by name
        line.set_data(range(len(losses)), losses)
        return f"Step {len(losses)}: loss {losses[-1]:.3g} at rate {lr:.3g}."

    live(start, train, update, controls={"lr": LogSlider(1e-4, 1, value=1e-2, label="rate")},
         goal="Find the largest rate that still learns.", preview=50, per_second=100)

Start, pause, stop and a choice of speed belong to it; ``preview`` slices are trained for the first
picture, so that it is never empty; ``per_second`` slows a fast run down, so that there is time to
steer. Start after stop or after the end begins a new run, and so does Start when a control was
moved before the first one.

``update`` is told the truth about the run. Of a control that ``train`` reads again and again it
gets the value that was read last, wherever the slider stands by now; a note says what Start will
do. A control that ``train`` reads once, at the start, it gets as it stands: speak of it as the next
run's.

``reached``, for both kinds, says whether the goal is reached. It is called as ``update`` is, and
once it answers True the widget says so::

    explore(start, update, controls=..., goal="...", reached=lambda line, slope: slope > 0.5)

Everything runs in the kernel's own event loop: no threads, no processes, no pyplot. The first
picture is also stored as a plain image, which is what a viewer without a kernel shows. In plain
Python (scripts, tests) both work too: ``w = explore(...)``, ``w.set(slope=0.5)``, ``w.said``.
"""

import asyncio
import html
import math
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import ipywidgets
from IPython.display import display
from matplotlib.figure import Figure

from utils._picture import Picture
from utils._signatures import enforce
from utils.controls import Choice, LogSlider, Player, Press, Slider, Toggle
from utils.pace import noted
from utils.plots import Shown

__all__ = [
    "Choice",
    "Explorer",
    "Live",
    "LogSlider",
    "Player",
    "Press",
    "Slider",
    "Toggle",
    "explore",
    "live",
]

_GATHER = 0.004  # seconds to wait for more events in a drag: the newest value wins
_LATE = 0.3  # seconds after Reset in which the end of a drag may still come
_ALONE = 0.1  # an event that comes this many seconds after a redraw is drawn at once
_SLICE = 0.03  # seconds of training between two looks at the event loop
_FPS_LIVE = 8  # redraws per second of a training run

_playing: "Explorer | None" = None  # one widget plays at a time: they share one kernel
# JupyterLab may handle the messages of widgets in a second thread of the kernel (a subshell), so
# that they work while a cell runs. One picture is drawn at a time all the same.
_drawing = threading.RLock()

_CSS = """<style>
.dtl-explore {border:1px solid var(--jp-border-color2,#d0d0d0);border-radius:8px;padding:6px 8px;
 margin:6px 0;max-width:900px;overflow:visible;position:relative}
.dtl-explore .dtl-goal, .dtl-explore .dtl-said {font-size:var(--jp-content-font-size1,14px);
 line-height:1.45;color:var(--jp-content-font-color1,#222);margin:0}
.dtl-explore .dtl-goal b {color:var(--jp-brand-color1,#1565c0);margin-right:.5em}
.dtl-explore .dtl-goal .dtl-reached {color:#1a7f45}
[data-jp-theme-light="false"] .dtl-explore .dtl-goal .dtl-reached {color:#66d39a}
.dtl-explore .dtl-said {min-height:1.45em}
.dtl-explore .dtl-answer {font-size:var(--jp-content-font-size1,14px);line-height:1.45;
 color:var(--jp-content-font-color1,#222);margin:4px 0 2px}
.dtl-explore .dtl-answer summary {display:inline-block;cursor:pointer;padding:2px 10px;
 border:1px solid var(--jp-border-color1,#bdbdbd);border-radius:4px}
.dtl-explore .dtl-answer p {margin:6px 0 0}
.dtl-explore .dtl-said.dtl-error {color:var(--jp-error-color1,#b00020)}
.dtl-explore .dtl-picture {background:#fff;border:1px solid var(--jp-border-color2,#d0d0d0);
 border-radius:6px;padding:4px;display:inline-block;vertical-align:top;max-width:100%;
 box-sizing:border-box}
.dtl-explore .dtl-controls {position:static;display:flex;flex-flow:row wrap;
 column-gap:16px;overflow:visible}
.dtl-explore .widget-slider, .dtl-explore .widget-dropdown {width:392px;max-width:100%}
.dtl-explore .dtl-buttons {overflow:visible}
.dtl-explore .dtl-buttons .widget-dropdown {width:144px}
.dtl-explore .widget-button {width:auto}
.dtl-explore .dtl-time, .dtl-explore .dtl-speed {display:flex;align-items:center;min-height:28px;
 margin:2px}
.dtl-explore .dtl-time {width:392px;max-width:100%}
.dtl-explore .dtl-time input {flex:1;min-width:0;accent-color:var(--jp-brand-color1,#1565c0)}
.dtl-explore .dtl-time .widget-label, .dtl-explore .dtl-speed .widget-label {padding-right:8px}
.dtl-explore .dtl-time ~ .dtl-buttons {display:flex;align-items:center}
.dtl-explore .dtl-speed {width:144px}
.dtl-explore .dtl-speed select {flex:1;height:28px;color:var(--jp-content-font-color1,#222);
 background:var(--jp-layout-color1,#fff);border:1px solid var(--jp-border-color1,#bdbdbd)}
.dtl-explore .dtl-picture {position:relative}
.dtl-explore canvas {position:absolute;left:4px;top:4px;width:calc(100% - 8px);
 height:calc(100% - 8px);pointer-events:none}
.dtl-explore .dtl-reset {position:absolute;top:4px;right:6px;margin:0}
.dtl-explore .dtl-goal {padding-right:88px;min-height:28px}
.dtl-explore .widget-checkbox {width:auto}
.dtl-explore .widget-label, .dtl-explore .widget-readout {color:var(--jp-content-font-color1,#222)}
.dtl-explore .widget-readout {min-width:52px;margin-left:10px}
.dtl-explore select {font:inherit;appearance:auto!important;
 background-image:none!important;padding-right:4px!important}
.dtl-explore :focus-visible {outline:2px solid var(--jp-brand-color1,#1565c0);outline-offset:2px}
.dtl-explore.jupyter-widgets-disconnected::before,
.dtl-explore .jupyter-widgets-disconnected::before {content:none!important}
.dtl-explore.jupyter-widgets-disconnected .dtl-controls {opacity:.5;pointer-events:none}
.dtl-explore.jupyter-widgets-disconnected::after {content:"The kernel was restarted, so nothing \
moves here. Choose Run, Run All Above Selected Cell, then run this cell again.";
 color:var(--jp-content-font-color1,#222);font-weight:bold;padding-top:4px}
</style>"""
# The stored picture hides itself where the living widget is on the page; where it is not, it hides
# JupyterLab's "model not found".
_CSS_STILL = """<style>.jp-OutputArea:has(.dtl-live) .dtl-still,
.output_wrapper:has(.dtl-live) .dtl-still {display:none}
.jp-OutputArea-child:has(+ .jp-OutputArea-child .dtl-still):not(:has(.dtl-explore)) {display:none}
</style>"""


def _button(text: str, icon: str, on_click: Callable[[], None]) -> ipywidgets.Button:
    button = ipywidgets.Button(description=text, icon=icon)
    button.on_click(lambda _: on_click())
    return button


def _speeds() -> Any:
    speeds = [("slow", 0.4), ("normal", 1), ("fast", 2.5)]
    choice = ipywidgets.Dropdown(options=speeds, value=1, description="speed")
    choice.style.description_width = "42px"
    return choice


def _box(children: Iterable[ipywidgets.Widget], css_class: str) -> ipywidgets.Box:
    box = ipywidgets.Box(list(children))
    box.add_class(css_class)
    return box


def _same(a: Any, b: Any) -> bool:
    """Whether two settings are one: the front end counts a slider's steps from its low end."""
    return a == b or (isinstance(a, float) and isinstance(b, float) and math.isclose(a, b))


class _Living:
    """A widget whose text, where widgets are not known, is the goal and not a list of its parts."""

    def __init__(self, box: ipywidgets.Widget, text: str) -> None:
        self._box, self._text = box, text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle = self._box._repr_mimebundle_()
        return {**(bundle or {}), "text/plain": self._text}

    def __repr__(self) -> str:
        return self._text


class Explorer:
    """What :func:`explore` returns: shows itself as the last expression of a cell."""

    _players = 1  # how many Player controls it can have

    def __init__(
        self,
        start: Callable[[], tuple[Figure, Any]],
        update: Callable[..., Any],
        *,
        controls: Mapping[str, Any],
        goal: str,
        answer: str = "",
        reached: Callable[..., bool] | None = None,
    ) -> None:
        if not goal:
            raise ValueError("goal: empty, expected a sentence that says what to try")
        if _playing is not None:
            _playing.pause()  # likely the earlier self of a cell that is run again
        if sum(isinstance(spec, Player) for spec in controls.values()) > self._players:
            raise ValueError(f"controls: more than {self._players} Player among {list(controls)}")
        self.goal = noted(goal)
        self.answer = answer
        self.said = ""
        self.values = SimpleNamespace()
        self._update = update
        self._reached = reached
        self._specs = dict(controls)
        self._due: asyncio.TimerHandle | None = None
        self._settled = 0.0  # until then what arrives is the end of a drag before Reset
        self._run: object | None = None  # the run that goes on now, if any
        self._buttons: list[ipywidgets.Button] = []
        self.error = ""
        fig, self._artists = start()
        self._picture = self._pictured(fig)
        self._words = ipywidgets.HTML()
        self._words.add_class("dtl-words")
        self._goal = ipywidgets.HTML(self._goal_html("Try it"))
        self._goal.add_class("dtl-words")
        self.controls = {name: self._built(spec) for name, spec in self._specs.items()}
        for name, widget in self.controls.items():
            if isinstance(widget, ipywidgets.Button):
                setattr(self.values, name, 0)
                widget.on_click(lambda _, name=name: self.set(**{name: self._value(name) + 1}))
            else:
                setattr(self.values, name, widget.value)
                widget.observe(lambda c, name=name: self._changed(name, c["new"]), "value")
        self._defaults = dict(vars(self.values))
        self._begin()
        self._draw()
        self._still = self._still_html()
        self.box = self._layout()

    def _value(self, name: str) -> Any:
        return getattr(self.values, name)

    def _pictured(self, fig: Figure) -> Any:
        """What shows the figure."""
        return Picture(fig, self._artists)

    def _built(self, spec: Any) -> Any:
        """The control that the lecture asks for."""
        return spec.build()

    def _begin(self) -> None:
        """What a kind of widget prepares before its first picture."""

    # -- events ---------------------------------------------------------------------------

    def set(self, **values: Any) -> None:
        """Set controls by name, as if moved by hand."""
        for name, value in values.items():
            control = self.controls[name]
            if isinstance(control, ipywidgets.Button):
                self._changed(name, value)
            else:
                control.value = value

    def reset(self) -> None:
        """Stop what plays and set every control back to its first value."""
        self.pause()
        self.set(**self._defaults)

    def _reset_by_hand(self) -> None:
        """Reset; of a drag whose picture is not drawn yet the browser sends the end only now."""
        dragged = self._due is not None
        self.reset()
        if dragged:
            self._redraw()
            self._settled = time.monotonic() + _LATE

    def _changed(self, name: str, value: Any) -> None:
        setattr(self.values, name, value)
        if time.monotonic() < self._settled and not _same(value, self._defaults[name]):
            back = {name: self._defaults[name]}
            asyncio.get_running_loop().call_soon(lambda: self.set(**back))
        self._request()

    def _request(self) -> None:
        """Redraw soon: events that wait in the queue are handled first, the newest value wins."""
        if self._due is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # plain Python: nothing else can be waiting
            self._redraw()
        else:
            wait = 0 if time.monotonic() - self._drawn > _ALONE else _GATHER
            self._due = loop.call_later(wait, self._redraw)

    def _redraw(self) -> None:
        """Draw now, and show the error instead of losing it when the update fails."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        try:
            self._draw()
        except Exception as error:  # e.g. the student's own function, called by update
            self._fail(error)

    def _draw(self) -> None:
        with _drawing:
            said = self._describe()
            if not isinstance(said, str) or not said:
                raise ValueError(f"update returned {said!r}, expected a sentence for the picture")
            self.said = said
            if self._reached is not None and self._told(self._reached):
                self._reached = None  # reached once is reached
                self._goal.value = self._goal_html("<span class='dtl-reached'>✓ Reached</span>")
            self.error = ""
            self._publish()
            self._drawn = time.monotonic()

    def _publish(self) -> None:
        """Show picture and words."""
        self._picture.publish(self.said)
        self._words.value = f'<p class="dtl-said">{html.escape(self.said)}</p>'

    def _describe(self) -> str:
        return self._told(self._update)

    def _told(self, function: Callable) -> Any:
        """Call a function of the lecture with the artists and what the controls say."""
        return function(self._artists, **vars(self.values))

    def _fail(self, error: Exception) -> None:
        self.error = f"The picture did not change. {type(error).__name__}: {error}"
        self._publish_error()

    def _publish_error(self) -> None:
        self._words.value = f'<p class="dtl-said dtl-error">{html.escape(self.error)}</p>'

    # -- play -----------------------------------------------------------------------------

    def play(self) -> None:
        """Let it run, in the event loop of the kernel. Whatever else plays is paused."""
        global _playing
        if _playing is not None:
            _playing.pause()
        _playing = self
        self._run = run = object()
        self._task = asyncio.get_running_loop().create_task(self._play(run))
        self._show_state()

    def pause(self) -> None:
        """Hold it where it is."""
        self._run = None
        self._show_state()

    async def _play(self, run: object) -> None:
        """Go on until this run is over or is no longer the one that goes on."""
        try:
            self._rewind()
            while self._run is run and not self._over:
                began = time.monotonic()
                self._advance()
                # A pause is needed even when late: it lets the kernel read messages.
                await asyncio.sleep(max(began + self._interval() - time.monotonic(), 0.002))
        except Exception as error:  # e.g. the student's own function, called by update
            self._fail(error)
        if self._run is run:
            self.pause()

    @property
    def _over(self) -> bool:
        return self._frame.value >= self._frame.max

    def _rewind(self) -> None:
        if self._over:
            self._frame.value = 0

    def _advance(self) -> None:
        self._frame.value += 1
        self._redraw()

    def _interval(self) -> float:
        return 1 / (self._fps * self._speed.value)

    def _step(self, by: int) -> None:
        self.pause()
        self._frame.value += by

    def _show_state(self) -> None:
        if self._buttons:
            on = self._run is not None
            self._buttons[0].description = "Pause" if on else "Play"
            self._buttons[0].icon = "pause" if on else "play"

    # -- looks ----------------------------------------------------------------------------

    def _player_buttons(self, name: str) -> ipywidgets.Widget:
        """Play, step and speed of the control that is a Player."""
        self._frame, self._fps = self.controls[name], self._specs[name].fps
        self._speed = _speeds()
        self._buttons = [
            _button("Play", "play", lambda: self.pause() if self._run else self.play()),
            _button("Back", "step-backward", lambda: self._step(-1)),
            _button("Step", "step-forward", lambda: self._step(1)),
        ]
        return _box([*self._buttons, self._speed], "dtl-buttons")

    def _on_panel(self) -> dict[str, Any]:
        """The controls above the picture, by name."""
        return self.controls

    def _panel(self) -> list[ipywidgets.Widget]:
        """Sliders and choices in their order, boxes to tick and buttons; Reset in the corner."""
        wide, narrow = [], []
        for name, widget in self._on_panel().items():
            small = isinstance(widget, (ipywidgets.Button, ipywidgets.Checkbox))
            (narrow if small else wide).append(widget)
            if isinstance(self._specs[name], Player):
                wide.append(self._player_buttons(name))
        labelled = [w for w in self._on_panel().values() if w in wide]
        longest = max((len(w.description) for w in labelled), default=0)
        for widget in labelled:
            widget.style.description_width = f"{min(10 + 7 * longest, 200)}px"
        reset = _button("Reset", "undo", self._reset_by_hand).add_class("dtl-reset")
        return [*wide, *narrow, reset]

    def _layout(self) -> ipywidgets.Widget:
        panel = _box(self._panel(), "dtl-controls")
        parts = [self._goal, panel, *self._shown()]
        if self.answer:
            parts.append(ipywidgets.HTML(self._answer_html()))
        return ipywidgets.VBox(parts).add_class("dtl-explore")

    def _shown(self) -> list[ipywidgets.Widget]:
        """Picture and words."""
        return [self._picture.widget, self._words]

    def _goal_html(self, head: str) -> str:
        return f'{_CSS}<p class="dtl-goal"><b>{head}</b>{html.escape(self.goal)}</p>'

    def _answer_html(self) -> str:
        """The answer behind its button: one that the browser opens, with mouse, Enter or space."""
        if not self.answer:
            return ""
        return (
            '<details class="dtl-answer"><summary>What you should have seen</summary>'
            f"<p>{html.escape(self.answer)}</p></details>"
        )

    def _still_html(self) -> str:
        return (
            f'{_CSS_STILL}<figure class="dtl-still" style="margin:6px 0">'
            f'<p style="margin:0 0 4px"><b>Try it</b> {html.escape(self.goal)}</p>'
            '<div class="dtl-card" style="background:#fff;border:1px solid #d0d0d0;'
            "border-radius:6px;padding:6px;"
            f'display:inline-block;max-width:100%;box-sizing:border-box">{self._picture.img}</div>'
            f"<figcaption>{html.escape(self.said)} "
            "<i>(First picture. Run the cell to move the controls.)</i></figcaption>"
            f"{self._answer_html()}</figure>"
        )

    def _ipython_display_(self) -> None:
        display(_Living(self.box, self.goal))
        display(Shown(self._still, f"[Figure: {self.said}]"))


def explore(
    start: Callable[[], tuple[Figure, Any]],
    update: Callable[..., str],
    *,
    controls: Mapping[str, Any],
    goal: str,
    answer: str = "",
    reached: Callable[..., bool] | None = None,
) -> Explorer:
    """Make a picture that follows its controls. See the top of this module for an example.

    Args:
        start: draws the figure once; returns it and the artists that ``update`` changes.
        update: ``update(artists, **values)`` changes the artists; returns a sentence or two that
            state the picture in words: its alternative text.
        controls: argument name → Slider, LogSlider, Choice, Toggle, Press or Player.
        goal: what to try, one sentence in the imperative.
        answer: what the try shows, with its numbers; folded behind a button. Empty: no button.
        reached: ``reached(artists, **values)``, whether the goal is reached. None: nobody says.

    Returns:
        The widget; as the last expression of a cell it appears. ``.set(name=value)`` moves a
        control, ``.said`` is the sentence under the picture.
    """
    return Explorer(start, update, controls=controls, goal=goal, answer=answer, reached=reached)


class _Read(SimpleNamespace):
    """The controls as a training run sees them; it remembers what was read, and when."""

    def __init__(self, values: SimpleNamespace) -> None:
        super().__init__(_values=values, _slice=0, _last={}, _again=set())

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._values, name)
        self._last[name] = value
        if self._slice > 1:
            self._again.add(name)
        return value


class Live(Explorer):
    """What :func:`live` returns: a training run with start, pause and stop."""

    _players = 0

    def __init__(
        self,
        start: Callable[[], tuple[Figure, Any]],
        train: Callable[[SimpleNamespace], Generator[Any, None, None]],
        update: Callable[..., str],
        *,
        controls: Mapping[str, Any],
        goal: str,
        answer: str,
        preview: int,
        per_second: float,
        reached: Callable[..., bool] | None,
    ) -> None:
        if preview < 1:
            raise ValueError(f"preview: {preview}, expected at least 1 slice for the first picture")
        self._train = train
        self._preview = preview
        self._per_second = per_second
        self._speed = _speeds()
        super().__init__(
            start, update, controls=controls, goal=goal, answer=answer, reached=reached
        )

    def _begin(self) -> None:
        """Begin a new run with the values of the controls and train the preview."""
        self._new_run()
        self._started = False
        self._train_slices(self._preview)

    def _new_run(self) -> None:
        self._read = _Read(self.values)
        self._slices = self._train(self._read)
        self._ended = False

    def _train_slices(self, slices: float, seconds: float = float("inf")) -> None:
        """Train that many slices, or for that long, or to the end."""
        until = time.monotonic() + seconds
        while slices > 0 and not self._ended and time.monotonic() < until:
            slices -= 1
            self._read._slice += 1
            try:
                self._state = next(self._slices)
            except StopIteration:
                self._ended = True

    def _told(self, function: Callable) -> Any:
        """Call a function of the lecture with the state and the settings that made it."""
        had = {name: self._read._last[name] for name in self._read._again}
        return function(self._artists, self._state, **(vars(self.values) | had))

    def _describe(self) -> str:
        said = super()._describe()
        return f"{said} {self._note()}".rstrip() if said else said

    @property
    def _anew(self) -> bool:
        """Whether Start would begin a new run for a control that was moved."""
        return self._ended or not self._started

    def _moved(self) -> list[str]:
        """The controls that stand elsewhere than where the run has read them."""
        last = self._read._last
        read = last if self._anew else self._read._again
        known = [name for name in self.controls if name in read]
        return [name for name in known if not _same(last[name], self._value(name))]

    def _note(self) -> str:
        """What Start will do, where controls were moved."""
        moved = ", ".join(self._setting(name) for name in self._moved())
        if not moved or self._run is not None:
            return ""
        return f"Start {'begins a new run' if self._anew else 'goes on'} with {moved}."

    def _setting(self, name: str) -> str:
        """A control and where it stands, in words."""
        control, value = self.controls[name], self._value(name)
        if isinstance(control, ipywidgets.Dropdown):
            value = control.label
        elif isinstance(value, bool):
            value = "on" if value else "off"
        elif isinstance(value, float):
            value = f"{value:.3g}"
        return f"{control.description} {value}"

    def train(self, slices: int) -> None:
        """Train that many slices at once and redraw: for scripts and tests."""
        self._train_slices(slices)
        self._redraw()

    def stop(self) -> None:
        """End the run; the next start begins a new one."""
        self._ended = True
        self.pause()

    def reset(self) -> None:
        """Stop, set every control back and show the first picture again."""
        super().reset()
        self._begin()
        self._redraw()
        self._show_state()

    @property
    def _over(self) -> bool:
        return self._ended

    def _rewind(self) -> None:
        self._paid = time.monotonic()
        if self._ended or (self._anew and self._moved()):
            self._new_run()
            self._show_state()
        self._started = True

    def _advance(self) -> None:
        """Train the slices that have come due since the last time; redraw now and then."""
        now, pace = time.monotonic(), self._per_second * self._speed.value
        due = int((now - self._paid) * pace)
        self._paid += due / pace
        self._train_slices(due, _SLICE)
        if self._ended or now - self._drawn > 1 / _FPS_LIVE:
            self._redraw()

    def _interval(self) -> float:
        return 0.02

    def _show_state(self) -> None:
        on = self._run is not None
        start, pause, stop = self._buttons
        start.disabled, pause.disabled, stop.disabled = on, not on, self._ended
        waits = "paused" if self._started else "ready"
        word = "running" if on else "ended" if self._ended else waits
        self._word.value = f'<span class="dtl-said">{word}</span>'

    def _panel(self) -> list[ipywidgets.Widget]:
        self._buttons = [
            _button("Start", "play", self.play),
            _button("Pause", "pause", self.pause),
            _button("Stop", "stop", self.stop),
        ]
        self._word = ipywidgets.HTML()
        self._word.add_class("dtl-words")
        self._show_state()
        return [_box([*self._buttons, self._speed, self._word], "dtl-buttons"), *super()._panel()]


def live(
    start: Callable[[], tuple[Figure, Any]],
    train: Callable[[SimpleNamespace], Generator[Any, None, None]],
    update: Callable[..., str],
    *,
    controls: Mapping[str, Any],
    goal: str,
    answer: str = "",
    preview: int = 1,
    per_second: float = 50,
    reached: Callable[..., bool] | None = None,
) -> Live:
    """Make a dashboard of a training run whose controls work while it runs.

    Args:
        start: draws the figure once; returns it and the artists that ``update`` changes.
        train: ``train(values)`` is a generator; it reads ``values.<name>`` of the controls
            whenever it needs them and yields a state after every small slice (< 20 ms) of work.
        update: ``update(artists, state, **values)`` changes the artists to the newest state;
            returns a sentence or two that state the picture in words. ``values`` are those of the
            run: see the top of this module.
        controls: argument name → Slider, LogSlider, Choice, Toggle or Press.
        goal: what to try, one sentence in the imperative.
        answer: what the try shows, with its numbers; folded behind a button. Empty: no button.
        preview: slices that are trained at once for the first picture.
        per_second: slices per second at most at normal speed, so that there is time to steer; a
            slow ``train`` simply goes as fast as it can.
        reached: ``reached(artists, state, **values)``, whether the goal is reached. None: nobody
            says.

    Returns:
        The widget; as the last expression of a cell it appears. ``.train(n)`` trains n slices at
        once, without an event loop.
    """
    return Live(
        start,
        train,
        update,
        controls=controls,
        goal=goal,
        answer=answer,
        preview=preview,
        per_second=per_second,
        reached=reached,
    )


enforce(__name__)
