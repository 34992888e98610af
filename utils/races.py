"""Many small networks trained at once: every learning rate with every seed, in one sweep.

A claim about a training needs several starts and several learning rates. Each of these networks is
too small to keep a processor busy, so their weights are stacked and one matrix product serves all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from utils import _checks
from utils._signatures import enforce
from utils.data import Dataset
from utils.initialization import he_normal
from utils.losses import log_softmax

Pair = tuple[Callable, Callable]
Layers = list[tuple[Float[np.ndarray, "rates seeds _ _"], Float[np.ndarray, "rates seeds 1 _"]]]


@dataclass
class Race:
    """What :func:`race` returns.

    Args:
        train_loss: cross-entropy of the whole training set after each epoch, in nats, shape
            (rates, seeds, epochs); inf once a network has overflowed.
        val_acc: validation accuracy after each epoch, same shape.
        layers: the weights and biases at the end, for each layer a pair of arrays of shape
            (rates, seeds, fan_in, fan_out) and (rates, seeds, 1, fan_out).
    """

    train_loss: Float[np.ndarray, "rates seeds epochs"]
    val_acc: Float[np.ndarray, "rates seeds epochs"]
    layers: Layers

    def epochs_to(self, goal: float) -> Float[np.ndarray, "rates seeds"]:
        """The first epoch after which the training loss is below ``goal``; inf if there is none."""
        reached = self.train_loss < goal
        return np.where(reached.any(axis=2), 1.0 + reached.argmax(axis=2), np.inf)


def hidden_layers(
    layers: Layers, x: Float[np.ndarray, "n d"], forward: Callable
) -> list[Float[np.ndarray, "rates seeds n _"]]:
    """The outputs of the hidden layers of all networks of a race, first layer first.

    Args:
        layers: weights and biases, as in :class:`Race`.
        x: examples, shape (N, D).
        forward: the activation, ``forward(z) -> (out, cache)``.

    Returns:
        An array of shape (rates, seeds, N, units) for each hidden layer.

    Source: syllabus ACT-13.
    """
    outs = [x]
    for w, b in layers[:-1]:
        outs.append(forward(outs[-1] @ w + b)[0])
    return outs[1:]


@np.errstate(all="ignore")
def race(
    data: Dataset,
    sizes: Sequence[int],
    activation: Pair,
    *,
    lrs: Sequence[float],
    seeds: Sequence[int],
    epochs: int,
    batch_size: int,
    init: Callable = he_normal,
    layers: Layers | None = None,
    watch: Callable[[Layers], object] | None = None,
    schedule: Callable[[float], float] | None = None,
    after_update: Callable[[Layers], object] | None = None,
    reg: float = 0.0,
) -> Race:
    """Train a dense classifier once for each learning rate and each seed, by plain SGD.

    Args:
        data: training and validation examples.
        sizes: units of each layer from input to output, ``[64, 50, 10]``.
        activation: of the hidden layers, a pair of functions ``forward(z) -> (out, cache)`` and
            ``backward(dout, cache) -> dz`` that work element by element on arrays of any shape.
        lrs: the learning rates.
        seeds: of the initial weights and of the order of the examples. All rates share both.
        epochs: passes over the training set.
        batch_size: examples in a mini-batch; the last of an epoch may be smaller.
        init: ``init(fan_in, fan_out, rng=rng) -> w``; biases start at 0.
        layers: weights and biases to go on from, in place of new ones.
        watch: called with the layers after each epoch.
        schedule: ``schedule(t)`` is what all rates are multiplied by at time t, in epochs,
            fractions included. Default: constant rates.
        after_update: called with the layers after each update. The arrays are never written into.
        reg: strength of the L2 penalty 0.5 * reg * sum(w^2) on the weights; the loss that is
            recorded is without it.

    Returns:
        The curves and the trained networks, see :class:`Race`. A network that overflows stays in
        the race with a loss of inf; there is no warning.

    Raises:
        ValueError: a rate is not above 0, or there is no rate, seed or epoch.

    Source: syllabus ACT-13.
    """
    if not (len(lrs) and len(seeds) and epochs >= 1 and min(lrs) > 0):
        raise ValueError(
            f"lrs {lrs}, seeds {seeds}, epochs {epochs}: expected rates above 0 and one of each"
        )
    forward, backward = activation
    rngs = [np.random.default_rng(seed) for seed in seeds]
    if layers is None:
        layers = _new_layers(sizes, len(lrs), rngs, init)
    layers = [(w.astype(np.float32), b.astype(np.float32)) for w, b in layers]
    rate = np.reshape(lrs, (-1, 1, 1, 1)).astype(np.float32)
    x_train, x_val = data.x_train.astype(np.float32), data.x_val.astype(np.float32)
    losses, accuracies = [], []
    for epoch in range(epochs):
        order = np.stack([rng.permutation(len(data.x_train)) for rng in rngs])
        for start in range(0, order.shape[1], batch_size):
            batch = order[:, start : start + batch_size]
            time = epoch + start / order.shape[1]
            now = rate if schedule is None else rate * np.float32(schedule(time))
            before = list(layers)
            _step(layers, x_train[batch], data.y_train[batch], forward, backward, now)
            if reg:
                shrink = now * np.float32(reg)
                layers[:] = [
                    (w - shrink * old, b) for (w, b), (old, _) in zip(layers, before, strict=True)
                ]
            if after_update is not None:
                after_update(layers)
        losses.append(_loss(_scores(layers, x_train, forward), data.y_train))
        right = _scores(layers, x_val, forward).argmax(axis=-1) == data.y_val
        accuracies.append(right.mean(axis=-1))
        if watch is not None:
            watch(layers)
    return Race(np.stack(losses, axis=-1), np.stack(accuracies, axis=-1), layers)


@dataclass
class ScheduleRace:
    """What :func:`race_schedules` returns.

    Args:
        batch_loss: cross-entropy of the mini-batch of each update, before it, in nats, shape
            (runs, seeds, steps).
        train_loss: cross-entropy of the whole training set at the moments asked for, shape (runs,
            seeds, moments); inf once a network has overflowed.
        val_acc: validation accuracy at these moments, same shape.
    """

    batch_loss: Float[np.ndarray, "runs seeds steps"]
    train_loss: Float[np.ndarray, "runs seeds moments"]
    val_acc: Float[np.ndarray, "runs seeds moments"]


@np.errstate(all="ignore")
def race_schedules(
    data: Dataset,
    sizes: Sequence[int],
    activation: Pair,
    *,
    rates: Float[np.ndarray, "runs steps"],
    seeds: Sequence[int],
    batch_size: int,
    at: Sequence[int] | None = None,
    init: Callable = he_normal,
) -> ScheduleRace:
    """Train a dense classifier once for each schedule and each seed, by plain SGD.

    Args:
        data: training and validation examples.
        sizes: units of each layer from input to output, ``[64, 50, 10]``; ``[64, 10]`` is softmax
            regression.
        activation: of the hidden layers, as in :func:`race`.
        rates: the learning rate of each update, a row for each run, shape (runs, steps).
        seeds: of the initial weights and of the order of the examples. All runs share both.
        batch_size: examples in a mini-batch. What is left over at the end of an epoch is not used.
        at: after how many updates losses and accuracies are measured, in rising order; by default
            after the last.
        init: ``init(fan_in, fan_out, rng=rng) -> w``; biases start at 0.

    Returns:
        The curves, see :class:`ScheduleRace`. There is no warning when a network overflows.

    Raises:
        ValueError: ``batch_size`` is not between 1 and the number of training examples, or there is
            no seed.

    Source: syllabus LRS-01, LRS-09.
    """
    if not (len(seeds) and 1 <= batch_size <= len(data.x_train)):
        raise ValueError(
            f"batch_size {batch_size}, seeds {seeds}: expected 1 to {len(data.x_train)} and a seed"
        )
    forward, backward = activation
    runs, steps = rates.shape
    at = [steps] if at is None else list(at)
    rngs = [np.random.default_rng(seed) for seed in seeds]
    layers = [
        (w.astype(np.float32), b.astype(np.float32))
        for w, b in _new_layers(sizes, runs, rngs, init)
    ]
    x_train, x_val = data.x_train.astype(np.float32), data.x_val.astype(np.float32)
    per_epoch = len(x_train) // batch_size
    batch_losses, losses, accuracies = [], [], []
    for k in range(steps + 1):
        if k in at:
            losses.append(_loss(_scores(layers, x_train, forward), data.y_train))
            right = _scores(layers, x_val, forward).argmax(axis=-1) == data.y_val
            accuracies.append(right.mean(axis=-1))
        if k == steps:
            break
        if k % per_epoch == 0:
            order = np.stack([rng.permutation(len(x_train)) for rng in rngs])
        begin = k % per_epoch * batch_size
        batch = order[:, begin : begin + batch_size]
        rate = rates[:, k].reshape(-1, 1, 1, 1).astype(np.float32)
        batch_losses.append(
            _step(layers, x_train[batch], data.y_train[batch], forward, backward, rate)
        )
    return ScheduleRace(
        np.stack(batch_losses, axis=-1).astype(float),
        np.stack(losses, axis=-1).astype(float),
        np.stack(accuracies, axis=-1),
    )


def _new_layers(sizes: Sequence[int], rates: int, rngs: list, init: Callable) -> Layers:
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        w = np.stack([init(fan_in, fan_out, rng=rng) for rng in rngs])
        layers.append((np.tile(w, (rates, 1, 1, 1)), np.zeros((rates, len(rngs), 1, fan_out))))
    return layers


def _scores(layers: Layers, x: np.ndarray, forward: Callable) -> np.ndarray:
    w, b = layers[-1]
    return ([x, *hidden_layers(layers, x, forward)])[-1] @ w + b


def _loss(scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cross-entropy of each network, shape (rates, seeds)."""
    log_p = log_softmax(scores.reshape(-1, scores.shape[-1])).reshape(scores.shape)
    chosen = np.take_along_axis(log_p, np.broadcast_to(y[:, None], (*log_p.shape[:-1], 1)), axis=-1)
    loss = -chosen.mean(axis=(-2, -1))
    return np.where(np.isfinite(loss), loss, np.inf)


