import copy
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.golden import both
from utils import curvature as curv
from utils.gradients import numerical_gradient
from utils.optimizers import gd
from utils.surfaces import bowl, rosenbrock, saddle

golden_values = pytest.mark.parametrize("golden", both("curvature", "scipy"))
sizes = st.integers(1, 6)
seeds = st.integers(0, 2**32 - 1)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])

ROSENBROCK = rosenbrock()
START = np.array(ROSENBROCK.start)


def rosenbrock_cost(w):
    return float(ROSENBROCK.value(w))


def positive(d, seed, dtype=np.float64):
    """A random positive definite Hessian and a random gradient."""
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((d, d))
    return (root @ root.T + 0.1 * np.eye(d)).astype(dtype), rng.standard_normal(d).astype(dtype)


def pairs(d, n, seed, dtype=np.float64):
    """Steps on a random bowl and the changes of the gradient in them."""
    hessian, _ = positive(d, seed)
    s = np.random.default_rng(seed).standard_normal((n, d)) + 0.01
    return list(s.astype(dtype)), list((s @ hessian).astype(dtype))


# Depth and updates of all layers at once


def layers(widths, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    ws = [rng.standard_normal(shape).astype(dtype) for shape in pairwise(widths)]
    return ws, [rng.standard_normal(width).astype(dtype) for width in widths[1:-1]]


@each_dtype
def test_a_deep_network_is_its_composition_for_unequal_widths(dtype):
    ws, bs = layers((3, 5, 2, 7, 4), dtype=dtype)
    x = np.random.default_rng(1).standard_normal((6, 3)).astype(dtype)
    h = np.tanh(x @ ws[0] + bs[0])
    want = np.tanh(np.tanh(h @ ws[1] + bs[1]) @ ws[2] + bs[2]) @ ws[3]
    got = curv.deep_tanh(x, ws, bs)
    assert_allclose(got, want, rtol=1e-6)
    assert got.dtype == dtype
    with pytest.raises(ValueError, match="broadcast"):  # the printed brackets, slide error E-20
        np.matmul(h + bs[1], ws[1])


def test_a_network_of_one_layer_is_linear():
    x = np.ones((1, 1))
    assert_allclose(curv.deep_tanh(x, [np.array([[3.0]])], []), [[3.0]])


def test_a_deep_network_rejects_a_bias_too_many():
    with pytest.raises(ValueError, match="bs has 1 biases for 1 ws, expected 0"):
        curv.deep_tanh(np.ones((2, 2)), [np.eye(2)], [np.ones(2)])


def test_layers_that_do_not_interact_gain_together_what_they_gain_alone():
    params = {"a": np.array([1.0, 2.0]), "b": np.array([[3.0]])}
    grads = copy.deepcopy(params)

    def cost(p):
        return 0.5 * float(np.sum(p["a"] ** 2) + np.sum(p["b"] ** 2))

    alone, joint = curv.coordinate_vs_joint_decrease(cost, params, grads, lr=1.0)
    assert alone == {"a": 2.5, "b": 4.5}
    assert joint == 7.0
    assert_array_equal(params["a"], [1, 2])


def test_layers_that_interact_do_not():
    params = {"a": np.array([2.0]), "b": np.array([3.0])}
    grads = {"a": params["b"], "b": params["a"]}  # of the cost a * b
    alone, joint = curv.coordinate_vs_joint_decrease(
        lambda p: (p["a"] * p["b"]).item(), params, grads, lr=1.0
    )
    assert alone == {"a": 9.0, "b": 4.0}
    assert joint == 6 - (2 - 3) * (3 - 2)


def test_joint_decrease_rejects_other_names():
    with pytest.raises(ValueError, match=r"grads has the names \[\], expected \['a'\]"):
        curv.coordinate_vs_joint_decrease(lambda p: 0.0, {"a": np.ones(1)}, {}, lr=1.0)


# The chain


@pytest.mark.parametrize(
    ("lr", "predicted", "actual"),
    [(1e-4, 0.1024, 0.1021), (1e-3, 1.024, 0.998), (1e-2, 10.24, 7.95), (0.05, 51.2, 15.9)],
)
def test_prediction_and_outcome_on_the_chain_of_seven(lr, predicted, actual):
    got = curv.chain_update(1.0, np.array([1.0, 1, 1, 2, 2, 2, 2]), lr)
    assert_allclose(got, [predicted, actual], rtol=5e-3)


def test_a_rate_for_a_decrease_of_a_tenth_can_miss_by_millions():
    half = np.full(10, 0.5)
    lr = 0.1 / (10 * 0.5**18)
    assert_allclose(lr, 2621, rtol=1e-3)
    assert_allclose(curv.chain_update(1.0, half, lr), [0.1, -4.4e6], rtol=0.01)
    assert_allclose(curv.chain_update(1.0, np.ones(5), 0.1 / 5), [0.1, 0.0961], rtol=1e-3)


@given(sizes, seeds, st.floats(-2, 2), st.floats(-1, 1))
def test_terms_of_the_chain_are_the_polynomial_in_the_rate(layers, seed, x, lr):
    w = np.random.default_rng(seed).uniform(-1.5, 1.5, layers)
    predicted, actual = curv.chain_update(x, w, lr)
    terms = curv.chain_terms(x, w)
    y = x * np.prod(w)
    assert_allclose(terms[0], y, atol=1e-12)
    assert_allclose(-terms[1] * lr, predicted, atol=1e-9, rtol=1e-9)
    powers = lr ** np.arange(layers + 1)
    scale = np.abs(terms) @ np.abs(powers) + 1
    assert_allclose(terms @ powers, y - actual, atol=1e-12 * scale)


def test_the_third_order_part_of_the_chain_carries_a_minus_and_x():
    x, w = 2.0, np.array([0.5, 3.0, -1.0])
    g = np.array([x * w[1] * w[2], x * w[0] * w[2], x * w[0] * w[1]])
    assert_allclose(curv.chain_terms(x, w)[3], -x * np.prod(g))
    # the part g_1 g_2 g_3 w_4 ... w_7 of the chain of seven, at a rate of 0.05
    w, g = np.array([1.0, 1, 1, 2, 2, 2, 2]), np.array([16.0, 16, 16])
    assert_allclose(-(0.05**3) * np.prod(g) * np.prod(w[3:]), -8.19, rtol=1e-3)


def test_the_chain_survives_a_zero_weight_and_keeps_float32():
    w = np.array([0.0, 2.0], np.float32)
    assert_allclose(curv.chain_update(1.0, w, 0.1), [0.4, 0.4])
    assert curv.chain_terms(1.0, w).dtype == np.float32


def test_a_normalised_chain_is_as_long_as_its_last_weight_whatever_the_hidden_ones():
    x = np.random.default_rng(0).standard_normal(50)
    z = (x - x.mean()) / x.std()
    for hidden in ([1.0, 1.0], [30.0, 0.1], [-5.0, 2.0]):
        y = curv.normalised_chain(x, np.array([*hidden, 0.7]))
        assert_allclose(y, 0.7 * np.sign(np.prod(hidden)) * z, rtol=2e-3)
    assert_allclose(curv.normalised_chain(np.ones(4), np.array([2.0, 3.0])), 0)
    assert curv.normalised_chain(x.astype(np.float32), np.ones(3, np.float32)).dtype == np.float32


def decrease_of_a_tenth(chain, weights):
    """What a joint step gains that should, to first order, lower the slope of the chain by 0.1."""
    x = np.random.default_rng(0).standard_normal(100)
    x = (x - x.mean()) / x.std()
    params = {f"w{i}": np.array([w]) for i, w in enumerate(weights)}

    def slope(params):
        return float(np.mean(chain(x, np.concatenate(list(params.values()))) * x))

    grads = {
        name: numerical_gradient(lambda v, name=name: slope(params | {name: v}), w)
        for name, w in params.items()
    }
    lr = 0.1 / sum(float(g @ g) for g in grads.values())
    return curv.coordinate_vs_joint_decrease(slope, params, grads, lr)[1]


def test_normalising_makes_the_joint_step_predictable():
    def plain(x, w):
        return x * np.prod(w)

    assert_allclose(decrease_of_a_tenth(plain, [0.5] * 10), -4.4e6, rtol=0.01)
    assert_allclose(decrease_of_a_tenth(curv.normalised_chain, [0.5] * 10), 0.1, rtol=1e-3)


# A gradient step on a quadratic


@given(sizes, seeds, st.floats(0, 2))
def test_second_order_prediction_is_exact_on_a_quadratic(d, seed, lr):
    hessian, w = positive(d, seed)

    def cost(w):
        return 0.5 * w @ hessian @ w + w.sum() + 3

    g = hessian @ w + 1
    got = curv.second_order_prediction(cost(w), g, hessian, lr)
    assert_allclose(got, cost(w - lr * g), rtol=1e-9, atol=1e-9)
    quadratic = curv.quadratic_model((w - lr * g)[None], w, float(cost(w)), g, hessian)
    assert_allclose(quadratic, [got], rtol=1e-9, atol=1e-9)
    linear = curv.linear_model((w - lr * g)[None], w, float(cost(w)), g)
    assert_allclose(linear, [cost(w) - lr * g @ g], rtol=1e-9, atol=1e-9)


def test_without_the_square_of_the_rate_the_prediction_is_far_off():
    """The misprint 0.5 * g @ H @ g, slide error E-21."""
    hessian, w = positive(5, 0)
    g = hessian @ w
    cost = 0.5 * w @ g
    right = curv.second_order_prediction(float(cost), g, hessian, 0.01)
    assert_allclose(right, 0.5 * (w - 0.01 * g) @ hessian @ (w - 0.01 * g))
    assert cost - 0.01 * g @ g + 0.5 * g @ hessian @ g > 10 * right


@given(sizes, seeds)
def test_optimal_step_is_the_lowest_and_gains_nothing_at_its_double(d, seed):
    hessian, g = positive(d, seed)
    best = curv.optimal_step(g, hessian)
    assert best is not None

    def after(lr):
        return curv.second_order_prediction(0.0, g, hessian, lr)

    assert after(best) < min(after(0.99 * best), after(1.01 * best)) < 0
    assert_allclose(after(2 * best), 0, atol=1e-9 * abs(after(best)))


@pytest.mark.parametrize("last", [0.0, -1.0])
def test_no_optimal_step_without_curvature_along_the_gradient(last):
    """The slide says g @ g for zero curvature, slide error E-22."""
    assert curv.optimal_step(np.array([0.0, 2.0]), np.diag([1.0, last])) is None


def test_models_touch_the_cost_and_its_slope_at_their_point():
    points = START + np.random.default_rng(0).standard_normal((20, 2)) * 1e-4
    cost, g = rosenbrock_cost(START), ROSENBROCK.gradient(START)
    true = ROSENBROCK.value(points)
    linear = curv.linear_model(points, START, cost, g)
    quadratic = curv.quadratic_model(points, START, cost, g, ROSENBROCK.hessian(START))
    assert np.max(np.abs(linear - true)) < 1e-4
    assert np.max(np.abs(quadratic - true)) < 1e-8


@each_dtype
def test_models_keep_the_dtype(dtype):
    points, w0, g = np.ones((4, 3), dtype), np.zeros(3, dtype), np.ones(3, dtype)
    assert curv.linear_model(points, w0, 1.0, g).dtype == dtype
    assert curv.quadratic_model(points, w0, 1.0, g, np.eye(3, dtype=dtype)).dtype == dtype


# Condition


@given(sizes, seeds)
def test_condition_number_agrees_with_numpy(d, seed):
    hessian, _ = positive(d, seed)
    assert_allclose(curv.condition_number(hessian), np.linalg.cond(hessian), rtol=1e-6)


def test_condition_number_of_a_flat_direction_is_infinite():
    assert curv.condition_number(np.diag([3.0, 0.0])) == np.inf
    assert curv.condition_number(np.zeros((2, 2))) == np.inf


def test_descent_is_stable_below_the_largest_rate_and_fastest_at_the_best():
    hessian = bowl(100.0).hessian(np.zeros(2))
    assert_allclose(curv.max_stable_lr(hessian), 0.02)
    assert_allclose(curv.best_lr(hessian), 2 / 101)
    rate = curv.gd_rate(curv.condition_number(hessian))
    assert_allclose(rate, 0.980, atol=5e-4)

    def shrinks(lr):
        """The factor per step in the slowest direction."""
        ends = [gd(lambda w: hessian @ w, start, lr=lr, steps=1)[-1] for start in np.eye(2)]
        return max(np.linalg.norm(end) for end in ends)

    assert_allclose(shrinks(curv.best_lr(hessian)), rate)
    assert shrinks(curv.best_lr(hessian)) < min(shrinks(0.0197), shrinks(0.0199))
    assert shrinks(0.01999) < 1 < shrinks(0.02001)


def test_a_rate_is_defined_where_there_is_something_to_converge_to():
    assert_allclose(curv.max_stable_lr(np.diag([4.0, 0.0])), 0.5)
    for hessian in (np.diag([-1.0, -2.0]), np.zeros((1, 1))):
        with pytest.raises(ValueError, match="the largest eigenvalue is"):
            curv.max_stable_lr(hessian)
    with pytest.raises(ValueError, match="the smallest eigenvalue is -2.0"):
        curv.best_lr(np.diag([1.0, -2.0]))
    with pytest.raises(ValueError, match="kappa is 0.5, expected 1 or more"):
        curv.gd_rate(0.5)


@each_dtype
@pytest.mark.parametrize(
    ("eigenvalues", "kind"),
    [
        ([1, 2, 3], "min"),
        ([-1, -2, -3], "max"),
        ([1, 2, -1e-3], "saddle"),
        ([1, 0, -1], "saddle"),
        ([1, 2, 0], "degenerate"),
        ([-1, -2, 0], "degenerate"),
        ([0, 0, 0], "degenerate"),
        ([1e-20, 1e-20, 1e-20], "min"),
        ([5], "min"),
    ],
)
def test_a_critical_point_is_named_by_its_eigenvalues(eigenvalues, kind, dtype):
    d = len(eigenvalues)
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((d, d)))[0]
    hessian = (turn * np.array(eigenvalues)) @ turn.T
    assert curv.classify_critical_point(hessian.astype(dtype)) == kind


