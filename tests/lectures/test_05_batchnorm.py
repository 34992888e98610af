"""The batch norm lecture says nothing that its own code does not show."""

import math
import re

import numpy as np
import pytest

from tests.lectures.claims import measure, prose, rounds_to
from utils.activations import normal_moments, relu_forward, sigmoid_forward
from utils.data import load_digits
from utils.networks import MLP
from utils.normalization import (
    batch_stats,
    batchnorm_backward,
    batchnorm_forward,
    linear_fit_r2,
    naive_bias_step,
    projection_residuals,
    scale_invariance,
)
from utils.normnet import NormNet

LECTURE = "05_batchnorm"
DIGITS = load_digits()


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "arrived runaway_bias loss_change linear_share running_path company fold_gap "
        "gradient_error recovered effective_rate angle_cosine tenth final_loss learned_cells "
        "largest_rate race_loss jumps growth axis_gaps correlation white_error weightnorm_error "
        "along_v half_error state_norms block_growth mean_left"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


def after_naive_steps(n):
    b = 0.0
    for _ in range(n):
        b, _ = naive_bias_step(np.array([0.3, -1.0, 2.0]), b)
    return b


def running_mean_after(n):
    running = np.zeros(1), np.ones(1)
    for _ in range(n):
        running = batchnorm_forward(np.ones((4, 1)), np.ones(1), np.zeros(1), running)[2]
    return float(running[0][0])


def relu_moments():
    return normal_moments(lambda z: relu_forward(z)[0])


def relu_share(_=None):
    return linear_fit_r2(lambda z: relu_forward(z)[0], 1.0)


# What a sentence of the lecture (or the reason given with a question) states, the number in it, and
# the number computed here.
EXACT = [
    ("$b = 20$ after 100 steps", "20", lambda: after_naive_steps(100)),
    ("50,000 · 500² = 1.25 · 10¹⁰", "1.25e10", lambda: 50_000 * 500**2),
    ("100 · 500 = 5 · 10⁴", "5e4", lambda: 100 * 500),
    ("$0/0.003 = 0$", "0.003", lambda: math.sqrt(1e-5)),
    ("$R^2 = 0.984$", "0.984", lambda: linear_fit_r2(lambda z: sigmoid_forward(z)[0], 1.0)),
    ("93 %", "0.93", lambda: linear_fit_r2(np.tanh, 1.0)),
    ("for ReLU 73 %", "0.73", relu_share),
    ("$1 - 0.9^{10} = 0.651$", "0.651", lambda: running_mean_after(10)),
    ("After 50 batches it is 0.995", "0.995", lambda: running_mean_after(50)),
    ("1.111 for a batch of ten", "1.111", lambda: 10 / 9),
    (r"1/\sqrt{2\pi} = 0.399", "0.399", lambda: relu_moments()[0]),
    (r"\frac1{2\pi}} = 0.584", "0.584", lambda: math.sqrt(1 / 2 - 1 / (2 * math.pi))),
    ("or 1.21 in rms", "1.21", lambda: math.sqrt(math.pi / (math.pi - 1))),
    ("1.73 = √3", "1.73", lambda: math.sqrt(3)),
    ("8 · 6 = 48", "48", lambda: 8 * 6),
    ("8 · 3 = 24", "24", lambda: 8 * 3),
]


@pytest.mark.parametrize("words, number, compute", EXACT, ids=[words for words, *_ in EXACT])
def test_numbers_in_the_prose(words, number, compute):
    assert words in prose(LECTURE)
    assert rounds_to(compute(), number)


def test_ten_layers_overshoot_together(measured):
    assert measured["arrived"][20] == pytest.approx(1.1**10)  # rate 0.1


def test_the_bias_grows_without_bound(measured):
    """Syllabus NRM-02: 2, 20 and 200 after 10, 100 and 1000 steps; the loss stays."""
    bias = measured["runaway_bias"]
    assert [bias[10], bias[100], bias[1000]] == pytest.approx([2, 20, 200])
    assert measured["loss_change"] < 1e-10


