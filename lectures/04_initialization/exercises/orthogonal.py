"""Orthogonal matrices: a start that keeps lengths, of one of the two signals."""

import numpy as np

from grader import Case, Choice, Exercise, Question, Tolerance
from lectures import drivers

from .shared import seed

NORMS = Question(
    "initialization.norms",
    r"A layer has 64 inputs and 50 units. The columns of its matrix are at right angles and have "
    r"length 1; there is no activation. Whose length does it keep exactly, for every example?",
    choices=(
        Choice(
            "that of the signal",
            "Take a signal at right angles to all 50 columns. How long is it after the layer?",
        ),
        Choice(
            "that of the gradient",
            right=True,
        ),
        Choice(
            "both",
            "64 numbers become 50. Is there room for every direction of the signal?",
        ),
        Choice(
            "neither: both lengths are kept on average only",
            "Write down the square of the length of hQ, and that of dz Qᵀ. In which of them does "
            "QᵀQ appear, the products of the columns?",
        ),
    ),
    why=r"$\|dz\,Q^\top\|^2 = dz\,Q^\top Q\,dz^\top = \|dz\|^2$, since $Q^\top Q = I$. The signal "
    r"would need $QQ^\top = I$, which 50 columns of 64 numbers cannot give: it keeps roughly "
    r"$\sqrt{50/64}$ of its length. In a layer that gets wider it is the other way round; only a "
    r"square one keeps both.",
)


ORTHOGONAL = Exercise(
    "initialization.orthogonal",
    points=3,
    minutes=6,
    returns=("w", "products", "behaviour"),
    driver=drivers.draw_orthogonal,
    tolerance=Tolerance(rtol=1e-3, atol=1e-4),
    promises={
        "All such matrices are equally likely": ("200 small matrices", "200 single numbers"),
    },
    hints=(
        "`np.linalg.qr` of a random matrix gives Q and R; the columns of Q are orthogonal and of "
        "length 1.",
        "It works for tall matrices. For a wide one draw the tall one, and turn Q at the end.",
        "Multiply each column of Q by the sign of its entry on R's diagonal; then everything by "
        "the gain.",
    ),
)


@ORTHOGONAL.cases
def _(rng: np.random.Generator):
    yield Case("a square layer", (5, 5, seed(rng)))
    yield Case("more inputs than units", (7, 4, seed(rng)), {"gain": 1.5})
    yield Case("more units than inputs", (3, 6, seed(rng)), {"gain": 0.5})
    yield Case("for ReLU", (20, 20, seed(rng)), {"gain": 2**0.5})
    yield Case("one unit", (4, 1, seed(rng)), {"gain": 2.0})
    yield Case("200 small matrices", (2, 2, seed(rng)), {"draws": 200}, extreme=True)
    yield Case("200 single numbers", (1, 1, seed(rng)), {"draws": 200}, extreme=True)
    yield Case("float32", (4, 3, seed(rng)), {"dtype": "float32"}, extreme=True)


def _q(fan_in, fan_out, rng):
    tall = rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out)))
    q, r = np.linalg.qr(tall)
    q = q * np.where(np.diag(r) < 0, -1, 1)
    return q if fan_in >= fan_out else q.T


@ORTHOGONAL.misconception("the gain is missing")
def _(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    """Your columns are orthogonal, and all of them have length 1.
    Which length should a column have?
    """
    return _q(fan_in, fan_out, rng).astype(dtype)


@ORTHOGONAL.misconception("the gain twice")
def _(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    """Your columns are orthogonal, and their length is off wherever the gain is not 1.
    The products w.T @ w show the square of the gain, not the weights themselves.
    How often does the gain stand in w?
    """
    return (gain**2 * _q(fan_in, fan_out, rng)).astype(dtype)


@ORTHOGONAL.misconception("unit length, but not orthogonal")
def _(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    """Each column has the right length, but two columns still overlap.
    Random directions are only roughly at right angles.
    Which decomposition makes them exactly so?
    """
    w = rng.standard_normal((fan_in, fan_out))
    return (gain * w / np.linalg.norm(w, axis=0)).astype(dtype)


@ORTHOGONAL.misconception("a wide layer is cut off")
def _(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    """With more units than inputs your matrix comes out too narrow.
    There cannot be more orthogonal columns than a column has entries.
    Which sides of a wide matrix can be orthogonal instead, and how do you get it from a
    tall one?
    """
    q, r = np.linalg.qr(rng.standard_normal((fan_in, fan_out)))
    return (gain * q * np.where(np.diag(r) < 0, -1, 1)).astype(dtype)


@ORTHOGONAL.misconception("the signs that QR happens to give")
def _(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    """Your matrices are orthogonal. But w[0, 0] has one sign far more often than the other.
    A decomposition chooses signs by a habit of its own. So the matrices it gives are not
    equally likely, and some may never come. How do you make both signs of a column equally likely?
    """
    tall = rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out)))
    q, _ = np.linalg.qr(tall)
    return (gain * (q if fan_in >= fan_out else q.T)).astype(dtype)


@ORTHOGONAL.misconception("divided by the square root of the width as well")
def _(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    """Your columns are orthogonal but too short, the more so the wider the layer is.
    A column of n numbers with variance 1/n already has a length near 1.
    Is there anything left to divide by?
    """
    return (gain / np.sqrt(fan_in) * _q(fan_in, fan_out, rng)).astype(dtype)