def test_saddles_take_over_in_high_dimension():
    rng = np.random.default_rng(0)
    for d, share in enumerate([1, 0.294, 0.049, 0.0057], start=1):
        a = rng.standard_normal((4000, d, d))
        kinds = [curv.classify_critical_point(h) for h in (a + a.transpose(0, 2, 1)) / 2]
        extrema = np.mean([kind in ("min", "max") for kind in kinds])
        assert abs(extrema - share) <= 5 * np.sqrt(share * (1 - share) / 4000)


@golden_values
def test_numerical_hessian_is_that_of_scipy(golden):
    want = golden()
    for w, hessian in zip(want["points"], want["rosen_hess"], strict=True):
        got = curv.numerical_hessian(ROSENBROCK.gradient, w)
        assert_allclose(got, hessian, rtol=1e-6, atol=1e-6)
        assert_array_equal(got, got.T)


def test_numerical_hessian_of_a_float32_point_is_as_good():
    w = np.array([0.5, -0.25, 2.0], np.float32)
    got = curv.numerical_hessian(lambda v: v**3, w)
    assert got.dtype == np.float32
    assert_allclose(got, np.diag(3 * w.astype(float) ** 2), rtol=1e-6, atol=1e-6)
    assert_array_equal(w, np.array([0.5, -0.25, 2.0], np.float32))


