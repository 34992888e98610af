"""What goes wrong: narrow valleys, and places where the gradient is zero."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

ZIG_ZAG = Question(
    "optimizers.zig_zag",
    "The loss changes fast in one direction and slowly in another: a long, narrow valley. What "
    "does gradient descent do?",
    choices=(
        Choice(
            "It goes straight to the minimum, because the gradient points there.",
            "The gradient is perpendicular to the level line. On a circle that is the way to "
            "the middle. On a long ellipse?",
        ),
        Choice(
            "It creeps along the steep direction and races along the shallow one.",
            "The step is rate times gradient. In which direction is the gradient large?",
        ),
        Choice("It jumps to and fro across the valley and makes little way along it.", right=True),
        Choice(
            "It stops at the bottom of the valley, far from the minimum.",
            "Along the floor the slope is small, but is it zero?",
        ),
    ),
    why="One rate has to serve both directions. Across, the gradient is large and the step too "
    "long: jitter. Along, the gradient is small and the step too short: very slow progress.",
)


LARGEST_RATE = Question(
    "optimizers.largest_rate",
    r"$f(x, y) = \tfrac12 (100 x^2 + y^2)$. A step multiplies $x$ by $1 - 100\,\eta$ and $y$ "
    r"by $1 - \eta$. From which learning rate $\eta$ on does gradient descent explode?",
    number=Number(
        0.02,
        rel_tol=0.001,
        misreadings={
            0.01: "There the factor of x is 0: it lands on the floor in one step. It may "
            "overshoot, as long as it comes nearer. When does it not?",
            2.0: "That is the limit for y alone. Which of the two breaks first?",
            0.04: "There the factor of x is -3: it explodes already. A factor between -1 and 1 "
            "shrinks; which rate gives -1?",
            2 / 101: "That is the best rate: there both factors have the same size. The question "
            "asks where one of them reaches -1.",
        },
    ),
    why=r"$|1 - 100\,\eta| < 1$ means $\eta < 2/100$. In general $\eta < 2/\lambda_{\max}$, "
    r"with the largest eigenvalue of the second derivatives. The steepest direction sets "
    r"the speed limit for all.",
)


STUCK = Question(
    "optimizers.stuck",
    r"What if the loss has a local minimum or a saddle point? Take the saddle $f = x^2 - y^2$ "
    r"and start gradient descent at $(1, 0)$, exactly on the ridge.",
    choices=(
        Choice(
            r"It slides off along $y$, where the loss falls without end.",
            r"The derivative along $y$ is $-2y$. How large is it on the ridge?",
        ),
        Choice("It walks to the saddle point and stays there.", right=True),
        Choice(
            "It does not move at all.",
            r"The derivative along $x$ is $2x$. Is that zero at the start?",
        ),
        Choice(
            "It oscillates around the saddle point.",
            "With a rate that is too large, perhaps. With a small one, what is the factor of "
            "x in each step?",
        ),
    ),
    why=r"The gradient is $(2x, -2y)$. On the ridge the second entry is 0, and stays 0. In "
    r"the saddle point the gradient is zero, and gradient descent is stuck, as in a local "
    r"minimum. But only from exactly there: the smallest push off the ridge grows with "
    r"every step.",
)


CLASSIFY = Exercise(
    "curvature.classify_critical_point",
    points=2,
    minutes=6,
    returns=("kind",),
    hints=(
        "The eigenvalues of a symmetric matrix are its curvatures along its own directions: "
        "`np.linalg.eigvalsh`.",
        "First decide what counts as zero: `tol` times the largest eigenvalue in size. Then ask "
        "whether some eigenvalue is clearly positive, and whether some is clearly negative.",
        "Both: a saddle, whatever the others are. If not both and some are zero: degenerate. Else "
        "all have one sign.",
    ),
)


def curved(rng: np.random.Generator, eigenvalues) -> np.ndarray:
    """A symmetric matrix with these eigenvalues and directions that are no axes."""
    n = len(eigenvalues)
    q, _ = np.linalg.qr(rng.standard_normal((n, n)) + 2 * np.ones((n, n)))
    h = q @ np.diag(np.array(eigenvalues, dtype=float)) @ q.T
    return (h + h.T) / 2


def sizes(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.uniform(1, 3, n)


@CLASSIFY.cases
def _(rng: np.random.Generator):
    yield Case("curves upwards in every direction", (curved(rng, sizes(rng, 3)),))
    yield Case("curves downwards in both directions", (curved(rng, -sizes(rng, 2)),))
    yield Case("up one way, down the other", (curved(rng, sizes(rng, 2) * [1, -1]),))
    off = rng.uniform(2.5, 4)
    yield Case(
        "a positive diagonal and a strong twist",
        (np.array([[rng.uniform(1, 2), off], [off, rng.uniform(1, 2)]]),),
    )
    yield Case("up one way, down two ways", (curved(rng, sizes(rng, 3) * [1, -1, -1]),))
    yield Case("up one way, flat the other", (curved(rng, sizes(rng, 2) * [1, 0]),))
    yield Case("flat one way, down the others", (curved(rng, sizes(rng, 3) * [0, -1, -1]),))
    nearly = sizes(rng, 2) * [1, 1e-3]
    yield Case("nearly flat one way, for a coarse tol", (curved(rng, nearly), 0.05))
    nearly = sizes(rng, 2) * [-1, 1e-3]
    yield Case("down, and nearly flat, for a coarse tol", (curved(rng, nearly), 0.05))
    yield Case("up, down and flat", (curved(rng, sizes(rng, 3) * [1, -1, 0]),))
    yield Case("one direction only", (np.array([[-rng.uniform(1, 3)]]),))
    yield Case("flat in every direction", (np.zeros((2, 2)),), extreme=True)
    yield Case("tiny curvatures", (1e-8 * curved(rng, sizes(rng, 2)),), extreme=True)
    yield Case("large curvatures", (1e3 * curved(rng, sizes(rng, 2) * [1, -1]),), extreme=True)


@CLASSIFY.misconception("the determinant")
def _(hessian, tol=1e-6):
    """It looks as if you use the sign of the determinant. In two dimensions it tells a
    saddle. Then comes a case with two directions downwards and one upwards.
    A determinant is the product of all eigenvalues: what do two negative ones do to it?
    """
    det = np.linalg.det(hessian) / np.max(np.abs(hessian)) ** len(hessian)
    if abs(det) < 1e-6:
        return "degenerate"
    if det < 0:
        return "saddle"
    return "min" if hessian[0, 0] > 0 else "max"


def kind_of(values, tol):
    up, down = np.any(values > tol), np.any(values < -tol)
    if up and down:
        return "saddle"
    if np.any(np.abs(values) <= tol):
        return "degenerate"
    return "min" if up else "max"


@CLASSIFY.misconception("the diagonal")
def _(hessian, tol=1e-6):
    """You look along the axes only. With strong entries off the diagonal the surface may
    fall between two axes along which it rises.
    Which numbers of a symmetric matrix belong to its own directions?
    """
    d = np.diag(hessian)
    return kind_of(d, tol * np.max(np.abs(d)))


@CLASSIFY.misconception("minimum and maximum exchanged")
def _(hessian, tol=1e-6):
    """Saddles are right; hills and holes are exchanged.
    A positive second derivative: does the curve open upwards or downwards?
    Think of the parabola.
    """
    values = np.linalg.eigvalsh(hessian)
    kind = kind_of(values, tol * np.max(np.abs(values)))
    return {"min": "max", "max": "min"}.get(kind, kind)


@CLASSIFY.misconception("flat directions count as curved")
def _(hessian, tol=1e-6):
    """Where one direction is flat you still decide.
    Along it the second derivative is 0, and it cannot tell whether the surface goes up
    or down further out. Which of the four answers says that?
    """
    values = np.linalg.eigvalsh(hessian)
    zero = tol * np.max(np.abs(values))
    if np.all(values > -zero):
        return "min"
    return "max" if np.all(values < zero) else "saddle"


@CLASSIFY.misconception("a flat direction decides everything")
def _(hessian, tol=1e-6):
    """You give up as soon as one direction is flat.
    But if the surface goes up one way and down another, does it matter what it does a
    third way?
    """
    values = np.linalg.eigvalsh(hessian)
    if np.any(np.abs(values) <= tol * np.max(np.abs(values))):
        return "degenerate"
    return kind_of(values, 0.0)


@CLASSIFY.misconception("the sum of the curvatures")
def _(hessian, tol=1e-6):
    """You never find a saddle. It looks as if you add the curvatures up, as the trace
    does. One large positive can hide a smaller negative one. How do you ask for every
    direction by itself?
    """
    values = np.linalg.eigvalsh(hessian)
    kind = kind_of(values, tol * np.max(np.abs(values)))
    return kind if kind == "degenerate" else ("min" if np.trace(hessian) > 0 else "max")


@CLASSIFY.misconception("zero by an absolute measure")
def _(hessian, tol=1e-6):
    """On ordinary matrices you are right. When all curvatures are tiny you call them flat.
    Change the unit of the loss, and every entry shrinks, yet a hole stays a hole.
    What should an eigenvalue be compared with?
    """
    return kind_of(np.linalg.eigvalsh(hessian), tol)


MANY_SADDLES = Question(
    "optimizers.many_saddles",
    "At a critical point every direction curves up or down. Toss a coin for each of 100 "
    "directions. What is such a point, most likely?",
    choices=(
        Choice(
            "a local minimum",
            "All 100 directions would have to curve upwards. How likely is that?",
        ),
        Choice(
            "a local minimum or a maximum, with equal chances",
            "Both need 100 equal results in a row. How likely are they, and what are all the "
            "other points?",
        ),
        Choice("a saddle", right=True),
        Choice(
            "one can say nothing about it",
            "A minimum is one single pattern of signs, a maximum another. How many patterns "
            "are there?",
        ),
    ),
    why=r"Two patterns of $2^{100}$ are not saddles. The coin is a rough picture, but the "
    r"direction is right: with many weights, critical points high up are nearly all "
    r"saddles (Dauphin et al. 2014).",
)


THREE_TROUBLES = Question(
    "optimizers.three_troubles",
    "Which run has which problem?",
    choices=(
        Choice(
            "A: stuck at a saddle; B: a noisy gradient; C: one rate for a narrow valley",
            "Look at A again: it never stands still. A path that has stopped has its dots on "
            "top of each other.",
        ),
        Choice(
            "A: one rate for a narrow valley; B: stuck at a saddle; C: a noisy gradient",
            "A wiggles without any order. In a narrow valley the path changes sides at each "
            "step, as regularly as a clock.",
        ),
        Choice(
            "A: a noisy gradient; B: one rate for a narrow valley; C: stuck at a saddle",
            right=True,
        ),
        Choice(
            "A: a noisy gradient; B: stuck at a saddle; C: one rate for a narrow valley",
            "B still moves, from side to side. Where do the dots lie on top of each other?",
        ),
    ),
    why="Disorder is noise. Regular jumps across are a rate that is too large for one "
    "direction. Dots that pile up where the level lines cross are a saddle.",
)
