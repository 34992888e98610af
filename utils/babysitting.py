"""Babysitting the training: sanity checks before it, and verdicts on what the curves show.

Curves are one number per epoch (or per update); epochs are counted from 1. The thresholds are rules
of thumb that fit the course's examples, not laws; each is an argument, or stands in the docstring.
"""

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from utils import _checks
from utils._signatures import enforce

PRINTED_LOGS: dict[str, tuple[tuple[int, float, float, float], ...]] = {
    "overfit 20 examples": (
        (1, 2.302603, 0.40, 0.40),
        (2, 2.302258, 0.45, 0.45),
        (3, 2.301849, 0.60, 0.60),
        (4, 2.301196, 0.65, 0.65),
        (5, 2.300044, 0.65, 0.65),
        (6, 2.297864, 0.55, 0.55),
        (7, 2.293595, 0.60, 0.60),
        (8, 2.285096, 0.55, 0.55),
        (9, 2.268094, 0.55, 0.55),
        (10, 2.234787, 0.50, 0.50),
        (11, 2.173187, 0.50, 0.50),
        (12, 2.076862, 0.50, 0.50),
        (13, 1.974090, 0.40, 0.40),
        (14, 1.895885, 0.40, 0.40),
        (15, 1.820876, 0.45, 0.45),
        (16, 1.737430, 0.45, 0.45),
        (17, 1.642356, 0.50, 0.50),
        (18, 1.535239, 0.60, 0.60),
        (19, 1.421527, 0.60, 0.60),
        (20, 1.305760, 0.65, 0.65),
        (195, 0.002694, 1.00, 1.00),
        (196, 0.002674, 1.00, 1.00),
        (197, 0.002655, 1.00, 1.00),
        (198, 0.002635, 1.00, 1.00),
        (199, 0.002617, 1.00, 1.00),
        (200, 0.002597, 1.00, 1.00),
    ),
    "lr 1e-6": (
        (1, 2.302576, 0.080, 0.103),
        (2, 2.302582, 0.121, 0.124),
        (3, 2.302558, 0.119, 0.138),
        (4, 2.302519, 0.127, 0.151),
        (5, 2.302517, 0.158, 0.171),
        (6, 2.302518, 0.179, 0.172),
        (7, 2.302466, 0.180, 0.176),
        (8, 2.302452, 0.175, 0.185),
        (9, 2.302459, 0.206, 0.192),
        (10, 2.302420, 0.190, 0.192),
    ),
    "lr 1e6": (
        (1, math.nan, 0.091, 0.087),
        (2, math.nan, 0.095, 0.087),
        (3, math.nan, 0.100, 0.087),
    ),
    "lr 3e-3": (
        (1, 2.186654, 0.308, 0.306),
        (2, 2.176230, 0.330, 0.350),
        (3, 1.942257, 0.376, 0.352),
        (4, 1.827868, 0.329, 0.310),
        (5, math.inf, 0.128, 0.128),
        (6, math.inf, 0.144, 0.147),
    ),
}
"""The logs that the lecture prints, rows of (epoch, cost, train accuracy, validation accuracy).

Source: syllabus BAB-04, BAB-05, BAB-07, BAB-08. Epochs 21 to 194 of the first are not printed.
"""


def expected_initial_loss(num_classes: int, kind: str = "softmax") -> float:
    """The loss to expect before training, when all scores are nearly 0.

    Args:
        num_classes: number of classes K, at least 2.
        kind: "softmax" (cross-entropy) or "hinge" (multiclass, margin 1).

    Returns:
        loss: what a network with tiny weights must show, whatever the data.

    Raises:
        ValueError: fewer than two classes, or another kind.

    Solution:
        Softmax log(K): each class gets the probability 1/K. Hinge K - 1: each wrong class misses
        the margin by 1.

    Source: syllabus BAB-02.
    """
    if num_classes < 2 or kind not in ("softmax", "hinge"):
        raise ValueError(
            f"expected 2 or more classes and kind 'softmax' or 'hinge', got {num_classes}, {kind!r}"
        )
    return math.log(num_classes) if kind == "softmax" else num_classes - 1.0


