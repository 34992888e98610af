"""SiLU and GELU: values, gradients, extreme inputs."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose

from utils.gated import gelu_backward, gelu_forward, silu_backward, silu_forward

PAIRS = {"silu": (silu_forward, silu_backward), "gelu": (gelu_forward, gelu_backward)}
every_pair = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)


def test_values_by_hand():
    assert silu_forward(np.array([1.0]))[0] == pytest.approx(1 / (1 + math.exp(-1)))
    assert gelu_forward(np.array([1.0]))[0] == pytest.approx(0.841344746)
    assert gelu_forward(np.array([-1.0]))[0] == pytest.approx(-0.158655254)


@every_pair
@given(
    x=arrays(float, array_shapes(max_dims=3, max_side=4), elements=st.floats(-6, 6)),
    seed=st.integers(0, 99),
)
def test_backward_is_the_slope_of_forward(pair, x, seed):
    forward, backward = pair
    dout, h = np.random.default_rng(seed).standard_normal(x.shape), 1e-6
    slope = (forward(x + h)[0] - forward(x - h)[0]) / (2 * h)
    assert_allclose(backward(dout, forward(x)[1]), dout * slope, atol=1e-7)


def test_the_common_approximation_of_gelu_is_near():
    x = np.linspace(-6, 6, 1201)
    near = x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2
    assert np.abs(gelu_forward(x)[0] - near).max() < 5e-4


@every_pair
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_inputs_pass_or_vanish_without_a_warning(pair, dtype):
    forward, backward = pair
    x = np.array([-1e30, -1e4, -60, 0, 60, 1e4, 1e30], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out, cache = forward(x)
        dx = backward(np.ones_like(x), cache)
    assert_allclose(out, np.maximum(0, x), atol=1e-20)
    assert_allclose(dx, [0, 0, 0, 0.5, 1, 1, 1], atol=1e-20)
    assert out.dtype == dx.dtype == dtype
