"""Training: mini-batches, the training loop and what it records.

There is one loop, :func:`training_steps`. It hands over control after every update, so that a
dashboard can draw, pause, stop, or change the learning rate. :func:`train` runs it to its end.
"""

import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int, Shaped

from utils import averaging, babysitting, optimizers
from utils._signatures import enforce
from utils.data import Dataset

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@runtime_checkable
class Model(Protocol):
    """What :func:`train` needs of a model; :class:`utils.networks.MLP` has it."""

    params: dict[str, np.ndarray]
    loss_fn: Callable

    def loss(
        self,
        x: np.ndarray,
        y: np.ndarray,
        *,
        reg: float = 0.0,
        train: bool = True,
        rng: np.random.Generator | None = None,
    ) -> tuple[float, dict[str, np.ndarray]]: ...

    def scores(self, x: np.ndarray) -> np.ndarray: ...


@dataclass
class History:
    """What a training run has recorded so far, and the model it is training.

    ``loss``, ``lr`` and ``update_ratio`` have an entry per update, the other lists one per epoch;
    the first entry is that of update 1 and of epoch 1.

    Attributes:
        loss: loss of the mini-batch before the update, with the L2 penalty. When it is NaN or
            infinite and ends the run, it comes last and has no update.
        lr: the learning rate.
        update_ratio: for each weight matrix, :func:`utils.babysitting.update_ratio`.
        train_loss, val_loss: mean loss over all examples in evaluation mode, without the penalty.
        train_acc, val_acc: share of examples that are classified correctly.
        model: the model with its newest parameters.
        best_model: a copy of the model from the epoch with the highest validation accuracy (the
            first of several); the untrained model before there was one.
        best_epoch: that epoch, counted from 1; 0 before there was one.
        stopped: "" while it runs; then "finished", "early stopping" or "exploded".

    Source: syllabus BPG-04, BPG-05, EST-01, BAB-12.
    """

    model: Model
    best_model: Model
    best_epoch: int = 0
    stopped: str = ""
    loss: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    update_ratio: dict[str, list[float]] = field(default_factory=dict)
    train_loss: list[float] = field(default_factory=list)
    train_acc: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_acc: list[float] = field(default_factory=list)


@dataclass
class Run:
    """A training in progress, as :func:`training_steps` shows it after every update.

    ``history`` is all that was recorded. ``lr`` may be set: it is the rate, or the schedule's
    ``lr0``, from the next update on. ``epoch_ended`` is True after the last update of an epoch.
    """

    history: History
    lr: float
    epoch_ended: bool = False


def iterate_minibatches(
    x: Shaped[np.ndarray, "n *example"],
    y: Shaped[np.ndarray, "n *label"],
    batch_size: int,
    *,
    rng: np.random.Generator,
) -> Iterator[tuple[Shaped[np.ndarray, "m *example"], Shaped[np.ndarray, "m *label"]]]:
    """One epoch of mini-batches: a random partition, so that each example comes exactly once.

    Args:
        x: N examples, the first axis counts them.
        y: their N labels.
        batch_size: examples in a batch, m >= 1.
        rng: shuffles the examples, anew in each call.

    Yields:
        x_batch, y_batch: ceil(N / m) batches; the last one is smaller when m does not divide N. All
        are copies.

    Raises:
        ValueError: ``x`` and ``y`` differ in length, or ``batch_size`` is less than 1.

    One batch makes one update, called an iteration. One pass over all batches is an epoch.

    Source: syllabus BPG-04, OPT-04, E-02.
    """
    if len(x) != len(y) or batch_size < 1:
        raise ValueError(
            f"expected as many labels as examples and batch_size >= 1, "
            f"got {len(x)} examples, {len(y)} labels and batch_size {batch_size}"
        )
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        yield x[batch], y[batch]


