"""The optimizers lecture says nothing that its own code does not show."""

import re

import numpy as np
import pytest

from tests.lectures.claims import measure, prose, rounds_to
from utils.curvature import best_lr, gd_rate, max_stable_lr
from utils.optimizers import (
    adagrad_step,
    adam_step,
    adaptive_denominator,
    half_life,
    history_weights,
    rmsprop_step,
    sgd_step,
    terminal_step,
    uncorrected_ratio,
)
from utils.surfaces import bowl, trajectory

LECTURE = "07_optimizers"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "partition_gap noise final_distance both_sums gd_table one_sign_share still freed_by ends "
        "tremble rescaling_gap speeds terminal form_gap cut_gap landed momentum_table nesterov_gap "
        "printed_adagrad rare_weight later rates eps_table after_cliff duel_ends loss_gap halved "
        "growth theory_gap adam_table corrected reached untuned tuned drift full_table"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


NARROW = np.diag([100.0, 1.0])


def first(step, g=1.0, **hyper):
    """Length of a first step, in units of the rate."""
    return float(-step(np.zeros(1), np.array([g]), None, lr=1.0, **hyper)[0][0])


# What a sentence of the lecture (or the reason given with a question) states, the number in it, and
# the number computed here. The syllabus prints the same ones.
EXACT = [
    (r"$\eta < 2/100$", "0.02", lambda: max_stable_lr(NARROW)),
    ("the factor is 0.980", "0.980", lambda: gd_rate(100.0)),
    ("rate 2/101, the best", "0.0198", lambda: best_lr(NARROW)),
    ("grows by the factor 1.2", "1.2", lambda: 1 + 0.1 * 2),
    (r"1/(1 - \mu) = 10$", "10", lambda: history_weights(0.9, 2000).sum()),
    (
        "a share of $1 - \\mu$, ten percent at 0.9",
        "0.1",
        lambda: 1 / history_weights(0.9, 999).sum(),
    ),
    ("After 6.6 steps", "6.6", lambda: half_life(0.9)),
    ("after 69 at μ = 0.99", "69", lambda: half_life(0.99)),
    (r"0.1 \cdot 100$", "10", lambda: terminal_step(0.01, np.full(1, 10.0), 0.99)),
    ("the step is 0.999 times", "0.999", lambda: 1e-5 / adaptive_denominator(np.array([1e-10]))[0]),
    (
        "How much is it *inside*? (Two digits.)",
        "0.0995",
        lambda: 1e-5 / adaptive_denominator(np.array([1e-10]), mode="inside")[0],
    ),
    (r"= 3.16\,\eta$", "3.16", lambda: first(rmsprop_step)),
    ("0.001\\,g^2} = 3.16$", "3.16", lambda: first(adam_step, bias_correction=False)),
    (
        "first step would be 31.6",
        "31.6",
        lambda: first(adam_step, beta1=0.0, bias_correction=False),
    ),
    ("climbs to 6.57 at step 12", "6.57", lambda: uncorrected_ratio(12)),
    ("1.26 at step 1000", "1.26", lambda: uncorrected_ratio(1000)),
    ("average it is $+0.83$", "0.83", lambda: 0.03 * 60 - 0.97),
]


@pytest.mark.parametrize("words, number, compute", EXACT, ids=[words for words, *_ in EXACT])
def test_numbers_in_the_prose(words, number, compute):
    assert words in prose(LECTURE)
    assert rounds_to(compute(), number)


def test_batches_are_right_on_average_and_noisy_like_one_over_the_root(measured):
    """Syllabus OPT-03, OPT-04: 0.997, 0.315, 0.0995, 0.0319."""
    assert measured["partition_gap"] < 1e-14
    printed = [0.997, 0.315, 0.0995, 0.0319]
    assert list(measured["noise"].values()) == pytest.approx(printed, rel=0.06)


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


def test_the_table_of_the_narrow_bowl(measured):
    """Syllabus OPT-07, all ten rows."""
    assert len(measured["full_table"]) == 10
    for name, (ours, printed) in measured["full_table"].items():
        assert ours == pytest.approx(printed, rel=0.05, abs=1e-20), name


def test_minima_are_rare_among_random_critical_points(measured):
    """Syllabus OPT-08: 1, 0.294, 0.049, 0.0057, 0.0002, about 0."""
    printed = [1, 0.294, 0.049, 0.0057, 0.0002, 0]
    assert list(measured["one_sign_share"].values()) == pytest.approx(printed, rel=0.1, abs=0.003)


def test_noise_frees_from_the_saddle(measured):
    assert np.abs(measured["still"][-1]).max() < 1e-5
    low, middle, high = measured["freed_by"]
    assert low < 1.8 < high, "the syllabus saw 1.8"
    assert middle > 1


