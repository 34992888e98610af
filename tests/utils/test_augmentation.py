from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.golden import both
from tests.golden.augmentation import SIZES
from utils import augmentation as aug
from utils.data import make_shapes

golden_values = pytest.mark.parametrize("golden", both("augmentation", "torch", "sklearn"))


def rng(seed=0):
    return np.random.default_rng(seed)


def pictures(n=4, c=3, h=6, w=5):
    return rng().uniform(0, 255, (n, c, h, w))


# Pipeline


def test_pipeline_applies_every_step_in_turn():
    x = pictures(50)
    steps = [
        aug.random_hflip,
        partial(aug.random_crop, pad=1, size=5),
        partial(aug.color_jitter, brightness=0.1),
    ]
    x = x[:, :, :5]
    by_hand, g = x, rng(3)
    for step in steps:
        by_hand = step(by_hand, rng=g)
    assert_array_equal(aug.augment(x, steps, rng=rng(3)), by_hand)


def test_empty_pipeline_gives_a_new_equal_array():
    x = pictures()
    out = aug.augment(x, [], rng=rng())
    assert_array_equal(out, x)
    assert not np.shares_memory(out, x)


def test_pipeline_names_the_step_that_changes_the_shape():
    with pytest.raises(ValueError, match=r"\(4, 3, 2, 2\) of images of shape \(4, 3, 6, 5\).*crop"):
        aug.augment(pictures(), [partial(aug.random_crop, size=2)], rng=rng())


# Flips


def test_flip_mirrors_left_and_right_and_is_its_own_inverse():
    x = pictures()
    flipped = aug.hflip(x)
    for j in range(5):
        assert_array_equal(flipped[..., j], x[..., 4 - j])
    assert_array_equal(aug.hflip(flipped), x)


def test_random_flip_mirrors_whole_images_one_by_one():
    x = pictures(n=10_000, c=1, h=2, w=3)
    out = aug.random_hflip(x, p=0.3, rng=rng())
    same = np.all(out == x, axis=(1, 2, 3))
    mirrored = np.all(out == aug.hflip(x), axis=(1, 2, 3))
    assert_array_equal(same, ~mirrored)
    assert abs(mirrored.mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / 10_000)
    assert_array_equal(aug.random_hflip(x, p=0, rng=rng()), x)
    assert_array_equal(aug.random_hflip(x, p=1, rng=rng()), aug.hflip(x))


# Crops and scales


def test_crop_takes_another_place_in_every_image():
    x = pictures(n=3)
    top, left = np.array([0, 2, 3]), np.array([2, 0, 1])
    out = aug.crop(x, top, left, 3)
    for n in range(3):
        assert_array_equal(out[n], x[n, :, top[n] : top[n] + 3, left[n] : left[n] + 3])


@pytest.mark.parametrize(("top", "left"), [(-1, 0), (0, -1), (4, 0), (0, 3)])
def test_crop_outside_of_the_image_is_named(top, left):
    with pytest.raises(ValueError, match="side 3 must lie inside images of 6 x 5"):
        aug.crop(pictures(1), np.array([top]), np.array([left]), 3)


def test_every_place_of_a_random_crop_is_equally_likely():
    n = 24_000
    x = np.broadcast_to(np.arange(30.0).reshape(1, 1, 6, 5), (n, 1, 6, 5))
    corner = aug.random_crop(x, 3, rng=rng())[:, 0, 0, 0].astype(int)
    places = [5 * i + j for i in range(4) for j in range(3)]
    counts = np.bincount(corner, minlength=30)
    assert sorted(np.flatnonzero(counts)) == places
    assert np.abs(counts[places] - n / 12).max() < 6 * np.sqrt(n / 12)


def test_padded_crop_of_the_same_size_is_a_shift():
    x = pictures(n=200, h=4, w=4)
    out = aug.random_crop(x, 4, pad=2, rng=rng())
    shifts = [(dx, dy) for dx in range(-2, 3) for dy in range(-2, 3)]
    moved = np.stack([aug.shift_images(x, dx, dy) for dx, dy in shifts])
    found = np.all(moved == out, axis=(2, 3, 4))
    assert_array_equal(found.sum(axis=0), 1)
    assert found.any(axis=1).all(), "all 25 shifts happen"


