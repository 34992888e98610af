"""How sure, how right, and one temperature."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.calibration import expected_calibration_error, fit_temperature
from utils.losses import softmax, softmax_loss

TEMPERATURES = list(np.geomspace(0.2, 8, 30))


def drawn_from(probs, rng):
    return np.array([rng.choice(len(row), p=row) for row in probs])


@given(bins=st.integers(1, 20), seed=st.integers(0, 50))
def test_the_error_lies_between_the_bias_and_1(bins, seed):
    rng = np.random.default_rng(seed)
    probs, y = rng.dirichlet(np.ones(4), 30), rng.integers(0, 4, 30)
    bias = abs((probs.argmax(axis=1) == y).mean() - probs.max(axis=1).mean())
    assert bias - 1e-12 <= expected_calibration_error(probs, y, bins=bins) <= 1


def test_by_hand():
    probs = np.array([[0.9, 0.1], [0.92, 0.08], [0.4, 0.6], [0.3, 0.7], [1.0, 0.0]])
    y = np.array([0, 1, 1, 0, 0])
    # bins of a tenth: 0.6 right; 0.7 wrong; 0.9 right, 0.92 wrong and 1.0 right in the last one
    want = (abs(1 - 0.6) + abs(0 - 0.7) + 3 * abs(2 / 3 - 2.82 / 3)) / 5
    assert expected_calibration_error(probs, y) == pytest.approx(want)


def test_an_edge_belongs_to_the_upper_bin():
    probs, y = np.array([[0.5, 0.5], [0.4, 0.6]]), np.array([1, 1])
    assert expected_calibration_error(probs, y, bins=2) == pytest.approx(abs(0.5 - 0.55))


def test_forecasts_that_come_true_as_often_as_they_say_are_calibrated():
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.ones(3), 6000)
    assert expected_calibration_error(probs, drawn_from(probs, rng)) < 0.02


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_the_temperature_that_the_labels_were_drawn_with_is_found(true):
    rng = np.random.default_rng(1)
    scores = 3 * rng.standard_normal((4000, 4))
    found = fit_temperature(scores, drawn_from(softmax(scores / true), rng), TEMPERATURES)
    assert found == pytest.approx(true, rel=0.2)


def test_no_candidate_has_a_lower_loss():
    rng = np.random.default_rng(2)
    scores, y = 4 * rng.standard_normal((50, 3)), rng.integers(0, 3, 50)
    losses = [softmax_loss(scores / t, y)[0] for t in TEMPERATURES]
    assert fit_temperature(scores, y, TEMPERATURES) == TEMPERATURES[int(np.argmin(losses))]


def test_the_first_of_equal_candidates():
    assert fit_temperature(np.zeros((3, 2)), np.array([0, 1, 0]), [2.0, 1.0]) == 2.0


@pytest.mark.parametrize("bad", [[], [1.0, 0.0], [-1.0]])
def test_temperatures_are_above_zero(bad):
    with pytest.raises(ValueError, match="temperatures must all be above 0"):
        fit_temperature(np.zeros((2, 2)), np.array([0, 1]), bad)


def test_no_bin_and_no_probability_are_refused():
    probs, y = np.array([[0.5, 0.5]]), np.array([0])
    with pytest.raises(ValueError, match="bins must be at least 1, got 0"):
        expected_calibration_error(probs, y, bins=0)
    with pytest.raises(ValueError, match="expected probabilities"):
        expected_calibration_error(4 * probs, y)
