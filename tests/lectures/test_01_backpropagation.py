"""The lecture on backpropagation says nothing that its own code does not show."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from tests.lectures.claims import measure, prose, rounds_to
from utils.data import load_digits
from utils.gradients import numerical_gradient
from utils.initialization import he_normal
from utils.layers import affine_backward
from utils.losses import log_softmax, softmax_loss
from utils.networks import (
    MLP,
    boolean_inputs,
    collapse_linear,
    count_params,
    dnf_net,
    mlp_backward,
    mlp_forward,
    step_net,
    two_layer_backward,
    union_net,
)
from utils.optimizers import adam_step, sgd_step, step_params
from utils.training import iterate_minibatches, train

LECTURE = "01_backpropagation"
DIGITS = load_digits()
SIZES = (64, 50, 50, 10)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "graph_rows ring_accuracy wave_errors wave_slope depth_accuracy scalar_gap moon_losses "
        "batch_accuracy batch_seconds u_errors steps found_errors found_acc other_acc "
        "fading_ratios memory memory_depths"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


EXACT = [
    ("= 154,160 of them", "154160", lambda: count_params([3072, 50, 10])),
    ("The network has 3,760 parameters", "3760", lambda: count_params([64, 50, 10])),
    ("has 288,010 parameters", "288010", lambda: count_params([64, 500, 500, 10])),
    ("= 24$ updates an epoch", "24", lambda: math.ceil(1199 / 50)),
    ("240 in ten epochs", "240", lambda: 10 * math.ceil(1199 / 50)),
    (r"\ln 50257 = 10.82", "10.82", lambda: math.log(50257)),
    ("9 · 100 + 10 = 910", "910", lambda: 9 * 100 + 10),
    ("512 for ten bits", "512", lambda: sum(boolean_inputs(10).sum(axis=1) % 2)),
    (r"the number after 1 is 1.00098", "1.00098", lambda: float(np.nextafter(np.float16(1), 2))),
    (r"which is $2.4 \cdot 10^{-7}$", "2.4e-7", lambda: float(np.spacing(np.float32(2.3)))),
]


@pytest.mark.parametrize("words, number, compute", EXACT, ids=[words for words, *_ in EXACT])
def test_numbers_in_the_prose(words, number, compute):
    assert words in prose(LECTURE)
    assert rounds_to(compute(), number)


def test_small_numbers_are_lost_in_float16():
    assert "$1 + 0.0001 = 1$" in prose(LECTURE)
    assert np.float16(1) + np.float16(0.0001) == np.float16(1)


# What networks can represent


def test_one_neuron_gets_three_rows_of_xor():
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((20_000, 3))
    fires = boolean_inputs(2) @ weights[:, :2].T + weights[:, 2] > 0
    assert (fires == np.array([[0], [1], [1], [0]])).sum(axis=0).max() == 3


def test_any_truth_table_of_three_inputs_has_its_network():
    x = boolean_inputs(3)
    for number in range(256):
        table = (number >> np.arange(8) & 1).astype(bool)
        assert (step_net(x, dnf_net(table)) == table).all()


def ring_error(outer: int, inner: int) -> float:
    """The part of the ring between radius 0.5 and 1 that two polygons get wrong."""

    def area(edges, radius):
        return 0.5 * edges * radius**2 * math.sin(2 * math.pi / edges)

    return (math.pi - area(outer, 1) + math.pi / 4 - area(inner, 0.5)) / (0.75 * math.pi)


def test_the_error_of_the_ring():
    for edges in (4, 8, 15):
        formula = 5 / 3 * (1 - edges / (2 * math.pi) * math.sin(2 * math.pi / edges))
        assert ring_error(edges, edges) == pytest.approx(formula)
    assert rounds_to(100 * ring_error(15, 15), "4.8")
    assert "30 half-planes, 4.8 percent wrong" in prose(LECTURE)
    assert ring_error(16, 12) < 0.05 < ring_error(14, 14)
    angles = 2 * np.pi * np.arange(15) / 15
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    side = np.linspace(-1.2, 1.2, 401)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    wanted = (np.hypot(*grid.T) > 0.5) & (np.hypot(*grid.T) < 1)
    inside = step_net(grid, union_net([corners], [0.5 * corners]))
    assert np.mean(inside != wanted) / np.mean(wanted) == pytest.approx(0.0483, abs=0.003)


def test_three_units_fence_in_the_ring(measured):
    accuracy = measured["ring_accuracy"]
    assert min(accuracy["3"]) >= 0.98
    assert max(accuracy["2"]) < 0.9
    assert max(accuracy["1"]) < 0.8


def parity_on_unseen_rows(lr: float, seed: int, wanted: np.ndarray) -> float:
    x, rng = 2 * boolean_inputs(8) - 1, np.random.default_rng(seed)
    order = rng.permutation(256)
    seen, unseen = order[:192], order[192:]
    params, state = start((8, 64, 2), seed), None
    for _ in range(300):
        for rows, y in iterate_minibatches(x[seen], wanted[seen], 32, rng=rng):
            _, grads = gradients_of(params, rows, y)
            params, state = step_params(adam_step, params, grads, state, lr=lr)
    scores = mlp_forward(x[unseen], params)[0][-1]
    return float((scores.argmax(axis=1) == wanted[unseen]).mean())


@pytest.mark.slow
def test_representable_is_not_learnt():
    ones = boolean_inputs(8).sum(axis=1).astype(int)
    slow, fast = (
        [parity_on_unseen_rows(lr, seed, ones % 2) for seed in range(5)] for lr in (0.001, 0.01)
    )
    assert "0.70 ± 0.11 with rate 0.001, 0.92 ± 0.02 with rate 0.01" in prose(LECTURE)
    assert np.mean(slow) == pytest.approx(0.70, abs=0.06)
    assert np.mean(fast) == pytest.approx(0.92, abs=0.03)
    assert max(slow) < 1 and max(fast) < 1
    assert parity_on_unseen_rows(0.001, 0, (ones > 4).astype(int)) == 1


def test_more_random_features_fit_better(measured):
    medians = [np.median(errors) for errors in measured["wave_errors"].values()]
    assert medians == sorted(medians, reverse=True)
    assert -2 < measured["wave_slope"] < -1


def test_eight_hidden_layers_are_no_better(measured):
    mean = {int(depth): np.mean(a) for depth, a in measured["depth_accuracy"].items()}
    assert all(0.95 < mean[depth] < 0.97 for depth in (0, 1, 2, 3))
    assert mean[8] < 0.94
    assert "less than a point behind" in prose(LECTURE)
    assert 0 < mean[1] - mean[0] < 0.01


@pytest.mark.slow
def test_one_to_three_hidden_layers_are_equal_within_their_spread():
    assert "one to three hidden layers are equal within their spread" in prose(LECTURE)
    accuracy = {}
    for depth in (1, 2, 3):
        by_rate = [
            [
                train(
                    MLP([64, *[50] * depth, 10], rng=np.random.default_rng(seed)),
                    DIGITS,
                    step=sgd_step,
                    lr=lr,
                    epochs=10,
                    batch_size=50,
                    rng=np.random.default_rng(seed),
                    abort_factor=None,
                    progress=False,
                ).val_acc[-1]
                for seed in range(5)
            ]
            for lr in (0.1, 0.3, 1.0)
        ]
        accuracy[depth] = max(by_rate, key=np.mean)
    means = [np.mean(a) for a in accuracy.values()]
    assert max(means) - min(means) < 2 * max(np.std(a) for a in accuracy.values())


def test_a_bottleneck_bounds_the_rank():
    widths, rng = (20, 20, 2, 20, 20, 20), np.random.default_rng(0)
    params = {}
    for n in range(1, 6):
        params[f"w{n}"] = rng.standard_normal((widths[n - 1], widths[n]))
        params[f"b{n}"] = rng.standard_normal(widths[n])
    w, _ = collapse_linear(params)
    assert w.shape == (20, 20)
    assert np.linalg.matrix_rank(w) == 2


# The graph


def test_the_worked_graph(measured):
    """Syllabus BPG-02: values 2, 1, 3, 2, 6 and gradients 2, 5, 2, 3, 1."""
    rows = measured["graph_rows"]
    assert {name: rows[name] for name in "abcde"} == {
        "a": [2, 2],
        "b": [1, 5],
        "c": [3, 2],
        "d": [2, 3],
        "e": [6, 1],
    }


def test_the_scalar_network_trains_and_is_checked(measured):
    assert measured["scalar_gap"] < 1e-4
    assert measured["moon_losses"][-1] < 0.1 < 1 < measured["moon_losses"][0]


# Trainings


def start(sizes, seed: int) -> dict[str, np.ndarray]:
    rng, params = np.random.default_rng(seed), {}
    for n in range(1, len(sizes)):
        params[f"w{n}"] = he_normal(sizes[n - 1], sizes[n], rng=rng)
        params[f"b{n}"] = np.zeros(sizes[n])
    return params


def gradients_of(params, x, y, backward=mlp_backward):
    hs, cache = mlp_forward(x, params)
    with np.errstate(all="ignore"):
        loss, dscores = softmax_loss(hs[-1], y)
        return loss, backward(dscores, cache)[1]


def wrong(kind: str, seed: int):
    """A backward pass for ReLU networks with one thing wrong."""
    fixed = start(SIZES, seed + 100)

    def backward(dscores, cache):
        caches, _ = cache
        grads, dh = {}, dscores
        for layer in range(len(caches), 0, -1):
            (x, w, b), z = caches[layer - 1]
            gate = z > 0 if layer < len(caches) else True
            if kind == "the ReLU gate forgotten":
                gate = True
            elif kind == "the gate inverted" and layer < len(caches):
                gate = z <= 0
            dz = dh * gate
            _, dw, db = affine_backward(dh if kind == "the bug of the hunt" else dz, (x, w, b))
            grads[f"w{layer}"], grads[f"b{layer}"] = dw, db
            if kind == "bias gradients all 0":
                grads[f"b{layer}"] = 0 * db
            back = w.T
            if kind == "`w` for `w.T` where it fits" and w.shape[0] == w.shape[1]:
                back = w
            elif kind == "a fixed *random* matrix for `w.T`":
                back = fixed[f"w{layer}"].T
            elif kind == "last layer only":
                back = 0 * w.T
            dh = dz @ back
        if kind == "layer 1 uphill":
            grads["w1"] = -grads["w1"]
        return dh, grads

    return backward


def accuracy_of(kind: str, lr: float, seed: int) -> float:
    params, rng, backward = start(SIZES, seed), np.random.default_rng(seed), wrong(kind, seed)
    for _ in range(15):
        for x, y in iterate_minibatches(DIGITS.x_train, DIGITS.y_train, 50, rng=rng):
            _, grads = gradients_of(params, x, y, backward)
            with np.errstate(all="ignore"):
                params = {name: w - lr * grads[name] for name, w in params.items()}
    scores = mlp_forward(DIGITS.x_val, params)[0][-1]
    return float((scores.argmax(axis=1) == DIGITS.y_val).mean())


# The rates next to the best one are tried as well.
WRONG = {
    "right": (0.1, 0.3, 1.0),
    "bias gradients all 0": (0.1, 0.3, 1.0),
    "the bug of the hunt": (0.1, 0.3, 1.0),
    "the ReLU gate forgotten": (0.03, 0.1, 0.3),
    "`w` for `w.T` where it fits": (0.1, 0.3, 1.0),
    "a fixed *random* matrix for `w.T`": (0.03, 0.1, 0.3),
    "last layer only": (0.3, 1.0),
    "the gate inverted": (0.1, 0.3, 1.0),
    "layer 1 uphill": (0.01, 0.03),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_wrong_gradients_train(kind):
    row = re.search(rf"\| {re.escape(kind)} \| ([\d.]+) ± ([\d.]+) \|", prose(LECTURE))
    assert row, "no such row in the table"
    stated, spread = float(row[1]), float(row[2])
    means = [np.mean([accuracy_of(kind, lr, seed) for seed in range(3)]) for lr in WRONG[kind]]
    assert max(means) == pytest.approx(stated, abs=max(2 * spread, 0.01))


def test_the_survivor_is_not_quite_as_good():
    """Paired by seed, at the best rate of each."""
    pairs = [
        (accuracy_of("right", 0.3, seed), accuracy_of("the ReLU gate forgotten", 0.1, seed))
        for seed in range(5)
    ]
    right, forgotten = np.mean(pairs, axis=0)
    assert 0.94 < forgotten < right - 0.005


def test_the_bug_hunts_symptom(measured):
    errors = measured["found_errors"]
    assert all(errors[name] > 0.1 for name in ("w1", "b1", "w2", "b2"))
    assert all(errors[name] < 1e-7 for name in ("w3", "b3", "x"))
    assert 0.9 < measured["found_acc"][-1] < measured["other_acc"][-1]


def two_layers(data, lr: float, seed: int, *, shuffle: bool) -> float:
    rng, params = np.random.default_rng(seed), start((64, 50, 10), seed)
    for _ in range(10):
        batches = (
            list(iterate_minibatches(data.x_train, data.y_train, 50, rng=rng))
            if shuffle
            else [(data.x_train[i : i + 50], data.y_train[i : i + 50]) for i in range(0, 1199, 50)]
        )
        for x, y in batches:
            z = x @ params["w1"] + params["b1"]
            _, dscores = softmax_loss(np.maximum(0, z) @ params["w2"] + params["b2"], y)
            grads = two_layer_backward(dscores, x, z, params)
            params = {name: w - lr * grads[name] for name, w in params.items()}
    scores = mlp_forward(data.x_val, params)[0][-1]
    return float((scores.argmax(axis=1) == data.y_val).mean())


def test_sorted_data():
    by_class = np.argsort(DIGITS.y_train, kind="stable")
    once = np.random.default_rng(5).permutation(1199)
    in_order = replace(DIGITS, x_train=DIGITS.x_train[by_class], y_train=DIGITS.y_train[by_class])
    one_order = replace(DIGITS, x_train=DIGITS.x_train[once], y_train=DIGITS.y_train[once])

    def mean(data, lr, **options):
        return np.mean([two_layers(data, lr, seed, **options) for seed in range(5)])

    assert "0.39 ± 0.04" in prose(LECTURE)
    assert mean(in_order, 0.3, shuffle=False) == pytest.approx(0.39, abs=0.04)
    assert mean(DIGITS, 0.3, shuffle=True) == pytest.approx(0.96, abs=0.01)
    assert mean(one_order, 0.3, shuffle=False) == pytest.approx(0.95, abs=0.01)
    assert mean(in_order, 0.03, shuffle=False) == pytest.approx(0.73, abs=0.02)
    assert mean(DIGITS, 0.03, shuffle=True) == pytest.approx(0.87, abs=0.02)


def test_small_batches_buy_updates_large_ones_speed(measured):
    accuracy = {int(size): a for size, a in measured["batch_accuracy"].items()}
    best = {size: max(a.values()) for size, a in accuracy.items()}
    assert min(best[1], best[10], best[50]) > 0.93 > best[200] > best[1199]
    assert measured["batch_seconds"]["1"] > 4 * measured["batch_seconds"]["50"]


# Checks


def test_the_u_of_gradient_checks(measured):
    errors = {name: np.array(e) for name, e in measured["u_errors"].items()}
    steps = np.array(measured["steps"])
    best = {name: steps[e.argmin()] for name, e in errors.items()}
    assert 0.9e-5 < best["central, float64"] < 1.1e-4
    assert errors["central, float64"][4] < 1e-8  # h = 1e-5
    assert 0.9e-7 < best["forward, float64"] < 1.1e-6
    assert 0.9e-3 < best["central, float32"] < 1.1e-1
    assert 3e-5 < errors["central, float32"].min() < 1e-3
    assert errors["central, float32"][4] > 0.1


def test_nothing_is_right_in_float32():
    """The question's network: [64, 50, 50, 10], tanh, 50 examples."""
    medians = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        chosen = rng.choice(1199, 50, replace=False)
        x, y, params = DIGITS.x_train[chosen], DIGITS.y_train[chosen], start(SIZES, seed)
        hs, cache = mlp_forward(x, params, activation="tanh")
        _, grads = mlp_backward(softmax_loss(hs[-1], y)[1], cache)
        low = {name: w.astype(np.float32) for name, w in params.items()}
        h, errors = np.float32(1e-5), []
        for i, j in rng.integers(50, size=(60, 2)):
            ends = []
            for step in (h, -h):
                w = low["w2"].copy()
                w[i, j] += step
                scores = mlp_forward(x.astype(np.float32), low | {"w2": w}, activation="tanh")[0][
                    -1
                ]
                ends.append(-log_softmax(scores)[np.arange(50), y].mean())
            slope, right = float(ends[0] - ends[1]) / 2e-5, grads["w2"][i, j]
            errors.append(abs(slope - right) / (abs(slope) + abs(right)))
        medians.append(np.median(errors))
    assert np.median(medians) > 0.1