# Newton


@given(sizes, seeds)
def test_one_newton_step_solves_a_quadratic(d, seed):
    hessian, w = positive(d, seed)
    assert_allclose(w + curv.newton_step(hessian @ w, hessian), 0, atol=1e-9)


def test_newton_goes_to_the_same_point_in_other_variables():
    """w = A u changes gradient and Hessian; the step in u, brought back by A, is the step in w."""
    hessian, g = positive(4, 0)
    a = np.random.default_rng(1).standard_normal((4, 4))
    step_u = curv.newton_step(a.T @ g, a.T @ hessian @ a)
    assert_allclose(a @ step_u, curv.newton_step(g, hessian), rtol=1e-9)


def test_newton_jumps_to_the_saddle():
    w = np.array([0.5, 0.3])
    step = curv.newton_step(saddle().gradient(w), saddle().hessian(w))
    assert_allclose(w + step, 0, atol=1e-15)


def test_newton_keeps_float32_and_rejects_a_singular_hessian():
    step = curv.newton_step(np.ones(2, np.float32), np.eye(2, dtype=np.float32))
    assert step.dtype == np.float32
    with pytest.raises(ValueError, match="Singular"):
        curv.newton_step(np.ones(2), np.zeros((2, 2)))


@given(sizes, seeds, st.sampled_from([1e-6, 0.1, 10.0]))
def test_the_saddle_free_step_goes_downhill_on_every_surface(d, seed, damping):
    rng = np.random.default_rng(seed)
    root, g = rng.standard_normal((d, d)), rng.standard_normal(d)
    s = curv.saddle_free_step(g, root + root.T, damping)
    assert g @ s < 0


