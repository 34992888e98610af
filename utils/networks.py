"""Networks: one neuron, Boolean and polygon networks, dense networks of any depth, the MLP.

The parameters of a network are a dict of arrays, "w1", "b1", "w2", "b2", ..., first
layer first; layer l computes ``h @ w + b``.
"""

import copy
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from utils import _checks, activations, initialization
from utils._signatures import enforce
from utils.activations import relu_backward, relu_forward
from utils.dropout import dropout_backward, dropout_forward
from utils.layers import affine_backward, affine_forward
from utils.losses import l2_penalty, logistic_loss, softmax_loss
from utils.normalization import (
    batchnorm_backward,
    batchnorm_forward,
    layernorm_backward,
    layernorm_forward,
)

# One neuron


def step(z: Float[np.ndarray, "*shape"] | float) -> Float[np.ndarray, "*shape"] | float:
    """Step function, element by element: 1 where z > 0, and 0 elsewhere.

    Args:
        z: inputs, any shape, or one number.

    Returns:
        Zeros and ones, shape and dtype of ``z``.

    Source: McCulloch & Pitts 1943; syllabus NEU-01, NEU-04.
    """
    return np.heaviside(z, 0)


def neuron(
    x: Float[np.ndarray, " d"],
    w: Float[np.ndarray, " d"],
    b: float,
    *,
    phi: Callable,
) -> float:
    """One artificial neuron: y = phi(sum_i w_i x_i + b).

    Args:
        x: the inputs, shape (D,).
        w: a weight for each input, shape (D,).
        b: the bias.
        phi: the activation, a function of one number, for instance ``np.tanh``
            or :func:`step`.

    Returns:
        y: one number.

    Raises:
        ValueError: ``x`` and ``w`` differ in length.

    Source: Rosenblatt 1958; syllabus NEU-01.
    """
    if x.shape != w.shape:
        raise ValueError(f"x has shape {x.shape}, but w has shape {w.shape}")
    z = float(w @ x + b)
    return float(phi(z))


def neuron_batch(
    x: Float[np.ndarray, "n d"],
    w: Float[np.ndarray, " d"],
    b: float,
    *,
    phi: Callable,
) -> Float[np.ndarray, " n"]:
    """One neuron on N examples at once: y = phi(x @ w + b).

    Args:
        x: one example a row, shape (N, D).
        w: a weight for each input, shape (D,).
        b: the bias.
        phi: the activation, a function of an array, entry by entry.

    Returns:
        y: one number an example, shape (N,), dtype of ``x``.

    Raises:
        ValueError: the rows of ``x`` and ``w`` differ in length.

    Source: Rosenblatt 1958; syllabus NEU-01.
    """
    if x.shape[1:] != w.shape:
        raise ValueError(f"x has {x.shape[1]} features a row, but w has shape {w.shape}")
    return phi(x @ w + b)


def logistic_neuron_loss_grad(
    x: Float[np.ndarray, "n d"], y: Int[np.ndarray, " n"], w: Float[np.ndarray, " d"], b: float
) -> tuple[float, Float[np.ndarray, " d"], float]:
    """Logistic regression is one sigmoid neuron: dw = x.T @ (sigmoid(x @ w + b) - y) / N.

    Args:
        x: one example a row, shape (N, D).
        y: the right class of each example, 0 or 1, shape (N,).
        w: weights, shape (D,).
        b: the bias.

    Returns:
        loss: the mean of -log P(y), see :func:`utils.losses.logistic_loss`.
        dw: its gradient on the weights, shape (D,).
        db: its gradient on the bias, a float.

    Raises:
        ValueError: ``y`` does not hold N labels that are 0 or 1.

    P(y = 1) = sigmoid(x @ w + b). It is 1/2 where x @ w + b = 0: the border between
    the classes is a straight line.

    Source: syllabus NEU-02.
    """
    loss, dscores = logistic_loss(x @ w + b, y)
    return loss, x.T @ dscores, float(dscores.sum())


# Networks of step units: what two and three layers can represent