def test_crop_larger_than_the_padded_image_is_named():
    with pytest.raises(
        ValueError, match="x has images of 8 x 7 with padding, too small for squares of side 8"
    ):
        aug.random_crop(pictures(), 8, pad=1, rng=rng())


@golden_values
def test_resize_agrees_with_pytorch(golden):
    want = golden()
    for height, width in SIZES:
        ours = aug.resize(want["x"], height, width)
        assert_allclose(ours, want[f"resized_{height}_{width}"], rtol=1e-12)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_resize_keeps_constants_and_stays_within_the_range(h, w, height, width):
    assert_allclose(aug.resize(np.full((1, 1, h, w), 7.0), height, width), 7)
    x = pictures(1, 1, h, w).astype(np.float32)
    out = aug.resize(x, height, width)
    assert out.shape == (1, 1, height, width)
    assert out.dtype == np.float32
    assert out.min() >= x.min() - 1e-3
    assert out.max() <= x.max() + 1e-3


@pytest.mark.parametrize(
    ("shape", "side", "want"), [((6, 5), 10, (12, 10)), ((5, 6), 10, (10, 12)), ((3, 7), 2, (2, 5))]
)
def test_short_side_gets_its_length_and_proportions_stay(shape, side, want):
    assert aug.resize_short_side(pictures(1, 1, *shape), side).shape[2:] == want


def test_scale_crop_draws_all_scales():
    ramp = np.broadcast_to(np.arange(20.0), (300, 1, 20, 20))
    out = aug.random_scale_crop(ramp, 10, short_sides=(10, 30), rng=rng())
    assert out.shape == (300, 1, 10, 10)
    slope = out[:, 0, 5, 6] - out[:, 0, 5, 5]
    scales = set(np.rint(20 / slope[slope > 0.1]).astype(int))
    assert {10, 30} <= scales <= set(range(10, 31))


@pytest.mark.parametrize("short_sides", [(9, 30), (30, 20)])
def test_scale_crop_names_sides_in_the_wrong_order(short_sides):
    with pytest.raises(ValueError, match="size <= low <= high, but size=10"):
        aug.random_scale_crop(pictures(), 10, short_sides=short_sides, rng=rng())


def test_scale_crop_of_no_image_is_no_image():
    empty = np.zeros((0, 3, 20, 20))
    assert aug.random_scale_crop(empty, 8, short_sides=(8, 9), rng=rng()).shape == (0, 3, 8, 8)


def test_ten_views_are_corners_centre_and_their_mirror_images():
    img = pictures(1, 3, 8, 7)[0]
    views = aug.ten_crop(img, 4)
    assert views.shape == (10, 3, 4, 4)
    wanted = [img[:, :4, :4], img[:, :4, 3:], img[:, 4:, :4], img[:, 4:, 3:], img[:, 2:6, 1:5]]
    assert_array_equal(views[:5], wanted)
    assert_array_equal(views[5:], np.array(wanted)[..., ::-1])


def test_ten_views_of_a_too_small_image_are_refused():
    with pytest.raises(ValueError, match="img has 6 x 5 pixels, too few for squares of side 6"):
        aug.ten_crop(pictures()[0], 6)


# Light and colour


def test_light_changes_as_the_formula_says():
    x = pictures(2)
    b, c = np.array([0.1, -0.2]), np.array([1.5, 0.5])
    out = aug.adjust_light(x, b, c)
    for n in range(2):
        unclipped = x[n].mean() + c[n] * (x[n] - x[n].mean()) + 255 * b[n]
        assert_allclose(out[n], np.clip(unclipped, 0, 255))
    assert_allclose(aug.adjust_light(x, np.zeros(2), np.ones(2)), x)
    grey = aug.adjust_light(x, np.zeros(2), np.zeros(2))
    assert_allclose(grey, np.broadcast_to(x.mean(axis=(1, 2, 3), keepdims=True), x.shape))


