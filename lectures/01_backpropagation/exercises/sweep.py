"""One sweep backwards over a graph."""

from collections import deque
from functools import partial

import numpy as np

from grader import Case, Exercise

from .. import drivers

SWEEP = Exercise(
    "autodiff.reverse_sweep",
    points=4,
    minutes=9,
    returns=("grad", "work"),
    parents=("autodiff.operate",),
    driver=drivers.graph_gradients,
    float32=False,
    promises={
        "empty for an input": "the output is an input",
        "whatever ``grad`` held before": "old gradients",
        "of one node twice": "a square",
        "in proportion to the number of edges": ("ten doublings", "a chain of 400 nodes"),
        "thousands of nodes deep": "a chain of 3000 nodes",
    },
    hints=(
        "Draw e = (a + b)(b + 1). When may b pass its gradient on, and when c? What must have "
        "happened first?",
        "A node is complete when every node that used it has reported. The search word is "
        "topological "
        "order. Visit the nodes in an order in which each comes after all of its consumers.",
        "First walk through the graph from the output, set every grad to 0 and count for each "
        "node how "
        "many edges lead to it. Then work off a list that begins with the output, whose grad is "
        "1: add local "
        "gradient times grad to each parent, and put a parent on the list when its count has come "
        "down to 0.",
    ),
)


def graph(name, edges, *, slopes=None, old=0.0, extreme=False):
    pairs = np.array(edges, dtype=np.int64).reshape(-1, 2)
    given = np.ones(len(pairs)) if slopes is None else np.asarray(slopes, float)
    return Case(name, (pairs, given), {"old": old}, extreme=extreme)


# A node is a row: its parents. Inputs have none. The output comes last.
def _edges(parents):
    return [(child, parent) for child, those in enumerate(parents) for parent in those]


@SWEEP.cases
def _(rng: np.random.Generator):
    def drawn(name, parents, **options):
        edges = _edges(parents)
        slopes = rng.uniform(0.5, 2, len(edges)) * np.where(np.arange(len(edges)) % 3, 1, -1)
        return graph(name, edges, slopes=slopes, **options)

    # a, b, 1, c = a + b, d = b + 1, e = c d, at a = 2, b = 1
    worked = _edges([(), (), (), (0, 1), (1, 2), (3, 4)])
    yield graph("e = (a + b)(b + 1) at a = 2, b = 1", worked, slopes=[1, 1, 1, 1, 2, 3])
    yield drawn("a chain", [(), (0,), (1,), (2,)])
    yield drawn("a diamond with a tail", [(), (0,), (1,), (1,), (2, 3)])
    # The short edge from 1 to the output must wait for the long way through 2 and 3, and the
    # other way round: neither depth first nor breadth first will do.
    yield drawn("a short cut, first", [(), (0,), (1,), (2,), (1, 3)])
    yield drawn("a short cut, last", [(), (0,), (1,), (2,), (3, 1)])
    yield drawn("two nodes that share an input twice", [(), (), (0, 1), (1, 0), (2, 2, 3)])
    yield drawn("a square", [(), (0, 0)])
    yield graph("the output is an input", [])
    yield drawn("old gradients", [(), (), (0, 1), (2, 1), (3, 2)], old=3.5)
    doublings = _edges([(), *((k, k) for k in range(10))])
    yield graph("ten doublings", doublings, slopes=rng.uniform(0.8, 1.2, len(doublings)))
    for n in (400, 3000):
        long = [(k + 1, k) for k in range(n - 1)]
        yield graph(f"a chain of {n} nodes", long, slopes=np.full(n - 1, 0.9995), extreme=True)


def _reachable(output):
    found, waiting = {output: None}, [output]
    for node in waiting:
        fresh = [p for p in dict.fromkeys(node.parents) if p not in found]
        found |= dict.fromkeys(fresh)
        waiting += fresh
    return waiting


def _ordered(output):
    """Every node after all of its consumers."""
    waiting = {node: 0 for node in _reachable(output)}
    for node in waiting:
        for parent in node.parents:
            waiting[parent] += 1
    ready = [output]
    for node in ready:
        for parent in node.parents:
            waiting[parent] -= 1
            if waiting[parent] == 0:
                ready.append(parent)
    return ready


