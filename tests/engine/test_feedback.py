"""A submission's text and outputs are shown without script, style sheet or request to elsewhere."""

import html
import re
from html.parser import HTMLParser

import pytest

from grader.engine.feedback import shut
from grader.engine.safe_html import markdown2html, safe_html, safe_outputs
from tests.engine.course import ANSWER, LECTURE, RIGHT, cell, grade, nbgrader, released, submit

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><animate onbegin=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\tscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=x></object><embed src=x>",
    "<style>.score{display:none}</style>",
    "<p style='background:url(http://example.org/x); position: fixed'>x</p>",
    "<img src='http://example.org/seen.png'>",
    "<img src='//example.org/seen.png'>",
    "<img src='\\\\example.org/seen.png'>",
    "<img srcset='http://example.org/seen.png 2x'>",
    "<form action='http://example.org'><input name=x><button formaction=x></form>",
    "<meta http-equiv=refresh content='0;url=http://example.org'>",
    "<base href='http://example.org'><link rel=stylesheet href='http://example.org/x.css'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=1&gt;'",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "[x](javascript:alert(1)) ![x](http://example.org/seen.png)",
)
ACTING = set("script style svg iframe object embed form input button meta base link math".split())


class Found(HTMLParser):
    """What of a page could act."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag in ACTING:
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("srcset", "srcdoc", "formaction"):
                self.found.append(f"{tag} {name}")
            if name == "href" and not re.match("https?://|mailto:|#", value or ""):
                self.found.append(f"{tag} {name} {value}")
            if name == "src" and not re.match(r"data:image/|[\w.-]+(/[\w.-]+)*$", value or ""):
                self.found.append(f"{tag} {name} {value}")
            if name == "style" and re.search(r"url|position|expression", value or ""):
                self.found.append(f"{tag} {name} {value}")


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_acts_is_left(attack):
    assert Found(safe_html(attack)).found == []
    assert Found(markdown2html({}, f"text\n\n{attack}\n\nmore {attack} text")).found == []


def test_harmless_text_stays_as_it_is():
    shown = markdown2html(
        {}, "# Head\n\nfor 1 < 2 see `x<y`, **bold**, [link](https://a.org)\n\n> q"
    )
    for part in (
        "<h1>Head",
        "1 &lt; 2",
        "<code>x&lt;y</code>",
        "<strong>",
        "https://a.org",
        "quote>",
    ):
        assert part in shown
    table = '<table class="dataframe"><tbody><tr><td>1</td></tr></tbody></table>'
    assert safe_html(table) == table


def test_formulas_are_shown_without_a_script():
    shown = markdown2html({}, "so $a<b$, and\n\n$$\\frac{1}{2}$$\n\n## Of $x$")
    inline, block, heading = re.findall("<math.*?</math>", shown)
    assert "<mi>a</mi><mo>&lt;</mo><mi>b</mi>" in inline
    assert 'display="block"' in block
    assert "<mfrac>" in block
    assert f"<h2>Of {heading}</h2>" in shown
    assert "$" not in shown


@pytest.mark.parametrize(
    "formula",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(//example.org)}{x}",
        r"\class{score}{x}",
        r"\color{red\"onclick=\"alert(1)}{x}",
        r"\left( x",
        "{" * 3000,
    ],
)
def test_a_formula_that_would_act_or_cannot_be_read_is_shown_as_its_source(formula):
    shown = markdown2html({}, f"see ${formula}$ here")
    assert Found(shown).found == []
    assert "<math" not in shown
    assert f"${html.escape(formula, quote=False)}$" in shown


def test_a_formula_in_an_attribute_stays_text():
    shown = markdown2html({}, '![of $\\text{" onerror="alert(1)}$](x.png)')
    assert Found(shown).found == []
    assert "<math" not in shown
    assert r"\text{" in shown


def test_outputs_keep_what_a_page_can_show_without_danger():
    picture = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}
    forged = {"image/png": '"><script>alert(1)</script>', "text/plain": "x"}
    program = {"application/javascript": "alert(1)", "image/svg+xml": "<svg onload=alert(1)/>"}
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "w"}
    outputs = [
        {"output_type": "display_data", "data": data, "metadata": {"image/png": {"width": "x on="}}}
        for data in (picture, forged, program, widget, {"text/html": ["<b>", "x</b>"]})
    ]  # fmt: skip
    shown = safe_outputs(outputs)
    assert [sorted(output["data"]) for output in shown] == [
        ["image/png", "text/plain"], ["text/plain"], ["text/plain"], ["text/plain"], ["text/html"],
    ]  # fmt: skip
    assert not any(output["metadata"] for output in shown)


def test_the_head_of_a_page_forbids_scripts_and_has_none():
    head = shut("<html><head><script src='https://cdn/x.js'> </script><title>t</title></head>")
    assert head.index("Content-Security-Policy") < head.index("<title>")
    assert "default-src 'none'" in head
    assert "<script" not in head


def test_a_page_is_made_anew_once_the_grading_is_newer(folder):
    submit(folder, "ada", released(folder))
    page = folder / "feedback" / "ada" / LECTURE / f"{LECTURE}.html"
    grade(folder)
    made = []
    for _ in range(2):
        nbgrader(folder, "generate_feedback", LECTURE)
        made.append(page.stat().st_mtime_ns)
    assert made[0] == made[1]
    grade(folder, "--force")
    nbgrader(folder, "generate_feedback", LECTURE)
    assert page.stat().st_mtime_ns > made[1]


def hostile(folder):
    notebook = released(folder)
    cell(notebook, ANSWER).source += "\nfrom IPython.display import HTML, Javascript, display"
    for attack in ATTACKS:
        attack = attack.replace("alert(1)", "document.title='hacked'")
        cell(notebook, ANSWER).source += f"\ndisplay(HTML({attack!r}))"
    cell(notebook, ANSWER).source += "\ndisplay(Javascript('document.title=\"hacked\"'))"
    notebook.cells[0].source += "\n\n" + "\n\n".join(ATTACKS).replace("alert", "hacked")
    demo = next(c for c in notebook.cells if "demo" in c.metadata.get("tags", []))
    demo.outputs = [
        {"output_type": "display_data", "metadata": {},
         "data": {"text/html": "<script>document.title='hacked'</script>drawn"}}
    ]  # fmt: skip
    return notebook


def test_a_feedback_page_in_a_browser_runs_nothing_and_asks_nobody(folder):
    sync_api = pytest.importorskip("playwright.sync_api")
    submit(folder, "eve", hostile(folder))
    grade(folder)
    nbgrader(folder, "generate_feedback", LECTURE)
    page_file = folder / "feedback" / "eve" / LECTURE / f"{LECTURE}.html"
    asked, dialogs = [], []
    with sync_api.sync_playwright() as playwright:
        browser = _chromium(playwright)
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(page_file.as_uri())
        page.wait_for_timeout(500)
        title = page.title()
        panels = page.locator(".dtl-check.dtl-right").count()
        border = page.locator(".dtl-right").first.evaluate(
            "e => getComputedStyle(e).borderLeftColor"
        )
        text = page.inner_text("body")
        browser.close()
    assert title == LECTURE
    assert not dialogs
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert panels == len(RIGHT)
    assert border == "rgb(0, 158, 115)"
    assert "Not run again in grading" in text and "drawn" in text


def _chromium(playwright):
    import shutil

    program = shutil.which("chromium") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
