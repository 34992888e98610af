"""A training of a student's own, judged on recordings whose labels never reach its process."""

import inspect

import pytest

from grader.checking.definitions import find
from grader.checking.report import Verdict
from grader.engine.engine import Engine, Times
from grader.engine.submission import Step, case_seed
from grader.engine.submission import run as run_cells
from utils import recipe

ENTRY = "recipe.my_recipe"
SETUP = """
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
import numpy as np
from jaxtyping import Float, Int
from utils.optimizers import momentum_step
from utils.recipe import Recipe
from utils.schedules import cosine_decay
"""


def source(name):
    return inspect.getsource(inspect.unwrap(getattr(recipe, name)))


OWN = SETUP + "\n\n".join(map(source, ("fit_preparation", "shift_calls")))


@pytest.fixture(scope="module")
def engine():
    with Engine("15_recipe", times=Times(cell=20, case=10, submission=120)) as engine:
        yield engine


def judged(engine, entry):
    steps = [Step(OWN), Step(entry), Step("", check=ENTRY)]
    found = run_cells(engine, steps, seed=lambda id: case_seed(b"test", id))
    return found.outcomes[-1].report


def test_the_course_s_own_recipe_earns_all_points_in_the_sandbox(engine):
    report = judged(engine, source("my_recipe"))
    assert report.verdict is Verdict.RIGHT, report.as_text()
    assert report.score == find(ENTRY).points


def test_a_weaker_recipe_earns_a_share(engine):
    weak = "def my_recipe():\n    return Recipe(prepare=fit_preparation, lr=0.03, reg=0.03)"
    report = judged(engine, weak)
    assert report.verdict is Verdict.PARTLY
    assert 0 < report.score < find(ENTRY).points


LOOKS_ROUND = """
import gc, sys

def arrays():
    frame = sys._getframe(1)
    while frame:
        yield from frame.f_locals.values()
        frame = frame.f_back
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            yield from list(thing.values())
        elif isinstance(thing, (list, tuple)):
            yield from list(thing)[:50]

woods = []  # later its own earlier answers lie about, which have the same shape

def prepare(x_train):
    def of(x):
        if len(x) == 2000 and not woods:
            woods.append("seen")
            for a in arrays():
                if isinstance(a, np.ndarray) and a.dtype.kind == "i" and a.shape == (2000,):
                    raise RuntimeError("labels")
        return fit_preparation(x_train)(x)
    return of

def my_recipe():
    return Recipe(prepare=prepare, augment=shift_calls, lr=0.1, reg=3e-3)
"""


def test_a_recipe_that_looks_for_labels_finds_none(engine):
    report = judged(engine, LOOKS_ROUND)
    assert report.verdict is not Verdict.RAISED, report.as_text()
    assert report.score > 0


@pytest.mark.parametrize("name", ["make_calls", "draw_calls"])
def test_recordings_cannot_be_drawn_with_the_library(engine, name):
    arguments = "" if name == "make_calls" else "np.zeros(3, int), rng=np.random.default_rng(0)"
    entry = (
        f"from utils.calls import {name}\n"
        f"def my_recipe():\n    {name}({arguments})\n    return Recipe(prepare=fit_preparation)"
    )
    report = judged(engine, entry)
    assert report.score == 0


def test_what_is_no_recipe_is_refused_in_a_sentence(engine):
    report = judged(engine, "def my_recipe():\n    return {'lr': 0.1}")
    assert report.verdict is Verdict.RAISED
    assert "expected a Recipe" in report.summary
