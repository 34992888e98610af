import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from utils.augmentation import shift_images
from utils.convnet import ConvNet
from utils.layers import affine_forward, conv_forward, max_pool_forward


def rng(seed=0):
    return np.random.default_rng(seed)


def net(pool=2):
    return ConvNet((2, 8, 8), 3, filters=4, k=3, pool=pool, rng=rng())


@pytest.mark.parametrize("pool", [1, 2, 3, 6])
def test_scores_are_those_of_the_layers(pool):
    model, x = net(pool), rng(1).standard_normal((5, 2, 8, 8)).astype(np.float32)
    p = model.params
    w = p["w1"].T.reshape(4, 2, 3, 3)
    maps = np.maximum(0, conv_forward(x, w, p["b1"])[0])
    pooled = max_pool_forward(maps, size=pool, stride=pool)[0].transpose(0, 2, 3, 1)
    assert_allclose(model.features(x), pooled, atol=1e-5)
    want = affine_forward(np.ascontiguousarray(pooled).reshape(5, -1), p["w2"], p["b2"])[0]
    assert_allclose(model.scores(x), want, atol=1e-4)


@pytest.mark.parametrize("pool", [1, 2, 6])
def test_gradients_are_differences(pool):
    model = net(pool)
    model.params = {name: p.astype(float) for name, p in model.params.items()}
    x, y = rng(1).standard_normal((4, 2, 8, 8)).astype(np.float32), np.array([0, 1, 2, 1])
    grads = model.loss(x, y)[1]
    for name, w in model.params.items():
        for place in [tuple(rng(k).integers(0, w.shape)) for k in range(4)]:
            kept, ends = w[place], []
            for h in (1e-4, -1e-4):
                w[place] = kept + h
                ends.append(model.loss(x, y)[0])
            w[place] = kept
            assert_allclose((ends[0] - ends[1]) / 2e-4, grads[name][place], atol=2e-4)


def test_one_window_over_the_map_forgets_the_place():
    model = net(6)
    x = np.zeros((3, 2, 8, 8), np.float32)
    x[:, :, 3:5, 3:5] = rng(1).uniform(1, 2, (3, 2, 2, 2))
    assert_array_equal(model.features(x), model.features(shift_images(x, 1)))


def test_windows_that_do_not_fit_and_penalties_are_refused():
    with pytest.raises(ValueError, match="windows of 4 must fill 6 x 6"):
        net(4)
    with pytest.raises(ValueError, match="reg must be 0"):
        net().loss(np.zeros((1, 2, 8, 8), np.float32), np.array([0]), reg=0.1)


def test_it_learns():
    y = np.arange(60) % 3
    x = rng().standard_normal((60, 2, 8, 8)).astype(np.float32) * 0.1
    x[np.arange(60), 0, 2 * y, :] += 1
    model = net().fit(x, y, lr=0.1, updates=100, batch_size=20, rng=rng())
    assert np.mean(model.scores(x).argmax(axis=1) == y) > 0.95
