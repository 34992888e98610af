"""The regularisation lecture says nothing that its own code does not show."""

import re
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.lectures.claims import measure, prose, rounds_to
from utils.data import load_digits, make_overfit_case
from utils.losses import best_score_gap, label_smoothing_loss, smooth_labels, softmax
from utils.networks import MLP
from utils.normalization import batchnorm_backward, batchnorm_forward
from utils.optimizers import adamw_step, momentum_step, sgd_step, step_params
from utils.regularization import growing_rate, ridge_shrinkage
from utils.training import evaluate, train

LECTURE = "09_regularization"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "val_low val_end acc_low acc_end best_errors sparse_zeros sparse_accuracy draft_longest "
        "mended_longest hinge_scales momentum_ends bn_difference bn_ratio smoothing_rows "
        "noise_distance remedy_table remedy_gains aux_gains size_table descent_at ridge_at "
        "gd_distance copies"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


def momentum_end(mu):
    w, state = np.ones(1), None
    for _ in range(100):
        w, state = momentum_step(w, 0.01 * w, state, lr=0.1, mu=mu)
    return w[0]


def adamw_end(steps=720):
    """A weight without gradients: only the decay moves it."""
    w, state = np.ones(1), None
    for _ in range(steps):
        w, state = adamw_step(w, np.zeros(1), state)
    return w[0]


def difference(a):
    return 1 - np.exp(-a) - a / (1 + a)


TIMES = np.linspace(0.01, 20, 2000)

# What a sentence states, the number in it, and the number computed here.
EXACT = [
    ("99% and 1%", "0.99", lambda: ridge_shrinkage(np.array([100.0]), 1.0)[0]),
    ("99% and 1%", "0.01", lambda: ridge_shrinkage(np.array([0.01]), 1.0)[0]),
    ("largest at $a = 2.5$", "2.5", lambda: TIMES[difference(TIMES).argmax()]),
    ("0.918 against 0.714", "0.918", lambda: 1 - np.exp(-2.5)),
    ("0.918 against 0.714", "0.714", lambda: 2.5 / 3.5),
    ("From $w = 1$ it falls to 0.37", "0.37", lambda: momentum_end(0.9)),
    ("$0.999^{100} = 0.90$", "0.90", lambda: 0.999**100),
    ("720 of them take 0.72%", "0.72", lambda: 100 * (1 - adamw_end())),
    ("$0.99^{-200} = 7.46$", "7.46", lambda: 0.99**-200),
    ("0.245, about 14 degrees", "0.245", lambda: np.sqrt(0.06)),
    ("0.245, about 14 degrees", "14", lambda: np.degrees(np.sqrt(0.06))),
    ("4.51 for ten classes", "4.51", lambda: best_score_gap(10, 0.1)),
    ("the entropy of the target, 0.50", "0.50", lambda: entropy(0.1)),
    ("where the target says: at 0.91", "0.91", lambda: smooth_labels(np.array([0]), 10).max()),
]


def entropy(eps):
    t = smooth_labels(np.array([0]), 10, eps=eps)
    return -(t * np.log(t)).sum()


@pytest.mark.parametrize("words, number, compute", EXACT, ids=[f"{w} {n}" for w, n, _ in EXACT])
def test_numbers_in_the_prose(words, number, compute):
    assert words in prose(LECTURE)
    assert rounds_to(compute(), number)


def test_a_rate_that_grows_by_two_percent():
    ratio = growing_rate(8, lr=0.1, weight_decay=0.1) / growing_rate(7, lr=0.1, weight_decay=0.1)
    assert ratio == pytest.approx(1.02, abs=0.001)
    grown = growing_rate(200, lr=0.1, weight_decay=0.1) / growing_rate(0, lr=0.1, weight_decay=0.1)
    assert grown == pytest.approx(55.7, abs=0.1), "the misreading in bn_norm"


# 1: a gap


