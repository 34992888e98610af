"""Many networks at once do what each of them does alone."""

import warnings
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from utils.activations import relu_backward, relu_forward, tanh_backward, tanh_forward
from utils.augmentation import random_crop
from utils.augmented import draw_sets
from utils.data import Dataset, load_digits, make_moons
from utils.initialization import he_normal
from utils.losses import softmax
from utils.many_networks import column, race, train_many, train_sets, train_trials
from utils.networks import MLP
from utils.optimizers import momentum_step, sgd_step
from utils.stacked_layers import (
    accuracy_of,
    cross_entropy_of,
    hidden_layers,
    new_layers,
    right_of,
    scores_of,
)
from utils.training import train

RELU, TANH = (relu_forward, relu_backward), (tanh_forward, tanh_backward)
DIGITS = load_digits()
X, Y = DIGITS.x_train[:200], DIGITS.y_train[:200]
ROWS = np.arange(60)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def moons():
    x, y = make_moons(90, noise=0.1, rng=rng())
    return Dataset(x[:60], y[:60], x[60:], y[60:], x[60:], y[60:], ("one", "other"))


def run(data, start=(2, 8, 6, 2), **options):
    options = {"lr": column([0.1, 0.5]), "seeds": (3, 4), "epochs": 3, "batch_size": 25} | options
    return race(data, start, **options)


def alone(data, seed, *, pair=RELU, lr=0.5, epochs=3, reg=0.0, mu=0.0):
    """The same run with the library's loop."""
    drawn = rng(seed)
    return train(
        MLP([2, 8, 6, 2], activation=pair, rng=drawn),
        data,
        step=partial(momentum_step, mu=mu) if mu else sgd_step,
        lr=lr,
        epochs=epochs,
        batch_size=25,
        reg=reg,
        rng=drawn,
        progress=False,
    )


def assert_same(layers, where, params, **tolerance):
    for layer, (w, b) in enumerate(layers, start=1):
        assert_allclose(w[where], params[f"w{layer}"], **tolerance)
        assert_allclose(b[where][0], params[f"b{layer}"], **tolerance)


@pytest.mark.parametrize("pair", [RELU, TANH], ids=["relu", "tanh"])
@pytest.mark.parametrize("reg, mu", [(0.0, 0.0), (0.05, 0.0), (0.01, 0.9)])
def test_each_network_is_trained_as_if_alone(moons, pair, reg, mu):
    together = run(moons, activation=pair, lr=column([0.02, 0.1]), reg=reg, mu=mu, at=range(1, 4))
    for i, lr in enumerate((0.02, 0.1)):
        for j, seed in enumerate((3, 4)):
            one = alone(moons, seed, pair=pair, lr=lr, reg=reg, mu=mu)
            assert_allclose(together.val_acc[i, j], one.val_acc, atol=0.04)
            assert_same(together.layers, (i, j), one.model.params, atol=1e-4)


def test_losses_are_those_of_the_networks(moons):
    result = run(moons, epochs=1)
    hidden = hidden_layers(result.layers, moons.x_train)
    assert [h.shape for h in hidden] == [(2, 2, 60, 8), (2, 2, 60, 6)]
    w, b = result.layers[-1]
    scores = hidden[-1] @ w + b
    assert_array_equal(scores_of(result.layers, moons.x_train), scores)
    log_p = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    loss = -log_p[:, :, np.arange(60), moons.y_train].mean(axis=-1)
    assert_allclose(result.train_loss[:, :, 0], loss, rtol=1e-4)
    assert_allclose(cross_entropy_of(result.layers, moons.x_train, moons.y_train), loss, rtol=1e-4)
    right = right_of(result.layers, moons.x_val, moons.y_val)
    assert right.shape == (2, 2, 30)
    assert_allclose(right.mean(axis=-1), result.val_acc[:, :, 0])


def test_rates_share_their_starts(moons):
    first = run(moons, lr=column([1e-12, 1e-12]))
    for w, _ in first.layers:
        assert_allclose(w[0], w[1])
    assert_allclose(first.layers[0][0][0, 0], he_normal(2, 8, rng=rng(3)), rtol=1e-6)


def test_training_goes_on_from_given_layers_and_leaves_them_alone(moons):
    trained = run(moons, epochs=15)
    before = [(w.copy(), b.copy()) for w, b in trained.layers]
    on = run(moons, trained.layers, epochs=5)
    assert (on.train_loss[1, :, -1] < trained.train_loss[1, :, -1]).all()
    for (w, b), (w_before, b_before) in zip(trained.layers, before, strict=True):
        assert_array_equal(w, w_before)
        assert_array_equal(b, b_before)


def test_the_first_moment_below_a_goal(moons):
    result = run(moons, epochs=20, at=range(1, 21))
    goal = float(result.train_loss[1, 0, 9])
    after = result.first_below(goal + 1e-6)[1, 0]
    assert result.train_loss[1, 0, int(after) - 1] <= goal + 1e-6
    assert (result.train_loss[1, 0, : int(after) - 1] > goal).all()
    assert np.isinf(result.first_below(0.0)).all()


