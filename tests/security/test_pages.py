"""Pages that an instructor opens show nothing of a submission that acts, covers or pretends."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import nbformat
import nbgrader.server_extensions.formgrader as formgrader
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat import v4
from nbgrader.coursedir import CourseDirectory
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from traitlets.config import Config

from grader.engine import feedback, submitted, use_for_nbgrader
from grader.engine.command import _printable, _summary
from grader.engine.engine import EngineError
from grader.engine.handed_in import guard_formgrader, handed_in
from grader.engine.replay import ReplayError, replay
from grader.engine.result import Result
from grader.engine.safe_html import Allowance, markdown2html, raw2html, safe_html, safe_outputs
from grader.engine.unnamed import shown as shown_in_report
from tests.engine.course import (
    CHECK,
    LECTURE,
    cell,
    grade,
    graded,
    grader,
    nbgrader,
    scores,
    submit,
)
from tests.engine.course import released as released_in

THEIRS = Path(formgrader.__file__).parent / "templates"
STYLES = THEIRS.parent / "static" / "node_modules" / "bootstrap" / "dist" / "css"
BOX = "contain: content"

COVERS = (
    "<div class='modal-backdrop'>x</div>",
    "<div class='navbar navbar-fixed-top'>x</div>",
    "<div class='dataframe modal fade in'>x</div>",
    "<div class='panel panel-default'><div class=panel-heading>Score: 2 / 2</div></div>",
    "<div class='dtl-check dtl-right'><p class=dtl-head>Right</p></div>",
    "<div class='judged'>judged</div>",
    "<div class='legend'>every report is true</div>",
    "<div id=toc><h4 id=top>x</h4></div>",
    "<p style='position:fixed;top:0'>x</p>",
    "<p style='margin-top:-500px;background-color:#fff'>x</p>",
    "<p style='height:0;line-height:0;font-size:900px'>x</p>",
    "</div></div></div><p>x</p>",
)
ASKS = (
    "<img src='../../../api/shutdown'>",
    "<img src='../../formgrader?path=submitted/eve'>",
    "<img src='?index=3'>",
    "<img src='feedback'>",
    "<img src='a/../../x.png'>",
    "<img src='x.png?y=1'>",
    "<img src='x.svg'>",
    "<img src='.git/x.png'>",
    "<img src='/x.png'>",
    "<img src='x:y.png'>",
    "<img src='x&#46;&#46;/y'>",
    "![x](../../api/kernels)",
    "<a href='/formgrader?path=submitted/eve'>x</a>",
    "<a href='other.html'>x</a>",
)


class Read(HTMLParser):
    """The attributes of a page by name, and whether its elements are closed in order."""

    def __init__(self, html):
        super().__init__()
        self.attributes, self.open, self.outside = {}, [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value)
        self.outside += not self.open and dict(attrs).get("style") != BOX
        if tag not in ("br", "hr", "img", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.outside += bool(not self.open and data.strip())


def shown(attack):
    """An attack as an output, as Markdown and as a raw cell."""
    output = {"output_type": "display_data", "data": {"text/html": attack}, "metadata": {}}
    yield safe_outputs([output])[0]["data"]["text/html"]
    yield markdown2html({}, f"text\n\n{attack}\n\nmore {attack}")
    yield raw2html(attack)


@pytest.mark.parametrize("attack", COVERS)
def test_nothing_is_drawn_outside_of_its_box(attack):
    for html in shown(attack):
        read = Read(html)
        assert (read.open, read.outside) == ([], 0), html
        assert "id" not in read.attributes
        taken = " ".join(read.attributes.get("class", []))
        assert not set(taken.split()) - {"dataframe"}, html


@pytest.mark.parametrize("attack", ASKS)
def test_no_address_but_a_picture_of_the_submission_is_asked_for(attack):
    for html in shown(attack):
        read = Read(html)
        assert "src" not in read.attributes
        assert "href" not in read.attributes


@pytest.mark.parametrize("name", ["x.png", "figures/my plot.jpg", "a.b/c-d.gif"])
def test_a_picture_of_the_submission_is_shown(name):
    assert Read(safe_html(f"<img src='{name}'>")).attributes["src"] == [name]


def page(template, *cells, metadata=None):
    """A feedback page or formgrader's page of a notebook with these cells."""
    config = Config()
    feedback.use_template(config, template, [str(STYLES)])
    notebook = v4.new_notebook(cells=list(cells), metadata=metadata or {})
    submitted.plain_metadata(notebook)
    return exported(HTMLExporter(config=config), notebook)


