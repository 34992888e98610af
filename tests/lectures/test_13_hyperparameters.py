"""The lecture on hyperparameters says nothing that its own code does not show."""

import json
import math
import os
import subprocess
import sys
from ast import literal_eval

import numpy as np
import pytest

from tests.lectures.claims import ROOT, measure, prose, rounds_to, script_of
from utils.hyperparameters import FINE_SEARCH, best_rows, parse_log
from utils.trials import trials_needed

LECTURE = "13_hyperparameters"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "peaks search_scores four_best one_stage two_stages fate_accuracy fate_losses stops "
        "log_peak peak_range high_correlation noises curses pair_scores depth_rates depth_scores "
        "batch_scores batch_epochs ladders estimate_errors coin_results writer_scores repeatable"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


# The experiments of the script over more seeds than it shows, with its own functions.
OVER_SEEDS = """
import json, runpy, sys
import numpy as np
from utils import plots, widgets
plots.show = widgets.explore = lambda *args, **kwargs: None
s = runpy.run_path(sys.argv[1])
found = {}
one, two, winners = s["one_stage_or_two"](40)
found["one"], found["two"] = one.tolist(), two.tolist()
found["at the edge"] = sum("lr" in s["edge_warning"](*winner) for winner in winners)
best, _ = s["four_dimensions"](24, seed=5)
found["four"] = {name: scores.tolist() for name, scores in best.items()}
found["fates"] = []
for seed in range(5):
    _, losses, accuracy, first = s["fates"](seed)
    dead = accuracy < 0.2
    at = {name: s["stopped_at"](losses, first, rule) for name, rule in s["RULES"].items()}
    slow = (at["still guessing after epoch 2"] < 20) & ~dead
    found["fates"].append({
        "dead": dead.mean(), "best": accuracy.max(), "best slow": accuracy[slow].max(),
        "caught": {name: ((stop < 20) & dead).sum() / dead.sum() for name, stop in at.items()},
        "saved": {name: 1 - stop.mean() / 20 for name, stop in at.items()},
    })
found["nested"] = [s["nested_estimate"](*s["coin_tables"](seed))[1] for seed in range(100, 130)]
found["noise"] = {
    what: [s["noise_of"](what, lr).std(ddof=1) for lr in (0.2, 0.3, 0.5)]
    for what in ("order", "seed", "split")
}
rungs = (2, 6, 18, 54)
found["ladders"] = []
for seed in range(4):
    for noise in (0.0, 0.4):
        pool = s["trained_pool"](noise, seed, n=50)
        scores = [
            s["climb"](pool, *plan, 40)[0].mean()
            for plan in ((rungs, 27), ((54,), 3), ((54,), 27))
        ]
        found["ladders"].append([noise, *scores])

train_rows, _, test_rows = s["split"](0)
def batches(size, epochs, rates, seeds=5):
    each = [k for _ in rates for k in range(10, 10 + seeds)]
    layers = s["new_layers"]([64, 32, 10], each)
    runs = s["train_trials"](
        s["x_all"], s["y_all"], train_rows, layers, lr=np.repeat(rates, seeds), seeds=each,
        epochs=epochs, batch_size=size,
    )
    return runs.accuracy(test_rows).reshape(-1, seeds).mean(axis=1).tolist()

small, large = 10 ** np.arange(-1.25, 0.1, 0.25), 10 ** np.arange(-0.5, 0.6, 0.25)
found["batches"] = {
    "5, 20 epochs at 0.03": batches(5, 20, [0.03]),
    "100, 20 epochs at 0.03": batches(100, 20, [0.03]),
    "5, 480 updates": batches(5, 8, small),
    "100, 480 updates": batches(100, 160, large),
}
json.dump(found, open(sys.argv[2], "w"), default=float)
"""


