"""The preprocessing lecture says nothing that its own code does not show."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from grader.checking.definitions import exercises_of
from grader.checking.notebook import check_function
from lectures.syllabus import IDS
from tests.lectures.claims import ROOT, measure, prose, rounds_to, script_of
from utils.data import Dataset, load_digits, make_shapes
from utils.networks import MLP
from utils.optimizers import adam_step, sgd_step
from utils.preprocessing import (
    apply_scaler,
    apply_whitener,
    channel_mean,
    fit_scaler,
    fit_whitener,
    flip_rate,
    mean_image,
    pca,
)
from utils.training import accuracy, train

LECTURE = "03_preprocessing"
SEEDS = range(5)

# Moves widgets after the script has run and notes what they say; plain Python, as in claims.py.
SAY = """
import json, runpy, sys
from utils import widgets

made, explore = [], widgets.explore
def recorded(*args, **kwargs):
    made.append(explore(*args, **kwargs))
    return made[-1]
widgets.explore = recorded
runpy.run_path(sys.argv[1])
said = []
for n, values in json.loads(sys.argv[2]):
    made[n].set(**values)
    said.append(made[n].said)
json.dump(said, open(sys.argv[3], "w"))
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "losses_1 losses_255 unmatched table_progress table_kappa cloud_kappa race_rates race "
        "spectra served_own served_right one_pass true_variance shuffled_merged "
        "shuffled_within sorted_merged sorted_within off_diagonal kept_shares few_accuracies "
        "image_rates image_race leak_means raw_means hurry_means gaps_before gaps_after "
        "column_table typo_std robust_std recalls norm_gap norm_accuracy"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def versions(digits):
    mean, std = fit_scaler(digits.x_train)
    return {
        "0 to 255": lambda x: 255 * x,
        "0 to 1": lambda x: x,
        "centred": lambda x: x - mean,
        "centred and scaled": lambda x: apply_scaler(x, mean, std),
        "shifted": lambda x: x - mean + 1,
    }


def final_accuracy(data, lr, seed, *, step=sgd_step, sizes=(64, 50, 10), epochs=5, **settings):
    norm, dtype = settings.pop("norm", None), settings.pop("dtype", np.float64)
    model = MLP(list(sizes), norm=norm, rng=np.random.default_rng(seed), dtype=dtype)
    settings = {"batch_size": 50, "abort_factor": None, "progress": False} | settings
    rng = np.random.default_rng(seed)
    run = train(model, data, step=step, lr=lr, epochs=epochs, rng=rng, **settings)
    return run.val_acc[-1] if run.val_acc else 0.1


def mean_accuracies(data, rates, seeds=SEEDS, **settings):
    """Mean and standard deviation over the seeds at the best rate, and which of the rates it is."""
    found = np.array([[final_accuracy(data, lr, s, **settings) for s in seeds] for lr in rates])
    best = found.mean(axis=1).argmax()
    return found[best].mean(), found[best].std(), best


def prepared(digits, version):
    return replace(digits, x_train=version(digits.x_train), x_val=version(digits.x_val))


# Units, mean and spread


def test_matched_layers_take_the_same_path(measured):
    assert measured["losses_1"] == pytest.approx(measured["losses_255"], rel=1e-12)
    assert measured["unmatched"][-1] > 1.2 * measured["losses_255"][-1]
    assert 255**2 == 65025


def test_the_table_in_euros(measured):
    progress = list(measured["table_progress"].values())
    assert progress == pytest.approx([0.02, 0.25, 1], abs=0.013)
    assert rounds_to(12**2 / (12**2 + 40**2), "0.08")
    kappa = list(measured["table_kappa"].values())
    assert kappa[0] > kappa[1] > 1e9 > 2 > kappa[2]


def test_scaling_cures_scales_and_not_correlations(measured):
    original, centred, scaled, correlated = measured["cloud_kappa"].values()
    assert original > 5 * centred and centred > 2 * scaled
    assert correlated == pytest.approx((1 + 0.98) / (1 - 0.98))


