"""The initialisation lecture says nothing that its own code does not show."""

import math
import re

import numpy as np
import pytest

from tests.lectures.claims import measure, prose, rounds_to
from utils.data import FOLDER
from utils.initialization import deep_forward, he_normal, relu_stats, tanh_variance_map

LECTURE = "04_initialization"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "distinct final_losses losses_by_depth in_range measured_stats gradients saturated growth "
        "shut slopes product_variance product_formula plain_mean variant_factors valley_losses "
        "printed_saturated weight_variances agreement linear_gap orthogonal_last relu_last_stds "
        "sparse_std sparse_saturated ends z_stds ends_by_function race"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


# What a sentence of the lecture (or the reason given with a question) states, the number in it, and
# the number computed here. The syllabus prints the same ones.
EXACT = [
    ("ln 10 = 2.303", "2.303", lambda: math.log(10)),
    (r"500 \cdot 0.01^2 = 0.05", "0.05", lambda: 500 * 0.01**2),
    (r"0.01\sqrt{500} = 0.2236", "0.2236", lambda: 0.01 * math.sqrt(500)),
    (r"0.2236^{10} = 3 \cdot 10^{-7}", "3e-7", lambda: (0.01 * math.sqrt(500)) ** 10),
    (r"1/\sqrt{500} = 0.0447", "0.0447", lambda: 1 / math.sqrt(500)),
    (r"n = 1/0.03^2 = 1111", "1111", lambda: 1 / 0.03**2),
    (r"1/\sqrt{2\pi} = 0.3989", "0.3989", lambda: relu_stats(1)[0, 0]),
    (r"\sqrt{1/2 - 1/(2\pi)} = 0.5838", "0.5838", lambda: relu_stats(1)[0, 1]),
    (r"0.5838 \cdot 2^{-9/2} = 0.0258", "0.0258", lambda: relu_stats(10)[9, 1]),
    (r"1/\sqrt2 = 0.707", "0.707", lambda: relu_stats(2)[1, 1] / relu_stats(2)[0, 1]),
    ("near 0.56 and 0.83 in all ten layers", "0.56", lambda: relu_stats(10, gain=2**0.5)[9, 0]),
    ("near 0.56 and 0.83 in all ten layers", "0.83", lambda: relu_stats(10, gain=2**0.5)[9, 1]),
    ("wide layers: 0.826", "0.826", lambda: relu_stats(10, gain=2**0.5)[9, 1]),
    (r"\sqrt{250} = 15.8$", "15.8", lambda: 1 / math.sqrt(2 / 500)),
    (r"\sqrt{2/500} = 0.063", "0.063", lambda: math.sqrt(2 / 500)),
    ("weights 250 times too large", "250", lambda: math.sqrt(250) / math.sqrt(2 / 500)),
    (r"1/\sqrt3 = 0.577", "0.577", lambda: 3**-0.5),
    ("keeps 0.65", "0.65", lambda: math.sqrt(fixed_point(5 / 3))),
]


def fixed_point(gain):
    """The mean square at which an infinitely wide tanh layer stands still."""
    q = 1.0
    for _ in range(60):
        q = float(tanh_variance_map(q, gain=gain))
    return q


@pytest.mark.parametrize(("words", "number", "compute"), EXACT, ids=[w for w, *_ in EXACT])
def test_numbers_in_the_prose(words, number, compute):
    assert words in prose(LECTURE)
    assert rounds_to(compute(), number)


def test_ten_relu_layers_keep_less_than_a_thousandth():
    assert 0.5**10 < 1e-3
    assert 3**-5 < 0.01  # the old heuristic: a standard deviation below a hundredth


def test_equal_units(measured):
    """Syllabus INI-01: one unit stays one unit; from zeros only the output bias moves."""
    assert list(measured["distinct"].values()) == [1, 1, 30]
    zeros, constant, random = measured["final_losses"].values()
    assert zeros == pytest.approx(math.log(10), abs=0.01)
    assert 1.4 < constant < 1.6
    assert random < 0.1


