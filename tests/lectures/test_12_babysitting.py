"""The babysitting lecture says nothing that its own code does not show."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from tests.lectures.claims import measure, prose, rounds_to
from utils.babysitting import (
    PRINTED_LOGS,
    expected_initial_loss,
    expected_regularized_loss,
    is_flat,
    lr_verdict,
    overfit_tiny,
)
from utils.data import load_digits, make_shapes
from utils.networks import MLP, count_params, init_two_layer_model
from utils.optimizers import sgd_step
from utils.training import train

LECTURE = "12_babysitting"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "pixel_std first_losses raised without_half expected_raised expected_spread tiny divided "
        "flat_low fallen sheets lowest_rates ramp_ends ok_rates "
        "exploded_log exploded_val share_of_0 exploding range_verdicts gaps diagnoses grid_ends "
        "ratio_runs by_rate long_ratios tiny_ratios rates_walked loss_at accuracy_at factors "
        "found_first equal_at"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


# What a sentence of the lecture (or the reason given with a question) states, the number in it, and
# the number computed here.
EXACT = [
    (r"3072 \cdot 50 + 50 + 50 \cdot 10 + 10 = 154{,}160", "154160", lambda: 154_160),
    ("154,160 parameters", "154160", lambda: count_params([3072, 50, 10])),
    ("99.6 %, are weights of the first layer", "99.6", lambda: 100 * 153_600 / 154_160),
    (r"\ln 10 = 2.302585", "2.302585", lambda: expected_initial_loss(10)),
    (r"\sum w^2 \approx 154{,}100 \cdot 10^{-8} = 0.001541", "0.001541", lambda: 154_100e-8),
    ("Times 1000 that is 1.541", "1.541", lambda: 1000 * 154_100e-8),
    ("half of it 0.7705", "0.7705", lambda: 500 * 154_100e-8),
    ("The loss rose by 0.766", "0.766", lambda: 3.06859716482 - math.log(10)),
    ("The length of the weight vector is about 0.039", "0.039", lambda: math.sqrt(0.001541)),
    (
        "Without it the loss would be 3.84".lower(),
        "3.84",
        lambda: 2 * expected_regularized_loss(10, 154_100, scale=1e-4, reg=1e3) - math.log(10),
    ),
]


@pytest.mark.parametrize("words, number, compute", EXACT, ids=[words for words, *_ in EXACT])
def test_numbers_in_the_prose(words, number, compute):
    docstring = " ".join((expected_regularized_loss.__doc__ or "").split())
    assert words in prose(LECTURE) or words.lower() in docstring.lower()
    assert rounds_to(compute(), number)


def test_the_tables_are_the_printed_logs():
    tables = {
        "overfit 20 examples": (1, 4, 8, 10, 13, 20, 200),
        "lr 1e-6": (1, 2, 5, 10),
        "lr 3e-3": (1, 2, 3, 4, 5, 6),
    }
    for name, epochs in tables.items():
        digits = 2 if name.startswith("overfit") else 3
        for epoch, cost, train_acc, val_acc in PRINTED_LOGS[name]:
            if epoch in epochs:
                shown = f"{cost:.6f}" if math.isfinite(cost) else "inf"
                row = f"| {epoch} | {shown} | {train_acc:.{digits}f} | {val_acc:.{digits}f} |"
                assert row in prose(LECTURE)


def test_images_have_the_scale_of_pixels(measured):
    assert "which is about 60 here" in prose(LECTURE)
    assert measured["pixel_std"] == pytest.approx(60, abs=3)


def test_the_first_loss_is_ln_10(measured):
    """Syllabus BAB-02: printed 2.30261216, ours 2.302586 on average."""
    losses = np.array(measured["first_losses"])
    assert losses == pytest.approx(math.log(10), abs=1e-4)
    assert losses.mean() == pytest.approx(2.302586, abs=2e-5)


def test_the_penalty_has_its_half(measured):
    """Over 200 networks: mean and standard deviation are those of theory."""
    raised, without_half = np.array(measured["raised"]), np.array(measured["without_half"])
    spread = measured["expected_spread"]
    assert len(raised) == 200 and rounds_to(spread, "0.0028")
    assert measured["expected_raised"] == pytest.approx(3.0731, abs=1e-4)
    assert raised.mean() == pytest.approx(measured["expected_raised"], abs=4 * spread / 200**0.5)
    assert raised.std() == pytest.approx(spread, rel=0.2)
    printed = 3.06859716482
    assert rounds_to((measured["expected_raised"] - printed) / spread, "1.6")
    assert (without_half.mean() - printed) / spread > 200


def test_penalty_and_data_loss_are_equal(measured):
    at = measured["equal_at"]
    loss = expected_regularized_loss(10, 154_100, scale=1e-4, reg=at)
    assert loss == pytest.approx(2 * math.log(10)) and at == pytest.approx(2988, abs=1)
    assert rounds_to(154_100e-8, "0.0015")


def test_the_found_loss_grows_with_the_batch(measured):
    """The bug hunt: ln 10 for one image, ln N more for N of them."""
    for n, loss in measured["found_first"].items():
        assert loss == pytest.approx(math.log(10 * int(n)), abs=1e-3)


def test_twenty_images_are_memorised(measured):
    """Syllabus BAB-04: a plateau of about ten epochs, then 0.0014 to 0.0019 and accuracy 1."""
    for losses, accuracies in measured["tiny"]:
        assert losses[0] == pytest.approx(math.log(10), abs=1e-3)
        assert losses[7] > 0.95 * losses[0] > losses[13]
        assert losses[-1] == pytest.approx(0.0017, abs=0.0005)
        assert accuracies[-1] == 1
    assert measured["divided"][-1] > 2.2


def test_what_shortens_the_plateau():
    """The answer under the plateau's widget, over five starts."""
    drawn = make_shapes(2000, 1, 1)
    pixels = drawn.x_train.reshape(2000, -1)
    x, y = (pixels - pixels.mean(axis=0))[:20].astype(np.float32), drawn.y_train[:20]

    def ends(lr, scale):
        """The epoch in which each start leaves the plateau, and the highest loss after it."""
        epochs, highest = set(), []
        for seed in range(5):
            net = MLP([3072, 50, 10], rng=np.random.default_rng(seed))
            params = init_two_layer_model(
                3072, 50, 10, scale=scale, rng=np.random.default_rng(seed)
            )
            net.params = {name: p.astype(np.float32) for name, p in params.items()}
            losses, _ = overfit_tiny(net, x, y, lr=lr, epochs=30)
            end = int(np.argmax(losses <= 0.95 * losses[0]))
            epochs.add(end + 1)
            highest.append(float(losses[end:].max()))
        return epochs, highest

    assert ends(1e-3, 1e-4)[0] == {10, 11}
    assert ends(3e-3, 1e-4)[0] == {5, 6}
    assert ends(1e-3, 1e-3)[0] == {4}
    assert max(ends(1e-3, 1e-2)[1]) < math.log(10), "ten times as large once more"
    assert max(ends(5e-3, 1e-4)[1]) > math.log(10), "the loss jumps"


