import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from tests.golden import activations as golden_setup
from tests.golden import both
from utils import activations
from utils.activations import (
    act,
    act_grad,
    dead_fraction,
    elu_forward,
    leaky_relu_backward,
    leaky_relu_forward,
    maxout_backward,
    maxout_forward,
    maxout_gradients,
    normal_moments,
    prelu_backward,
    prelu_forward,
    relu_forward,
    same_sign_fraction,
    saturation_fraction,
    sigmoid_forward,
    tanh_forward,
    time_fn,
)

ELEMENTWISE = {
    "sigmoid": {},
    "tanh": {},
    "relu": {},
    "leaky_relu": {"slope": golden_setup.SLOPE},
    "elu": {"alpha": golden_setup.ALPHA},
}
FLOATS = [np.float32, np.float64]

# Values away from the corner at 0, where a finite difference straddles two slopes.
smooth = st.floats(0.01, 5) | st.floats(-5, -0.01)
shapes = st.tuples(st.integers(1, 6), st.integers(1, 5))


def pair(name):
    return getattr(activations, f"{name}_forward"), getattr(activations, f"{name}_backward")


def finite_difference(f, x, dout, h=1e-6):
    """Gradient of sum(f(x) * dout) on every entry of x, by centred differences."""
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        grad[i] = ((f(x + step) - f(x - step)) * dout).sum() / (2 * h)
    return grad


# Agreement with PyTorch


@pytest.mark.parametrize("golden", both("activations"))
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_agrees_with_pytorch(name, golden):
    want = golden()
    forward, backward = pair(name)
    out, cache = forward(want["x"], **ELEMENTWISE[name])
    dx = backward(want["dout"], cache)
    assert_allclose(out, want[f"{name}_out"], rtol=1e-9)
    assert_allclose(dx, want[f"{name}_dx"], rtol=1e-9)


@pytest.mark.parametrize("golden", both("activations"))
@pytest.mark.parametrize("name", ["prelu_shared", "prelu_each"])
def test_prelu_agrees_with_pytorch(name, golden):
    want = golden()
    out, cache = prelu_forward(want["x"], want[f"{name}_alpha"])
    dx, dalpha = prelu_backward(want["dout"], cache)
    assert_allclose(out, want[f"{name}_out"], rtol=1e-12)
    assert_allclose(dx, want[f"{name}_dx"], rtol=1e-12)
    assert_allclose(dalpha, want[f"{name}_dalpha"], rtol=1e-12)


@pytest.mark.parametrize("golden", both("activations"))
def test_maxout_agrees_with_pytorch(golden):
    want = golden()
    out, cache = maxout_forward(want["x"], want["maxout_w"], want["maxout_b"])
    assert_allclose(out, want["maxout_out"], rtol=1e-12)
    for name, grad in zip("xwb", maxout_backward(want["maxout_dout"], cache), strict=True):
        assert_allclose(grad, want[f"maxout_d{name}"], rtol=1e-12)


# Agreement with finite differences, on drawn shapes


@pytest.mark.parametrize("name", ELEMENTWISE)
@given(data=st.data())
def test_backward_is_the_slope_of_forward(name, data):
    shape = data.draw(shapes)
    x = data.draw(arrays(float, shape, elements=smooth))
    dout = data.draw(arrays(float, shape, elements=st.floats(-2, 2)))
    forward, backward = pair(name)
    dx = backward(dout, forward(x, **ELEMENTWISE[name])[1])
    want = finite_difference(lambda x: forward(x, **ELEMENTWISE[name])[0], x, dout)
    assert_allclose(dx, want, atol=1e-8, rtol=1e-6)


