"""Averages along one training: when to stop it, which snapshots to take, the mean of its path.

What is averaged over several networks stands in :mod:`utils.ensembles` and :mod:`utils.merging`.
The steps ``name_step(w, state, ...) -> (w_mean, state_next)`` are made like the optimizers: one
array, a state that starts as ``None``, nothing changed in place. :func:`average_params` applies one
to a dictionary of arrays.
"""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from jaxtyping import Float

from utils._signatures import enforce


def early_stopping_step(
    score: float,
    state: tuple[float, int, int] | None,
    *,
    patience: int,
    min_delta: float = 0.0,
) -> tuple[bool, tuple[float, int, int]]:
    """Early stopping: stop after ``patience`` epochs without a better validation score.

    Call it once after each epoch and give back the state that the last call returned. Keep a copy
    of the weights whenever ``best_epoch == epoch``: that copy is the result of the training.

    Args:
        score: score of this epoch, higher is better: an accuracy, or minus a loss. NaN is never
            better.
        state: tuple ``(best_score, best_epoch, epoch)``: the best score so far, its epoch, and the
            number of epochs seen, counted from 1; ``None`` before the first call, which means
            ``(-inf, 0, 0)``.
        patience: number of epochs to wait for a better score, at least 1.
        min_delta: how far a score must be above the best so far to count as better; being exactly
            that far above it is not enough.

    Returns:
        stop: True when ``epoch - best_epoch`` has reached ``patience``.
        state_next: the new ``(best_score, best_epoch, epoch)``.

    Raises:
        ValueError: ``patience`` is less than 1.

    Solution:
        A score is better if it is above ``best_score + min_delta``. The score is one of the
        validation set: choosing the epoch by the test set would leak it. With a patience of 1 the
        first epoch without improvement ends the training, which is too jumpy for a noisy score.

    Source: Prechelt 1998; syllabus EST-01, E-44.
    """
    if patience < 1:
        raise ValueError(f"patience must be at least 1, got {patience}")
    best_score, best_epoch, epoch = (-math.inf, 0, 0) if state is None else state
    epoch = epoch + 1
    if score > best_score + min_delta:
        best_score, best_epoch = score, epoch
    return epoch - best_epoch >= patience, (best_score, best_epoch, epoch)


def generalization_gap(
    train_acc: Float[np.ndarray, " epochs"], val_acc: Float[np.ndarray, " epochs"]
) -> Float[np.ndarray, " epochs"]:
    """Generalisation gap in each epoch: gap = train_acc - val_acc.

    Args:
        train_acc: accuracy on the training set after each epoch.
        val_acc: accuracy on the validation set after each epoch.

    Returns:
        gap: one number per epoch. Large and growing means overfitting.

    Source: syllabus EST-02, BAB-11.
    """
    return train_acc - val_acc


def overfit_onset(
    train_acc: Float[np.ndarray, " epochs"],
    val_acc: Float[np.ndarray, " epochs"],
    *,
    window: int = 5,
) -> int | None:
    """Where overfitting begins: peak of the smoothed validation curve, if the gap grows after it.

    Args:
        train_acc: accuracy on the training set after each epoch.
        val_acc: accuracy on the validation set after each epoch.
        window: both curves are smoothed by the mean over this many epochs, an odd number, at most
            the number of epochs. 1 means no smoothing.

    Returns:
        epoch: the epoch, counted from 1, at the middle of the window in which the validation
        accuracy is highest (the first of several). ``None`` when the curve is still at its highest
        at the end, or when the gap between the two curves is no wider at the end than at the peak.

    Raises:
        ValueError: ``window`` is even, or longer than the curves.

    Source: syllabus EST-03.
    """
    if window % 2 == 0 or not 1 <= window <= len(val_acc):
        raise ValueError(f"window must be odd and from 1 to {len(val_acc)}, got {window}")
    mean = np.ones(window) / window
    train, val = np.convolve(train_acc, mean, "valid"), np.convolve(val_acc, mean, "valid")
    peak = int(np.argmax(val))
    if val[-1] >= val[peak] or train[-1] - val[-1] <= train[peak] - val[peak]:
        return None
    return peak + window // 2 + 1


