from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from numpy.testing import assert_allclose, assert_array_equal

from tests.golden import both
from tests.golden import dropout as golden_setup
from utils import dropout
from utils.gradients import numerical_gradient

FLOATS = [np.float32, np.float64]
P_DROP = golden_setup.P_DROP
golden_values = pytest.mark.parametrize("golden", both("dropout"))
probabilities = st.floats(0, 0.95)

# Both kinds of dropout: forward, backward, and the factor of a kept unit.
KINDS = {
    "inverted": (dropout.dropout_forward, dropout.dropout_backward, 1 / (1 - P_DROP)),
    "vanilla": (dropout.vanilla_dropout_forward, dropout.vanilla_dropout_backward, 1.0),
}
kinds = pytest.mark.parametrize("kind", KINDS)


def generator(seed=0):
    return np.random.default_rng(seed)


def assert_fraction(kept, p_keep):
    """A share of Bernoulli trials: five standard deviations are missed once in two million."""
    bound = 5 * np.sqrt(p_keep * (1 - p_keep) / kept.size)
    assert abs(kept.mean() - p_keep) < bound + 1e-12


# Masks


@pytest.mark.parametrize("p_drop", [0.0, 0.2, 0.5, 0.9])
def test_a_mask_drops_its_share(p_drop):
    mask = dropout.dropout_mask((200, 300), p_drop=p_drop, rng=generator())
    assert mask.dtype == bool
    assert mask.shape == (200, 300)
    assert_fraction(mask, 1 - p_drop)


def test_units_of_a_mask_are_dropped_independently():
    mask = dropout.dropout_mask((100_000, 2), p_drop=0.3, rng=generator())
    assert_fraction(mask[:, 0] & mask[:, 1], 0.49)
    assert_fraction(mask[1:, 0] & mask[:-1, 0], 0.49)


def test_a_generator_gives_a_mask_once():
    rng = generator()
    first, second = (dropout.dropout_mask((50,), p_drop=0.5, rng=rng) for _ in range(2))
    assert_array_equal(first, dropout.dropout_mask((50,), p_drop=0.5, rng=generator()))
    assert not np.array_equal(first, second)


def test_number_of_masks():
    assert_allclose(dropout.count_masks_log10(4096), 1233.02, atol=0.005)
    assert_allclose(dropout.count_masks_log10(10), np.log10(1024))
    assert dropout.count_masks_log10(0) == 0


# Dropout


@golden_values
def test_frozen_masks_agree_with_pytorch(golden):
    want = golden()
    x, mask = want["dropout_in0"], want["mask"]
    assert_allclose(dropout.dropout_apply(x, mask, p_drop=P_DROP), want["dropout_out"], rtol=1e-12)
    dx = dropout.dropout_backward(want["dropout_dout"], mask / (1 - P_DROP))
    assert_allclose(dx, want["dropout_grad0"], rtol=1e-12)
    dx = dropout.vanilla_dropout_backward(want["vanilla_dropout_dout"], mask.astype(float))
    assert_allclose(dx, want["vanilla_dropout_grad0"], rtol=1e-12)


@kinds
def test_training_drops_a_share_and_scales_the_rest(kind):
    forward, _, kept = KINDS[kind]
    x = 1 + generator().random((300, 200))
    out, factor = forward(x, p_drop=P_DROP, train=True, rng=generator())
    assert_fraction(out != 0, 1 - P_DROP)
    assert_allclose(np.unique(factor), [0, kept], rtol=1e-12)
    assert_allclose(out, x * factor, rtol=1e-12)


@kinds
@settings(deadline=None)
@given(array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5), st.data())
def test_backward_passes_where_forward_passed(kind, shape, data):
    forward, backward, _ = KINDS[kind]
    p_drop, train = data.draw(probabilities), data.draw(st.booleans())
    x, dout = generator().standard_normal((2, *shape))
    out, factor = forward(x, p_drop=p_drop, train=train, rng=generator())
    assert_array_equal(backward(dout, factor), dout * factor)
    assert_array_equal(out, x * factor)
    numerical = numerical_gradient(lambda x: (x * factor * dout).sum(), x)
    assert_allclose(backward(dout, factor), numerical, atol=1e-7)


