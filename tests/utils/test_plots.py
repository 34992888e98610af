"""utils.plots: what a reader of a figure can rely on."""

import base64
import io
import itertools
import re
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image

from utils import plots

# Linear RGB as seen without the red, the green or the blue cones (Machado et al. 2009, severity 1).
VISION = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear_rgb(color):
    c = np.array(mpl.colors.to_rgb(color))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def cielab(rgb):
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.fixture
def shown():
    """What was displayed, as a notebook gets it: ``shown.outputs``, with their mime types."""
    InteractiveShell.instance()
    with capture_output() as captured:
        yield captured
    InteractiveShell.clear_instance()


def picture(html):
    """Alternative text, declared width and pixels of the one <img> in some HTML."""
    (tag,) = re.findall(r"<img [^>]*>", html)
    data = base64.b64decode(re.search(r"base64,([^\"]+)", tag)[1])
    return (
        re.search(r'alt="([^"]*)"', tag)[1],
        int(re.search(r'width="(\d+)"', tag)[1]),
        Image.open(io.BytesIO(data)),
    )


@pytest.mark.parametrize("vision", VISION)
def test_the_roles_stay_apart_for_every_kind_of_colour_vision(vision):
    seen = {k: cielab(VISION[vision] @ linear_rgb(c)) for k, c in vars(plots.COLORS).items()}
    for a, b in itertools.combinations(seen, 2):
        # 2.3 is just noticeable side by side; thin lines in a legend need ten times that.
        assert np.linalg.norm(seen[a] - seen[b]) > 25, (a, b)


@pytest.mark.parametrize("role", vars(plots.COLORS))
def test_every_role_has_enough_contrast_on_white(role):
    luminance = linear_rgb(getattr(plots.COLORS, role)) @ [0.2126, 0.7152, 0.0722]
    assert 1.05 / (luminance + 0.05) >= 3  # WCAG 1.4.11, graphical objects


@pytest.mark.parametrize("vision", VISION)
def test_the_roles_stay_apart_in_the_dark(vision):
    seen = {
        k: cielab(VISION[vision] @ linear_rgb(turned(c))) for k, c in vars(plots.COLORS).items()
    }
    for a, b in itertools.combinations(seen, 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 20, (a, b)


@pytest.mark.parametrize(
    "color, least",
    [*((c, 3) for c in vars(plots.COLORS).values()), ("#222222", 4.5), ("#444444", 4.5)],
)
def test_what_a_dark_theme_makes_of_lines_and_text_is_seen_on_black(color, least):
    luminance = linear_rgb(turned(color)) @ [0.2126, 0.7152, 0.0722]
    assert (luminance + 0.05) / 0.05 >= least


def turned(color):
    """What the style sheets of the desk and of the site make of a colour in the dark.

    invert(1) hue-rotate(185deg), as the W3C's Filter Effects Module defines them. With 180 degrees
    two roles come nearer than 15 for readers without red cones.
    """
    c, s = np.cos(np.radians(185)), np.sin(np.radians(185))
    grey = np.array([0.213, 0.715, 0.072])
    across = [[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]]
    matrix = grey + c * (np.eye(3) - grey) + s * np.array(across)
    return np.clip(matrix @ (1 - np.array(mpl.colors.to_rgb(color))), 0, 1)


def test_a_figure_turns_dark_unless_a_colour_stands_for_a_value():
    def turns(draw, **options):
        fig, ax = plots.figure(**options)
        draw(ax)
        return plots.turns_dark(fig)

    square = np.arange(4.0).reshape(2, 2)
    assert turns(lambda ax: ax.plot([1, 2], color=plots.COLORS.train))
    assert turns(lambda ax: ax.scatter([1, 2], [1, 2], color="red"))
    assert turns(lambda ax: ax.contour(square))
    assert not turns(lambda ax: ax.plot([1, 2]), turns=False)
    assert not turns(lambda ax: ax.contourf(square))
    assert not turns(lambda ax: ax.pcolormesh(square))
    assert not turns(lambda ax: ax.imshow(np.zeros((2, 2, 3))))
    assert not turns(lambda ax: ax.scatter([1, 2], [1, 2], c=[0.1, 0.2]))


def test_importing_and_drawing_changes_no_global_state():
    code = (
        "import matplotlib as mpl; before = dict(mpl.rcParams)\n"
        "from utils import plots, widgets\n"
        "fig, ax = plots.figure(); ax.plot([1, 2]); plots.draw_sharp(fig)\n"
        "assert dict(mpl.rcParams) == before\n"
        "from matplotlib import pyplot; assert pyplot.get_fignums() == []\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_figure_is_styled_and_has_the_asked_axes():
    fig, ax = plots.figure()
    (line,) = ax.plot([1, 2])
    assert line.get_color() == plots.COLORS.train
    assert not ax.spines["top"].get_visible()
    assert plots.figure(2, 3, sharex=True)[1].shape == (2, 3)
    assert tuple(fig.get_size_inches()) == (6.5, 3.5)


def test_show_displays_one_sharp_picture_with_caption_and_alternative_text(shown):
    fig, ax = plots.figure(size=(5, 3))
    ax.plot([1, 2])
    plots.show(fig, caption="Loss < 1 & falling.", alt='A line named "loss" < 1.')
    (output,) = shown.outputs
    alt, width, image = picture(output.data["text/html"])
    assert alt == "A line named &quot;loss&quot; &lt; 1."
    assert width == 480 and image.size == (960, 576)  # two pixels per screen pixel
    assert "Loss &lt; 1 &amp; falling." in output.data["text/html"]
    assert 'A line named "loss" < 1.' in output.data["text/plain"]
    assert "Loss < 1 & falling." in output.data["text/plain"]


def test_show_leaves_no_figure_open_in_pyplot(shown):
    from matplotlib import pyplot

    fig, _ = pyplot.subplots()
    plots.show(fig, caption="c", alt="a")
    assert not pyplot.fignum_exists(fig.number)


def test_show_prints_words_in_a_terminal(capsys):
    fig, _ = plots.figure()
    plots.show(fig, caption="What to see.", alt="What it shows.")
    out = capsys.readouterr().out
    assert "What to see." in out and "What it shows." in out and "base64" not in out


def test_loss_curves_take_the_colours_of_their_roles():
    _, ax = plots.figure()
    curves = {"train": [3, 2, 1], "validation": [3, 2.5], "mine": [1, 1, 1], "old": [2, 2, 2]}
    lines = plots.loss_curves(ax, curves)
    colors = [lines[name].get_color() for name in curves]
    assert colors[:2] == [plots.COLORS.train, plots.COLORS.validation]
    assert len(set(colors)) == 4
    np.testing.assert_array_equal(lines["validation"].get_xdata(), [1, 2])
    assert [t.get_text() for t in ax.get_legend().get_texts()] == list(curves)


def test_loss_curves_leave_a_gap_where_the_loss_is_not_finite():
    _, ax = plots.figure()
    lines = plots.loss_curves(ax, {"train": [1.0, np.inf, np.nan, 2.0]}, log=True)
    np.testing.assert_array_equal(lines["train"].get_ydata(), [1, np.nan, np.nan, 2])
    ax.figure.canvas.draw()


def test_stats_per_layer_counts_layers_from_one():
    _, ax = plots.figure()
    lines = plots.stats_per_layer(
        ax, {"tanh": [0.6, 0.5, 0.4], "ReLU": [0.6, 0.4, 0.3]}, ylabel="std"
    )
    np.testing.assert_array_equal(lines["tanh"].get_xdata(), [1, 2, 3])
    assert lines["tanh"].get_marker() != lines["ReLU"].get_marker()
    assert ax.get_ylabel() == "std" and ax.get_xlabel() == "layer"


def test_histograms_show_shares_on_common_axes():
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal((20, 5)) * scale for scale in (1, 0.5, 0.1)]
    arrays.append(np.array([np.nan, np.inf, 0.0]))
    fig = plots.histograms(arrays, bins=10, xlabel="activation")
    assert [ax.get_title() for ax in fig.axes] == [f"layer {i}" for i in (1, 2, 3, 4)]
    assert len({ax.get_xlim() for ax in fig.axes}) == len({ax.get_ylim() for ax in fig.axes}) == 1
    for ax in fig.axes[:3]:
        assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)
    assert plots.histograms({"a": arrays[0]}).axes[0].get_title() == "a"


