"""The layers of many small networks, stacked: one matrix product serves all.

A stack is a row of networks, or a table: (rates, seeds). Its axes come first in every array.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from utils import _checks
from utils._signatures import enforce
from utils.activations import relu_forward
from utils.initialization import he_normal
from utils.losses import log_softmax

# Weights (*stack, fan_in, fan_out) and biases (*stack, 1, fan_out) of each layer.
Layers = list[tuple[Float[np.ndarray, "..."], Float[np.ndarray, "..."]]]

_TOGETHER = 48  # networks that are scored at once: what they put out fits the cache


def new_layers(
    sizes: Sequence[int],
    seeds: Sequence[int | np.random.Generator],
    *,
    init: Callable = he_normal,
    gain: float | Sequence[float] = 1.0,
    dtype: type | np.dtype = np.float32,
) -> Layers:
    """Initial weights of many networks, biases 0.

    Args:
        sizes: units of each layer from input to output, ``[64, 32, 10]``; ``[64, 10]`` is softmax
            regression.
        seeds: one for each network; a random generator in place of a number is drawn from.
        init: ``init(fan_in, fan_out, rng=rng) -> w``.
        gain: what the weights are multiplied by: one number, or one for each network.
        dtype: precision of the numbers.

    Returns:
        layers: weights (seeds, fan_in, fan_out) and biases (seeds, 1, fan_out) of each layer.

    Raises:
        ValueError: fewer than two sizes, a size below 1, no seed, or not one gain for each network.

    Source: syllabus HYP-01.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"sizes are {list(sizes)}, expected two or more, each at least 1")
    if not len(seeds):
        raise ValueError("seeds is empty, expected one for each network")
    factor = np.asarray(gain, dtype)
    if factor.shape not in ((), (len(seeds),)):
        raise ValueError(f"gain has shape {factor.shape}, expected one number or {len(seeds)}")
    rngs = [np.random.default_rng(seed) for seed in seeds]
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        w = np.stack([init(fan_in, fan_out, rng=rng) for rng in rngs]).astype(dtype)
        layers.append((factor[..., None, None] * w, np.zeros((len(rngs), 1, fan_out), dtype)))
    return layers


def hidden_layers(
    layers: Layers, x: Float[np.ndarray, "_ _ ..."], forward: Callable = relu_forward
) -> list[Float[np.ndarray, "..."]]:
    """What the hidden layers of many networks put out, first layer first.

    Args:
        layers: of many networks.
        x: examples for all of them, (N, D), or (columns, N, D) for each column its own.
        forward: the activation, ``forward(z) -> (out, cache)``.

    Returns:
        An array of shape (*stack, N, units) for each hidden layer, in the precision of the layers.

    Source: syllabus ACT-13.
    """
    outs = [x.astype(layers[0][0].dtype, copy=False)]
    for w, b in layers[:-1]:
        outs.append(forward(outs[-1] @ w + b)[0])
    return outs[1:]


def scores_of(
    layers: Layers, x: Float[np.ndarray, "_ _ ..."], forward: Callable = relu_forward
) -> Float[np.ndarray, "..."]:
    """Scores of many networks.

    Args:
        layers: of many networks.
        x: examples for all of them, (N, D), or (columns, N, D) for each column its own.
        forward: the activation, ``forward(z) -> (out, cache)``.

    Returns:
        scores: shape (*stack, N, K), in the precision of the layers.

    Source: syllabus ACT-13, AUG-01.
    """
    w, b = layers[-1]
    return [x.astype(w.dtype, copy=False), *hidden_layers(layers, x, forward)][-1] @ w + b


def right_of(
    layers: Layers,
    x: Float[np.ndarray, "_ _ ..."],
    y: Int[np.ndarray, "_ ..."],
    forward: Callable = relu_forward,
) -> Bool[np.ndarray, "..."]:
    """Which examples each of many networks has right.

    Args:
        layers: of many networks.
        x: examples for all of them, (N, D), or (columns, N, D) for each column its own.
        y: their classes, (N,) or (columns, N).
        forward: the activation, ``forward(z) -> (out, cache)``.

    Returns:
        right: shape (*stack, N).

    Source: syllabus AUG-01.
    """
    if layers[0][0].ndim > 3:
        return scores_of(layers, x, forward).argmax(axis=-1) == y
    found = []
    for first in range(0, len(layers[0][0]), _TOGETHER):
        part = slice(first, first + _TOGETHER)
        some = x if x.ndim == 2 else x[part]
        scores = scores_of([(w[part], b[part]) for w, b in layers], some, forward)
        found.append(scores.argmax(axis=-1) == (y if y.ndim == 1 else y[part]))
    return np.concatenate(found)


def accuracy_of(
    layers: Layers,
    x: Float[np.ndarray, "_ _ ..."],
    y: Int[np.ndarray, "_ ..."],
    forward: Callable = relu_forward,
) -> Float[np.ndarray, "..."]:
    """Share of right answers of each of many networks.

    Args:
        layers, x, y, forward: as for :func:`right_of`.

    Returns:
        accuracy: shape of the stack.

    Source: syllabus AUG-01.
    """
    return right_of(layers, x, y, forward).mean(axis=-1, dtype=layers[0][0].dtype)


def cross_entropy_of(
    layers: Layers,
    x: Float[np.ndarray, "_ _ ..."],
    y: Int[np.ndarray, "_ ..."],
    forward: Callable = relu_forward,
) -> Float[np.ndarray, "..."]:
    """Mean cross-entropy of each of many networks, in nats.

    Args:
        layers, x, y, forward: as for :func:`right_of`.

    Returns:
        loss: shape of the stack; inf where a score has overflowed.

    Source: syllabus ACT-13.
    """
    scores = scores_of(layers, x, forward)
    log_p = log_softmax(scores.reshape(-1, scores.shape[-1])).reshape(scores.shape)
    chosen = np.take_along_axis(log_p, np.broadcast_to(y[..., None], (*log_p.shape[:-1], 1)), -1)
    loss = -chosen.mean(axis=(-2, -1))
    return np.where(np.isfinite(loss), loss, np.inf)


enforce(
    __name__,
    any_precision=(hidden_layers, scores_of, right_of, accuracy_of, cross_entropy_of),
    checks={
        hidden_layers: _checks.stacked,
        scores_of: _checks.stacked,
        right_of: _checks.stacked_and_labelled,
        accuracy_of: _checks.stacked_and_labelled,
        cross_entropy_of: _checks.stacked_and_labelled,
    },
)
