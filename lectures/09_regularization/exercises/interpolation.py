"""More weights than examples: which of all perfect fits?"""

import numpy as np

from grader import Case, Choice, Exercise, Question

WORST_WIDTH = Question(
    "regularization.worst_width",
    "150 digits, every fifth label wrong, and least squares on random ReLU features. With 10 "
    "features the fit is too simple, with 1000 it goes through every label, the wrong ones too. "
    "Which number of features has the worst test accuracy?",
    choices=(
        Choice(
            "10: it cannot even fit the training set.",
            "Too simple is bad. What is a fit like that only just reaches all wrong labels?",
        ),
        Choice(
            "40, the middle of the way from too simple to too complex.",
            "A quarter of the features that a perfect fit needs. Does such a fit follow the "
            "wrong labels?",
        ),
        Choice("About 150.", right=True),
        Choice(
            "1000: the more freedom, the more it overfits.",
            "With 1000 features many fits are perfect, and one of them is taken. Is it an extreme "
            "one?",
        ),
    ),
    why="With as many features as examples there is exactly one perfect fit, and it needs enormous "
    "weights. With more there are many, and least squares takes the one with the smallest norm.",
)

MIN_NORM = Exercise(
    "regularization.min_norm_fit",
    points=2,
    minutes=5,
    returns=("w",),
    hints=(
        "For reg above 0 set the gradient to 0: a linear system. For reg = 0 and D > N the matrix "
        "of that system has no inverse. What replaces one?",
        "`np.linalg.lstsq` and `np.linalg.pinv` give the solution of smallest norm.",
        "For reg above 0: (F.T @ F + reg I) w = F.T @ targets. Or the same with F @ F.T, which is "
        "smaller when D > N.",
    ),
)


def _features(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """A random matrix that is well conditioned: singular values between 0.8 and 2.5."""
    r = min(n, d)
    left = np.linalg.qr(rng.standard_normal((n, r)))[0]
    right = np.linalg.qr(rng.standard_normal((d, r)))[0]
    return left * rng.permutation(np.linspace(0.8, 2.5, r)) @ right.T


@MIN_NORM.cases
def _(rng: np.random.Generator):
    def case(name, n, d, k, **options):
        return Case(name, (_features(rng, n, d), 3 * rng.uniform(-1, 1, (n, k)) + 1), options)

    yield case("more features, with a penalty", 3, 6, 2, reg=0.7)
    yield case("four examples, seven features", 4, 7, 2)
    yield case("seven examples, four features", 7, 4, 2)
    yield case("as many features as examples", 5, 5, 1)
    yield case("more examples, with a penalty", 6, 3, 2, reg=1.6)
    twins = _features(rng, 6, 2)
    yield Case("two features that are the same", (twins[:, [0, 1, 1]], rng.uniform(1, 2, (6, 1))))


def _ridge(features, targets, reg):
    if reg == 0:
        return np.linalg.lstsq(features, targets, rcond=None)[0]
    d = features.shape[1]
    return np.linalg.solve(
        features.T @ features + reg * np.eye(d, dtype=features.dtype), features.T @ targets
    )


@MIN_NORM.misconception("the first features only")
def _(features, targets, *, reg=0.0):
    """With no more features than examples you are right. With more, some of your weights are
    exactly 0: you fit perfectly with as many features as there are examples.
    Is the norm of such a fit the smallest?
    """
    n = len(features)
    if reg or features.shape[1] <= n:
        return _ridge(features, targets, reg)
    w = np.zeros((features.shape[1], targets.shape[1]), features.dtype)
    w[:n] = np.linalg.solve(features[:, :n], targets)
    return w


@MIN_NORM.misconception("a small penalty for safety")
def _(features, targets, *, reg=0.0):
    """With a penalty you are right. Without one you add a little to the diagonal so that the
    matrix has an inverse: your fit is not quite a best one.
    Which function finds the solution of smallest norm without that?
    """
    return _ridge(features, targets, reg or 1e-2)


@MIN_NORM.misconception("the penalty is not used")
def _(features, targets, *, reg=0.0):
    """Without a penalty you are right. With one you return the same fit.
    Which argument is still unread?
    """
    return _ridge(features, targets, 0.0)


@MIN_NORM.misconception("a penalty for each example")
def _(features, targets, *, reg=0.0):
    """Without a penalty you are right. Your penalty is stronger the more examples there are.
    Is the loss in the text a mean over the examples, or a sum?
    """
    return _ridge(features, targets, reg * len(features))


@MIN_NORM.misconception("a penalty twice as strong")
def _(features, targets, *, reg=0.0):
    """Without a penalty you are right. With one your weights are those of twice its strength.
    Does the one half stand before both terms of the text, or before one?
    """
    return _ridge(features, targets, 2 * reg)


@MIN_NORM.misconception("centred first")
def _(features, targets, *, reg=0.0):
    """You subtract the means of features and targets before you fit.
    That is a fit with an intercept. Does the text have one?
    """
    return _ridge(features - features.mean(axis=0), targets - targets.mean(axis=0), reg)


@MIN_NORM.misconception("a product instead of a solution")
def _(features, targets, *, reg=0.0):
    """You multiply the targets by the transposed features, and leave it at that.
    For which features would that be the least squares fit?
    """
    return features.T @ targets


WHERE_GD_ENDS = Question(
    "regularization.where_gd_ends",
    "20 equations in 50 unknowns, squared error, no penalty. Gradient descent starts at $w = 0$ "
    "and runs until the loss is 0. At which of the infinitely many solutions does it end?",
    choices=(
        Choice(
            "At one that depends on the learning rate.",
            "Every gradient is a combination of the 20 rows. Can the rate lead out of their span?",
        ),
        Choice("At the one of smallest norm.", right=True),
        Choice(
            "At the one with the most zeros.",
            "Is a combination of 20 dense rows likely to hold zeros?",
        ),
        Choice(
            "At any: all have the same loss, so nothing decides.",
            "The loss does not decide. Does the way there?",
        ),
    ),
    why="Every step is a combination of the rows, and the start is 0: so the end lies in their "
    "span. The only solution there is the one of smallest norm. The method has chosen, without any "
    "penalty.",
)
