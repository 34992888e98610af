"""What a check says about right, wrong and odd functions."""

import builtins
import itertools
import json
import time
import warnings

import numpy as np
import pytest

from grader.checking.exercise import Case, Exercise, Misconception, Property, Rng, Tolerance
from grader.checking.notebook import check_function
from grader.checking.report import Verdict
from grader.checking.values import difference
from utils import activations


def leaky_cases(rng):
    yield Case("five examples", (rng.standard_normal((5, 4)),))
    yield Case("slope 0.3", (rng.standard_normal((2, 3)),), {"slope": 0.3})
    yield Case("huge values", (np.array([-1e4, 0.0, 1e4]),), extreme=True)
    yield Case("a slope that is no slope", (np.ones(3),), {"slope": 2.0})


def one_direction(rng):
    x = rng.standard_normal((5, 2))
    yield Case("five examples", (x, np.array([1.0, -2.0]), 0.3, np.eye(2)[:1]))


def other_side(x, slope=0.01):
    if not 0 <= slope < 1:
        raise ValueError
    return np.where(x > 0, slope * x, x), (x, slope)


def ten_percent(x, slope=0.1):
    if not 0 <= slope < 1:
        raise ValueError
    return np.where(x > 0, x, slope * x), (x, slope)


LEAKY = Exercise(
    "activations.leaky_relu_forward",
    make_cases=leaky_cases,
    points=2,
    returns=("out", "cache"),
    misconceptions=(
        Misconception("slope on the wrong side", other_side, "Which side keeps slope 1?"),
        Misconception("a default of 0.1", ten_percent, "What is the default?", convention=True),
    ),
    hints=("Split at zero.",),
)


def right(x, slope=0.01):
    return activations.leaky_relu_forward(x, slope)


def test_a_right_function_earns_all_points():
    report = check_function(LEAKY, right)
    assert (report.verdict, report.score) == (Verdict.RIGHT, 2)
    assert report.diagnosis is None


def test_numpys_error_of_a_singular_matrix_is_the_value_error_that_was_asked_for():
    def inverted(x, slope=0.01):
        np.linalg.inv(np.diag([1.0, 1.0 if 0 <= slope < 1 else 0.0]))
        return activations.leaky_relu_forward(x, slope)

    assert check_function(LEAKY, inverted).verdict is Verdict.RIGHT


def test_a_loop_and_float32_inside_are_right_too():
    def loop(x, slope=0.01):
        if not 0 <= slope < 1:
            raise ValueError("no slope")
        out = np.empty_like(x)
        for index, value in np.ndenumerate(x):
            out[index] = value if value > 0 else slope * value
        return out, (x, slope)

    def single(x, slope=0.01):
        if not 0 <= slope < 1:
            raise ValueError("no slope")
        z = x.astype(np.float32)
        return np.maximum(z, np.float32(slope) * z).astype(x.dtype), (x, slope)

    assert check_function(LEAKY, loop).right
    assert check_function(LEAKY, single).right


@pytest.mark.parametrize("misconception", LEAKY.misconceptions, ids=lambda m: m.name)
def test_a_misconception_is_named(misconception):
    report = check_function(LEAKY, misconception.function)
    assert report.score == (1 if misconception.convention else 0)
    assert report.diagnosis is not None
    assert report.diagnosis.name == misconception.name
    assert (report.verdict is Verdict.OTHER_CONVENTION) == misconception.convention


def wrong_shape(x, slope=0.01):
    out, cache = right(x, slope)
    return out.ravel(), cache


def one_value(x, slope=0.01):
    return right(x, slope)[0]


def masked(x, slope=0.01):
    out, cache = right(x, slope)
    return np.ma.array(out), cache


def forgets_return(x, slope=0.01):
    right(x, slope)


def as_list(x, slope=0.01):
    out, cache = right(x, slope)
    return out.tolist(), cache


def nan(x, slope=0.01):
    out, cache = right(x, slope)
    return out * np.nan, cache


def broken(x, slope=0.01):
    return right(x, slope)[0] @ np.ones(17)


def unwritten(x, slope=0.01):
    raise NotImplementedError()


def leaves(x, slope=0.01):
    raise SystemExit(0)


def recursion(x, slope=0.01):
    return recursion(x, slope)


