import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.golden import both
from tests.golden.layers import CONVS, POOLS
from utils import layers
from utils.gradients import numerical_gradient

FLOATS = [np.float32, np.float64]
small = st.integers(1, 3)
seeds = st.integers(0, 2**32 - 1)


def sample(layer, rng, dtype=np.float64):
    """Inputs for a layer: the arrays it takes, and its options."""
    if layer == "affine":
        return [rng.standard_normal(s).astype(dtype) for s in [(4, 3), (3, 5), (5,)]], {}
    if layer == "flatten":
        return [rng.standard_normal((3, 2, 2, 4)).astype(dtype)], {}
    if layer == "conv":
        shapes = [(2, 3, 6, 5), (4, 3, 3, 2), (4,)]
        return [rng.standard_normal(s).astype(dtype) for s in shapes], {"stride": 2, "pad": 1}
    return [rng.standard_normal((2, 3, 6, 5)).astype(dtype)], {"size": 3, "stride": 2}


LAYERS = ["affine", "flatten", "conv", "max_pool"]


def functions(layer):
    return getattr(layers, f"{layer}_forward"), getattr(layers, f"{layer}_backward")


def gradients(layer, arrays, options, dout=None):
    forward, backward = functions(layer)
    out, cache = forward(*arrays, **options)
    grads = backward(np.ones_like(out) if dout is None else dout, cache)
    return grads if isinstance(grads, tuple) else (grads,)


def assert_gradients_are_slopes(layer, arrays, options, rng):
    forward, _ = functions(layer)
    out, _ = forward(*arrays, **options)
    dout = rng.standard_normal(out.shape)
    for i, grad in enumerate(gradients(layer, arrays, options, dout)):

        def weighted_sum(a, i=i):
            changed = [*arrays[:i], a, *arrays[i + 1 :]]
            return float(np.sum(forward(*changed, **options)[0] * dout))

        # A number that cancelled to almost nothing keeps the rounding of what it was made of.
        slope = numerical_gradient(weighted_sum, arrays[i])
        assert_allclose(grad, slope, rtol=1e-6, atol=1e-8)


# Agreement with PyTorch


@pytest.mark.parametrize("golden", both("layers"))
def test_affine_agrees_with_pytorch(golden):
    want = golden()
    out, cache = layers.affine_forward(*(want[f"affine_{key}"] for key in "xwb"))
    assert_allclose(out, want["affine_out"], rtol=1e-12)
    for key, grad in zip("xwb", layers.affine_backward(want["affine_dout"], cache), strict=True):
        assert_allclose(grad, want[f"affine_d{key}"], rtol=1e-10)


@pytest.mark.parametrize("golden", both("layers"))
@pytest.mark.parametrize("name", CONVS)
def test_convolution_agrees_with_pytorch(name, golden):
    want, (stride, pad) = golden(), CONVS[name]
    out, cache = layers.conv_forward(
        *(want[f"conv_{key}"] for key in "xwb"), stride=stride, pad=pad
    )
    assert_allclose(out, want[f"conv_{name}_out"], rtol=1e-9, atol=1e-12)
    grads = layers.conv_backward(want[f"conv_{name}_dout"], cache)
    for key, grad in zip("xwb", grads, strict=True):
        assert_allclose(grad, want[f"conv_{name}_d{key}"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("golden", both("layers"))
@pytest.mark.parametrize("name", POOLS)
def test_max_pooling_agrees_with_pytorch(name, golden):
    want, (size, stride) = golden(), POOLS[name]
    out, cache = layers.max_pool_forward(want["conv_x"], size=size, stride=stride)
    assert_array_equal(out, want[f"pool_{name}_out"])
    dx = layers.max_pool_backward(want[f"pool_{name}_dout"], cache)
    assert_allclose(dx, want[f"pool_{name}_dx"], rtol=1e-12)


# Agreement with finite differences, on drawn shapes


@settings(max_examples=25, deadline=None)
@given(small, small, small, seeds)
def test_affine_backward_is_the_slope_of_forward(n, d, m, seed):
    rng = np.random.default_rng(seed)
    arrays = [rng.uniform(0.5, 2, s) for s in [(n, d), (d, m), (m,)]]
    assert_gradients_are_slopes("affine", arrays, {}, rng)


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[small] * 6), small, st.integers(0, 2), seeds)
def test_convolution_backward_is_the_slope_of_forward(sizes, stride, pad, seed):
    n, c, f, kh, kw, extra = sizes
    rng = np.random.default_rng(seed)
    shapes = [(n, c, kh + extra, kw + 1), (f, c, kh, kw), (f,)]
    arrays = [rng.uniform(0.5, 2, s) for s in shapes]
    assert_gradients_are_slopes("conv", arrays, {"stride": stride, "pad": pad}, rng)


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[small] * 4), small, seeds)
def test_max_pooling_backward_is_the_slope_of_forward(sizes, stride, seed):
    n, c, size, extra = sizes
    rng = np.random.default_rng(seed)
    # Distinct values far apart: a step of the finite difference changes no winner.
    x = rng.permutation(n * c * (size + extra) * size) * 0.1
    x = x.reshape(n, c, size + extra, size)
    assert_gradients_are_slopes("max_pool", [x], {"size": size, "stride": stride}, rng)


