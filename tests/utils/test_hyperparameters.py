import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from utils.hyperparameters import (
    COARSE_SEARCH,
    FINE_SEARCH,
    best_rows,
    distinct_projection,
    edge_warning,
    grid,
    grid_search,
    grid_trials,
    k_fold,
    log_uniform,
    parse_log,
    random_search,
    random_trials,
    refine_ranges,
    sample_trial,
    train_val_split,
)

SPACE = {
    "lr": ("log", 1e-6, 1e-3),
    "p_drop": ("linear", 0.0, 0.5),
    "hidden": ("int", 20, 23),
    "update": ("choice", "sgd", "adam", "rmsprop"),
}
COARSE_SPACE = {"lr": ("log", 1e-6, 1e-3), "reg": ("log", 1e-5, 1e5)}
FINE_SPACE = {"lr": ("log", 1e-4, 1e-3), "reg": ("log", 1e-4, 1.0)}


def ks_statistic(uniform):
    """Largest distance between the empirical distribution and the uniform one on [0, 1]."""
    u, n = np.sort(uniform), len(uniform)
    return max((np.arange(1, n + 1) / n - u).max(), (u - np.arange(n) / n).max())


def test_log_uniform_is_uniform_in_the_exponent():
    values = log_uniform(1e-6, 1e-3, 10_000, rng=np.random.default_rng(0))
    exponents = (np.log10(values) + 6) / 3
    assert exponents.min() >= 0 and exponents.max() <= 1
    # Kolmogorov: exceeded with probability 2 exp(-2 * 2.7^2) < 1e-6.
    assert ks_statistic(exponents) < 2.7 / math.sqrt(10_000)
    above = (values > 1e-4).mean()
    assert above == pytest.approx(1 / 3, abs=0.03)


def test_log_uniform_at_equal_bounds():
    assert_allclose(log_uniform(1e-3, 1e-3, 4, rng=np.random.default_rng(0)), 1e-3)


@pytest.mark.parametrize(("low", "high"), [(1e-3, 1e-6), (0.0, 1.0), (-1.0, 1.0)])
def test_log_uniform_rejects_the_lectures_bounds(low, high):
    with pytest.raises(ValueError, match="expected 0 < low <= high"):
        log_uniform(low, high, 3, rng=np.random.default_rng(0))


def test_a_trial_has_a_value_of_the_right_type_for_each_name():
    rng = np.random.default_rng(0)
    trials = [sample_trial(SPACE, rng=rng) for _ in range(400)]
    for trial in trials:
        assert list(trial) == list(SPACE)
        assert type(trial["lr"]) is float and 1e-6 <= trial["lr"] <= 1e-3
        assert type(trial["p_drop"]) is float and 0 <= trial["p_drop"] <= 0.5
        assert type(trial["hidden"]) is int
    assert {trial["hidden"] for trial in trials} == {20, 21, 22, 23}
    assert {trial["update"] for trial in trials} == {"sgd", "adam", "rmsprop"}
    n = len(trials)
    assert ks_statistic([trial["p_drop"] / 0.5 for trial in trials]) < 2.7 / math.sqrt(n)
    assert ks_statistic([math.log10(t["lr"]) / 3 + 2 for t in trials]) < 2.7 / math.sqrt(n)


@pytest.mark.parametrize(
    "entry",
    [
        ("linear", 1.0, 0.0),
        ("log", -3, -6),
        ("log", 0.0, 1.0),
        ("int", 1.5, 2.5),
        ("choice",),
        ("normal", 0.0, 1.0),
        ("linear", 0.0),
        ("linear", 0.0, math.nan),
        (),
    ],
)
def test_a_space_rejects_unknown_types_and_bounds_that_cannot_be(entry):
    message = re.escape(f"space['lr'] is {entry}, expected ('log', low, high) with 0 < low <= high")
    with pytest.raises(ValueError, match=message):
        sample_trial({"lr": entry}, rng=np.random.default_rng(0))