def accuracy(scores: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]) -> float:
    """Share of examples whose largest score is that of the right class.

    Args:
        scores: one row of K scores for each example, shape (N, K). Probabilities do as well. With
            K = 1, a network with one output, the class is 1 where the score is above 0, else 0.
        y: the right class of each example, shape (N,).

    Returns:
        accuracy: a float from 0 to 1.

    ``argmax`` takes the first of equal scores, and 0 for a row of NaN. So a network that has
    exploded seems to predict class 0 for every example.

    Source: syllabus BPG-04, BAB-07.
    """
    predicted = scores.argmax(axis=1) if scores.shape[1] > 1 else scores[:, 0] > 0
    return float((predicted == y).mean())


def evaluate(
    model: Model, x: Float[np.ndarray, "n *example"], y: Int[np.ndarray, " n"]
) -> tuple[float, float]:
    """Loss and accuracy on the given examples, in evaluation mode and without penalty.

    Args:
        model: a network such as :class:`utils.networks.MLP`.
        x: N examples.
        y: their classes, shape (N,).

    Returns:
        loss: mean loss over the examples.
        accuracy: share of examples that are classified correctly.

    Source: syllabus BPG-04.
    """
    scores = model.scores(x)
    return float(model.loss_fn(scores, y)[0]), accuracy(scores, y)


def best_snapshot(val_acc: Sequence[float], snapshots: Sequence) -> tuple[int, Any]:
    """The snapshot to keep: the one after the epoch with the highest validation accuracy.

    Args:
        val_acc: validation accuracy after each epoch.
        snapshots: what was saved after each epoch, as many.

    Returns:
        epoch: the best epoch, counted from 1; the first of several.
        snapshot: its snapshot.

    Raises:
        ValueError: not as many snapshots as accuracies, or none at all.

    Source: syllabus BPG-05, EST-01.
    """
    if len(val_acc) != len(snapshots) or not len(val_acc):
        raise ValueError(
            f"got {len(val_acc)} accuracies and {len(snapshots)} snapshots, "
            f"expected as many in val_acc as in snapshots, at least one"
        )
    best = int(np.argmax(val_acc))
    return best + 1, snapshots[best]


