import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.golden import both
from tests.golden import normalization as golden_setup
from utils import normalization as norm
from utils.activations import act
from utils.gradients import numerical_gradient

FLOATS = [np.float32, np.float64]
EPS, MOMENTUM, GROUPS = golden_setup.EPS, golden_setup.MOMENTUM, golden_setup.GROUPS
golden_values = pytest.mark.parametrize("golden", both("normalization", "torch", "scipy"))


def finite_difference(f, x, dout):
    """Gradient of sum(f(x) * dout) on x."""
    return numerical_gradient(lambda x: (f(x) * dout).sum(), x)


def start(d, dtype=float):
    return np.zeros(d, dtype), np.ones(d, dtype)


def batchnorm(x, gamma, beta, **options):
    out, cache, _ = norm.batchnorm_forward(x, gamma, beta, start(len(gamma), x.dtype), **options)
    return out, cache


def batchnorm_eval(x, gamma, beta):
    return batchnorm(x, gamma, beta, train=False)


def spatial_batchnorm(x, gamma, beta, **options):
    running = start(len(gamma), x.dtype)
    out, cache, _ = norm.spatial_batchnorm_forward(x, gamma, beta, running, **options)
    return out, cache


def groupnorm(x, gamma, beta, groups=GROUPS):
    return norm.groupnorm_forward(x, gamma, beta, groups=groups)


# Every layer that is a function of (x, gamma, beta), its backward, and the shape it takes.
LAYERS = {
    "batch": (batchnorm, norm.batchnorm_backward, (5, 4)),
    "batch, eval": (batchnorm_eval, norm.batchnorm_backward, (5, 4)),
    "spatial batch": (spatial_batchnorm, norm.spatial_batchnorm_backward, (3, 4, 2, 3)),
    "layer": (norm.layernorm_forward, norm.layernorm_backward, (5, 4)),
    "instance": (norm.instancenorm_forward, norm.instancenorm_backward, (3, 4, 2, 3)),
    "group": (groupnorm, norm.groupnorm_backward, (3, 4, 2, 3)),
}
layers = pytest.mark.parametrize("name", LAYERS)


def drawn(shape, seed=0, dtype=float):
    """Data, gamma, beta and an upstream gradient."""
    rng = np.random.default_rng(seed)
    x, dout = 3 * rng.standard_normal(shape) + 1, rng.standard_normal(shape)
    gamma, beta = rng.standard_normal((2, shape[1]))
    return [array.astype(dtype) for array in (x, gamma, beta, dout)]


def arrays_of(*results):
    """The arrays in nested tuples."""
    for result in results:
        if isinstance(result, np.ndarray):
            yield result
        elif isinstance(result, tuple):
            yield from arrays_of(*result)


# Against PyTorch


def assert_agrees(want, name, out, gradients):
    assert_allclose(out, want[f"{name}_out"], rtol=1e-9, atol=1e-12)
    for i, gradient in enumerate(gradients):
        assert_allclose(gradient, want[f"{name}_grad{i}"], rtol=1e-8, atol=1e-12)


@golden_values
@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("name", ["batchnorm", "spatial_batchnorm"])
def test_batch_norm_agrees_with_pytorch(golden, name, mode):
    want = golden()
    x = want["x" if name == "batchnorm" else "images"]
    running = want["mean"], want["var"]
    out, cache, running_next = getattr(norm, f"{name}_forward")(
        *(x, want["gamma"], want["beta"], running),
        train=mode == "train",
        momentum=MOMENTUM,
        eps=EPS,
    )
    dout = want[f"{name}_{mode}_dout"]
    assert_agrees(want, f"{name}_{mode}", out, getattr(norm, f"{name}_backward")(dout, cache))
    assert_allclose(running_next[0], want[f"{name}_{mode}_mean"], rtol=1e-9)
    # PyTorch collects the unbiased variance of the batch, we the biased one.
    n = x.size // len(want["gamma"])
    old = want["var"] * (1 - MOMENTUM)
    new = want[f"{name}_{mode}_var"]
    biased = old + (new - old) * (n - 1) / n if mode == "train" else new
    assert_allclose(running_next[1], biased, rtol=1e-9)


