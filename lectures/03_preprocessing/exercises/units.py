"""Where the data enter the gradient: their signs and their units."""

import numpy as np

from grader import Case, Exercise, Number, Question

HAS_ONE_SIGN_INPUTS = Exercise(
    "preprocessing.has_one_sign_inputs",
    points=1,
    minutes=2,
    returns=("one_sign",),
    promises={"never change sign": "five examples, six features"},
    hints=(
        "A feature is a column. Which two kinds of columns never change their sign?",
        "All numbers of the column are at least 0, or all are at most 0.",
        "Compare the table with 0, and ask along the examples whether all agree.",
    ),
)


@HAS_ONE_SIGN_INPUTS.cases
def _(rng: np.random.Generator):
    size = rng.uniform(0.3, 0.9, (5, 6))
    signs = np.array([[1, -1, 1, 0, 1, -1]] * 5)
    signs[4, 2], signs[1, 4], signs[3, 5] = -1, 0, 0
    order = rng.permutation(6)
    yield Case("five examples, six features", ((size * signs)[:, order],))
    yield Case("grey values from 0 to 255", (rng.integers(0, 256, (4, 3)).astype(float),))
    mixed = np.array([[1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]])
    yield Case("both features have both signs", (mixed * rng.uniform(0.3, 2, (3, 2)),))
    yield Case("one example", (np.array([[0.5, -0.5, 0.0]]),))
    between = np.array([[1.0, -1.0, 1.0], [0.0, 0.0, 0.0], [-1.0, 1.0, 0.0]])
    yield Case("a zero between two signs", (between * rng.uniform(0.3, 2, (3, 3)),))
    # The first column changes its sign, and its sum is positive.
    yield Case("mostly positive", (np.array([[2.0, -3.0], [1.0, -1.0], [-0.5, -2.0]]),))


@HAS_ONE_SIGN_INPUTS.misconception("a zero taken for a change of sign")
def _(x):
    """A feature with a zero in it never counts as one-signed for you.
    A zero adds nothing to the gradient of that weight.
    Does it contradict the signs of the other examples?
    """
    return np.all(x > 0, axis=0) | np.all(x < 0, axis=0)


@HAS_ONE_SIGN_INPUTS.misconception("only positive features")
def _(x):
    """You find the features that are never negative, and miss the others.
    What happens to the weights if all inputs are negative?
    """
    return np.all(x >= 0, axis=0)


@HAS_ONE_SIGN_INPUTS.misconception("an answer for each example")
def _(x):
    """You have one answer for each row.
    Which axis of the table counts examples, and which features?
    """
    return np.all(x >= 0, axis=1) | np.all(x <= 0, axis=1)


@HAS_ONE_SIGN_INPUTS.misconception("one answer for the whole table")
def _(x):
    """You have one answer for all features together.
    One feature may change its sign and its neighbour may not. How many answers are asked for?
    """
    return np.all(x >= 0) | np.all(x <= 0)


@HAS_ONE_SIGN_INPUTS.misconception("only neighbours compared")
def _(x):
    """Your answer misses a change of sign that has a zero on its way.
    It looks as if each example were compared with the next one only.
    What do you know of the first and the third, when the second is 0?
    """
    return np.all(x[1:] * x[:-1] >= 0, axis=0)


@HAS_ONE_SIGN_INPUTS.misconception("one example is enough")
def _(x):
    """Every feature counts as one-signed for you.
    A number is always at least 0 or at most 0. Which has to hold for all examples at once?
    """
    return np.any(x >= 0, axis=0) | np.any(x <= 0, axis=0)


@HAS_ONE_SIGN_INPUTS.misconception("both at once")
def _(x):
    """A feature with any number but 0 never counts for you.
    Must a column be of both kinds, or of one of them?
    """
    return np.all(x >= 0, axis=0) & np.all(x <= 0, axis=0)


@HAS_ONE_SIGN_INPUTS.misconception("zeros among the positive ones only")
def _(x):
    """Positive features may hold a zero for you, negative ones may not.
    Does a zero contradict a minus any more than a plus?
    """
    return np.all(x >= 0, axis=0) | np.all(x < 0, axis=0)


@HAS_ONE_SIGN_INPUTS.misconception("the sign of the sum")
def _(x):
    """A feature counts for you when its numbers do not sum to less than 0.
    One large number can hide many small ones. What has to be asked of each number?
    """
    return np.abs(x.sum(axis=0)) == x.sum(axis=0)


@HAS_ONE_SIGN_INPUTS.misconception("the other way round")
def _(x):
    """True stands where the sign changes.
    What does the name of the result say?
    """
    return ~(np.all(x >= 0, axis=0) | np.all(x <= 0, axis=0))


