"""The widgets of utils.widgets in JupyterLab: mouse, keyboard, words, light and dark."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

SCRIPT = """
# %%
import numpy as np
from utils.film import Trail, film
from utils.plots import COLORS, figure, show
from utils.widgets import Choice, LogSlider, Player, Press, Slider, Toggle, explore, live

x = np.linspace(-4, 4, 200)

def start():
    fig, ax = figure(size=(8.5, 3.4))
    (line,) = ax.plot(x, x, color=COLORS.yours)
    ax.set(xlabel="input x", ylabel="output", ylim=(-4, 4))
    return fig, line

def update(line, slope, rate, kind, shifted, seed):
    if slope == 1:
        raise ValueError("slope 1 is linear")
    line.set_ydata(np.where(x > 0, x, slope * x) + shifted)
    return f"slope {slope:.2f}, rate {rate:.3g}, {kind}, shifted {shifted}, sample {seed}"

explore(
    start,
    update,
    controls={
        "slope": Slider(0.0, 1, 0.01, 0.1, label="slope a"),
        "rate": LogSlider(1e-4, 1, value=1e-2, label="learning rate"),
        "kind": Choice(["leaky", "plain"], label="kind"),
        "shifted": Toggle(False, "shifted up"),
        "seed": Press("New sample"),
    },
    goal="Bend the line.",
)
# %%
def frame(line, t):
    line.set_ydata(x * t / 20)
    return f"frame {t} of 20"

explore(
    start,
    frame,
    controls={"t": Player(20, label="step")},
    goal="Press Play.",
    answer="The line turns.",
)
# %%
def train(values):
    losses = []
    while True:
        losses.append(values.rate)
        yield losses

def draw(line, losses, rate):
    line.set_data(np.linspace(-4, 4, len(losses)), losses)
    return f"step {len(losses)} at rate {losses[-1]:.2f}"

live(
    start,
    train,
    draw,
    controls={"rate": Slider(0.0, 1, 0.01, 0.5, label="rate")},
    goal="Start the run.",
)
# %%
def axes():
    fig, ax = figure(size=(8.5, 3))
    ax.set(xlabel="step", ylabel="height", xlim=(0, 200), ylim=(-2, 2))
    return fig, ax

def swing(ax, damping):
    if damping == 1:
        raise ValueError("damping 1 is no swing")
    t = np.arange(201)
    marks = [
        Trail(ax, t, np.exp(-damping * t / 50) * np.cos(t / 5 + lag), color=COLORS.train)
        for lag in range(6)
    ]
    return marks, [f"swing {n} of 200, damping {damping:.1f}" for n in t]