def test_accuracy_rises_while_the_loss_is_flat(measured):
    """Syllabus BAB-05, BAB-06."""
    assert measured["flat_low"] == {"1e-06": True, "3e-05": True}
    loss, _, val_acc = measured["rates_walked"]["3e-05"]
    assert is_flat(np.array(loss))
    assert measured["fallen"] == pytest.approx(1.56e-4, rel=0.2)
    assert val_acc[0] < 0.15 and 0.17 < val_acc[-1] < 0.2
    _, _, still = measured["rates_walked"]["1e-06"]
    assert max(still) - min(still) < 0.01


def test_one_number_changes_the_loss_and_not_the_accuracy(measured):
    assert len(set(measured["accuracy_at"])) == 1
    loss = np.array(measured["loss_at"])
    assert loss[0] == pytest.approx(math.log(10), abs=1e-4)
    assert loss.min() < 2.2 and loss[-1] > 6


def test_nan_and_its_constant_accuracy(measured):
    """Syllabus BAB-07: first infinite, then NaN; the accuracy is the share of class 0, 0.087."""
    (first, said, _, loss), (_, said_later, _, later), *_ = measured["exploded_log"]
    assert first == 1 and said == "divide by zero encountered in log" and loss == math.inf
    assert "invalid value encountered in subtract" in said_later and math.isnan(later)
    assert measured["exploded_val"] == [measured["share_of_0"]] * 3
    assert "43 of 493" in prose(LECTURE)
    assert measured["share_of_0"] == pytest.approx(43 / 493)
    assert rounds_to(43 / 493, "0.087")


