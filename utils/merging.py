"""One network from several: points between two, hidden units in another order, fresh statistics."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from utils._signatures import enforce


def interpolate(
    a: dict[str, np.ndarray], b: dict[str, np.ndarray], t: float
) -> dict[str, np.ndarray]:
    """A point on the straight line between two networks: (1 - t) * a + t * b, array by array.

    Args:
        a: ``{name: array}``, where t = 0.
        b: the same names and shapes, where t = 1.
        t: how far from ``a`` to ``b``.

    Returns:
        params: ``{name: array}``.

    Raises:
        ValueError: names or shapes differ.

    Source: Frankle et al. 2020; syllabus ENS-05.
    """
    return {name: (1 - t) * a[name] + t * b[name] for name in a}


def renumber(
    params: dict[str, Float[np.ndarray, "..."]], order: Sequence[int]
) -> dict[str, Float[np.ndarray, "..."]]:
    """The same function, its hidden units listed in another order.

    Args:
        params: a network with one hidden layer: "w1" of shape (D, H), "b1" of shape (H,), "w2" of
            shape (H, K), "b2" of shape (K,).
        order: which unit comes first, second, ...: each of 0, 1, ..., H - 1 once.

    Returns:
        params_next: new arrays under the same names. Unit i is what unit ``order[i]`` was.

    Solution:
        The columns of w1, the entries of b1 and the rows of w2 move; b2 stays.

    Source: Hecht-Nielsen 1990; syllabus ENS-05.
    """
    units = list(order)
    return {
        "w1": params["w1"][:, units],
        "b1": params["b1"][units],
        "w2": params["w2"][units],
        "b2": params["b2"].copy(),
    }


def match_units(
    params: dict[str, Float[np.ndarray, "..."]], like: dict[str, Float[np.ndarray, "..."]]
) -> list[int]:
    """An order in which the hidden units of one network resemble those of another.

    Greedy: of all pairs of units the two most similar are put beside each other, then the most
    similar of those that are left, and so on. Similar is a large inner product of all the weights
    into and out of a unit.

    Args:
        params: a network with one hidden layer, as in :func:`renumber`.
        like: another with the same shapes.

    Returns:
        order: ``renumber(params, order)`` has the units of ``params`` beside those of ``like``.

    Source: after Ainsworth et al. 2023; syllabus ENS-05.
    """

    def units(p: dict[str, np.ndarray]) -> np.ndarray:
        return np.hstack([p["w1"].T, p["b1"][:, None], p["w2"]])

    alike = units(like) @ units(params).T
    order = [0] * len(alike)
    for _ in order:
        i, j = np.unravel_index(alike.argmax(), alike.shape)
        order[int(i)] = int(j)
        alike[i], alike[:, j] = -math.inf, -math.inf
    return order


def refresh_running(
    params: dict[str, Float[np.ndarray, "..."]], x: Float[np.ndarray, "n d"], *, eps: float = 1e-5
) -> list[tuple[Float[np.ndarray, "..."], Float[np.ndarray, "..."]]]:
    """The statistics of batch norm that belong to these weights, from data.

    The network is ``MLP(sizes, norm="batch")`` in training, with all of ``x`` as its batch. Each
    hidden layer computes z = h @ w + b, normalises z over the batch, scales by gamma, shifts by
    beta, and takes the ReLU.

    Args:
        params: "w1", "b1", "gamma1", "beta1", "w2", ..., and "w" and "b" of the last layer, which
            has no normalisation.
        x: N examples, shape (N, D); the training data, not what is to be predicted.
        eps: added to the variance, inside the square root.

    Returns:
        running: (mean, var) of z for each hidden layer, first layer first; the variance is
        divided by N. For ``model.running``.

    Source: Izmailov et al. 2018; syllabus ENS-05.
    """
    running, h = [], x
    for layer in range(1, 1 + sum(name.startswith("gamma") for name in params)):
        z = h @ params[f"w{layer}"] + params[f"b{layer}"]
        mean, var = z.mean(axis=0), z.var(axis=0)
        running.append((mean, var))
        z_hat = (z - mean) / np.sqrt(var + eps)
        h = np.maximum(0, params[f"gamma{layer}"] * z_hat + params[f"beta{layer}"])
    return running


def _one_hidden_layer(params: dict[str, np.ndarray], name: str = "params") -> None:
    found = {key: w.shape for key, w in params.items()}
    if sorted(found) != ["b1", "b2", "w1", "w2"] or len(found["w1"]) != 2 or len(found["w2"]) != 2:
        raise ValueError(f"{name} has the shapes {found}, expected matrices w1, w2 and b1, b2")
    hidden, k = found["w1"][1], found["w2"][1]
    if found["w2"][0] != hidden or found["b1"] != (hidden,) or found["b2"] != (k,):
        raise ValueError(f"{name} has the shapes {found}, expected {hidden} hidden units in all")


def _each_unit_once(params: dict[str, np.ndarray], order: Sequence[int]) -> None:
    _one_hidden_layer(params)
    units = len(params["b1"])
    if sorted(order) != list(range(units)):
        raise ValueError(f"order must hold each of 0 to {units - 1} once, got {order}")


def _same_shapes(a: dict[str, np.ndarray], b: dict[str, np.ndarray], names: str = "b a") -> None:
    want, found = ({key: w.shape for key, w in p.items()} for p in (a, b))
    if want != found:
        second, first = names.split()
        raise ValueError(f"{second} has the shapes {found}, expected {want} as {first} has")


def _two_alike(params: dict[str, np.ndarray], like: dict[str, np.ndarray]) -> None:
    _one_hidden_layer(params)
    _same_shapes(params, like, "like params")


def _normalised_layers(params: dict[str, np.ndarray], x: np.ndarray) -> None:
    hidden = sum(name.startswith("gamma") for name in params)
    width = x.shape[1]
    for layer in range(1, hidden + 1):
        shapes = {key: params[key].shape for key in (f"w{layer}",) if key in params}
        units = shapes.get(f"w{layer}", (0, 0))[-1]
        want = {f"w{layer}": (width, units)}
        want |= {f"{key}{layer}": (units,) for key in ("b", "gamma", "beta")}
        found = {key: params[key].shape for key in want if key in params}
        if found != want:
            raise ValueError(f"params has the shapes {found}, expected {want} to fit x")
        width = units


enforce(
    __name__,
    filled=(match_units, refresh_running),
    finite=(match_units,),
    checks={
        interpolate: _same_shapes,
        renumber: _each_unit_once,
        match_units: _two_alike,
        refresh_running: _normalised_layers,
    },
)
