"""Points between networks, units in another order, statistics that belong to the weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from utils.merging import interpolate, match_units, refresh_running, renumber
from utils.networks import MLP, mlp_forward

units = st.integers(1, 6)


def network(hidden=5, seed=0):
    return MLP([4, hidden, 3], rng=np.random.default_rng(seed)).params | {
        "b1": np.random.default_rng(seed).standard_normal(hidden)
    }


@given(hidden=units, seed=st.integers(0, 20))
def test_the_same_function_with_its_units_in_another_order(hidden, seed):
    rng = np.random.default_rng(seed)
    params, x = network(hidden, seed), rng.standard_normal((6, 4))
    moved = renumber(params, rng.permutation(hidden).tolist())
    hs, _ = mlp_forward(x, params)
    others, _ = mlp_forward(x, moved)
    assert_allclose(others[-1], hs[-1], atol=1e-12)


def test_unit_i_is_what_unit_order_i_was():
    params = network(3)
    moved = renumber(params, [2, 0, 1])
    assert_array_equal(moved["b1"], params["b1"][[2, 0, 1]])
    assert_array_equal(moved["w1"][:, 0], params["w1"][:, 2])


@pytest.mark.parametrize("bad", [[0, 1], [0, 1, 1], [1, 2, 3]])
def test_an_order_names_each_unit_once(bad):
    with pytest.raises(ValueError, match="order must hold each of 0 to 2 once"):
        renumber(network(3), bad)


@given(seed=st.integers(0, 20))
def test_shuffled_units_are_found_again(seed):
    rng = np.random.default_rng(seed)
    params = network(6, seed)
    for name in ("w1", "w2"):  # units of different lengths would attract each other
        axis = 0 if name == "w1" else 1
        params[name] = params[name] / np.linalg.norm(params[name], axis=axis, keepdims=True)
    params["b1"] = np.zeros(6)
    shuffled = renumber(params, rng.permutation(6).tolist())
    again = renumber(shuffled, match_units(shuffled, params))
    for name, w in params.items():
        assert_allclose(again[name], w)


@given(t=st.floats(0, 1))
def test_a_line_between_two_networks(t):
    a, b = network(seed=1), network(seed=2)
    for name, w in interpolate(a, b, t).items():
        assert_allclose(w, a[name] + t * (b[name] - a[name]), atol=1e-12)


def test_networks_of_other_shapes_have_no_line_between_them():
    with pytest.raises(ValueError, match="b has the shapes"):
        interpolate(network(3), network(4), 0.5)
    with pytest.raises(ValueError, match="like has the shapes"):
        match_units(network(3), network(4))


def test_fresh_statistics_make_evaluation_what_training_on_all_examples_is():
    rng = np.random.default_rng(0)
    net = MLP([4, 6, 5, 3], norm="batch", rng=rng)
    for name in net.params:
        net.params[name] = net.params[name] + 0.3 * rng.standard_normal(net.params[name].shape)
    x, y = 2 + rng.standard_normal((40, 4)), rng.integers(0, 3, 40)
    in_training, _ = net.loss(x, y, train=True)
    net.running = refresh_running(net.params, x)
    in_evaluation, _ = net.loss(x, y, train=False)
    assert in_evaluation == pytest.approx(in_training)


def test_a_network_whose_layers_do_not_fit_is_refused():
    net = MLP([4, 6, 5, 3], norm="batch", rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="params has the shapes"):
        refresh_running(net.params, np.zeros((3, 5)))
