import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose, assert_array_equal

from tests.golden import both
from utils import preprocessing as pre

golden_values = pytest.mark.parametrize("golden", both("preprocessing", "sklearn", "scipy"))

tables = arrays(
    st.sampled_from([np.float32, np.float64]),
    array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements=st.floats(-100, 100, width=32),
)


def covariance(x):
    return np.cov(x.T, bias=True).reshape(x.shape[1], x.shape[1])


# Signs


def test_one_sign_is_told_feature_by_feature():
    x = np.array([[1.0, -1.0, 0.0, 2.0, 0.0], [3.0, -2.0, 5.0, -1.0, 0.0]])
    assert_array_equal(pre.has_one_sign_inputs(x), [True, True, True, False, True])


def test_centring_leaves_no_feature_with_one_sign():
    x = np.random.default_rng(0).uniform(0, 255, (50, 8))
    assert pre.has_one_sign_inputs(x).all()
    assert not pre.has_one_sign_inputs(x - x.mean(axis=0)).any()


# Units, mean and spread


def test_matched_layers_take_the_same_path():
    rng = np.random.default_rng(0)
    x, y, w_out = (
        rng.standard_normal((9, 4)),
        rng.standard_normal((9, 3)),
        rng.standard_normal((5, 3)),
    )

    def losses(x, w, lr):
        found = []
        for _ in range(20):
            h = np.tanh(x @ w)
            error = (h @ w_out - y) / len(x)
            found.append(len(x) * (error**2).sum())
            w = w - lr * x.T @ ((error @ w_out.T) * (1 - h**2))
        return found

    w = rng.standard_normal((4, 5))
    assert_allclose(losses(x / 7, *pre.match_scaling(w, 0.1, 7.0)), losses(x, w, 0.1), rtol=1e-9)


@given(tables)
def test_the_second_moment_is_spread_and_mean(x):
    x = x.astype(float)
    around, offset = pre.second_moment(x)
    scale = max(1, np.abs(x).max() ** 2)
    assert_allclose(around + offset, x.T @ x / len(x), atol=1e-12 * scale)
    assert_allclose(around, covariance(x), atol=1e-12 * scale)
    assert_allclose(pre.second_moment(x + 3)[0], around, atol=1e-10 * scale)
    assert np.linalg.matrix_rank(offset) <= 1


# Scaler


@golden_values
def test_scaler_agrees_with_scikit_learn(golden):
    want = golden()
    mean, std = pre.fit_scaler(want["x"])
    assert_allclose(mean, want["mean"], rtol=1e-12)
    assert_allclose(std, want["std"], rtol=1e-12)
    assert_allclose(pre.apply_scaler(want["x_new"], mean, std), want["scaled"], rtol=1e-10)
    assert_allclose(pre.fit_scaler(want["x_constant"])[1], want["constant_std"], rtol=1e-12)


@given(tables)
def test_scaled_training_data_have_mean_zero_and_deviation_one_or_zero(x):
    scaled = pre.apply_scaler(x, *pre.fit_scaler(x))
    assert scaled.dtype == x.dtype
    assert np.isfinite(scaled).all()
    rounding = 1e4 * np.finfo(x.dtype).eps
    spread = x.max(axis=0).astype(float) - x.min(axis=0)
    # The squares of smaller float32 numbers lose digits to underflow.
    wide = spread > max(1e-3 * np.abs(x).max(), 1e-15)
    assert_allclose(scaled.mean(axis=0)[wide], 0, atol=rounding)
    assert_allclose(scaled.std(axis=0)[wide], 1, atol=rounding)
    assert_allclose(scaled[:, spread == 0], 0, atol=rounding)


@pytest.mark.parametrize("value", [0.1, 1e-8, 3e9])
def test_constant_column_becomes_zero_even_if_its_mean_is_rounded(value):
    x = np.column_stack([np.full(1000, value), np.arange(1000.0)])
    mean, std = pre.fit_scaler(x)
    assert std[0] == 1
    assert_allclose(pre.apply_scaler(x, mean, std)[:, 0], 0, atol=1e-12 * max(1, value))


