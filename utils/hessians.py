"""Curvature without a Hessian: products with it, and its largest eigenvalue.

The Hessian of a network with d weights has d**2 entries. Its product with one vector costs about as
much as two gradients.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from utils import _checks
from utils._signatures import enforce
from utils.losses import softmax


def hvp(
    grad_fn: Callable[[np.ndarray], np.ndarray],
    w: Float[np.ndarray, " d"],
    v: Float[np.ndarray, " d"],
    h: float = 1e-4,
) -> Float[np.ndarray, " d"]:
    """Hessian-vector product H v from two gradients, without making the matrix H.

    Args:
        grad_fn: function ``w -> gradient``, both of shape ``(d,)``. It is called at most twice.
        w: the point, shape ``(d,)``.
        v: the direction, shape ``(d,)``. It may be short, long or zero.
        h: how far from ``w`` the two points lie at which the gradient is asked, however long ``v``
            is. The error falls with the square of h.

    Returns:
        hv: shape ``(d,)``.

    Solution:
        With the unit vector u = v / |v|: hv = |v| * (g(w + h u) - g(w - h u)) / (2 h). It is the
        derivative of the gradient along v. Without the unit vector a long v would leave the
        neighbourhood of w. The points are float64: in float32 their difference keeps no digit.

    Source: Pearlmutter 1994; syllabus HRD-03, SEC-04.
    """
    length = float(np.linalg.norm(v))
    if length == 0:
        return np.zeros_like(v)
    step = h / length * v.astype(float)
    return ((grad_fn(w + step) - grad_fn(w - step)) * (length / (2 * h))).astype(v.dtype)


def softmax_net_nodes(
    x: Float[np.ndarray, "n d"], y: Int[np.ndarray, " n"], params: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Forward and backward pass of a network with one hidden tanh layer, every node by name.

    Args:
        x: one example a row, shape ``(n, d)``.
        y: the right class of each example, shape ``(n,)``.
        params: "w1" ``(d, hidden)``, "b1", "w2" ``(hidden, k)``, "b2".

    Returns:
        nodes: in the order of computing: "z" = x @ w1 + b1, "h" = tanh(z), "s" = h @ w2 + b2,
        "p" = softmax(s); then the gradients of the loss, the mean of -log p_y: "ds" = (p - one-hot
        of y) / n, "dh" = ds @ w2.T, "dz" = dh * (1 - h**2).

    The gradients on the parameters follow: x.T @ dz, the sum of dz over the examples, h.T @ ds, the
    sum of ds over the examples.

    Source: syllabus SEC-04, BPG-01.
    """
    z = x @ params["w1"] + params["b1"]
    h = np.tanh(z)
    s = h @ params["w2"] + params["b2"]
    p = softmax(s)
    one_hot = np.eye(p.shape[1], dtype=p.dtype)[y]
    ds = (p - one_hot) / len(x)
    dh = ds @ params["w2"].T
    return {"z": z, "h": h, "s": s, "p": p, "ds": ds, "dh": dh, "dz": dh * (1 - h**2)}


def hvp_nodes(
    x: Float[np.ndarray, "n d"],
    params: dict[str, np.ndarray],
    v: dict[str, np.ndarray],
    nodes: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Hessian-vector product of a network with one hidden layer, exact, node by node.

    The parameters move along v: w1 + t * v["w1"] and so on. The answer holds the derivative with
    respect to t, at t = 0, of everything that the two passes compute.

    Args:
        x: one example a row, shape ``(n, d)``. It does not move.
        params: "w1" ``(d, hidden)``, "b1" ``(hidden,)``, "w2" ``(hidden, k)``, "b2" ``(k,)``.
        v: the direction, the same names and shapes.
        nodes: what :func:`softmax_net_nodes` found at ``params``: "z", "h", "s", "p", "ds", "dh",
            "dz".

    Returns:
        derivatives: "rz", "rh", "rs", "rp", "rds", "rdh", "rdz": the derivative of each node along
        v, of the node's shape. Then "hw1", "hb1", "hw2", "hb2": that of the gradient on each
        parameter, of the parameter's shape. These four are H v.

    Solution:
        rz = x @ v_w1 + v_b1; rh = (1 - h^2) rz; rs = rh @ w2 + h @ v_w2 + v_b2;
        rp = p (rs - sum of p rs over the classes); rds = rp / n;
        rdh = rds @ w2^T + ds @ v_w2^T; rdz = rdh (1 - h^2) - 2 dh h rh;
        hw1 = x^T @ rdz, hb1 its sum over the examples; hw2 = rh^T @ ds + h^T @ rds, hb2 = sum of
        rds. Without the three terms that hold ds or dh it is the Gauss-Newton matrix times v.

    Source: Pearlmutter 1994; syllabus HRD-03, SEC-04.
    """
    h, p, ds, dh = (nodes[name] for name in ("h", "p", "ds", "dh"))
    rz = x @ v["w1"] + v["b1"]
    rh = (1 - h**2) * rz
    rs = rh @ params["w2"] + h @ v["w2"] + v["b2"]
    rp = p * (rs - np.sum(p * rs, axis=1, keepdims=True))
    rds = rp / len(x)
    rdh = rds @ params["w2"].T + ds @ v["w2"].T
    rdz = rdh * (1 - h**2) - 2 * dh * h * rh
    return {
        "rz": rz,
        "rh": rh,
        "rs": rs,
        "rp": rp,
        "rds": rds,
        "rdh": rdh,
        "rdz": rdz,
        "hw1": x.T @ rdz,
        "hb1": rdz.sum(axis=0),
        "hw2": rh.T @ ds + h.T @ rds,
        "hb2": rds.sum(axis=0),
    }


def sharpness(
    apply_hessian: Callable[[np.ndarray], np.ndarray],
    dim: int,
    *,
    steps: int,
    rng: np.random.Generator,
) -> float:
    """The largest eigenvalue of a Hessian that is known only by its products.

    Args:
        apply_hessian: function ``v -> H v``, both of shape ``(dim,)``, H symmetric.
        dim: length of the vectors.
        steps: how many products a search for one eigenvalue may take. There may be two searches,
            and one more product after each.
        rng: where the first vector of a search comes from.

    Returns:
        sharpness: a float. It is the eigenvalue furthest to the right on the number line, which is
        not always the one that is largest in size. How near it comes depends on ``steps``.

    Solution:
        Power iteration: v <- H v / |H v| turns a random v towards the eigenvector whose eigenvalue
        is largest in size; v @ H v is that eigenvalue. If it is negative, search again with
        H - that * I, whose eigenvalues are all zero or positive and whose largest belongs to the
        largest of H.

    Source: von Mises & Pollaczek-Geiringer 1929; Cohen et al. 2021; syllabus HRD-04.
    """

    def search(shift: float) -> float:
        """The eigenvalue that is furthest from the shift."""
        v = rng.standard_normal(dim)
        for _ in range(steps):
            v = v / np.linalg.norm(v)
            v = apply_hessian(v) - shift * v
            if not np.any(v):
                return shift
        v = v / np.linalg.norm(v)
        return float(v @ apply_hessian(v))

    furthest = search(0.0)
    return furthest if furthest >= 0 else search(furthest)


enforce(
    __name__,
    filled=(softmax_net_nodes, hvp_nodes),
    checks={softmax_net_nodes: _checks.one_hidden_layer, hvp_nodes: _checks.hessian_vector},
)
