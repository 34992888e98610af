"""Wrong answers to lecture 01 that others have written, each with the name it should get."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from utils.losses import softmax_loss
from utils.networks import activation_pair, boolean_inputs


def _with(run: Callable, *first: Any, **options: Any) -> Callable:
    """``run`` with its first arguments and some options given."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        return run(*first, *args, **options, **kwargs)

    answer.__name__ = run.__name__
    return answer


def _named(table: tuple[tuple[str, Any], ...], run: Callable) -> tuple[tuple[str, Callable], ...]:
    """The entries of a table as functions: ``run`` with what each of them changes."""
    return tuple((name, _with(run, changed)) for name, changed in table)


def log_of_a_little_more(scores, y):
    """Several books and their readers."""
    _refuse(scores, y)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    loss = -np.log(p[rows, y] + 1e-7).mean()
    p[rows, y] -= 1
    return loss, p / len(y)


def all_columns_of_log_p(scores, y):
    """``log_p[:, y]`` in the place of ``log_p[rows, y]``."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[:, y].mean(), softmax_loss(scores, y)[1]


def exponentials_of_the_scores(scores, y):
    """log p by the rule for quotients, without the maximum: right until a sum overflows."""
    _refuse(scores, y)
    with np.errstate(all="ignore"):
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return _loss_and_gradient(log_p, y)


def columns_for_rows(scores, y):
    _refuse(scores, y)
    shifted = scores - scores.max(axis=0)
    return _loss_and_gradient(shifted - np.log(np.exp(shifted).sum(axis=0)), y)


def _refuse(scores, y):
    n, k = scores.shape
    if len(y) != n or y.min() < 0 or y.max() >= k:
        raise ValueError("labels")


def _loss_and_gradient(log_p, y):
    rows = np.arange(len(y))
    gradient = np.exp(log_p)
    gradient[rows, y] -= 1
    return float(-log_p[rows, y].mean()), gradient / len(y)


def _of_rows(truth_table):
    n = len(truth_table).bit_length() - 1
    if 2**n != len(truth_table):
        raise ValueError("length")
    return n, np.flatnonzero(truth_table)


def _ands(rows, b1, b2=-0.5):
    ones = np.ones((len(rows), 1))
    return {"w1": (2.0 * rows - 1).T, "b1": b1, "w2": ones, "b2": np.array([b2])}


def first_bit_lowest(truth_table):
    """Bits by shifting to the right, the lowest first."""
    n, found = _of_rows(truth_table)
    rows = np.array([[i >> k & 1 for k in range(n)] for i in found], float).reshape(-1, n)
    return _ands(rows, 0.5 - rows.sum(axis=1))


def threshold_at_n(truth_table):
    """An AND of n literals needs all n: the text's ``m - 1/2`` with n for m."""
    n, found = _of_rows(truth_table)
    rows = boolean_inputs(n)[found].astype(float)
    return _ands(rows, np.full(len(rows), 0.5 - n))


def output_border_at_one(truth_table):
    """``b2 = -1``: a single hidden unit brings the output exactly to 0."""
    n, found = _of_rows(truth_table)
    rows = boolean_inputs(n)[found].astype(float)
    return _ands(rows, 0.5 - rows.sum(axis=1), b2=-1.0)


def moved_flat(f, x, h=1e-5):
    point, gradient = x.astype(float).ravel(), np.zeros(x.size)
    for i in range(x.size):
        step = np.zeros(x.size)
        step[i] = h
        gradient[i] = (f(point + step) - f(point - step)) / (2 * h)
    return gradient.reshape(x.shape).astype(x.dtype)


def _quotients(quotient, f, x, h=1e-5):
    point, gradient = x.astype(float), np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = 1
        gradient[i] = quotient(lambda s, step=step: f(point + s * step), h)
    return gradient.astype(x.dtype)


