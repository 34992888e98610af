"""Wrong answers to lecture 13 that others have written, each with the name it should get."""

import math

import numpy as np

from utils.hyperparameters import best_rows, sample_trial

# log_uniform


def _bounds(low, high):
    if low <= 0 or high < low:
        raise ValueError("bounds")


def between_two_powers(low, high, size, *, rng):
    """`uniform(exp(-7.5), exp(-4.5))`: the powers are taken before the draw."""
    _bounds(low, high)
    return rng.uniform(np.exp(np.log(low)), np.exp(np.log(high)), size)


def ten_to_the_bounds(low, high, size, *, rng):
    _bounds(low, high)
    return 10 ** rng.uniform(low, high, size)


def random_powers_of_ten(low, high, size, *, rng):
    _bounds(low, high)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return 10.0 ** rng.integers(first, last + 1, size)


def choice_from_logspace(low, high, size, *, rng):
    _bounds(low, high)
    return rng.choice(np.logspace(np.log10(low), np.log10(high), 10), size)


def natural_logarithm_power_of_ten(low, high, size, *, rng):
    _bounds(low, high)
    with np.errstate(all="ignore"):
        return 10 ** rng.uniform(np.log(low), np.log(high), size)


def log10_and_exp(low, high, size, *, rng):
    _bounds(low, high)
    return np.exp(rng.uniform(np.log10(low), np.log10(high), size))


def logspace_alone(low, high, size, *, rng):
    _bounds(low, high)
    return np.logspace(np.log10(low), np.log10(high), size)


# random_search


def _row(trial, evaluate):
    return {**trial, "val_acc": float(evaluate(trial))}


def worst_first(space, evaluate, n, *, rng):
    rows = [_row(sample_trial(space, rng=rng), evaluate) for _ in range(n)]
    return sorted(rows, key=lambda row: row["val_acc"])


def sorted_in_reverse(space, evaluate, n, *, rng):
    rows = [_row(sample_trial(space, rng=rng), evaluate) for _ in range(n)]
    rows.sort(key=lambda row: row["val_acc"], reverse=True)
    return rows


def as_they_came(space, evaluate, n, *, rng):
    return [_row(sample_trial(space, rng=rng), evaluate) for _ in range(n)]


def one_dictionary(space, evaluate, n, *, rng):
    rows, row = [], {}
    for _ in range(n):
        for name, value in sample_trial(space, rng=rng).items():
            row[name] = value
        row["val_acc"] = float(evaluate(row))
        rows.append(row)
    return best_rows(rows, n)


def seeded_inside(space, evaluate, n, *, rng):
    rows = []
    for _ in range(n):
        rng = np.random.default_rng(0)
        rows.append(_row(sample_trial(space, rng=rng), evaluate))
    return best_rows(rows, n)


# distinct_projection


def all_values_of_the_table(trials, axis):
    return len(np.unique(trials))


def a_row_for_a_column(trials, axis):
    return len(set(trials[axis % len(trials)].tolist()))


def number_of_trials(trials, axis):
    return trials.shape[0]


# trials_needed


def _shares(share, confidence):
    if not (0 < share < 1 and 0 < confidence < 1):
        raise ValueError("a share")


def truncated(share, confidence=0.95):
    _shares(share, confidence)
    return int(math.log(1 - confidence) / math.log(1 - share) + 1e-9)


def rounded(share, confidence=0.95):
    _shares(share, confidence)
    return round(math.log(1 - confidence) / math.log(1 - share))


def inverse_share(share, confidence=0.95):
    _shares(share, confidence)
    return math.ceil(round(1 / share, 9))


def proportional(share, confidence=0.95):
    _shares(share, confidence)
    return math.ceil(round(confidence / share, 9))


# refine_ranges


def _space(space, rows, bounds):
    new = {}
    for name, (kind, *domain) in space.items():
        values = [row[name] for row in rows]
        if kind == "choice":
            new[name] = (kind, *[option for option in domain if option in values])
        elif kind == "log":
            new[name] = (kind, *bounds(min(values), max(values), *domain))
        else:
            new[name] = (kind, min(values), max(values))
    return new


def a_decade_around(space, rows, *, top_k=3, decades=1.0):
    """From a tenth of the smallest to ten times the largest, as blogs advise."""
    factor = 10**decades
    return _space(
        space, best_rows(rows, top_k), lambda low, high, *_: (low / factor, high * factor)
    )