def test_the_saddle_free_step_is_newtons_on_a_bowl_and_finite_where_it_is_flat():
    hessian, g = positive(4, 0)
    step = curv.saddle_free_step(g, hessian, 1e-10)
    assert_allclose(step, curv.newton_step(g, hessian), rtol=1e-6)
    assert_allclose(curv.saddle_free_step(np.ones(1), np.zeros((1, 1)), 0.5), [-2.0])
    assert_allclose(curv.saddle_free_step(np.ones(2), np.diag([4.0, -4.0]), 1.0), [-0.2, -0.2])


@given(st.integers(1, 8), sizes, seeds)
def test_gauss_newton_minimises_the_damped_linear_model(n, d, seed):
    rng = np.random.default_rng(seed)
    jac, residual, damping = rng.standard_normal((n, d)), rng.standard_normal(n), 0.1

    def model(s):
        return 0.5 * float(np.mean((residual + jac @ s) ** 2) + damping * s @ s)

    step = curv.gauss_newton_step(jac, residual, damping)
    assert_allclose(numerical_gradient(model, step), 0, atol=1e-8)
    assert_allclose(step, curv.newton_step(jac.T @ residual / n, jac.T @ jac / n + 0.1 * np.eye(d)))


@each_dtype
def test_repaired_steps_keep_the_dtype(dtype):
    hessian, g = positive(3, 0, dtype)
    assert curv.saddle_free_step(g, hessian, 0.1).dtype == dtype
    assert curv.gauss_newton_step(hessian, g, 0.1).dtype == dtype


