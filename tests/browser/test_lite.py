"""The course in a browser tab: built, opened with nothing else in reach, worked in, graded."""

import json
import re
import shutil
from dataclasses import replace

import pytest
from playwright.sync_api import expect

pytest.importorskip("hatchling", reason="it is in requirements-dev.txt")

from docs.command import served
from docs.lite.build import build
from docs.lite.parts import PartError
from grader.checking import luggage
from grader.course import current
from tests.browser.lab import REPOSITORY, Lab, copy_course, open_page
from tests.checking.in_node import without
from tests.engine import course

LECTURE = "00_welcome"
NOTEBOOK = f"notebooks/{LECTURE}/{LECTURE}.ipynb"
FOLDER = "repository/lab"  # as on GitHub Pages
START = 240  # seconds: Python in a tab of a machine that has other work
KEPT = """async seconds => {
  const kept = async () => {
    for (const name of await caches.keys())
      if (await (await caches.open(name)).match(new URL('../offline.json', location.href)))
        return true;
  };
  for (const end = Date.now() + 1000 * seconds; !(await kept()); ) {
    if (Date.now() > end) throw new Error(`nothing is kept after ${seconds} seconds`);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}"""


class Tab(Lab):
    """One page on the course in the browser."""

    def open(self, path):
        self.page.goto(f"{self._address}/{FOLDER}/lab/index.html?path={path}")
        self.await_kernel(START)

    def run(self, number, timeout=START):
        """Also where a cell is folded away; counts begin anew with every Python."""
        return self.run_folded(number)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The course in the browser, built as for GitHub Pages: below a folder."""
    folder = tmp_path_factory.mktemp("pages")
    try:
        build(folder / FOLDER)
    except PartError as error:
        without(error)
    return folder


def answer(tab, name, body):
    """Write what stands below an exercise's text, run it and its check; returns the panel."""
    cell = tab.cells(f"def {name}(")[0]
    text = tab.source(cell)
    tab.write(cell, text[: text.rindex('"""') + 4] + body)
    tab.run(cell)
    return check(tab, f"warmup.{name}")


def check(tab, id):
    return tab.run(tab.cells(f'check("{id}")')[0]).locator(".dtl-check")


def test_a_student_works_in_a_tab_alone_then_offline_and_hands_in(site, tmp_path):
    notebook = tmp_path / f"{LECTURE}.ipynb"
    with served(site) as (address, server), open_page(alone=True) as page:
        tab = Tab(page, address, tmp_path)
        page.goto(f"{address}/{FOLDER}/")
        page.get_by_role("link", name="Begin with the welcome notebook").click()
        expect(page.locator("#lab-loading")).to_contain_text("Python", timeout=START * 1000)
        tab.await_kernel(START)
        expect(page.locator("#lab-loading")).to_be_hidden()
        assert not page.evaluate(DIRTY), "a notebook that was only opened has nothing to be saved"
        tab.run(tab.cells("from grader import borrow")[0])

        panel = answer(tab, "fahrenheit", "    return 1.8 * (celsius + 32)\n")
        expect(panel).to_contain_text("Wrong value")
        failed = tab.cell(tab.cells('check("warmup.fahrenheit")')[0])
        failed.get_by_role("button", name="Show the failing input").click()
        expect(failed).to_contain_text("fahrenheit(**case) makes the call again")
        panel = answer(tab, "fahrenheit", "    return 1.8 * celsius + 32\n")
        expect(panel.get_by_text("Right", exact=True)).to_be_visible()
        panel = answer(tab, "neuron_gradients", "    while True:\n        pass\n")
        expect(panel).to_contain_text("Timed out")

        demo = tab.cells("celsius_read = rng.uniform")[0]
        tab.run(demo)
        widget = tab.widget(demo)
        picture = widget.locator(".dtl-live img")
        before = picture.get_attribute("src") or ""
        widget.get_by_role("slider").first.press("ArrowRight")
        expect(picture).not_to_have_attribute("src", before)

        tab.command("docmanager:save")
        page.wait_for_function(f"() => !({DIRTY})()")
        with page.expect_download() as waited:
            tab.command("docmanager:download")
        assert waited.value.suggested_filename == notebook.name
        waited.value.save_as(notebook)

        page.evaluate(KEPT, START)
        server.shutdown()
        server.server_close()
        page.add_init_script(f"({LATE})()")
        page.reload()
        tab.await_kernel(START)
        tab.run(tab.cells("from grader import borrow")[0])
        page_of_progress = tab.run(tab.cells("progress()")[-1])
        expect(page_of_progress).to_contain_text("1 of ")  # what passed before the reload
        expect(page_of_progress).to_contain_text("kept by this browser")
        tab.run(tab.cells("def fahrenheit(")[0])
        expect(check(tab, "warmup.fahrenheit").get_by_text("Right", exact=True)).to_be_visible()
        trains_until_it_is_stopped(tab, tab.cells("def neuron_gradients(")[0])
        assert tab.strangers == []

    scores = graded(notebook, tmp_path / "class")
    assert (scores["warmup-fahrenheit"], scores["warmup-neuron_gradients"]) == (1, 0)


