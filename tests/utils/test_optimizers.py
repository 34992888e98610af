import copy
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose, assert_array_equal

from tests.golden import both
from utils import optimizers as opt
from utils.surfaces import bowl, quadratic, rosenbrock, trajectory

golden_values = pytest.mark.parametrize("golden", both("optimizers"))

# Every step that takes a gradient, with a learning rate where it asks for one.
STEPS = {
    "sgd": partial(opt.sgd_step, lr=0.1),
    "momentum": partial(opt.momentum_step, lr=0.1),
    "momentum_sum": partial(opt.momentum_sum_step, lr=0.1),
    "momentum_mean": partial(opt.momentum_mean_step, lr=0.1),
    "nesterov": partial(opt.nesterov_step, lr=0.1),
    "adagrad": partial(opt.adagrad_step, lr=0.1),
    "rmsprop": partial(opt.rmsprop_step, lr=0.1),
    "adadelta": opt.adadelta_step,
    "adam": opt.adam_step,
    "adam uncorrected": partial(opt.adam_step, bias_correction=False),
    "adamw": opt.adamw_step,
}
LOOK_AHEAD = {
    "nesterov_lookahead": partial(opt.nesterov_lookahead_step, lr=0.1),
    "rmsprop_nesterov": partial(opt.rmsprop_nesterov_step, lr=0.1),
}
each_step = pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())


def walk(step, w, grads, **hyper):
    """The points after each of the given gradients."""
    path, state = [], None
    for g in grads:
        w, state = step(w, g, state, **hyper)
        path.append(w)
    return np.array(path)


def leaves(state):
    """The arrays of a state."""
    parts = state if isinstance(state, tuple) else (state,)
    return [part for part in parts if isinstance(part, np.ndarray)]


# Against PyTorch


@golden_values
@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("SGD", partial(opt.sgd_step, lr=0.1)),
        ("momentum", partial(opt.momentum_step, lr=0.1, mu=0.8)),
        ("momentum", partial(opt.momentum_sum_step, lr=0.1, mu=0.8)),
        ("momentum", partial(opt.momentum_mean_step, lr=0.5, mu=0.8)),
        ("nesterov", partial(opt.nesterov_step, lr=0.1, mu=0.8)),
        ("Adagrad", partial(opt.adagrad_step, lr=0.1)),
        ("RMSprop", partial(opt.rmsprop_step, lr=0.1)),
        ("Adadelta", opt.adadelta_step),
        ("Adam", partial(opt.adam_step, lr=0.1)),
        ("AdamW", partial(opt.adamw_step, lr=0.1, beta1=0.8, beta2=0.99, weight_decay=0.1)),
    ],
)
def test_walks_where_pytorch_walks(name, step, golden):
    want = golden()
    assert_allclose(walk(step, want["w"], want["grads"]), want[name], rtol=1e-9, atol=1e-12)


# What every step promises