film(
    axes,
    swing,
    controls={
        "t": Player(200, label="step", fps=20),
        "damping": Slider(0.0, 1, 0.1, 0.1, label="damping"),
    },
    goal="Damp it.",
)
# %%
fig, ax = figure(size=(5, 2))
show(fig, caption="An empty box.", alt="A box without anything in it.")
"""


@pytest.fixture
def page(lab):
    lab.open(lab.write_notebook("widgets.ipynb", SCRIPT))
    lab.run_all()
    return lab


def said(frame):
    return frame.locator(".dtl-said").last


def alt(frame):
    return frame.locator(".dtl-live img").get_attribute("alt")


def test_every_control_works_from_the_keyboard_and_leaves_the_notebook_alone(page):
    frame = page.widget(page.cells("goal=")[0])
    keys = page.page.keyboard
    first = "slope 0.10, rate 0.01, leaky, shifted False, sample 0"
    expect(said(frame)).to_have_text(first)
    assert alt(frame) == first

    frame.get_by_role("slider", name="slope a").focus()
    keys.press("ArrowRight")
    keys.press("ArrowUp")
    expect(said(frame)).to_contain_text("slope 0.12")
    rate = frame.get_by_role("slider", name="learning rate")
    rate.focus()
    keys.press("ArrowLeft")
    expect(said(frame)).to_contain_text("rate 0.00794")
    expect(rate).to_have_attribute("aria-valuetext", "0.0079")
    frame.get_by_role("combobox", name="kind").focus()
    keys.press("ArrowDown")
    expect(said(frame)).to_contain_text("plain")
    frame.get_by_role("checkbox", name="shifted up").focus()
    keys.press("Space")
    expect(said(frame)).to_contain_text("shifted True")
    frame.get_by_role("button", name="New sample").focus()
    keys.press("Enter")
    expect(said(frame)).to_have_text("slope 0.12, rate 0.00794, plain, shifted True, sample 1")
    expect(frame.locator(".dtl-live img")).to_have_attribute("alt", said(frame).inner_text())

    # Letters are commands of the notebook: D, D deletes the cell, A inserts one.
    keys.type("dda")
    frame.get_by_role("button", name="Reset").focus()
    keys.press("Enter")
    expect(said(frame)).to_have_text(first)
    assert page.cells("goal=") == [1, 2, 3, 4]


def test_a_drag_with_the_mouse_ends_on_the_newest_value(page):
    frame = page.widget(page.cells("goal=")[0])
    before = frame.locator(".dtl-live img").get_attribute("src")
    handle = frame.get_by_role("slider", name="slope a")
    box, track = handle.bounding_box(), frame.locator(".noUi-base").first.bounding_box()
    mouse = page.page.mouse
    y = box["y"] + box["height"] / 2
    mouse.move(box["x"] + box["width"] / 2, y)
    mouse.down()
    for i in range(1, 31):
        mouse.move(track["x"] + track["width"] * i / 40, y)
    mouse.up()
    value = frame.locator(".widget-readout").first.inner_text()
    assert 0.6 < float(value) < 0.9
    expect(said(frame)).to_contain_text(f"slope {value}")
    assert frame.locator(".dtl-live img").get_attribute("src") != before


def test_an_error_of_the_update_is_shown_and_goes_away(page):
    frame = page.widget(page.cells("goal=")[0])
    frame.get_by_role("slider", name="slope a").focus()
    page.page.keyboard.press("End")
    expect(said(frame)).to_contain_text("ValueError: slope 1 is linear")
    page.page.keyboard.press("ArrowLeft")
    expect(said(frame)).to_contain_text("slope 0.99")


def test_an_animation_plays_pauses_and_steps(page):
    frame = page.widget(page.cells("goal=")[1])
    frame.get_by_role("button", name="Step").click()
    expect(said(frame)).to_have_text("frame 1 of 20")
    frame.get_by_role("combobox", name="speed").select_option("fast")
    frame.get_by_role("button", name="Play").click()
    expect(said(frame)).to_have_text(re.compile("frame ([3-9]|1.) of 20"))
    frame.get_by_role("button", name="Pause").click()
    page.page.wait_for_timeout(300)
    held = said(frame).inner_text()
    page.page.wait_for_timeout(500)
    assert said(frame).inner_text() == held
    frame.get_by_role("button", name="Reset").click()
    expect(said(frame)).to_have_text("frame 0 of 20")


def test_the_answer_of_a_goal_opens_and_folds_from_the_keyboard(page):
    frame = page.widget(page.cells("goal=")[1])
    keys, answer = page.page.keyboard, frame.locator(".dtl-answer")
    expect(answer.get_by_text("The line turns.")).to_be_hidden()
    frame.get_by_role("button", name="Reset").focus()
    keys.press("Tab")
    expect(answer.get_by_text("What you should have seen")).to_be_focused()
    keys.press("Enter")
    expect(answer.get_by_text("The line turns.")).to_be_visible()
    keys.press("Space")
    expect(answer.get_by_text("The line turns.")).to_be_hidden()
    assert page.cells("goal=") == [1, 2, 3, 4]


def test_a_run_starts_takes_a_new_rate_pauses_and_stops(page):
    frame = page.widget(page.cells("goal=")[2])
    expect(said(frame)).to_have_text("step 1 at rate 0.50")
    frame.get_by_role("button", name="Start").click()
    expect(said(frame)).to_have_text(re.compile(r"step \d\d+ at rate 0.50"))
    expect(frame.get_by_text("running")).to_be_visible()
    frame.get_by_role("slider", name="rate").focus()
    page.page.keyboard.press("ArrowRight")
    expect(said(frame)).to_contain_text("at rate 0.51")
    frame.get_by_role("button", name="Pause").click()
    expect(frame.get_by_text("paused")).to_be_visible()
    page.page.wait_for_timeout(1000)  # a picture may have been on its way
    held = said(frame).inner_text()
    page.page.wait_for_timeout(1000)
    assert said(frame).inner_text() == held
    frame.get_by_role("button", name="Stop").click()
    expect(frame.get_by_text("ended")).to_be_visible()
    expect(frame.get_by_role("button", name="Pause")).to_be_disabled()


# Notes when each picture of a film is painted.
PAINTED = """frame => {
  window.painted = [];
  new MutationObserver(changes => window.painted.push(performance.now()))
    .observe(frame.querySelector('canvas'), {attributeFilter: ['width']});
}"""


def frame_of(film):
    return int(said(film).inner_text().split()[1])


def test_a_film_plays_in_the_browser_pauses_steps_and_follows_its_controls(page):
    film = page.widget(page.cells("goal=")[3])
    button = {name: film.get_by_role("button", name=name) for name in ("Back", "Step", "Reset")}
    playing = film.get_by_role("button", name=re.compile("Play|Pause"))
    expect(said(film)).to_have_text("swing 0 of 200, damping 0.1")
    button["Step"].click()
    expect(said(film)).to_have_text("swing 1 of 200, damping 0.1")
    button["Back"].press("Enter")
    expect(said(film)).to_have_text("swing 0 of 200, damping 0.1")
    film.evaluate(PAINTED)
    playing.press("Space")
    film.get_by_role("combobox", name="speed").select_option("slow")
    page.page.wait_for_function("() => window.painted.length > 60", timeout=60_000)
    painted = page.page.evaluate("() => window.painted.slice(20, 61)")
    # 60 a second on a quiet machine, see docs/performance.md; more than an image can have anywhere.
    assert 40 / (painted[-1] - painted[0]) * 1000 > 10

    # It goes on while its controls move.
    film.get_by_role("slider", name="damping").press("ArrowRight")
    expect(said(film)).to_contain_text("damping 0.2")
    expect(film.locator(".dtl-live img")).to_have_attribute("alt", re.compile(r"damping 0\.2$"))
    expect(playing).to_have_text("Pause")
    playing.click()
    held = frame_of(film)
    assert held > 0
    page.page.wait_for_timeout(500)
    assert frame_of(film) == held
    slider = film.get_by_role("slider", name="step")
    assert slider.input_value() == str(held)
    slider.press("ArrowLeft")
    expect(said(film)).to_have_text(f"swing {held - 1} of 200, damping 0.2")
    slider.press("End")
    expect(said(film)).to_have_text("swing 200 of 200, damping 0.2")
    film.get_by_role("slider", name="damping").press("End")
    expect(said(film)).to_contain_text("ValueError: damping 1 is no swing")
    page.page.keyboard.type("dda")  # commands of a notebook, not of a film
    button["Reset"].click()
    expect(said(film)).to_have_text("swing 0 of 200, damping 0.1")
    expect(slider).to_have_value("0")
    assert page.cells("goal=") == [1, 2, 3, 4]


def test_a_film_is_readable_and_its_marks_are_seen_in_both_themes(page):
    film = page.widget(page.cells("goal=")[3])
    film.get_by_role("slider", name="step").press("End")
    expect(said(film)).to_contain_text("swing 200")
    for theme, ground in (("JupyterLab Dark", 0), ("JupyterLab Light", 255)):
        page.theme(theme)
        assert contrast(said(film)) > 4.5
        speed = film.get_by_role("combobox", name="speed")
        assert contrast(speed) > 4.5 and contrast(film.locator(".dtl-time output")) > 4.5
        shot = Image.open(io.BytesIO(film.locator(".dtl-live").screenshot())).convert("RGB")
        pixels = np.asarray(shot).astype(int)
        assert pixels[10, 10].tolist() == [ground] * 3
        blue = (pixels[:, :, 2] - pixels[:, :, 0] > 60).sum()
        assert blue > 2000  # six lines, 700 pixels long


def test_a_widget_fits_the_screen_and_is_readable_in_both_themes(page):
    frame = page.widget(page.cells("goal=")[0])
    box = frame.bounding_box()
    assert box["y"] > 80 and box["y"] + box["height"] < 690  # toolbars above, status bar below
    assert box["x"] + box["width"] < 1280
    inside = frame.locator(".dtl-live img").bounding_box()
    assert inside["width"] == 816  # 8.5 inches: not squeezed
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.theme(theme)
        assert contrast(said(frame)) > 4.5 and contrast(frame.locator(".dtl-goal")) > 4.5
        background = "e => getComputedStyle(e).backgroundColor"
        assert frame.locator(".dtl-picture").evaluate(background) == "rgb(255, 255, 255)"


PALETTE = """
# %%
from utils.plots import COLORS, figure, show

