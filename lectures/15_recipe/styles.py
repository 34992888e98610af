"""Lecture 15, solved in other ways. All of them are right."""

import math
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np

from utils.babysitting import overfit_tiny
from utils.optimizers import nesterov_step
from utils.recipe import Recipe, fit_preparation, shift_calls
from utils.schedules import cosine_decay, linear_decay

# data_report


def data_report_all_pairs(x, y, x_val, classes):
    rows, rows_val = x.reshape(len(x), -1), x_val.reshape(len(x_val), -1)
    sounds = (rows != 0).any(axis=1)
    if sounds.sum() < 2:
        raise ValueError("too few recordings that are not silent")
    equal = (rows_val[:, None, :] == rows[None, sounds, :]).all(axis=2)
    norms = np.sort(np.sqrt((rows[sounds] ** 2).sum(axis=1)))
    return {
        "constant": int(np.count_nonzero(np.ptp(rows, axis=0) == 0)),
        "silent": int((~sounds).sum()),
        "copies": np.flatnonzero(equal.any(axis=1)),
        "counts": np.array([(y == k).sum() for k in range(classes)]),
        "scale_gap": float(np.max(norms[1:] / norms[:-1])),
    }


def data_report_loops(x, y, x_val, classes):
    flat = [[float(v) for v in row.ravel()] for row in x]
    sounding = [row for row in flat if any(row)]
    if len(sounding) < 2:
        raise ValueError("too few recordings that are not silent")
    known = {tuple(row) for row in sounding}
    norms = sorted(math.sqrt(sum(v * v for v in row)) for row in sounding)
    counts = np.zeros(classes, int)
    for label in y:
        counts[label] += 1
    return {
        "constant": sum(len(set(column)) == 1 for column in zip(*flat, strict=True)),
        "silent": len(flat) - len(sounding),
        "copies": np.array(
            [i for i, row in enumerate(x_val) if tuple(float(v) for v in row.ravel()) in known], int
        ),
        "counts": counts,
        "scale_gap": max(b / a for a, b in pairwise(norms)),
    }


# fit_preparation


def fit_preparation_rows(x):
    def scaled(x):
        rows = x.reshape(len(x), -1)
        size = np.linalg.norm(rows, axis=1) / math.sqrt(rows.shape[1])
        size[size == 0] = 1
        return (rows / size[:, None].astype(x.dtype)).reshape(x.shape)

    mean = scaled(x).mean(axis=0)

    def prepare(new):
        return (scaled(new) - mean).astype(new.dtype)

    return prepare


def fit_preparation_loop(x):
    def one(example):
        size = float(np.sqrt(np.mean(np.square(example))))
        return example / size if size > 0 else np.zeros_like(example)

    mean = sum(one(example) for example in x) / len(x)
    return lambda new: np.stack([one(example) - mean for example in new]).astype(new.dtype)


# knn_predict


def knn_predict_loop(x_train, y_train, x, *, k=15):
    if k < 1 or k > len(x_train):
        raise ValueError("k is out of its range")
    found = []
    for example in x:
        order = np.argsort(((x_train - example) ** 2).sum(axis=1), kind="stable")[:k]
        votes = np.bincount(y_train[order])
        found.append(next(y for y in y_train[order] if votes[y] == votes.max()))
    return np.array(found, y_train.dtype)


def knn_predict_one_hot(x_train, y_train, x, *, k=15):
    if not 0 < k <= len(x_train):
        raise ValueError("k is out of its range")
    away = np.linalg.norm(x_train[None] - x[:, None], axis=2)
    order = np.argsort(away, axis=1, kind="stable")[:, :k]
    hot = (y_train[order][:, :, None] == np.arange(y_train.max() + 1)).astype(float)
    # The nearer voter of two equal classes decides: its vote weighs a trifle more.
    weights = 1 + 1e-6 * 0.5 ** np.arange(k)
    return (hot * weights[:, None]).sum(axis=1).argmax(axis=1).astype(y_train.dtype)


# gates