def test_one_example_hides_a_forgotten_mean():
    for n, hidden in ((1, True), (5, False)):
        scores, y = np.random.default_rng(0).standard_normal((n, 4)), np.arange(n) % 4
        wrong_gradient = n * softmax_loss(scores, y)[1]
        right = numerical_gradient(lambda s, y=y: softmax_loss(s, y)[0], scores)
        assert np.allclose(wrong_gradient, right, atol=1e-7) == hidden


# Fading, and what a framework does


def test_how_fast_gradients_fade(measured):
    mean = {name: np.mean(ratios) for name, ratios in measured["fading_ratios"].items()}
    assert mean["sigmoid, N(0, 1)"] == pytest.approx(0.84, abs=0.05)
    assert mean["sigmoid, Xavier"] == pytest.approx(0.24, abs=0.02)
    assert mean["tanh, N(0, 1)"] > 1.9
    assert 0.85 < mean["tanh, Xavier"] < 1 and 0.9 < mean["relu, He"] < 1.1


def test_weights_enlarge_and_slopes_shrink():
    """Syllabus BPG-08: the two factors, root mean squares."""
    products = []
    for seed in range(5):
        rng, params = np.random.default_rng(seed), {}
        widths = (64, *[50] * 10, 10)
        for n in range(1, 12):
            params[f"w{n}"] = rng.standard_normal((widths[n - 1], widths[n]))
            params[f"b{n}"] = np.zeros(widths[n])
        hs, _ = mlp_forward(DIGITS.x_train[:200], params, activation="sigmoid")
        products.append(np.sqrt(np.mean([np.mean((h * (1 - h)) ** 2) for h in hs[1:-1]])))
    assert np.mean(products) == pytest.approx(0.12, abs=0.01)
    assert math.sqrt(50) * np.mean(products) == pytest.approx(0.84, abs=0.05)