@each_step
@given(st.data())
def test_a_step_changes_no_argument_and_keeps_shape_and_dtype(step, data):
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    shape = data.draw(array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
    draw = arrays(dtype, shape, elements=st.floats(-100, 100, width=32))
    w, state = data.draw(draw), None
    for _ in range(2):
        dw = data.draw(draw)
        before = copy.deepcopy((w, dw, state))
        w_next, state_next = step(w, dw, state)
        assert_array_equal(w, before[0])
        assert_array_equal(dw, before[1])
        for now, then in zip(leaves(state), leaves(before[2]), strict=True):
            assert_array_equal(now, then)
        for new in (w_next, *leaves(state_next)):
            assert new.shape == shape
            assert new.dtype == dtype
            assert np.isfinite(new).all()
            for old in (w, dw, *leaves(state)):
                assert not np.shares_memory(new, old)
        again, _ = step(w, dw, state)
        assert_array_equal(again, w_next)
        w, state = w_next, state_next


@pytest.mark.parametrize("step", LOOK_AHEAD.values(), ids=LOOK_AHEAD.keys())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_look_ahead_step_changes_no_argument_and_keeps_shape_and_dtype(step, dtype):
    w, state = np.arange(6, dtype=dtype).reshape(2, 3), None
    for _ in range(3):
        before = copy.deepcopy((w, state))
        w_next, state_next = step(w, np.cos, state)
        assert_array_equal(w, before[0])
        for now, then in zip(leaves(state), leaves(before[1]), strict=True):
            assert_array_equal(now, then)
        assert {a.dtype for a in (w_next, *leaves(state_next))} == {np.dtype(dtype)}
        w, state = w_next, state_next


@each_step
def test_a_step_takes_arrays_that_are_not_contiguous(step):
    rng = np.random.default_rng(0)
    w, dw = rng.standard_normal((2, 5, 4))
    want, _ = step(w.T.copy(), dw.T.copy(), None)
    got, _ = step(w.T, dw.T, None)
    assert_array_equal(got, want)


@each_step
@pytest.mark.parametrize(("dtype", "huge"), [(np.float32, 1e18), (np.float64, 1e150)])
def test_a_step_is_silent_and_finite_for_huge_and_tiny_gradients(step, dtype, huge):
    dw = np.array([huge, -huge, 1 / huge, 0.0, 5e-324, 1.0], dtype)
    path = walk(step, np.ones(6, dtype), [dw, dw, -dw])
    assert np.isfinite(path).all()


@each_step
def test_a_coordinate_without_gradient_stays(step):
    w = np.array([2.0, 3.0])
    path = walk(step, w, [np.array([0.0, 1.0])] * 5)
    if step is STEPS["adamw"]:
        assert_allclose(path[:, 0], 2 * (1 - 1e-3 * 0.01) ** np.arange(1, 6), rtol=1e-12)
    else:
        assert_array_equal(path[:, 0], 2.0)
    assert (path[:, 1] < 3.0).all()


# Gradient descent


def test_gd_path_starts_at_the_start_and_follows_the_slope():
    start = np.array([1.0, 1.0])
    path = opt.gd(lambda w: w, start, lr=0.5, steps=3)
    assert_allclose(path, [[1, 1], [0.5, 0.5], [0.25, 0.25], [0.125, 0.125]])
    assert opt.gd(np.cos, start.astype(np.float32), lr=0.1, steps=2).dtype == np.float32
    assert_array_equal(opt.gd(np.cos, start, lr=0.1, steps=0), [start])


def least_squares(n=40, d=3):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, d)), rng.standard_normal(n), rng.standard_normal(d)


def test_batch_gradient_is_that_of_the_mean_half_square_error():
    x, y, w = least_squares()
    h = 1e-6
    for i, e in enumerate(np.eye(3)):
        costs = [0.5 * np.mean((x @ v - y) ** 2) for v in (w + h * e, w - h * e)]
        assert_allclose(opt.batch_gradient(x, y, w)[i], (costs[0] - costs[1]) / (2 * h), rtol=1e-6)
    assert_allclose(
        opt.batch_gradient(np.tile(x, (5, 1)), np.tile(y, 5), w), opt.batch_gradient(x, y, w)
    )


def test_gradients_of_single_examples_and_of_a_partition_have_the_full_gradient_as_mean():
    x, y, w = least_squares()
    order = np.random.default_rng(1).permutation(40)
    for m in (1, 8, 40):
        batches = [opt.minibatch_gradient(x, y, w, idx) for idx in order.reshape(-1, m)]
        assert_allclose(np.mean(batches, axis=0), opt.batch_gradient(x, y, w), rtol=1e-12)


def test_least_squares_gradients_keep_float32():
    x, y, w = (a.astype(np.float32) for a in least_squares())
    assert opt.batch_gradient(x, y, w).dtype == np.float32
    assert opt.minibatch_gradient(x, y, w, np.array([3, 1])).dtype == np.float32
    noise = opt.gradient_noise(x, y, w, 2, repeats=5, rng=np.random.default_rng(0))
    assert noise.dtype == np.float32


def test_least_squares_gradient_rejects_targets_in_a_column_and_an_empty_batch():
    x, y, w = least_squares()
    with pytest.raises(
        ValueError, match=r"y has shape \(40, 1\), expected shape \(n,\) with n = 40"
    ):
        opt.batch_gradient(x, y[:, None], w)
    with pytest.raises(ValueError, match="idx is empty"):
        opt.minibatch_gradient(x, y, w, np.array([], int))