def test_grid_lists_every_combination():
    trials = grid(SPACE, 4)
    assert len(trials) == 4 * 4 * 4 * 3
    assert_allclose(sorted({trial["lr"] for trial in trials}), [1e-6, 1e-5, 1e-4, 1e-3])
    assert_allclose(sorted({trial["p_drop"] for trial in trials}), [0, 1 / 6, 1 / 3, 0.5])
    assert {trial["hidden"] for trial in trials} == {20, 21, 22, 23}
    assert len({tuple(trial.values()) for trial in trials}) == len(trials)
    assert type(trials[0]["hidden"]) is int


def test_grid_lists_a_rounded_whole_number_once():
    assert [trial["n"] for trial in grid({"n": ("int", 1, 3)}, 7)] == [1, 2, 3]


@pytest.mark.parametrize(("entry", "n"), [(("log", 1e-3, 1.0), 1), (("normal", 0.0, 1.0), 3)])
def test_grid_rejects_a_single_value_and_unknown_types(entry, n):
    with pytest.raises(ValueError, match=r"at least 2, got 1|is \('normal', 0.0, 1.0\), expected"):
        grid({"lr": entry}, n)


def response(trial):
    """A made-up validation accuracy with its peak at lr = 10^-3.5."""
    return 0.5 - 0.1 * (math.log10(trial["lr"]) + 3.5) ** 2


def test_searches_return_the_trials_the_best_first():
    space = {"lr": ("log", 1e-6, 1e-1), "reg": ("log", 1e-5, 1e5)}
    found = random_search(space, response, 30, rng=np.random.default_rng(0))
    assert len(found) == 30
    scores = [row["val_acc"] for row in found]
    assert scores == sorted(scores, reverse=True)
    assert all(row["val_acc"] == response(row) for row in found)
    found = grid_search(space, response, 6)
    assert len(found) == 36
    assert found[0]["lr"] == pytest.approx(1e-4) or found[0]["lr"] == pytest.approx(1e-3)


def test_a_search_survives_a_trial_that_gives_nan():
    found = random_search(
        {"lr": ("log", 1e-6, 1e-3)},
        lambda trial: math.nan if trial["lr"] > 1e-4 else trial["lr"],
        20,
        rng=np.random.default_rng(0),
    )
    finite = [row["val_acc"] for row in found if not math.isnan(row["val_acc"])]
    assert 0 < len(finite) < 20
    assert [row["val_acc"] for row in found[: len(finite)]] == sorted(finite, reverse=True)


def test_coarse_to_fine_comes_closer():
    space = {"lr": ("log", 1e-7, 1e0), "reg": ("log", 1e-5, 1e5)}
    rng = np.random.default_rng(1)
    coarse = random_search(space, response, 20, rng=rng)
    finer_space = refine_ranges(space, coarse, top_k=3)
    fine = random_search(finer_space, response, 20, rng=rng)
    _, low, high = finer_space["lr"]
    assert high / low < 1e7 and low < 10**-3.5 < high
    assert fine[0]["val_acc"] > coarse[0]["val_acc"]


def test_the_printed_searches_are_those_of_the_lecture():
    coarse, fine = parse_log(COARSE_SEARCH), parse_log(FINE_SEARCH)
    assert [row["trial"] for row in coarse] == list(range(1, 12))
    assert [row["trial"] for row in fine] == list(range(22))
    assert coarse[8] == {"trial": 9, "val_acc": 0.482, "lr": 4.296863e-04, "reg": 6.642555e-01}
    assert [row["trial"] for row in best_rows(fine, 5)] == [14, 8, 0, 7, 21]
    assert [row["trial"] for row in best_rows(coarse, 3)] == [9, 7, 1]

    def correlation(rows, name):
        logs = [math.log10(row[name]) for row in rows]
        return np.corrcoef(logs, [row["val_acc"] for row in rows])[0, 1]

    assert correlation(coarse, "lr") == pytest.approx(0.80, abs=0.005)
    assert correlation(coarse, "reg") == pytest.approx(-0.45, abs=0.005)
    assert correlation(fine, "lr") == pytest.approx(0.88, abs=0.005)
    assert correlation(fine, "reg") == pytest.approx(-0.11, abs=0.005)
    small = [row["val_acc"] for row in fine if row["lr"] < 10**-3.5]
    large = [row["val_acc"] for row in fine if row["lr"] >= 10**-3.5]
    assert len(small) == len(large) == 11
    assert np.mean(small) == pytest.approx(0.479, abs=5e-4)
    assert np.mean(large) == pytest.approx(0.516, abs=5e-4)