def test_only_the_scale_of_sigmoid_and_tanh_matters(measured):
    """Syllabus NRM-05."""
    share = measured["linear_share"]
    assert share["('sigmoid', 4.0)"] < 0.9 < 0.98 < share["('sigmoid', 1.0)"]
    assert share["('ReLU', 4.0)"] == pytest.approx(share["('ReLU', 1.0)"], abs=1e-3)


def test_the_misprint_gives_a_number_per_example():
    """Syllabus E-19: shape (8,) in place of (3,)."""
    h = np.random.default_rng(0).standard_normal((8, 3))
    assert sum(h[:, j] for j in range(3)).shape == (8,)
    assert batch_stats(h)[0].shape == (3,)


def test_running_statistics_arrive_and_evaluation_is_steady(measured):
    mean, var = measured["running_path"][-1]
    assert mean == pytest.approx(3, abs=0.3)
    assert var == pytest.approx(4, abs=0.6)
    spread = {m: np.std(outputs["training"]) for m, outputs in measured["company"].items()}
    assert spread["2"] > spread["8"] > spread["64"] > 0.05
    pairs = np.abs(measured["company"]["2"]["training"])  # ε shows when the two are close together
    assert np.median(pairs) > 0.9999 and pairs.min() > 0.9
    for outputs in measured["company"].values():
        assert np.ptp(outputs["evaluation"]) < 1e-12


@pytest.mark.parametrize("entry", [1e2, 1e4])
def test_one_entry_of_four_cannot_be_pushed_beyond_the_root_of_three(entry):
    x = np.array([[entry], [1.0], [-1.0], [0.5]])
    out, _, _ = batchnorm_forward(x, np.ones(1), np.zeros(1), (np.zeros(1), np.ones(1)))
    assert 1.7 < out[0, 0] < math.sqrt(3)


@pytest.mark.parametrize("direction", ["shift", "stretch"])
def test_what_the_graph_sends_back_for_a_shift_and_a_stretch(direction):
    """The answer of the graph: 0.00 for all four."""
    x = np.array([[1.0], [3.0], [-2.0], [0.0]])
    start = np.zeros(1), np.ones(1)
    _, cache, _ = batchnorm_forward(x, np.ones(1), np.zeros(1), start)
    dout = np.ones((4, 1)) if direction == "shift" else cache[0]
    assert np.abs(batchnorm_backward(dout, cache)[0]).max() < 0.005


def test_the_old_value_of_keras_forgets():
    """Syllabus E-17: with 0.99 as the weight of the new batch, one batch is all that counts."""
    running = np.array([5.0]), np.ones(1)
    after = batchnorm_forward(np.zeros((4, 1)), np.ones(1), np.zeros(1), running, momentum=0.99)[2]
    assert after[0][0] == pytest.approx(0.05)


def test_a_batch_of_one_gives_beta():
    out, _, _ = batchnorm_forward(
        np.array([[7.0]]), np.array([3.0]), np.array([0.5]), (np.zeros(1), np.ones(1))
    )
    assert out[0, 0] == 0.5


def test_the_found_fold_is_right_without_a_bias_only(measured):
    assert measured["fold_gap"]["no bias"] < 1e-13 < 0.5 < measured["fold_gap"]["with a bias"]


