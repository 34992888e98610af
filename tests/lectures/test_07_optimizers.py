"""The optimizers lecture says nothing that its own code does not show, at every rate and seed."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from tests.lectures.claims import ROOT, measure, prose, rounds_to
from utils.curvature import gd_rate, max_stable_lr
from utils.data import Dataset, load_digits, make_spirals
from utils.networks import MLP
from utils.optimizers import (
    adagrad_step,
    adam_step,
    adaptive_denominator,
    history_weights,
    momentum_step,
    nesterov_step,
    rmsprop_step,
    sgd_step,
    step_params,
    uncorrected_ratio,
)
from utils.stability import momentum_modes, polyak
from utils.surfaces import bowl, ravine, rosenbrock, saddle, trajectory
from utils.training import train

LECTURE = "07_optimizers"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "partition_gap noise bargain lowest_loss final_distance both_sums eigen_gap ends ball gaps "
        "spectrum arrival under_noise landed nesterov_gap rare_reached jitter eps_table "
        "after_cliff "
        "duel banana_rates halved theory_gap uncorrected corrected by_noise drift reached width "
        "finals tuned_momentum race_rates lowest half_back harm draft_ends mended_ends"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


@pytest.fixture(scope="module")
def widgets(tmp_path_factory):
    """What the widgets say at the settings that their answers speak of."""
    folder = tmp_path_factory.mktemp("widgets")
    script = (ROOT / "lectures" / LECTURE / "lecture.py").read_text(encoding="utf-8")
    script += """
def told(widget, *settings):
    words = [widget.said]
    for setting in settings:
        widget.set(**setting)
        words.append(widget.said)
    widget.reset()
    return words

