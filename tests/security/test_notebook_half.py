"""On a student's own machine: a check asks nothing of an answer but what the exercise asks.

Records that somebody has written into are read as far as they make sense.
"""

import ast
import builtins
import gc
import html
import json
import os
import re
import subprocess
import sys
import time
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import grader.checking
from grader.checking import certificate, notebook, progress_page
from grader.checking.definitions import find
from grader.checking.notebook import check, check_function
from grader.checking.progress_page import Progress
from grader.checking.report import Verdict
from grader.checking.stale import stale
from grader.checking.trail import bound

RELU, LETTER = "activations.relu_forward", "recipe.adam_untuned"
GOOD = json.dumps({"id": RELU, "score": 2, "verdict": "right", "when": "2026-01-01T10:00:00+00:00"})
# Lines of a record, none of which may disturb the good one.
TAMPERED = {
    "no JSON": "{",
    "nested without end": "[" * 100_000,
    "a list": "[]",
    "a number": "7",
    "without an id": '{"score": 1}',
    "an endless number of hints": f'{{"id": "{RELU}", "hints": Infinity}}',
    "hints in words": f'{{"id": "{RELU}", "hints": "all"}}',
    "a score that is none": f'{{"id": "{RELU}", "score": NaN, "verdict": "right"}}',
    "an endless score": f'{{"id": "{RELU}", "score": 1e999, "verdict": "right"}}',
    "a time after all times": f'{{"id": "{LETTER}", "recalled": 1, "when": "9999-12-31T23:59:59+00:00"}}',
    "a time before all times": f'{{"id": "{LETTER}", "recalled": 1, "when": "0001-01-01T00:00:00+14:00"}}',
    "recalled less than never": f'{{"id": "{LETTER}", "recalled": -9, "when": "2026-01-01T00:00:00+00:00"}}',
    "a number of thousands of digits": f'{{"id": "{RELU}", "hints": {"9" * 5000}}}',
    "half a character": '{"id": "\\ud800", "verdict": "right", "score": 1}',
    "bytes": "\x00\x01\x02",
    "an id that is a list": '{"id": [1], "hints": 1}',
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
def test_a_record_with_such_a_line_is_read(name, tmp_path, monkeypatch):
    file = tmp_path / progress_page.RECORD
    file.write_text(f"{TAMPERED[name]}\n{GOOD}\n{TAMPERED[name]}\n", encoding="utf-8")
    progress = Progress(file)
    assert progress.results[RELU]["score"] == 2
    assert "1 of" in progress.page().text
    assert progress.page()._repr_html_()
    progress.resume()
    monkeypatch.setattr(progress_page, "counts", lambda: True)
    assert progress.review(datetime(2026, 6, 1, tzinfo=UTC)).text
    assert progress.next_hint(LETTER, 2) == 1
    assert Progress(file).results[LETTER]["hints"] == 1
    page = certificate.page("Ann", datetime(2026, 6, 1, tzinfo=UTC).date(), file)
    assert page and "has passed" in page


def test_a_record_that_acts_on_a_page_is_text_there(tmp_path):
    file = tmp_path / progress_page.RECORD
    evil = "<script>x"
    lines = [
        {"id": RELU, "score": 2, "verdict": "right", "when": evil, "mistake": evil},
        {"id": "activations.relu_backward", "score": 1, "verdict": evil, "when": evil},
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    page = certificate.page("<script>Ann", datetime(2026, 6, 1, tzinfo=UTC).date(), file)
    assert page
    assert "<script" not in page + Progress(file).page()._repr_html_()


def test_of_a_record_without_end_the_beginning_and_the_end_are_read(tmp_path):
    file = tmp_path / progress_page.RECORD
    file.write_text(GOOD + "\n")
    os.truncate(file, 20 << 30)
    with file.open("a") as end:
        end.write("\n" + GOOD.replace(RELU, LETTER) + "\n")
    progress = Progress(file)
    assert set(progress.results) == {RELU, LETTER}
    assert progress.add(GOOD.encode() + b"\n") == 0


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda p: p.symlink_to("/dev/zero")])
def test_a_record_that_is_no_file_counts_as_none(make, tmp_path):
    make(tmp_path / progress_page.RECORD)
    progress = Progress(tmp_path / progress_page.RECORD)
    assert progress.results == {}
    assert progress.next_hint(LETTER, 2) == 1