def test_the_hessian_of_alexnet_does_not_fit():
    assert curv.hessian_bytes(60_000_000) == 4 * 3600 * 10**12
    assert_allclose(curv.hessian_bytes(60_000_000), 14.4e15)
    assert curv.hessian_bytes(10, "float64") == 800
    assert curv.hessian_bytes(10, np.float64) == 800


# BFGS and L-BFGS


@golden_values
def test_bfgs_update_agrees_with_scipy(golden):
    want = golden()
    hinv = np.eye(6)
    for s, y, inverse in zip(want["s"], want["y"], want["bfgs"], strict=True):
        hinv = curv.bfgs_update(hinv, s, y)
        assert_allclose(hinv, inverse, rtol=1e-8, atol=1e-10)


@golden_values
def test_lbfgs_direction_agrees_with_scipy(golden):
    want = golden()
    got = curv.lbfgs_direction(want["g"], list(want["s"]), list(want["y"]))
    assert_allclose(got, want["lbfgs"], rtol=1e-9)


@given(st.integers(2, 6), seeds)
def test_bfgs_update_explains_the_step_with_a_change_of_rank_two(d, seed):
    (s,), (y,) = pairs(d, 1, seed)
    hinv, _ = positive(d, seed + 1)
    got = curv.bfgs_update(hinv, s, y)
    scale = np.max(np.abs(got))
    assert_allclose(got @ y, s, atol=1e-9 * scale * np.linalg.norm(y))
    assert_allclose(got, got.T, atol=1e-9 * scale)
    assert (np.linalg.eigvalsh(got) > 0).all()
    change = np.linalg.svd(got - hinv, compute_uv=False)
    assert (change[2:] < 1e-9 * (change[0] + scale)).all()
    assert change[1] > 0  # not of rank one, as the slide has it (E-37)