def gates_short(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    def last(x, y):
        return float(overfit_tiny(net, x, y, lr=lr, epochs=steps)[0][-1])

    first = net.loss(x, y, train=False)[0]
    rows, labels = x[20:40], y[20:40]
    return {
        "first loss": float(first) / math.log(net.scores(x[:1]).shape[1]),
        "penalty": float(net.loss(x, y, reg=reg, train=False)[0] - first),
        "twenty": last(x[:20], y[:20]),
        "uses its input": last(0 * rows, labels) - last(rows, labels),
    }


def gates_by_copies(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    def trained(x, y):
        twin, loss = net.copy(), math.inf
        for _ in range(steps):
            loss, grads = twin.loss(x, y)
            twin.params = {k: w - lr * grads[k] for k, w in twin.params.items()}
        return float(loss)

    classes = net.scores(x[:1]).shape[1]
    plain, penalised = (float(net.loss(x, y, reg=r, train=False)[0]) for r in (0.0, reg))
    seen = {"first loss": plain / math.log(classes), "penalty": penalised - plain}
    seen["twenty"] = trained(x[:20], y[:20])
    blind = trained(np.zeros_like(x[20:40]), y[20:40])
    seen["uses its input"] = blind - trained(x[20:40], y[20:40])
    return seen


# softmax_floor


def softmax_floor_fraction(classes):
    if classes < 2:
        raise ValueError("one class is no choice")
    return -math.log(math.e / (math.e + classes - 1))


def softmax_floor_softmax(classes):
    if classes <= 1:
        raise ValueError("one class is no choice")
    best = np.zeros(classes)
    best[0] = 1
    return float(np.log(np.exp(best - 1).sum()))


# audit


def audit_rules(config):
    lrs = sorted(config.get("lrs", []))
    rules = {
        "rate at the edge": bool(lrs) and config.get("lr", math.nan) in (lrs[0], lrs[-1]),
        "chosen where reported": "chosen_on" in config
        and config["chosen_on"] == config.get("reported_on", object()),
        "leak": any(part != "train" for part in config.get("fitted_on", [])),
        "one seed": config.get("seeds", math.inf) < 3,
    }
    return [name for name, broken in rules.items() if broken]


def audit_steps(config):
    found = []
    if {"lr", "lrs"} <= config.keys():
        lower = [lr for lr in config["lrs"] if lr < config["lr"]]
        higher = [lr for lr in config["lrs"] if lr > config["lr"]]
        if not (lower and higher):
            found += ["rate at the edge"]
    if {"chosen_on", "reported_on"} <= config.keys():
        if config["chosen_on"] == config["reported_on"]:
            found += ["chosen where reported"]
    if "fitted_on" in config and set(config["fitted_on"]) != {"train"}:
        found += ["leak"]
    if "seeds" in config and config["seeds"] <= 2:
        found += ["one seed"]
    return found


# shift_calls


def shift_calls_roll(x, *, frames=4, bands=1, rng):
    out = np.empty_like(x)
    for n, recording in enumerate(x):
        down = int(rng.integers(-bands, bands + 1))
        right = int(rng.integers(-frames, frames + 1))
        out[n] = np.roll(recording, (down, right), axis=(0, 1))
    return out


def shift_calls_two_steps(x, *, frames=4, bands=1, rng):
    right = rng.choice(np.arange(-frames, frames + 1), len(x))
    down = rng.choice(np.arange(-bands, bands + 1), len(x))
    columns = (np.arange(x.shape[2]) + right[:, None]) % x.shape[2]
    out = np.take_along_axis(x, columns[:, None, :], axis=2)
    rows = (np.arange(x.shape[1]) + down[:, None]) % x.shape[1]
    return np.take_along_axis(out, rows[:, :, None], axis=1)


# my_recipe


def _good(**changed):
    return Recipe(
        **{
            "prepare": fit_preparation,
            "augment": shift_calls,
            "hidden": (128,),
            "lr": 0.1,
            "schedule": partial(cosine_decay, lr0=1.0, total=1.0),
            "reg": 3e-3,
        }
        | changed
    )


def my_recipe_nesterov():
    return _good(step=nesterov_step, schedule=lambda share: linear_decay(share, lr0=1.0, total=1.0))


def my_recipe_own_hooks():
    def prepare(x_train):
        inner = fit_preparation(x_train)
        return lambda x: inner(x).astype(np.float32)

    def augment(x, rng):
        return shift_calls(x, frames=3, bands=1, rng=rng)

    return replace(_good(), prepare=prepare, augment=augment)


STYLES = {
    "recipe.data_report": (data_report_all_pairs, data_report_loops),
    "recipe.fit_preparation": (fit_preparation_rows, fit_preparation_loop),
    "recipe.knn_predict": (knn_predict_loop, knn_predict_one_hot),
    "recipe.gates": (gates_short, gates_by_copies),
    "recipe.softmax_floor": (softmax_floor_fraction, softmax_floor_softmax),
    "recipe.audit": (audit_rules, audit_steps),
    "recipe.shift_calls": (shift_calls_roll, shift_calls_two_steps),
    "recipe.my_recipe": (my_recipe_nesterov, my_recipe_own_hooks),
}