def smallest_to_largest(space, rows, *, top_k=3, decades=1.0):
    return _space(space, best_rows(rows, top_k), lambda low, high, *_: (low, high))


def touching_bounds(space, rows, *, top_k=3, decades=1.0):
    def bounds(low, high, *_):
        below = math.floor(round(math.log10(low) / decades, 9))
        above = math.ceil(round(math.log10(high) / decades, 9))
        return 10.0 ** (below * decades), 10.0 ** (above * decades)

    return _space(space, best_rows(rows, top_k), bounds)


def whole_decades(space, rows, *, top_k=3, decades=1.0):
    def bounds(low, high, *_):
        below, above = math.ceil(round(math.log10(low), 9)), math.floor(round(math.log10(high), 9))
        return 10.0 ** (below - 1), 10.0 ** (above + 1)

    return _space(space, best_rows(rows, top_k), bounds)


def sorted_upwards(space, rows, *, top_k=3, decades=1.0):
    def bounds(low, high, *_):
        below = math.ceil(round(math.log10(low) / decades, 9)) - 1
        above = math.floor(round(math.log10(high) / decades, 9)) + 1
        return 10.0 ** (below * decades), 10.0 ** (above * decades)

    order = sorted(rows, key=lambda row: (math.isnan(row["val_acc"]), row["val_acc"]))
    return _space(space, order[:top_k], bounds)


# edge_warning


def at_the_bound_itself(best, space, *, tol=0.1):
    """What is asked of a grid: is the best point its first or its last?"""
    edges = {}
    for name, (kind, *domain) in space.items():
        if kind != "choice":
            low, high = domain
            if best[name] <= low:
                edges[name] = "low"
            elif best[name] >= high:
                edges[name] = "high"
    return edges


def a_share_of_the_bound(best, space, *, tol=0.1):
    edges = {}
    for name, (kind, *domain) in space.items():
        if kind != "choice":
            low, high = domain
            if best[name] <= low * (1 + tol):
                edges[name] = "low"
            elif best[name] >= high * (1 - tol):
                edges[name] = "high"
    return edges


def linear_share_for_all(best, space, *, tol=0.1):
    edges = {}
    for name, (kind, *domain) in space.items():
        if kind != "choice":
            where = (best[name] - domain[0]) / (domain[1] - domain[0])
            if where <= tol:
                edges[name] = "low"
            elif where >= 1 - tol:
                edges[name] = "high"
    return edges


# not_learning


def _asked(num_classes, after):
    if after < 1 or num_classes < 2:
        raise ValueError("after or classes")


def index_of_the_epoch(losses, num_classes, *, after=2, margin=0.02):
    _asked(num_classes, after)
    return len(losses) > after and not losses[after] < np.log(num_classes) - margin


def margin_on_top(losses, num_classes, *, after=2, margin=0.02):
    _asked(num_classes, after)
    return len(losses) >= after and not losses[after - 1] < np.log(num_classes) + margin


def greater_or_equal(losses, num_classes, *, after=2, margin=0.02):
    _asked(num_classes, after)
    return bool(len(losses) >= after and losses[after - 1] >= np.log(num_classes) - margin)


def no_fall_since_the_start(losses, num_classes, *, after=2, margin=0.02):
    _asked(num_classes, after)
    return bool(len(losses) >= after and not losses[after - 1] < losses[0] - margin)


def last_of_all(losses, num_classes, *, after=2, margin=0.02):
    _asked(num_classes, after)
    return bool(len(losses) >= after and not losses[-1] < np.log(num_classes) - margin)


# winners_curse


def _runs(val, k, repeats):
    if not 1 <= k <= len(val) or repeats < 1:
        raise ValueError("k or repeats")


def choice_with_its_default(val, test, k, *, rng, repeats=200):
    """`rng.choice` draws with replacement unless told otherwise."""
    _runs(val, k, repeats)
    shown, true = [], []
    for _ in range(repeats):
        drawn = rng.choice(len(val), k)
        best = drawn[np.argmax(val[drawn])]
        shown.append(val[best])
        true.append(test[best])
    return float(np.mean(shown)), float(np.mean(true))