fig, ax = figure(size=(4, 4))
lines = [*vars(COLORS).values(), "#222222", "#444444"]
for i, color in enumerate(lines):
    ax.axhline(i + 0.5, color=color, lw=12)
ax.set(ylim=(0, len(lines)))
ax.axis("off")
show(fig, caption="All of it.", alt="Lines.")
# %%
fig, ax = figure(size=(2, 2))
ax.imshow([[0.0, 1.0]], cmap="gray")
ax.axis("off")
show(fig, caption="Black and white.", alt="An image.")
"""


def test_figures_follow_the_theme_and_images_stay(lab):
    lab.open(lab.write_notebook("palette.ipynb", PALETTE))
    lab.run_all()

    def pixels(name):
        picture = lab.page.get_by_role("img", name=name)
        picture.scroll_into_view_if_needed()
        shot = Image.open(io.BytesIO(picture.screenshot())).convert("RGB")
        return np.asarray(shot).astype(int)

    def inside(rows):  # without the edge, where the card shines through
        return rows[8:180, 8:180]

    image = inside(pixels("An image."))
    for theme, ground in (("JupyterLab Dark", 0), ("JupyterLab Light", 255)):
        lab.theme(theme)
        assert np.abs(inside(pixels("An image.")) - image).max() == 0
        rows = pixels("Lines.").tolist()
        assert rows[6][6] == [ground] * 3
        middle = [row[len(row) // 2] for row in rows]
        found = [middle[4 + int((i + 0.5) * (len(middle) - 8) / 8)] for i in range(8)]
        for number, color in enumerate(reversed(found)):
            least = 3 if number < 6 else 4.5  # a line, or text
            assert ratio(color, rows[6][6]) >= least, (theme, number, color)


def contrast(element):
    """Contrast of an element's text with the first background that is not transparent."""
    text, ground = element.evaluate(
        """e => {
          const color = getComputedStyle(e).color;
          const ground = () => getComputedStyle(e).backgroundColor;
          while (ground().endsWith(', 0)')) e = e.parentElement;
          return [color, ground()];
        }"""
    )

    return ratio(*([int(v) for v in re.findall(r"\d+", css)[:3]] for css in (text, ground)))