def test_what_momentum_helps_against(measured):
    end = measured["ends"]
    assert end["('local minimum', 'momentum')"] < -0.2 < 0.2 < end["('local minimum', 'SGD')"]
    assert end["('saddle', 'momentum')"] < end["('saddle', 'SGD')"]
    assert end["('narrow valley', 'momentum')"] < 0.1 * end["('narrow valley', 'SGD')"]
    (plain_step, plain_ball), (step, ball) = (
        measured["tremble"]["SGD"],
        measured["tremble"]["momentum"],
    )
    assert plain_step / step > 4
    assert ball == pytest.approx(plain_ball, rel=0.15)


def test_momentum_in_other_scales_and_other_forms(measured):
    """Syllabus OPT-11, OPT-12, OPT-13; E-26 and E-27."""
    assert measured["rescaling_gap"] < 1e-13
    assert measured["form_gap"] < 1e-15
    assert measured["cut_gap"] == pytest.approx(0.39, rel=0.05)
    speed = measured["speeds"]["0.9"]
    assert speed[-1] / speed[0] == pytest.approx(10, rel=1e-3)
    assert measured["terminal"]["0.9"] == pytest.approx(1.0)


def test_nesterov(measured):
    """Syllabus OPT-15, OPT-16."""
    assert measured["landed"]["Nesterov"] < 0.1 * measured["landed"]["momentum"]
    assert measured["nesterov_gap"] < 1e-14


def test_adagrad(measured):
    """Syllabus E-29, ADA-01, ADA-03, ADA-04."""
    assert measured["printed_adagrad"][-1] == pytest.approx([1.85, 1.85], rel=0.005)
    assert measured["rare_weight"]["SGD"] < 2 < 3 < measured["rare_weight"]["AdaGrad"] < 4
    later = [measured["later"][t - 1] for t in (1, 10, 100, 1000)]
    assert later == pytest.approx([1, 0.316, 0.1, 0.0316], rel=0.005)
    assert measured["rates"][-1][1] / measured["rates"][-1][0] == pytest.approx(50, rel=0.01)
    for name, ours, printed in measured["eps_table"]:
        assert ours == pytest.approx(printed, rel=0.002), name
    assert first(adagrad_step, 1e-4) == pytest.approx(first(adagrad_step, 1e4), rel=1e-3)


def test_rmsprop_forgets(measured):
    after = measured["after_cliff"]
    assert after["RMSProp, β = 0.9"][-1] == pytest.approx(1, rel=0.01)
    assert after["RMSProp, β = 0.9"][110] > 0.7
    assert 0.1 < after["RMSProp, β = 0.97"][-1] < 0.5
    assert after["AdaGrad"][-1] < 0.003
    ends = measured["duel_ends"]
    assert ends["with Nesterov, rate 0.001"] < ends["RMSProp, rate 0.01"] < 0.5


def test_units(measured):
    """Syllabus ADA-06: the loss times 100 leaves AdaGrad identical, Adadelta to 2e-6."""
    gap = measured["loss_gap"]
    assert gap["gradient descent"] > 1e3
    assert gap["AdaGrad"] < 1e-7
    assert gap["Adadelta"] == pytest.approx(2e-6, rel=0.3)
    growth = measured["growth"]
    assert growth["Adadelta"] < growth["RMSProp"] < growth["AdaGrad"] < growth["gradient descent"]
    assert growth["Adadelta"] > 5
    assert all(min(counts) > 0 for counts in measured["halved"].values()), "a run did not arrive"


def test_the_puzzle_of_adams_first_steps(measured):
    """Syllabus ADA-10: 3.16, 6.57 at step 12, 1.26, within 5 % from step 2375 on, 31.6."""
    assert measured["theory_gap"] < 1e-6
    for name, ours, printed in measured["adam_table"]:
        assert ours == pytest.approx(printed, rel=0.002), name
    assert measured["corrected"] == pytest.approx(np.ones(5000), rel=1e-6)


def test_adam_untuned_and_others_tuned(measured):
    assert "It is not the best one for these two short runs." in prose(LECTURE)
    for task, accuracy in measured["untuned"].items():
        assert accuracy < max(measured["reached"][f"('{task}', 'Adam')"]) - 0.05
        assert accuracy < measured["tuned"][task]
    for task in measured["tuned"]:
        best = [max(measured["reached"][f"('{task}', '{m}')"]) for m in ("SGD", "momentum", "Adam")]
        assert max(best) - min(best) < 0.05


def test_a_short_memory_of_squares_goes_the_wrong_way(measured):
    assert measured["drift"]["0.9"] > 1
    assert measured["drift"]["0.999"] < -0.3


def test_the_ridge_and_the_bowl_are_as_told():
    assert (trajectory(sgd_step, bowl(10), steps=1, lr=0.1)[-1][0]) == pytest.approx(0, abs=1e-12)


def test_every_entry_has_its_home():
    tags = set(re.findall(r'"((?:OPT|ADA|E)-\d\d)"', prose(LECTURE)))
    entries = {f"OPT-{n:02}" for n in range(1, 18)} | {f"ADA-{n:02}" for n in range(1, 13)}
    assert tags == entries | {f"E-{n}" for n in range(24, 36)}