def each_column_its_best(val, test, k, *, rng, repeats=200):
    _runs(val, k, repeats)
    drawn = [rng.permutation(len(val))[:k] for _ in range(repeats)]
    best = [(val[d].max(), test[d].max()) for d in drawn]
    return float(np.mean([b[0] for b in best])), float(np.mean([b[1] for b in best]))


def argmax_of_the_subset(val, test, k, *, rng, repeats=200):
    _runs(val, k, repeats)
    best = [np.argmax(val[rng.permutation(len(val))[:k]]) for _ in range(repeats)]
    return float(val[best].mean()), float(test[best].mean())


# mean_difference


def _two_sides(a, b, paired):
    if len(a) < 2 or len(b) < 2 or (paired and len(a) != len(b)):
        raise ValueError("too few")
    return float(np.mean(a) - np.mean(b))


def default_std(a, b, *, paired):
    """`np.std` divides by n."""
    d = _two_sides(a, b, paired)
    if paired:
        return d, float(np.std(a - b) / np.sqrt(len(a)))
    return d, float(np.sqrt(np.std(a) ** 2 / len(a) + np.std(b) ** 2 / len(b)))


def no_root_of_n(a, b, *, paired):
    d = _two_sides(a, b, paired)
    if paired:
        return d, float(np.std(a - b, ddof=1))
    return d, float(np.sqrt(np.var(a, ddof=1) + np.var(b, ddof=1)))


def divided_by_n(a, b, *, paired):
    d = _two_sides(a, b, paired)
    if paired:
        return d, float(np.std(a - b, ddof=1) / len(a))
    return d, float(np.hypot(np.std(a, ddof=1) / len(a), np.std(b, ddof=1) / len(b)))


def sems_added(a, b, *, paired):
    d = _two_sides(a, b, paired)
    if paired:
        return d, float(np.std(a - b, ddof=1) / np.sqrt(len(a)))
    return d, float(a.std(ddof=1) / len(a) ** 0.5 + b.std(ddof=1) / len(b) ** 0.5)


def always_independent(a, b, *, paired):
    d = _two_sides(a, b, paired)
    return d, float(np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))