def collect_snapshots(runs: Iterable, epochs: Sequence[int]) -> list[dict[str, np.ndarray]]:
    """Train once, keep many: copies of the parameters after the given epochs.

    Args:
        runs: a training in progress, from :func:`utils.training.training_steps`: it yields a run
            after each update. ``run.epoch_ended`` says whether that was the last of an epoch,
            ``run.history.val_acc`` has an entry for each epoch so far, and
            ``run.history.model.params`` holds the arrays. It is run to its end.
        epochs: after which epochs to take a snapshot, counted from 1; for example
            ``cycle_ends(total, cycles)`` of :mod:`utils.schedules`.

    Returns:
        snapshots: dictionaries of parameters, in the order in which they were taken.

    Solution:
        Copy the arrays: an optimizer might write into them.

    Source: Huang et al. 2017; syllabus ENS-02.
    """
    return [
        {name: w.copy() for name, w in run.history.model.params.items()}
        for run in runs
        if run.epoch_ended and len(run.history.val_acc) in epochs
    ]


def running_mean_step(
    w: Float[np.ndarray, "*shape"], state: tuple[Float[np.ndarray, "*shape"], int] | None
) -> tuple[Float[np.ndarray, "*shape"], tuple[Float[np.ndarray, "*shape"], int]]:
    """Polyak averaging, one step: the mean of the first t points, without keeping them.

    Args:
        w: the weights after this update, any shape.
        state: tuple ``(mean, t)``: the mean so far and the number of points in it; ``None`` before
            the first call.

    Returns:
        w_mean: the mean of all points so far, a new array in every call. It equals ``w`` after the
        first call. Use it at test time and go on training with ``w``.
        state_next: the new ``(mean, t)``.

    Solution:
        mean = mean + (w - mean) / t, where t counts the new point, too.

    Source: Polyak & Juditsky 1992; syllabus ENS-05.
    """
    mean, t = (np.zeros_like(w), 0) if state is None else state
    t = t + 1
    mean = mean + (w - mean) / t
    return mean, (mean, t)


def ema_weights(
    t: int, *, decay: float = 0.995, start: str = "corrected"
) -> Float[np.ndarray, " points"]:
    """How much each point of a path counts in its exponential moving average.

    The average moves with every update: it keeps the share ``decay`` of itself and takes the rest
    from the new weights w_k.

    Args:
        t: number of updates so far, at least 1.
        decay: in [0, 1).
        start: what the average is before the first update: "zero" (an array of zeros), "initial"
            (the initial weights w_0), or "corrected": as "zero", and the average is divided, at
            the end, by the one number that makes it right for weights that never change.

    Returns:
        weights: t + 1 numbers, float64: the shares of w_0, w_1, ..., w_t. That of w_0 is 0 where
        the average does not start from it.

    Solution:
        (1 - decay) decay^(t - k) for w_k, which sums to 1 - decay^t; "initial" gives the missing
        decay^t to w_0, "corrected" divides by 1 - decay^t.

    Source: syllabus ENS-04, ENS-06, E-45.
    """
    weights = (1 - decay) * decay ** np.arange(t, -1.0, -1.0)
    weights[0] = decay**t if start == "initial" else 0.0
    return weights / weights.sum() if start == "corrected" else weights


