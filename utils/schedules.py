"""Learning-rate schedules: the rate as a function of time.

Every schedule is a function ``name(t, *, lr0, ...) -> lr``. Time ``t`` starts at 0 and has the unit
of the schedule's other arguments: epochs or updates, as you like. :func:`utils.training.train`
counts in epochs, also between two of them: after 30 of an epoch's 100 updates t = 0.3.

Two schedules combine by giving the result of one to the other as its ``lr0``::

    lr = cosine_decay(t, lr0=warmup(t, lr0=0.1, total=2), total=50)

:func:`plateau_step` does not know the time. It looks at the validation loss, so it keeps a state.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Int

from utils import _checks
from utils._signatures import enforce


def step_decay(t: float, *, lr0: float, every: float, factor: float = 0.5) -> float:
    """Step decay: the rate falls like a stair, one cut after another, all the same time apart.

    Args:
        t: time, from 0; it may lie between two whole numbers.
        lr0: the rate at the start.
        every: time between two cuts, > 0. The first cut comes at ``t = every``, not before.
        factor: what each cut multiplies the rate by, in (0, 1]. The default halves it.

    Returns:
        lr: the rate at time ``t``, a float.

    Solution:
        lr = lr0 * factor ** floor(t / every): the floor counts the cuts up to time t.

    Source: syllabus LRS-02.
    """
    # Rounding must not put off a cut: 0.3 / 0.1 is 2.9999999999999996.
    return lr0 * factor ** math.floor(t / every + 1e-9)


def multi_step_decay(
    t: float, *, lr0: float, milestones: Sequence[float], factor: float = 0.1
) -> float:
    """Step decay with cuts at times of your choice.

    Args:
        t: time, from 0.
        lr0: the rate at the start.
        milestones: the times of the cuts, in any order; none means a constant rate.
        factor: what each cut multiplies the rate by, in (0, 1].

    Returns:
        lr: the rate at time ``t``, a float. A cut counts from its own time on.

    Solution:
        lr = lr0 * factor ** (number of milestones <= t).

    Source: syllabus LRS-09.
    """
    return lr0 * factor ** sum(milestone <= t for milestone in milestones)


def exponential_decay(t: float, *, lr0: float, k: float) -> float:
    """Exponential decay: lr = lr0 * exp(-k * t).

    Args:
        t: time, from 0.
        lr0: the rate at the start.
        k: speed of the decay, >= 0. Some write exp(-t / T) instead: k = 1 / T.

    Returns:
        lr: the rate at time ``t``; a straight line on a logarithmic axis.

    Raises:
        ValueError: ``k`` is negative.

    Source: syllabus LRS-03.
    """
    if k < 0:
        raise ValueError(f"k must not be negative, got {k}")
    return lr0 * math.exp(-k * t)


def inverse_decay(t: float, *, lr0: float, k: float) -> float:
    """1/t decay: lr = lr0 / (1 + k * t).

    Args:
        t: time, from 0.
        lr0: the rate at the start.
        k: speed of the decay, >= 0. The rate has halved at t = 1 / k.

    Returns:
        lr: the rate at time ``t``.

    Raises:
        ValueError: ``k`` is negative.

    Source: syllabus LRS-04.
    """
    if k < 0:
        raise ValueError(f"k must not be negative, got {k}")
    return lr0 / (1 + k * t)


def linear_decay(t: float, *, lr0: float, total: float, lr_end: float = 0.0) -> float:
    """Linear decay: the rate goes from ``lr0`` to ``lr_end`` at a constant speed.

    Args:
        t: time, from 0.
        lr0: the rate at the start.
        total: how long the decay lasts, > 0.
        lr_end: the rate at the end of the decay, 0 or a small share of ``lr0``.

    Returns:
        lr: the rate at time ``t``, a float. Later than ``total`` it stays at ``lr_end``.

    Solution:
        lr = (1 - a) * lr0 + a * lr_end, with a = min(t / total, 1). A slide prints a = t / total
        without the minimum; then the rate soon turns negative.

    Source: syllabus LRS-05, E-38.
    """
    a = min(t / total, 1.0)
    return (1 - a) * lr0 + a * lr_end


def cosine_decay(t: float, *, lr0: float, total: float, lr_end: float = 0.0) -> float:
    """Cosine decay: the rate glides from ``lr0`` to ``lr_end`` along half a wave.

    Args:
        t: time, from 0.
        lr0: the rate at the start. There the curve is flat, and again at the end.
        total: how long the decay lasts, > 0.
        lr_end: the rate at the end of the decay.

    Returns:
        lr: the rate at time ``t``, a float. Later than ``total`` it stays at ``lr_end``.

    Solution:
        lr = lr_end + (lr0 - lr_end) * (1 + cos(pi * a)) / 2, with a = min(t / total, 1).

    Source: Loshchilov & Hutter 2016; syllabus LRS-09.
    """
    a = min(t / total, 1.0)
    return lr_end + (lr0 - lr_end) * (1 + math.cos(math.pi * a)) / 2


def cosine_cycle(t: float, *, lr0: float, total: float, cycles: int = 1) -> float:
    """Cosine with restarts: lr = lr0 / 2 * (cos(pi * (t mod c) / c) + 1), c = ceil(total / cycles).

    Args:
        t: time, from 0. (The paper counts from 1 and therefore writes t - 1.)
        lr0: the rate at the start of each cycle.
        total: length of the whole training, a whole number, at least 1: the cycles begin at
            whole numbers. For fractions of an epoch count ``t`` in updates.
        cycles: number of cycles M, at least 1. One cycle is the plain cosine decay.

    Returns:
        lr: the rate at time ``t``. It glides from ``lr0`` nearly to 0 and jumps back to ``lr0``
        when the next cycle begins. :func:`cycle_ends` tells when to take the snapshots.

    Raises:
        ValueError: ``total`` or ``cycles`` out of its range.

    Source: Loshchilov & Hutter 2016, Huang et al. 2017; syllabus ENS-03.
    """
    if total < 1 or total != round(total) or cycles < 1:
        raise ValueError(
            f"total must be a whole number from 1 and cycles at least 1, got {total} and {cycles}"
        )
    c = math.ceil(total / cycles)
    return lr0 / 2 * (math.cos(math.pi * (t % c) / c) + 1)


def cycle_ends(total: int, cycles: int) -> list[int]:
    """Where the cycles of :func:`cosine_cycle` are complete: c, 2c, 3c, ... up to ``total``.

    Args:
        total: length of the whole training, at least 1.
        cycles: number of cycles, at least 1.

    Returns:
        ends: times at which the rate has come down and a snapshot is worth taking. When ``total``
        is not a multiple of c = ceil(total / cycles), the last cycle is cut short and not listed.

    Raises:
        ValueError: ``total`` or ``cycles`` is less than 1.

    Source: Huang et al. 2017; syllabus ENS-02, ENS-03.
    """
    if total < 1 or cycles < 1:
        raise ValueError(f"total and cycles must be at least 1, got {total} and {cycles}")
    c = math.ceil(total / cycles)
    return list(range(c, total + 1, c))


def warmup(t: float, *, lr0: float, total: float, start: float = 0.0) -> float:
    """Linear warm-up: the rate grows from a share of ``lr0`` to ``lr0`` at a constant speed.

    Args:
        t: time, from 0.
        lr0: the rate after the warm-up.
        total: how long the warm-up lasts, > 0.
        start: the rate at ``t = 0`` as a share of ``lr0``.

    Returns:
        lr: the rate at time ``t``, a float. Later than ``total`` it stays at ``lr0``.

    Solution:
        lr = lr0 * (start + (1 - start) * min(t / total, 1)).

    Source: Goyal et al. 2017; syllabus LRS-09.
    """
    return lr0 * (start + (1 - start) * min(t / total, 1.0))


def trapezoid(t: float, *, lr0: float, total: float, warm: float = 0.0, cool: float = 0.2) -> float:
    """Warm-up, stable, decay: the rate climbs, stays at ``lr0``, and falls to 0.

    Args:
        t: time, from 0.
        lr0: the rate of the stable phase.
        total: length of the whole training, > 0.
        warm: the share of ``total`` that the climb from 0 takes. With 0 there is no climb.
        cool: the share of ``total`` that the fall to 0 takes, above 0; ``warm + cool`` <= 1.

    Returns:
        lr: the rate at time ``t``, a float. Climb and fall are straight lines. Later than ``total``
        it stays at 0.

    Solution:
        The rate is lr0 times the smallest of t / (warm * total), 1 and (total - t) / (cool *
        total), and not below 0; without warm-up the first of them is left out.

    Source: Zhai et al. 2021, Hu et al. 2024; syllabus LRS-09.
    """
    top = warmup(t, lr0=lr0, total=warm * total) if warm > 0 else lr0
    return linear_decay(max(t - total + cool * total, 0.0), lr0=top, total=cool * total)


def plateau_step(
    val_loss: float,
    state: tuple[float, float, int] | None,
    *,
    lr0: float,
    factor: float = 0.1,
    patience: int = 10,
    min_delta: float = 0.0,
) -> tuple[float, tuple[float, float, int]]:
    """Reduce on plateau: cut the rate after ``patience`` epochs without a lower loss.

    Call it once after each epoch and give back the state that the last call returned.

    Args:
        val_loss: validation loss of this epoch. NaN is never better.
        state: tuple ``(lr, best, waited)``: the rate, the lowest validation loss so far, and the
            epochs since then; ``None`` before the first call, which means ``(lr0, inf, 0)``.
        lr0: the rate at the start; not used once there is a state.
        factor: what a cut multiplies the rate by, in (0, 1].
        patience: this many epochs in a row without improvement bring a cut, at least 1. After a
            cut the count starts again; the best loss is kept.
        min_delta: an epoch is better if its loss is below ``best - min_delta``.

    Returns:
        lr: the rate for the next epoch.
        state_next: the new ``(lr, best, waited)``.

    PyTorch's ReduceLROnPlateau waits one epoch longer: its ``patience`` is the number of bad
    epochs that it forgives.

    Source: syllabus LRS-07.
    """
    lr, best, waited = (lr0, math.inf, 0) if state is None else state
    if val_loss < best - min_delta:
        best, waited = val_loss, 0
    else:
        waited = waited + 1
    if waited == patience:
        lr, waited = lr * factor, 0
    return lr, (lr, best, waited)


def robbins_monro(schedule: Callable[[int], float]) -> tuple[bool, bool]:
    """The conditions of Robbins and Monro: does sum(lr) diverge, and does sum(lr^2) converge?

    A schedule that keeps both can reach a minimum from any distance, and in the end silences the
    noise of the gradients. Such a schedule makes SGD converge.

    Args:
        schedule: ``schedule(t) -> lr >= 0`` for t = 0, 1, 2, ...

    Returns:
        diverges: True if the sum of all rates is infinite: any distance can be covered.
        squares_converge: True if the sum of their squares is finite: the noise dies out.

    A computer cannot add up infinitely many numbers. It can compare two late stretches of time, the
    second twice as long as the first: t = 2^40 ... 2^41 and 2^41 ... 2^42, each sampled at about a
    thousand times. In a sum that diverges the second stretch adds as much as the first, or more; in
    a sum that converges it adds a smaller share each time. That is right for every rate that falls
    like a power of t, or exponentially. It cannot settle cases in between, like 1 / (t * log(t)^2).

    Source: Robbins & Monro 1951; syllabus LRS-04, OPT-05.
    """
    times = [range(2**40, 2**41, 2**40 // 1000), range(2**41, 2**42, 2**41 // 1000)]
    first, second = (np.array([schedule(t) for t in stretch]) for stretch in times)
    largest = first.max()
    if largest == 0:
        return False, True
    first, second = first / largest, second / largest
    growth = 2 * second.mean() / first.mean()
    growth_of_squares = 2 * (second**2).mean() / (first**2).mean()
    return bool(growth > 0.99), bool(growth_of_squares < 0.99)


def pick_lr0(
    train_fn: Callable[[float, int], Sequence[float]], lrs: Sequence[float], *, steps: int = 100
) -> float:
    """A first learning rate: the best of some short runs, and then one step bolder if that is safe.

    Args:
        train_fn: ``train_fn(lr, steps) -> losses``: the losses of a short run.
        lrs: the rates to try, best on a logarithmic grid.
        steps: updates in each run.

    Returns:
        lr0: of all rates whose run stayed stable take the one with the lowest loss at the end (mean
        over the last tenth of the run); then the next larger rate of ``lrs``, if it was stable
        too. A run is stable when no loss is NaN, infinite or above 3 times the first.

    Raises:
        ValueError: not one of the runs was stable.

    Why one larger? The rate that is best in 100 updates is a little too careful for a long run
    whose rate will be lowered later anyway.

    Source: Goodfellow, Bengio & Courville 2016, chapter 8; syllabus LRS-06.
    """
    lrs = sorted(lrs)
    runs = [np.asarray(train_fn(lr, steps)) for lr in lrs]
    stable = [bool(np.all(losses <= 3 * losses[0])) for losses in runs]
    if not any(stable):
        raise ValueError(f"no learning rate of {lrs} gave a stable run: try smaller ones")
    ends = [
        losses[-max(1, len(losses) // 10) :].mean() if ok else math.inf
        for losses, ok in zip(runs, stable, strict=True)
    ]
    best = int(np.argmin(ends))
    bolder = best + 1
    return lrs[bolder] if bolder < len(lrs) and stable[bolder] else lrs[best]


def final_loss_vs_cut(
    cut_steps: Int[np.ndarray, " cuts"],
    *,
    lr0: float = 0.2,
    factor: float = 0.1,
    steps: int = 100,
    start: float = 10.0,
    noise: float = 1.0,
    runs: int = 500,
    rng: np.random.Generator,
) -> Float[np.ndarray, " cuts"]:
    """When to cut the rate? Final loss of noisy SGD on w^2 / 2, for each time of the cut.

    One update is w = w - lr * (w + noise * z) with a standard normal z. The rate is ``lr0`` before
    the cut and ``lr0 * factor`` from the cut on. Every cut sees the same noise, so that only
    the time of the cut makes a difference.

    Args:
        cut_steps: the update at which the rate is cut, one run for each; 0 means from the start,
            ``steps`` means never.
        lr0: the rate before the cut.
        factor: what the cut multiplies the rate by.
        steps: number of updates.
        start: w at the beginning.
        noise: standard deviation of the gradient's noise.
        runs: independent repetitions to average over.
        rng: draws the noise.

    Returns:
        losses: mean of w^2 / 2 after the last update, one for each entry of ``cut_steps``.

    Too early, and the way to the minimum is not yet covered. Too late, and the noise of the large
    steps has no time to die out.

    Source: syllabus LRS-08.
    """
    w = np.full((len(cut_steps), runs), start)
    for step in range(steps):
        lr = np.where(step < cut_steps, lr0, lr0 * factor)[:, None]
        w = w - lr * (w + noise * rng.standard_normal(runs))
    return (w**2 / 2).mean(axis=1)


enforce(
    __name__,
    finite=(step_decay, cosine_cycle),
    checks={
        step_decay: _checks.stairs,
        multi_step_decay: _checks.cut,
        linear_decay: _checks.duration,
        cosine_decay: _checks.duration,
        warmup: _checks.duration,
        trapezoid: _checks.phases,
        plateau_step: _checks.patient_cut,
    },
)