def training_steps(
    model: Model,
    data: Dataset,
    *,
    step: Callable,
    lr: float,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    reg: float = 0.0,
    schedule: Callable | None = None,
    patience: int | None = None,
    abort_factor: float | None = 3.0,
) -> Generator[Run, None, None]:
    """The training loop, one update at a time: batch, forward, backward, step; then you decide.

    It yields the same :class:`Run` after each update::

        steps = training_steps(
            model, data, step=sgd_step, lr=0.1, epochs=5, batch_size=100, rng=rng
        )
        for run in steps:
            if run.epoch_ended:
                print(run.history.val_acc[-1])   # look at it
                run.lr = run.lr / 2              # change the rate
            if run.history.loss[-1] < 0.01:
                break                            # stop; to pause, ask for the next update later

    Args:
        model: a network such as :class:`utils.networks.MLP`. It stays as it is: a copy is trained,
            ``run.history.model``.
        data: training and validation examples. The test set is not looked at.
        step: one of :mod:`utils.optimizers`, for example ``adam_step``, or
            ``partial(momentum_step, mu=0.9)``.
        lr: learning rate.
        epochs: passes over the training set, at least 1.
        batch_size: examples in a mini-batch; ``len(data.x_train)`` gives full-batch steps.
        rng: shuffles the examples and drops the units.
        reg: strength of the L2 penalty 0.5 * reg * sum(w^2).
        schedule: ``schedule(t, lr0=lr) -> lr`` with the time t in epochs, fractions included; e.g.
            ``partial(step_decay, every=5)`` of :mod:`utils.schedules`. Default: constant.
        patience: stop early after this many epochs without a higher validation accuracy.
            Default: never.
        abort_factor: stop when the loss of a mini-batch is NaN or infinite, and when the mean over
            an epoch is above this many times the loss before the training. (One mini-batch alone
            may be that bad by chance.) ``None`` lets the run explode to its end.

    Yields:
        run: the :class:`Run` with its history, after each update. The last one comes with
        ``history.stopped`` set.

    Raises:
        ValueError: ``epochs``, ``batch_size`` or ``patience`` is less than 1, or there are no
            training or no validation examples.

    Source: syllabus BPG-04, HYP-02, EST-01.
    """
    n_train, n_val = len(data.x_train), len(data.x_val)
    if min(epochs, batch_size, n_train, n_val) < 1:
        raise ValueError(
            f"expected at least 1 epoch, batch size, training and validation example, "
            f"got {epochs}, {batch_size}, {n_train} and {n_val}"
        )
    model = deepcopy(model)
    history = History(model, best_model=deepcopy(model))
    run = Run(history, lr)
    updates_per_epoch = math.ceil(n_train / batch_size)
    patience = epochs if patience is None else patience
    first_loss, _ = model.loss(data.x_train, data.y_train, reg=reg, train=False)
    states, stopping = None, None
    for epoch in range(1, epochs + 1):
        for x, y in iterate_minibatches(data.x_train, data.y_train, batch_size, rng=rng):
            t = len(history.loss) / updates_per_epoch
            rate = run.lr if schedule is None else schedule(t, lr0=run.lr)
            loss, grads = model.loss(x, y, reg=reg, train=True, rng=rng)
            history.loss.append(loss)
            if abort_factor is not None and not math.isfinite(loss):
                history.stopped = "exploded"
                run.epoch_ended = False
                yield run
                return
            params, states = optimizers.step_params(step, model.params, grads, states, lr=rate)
            history.lr.append(rate)
            for name, w in model.params.items():
                if w.ndim > 1:
                    ratio = babysitting.update_ratio(w, params[name] - w)
                    history.update_ratio.setdefault(name, []).append(ratio)
            model.params = params
            run.epoch_ended = len(history.loss) == epoch * updates_per_epoch
            if run.epoch_ended:
                train_loss, train_acc = evaluate(model, data.x_train, data.y_train)
                val_loss, val_acc = evaluate(model, data.x_val, data.y_val)
                history.train_loss.append(train_loss)
                history.train_acc.append(train_acc)
                history.val_loss.append(val_loss)
                history.val_acc.append(val_acc)
                stop, stopping = averaging.early_stopping_step(
                    val_acc if math.isfinite(val_loss) else math.nan,
                    stopping,
                    patience=patience,
                )
                if stopping[1] == epoch:
                    history.best_epoch, history.best_model = epoch, deepcopy(model)
                epoch_loss = sum(history.loss[-updates_per_epoch:]) / updates_per_epoch
                if abort_factor is not None and babysitting.should_abort(
                    epoch_loss, first_loss, factor=abort_factor
                ):
                    history.stopped = "exploded"
                elif epoch == epochs:
                    history.stopped = "finished"
                elif stop:
                    history.stopped = "early stopping"
            yield run
            if history.stopped:
                return


def train(
    model: Model,
    data: Dataset,
    *,
    step: Callable,
    lr: float,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    reg: float = 0.0,
    schedule: Callable | None = None,
    patience: int | None = None,
    abort_factor: float | None = 3.0,
    callback: Callable[[Run], object] | None = None,
    progress: bool = True,
) -> History:
    """Train a network: run :func:`training_steps` to its end and return the history.

    Args:
        model: a network such as :class:`utils.networks.MLP`. It stays as it is; the trained copy is
            ``history.model``, and the copy from the best epoch ``history.best_model``.
        data: training and validation examples.
        step, lr, epochs, batch_size, rng, reg, schedule, patience, abort_factor: see
            :func:`training_steps`.
        callback: ``callback(run)`` is called after each epoch. It may set ``run.lr``.
        progress: show a progress bar when the training takes longer than a second.

    Returns:
        history: a :class:`History`.

    Raises:
        ValueError: ``epochs``, ``batch_size`` or ``patience`` is less than 1, or there are no
            training or no validation examples.

    Source: syllabus BPG-04, BPG-05.
    """
    from tqdm.auto import tqdm

    runs = training_steps(
        model,
        data,
        step=step,
        lr=lr,
        epochs=epochs,
        batch_size=batch_size,
        rng=rng,
        reg=reg,
        schedule=schedule,
        patience=patience,
        abort_factor=abort_factor,
    )
    total = epochs * math.ceil(len(data.x_train) / max(1, batch_size))
    with tqdm(total=total, unit="update", delay=1, leave=False, disable=not progress) as bar:
        for run in runs:
            bar.update()
            if run.epoch_ended and callback is not None:
                callback(run)
    return run.history


