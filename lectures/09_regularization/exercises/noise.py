"""Noise on the inputs of a linear model: what is trained on average."""

import numpy as np

from grader import Case, Exercise, Number, Question

from .shared import both_signs

NOISE = Exercise(
    "regularization.noise_terms",
    points=3,
    minutes=7,
    returns=("terms",),
    hints=(
        "The prediction is x @ w plus noise @ w. The noise has mean 0: what is left of the mean?",
        "noise @ w is a sum of independent terms. What is the variance of one term, and of the "
        "sum? Then: the mean of a square is the square of the mean plus the variance.",
        "The loss is half of the mean of (x @ w - y) squared, plus half of std squared times the "
        "sum of squared weights. Differentiate both parts.",
    ),
)


@NOISE.cases
def _(rng: np.random.Generator):
    def case(name, n, d, std):
        x, w = both_signs(rng, n, d), both_signs(rng, d)
        y = x @ w + 3 * both_signs(rng, n)  # errors that do not vanish
        size = float(np.abs(x).max() * np.abs(x @ w - y).max())
        return Case(name, (x, y, w), {"std": std}, scale={"terms": size})

    yield case("five examples, three inputs", 5, 3, 0.6)
    yield case("four examples, four inputs", 4, 4, 1.7)
    yield case("one example", 1, 3, 0.8)
    yield case("one input", 4, 1, 0.5)
    yield case("no noise", 3, 2, 0.0)


def _terms(x, y, w, std, **other):
    terms: dict = {}
    parts = {
        "mean": lambda v: x @ w,
        "variance": lambda v: float(std**2 * np.sum(w**2)),
        "loss": lambda v: float(0.5 * np.mean((v["mean"] - y) ** 2) + 0.5 * v["variance"]),
        "dw": lambda v: x.T @ (v["mean"] - y) / len(x) + std**2 * w,
    } | other
    for name, part in parts.items():
        terms[name] = part(terms)
    return terms


@NOISE.misconception("the standard deviation not squared")
def _(x, y, w, *, std):
    """The mean is right. Your variance grows in proportion to std.
    Noise that is twice as large: by how much does a variance grow?
    """
    return _terms(
        x,
        y,
        w,
        std,
        variance=lambda v: float(std * np.sum(w**2)),
        dw=lambda v: x.T @ (v["mean"] - y) / len(x) + std * w,
    )


@NOISE.misconception("one noise for all inputs")
def _(x, y, w, *, std):
    """The mean is right. Your variance depends on how the weights cancel: you square their sum.
    Do all inputs get the same noise?
    """
    return _terms(
        x,
        y,
        w,
        std,
        variance=lambda v: float(std**2 * np.sum(w) ** 2),
        dw=lambda v: x.T @ (v["mean"] - y) / len(x) + std**2 * np.sum(w) * np.ones_like(w),
    )


@NOISE.misconception("noise in proportion to the input")
def _(x, y, w, *, std):
    """The mean is right. Your variance grows with the inputs.
    That would be noise that multiplies them. How large is the noise on an input that is 0?
    """
    return _terms(
        x,
        y,
        w,
        std,
        variance=lambda v: float(std**2 * np.mean(x**2 @ w**2)),
        dw=lambda v: x.T @ (v["mean"] - y) / len(x) + std**2 * np.mean(x**2, axis=0) * w,
    )


@NOISE.misconception("the loss of the mean")
def _(x, y, w, *, std):
    """Mean and variance are right. Your loss is that of the mean prediction: it does not feel the
    noise.
    Is the mean of a square the square of the mean?
    """
    return _terms(
        x,
        y,
        w,
        std,
        loss=lambda v: float(0.5 * np.mean((v["mean"] - y) ** 2)),
        dw=lambda v: x.T @ (v["mean"] - y) / len(x),
    )


@NOISE.misconception("the variance without the one half")
def _(x, y, w, *, std):
    """Mean and variance are right. In your loss the whole variance is added.
    What stands in front of the square?
    """
    return _terms(
        x,
        y,
        w,
        std,
        loss=lambda v: float(0.5 * np.mean((v["mean"] - y) ** 2) + v["variance"]),
        dw=lambda v: x.T @ (v["mean"] - y) / len(x) + 2 * std**2 * w,
    )


@NOISE.misconception("the noise forgotten in the gradient")
def _(x, y, w, *, std):
    """All is right but dw: it is the gradient without noise.
    Which part of your loss depends on w besides the errors?
    """
    return _terms(x, y, w, std, dw=lambda v: x.T @ (v["mean"] - y) / len(x))


@NOISE.misconception("a sum over the examples in the gradient")
def _(x, y, w, *, std):
    """Your loss is right. In dw the errors of all examples are added up.
    What does the loss do with them?
    """
    return _terms(x, y, w, std, dw=lambda v: x.T @ (v["mean"] - y) + std**2 * w)


@NOISE.misconception("the variance of a mean over the examples")
def _(x, y, w, *, std):
    """With one example you are right. With more your variance is too small, by their number.
    Is it the variance of one prediction that is asked for, or that of their mean?
    """
    return _terms(
        x,
        y,
        w,
        std,
        variance=lambda v: float(std**2 * np.sum(w**2) / len(x)),
        dw=lambda v: x.T @ (v["mean"] - y) / len(x) + std**2 * w / len(x),
    )


NOISE_STRENGTH = Question(
    "regularization.noise_strength",
    "Inputs with noise of standard deviation 0.1 amount to an L2 penalty of some strength. By what "
    "factor does the strength grow when the noise is three times as large?",
    number=Number(
        9.0,
        misreadings={
            3.0: "Look at your variance. Which power of std stands there?",
            1.7320508: "Does the strength grow more slowly than the noise?",
            6.0: "Twice three? Where would a factor 2 come from in a ratio of two strengths?",
            27.0: "Which power of std stands in your variance?",
        },
    ),
    why="The strength is the variance of the noise, std squared.",
)
