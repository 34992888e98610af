"""A classifier far from the origin: how many predictions flip when its weights move a little."""

import numpy as np

from grader import Case, Choice, Exercise, Question

LOOSE_NAIL = Question(
    "preprocessing.loose_nail",
    "Two clouds of standard deviation 1, and a line between them that separates them well. All of "
    "it lies at a distance of 100 from the origin. Now the two weights of the line move by 1 % of "
    "their length in a random direction; the bias stays. How many predictions flip? (With the "
    "clouds round the origin it is 0.03 %.)",
    choices=(
        Choice(
            "1 %",
            "A change of 1 % in, a change of 1 % out? How far does the line move, at a distance of "
            "100 from the point that it turns about?",
        ),
        Choice("4 %", right=True),
        Choice(
            "0.03 % as before",
            "The line is as long as before, and turns by as much. About which point does it turn?",
        ),
        Choice(
            "50 %",
            "That would be as good as chance: the line would have left the clouds. It moves by "
            "about 1 % of 100. How far apart are the clouds?",
        ),
    ),
    why="The move shifts the line by up to 1 % of the distance, that is by 1, about the size of a "
    "cloud. Ten draws: 4.4 ± 0.4 %.",
)


# The first point has the score 0 after the first two steps, the next two before all of them. With
# the others every wrong idea gives a rate of its own.
BORDER = np.array([[0, 1], [1.5, 0.5], [0.5, 1.25], [-5.75, 6], [5, -4.5], [-2.5, 4], [-5.5, 0]])
BORDER = np.concatenate([BORDER, [[5.5, -4], [6, -4.5], [4, 5.5], [-2.5, 5.5], [-1, -5.5]]])
BORDER = np.concatenate([BORDER, [[0, 0.5], [2.5, -1], [1, -1.5]]])
STEPS = np.array([[0, 2], [0, 1], [3, 0], [0, -0.5], [2, 0]])

FLIP_RATE = Exercise(
    "preprocessing.flip_rate",
    points=2,
    minutes=5,
    returns=("rate",),
    promises={"changes from positive": "scores of exactly 0, before and after"},
    float32=False,  # a prediction on the border may flip by rounding alone
    hints=(
        "Predict for all examples with w, then with each moved w, and compare.",
        "A move has the direction of a row of `directions` and the length rel_perturb times the "
        "length of w. Divide each row by its own length first.",
        "With one moved w in each column, a single product gives the scores of all examples. The "
        "answer is the share of places in which two tables of True and False differ.",
    ),
)


@FLIP_RATE.cases
def _(rng: np.random.Generator):
    def case(name, n, d, m, distance, rel_perturb, long, opposite=False):
        w = rng.choice([-1.0, 1.0], d) * rng.uniform(1.5, 3, d)
        signs = -np.sign(w) if opposite else rng.choice([-1.0, 1.0], d)
        centre = distance * signs * rng.uniform(0.7, 1, d)
        x = centre + rng.standard_normal((n, d))
        directions = long * rng.uniform(0.2, 5, (m, 1)) * rng.standard_normal((m, d))
        return Case(name, (x, w, float(-centre @ w), directions), {"rel_perturb": rel_perturb})

    yield case("40 examples, 25 directions", 40, 3, 25, 20, 0.05, 1)
    yield case("near the origin", 50, 2, 30, 1, 0.5, 1)
    # In every draw one bias is positive, and that of the scores of 0 is negative.
    yield case("far away", 30, 4, 40, 300, 0.01, 3, opposite=True)
    yield case("one direction", 60, 3, 1, 20, 0.2, 2)
    yield case("directions of little length", 40, 3, 20, 10, 0.1, 1e-3)
    exact = BORDER[rng.permutation(len(BORDER))], np.array([3.0, 4.0]), -6.5, STEPS
    yield Case("scores of exactly 0, before and after", exact, {"rel_perturb": 0.5})
    usual = case("the default of 1 %", 40, 2, 40, 100, 0.01, 1)
    yield Case(usual.name, usual.args)


def _share(x, w, b, moves, b_after=None):
    after = x @ (w + moves).T + (b if b_after is None else b_after) > 0
    return float(np.mean((x @ w + b > 0)[:, None] != after))


def _unit(directions):
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


@FLIP_RATE.misconception("a length that does not depend on w")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """Your changes have the length rel_perturb whatever w is.
    1 % is a share. A share of what?
    """
    return _share(x, w, b, rel_perturb * _unit(directions))


@FLIP_RATE.misconception("directions with their own length")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """Your rate changes when a direction is made longer without being turned.
    How long should a change of w be, whatever the length of its row?
    """
    return _share(x, w, b, rel_perturb * np.linalg.norm(w) * directions)


@FLIP_RATE.misconception("one length for all directions together")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """Your changes differ in length, and all are too short where there are many directions.
    It looks as if you took the length of the whole table. Along which axis does one direction lie?
    """
    return _share(
        x, w, b, rel_perturb * np.linalg.norm(w) * directions / np.linalg.norm(directions)
    )


@FLIP_RATE.misconception("each weight by its own share")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """You change each weight in proportion to its own size.
    The change has to point where the direction points. Does yours?
    """
    return _share(x, w, b, rel_perturb * w * _unit(directions))