def test_scaler_uses_the_training_data_only():
    rng = np.random.default_rng(0)
    x_train, x_val = rng.normal(0, 1, (200, 3)), rng.normal(5, 2, (100, 3))
    scaled = pre.apply_scaler(x_val, *pre.fit_scaler(x_train))
    assert (scaled.mean(axis=0) > 4).all()
    assert (scaled.std(axis=0) > 1.5).all()


def test_a_long_constant_float32_column_becomes_zero():
    x = np.column_stack([np.full(100_000, 100.1), np.arange(100_000)]).astype(np.float32)
    mean, std = pre.fit_scaler(x)
    assert (pre.apply_scaler(x, mean, std)[:, 0] == 0).all()
    assert {mean.dtype, std.dtype} == {np.dtype(np.float32)}


# Moments of chunks


@given(tables, st.integers(1, 5))
def test_merged_moments_are_those_of_all_examples(x, cut):
    x = np.concatenate([x, 2 * x + 1]).astype(float)
    cut = min(cut, len(x) - 1)
    a, b = ((len(c), c.mean(axis=0), c.var(axis=0)) for c in (x[:cut], x[cut:]))
    merged = pre.merge_moments(a, b)
    scale = max(1, np.abs(x).max() ** 2)
    assert merged["n"] == len(x)
    assert_allclose(merged["mean"], x.mean(axis=0), atol=1e-12 * scale)
    assert_allclose(merged["var"], x.var(axis=0), atol=1e-12 * scale)
    assert_allclose(merged["within"] + merged["between"], merged["var"])
    swapped = pre.merge_moments(b, a)
    assert_allclose(swapped["between"], merged["between"], atol=1e-12 * scale)


def test_merged_moments_keep_their_digits():
    x = 1e9 + np.random.default_rng(0).standard_normal(1000)[:, None]
    a, b = ((len(c), c.mean(axis=0), c.var(axis=0)) for c in (x[:300], x[300:]))
    assert_allclose(pre.merge_moments(a, b)["var"], x.var(axis=0), rtol=1e-6)


# Principal components and whitening


@golden_values
def test_pca_agrees_with_scikit_learn(golden):
    want = golden()
    for k in (1, 3, 5):
        rotated, axes, variances = pre.pca(want["x"], k)
        assert_allclose(axes, want["axes"][:, :k], atol=1e-10)
        assert_allclose(rotated, want["rotated"][:, :k], atol=1e-9)
        assert_allclose(variances, want["variances"][:k], rtol=1e-9)


@golden_values
def test_whitening_agrees_with_scikit_learn_and_scipy(golden):
    want = golden()
    assert_allclose(pre.whiten(want["x"], eps=0), want["white"], atol=1e-8)
    assert_allclose(pre.zca(want["x"], eps=0), want["zca"], atol=1e-8)


@given(tables)
def test_pca_rotates_without_changing_lengths(x):
    rotated, axes, variances = pre.pca(x, x.shape[1])
    assert {rotated.dtype, axes.dtype, variances.dtype} == {x.dtype}
    rounding = 1e3 * np.finfo(x.dtype).eps
    scale = max(1, float(np.abs(x).max()))
    assert_allclose(axes.T @ axes, np.eye(x.shape[1]), atol=rounding)
    assert_allclose(rotated @ axes.T, x - x.mean(axis=0), atol=rounding * scale)
    assert (np.diff(variances) <= rounding * scale**2).all()
    assert (variances >= 0).all()


def test_pca_finds_the_long_axis_of_a_cloud():
    rng = np.random.default_rng(0)
    long, short = np.array([0.6, 0.8]), np.array([-0.8, 0.6])
    x = 5 + 3 * rng.standard_normal((5000, 1)) * long + 0.1 * rng.standard_normal((5000, 1)) * short
    rotated, axes, variances = pre.pca(x, 1)
    assert_allclose(axes[:, 0], long, atol=0.01)
    assert_allclose(variances, rotated.var(axis=0), rtol=1e-9)