def lying(x, slope=0.01):
    class Lie(np.ndarray):
        def __eq__(self, other):
            return True

        def __array_function__(self, *args):
            return True

    return x.view(Lie), (x, slope)


@pytest.mark.parametrize(
    ("student", "verdict"),
    [
        (wrong_shape, Verdict.WRONG_SHAPE),
        (one_value, Verdict.WRONG_TYPE),
        (masked, Verdict.WRONG_TYPE),
        (forgets_return, Verdict.WRONG_TYPE),
        (as_list, Verdict.WRONG_TYPE),
        (lying, Verdict.WRONG_TYPE),
        (nan, Verdict.NOT_FINITE),
        (broken, Verdict.RAISED),
        (leaves, Verdict.RAISED),
        (recursion, Verdict.RAISED),
        (unwritten, Verdict.NOT_IMPLEMENTED),
    ],
)
def test_each_kind_of_wrong_has_its_verdict_and_no_points(student, verdict):
    report = check_function(LEAKY, student)
    assert (report.verdict, report.score) == (verdict, 0)


def in_place(x, slope=0.01):
    out, cache = right(x, slope)
    x[...] = out
    return out, cache


def widens(x, slope=0.01):
    out, cache = right(x, slope)
    return out.astype(np.float64), cache


def warns(x, slope=0.01):
    warnings.warn("overflow encountered in exp", RuntimeWarning, stacklevel=1)
    return right(x, slope)


def seeds_globally(x, slope=0.01):
    np.random.seed(0)
    return right(x, slope)


class KeepsState:
    calls = 0

    def __call__(self, x, slope=0.01):
        out, cache = right(x, slope)
        self.calls += 1
        return out if self.calls < 5 else out + 1, cache


@pytest.mark.parametrize(
    ("student", "verdict"),
    [
        (in_place, Verdict.CHANGES_INPUT),
        (widens, Verdict.WRONG_DTYPE),
        (warns, Verdict.WARNS),
        (seeds_globally, Verdict.GLOBAL_RANDOM),
    ],
)
def test_right_on_ordinary_inputs_but_ill_mannered_earns_half(student, verdict):
    report = check_function(LEAKY, student)
    assert (report.verdict, report.score) == (verdict, 1)


def test_a_function_that_keeps_state_does_not_pass():
    report = check_function(LEAKY, KeepsState())
    assert not report.right
    assert report.cases[-1].verdict is Verdict.KEEPS_STATE


def test_a_function_that_gives_an_array_at_first_and_a_number_later_keeps_state():
    answers = itertools.chain([np.zeros(2)], itertools.repeat(2.0))
    rate = Exercise("preprocessing.flip_rate", make_cases=one_direction, returns=("rate",))
    last = check_function(rate, lambda *args: next(answers)).cases[-1]
    assert (last.kind, last.verdict) == ("again", Verdict.KEEPS_STATE)


def test_a_wrong_function_without_state_is_not_said_to_keep_any():
    last = check_function(LEAKY, other_side).cases[-1]
    assert (last.kind, last.verdict) == ("again", Verdict.WRONG_VALUE)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ([1.0, 2.8e-17], "0"),
        ([1.0, -2.8e-17], "0"),
        ([1.0, 1e-9], "1e-09"),
        ([3e-17, 1e-17], "1e-17"),
    ],
)
def test_a_rounding_error_where_0_is_meant_is_told_as_0(wanted, told):
    wanted = np.array(wanted)
    found = difference(wanted + np.array([0, wanted[0]]), wanted, ("weights",), Tolerance())
    assert found is not None
    assert (found.where, found.want) == ("weights[1]", told)


def test_an_endless_loop_ends_with_a_verdict(monkeypatch):
    monkeypatch.setattr("grader.checking.probe.observe.__defaults__", (0.2,))

    def endless(x, slope=0.01):
        while True:
            pass

    start = time.perf_counter()
    report = check_function(LEAKY, endless)
    assert report.verdict is Verdict.TIMED_OUT
    assert time.perf_counter() - start < 30  # it ends, also on a busy machine


def test_a_stubborn_endless_loop_ends_too(monkeypatch):
    monkeypatch.setattr("grader.checking.probe.observe.__defaults__", (0.2,))
    swallowed = []

    def stubborn(x, slope=0.01):
        while len(swallowed) < 3:
            try:
                while True:
                    pass
            except Exception as error:
                swallowed.append(error)
        return right(x, slope)

    # It gave in at last, yet what the timer did to it must not reach the caller.
    assert check_function(LEAKY, stubborn) is not None


