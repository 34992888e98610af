"""Reverse-mode differentiation of scalars, small enough to read in one sitting."""

import math
from collections.abc import Callable

from utils import _checks
from utils._signatures import enforce


def operate(op: str, values: tuple[float, ...]) -> tuple[float, tuple[float, ...]]:
    """One elementary operation on numbers: its value, and a derivative for each input.

    Args:
        op: "add" for a + b, "mul" for a b, "inverse" for 1 / a, "exp" for e^a, "log" for
            the natural logarithm of a.
        values: the inputs: two numbers (a, b) for "add" and "mul", one number (a,) for the
            other three.

    Returns:
        value: the result, a float.
        local_grads: one number for each input: the derivative of the result with respect
            to that input, while the other input is held fixed.

    Raises:
        ValueError: ``op`` is none of the five.

    Solution:
        A sum passes both inputs on with 1. In a product each input waits on the other:
        d(ab)/da = b. The three functions of one number have -1/a^2, e^a and 1/a.

    Source: syllabus BPG-01, BPG-02.
    """
    if op == "add":
        a, b = values
        return a + b, (1.0, 1.0)
    if op == "mul":
        a, b = values
        return a * b, (b, a)
    (a,) = values
    if op == "inverse":
        return 1 / a, (-1 / a**2,)
    if op == "exp":
        return math.exp(a), (math.exp(a),)
    if op == "log":
        return math.log(a), (1 / a,)
    raise ValueError(f"op must be add, mul, inverse, exp or log, got {op!r}")


class Node:
    """A number that remembers how it was computed, so that gradients can flow back to its inputs.

    Attributes:
        value: the number, set in the forward pass.
        grad: d(output) / d(this node), set by ``output.backward()``.
        parents: the nodes it was computed from.
        local_grads: the derivative of its value with respect to each parent.
        op: the operation that made it, "" for an input.

    Supports ``+ - * /`` among nodes and numbers, ``node ** number``, ``.tanh()``,
    ``.relu()``, ``.exp()`` and ``.log()``. Each operation stores one local derivative for
    each parent; :func:`reverse_sweep` needs nothing else.

    >>> a, b = Node(2), Node(1)
    >>> e = (a + b) * (b + 1)
    >>> e.backward()
    >>> e.value, a.grad, b.grad
    (6.0, 2.0, 5.0)

    Source: Linnainmaa 1970; syllabus BPG-01, BPG-02.
    """

    def __init__(
        self,
        value: float,
        parents: tuple["Node", ...] = (),
        local_grads: tuple[float, ...] = (),
        op: str = "",
    ):
        self.value = float(value)
        self.grad = 0.0
        self.parents = parents
        self.local_grads = local_grads
        self.op = op

    def __repr__(self) -> str:
        return f"Node({self.value:g}, grad={self.grad:g})"

    def __add__(self, other: "Node | float") -> "Node":
        return _apply("add", self, _node(other))

    def __mul__(self, other: "Node | float") -> "Node":
        return _apply("mul", self, _node(other))

    def __pow__(self, exponent: float) -> "Node":
        slope = exponent * math.pow(self.value, exponent - 1) if exponent else 0.0
        return Node(math.pow(self.value, exponent), (self,), (slope,), f"**{exponent}")

    def __neg__(self) -> "Node":
        return self * -1

    def __sub__(self, other: "Node | float") -> "Node":
        return self + -_node(other)

    def __truediv__(self, other: "Node | float") -> "Node":
        return self * _apply("inverse", _node(other))

    def __radd__(self, other: float) -> "Node":
        return self + other

    def __rmul__(self, other: float) -> "Node":
        return self * other

    def __rsub__(self, other: float) -> "Node":
        return -self + other

    def __rtruediv__(self, other: float) -> "Node":
        return _node(other) / self

    def tanh(self) -> "Node":
        out = math.tanh(self.value)
        return Node(out, (self,), (1 - out**2,), "tanh")

    def relu(self) -> "Node":
        return Node(max(self.value, 0.0), (self,), (float(self.value > 0),), "relu")

    def exp(self) -> "Node":
        return _apply("exp", self)

    def log(self) -> "Node":
        return _apply("log", self)

    def backward(self) -> None:
        """Set ``grad`` of this node and of all nodes it was computed from."""
        reverse_sweep(self)


def _node(value: Node | float) -> Node:
    return value if isinstance(value, Node) else Node(value)


def _apply(op: str, *parents: Node) -> Node:
    value, local_grads = operate(op, tuple(parent.value for parent in parents))
    return Node(value, parents, local_grads, op)


def reverse_sweep(output: "Node") -> None:
    """Set ``grad`` of every node that ``output`` was computed from, and of ``output`` itself.

    Args:
        output: the node at the end of a graph. A node has four attributes: ``value``;
            ``grad``; ``parents``, a tuple of the nodes that it was computed from, empty for
            an input; and ``local_grads``, for each parent the derivative of this node's
            value with respect to that parent's.

    Afterwards the ``grad`` of each node is the derivative of ``output.value`` with respect
    to its own value, whatever ``grad`` held before; that of ``output`` is 1. A node may be the
    parent of several nodes, and of one node twice, as a is in a * a. The work must grow in
    proportion to the number of edges. A graph may be thousands of nodes deep, which is deeper
    than Python lets a function call itself. Nothing is returned.

    Solution:
        A node may pass its gradient on only when it is complete: when all its consumers
        have reported. So count the consumers of each node first. Then start at the output;
        a node whose last consumer has reported is ready, and is next. This is an order in
        which every node comes after all of its consumers: a topological order of the graph
        with its arrows turned round.

    Source: Linnainmaa 1970; syllabus BPG-01, BPG-02.
    """
    missing = {output: 0}  # for each node, how many edges have yet to report
    found = [output]
    for node in found:
        node.grad = 0.0
        for parent in node.parents:
            if parent not in missing:
                missing[parent] = 0
                found.append(parent)
            missing[parent] += 1
    output.grad = 1.0
    ready = [output]
    for node in ready:
        for parent, local in zip(node.parents, node.local_grads, strict=True):
            parent.grad += local * node.grad
            missing[parent] -= 1
            if missing[parent] == 0:
                ready.append(parent)


def bprop_of(op: str) -> Callable:
    """The backward twin of a forward operation: a sum copies, a copy sums, @ w becomes @ w.T.

    Args:
        op: the forward operation, "sum", "copy", "matmul" or "pointwise".

    Returns:
        The function that takes the gradient on the output of ``op``, and what the
        forward pass kept, to the gradient on its input:

        - "sum" of n inputs: ``(dout, n)`` -> tuple of n arrays, ``dout`` for each;
        - "copy", handed out several times: ``(dout_1, dout_2, ...)`` -> their sum;
        - "matmul", x @ w: ``(dout, w)`` -> dout @ w.T;
        - "pointwise", phi(z): ``(dout, slope)`` -> dout * slope, slope = phi'(z).

    Raises:
        ValueError: ``op`` is none of the four.

    So the backward pass is the forward graph with its arrows turned round. No case
    is special: they are all multiplication by a matrix, turned into multiplication
    by its transpose.

    Source: syllabus BPG-07.
    """
    twins: dict[str, Callable] = {
        "sum": lambda dout, n: (dout,) * n,
        "copy": lambda *douts: sum(douts),
        "matmul": lambda dout, w: dout @ w.T,
        "pointwise": lambda dout, slope: dout * slope,
    }
    if op not in twins:
        raise ValueError(f"op must be one of {list(twins)}, got {op!r}")
    return twins[op]


enforce(__name__, checks={reverse_sweep: _checks.node})