# Best rates of the lecture's network over the whole grid of half decades, and one on either side.
RATES = {"0 to 255": 1e-3, "0 to 1": 1, "centred": 10**0.5, "centred and scaled": 1, "shifted": 0.1}
STATED = {
    "0 to 255": ("0.855 ± 0.022 for pixels up to 255", 0.855, 0.022),
    "0 to 1": ("0.938 ± 0.028 up to 1", 0.938, 0.028),
    "centred": ("0.975 ± 0.003 centred", 0.975, 0.003),
    "centred and scaled": ("0.973 ± 0.004 centred and scaled", 0.973, 0.004),
    "shifted": ("0.875 ± 0.025 over five seeds", 0.875, 0.025),
}


@pytest.mark.parametrize("name", RATES)
def test_the_race_over_five_seeds(name, digits, versions):
    words, mean, std = STATED[name]
    assert words in prose(LECTURE)
    rates = RATES[name] * 10 ** np.array([-0.5, 0, 0.5])
    found = mean_accuracies(prepared(digits, versions[name]), rates)
    assert found == pytest.approx((mean, std, 1), abs=0.0015)


def test_the_race_of_the_lecture_has_its_best_rates_inside(measured):
    for name, curve in measured["race"].items():
        assert 0 < np.argmax(curve) < len(curve) - 1, name
        if name in RATES and name != "centred and scaled":
            assert measured["race_rates"][np.argmax(curve)] == pytest.approx(RATES[name], rel=1e-6)


def test_the_mean_is_the_largest_eigenvalue(measured):
    ratios = {name: values[0] / values[1] for name, values in measured["spectra"].items()}
    assert min(ratios["0 to 255"], ratios["0 to 1"], ratios["centred, then 1 added"]) > 10
    assert max(ratios["centred"], ratios["centred and scaled"]) < 2
    assert measured["spectra"]["centred, then 1 added"][0] == pytest.approx(65, abs=0.5)


ADAM = {
    "0 to 255": (0.01, 0.906, 0.030),
    "0 to 1": (10**-1.5, 0.963, 0.008),
    "centred": (10**-1.5, 0.979, 0.005),
    "centred and scaled": (0.01, 0.967, 0.007),
}


@pytest.mark.parametrize("name", ADAM)
def test_adam_does_not_care_about_units_but_about_the_mean(name, digits, versions):
    rate, mean, std = ADAM[name]
    assert f"{mean:.3f} ± {std:.3f}" in prose(LECTURE)
    data = prepared(digits, versions[name])
    assert mean_accuracies(data, [rate], step=adam_step)[:2] == pytest.approx((mean, std), abs=6e-4)


def test_with_batch_norm_all_versions_end_alike(digits, versions):
    assert "all four versions of the digits end between 0.969 and 0.972" in prose(LECTURE)
    for name in ADAM:
        data = prepared(digits, versions[name])
        best, _, _ = mean_accuracies(data, [1, 10**0.5], range(3), norm="batch")
        assert 0.9685 < best < 0.9725, name


def test_flips_grow_with_the_distance():
    found = {}
    for distance in (0, 1, 10, 100):
        rates = []
        for seed in range(10):
            rng = np.random.default_rng(seed)
            sign = rng.choice([-1.0, 1.0], 500)
            x = rng.standard_normal((500, 2)) + 2 * sign[:, None] * [1, 0]
            angle = rng.uniform(0, 2 * np.pi)
            middle = distance * np.array([np.cos(angle), np.sin(angle)])
            w, directions = np.array([1.0, 0.0]), rng.standard_normal((200, 2))
            rates.append(flip_rate(x + middle, w, -float(middle @ w), directions))
        found[distance] = np.mean(rates), np.std(rates)
    assert "Ten draws: 4.4 ± 0.4 %" in prose(LECTURE)
    assert found[100] == pytest.approx((0.044, 0.004), abs=0.002)
    assert found[0][0] == pytest.approx(0.0003, abs=0.0001)
    means = [mean for mean, _ in found.values()]
    assert means == sorted(means)


# Fit and apply, floating point


def test_statistics_of_the_request(measured):
    own = measured["served_own"]
    assert measured["served_right"] == pytest.approx(0.95, abs=0.005)
    assert own["50"] == pytest.approx(0.95, abs=0.005)
    assert own["3"] == pytest.approx(0.75, abs=0.02)
    assert own["1"] == pytest.approx(0.10, abs=0.005)
    assert own["one class"] == pytest.approx(0.16, abs=0.005)