@golden_values
@pytest.mark.parametrize(
    ("name", "options"),
    [("layernorm", {}), ("instancenorm", {}), ("groupnorm", {"groups": GROUPS})],
)
def test_other_norms_agree_with_pytorch(golden, name, options):
    want = golden()
    x = want["x" if name == "layernorm" else "images"]
    forward, backward = (getattr(norm, f"{name}_{way}") for way in ("forward", "backward"))
    out, cache = forward(x, want["gamma"], want["beta"], **options, eps=EPS)
    assert_agrees(want, name, out, backward(want[f"{name}_dout"], cache))


@golden_values
def test_weight_norm_agrees_with_pytorch(golden):
    want = golden()
    w, cache = norm.weightnorm_forward(want["v"], want["g"])
    gradients = norm.weightnorm_backward(want["weightnorm_dout"], cache)
    assert_agrees(want, "weightnorm", w, gradients)


@golden_values
def test_covariance_and_its_inverse_root_agree_with_numpy_and_scipy(golden):
    want = golden()
    x = want["x"]
    assert_allclose(norm.cov(x), want["cov"], rtol=1e-9, atol=1e-12)
    out = norm.decorrelated_batchnorm(x, eps=EPS)
    assert_allclose(out, (x - x.mean(axis=0)) @ want["inverse_root"], rtol=1e-9, atol=1e-12)


# Every layer


@layers
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_gradients_are_those_of_finite_differences(name, data):
    forward, backward, shape = LAYERS[name]
    side = st.integers(1, 3)
    channels = 2 * data.draw(side) if name == "group" else data.draw(side)
    shape = (data.draw(side), channels, *(data.draw(side) for _ in shape[2:]))
    x, gamma, beta, dout = drawn(shape, seed=data.draw(st.integers(0, 99)))
    out, cache = forward(x, gamma, beta)
    gradients = backward(dout, cache)
    numerical = (
        finite_difference(lambda x: forward(x, gamma, beta)[0], x, dout),
        finite_difference(lambda gamma: forward(x, gamma, beta)[0], gamma, dout),
        finite_difference(lambda beta: forward(x, gamma, beta)[0], beta, dout),
    )
    assert out.shape == shape
    # Two values 0.01 apart make gradients of a hundred, and finite differences lose digits on them.
    size = max(np.abs(gradients[0]).max(), 1)
    for gradient, expected in zip(gradients, numerical, strict=True):
        assert_allclose(gradient, expected, rtol=1e-5, atol=1e-6 * size**2)


@layers
@pytest.mark.parametrize("dtype", FLOATS)
def test_dtype_stays_and_arguments_are_not_touched(name, dtype):
    forward, backward, shape = LAYERS[name]
    arguments = drawn(shape, dtype=dtype)
    before = [array.copy() for array in arguments]
    *inputs, dout = arguments
    out, cache = forward(*inputs)
    gradients = backward(dout, cache)
    assert {array.dtype for array in arrays_of(out, cache, gradients)} == {np.dtype(dtype)}
    for array, was in zip(arguments, before, strict=True):
        assert_array_equal(array, was)
    precise = backward(dout.astype(float), forward(*(a.astype(float) for a in inputs))[1])
    rtol = 1e-4 if dtype == np.float32 else 1e-12
    for gradient, want in zip(gradients, precise, strict=True):
        assert_allclose(gradient, want, rtol=rtol, atol=rtol)


@layers
def test_layout_in_memory_does_not_matter(name):
    forward, backward, shape = LAYERS[name]
    x, gamma, beta, dout = drawn(shape)
    wide, wide_dout = (np.repeat(array, 2, axis=-1)[..., ::2] for array in (x, dout))
    fortran, fortran_dout = (np.asfortranarray(array) for array in (x, dout))
    out, cache = forward(x, gamma, beta)
    gradients = backward(dout, cache)
    for other, other_dout in ((wide, wide_dout), (fortran, fortran_dout)):
        assert not other.flags.c_contiguous
        other_out, other_cache = forward(other, gamma, beta)
        assert_allclose(other_out, out, rtol=1e-12)
        for a, b in zip(backward(other_dout, other_cache), gradients, strict=True):
            assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@layers
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("size", [0.0, 1e-30, 1e4, 1e30])
def test_extreme_values_are_finite_and_silent(name, dtype, size):
    forward, backward, shape = LAYERS[name]
    x, gamma, beta, dout = drawn(shape, dtype=dtype)
    out, cache = forward(x * dtype(size), gamma, beta)
    for array in arrays_of(out, backward(dout, cache)):
        assert np.isfinite(array).all()


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "batch, eval"])
def test_a_variance_too_large_for_a_float_leaves_beta(name):
    forward, backward, shape = LAYERS[name]
    x, gamma, beta, dout = drawn(shape)
    out, cache = forward(x * 1e200, gamma, beta)
    assert_array_equal(out, np.zeros_like(x) + beta.reshape(-1, *[1] * (x.ndim - 2)))
    assert_array_equal(backward(dout, cache)[0], np.zeros_like(x))


