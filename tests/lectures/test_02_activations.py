"""The activations lecture says nothing that its own code does not show."""

import math
import re

import numpy as np
import pytest

from grader.checking.definitions import lectures
from tests.lectures.claims import measure, prose, rounds_to, script_of
from utils.activations import (
    act,
    act_grad,
    leaky_relu_forward,
    maxout_forward,
    normal_moments,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)
from utils.data import load_digits
from utils.gated import gelu_forward, silu_forward
from utils.initialization import xavier_normal
from utils.many_networks import column, race

LECTURE = "02_activations"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "shares batch_shares centred_batch_shares saturated identity_gap gate_left walk_best "
        "fallen found_biases found_losses race_epochs best_epochs "
        "dead_by_lr dead_before dead_after deep_share dead_over_time "
        "back_first back_deeper deep_accuracy reaches reach_at_40 furthest "
        "means alphas true_alpha blow_accuracy "
        "rival_epochs spiral_best maxout_errors lowest smooth_means drawn_errors far_slopes fewest "
        "final contestants spiral_rates"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


def slope(name, x):
    return float(act_grad(name, np.array([x]))[0])


def mean(name, **options):
    return normal_moments(lambda z: act(name, z, **options))[0]


def lowest(forward, lo=-5.0, hi=0.0):
    x = np.linspace(lo, hi, 50_001)
    out = forward(x)[0]
    return float(out.min()), float(x[out.argmin()])


# What a sentence of the lecture (or the reason given with a question) states, the number in it, and
# the number computed here. The syllabus prints the same ones.
EXACT = [
    ("e^{709.8}", "709.8", lambda: math.log(np.finfo(float).max)),
    (r"4.54 \cdot 10^{-5}", "4.54e-5", lambda: slope("sigmoid", 10.0)),
    (r"4.54 \cdot 10^{-5}", "4.54e-5", lambda: slope("sigmoid", -10.0)),
    (r"\sigma'(0) = 0.25", "0.25", lambda: slope("sigmoid", 0.0)),
    (r"$0.25^{10} = 9.5 \cdot 10^{-7}$", "9.5e-7", lambda: slope("sigmoid", 0.0) ** 10),
    ("at most 1/64", "0.015625", lambda: slope("sigmoid", 0.0) ** 3),
    (r"2 / 2^{10} = 0.195\,\%", "0.00195", lambda: 2 / 2**10),
    ("at most 1, at $x = 0$", "1", lambda: slope("tanh", 0.0)),
    (r"1/\sqrt{2\pi} = 0.3989", "0.3989", lambda: mean("relu")),
    (r"(1 - a)/\sqrt{2\pi} = 0.395", "0.395", lambda: mean("leaky_relu")),
    ("Even $a = 0.1$ gives 0.359", "0.359", lambda: mean("leaky_relu", slope=0.1)),
    ("0.395 against 0.399", "0.399", lambda: mean("relu")),
    ("ELU has 0.161", "0.161", lambda: mean("elu")),
    ("left of $-4.6$ only", "-4.6", lambda: math.log(0.01)),
    (r"1/(2\sqrt\pi) = 0.282", "0.282", lambda: normal_moments(lambda z: gelu_forward(z)[0])[0]),
    (r"1/(2\sqrt\pi) = 0.282", "0.282", lambda: 1 / (2 * math.sqrt(math.pi))),
    ("lowest point is $-0.278$", "-0.278", lambda: lowest(silu_forward)[0]),
    ("at $z = -1.278$", "-1.278", lambda: lowest(silu_forward)[1]),
    ("GELU's is $-0.170$", "-0.170", lambda: lowest(gelu_forward)[0]),
    ("at $z = -0.752$", "-0.752", lambda: lowest(gelu_forward)[1]),
]


@pytest.mark.parametrize("words, number, compute", EXACT, ids=[words for words, *_ in EXACT])
def test_numbers_in_the_prose(words, number, compute):
    assert words in prose(LECTURE)
    assert rounds_to(compute(), number)


def test_sigmoid_is_one_in_float64_from_37_on():
    assert "at about $x = 37$" in prose(LECTURE)
    x = np.linspace(30, 45, 1501)
    out, cache = sigmoid_forward(x)
    assert x[out == 1][0] == pytest.approx(37, abs=0.5)
    assert (sigmoid_backward(np.ones_like(x), cache)[out == 1] == 0).all()


