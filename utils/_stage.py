"""The stage of a film: a still picture from matplotlib, over which a browser draws what moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from utils._picture import ACCESSIBLE
from utils.plots import css_size, draw_sharp, to_img, to_png, turns_dark

_PIXELS_A_POINT = 96 / 72
_FAR = 1e5  # pixels: outside of every picture, and no infinity on the way to the browser
_DASHES = {"-": [], "--": [6, 3], ":": [1.5, 3], "-.": [6, 3, 1.5, 3]}


@dataclass(frozen=True, eq=False)
class Trail:
    """A dot on its way, and the line that it leaves behind.

    Args:
        ax: where it moves.
        x, y: its place in each frame; NaN where it is not to be seen. A number stands for all.
        color: of dot and line.
        marker: one of "o", "s", "D", "^", "v", "P"; "" for no dot.
        ms: size of the dot in points, or one for each frame.
        lw: width of the line in points; 0 for no line.
        ls: "-", "--", ":" or "-.".
        whole: the line is there from the first frame on, and the dot moves along it.
    """

    ax: Axes
    x: Any
    y: Any
    color: str
    marker: str = "o"
    ms: Any = 8.0
    lw: float = 2.0
    ls: str = "-"
    whole: bool = False

    def sent(self, frames: int) -> dict[str, Any]:
        places = _places(self.ax, self.x, self.y, (frames,))
        size = np.broadcast_to(np.asarray(self.ms, np.float32) * _PIXELS_A_POINT, (frames,))
        style = {"marker": self.marker, "whole": self.whole, "size": _packed(size)}
        return _mark(self, "trail", places) | style

    def drawn(self, t: int) -> list[Artist]:
        x, y, ms = np.broadcast_arrays(self.x, self.y, self.ms)
        end = None if self.whole else t + 1
        style = {"color": self.color, "lw": self.lw, "ls": self.ls if self.lw else ""}
        dot = {"marker": self.marker, "ms": ms[t], "color": self.color, "mec": "white", "ls": ""}
        return [Line2D(x[:end], y[:end], **style), Line2D(x[t : t + 1], y[t : t + 1], **dot)]


@dataclass(frozen=True, eq=False)
class Shape:
    """A line with corners, or an area, whose corners move.

    Args:
        ax: where it is.
        x, y: its corners, one row for each frame; one row stands for all, a number for all corners.
        color: of the line or the area.
        lw: width of the line in points.
        ls: "-", "--", ":" or "-.".
        filled: whether it is an area.
    """

    ax: Axes
    x: Any
    y: Any
    color: str
    lw: float = 2.0
    ls: str = "-"
    filled: bool = False

    def sent(self, frames: int) -> dict[str, Any]:
        corners = np.broadcast(self.x, self.y).shape[-1]
        places = _places(self.ax, self.x, self.y, (frames, corners))
        return _mark(self, "shape", places) | {"corners": corners, "filled": self.filled}

    def drawn(self, t: int) -> list[Artist]:
        x, y = (np.atleast_2d(v) for v in np.broadcast_arrays(self.x, self.y))
        x, y = x[t % len(x)], y[t % len(y)]
        if self.filled:
            return [Polygon(np.stack([x, y], -1), facecolor=self.color, edgecolor="none")]
        return [Line2D(x, y, color=self.color, lw=self.lw, ls=self.ls)]


@dataclass(frozen=True, eq=False)
class Label:
    """Words that move or change.

    Args:
        ax: where they stand.
        x, y: their middle in each frame. A number stands for all.
        text: the words of each frame; "" where there are none.
        color: of the letters.
        size: of the letters, in points.
    """

    ax: Axes
    x: Any
    y: Any
    text: Sequence[str]
    color: str = "#222222"
    size: float = 10.0

    def sent(self, frames: int) -> dict[str, Any]:
        if len(self.text) != frames:
            raise ValueError(f"Label: {len(self.text)} texts, expected one for each of {frames}")
        places = _places(self.ax, self.x, self.y, (frames,))
        size = self.size * _PIXELS_A_POINT
        style = {"text": list(self.text), "size": size, "align": "center", "clip": None}
        return _mark(self, "label", places) | style

    def drawn(self, t: int) -> list[Artist]:
        x, y = np.broadcast_arrays(self.x, self.y, np.zeros(len(self.text)))[:2]
        style = {"color": self.color, "fontsize": self.size, "ha": "center", "va": "center"}
        return [self.ax.text(x[t], y[t], self.text[t], **style)]


Mark = Trail | Shape | Label


def _places(ax: Axes, x: Any, y: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Places in the axes as pixels of the picture from its upper left corner, shape (..., 2)."""
    try:
        x, y = (np.broadcast_to(np.asarray(v, np.float64), shape) for v in (x, y))
    except ValueError:
        shapes = f"{np.shape(x)} and {np.shape(y)}"
        raise ValueError(f"x, y: shapes {shapes}, expected {shape}, frames first") from None
    fig = ax.figure
    assert isinstance(fig, Figure)
    pixels = ax.transData.transform(np.stack([x, y], -1).reshape(-1, 2))
    scale = css_size(fig)[0] / fig.bbox.width
    pixels = np.clip(pixels * scale, -_FAR, _FAR)
    pixels[:, 1] = css_size(fig)[1] - pixels[:, 1]
    return pixels.reshape(*shape, 2)


