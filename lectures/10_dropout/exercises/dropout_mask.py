"""Dropping units: the mask."""

from typing import Any

import numpy as np

from grader import Case, Exercise, Number, Property, Question, repeated

from .shared import (
    examples_together,
    nothing_dropped,
    of_masks,
    seed,
    units_together,
    wrong_share,
)

KEEP_OR_DROP = Question(
    "dropout.keep_or_drop",
    "One lecture says: *drop neurons with probability* $p$. Another has a comment in its code: "
    "*`p = 0.5`, probability of keeping a unit active; higher = less dropout*. A colleague "
    "writes `Dropout(p=0.8)` and means the first. A layer has 1000 units. About how many are "
    "there in one training step?",
    number=Number(
        200,
        rel_tol=0.1,
        misreadings={
            800: "That is how the code with the comment would read it. The colleague means "
            "the first lecture.",
            500: "A half is the usual choice, but here the number is 0.8.",
            1000: "All of them are there at test time. And in training?",
        },
    ),
    why="The colleague drops 80 %, so 200 are left. The reader of the other lecture gets 800. "
    "Nothing fails, no error appears, and both networks train. So never write a bare p: our "
    "parameter is `p_drop`, as PyTorch and Keras mean it. Where keeping is meant, write "
    "`p_keep`.",
)


def _masks(case: Case, output: Any) -> tuple[np.ndarray, float]:
    """All masks of a case below each other, one example a row; and p_drop."""
    return np.concatenate([m.reshape(len(m), -1) for m in output]), case.kwargs["p_drop"]


def mask_drops(case: Case, output: Any) -> str | None:
    kept, p_drop = _masks(case, output)
    return nothing_dropped(kept) if p_drop else None


def mask_units(case: Case, output: Any) -> str | None:
    kept, p_drop = _masks(case, output)
    return units_together(kept, p_drop) if p_drop else None


def mask_examples(case: Case, output: Any) -> str | None:
    kept, p_drop = _masks(case, output[:1])
    return examples_together(kept, p_drop) if p_drop else None


def mask_is_new(case: Case, output: Any) -> str | None:
    if case.kwargs["p_drop"] and all(np.array_equal(m, output[0]) for m in output[1:]):
        return "several calls with one generator gave the same mask."
    return None


def mask_share(case: Case, output: Any) -> str | None:
    return wrong_share(*_masks(case, output))


def mask_count(case: Case, output: Any) -> str | None:
    if case.kwargs["p_drop"] and len({int(m.sum()) for m in output}) == 1:
        return f"{len(output)} masks kept {int(output[0].sum()):,} units each."
    return None


def mask_measure(case: Case, output: Any) -> dict[str, tuple[float, float]]:
    counts = [int(m.sum()) for m in output]
    return of_masks(_masks(case, output)[0]) | {
        "all masks are the same": (float(all(np.array_equal(m, output[0]) for m in output)), 0.0),
        "all masks keep the same number": (float(len(set(counts)) == 1), 0.0),
    }


DROPOUT_MASK = Exercise(
    "dropout.dropout_mask",
    points=2,
    minutes=4,
    returns=("mask",),
    driver=repeated,
    properties=(
        Property("Some units are dropped: this", mask_drops),
        Property("Each unit is dropped on its own: this", mask_units),
        Property("Each example has its own units dropped: this", mask_examples),
        Property("Each call draws anew: this", mask_is_new),
        Property("A share of 1 - p_drop is kept: this", mask_share),
        Property("How many are kept is left to chance: this", mask_count),
    ),
    measure=mask_measure,
    promises={
        "unless 0 <= p_drop < 1": (
            "a p_drop of 1, which must raise ValueError",
            "a negative p_drop, which must raise ValueError",
            "nothing to be dropped",
        ),
    },
    hints=(
        "Each entry needs a random number of its own. `rng.random(shape)` gives numbers that are "
        "uniform between 0 and 1.",
        "A uniform number lies below p with probability p. On which side of p_drop is a unit kept?",
        "First raise ValueError unless 0 <= p_drop < 1. Then compare the uniform numbers with "
        "p_drop; the comparison itself is the mask.",
    ),
)