def test_a_slope_above_1_turns_the_maximum_round():
    assert np.maximum(2 * 1.0, 1.0) == 2
    assert leaky_relu_forward(np.ones(1), 0.1)[0] == 1


def test_gradients_of_positive_inputs_have_one_sign(measured):
    """Syllabus ACT-04: 100 % of single examples, 0.1 % after centring (chance is 0.2 %)."""
    assert measured["shares"]["positive inputs"] == 1
    assert measured["shares"]["the same, centred"] == pytest.approx(2 / 2**10, rel=0.1)


def test_batches_keep_half_of_the_effect(measured):
    """Syllabus E-05: 49 %, 41 % and 45 % in batches of 2, 10 and 100; chance after centring."""
    shares = measured["batch_shares"]
    assert [shares["2"], shares["10"], shares["100"]] == pytest.approx([0.49, 0.41, 0.45], abs=0.06)
    assert shares["2"] == pytest.approx(0.5, abs=0.01)
    assert shares["100"] == pytest.approx(limit_for_large_batches(10), abs=0.03)
    assert limit_for_large_batches(10) == pytest.approx(0.40, abs=0.005)
    assert max(measured["centred_batch_shares"].values()) < 0.01


def limit_for_large_batches(n):
    """P(n sums m S + s Z_i agree in sign), S and Z_i normal, for inputs with mean m and std s.

    For inputs uniform on (0, 1) m / s is the root of 3.
    """
    t = np.linspace(-8, 8, 4001)
    weight = np.exp(-(t**2) / 2)
    below = np.array([0.5 * math.erfc(-math.sqrt(1.5) * value) for value in t])
    return 2 * (weight * below**n).sum() / weight.sum()


def test_large_inputs_saturate_the_sigmoid(measured):
    small, middle, large = measured["saturated"]
    assert small == 0
    assert middle < 0.001
    assert large > 0.5


def test_tanh_is_a_stretched_sigmoid(measured):
    assert measured["identity_gap"] < 1e-15
    assert slope("tanh", 10.0) == pytest.approx(8.2e-9, rel=0.01)


# Widgets: what their answers say


def test_the_gate_needs_a_gain_above_2(measured):
    assert 2 * slope("sigmoid", 0.0) == 0.5
    assert 4 * slope("sigmoid", 0.0) == 1
    assert measured["gate_left"] == pytest.approx(4 * slope("sigmoid", 8.0))


def test_the_walk_with_positive_inputs_needs_ten_times_the_steps(measured):
    positive_rate, positive_steps = measured["walk_best"]["False"]
    centred_rate, centred_steps = measured["walk_best"]["True"]
    assert 0.1 < positive_rate < 1 < centred_rate < 10
    assert positive_steps > 5 * centred_steps


def test_tanh_saturates_for_a_mean_of_3_or_a_standard_deviation_of_4_4():
    assert "A mean of 3 does it" in prose(LECTURE)
    z = np.random.default_rng(1).standard_normal(20_000)
    for inputs in (3 + z, 4.4 * z):
        local = tanh_backward(np.ones_like(inputs), tanh_forward(inputs)[1])
        assert np.mean(np.abs(local) < 0.01) == pytest.approx(0.5, abs=0.03)


def test_a_unit_out_of_reach_of_the_cloud_is_dead(measured):
    assert measured["reach_at_40"] == measured["reaches"]["40"]
    assert measured["reaches"][str(measured["furthest"])] > measured["reach_at_40"]


def test_two_lines_come_within_a_half_of_the_parabola():
    x = np.linspace(-2, 2, 401)[:, None]
    w, b = np.array([-2.0, 2.0]).reshape(2, 1, 1), np.full((2, 1), -0.5)
    assert np.abs(maxout_forward(x, w, b)[0] - x**2).max() == pytest.approx(0.5)


def test_tanh_needs_fewer_units_than_relu(measured):
    fewest = measured["fewest"]
    assert fewest["tanh"] < fewest["ReLU"] <= 12


# Races


def test_the_found_gradient_lets_no_bias_rise(measured):
    assert measured["fallen"] == 1
    assert np.array(measured["found_biases"]).max() < 0
    assert np.min(measured["found_losses"]) > 2.25


