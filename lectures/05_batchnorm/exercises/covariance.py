"""All the correlations of the data: what full whitening would need."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import both_signs, uneven

COV = Exercise(
    "normalization.cov",
    points=2,
    minutes=3,
    returns=("covariance",),
    hints=(
        "The first term is a mean over the examples of the products x_i x_j. One matrix product "
        "computes all these sums at once.",
        "Examples are rows here. Which order of x and its transpose gives a (D, D) matrix?",
        "Transposed x times x, divided by N, minus the outer product of the column means with "
        "themselves.",
    ),
)


@COV.cases
def _(rng: np.random.Generator):
    def cloud(n, d):
        return uneven(rng, n, d) + both_signs(rng, d)

    yield Case("three examples, three features", (cloud(3, 3),))
    yield Case("seven examples, two features", (cloud(7, 2),))
    yield Case("two examples, four features", (cloud(2, 4),))
    yield Case("one feature", (cloud(5, 1),))
    yield Case("one example", (both_signs(rng, 1, 3),), extreme=True)


@COV.misconception("divided by one less than the examples", convention=True)
def _(x):
    """Your entries are too large by the factor N / (N - 1).
    That is the unbiased estimate of statistics, and the default of np.cov.
    E[...] in our formula is a plain mean. By which number does a plain mean divide?
    """
    return x.T @ x / max(len(x) - 1, 1) - len(x) / max(len(x) - 1, 1) * np.outer(
        x.mean(axis=0), x.mean(axis=0)
    )


@COV.misconception("the means are still in it")
def _(x):
    """Your matrix changes when all examples are shifted by the same amount.
    You have the first of the two terms. What does the second one take away?
    """
    return x.T @ x / len(x)


@COV.misconception("examples instead of features")
def _(x):
    """Your matrix has a row and a column for each example.
    Covariance says which *features* go together. Over which index does the mean run,
    and which two indices remain?
    """
    mean = x.mean(axis=1)
    return x @ x.T / x.shape[1] - np.outer(mean, mean)


@COV.misconception("a sum instead of a mean")
def _(x):
    """Your entries grow with the number of examples.
    An expectation is a mean. What is missing after the product of the matrices?
    """
    centered = x - x.mean(axis=0)
    return centered.T @ centered


@COV.misconception("variances only")
def _(x):
    """The diagonal is right, and everything beside it is zero.
    The entry (i, j) tells whether features i and j rise together.
    Which product of two vectors has an entry for each pair?
    """
    return np.diag(x.var(axis=0))


@COV.misconception("squared means instead of products of means")
def _(x):
    """The diagonal is right. Beside it, your matrix is not even symmetric.
    What has to be subtracted from the entry (i, j): the square of one mean, or a
    product of two?
    """
    return x.T @ x / len(x) - x.mean(axis=0) ** 2


@COV.misconception("correlation instead of covariance")
def _(x):
    """Your diagonal consists of ones.
    You have divided by the deviations; that is the correlation. Which numbers stand on
    the diagonal of our formula?
    """
    z = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-12)
    return z.T @ z / len(x)


WHICH_STATISTICS = Question(
    "normalization.which_statistics",
    r"In training, where does batch norm take $\mu$ and $\sigma^2$ from?",
    choices=(
        Choice(
            "from the training set, once, before the training",
            "Before training a layer's outputs are those of random weights. How long are they "
            "valid?",
        ),
        Choice(
            "from the whole training set, anew at each step",
            "That would be right, and each step would cost as much as a whole epoch. What is "
            "at hand at each step anyway?",
        ),
        Choice(
            "they are parameters, found by gradient descent",
            "Batch norm will get two parameters further down. But mu and sigma are computed "
            "from numbers that are there. From which ones?",
        ),
        Choice("from the current mini-batch, anew at each step", right=True),
    ),
    why="The network changes with each step, so old statistics are out of date; the whole set "
    "is too expensive. The mini-batch is at hand, and it is what the network is now.",
)
