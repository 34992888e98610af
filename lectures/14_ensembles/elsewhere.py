"""Wrong answers to lecture 14 that others have written, each with the name it should get."""

from itertools import pairwise

import numpy as np


def _softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def combine_mode(scores, how="probs"):
    """The vote as the most frequent label, which a statistics library gives: ties to the lowest."""
    if how != "votes":
        return _softmax(scores).mean(axis=0) if how == "probs" else _softmax(scores.mean(axis=0))
    labels, k = scores.argmax(axis=2), scores.shape[2]
    counts = np.apply_along_axis(np.bincount, 0, labels, minlength=k)
    return np.eye(k, dtype=scores.dtype)[counts.argmax(axis=0)]


def ema_shadow(w, state, *, decay=0.995):
    """The shadow copy of many training scripts: it begins as the first weights it sees."""
    if not 0 <= decay < 1:
        raise ValueError("decay")
    if state is None:
        return w.copy(), (w.copy(), 1)
    shadow = state[0] - (1 - decay) * (state[0] - w)
    return shadow, (shadow, state[1] + 1)


def ema_never_corrected(w, state, *, decay=0.995):
    if not 0 <= decay < 1:
        raise ValueError("decay")
    shadow, t = (np.zeros_like(w), 0) if state is None else state
    shadow = decay * shadow + (1 - decay) * w
    return shadow, (shadow, t + 1)


def ece_upper_edges(probs, y, *, bins=10):
    """Bins that hold their upper edge, as in the best-known script for temperature scaling."""
    sure, right = probs.max(axis=1), probs.argmax(axis=1) == y
    edges, ece = np.linspace(0, 1, bins + 1), 0.0
    for low, high in pairwise(edges):
        inside = (sure > low) & (sure <= high)
        if inside.any():
            ece += abs(sure[inside].mean() - right[inside].mean()) * inside.mean()
    return float(ece)


def stopping_counter(score, state, *, patience, min_delta=0.0):
    """A counter that only a score of at least the best plus the margin sets back."""
    if patience < 1:
        raise ValueError("patience")
    best, best_epoch, epoch = (-np.inf, 0, 0) if state is None else state
    epoch += 1
    if not np.isnan(score) and score - best >= min_delta:
        best, best_epoch = score, epoch
    return epoch - best_epoch >= patience, (best, best_epoch, epoch)


ELSEWHERE = {
    "ensembles.combine": (("a tie goes to the first class", combine_mode),),
    "averaging.ema_step": (
        ("the first point is the start", ema_shadow),
        ("from zero", ema_never_corrected),
    ),
    "calibration.expected_calibration_error": (("upper edges", ece_upper_edges),),
    "averaging.early_stopping_step": (("as good is better", stopping_counter),),
}