def test_color_jitter_stays_in_its_limits_and_differs_between_images():
    x = np.broadcast_to(rng().uniform(0.4, 0.6, (1, 3, 6, 5)), (4000, 3, 6, 5))
    out = aug.color_jitter(x, brightness=0.2, contrast=0.3, high=1.0, rng=rng())
    shift = out.mean(axis=(1, 2, 3)) - x.mean()
    factor = out.std(axis=(1, 2, 3)) / x.std()
    for drawn, low, high in ((shift, -0.2, 0.2), (factor, 0.7, 1.3)):
        assert low <= drawn.min() < low + 0.01 * (high - low)
        assert high >= drawn.max() > high - 0.01 * (high - low)
        assert abs(drawn.mean() - (low + high) / 2) < 6 * (high - low) / np.sqrt(12 * 4000)
    assert abs(np.corrcoef(shift, factor)[0, 1]) < 0.1


@pytest.mark.parametrize("high", [1.0, 255.0])
def test_color_jitter_clips_to_the_range(high):
    x = pictures(50) * high / 255
    out = aug.color_jitter(x, brightness=1, contrast=1, high=high, rng=rng())
    assert out.min() == 0
    assert out.max() == high


@golden_values
def test_principal_colours_agree_with_scikit_learn(golden):
    want = golden()
    evals, evecs = aug.fit_color_pca(want["x"])
    assert_allclose(evals, want["evals"], rtol=1e-9)
    assert_allclose(evecs, want["evecs"], atol=1e-9)


def test_principal_colours_do_not_depend_on_the_unit_of_a_pixel():
    x = pictures()
    for ours, theirs in zip(
        aug.fit_color_pca(x), aug.fit_color_pca(x / 255, high=1.0), strict=True
    ):
        assert_allclose(ours, theirs, rtol=1e-10)


def test_tint_is_one_colour_for_all_pixels_of_an_image():
    x = pictures()
    evals, evecs = aug.fit_color_pca(x)
    alpha = rng(1).standard_normal((4, 3))
    added = aug.shift_colors(x, alpha, evals, evecs) - x
    for n in range(4):
        color = np.sum([alpha[n, i] * evals[i] * evecs[:, i] for i in range(3)], axis=0)
        assert_allclose(added[n], np.broadcast_to(255 * color[:, None, None], (3, 6, 5)))


def test_random_tint_has_the_stated_spread():
    x = np.zeros((20_000, 3, 1, 1))
    evals, evecs = np.array([0.3, 0.1, 0.01]), np.linalg.qr(rng().standard_normal((3, 3)))[0]
    tint = aug.pca_color_jitter(x, evals, evecs, std=0.2, high=1.0, rng=rng())[:, :, 0, 0]
    assert_allclose((tint @ evecs).std(axis=0), 0.2 * evals, rtol=0.05)
    assert np.abs((tint @ evecs).mean(axis=0) / (0.2 * evals)).max() < 6 / np.sqrt(20_000)


def test_default_tint_is_a_slight_change_of_light():
    # Variances of pixels up to 255 are 65000 times those of pixels up to 1.
    x = make_shapes(200, 0, 0).x_train
    evals, evecs = aug.fit_color_pca(x)
    assert (evecs[:, 0] > 0.4).all(), "the first principal colour is near grey"
    change = aug.pca_color_jitter(x, evals, evecs, rng=rng()) - x
    assert 0.2 < change.std() < 10


# Warps


@golden_values
def test_affine_agrees_with_pytorch(golden):
    want = golden()
    for a, t, warped in zip(want["a"], want["t"], want["warped"], strict=True):
        assert_allclose(aug.affine(want["x"][0], a, t), warped, atol=1e-9)


def test_affine_identity_changes_nothing():
    img = pictures()[0]
    assert_array_equal(aug.affine(img, aug.affine_matrix(), np.zeros(2)), img)


