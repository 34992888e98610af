"""Where NumPy cannot see floating-point errors, the watch says what it would have said.

Of 37,086 calls of all exercises (with every 15th mutant) NumPy warned in 160. The watch saw 158 of
them and invented none; the last test repeats a sample.
"""

import warnings
from functools import partial

import numpy as np
import pytest

from grader.audit.mutants import mutants
from grader.audit.styles import styles
from grader.checking import floating, probe
from grader.checking.definitions import all_definitions, find, lecture_of
from grader.checking.exercise import Exercise
from grader.checking.notebook import VISIBLE_SEED, check_function
from grader.checking.report import Verdict

FINITE = np.array([-1000.0, 0.0, 3.0, 1000.0])


def inverse(x):
    return x / np.array([0.0])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: np.log(abs(x)),
        lambda x: np.log(x),
        lambda x: x / 0,
        lambda x: x**-1.0,
        lambda x: np.exp(x) - np.exp(x),
        lambda x: np.sqrt(x),
        lambda x: np.array([np.exp(v) for v in x]),
        lambda x: x[3] * 1e308,
        lambda x: x[1] / x[1],
        lambda x: np.asarray(x) / 0,
        lambda x: np.zeros(3) / np.zeros(3),
        lambda x: np.where(x > 0, np.exp(x), 0),
        lambda x: (1e306 * x).sum(),
        lambda x: np.sum([1e308, 1e308]) + (1e308 * np.ones(2)).sum(),
        lambda x: (1e38 * x).astype(np.float32),
        lambda x: (x / 0.0 if x.any() else x).astype(int),
        lambda x: np.exp(x, out=np.zeros(4)),
        lambda x: np.mean(np.exp(x)) - np.exp(x)[3],
        lambda x: np.stack([x, x]) / 0,
        lambda x: np.array([3, 4]) // np.array([0, 1]),
        lambda x: (1e200 * x) @ (1e200 * x),
        lambda x: np.sqrt(-1.0) + np.log(0.0),
        lambda x: np.dot(1e200 * x, 1e200 * x),
        lambda x: (1e200 * x).dot(1e200 * x),
        inverse,
    ],
)
def test_it_says_what_numpy_says(function):
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("always")
        function(FINITE.copy())
        said = list(dict.fromkeys(str(w.message) for w in caught))
    assert said
    with np.errstate(all="warn", under="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = floating.unseen(lambda: function(floating.watched(FINITE.copy())))
    assert found[:1] == said[:1]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.maximum(x, 0),
        lambda x: np.exp(-abs(x)),
        lambda x: np.where(x > 0, 1, np.inf) + 1,
        lambda x: np.log(x, out=np.zeros(4), where=x > 0),
        lambda x: np.array([np.nan]) * x[0],
        lambda x: x[x > 5000].sum(),
        lambda x: x.astype(np.float32),
    ],
)
def test_it_is_silent_where_numpy_is(function):
    with warnings.catch_warnings(), np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("error")
        function(FINITE.copy())
        assert floating.unseen(lambda: function(floating.watched(FINITE.copy()))) == []


def test_what_a_function_switches_off_is_not_said():
    def quiet(x):
        with np.errstate(over="ignore"):
            return np.exp(abs(x)) / 0

    with np.errstate(all="warn"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = floating.unseen(partial(quiet, floating.watched(FINITE)))
    assert found == ["divide by zero encountered in divide"]


def test_numpy_is_as_it_was_after_a_watch_that_failed():
    before = dict(vars(np))
    assert floating.unseen(lambda: 1 / 0) == []
    assert vars(np) == before


@pytest.fixture
def blind(monkeypatch):
    """A NumPy that never warns, as in WebAssembly."""
    monkeypatch.setattr(probe, "BLIND", True)
    monkeypatch.setattr(probe, "_numerical", lambda _: False)


def plain_exponential(x):
    out = 1 / (1 + np.exp(-x))
    return out, out


def test_an_overflow_is_told_where_numpy_is_blind(blind):
    report = check_function(find("activations.sigmoid_forward"), plain_exponential)
    assert report.verdict is Verdict.WARNS
    assert "overflow encountered in exp" in report.summary


def counting():
    """A wrong function whose answers tell how often it was called."""
    calls = []

    def function(x):
        calls.append(1)
        return x + len(calls), x

    return function


def test_a_function_that_counts_its_calls_answers_as_it_does_elsewhere(monkeypatch):
    exercise = find("activations.relu_forward")
    at_a_desk = check_function(exercise, counting())
    monkeypatch.setattr(probe, "BLIND", True)
    assert check_function(exercise, counting()) == at_a_desk


@pytest.mark.slow
def test_of_the_courses_own_functions_it_finds_the_warnings_and_invents_none():
    """By a fixed rule: every eighth exercise, of each all known functions, and some mutants."""
    exercises = [d for d in all_definitions().values() if isinstance(d, Exercise)][::8]
    warned, missed, invented = 0, [], []
    for exercise in exercises:
        functions = [m.function for m in exercise.misconceptions]
        functions += [function for _, function in styles(exercise, lecture_of(exercise.id))]
        functions += [mutant.function for mutant in mutants(exercise.reference)[::20]]
        cases = exercise.draw(np.random.default_rng(VISIBLE_SEED))
        for function in functions:
            for case in cases:
                seen = probe.observe(function, case, exercise.driver, 1.0)
                if seen.raised:
                    break
                real = [text for text in seen.warned if " encountered in " in text]
                unheard = probe.replace(seen, warned=())
                found = probe._warnings_added(unheard, function, case, exercise.driver).warned
                warned += bool(real)
                if real and not found:
                    missed.append((exercise.id, case.name, real))
                if found and not real:
                    invented.append((exercise.id, case.name, found))
    assert invented == []
    assert warned >= 5
    assert len(missed) <= warned / 10, missed
