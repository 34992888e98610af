import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from utils.autodiff import Node, bprop_of, operate, reverse_sweep
from utils.gradients import numerical_gradient, relative_error
from utils.losses import softmax_loss

numbers = st.floats(0.2, 3) | st.floats(-3, -0.2)

# An expression of nodes, and the same of numbers.
EXPRESSIONS = {
    "a + b": (lambda a, b: a + b, lambda a, b: a + b),
    "a - b": (lambda a, b: a - b, lambda a, b: a - b),
    "a * b": (lambda a, b: a * b, lambda a, b: a * b),
    "a / b": (lambda a, b: a / b, lambda a, b: a / b),
    "number first": (lambda a, b: (2 + a) * (3 - b) + 4 * a + 5 / b,) * 2,
    "number last": (lambda a, b: (a + 2) * (b - 3) + a * 4 - b / 5,) * 2,
    "powers": (lambda a, b: a**2 + b**-1 + a**3 * b**0,) * 2,
    "minus": (lambda a, b: -a * b,) * 2,
    "tanh": (lambda a, b: (a * b).tanh(), lambda a, b: math.tanh(a * b)),
    "exp": (lambda a, b: (a - b).exp() * b, lambda a, b: math.exp(a - b) * b),
    "log": (lambda a, b: (a * a).log() * b, lambda a, b: math.log(a * a) * b),
    "relu": (lambda a, b: a.relu() + (-b).relu(), lambda a, b: max(a, 0) + max(-b, 0)),
    "several ways": (lambda a, b: (a * a + b) * (a + b) * a,) * 2,
}


def test_the_worked_graph_of_the_lecture():
    a, b = Node(2), Node(1)
    c, d = a + b, b + 1
    e = c * d
    assert (e.grad, a.grad) == (0, 0)
    e.backward()
    assert (c.value, d.value, e.value) == (3, 2, 6)
    assert (e.grad, c.grad, d.grad) == (1, 2, 3)
    assert (a.grad, b.grad) == (2, 5)  # two ways lead to b: 2 + 3
    assert e.parents == (c, d)
    assert (e.op, c.op, a.op) == ("mul", "add", "")
    assert e.local_grads == (d.value, c.value)


@pytest.mark.parametrize("name", EXPRESSIONS)
@given(a=numbers, b=numbers)
def test_values_and_gradients_are_right(name, a, b):
    of_nodes, of_numbers = EXPRESSIONS[name]
    node_a, node_b = Node(a), Node(b)
    out = of_nodes(node_a, node_b)
    out.backward()
    assert_allclose(out.value, of_numbers(a, b), rtol=1e-12, atol=1e-12)
    want = numerical_gradient(lambda x: of_numbers(x[0], x[1]), np.array([a, b]), h=1e-6)
    assert_allclose([node_a.grad, node_b.grad], want, rtol=1e-6, atol=1e-6)


def test_relu_is_flat_at_0_and_passes_nan_on():
    x = Node(0)
    x.relu().backward()
    assert x.grad == 0
    assert math.isnan(Node(math.nan).relu().value)


def test_a_second_backward_starts_anew():
    a = Node(3)
    out = a * a
    out.backward()
    out.backward()
    assert a.grad == 6
    other = a * 2
    other.backward()
    assert a.grad == 2


def test_a_node_is_passed_on_only_when_it_is_complete():
    # The short way from a to the output must wait for the long one.
    a = Node(2)
    b = a * 3
    out = b
    for _ in range(5):
        out = out + b
    (out * b).backward()  # 6 b^2 = 54 a^2
    assert a.grad == 108 * 2


def test_a_long_chain_needs_no_deep_stack():
    a = Node(1)
    out = a
    for _ in range(5000):
        out = out + 1
    out.backward()
    assert (out.value, a.grad) == (5001, 1)


def test_a_softmax_loss_written_with_nodes():
    values = np.array([[0.3, -1.2, 2.0]])
    scores = [Node(v) for v in values[0]]
    exps = [s.exp() for s in scores]
    total = exps[0] + exps[1] + exps[2]
    (total / exps[1]).log().backward()
    _, dscores = softmax_loss(values, np.array([1]))
    assert_allclose([s.grad for s in scores], dscores[0], atol=1e-15)