def exported(exporter, notebook):
    named = dict.fromkeys(
        ("notebook_id", "assignment_id", "submission_id", "student", "notebook_path", "base_url"), "n"
    )  # fmt: skip
    grades = {"notebook": "n", "score": 1, "max_score": 2, "late_penalty": 0}
    resources = {**named, "nbgrader": grades, "index": 0, "total": 1, "last_name": None}
    return exporter.from_notebook_node(notebook, resources=resources)[0]


@pytest.mark.parametrize("template", ["shut_feedback", "marked_formgrade"])
def test_a_cell_takes_no_class_of_the_page_by_its_tags(template):
    tags = ["x modal-backdrop in", "navbar-fixed-top\nmodal", 'a"b', "demo"]
    html = page(template, v4.new_code_cell("1", metadata={"tags": tags}))
    (taken,) = re.findall(r'class="(cell [^"]*code_cell[^"]*)"', html)
    assert set(taken.split()) == {*"cell border-box-sizing code_cell rendered celltag_demo".split()}


@pytest.mark.parametrize("template", ["shut_feedback", "marked_formgrade"])
def test_a_raw_cell_is_cleaned_as_any_other(template):
    html = page(
        template, v4.new_raw_cell("<p id=toc class=modal>RAW</p><script>RAW</script>"),
        v4.new_raw_cell("<p class=modal>RAW</p>", metadata={"raw_mimetype": "text/html"}),
    )  # fmt: skip
    assert "<p>RAW</p>" in html
    assert 'class="modal"' not in html
    assert "<script>RAW" not in html


@pytest.mark.parametrize("template", ["shut_feedback", "marked_formgrade"])
def test_the_mark_of_a_report_cannot_be_written(template):
    forged = {"judged": True}
    html = page(
        template,
        v4.new_code_cell(
            "1", metadata={"grader": forged, "tags": ["judged"]},
            outputs=[v4.new_output("display_data", {"text/html": "<p>mine</p>"})],
        ),
        v4.new_code_cell("1", metadata={"grader": "judged"}),
        v4.new_markdown_cell('<div class="prompt judged">judged</div>', metadata={"grader": forged}),
    )  # fmt: skip
    assert html.count('class="prompt judged"') == 0
    assert html.count('class="judged"') == 1, "the legend's"


EVIL = "<script>EVIL</script>"
STREAM = {"output_type": "stream", "name": "stdout"}


def noted(**metadata):
    return None, {"metadata": metadata}


