"""Equal weights: what stays equal, and how many units differ."""

import numpy as np

from grader import Case, Choice, Exercise, Question

CONSTANT_START = Question(
    "initialization.constant_start",
    "All weights of a network start at the same constant, say 0.1. Gradient descent runs for "
    "as long as you like. What do the units of one hidden layer do?",
    choices=(
        Choice(
            "They start equal and soon specialise: the data differ.",
            "Every unit sees the same data through the same weights. In which quantity could "
            "two of them differ after the first step?",
        ),
        Choice(
            "They stay exactly equal to each other, but they do learn: the layer works like "
            "one unit.",
            right=True,
        ),
        Choice(
            "Nothing moves: the gradient is zero.",
            "That is the start from zeros. With 0.1 a unit passes something on. Which "
            "gradient does it get?",
        ),
        Choice(
            "They stay equal until the learning rate is large enough to shake them apart.",
            "Equal weights minus lr times equal gradients: what is that for any lr?",
        ),
    ),
    why="Equal weights give equal outputs, and equal outgoing weights give equal gradients. So "
    "the weights are equal after the step as well, and after every step. What breaks the "
    "symmetry is noise in the start.",
)


ZERO_START = Question(
    "initialization.zero_start",
    "Now the constant is 0: all weights and biases of a network with ReLU or tanh are zero. "
    "Which parameters change in the first step?",
    choices=(
        Choice(
            "all of them, in equal steps",
            "The gradient on a weight is the input of its layer times what comes from above. "
            "What are these two in a hidden layer?",
        ),
        Choice(
            "the weights of the first layer: only there the inputs are not zero",
            "The inputs are not zero, but what comes down from above? It has to pass the "
            "weights of the second layer.",
        ),
        Choice(
            "the weights of the last layer: they sit next to the loss",
            "Their gradient is what the layer below sends up, times the error. What does a "
            "hidden layer of zeros send?",
        ),
        Choice("the biases of the last layer only", right=True),
    ),
    why="Hidden outputs are 0, so the last weights get no gradient; the last weights are 0, so "
    "nothing flows down. Only the output bias moves, and it learns how frequent each class is. "
    "This does not change in any later step.",
)


N_DISTINCT_UNITS = Exercise(
    "initialization.n_distinct_units",
    points=2,
    minutes=5,
    returns=("number",),
    promises={
        "count as one when no weight": (
            "a difference just within the tolerance",
            "a coarse tolerance",
            "units that differ in their last weight only",
        ),
    },
    hints=(
        "Go through the columns from left to right and ask of each: have I met it before?",
        "Two columns are the same when their largest absolute difference is at most the "
        "tolerance times the largest absolute weight of the whole layer.",
        "Keep the columns met so far. A new one counts if its distance to every one of them is "
        "above that bound.",
    ),
)


@N_DISTINCT_UNITS.cases
def _(rng: np.random.Generator):
    def units(fan_in, n):
        """Different columns: multiples of 1/8 with the largest weight 1."""
        while True:
            w = rng.integers(-7, 8, (fan_in, n)) / 8
            w[rng.integers(fan_in), 0] = 1
            if np.unique(w, axis=1).shape[1] == n:
                return w

    w = units(4, 3)
    yield Case("five units, two of them copies", (w[:, [0, 1, 0, 2, 1]],))
    yield Case("one weight for all", (np.full((3, 4), 0.125),))
    w = units(2, 3)
    yield Case("the mirror image and the double of a unit", (np.stack([w[:, 0], -w[:, 0]], 1),))
    yield Case("more units than inputs", (np.concatenate([w, -w[:, :1], w / 2], axis=1),))
    yield Case("a unit that lies above another", (np.stack([w[:, 0], w[:, 0] + 0.5], 1),))
    w = units(5, 4)[:, [0, 1, 2, 3, 2, 0]]
    yield Case("copies up to rounding", (w * (1 + 1e-10 * rng.standard_normal(w.shape)),))
    w = -(1 + units(4, 4)[:, [0, 1, 2, 1, 3]]) / 2
    w = w * (1 + 1e-10 * rng.standard_normal(w.shape))
    yield Case("negative weights, copies up to rounding", (w,))
    yield Case("tiny weights", (1e-8 * units(4, 3)[:, [0, 1, 2, 0]],))
    w = units(3, 3)[:, [2, 0, 1, 2]] + 1e-5 * rng.uniform(-1, 1, (3, 4))
    yield Case("a coarse tolerance", (w,), {"tol": 1e-3})
    close = w[:, [0, 1]] + 0.0
    close[:, 1] = close[:, 0]
    close[0, 1] += 0.75e-3 * np.abs(close).max()
    yield Case("a difference just within the tolerance", (close,), {"tol": 1e-3})
    w = units(4, 3)[:, [0, 1, 2, 0]]
    w[-1, 3] += 0.5
    yield Case("units that differ in their last weight only", (w,))
    yield Case("one unit", (units(4, 1),))
    yield Case("weights of zero", (np.zeros((3, 4)),), extreme=True)


def _distinct(w, tol):
    distance = np.abs(w[:, :, None] - w[:, None, :]).max(axis=0)
    earlier = np.tril(distance <= tol, -1)
    return int((~earlier.any(axis=1)).sum())


@N_DISTINCT_UNITS.misconception("rows instead of units")
def _(w, *, tol=1e-6):
    """You compare the rows of w.
    A row holds what all units do with one input. The weights of one unit stand below
    each other. Along which axis does the number of units lie?
    """
    return _distinct(w.T, tol * np.abs(w).max(initial=0))


@N_DISTINCT_UNITS.misconception("the rank")
def _(w, *, tol=1e-6):
    """You count the directions that the columns span.
    A unit with twice the weights of another one adds no direction, but after a bend it
    answers differently. When exactly do two units always give the same answer?
    """
    return int(np.linalg.matrix_rank(w, tol=tol * np.abs(w).max(initial=0) * 10))


@N_DISTINCT_UNITS.misconception("no room for rounding")
def _(w, *, tol=1e-6):
    """Columns that differ in their last digits count as different for you.
    Equal units may add up the same terms in another order, and part by rounding alone.
    How large a difference do the instructions still call the same?
    """
    return np.unique(w, axis=1).shape[1]


@N_DISTINCT_UNITS.misconception("a tolerance that does not know the scale")
def _(w, *, tol=1e-6):
    """For ordinary weights you are right; for a layer of tiny weights all units look the
    same to you.
    What is the tolerance multiplied with before it is compared with a difference?
    """
    return _distinct(w, tol)


@N_DISTINCT_UNITS.misconception("only neighbours compared")
def _(w, *, tol=1e-6):
    """You miss copies that do not stand side by side.
    A unit may have been seen anywhere to its left. With which columns do you have to
    compare it?
    """
    jumps = np.abs(np.diff(w, axis=1)).max(axis=0) > tol * np.abs(w).max(initial=0)
    return 1 + int(jumps.sum())


@N_DISTINCT_UNITS.misconception("numbers instead of units")
def _(w, *, tol=1e-6):
    """You count the different numbers in the matrix.
    A unit is a whole column. Two of them differ as soon as one of their weights does.
    What do you have to compare, then?
    """
    return _distinct(w.reshape(1, -1), tol * np.abs(w).max(initial=0))