def _hand_on(node):
    for parent, local in zip(node.parents, node.local_grads, strict=True):
        parent.grad += local * node.grad


@SWEEP.misconception("every path by itself")
def _(output):
    """Your gradients are right. But a node hands on a part as soon as a part arrives, again and
    again.
    With ten doublings that makes 2^10 visits to the first node, with forty it would not end.
    How could a node wait until all that it will receive is there?
    """
    for node in _reachable(output):
        node.grad = 0.0
    output.grad = 1.0
    arrived = [(output, 1.0)]
    while arrived:
        node, part = arrived.pop()
        for parent, local in zip(node.parents, node.local_grads, strict=True):
            parent.grad += local * part
            arrived.append((parent, local * part))


@SWEEP.misconception("breadth first, too early")
def _(output):
    """Chains and the worked graph are right, a short cut is not.
    It looks as if a node were visited as soon as it is discovered, and only then.
    Had all its consumers reported when it handed its gradient on?
    """
    nodes = _reachable(output)
    for node in nodes:
        node.grad = 0.0
    output.grad = 1.0
    for node in nodes:
        _hand_on(node)


@SWEEP.misconception("depth first, too early")
def _(output):
    """Some graphs are right, but where two ways meet again your gradient is not always complete.
    It looks as if you followed one way to its end before you looked at the next.
    What does a node know at that moment about its other consumers?
    """
    for node in _reachable(output):
        node.grad = 0.0
    output.grad = 1.0
    seen, stack = {output}, [output]
    while stack:
        node = stack.pop()
        _hand_on(node)
        for parent in node.parents:
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)


@SWEEP.misconception("a node before its other consumers")
def _(output):
    """Some graphs are right, but where two ways meet again your gradient is not always complete.
    It looks as if a node came into your order as soon as one way led to it.
    Which of its consumers may still come after it, and when would you know that none does?
    """
    order, waiting = {}, [output]
    while waiting:
        node = waiting.pop()
        if node not in order:
            order[node] = None
            waiting += node.parents[::-1]
    for node in order:
        node.grad = 0.0
    output.grad = 1.0
    for node in order:
        _hand_on(node)


@SWEEP.misconception("the last way wins")
def _(output):
    """Along chains you are right. Where two ways meet, only one of them is left.
    It looks as if a gradient were replaced by the next that arrives.
    What does the chain rule do with several ways?
    """
    for node in _reachable(output):
        node.grad = 0.0
    output.grad = 1.0
    for node in _ordered(output):
        for parent, local in zip(node.parents, node.local_grads, strict=True):
            parent.grad = local * node.grad


@SWEEP.misconception("old gradients are kept")
def _(output):
    """On a fresh graph you are right. When the nodes hold the gradients of an earlier sweep, these
    are
    added in.
    What should a second sweep over the same graph give?
    """
    output.grad = 1.0
    for node in _ordered(output):
        _hand_on(node)


@SWEEP.misconception("the output starts at 0")
def _(output):
    """All your gradients are 0.
    The output has a derivative on itself. Which?
    """
    for node in _reachable(output):
        node.grad = 0.0
    for node in _ordered(output):
        _hand_on(node)


@SWEEP.misconception("the local gradients are missing")
def _(output):
    """Your gradients count paths: every edge hands on all that arrived.
    What is the gradient multiplied with on its way along an edge?
    """
    for node in _reachable(output):
        node.grad = 0.0
    output.grad = 1.0
    for node in _ordered(output):
        for parent in node.parents:
            parent.grad += node.grad


@SWEEP.misconception("a node used twice counts once")
def _(output):
    """Most graphs are right. A node that is the parent of another one twice gets only one part.
    In a * a the number a stands twice. How many edges lead from the product to it?
    """
    for node in _reachable(output):
        node.grad = 0.0
    output.grad = 1.0
    for node in _ordered(output):
        for parent, local in dict(zip(node.parents, node.local_grads, strict=True)).items():
            parent.grad += local * node.grad