def test_where_it_explodes(measured):
    """Syllabus BAB-08: epoch 5 in the printed log; on ours between 3e-3 and 5e-3."""
    assert "between 3e-3 and 5e-3 here" in prose(LECTURE)
    exploding = measured["exploding"]
    assert exploding["0.001"] == exploding["0.003"] == "None"
    assert (exploding["0.005"], exploding["0.01"]) == (3, 1)
    loss, *_ = measured["rates_walked"]["0.005"]
    assert loss[0] < math.log(10), "5e-3 looks fine for a whole epoch"
    falling = measured["rates_walked"]["0.001"][0]
    assert falling == sorted(falling, reverse=True) and falling[-1] == pytest.approx(1.4, abs=0.1)


def test_the_range_test(measured):
    verdicts = {float(lr): verdict for lr, verdict in measured["range_verdicts"].items()}
    assert len(verdicts) == 13
    names = list(verdicts.values())
    ok = [lr for lr, verdict in verdicts.items() if verdict == "ok"]
    assert names.index("ok") == names.count("low")
    assert min(ok) > 2e-4 and max(ok) < 5e-3
    assert verdicts[1e-4] == "low"
    assert {verdict for lr, verdict in verdicts.items() if lr > 5e-3} <= {"inf", "nan"}
    assert lr_verdict(np.array(PRINTED_LOGS["lr 3e-3"])[:, 1]) == "inf"


def test_the_ramp_finds_the_order_of_magnitude_and_is_late(measured):
    """Each of five starts: lowest where 0.005 explodes already; a third to a sixth of it is ok."""
    ok, lowest = measured["ok_rates"], measured["lowest_rates"]
    assert len(lowest) == 5
    assert all(rate > 5e-3 > rate / 3 and rate / 6 >= min(ok) for rate in lowest)
    assert all(rate < 3e-2 for rate in measured["ramp_ends"])


def test_the_answers_of_the_goals(measured):
    best = np.argmin(measured["loss_at"])
    assert measured["factors"][best] == pytest.approx(2000, rel=0.05)
    assert rounds_to(measured["loss_at"][best], "2.11") and measured["accuracy_at"][best] == 0.18
    assert measured["ok_rates"] == pytest.approx([1e-3, 10**-2.5])
    ends = {name: np.array(pair) for name, pair in measured["grid_ends"].items()}
    gap = {name: train_acc - val_acc for name, (train_acc, val_acc) in ends.items()}
    assert min(gap, key=lambda name: gap[name]) == "2, 0.0" and rounds_to(gap["2, 0.0"], "0.14")
    assert max(ends, key=lambda name: ends[name][1]) == "16, 0.01"
    assert rounds_to(ends["16, 0.01"][1], "0.84") and rounds_to(gap["16, 0.01"], "0.16")
    for units in (8, 16, 32):
        for reg in ("0.01", "0.03"):
            assert abs(ends[f"{units}, {reg}"][1] - ends[f"{units}, 0.0"][1]) < 0.03


def test_three_networks_and_their_gaps(measured):
    assert list(measured["diagnoses"].values()) == ["underfitting", "overfitting", "healthy"]


def test_the_gap_over_six_starts():
    digits = load_digits()
    few = replace(digits, x_train=digits.x_train[:150], y_train=digits.y_train[:150])

    def mean_of(hidden, reg):
        """Mean accuracies on both sets after thirty epochs."""
        runs = [
            train(
                MLP([64, hidden, 10], rng=np.random.default_rng(seed)),
                few,
                step=sgd_step,
                lr=0.3,
                epochs=30,
                batch_size=30,
                reg=reg,
                rng=np.random.default_rng(seed),
                progress=False,
            )
            for seed in range(6)
        ]
        return np.mean([(run.train_acc[-1], run.val_acc[-1]) for run in runs], axis=0)

    narrow, wide = mean_of(8, 0.0), mean_of(16, 0.0)
    assert rounds_to(narrow[0] - narrow[1], "0.22") and rounds_to(wide[0] - wide[1], "0.18")
    assert rounds_to(narrow[1], "0.74") and rounds_to(wide[1], "0.82")
    strong, weak = mean_of(16, 0.1), mean_of(16, 0.01)
    assert strong[0] - strong[1] < wide[0] - wide[1] and (strong < wide - 0.05).all()
    assert abs(weak[1] - wide[1]) < 0.02 and abs(mean_of(8, 0.01)[1] - narrow[1]) < 0.02