def test_gradient_noise_falls_with_the_root_of_the_batch_size():
    x, y, w = least_squares(n=2000)
    one = np.std([opt.minibatch_gradient(x, y, w, np.array([i])) for i in range(2000)], axis=0)
    rng = np.random.default_rng(2)
    for m in (1, 10, 100, 1000):
        noise = opt.gradient_noise(x, y, w, m, repeats=1000, rng=rng)
        assert_allclose(noise, one / np.sqrt(m), rtol=0.15)


# Momentum


def test_the_two_forms_of_momentum_agree_until_the_learning_rate_changes():
    a, b = (
        trajectory(step, bowl(10.0), steps=20, lr=lambda k: 0.1 if k < 10 else 0.01, mu=0.9)
        for step in (opt.momentum_step, opt.momentum_sum_step)
    )
    assert_allclose(a[:11], b[:11], atol=1e-14)
    assert np.max(np.abs(a[11] - b[11])) > 0.1


def test_look_ahead_points_of_nesterov_are_the_path_of_the_changed_variables():
    surface, mu, lr = rosenbrock(), 0.9, 1e-4
    w = x = np.array(surface.start)
    state = v = None
    for _ in range(50):
        x, v = opt.nesterov_lookahead_step(x, surface.gradient, v, lr=lr, mu=mu)
        w, state = opt.nesterov_step(w, surface.gradient(w), state, lr=lr, mu=mu)
        assert_allclose(w, x + mu * v, atol=1e-12)
        assert_allclose(state, v, atol=1e-12)


def test_nesterov_without_momentum_is_gradient_descent_and_with_it_is_not_plain_momentum():
    last = {}
    for mu in (0.0, 0.9):
        for step in (opt.nesterov_step, opt.nesterov_lookahead_step, opt.momentum_step):
            last[step, mu] = trajectory(step, bowl(), steps=5, lr=0.01, mu=mu)[-1]
    gd = trajectory(opt.sgd_step, bowl(), steps=5, lr=0.01)[-1]
    assert_allclose(last[opt.nesterov_step, 0.0], gd)
    assert_allclose(last[opt.nesterov_lookahead_step, 0.0], gd)
    assert np.max(np.abs(last[opt.nesterov_step, 0.9] - last[opt.momentum_step, 0.9])) > 0.1


def test_velocity_is_the_history_of_gradients_weighted():
    grads = np.random.default_rng(0).standard_normal((30, 4))
    v = np.zeros(4)
    for g in grads:
        _, v = opt.momentum_step(np.zeros(4), g, v, lr=0.1, mu=0.8)
    assert_allclose(v, -0.1 * opt.history_weights(0.8, 30) @ grads[::-1], rtol=1e-12)


def test_history_weights_add_up_to_the_memory_and_halve_after_a_half_life():
    weights = opt.history_weights(0.9, 500)
    assert_allclose(weights[:3], [1, 0.9, 0.81])
    assert_allclose(weights.sum(), 10)
    assert_allclose(opt.half_life(0.9), 6.5788, rtol=1e-4)
    assert_allclose(0.9 ** opt.half_life(0.9), 0.5)
    assert_array_equal(opt.history_weights(0.0, 3), [1, 0, 0])


@pytest.mark.parametrize("mu", [0.5, 0.9, 0.99])
def test_terminal_step_is_reached_under_a_constant_gradient(mu):
    w, v, g = np.zeros((2, 1)), np.zeros((2, 1)), np.array([[3.0], [4.0]])
    for _ in range(4000):
        w, v = opt.momentum_step(w, g, v, lr=0.02, mu=mu)
    assert_allclose(np.linalg.norm(v), opt.terminal_step(0.02, g, mu), rtol=1e-12)
    assert_allclose(opt.terminal_step(0.02, g, mu), 0.1 / (1 - mu))


@pytest.mark.parametrize("mu", [1.0, -0.1, 2.0])
def test_memory_rejects_a_coefficient_outside_its_range(mu):
    with pytest.raises(ValueError, match=f"mu is {mu}"):
        opt.half_life(mu)
    with pytest.raises(ValueError, match=f"mu is {mu}"):
        opt.terminal_step(0.1, np.ones(2), mu)