def test_an_overflow_is_a_loss_of_infinity_and_no_warning(moons):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = run(moons, lr=column([0.1, 1e6]), epochs=4)
    assert np.isfinite(result.train_loss[0]).all()
    assert not np.isfinite(result.first_below(0.3)[1]).any()


def test_a_rate_may_change_from_update_to_update(moons):
    asked = []
    rates = column([0.2, 1.0])
    half = run(moons, lr=lambda k: asked.append(k) or 0.5 * rates, epochs=2)
    assert set(asked) == set(range(6))
    for (w, _), (plain, _) in zip(half.layers, run(moons, epochs=2).layers, strict=True):
        assert_allclose(w, plain, atol=1e-6)


def test_a_rate_of_zero_moves_nothing_and_its_losses_are_those_of_the_start():
    rates = np.array([[0.0, 0.0, 0.0], [0.5, 0.0, 0.0]])
    found = race(
        DIGITS,
        [64, 10],
        lr=lambda k: rates[:, k, None],
        seeds=[3],
        updates=3,
        batch_size=400,
        at=[0, 1, 3],
    )
    assert found.batch_loss.shape == (2, 1, 3)
    assert np.ptp(found.train_loss[0]) == 0
    assert found.train_loss[1, 0, 0] == found.train_loss[0, 0, 0]
    assert found.train_loss[1, 0, 1] == found.train_loss[1, 0, 2] < found.train_loss[0, 0, 0]
    assert found.batch_loss[0, 0].mean() == pytest.approx(found.train_loss[0, 0, 0], rel=0.05)


def test_updates_leave_out_what_does_not_fill_a_batch(moons):
    few = run(moons, epochs=None, updates=2).layers
    whole = run(moons, epochs=1).layers
    more = run(moons, epochs=None, updates=3).layers
    assert not np.allclose(few[0][0], whole[0][0])
    assert not np.allclose(more[0][0], whole[0][0])


def test_each_update_can_be_watched_and_is_never_written_into(moons):
    runs = train_many(
        moons.x_train,
        moons.y_train,
        [2, 8, 2],
        lr=0.1,
        seeds=[0, 1],
        updates=6,
        batch_size=25,
        watch=lambda layers: layers,
        at=range(7),
    )
    assert len(runs.seen) == 7
    first = new_layers([2, 8, 2], [0, 1])
    assert_array_equal(runs.seen[0][0][0], first[0][0])
    assert len({layers[0][0].tobytes() for layers in runs.seen}) == 7
    assert_array_equal(runs.seen[-1][0][0], runs.layers[0][0])
    assert runs.batch_loss.shape == (2, 6)


def test_trials_have_settings_of_their_own_and_are_trained_in_their_precision():
    layers = new_layers([64, 12, 8, 10], [3, 4], dtype=np.float64)
    lrs, regs, seeds = [0.05, 0.1], [0.0, 0.01], [7, 8]
    trials = train_trials(
        X, Y, ROWS, layers, lr=lrs, reg=regs, mu=0.9, seeds=seeds, epochs=3, batch_size=20
    )
    data = Dataset(X[ROWS], Y[ROWS], X[:5], Y[:5], X[:5], Y[:5], DIGITS.names)
    for k in range(2):
        net = MLP([64, 12, 8, 10], rng=rng())
        for n, (w, b) in enumerate(layers, 1):
            net.params |= {f"w{n}": w[k].copy(), f"b{n}": b[k, 0].copy()}
        history = train(
            net,
            data,
            step=partial(momentum_step, mu=0.9),
            lr=lrs[k],
            epochs=3,
            batch_size=20,
            reg=regs[k],
            rng=rng(seeds[k]),
            abort_factor=None,
            progress=False,
        )
        assert_same(trials.layers, k, history.model.params, rtol=1e-9, atol=1e-12)
        assert_array_equal(trials.right[-1, k], history.model.scores(X).argmax(axis=1) == Y)
        if not regs[k]:
            loss = np.reshape(history.loss, (3, 3)).mean(axis=1)
            assert_allclose(trials.loss[k], loss, rtol=1e-9)


def test_trials_may_have_rows_of_their_own():
    layers = new_layers([64, 10], [0, 0])
    own = np.array([np.arange(40), np.arange(100, 140)])
    both = train_trials(X, Y, own, layers, lr=0.1, seeds=[1, 1], epochs=2)
    for k in range(2):
        first = [(w[k : k + 1], b[k : k + 1]) for w, b in layers]
        one = train_trials(X, Y, own[k], first, lr=0.1, seeds=[1], epochs=2)
        assert_allclose(one.layers[0][0][0], both.layers[0][0][k], rtol=1e-4, atol=1e-6)


