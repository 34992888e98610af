"""The welcome's training finds what nobody told it, and too long a step breaks it."""

import numpy as np
import pytest

from tests.lectures.claims import measure, prose
from utils.warmup import neuron_gradients

LECTURE = "00_welcome"


@pytest.fixture(scope="module")
def readings(tmp_path_factory):
    names = "celsius_read fahrenheit_read"
    found = measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))
    return np.array(found["celsius_read"]), np.array(found["fahrenheit_read"])


def descend(readings, rate, steps=4000):
    w, b, losses = 0.0, 0.0, []
    for _ in range(steps):
        found = neuron_gradients(*readings, w, b)
        losses.append(np.mean(found["error"] ** 2))
        if losses[-1] > 1e9:
            break
        w, b = w - rate * found["dw"], b - rate * found["db"]
    return w, b, losses


def test_the_loss_by_hand_is_the_noise_of_the_readings(readings):
    celsius, fahrenheit = readings
    assert "Weight 1.80 and bias 32 give a loss of 0.47" in prose(LECTURE)
    assert round(np.mean((1.8 * celsius + 32 - fahrenheit) ** 2), 2) == 0.47


def test_training_finds_weight_and_bias_from_the_rate_that_the_answer_names(readings):
    assert "From about 0.001 on: w = 1.82, b = 31.9, a loss of 0.41" in prose(LECTURE)
    w, b, losses = descend(readings, 0.001)
    assert (round(w, 2), round(b, 1), round(losses[-1], 2)) == (1.82, 31.9, 0.41)
    assert "2.56 and the bias 12.7" in prose(LECTURE)
    w, b, _ = descend(readings, 0.0001)
    assert (round(w, 2), round(b, 1)) == (2.56, 12.7)


def test_the_rate_of_0_002_arrives_after_2000_steps(readings):
    assert "the rate of 0.002 needs about 2000 steps" in prose(LECTURE)
    losses = descend(readings, 0.002)[2]
    assert losses[2000] < 1.1 * losses[-1] < 0.5 * losses[1000]


def test_a_step_of_0_005_is_too_long(readings):
    """Gradient descent diverges when the rate times the largest curvature exceeds 2."""
    inputs = np.stack([readings[0], np.ones(25)])
    border = 2 / np.linalg.eigvalsh(2 * inputs @ inputs.T / 25)[-1]
    assert "here 0.0039" in prose(LECTURE) and round(border, 4) == 0.0039
    assert len(descend(readings, 0.005)[2]) < 20
    assert descend(readings, 0.003)[2][-1] < 0.4