def expected_regularized_loss(
    num_classes: int, num_weights: int, *, scale: float, reg: float
) -> float:
    """Expected initial softmax loss with the L2 penalty 0.5 * reg * sum(w^2).

    Args:
        num_classes: number of classes K, at least 2.
        num_weights: how many weights are penalised. Biases are not.
        scale: standard deviation of the initial weights.
        reg: strength of the penalty 0.5 * reg * sum(w^2).

    Returns:
        loss: expected value over the random weights, which are independent with mean 0.

    Solution:
        log(K) + 0.5 * reg * num_weights * scale^2, because sum(w^2) is num_weights * scale^2 on
        average. The slides print 3.0686 for 154,100 weights of scale 1e-4 and reg = 1e3. That
        shows the factor 0.5; without it the loss would be 3.84.

    Source: syllabus BAB-03, E-39.
    """
    return math.log(num_classes) + 0.5 * reg * num_weights * scale**2


def loss_and_accuracy(
    scores: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]
) -> tuple[float, float]:
    """Softmax cross-entropy and accuracy of the same scores.

    Args:
        scores: one row of K scores for each example, shape (N, K).
        y: the right class of each example, shape (N,).

    Returns:
        loss: mean of -log p_y over the examples.
        accuracy: share of examples whose largest score is that of the right class, from 0 to 1.

    The loss is right for huge finite scores, too. Of several scores that are equally large, the
    first one counts as the largest.

    Solution:
        log p_k = s_k - m - log(sum_j exp(s_j - m)) with m the largest score of the row.

    Source: syllabus BAB-06.
    """
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_probs[np.arange(len(y)), y].mean()
    return float(loss), float((scores.argmax(axis=1) == y).mean())


def overfit_tiny(
    model: Any,
    x: Float[np.ndarray, "n *example"],
    y: Int[np.ndarray, " n"],
    *,
    lr: float,
    epochs: int = 200,
) -> tuple[Float[np.ndarray, " epochs"], Float[np.ndarray, " epochs"]]:
    """Overfit a few examples: gradient descent on all of them at once, w = w - lr * dw.

    Args:
        model: a network with ``params``, ``loss(x, y) -> (loss, grads)`` and ``scores(x)``, such as
            :class:`utils.networks.MLP`. It stays as it is: a copy is trained.
        x: some twenty examples.
        y: their classes.
        lr: learning rate.
        epochs: number of steps, each on all examples.

    Returns:
        losses: the loss in each step, before the weights move; an array of shape (epochs,).
        accuracies: the share of right answers after each step; shape (epochs,), too.

    The check is passed when the loss ends below 0.05 with accuracy 1. All the steps are made,
    even if that happens earlier. ``grads`` is a dict with the keys of ``params``.

    Source: syllabus BAB-04.
    """
    model = deepcopy(model)
    losses, accuracies = np.zeros((2, epochs), x.dtype)
    for epoch in range(epochs):
        losses[epoch], grads = model.loss(x, y)
        model.params = {name: w - lr * grads[name] for name, w in model.params.items()}
        accuracies[epoch] = (model.scores(x).argmax(axis=1) == y).mean()
    return losses, accuracies


def is_flat(losses: Float[np.ndarray, " epochs"], *, rel_tol: float = 1e-3) -> bool:
    """Does the loss stand still, all the time?

    Args:
        losses: one loss per epoch, at least one.
        rel_tol: the largest change within the run, relative to the size of the first loss, that
            still counts as standing still.

    Returns:
        flat: False if any loss is NaN or infinite. That curve has another problem.

    A flat curve is the sign of a learning rate that is too low.

    Solution:
        max - min <= rel_tol * |first loss|.

    Source: syllabus BAB-05.
    """
    if not np.isfinite(losses).all():
        return False
    return bool(np.max(losses) - np.min(losses) <= rel_tol * abs(losses[0]))


