"""The lecture on learning rates says nothing that its own code does not show, over its seeds."""

import numpy as np
import pytest

from tests.lectures.claims import measure, prose, rounds_to
from utils.data import load_digits
from utils.initialization import he_normal
from utils.networks import MLP
from utils.noise import expected_loss, noisy_step
from utils.schedules import linear_decay, warmup

LECTURE = "08_learning_rates"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "first_acc excess best_constant constant_rates greedy_gap mean_gap exact sampled optimal "
        "against_best plain_1_over_t uncapped uncapped_gain printed_rates draft_run mended_run "
        "line_table races race_best race_peak race_acc race_peaks shape_names picked long_after "
        "blow_ups advice best_trial trial plateau_runs plateau_line warm_acc sharp_way free tuned "
        "scaled_loss met predicted_limit"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


def final(cut, lr=0.2, factor=0.1):
    """Exact final loss of 100 steps from 10, cut once."""
    rates = np.where(np.arange(100) < cut, lr, lr * factor)
    return expected_loss(rates, np.ones(1), start=10.0, noise=1.0)


def slide(k):
    return (1 - k / 100) * 0.1 + k / 100 * 0.001


def after_the_slide(steps):
    m = 100.0
    for k in range(steps):
        m = noisy_step(m, slide(k))
    return m


# What a sentence of the lecture (or the reason given with a question) states, the number in it, and
# the number computed here.
EXACT = [
    ("0.053, about half of the rate", "0.053", lambda: 0.1 / 1.9),
    ("early costs 121 times the loss", "121", lambda: final(0) / final(21)),
    ("late 1.6 times", "1.6", lambda: final(50) / final(21)),
    ("the mean of the square is 0.27", "0.27", lambda: after_the_slide(150)),
    ("At step 200 it is 335", "335", lambda: after_the_slide(200)),
]


@pytest.mark.parametrize("words, number, compute", EXACT, ids=[words for words, *_ in EXACT])
def test_numbers_in_the_prose(words, number, compute):
    assert words.lower() in prose(LECTURE).lower()
    assert rounds_to(compute(), number)


def test_the_best_cut_is_where_the_widget_says():
    assert min(range(101), key=final) == 21
    assert min(range(101), key=lambda cut: final(cut, lr=0.1)) == 47


def test_the_slide_goes_negative_and_the_clip_mends_it():
    assert slide(102) == pytest.approx(-0.00098)
    assert slide(150) == pytest.approx(-0.0485)
    assert 1e14 < after_the_slide(300) < 1e15, "14 digits before the point and more"
    m = 100.0
    for k in range(300):
        m = noisy_step(m, linear_decay(k, lr0=0.1, total=100, lr_end=0.001))
    assert m < 0.02


def test_low_good_and_high_rates(measured):
    low, middle, good, high = measured["first_acc"]
    assert low < 0.7 < middle < good
    assert good > 0.94
    assert high < 0.15, "2.0 does not learn"


def test_the_best_constant_rate_falls_slowly_with_the_length_of_the_run(measured):
    best = [measured["best_constant"][str(n)] for n in (30, 100, 300, 1000, 3000)]
    assert best == sorted(best, reverse=True)
    assert rounds_to(best[0], "0.5")
    assert rounds_to(best[-1], "0.2")
    rates = measured["constant_rates"]
    assert min(rates) < min(best)
    assert max(best) < max(rates), "no best rate stands on the edge"
    assert best[-1] < 0.5 * best[0], "to less than half"


def test_greedy_rates_are_one_over_t_and_sgd_with_them_is_the_mean(measured):
    assert measured["greedy_gap"] < 1e-5
    assert measured["mean_gap"] < 1e-12


def test_samples_agree_with_the_recursion(measured):
    np.testing.assert_allclose(measured["sampled"], measured["exact"], rtol=0.08)


def test_the_later_the_decay_the_farther_the_start(measured):
    flat = {far: int(np.sum(np.array(r) > 1.9)) for far, r in measured["optimal"].items()}
    assert flat["1"] == 0
    assert 25 < flat["10"] < 45
    assert 60 < flat["100"] < 75, "it falls in the last third"
    assert flat["10000"] > 95


def test_one_over_t_is_poor_in_a_hundred_directions(measured):
    assert measured["plain_1_over_t"] > 40


