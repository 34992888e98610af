"""Tables instead of images: columns in different units, groups of rows, categories.

The data are drawn, so that the truth about them is known: which columns matter, and where nothing
can be learnt at all. :func:`nearest_label` is the simplest classifier there is; it needs no
training, so it shows what the data alone give away.
"""

import numpy as np
from jaxtyping import Float, Int

from utils import _checks
from utils._signatures import enforce

COLUMNS = ("income", "age", "children", "interest")


def make_table(
    n: int, *, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "n 4"], Float[np.ndarray, " n"]]:
    """People in four columns of different units, and what they save; each column matters equally.

    Args:
        n: number of rows.
        rng: draws the table.

    Returns:
        x: income in euros a year (about 40,000, standard deviation 12,000), age in years (45 and
            13), number of children (1.5 and 1.2) and the interest rate of their bank (0.03 and
            0.01); ``COLUMNS`` names them. They are independent of each other.
        y: a number to predict: the sum of the four columns, each centred and in units of its
            standard deviation, plus noise of standard deviation 0.5.

    Raises:
        ValueError: ``n`` is below 1.

    Source: syllabus PRE-02, PRE-04.
    """
    if n < 1:
        raise ValueError(f"n is {n}, expected at least 1 row")
    units = rng.standard_normal((n, 4))
    units[:, 2] = (rng.poisson(1.5, n) - 1.5) / np.sqrt(1.5)
    x = np.array([40_000, 45, 1.5, 0.03]) + units * np.array([12_000, 13, np.sqrt(1.5), 0.01])
    return x, units.sum(axis=1) + 0.5 * rng.standard_normal(n)


def make_recordings(
    people: int, rows: int, *, dims: int = 20, noise: float = 0.5, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "n dims"], Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """Several recordings of each person, and a label that nobody can know: a coin for each person.

    Args:
        people: number of people.
        rows: recordings of each.
        dims: numbers in a recording.
        noise: standard deviation of a recording around what is typical of the person, N(0, I).
        rng: draws people, recordings and labels.

    Returns:
        x: people * rows recordings, in random order.
        y: 0 or 1, the same for all recordings of a person. Nothing in x tells it for a new person.
        person: whose recording it is, 0 ... people - 1.

    Raises:
        ValueError: there is no person, or no recording of each.

    Source: syllabus PRE-02.
    """
    if people < 1 or rows < 1:
        raise ValueError(f"expected at least 1 person and 1 row, got {people} and {rows}")
    person = rng.permutation(np.repeat(np.arange(people), rows))
    typical, coin = rng.standard_normal((people, dims)), rng.integers(0, 2, people)
    x = typical[person] + noise * rng.standard_normal((people * rows, dims))
    return x, coin[person], person


def one_hot(values: Int[np.ndarray, " n"], k: int) -> Float[np.ndarray, "n {k}"]:
    """Categories as columns: out[i, j] = 1 where values[i] = j, and 0 elsewhere.

    Args:
        values: the category of each row, 0 ... k - 1.
        k: number of categories.

    Returns:
        out: one column for each category.

    Raises:
        ValueError: a value is not one of 0 ... k - 1.

    Source: syllabus PRE-02.
    """
    if len(values) and not 0 <= values.min() <= values.max() < k:
        raise ValueError(f"expected categories 0 ... {k - 1}, got {values.min()} to {values.max()}")
    return np.eye(k)[values]


def nearest_label(
    x_train: Float[np.ndarray, "n d"], y_train: Int[np.ndarray, " n"], x: Float[np.ndarray, "m d"]
) -> Int[np.ndarray, " m"]:
    """The label of the training example that is nearest in Euclidean distance.

    Args:
        x_train: training examples, at least one.
        y_train: their labels.
        x: examples to classify.

    Returns:
        y: for each row of ``x`` the label of the nearest row of ``x_train``, the first of several.

    Raises:
        ValueError: there is no training example.

    Source: syllabus PRE-02.
    """
    if len(x_train) == 0:
        raise ValueError("x_train has no rows, expected at least one to be near to")
    # |a - b|^2 = |a|^2 - 2 a b + |b|^2, and |a|^2 is the same for all candidates b.
    distance = (x_train**2).sum(axis=1) - 2 * x @ x_train.T
    return y_train[distance.argmin(axis=1)]


enforce(__name__, checks={one_hot: _checks.categories})