def ema_step(
    w: Float[np.ndarray, "*shape"],
    state: tuple[Float[np.ndarray, "*shape"], int] | None,
    *,
    decay: float = 0.995,
) -> tuple[Float[np.ndarray, "*shape"], tuple[Float[np.ndarray, "*shape"], int]]:
    """Exponential moving average of the weights, one step, with a corrected start.

    Args:
        w: the weights after this update, any shape.
        state: what the last call returned, ``None`` before the first: a tuple of an array and the
            number of points so far. What the array holds is up to you.
        decay: how much a point counts compared with the next one, in [0, 1).

    Returns:
        w_mean: the average, for test time; after the first call it equals ``w``. Go on training
        with ``w``.
        state_next: the new state.

    Raises:
        ValueError: ``decay`` out of its range.

    Solution:
        An average m that starts at zero, m = decay * m + (1 - decay) * w, stays in the state as it
        is; handed out is m / (1 - decay^t). Without the division a zero would still have the
        weight 0.995^100 = 0.61 after 100 steps. Starting from the initial weights gives that
        weight to a random network, which is worse: see lecture 14.

    Source: Polyak & Juditsky 1992, Kingma & Ba 2015; syllabus ENS-04, ENS-06, E-45, E-46.
    """
    if not 0 <= decay < 1:
        raise ValueError(f"decay must lie in [0, 1), got {decay}")
    m, t = (np.zeros_like(w), 0) if state is None else state
    t = t + 1
    m = decay * m + (1 - decay) * w
    return m / (1 - decay**t), (m, t)


def average_params(
    step: Callable, params: dict[str, np.ndarray], states: dict | None, **hyper
) -> tuple[dict[str, np.ndarray], dict]:
    """One averaging step for every array in a dictionary of parameters.

    Args:
        step: :func:`running_mean_step` or :func:`ema_step`.
        params: ``{name: array}``, the weights after this update.
        states: what the last call returned; ``None`` before the first.
        **hyper: the step's own hyperparameters, for example ``decay=0.99``.

    Returns:
        means: ``{name: array}``, the averaged parameters.
        states_next: ``{name: state}``.

    Source: syllabus ENS-04, ENS-05.
    """
    states = dict.fromkeys(params) if states is None else states
    means, states_next = {}, {}
    for name, w in params.items():
        means[name], states_next[name] = step(w, states[name], **hyper)
    return means, states_next


def running_mean(thetas: Float[np.ndarray, "t *shape"]) -> Float[np.ndarray, "t *shape"]:
    """Polyak average of a path: mean[t] = mean of thetas[0], ..., thetas[t].

    Args:
        thetas: the points of the path, the first axis is time.

    Returns:
        means: the average at each time, shape and dtype of ``thetas``.

    Source: Polyak & Juditsky 1992; syllabus ENS-05.
    """
    means = thetas.copy()
    for t in range(1, len(thetas)):
        means[t] = means[t - 1] + (thetas[t] - means[t - 1]) / (t + 1)
    return means


def ema(
    thetas: Float[np.ndarray, "t *shape"], *, decay: float = 0.995
) -> Float[np.ndarray, "t *shape"]:
    """Exponential moving average of a path: mean[t] = decay * mean[t-1] + (1 - decay) * thetas[t].

    Args:
        thetas: the points of the path, the first axis is time.
        decay: weight of the past, in [0, 1).

    Returns:
        means: the average at each time, shape and dtype of ``thetas``. It starts at the first
        point: mean[0] = thetas[0].

    Raises:
        ValueError: ``decay`` out of its range.

    The lectures print the new average on both sides of the equation, in the place of thetas[t].
    Solved for mean[t] that gives mean[t-1]: nothing would ever be averaged in.

    Source: syllabus ENS-06, E-46.
    """
    if not 0 <= decay < 1:
        raise ValueError(f"decay must lie in [0, 1), got {decay}")
    means = thetas.copy()
    for t in range(1, len(thetas)):
        means[t] = decay * means[t - 1] + (1 - decay) * thetas[t]
    return means


def _an_average(t: int, decay: float = 0.995, start: str = "corrected") -> None:
    if t < 1 or not 0 <= decay < 1 or start not in ("zero", "initial", "corrected"):
        raise ValueError(
            f"expected t from 1, decay in [0, 1) and start 'zero', 'initial' or 'corrected', "
            f"got {t}, {decay} and {start!r}"
        )


enforce(__name__, checks={ema_weights: _an_average})
