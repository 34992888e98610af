import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from utils.curvature import numerical_hessian
from utils.gradients import numerical_gradient
from utils.hessians import hvp, hvp_nodes, sharpness, softmax_net_nodes
from utils.losses import softmax_loss
from utils.networks import backprop_mlp
from utils.parameters import flatten_params, unflatten_params

sizes = st.integers(1, 5)
seeds = st.integers(0, 2**32 - 1)


def network(n, d, hidden, k, seed):
    """Examples, labels, parameters, and a direction in their space."""
    rng = np.random.default_rng(seed)
    shapes = {"w1": (d, hidden), "b1": (hidden,), "w2": (hidden, k), "b2": (k,)}
    params = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    v = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return rng.standard_normal((n, d)), rng.integers(k, size=n), params, v


def gradient(x, y, like):
    """The gradient as a function of all parameters in one vector."""

    def grad_fn(w):
        _, grads = backprop_mlp(x, y, unflatten_params(w, like), activation="tanh")
        return flatten_params({name: grads[name] for name in like})

    return grad_fn


# Products


@given(sizes, seeds, st.sampled_from([1e-6, 1.0, 1e6]))
def test_a_product_from_two_gradients_whatever_the_length(d, seed, length):
    rng = np.random.default_rng(seed)
    root, w, v = rng.standard_normal((d, d)), rng.standard_normal(d), rng.standard_normal(d)
    hessian = root + root.T
    got = hvp(lambda u: hessian @ u + u**3, w, length * v)
    want = length * (hessian + np.diag(3 * w**2)) @ v
    assert_allclose(got, want, rtol=1e-6, atol=1e-6 * np.abs(want).max())


def test_the_error_falls_with_the_square_of_the_distance():
    w, v = np.array([0.3, -0.7]), np.array([2.0, 1.0])
    exact = np.cos(w) * v
    errors = [np.abs(hvp(np.sin, w, v, h) - exact).max() for h in (0.1, 0.01)]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.01)


def test_a_direction_of_zero_gives_zero_without_asking():
    def refuses(w):
        raise AssertionError("not to be called")

    assert_allclose(hvp(refuses, np.ones(3), np.zeros(3)), 0)


def test_a_float32_product_is_as_good():
    w, v = np.array([0.5, -0.25], np.float32), np.array([1.0, 2.0], np.float32)
    got = hvp(lambda u: u**3, w, v)
    assert got.dtype == np.float32
    assert_allclose(got, 3 * w.astype(float) ** 2 * v, rtol=1e-6)


# Node by node


@settings(max_examples=25)
@given(sizes, sizes, sizes, st.integers(2, 4), seeds)
def test_the_exact_product_is_that_of_two_gradients(n, d, hidden, k, seed):
    x, y, params, v = network(n, d, hidden, k, seed)
    found = hvp_nodes(x, params, v, softmax_net_nodes(x, y, params))
    product = flatten_params({name: found[name] for name in ("hw1", "hb1", "hw2", "hb2")})
    want = hvp(gradient(x, y, params), flatten_params(params), flatten_params(v))
    assert_allclose(product, want, rtol=1e-5, atol=1e-6)


def test_every_node_moves_as_finite_differences_say():
    x, y, params, v = network(6, 4, 5, 3, seed=0)
    found = hvp_nodes(x, params, v, softmax_net_nodes(x, y, params))

    def moved(t):
        return softmax_net_nodes(x, y, {name: w + t * v[name] for name, w in params.items()})

    for name in ("z", "h", "s", "p", "ds", "dh", "dz"):
        slope = (moved(1e-5)[name] - moved(-1e-5)[name]) / 2e-5
        assert_allclose(found[f"r{name}"], slope, rtol=1e-6, atol=1e-8, err_msg=name)


def test_without_the_terms_of_the_upstream_gradients_it_is_gauss_newton():
    """J^T A J v, with the Jacobian J of the scores and the softmax's own second derivatives A."""
    x, y, params, v = network(4, 3, 2, 3, seed=1)
    nodes = softmax_net_nodes(x, y, params)
    still = nodes | {"ds": 0 * nodes["ds"], "dh": 0 * nodes["dh"]}
    found = hvp_nodes(x, params, v, still)
    product = flatten_params({name: found[name] for name in ("hw1", "hb1", "hw2", "hb2")})

    def scores(w):
        p = unflatten_params(w, params)
        return (np.tanh(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]).ravel()

    w = flatten_params(params)
    jac = np.array(
        [numerical_gradient(lambda u, i=i: float(scores(u)[i]), w) for i in range(scores(w).size)]
    )
    a = numerical_hessian(lambda s: softmax_loss(s.reshape(4, 3), y)[1].ravel(), scores(w))
    assert_allclose(product, jac.T @ a @ jac @ flatten_params(v), rtol=1e-5, atol=1e-7)
    assert np.linalg.eigvalsh(jac.T @ a @ jac)[0] > -1e-9


def test_nodes_hold_the_gradients():
    x, y, params, _ = network(5, 3, 4, 3, seed=2)
    nodes = softmax_net_nodes(x, y, params)
    _, grads = backprop_mlp(x, y, params, activation="tanh")
    assert_allclose(x.T @ nodes["dz"], grads["w1"], atol=1e-12)
    assert_allclose(nodes["dz"].sum(axis=0), grads["b1"], atol=1e-12)
    assert_allclose(nodes["h"].T @ nodes["ds"], grads["w2"], atol=1e-12)
    assert_allclose(nodes["ds"].sum(axis=0), grads["b2"], atol=1e-12)


# Sharpness


@pytest.mark.parametrize(
    "eigenvalues",
    [[5, 2, 1, -3], [-5, 2, 1], [-5, -2, -0.5], [0.4, 0.1], [-3], [0, 0, 0], [7, 7, 1]],
)
@pytest.mark.parametrize("seed", range(3))
def test_sharpness_is_the_largest_eigenvalue(eigenvalues, seed):
    rng = np.random.default_rng(seed)
    d = len(eigenvalues)
    q = np.linalg.qr(rng.standard_normal((d, d)))[0]
    hessian = (q * np.array(eigenvalues, float)) @ q.T
    got = sharpness(lambda v: hessian @ v, d, steps=100, rng=rng)
    assert_allclose(got, max(eigenvalues), atol=1e-8)


def test_sharpness_of_a_network_is_that_of_its_whole_hessian():
    x, y, params, _ = network(20, 3, 4, 3, seed=3)
    w, grad_fn = flatten_params(params), gradient(x, y, params)
    got = sharpness(lambda v: hvp(grad_fn, w, v), len(w), steps=300, rng=np.random.default_rng(0))
    assert_allclose(got, np.linalg.eigvalsh(numerical_hessian(grad_fn, w))[-1], rtol=1e-5)