@SWEEP.misconception("the total so far, handed on at each visit")
def _(output):
    """Along chains you are right. Where ways meet and go on together, some parts count twice.
    It looks as if a node were visited once for each edge that leads to it, and handed on all that
    it had got so far, each time.
    What has been handed on already when the second part arrives?
    """
    for node in _reachable(output):
        node.grad = 0.0
    output.grad = 1.0
    # What a function that calls itself does, edge by edge, without calling itself.
    visits = [iter(zip(output.parents, output.local_grads, strict=True))]
    nodes = [output]
    while visits:
        edge = next(visits[-1], None)
        if edge is None:
            visits.pop()
            nodes.pop()
            continue
        parent, local = edge
        parent.grad += local * nodes[-1].grad
        nodes.append(parent)
        visits.append(iter(zip(parent.parents, parent.local_grads, strict=True)))


# A node stands on the list once for each edge that leads to it; which one is next makes a
# difference to the numbers and not to the idea.
_NEXT = {
    "from a stack": (deque.pop, lambda parents: parents),
    "by calls, a node at a time": (deque.pop, lambda parents: parents[::-1]),
    "from a queue": (deque.popleft, lambda parents: parents),
}


def _total_so_far(output, *, take, order):
    for node in _reachable(output):
        node.grad = 0.0
    output.grad = 1.0
    waiting = deque([output])
    while waiting:
        node = take(waiting)
        _hand_on(node)
        waiting.extend(order(node.parents))


for _where, (_take, _order) in _NEXT.items():
    SWEEP.misconception(
        f"the total so far, handed on {_where}",
        "Along chains you are right. Where ways meet and go on together, some parts count twice.\n"
        "It looks as if a node had a turn for each edge that leads to it, and handed on all\n"
        "that it had got so far, each time.\n"
        "What has been handed on already when its second turn comes?",
    )(partial(_total_so_far, take=_take, order=_order))


@SWEEP.misconception("the second edge to a node is skipped")
def _(output):
    """Most graphs are right. Of two edges that lead from one node to the same parent the second
    is left out.
    In a * a the number a stands twice. How many edges lead from the product to it?
    """
    for node in _reachable(output):
        node.grad = 0.0
    output.grad = 1.0
    for node in _ordered(output):
        edges = list(zip(node.parents, node.local_grads, strict=True))
        for parent, local in dict(edges[::-1]).items():
            parent.grad += local * node.grad


@SWEEP.misconception("the output keeps what it held")
def _(output):
    """Your gradients are those of a fresh sweep, times what the output held before it. On a fresh
    graph that is 0.
    The output has a derivative on itself. Which, and who writes it down?
    """
    held = output.grad
    for node in _reachable(output):
        node.grad = 0.0
    output.grad = held
    for node in _ordered(output):
        _hand_on(node)


@SWEEP.misconception("what arrived is not handed on")
def _(output):
    """The parents of the output are right. Further down each edge brings its local gradient alone,
    whatever has arrived at the node above it.
    What stands in the formula beside the local gradient?
    """
    for node in _reachable(output):
        node.grad = 0.0
    output.grad = 1.0
    for node in _ordered(output):
        for parent, local in zip(node.parents, node.local_grads, strict=True):
            parent.grad += local


@SWEEP.misconception("nodes looked for one by one")
def _(output):
    """Your gradients are right. But with the number of nodes the work grows as its square.
    Is a node looked for in a list, from its beginning, or are all nodes gone through to find the
    next one? What finds a node at once, however many there are?
    """
    nodes = _reachable(output)
    for node in nodes[:500]:  # enough to be seen; all of a long chain would take too long
        nodes.index(node)
    for node in nodes:
        node.grad = 0.0
    output.grad = 1.0
    for node in _ordered(output):
        _hand_on(node)


@SWEEP.misconception("from the inputs upwards")
def _(output):
    """The output hands on, and it is the last that does: its parents are right, and below them
    nothing arrives.
    In which direction does your order of the nodes run, and in which does a gradient?
    """
    for node in _reachable(output):
        node.grad = 0.0
    output.grad = 1.0
    for node in _ordered(output)[::-1]:
        _hand_on(node)
