import io
import math
import time
from contextlib import redirect_stderr
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from utils.averaging import early_stopping_step
from utils.babysitting import should_abort, update_ratio
from utils.data import Dataset, load_digits, make_overfit_case
from utils.networks import MLP, backprop_mlp
from utils.optimizers import adam_step, momentum_step, sgd_step
from utils.schedules import plateau_step, step_decay
from utils.training import (
    accuracy,
    best_snapshot,
    evaluate,
    iterate_minibatches,
    learning_curve,
    small_multiples,
    train,
    train_curves,
    training_steps,
)


def blobs(n_train=60, n_val=30, dtype: type = np.float64):
    """Three overlapping clouds in the plane, already split."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, n_train + n_val + 5)
    centres = np.array([[0, 2], [2, -1], [-2, -1]])
    x = (centres[y] + rng.standard_normal((len(y), 2))).astype(dtype)
    parts = np.split(np.arange(len(y)), [n_train, n_train + n_val])
    return Dataset(*(a[part] for part in parts for a in (x, y)), names=("a", "b", "c"))


def net(dtype: type = np.float64, **options):
    return MLP([2, 8, 3], rng=np.random.default_rng(1), dtype=dtype, **options)


def settings(**changes):
    return {
        "step": sgd_step,
        "lr": 0.1,
        "epochs": 4,
        "batch_size": 16,
        "rng": np.random.default_rng(2),
        **changes,
    }


@given(n=st.integers(0, 40), batch_size=st.integers(1, 50), seed=st.integers(0, 99))
def test_an_epoch_is_a_partition(n, batch_size, seed):
    x, y = np.arange(2 * n).reshape(n, 2), np.arange(n)
    batches = list(iterate_minibatches(x, y, batch_size, rng=np.random.default_rng(seed)))
    assert len(batches) == math.ceil(n / batch_size)
    assert all(len(y_batch) == batch_size for _, y_batch in batches[:-1])
    seen = [label for _, y_batch in batches for label in y_batch]
    assert sorted(seen) == list(range(n))
    for x_batch, y_batch in batches:
        assert_array_equal(x_batch, x[y_batch])


def test_the_order_is_random_and_new_in_each_epoch():
    def epoch(rng):
        return np.concatenate([y for _, y in iterate_minibatches(labels, labels, 10, rng=rng)])

    labels, rng = np.arange(100), np.random.default_rng(0)
    first, second = epoch(rng), epoch(rng)
    assert not np.array_equal(first, labels) and not np.array_equal(first, second)
    assert_array_equal(first, epoch(np.random.default_rng(0)))


def test_each_example_is_equally_likely_in_each_batch():
    x = y = np.arange(6)
    rng = np.random.default_rng(0)
    first = np.array([next(iter(iterate_minibatches(x, y, 2, rng=rng)))[1] for _ in range(6000)])
    counts = np.bincount(first.ravel(), minlength=6)
    # 12000 places, each example expected in 2000 of them; six standard deviations.
    assert np.all(np.abs(counts - 2000) < 6 * math.sqrt(6000 * (1 / 3) * (2 / 3)))


def test_batches_are_copies_that_keep_shape_and_dtype():
    x, y = np.ones((5, 3, 4, 4), np.float32), np.zeros(5, np.int32)
    for x_batch, y_batch in iterate_minibatches(x, y, 2, rng=np.random.default_rng(0)):
        assert x_batch.shape[1:] == (3, 4, 4) and x_batch.dtype == np.float32
        assert y_batch.dtype == np.int32
        assert not np.shares_memory(x_batch, x) and not np.shares_memory(y_batch, y)


@pytest.mark.parametrize(("labels", "batch_size"), [(4, 2), (5, 0)])
def test_minibatches_rejects_what_makes_no_batch(labels, batch_size):
    x, y, rng = np.zeros((5, 2)), np.zeros(labels, int), np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"y has shape \(4,\)|batch_size 0"):
        next(iterate_minibatches(x, y, batch_size, rng=rng))


def test_accuracy_is_the_share_of_right_labels():
    scores = np.array([[1.0, 2], [3, 0], [0, 1], [5, 4]])
    assert accuracy(scores, np.array([1, 0, 0, 0])) == 0.75
    assert type(accuracy(scores, np.array([1, 0, 0, 0]))) is float


def test_a_network_that_gives_nan_seems_to_predict_class_zero():
    y = np.array([0, 1, 2, 0])
    assert accuracy(np.full((4, 3), math.nan), y) == 0.5


def test_evaluate_is_the_loss_without_penalty_and_the_accuracy():
    model, data = net(p_drop=0.5), blobs()
    loss, acc = evaluate(model, data.x_val, data.y_val)
    assert loss == pytest.approx(model.loss(data.x_val, data.y_val, train=False)[0])
    assert acc == accuracy(model.scores(data.x_val), data.y_val)


def test_best_snapshot_is_the_first_of_the_best():
    assert best_snapshot([0.1, 0.7, 0.3, 0.7], ["a", "b", "c", "d"]) == (2, "b")
    with pytest.raises(ValueError, match="got 2 accuracies and 1 snapshots"):
        best_snapshot([0.1, 0.2], ["a"])
    with pytest.raises(ValueError, match="got 0 accuracies"):
        best_snapshot([], [])


def test_an_update_is_backward_and_step_on_the_batch():
    model, data = net(), blobs()
    history = train(model, data, **settings(epochs=2, lr=0.2, reg=0.01))
    params, rng, losses = model.params, np.random.default_rng(2), []
    for _ in range(2):
        for x, y in iterate_minibatches(data.x_train, data.y_train, 16, rng=rng):
            loss, grads = backprop_mlp(x, y, params, reg=0.01)
            params = {name: w - 0.2 * grads[name] for name, w in params.items()}
            losses.append(loss)
    assert_allclose(history.loss, losses, rtol=1e-12)
    for name, w in params.items():
        assert_allclose(history.model.params[name], w, rtol=1e-12)


def test_history_has_an_entry_for_each_update_and_each_epoch():
    history = train(net(), blobs(), **settings(epochs=3))
    updates = 3 * math.ceil(60 / 16)
    assert len(history.loss) == len(history.lr) == updates
    assert history.update_ratio.keys() == {"w1", "w2"}
    assert {len(ratios) for ratios in history.update_ratio.values()} == {updates}
    for curve in (history.train_loss, history.train_acc, history.val_loss, history.val_acc):
        assert len(curve) == 3
    assert history.stopped == "finished"
    data = blobs()
    last = evaluate(history.model, data.x_val, data.y_val)
    assert (history.val_loss[-1], history.val_acc[-1]) == last
    last = evaluate(history.model, data.x_train, data.y_train)
    assert (history.train_loss[-1], history.train_acc[-1]) == last


def test_update_ratio_is_that_of_the_step_that_was_taken():
    model, data = net(), blobs()
    history = train(model, data, **settings(epochs=1, batch_size=60, step=adam_step, lr=0.01))
    w, w_next = model.params["w1"], history.model.params["w1"]
    assert history.update_ratio["w1"] == [pytest.approx(update_ratio(w, w_next - w))]


def test_training_learns_and_leaves_the_model_alone():
    model, data = net(), blobs()
    before = {name: w.copy() for name, w in model.params.items()}
    history = train(model, data, **settings(epochs=20, step=partial(momentum_step, mu=0.9)))
    assert history.val_acc[-1] > 0.85
    assert history.train_loss[-1] < history.train_loss[0]
    assert history.model is not model
    for name, w in before.items():
        assert_array_equal(model.params[name], w)


def test_the_same_generator_gives_the_same_run():
    first, second = (
        train(net(p_drop=0.3), blobs(), **settings(rng=np.random.default_rng(5))) for _ in range(2)
    )
    assert first.loss == second.loss and first.val_loss == second.val_loss


def test_float32_stays_float32():
    history = train(
        net(np.float32),
        blobs(dtype=np.float32),
        **settings(step=adam_step, reg=0.1, schedule=lambda t, *, lr0: np.float64(lr0)),
    )
    assert {w.dtype for w in history.model.params.values()} == {np.dtype(np.float32)}


def test_a_schedule_sees_time_in_epochs():
    times = []

    def schedule(t, *, lr0):
        times.append(t)
        return step_decay(t, lr0=lr0, every=1)

    history = train(net(), blobs(), **settings(epochs=2, batch_size=20, schedule=schedule))
    assert_allclose(times, [0, 1 / 3, 2 / 3, 1, 4 / 3, 5 / 3])
    assert_allclose(history.lr, [0.1, 0.1, 0.1, 0.05, 0.05, 0.05])


def test_the_rate_can_be_changed_between_updates_also_under_a_schedule():
    steps = training_steps(
        net(), blobs(), **settings(epochs=2, batch_size=30, schedule=partial(step_decay, every=1))
    )
    for run in steps:
        run.lr = 0.4
    assert_allclose(run.history.lr, [0.1, 0.4, 0.2, 0.2])


def test_a_callback_can_reduce_the_rate_on_a_plateau():
    rates, state = [], None

    def on_plateau(run):
        nonlocal state
        run.lr, state = plateau_step(1.0, state, lr0=0.1, factor=0.5, patience=1)
        rates.append(run.lr)

    history = train(net(), blobs(), **settings(epochs=3, batch_size=60), callback=on_plateau)
    assert_allclose(rates, [0.1, 0.05, 0.025])
    assert_allclose(history.lr, [0.1, 0.1, 0.05])


def test_steps_come_one_by_one_and_say_when_an_epoch_ends():
    ends = [
        run.epoch_ended
        for run in training_steps(net(), blobs(), **settings(epochs=2, batch_size=25))
    ]
    assert ends == [False, False, True, False, False, True]


def test_a_run_can_be_paused_and_stopped():
    steps = training_steps(net(), blobs(), **settings(epochs=100))
    for _ in range(5):
        run = next(steps)
    assert len(run.history.loss) == 5 and run.history.stopped == ""
    steps.close()
    assert len(run.history.loss) == 5


def test_train_and_its_steps_are_one_mechanism():
    *_, run = training_steps(net(), blobs(), **settings(rng=np.random.default_rng(3)))
    history = train(net(), blobs(), **settings(rng=np.random.default_rng(3)))
    assert run.history.loss == history.loss and run.history.val_acc == history.val_acc


def test_early_stopping_keeps_the_model_of_the_best_epoch():
    models = {}
    data = blobs()
    history = train(
        net(),
        data,
        **settings(epochs=200, lr=0.5, patience=5),
        callback=lambda run: models.update(
            {len(run.history.val_acc): run.history.model.params.copy()}
        ),
    )
    assert history.stopped == "early stopping"
    assert len(history.val_acc) == history.best_epoch + 5
    assert history.best_epoch == int(np.argmax(history.val_acc)) + 1
    assert evaluate(history.best_model, data.x_val, data.y_val)[1] == max(history.val_acc)
    for name, w in models[history.best_epoch].items():
        assert_array_equal(history.best_model.params[name], w)
    state = None
    for acc in history.val_acc:
        stop, state = early_stopping_step(acc, state, patience=5)
    assert stop


def test_batch_norm_statistics_belong_to_the_best_model():
    model, data = net(norm="batch"), blobs()
    history = train(model, data, **settings(epochs=30, lr=0.5, patience=3))
    best_acc = evaluate(history.best_model, data.x_val, data.y_val)[1]
    assert best_acc == max(history.val_acc)


def test_an_explosion_ends_the_run_at_the_loss_that_is_not_a_number():
    with np.errstate(all="ignore"):
        history = train(net(), blobs(), **settings(lr=1e200, epochs=10))
    assert history.stopped == "exploded"
    assert not math.isfinite(history.loss[-1])
    assert all(math.isfinite(loss) for loss in history.loss[:-1])
    assert len(history.lr) == len(history.loss) - 1


def test_an_explosion_ends_the_run_when_an_epoch_costs_three_times_the_start():
    model, data = net(), blobs()
    history = train(model, data, **settings(lr=30.0, epochs=50))
    first_loss = model.loss(data.x_train, data.y_train)[0]
    assert history.stopped == "exploded"
    epochs = np.reshape(history.loss, (-1, 4)).mean(axis=1)
    assert [should_abort(loss, first_loss) for loss in epochs] == [False] * (len(epochs) - 1) + [
        True
    ]


def test_one_unlucky_example_is_not_an_explosion():
    histories = [
        train(net(), blobs(), **settings(epochs=2, batch_size=1, rng=np.random.default_rng(seed)))
        for seed in range(5)
    ]
    assert any(max(history.loss) > 3 * history.loss[0] for history in histories)
    assert {history.stopped for history in histories} == {"finished"}


def test_a_run_may_explode_to_its_end_and_the_best_model_is_still_sound():
    data = blobs()
    with np.errstate(all="ignore"):
        history = train(net(), data, **settings(lr=1e200, epochs=3, abort_factor=None))
    assert history.stopped == "finished"
    assert math.isnan(history.val_loss[-1])
    assert history.val_acc[-1] == (data.y_val == 0).mean()
    assert math.isfinite(evaluate(history.best_model, data.x_val, data.y_val)[0])


def test_the_callback_comes_once_for_each_epoch_also_before_an_explosion():
    ended = []

    def spoil(run):
        ended.append(len(run.history.val_acc))
        run.lr = 1e200

    with np.errstate(all="ignore"):
        history = train(net(), blobs(), **settings(epochs=9, batch_size=60), callback=spoil)
    assert history.stopped == "exploded"
    assert ended == list(range(1, len(history.val_acc) + 1))
    assert len(history.loss) == len(history.val_acc) + 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "got 0, 16, 60 and 30"),
        ({"batch_size": 0}, "got 4, 0, 60 and 30"),
        ({"patience": 0}, "patience must be at least 1, got 0"),
    ],
)
def test_train_rejects_a_run_without_updates(changes, message):
    with pytest.raises(ValueError, match=message):
        train(net(), blobs(), **settings(**changes))


def test_train_rejects_data_without_examples():
    with pytest.raises(ValueError, match="got 4, 16, 60 and 0"):
        train(net(), blobs(n_val=0), **settings())


def stderr_of(**options):
    stderr = io.StringIO()
    with redirect_stderr(stderr):
        train(net(), blobs(), **settings(batch_size=60), **options)
    return stderr.getvalue()


def test_a_progress_bar_shows_when_it_lasts():
    def slow(run):
        time.sleep(0.4)

    assert stderr_of() == ""
    assert "update/s" in stderr_of(callback=slow)
    assert stderr_of(callback=slow, progress=False) == ""


def test_train_curves_differ_in_the_rate_alone():
    model, data = net(), blobs()
    options = {"step": sgd_step, "epochs": 2, "batch_size": 16}
    curves = train_curves(model, data, [0.01, 0.1], rng=np.random.default_rng(0), **options)
    assert list(curves) == [0.01, 0.1]
    assert curves[0.01][0] == curves[0.1][0]
    assert curves[0.01][-1] != curves[0.1][-1]
    swapped = train_curves(model, data, [0.1, 0.01], rng=np.random.default_rng(0), **options)
    assert swapped == curves


def test_learning_curve_closes_the_gap():
    data = load_digits()
    model = MLP([64, 32, 10], rng=np.random.default_rng(0))
    train_acc, val_acc = learning_curve(
        model,
        data,
        [20, 200, 1199],
        step=adam_step,
        lr=0.01,
        epochs=30,
        batch_size=50,
        rng=np.random.default_rng(0),
    )
    gaps = train_acc - val_acc
    assert gaps[0] > 0.2 and gaps[0] > gaps[1] > gaps[2] and val_acc[2] > 0.95


@pytest.mark.parametrize("sizes", [[0, 5], [5, 61]])
def test_learning_curve_rejects_sizes_that_are_not_there(sizes):
    with pytest.raises(ValueError, match="between 1 and 60"):
        learning_curve(net(), blobs(), sizes, **settings())


def test_small_multiples_show_every_run_on_the_same_axes():
    histories = {
        f"lr {lr}": train(net(), blobs(), **settings(lr=lr)) for lr in (0.01, 0.1, 0.3, 1.0, 1.5)
    }
    fig = small_multiples(histories, cols=3)
    shown = [ax for ax in fig.axes if ax.get_visible()]
    assert [ax.get_title() for ax in shown] == list(histories)
    assert len({ax.get_ylim() for ax in shown}) == len({ax.get_xlim() for ax in shown}) == 1
    for ax, history in zip(shown, histories.values(), strict=True):
        train_line, val_line = ax.lines
        assert_array_equal(train_line.get_ydata(), history.train_acc)
        assert_array_equal(val_line.get_ydata(), history.val_acc)
    below = [ax.get_xlabel() for ax in shown]
    assert below == ["", "", "epoch", "epoch", "epoch"]


def test_a_learning_curve_has_a_gap_where_a_run_exploded():
    data = make_overfit_case(8, rng=np.random.default_rng(0))
    model = MLP([2, 3, 2], rng=np.random.default_rng(1))
    with np.errstate(all="ignore"):
        train_acc, val_acc = learning_curve(
            model,
            data,
            [4, 8],
            step=sgd_step,
            lr=math.nan,
            epochs=1,
            batch_size=2,
            rng=np.random.default_rng(2),
            progress=False,
        )
    assert np.isnan([train_acc, val_acc]).all()


def test_one_score_for_each_example_is_above_or_below_0():
    scores = np.array([[2.0], [-1.0], [0.0]])
    assert accuracy(scores, np.array([1, 0, 0])) == 1