def breaks_python(x, slope=0.01):
    builtins.type = builtins.str = builtins.getattr = None  # type: ignore[assignment,misc]
    raise ValueError("and now?")


def test_a_function_that_breaks_python_and_raises_is_put_right_and_judged():
    before = builtins.type, builtins.str, builtins.getattr
    assert check_function(LEAKY, breaks_python).verdict is Verdict.CHANGES_LIBRARY
    assert (builtins.type, builtins.str, builtins.getattr) == before


def test_the_report_says_where_what_and_what_was_expected():
    def shifted(x, slope=0.01):
        out, cache = right(x, slope)
        return out + np.eye(*x.shape) if x.ndim == 2 else out, cache

    report = check_function(LEAKY, shifted)
    assert "`out[0, 0]`" in report.summary
    assert "five examples" in report.summary
    assert "expected" in report.summary


def test_the_report_is_html_text_and_json():
    def shouts(x, slope=0.01):
        print("<script>alert(1)</script>")
        return right(x, slope)[0] + 1, (x, slope)

    report = check_function(LEAKY, shouts)
    assert "<script>" not in report.as_html()
    assert "&lt;script&gt;" in report.as_html()
    assert "wrong value (0 of 2 points)" in report.as_text()
    assert json.loads(json.dumps(report.as_dict()))["verdict"] == "wrong value"


def relu_forward(x):
    return np.abs(x), x


def leans(x, slope=0.01):
    return relu_forward(x)[0] - slope * relu_forward(-x)[0], (x, slope)


@pytest.mark.parametrize("student, called", [(leans, True), (one_value, False)])
def test_a_parent_that_fails_is_mentioned_where_it_is_called(student, called):
    report = check_function(LEAKY, student, ["activations.relu_forward"])
    assert report.score == 0
    assert ("It calls `relu_forward`, which does not pass" in report.note) == called


# Random functions are judged by properties.


def mask_cases(rng):
    yield Case("half dropped", ((200, 50), 0.5), {"rng": Rng(1)})
    yield Case("a fifth dropped", ((100, 100), 0.2), {"rng": Rng(2)})


def fraction(case, mask):
    p_drop, kept = case.args[1], float(np.mean(mask != 0))
    return None if abs(kept - (1 - p_drop)) < 0.03 else f"{kept:.0%} of the units are kept"


def mask(shape, p_drop, *, rng):
    return (rng.random(shape) >= p_drop).astype(float)


def mask_keeps_p(shape, p_drop, *, rng):
    return (rng.random(shape) < p_drop).astype(float)


class Masks(Exercise):
    @property
    def reference(self):
        return mask


MASK = Masks(
    "dropout.mask",
    make_cases=mask_cases,
    properties=(Property("the kept fraction is 1 - p_drop", fraction),),
    misconceptions=(Misconception("keeps with probability p_drop", mask_keeps_p, "Keep or drop?"),),
)


def test_other_draws_are_right_when_the_properties_hold():
    def binomial(shape, p_drop, *, rng):
        return rng.binomial(1, 1 - p_drop, shape).astype(float)

    assert check_function(MASK, mask).right
    assert check_function(MASK, binomial).right


def test_a_broken_property_is_told_and_the_misconception_named():
    report = check_function(MASK, mask_keeps_p)
    assert report.score == 0
    assert "the kept fraction is 1 - p_drop does not hold" in report.summary
    assert report.diagnosis is not None


def ignores_rng(shape, p_drop, *, rng):
    return (np.random.default_rng(0).random(shape) >= p_drop).astype(float)


def own_generator(shape, p_drop, *, rng):
    return (np.random.default_rng().random(shape) >= p_drop).astype(float)


def global_generator(shape, p_drop, *, rng):
    return (np.random.rand(*shape) >= p_drop).astype(float)


@pytest.mark.parametrize("student", [ignores_rng, own_generator, global_generator])
def test_randomness_must_come_from_the_given_generator(student):
    assert not check_function(MASK, student).right


def test_checking_leaves_the_global_generator_alone():
    np.random.seed(3)
    expected = np.random.random(3)
    np.random.seed(3)
    check_function(MASK, global_generator)
    assert np.array_equal(np.random.random(3), expected)
