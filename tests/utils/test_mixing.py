import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from utils import mixing


def rng(seed=0):
    return np.random.default_rng(seed)


def batch(n=5, c=2, h=6, w=7, classes=4):
    return rng(1).uniform(1, 2, (n, c, h, w)), np.eye(classes)[rng(2).integers(0, classes, n)]


# Mixup


def test_a_mixture_lies_between_image_and_partner():
    x, targets = batch()
    partners = np.array([1, 2, 3, 4, 0])
    mixed, t = mixing.mixup(x, targets, 0.25, partners)
    for n in range(5):
        assert_allclose(mixed[n], 0.25 * x[n] + 0.75 * x[partners[n]])
        assert_allclose(t[n], 0.25 * targets[n] + 0.75 * targets[partners[n]])


@given(st.floats(0, 1), st.integers(0, 99))
def test_mixed_targets_are_probabilities(lam, seed):
    x, targets = batch()
    _, t = mixing.mixup(x, targets, lam, rng(seed).permutation(5))
    assert_allclose(t.sum(axis=1), 1)
    assert t.min() >= 0


@pytest.mark.parametrize("lam", [-0.1, 1.1])
def test_a_share_outside_of_zero_and_one_is_named(lam):
    with pytest.raises(ValueError, match=f"between 0 and 1, got {lam}"):
        mixing.mixup(*batch(), lam, np.arange(5))


def test_small_alpha_leaves_most_images_nearly_as_they_were():
    x, targets = batch()
    g = rng()
    shares = [mixing.random_mixup(x, targets, alpha=0.05, rng=g)[1].max() for _ in range(200)]
    assert np.mean(np.array(shares) > 0.99) > 0.8


# Cutout and CutMix


def test_a_hole_has_its_centre_and_its_side():
    x, _ = batch(1)
    out = mixing.cutout(x, np.array([3]), np.array([2]), 3, fill=-1.0)
    hole = np.zeros((6, 7), bool)
    hole[2:5, 1:4] = True
    assert_array_equal(out[0, :, hole], -1)
    assert_array_equal(out[0][:, ~hole], x[0][:, ~hole])


@given(st.integers(0, 5), st.integers(0, 6), st.integers(1, 14))
def test_a_hole_is_clipped_at_the_border(row, column, side):
    x, _ = batch(1)
    out = mixing.cutout(x, np.array([row]), np.array([column]), side)
    rows = [i for i in range(row - side // 2, row - side // 2 + side) if 0 <= i < 6]
    columns = [j for j in range(column - side // 2, column - side // 2 + side) if 0 <= j < 7]
    assert (out[0, 0] == 0).sum() == len(rows) * len(columns)
    assert out[0, 0, row, column] == 0


@pytest.mark.parametrize(("row", "column"), [(6, 0), (-1, 0), (0, 7)])
def test_a_centre_outside_of_the_image_is_named(row, column):
    with pytest.raises(ValueError, match="places of a 6 x 7 image"):
        mixing.cutout(batch(1)[0], np.array([row]), np.array([column]), 2)


def test_a_box_in_the_middle_has_its_area_and_in_a_corner_a_quarter_of_it():
    top, bottom, left, right = mixing.cut_box(40, 40, 0.75, 20, 20)
    assert (bottom - top) * (right - left) == 400
    top, bottom, left, right = mixing.cut_box(40, 40, 0.75, 0, 0)
    assert (bottom - top) * (right - left) == 100


def test_targets_of_cutmix_count_the_pixels_that_were_pasted():
    x, targets = batch(3)
    partners = np.array([1, 2, 0])
    mixed, t = mixing.cutmix(x, targets, (0, 2, 5, 7), partners)
    own = np.isclose(mixed, x).mean(axis=(1, 2, 3))
    assert_allclose(own, 1 - 4 / 42)
    assert_allclose(t, 38 / 42 * targets + 4 / 42 * targets[partners])