def test_float32_loses_the_variance():
    found = []
    for seed in range(6):
        x = 10_000 + np.random.default_rng(seed).standard_normal(100_000)
        x = x.astype(np.float32)
        found.append(float((x**2).mean() - x.mean() ** 2))
    assert found == [-8, 0, -8, 8, 16, -8]
    assert "we got -8, 0, -8, 8, 16, -8" in prose(LECTURE)
    assert np.array([10], np.uint8) - np.uint8(20) == 246


def test_sorted_chunks_keep_the_variance_between_them(measured):
    truth = measured["true_variance"]
    assert measured["one_pass"] == -8
    assert measured["sorted_within"] < 0.002 * truth
    assert measured["shuffled_within"] == pytest.approx(truth, rel=0.025)
    for name in ("shuffled_merged", "sorted_merged"):
        assert measured[name] == pytest.approx(truth, rel=0.006)


# Axes and whitening


def test_variance_is_not_information():
    best = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 2, 400)
        narrow = 2 * y - 1 + 0.1 * rng.standard_normal(400)
        x = np.column_stack([10 * rng.standard_normal(400), narrow])
        rotated, _, variances = pca(x, 2)
        assert variances[0] / variances.sum() == pytest.approx(0.99, abs=0.002)
        assert ((narrow > 0) == y).all()
        right = [np.mean((rotated[:, 0] > t) == y) for t in rotated[:, 0]]
        best.append(max(max(right), 1 - min(right)))
    assert 0.535 <= min(best) and max(best) <= 0.56


def test_rotated_digits_are_uncorrelated(measured):
    assert measured["off_diagonal"] < 1e-14
    shares = list(measured["kept_shares"].values())
    assert shares == pytest.approx([0.29, 0.55, 0.74, 0.90], abs=0.005)


def test_whitening_fifty_digits_leaves_nothing_to_find(digits):
    def accuracies(lr, seed, whitening):
        rows = np.random.default_rng(seed).permutation(len(digits.x_train))[:50]
        x, y = digits.x_train[rows], digits.y_train[rows]
        mean, w = fit_whitener(x) if whitening else (x.mean(axis=0), np.eye(64))
        x = apply_whitener(x, mean, w)
        model = MLP([64, 50, 10], rng=np.random.default_rng(seed))
        for _ in range(300):
            _, grads = model.loss(x, y)
            model.params = {k: v - lr * grads[k] for k, v in model.params.items()}
        found = model.scores(apply_whitener(digits.x_val, mean, w))
        return accuracy(model.scores(x), y), accuracy(found, digits.y_val)

    def best(whitening):
        runs = {lr: [accuracies(lr, s, whitening) for s in SEEDS] for lr in (0.1, 0.3, 1.0, 3.0)}
        return np.array(max(runs.values(), key=lambda run: np.mean(run, axis=0)[1])).T

    (trained, whitened), (_, centred) = best(True), best(False)
    assert (trained == 1).all()
    assert (whitened.mean(), whitened.std()) == pytest.approx((0.17, 0.03), abs=0.005)
    assert centred.mean() == pytest.approx(0.84, abs=0.005)


def test_whitening_needs_examples(measured):
    centred, whitened = (np.array(runs) for runs in measured["few_accuracies"].values())
    assert (centred[:, 0] == 1).all() and (whitened[:, 0] == 1).all()
    assert (centred[:-1, 1] > whitened[:-1, 1] + 0.03).all()
    assert (np.diff(whitened[:, 1]) > 0).all()
    assert abs(centred[-1, 1] - whitened[-1, 1]) < 0.02


# Images


@pytest.fixture(scope="module")
def image_versions():
    shapes = make_shapes(500, 500, 1, rng=np.random.default_rng(0))
    shapes = replace(shapes, x_train=shapes.x_train / 255, x_val=shapes.x_val / 255)
    x = shapes.x_train
    mean, std = channel_mean(x)[:, None, None], x.std(axis=(0, 2, 3))[:, None, None]
    image = mean_image(x)

    def alone(x):
        own = x.mean(axis=(1, 2, 3), keepdims=True)
        return (x - own) / x.std(axis=(1, 2, 3), keepdims=True)

    made = {
        "as it is": lambda x: x,
        "channel means": lambda x: x - mean,
        "means and std": lambda x: (x - mean) / std,
        "mean image": lambda x: x - image,
        "alone": alone,
    }

    def flat(version):
        parts = {"x_train": shapes.x_train, "x_val": shapes.x_val, "x_test": shapes.x_test}
        return replace(shapes, **{k: version(x).reshape(len(x), -1) for k, x in parts.items()})

    return {name: flat(version) for name, version in made.items()}


