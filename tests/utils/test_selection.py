import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from utils.selection import mean_difference, nested_estimate, winners_curse


@given(st.integers(2, 12), st.integers(2, 12), st.integers(0, 1000))
def test_the_error_is_that_of_two_independent_means(n, m, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal(n), rng.standard_normal(m)
    difference, error = mean_difference(a, b, paired=False)
    assert_allclose(difference, a.mean() - b.mean())
    assert_allclose(error**2, a.var(ddof=1) / n + b.var(ddof=1) / m)


@given(st.integers(2, 12), st.integers(0, 1000))
def test_pairs_take_off_twice_the_covariance(n, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, n))
    _, paired = mean_difference(a, b, paired=True)
    _, unpaired = mean_difference(a, b, paired=False)
    assert_allclose(paired**2, unpaired**2 - 2 * np.cov(a, b)[0, 1] / n, atol=1e-12)


def test_what_both_sides_share_cancels():
    shared = np.random.default_rng(0).standard_normal(8)
    difference, error = mean_difference(shared + 0.25, shared, paired=True)
    assert_allclose(difference, 0.25)
    assert error < 1e-12


def test_the_error_is_that_which_simulation_finds():
    rng = np.random.default_rng(0)
    scores = [rng.normal(0, (2.0, 1.0), (9, 2)).T for _ in range(4000)]
    differences, errors = np.array([mean_difference(a, b, paired=False) for a, b in scores]).T
    assert differences.std() == pytest.approx(np.sqrt(5 / 9), rel=0.05)
    assert np.sqrt((errors**2).mean()) == pytest.approx(np.sqrt(5 / 9), rel=0.05)


@pytest.mark.parametrize("n, m, paired", [(1, 5, False), (5, 1, False), (1, 1, True), (4, 5, True)])
def test_a_difference_needs_two_scores_and_pairs_a_partner(n, m, paired):
    with pytest.raises(ValueError, match=f"a has {n} and b has {m} scores"):
        mean_difference(np.ones(n), np.ones(m), paired=paired)


@given(st.integers(1, 6), st.integers(0, 1000))
def test_the_curse_is_the_mean_over_all_choices_of_k(k, seed):
    rng = np.random.default_rng(seed)
    val, test = rng.random((2, 6))
    best = [max(drawn, key=lambda i: val[i]) for drawn in itertools.combinations(range(6), k)]
    found = winners_curse(val, test, k, rng=rng, repeats=2000)
    assert_allclose(found, (val[best].mean(), test[best].mean()), atol=0.06)


def test_the_curse_without_and_with_a_full_choice():
    val, test = np.array([0.1, 0.9, 0.5]), np.array([0.6, 0.4, 0.7])
    assert winners_curse(val, test, 3, rng=np.random.default_rng(0)) == pytest.approx((0.9, 0.4))


@pytest.mark.parametrize("k, repeats", [(0, 5), (4, 5), (2, 0)])
def test_the_curse_draws_from_one_to_all_runs(k, repeats):
    with pytest.raises(ValueError, match="expected 1 to 3"):
        winners_curse(np.ones(3), np.ones(3), k, rng=np.random.default_rng(0), repeats=repeats)


def test_nested_chooses_without_the_fold_it_reports():
    inner = np.array([[0.9, 0.1], [0.2, 0.8]])
    outer = np.array([[0.5, 1.0], [0.9, 0.6]])
    naive, nested = nested_estimate(inner, outer)
    assert naive == pytest.approx(0.8)
    assert nested == pytest.approx((0.5 + 0.6) / 2)


def test_of_equal_candidates_the_first_is_chosen():
    assert nested_estimate(np.ones((1, 3)), np.array([[0.2, 0.3, 0.4]]))[1] == pytest.approx(0.2)


def test_on_noise_nesting_reports_chance_and_the_naive_score_does_not():
    rng = np.random.default_rng(0)
    scores = [nested_estimate(*rng.binomial(20, 0.5, (2, 5, 40)) / 20) for _ in range(200)]
    naive, nested = np.mean(scores, axis=0)
    assert naive > 0.59
    assert nested == pytest.approx(0.5, abs=0.015)
