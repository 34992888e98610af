"""The picture of a widget: one figure, of which only what changes is drawn again."""

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import ipywidgets
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from utils.plots import css_size, draw_sharp, to_img, to_png, turns_dark

# ipywidgets has no way to say these to assistive technology: the name and the shown value of a
# slider, and that the words change. While a notebook is opened again there is no frame yet. The
# last loop keeps JupyterLab's one-letter commands (D, D deletes the cell) away from keys that are
# meant for a control.
ACCESSIBLE = """const frame = this.closest('.dtl-explore');
if (!frame) return;
for (const s of frame.querySelectorAll('.widget-slider')) {
 const handle = s.querySelector('[role=slider]');
 handle?.setAttribute('aria-label', s.querySelector('label').textContent);
 handle?.setAttribute('aria-valuetext', s.querySelector('.widget-readout').textContent);
}
for (const w of frame.querySelectorAll('.dtl-words')) w.setAttribute('role', 'status');
for (const c of frame.querySelectorAll('button, select, input, summary, [tabindex]'))
 c.setAttribute('data-lm-suppress-shortcuts', 'true');"""


class Picture:
    """One figure, redrawn in place, published as an <img> with its alternative text.

    The artists that change are marked "animated": matplotlib then leaves them out of the figure's
    own drawing, and their changes do not make the figure stale. So as long as the figure is not
    stale, its drawing can be kept as a background and only the rest is drawn.
    """

    def __init__(self, fig: Figure, artists: Any) -> None:
        self.fig = fig
        draw_sharp(fig)
        fig.set_layout_engine("none")  # the axes keep their places from now on
        self._changing = set(_leaves(artists))
        self._front: list[Artist] = []
        self._background = None
        self._turns = turns_dark(fig)
        self.widget = ipywidgets.HTML()
        self.img = ""

    def publish(self, alt: str) -> None:
        """Draw what has changed and show it.

        Args:
            alt: the picture in words.
        """
        canvas = self.fig.canvas
        assert isinstance(canvas, FigureCanvasAgg)
        if self._background is None or self.fig.stale:
            self._mark()
            canvas.draw()
            self._background = canvas.copy_from_bbox(self.fig.bbox)
        else:
            canvas.restore_region(self._background)
        for artist in self._front:
            artist.draw(canvas.get_renderer())
        self.fig.stale = False  # drawing an axis touches its ticks
        png = to_png(self.fig, compress_level=1)
        self.img = to_img(png, alt, *css_size(self.fig), turns=self._turns)
        living = self.img.replace("<img ", f'<img onload="{ACCESSIBLE}" ', 1)
        self.widget.value = f'<div class="dtl-picture dtl-live">{living}</div>'

    def _mark(self) -> None:
        """Mark as animated what changes, and whatever lies over it in the same axes."""
        for artist in self._front:
            artist.set_animated(False)
        self._front = []
        for ax in self.fig.axes:
            frame = [ax.patch, *ax.spines.values(), ax.xaxis, ax.yaxis]
            hidden = frame[:1] if ax.axison else frame
            order = sorted(ax.get_children(), key=lambda artist: artist.zorder)
            # A legend without a frame can lie under what changes; its words take long to draw.
            order = [
                artist
                for artist in order
                if artist not in hidden
                and not (isinstance(artist, Legend) and not artist.get_frame_on())
            ]
            while order and order[0] not in self._changing:
                order.pop(0)
            self._front += order
        self._front += [a for a in self.fig.texts if a in self._changing]
        for artist in self._front:
            artist.set_animated(True)


def _leaves(artists: Any) -> Iterable[Artist]:
    """Every artist in a nest of containers, without axes (they redraw as a whole)."""
    if isinstance(artists, Artist):
        if not isinstance(artists, (Axes, Figure)):
            yield artists
    elif isinstance(artists, SimpleNamespace):
        yield from _leaves(vars(artists))
    elif isinstance(artists, Mapping):
        yield from _leaves(list(artists.values()))
    elif isinstance(artists, (list, tuple)) or (
        isinstance(artists, np.ndarray) and artists.dtype == object
    ):
        for a in artists:
            yield from _leaves(a)
