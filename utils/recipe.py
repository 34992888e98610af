"""The recipe: what is done with new data, from the first look to a network that can be judged.

Recordings are (N, bands, frames), as :func:`utils.calls.make_calls` gives them. A :class:`Recipe`
says how a network is trained, and :func:`run_recipe` does it: always with the same number of
training examples, whoever wrote the recipe.
"""

import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from utils._checks import labels
from utils._signatures import enforce
from utils.averaging import average_params, ema_step
from utils.babysitting import expected_initial_loss, overfit_tiny
from utils.losses import softmax
from utils.merging import refresh_running
from utils.networks import MLP
from utils.optimizers import momentum_step, step_params
from utils.schedules import cosine_decay

BUDGET = 100_000  # training examples in one entry, counted each time they are used


def data_report(
    x: Float[np.ndarray, "n *example"],
    y: Int[np.ndarray, " n"],
    x_val: Float[np.ndarray, "m *example"],
    classes: int,
) -> dict[str, Any]:
    """What a first look at data should bring to light, in five entries.

    Args:
        x: training examples of any shape, for instance (N, bands, frames).
        y: their labels, 0 ... classes - 1.
        x_val: validation examples.
        classes: number of classes, also of those that never occur.

    Returns:
        report: "constant", how many numbers of an example are the same in all of ``x``; "silent",
        how many training examples hold nothing but 0; "copies", an array of indices of the
        validation examples that are equal to a training example in every number, rising, silent
        ones not counted; "counts", how many training examples each class has, shape (classes,);
        "scale_gap", the largest ratio of neighbouring values among the sorted Euclidean norms of
        the training examples that are not silent.

    Raises:
        ValueError: fewer than two training examples are not silent.

    Solution:
        One example a row: rows = x.reshape(N, -1). Constant: the smallest value of a column is its
        largest. Copies: the bytes of a row identify it, and a set of them is searched at once.

    Source: Karpathy 2019, A Recipe for Training Neural Networks; syllabus SUM-04.
    """
    rows, rows_val = x.reshape(len(x), -1), x_val.reshape(len(x_val), -1)
    sounding = rows[rows.any(axis=1)]
    if len(sounding) < 2:
        raise ValueError(f"{len(sounding)} examples are not silent, expected two at least")
    known = {row.tobytes() for row in sounding}
    norms = np.sort(np.linalg.norm(sounding, axis=1))
    return {
        "constant": int((rows.min(axis=0) == rows.max(axis=0)).sum()),
        "silent": len(rows) - len(sounding),
        "copies": np.array([i for i, row in enumerate(rows_val) if row.tobytes() in known], int),
        "counts": np.bincount(y, minlength=classes),
        "scale_gap": float((norms[1:] / norms[:-1]).max()),
    }


def fit_preparation(x: Float[np.ndarray, "n *example"]) -> Callable[[np.ndarray], np.ndarray]:
    """Learn from training recordings how to prepare any recording.

    Args:
        x: training recordings, (N, bands, frames) or any other shape of an example.

    Returns:
        prepare: a function of recordings (M, ...) that gives a new array of the same shape and
        dtype. It divides each recording by a number of its own and subtracts from all recordings
        the same one. Before the subtraction the squares of a recording have mean 1; after it each
        of the numbers has mean 0 over the training recordings. Two recordings that differ by a
        positive factor come out equal, up to rounding. A recording comes out the same alone as
        among others. What comes out is always finite, also for silent recordings.

    Solution:
        First each recording is divided by its own size, the square root of the mean of its squares;
        a silent one stays 0. Then the mean of the training recordings so divided is subtracted. In
        the other order the mean would be that of the loud recordings.

    Source: syllabus SUM-01, SUM-04, PRE-02.
    """

    def of_unit_size(x: np.ndarray) -> np.ndarray:
        size = np.sqrt((x**2).mean(axis=tuple(range(1, x.ndim)), keepdims=True))
        return x / np.where(size > 0, size, 1).astype(x.dtype)

    mean = of_unit_size(x).mean(axis=0)
    return lambda x: of_unit_size(x) - mean.astype(x.dtype)


