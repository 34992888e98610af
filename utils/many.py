"""Many small networks at once, each with hyperparameters of its own: what a search needs.

The networks have one architecture. Learning rate, penalty, momentum, initial weights, order of the
examples and the examples themselves may differ from run to run. Their weights are stacked, so that
one matrix product serves all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from utils._signatures import enforce
from utils.initialization import he_normal

Layers = list[tuple[Float[np.ndarray, "runs _ _"], Float[np.ndarray, "runs 1 _"]]]
_TOGETHER = 48  # runs that are scored at once: their activations on all examples fit the cache


@dataclass
class Runs:
    """What :func:`train_many` returns.

    Args:
        loss: mean loss of the mini-batches of each epoch without the penalty, in nats, shape
            (runs, epochs); NaN or infinite once a network has exploded.
        right: whether an example is classified correctly, after each of the epochs that were asked
            for, shape (stages, runs, n).
        layers: the weights and biases at the end, for each layer a pair of arrays of shape
            (runs, fan_in, fan_out) and (runs, 1, fan_out).
    """

    loss: Float[np.ndarray, "runs epochs"]
    right: Bool[np.ndarray, "stages runs n"]
    layers: Layers

    def accuracy(self, rows: Int[np.ndarray, "..."], stage: int = -1) -> Float[np.ndarray, " runs"]:
        """Share of these rows that is classified correctly, for each run.

        Args:
            rows: indices of examples, shape (part,), or (runs, part) where each run has its own.
            stage: after which of the epochs that were asked for, counted from 0.
        """
        right = self.right[stage]
        rows = np.broadcast_to(rows, (len(right), rows.shape[-1]))
        return np.take_along_axis(right, rows, axis=1).mean(axis=1)


def new_layers(
    sizes: Sequence[int],
    seeds: Sequence[int],
    *,
    gain: float | Sequence[float] = 1.0,
    dtype: type = np.float32,
) -> Layers:
    """Initial weights of many networks: He's initialisation times a gain, biases 0.

    Args:
        sizes: units of each layer from input to output, ``[64, 32, 10]``.
        seeds: one for each network.
        gain: one number, or one for each network.
        dtype: precision of the numbers.

    Returns:
        layers: as in :class:`Runs`.

    Raises:
        ValueError: fewer than two sizes, a size below 1, or not one gain for each network.

    Source: syllabus HYP-01.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"sizes are {list(sizes)}, expected two or more, each at least 1")
    factor = _column("gain", gain, len(seeds), dtype)
    rngs = [np.random.default_rng(seed) for seed in seeds]
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        w = np.empty((len(rngs), fan_in, fan_out), dtype)
        for k, rng in enumerate(rngs):
            w[k] = he_normal(fan_in, fan_out, rng=rng)
        layers.append((factor * w, np.zeros((len(rngs), 1, fan_out), dtype)))
    return layers


@np.errstate(all="ignore")
def train_many(
    x: Float[np.ndarray, "n d"],
    y: Int[np.ndarray, " n"],
    rows: Int[np.ndarray, "..."],
    layers: Layers,
    *,
    lr: float | Sequence[float],
    seeds: Sequence[int],
    epochs: int,
    batch_size: int = 25,
    reg: float | Sequence[float] = 0.0,
    mu: float | Sequence[float] = 0.0,
    activation: str = "relu",
    labels: Int[np.ndarray, " n"] | None = None,
    stages: Sequence[int] | None = None,
) -> Runs:
    """Train many dense classifiers at once by SGD with momentum, each with settings of its own.

    What is a number for all, or a sequence with one number for each run: ``lr``, ``reg``, ``mu``.

    Args:
        x: all examples, also those that are only scored.
        y: their classes.
        rows: which examples to train on, shape (part,), or (runs, part) where each run has its own.
        layers: where to start, from :func:`new_layers` or from an earlier :class:`Runs`; it is
            trained in their precision. They stay as they are.
        lr: learning rate.
        seeds: of the order of the examples, one for each run.
        epochs: passes over the rows, at least 1.
        batch_size: examples in a mini-batch, at least 1; the last of an epoch may be smaller.
        reg: strength of the L2 penalty 0.5 * reg * sum(w^2) on the weights.
        mu: momentum.
        activation: of the hidden layers, "relu" or "tanh".
        labels: classes to train with, where they differ from ``y``, by which is scored.
        stages: epochs after which all examples are scored. Default: the last one.

    Returns:
        runs: see :class:`Runs`. A network that explodes stays in, without a warning.

    Raises:
        ValueError: not one seed or setting for each run, rows or labels that do not exist, an
            unknown activation, stages that are no epochs, or no epoch or batch.

    Source: syllabus HYP-01, HYP-07.
    """
    count, dtype = len(layers[0][0]), layers[0][0].dtype
    wanted = [epochs] if stages is None else list(stages)
    columns = {
        name: _column(name, value, count, dtype)
        for name, value in (("lr", lr), ("reg", reg), ("mu", mu))
    }
    now = [(w.copy(), b.copy()) for w, b in layers]
    speeds = [(np.zeros_like(w), np.zeros_like(b)) for w, b in now] if columns["mu"].any() else None
    inputs, truth = x.astype(dtype), y if labels is None else labels
    rows = np.broadcast_to(rows, (count, rows.shape[-1]))
    rngs = [np.random.default_rng(seed) for seed in seeds]
    losses = np.zeros((count, epochs), dtype)
    right = []
    for epoch in range(1, epochs + 1):
        order = np.stack([rng.permutation(rows.shape[1]) for rng in rngs])
        picked = np.take_along_axis(rows, order, axis=1)
        for start in range(0, rows.shape[1], batch_size):
            batch = picked[:, start : start + batch_size]
            loss = _step(now, speeds, inputs[batch], truth[batch], activation, columns)
            losses[:, epoch - 1] += loss * batch.shape[1] / rows.shape[1]
        if epoch in wanted:
            right.append(_right(now, inputs, y, activation))
    return Runs(losses, np.stack(right), now)