@given(data=st.data(), shared=st.booleans())
def test_prelu_backward_is_the_slope_of_forward(data, shared):
    n, d = data.draw(shapes)
    x = data.draw(arrays(float, (n, d), elements=smooth))
    dout = data.draw(arrays(float, (n, d), elements=st.floats(-2, 2)))
    alpha = data.draw(arrays(float, 1 if shared else d, elements=st.floats(-1, 2)))
    dx, dalpha = prelu_backward(dout, prelu_forward(x, alpha)[1])
    want_dx = finite_difference(lambda x: prelu_forward(x, alpha)[0], x, dout)
    want_dalpha = finite_difference(lambda a: prelu_forward(x, a)[0], alpha, dout)
    assert dalpha.shape == alpha.shape
    assert_allclose(dx, want_dx, atol=1e-8, rtol=1e-6)
    assert_allclose(dalpha, want_dalpha, atol=1e-8, rtol=1e-6)


@given(
    st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(1, 4), st.integers(0, 99)
)
def test_maxout_backward_is_the_slope_of_forward(n, d, m, k, seed):
    rng = np.random.default_rng(seed)
    x, dout = rng.standard_normal((n, d)), rng.standard_normal((n, m))
    w, b = rng.standard_normal((k, d, m)), rng.standard_normal((k, m))
    out, cache = maxout_forward(x, w, b)
    scores = np.sort([x @ w[j] + b[j] for j in range(k)], axis=0)
    assert_allclose(out, scores[-1])
    # Where two pieces (nearly) tie, a finite difference straddles the corner.
    assume(k == 1 or (scores[-1] - scores[-2]).min() > 1e-4)
    dx, dw, db = maxout_backward(dout, cache)
    assert_allclose(dx, finite_difference(lambda x: maxout_forward(x, w, b)[0], x, dout), atol=1e-7)
    assert_allclose(dw, finite_difference(lambda w: maxout_forward(x, w, b)[0], w, dout), atol=1e-7)
    assert_allclose(db, finite_difference(lambda b: maxout_forward(x, w, b)[0], b, dout), atol=1e-7)


# What every function keeps


def calls(dtype, x):
    """Each forward and backward once, with arguments of one dtype: name, function, arguments."""
    x = x.astype(dtype)
    dout = np.linspace(-1, 1, x.size, dtype=dtype).reshape(x.shape)
    for name, options in ELEMENTWISE.items():
        forward, backward = pair(name)
        yield f"{name}_forward", lambda f=forward, o=options: f(x, **o)
        yield f"{name}_backward", lambda f=forward, b=backward, o=options: b(dout, f(x, **o)[1])
    for size in (1, x.shape[1]):
        alpha = np.full(size, 0.25, dtype)
        yield "prelu_forward", lambda a=alpha: prelu_forward(x, a)
        yield "prelu_backward", lambda a=alpha: prelu_backward(dout, prelu_forward(x, a)[1])
    w = np.ones((2, x.shape[1], 3), dtype)
    b = np.zeros((2, 3), dtype)
    top = np.ones((len(x), 3), dtype)
    yield "maxout_forward", lambda: maxout_forward(x, w, b)
    yield "maxout_backward", lambda: maxout_backward(top, maxout_forward(x, w, b)[1])


def float_arrays(value):
    if isinstance(value, tuple):
        return [array for part in value for array in float_arrays(part)]
    return [value] if isinstance(value, np.ndarray) and value.dtype.kind == "f" else []


@pytest.mark.parametrize("dtype", FLOATS)
def test_dtype_stays(dtype):
    for name, call in calls(dtype, np.linspace(-3, 3, 12).reshape(4, 3)):
        assert {array.dtype for array in float_arrays(call())} == {np.dtype(dtype)}, name


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("huge", [1e3, 1e30])
def test_extreme_inputs_are_finite_and_silent(dtype, huge):
    x = np.array([[-huge, -1.0, 0.0], [0.0, 1.0, huge]])
    with warnings.catch_warnings(), np.errstate(over="raise", divide="raise", invalid="raise"):
        warnings.simplefilter("error")
        for name, call in calls(dtype, x):
            assert all(np.isfinite(array).all() for array in float_arrays(call())), name