QUOTIENTS: tuple[tuple[str, Callable], ...] = (
    ("backward differences", lambda g, h: (g(0) - g(-h)) / h),
    ("the sign turned", lambda g, h: (g(-h) - g(h)) / (2 * h)),
    ("a step of its own", lambda g, h: (g(1e-5) - g(-1e-5)) / 2e-5),
    ("half a step", lambda g, h: (g(h / 2) - g(-h / 2)) / h),
    ("divided by two, multiplied by h", lambda g, h: (g(h) - g(-h)) / 2 * h),
)


def row_by_row(f, x, h=1e-5):
    point, gradient = x.astype(float), np.zeros_like(x)
    for i in range(len(x)):
        step = np.zeros(x.shape)
        step[i] = h
        gradient[i] = (f(point + step) - f(point - step)) / (2 * h)
    return gradient


def _neuron(answer, x, w, b, *, phi):
    if x.shape[1] != len(w):
        raise ValueError("lengths")
    return answer(x, w, b, phi)


def by_examples(x, w, b, *, phi):
    if x.shape[0] != len(w):
        raise ValueError("lengths")
    return phi(x @ w + b)


NEURONS: tuple[tuple[str, Callable], ...] = (
    ("the bias after the activation", lambda x, w, b, phi: phi(x @ w) + b),
    ("the activation of every product", lambda x, w, b, phi: phi(x * w + b).sum(axis=1)),
    ("the bias once for each input", lambda x, w, b, phi: phi((x * w + b).sum(axis=1))),
    ("a step, whatever phi is", lambda x, w, b, phi: np.heaviside(x @ w + b, 0)),
    ("a column of numbers", lambda x, w, b, phi: phi(x @ w.reshape(-1, 1) + b)),
    ("a list of numbers", lambda x, w, b, phi: [phi(np.dot(row, w) + b) for row in x]),
)


def all_rows_for_a_not(truth_table):
    """The rows that are False, and a NOT at the end."""
    n = _of_rows(truth_table)[0]
    rows = boolean_inputs(n)[~truth_table].astype(float)
    net = _ands(rows, 0.5 - rows.sum(axis=1), b2=0.5)
    return net | {"w2": -net["w2"]}


def logarithm_rounded_down(truth_table):
    n = int(math.log2(len(truth_table)))
    rows = boolean_inputs(n)[truth_table[: 2**n]].astype(float)
    return _ands(rows, 0.5 - rows.sum(axis=1))


def _operate(changed, op, values, *, otherwise=None):
    table = {
        "add": lambda a, b: (a + b, (1.0, 1.0)),
        "mul": lambda a, b: (a * b, (b, a)),
        "inverse": lambda a: (1 / a, (-(a**-2),)),
        "exp": lambda a: (math.exp(a), (math.exp(a),)),
        "log": lambda a: (math.log(a), (1 / a,)),
    } | changed
    if op not in table:
        if otherwise is None:
            raise ValueError(op)
        return otherwise(*values)
    return table[op](*values)


OPERATIONS: tuple[tuple[str, dict], ...] = (
    ("the inverse once, not squared", {"inverse": lambda a: (1 / a, (-1 / a,))}),
    ("the opposite in place of the inverse", {"inverse": lambda a: (-a, (-1.0,))}),
    ("the exponent as its slope", {"exp": lambda a: (math.exp(a), (a,))}),
    ("a power with its rule", {"exp": lambda a: (math.exp(a), (a * math.exp(a - 1),))}),
    ("the logarithm differentiated twice", {"log": lambda a: (math.log(a), (-(a**-2),))}),
    ("the decimal logarithm", {"log": lambda a: (math.log10(a), (1 / (a * math.log(10)),))}),
    ("both inputs of a sum moved", {"add": lambda a, b: (a + b, (2.0, 2.0))}),
    ("one number for two inputs", {"add": lambda a, b: (a + b, (1.0,))}),
    ("a number in place of a tuple", {"exp": lambda a: (math.exp(a), math.exp(a))}),
)


def _sorted_nodes(output):
    """A topological order, the output first, by a stack of its own."""
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack += [(node, True), *((parent, False) for parent in node.parents)]
    return order[::-1]