def first_bad_epoch(losses: Float[np.ndarray, " epochs"]) -> int | None:
    """The first epoch whose loss is NaN or infinite, counted from 1; None if there is none.

    Args:
        losses: one loss per epoch.

    Returns:
        epoch: 1 for the first entry, or ``None``.

    Infinite is the loss -log(0), of a right class whose probability has become 0. NaN comes from
    arithmetic with infinities, such as inf - inf. Both nearly always mean: learning rate too high.

    Source: syllabus BAB-07.
    """
    bad = np.flatnonzero(~np.isfinite(losses))
    return int(bad[0]) + 1 if len(bad) else None


def should_abort(loss: float, first_loss: float, *, factor: float = 3.0) -> bool:
    """The explosion rule: stop when the loss is NaN, infinite or above factor * first loss.

    Args:
        loss: the loss now.
        first_loss: the loss at the start, >= 0.
        factor: how many times the first loss is too much.

    Returns:
        abort: True when it is time to stop.

    Beware of NaN: ``<``, ``<=``, ``>``, ``>=`` and ``==`` with it are False, so
    ``nan > 3 * first_loss`` is.

    Source: syllabus HYP-02.
    """
    return not (math.isfinite(loss) and loss <= factor * first_loss)


def explodes_at(losses: Float[np.ndarray, " epochs"], *, factor: float = 3.0) -> int | None:
    """The first epoch at which :func:`should_abort` is True, counted from 1; None if there is none.

    Args:
        losses: one loss per epoch.
        factor: how many times the first loss is too much.

    Returns:
        epoch: the first epoch whose loss is NaN, infinite or above ``factor`` times the first loss,
        or ``None``.

    Source: syllabus BAB-08, HYP-02.
    """
    for epoch, loss in enumerate(losses.tolist(), start=1):
        if should_abort(loss, float(losses[0]), factor=factor):
            return epoch
    return None


def lr_verdict(
    losses: Float[np.ndarray, " epochs"], *, rel_tol: float = 1e-3, factor: float = 3.0
) -> str:
    """What a short run says about its learning rate: "low", "ok", "inf" or "nan".

    Args:
        losses: the losses of the run, at least two. The first is the measure for the others, so it
            should come from the start: one loss per update does, or per epoch in a slow run.
        rel_tol: for :func:`is_flat`.
        factor: for :func:`explodes_at`.

    Returns:
        verdict: if the run explodes, "nan" when the loss is NaN at that epoch, and "inf" when it is
        infinite or above ``factor`` times the first; "low" when the run is flat; else "ok".

    Raises:
        ValueError: fewer than two losses of a run that does not explode.

    Source: syllabus BAB-05, BAB-07, BAB-08, BAB-09.
    """
    epoch = explodes_at(losses, factor=factor)
    if epoch is not None:
        return "nan" if math.isnan(losses[epoch - 1]) else "inf"
    if len(losses) < 2:
        raise ValueError(f"a verdict needs at least two losses, got {losses}")
    return "low" if is_flat(losses, rel_tol=rel_tol) else "ok"


def lr_range_test(
    train_fn: Callable[[float], Sequence[float]], lrs: Sequence[float]
) -> dict[float, str]:
    """Learning-rate range test: a short run for each rate, and :func:`lr_verdict` on it.

    Args:
        train_fn: ``train_fn(lr) -> losses``: the losses of a short run.
        lrs: the rates to try, for example ``10.0 ** np.arange(-6, 0)``.

    Returns:
        verdicts: ``{lr: "low" | "ok" | "inf" | "nan"}``, in the order of ``lrs``. Search on among
        those that are "ok".

    Source: syllabus BAB-09, E-40.
    """
    return {float(lr): lr_verdict(np.asarray(train_fn(lr), dtype=float)) for lr in lrs}


