"""failing: the call that goes wrong, with arguments that one can hand to the function again."""

import inspect

import numpy as np
import pytest

from grader import failing
from grader.checking.definitions import all_definitions, find
from grader.checking.evidence import evidence
from grader.checking.exercise import Exercise
from grader.checking.notebook import check_function
from grader.checking.wrong_call import wrong_call
from utils.optimizers import momentum_step

EXERCISES = [id for id, item in all_definitions().items() if isinstance(item, Exercise)]


@pytest.mark.parametrize("id", EXERCISES)
def test_the_arguments_are_those_that_the_function_itself_is_called_with(id):
    arguments = failing(id)
    assert arguments or not inspect.signature(find(id).reference).parameters
    find(id).reference(**arguments)


def wrong(id, student):
    exercise = find(id)
    results = check_function(exercise, student).cases
    return wrong_call(exercise, student, evidence(exercise), results)


def test_of_several_calls_it_is_the_first_that_goes_wrong():
    def stands_still(w, dw, state, *, lr, mu=0.9):
        if state is None:
            return momentum_step(w, dw, state, lr=lr, mu=mu)
        return w, state

    def stops(w, dw, state, *, lr, mu=0.9):
        if state is not None:
            raise RuntimeError("a second step")
        return momentum_step(w, dw, state, lr=lr, mu=mu)

    for student in (stands_still, stops):
        assert wrong("optimizers.momentum_step", student)["state"] is not None
    assert wrong("optimizers.momentum_step", lambda *_, **__: None)["state"] is None


def test_it_is_the_case_that_the_report_speaks_of():
    def only_small(x):
        out = np.maximum(0, x)
        return np.where(x > 100, 0, out).astype(np.float64), x  # float32 is the smaller mistake

    def in_place(x):
        x *= x > 0
        return x.copy(), x.copy()

    assert wrong("activations.relu_forward", only_small)["x"].max() > 100
    assert (wrong("activations.relu_forward", in_place)["x"] < 0).any()  # as it was before
