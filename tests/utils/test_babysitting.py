import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from utils.babysitting import (
    CURVE_LABELS,
    PRINTED_LOGS,
    classify_curve,
    diagnose,
    expected_initial_loss,
    expected_regularized_loss,
    explodes_at,
    first_bad_epoch,
    is_flat,
    loss_and_accuracy,
    lr_range_test,
    lr_verdict,
    overfit_tiny,
    should_abort,
    synthetic_curve,
    update_ratio,
)
from utils.data import Dataset, make_shapes
from utils.losses import hinge_loss, softmax_loss
from utils.networks import MLP, backprop_mlp, init_two_layer_model
from utils.optimizers import sgd_step
from utils.training import train


def printed(name):
    """The costs of a printed log."""
    return np.array(PRINTED_LOGS[name])[:, 1]


@pytest.fixture(scope="module")
def images():
    """Centred images, one a row: the walk's data."""
    data = make_shapes(500, 200, 1)
    x_train, x_val = data.x_train.reshape(500, -1), data.x_val.reshape(200, -1)
    mean = x_train.mean(axis=0)
    return Dataset(
        x_train - mean,
        data.y_train,
        x_val - mean,
        data.y_val,
        data.x_test.reshape(1, -1) - mean,
        data.y_test,
        data.names,
    )


def walk_net(seed=0):
    """The network of the lecture's walk: 3072-50-10, weights 1e-4 * N(0, 1)."""
    return MLP(
        [3072, 50, 10],
        init=lambda fan_in, fan_out, rng: 1e-4 * rng.standard_normal((fan_in, fan_out)),
        rng=np.random.default_rng(seed),
    )


def test_expected_initial_losses():
    for k, loss in ((2, 0.693), (10, 2.303), (100, 4.605), (1000, 6.908)):
        assert expected_initial_loss(k) == pytest.approx(loss, abs=5e-4)
    assert expected_initial_loss(10, "hinge") == 9


@pytest.mark.parametrize(("kind", "loss_fn"), [("softmax", softmax_loss), ("hinge", hinge_loss)])
def test_scores_near_zero_have_the_expected_initial_loss(kind, loss_fn):
    rng = np.random.default_rng(0)
    loss, _ = loss_fn(1e-7 * rng.standard_normal((50, 7)), rng.integers(0, 7, 50))
    assert loss == pytest.approx(expected_initial_loss(7, kind), abs=1e-6)


@pytest.mark.parametrize(("k", "kind"), [(1, "softmax"), (10, "squared")])
def test_expected_initial_loss_rejects_what_it_does_not_know(k, kind):
    with pytest.raises(ValueError, match=f"got {k}, '{kind}'"):
        expected_initial_loss(k, kind)


def test_the_walk_begins_at_log_10_and_the_penalty_raises_it(images):
    x, y = images.x_train[:100], images.y_train[:100]
    plain, penalised = [], []
    for seed in range(10):
        params = init_two_layer_model(3072, 50, 10, rng=np.random.default_rng(seed))
        plain.append(backprop_mlp(x, y, params)[0])
        penalised.append(backprop_mlp(x, y, params, reg=1e3)[0])
    assert_allclose(plain, math.log(10), atol=1e-3)
    expected = expected_regularized_loss(10, 154_100, scale=1e-4, reg=1e3)
    assert expected == pytest.approx(3.0731, abs=5e-5)
    assert np.mean(penalised) == pytest.approx(3.0728, abs=0.002)
    # The spread of 0.5 * reg * sum(w^2) is 0.5 * reg * scale^2 * sqrt(2 * 154100) = 0.0028.
    assert_allclose(penalised, expected, atol=4 * 0.0028)
    assert 3.06859716482 == pytest.approx(expected, abs=2 * 0.0028)


