import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from utils import tables


def test_every_column_of_the_table_matters_equally():
    x, y = tables.make_table(20_000, rng=np.random.default_rng(0))
    assert x.shape == (20_000, len(tables.COLUMNS))
    assert_allclose(x.mean(axis=0), [40_000, 45, 1.5, 0.03], rtol=0.02)
    assert_allclose(x.std(axis=0), [12_000, 13, np.sqrt(1.5), 0.01], rtol=0.02)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    weights, residual, _, _ = np.linalg.lstsq(scaled, y, rcond=None)
    assert_allclose(weights, 1, atol=0.02)
    assert residual[0] / len(x) == pytest.approx(0.25, rel=0.05)


def test_recordings_tell_the_person_and_not_the_label():
    rng = np.random.default_rng(0)
    x, y, person = tables.make_recordings(30, 6, rng=rng)
    assert_array_equal(np.bincount(person), 6)
    assert all(len(set(y[person == p])) == 1 for p in range(30))
    same = tables.nearest_label(x[1:], person[1:], x[:1]) == person[:1]
    assert same.all()
    strangers = [
        np.mean(
            tables.nearest_label(x[person >= 15], y[person >= 15], x[person < 15]) == y[person < 15]
        )
        for x, y, person in (tables.make_recordings(30, 6, rng=rng) for _ in range(20))
    ]
    assert np.mean(strangers) == pytest.approx(0.5, abs=0.07)


def test_one_hot_names_claim_no_order():
    assert_array_equal(tables.one_hot(np.array([2, 0]), 3), [[0, 0, 1], [1, 0, 0]])
    assert tables.one_hot(np.array([], int), 3).shape == (0, 3)


@pytest.mark.parametrize("values", [[3], [-1], [0, 5]])
def test_one_hot_refuses_an_unknown_category(values):
    with pytest.raises(ValueError, match="expected categories 0 ... 2"):
        tables.one_hot(np.array(values), 3)


def test_the_nearest_label_is_that_of_the_smallest_distance():
    rng = np.random.default_rng(0)
    x_train, x = rng.standard_normal((40, 3)), rng.standard_normal((25, 3))
    y_train = rng.integers(0, 4, 40)
    by_hand = [y_train[np.linalg.norm(x_train - row, axis=1).argmin()] for row in x]
    assert_array_equal(tables.nearest_label(x_train, y_train, x), by_hand)


@pytest.mark.parametrize(
    "call",
    [
        lambda rng: tables.make_table(0, rng=rng),
        lambda rng: tables.make_recordings(0, 3, rng=rng),
        lambda rng: tables.make_recordings(3, 0, rng=rng),
        lambda rng: tables.nearest_label(np.zeros((0, 2)), np.zeros(0, int), np.zeros((1, 2))),
    ],
)
def test_nothing_to_draw_from_is_said_in_a_sentence(call):
    with pytest.raises(ValueError, match="expected at least"):
        call(np.random.default_rng(0))