def test_bfgs_update_loses_positive_curvature_where_the_surface_curves_down():
    s = np.array([1.0, 0.5])
    assert np.linalg.eigvalsh(curv.bfgs_update(np.eye(2), s, -s))[0] < 0
    assert not curv.curvature_ok(s, -s)


def test_bfgs_update_rejects_a_pair_without_curvature():
    with pytest.raises(ValueError, match="y @ s is 0"):
        curv.bfgs_update(np.eye(2), np.array([1.0, 0.0]), np.array([0.0, 1.0]))


@given(sizes, st.integers(1, 8), seeds)
def test_two_loops_are_the_full_update_from_the_same_start(d, n, seed):
    s_list, y_list = pairs(d, n, seed)
    _, g = positive(d, seed)
    s, y = s_list[-1], y_list[-1]
    hinv = s @ y / (y @ y) * np.eye(d)
    for pair in zip(s_list, y_list, strict=True):
        hinv = curv.bfgs_update(hinv, *pair)
    got = curv.lbfgs_direction(g, s_list, y_list)
    assert_allclose(got, -hinv @ g, atol=1e-7 * (1 + np.max(np.abs(hinv)) * np.linalg.norm(g)))


def test_without_pairs_the_direction_is_steepest_descent():
    assert_array_equal(curv.lbfgs_direction(np.array([1.0, -2.0]), [], []), [-1, 2])


def test_pairs_of_negative_curvature_are_skipped_wherever_they_stand():
    s, y = pairs(4, 3, seed=0)
    bad = np.ones(4), -np.ones(4)
    g = np.arange(4.0)
    want = curv.lbfgs_direction(g, s, y)
    for at in range(4):
        with_bad = [*s[:at], bad[0], *s[at:]], [*y[:at], bad[1], *y[at:]]
        assert_array_equal(curv.lbfgs_direction(g, *with_bad), want)


@given(seeds, st.sampled_from([1e-9, 1.0, 1e9]))
def test_curvature_test_does_not_depend_on_the_units(seed, scale):
    s, y = np.random.default_rng(seed).standard_normal((2, 3))
    assert curv.curvature_ok(s, y) == (y @ s > 1e-8 * np.linalg.norm(s) * np.linalg.norm(y))
    assert curv.curvature_ok(scale * s, y) == curv.curvature_ok(s, y)
    assert not curv.curvature_ok(s, np.zeros(3))


@each_dtype
def test_quasi_newton_keeps_the_dtype_and_its_arguments(dtype):
    s, y = pairs(3, 2, seed=0, dtype=dtype)
    g, hinv = np.ones(3, dtype), np.eye(3, dtype=dtype)
    before = copy.deepcopy((s, y, g, hinv))
    assert curv.bfgs_update(hinv, s[0], y[0]).dtype == dtype
    direction = curv.lbfgs_direction(g, s, y)
    assert direction.dtype == dtype
    assert not np.shares_memory(curv.lbfgs_direction(g, [], []), g)
    for now, then in zip((*s, *y, g, hinv), (*before[0], *before[1], *before[2:]), strict=True):
        assert_array_equal(now, then)


def test_two_lists_of_unequal_length_are_rejected():
    with pytest.raises(ValueError, match="y_list has 0 entries, expected 1"):
        curv.lbfgs_direction(np.ones(2), [np.ones(2)], [])


