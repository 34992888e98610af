"""The dropout lecture says nothing that its own code does not show."""

import math
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from grader.checking.definitions import find
from grader.checking.notebook import check_function
from tests.lectures.claims import measure, prose, rounds_to
from utils.data import Dataset, load_digits
from utils.dropout import (
    count_masks_log10,
    drop_profile,
    expected_output_exact,
    expected_output_scaled,
)
from utils.networks import MLP
from utils.optimizers import momentum_step
from utils.training import train, training_steps

LECTURE = "10_dropout"
NEURON = np.array([1.0, 2.0]), np.array([0.1, 0.21])


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "slide_numbers exact_relu scaled_relu share_below mc_errors scaling_error counts "
        "best_scale distance_at_scale eval_accuracy train_accuracies different_winners "
        "full_accuracy unit_scores gap_table single ensemble_accuracy one_pass_accuracy "
        "test_at_best test_at_end stopped_at off_by draft_std first_fifth ridge_rows "
        "units_survived "
        "agreement one_pass ensemble_says variances noise_theory correlations depths "
        "gradient_norms pattern_draws pattern_rules pattern_spread pattern_off"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


# What a sentence of the lecture (or the reason given with a question) states, the number in it, and
# the number computed here. The syllabus prints the same ones.
EXACT = [
    (r"0.8 \cdot 0.52 = 0.416", "0.416", lambda: expected_output_exact(*NEURON, p_drop=0.2)),
    (r"0.8 \cdot 0.52 = 0.416", "0.416", lambda: expected_output_scaled(*NEURON, p_drop=0.2)),
    ("0.416, 0.416, 0.104", "0.104", lambda: 0.2 * NEURON[0] @ NEURON[1]),
    (r"\log_{10} 2 = 1233.02", "1233.02", lambda: count_masks_log10(4096)),
    ("= 40.25$", "40.25", lambda: (1 - drop_profile(54, p_last=0.5)).sum()),
    ("$c = 1/0.8 = 1.25$", "1.25", lambda: 1 / 0.8),
    ("$2^6 = 64$", "64", lambda: 2 ** (3 * 2)),
    (r"\binom53 = 10$", "10", lambda: math.comb(5, 3)),
    (r"8 × 8 image has 100 ways", "100", lambda: math.comb(5, 3) ** 2),
    ("of 98 weights", "98", lambda: 4 * 7 + 7 * 7 + 7 * 3),
]


@pytest.mark.parametrize("words, number, compute", EXACT, ids=[words for words, *_ in EXACT])
def test_numbers_in_the_prose(words, number, compute):
    assert words in prose(LECTURE)
    assert rounds_to(compute(), number)


def test_the_quarter_of_two_inputs():
    """Syllabus DRP-05: E[a] of two inputs, kept half of the time, is half of the full output."""
    x, w = NEURON
    assert expected_output_exact(x, w, p_drop=0.5) == pytest.approx((w @ x) / 2)


def test_the_slides_numbers(measured):
    """Syllabus E-50: 0.416, 0.416, 0.104."""
    assert list(measured["slide_numbers"].values()) == pytest.approx([0.416, 0.416, 0.104])


def test_the_scaled_output_is_never_above(measured):
    exact, scaled = np.array(measured["exact_relu"]), np.array(measured["scaled_relu"])
    assert (scaled <= exact + 1e-12).all()
    assert measured["share_below"] > 0.995
    assert scaled.max() < 6 and exact.max() < 6, "a point lies outside of the figure"


def test_monte_carlo_shrinks_with_the_root(measured):
    errors = np.array(measured["mc_errors"])
    slope = np.polyfit(np.log(measured["counts"]), np.log(errors), 1)[0]
    assert -0.75 < slope < -0.35
    assert errors[0] > measured["scaling_error"] > errors[-1]


def test_the_best_scale_is_the_probability_of_keeping(measured):
    assert "off by more than twenty times their size" in prose(LECTURE)
    for p_drop, scale in measured["best_scale"].items():
        assert scale == pytest.approx(1 - float(p_drop), abs=0.026)
    assert measured["distance_at_scale"]["0.8"][-1] > 20


