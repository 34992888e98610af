"""The batch norm lecture says nothing that its own code does not show."""

import math
import re

import numpy as np
import pytest

from tests.lectures.claims import measure, prose, rounds_to
from utils.activations import normal_moments, relu_forward, sigmoid_forward
from utils.normalization import (
    batch_stats,
    batchnorm_backward,
    batchnorm_forward,
    linear_fit_r2,
    naive_bias_step,
    weightnorm_backward,
    weightnorm_forward,
)

LECTURE = "05_batchnorm"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "runaway_bias loss_change sigmoid_r2 gap_to_line identity_error theory_error running_path "
        "company gradient_error residual_sum residual_dot dot_theory recovered mean_travel "
        "std_growth tenth final_loss learned_cells largest_rate race_loss race_acc spatial_gap "
        "group_gaps alone correlation white_error weightnorm_error scaled_change along_v "
        "state_norms"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


def sigmoid_r2(std):
    return linear_fit_r2(lambda z: sigmoid_forward(z)[0], std)


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


# What a sentence of the lecture (or the reason given with a question) states, the number in it, and
# the number computed here. The syllabus prints the same ones.
EXACT = [
    ("$b = 20$ after 100 steps", "20", lambda: after_naive_steps(100)),
    ("500² = 250 000", "250000", lambda: 500**2),
    ("50 000 · 500² = 1.25 · 10¹⁰", "1.25e10", lambda: 50_000 * 500**2),
    ("50 000 · 500 = 2.5 · 10⁷", "2.5e7", lambda: 50_000 * 500),
    ("100 · 500 = 5 · 10⁴", "5e4", lambda: 100 * 500),
    ("$0/0.003 = 0$", "0.003", lambda: math.sqrt(1e-5)),
    ("$R^2 = 0.984$", "0.984", lambda: sigmoid_r2(1.0)),
    ("$1 - 0.9^{10} = 0.651$", "0.651", lambda: running_mean_after(10)),
    ("After 50 batches it is 0.995", "0.995", lambda: running_mean_after(50)),
    ("1.111 for a batch of ten", "1.111", lambda: 10 / 9),
    (r"1/\sqrt{2\pi} = 0.399", "0.399", lambda: relu_moments()[0]),
    (r"\frac1{2\pi}} = 0.584", "0.584", lambda: math.sqrt(1 / 2 - 1 / (2 * math.pi))),
    ("8 · 6 = 48", "48", lambda: 8 * 6),
    ("8 · 3 = 24", "24", lambda: 8 * 3),
]


@pytest.mark.parametrize("words, number, compute", EXACT, ids=[words for words, *_ in EXACT])
def test_numbers_in_the_prose(words, number, compute):
    assert words in prose(LECTURE)
    assert rounds_to(compute(), number)


def test_the_bias_runs_away(measured):
    """Syllabus NRM-02: 2, 20 and 200 after 10, 100 and 1000 steps; the loss stays."""
    bias = measured["runaway_bias"]
    assert [bias[10], bias[100], bias[1000]] == pytest.approx([2, 20, 200])
    assert measured["loss_change"] < 1e-10


def test_the_sigmoid_is_nearly_linear(measured):
    """Syllabus NRM-05: at most 0.019 from its tangent, R^2 = 0.984."""
    assert measured["gap_to_line"] == pytest.approx(0.019, abs=5e-4)
    assert measured["sigmoid_r2"]["1.0"] == pytest.approx(0.984, abs=5e-4)
    assert "less than 90 %" in prose(LECTURE)
    assert measured["sigmoid_r2"]["4.0"] < 0.9


def test_the_misprint_gives_a_number_per_example():
    """Syllabus E-19: shape (8,) in place of (3,)."""
    h = np.random.default_rng(0).standard_normal((8, 3))
    assert sum(h[:, j] for j in range(3)).shape == (8,)
    assert batch_stats(h)[0].shape == (3,)


def test_the_identity_is_recovered(measured):
    """Syllabus NRM-06: to rounding with eps, to about 6e-6 without."""
    exact, without_eps = measured["identity_error"]
    assert exact < 5e-15
    assert without_eps == pytest.approx(measured["theory_error"], rel=0.01)
    assert 1e-6 < without_eps < 2e-5
    assert measured["recovered"] < 0.02


def test_running_statistics_arrive_and_testing_is_steady(measured):
    mean, var = measured["running_path"][-1]
    assert mean == pytest.approx(3, abs=0.3)
    assert var == pytest.approx(4, abs=0.6)
    spread = {m: np.std(outputs["training"]) for m, outputs in measured["company"].items()}
    assert spread["2"] > spread["8"] > spread["64"] > 0.05
    pairs = np.abs(measured["company"]["2"]["training"])  # ε shows when the two are close together
    assert np.median(pairs) > 0.9999 and pairs.min() > 0.9
    for outputs in measured["company"].values():
        assert np.ptp(outputs["testing"]) < 1e-12


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


