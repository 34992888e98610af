import numpy as np
from numpy.testing import assert_allclose

from utils.warmup import fahrenheit


def test_known_temperatures():
    """Ice melts, water boils, the scales meet, and a body is warm."""
    celsius = np.array([[0.0, 100], [-40, 37]])
    assert_allclose(fahrenheit(celsius), [[32, 212], [-40, 98.6]])


def test_float32_stays_float32():
    assert fahrenheit(np.ones(3, np.float32)).dtype == np.float32
