"""Coarse to fine, and the edge of the range."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Number, Question
from utils.hyperparameters import best_rows

from .. import drivers
from .shared import inside_decade

REFINE = Exercise(
    "hyperparameters.refine_ranges",
    points=3,
    minutes=7,
    returns=("space_next",),
    parents=(),
    promises={
        "the last such bound below the best rows": ("three good rows", "finer bounds"),
        "it can also reach beyond": (
            "the best rows at the end of the old space",
            "a row on a bound",
        ),
        "from the smallest to the largest": "four types of hyperparameters",
        "the options among them": "four types of hyperparameters",
    },
    hints=(
        "`best_rows` gives the rows that count. For each name collect its values in those rows.",
        "Measure on the logarithmic axis, in steps of `decades`. The smallest value lies at, say, "
        "-3.4 steps: which whole number of steps is the last one below it? And if it is exactly "
        "-4?",
        "`math.ceil` minus 1 is the last whole number strictly below, `math.floor` plus 1 the "
        "first strictly above. Then back: ten to the power of steps times `decades`.",
    ),
)

_LR = {"lr": ("log", 1e-6, 1e-3)}


def _row(score, **values):
    return {"val_acc": float(score), **values}


@REFINE.cases
def _(rng: np.random.Generator):
    def rows(*exponents, extra=()):
        made = [
            _row(s, lr=inside_decade(rng, e), reg=inside_decade(rng, r)) for e, r, s in exponents
        ]
        return [made[i] for i in rng.permutation(len(made))] + list(extra)

    both = {"lr": ("log", 1e-6, 1e-2), "reg": ("log", 1e-5, 1e5)}
    good = ((-4, -4, 0.48), (-5, -1, 0.44), (-4, 0, 0.41), (-6, 3, 0.2), (-3, 4, 0.1))
    yield Case("three good rows", (both, rows(*good)), {"top_k": 3})
    yield Case("two good rows, one with NaN", (both, rows(*good, (-5, 2, math.nan))), {"top_k": 2})
    at_end = ((-3, 0, 0.6), (-4, 1, 0.5), (-6, -5, 0.2))
    beyond = {"lr": ("log", 1e-6, 4e-3), "reg": ("log", 1e-5, 1e5)}
    yield Case("the best rows at the end of the old space", (beyond, rows(*at_end)), {"top_k": 2})
    finer = [_row(0.5, lr=float(10 ** rng.uniform(-3.36, -3.28))) for _ in range(2)]
    finer += [_row(0.4, lr=float(10 ** rng.uniform(-2.97, -2.9))), _row(0.1, lr=1.5e-6)]
    yield Case("finer bounds", (_LR, finer), {"top_k": 3, "decades": 0.25})
    on_bound = [_row(0.5, lr=1e-3), _row(0.45, lr=1e-4), _row(0.1, lr=2e-6)]
    yield Case("a row on a bound", (_LR, on_bound), {"top_k": 2})
    mixed = {
        "lr": ("log", 1e-4, 1.0),
        "p_drop": ("linear", 0.0, 0.5),
        "hidden": ("int", 20, 200),
        "update": ("choice", "sgd", "momentum", "adam"),
    }
    typed = [
        _row(s, lr=inside_decade(rng, e), p_drop=float(p), hidden=int(h), update=u)
        for s, e, p, h, u in (
            (0.7, -2, rng.uniform(0.2, 0.3), rng.integers(60, 80), "adam"),
            (0.9, -1, rng.uniform(0.1, 0.15), rng.integers(90, 99), "sgd"),
            (0.2, -4, 0.45, 25, "momentum"),
            (0.3, -3, 0.02, 190, "momentum"),
        )
    ]
    yield Case("four types of hyperparameters", (mixed, typed), {"top_k": 2})
    yield Case("fewer rows than asked for", (both, rows(*good[:2])), {"top_k": 5})


def _refined(space, rows, decades, bounds):
    refined = {}
    for name, (kind, *domain) in space.items():
        values = [row[name] for row in rows]
        if kind == "choice":
            refined[name] = (kind, *(option for option in domain if option in values))
        elif kind == "log":
            refined[name] = (kind, *bounds(min(values), max(values), decades, domain))
        else:
            refined[name] = (kind, min(values), max(values))
    return refined


def _steps(value, decades):
    return round(math.log10(value) / decades, 9)


def _outwards(low, high, decades, domain=None):
    below, above = math.ceil(_steps(low, decades)) - 1, math.floor(_steps(high, decades)) + 1
    return 10.0 ** (below * decades), 10.0 ** (above * decades)


@REFINE.misconception("clipped to the old space")
def _(space, rows, *, top_k=3, decades=1.0):
    """Your new bounds never leave the old space.
    The best row may lie at its very border. Where can the next search look then?
    """

    def clipped(low, high, step, domain):
        low, high = _outwards(low, high, step)
        return max(low, domain[0]), min(high, domain[1])

    return _refined(space, best_rows(rows, top_k), decades, clipped)


@REFINE.misconception("the worst rows")
def _(space, rows, *, top_k=3, decades=1.0):
    """Your new space surrounds the rows with the lowest scores.
    Which end of the ranking is the good one?
    """
    order = sorted(rows, key=lambda row: (not math.isnan(row["val_acc"]), row["val_acc"]))
    return _refined(space, order[:top_k], decades, _outwards)


@REFINE.misconception("the first rows, as they come")
def _(space, rows, *, top_k=3, decades=1.0):
    """You take the first rows of the list, and these need not be the best.
    In which order does a log come?
    """
    return _refined(space, list(rows)[:top_k], decades, _outwards)


@REFINE.misconception("all rows")
def _(space, rows, *, top_k=3, decades=1.0):
    """Your new space holds all rows, the bad ones as well.
    What is `top_k` for?
    """
    return _refined(space, rows, decades, _outwards)


@REFINE.misconception("from the smallest to the largest value")
def _(space, rows, *, top_k=3, decades=1.0):
    """Your new range of a "log" type ends at the best rows themselves.
    They are a few random points, and the optimum lies as easily beyond them as between them. Where
    do the instructions put the bounds?
    """
    return _refined(
        space, best_rows(rows, top_k), decades, lambda low, high, step, domain: (low, high)
    )


@REFINE.misconception("a decade around the best rows")
def _(space, rows, *, top_k=3, decades=1.0):
    """You go the same factor beyond the best rows on both sides.
    A sensible space, and not the one that is described. On which marks do its bounds lie?
    """
    factor = 10.0**decades
    return _refined(
        space,
        best_rows(rows, top_k),
        decades,
        lambda low, high, step, domain: (low / factor, high * factor),
    )


@REFINE.misconception("whole decades only")
def _(space, rows, *, top_k=3, decades=1.0):
    """With bounds on whole decades you are right. In a finer round they should lie closer.
    What does the argument `decades` change in your function?
    """
    return _refined(space, best_rows(rows, top_k), 1.0, _outwards)


@REFINE.misconception("rounded to the nearest")
def _(space, rows, *, top_k=3, decades=1.0):
    """Some of your bounds leave a best row outside: you round to the nearest multiple.
    On which side of the smallest value does the lower bound belong?
    """

    def nearest(low, high, step, domain):
        return 10.0 ** (step * round(_steps(low, step))), 10.0 ** (step * round(_steps(high, step)))

    return _refined(space, best_rows(rows, top_k), decades, nearest)


@REFINE.misconception("a row on a bound stays there")
def _(space, rows, *, top_k=3, decades=1.0):
    """Right, unless a best row lies exactly on a multiple: then it ends up at the edge of your new
    space. Does that bound lie *below* the row?
    """

    def touching(low, high, step, domain):
        below, above = math.floor(_steps(low, step)), math.ceil(_steps(high, step))
        return 10.0 ** (below * step), 10.0 ** (above * step)

    return _refined(space, best_rows(rows, top_k), decades, touching)


EDGE_CHANCE = Question(
    "hyperparameters.edge_chance",
    "Suppose the rate did not matter at all, and is drawn at random from one decade. How probable "
    "is it that the winner lies within a tenth of a decade of an end of the range?",
    number=Number(
        0.2,
        rel_tol=0.02,
        misreadings={
            0.1: "A range has how many ends?",
            0.05: "How long is the piece within a tenth of a decade of one end, beside the decade? "
            "And how many ends are there?",
            0.01: "How long is the piece within a tenth of a decade of one end, beside the decade? "
            "And how many ends are there?",
            0.0: "If the rate does not matter, the winner's rate is a uniform draw. Can it not lie "
            "near an end?",
            20: "If you mean percent: give it as a number between 0 and 1.",
        },
    ),
    why="The winner's rate is then any of the draws, and a tenth of the range lies at each end. So "
    "one search in five is near an edge for no reason.",
)

EDGE = Exercise(
    "hyperparameters.edge_warning",
    points=2,
    minutes=4,
    returns=("edges",),
    driver=drivers.by_name,
    hints=(
        "Go through the names. For each number, how far is it to either bound, in the units of "
        "`tol`?",
        "In decades, the distance of two numbers is the logarithm of their ratio. For the other "
        "types divide by the length of the range.",
        "Beyond a bound that distance is negative, and so it is also at most `tol`: do not take "
        "the absolute value. If the smaller of the two is at most `tol`, its end gets the warning.",
    ),
    promises={
        "within ``tol`` of a bound": "exactly at the tolerance",
        "or beyond it": ("below the space", "above the space"),
        "Choices have no edge": "four types, all near an end",
        "empty when there is nothing to worry about": "in the middle",
    },
)

_TYPED = {
    "lr": ("log", 1e-6, 1e-2),
    "update": ("choice", "sgd", "adam"),
    "p_drop": ("linear", 0.2, 0.7),
    "hidden": ("int", 20, 220),
}


@EDGE.cases
def _(rng: np.random.Generator):
    def trial(lr, p_drop, hidden, update="sgd"):
        return {"lr": float(lr), "p_drop": float(p_drop), "hidden": int(hidden), "update": update}

    close = rng.uniform(0.02, 0.08)
    yield Case("four types, all near an end", (trial(1e-2 / 10**close, 0.22, 212), _TYPED))
    yield Case("the lower ends", (trial(1e-6 * 10**close, 0.24, 30, "adam"), _TYPED))
    yield Case("in the middle", (trial(10 ** rng.uniform(-4.5, -3.5), 0.45, 120), _TYPED))
    yield Case("above the space", (trial(3e-2, 0.9, 300), _TYPED))
    yield Case("below the space", (trial(2e-7, 0.1, 5), _TYPED))
    near = 10 ** rng.uniform(0.2, 0.3)
    yield Case("a rate twice as large as the lower bound", (trial(1e-6 * near, 0.45, 120), _TYPED))
    yield Case("a wider tolerance", (trial(1e-6 * near, 0.34, 160), _TYPED), {"tol": 0.35})
    half = 10 ** -rng.uniform(0.2, 0.3)
    yield Case("a little farther than the tolerance", (trial(2e-6, 0.26, 44), _TYPED))
    yield Case("the same at the upper ends", (trial(5e-3, 0.64, 196), _TYPED))
    unit = {"p_drop": ("linear", 0.0, 1.0)}
    yield Case("exactly at the tolerance", ({"p_drop": 0.75}, unit), {"tol": 0.25})
    yield Case("half of the upper bound", (trial(1e-2 * half, 0.6, 190), _TYPED))


def _edges(best, space, tol, distances):
    edges = {}
    for name, (kind, *domain) in space.items():
        if kind == "choice":
            continue
        to_low, to_high = distances(kind, best[name], *domain)
        if min(to_low, to_high) <= tol:
            edges[name] = "low" if to_low < to_high else "high"
    return edges


def _right(kind, value, low, high):
    if kind == "log":
        return math.log10(value / low), math.log10(high / value)
    return (value - low) / (high - low), (high - value) / (high - low)


@EDGE.misconception("a share of the range on a linear scale")
def _(best, space, *, tol=0.1):
    """You measure a "log" type like the others, and then nearly every rate is near the lower end.
    Is 2e-6 near to 1e-6, if the range goes up to 1e-2?
    """
    return _edges(best, space, tol, lambda kind, v, lo, hi: _right("linear", v, lo, hi))


@EDGE.misconception("plain distances")
def _(best, space, *, tol=0.1):
    """You compare plain differences with `tol`. Every learning rate is within 0.1 of everything.
    In which units is `tol` meant, for each type?
    """
    return _edges(best, space, tol, lambda kind, v, lo, hi: (v - lo, hi - v))


@EDGE.misconception("the upper end only")
def _(best, space, *, tol=0.1):
    """You warn at upper ends alone.
    The slide's best rate happened to lie at an upper end. Which other end does a range have?
    """
    found = _edges(best, space, tol, _right)
    return {name: edge for name, edge in found.items() if edge == "high"}


@EDGE.misconception("at the bound itself only")
def _(best, space, *, tol=0.1):
    """You warn about values on a bound or beyond it, and about none that is near.
    So one asks a grid, whose first and last points lie on the bounds. What does `tol` change here?
    """
    return _edges(best, space, 0.0, _right)


@EDGE.misconception("a share of the bound")
def _(best, space, *, tol=0.1):
    """You measure the distance to a bound as a share of that bound.
    How near to 0 is near, by that rule? And in which unit is `tol` given, for each type?
    """
    return _edges(
        best,
        space,
        0.0,
        lambda kind, v, lo, hi: (v - lo * (1 + tol), hi * (1 - tol) - v),
    )


@EDGE.misconception("beyond the end is no edge")
def _(best, space, *, tol=0.1):
    """A value outside of the space gets no warning.
    How far is 3e-2 from a range that ends at 1e-2, and on which side of `tol` is that?
    """

    def distance(kind, value, low, high):
        to_low, to_high = _right(kind, value, low, high)
        inside = min(to_low, to_high) >= 0
        return (to_low, to_high) if inside else (math.inf, math.inf)

    return _edges(best, space, tol, distance)


@EDGE.misconception("the size of the distance")
def _(best, space, *, tol=0.1):
    """A value far outside of the space gets no warning, or one for the wrong end.
    You take the size of a distance and lose its sign. What does the sign say?
    """
    return _edges(best, space, tol, lambda *a: tuple(abs(d) for d in _right(*a)))


@EDGE.misconception("a share of the decades")
def _(best, space, *, tol=0.1):
    """You measure a "log" type as a share of its range, on the logarithmic axis.
    The text gives `tol` another unit there. How many decades is a tenth of your range?
    """

    def distance(kind, value, low, high):
        if kind != "log":
            return _right(kind, value, low, high)
        decades = math.log10(high / low)
        return math.log10(value / low) / decades, math.log10(high / value) / decades

    return _edges(best, space, tol, distance)


@EDGE.misconception("low and high exchanged")
def _(best, space, *, tol=0.1):
    """You warn about the right names, at the wrong ends.
    Where lies a value that is nearer to `low`?
    """
    found = _edges(best, space, tol, _right)
    return {name: "low" if edge == "high" else "high" for name, edge in found.items()}


ONE_RATE = Question(
    "hyperparameters.one_rate",
    "Two rows of the slide's fine search have practically one learning rate: 9.472e-4 reached "
    "0.531, and 9.478e-4 reached 0.498. The penalties are 0.0014 and 0.0020. What do you conclude?",
    choices=(
        Choice(
            "The penalty makes the difference.",
            "Take all 22 rows: does a penalty of 0.08 or 0.4 hurt them more than the step from "
            "0.0014 to 0.0020?",
        ),
        Choice("Two runs of one setting may differ by 0.03 here.", right=True),
        Choice(
            "The best rate lies above 1e-3.",
            "That is the usual answer to the slide's question. The second row lies at that end as "
            "well. What does it say?",
        ),
        Choice(
            "One of the two numbers must be a misprint.",
            "Would you have suspected a misprint if the two rows had not stood side by side?",
        ),
    ),
    why="The rates agree to 0.07%, and the penalties are both far too small to matter. So what a "
    "row says is uncertain by a few hundredths, and 0.531 was the luckiest of 22.",
)