def test_many_notebooks_at_once_lose_no_line(tmp_path):
    file = tmp_path / progress_page.RECORD
    code = (
        "import sys; from pathlib import Path; from grader.checking import progress_page as p\n"
        "p.counts = lambda: True\n"
        "for i in range(60): p.Progress(Path(sys.argv[1])).next_hint(f'{sys.argv[2]}{i}', 3)"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, file, name]) for name in "abc"]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(Progress(file).results) == 180
    assert all(json.loads(line)["hints"] == 1 for line in file.read_text().splitlines())


def test_a_notebook_that_is_damaged_does_not_hide_the_page(tmp_path, monkeypatch):
    lecture = "02_activations"
    place = tmp_path / "notebooks" / lecture
    place.mkdir(parents=True)
    here = notebook.current()
    moved = type(here)(**{**vars(here), "root": tmp_path})
    for module in (progress_page, certificate):
        monkeypatch.setattr(module, "current", lambda: moved)
    for content in (b"\xff\xfe", b"[" * 100_000, b"{}", b'{"cells": null}', b'{"cells": [{}]}'):
        (place / f"{lecture}.ipynb").write_bytes(content)
        assert len(progress_page.in_order(lecture)) > 5
        assert certificate._title(lecture) == lecture


SUNG: list[str] = []


class Canary:
    """Notes when anything of it is asked."""

    def __getattribute__(self, name):
        if not name.startswith("__"):
            SUNG.append(name)
        return object.__getattribute__(self, name)


def sings(name):
    def method(self, *args, **kwargs):
        SUNG.append(name)
        raise RuntimeError(name)

    return method


DUNDERS = (
    "__eq__", "__hash__", "__repr__", "__str__", "__bool__", "__len__", "__iter__", "__float__",
    "__int__", "__index__", "__array__", "__getitem__", "__contains__", "__reduce__", "__copy__",
    "__deepcopy__", "__lt__", "__format__", "__array_ufunc__", "__array_function__", "__del__",
)  # fmt: skip


def canaries():
    """An answer of each base that might be taken for a value, with every method its own."""
    own = {name: sings(name) for name in DUNDERS if name != "__del__"}
    loud = {**own, "strip": sings("strip"), "item": sings("item"), "lower": sings("lower")}
    yield type("Own", (Canary,), loud)()
    yield type("Text", (str,), loud)("a")
    yield type("Float", (float,), loud)(1.0)
    yield type("Int", (int,), loud)(1)
    yield type("List", (list,), loud)([1])
    yield type("Dict", (dict,), loud)({})
    yield np.zeros(()).view(type("Array", (np.ndarray,), loud))


@pytest.mark.parametrize("n", range(7))
def test_nothing_of_an_answer_is_run(n):
    SUNG.clear()
    answer = list(canaries())[n]
    report = check(LETTER, answer)
    assert report.verdict is Verdict.WRONG_TYPE
    assert report.as_mimebundle()
    exercise = find(RELU)
    for returned in (answer, (answer, answer), {"x": answer}, [answer]):
        report = check_function(exercise, lambda x, returned=returned: returned)
        assert not report.right
        assert report.as_mimebundle()
    assert SUNG == []


@pytest.mark.parametrize(
    "source", ["(" * 5000, "x = " + "-" * 50_000 + "1", "\0", "def", "%time 1", "\ud800"]
)
def test_a_cell_that_no_parser_takes_is_passed_over(source):
    assert bound(source) <= {"x"}
    assert stale(find(RELU), source) == ""


@pytest.mark.parametrize(
    "act",
    [
        lambda x: (_ for _ in ()).throw(ValueError("<script>x</script>")),
        lambda x: print("<script>x</script>"),
        lambda x: "<script>x</script>",
        lambda x: {"<script>x</script>": 1},
        lambda x: (type("<script>x", (), {})(), x),
    ],
)
def test_what_a_function_says_is_text_on_the_panel(act):
    report = check_function(find(RELU), act)
    assert not report.right
    assert "<script" not in report.as_mimebundle()["text/html"]


