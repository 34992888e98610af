"""The capstone says nothing that its own code does not show, and its judge is honest."""

import inspect

import numpy as np
import pytest

from grader.checking.definitions import find, withheld
from grader.checking.exercise import Exercise
from grader.checking.notebook import check_function
from tests.lectures.claims import measure, prose
from utils.calls import PULSES, make_calls
from utils.networks import MLP
from utils.optimizers import adam_step, momentum_step, step_params
from utils.recipe import (
    BUDGET,
    Recipe,
    data_report,
    fit_preparation,
    knn_predict,
    my_recipe,
    run_recipe,
    shift_calls,
)

LECTURE = "15_recipe"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = "prepared_share baselines is_open now SLIDES equal_shares board MEASURED found boards"
    return measure(LECTURE, f"{names} thirty", tmp_path_factory.mktemp(LECTURE))


def accuracy_in(wood, recipe, seed, budget=BUDGET):
    rng = np.random.default_rng(seed)
    probs = run_recipe(recipe, wood.x_train, wood.y_train, wood.x_test, budget=budget, rng=rng)
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
    assert recordings - raw > 0.05
    assert recordings - numbers > 0.07
    assert recordings - both > 0.03


def test_neighbours_beat_networks_that_know_nothing_of_time(measured):
    shares = measured["baselines"]
    rate, penalty = shares["64 units, rate tuned"], shares["64 units, rate and penalty tuned"]
    assert shares["15 nearest neighbours"] - penalty > 0.02
    assert shares["linear, tuned"] < rate < penalty


def test_all_gates_are_open_for_a_healthy_network(measured):
    assert len(measured["is_open"]) == 4
    assert all(value in (True, "True") for value in measured["is_open"].values())


def test_dropout_breaks_the_symmetry(measured):
    shares = measured["equal_shares"]
    assert shares["(0.0, True)"] < 0.3
    assert shares["(0.3, True)"] == pytest.approx(shares["(0.3, False)"], abs=0.04)


def test_an_ablation_at_one_rate_misleads(measured):
    slides = {
        name: {float(rate): share for rate, share in by_rate.items()}
        for name, by_rate in measured["SLIDES"].items()
    }
    best = {name: max(by_rate.values()) for name, by_rate in slides.items()}
    full, without = slides["all of it"], slides["no batch norm"]
    assert without[0.001] - full[0.001] == pytest.approx(0.06, abs=0.005)
    assert best["all of it"] - full[0.001] > 0.1
    assert abs(best["no batch norm"] - best["all of it"]) < 0.008
    assert 0 < best["all of it"] - best["a constant rate"] <= 0.01
    assert best["momentum for Adam"] - best["all of it"] == pytest.approx(0.028, abs=0.0005)
    assert max(best.values()) < measured["baselines"]["15 nearest neighbours"]
    for by_rate in slides.values():  # the best lies inside the grid
        assert max(by_rate, key=by_rate.get) not in (min(by_rate), max(by_rate))
    for key, share in measured["now"].items():
        name, rate = key.strip("()").rsplit(",", 1)
        assert share == pytest.approx(slides[name.strip("'")][float(rate)], abs=0.04)


def five(recipe, budget):
    """Accuracies for testing of five seeds."""
    wood = make_calls()
    return np.array([accuracy_in(wood, recipe, seed, budget) for seed in range(5)])


def standardised(x_train):
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    return lambda x: (x - mean) / np.where(std > 0, std, 1)


@pytest.mark.slow
def test_preparations_over_five_seeds():
    """At the rates that the validation recordings chose of 0.003 to 1."""

    def both(x_train):
        first = fit_preparation(x_train)
        std = first(x_train).std(axis=0)
        return lambda x: first(x) / np.where(std > 0, std, 1)

    tried = {None: 0.02, standardised: 0.1, fit_preparation: 0.2, both: 0.2}
    means = [five(Recipe(prepare=p, lr=lr), 30_000).mean() for p, lr in tried.items()]
    assert means == pytest.approx([0.59, 0.55, 0.70, 0.62], abs=0.006)
    assert "0.59, 0.55, 0.70 and 0.62" in prose(LECTURE)


@pytest.mark.slow
def test_the_tuned_network_over_five_seeds():
    """The best of penalties from 0.01 to 0.1 and rates from 0.01 to 0.3."""
    shares = five(Recipe(prepare=fit_preparation, lr=0.1, reg=0.02), 50_000)
    assert shares.mean() == pytest.approx(0.775, abs=0.003)
    assert "the tuned network has 0.775" in prose(LECTURE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("all of it", (0.001, 0.03, 0.1)),
        ("no batch norm", (0.001, 0.01)),
        ("a constant rate", (0.1,)),
        ("momentum for Adam", (0.3, 1.0)),
    ],
)
def test_the_recipe_of_the_slides_over_five_seeds(measured, name, rates):
    whole = {
        "prepare": fit_preparation,
        "hidden": (64, 64),
        "norm": "batch",
        "step": adam_step,
        "schedule": half_a_wave,
    }
    changed = {
        "all of it": {},
        "no batch norm": {"norm": None},
        "a constant rate": {"schedule": None},
        "momentum for Adam": {"step": momentum_step},
    }
    for lr in rates:
        shares = five(Recipe(**whole | changed[name], lr=lr), 40_000)
        assert shares.mean() == pytest.approx(measured["SLIDES"][name][str(lr)], abs=0.004)
        assert shares.std(ddof=1) < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("units", [False, True])
