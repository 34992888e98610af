"""The report on a class: what it counts, what it shows of students, and that it is only a page."""

import ast
import datetime
import html
import json
import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from grader.checking.definitions import find
from grader.checking.exercise import Exercise
from grader.engine.class_figures import Group, Submitted, figures
from grader.engine.unnamed import shared_code, shown
from tests.browser.lab import chromium, open_page
from tests.engine.course import (
    ANSWER,
    LECTURE,
    QUESTION_ANSWER,
    RIGHT,
    WRONG,
    grade,
    grader,
    nbgrader,
    released,
    submit,
)  # fmt: skip

# Two ways to write one idea that the course has no name for, and one that nobody else has.
PLUS_30 = {ANSWER: "def fahrenheit(celsius):\n    return 2 * celsius + 30"}
ALSO_30 = {ANSWER: "def fahrenheit(celsius):\n    # <b>quick</b>\n    return 30 + celsius * 2"}
LONE = {ANSWER: "def fahrenheit(celsius):\n    return 1.8 * celsius"}
# What would act on a page or in a terminal.
EVIL = "<script>alert(1)</script>\x1b[31m\u202e</pre><img src=http://example.org/x>"
ATTACK = {
    ANSWER: f"def fahrenheit(celsius):\n    '''doc'''\n    x = '''{EVIL}'''\n    return celsius"
}
CLASS = {
    "ada": RIGHT,
    "bob": RIGHT | WRONG,
    "cyd": RIGHT | WRONG,
    "dan": RIGHT | PLUS_30,
    "eve": RIGHT | ALSO_30,
    "fay": RIGHT | LONE | {QUESTION_ANSWER: "scales_meet = 32"},
    "gus": RIGHT | ATTACK | {QUESTION_ANSWER: "scales_meet = 7"},
    "hal": RIGHT | ATTACK | {QUESTION_ANSWER: "scales_meet = 'ice'"},
}


def hand_in(folder):
    for day, (name, answers) in enumerate(CLASS.items(), 1):
        place = submit(folder, name, released(folder, answers))
        (place / "timestamp.txt").write_text(f"2026-11-{day:02} 10:00:00 UTC")
    submit(folder, "ian", released(folder, {}))
    submit(folder, "jim", "rubbish")
    nbgrader(folder, "db", "student", "add", "kim")
    due = "2026-11-07 12:00:00 UTC"
    nbgrader(folder, "db", "assignment", "add", LECTURE, "--duedate", due)


@pytest.fixture(scope="module")
def reported(shared_folder):
    """What the command prints, and its page."""
    hand_in(shared_folder)
    grade(shared_folder, check=False)
    text = grader(shared_folder, "report", LECTURE).stdout
    return text, (shared_folder / "reports" / f"{LECTURE}.html").read_text(encoding="utf-8")