@pytest.fixture(scope="module")
def over_seeds(tmp_path_factory):
    found = tmp_path_factory.mktemp("seeds") / "found.json"
    env = os.environ | {"NBGRADER_EXECUTION": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", OVER_SEEDS, script_of(LECTURE), found]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(found.read_text())


FINE = parse_log(FINE_SEARCH)

EXACT = [
    ("falls below 0.05 at n = 59", "59", lambda: trials_needed(0.05)),
    ("27 · 1 + 9 · 2 + 3 · 6 + 1 · 18 = 81", "81", lambda: 27 * 1 + 9 * 2 + 3 * 6 + 1 * 18),
    ("has a standard deviation of 0.11", "0.11", lambda: math.sqrt(0.25 / 20)),
    ("binomial error of 0.015", "0.015", lambda: math.sqrt(0.93 * 0.07 / 300)),
    ("uncertain by 0.016", "0.016", lambda: math.sqrt(0.5 * 0.5 / 1000)),
    ("standard error 0.007", "0.007", lambda: math.sqrt(0.93 * 0.07 / 1197)),
    ("9.472e-4 reached 0.531", "9.472e-4", lambda: FINE[14]["lr"]),
    ("9.478e-4 reached 0.498", "9.478e-4", lambda: FINE[5]["lr"]),
]


@pytest.mark.parametrize("words, number, compute", EXACT)
def test_numbers_in_the_prose(words, number, compute):
    assert words in prose(LECTURE)
    assert rounds_to(compute(), number)


def test_the_printed_log(measured):
    assert best_rows(FINE)[0]["trial"] == 14
    assert FINE[5]["lr"] / FINE[14]["lr"] - 1 == pytest.approx(0.0007, abs=5e-5)
    assert 10 ** measured["log_peak"] == pytest.approx(7.0e-4, rel=0.01)
    low, high = measured["peak_range"]
    assert 5e-4 < low < 6e-4 and 1e-3 < high < 1.7e-3
    assert measured["high_correlation"] == pytest.approx(-0.53, abs=0.005)


def test_a_uniform_draw_leaves_the_lower_decades_empty():
    draws = np.random.default_rng(0).uniform(1e-6, 1e-3, 100_000)
    assert (draws < 1e-4).mean() == pytest.approx(0.1, abs=0.01)
    assert (draws < 1e-5).mean() == pytest.approx(0.01, abs=0.002)


# Grid and random


def test_random_beats_the_grid_where_one_axis_matters_and_loses_where_both_do(measured):
    peaks = measured["peaks"]
    one, both, wide = peaks["one matters"], peaks["both matter"], peaks["both, a wider peak"]
    assert one["grid"] == pytest.approx(0.42, abs=0.02)
    assert one["random"] == pytest.approx(0.67, abs=0.02)
    assert one["Halton"] > one["random"] and one["wins"] > 0.6
    for row in (both, wide):
        assert row["grid"] > row["Halton"] > row["random"]
        assert row["wins"] == pytest.approx(1 / 3, abs=0.03)


def test_the_scale_is_worth_more_than_the_strategy(measured):
    scores = {literal_eval(key): np.array(v) for key, v in measured["search_scores"].items()}
    nine = {strategy: scores[strategy, 3, False].mean() for strategy in ("grid", "random")}
    scale = nine["random"] - scores["random", 3, True].mean()
    assert scale == pytest.approx(0.30, abs=0.06)
    assert abs(nine["random"] - nine["grid"]) < 0.02
    below = {key: (v < 0.9).mean() for key, v in scores.items()}
    assert "9% of the winners stay below 0.90, with four it is 34%" in prose(LECTURE).replace(
        '" "', ""
    )
    for key, share in ((2, False), "0.34"), ((3, False), "0.09"), ((5, True), "0.14"):
        assert rounds_to(below["random", *key], share)


@pytest.mark.slow
def test_four_dimensions(over_seeds):
    four = {name: np.array(scores) for name, scores in over_seeds["four"].items()}
    for name, mean, error in (
        ("grid", "0.918", "0.005"),
        ("random", "0.914", "0.008"),
        ("Halton", "0.930", "0.003"),
    ):
        assert f"{mean} ± {error}" in prose(LECTURE)
        assert rounds_to(four[name].mean(), mean)
        assert rounds_to(four[name].std(ddof=1) / math.sqrt(24), error)


@pytest.mark.slow
def test_two_stages_beat_one(over_seeds):
    one, two = np.array(over_seeds["one"]), np.array(over_seeds["two"])
    assert "0.88 ± 0.13 against 0.933 ± 0.013" in prose(LECTURE)
    assert rounds_to(one.mean(), "0.88") and rounds_to(one.std(ddof=1), "0.13")
    assert rounds_to(two.mean(), "0.933") and rounds_to(two.std(ddof=1), "0.013")
    assert over_seeds["at the edge"] == 7
    assert "In forty searches as above it is lit for the rate in 7" in prose(LECTURE)


# Stopping


@pytest.mark.slow
def test_most_hopeless_runs_die_quietly(over_seeds):
    fates = over_seeds["fates"]
    assert np.mean([fate["dead"] for fate in fates]) == pytest.approx(1 / 3, abs=0.03)
    caught = {name: [fate["caught"][name] for fate in fates] for name in fates[0]["caught"]}
    assert np.mean(caught["loss above 3 × the first"]) == pytest.approx(1 / 6, abs=0.03)
    assert min(caught["still guessing after epoch 2"]) > 0.8
    assert max(fate["saved"]["loss above 3 × the first"] for fate in fates) < 0.08
    assert min(fate["saved"]["still guessing after epoch 2"] for fate in fates) > 0.4
    assert max(fate["best slow"] for fate in fates) <= 0.85
    assert min(fate["best"] for fate in fates) > 0.925
    assert max(fate["best"] for fate in fates) <= 0.97 + 1e-9


def test_the_dead_have_a_loss_of_guessing(measured):
    dead = np.array(measured["fate_accuracy"]) < 0.2
    final = np.array(measured["fate_losses"])[dead][:, -1]
    assert abs(np.nanmedian(final) - math.log(10)) < 0.1


# Noise


@pytest.mark.slow
def test_splits_scatter_more_than_seeds(over_seeds):
    noise = over_seeds["noise"]
    ratio = np.mean(noise["split"]) / np.mean(noise["seed"])
    assert ratio == pytest.approx(1.5, abs=0.35)
    assert np.mean(noise["order"]) < np.mean(noise["seed"])


def test_a_shared_set_halves_the_curse(measured):
    curses = {literal_eval(key): np.array(v) for key, v in measured["curses"].items()}
    at_20 = {key: float(v[5, 0] - v[5, 1]) for key, v in curses.items()}
    assert at_20[100, False] == pytest.approx(0.043, abs=0.003)
    assert at_20[100, True] == pytest.approx(0.023, abs=0.003)
    assert at_20[300, True] == pytest.approx(0.009, abs=0.003)
    for n_val in (50, 100, 300):
        assert 0.3 < at_20[n_val, True] / at_20[n_val, False] < 0.6
    gains = [curses[n, True][5, 1] - curses[n, True][0, 1] for n in (50, 100, 300)]
    assert all(0 < gain <= 0.0055 for gain in gains)
    independent = 1.867 * math.sqrt(0.93 * 0.07 / 100)  # the mean of the largest of 20 normals
    assert at_20[100, False] == pytest.approx(independent, rel=0.15)


def test_pairs_need_fewer_seeds(measured):
    ratios = {}
    for name, (a, b) in measured["pair_scores"].items():
        a, b = np.array(a), np.array(b)
        ratios[name] = np.var(a - b, ddof=1) / (np.var(a, ddof=1) + np.var(b, ddof=1))
    assert ratios["rate 0.4 or 0.3"] == pytest.approx(0.1, abs=0.04)
    assert all(ratio < 0.35 for ratio in ratios.values())
    a, b = map(np.array, measured["pair_scores"]["ReLU or tanh"])
    worse, better = sorted((a, b), key=np.mean)
    i, j = np.random.default_rng(0).integers(50, size=(2, 4000, 40))
    assert ((better - worse)[i[:, :7]].mean(axis=1) <= 0).mean() < 0.05
    assert 0.03 < (better[i].mean(axis=1) <= worse[j].mean(axis=1)).mean() < 0.08


def test_the_order_of_depths_depends_on_the_rate(measured):
    rates = np.array(measured["depth_rates"])
    means = {d: np.mean(s, axis=1) for d, s in measured["depth_scores"].items()}
    third, one = np.abs(rates - 0.316).argmin(), np.abs(rates - 1).argmin()
    assert rounds_to(means["2"][third], "0.952") and rounds_to(means["1"][third], "0.942")
    assert means["1"][one] > means["2"][one] + 0.5
    assert max(m[0] for m in means.values()) - min(m[0] for m in means.values()) < 0.02, "level"
    one_layer, two_layers = (np.array(measured["depth_scores"][d]) for d in "12")
    pairs = two_layers[means["2"].argmax()] - one_layer[means["1"].argmax()]
    assert pairs.mean() == pytest.approx(0.005, abs=0.002)
    assert pairs.std(ddof=1) / math.sqrt(5) == pytest.approx(0.005, abs=0.002)
    best = [m.argmax() for m in means.values()]
    assert all(0 < place < len(rates) - 1 for place in best), "the best rate is inside"
    assert best == sorted(best, reverse=True), "the deeper, the lower"


def test_the_budget_decides_between_batch_sizes(measured):
    after_epochs = measured["batch_epochs"]
    assert rounds_to(after_epochs["5"], "0.93")
    assert after_epochs["100"] == pytest.approx(0.4, abs=0.05)
    assert "batches of 5 reach 0.93 and batches of 100 about 0.4" in prose(LECTURE)
    small, large = (np.mean(s, axis=1) for s in measured["batch_scores"].values())
    assert 0 < small.argmax() < len(small) - 1 and 0 < large.argmax() < len(large) - 1
    assert large.max() - small.max() == pytest.approx(0.02, abs=0.005)  # "one or two"


@pytest.mark.slow
def test_the_budget_decides_between_batch_sizes_with_other_seeds(over_seeds):
    batches = over_seeds["batches"]
    assert batches["5, 20 epochs at 0.03"][0] == pytest.approx(0.93, abs=0.015)
    assert batches["100, 20 epochs at 0.03"][0] == pytest.approx(0.4, abs=0.05)
    small, large = batches["5, 480 updates"], batches["100, 480 updates"]
    for scores in (small, large):
        assert 0 < int(np.argmax(scores)) < len(scores) - 1
    assert 0.005 < max(large) - max(small) < 0.025


# Budgets


def test_the_ladders_that_the_lecture_shows(measured):
    ladders = {literal_eval(key): v for key, v in measured["ladders"].items()}
    assert ladders[0.0, "2, 6, 18, 54"][1] == pytest.approx(3)
    assert rounds_to(ladders[0.0, "2 epochs"][0], "0.929")
    clean = [score for (noise, _), (score, _) in ladders.items() if noise == 0]
    assert max(clean) - min(clean) < 0.01
    everything = ladders[0.4, "54: all in full"][0]
    others = [
        score
        for (noise, name), (score, cost) in ladders.items()
        if noise == 0.4 and cost < 26 and name != "three in full"
    ]
    assert all(everything - score > 0.01 for score in others)
    assert everything - ladders[0.4, "18, 54"][0] == pytest.approx(0.05, abs=0.005)
    equal_cost = ladders[0.4, "three in full"][0] - ladders[0.4, "2, 6, 18, 54"][0]
    assert equal_cost == pytest.approx(0.07, abs=0.005)


@pytest.mark.slow
def test_halving_wins_on_clean_labels_and_loses_on_wrong_ones(over_seeds):
    clean = np.array([scores for noise, *scores in over_seeds["ladders"] if noise == 0])
    wrong = np.array([scores for noise, *scores in over_seeds["ladders"] if noise > 0])
    assert rounds_to(clean[:, 0].mean(), "0.939")
    assert rounds_to(clean[:, 1].mean(), "0.929")
    assert (clean[:, 0] > clean[:, 1]).all()
    assert (wrong[:, 0] < wrong[:, 1]).all()
    assert (wrong[:, 1] - wrong[:, 0]).min() > 0.03


# Reports


def test_folds_halve_the_error_of_a_hold_out(measured):
    errors = {k: np.array(v) for k, v in measured["estimate_errors"].items()}
    rms = {k: math.sqrt((v**2).mean()) for k, v in errors.items()}
    assert rms["hold-out"] / rms["5-fold"] == pytest.approx(1.75, abs=0.3)
    for found in errors.values():
        assert found.mean() == pytest.approx(-0.02, abs=0.006)


def test_selection_manufactures_skill(measured):
    holdout, folds, nested = np.array(measured["coin_results"]).T
    assert holdout.mean() == pytest.approx(0.70, abs=0.02)
    assert 0.56 < folds.mean() < 0.64
    assert abs(nested.mean() - 0.5) < 0.04


@pytest.mark.slow
def test_nested_folds_find_no_skill_in_coins(over_seeds):
    nested = np.array(over_seeds["nested"])
    assert "over thirty other tables it is 0.504 ± 0.009" in prose(LECTURE)
    assert rounds_to(nested.mean(), "0.504")
    assert rounds_to(nested.std(ddof=1) / math.sqrt(30), "0.009")


def test_a_new_writer_costs_three_points(measured):
    shuffled, neighbours = measured["writer_scores"].values()
    assert min(shuffled) > max(neighbours)
    assert np.mean(shuffled) == pytest.approx(0.964, abs=0.001)
    assert np.mean(shuffled) - np.mean(neighbours) == pytest.approx(0.03, abs=0.006)


def test_repeatable_or_not(measured):
    repeatable = {literal_eval(key): v for key, v in measured["repeatable"].items()}
    assert repeatable[1, 0.3]["one weight by 1e-6"] == 0
    assert repeatable[1, 0.3]["float32"] < 0.001
    assert repeatable[1, 0.3]["another seed"] == pytest.approx(0.05, abs=0.01)
    assert repeatable[4, 0.3]["one weight by 1e-6"] == pytest.approx(0.2, abs=0.05)
    assert repeatable[4, 0.3]["float32"] == pytest.approx(0.2, abs=0.05)
    assert repeatable[4, 0.3]["another seed"] == pytest.approx(0.3, abs=0.05)