def test_testing_leaves_inverted_dropout_out():
    x, dout = generator().standard_normal((2, 5, 4))
    out, factor = dropout.dropout_forward(x, p_drop=0.7, train=False, rng=None)
    assert_array_equal(out, x)
    assert not np.shares_memory(out, x)
    assert_array_equal(dropout.dropout_backward(dout, factor), dout)


def test_testing_scales_vanilla_dropout_by_the_probability_of_keeping():
    x, dout = generator().standard_normal((2, 5, 4))
    out, factor = dropout.vanilla_dropout_forward(x, p_drop=0.2, train=False, rng=None)
    assert_allclose(out, 0.8 * x, rtol=1e-12)
    assert_allclose(dropout.vanilla_dropout_backward(dout, factor), 0.8 * dout, rtol=1e-12)


@kinds
@pytest.mark.parametrize("p_drop", [0.0, 0.3, 0.8])
def test_training_gives_on_average_what_testing_gives(kind, p_drop):
    forward = KINDS[kind][0]
    x = np.ones((400, 400))
    trained, _ = forward(x, p_drop=p_drop, train=True, rng=generator())
    tested, _ = forward(x, p_drop=p_drop, train=False, rng=None)
    deviation = max(tested[0, 0], 1.0) * np.sqrt(p_drop / (1 - p_drop) / x.size)
    assert abs(trained.mean() - tested.mean()) <= 5 * deviation


@kinds
def test_testing_draws_nothing(kind):
    rng = generator()
    KINDS[kind][0](np.ones((3, 3)), p_drop=0.5, train=False, rng=rng)
    assert rng.random() == generator().random()


@kinds
def test_the_generator_decides_the_mask(kind):
    forward = KINDS[kind][0]
    x, rng = np.ones((20, 20)), generator()
    first, second = (forward(x, p_drop=0.5, train=True, rng=rng)[0] for _ in range(2))
    assert_array_equal(first, forward(x, p_drop=0.5, train=True, rng=generator())[0])
    assert not np.array_equal(first, second)


# What all of them share


def calls(dtype, p_drop=0.5):
    """Every layer of the module that takes p_drop and train: its arrays and a call on them."""
    x, f_x = generator().standard_normal((2, 4, 3)).astype(dtype)
    w = generator(1).standard_normal((3, 2)).astype(dtype)
    dout, dy = np.ones((4, 3), dtype), np.ones((4, 2), dtype)

    def layer(name, inputs, dout):
        forward, backward = (getattr(dropout, f"{name}_{way}") for way in ("forward", "backward"))

        def call(train, rng):
            out, cache = forward(*inputs, p_drop=p_drop, train=train, rng=rng)
            return out, backward(dout, cache)

        return (*inputs, dout), call

    return {
        "dropout": layer("dropout", (x,), dout),
        "vanilla dropout": layer("vanilla_dropout", (x,), dout),
        "dropconnect": layer("dropconnect", (x, w), dy),
        "stochastic depth": layer("stochastic_depth", (x, f_x), dout),
    }


every_layer = pytest.mark.parametrize("name", calls(float))


def flat(results):
    for result in results:
        yield from flat(result) if isinstance(result, tuple) else [result]


@every_layer
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("p_drop", [0.5, np.float64(0.5)])
def test_dtype_stays_and_arguments_are_not_touched(name, dtype, train, p_drop):
    arguments, call = calls(dtype, p_drop)[name]
    before = [array.copy() for array in arguments]
    assert {array.dtype for array in flat(call(train, generator()))} == {np.dtype(dtype)}
    for array, was in zip(arguments, before, strict=True):
        assert_array_equal(array, was)