def test_the_loss_doubles_and_the_accuracy_stays(measured):
    ratio = np.array(measured["val_end"]) / np.array(measured["val_low"])
    assert 1.5 < ratio.mean() < 2.6
    assert abs(np.mean(measured["acc_end"]) - np.mean(measured["acc_low"])) < 0.06


def overfit_ends(seed, lr):
    """Validation loss and accuracy, at the lowest loss and at the end."""
    rng = np.random.default_rng(seed)
    points = make_overfit_case(rng=rng)
    net, rows = MLP([2, 200, 2], rng=rng), []
    for update in range(1001):
        if update % 25 == 0:
            rows.append(evaluate(net, points.x_val, points.y_val))
        _, grads = net.loss(points.x_train, points.y_train)
        net.params, _ = step_params(sgd_step, net.params, grads, None, lr=lr)
    losses, accuracies = np.array(rows).T
    best = losses.argmin()
    return losses[best], accuracies[best], losses[-1], accuracies[-1]


@pytest.mark.slow
@pytest.mark.parametrize("lr", [0.1, 0.3, 1.0])
def test_the_loss_doubles_at_every_rate(lr):
    low, acc_low, end, acc_end = np.mean([overfit_ends(seed, lr) for seed in range(5, 10)], axis=0)
    assert 1.4 < end / low < 3
    assert acc_end > acc_low - 0.06


# 2: a price for large weights


def test_the_best_stop_is_as_good_as_the_best_penalty(measured):
    best = {name: np.array(errors) for name, errors in measured["best_errors"].items()}
    ratio = best["early stop"] / best["penalty"]
    assert ratio.mean() == pytest.approx(1, abs=0.05)
    assert ratio.std() < 0.15
    assert best["least squares"].mean() > 2 * best["penalty"].mean()


# 3: exactly zero


def test_only_the_threshold_makes_zeros(measured):
    assert max(measured["sparse_zeros"]["gradient"]) == 0
    assert min(measured["sparse_zeros"]["proximal"]) > 0.1
    accuracy = {name: np.mean(found) for name, found in measured["sparse_accuracy"].items()}
    assert accuracy["gradient"] == pytest.approx(accuracy["proximal"], abs=0.01)


def test_the_widget_of_the_two_balls():
    """Under L1 the second weight is 0 from about 0.82 on."""
    hessian, target = np.array([[2.0, 0.6], [0.6, 1.0]]), np.array([1.6, 0.7])

    def second(price):
        w = np.zeros(2)
        for _ in range(200):
            for i in range(2):
                pull = hessian[i] @ (target - w) + hessian[i, i] * w[i]
                w[i] = np.sign(pull) * max(abs(pull) - price, 0) / hessian[i, i]
        return w[1]

    assert second(0.2) > 0
    first_zero = next(p for p in np.arange(0, 4, 0.05) if second(p) == 0)
    stated = re.search(r"From about λ = ([\d.]+) on under L1", prose(LECTURE))
    assert stated and first_zero == pytest.approx(float(stated[1]), abs=0.051)


# 4 and 5: a bound, and margins


def test_the_draft_does_not_hold_its_limit(measured):
    assert measured["draft_longest"][-1] > 2.2
    assert max(measured["mended_longest"]) == pytest.approx(2)


def test_at_hinge_loss_zero_the_scale_is_free(measured):
    half, one, two, ten = measured["hinge_scales"].values()
    assert half > 0.05
    assert one == two == ten == 0


# 6: weight decay


def test_momentum_makes_l2_stronger(measured):
    assert measured["momentum_ends"]["0.0"] == pytest.approx(0.999**100)
    strength = -np.log(measured["momentum_ends"]["0.9"]) / -np.log(measured["momentum_ends"]["0.0"])
    assert strength == pytest.approx(10, rel=0.1)


