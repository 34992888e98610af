"""Many networks at once do what each of them does alone."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

from utils.activations import relu_backward, relu_forward, tanh_backward, tanh_forward
from utils.data import Dataset, load_digits, make_moons
from utils.initialization import he_normal
from utils.networks import MLP
from utils.optimizers import sgd_step
from utils.races import hidden_layers, race, race_schedules
from utils.training import train

RELU, TANH = (relu_forward, relu_backward), (tanh_forward, tanh_backward)


@pytest.fixture(scope="module")
def moons():
    x, y = make_moons(90, noise=0.1, rng=np.random.default_rng(0))
    return Dataset(x[:60], y[:60], x[60:], y[60:], x[60:], y[60:], ("one", "other"))


def run(data, pair=RELU, **options):
    options = {"lrs": (0.1, 0.5), "seeds": (3, 4), "epochs": 3, "batch_size": 25} | options
    return race(data, [2, 8, 6, 2], pair, **options)


@pytest.mark.parametrize("pair", [RELU, TANH], ids=["relu", "tanh"])
def test_each_network_is_trained_as_if_alone(moons, pair):
    together = run(moons, pair)
    for i, lr in enumerate((0.1, 0.5)):
        for j, seed in enumerate((3, 4)):
            rng = np.random.default_rng(seed)
            model = MLP([2, 8, 6, 2], activation=pair, rng=rng)
            alone = train(
                model, moons, step=sgd_step, lr=lr, epochs=3, batch_size=25, rng=rng, progress=False
            )
            assert_allclose(together.val_acc[i, j], alone.val_acc, atol=0.04)
            for layer, (w, b) in enumerate(together.layers, start=1):
                assert_allclose(w[i, j], alone.model.params[f"w{layer}"], atol=1e-4)
                assert_allclose(b[i, j, 0], alone.model.params[f"b{layer}"], atol=1e-4)


def test_the_loss_is_that_of_the_trained_networks(moons):
    result = run(moons, epochs=1)
    hidden = hidden_layers(result.layers, moons.x_train, relu_forward)
    assert [h.shape for h in hidden] == [(2, 2, 60, 8), (2, 2, 60, 6)]
    w, b = result.layers[-1]
    scores = hidden[-1] @ w + b
    log_p = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    loss = -log_p[:, :, np.arange(60), moons.y_train].mean(axis=-1)
    assert_allclose(result.train_loss[:, :, 0], loss, rtol=1e-4)


def test_rates_share_their_starts_and_a_race_can_go_on(moons):
    first = run(moons, lrs=(1e-12, 1e-12))
    for w, _ in first.layers:
        assert_allclose(w[0], w[1])
    expected = he_normal(2, 8, rng=np.random.default_rng(3))
    assert_allclose(first.layers[0][0][0, 0], expected, rtol=1e-6)


def test_a_race_goes_on_from_given_layers_and_leaves_them_alone(moons):
    trained = run(moons, epochs=15)
    before = [(w.copy(), b.copy()) for w, b in trained.layers]
    on = run(moons, epochs=5, layers=trained.layers)
    assert (on.train_loss[1, :, -1] < trained.train_loss[1, :, -1]).all()
    for (w, b), (w_before, b_before) in zip(trained.layers, before, strict=True):
        assert_allclose(w, w_before)
        assert_allclose(b, b_before)


def test_epochs_to_a_goal(moons):
    result = run(moons, epochs=20)
    goal = float(result.train_loss[1, 0, 9])
    after = result.epochs_to(goal + 1e-6)[1, 0]
    assert result.train_loss[1, 0, int(after) - 1] <= goal + 1e-6
    assert (result.train_loss[1, 0, : int(after) - 1] > goal).all()
    assert np.isinf(result.epochs_to(0.0)).all()


def test_an_overflow_is_a_loss_of_infinity_and_no_warning(moons):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = run(moons, lrs=(0.1, 1e6), epochs=4)
    assert np.isfinite(result.train_loss[0]).all()
    assert not np.isfinite(result.epochs_to(0.3)[1]).any()


def test_watch_sees_every_epoch(moons):
    seen = []
    run(moons, epochs=5, watch=lambda layers: seen.append(layers[0][0].copy()))
    assert len(seen) == 5
    assert not np.array_equal(seen[0], seen[-1])


@pytest.mark.parametrize("wrong", [{"lrs": ()}, {"lrs": (0.1, 0)}, {"seeds": ()}, {"epochs": 0}])
def test_an_empty_race_is_refused(moons, wrong):
    with pytest.raises(ValueError, match="expected rates above 0"):
        run(moons, **wrong)


def test_a_race_of_constant_schedules_is_the_race_of_their_rates():
    data, lrs = load_digits(), [0.05, 0.3]
    plain = race(data, [64, 8, 10], RELU, lrs=lrs, seeds=[0, 1], epochs=1, batch_size=1199)
    found = race_schedules(
        data, [64, 8, 10], RELU, rates=np.array([[0.05], [0.3]]), seeds=[0, 1], batch_size=1199
    )
    assert_allclose(found.train_loss, plain.train_loss, rtol=1e-5)
    assert_allclose(found.val_acc, plain.val_acc)


def test_a_schedule_of_zeros_moves_nothing_and_its_losses_are_those_of_the_start():
    data = load_digits()
    rates = np.array([[0.0, 0.0, 0.0], [0.5, 0.0, 0.0]])
    found = race_schedules(
        data, [64, 10], RELU, rates=rates, seeds=[3], batch_size=400, at=[0, 1, 3]
    )
    assert found.batch_loss.shape == (2, 1, 3)
    assert np.ptp(found.train_loss[0]) == 0
    assert found.train_loss[1, 0, 0] == found.train_loss[0, 0, 0]
    assert found.train_loss[1, 0, 1] == found.train_loss[1, 0, 2] < found.train_loss[0, 0, 0]
    assert found.batch_loss[0, 0].mean() == pytest.approx(found.train_loss[0, 0, 0], rel=0.05)


@pytest.mark.parametrize("size", [0, 1200])
def test_a_schedule_needs_a_batch_of_examples(size):
    with pytest.raises(ValueError, match="1 to 1199"):
        race_schedules(
            load_digits(), [64, 10], RELU, rates=np.ones((1, 2)), seeds=[0], batch_size=size
        )


def test_a_schedule_multiplies_all_rates_and_zero_stands_still(moons):
    still = run(moons, epochs=1, schedule=lambda t: 0.0)
    begun = run(moons, lrs=(1e-12, 1e-12), epochs=1)
    times = []
    half = run(moons, lrs=(0.2, 1.0), epochs=2, schedule=lambda t: times.append(t) or 0.5)
    for (w, _), (first, _) in zip(still.layers, begun.layers, strict=True):
        assert_allclose(w, first, atol=1e-7)
    for (w, _), (plain, _) in zip(half.layers, run(moons, epochs=2).layers, strict=True):
        assert_allclose(w, plain, atol=1e-6)
    assert_allclose(times, [0, 25 / 60, 50 / 60, 1, 1 + 25 / 60, 1 + 50 / 60])


def test_each_update_can_be_watched_and_is_never_written_into(moons):
    seen = []
    result = run(moons, epochs=2, after_update=lambda layers: seen.append(list(layers)))
    assert len(seen) == 6
    before = [layers[0][0].copy() for layers in seen]
    assert not np.array_equal(before[0], before[-1])
    assert_allclose(seen[-1][0][0], result.layers[0][0])


def test_a_penalty_is_that_of_a_network_trained_alone(moons):
    together = run(moons, reg=0.05)
    rng = np.random.default_rng(3)
    alone = train(
        MLP([2, 8, 6, 2], rng=rng),
        moons,
        step=sgd_step,
        lr=0.5,
        epochs=3,
        batch_size=25,
        rng=rng,
        reg=0.05,
        progress=False,
    )
    for layer, (w, b) in enumerate(together.layers, start=1):
        assert_allclose(w[1, 0], alone.model.params[f"w{layer}"], atol=1e-4)
        assert_allclose(b[1, 0, 0], alone.model.params[f"b{layer}"], atol=1e-4)
