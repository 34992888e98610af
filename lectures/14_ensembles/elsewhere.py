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


def _ece_by_edges(holds):
    """A loop over the bins, as in the best-known script for temperature scaling."""

    def ece(probs, y, *, bins=10):
        sure, right = probs.max(axis=1), probs.argmax(axis=1) == y
        found = 0.0
        for low, high in pairwise(np.linspace(0, 1, bins + 1)):
            inside = holds(sure, low, high)
            if inside.any():
                found += abs(sure[inside].mean() - right[inside].mean()) * inside.mean()
        return float(found)

    return ece


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


def _ece(
    bin_of=lambda c, bins, k: c * bins,
    gap=lambda c, right: abs(c.mean() - right.mean()),
    whole=lambda gaps, sizes: (gaps * sizes).sum() / sizes.sum(),
):
    """The calibration error with other bins, another distance of a bin, or another mean."""

    def ece(probs, y, *, bins=10):
        c, right = probs.max(axis=1), probs.argmax(axis=1) == y
        b = np.minimum(bin_of(c, bins, probs.shape[1]).astype(int), bins - 1)
        inside = [b == j for j in range(bins) if (b == j).any()]
        gaps = np.array([gap(c[m], right[m]) for m in inside])
        return float(whole(gaps, np.array([m.sum() for m in inside])))

    return ece


def _ranked(c, bins, k):
    return c.argsort(kind="stable").argsort(kind="stable") * bins // len(c)


def _within(c, bins, k):
    return (c - c.min()) / max(np.ptp(c), 1e-12) * bins


def ece_mean_of_nothing(probs, y, *, bins=10):
    c, right = probs.max(axis=1), probs.argmax(axis=1) == y
    b, found = np.minimum((c * bins).astype(int), bins - 1), 0.0
    for j in range(bins):
        inside = b == j
        mean = [v[inside].sum() / n if (n := inside.sum()) else np.nan for v in (c, right)]
        found += inside.mean() * abs(mean[0] - mean[1])
    return float(found)


def _brier(
    distance=lambda rest: (rest**2).sum(axis=-1),
    three=lambda m, s, e: (m.mean(), s.mean(), e.mean()),
):
    """The three numbers with another distance of two rows, or made otherwise of the distances."""

    def split(probs, y):
        target, mean = np.eye(probs.shape[2])[y], probs.mean(axis=0)
        found = three(distance(probs - target), distance(probs - mean), distance(mean - target))
        return tuple(float(v) if np.ndim(v) == 0 else v for v in found)

    return split


def _running(new, first=np.copy, out=None):
    """A running mean whose next value, or what is handed out, is made otherwise."""

    def step(w, state):
        if state is None:
            return first(w), (first(w), 1)
        mean, t = state
        later = new(mean, w, t + 1)
        return (later if out is None else out(mean, later)), (later.copy(), t + 1)

    return step


def mean_of_a_kept_sum(w, state):
    total, t = (0 * w, 0) if state is None else state
    total = total + w
    return total / (t + 1), (total, t + 1)


def mean_with_the_count_first(w, state):
    t, mean = (0, 0 * w) if state is None else state
    mean = mean + (w - mean) / (t + 1)
    return mean, (t + 1, mean.copy())


def _ema(keep=lambda d: d, take=lambda d: 1 - d, share=lambda d, t: 1 - d**t):
    """An exponential average with other shares in its update or in its correction."""

    def step(w, state, *, decay=0.995):
        if not 0 <= decay < 1:
            raise ValueError(f"decay {decay}")
        m, t = (np.zeros_like(w), 0) if state is None else state
        m, t = keep(decay) * m + take(decay) * w, t + 1
        return m / share(decay, t), (m, t)

    return step


def _renumbered(**changed):
    """A renumbered network in which these arrays are made otherwise."""

    def renumber(params, order):
        o = np.array(order)
        right = {"w1": params["w1"][:, o], "b1": params["b1"][o], "w2": params["w2"][o]}
        right["b2"] = params["b2"].copy()
        return right | {name: make(params[name], o) for name, make in changed.items()}

    return renumber


def _refreshed(
    normed=lambda z, unit, g, b: np.maximum(0, g * unit + b),
    kept=lambda h, z, eps: (z.mean(0), z.var(0)),
    spread=lambda z, eps: np.sqrt(z.var(0) + eps),
):
    """Running statistics with another step to the ReLU, or with others kept."""

    def refresh(params, x, *, eps=1e-5):
        found, h, layer = [], x, 1
        while f"gamma{layer}" in params:
            w, bias, g, b = (params[f"{name}{layer}"] for name in ("w", "b", "gamma", "beta"))
            z = h @ w + bias
            found.append(kept(h, z, eps))
            h, layer = normed(z, (z - z.mean(0)) / spread(z, eps), g, b), layer + 1
        return found

    return refresh


