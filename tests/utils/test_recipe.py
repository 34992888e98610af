import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from utils import recipe
from utils.calls import make_calls
from utils.losses import softmax, softmax_loss


def test_preparation_is_fitted_on_training_recordings_only():
    rng = np.random.default_rng(0)
    x, new = rng.random((30, 3, 4)) + 0.1, rng.random((5, 3, 4)) + 0.1
    prepare = recipe.fit_preparation(x)
    assert_allclose(prepare(x).mean(axis=0), 0, atol=1e-12)
    assert_allclose(prepare(10 * new), prepare(new), atol=1e-12)
    assert_allclose(prepare(new[:1])[0], prepare(new)[0], atol=1e-12)
    assert np.isfinite(prepare(0 * new)).all()


def test_neighbours_agree_with_sorted_distances():
    rng = np.random.default_rng(1)
    x, y, new = rng.standard_normal((50, 3)), rng.integers(0, 3, 50), rng.standard_normal((20, 3))
    for row, named in zip(new, recipe.knn_predict(x, y, new, k=7), strict=True):
        nearest = y[np.argsort(np.linalg.norm(x - row, axis=1))[:7]]
        assert (nearest == named).sum() == np.bincount(nearest).max()


@pytest.mark.parametrize(("classes", "floor"), [(8, 1.2740), (10, 1.4612), (2, 0.3133)])
def test_no_scores_bring_two_softmaxes_below_the_floor(classes, floor):
    assert recipe.softmax_floor(classes) == pytest.approx(floor, abs=5e-5)
    scores = 100.0 * np.eye(classes)
    loss, _ = softmax_loss(softmax(scores), np.arange(classes))
    assert loss == pytest.approx(recipe.softmax_floor(classes), abs=1e-9)
    assert recipe.softmax_floor(classes) < math.log(classes)


def test_shifts_push_out_at_one_end_what_comes_in_at_the_other():
    x = np.arange(60.0).reshape(1, 5, 12)
    found = {
        tuple(np.argwhere(recipe.shift_calls(x, rng=np.random.default_rng(s))[0] == 0)[0])
        for s in range(300)
    }
    assert found == {(d % 5, r % 12) for d in (-1, 0, 1) for r in range(-4, 5)}


@pytest.fixture(scope="module")
def small():
    return make_calls(120, 20, 60, elsewhere=True, rng=np.random.default_rng(3))


def run(recipe_, small, budget=2000, seed=0):
    rng = np.random.default_rng(seed)
    return recipe.run_recipe(
        recipe_, small.x_train, small.y_train, small.x_test, budget=budget, rng=rng
    )


def test_a_run_is_repeatable_and_gives_probabilities(small):
    probs = run(recipe.my_recipe(), small)
    assert_array_equal(probs, run(recipe.my_recipe(), small))
    assert_allclose(probs.sum(axis=1), 1, rtol=1e-5)
    assert not np.array_equal(probs, run(recipe.my_recipe(), small, seed=1))


@pytest.mark.parametrize("members", [1, 2, 3])
def test_members_share_the_budget(small, members):
    seen = []

    def counting(x, rng):
        seen.append(len(x))
        return x

    run(recipe.Recipe(augment=counting, batch_size=50, members=members), small, budget=1000)
    assert sum(seen) <= 1000
    assert sum(seen) > 1000 - 50 * members


def test_hooks_see_no_label(small):
    given = []

    def spying(*args, **kwargs):
        given.append((len(args), args[0].shape[1:], set(kwargs)))
        return args[0]

    run(recipe.Recipe(augment=spying, views=2), small)
    assert set(map(str, given)) == {str((1, small.x_train.shape[1:], {"rng"}))}


def test_averaged_weights_get_statistics_of_their_own(small):
    averaged = run(recipe.Recipe(norm="batch", decay=0.99, lr=0.1), small)
    assert np.isfinite(averaged).all()
    assert averaged.max() < 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"members": 0}, "expected 1 at least"),
        ({"batch_size": 500}, "batches of 120"),
        ({"members": 50}, "no batch of 100"),
        ({"augment": lambda x, rng: x[:, :2]}, "augment made"),
    ],
)
def test_a_recipe_that_cannot_be_run_is_refused(small, changed, said):
    with pytest.raises(ValueError, match=said):
        run(replace(recipe.Recipe(), **changed), small)


def test_views_and_averages_change_the_prediction(small):
    plain = run(recipe.Recipe(augment=recipe.shift_calls), small)
    for changed in ({"views": 3}, {"decay": 0.9}, {"members": 2}, {"norm": "batch"}):
        other = run(recipe.Recipe(augment=recipe.shift_calls, **changed), small)
        assert np.isfinite(other).all()
        assert not np.allclose(other, plain)


def test_too_little_sound_for_a_report():
    with pytest.raises(ValueError, match="two at least"):
        recipe.data_report(np.zeros((3, 2)), np.zeros(3, int), np.zeros((1, 2)), 2)