def test_a_backward_pass_takes_two_products_a_layer():
    """Multiplications counted: forward one matrix product a layer, backward two."""

    class Counting(np.ndarray):
        products = 0

        def __matmul__(self, other):
            Counting.products += self.shape[0] * self.shape[1] * other.shape[1]
            return (np.asarray(self) @ np.asarray(other)).view(Counting)

        def __rmatmul__(self, other):
            return other.view(Counting) @ self

    params = {name: w.view(Counting) for name, w in start((64, 500, 500, 10), 0).items()}
    x = DIGITS.x_train[:20].view(Counting)
    hs, cache = mlp_forward(x, params)
    forward, Counting.products = Counting.products, 0
    mlp_backward(np.asarray(hs[-1]).view(Counting), cache)
    assert Counting.products == 2 * forward


def test_memory_of_the_cache(measured):
    full, kept = (
        measured["memory"]["every activation kept"],
        measured["memory"]["one in √depth kept"],
    )
    assert full[-1] == pytest.approx(100, abs=5)
    assert kept[-1] == pytest.approx(20, abs=3)
    assert max(measured["memory"]["forward only"]) < 4
    assert min(100 / k + k for k in range(1, 101)) == 100 / 10 + 10


def test_a_mean_of_unequal_means():
    errors = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        chosen, params = rng.choice(1199, 50, replace=False), start(SIZES, seed)

        def gradient(part, chosen=chosen, params=params):
            _, grads = gradients_of(
                params, DIGITS.x_train[chosen[part]], DIGITS.y_train[chosen[part]]
            )
            return np.concatenate([g.ravel() for g in grads.values()])

        whole = gradient(slice(50))
        mixed = (gradient(slice(48)) + gradient(slice(48, 50))) / 2
        errors.append(np.linalg.norm(mixed - whole) / np.linalg.norm(whole))
    assert "Measured: 1.3 ± 0.3" in prose(LECTURE)
    assert np.mean(errors) == pytest.approx(1.3, abs=0.1)
    assert np.std(errors) == pytest.approx(0.3, abs=0.1)


def test_every_entry_has_its_home():
    tags = set(re.findall(r'"((?:NEU|BPG|E)-\d\d)"', prose(LECTURE)))
    wanted = {f"NEU-{n:02}" for n in range(1, 12)} | {f"BPG-{n:02}" for n in range(1, 9)}
    assert tags == wanted | {"E-01", "E-02"}
