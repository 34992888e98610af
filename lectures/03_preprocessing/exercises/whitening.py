"""Whitening: the same variance along every axis."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

from .shared import turned_cloud

DIVIDE_BY_WHAT = Question(
    "preprocessing.divide_by_what",
    "A much-read set of notes whitens with `Xrot / np.sqrt(S + 1e-5)` and says in a comment that "
    "this is to divide by the eigenvalues, which are square roots of the singular values. The "
    "code is right; `S` holds the singular values of the covariance matrix. A direction has the "
    "variance 9. By which number does whitening divide its component? (Leave out the 1e-5.)",
    number=Number(
        3,
        rel_tol=0.001,
        misreadings={
            9: "That is the eigenvalue, as the comment says. What is the variance of a component "
            "that has been divided by 9?",
            81: "That is the square of the variance. In which direction does a root go?",
            1 / 3: "By this you multiply. The question is about the divisor.",
        },
    ),
    why="By its standard deviation. For a covariance matrix eigenvalues *are* the singular values, "
    "here 9; what the code divides by is the square root.",
)


FIT_WHITENER = Exercise(
    "preprocessing.fit_whitener",
    points=3,
    minutes=6,
    returns=("mean", "w"),
    promises={
        "if eps is negative": "a negative eps",
        "each has variance": "eps = 0",
    },
    parents=("preprocessing.pca",),
    hints=(
        "Rotate first: with u of `pca` the columns of (x - mean) @ u are uncorrelated. What is "
        "left to do with each of them?",
        "Dividing a column of the product by a number is dividing the same column of u by it. By "
        "which number, so that the variance becomes 1?",
        "By the square root of the variance, after eps times the largest variance was added. "
        "The first line refuses a negative eps.",
    ),
)


@FIT_WHITENER.cases
def _(rng: np.random.Generator):
    yield Case("four features, eps a tenth", (turned_cloud(rng, 12, (3, 1.5, 0.8, 0.3)), 0.1))
    yield Case("eps = 0", (turned_cloud(rng, 9, (5, 2, 0.5)), 0.0))
    yield Case("the default eps", (turned_cloud(rng, 10, (2, 1, 0.5)),))
    yield Case("large numbers", (turned_cloud(rng, 8, (300, 80, 20)), 0.02))
    yield Case("small numbers", (1e-3 * turned_cloud(rng, 8, (3, 1)), 0.05))
    yield Case("a direction without variance", (turned_cloud(rng, 10, (2, 1, 0)), 0.01))
    yield Case("a negative eps", (turned_cloud(rng, 10, (2, 1, 0.5)), -0.001))


def _fit(x, eps, make, centred=None, signed=True):
    """w = make(axes, variances), for a cloud that may be whitened."""
    if eps < 0:
        raise ValueError(f"eps must be 0 or more, got {eps}")
    mean = x.mean(axis=0)
    centred = x - mean if centred is None else centred
    variances, u = np.linalg.eigh(centred.T @ centred / len(x))
    variances, u = np.maximum(variances[::-1], 0), u[:, ::-1]
    if signed:
        u = u * np.sign(u[np.abs(u).argmax(axis=0), np.arange(len(u))])
    return mean, make(u, variances).astype(x.dtype)


def _whitening(eps):
    return lambda u, v: u / np.sqrt(v + eps * v[0])


@FIT_WHITENER.misconception("divided by the variance")
def _(x, eps=1e-5):
    """You divide each axis by its variance, and wide ones end up narrow.
    What is the variance of a component with variance 9 that is divided by 9?
    """
    return _fit(x, eps, lambda u, v: u / (v + eps * v[0]))


@FIT_WHITENER.misconception("eps outside the square root")
def _(x, eps=1e-5):
    """With eps = 0 you are right. Otherwise eps acts on standard deviations.
    Is it meant to be compared with
    variances, or with their square roots?
    """
    return _fit(x, eps, lambda u, v: u / (np.sqrt(v) + eps * np.sqrt(v[0])))


@FIT_WHITENER.misconception("eps as it is")
def _(x, eps=1e-5):
    """With eps = 0 you are right. Otherwise your answer depends on the unit of the data: grey
    values from 0 to 255 and the same from 0 to 1 are whitened differently.
    What is eps a share of?
    """
    return _fit(x, eps, lambda u, v: u / np.sqrt(v + eps))


@FIT_WHITENER.misconception("eps ignored")
def _(x, eps=1e-5):
    """With eps = 0 you are right; otherwise directions that hold nothing but noise are blown up.
    What does eps do to them?
    """
    return _fit(x, eps, lambda u, v: u / np.sqrt(np.where(v > 1e-20 * v[0], v, 1)))


@FIT_WHITENER.misconception("eps as a share of each variance")
def _(x, eps=1e-5):
    """With eps = 0 you are right. Your eps grows with each variance, so a quiet axis is blown up as
    much as if there were none.
    Of which variance should it be a share, to keep quiet axes quiet?
    """
    return _fit(x, eps, lambda u, v: u / np.sqrt(np.where(v > 1e-20 * v[0], v * (1 + eps), 1)))


@FIT_WHITENER.misconception("turned back")
def _(x, eps=1e-5):
    """Your matrix is symmetric: it rotates, rescales, and turns the data back to the old axes.
    That is ZCA, a good whitening, too. Which axes do the columns of the result belong to in the
    text?
    """
    return _fit(x, eps, lambda u, v: u / np.sqrt(v + eps * v[0]) @ u.T)


@FIT_WHITENER.misconception("not rotated")
def _(x, eps=1e-5):
    """Your matrix is diagonal: it rescales the features and leaves them correlated.
    What has to be done before the variances are made equal?
    """
    own = x.var(axis=0)
    return _fit(x, eps, lambda u, v: np.diag(1 / np.sqrt(own + eps * own.max())))


@FIT_WHITENER.misconception("rotated only")
def _(x, eps=1e-5):
    """Your result is uncorrelated, and wide axes are still wide.
    What should the variance along every axis be?
    """
    return _fit(x, eps, lambda u, v: u.copy())


@FIT_WHITENER.misconception("rows rescaled")
def _(x, eps=1e-5):
    """You rescale the rows of u.
    Which of the two belongs to one axis, a row of u or a column?
    """
    return _fit(x, eps, lambda u, v: u / np.sqrt(v + eps * v[0])[:, None])


@FIT_WHITENER.misconception("multiplied")
def _(x, eps=1e-5):
    """Wide axes become wider still.
    What brings a standard deviation of 3 to 1?
    """
    return _fit(x, eps, lambda u, v: u * np.sqrt(v + eps * v[0]))


@FIT_WHITENER.misconception("a share of a variance outside the square root")
def _(x, eps=1e-5):
    """With eps = 0 you are right. Otherwise you add a share of a variance to a standard deviation.
    Their units differ. What does the text add a share to?
    """
    return _fit(x, eps, lambda u, v: u / (np.sqrt(v) + eps * v[0]))


@FIT_WHITENER.misconception("eps as it is, outside the square root")
def _(x, eps=1e-5):
    """With eps = 0 you are right. Otherwise eps itself is added to each standard deviation,
    whatever their unit.
    What does the text add to, and as a share of what?
    """
    return _fit(x, eps, lambda u, v: u / np.where(v > 1e-20 * v[0], np.sqrt(v) + eps, eps + 1e-12))


@FIT_WHITENER.misconception("eps as a floor")
def _(x, eps=1e-5):
    """With eps = 0 you are right. Otherwise eps changes quiet axes only, and leaves the wide
    ones as they are.
    To which of the variances does the text add something?
    """
    return _fit(x, eps, lambda u, v: u / np.sqrt(np.maximum(v, eps * v[0])))


@FIT_WHITENER.misconception("eps as a share of the mean variance")
def _(x, eps=1e-5):
    """With eps = 0 you are right. Otherwise it matters to you how quiet the quiet axes are.
    Of which variance is eps a share?
    """
    return _fit(x, eps, lambda u, v: u / np.sqrt(v + eps * v.mean()))


@FIT_WHITENER.misconception("eps as a share of all variance")
def _(x, eps=1e-5):
    """With eps = 0 you are right. Otherwise your eps is a share of all variances together.
    Of which variance is eps to be a share?
    """
    return _fit(x, eps, lambda u, v: u / np.sqrt(v + eps * v.sum()))


@FIT_WHITENER.misconception("divided by N - 1")
def _(x, eps=1e-5):
    """With eps = 0 your columns have a variance a little below 1, most of all for few examples.
    What is the divisor in the variances of `pca`?
    """
    return _fit(x, eps, _whitening(eps), centred=(x - x.mean(axis=0)) * _one_less(x))


def _one_less(x):
    return np.sqrt(len(x) / (len(x) - 1)).astype(x.dtype)


@FIT_WHITENER.misconception("the smallest variances first")
def _(x, eps=1e-5):
    """Your columns are those that are asked for, in another order.
    Which axis of `pca` is the first?
    """
    return _fit(x, eps, lambda u, v: _whitening(eps)(u, v)[:, ::-1])


@FIT_WHITENER.misconception("signs as they come")
def _(x, eps=1e-5):
    """Your axes lie where they should, and some of them point the other way.
    With u, -u is an eigenvector, too; which one comes out is left to chance. Which of the two does
    `pca` choose?
    """
    return _fit(x, eps, _whitening(eps), signed=False)


@FIT_WHITENER.misconception("not centred")
def _(x, eps=1e-5):
    """Your matrix changes when all data are shifted.
    From which point are variances measured?
    """
    return _fit(x, eps, _whitening(eps), centred=x)


@FIT_WHITENER.misconception("the whitened data")
def _(x, eps=1e-5):
    """Your second result has a row for each example.
    New data will be whitened with what this function returns. By what are they to be multiplied?
    """
    mean, w = _fit(x, eps, _whitening(eps))
    return mean, (x - mean) @ w


@FIT_WHITENER.misconception("any eps is accepted")
def _(x, eps=1e-5):
    """You give an answer where a ValueError was asked for.
    What would a negative eps do to an axis that has no variance?
    """
    return _fit(x, 0, _whitening(eps))


WHITENED = Question(
    "preprocessing.whitened",
    "50 digits in 64 dimensions, whitened by their own mean and axes (eps = 1e-5). A network of "
    "50 units learns them to a training accuracy of 1.00. On the centred digits the same network "
    "reaches a validation accuracy of 0.84. And on the whitened ones?",
    choices=(
        Choice(
            "0.84, because whitening can be undone",
            "It can, and the first layer could learn to undo it. Does anything push it to? Look at "
            "the distances between the examples.",
        ),
        Choice(
            "0.90, because now all directions count",
            "They do. What is there to be found in the directions in which digits hardly differ?",
        ),
        Choice(
            "0.65",
            "In the right direction. With 50 examples there are at most 49 directions with any "
            "variance. How far apart are two whitened training examples, and how far any other "
            "two?",
        ),
        Choice("0.17", right=True),
    ),
    why="0.17 ± 0.03 over five seeds, at the best of four rates. After whitening with N ≤ D all "
    "training examples are equally far apart: nothing tells a 3 from an 8. New digits do vary in "
    "the directions where the 50 did not, and there eps = 1e-5 makes them huge.",
)