def adam_race(lrs, strengths, decoupled, seeds=5, updates=600):
    """Test accuracy under Adam with L2 or AdamW, shape (rates, strengths, seeds); all at once."""
    digits, rng = load_digits(), np.random.default_rng(0)
    rows = np.stack([rng.permutation(len(digits.x_train))[:300] for _ in range(seeds)])
    x, y = digits.x_train[rows].astype(np.float32), digits.y_train[rows]
    y[:, :60] = (y[:, :60] + rng.integers(1, 10, (seeds, 60))) % 10
    lr = np.reshape(lrs, (-1, 1, 1, 1, 1)).astype(np.float32)
    reg = np.reshape(strengths, (1, -1, 1, 1, 1)).astype(np.float32)

    def stacked(w):
        return np.broadcast_to(w, (len(lrs), len(strengths), *w.shape)).astype(np.float32)

    params = [
        stacked(rng.standard_normal((seeds, 64, 50)) / 5.7),
        stacked(np.zeros((seeds, 1, 50))),
        stacked(rng.standard_normal((seeds, 50, 10)) / 5),
        stacked(np.zeros((seeds, 1, 10))),
    ]
    m, v = ([np.zeros_like(p) for p in params] for _ in range(2))
    for t in range(1, updates + 1):
        w1, b1, w2, b2 = params
        batch = np.arange(seeds)[:, None], rng.integers(300, size=(seeds, 25))
        z = x[batch] @ w1 + b1
        h = np.maximum(0, z)
        scores = h @ w2 + b2
        p = np.exp(scores - scores.max(axis=-1, keepdims=True))
        p = p / p.sum(axis=-1, keepdims=True) - np.eye(10, dtype=np.float32)[y[batch]]
        ds = p / np.float32(25)
        dz = ds @ w2.swapaxes(-1, -2) * (z > 0)
        grads = [x[batch].swapaxes(-1, -2) @ dz, dz.sum(axis=-2, keepdims=True)]
        grads += [h.swapaxes(-1, -2) @ ds, ds.sum(axis=-2, keepdims=True)]
        for i, g in enumerate(grads):
            price = reg * params[i] if i in (0, 2) else 0
            g = g if decoupled else g + price
            m[i] += np.float32(0.1) * (g - m[i])
            v[i] += np.float32(0.001) * (g * g - v[i])
            m_hat, v_hat = m[i] / np.float32(1 - 0.9**t), v[i] / np.float32(1 - 0.999**t)
            step = m_hat / (np.sqrt(v_hat) + np.float32(1e-8))
            params[i] = params[i] - lr * (step + price if decoupled else step)
    w1, b1, w2, b2 = params
    found = np.maximum(0, digits.x_test.astype(np.float32) @ w1 + b1) @ w2 + b2
    return (found.argmax(axis=-1) == digits.y_test).mean(axis=-1)


@pytest.mark.slow
def test_adamw_and_adam_with_l2_are_level_when_both_are_tuned():
    assert "all three are level at 0.90" in prose(LECTURE)
    lrs = (1e-3, 10**-2.5, 1e-2)
    with_l2 = adam_race(lrs, (0, 3e-3, 1e-2, 3e-2, 1e-1), decoupled=False).mean(axis=-1)
    decayed = adam_race(lrs, (0, 0.1, 0.3, 1.0, 3.0), decoupled=True).mean(axis=-1)
    assert with_l2[:, 0].max() == with_l2[0, 0] == pytest.approx(0.90, abs=0.01)
    for found in (with_l2, decayed):
        assert found[:, 1:].max() == pytest.approx(0.90, abs=0.01)
        assert found[2].max() - found[2, 0] == pytest.approx(0.09, abs=0.015)
        assert 0 < found[2].argmax() < 4, "the best strength is inside the grid"
    assert decayed[1].argmax() == decayed[2].argmax() == 3, "the best decay is 1"


def test_decay_under_batch_norm_is_a_rate(measured):
    assert measured["bn_difference"] < 1e-9
    assert measured["bn_ratio"] == pytest.approx(0.99**-200)