def test_small_scores_spoil_the_loss_and_not_the_accuracy():
    rng = np.random.default_rng(0)
    scores, y = rng.standard_normal((200, 10)), rng.integers(0, 10, 200)
    scores[np.arange(200), y] += 2
    loss, acc = loss_and_accuracy(scores, y)
    assert loss == pytest.approx(softmax_loss(scores, y)[0])
    assert loss < 1.5 and acc > 0.5
    small_loss, small_acc = loss_and_accuracy(1e-6 * scores, y)
    assert small_acc == acc
    assert small_loss == pytest.approx(math.log(10), abs=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loss_and_accuracy_of_huge_scores(dtype):
    scores = np.array([[1e30, -1e30], [-1e30, 1e30]], dtype)
    assert loss_and_accuracy(scores, np.array([0, 0])) == (pytest.approx(1e30), 0.5)


def test_twenty_images_are_learnt_by_heart(images):
    model = walk_net()
    before = model.params["w1"].copy()
    losses, accuracies = overfit_tiny(model, images.x_train[:20], images.y_train[:20], lr=1e-3)
    assert losses[0] == pytest.approx(math.log(10), abs=1e-3)
    assert losses[-1] < 0.003 and accuracies[-1] == 1.0
    assert_array_equal(model.params["w1"], before)


def test_overfit_tiny_is_full_batch_gradient_descent(images):
    x, y = images.x_train[:5, :7] / 60, images.y_train[:5]
    model = MLP([7, 4, 10], rng=np.random.default_rng(0))
    losses, accuracies = overfit_tiny(model, x, y, lr=0.5, epochs=3)
    params = model.params
    for epoch in range(3):
        loss, grads = backprop_mlp(x, y, params)
        params = {name: w - 0.5 * grads[name] for name, w in params.items()}
        model.params = params
        assert losses[epoch] == pytest.approx(loss)
        assert accuracies[epoch] == (model.predict(x) == y).mean()


def test_a_network_that_cannot_learn_does_not_pass(images):
    losses, accuracies = overfit_tiny(
        walk_net(), images.x_train[:20], images.y_train[:20], lr=0.0, epochs=5
    )
    assert is_flat(losses) and accuracies[-1] < 1


def test_the_printed_logs_get_the_lectures_verdicts():
    verdicts = {name: lr_verdict(printed(name)) for name in PRINTED_LOGS}
    assert verdicts == {
        "overfit 20 examples": "ok",
        "lr 1e-6": "low",
        "lr 1e6": "nan",
        "lr 3e-3": "inf",
    }
    assert is_flat(printed("lr 1e-6"))
    assert first_bad_epoch(printed("lr 1e6")) == 1
    assert first_bad_epoch(printed("lr 3e-3")) == explodes_at(printed("lr 3e-3")) == 5
    assert first_bad_epoch(printed("overfit 20 examples")) is None
    assert classify_curve(printed("lr 1e-6")) == "low"
    assert classify_curve(printed("lr 1e6")) == "nan"
    assert classify_curve(printed("lr 3e-3")) == "very high"
    # The flat start is the saddle at the tiny initial weights.
    assert classify_curve(printed("overfit 20 examples")) == "bad init"


def test_the_printed_logs_are_those_of_the_lecture():
    overfit, slow = (np.array(PRINTED_LOGS[name]) for name in ("overfit 20 examples", "lr 1e-6"))
    assert len(overfit) == 26 and len(slow) == 10
    assert overfit[0, 1] == 2.302603 and overfit[-1, 1] == 0.002597
    assert_array_equal(overfit[:, 2], overfit[:, 3])
    assert slow[0, 1] - slow[-1, 1] == pytest.approx(1.56e-4)
    assert slow[-1, 3] == slow[:, 3].max() == 0.192


@given(arrays(np.float64, st.integers(1, 9), elements=st.floats(1, 2)))
def test_flat_means_a_small_range(losses):
    assert is_flat(losses, rel_tol=1.0)
    assert is_flat(losses, rel_tol=0.0) == (len(set(losses)) == 1)


def test_a_zigzag_that_comes_back_to_its_start_is_not_flat():
    assert not is_flat(np.array([2.3, 2.6, 2.3]))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_an_explosion_is_not_flat(bad):
    assert not is_flat(np.array([2.3, bad]))
    assert not is_flat(np.array([bad, bad]))


def test_the_first_bad_epoch_is_the_first_one_that_is_not_finite():
    assert first_bad_epoch(np.array([1.0, 1e300, math.nan, math.inf])) == 3
    assert first_bad_epoch(np.array([])) is None


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf, 6.91])
def test_should_abort(loss):
    assert should_abort(loss, 2.303)


def test_should_not_abort_below_three_times_the_start():
    assert not should_abort(6.9, 2.303)
    assert not should_abort(0.0, 2.303)
    assert should_abort(6.9, 2.303, factor=2.0)


@pytest.mark.parametrize("first_loss", [math.nan, math.inf])
def test_a_run_that_starts_exploded_is_aborted(first_loss):
    assert should_abort(first_loss, first_loss)
    assert explodes_at(np.array([first_loss, 1.0])) == 1


def test_explodes_at_the_first_epoch_above_three_times_the_start():
    losses = np.array([2.0, 5.9, 6.1, 1.0, math.inf])
    assert explodes_at(losses) == 3
    assert explodes_at(losses, factor=10.0) == 5
    assert explodes_at(losses[:2]) is None


