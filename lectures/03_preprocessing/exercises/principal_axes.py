"""Turning the axes: principal components."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import turned_cloud

VARIANCE_KEPT = Question(
    "preprocessing.variance_kept",
    "Two features, two classes, and a line that separates the classes without an error. PCA keeps "
    "one direction of the two, and with it 99 % of the variance. How good is the best classifier "
    "on what is kept?",
    choices=(
        Choice(
            "it may be as bad as 0.5",
            right=True,
        ),
        Choice(
            "at least 0.9",
            "So variance would be information. Has the computation of the axes seen a label?",
        ),
        Choice(
            "0.99, the share of the variance",
            "The share says how well the *inputs* can be restored. Where does the class stand in "
            "them?",
        ),
        Choice(
            "1.00, the line separates them",
            "The line lives in the plane. Imagine the classes side by side in the narrow "
            "direction. What becomes of them when it is dropped?",
        ),
    ),
    why="PCA never sees a label. In our six examples the classes differ in the narrow direction "
    "alone, and the best threshold on the wide one is right for 0.54 to 0.56 of 400 points: a "
    "little more than a coin, since it was chosen on these points.",
)


PCA = Exercise(
    "preprocessing.pca",
    points=3,
    minutes=7,
    returns=("x_rot", "u", "variances"),
    promises={
        "With k = D the data are only rotated": ("all of five", "all of six"),
        "if k is not between 1 and": ("k = 0", "more components than features"),
    },
    hints=(
        "Which matrix says how the features vary together? You wrote it in `second_moment`.",
        "Its eigenvectors are the axes, its eigenvalues the variances along them. "
        "`np.linalg.eigh` is made for symmetric matrices; it returns the smallest eigenvalue "
        "first and the eigenvectors as columns.",
        "Turn the order round, keep k columns, and multiply each column by the sign of its entry "
        "of largest size. The data in the new axes are the centred data times u.",
    ),
)


@PCA.cases
def _(rng: np.random.Generator):
    yield Case("two of four components", (turned_cloud(rng, 12, (3, 1.5, 0.8, 0.3)), 2))
    yield Case("all of five", (turned_cloud(rng, 9, (5, 3, 2, 1, 0.4)), 5))
    yield Case("one component", (turned_cloud(rng, 8, (2, 1, 0.5)), 1))
    yield Case("all of six", (turned_cloud(rng, 15, (6, 4, 3, 2, 1, 0.5)), 6))
    yield Case("a direction without variance", (turned_cloud(rng, 10, (2, 1, 0)), 3))
    # A negative first entry, a negative sum, and the largest entry positive: one rule decides.
    first = np.array([*-rng.uniform(0.5, 0.6, 2), rng.uniform(0.75, 0.85)])
    yield Case("an axis of both signs", (turned_cloud(rng, 10, (3, 1.5, 0.8), first), 2))
    yield Case("more features than examples", (turned_cloud(rng, 9, (4, 3, 2, 1, 0.7, 0.4))[:4], 2))
    x = turned_cloud(rng, 6, (2, 1, 0.5))
    yield Case("k = 0", (x, 0))
    yield Case("more components than features", (x, 4))


def _refuse(x, k):
    if not 1 <= k <= x.shape[1]:
        raise ValueError(f"k must be between 1 and {x.shape[1]}, got {k}")


def _signed(u):
    return u * np.sign(u[np.abs(u).argmax(axis=0), np.arange(u.shape[1])])


def _axes(x, k, centred=None, descending=True, signed=True):
    _refuse(x, k)
    centred = x - x.mean(axis=0) if centred is None else centred
    variances, u = np.linalg.eigh(centred.T @ centred / len(x))
    if descending:
        variances, u = variances[::-1], u[:, ::-1]
    u = u[:, :k]
    return _signed(u) if signed else u, np.maximum(variances[:k], 0)


@PCA.misconception("not centred")
def _(x, k):
    """Your first axis points from the origin to the middle of the data.
    Where should the origin be before the directions of the variance are sought?
    """
    u, variances = _axes(x, k, centred=x)
    return x @ u, u, variances


@PCA.misconception("the data not centred")
def _(x, k):
    """Your axes and variances are right. But your rotated data do not have mean 0.
    From which point are they to be measured?
    """
    u, variances = _axes(x, k)
    return x @ u, u, variances


@PCA.misconception("the smallest variances first")
def _(x, k):
    """You keep the directions in which the data vary least.
    In which order does `np.linalg.eigh` return them?
    """
    u, variances = _axes(x, k, descending=False)
    return (x - x.mean(axis=0)) @ u, u, variances


@PCA.misconception("signs as they come")
def _(x, k):
    """Your axes are right, and some of them point the other way.
    The opposite of an eigenvector is one, too; which of them comes out is left to chance. Which of
    the two does the text choose?
    """
    u, variances = _axes(x, k, signed=False)
    return (x - x.mean(axis=0)) @ u, u, variances


@PCA.misconception("signs as the singular value decomposition gives them")
def _(x, k):
    """Your axes are right, and some of them point the other way.
    The opposite of a principal axis is one, too; which of them comes out is left to chance. Which
    of the two does the text choose?
    """
    _refuse(x, k)
    centred = x - x.mean(axis=0)
    _, s, v = np.linalg.svd(centred, full_matrices=False)
    u = v[:k].T
    return centred @ u, u, s[:k] ** 2 / len(x)


@PCA.misconception("the axes as rows")
def _(x, k):
    """Your axes stand in the rows of u.
    What is the shape of u when k axes of D features are its columns?
    """
    u, variances = _axes(x, k)
    return (x - x.mean(axis=0)) @ u, u.T.copy(), variances


@PCA.misconception("sums in place of variances")
def _(x, k):
    """Your variances grow with the number of examples.
    By what is a variance divided?
    """
    u, variances = _axes(x, k)
    return (x - x.mean(axis=0)) @ u, u, variances * len(x)


@PCA.misconception("divided by N - 1")
def _(x, k):
    """Your variances are a little too large, most of all for few examples.
    A variance here is a mean
    of squares over the examples. How many are there?
    """
    u, variances = _axes(x, k)
    return (x - x.mean(axis=0)) @ u, u, variances * len(x) / (len(x) - 1)


@PCA.misconception("standard deviations")
def _(x, k):
    """Your third result holds the square roots of the variances.
    Which of the two is asked for?
    """
    u, variances = _axes(x, k)
    return (x - x.mean(axis=0)) @ u, u, np.sqrt(variances)


def _by(rule, x, k):
    """PCA with the signs that another rule gives: an axis is turned where rule(u) is negative."""
    u, variances = _axes(x, k)
    u = u * np.where(rule(u) < 0, -1, 1).astype(x.dtype)
    return (x - x.mean(axis=0)) @ u, u, variances


@PCA.misconception("the first entry positive")
def _(x, k):
    """Your axes lie where they should, and some of them point the other way.
    It looks as if the first entry of an axis settled its sign. Which entry does the text choose?
    """
    return _by(lambda u: u[0], x, k)


@PCA.misconception("the sum positive")
def _(x, k):
    """Your axes lie where they should, and some of them point the other way.
    It looks as if the sum of an axis settled its sign. What does the text look at?
    """
    return _by(lambda u: u.sum(axis=0), x, k)


@PCA.misconception("the other sign throughout")
def _(x, k):
    """Your axes lie where they should, and all of them point the other way.
    What should the entry of largest size be?
    """
    return _by(lambda u: -u[np.abs(u).argmax(axis=0), np.arange(k)], x, k)


@PCA.misconception("sizes in place of entries")
def _(x, k):
    """All entries of your axes are positive, so the axes no longer stand at right angles.
    May a rule about the sign change one entry of an axis and leave another?
    """
    u, variances = _axes(x, k)
    u = np.abs(u)
    return (x - x.mean(axis=0)) @ u, u, variances


@PCA.misconception("rows of the eigenvectors")
def _(x, k):
    """Your columns have length 1 and stand at right angles, and they are no axes of the data: the
    columns of x_rot are correlated.
    Where does `np.linalg.eigh` put an eigenvector, in a row or in a column?
    """
    variances, u = np.linalg.eigh(np.cov(x, rowvar=False, bias=True))
    _refuse(x, k)
    u = _signed(u[:, ::-1].T[:, :k]).astype(x.dtype)
    return (x - x.mean(axis=0)) @ u, u, np.maximum(variances[::-1][:k], 0).astype(x.dtype)


@PCA.misconception("standardised first")
def _(x, k):
    """You divide each feature by its standard deviation before you turn the axes.
    Which data are to be seen in new axes, those in `x` or others?
    """
    unit = (x - x.mean(axis=0)) / x.std(axis=0)
    u, variances = _axes(x, k, centred=unit)
    return unit @ u, u, variances


@PCA.misconception("whitened")
def _(x, k):
    """Your rotated data have the variance 1 along every axis.
    When data are only rotated, what becomes of the distance between two examples?
    """
    u, variances = _axes(x, k)
    scale = np.sqrt(np.where(variances < 1e-12 * variances[0], 1, variances)).astype(x.dtype)
    return (x - x.mean(axis=0)) @ u / scale, u, variances


@PCA.misconception("turned back")
def _(x, k):
    """Your first result has a column for each feature, however many axes are kept: the data are
    turned back to where they came from.
    In which axes are the data to be seen?
    """
    u, variances = _axes(x, k)
    return (x - x.mean(axis=0)) @ u @ u.T, u, variances


@PCA.misconception("singular values")
def _(x, k):
    """Your third result is what the singular value decomposition of the centred data gives.
    With four times as many examples of the same kind, what becomes of a singular value, and what of
    a variance?
    """
    u, variances = _axes(x, k)
    return (x - x.mean(axis=0)) @ u, u, np.sqrt(variances * len(x))


@PCA.misconception("shares of the variance")
def _(x, k):
    """Your third result stays the same when all data are doubled.
    Lengths in centimetres in place of metres: what becomes of their variance?
    """
    u, _ = _axes(x, k)
    _, variances = _axes(x, x.shape[1])
    return (x - x.mean(axis=0)) @ u, u, variances[:k] / variances.sum()


@PCA.misconception("shares of the variance that is kept")
def _(x, k):
    """Your third result sums to 1, however many axes are kept.
    Lengths in centimetres in place of metres: what becomes of their variance?
    """
    u, variances = _axes(x, k)
    return (x - x.mean(axis=0)) @ u, u, variances / variances.sum()


@PCA.misconception("any k is accepted")
def _(x, k):
    """You give an answer where a ValueError was asked for.
    How many axes can there be at least, and how many at most?
    """
    centred = x - x.mean(axis=0)
    variances, u = np.linalg.eigh(centred.T @ centred / len(x))
    variances, u = np.maximum(variances[::-1][:k], 0), _signed(u[:, ::-1][:, :k])
    return centred @ u, u, variances