@layers
def test_rejects_scales_of_the_wrong_length(name):
    forward, _, shape = LAYERS[name]
    x, gamma, beta, _ = drawn(shape)
    for wrong in ((gamma[:1], beta), (gamma, beta[:1]), (gamma[:, None], beta)):
        with pytest.raises(
            ValueError, match=r"(gamma|beta) has shape .*, expected shape .* = 4 as in x"
        ):
            forward(x, *wrong)


# Statistics


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 5), st.sampled_from(FLOATS))
def test_batch_statistics_are_one_pair_per_unit(m, k, dtype):
    h = drawn((m, k), dtype=dtype)[0]
    mu, sigma = norm.batch_stats(h, eps=EPS)
    assert mu.shape == sigma.shape == (k,)
    assert mu.dtype == sigma.dtype == dtype
    assert_allclose(mu, h.mean(axis=0), rtol=1e-5)
    assert_allclose(sigma, np.sqrt(h.var(axis=0) + dtype(EPS)), rtol=1e-4)


def test_statistics_of_a_matrix_with_eight_rows_and_three_columns():
    mu, sigma = norm.batch_stats(np.arange(24.0).reshape(8, 3), eps=0)
    assert_allclose(mu, [10.5, 11.5, 12.5])
    # Rows step by 3: the biased variance of 0 .. 7, (64 - 1) / 12, times 9.
    assert_allclose(sigma, np.full(3, np.sqrt(9 * 63 / 12)))


def test_statistics_rejects_an_empty_batch():
    empty = np.empty((0, 3))
    for call in (norm.batch_stats, norm.cov, norm.decorrelated_batchnorm):
        with pytest.raises(ValueError, match=r"has shape \(0, 3\), expected at least one row"):
            call(empty)
    with pytest.raises(ValueError, match=r"x has shape \(0, 3\), expected at least one row"):
        batchnorm(empty, np.ones(3), np.zeros(3))


def test_an_empty_batch_can_be_evaluated():
    empty, gamma, beta = np.empty((0, 4)), np.ones(4), np.zeros(4)
    out, cache = batchnorm_eval(empty, gamma, beta)
    assert out.shape == norm.batchnorm_backward(empty, cache)[0].shape == (0, 4)
    assert norm.layernorm_forward(empty, gamma, beta)[0].shape == (0, 4)
    images = np.empty((0, 4, 2, 3))
    assert norm.instancenorm_forward(images, gamma, beta)[0].shape == images.shape
    assert groupnorm(images, gamma, beta)[0].shape == images.shape


# Batch norm


@settings(deadline=None)
@given(st.integers(2, 8), st.integers(1, 5), st.integers(0, 99))
def test_a_batch_comes_out_with_mean_beta_and_deviation_gamma(n, d, seed):
    x, gamma, beta, _ = drawn((n, d), seed=seed)
    out, (x_hat, *_) = batchnorm(x, gamma, beta, eps=0.0)
    assert_allclose(out.mean(axis=0), beta, atol=1e-9)
    assert_allclose(out.std(axis=0), np.abs(gamma), rtol=1e-9)
    assert_allclose(x_hat, (x - x.mean(axis=0)) / x.std(axis=0), rtol=1e-9, atol=1e-12)


def test_scale_and_shift_can_undo_the_normalisation():
    x = drawn((50, 4))[0]
    eps = 1e-5
    exact, _ = batchnorm(x, np.sqrt(x.var(axis=0) + eps), x.mean(axis=0), eps=eps)
    assert_allclose(exact, x, atol=1e-14)
    nearly, _ = batchnorm(x, x.std(axis=0), x.mean(axis=0), eps=eps)
    assert 1e-7 < np.abs(nearly - x).max() < 1e-4


