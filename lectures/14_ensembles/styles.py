"""Lecture 14, solved in other ways: loops, other algebra, other NumPy. All of them are right."""

import math
from collections.abc import Callable

import numpy as np

# early_stopping_step


def early_stopping_step_waited(score, state, *, patience, min_delta=0.0):
    if not patience >= 1:
        raise ValueError("patience")
    if state is None:
        state = (-math.inf, 0, 0)
    best, best_epoch, epoch = state[0], state[1], state[2] + 1
    better = score > best + min_delta
    state_next = (score, epoch, epoch) if better else (best, best_epoch, epoch)
    waited = state_next[2] - state_next[1]
    return waited >= patience, state_next


def early_stopping_step_branches(score, state, *, patience, min_delta=0.0):
    if patience < 1:
        raise ValueError("patience")
    if state is None:
        if math.isnan(score):
            return patience == 1, (-math.inf, 0, 1)
        return False, (score, 1, 1)
    best, best_epoch, epoch = state
    if not math.isnan(score) and score > best + min_delta:
        return False, (score, epoch + 1, epoch + 1)
    return epoch + 1 - best_epoch >= patience, (best, best_epoch, epoch + 1)


# combine


def _softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def combine_loops(scores, how="probs"):
    m, n, k = scores.shape
    out = np.zeros((n, k), dtype=scores.dtype)
    for i in range(n):
        probs = np.array([_softmax(scores[j, i]) for j in range(m)])
        if how == "probs":
            out[i] = probs.mean(axis=0)
        elif how == "logits":
            out[i] = _softmax(sum(scores[j, i] for j in range(m)) / m)
        else:
            votes = [0] * k
            for j in range(m):
                votes[int(np.argmax(scores[j, i]))] += 1
            best = max(range(k), key=lambda c: (votes[c], probs.mean(axis=0)[c]))
            out[i, best] = 1
    return out


def combine_at_once(scores, how="probs"):
    if how == "logits":
        return _softmax(np.mean(scores, axis=0))
    mean = np.mean(_softmax(scores), axis=0)
    if how == "probs":
        return mean
    k = scores.shape[2]
    votes = np.eye(k)[scores.argmax(axis=2)].sum(axis=0)
    winner = np.argmax(votes + 0.5 * mean, axis=1)  # a mean is below 1: it only breaks ties
    return np.eye(k, dtype=scores.dtype)[winner]


# brier_split


def brier_split_loops(probs, y):
    m, n, k = probs.shape
    members = ambiguity = ensemble = 0.0
    for i in range(n):
        target = [1.0 if c == y[i] else 0.0 for c in range(k)]
        mean = [sum(probs[j, i, c] for j in range(m)) / m for c in range(k)]
        for c in range(k):
            ensemble += (mean[c] - target[c]) ** 2 / n
            for j in range(m):
                members += (probs[j, i, c] - target[c]) ** 2 / (m * n)
                ambiguity += (probs[j, i, c] - mean[c]) ** 2 / (m * n)
    return float(members), float(ambiguity), float(ensemble)


def brier_split_by_the_equation(probs, y):
    target = np.eye(probs.shape[2])[y]
    members = float(np.square(probs - target).sum() / probs.shape[0] / probs.shape[1])
    ensemble = float(np.square(probs.mean(axis=0) - target).sum() / probs.shape[1])
    return members, members - ensemble, ensemble


def brier_split_variance(probs, y):
    wrong = probs.copy()
    wrong[:, np.arange(len(y)), y] -= 1
    ambiguity = probs.var(axis=0).sum(axis=-1).mean()
    ensemble = (wrong.mean(axis=0) ** 2).sum(axis=-1).mean()
    return float((wrong**2).sum(axis=-1).mean()), float(ambiguity), float(ensemble)


# ensemble_sd


def ensemble_sd_counted(sd, corr, m):
    variance = (m * sd**2 + m * (m - 1) * corr * sd**2) / m**2
    return math.sqrt(variance)


def ensemble_sd_parts(sd, corr, m):
    shared, own = corr * sd * sd, (1 - corr) * sd * sd
    return (shared + own / m) ** 0.5


# collect_snapshots


def collect_snapshots_loop(runs, epochs):
    snapshots, epoch = [], 0
    for run in runs:
        if not run.epoch_ended:
            continue
        epoch += 1
        if epoch in set(epochs):
            params = run.history.model.params
            snapshots.append({name: np.array(params[name]) for name in params})
    return snapshots


def collect_snapshots_all_first(runs, epochs):
    taken = []
    for run in runs:
        if run.epoch_ended:
            taken.append({k: +v for k, v in run.history.model.params.items()})
    return [snapshot for i, snapshot in enumerate(taken) if i + 1 in epochs]


# running_mean_step


def running_mean_step_sum(w, state):
    if state is None:
        return w.copy(), (w.copy(), 1)
    mean, t = state
    mean = (t * mean + w) / (t + 1)
    return mean, (mean, t + 1)


def running_mean_step_shares(w, state):
    mean, t = (0 * w, 0) if state is None else state
    share = 1 / (t + 1)
    mean = (1 - share) * mean + share * w
    return mean, (mean, t + 1)


# ema_weights


def ema_weights_simulated(t, *, decay=0.995, start="corrected"):
    weights = np.zeros(t + 1)
    if start == "initial":
        weights[0] = 1.0
    for k in range(1, t + 1):
        weights *= decay
        weights[k] += 1 - decay
    return weights / (1 - decay**t) if start == "corrected" else weights


