"""Decorrelated batch norm: whitening of a batch."""

import numpy as np

from grader import Case, Choice, Exercise, Question
from utils.normalization import cov

from .shared import both_signs, uneven

STILL_CORRELATED = Question(
    "normalization.still_correlated",
    "Two features have correlation 0.57. Batch norm gives both mean 0 and variance 1. What is "
    "their correlation now?",
    choices=(
        Choice(
            "0",
            "Batch norm looks at one feature at a time. Can it know of the other?",
        ),
        Choice("0.57", right=True),
        Choice(
            "smaller, but not 0",
            "A correlation does not notice when one of the features is shifted or scaled. Does "
            "batch norm do anything else?",
        ),
        Choice(
            "1",
            "Variance 1 is on the diagonal of the covariance matrix. And beside it?",
        ),
    ),
    why="Correlation is made so that shift and scale of a feature do not matter. To remove it "
    "one has to mix the features: that is decorrelated batch norm.",
)


DECORRELATED_BATCHNORM = Exercise(
    "normalization.decorrelated_batchnorm",
    points=3,
    minutes=6,
    returns=("out",),
    parents=("normalization.cov",),
    hints=(
        "Centre first. Then take the covariance of the centred data, divided by N, and its "
        "eigenvalues and eigenvectors (np.linalg.eigh).",
        "In the direction of each eigenvector divide by the root of (its eigenvalue + eps).",
        "Multiply three matrices: U, the diagonal of the factors 1 / root, and U transposed. "
        "The centred data times this matrix is the answer.",
    ),
)


def cloud(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """A correlated cloud whose covariance has well separated eigenvalues, and a mean."""
    z = rng.standard_normal((n, d))
    z = z - z.mean(axis=0)
    if n > d:
        u, _, vt = np.linalg.svd(z, full_matrices=False)
        z = np.sqrt(n) * u @ vt
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    return z * np.geomspace(0.5, 2, d) @ turn.T + both_signs(rng, d)


@DECORRELATED_BATCHNORM.cases
def _(rng: np.random.Generator):
    yield Case("twelve examples, three features", (cloud(rng, 12, 3),), {"eps": 0.1})
    yield Case("nine examples, two features", (cloud(rng, 9, 2),))
    yield Case("twenty examples, four features", (cloud(rng, 20, 4),))
    yield Case("one feature", (uneven(rng, 6, 1),), {"eps": 0.2})
    yield Case("fewer examples than features", (cloud(rng, 3, 4),), {"eps": 0.5})
    yield Case("one example", (both_signs(rng, 1, 3),), extreme=True)


@DECORRELATED_BATCHNORM.misconception("not turned back")
def _(x, *, eps=1e-5):
    """Your cloud is white, but it has been turned: the first column is no longer near the
    first feature.
    You stop in the coordinates of the eigenvectors. Which factor leads back?
    """
    centered = x - x.mean(axis=0)
    eigenvalues, u = np.linalg.eigh(centered.T @ centered / len(x))
    return centered @ u / np.sqrt(np.maximum(eigenvalues, 0) + eps)


@DECORRELATED_BATCHNORM.misconception("principal components, not turned back")
def _(x, *, eps=1e-5):
    """Your cloud is white, and its columns are the principal components, largest first.
    That is PCA whitening. ZCA stays as close to the input as it can:
    which factor leads back from the eigenvectors to the features?
    """
    centered = x - x.mean(axis=0)
    u, values, _ = np.linalg.svd(centered.T @ centered / len(x))
    return centered @ u / np.sqrt(values + eps)


@DECORRELATED_BATCHNORM.misconception("batch norm only")
def _(x, *, eps=1e-5):
    """Each of your features has variance 1, but they still go together.
    You used the diagonal of the covariance. What has to become the identity?
    """
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)


def _whitened(x, eps, *, covariance=None, centered=None, root=None):
    """ZCA whitening with some of its parts exchanged."""
    if centered is None:
        centered = x - x.mean(axis=0)
    if covariance is None:
        covariance = cov(x)
    eigenvalues, u = np.linalg.eigh(covariance)
    eigenvalues = np.maximum(eigenvalues, 0)
    factor = 1 / np.sqrt(eigenvalues + eps) if root is None else root(eigenvalues)
    return centered @ (u * factor @ u.T)


@DECORRELATED_BATCHNORM.misconception("the inverse without the root")
def _(x, *, eps=1e-5):
    """Your cloud is not white: wide directions have become narrow and narrow ones wide.
    A factor applied to x comes twice into the covariance. Which power undoes it once?
    """
    return _whitened(x, eps, root=lambda values: 1 / (values + eps))


@DECORRELATED_BATCHNORM.misconception("the root without the inverse")
def _(x, *, eps=1e-5):
    """Wide directions of the cloud have become wider still.
    You multiply with the deviation along each eigenvector. What should be done with it?
    """
    return _whitened(x, eps, root=lambda values: np.sqrt(values + eps))


@DECORRELATED_BATCHNORM.misconception("not centred")
def _(x, *, eps=1e-5):
    """Directions and spread are right, but the cloud still has a mean.
    What comes before the multiplication?
    """
    return _whitened(x, eps, centered=x)


@DECORRELATED_BATCHNORM.misconception("covariance with the mean in it")
def _(x, *, eps=1e-5):
    """Your output is centred but not white: it is squeezed along the direction of the old
    mean. Which matrix did you take the eigenvectors of: that of x or of the centred x?
    """
    return _whitened(x, eps, covariance=x.T @ x / len(x))


@DECORRELATED_BATCHNORM.misconception("another root: Cholesky")
def _(x, *, eps=1e-5):
    """Your cloud is white. But the first feature is only scaled, and the last one bears
    the whole correction. A covariance has many roots; the symmetric one changes least.
    Which one does the formula with the eigenvectors give?
    """
    lower = np.linalg.cholesky(cov(x) + eps * np.eye(x.shape[1], dtype=x.dtype))
    return np.linalg.solve(lower, (x - x.mean(axis=0)).T).T


@DECORRELATED_BATCHNORM.misconception("covariance divided by one less")
def _(x, *, eps=1e-5):
    """Your cloud is white if the covariance is divided by N - 1, the default of np.cov.
    By what does the covariance of this lecture divide?
    """
    return _whitened(x, eps, covariance=cov(x) * len(x) / max(len(x) - 1, 1))


@DECORRELATED_BATCHNORM.misconception("eps outside the root")
def _(x, *, eps=1e-5):
    """Your factors are 1 over (root of the eigenvalue, plus eps).
    In normalisation eps is added to the variance. Along an eigenvector, what is the
    variance?
    """
    return _whitened(x, eps, root=lambda values: 1 / (np.sqrt(values) + eps))


@DECORRELATED_BATCHNORM.misconception("rows taken for eigenvectors")
def _(x, *, eps=1e-5):
    """Your cloud is not white, although all the parts are there.
    np.linalg.eigh returns its eigenvectors as the *columns* of a matrix. The first
    factor that meets x has to measure it along them. Which one stands first in yours?
    """
    centered = x - x.mean(axis=0)
    eigenvalues, u = np.linalg.eigh(centered.T @ centered / len(x))
    return centered @ (u.T / np.sqrt(np.maximum(eigenvalues, 0) + eps) @ u)