def test_a_rescaled_loss_with_the_inverse_rate_walks_the_same_path():
    """The memory is set by mu alone, whether mu or lr is the larger number (slide error E-27)."""
    scaled = quadratic(1e-3 * np.diag([100.0, 1.0]))
    plain = trajectory(opt.momentum_step, bowl(), steps=50, lr=0.01, mu=0.8)
    again = trajectory(opt.momentum_step, scaled, (1.0, 1.0), steps=50, lr=10.0, mu=0.8)
    assert_allclose(plain, again, atol=1e-12)


# Adaptive steps


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_first_step_is_lr_for_adagrad_and_adam_and_longer_where_the_average_starts_at_zero(scale):
    dw = scale * np.array([1.0, -2.0, 0.5])
    sign, lr = np.sign(dw), 0.25

    def first(step, **hyper):
        return step(np.zeros(3), dw, None, lr=lr, **hyper)[0] / -lr

    assert_allclose(first(opt.adagrad_step), sign, rtol=1e-3)
    assert_allclose(first(opt.adam_step), sign, rtol=1e-3)
    assert_allclose(first(opt.rmsprop_step), sign / np.sqrt(0.1), rtol=1e-3)
    uncorrected = first(opt.adam_step, bias_correction=False)
    assert_allclose(uncorrected, np.sqrt(10) * sign, rtol=0.01)


def test_uncorrected_ratio_rises_falls_and_comes_home_late():
    t = np.arange(1, 6000)
    ratio = np.asarray(opt.uncorrected_ratio(t))
    assert_allclose(ratio[[0, 11, 999]], [3.16, 6.57, 1.26], rtol=0.002)
    assert t[ratio.argmax()] == 12
    assert t[ratio > 1.05].max() == 2374
    assert_allclose(opt.uncorrected_ratio(1, beta1=0.0), 31.6, rtol=1e-3)
    assert isinstance(opt.uncorrected_ratio(3), float)


def test_uncorrected_ratio_is_what_uncorrected_adam_walks():
    path = walk(
        opt.adam_step, np.zeros(1), [np.full(1, 7.0)] * 60, lr=1.0, bias_correction=False, eps=0.0
    )
    steps = -np.diff(path[:, 0], prepend=0.0)
    assert_allclose(steps, opt.uncorrected_ratio(np.arange(1, 61)), rtol=1e-9)


def test_adam_counts_its_steps_in_the_state():
    state = None
    for t in range(1, 4):
        _, state = opt.adam_step(np.zeros(2), np.ones(2), state)
        assert state[2] == t


def test_adam_is_its_formula():
    grads = np.random.default_rng(0).standard_normal((9, 5))
    lr, b1, b2, eps = 0.05, 0.7, 0.95, 1e-3
    w = m = v = np.zeros(5)
    for t, g in enumerate(grads, start=1):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        w = w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    got = walk(opt.adam_step, np.zeros(5), grads, lr=lr, beta1=b1, beta2=b2, eps=eps)
    assert_allclose(got[-1], w, rtol=1e-12)


def test_adamw_shrinks_all_weights_at_one_rate():
    w = np.array([3.0, 3.0])
    grads = [np.array([1.0, 1e-3])] * 4
    plain, decayed = (walk(opt.adamw_step, w, grads, weight_decay=decay)[0] for decay in (0.0, 0.5))
    assert_allclose(plain - decayed, 1e-3 * 0.5 * w, rtol=1e-9)
    assert_allclose(walk(opt.adamw_step, w, grads, weight_decay=0.0), walk(opt.adam_step, w, grads))


@pytest.mark.parametrize(
    ("step", "tolerance"),
    [
        (partial(opt.adagrad_step, lr=0.5), 1e-8),
        (partial(opt.adam_step, lr=0.05), 1e-7),
        (opt.adadelta_step, 3e-6),
    ],
)
def test_a_loss_100_times_as_large_leaves_the_adaptive_paths(step, tolerance):
    larger = quadratic(100 * np.diag([100.0, 1.0]))
    plain, scaled = (
        trajectory(step, surface, (1.0, 1.0), steps=50) for surface in (bowl(), larger)
    )
    assert_allclose(plain, scaled, rtol=0, atol=tolerance)
    gd = [trajectory(opt.sgd_step, s, (1.0, 1.0), steps=2, lr=0.01) for s in (bowl(), larger)]
    assert np.max(np.abs(gd[0] - gd[1])) > 1