@pytest.mark.parametrize("layout", ["transposed", "strided", "one example", "one feature"])
def test_any_layout_of_the_input(layout):
    plain = np.linspace(-3, 3, 24).reshape(4, 6)
    x = {
        "transposed": plain.T,
        "strided": plain[::2, ::3],
        "one example": plain[:1],
        "one feature": plain[:, :1],
    }[layout]
    got = [call() for _, call in calls(float, x)]
    want = [call() for _, call in calls(float, np.ascontiguousarray(x))]
    for ours, theirs in zip(got, want, strict=True):
        for a, b in zip(float_arrays(ours), float_arrays(theirs), strict=True):
            assert_array_equal(a, b)


def test_arguments_stay_as_they_are():
    x = np.linspace(-3, 3, 12).reshape(4, 3)
    x.flags.writeable = False
    for _, call in calls(float, x):
        call()


# Single facts


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "leaky_relu", "elu"])
def test_catalogue_by_name(name):
    x = np.array([-10.0, -1, 0, 1, 10, -1000, 1000])
    forward, backward = pair(name)
    out, cache = forward(x)
    assert_array_equal(act(name, x), out)
    assert_array_equal(act_grad(name, x), backward(np.ones(7), cache))


def test_catalogue_passes_options_and_names_what_it_knows():
    x = np.array([-2.0])
    assert act("leaky_relu", x, slope=0.1) == -0.2
    assert act_grad("leaky_relu", x, slope=0.1) == 0.1
    for function in (act, act_grad):
        with pytest.raises(ValueError, match=r"'swish'.*sigmoid, tanh, relu, leaky_relu, elu"):
            function("swish", x)


def test_values_at_the_corner():
    zero, one = np.zeros(1), np.ones(1)
    assert activations.relu_backward(one, zero) == 0
    assert leaky_relu_backward(one, (zero, 0.1)) == 0.1
    assert activations.elu_backward(one, elu_forward(zero, alpha=1.5)[1]) == 1.5
    assert prelu_backward(one[None], (zero[None], np.array([0.25])))[0] == 0.25


def test_sigmoid_reaches_one_only_by_rounding():
    assert sigmoid_forward(np.array(36.0))[0] < 1 == sigmoid_forward(np.array(37.0))[0]


def test_tanh_is_a_stretched_sigmoid():
    x = np.linspace(-20, 20, 401)
    assert_allclose(tanh_forward(x)[0], 2 * sigmoid_forward(2 * x)[0] - 1, atol=1e-15)


def test_leaky_relu_defaults_to_a_hundredth():
    assert leaky_relu_forward(np.array([-1.0]))[0] == -0.01


@pytest.mark.parametrize("slope", [-0.1, 1, 2, np.nan])
def test_leaky_relu_rejects_slopes_that_are_none(slope):
    with pytest.raises(ValueError, match=f"slope is {slope}, expected 0 <= slope < 1"):
        leaky_relu_forward(np.ones(3), slope)


@pytest.mark.parametrize("alpha", [-1, np.nan])
def test_elu_rejects_alpha_below_zero(alpha):
    with pytest.raises(ValueError, match="alpha"):
        elu_forward(np.ones(3), alpha)


@pytest.mark.parametrize("shape", [(2,), (4,), (1, 3), ()])
def test_prelu_rejects_slopes_that_fit_no_feature(shape):
    with pytest.raises(ValueError, match="alpha has shape"):
        prelu_forward(np.ones((4, 3)), np.ones(shape))


@pytest.mark.parametrize("w, b", [((2, 4, 5), (2, 5)), ((2, 3, 5), (5,)), ((2, 3, 5), (3, 5))])
def test_maxout_rejects_shapes_that_do_not_fit(w, b):
    with pytest.raises(ValueError, match=r"^[wb] has shape .*, expected shape \(k,"):
        maxout_forward(np.ones((4, 3)), np.ones(w), np.ones(b))


def test_maxout_contains_relu_and_leaky_relu():
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((8, 3)), rng.standard_normal((3, 4)), rng.standard_normal(4)
    z = x @ w + b
    for slope in (0, 0.1):
        out, _ = maxout_forward(x, np.stack([slope * w, w]), np.stack([slope * b, b]))
        assert_allclose(out, leaky_relu_forward(z, slope)[0])


