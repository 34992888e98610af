"""Right solutions of lecture 12 in other styles: none of them may be rejected."""

import copy
import math
from collections.abc import Callable

import numpy as np


def init_with_normal(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    return dict(
        w1=rng.normal(0, scale, size=(input_size, hidden_size)),
        b1=np.zeros((hidden_size,)),
        w2=rng.normal(0, scale, size=(hidden_size, output_size)),
        b2=np.zeros((output_size,)),
    )


def init_layer_by_layer(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    params = {}
    sizes = [input_size, hidden_size, output_size]
    for layer in (2, 1):  # the order of the draws does not matter
        w = np.empty((sizes[layer - 1], sizes[layer]))
        for row in range(len(w)):
            w[row] = rng.standard_normal(sizes[layer]) * scale
        params[f"w{layer}"] = w
        params[f"b{layer}"] = 0.0 * w[0]
    return params


def initial_loss_from_scores(num_classes, kind="softmax"):
    if kind not in ("softmax", "hinge"):
        raise ValueError(f"kind {kind!r}")
    if num_classes <= 1:
        raise ValueError(f"{num_classes} classes")
    scores = np.zeros(num_classes)
    if kind == "hinge":
        return float(np.maximum(0, scores[1:] - scores[0] + 1).sum())
    probs = np.exp(scores) / np.exp(scores).sum()
    return -np.log(probs[0])


def initial_loss_early_return(num_classes, kind="softmax"):
    if num_classes >= 2:
        if kind == "softmax":
            return -math.log(1 / num_classes)
        if kind == "hinge":
            return num_classes - 1
    raise ValueError(f"no loss for {num_classes} classes and {kind!r}")


def regularized_by_parts(num_classes, num_weights, *, scale, reg):
    data_loss = -np.log(1.0 / num_classes)
    sum_of_squares = num_weights * np.square(scale)
    return data_loss + reg * sum_of_squares / 2


def regularized_by_variance(num_classes, num_weights, *, scale, reg):
    variance = pow(scale, 2)
    return float(np.log(num_classes) + num_weights * (0.5 * reg * variance))


def overfit_with_lists(model, x, y, *, lr, epochs=200):
    twin = copy.deepcopy(model)
    losses, accuracies = [], []
    for _ in range(epochs):
        loss, grads = twin.loss(x, y)
        losses.append(loss)
        for name in twin.params:
            twin.params[name] = twin.params[name] - lr * grads[name]
        predicted = np.argmax(twin.scores(x), axis=1)
        accuracies.append(np.mean(predicted == y))
    return np.array(losses), np.array(accuracies)


def overfit_in_a_copy_in_place(model, x, y, *, lr, epochs=200):
    model = copy.deepcopy(model)
    losses, accuracies = np.empty(epochs), np.empty(epochs)
    for t in range(epochs):
        losses[t], grads = model.loss(x, y)
        for name, gradient in grads.items():
            model.params[name] -= lr * gradient
        right = 0
        for row, label in zip(model.scores(x), y, strict=True):
            right += int(np.argmax(row) == label)
        accuracies[t] = right / len(y)
    return losses, accuracies


def is_flat_loops(losses, *, rel_tol=1e-3):
    low = high = losses[0]
    for loss in losses:
        if math.isnan(loss) or math.isinf(loss):
            return False
        low, high = min(low, loss), max(high, loss)
    return bool(high - low <= rel_tol * abs(losses[0]))


def is_flat_ptp(losses, *, rel_tol=1e-3):
    if np.any(~np.isfinite(losses)):
        return False
    return np.ptp(losses) / np.abs(losses[0]) <= rel_tol


def loss_accuracy_loops(scores, y):
    loss, right = 0.0, 0
    for row, label in zip(scores, y, strict=True):
        largest = max(row)
        total = sum(math.exp(s - largest) for s in row)
        loss -= row[label] - largest - math.log(total)
        right += int(list(row).index(largest) == label)
    return float(loss / len(y)), right / len(y)


def loss_accuracy_logaddexp(scores, y):
    chosen = np.take_along_axis(scores, y[:, None], axis=1)[:, 0]
    loss = np.mean(np.logaddexp.reduce(scores, axis=1) - chosen)
    return loss, np.mean(np.argmax(scores, axis=-1) == y)


def explodes_vectorised(losses, *, factor=3.0):
    bad = ~(losses <= factor * losses[0]) | ~np.isfinite(losses)
    return int(np.argmax(bad)) + 1 if bad.any() else None


def explodes_next(losses, *, factor=3.0):
    first = losses[0]
    return next(
        (
            i
            for i, loss in enumerate(losses, 1)
            if math.isnan(loss) or math.isinf(loss) or loss > factor * first
        ),
        None,
    )


def verdict_by_itself(losses, *, rel_tol=1e-3, factor=3.0):
    for loss in losses:
        if np.isnan(loss):
            return "nan"
        if np.isinf(loss) or loss > factor * losses[0]:
            return "inf"
    if len(losses) == 1:
        raise ValueError("one loss shows no movement")
    moved = max(losses) - min(losses)
    return "ok" if moved > rel_tol * losses[0] else "low"


def verdict_vectorised(losses, *, rel_tol=1e-3, factor=3.0):
    bad = losses[~(losses <= factor * losses[0])]
    if bad.size:
        return "nan" if np.isnan(bad[0]) else "inf"
    if losses.size < 2:
        raise ValueError(f"got {losses.size} losses")
    return ["ok", "low"][int(np.ptp(losses) <= rel_tol * np.abs(losses[0]))]


def range_test_loop(train_fn, lrs):
    verdicts = {}
    for lr in lrs:
        losses = np.array(train_fn(lr))
        verdicts[lr] = verdict_by_itself(losses)
    return verdicts


def range_test_zip(train_fn, lrs):
    runs = [np.array(train_fn(lr), float) for lr in lrs]
    return dict(zip(lrs, map(verdict_vectorised, runs), strict=True))


def diagnose_nested(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    if train_acc - val_acc >= big_gap:
        return "overfitting"
    elif train_acc - val_acc > small_gap:
        return "healthy"
    elif train_acc < 1 - small_gap:
        return "underfitting"
    return "healthy"


def diagnose_flags(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    wide = val_acc <= train_acc - big_gap
    none = val_acc >= train_acc - small_gap
    room = 1.0 - train_acc > small_gap
    return "overfitting" if wide else ("underfitting" if none and room else "healthy")


def ratio_roots(w, update):
    w_size, size = np.sqrt(np.sum(w**2)), np.sqrt(np.sum(update**2))
    if w_size > 0:
        return size / w_size
    return np.inf if size else 0.0


def ratio_loops(w, update):
    below = sum(float(v) ** 2 for v in w.ravel())
    above = sum(float(v) ** 2 for v in update.ravel())
    if below == 0:
        return 0.0 if above == 0 else float("inf")
    return math.sqrt(above / below)


STYLES: dict[str, tuple[Callable, ...]] = {
    "networks.init_two_layer_model": (init_with_normal, init_layer_by_layer),
    "babysitting.expected_initial_loss": (initial_loss_from_scores, initial_loss_early_return),
    "babysitting.expected_regularized_loss": (regularized_by_parts, regularized_by_variance),
    "babysitting.overfit_tiny": (overfit_with_lists, overfit_in_a_copy_in_place),
    "babysitting.is_flat": (is_flat_loops, is_flat_ptp),
    "babysitting.loss_and_accuracy": (loss_accuracy_loops, loss_accuracy_logaddexp),
    "babysitting.explodes_at": (explodes_vectorised, explodes_next),
    "babysitting.lr_verdict": (verdict_by_itself, verdict_vectorised),
    "babysitting.lr_range_test": (range_test_loop, range_test_zip),
    "babysitting.diagnose": (diagnose_nested, diagnose_flags),
    "babysitting.update_ratio": (ratio_roots, ratio_loops),
}