@every_layer
@pytest.mark.parametrize("p_drop", [-0.1, 1.0, 1.5, np.nan])
@pytest.mark.parametrize("train", [True, False])
def test_rejects_what_is_no_probability_of_dropping(name, p_drop, train):
    with pytest.raises(ValueError, match=rf"p_drop is {p_drop}, expected 0 <= p_drop < 1"):
        calls(float, p_drop)[name][1](train, generator())


@every_layer
def test_rejects_training_without_a_generator(name):
    with pytest.raises(ValueError, match="rng is None, expected a generator"):
        calls(float)[name][1](True, None)


def test_functions_with_a_given_mask_rejects_what_is_no_probability():
    x, mask = np.ones((2, 3)), np.ones((2, 3), bool)
    w, b = np.ones((3, 2)), np.zeros(2)
    for call in (
        lambda p: dropout.dropout_mask((2,), p_drop=p, rng=generator()),
        lambda p: dropout.dropout_apply(x, mask, p_drop=p),
        lambda p: dropout.dropconnect_apply(x, w, mask.T, p_drop=p),
        lambda p: dropout.mask_ensemble(x, w, b, mask, p_drop=p),
        lambda p: dropout.expected_output_exact(x[0], x[0], p_drop=p),
        lambda p: dropout.expected_output_scaled(x[0], x[0], p_drop=p),
        lambda p: dropout.expected_output_sampled(
            x[0], x[0], p_drop=p, n_samples=3, rng=generator()
        ),
    ):
        with pytest.raises(ValueError, match=r"p_drop is 1\.0, expected 0 <= p_drop < 1"):
            call(1.0)
        call(0.0)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("p_drop", [0.3, np.float64(0.3)])
def test_functions_with_a_given_mask_keep_the_dtype(dtype, p_drop):
    x, mask = np.ones((2, 3), dtype), np.ones((2, 3), bool)
    w, b = np.ones((3, 2), dtype), np.zeros(2, dtype)
    assert dropout.dropout_apply(x, mask, p_drop=p_drop).dtype == dtype
    assert dropout.dropconnect_apply(x, w, mask.T, p_drop=p_drop).dtype == dtype
    assert dropout.mask_ensemble(x, w, b, mask, p_drop=p_drop).dtype == dtype


# The expectation over masks


@settings(deadline=None)
@given(st.integers(1, 8), probabilities, st.integers(0, 99))
def test_exact_expectation_goes_through_every_mask(d, p_drop, seed):
    x, w = generator(seed).standard_normal((2, d))
    for activation, f in {"linear": lambda a: a, "relu": lambda a: max(a, 0.0)}.items():
        want = sum(
            np.prod(np.where(mask, 1 - p_drop, p_drop)) * f(float((w * x * mask).sum()))
            for mask in product([0, 1], repeat=d)
        )
        got = dropout.expected_output_exact(x, w, p_drop=p_drop, activation=activation)
        assert_allclose(got, want, atol=1e-12)


@settings(deadline=None)
@given(st.integers(1, 10), probabilities, st.integers(0, 99))
def test_scaling_is_exact_for_a_linear_neuron_and_never_above_for_relu(d, p_drop, seed):
    x, w = generator(seed).standard_normal((2, d))
    exact = dropout.expected_output_exact(x, w, p_drop=p_drop)
    assert_allclose(dropout.expected_output_scaled(x, w, p_drop=p_drop), exact, atol=1e-12)
    relu_exact = dropout.expected_output_exact(x, w, p_drop=p_drop, activation="relu")
    relu_scaled = dropout.expected_output_scaled(x, w, p_drop=p_drop, activation="relu")
    assert relu_scaled <= relu_exact + 1e-12


