"""Wrong answers to lecture 01 that others have written, each with the name it should get."""

import numpy as np

from utils.losses import softmax_loss
from utils.networks import boolean_inputs


def log_of_a_little_more(scores, y):
    """Several books and their readers."""
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    loss = -np.log(p[rows, y] + 1e-7).mean()
    p[rows, y] -= 1
    return loss, p / len(y)


def all_columns_of_log_p(scores, y):
    """``log_p[:, y]`` in the place of ``log_p[rows, y]``."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[:, y].mean(), softmax_loss(scores, y)[1]


def exponentials_of_the_scores(scores, y):
    """log p by the rule for quotients, without the maximum: right until a sum overflows."""
    _refuse(scores, y)
    with np.errstate(all="ignore"):
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return _loss_and_gradient(log_p, y)


def columns_for_rows(scores, y):
    _refuse(scores, y)
    shifted = scores - scores.max(axis=0)
    return _loss_and_gradient(shifted - np.log(np.exp(shifted).sum(axis=0)), y)


def mean_of_a_table(scores, y):
    loss, gradient = softmax_loss(scores, y)
    return loss / scores.shape[1], gradient / scores.shape[1]


def _refuse(scores, y):
    n, k = scores.shape
    if len(y) != n or y.min() < 0 or y.max() >= k:
        raise ValueError("labels")


def _loss_and_gradient(log_p, y):
    rows = np.arange(len(y))
    gradient = np.exp(log_p)
    gradient[rows, y] -= 1
    return float(-log_p[rows, y].mean()), gradient / len(y)


def _of_rows(truth_table):
    n = len(truth_table).bit_length() - 1
    if 2**n != len(truth_table):
        raise ValueError("length")
    return n, np.flatnonzero(truth_table)


def _ands(rows, b1, b2=-0.5):
    ones = np.ones((len(rows), 1))
    return {"w1": (2.0 * rows - 1).T, "b1": b1, "w2": ones, "b2": np.array([b2])}


def first_bit_lowest(truth_table):
    """Bits by shifting to the right, the lowest first."""
    n, found = _of_rows(truth_table)
    rows = np.array([[i >> k & 1 for k in range(n)] for i in found], float).reshape(-1, n)
    return _ands(rows, 0.5 - rows.sum(axis=1))


def threshold_at_n(truth_table):
    """An AND of n literals needs all n: the text's ``m - 1/2`` with n for m."""
    n, found = _of_rows(truth_table)
    rows = boolean_inputs(n)[found].astype(float)
    return _ands(rows, np.full(len(rows), 0.5 - n))


def output_border_at_one(truth_table):
    """``b2 = -1``: a single hidden unit brings the output exactly to 0."""
    n, found = _of_rows(truth_table)
    rows = boolean_inputs(n)[found].astype(float)
    return _ands(rows, 0.5 - rows.sum(axis=1), b2=-1.0)


def moved_flat(f, x, h=1e-5):
    point, gradient = x.astype(float).ravel(), np.zeros(x.size)
    for i in range(x.size):
        step = np.zeros(x.size)
        step[i] = h
        gradient[i] = (f(point + step) - f(point - step)) / (2 * h)
    return gradient.reshape(x.shape).astype(x.dtype)


def _each_entry(quotient, f, x, h):
    point, gradient = x.astype(float), np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = 1
        gradient[i] = quotient(lambda s, step=step: f(point + s * step), h)
    return gradient.astype(x.dtype)


def from_below(f, x, h=1e-5):
    return _each_entry(lambda g, h: (g(0) - g(-h)) / h, f, x, h)


def minus_before_plus(f, x, h=1e-5):
    return _each_entry(lambda g, h: (g(-h) - g(h)) / (2 * h), f, x, h)


def always_the_usual_step(f, x, h=1e-5):
    return _each_entry(lambda g, h: (g(h) - g(-h)) / (2 * h), f, x, 1e-5)


def half_to_each_side(f, x, h=1e-5):
    return _each_entry(lambda g, h: (g(h / 2) - g(-h / 2)) / h, f, x, h)


ELSEWHERE = {
    "networks.dnf_net": (
        ("the bits from the right", first_bit_lowest),
        ("the inputs counted, not the ones", threshold_at_n),
        ("exactly zero does not fire", output_border_at_one),
    ),
    "gradients.numerical_gradient": (
        ("flat arrays for f", moved_flat),
        ("backward differences", from_below),
        ("the sign turned", minus_before_plus),
        ("a step of its own", always_the_usual_step),
        ("half a step", half_to_each_side),
    ),
    "losses.softmax_loss": (
        ("a small number inside the logarithm", log_of_a_little_more),
        ("every label for every example", all_columns_of_log_p),
        ("overflow in the logarithm of the sum", exponentials_of_the_scores),
        ("softmax down the columns", columns_for_rows),
        ("averaged over the classes, too", mean_of_a_table),
    ),
}