def test_regularisation_lowers_both_curves_and_more_data_helps_most(measured):
    ends = {name: np.array(pair) for name, pair in measured["grid_ends"].items()}
    gap = {name: train_acc - val_acc for name, (train_acc, val_acc) in ends.items()}
    for units in (8, 16, 32):
        assert gap[f"{units}, 0.1"] < gap[f"{units}, 0.0"]
        assert (ends[f"{units}, 0.1"] < ends[f"{units}, 0.0"] - 0.05).all()
    narrow = sorted(gap, key=lambda name: gap[name])[:3]
    assert max(ends[name][1] for name in narrow) < max(end[1] for end in ends.values()) - 0.05
    more_data = measured["gaps"]["32 units, 1199 images"]
    assert more_data[1] > max(end[1] for end in ends.values())


def test_the_best_rate_has_a_ratio_far_above_the_rule(measured):
    """E-41: five starts each; the ratio falls within a run."""
    by_rate = {float(lr): pair for lr, pair in measured["by_rate"].items()}
    best = max(by_rate, key=lambda lr: by_rate[lr][1])
    assert best == 0.1, "inside the grid"
    assert by_rate[best][0] == pytest.approx(0.03, rel=0.35)
    assert by_rate[3e-3][0] == pytest.approx(1e-3, rel=0.9) and by_rate[3e-3][1] < 0.3
    assert by_rate[0.3][0] > 0.5 and by_rate[0.3][1] < 0.2
    for seed in range(5):
        accuracies = [runs[seed][1] for runs in measured["ratio_runs"].values()]
        assert accuracies.index(max(accuracies)) in (2, 3)
    late, early = (
        np.median(measured["long_ratios"][part]) for part in (slice(-100, None), slice(100))
    )
    assert early > 10 * late > 5e-3
    assert np.median(measured["tiny_ratios"][50:]) > 1e-2


def test_each_broken_script_fails_its_check_and_no_earlier_one(measured):
    sheets = measured["sheets"]
    right = sheets["right"]
    assert right["grad error"] < 1e-6 and right["20: acc"] == 1 and 0.45 < right["val acc"] < 0.55
    for name, row in sheets.items():
        assert name == "script 5" or row["grad error"] < 1e-6
    assert math.isnan(sheets["script 1"]["loss"])
    assert sheets["script 1"]["first loss"] == right["first loss"]
    labels = sheets["script 2"]
    assert labels["20: acc"] == 1 and rounds_to(labels["train acc"], "0.50")
    assert labels["val acc"] < 0.15
    uncentred = sheets["script 3"]
    assert rounds_to(uncentred["mean"], "1.6") and uncentred["first loss"] > 4
    assert uncentred["loss"] == pytest.approx(math.log(10), abs=2e-3)
    assert rounds_to(uncentred["20: acc"], "0.35")
    same = sheets["script 4"]
    assert {k: v for k, v in same.items() if k != "val acc"} == {
        k: v for k, v in right.items() if k != "val acc"
    }
    assert rounds_to(same["val acc"], "0.77")
    unmasked = sheets["script 5"]
    assert unmasked["grad error"] > 0.1 and unmasked["20: acc"] == 1
    assert unmasked["first loss"] == right["first loss"] and rounds_to(unmasked["val acc"], "0.29")
    zeros = sheets["script 6"]
    assert rounds_to(zeros["first loss"], "2.302585") and rounds_to(zeros["20: acc"], "0.35")
    assert zeros["val acc"] < 0.15


def test_every_entry_has_its_home():
    tags = set(re.findall(r'"((?:BAB|E)-\d\d)"', prose(LECTURE)))
    assert tags == {f"BAB-{n:02}" for n in range(1, 13)} | {"E-39", "E-40", "E-41", "E-68"}