def test_affine_moves_points_the_stated_way():
    img = np.zeros((1, 5, 5))
    img[0, 2, 4] = 1  # two pixels to the right of the centre
    identity = aug.affine_matrix()

    def place(a, t=(0, 0)):
        row, column = np.unravel_index(aug.affine(img, a, np.array(t, float)).argmax(), (5, 5))
        return int(row), int(column)

    assert place(identity, (-1, 2)) == (4, 3), "t is (to the right, down)"
    assert place(aug.affine_matrix(degrees=90)) == (4, 2), "clockwise on the screen"
    assert place(aug.affine_matrix(stretch=(0.5, 1))) == (2, 3)
    assert place(aug.affine_matrix(shear=-1), (0, 0)) == (2, 4), "the centre row stays"
    assert place(aug.affine_matrix(shear=1) @ aug.affine_matrix(degrees=90), (-1, 0)) == (4, 3)


def test_affine_whole_pixel_shift_is_shift_images():
    x = pictures()
    moved = [aug.affine(img, np.eye(2), np.array([2.0, -1.0]), fill=5) for img in x]
    assert_allclose(moved, aug.shift_images(x, 2, -1, fill=5))


def test_affine_outside_is_fill():
    out = aug.affine(pictures()[0], np.eye(2), np.array([1e9, 0]), fill=-3)
    assert_array_equal(out, np.full_like(out, -3))


def test_affine_names_a_matrix_without_inverse():
    with pytest.raises(ValueError, match=r"invertible, but got \[\[1.0, 2.0\], \[2.0, 4.0\]\]"):
        aug.affine(pictures()[0], np.array([[1.0, 2.0], [2.0, 4.0]]), np.zeros(2))


def test_affine_matrix_applies_stretch_then_shear_then_rotation():
    a = aug.affine_matrix(degrees=90, stretch=(2, 3), shear=0.5)
    assert_allclose(a @ [1, 0], [0, 2], atol=1e-12)
    assert_allclose(a @ [0, 1], [-3, 1.5], atol=1e-12)


def test_random_affine_without_ranges_changes_nothing_and_draws_for_every_image():
    x = np.broadcast_to(pictures(1), (5, 3, 6, 5))
    still = aug.random_affine(x, degrees=0, stretch=0, shear=0, shift=0, rng=rng())
    assert_array_equal(still, x)
    out = aug.random_affine(x, rng=rng())
    assert all(not np.allclose(out[i], out[j]) for i in range(5) for j in range(i))


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (2, 0), (-1, 3), (0, -2), (9, 0), (-5, -6)])
def test_shift_moves_pixels_and_fills(dx, dy):
    x = pictures()
    out = aug.shift_images(x, dx, dy, fill=7)
    for i in range(6):
        for j in range(5):
            inside = 0 <= i - dy < 6 and 0 <= j - dx < 5
            assert_array_equal(out[:, :, i, j], x[:, :, i - dy, j - dx] if inside else 7)


def test_shift_sensitivity_is_the_share_of_changed_answers():
    x = np.zeros((4, 1, 1, 4))
    x[[0, 1, 2, 3], 0, 0, [0, 1, 2, 0]] = 1

    def where_is_it(images):
        left = images[..., :2].sum(axis=(1, 2, 3))
        return np.stack([left, 1 - left], axis=1)

    assert aug.shift_sensitivity(where_is_it, x, 0) == 0
    assert aug.shift_sensitivity(where_is_it, x, 1) == 0.25
    assert aug.shift_sensitivity(lambda images: np.ones((4, 3)), x, 1) == 0


def test_places_between_pixels_are_bilinear_means():
    img = pictures(1, 2, 4, 5)[0]
    rows, columns = np.array([1.0, 0.5, 2.25]), np.array([3.0, 1.0, 0.5])
    out = aug.read_bilinear(img, rows, columns)
    assert_allclose(out[:, 0], img[:, 1, 3])
    assert_allclose(out[:, 1], (img[:, 0, 1] + img[:, 1, 1]) / 2)
    corners = 0.75 * (img[:, 2, 0] + img[:, 2, 1]) / 2 + 0.25 * (img[:, 3, 0] + img[:, 3, 1]) / 2
    assert_allclose(out[:, 2], corners)


def test_outside_of_the_image_is_the_fill():
    img = pictures(1, 1, 3, 3)[0]
    out = aug.read_bilinear(img, np.array([-5.0, -0.5]), np.array([1.0, 1.0]), fill=9.0)
    assert_allclose(out[0], [9, (9 + img[0, 0, 1]) / 2])