def test_left_in_training(measured):
    accuracies = measured["train_accuracies"]
    assert max(accuracies) < measured["eval_accuracy"] < max(accuracies) + 0.05
    assert len(set(accuracies)) > 1
    assert 0.85 < min(accuracies)
    assert measured["different_winners"] > 1


def test_units_become_redundant(measured):
    without, with_dropout = (np.array(s) for s in measured["unit_scores"].values())
    assert without[0] > 3 * with_dropout[0]
    assert without.mean() > 3 * with_dropout.mean()
    assert "it ends a little below its twin" in prose(LECTURE)
    accuracies = list(measured["full_accuracy"].values())
    assert 0 < accuracies[0] - accuracies[1] < 0.05


def test_dropout_closes_the_gap_of_wrong_labels(measured):
    (plain, plain_val), (dropped, dropped_val) = measured["gap_table"].values()
    assert plain - plain_val > dropped - dropped_val + 0.03
    assert dropped_val > plain_val + 0.03


def test_early_stopping_has_most_of_the_gain(measured):
    """At the last epoch dropout is well ahead; each stopped at its best, by about a point."""
    assert "It shrinks to about a point." in prose(LECTURE)
    at_end = {p: np.array(v) for p, v in measured["test_at_end"].items()}
    at_best = {p: np.array(v) for p, v in measured["test_at_best"].items()}
    assert (at_end["0.5"] > at_end["0.0"]).all()
    assert (at_end["0.5"] - at_end["0.0"]).mean() > 0.05
    assert abs((at_best["0.5"] - at_best["0.0"]).mean()) < 0.02
    assert np.mean(measured["stopped_at"]["0.0"]) == pytest.approx(10, abs=3)
    assert min(measured["stopped_at"]["0.5"]) > max(measured["stopped_at"]["0.0"])


def test_one_pass_is_the_geometric_mean(measured):
    for off in measured["off_by"].values():
        assert off["geometric"] < 1e-14
        assert off["arithmetic"] > 0.1


def test_the_draft_finds_no_doubt(measured):
    assert np.max(measured["draft_std"]) == pytest.approx(0, abs=1e-12)


def test_the_spread_finds_errors_and_one_pass_finds_more(measured):
    spread, one_pass = (np.array(v) for v in measured["first_fifth"].values())
    assert len(spread) == 5
    assert spread.min() > 0.2, "in any order the first fifth holds a fifth of the errors"
    assert spread.mean() > 0.3
    assert one_pass.mean() > spread.mean()


def test_the_penalty_is_what_all_masks_give(measured):
    for _, penalised, through_all in measured["ridge_rows"]:
        assert penalised == pytest.approx(through_all, rel=1e-12)


def test_answers_of_the_goals(measured):
    """A layer of seven gone; how many units a network can lose before it errs half of the time."""
    assert "1 % at 0.5, 21 % at 0.8, 70 % at 0.95" in prose(LECTURE)
    assert [round(100 * p**7) for p in (0.5, 0.8, 0.95)] == [1, 21, 70]
    assert "about 18 of the 32 units without dropout, and about 25" in prose(LECTURE)
    survived = np.array(measured["units_survived"])
    assert survived.mean(axis=1) == pytest.approx([17.5, 24.8], abs=1.5)