def _relu(values):
    return np.maximum(0, values)


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
        ("one step too few in the correction", _ema(share=lambda d, t: 1 - d ** max(t - 1, 1))),
        ("one step too many in the correction", _ema(share=lambda d, t: 1 - d ** (t + 1))),
        ("multiplied by the share", _ema(share=lambda d, t: 1 / (1 - d**t))),
        ("every point enters whole", _ema(take=lambda d: 1)),
        ("decay and its rest exchanged in the update", _ema(lambda d: 1 - d, lambda d: d)),
    ),
    "averaging.running_mean_step": (
        ("the old and the new exchanged", _running(lambda m, w, t: w + (m - w) / t, np.zeros_like)),
        ("an exponential average", _running(lambda m, w, t: 0.9 * m + 0.1 * w)),
        (
            "the mean before this point",
            _running(lambda m, w, t: m + (w - m) / t, out=lambda old, new: old.copy()),
        ),
        ("the state keeps the sum", mean_of_a_kept_sum),
        ("the count first in the state", mean_with_the_count_first),
    ),
    "ensembles.brier_split": (
        ("sums over the examples", _brier(three=lambda m, s, e: (m.sum(), s.sum(), e.sum()))),
        ("sums over the members", _brier(three=lambda *d: [v.sum() / d[2].size for v in d])),
        ("half of the squares", _brier(lambda rest: (rest**2).sum(axis=-1) / 2)),
        ("the last two exchanged", _brier(three=lambda m, s, e: (m.mean(), e.mean(), s.mean()))),
        (
            "a negative ambiguity",
            _brier(three=lambda m, s, e: (m.mean(), e.mean() - m.mean(), e.mean())),
        ),
        (
            "the two errors added",
            _brier(three=lambda m, s, e: (m.mean(), e.mean() + m.mean(), e.mean())),
        ),
        ("distances that are not squared", _brier(lambda rest: np.linalg.norm(rest, axis=-1))),
        (
            "one number for each network",
            _brier(three=lambda *d: [v.mean(axis=-1) for v in d[:2]] + [d[2].mean()]),
        ),
        ("averaged over the classes, too", _brier(lambda rest: (rest**2).mean(axis=-1))),
        ("absolute differences", _brier(lambda rest: abs(rest).sum(axis=-1))),
    ),
    "merging.renumber": (
        ("nothing moved", lambda params, order: {name: w.copy() for name, w in params.items()}),
        ("the second layer left behind", _renumbered(w2=lambda w, o: w.copy())),
        ("the bias left behind", _renumbered(b1=lambda b, o: b.copy())),
        ("inputs taken for units", _renumbered(w1=lambda w, o: w[o])),
        ("the second layer the other way round", _renumbered(w2=lambda w, o: w[o.argsort()])),
        ("the bias the other way round", _renumbered(b1=lambda b, o: b[o.argsort()])),
    ),
    "merging.refresh_running": (
        (
            "normalised by N - 1, too",
            _refreshed(
                kept=lambda h, z, eps: (z.mean(0), z.var(0, ddof=1)),
                spread=lambda z, eps: np.sqrt(z.var(0, ddof=1) + eps),
            ),
        ),
        (
            "gamma and beta without the normalisation",
            _refreshed(lambda z, unit, g, b: _relu(g * z + b)),
        ),
        ("beta left out", _refreshed(lambda z, unit, g, b: _relu(g * unit))),
        ("gamma and beta exchanged", _refreshed(lambda z, unit, g, b: _relu(b * unit + g))),
        ("the ReLU before gamma and beta", _refreshed(lambda z, unit, g, b: g * _relu(unit) + b)),
        ("divided by the variance", _refreshed(spread=lambda z, eps: z.var(0) + eps)),
        ("eps outside the square root", _refreshed(spread=lambda z, eps: z.std(0) + eps)),
        ("an eps of its own", _refreshed(spread=lambda z, eps: np.sqrt(z.var(0) + 1e-5))),
        ("eps in the variance", _refreshed(kept=lambda h, z, eps: (z.mean(0), z.var(0) + eps))),
        ("the variance first", _refreshed(kept=lambda h, z, eps: (z.var(0), z.mean(0)))),
        ("statistics of a layer's input", _refreshed(kept=lambda h, z, eps: (h.mean(0), h.var(0)))),
    ),
    "calibration.expected_calibration_error": (
        ("upper edges", _ece_by_edges(lambda c, low, high: (c > low) & (c <= high))),
        ("bins that are equally full", _ece(_ranked)),
        (
            "bins from the confidence of a guess",
            _ece(lambda c, bins, k: (c - 1 / k) / (1 - 1 / k) * bins),
        ),
        ("bins between the lowest and the highest confidence", _ece(_within)),
        ("to the nearest edge", _ece(lambda c, bins, k: np.round(c * bins))),
        (
            "the last bin is lost",
            _ece_by_edges(lambda c, low, high: (c >= low) & (c < high) & (high < 1)),
        ),
        ("one bin too few", _ece(lambda c, bins, k: c * (bins - 1))),
        ("edges that belong to no bin", _ece_by_edges(lambda c, low, high: (c > low) & (c < high))),
        ("the mean of an empty bin", ece_mean_of_nothing),
        ("squared distances", _ece(gap=lambda c, right: (c.mean() - right.mean()) ** 2)),
        ("each example by itself", _ece(gap=lambda c, right: abs(c - right).mean())),
        ("a sum over the examples", _ece(whole=lambda gaps, sizes: (gaps * sizes).sum())),
    ),
    "averaging.early_stopping_step": (("as good is better", stopping_counter),),
}
