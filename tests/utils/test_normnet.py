"""The network for experiments with batch norm."""

import numpy as np
import pytest

from utils.gradients import numerical_gradient, relative_error
from utils.normnet import NormNet


@pytest.mark.parametrize("order", ["none", "bn-act", "act-bn"])
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_gradients_are_those_of_the_loss(order, noise):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((12, 5)), rng.integers(3, size=12)
    net = NormNet([5, 6, 4, 3], order=order, noise=noise, rng=np.random.default_rng(1))
    start = dict(net.params)

    def loss(name, value):
        net.params, net.rng = start | {name: value}, np.random.default_rng(2)
        return net.loss(x, y)

    for name, value in start.items():
        wanted = numerical_gradient(lambda w, name=name: loss(name, w)[0], value)
        assert relative_error(loss(name, value)[1][name], wanted) < 1e-6


def test_evaluation_mode_does_not_look_at_the_batch():
    rng = np.random.default_rng(0)
    net, x = NormNet([5, 6, 3], noise=0.5, rng=rng), rng.standard_normal((8, 5))
    net.loss(x, np.zeros(8, int))
    assert net.scores(x[:1]) == pytest.approx(net.scores(x)[:1])


def test_an_unknown_order_is_refused():
    with pytest.raises(ValueError, match="order"):
        NormNet([5, 3], order="bn", rng=np.random.default_rng(0))
