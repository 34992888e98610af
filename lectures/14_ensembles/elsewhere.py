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


def _combined(scores, how, judge):
    """As the text says, but that a tie is settled by ``judge``, a row of K for each example."""
    if how != "votes":
        return _softmax(scores).mean(axis=0) if how == "probs" else _softmax(scores.mean(axis=0))
    k, rows = scores.shape[2], []
    for labels, row in zip(scores.argmax(axis=2).T, judge, strict=True):
        count = np.bincount(labels, minlength=k)
        best = max(np.flatnonzero(count == count.max()), key=lambda c, row=row: row[c])
        rows.append(np.eye(k, dtype=scores.dtype)[best])
    return np.stack(rows)


def combine_by_mean_scores(scores, how="probs"):
    return _combined(scores, how, scores.mean(axis=0))


def combine_by_the_surest(scores, how="probs"):
    return _combined(scores, how, _softmax(scores).max(axis=0))


def combine_always_so(scores, how="probs"):
    return _softmax(scores).mean(axis=0)


def combine_normalised_again(scores, how="probs"):
    mean = _combined(scores, how, _softmax(scores).mean(axis=0))
    return _softmax(mean) if how == "probs" else mean


def combine_by_sums(scores, how="probs"):
    if how == "logits":
        return _softmax(scores.sum(axis=0))
    return _combined(scores, how, _softmax(scores).mean(axis=0))


def _log_loss(scores, y, t):
    scaled = scores / t - (scores / t).max(axis=1, keepdims=True)
    log_p = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()


def temperature_by_squares(scores, y, temperatures):
    right = np.eye(scores.shape[1])[y]
    return min(temperatures, key=lambda t: ((_softmax(scores / t) - right) ** 2).mean())


def temperature_by_confidence(scores, y, temperatures):
    def gap(t):
        p = _softmax(scores / t)
        return abs(p.max(axis=1).mean() - (p.argmax(axis=1) == y).mean())

    return min(temperatures, key=gap)


def temperature_on_probabilities(scores, y, temperatures):
    right = np.maximum(_softmax(scores), 1e-300)[np.arange(len(y)), y]
    return min(temperatures, key=lambda t: -np.log(right / t).mean())


def temperature_by_mean_probability(scores, y, temperatures):
    rows = np.arange(len(y))
    return max(temperatures, key=lambda t: _softmax(scores / t)[rows, y].mean())


def temperature_down_the_columns(scores, y, temperatures):
    def loss(t):
        p = _softmax(scores.T / t).T
        return -np.log(np.maximum(p[np.arange(len(y)), y], 1e-300)).mean()

    return min(temperatures, key=loss)


def _shares_by(powers, t, decay, start):
    """Shares of w_1 to w_t with these powers of decay; the rest as the text says."""
    shares = np.zeros(t + 1)
    shares[1:] = (1 - decay) * decay**powers
    shares[0] = decay**t if start == "initial" else 0
    return shares / (1 - decay**t) if start == "corrected" else shares


def shares_by_k(t, *, decay=0.995, start="corrected"):
    return _shares_by(np.arange(1.0, t + 1), t, decay, start)


def shares_from_one(t, *, decay=0.995, start="corrected"):
    shares = _shares_by(np.arange(t - 1.0, -1, -1), t, decay, start)
    shares[1:] /= 1 - decay
    return shares


def start_without_share(t, *, decay=0.995, start="corrected"):
    shares = _shares_by(np.arange(t - 1.0, -1, -1), t, decay, start)
    shares[0] = 0
    return shares


def start_with_share_one(t, *, decay=0.995, start="corrected"):
    shares = _shares_by(np.arange(t - 1.0, -1, -1), t, decay, start)
    shares[0] = start == "initial"
    return shares


def shares_uncorrected(t, *, decay=0.995, start="corrected"):
    start = "zero" if start == "corrected" else start
    return _shares_by(np.arange(t - 1.0, -1, -1), t, decay, start)


def shares_multiplied(t, *, decay=0.995, start="corrected"):
    shares = shares_uncorrected(t, decay=decay, start=start)
    return shares * (1 - decay**t) if start == "corrected" else shares