def train_curves(
    model: Model, data: Dataset, lrs: Sequence[float], *, rng: np.random.Generator, **settings
) -> dict[float, list[float]]:
    """One training per learning rate, from the same weights and on the same mini-batches.

    Args:
        model: the network that every run starts from.
        data: training and validation examples.
        lrs: the learning rates.
        rng: draws one seed, which all runs share: only the rate differs between them.
        **settings: the other arguments of :func:`train`.

    Returns:
        curves: ``{lr: losses}`` with the loss of each update. A run that explodes ends early.

    Source: syllabus LRS-01.
    """
    seed = int(rng.integers(2**63))
    return {
        lr: train(model, data, lr=lr, rng=np.random.default_rng(seed), **settings).loss
        for lr in lrs
    }


def learning_curve(
    model: Model, data: Dataset, sizes: Sequence[int], *, rng: np.random.Generator, **settings
) -> tuple[Float[np.ndarray, " sizes"], Float[np.ndarray, " sizes"]]:
    """Accuracy against the size of the training set, each run from the same weights.

    Args:
        model: the network that every run starts from.
        data: training and validation examples.
        sizes: numbers of training examples. Each smaller set is part of each larger one.
        rng: chooses the examples and shuffles them.
        **settings: the other arguments of :func:`train`.

    Returns:
        train_acc: accuracy after the last epoch on the examples that were used, for each size.
        val_acc: accuracy on the whole validation set, for each size. The gap closes as data grow.
            Both are NaN where a run exploded in its first epoch.

    Raises:
        ValueError: a size that is not from 1 to the number of training examples.

    Source: syllabus REG-07.
    """
    if min(sizes) < 1 or max(sizes) > len(data.x_train):
        raise ValueError(f"sizes must lie between 1 and {len(data.x_train)}, got {list(sizes)}")
    order = rng.permutation(len(data.x_train))
    ends = []
    for size in sizes:
        part = replace(data, x_train=data.x_train[order[:size]], y_train=data.y_train[order[:size]])
        history = train(model, part, rng=rng, **settings)
        exploded = (math.nan, math.nan)  # before the end of an epoch
        ends.append((history.train_acc[-1], history.val_acc[-1]) if history.val_acc else exploded)
    train_acc, val_acc = np.array(ends).T
    return train_acc, val_acc


def small_multiples(histories: Mapping[str, History], *, cols: int = 4) -> "Figure":
    """Many runs at a glance: one small panel each, with training and validation accuracy.

    Args:
        histories: runs by name; the name becomes the title of the panel.
        cols: panels in a row.

    Returns:
        fig: a figure for :func:`utils.plots.show`. All panels share their axes, so that heights and
        gaps can be compared across them.

    Source: syllabus HYP-09.
    """
    from utils.plots import figure, loss_curves

    cols = min(cols, len(histories))
    rows = math.ceil(len(histories) / cols)
    fig, axes = figure(
        rows, cols, size=(2.3 * cols, 1.9 * rows), squeeze=False, sharex=True, sharey=True
    )
    for ax in axes.flat[len(histories) :]:
        ax.set_visible(False)
    for i, (name, history) in enumerate(histories.items()):
        ax = axes.flat[i]
        curves = {"train": history.train_acc, "validation": history.val_acc}
        loss_curves(ax, curves, ylabel="" if i % cols else "accuracy")
        ax.set_title(name)
        ax.xaxis.get_major_locator().set_params(integer=True)
        if i + cols < len(histories):
            ax.set_xlabel("")
        else:
            ax.tick_params(labelbottom=True)
        if i > 0:
            ax.get_legend().remove()
    return fig


enforce(__name__, filled=(accuracy, evaluate))