def test_the_ticks_are_measured(measured, units):
    common = {"lr": 0.1, "schedule": half_a_wave}
    common["prepare"] = fit_preparation if units else standardised
    for time in (False, True):
        for penalty in (False, True):
            augment, reg = in_time_only if time else None, 3e-3 * penalty
            shares = five(Recipe(**common, augment=augment, reg=reg), 100_000)
            said = measured["MEASURED"][str((units, time))][penalty]
            assert shares.mean() == pytest.approx(said, abs=0.003)


@pytest.mark.slow
def test_dropout_breaks_the_symmetry_over_five_seeds():
    wood = make_calls()
    prepare = fit_preparation(wood.x_train)
    known, new = (
        prepare(x).reshape(len(x), -1).astype(np.float32) for x in (wood.x_train, wood.x_test)
    )

    def share(p_drop, equal, seed):
        rng = np.random.default_rng(seed)
        net = MLP([known.shape[1], 64, 8], p_drop=p_drop, rng=rng, dtype=np.float32)
        if equal:
            net.params["w1"] = np.repeat(net.params["w1"][:, :1], 64, axis=1)
            net.params["w2"] = np.repeat(net.params["w2"][:1], 64, axis=0)
        states = None
        for _ in range(600):
            batch = rng.integers(0, len(known), 100)
            _, grads = net.loss(known[batch], wood.y_train[batch], reg=1e-3, rng=rng)
            net.params, states = step_params(momentum_step, net.params, grads, states, lr=0.03)
        return (net.scores(new).argmax(axis=1) == wood.y_test).mean()

    tried = [(0.3, True), (0.3, False), (0.0, True)]
    means = [np.mean([share(*how, seed) for seed in range(5)]) for how in tried]
    assert means == pytest.approx([0.714, 0.690, 0.226], abs=0.005)
    assert "Over five seeds 0.71, against 0.69 from random weights" in prose(LECTURE)


@pytest.mark.slow
def test_wrong_labels_have_the_largest_losses():
    """A wood draws its calls first, so that the right labels can be drawn again."""
    shares = np.array([1, 1, 1, 1, 1, 1, 0.35, 1]) / 7.35
    first = []
    for seed in (15, 1, 2, 3, 4):
        wood = make_calls(rng=np.random.default_rng(seed))
        wrong = np.random.default_rng(seed).choice(8, 1500, p=shares) != wood.y_train
        assert wrong.sum() == 75
        rng = np.random.default_rng(0)
        probs = run_recipe(my_recipe(), wood.x_train, wood.y_train, wood.x_train, rng=rng)
        order = np.argsort(probs[np.arange(1500), wood.y_train])
        first.append((int(wrong[order[:20]].sum()), int(wrong[order[:50]].sum())))
    twenty, fifty = zip(*first, strict=True)
    assert min(twenty) == 20
    assert 47 <= min(fifty) <= max(fifty) <= 49


@pytest.mark.slow
def test_the_model_report_says_what_was_measured():
    """Shifts in time and pitch against shifts in time, on the validation recordings."""
    wood = make_calls()
    copies = data_report(wood.x_train, wood.y_train, wood.x_val, 8)["copies"]
    rows = np.setdiff1d(np.arange(len(wood.x_val)), copies)
    shares = {}
    for name, augment in (("both", shift_calls), ("time", in_time_only)):
        recipe = Recipe(
            prepare=fit_preparation, augment=augment, lr=0.3, schedule=half_a_wave, reg=3e-3
        )
        shares[name] = [
            float(
                (
                    run_recipe(
                        recipe,
                        wood.x_train,
                        wood.y_train,
                        wood.x_val[rows],
                        rng=np.random.default_rng(seed),
                    ).argmax(axis=1)
                    == wood.y_val[rows]
                ).mean()
            )
            for seed in range(5)
        ]
    difference = np.subtract(shares["both"], shares["time"])
    assert np.mean(shares["both"]) == pytest.approx(0.874, abs=0.003)
    assert np.mean(shares["time"]) == pytest.approx(0.874, abs=0.003)
    assert difference.mean() == pytest.approx(0.001, abs=0.004)
    assert difference.std(ddof=1) / np.sqrt(5) == pytest.approx(0.010, abs=0.004)


def test_the_model_report_predicts_an_interval_that_holds():
    report = check_function(entry(), my_recipe)
    assert report.right, report.summary
    reached = float(report.summary.split("reaches ")[1].split(":")[0])
    assert 0.845 < reached < 0.92
    assert "between 0.845 and 0.92" in prose(LECTURE)
    assert "twenty seconds" in inspect.getdoc(my_recipe)
    assert entry().seconds == 20


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
    mean = {name: np.mean(found) for name, found in shares.items()}
    sd = {n: np.std(found, ddof=1) / np.sqrt(2) for n, found in shares.items()}  # two are judged
    learns, prepared, neighbours, knows = (level.least for level in entry().levels)
    assert learns + 3 * sd["plain"] < mean["plain"] < prepared
    assert prepared + 3 * sd["penalty"] < mean["penalty"] < neighbours - 3 * sd["penalty"]
    assert neighbours + 2 * sd["time"] < mean["time"] < knows
    assert knows + 3 * sd["all"] < mean["all"]
    assert mean["all"] == pytest.approx(0.905, abs=0.008)
    assert "reaches 0.905 in one wood" in prose(LECTURE)


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