def knn_predict(
    x_train: Float[np.ndarray, "n d"],
    y_train: Int[np.ndarray, " n"],
    x: Float[np.ndarray, "m d"],
    *,
    k: int = 15,
) -> Int[np.ndarray, " m"]:
    """The k nearest neighbours vote: the class that most of them have.

    Args:
        x_train: known examples.
        y_train: their classes.
        x: examples to classify.
        k: how many of the known ones vote, those with the smallest Euclidean distance.

    Returns:
        y: a class for each row of ``x``. Among classes with equally many votes, the one whose
        nearest voter is nearest.

    Raises:
        ValueError: ``k`` is not from 1 to N.

    Solution:
        ||a - b||^2 = ||a||^2 - 2 a.b + ||b||^2, and ||a||^2 is the same for all neighbours of a, so
        that one matrix product orders all pairs.

    Source: Cover & Hart 1967; syllabus SUM-05.
    """
    if not 1 <= k <= len(x_train):
        raise ValueError(f"k is {k}, expected 1 to {len(x_train)}")
    far = (x_train**2).sum(axis=1) - 2 * x @ x_train.T
    nearest = y_train[np.argsort(far, axis=1, kind="stable")[:, :k]]
    votes = (nearest[:, :, None] == nearest[:, None, :]).sum(axis=2)
    return nearest[np.arange(len(x)), votes.argmax(axis=1)]


def gates(
    net: MLP,
    x: Float[np.ndarray, "n d"],
    y: Int[np.ndarray, " n"],
    *,
    reg: float = 0.1,
    lr: float = 0.1,
    steps: int = 100,
) -> dict[str, float]:
    """What four gates look at before a network is trained in earnest.

    Args:
        net: a new network without dropout and batch normalisation. It stays as it is.
        x: prepared training examples, 40 or more.
        y: their classes.
        reg: strength of the penalty in the second gate; the others have none.
        lr: learning rate of the trainings in the last two gates.
        steps: how many steps these have.

    Returns:
        seen: "first loss", the loss on all examples, divided by that of a network that knows
        nothing. "penalty", what the penalty adds to that loss, undivided. "twenty", the last
        loss that a training on the first twenty examples alone prints. "uses its input", by how
        much lower the last loss is in such a training on the second twenty than in a training of
        the same network on them with every input replaced by 0.

    Source: Karpathy 2019, A Recipe for Training Neural Networks; syllabus SUM-01, SUM-05.
    """
    classes = net.params[f"b{net.depth}"].size
    first, _ = net.loss(x, y, train=False)
    penalised, _ = net.loss(x, y, reg=reg, train=False)

    def after(x: np.ndarray, y: np.ndarray) -> float:
        return float(overfit_tiny(net, x, y, lr=lr, epochs=steps)[0][-1])

    second, y_second = x[20:40], y[20:40]
    return {
        "first loss": float(first / expected_initial_loss(classes)),
        "penalty": float(penalised - first),
        "twenty": after(x[:20], y[:20]),
        "uses its input": after(np.zeros_like(second), y_second) - after(second, y_second),
    }


def softmax_floor(classes: int) -> float:
    """The lowest loss of a script that applies the softmax twice.

    The network ends in a softmax, and the loss function, which expects scores, applies another one
    to what it gets.

    Args:
        classes: number of classes, at least 2.

    Returns:
        floor: the largest number that the cross-entropy of an example never falls below, in nats,
        whatever the scores of the network are.

    Raises:
        ValueError: fewer than two classes.

    Solution:
        The second softmax gets numbers from 0 to 1. The best it can get is 1 for the right class
        and 0 for the others: -log(e / (e + K - 1)) = log(1 + (K - 1) / e).

    Source: syllabus SUM-05.
    """
    if classes < 2:
        raise ValueError(f"classes is {classes}, expected 2 at least")
    return math.log1p((classes - 1) / math.e)


def audit(config: Mapping[str, Any]) -> list[str]:
    """What makes the result of an experiment hard to believe, in words.

    Args:
        config: what was done. "lr" and "lrs": the learning rate that was chosen, and all that were
            tried. "chosen_on" and "reported_on": names of the parts of the data, such as "val" and
            "test". "fitted_on": the parts from which the preparation took its numbers, a list.
            "seeds": how many trainings the number reported is a mean of. An entry that is missing
            gives no warning.

    Returns:
        warnings: any of these, in this order. "rate at the edge": the rate chosen is the lowest or
        the highest of those tried. "chosen where reported": both are the same part. "leak": the
        preparation saw another part than "train". "one seed": fewer than 3 trainings.

    Source: syllabus SUM-01, SUM-05.
    """
    warnings = []
    if "lr" in config and "lrs" in config:
        if config["lr"] in (min(config["lrs"]), max(config["lrs"])):
            warnings.append("rate at the edge")
    if "chosen_on" in config and config["chosen_on"] == config.get("reported_on"):
        warnings.append("chosen where reported")
    if set(config.get("fitted_on", ())) - {"train"}:
        warnings.append("leak")
    if config.get("seeds", 3) < 3:
        warnings.append("one seed")
    return warnings


