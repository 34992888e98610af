"""Principal colours, and the unit of a pixel."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import pictures

SHIFT_COLORS = Exercise(
    "augmentation.shift_colors",
    points=2,
    minutes=3,
    returns=("out",),
    promises={"not clipped": "centred pixels"},
    hints=(
        "Each image gets one colour: C numbers, the same for all of its pixels.",
        "The colour of image n is a sum over i of alpha[n, i] times lambda_i times column i of "
        "`evecs`. Which matrix product adds up columns?",
        "(alpha * evals) @ evecs.T has a row for each image; times `high`, and with the shape "
        "(N, C, 1, 1), it can be added to x.",
    ),
)


@SHIFT_COLORS.cases
def _(rng: np.random.Generator):
    def case(name, n, size, high=None, centred=False, alpha=None):
        scale = 255.0 if high is None else high
        x = scale * (pictures(rng, n, 3, size, size + 1) - 0.5 * centred)
        # A rotation by large angles: its rows are no permutation of its columns, nor their signs.
        angles = rng.uniform(0.4, 1.1, 3)
        evecs = np.eye(3)
        for (i, j), angle in zip(((0, 1), (1, 2), (0, 2)), angles, strict=True):
            turn = np.eye(3)
            turn[[i, j], [i, j]] = np.cos(angle)
            turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
            evecs = evecs @ turn
        evals = np.array([0.3, 0.1, 0.04]) * rng.uniform(0.8, 1.25, 3)
        if alpha is None:
            alpha = rng.choice([-1.0, 1.0], (n, 3)) * rng.uniform(0.3, 0.8, (n, 3))
        kwargs = {} if high is None else {"high": high}
        return Case(name, (x, alpha, evals, evecs), kwargs)

    yield case("two images", 2, 3)
    yield case("pixels from 0 to 1", 3, 2, 1.0)
    yield case("along the first colour only", 1, 3, alpha=np.array([[0.7, 0.0, 0.0]]))
    yield case("centred pixels", 2, 3, centred=True)
    yield case("no shift", 2, 2, alpha=np.zeros((2, 3)))


def _added(x, color):
    return x + color.astype(x.dtype)[:, :, None, None]


@SHIFT_COLORS.misconception("rows in place of columns")
def _(x, alpha, evals, evecs, *, high=255.0):
    """With alpha = (a, 0, 0) your colour is the first *row* of the matrix.
    Where do the principal colours stand?
    """
    return _added(x, high * (alpha * evals) @ evecs)


@SHIFT_COLORS.misconception("no λ")
def _(x, alpha, evals, evecs, *, high=255.0):
    """All three principal colours act with the same strength.
    Light varies more than tint in photographs. Which argument says how much more?
    """
    return _added(x, high * alpha @ evecs.T)


@SHIFT_COLORS.misconception("standard deviations in place of variances")
def _(x, alpha, evals, evecs, *, high=255.0):
    """Your shift goes along the right colours and is a multiple of the square roots of λ.
    That is the natural scale: a standard deviation has the unit of a pixel. What does the paper's
    formula take?
    """
    return _added(x, high * (alpha * np.sqrt(evals)) @ evecs.T)


@SHIFT_COLORS.misconception("`high` forgotten")
def _(x, alpha, evals, evecs, *, high=255.0):
    """With pixels from 0 to 1 you are right; with pixels up to 255 nothing visible happens.
    In which unit are the principal colours given?
    """
    return _added(x, (alpha * evals) @ evecs.T)


@SHIFT_COLORS.misconception("clipped")
def _(x, alpha, evals, evecs, *, high=255.0):
    """Your result never leaves the range from 0 to `high`.
    What becomes of images that have been centred?
    """
    return np.clip(_added(x, high * (alpha * evals) @ evecs.T), 0, high)


@SHIFT_COLORS.misconception("the first image's colour for all")
def _(x, alpha, evals, evecs, *, high=255.0):
    """All images of a batch get the same tint.
    What are the rows of `alpha`?
    """
    return x + (high * (alpha[0] * evals) @ evecs.T).astype(x.dtype)[:, None, None]


@SHIFT_COLORS.misconception("pixels projected")
def _(x, alpha, evals, evecs, *, high=255.0):
    """Bright pixels of an image change more than dark ones.
    Does the colour that is added depend on the pixel?
    """
    strength = (evecs * (alpha * evals)[:, None, :]) @ evecs.T
    return x + np.einsum("ncd,ndij->ncij", strength.astype(x.dtype), x)


COLOR_UNITS = Question(
    "augmentation.color_units",
    "A colleague keeps pixels from 0 to 255 and computes the principal colours of *those*; then he "
    "adds $\\sum_i\\alpha_i\\lambda_ip_i$ as the paper says. For pixels from 0 to 1, "
    "$\\lambda_1 = 0.097$. By about how many grey levels do his images move along the first colour "
    "at $\\alpha_1 = 0.1$? (Yours move by 0.1 · 0.097 · 255 = 2.5.)",
    choices=(
        Choice(
            "2.5, as ours do",
            "He did not divide by 255 and did not multiply by 255 afterwards. Is λ proportional to "
            "the unit?",
        ),
        Choice(
            "8",
            "That is 255 · 0.1 · √λ: the shift if λ were a standard deviation. What is it?",
        ),
        Choice(
            "160",
            "By how much does a variance change when all numbers become 255 times as large?",
        ),
        Choice("630", right=True),
    ),
    why="A variance has the square of the unit: 255² · 0.097 · 0.1. All his images are black or "
    "white. The recipe is tied to one unit; √λ would not be.",
)