FAILURE = {"output_type": "error", "ename": "E", "evalue": "e"}
# What is written over the cells or the metadata of a notebook, which is then of no format.
ODD = {
    "an id that would act": ("markdown", {"id": f'x">{EVIL}'}),
    "an id that is a number": ("code", {"id": 7}),
    "an id twice": ("code", {"id": "first"}),
    "a count that would act": ("code", {"execution_count": EVIL}),
    "attachments in a list": ("markdown", {"attachments": [EVIL]}),
    "an attachment in a list": ("markdown", {"attachments": {"x.png": [EVIL]}}),
    "an attachment that is not there": ("markdown", {"source": "HONEST ![x](attachment:y.png)"}),
    "an output that is a number": ("code", {"outputs": [7, None, []]}),
    "an output without its text": ("code", {"outputs": [STREAM]}),
    "a text that is none": ("code", {"outputs": [{**STREAM, "text": {"a": EVIL}}]}),
    "a stream that would act": ("code", {"outputs": [{**STREAM, "name": EVIL, "text": ""}]}),
    "an error without lines": ("code", {"outputs": [FAILURE]}),
    "lines that are none": ("code", {"outputs": [{**FAILURE, "traceback": [{"a": 1}, EVIL]}]}),
    "a cell collapsed in words": ("code", {"metadata": {"collapsed": EVIL, "name": 7}}),
    "a key of a cell that is none": ("code", {EVIL: EVIL}),
    "an id without end": ("markdown", {"id": "x" * 100_000}),
    "a lexer of its own": noted(language_info={"name": EVIL, "pygments_lexer": EVIL}),
    "a language in a list": noted(language_info=[EVIL]),
    "a kernel in a list": noted(kernelspec=[EVIL], language_info="x"),
    "a kernel that is nothing": noted(kernelspec=None, language_info=None),
    "authors that are none": noted(authors=EVIL, orig_nbformat=EVIL, title=EVIL),
    "a version before the first": (None, {"nbformat_minor": -1}),
    "a version in words": (None, {"nbformat_minor": "5"}),
    "a version of a time to come": (None, {"nbformat_minor": 1000}),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_a_page_is_made_of_a_notebook_that_is_of_no_format(name, tmp_path):
    where, change = ODD[name]
    text = {"cell_type": "markdown", "id": "first", "metadata": {}, "source": "HONEST"}
    code = {"cell_type": "code", "id": "c", "metadata": {}, "execution_count": 1, "outputs": []}
    code["source"] = "1  # HONEST"
    if where:
        (text if where == "markdown" else code).update(change)
    document = {"cells": [text, code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = tmp_path / "02.ipynb"
    path.write_text(json.dumps(document if where else document | change))
    try:
        notebook = submitted.read(str(path))
    except EngineError as refused:  # as good: who is graded has a page
        assert "is not a notebook" in str(refused)
        return
    submitted.plain_metadata(notebook)
    shown = submitted.as_submitted(notebook.cells[1].outputs, Allowance())
    notebook.cells[1].outputs = [nbformat.from_dict(output) for output in shown]
    html = page("shut_feedback", *notebook.cells, metadata=notebook.metadata)
    assert html.count("HONEST") == 2
    assert EVIL not in html


@pytest.mark.parametrize("template", ["shut_feedback", "marked_formgrade"])
def test_a_cell_chooses_no_language_for_its_colours(template):
    cell = v4.new_code_cell("x = 1", metadata={"magics_language": "html"})
    html = page(template, cell, metadata={"language_info": {"name": "x", "pygments_lexer": "json"}})
    assert "highlight hl-python3" in html
    assert '<span class="o">=</span>' in html


def test_formgrader_marks_a_report_of_the_grader_as_feedback_does(fed_back):
    """As formgrader makes the page of a graded submission, with the course's own settings."""
    folder, _ = fed_back
    use_for_nbgrader()
    made = FormgradeExtension()
    made.root_dir = str(folder)
    made.coursedir = CourseDirectory(root=str(folder))
    web = SimpleNamespace(settings={})
    made.init_tornado_settings(web)
    for student, marks in (("ann", 2), ("eve", 2)):
        notebook = nbformat.read(graded(folder, student), as_version=4)
        html = exported(web.settings["nbgrader_exporter"], notebook)
        assert html.count('class="prompt judged"') == marks
        assert html.index("bear the mark") < html.index('class="prompt judged"')


@pytest.fixture(scope="module")
def fed_back(shared_folder):
    """Two honest neighbours and between them one who brings pages and settings."""
    settings = "open('/tmp/grader-was-here', 'w').close()"
    notebook = released_in(shared_folder)
    check = cell(notebook, CHECK)
    check.outputs = []
    notebook.cells.append(
        v4.new_markdown_cell("<div class='prompt judged'>judged</div>\n\n![x](plot.png)")
    )
    for student in ("ann", "zoe"):
        submit(shared_folder, student, released_in(shared_folder))
    place = submit(
        shared_folder, "eve", notebook,
        **{f"{LECTURE}.html": "<script>alert(1)</script>", "index.htm": "x", "x.svg": "<svg/>",
           "nbgrader_config.py": settings, "ipython_config.py": settings, "notes.txt": "x",
           "matplotlibrc": "backend: nonsense", "plot.png": "x"},
    )  # fmt: skip
    nested = place / "receipts" / "eve"
    nested.mkdir(parents=True)
    (nested / f"{LECTURE}.json").write_text(json.dumps({"digest": "x", "notebooks": {}}))
    results = grade(shared_folder)
    nbgrader(shared_folder, "generate_feedback", LECTURE)
    return shared_folder, results


def test_feedback_holds_the_page_and_pictures_only(fed_back):
    folder, results = fed_back
    assert {r["score"] for r in results.values()} == {2}
    found = sorted(p.name for p in (folder / "feedback" / "eve" / LECTURE).rglob("*"))
    assert found == [f"{LECTURE}.html", "plot.png"]
    html = (folder / "feedback" / "eve" / LECTURE / f"{LECTURE}.html").read_text()
    assert "alert(1)" not in html
    assert html.count('class="prompt judged"') == 2, "one for each check"
    assert 'src="plot.png"' in html


def test_settings_in_a_submission_are_never_run(fed_back):
    folder, _ = fed_back
    place = folder / "submitted" / "eve" / LECTURE
    receipt = place / "receipts" / "eve" / f"{LECTURE}.json"
    with pytest.raises(ReplayError, match="no receipt of this course"):
        replay(receipt)
    done = grader(place, "replay", f"receipts/eve/{LECTURE}.json", check=False)
    assert done.returncode == 1
    grader(place, "autograde", LECTURE, check=False)
    assert not Path("/tmp/grader-was-here").exists()
    assert {row[2] for row in scores(folder) if row[0] == "eve" and row[1] == CHECK} == {1}


def test_formgrader_opens_no_submission_as_a_course(fed_back):
    from nbgrader.server_extensions.formgrader.handlers import FormgraderHandler
    from tornado import web

    folder, _ = fed_back
    guard_formgrader()

    class Asked:
        def get_argument(self, name, default):
            return str(folder / "submitted" / "eve" / LECTURE)

    with pytest.raises(web.HTTPError, match="403"):
        FormgraderHandler.get(Asked())
    assert not handed_in(folder)
    assert not handed_in(folder / "receipts" / "eve")
    assert handed_in(folder / "submitted" / "zoe" / LECTURE / "a" / "b")


def test_a_terminal_is_told_nothing_by_a_name():
    name, reason = "a\x1b[2J\u202e\r", "a file \x07\n\x9b31m"
    said = _summary([Result(name, "02", status="failed", problems=[reason])])
    assert r"a\x1b[2J\u202e\r" in said
    assert len(said.splitlines()) == 3
    assert all(c.isprintable() for line in said.splitlines() for c in line)
    assert _printable("Zoë Łuk") == "Zoë Łuk"


@pytest.mark.parametrize("c", "\x1b\x07\x9b\r\u061c\u200b\u200f\u202e\u2066\ufeff\ue000\uf8ff\ufff9"
                         "\U000e0041\U000f0000\U0010fffd")  # fmt: skip
def test_a_class_report_shows_no_character_that_acts_or_hides(c):
    assert shown_in_report(f"a{c}b").isprintable()
    assert shown_in_report("Zoë Łuk, 李雷 🐦") == "Zoë Łuk, 李雷 🐦"