network = "a network of 63 weights"
phases_told = told(
    phases,
    dict(lr=0.0314, mu=0.68),
    dict(loss=network, lr=3.2, mu=0.9),
    dict(lr=3.4),
    dict(lr=1.7, mu=0.0),
    dict(lr=1.8),
)
parts_told = told(
    adam_parts,
    dict(beta1=0.9),
    dict(beta2=0.999),
    dict(correction=False),
)
film_told = {
    (surface, factor): told(great_race, dict(surface=surface, factor=factor, t=120))[1]
    for surface in film_rates
    for factor in (1.0, 2.0)
}
answers = [phases.answer, adam_parts.answer, great_race.answer]
"""
    asked = folder / "asked.py"
    script += (
        "import json\nkeys = {str(k): v for k, v in film_told.items()}\n"
        "said = [phases_told, parts_told, keys, answers]\n"
        f"json.dump(said, open({str(folder / 'said')!r}, 'w'))\n"
    )
    asked.write_text(script, encoding="utf-8")
    env = os.environ | {"NBGRADER_EXECUTION": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, asked], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "said").read_text())


def first(step, g=1.0, **hyper):
    """Length of a first step, in units of the rate."""
    return float(-step(np.zeros(1), np.array([g]), None, lr=1.0, **hyper)[0][0])


# What a sentence of the lecture (or the reason given with a question) states, the number in it, and
# the number computed here.
EXACT = [
    (r"$\eta < 2/100$", "0.02", lambda: max_stable_lr(np.diag([100.0, 1.0]))),
    (r"1/(1 - \mu) = 10$", "10", lambda: history_weights(0.9, 2000).sum()),
    ("2/21, both shrink by", "0.904762", lambda: gd_rate(20.0)),
    ("From 0.038 on", "0.038", lambda: 2 * 1.9 / 100),
    ("factor per step is 99/101", "0.980198", lambda: gd_rate(100.0)),
    (r"(\sqrt\kappa + 1) = 9/11$", "0.818182", lambda: polyak(1.0, 100.0)[1] ** 0.5),
    ("factor alone gives 69 steps", "69", lambda: np.log(1e-6) / np.log(9 / 11)),
    ("needs 691 steps", "691", lambda: np.log(1e-6) / np.log(99 / 101)),
    ("the step is 0.999 times", "0.999", lambda: 1e-5 / adaptive_denominator(np.array([1e-10]))[0]),
    (
        "the step is a tenth",
        "0.1",
        lambda: 1e-5 / adaptive_denominator(np.array([1e-10]), mode="inside")[0],
    ),
    ("0.001\\,g^2} = 3.16$", "3.16", lambda: first(adam_step, bias_correction=False)),
    ("happens to begin with 3.16", "3.16", lambda: first(rmsprop_step)),
    (
        "first step would be 31.6",
        "31.6",
        lambda: first(adam_step, beta1=0.0, bias_correction=False),
    ),
    ("climbs to 6.57 at step 12", "6.57", lambda: uncorrected_ratio(12)),
    ("1.26 at step 1000", "1.26", lambda: uncorrected_ratio(1000)),
    ("and $t = 5806$", "5806", lambda: np.log(3 / 1000) / np.log(0.999)),
]


@pytest.mark.parametrize("words, number, compute", EXACT, ids=[words for words, *_ in EXACT])
def test_numbers_in_the_prose(words, number, compute):
    assert words in prose(LECTURE)
    assert rounds_to(compute(), number)


def test_batches_are_right_on_average_and_noisy_like_one_over_the_root(measured):
    assert measured["partition_gap"] < 1e-14
    for m, found in measured["noise"].items():
        assert found == pytest.approx(float(m) ** -0.5, rel=0.06)


def test_small_batches_win_a_small_budget_and_lose_a_large_one(measured):
    low = {budget: [measured["lowest_loss"][f"({budget}, {m})"] for m in (1, 3, 10, 30, 100, 200)]
           for budget in (400, 4000)}  # fmt: skip
    assert max(low[400][:3]) < 0.02 < 0.1 < low[400][-1]
    assert low[4000][-1] < 1e-4 < 5e-4 < min(low[4000][:5]) < max(low[4000][:5]) < 0.01
    for key, found in measured["bargain"].items():
        rates = sorted(found, key=float)
        best = min(found, key=found.get)
        assert best not in (rates[0], rates[-1]), key


def test_which_schedule_arrives(measured):
    end, keeps = measured["final_distance"], measured["both_sums"]
    assert end["c"] == pytest.approx(0.577, rel=0.1)  # the ball of noise: root of c / (2 - c)
    assert end["c/k²"] > 1.5
    assert max(end["c/k"], end["c/√k"]) < 0.1
    assert keeps == {
        "c": [True, False],
        "c/√k": [True, False],
        "c/k": [True, True],
        "c/k²": [False, True],
    }


def test_gradient_descent_falls_apart_along_the_eigenvectors(measured):
    assert max(measured["eigen_gap"].values()) < 1e-12


def test_what_momentum_helps_against(measured):
    end = measured["ends"]
    assert end["('local minimum', 'momentum')"] < -0.2 < 0.2 < end["('local minimum', 'SGD')"]
    assert end["('saddle', 'momentum')"] < end["('saddle', 'SGD')"]
    assert end["('narrow valley', 'momentum')"] < 0.1 * end["('narrow valley', 'SGD')"]
    assert measured["ball"]["momentum"] == pytest.approx(measured["ball"]["SGD"], rel=0.25)
    # On the saddle ten times the rate beats momentum at the same terminal speed.
    down = np.array([-2.0])
    assert momentum_modes(down, 0.2, 0.0)["factor"] > momentum_modes(down, 0.02, 0.9)["factor"]


def test_the_rate_of_the_valley_panel_is_the_best_for_that_momentum():
    rates = np.arange(0.008, 0.03, 0.0004)
    worst = [momentum_modes(np.array([1.0, 100.0]), lr, 0.9)["factor"].max() for lr in rates]
    at = momentum_modes(np.array([1.0, 100.0]), 0.0136, 0.9)["factor"].max()
    assert at == pytest.approx(min(worst), abs=1e-6)


def test_the_two_forms_part_when_the_rate_is_cut(measured):
    assert measured["gaps"]["constant"] < 1e-15 > measured["gaps"]["mended"] / 10
    assert measured["gaps"]["cut"] == pytest.approx(0.39, rel=0.02)


def test_what_the_right_momentum_gains_and_costs(measured):
    gd, best, usual = measured["arrival"].values()
    assert (gd, best, usual) == (691, 93, 265)
    gd, best, usual = measured["under_noise"].values()
    assert best > 4 * gd > 4 * 4 * usual


def test_the_networks_curvatures(measured):
    spectrum = np.array(measured["spectrum"])
    assert len(spectrum) == 63
    assert (spectrum > 1e-4 * spectrum[-1]).sum() == 32
    assert (spectrum < 0).sum() == 17
    assert abs(spectrum[0]) < 1e-3 * spectrum[-1]


def test_nesterov(measured):
    assert measured["landed"]["Nesterov"] < 0.1 * measured["landed"]["momentum"]
    assert measured["nesterov_gap"] < 1e-14


def test_the_rare_weight_at_equal_reach(measured):
    reach, jitter = measured["rare_reached"], measured["jitter"]
    assert np.mean(reach["SGD, rate 2"]) == pytest.approx(3.8, abs=0.1)
    assert np.mean(reach["AdaGrad, rate 0.5"]) == pytest.approx(3.9, abs=0.1)
    assert max(reach["SGD, rate 0.3"]) < 1.8
    assert min(jitter["SGD, rate 2"]) > 3 * max(jitter["AdaGrad, rate 0.5"])


def test_where_eps_stands(measured):
    table = measured["eps_table"]
    assert table["(1e-05, 'outside')"] == pytest.approx(0.999, abs=1e-3)
    assert table["(1e-05, 'inside')"] == pytest.approx(0.0995, abs=1e-4)


def test_adagrad_in_the_long_run():
    w, state, steps = np.zeros(1), None, []
    for _ in range(100):
        w_next, state = adagrad_step(w, np.array([3.0]), state, lr=1.0)
        steps.append(float(w[0] - w_next[0]))
        w = w_next
    assert steps[99] == pytest.approx(0.1, rel=1e-6)
    valley = bowl(100)
    w, state, sums = np.array([1.0, 1.0]), None, []
    for _ in range(300):
        w, state = adagrad_step(w, valley.gradient(w), state, lr=0.5)
        sums.append(state)
    assert sums[20] == pytest.approx(sums[-1], rel=1e-3), "the sum converges, the rates level off"


def test_rmsprop_forgets(measured):
    after = measured["after_cliff"]
    assert after["RMSProp, β = 0.9"][-1] == pytest.approx(1, rel=0.01)
    assert after["RMSProp, β = 0.9"][110] > 0.7
    assert 0.1 < after["RMSProp, β = 0.97"][-1] < 0.5
    assert after["AdaGrad"][-1] < 0.003


def test_rmsprop_with_nesterov_each_at_its_best_rate(measured):
    rates = measured["banana_rates"]
    (plain_rate, plain), (rate, heavy) = measured["duel"].values()
    assert rates[0] < min(plain_rate, rate) < max(plain_rate, rate) < rates[-1]
    assert heavy < 0.1 * plain


def test_adadelta_suffers_least_from_other_units(measured):
    growth = {name: b / a for name, (a, b) in measured["halved"].items()}
    assert 5 < growth["Adadelta"] < growth["RMSProp"] < growth["gradient descent"]
    assert all(r < a for r, a in zip(measured["halved"]["RMSProp"], measured["halved"]["Adadelta"],
                                     strict=True))  # fmt: skip


def test_adams_first_steps(measured):
    assert measured["theory_gap"] < 1e-6
    assert max(measured["uncorrected"]) == pytest.approx(6.57, abs=0.005)
    assert measured["corrected"] == pytest.approx(np.ones(5000), rel=1e-6)
    assert measured["by_noise"][0] == pytest.approx(1, abs=1e-6)
    assert measured["by_noise"][-1] == pytest.approx((0.1 / 1.9) ** 0.5, abs=0.01)


def test_shocks_break_adam_when_they_are_rare_enough(measured):
    drift = measured["drift"]
    assert min(drift["(0.03, 60.0, 0.9)"]) > 0 > max(drift["(0.03, 60.0, 0.999)"])
    assert min(drift["(0.001, 2000.0, 0.9)"]) > 0
    assert np.mean(drift["(0.001, 2000.0, 0.999)"]) > 0


def test_adams_good_region_is_wide_and_sgds_best_rate_stands_next_to_a_cliff(measured):
    for task, guessing in (("digits", 0.1), ("spirals", 1 / 3)):
        means = {
            m: np.mean(measured["reached"][f"('{task}', '{m}')"], axis=1)
            for m in ("SGD", "momentum", "Adam")
        }
        for m, found in means.items():
            assert 0 < found.argmax() < len(found) - 1, f"{task}: {m} is best at an edge"
        assert means["SGD"][-1] < guessing + 0.2 < 0.9 < means["SGD"][-2]
        assert max(f.max() for f in means.values()) - min(f.max() for f in means.values()) < 0.04
        width = {m: measured["width"][f"('{task}', '{m}')"] for m in means}
        assert width["SGD"] == 2 <= width["momentum"] <= width["Adam"]
        assert width["Adam"] >= 3, "a decade"
        assert means["Adam"][0] < means["Adam"].max() - 0.05, "the default is slow"


@pytest.mark.parametrize("task", ["digits", "spirals"])
def test_the_widths_hold_for_other_seeds(task):
    """Half decades within 3 points of the best, mean of three seeds other than the lecture's."""
    rng = np.random.default_rng(0)
    spirals = Dataset(
        *make_spirals(450, rng=rng),
        *make_spirals(150, rng=rng),
        *make_spirals(150, rng=rng),
        names=("0", "1", "2"),
    )
    data, layers, epochs = {
        "digits": (load_digits(), [64, 50, 10], 8),
        "spirals": (spirals, [2, 30, 30, 3], 20),
    }[task]
    good, after = {}, {}
    for name, step, grid in (
        ("SGD", sgd_step, 10 ** np.array([-1.0, -0.5, 0.0, 0.5])),
        ("Adam", adam_step, 10 ** np.array([-2.5, -2.0, -1.5, -1.0])),
    ):
        means = [
            np.mean(
                [
                    train(
                        MLP(layers, rng=np.random.default_rng(seed)),
                        data,
                        step=step,
                        lr=float(lr),
                        epochs=epochs,
                        batch_size=50,
                        rng=np.random.default_rng(seed),
                        abort_factor=None,
                        progress=False,
                    ).val_acc[-1]
                    for seed in (2, 3, 4)
                ]
            )
            for lr in grid
        ]
        good[name], after[name] = sum(max(means) - mean < 0.03 for mean in means), means[-1]
    assert good["SGD"] == 2 < 3 <= good["Adam"]
    assert after["SGD"] < 0.5