@FLIP_RATE.misconception("without the bias")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """Your rates are those of a line through the origin.
    Where is the line without its bias, and where are the data?
    """
    return _share(x, w, 0.0, rel_perturb * np.linalg.norm(w) * _unit(directions))


@FLIP_RATE.misconception("the bias moves with the weights")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """Your bias grows by the share rel_perturb as well.
    What does the text say about the bias?
    """
    moves = rel_perturb * np.linalg.norm(w) * _unit(directions)
    return _share(x, w, b, moves, b * (1 + rel_perturb))


@FLIP_RATE.misconception("any flip counts")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """You count an example as soon as one of the directions flips it.
    The rate is a mean over examples and directions. How many predictions are there in all?
    """
    moves = rel_perturb * np.linalg.norm(w) * _unit(directions)
    flipped = (x @ w + b > 0)[:, None] != (x @ (w + moves).T + b > 0)
    return float(flipped.any(axis=1).mean())


@FLIP_RATE.misconception("those that stay")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """You count the predictions that stay as they are.
    Which share is asked for?
    """
    return 1 - _share(x, w, b, rel_perturb * np.linalg.norm(w) * _unit(directions))


def _moves(w, directions, rel_perturb):
    return rel_perturb * np.linalg.norm(w) * _unit(directions)


def _flipped(x, w, b, moves):
    """How predictions change, for each example and move: 1, 0 or -1."""
    before, after = x @ w + b > 0, x @ (w + moves).T + b > 0
    return after.astype(int) - before[:, None]


@FLIP_RATE.misconception("directions as they are")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """Your changes have the length rel_perturb times that of the row, whatever w is.
    Only the direction of a row matters. Of which length is rel_perturb a share?
    """
    return _share(x, w, b, rel_perturb * directions)


@FLIP_RATE.misconception("lengths along the other axis")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """Your changes do not point where the rows of `directions` point.
    It looks as if each column were divided by its length. What lies in a row, and what in a column?
    """
    unit = directions / np.linalg.norm(directions, axis=0)
    return _share(x, w, b, rel_perturb * np.linalg.norm(w) * unit)


@FLIP_RATE.misconception("the square of the length of w")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """When w is twice as long, your changes are four times as long.
    When w is twice as long, how much longer is 1 % of it?
    """
    return _share(x, w, b, rel_perturb * (w @ w) * _unit(directions))


@FLIP_RATE.misconception("always 1 %")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """Your changes have 1 % of the length of w, whatever `rel_perturb` is.
    What does the 0.01 in the first line of the function stand for?
    """
    return _share(x, w, b, _moves(w, directions, 0.01))


@FLIP_RATE.misconception("a share taken for per cent")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """Your changes are a hundred times too short.
    By which number does the text write 1 %?
    """
    return _share(x, w, b, _moves(w, directions, rel_perturb / 100))


@FLIP_RATE.misconception("a count")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """You count the flips.
    A rate lies between 0 and 1. How many predictions were compared?
    """
    return float(np.abs(_flipped(x, w, b, _moves(w, directions, rel_perturb))).sum())


@FLIP_RATE.misconception("the sum over the examples")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """Twice as many examples of the same kind would double your rate.
    Over what is the mean taken, besides the directions?
    """
    return len(x) * _share(x, w, b, _moves(w, directions, rel_perturb))


@FLIP_RATE.misconception("the sum over the directions")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """Twice as many directions would double your rate.
    Over what is the mean taken, besides the examples?
    """
    return len(directions) * _share(x, w, b, _moves(w, directions, rel_perturb))


@FLIP_RATE.misconception("a rate for each direction")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """You have a rate for each direction.
    How many numbers does the text ask for?
    """
    return np.abs(_flipped(x, w, b, _moves(w, directions, rel_perturb))).mean(axis=0)


@FLIP_RATE.misconception("a rate for each example")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """You have a rate for each example.
    How many numbers does the text ask for?
    """
    return np.abs(_flipped(x, w, b, _moves(w, directions, rel_perturb))).mean(axis=1)


@FLIP_RATE.misconception("only those that become positive")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """You count the predictions that become positive, and none that were positive before.
    Which changes does the text call a flip?
    """
    return float((_flipped(x, w, b, _moves(w, directions, rel_perturb)) > 0).mean())


@FLIP_RATE.misconception("only those that were positive")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """You count the predictions that were positive before, and none that become positive.
    Which changes does the text call a flip?
    """
    return float((_flipped(x, w, b, _moves(w, directions, rel_perturb)) < 0).mean())


@FLIP_RATE.misconception("a score of 0 taken for positive")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """Your rate is another one where a score is exactly 0.
    When does the text call a prediction positive?
    """
    before, after = x @ w + b >= 0, x @ (w + _moves(w, directions, rel_perturb)).T + b >= 0
    return float(np.mean(before[:, None] != after))


@FLIP_RATE.misconception("a score of 0 as a third prediction")
def _(x, w, b, directions, *, rel_perturb=0.01):
    """Your rate is too large where a score is exactly 0: you count a step from 0 to below as well.
    The text knows two predictions, positive and not positive. Which of them is a score of 0?
    """
    before, after = x @ w + b, x @ (w + _moves(w, directions, rel_perturb)).T + b
    return float(np.mean(np.sign(before)[:, None] != np.sign(after)))