def test_the_notebook_half_runs_no_text_and_starts_nothing():
    """No source, pickle or command is run; what it imports by name are modules of the course."""
    forbidden = {"eval", "exec", "compile", "__import__", "system", "popen", "Popen", "fork"}
    modules = {"pickle", "marshal", "shelve", "subprocess", "multiprocessing", "ctypes", "socket"}
    for path in Path(grader.checking.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                own = isinstance(node.func, ast.Attribute) and name == "compile"  # re.compile
                assert own or name not in forbidden, (path.name, name)
            if isinstance(node, ast.Import):
                assert not modules & {alias.name.split(".")[0] for alias in node.names}, path.name


# What a terminal obeys, what turns writing round, and what no message can carry.
ACTING = {
    "a colour": "\x1b[31mred",
    "the title of a window": "\x1b]0;title\x07",
    "a command in one character": "\x9b31m",
    "the same line once more": "wrong\rright",
    "letters taken back": "wrong\b\b\b\b\bright",
    "letters turned round": "\u202ethgir",
    "a part turned round": "\u2067thgir\u2069",
    "another kind of line end": "wrong\u2028right",
    "another page": "\x0c",
    "the end of a text": "\0",
    "half a character": "\ud800",
}


def acts(text):
    """The characters of a text that do more than stand there."""
    turns = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    return {
        c
        for c in set(text) - {"\n", "\t"}
        if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(c) in turns
    }


@pytest.mark.parametrize("name", ACTING)
def test_what_a_function_says_moves_nothing(name, tmp_path):
    text = ACTING[name]
    for act in (
        lambda x: (_ for _ in ()).throw(ValueError(text)),
        lambda x: print(text),
        lambda x: text,
        lambda x: {text: 1},
        lambda x: type(text.replace("\0", "").replace("\ud800", ""), (), {})(),
    ):
        report = check_function(find(RELU), act)
        data = json.dumps(report.as_dict(), ensure_ascii=False)
        assert acts(report.as_text() + report.as_html() + data) == set()
    file = tmp_path / progress_page.RECORD
    file.write_text(GOOD.replace("2026-01", json.dumps(text)[1:-1]) + "\n")
    page = certificate.page(text, datetime(2026, 6, 1, tzinfo=UTC).date(), file)
    assert page
    assert acts(page) == set()
    said = Progress(file).page()
    assert acts(said.text + said._repr_html_()) == set()


# What a call may leave behind; none of it may reach the next check, or the record.
LEFT = {
    "another json": lambda: setattr(json, "dumps", lambda *_, **__: "x"),
    "no json": lambda: setattr(json, "loads", None),
    "another os": lambda: setattr(os, "fsync", None),
    "another path": lambda: setattr(os.path, "relpath", None),
    "another Path": lambda: setattr(Path, "open", None),
    "another html": lambda: setattr(html, "escape", str),
    "another re": lambda: setattr(re, "sub", None),
    "another clock": lambda: setattr(time, "perf_counter", None),
    "another sys": lambda: setattr(sys, "_getframe", None),
    "no import": lambda: setattr(builtins, "__import__", None),
    "no input": lambda: delattr(builtins, "input"),
    "a closed output": lambda: sys.stdout.close(),
    "an output that answers itself": lambda: setattr(sys.stdout, "getvalue", lambda: 5),
    "another folder": lambda: os.chdir("/"),
    "other constants": lambda: setattr(sys, "maxsize", 0),
    "no depth": lambda: sys.setrecursionlimit(200),
    "short numbers": lambda: sys.set_int_max_str_digits(640),
    "one thread for long": lambda: sys.setswitchinterval(1000),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_a_call_leaves_behind_is_put_back(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = {tool: dict(vars(tool)) for tool in (builtins, html, json, os, os.path, re, Path)}

    def leaves(x):
        LEFT[name]()
        return np.maximum(x, 0), x

    settings = sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits()
    constants = sys.maxsize, sys.platform
    report = check_function(find(RELU), leaves)
    assert isinstance(report.printed, str)
    assert (sys.maxsize, sys.platform) == constants
    now = sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits()
    assert now == settings
    assert Path.cwd() == tmp_path
    for tool, names in before.items():
        changed = [n for n, v in names.items() if callable(v) and vars(tool).get(n) is not v]
        assert changed == []
    assert check_function(find(RELU), lambda x: (np.maximum(x, 0), x.copy())).cases


def _looks_on(phase, info):
    return [phase for _ in range(100)]


@pytest.mark.parametrize("watchers", [[], [_looks_on]], ids=["", "garbage collector watched"])
def test_a_recursion_without_end_ends(watchers):
    def deeper(x):
        sys.setrecursionlimit(10**6)
        return deeper(x)

    # An alarm that comes while the collector calls a watcher is lost, as it is with hypothesis.
    gc.callbacks.extend(watchers)
    began = time.perf_counter()
    try:
        report = check_function(find(RELU), deeper, seconds=0.05)
    finally:
        for watcher in watchers:
            gc.callbacks.remove(watcher)
    assert report.verdict is Verdict.TIMED_OUT
    assert time.perf_counter() - began < 20