def test_the_race_at_each_ones_best_rate(measured):
    """The factor of six over tanh does not show, and three to four over the sigmoid does."""
    assert "three to four times as many epochs as ReLU" in prose(LECTURE)
    epochs = {name: np.array(e) for name, e in measured["race_epochs"].items()}
    best = {name: np.median(e, axis=1).argmin() for name, e in epochs.items()}
    for name, j in best.items():
        assert 0 < j < len(epochs[name]) - 1, f"the best rate of {name} is on the edge of the grid"
        assert np.isfinite(epochs[name][j]).all(), f"{name}: a start did not reach the goal"
    median = {name: np.median(epochs[name][j]) for name, j in best.items()}
    assert 3 <= median["sigmoid"] / median["ReLU"] <= 4
    assert 2 / 3 < median["tanh"] / median["ReLU"] < 3 / 2
    assert epochs["sigmoid"][best["sigmoid"]].min() > 2 * epochs["ReLU"][best["ReLU"]].max()
    assert np.isinf(epochs["sigmoid"][0]).all(), "at 0.3 the sigmoid is not there in 33 epochs"


@pytest.mark.slow
def test_the_order_is_the_same_with_xaviers_weights():
    assert "with Xavier's the order is the same" in prose(LECTURE)
    pairs = {
        "sigmoid": (sigmoid_forward, sigmoid_backward, (1, 3, 10), 40),
        "tanh": (tanh_forward, tanh_backward, (0.1, 0.3, 1), 20),
    }
    best = {}
    for name, (forward, backward, lrs, epochs) in pairs.items():
        run = race(
            load_digits(),
            [64, 50, 50, 50, 10],
            activation=(forward, backward),
            lr=column(lrs),
            seeds=range(5),
            epochs=epochs,
            at=range(1, epochs + 1),
            batch_size=50,
            init=xavier_normal,
        )
        best[name] = np.median(run.first_below(0.1), axis=1).min()
    assert 3 < best["sigmoid"] / best["tanh"] < 5


def test_dead_units_stay_dead(measured):
    before, after = np.array(measured["dead_before"]), np.array(measured["dead_after"])
    assert (before <= after).all()
    assert before[0].max() < 0.1 < 0.9 < before[-1].min()
    harmless, deadly = np.array(measured["dead_by_lr"])[:2], np.array(measured["dead_by_lr"])[3:]
    assert harmless.max() < 0.1 < 0.85 < deadly.min()


def test_in_deeper_layers_most_dead_units_come_back(measured):
    assert measured["back_first"] == [0, 0, 0]
    assert min(measured["back_deeper"]) > 0.5
    share = np.array(measured["deep_share"])  # (layers, rates)
    assert share[:, :2].max() <= 0.12
    assert 0.2 < share[:, 2].mean() < 0.35
    after_the_first_epoch, at_the_end = np.array(measured["dead_over_time"])[:, :2]
    assert after_the_first_epoch == pytest.approx([0.1, 0.1], abs=0.02)
    assert at_the_end == pytest.approx([0.05, 0.05], abs=0.02)
    assert share[-2:, 2].min() > 0.4
    assert measured["deep_accuracy"][2] < 0.4 < 0.8 < min(measured["deep_accuracy"][:2])


def test_who_survives_the_blow(measured):
    end = {name: np.array(runs)[:, -1] for name, runs in measured["blow_accuracy"].items()}
    assert end["ReLU"].max() < 0.15
    assert min(end["leaky 0.1"].min(), end["ELU"].min()) > 0.85
    assert 0.3 < end["leaky 0.01"].min()
    assert end["leaky 0.01"].max() < 0.65
    assert np.median(np.array(measured["blow_accuracy"]["leaky 0.1"])[:, 10:], axis=0).min() > 0.8


def test_elu_does_not_survive_a_blow_of_20():
    """The lecture asks which one; see there what the blow does."""
    assert slope("elu", -20.0) < 1e-8 < slope("leaky_relu", -20.0)