def test_the_gradient_of_the_scores_of_maxout_belongs_to_the_winner():
    x, w, b = np.ones((1, 1)), np.array([[[1.0]], [[3.0]]]), np.zeros((2, 1))
    grads = maxout_gradients(np.array([[2.0]]), maxout_forward(x, w, b)[1])
    assert list(grads) == ["scores", "w", "b", "x"]
    assert_array_equal(grads["scores"][:, 0, 0], [0, 2])


def test_maxout_gives_a_tie_to_the_first_piece():
    _, (_, _, winner) = maxout_forward(np.ones((2, 3)), np.ones((4, 3, 5)), np.ones((4, 5)))
    assert_array_equal(winner, np.zeros((2, 5)))


def test_saturation_fraction_counts_small_slopes():
    local = np.array([[0.0, -0.005], [0.01, -1.0]])
    assert saturation_fraction(local) == 0.5
    assert saturation_fraction(local, threshold=0.02) == 0.75


def test_same_sign_fraction_of_positive_and_mixed_inputs():
    delta = np.array([1.0, -2.0, 3.0, -4.0])
    x = np.array([[1.0, 2], [3, 4], [1, -1], [-1, -2]])
    assert same_sign_fraction(np.abs(x), delta) == 1
    assert same_sign_fraction(x, delta) == 0.75
    assert same_sign_fraction(x, np.zeros(4)) == 0
    assert same_sign_fraction(np.array([[1.0, 0.0]]), np.ones(1)) == 0


def test_dead_fraction_counts_units_not_zeros():
    h = np.array([[0.0, 0, 1, 0], [0, 2, 3, 0], [0, 0, 4, 0]])
    assert dead_fraction(h) == 0.5


@pytest.mark.parametrize(
    "activation, mean, std",
    [
        (lambda z: relu_forward(z)[0], 0.3989, 0.5838),
        (lambda z: leaky_relu_forward(z, 0.01)[0], 0.99 / np.sqrt(2 * np.pi), None),
        (lambda z: leaky_relu_forward(z, 0.1)[0], 0.9 / np.sqrt(2 * np.pi), None),
        (lambda z: elu_forward(z)[0], 0.1605, None),
        (lambda z: z, 0, 1),
    ],
)
def test_normal_moments(activation, mean, std):
    found = normal_moments(activation)
    assert found[0] == pytest.approx(mean, abs=5e-5)
    if std is not None:
        assert found[1] == pytest.approx(std, abs=5e-5)


def test_time_fn_returns_the_fastest_call():
    lengths = iter([300_000, 10, 300_000])
    seconds = time_fn(lambda _: sum(range(next(lengths))), np.ones(1), repeats=3)
    assert 0 < seconds < 1e-3
    with pytest.raises(ValueError, match="repeats is 0"):
        time_fn(lambda x: x, np.ones(1), repeats=0)


# An infinite gradient from above


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_closed_gate_lets_no_infinity_through(dtype):
    x = np.array([[-1.0, 2.0]], dtype)
    dout = np.array([[np.inf, -np.inf]], dtype)
    assert_array_equal(activations.relu_backward(dout, x), [[0, -np.inf]])
    w = np.array([[[1.0]], [[2.0]]], dtype)
    _, cache = activations.maxout_forward(np.ones((1, 1), dtype), w, np.zeros((2, 1), dtype))
    _, dw, db = activations.maxout_backward(np.full((1, 1), np.inf, dtype), cache)
    assert_array_equal(dw[:, 0, 0], [0, np.inf])
    assert_array_equal(db[:, 0], [0, np.inf])
    assert {dw.dtype, db.dtype} == {np.dtype(dtype)}


def test_leaky_relu_of_slope_0_is_relu_up_to_infinity():
    x = np.array([-np.inf, -1.0, 0.0, 1.0, np.inf])
    assert_array_equal(activations.leaky_relu_forward(x, 0.0)[0], [0, 0, 0, 1, np.inf])
