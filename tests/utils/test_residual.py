"""Residual networks and how they start."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.gradients import numerical_gradient, relative_error
from utils.residual import ResidualNet, branch_scale


@given(st.integers(1, 200), st.floats(1.01, 100))
def test_a_branch_scale_gives_the_growth_that_was_asked_for(blocks, growth):
    assert (1 + branch_scale(blocks, growth=growth) ** 2) ** blocks == pytest.approx(growth)


def test_for_many_blocks_growth_e_is_the_rule_of_thumb():
    assert branch_scale(10_000, growth=np.e) == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize(("blocks", "growth"), [(0, 2.0), (3, 1.0), (3, 0.5)])
def test_what_cannot_be_is_refused(blocks, growth):
    with pytest.raises(ValueError, match="expected blocks >= 1 and growth > 1"):
        branch_scale(blocks, growth=growth)


@pytest.mark.parametrize("options", [{}, {"scale": 0.5}, {"skip": False}, {"zero_last": True}])
def test_gradients_are_those_of_the_loss(options):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((7, 4)), rng.integers(3, size=7)
    net = ResidualNet((4, 5, 3), 2, rng=np.random.default_rng(1), **options)
    start = dict(net.params)

    def loss(name, value):
        net.params = start | {name: value}
        return net.loss(x, y)

    for name, value in start.items():
        wanted = numerical_gradient(lambda w, name=name: loss(name, w)[0], value)
        assert relative_error(loss(name, value)[1][name], wanted) < 1e-6


def test_blocks_that_begin_at_zero_pass_the_signal_on():
    net = ResidualNet((4, 5, 3), 6, zero_last=True, rng=np.random.default_rng(0))
    net.scores(np.random.default_rng(1).standard_normal((8, 4)))
    assert len(net.signals) == 7
    np.testing.assert_array_equal(net.signals[-1], net.signals[0])


def test_a_start_of_scale_one_doubles_the_signal_in_each_block():
    growth = []
    for seed in range(20):
        net = ResidualNet((50, 100, 3), 10, rng=np.random.default_rng(seed))
        net.scores(np.random.default_rng(99).standard_normal((40, 50)))
        growth.append((net.signals[-1] ** 2).mean() / (net.signals[0] ** 2).mean())
    assert np.mean(growth) == pytest.approx(2**10, rel=0.3)


def test_there_is_no_penalty():
    net = ResidualNet((4, 5, 3), 1, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="reg must be 0"):
        net.loss(np.ones((2, 4)), np.array([0, 1]), reg=0.1)
