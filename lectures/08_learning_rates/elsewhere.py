"""Wrong answers to lecture 08 that others have written, each with the name it should get."""

import math

import numpy as np


def cosine_of_the_clock(t, *, lr0, total, lr_end=0.0):
    """The usual formula, applied at any time."""
    return lr_end + 0.5 * (lr0 - lr_end) * (1 + np.cos(np.pi * t / total))


def cosine_with_restarts(t, *, lr0, total, lr_end=0.0):
    cur = t - total * (t // total)
    return lr_end + 0.5 * (lr0 - lr_end) * (1 + math.cos(math.pi * cur / total))


def warmup_from_one(t, *, lr0, total, start=0.0):
    """Counts the first update as number 1."""
    share = min(1.0, (t + 1) / total)
    return lr0 * start + (lr0 - lr0 * start) * share


def warmup_share(t, *, lr0, total, start=0.0):
    return lr0 * t / total if t < total else lr0


def warmup_start_is_a_rate(t, *, lr0, total, start=0.0):
    """As in libraries whose `start_lr` is a rate."""
    return start + (lr0 - start) * t / total if t < total else lr0


def step_every_in_a_list(t, *, lr0, milestones, factor=0.1):
    """After a library's documentation: find k with step[k] <= t < step[k + 1]."""
    for cuts in range(1, len(milestones)):
        if milestones[cuts - 1] <= t < milestones[cuts]:
            return lr0 * factor**cuts
    return lr0


def milestones_exceeded(t, *, lr0, milestones, factor=0.1):
    passed = [m for m in milestones if t > m]
    return lr0 * factor ** len(passed)


def milestones_dropped(t, *, lr0, milestones, factor=0.1):
    """Goes through a queue of milestones from the front."""
    queue, lr = list(milestones), lr0
    while queue and queue[0] <= t:
        queue.pop(0)
        lr *= factor
    return lr


def step_ramp(t, *, lr0, every, factor=0.5):
    """`decay_steps` without the option that makes a stair of it."""
    return lr0 * math.pow(factor, t / every)


def linear_polynomial(t, *, lr0, total, lr_end=0.0):
    """A polynomial decay of power 1, without the minimum."""
    return (lr0 - lr_end) * (1 - t / total) + lr_end


def linear_cycling(t, *, lr0, total, lr_end=0.0):
    share = (t % total) / total
    return (lr0 - lr_end) * (1 - share) + lr_end


def plateau_as_pytorch(val_loss, state, *, lr0, factor=0.1, patience=10, min_delta=0.0):
    lr, best, bad = (lr0, float("inf"), 0) if state is None else state
    if val_loss < best - min_delta:
        best, bad = val_loss, 0
    else:
        bad += 1
    if bad > patience:
        lr, bad = lr * factor, 0
    return lr, (lr, best, bad)


def plateau_never_reset(val_loss, state, *, lr0, factor=0.1, patience=10, min_delta=0.0):
    lr, best, wait = (lr0, float("inf"), 0) if state is None else state
    if val_loss < best - min_delta:
        best, wait = val_loss, 0
    else:
        wait += 1
        if wait >= patience:
            lr *= factor
    return lr, (lr, best, wait)


def finder_plain_average(lrs, losses, *, beta=0.9, divide=10.0):
    avg, best, found = 0.0, float("inf"), lrs[0]
    for lr, loss in zip(lrs, losses, strict=True):
        avg = beta * avg + (1 - beta) * loss
        if avg < best:
            best, found = avg, lr
    return float(found) / divide


def finder_from_first(lrs, losses, *, beta=0.9, divide=10.0):
    """As in a well-known library: the average begins with the first loss."""
    smooth = [float(losses[0])]
    for loss in losses[1:]:
        smooth.append((1 - beta) * float(loss) + beta * smooth[-1])
    return float(lrs[int(np.argmin(smooth))]) / divide


def finder_steepest(lrs, losses, *, beta=0.9, divide=10.0):
    averages, m = [], 0.0
    for k, loss in enumerate(losses):
        m = beta * m + (1 - beta) * loss
        averages.append(m / (1 - beta ** (k + 1)))
    slopes = np.concatenate([[0.0], np.diff(averages)])
    return float(lrs[int(np.argmin(slopes))]) / divide


def scaled_by_square_root(lr, batch, sharpness):
    k = 2.0 / sharpness / lr
    return batch * k * k


def free_of_schedule_as_momentum(z, x, grad_fn, t, *, lr, beta=0.9):
    g = grad_fn(beta * z + (1 - beta) * x)
    z_next = z - lr * g
    return z_next, (1 - 1 / t) * x + 1 / t * z_next


def free_counted_from_zero(z, x, grad_fn, t, *, lr, beta=0.9):
    """Takes t for the number of steps already made."""
    z_next = z - lr * grad_fn((1 - beta) * z + beta * x)
    c = 1 / (t + 1)
    return z_next, (1 - c) * x + c * z_next


ELSEWHERE = {
    "schedules.cosine_decay": (
        ("it rises again", cosine_of_the_clock),
        ("it starts again", cosine_with_restarts),
    ),
    "schedules.warmup": (
        ("one update ahead", warmup_from_one),
        ("start left out", warmup_share),
        ("the share taken for a rate", warmup_start_is_a_rate),
    ),
    "schedules.multi_step_decay": (
        ("the draft as it was", step_every_in_a_list),
        ("the cut comes late", milestones_exceeded),
        ("the order taken for granted", milestones_dropped),
    ),
    "schedules.step_decay": (("a ramp in the place of a stair", step_ramp),),
    "schedules.linear_decay": (
        ("it goes on after the end", linear_polynomial),
        ("it starts again", linear_cycling),
    ),
    "schedules.plateau_step": (
        ("one epoch more", plateau_as_pytorch),
        ("the waiting goes on after a cut", plateau_never_reset),
    ),
    "rates.suggest_rate": (
        ("no bias correction", finder_plain_average),
        ("the average begins with the first loss", finder_from_first),
        ("the steepest place", finder_steepest),
    ),
    "rates.largest_batch": (("the square-root rule", scaled_by_square_root),),
    "optimizers.schedule_free_step": (
        ("the shares exchanged", free_of_schedule_as_momentum),
        ("the new point counts too little", free_counted_from_zero),
    ),
}
