import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose, assert_array_equal

from utils.gradients import grad_check, numerical_gradient, relative_error

points = arrays(float, array_shapes(max_dims=3, max_side=4), elements=st.floats(-3, 3))


@settings(deadline=None)
@given(points)
def test_numerical_gradient_finds_the_slope_of_known_functions(x):
    assert_allclose(numerical_gradient(lambda x: np.sum(x**3), x), 3 * x**2, atol=1e-8)
    assert_allclose(numerical_gradient(lambda x: np.sum(np.sin(x)), x), np.cos(x), atol=1e-8)


def test_numerical_gradient_is_exact_on_a_quadratic_for_any_step():
    x = np.array([1.0, -2.0])
    assert_allclose(numerical_gradient(lambda x: np.sum(x**2), x, h=0.5), 2 * x)


def test_the_error_falls_with_the_square_of_the_step():
    x = np.array([1.0])
    errors = [
        abs(numerical_gradient(lambda x: np.exp(x).sum(), x, h=h)[0] - np.e) for h in (0.1, 0.01)
    ]
    assert_allclose(errors[0] / errors[1], 100, rtol=0.01)


def test_numerical_gradient_leaves_the_point_alone_and_f_may_write():
    x = np.array([1.0, 2.0])

    def rude(a):
        a *= 3
        return float(a.sum())

    assert_allclose(numerical_gradient(rude, x), [3, 3])
    assert_array_equal(x, [1, 2])


def test_float32_is_no_obstacle():
    x = np.array([0.1, 0.2, 0.3], np.float32)
    grad = numerical_gradient(lambda x: np.sum(x**2), x)
    assert grad.dtype == np.float32
    assert_allclose(grad, 2 * x, rtol=1e-6)


def test_numerical_gradient_takes_no_dimension_and_no_entry():
    assert_allclose(numerical_gradient(lambda x: float(x**2), np.array(3.0)), 6)
    assert numerical_gradient(lambda x: float(x.sum()), np.zeros((0, 2))).shape == (0, 2)


def test_relative_error_of_known_pairs():
    assert relative_error(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0
    assert_allclose(relative_error(np.array([100.0, 3.0]), np.array([100.0, 1.0])), 0.5)
    assert relative_error(np.array([1.0]), np.array([-1.0])) == 1
    assert relative_error(np.array([0.0]), np.array([5.0])) == 1
    assert_allclose(relative_error(np.array([0.0]), np.array([1e-10])), 0.01)
    assert relative_error(np.zeros(0), np.zeros(0)) == 0
    assert np.isnan(relative_error(np.array([np.nan, 1.0]), np.array([1.0, 1.0])))


def test_grad_check_names_the_gradient_that_is_wrong():
    params = {"w": np.array([[1.0, 2.0]]), "b": np.array([3.0])}
    errors = grad_check(
        lambda p: float(np.sum(p["w"] ** 2) * p["b"][0]),
        params,
        {"w": 2 * params["w"] * 3, "b": np.array([4.0])},
    )
    assert errors["w"] < 1e-8
    assert_allclose(errors["b"], 1 / 9, rtol=1e-6)  # right is 5
    assert list(errors) == ["w", "b"]


def test_relative_error_rejects_shapes_that_differ():
    with pytest.raises(ValueError, match=r"b has shape \(2, 1\), expected shape \(2,\) as in a"):
        relative_error(np.zeros(2), np.zeros((2, 1)))


def test_grad_check_rejects_keys_that_differ():
    with pytest.raises(ValueError, match=r"grads has the names \['b'\], expected \['w'\]"):
        grad_check(lambda p: 0.0, {"w": np.zeros(1)}, {"b": np.zeros(1)})
