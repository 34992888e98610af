"""No function of the library answers an exercise of the lecture that is graded.

The search is automatic. Here it tries one function after the other on every exercise, and two
together on a few; `python -m tests.security.routes` tries two together on all.
"""

import hashlib
import os
import random
import re
import subprocess
import sys

import pytest

from grader.checking.definitions import exercises_of, lectures, withheld
from grader.course import current
from grader.engine.staging import stage
from tests.security.routes import search

PAIRS = 3  # exercises on which two functions together are tried


def some_exercises():
    """Which ones is drawn from the library's text: whoever changes it draws others."""
    library = current().root / current().library
    text = b"".join(path.read_bytes() for path in sorted(library.rglob("*.py")))
    chance = random.Random(hashlib.sha256(text).digest())
    known = [(lecture, e.id) for lecture in lectures() for e in exercises_of(lecture)]
    return chance.sample(known, PAIRS)


def test_a_trial_of_a_search_space_is_no_way_round_log_uniform(tmp_path):
    """`sample_trial` is at hand for random_search, and gives what that needs; not a log_uniform."""
    (tmp_path / "staged").mkdir()
    stage(["13_hyperparameters"], tmp_path / "staged", current())
    script = """
import numpy as np
from utils.hyperparameters import sample_trial
rng = np.random.default_rng(0)
print(sample_trial({"x": ("linear", 2.0, 2.0), "y": ("int", 3, 3), "z": ("choice", "a")}, rng=rng))
sample_trial({"x": ("log", 1e-3, 1.0)}, rng=rng)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(tmp_path / "staged")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "{'x': 2.0, 'y': 3, 'z': 'a'}"
    assert "NotImplementedError: log_uniform is an exercise" in done.stderr


@pytest.mark.parametrize("lecture", lectures())
def test_where_a_gradient_is_asked_for_no_derivative_is_at_hand(lecture):
    """The search tries no function of functions: these two ways answer every such exercise."""
    asked = [e for e in exercises_of(lecture) if re.search("backward|gradient|hvp", e.name)]
    if asked:
        found = withheld(lecture)
        assert {"gradients.numerical_gradient", "autodiff.operate"} <= found


def test_the_search_finds_a_constant_that_makes_one_function_another():
    id = "activations.relu_forward"
    found = search("02_activations", 1, [id], withheld=False)[id]
    assert "activations.elu_forward with 0.0, part 0 and arguments" in found


def test_the_search_finds_what_is_there():
    id = "activations.dead_fraction"
    assert id in search("02_activations", 1, [id], withheld=False)[id]


@pytest.mark.slow
@pytest.mark.parametrize("lecture", lectures())
def test_no_function_of_the_library_answers_an_exercise(lecture):
    found = search(lecture, depth=1)
    assert {id: routes for id, routes in found.items() if routes} == {}


@pytest.mark.slow
def test_no_two_functions_of_the_library_answer_one_of_some_exercises():
    for lecture, id in some_exercises():
        assert search(lecture, 2, [id]) == {id: []}