class Parts(HTMLParser):
    """The tags of a page, and its text by section."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.texts, self._section = Counter(), [], {}, ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs
        if tag == "section":
            self._section = dict(attrs)["aria-labelledby"]

    def handle_data(self, data):
        self.texts[self._section] = self.texts.get(self._section, "") + " " + data

    def text(self, section):
        return " ".join(self.texts[section].split())


def test_the_text_counts_verdicts_and_says_what_to_teach_first(reported):
    lines = reported[0].splitlines()
    assert lines[0] == f"{LECTURE}: 10 of 11 handed in, 9 graded, 1 late"
    (exercise,) = (line for line in lines if "scales.fahrenheit" in line and "%" in line)
    assert exercise.split()[:2] == ["11%", "11%"]
    first = lines[lines.index("Teach first:") + 1 :]
    assert [line.split()[:2] for line in first[:3]] == [["2", "scales.fahrenheit:"]] * 3
    assert any(line.endswith(": 32 first") for line in first[:3])
    assert sum("without a name" in line for line in first[:3]) == 2
    assert any("need a talk: 6 (--names says who)" in line for line in lines)


def test_the_page_shows_mistakes_answers_and_times(reported):
    parts = Parts(reported[1])
    assert "2 32 first Ice comes out at 57.6 degrees." in parts.text("exercises")
    questions = parts.text("questions")
    assert "At which temperature do both scales show the same number?" in questions
    assert "Of 7 who gave an answer" in questions  # the eighth answered "ice"
    assert questions.endswith("-40 ✓ right 5 71% 32 1 14% 7 1 14%")
    time = parts.text("time")
    assert "2026-11-08 1" in time and "due 2026-11-07 12:00, 1 came later" in time
    assert "Of 2 the time is not known" in time


def test_wrong_answers_without_a_name_stand_side_by_side_with_a_stub(reported):
    page = html.unescape(reported[1])
    assert "return 2 * celsius + 30" in page and "return 30 + celsius * 2" in page
    assert "2 students" in Parts(reported[1]).text("unnamed")
    assert "return 1.8 * celsius\n" not in page  # nobody else answers so
    assert "1 wrong answers without a name are nobody else's" in page
    (stub,) = re.findall(r"@FAHRENHEIT\.misconception.*?\n    return 2 .*?(?=<)", page, re.DOTALL)
    (function,) = ast.parse(stub).body
    assert isinstance(function, ast.FunctionDef)
    assert function.name == "_" and "A question that leads further?" in ast.get_docstring(function)


def test_a_pasted_stub_names_the_mistake(folder):
    for name, answers in {"dan": RIGHT | PLUS_30, "eve": RIGHT | ALSO_30}.items():
        submit(folder, name, released(folder, answers))
    grade(folder)
    grader(folder, "report", LECTURE, "--to", "page.html")
    page = html.unescape((folder / "page.html").read_text(encoding="utf-8"))
    (stub,) = re.findall(r"@FAHRENHEIT\.misconception.*?\n    return .*?(?=<)", page, re.DOTALL)
    exercises = folder / "lectures" / LECTURE / "exercises.py"
    stub = stub.replace("NAME THE IDEA IN A FEW WORDS", "a rule of thumb")
    exercises.write_text(f"{exercises.read_text()}\n\n{stub}\n")
    grade(folder, "--force")
    receipt = json.loads((folder / "receipts" / "eve" / f"{LECTURE}.json").read_text())
    assert receipt["notebooks"][LECTURE][0]["diagnosis"] == "a rule of thumb"


def test_nothing_of_a_submission_acts_on_the_page_or_in_a_terminal(reported):
    text, page = reported
    parts = Parts(page)
    for tag in ("script", "img", "link", "iframe", "form", "a"):
        allowed = len(re.findall('<a href="#', page)) if tag == "a" else 0
        assert parts.tags[tag] == allowed, tag
    assert not [name for name, _ in parts.attributes if name.startswith("on")]
    assert "<script>alert(1)" in html.unescape(page)  # it is there, as text
    for acting in ("\x1b", "\u202e"):
        assert acting not in page and acting not in text
    assert "default-src 'none'" in page and "http" not in re.sub(r"http-equiv|http://e", "", page)


def test_students_are_named_only_when_asked_for(reported, shared_folder):
    text, page = reported
    named = grader(shared_folder, "report", LECTURE, "--names", "--to", "named.html").stdout
    with_names = (shared_folder / "named.html").read_text(encoding="utf-8")
    for student in (*CLASS, "ian", "jim", "kim"):
        assert not re.search(rf"\b{student}\b", page + text), student
    assert "kim: has not handed in" in named and "jim: handed in, not graded" in named
    assert "ian: more than half is not written; less than half of the median" in named
    assert re.search(r"\bdan, eve\b", with_names)


def test_without_receipts_the_command_says_what_to_do(folder):
    done = grader(folder, "report", LECTURE, check=False)
    assert done.returncode == 1
    assert f"python -m grader autograde {LECTURE}" in done.stderr
    assert grader(folder, "report", "02_nowhere", check=False).returncode == 1


@pytest.mark.skipif(chromium() is None, reason="no chromium (apt-get install chromium)")
@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_the_page_has_no_barrier_and_asks_for_nothing(reported, shared_folder, scheme):
    from axe_playwright_python.sync_playwright import Axe

    asked = []
    with open_page() as page:
        media = {"media": "print"} if scheme == "print" else {"color_scheme": scheme}
        page.emulate_media(**media)
        page.on("request", lambda request: asked.append(request.url))
        address = (shared_folder / "reports" / f"{LECTURE}.html").as_uri()
        page.goto(address)
        found = Axe().run(page).response["violations"]
        page.set_viewport_size({"width": 390, "height": 844})
        wide = page.evaluate("document.documentElement.scrollWidth")
    assert asked == [address]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found] == []
    assert wide <= 390


# Numbers, without grading: receipts as a run writes them.


def receipt(*entries):
    return {"notebooks": {"02_activations": list(entries)}, "digest": ""}


def entry(id, score, points=2, **more):
    verdict = "right" if score == points else "wrong value"
    return {"id": id, "verdict": verdict, "score": score, "points": points, **more}


def of(receipts, **more):
    given = {"rows": {}, "roster": [], "submitted": list(receipts), "points": 4.0} | more
    return figures("02_activations", receipts, **given)


def test_two_mistakes_named_together_count_both():
    exercise = find("activations.relu_forward")
    assert isinstance(exercise, Exercise)
    a, b = (m.name for m in exercise.misconceptions[:2])
    found = of({
        "x": receipt(entry(exercise.id, 0, diagnosis=f"{a} and {b}")),
        "y": receipt(entry(exercise.id, 0, diagnosis=b)),
    })  # fmt: skip
    (item,) = (item for item in found.items if item.id == exercise.id)
    assert {m.name: m.count for m in item.mistakes} == {a: 1, b: 2}
    assert all(m.message for m in item.mistakes)


def test_what_strong_and_weak_students_get_right_alike_says_little():
    good, odd = "activations.relu_forward", "activations.relu_backward"
    more = "activations.sigmoid_forward"
    receipts = {}
    for i in range(20):
        strong = i < 10
        receipts[f"s{i}"] = receipt(
            entry(good, 2 * strong), entry(more, 2 * strong), entry(odd, 2 * (i % 2))
        )
    found = of(receipts)
    assert [item.id for item in found.badly_fitting] == [odd]
    assert of(dict(list(receipts.items())[5:13])).badly_fitting == []  # too few


def test_many_days_are_gathered_and_scores_beyond_the_points_stay_in_the_table():
    start = datetime.datetime(2026, 1, 1)
    days = (0, 1, 40, 400)
    rows = {str(n): Submitted(n, start + datetime.timedelta(n)) for n in days}
    found = of({name: receipt() for name in rows}, rows=rows)
    assert sum(count for _, count in found.time_line) == 4
    assert len(found.time_line) <= 63
    assert sum(found.histogram) == 4 and found.histogram[-1] == 2


def test_code_is_shown_up_to_a_size_and_never_parsed_into_an_error(tmp_path):
    exercise = find("activations.relu_forward")
    assert isinstance(exercise, Exercise)
    sources = {
        "long": "def relu_forward(x):\n" + "    x = x\n" * 5000,
        "wide": f"def relu_forward(x): return '{'y' * 10_000}'",
        "deep": f"def relu_forward(x): return {'(' * 5000}",
        "magic": "%timeit 1\ndef relu_forward(x):\n    return x",
        "zero": "def relu_forward(x):\n    return '\x00'",
    }
    for name, source in sources.items():
        place = tmp_path / "autograded" / name / "l"
        place.mkdir(parents=True)
        cells = [{"cell_type": "code", "source": source}, 7]
        if name != "zero":
            cells.pop()
        (place / "l.ipynb").write_text(json.dumps({"cells": cells}))
    for name in sources:
        group = Group(exercise.id, "wrong value", (name,))
        shared = shared_code(group, exercise, tmp_path, "l", "RELU")
        assert all(len(code) < 8000 for code, _ in shared.codes)
        assert bool(shared.codes) == (name != "zero")
        if shared.codes:
            ast.parse(shared.stub)


def test_a_name_is_shown_without_what_acts():
    assert shown("a\x1b[2Jb\u202ec") == "a\\u001b[2Jb\\u202ec"
    assert len(shown("x" * 1000)) <= 160