def _column(name: str, value: Any, count: int, dtype: Any) -> np.ndarray:
    """A setting of each run, shape (runs, 1, 1)."""
    numbers = np.asarray(value, dtype=dtype)
    if numbers.ndim and len(numbers) != count:
        raise ValueError(
            f"{name} has {len(numbers)} numbers, expected one, or {count} for the runs"
        )
    return np.broadcast_to(numbers, count)[:, None, None]


def _fits(
    x: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
    layers: Layers,
    seeds: Sequence[int],
    epochs: int,
    batch_size: int = 1,
    activation: str = "relu",
    labels: np.ndarray | None = None,
    stages: Sequence[int] | None = None,
) -> None:
    """What the signature of train_many cannot say."""
    if not layers:
        raise ValueError("layers is empty, expected weights and biases")
    runs, width = len(layers[0][0]), x.shape[1]
    for n, (w, b) in enumerate(layers):
        if w.shape[:2] != (runs, width) or b.shape != (runs, 1, w.shape[2]) or w.dtype != b.dtype:
            raise ValueError(
                f"layers[{n}] has weights {w.shape} and biases {b.shape}, expected {runs} runs, "
                f"{width} rows to fit x, and as many columns in both"
            )
        width = w.shape[2]
    for name, classes in (("y", y), ("labels", labels)):
        if classes is not None and ((classes < 0) | (classes >= width)).any():
            raise ValueError(f"{name} holds other classes than 0 to {width - 1}, which layers have")
    if rows.ndim not in (1, 2) or 0 in rows.shape or (rows.ndim == 2 and len(rows) != runs):
        raise ValueError(f"rows has shape {rows.shape}, expected (part,) or ({runs}, part)")
    if ((rows < 0) | (rows >= len(x))).any():
        raise ValueError(f"rows holds other numbers than 0 to {len(x) - 1}, the rows of x")
    if len(seeds) != runs:
        raise ValueError(f"seeds has {len(seeds)} numbers, expected {runs} as layers has runs")
    if activation not in ("relu", "tanh"):
        raise ValueError(f"activation is {activation!r}, expected 'relu' or 'tanh'")
    if epochs < 1 or batch_size < 1:
        raise ValueError(f"epochs is {epochs} and batch_size {batch_size}, expected 1 or more")
    if stages is not None and not (stages and set(stages) <= set(range(1, epochs + 1))):
        raise ValueError(f"stages are {list(stages)}, expected some of the epochs up to {epochs}")


def _activate(z: np.ndarray, activation: str) -> np.ndarray:
    return np.maximum(z, 0, out=z) if activation == "relu" else np.tanh(z, out=z)


def _right(layers: Layers, x: np.ndarray, y: np.ndarray, activation: str) -> np.ndarray:
    """Shape (runs, n)."""
    found = []
    for start in range(0, len(layers[0][0]), _TOGETHER):
        h = x
        for n, (w, b) in enumerate(layers):
            part = slice(start, start + _TOGETHER)
            h = h @ w[part] + b[part]
            if n + 1 < len(layers):
                h = _activate(h, activation)
        found.append(h.argmax(axis=-1) == y)
    return np.concatenate(found)


def _step(
    layers: Layers,
    speeds: Layers | None,
    x: np.ndarray,
    y: np.ndarray,
    activation: str,
    settings: dict[str, np.ndarray],
) -> np.ndarray:
    """One update of all networks, in place, on x (runs, m, d) and y (runs, m); their losses."""
    hs = [x]
    for n, (w, b) in enumerate(layers):
        z = hs[-1] @ w
        z += b
        hs.append(_activate(z, activation) if n + 1 < len(layers) else z)
    scores = hs.pop()
    scores -= scores.max(axis=-1, keepdims=True)
    dz = np.exp(scores)
    total = dz.sum(axis=-1, keepdims=True)
    picked = np.take_along_axis(scores, y[:, :, None], axis=-1)
    loss = (np.log(total) - picked).mean(axis=(1, 2))
    dz /= total
    dz -= np.arange(dz.shape[-1]) == y[:, :, None]
    dz /= dz.dtype.type(x.shape[1])
    for n in reversed(range(len(layers))):
        (w, b), h = layers[n], hs[n]
        dh = dz @ np.swapaxes(w, -1, -2) if n else None
        dw, db = np.swapaxes(h, -1, -2) @ dz, dz.sum(axis=-2, keepdims=True)
        if settings["reg"].any():
            dw += settings["reg"] * w
        dw *= settings["lr"]
        db *= settings["lr"]
        if speeds is not None:
            vw, vb = speeds[n]
            vw *= settings["mu"]
            vw -= dw
            vb *= settings["mu"]
            vb -= db
            w += vw
            b += vb
        else:
            w -= dw
            b -= db
        if dh is not None:
            dz = dh * (h > 0) if activation == "relu" else dh * (1 - h**2)
    return loss


enforce(__name__, any_precision=(train_many,), checks={train_many: _fits})
