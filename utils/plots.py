"""Figures of the lectures: one palette, one style, one way to show a figure.

A lecture draws with plain matplotlib and needs four things from here::

    from utils.plots import COLORS, figure, show

    fig, ax = figure(1, 2, size=(8, 3))           # like plt.subplots, styled, without pyplot
    ax[0].plot(steps, train_loss, color=COLORS.train, label="train")
    ax[0].set(xlabel="step", ylabel="loss (nats)")
    show(
        fig,
        caption="What to look at, in one or two sentences.",
        alt="What the picture shows, for someone who cannot see it.",
    )

``size`` is in inches of 96 pixels: a notebook column is about 9 wide. Nothing is set globally; a
figure that was made with pyplot can be shown too.

Colours by role: ``COLORS.train``, ``.validation``, ``.yours``, ``.test``, ``.warning``,
``.reference``. Any two stay apart for readers who are colour blind; still, give each line a second
sign (label, marker, dash). Without a role, lines take these colours in order. For many ordered
things (layers) take ``layer_colors(n)``; for values use the colormap "viridis", for signed values
"RdBu_r".

Axes helpers draw into an axes that you made: :func:`loss_curves`, :func:`stats_per_layer`,
:func:`contour`, :func:`path`. Figure helpers make a figure to ``show``: :func:`histograms`,
:func:`image_grid`. :func:`compare` displays a table of our numbers beside printed ones.
"""

import base64
import html
import struct
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
from IPython.display import display
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.rcsetup import cycler

from utils._signatures import enforce
from utils.pace import noted

COLORS = SimpleNamespace(
    train="#0056D3",  # blue: training data, training loss
    validation="#C94B10",  # orange: validation data, validation loss
    yours="#21A667",  # green: the student's own result
    test="#CD76BC",  # pink: test data, or one more series
    warning="#520110",  # dark red: what has gone wrong
    reference="#595959",  # grey: theory, a printed value, a target; draw it dashed
)

_CSS_DPI = 96
_STYLE: dict[Any, Any] = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": "#8A8A8A",
    "axes.labelcolor": "#222222",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=list(vars(COLORS).values())),
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "font.size": 10,
}
_STAYS = "stays as it is drawn"
_CARD = (
    "background:#fff;color:#222;border:1px solid #d0d0d0;border-radius:6px;"
    "padding:8px;display:inline-block;max-width:100%;box-sizing:border-box;"
)


def figure(
    rows: int = 1,
    cols: int = 1,
    *,
    size: tuple[float, float] = (6.5, 3.5),
    turns: bool = True,
    **subplots,
) -> tuple[Figure, Any]:
    """Make a styled figure with a grid of axes: fig, ax = figure(rows, cols).

    Args:
        rows, cols: number of axes down and across.
        size: width and height in inches of 96 screen pixels; a notebook column is about 9 wide.
        turns: whether a dark theme may turn it to light lines on black; False where dark and light
            mean something. A figure with an image or a colormap in it never turns.
        **subplots: what ``Figure.subplots`` takes: ``sharex``, ``sharey``, ``width_ratios``…

    Returns:
        fig: a matplotlib Figure with constrained layout. It is not known to pyplot, so nothing
            appears until ``show(fig, ...)`` and nothing has to be closed.
        ax: one Axes, or an array of them when there are several, as ``plt.subplots`` gives.
    """
    with mpl.rc_context(_STYLE):
        fig = Figure(figsize=size, dpi=_CSS_DPI, layout="constrained")
        FigureCanvasAgg(fig)
        fig.set_gid("" if turns else _STAYS)
        return fig, fig.subplots(rows, cols, **subplots)


def to_png(fig: Figure, *, compress_level: int = 6) -> bytes:
    """Encode what the figure's canvas holds now as PNG, without drawing it again.

    Rows are stored as they are (filter type 0): for plots the search for better filters, which
    other encoders make, takes a third of the time and saves little. Widgets use level 1.
    """
    canvas = fig.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    rgba = np.asarray(canvas.buffer_rgba())
    height, width, _ = rgba.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # each begins with its filter type
    for channel in range(3):  # one by one: NumPy copies long strides faster than groups of three
        rows[:, 1 + channel :: 3] = rgba[:, :, channel]

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))  # 8 bits, RGB
        + chunk(b"IDAT", zlib.compress(rows.tobytes(), compress_level))
        + chunk(b"IEND", b"")
    )