def test_adagrad_rate_falls_with_the_root_of_the_step_and_is_what_the_step_uses():
    history = np.full((1000, 2), 2.0) * [1.0, 0.1]
    rates = opt.effective_lr(history, lr=1.0)
    assert rates.shape == (1000, 2)
    moves = rates * history
    assert_allclose(moves[[0, 9, 99, 999], 0], [1, 0.316, 0.1, 0.0316], rtol=1e-3)
    path = walk(opt.adagrad_step, np.zeros(2), history, lr=1.0)
    assert_allclose(-np.diff(path, axis=0), moves[1:], rtol=1e-12)
    assert opt.effective_lr(history.astype(np.float32), 0.1).dtype == np.float32


def test_average_of_squares_is_the_state_of_rmsprop_and_forgets():
    history = np.random.default_rng(0).standard_normal((200, 3))
    history[:5] *= 100
    averages, state = opt.ema_square(history, 0.9), None
    for g, want in zip(history, averages, strict=True):
        _, state = opt.rmsprop_step(np.zeros(3), g, state, lr=0.1)
        assert_allclose(state, want, rtol=1e-12)
    assert (averages[-1] < 10).all()
    assert (np.sum(history**2, axis=0) > 1e3).all()
    assert opt.ema_square(history.astype(np.float32), 0.9).dtype == np.float32


@pytest.mark.parametrize(("g", "outside", "inside"), [(1e-4, 0.9999, 0.707), (1e-5, 0.999, 0.0995)])
def test_where_eps_stands_decides_for_small_gradients(g, outside, inside):
    r = np.array([g**2])
    assert_allclose(g / opt.adaptive_denominator(r), outside, rtol=1e-4)
    assert_allclose(g / opt.adaptive_denominator(r, mode="inside"), inside, rtol=1e-3)
    assert_allclose(g / opt.adaptive_denominator(r, mode="none"), 1.0)
    assert opt.adaptive_denominator(r.astype(np.float32)).dtype == np.float32


def test_denominator_rejects_another_mode():
    with pytest.raises(ValueError, match="mode is 'under', expected 'outside', 'inside' or 'none'"):
        opt.adaptive_denominator(np.ones(2), mode="under")


def test_rmsprop_with_nesterov_is_nesterov_when_the_average_is_frozen_at_one():
    surface = rosenbrock()
    w = x = np.array(surface.start)
    state, v = (np.zeros(2), np.ones(2)), None
    for _ in range(30):
        w, state = opt.rmsprop_nesterov_step(w, surface.gradient, state, lr=1e-4, beta=1.0, eps=0.0)
        x, v = opt.nesterov_lookahead_step(x, surface.gradient, v, lr=1e-4)
        assert_allclose(w, x, atol=1e-12)


def test_rmsprop_with_nesterov_is_rmsprop_without_momentum_and_survives_a_zero_gradient():
    a = trajectory(opt.rmsprop_nesterov_step, bowl(), steps=20, lr=0.01, mu=0.0)
    b = trajectory(opt.rmsprop_step, bowl(), steps=20, lr=0.01)
    assert_allclose(a, b, atol=1e-14)
    w, _ = opt.rmsprop_nesterov_step(np.ones(3), np.zeros_like, None, lr=0.1)
    assert_array_equal(w, np.ones(3))


# The bowl of condition number 100


@pytest.mark.parametrize(
    ("step", "hyper", "loss"),
    [
        (opt.sgd_step, {"lr": 0.01}, 1.2e-3),
        (opt.sgd_step, {"lr": 2 / 101}, 3.1e-4),
        (opt.sgd_step, {"lr": 0.0199}, 0.12),
        (opt.sgd_step, {"lr": 0.0201}, 2e4),
        (opt.momentum_step, {"lr": 0.01, "mu": 0.9}, 1.2e-12),
        (opt.nesterov_lookahead_step, {"lr": 0.01, "mu": 0.9}, 6.3e-16),
        (opt.adagrad_step, {"lr": 0.05}, 0.105),
        (opt.rmsprop_step, {"lr": 0.01}, 1.2e-3),
        (opt.adam_step, {"lr": 0.05}, 3.7e-13),
    ],
)
def test_loss_after_300_steps_on_the_ill_conditioned_bowl(step, hyper, loss):
    path = trajectory(step, bowl(100.0), (1.0, 1.0), steps=300, **hyper)
    assert_allclose(bowl(100.0).value(path[-1]), loss, rtol=0.05)


