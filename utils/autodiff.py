"""Reverse-mode differentiation of scalars, small enough to read in one sitting."""

import math
from collections.abc import Callable


class Node:
    """A number that remembers how it was computed, so that gradients can flow back to its inputs.

    Attributes:
        value: the number, set in the forward pass.
        grad: d(output) / d(this node), set by ``output.backward()``.
        parents: the nodes it was computed from.
        op: the operation that made it, "" for an input.

    Supports ``+ - * /`` among nodes and numbers, ``node ** number``, ``.tanh()``,
    ``.relu()`` and ``.exp()``. Each operation stores one local derivative for each
    parent. The backward pass needs nothing else: what arrives at a node, times the
    local derivative, goes to the parent, and what arrives on several ways is added.

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
        self.depth = 1 + max((parent.depth for parent in parents), default=-1)

    def __repr__(self) -> str:
        return f"Node({self.value:g}, grad={self.grad:g})"

    def __add__(self, other: "Node | float") -> "Node":
        other = _node(other)
        return Node(self.value + other.value, (self, other), (1.0, 1.0), "+")

    def __mul__(self, other: "Node | float") -> "Node":
        other = _node(other)
        return Node(self.value * other.value, (self, other), (other.value, self.value), "*")

    def __pow__(self, exponent: float) -> "Node":
        slope = exponent * math.pow(self.value, exponent - 1) if exponent else 0.0
        return Node(math.pow(self.value, exponent), (self,), (slope,), f"**{exponent}")

    def __neg__(self) -> "Node":
        return self * -1

    def __sub__(self, other: "Node | float") -> "Node":
        return self + -_node(other)

    def __truediv__(self, other: "Node | float") -> "Node":
        return self * _node(other) ** -1

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
        out = math.exp(self.value)
        return Node(out, (self,), (out,), "exp")

    def backward(self) -> None:
        """Set ``grad`` of this node and of all nodes it was computed from.

        A node's own gradient must be complete before it is passed on. So nodes are
        visited by depth, the number of steps from the inputs, deepest first: all
        consumers of a node are deeper than the node.
        """
        nodes: list[Node] = [self]
        seen: set[Node] = {self}
        for node in nodes:
            node.grad = 0.0
            for parent in node.parents:
                if parent not in seen:
                    seen.add(parent)
                    nodes.append(parent)
        self.grad = 1.0
        for node in sorted(nodes, key=lambda node: node.depth, reverse=True):
            for parent, local in zip(node.parents, node.local_grads, strict=True):
                parent.grad += local * node.grad


def _node(value: Node | float) -> Node:
    return value if isinstance(value, Node) else Node(value)


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