def update_ratio(w: Float[np.ndarray, "*shape"], update: Float[np.ndarray, "*shape"]) -> float:
    """Size of a step compared with the weights: ratio = ||update|| / ||w||.

    Args:
        w: the weights of one layer before the step, any shape.
        update: what the step adds to them, same shape; ``-lr * dw`` for plain gradient descent.

    Returns:
        ratio: both norms are Euclidean, over all entries. Weights that are all 0 give infinity, and
        0 if the update is 0 as well.

    The rule of thumb is 1e-3. It fits the middle of a run; at the start some hundredths are usual.

    Source: syllabus BAB-12, E-41.
    """
    largest = float(np.abs(w).max())
    if largest == 0:
        return math.inf if np.any(update) else 0.0
    # Of numbers of size 1, because the squares of huge or tiny ones do not fit into a float.
    with np.errstate(over="ignore", invalid="ignore"):
        step, size = (np.linalg.norm(np.divide(a, largest, dtype=float)) for a in (update, w))
    return float(step / size)


def diagnose(
    train_acc: float, val_acc: float, *, big_gap: float = 0.1, small_gap: float = 0.02
) -> str:
    """What the gap between the accuracies says: "overfitting", "underfitting" or "healthy".

    Args:
        train_acc: accuracy on the training set.
        val_acc: accuracy on the validation set.
        big_gap: a gap train_acc - val_acc of this size or more is overfitting.
        small_gap: a gap of this size or less is none to speak of; a negative one is none either.

    Returns:
        verdict: "overfitting" for a big gap: try more regularisation or more data. "underfitting"
        for no gap while the training accuracy is itself more than ``small_gap`` below 1: try more
        capacity. Else "healthy". These are suspicions to test, not facts.

    Source: syllabus BAB-11.
    """
    gap = train_acc - val_acc
    if gap >= big_gap:
        return "overfitting"
    if gap <= small_gap and 1 - train_acc > small_gap:
        return "underfitting"
    return "healthy"


CURVE_LABELS = ("low", "good", "high", "very high", "nan", "bad init", "overfit", "noisy")