# What every layer promises


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("layer", LAYERS)
def test_keeps_the_dtype_and_the_arguments(layer, dtype):
    arrays, options = sample(layer, np.random.default_rng(0), dtype)
    before = [a.copy() for a in arrays]
    forward, backward = functions(layer)
    out, cache = forward(*arrays, **options)
    dout = np.ones_like(out)
    grads = backward(dout, cache)
    for array in (out, *(grads if isinstance(grads, tuple) else (grads,))):
        assert array.dtype == dtype
    assert_array_equal(dout, 1)
    for now, then in zip(arrays, before, strict=True):
        assert_array_equal(now, then)


@pytest.mark.parametrize("layer", LAYERS)
def test_float32_agrees_with_float64(layer):
    arrays, options = sample(layer, np.random.default_rng(1))
    single = [a.astype(np.float32) for a in arrays]
    for low, high in zip(
        gradients(layer, single, options), gradients(layer, arrays, options), strict=True
    ):
        assert_allclose(low, high, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("layer", LAYERS)
def test_takes_arrays_that_are_not_contiguous(layer):
    arrays, options = sample(layer, np.random.default_rng(2))
    strided = [np.repeat(a, 2, axis=-1)[..., ::2] for a in arrays]
    forward, _ = functions(layer)
    assert_allclose(forward(*strided, **options)[0], forward(*arrays, **options)[0])
    for got, want in zip(
        gradients(layer, strided, options), gradients(layer, arrays, options), strict=True
    ):
        assert_allclose(got, want)


def test_affine_takes_no_examples_and_one_number():
    out, cache = layers.affine_forward(np.zeros((0, 3)), np.ones((3, 2)), np.ones(2))
    dx, dw, db = layers.affine_backward(out, cache)
    assert (out.shape, dx.shape) == ((0, 2), (0, 3))
    assert not dw.any() and not db.any()
    out, _ = layers.affine_forward(np.array([[2.0]]), np.array([[3.0]]), np.array([4.0]))
    assert out == 10


# Flatten


def test_flatten_makes_a_row_of_each_example_and_undoes_it():
    x = np.arange(24.0).reshape(2, 3, 2, 2)
    out, cache = layers.flatten_forward(x)
    assert_array_equal(out, [np.arange(12), np.arange(12, 24)])
    assert_array_equal(layers.flatten_backward(out, cache), x)
    assert layers.flatten_forward(np.zeros((0, 3, 4)))[0].shape == (0, 12)


# Convolution


def test_a_filter_of_the_size_of_the_image_is_a_dense_layer():
    rng = np.random.default_rng(3)
    x, w, b = rng.standard_normal((4, 2, 5, 3)), rng.standard_normal((6, 2, 5, 3)), np.arange(6.0)
    out, _ = layers.conv_forward(x, w, b)
    dense, _ = layers.affine_forward(x.reshape(4, -1), w.reshape(6, -1).T, b)
    assert_allclose(out[:, :, 0, 0], dense)


def test_a_filter_with_one_1_shifts_the_image():
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    w = np.zeros((1, 1, 3, 3))
    w[0, 0, 0, 1] = 1  # the pixel above
    out, _ = layers.conv_forward(x, w, np.zeros(1), pad=1)
    assert_array_equal(out[0, 0, 0], 0)
    assert_array_equal(out[0, 0, 1:], x[0, 0, :-1])


# Max pooling


def test_of_equal_pixels_the_first_takes_the_gradient():
    x = np.zeros((1, 1, 2, 2))
    out, cache = layers.max_pool_forward(x)
    assert_array_equal(layers.max_pool_backward(np.ones_like(out), cache)[0, 0], [[1, 0], [0, 0]])


def test_a_pixel_that_wins_several_windows_collects_all_gradients():
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1
    out, cache = layers.max_pool_forward(x, size=2, stride=1)
    assert layers.max_pool_backward(np.ones_like(out), cache)[0, 0, 1, 1] == 4


def test_rows_that_fill_no_window_get_no_gradient():
    x = np.arange(25.0).reshape(1, 1, 5, 5)
    out, cache = layers.max_pool_forward(x)
    assert out.shape == (1, 1, 2, 2)
    dx = layers.max_pool_backward(np.ones_like(out), cache)
    assert not dx[:, :, 4].any() and not dx[:, :, :, 4].any()


def test_max_pooling_passes_nan_on():
    x = np.array([[[[1.0, np.nan], [2.0, 3.0]]]])
    assert np.isnan(layers.max_pool_forward(x)[0]).all()


# Bad input


def test_affine_rejects_rows_that_do_not_fit():
    with pytest.raises(ValueError, match=r"w has shape \(4, 5\), expected .* with d = 3 as in x"):
        layers.affine_forward(np.zeros((2, 3)), np.zeros((4, 5)), np.zeros(5))


def test_convolution_rejects_channels_that_do_not_fit():
    with pytest.raises(ValueError, match=r"w has shape .*, expected .* with c = 3 as in x"):
        layers.conv_forward(np.zeros((1, 3, 4, 4)), np.zeros((1, 2, 3, 3)), np.zeros(1))


@pytest.mark.parametrize(
    "options, message",
    [
        ({"stride": 0}, "expected stride >= 1 and pad >= 0"),
        ({"stride": -1}, "stride is -1, expected a whole number from 0 on"),
        ({"pad": -1}, "pad is -1, expected a whole number from 0 on"),
    ],
)
def test_convolution_rejects_impossible_windows(options, message):
    with pytest.raises(ValueError, match=message):
        layers.conv_forward(np.zeros((1, 1, 4, 4)), np.zeros((1, 1, 3, 3)), np.zeros(1), **options)


def test_rejects_a_window_larger_than_the_image():
    with pytest.raises(ValueError, match="x has images of 2 x 4 .* the window of 3 x 3"):
        layers.conv_forward(np.zeros((1, 1, 2, 4)), np.zeros((1, 1, 3, 3)), np.zeros(1))
    with pytest.raises(ValueError, match="x has images of 2 x 4 .* the window of 3 x 3"):
        layers.max_pool_forward(np.zeros((1, 1, 2, 4)), size=3)


def test_max_pooling_rejects_a_stride_of_0():
    with pytest.raises(ValueError, match="stride must be at least 1, got 0"):
        layers.max_pool_forward(np.zeros((1, 1, 4, 4)), stride=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_max_pooling_sends_an_infinite_gradient_to_the_largest_pixel_alone(dtype):
    x = np.arange(4, dtype=dtype).reshape(1, 1, 2, 2)
    _, cache = layers.max_pool_forward(x)
    dx = layers.max_pool_backward(np.full((1, 1, 1, 1), np.inf, dtype), cache)
    assert_array_equal(dx[0, 0], [[0, 0], [0, np.inf]])
    assert dx.dtype == dtype
