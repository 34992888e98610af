"""The lecture on curvature says nothing that its own code does not show."""

import json
import math
import os
import re
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from tests.lectures.claims import ROOT, measure, prose, rounds_to, script_of
from utils.curvature import (
    bfgs_update,
    chain_terms,
    chain_update,
    classify_critical_point,
    deep_tanh,
    gd_rate,
    hessian_bytes,
    newton_step,
    optimal_step,
    second_order_prediction,
)
from utils.data import load_digits
from utils.networks import MLP
from utils.optimizers import adam_step, gd, momentum_step
from utils.schedules import linear_decay
from utils.surfaces import rosenbrock, saddle
from utils.training import train

LECTURE = "06_curvature"
CHAIN = np.array([1.0, 1, 1, 2, 2, 2, 2])
CURVATURE_OF_LOG_COSH = 1 / math.cosh(2) ** 2


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "chain_table kept_shares steps_h hvp_errors negative_share gauss_newton_gap edge_runs "
        "newton_w newton_u gradient_w gradient_u draft_costs bfgs_costs steps_needed pair_rows "
        "pairs_same pca_loss newton_shares best_0 rates_0 true_0 second_0 loss_0"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


# The experiments of the script over more seeds than its figures show, with its own functions.
OVER_SEEDS = """
import json, runpy, sys, warnings
import numpy as np
s = runpy.run_path(sys.argv[1])
np.seterr(all="ignore")
found = {}
found["parts"] = [
    {part: s["train_part"](part, seed=seed) for part in ("all", "steep", "flat")} for seed in (1, 2)
]
found["edge"] = [s["edge_run"](0.6, seed=seed) for seed in range(5)]

def sharpness_after(plan, seed):
    w = s["edge_start"](seed)
    for lr, steps in plan:
        for _ in range(steps):
            loss, g = s["edge_loss"](w)
            if not loss < 1e3:
                return None
            w = w - lr * g
    return s["edge_sharpness"](w)

ramp = [(lr, 40) for lr in np.arange(0.6, 1.4, 0.08)]
found["jump"] = [sharpness_after([(0.6, 500), (1.4, 400)], seed) for seed in range(5)]
found["ramp"] = [sharpness_after([(0.6, 400), *ramp, (1.4, 400)], seed) for seed in range(5)]
found["sine"] = {
    method: [s["sine_run"](method, seed, 300)[-1] for seed in range(20)]
    for method in ("Newton", "saddle-free", "Gauss-Newton")
}
def newton_end(seed):
    # How many steps it made, the largest weight, the largest slope of the most saturated unit.
    w = np.random.default_rng(seed).standard_normal(13)
    for k in range(300):
        try:
            w = w + s["sine_step"]("Newton", w, s["sine_gradient"](w))
        except np.linalg.LinAlgError:
            break
        if not np.abs(w).max() < 1e6:
            break
    h = np.tanh(s["sine_x"] @ w[None, :4] + w[4:8])
    return k, float(np.abs(w).max()), float((1 - h**2).max(axis=0).min())

found["newton_ends"] = [newton_end(seed) for seed in range(20)]
def descent(lr, seed):
    w = np.random.default_rng(seed).standard_normal(13)
    for _ in range(1500):
        w = w - lr * s["sine_gradient"](w)
    return float(s["sine_cost"](w))

found["sine_descent"] = {lr: [descent(lr, seed) for seed in range(5)] for lr in (0.3, 1)}
found["valley"] = {
    lr: None if len(points) < 601 else float(points[-1] @ points[-1])
    for lr in (0.05, 0.1, 0.2, 0.33, 0.34, 0.35, 0.42, 0.43, 0.5)
    for points in [s["valley_path"](lr, 3.0)]
}
tenth = np.array([0.1])
found["chain"] = {
    f"{w} {normalised}": [float(kept[0]), (g**2 / (g @ g)).tolist()]
    for w in (0.5, 0.91, 0.92) for normalised in (False, True)
    for kept, g in [s["kept_by_promise"](10, w, normalised, tenth)]
}
found["auto"] = {
    method: [s["auto_run"](method, seed)[-1] for seed in range(5)]
    for method in (*s["AUTO_METHODS"], "L-BFGS")
}
tuned = dict(s["AUTO_METHODS"])
found["detuned"] = {}
for method, (step, lr) in tuned.items():
    for factor in (10**-0.25, 10**0.25):
        s["AUTO_METHODS"][method] = (step, lr * factor)
        ends = [s["auto_run"](method, seed)[-1] for seed in range(2)]
        found["detuned"].setdefault(method, []).append(float(np.nan_to_num(np.mean(ends), nan=9)))
json.dump(found, open(sys.argv[2], "w"))
"""


