import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from tests.golden import both
from tests.golden.averaging import DECAY
from utils.averaging import (
    average_params,
    collect_snapshots,
    early_stopping_step,
    ema,
    ema_step,
    ema_weights,
    generalization_gap,
    overfit_onset,
    running_mean,
    running_mean_step,
)
from utils.data import Dataset
from utils.networks import MLP
from utils.optimizers import sgd_step
from utils.training import training_steps

FLOATS = [np.float32, np.float64]
paths = st.tuples(st.integers(1, 9), st.integers(1, 3), st.integers(1, 3)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.floats(-1e3, 1e3))
)


def stop_epoch(scores, **settings):
    """Epoch at which early stopping ends the run (None: never), and its last state."""
    state = (-math.inf, 0, 0)
    for epoch, score in enumerate(scores, start=1):
        stop, state = early_stopping_step(score, state, **settings)
        if stop:
            return epoch, state
    return None, state


def test_early_stopping_waits_for_patience_epochs_after_the_best():
    scores = [0.3, 0.5, 0.4, 0.5, 0.6, 0.55, 0.58, 0.59, 0.7]
    assert stop_epoch(scores, patience=3) == (8, (0.6, 5, 8))
    assert stop_epoch(scores, patience=4) == (None, (0.7, 9, 9))
    assert stop_epoch(scores, patience=1) == (3, (0.5, 2, 3))


def test_early_stopping_demands_more_than_min_delta():
    assert stop_epoch([0.5, 0.505, 0.51, 0.52], patience=2, min_delta=0.05) == (3, (0.5, 1, 3))


def test_early_stopping_never_takes_nan_for_the_best():
    assert stop_epoch([math.nan, math.nan], patience=2) == (2, (-math.inf, 0, 2))
    assert stop_epoch([0.5, math.nan, 0.6], patience=2) == (None, (0.6, 3, 3))


def test_early_stopping_starts_from_none():
    assert early_stopping_step(-5.0, None, patience=1) == (False, (-5.0, 1, 1))


@given(scores=st.lists(st.floats(-1, 1), min_size=1), patience=st.integers(1, 5))
def test_early_stopping_remembers_the_first_of_the_highest_scores(scores, patience):
    epoch, (best, best_epoch, seen) = stop_epoch(scores, patience=patience)
    assert seen == (epoch or len(scores))
    assert best == max(scores[:seen])
    assert best_epoch == scores.index(best) + 1


def test_early_stopping_rejects_a_patience_of_zero():
    with pytest.raises(ValueError, match="patience must be at least 1, got 0"):
        early_stopping_step(0.5, None, patience=0)


def test_generalization_gap():
    gap = generalization_gap(np.array([0.5, 0.9]), np.array([0.5, 0.6]))
    assert_allclose(gap, [0, 0.3], atol=1e-15)


def overfitting_curves(epochs, peak):
    t = np.arange(1, epochs + 1)
    return 1 - np.exp(-t / 10), 0.7 - 0.0005 * (t - peak) ** 2


@given(peak=st.integers(4, 30))
def test_overfit_onset_finds_the_peak_of_the_validation_curve(peak):
    assert overfit_onset(*overfitting_curves(40, peak), window=5) == peak


def test_overfit_onset_is_not_fooled_by_a_lucky_epoch():
    train, val = overfitting_curves(40, peak=20)
    val[4] = 0.75
    assert overfit_onset(train, val, window=1) == 5
    assert overfit_onset(train, val, window=7) == pytest.approx(20, abs=3)


def test_no_overfitting_while_the_curve_still_rises_or_both_fall_together():
    train, val = overfitting_curves(40, peak=60)
    assert overfit_onset(train, val) is None
    _, val = overfitting_curves(40, peak=20)
    assert overfit_onset(val + 0.1, val) is None


@pytest.mark.parametrize("window", [0, 4, 7])
def test_overfit_onset_rejects_a_window_that_does_not_fit(window):
    with pytest.raises(ValueError, match=f"from 1 to 6, got {window}"):
        overfit_onset(np.zeros(6), np.zeros(6), window=window)


def test_snapshots_are_copies_from_the_given_epochs():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 3)), rng.integers(0, 2, 20)
    data = Dataset(x, y, x, y, x, y, ("a", "b"))
    model = MLP([3, 4, 2], rng=rng)

    def run(epochs):
        return training_steps(
            model,
            data,
            step=sgd_step,
            lr=0.1,
            epochs=epochs,
            batch_size=8,
            rng=np.random.default_rng(1),
        )

    snapshots = collect_snapshots(run(5), [2, 5])
    assert len(snapshots) == 2
    for snapshot, epochs in zip(snapshots, (2, 5), strict=True):
        *_, last = run(epochs)
        for name, w in last.history.model.params.items():
            assert_array_equal(snapshot[name], w)


@pytest.mark.parametrize("golden", both("averaging"))
def test_averages_agree_with_pytorch(golden):
    want = golden()
    assert_allclose(running_mean(want["path"]), want["running_mean"], rtol=1e-9, atol=1e-12)
    assert_allclose(ema(want["path"], decay=DECAY), want["ema"], rtol=1e-9, atol=1e-12)


@given(path=paths)
def test_the_running_mean_is_the_mean_of_the_points_so_far(path):
    for t, mean in enumerate(running_mean(path)):
        assert_allclose(mean, path[: t + 1].mean(axis=0), rtol=1e-9, atol=1e-9)


