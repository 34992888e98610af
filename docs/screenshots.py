"""Make docs/images/*.png: the course in JupyterLab, as a student sees it.

    python -m docs.screenshots [name ...]

Needs chromium and requirements-dev.txt; without names it makes all of them (some minutes), each in
the light and in the dark theme. The window is 1280 x 720 at 1.5 times the density; each picture is
cut to what it is about. It works in a copy of the course, so that no progress but the copy's is
written or shown. The names are: welcome, checks, teacher, and those of the lectures.
"""

import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator

from grader.engine.demo import make_course, write_class
from tests.browser.lab import TOKEN, Lab, copy_course, open_page, running_lab
from tests.engine.course import grader, nbgrader

IMAGES = Path(__file__).resolve().parent / "images"
LIMIT = 200_000  # bytes
DENSITY = 1.5  # pixels of a picture for one of the page
DARK, LIGHT = "JupyterLab Dark", "JupyterLab Light"
SIGMOID = 'check("activations.sigmoid_forward")'
MISTAKE = """out = 1 / (1 + np.exp(x))
    return out, out"""
ANSWER = """z = np.exp(-np.abs(x))
    out = np.where(x >= 0, 1 / (1 + z), z / (1 + z))
    return out, out"""

# Of each lecture: what its widget's goal says, and keys pressed on the widget's sliders.
WIDGETS = {
    "02_activations": ("Build ReLU, then leaky", {}),
    "04_initialization": ("For tanh and for ReLU: find the scale", {}),
    "05_batchnorm": ("How far can you push", {}),
    "07_optimizers": ("Who loses most when the bowl is turned", {"step": "End"}),
    "10_dropout": ("Half of the units are dropped", {}),
    "12_babysitting": ("Find the smallest gap", {}),
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


def both_themes(lab: Lab, name: str, picture: Callable[[], bytes]) -> None:
    """Save the picture in the light theme, and in the dark one as name_dark."""
    save(name, picture())
    lab.theme(DARK)
    lab.page.wait_for_timeout(500)
    save(f"{name}_dark", picture())
    lab.theme(LIGHT)


def welcome(lab: Lab) -> None:
    lab.land()
    lab.page.wait_for_timeout(3000)  # the layout settles, formulas are typeset
    both_themes(lab, "welcome", lab.page.screenshot)


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
        both_themes(lab, name, lambda body=body, panel=panel: around(lab, body, panel))
    lab.write(lab.cells("open_interval = ")[0], 'open_interval = "c"')
    lab.run(lab.cells("open_interval = ")[0])
    lab.run(lab.cells('check("activations.open_interval")')[0])
    scratch = lab.add_below(lab.cells('check("activations.open_interval")')[0], "progress()")
    page = lab.run(scratch)
    page.get_by_role("table").wait_for()
    lab.page.set_viewport_size({"width": 1280, "height": 1200})  # all lectures in one picture
    both_themes(lab, "progress", lambda: around(lab, page))


def widget(lab: Lab, lecture: str) -> None:
    """One widget of a lecture, run with the model solutions; of lecture 12 the dashboard too."""
    goal, keys = WIDGETS[lecture]
    lab.open(f"solutions/{lecture}/{lecture}.ipynb")
    lab.run_all(timeout=600)
    frame = lab.widget(lab.cells(goal)[0])
    for label, key in keys.items():
        frame.get_by_role("slider", name=label).press(key)
    lab.page.wait_for_timeout(1000)
    both_themes(lab, f"widget_{lecture[3:]}", lambda: around(lab, frame))
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
    both_themes(lab, "dashboard", lambda: around(lab, frame))


def teacher() -> None:
    """Formgrader with a graded class, and the feedback page of one submission."""
    lecture, student = "02_activations", "mistake_sigmoid_forward"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_course(root, [lecture])
        students = list(write_class(root, lecture))
        nbgrader(root, "generate_assignment", lecture)
        grader(root, "autograde", lecture, check=False)  # one submission is no notebook
        nbgrader(root, "generate_feedback", lecture)
        with running_lab(root) as address, open_page(pixel_ratio=DENSITY) as page:
            lab = Lab(page, address, root)
            page.goto(f"{address}/lab?token={TOKEN}&reset")
            page.get_by_role("menuitem", name="Nbgrader").click()
            page.get_by_role("menuitem", name="Formgrader", exact=True).click()
            formgrader = page.frame_locator("iframe")
            formgrader.locator(".num-submissions a").first.click()
            lab.command("application:toggle-left-area")
            row = formgrader.get_by_role("row").filter(has_text=student).first
            row.wait_for()
            formgrader.locator("table").first.evaluate("e => e.scrollIntoView()")
            page.mouse.move(5, 5)
            both_themes(lab, "formgrader", page.screenshot)
        name = next(s for s in students if s.startswith(student))
        with open_page(pixel_ratio=DENSITY) as page:
            page.goto((root / "feedback" / name / lecture / f"{lecture}.html").as_uri())
            panel = page.locator(".dtl-check.dtl-wrong").first
            panel.evaluate("e => window.scrollTo(0, e.getBoundingClientRect().top - 420)")
            save("feedback", page.screenshot())


def main(names: list[str]) -> None:
    makers: dict[str, Callable[[Lab], None]] = {"welcome": welcome, "checks": checks}
    for lecture in WIDGETS:
        makers[lecture] = lambda lab, lecture=lecture: widget(lab, lecture)
    names = names or [*makers, "teacher"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copy_course(root)
        with running_lab(root) as address:
            for name in names:
                if name != "teacher":
                    with open_page(pixel_ratio=DENSITY) as page:
                        makers[name](Lab(page, address, root))
    if "teacher" in names:
        teacher()


if __name__ == "__main__":
    main(sys.argv[1:])