@pytest.mark.slow
@pytest.mark.parametrize("p_drop", [0.5, 0.8])
def test_raised_later_dropout_still_helps(p_drop):
    """The answer under the widget that is steered: 80 epochs of memorising, then dropout."""
    digits, rng = load_digits(), np.random.default_rng(0)
    wrong = rng.random(300) < 0.2
    labels = (digits.y_train[:300] + rng.integers(1, 10, 300)) % 10
    data = replace(
        digits, x_train=digits.x_train[:300], y_train=np.where(wrong, labels, digits.y_train[:300])
    )

    def accuracies(seed, before):
        """Training and validation accuracy after each of 200 epochs."""
        net = MLP([64, 100, 10], p_drop=before, rng=np.random.default_rng(seed))
        for run in training_steps(
            net,
            data,
            step=partial(momentum_step, mu=0.9),
            lr=0.02,
            epochs=200,
            batch_size=25,
            rng=np.random.default_rng(seed),
            abort_factor=None,
        ):
            run.history.model.p_drop = before if len(run.history.val_acc) < 80 else p_drop
        return np.array([run.history.train_acc, run.history.val_acc])

    late = np.mean([accuracies(seed, 0.0) for seed in range(3)], axis=0)
    always = np.mean([accuracies(seed, p_drop) for seed in range(3)], axis=0)
    assert late[1, 79] == pytest.approx(0.76, abs=0.03)
    assert late[1, 99] - late[1, 79] == pytest.approx(0.065, abs=0.035)
    assert always[1, -1] - 0.03 < late[1, -1] > late[1, 79] + 0.02
    assert late[0, 99] < late[0, 79], "wrong labels are unlearnt"


def test_clean_digits_leave_little_to_gain():
    assert "On clean digits the same experiment shows hardly any gain" in prose(LECTURE)
    d = load_digits()
    few = Dataset(d.x_train[:300], d.y_train[:300], d.x_val, d.y_val, d.x_test, d.y_test, d.names)
    accuracy = {}
    for p_drop in (0.0, 0.5):
        runs = [
            train(
                MLP([64, 200, 10], p_drop=p_drop, rng=np.random.default_rng(seed)),
                few,
                step=partial(momentum_step, mu=0.9),
                lr=0.02,
                epochs=60,
                batch_size=25,
                rng=np.random.default_rng(seed),
                progress=False,
            ).val_acc[-1]
            for seed in range(2)
        ]
        accuracy[p_drop] = np.mean(runs)
    assert abs(accuracy[0.5] - accuracy[0.0]) < 0.02


def test_one_pass_answers_like_the_ensemble_and_is_surer(measured):
    assert measured["agreement"] > 0.95
    assert measured["ensemble_accuracy"]["300"] == pytest.approx(
        measured["one_pass_accuracy"], abs=0.02
    )
    assert max(measured["single"]) < measured["one_pass_accuracy"] + 0.01
    one = np.max(measured["one_pass"], axis=1)
    many = np.max(measured["ensemble_says"]["300"], axis=1)
    assert (one > many).mean() > 0.9


def test_dropconnect_is_as_noisy_but_not_together(measured):
    for values in measured["variances"].values():
        assert values == pytest.approx(measured["noise_theory"], rel=0.15)
    correlations = {name: np.abs(c) for name, c in measured["correlations"].items()}
    assert correlations["DropConnect"].max() < 0.08
    assert correlations["dropout"].mean() > 0.15


def test_stochastic_depth(measured):
    norms = np.array(measured["gradient_norms"])
    assert (np.diff(norms[:, 0]) < 0).all(), "the gradient should shrink with the depth"
    assert norms[:, 1].min() > 0.1 * norms[0, 0]
    assert measured["depths"][0] == 40


def test_the_common_pattern(measured):
    """Five test rules are nearer to the mean than most draws; DropConnect's is not."""
    for name, draws in measured["pattern_draws"].items():
        distances = np.abs(np.array(draws) - np.mean(draws))
        off = abs(measured["pattern_rules"][name] - np.mean(draws))
        assert (off < np.median(distances)) == (name != "DropConnect"), name
    assert measured["pattern_off"]["DropConnect"] < -0.2


def test_every_entry_has_its_home():
    tags = set(re.findall(r'"((?:DRP|REG|E)-\d\d)"', prose(LECTURE)))
    assert tags == {f"DRP-{n:02}" for n in range(1, 11)} | {"REG-08", "E-49", "E-50"}


# Right in another way


def test_a_single_generator_call_per_unit_is_not_asked_for():
    """Any independent draw is a mask: here four numbers for each unit."""

    def mask(shape, *, p_drop, rng):
        if not 0 <= p_drop < 1:
            raise ValueError
        return rng.random((4, *shape))[2] >= p_drop

    assert check_function(find("dropout.dropout_mask"), mask).right