@pytest.mark.parametrize("lr", [0.003, 0.01])
def test_warm_up_changes_nothing_on_our_networks(lr):
    digits, gain = load_digits(), []
    for seed in range(5):
        right = []
        for warm in (1, 40):
            net = MLP([64, 64, 64, 64, 64, 10], rng=np.random.default_rng(seed))
            states, rng = None, np.random.default_rng(seed)
            for k in range(150):
                idx = rng.integers(len(digits.x_train), size=50)
                _, grads = net.loss(digits.x_train[idx], digits.y_train[idx])
                rate = lr * min(1.0, (k + 1) / warm)
                net.params, states = step_params(adam_step, net.params, grads, states, lr=rate)
            right.append((net.scores(digits.x_val).argmax(axis=1) == digits.y_val).mean())
        gain.append(right[1] - right[0])
    assert abs(np.mean(gain)) < max(2 * np.std(gain), 0.02)


def test_the_valley_with_everybody_at_their_best(measured):
    lowest, rates = measured["lowest"], measured["race_rates"]
    for place in ("valley along the axes", "the same, turned by 30°"):
        assert measured["tuned_momentum"][place] < 1e-40
        for method in ("momentum 0.9", "Nesterov 0.9"):
            assert lowest[str((place, method))] < 1e-11
        assert 1e-6 < lowest[str((place, "SGD"))] < 1e-4
        assert lowest[str((place, "RMSProp"))] > 1e-6
        good = np.array(measured["finals"][str((place, "Adam"))]) < 1e-6
        assert np.log10(rates)[good].max() - np.log10(rates)[good].min() > 1
        for method in ("SGD", "momentum 0.9", "Nesterov 0.9", "RMSProp", "Adam"):
            found = measured["finals"][str((place, method))]
            assert 0 < np.argmin(found) < len(found) - 1, f"{method} is best at an edge"
    assert lowest["('valley along the axes', 'AdaGrad')"] < 1e-200
    turned = lowest["('the same, turned by 30°', 'AdaGrad')"]
    assert turned > lowest["('the same, turned by 30°', 'SGD')"]
    assert 1e-6 < turned < 1e-4