def turning(rate, decay, steps, seed):
    """Angle per step of weights before batch norm, trained on digits: mean of the last hundred."""
    digits, rng = load_digits(), np.random.default_rng(seed)
    w, v = rng.standard_normal((64, 30)) / 8, rng.standard_normal((30, 10)) / 5
    y_train = np.where(rng.random(1199) < 0.5, rng.integers(0, 10, 1199), digits.y_train)
    angles = []
    for _ in range(steps):
        rows = rng.integers(1199, size=64)
        z, cache, _ = batchnorm_forward(
            digits.x_train[rows] @ w, np.ones(30), np.zeros(30), (np.zeros(30), np.ones(30))
        )
        h = np.maximum(0, z)
        p = softmax(h @ v) - np.eye(10)[y_train[rows]]
        dz = batchnorm_backward((p / 64 @ v.T) * (h > 0), cache)[0]
        after = (1 - rate * decay) * w - rate * (digits.x_train[rows].T @ dz)
        v = v - 0.1 * h.T @ p / 64
        cosine = (w * after).sum(axis=0) / np.linalg.norm(w, axis=0) / np.linalg.norm(after, axis=0)
        angles.append(np.sqrt(np.mean(np.arccos(np.minimum(1, cosine)) ** 2)))
        w = after
    return np.mean(angles[-100:])


@pytest.mark.slow
@pytest.mark.parametrize("rate, decay", [(0.1, 0.1), (0.3, 0.1), (0.1, 0.3)])
def test_in_the_end_weights_turn_at_a_speed_of_their_own(rate, decay):
    found = [turning(rate, decay, 600, seed) for seed in range(3)]
    assert np.mean(found) == pytest.approx(np.sqrt(2 * rate * decay), rel=0.12)


# 7: softer targets


def test_smoothing_pins_the_lead_and_costs_calibration(measured):
    rows = {float(eps): np.array(found) for eps, found in measured["smoothing_rows"].items()}
    for eps in (0.1, 0.3):
        assert rows[eps][:, 2].mean() == pytest.approx(best_score_gap(10, eps), rel=0.12)
    assert rows[0.0][:, 2].min() > 1.5 * rows[0.1][:, 2].max()
    accuracy, error, _ = (rows[0.1] - rows[0.0]).mean(axis=0)
    assert accuracy > -0.01
    assert error > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("lr", [0.05, 0.4])
def test_smoothing_at_other_rates(lr):
    digits, rows = load_digits(), {}
    for eps in (0.0, 0.1):
        rows[eps] = []
        for seed in range(3, 6):
            rng = np.random.default_rng(seed)
            chosen = rng.permutation(len(digits.x_train))[:600]
            part = replace(digits, x_train=digits.x_train[chosen], y_train=digits.y_train[chosen])
            net = MLP([64, 60, 10], rng=rng, loss_fn=partial(label_smoothing_loss, eps=eps))
            net = train(
                net, part, step=sgd_step, lr=lr, epochs=40, batch_size=25, rng=rng, progress=False
            ).model
            probs = softmax(net.scores(digits.x_test))
            right = probs.argmax(axis=1) == digits.y_test
            rows[eps].append((right.mean(), abs((probs.max(axis=1) - right).mean())))
    accuracy, error = np.mean(rows[0.1], axis=0) - np.mean(rows[0.0], axis=0)
    assert accuracy > -0.01
    assert error > 0.03


# 8: noise


def test_noisy_copies_lead_to_ridge(measured):
    mean = np.mean(measured["noise_distance"], axis=0)
    slope = np.polyfit(np.log(measured["copies"]), np.log(mean), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.1)


# 9 and 10: which one?


def test_most_of_a_gain_is_an_early_stop(measured):
    gains = measured["remedy_gains"]
    assert gains["0.2"]["end"] > gains["0.05"]["end"] + 0.02
    for lr in ("0.05", "0.2"):
        assert -0.02 < gains[lr]["stop"] < 0.03
    assert gains["0.2"]["end"] > 0.04


