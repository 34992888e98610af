"""Lecture 01, solved in other ways: loops, other algebra, other NumPy. All of them are right."""

import math
from collections.abc import Callable

import numpy as np

from utils.activations import relu_backward
from utils.networks import activation_pair, boolean_inputs

# neuron_batch


def neuron_batch_loops(x, w, b, *, phi):
    if x.shape[1] != len(w):
        raise ValueError("lengths differ")
    z = np.empty(len(x), x.dtype)
    for n, row in enumerate(x):
        z[n] = sum(row[i] * w[i] for i in range(len(w))) + b
    return phi(z)


def neuron_batch_einsum(x, w, b, *, phi):
    if x.shape[1:] != w.shape:
        raise ValueError(w.shape)
    return phi(np.einsum("nd,d->n", x, w) + b)


# dnf_net


def dnf_net_loops(truth_table):
    n = int(math.log2(len(truth_table)))
    if 2**n != len(truth_table):
        raise ValueError("not a power of two")
    true = [row for row, value in enumerate(truth_table) if value]
    w1, b1 = np.zeros((n, len(true))), np.zeros(len(true))
    for j, row in enumerate(true):
        bits = [int(c) for c in format(row, f"0{n}b")]
        for i, bit in enumerate(bits):
            w1[i, j] = 1 if bit else -1
        b1[j] = 0.5 - sum(bits)
    return {"w1": w1, "b1": b1, "w2": np.ones((len(true), 1)), "b2": np.array([-0.5])}


def dnf_net_large_weights(truth_table):
    size = len(truth_table)
    if size & (size - 1):
        raise ValueError(size)
    rows = boolean_inputs(size.bit_length() - 1)[np.flatnonzero(truth_table)]
    signs = np.where(rows == 1, 10.0, -10.0)
    return {
        "w1": signs.T,
        "b1": 3 - (signs * rows).sum(axis=1),
        "w2": np.full((len(rows), 1), 2.0),
        "b2": -np.ones(1),
    }


# softmax_nodes_backward


def softmax_nodes_loops(scores, y):
    n, k = scores.shape
    grads = {
        name: np.zeros((n, size), scores.dtype)
        for name, size in (("p", k), ("total", 1), ("e", k), ("shifted", k), ("top", 1))
    }
    grads["scores"] = np.zeros_like(scores)
    for i in range(n):
        best = int(np.argmax(scores[i]))
        e = [math.exp(s - scores[i, best]) for s in scores[i]]
        total = sum(e)
        grads["p"][i, y[i]] = -total / (n * e[y[i]])
        grads["total"][i, 0] = -grads["p"][i, y[i]] * e[y[i]] / total**2
        for j in range(k):
            grads["e"][i, j] = grads["p"][i, j] / total + grads["total"][i, 0]
            grads["shifted"][i, j] = grads["e"][i, j] * e[j]
            grads["top"][i, 0] -= grads["shifted"][i, j]
            grads["scores"][i, j] += grads["shifted"][i, j]
        grads["scores"][i, best] += grads["top"][i, 0]
    return grads


def softmax_nodes_simplified(scores, y):
    """What is left when the algebra is done on paper."""
    n, k = scores.shape
    e = np.exp(scores - np.max(scores, axis=1)[:, None])
    total = np.sum(e, axis=1)[:, None]
    p, onehot = e / total, np.eye(k, dtype=scores.dtype)[y]
    dscores = (p - onehot) / n
    return {
        "p": -onehot / p / n,
        "total": 1 / (n * total),
        "e": dscores / e,
        "shifted": dscores,
        "top": np.zeros_like(total),
        "scores": dscores.copy(),
    }


# softmax_loss


def softmax_loss_own_logarithm(scores, y):
    n, k = scores.shape
    if len(y) != n or y.min() < 0 or y.max() >= k:
        raise ValueError("labels")
    shifted = scores - scores.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1)
    loss = np.mean(np.log(total) - shifted[range(n), y])
    return loss, (e / total[:, None] - np.eye(k, dtype=scores.dtype)[y]) / n


def softmax_loss_loops(scores, y):
    n, k = scores.shape
    if y.shape != (n,):
        raise ValueError(y.shape)
    loss, dscores = 0.0, np.empty_like(scores)
    for i in range(n):
        if not 0 <= y[i] < k:
            raise ValueError(y[i])
        top = max(scores[i])
        total = sum(math.exp(s - top) for s in scores[i])
        loss -= scores[i, y[i]] - top - math.log(total)
        for j in range(k):
            dscores[i, j] = (math.exp(scores[i, j] - top) / total - (j == y[i])) / n
    return loss / n, dscores