@pytest.mark.parametrize("k", [0, 4])
def test_pca_names_a_wrong_number_of_components(k):
    with pytest.raises(ValueError, match=f"between 1 and 3, .* got {k}"):
        pre.pca(np.ones((5, 3)), k)


@pytest.mark.parametrize("whitening", [pre.whiten, pre.zca])
def test_whitened_data_have_unit_covariance(whitening):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 6)) @ rng.standard_normal((6, 6)) + 10
    assert_allclose(covariance(whitening(x, 0)), np.eye(6), atol=1e-8)
    assert_allclose(whitening(x, 0).mean(axis=0), 0, atol=1e-10)


def test_eps_leaves_quiet_directions_quiet():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4000, 2)) * [1, 1e-3]
    assert_allclose(pre.whiten(x, 0).std(axis=0), 1, rtol=1e-9)
    assert_allclose(pre.whiten(x, 1e-2).std(axis=0), [1, 1e-2], rtol=0.1)


@pytest.mark.parametrize("whitening", [pre.whiten, pre.zca])
def test_a_direction_without_variance_needs_eps(whitening):
    x = np.random.default_rng(0).standard_normal((50, 3))
    x[:, 2] = x[:, 0] - x[:, 1]
    with pytest.raises(ValueError, match="eps must be larger than 0"):
        whitening(x, 0)
    with np.errstate(all="raise"):
        assert np.isfinite(whitening(x, 1e-5)).all()


@pytest.mark.parametrize("whitening", [pre.whiten, pre.zca])
@pytest.mark.parametrize("shape", [(1, 3), (1, 1), (4, 1)])
def test_whitening_accepts_one_example_and_one_feature(whitening, shape):
    x = np.random.default_rng(0).standard_normal(shape)
    assert whitening(x).shape == shape
    assert np.isfinite(whitening(x)).all()


def test_zca_is_the_whitening_nearest_to_the_data():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((100, 4)) @ rng.standard_normal((4, 4))
    centred, zca = x - x.mean(axis=0), pre.zca(x, 0)
    for _ in range(20):
        rotation = np.linalg.qr(rng.standard_normal((4, 4)))[0]
        assert np.sum((zca - centred) ** 2) <= np.sum((zca @ rotation - centred) ** 2)
    assert np.sum((zca - centred) ** 2) < np.sum((pre.whiten(x, 0) - centred) ** 2)


def test_a_whitener_is_fitted_once_and_applied_to_all():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 4)) @ rng.standard_normal((4, 4)) + 10
    mean, w = pre.fit_whitener(x[:200], 0)
    assert_allclose(covariance(pre.apply_whitener(x[:200], mean, w)), np.eye(4), atol=1e-8)
    assert np.abs(covariance(pre.apply_whitener(x[200:], mean, w)) - np.eye(4)).max() > 1e-3
    assert_allclose(pre.apply_whitener(x, mean, w)[:200], pre.whiten(x[:200], 0), atol=1e-9)


def test_eps_is_a_share_of_the_largest_variance():
    x = np.random.default_rng(0).standard_normal((300, 3)) * [3, 2, 0.1]
    whitened = pre.apply_whitener(x, *pre.fit_whitener(x, 0.01))
    assert_allclose(whitened, pre.apply_whitener(1000 * x, *pre.fit_whitener(1000 * x, 0.01)))
    _, _, variances = pre.pca(x, 3)
    want = variances / (variances + 0.01 * variances[0])
    assert_allclose(np.diag(covariance(whitened)), want, rtol=1e-9)
    with pytest.raises(ValueError, match="eps must be 0 or more, got -1"):
        pre.fit_whitener(x, -1)


# A table in three parts


