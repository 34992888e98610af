import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from utils.augmented import augmented_split, draw_sets, predict_views
from utils.losses import softmax


def rng(seed=0):
    return np.random.default_rng(seed)


def numbered(n):
    return np.arange(n, dtype=float).reshape(-1, 1, 1, 1) + np.zeros((1, 1, 3, 3))


def test_nothing_of_a_validation_image_is_in_training():
    x, y = numbered(30), np.arange(30) % 7

    def tinge(x, *, rng):
        return x + rng.uniform(0.1, 0.4, (len(x), 1, 1, 1))

    x_train, y_train, x_val, y_val = augmented_split(x, y, [tinge], n_val=8, copies=2, rng=rng())
    ids_train, ids_val = np.floor(x_train[:, 0, 0, 0]), x_val[:, 0, 0, 0]
    assert_array_equal(np.unique(np.concatenate([ids_train, ids_val])), np.arange(30))
    assert not np.isin(ids_val, ids_train).any()
    assert_array_equal(np.unique(ids_train, return_counts=True)[1], 3)
    assert_array_equal(y_train, ids_train.astype(int) % 7)
    assert_array_equal(y_val, ids_val.astype(int) % 7)


def test_views_are_averaged_as_probabilities():
    scores = {0.0: np.array([[100.0, 0.0]]), 1.0: np.array([[0.0, 1.0]])}
    p = predict_views(lambda view: scores[view[0, 0]], [np.zeros((1, 1)), np.ones((1, 1))])
    assert_allclose(p, (softmax(scores[0.0]) + softmax(scores[1.0])) / 2)


def test_sets_are_drawn_without_replacement():
    x, y = np.arange(20), np.arange(20) % 3
    xs, ys = draw_sets(x, y, 15, [0, 1])
    assert all(len(set(row)) == 15 for row in xs)
    assert_array_equal(ys, xs % 3)
    assert list(xs[0]) != list(xs[1])