IMAGES = {
    "as it is": (0.03, 0.26, 0.01),
    "channel means": (0.3, 0.40, 0.02),
    "means and std": (0.03, 0.39, 0.01),
    "mean image": (0.3, 0.395, 0.019),
    "alone": (0.1, 0.40, 0.017),
}


@pytest.mark.parametrize("name", IMAGES)
def test_images_over_five_seeds(name, image_versions):
    rate, mean, std = IMAGES[name]
    data = image_versions[name]
    found = mean_accuracies(data, [rate], sizes=(3072, 50, 10), epochs=8)
    assert found[:2] == pytest.approx((mean, std), abs=0.006)


def test_the_images_of_the_lecture(measured):
    best = {name: max(curve) for name, curve in measured["image_race"].items()}
    assert best["as it is"] < 0.3 < 0.37 < min(best["channel means"], best["means and std"])
    for curve in measured["image_race"].values():
        assert 0 < np.argmax(curve) < len(curve) - 1


# Leaks


def test_the_scaler_leaks_nothing_that_can_be_measured(digits):
    x = np.concatenate([digits.x_train, digits.x_val, digits.x_test])
    y = np.concatenate([digits.y_train, digits.y_val, digits.y_test])
    gains = []
    for seed in range(30):
        order = np.random.default_rng(seed).permutation(len(x))
        tr, va = order[:200], order[200:500]
        ends = []
        for rows in (tr, order[:500]):
            z = apply_scaler(x, *fit_scaler(x[rows]))
            data = Dataset(z[tr], y[tr], z[va], y[va], z[va], y[va], digits.names)
            ends.append(final_accuracy(data, 0.3, seed, epochs=20, batch_size=20))
        gains.append(ends[1] - ends[0])
    error = np.std(gains) / np.sqrt(30)
    assert (np.mean(gains), error) == pytest.approx((0.001, 0.001), abs=0.0006)


def test_selected_noise_lies():
    def score(seed, first):
        rng = np.random.default_rng(seed)
        x, y = rng.standard_normal((200, 10_000)), rng.integers(0, 2, 200)
        rows = slice(0, 200) if first else slice(0, 100)
        rest = x[rows] - x[rows].mean(axis=0)
        agreement = np.abs(rest.T @ (y[rows] - y[rows].mean())) / x[rows].std(axis=0)
        x = x[:, np.argsort(-agreement)[:25]]
        means = [x[:100][y[:100] == k].mean(axis=0) for k in (0, 1)]
        near = [((x[100:] - mean) ** 2).sum(axis=1) for mean in means]
        return np.mean((near[1] < near[0]) == y[100:])

    chosen_first, split_first = ([score(s, first) for s in range(20)] for first in (True, False))
    found = np.mean(chosen_first), np.std(chosen_first), np.mean(split_first), np.std(split_first)
    assert found == pytest.approx((0.86, 0.02, 0.51, 0.04), abs=0.005)


def test_labels_and_copies_leak_and_means_do_not(measured):
    (scaler, axes, chosen, copies, people, rare) = measured["leak_means"].values()
    assert abs(scaler[1] - scaler[0]) < 0.01
    assert abs(axes[1] - axes[0]) < 0.03
    for honest, leaky in (chosen, copies, people, rare):
        assert leaky > honest + 0.25
        assert honest < 0.55


def test_the_hunted_bug_hides_the_drift(measured):
    assert measured["raw_means"][2][0] > 0.6
    assert np.abs(measured["hurry_means"]).max() < 1e-9
    assert measured["gaps_before"] > 100 and measured["gaps_after"] == 0


# Names, tails, rare classes, batch norm


def test_columns_as_they_are_meant(measured):
    names, tails = measured["column_table"].values()
    assert names == pytest.approx([0.57, 0.76], abs=0.01)
    assert tails == pytest.approx([0.79, 0.98], abs=0.01)
    assert measured["typo_std"] == pytest.approx(0.03, abs=0.002)
    assert measured["robust_std"] == pytest.approx(1, abs=0.02)


