"""Make docs/images/*.png: the course in JupyterLab, as a student sees it.

    python -m docs.screenshots [name ...]

Needs chromium and requirements-dev.txt; without names it makes all of them (a few minutes). The
window is 1280 x 720 at double density; each picture is cut to what it is about. It works in a copy
of the course, so that no progress but the copy's is written or shown.
"""

import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator

from tests.browser.lab import Lab, copy_course, open_page, running_lab

IMAGES = Path(__file__).resolve().parent / "images"
LIMIT = 300_000  # bytes
DARK, LIGHT = "JupyterLab Dark", "JupyterLab Light"
SIGMOID = 'check("activations.sigmoid_forward")'
MISTAKE = """out = 1 / (1 + np.exp(x))
    return out, out"""
ANSWER = """z = np.exp(-np.abs(x))
    out = np.where(x >= 0, 1 / (1 + z), z / (1 + z))
    return out, out"""

# Name of the picture: the lecture, what the widget's goal says, and keys pressed on its sliders.
WIDGETS = {
    "widget_activations": ("02_activations", "Build ReLU, then leaky", {}),
    "widget_initialization": ("04_initialization", "For tanh: find the scale", {}),
    "widget_batchnorm": ("05_batchnorm", "How far can you push", {}),
    "widget_optimizers": ("07_optimizers", "Play each surface", {"step": "End"}),
    "widget_dropout": ("10_dropout", "goal=", {}),
    "widget_babysitting": ("12_babysitting", "Find the smallest gap", {}),
}


def save(name: str, png: bytes) -> None:
    """Write a picture in 256 colours, which is enough for a screen of text and lines."""
    image = Image.open(BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    path = IMAGES / f"{name}.png"
    image.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.name}: {image.width} x {image.height}, {size // 1000} kB", flush=True)
    if size > LIMIT:
        raise ValueError(f"{path.name}: {size} bytes, expected at most {LIMIT}")


def around(lab: Lab, *parts: Locator, margin: int = 4) -> bytes:
    """A picture of the rectangle that holds all parts, scrolled to the bottom of the notebook."""
    notebook = lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer")
    view = notebook.bounding_box()
    assert view
    for _ in range(10):  # JupyterLab moves cells as others above them get their true height
        boxes = [box for part in parts if (box := part.bounding_box())]
        left, top = min(b["x"] for b in boxes) - margin, min(b["y"] for b in boxes) - margin
        right = max(b["x"] + b["width"] for b in boxes) + margin
        bottom = max(b["y"] + b["height"] for b in boxes) + margin
        below = bottom - view["y"] - view["height"]
        if abs(below) <= 1:
            break
        notebook.evaluate("(e, by) => e.scrollBy(0, by)", below)
        lab.page.mouse.move(5, 5)  # what the mouse rests on looks different
        lab.page.wait_for_timeout(500)
    if top < view["y"] or bottom > view["y"] + view["height"] + 1:
        raise ValueError(f"from {top} to {bottom}, the notebook shows {view['height']} pixels")
    clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    return lab.page.screenshot(clip=clip)


def welcome(lab: Lab) -> None:
    lab.land()
    lab.page.wait_for_timeout(3000)  # the layout settles, formulas are typeset
    save("welcome", lab.page.screenshot())


def checks(lab: Lab) -> None:
    """A failed and a passed check with the function above, and the progress page after them."""
    lab.open("notebooks/02_activations/02_activations.ipynb")
    lab.run(lab.cells("from grader import")[0])
    function, below = lab.cells("def sigmoid_forward")[0], lab.cells(SIGMOID)[0]
    frame = lab.source(function).split("# YOUR CODE HERE")[0]
    for name, code in (("check_failed", MISTAKE), ("check_passed", ANSWER)):
        lab.write(function, frame + code)
        lab.run(function)
        panel = lab.run(below).locator(".dtl-check")
        panel.locator(".dtl-head").wait_for()
        body = lab.cell(function).locator(".cm-line").nth(-code.count("\n") - 1)
        save(name, around(lab, body, panel))
        if name == "check_failed":
            panel.locator("summary").first.click()
            lab.theme(DARK)
            save(f"{name}_dark", around(lab, panel))
            lab.theme(LIGHT)
    lab.write(lab.cells("open_interval = ")[0], 'open_interval = "c"')
    lab.run(lab.cells("open_interval = ")[0])
    lab.run(lab.cells('check("activations.open_interval")')[0])
    scratch = lab.add_below(lab.cells('check("activations.open_interval")')[0], "progress()")
    page = lab.run(scratch)
    page.get_by_role("table").wait_for()
    save("progress", around(lab, page))


def opened(lab: Lab, lecture: str) -> None:
    """Run the lecture with the model solutions."""
    lab.open(f"solutions/{lecture}/{lecture}.ipynb")
    lab.run_all(timeout=300)


def widget(lab: Lab, name: str) -> None:
    lecture, goal, keys = WIDGETS[name]
    opened(lab, lecture)
    frame = lab.widget(lab.cells(goal)[0])
    for label, key in keys.items():
        frame.get_by_role("slider", name=label).press(key)
    lab.page.wait_for_timeout(1000)
    save(name, around(lab, frame))
    if lecture == "07_optimizers":
        lab.theme(DARK)
        save(f"{name}_dark", around(lab, frame))
    if lecture == "12_babysitting":
        dashboard(lab)


def dashboard(lab: Lab) -> None:
    """The training dashboard, its rate raised while it runs."""
    frame = lab.widget(lab.cells("Bring the validation accuracy above 0.5")[0])
    frame.get_by_role("button", name="Start").click()
    rate = frame.get_by_role("slider", name="learning rate")
    for _ in range(10):
        rate.press("ArrowRight")
        lab.page.wait_for_timeout(500)
    frame.get_by_text("ended").wait_for(timeout=120_000)
    lab.command("statusbar:toggle")  # it is a tall one
    save("dashboard", around(lab, frame))
    lab.command("statusbar:toggle")


def main(names: list[str]) -> None:
    makers: dict[str, Callable[[Lab], None]] = {"welcome": welcome, "checks": checks}
    for name, (lecture, *_) in WIDGETS.items():
        if Path(f"solutions/{lecture}/{lecture}.ipynb").exists():
            makers[name] = lambda lab, name=name: widget(lab, name)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copy_course(root)
        with running_lab(root) as address:
            for name in names or makers:
                with open_page(pixel_ratio=2) as page:
                    lab = Lab(page, address, root)
                    makers[name](lab)
                    lab.theme(LIGHT)  # JupyterLab remembers


if __name__ == "__main__":
    main(sys.argv[1:])