def test_gradients(measured):
    """Syllabus NRM-08 and NRM-13: gradient check; mean and scale are projected out."""
    assert measured["gradient_error"] < 1e-7
    assert np.abs(measured["residual_sum"]).max() < 1e-14
    assert measured["residual_dot"] == pytest.approx(measured["dot_theory"], rel=0.01)


def test_a_bias_before_batch_norm_has_no_gradient():
    rng = np.random.default_rng(0)
    _, cache, _ = batchnorm_forward(
        rng.standard_normal((32, 1)), np.ones(1), np.zeros(1), (np.zeros(1), np.ones(1))
    )
    dx, _, _ = batchnorm_backward(rng.standard_normal((32, 1)), cache)
    assert abs(dx.sum()) < 1e-12


def test_units_drift_less_with_batch_norm(measured):
    assert measured["mean_travel"]["with"] < 0.2 < 1 < measured["mean_travel"]["without"]
    assert measured["std_growth"]["with"] < 1.5 < 3 < measured["std_growth"]["without"]


def test_ten_layers_do_not_feel_the_scale(measured):
    """Syllabus NRM-11: 0.629 for tanh, 0.396 and 0.587 for ReLU, at both scales."""
    for scale in (0.01, 1.0):
        assert measured["tenth"][f"('tanh', {scale})"][1] == pytest.approx(0.629, abs=0.005)
        mean, std = measured["tenth"][f"('relu', {scale})"]
        assert mean == pytest.approx(0.396, abs=0.006)
        assert std == pytest.approx(0.587, abs=0.01)


def test_batch_norm_widens_the_region_that_learns(measured):
    assert measured["learned_cells"]["none"] <= 5
    assert measured["learned_cells"]["bn-act"] >= 15
    assert measured["largest_rate"]["bn-act"] >= 10 * measured["largest_rate"]["none"]


def test_the_race_of_the_placements(measured):
    """Both placements win over none, in each start; in accuracy they are level."""
    loss, accuracy = measured["race_loss"], measured["race_acc"]
    assert max(*loss["bn-act"], *loss["act-bn"]) < 0.7 * min(loss["none"])
    assert np.mean(loss["act-bn"]) < np.mean(loss["bn-act"])
    assert (
        abs(accuracy["bn-act"] - accuracy["act-bn"]) < 0.01 < accuracy["bn-act"] - accuracy["none"]
    )


def test_relatives(measured):
    """Syllabus NRM-15, NRM-16, NRM-18: the same numbers by another way."""
    assert measured["spatial_gap"] < 5e-15
    assert max(measured["group_gaps"].values()) < 1e-14
    assert max(measured["alone"].values()) < 1e-14


def test_only_decorrelation_removes_correlation(measured):
    """Syllabus NRM-19: 0.57 stays after batch norm; the identity to about 1e-15 after whitening."""
    assert list(measured["correlation"].values()) == pytest.approx([0.57, 0.57], abs=0.03)
    assert measured["white_error"] < 1e-13


def test_weight_norm(measured):
    """Syllabus NRM-20."""
    assert measured["weightnorm_error"] < 1e-8
    assert measured["scaled_change"] < 1e-14
    assert measured["along_v"] < 1e-14


def test_a_doubled_v_halves_its_gradient():
    rng = np.random.default_rng(0)
    v, g, dw = rng.standard_normal((4, 2)), np.ones(2), rng.standard_normal((4, 2))
    once, twice = (weightnorm_backward(dw, weightnorm_forward(k * v, g)[1])[0] for k in (1, 2))
    assert twice == pytest.approx(once / 2)


def test_layer_norm_keeps_the_state(measured):
    ends = {name: (sizes[0], sizes[-1]) for name, sizes in measured["state_norms"].items()}
    assert ends["(0.8, None)"][1] < 1e-4
    assert ends["(1.6, None)"][1] > 0.5
    for gain in (0.8, 1.6):
        start, end = ends[f"({gain}, 'ln')"]
        assert end == pytest.approx(start, rel=0.05)


def test_every_entry_has_its_home():
    tags = set(re.findall(r'"((?:NRM|E)-\d\d)"', prose(LECTURE)))
    assert tags == {f"NRM-{n:02}" for n in range(1, 22)} | {f"E-{n}" for n in range(15, 20)}
