"""Combined predictions, and what an average gains."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from utils.ensembles import brier_split, combine, ensemble_sd
from utils.losses import log_softmax, softmax

shapes = st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(2, 5))


def draw(shape, seed=0):
    rng = np.random.default_rng(seed)
    return 2 * rng.standard_normal(shape), rng.integers(0, shape[2], shape[1])


@given(shape=shapes, seed=st.integers(0, 99))
@pytest.mark.parametrize("how", ["probs", "logits", "votes"])
def test_a_combination_is_a_row_of_probabilities_for_each_example(how, shape, seed):
    scores, _ = draw(shape, seed)
    probs = combine(scores, how)
    assert probs.shape == shape[1:]
    assert (probs >= 0).all()
    assert_allclose(probs.sum(axis=1), 1)


@pytest.mark.parametrize("how", ["probs", "logits"])
def test_one_network_is_its_own_ensemble(how):
    scores, _ = draw((1, 6, 4))
    assert_allclose(combine(scores, how), softmax(scores[0]))


def test_the_mean_of_scores_is_a_geometric_mean_of_probabilities():
    scores, _ = draw((5, 4, 3))
    geometric = np.exp(np.mean([log_softmax(s) for s in scores], axis=0))
    assert_allclose(combine(scores, "logits"), geometric / geometric.sum(axis=1, keepdims=True))


def test_one_that_is_sure_outweighs_two_that_are_not_but_does_not_outvote_them():
    scores = np.log([[[0.95, 0.05]], [[0.4, 0.6]], [[0.4, 0.6]]])
    assert_array_equal(combine(scores).argmax(axis=1), [0])
    assert_array_equal(combine(scores, "votes"), [[0, 1]])


def test_a_tie_goes_to_the_class_of_the_tie_that_the_mean_prefers():
    scores = np.log([[[0.03, 0.52, 0.45]], [[0.50, 0.05, 0.45]]])
    assert_array_equal(combine(scores, "votes"), [[0, 1, 0]])


@given(shape=shapes, seed=st.integers(0, 99))
def test_averaged_probabilities_never_have_a_higher_log_loss_than_their_members(shape, seed):
    scores, y = draw(shape, seed)
    members = -np.mean([log_softmax(s)[np.arange(len(y)), y] for s in scores])
    average = -np.log(combine(scores)[np.arange(len(y)), y]).mean()
    assert average <= members + 1e-12


@given(shape=shapes, seed=st.integers(0, 99))
def test_the_error_of_the_average_is_the_mean_error_less_the_ambiguity(shape, seed):
    scores, y = draw(shape, seed)
    members, ambiguity, ensemble = brier_split(np.stack([softmax(s) for s in scores]), y)
    assert ensemble == pytest.approx(members - ambiguity, abs=1e-12)
    assert ambiguity >= 0


def test_two_that_are_equal_and_opposite():
    probs = np.array([[[0.9, 0.1]], [[0.1, 0.9]]])
    assert_allclose(brier_split(probs, np.array([0])), (0.82, 0.32, 0.5))


@given(corr=st.floats(0, 1), m=st.integers(1, 12))
def test_the_deviation_of_a_mean_is_that_of_its_covariance_matrix(corr, m):
    covariance = 4 * (corr * np.ones((m, m)) + (1 - corr) * np.eye(m))
    assert ensemble_sd(2.0, corr, m) == pytest.approx(np.sqrt(covariance.mean()), abs=1e-12)


@pytest.mark.parametrize("bad", [(-1.0, 0.5, 3), (1.0, -0.1, 3), (1.0, 1.1, 3), (1.0, 0.5, 0)])
def test_a_deviation_is_refused_out_of_range(bad):
    with pytest.raises(ValueError, match="expected sd from 0, corr in"):
        ensemble_sd(*bad)


def test_what_does_not_exist_is_refused():
    scores, y = draw((2, 3, 4))
    with pytest.raises(ValueError, match="how must be 'probs', 'logits' or 'votes', got 'median'"):
        combine(scores, "median")
    with pytest.raises(ValueError, match="expected classes from 0 to 3"):
        brier_split(scores, y + 4)
