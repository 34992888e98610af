"""Wrong answers to lecture 09 that others have written, each with the name it should get."""

import numpy as np


def squares_as_they_are(w, *, l1, l2):
    return (l1 * np.abs(w)).sum() + (l2 * np.power(w, 2)).sum(), l1 * np.sign(w) + 2 * l2 * w


def value_and_slope_of_two_texts(w, *, l1, l2):
    return l1 * np.abs(w).sum() + l2 * np.sum(w * w), l2 * w + l1 * np.sign(w)


def no_floor(w, t):
    return np.sign(w) * (np.abs(w) - t)


def killed(w, t):
    return w * (np.abs(w) > t)


def renormed_along_axis_0(w, *, limit):
    """What a framework does that stores a layer the other way round."""
    out = w.copy()
    for row in out:
        length = np.linalg.norm(row)
        if length > limit:
            row *= limit / length
    return out


def one_norm(w, *, limit):
    return w * min(1.0, float(limit / np.linalg.norm(w)))


def _labels(scores, y):
    if len(y) != len(scores) or y.min() < 0 or y.max() >= scores.shape[1]:
        raise ValueError("labels")


def hinge_with_the_right_class(scores, y, *, margin=1.0):
    _labels(scores, y)
    rows = np.arange(len(y))
    terms = scores - scores[rows, y][:, None] + margin
    terms[terms < 0] = 0
    active = (terms > 0).astype(scores.dtype)
    active[rows, y] = 0
    active[rows, y] = -active.sum(axis=1)
    return terms.sum() / len(y), active / len(y)


def hinge_without_the_mean(scores, y, *, margin=1.0):
    _labels(scores, y)
    loss, dscores = 0.0, np.zeros_like(scores)
    for i, right in enumerate(y):
        for j in range(scores.shape[1]):
            term = scores[i, j] - scores[i, right] + margin
            if j != right and term > 0:
                loss += term
                dscores[i, j] += 1
                dscores[i, right] -= 1
    return loss, dscores


def two_class_recipe(y, n_classes, *, eps=0.1):
    if not 0 <= eps <= 1 or (y < 0).any() or (y >= n_classes).any():
        raise ValueError("labels or eps")
    return np.eye(n_classes)[y] * (1 - eps) + 0.5 * eps


def shared_by_the_others(y, n_classes, *, eps=0.1):
    if not 0 <= eps <= 1 or (y < 0).any() or (y >= n_classes).any():
        raise ValueError("labels or eps")
    rows = np.full((len(y), n_classes), eps / (n_classes - 1))
    rows[np.arange(len(y)), y] = 1 - eps
    return rows


ELSEWHERE = {
    "losses.elastic_net_penalty": (
        ("the square without its one half", squares_as_they_are),
        ("the one half lost in the value", value_and_slope_of_two_texts),
    ),
    "regularization.soft_threshold": (
        ("a step of the gradient", no_floor),
        ("keep or kill", killed),
    ),
    "regularization.max_norm": (
        ("the draft as it was", renormed_along_axis_0),
        ("one length for the whole layer", one_norm),
    ),
    "losses.hinge_loss": (
        ("the right class counted", hinge_with_the_right_class),
        ("a sum over the examples", hinge_without_the_mean),
    ),
    "losses.smooth_labels": (
        ("the recipe for two classes", two_class_recipe),
        ("shared by the wrong classes only", shared_by_the_others),
    ),
}