def test_gradients(measured):
    assert measured["gradient_error"] < 1e-7
    assert measured["recovered"] < 0.02


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("eps", [1e-5, 1e-3])
def test_what_batch_norm_projects_out(seed, eps):
    """Syllabus NRM-13: the shift exactly, the stretch up to a term in proportion to eps."""
    rng = np.random.default_rng(seed)
    gamma, start = np.full(3, 1.5), (np.zeros(3), np.ones(3))
    x, dout = rng.standard_normal((32, 3)), rng.standard_normal((32, 3))
    _, cache, _ = batchnorm_forward(x, gamma, np.zeros(3), start, eps=eps)
    dx, dgamma, _ = batchnorm_backward(dout, cache)
    total, dot = projection_residuals(dx, cache[0])
    assert np.abs(total).max() < 1e-12
    assert dot == pytest.approx(gamma * dgamma * eps / cache[2] ** 3, rel=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_the_theorem_of_scale(seed):
    """Against a network: gradient at a w, perpendicular, and the same turn at the scaled rate."""
    rng = np.random.default_rng(seed)
    x, dout, w = (rng.standard_normal(shape) for shape in ((40, 6), (40, 3), (6, 3)))
    a = np.array([0.5, 2.0, 3.0])

    def gradient(w):
        start = np.zeros(3), np.ones(3)
        _, cache, _ = batchnorm_forward(x @ w, np.ones(3), np.zeros(3), start, eps=0.0)
        return x.T @ batchnorm_backward(dout, cache)[0]

    dw = gradient(w)
    dw_scaled, lr_scaled, length = scale_invariance(w, dw, a, lr=0.1)
    assert gradient(a * w) == pytest.approx(dw_scaled)
    assert a * w - lr_scaled * gradient(a * w) == pytest.approx(a * (w - 0.1 * dw))
    assert np.abs((w * dw).sum(axis=0)).max() < 1e-12
    assert length**2 == pytest.approx((w**2).sum(axis=0) + 0.01 * (dw**2).sum(axis=0))


def test_the_effective_rate_has_a_brake_and_no_release(measured):
    path = measured["effective_rate"]
    assert path["0.1"][-1] < path["0.1"][0] / 10
    assert path["10.0"][-1] > 0.9 * path["10.0"][0]
    for rates in path.values():
        assert max(np.diff(rates)) <= 1e-3 * rates[0]
    assert max(measured["angle_cosine"]) < 1e-2


def test_ten_layers_do_not_feel_the_scale(measured):
    """Syllabus NRM-11: 0.629 for tanh, 0.396 and 0.587 for ReLU, at both scales."""
    for scale in (0.01, 1.0):
        assert measured["tenth"][f"('tanh', {scale})"][1] == pytest.approx(0.629, abs=0.005)
        mean, std = measured["tenth"][f"('relu', {scale})"]
        assert mean == pytest.approx(0.396, abs=0.006)
        assert std == pytest.approx(0.587, abs=0.01)


def test_batch_norm_widens_the_region_that_learns(measured):
    assert measured["learned_cells"]["none"] <= 7
    assert measured["learned_cells"]["bn-act"] >= 15
    assert measured["largest_rate"]["bn-act"] >= 3 * measured["largest_rate"]["none"]


def test_the_gain_stays_when_the_drift_is_put_back(measured):
    """Five seeds; 0.075, 0.011 and 0.015 as the question says."""
    loss = measured["race_loss"]
    none, norm, noisy = (
        loss[k] for k in ("no batch norm", "batch norm before ReLU", "the same, drift put back")
    )
    assert rounds_to(np.mean(none), "0.075") and rounds_to(np.mean(norm), "0.011")
    assert rounds_to(np.mean(noisy), "0.015")
    assert max(noisy) < min(none)
    jumps = measured["jumps"]
    assert jumps["batch norm before ReLU"] < 0.01
    assert jumps["the same, drift put back"] == pytest.approx(jumps["no batch norm"], rel=0.2)


@pytest.mark.parametrize(
    "order, scale, lr, learns",
    [
        ("none", 0.01, 0.1, False),
        ("none", 0.01, 3.0, False),
        ("bn-act", 0.01, 0.3, True),
        ("bn-act", 0.01, 3.0, True),
        ("bn-act", 1.0, 0.3, True),
        ("bn-act", 1.0, 3.0, True),
        ("bn-act", 1.0, 0.03, False),
        ("bn-act", 1.0, 10.0, False),
    ],
)
def test_what_the_race_shows_when_one_tries(order, scale, lr, learns):
    """The answer of the live training."""
    net = NormNet([64, 50, 50, 50, 10], order=order, scale=scale, rng=np.random.default_rng(0))
    rng = np.random.default_rng(0)
    for _ in range(240):
        rows = rng.integers(len(DIGITS.x_train), size=100)
        _, grads = net.loss(DIGITS.x_train[rows], DIGITS.y_train[rows])
        net.params = {name: w - lr * grads[name] for name, w in net.params.items()}
    accuracy = (net.scores(DIGITS.x_val).argmax(axis=1) == DIGITS.y_val).mean()
    assert (accuracy >= 0.9) == learns


def final_loss(order, lr, seed):
    net = NormNet([64, 50, 50, 50, 10], order=order, rng=np.random.default_rng(seed))
    rng = np.random.default_rng(seed + 100)
    for _ in range(200):
        rows = rng.integers(len(DIGITS.x_train), size=50)
        _, grads = net.loss(DIGITS.x_train[rows], DIGITS.y_train[rows])
        net.params = {name: w - lr * grads[name] for name, w in net.params.items()}
    return net.loss_fn(net.scores(DIGITS.x_train), DIGITS.y_train)[0]


@pytest.mark.slow
@pytest.mark.parametrize("lr", [0.1, 0.3, 1.0])
def test_the_order_of_the_placements_depends_on_the_rate(lr):
    """The table of section 7, over its five seeds."""
    table = {
        0.1: (("none", "0.130"), ("bn-act", "0.055"), ("act-bn", "0.037")),
        0.3: (("none", "0.075"), ("bn-act", "0.011"), ("act-bn", "0.012")),
        1.0: (("bn-act", "0.011"), ("act-bn", "0.029")),
    }
    for order, stated in table[lr]:
        losses = [final_loss(order, lr, seed) for seed in range(5)]
        assert np.mean(losses) == pytest.approx(float(stated), rel=0.1)
        assert f"{stated} ± {np.std(losses):.3f}" in prose(LECTURE)


@pytest.mark.slow
def test_the_noise_regularises_and_only_makes_up_for_a_loss():
    """The table of 150 examples, over its five seeds."""
    x, y = DIGITS.x_train[:150], DIGITS.y_train[:150]

    def few_examples(order, batch_size, seed):
        net = NormNet([64, 50, 50, 50, 10], order=order, rng=np.random.default_rng(seed))
        rng = np.random.default_rng(seed + 50)
        for _ in range(400):
            rows = rng.permutation(150)[:batch_size]
            _, grads = net.loss(x[rows], y[rows])
            net.params = {name: w - 0.3 * grads[name] for name, w in net.params.items()}
        assert net.loss_fn(net.scores(x), y)[0] < 0.003
        return (net.scores(DIGITS.x_val).argmax(axis=1) == DIGITS.y_val).mean()

    found = {
        (order, m): np.array([few_examples(order, m, seed) for seed in range(5)])
        for order in ("none", "bn-act")
        for m in (15, 150)
    }
    for values, stated in zip(found.values(), (0.826, 0.823, 0.831, 0.793), strict=True):
        assert values.mean() == pytest.approx(stated, abs=0.002)
        assert f"{stated:.3f} ± {values.std():.3f}" in prose(LECTURE)
    gain = found["bn-act", 15] - found["bn-act", 150]
    assert gain.mean() == pytest.approx(0.04, abs=0.005) and (gain > 0).sum() == 4
    assert abs((found["none", 15] - found["none", 150]).mean()) < 0.01


def accuracy(norm, batch_size, lr, updates, seed):
    net = MLP([64, 50, 50, 50, 10], norm=norm, rng=np.random.default_rng(seed))
    rng = np.random.default_rng(seed + 9)
    for _ in range(updates):
        rows = rng.integers(len(DIGITS.x_train), size=batch_size)
        _, grads = net.loss(DIGITS.x_train[rows], DIGITS.y_train[rows])
        net.params = {name: w - lr * grads[name] for name, w in net.params.items()}
    return (net.scores(DIGITS.x_val).argmax(axis=1) == DIGITS.y_val).mean()


@pytest.mark.slow
@pytest.mark.parametrize(
    "norm, batch_size, lr, updates, stated",
    [
        (None, 2, 0.03, 300, "0.78"),
        ("batch", 2, 0.03, 300, "0.35"),
        ("layer", 2, 0.03, 300, "0.80"),
        (None, 8, 0.1, 150, "0.81"),
        ("batch", 8, 0.1, 150, "0.93"),
        ("layer", 8, 0.03, 150, "0.86"),
        (None, 128, 0.1, 100, "0.92"),
        ("batch", 128, 1.0, 100, "0.99"),
        ("layer", 128, 0.1, 100, "0.93"),
    ],
)
def test_the_table_of_batch_sizes(norm, batch_size, lr, updates, stated):
    found = np.mean([accuracy(norm, batch_size, lr, updates, seed) for seed in range(5)])
    assert found == pytest.approx(float(stated), abs=0.006)


def test_gradients_grow_with_depth_whatever_the_weights(measured):
    top_to_bottom = {name: [run[-1] for run in runs] for name, runs in measured["growth"].items()}
    small, large = top_to_bottom["('ReLU', 0.01)"], top_to_bottom["('ReLU', 1.0)"]
    assert small == pytest.approx(large, rel=0.1)
    assert np.mean(large) == pytest.approx(180, rel=0.1)
    above = [run[-2] for run in measured["growth"]["('ReLU', 1.0)"]]
    assert np.mean(above) ** (1 / 29) == pytest.approx(1.21, abs=0.015)
    assert 5 < min(top_to_bottom["('tanh', 1.0)"]) < max(top_to_bottom["('tanh', 1.0)"]) < 15
    assert max(top_to_bottom["('ReLU, residual', 1.0)"]) < 8


def test_relatives(measured):
    """Syllabus NRM-15, NRM-17, NRM-18: the same numbers by another way."""
    *exact, contrast = measured["axis_gaps"].values()
    assert max(exact) < 1e-13
    assert contrast < 1e-4


def test_only_decorrelation_removes_correlation(measured):
    """Syllabus NRM-19: 0.57 stays after batch norm; the identity to about 1e-15 after whitening."""
    assert measured["correlation"] == pytest.approx([0.57, 0.57], abs=0.03)
    assert measured["white_error"] < 1e-13


def test_weight_norm(measured):
    """Syllabus NRM-20."""
    assert measured["weightnorm_error"] < 1e-8
    assert measured["along_v"] < 1e-14
    assert measured["half_error"] < 1e-14


def test_layer_norm_keeps_the_state(measured):
    ends = {name: (sizes[0], sizes[-1]) for name, sizes in measured["state_norms"].items()}
    assert ends["(0.8, None)"][1] < 1e-4
    assert ends["(1.6, None)"][1] > 0.5
    for gain in (0.8, 1.6):
        start, end = ends[f"({gain}, 'ln')"]
        assert end == pytest.approx(start, rel=0.05)


def test_norms_in_residual_blocks(measured):
    inside, after = measured["block_growth"]["inside"], measured["block_growth"]["after"]
    assert min(inside) > 4 > 2 > max(after)
    assert 0.9 < measured["mean_left"] < 1


def test_every_entry_has_its_home():
    tags = set(re.findall(r'"((?:NRM|E)-\d\d)"', prose(LECTURE)))
    errors = {f"E-{n}" for n in (*range(15, 20), 58, 59, 60)}
    assert tags == {f"NRM-{n:02}" for n in range(1, 22)} | errors
