"""Lecture 09's remedies, tuned over strengths and rates, beside the plain run's early stop."""

import numpy as np
import pytest

from tests.lectures.claims import prose
from utils.data import load_digits

RATES = (0.05, 0.1, 0.2, 0.4)
SETTINGS = (  # remedy, penalty, probability of dropping, share of smoothing
    ("none", 0.0, 0.0, 0.0),
    *(("L2", reg, 0.0, 0.0) for reg in (0.001, 0.003, 0.01, 0.03)),
    *(("dropout", 0.0, p_drop, 0.0) for p_drop in (0.1, 0.25, 0.5, 0.75)),
    *(("label smoothing", 0.0, 0.0, eps) for eps in (0.1, 0.3, 0.5, 0.7)),
)


def accuracies(first, seeds=5, updates=600):
    """Validation and test accuracy at the end, and both at the best validation accuracy.

    Five draws of 300 digits, a fifth of their labels wrong; all networks at once. Each of the four
    has the shape (settings, rates, seeds).
    """
    digits, rng = load_digits(), np.random.default_rng(first)
    rows = np.stack([rng.permutation(len(digits.x_train))[:300] for _ in range(seeds)])
    x, y = digits.x_train[rows].astype(np.float32), digits.y_train[rows]
    y[:, :60] = (y[:, :60] + rng.integers(1, 10, (seeds, 60))) % 10
    strengths = np.array([each[1:] for each in SETTINGS], np.float32).T
    reg, drop, eps = strengths.reshape(3, -1, 1, 1, 1, 1)
    lr = np.array(RATES, np.float32).reshape(-1, 1, 1, 1)
    shape = (len(SETTINGS), len(RATES), seeds)
    w1 = np.broadcast_to(rng.standard_normal((seeds, 64, 50)) / 5.7, (*shape, 64, 50))
    w2 = np.broadcast_to(rng.standard_normal((seeds, 50, 10)) / 5, (*shape, 50, 10))
    w1, w2 = w1.astype(np.float32), w2.astype(np.float32)
    b1, b2 = np.zeros((*shape, 1, 50), np.float32), np.zeros((*shape, 1, 10), np.float32)
    val = test = best_val = at_best = np.zeros(shape)
    for update in range(1, updates + 1):
        batch = np.arange(seeds)[:, None], rng.integers(300, size=(seeds, 25))
        targets = (1 - eps) * np.eye(10, dtype=np.float32)[y[batch]] + eps / 10
        z = x[batch] @ w1 + b1
        mask = (rng.random((seeds, 25, 50), np.float32) >= drop) / (1 - drop)
        h = np.maximum(0, z) * mask
        scores = h @ w2 + b2
        p = np.exp(scores - scores.max(axis=-1, keepdims=True))
        dscores = (p / p.sum(axis=-1, keepdims=True) - targets) / 25
        dz = dscores @ w2.swapaxes(-1, -2) * mask * (z > 0)
        w2 = w2 - lr * (h.swapaxes(-1, -2) @ dscores + reg * w2)
        b2 = b2 - lr * dscores.sum(axis=-2, keepdims=True)
        w1 = w1 - lr * (x[batch].swapaxes(-1, -2) @ dz + reg * w1)
        b1 = b1 - lr * dz.sum(axis=-2, keepdims=True)
        if update % 40 == 0:
            val, test = (
                np.mean((np.maximum(0, part @ w1 + b1) @ w2 + b2).argmax(axis=-1) == labels, -1)
                for part, labels in (
                    (digits.x_val.astype(np.float32), digits.y_val),
                    (digits.x_test.astype(np.float32), digits.y_test),
                )
            )
            at_best = np.where(val > best_val, test, at_best)
            best_val = np.maximum(best_val, val)
    return val, test, best_val, at_best


@pytest.mark.slow
def test_tuned_remedies_and_the_early_stop():
    """Strength, rate and stop are chosen by validation; the gain is measured on the test set."""
    assert "between one point below the early stop and two above it" in prose("09_regularization")
    gains = {"L2": [], "dropout": [], "label smoothing": []}
    for first in (5, 6, 7):
        val, test, best_val, at_best = accuracies(first)
        stopped = at_best[0, best_val[0].mean(axis=-1).argmax()].mean()
        for name, found in gains.items():
            rows = [n for n, setting in enumerate(SETTINGS) if setting[0] == name]
            best = val[rows].mean(axis=-1)
            row, rate = np.unravel_index(best.argmax(), best.shape)
            found.append(test[rows][row, rate].mean() - stopped)
    for name, found in gains.items():
        assert -0.015 < min(found) and max(found) < 0.022, name