def _sweep(output, *, edge=lambda node, local: local * node.grad, **but):
    """The right sweep, but for what is said."""
    nodes = _sorted_nodes(output)
    held = output.grad
    for node in nodes:
        node.grad = 0.0
    output.grad = held if "held" in but else 1.0
    for node in reversed(nodes) if "upwards" in but else nodes:
        done = set()
        for parent, local in zip(node.parents, node.local_grads, strict=True):
            if "once" not in but or parent not in done:
                parent.grad += edge(node, local)
            done.add(parent)


def _fresh(output):
    for node in _sorted_nodes(output):
        node.grad = 0.0
    output.grad = 1.0


def a_turn_for_each_edge(output, *, next_at=-1):
    """Every edge puts its parent on a list; a turn hands on all that has come so far."""
    _fresh(output)
    waiting = [output]
    while waiting:
        node = waiting.pop(next_at)
        for parent, local in zip(node.parents, node.local_grads, strict=True):
            parent.grad += local * node.grad
        waiting += node.parents


def calls_itself(output):
    def hand_on(node):
        for parent, local in zip(node.parents, node.local_grads, strict=True):
            parent.grad += local * node.grad
            hand_on(parent)

    _fresh(output)
    hand_on(output)


def places_in_a_list(output):
    nodes = _sorted_nodes(output)
    sorted(nodes, key=nodes.index)
    _sweep(output)


SWEEPS: tuple[tuple[str, Callable], ...] = (
    ("the total so far, handed on at each visit", calls_itself),
    ("the total so far, handed on from a stack", a_turn_for_each_edge),
    ("the total so far, handed on from a queue", _with(a_turn_for_each_edge, next_at=0)),
    ("the second edge to a node is skipped", _with(_sweep, once=True)),
    ("the output keeps what it held", _with(_sweep, held=True)),
    ("what arrived is not handed on", _with(_sweep, edge=lambda node, local: local)),
    ("what arrived is not handed on", _with(_sweep, edge=lambda node, local: local * node.value)),
    ("from the inputs upwards", _with(_sweep, upwards=True)),
    ("nodes looked for one by one", places_in_a_list),
)


def _affine(answer, dout, cache):
    x, w, _ = cache
    return answer(dout @ w.T, x.T @ dout, dout.sum(axis=0), dout)


AFFINE: tuple[tuple[str, Callable], ...] = (
    ("all three averaged", lambda dx, dw, db, dout: tuple(g / len(dout) for g in (dx, dw, db))),
    ("downhill", lambda dx, dw, db, dout: (-dx, -dw, -db)),
    ("the gradients in another order", lambda dx, dw, db, dout: (dw, db, dx)),
    ("db summed over the units", lambda dx, dw, db, dout: (dx, dw, dout.sum(axis=1))),
    ("db as a row of a table", lambda dx, dw, db, dout: (dx, dw, db[None])),
    ("db as one number for all units", lambda dx, dw, db, dout: (dx, dw, dout.sum())),
    ("db without the upstream gradient", lambda dx, dw, db, dout: (dx, dw, db / db)),
)


def _nodes(changed, scores, y):
    """Line by line; ``changed`` replaces lines by name."""
    n, rows = len(scores), np.arange(len(scores))
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    dp = np.zeros_like(p)
    dp[rows, y] = -1 / (n * p[rows, y])
    dp = changed.get("p", lambda dp, p, y: dp)(dp, p, y)
    whole = changed.get("total", lambda dp, e, t: -(dp * e).sum(axis=1, keepdims=True) / t**2)
    dtotal = whole(dp, e, total)
    de = dp / total + dtotal
    shifted = de * e
    top = changed.get("top", lambda ds: -ds.sum(axis=1, keepdims=True))(shifted)
    flat = changed.get("flat", lambda dtotal: dtotal)(dtotal)
    grads = {"p": dp, "total": flat, "e": de, "shifted": shifted, "top": top}
    highest = np.eye(scores.shape[1])[scores.argmax(axis=1)]
    return grads | {"scores": shifted + top.reshape(n, -1).mean(axis=1, keepdims=True) * highest}