def test_the_range_test_separates_the_rates_on_the_walks_network(images):
    def short_run(lr):
        with np.errstate(all="ignore"):
            return train(
                walk_net(),
                images,
                step=sgd_step,
                lr=lr,
                epochs=4,
                batch_size=100,
                reg=1e-6,
                rng=np.random.default_rng(0),
            ).loss

    verdicts = lr_range_test(short_run, [1e-6, 1e-5, 1e-3, 3e-3, 1e-1])
    assert verdicts == {1e-6: "low", 1e-5: "low", 1e-3: "ok", 3e-3: "ok", 1e-1: "inf"}


def test_accuracy_rises_while_the_loss_stands_still(images):
    """The scores stay tiny, but already point the right way."""
    history = train(
        walk_net(),
        images,
        step=sgd_step,
        lr=1e-5,
        epochs=10,
        batch_size=20,
        reg=1e-6,
        rng=np.random.default_rng(0),
    )
    assert is_flat(np.array(history.train_loss))
    assert history.train_acc[-1] > history.train_acc[0] + 0.03


def test_a_verdict_rejects_a_single_loss():
    assert lr_verdict(np.array([math.nan])) == "nan"
    with pytest.raises(ValueError, match="at least two losses"):
        lr_verdict(np.array([2.3]))


def test_update_ratio_of_the_lectures_example():
    w = np.full((5, 5), 0.02)
    assert update_ratio(w, np.full((5, 5), -0.0002)) == pytest.approx(0.01)


@given(scale=st.floats(1e-6, 1e6), lr=st.floats(1e-6, 1))
def test_update_ratio_does_not_depend_on_the_units(scale, lr):
    rng = np.random.default_rng(0)
    w, dw = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    ratio = update_ratio(scale * w, -lr * scale * dw)
    assert ratio == pytest.approx(lr * np.linalg.norm(dw) / np.linalg.norm(w))


def test_update_ratio_of_zero_weights():
    assert update_ratio(np.zeros(3), np.ones(3)) == math.inf
    assert update_ratio(np.zeros(3), np.zeros(3)) == 0
    assert update_ratio(np.ones(3), np.zeros(3)) == 0


@pytest.mark.parametrize(
    ("train_acc", "val_acc", "verdict"),
    [
        (0.99, 0.60, "overfitting"),
        (0.45, 0.44, "underfitting"),
        (0.45, 0.50, "underfitting"),
        (0.80, 0.75, "healthy"),
        (0.995, 0.99, "healthy"),
        (1.0, 1.0, "healthy"),
    ],
)
def test_diagnose(train_acc, val_acc, verdict):
    assert diagnose(train_acc, val_acc) == verdict


@pytest.mark.parametrize("label", CURVE_LABELS)
def test_synthetic_curves_are_told_apart(label):
    for seed in range(100):
        rng = np.random.default_rng(seed)
        losses, val_losses = synthetic_curve(label, rng=rng)
        assert losses.shape == val_losses.shape == (100,)
        assert classify_curve(losses, val_losses) == label, f"seed {seed}"


def test_overfitting_cannot_be_seen_in_the_training_loss():
    losses, _ = synthetic_curve("overfit", rng=np.random.default_rng(0))
    assert classify_curve(losses) == "good"


def test_curves_reject_what_cannot_be_judged():
    with pytest.raises(ValueError, match="at least 10 losses to be judged, got 9"):
        classify_curve(np.linspace(2, 1, 9))
    with pytest.raises(ValueError, match="got 'bumpy'"):
        synthetic_curve("bumpy", rng=np.random.default_rng(0))


def test_real_curves_of_a_low_a_good_and_an_exploding_rate():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    x = 2 * np.eye(3)[y] + 0.5 * rng.standard_normal((300, 3))
    data = Dataset(x, y, x, y, x, y, ("a", "b", "c"))
    labels = {}
    for lr in (1e-5, 0.1, 1e4):
        with np.errstate(all="ignore"):
            history = train(
                MLP([3, 20, 3], rng=np.random.default_rng(1)),
                data,
                step=sgd_step,
                lr=lr,
                epochs=40,
                batch_size=50,
                rng=np.random.default_rng(2),
                abort_factor=None,
            )
        labels[lr] = classify_curve(np.array(history.train_loss if lr < 1 else history.loss))
    assert labels == {1e-5: "low", 0.1: "good", 1e4: "very high"}


@pytest.mark.parametrize("dtype, size", [(np.float32, 1e30), (np.float64, 1e200), (float, 1e-200)])
def test_update_ratio_of_huge_and_tiny_numbers(dtype, size):
    w = np.array([3, -4], dtype) * dtype(size)
    assert_allclose(update_ratio(w, w * dtype(1e-3)), 1e-3, rtol=1e-6)


def test_update_ratio_of_weights_that_have_exploded_is_no_number_and_no_warning():
    w = np.array([np.inf, 1.0])
    assert math.isnan(update_ratio(w, np.ones(2)))
    assert math.isnan(update_ratio(np.full(2, np.nan), np.ones(2)))