def test_stages_are_scored_as_they_pass():
    layers = new_layers([64, 8, 10], [0, 1])
    trials = train_trials(X, Y, ROWS, layers, lr=0.1, seeds=[0, 1], epochs=4, stages=[1, 4])
    early = train_trials(X, Y, ROWS, layers, lr=0.1, seeds=[0, 1], epochs=1)
    assert trials.right.shape == (2, 2, 200)
    assert_array_equal(trials.right[0], early.right[0])
    assert_allclose(trials.accuracy(ROWS, 0), early.accuracy(ROWS))
    own = np.array([ROWS, ROWS])
    assert_allclose(trials.accuracy(own), trials.right[-1][:, ROWS].mean(axis=1))


def test_wrong_labels_are_trained_with_and_right_ones_scored():
    layers = new_layers([64, 32, 10], [0])
    wrong = (Y + 1) % 10
    rows = np.arange(200)
    trials = train_trials(X, Y, rows, layers, lr=0.3, seeds=[0], epochs=60, labels=wrong)
    assert trials.accuracy(rows)[0] < 0.05
    assert trials.loss[0, -1] < 0.1


def test_an_explosion_stays_without_a_warning():
    layers = new_layers([64, 8, 10], [0, 1])
    trials = train_trials(X, Y, ROWS, layers, lr=[1e30, 0.1], seeds=[0, 1], epochs=3)
    assert not np.isfinite(trials.loss[0, -1])
    assert np.isfinite(trials.loss[1]).all()


def test_many_networks_are_scored_in_parts_as_at_once():
    layers = new_layers([64, 5, 10], range(100))
    assert_array_equal(right_of(layers, X, Y), scores_of(layers, X).argmax(axis=-1) == Y)
    own_x, own_y = np.repeat(X[None], 100, axis=0), np.repeat(Y[None], 100, axis=0)
    assert_array_equal(right_of(layers, own_x, own_y), right_of(layers, X, Y))


def test_the_gain_scales_the_weights():
    one, two = new_layers([5, 3], [0, 0], gain=[1.0, 3.0])[0][0]
    assert_allclose(two, 3 * one)


def test_networks_with_sets_of_their_own_train_like_a_single_one():
    """Gradient descent by hand on one of the sets, with one of the rates."""
    x, targets = rng().standard_normal((2, 12, 3)), np.eye(2)[rng(1).integers(0, 2, (2, 12))]
    start = train_sets(x, targets, [3, 4, 2], lr=0.1, updates=0, seed=3)
    one = train_sets(x, targets, start, lr=column([0.1, 0.5]), updates=1, batch_size=6, seed=5)
    (w1, b1), (w2, b2) = [(w[1].astype(float), b[1].astype(float)) for w, b in start]
    batch = rng(5).integers(0, 12, (2, 6))[1]
    xs, ts = x[1, batch], targets[1, batch]
    h = np.maximum(0, xs @ w1 + b1)
    dscores = (softmax(h @ w2 + b2) - ts) / 6
    dz = dscores @ w2.T * (h > 0)
    assert_allclose(one[1][0][1, 1], w2 - 0.5 * h.T @ dscores, atol=1e-5)
    assert_allclose(one[0][0][1, 1], w1 - 0.5 * xs.T @ dz, atol=1e-5)
    assert_allclose(one[0][1][1, 1, 0], b1[0] - 0.5 * dz.sum(axis=0), atol=1e-5)


def test_a_change_reaches_every_batch():
    xs, ys = draw_sets(DIGITS.x_train, DIGITS.y_train, 200, range(2))
    shapes = []

    def change(x, targets, rng):
        shapes.append((x.shape, targets.shape))
        moved = partial(random_crop, size=8, pad=0)(x.reshape(-1, 1, 8, 8), rng=rng)
        return moved.reshape(len(x), -1), targets

    nets = train_sets(
        xs, np.eye(10)[ys], [64, 30, 10], lr=column([0.1, 0.3]), updates=150, change=change
    )
    assert shapes == [((100, 64), (100, 10))] * 150
    assert scores_of(nets, DIGITS.x_val).shape == (2, 2, 299, 10)
    assert accuracy_of(nets, DIGITS.x_val, DIGITS.y_val)[1].min() > 0.8


@pytest.mark.parametrize(
    "change, words",
    [
        ({"seeds": [0]}, "seeds has 1"),
        ({"lr": [0.1, 0.2, 0.3]}, r"lr has shape \(3,\)"),
        ({"lr": -0.1}, "lr is -0.1"),
        ({"epochs": 0}, "epochs 0"),
        ({"updates": 3}, "expected one of them"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"epochs": None, "updates": 3, "batch_size": 61}, "expected 1 to 60"),
        ({"at": [3]}, "at is"),
        ({"rows": np.array([500])}, "rows holds"),
        ({"y": np.full(200, 10)}, "y is"),
        ({"start": []}, "start is"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    given = {"x": X, "y": Y, "rows": ROWS, "start": new_layers([64, 10], [0, 1])}
    given |= {"lr": 0.1, "seeds": [0, 1], "epochs": 2, "batch_size": 25} | change
    with pytest.raises(ValueError, match=words):
        train_many(**given)