def test_a_prepared_example_does_not_depend_on_its_company():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 3)) * [1, 100, 0.01] + 5
    x[rng.random(x.shape) < 0.1] = np.nan
    x[:30, 2] = 7.0
    before = x.copy()
    train, val, test = pre.prepare(x[:30], x[30:40], x[40:])
    assert_array_equal(x, before)
    assert_allclose(train.mean(axis=0), 0, atol=1e-12)
    assert_allclose(train[:, :2].std(axis=0), 1)
    assert_array_equal(train[:, 2], 0)
    alone = [pre.prepare(x[:30], row[None], row[None]) for row in x[40:]]
    assert_array_equal(np.concatenate([last for _, _, last in alone]), test)
    assert_array_equal(val[np.isnan(x[30:40])], 0)


# Groups


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=30), st.floats(0.05, 0.95), st.integers(0, 9)
)
def test_groups_stay_together(groups, fraction, seed):
    groups = np.array(groups)
    is_val = pre.split_by_group(groups, val_fraction=fraction, rng=np.random.default_rng(seed))
    assert not set(groups[is_val]) & set(groups[~is_val])
    assert is_val.sum() >= fraction * len(groups)
    assert is_val.sum() - max(np.sum(groups == g) for g in groups[is_val]) < fraction * len(groups)


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 2])
def test_a_share_that_leaves_one_side_empty_is_refused(fraction):
    with pytest.raises(ValueError, match="above 0 and below 1, got"):
        rng = np.random.default_rng(0)
        pre.split_by_group(np.arange(4), val_fraction=fraction, rng=rng)


# Sensitivity


def test_predictions_far_from_the_origin_flip_more_often():
    rng = np.random.default_rng(0)
    y = rng.choice([-1.0, 1.0], 500)
    cloud = rng.standard_normal((500, 2)) + 2 * y[:, None]
    w = np.array([1.0, 1.0])
    directions = rng.standard_normal((100, 2))
    near = pre.flip_rate(cloud, w, 0.0, directions)
    far = pre.flip_rate(cloud + 1000, w, -2000.0, directions)
    assert near < 0.01
    assert far > 0.2


def test_flip_rate_of_one_point_is_the_share_of_directions_that_turn_far_enough():
    angle = 0.02
    x, w = np.array([[-np.sin(angle), np.cos(angle)]]), np.array([1.0, 0.0])
    theta = np.linspace(0, 2 * np.pi, 100_001)
    directions = 3 * np.column_stack([np.cos(theta), np.sin(theta)])
    rate = pre.flip_rate(x, w, 0.0, directions, rel_perturb=0.1)
    # A change (a, b) of length 0.1 flips the point if -sin * (1 + a) + cos * b > 0.
    flips = -np.sin(angle) * (1 + 0.1 * np.cos(theta)) + np.cos(angle) * 0.1 * np.sin(theta) > 0
    assert abs(rate - flips.mean()) < 1e-4


def test_flip_rate_depends_on_directions_not_on_the_length_of_w():
    x = np.random.default_rng(0).standard_normal((200, 3)) + 5
    w = np.array([1.0, -2.0, 0.5])
    directions = np.random.default_rng(1).standard_normal((50, 3))
    rates = [pre.flip_rate(x, c * w, 0.0, directions) for c in (1, 1000)]
    assert rates[0] == rates[1] > 0
    assert pre.flip_rate(x, w, 0.0, 1000 * directions) == rates[0]
    assert pre.flip_rate(x, w, 0.0, directions, rel_perturb=0) == 0


# Images


def test_mean_image_keeps_pixels_and_channel_mean_keeps_channels():
    rng = np.random.default_rng(0)
    for shape in [(6, 3, 4, 5), (1, 3, 2, 2), (4, 1, 1, 1)]:
        x = rng.uniform(0, 255, shape)
        assert_allclose(pre.mean_image(x), sum(x) / len(x))
        by_hand = [np.mean([image[c] for image in x]) for c in range(shape[1])]
        assert_allclose(pre.channel_mean(x), by_hand)
        assert_allclose((x - pre.channel_mean(x)[:, None, None]).mean(axis=(0, 2, 3)), 0, atol=1e-9)
