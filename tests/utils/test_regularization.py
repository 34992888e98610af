import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from utils.gradients import numerical_gradient
from utils.losses import l1_penalty, l2_penalty
from utils.optimizers import gd
from utils.regularization import (
    early_stopping_shrinkage,
    growing_rate,
    max_norm,
    min_norm_fit,
    noise_terms,
    ridge_shrinkage,
    soft_threshold,
)

H = np.array([0.02, 0.5, 3.0])
TARGET = np.array([1.0, -2.0, 0.5])
seeds = st.integers(0, 2**32 - 1)


def test_ridge_is_where_loss_and_penalty_have_no_slope():
    w = ridge_shrinkage(H, 0.7) * TARGET
    slope = numerical_gradient(
        lambda w: 0.5 * np.sum(H * (w - TARGET) ** 2) + l2_penalty(w, reg=0.7)[0], w
    )
    assert_allclose(slope, 0, atol=1e-8)


@pytest.mark.parametrize("steps", [0, 1, 2, 30])
def test_an_early_stop_is_where_gradient_descent_has_come(steps):
    path = gd(lambda w: H * (w - TARGET), np.zeros(3), lr=0.4, steps=steps)
    assert_allclose(early_stopping_shrinkage(H, 0.4, steps) * TARGET, path[-1], atol=1e-15)


@given(st.floats(-5, 5), st.floats(0, 3))
def test_no_other_number_is_cheaper_than_the_soft_threshold(w, t):
    def price(u):
        return 0.5 * (u - w) ** 2 + l1_penalty(u, reg=t)[0]

    u = soft_threshold(np.array([w]), t)
    others = np.concatenate([np.linspace(-6, 6, 241), u + 1e-3, u - 1e-3])
    assert all(price(u) <= price(np.array([v])) + 1e-12 for v in others)


def test_at_the_price_and_below_it_the_soft_threshold_is_exactly_zero():
    assert_array_equal(soft_threshold(np.array([0.5, -0.5, 0.2, 0.0]), 0.5), np.zeros(4))


@given(seeds, st.floats(0.1, 3))
def test_max_norm_shortens_what_is_too_long_and_nothing_else(seed, limit):
    w = np.random.default_rng(seed).standard_normal((4, 5))
    before, limited = w.copy(), max_norm(w, limit=limit)
    lengths = np.linalg.norm(w, axis=0)
    assert_allclose(np.linalg.norm(limited, axis=0), np.minimum(lengths, limit))
    assert_allclose(limited * lengths, w * np.minimum(lengths, limit), atol=1e-12)
    assert_array_equal(w, before)


def test_a_unit_without_weights_stays_without():
    assert_array_equal(max_norm(np.zeros((3, 2)), limit=1.0), np.zeros((3, 2)))


def test_the_growing_rate_walks_the_same_directions():
    """On a loss of the direction alone: the angle to a target, in five dimensions."""
    target = np.array([1.0, 0.5, -0.3, 2.0, 0.1])

    def gradient(w):
        length = np.linalg.norm(w)
        return -(target - (target @ w) / length**2 * w) / length

    decayed = grown = np.array([0.4, -1.0, 0.7, 0.2, 0.9])
    for t in range(25):
        decayed = (1 - 0.3 * 0.2) * decayed - 0.3 * gradient(decayed)
        grown = grown - growing_rate(t, lr=0.3, weight_decay=0.2) * gradient(grown)
        assert_allclose(
            decayed / np.linalg.norm(decayed), grown / np.linalg.norm(grown), atol=1e-10
        )
    assert_allclose(np.linalg.norm(grown) / np.linalg.norm(decayed), 0.94**-25)


def test_without_decay_the_rate_stays():
    assert growing_rate(50, lr=0.3, weight_decay=0.0) == 0.3


def noise_data(seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((6, 3)), rng.standard_normal(6), rng.standard_normal(3)


def test_noise_terms_are_means_over_the_noise():
    x, y, w = noise_data()
    terms = noise_terms(x, y, w, std=0.8)
    rng = np.random.default_rng(1)
    predictions = (x + 0.8 * rng.standard_normal((200_000, 6, 3))) @ w
    assert_allclose(terms["mean"], predictions.mean(axis=0), atol=0.02)
    assert_allclose(terms["variance"], predictions.var(axis=0), rtol=0.02)
    assert_allclose(terms["loss"], 0.5 * ((predictions - y) ** 2).mean(), rtol=0.01)


def test_the_gradient_of_the_noisy_loss():
    x, y, w = noise_data(2)
    slope = numerical_gradient(lambda w: float(noise_terms(x, y, w, std=0.8)["loss"]), w)
    assert_allclose(noise_terms(x, y, w, std=0.8)["dw"], slope, rtol=1e-6)


@pytest.mark.parametrize("n, d", [(4, 7), (7, 4), (5, 5)])
def test_the_fit_of_smallest_norm_is_the_limit_of_ridge(n, d):
    rng = np.random.default_rng(n)
    features, targets = rng.standard_normal((n, d)), rng.standard_normal((n, 2))
    w = min_norm_fit(features, targets)
    assert_allclose(features.T @ (features @ w - targets), 0, atol=1e-10)
    assert_allclose(w, min_norm_fit(features, targets, reg=1e-9), atol=1e-5)
    if d > n:
        null = np.linalg.svd(features)[2][n:]
        assert_allclose(null @ w, 0, atol=1e-12)


def test_with_a_penalty_its_slope_and_that_of_the_errors_cancel():
    rng = np.random.default_rng(0)
    features, targets = rng.standard_normal((4, 6)), rng.standard_normal((4, 2))
    w = min_norm_fit(features, targets, reg=0.7)
    assert_allclose(features.T @ (features @ w - targets) + 0.7 * w, 0, atol=1e-12)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: ridge_shrinkage(-H, 0.5), "h of numbers >= 0"),
        (lambda: ridge_shrinkage(H, 0.0), "reg above 0"),
        (lambda: early_stopping_shrinkage(-H, 0.5, 2), "h must hold numbers >= 0"),
        (lambda: soft_threshold(H, -1.0), "t must be a number >= 0"),
        (lambda: max_norm(np.ones((2, 2)), limit=0.0), "limit must be a finite number"),
        (lambda: growing_rate(1, lr=2.0, weight_decay=0.5), "must be at least 0 and below 1"),
        (lambda: noise_terms(np.ones((2, 3)), np.ones(2), np.ones(3), std=-1.0), "std must be"),
        (lambda: min_norm_fit(np.ones((2, 3)), np.ones((2, 1)), reg=-1.0), "reg must be"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
