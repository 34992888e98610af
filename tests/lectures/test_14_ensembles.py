"""The lecture on ensembles says nothing that its own code does not show."""

import ast
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from grader.checking.definitions import find
from grader.checking.notebook import check_function
from grader.checking.report import Verdict
from tests.lectures.claims import ROOT, measure, prose, rounds_to, script_of
from utils.averaging import ema, ema_weights
from utils.ensembles import ensemble_sd

LECTURE = "14_ensembles"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "stop_table by_loss stops patience_means validation_lead test_lead memorised alone gain "
        "split alone_at gain_of_twenty differ price forty at_100 draft_means last_acc ema_acc "
        "cosine_acc midpoints lines_between parting stranger_middle statistics sure_rows"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


# The functions of the script, without its figures, on other splits of the data.
OVER_SPLITS = """
import ast, json, sys
import numpy as np
kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef)
def wanted(node):
    if not isinstance(node, ast.Assign):
        return isinstance(node, kinds)
    names = [n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
    return all(name.isupper() for name in names) or names == ["noisy", "clean"]
tree = ast.parse(open(sys.argv[1]).read())
s = {}
exec(compile(ast.Module([n for n in tree.body if wanted(n)], []), "lecture", "exec"), s)
digits, found = s["noisy_digits"], {}
found["stopping"] = []
for seed in (0, 1, 3):
    curves = s["followed"](digits(0.5, seed), 0.1, range(8))
    ends = [s["stopped_at"](val, 1)[1] for val in curves["val"][0]]
    found["stopping"].append({
        "first": s["kept"](curves, 1), "third": s["kept"](curves, 3),
        "all": s["kept"](curves, 60), "loss": s["kept"](curves, 3, "loss"),
        "leads": s["leads"](curves["right"], 10).tolist(), "stop": float(np.median(ends)),
    })
found["members"] = []
for noise in (0.5, 0.3, 0.0):
    for seed in (0, 1, 3) if noise else (0,):
        data = digits(noise, seed)
        scores, _ = s["members_of"](data)
        one = float((scores.argmax(axis=2) == data.y_test).mean())
        found["members"].append([noise, one, *s["gains"](scores, data.y_test, "probs")[2:]])
noisy, clean = s["noisy"], s["clean"]
found["price"] = {
    "small, noise": s["at_equal_cost"](noisy, 64, 4, [0.01, 0.03, 0.1]).tolist(),
    "1, clean": s["at_equal_cost"](clean, 1, 256, [0.1, 0.3, 1.0, 3.0], 3).tolist(),
    "4, clean": s["at_equal_cost"](clean, 4, 64, [0.1, 0.3, 1.0, 3.0]).tolist(),
    "small, clean": s["at_equal_cost"](clean, 64, 4, [0.1, 0.3, 1.0]).tolist(),
}
found["forty"] = {
    "noise": [s["forty_epochs"](digits(0.5, 1), 0.3), s["forty_epochs"](noisy, 0.1)],
    "clean": [s["forty_epochs"](clean, 0.3)],
}
found["path"] = [a.tolist() for a in s["last_and_average"](digits(0.5, 1))]
found["path of clean"] = [a.tolist() for a in s["last_and_average"](clean, seeds=range(2))]
found["midpoints"] = {
    kind: [float(s["along"](*pair)[10]) for pair in pairs]
    for kind, pairs in s["two_of_each"](32, pairs=6, seed=20).items()
}
found["statistics"] = [s["four_orders"](1.0, seed) for seed in (1, 2, 3)]
json.dump(found, open(sys.argv[2], "w"))
"""


