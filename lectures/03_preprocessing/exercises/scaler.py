"""Fit here, apply there: the scaler."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

from .shared import table

FIT_SCALER = Exercise(
    "preprocessing.fit_scaler",
    points=2,
    minutes=4,
    returns=("mean", "std"),
    promises={"it is 1, so that": ("a constant column", "one example")},
    hints=(
        "One mean and one standard deviation for each column: along which axis?",
        "A constant column needs 1 in place of its standard deviation. Where rounding plays a "
        "part, the computed standard deviation of a constant column is not exactly 0.",
        "A column is constant when its smallest number is its largest. `np.where` chooses between "
        "1 and the standard deviation, column by column.",
    ),
)


@FIT_SCALER.cases
def _(rng: np.random.Generator):
    yield Case("eight examples, three features", (table(rng, 8, 3),))
    constant = table(rng, 6, 4)
    constant[:, rng.integers(4)] = 7.0
    yield Case("a constant column", (constant,))
    yield Case("one example", (table(rng, 5, 4)[:1],))
    tiny = table(rng, 6, 3)
    tiny[:, rng.integers(3)] *= 1e-12
    yield Case("a column in tiny units", (tiny,))
    rounded = [np.full(1000, 0.1), 9 + table(rng, 1000, 1)[:, 0], np.full(1000, 100.1)]
    rounded = np.column_stack([rounded[j] for j in rng.permutation(3)])
    yield Case("constant columns whose means are rounded", (rounded,), extreme=True)
    yield Case("a hundred million away from 0", (1e8 + table(rng, 8, 2),), extreme=True)


@FIT_SCALER.misconception("one mean for all columns")
def _(x):
    """You have one mean and one standard deviation for all numbers of the table.
    Should an income and an age share them?
    """
    d = x.shape[1]
    std = x.std()
    return np.full(d, x.mean(), x.dtype), np.full(d, std if std else 1, x.dtype)


@FIT_SCALER.misconception("statistics of the examples")
def _(x):
    """You have one mean for each row.
    A row mixes euros and years. Which axis counts the examples?
    """
    std = x.std(axis=1)
    return x.mean(axis=1), np.where(std == 0, 1, std).astype(x.dtype)


@FIT_SCALER.misconception("divided by N - 1")
def _(x):
    """Your standard deviations are a little too large, most of all for few examples.
    N squared distances are averaged.
    By what is their sum divided?
    """
    std = x.std(axis=0, ddof=min(1, len(x) - 1))
    return x.mean(axis=0), np.where(x.min(axis=0) == x.max(axis=0), 1, std).astype(x.dtype)


@FIT_SCALER.misconception("the variance")
def _(x):
    """You return squares of standard deviations.
    Divide a column in euros by its variance: in which unit is the result?
    """
    return x.mean(axis=0), np.where(x.min(axis=0) == x.max(axis=0), 1, x.var(axis=0)).astype(
        x.dtype
    )


@FIT_SCALER.misconception("a standard deviation of 0")
def _(x):
    """A constant column gets the standard deviation 0, as it should by the formula.
    What is the first thing that will be done with this number?
    """
    return x.mean(axis=0), x.std(axis=0)


@FIT_SCALER.misconception("a tiny number in place of 0")
def _(x):
    """A constant column gets a tiny standard deviation, so nothing is divided by 0.
    Say the column was 7 for a year and is 8 today. What will the network see?
    """
    return x.mean(axis=0), x.std(axis=0) + np.asarray(1e-8, x.dtype)


@FIT_SCALER.misconception("a small unit taken for a constant")
def _(x):
    """A column of tiny numbers that do vary gets 1, as if it were constant.
    Whether a number is tiny depends on its unit. Does it depend on the unit whether a column is
    constant?
    """
    std = x.std(axis=0)
    return x.mean(axis=0), np.where(std < 1e-8, 1, std).astype(x.dtype)


@FIT_SCALER.misconception("constant where the computed std is 0")
def _(x):
    """You are right where the standard deviation comes out as exactly 0.
    The mean of a thousand times 0.1 is not exactly 0.1 in floating point. What is then the computed
    standard deviation of this column?
    """
    std = x.std(axis=0)
    return x.mean(axis=0), np.where(std == 0, 1, std).astype(x.dtype)


@FIT_SCALER.misconception("the range")
def _(x):
    """You measure from the smallest to the largest number.
    One typing error sets that scale for everybody. How much does that error
    move a standard deviation of a thousand numbers?
    """
    width = np.ptp(x, axis=0)
    return x.mean(axis=0), np.where(width == 0, 1, width).astype(x.dtype)


def _varying(x, std):
    """`std` with 1 for the columns that are constant."""
    return np.where(x.min(axis=0) == x.max(axis=0), 1, std).astype(x.dtype)


@FIT_SCALER.misconception("mean of squares minus square of the mean")
def _(x):
    """On paper you are right. Far from 0 your standard deviation loses all of its digits.
    You subtract two huge numbers that are nearly equal. From what could the mean be taken instead,
    before anything is squared?
    """
    squares = (x**2).mean(axis=0) - x.mean(axis=0) ** 2
    return x.mean(axis=0), _varying(x, np.sqrt(np.maximum(squares, 0)))


@FIT_SCALER.misconception("absolute distances")
def _(x):
    """You average the distances from the mean as they are.
    One number that is far off, and many that are near: what does squaring change?
    """
    mean = x.mean(axis=0)
    return mean, _varying(x, np.abs(x - mean).mean(axis=0))


@FIT_SCALER.misconception("medians for means")
def _(x):
    """Your first result is the middle number of each column.
    Which average does the text ask for?
    """
    return np.median(x, axis=0), _varying(x, x.std(axis=0))


@FIT_SCALER.misconception("at least 1")
def _(x):
    """None of your standard deviations is below 1.
    Interest rates vary by 0.01 or so. By what should such a column be divided?
    """
    return x.mean(axis=0), np.maximum(x.std(axis=0), 1).astype(x.dtype)


@FIT_SCALER.misconception("a constant left where it is")
def _(x):
    """For a constant column you return the mean 0.
    After centring, where should a column lie that is 7 throughout?
    """
    constant = x.min(axis=0) == x.max(axis=0)
    mean = np.where(constant, 0, x.mean(axis=0)).astype(x.dtype)
    return mean, _varying(x, x.std(axis=0))


@FIT_SCALER.misconception("one number for the whole table")
def _(x):
    """You have one mean and one standard deviation for the whole table.
    Should an income and an age share them?
    """
    return x.mean(), x.std()


APPLY_SCALER = Exercise(
    "preprocessing.apply_scaler",
    points=1,
    minutes=1,
    returns=("x_scaled",),
    parents=("preprocessing.fit_scaler",),
    hints=(
        "First the origin, then the unit.",
        "Subtract the mean, divide by the standard deviation: those that are passed in.",
    ),
)


@APPLY_SCALER.cases
def _(rng: np.random.Generator):
    for name, n, d in (("four examples", 4, 3), ("one example", 1, 5), ("one feature", 6, 1)):
        mean = rng.choice([-1.0, 1.0], d) * rng.uniform(1, 3, d)
        std = rng.permutation(np.geomspace(0.3, 4, d)) if d > 1 else rng.uniform(2, 4, 1)
        yield Case(name, (rng.standard_normal((n, d)), mean, std))
    small = np.array([2e-9, 3e-6, 1.0])
    yield Case("features in small units", (rng.standard_normal((4, 3)) * small, small / 2, small))


@APPLY_SCALER.misconception("statistics of the new data")
def _(x, mean, std):
    """Your answer does not depend on `mean` and `std`.
    You use what you find in x itself. What is left of a single example that way?
    """
    own = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(own == 0, 1, own).astype(x.dtype)


@APPLY_SCALER.misconception("divided first")
def _(x, mean, std):
    """You divide before you subtract, so the mean is in the old unit and the data are in the new
    one.
    Which of the two steps comes first?
    """
    return x / std - mean


@APPLY_SCALER.misconception("multiplied")
def _(x, mean, std):
    """Wide columns become wider still.
    What brings a standard deviation of 4 to 1?
    """
    return (x - mean) * std


@APPLY_SCALER.misconception("the mean added")
def _(x, mean, std):
    """Your data move away from 0.
    Where should an example that equals the mean end up?
    """
    return (x + mean) / std


@APPLY_SCALER.misconception("a tiny number added")
def _(x, mean, std):
    """Features in a small unit come out too small.
    It looks as if something were added to `std` before you divide.
    What does that do to a standard deviation that is no larger itself?
    """
    return (x - mean) / (std + 1e-8)


@APPLY_SCALER.misconception("scaled only")
def _(x, mean, std):
    """You change the unit and leave the origin.
    What is `mean` passed in for?
    """
    return x / std


@APPLY_SCALER.misconception("the sign turned")
def _(x, mean, std):
    """Each of your numbers has the opposite sign.
    An example above the mean: should it come out above 0 or below?
    """
    return (mean - x) / std


@APPLY_SCALER.misconception("the mean over std")
def _(x, mean, std):
    """You divide the mean alone, and x keeps its unit.
    In Python a quotient is worked out before a difference. Where does a bracket belong?
    """
    return x - mean / std


@APPLY_SCALER.misconception("undone")
def _(x, mean, std):
    """You multiply and add: that leads from scaled data to the old unit.
    Where should an example that equals the mean end up?
    """
    return x * std + mean


@APPLY_SCALER.misconception("divided by the square")
def _(x, mean, std):
    """You divide by the square of `std`.
    Is `std` a variance or already its root?
    """
    return (x - mean) / std**2


@APPLY_SCALER.misconception("centred only")
def _(x, mean, std):
    """You move the origin and leave the unit.
    What is `std` passed in for?
    """
    return x - mean


@APPLY_SCALER.misconception("the square root of std")
def _(x, mean, std):
    """You divide by the square root of `std`.
    Is `std` a variance, or a standard deviation already?
    """
    return (x - mean) / np.sqrt(std)


@APPLY_SCALER.misconception("the mean of the new data")
def _(x, mean, std):
    """Your answer does not depend on `mean`: you subtract what you find in x itself.
    What is left of a single example that way?
    """
    return (x - x.mean(axis=0)) / std


@APPLY_SCALER.misconception("the standard deviation of the new data")
def _(x, mean, std):
    """Your answer does not depend on `std`: you divide by what you find in x itself.
    What is the standard deviation of a single example?
    """
    return (x - mean) / x.std(axis=0)


UINT8 = Question(
    "preprocessing.uint8",
    "Image files hold pixels as `uint8`: whole numbers from 0 to 255 in one byte. You centre them "
    "before you convert them. What is `np.array([10], np.uint8) - np.uint8(20)`? Give the number "
    "that the array holds.",
    number=Number(
        246,
        rel_tol=1e-6,
        misreadings={
            -10: "Right on paper. But the result is a uint8, too. Can that be negative?",
            0: "Some libraries stop at the end of the range. NumPy keeps the last eight bits.",
            255: "Nearly: after 0 comes the other end of the range. How far from it do you end?",
            245: "Count again: the step below 0 is 255. Where are you after ten steps?",
        },
    ),
    why="256 - 10. No warning, no error: dark pixels have become bright ones. Convert first.",
)


OWN_STATISTICS = Question(
    "preprocessing.own_statistics",
    "A network was trained on standardised digits. In use each request is standardised with "
    "the mean and standard deviation *of the request*. Its accuracy is 0.95 with the training "
    "statistics. For requests of 50 different digits it is about 0.95 as well. And for requests "
    "that hold a single digit?",
    choices=(
        Choice(
            "about 0.95",
            "With 50 digits a request looks much like the training set. What are mean and standard "
            "deviation of one example?",
        ),
        Choice(
            "about 0.75",
            "That is what requests of three give. How much of a single digit is left when it has "
            "been subtracted from itself?",
        ),
        Choice(
            "about 0.45",
            "Half the information for half of the accuracy? Write down x minus its mean for one "
            "row.",
        ),
        Choice("about 0.10", right=True),
    ),
    why="The mean of one digit is that digit, so every request becomes a row of zeros and gets "
    "the same answer: 0.10. In requests of 50 digits *of one class* the class is what is "
    "subtracted, and the accuracy is 0.16.",
)