def every_column(dp, p, y):
    dp[:, y] = -1 / (len(p) * p[:, y])
    return dp


NODES: tuple[tuple[str, dict], ...] = (
    ("total is not summed", {"total": lambda dp, e, t: -(dp * e) / t**2}),
    ("total to the first power", {"total": lambda dp, e, t: -(dp * e).sum(1, keepdims=True) / t}),
    ("top is not summed", {"top": lambda ds: -ds}),
    ("top without its axis", {"top": lambda ds: -ds.sum(axis=1)}),
    ("an axis lost in a sum", {"flat": lambda dtotal: dtotal[:, 0]}),
    ("every label for every example", {"p": every_column}),
)


def unchecked_labels(scores, y):
    shifted = scores - scores.max(axis=1, keepdims=True)
    return _loss_and_gradient(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), y)


def _losses(changed, scores, y):
    return changed(*softmax_loss(scores, y), scores.shape[1])


LOSSES: tuple[tuple[str, Callable], ...] = (
    ("averaged over the classes, too", lambda loss, gradient, k: (loss / k, gradient / k)),
    ("in bits", lambda loss, gradient, k: (loss / math.log(2), gradient)),
    ("the loss without its minus", lambda loss, gradient, k: (-loss, gradient)),
)


def _two_layers(changed, dscores, x, z, params):
    h = np.maximum(z, 0)
    dh = dscores @ params["w2"].T
    dz = changed.get("z", lambda dh, z: dh * (z > 0))(dh.copy(), z)
    below = dh if "below" in changed else dz
    grads = {"w2": h.T @ dscores, "b2": dscores.sum(axis=0), "h": dh, "z": dz}
    grads |= {"w1": x.T @ below, "b1": below.sum(axis=0), "x": below @ params["w1"].T}
    return grads | changed.get("more", lambda grads: {})(grads | {"scores": dscores})


def _averaged(*names):
    return {"more": lambda grads: {name: grads[name] / len(grads["x"]) for name in names}}


TWO_LAYERS: tuple[tuple[str, dict], ...] = (
    ("the lower layer from above the gate", {"below": True}),
    ("the parameters averaged over the examples", _averaged("w1", "b1", "w2", "b2")),
    ("the parameters averaged over the examples", _averaged("b1", "b2")),
    ("scaled by the pre-activation", {"z": lambda dh, z: dh * z}),
    ("a gate that leaks", {"z": lambda dh, z: np.where(z > 0, dh, 0.01 * dh)}),
    ("the gate alone", {"z": lambda dh, z: np.where(z > 0, 1.0, 0.0).astype(dh.dtype)}),
    ("one array under two names", {"more": lambda g: {"h": g["z"].copy()}}),
    ("the biases summed over the units", {"more": lambda g: {"b2": g["scores"].sum(axis=1)}}),
)


def _fit(x, y, batch_size):
    if len(x) != len(y) or batch_size < 1:
        raise ValueError("lengths")


def _pieces(n, size, rng, *, end=0, times=1):
    order = np.tile(rng.permutation(n), times)
    return [order[start : start + size] for start in range(0, n + end, size)]


def _epoch(batches, x, y, batch_size, *, rng):
    _fit(x, y, batch_size)
    for part in batches(len(x), batch_size, rng):
        yield x[part], y[part]