def turns_dark(fig: Figure) -> bool:
    """Whether a page with a dark theme may swap light and dark in this figure.

    Not where a colour stands for a value, in an image or an area, or ``figure(turns=False)`` says
    so. Level lines do turn.
    """
    mapped = fig.findobj(lambda artist: getattr(artist, "get_array", lambda: None)() is not None)
    areas = [a for a in mapped if not (isinstance(a, QuadContourSet) and not a.filled)]
    return fig.get_gid() != _STAYS and not areas


def to_img(png: bytes, alt: str, width: int, height: int, *, turns: bool = False) -> str:
    """Write a PNG as an ``<img>`` with alternative text and a width in screen pixels.

    With ``turns`` it says that a dark theme may swap light and dark in it.
    """
    data = base64.b64encode(png).decode("ascii")
    mark = 'class="dtl-turns" ' if turns else ""
    # decoding=sync: a picture that replaces another must not leave a blank frame between them.
    return (
        f'<img alt="{html.escape(alt)}" width="{width}" height="{height}" decoding="sync" {mark}'
        f'style="max-width:100%;height:auto;display:block" src="data:image/png;base64,{data}">'
    )


def css_size(fig: Figure) -> tuple[int, int]:
    """Width and height of the figure on screen, in CSS pixels (96 per inch)."""
    width, height = fig.get_size_inches()
    return round(width * _CSS_DPI), round(height * _CSS_DPI)


def draw_sharp(fig: Figure) -> None:
    """Draw the figure on its canvas with two pixels per screen pixel."""
    if not isinstance(fig.canvas, FigureCanvasAgg):
        FigureCanvasAgg(fig)
    fig.set_dpi(2 * _CSS_DPI)
    fig.canvas.draw()


class Shown:
    """HTML for a notebook and text for a terminal."""

    def __init__(self, body: str, text: str) -> None:
        self._body, self._text = body, text

    def _repr_html_(self) -> str:
        return self._body

    def __repr__(self) -> str:
        return self._text


def show(fig: Figure, *, caption: str, alt: str) -> None:
    """Display a figure once, with a caption and alternative text.

    Args:
        fig: the figure.
        caption: what to see in it, one or two sentences, shown under the figure. In a browser's tab
            :func:`utils.pace.noted` adds what was reduced there.
        alt: what the picture shows, in words, for readers who cannot see it. Name the axes and
            the finding, not the colours.

    In a notebook: a sharp PNG on a white card, which the desk and the site turn dark in a dark
    theme (:func:`turns_dark`). In a terminal: caption and alternative text.
    """
    draw_sharp(fig)
    caption = noted(caption)
    body = (
        f'<figure style="margin:8px 0"><div class="dtl-card" style="{_CARD}">'
        f"{to_img(to_png(fig), alt, *css_size(fig), turns=turns_dark(fig))}</div>"
        f'<figcaption style="max-width:46em;margin-top:4px;font-size:0.95em">'
        f"{html.escape(caption)}</figcaption></figure>"
    )
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(fig)  # or the notebook would show it a second time
    display(Shown(body, f"[Figure: {alt}]\n{caption}"))


def layer_colors(n: int) -> list:
    """Colours for n ordered things (layers, widths, epochs), from dark to light."""
    return [mpl.colormaps["viridis"](v) for v in np.linspace(0, 0.85, n)]


def loss_curves(
    ax: Axes,
    curves: Mapping[str, Sequence[float] | np.ndarray],
    *,
    x: Sequence[float] | np.ndarray | None = None,
    xlabel: str = "epoch",
    ylabel: str = "loss",
    log: bool = False,
) -> dict[str, Line2D]:
    """Draw one line per named curve: ``loss_curves(ax, {"train": [...], "validation": [...]})``.

    Args:
        ax: where to draw.
        curves: values per name. The names of ``COLORS`` get their colour; others go in order.
            Lengths may differ; NaN and inf leave a gap.
        x: horizontal values, the length of the longest curve; default 1, 2, 3, ….
        xlabel, ylabel: labels with units.
        log: logarithmic vertical axis.

    Returns:
        The line of each curve, by name, for widgets that update them.
    """
    others = iter(_cycle(curves))
    lines = {}
    for name, values in curves.items():
        y = np.asarray(values, dtype=float)
        t = np.arange(1, len(y) + 1) if x is None else np.asarray(x)[: len(y)]
        color = getattr(COLORS, name, None) or next(others)
        y = np.where(np.isfinite(y), y, np.nan)
        (lines[name],) = ax.plot(t, y, color=color, lw=2, label=name, marker="o", ms=3)
        lines[name].set_marker("o" if len(y) <= 30 else "")
    ax.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if log else "linear")
    if len(lines) > 1:
        ax.legend(frameon=False)
    return lines