def test_a_rare_class_is_not_found(digits):
    mean = digits.x_train.mean(axis=0)
    eights = np.flatnonzero(digits.y_train == 8)[:6]
    rows = np.concatenate([np.flatnonzero(digits.y_train != 8), eights])
    assert len(rows) == 1086
    data = replace(
        digits,
        x_train=digits.x_train[rows] - mean,
        y_train=digits.y_train[rows],
        x_val=digits.x_val - mean,
    )
    accuracies = []
    for seed in SEEDS:
        model, rng = MLP([64, 50, 10], rng=np.random.default_rng(seed)), np.random.default_rng(seed)
        settings = {"step": sgd_step, "lr": 0.1, "epochs": 15, "batch_size": 50, "progress": False}
        found = train(model, data, rng=rng, **settings).model.predict(data.x_val)
        assert not (found[digits.y_val == 8] == 8).any()
        accuracies.append(np.mean(found == digits.y_val))
    assert np.mean(accuracies) == pytest.approx(0.88, abs=0.005)


def test_repeated_examples_are_found(measured):
    few, faster, repeated = (shares[8] for shares in measured["recalls"].values())
    assert few == 0 and 0.3 < faster < repeated < 0.7


def test_batch_norm_takes_the_shift_away(measured):
    assert measured["norm_gap"] < 1e-13
    centred, shifted = measured["norm_accuracy"].values()
    assert shifted[0] < centred[0] - 0.3
    assert abs(shifted[-1] - centred[-1]) < 0.05


# Widgets reach their goals


def numbers(words):
    return [float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*\.?\d*", words)]


def test_goals_of_the_widgets_have_the_answers_they_show(tmp_path):
    clouds, line, dial, leaks = range(4)
    wanted = [
        (clouds, {"stage": "centred and scaled", "rho": 0.98}),
        (clouds, {"rho": 0.985}),
        (line, {"distance": 35}),
        (line, {"centre": True, "share": 5.0}),
        (dial, {"exponent": -8}),
        (dial, {"exponent": 0}),
        (leaks, {"features": 250}),
        (leaks, {"features": 2000, "keep": 1}),
    ]
    found = tmp_path / "said.json"
    env = os.environ | {"NBGRADER_EXECUTION": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SAY, script_of(LECTURE), json.dumps(wanted), found]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(found.read_text())
    assert numbers(said[0])[0] == 99 and numbers(said[1])[0] == 132
    assert numbers(said[2])[2] == pytest.approx(1, abs=0.1)
    assert numbers(said[3])[1] == 0
    assert "right for 0.21" in said[4] and "right for 0.87" in said[5]
    assert numbers(said[6])[2] == pytest.approx(0.70, abs=0.011)
    assert numbers(said[7])[2] == pytest.approx(0.60, abs=0.011)


# The course's rules


def test_every_entry_has_its_home():
    tags = set(re.findall(r'"((?:PRE|E)-\d\d)"', script_of(LECTURE).read_text(encoding="utf-8")))
    assert tags == {id for id in IDS if id.startswith("PRE-")} | {"E-07"}


@pytest.mark.parametrize("exercise", exercises_of(LECTURE), ids=lambda e: e.name)
def test_other_styles_are_right(exercise):
    from importlib import import_module

    styles = import_module(f"lectures.{LECTURE}.styles").STYLES[exercise.id]
    assert len(styles) >= 2
    for style in styles:
        for seed in range(4):
            report = check_function(exercise, style, seed=seed)
            assert report.right, f"{style.__name__}\n{report.as_text()}"


def test_the_pipeline_in_the_lecture_is_named_as_it_was_found():
    source = script_of(LECTURE).read_text(encoding="utf-8")
    names = {"np": np}
    exec(re.search(r"^def prepare_in_a_hurry.*?\n(?=\n\n# %%)", source, re.M | re.S)[0], names)
    exercise = next(e for e in exercises_of(LECTURE) if e.name == "prepare")
    report = check_function(exercise, names["prepare_in_a_hurry"])
    assert report.diagnosis and report.diagnosis.name == "as it was found"
