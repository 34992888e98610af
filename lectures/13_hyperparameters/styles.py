"""Lecture 13, solved in other ways. All of them are right."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from utils.hyperparameters import best_rows, sample_trial

# log_uniform


def log_uniform_powers_of_e(low, high, size, *, rng):
    if low <= 0 or high < low:
        raise ValueError("bounds must be positive, the lower one first")
    return np.exp(rng.uniform(np.log(low), np.log(high), size))


def log_uniform_ratio(low, high, size, *, rng):
    if not (low > 0 and high >= low):
        raise ValueError("bounds must be positive, the lower one first")
    return low * (high / low) ** rng.random(size)


def log_uniform_loop(low, high, size, *, rng):
    if not 0 < low <= high:
        raise ValueError("bounds must be positive, the lower one first")
    a, b = math.log2(low), math.log2(high)
    return np.array([2 ** (a + (b - a) * rng.random()) for _ in range(size)])


def log_uniform_from_above(low, high, size, *, rng):
    if not 0 < low <= high:
        raise ValueError("bounds must be positive, the lower one first")
    return high / np.power(high / low, rng.random(size))


# distinct_projection


def distinct_projection_set(trials, axis):
    return len({float(trial[axis]) for trial in trials})


def distinct_projection_sorted(trials, axis):
    values = np.sort(trials[:, axis])
    return int(1 + np.count_nonzero(values[1:] != values[:-1]))


def distinct_projection_list(trials, axis):
    seen: list = []
    for trial in trials:
        if trial[axis] not in seen:
            seen.append(trial[axis])
    return len(seen)


# trials_needed


def trials_needed_loop(share, confidence=0.95):
    if not (0 < share < 1 and 0 < confidence < 1):
        raise ValueError("probabilities lie between 0 and 1")
    n, miss = 0, 1.0
    while miss > 1 - confidence + 1e-12:
        miss *= 1 - share
        n += 1
    return n


def trials_needed_logarithm(share, confidence=0.95):
    if share <= 0 or share >= 1 or confidence <= 0 or confidence >= 1:
        raise ValueError("probabilities lie between 0 and 1")
    return math.ceil(math.log(1 - confidence) / math.log(1 - share))


def trials_needed_numpy(share, confidence=0.95):
    if min(share, confidence) <= 0 or max(share, confidence) >= 1:
        raise ValueError("probabilities lie between 0 and 1")
    return int(np.ceil(np.log10(1 - confidence) / np.log10(1 - share) - 1e-12))


# random_search


def random_search_as_it_goes(space, evaluate, n, *, rng):
    rows = []
    for _ in range(n):
        row = sample_trial(space, rng=rng)
        row["val_acc"] = evaluate(dict(row))
        rows.append(row)
    return best_rows(rows, n)


def random_search_sorted(space, evaluate, n, *, rng):
    def key(row):
        return (math.isnan(row["val_acc"]), -row["val_acc"])

    trials = [sample_trial(space, rng=rng) for _ in range(n)]
    rows = [dict(trial, val_acc=evaluate(trial)) for trial in trials]
    exploded = [row for row in rows if math.isnan(row["val_acc"])]
    return sorted((row for row in rows if not math.isnan(row["val_acc"])), key=key) + exploded


def random_search_argsort(space, evaluate, n, *, rng):
    rows = []
    for _ in range(n):
        trial = sample_trial(space, rng=rng)
        rows.append(trial | {"val_acc": float(evaluate(trial))})
    order = np.argsort([-row["val_acc"] for row in rows], kind="stable")  # NaN goes last
    return [rows[i] for i in order]


# refine_ranges


def refine_ranges_loops(space, rows, *, top_k=3, decades=1.0):
    best = best_rows(rows, top_k)
    refined = {}
    for name in space:
        kind = space[name][0]
        values = sorted({row[name] for row in best}, key=str)
        if kind == "choice":
            refined[name] = ("choice", *[o for o in space[name][1:] if o in values])
        elif kind == "log":
            low, high = min(values), max(values)
            below = math.ceil(math.log10(low) / decades) * decades
            while 10**below >= low * (1 - 1e-12):
                below -= decades
            above = math.floor(math.log10(high) / decades) * decades
            while 10**above <= high * (1 + 1e-12):
                above += decades
            refined[name] = ("log", 10**below, 10**above)
        else:
            refined[name] = (kind, min(values), max(values))
    return refined


def refine_ranges_numpy(space, rows, *, top_k=3, decades=1.0):
    best = sorted(rows, key=lambda r: -np.inf if r["val_acc"] != r["val_acc"] else r["val_acc"])
    best = best[::-1][:top_k]
    out = {}
    for name, spec in space.items():
        if spec[0] == "log":
            steps = np.log10([row[name] for row in best]) / decades
            low, high = np.ceil(steps.min() - 1e-9) - 1, np.floor(steps.max() + 1e-9) + 1
            out[name] = ("log", float(10 ** (low * decades)), float(10 ** (high * decades)))
        elif spec[0] == "choice":
            out[name] = ("choice", *(o for o in spec[1:] if any(o == r[name] for r in best)))
        else:
            out[name] = (spec[0], min(r[name] for r in best), max(r[name] for r in best))
    return out


# edge_warning


def edge_warning_conditions(best, space, *, tol=0.1):
    found = {}
    for name, spec in space.items():
        value = best[name]
        if spec[0] == "log":
            if value <= spec[1] * 10**tol:
                found[name] = "low"
            elif value >= spec[2] / 10**tol:
                found[name] = "high"
        elif spec[0] in ("linear", "int"):
            length = spec[2] - spec[1]
            if value <= spec[1] + tol * length:
                found[name] = "low"
            elif value >= spec[2] - tol * length:
                found[name] = "high"
    return found


def edge_warning_one_axis(best, space, *, tol=0.1):
    found = {}
    for name, (kind, *bounds) in space.items():
        if kind == "choice":
            continue
        low, high, value = bounds[0], bounds[1], best[name]
        reach = tol * (high - low)
        if kind == "log":
            low, high, value, reach = math.log10(low), math.log10(high), math.log10(value), tol
        if value - low <= reach:
            found[name] = "low"
        if high - value <= reach:
            found[name] = "high"
    return found


# not_learning


def not_learning_steps(losses, num_classes, *, after=2, margin=0.02):
    if after < 1 or num_classes < 2:
        raise ValueError("after or num_classes is too small")
    if len(losses) < after:
        return False
    loss = losses[after - 1]
    if np.isnan(loss):
        return True
    return bool(loss >= np.log(num_classes) - margin)


def not_learning_slice(losses, num_classes, *, after=2, margin=0.02):
    if after < 1 or num_classes < 2:
        raise ValueError("after or num_classes is too small")
    guess = -math.log(1 / num_classes)
    return any(not (loss + margin < guess) for loss in losses[after - 1 : after])


# winners_curse


def winners_curse_choice(val, test, k, *, rng, repeats=200):
    if k < 1 or k > len(val) or repeats < 1:
        raise ValueError("k or repeats is out of range")
    shown, true = 0.0, 0.0
    for _ in range(repeats):
        drawn = rng.choice(len(val), size=k, replace=False)
        best = max(drawn, key=lambda i: val[i])
        shown += val[best] / repeats
        true += test[best] / repeats
    return float(shown), float(true)


def winners_curse_all_at_once(val, test, k, *, rng, repeats=200):
    if not 1 <= k <= len(val) or repeats < 1:
        raise ValueError("k or repeats is out of range")
    drawn = rng.random((repeats, len(val))).argsort(axis=1)[:, :k]
    best = drawn[np.arange(repeats), val[drawn].argmax(axis=1)]
    return float(np.mean(val[best])), float(np.mean(test[best]))


def winners_curse_masked(val, test, k, *, rng, repeats=200):
    if not 1 <= k <= len(val) or repeats < 1:
        raise ValueError("k or repeats is out of range")
    pairs = list(zip(val.tolist(), test.tolist(), strict=True))
    winners = []
    for _ in range(repeats):
        order = np.arange(len(pairs))
        rng.shuffle(order)
        winners.append(max((pairs[i] for i in order[:k]), key=lambda pair: pair[0]))
    shown, true = np.mean(winners, axis=0)
    return float(shown), float(true)


# mean_difference


def mean_difference_covariance(a, b, *, paired):
    n, m = len(a), len(b)
    if n < 2 or m < 2 or (paired and n != m):
        raise ValueError("too few scores, or pairs that are none")
    variance = a.var(ddof=1) / n + b.var(ddof=1) / m
    if paired:
        variance = max(0.0, variance - 2 * np.cov(a, b)[0, 1] / n)
    return float(np.mean(a) - np.mean(b)), float(variance**0.5)


def mean_difference_loops(a, b, *, paired):
    if len(a) < 2 or len(b) < 2 or (paired and len(a) != len(b)):
        raise ValueError("too few scores, or pairs that are none")

    def squared_error(values):
        n = len(values)
        mean = sum(values) / n
        return sum((v - mean) ** 2 for v in values) / (n - 1) / n

    if paired:
        d = [x - y for x, y in zip(a, b, strict=True)]
        return float(sum(d) / len(d)), math.sqrt(squared_error(d))
    error = math.hypot(math.sqrt(squared_error(a)), math.sqrt(squared_error(b)))
    return float(sum(a) / len(a) - sum(b) / len(b)), error


# successive_halving


def successive_halving_indices(trials, evaluate, *, rungs, eta=3):
    rungs = list(rungs)
    rising = all(a < b for a, b in zip([0, *rungs], rungs, strict=False))
    if not trials or not rungs or eta < 2 or not rising:
        raise ValueError("no ladder")
    alive, spent, last = list(range(len(trials))), 0, 0
    for k, rung in enumerate(rungs):
        scores = {}
        for i in alive:
            spent += rung - last
            score = evaluate(trials[i], rung)
            scores[i] = -math.inf if math.isnan(score) else score
        alive.sort(key=lambda i: -scores[i])
        if k < len(rungs) - 1:
            alive = alive[: max(1, len(alive) // eta)]
        last = rung
    return trials[alive[0]], spent


def successive_halving_recursion(trials, evaluate, *, rungs, eta=3, before=0):
    if not len(trials) or not len(rungs) or eta < 2 or rungs[0] <= before:
        raise ValueError("no ladder")
    if any(b <= a for a, b in pairwise(rungs)):
        raise ValueError("no ladder")
    cost = len(trials) * (rungs[0] - before)
    scores = np.array([evaluate(trial, rungs[0]) for trial in trials], float)
    order = np.argsort(-scores, kind="stable")
    if len(rungs) == 1:
        return trials[order[0]], cost
    kept = [trials[i] for i in order[: max(1, len(trials) // eta)]]
    winner, later = successive_halving_recursion(
        kept, evaluate, rungs=rungs[1:], eta=eta, before=rungs[0]
    )
    return winner, cost + later


# nested_estimate


def nested_estimate_loops(inner, outer):
    folds, candidates = inner.shape
    naive = max(sum(outer[f, c] for f in range(folds)) / folds for c in range(candidates))
    honest = 0.0
    for f in range(folds):
        best = 0
        for c in range(candidates):
            if inner[f, c] > inner[f, best]:
                best = c
        honest += outer[f, best] / folds
    return float(naive), float(honest)


def nested_estimate_index(inner, outer):
    chosen = [outer[f, int(np.argmax(row))] for f, row in enumerate(inner)]
    return float(np.max(np.mean(outer, axis=0))), float(np.mean(chosen))


def _of(name: str) -> tuple[Callable, ...]:
    return tuple(f for n, f in globals().items() if n.startswith(f"{name}_") and callable(f))


STYLES: dict[str, tuple[Callable, ...]] = {
    f"{module}.{name}": _of(name)
    for module, names in {
        "hyperparameters": (
            "log_uniform",
            "distinct_projection",
            "random_search",
            "refine_ranges",
            "edge_warning",
        ),
        "trials": ("trials_needed", "not_learning", "successive_halving"),
        "selection": ("winners_curse", "mean_difference", "nested_estimate"),
    }.items()
    for name in names
}