def test_two_inputs_kept_half_the_time():
    x, w = np.array([2.0, -3.0]), np.array([0.5, 1.0])
    # Masks 00, 10, 01, 11 give 0, 1, -3, -2, each with probability 1/4.
    assert dropout.expected_output_exact(x, w, p_drop=0.5) == -1
    assert dropout.expected_output_exact(x, w, p_drop=0.5, activation="relu") == 0.25
    assert dropout.expected_output_scaled(x, w, p_drop=0.5, activation="relu") == 0


def test_testing_multiplies_by_the_probability_of_keeping_not_of_dropping():
    x, w = np.array([1.0, 2.0]), np.array([0.1, 0.21])
    # w . x = 0.52, kept with 0.8: 0.416, as the syllabus has it (E-50), and not 0.104.
    assert_allclose(dropout.expected_output_exact(x, w, p_drop=0.2), 0.416)
    assert_allclose(dropout.expected_output_scaled(x, w, p_drop=0.2), 0.416)


@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_sampled_expectation_approaches_the_exact_one(activation):
    x, w = generator().standard_normal((2, 8))
    options = {"p_drop": 0.4, "activation": activation}
    exact = dropout.expected_output_exact(x, w, **options)
    n = 40_000
    got = dropout.expected_output_sampled(x, w, n_samples=n, rng=generator(), **options)
    bound = 5 * np.sqrt(((w * x) ** 2).sum() * 0.24 / n)
    assert 0 < abs(got - exact) < bound


def test_expectation_rejects_many_inputs_and_other_activations():
    x = np.ones(17)
    with pytest.raises(ValueError, match="x has 17 entries, expected at most 16"):
        dropout.expected_output_exact(x, x, p_drop=0.5)
    for call in (
        lambda: dropout.expected_output_exact(x[:3], x[:3], p_drop=0.5, activation="tanh"),
        lambda: dropout.expected_output_scaled(x, x, p_drop=0.5, activation="tanh"),
        lambda: dropout.expected_output_sampled(
            x, x, p_drop=0.5, n_samples=2, rng=generator(), activation="tanh"
        ),
    ):
        with pytest.raises(ValueError, match="activation is 'tanh', expected 'linear' or 'relu'"):
            call()