@pytest.fixture(scope="module")
def over_seeds(tmp_path_factory):
    found = tmp_path_factory.mktemp("seeds") / "found.json"
    env = os.environ | {"NBGRADER_EXECUTION": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", OVER_SEEDS, script_of(LECTURE), found]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(found.read_text())


EXACT = [
    ("−51.2, +65.3, −42.5 and +15.2", "-51.2", lambda: chain_terms(1.0, CHAIN)[1] * 0.05),
    ("−51.2, +65.3, −42.5 and +15.2", "65.3", lambda: chain_terms(1.0, CHAIN)[2] * 0.05**2),
    ("−51.2, +65.3, −42.5 and +15.2", "-42.5", lambda: chain_terms(1.0, CHAIN)[3] * 0.05**3),
    ("−51.2, +65.3, −42.5 and +15.2", "15.2", lambda: chain_terms(1.0, CHAIN)[4] * 0.05**4),
    ("the output 16", "16", lambda: np.prod(CHAIN)),
    ("The rate is 2621", "2621", lambda: 0.1 / (10 * 0.5**18)),
    ("from 0.5 to −4.6", "-4.6", lambda: 0.5 - 0.1 / (10 * 0.5**18) * 0.5**9),
    ("4.4 million", "4.4e6", lambda: (0.5 - 0.1 / (10 * 0.5**18) * 0.5**9) ** 10),
    ("instead of 98%", "0.98", lambda: gd_rate(100.0)),
    ("leaves 82%", "0.82", lambda: (math.sqrt(100) - 1) / (math.sqrt(100) + 1)),
    ("The slope is 0.96", "0.96", lambda: math.tanh(2)),
    ("the curvature 0.07", "0.07", lambda: CURVATURE_OF_LOG_COSH),
    ("the step is −13.6", "-13.6", lambda: -math.tanh(2) / CURVATURE_OF_LOG_COSH),
    ("From −11.6", "-11.6", lambda: 2 - math.tanh(2) / CURVATURE_OF_LOG_COSH),
    (r"1.96 \cdot 10^{20}", "1.96e20", lambda: hessian_bytes(7 * 10**9)),
    ("The weights themselves are 28 GB", "28e9", lambda: 4 * 7e9),
]


@pytest.mark.parametrize("words, number, compute", EXACT)
def test_numbers_in_the_prose(words, number, compute):
    assert words in prose(LECTURE)
    assert rounds_to(compute(), number)


# 1 and 2: a deep function, and everybody at once


def printed(x, ws, bs):
    """The formula with the slide's brackets, row by row."""
    h = np.tanh(x @ ws[0] + bs[0])
    h = np.tanh((h + bs[1]) @ ws[1] + bs[2])
    return np.tanh(h @ ws[2]) @ ws[3]


@pytest.mark.parametrize("seed", range(5))
def test_the_misprint_passes_where_biases_are_zero(seed):
    rng = np.random.default_rng(seed)
    ws = [rng.standard_normal((20, 20)) / np.sqrt(20) for _ in range(4)]
    x = rng.standard_normal((100, 20))
    zero, random = np.zeros((3, 20)), rng.standard_normal((3, 20))
    assert np.array_equal(printed(x, ws, zero), deep_tanh(x, ws, list(zero)))
    right = deep_tanh(x, ws, list(random))
    difference = np.linalg.norm(printed(x, ws, random) - right) / np.linalg.norm(right)
    assert difference > 0.6, "they should differ by most of their size"


def test_the_chain_of_seven(measured):
    """Syllabus HRD-05: 0.1024 and 0.1021, 1.024 and 0.998, 10.24 and 7.95, 51.2 and 15.9."""
    wanted = [(0.1024, 0.1021), (1.024, 0.998), (10.24, 7.95), (51.2, 15.9)]
    for (_, promised, actual), want in zip(measured["chain_table"], wanted, strict=True):
        assert (promised, actual) == pytest.approx(want, rel=5e-3)


def test_small_weights_break_the_promise_and_large_ones_do_not():
    def kept(w):
        weights = np.full(10, w)
        lr = 0.1 / (10 * (np.prod(weights) / w) ** 2)
        return chain_update(1.0, weights, lr)[1]

    assert kept(2.0) == pytest.approx(0.1, rel=1e-4)
    assert kept(1.5) > 0.099
    assert kept(0.8) < 0.07
    assert kept(0.5) < -4e6
    assert "Ten weights of 2 keep 0.09999..." in prose(LECTURE)
    assert math.floor(kept(2.0) * 1e5) == 9999


def test_layers_together_keep_less_than_alone(measured):
    for name, shares in measured["kept_shares"].items():
        alone, joint = np.array(shares).mean(axis=1).T
        assert (joint <= alone + 1e-9).all(), name
        gap = alone - joint
        assert gap[-1] > gap[1] > gap[0] - 1e-9, name
    eight = np.array(measured["kept_shares"]["relu 0.3"])[-1]
    assert "together these moves gain 69%" in prose(LECTURE)
    assert eight[:, 0].mean() == pytest.approx(0.69, abs=0.01)
    assert "Mean of five seeds: 14%, and it varies from seed to seed by 21 points" in prose(LECTURE)
    assert eight[:, 1].mean() == pytest.approx(0.14, abs=0.01)
    assert eight[:, 1].std() == pytest.approx(0.21, abs=0.01)
    assert np.array(measured["kept_shares"]["relu 1"])[-1, :, 1].mean() <= 0


# 3: second order


def test_best_rate_and_break_even():
    rng = np.random.default_rng(0)
    for _ in range(20):
        root = rng.standard_normal((4, 4))
        hessian, g = root @ root.T, rng.standard_normal(4)
        best = optimal_step(g, hessian)
        assert best is not None
        assert second_order_prediction(1.0, g, hessian, 2 * best) == pytest.approx(1.0)


def test_the_hessian_belongs_to_the_point_of_the_model():
    """The fourth power from 1 to 1/2: 0.5 with the curvature at 1, -0.625 with that at 1/2."""
    assert 1 + 4 * -0.5 + 0.5 * 12 * 0.25 == 0.5
    assert 1 + 4 * -0.5 + 0.5 * 3 * 0.25 == -0.625


def test_the_parabola_is_right_near_the_start_only(measured):
    true, model = np.array(measured["true_0"]), np.array(measured["second_0"])
    near = np.array(measured["rates_0"]) < 0.2 * measured["best_0"]
    gain = measured["loss_0"] - model.min()
    assert np.abs(true - model)[near].max() < 0.05 * gain
    assert np.abs(true - model).max() > 0.5 * gain


# 4: measuring curvature


def test_two_gradients_are_enough(measured):
    h, errors = np.array(measured["steps_h"]), np.array(measured["hvp_errors"])
    slope = np.polyfit(np.log10(h[:4]), np.log10(errors[:4]), 1)[0]
    assert slope == pytest.approx(2, abs=0.1)
    assert 1e-5 * 0.9 < h[errors.argmin()] < 1e-4 * 1.1
    assert errors[-1] > 100 * errors.min()


def test_negative_curvature_is_where_training_starts(measured):
    shares = list(measured["negative_share"].values())
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.3
    gaps = list(measured["gauss_newton_gap"].values())
    assert gaps[0] > 0.6, "most of the Hessian at the start"
    assert gaps[-1] < 0.15, "little of it later"


def test_steep_directions_hold_the_gradient_and_make_no_progress(over_seeds):
    assert "three quarters of its squared length" in prose(LECTURE)
    for parts in over_seeds["parts"]:
        (everything, share), (steep, _), (flat, _) = (parts[p] for p in ("all", "steep", "flat"))
        assert share == pytest.approx(0.75, abs=0.02)
        usual = everything[0] - everything[-1]
        assert abs(steep[0] - steep[-1]) < 0.15 * usual
        assert flat[0] - flat[-1] > 0.9 * usual


def test_the_edge_of_stability(measured, over_seeds):
    for lr, (_, sharp) in measured["edge_runs"].items():
        assert np.mean(sharp[-3:]) == pytest.approx(2 / float(lr), rel=0.1), lr
    ends = [np.mean(sharp[-5:]) * 0.6 / 2 for _, sharp in over_seeds["edge"]]
    assert ends == pytest.approx([1.02] * 5, abs=0.04)
    starts = [sharp[0] for _, sharp in over_seeds["edge"]]
    assert np.mean(starts) == pytest.approx(2.1, abs=0.1)
    falls = [losses[0] / losses[-1] for losses, _ in over_seeds["edge"]]
    assert np.mean(falls) == pytest.approx(40, abs=5)
    rises = [np.mean(np.diff(losses[200:]) > 0) for losses, _ in over_seeds["edge"]]
    assert np.mean(rises) == pytest.approx(0.4, abs=0.05)


def test_a_ramp_holds_where_a_jump_explodes(over_seeds):
    assert over_seeds["jump"] == [None] * 5
    assert all(1.4 < s < 1.6 for s in over_seeds["ramp"])


def test_the_valley_of_two_weights(over_seeds):
    ends = over_seeds["valley"]
    assert ends["0.34"] == pytest.approx(2.00, abs=0.005)
    assert min(ends[lr] for lr in ("0.05", "0.1", "0.2")) > 8.7
    assert ends["0.42"] is not None
    assert ends["0.43"] is ends["0.5"] is None
    assert all(end <= 2 / float(lr) for lr, end in ends.items() if end is not None)


# 5: the chain, normalised


def test_a_normalised_chain_keeps_its_promise_with_one_weight(over_seeds):
    chain = over_seeds["chain"]
    assert chain["0.92 False"][0] > 0.09 > chain["0.91 False"][0]
    assert chain["0.5 False"][0] < -1e6
    for weight in ("0.5", "0.91"):
        kept, shares = chain[f"{weight} True"]
        assert kept == pytest.approx(0.1, rel=1e-3)
        assert shares[-1] > 0.999


# 6 and 7: Newton and its repairs


def test_newton_does_not_see_the_units(measured):
    assert measured["newton_u"] == pytest.approx(measured["newton_w"], rel=1e-7)
    lengths = [np.linalg.norm(measured[name]) for name in ("gradient_u", "gradient_w")]
    assert lengths[0] > 1000 * lengths[1]


def test_newton_on_log_cosh():
    def step(x):
        return x + newton_step(np.tanh([x]), np.array([[1 / np.cosh(x) ** 2]]))[0]

    assert "−11.6 the next one leads to 3 billion" in prose(LECTURE)
    assert step(step(2.0)) == pytest.approx(3.3e9, rel=0.05)
    assert abs(step(1.0886)) < 1.0886
    assert abs(step(1.0888)) > 1.0888


def test_newton_goes_to_saddles_and_maxima(measured):
    w = np.array([0.5, 0.3])
    assert w + newton_step(saddle().gradient(w), saddle().hessian(w)) == pytest.approx([0, 0])
    shares = measured["newton_shares"]
    assert shares == pytest.approx({"min": 0.58, "saddle": 0.36, "max": 0.06}, abs=0.005)


def test_minima_are_rare_among_random_critical_points():
    def extremes(d, seed):
        a = np.random.default_rng(seed).standard_normal((4000, d, d))
        kinds = [classify_critical_point(h) for h in (a + a.transpose(0, 2, 1)) / 2]
        return np.mean([kind in ("min", "max") for kind in kinds])

    assert [extremes(1, seed) for seed in range(2)] == [1, 1]
    assert np.mean([extremes(4, seed) for seed in range(5)]) == pytest.approx(1 / 200, abs=0.0015)
    assert not any(extremes(10, seed) for seed in range(5))


def test_newton_never_solves_the_sine_and_the_repairs_nearly_always_do(over_seeds):
    solved = {m: sum(end <= 1e-5 for end in ends) for m, ends in over_seeds["sine"].items()}
    assert solved["Newton"] == 0
    assert solved["saddle-free"] >= 18
    assert solved["Gauss-Newton"] >= 17
    ends = over_seeds["newton_ends"]
    for steps, largest, slope in ends:
        assert steps < 299, "neither stopped at a singular Hessian nor thrown out"
        assert largest > 1e6 or slope == 0, "no unit is saturated on all inputs"
    assert sum(largest < 1e6 for _, largest, _ in ends) > 10, "most of the runs"


def test_gradient_descent_on_the_sine_is_slow_or_explodes(over_seeds):
    slow, fast = over_seeds["sine_descent"].values()
    assert min(slow) > 1e-5
    assert sum(not np.isfinite(end) for end in fast) == 3
    assert min(end for end in fast if np.isfinite(end)) > 0.1
    assert "at rate 1 three of the five explode" in prose(LECTURE)


# 8: quasi-Newton


def test_bfgs_changes_by_a_matrix_of_rank_two():
    rng = np.random.default_rng(0)
    root = rng.standard_normal((6, 6))
    for _ in range(10):
        s = rng.standard_normal(6)
        change = bfgs_update(np.eye(6), s, (root @ root.T + np.eye(6)) @ s) - np.eye(6)
        assert np.linalg.matrix_rank(change, tol=1e-8) == 2


def test_the_draft_stops_with_three_pairs(measured):
    draft = measured["draft_costs"]
    assert draft["1"][-1] < 1e-9
    assert draft["3"][-1] > 0.1
    assert draft["3"][-1] < draft["3"][0]
    assert measured["bfgs_costs"][-1] < 1e-9


def test_a_memory_of_three_is_nearly_as_good_as_bfgs(measured):
    median = {name: np.median(counts) for name, counts in measured["steps_needed"].items()}
    assert median["L-BFGS, memory 1"] == pytest.approx(45, abs=2)
    for name in ("BFGS", "L-BFGS, memory 3", "L-BFGS, memory 10"):
        assert 20 < median[name] < 30
    assert max(map(max, measured["steps_needed"].values())) < 80, "a dot lies outside of the figure"


def test_gradient_descent_in_the_curved_valley():
    banana = rosenbrock()
    starts = [np.random.default_rng(s).uniform([-2, -1], [2, 3]) for s in range(4)]
    slow = [banana.value(gd(banana.gradient, w, lr=1e-3, steps=16_000)) for w in starts]
    assert all(heights[-1] > 1e-8 for heights in slow)
    with np.errstate(all="ignore"):
        fast = [banana.value(gd(banana.gradient, w, lr=2e-3, steps=200))[-1] for w in starts]
    assert not np.isfinite(fast).all()


def test_pairs_from_fresh_batches_report_the_rate(measured):
    for name, reported, inverse in measured["pair_rows"]:
        assert reported == pytest.approx(inverse, rel=0.15), name
    assert "is 0.6. What do these pairs say?" in prose(LECTURE)
    for curvature in measured["pairs_same"].values():
        assert curvature == pytest.approx(0.61, abs=0.01)


# 9: in practice


def final_accuracy(step, lr, decay):
    digits = load_digits()
    found = []
    for seed in range(5):
        history = train(
            MLP([64, 50, 10], rng=np.random.default_rng(seed)),
            digits,
            step=step,
            lr=lr,
            epochs=15,
            batch_size=50,
            rng=np.random.default_rng(seed),
            schedule=partial(linear_decay, total=15) if decay else None,
            progress=False,
        )
        found.append(history.val_acc[-1])
    return np.mean(found)


@pytest.mark.slow
def test_adam_and_momentum_on_the_digits():
    momentum = partial(momentum_step, mu=0.9)
    best = {lr: final_accuracy(momentum, lr, True) for lr in (10**-1.0, 10**-0.5, 1.0)}
    assert best[10**-0.5] == max(best.values())
    assert "momentum reaches 0.973 and Adam 0.977" in prose(LECTURE)
    assert best[10**-0.5] == pytest.approx(0.973, abs=0.0015)
    assert "momentum falls to 0.68" in prose(LECTURE)
    assert best[1.0] == pytest.approx(0.68, abs=0.05)
    adam = {lr: final_accuracy(adam_step, lr, True) for lr in (1e-2, 10**-1.5, 1e-1)}
    assert adam[10**-1.5] == max(adam.values()) == pytest.approx(0.977, abs=0.0015)
    for lr in (10**-2.5, 1e-2, 10**-1.5, 1e-1):
        assert final_accuracy(adam_step, lr, False) > 0.94


def test_the_autoencoder(over_seeds, measured):
    ends = over_seeds["auto"]
    with_curvature = [ends[m] for m in ("Muon", "Shampoo", "L-BFGS")]
    without = [ends[m] for m in ("gradient descent", "momentum", "Adam")]
    assert np.max(with_curvature) < np.min(without)
    for method in ("momentum", "Adam"):
        assert np.mean(ends[method]) == pytest.approx(measured["pca_loss"], abs=0.05)
    assert np.min(ends["gradient descent"]) > measured["pca_loss"]


def test_every_rate_of_the_autoencoder_is_tuned(over_seeds):
    for method, neighbours in over_seeds["detuned"].items():
        here = np.mean(over_seeds["auto"][method][:2])
        assert min(neighbours) > here - 0.01, method


def test_every_entry_has_its_home():
    tags = set(re.findall(r'"((?:HRD|SEC|E)-\d\d)"', prose(LECTURE)))
    wanted = {f"HRD-{n:02}" for n in range(1, 7)} | {f"SEC-{n:02}" for n in range(1, 9)}
    assert "OPT-08" in prose(LECTURE)
    assert tags == wanted | {"E-20", "E-21", "E-22", "E-23", "E-36", "E-37"}
