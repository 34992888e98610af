"""Submissions in the engine: the same verdicts as in the notebook, whatever else the cells do."""

import inspect
import os
import signal
import threading

import pytest

from grader.checking.definitions import find, withheld
from grader.checking.report import Verdict
from grader.engine import sandbox
from grader.engine.engine import Engine, Times
from grader.engine.staging import strip
from grader.engine.submission import Step, case_seed
from grader.engine.submission import run as run_cells
from utils import activations

LECTURE = "02_activations"
SETUP = Step("import numpy as np\nfrom jaxtyping import Float\nfrom grader import check, hint")
RELU = "activations.relu_forward"
BACK = "activations.relu_backward"


def seed(id):
    return case_seed(b"test", id)


def source(name):
    return inspect.getsource(getattr(activations, name))


@pytest.fixture(scope="module")
def engine():
    with Engine(LECTURE, times=Times(cell=3, case=0.7, submission=60)) as engine:
        yield engine


def run(engine, *steps, **options):
    steps = [SETUP, *(s if isinstance(s, Step) else Step(s) for s in steps)]
    return run_cells(engine, steps, seed=seed, **options)


def check(id):
    return Step("", check=id)


def test_a_right_function_earns_its_points(engine):
    outcome = run(engine, source("relu_forward"), check(RELU)).outcomes[-1]
    assert outcome.report.verdict is Verdict.RIGHT
    assert outcome.outputs[0]["data"]["text/plain"] == f"{find(RELU).points:g}"


def test_a_misconception_is_named_and_nothing_hidden_is_shown(engine):
    wrong = "def relu_forward(x):\n    return np.abs(x), x"
    report = run(engine, wrong, check(RELU)).outcomes[-1].report
    assert report.score == 0
    assert report.diagnosis
    assert "expected" not in report.summary


def test_cells_run_as_in_ipython(engine):
    outcomes = run(
        engine,
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "print('text'); 6 * 7",
        "import asyncio\nawait asyncio.sleep(0)\n1 / 0",
        "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))",
    ).outcomes[1:]
    assert "image/png" in outcomes[0].outputs[-1]["data"]
    assert [o["output_type"] for o in outcomes[1].outputs] == ["stream", "execute_result"]
    assert outcomes[1].outputs[1]["data"]["text/plain"] == "42"
    assert outcomes[2].outputs[0]["ename"] == "ZeroDivisionError"
    assert outcomes[3].outputs[0]["data"]["text/html"] == "<b>x</b>"
    assert [o.count for o in outcomes] == [2, 3, 4, 5]


def test_an_endless_loop_in_a_function_leaves_the_exercises_around_it_judged(engine):
    loop = "def sigmoid_backward(dout, cache):\n    while True:\n        pass"
    found = run(
        engine, source("relu_forward"), check(RELU), loop, check("activations.sigmoid_backward"),
        source("relu_backward"), check(BACK),
    )  # fmt: skip
    verdicts = [o.report.verdict for o in found.outcomes if o.report]
    assert verdicts == [Verdict.RIGHT, Verdict.TIMED_OUT, Verdict.RIGHT]


def test_a_cell_that_hangs_or_dies_leaves_the_exercises_around_it_judged(engine):
    found = run(
        engine, source("relu_forward"), "while True: pass", check(RELU),
        "import os; os._exit(3)", source("relu_backward"), check(BACK),
    )  # fmt: skip
    assert [o.problem for o in found.outcomes if o.problem] == ["timed out", "died"]
    assert [o.report.verdict for o in found.outcomes if o.report] == [Verdict.RIGHT] * 2


@pytest.mark.parametrize("when", ["in a cell", "in a check"])
def test_a_process_that_the_machine_ends_is_no_fault_of_the_submission(engine, monkeypatch, when):
    opened, open_one = [], Engine.open

    def opening(engine):
        opened.append(open_one(engine))
        if len(opened) == 1:
            kill = [opened[0]._pid, signal.SIGKILL]
            threading.Timer(0.4, os.kill, kill).start()
        return opened[-1]

    monkeypatch.setattr(Engine, "open", opening)
    pause = "import time\ntime.sleep(0.5)"
    right = "def relu_forward(x):\n    return np.maximum(x, 0), x"
    if when == "in a check":
        right = right.replace("    return", "    import time; time.sleep(0.2)\n    return")
    outcomes = run(engine, right, *([pause] if when == "in a cell" else []), check(RELU)).outcomes
    assert [o.problem for o in outcomes if o.problem] == []
    assert outcomes[-1].report.verdict is Verdict.RIGHT
    assert len(opened) > 1


def test_a_submission_has_a_time_of_its_own():
    with Engine(LECTURE, times=Times(cell=5, case=0.7, submission=1)) as engine:
        found = run(engine, "import time; time.sleep(2)", source("relu_forward"), check(RELU))
    assert found.outcomes[-1].report.verdict is Verdict.TIMED_OUT


def test_the_real_error_is_named_at_the_check(engine):
    report = run(engine, "def relu_forward(x:\n    return x", check(RELU)).outcomes[-1].report
    assert "SyntaxError" in report.summary


def test_files_come_in_and_go_out(engine):
    found = run(
        engine, "open('out.txt', 'w').write(open('in/data.txt').read() * 2)",
        files={"in/data.txt": b"ab"},
    )  # fmt: skip
    assert found.files["out.txt"] == b"abab"


def test_a_skipped_cell_is_not_run(engine):
    found = run(engine, Step("x = 1", skip=True), "x")
    assert found.outcomes[1].outputs == []
    assert found.outcomes[2].outputs[0]["ename"] == "NameError"


def test_submissions_do_not_see_each_other(engine):
    run(
        engine,
        "import builtins, numpy\nbuiltins.left = numpy.left = 1\nopen('left', 'w').write('')",
    )
    found = run(
        engine,
        "import builtins, os\nhasattr(builtins, 'left'), hasattr(np, 'left'), os.listdir('.')",
    )
    assert found.outcomes[1].outputs[0]["data"]["text/plain"] == "(False, False, [])"


def test_the_seed_decides_the_cases_and_the_receipt_tells_it(engine):
    steps = [SETUP, Step(source("relu_forward")), check(RELU)]
    first, again = (run_cells(engine, steps, seed=seed).receipt for _ in range(2))
    other = run_cells(engine, steps, seed=lambda id: case_seed(b"other", id)).receipt
    assert first == again
    assert first[0]["inputs"] != other[0]["inputs"]
    assert first[0]["seed"] == seed(RELU)


def test_what_is_withheld_is_absent_as_source_and_as_function():
    text = inspect.getsource(activations)
    names = {id.partition(".")[2] for id in withheld(LECTURE) if id.startswith("activations.")}
    stripped = strip(text, names)
    assert "np.maximum(0, x)" in text
    assert "np.maximum(0, x)" not in stripped.replace("\n", " ")
    namespace: dict = {}
    exec(stripped, namespace)
    for name in names:
        required = [
            p for p in inspect.signature(namespace[name]).parameters.values() if p.kind == 1
        ]
        with pytest.raises(NotImplementedError):
            namespace[name](*[None] * len(required))


def test_the_tier_is_found_by_trying():
    tier, reasons = sandbox.detect()
    assert tier in (1, 2, 3)
    assert len(reasons) == tier - 1
