"""Many small networks trained at once: with each learning rate, from each seed, on each small set.

A claim about a training needs several starts and several learning rates. Each of these networks is
too small to keep a processor busy, so their weights are stacked and one matrix product serves all.

Settings follow NumPy's rule of broadcasting: ``lr=[0.1, 0.3]`` gives each of two networks its rate;
``lr=column([0.1, 0.3])`` with five seeds makes a table of 2 x 5 networks, each rate with each seed.
:func:`train_many` trains. :func:`race` measures losses and accuracies on a data set besides,
:func:`train_trials` scores every example; :func:`train_sets` gives each network its own examples.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from utils import _checks
from utils._signatures import enforce
from utils.activations import relu_backward, relu_forward
from utils.data import Dataset
from utils.initialization import he_normal
from utils.stacked_layers import Layers, cross_entropy_of, new_layers, right_of

Setting = float | Sequence[float] | Float[np.ndarray, "..."]
RELU = (relu_forward, relu_backward)


@dataclass
class Runs:
    """What :func:`train_many` returns.

    Args:
        layers: the trained networks.
        batch_loss: cross-entropy of the mini-batch of each update, before it, without a penalty, in
            nats, shape (*stack, updates).
        seen: what ``watch`` has returned, in the order of the moments.
    """

    layers: Layers
    batch_loss: Float[np.ndarray, "..."]
    seen: list


def column(values: Sequence[float]) -> Float[np.ndarray, "values 1"]:
    """A setting for the rows of a table of networks: each value with each seed.

    Args:
        values: such as learning rates.

    Returns:
        column: shape (values, 1).

    Source: syllabus ACT-13.
    """
    return np.reshape(np.array(values, float), (-1, 1))


@np.errstate(all="ignore")
def train_many(
    x: Float[np.ndarray, "n d"],
    y: Int[np.ndarray, " n"],
    start: Sequence[int] | Layers,
    *,
    lr: Setting | Callable[[int], Any],
    seeds: Sequence[int | np.random.Generator],
    batch_size: int,
    epochs: int | None = None,
    updates: int | None = None,
    rows: Int[np.ndarray, "..."] | None = None,
    reg: Setting = 0.0,
    mu: Setting = 0.0,
    activation: tuple[Callable, Callable] = RELU,
    init: Callable = he_normal,
    watch: Callable[[Layers], Any] | None = None,
    at: Sequence[int] | None = None,
) -> Runs:
    """Train many dense classifiers at once by SGD with momentum.

    Settings that networks may have of their own are a number, or an array that broadcasts against
    the stack of networks: ``lr``, ``reg``, ``mu``.

    Args:
        x: examples, shape (N, D).
        y: their classes.
        start: units of each layer from input to output for new networks, or the layers to go on
            from; they stay as they are, and are trained in the precision of the first weights. New
            ones have float32.
        lr: learning rate; ``lr(k)`` gives that of update k = 0, 1, ... where it changes.
        seeds: of new weights and of the order of the examples, for each network or each column of a
            table of networks.
        batch_size: examples in a mini-batch.
        epochs: passes over the examples; the last batch of each may be smaller.
        updates: in place of ``epochs``: how many batches, all of one size. What is left over at the
            end of a pass is not used.
        rows: which examples to train on, shape (part,), or (seeds, part). Default: all.
        reg: strength of the L2 penalty 0.5 * reg * sum(w^2) on the weights.
        mu: momentum.
        activation: of the hidden layers, a pair of functions ``forward(z) -> (out, cache)`` and
            ``backward(dout, cache) -> dz`` that work element by element on arrays of any shape.
        init: of new networks, as for :func:`utils.stacked_layers.new_layers`.
        watch: called with the layers. What it gets is never written into.
        at: after how many epochs, or updates where these are given, it is called. Default: the
            last.

    Returns:
        runs: see :class:`Runs`. A network that overflows stays in, without a warning.

    Raises:
        ValueError: settings, seeds or layers that do not fit each other, classes or rows that do
            not exist, not one of epochs and updates, moments outside of the training.

    Source: syllabus ACT-13, HYP-01, HYP-07, LRS-01.
    """
    rngs = [np.random.default_rng(seed) for seed in seeds]
    layers = _started(start, rngs, init)
    _checks.stacked(layers, x, called="start")
    rows = np.arange(len(x)) if rows is None else rows
    _checks.rows_for(rows, len(x), len(rngs))
    classes, columns = layers[-1][0].shape[-1], layers[0][0].shape[-3]
    _checks.labels(y, classes)
    if len(rngs) != columns:
        raise ValueError(f"seeds has {len(rngs)} numbers, expected {columns} for the networks")
    n = rows.shape[-1]
    length = updates if epochs is None else epochs
    if (epochs is None) == (updates is None) or not length:
        raise ValueError(f"epochs {epochs}, updates {updates}: expected one of them, at least 1")
    if not 1 <= batch_size <= (n if updates else batch_size):
        raise ValueError(f"batch_size is {batch_size}, expected 1 to {n}, the number of rows")
    moments = [length] if at is None else list(at)
    if not set(moments) <= set(range(length + 1)):
        raise ValueError(f"at is {moments}, expected moments from 0 to {length}")
    per_moment = 1 if updates else -(-n // batch_size)
    batches = _shuffled(rows, rngs, batch_size, only_full=updates is not None)
    return _train(
        x.astype(layers[0][0].dtype),
        y[:, None] == np.arange(classes),
        layers,
        islice(batches, per_moment * length),
        settings={"lr": lr, "reg": reg, "mu": mu},
        activation=activation,
        watch=watch,
        at={per_moment * moment for moment in moments},
    )


@dataclass
class Race:
    """What :func:`race` returns. The stack is (settings, seeds) where the rates are a column.

    Args:
        layers: the trained networks.
        batch_loss: as in :class:`Runs`.
        train_loss: cross-entropy of the whole training set at each moment, without a penalty, in
            nats, shape (*stack, moments); inf once a network has overflowed.
        val_acc: validation accuracy at each moment, same shape.
    """

    layers: Layers
    batch_loss: Float[np.ndarray, "..."]
    train_loss: Float[np.ndarray, "..."]
    val_acc: Float[np.ndarray, "..."]

    def first_below(self, goal: float) -> Float[np.ndarray, "..."]:
        """The first moment, counted from 1, with a training loss below ``goal``; inf for none."""
        reached = self.train_loss < goal
        return np.where(reached.any(axis=-1), 1.0 + reached.argmax(axis=-1), np.inf)


def race(
    data: Dataset,
    start: Sequence[int] | Layers,
    *,
    activation: tuple[Callable, Callable] = RELU,
    watch: Callable[[Layers], Any] | None = None,
    **settings: Any,
) -> Race:
    """Train many networks on one data set, and measure each at the same moments.

    Args:
        data: training and validation examples.
        start: sizes or layers, as for :func:`train_many`.
        activation: of the hidden layers, as for :func:`train_many`.
        watch: called with the layers at each moment, besides the measurements.
        settings: all others of :func:`train_many`; ``at`` says when to measure.

    Returns:
        race: see :class:`Race`.

    Source: syllabus ACT-13, LRS-01, LRS-09.
    """

    def measured(layers: Layers) -> tuple[np.ndarray, np.ndarray]:
        if watch is not None:
            watch(layers)
        return (
            cross_entropy_of(layers, data.x_train, data.y_train, activation[0]),
            right_of(layers, data.x_val, data.y_val, activation[0]).mean(axis=-1),
        )

    runs = train_many(
        data.x_train, data.y_train, start, activation=activation, watch=measured, **settings
    )
    losses, accuracies = (
        np.stack(part, axis=-1).astype(float) for part in zip(*runs.seen, strict=True)
    )
    return Race(runs.layers, runs.batch_loss.astype(float), losses, accuracies)


@dataclass
class Trials:
    """What :func:`train_trials` returns.

    Args:
        layers: the trained networks.
        loss: mean loss of the mini-batches of each epoch without the penalty, in nats, shape
            (runs, epochs); NaN or infinite once a network has exploded.
        right: whether an example is classified correctly, after each of the epochs that were asked
            for, shape (stages, runs, n).
    """

    layers: Layers
    loss: Float[np.ndarray, "runs epochs"]
    right: Bool[np.ndarray, "stages runs n"]

    def accuracy(self, rows: Int[np.ndarray, "..."], stage: int = -1) -> Float[np.ndarray, " runs"]:
        """Share of these rows that is classified correctly, for each run.

        Args:
            rows: indices of examples, shape (part,), or (runs, part) where each run has its own.
            stage: after which of the epochs that were asked for, counted from 0.
        """
        right = self.right[stage]
        rows = np.broadcast_to(rows, (len(right), rows.shape[-1]))
        return np.take_along_axis(right, rows, axis=1).mean(axis=1)


def train_trials(
    x: Float[np.ndarray, "n d"],
    y: Int[np.ndarray, " n"],
    rows: Int[np.ndarray, "..."],
    start: Sequence[int] | Layers,
    *,
    epochs: int,
    batch_size: int = 25,
    activation: tuple[Callable, Callable] = RELU,
    labels: Int[np.ndarray, " n"] | None = None,
    stages: Sequence[int] | None = None,
    **settings: Any,
) -> Trials:
    """Train the runs of a search, each with settings of its own, and score them on every example.

    Args:
        x: all examples, also those that are only scored.
        y: their classes.
        rows: which examples to train on, shape (part,), or (runs, part) where each run has its own.
        start: sizes or layers, as for :func:`train_many`.
        epochs: passes over the rows, at least 1.
        batch_size: examples in a mini-batch; the last of an epoch may be smaller.
        activation: of the hidden layers, as for :func:`train_many`.
        labels: classes to train with, where they differ from ``y``, by which is scored.
        stages: epochs after which all examples are scored. Default: the last one.
        settings: all others of :func:`train_many`.

    Returns:
        trials: see :class:`Trials`.

    Source: syllabus HYP-01, HYP-07.
    """
    runs = train_many(
        x,
        y if labels is None else labels,
        start,
        rows=rows,
        epochs=epochs,
        batch_size=batch_size,
        activation=activation,
        watch=lambda now: right_of(now, x, y, activation[0]),
        at=stages,
        **settings,
    )
    n = rows.shape[-1]
    sizes = [min(batch_size, n - first) for first in range(0, n, batch_size)]
    loss = np.zeros((len(runs.batch_loss), epochs), runs.batch_loss.dtype)
    for k, size in enumerate(sizes):
        loss += runs.batch_loss[:, k :: len(sizes)] * size / n
    return Trials(runs.layers, loss, np.stack(runs.seen))


@np.errstate(all="ignore")
def train_sets(
    x: Float[np.ndarray, "sets n d"],
    targets: Float[np.ndarray, "sets n k"],
    start: Sequence[int] | Layers,
    *,
    lr: Setting | Callable[[int], Any],
    updates: int,
    batch_size: int = 50,
    change: Callable | None = None,
    seed: int = 0,
) -> Layers:
    """Train networks that have a training set each, on batches that may be changed as they come.

    Args:
        x: for each column of networks its own training examples.
        targets: their labels as rows of probabilities.
        start: sizes or layers, as for :func:`train_many`, in the dtype of x: float32 is faster.
        lr: learning rate, as for :func:`train_many`. With ``column(rates)`` each is used on every
            set, from the same weights and batches.
        updates: how many batches.
        batch_size: examples in a batch, drawn at random with replacement.
        change: ``change(x, targets, rng)`` gives the examples and targets that a batch is replaced
            by, anew in every update; it gets the batches of all sets below each other, batch_size
            rows each. What mixes examples must stay inside of a set.
        seed: of new weights, the batches and the changes.

    Returns:
        layers: the trained networks.

    Source: syllabus AUG-01.
    """
    rng = np.random.default_rng(seed)
    layers = _started(start, [rng] * len(x))
    layers = [(w.astype(x.dtype), b.astype(x.dtype)) for w, b in layers]
    _checks.stacked(layers, x, called="start")
    if targets.shape[2] != layers[-1][0].shape[-1]:
        raise ValueError(f"targets has shape {targets.shape}, expected as many columns as start")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected at least 1")
    return _train(
        x,
        targets.astype(x.dtype),
        layers,
        (rng.integers(0, x.shape[1], (len(x), batch_size)) for _ in range(updates)),
        settings={"lr": lr, "reg": 0.0, "mu": 0.0},
        change=change and (lambda xs, ts: change(xs, ts, rng)),
    ).layers


def _started(start: Any, rngs: list, init: Callable = he_normal) -> Layers:
    """New layers of these sizes, or the layers that are given."""
    if not all(isinstance(size, int) for size in start):
        dtype = start[0][0].dtype
        return [(w.astype(dtype), b.astype(dtype)) for w, b in start]
    if len(start) < 2 or min(start) < 1:
        raise ValueError(f"start is {start}, expected layers, or two sizes or more, at least 1")
    return new_layers(start, rngs, init=init)


def _shuffled(
    rows: np.ndarray, rngs: list, batch_size: int, *, only_full: bool
) -> Iterator[np.ndarray]:
    """Batch after batch, for ever: row numbers, shape (seeds, batch)."""
    n = rows.shape[-1]
    rows = np.broadcast_to(rows, (len(rngs), n))
    while True:
        order = np.stack([rng.permutation(n) for rng in rngs])
        picked = np.take_along_axis(rows, order, axis=1)
        for first in range(0, n - n % batch_size if only_full else n, batch_size):
            yield picked[:, first : first + batch_size]


def _train(
    x: np.ndarray,
    targets: np.ndarray,
    layers: Layers,
    batches: Iterator[np.ndarray],
    *,
    settings: dict[str, Any],
    activation: tuple[Callable, Callable] = RELU,
    change: Callable | None = None,
    watch: Callable[[Layers], Any] | None = None,
    at: set[int] | None = None,
) -> Runs:
    """The loop. Examples (n, d) and targets (n, k) are for all, or (sets, n, d) for columns."""
    dtype, stack = layers[0][0].dtype, layers[0][0].shape[:-2]
    rates = settings["lr"]
    settings = settings | {"lr": rates(0) if callable(rates) else rates}
    for name, value in settings.items():
        stack = _shared(name, value, stack)
    now = {name: _setting(name, value, stack, dtype) for name, value in settings.items()}
    layers = [
        (np.broadcast_to(w, stack + w.shape[-2:]), np.broadcast_to(b, stack + b.shape[-2:]))
        for w, b in layers
    ]
    speeds = [(np.zeros_like(w), np.zeros_like(b)) for w, b in layers] if now["mu"].any() else None
    sets = np.arange(len(x))[:, None] if x.ndim == 3 else None
    losses, seen = [], []
    if watch is not None and at and 0 in at:
        seen.append(watch(list(layers)))
    for k, batch in enumerate(batches):
        xs, ts = (part[batch] if sets is None else part[sets, batch] for part in (x, targets))
        if change is not None:
            below = [part.reshape(-1, part.shape[-1]) for part in (xs, ts)]
            xs, ts = (
                new.reshape(old.shape) for new, old in zip(change(*below), (xs, ts), strict=True)
            )
        if callable(rates):
            now["lr"] = _setting("lr", rates(k), stack, dtype)
        losses.append(_step(layers, speeds, xs, ts, activation, **now))
        if watch is not None and at and k + 1 in at:
            seen.append(watch(list(layers)))
    batch_loss = np.stack(losses, axis=-1) if losses else np.zeros((*stack, 0), dtype)
    return Runs(layers, batch_loss, seen)


def _shared(name: str, value: Any, stack: tuple[int, ...]) -> tuple[int, ...]:
    """The stack of networks, where a setting may add an axis."""
    try:
        return np.broadcast_shapes(np.shape(value), stack)
    except ValueError:
        raise ValueError(
            f"{name} has shape {np.shape(value)}, expected a number or an array that broadcasts "
            f"against the networks of the seeds, {stack}; column({name}) gives each value to each"
        ) from None


def _setting(name: str, value: Any, stack: tuple[int, ...], dtype: Any) -> np.ndarray:
    """A setting of each network, with axes for the rows and columns of its weights."""
    if _shared(name, value, stack) != stack:
        raise ValueError(f"{name} has shape {np.shape(value)}, expected one that fits {stack}")
    numbers = np.asarray(value, dtype=dtype)
    if not (numbers >= 0).all():
        raise ValueError(f"{name} is {value}, expected numbers from 0 on")
    return numbers[..., None, None]


def _step(
    layers: Layers,
    speeds: Layers | None,
    x: np.ndarray,
    targets: np.ndarray,
    activation: tuple[Callable, Callable],
    *,
    lr: np.ndarray,
    reg: np.ndarray,
    mu: np.ndarray,
) -> np.ndarray:
    """One update of all networks; the arrays of ``layers`` are replaced. The loss of each before.

    x (n, d) or (columns, n, d), targets alike: True and False for classes, or probabilities.
    """
    forward, backward = activation
    inputs, caches = [x], []
    for w, b in layers[:-1]:
        out, cache = forward(inputs[-1] @ w + b)
        inputs.append(out)
        caches.append(cache)
    w, b = layers[-1]
    scores = inputs[-1] @ w + b
    scores -= scores.max(axis=-1, keepdims=True)
    dz = np.exp(scores)
    total = dz.sum(axis=-1, keepdims=True)
    picked = np.sum(targets * scores, axis=-1, where=targets > 0, keepdims=True)
    loss = (np.log(total) - picked).mean(axis=(-2, -1))
    dz /= total
    dz -= targets
    dz /= dz.dtype.type(x.shape[-2])
    for n in reversed(range(len(layers))):
        w, b = layers[n]
        dw = np.swapaxes(inputs[n], -1, -2) @ dz
        db = dz.sum(axis=-2, keepdims=True)
        if n:
            dz = backward(dz @ np.swapaxes(w, -1, -2), caches[n - 1])
        if reg.any():
            dw += reg * w
        dw *= lr
        db *= lr
        if speeds is None:
            layers[n] = (w - dw, b - db)
        else:
            vw, vb = speeds[n]
            speeds[n] = (mu * vw - dw, mu * vb - db)
            layers[n] = (w + speeds[n][0], b + speeds[n][1])
    return loss


enforce(
    __name__,
    filled=(train_many, train_trials, train_sets),
    any_precision=(train_many, train_trials, train_sets),
)
