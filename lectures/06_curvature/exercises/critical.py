"""What a point without a slope is, and what it most often is."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import turned

KIND = Exercise(
    "curvature.classify_critical_point",
    points=2,
    minutes=3,
    returns=("kind",),
    hints=(
        "Along which directions is the curvature of a symmetric matrix largest and smallest? All "
        "others lie between the two.",
        "The eigenvalues say it: `np.linalg.eigvalsh`. Which signs do they have, once those that "
        "count as zero are left out?",
        "Both signs: a saddle, whatever else there is. One sign and no zero: a minimum or a "
        "maximum. All that is left is degenerate.",
    ),
    promises={
        "whatever it does in the others": "up, down and flat",
        "flat in some directions": ("up and flat", "down and flat"),
        "in all": "flat everywhere",
        "counts as zero when its size is at most": (
            "down, and up by as little as tol",
            "not quite flat",
        ),
        "times the largest size": (
            "tiny curvatures",
            "up, and up by less than tol, across the axes",
        ),
    },
)


@KIND.cases
def _(rng: np.random.Generator):
    yield Case("a valley", (turned(rng, rng.uniform(1, 3, 3)),))
    yield Case("a hill", (turned(rng, -rng.uniform(1, 3, 3)),))
    # Both entries of the diagonal are positive, the smaller eigenvalue is not.
    b = rng.uniform(2, 3)
    yield Case("a saddle across the axes", (np.array([[1.0, b], [b, rng.uniform(1, 2)]]),))
    yield Case("two up, two down", (turned(rng, rng.uniform(1, 2, 4) * [1, -1, 1, -1]),))
    yield Case("mostly up", (turned(rng, rng.uniform(1, 2, 5) * [2, 2, -0.1, 2, 2]),))
    yield Case("mostly down", (turned(rng, rng.uniform(1, 2, 4) * [-2, -2, 0.1, -2]),))
    yield Case("up and flat", (turned(rng, rng.uniform(1, 2, 3) * [1, 0, 1]),))
    yield Case("down and flat", (turned(rng, rng.uniform(1, 2, 3) * [0, -1, -1]),))
    yield Case("up, down and flat", (turned(rng, rng.uniform(1, 2, 3) * [1, 0, -1]),))
    yield Case("flat everywhere", (np.zeros((2, 2)),))
    yield Case("tiny curvatures", (1e-9 * turned(rng, rng.uniform(1, 3, 3)),))
    yield Case("large curvatures, one flat", (1e6 * turned(rng, rng.uniform(1, 2, 2) * [1, 0]),))
    yield Case("not quite flat", (turned(rng, [rng.uniform(1, 2), rng.uniform(0.04, 0.05)]), 0.01))
    yield Case("down, and up by as little as tol", (np.diag([-4.0, 1.0]), 0.25))
    yield Case("up, and down by as little as tol", (np.diag([4.0, -1.0]), 0.25))
    # Curvatures of 4 and 0.9: below a quarter of the larger, not of the largest entry.
    across = np.array([[2.45, 1.55], [1.55, 2.45]])
    yield Case("up, and up by less than tol, across the axes", (across, 0.25))
    yield Case("one weight", (np.array([[-rng.uniform(1, 2)]]),))


def _kind(curvatures, zero):
    up, down = np.any(curvatures > zero), np.any(curvatures < -zero)
    if up and down:
        return "saddle"
    if np.any(np.abs(curvatures) <= zero):
        return "degenerate"
    return "min" if up else "max"


def _zero(curvatures, tol):
    return tol * np.max(np.abs(curvatures))


@KIND.misconception("the curvature along the axes")
def _(hessian, tol=1e-6):
    """Where the matrix is diagonal you are right. Your answer looks only at its diagonal.
    That is the curvature along the axes. What does x^2 + 4xy + y^2 do along the line y = -x?
    """
    curvatures = np.diag(hessian)
    return _kind(curvatures, _zero(curvatures, tol))


@KIND.misconception("the rule of the determinant")
def _(hessian, tol=1e-6):
    """With one or two weights you are right. You call saddle what has a negative
    determinant. The determinant is the product of all eigenvalues: which sign has it where two of
    four are negative?
    """
    eigenvalues = np.linalg.eigvalsh(hessian)
    if np.any(np.abs(eigenvalues) <= _zero(eigenvalues, tol)):
        return "degenerate"
    if np.sum(eigenvalues < 0) % 2 and len(eigenvalues) > 1:
        return "saddle"
    return "min" if hessian[0, 0] > 0 else "max"


@KIND.misconception("degenerate as soon as one is zero")
def _(hessian, tol=1e-6):
    """A point from which it goes up in one direction, down in another and nowhere in a third is
    degenerate for you. Can higher derivatives make it a minimum, when it goes down somewhere?
    """
    eigenvalues = np.linalg.eigvalsh(hessian)
    if np.any(np.abs(eigenvalues) <= _zero(eigenvalues, tol)):
        return "degenerate"
    return _kind(eigenvalues, 0.0)


@KIND.misconception("flat counts as up or down")
def _(hessian, tol=1e-6):
    """A valley with a flat floor is a minimum for you, and a ridge with a flat top a maximum.
    Compare x^2 + y^4 with x^2 - y^4. Do their Hessians at 0 differ?
    """
    eigenvalues = np.linalg.eigvalsh(hessian)
    zero = _zero(eigenvalues, tol)
    if np.all(np.abs(eigenvalues) <= zero):
        return "degenerate"
    if np.all(eigenvalues >= -zero):
        return "min"
    return "max" if np.all(eigenvalues <= zero) else "saddle"


@KIND.misconception("no eigenvalue is ever zero")
def _(hessian, tol=1e-6):
    """You call nearly nothing degenerate. The eigenvalues of a matrix with a flat direction come
    out as 1e-17 or so, of either sign. What is `tol` for?
    """
    return _kind(np.linalg.eigvalsh(hessian), 0.0)


@KIND.misconception("tol as a number of its own")
def _(hessian, tol=1e-6):
    """You compare the eigenvalues with `tol` itself. Measure the loss in other units, and all of
    them change by the same factor. With what should `tol` be multiplied?
    """
    return _kind(np.linalg.eigvalsh(hessian), tol)


@KIND.misconception("the mean curvature")
def _(hessian, tol=1e-6):
    """Where the curvatures have different signs you ask which of them is stronger.
    A saddle goes up in one direction and down in another. Does it matter how steeply?
    """
    eigenvalues = np.linalg.eigvalsh(hessian)
    if np.any(np.abs(eigenvalues) <= _zero(eigenvalues, tol)):
        return "degenerate"
    return "min" if eigenvalues.sum() > 0 else "max"


@KIND.misconception("minimum and maximum exchanged")
def _(hessian, tol=1e-6):
    """A valley is a maximum for you, and a hill a minimum.
    Which sign has the second derivative of x^2 at its lowest point?
    """
    eigenvalues = np.linalg.eigvalsh(hessian)
    kind = _kind(eigenvalues, _zero(eigenvalues, tol))
    return {"min": "max", "max": "min"}.get(kind, kind)


@KIND.misconception("a saddle if it is neither")
def _(hessian, tol=1e-6):
    """Nothing is degenerate for you: what is neither a minimum nor a maximum is a saddle.
    A saddle goes up somewhere and down somewhere. Does x^2 + 0 y^2?
    """
    eigenvalues = np.linalg.eigvalsh(hessian)
    kind = _kind(eigenvalues, _zero(eigenvalues, tol))
    return "saddle" if kind == "degenerate" else kind


@KIND.misconception("the largest, not the largest in size")
def _(hessian, tol=1e-6):
    """You multiply `tol` by the largest eigenvalue. On a hill that is not the largest in size.
    How large is it where everything curves downwards?
    """
    eigenvalues = np.linalg.eigvalsh(hessian)
    return _kind(eigenvalues, tol * eigenvalues.max())


@KIND.misconception("the largest entry of the matrix")
def _(hessian, tol=1e-6):
    """You multiply `tol` by the largest entry of the matrix.
    Can the curvature along an eigenvector be larger than every entry?
    """
    return _kind(np.linalg.eigvalsh(hessian), tol * np.max(np.abs(hessian)))


@KIND.misconception("a tol of one's own")
def _(hessian, tol=1e-6):
    """You answer as for the default, whatever `tol` is.
    Which argument have you not used?
    """
    eigenvalues = np.linalg.eigvalsh(hessian)
    return _kind(eigenvalues, _zero(eigenvalues, 1e-6))


@KIND.misconception("exactly tol is not zero")
def _(hessian, tol=1e-6):
    """A curvature whose size is exactly on the border counts as up or down for you.
    The text says “at most”. On which side does the border lie itself?
    """
    eigenvalues = np.linalg.eigvalsh(hessian)
    zero = _zero(eigenvalues, tol)
    if np.all(eigenvalues >= zero):
        return "min"
    if np.all(eigenvalues <= -zero):
        return "max"
    return (
        "saddle" if np.any(eigenvalues >= zero) and np.any(eigenvalues <= -zero) else "degenerate"
    )


RANDOM_HESSIAN = Question(
    "curvature.random_hessian",
    "Let the Hessian at a critical point be a random symmetric matrix, its entries drawn from "
    "$N(0, 1)$. With one weight every such point is a minimum or a maximum. And with four weights: "
    "how many of them are?",
    choices=(
        Choice(
            "Every one, unless a curvature is exactly zero.",
            "How many signs does a point have, when there are four curvatures?",
        ),
        Choice(
            "About one in two.",
            "Half of them would be one or the other if a single sign decided. How many signs have "
            "to agree?",
        ),
        Choice(
            "About one in eight, as four coins show one side.",
            "Coins do not know of each other. In a 2 × 2 matrix, the signs agree if the product "
            "of the diagonal is larger than the square of the other entry. Is that as likely as "
            "not?",
        ),
        Choice("About one in two hundred.", right=True),
    ),
    why="The eigenvalues of a random matrix keep apart from each other, so that equal signs are "
    "rarer than with coins. With ten weights we found none among 20,000. A network's Hessian is "
    "not random, and section 4 showed how it changes: fewer and smaller negative eigenvalues as "
    "the loss falls. So one should expect saddles on the way, and hardly a bad local minimum "
    "(Dauphin et al. 2014).",
)
