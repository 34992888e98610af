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


@pytest.mark.parametrize("k", [0, 4, -1])
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


# Sensitivity


def test_predictions_far_from_the_origin_flip_more_often():
    rng = np.random.default_rng(0)
    y = rng.choice([-1.0, 1.0], 500)
    cloud = rng.standard_normal((500, 2)) + 2 * y[:, None]
    w = np.array([1.0, 1.0])
    near = pre.flip_rate(cloud, w, rng=np.random.default_rng(1))
    far = pre.flip_rate(cloud + 1000, w, b=-2000.0, rng=np.random.default_rng(1))
    assert near < 0.01
    assert far > 0.2


def test_flip_rate_of_one_point_is_the_share_of_directions_that_turn_far_enough():
    angle = 0.02
    x, w = np.array([[-np.sin(angle), np.cos(angle)]]), np.array([1.0, 0.0])
    rate = pre.flip_rate(x, w, rel_perturb=0.1, repeats=100_000, rng=np.random.default_rng(0))
    # A change (a, b) of length 0.1 flips the point if -sin * (1 + a) + cos * b > 0.
    theta = np.linspace(0, 2 * np.pi, 1_000_001)
    flips = -np.sin(angle) * (1 + 0.1 * np.cos(theta)) + np.cos(angle) * 0.1 * np.sin(theta) > 0
    assert abs(rate - flips.mean()) < 0.01


def test_flip_rate_depends_on_directions_not_on_the_length_of_w():
    x = np.random.default_rng(0).standard_normal((200, 3)) + 5
    w = np.array([1.0, -2.0, 0.5])
    rates = [pre.flip_rate(x, c * w, rng=np.random.default_rng(1)) for c in (1, 1000)]
    assert rates[0] == rates[1] > 0
    assert pre.flip_rate(x, w, rel_perturb=0, rng=np.random.default_rng(1)) == 0


# Images


def test_mean_image_keeps_pixels_and_channel_mean_keeps_channels():
    rng = np.random.default_rng(0)
    for shape in [(6, 3, 4, 5), (1, 3, 2, 2), (4, 1, 1, 1)]:
        x = rng.uniform(0, 255, shape)
        assert_allclose(pre.mean_image(x), sum(x) / len(x))
        by_hand = [np.mean([image[c] for image in x]) for c in range(shape[1])]
        assert_allclose(pre.channel_mean(x), by_hand)
        assert_allclose((x - pre.channel_mean(x)[:, None, None]).mean(axis=(0, 2, 3)), 0, atol=1e-9)
