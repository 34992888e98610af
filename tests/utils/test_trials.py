import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.trials import halton, not_learning, successive_halving, trials_needed


def test_the_rule_of_sixty_is_a_rule_of_59():
    assert trials_needed(0.05) == 59
    assert 1 - 0.95**59 >= 0.95 > 1 - 0.95**58


@given(st.floats(0.002, 0.98), st.floats(0.01, 0.999))
def test_trials_needed_is_the_smallest_number_that_keeps_the_promise(share, confidence):
    n = trials_needed(share, confidence)
    assert 1 - (1 - share) ** n >= confidence - 1e-9
    assert n == 1 or 1 - (1 - share) ** (n - 1) < confidence + 1e-9


@pytest.mark.parametrize("n", range(1, 12))
def test_trials_needed_where_the_probability_is_met_exactly(n):
    assert trials_needed(0.5, 1 - 0.5**n) == n


@pytest.mark.parametrize("args", [(0.0,), (1.0,), (0.1, 0.0), (0.1, 1.0), (math.nan,)])
def test_trials_needed_asks_for_probabilities(args):
    with pytest.raises(ValueError, match="expected both between 0 and 1"):
        trials_needed(*args)


def test_halton_mirrors_the_digits():
    points = halton(8, 2)
    assert points[:, 0].tolist() == [1 / 2, 1 / 4, 3 / 4, 1 / 8, 5 / 8, 3 / 8, 7 / 8, 1 / 16]
    np.testing.assert_allclose(points[:4, 1], [1 / 3, 2 / 3, 1 / 9, 4 / 9])


def test_halton_agrees_with_scipy():
    qmc = pytest.importorskip("scipy.stats").qmc
    np.testing.assert_allclose(halton(50, 5), qmc.Halton(5, scramble=False).random(51)[1:])


@given(st.integers(1, 40), st.integers(1, 10), st.integers(0, 100))
def test_halton_points_lie_in_the_cube_and_share_no_coordinate(n, d, seed):
    points = halton(n, d, rng=np.random.default_rng(seed))
    assert points.shape == (n, d)
    assert (points >= 0).all() and (points < 1).all()
    assert all(len(np.unique(column)) == n for column in points.T)


def test_halton_fills_every_quarter_of_the_square():
    counts, *_ = np.histogram2d(*halton(36, 2).T, bins=2, range=[[0, 1], [0, 1]])
    assert counts.min() >= 8


def test_halton_knows_ten_primes():
    with pytest.raises(ValueError, match="d is 11"):
        halton(3, 11)


TEN = math.log(10)


@pytest.mark.parametrize(
    "losses, hopeless",
    [
        ([2.0, 1.0], False),
        ([4.0, TEN], True),
        ([1.5, TEN, 0.5], True),
        ([TEN, TEN - 0.019], True),
        ([TEN, TEN - 0.021], False),
        ([2.0, math.nan], True),
        ([2.0, math.inf], True),
        ([9.0], False),
        ([], False),
    ],
)
def test_not_learning_asks_one_epoch(losses, hopeless):
    assert not_learning(np.array(losses, dtype=float), 10) is hopeless


def test_not_learning_knows_its_bounds():
    with pytest.raises(ValueError, match="after 0"):
        not_learning(np.ones(3), 10, after=0)
    with pytest.raises(ValueError, match="num_classes 1"):
        not_learning(np.ones(3), 1)


def climbed(scores, **options):
    """A ladder over a table of scores (trials, epochs); its winner, its cost, what was asked."""
    asked = []

    def evaluate(trial, epochs):
        asked.append((trial["row"], epochs))
        return scores[trial["row"]][epochs - 1]

    winner, spent = successive_halving(
        [{"row": i} for i in range(len(scores))], evaluate, **options
    )
    return winner["row"], spent, asked


def test_27_trials_cost_three_full_runs():
    scores = np.random.default_rng(0).random((27, 27))
    _, spent, asked = climbed(scores, rungs=(1, 3, 9, 27))
    assert spent == 3 * 27
    assert [len(list(g)) for _, g in itertools.groupby(asked, key=lambda a: a[1])] == [27, 9, 3, 1]


@given(st.integers(1, 20), st.integers(2, 4), st.integers(0, 1000))
def test_the_winner_was_among_the_best_of_every_rung(n, eta, seed):
    scores = np.random.default_rng(seed).random((n, 9))
    winner, _, asked = climbed(scores, rungs=(1, 3, 9), eta=eta)
    for rung, following in ((1, 3), (3, 9)):
        at = [row for row, epochs in asked if epochs == rung]
        best = sorted(at, key=lambda row: -scores[row][rung - 1])[: max(1, len(at) // eta)]
        assert [row for row, epochs in asked if epochs == following] == best
        assert winner in best


def test_equal_scores_keep_their_rank_and_nan_is_the_worst():
    assert climbed([[0.5], [0.5], [0.1]], rungs=(1,))[0] == 0
    assert climbed([[0.5, 0.7], [0.6, 0.7], [0.1, 0.9], [0.2, 1]], rungs=(1, 2), eta=2)[0] == 1
    assert climbed([[math.nan], [-math.inf], [0.1]], rungs=(1,))[0] == 2


@pytest.mark.parametrize(
    "n, options", [(0, {"rungs": (1,)}), (2, {"rungs": ()}), (2, {"rungs": (3, 3)})]
)
def test_a_ladder_needs_trials_and_rising_rungs(n, options):
    with pytest.raises(ValueError, match="expected a trial, rising rungs"):
        climbed([[0.5] * 9] * n, **options)