def ratio(*colors):
    """Contrast of two colours of three parts up to 255, as WCAG 2 defines it."""

    def luminance(color):
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in (v / 255 for v in color)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(luminance(color) for color in colors)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("number", "said"), [(0, "slope 0.10"), (3, "swing 0 of 200")])
def test_the_stored_picture_hides_while_the_widget_lives_and_stands_alone_afterwards(
    page, number, said
):
    cell = page.cells("goal=")[number]
    page.widget(cell)
    still = page.page.locator(f'.jp-Cell[data-windowed-list-index="{cell}"] .dtl-still')
    expect(still).to_be_hidden()
    page.command("docmanager:save")
    page.page.wait_for_function(
        "() => !window.jupyterapp.shell.currentWidget.context.model.dirty", timeout=60_000
    )
    page.command("kernelmenu:shutdown")
    page.page.wait_for_function(
        "() => !window.jupyterapp.shell.currentWidget.sessionContext.session", timeout=60_000
    )
    page.open("widgets.ipynb")
    page.page.evaluate(
        "i => window.jupyterapp.shell.currentWidget.content.scrollToItem(i, 'start')", cell
    )
    expect(still).to_be_visible()
    assert still.locator("img").get_attribute("alt").startswith(said)
    expect(page.page.get_by_text("model not found")).to_be_hidden()
    page.console_errors.clear()  # JupyterLab logs that the kernel's widgets are gone


def test_after_a_restart_a_widget_says_what_to_run(page):
    cell = page.cells("goal=")[0]
    frame = page.widget(cell)
    page.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    page.page.wait_for_function(
        "() => document.querySelector('.dtl-explore.jupyter-widgets-disconnected')", timeout=60_000
    )
    said = "e => getComputedStyle(e, '::after').content"
    assert "Run All Above Selected Cell" in frame.evaluate(said)
    icons = "e => [e, ...e.querySelectorAll('*')].map(x => getComputedStyle(x, '::before').content)"
    assert "\uf127" not in "".join(frame.evaluate(icons))
    page.console_errors.clear()  # JupyterLab logs that the kernel's widgets are gone


def test_a_shown_figure_has_caption_and_alternative_text(page):
    page.page.evaluate(
        "i => window.jupyterapp.shell.currentWidget.content.scrollToItem(i, 'end')",
        page.cells("show(")[0],
    )
    figure = page.page.get_by_role("figure").filter(has_text="An empty box.")
    expect(figure).to_be_visible()
    image = figure.get_by_role("img", name="A box without anything in it.")
    assert image.bounding_box()["width"] == 480
