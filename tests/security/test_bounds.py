"""What the grader itself does with a submission is bounded in time, memory and room on the disk."""

import gc
import json
import os
import time
from types import SimpleNamespace

import pytest

from grader.engine import files, safe_html, submission, submitted, wire
from grader.engine.engine import EngineError, Times
from tests.security.attack import HONEST, TIERS, grade, printed, text

needs_sandbox = pytest.mark.skipif(not TIERS, reason="no sandbox here")


def document(cells=(), **metadata):
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


NOTEBOOKS = {
    "nested without end": '{"cells": [], "metadata": {"x": ' + "[" * 10**6 + "]" * 10**6 + "}}",
    "nested as deep as a parser takes": json.dumps(document()).replace(
        '"metadata": {', '"metadata": {"x": ' + "[" * 950 + "]" * 950
    ),
    "many brackets": json.dumps(document(x=[{}] * 200_000)),
    "many cells": json.dumps(
        document({"cell_type": "raw", "id": str(i), "metadata": {}, "source": ""} for i in range(9999))
    ),
    "a long text": json.dumps(document(x="x" * (submitted.MAX_BYTES + 1))),
    "no end": '{"cells": [',
    "not UTF-8": b"\xff\xfe{}",
    "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_that_is_too_much_is_refused_soon_and_in_a_line(name, tmp_path):
    path = tmp_path / "02.ipynb"
    content = NOTEBOOKS[name]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    start = time.perf_counter()
    with pytest.raises(EngineError) as refused:
        submitted.read(str(path))
    assert time.perf_counter() - start < 5
    assert len(str(refused.value)) < 400


LONG = "x" * 10**6
NAMED = {
    "a cell": (submitted.check_released, {"nbgrader": {"schema_version": 3, "grade_id": LONG}}, {}),
    "a kernel": (submitted.check_kernel, {}, {"kernelspec": {"name": LONG, "display_name": "x"}}),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_line_does_not_repeat_what_is_long(name, tmp_path):
    refuse, metadata, of_notebook = NAMED[name]
    cell = {"cell_type": "markdown", "id": "a", "metadata": metadata, "source": ""}
    path = tmp_path / "02.ipynb"
    path.write_text(json.dumps(document([cell], **of_notebook)))
    more = [set()] if refuse is submitted.check_released else []
    with pytest.raises(EngineError) as refused:
        refuse(submitted.read(str(path)), *more)
    assert len(str(refused.value)) < 200


@pytest.mark.filterwarnings("error")
def test_ids_that_are_there_twice_are_not_told_one_by_one(tmp_path):
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ""}
    path = tmp_path / "02.ipynb"
    path.write_text(json.dumps(document([cell] * 50)))
    assert len(submitted.read(str(path)).cells) == 50


def test_a_notebook_with_many_outputs_is_read(tmp_path):
    output = {"output_type": "stream", "name": "stdout", "text": ["[1, 2, 3]\n"] * 50}
    cell = {"cell_type": "code", "metadata": {}, "source": "", "execution_count": 1}
    cells = [{**cell, "id": str(i), "outputs": [output] * 3} for i in range(300)]
    path = tmp_path / "02.ipynb"
    path.write_text(json.dumps(document(cells)))
    assert len(submitted.read(str(path)).cells) == 300


def sparse(folder):
    with open(folder / "data.bin", "wb") as file:
        file.truncate(1 << 40)


def many(folder):
    for i in range(2 * files.MAX_FILES + 1):
        (folder / str(i)).touch()


def folders(folder):
    for i in range(2 * files.MAX_FILES + 1):
        (folder / str(i)).mkdir()


def pipe(folder):
    os.mkfifo(folder / "timestamp.txt")


def notebook_pipe(folder):
    os.mkfifo(folder / "02_activations.ipynb")


FOLDERS = [sparse, many, folders, pipe, notebook_pipe]


@pytest.mark.parametrize("fill", FOLDERS)
def test_a_folder_that_is_too_much_is_refused_before_it_is_read(fill, tmp_path):
    fill(tmp_path)
    start = time.process_time()
    with pytest.raises(files.RefusedFile):
        files.digest(tmp_path)
    assert time.process_time() - start < 2


SLOW_HTML = {
    "nested": "<div>" * 50_000,
    "formatting that is never closed": "".join(f"<b class={i}><p>" for i in range(5000)),
    "formatting closed elsewhere": "<a><b><i><div>" * 20_000,
    "a table in a table": "<table><tr><td>" * 20_000,
    "nested style": f"<p style='width:{'(' * 100_000}'>x",
    "nested style, short": f"<p style='width:{'[' * 900}'>x",
    "a long attribute": "<p title='" + "&lt;" * 200_000,
    "comments": "<!--" * 50_000,
    "too long": "x" * (safe_html._LONGEST + 1),
}


@pytest.mark.parametrize("name", SLOW_HTML)
def test_html_that_takes_too_long_is_not_shown(name):
    start = time.process_time()
    output = {"output_type": "display_data", "data": {"text/html": SLOW_HTML[name]}, "metadata": {}}
    plain = {"output_type": "display_data", "data": {"text/html": "<b>x</b>"}, "metadata": {}}
    safe_html.safe_outputs([output] * 20, safe_html.Allowance(1.0))
    assert time.process_time() - start < 3
    gc.collect()
    assert "<b>x</b>" in safe_html.safe_outputs([plain])[0]["data"]["text/html"]


SLOW_MARKDOWN = {
    "brackets": "[" * 90_000,
    "emphasis": "*a " * 30_000,
    "strong": "**a_b" * 20_000,
    "code": "".join("`" * i + " " for i in range(400)),
    "quotes": "\n".join(">" * i for i in range(400)),
    "lists": "\n".join(" " * 2 * i + "- a" for i in range(400)),
    "links": "[a](" * 20_000,
    "images": "![a](<" * 15_000,
    "formulas": "$x$ " * 20_000,
    "a formula nested": "$" + "{" * 2000 + "}" * 2000 + "$",
    "a formula nested without braces": "$" + r"\sqrt" * 900 + " x$",
    "a formula of powers": "$" + "x^{" * 900 + "}" * 900 + "$",
    "a formula of fractions": "$$" + r"\frac{1}{" * 400 + "2" + "}" * 400 + "$$",
    "a table": "|a" * 2000 + "|\n" + "|-" * 2000 + "|\n" + ("|b" * 2000 + "|\n") * 8,
    "html": "<div>" * 15_000,
    "code in another language": "```perl\n" + "s{" * 45_000 + "\n```",
    "long": "a *b* " * 100_000,
}


@pytest.mark.parametrize("name", SLOW_MARKDOWN)
def test_markdown_that_takes_too_long_is_not_shown(name):
    page = {"resources": {"allowance": safe_html.Allowance(1.0)}}
    start = time.process_time()
    for _ in range(5):
        assert safe_html.markdown2html(SimpleNamespace(get=page.get), SLOW_MARKDOWN[name])
    assert time.process_time() - start < 3
    assert "<strong>b" in safe_html.markdown2html({}, "**b**")


def test_a_page_colours_so_much_code_and_no_more():
    page = {"resources": {}}
    context = SimpleNamespace(get=page.get)
    code = "1+" * 20_000
    start = time.process_time()
    shown = [safe_html.code2html(context, code) for _ in range(300)]
    assert time.process_time() - start < 5
    assert "<span" in shown[0]
    assert "<span" not in shown[-1] and code in shown[-1]
    assert "&lt;b&gt;" in safe_html.code2html(context, "<b>")


SLOW_CODE = {
    "another language by magic": "%%perl\n" + "s{" * 45_000,
    "a page by magic": "%%html\n" + "<a " * 30_000,
    "empty lines": "\n" * 99_000,
    "spaces": (" " * 300 + "x") * 330,
    "quotes": "'" * 99_000,
    "long strings": "'''" * 33_000,
    "formats in formats": "f'{" * 33_000,
    "commands": "!" * 99_000,
    "questions": "a?" * 49_000,
    "backslashes": "\\" * 99_000,
    "decorators": "@a." * 33_000,
    "numbers": "1_" * 49_000,
    "statements": "x=1;" * 24_000,
    "imports": "from a." * 14_000,
}


@pytest.mark.parametrize("name", SLOW_CODE)
def test_code_that_takes_long_to_colour_is_shown_soon(name):
    start = time.process_time()
    assert safe_html.Allowance().code(SLOW_CODE[name])
    assert time.process_time() - start < 6


def test_outputs_change_their_colour_so_often_and_no_more():
    line = "\x1b[31mred\x1b[0m" * 9_000
    stream = {"output_type": "stream", "name": "stdout", "text": line}
    error = {"output_type": "error", "ename": "E", "evalue": "e", "traceback": [line]}
    first, second, third = safe_html.safe_outputs([stream, stream, error], safe_html.Allowance())
    assert first["text"] == line
    assert second["text"] == "red" * 9_000
    assert third["traceback"] == ["red" * 9_000]


@needs_sandbox
def test_the_outputs_of_all_cells_together_are_bounded(engine):
    large = "print('x' * 3_900_000)"
    run = grade(engine, *[large] * 8, HONEST)
    assert len(text(run)) < submission.MAX_SHOWN + (1 << 20)
    assert "cut off" in printed(run, 7)
    assert run.outcomes[-1].report.right


@needs_sandbox
def test_the_number_of_outputs_is_bounded(engine):
    run = grade(
        engine, "from IPython.display import display\nfor i in range(20_000): display(i)", HONEST
    )
    assert len(run.outcomes[1].outputs) <= submission.MAX_OUTPUTS + 1
    assert run.outcomes[-1].report.right


@needs_sandbox
def test_cells_that_run_again_take_no_longer_than_the_submission(engine, monkeypatch):
    monkeypatch.setattr(engine, "times", Times(cell=2, case=1, submission=4))
    when = time.time() + 2  # from then on the cells are slow
    slow = f"import time, os\nif time.time() > {when}: time.sleep(1.5)"
    last = f"while time.time() < {when}: pass\nos._exit(1)"
    start = time.monotonic()
    run = grade(engine, *[slow] * 30, last, HONEST)
    assert time.monotonic() - start < 9
    assert run.outcomes[-1].report.score == 0


VANISHING = """
    import os, threading, time
    def run():
        while True:
            for i in range(50):
                open(f"f{i}", "w").close(); os.mkdir(f"d{i}")
            for i in range(50):
                os.unlink(f"f{i}"); os.rmdir(f"d{i}")
    for _ in range(4): threading.Thread(target=run, daemon=True).start()
    time.sleep(1)"""


@needs_sandbox
def test_files_that_vanish_while_they_are_counted_disturb_nobody(engine):
    assert grade(engine, VANISHING, HONEST).outcomes[1].problem == ""
    assert grade(engine, HONEST).outcomes[-1].report.right


DEEP = """
    import os
    for _ in range(3000):
        os.mkdir("d" * 50); os.chdir("d" * 50)
    for i in range(30): open(f"f{i}", "wb").write(bytes(10**6))
    print("done")"""
UNREADABLE = """
    import os
    os.mkdir("hidden"); os.chdir("hidden")
    open("f", "w").close()
    os.mkdir("none", 0)
    os.chdir("..")"""
DELETED = """
    kept = []
    for i in range(30):
        kept.append(open("f", "wb"))
        kept[-1].write(bytes(10**6)); kept[-1].flush()
        __import__("os").unlink("f")
    import time; time.sleep(1)
    print("done")"""


@needs_sandbox
@pytest.mark.parametrize("cell", [DEEP, DELETED])
def test_files_that_are_hard_to_count_are_counted(engine, cell):
    run = grade(engine, cell, HONEST)
    assert "done" not in printed(run), text(run)
    assert run.outcomes[-1].report.right
    assert grade(engine, UNREADABLE, HONEST).outcomes[-1].report.right
    assert not list(engine._folder.path.glob("scratch-*"))


@needs_sandbox
def test_a_loop_that_fills_the_disk_is_stopped_while_it_runs(engine):
    loop = "i = 0\nwhile True:\n    open(f'f{i}', 'wb').write(bytes(10**6)); i += 1"
    start = time.monotonic()
    run = grade(engine, f"try:\n    {loop.replace(chr(10), chr(10) + '    ')}\nfinally: print(i)")
    assert run.outcomes[1].problem == "died" or run.outcomes[1].outputs
    assert time.monotonic() - start < engine.times.cell


def test_a_message_that_is_watched_ends_when_there_is_too_much():
    import socket

    ours, _theirs = socket.socketpair()

    def watch():
        raise wire.WireError("too much")

    start = time.monotonic()
    with pytest.raises(wire.WireError, match="too much"):
        wire.receive(ours, time.monotonic() + 30, watch)
    assert time.monotonic() - start < 10