EPOCHS: tuple[tuple[str, Callable], ...] = (
    ("full batches, each drawn anew", lambda n, m, rng: rng.integers(0, n, (-(-n // m), m))),
    ("the last batch filled up", _with(_pieces, times=2)),
    ("equal parts", lambda n, m, rng: np.array_split(rng.permutation(n), -(-n // m))),
    (
        "as many batches as a batch should have examples",
        lambda n, m, rng: np.array_split(rng.permutation(n), m),
    ),
    ("an empty batch at the end", _with(_pieces, end=1)),
)


def first_batch_returned(x, y, batch_size, *, rng):
    return next(_epoch(_pieces, x, y, batch_size, rng=rng))


def put_in_order(x, y, batch_size, *, rng):
    _fit(x, y, batch_size)
    order = rng.permutation(len(x))
    x[:] = x[order]
    y[:] = y[order]
    for i in range(0, len(x), batch_size):
        yield x[i : i + batch_size].copy(), y[i : i + batch_size].copy()


def unasked_lengths(x, y, batch_size, *, rng):
    for part in _pieces(len(x), batch_size, rng):
        yield x[part], y[part]


def batches_for_ever(x, y, batch_size, *, rng):
    while True:
        yield from _epoch(_pieces, x, y, batch_size, rng=rng)


def _mlp(changed, dscores, cache):
    """The backward pass of any depth, with some of it replaced."""
    caches, activation = cache
    back = activation_pair(activation)[1]
    grads, d = {}, dscores
    for layer in range(len(caches), changed.get("above", 0), -1):
        (x, w, b), kept = caches[layer - 1]
        if layer < len(caches):
            d = d * (x @ w + b > 0) if "relu" in changed else back(d, kept)
        number = layer - changed.get("less", 0)
        n = len(x) if "mean" in changed else 1
        grads[f"w{number}"] = x.T @ d / n
        grads[f"b{number}"] = d.sum(axis=changed.get("axis", 0)) / n
        if layer > 1 or "z1" not in changed:
            d = d @ w.T
    return grads | {"x": d} if "dict" in changed else (d, grads)


MLPS: tuple[tuple[str, dict], ...] = (
    ("the layers counted from 0", {"less": 1}),
    ("averaged over the examples", {"mean": True}),
    ("one dict for all", {"dict": True}),
    ("the first layer left out", {"above": 1}),
    ("a ReLU, whatever the activation is", {"relu": True}),
    ("one product too few", {"z1": True}),
    ("the biases summed over the units", {"axis": 1}),
)


ELSEWHERE = {
    "networks.neuron_batch": (
        *_named(NEURONS, _neuron),
        ("examples counted in place of inputs", by_examples),
    ),
    "networks.dnf_net": (
        ("the bits from the right", first_bit_lowest),
        ("the inputs counted, not the ones", threshold_at_n),
        ("exactly zero does not fire", output_border_at_one),
        ("a unit for every false row", all_rows_for_a_not),
        ("any length is accepted", logarithm_rounded_down),
    ),
    "autodiff.operate": (
        *_named(OPERATIONS, _operate),
        ("nothing for an unknown operation", _with(_operate, {}, otherwise=lambda a: None)),
        (
            "the last branch takes everything",
            _with(_operate, {}, otherwise=lambda a: (math.log(a), (1 / a,))),
        ),
    ),
    "autodiff.reverse_sweep": SWEEPS,
    "layers.affine_backward": _named(AFFINE, _affine),
    "losses.softmax_nodes_backward": _named(NODES, _nodes),
    "networks.two_layer_backward": _named(TWO_LAYERS, _two_layers),
    "training.iterate_minibatches": (
        *_named(EPOCHS, _epoch),
        ("one batch in place of all", first_batch_returned),
        ("the caller's arrays are changed", put_in_order),
        ("labels that are missing are not noticed", unasked_lengths),
        ("an epoch without an end", batches_for_ever),
    ),
    "networks.mlp_backward": _named(MLPS, _mlp),
    "gradients.numerical_gradient": (
        ("flat arrays for f", moved_flat),
        *_named(QUOTIENTS, _quotients),
        ("whole rows moved", row_by_row),
    ),
    "losses.softmax_loss": (
        ("a small number inside the logarithm", log_of_a_little_more),
        ("every label for every example", all_columns_of_log_p),
        ("overflow in the logarithm of the sum", exponentials_of_the_scores),
        ("softmax down the columns", columns_for_rows),
        ("labels that do not fit are not refused", unchecked_labels),
        *_named(LOSSES, _losses),
    ),
}