def ema_weights_listed(t, *, decay=0.995, start="corrected"):
    first = decay**t if start == "initial" else 0.0
    below = 1 - decay**t if start == "corrected" else 1.0
    return np.array([first] + [(1 - decay) * decay ** (t - k) / below for k in range(1, t + 1)])


# ema_step


def _decay(decay):
    if decay < 0 or decay >= 1:
        raise ValueError("decay")


def ema_step_shares(w, state, *, decay=0.995):
    """Moves the corrected average itself, with a share that settles at 1 - decay."""
    _decay(decay)
    mean, t = (np.zeros_like(w), 0) if state is None else state
    t += 1
    mean = mean + (1 - decay) / (1 - decay**t) * (w - mean)
    return mean, (mean, t)


def ema_step_total(w, state, *, decay=0.995):
    """Keeps the sum of the shares beside the sum of the points."""
    _decay(decay)
    total, shares = (np.zeros_like(w), 0.0) if state is None else state
    total, shares = decay * total + w, decay * shares + 1
    return total / shares, (total, shares)


# renumber


def renumber_take(params, order):
    return {
        "w1": np.take(params["w1"], order, axis=1),
        "b1": np.take(params["b1"], order),
        "w2": np.take(params["w2"], order, axis=0),
        "b2": np.array(params["b2"]),
    }


def renumber_loops(params, order):
    moved = {name: w.copy() for name, w in params.items()}
    for i, unit in enumerate(order):
        moved["w1"][:, i] = params["w1"][:, unit]
        moved["b1"][i] = params["b1"][unit]
        moved["w2"][i] = params["w2"][unit]
    return moved


# refresh_running


def refresh_running_while(params, x, *, eps=1e-5):
    running, layer = [], 1
    while f"gamma{layer}" in params:
        z = np.einsum("nd,dk->nk", x, params[f"w{layer}"]) + params[f"b{layer}"]
        mean = z.sum(axis=0) / len(z)
        var = ((z - mean) ** 2).sum(axis=0) / len(z)
        running.append((mean, var))
        out = (z - mean) * (params[f"gamma{layer}"] / (var + eps) ** 0.5) + params[f"beta{layer}"]
        x, layer = out * (out > 0), layer + 1
    return running


def refresh_running_depth(params, x, *, eps=1e-5):
    found, h = [], x
    depth = len([name for name in params if name[0] == "w"])
    for n in range(1, depth):
        w, b, gamma, beta = (params[f"{name}{n}"] for name in ("w", "b", "gamma", "beta"))
        z = h.dot(w) + b
        found.append((np.mean(z, axis=0), np.var(z, axis=0)))
        h = np.clip(gamma * (z - found[-1][0]) / np.sqrt(found[-1][1] + eps) + beta, 0, None)
    return found


# expected_calibration_error


def ece_loops(probs, y, *, bins=10):
    total = 0.0
    for b in range(bins):
        sure, right = [], []
        for row, label in zip(probs, y, strict=True):
            c = max(row)
            if min(int(c * bins), bins - 1) == b:
                sure.append(c)
                right.append(float(np.argmax(row) == label))
        if sure:
            gap = abs(sum(right) / len(right) - sum(sure) / len(sure))
            total += len(sure) / len(y) * gap
    return float(total)


def ece_digitize(probs, y, *, bins=10):
    confidence = probs.max(axis=1)
    right = (probs.argmax(axis=1) == y).astype(float)
    place = np.digitize(confidence, np.linspace(0, 1, bins + 1)[1:-1])
    total = 0.0
    for b in np.unique(place):
        inside = place == b
        total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return float(total)


# fit_temperature


def fit_temperature_loops(scores, y, temperatures):
    best, lowest = None, math.inf
    for t in temperatures:
        s = scores / t
        top = s.max(axis=1)
        log_sum = top + np.log(np.exp(s - top[:, None]).sum(axis=1))
        loss = float(np.mean(log_sum - s[np.arange(len(y)), y]))
        if loss < lowest:
            best, lowest = t, loss
    return best


def fit_temperature_argmin(scores, y, temperatures):
    def loss(t):
        s = scores / t - (scores / t).max(axis=1, keepdims=True)
        log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
        return -sum(log_p[i, label] for i, label in enumerate(y)) / len(y)

    return temperatures[int(np.argmin([loss(t) for t in temperatures]))]


STYLES: dict[str, tuple[Callable, ...]] = {
    "averaging.early_stopping_step": (early_stopping_step_waited, early_stopping_step_branches),
    "ensembles.combine": (combine_loops, combine_at_once),
    "ensembles.brier_split": (
        brier_split_loops,
        brier_split_by_the_equation,
        brier_split_variance,
    ),
    "ensembles.ensemble_sd": (ensemble_sd_counted, ensemble_sd_parts),
    "averaging.collect_snapshots": (collect_snapshots_loop, collect_snapshots_all_first),
    "averaging.running_mean_step": (running_mean_step_sum, running_mean_step_shares),
    "averaging.ema_weights": (ema_weights_simulated, ema_weights_listed),
    "averaging.ema_step": (ema_step_shares, ema_step_total),
    "merging.renumber": (renumber_take, renumber_loops),
    "merging.refresh_running": (refresh_running_while, refresh_running_depth),
    "calibration.expected_calibration_error": (ece_loops, ece_digitize),
    "calibration.fit_temperature": (fit_temperature_loops, fit_temperature_argmin),
}