@pytest.fixture(scope="module")
def over_splits(tmp_path_factory):
    found = tmp_path_factory.mktemp("splits") / "found.json"
    env = os.environ | {"NBGRADER_EXECUTION": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", OVER_SPLITS, script_of(LECTURE), found]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(found.read_text())


EXACT = [
    ("the fifth lowers the standard deviation by 0.97 %", "0.0097", lambda: 1 - _sd(5) / _sd(4)),
    ("0.84 of one member", "0.84", lambda: ensemble_sd(1.0, 0.7, 10**9)),
    ("After 100 updates with 0.995 that is 0.61", "0.61", lambda: 0.995**100),
    ("0.581 − 0.070", "0.511", lambda: 0.581 - 0.070),
    ("blind guessing has 2.3", "2.3", lambda: float(np.log(10))),
]


def _sd(m):
    return ensemble_sd(1.0, 0.7, m)


@pytest.mark.parametrize(("where", "stated", "computed"), EXACT, ids=[e[0] for e in EXACT])
def test_numbers_of_the_text_are_right(where, stated, computed):
    assert where in prose(LECTURE)
    assert rounds_to(computed(), stated)


def test_the_average_from_the_initial_weights_has_the_share_that_the_text_says():
    assert ema_weights(100, start="initial")[0] == pytest.approx(0.995**100)
    assert ema_weights(100, start="zero").sum() == pytest.approx(1 - 0.995**100)


def test_the_first_step_down_costs_two_points_and_the_best_epoch_flatters(measured):
    table = measured["stop_table"]
    assert table["60"] - table["1"] > 0.02
    assert max(table.values()) == pytest.approx(table["60"], abs=0.006)
    assert measured["by_loss"] > table["3"] + 0.005
    assert 2 < measured["validation_lead"] < 3.5
    assert 0.8 < measured["test_lead"] < 2


def test_the_smallest_patience_within_half_a_point_of_the_best(measured):
    for watch, patience in (("accuracy", 5), ("loss", 2)):
        means = np.array(measured["patience_means"][watch])
        assert 1 + int(np.argmax(means > means.max() - 0.005)) == patience
    assert "Watching the accuracy 5, watching the loss 2." in prose(LECTURE)


def test_the_optimizer_decides_when_hardly_where(measured):
    epochs, tests = np.array([np.mean(f, axis=0) for f in measured["memorised"].values()]).T
    assert epochs.max() > 4 * epochs.min()
    assert np.ptp(tests) < 0.02


def test_five_members_bring_three_quarters_and_the_gain_grows_with_the_noise(measured):
    probs = np.array(measured["gain"]["probs"]) - measured["alone"]
    assert probs[2] > 0.75 * probs[4] > 0.015
    assert np.abs(np.subtract(measured["gain"]["probs"], measured["gain"]["logits"])).max() < 0.002
    for noise, stated in {"0.0": "0.96", "0.3": "0.82", "0.5": "0.62"}.items():
        assert rounds_to(measured["alone_at"][noise], stated)
    gains = list(measured["gain_of_twenty"].values())
    assert gains == sorted(gains)
    for members, ambiguity, ensemble in measured["split"].values():
        assert ensemble == pytest.approx(members - ambiguity, abs=1e-6)


def test_starts_make_members_differ(measured):
    assert measured["differ"]["own starts"] > 2.5 * measured["differ"]["one start"]


def test_four_networks_beat_one_at_every_rate(measured):
    margins = np.subtract(measured["price"]["4 × 64"], measured["price"]["1 × 256"])
    assert margins.min() > 0.005
    assert margins.max() < 0.036


def test_short_trainings_beat_snapshots_on_noisy_digits(measured):
    forty = measured["forty"]
    assert forty["four short trainings"] - forty["four snapshots"] > 0.02
    assert forty["last snapshot"] == pytest.approx(forty["one cosine"], abs=0.01)
    assert forty["four snapshots"] > forty["one cosine"]
    assert forty["short ones differ"] > 2 * forty["snapshots differ"]


def test_random_initial_weights_are_worse_than_zeros(measured):
    accuracies = {name: acc for name, (acc, _) in measured["at_100"].items()}
    assert rounds_to(accuracies["the network itself"], "0.92")
    assert rounds_to(accuracies["zero"], "0.91")
    assert rounds_to(accuracies["initial"], "0.75")
    assert rounds_to(measured["at_100"]["zero"][1], "1.8")


def test_the_draft_explodes(measured):
    assert measured["draft_means"][0] == pytest.approx(1)
    assert measured["draft_means"][-1] > 1000


def test_the_average_of_the_path_does_not_fall_with_the_rate(measured):
    last, average = measured["last_acc"], measured["ema_acc"]
    assert last[0] - last[-1] > 0.06
    assert average[-1] >= average[0]
    assert np.subtract(average, measured["cosine_acc"]).min() > -0.01


def test_the_numbers_of_the_valley_are_those_of_the_slide():
    def heights(lr, noise=0.0, decay=0.95):
        draws, point = np.random.default_rng(0).standard_normal((200, 2)), np.ones(2)
        points = [point]
        for draw in draws:
            point = point - lr * (np.array([100.0, 1.0]) * point + noise * draw)
            points.append(point)
        points = np.array(points)
        weights = ema_weights(len(points), decay=decay)[1:]
        three = points[-1], points.mean(axis=0), weights @ points
        return [0.5 * (100 * x**2 + y**2) for x, y in three]

    last, mean, average = heights(0.0199)
    assert rounds_to(last, "0.90")
    assert rounds_to(average, "0.0010")
    assert 850 < last / average < 950
    last, mean, average = heights(0.0189)
    assert rounds_to(last, "0.00024")
    assert rounds_to(mean, "0.034")
    assert rounds_to(average, "0.0006")
    last, mean, average = heights(0.0189, noise=3.0)
    assert rounds_to(last, "0.082")
    assert rounds_to(mean, "0.011")
    assert rounds_to(average, "0.014")


def test_the_printed_equation_never_leaves_its_start():
    point, alpha = 3.0, 0.9
    for _ in range(1000):
        point = alpha * point / (1 - (1 - alpha))  # solved for the new average
    assert point == pytest.approx(3.0)
    assert ema(np.arange(4.0), decay=alpha)[-1] > 0


def test_most_of_the_hole_is_a_matter_of_names(measured):
    ends = np.array(measured["lines_between"]["32"]["own starts"])[:, [0, -1]].mean()
    middle = measured["midpoints"]["32"]
    assert middle["one start"] == pytest.approx(ends, abs=0.01)
    assert rounds_to(middle["own starts"], "0.8")
    assert ends - 0.03 < middle["matched"] < ends
    assert middle["own starts"] < measured["midpoints"]["128"]["own starts"] < middle["matched"]
    stated = {"0.79": middle["own starts"], "0.95": middle["matched"], "0.96": ends}
    wide = measured["midpoints"]["128"]
    for number, found in (*stated.items(), ("0.93", wide["own starts"]), ("0.96", wide["matched"])):
        assert rounds_to(found, number)


def test_a_deep_network_chooses_its_basin_early(measured):
    (ends_0, middle_0), (ends_2, middle_2) = measured["parting"].values()
    assert ends_0 - middle_0 > 0.1
    assert ends_2 - middle_2 < 0.04
    assert measured["stranger_middle"] < 0.25


def test_statistics_belong_to_the_weights(measured):
    found = measured["statistics"]
    member = found["mean, statistics of a member"]
    assert found["members"] == pytest.approx(0.56, abs=0.025)
    assert member == pytest.approx(found["members"], abs=0.03)
    assert found["mean, fresh statistics"] > member + 0.03
    assert found["mean, untrained statistics"] < 0.5


def test_one_temperature_does_more_for_the_log_loss_than_nineteen_networks(measured):
    rows = measured["sure_rows"]
    assert rounds_to(rows["1 member"][2], "1.65")
    assert rounds_to(rows["20 members"][2], "1.29")
    assert rounds_to(rows["1 member, one T"][2], "1.1")
    assert rows["20 members"][0] > rows["1 member"][0] + 0.015
    assert rows["20 members"][1] > 2 * rows["1 member, one T"][1]


def test_an_average_of_calibrated_members_is_too_modest():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((2, 20_000))
    truth = 1 / (1 + np.exp(-(z[0] + z[1])))
    y = rng.random(20_000) < truth
    members = []  # each sees one half of what there is to know, and is calibrated
    for k in range(2):
        shared = np.random.default_rng(1).standard_normal(4000)
        members.append(np.mean(1 / (1 + np.exp(-(z[k][:, None] + shared[:400]))), axis=1))
    average = np.mean(members, axis=0)
    for forecast in members:
        sure = forecast > 0.7
        assert abs(y[sure].mean() - forecast[sure].mean()) < 0.02
    sure = average > 0.7
    assert y[sure].mean() - average[sure].mean() > 0.05


@pytest.mark.slow
def test_stopping_on_other_splits(over_splits):
    found = over_splits["stopping"]
    assert all(f["all"] - f["first"] > 0.018 for f in found)
    assert all(2 < f["leads"][0] < 3.5 and 0.8 < f["leads"][1] < 2 for f in found)
    assert np.mean([f["loss"] - f["third"] for f in found]) > 0.003
    assert np.median([f["stop"] for f in found]) <= 8


@pytest.mark.slow
def test_members_on_other_splits(over_splits):
    hard = np.array([row for row in over_splits["members"] if row[0] == 0.5])
    gains = hard[:, 2:] - hard[:, 1:2]
    assert 0.015 < gains[:, -1].min() <= gains[:, -1].max() < 0.042
    assert 0.6 < gains[:, 0].mean() / gains[:, -1].mean() < 0.95
    easy = np.array([row for row in over_splits["members"] if row[0] < 0.5])
    gains = easy[:, 4] - easy[:, 1]
    assert 0.003 < gains.min() <= gains.max() < 0.02


@pytest.mark.slow
def test_the_price_at_the_best_rates(over_splits):
    best = {}
    for name, rows in over_splits["price"].items():
        tests, chosen_by = np.array(rows).T
        assert 0 < chosen_by.argmax() < len(chosen_by) - 1, name
        best[name] = tests[chosen_by.argmax()]
    stated = {"small, noise": "0.611", "1, clean": "0.968", "4, clean": "0.965"}
    for name, number in (stated | {"small, clean": "0.924"}).items():
        assert rounds_to(best[name], number)
        assert number in prose(LECTURE)


@pytest.mark.slow
def test_forty_epochs_on_other_splits_and_without_noise(over_splits):
    for found in over_splits["forty"]["noise"]:
        assert found["four short trainings"] > found["four snapshots"] + 0.005
        assert found["last snapshot"] == pytest.approx(found["one cosine"], abs=0.012)
    (clean,) = over_splits["forty"]["clean"]
    assert clean["one cosine"] > clean["four short trainings"] + 0.005


@pytest.mark.slow
def test_the_path_on_another_split_and_without_noise(over_splits):
    last, average = over_splits["path"]
    assert last[0] - last[-1] > 0.06
    assert average[-1] > average[0] - 0.01


@pytest.mark.slow
def test_midpoints_of_other_pairs(over_splits):
    found = {kind: np.mean(middle) for kind, middle in over_splits["midpoints"].items()}
    assert found["one start"] > 0.94
    assert 0.7 < found["own starts"] < 0.88
    assert found["matched"] > 0.92


@pytest.mark.slow
def test_statistics_over_other_starts(over_splits):
    for found in over_splits["statistics"]:
        member = found["mean, statistics of a member"]
        assert member == pytest.approx(found["members"], abs=0.035)
        assert found["mean, fresh statistics"] > member + 0.03


def test_the_script_is_what_the_other_splits_are_measured_with():
    names = {
        n.name
        for n in ast.walk(ast.parse(script_of(LECTURE).read_text(encoding="utf-8")))
        if isinstance(n, ast.FunctionDef)
    }
    assert {"followed", "kept", "members_of", "forty_epochs", "four_orders"} <= names


def test_an_average_that_is_the_array_it_was_given_is_seen():
    exercise = find("averaging.running_mean_step")

    def step(w, state):
        if state is None:
            return w, (w.copy(), 1)  # the optimizer goes on writing into w
        mean, t = state
        mean = mean + (w - mean) / (t + 1)
        return mean, (mean, t + 1)

    report = check_function(exercise, step)
    assert (report.verdict, report.score) == (Verdict.SHARES_INPUT, exercise.points / 2)