def shift_calls(
    x: Float[np.ndarray, "n bands frames"],
    *,
    frames: int = 4,
    bands: int = 1,
    rng: np.random.Generator,
) -> Float[np.ndarray, "n bands frames"]:
    """Move each recording in time and in pitch, by numbers of its own.

    Args:
        x: recordings, (N, bands, frames).
        frames: the farthest shift in time, to either side.
        bands: the farthest shift in pitch, to either side.
        rng: draws two whole numbers for each recording, all from -frames to frames and from -bands
            to bands equally likely.

    Returns:
        out: a new array. What is pushed out at one end comes in at the other.

    Source: syllabus AUG-08, SUM-05.
    """
    n, height, width = x.shape
    down = rng.integers(-bands, bands + 1, n)[:, None, None]
    right = rng.integers(-frames, frames + 1, n)[:, None, None]
    rows = (np.arange(height)[:, None] - down) % height
    columns = (np.arange(width) - right) % width
    return x[np.arange(n)[:, None, None], rows, columns]


@dataclass(frozen=True)
class Recipe:
    """How a network is to be trained. No part of it sees a label: :func:`run_recipe` keeps them.

    Args:
        prepare: ``prepare(x_train)`` gives a function of recordings, as :func:`fit_preparation`.
            What it returns may have any shape (M, ...). None leaves them as they are.
        augment: ``augment(x, rng=rng)`` changes the prepared recordings of a batch, anew each time;
            None leaves them.
        hidden: units of each hidden layer.
        norm: None, "batch" or "layer".
        p_drop: probability that a hidden unit is dropped.
        step: an optimizer of :mod:`utils.optimizers`, all but its rate filled in.
        lr: learning rate.
        schedule: ``schedule(share)`` multiplies the rate; share is the part of the run that is
            over, from 0 to nearly 1. None keeps the rate.
        batch_size: examples in a batch.
        reg: strength of the L2 penalty.
        members: how many networks share the budget; their probabilities are averaged.
        decay: of an exponential moving average of the weights, which then predicts; None for the
            last weights.
        views: how many augmented versions of a recording are predicted and averaged; 1 predicts
            the recording itself.

    Source: syllabus SUM-04, SUM-05.
    """

    prepare: Callable | None = None
    augment: Callable | None = None
    hidden: tuple[int, ...] = (64,)
    norm: str | None = None
    p_drop: float = 0.0
    # A function as a plain default would be a method of the class.
    step: Callable = field(default_factory=lambda: momentum_step)
    lr: float = 0.03
    schedule: Callable | None = None
    batch_size: int = 100
    reg: float = 0.0
    members: int = 1
    decay: float | None = None
    views: int = 1


def run_recipe(
    recipe: Recipe,
    x_train: Float[np.ndarray, "n *example"],
    y_train: Int[np.ndarray, " n"],
    x: Float[np.ndarray, "m *example"],
    *,
    classes: int = 8,
    budget: int = BUDGET,
    rng: np.random.Generator,
) -> Float[np.ndarray, "m classes"]:
    """Train as a recipe says, in float32, and predict recordings that it has not seen.

    Args:
        recipe: what to do.
        x_train: recordings to train on.
        y_train: their labels.
        x: recordings to predict.
        classes: number of classes.
        budget: training examples that all members together may use, each counted as often as it
            passes through the network. What does not make a batch is not used.
        rng: draws weights, batches, dropout and all that is augmented.

    Returns:
        probs: a probability for each class, a row for each recording of ``x``, in its dtype.

    Raises:
        ValueError: the budget does not give each member one batch, or ``members``, ``views`` or
            ``batch_size`` is below 1, or a batch is larger than the training set.

    Source: syllabus SUM-04, SUM-05.
    """
    size, members = recipe.batch_size, recipe.members
    if min(size, members, recipe.views) < 1 or size > len(x_train):
        raise ValueError(
            f"batch_size {size}, members {members}, views {recipe.views}: expected 1 at least of "
            f"each, and batches of {len(x_train)} examples at most"
        )
    updates = budget // (members * size)
    if updates < 1:
        raise ValueError(f"{budget} examples give no batch of {size} to each of {members} members")
    prepare = np.copy if recipe.prepare is None else recipe.prepare(x_train.astype(np.float32))
    known, new = (np.asarray(prepare(part.astype(np.float32)), np.float32) for part in (x_train, x))
    probs = np.zeros((len(x), classes), np.float32)
    for _ in range(members):
        net = _trained(recipe, known, y_train, classes, updates, rng)
        for _ in range(recipe.views):
            seen = new if recipe.views == 1 else _augmented(recipe, new.copy(), rng)
            probs += softmax(net.scores(seen.reshape(len(seen), -1)))
    return (probs / np.float32(members * recipe.views)).astype(x.dtype)