def test_adagrad_with_a_large_rate_reaches_the_bottom_of_the_bowl():
    path = trajectory(opt.adagrad_step, bowl(100.0), (1.0, 1.0), steps=300, lr=0.5)
    assert bowl(100.0).value(path[-1]) < 1e-100


# Many arrays


def test_step_params_steps_each_array_by_itself():
    rng = np.random.default_rng(0)
    params = {"w": rng.standard_normal((3, 2)), "b": rng.standard_normal(2)}
    grads = [{k: rng.standard_normal(p.shape) for k, p in params.items()} for _ in range(4)]
    p, states = opt.step_params(opt.adam_step, params, grads[0], None, lr=0.1)
    for g in grads[1:]:
        p, states = opt.step_params(opt.adam_step, p, g, states, lr=0.1)
    for name, w in params.items():
        want = walk(opt.adam_step, w, [g[name] for g in grads], lr=0.1)[-1]
        assert_array_equal(p[name], want)
        assert states[name][2] == 4


def test_step_params_leaves_its_dictionaries_alone():
    params, grads = {"w": np.ones(2)}, {"w": np.ones(2)}
    first, states = opt.step_params(opt.momentum_step, params, grads, None, lr=0.1)
    before = copy.deepcopy(states)
    opt.step_params(opt.momentum_step, first, grads, states, lr=0.1)
    assert_array_equal(params["w"], 1.0)
    assert_array_equal(grads["w"], 1.0)
    assert_array_equal(states["w"], before["w"])


def test_step_params_keeps_float32_with_a_numpy_number_as_rate_and_is_silent_when_it_explodes():
    params = {"w": np.ones(2, np.float32)}
    p, _ = opt.step_params(opt.sgd_step, params, params, None, lr=np.float64(0.1))
    assert p["w"].dtype == np.float32
    huge = {"w": np.full(2, 1e30, np.float32)}
    opt.step_params(opt.adam_step, params, huge, None, lr=0.1)


def test_step_params_rejects_other_names_and_other_shapes():
    with pytest.raises(ValueError, match=r"grads has the names \['b'\], expected \['w'\]"):
        opt.step_params(opt.sgd_step, {"w": np.ones(2)}, {"b": np.ones(2)}, None, lr=0.1)
    for shape in (3, (2, 1)):
        with pytest.raises(ValueError, match=r"grads\['w'\] has shape .*, expected \(2,\)"):
            opt.step_params(opt.sgd_step, {"w": np.ones(2)}, {"w": np.ones(shape)}, None, lr=0.1)


def test_schedule_free_returns_the_mean_of_the_points_it_visits():
    hessian, lowest = np.diag([1.0, 3.0]), np.array([2.0, -1.0])
    z = x = np.array([5.0, 5.0])
    visited = []
    for t in range(1, 30):
        z, x = opt.schedule_free_step(z, x, lambda w: hessian @ (w - lowest), t, lr=0.3)
        visited.append(z)
        assert_allclose(x, np.mean(visited, axis=0))


@pytest.mark.parametrize("beta", [0.0, 0.7, 1.0])
def test_schedule_free_asks_for_the_gradient_between_the_two(beta):
    z, x, asked = np.array([1.0]), np.array([3.0]), []

    def grad_fn(point):
        asked.append(point)
        return np.array([10.0])

    z_next, _ = opt.schedule_free_step(z, x, grad_fn, 4, lr=0.1, beta=beta)
    assert_allclose(asked[0], 1 + 2 * beta)
    assert_allclose(z_next, 0.0)


def test_schedule_free_ends_nearer_to_the_minimum_than_sgd_at_the_same_rate():
    rng = np.random.default_rng(0)
    w = z = x = np.full(2000, 4.0)
    for t in range(1, 301):
        noise = rng.standard_normal(2000)
        w, _ = opt.sgd_step(w, w + noise, None, lr=0.3)
        z, x = opt.schedule_free_step(z, x, lambda y, noise=noise: y + noise, t, lr=0.3)
    assert np.mean(x**2) < 0.1 * np.mean(w**2)