def test_parse_log_skips_other_lines():
    text = "iteration 3\nval_acc: 0.5, lr: 1e-3, reg: 2.0, (7 / 100)\n\nval_acc: broken"
    assert parse_log(text) == [{"trial": 7, "val_acc": 0.5, "lr": 1e-3, "reg": 2.0}]
    assert parse_log("") == []


def test_best_rows_keeps_the_order_of_equals_and_puts_nan_last():
    rows = [{"val_acc": acc, "i": i} for i, acc in enumerate([0.5, math.nan, 0.7, 0.5])]
    assert [row["i"] for row in best_rows(rows, 9)] == [2, 0, 3, 1]
    assert best_rows(rows) == [rows[2]]


def test_refining_the_printed_coarse_search_gives_the_lectures_fine_ranges():
    assert refine_ranges(COARSE_SPACE, parse_log(COARSE_SEARCH), top_k=3) == FINE_SPACE


def test_refining_can_reach_beyond_the_old_space():
    finer = refine_ranges(FINE_SPACE, parse_log(FINE_SEARCH), top_k=5, decades=0.25)
    kind, low, high = finer["lr"]
    assert kind == "log"
    assert low == pytest.approx(10**-3.5) and high == pytest.approx(10**-3.0)
    at_the_bound = [{"val_acc": 0.5, "lr": 1e-3, "reg": 0.5}]
    assert refine_ranges(FINE_SPACE, at_the_bound)["lr"] == ("log", 1e-4, 1e-2)


def test_refining_keeps_types_and_the_values_of_the_best():
    rows = [
        {"val_acc": 0.9, "lr": 2e-5, "p_drop": 0.3, "hidden": 22, "update": "adam"},
        {"val_acc": 0.8, "lr": 3e-4, "p_drop": 0.1, "hidden": 21, "update": "rmsprop"},
        {"val_acc": 0.1, "lr": 1e-6, "p_drop": 0.5, "hidden": 20, "update": "sgd"},
    ]
    assert refine_ranges(SPACE, rows, top_k=2) == {
        "lr": ("log", 1e-5, 1e-3),
        "p_drop": ("linear", 0.1, 0.3),
        "hidden": ("int", 21, 22),
        "update": ("choice", "adam", "rmsprop"),
    }


@given(
    exponents=st.lists(st.floats(-6, 3), min_size=1, max_size=5),
    decades=st.sampled_from([0.25, 0.5, 1.0]),
)
def test_refined_ranges_hold_the_best_rows(exponents, decades):
    rows = [{"val_acc": 0.5, "lr": 10.0**e} for e in exponents]
    refined = refine_ranges({"lr": ("log", 1e-6, 1e3)}, rows, top_k=5, decades=decades)
    _, low, high = refined["lr"]
    assert low < min(row["lr"] for row in rows) and high > max(row["lr"] for row in rows)
    spread = max(exponents) - min(exponents)
    assert math.log10(high / low) <= spread + 2 * decades + 1e-9


def test_the_best_rate_of_the_printed_fine_search_is_at_the_edge():
    best = best_rows(parse_log(FINE_SEARCH))[0]
    assert edge_warning(best, FINE_SPACE) == {"lr": "high"}
    assert math.log10(1e-3 / best["lr"]) == pytest.approx(0.024, abs=5e-4)
    assert edge_warning(best, FINE_SPACE, tol=0.02) == {}