@given(path=paths, decay=st.floats(0, 0.999))
def test_ema_is_a_weighted_mean_with_the_start_at_full_weight(path, decay):
    t = len(path)
    weights = (1 - decay) * decay ** np.arange(t)[::-1]
    weights[0] = decay ** (t - 1)
    assert weights.sum() == pytest.approx(1)
    want = np.tensordot(weights, path, axes=1)
    assert_allclose(ema(path, decay=decay)[-1], want, rtol=1e-9, atol=1e-9)


@given(path=paths)
def test_the_running_mean_a_step_at_a_time_is_that_of_the_whole_path(path):
    state = None
    for t, w in enumerate(path):
        mean, state = running_mean_step(w, state)
        assert_allclose(mean, running_mean(path)[t], rtol=1e-12, atol=1e-12)
    assert state is not None and state[1] == len(path)


@given(path=paths, decay=st.floats(0, 0.99))
def test_an_ema_step_gives_each_point_its_corrected_weight(path, decay):
    state = None
    for t, w in enumerate(path, start=1):
        mean, state = ema_step(w, state, decay=decay)
        weights = ema_weights(t, decay=decay)
        assert weights[0] == 0
        assert weights.sum() == pytest.approx(1)
        want = np.tensordot(weights[1:], path[:t], axes=1)
        assert_allclose(mean, want, rtol=1e-6, atol=1e-6)


@given(t=st.integers(1, 60), decay=st.floats(0, 0.99))
def test_the_three_starts_of_an_average(t, decay):
    zero, initial, corrected = (
        ema_weights(t, decay=decay, start=start) for start in ("zero", "initial", "corrected")
    )
    assert zero.sum() == pytest.approx(1 - decay**t)
    assert initial.sum() == pytest.approx(1)
    assert initial[0] == pytest.approx(decay**t)
    assert_allclose(initial[1:], zero[1:])
    assert_allclose(corrected * (1 - decay**t), zero, atol=1e-12)
    assert (np.concatenate([zero, initial, corrected]) >= 0).all()


@given(path=paths, decay=st.floats(0, 0.99))
def test_the_average_of_a_path_begins_at_its_first_point(path, decay):
    weights = ema_weights(len(path) - 1, decay=decay, start="initial") if len(path) > 1 else [1.0]
    want = np.tensordot(weights, path, axes=1)
    assert_allclose(ema(path, decay=decay)[-1], want, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("bad", [{"t": 0}, {"decay": 1.0}, {"decay": -0.1}, {"start": "warm"}])
def test_weights_of_an_average_are_refused_out_of_range(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad.values()))}"):
        ema_weights(**{"t": 3} | bad)


def test_a_path_of_numbers_has_an_average_too():
    assert_allclose(running_mean(np.array([1.0, 3.0, 5.0])), [1, 2, 3])
    assert_allclose(ema(np.array([1.0, 3.0]), decay=0.5), [1, 2])


def test_ema_starts_at_the_weights_and_not_at_zero():
    w = np.array([3.0, -2.0])
    state = None
    for _ in range(100):
        mean, state = ema_step(w, state, decay=0.995)
    assert_allclose(mean, w)
    assert 0.995**100 == pytest.approx(0.606, abs=5e-4)


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_ema_rejects_a_decay_that_averages_nothing(decay):
    with pytest.raises(ValueError, match=f"got {decay}"):
        ema_step(np.zeros(2), None, decay=decay)
    with pytest.raises(ValueError, match=f"got {decay}"):
        ema(np.zeros((2, 2)), decay=decay)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("step", [running_mean_step, ema_step])
def test_a_step_keeps_the_dtype_and_never_returns_its_input(step, dtype):
    path = np.ones((4, 3), dtype)
    mean, state = step(path[0], None)
    assert not np.shares_memory(mean, path)
    mean, _ = step(path[1], state)
    assert mean.dtype == dtype


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("average", [running_mean, ema])
def test_an_average_keeps_the_dtype_and_the_path(average, dtype):
    path = np.arange(12, dtype=dtype).reshape(4, 3)
    before = path.copy()
    assert average(path).dtype == dtype
    assert_array_equal(path, before)


def test_average_params_averages_each_array_of_a_dictionary():
    rng = np.random.default_rng(0)
    path = [{"w": rng.standard_normal((2, 3)), "b": rng.standard_normal(3)} for _ in range(5)]
    states = None
    for params in path:
        means, states = average_params(running_mean_step, params, states)
    for name in ("w", "b"):
        assert_allclose(means[name], np.mean([params[name] for params in path], axis=0))


def zigzag(steps=200, lr=0.0199):
    """Gradient descent on (100 x^2 + y^2) / 2 from (1, 1), nearly unstable in x."""
    scales, theta = np.array([100.0, 1.0]), np.ones(2)
    path = [theta]
    for _ in range(steps):
        theta = theta - lr * scales * theta
        path.append(theta)
    return np.array(path), lambda theta: 0.5 * (scales * theta**2).sum(axis=-1)


def test_averaging_calms_the_zigzag_as_in_the_lecture():
    path, loss = zigzag()
    assert loss(path[-1]) == pytest.approx(0.898, abs=5e-4)
    assert loss(running_mean(path)[-1]) == pytest.approx(0.0306, abs=5e-5)
    assert loss(path[100:].mean(axis=0)) == pytest.approx(0.0020, abs=5e-5)
    assert loss(ema(path, decay=0.95)[-1]) == pytest.approx(0.0010, abs=5e-5)


def test_the_mean_of_two_valleys_is_a_hill_and_the_ema_stays_in_the_valley():
    """(theta^2 - 1)^2: the path has spent as long at -1 as at +1."""
    path = np.repeat([-1.0, 1.0], 500)
    assert running_mean(path)[-1] == pytest.approx(0)
    assert ema(path, decay=0.95)[-1] == pytest.approx(1, abs=1e-6)
