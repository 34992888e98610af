"""The site: it builds, its links lead somewhere, asks no other server, has no barriers."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup

pytest.importorskip("myst_nb", reason="Sphinx is not installed (requirements-dev.txt)")

from docs.command import served
from docs.site import ROOT, build, dress, link, run_here
from grader.checking.definitions import lectures
from grader.course import current
from tests.browser.lab import chromium, open_page

LECTURES = current().lectures
PAGES = ["index", "lectures/02_activations", "library", "reference/normalization", "instructors"]


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The site, built without a warning."""
    folder = tmp_path_factory.mktemp("site")
    assert build(folder, lab=True) == 0
    return folder


@pytest.fixture(scope="session")
def pages(site) -> dict[str, BeautifulSoup]:
    return {
        path.relative_to(site).as_posix(): BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in site.rglob("*.html")
        if "_static" not in path.parts
    }


@pytest.fixture(scope="session")
def address(site):
    """The site on a server of its own."""
    with served(site) as (address, _):
        yield address


def test_every_lecture_is_there_with_its_figures_and_without_an_error(pages):
    for name in LECTURES:
        page = pages[f"lectures/{name}.html"]
        assert page.h1 and page.select("div.cell_output"), name
        assert not page.select(".output.traceback, .output.stderr"), name
        assert name == "00_welcome" or page.select("div.cell_output img[alt]"), name
        links = {a["href"] for a in pages["index.html"].select("article a[href]")}
        assert f"lectures/{name}.html" in links, "the landing page names every lecture"


def test_every_check_finds_its_solution_right_with_all_demos_run(pages):
    for name in LECTURES:
        panels = pages[f"lectures/{name}.html"].select("div.cell:not(.tag_demo) .dtl-check")
        right = [p.select_one(".dtl-id").text for p in panels if "dtl-right" in p["class"]]
        assert sorted(right) == sorted(definition.id for definition in lectures()[name]), name
        assert len(panels) == len(right), name


def test_solutions_are_folded_away_and_say_which_exercise_they_are_of(pages):
    page = pages["lectures/02_activations.html"]
    exercises = page.select("div.cell.tag_exercise")
    assert len(exercises) > 10
    for cell in exercises:
        name = cell.select_one("summary").text.split()[1].removesuffix(":")
        code = cell.select_one("details pre").text
        assert f"def {name}(" in code or f"class {name}" in code
        assert "SOLUTION" not in code


def test_widgets_show_their_first_picture_and_progress_bars_nothing(pages):
    stills = {
        name: len(pages[f"lectures/{name}.html"].select(".dtl-still img")) for name in LECTURES
    }
    assert all(number > 0 for name, number in stills.items() if name != "00_welcome"), stills
    for name in LECTURES:
        outputs = pages[f"lectures/{name}.html"].select("div.cell_output")
        assert not [out for out in outputs if "it/s]" in out.text or "VBox(" in out.text]


def test_every_picture_has_a_text(pages):
    pictures = [(name, img) for name, page in pages.items() for img in page.select("article img")]
    assert len(pictures) > 50
    assert not [(name, str(img)[:80]) for name, img in pictures if not img.get("alt", "").strip()]


def test_no_link_inside_the_site_is_broken(pages, site):
    ids = {name: {tag["id"] for tag in page.select("[id]")} for name, page in pages.items()}
    broken = []
    for name, page in pages.items():
        for tag in page.select("[href], [src]"):
            address = urlsplit(tag.get("href") or tag.get("src"))
            if address.scheme:
                continue
            if Path(address.path).parts[:1] == ("lab",) or "../lab/" in address.path:
                continue  # the course in the browser, which the next test is about
            path = (site / name).parent / unquote(address.path) if address.path else site / name
            there = path.resolve().relative_to(site.resolve()).as_posix()
            anchors = ids.get(there, ()) if address.fragment else [""]
            if not path.is_file() or unquote(address.fragment) not in anchors:
                broken.append(f"{name}: {address.geturl()}")
    assert not broken, "\n".join(broken)


def test_each_lecture_leads_to_its_notebook_in_the_browser(pages):
    for name in LECTURES:
        (way,) = pages[f"lectures/{name}.html"].select(".run-here a")
        page, _, notebook = way["href"].partition("?path=")
        assert page == "../lab/lab/index.html"
        assert (ROOT / notebook).is_file() and Path(notebook).stem == name
    assert pages["index.html"].select_one(".run-here a")["href"] == "lab/index.html"


def test_without_the_course_in_the_browser_no_page_leads_there(tmp_path):
    page = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Sorting\n\nWhy?")])
    assert "run-here" not in dress(page).cells[0].source
    (cell,) = run_here(page, "02_sorting").cells
    assert cell.source.startswith("# Sorting\n\n<p") and cell.source.endswith("</p>\n\nWhy?")


def test_a_link_that_leads_nowhere_stops_the_build():
    with pytest.raises(ValueError, match="nothing.md leads nowhere"):
        link("See [this](nothing.md).", "docs/library.md", {})
    assert link("[a](../LICENSE)", "docs/x.md", {}) == "a"
    assert link("[`data.FOLDER`](../utils/data.py)", "docs/x.md", {}).startswith("{py:obj}")


@pytest.mark.skipif(chromium() is None, reason="no chromium (apt-get install chromium)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_ask_no_other_server_and_have_no_serious_barrier(address, scheme):
    from axe_playwright_python.sync_playwright import Axe

    problems = []
    with open_page() as page:
        page.emulate_media(color_scheme=scheme)
        page.on("request", lambda r: check_address(r.url))
        page.on("console", lambda m: m.type == "error" and problems.append(m.text))

        def check_address(url):
            if not url.startswith((address, "data:", "blob:")):
                problems.append(f"asks for {url}")

        for name in PAGES:
            page.goto(f"{address}/{name}.html")
            page.wait_for_function("!window.MathJax || MathJax.startup?.promise?.then(() => true)")
            for violation in Axe().run(page).response["violations"]:
                if violation["impact"] in ("serious", "critical"):
                    nodes = [node["html"][:150] for node in violation["nodes"][:4]]
                    problems.append(f"{name}, {scheme}: {violation['id']}: {nodes}")
    assert not problems, "\n".join(problems)


@pytest.mark.skipif(chromium() is None, reason="no chromium (apt-get install chromium)")
def test_a_phone_shows_pages_without_scrolling_sideways(address):
    with open_page() as page:
        page.set_viewport_size({"width": 390, "height": 844})
        for name in PAGES:
            page.goto(f"{address}/{name}.html")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 390, f"{name} is {wide} pixels wide"


@pytest.mark.skipif(chromium() is None, reason="no chromium (apt-get install chromium)")
def test_formulas_are_typeset_in_text_and_in_the_panels_of_checks(address):
    with open_page() as page:
        page.goto(f"{address}/lectures/02_activations.html")
        page.locator("section mjx-container").first.wait_for(timeout=20_000)
        page.locator(".dtl-check mjx-container").first.wait_for(timeout=20_000)
        assert page.locator("mjx-merror").count() == 0