# operate


def operate_table(op, values):
    table = {
        "add": lambda a, b: (a + b, (1, 1)),
        "mul": lambda a, b: (a * b, (b, a)),
        "inverse": lambda a: (a**-1, (-(a**-2),)),
        "exp": lambda a: (np.exp(a), (np.exp(a),)),
        "log": lambda a: (np.log(a), (a**-1,)),
    }
    if op not in table:
        raise ValueError(op)
    return table[op](*values)


def operate_match(op, values):
    match op, *values:
        case "add", a, b:
            return float(a + b), [1.0, 1.0]
        case "mul", a, b:
            return float(a * b), [b, a]
        case "inverse", a:
            return 1.0 / a, [-1.0 / (a * a)]
        case "exp", a:
            out = math.exp(a)
            return out, [out]
        case "log", a:
            return math.log(a), [1.0 / a]
    raise ValueError("unknown")


# reverse_sweep


def reverse_sweep_depth_first_order(output):
    """A topological order by depth-first search with a stack of its own, then one walk back."""
    order, seen, stack = [], {output}, [(output, iter(output.parents))]
    while stack:
        node, parents = stack[-1]
        for parent in parents:
            if parent not in seen:
                seen.add(parent)
                stack.append((parent, iter(parent.parents)))
                break
        else:
            order.append(node)
            stack.pop()
    for node in order:
        node.grad = 0
    output.grad = 1
    for node in reversed(order):
        for i in range(len(node.parents)):
            node.parents[i].grad += node.local_grads[i] * node.grad


def reverse_sweep_by_depth(output):
    """By the length of the longest way to an input, deepest first."""
    nodes, known = [output], {output}
    for node in nodes:
        for parent in node.parents:
            if parent not in known:
                known.add(parent)
                nodes.append(parent)
    waiting = {node: len(set(node.parents)) for node in nodes}
    children = {node: [] for node in nodes}
    for node in nodes:
        for parent in set(node.parents):
            children[parent].append(node)
    levels = [[node for node in nodes if not node.parents]]
    while levels[-1]:
        following = []
        for node in levels[-1]:
            for child in children[node]:
                waiting[child] -= 1
                if waiting[child] == 0:
                    following.append(child)
        levels.append(following)
    for node in nodes:
        node.grad = 0.0
    output.grad = 1.0
    for level in levels[::-1]:
        for node in level:
            for parent, local in zip(node.parents, node.local_grads, strict=True):
                parent.grad = parent.grad + node.grad * local


def reverse_sweep_collected(output):
    """Gradients gathered in a dict first, written into the nodes at the end."""
    consumers, todo = {}, [output]
    seen = {output}
    while todo:
        node = todo.pop()
        for parent in node.parents:
            consumers[parent] = consumers.get(parent, 0) + 1
            if parent not in seen:
                seen.add(parent)
                todo.append(parent)
    grads, ready = dict.fromkeys(seen, 0.0), [output]
    grads[output] = 1.0
    while ready:
        node = ready.pop()
        for parent, local in zip(node.parents, node.local_grads, strict=True):
            grads[parent] += local * grads[node]
            consumers[parent] -= 1
            if not consumers[parent]:
                ready.append(parent)
    for node, grad in grads.items():
        node.grad = grad
    return grads[output]


# affine_backward


def affine_backward_einsum(dout, cache):
    x, w, _ = cache
    return (
        np.einsum("nm,dm->nd", dout, w),
        np.einsum("nd,nm->dm", x, dout),
        np.einsum("nm->m", dout),
    )


def affine_backward_loops(dout, cache):
    x, w, b = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n in range(len(x)):
        dw += np.outer(x[n], dout[n])
        db += dout[n]
        dx[n] = w @ dout[n]
    return dx, dw, db


# two_layer_backward


def two_layer_backward_where(dscores, x, z, params):
    grads: dict = {"x": None, "b1": None, "w1": None}
    grads["h"] = (params["w2"] @ dscores.T).T
    grads["z"] = np.where(z > 0, grads["h"], 0)
    grads["w2"] = np.clip(z, 0, None).T @ dscores
    grads["b2"] = np.ones(len(x), x.dtype) @ dscores
    grads["w1"], grads["b1"] = x.T @ grads["z"], np.sum(grads["z"], 0)
    grads["x"] = np.dot(grads["z"], params["w1"].T)
    return grads


