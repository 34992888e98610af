"""The capstone says nothing that its own code does not show, and its judge is honest."""

import inspect

import numpy as np
import pytest

from grader.checking.definitions import find, withheld
from grader.checking.exercise import Exercise
from grader.checking.notebook import check_function
from tests.lectures.claims import measure, prose
from utils.calls import PULSES, make_calls
from utils.recipe import Recipe, fit_preparation, knn_predict, my_recipe, run_recipe, shift_calls

LECTURE = "15_recipe"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = "prepared_share baselines is_open now SLIDES equal_shares board MEASURED found boards"
    return measure(LECTURE, f"{names} thirty", tmp_path_factory.mktemp(LECTURE))


def accuracy_in(wood, recipe, seed):
    probs = run_recipe(
        recipe, wood.x_train, wood.y_train, wood.x_test, rng=np.random.default_rng(seed)
    )
    return float((probs.argmax(axis=1) == wood.y_test).mean())


def another_wood(seed, n_test=2000):
    return make_calls(1500, 20, n_test, rng=np.random.default_rng(seed), elsewhere=True)


def test_the_report_finds_what_the_text_tells(measured):
    found = measured["found"]
    assert (found["constant"], found["silent"], len(found["copies"])) == (20, 12, 60)
    assert found["counts"][PULSES] == 63
    assert found["scale_gap"] == pytest.approx(5.4, abs=0.05)
    assert "12 training recordings are silent" in prose(LECTURE)
    assert "63 of 1500" in prose(LECTURE)


def test_one_line_about_units_is_worth_ten_points(measured):
    raw, numbers, recordings, both = measured["prepared_share"].values()
    assert recordings - raw > 0.07
    assert recordings - numbers > 0.07
    assert recordings - both > 0.04


def test_neighbours_beat_networks_that_know_nothing_of_time(measured):
    shares = measured["baselines"]
    networks = [shares["64 units, no penalty"], shares["64 units, penalty 0.03"]]
    assert shares["15 nearest neighbours"] - max(networks) > 0.03
    assert shares["linear, tuned"] < networks[0] < networks[1]


def test_all_gates_are_open_for_a_healthy_network(measured):
    assert len(measured["is_open"]) == 4
    assert all(value in (True, "True") for value in measured["is_open"].values())


def test_dropout_breaks_the_symmetry(measured):
    shares = measured["equal_shares"]
    assert shares["(0.0, True)"] < 0.3
    assert shares["(0.3, True)"] == pytest.approx(shares["(0.3, False)"], abs=0.04)


def test_an_ablation_at_one_rate_misleads(measured):
    slides = {}
    for key, share in measured["slides"].items():
        name, rate = key.strip("()").rsplit(",", 1)
        slides.setdefault(name.strip("'\""), {})[float(rate)] = share
    all_of_it, without = slides["all of it"], slides["no batch norm"]
    assert max(all_of_it.values()) - all_of_it[0.001] > 0.1
    assert without[0.001] - all_of_it[0.001] > 0.03
    assert max(without.values()) == pytest.approx(max(all_of_it.values()), abs=0.03)
    assert (
        max(max(s.values()) for s in slides.values())
        < measured["baselines"]["15 nearest neighbours"]
    )


@pytest.mark.slow
def test_the_ticks_are_measured(measured):
    """Four of the sixteen, run again."""
    wood = make_calls()

    def standardised(x_train):
        mean, std = x_train.mean(axis=0), x_train.std(axis=0)
        return lambda x: (x - mean) / np.where(std > 0, std, 1)

    for place, changed in {
        (0, 0): {"prepare": standardised},
        (2, 0): {},
        (3, 0): {"augment": in_time_only},
        (3, 3): {"augment": shift_calls, "reg": 3e-3},
    }.items():
        row, column = place
        share = accuracy_in(
            wood,
            Recipe(**{"prepare": fit_preparation, "lr": 0.1, "schedule": half_a_wave} | changed),
            0,
        )
        assert share == pytest.approx(measured["MEASURED"][row][column], abs=0.005)


def test_the_best_of_thirty_is_luck_for_the_most_part(measured):
    average = np.mean(measured["thirty"])
    assert average == pytest.approx(0.724, abs=0.0005)
    flattery = {size: shown[-1] - true[-1] for size, (shown, true) in measured["boards"].items()}
    shown, true = (values[-1] for values in measured["boards"]["300"])
    assert shown == pytest.approx(0.75, abs=0.005)
    assert 0.002 < true - average < 0.008
    assert flattery["100"] > flattery["300"] > flattery["1000"]
    assert flattery["1000"] == pytest.approx(0.012, abs=0.004)


# The judge


def entry():
    found = find("recipe.my_recipe")
    assert isinstance(found, Exercise)
    return found


def test_labels_of_the_judge_are_in_no_argument():
    for case in entry().draw(np.random.default_rng(0)):
        if case.known is None:
            continue
        for value in (*case.args, *case.kwargs.values()):
            assert not (isinstance(value, np.ndarray) and np.array_equal(value, case.known))
        assert len(case.known) == len(case.args[2])


def test_a_submission_cannot_draw_recordings():
    assert {"calls.draw_calls", "calls.make_calls", "recipe.my_recipe"} <= withheld(LECTURE)


def test_guessing_earns_nothing():
    def my_recipe():
        return Recipe(prepare=fit_preparation, lr=1e-6)

    report = check_function(entry(), my_recipe)
    assert report.score == 0, report.summary


@pytest.mark.slow
def test_thresholds_part_what_they_should():
    """Five woods: what each idea reaches, and how far from the thresholds."""
    tried = {
        "plain": Recipe(prepare=fit_preparation),
        "penalty": Recipe(prepare=fit_preparation, reg=0.03),
        "time": Recipe(
            prepare=fit_preparation, augment=in_time_only, lr=0.1, schedule=half_a_wave, reg=3e-3
        ),
        "all": my_recipe(),
    }
    shares = {name: [] for name in tried}
    for seed in range(20, 25):
        wood = another_wood(seed)
        for name, recipe in tried.items():
            shares[name].append(accuracy_in(wood, recipe, seed))
    means = {name: np.mean(found) for name, found in shares.items()}
    sd = max(np.std(found, ddof=1) for found in shares.values()) / np.sqrt(2)  # two are judged
    learns, prepared, neighbours, knows = (level.least for level in entry().levels)
    assert learns + 3 * sd < means["plain"]
    assert prepared + 3 * sd < means["penalty"] < neighbours - 3 * sd
    assert neighbours + 2 * sd < means["time"]
    assert knows + 3 * sd < means["all"]


def in_time_only(x, rng):
    return shift_calls(x, bands=0, rng=rng)


def half_a_wave(share):
    return 0.5 * (1 + np.cos(np.pi * share))


@pytest.mark.slow
def test_the_threshold_of_the_neighbours_is_theirs():
    shares = []
    for seed in range(20, 26):
        wood = another_wood(seed)
        prepare = fit_preparation(wood.x_train)
        known, new = (prepare(x).reshape(len(x), -1) for x in (wood.x_train, wood.x_test))
        shares.append((knn_predict(known, wood.y_train, new) == wood.y_test).mean())
    assert np.mean(shares) == pytest.approx(0.81, abs=0.015)


def test_an_entry_stays_within_its_time():
    report = check_function(entry(), my_recipe)
    assert report.right, report.summary
    assert "5 seconds" in inspect.getdoc(my_recipe) or "five seconds" in inspect.getdoc(my_recipe)