def classify_curve(
    losses: Float[np.ndarray, " epochs"], val_losses: Float[np.ndarray, " epochs"] | None = None
) -> str:
    """Which trouble does a loss curve show? One of the eight names in ``CURVE_LABELS``.

    The rules are tried in this order; the first that applies gives the name. The first loss is the
    measure for all: "1 %" means 1 % of it.

    - "nan": the run explodes (:func:`explodes_at`), and the loss is NaN there.
    - "very high": the run explodes otherwise. The learning rate is far too high.
    - "low": the loss never falls by more than 1 % below the first. The learning rate is too low.
    - "noisy": neighbouring losses differ by more than 5 % on average. Are the batches too small?

    The next rules look at curves smoothed by a mean over a twentieth of their length (of n // 20
    neighbours, at least one, and only where all of them exist). The way down goes from the first to
    the lowest smoothed loss. The time that a share of it takes is the index, from 0, of the first
    smoothed loss that has come so far down, divided by n.

    - "overfit": the smoothed validation loss ends more than 5 % above its lowest point, and since
      that point the smoothed training loss has risen less than half as much.
    - "bad init": flat at first, falling later: the first tenth of the way down takes more than 15 %
      of the time.
    - "low": nearly a straight line: the first half of the way takes more than 35 % of the time.

    The last rule looks at the losses as they are, in the third quarter of the time (from n // 2 up
    to 3 * n // 4) and in the last:

    - "high": falls at once, then stalls: the mean of the last quarter is above 30 %, and less than
      3 % of the way below the mean of the third. The learning rate is somewhat too high.

    And "good": everything else.

    Args:
        losses: training losses over time, n of them, at least ten.
        val_losses: validation losses at the same times; needed to see overfitting.

    Returns:
        label: the name.

    Raises:
        ValueError: fewer than ten losses of a run that does not explode.

    Source: syllabus BAB-10, LRS-01.
    """
    n, first = len(losses), losses[0]
    epoch = explodes_at(losses)
    if epoch is not None:
        return "nan" if math.isnan(losses[epoch - 1]) else "very high"
    if n < 10:
        raise ValueError(f"a curve needs at least 10 losses to be judged, got {n}")

    if first - losses.min() <= 0.01 * first:
        return "low"
    if np.abs(np.diff(losses)).mean() > 0.05 * first:
        return "noisy"

    window = np.ones(max(1, n // 20)) / max(1, n // 20)
    smooth = np.convolve(losses, window, "valid")
    if val_losses is not None:
        smooth_val = np.convolve(val_losses, window, "valid")
        best = np.argmin(smooth_val)
        val_rise, train_rise = smooth_val[-1] - smooth_val[best], smooth[-1] - smooth[best]
        if val_rise > 0.05 * first and train_rise < val_rise / 2:
            return "overfit"
    way = smooth[0] - smooth.min()
    time_to = {share: np.argmax(smooth <= smooth[0] - share * way) / n for share in (0.1, 0.5)}
    if time_to[0.1] > 0.15:
        return "bad init"
    if time_to[0.5] > 0.35:
        return "low"
    third_quarter, last_quarter = losses[n // 2 : 3 * n // 4].mean(), losses[3 * n // 4 :].mean()
    if last_quarter > 0.3 * first and third_quarter - last_quarter < 0.03 * way:
        return "high"
    return "good"


def synthetic_curve(
    label: str, *, epochs: int = 100, rng: np.random.Generator
) -> tuple[Float[np.ndarray, " epochs"], Float[np.ndarray, " epochs"]]:
    """A made-up training and validation loss that shows the given trouble.

    Args:
        label: one of ``CURVE_LABELS``.
        epochs: length of the curves, at least 10.
        rng: draws the details: speeds, levels, noise.

    Returns:
        train: training loss after each epoch, from about log(10).
        val: validation loss after each epoch, a little above; in "overfit" it rises again.

    Raises:
        ValueError: no such label.

    Source: syllabus BAB-10.
    """
    if label not in CURVE_LABELS:
        raise ValueError(f"label must be one of {CURVE_LABELS}, got {label!r}")
    t = np.arange(epochs) / (epochs - 1)
    speed, level = rng.uniform(5, 12), rng.uniform(0.03, 0.2)
    gap = 0.05 * (1 - np.exp(-5 * t))
    noise = 0.01
    if label == "low":
        curve = 1 - rng.uniform(0.05, 0.3) * t
        noise = 0.002
    elif label == "high":
        level = rng.uniform(0.45, 0.75)
        curve = level + (1 - level) * np.exp(-rng.uniform(20, 40) * t)
        noise = 0.005
    elif label == "very high":
        curve = 1 - 0.3 * t + (np.exp(rng.uniform(8, 30) * t) - 1) / 100
        curve[curve > 1e3] = math.inf
    elif label == "bad init":
        start = rng.uniform(0.2, 0.5)
        curve = level + (1 - level) * np.exp(-2 * speed * np.maximum(0, t - start))
    else:
        curve = level + (1 - level) * np.exp(-speed * t)
    if label == "nan":
        curve[rng.integers(epochs // 2) :] = math.nan
    if label == "noisy":
        noise = rng.uniform(0.07, 0.12)
    if label == "overfit":
        gap = gap + rng.uniform(0.3, 0.8) * np.maximum(0, t - rng.uniform(0.2, 0.5))
    train, val = math.log(10) * curve, math.log(10) * (curve + gap)
    jitter = math.log(10) * noise * rng.standard_normal((2, epochs))
    return np.abs(train + jitter[0]), np.abs(val + jitter[1])


enforce(
    __name__,
    filled=(loss_and_accuracy, overfit_tiny, is_flat, lr_verdict, classify_curve, update_ratio),
    checks={loss_and_accuracy: _checks.classes, overfit_tiny: _checks.network},
)
