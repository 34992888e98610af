"""The hinge loss, and why it needs a price."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import both_signs, classes

HINGE = Exercise(
    "losses.hinge_loss",
    points=3,
    minutes=8,
    returns=("loss", "dscores"),
    promises={
        "a term is exactly 0": "a term of exactly 0",
        "does not hold N classes": ("a class that does not exist", "a label too few"),
    },
    hints=(
        "First an (N, K) array of terms: each score, minus the right score of its row, plus the "
        "margin. Which entry of each row does not count?",
        "A term above 0 has the slope 1 with respect to its own score. With respect to which other "
        "score does it have a slope?",
        "dscores is 1 where a term is above 0, and minus the number of such terms at the right "
        "class; all of it over N.",
    ),
)


def _scores(rng: np.random.Generator, y: np.ndarray, k: int) -> np.ndarray:
    """In each row some terms above 0 and some below, none of them near, for the margins used."""
    scores = np.empty((len(y), k))
    for row, right in zip(scores, y, strict=True):
        others = rng.permutation(np.resize([1.6, -0.6, -3.5, 0.8, -4.5], k - 1))
        row[np.arange(k) != right] = others + rng.uniform(-0.2, 0.2, k - 1)
        row[right] = 0
        row += rng.uniform(-2, 2)
    return scores


@HINGE.cases
def _(rng: np.random.Generator):
    def case(name, n, k, **options):
        y = classes(rng, n, k)
        return Case(name, (_scores(rng, y, k), y), options)

    yield case("four examples, five classes", 4, 5)
    yield case("six examples, four classes", 6, 4, margin=2.0)
    yield case("one example", 1, 6)
    yield case("two classes", 3, 2, margin=0.5)
    tied = np.array([[2.0, 1.0, 4.0], [0.0, 3.0, 2.0]])
    yield Case("a term of exactly 0", (tied, np.array([0, 1])))
    clear = np.array([[9.0, 1, 2], [0, 1, 8]])
    yield Case("nobody within the margin", (clear, np.array([0, 2])))
    yield Case("a class that does not exist", (both_signs(rng, 2, 3), np.array([0, 3])))
    yield Case("a label too few", (both_signs(rng, 3, 4), np.array([0, 1])))
    yield Case("huge scores", (1e12 * both_signs(rng, 3, 4), classes(rng, 3, 4)), extreme=True)


def _hinge(
    scores,
    y,
    margin,
    *,
    terms=lambda differences, margin: np.maximum(0, differences + margin),
    counts=lambda terms, differences, margin: (terms > 0).astype(float),
    pull=lambda counts: counts.sum(axis=1),
    keep_right=False,
    by=len,
):
    n, k = scores.shape
    if y.shape != (n,) or ((y < 0) | (y >= k)).any():
        raise ValueError(y)
    right = np.arange(n), y
    differences = scores - scores[right][:, None]
    each = terms(differences, margin)
    active = counts(each, differences, margin)
    if not keep_right:
        each[right] = 0
    active[right] = 0
    active[right] = -pull(active)
    return float(each.sum() / by(y)), (active / by(y)).astype(scores.dtype)


@HINGE.misconception("the right class counted")
def _(scores, y, *, margin=1.0):
    """Your loss is never 0: the margin stays, however far the right class leads.
    Which class does the sum over j leave out?
    """
    return _hinge(scores, y, margin, keep_right=True)


@HINGE.misconception("only the worst class")
def _(scores, y, *, margin=1.0):
    """With two classes you are right. With more, each example counts only its worst rival: that
    is another hinge loss, the one of Crammer and Singer.
    What does this one do with several classes inside the margin?
    """
    n, k = scores.shape
    if y.shape != (n,) or ((y < 0) | (y >= k)).any():
        raise ValueError(y)
    terms = scores - scores[np.arange(n), y][:, None] + margin
    terms[np.arange(n), y] = 0
    worst = terms.argmax(axis=1)
    most = np.maximum(0, terms[np.arange(n), worst])
    dscores = np.zeros_like(scores)
    dscores[np.arange(n), worst] = most > 0
    dscores[np.arange(n), y] -= most > 0
    return float(most.mean()), dscores / n


@HINGE.misconception("a sum over the examples")
def _(scores, y, *, margin=1.0):
    """With one example you are right; with more your numbers are too large, by their count.
    Is the loss a sum or a mean?
    """
    return _hinge(scores, y, margin, by=lambda y: 1)


@HINGE.misconception("the right class pulled once")
def _(scores, y, *, margin=1.0):
    """Your loss is right. The right score has the same gradient however many rivals are inside
    the margin.
    In how many terms of the sum does the right score stand?
    """
    return _hinge(scores, y, margin, pull=lambda counts: (counts.sum(axis=1) > 0).astype(float))


@HINGE.misconception("the right class not pulled")
def _(scores, y, *, margin=1.0):
    """Your loss is right. Your gradient does nothing for the right class.
    Which scores does a term contain?
    """
    return _hinge(scores, y, margin, pull=lambda counts: 0 * counts.sum(axis=1))


@HINGE.misconception("a slope in the corner")
def _(scores, y, *, margin=1.0):
    """Where a term is exactly 0 you give it a slope.
    What does the text say about the corner?
    """
    return _hinge(
        scores,
        y,
        margin,
        counts=lambda terms, differences, margin: (differences + margin >= 0).astype(float),
    )


@HINGE.misconception("squared terms")
def _(scores, y, *, margin=1.0):
    """You square the terms: that is the squared hinge loss.
    How steep should a rival's term be that leads by far?
    """
    return _hinge(
        scores,
        y,
        margin,
        terms=lambda differences, margin: np.maximum(0, differences + margin) ** 2,
        counts=lambda terms, differences, margin: 2 * np.maximum(0, differences + margin),
    )


@HINGE.misconception("a margin on the wrong side")
def _(scores, y, *, margin=1.0):
    """With equal scores you have no loss: a rival must lead by the margin before it counts.
    Who has to lead by the margin?
    """
    return _hinge(scores, y, -margin)


@HINGE.misconception("uphill")
def _(scores, y, *, margin=1.0):
    """Your loss is right, your gradient has the opposite sign.
    When the right score grows, does the loss rise or fall?
    """
    loss, dscores = _hinge(scores, y, margin)
    return loss, -dscores


HINGE_SCALE = Question(
    "regularization.hinge_scale",
    "A linear classifier without biases has hinge loss 0 on its training set. All its weights are "
    "multiplied by 10. What is the hinge loss now?",
    choices=(
        Choice(
            "Ten times the margin, 10.",
            "All scores grow tenfold. Do the leads of the right classes shrink?",
        ),
        Choice("Still 0.", right=True),
        Choice(
            "Below 0: the leads are ten times as large.",
            "What does the maximum in the formula do with a large lead?",
        ),
        Choice(
            "That depends on the examples: some leads turn into deficits.",
            "Can multiplying by 10 change the sign of a difference of scores?",
        ),
    ),
    why="The leads are ten times as large, and a lead beyond the margin costs nothing. So the loss "
    "cannot choose among all these weights. A penalty can: it takes the shortest.",
)