def two_layer_backward_library(dscores, x, z, params):
    dh = dscores @ params["w2"].T
    dz = relu_backward(dh, z)
    return {
        "w2": np.maximum(z, 0).T @ dscores,
        "b2": dscores.sum(0),
        "h": dh,
        "z": dz,
        "w1": x.T @ dz,
        "b1": dz.sum(0),
        "x": dz @ params["w1"].T,
    }


# iterate_minibatches


def iterate_minibatches_list(x, y, batch_size, *, rng):
    if len(x) != len(y):
        raise ValueError("as many labels as examples")
    if batch_size < 1:
        raise ValueError("batch_size")
    order = np.arange(len(x))
    rng.shuffle(order)
    cuts = range(batch_size, len(x), batch_size)
    return [(x[part], y[part]) for part in np.split(order, cuts)]


def iterate_minibatches_by_keys(x, y, batch_size, *, rng):
    """Sorted by random numbers, whole arrays first."""
    if batch_size < 1 or x.shape[0] != y.shape[0]:
        raise ValueError((x.shape, y.shape, batch_size))
    order = np.argsort(rng.random(len(x)))
    x, y = x[order], y[order]
    while len(x):
        yield x[:batch_size], y[:batch_size]
        x, y = x[batch_size:], y[batch_size:]


# numerical_gradient


def numerical_gradient_restored(f, x, h=1e-5):
    point, grad = x.astype(float), np.zeros_like(x)
    flat = point.reshape(-1)
    for i in range(x.size):
        old = flat[i]
        flat[i] = old + h
        up = f(point)
        flat[i] = old - h
        down = f(point)
        flat[i] = old
        grad.flat[i] = (up - down) / (2 * h)
    return grad


def numerical_gradient_unit_vectors(f, x, h=1e-5):
    slopes = [
        (f(x + h * e.reshape(x.shape)) - f(x - h * e.reshape(x.shape))) / h / 2
        for e in np.eye(x.size)
    ]
    return np.array(slopes, x.dtype).reshape(x.shape)


# mlp_backward


def mlp_backward_reversed(dscores, cache):
    caches, activation = cache
    backward = activation_pair(activation)[1]
    grads, dz = {}, dscores
    for number, ((x, w, _), _) in reversed(list(enumerate(caches, start=1))):
        grads[f"w{number}"], grads[f"b{number}"] = x.T @ dz, dz.sum(axis=0)
        dz = dz @ w.T
        if number > 1:
            dz = backward(dz, caches[number - 2][1])
    return dz, grads


def mlp_backward_recursive(dscores, cache):
    caches, activation = cache
    _, backward = activation_pair(activation)

    def down(dh, layer, grads):
        if layer == 0:
            return dh, grads
        (x, w, _), phi_cache = caches[layer - 1]
        dz = backward(dh, phi_cache) if layer < len(caches) else dh
        grads[f"b{layer}"] = np.einsum("nm->m", dz)
        grads[f"w{layer}"] = np.einsum("nd,nm->dm", x, dz)
        return down(dz @ w.T, layer - 1, grads)

    return down(dscores, len(caches), {})


STYLES: dict[str, tuple[Callable, ...]] = {
    "networks.neuron_batch": (neuron_batch_loops, neuron_batch_einsum),
    "networks.dnf_net": (dnf_net_loops, dnf_net_large_weights),
    "losses.softmax_nodes_backward": (softmax_nodes_loops, softmax_nodes_simplified),
    "losses.softmax_loss": (softmax_loss_own_logarithm, softmax_loss_loops),
    "autodiff.operate": (operate_table, operate_match),
    "autodiff.reverse_sweep": (
        reverse_sweep_depth_first_order,
        reverse_sweep_by_depth,
        reverse_sweep_collected,
    ),
    "layers.affine_backward": (affine_backward_einsum, affine_backward_loops),
    "networks.two_layer_backward": (two_layer_backward_where, two_layer_backward_library),
    "training.iterate_minibatches": (iterate_minibatches_list, iterate_minibatches_by_keys),
    "gradients.numerical_gradient": (
        numerical_gradient_restored,
        numerical_gradient_unit_vectors,
    ),
    "networks.mlp_backward": (mlp_backward_reversed, mlp_backward_recursive),
}