@DROPOUT_MASK.cases
def _(rng: np.random.Generator):
    shape = (60, 50)
    for name, shape, p_drop in (
        ("60 examples, 50 units, a third dropped", (60, 50), 0.3),
        ("most dropped", (50, 60), 0.9),
        ("half dropped", (60, 50), 0.5),
        ("few dropped, three dimensions", (20, 15, 10), 0.1),
        ("nothing to be dropped", (7, 5), 0.0),
    ):
        yield Case(name, (shape,), {"p_drop": p_drop, "rng": seed(rng), "draws": 5})
    wrong = {"p_drop": 1.0, "rng": seed(rng), "draws": 1}
    yield Case("a p_drop of 1, which must raise ValueError", ((3, 2),), wrong, extreme=True)
    wrong = {"p_drop": -0.1, "rng": seed(rng), "draws": 1}
    yield Case("a negative p_drop, which must raise ValueError", ((3, 2),), wrong, extreme=True)


@DROPOUT_MASK.misconception("keeps with probability p_drop", convention=True)
def _(shape, *, p_drop, rng):
    """The larger p_drop is, the more you keep.
    Several slides and papers write p for the probability of keeping a unit. There you
    would be right. Here the name says the other thing.
    What should happen to a unit with probability p_drop?
    """
    return rng.random(shape) < p_drop


@DROPOUT_MASK.misconception("one mask for the whole batch")
def _(shape, *, p_drop, rng):
    """All rows of your mask are the same: every example loses the same units.
    Then a batch trains one thinned network, not one for each example.
    How many random numbers does a mask of this shape need?
    """
    return np.broadcast_to(rng.random(shape[1:]) >= p_drop, shape).copy()


@DROPOUT_MASK.misconception("one decision for all units of an example")
def _(shape, *, p_drop, rng):
    """Each row of your mask is all True or all False: an example is kept or lost whole.
    Dropout removes single units.
    How many random numbers does a mask of this shape need?
    """
    column = rng.random((shape[0],) + (1,) * (len(shape) - 1)) >= p_drop
    return np.broadcast_to(column, shape).copy()


@DROPOUT_MASK.misconception("normal instead of uniform numbers")
def _(shape, *, p_drop, rng):
    """The share you keep is not 1 - p_drop, and even at p_drop = 0 some units are lost.
    It looks as if normal numbers were compared with p_drop; about half of these are
    negative. Which random numbers lie below p with probability exactly p?
    """
    return rng.standard_normal(shape) >= p_drop


@DROPOUT_MASK.misconception("one half, whatever p_drop is")
def _(shape, *, p_drop, rng):
    """About half of your units are kept in every case, whatever p_drop is.
    One half is a common choice, but it is the reader of your function who chooses.
    Which number decides how many are kept?
    """
    return rng.random(shape) >= 0.5


@DROPOUT_MASK.misconception("nothing is dropped")
def _(shape, *, p_drop, rng):
    """Every entry of your mask is True.
    With this dropout a network keeps all its units, and memorises as before.
    Where does chance come in?
    """
    return np.ones(shape, bool)


@DROPOUT_MASK.misconception("an exact number of units")
def _(shape, *, p_drop, rng):
    """Each of your masks keeps the same number of units, the expected one.
    Then one unit depends on the others: once enough are dropped, the rest is safe.
    How would you decide about each unit without looking at the others?
    """
    size = int(np.prod(shape))
    return (rng.permutation(size) >= p_drop * size).reshape(shape)


@DROPOUT_MASK.misconception("a generator of its own")
def _(shape, *, p_drop, rng):
    """A second call gives the same mask once more, and the `rng` passed in is not used.
    Then every training step drops the same units.
    Whose random numbers should the function take?
    """
    return np.random.default_rng(0).random(shape) >= p_drop


@DROPOUT_MASK.misconception("numbers instead of True and False")
def _(shape, *, p_drop, rng):
    """Your mask holds the numbers 0 and 1.
    A mask says which units are there, yes or no; what they are multiplied with comes
    later. What is the type of a comparison of two arrays?
    """
    return (rng.random(shape) >= p_drop).astype(float)


@DROPOUT_MASK.misconception("any p_drop is accepted")
def _(shape, *, p_drop, rng):
    """Your masks are right. Two calls should have been refused with a ValueError: one to
    drop everything, one with a negative probability.
    Which p_drop do the instructions allow?
    """
    return rng.random(shape) >= p_drop