def _augmented(recipe: Recipe, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if recipe.augment is None:
        return x
    changed = np.asarray(recipe.augment(x, rng=rng), np.float32)
    if changed.shape != x.shape:
        raise ValueError(f"augment made {changed.shape} of recordings of shape {x.shape}")
    return changed


def _trained(
    recipe: Recipe,
    x: np.ndarray,
    y: np.ndarray,
    classes: int,
    updates: int,
    rng: np.random.Generator,
) -> MLP:
    """One member, after its updates."""
    sizes = [x[0].size, *recipe.hidden, classes]
    net = MLP(sizes, norm=recipe.norm, p_drop=recipe.p_drop, rng=rng, dtype=np.float32)
    states: Any = None
    averages: Any = None
    means: Any = None
    order = rng.permutation(len(x))
    place = 0
    for update in range(updates):
        if place + recipe.batch_size > len(x):
            order, place = rng.permutation(len(x)), 0
        batch = order[place : place + recipe.batch_size]
        place += recipe.batch_size
        rows = _augmented(recipe, x[batch], rng)
        _, grads = net.loss(rows.reshape(len(rows), -1), y[batch], reg=recipe.reg, rng=rng)
        factor = 1.0 if recipe.schedule is None else float(recipe.schedule(update / updates))
        net.params, states = step_params(
            recipe.step, net.params, grads, states, lr=recipe.lr * factor
        )
        if recipe.decay is not None:
            means, averages = average_params(ema_step, net.params, averages, decay=recipe.decay)
    if means is not None:
        net.params = means
        if recipe.norm == "batch":  # the statistics belong to the weights they were collected with
            net.running = refresh_running(means, x.reshape(len(x), -1))
    return net


def my_recipe() -> Recipe:
    """Your recipe for recordings that nobody has seen. It may use what you have written above.

    Returns:
        recipe: a :class:`Recipe`. The judge trains it with :func:`run_recipe` on two other woods, a
        budget of 100,000 training examples in each, and lets it name the calls of recordings whose
        labels your code never sees. It has twenty seconds for each wood.

    In another wood other labels mean the calls, frames may run backwards, and bands upside down.
    What you know about calls in general holds there, what you know about these does not.

    Source: syllabus SUM-04, SUM-05.
    """
    return Recipe(
        prepare=fit_preparation,
        augment=shift_calls,
        hidden=(128,),
        step=momentum_step,
        lr=0.1,
        schedule=partial(cosine_decay, lr0=1.0, total=1.0),
        reg=3e-3,
    )


def _labels_of_classes(y: np.ndarray, classes: int) -> None:
    labels(y, classes)


def _labels_to_train_on(y_train: np.ndarray, classes: int = 8) -> None:
    if ((y_train < 0) | (y_train >= classes)).any():
        raise ValueError(f"y_train is {y_train}, expected classes from 0 to {classes - 1}")


def _experiment(config: Mapping[str, Any]) -> None:
    if not isinstance(config.get("lr", 0.1), numbers.Real):
        raise ValueError(f"config['lr'] is {config['lr']!r}, expected a number")
    lrs = config.get("lrs", [0.1])
    known = isinstance(lrs, Sequence | np.ndarray) and len(lrs) > 0
    if not known or not all(isinstance(lr, numbers.Real) for lr in lrs):
        raise ValueError(f"config['lrs'] is {lrs!r}, expected one number or more")


enforce(
    __name__,
    filled=(data_report, fit_preparation, run_recipe),
    checks={
        data_report: _labels_of_classes,
        audit: _experiment,
        run_recipe: _labels_to_train_on,
    },
)