def test_contour_and_path_share_an_axes():
    _, ax = plots.figure()
    plots.contour(ax, lambda x, y: x**2 + 10 * y**2, (-2, 2), (-1, 1))
    points = np.array([[1.0, 1.0], [0.5, 0.0], [0.1, 0.1]])
    line, ring = plots.path(ax, points)
    np.testing.assert_array_equal(np.c_[line.get_data()], points)
    np.testing.assert_array_equal(np.c_[ring.get_data()], points[:1])
    assert ax.get_xlim() == (-2, 2) and ax.get_ylim() == (-1, 1)


def test_image_grid_shows_values_in_the_unit_range_as_they_are():
    images = np.stack([np.full((3, 4, 4), 0.25), np.linspace(-5, 5, 48).reshape(3, 4, 4)])
    fig = plots.image_grid(images, ["flat", "stretched"], cols=2)
    flat, stretched = (ax.images[0].get_array() for ax in fig.axes)
    np.testing.assert_array_equal(flat, np.full((4, 4, 3), 0.25))
    assert stretched.min() == 0 and stretched.max() == 1
    assert len(plots.image_grid(np.zeros((5, 8, 8)), cols=3).axes) == 6


def test_image_grid_rejects_channels_last():
    with pytest.raises(ValueError, match=r"\(2, 4, 4, 3\)"):
        plots.image_grid(np.zeros((2, 4, 4, 3)))


def test_compare_shows_more_digits_where_four_do_not_tell_two_numbers_apart(shown):
    rows = [("same", 2.302585, 2.302612), ("plain", 1.0, 1.0), ("blown up", float("nan"), 1.0)]
    plots.compare(rows, caption="Numbers.")
    (output,) = shown.outputs
    lines = [line.split() for line in output.data["text/plain"].split("\n")[1:-1]]
    assert lines[0][1:3] == ["2.30259", "2.30261"]
    assert lines[1][1:3] == ["1", "1"]
    assert lines[2][2:4] == ["nan", "1"]


def test_compare_says_which_numbers_agree_and_how_far_off_the_others_are(shown):
    rows = [
        ("near", 1.004, 1.0),
        ("off", 2.3, 3.06),
        ("misprint", 15.8, 0.0632),
        ("mean", 0.0003, -0.0001),
        ("blown up", float("nan"), float("nan")),
        ("sign", -1.0, 1.0),
    ]
    plots.compare(rows, caption="Two of <six>.", rel_tol=0.01, abs_tol=0.001)
    (output,) = shown.outputs
    verdicts = [
        line.split("  ")[-1].strip() for line in output.data["text/plain"].split("\n")[1:-1]
    ]
    assert verdicts == [
        "agrees",
        "off by 24.8%",
        "250 times as much",
        "agrees",
        "agrees",
        "differs",
    ]
    assert "Two of &lt;six&gt;." in output.data["text/html"]