def test_a_constant_feature_becomes_beta():
    x = np.full((6, 2), 7.0)
    out, cache = batchnorm(x, np.array([2.0, 3.0]), np.array([0.5, -1.0]))
    assert_array_equal(out, np.tile([0.5, -1.0], (6, 1)))
    assert np.isfinite(norm.batchnorm_backward(np.ones((6, 2)), cache)[0]).all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_batch_of_one_becomes_beta_and_sends_no_gradient(dtype):
    x, gamma, beta, dout = drawn((1, 4), dtype=dtype)
    running = start(4, dtype)
    out, cache, (mean, var) = norm.batchnorm_forward(x, gamma, beta, running)
    assert_array_equal(out, beta[None])
    dx, dgamma, dbeta = norm.batchnorm_backward(dout, cache)
    assert_array_equal(dx, np.zeros((1, 4)))
    assert_array_equal(dgamma, np.zeros(4))
    assert_array_equal(dbeta, dout[0])
    assert_allclose(mean, 0.1 * x[0], rtol=1e-6)
    assert_allclose(var, 0.9, rtol=1e-6)


def test_running_statistics_weigh_the_new_batch_with_momentum():
    x, gamma, beta, _ = drawn((6, 3))
    running = np.full(3, 10.0), np.full(3, 4.0)
    *_, (mean, var) = norm.batchnorm_forward(x, gamma, beta, running, momentum=0.1)
    assert_allclose(mean, 9 + 0.1 * x.mean(axis=0))
    assert_allclose(var, 3.6 + 0.1 * x.var(axis=0))
    assert_array_equal(running, [[10, 10, 10], [4, 4, 4]])


def test_running_statistics_converge_to_those_of_the_data():
    rng = np.random.default_rng(0)
    running = start(2)
    for _ in range(300):
        x = rng.standard_normal((64, 2)) * [1.0, 3.0] + [5.0, -2.0]
        *_, running = norm.batchnorm_forward(x, np.ones(2), np.zeros(2), running)
    assert_allclose(running[0], [5, -2], atol=0.3)
    assert_allclose(running[1], [1, 9], rtol=0.2)


def test_evaluation_does_not_look_at_the_other_examples():
    x, gamma, beta, _ = drawn((8, 3))
    running = np.array([1.0, 2.0, 3.0]), np.array([4.0, 1.0, 9.0])
    together, _, after = norm.batchnorm_forward(x, gamma, beta, running, train=False)
    alone, _, _ = norm.batchnorm_forward(x[:1], gamma, beta, running, train=False)
    assert_allclose(alone, together[:1], rtol=1e-14)
    assert_allclose(together, gamma * (x - running[0]) / np.sqrt(running[1] + 1e-5) + beta)
    assert_array_equal(after, running)
    trained, _ = batchnorm(x, gamma, beta)
    assert np.abs(trained - batchnorm(x[:4], gamma, beta)[0].repeat(2, axis=0)).max() > 0.1


@settings(deadline=None)
@given(st.integers(2, 8), st.integers(1, 5), st.integers(0, 99))
def test_gradient_leaves_out_the_mean_and_the_scale_of_the_batch(n, d, seed):
    x, gamma, beta, dout = drawn((n, d), seed=seed)
    _, cache = batchnorm(x, gamma, beta, eps=0.0)
    dx, *_ = norm.batchnorm_backward(dout, cache)
    size = np.abs(dx).max() + np.abs(gamma / cache[2]).max()
    for residual in norm.projection_residuals(dx, cache[0]):
        assert_allclose(residual, np.zeros(d), atol=1e-12 * size)


def test_residuals_are_sums_over_the_batch():
    dx, x_hat = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [2.0, -1.0]])
    total, dot = norm.projection_residuals(dx, x_hat)
    assert_array_equal(total, [4, 6])
    assert_array_equal(dot, [7, -4])


@pytest.mark.parametrize(
    ("activation", "mean", "std"), [("tanh", 0.0, 0.629), ("relu", 0.396, 0.587)]
)
@pytest.mark.parametrize("scale", [0.01, 1.0])
def test_ten_layers_do_not_depend_on_the_scale_of_the_weights(activation, mean, std, scale):
    rng = np.random.default_rng(0)
    h = rng.standard_normal((1000, 500))
    for _ in range(10):
        z, _ = batchnorm(h @ (scale * rng.standard_normal((500, 500))), np.ones(500), np.zeros(500))
        h = act(activation, z)
    assert_allclose([h.mean(), h.std()], [mean, std], atol=0.004)