def shares_always_corrected(t, *, decay=0.995, start="corrected"):
    return _shares_by(np.arange(t - 1.0, -1, -1), t, decay, "corrected")


def shares_reversed(t, *, decay=0.995, start="corrected"):
    return _shares_by(np.arange(t - 1.0, -1, -1), t, decay, start)[::-1].copy()


def _covariances(sd, corr, m, pairs, power=2):
    """The root of m variances and so many covariances, divided by a power of m."""
    return float(np.sqrt((m * sd**2 + pairs * corr * sd**2) / float(m) ** power))


def pairs_once(sd, corr, m):
    return _covariances(sd, corr, m, m * (m - 1) / 2)


def m_pairs(sd, corr, m):
    return _covariances(sd, corr, m, m)


def pairs_without_unit(sd, corr, m):
    return float(np.sqrt((m * sd**2 + m * (m - 1) * corr) / float(m) ** 2))


def shares_the_other_way(sd, corr, m):
    return sd * float(np.sqrt((1 - corr) + corr / m))


def root_of_sd(sd, corr, m):
    return float(np.sqrt(sd * (corr + (1 - corr) / m)))


def shares_without_root(sd, corr, m):
    return sd * (corr + (1 - corr) / m)


def one_power_of_m(sd, corr, m):
    return _covariances(sd, corr, m, m * (m - 1), power=1)


def sd_over_m(sd, corr, m):
    return sd / m


def temperature_index(scores, y, temperatures):
    return int(np.argmin([_log_loss(scores, y, t) for t in temperatures]))


def temperature_at_most(scores, y, temperatures):
    """``<=`` in the place of ``<``."""
    best, lowest = None, np.inf
    for t in temperatures:
        if (loss := _log_loss(scores, y, t)) <= lowest:
            best, lowest = t, loss
    return best


def temperature_sorted(scores, y, temperatures):
    return min(sorted(temperatures), key=lambda t: _log_loss(scores, y, t))


ELSEWHERE = {
    "ensembles.combine": (
        ("a tie goes to the first class", combine_mode),
        ("a tie settled by the mean scores", combine_by_mean_scores),
        ("a tie settled by the surest network", combine_by_the_surest),
        ("one way for all three", combine_always_so),
        ("softmax twice", combine_normalised_again),
        ("the scores summed", combine_by_sums),
    ),
    "averaging.ema_weights": (
        ("the powers counted from the start", shares_by_k),
        ("every point enters whole", shares_from_one),
        ("the start forgotten", start_without_share),
        ("the start keeps its whole share", start_with_share_one),
        ("never corrected", shares_uncorrected),
        ("multiplied by the share", shares_multiplied),
        ("one way for all three starts", shares_always_corrected),
        ("newest first", shares_reversed),
    ),
    "ensembles.ensemble_sd": (
        ("each pair counted once", pairs_once),
        ("as many covariances as numbers", m_pairs),
        ("the correlation for the covariance", pairs_without_unit),
        ("what is shared shrinks", shares_the_other_way),
        ("the square root of a standard deviation", root_of_sd),
        ("no root of the shares", shares_without_root),
        ("divided by m once", one_power_of_m),
        ("divided by m alone", sd_over_m),
    ),
    "calibration.fit_temperature": (
        ("the squared error", temperature_by_squares),
        ("by calibration", temperature_by_confidence),
        ("the probabilities divided", temperature_on_probabilities),
        ("the mean probability of the right class", temperature_by_mean_probability),
        ("softmax down the columns", temperature_down_the_columns),
        ("the place in the list", temperature_index),
        ("the last of equal ones", temperature_at_most),
        ("the smallest of equal ones", temperature_sorted),
    ),
    "averaging.ema_step": (
        ("the first point is the start", ema_shadow),
        ("from zero", ema_never_corrected),
    ),
    "calibration.expected_calibration_error": (("upper edges", ece_upper_edges),),
    "averaging.early_stopping_step": (("as good is better", stopping_counter),),
}
