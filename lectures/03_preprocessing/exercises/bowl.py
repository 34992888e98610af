"""The bowl that the data dig: mean and spread as curvature."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import table

SECOND_MOMENT = Exercise(
    "preprocessing.second_moment",
    points=2,
    minutes=5,
    returns=("around", "offset"),
    hints=(
        "Write every example as the mean plus a rest, and put that into x.T @ x / N.",
        "The product has four terms. In two of them the rest stands alone, and its mean over the "
        "examples is 0.",
        "What is left: the rests among themselves, and the mean with itself, an outer product.",
    ),
)


@SECOND_MOMENT.cases
def _(rng: np.random.Generator):
    yield Case("seven examples, three features", (table(rng, 7, 3),))
    yield Case("three examples, four features", (table(rng, 6, 4)[:3],))
    yield Case("one feature", (table(rng, 5, 1),))
    yield Case("one example", (table(rng, 5, 4)[:1],))
    half = rng.choice([-1.0, 1.0], (4, 3)) * rng.integers(2, 9, (4, 3)) / 4  # no rounding in these
    yield Case("data centred already", (np.concatenate([half, -half]),))


@SECOND_MOMENT.misconception("not centred")
def _(x):
    """Your first part changes when all data are shifted, and the two parts together are more than
    x.T @ x / N.
    What has to be taken from the data before their spread is measured?
    """
    mean = x.mean(axis=0)
    return x.T @ x / len(x), np.outer(mean, mean)


@SECOND_MOMENT.misconception("divided by N - 1")
def _(x):
    """Your first part is a little too large, most of all for few examples.
    Which divisor does x.T @ x / N have?
    """
    mean = x.mean(axis=0)
    rest = x - mean
    return rest.T @ rest / max(len(x) - 1, 1), np.outer(mean, mean)


@SECOND_MOMENT.misconception("sums in place of means")
def _(x):
    """Both of your parts grow with the number of examples.
    By what is x.T @ x divided?
    """
    mean = x.mean(axis=0)
    rest = x - mean
    return rest.T @ rest, len(x) * np.outer(mean, mean)


@SECOND_MOMENT.misconception("products of examples")
def _(x):
    """Your matrices have a row for each example.
    The question is how two features go together. Which side of the product is transposed?
    """
    rest = x - x.mean(axis=0)
    return rest @ rest.T / len(x), (x @ x.T - rest @ rest.T) / len(x)


@SECOND_MOMENT.misconception("variances alone")
def _(x):
    """The diagonal is right, and beside it your first part is 0.
    When two features rise and fall together, does a shift of the data change that?
    """
    around = np.diag(x.var(axis=0))
    return around, x.T @ x / len(x) - around


@SECOND_MOMENT.misconception("squares of the means alone")
def _(x):
    """Your second part is 0 beside the diagonal.
    Two features with positive means: what do they add to the mean of their product?
    """
    mean = x.mean(axis=0)
    rest = x - mean
    return rest.T @ rest / len(x), np.diag(mean**2)


@SECOND_MOMENT.misconception("one mean for all features")
def _(x):
    """You subtract the same number from all features.
    How many means does a table of D columns have?
    """
    rest = x - x.mean()
    around = rest.T @ rest / len(x)
    return around, x.T @ x / len(x) - around


@SECOND_MOMENT.misconception("the parts in the other order")
def _(x):
    """Both parts are right, and each stands in place of the other.
    Which of them is named first?
    """
    mean = x.mean(axis=0)
    rest = x - mean
    return np.outer(mean, mean), rest.T @ rest / len(x)


@SECOND_MOMENT.misconception("divided by N - 1, the rest in the offset")
def _(x):
    """Your first part is a little too large, most of all for few examples, and your second part
    makes up for it.
    Which divisor does x.T @ x / N have?
    """
    rest = x - x.mean(axis=0)
    around = rest.T @ rest / max(len(x) - 1, 1)
    return around, x.T @ x / len(x) - around


@SECOND_MOMENT.misconception("the mean of each example")
def _(x):
    """You subtract from each example the mean of its own features.
    A shift adds the same vector to all examples. Which means change by just that vector?
    """
    rest = x - x.mean(axis=1, keepdims=True)
    around = rest.T @ rest / len(x)
    return around, x.T @ x / len(x) - around


@SECOND_MOMENT.misconception("correlations")
def _(x):
    """Your first part stays the same when a feature is given in another unit.
    Income in euros or in thousands of euros: does x.T @ x / N stay the same?
    """
    mean, std = x.mean(axis=0), x.std(axis=0)
    unit = (x - mean) / np.where(std == 0, 1, std).astype(x.dtype)
    return unit.T @ unit / len(x), np.outer(mean, mean)


def _rows_for_features(x, divisor):
    mean = x.mean(axis=0)
    rest = x - x.mean(axis=1, keepdims=True)
    return rest @ rest.T / max(divisor, 1), np.outer(mean, mean)


@SECOND_MOMENT.misconception("rows taken for features")
def _(x):
    """Your first part has a row and a column for each example.
    NumPy's `cov` takes each row for a feature unless it is told otherwise. What is a row of x?
    """
    return _rows_for_features(x, x.shape[1])


@SECOND_MOMENT.misconception("`cov` as it comes")
def _(x):
    """Your first part has a row and a column for each example.
    NumPy's `cov` takes each row for a feature, and divides by one less than their number, unless it
    is told otherwise. What is a row of x, and by what is x.T @ x divided?
    """
    return _rows_for_features(x, x.shape[1] - 1)


@SECOND_MOMENT.misconception("a number for each feature")
def _(x):
    """Your second part has a number for each feature.
    Two features that both have a non-zero mean: where in x.T @ x / N do they meet?
    """
    mean = x.mean(axis=0)
    rest = x - mean
    return rest.T @ rest / len(x), mean**2


@SECOND_MOMENT.misconception("a single number")
def _(x):
    """Your second part is a single number.
    The mean is a row here. Which product of it with itself has a place for each pair of features?
    """
    mean = x.mean(axis=0)
    rest = x - mean
    return rest.T @ rest / len(x), mean @ mean


RAW_TABLE = Question(
    "preprocessing.raw_table",
    "Four columns: income in euros a year, age, number of children, interest rate (0.03 or so). "
    "All four matter equally for what is to be predicted. A linear model, gradient descent at its "
    "best rate, 1000 steps. How much of the possible improvement does it reach on the raw table, "
    "on the centred table, on the centred table with every column divided by its standard "
    "deviation?",
    choices=(
        Choice("2 %, 25 %, 100 %", right=True),
        Choice(
            "100 %, 100 %, 100 %",
            "The best rate is the best of bad ones. What must it be for the weight of the income "
            "not to diverge, and what is that rate for the weight of the interest?",
        ),
        Choice(
            "2 %, 2 %, 100 %",
            "So centring alone would be worth nothing. But the income lies around 40,000 with a "
            "standard deviation of 12,000. How much of its squares is the mean's?",
        ),
        Choice(
            "25 %, 100 %, 100 %",
            "After centring, a typical income is 12,000 and a typical interest rate 0.01. Do these "
            "two get along with one learning rate?",
        ),
        Choice(
            "50 %, 75 %, 100 %",
            "Steady progress from step to step. But by which factor do the columns' squares "
            "differ?",
        ),
    ),
    why="The rate has to suit the largest column. Centred, the income is learnt within a few "
    "steps and the other three columns not at all: a quarter. Raw, the mean of the income spoils "
    "even that: only the share 12² / (12² + 40²) = 8 % of the quarter can be had without moving "
    "the bias.",
)


SHIFTED = Question(
    "preprocessing.shifted",
    "The digits, centred, reach a validation accuracy of 0.975 after 5 epochs at the best of "
    "eleven rates (a network of 50 ReLU units, plain gradient descent in mini-batches). Now 1 is "
    "added to every pixel; pixels lie between about -1 and 1. Nothing is lost by that. What does "
    "the same network reach in 5 epochs, at its own best rate?",
    choices=(
        Choice(
            "0.97, because the first layer's biases absorb the shift",
            "They can: there are biases that undo it. How long does gradient descent take to find "
            "them, when the rate must suit the steepest direction?",
        ),
        Choice(
            "0.95",
            "Some loss, yes. A shift of 1 is large: the mean of 64 pixels acts in the same "
            "direction 64 times. How steep does the loss become there?",
        ),
        Choice("0.88", right=True),
        Choice(
            "0.10, because no rate works",
            "With a rate that is small enough every direction shrinks. Is there then no progress "
            "at all?",
        ),
    ),
    why="0.875 ± 0.025 over five seeds, at a rate of 0.1 in place of 3. The mean makes one "
    "direction 65 times as steep as the next, the rate must suit it, and all other directions "
    "wait.",
)