# Norms of images and of single examples


@settings(deadline=None)
@given(*[st.integers(1, 4)] * 4)
def test_spatial_batch_norm_is_batch_norm_on_rows_of_channels(n, c, h, w):
    x, gamma, beta, _ = drawn((n, c, h, w))
    rows, (x_hat, *_) = batchnorm(x.transpose(0, 2, 3, 1).reshape(-1, c), gamma, beta)
    out, cache, (mean, var) = norm.spatial_batchnorm_forward(x, gamma, beta, start(c))
    assert_allclose(out.transpose(0, 2, 3, 1).reshape(-1, c), rows, rtol=1e-9, atol=1e-12)
    assert_allclose(cache[0], x_hat, rtol=1e-9, atol=1e-12)
    assert_allclose(mean, 0.1 * x.mean(axis=(0, 2, 3)), atol=1e-12)
    assert_allclose(var, 0.9 + 0.1 * x.var(axis=(0, 2, 3)), atol=1e-12)


@pytest.mark.parametrize("name", ["layer", "instance", "group"])
def test_examples_do_not_meet(name):
    forward, backward, shape = LAYERS[name]
    x, gamma, beta, dout = drawn(shape)
    out, cache = forward(x, gamma, beta)
    alone, alone_cache = forward(x[:1], gamma, beta)
    assert_allclose(alone, out[:1], rtol=1e-12)
    dx, alone_dx = backward(dout, cache)[0], backward(dout[:1], alone_cache)[0]
    assert_allclose(alone_dx, dx[:1], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "pooled", "std_shape"),
    [
        ("batch", (0,), (4,)),
        ("spatial batch", (0, 2, 3), (4,)),
        ("layer", (1,), (5, 1)),
        ("instance", (2, 3), (3, 4, 1, 1)),
    ],
)
def test_what_is_pooled_has_mean_zero_and_deviation_one(name, pooled, std_shape):
    forward, _, shape = LAYERS[name]
    x, *_ = drawn(shape)
    out, cache = forward(x, np.ones(4), np.zeros(4), eps=0.0)
    assert_allclose(out.mean(axis=pooled), 0, atol=1e-12)
    assert_allclose(out.std(axis=pooled), 1, rtol=1e-12)
    assert cache[2].shape == std_shape


def test_group_norm_pools_the_channels_of_a_group_together():
    x, gamma, beta, _ = drawn((3, 6, 4, 5))
    out, (x_hat, _, std) = norm.groupnorm_forward(x, gamma, beta, groups=2, eps=0.0)
    assert std.shape == (3, 2, 1)
    together = x_hat.reshape(3, 2, 3, 4, 5)
    assert_allclose(together.mean(axis=(2, 3, 4)), 0, atol=1e-12)
    assert_allclose(together.std(axis=(2, 3, 4)), 1, rtol=1e-12)
    # Instance norm would make every channel's own mean 0; group norm does not.
    assert np.abs(x_hat.mean(axis=(2, 3))).min() > 1e-3
    instance, _ = norm.instancenorm_forward(x, gamma, beta, eps=0.0)
    assert np.abs(out - instance).max() > 0.1


def test_group_norm_with_one_group_is_layer_norm_and_with_all_is_instance_norm():
    x, gamma, beta, dout = drawn((3, 6, 4, 5))
    flat, _ = norm.layernorm_forward(x.reshape(3, -1), np.ones(120), np.zeros(120))
    one, _ = norm.groupnorm_forward(x, np.ones(6), np.zeros(6), groups=1)
    assert_allclose(one.reshape(3, -1), flat, rtol=1e-12)
    instance, instance_cache = norm.instancenorm_forward(x, gamma, beta)
    every, every_cache = norm.groupnorm_forward(x, gamma, beta, groups=6)
    assert_allclose(every, instance, rtol=1e-12)
    gradients = norm.groupnorm_backward(dout, every_cache)
    for a, b in zip(gradients, norm.instancenorm_backward(dout, instance_cache), strict=True):
        assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("groups", [0, 4, 12])