@pytest.mark.parametrize(
    "op, values",
    [
        ("add", (2.0, -3.0)),
        ("mul", (2.0, -3.0)),
        ("inverse", (-0.7,)),
        ("exp", (1.3,)),
        ("log", (0.4,)),
    ],
)
def test_local_gradients_are_the_derivatives(op, values):
    value, local_grads = operate(op, values)
    want = numerical_gradient(lambda x: operate(op, tuple(x))[0], np.array(values))
    assert_allclose(local_grads, want, rtol=1e-8)
    assert isinstance(value, float)


def test_a_sweep_hands_every_gradient_on_once():
    """Thirty doublings: 2^30 paths, sixty edges."""
    out = a = Node(1)
    for _ in range(30):
        out = out + out
    reverse_sweep(out)
    assert a.grad == 2**30


def test_agrees_with_pytorch():
    torch = pytest.importorskip("torch")

    def f(a, b):
        c = (a * b + a**3).tanh() / (b**2 + 1)
        return c * (a - b).exp() + (c - a).relu() - 2 / b

    a, b = Node(0.7), Node(-1.3)
    f(a, b).backward()
    leaves = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.7, -1.3)]
    f(*leaves).backward()
    assert_allclose([a.grad, b.grad], [leaf.grad.item() for leaf in leaves], rtol=1e-12)


def test_a_node_shows_its_value_and_gradient():
    a = Node(2.5)
    (a * 2).backward()
    assert repr(a) == "Node(2.5, grad=2)"


# Duality: the backward twin of each operation


def test_a_sum_copies_backwards():
    dout = np.array([1.0, 2.0])
    for grad in bprop_of("sum")(dout, 3):
        assert_array_equal(grad, dout)
    assert len(bprop_of("sum")(dout, 3)) == 3


def test_a_copy_sums_backwards():
    x, a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([5.0, -6.0])
    dx = bprop_of("copy")(a, b)
    want = numerical_gradient(lambda x: np.sum(x * a) + np.sum(x * b), x)  # x handed out twice
    assert relative_error(dx, want) < 1e-7


def test_a_matrix_transposes_backwards():
    rng = np.random.default_rng(0)
    x, w, dout = (rng.standard_normal(s) for s in [(4, 3), (3, 2), (4, 2)])
    want = numerical_gradient(lambda x: np.sum(x @ w * dout), x)
    assert relative_error(bprop_of("matmul")(dout, w), want) < 1e-7


def test_a_function_multiplies_by_its_slope_backwards():
    rng = np.random.default_rng(1)
    z, dout = rng.standard_normal((2, 5)), rng.standard_normal((2, 5))
    want = numerical_gradient(lambda z: np.sum(np.tanh(z) * dout), z)
    assert relative_error(bprop_of("pointwise")(dout, 1 - np.tanh(z) ** 2), want) < 1e-7


def test_the_twins_compute_the_gradient_of_the_worked_graph():
    # e = (a + b)(b + 1) at a = 2, b = 1, backwards: each product by its slope, the sums copied,
    # the two copies of b summed.
    c, d = np.array([3.0]), np.array([2.0])
    de = np.ones(1)
    dc, dd = bprop_of("pointwise")(de, d), bprop_of("pointwise")(de, c)
    da, db_left = bprop_of("sum")(dc, 2)
    (db_right,) = bprop_of("sum")(dd, 1)
    assert (da[0], bprop_of("copy")(db_left, db_right)[0]) == (2, 5)


# Bad input


def test_bprop_of_rejects_an_unknown_operation():
    with pytest.raises(ValueError, match="op must be one of .*, got 'max'"):
        bprop_of("max")


def test_operate_rejects_an_unknown_operation():
    with pytest.raises(ValueError, match="op must be add, .*, got 'tanh'"):
        operate("tanh", (1.0,))


def test_a_node_rejects_what_is_no_number():
    with pytest.raises(TypeError, match="value is 'two', expected a number"):
        Node("two")  # pyright: ignore
    with pytest.raises(TypeError, match="real number"):
        pow(Node(2), Node(3))  # pyright: ignore
    with pytest.raises(ValueError, match="math domain error"):
        pow(Node(-8), 0.5)