def step_net(x: Float[np.ndarray, "n d"], params: dict[str, np.ndarray]) -> Float[np.ndarray, " n"]:
    """Network of step units with one output: h <- step(h @ w + b), layer by layer.

    Args:
        x: one example a row, shape (N, D).
        params: "w1", "b1", "w2", "b2", ..., the last layer with one unit.

    Returns:
        y: 0 or 1 for each example, shape (N,), dtype of ``x``.

    Source: McCulloch & Pitts 1943; syllabus NEU-04, NEU-05.
    """
    h = x
    for layer in range(1, len(params) // 2 + 1):
        h = np.asarray(step(h @ params[f"w{layer}"] + params[f"b{layer}"]), x.dtype)
    return h[:, 0]


def boolean_inputs(n: int) -> Float[np.ndarray, "rows n"]:
    """All rows of a truth table with n inputs, in counting order: 00, 01, 10, 11 for n = 2.

    Args:
        n: number of Boolean inputs.

    Returns:
        x: zeros and ones, shape (2^n, n); row i holds the binary digits of i.

    Source: syllabus NEU-04.
    """
    return (np.arange(2**n)[:, None] >> np.arange(n)[::-1] & 1).astype(float)


def dnf_net(truth_table: Bool[np.ndarray, " rows"]) -> dict[str, np.ndarray]:
    """Step network for a truth table, an OR of ANDs: one hidden unit for each true row.

    Args:
        truth_table: the value wanted for each row of :func:`boolean_inputs`, shape
            (2^n,), True or False.

    Returns:
        params: for :func:`step_net`. "w1" (n, H), "b1" (H,), "w2" (H, 1), "b2" (1,),
            with H the number of true rows, in their order. H may be 0.

    Raises:
        ValueError: the length of the table is not a power of two.

    The network must answer right on every row: :func:`step_net` gives 1 where the table is
    True and 0 where it is False. Which numbers do that is up to you. A step unit whose
    pre-activation is exactly 0 gives 0.

    Solution:
        The hidden unit of the row r fires for the input r alone. Its weights are +1 where r
        has a 1, -1 where r has a 0, and its bias is 1/2 minus the number of ones in r: the
        pre-activation is 1/2 at r and -1/2 or less anywhere else. The output is an OR:
        weights 1, bias -1/2.

    Source: syllabus NEU-04.
    """
    n = len(truth_table).bit_length() - 1
    if len(truth_table) != 2**n:
        raise ValueError(f"truth_table must have 2^n rows, got {len(truth_table)}")
    rows = boolean_inputs(n)[truth_table]
    return {
        "w1": 2 * rows.T - 1,
        "b1": 0.5 - rows.sum(axis=1),
        "w2": np.ones((len(rows), 1)),
        "b2": np.array([-0.5]),
    }


def cnf_net(truth_table: Bool[np.ndarray, " rows"]) -> dict[str, np.ndarray]:
    """Step network for a truth table, an AND of ORs: one hidden unit for each false row.

    The hidden unit of the row r fires for every input but r: it is the unit of
    :func:`dnf_net` with all signs turned. The output is an AND of the H units:
    weights 1, bias 1/2 - H.

    Args:
        truth_table: the value wanted for each row of :func:`boolean_inputs`, shape
            (2^n,), True or False.

    Returns:
        params: for :func:`step_net`. "w1" (n, H), "b1" (H,), "w2" (H, 1), "b2" (1,),
            with H the number of false rows, in their order. H may be 0.

    Raises:
        ValueError: the length of the table is not a power of two.

    Source: syllabus NEU-04.
    """
    n = len(truth_table).bit_length() - 1
    if len(truth_table) != 2**n:
        raise ValueError(f"truth_table must have 2^n rows, got {len(truth_table)}")
    rows = boolean_inputs(n)[~truth_table]
    return {
        "w1": 1 - 2 * rows.T,
        "b1": rows.sum(axis=1) - 0.5,
        "w2": np.ones((len(rows), 1)),
        "b2": np.array([0.5 - len(rows)]),
    }


def polygon_net(vertices: Float[np.ndarray, "m 2"]) -> dict[str, np.ndarray]:
    """Two-layer step network for a convex polygon: step(sum_j step(a_j x + b_j) - (m - 1/2)).

    Each hidden unit is a half-plane: its border runs along one edge, and it fires on
    the side where the polygon lies. A point is inside when all m units fire.

    Args:
        vertices: the m corners of a convex polygon in order, either way round,
            shape (m, 2).

    Returns:
        params: for :func:`step_net`. "w1" (2, m), column j for the edge from corner j
            to corner j + 1 and as long as that edge; "b1" (m,); "w2" (m, 1) ones;
            "b2" (1,). Points on the border are outside.

    Raises:
        ValueError: the polygon is not convex, or has no area.

    The edge from p to q has the direction d = q - p, and (-d_2, d_1) is square to
    it and points to its left. That is inwards when the corners run counter-clockwise.

    Source: syllabus NEU-05.
    """
    edges = np.roll(vertices, -1, axis=0) - vertices
    normals = np.stack([-edges[:, 1], edges[:, 0]], axis=1)
    sides = np.sum((vertices[:, None] - vertices) * normals, axis=2)  # corner i, seen from edge j
    turn = np.sign(sides.sum())
    if turn == 0 or np.any(turn * sides < -1e-6 * np.abs(sides).max()):
        raise ValueError(
            f"vertices are {vertices}, expected the corners of a convex polygon in order"
        )
    normals = turn * normals
    m = len(vertices)
    return {
        "w1": normals.T,
        "b1": -np.sum(normals * vertices, axis=1),
        "w2": np.ones((m, 1), vertices.dtype),
        "b2": np.array([0.5 - m], vertices.dtype),
    }


def union_net(
    polygons: Sequence[Float[np.ndarray, "_ 2"]],
    holes: Sequence[Float[np.ndarray, "_ 2"]] = (),
) -> dict[str, np.ndarray]:
    """Three-layer step network for a union of convex polygons, minus holes: step(P - 1/2 - k Q).

    The first two layers are the networks of :func:`polygon_net`, side by side: one
    unit of the second layer for each polygon. The third layer counts: it fires when
    at least one of the k pieces does (P >= 1) and no hole does (Q = 0).

    Args:
        polygons: k convex polygons, each the array of its corners in order. They may
            overlap.
        holes: convex polygons to be cut out of the union.

    Returns:
        params: for :func:`step_net`. "w1" (2, M) and "b1" (M,), M the number of edges
            together; "w2" (M, k + holes), block-diagonal, and "b2"; "w3" (k + holes, 1)
            with 1 for a piece and -k for a hole, and "b3" (1,).

    Raises:
        ValueError: there is no polygon, or one is not convex.

    Any region can be covered with convex pieces as closely as one likes. It may take
    many.

    Source: syllabus NEU-06.
    """
    k = len(polygons)
    if k == 0:
        raise ValueError("expected at least one polygon, got none")
    dtype = polygons[0].dtype
    nets = [polygon_net(vertices) for vertices in (*polygons, *holes)]
    owner = np.repeat(np.arange(len(nets)), [len(net["b1"]) for net in nets])
    return {
        "w1": np.concatenate([net["w1"] for net in nets], axis=1),
        "b1": np.concatenate([net["b1"] for net in nets]),
        "w2": np.eye(len(nets), dtype=dtype)[owner],
        "b2": np.concatenate([net["b2"] for net in nets]),
        "w3": np.array([1] * k + [-k] * len(holes), dtype)[:, None],
        "b3": np.array([-0.5], dtype),
    }


# Dense networks


def count_params(sizes: Sequence[int]) -> int:
    """Number of weights and biases of a dense network: sum over layers of (fan_in + 1) fan_out.

    Args:
        sizes: units of each layer from input to output, e.g. ``[3072, 50, 10]``.

    Returns:
        The count: 154160 for the example.

    Source: syllabus NEU-03.
    """
    return sum((sizes[i] + 1) * sizes[i + 1] for i in range(len(sizes) - 1))


def init_two_layer_model(
    input_size: int,
    hidden_size: int,
    output_size: int,
    *,
    scale: float = 1e-4,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Parameters of a network with one hidden layer: weights scale * N(0, 1), biases 0.

    Args:
        input_size: numbers in an example, D.
        hidden_size: hidden units, H.
        output_size: classes, K.
        scale: standard deviation of the weights.
        rng: source of the weights.

    Returns:
        params: "w1" (D, H), "b1" (H,), "w2" (H, K), "b2" (K,), float64.

    Source: syllabus BAB-01.
    """
    return {
        "w1": scale * rng.standard_normal((input_size, hidden_size)),
        "b1": np.zeros(hidden_size),
        "w2": scale * rng.standard_normal((hidden_size, output_size)),
        "b2": np.zeros(output_size),
    }


def activation_pair(activation: str | tuple[Callable, Callable]) -> tuple[Callable, Callable]:
    """The forward and the backward function of an activation, by its name.

    Args:
        activation: "relu", "leaky_relu", "elu", "tanh", "sigmoid" or "identity"; or
            a pair ``(forward, backward)``, which is returned as it is.

    Returns:
        forward: ``forward(z) -> (out, cache)``.
        backward: ``backward(dout, cache) -> dz``.

    Raises:
        ValueError: no activation has this name.

    Source: syllabus ACT-01, NEU-09.
    """
    names = ("relu", "leaky_relu", "elu", "tanh", "sigmoid")
    if not isinstance(activation, str):
        forward, backward = activation
        return forward, backward
    if activation == "identity":
        return (lambda z: (z, None)), (lambda dout, cache: dout)
    if activation not in names:
        raise ValueError(f"activation must be one of {(*names, 'identity')}, got {activation!r}")
    return (
        getattr(activations, f"{activation}_forward"),
        getattr(activations, f"{activation}_backward"),
    )


def mlp_forward(
    x: Float[np.ndarray, "n d"],
    params: dict[str, np.ndarray],
    *,
    activation: str | tuple[Callable, Callable] = "relu",
) -> tuple[list[Float[np.ndarray, "n _"]], tuple]:
    """Dense network of any depth: h_l = phi(h_(l-1) @ w_l + b_l), no phi after the last layer.

    Args:
        x: one example a row, shape (N, D).
        params: "w1", "b1", "w2", "b2", ..., first layer first.
        activation: phi, see :func:`activation_pair`.

    Returns:
        hs: the list of L + 1 arrays h_0 = x, h_1, ..., h_L; the last are the scores.
        cache: the tuple ``(caches, activation)``. ``caches`` holds a pair for each
            layer: the cache of :func:`utils.layers.affine_forward` and the cache of
            the activation's forward function, which is None for the last layer.

    Source: syllabus NEU-03, BPG-01.
    """
    depth = len(params) // 2
    phi, _ = activation_pair(activation)
    hs, caches = [x], []
    for layer in range(1, depth + 1):
        h, affine_cache = affine_forward(hs[-1], params[f"w{layer}"], params[f"b{layer}"])
        phi_cache = None
        if layer < depth:
            h, phi_cache = phi(h)
        hs.append(h)
        caches.append((affine_cache, phi_cache))
    return hs, (caches, activation)


def mlp_backward(
    dscores: Float[np.ndarray, "n k"], cache: tuple
) -> tuple[Float[np.ndarray, "n d"], dict[str, np.ndarray]]:
    """Backward pass of a dense network: the gradient on the inputs and on all parameters.

    Args:
        dscores: gradient of the loss on the scores, shape (N, K).
        cache: ``(caches, activation)`` of :func:`mlp_forward`: for each layer the cache of
            :func:`utils.layers.affine_forward` and that of the activation, which is None
            for the last layer. ``activation`` is what :func:`activation_pair` takes.

    Returns:
        dx: gradient on the inputs, shape (N, D).
        grads: a gradient for each of the parameters, same keys and shapes.

    Solution:
        From the last layer to the first, with dz_l the gradient on the pre-activation:
        dz_l = (dz_(l+1) @ w_(l+1).T) * phi'(z_l). Weights and biases of a layer take dz_l,
        which has passed the activation already.

    Source: Rumelhart, Hinton & Williams 1986; syllabus BPG-01, BPG-08.
    """
    caches, activation = cache
    _, phi_backward = activation_pair(activation)
    grads = {}
    dh = dscores
    for layer in range(len(caches), 0, -1):
        affine_cache, phi_cache = caches[layer - 1]
        dz = dh if layer == len(caches) else phi_backward(dh, phi_cache)
        dh, grads[f"w{layer}"], grads[f"b{layer}"] = affine_backward(dz, affine_cache)
    return dh, grads


def two_layer_backward(
    dscores: Float[np.ndarray, "n k"],
    x: Float[np.ndarray, "n d"],
    z: Float[np.ndarray, "n hidden"],
    params: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Backward pass through a network with one hidden layer of ReLU, node by node.

    The forward pass has one node a line::

        z = x @ w1 + b1                # (N, H)
        h = np.maximum(0, z)           # (N, H)
        scores = h @ w2 + b2           # (N, K)

    Args:
        dscores: gradient of the loss on the scores, shape (N, K).
        x: the inputs of the forward pass, shape (N, D).
        z: the pre-activations of the hidden units, kept by the forward pass, shape (N, H).
        params: "w1" (D, H), "b1" (H,), "w2" (H, K), "b2" (K,).

    Returns:
        grads: a dict with the keys "w2", "b2", "h", "z", "w1", "b1" and "x". Each value is
            the gradient of the loss on that node, with the shape of the node. Where z is
            exactly 0, ReLU has the slope 0.

    Solution:
        The dense layer above gives dw2, db2 and dh; the gate dz = dh * (z > 0); the dense
        layer below dw1, db1 and dx.

    Source: Rumelhart, Hinton & Williams 1986; syllabus BPG-01, BPG-03.
    """
    h = np.maximum(0, z)
    dh, dw2, db2 = affine_backward(dscores, (h, params["w2"], params["b2"]))
    dz = dh * (z > 0)
    dx, dw1, db1 = affine_backward(dz, (x, params["w1"], params["b1"]))
    return {"w2": dw2, "b2": db2, "h": dh, "z": dz, "w1": dw1, "b1": db1, "x": dx}


def backprop_mlp(
    x: Float[np.ndarray, "n d"],
    y: Int[np.ndarray, " n"],
    params: dict[str, np.ndarray],
    *,
    activation: str | tuple[Callable, Callable] = "relu",
    reg: float = 0.0,
) -> tuple[float, dict[str, np.ndarray]]:
    """Loss of a dense network and all its gradients: forward, softmax loss, backward, L2 penalty.

    Args:
        x: one example a row, shape (N, D).
        y: the right class of each example, shape (N,).
        params: "w1", "b1", "w2", "b2", ..., first layer first.
        activation: of the hidden layers, see :func:`activation_pair`.
        reg: strength of the penalty 0.5 * reg * sum(w^2) on every weight matrix. The
            biases are not penalised.

    Returns:
        loss: softmax cross-entropy plus penalty, a float.
        grads: a gradient for each of the parameters, same keys and shapes.

    Raises:
        ValueError: ``y`` does not hold N classes.

    This only computes the gradient. To change the parameters is the work of the
    optimizer.

    Source: Rumelhart, Hinton & Williams 1986; syllabus BPG-01, BAB-02, BAB-03,
    E-01.
    """
    hs, cache = mlp_forward(x, params, activation=activation)
    loss, dscores = softmax_loss(hs[-1], y)
    _, grads = mlp_backward(dscores, cache)
    for name in params:
        if name.startswith("w"):
            value, dw = l2_penalty(params[name], reg=reg)
            loss, grads[name] = loss + value, grads[name] + dw
    return loss, grads


def hidden_features(
    x: Float[np.ndarray, "n d"],
    params: dict[str, np.ndarray],
    *,
    activation: str | tuple[Callable, Callable] = "relu",
) -> Float[np.ndarray, "n h"]:
    """What the last layer of a dense network sees: the activations of the last hidden layer.

    Args:
        x: one example a row, shape (N, D).
        params: "w1", "b1", "w2", "b2", ..., first layer first.
        activation: of the hidden layers, see :func:`activation_pair`.

    Returns:
        features: shape (N, H). A network without hidden layer gives ``x``.

    The last layer is a linear classifier on these features. Training the layers
    below unfolds the data until a linear classifier can separate it.

    Source: syllabus NEU-10.
    """
    hs, _ = mlp_forward(x, params, activation=activation)
    return hs[-2]


def layer_grad_norms(
    x: Float[np.ndarray, "n d"],
    dscores: Float[np.ndarray, "n k"],
    params: dict[str, np.ndarray],
    *,
    activation: str | tuple[Callable, Callable] = "relu",
) -> Float[np.ndarray, " layers"]:
    """Size of the gradient at each layer: the norm of dz_l, on z_l = h_(l-1) @ w_l + b_l.

    Args:
        x: one example a row, shape (N, D).
        dscores: gradient of the loss on the scores, shape (N, K).
        params: "w1", "b1", "w2", "b2", ..., first layer first.
        activation: of the hidden layers, see :func:`activation_pair`.

    Returns:
        norms: square root of the sum of squares of each dz_l, first layer first, shape (L,).
            The last one is the norm of ``dscores``.

    One step down is dz_l = (dz_(l+1) @ w_(l+1).T) * phi'(z_l): the gradient is multiplied
    by weights and by slopes, and which of the two wins depends on the weights.

    Source: syllabus BPG-08.
    """
    _, (caches, _) = mlp_forward(x, params, activation=activation)
    _, phi_backward = activation_pair(activation)
    dz = dscores
    norms = [np.linalg.norm(dz)]
    for layer in range(len(caches) - 1, 0, -1):
        dz = phi_backward(dz @ params[f"w{layer + 1}"].T, caches[layer - 1][1])
        norms.append(np.linalg.norm(dz))
    return np.array(norms[::-1], dtype=x.dtype)


def collapse_linear(
    params: dict[str, np.ndarray],
) -> tuple[Float[np.ndarray, "d k"], Float[np.ndarray, " k"]]:
    """Dense layers without activation are one layer: find its weights and its bias.

    Args:
        params: "w1", "b1", "w2", "b2", ..., first layer first.

    Returns:
        w: shape (D, K).
        b: shape (K,), such that x @ w + b equals the output of all the layers, one after
            the other, for every x.

    Solution:
        w = w_1 @ w_2 @ ... @ w_L, of rank at most the smallest width. A bias passes through
        all later layers: b <- b @ w_l + b_l.

    Source: syllabus NEU-09.
    """
    w, b = params["w1"], params["b1"]
    for layer in range(2, len(params) // 2 + 1):
        w = w @ params[f"w{layer}"]
        b = b @ params[f"w{layer}"] + params[f"b{layer}"]
    return w.copy(), b.copy()


def fit_random_features(
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, " n"],
    *,
    width: int,
    rng: np.random.Generator,
) -> Callable[[Float[np.ndarray, "n d"]], Float[np.ndarray, " n"]]:
    """One random hidden layer, the output layer by least squares: y = relu(x @ w + b) @ v + c.

    Args:
        x: training inputs, shape (N, D).
        y: the values wanted, shape (N,).
        width: number of hidden units.
        rng: source of the random units.

    Returns:
        predict: a function from inputs (M, D) to predictions (M,).

    Each unit has a random direction of length 1 and its kink at a training point, drawn
    at random. Only the output layer is fitted, so there is nothing to train step by
    step. More units fit better: that is universal approximation at work. How many
    are needed, the theorem does not say.

    Source: Hornik et al. 1989, Rahimi & Recht 2007; syllabus NEU-07.
    """
    directions = rng.standard_normal((x.shape[1], width)).astype(x.dtype)
    w = directions / np.linalg.norm(directions, axis=0)
    bends = x[rng.integers(len(x), size=width)]
    b = -np.sum(bends * w.T, axis=1)

    def features(x):
        return np.concatenate([np.maximum(0, x @ w + b), np.ones((len(x), 1), x.dtype)], axis=1)

    v, *_ = np.linalg.lstsq(features(x), y)
    return lambda x: features(x) @ v


def edges_to_matrix(
    edges: Sequence[tuple[int, int, float]], n_in: int, n_out: int
) -> Float[np.ndarray, "n_in n_out"]:
    """A layer drawn as edges, written as a matrix: the edge (i, j, v) is the entry w[i, j] = v.

    Args:
        edges: triples (i, j, v), i from 0 to n_in - 1, j from 0 to n_out - 1.
        n_in: units below.
        n_out: units above.

    Returns:
        w: shape (n_in, n_out); 0 where there is no edge.

    Raises:
        ValueError: an edge ends at a unit that is not there, or two join the same units.

    Source: syllabus BPG-06.
    """
    w = np.zeros((n_in, n_out))
    if len({(i, j) for i, j, _ in edges}) != len(edges):
        raise ValueError(f"edges are {edges}, expected at most one between two units")
    for i, j, v in edges:
        if not (0 <= i < n_in and 0 <= j < n_out):
            raise ValueError(f"edge {(i, j)} does not join units 0..{n_in - 1} to 0..{n_out - 1}")
        w[i, j] = v
    return w


def matrix_to_edges(w: Float[np.ndarray, "n_in n_out"]) -> list[tuple[int, int, float]]:
    """The edges of a layer: a triple (i, j, w[i, j]) for each entry that is not 0, row by row.

    Args:
        w: weights, shape (n_in, n_out).

    Returns:
        edges: what :func:`edges_to_matrix` takes.

    Source: syllabus BPG-06.
    """
    return [(int(i), int(j), float(w[i, j])) for i, j in np.argwhere(w)]


def two_head_forward(
    x: Float[np.ndarray, "n d"], params: dict[str, np.ndarray]
) -> tuple[Float[np.ndarray, "n k"], Float[np.ndarray, "n j"]]:
    """Two tasks on one trunk: h = relu(x @ w1 + b1), main = h @ w2 + b2, aux likewise.

    Args:
        x: one example a row, shape (N, D).
        params: "w1" (D, H), "b1", "w2" (H, K), "b2", "w_aux" (H, J), "b_aux".

    Returns:
        main: scores of the main task, shape (N, K).
        aux: scores of the auxiliary task, shape (N, J).

    Source: syllabus REG-06.
    """
    h, _ = relu_forward(x @ params["w1"] + params["b1"])
    return h @ params["w2"] + params["b2"], h @ params["w_aux"] + params["b_aux"]


def two_head_loss(
    x: Float[np.ndarray, "n d"],
    y: Int[np.ndarray, " n"],
    y_aux: Int[np.ndarray, " n"],
    params: dict[str, np.ndarray],
    *,
    aux_weight: float = 1.0,
) -> tuple[float, dict[str, np.ndarray]]:
    """Loss of a main and an auxiliary task: L_main + aux_weight * L_aux, both softmax losses.

    One trunk, two heads: h = relu(x @ w1 + b1), the scores of the main task are h @ w2 + b2, those
    of the auxiliary task h @ w_aux + b_aux.

    Args:
        x: one example a row, shape (N, D).
        y: classes of the main task, shape (N,).
        y_aux: classes of the auxiliary task, shape (N,).
        params: "w1" (D, H), "b1", "w2" (H, K), "b2", "w_aux" (H, J), "b_aux".
        aux_weight: how much the auxiliary task counts. 0 trains the main task alone.

    Returns:
        loss: a float.
        grads: a gradient for each of the parameters, under its name.

    Solution:
        Both losses go back through their heads, that of the auxiliary task times ``aux_weight``.
        The trunk receives the sum of what comes back from both.

    Source: syllabus REG-06.
    """
    z, trunk = affine_forward(x, params["w1"], params["b1"])
    h, relu_cache = relu_forward(z)
    main, main_cache = affine_forward(h, params["w2"], params["b2"])
    aux, aux_cache = affine_forward(h, params["w_aux"], params["b_aux"])
    loss_main, dmain = softmax_loss(main, y)
    loss_aux, daux = softmax_loss(aux, y_aux)
    dh_main, dw2, db2 = affine_backward(dmain, main_cache)
    dh_aux, dw_aux, db_aux = affine_backward(aux_weight * daux, aux_cache)
    _, dw1, db1 = affine_backward(relu_backward(dh_main + dh_aux, relu_cache), trunk)
    grads = {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2, "w_aux": dw_aux, "b_aux": db_aux}
    return loss_main + aux_weight * loss_aux, grads


class MLP:
    """A dense network of any depth: affine -> (norm) -> activation -> (dropout), ..., affine.

    Args:
        sizes: units of each layer from input to output, e.g. ``[3072, 50, 10]``.
        activation: of the hidden layers, see :func:`activation_pair`.
        init: how the weights start: "he", "xavier", "small", or a function
            ``init(fan_in, fan_out, rng) -> w``. Biases start at 0.
        norm: None, "batch" or "layer": normalises before each activation.
        p_drop: probability that a hidden unit is dropped in a training step.
        rng: source of the initial weights.
        dtype: of all parameters. Data of another precision is converted to it.
        loss_fn: ``loss_fn(scores, y) -> (loss, dscores)``, any of :mod:`utils.losses`. For the
            logistic loss the network has one output.
        penalty: ``penalty(w, reg=reg) -> (value, dw)`` on each weight matrix, for instance
            :func:`utils.losses.l1_penalty`.

    Raises:
        ValueError: ``sizes``, ``activation``, ``init``, ``norm`` or ``p_drop`` is none of the
            above.

    The parameters are the dict ``params`` of plain arrays: "w1", "b1", "w2", ...,
    and "gamma1", "beta1", ... when ``norm`` is given. An optimizer replaces the arrays
    and never writes into them, so a snapshot is a copy of the dict. With batch norm the
    list ``running`` holds (mean, var) of each hidden layer; every training step replaces it.

    Source: syllabus NEU-03, NEU-08, BAB-01, REG-05.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str | tuple[Callable, Callable] = "relu",
        init: str | Callable = "he",
        norm: str | None = None,
        p_drop: float = 0.0,
        rng: np.random.Generator,
        dtype: type = np.float64,
        loss_fn: Callable = softmax_loss,
        penalty: Callable = l2_penalty,
    ):
        inits = {
            "he": initialization.he_normal,
            "xavier": initialization.xavier_normal,
            "small": initialization.small_normal,
        }
        if len(sizes) < 2:
            raise ValueError(f"sizes must hold inputs and outputs at least, got {sizes}")
        if isinstance(init, str) and init not in inits:
            raise ValueError(f"init must be one of {list(inits)} or a function, got {init!r}")
        if norm not in (None, "batch", "layer"):
            raise ValueError(f"norm must be None, 'batch' or 'layer', got {norm!r}")
        if not 0 <= p_drop < 1:
            raise ValueError(f"p_drop must be at least 0 and below 1, got {p_drop}")
        new_weights = inits[init] if isinstance(init, str) else init
        activation_pair(activation)
        self.depth = len(sizes) - 1
        self.activation = activation
        self.norm = norm
        self.p_drop = p_drop
        self.loss_fn = loss_fn
        self.penalty = penalty
        self.params: dict[str, np.ndarray] = {}
        self.running: list[tuple[np.ndarray, np.ndarray]] = []
        for layer, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
            self.params[f"w{layer}"] = new_weights(fan_in, fan_out, rng=rng).astype(dtype)
            self.params[f"b{layer}"] = np.zeros(fan_out, dtype)
            if norm is not None and layer < self.depth:
                self.params[f"gamma{layer}"] = np.ones(fan_out, dtype)
                self.params[f"beta{layer}"] = np.zeros(fan_out, dtype)
            if norm == "batch" and layer < self.depth:
                self.running.append((np.zeros(fan_out, dtype), np.ones(fan_out, dtype)))

    def copy(self) -> "MLP":
        """Another network with the same parameters and statistics, to go its own way."""
        twin = copy.copy(self)
        twin.params = dict(self.params)
        twin.running = list(self.running)
        return twin

    def scores(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n k"]:
        """The output for each example, in evaluation mode: fixed statistics, nothing dropped."""
        return self._forward(x, train=False)[0]

    def predict(self, x: Float[np.ndarray, "n d"]) -> Int[np.ndarray, " n"]:
        """The class with the largest score, for each example, in evaluation mode.

        A network with one output predicts class 1 where the score is above 0, else class 0.
        """
        scores = self.scores(x)
        return scores.argmax(axis=1) if scores.shape[1] > 1 else (scores[:, 0] > 0).astype(int)

    def activations(self, x: Float[np.ndarray, "n d"]) -> list[Float[np.ndarray, "n _"]]:
        """The output of each hidden layer, first layer first, in evaluation mode."""
        return self._forward(x, train=False)[1][1:]

    @np.errstate(over="ignore", invalid="ignore")
    def loss(
        self,
        x: Float[np.ndarray, "n d"],
        y: np.ndarray,
        *,
        reg: float = 0.0,
        train: bool = True,
        rng: np.random.Generator | None = None,
    ) -> tuple[float, dict[str, np.ndarray]]:
        """Loss on a batch and its gradients: loss_fn(scores, y) + 0.5 * reg * sum(w^2).

        Args:
            x: one example a row, shape (N, D).
            y: labels, as ``loss_fn`` wants them.
            reg: strength of the penalty on the weights w1, w2, ... (L2 unless the network
                was built with another one). Biases, gamma and beta are not penalised.
            train: True drops units and normalises with the statistics of the batch,
                which it also collects. False evaluates as :meth:`scores` does.
            rng: source of the dropped units; needed when training with dropout.

        Returns:
            loss: a float. NaN or inf when the network has exploded; no warning.
            grads: a gradient for each of ``params``, same keys and shapes.

        Raises:
            ValueError: training with dropout, but no ``rng``.
        """
        if train and self.p_drop and rng is None:
            raise ValueError(f"p_drop is {self.p_drop}: a training step needs rng, got None")
        scores, inputs, caches, self.running = self._forward(x, train=train, rng=rng)
        _, phi_backward = activation_pair(self.activation)
        if y.dtype.kind == "f":  # values, not classes
            y = y.astype(scores.dtype, copy=False)
        loss, dz = self.loss_fn(scores, y)
        grads = {}
        for layer in range(self.depth, 0, -1):
            grads[f"w{layer}"] = inputs[layer - 1].T @ dz
            grads[f"b{layer}"] = dz.sum(axis=0)
            if layer == 1:
                break  # nobody asks for the gradient on the data, and it costs the most
            dh = dz @ self.params[f"w{layer}"].T
            norm_cache, phi_cache, drop_cache = caches[layer - 2]
            if self.p_drop:
                dh = dropout_backward(dh, drop_cache)
            dz = phi_backward(dh, phi_cache)
            if self.norm is not None:
                norm_backward = batchnorm_backward if self.norm == "batch" else layernorm_backward
                dz, dgamma, dbeta = norm_backward(dz, norm_cache)
                grads[f"gamma{layer - 1}"], grads[f"beta{layer - 1}"] = dgamma, dbeta
        if reg:
            for layer in range(1, self.depth + 1):
                value, dw = self.penalty(self.params[f"w{layer}"], reg=reg)
                loss += value
                grads[f"w{layer}"] += dw
        return loss, grads

    @np.errstate(over="ignore", invalid="ignore")
    def _forward(self, x, *, train, rng=None):
        """Scores; the input of each layer; the caches of each hidden layer; new statistics."""
        phi, _ = activation_pair(self.activation)
        params, running = self.params, list(self.running)
        inputs, caches = [x.astype(params["w1"].dtype, copy=False)], []
        for layer in range(1, self.depth):
            h, _ = affine_forward(inputs[-1], params[f"w{layer}"], params[f"b{layer}"])
            norm_cache = drop_cache = None
            if self.norm == "batch":
                gamma, beta = params[f"gamma{layer}"], params[f"beta{layer}"]
                h, norm_cache, running[layer - 1] = batchnorm_forward(
                    h, gamma, beta, running[layer - 1], train=train
                )
            elif self.norm == "layer":
                gamma, beta = params[f"gamma{layer}"], params[f"beta{layer}"]
                h, norm_cache = layernorm_forward(h, gamma, beta)
            h, phi_cache = phi(h)
            if self.p_drop:
                h, drop_cache = dropout_forward(h, p_drop=self.p_drop, train=train, rng=rng)
            inputs.append(h)
            caches.append((norm_cache, phi_cache, drop_cache))
        last = self.depth
        scores, _ = affine_forward(inputs[-1], params[f"w{last}"], params[f"b{last}"])
        return scores, inputs, caches, running


enforce(
    __name__,
    filled=(logistic_neuron_loss_grad, backprop_mlp, fit_random_features, two_head_loss),
    finite=(fit_random_features,),
    checks={
        step_net: _checks.step_net,
        mlp_forward: _checks.layers,
        mlp_backward: _checks.mlp_cache,
        two_layer_backward: _checks.two_layers,
        backprop_mlp: _checks.layers,
        hidden_features: _checks.layers,
        layer_grad_norms: _checks.gradient_norms,
        collapse_linear: _checks.layers,
        union_net: _checks.polygons,
        two_head_forward: _checks.two_heads,
        two_head_loss: _checks.two_tasks,
    },
)
