import numpy as np
from numpy.testing import assert_allclose

from utils.warmup import fahrenheit, neuron_gradients


def test_known_temperatures():
    """Ice melts, water boils, the scales meet, and a body is warm."""
    celsius = np.array([[0.0, 100], [-40, 37]])
    assert_allclose(fahrenheit(celsius), [[32, 212], [-40, 98.6]])


def test_float32_stays_float32():
    assert fahrenheit(np.ones(3, np.float32)).dtype == np.float32


def test_the_gradients_of_a_neuron_are_those_of_its_loss():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 7))
    w, b, step = 0.7, -0.3, 1e-6

    def loss(w, b):
        return np.mean((w * x + b - y) ** 2)

    found = neuron_gradients(x, y, w, b)
    assert_allclose(found["dw"], (loss(w + step, b) - loss(w - step, b)) / (2 * step), rtol=1e-8)
    assert_allclose(found["db"], (loss(w, b + step) - loss(w, b - step)) / (2 * step), rtol=1e-8)
    assert_allclose(found["dw"], (found["dout"] * x).sum())
    assert_allclose(found["error"], w * x + b - y)