# Without an end of its own, and drawn as it goes on.
TRAINING = """import numpy as np
from utils.plots import figure
from utils.widgets import Slider, live

def start():
    fig, ax = figure()
    ax.set(xlim=(0, 300), ylim=(0, 30))
    return fig, ax.plot([], [])[0]

def train(values):
    w, losses = np.full(3, 3.0), []
    while True:
        w -= values.rate * w
        losses.append(w @ w)
        yield losses

def update(line, losses, rate):
    line.set_data(np.arange(len(losses)), losses)
    return f"step {len(losses)} at rate {rate:.2f}"

rate = Slider(0.0, 0.1, 0.01, 0.02, label="rate")
live(start, train, update, controls={"rate": rate}, goal="Start the run.", preview=1)"""


def trains_until_it_is_stopped(tab, cell):
    """A training runs in a tab, which has no threads, and hears its buttons meanwhile."""
    tab.write(cell, TRAINING)
    tab.run(cell)
    frame = tab.widget(cell)
    said, picture = frame.locator(".dtl-said").last, frame.locator(".dtl-live img")
    expect(said).to_have_text("step 1 at rate 0.02")
    first = picture.get_attribute("src") or ""
    frame.get_by_role("button", name="Start").click()
    expect(said).to_have_text(re.compile(r"step \d\d+ at rate 0.02"))
    expect(picture).not_to_have_attribute("src", first)
    frame.get_by_role("slider", name="rate").press("ArrowRight")
    expect(said).to_contain_text("at rate 0.03")
    frame.get_by_role("button", name="Pause").click()
    expect(frame.get_by_text("paused")).to_be_visible()
    tab.page.wait_for_timeout(1000)  # a picture may have been on its way
    held = said.inner_text()
    tab.page.wait_for_timeout(1000)
    assert said.inner_text() == held
    frame.get_by_role("button", name="Stop").click()
    expect(frame.get_by_text("ended")).to_be_visible()


# As on a busy machine: the page learns late that it has a service worker.
LATE = """() => {
  const asked = navigator.serviceWorker.getRegistration.bind(navigator.serviceWorker);
  navigator.serviceWorker.getRegistration = async (...place) => {
    await new Promise(resolve => setTimeout(resolve, 3000));
    return asked(...place);
  };
}"""
DIRTY = "() => window.jupyterapp.shell.currentWidget.context.model.dirty"
SAVED = """async ([path, text]) => {
  const { contents } = window.jupyterapp.serviceManager;
  const model = await contents.get(path, { content: true });
  if (text) {
    model.content.cells[1].source = text;
    model.content.cells.find(cell => cell.cell_type === 'code').execution_count = 1;
    await contents.save(path, model);
  }
  return [model.content.cells[1].source].flat().join("");
}"""
RECORD = """name => new Promise((resolve, reject) => {
  const opened = indexedDB.open(name);
  opened.onerror = reject;
  opened.onsuccess = () => {
    const found = opened.result.transaction('files').objectStore('files').get('.progress.jsonl');
    found.onsuccess = () => { opened.result.close(); resolve(found.result.content); };
  };
})"""
# Caches of this site's last release, and of another site below the same address.
KEEP = """async () => {
  for (const [name, folder] of [["lab before", "./"], ["lab elsewhere", "../../elsewhere/lab/"]])
    await (await caches.open(name)).put(new URL(folder, location.href), new Response(""));
}"""
TIDIED = """async seconds => {
  for (const end = Date.now() + 1000 * seconds; await caches.has("lab before"); ) {
    if (Date.now() > end) throw new Error(`still there after ${seconds} seconds`);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  return await caches.has("lab elsewhere");
}"""
APP = "() => window.jupyterapp?.serviceManager && window.jupyterapp.restored"