def test_the_rates_of_the_film_are_the_best_of_their_grid():
    grid = [float(f"{rate:.2g}") for rate in 10 ** np.arange(-4, 1.3, 0.125)]
    steps = (sgd_step, momentum_step, nesterov_step, adagrad_step, rmsprop_step, adam_step)
    told = {
        "bowl": (bowl(20), (0.075, 0.042, 0.032, 1.0, 0.018, 1.0)),
        "turned bowl": (ravine(20), (0.075, 0.032, 0.032, 0.56, 0.018, 0.075)),
        "Rosenbrock": (rosenbrock(), (0.0056, 0.0018, 0.0018, 1.8, 0.56, 0.56)),
    }
    for name, (surface, rates) in told.items():
        assert ", ".join(f"{rate}" for rate in rates) in prose(LECTURE), name
        for step, rate in zip(steps, rates, strict=True):
            with np.errstate(all="ignore"):
                ends = [surface.value(trajectory(step, surface, steps=120, lr=g)[-1]) for g in grid]
            ends = np.nan_to_num(ends, nan=np.inf)
            assert grid[int(np.argmin(ends))] == rate, (name, step)


def test_one_bad_gradient_and_its_cure(measured):
    assert measured["half_back"] == pytest.approx(5806, rel=0.002)
    for name in ("SGD, 1.0", "momentum, 0.1", "Adam, 0.01"):
        without, harmed, clipped = (
            np.mean(measured["harm"][str((name, how))])
            for how in ("no accident", "accident", "accident, clipped at 1")
        )
        assert harmed > 1.15 * without
        assert clipped < 1.1 * without