def test_group_norm_rejects_groups_that_do_not_divide_the_channels(groups):
    x, gamma, beta, _ = drawn((3, 6, 4, 5))
    with pytest.raises(
        ValueError, match=f"groups is {groups}, expected a divisor of the 6 channels"
    ):
        norm.groupnorm_forward(x, gamma, beta, groups=groups)


def test_instance_norm_removes_brightness_and_contrast():
    image = drawn((1, 3, 8, 8))[0]
    gamma, beta = np.ones(3), np.zeros(3)
    plain, _ = norm.instancenorm_forward(image, gamma, beta, eps=0.0)
    faded, _ = norm.instancenorm_forward(0.2 * image + 5, gamma, beta, eps=0.0)
    assert_allclose(faded, plain, atol=1e-12)


# Whitening


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 99))
def test_covariance_is_numpys(n, d, seed):
    x = drawn((n, d), seed=seed)[0]
    want = np.cov(x.T, bias=True).reshape(d, d)
    assert_allclose(norm.cov(x), want, atol=1e-12)


def test_decorrelated_batch_norm_removes_what_batch_norm_leaves():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 3)) @ rng.standard_normal((3, 3)) + 4
    normalised, _ = batchnorm(x, np.ones(3), np.zeros(3))
    assert np.abs(norm.cov(normalised) - np.eye(3)).max() > 0.3
    assert_allclose(norm.cov(norm.decorrelated_batchnorm(x, eps=0.0)), np.eye(3), atol=1e-12)


def test_decorrelated_batch_norm_leaves_white_data_in_place():
    corners = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert_allclose(norm.decorrelated_batchnorm(corners + 7, eps=0.0), corners, rtol=1e-12)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(1, 3), (2, 5), (4, 1), (5, 5)])
@pytest.mark.parametrize("size", [0.0, 1.0, 1e6])
def test_decorrelated_batch_norm_of_flat_clouds_is_finite(dtype, shape, size):
    x = drawn(shape, dtype=dtype)[0] * dtype(size)
    out = norm.decorrelated_batchnorm(x)
    assert out.dtype == dtype
    assert out.shape == shape
    assert np.isfinite(out).all()


# Weight norm


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 99))
def test_weight_norm_gradients(fan_in, fan_out, seed):
    rng = np.random.default_rng(seed)
    v, g = rng.uniform(0.5, 2, (fan_in, fan_out)), rng.standard_normal(fan_out)
    dw = rng.standard_normal((fan_in, fan_out))
    w, cache = norm.weightnorm_forward(v, g)
    dv, dg = norm.weightnorm_backward(dw, cache)
    assert_allclose(np.linalg.norm(w, axis=0), np.abs(g), rtol=1e-12)
    assert_allclose((dv * v).sum(axis=0), 0, atol=1e-12)
    assert_allclose(
        dv, finite_difference(lambda v: norm.weightnorm_forward(v, g)[0], v, dw), atol=1e-7
    )
    assert_allclose(
        dg, finite_difference(lambda g: norm.weightnorm_forward(v, g)[0], g, dw), atol=1e-7
    )


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("length", [1e-30, 3.0, 1e30])
def test_length_of_v_does_not_matter(dtype, length):
    v, g = drawn((4, 3), dtype=dtype)[0], np.array([1, -2, 0.5], dtype)
    w, _ = norm.weightnorm_forward(v, g)
    longer, cache = norm.weightnorm_forward(v * dtype(length), g)
    assert longer.dtype == dtype
    assert_allclose(longer, w, rtol=1e-5)
    assert {array.dtype for array in norm.weightnorm_backward(w, cache)} == {np.dtype(dtype)}


def test_weight_norm_rejects_a_unit_without_direction():
    v = np.array([[1.0, 0.0], [1.0, 0.0]])
    with pytest.raises(ValueError, match="column 1 of v has length 0, expected a direction"):
        norm.weightnorm_forward(v, np.ones(2))


# The runaway bias


def test_naive_bias_runs_away_while_the_loss_stands_still():
    u = np.random.default_rng(0).standard_normal(100)
    b, losses, seen = 0.0, [], {}
    for step in range(1, 1001):
        b, loss = norm.naive_bias_step(u, b)
        losses.append(loss)
        seen[step] = b
    assert_allclose([seen[10], seen[100], seen[1000]], [2, 20, 200], rtol=1e-9)
    assert_allclose(losses, u.var() + 1, rtol=1e-9)