def _cycle(curves: Mapping[str, object]) -> list[str]:
    """Colours of the cycle that no role among the curves has taken."""
    taken = {getattr(COLORS, name, None) for name in curves}
    cycle = [c for c in _STYLE["axes.prop_cycle"].by_key()["color"] if c not in taken]
    return cycle * (1 + len(curves))


def stats_per_layer(
    ax: Axes,
    curves: Mapping[str, Sequence[float] | np.ndarray],
    *,
    ylabel: str,
    log: bool = False,
) -> dict[str, Line2D]:
    """Draw one number per layer (mean, std, gradient norm), one marked line per name.

    ``curves`` maps a name to the values of layers 1, 2, …. Returns the line of each name.
    """
    markers = "osD^vPX"
    lines = loss_curves(ax, curves, xlabel="layer", ylabel=ylabel, log=log)
    for i, line in enumerate(lines.values()):
        line.set(marker=markers[i % len(markers)], markersize=5)
    if len(lines) > 1:
        ax.legend(frameon=False)  # again, for the markers
    ax.set_xticks(range(1, 1 + max(len(v) for v in curves.values())))
    return lines


def histograms(
    arrays: Sequence[np.ndarray] | Mapping[str, np.ndarray],
    *,
    bins: int = 30,
    value_range: tuple[float, float] | None = None,
    xlabel: str = "value",
    size: tuple[float, float] | None = None,
) -> Figure:
    """Small multiples: one histogram per layer, share of values per bin, on common axes.

    Args:
        arrays: one array per layer, or a mapping title → array; any shapes.
        bins: number of bins.
        value_range: left and right end; default: the range of all finite values together.
        xlabel: what the values are.
        size: of the whole figure in inches; default: 9 wide, up to five in a row.

    Returns:
        The figure, for ``show``. The titles of a plain sequence are "layer 1", "layer 2", ….
    """
    if not isinstance(arrays, Mapping):
        arrays = {f"layer {i}": a for i, a in enumerate(arrays, 1)}
    values = {name: np.asarray(a, dtype=float).ravel() for name, a in arrays.items()}
    values = {name: v[np.isfinite(v)] for name, v in values.items()}
    if value_range is None:
        every = np.concatenate(list(values.values()))
        value_range = (float(every.min()), float(every.max())) if every.size else (0.0, 1.0)
    rows = -(-len(values) // 5)
    cols = -(-len(values) // rows)
    fig, axes = figure(
        rows, cols, size=size or (9, 0.6 + 1.5 * rows), sharex=True, sharey=True, squeeze=False
    )
    for ax, (name, v) in zip(axes.flat, values.items(), strict=False):
        share = np.full(v.size, 1 / max(v.size, 1))
        ax.hist(v, bins=bins, range=value_range, weights=share, color=COLORS.train)
        ax.set_title(name, fontsize=9)
    for ax in axes.flat[len(values) :]:
        ax.remove()
    fig.supxlabel(xlabel, fontsize=10)
    fig.supylabel("share", fontsize=10)
    return fig


def contour(
    ax: Axes,
    f: Callable[[np.ndarray, np.ndarray], np.ndarray],
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    *,
    levels: int | Sequence[float] = 12,
    xlabel: str = "$w_1$",
    ylabel: str = "$w_2$",
    n: int = 121,
) -> QuadContourSet:
    """Draw level lines of ``f(x, y)``, evaluated on an n by n grid (f takes arrays)."""
    x, y = np.meshgrid(np.linspace(*xlim, n), np.linspace(*ylim, n))
    z = f(x, y)
    lines = ax.contour(x, y, z, levels=levels, cmap="Greys_r", linewidths=0.9, alpha=0.8)
    ax.set(xlim=xlim, ylim=ylim, xlabel=xlabel, ylabel=ylabel)
    ax.grid(False)
    return lines


def path(
    ax: Axes,
    points: Float[np.ndarray, "steps 2"],
    *,
    label: str | None = None,
    color: str = COLORS.train,
) -> tuple[Line2D, Line2D]:
    """Draw the way of an optimiser: a dot per step and a ring around the start.

    Returns the line and the ring; a widget moves them with ``line.set_data(*points.T)`` and
    ``ring.set_data(*points[:1].T)``.
    """
    x, y = np.asarray(points, dtype=float).T
    (line,) = ax.plot(x, y, "o-", color=color, ms=3.5, lw=1.5, label=label, zorder=3)
    (ring,) = ax.plot(x[:1], y[:1], "o", mfc="none", mec=color, ms=10, mew=1.5, zorder=3)
    return line, ring


def image_grid(
    images: np.ndarray,
    titles: Sequence[str] | None = None,
    *,
    cols: int = 8,
    scale: float = 1.0,
) -> Figure:
    """Lay out images in a grid, each stretched to its own darkest and lightest value if needed.

    Args:
        images: (N, H, W) grey or (N, 3, H, W) colour, as the library keeps them. Values
            inside [0, 1] are shown as they are; other values are rescaled per image.
        titles: one per image.
        cols: images in a row.
        scale: size of one image in inches.

    Returns:
        The figure, for ``show``.
    """
    images = np.asarray(images, dtype=float)
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[1] not in (1, 3)):
        raise ValueError(f"images: shape {images.shape}, expected (N, H, W) or (N, 1 or 3, H, W)")
    cols = min(cols, len(images))
    rows = -(-len(images) // cols)
    height = scale * (1.25 if titles is not None else 1.0)
    fig, axes = figure(rows, cols, size=(cols * scale, rows * height), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for i, (ax, image) in enumerate(zip(axes.flat, images, strict=False)):
        if image.min() < 0 or image.max() > 1:
            image = (image - image.min()) / max(float(np.ptp(image)), 1e-12)
        if image.ndim == 3:
            image = np.moveaxis(image, 0, -1).squeeze()
        ax.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        if titles is not None:
            ax.set_title(titles[i], fontsize=9, loc="center")
    return fig


def compare(
    rows: Sequence[tuple[str, float, float]],
    *,
    caption: str,
    rel_tol: float = 0.0,
    abs_tol: float = 0.0,
    printed: str = "printed",
) -> None:
    """Display our numbers beside printed ones, with a verdict: agrees, or how far off.

    Args:
        rows: (name, ours, printed) of each number.
        caption: what was measured and what the table tells.
        rel_tol, abs_tol: the verdict is "agrees" when ours differs from the printed number by at
            most abs_tol + rel_tol times the size of the printed number.
        printed: header of the column of other people's numbers.

    In a notebook a table; in a terminal the same as text. The verdict is a word, not a colour.
    Numbers have four digits, or up to seven where four do not tell them apart.
    """
    caption = noted(caption)
    head = ("", "ours", printed, "verdict")
    body = []
    for name, ours, theirs in rows:
        verdict = _verdict(float(ours), float(theirs), abs_tol + rel_tol * abs(theirs))
        digits = next((n for n in range(4, 8) if f"{ours:.{n}g}" != f"{theirs:.{n}g}"), 4)
        body.append((name, f"{ours:.{digits}g}", f"{theirs:.{digits}g}", verdict))
    widths = [max(len(row[i]) for row in (head, *body)) for i in range(4)]
    text = "\n".join(
        "  ".join(
            c.ljust(w) if i == 0 else c.rjust(w)
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *body)
    )

    def row_html(row: tuple[str, ...], kind: str) -> str:
        css = "padding:2px 12px;text-align:"
        cells = [
            f'<{kind} style="{css}{"left" if i == 0 else "right"}">{html.escape(c)}</{kind}>'
            for i, c in enumerate(row)
        ]
        return f"<tr>{''.join(cells)}</tr>"

    table = (
        '<table style="border-collapse:collapse;font-variant-numeric:tabular-nums">'
        '<caption style="caption-side:bottom;text-align:left;padding-top:4px">'
        f"{html.escape(caption)}</caption><thead>{row_html(head, 'th')}</thead>"
        f"<tbody>{''.join(row_html(row, 'td') for row in body)}</tbody></table>"
    )
    display(Shown(table, f"{text}\n{caption}"))


def _verdict(ours: float, theirs: float, tolerance: float) -> str:
    """Say in words how far apart two numbers are."""
    if ours == theirs or abs(ours - theirs) <= tolerance or (ours != ours and theirs != theirs):
        return "agrees"
    ratio = ours / theirs if theirs and np.isfinite(ours) else float("nan")
    if 0.5 < ratio < 2:
        return f"off by {abs(ratio - 1):.1%}"
    if 0 < ratio < float("inf"):
        return f"{ratio:.3g} times as much"
    return "differs"


enforce(__name__)