def test_six_pieces_come_near_the_best_schedule_and_are_poor_at_another_distance(measured):
    h = 1 / np.arange(1.0, 101)
    pieces = np.array([1.94, 1.94, 1.94, 1.94, 1.1, 0.3])[np.arange(100) * 6 // 100]

    def against_best(start, far):
        mine, best = (
            expected_loss(np.array(rates), h, start=start, noise=np.sqrt(h))
            for rates in (pieces, measured["optimal"][far])
        )
        return mine / best

    assert rounds_to(against_best(10.0, "100"), "1.1")
    assert against_best(1.0, "1") > 2


def test_a_rate_above_the_limit_halves_the_loss(measured):
    assert 0.45 < measured["uncapped_gain"] < 0.55
    assert 45.5 < max(measured["uncapped"]) < 46.5


def test_no_shape_wins_everywhere(measured):
    def column(far):
        return {k: v for k, v in measured["against_best"].items() if k.endswith(f", {far})")}

    near, far = column(1), column(10_000)
    assert sum(value < 1.12 for value in near.values()) >= 5, "any early decay will do"
    assert min(far, key=far.__getitem__).startswith("('flat, then down'")
    assert min(near, key=near.__getitem__) != min(far, key=far.__getitem__)


def test_the_rates_that_the_slide_prints(measured):
    for _, ours, printed in measured["printed_rates"]:
        assert ours == pytest.approx(printed, rel=0.003)


def test_the_draft_goes_back_to_its_first_rate_and_the_mended_one_does_not(measured):
    draft, mended = np.array(measured["draft_run"]), np.array(measured["mended_run"])
    np.testing.assert_allclose(draft[:, :46], mended[:, :46])
    assert (draft[:, 50:].mean(axis=1) > 1.5 * mended[:, 50:].mean(axis=1)).all()


def test_no_schedule_helps_at_the_rate_of_the_constant_one(measured):
    for steps in (300, 1000):
        at_first = np.array(measured["races"][str(steps)])[:, 2].mean(axis=1)
        assert measured["race_peak"][f"('constant', {steps})"] == pytest.approx(0.3)
        assert at_first.argmin() == 0
    short = np.array(measured["races"]["300"])[:, 2].mean(axis=1)
    line = measured["shape_names"].index("linear to 0")
    assert short[line] / short[0] == pytest.approx(1.05, abs=0.08), "next to nothing"


def test_each_at_its_best_all_schedules_beat_the_constant_rate(measured):
    best, peaks = measured["race_best"], measured["race_peaks"]
    for steps in (300, 1000):
        for name in measured["shape_names"][1:]:
            key = f"({name!r}, {steps})"
            assert best[key] < 0.9 * best[f"('constant', {steps})"]
            assert peaks[0] < measured["race_peak"][key] < peaks[-1], "inside the grid"
    for name in ("linear to 0", "cosine to 0"):
        assert 0.55 < best[f"({name!r}, 1000)"] / best["('constant', 1000)"] < 0.65
    ratio = measured["race_peak"]["('linear to 0', 1000)"] / 0.3
    assert ratio == pytest.approx(5, abs=0.5)


def test_and_their_validation_accuracies_hardly_differ(measured):
    races = np.array(measured["races"]["1000"]).mean(axis=2)
    acc = np.array(measured["race_acc"]["1000"]).mean(axis=2)
    found = acc[np.arange(6), races.argmin(axis=1)]
    assert np.ptp(found) < 0.02


def test_one_step_bolder_is_right_when_the_rate_falls_and_the_next_a_cliff(measured):
    for rates in measured["picked"].values():
        assert rates == [0.8] * 5
    (_, noisy_constant, _), (half, noisy_line, double) = measured["long_after"]["wrong labels"]
    assert measured["long_after"]["wrong labels"][0][0] < noisy_constant
    assert half > noisy_line > double
    constant, line = measured["long_after"]["digits"]
    assert line[1] < line[0]
    assert min(constant[2], line[2]) > 1.5, "one step further is a cliff"


def test_a_longer_range_test_blows_up_at_a_lower_rate(measured):
    found = [measured["blow_ups"][str(n)] for n in (30, 100, 300, 1000)]
    assert found == sorted(found, reverse=True)
    assert rounds_to(found[0], "8")
    assert rounds_to(found[-1], "1.3")


def test_a_range_test_is_safe_and_low(measured):
    best = measured["best_trial"]
    assert best == pytest.approx(0.8)
    low = [best / np.median(measured["advice"][str(n)]) for n in (30, 100, 300, 1000)]
    assert 3.5 < min(low)
    assert max(low) < 11.5
    assert best / (10 * np.median(measured["advice"]["30"])) == pytest.approx(1 / 2.4, rel=0.2)
    assert 10 * np.median(measured["advice"]["1000"]) == pytest.approx(0.75, abs=0.1)
    assert np.mean(measured["trial"][-1]) > 1, "far above the best rate nothing is learnt"


def test_a_patience_of_one_gains_nothing_and_a_patience_of_two_does(measured):
    one, two, never = (
        np.array(measured["plateau_runs"][f"(0.3, {p})"][0]).mean() for p in (1, 2, 99)
    )
    assert one == pytest.approx(never, rel=0.1)
    assert two < 0.9 * min(one, never)
    cuts = measured["plateau_runs"]["(0.3, 1)"][1]
    assert (min(cuts), max(cuts)) == (3, 6)
    slow, fast = (np.mean(runs) for runs in measured["plateau_line"])
    assert two < slow * 1.05
    rescued = np.array(measured["plateau_runs"]["(2.0, 2)"][0]).mean()
    assert fast < 0.5 * rescued < 0.5 * np.array(measured["plateau_runs"]["(2.0, 99)"][0]).mean()


def test_a_warmup_gains_nothing_at_hes_scale_and_rescues_larger_starts(measured):
    without, with_one = np.median(np.array(measured["warm_acc"]["1"]), axis=2).T
    assert (with_one <= without + 0.01).all()
    assert abs(with_one[1] - without[1]) <= 0.011, "a point or less at 0.1"
    assert rounds_to(without[1], "0.95")
    without, with_one = np.median(np.array(measured["warm_acc"]["2"]), axis=2).T
    assert without[2] < 0.15
    assert 0.6 < with_one[2] < 0.9
    assert with_one[1] > without[1] + 0.1
    without, with_one = np.median(np.array(measured["warm_acc"]["3"]), axis=2).T
    assert with_one[0] > without[0] + 0.3
    assert with_one[1] > 0.6 > 0.15 > without[1]


def test_forty_small_steps_flatten_a_steep_start(measured):
    middle = {key: np.median(found) for key, found in measured["sharp_way"].items()}
    assert middle["(1, 0)"] < 20 < 300 < middle["(2, 0)"] < middle["(3, 0)"]
    for scale in (2, 3):
        assert middle[f"({scale}, 40)"] < middle[f"({scale}, 0)"] / 8
    for scale in (1, 2, 3):
        assert 19 < middle[f"({scale}, 120)"] < 30, "just above the limit of 20"


def test_one_run_without_a_schedule_beats_tuned_lines(measured):
    three = np.array(measured["free"]["3.0"]).mean(axis=1)
    line = [np.mean(measured["tuned"]["linear to 0"][str(n)]) for n in (100, 300, 1000)]
    assert three[1] < 0.9 * line[1]
    assert three[2] < 0.8 * line[2]
    assert three[2] < min(
        np.array(measured["free"][str(lr)])[2].mean() for lr in (0.3, 1.0, 9.0)
    ), "the best rate is inside the grid"


def test_the_linear_rule_holds_until_the_limit(measured):
    loss = {int(n): np.array(found).mean(axis=1) for n, found in measured["scaled_loss"].items()}
    assert loss[16] == pytest.approx(loss[4], rel=0.03)
    assert loss[64][0] == pytest.approx(loss[4][0], rel=0.06), "within a few per cent"
    assert rounds_to(loss[4][1], "0.25")
    assert loss[256][0] > 1.6 * loss[4][0]
    assert 1.5 < loss[256][1] < 2.6
    for limit in measured["predicted_limit"].values():
        assert 60 < limit < 256, "the rule fails at 256 as predicted"


def last_loss(warm, seed):
    """Mean loss of the last batches of the widget's run: three times He's weights, rate 0.1."""
    data, rng, losses = load_digits(), np.random.default_rng(seed), []
    net = MLP([64] * 5 + [10], init=lambda a, b, *, rng: 3 * he_normal(a, b, rng=rng), rng=rng)
    for t in range(151):
        rows = rng.integers(len(data.x_train), size=32)
        loss, grads = net.loss(data.x_train[rows], data.y_train[rows])
        losses.append(loss)
        rate = warmup(t, lr0=0.1, total=warm) if warm else 0.1
        with np.errstate(all="ignore"):
            net.params = {name: w - rate * grads[name] for name, w in net.params.items()}
    return np.mean(losses[-10:])


@pytest.mark.slow
def test_the_live_warmup_saves_the_starts_that_its_answer_names():
    none, short, long = ([last_loss(warm, seed) for seed in range(8)] for warm in (0, 10, 40))
    assert not any(loss < 2.2 for loss in none)
    assert sum(loss < 1.8 for loss in short) == 4
    assert max(long) < 0.8