def _packed(values: np.ndarray) -> bytes:
    return np.ascontiguousarray(values, np.float32).tobytes()


def _mark(mark: Mark, kind: str, places: np.ndarray) -> dict[str, Any]:
    """What every kind of mark sends: its places, its looks, and the frame it stays inside."""
    width = getattr(mark, "lw", 0.0) * _PIXELS_A_POINT
    dash = [width * part for part in _DASHES[getattr(mark, "ls", "-")]]
    (left, top), (right, bottom) = _places(mark.ax, mark.ax.get_xlim(), mark.ax.get_ylim(), (2,))
    clip = [min(left, right), min(top, bottom), abs(right - left), abs(bottom - top)]
    looks = {"color": mark.color, "width": width, "dash": dash, "clip": clip}
    return {"kind": kind, "xy": _packed(places), **looks}


class _Canvas(anywidget.AnyWidget):
    """The part in the browser: `_stage.js`. Its ``value`` is the number of the frame."""

    _esm = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

    player = traitlets.Dict().tag(sync=True)
    value = traitlets.Int().tag(sync=True)
    ground = traitlets.Unicode().tag(sync=True)
    size = traitlets.Tuple().tag(sync=True)
    marks = traitlets.List().tag(sync=True)
    said = traitlets.List().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)


class Stage:
    """A figure that stands still, with marks that move over it.

    Args:
        fig: what stands still, and which place belongs to which pixel.
        last: number of the last frame.
        fps: frames per second.
        label: what a frame is called.
        value: the first frame that is shown.
    """

    def __init__(self, fig: Figure, *, last: int, fps: float, label: str, value: int) -> None:
        self._fig = fig
        self._frames = last + 1
        draw_sharp(fig)
        fig.set_layout_engine("none")  # the axes keep their places from now on
        player = {"last": last, "fps": fps, "label": label}
        self.widget = _Canvas(player=player, value=value, size=css_size(fig))
        self.img = ""

    def show(self, marks: Sequence[Mark], said: Sequence[str]) -> None:
        """Let other marks move, over the figure as it is now.

        Args:
            marks: what moves; a later one is drawn over an earlier one.
            said: each frame in words, its alternative text.
        """
        sent = [mark.sent(self._frames) for mark in marks]
        if not self.img:
            self.img = self._still(marks, said)
        if not self.widget.ground or self._fig.stale:
            self._fig.canvas.draw()
            ground = self._to_img("")
            self.widget.ground = ground.replace("<img ", f'<img onload="{ACCESSIBLE}" ', 1)
            self._fig.stale = False  # drawing an axis touches its ticks
        with self.widget.hold_sync():
            self.widget.said = list(said)
            self.widget.marks = sent

    def _still(self, marks: Sequence[Mark], said: Sequence[str]) -> str:
        """The first picture whole, for a page without a kernel."""
        frame = self.widget.value
        added = []
        for mark in marks:
            for artist in mark.drawn(frame):
                if artist.axes is None:
                    mark.ax.add_artist(artist)
                artist.set_zorder(20 + len(added))
                added.append(artist)
        self._fig.canvas.draw()
        picture = self._to_img(said[frame])
        for artist in added:
            artist.remove()
        return picture

    def _to_img(self, alt: str) -> str:
        size, turns = css_size(self._fig), turns_dark(self._fig)
        return to_img(to_png(self._fig), alt, *size, turns=turns)