def test_depth_defeats_small_weights(measured):
    """Syllabus INI-02."""
    one, two, ten = measured["losses_by_depth"].values()
    assert one[-1] < 0.1
    assert min(two[:3]) > 2.2 > 0.4 > two[-1]
    assert max(abs(loss - math.log(10)) for loss in ten) < 0.01


def test_all_fifty_printed_numbers_lie_in_the_range_of_the_seeds(measured):
    """Syllabus tables A-1 to A-5."""
    assert {name: len(rows) for name, rows in measured["in_range"].items()} == dict.fromkeys(
        ("0.01, tanh", "1.0, tanh", "Xavier, tanh", "Xavier, ReLU", "He, ReLU"), 10
    )
    assert all(all(rows) for rows in measured["in_range"].values())


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("0.01, tanh", 0.2135, 2.9e-7),
        ("1.0, tanh", 0.982, 0.9817),
        ("Xavier, tanh", 0.628, 0.228),
        ("Xavier, ReLU", 0.584, 0.0227),
        ("He, ReLU", 0.826, 0.727),
        ("misprint, ReLU", 207, 6.9e23),
        ("U(±1/√m), tanh", 0.461, 0.0030),
        ("Glorot uniform, tanh", 0.629, 0.228),
        ("U(±6/√(m+n)), tanh", 0.834, 0.791),
    ],
)
def test_first_and_last_layer(measured, name, first, last):
    stats = measured["measured_stats"][name]
    assert [stats[1][1], stats[10][1]] == pytest.approx([first, last], rel=0.025)


def test_the_recorded_range_holds_for_other_seeds():
    low, high = np.loadtxt(FOLDER / "ten_layers.csv", delimiter=",", skiprows=41, usecols=(5, 6)).T
    rng = np.random.default_rng(57)
    x = rng.standard_normal((1000, 500))
    weights = [he_normal(500, 500, rng=rng) for _ in range(10)]
    found = [h.std() for h in deep_forward(x, weights, activation="relu")[0][1:]]
    assert (low - 5e-7 <= found).all()
    assert (found <= high + 5e-7).all()


def test_saturated_but_not_zero(measured):
    """Syllabus E-10: 90.5 % beyond 0.99, 89 % of the slopes below 0.01, and 3.5 a layer."""
    assert measured["saturated"] == pytest.approx(0.905, abs=0.005)
    assert measured["shut"] == pytest.approx(0.89, abs=0.005)
    assert np.mean(measured["slopes"]) == pytest.approx(0.036, abs=0.001)
    assert measured["growth"] == pytest.approx(3.5, abs=0.05)
    rms = np.array(measured["gradients"]["1.0, tanh"])[:, 0]
    assert rms[9] == pytest.approx(measured["growth"], rel=0.01)
    assert rms[0] == pytest.approx(2.6e5, rel=0.05)
    assert "more than a hundred thousand times as large" in prose(LECTURE)


def test_weight_gradients_of_the_small_start_are_equal(measured):
    """Syllabus INI-04: 4.2e-8 in every layer."""
    dw = np.array(measured["gradients"]["0.01, tanh"])[:, 1]
    assert dw == pytest.approx(np.full(10, 4.2e-8), rel=0.05)
    assert (0.01 * math.sqrt(500)) ** 9 / math.sqrt(1000) == pytest.approx(4.2e-8, rel=0.1)


def test_table_from_behind(measured):
    """Syllabus table A-6, with the same seed."""
    assert len(measured["agreement"]) == 9
    assert max(measured["agreement"].values()) < 0.03


def test_histograms_of_gradients(measured):
    """Syllabus INI-17."""
    standard = np.array(measured["gradients"]["U(±1/√m), tanh"])[:, 0]
    xavier = np.array(measured["gradients"]["Xavier, tanh"])[:, 0]
    assert standard[[0, 9]] == pytest.approx([0.0031, 0.577], rel=0.03)
    assert xavier[[0, 9]] == pytest.approx([0.268, 0.950], rel=0.03)