def pooled(a, b, *, paired):
    """Student's test: one variance, estimated from both sides together."""
    d = _two_sides(a, b, paired)
    if paired:
        return d, float(np.std(a - b, ddof=1) / np.sqrt(len(a)))
    n, m = len(a), len(b)
    variance = ((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2)
    return d, float(np.sqrt(variance * (1 / n + 1 / m)))


# successive_halving


def _climbed(trials, evaluate, rungs, eta, kept, cost=None):
    rises = all(b > a for a, b in zip([0, *rungs], rungs, strict=False))
    if not trials or not rungs or eta < 2 or not rises:
        raise ValueError("ladder")
    alive, before, spent = list(range(len(trials))), 0, 0
    for number, rung in enumerate(rungs):
        spent += cost(alive, rung, before) if cost else len(alive) * (rung - before)
        scores = {i: evaluate(trials[i], rung) for i in alive}
        alive.sort(key=lambda i: (math.isnan(scores[i]), -scores[i]))
        if number < len(rungs) - 1:
            alive = alive[: kept(len(alive), eta)]
        before = rung
    return trials[alive[0]], spent


def half_of_them(trials, evaluate, *, rungs, eta=3):
    """Halving as its name says, whatever eta is."""
    return _climbed(trials, evaluate, rungs, eta, lambda n, eta: max(1, n // 2))


def ceiling(trials, evaluate, *, rungs, eta=3):
    return _climbed(trials, evaluate, rungs, eta, lambda n, eta: math.ceil(n / eta))


def one_in_eta_dropped(trials, evaluate, *, rungs, eta=3):
    return _climbed(trials, evaluate, rungs, eta, lambda n, eta: max(1, n - n // eta))


def nobody_left(trials, evaluate, *, rungs, eta=3):
    return _climbed(trials, evaluate, rungs, eta, lambda n, eta: n // eta)


def from_scratch_each_time(trials, evaluate, *, rungs, eta=3):
    return _climbed(
        trials,
        evaluate,
        rungs,
        eta,
        lambda n, eta: max(1, n // eta),
        lambda alive, rung, before: len(alive) * rung,
    )


def epochs_of_one_trial(trials, evaluate, *, rungs, eta=3):
    return _climbed(
        trials,
        evaluate,
        rungs,
        eta,
        lambda n, eta: max(1, n // eta),
        lambda alive, rung, before: rung - before,
    )


def lowest_go_on(trials, evaluate, *, rungs, eta=3):
    """Scores taken for losses."""

    def worst(trial, epochs):
        score = evaluate(trial, epochs)
        return score if math.isnan(score) else -score

    return _climbed(trials, worst, rungs, eta, lambda n, eta: max(1, n // eta))


# nested_estimate


def best_of_each_fold(inner, outer):
    return float(outer.mean(axis=0).max()), float(outer.max(axis=1).mean())


def one_winner_of_inner(inner, outer):
    return float(outer.mean(axis=0).max()), float(outer.mean(axis=0)[inner.mean(axis=0).argmax()])


def inner_scores_reported(inner, outer):
    return float(outer.mean(axis=0).max()), float(inner.max(axis=1).mean())


def folds_for_candidates(inner, outer):
    best = inner.argmax(axis=0)
    return float(outer.mean(axis=1).max()), float(outer[best, np.arange(outer.shape[1])].mean())


ELSEWHERE = {
    "hyperparameters.log_uniform": (
        ("linear", between_two_powers),
        ("bounds taken for exponents", ten_to_the_bounds),
        ("whole exponents", random_powers_of_ten),
        ("points of a grid", choice_from_logspace),
        ("natural logarithm, power of ten", natural_logarithm_power_of_ten),
        ("logarithm of base 10, power of e", log10_and_exp),
        ("evenly spaced, not random", logspace_alone),
    ),
    "hyperparameters.random_search": (
        ("the worst first", worst_first),
        ("NaN is in the way", sorted_in_reverse),
        ("in the order of the draws", as_they_came),
        ("one dictionary for all rows", one_dictionary),
        ("a generator of its own", seeded_inside),
    ),
    "hyperparameters.distinct_projection": (
        ("values of all columns", all_values_of_the_table),
        ("rows and columns exchanged", a_row_for_a_column),
        ("counts the trials", number_of_trials),
    ),
    "trials.trials_needed": (
        ("rounded down", truncated),
        ("rounded to the nearest", rounded),
        ("one over the share", inverse_share),
        ("the expected number is one", proportional),
    ),
    "hyperparameters.refine_ranges": (
        ("a decade around the best rows", a_decade_around),
        ("from the smallest to the largest value", smallest_to_largest),
        ("a row on a bound stays there", touching_bounds),
        ("whole decades only", whole_decades),
        ("the worst rows", sorted_upwards),
    ),
    "hyperparameters.edge_warning": (
        ("at the bound itself only", at_the_bound_itself),
        ("a share of the bound", a_share_of_the_bound),
        ("a share of the range on a linear scale", linear_share_for_all),
    ),
    "trials.not_learning": (
        ("one epoch too late", index_of_the_epoch),
        ("the margin on the wrong side", margin_on_top),
        ("NaN passes", greater_or_equal),
        ("compared with the first loss", no_fall_since_the_start),
        ("the last loss", last_of_all),
    ),
    "selection.winners_curse": (
        ("drawn with replacement", choice_with_its_default),
        ("two maxima", each_column_its_best),
        ("a place among the drawn for a run", argmax_of_the_subset),
    ),
    "selection.mean_difference": (
        ("n in the denominator of a variance", default_std),
        ("the scatter of single runs", no_root_of_n),
        ("divided by n, not by its square root", divided_by_n),
        ("errors added, not squared", sems_added),
        ("pairs ignored", always_independent),
        ("one variance for both sides", pooled),
    ),
    "trials.successive_halving": (
        ("half of them, whatever eta is", half_of_them),
        ("rounded up", ceiling),
        ("drops one in eta", one_in_eta_dropped),
        ("nobody is left", nobody_left),
        ("starts from scratch", from_scratch_each_time),
        ("charges for one trial", epochs_of_one_trial),
        ("keeps the worst", lowest_go_on),
    ),
    "selection.nested_estimate": (
        ("chosen on the fold that is reported", best_of_each_fold),
        ("one candidate for all folds", one_winner_of_inner),
        ("the inner scores reported", inner_scores_reported),
        ("rows and columns exchanged", folds_for_candidates),
    ),
}