def _step(
    layers: Layers, x, y, forward: Callable, backward: Callable, rate: np.ndarray
) -> np.ndarray:
    """One SGD step of all networks. x (seeds, n, d), y (seeds, n); the layers are replaced.

    The result is the loss of the batch before the step, shape (rates, seeds).
    """
    h, kept = x, []
    for w, b in layers[:-1]:
        out, cache = forward(h @ w + b)
        kept.append((h, cache))
        h = out
    w, b = layers[-1]
    scores = h @ w + b
    dz = np.exp(scores - scores.max(axis=-1, keepdims=True))
    dz /= dz.sum(axis=-1, keepdims=True)
    one_hot = np.arange(dz.shape[-1]) == y[:, :, None]
    loss = -np.log(np.sum(dz, axis=-1, where=one_hot)).mean(axis=-1)
    dz -= one_hot
    dz /= np.float32(x.shape[1])
    kept.append((h, None))
    for n in reversed(range(len(layers))):
        (w, b), (h, _) = layers[n], kept[n]
        layers[n] = (
            w - rate * (np.swapaxes(h, -1, -2) @ dz),
            b - rate * dz.sum(axis=-2, keepdims=True),
        )
        if n:
            dz = backward(dz @ np.swapaxes(w, -1, -2), kept[n - 1][1])
    return loss


enforce(__name__, any_precision=(hidden_layers,), checks={hidden_layers: _checks.stacked})
