"""What the library says of arguments that do not fit its signatures, and what it makes fit."""

import ast
import inspect
from pathlib import Path

import numpy as np
import pytest

from utils import _signatures, activations, babysitting, layers, losses, optimizers
from utils.curvature import newton_step
from utils.networks import MLP, neuron
from utils.normalization import batchnorm_forward

X = np.arange(6.0).reshape(2, 3)
W = np.ones((3, 4))
B = np.zeros(4)


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: activations.relu_forward([[1.0], [2.0]]),
            "x is a list of 2, expected an array of floating-point numbers of any shape",
        ),
        (
            lambda: activations.relu_forward(np.array([1, 2])),
            "x has dtype int64, expected floating-point numbers: x.astype(float)",
        ),
        (
            lambda: layers.affine_forward(X, W.T, B),
            "w has shape (4, 3), expected shape (d, m) with d = 3 as in x",
        ),
        (
            lambda: layers.affine_forward(X, W, np.zeros(1)),
            "b has shape (1,), expected shape (m,) with m = 4 as in w",
        ),
        (
            lambda: layers.affine_forward(X, W.astype(np.float32), B),
            "w has dtype float32, expected float64 as in x",
        ),
        (
            lambda: losses.softmax_loss(X, np.array([0.0, 1.0])),
            "y has dtype float64, expected whole numbers: y.astype(int)",
        ),
        (
            lambda: losses.softmax_loss(X[:0], np.zeros(0, int)),
            "scores has shape (0, 3), expected at least one number",
        ),
        (
            lambda: optimizers.adam_step(X, X, (X, X[:1], 1)),
            "state[1] has shape (1, 3), expected shape (2, 3) as in w",
        ),
        (
            lambda: optimizers.adam_step(X, X, "fresh"),
            "state is 'fresh', expected a tuple of 3 or None",
        ),
        (
            lambda: optimizers.sgd_step(X, X, None, lr="0.1"),
            "lr is '0.1', expected a number",
        ),
        (lambda: optimizers.sgd_step(X, X, None, lr=True), "lr is True, expected a number"),
        (
            lambda: optimizers.gd(np.tanh, B, lr=0.1, steps=2.5),
            "steps is 2.5, expected a whole number",
        ),
        (
            lambda: optimizers.gd(np.tanh, B, lr=0.1, steps=-2),
            "steps is -2, expected a whole number from 0 on",
        ),
        (
            lambda: optimizers.gd(None, B, lr=0.1, steps=2),
            "grad_fn is None, expected a function",
        ),
        (
            lambda: activations.maxout_forward(X, np.ones((2, 3, 0)), np.ones((2, 0))),
            "w has shape (2, 3, 0), expected at least one number",
        ),
    ],
)
def test_it_rejects_with_the_name_the_value_and_what_was_expected(call, message):
    with pytest.raises((TypeError, ValueError)) as refusal:
        call()
    assert str(refusal.value) == message


def test_rejects_another_kind_of_thing_as_a_type_error_and_another_array_as_a_value_error():
    with pytest.raises(TypeError):
        activations.tanh_forward(None)
    with pytest.raises(ValueError):
        activations.tanh_forward(X > 0)


def test_python_itself_rejects_what_is_missing_or_unknown():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'b'"):
        layers.affine_forward(X, W)
    with pytest.raises(TypeError, match="unexpected keyword argument 'rate'"):
        optimizers.sgd_step(X, X, None, rate=0.1)


def test_a_numpy_number_does_not_turn_float32_into_float64():
    x = X.astype(np.float32)
    w, (m, v, _) = optimizers.adam_step(x, x, None, lr=np.float64(0.1), beta1=np.float64(0.9))
    assert {w.dtype, m.dtype, v.dtype} == {np.dtype(np.float32)}
    assert losses.l2_penalty(x, reg=np.float64(0.1))[1].dtype == np.float32
    gamma, running = np.ones(3, np.float32), (np.zeros(3, np.float32), np.ones(3, np.float32))
    out, _, _ = batchnorm_forward(x, gamma, gamma, running, eps=np.float64(1e-5))
    assert out.dtype == np.float32


def test_a_list_of_numbers_is_a_vector():
    assert neuron([1, 2], [3, 4], 5, phi=np.tanh) == np.tanh(16)
    np.testing.assert_array_equal(newton_step([2, 4], 2 * np.eye(2)), [-1, -2])


@pytest.mark.parametrize(
    "judge",
    [
        babysitting.is_flat,
        babysitting.first_bad_epoch,
        babysitting.explodes_at,
        babysitting.lr_verdict,
        babysitting.classify_curve,
    ],
)
def test_curves_may_be_lists_as_a_history_holds_them(judge):
    losses = [2.3 * 0.9**epoch for epoch in range(30)]
    assert judge(losses) == judge(np.array(losses))


def test_a_looking_function_is_documented_as_the_function_it_is():
    assert inspect.signature(activations.relu_forward).parameters.keys() == {"x"}
    assert inspect.getsource(activations.relu_forward).startswith("def relu_forward(")
    assert activations.relu_forward.__module__ == "utils.activations"


@pytest.mark.parametrize(
    "path", sorted(Path(activations.__file__).parent.glob("[!_]*.py")), ids=lambda p: p.stem
)
def test_every_module_ends_by_holding_its_signatures(path):
    last = ast.unparse(ast.parse(path.read_text()).body[-1])
    assert last.startswith("enforce(__name__")


def test_a_class_rejects_as_a_function_does():
    net = MLP([3, 2], rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match="x is None, expected an array"):
        net.scores(None)
    with pytest.raises(TypeError, match="rng is 0, expected a random generator"):
        MLP([3, 2], rng=0)


def test_it_rejects_a_long_value_without_showing_it_in_full():
    with pytest.raises(TypeError, match="^lr is a str, expected a number$"):
        optimizers.sgd_step(X, X, None, lr="0" * 1000)
    assert _signatures._shown(X) == "an array of shape (2, 3)"