def test_work_goes_to_a_desk_and_back_and_a_newer_release_lies_beside_it(
    site, tmp_path, monkeypatch
):
    desk = tmp_path / "desk"
    monkeypatch.setattr(luggage, "current", lambda: replace(current(), root=desk))
    with served(site) as (address, _):
        start, lab = f"{address}/{FOLDER}/", f"{address}/{FOLDER}/lab/index.html"
        with open_page(alone=True) as page:
            page.goto(start)
            page.get_by_role("button", name="Save all my work").click()
            expect(page.locator("#done")).to_have_text("There is nothing to save yet.")
            page.evaluate(KEEP)
            page.goto(lab)
            page.wait_for_function(APP, timeout=START * 1000)
            assert page.evaluate(SAVED, [NOTEBOOK, "Mine."]) == "Mine."
            page.goto(start)
            assert page.evaluate(TIDIED, START)
            with page.expect_download() as waited:
                page.get_by_role("button", name="Save all my work").click()
            assert "1 notebook" in at_a_desk(desk, waited.value)
            assert texts(desk / NOTEBOOK)[1] == "Mine."
        (desk / ".progress.jsonl").write_text('{"id": "warmup.fahrenheit"}\n')
        luggage.save()
        (file,) = desk.glob("*-work.zip")
        with open_page(alone=True) as page:  # another browser
            page.goto(start)
            page.locator("#file").set_input_files(site / FOLDER / "manifest.webmanifest")
            expect(page.locator("#done")).to_contain_text("Nothing has changed")
            page.locator("#file").set_input_files(file)
            expect(page.locator("#done")).to_contain_text("1 file is back, and your progress.")
            assert page.evaluate(RECORD, current().id) == '{"id": "warmup.fahrenheit"}\n'
            page.evaluate("path => localStorage.setItem(`release of ${path}`, 'older')", NOTEBOOK)
            page.goto(f"{lab}?path={NOTEBOOK}")
            page.get_by_role("button", name="Open it beside mine").click(timeout=START * 1000)
            beside = NOTEBOOK.replace(".ipynb", " (new release).ipynb")
            page.wait_for_function(
                "path => window.jupyterapp.shell.currentWidget?.context?.path === path", arg=beside
            )
            assert page.evaluate(SAVED, [NOTEBOOK, ""]) == "Mine."
            assert page.evaluate(SAVED, [beside, ""]).startswith("# Deep Training Lab")
            page.evaluate(SAVED, [NOTEBOOK, "Mine, later."])
            page.goto(start)
            page.locator("#file").set_input_files(file)
            expect(page.locator("#done")).to_contain_text("lie beside yours: 00_welcome (restored")
            page.goto(lab)
            page.wait_for_function(APP, timeout=START * 1000)
            assert page.evaluate(SAVED, [NOTEBOOK, ""]) == "Mine, later."


def at_a_desk(desk, download):
    """What a desk says of the file that a tab has saved."""
    released = desk / NOTEBOOK
    released.parent.mkdir(parents=True)
    shutil.copy(REPOSITORY / NOTEBOOK, released)
    download.save_as(desk / download.suggested_filename)
    return luggage.restore(desk / download.suggested_filename).text


def texts(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_start_page_has_no_serious_barrier_and_fits_a_phone(site, scheme):
    from axe_playwright_python.sync_playwright import Axe

    with served(site) as (address, _), open_page(alone=True) as page:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(f"{address}/{FOLDER}/")
        expect(page.get_by_role("link", name="Begin")).to_be_visible()
        found = Axe().run(page).response["violations"]
        assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.get_by_role("listitem").count() >= len(current().lectures)


def graded(notebook, folder):
    """The scores that a teacher's desk gives to a downloaded notebook, by cell."""
    copy_course(folder)
    shutil.copy(REPOSITORY / "nbgrader_config.py", folder)
    course.nbgrader(folder, "generate_assignment", LECTURE)
    place = folder / "submitted" / "ada" / LECTURE
    place.mkdir(parents=True)
    shutil.copy(notebook, place)
    course.grader(folder, "autograde", LECTURE)
    return {cell: score for _, cell, score, *_ in course.scores(folder)}