@settings(deadline=None)
@given(st.floats(-50, 50), st.floats(-3, 3), st.integers(1, 6))
def test_true_gradient_of_the_bias_is_zero(b, target, n):
    u = drawn((n, 1))[0][:, 0]
    assert abs(norm.true_bias_gradient(u, b, target=target)) < 1e-12

    def loss(b):
        return np.array([norm.naive_bias_step(u, float(b[0]), target=target)[1]])

    assert_allclose(finite_difference(loss, np.array([b]), np.ones(1)), 0, atol=1e-6)


# What normalisation does to units


@golden_values
def test_linear_fit_agrees_with_scipy(golden):
    assert_allclose(norm.linear_fit_r2(np.tanh, 2.0), golden()["tanh_r2"], rtol=1e-8)


def test_sigmoid_is_nearly_linear_on_normal_inputs():
    r2 = [norm.linear_fit_r2(lambda z: act("sigmoid", z), std) for std in (0.1, 1.0, 10.0)]
    assert_allclose(r2[1], 0.984, atol=5e-4)
    assert r2[0] > 0.9999 > r2[1] > r2[2] > 0
    assert_allclose(norm.linear_fit_r2(lambda z: 3 - 2 * z), 1, rtol=1e-12)


def test_linear_fit_rejects_a_constant():
    with pytest.raises(ValueError, match="f is 1.0 everywhere"):
        norm.linear_fit_r2(np.ones_like)


def test_batch_norm_takes_the_mean_of_a_unit_out_of_the_lower_layers_hands():
    rng = np.random.default_rng(0)
    x, w1, w2 = (
        rng.standard_normal((40, 5)),
        rng.standard_normal((5, 8)),
        rng.standard_normal((8, 3)),
    )
    step = 0.3 * rng.standard_normal((5, 8))
    plain = norm.unit_mean_sensitivity(x, w1, w2, step, batchnorm=False)
    want = (np.maximum(0, x @ (w1 + step)) @ w2 - np.maximum(0, x @ w1) @ w2).mean(axis=0)
    assert_allclose(plain, want, rtol=1e-12)
    assert np.abs(plain).max() > 0.05
    normalised = norm.unit_mean_sensitivity(x, w1, w2, step, batchnorm=True)
    assert_allclose(normalised, np.zeros(3), atol=1e-14)


# Blocks and networks


@pytest.mark.parametrize("order", ["bn-act", "act-bn"])
@pytest.mark.parametrize("train", [True, False])
def test_block_gradients(order, train):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((6, 3)), rng.standard_normal((3, 4))
    gamma, beta, dout = *rng.standard_normal((2, 4)), rng.standard_normal((6, 4))
    running = rng.standard_normal(4), rng.uniform(0.5, 2, 4)

    def forward(x, w, gamma, beta):
        return norm.block_forward(x, w, gamma, beta, running, order=order, train=train)

    _, cache, after = forward(x, w, gamma, beta)
    assert np.array_equal(after, running) != train
    numerical = (
        finite_difference(lambda x: forward(x, w, gamma, beta)[0], x, dout),
        finite_difference(lambda w: forward(x, w, gamma, beta)[0], w, dout),
        finite_difference(lambda gamma: forward(x, w, gamma, beta)[0], gamma, dout),
        finite_difference(lambda beta: forward(x, w, gamma, beta)[0], beta, dout),
    )
    for gradient, expected in zip(norm.block_backward(dout, cache), numerical, strict=True):
        assert_allclose(gradient, expected, rtol=1e-6, atol=1e-7)


def test_order_of_a_block():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((50, 3)), rng.standard_normal((3, 4))
    ones, zeros = np.ones(4), np.zeros(4)
    before, *_ = norm.block_forward(x, w, ones, zeros, start(4))
    after, *_ = norm.block_forward(x, w, ones, zeros, start(4), order="act-bn")
    assert before.min() == 0
    assert_allclose(after.mean(axis=0), 0, atol=1e-12)


def test_block_rejects_another_order():
    with pytest.raises(ValueError, match="order is 'bn', expected 'bn-act' or 'act-bn'"):
        norm.block_forward(
            np.ones((2, 1)), np.ones((1, 1)), np.ones(1), np.ones(1), start(1), order="bn"
        )


