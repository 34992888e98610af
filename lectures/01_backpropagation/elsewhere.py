"""Wrong answers to lecture 01 that others have written, each with the name it should get."""

import numpy as np

from utils.losses import softmax_loss


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


ELSEWHERE = {
    "losses.softmax_loss": (
        ("a small number inside the logarithm", log_of_a_little_more),
        ("every label for every example", all_columns_of_log_p),
    ),
}
