import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from utils.noise import best_rate, expected_loss, noisy_step, optimal_rates

positive = st.floats(0.05, 5)


def test_a_step_agrees_with_many_random_walks():
    rng = np.random.default_rng(0)
    w = rng.choice([-2.0, 2.0], 200_000)
    moved = w - 0.3 * (1.4 * w + 0.8 * rng.standard_normal(len(w)))
    assert noisy_step(4.0, 0.3, h=1.4, noise=0.8) == pytest.approx(np.mean(moved**2), rel=0.01)


@given(h=positive, noise=positive)
def test_the_floor_of_a_constant_rate_stays_where_it_is(h, noise):
    lr = 0.3 / h
    floor = lr * noise**2 / (h * (2 - lr * h))
    assert noisy_step(floor, lr, h=h, noise=noise) == pytest.approx(floor)


@given(m=positive, h=positive, noise=st.floats(0, 5))
def test_no_other_rate_is_better_for_one_step(m, h, noise):
    best = best_rate(m, h=h, noise=noise)
    lowest = noisy_step(m, best, h=h, noise=noise)
    for factor in (0.5, 0.99, 1.01, 2.0):
        assert noisy_step(m, factor * best, h=h, noise=noise) >= lowest * (1 - 1e-12)


def test_the_greedy_rates_from_far_out_are_one_over_t():
    m, rates = 1e9, []
    for _ in range(50):
        rates.append(best_rate(m))
        m = float(noisy_step(m, rates[-1]))
    assert_allclose(rates, 1 / np.arange(1, 51), rtol=1e-6)


def test_directions_do_not_mix():
    rates, h, noise = (
        np.array([0.5, 0.2, 0.4]),
        np.array([0.3, 1.0, 2.0]),
        np.array([1.0, 0.2, 2.0]),
    )
    apart = [
        expected_loss(rates, h[i : i + 1], start=3.0, noise=float(noise[i])) for i in range(len(h))
    ]
    assert expected_loss(rates, h, start=3.0, noise=noise) == pytest.approx(sum(apart))


def test_without_noise_and_at_one_over_h_nothing_is_left():
    assert expected_loss(np.array([0.25]), np.array([4.0]), start=7.0, noise=0.0) == 0


def test_in_one_direction_the_optimal_rates_are_the_greedy_ones():
    rates = optimal_rates(np.array([1.0]), start=10.0, noise=1.0, steps=20)
    assert_allclose(rates, 1 / (np.arange(20) + 1.01), rtol=1e-3)


def test_no_single_change_improves_the_optimal_rates():
    h = 1 / np.arange(1.0, 21)
    rates = optimal_rates(h, start=10.0, noise=np.sqrt(h), steps=25, cap=1.9)
    best = expected_loss(rates, h, start=10.0, noise=np.sqrt(h))
    for t in range(25):
        for change in (-0.01, 0.01):
            other = rates.copy()
            other[t] = np.clip(other[t] + change, 0, 1.9)
            assert expected_loss(other, h, start=10.0, noise=np.sqrt(h)) >= best * (1 - 1e-9)
    assert rates.max() <= 1.9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: best_rate(0.0), "m > 0"),
        (lambda: best_rate(1.0, h=-1.0), "h > 0"),
        (lambda: best_rate(1.0, noise=-1.0), "noise >= 0"),
        (lambda: optimal_rates(np.ones(2), start=1.0, noise=0.0, steps=3), "above 0"),
        (lambda: optimal_rates(np.ones(2), start=1.0, noise=1.0, steps=0), "steps 0"),
    ],
)
def test_rejects_what_has_no_best_rate(call, message):
    with pytest.raises(ValueError, match=message):
        call()
