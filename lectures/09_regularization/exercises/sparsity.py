"""Weights that are exactly zero."""

import numpy as np

from grader import Case, Choice, Exercise, Question

ZEROS = Question(
    "regularization.zeros",
    "Softmax regression on digits with an L1 penalty, trained by gradient descent with the "
    "gradient that you have just written. After 500 updates, which share of the weights is exactly "
    "0.0?",
    choices=(
        Choice(
            "More than half: L1 makes sparse models.",
            "A weight of 0.0001 takes a step of 0.0003. Where does it land?",
        ),
        Choice(
            "About a tenth, those of the pixels that are always blank.",
            "Such a weight starts at a random number, and only the penalty pulls it. How long are "
            "its steps?",
        ),
        Choice("None of them.", right=True),
        Choice(
            "Every weight whose gradient is smaller than the penalty.",
            "Such a weight is pulled towards 0. What stops it there?",
        ),
    ),
    why="The pull has the same size on both sides of 0, so a small weight jumps across and back. "
    "It becomes small, never 0. Sparse models need another step.",
)

SOFT = Exercise(
    "regularization.soft_threshold",
    points=3,
    minutes=6,
    returns=("u",),
    hints=(
        "Draw the function of u for w = 3 and t = 1, and then for w = 0.5. Where is the lowest "
        "point?",
        "Suppose that u is positive. What is the slope, and where is it 0? When is that point "
        "really positive?",
        "w - t where w is above t, w + t where w is below -t, and 0 in between.",
    ),
)


@SOFT.cases
def _(rng: np.random.Generator):
    def case(name, shape, t):
        size = int(np.prod(shape))
        sizes = t * np.resize([0.3, 1.4, 2.5, 0.7], size) * rng.uniform(0.9, 1.1, size)
        signs = np.resize([1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0], size)
        return Case(name, (rng.permutation(sizes * signs).reshape(shape), t))

    yield case("a (2, 4) matrix", (2, 4), 0.8)
    yield case("nine weights", (9,), 2.5)
    yield Case("no price", (rng.uniform(-2, 2, 5), 0.0))
    yield Case("exactly at the price, and at 0", (np.array([0.5, -0.5, 0.0, 0.75]), 0.5))
    yield Case("a price above all weights", (rng.uniform(-1, 1, 4), 3.0))
    yield Case("huge weights", (np.array([1e200, -1e200, 1.0]), 2.0), extreme=True)


@SOFT.misconception("keep or kill")
def _(w, t):
    """A weight just above t is kept as it is, one just below becomes 0: your result jumps.
    Put both numbers into the function that is to be made small. Is a kept weight its lowest point?
    """
    return np.where(np.abs(w) > t, w, 0).astype(w.dtype)


@SOFT.misconception("a step of the gradient")
def _(w, t):
    """Small weights change their sign: half of t becomes minus half of t.
    On its way from w to there u passes 0. Does the function still fall behind it?
    """
    return w - t * np.sign(w)


@SOFT.misconception("positive weights only")
def _(w, t):
    """Every negative weight becomes 0 in your version, however large it is.
    The price is for |u|. What does a weight of minus 100 turn into?
    """
    return np.maximum(w - t, 0)


@SOFT.misconception("what is taken away")
def _(w, t):
    """A large weight becomes t, a small one stays.
    Is that what is left of the weight, or what the price takes from it?
    """
    return np.clip(w, -t, t)


@SOFT.misconception("the sign is lost")
def _(w, t):
    """Your results are never negative.
    Which u is nearest to a negative w, at the same price?
    """
    return np.maximum(np.abs(w) - t, 0)


@SOFT.misconception("half of the price")
def _(w, t):
    """You move the weights by half of t.
    That fits a square without a one half in front. Where does the slope u - w + t vanish?
    """
    return np.sign(w) * np.maximum(np.abs(w) - 0.5 * t, 0)


@SOFT.misconception("shrunk in proportion")
def _(w, t):
    """You divide all weights by the same number: that is what a price on the square does.
    Can a weight become exactly 0 that way?
    """
    return w / (1 + t)
