"""Measure every widget of notebooks in a real browser: from the key press to the painted picture.

    python -m benchmarks.widgets solutions/02_activations/02_activations.ipynb ...

For each widget: 25 presses of an arrow key on its first slider (or of the key that moves its first
other control), and, for sliders, a drag of 40 moves in a second with the mouse. Times run from the
browser's input event to the frame in which the new picture was painted. A training run is measured
so while it waits; then it is started and its pictures are counted, and so are those of a film. The
aim: a median under 80 ms after a key, under 150 ms after the last move of a drag, 30 pictures of a
film a second. The notebooks run in a copy of the course.
"""

import argparse
import re
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page, TimeoutError

from tests.browser.lab import REPOSITORY, Lab, copy_course, open_page, running_lab

_WATCH = """frame => {
  window.__input = 0; window.__painted = [];
  for (const kind of ['keydown', 'pointermove', 'pointerdown'])
    document.addEventListener(kind, e => { window.__input = e.timeStamp; }, true);
  // A task that follows an animation frame runs after that frame was painted.
  const stamp = () => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => window.__painted.push(performance.now());
    channel.port2.postMessage(0);
  });
  window.__watch?.disconnect();
  window.__watch = new MutationObserver(changes => {
    for (const change of changes) if (change.type === 'attributes') stamp(); // a film's canvas
    else for (const node of change.addedNodes)
      node.querySelector?.('.dtl-live img')?.decode().then(stamp) ??
      (node.matches?.('.dtl-live') && node.querySelector('img').decode().then(stamp));
  });
  window.__watch.observe(frame, {childList: true, subtree: true});
  const canvas = frame.querySelector('canvas');
  if (canvas) window.__watch.observe(canvas, {attributeFilter: ['width']});
}"""
_START = re.compile("Start")  # and no "another start"
_KEYS = {
    ".noUi-handle": "ArrowRight",
    "select": "ArrowDown",
    "input[type=checkbox]": "Space",
    "button": "Enter",
}


def key_presses(page: Page, control: Locator, key: str, n: int) -> list[float]:
    """Milliseconds from each key press to its picture."""
    control.focus()
    times = []
    misses = 0
    for i in range(n):
        if misses > 2 and not times:
            break  # the picture does not depend on this control
        page.evaluate("() => { window.__painted = []; }")
        back = {"ArrowRight": "ArrowLeft", "ArrowDown": "ArrowUp"}.get(key, key)
        page.keyboard.press(key if i % 2 == 0 else back)
        try:
            page.wait_for_function("() => window.__painted.length > 0", timeout=3000, polling=10)
        except TimeoutError:
            misses += 1  # the value did not change, e.g. at the end of the range
            continue
        page.wait_for_timeout(80)
        times.append(page.evaluate("() => window.__painted.at(-1) - window.__input"))
    return times


def drag(page: Page, handle: Locator, track: Locator) -> tuple[float, int]:
    """Drag over the slider: milliseconds from the last move to the last picture, and pictures."""
    page.evaluate("() => { window.__painted = []; }")
    box, rail = handle.bounding_box(), track.bounding_box()
    assert box and rail
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    to = rail["x"] + rail["width"] * (0.15 if x > rail["x"] + rail["width"] / 2 else 0.85)
    page.mouse.move(x, y)
    page.mouse.down()
    for i in range(1, 41):
        page.mouse.move(x + (to - x) * i / 40, y)
        page.wait_for_timeout(25)
    last = page.evaluate("() => window.__input")
    page.wait_for_timeout(1500)
    page.mouse.up()
    painted = page.evaluate("() => window.__painted")
    return max(0.0, painted[-1] - last) if painted else float("nan"), len(painted)


def pictures_of_a_run(frame: Locator, start: str | re.Pattern, end: str) -> float:
    """Pictures per second in the first seconds of a training run, or of a film."""
    frame.get_by_role("button", name="Reset").click()
    frame.page.wait_for_timeout(500)
    frame.get_by_role("button", name=start).click()
    frame.page.wait_for_timeout(500)
    frame.page.evaluate("() => { window.__painted = []; }")
    frame.page.wait_for_timeout(2000)
    stop = frame.get_by_role("button", name=end)
    if stop.count() and stop.is_enabled():  # a short run may have ended by itself
        stop.click()
    return frame.page.evaluate("() => window.__painted.length") / 2


def measure(lab: Lab, cell: int, presses: int) -> list[str]:
    """One row of the table: name, median, p90, after a drag, pictures."""
    frame = lab.widget(cell)
    frame.evaluate(_WATCH)
    selector = next(s for s in _KEYS if frame.locator(s).count())
    control = frame.locator(selector).first
    times = key_presses(lab.page, control, _KEYS[selector], presses)
    name = frame.locator(".dtl-goal").inner_text().removeprefix("Try it").strip()[:44]
    row = [name, *(["no change"] * 2), "–", "–"]
    if times:
        row[1] = f"{statistics.median(times):.0f}"
        row[2] = f"{sorted(times)[int(0.9 * (len(times) - 1))]:.0f}"
    if selector == ".noUi-handle":
        settled, pictures = drag(lab.page, control, frame.locator(".noUi-base").first)
        row[3:] = [f"{settled:.0f}", f"{pictures} in a drag"]
    for start, end in ((_START, "Stop"), ("Play", "Pause")):
        if frame.get_by_role("button", name=start).count():
            row[4] = f"{pictures_of_a_run(frame, start, end):.0f} a second"
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--presses", type=int, default=25)
    arguments = parser.parse_args()
    print("| notebook | widget | key to picture, median ms | p90 | after a drag ms | pictures |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copy_course(root)
        with running_lab(root) as address:
            for path in arguments.notebooks:
                with open_page(pixel_ratio=2) as page:
                    lab = Lab(page, address, root)
                    lab.open(path.resolve().relative_to(REPOSITORY).as_posix())
                    lab.run_all(timeout=600)
                    for cell in lab.cells('goal="'):
                        row = measure(lab, cell, arguments.presses)
                        print("|", " | ".join([path.stem, *row]), "|", flush=True)


if __name__ == "__main__":
    main()
