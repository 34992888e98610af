"""Dropout on the inputs of a linear model: what the noise adds to the loss on average."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import both_signs

DROPOUT_IS_RIDGE = Question(
    "dropout.dropout_is_ridge",
    "A linear model is trained with squared errors and inverted dropout on its inputs. On average "
    "over the masks, what is it really trained with?",
    choices=(
        Choice(
            "The same loss: inverted dropout leaves every mean as it was.",
            "The mean of the prediction stays. Is the mean of a square the square of the mean?",
        ),
        Choice(
            "The same loss at a smaller learning rate, since fewer weights take part.",
            "Survivors are scaled up. What is left of the noise when it has the mean 0?",
        ),
        Choice("The same loss and a penalty on squared weights.", right=True),
        Choice(
            "The same loss and a penalty on the absolute values of the weights.",
            "Noise in an input moves the prediction by a multiple of the weight. Which power "
            "of that enters a variance?",
        ),
    ),
    why="The mean of a square is the squared mean plus the variance. The first gives the loss "
    "without dropout; the variance of the prediction is a sum of squared weights, each with a "
    "strength of its own.",
)


DROPOUT_PENALTY = Exercise(
    "dropout.dropout_penalty",
    points=3,
    minutes=8,
    returns=("penalty",),
    hints=(
        "For one example: the mean of (pred - y)^2 over masks is (mean of pred - y)^2 plus the "
        "variance of pred. Which of the two is the loss without dropout?",
        "The inputs are dropped independently, so the variance of their sum is the sum of the "
        "variances. A factor is 1 / (1 - p_drop) with probability 1 - p_drop, else 0: what is its "
        "mean, what the mean of its square, and so its variance?",
        "The variance of a factor is p_drop / (1 - p_drop). Times (x_ij w_j)^2, added up over "
        "inputs and examples.",
    ),
)


@DROPOUT_PENALTY.cases
def _(rng: np.random.Generator):
    for name, n, d, p_drop in (
        ("five examples, three inputs", 5, 3, 0.3),
        ("half dropped", 4, 2, 0.5),
        ("most dropped", 3, 4, 0.8),
        ("one example", 1, 3, 0.2),
        ("one input", 4, 1, 0.4),
        ("nothing dropped", 3, 2, 0.0),
    ):
        # Inputs of different sizes, and weights too: a strength of their own shows.
        sizes = rng.permutation(np.linspace(0.6, 2.0, d))
        yield Case(name, (both_signs(rng, n, d) * sizes, both_signs(rng, d)), {"p_drop": p_drop})


@DROPOUT_PENALTY.misconception("the probability of dropping as the variance")
def _(x, w, *, p_drop):
    """Your penalty is p_drop times a sum of squares. It stays finite when nearly all is dropped.
    Survivors are scaled up more and more then. What is the variance of one factor?
    """
    return float(p_drop * (x**2).sum(axis=0) @ w**2)


@DROPOUT_PENALTY.misconception("the variance of a bare mask")
def _(x, w, *, p_drop):
    """Your penalty is the same for p_drop and 1 - p_drop: you took a mask of 0 and 1.
    With inverted dropout the survivors are scaled up. What does a factor do to a variance?
    """
    return float(p_drop * (1 - p_drop) * (x**2).sum(axis=0) @ w**2)


@DROPOUT_PENALTY.misconception("the mean of the squared factor")
def _(x, w, *, p_drop):
    """Even with nothing dropped you have a penalty.
    You took the mean of the squared factor. What is still to be subtracted for a variance?
    """
    return float((x**2).sum(axis=0) @ w**2 / (1 - p_drop))


@DROPOUT_PENALTY.misconception("all inputs dropped together")
def _(x, w, *, p_drop):
    """With one input you are right; with several your penalty depends on how their terms cancel.
    You square the sum of an example. Are the factors of two inputs tied to each other?
    """
    return float(p_drop / (1 - p_drop) * ((x @ w) ** 2).sum())


@DROPOUT_PENALTY.misconception("one strength for all weights")
def _(x, w, *, p_drop):
    """You punish every weight alike: a plain ridge penalty, with the mean size of the inputs.
    Noise comes in proportion to an input. Which weights does it hurt more?
    """
    return float(p_drop / (1 - p_drop) * (x**2).sum() / len(w) * (w**2).sum())


@DROPOUT_PENALTY.misconception("a mean over the examples")
def _(x, w, *, p_drop):
    """With one example you are right; otherwise your penalty is too small.
    Is the loss here a mean over the examples, or a sum?
    """
    return float(p_drop / (1 - p_drop) * (x**2).mean(axis=0) @ w**2)


@DROPOUT_PENALTY.misconception("weights without the inputs")
def _(x, w, *, p_drop):
    """Your penalty does not depend on x.
    An input that is always 0 loses nothing when it is dropped. Does your formula say so?
    """
    return float(p_drop / (1 - p_drop) * len(x) * (w**2).sum())


@DROPOUT_PENALTY.misconception("a factor one half")
def _(x, w, *, p_drop):
    """Your penalty is half as large as it should be.
    Many losses carry a one half for the sake of their derivative. Does this one?
    """
    return float(0.5 * p_drop / (1 - p_drop) * (x**2).sum(axis=0) @ w**2)
