"""The welcome's training finds what nobody told it, and too long a step breaks it."""

import numpy as np
import pytest

from tests.lectures.claims import measure, prose

LECTURE = "00_welcome"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    return measure(LECTURE, "w b losses celsius_read", tmp_path_factory.mktemp(LECTURE))


def test_training_finds_weight_and_bias(measured):
    assert measured["w"] == pytest.approx(1.8, abs=0.05)
    assert measured["b"] == pytest.approx(32, abs=0.5)


def test_a_loss_below_1_is_within_reach_of_the_hand(measured):
    assert "Bring the loss below 1" in prose(LECTURE)
    assert measured["losses"][-1] < 0.5


def test_a_step_of_0_005_is_too_long(measured):
    """Gradient descent explodes when the rate times the largest curvature exceeds 2."""
    assert "change 0.002 to 0.005" in prose(LECTURE)
    inputs = np.stack([measured["celsius_read"], np.ones(25)])
    curvature = np.linalg.eigvalsh(2 * inputs @ inputs.T / 25)[-1]
    assert 0.002 * curvature < 2 < 0.005 * curvature