def test_largest_stable_rate_of_gradient_descent_on_a_parabola():
    def run(lr):
        return [(1 - 2 * lr) ** (2 * step) for step in range(20)]

    assert norm.largest_stable_lr(run, [3.0, 0.1, 0.9, 1.1, 0.5]) == 0.9
    assert norm.largest_stable_lr(run, [1.5, 2.0]) is None


def test_a_rate_that_gives_nan_is_not_stable():
    losses = {0.1: [1.0, 0.5], 1.0: [1.0, np.nan], 2.0: [1.0, 0.1]}
    assert norm.largest_stable_lr(losses.__getitem__, losses) == 0.1


def recurrent(scale, rng, d=3, hidden=20):
    return {
        "w_x": scale * rng.standard_normal((d, hidden)),
        "w_h": scale * rng.standard_normal((hidden, hidden)),
        "b": rng.standard_normal(hidden),
        "gamma": rng.standard_normal(hidden),
    }


def test_recurrent_step_by_hand():
    rng = np.random.default_rng(0)
    params = recurrent(0.5, rng)
    x, h = rng.standard_normal((4, 3)), rng.standard_normal((4, 20))
    a = x @ params["w_x"] + h @ params["w_h"]
    assert_allclose(norm.rnn_step(x, h, params), np.tanh(a + params["b"]), rtol=1e-12)
    z = (a - a.mean(axis=1, keepdims=True)) / np.sqrt(a.var(axis=1, keepdims=True) + 1e-5)
    want = np.tanh(params["gamma"] * z + params["b"])
    assert_allclose(norm.rnn_step(x, h, params, norm="ln"), want, rtol=1e-10)


def test_recurrent_layer_norm_does_not_feel_the_scale_of_the_weights():
    finals = []
    for scale in (0.1, 10.0):
        rng = np.random.default_rng(0)
        params, h = recurrent(scale, rng), np.zeros((2, 20))
        for _ in range(50):
            h = norm.rnn_step(rng.standard_normal((2, 3)), h, params, norm="ln")
        finals.append(h)
    assert_allclose(finals[0], finals[1], atol=0.02)


def test_recurrent_step_rejects_another_norm():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="norm is 'bn', expected None or 'ln'"):
        norm.rnn_step(np.ones((1, 3)), np.ones((1, 20)), recurrent(1.0, rng), norm="bn")


# Folding, node by node, the theorem of scale, RMSNorm


@pytest.mark.parametrize("seed", range(3))
def test_folding_leaves_every_output_as_it_was(seed):
    rng = np.random.default_rng(seed)
    w, b, x = rng.standard_normal((4, 3)), rng.standard_normal(3), rng.standard_normal((7, 4))
    gamma, beta = rng.standard_normal(3), rng.standard_normal(3)
    running = rng.standard_normal(3), rng.uniform(0.5, 2, 3)
    w_folded, b_folded = norm.fold_batchnorm(w, b, gamma, beta, running)
    out, _, _ = norm.batchnorm_forward(x @ w + b, gamma, beta, running, train=False)
    assert x @ w_folded + b_folded == pytest.approx(out)


@pytest.mark.parametrize("seed", range(3))
def test_the_nodes_end_in_the_gradients_of_the_one_line(seed):
    rng = np.random.default_rng(seed)
    running = np.zeros(3), np.ones(3)
    x, dout, gamma = rng.standard_normal((6, 3)), rng.standard_normal((6, 3)), rng.uniform(1, 2, 3)
    _, cache, _ = norm.batchnorm_forward(x, gamma, np.zeros(3), running)
    grads = norm.batchnorm_gradients(dout, cache)
    dx, dgamma, dbeta = norm.batchnorm_backward(dout, cache)
    assert grads["x"] == pytest.approx(dx)
    assert grads["gamma"] == pytest.approx(dgamma) and grads["beta"] == pytest.approx(dbeta)
    assert list(grads) == ["gamma", "beta", "x_hat", "std", "var", "centered", "mean", "x"]


def test_rmsnorm_keeps_the_sign_of_the_mean_and_sets_the_size():
    x = np.random.default_rng(0).standard_normal((5, 8)) + 3
    out, (x_hat, _, rms) = norm.rmsnorm_forward(x, np.full(8, 2.0), eps=0.0)
    assert (out**2).mean(axis=1) == pytest.approx(4.0)
    assert x_hat * rms == pytest.approx(x)