DIVIDE_BY_255 = Question(
    "preprocessing.divide_by_255",
    "A network learns from pixels between 0 and 255. You divide all pixels by 255 and multiply the "
    "first layer's weights by 255, so that its outputs are what they were. By which factor must "
    "you multiply the *learning rate* of these weights, so that every later loss is what it was, "
    "too? (A whole number, or a fraction such as `1 / 255`.)",
    number=Number(
        65025,
        rel_tol=0.005,
        misreadings={
            255: "You have made up for one change: the weights are 255 times as large, so a step "
            "must be. What has happened to the gradient that the step is made from?",
            1
            / 255: "A smaller rate for smaller inputs? Write down the gradient on a weight: is it "
            "larger or smaller than before the division?",
            1 / 65025: "Both changes are in it, but in which direction? Are the gradients on the "
            "weights larger or smaller than before the division?",
            1: "The outputs are the same before the first step. Is the gradient on the weights "
            "the same, now that the inputs are smaller?",
        },
    ),
    why="The gradient contains the inputs, so it is 255 times smaller. The weights are 255 times "
    "larger, so they need steps 255 times as long. Together 255² = 65025.",
)


MATCH_SCALING = Exercise(
    "preprocessing.match_scaling",
    points=2,
    minutes=4,
    returns=("w_scaled", "lr_scaled"),
    hints=(
        "First the outputs before any step: x w has to stay the same number when x is replaced by "
        "x / c. What must replace w?",
        "Now one step. The gradient on the first layer's weights is x.T @ dz, and dz is what it "
        "was. By which factor does the new gradient differ from the old one?",
        "The new weights must move by c times the old step. Which rate makes that step out of a "
        "gradient that is c times smaller?",
    ),
)


@MATCH_SCALING.cases
def _(rng: np.random.Generator):
    for name, shape, lr, c in (
        ("pixels", (4, 3), 0.01, 255.0),
        ("inputs in thousands", (3, 5), 0.3, 1000.0),
        ("inputs that are too small", (2, 2), 2.0, 0.05),
        ("one weight", (1, 1), 0.5, 3.0),
    ):
        w = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 1.5, shape)
        yield Case(name, (w, lr * rng.uniform(0.8, 1.2), c * rng.uniform(0.9, 1.1)))


@MATCH_SCALING.misconception("the rate the wrong way")
def _(w, lr, c):
    """The outputs agree at the start. But your rate shrinks where it should grow.
    With inputs c times smaller: is the gradient on the weights larger or smaller?
    """
    return w * c, lr / c**2


@MATCH_SCALING.misconception("the rate by c alone")
def _(w, lr, c):
    """The outputs agree at the start, and after one step they no longer do.
    Two things have changed: the size of the weights, and the size of their gradient.
    For which of the two does your rate make up?
    """
    return w * c, lr * c


@MATCH_SCALING.misconception("the rate left alone")
def _(w, lr, c):
    """The outputs agree at the start, and your rate is the old one.
    Look at the gradient on the first layer: do the inputs occur in it?
    """
    return w * c, lr


@MATCH_SCALING.misconception("the rate divided by c")
def _(w, lr, c):
    """The outputs agree at the start, but your steps get smaller.
    The weights are now c times what they were. Should they move more or less than before?
    """
    return w * c, lr / c


@MATCH_SCALING.misconception("the weights the wrong way")
def _(w, lr, c):
    """Your weights become smaller by c, as the inputs do.
    What happens to the product of the two?
    """
    return w / c, lr * c**2


@MATCH_SCALING.misconception("the weights left alone")
def _(w, lr, c):
    """You keep the weights, so that the outputs change before any step is made.
    Which weights give the old outputs with the new inputs?
    """
    return w.copy(), lr * c**2


@MATCH_SCALING.misconception("both divided")
def _(w, lr, c):
    """You divide weights and rate, as if all numbers of the first layer had the inputs' unit.
    If an income is given in thousands of euros, does its weight get smaller or larger?
    """
    return w / c, lr / c**2


@MATCH_SCALING.misconception("the weights by the square of c")
def _(w, lr, c):
    """Your weights are off by a factor c, so the outputs change before any step is made.
    In how many places does c occur in the product of inputs and weights?
    """
    return w * c**2, lr * c**2


@MATCH_SCALING.misconception("the rate by the square root of c")
def _(w, lr, c):
    """The outputs agree at the start, and after one step they no longer do.
    Your rate changes less than the weights do. With c = 100, what has become of the weights, and
    what of their gradient?
    """
    return w * c, lr * np.sqrt(c)


@MATCH_SCALING.misconception("255 whatever c is")
def _(w, lr, c):
    """Your factors are those of pixels from 0 to 255, whatever the inputs are divided by.
    What is c passed in for?
    """
    return w * 255, lr * 255**2