def test_the_draft_decays_unevenly_and_the_repair_evenly(measured):
    due = (1 - 0.0015) ** 600
    draft, mended = measured["draft_ends"], measured["mended_ends"]
    assert draft["0.01"] < 0.2 * due and draft["10.0"] > 2 * due
    assert list(mended.values()) == pytest.approx([due] * 4, abs=0.02)


def test_the_printed_summary_line_climbs():
    way = trajectory(
        lambda w, dw, state, lr: adagrad_step(w, -dw, state, lr=lr), bowl(1), steps=20, lr=0.1
    )
    assert way[-1] == pytest.approx([1.85, 1.85], rel=0.005)


def test_the_answer_of_the_phase_diagram(widgets):
    told, answer = widgets[0], widgets[3][0]
    digits = [
        int(m[1].replace(",", "")) for s in told if (m := re.search(r"([\d,]+) steps per", s))
    ]
    assert digits[:2] == [115, 12]
    assert "12 steps per digit instead of 115" in answer
    assert "nothing diverges" in told[2] and "diverge." in told[3]
    assert "nothing diverges" in told[4] and "diverge." in told[5]
    assert "about 3.3" in answer and "up to 1.7" in answer
    assert 500 < digits[2] < 600


def test_the_answer_about_adams_parts(widgets):
    told, answer = widgets[1], widgets[3][1]
    lengths = [m[1] for s in told if (m := re.search(r"length ([\d.]+),", s))]
    losses = [m[1] for s in told if (m := re.search(r" is ([\de.-]+)\.$", s))]
    assert [float(loss) for loss in losses] == pytest.approx(
        [0.54, 0.096, 0.00048, 5.2e-6], rel=0.02
    )
    assert lengths[0] == "0.071" and lengths[3] == "0.22"
    for words in ("0.54", "0.1,", "0.0005", "0.22", "0.07", "5e-6"):
        assert words in answer


def test_the_answer_of_the_film(widgets):
    told = widgets[2]

    def broken(surface):
        found = re.search(r"By step 120 (.*) will have", told[str((surface, 2.0))])
        return set(found[1].split(", ")) if found else set()

    for surface in ("bowl", "turned bowl", "Rosenbrock"):
        assert "diverged" not in told[str((surface, 1.0))]
    assert broken("bowl") == broken("turned bowl") == {"SGD"}
    assert broken("Rosenbrock") == {"SGD", "momentum 0.9", "Nesterov 0.9"}
    ends = {
        method: abs(trajectory(step, saddle(), steps=120, lr=0.02)[-1, 1])
        for method, step in (
            ("SGD", sgd_step),
            ("momentum", momentum_step),
            ("AdaGrad", adagrad_step),
            ("RMSProp", rmsprop_step),
            ("Adam", adam_step),
        )
    }
    assert min(ends, key=lambda name: ends[name]) == "SGD"


def test_every_entry_has_its_home():
    tags = set(re.findall(r'"((?:OPT|ADA|E)-\d\d)"', prose(LECTURE)))
    entries = {f"OPT-{n:02}" for n in range(1, 18)} | {f"ADA-{n:02}" for n in range(1, 13)}
    assert tags == entries | {f"E-{n}" for n in range(24, 36)} | {"E-61"}


def test_every_widget_has_an_answer():
    script = (ROOT / "lectures" / LECTURE / "lecture.py").read_text(encoding="utf-8")
    assert script.count("= film(") == script.count("    answer=") == 3
