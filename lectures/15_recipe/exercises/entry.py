"""A recipe of one's own, and who judges it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from grader import Case, Choice, Exercise, Level, Property, Question, Rng
from utils.calls import make_calls
from utils.recipe import BUDGET, Recipe

from .. import drivers

SHIFT_CALLS = Exercise(
    "recipe.shift_calls",
    points=4,
    minutes=8,
    returns=("out",),
    properties=(
        Property("each recording is moved as a whole", lambda case, out: _not_moved(case, out)),
        Property("all shifts occur equally often", lambda case, out: _not_even(case, out)),
        Property("time and pitch are drawn apart", lambda case, out: _together(case, out)),
    ),
    measure=lambda case, out: _shares(case, out),
    promises={
        "equally likely": "shifts in time and pitch",
        "comes in at the other": "shifts in time and pitch",
        "numbers of its own": "shifts in time and pitch",
        "a new array": "no shift at all",
    },
    hints=(
        "`np.roll` moves one recording around both ends. A loop over recordings is fine at first.",
        "`rng.integers(-frames, frames + 1, n)`: which numbers can come out, and which end is "
        "left out?",
        "Without a loop: row i of the result is row (i − shift) modulo the number of bands. "
        "Index arrays of the shapes (N, 1, 1), (N, bands, 1) and (N, 1, frames) pick all numbers "
        "at once.",
    ),
)


@SHIFT_CALLS.cases
def _(rng: np.random.Generator):
    def case(name, n, shape, **options):
        x = rng.permutation(n * shape[0] * shape[1]).reshape(n, *shape) + 1.0
        return Case(name, (x,), {**options, "rng": Rng(int(rng.integers(1 << 30)))})

    yield case("shifts in time and pitch", 1200, (5, 9), frames=2, bands=1)
    yield case("shifts in time only", 900, (4, 7), frames=1, bands=0)
    yield case("shifts in pitch only", 900, (6, 4), frames=0, bands=2)
    yield case("the shifts by default", 2400, (6, 11))
    yield case("no shift at all", 20, (3, 4), frames=0, bands=0)


def _moves(case: Case, out: Any) -> np.ndarray | None:
    """How far each recording was moved down and right, from -half to half; None if it was not."""
    x = case.args[0]
    if out.shape != x.shape:
        return None
    n, height, width = x.shape
    place = (out == x[:, :1, :1]).reshape(n, -1)
    if not (place.sum(axis=1) == 1).all():
        return None
    down, right = np.divmod(place.argmax(axis=1), width)
    rows = (np.arange(height)[:, None] - down[:, None, None]) % height
    columns = (np.arange(width) - right[:, None, None]) % width
    if not np.array_equal(out, x[np.arange(n)[:, None, None], rows, columns]):
        return None
    half = np.array([height, width]) // 2
    return (np.stack([down, right], axis=1) + half) % [height, width] - half


def _limits(case: Case) -> tuple[int, int]:
    return case.kwargs.get("bands", 1), case.kwargs.get("frames", 4)


def _not_moved(case: Case, out: Any) -> str | None:
    if _moves(case, out) is None:
        return "some recording is not a moved copy of what came in."
    return None


def _not_even(case: Case, out: Any) -> str | None:
    moves = _moves(case, out)
    assert moves is not None  # the property before it holds
    for axis, (limit, what) in enumerate(zip(_limits(case), ("pitch", "time"), strict=True)):
        shares = [(moves[:, axis] == shift).mean() for shift in range(-limit, limit + 1)]
        even = 1 / (2 * limit + 1)
        slack = 6 * np.sqrt(even * (1 - even) / len(moves)) + 1e-9
        if not np.all(np.abs(np.array(shares) - even) <= slack):
            seen = ", ".join(f"{share:.2f}" for share in shares)
            return f"in {what}, shifts from {-limit} to {limit} have the shares {seen}."
    return None


def _together(case: Case, out: Any) -> str | None:
    moves = _moves(case, out)
    assert moves is not None
    if min(_limits(case)) == 0:
        return None
    seen = np.corrcoef(moves.T)[0, 1]
    if abs(seen) > 6 / np.sqrt(len(moves)):
        return f"the two shifts of a recording have the correlation {seen:.2f}."
    return None


def _shares(case: Case, out: Any) -> dict[str, tuple[float, float]]:
    moves = _moves(case, out)
    if moves is None:
        return _pieces(case, out)
    slack = 5 / np.sqrt(len(moves))
    found = {}
    for axis, what in enumerate(("pitch", "time")):
        found[f"different shifts in {what}"] = float(len(np.unique(moves[:, axis]))), 0.1
    if max(different for different, _ in found.values()) == 1:
        return found  # which shift all of them have is drawn
    for axis, what in enumerate(("pitch", "time")):
        found[f"mean shift in {what}"] = float(moves[:, axis].mean()), 3 * slack
        found[f"largest shift in {what}"] = float(moves[:, axis].max()), 0.1
        found[f"smallest shift in {what}"] = float(moves[:, axis].min()), 0.1
    found["shifts that are equal"] = float((moves[:, 0] == moves[:, 1]).mean()), slack
    return found


def _pieces(case: Case, out: Any) -> dict[str, tuple[float, float]]:
    """What is left of the recordings where they are not moved as a whole."""
    x = case.args[0]
    if out.shape != x.shape:
        return {}
    n = len(x)
    owner = np.full(x.size + 2, -1)  # each number occurs once in all recordings
    owner[x.astype(int)] = np.arange(n)[:, None, None]
    known = np.isin(out, x)
    own = known & (owner[np.where(known, out, 0).astype(int)] == np.arange(n)[:, None, None])
    rows, rows_out = np.sort(x, axis=2), np.sort(out, axis=2)
    whole = (rows_out[:, :, None] == rows[:, None]).all(axis=3).any(axis=2)
    each = np.sort(out.reshape(n, -1), axis=1)
    return {
        "numbers that nobody sent": (float((~known).mean()), 0.02),
        "numbers of another recording": (float((known & ~own).mean() > 0), 0.0),
        "bands that hold the numbers of a band": (float(whole.mean()), 0.05),
        "numbers that occur twice": (float((np.diff(each, axis=1) == 0).mean()), 0.05),
    }


def _moved(x, down, right):
    rows = (np.arange(x.shape[1])[:, None] - down[:, None, None]) % x.shape[1]
    columns = (np.arange(x.shape[2]) - right[:, None, None]) % x.shape[2]
    return x[np.arange(len(x))[:, None, None], rows, columns]


@SHIFT_CALLS.misconception("one shift for the whole batch")
def _(x, *, frames=4, bands=1, rng):
    """All recordings of a batch are moved by the same shift.
    How many new versions of the data does a batch show the network then, and how many could it?
    """
    down, right = rng.integers(-bands, bands + 1), rng.integers(-frames, frames + 1)
    return np.roll(x, (down, right), axis=(1, 2))


@SHIFT_CALLS.misconception("the farthest shift to the right is left out")
def _(x, *, frames=4, bands=1, rng):
    """The farthest shift never occurs to one of the two sides.
    Is the upper end of `rng.integers` among the numbers that are drawn?
    """
    return _moved(x, rng.integers(-bands, bands, len(x)), rng.integers(-frames, frames, len(x)))


@SHIFT_CALLS.misconception("to one side only")
def _(x, *, frames=4, bands=1, rng):
    """Recordings are moved to one side only.
    Can a call begin earlier as well?
    """
    return _moved(x, rng.integers(0, bands + 1, len(x)), rng.integers(0, frames + 1, len(x)))


@SHIFT_CALLS.misconception("bands and frames exchanged")
def _(x, *, frames=4, bands=1, rng):
    """You shift in pitch by as much as the text allows in time, and the other way round.
    Which axis of a recording is time?
    """
    n = len(x)
    down, right = rng.integers(-frames, frames + 1, n), rng.integers(-bands, bands + 1, n)
    return _moved(x, down, right)


@SHIFT_CALLS.misconception("in time only")
def _(x, *, frames=4, bands=1, rng):
    """Recordings are moved in time, and never in pitch.
    Which argument have you not used?
    """
    return _moved(x, np.zeros(len(x), int), rng.integers(-frames, frames + 1, len(x)))


@SHIFT_CALLS.misconception("in pitch only")
def _(x, *, frames=4, bands=1, rng):
    """Recordings are moved in pitch, and never in time.
    Which argument have you not used?
    """
    return _moved(x, rng.integers(-bands, bands + 1, len(x)), np.zeros(len(x), int))


@SHIFT_CALLS.misconception("one step too far")
def _(x, *, frames=4, bands=1, rng):
    """Some recordings are moved farther than the text allows, to one side.
    Which is the largest number that `rng.integers` can give?
    """
    down, right = rng.integers(-bands, bands + 2, len(x)), rng.integers(-frames, frames + 2, len(x))
    return _moved(x, down, right)


@SHIFT_CALLS.misconception("the ends and the middle only")
def _(x, *, frames=4, bands=1, rng):
    """Recordings are moved as far as possible, or not at all.
    Which shifts lie between?
    """
    down, right = rng.integers(-1, 2, len(x)) * bands, rng.integers(-1, 2, len(x)) * frames
    return _moved(x, down, right)


@SHIFT_CALLS.misconception("the limits by default, whatever is asked")
def _(x, *, frames=4, bands=1, rng):
    """Your limits are 4 and 1, whatever is asked for.
    Which arguments have you not used?
    """
    return _moved(x, rng.integers(-1, 2, len(x)), rng.integers(-4, 5, len(x)))


@SHIFT_CALLS.misconception("no recording stays")
def _(x, *, frames=4, bands=1, rng):
    """No recording stays where it is.
    Is 0 among the numbers from -frames to frames?
    """

    def draw(limit):
        sizes = rng.integers(min(1, limit), limit + 1, len(x))
        return sizes * rng.choice([-1, 1], len(x))

    return _moved(x, draw(bands), draw(frames))


@SHIFT_CALLS.misconception("one number for time and pitch")
def _(x, *, frames=4, bands=1, rng):
    """Each recording is moved by the same number in time and in pitch.
    How many numbers does the text draw for each?
    """
    right = rng.integers(-frames, frames + 1, len(x))
    return _moved(x, right, right)


@SHIFT_CALLS.misconception("silence comes in")
def _(x, *, frames=4, bands=1, rng):
    """Where something is pushed out at one end, zeros come in at the other.
    What does the text say that comes in?
    """
    down, right = rng.integers(-bands, bands + 1, len(x)), rng.integers(-frames, frames + 1, len(x))
    rows = np.arange(x.shape[1])[:, None] - down[:, None, None]
    columns = np.arange(x.shape[2]) - right[:, None, None]
    inside = (rows >= 0) & (rows < x.shape[1]) & (columns >= 0) & (columns < x.shape[2])
    return np.where(inside, _moved(x, down, right), 0)


@SHIFT_CALLS.misconception("the edge is repeated")
def _(x, *, frames=4, bands=1, rng):
    """Where something is pushed out at one end, the edge is repeated at the other.
    What does the text say that comes in?
    """
    down, right = rng.integers(-bands, bands + 1, len(x)), rng.integers(-frames, frames + 1, len(x))
    rows = np.clip(np.arange(x.shape[1])[:, None] - down[:, None, None], 0, x.shape[1] - 1)
    columns = np.clip(np.arange(x.shape[2]) - right[:, None, None], 0, x.shape[2] - 1)
    return x[np.arange(len(x))[:, None, None], rows, columns]


@SHIFT_CALLS.misconception("bands run into each other")
def _(x, *, frames=4, bands=1, rng):
    """What is pushed out of a band comes in at the next one.
    Along which axis is a recording to be rolled?
    """
    flat = x.reshape(len(x), 1, -1)
    return _moved(
        _moved(flat, np.zeros(len(x), int), rng.integers(-frames, frames + 1, len(x))).reshape(
            x.shape
        ),
        rng.integers(-bands, bands + 1, len(x)),
        np.zeros(len(x), int),
    )


@SHIFT_CALLS.misconception("each band by itself")
def _(x, *, frames=4, bands=1, rng):
    """The bands of a recording are moved by different numbers in time.
    What would become of a call that rises?
    """
    right = rng.integers(-frames, frames + 1, x.shape[:2])
    columns = (np.arange(x.shape[2]) - right[:, :, None]) % x.shape[2]
    return _moved(
        np.take_along_axis(x, columns, axis=2),
        rng.integers(-bands, bands + 1, len(x)),
        np.zeros(len(x), int),
    )


# The entry. Its judge draws two other woods; the labels of what is to be named stay with it.

LEVELS = (
    Level("it learns", 0.50, 0.25),
    Level("prepared, and kept from overfitting", 0.70, 0.45),
    Level("better than the nearest neighbours", 0.81, 0.70),
    Level("it knows what a call may do", 0.875, 1.00),
)


def _accuracy(cases: Sequence[Case], outputs: Sequence[Any]) -> float:
    """Mean over the woods of the share of new recordings that are named rightly."""
    judged = [
        float((np.asarray(output["named"]) == case.known).mean())
        for case, output in zip(cases, outputs, strict=True)
        if case.known is not None
    ]
    return float(np.mean(judged))


def _has_a_name_for_each(case: Case, output: Any) -> str | None:
    named, rows = output["named"], len(case.args[2])
    if named.shape != (rows,):
        return f"{named.shape} classes for {rows} recordings."
    return None


def _is_finite(case: Case, output: Any) -> str | None:
    if output["finite"] is not True:
        return "some probabilities are NaN. Is a recording silent, or has the training exploded?"
    return None


MY_RECIPE = Exercise(
    "recipe.my_recipe",
    points=20,
    minutes=15,
    driver=drivers.entered,
    seconds=20.0,  # an honest recipe takes two; on a busy machine some more
    float32=False,
    properties=(
        Property("every recording gets a class", _has_a_name_for_each),
        Property("all probabilities are numbers", _is_finite),
    ),
    measure=lambda case, out: {"prepared": (float(out["prepared"]), 0.0)},
    value=_accuracy,
    levels=LEVELS,
    parents=("recipe.fit_preparation", "recipe.shift_calls"),
    hints=(
        "Begin with `Recipe(prepare=fit_preparation)` and see what it reaches. Then change one "
        "thing at a time, each at a rate of its own, and compare on the validation recordings "
        "that are no copies.",
        "What does the nearest-neighbour baseline know that a dense network does not? `augment` "
        "can tell it: `shift_calls`.",
        "A penalty, a rate that falls to 0 at the end (`cosine_decay`), shifts in time *and* "
        "pitch: together they pass the highest level, with any optimizer at a rate that suits it.",
    ),
)


@MY_RECIPE.cases
def _(rng: np.random.Generator):
    small = make_calls(120, 20, 40, rng=rng, elsewhere=True)
    small.x_train[0] = small.x_test[0] = 0
    args = (small.x_train, small.y_train, small.x_test, int(rng.integers(1 << 30)), 2000)
    yield Case("twenty updates in a small wood", args)
    for name in ("a second wood", "a third wood"):
        wood = make_calls(1500, 20, 2000, rng=rng, elsewhere=True)
        args = (wood.x_train, wood.y_train, wood.x_test, int(rng.integers(1 << 30)), BUDGET)
        yield Case(name, args, known=wood.y_test)


@MY_RECIPE.misconception("the size of silence is divided by")
def _():
    """Your preparation gives NaN, or fails, where recordings are silent.
    What is 0 divided by 0, and in how many of a hundred recordings does nothing sound?
    """

    def prepare(x_train):
        def of(x):
            with np.errstate(all="ignore"):
                return x / np.sqrt((x**2).mean(axis=(1, 2), keepdims=True))

        return of

    return Recipe(prepare=prepare)


@MY_RECIPE.misconception("a training that explodes")
def _():
    """Your preparation gives numbers, also for silence, and the network does not: its weights have
    grown beyond all bounds. Which number of the recipe says how far a step goes?
    """
    return Recipe(prepare=lambda x_train: lambda x: np.clip(x, 0, 1), lr=1e4, reg=1.0)


CHAMPION = Question(
    "recipe.best_of_thirty",
    "Thirty people hand in the *same* recipe, each with a seed of their own. The thirty networks "
    "have 0.724 on average. The board has 300 recordings, and shows the best of the thirty. What "
    "does it show, on average?",
    choices=(
        Choice(
            "0.724: the recipes are equal",
            "Equal in truth. What is the standard error of a share of 300 recordings, and does "
            "the best of thirty lie at the mean?",
        ),
        Choice(
            "about 0.731",
            "That is by how much the seeds differ in truth. What does the choice of 300 "
            "recordings add to it?",
        ),
        Choice("about 0.75", right=True),
        Choice(
            "about 0.80",
            "Thirty independent errors of 0.026 would have a maximum two of these above the "
            "mean. Are they independent, when all are judged on the same 300?",
        ),
    ),
    why="Nearly three points, of which half a point is true. All thirty are judged on the same "
    "recordings, which halves what independent luck would bring.",
)
