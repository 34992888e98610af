"""The audit's larger families: what a check must accept, and what it must not."""

import numpy as np

from grader import Case, Exercise
from grader.audit.equal_forms import equal_forms
from grader.audit.promises import promises, untested
from grader.audit.thoughtful import ideas
from utils.activations import dead_fraction, sigmoid_backward
from utils.initialization import orthogonal
from utils.normalization import batchnorm_backward


def test_equal_forms_compute_the_same_and_are_other_functions():
    rng = np.random.default_rng(0)
    dout, x_hat = rng.normal(size=(2, 6, 3))
    arguments = dout, (x_hat, np.array([0.5, 2.0, -1.0]), np.array([3.0, 0.1, 1.0]), True)
    forms = dict(equal_forms(batchnorm_backward))
    assert {"multiplied out", "times the reciprocal"} <= set(forms)
    for form in forms.values():
        for got, want in zip(form(*arguments), batchnorm_backward(*arguments), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


def test_an_idea_is_used_only_where_it_makes_a_difference():
    found = {idea.what: idea for idea in ideas(dead_fraction)}
    half = found["the first half of h only"]
    assert not half.used
    half.function(np.array([[0.0, 1.0]]))
    assert not half.used  # half of one row is that row
    assert half.function(np.array([[0.0, 0.0], [0.0, 1.0]])) == 1.0
    assert half.used
    elementwise = {idea.what: idea for idea in ideas(sigmoid_backward)}[
        "the first half of dout only"
    ]
    elementwise.function(np.ones((4, 2)), np.full((4, 2), 0.5))
    assert not elementwise.used  # the answer would have another shape


def test_other_draws_keep_the_interface_of_the_generator():
    found = {idea.what: idea.function for idea in ideas(orthogonal)}
    w = found["uniform numbers for normal ones"](4, 4, rng=np.random.default_rng(0))
    np.testing.assert_allclose(w.T @ w, np.eye(4), atol=1e-12)


def test_a_sentence_that_draws_a_border_needs_a_case():
    exercise = Exercise("activations.dead_fraction")

    @exercise.cases
    def _(rng):
        yield Case("one unit is always zero", (rng.normal(size=(3, 2)),))

    cases = exercise.draw(np.random.default_rng(0))
    sentences = promises(exercise)
    exercise.promises = {s: "one unit is always zero" for s in sentences}
    assert list(untested(exercise, cases)) == []
    exercise.promises = {"such a sentence": "one unit is always zero"}
    said = list(untested(exercise, cases))
    assert said[-1] == "the text does not say “such a sentence”"
    assert len(said) == len(sentences) + 1
    exercise.promises = {s: "no such case" for s in sentences}
    assert all("but there is no such case" in line for line in untested(exercise, cases))
