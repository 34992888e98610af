"""Right solutions of lecture 08 in other styles: none of them may be rejected."""

import math
from collections.abc import Callable

import numpy as np


def noisy_step_expanded(m, lr, *, h=1.0, noise=1.0):
    return m - 2 * lr * h * m + lr * lr * (h * h * m + noise * noise)


def noisy_step_by_parts(m, lr, *, h=1.0, noise=1.0):
    shrink = np.subtract(1, np.multiply(lr, h))
    return np.square(shrink) * m + np.square(lr * noise)


def best_rate_divided(m, *, h=1.0, noise=1.0):
    return 1 / (h + noise**2 / (h * m))


def best_rate_vertex(m, *, h=1.0, noise=1.0):
    """The vertex of the parabola a lr^2 + b lr + m."""
    a, b = h * h * m + noise * noise, -2 * h * m
    return -b / (2 * a)


def expected_loss_loops(rates, h, *, start, noise):
    total = 0.0
    for i in range(len(h)):
        s = noise[i] if isinstance(noise, np.ndarray) else noise
        m = start * start
        for lr in rates:
            m = (1 - lr * h[i]) ** 2 * m + (lr * s) ** 2
        total += 0.5 * h[i] * m
    return float(total)


def expected_loss_dot(rates, h, *, start, noise):
    m = start**2 * np.ones_like(h)
    for lr in rates.tolist():
        m = np.square(1 - lr * h) * m + lr**2 * np.square(noise)
    return 0.5 * float(h @ m)


def step_decay_whole_division(t, *, lr0, every, factor=0.5):
    return lr0 * factor ** int(t // every)


def step_decay_loop(t, *, lr0, every, factor=0.5):
    lr, next_cut = lr0, every
    while t >= next_cut:
        lr, next_cut = lr * factor, next_cut + every
    return lr


def multi_step_loop(t, *, lr0, milestones, factor=0.1):
    lr = lr0
    for milestone in milestones:
        if t >= milestone:
            lr *= factor
    return lr


def multi_step_searched(t, *, lr0, milestones, factor=0.1):
    return lr0 * factor ** int(np.searchsorted(np.sort(milestones), t, side="right"))


def linear_early_return(t, *, lr0, total, lr_end=0.0):
    if t >= total:
        return lr_end
    return lr0 + (lr_end - lr0) * t / total


def linear_interpolated(t, *, lr0, total, lr_end=0.0):
    return float(np.interp(t, [0, total], [lr0, lr_end]))


def cosine_squared(t, *, lr0, total, lr_end=0.0):
    if t >= total:
        return lr_end
    return lr_end + (lr0 - lr_end) * math.cos(math.pi * t / (2 * total)) ** 2


def cosine_numpy(t, *, lr0, total, lr_end=0.0):
    t = np.minimum(t, total)
    return float(0.5 * (lr0 + lr_end) + 0.5 * (lr0 - lr_end) * np.cos(np.pi * t / total))


def warmup_early_return(t, *, lr0, total, start=0.0):
    if t >= total:
        return lr0
    return start * lr0 + (lr0 - start * lr0) * t / total


def warmup_interpolated(t, *, lr0, total, start=0.0):
    return float(np.interp(t, [0, total], [start * lr0, lr0]))


def trapezoid_smallest(t, *, lr0, total, warm=0.0, cool=0.2):
    climb = t / (warm * total) if warm else 1.0
    return lr0 * max(0.0, min(climb, 1.0, (total - t) / (cool * total)))


def trapezoid_phases(t, *, lr0, total, warm=0.0, cool=0.2):
    share = t / total
    if share < warm:
        return lr0 * share / warm
    if share >= 1:
        return 0.0
    return lr0 if share <= 1 - cool else lr0 * (1 - share) / cool


def plateau_nested(val_loss, state, *, lr0, factor=0.1, patience=10, min_delta=0.0):
    if state is None:
        state = lr0, float("inf"), 0
    lr, best, waited = state
    if val_loss < best - min_delta:
        return lr, (lr, val_loss, 0)
    waited += 1
    if waited >= patience:
        lr *= factor
        waited = 0
    return lr, (lr, best, waited)


def plateau_expressions(val_loss, state, *, lr0, factor=0.1, patience=10, min_delta=0.0):
    lr, best, waited = state or (lr0, math.inf, 0)
    record = best - val_loss > min_delta if math.isfinite(best) else not math.isnan(val_loss)
    waited = 0 if record else waited + 1
    cut = waited == patience
    lr = lr * factor if cut else lr
    return lr, (lr, val_loss if record else best, 0 if cut else waited)


def suggest_in_arrays(lrs, losses, *, beta=0.9, divide=10.0):
    n = len(losses)
    lag = np.arange(n)[:, None] - np.arange(n)
    weights = np.where(lag >= 0, float(beta) ** np.maximum(lag, 0), 0.0)
    averages = weights @ losses / weights.sum(axis=1)
    return float(lrs[averages.argmin()] / divide)


def suggest_loop(lrs, losses, *, beta=0.9, divide=10.0):
    lowest, found, m, mass = math.inf, 0.0, 0.0, 0.0
    for lr, loss in zip(lrs.tolist(), losses.tolist(), strict=True):
        m, mass = beta * m + (1 - beta) * loss, beta * mass + (1 - beta)
        if m / mass < lowest:
            lowest, found = m / mass, lr
    return found / divide


def largest_batch_in_two_steps(lr, batch, sharpness):
    limit = 2.0 / sharpness
    return batch * (limit / lr)


def largest_batch_ratio(lr, batch, sharpness):
    return 2 / sharpness / (lr / batch)


def schedule_free_weighted(z, x, grad_fn, t, *, lr, beta=0.9):
    g = grad_fn(z + beta * (x - z))
    z_next = z - lr * g
    return z_next, (1 - 1 / t) * x + z_next / t


def schedule_free_sum(z, x, grad_fn, t, *, lr, beta=0.9):
    y = beta * x + z - beta * z
    moved = z - np.multiply(grad_fn(y), lr)
    return moved, ((t - 1) * x + moved) / t


STYLES: dict[str, tuple[Callable, ...]] = {
    "noise.noisy_step": (noisy_step_expanded, noisy_step_by_parts),
    "noise.best_rate": (best_rate_divided, best_rate_vertex),
    "noise.expected_loss": (expected_loss_loops, expected_loss_dot),
    "schedules.step_decay": (step_decay_whole_division, step_decay_loop),
    "schedules.multi_step_decay": (multi_step_loop, multi_step_searched),
    "schedules.linear_decay": (linear_early_return, linear_interpolated),
    "schedules.cosine_decay": (cosine_squared, cosine_numpy),
    "schedules.warmup": (warmup_early_return, warmup_interpolated),
    "schedules.trapezoid": (trapezoid_smallest, trapezoid_phases),
    "schedules.plateau_step": (plateau_nested, plateau_expressions),
    "rates.suggest_rate": (suggest_in_arrays, suggest_loop),
    "rates.largest_batch": (largest_batch_in_two_steps, largest_batch_ratio),
    "optimizers.schedule_free_step": (schedule_free_weighted, schedule_free_sum),
}