def test_elu_is_ahead_on_one_problem_and_not_on_the_other(measured):
    """E-52 and E-53: each at its best rate."""
    epochs = {name: np.array(e) for name, e in measured["rival_epochs"].items()}
    medians = {name: np.median(e, axis=1) for name, e in epochs.items()}
    assert all(m.argmin() == 1 for m in medians.values())
    assert medians["ReLU"][1] - medians["ELU"][1] == 1
    assert medians["ReLU"][1] == medians["leaky 0.01"][1] == 6
    spirals = measured["spiral_best"]
    assert spirals["ELU"] < spirals["ReLU"]
    assert abs(spirals["ReLU"] - spirals["leaky 0.01"]) < 0.01


def test_prelu_finds_the_hidden_slopes(measured):
    assert measured["alphas"][-1] == pytest.approx(measured["true_alpha"], abs=0.03)


def test_means_of_a_million_draws(measured):
    """Syllabus ACT-08, ACT-09, ACT-11."""
    noted = [0.399, 0.395, 0.359, 0.161]
    assert list(measured["means"].values()) == pytest.approx(noted, abs=0.002)


def test_each_piece_of_maxout_helps(measured):
    errors = list(measured["maxout_errors"].values())
    assert errors == sorted(errors, reverse=True)


def test_the_smooth_ones_lie_between_elu_and_relu(measured):
    means = measured["smooth_means"]
    assert mean("elu") < means["SiLU"] < means["GELU"] < means["ReLU"]


def test_what_networks_draw(measured):
    errors, slopes = measured["drawn_errors"], measured["far_slopes"]
    assert errors.pop("none") > 0.5
    assert max(errors.values()) < 0.1
    assert min(abs(slopes[name]) for name in ("ReLU", "leaky ReLU", "SiLU")) > 1
    assert max(abs(slopes[name]) for name in ("sigmoid", "tanh")) < 0.2


def test_the_last_table(measured):
    means = np.mean(measured["final"], axis=2)
    table = dict(zip(measured["contestants"], means, strict=True))
    assert max(table.pop("none")) < 0.51
    sigmoid = table.pop("sigmoid")
    edge = {0, len(measured["spiral_rates"]) - 1}
    assert all(row.argmax() not in edge for row in (sigmoid, *table.values()))
    for rate in (1, 2):
        assert sigmoid[rate] < min(accuracies[rate] for accuracies in table.values())
    assert sigmoid[4] > max(accuracies[4] for accuracies in table.values())
    best = [max(accuracies) for accuracies in table.values()]
    assert max(sigmoid) < 0.9 < 0.95 < min(best)
    assert max(best) - min(best) < 0.03


def test_it_takes_two_hours_without_the_optional_sections():
    """Declared minutes, reading at 130 words a minute, 4 minutes a widget and 1 a figure."""
    assert "**Time** Two hours" in prose(LECTURE)
    minutes = {d.name: d.minutes for d in lectures()[LECTURE]}
    optional, total, asked = False, {False: 0.0, True: 0.0}, 0
    for cell in re.split(r"^# %%", script_of(LECTURE).read_text("utf-8"), flags=re.M)[1:]:
        if heading := re.search(r"^# ## (.*)$", cell, re.M):
            optional = heading[1].endswith("(optional)")
        if cell.startswith(" [markdown]"):
            words = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", " formula ", cell, flags=re.S)
            total[optional] += len(re.findall(r"[a-z]{2,}", words, re.I)) / 130
        elif "demo" in cell.partition("\n")[0]:
            total[optional] += 4 * len(re.findall(r"^explore\(", cell, re.M))
            total[optional] += len(re.findall(r"^(?:show|compare)\(", cell, re.M))
        else:
            name = re.search(r"import (\w+)\n*$|^(\w+) = \.\.\.$", cell.strip(), re.M)
            work = minutes.get((name[1] or name[2]) if name else "", 0)
            total[optional] += work
            asked += work
    assert asked == sum(minutes.values()), "an exercise or a question is not counted"
    assert total[False] <= 120.5
    assert total[True] <= 35


def test_every_entry_has_its_home():
    tags = set(re.findall(r'"((?:ACT|E)-\d\d)"', prose(LECTURE)))
    errors = {"E-03", "E-04", "E-05", "E-06", "E-52", "E-53", "E-54"}
    assert tags == {f"ACT-{n:02}" for n in range(1, 14)} | errors