def wrong_labels(seed, wrong):
    """300 digits, drawn at random, some of them with a wrong label; and the generator."""
    digits, rng = load_digits(), np.random.default_rng(seed)
    rows = rng.permutation(len(digits.x_train))[:300]
    y = digits.y_train[rows].copy()
    changed = rng.permutation(300)[: round(300 * wrong)]
    y[changed] = (y[changed] + rng.integers(1, 10, len(changed))) % 10
    return replace(digits, x_train=digits.x_train[rows], y_train=y), rng


def remedied(seed, lr, wrong, reg=0.0, **options):
    """Training accuracy, and test accuracy at the end and at the best validation epoch."""
    part, rng = wrong_labels(seed, wrong)
    net = MLP([64, 50, 10], rng=rng, **options)
    done = train(
        net, part, step=sgd_step, lr=lr, epochs=50, batch_size=25, rng=rng, reg=reg, progress=False
    )
    ends = [evaluate(m, part.x_test, part.y_test)[1] for m in (done.model, done.best_model)]
    return done.train_acc[-1], *ends


REMEDIES: tuple[dict[str, Any], ...] = (
    {"reg": 0.01},
    {"p_drop": 0.25},
    {"loss_fn": partial(label_smoothing_loss, eps=0.5)},
)


@pytest.mark.slow
def test_with_clean_labels_nothing_is_gained():
    assert "gain nothing from any of the three" in prose(LECTURE)
    plain = np.array([remedied(seed, 0.1, 0.0) for seed in range(5)])
    assert plain[:, 0].mean() > 0.99
    for options in REMEDIES:
        found = np.array([remedied(seed, 0.1, 0.0, **options) for seed in range(5)])
        assert (found - plain)[:, 1].mean() < 0.012, options


@pytest.mark.slow
def test_on_other_seeds_and_another_rate_the_gain_is_an_early_stop():
    plain = np.array([remedied(seed, 0.1, 0.2) for seed in range(5, 10)])
    for options in REMEDIES:
        found = np.array([remedied(seed, 0.1, 0.2, **options) for seed in range(5, 10)])
        over_end, over_stop = (found[:, 1:2] - plain[:, 1:]).mean(axis=0)
        assert over_end > 0.01, options
        assert -0.02 < over_stop < 0.035, options


def test_an_auxiliary_task_gains_no_more_than_its_spread(measured):
    without, *others = (np.array(found) for found in measured["aux_gains"].values())
    for found in others:
        assert abs((found - without).mean()) < 2 * max(without.std(), found.std(), 0.01)


def test_more_data_and_a_smaller_model(measured):
    table = {key.strip("()"): value for key, value in measured["size_table"].items()}
    assert table["1199, 100"] > table["75, 100"] + 0.1
    for n_train in (75, 300, 1199):
        assert table[f"{n_train}, 6"] < table[f"{n_train}, 100"]


# 11: more weights than examples


def test_double_descent(measured):
    smallest = {int(d): found for d, found in measured["descent_at"].items()}
    ridge = {int(d): found for d, found in measured["ridge_at"].items()}
    assert min(smallest, key=lambda d: smallest[d]) in (150, 170)
    assert smallest[40] > smallest[150] + 0.2 and smallest[1000] > smallest[150] + 0.2
    assert smallest[150] < smallest[10], "worse than ten features"
    assert all(ridge[b] > ridge[a] - 0.03 for a, b in zip(ridge, list(ridge)[1:], strict=False))


def test_gradient_descent_from_zero_ends_at_the_smallest(measured):
    assert measured["gd_distance"]["0"] < 1e-8
    assert measured["gd_distance"]["a random point"] > 1


def test_every_entry_has_its_home():
    tags = set(re.findall(r'"((?:REG|E)-\d\d)"', prose(LECTURE)))
    assert tags == {f"REG-{n:02}" for n in range(1, 9)} | {"E-47", "E-48"}
