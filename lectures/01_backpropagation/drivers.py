"""How the exercises of this lecture are called, where that is more than a plain call.

A driver takes the student's object and a case's plain arguments and returns plain values. Drivers
run beside the student's code: nothing here may tell an answer. The same driver runs the reference.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

# A sweep may look at the local gradients of a node a few times, not once for every path to it.
LOOKS = 8
# Over all nodes it may look at parents and compare nodes a few times for every edge and node, and
# in a small graph as often as it likes.
STEPS, FREE_STEPS = 20, 10_000


def boolean_outputs(student: Callable, truth_table: Any) -> tuple:
    """A network of step units for a truth table: its shapes, and its output on every row."""
    params = student(truth_table)
    n = len(truth_table).bit_length() - 1
    h = (np.arange(2**n)[:, None] >> np.arange(n)[::-1] & 1).astype(float)
    for layer in (1, 2):
        h = (h @ params[f"w{layer}"] + params[f"b{layer}"] > 0).astype(float)
    return {name: list(np.shape(params[name])) for name in sorted(params)}, h[:, 0]


class GraphNode:
    """A node of a graph; it counts how often one looks at its local gradients and its parents."""

    def __init__(self, grad: float) -> None:
        self.value = 1.0
        self.grad = grad
        self.sources: tuple[GraphNode, ...] = ()
        self.slopes: tuple[float, ...] = ()
        self.looks = self.steps = 0

    @property
    def parents(self) -> tuple["GraphNode", ...]:
        self.steps += 1
        return self.sources

    @property
    def local_grads(self) -> tuple[float, ...]:
        self.looks += 1
        return self.slopes


class ComparedNode(GraphNode):
    """It also counts how often it is compared with another node, as a search in a list does."""

    def __eq__(self, other: object) -> bool:
        self.steps += 1
        return self is other

    __hash__ = object.__hash__


def graph_gradients(student: Callable, edges: Any, slopes: Any, old: float = 0.0) -> tuple:
    """A sweep over a graph: the gradients of its nodes, and how much work that was.

    Edge i leads from the node ``edges[i, 0]`` to its parent ``edges[i, 1]``, where the local
    gradient is ``slopes[i]``. The output is the node with the highest number; every ``grad``
    starts as ``old``.
    """
    # To count millions of comparisons would take seconds, and a shorter graph shows them, too.
    kind = ComparedNode if len(edges) < 1000 else GraphNode
    nodes = [kind(float(old)) for _ in range(int(np.max(edges, initial=0)) + 1)]
    for (child, parent), slope in zip(edges.tolist(), slopes.tolist(), strict=True):
        nodes[child].sources += (nodes[parent],)
        nodes[child].slopes += (slope,)
    student(nodes[-1])
    work = {
        "each node hands its gradient on once": max(node.looks for node in nodes) <= LOOKS,
        "the work grows in proportion to the edges": sum(node.steps for node in nodes)
        <= FREE_STEPS + STEPS * (len(nodes) + len(edges)),
    }
    return np.array([float(node.grad) for node in nodes]), work


def rounded(student: Callable, scores: Any, y: Any) -> Any:
    """A dict of gradients without what rounding leaves in the place of a zero."""
    grads = student(scores, y)
    if not isinstance(grads, dict):
        return grads
    return {
        name: np.round(grad, 6) if type(grad) is np.ndarray else grad
        for name, grad in grads.items()
    }


def gradient_of(student: Callable, which: str, x: Any, **options: Any) -> tuple:
    """A numerical gradient of a known function, and with which numbers that was called."""
    dtypes, shapes = [], []

    def f(point: Any) -> float:
        dtypes.append(point.dtype)
        shapes.append(np.shape(point))
        flat = np.ravel(point)
        if which == "a sum of cubes":
            return float(np.sum(np.arange(1, flat.size + 1) * flat**3))
        if which == "a product":
            return float(np.prod(flat))
        weights = 1 + np.arange(flat.size).reshape(np.shape(point))
        return float(np.sin(np.sum(weights * point)))

    grad = student(f, x, **options)
    return grad, {
        "f is called with float64 arrays": all(d == np.float64 for d in dtypes),
        "f is called with arrays of the shape of x": all(s == np.shape(x) for s in shapes),
    }


def epochs(student: Callable, x: Any, y: Any, batch_size: int, *, rng: Any, draws: int = 2) -> list:
    """Several epochs of mini-batches, one after another with the same generator.

    One batch more than there are examples is taken at most: some generators do not end. A later
    epoch gets copies of the data that no earlier one has touched.
    """
    data = [(x, y), *((x.copy(), y.copy()) for _ in range(draws - 1))]
    return [list(islice(student(*pair, batch_size, rng=rng), len(x) + 1)) for pair in data]


def neuron_outputs(student: Callable, x: Any, w: Any, b: float, phi: str) -> Any:
    """A neuron with an activation that goes by its name."""
    activations = {
        "step": lambda z: np.heaviside(z, 0),
        "tanh": np.tanh,
        "leaky": lambda z: np.where(z > 0, z, z / 4),
    }
    return student(x, w, b, phi=activations[phi])
