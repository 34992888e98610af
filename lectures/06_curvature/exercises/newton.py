"""Newton's step, and its repairs."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

from .shared import along_all, both_signs, turned

NEWTON = Exercise(
    "curvature.newton_step",
    points=1,
    minutes=2,
    returns=("s",),
    hints=(
        "The slope of the model at a step s is g + H s. Where is it zero?",
        "`np.linalg.solve(a, b)` gives the x for which a @ x is b.",
    ),
    promises={
        "the point where the slope of the quadratic model is zero": "a saddle",
    },
)


@NEWTON.cases
def _(rng: np.random.Generator):
    h = turned(rng, rng.uniform(0.5, 4, 4))
    yield Case("a bowl", (along_all(rng, h), h))
    h = turned(rng, rng.uniform(1, 3, 3) * [1, -1, 1])
    yield Case("a saddle", (along_all(rng, h), h))
    yield Case("one weight", (both_signs(rng, 1), np.array([[rng.uniform(2, 3)]])))
    h = turned(rng, [100.0, 1.0])
    yield Case("a narrow valley", (along_all(rng, h), h))


@NEWTON.misconception("to the other side")
def _(g, hessian):
    """Your step has the right length and the opposite direction: on a bowl it goes uphill.
    The slope of the model is g + H s. Which s makes it zero?
    """
    return np.linalg.solve(hessian, g)


@NEWTON.misconception("multiplied by the Hessian")
def _(g, hessian):
    """Your steps are long where the surface curves much. That is a reason for a short step.
    Is it H or its inverse that stands before g?
    """
    return -hessian @ g


@NEWTON.misconception("each weight by its own curvature")
def _(g, hessian):
    """You divide each slope by its own second derivative, and leave out how the weights act
    together. What are the entries of H off its diagonal for?
    """
    return -g / np.diag(hessian)


@NEWTON.misconception("as far as the best gradient step")
def _(g, hessian):
    """Your step goes along -g. That is the best step in this direction.
    Newton's step turns, too. For how many numbers do you have to solve?
    """
    return -g * (g @ g) / (g @ hessian @ g)


@NEWTON.misconception("the sizes of the curvatures")
def _(g, hessian):
    """At a saddle your step goes downhill along every eigenvector: a good repair, and section 7
    makes it. The slope of the model is not zero there. Which s makes g + H s zero?
    """
    eigenvalues, q = np.linalg.eigh(hessian)
    return -q @ (q.T @ g / np.abs(eigenvalues))


@NEWTON.misconception("one over each entry")
def _(g, hessian):
    """You divide 1 by every entry of H.
    The inverse is the matrix that gives the identity in a product with H. Does yours?
    """
    return -(1 / hessian) @ g


@NEWTON.misconception("half of the way")
def _(g, hessian):
    """Your step ends half of the way to the point that is looked for.
    The model has a one half in its last term. What becomes of it in the slope?
    """
    return -0.5 * np.linalg.solve(hessian, g)


LOG_COSH = Question(
    "curvature.log_cosh",
    r"$\log\cosh x$ is convex everywhere, like a parabola near 0 and like $|x|$ far out. Newton's "
    r"method starts at $x = 2$. The minimum is at 0. What happens?",
    choices=(
        Choice(
            "It is there in one step.",
            "One step is enough for a parabola. Is the function one, as far out as 2?",
        ),
        Choice(
            "It is there, to five digits, after about six steps.",
            "That is how it goes from a start near the minimum. How large is the second derivative "
            "at 2, and what is the slope divided by it?",
        ),
        Choice("It diverges, farther with every step.", right=True),
        Choice(
            "It jumps to and fro between 2 and −2 for ever.",
            "There is a start from which it does. Compute the first step from 2: how far does it "
            "go?",
        ),
    ),
    why="The slope is 0.96, the curvature 0.07: the step is −13.6. From −11.6 the next one leads "
    "to 3 billion. It is safe for |x| < 1.0887. Where a function is nearly straight, its parabola "
    "has its lowest point far away.",
)


NEWTON_NET = Question(
    "curvature.newton_net",
    r"A network with 13 weights learns $\sin 2x$. Its Hessian is exact and costs nothing. From 20 "
    r"random starts, how often does Newton's method reach a loss of $10^{-5}$, which other methods "
    r"reach from nearly all of them?",
    choices=(
        Choice("Never.", right=True),
        Choice(
            "In about a third of the runs.",
            "What must the Hessian be like at the start, for the first step to go downhill? How "
            "likely is that for 13 eigenvalues?",
        ),
        Choice(
            "In most runs, in fewer than ten steps.",
            "So it is on a bowl. To which kind of point does the step lead where some directions "
            "curve downwards?",
        ),
        Choice(
            "Always: with an exact Hessian nothing can go wrong.",
            "The Hessian is exact at one point. What does the step assume about all others?",
        ),
    ),
    why="From none of 20. Along a direction that hardly curves its step is huge, and where the "
    "surface curves downwards it goes uphill. So units are thrown into saturation, where the "
    "Hessian can no longer be inverted: there most of the runs end. The others are thrown out to "
    "weights of a million.",
)


MEMORY = Question(
    "curvature.hessian_memory",
    "A language model has 7 billion weights. How large would its Hessian be in float32, in "
    "exabytes? (One exabyte is $10^{18}$ bytes.)",
    number=Number(
        196,
        misreadings={
            28e-9: "That is one number for each weight, the size of the gradient. How many pairs "
            "of weights are there?",
            392: "That is float64. How many bytes has a float32?",
            49: "That is one byte a number. How many has a float32?",
            98: "Half of it would do, as it is symmetric. But the whole matrix was asked for. How "
            "many entries has that?",
        },
    ),
    why=r"$4 \cdot (7 \cdot 10^9)^2 = 1.96 \cdot 10^{20}$ bytes. The weights themselves are 28 GB. "
    r"And to solve with it takes about $n^3$ operations.",
)


SADDLE_FREE = Exercise(
    "curvature.saddle_free_step",
    points=3,
    minutes=5,
    returns=("s",),
    parents=("curvature.newton_step",),
    hints=(
        "Take the gradient apart along the eigenvectors: `np.linalg.eigh`. What does Newton's step "
        "do with each part?",
        "Newton divides the part along an eigenvector by its eigenvalue. Where that is negative "
        "the step turns round. Divide by its size.",
        "Coordinates of g: Q^T g. Divide by |eigenvalue| + damping, turn the sign, and go back "
        "with Q.",
    ),
    promises={
        "it may be singular": "a flat direction",
        "have eigenvalues of any sign": ("a saddle", "downwards everywhere"),
        "so that a flat direction gets a finite step": "a flat direction",
    },
)


@SADDLE_FREE.cases
def _(rng: np.random.Generator):
    h = turned(rng, rng.uniform(1, 3, 4) * [1, -1, 1, -1])
    yield Case("a saddle", (along_all(rng, h), h, 0.3))
    h = turned(rng, rng.uniform(0.5, 4, 3))
    yield Case("a bowl", (along_all(rng, h), h, 0.2))
    h = turned(rng, -rng.uniform(0.5, 2, 3))
    yield Case("downwards everywhere", (along_all(rng, h), h, 0.7))
    h = turned(rng, rng.uniform(1, 2, 3) * [1, 0, -1])
    yield Case("a flat direction", (along_all(rng, h), h, 0.4))
    yield Case("one weight", (both_signs(rng, 1), np.array([[-rng.uniform(1, 2)]]), 0.25))
    h = turned(rng, rng.uniform(1, 3, 2) * [1, -1])
    yield Case("a large damping", (along_all(rng, h), h, 20.0))


def _along(g, hessian, divide):
    eigenvalues, q = np.linalg.eigh(hessian)
    with np.errstate(all="ignore"):
        return -q @ (q.T @ g / divide(eigenvalues))


@SADDLE_FREE.misconception("Newton's step, damped")
def _(g, hessian, damping):
    """On a bowl you are right. Where the surface curves downwards your step goes uphill along that
    direction: the damping makes it longer or shorter, but does not turn it round.
    What should count of a negative curvature?
    """
    return _along(g, hessian, lambda e: e + damping)


@SADDLE_FREE.misconception("the damping first, then the size")
def _(g, hessian, damping):
    """On a bowl you are right. Where a direction curves downwards your damping takes something
    away from the size of the curvature: the step becomes longer, not shorter.
    In which order come the two?
    """
    return _along(g, hessian, lambda e: np.abs(e + damping))


@SADDLE_FREE.misconception("the size of each entry")
def _(g, hessian, damping):
    """You take the size of every entry of H. That is another matrix: its eigenvalues are not the
    sizes of the old ones. Of which numbers is the size to be taken?
    """
    matrix = np.abs(hessian) + damping * np.eye(len(g))
    return -np.linalg.lstsq(matrix, g, rcond=None)[0]


@SADDLE_FREE.misconception("negative curvature counts as flat")
def _(g, hessian, damping):
    """Along directions that curve downwards you take the step of a flat one, divided by the damping
    alone. The more strongly the surface curves away, the sooner the model is no good.
    What does the size of a negative eigenvalue tell about a sensible length?
    """
    return _along(g, hessian, lambda e: np.maximum(e, 0) + damping)


@SADDLE_FREE.misconception("uphill")
def _(g, hessian, damping):
    """Your step has the right length and goes uphill in every direction.
    Along an eigenvector: which sign has the step, beside that of the slope?
    """
    return -_along(g, hessian, lambda e: np.abs(e) + damping)


@SADDLE_FREE.misconception("no damping")
def _(g, hessian, damping):
    """Your step is longer than it should be, and where a direction is flat it is not finite.
    Which argument have you not used?
    """
    return _along(g, hessian, np.abs)


@SADDLE_FREE.misconception("into the eigenvectors with the wrong matrix")
def _(g, hessian, damping):
    """The lengths are plausible, the directions are not.
    The columns of Q are the eigenvectors. Which product gives the parts of g along the columns?
    """
    eigenvalues, q = np.linalg.eigh(hessian)
    return -q.T @ (q @ g / (np.abs(eigenvalues) + damping))


@SADDLE_FREE.misconception("the damping as a floor")
def _(g, hessian, damping):
    """The damping counts only where a curvature is smaller than that.
    To the size of which curvatures does the text add it?
    """
    return _along(g, hessian, lambda e: np.maximum(np.abs(e), damping))


@SADDLE_FREE.misconception("the square root of two squares")
def _(g, hessian, damping):
    """Curvature and damping are put together as the sides of a right-angled triangle.
    What does the text do with the damping and the size of a curvature?
    """
    return _along(g, hessian, lambda e: np.sqrt(e**2 + damping**2))


@SADDLE_FREE.misconception("the sign put back")
def _(g, hessian, damping):
    """You damp the size of each curvature, and then give it its sign again. Where the surface
    curves downwards your step goes uphill. Who should decide which way to go along an eigenvector?
    """
    return _along(g, hessian, lambda e: np.sign(e) * (np.abs(e) + damping))


@SADDLE_FREE.misconception("left in the eigenvectors' coordinates")
def _(g, hessian, damping):
    """Your numbers are the parts of the step along the eigenvectors.
    Which product makes a step in the weights of them?
    """
    eigenvalues, q = np.linalg.eigh(hessian)
    return -(q.T @ g) / (np.abs(eigenvalues) + damping)


@SADDLE_FREE.misconception("the gradient is not taken apart")
def _(g, hessian, damping):
    """You divide the slopes along the weights by the curvatures along the eigenvectors.
    How large is the part of g along each eigenvector?
    """
    eigenvalues, q = np.linalg.eigh(hessian)
    return -q @ (g / (np.abs(eigenvalues) + damping))


GAUSS_NEWTON = Exercise(
    "curvature.gauss_newton_step",
    points=2,
    minutes=5,
    returns=("s",),
    float32=False,  # damping * np.eye(d) is float64, and the text asks for no precision
    hints=(
        "After a step s a residual that is linear is r + J s. Write the loss of that.",
        "Half of the mean of (r + J s)^2: its gradient on s is J^T (r + J s) / n.",
        "Set that to zero, with the damping on the diagonal of J^T J / n, and solve.",
    ),
    promises={
        "every residual r_i is a linear function of the step": "twenty residuals",
    },
)


@GAUSS_NEWTON.cases
def _(rng: np.random.Generator):
    yield Case("twenty residuals", (both_signs(rng, 20, 4), both_signs(rng, 20), 0.2))
    yield Case("more weights than residuals", (both_signs(rng, 3, 6), both_signs(rng, 3), 0.5))
    # The eight terms of J^T r may cancel.
    yield Case("one weight", (both_signs(rng, 8, 1), both_signs(rng, 8), 0.1), scale={"s": 0.5})
    yield Case("one residual", (both_signs(rng, 1, 3), both_signs(rng, 1), 0.3))
    yield Case("a large damping", (both_signs(rng, 10, 3), both_signs(rng, 10), 50.0))


def _solve(jac, residual, curvature_n, gradient_n, diagonal):
    curvature = jac.T @ jac / curvature_n + diagonal
    return np.linalg.lstsq(curvature, -jac.T @ residual / gradient_n, rcond=None)[0]


def _damp(jac, damping):
    return damping * np.eye(jac.shape[1])


@GAUSS_NEWTON.misconception("sums, not means")
def _(jac, residual, damping):
    """You solve for a loss that is a sum over the residuals. Without damping nobody could tell;
    with it your damping counts for too little. The loss is a mean: where does the n stand?
    """
    return _solve(jac, residual, 1, 1, _damp(jac, damping))


@GAUSS_NEWTON.misconception("the mean in the gradient only")
def _(jac, residual, damping):
    """Your step is too short, the more so the more residuals there are.
    The gradient is a mean, the curvature a sum. Which of them does the loss ask for?
    """
    return _solve(jac, residual, 1, len(residual), _damp(jac, damping))


@GAUSS_NEWTON.misconception("the mean in the curvature only")
def _(jac, residual, damping):
    """Your step is too long, by the number of residuals.
    The curvature is a mean, the gradient a sum. Which of them does the loss ask for?
    """
    return _solve(jac, residual, len(residual), 1, _damp(jac, damping))


@GAUSS_NEWTON.misconception("uphill")
def _(jac, residual, damping):
    """Your step has the right length and goes uphill.
    J^T r / n is the gradient. What stands on the right-hand side?
    """
    n = len(residual)
    return -_solve(jac, residual, n, n, _damp(jac, damping))


@GAUSS_NEWTON.misconception("without damping")
def _(jac, residual, damping):
    """Your step does not depend on the damping. With fewer residuals than weights there would be
    many such steps. What is added to the diagonal?
    """
    n = len(residual)
    return _solve(jac, residual, n, n, 0.0)


@GAUSS_NEWTON.misconception("the damping in units of the diagonal", convention=True)
def _(jac, residual, damping):
    """Your damping is a share of each diagonal entry: so Marquardt has it, and there you would be
    right. Here it is a number of its own, as Levenberg has it. What is added to each entry?
    """
    n = len(residual)
    return _solve(jac, residual, n, n, damping * np.diag(np.sum(jac**2, axis=0) / n))


@GAUSS_NEWTON.misconception("the gradient itself")
def _(jac, residual, damping):
    """Your step goes along the gradient: it is that of gradient descent, divided by the damping.
    Which part of the matrix have you left out?
    """
    return -jac.T @ residual / len(residual) / damping


@GAUSS_NEWTON.misconception("the damping in every entry")
def _(jac, residual, damping):
    """You add the damping to every entry of the matrix.
    Which matrix times the damping changes the diagonal alone?
    """
    n = len(residual)
    return _solve(jac, residual, n, n, damping)


@GAUSS_NEWTON.misconception("a gradient twice as long")
def _(jac, residual, damping):
    """Your step is twice too long, as if the gradient were that of the mean of the squares.
    Half of that is the loss. What becomes of the one half?
    """
    n = len(residual)
    return 2 * _solve(jac, residual, n, n, _damp(jac, damping))


@GAUSS_NEWTON.misconception("the mean of the squares, not half of it")
def _(jac, residual, damping):
    """You solve for the mean of the squares. Its curvature is twice as large, and so your damping
    counts for half. Which loss does the text name?
    """
    n = len(residual)
    return _solve(jac, residual, n / 2, n / 2, _damp(jac, damping))


@GAUSS_NEWTON.misconception("the mean over the weights")
def _(jac, residual, damping):
    """You divide by the number of weights.
    The loss is a mean. Over what?
    """
    d = jac.shape[1]
    return _solve(jac, residual, d, d, _damp(jac, damping))