# Whole paths


def test_backtracking_halves_until_the_cost_falls_enough():
    def cost(w):
        return float(w @ w)

    w = np.array([1.0])
    assert curv.backtracking(cost, w, np.array([-1.0]), 2 * w) == 1.0
    assert curv.backtracking(cost, w, np.array([-8.0]), 2 * w) == 0.125
    assert curv.backtracking(cost, w, np.array([1.0]), np.array([-2.0])) == 0.0


def test_bfgs_solves_rosenbrock_where_gradient_descent_crawls():
    path = curv.bfgs(rosenbrock_cost, ROSENBROCK.gradient, START, steps=60)
    assert_array_equal(path[0], START)
    assert_allclose(path[-1], 1, atol=1e-8)
    assert (np.diff(ROSENBROCK.value(path)) < 0).all()
    slow = gd(ROSENBROCK.gradient, START, lr=1e-3, steps=60)
    assert ROSENBROCK.value(slow[-1]) > 1


@pytest.mark.parametrize("memory", [1, 3, 10])
def test_lbfgs_solves_rosenbrock_with_little_memory(memory):
    path = curv.lbfgs(rosenbrock_cost, ROSENBROCK.gradient, START, steps=80, memory=memory)
    assert_allclose(path[-1], 1, atol=1e-6)
    assert (np.diff(ROSENBROCK.value(path)) < 0).all()


@each_dtype
@pytest.mark.parametrize("method", [curv.bfgs, curv.lbfgs])
def test_a_path_stops_in_the_minimum_and_keeps_the_dtype(method, dtype):
    path = method(lambda w: float(w @ w), lambda w: 2 * w, np.ones(3, dtype), steps=20)
    assert path.dtype == dtype
    assert len(path) < 10
    assert_allclose(path[-1], 0, atol=1e-6)
    assert_array_equal(
        method(lambda w: 0.0, np.zeros_like, np.ones(3, dtype), steps=5), [[1, 1, 1]]
    )


def test_noise_in_the_gradient_spoils_curvature_pairs():
    """The same steps on a bowl: exact pairs are all good, noisy ones often are not."""
    rng = np.random.default_rng(0)
    hessian, steps = np.diag([10.0, 1.0]), 0.1 * rng.standard_normal((200, 2))
    noise = rng.standard_normal((200, 2))
    exact = [curv.curvature_ok(s, hessian @ s) for s in steps]
    noisy = [curv.curvature_ok(s, hessian @ s + n) for s, n in zip(steps, noise, strict=True)]
    assert all(exact)
    assert 0.1 < 1 - np.mean(noisy) < 0.5


@pytest.mark.parametrize("method", [curv.bfgs, curv.lbfgs])
def test_a_path_ends_in_the_minimum_of_the_courses_own_bowl(method):
    surface = bowl()
    path = method(surface.value, surface.gradient, np.array([1.0, 1.0]), steps=200)
    assert len(path) < 201, "it ended by itself"
    assert np.all(np.diff(surface.value(path)) <= 0)
    assert_allclose(path[-1], 0, atol=1e-100)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(20))
def test_bfgs_ends_where_the_numbers_become_too_small(seed, dtype):
    rng = np.random.default_rng(seed)
    hessian = np.diag(10.0 ** rng.uniform(-2, 3, 3)).astype(dtype)
    path = curv.bfgs(
        lambda w: float(0.5 * w @ hessian @ w),
        lambda w: w @ hessian,
        rng.standard_normal(3).astype(dtype),
        steps=300,
    )
    assert np.isfinite(path).all()
    assert_allclose(path[-1], 0, atol=1e-15)


def test_no_step_is_taken_where_the_direction_leads_uphill():
    w = np.array([1.0])
    assert curv.backtracking(lambda w: float(w @ w), w, np.array([1.0]), 2 * w) == 0
    assert curv.backtracking(lambda w: float(w @ w), w, np.array([np.nan]), 2 * w) == 0
