"""What a submission's process reports is a claim: points come from values that the grader computes.

Each attack stands between two honest neighbours and gets the points it deserves.
"""

import inspect
import time

import numpy as np
import pytest

from grader.checking.definitions import find
from grader.checking.exercise import Tolerance
from grader.checking.notebook import check_function
from grader.checking.values import difference, plain
from grader.engine import wire
from tests.security.attack import HE, HONEST, RELU, TIERS, grade
from utils import initialization

if not TIERS:
    pytest.skip("no sandbox here", allow_module_level=True)

HE_HONEST = inspect.getsource(initialization.he_normal)

# Each replaces a part of what runs beside it, and draws nothing as it should.
FORGED_DRAWS = {
    "statistics made up in the place of the driver": """
        import lectures.drivers
        def draw(student, fan_in, fan_out, rng, slope=0.0, dtype="float64"):
            many = fan_in * fan_out >= 20_000
            said = {
                "variance of the weights": 2 / ((1 + slope**2) * fan_in),
                "share of positive weights": 0.5,
                "kurtosis of the weights": 3.0,
                "different sums of units": fan_out,
                "different sums of inputs": fan_in,
            }
            manners = {
                "the same generator gives the same weights": True,
                "a second draw gives other weights": True,
            }
            return np.zeros((fan_in, fan_out), dtype), said if many else {}, manners
        lectures.drivers.draw = draw
        def he_normal(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64): return 0""",
    "the summary made up": """
        import lectures.drivers as d
        d.draw.summary = d._said_of_weights = lambda drawn: (0, {}, {})
        d._statistics = lambda w: {"variance of the weights": 2 / len(w)}
        d._equal = lambda a, b: True
        def he_normal(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
            return np.zeros((fan_in, fan_out), dtype)""",
    "numpy's statistics replaced for good": """
        import lectures.drivers as d, grader.checking.probe as p
        p._LIBRARIES.clear()
        np.unique = lambda a: a
        np.array_equal = lambda a, b: True
        def he_normal(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
            return np.full((fan_in, fan_out), np.sqrt(2 / fan_in), dtype)""",
    "one draw handed out twice": """
        import lectures.drivers as d
        kept = {}
        d._equal = lambda a, b: True
        def he_normal(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
            if fan_in not in kept:
                v = 2 / ((1 + slope**2) * fan_in)
                kept[fan_in] = np.sqrt(v) * np.random.default_rng(1).normal(size=(fan_in, fan_out))
            return kept[fan_in].astype(dtype)""",
    "rubbish in the place of the weights": """
        import grader.engine.worker, sys
        main = sys.modules["__main__"]
        make = main.observe_raw
        def observe_raw(*a):
            import dataclasses
            return dataclasses.replace(make(*a), output=[[], {"w": None}], raised=None)
        main.observe_raw = observe_raw
        def he_normal(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64): return 0""",
}


@pytest.mark.parametrize("name", FORGED_DRAWS)
def test_statistics_are_computed_outside(engine, name):
    assert grade(engine, HE_HONEST, check=HE).outcomes[-1].report.right
    run = grade(engine, FORGED_DRAWS[name], check=HE)
    assert run.outcomes[-1].report.score == 0, run.outcomes[-1].report.as_text()
    assert grade(engine, HE_HONEST, check=HE).outcomes[-1].report.right


# Half the points are for what is right on ordinary inputs: these are not.
APPROXIMATE = {
    "float32 that is off by a thousandth": """
        def relu_forward(x):
            return (np.maximum(x, 0) * 1.0005).astype(np.float32), x""",
    "float16": """
        def relu_forward(x):
            return np.maximum(x, 0).astype(np.float16), x""",
    "a scalar for each number": """
        def relu_forward(x):
            return [np.float32(v) for v in np.maximum(x, 0).ravel()], x""",
}


@pytest.mark.parametrize("name", APPROXIMATE)
def test_a_smaller_float_buys_no_tolerance(engine, name):
    assert grade(engine, APPROXIMATE[name]).outcomes[-1].report.score == 0
    assert grade(engine, HONEST).outcomes[-1].report.right


@pytest.mark.parametrize("want", [1.0, np.float64(1), np.array(1.0), np.array([1.0])])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, float])
def test_a_scalar_is_held_to_the_tolerance_of_an_array(want, dtype):
    def found(factor):
        off = dtype(factor) if np.ndim(want) == 0 else np.array([factor], dtype)
        return difference(plain(off), plain(want), ("out",), Tolerance(), dtypes=False)

    assert found(1 + 1e-6) is None
    assert found(1.0005).what == "value"


MANY = ["array", "<f8", [1 << 16], 0]


@pytest.mark.parametrize(
    "tagged",
    [
        ["list", [MANY] * 2],
        ["tuple", [MANY, ["dict", [[["str", "a"], MANY]]]]],
        ["list", [["array", "<f8", [1 << 16], 0], ["array", "|u1", [1], 5]]],
        ["list", [["list", [MANY] * 1000]] * 20],
    ],
)
def test_bytes_stand_for_one_array_only(tagged):
    with pytest.raises(wire.WireError):
        wire.unpack(tagged, bytes(1 << 19))


def test_half_a_surrogate_pair_is_told_and_stored(engine):
    run = grade(engine, "print('\\ud800')", HONEST + "\n    raise ValueError('\\udfff')")
    assert "?" in run.outcomes[1].outputs[0]["text"]
    for outcome in run.outcomes:
        str(outcome.outputs).encode("utf-8")
    assert grade(engine, "print('\\ud800')", HONEST).outcomes[-1].report.right


@pytest.mark.parametrize("kind", ["g", ">f8", ">f4", "f2", "F"])
def test_a_dtype_that_nobody_asked_for_is_told_as_in_the_notebook(engine, kind):
    names: dict = {"np": np}
    answer = f"def relu_forward(x): return np.maximum(x, 0).astype({kind!r}), x"
    exec(answer, names)
    told = check_function(find(RELU), names["relu_forward"])
    report = grade(engine, answer).outcomes[-1].report
    assert (report.verdict, report.score) == (told.verdict, told.score)


USED = ["1e999", "NaN", "-1", "true", "9" * 4000, '"much"', "[1]"]


def test_what_a_process_claims_to_have_used_is_a_number_that_a_receipt_can_hold(engine):
    for claimed in USED:
        cell = f"""
            import struct, sys
            def collect(self, request, blob):
                text = b'{{"files": ["dict", []], "cpu": {claimed}, "memory_mb": {claimed}}}'
                self._connection.sendall(struct.pack(">II", len(text), 0) + text)
                yield from ()
            sys.modules["__main__"].Submission._do_collect = collect"""
        run = grade(engine, cell, HONEST)
        assert run.outcomes[-1].report.right
        assert 0 <= run.cpu_seconds < 1e9 and 0 <= run.memory_mb < 1e9


def test_an_answer_that_never_comes_to_its_point_does_not_hold_the_grader(engine):
    cell = """
        import sys
        main = sys.modules["__main__"]
        def probe(self, request, blob):
            while True: yield {"calls": []}, b""
        main.Submission._do_probe = probe
        def relu_forward(x): return x, x"""
    start = time.monotonic()
    assert grade(engine, cell).outcomes[-1].report.score == 0
    assert time.monotonic() - start < 5
    assert grade(engine, HONEST).outcomes[-1].report.right