def softmax(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


def test_ensemble_is_the_mean_of_the_masked_networks():
    rng = generator()
    h, w, b = rng.standard_normal((4, 5)), rng.standard_normal((5, 3)), rng.standard_normal(3)
    masks = rng.random((7, 5)) < 0.6
    want = np.mean([softmax((h * mask) @ w / 0.6 + b) for mask in masks], axis=0)
    got = dropout.mask_ensemble(h, w, b, masks, p_drop=0.4)
    assert_allclose(got, want, rtol=1e-12)
    assert_allclose(got.sum(axis=1), 1, rtol=1e-12)
    everything = np.ones((1, 5), bool)
    assert_allclose(dropout.mask_ensemble(h, w, b, everything, p_drop=0.0), softmax(h @ w + b))


def test_averages_rejects_nothing_to_average():
    x = np.ones(3)
    with pytest.raises(ValueError, match=r"masks has shape \(0, 3\), expected at least one"):
        dropout.mask_ensemble(x[None], x[:, None], x[:1], np.empty((0, 3), bool), p_drop=0.5)
    with pytest.raises(ValueError, match="n_samples is 0, expected at least 1"):
        dropout.expected_output_sampled(x, x, p_drop=0.5, n_samples=0, rng=generator())


def test_ensemble_of_huge_scores_is_finite():
    h, w = np.full((2, 3), 1e30), np.array([[1.0, -1.0]] * 3)
    got = dropout.mask_ensemble(h, w, np.zeros(2), np.ones((2, 3), bool), p_drop=0.5)
    assert_array_equal(got, [[1, 0], [1, 0]])


@given(st.integers(1, 6), probabilities, st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_the_geometric_mean_of_all_masks_is_one_pass(units, p_drop, seed):
    rng = generator(seed)
    h, w, b = rng.random((3, units)), rng.standard_normal((units, 4)), rng.standard_normal(4)
    masks = np.array(list(product([0, 1], repeat=units)))
    kept = masks.sum(axis=1)
    probability = (1 - p_drop) ** kept * p_drop ** (units - kept)
    members = np.array([softmax((h * mask / (1 - p_drop)) @ w + b) for mask in masks])
    got = dropout.geometric_ensemble(members, probability)
    assert_allclose(got, softmax(h @ w + b), rtol=1e-7)


def test_the_geometric_mean_rejects_a_weight_too_few():
    with pytest.raises(
        ValueError, match=r"probability has shape \(1,\), expected .* = 2 as in pred"
    ):
        dropout.geometric_ensemble(np.full((2, 1, 2), 0.5), np.ones(1))


@given(probabilities, st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_the_penalty_is_the_mean_loss_over_masks_less_the_loss(p_drop, seed):
    rng = generator(seed)
    x, w, y = rng.standard_normal((3, 4)), rng.standard_normal(4), rng.standard_normal(3)
    masks = np.array(list(product([0, 1], repeat=4)))
    kept = masks.sum(axis=1)
    probability = (1 - p_drop) ** kept * p_drop ** (4 - kept)
    losses = ((masks / (1 - p_drop)) @ (x * w).T - y) ** 2
    want = (probability @ losses).sum() - ((x @ w - y) ** 2).sum()
    assert_allclose(dropout.dropout_penalty(x, w, p_drop=p_drop), want, rtol=1e-8, atol=1e-9)


def test_monte_carlo_dropout_has_the_mean_and_the_spread_of_all_masks():
    rng = generator()
    h, w, b = rng.random((2, 4)), rng.standard_normal((4, 3)), rng.standard_normal(3)
    masks = np.array(list(product([0, 1], repeat=4)))
    members = np.array([softmax((h * mask / 0.5) @ w + b) for mask in masks])
    mean, std = dropout.mc_dropout(h, w, b, p_drop=0.5, n_samples=20_000, rng=rng)
    assert_allclose(mean, members.mean(axis=0), atol=0.01)
    assert_allclose(std, members.std(axis=0), atol=0.01)


def test_new_averages_reject_what_is_no_probability_and_no_sample():
    x, w = np.ones((1, 2)), np.ones((2, 2))
    with pytest.raises(ValueError, match="p_drop is 1.0"):
        dropout.dropout_penalty(x, w[0], p_drop=1.0)
    with pytest.raises(ValueError, match="p_drop is 1.0"):
        dropout.mc_dropout(x, w, w[0], p_drop=1.0, n_samples=1, rng=generator())
    with pytest.raises(ValueError, match="n_samples is 0"):
        dropout.mc_dropout(x, w, w[0], p_drop=0.5, n_samples=0, rng=generator())


# Redundancy


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.data())
def test_corrupting_a_feature_clears_one_column(n, d, data):
    j = data.draw(st.integers(0, d - 1))
    x = generator().standard_normal((n, d))
    before = x.copy()
    want = x * (np.arange(d) != j)
    assert_array_equal(dropout.corrupt_one_feature(x, j), want)
    assert_array_equal(x, before)


def test_corrupting_rejects_a_feature_that_is_not_there():
    with pytest.raises(ValueError, match="j is 3, expected 0 <= j < 3"):
        dropout.corrupt_one_feature(np.ones((2, 3)), 3)


def test_features_that_back_each_other_up_are_worth_little():
    rng = generator()
    y = rng.integers(0, 2, 400)
    sign = 2.0 * y - 1
    noise = rng.standard_normal(400)
    alone = np.stack([sign, noise], axis=1)
    backed_up = np.stack([sign, sign, sign, noise], axis=1)

    def predict(x):
        return (x.sum(axis=1) - x[:, -1] > 0).astype(int)

    scores = dropout.robustness_scores(predict, alone, y)
    assert_allclose(scores, [(y == 1).mean(), 0], atol=1e-12)
    assert_array_equal(dropout.robustness_scores(predict, backed_up, y), np.zeros(4))


# DropConnect


@golden_values
def test_dropconnect_agrees_with_pytorch(golden):
    want = golden()
    x, w, mask = want["dropconnect_in0"], want["dropconnect_in1"], want["w_mask"]
    out = dropout.dropconnect_apply(x, w, mask, p_drop=P_DROP)
    assert_allclose(out, want["dropconnect_out"], rtol=1e-10, atol=1e-13)
    cache = x, w, mask / (1 - P_DROP)
    dx, dw = dropout.dropconnect_backward(want["dropconnect_dout"], cache)
    assert_allclose(dx, want["dropconnect_grad0"], rtol=1e-10, atol=1e-13)
    assert_allclose(dw, want["dropconnect_grad1"], rtol=1e-10, atol=1e-13)


def test_dropconnect_drops_single_weights_and_scales_the_rest():
    x, w = np.eye(200), np.full((200, 300), 2.0)
    out, (_, _, factor) = dropout.dropconnect_forward(
        x, w, p_drop=P_DROP, train=True, rng=generator()
    )
    assert_fraction(factor != 0, 1 - P_DROP)
    # Not whole units, as dropout would.
    assert 0 < (factor != 0).mean(axis=1).min() < (factor != 0).mean(axis=1).max() < 1
    assert_allclose(out, 2 * factor, rtol=1e-12)
    assert_allclose(np.unique(factor), [0, 1 / (1 - P_DROP)], rtol=1e-12)


def test_dropconnect_gradients_with_the_same_mask():
    x, w = generator().standard_normal((4, 3)), generator(1).standard_normal((3, 5))
    dout = generator(2).standard_normal((4, 5))

    def out(x, w):
        return dropout.dropconnect_forward(x, w, p_drop=0.5, train=True, rng=generator(7))

    dx, dw = dropout.dropconnect_backward(dout, out(x, w)[1])
    assert_allclose(dx, numerical_gradient(lambda x: (out(x, w)[0] * dout).sum(), x), atol=1e-7)
    assert_allclose(dw, numerical_gradient(lambda w: (out(x, w)[0] * dout).sum(), w), atol=1e-7)


def test_dropconnect_uses_all_weights_in_testing():
    x, w = generator().standard_normal((4, 3)), generator(1).standard_normal((3, 5))
    out, cache = dropout.dropconnect_forward(x, w, p_drop=0.9, train=False, rng=None)
    assert_array_equal(out, x @ w)
    dout = np.ones((4, 5))
    assert_array_equal(dropout.dropconnect_backward(dout, cache)[1], x.T @ dout)


# Stochastic depth


def test_a_block_is_skipped_with_its_probability():
    h, f_h = np.array([1.0, -2.0, 3.0]), np.array([1.0, 1.0, -5.0])
    gates, rng = [], generator()
    for _ in range(4000):
        out, (_, gate) = dropout.stochastic_depth_forward(h, f_h, p_drop=0.3, train=True, rng=rng)
        gates.append(gate)
        assert_array_equal(out, np.maximum(0, gate * f_h + h))
    assert set(gates) == {0.0, 1.0}
    assert_fraction(np.array(gates), 0.7)


def test_a_block_counts_with_its_probability_of_being_kept_in_testing():
    h, f_h = np.array([1.0, -2.0, 3.0]), np.array([1.0, 1.0, -5.0])
    out, (_, gate) = dropout.stochastic_depth_forward(h, f_h, p_drop=0.3, train=False, rng=None)
    assert_allclose(out, [1.7, 0, 0], rtol=1e-12)
    assert_allclose(gate, 0.7)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("train", [True, False])
def test_gradients_of_a_block(seed, train):
    h, f_h, dout = generator(seed).standard_normal((3, 4, 5))

    def out(h, f_h):
        rng = generator(seed)
        return dropout.stochastic_depth_forward(h, f_h, p_drop=0.5, train=train, rng=rng)

    dh, df_h = dropout.stochastic_depth_backward(dout, out(h, f_h)[1])
    assert_allclose(dh, numerical_gradient(lambda h: (out(h, f_h)[0] * dout).sum(), h), atol=1e-7)
    numerical = numerical_gradient(lambda f_h: (out(h, f_h)[0] * dout).sum(), f_h)
    assert_allclose(df_h, numerical, atol=1e-7)


@golden_values
def test_residual_net_agrees_with_pytorch(golden):
    want = golden()
    x, *weights = (want[f"residual_net_in{i}"] for i in range(4))
    out, cache = dropout.residual_net_forward(x, weights, want["gates"])
    assert_allclose(out, want["residual_net_out"], rtol=1e-9, atol=1e-12)
    dx, dws = dropout.residual_net_backward(want["residual_net_dout"], cache)
    assert len(dws) == 3
    for i, gradient in enumerate((dx, *dws)):
        assert_allclose(gradient, want[f"residual_net_grad{i}"], rtol=1e-9, atol=1e-12)
    assert not dws[1].any()


@pytest.mark.parametrize("dtype", FLOATS)
def test_residual_net_keeps_dtype_whatever_that_of_the_gates(dtype):
    x = np.ones((2, 3), dtype)
    weights = [np.eye(3, dtype=dtype)] * 2
    out, cache = dropout.residual_net_forward(x, weights, np.array([1.0, 0.5]))
    assert_allclose(out, 3)
    dx, dws = dropout.residual_net_backward(np.ones((2, 3), dtype), cache)
    assert {array.dtype for array in (out, dx, *dws)} == {np.dtype(dtype)}
    assert_allclose(dx, 3)


def test_a_network_of_skipped_blocks_passes_the_gradient_untouched():
    x = 1 + generator().random((4, 3))
    weights = list(generator(1).standard_normal((5, 3, 3)))
    dout = generator(2).standard_normal((4, 3))
    out, cache = dropout.residual_net_forward(x, weights, np.zeros(5))
    assert_array_equal(out, x)
    assert_array_equal(dropout.residual_net_backward(dout, cache)[0], dout)


def test_drop_profile_rises_linearly():
    assert_allclose(dropout.drop_profile(4), [0.125, 0.25, 0.375, 0.5])
    assert_allclose(dropout.drop_profile(2, p_last=0.2), [0.1, 0.2])
    assert_array_equal(dropout.drop_profile(0), np.zeros(0))
    assert_allclose((1 - dropout.drop_profile(54)).sum() / 54, 0.75, atol=0.01)


def test_drop_profile_rejects_a_last_block_that_is_never_kept():
    with pytest.raises(ValueError, match="p_last is 1.0, expected 0 <= p_last < 1"):
        dropout.drop_profile(3, p_last=1.0)


# Fractional max pooling


@settings(deadline=None)
@given(st.integers(1, 20), st.data())
def test_boundaries_take_steps_of_one_or_two(n_out, data):
    n_in = data.draw(st.integers(n_out, 2 * n_out))
    boundaries = dropout.fmp_boundaries(n_in, n_out, rng=generator())
    assert len(boundaries) == n_out + 1
    assert (boundaries[0], boundaries[-1]) == (0, n_in)
    assert set(np.diff(boundaries)) <= {1, 2}


def test_boundaries_come_in_every_order():
    rng = generator()
    drawn = {tuple(dropout.fmp_boundaries(6, 4, rng=rng)) for _ in range(300)}
    assert len(drawn) == 6
    steps = [np.diff(dropout.fmp_boundaries(6, 4, rng=rng)) == 2 for _ in range(2000)]
    assert_allclose(np.mean(steps, axis=0), 0.5, atol=0.06)


@pytest.mark.parametrize(("n_in", "n_out"), [(3, 4), (9, 4), (1, 0)])
def test_boundaries_rejects_a_ratio_below_one_or_above_two(n_in, n_out):
    with pytest.raises(
        ValueError, match=f"n_in is {n_in}, expected {n_out} <= n_in <= {2 * n_out}"
    ):
        dropout.fmp_boundaries(n_in, n_out, rng=generator())


@golden_values
def test_steps_of_two_are_pytorchs_max_pooling(golden):
    want = golden()
    rows, cols = np.arange(0, 9, 2), np.arange(0, 7, 2)
    out, cache = dropout.fmp_forward(want["max_pool_in0"], rows, cols)
    assert_array_equal(out, want["max_pool_out"])
    assert_array_equal(dropout.fmp_backward(want["max_pool_dout"], cache), want["max_pool_grad0"])


@pytest.mark.parametrize("dtype", FLOATS)
@settings(deadline=None)
@given(data=st.data())
def test_fractional_max_pooling_is_the_maximum_of_its_regions(dtype, data):
    n, c, h_out, w_out = (data.draw(st.integers(1, 3)) for _ in range(4))
    height = data.draw(st.integers(h_out, 2 * h_out))
    width = data.draw(st.integers(w_out, 2 * w_out))
    rng = generator(data.draw(st.integers(0, 99)))
    rows = dropout.fmp_boundaries(height, h_out, rng=rng)
    cols = dropout.fmp_boundaries(width, w_out, rng=rng)
    x = rng.permuted(np.arange(n * c * height * width)).reshape(n, c, height, width).astype(dtype)
    out, cache = dropout.fmp_forward(x, rows, cols)
    want = np.maximum.reduceat(np.maximum.reduceat(x, rows[:-1], axis=2), cols[:-1], axis=3)
    assert_array_equal(out, want)
    assert out.dtype == dtype
    dout = rng.standard_normal(out.shape).astype(dtype)
    dx = dropout.fmp_backward(dout, cache)
    assert dx.dtype == dtype
    # Every value of x is there once, so the largest pixels are those found in the output.
    assert_array_equal(np.sort(dx[dx != 0]), np.sort(dout.ravel()))
    assert_array_equal(np.sort(x[dx != 0]), np.sort(out.ravel()))
    numerical = numerical_gradient(
        lambda x: (dropout.fmp_forward(x, rows, cols)[0] * dout).sum(), x.astype(float)
    )
    assert_allclose(dx, numerical, rtol=1e-5, atol=1e-5)


def test_equal_pixels_send_the_gradient_to_the_first():
    x = np.ones((1, 1, 2, 3))
    _, cache = dropout.fmp_forward(x, np.array([0, 2]), np.array([0, 1, 3]))
    dx = dropout.fmp_backward(np.array([[[[5.0, 7.0]]]]), cache)
    assert_array_equal(dx, [[[[5, 7, 0], [0, 0, 0]]]])


def test_pooling_of_an_image_in_any_layout():
    x = generator().standard_normal((2, 3, 5, 4))
    rows, cols = np.array([0, 1, 3, 5]), np.array([0, 2, 4])
    out, _ = dropout.fmp_forward(x, rows, cols)
    turned = np.ascontiguousarray(x.transpose(0, 1, 3, 2)).transpose(0, 1, 3, 2)
    assert_array_equal(dropout.fmp_forward(turned, rows, cols)[0], out)


@pytest.mark.parametrize("wrong", [[0, 2, 4], [1, 3, 5], [0, 3, 3, 5], [0, 4, 2, 5]])
def test_pooling_rejects_boundaries_that_do_not_cover_the_image(wrong):
    x, right = np.ones((1, 1, 5, 5)), np.array([0, 2, 5])
    with pytest.raises(ValueError, match="rows is .*, expected to rise from 0 to 5"):
        dropout.fmp_forward(x, np.array(wrong), right)
    with pytest.raises(ValueError, match="cols is .*, expected to rise from 0 to 5"):
        dropout.fmp_forward(x, right, np.array(wrong))