@pytest.mark.parametrize(
    ("trial", "edges"),
    [
        ({"lr": 3e-5, "p_drop": 0.25, "hidden": 21, "update": "sgd"}, {}),
        ({"lr": 1.1e-6, "p_drop": 0.02, "hidden": 20, "update": "sgd"}, ["low"] * 3),
        ({"lr": 9e-4, "p_drop": 0.5, "hidden": 23, "update": "adam"}, ["high"] * 3),
        ({"lr": 2e-3, "p_drop": 0.6, "hidden": 30, "update": "adam"}, ["high"] * 3),
    ],
)
def test_edge_warning_for_each_type(trial, edges):
    want = dict(zip(("lr", "p_drop", "hidden"), edges, strict=True)) if edges else {}
    assert edge_warning(trial, SPACE) == want


@pytest.mark.parametrize("n", [1, 3, 4])
def test_grid_trials_are_the_middles_of_the_cells(n):
    trials = grid_trials(n)
    assert trials.shape == (n * n, 2)
    assert_allclose(trials.mean(axis=0), 0.5)
    assert distinct_projection(trials, 0) == distinct_projection(trials, 1) == n
    assert len({tuple(trial) for trial in trials}) == n * n


def test_grid_trials_rejects_an_empty_grid():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        grid_trials(0)


def test_nine_random_trials_test_nine_values_of_each_parameter():
    trials = random_trials(9, rng=np.random.default_rng(0))
    assert distinct_projection(trials, 0) == distinct_projection(trials, 1) == 9
    assert trials.min() >= 0 and trials.max() < 1


def test_random_search_finds_a_narrow_peak_more_often_than_the_grid():
    """Only the first parameter matters, through a peak of width 0.08 at a random place."""
    rng = np.random.default_rng(0)
    peaks = rng.random(4000)

    def mean_best(trials):
        distance = np.abs(trials - peaks[:, None])
        return np.exp(-((distance / 0.08) ** 2)).max(axis=1).mean()

    random = np.stack([random_trials(9, rng=rng)[:, 0] for _ in peaks])
    assert mean_best(grid_trials(3)[:, 0]) == pytest.approx(0.42, abs=0.02)
    assert mean_best(random) == pytest.approx(0.67, abs=0.02)


@given(n=st.integers(2, 60), fraction=st.floats(0.05, 0.95), seed=st.integers(0, 9))
def test_hold_out_is_a_partition(n, fraction, seed):
    n_val = round(n * fraction)
    if not 0 < n_val < n:
        with pytest.raises(ValueError, match="leaves one part empty"):
            train_val_split(n, val_fraction=fraction, rng=np.random.default_rng(seed))
        return
    train, val = train_val_split(n, val_fraction=fraction, rng=np.random.default_rng(seed))
    assert len(val) == n_val
    assert_array_equal(np.sort(np.concatenate([train, val])), np.arange(n))


def test_hold_out_is_random():
    rng = np.random.default_rng(0)
    chosen = np.zeros(10)
    for _ in range(2000):
        chosen[train_val_split(10, rng=rng)[1]] += 1
    # 2 of 10 examples in each of 2000 splits; six standard deviations.
    assert np.all(np.abs(chosen - 400) < 6 * math.sqrt(2000 * 0.2 * 0.8))


@given(n=st.integers(2, 40), k=st.integers(2, 8), seed=st.integers(0, 9))
def test_each_example_validates_once_in_k_folds(n, k, seed):
    if k > n:
        with pytest.raises(ValueError, match=f"between 2 and {n}, got {k}"):
            k_fold(n, k, rng=np.random.default_rng(seed))
        return
    splits = k_fold(n, k, rng=np.random.default_rng(seed))
    assert len(splits) == k
    for train, val in splits:
        assert_array_equal(np.sort(np.concatenate([train, val])), np.arange(n))
    assert_array_equal(np.sort(np.concatenate([val for _, val in splits])), np.arange(n))
    sizes = [len(val) for _, val in splits]
    assert max(sizes) - min(sizes) <= 1


def test_folds_are_shuffled():
    (_, first), *_ = k_fold(100, 5, rng=np.random.default_rng(0))
    assert not np.array_equal(np.sort(first), np.arange(20))