def test_variance_of_products_and_sums(measured):
    assert measured["product_formula"] == pytest.approx(0.64 * 1.44 + 0.25 + 1.44)
    assert measured["product_variance"] == pytest.approx(measured["product_formula"], rel=0.02)
    assert measured["plain_mean"] == pytest.approx([10, 30, 100, 300, 1000], rel=0.12)


def test_forward_or_backward(measured):
    """Syllabus INI-10."""
    factors = measured["variant_factors"]
    assert factors["1000 in"] == pytest.approx([1, 0.1], rel=0.05)
    assert factors["1000 out"] == pytest.approx([10, 1], rel=0.05)
    assert factors["100 average"] == pytest.approx([2 / 11, 20 / 11], rel=0.05)
    assert max(max(factors[f"{m} average"]) for m in (100, 1000)) < 2


def test_one_rate_for_a_valley(measured):
    """Syllabus INI-18."""
    round_, crawling, exploding = measured["valley_losses"].values()
    assert round_ < 1e-20
    assert 0.01 < crawling < 0.1
    assert exploding > 1e10


def test_limit_of_glorots_rule(measured):
    """Syllabus E-13: variance 0.0020 and 0.0120; 17 to 28 % saturated."""
    assert rounds_to(measured["weight_variances"]["right"], "0.0020")
    assert rounds_to(measured["weight_variances"]["printed"], "0.0120")
    shares = measured["printed_saturated"]
    assert 0.165 < min(shares) < max(shares) < 0.285


def test_orthogonal(measured):
    """Syllabus INI-14; its 0.58 for ReLU was one low seed."""
    assert measured["linear_gap"] < 1e-12
    assert list(measured["orthogonal_last"].values()) == pytest.approx([0.229, 0.651], rel=0.02)
    stds = measured["relu_last_stds"]["orthogonal, g = √2"]
    assert 0.6 < min(stds) < max(stds) < 1.1
    assert "0.61 to 1.08" in prose(LECTURE)


def test_sparse(measured):
    """Syllabus INI-15: 0.878 and 43 %."""
    assert measured["sparse_std"] == pytest.approx(0.878, abs=0.01)
    assert measured["sparse_saturated"] == pytest.approx(0.43, abs=0.02)
    assert measured["ends"]["size 1/√k"][3:] == pytest.approx([0.2285] * 3, rel=0.1)
    assert max(measured["ends"]["size 1"]) > 0.94


def test_lsuv_gives_every_layer_the_same_spread(measured):
    after = [stds for name, stds in measured["z_stds"].items() if name.endswith("after")]
    assert np.array(after) == pytest.approx(np.ones((4, 10)), abs=0.01)
    assert min(measured["z_stds"]["relu before"]) < 0.02


def test_the_start_decides_where_it_ends(measured):
    """Syllabus INI-12."""
    bowl, valleys = (np.array(found) for found in measured["ends_by_function"].values())
    assert bowl.max() < 1e-3
    assert len(np.unique(valleys.round(2))) == 2


def test_the_race(measured):
    last = {name: losses[-1] for name, losses in measured["race"].items()}
    for name in ("tanh 0.01", "tanh 1.0", "relu 0.01"):
        assert last[name] == pytest.approx(math.log(10), abs=0.05)
    assert last["tanh Xavier"] < 0.5
    assert last["relu Xavier"] > 1.2
    best = {name: min(losses) for name, losses in measured["race"].items()}
    for name in (
        "tanh orthogonal, 5/3",
        "tanh LSUV",
        "relu He",
        "relu orthogonal, √2",
        "relu LSUV",
    ):
        assert best[name] < 0.2
        assert measured["race"][name][0] < 2.2


def test_every_entry_has_its_home():
    tags = set(re.findall(r'"((?:INI|E)-\d\d)"', prose(LECTURE)))
    assert tags == {f"INI-{n:02}" for n in range(1, 19)} | {f"E-{n:02}" for n in range(8, 15)}
