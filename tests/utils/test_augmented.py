from functools import partial

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from utils.augmentation import random_crop
from utils.augmented import (
    augmented_split,
    draw_sets,
    predict_views,
    stack_accuracy,
    stack_hidden,
    stack_scores,
    train_stack,
)
from utils.data import load_digits
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


def test_a_stack_trains_like_a_single_network():
    """Gradient descent by hand on one of the sets, with one of the rates."""
    x, targets = rng().standard_normal((2, 12, 3)), np.eye(2)[rng(1).integers(0, 2, (2, 12))]
    start = train_stack(x, targets, [4], lrs=[0.1], updates=0, seed=3)
    one = train_stack(x, targets, [4], lrs=[0.1, 0.5], updates=1, batch_size=6, start=start, seed=5)
    (w1, b1), (w2, b2) = [(w[0, 1].astype(float), b[0, 1].astype(float)) for w, b in start]
    batch = rng(5).integers(0, 12, (2, 6))[1]
    xs, ts = x[1, batch], targets[1, batch]
    h = np.maximum(0, xs @ w1 + b1)
    dscores = (softmax(h @ w2 + b2) - ts) / 6
    dz = dscores @ w2.T * (h > 0)
    assert_allclose(one[1][0][1, 1], w2 - 0.5 * h.T @ dscores, atol=1e-5)
    assert_allclose(one[0][0][1, 1], w1 - 0.5 * xs.T @ dz, atol=1e-5)
    assert_allclose(one[0][1][1, 1, 0], b1[0] - 0.5 * dz.sum(axis=0), atol=1e-5)


def test_a_stack_learns_and_a_change_reaches_every_batch():
    digits = load_digits()
    xs, ys = draw_sets(digits.x_train, digits.y_train, 200, range(2))
    shapes = []

    def change(x, targets, rng):
        shapes.append((x.shape, targets.shape))
        moved = partial(random_crop, size=8, pad=0)(x.reshape(-1, 1, 8, 8), rng=rng)
        return moved.reshape(len(x), -1), targets

    nets = train_stack(xs, np.eye(10)[ys], [30], lrs=[0.1, 0.3], updates=150, change=change)
    assert shapes == [((100, 64), (100, 10))] * 150
    assert stack_scores(nets, digits.x_val).shape == (2, 2, 299, 10)
    assert stack_hidden(nets, digits.x_val).shape == (2, 2, 299, 30)
    assert stack_accuracy(nets, digits.x_val, digits.y_val)[1].min() > 0.8


def test_sets_are_drawn_without_replacement():
    x, y = np.arange(20), np.arange(20) % 3
    xs, ys = draw_sets(x, y, 15, [0, 1])
    assert all(len(set(row)) == 15 for row in xs)
    assert_array_equal(ys, xs % 3)
    assert list(xs[0]) != list(xs[1])
