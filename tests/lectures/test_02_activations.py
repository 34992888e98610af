"""The activations lecture says nothing that its own code does not show."""

import math
import re

import numpy as np
import pytest

from tests.lectures.claims import measure, prose, rounds_to
from utils.activations import (
    act,
    act_grad,
    leaky_relu_forward,
    normal_moments,
    sigmoid_backward,
    sigmoid_forward,
)

LECTURE = "02_activations"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "shares batch_shares centred_batch_shares saturated identity_gap epochs mean_epochs ratios "
        "dead_by_lr dead_before dead_after means alphas true_alpha accuracy dead_at_end "
        "maxout_errors final contestants"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


def slope(name, x):
    return float(act_grad(name, np.array([x]))[0])


def mean(name, **options):
    return normal_moments(lambda z: act(name, z, **options))[0]


# What a sentence of the lecture (or the reason given with a question) states, the number in it, and
# the number computed here. The syllabus prints the same ones.
EXACT = [
    ("e^{709.8}", "709.8", lambda: math.log(np.finfo(float).max)),
    (r"4.54 \cdot 10^{-5}", "4.54e-5", lambda: slope("sigmoid", 10.0)),
    (r"4.54 \cdot 10^{-5}", "4.54e-5", lambda: slope("sigmoid", -10.0)),
    (r"\sigma'(0) = 0.25", "0.25", lambda: slope("sigmoid", 0.0)),
    (r"9.5 \cdot 10^{-7}", "9.5e-7", lambda: slope("sigmoid", 0.0) ** 10),
    ("1/64 is left", "0.015625", lambda: slope("sigmoid", 0.0) ** 3),
    (r"2 / 2^{10} = 0.195\,\%", "0.00195", lambda: 2 / 2**10),
    (r"\le 4 \cdot \frac14 = 1", "1", lambda: slope("tanh", 0.0)),
    (r"1/\sqrt{2\pi} = 0.3989", "0.3989", lambda: mean("relu")),
    (r"(1 - a)/\sqrt{2\pi} = 0.395", "0.395", lambda: mean("leaky_relu")),
    ("Even $a = 0.1$ gives 0.359", "0.359", lambda: mean("leaky_relu", slope=0.1)),
    ("0.395 against 0.399", "0.399", lambda: mean("relu")),
    ("ELU has 0.161", "0.161", lambda: mean("elu")),
    ("= 16$", "16", lambda: 2 * (3 * 2 + 2)),
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


def test_the_race(measured):
    """No six times over tanh on this network, and more than ten over the sigmoid."""
    assert "more than ten times as many epochs as ReLU" in prose(LECTURE)
    assert max(measured["epochs"]["sigmoid"]) < 150, "a run did not reach the goal"
    assert measured["ratios"]["sigmoid"] > 10
    assert 2 / 3 < measured["ratios"]["tanh"] < 3 / 2


def test_dead_units_stay_dead(measured):
    before, after = measured["dead_before"], measured["dead_after"]
    assert all(b <= a for b, a in zip(before, after, strict=True))
    assert before[0] < 0.1 < 0.9 < before[-1]
    harmless, deadly = measured["dead_by_lr"][:2], measured["dead_by_lr"][3:]
    assert max(harmless) < 0.1 < 0.9 < min(deadly)


def test_who_survives_the_blow(measured):
    end = {name: values[-1] for name, values in measured["accuracy"].items()}
    assert measured["dead_at_end"]["ReLU"] == 1
    assert end["ReLU"] < 0.15
    assert min(end["leaky 0.1"], end["ELU"]) > 0.8
    assert 0.3 < end["leaky 0.01"] < 0.7
    assert min(measured["accuracy"]["leaky 0.1"][10:]) > 0.7


def test_elu_does_not_survive_a_blow_of_20():
    """The lecture asks which one; see there what the blow does."""
    assert slope("elu", -20.0) < 1e-8 < slope("leaky_relu", -20.0)


def test_prelu_finds_the_hidden_slopes(measured):
    assert measured["alphas"][-1] == pytest.approx(measured["true_alpha"], abs=0.03)


def test_means_of_a_million_draws(measured):
    """Syllabus ACT-08, ACT-09, ACT-11."""
    noted = [0.399, 0.395, 0.359, 0.161]
    assert list(measured["means"].values()) == pytest.approx(noted, abs=0.002)


def test_each_piece_of_maxout_helps(measured):
    errors = list(measured["maxout_errors"].values())
    assert errors == sorted(errors, reverse=True)


def test_the_last_table(measured):
    table = dict(zip(measured["contestants"], np.mean(measured["final"], axis=2), strict=True))
    assert max(table.pop("none")) < 0.65
    sigmoid = table.pop("sigmoid")
    for rate in (0, 1):
        assert sigmoid[rate] < 0.65 < 0.85 < min(accuracies[rate] for accuracies in table.values())
    assert sigmoid[2] > 0.85 > max(accuracies[2] for accuracies in table.values())
    best = [max(accuracies) for accuracies in table.values()]
    assert max(sigmoid) < min(best)
    assert max(best) - min(best) < 0.05


def test_every_entry_has_its_home():
    tags = set(re.findall(r'"((?:ACT|E)-\d\d)"', prose(LECTURE)))
    assert tags == {f"ACT-{n:02}" for n in range(1, 14)} | {"E-03", "E-04", "E-05", "E-06"}
