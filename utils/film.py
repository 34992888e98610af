"""Films: widgets whose motion a browser draws, from what the learner's functions computed once.

Where motion carries the idea, ``film`` takes the place of :func:`utils.widgets.explore`::

    from utils.film import Trail, film
    from utils.plots import COLORS, figure
    from utils.widgets import LogSlider, Player

    def start():                                   # once: what stands still
        fig, ax = figure(size=(7.5, 3.4))
        ax.set(xlabel="step", ylabel="weight", xlim=(0, 60), ylim=(-2, 2))
        return fig, ax

    def shoot(ax, lr):                             # once for each move of a control, all frames
        w = 2 * (1 - lr) ** np.arange(61)
        said = [f"Step {t}: the weight is {w[t]:.2g}." for t in range(61)]
        return [Trail(ax, np.arange(61), w, color=COLORS.train)], said

    film(
        start,
        shoot,
        controls={
            "t": Player(60, label="step", fps=20),
            "lr": LogSlider(0.01, 2.5, value=0.1, label="learning rate"),
        },
        goal="From which rate on does the weight swing to the other side?",
        answer="From 1 on.",
    )

The ``Player`` among the controls is the clock: its frames run from 0 to its last one, and ``shoot``
does not get it. ``shoot`` gets what ``start`` returned beside the figure, and the other controls by
name. It returns the marks, with a place for each frame, and the words: one sentence or two for each
frame, or one text for all. It may change what stands still, which costs a drawing (60 ms).

There are three marks: :class:`Trail`, a dot and the line behind it; :class:`Shape`, a line or an
area whose corners move; :class:`Label`, words that change. Play, pause, step and speed need no
kernel: the motion is as smooth as the screen, and stays so while the kernel computes.

All else is as in :mod:`utils.widgets`: the sentence is the alternative text, the first picture is
stored as a plain image for viewers without a kernel, and in plain Python ``w.set(lr=0.5, t=60)``
and ``w.said`` work.
"""

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets
from matplotlib.figure import Figure

from utils._signatures import enforce
from utils._stage import Label, Shape, Stage, Trail
from utils.controls import Player
from utils.widgets import Explorer

__all__ = ["Film", "Label", "Shape", "Trail", "film"]


class Film(Explorer):
    """What :func:`film` returns: shows itself as the last expression of a cell."""

    def __init__(
        self,
        start: Callable[[], tuple[Figure, Any]],
        shoot: Callable[..., tuple[list, Any]],
        *,
        controls: Mapping[str, Any],
        goal: str,
        answer: str,
        reached: Callable[..., bool] | None,
    ) -> None:
        clocks = [name for name, spec in controls.items() if isinstance(spec, Player)]
        if len(clocks) != 1:
            raise ValueError(f"controls: {len(clocks)} Player among {list(controls)}, expected 1")
        self._clock = clocks[0]
        self._player: Player = controls[self._clock]
        self._shot: dict[str, Any] | None = None  # the settings that the film was made with
        self._sentences: list[str] = []
        super().__init__(start, shoot, controls=controls, goal=goal, answer=answer, reached=reached)

    def reset(self) -> None:
        """Stop, and set every control back to its first value."""
        super().reset()
        # The browser alone knows which frame a running film has come to.
        self._picture.widget.send({"frame": self._player.value})

    def _pictured(self, fig: Figure) -> Stage:
        return Stage(fig, **vars(self._player))

    def _built(self, spec: Any) -> Any:
        return self._picture.widget if isinstance(spec, Player) else super()._built(spec)

    def _describe(self) -> str:
        settings = {name: v for name, v in vars(self.values).items() if name != self._clock}
        if settings != self._shot:
            self._shot = None
            marks, said = self._update(self._artists, **settings)
            frames = self._player.last + 1
            sentences = [said] * frames if isinstance(said, str) else list(said)
            if len(sentences) != frames:
                raise ValueError(f"shoot: {len(sentences)} sentences, expected {frames}")
            self._picture.show(marks, sentences)
            self._sentences, self._shot = sentences, settings
        return self._sentences[self._value(self._clock)]

    def _publish(self) -> None:
        self._picture.widget.error = ""

    def _publish_error(self) -> None:
        self._picture.widget.error = self.error

    def _on_panel(self) -> dict[str, Any]:
        return {name: c for name, c in self.controls.items() if name != self._clock}

    def _shown(self) -> list[ipywidgets.Widget]:
        return [self._picture.widget]


def film(
    start: Callable[[], tuple[Figure, Any]],
    shoot: Callable[..., tuple[list, Any]],
    *,
    controls: Mapping[str, Any],
    goal: str,
    answer: str = "",
    reached: Callable[..., bool] | None = None,
) -> Film:
    """Make a film that a browser plays. See the top of this module for an example.

    Args:
        start: draws what stands still; returns the figure, and what ``shoot`` needs of it.
        shoot: ``shoot(artists, **values)`` gives the marks and the words of all frames; ``values``
            are the controls without the ``Player``.
        controls: argument name → Slider, LogSlider, Choice, Toggle or Press, and one Player.
        goal: what to try, one sentence in the imperative.
        answer: what the try shows, with its numbers; folded behind a button. Empty: no button.
        reached: ``reached(artists, **values)``, whether the goal is reached; it gets the frame,
            too. None: nobody says.

    Returns:
        The widget; as the last expression of a cell it appears. ``.set(name=value)`` moves a
        control, ``.said`` is the sentence under the picture.
    """
    return Film(start, shoot, controls=controls, goal=goal, answer=answer, reached=reached)


enforce(__name__)
