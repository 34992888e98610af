"""Lecture 07: gradient descent, momentum, Nesterov, and the methods with a rate for each weight."""

from collections.abc import Callable, Iterator

import numpy as np

from grader import drivers
from grader.exercise import Case, Choice, Exercise, Misconception, Number, Question

LECTURE = "07_optimizers"

# Functions of utils that give an answer of this lecture away.
WITHHOLD = (
    "optimizers.batch_gradient",
    "optimizers.gd",
    "optimizers.momentum_mean_step",
    "optimizers.adaptive_denominator",
    "optimizers.effective_lr",
    "optimizers.ema_square",
)

# What the drivers return: four points and what the method remembers at the end.
POINTS = ("w_1", "w_2", "w_3", "w_4", "state")


def both_signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.3 and 3 in size, half of them negative, in random places."""
    size = int(np.prod(shape))
    signs = np.where(np.arange(size) % 2, 1.0, -1.0)
    return (rng.permutation(signs) * rng.uniform(0.3, 3, size)).reshape(shape)


def gradients(rng: np.random.Generator, *shape: int) -> list[np.ndarray]:
    """Four gradients; of a single number all have the same sign, so that nothing cancels."""
    if np.prod(shape) == 1:
        return [rng.uniform(0.5, 2, shape) for _ in range(4)]
    return [both_signs(rng, *shape) for _ in range(4)]


def start(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Parameters well away from zero, so that no step lands near it."""
    return 3 * both_signs(rng, *shape) + 5


def squares(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """A state of squared gradients."""
    return rng.uniform(0.5, 3, shape)


def with_a_silent_one(rng: np.random.Generator) -> list[np.ndarray]:
    """Four gradients for three numbers, of which the last never has one."""
    return [dw * np.array([1.0, 1.0, 0.0]) for dw in gradients(rng, 3)]


def run(name: str, w: np.ndarray, grads: list[np.ndarray], extreme=False, **hyper) -> Case:
    """A case of the driver ``steps``."""
    return Case(name, (w, grads), hyper, extreme=extreme)


# minibatch_gradient


def quarters(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Multiples of 1/4 up to 3: sums and products of them are exact, in float32 too."""
    return (
        rng.permutation(np.where(np.arange(np.prod(shape)) % 2, 1, -1)).reshape(shape)
        * rng.integers(1, 13, shape).astype(np.float64)
        * 0.25
    )


def examples(rng: np.random.Generator, n: int, d: int) -> tuple[np.ndarray, ...]:
    return quarters(rng, n, d), quarters(rng, n), quarters(rng, d)


def minibatch_gradient_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("four of seven examples", (*examples(rng, 7, 3), rng.permutation(7)[:4]))
    yield Case("one example", (*examples(rng, 5, 4), rng.permutation(5)[:1]))
    yield Case("an example that comes twice", (*examples(rng, 6, 3), np.array([5, 2, 5, 0, 5])))
    yield Case("one feature", (*examples(rng, 8, 1), rng.permutation(8)[:3]))
    yield Case("all examples", (*examples(rng, 5, 3), rng.permutation(5)))
    yield Case(
        "large inputs",
        (1000 * quarters(rng, 6, 3), quarters(rng, 6), quarters(rng, 3), np.array([1, 4, 3])),
        extreme=True,
    )


def minibatch_sum(x, y, w, idx):
    return x[idx].T @ (x[idx] @ w - y[idx])


def minibatch_over_all(x, y, w, idx):
    return x[idx].T @ (x[idx] @ w - y[idx]) / len(x)


def minibatch_ignored(x, y, w, idx):
    return x.T @ (x @ w - y) / len(x)


def minibatch_turned(x, y, w, idx):
    return x[idx].T @ (y[idx] - x[idx] @ w) / len(idx)


def minibatch_without_half(x, y, w, idx):
    return 2 * x[idx].T @ (x[idx] @ w - y[idx]) / len(idx)


def minibatch_once_each(x, y, w, idx):
    once = np.unique(idx)
    return x[once].T @ (x[once] @ w - y[once]) / len(once)


def minibatch_of_errors(x, y, w, idx):
    return x[idx].mean(axis=0) * np.mean(x[idx] @ w - y[idx])


MINIBATCH_GRADIENT = Exercise(
    "optimizers.minibatch_gradient",
    points=2,
    minutes=5,
    returns=("dw",),
    cases=minibatch_gradient_cases,
    misconceptions=(
        Misconception(
            "sum instead of mean",
            minibatch_sum,
            "Your gradient grows with the number of examples in the batch.\n"
            "That is the gradient of the summed loss. With it, a learning rate that suits a batch\n"
            "of ten would be ten times too large for a batch of a hundred.\n"
            "What should happen to the gradient when every example of the batch comes twice?",
        ),
        Misconception(
            "divided by all examples",
            minibatch_over_all,
            "Your gradient is right in its direction and too short.\n"
            "It looks as if you divide by the size of the whole data set.\n"
            "How many gradients of single examples did you add up?",
        ),
        Misconception(
            "the batch is not used",
            minibatch_ignored,
            "Your gradient is the same whatever batch is chosen.\n"
            "You look at every example, which is exactly what a mini-batch saves.\n"
            "Which rows are you asked for, and which argument says so?",
        ),
        Misconception(
            "prediction and target exchanged",
            minibatch_turned,
            "Your gradient points the opposite way.\n"
            "The loss of one example is half the square of its error. Differentiate the square:\n"
            "which sign has the prediction inside, and which has the target?",
        ),
        Misconception(
            "a loss without the half",
            minibatch_without_half,
            "Your gradient is twice as long as it should be.\n"
            "Some courses take the plain square of the error as loss. Ours has a factor in front,\n"
            "just so that this 2 goes away. Which factor?",
            convention=True,
        ),
        Misconception(
            "each example at most once",
            minibatch_once_each,
            "You are right as long as all examples of the batch are different.\n"
            "When one is drawn twice, you count it once.\n"
            "How many gradients go into the mean of a batch with five entries?",
        ),
        Misconception(
            "product of means instead of mean of products",
            minibatch_of_errors,
            "You are right for one example, and wrong for more.\n"
            "You average the inputs, average the errors, and multiply the two averages.\n"
            "Each example has its own product of input and error. What is to be averaged?",
        ),
    ),
    hints=(
        "First pick the rows: an array of row numbers can stand in square brackets.",
        "The gradient of one example is its error (prediction minus target) times its input row. "
        "A matrix product adds them up.",
        "Transposed batch times vector of errors gives the sum; divide it by the number of rows in "
        "the batch.",
    ),
)


# sgd_step


def sgd_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield run("four steps of a (3, 2) array", start(rng, 3, 2), gradients(rng, 3, 2), lr=0.3)
    yield run("a single number", start(rng, 1), gradients(rng, 1), lr=0.5)
    yield run("a rate that changes", start(rng, 4), gradients(rng, 4), lr=(0.4, 0.2, 0.1, 0.05))
    yield run(
        "large gradients",
        start(rng, 3),
        [4000 * dw for dw in gradients(rng, 3)],
        extreme=True,
        lr=0.5,
    )


def sgd_uphill(w, dw, state, *, lr):
    return w + lr * dw, None


def sgd_step_only(w, dw, state, *, lr):
    return -lr * dw, None


def sgd_without_rate(w, dw, state, *, lr):
    return w - dw, None


def sgd_unit_length(w, dw, state, *, lr):
    return w - lr * dw / np.linalg.norm(dw), None


def sgd_signs(w, dw, state, *, lr):
    return w - lr * np.sign(dw), None


def sgd_keeping_gradient(w, dw, state, *, lr):
    return w - lr * dw, dw.copy()


SGD = Exercise(
    "optimizers.sgd_step",
    points=1,
    minutes=3,
    returns=POINTS,
    cases=sgd_cases,
    driver=drivers.steps,
    misconceptions=(
        Misconception(
            "uphill",
            sgd_uphill,
            "Your point moves the wrong way: the loss would grow.\n"
            "The gradient points to where the loss rises fastest.\n"
            "Which way do you want to go?",
        ),
        Misconception(
            "the step instead of the new point",
            sgd_step_only,
            "What you return does not depend on where you started.\n"
            "That is how far to go. The caller asks where you are then.\n"
            "What has to be added?",
        ),
        Misconception(
            "the learning rate is missing",
            sgd_without_rate,
            "Your step is the whole gradient, whatever learning rate is given.\n"
            "The gradient says which way and how steep. What decides how far to trust it?",
        ),
        Misconception(
            "steps of fixed length",
            sgd_unit_length,
            "All your steps have the same length, on a steep slope as on a flat one.\n"
            "You divide the gradient by its norm. Does the formula do that?\n"
            "How long should a step be when the gradient is twice as long?",
        ),
        Misconception(
            "only the sign of the gradient",
            sgd_signs,
            "Each coordinate moves by the same amount, only the signs differ.\n"
            "Gradient descent uses the size of the gradient, too.\n"
            "What in your formula throws the size away?",
        ),
        Misconception(
            "something to remember",
            sgd_keeping_gradient,
            "The new point is right. The state is not what the text says.\n"
            "Plain gradient descent has no memory: the next step needs nothing of this one.\n"
            "What stands for nothing in Python?",
        ),
    ),
    hints=(
        "The step goes against the gradient, and its length is learning rate times gradient.",
        "New parameters: old ones minus rate times gradient. Return them together with `None`.",
    ),
)


# classify_critical_point


def curved(rng: np.random.Generator, eigenvalues) -> np.ndarray:
    """A symmetric matrix with these eigenvalues and directions that are no axes."""
    n = len(eigenvalues)
    q, _ = np.linalg.qr(rng.standard_normal((n, n)) + 2 * np.ones((n, n)))
    h = q @ np.diag(np.array(eigenvalues, dtype=float)) @ q.T
    return (h + h.T) / 2


def sizes(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.uniform(1, 3, n)


def classify_cases(rng: np.random.Generator) -> Iterator[Case]:
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


def kind_of(values, tol):
    up, down = np.any(values > tol), np.any(values < -tol)
    if up and down:
        return "saddle"
    if np.any(np.abs(values) <= tol):
        return "degenerate"
    return "min" if up else "max"


def classify_by_determinant(hessian, tol=1e-6):
    det = np.linalg.det(hessian) / np.max(np.abs(hessian)) ** len(hessian)
    if abs(det) < 1e-6:
        return "degenerate"
    if det < 0:
        return "saddle"
    return "min" if hessian[0, 0] > 0 else "max"


def classify_by_diagonal(hessian, tol=1e-6):
    d = np.diag(hessian)
    return kind_of(d, tol * np.max(np.abs(d)))


def classify_exchanged(hessian, tol=1e-6):
    values = np.linalg.eigvalsh(hessian)
    kind = kind_of(values, tol * np.max(np.abs(values)))
    return {"min": "max", "max": "min"}.get(kind, kind)


def classify_without_flat(hessian, tol=1e-6):
    values = np.linalg.eigvalsh(hessian)
    zero = tol * np.max(np.abs(values))
    if np.all(values > -zero):
        return "min"
    return "max" if np.all(values < zero) else "saddle"


def classify_flat_first(hessian, tol=1e-6):
    values = np.linalg.eigvalsh(hessian)
    if np.any(np.abs(values) <= tol * np.max(np.abs(values))):
        return "degenerate"
    return kind_of(values, 0.0)


def classify_by_trace(hessian, tol=1e-6):
    values = np.linalg.eigvalsh(hessian)
    kind = kind_of(values, tol * np.max(np.abs(values)))
    return kind if kind == "degenerate" else ("min" if np.trace(hessian) > 0 else "max")


def classify_absolute(hessian, tol=1e-6):
    return kind_of(np.linalg.eigvalsh(hessian), tol)


CLASSIFY = Exercise(
    "curvature.classify_critical_point",
    points=2,
    minutes=6,
    returns=("kind",),
    cases=classify_cases,
    misconceptions=(
        Misconception(
            "the determinant",
            classify_by_determinant,
            "It looks as if you use the sign of the determinant. In two dimensions it tells a\n"
            "saddle. Then comes a case with two directions downwards and one upwards.\n"
            "A determinant is the product of all eigenvalues: what do two negative ones do to it?",
        ),
        Misconception(
            "the diagonal",
            classify_by_diagonal,
            "You look along the axes only. With strong entries off the diagonal the surface may\n"
            "fall between two axes along which it rises.\n"
            "Which numbers of a symmetric matrix belong to its own directions?",
        ),
        Misconception(
            "minimum and maximum exchanged",
            classify_exchanged,
            "Saddles are right; hills and holes are exchanged.\n"
            "A positive second derivative: does the curve open upwards or downwards?\n"
            "Think of the parabola.",
        ),
        Misconception(
            "flat directions count as curved",
            classify_without_flat,
            "Where one direction is flat you still decide.\n"
            "Along it the second derivative is 0, and it cannot tell whether the surface goes up\n"
            "or down further out. Which of the four answers says that?",
        ),
        Misconception(
            "a flat direction decides everything",
            classify_flat_first,
            "You give up as soon as one direction is flat.\n"
            "But if the surface goes up one way and down another, does it matter what it does a\n"
            "third way?",
        ),
        Misconception(
            "the sum of the curvatures",
            classify_by_trace,
            "You never find a saddle. It looks as if you add the curvatures up, as the trace\n"
            "does. One large positive can hide a smaller negative one. How do you ask for every\n"
            "direction by itself?",
        ),
        Misconception(
            "zero by an absolute measure",
            classify_absolute,
            "On ordinary matrices you are right. When all curvatures are tiny you call them flat.\n"
            "Change the unit of the loss, and every entry shrinks, yet a hole stays a hole.\n"
            "What should an eigenvalue be compared with?",
        ),
    ),
    hints=(
        "The eigenvalues of a symmetric matrix are its curvatures along its own directions: "
        "`np.linalg.eigvalsh`.",
        "First decide what counts as zero: `tol` times the largest eigenvalue in size. Then ask "
        "whether some eigenvalue is clearly positive, and whether some is clearly negative.",
        "Both: a saddle, whatever the others are. If not both and some are zero: degenerate. Else "
        "all have one sign.",
    ),
)


# momentum_step and momentum_sum_step


def momentum_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield run(
        "four steps of a (3, 2) array", start(rng, 3, 2), gradients(rng, 3, 2), lr=0.2, mu=0.8
    )
    yield run("the default coefficient", start(rng, 4), gradients(rng, 4), lr=0.3)
    yield run("a single number", start(rng, 1), gradients(rng, 1), lr=0.1, mu=0.7)
    yield run(
        "a run that goes on",
        start(rng, 5),
        gradients(rng, 5),
        lr=0.2,
        mu=0.6,
        state=both_signs(rng, 5),
    )
    yield run(
        "a rate that is cut", start(rng, 4), gradients(rng, 4), lr=(0.4, 0.4, 0.04, 0.04), mu=0.9
    )
    yield run("no momentum", start(rng, 3), gradients(rng, 3), lr=0.2, mu=0.0)
    yield run(
        "large gradients",
        start(rng, 3),
        [2000 * dw for dw in gradients(rng, 3)],
        extreme=True,
        lr=0.5,
        mu=0.9,
    )


def velocity(w, state):
    return np.zeros_like(w) if state is None else state


def momentum_velocity(w, dw, state, *, lr, mu=0.9):
    v = mu * velocity(w, state) - lr * dw
    return w + v, v


def momentum_sum(w, dw, state, *, lr, mu=0.9):
    v = mu * velocity(w, state) + dw
    return w - lr * v, v


def momentum_subtracted(w, dw, state, *, lr, mu=0.9):
    u = mu * velocity(w, state) + lr * dw
    return w - u, u


def momentum_mean(w, dw, state, *, lr, mu=0.9):
    v = mu * velocity(w, state) - (1 - mu) * lr * dw
    return w + v, v


def momentum_late(w, dw, state, *, lr, mu=0.9):
    v = velocity(w, state)
    return w + v, mu * v - lr * dw


def momentum_friction(w, dw, state, *, lr, mu=0.9):
    v = (1 - mu) * velocity(w, state) - lr * dw
    return w + v, v


def momentum_forgotten(w, dw, state, *, lr, mu=0.9):
    return w - lr * dw, -lr * dw


def momentum_uphill(w, dw, state, *, lr, mu=0.9):
    v = mu * velocity(w, state) + lr * dw
    return w + v, v


MOMENTUM = Exercise(
    "optimizers.momentum_step",
    points=2,
    minutes=5,
    returns=POINTS,
    cases=momentum_cases,
    driver=drivers.steps,
    parents=("optimizers.sgd_step",),
    misconceptions=(
        Misconception(
            "friction instead of what is kept",
            momentum_friction,
            "From rest, your first step is right. After it, far too little speed is left.\n"
            "You read the coefficient as friction, as some slides call it.\n"
            "At 0.9, does the ball keep nine tenths of its speed or lose them?",
        ),
        Misconception(
            "moved with the old velocity",
            momentum_late,
            "From rest, your first step does not move, and every other one comes one step late.\n"
            "You move first and look at the gradient afterwards. A slide makes this slip, too:\n"
            "it mixes up two indices. Which velocity should carry the point?",
        ),
        Misconception(
            "an average instead of a sum",
            momentum_mean,
            "Your steps are too short from the first one on.\n"
            "You give the new gradient only the share that the old speed leaves over. Then the\n"
            "velocity is an average. What does the formula put in front of the gradient?",
        ),
        Misconception(
            "the velocity is not kept",
            momentum_forgotten,
            "From rest, your first step is right, and then you walk like plain gradient descent.\n"
            "The old velocity comes in as an argument. Where does it enter the new one?",
        ),
        Misconception(
            "uphill",
            momentum_uphill,
            "Your point climbs. The gradient speeds it up the hill.\n"
            "There are two places for the minus: in the velocity or in the move. You have used\n"
            "neither. Which one does our form use?",
        ),
        Misconception(
            "velocity with the other sign",
            momentum_subtracted,
            "Your points are those of another convention: the velocity is kept with the opposite\n"
            "sign and subtracted. Two of the lectures write it so, and their path is the same.\n"
            "In our form the velocity is what is added. Which sign has the gradient then?",
            convention=True,
        ),
        Misconception(
            "the sum form",
            momentum_sum,
            "What you keep is a sum of gradients, and the rate comes in when you move.\n"
            "That is the second form of momentum, which has an exercise of its own further down.\n"
            "In the velocity form, what has already been done to a gradient when it is stored?",
            convention=True,
        ),
    ),
    hints=(
        "When `state` is `None`, the velocity starts at 0: `np.zeros_like(w)`.",
        "Two lines: first the new velocity from the old one and the gradient, then the new point "
        "from the new velocity.",
        "Keep the share mu of the old velocity and take away rate times gradient. Add the result "
        "to w. Return both.",
    ),
)


def momentum_sum_mean(w, dw, state, *, lr, mu=0.9):
    v = mu * velocity(w, state) + (1 - mu) * dw
    return w - lr * v, v


def momentum_sum_twice(w, dw, state, *, lr, mu=0.9):
    v = mu * velocity(w, state) + lr * dw
    return w - lr * v, v


def momentum_sum_late(w, dw, state, *, lr, mu=0.9):
    v = velocity(w, state)
    return w - lr * v, mu * v + dw


def momentum_sum_uphill(w, dw, state, *, lr, mu=0.9):
    v = mu * velocity(w, state) + dw
    return w + lr * v, v


def momentum_sum_without_rate(w, dw, state, *, lr, mu=0.9):
    v = mu * velocity(w, state) + dw
    return w - v, v


MOMENTUM_SUM = Exercise(
    "optimizers.momentum_sum_step",
    points=2,
    minutes=3,
    returns=POINTS,
    cases=momentum_cases,
    driver=drivers.steps,
    parents=("optimizers.momentum_step",),
    misconceptions=(
        Misconception(
            "the velocity form",
            momentum_velocity,
            "This is the first form again: the learning rate is stored in the velocity.\n"
            "Here the memory holds gradients, and no learning rate.\n"
            "At which of the two lines does the rate come in?",
            convention=True,
        ),
        Misconception(
            "the learning rate twice",
            momentum_sum_twice,
            "Your steps are shorter than they should be, by a factor that is the learning rate.\n"
            "It stands in both of your lines.\n"
            "In which one does this form want it?",
        ),
        Misconception(
            "an average instead of a sum",
            momentum_sum_mean,
            "Your steps are too short by a constant factor. You weigh the new gradient with what\n"
            "mu leaves over: that is the third form, a moving average. With which weight does a\n"
            "sum take its newest term?",
            convention=True,
        ),
        Misconception(
            "moved with the old sum",
            momentum_sum_late,
            "Your first step does not move. You move with the sum of the past gradients, and add\n"
            "the newest one afterwards.\n"
            "Which of the two lines has to come first?",
        ),
        Misconception(
            "uphill",
            momentum_sum_uphill,
            "Your point climbs. In this form the sum points where the gradients point: uphill.\n"
            "What has to happen when you move?",
        ),
        Misconception(
            "the learning rate is missing",
            momentum_sum_without_rate,
            "Your points do not depend on the learning rate.\n"
            "It no longer stands in the line of the sum, that is right. Where does it go instead?",
        ),
    ),
    hints=(
        "Compare the two formulas line by line. Which symbols move from the first to the second?",
        "The sum keeps mu times the old sum and adds the gradient as it is. The move subtracts "
        "rate times sum.",
    ),
)


# nesterov_lookahead_step


def look_ahead(name, w, hessian, lowest, extreme=False, **hyper) -> Case:
    """A case of the driver ``look_ahead_steps``."""
    return Case(name, (w, hessian, lowest), hyper, extreme=extreme)


def slope(rng: np.random.Generator, d: int) -> np.ndarray:
    """Second derivatives between about 1 and 3, coupled."""
    coupling = rng.uniform(0.1, 0.3, (d, d))
    return np.diag(rng.uniform(1, 2.5, d)) + (coupling + coupling.T) / 2


def far_from(rng: np.random.Generator, lowest: np.ndarray) -> np.ndarray:
    return lowest + 2 * both_signs(rng, *lowest.shape)


def look_ahead_cases(rng: np.random.Generator) -> Iterator[Case]:
    low = start(rng, 3)
    yield look_ahead("three weights", far_from(rng, low), slope(rng, 3), low, lr=0.2, mu=0.8)
    low = start(rng, 4)
    yield look_ahead("the default coefficient", far_from(rng, low), slope(rng, 4), low, lr=0.1)
    low = start(rng, 2, 3)
    yield look_ahead("a (2, 3) array", far_from(rng, low), slope(rng, 2), low, lr=0.15, mu=0.7)
    low = start(rng, 3)
    yield look_ahead(
        "a run that goes on",
        far_from(rng, low),
        slope(rng, 3),
        low,
        lr=0.2,
        mu=0.6,
        state=both_signs(rng, 3),
    )
    low = start(rng, 3)
    yield look_ahead(
        "a rate that is cut",
        far_from(rng, low),
        slope(rng, 3),
        low,
        lr=(0.3, 0.3, 0.03, 0.03),
        mu=0.9,
    )
    low = start(rng, 2)
    yield look_ahead(
        "very far away",
        low + 3000 * both_signs(rng, 2),
        slope(rng, 2),
        low,
        extreme=True,
        lr=0.1,
        mu=0.9,
    )


def nesterov_here(w, grad_fn, state, *, lr, mu=0.9):
    v = mu * velocity(w, state) - lr * grad_fn(w)
    return w + v, v


def nesterov_from_ahead(w, grad_fn, state, *, lr, mu=0.9):
    v = velocity(w, state)
    ahead = w + mu * v
    v = mu * v - lr * grad_fn(ahead)
    return ahead + v, v


def nesterov_whole_velocity(w, grad_fn, state, *, lr, mu=0.9):
    v = velocity(w, state)
    v = mu * v - lr * grad_fn(w + v)
    return w + v, v


def nesterov_back(w, grad_fn, state, *, lr, mu=0.9):
    v = velocity(w, state)
    v = mu * v - lr * grad_fn(w - mu * v)
    return w + v, v


def nesterov_subtracted(w, grad_fn, state, *, lr, mu=0.9):
    u = velocity(w, state)
    u = mu * u + lr * grad_fn(w - mu * u)
    return w - u, u


def nesterov_no_velocity(w, grad_fn, state, *, lr, mu=0.9):
    v = -lr * grad_fn(w + mu * velocity(w, state))
    return w + v, v


NESTEROV_LOOKAHEAD = Exercise(
    "optimizers.nesterov_lookahead_step",
    points=2,
    minutes=5,
    returns=POINTS,
    cases=look_ahead_cases,
    driver=drivers.look_ahead_steps,
    parents=("optimizers.momentum_step",),
    misconceptions=(
        Misconception(
            "the gradient of where you stand",
            nesterov_here,
            "You walk like plain momentum: the gradient is taken where you stand.\n"
            "The one idea of Nesterov is to look first at the place the velocity leads to.\n"
            "At which point should `grad_fn` be asked?",
        ),
        Misconception(
            "moved from the look-ahead point",
            nesterov_from_ahead,
            "Your steps go too far from the second one on: the old velocity carries you twice.\n"
            "It is in the point you start from, and again in the new velocity.\n"
            "The look-ahead point is for looking. Where does the move itself begin?",
        ),
        Misconception(
            "looked too far ahead",
            nesterov_whole_velocity,
            "You look ahead by the whole velocity. But part of it will be lost on the way.\n"
            "How much of the old velocity takes part in the next step?",
        ),
        Misconception(
            "looked back",
            nesterov_back,
            "You look at a point behind you. In the form where the velocity is subtracted, a\n"
            "minus stands there. Ours is added. Which sign leads forward here?",
        ),
        Misconception(
            "velocity with the other sign",
            nesterov_subtracted,
            "Your points come from the convention that subtracts the velocity: two of the\n"
            "lectures write it so, and the path is the same. What you keep has the opposite sign\n"
            "of ours. Which sign has a velocity that is added?",
            convention=True,
        ),
        Misconception(
            "the old velocity is only looked at",
            nesterov_no_velocity,
            "From rest, your first step is right, and then the speed is lost.\n"
            "The old velocity decides where you look, but it also carries you.\n"
            "Where else does it stand in the formula?",
        ),
    ),
    hints=(
        "Start from momentum. Only the place at which the gradient is taken changes.",
        "First find the look-ahead point: w plus mu times the old velocity. Ask `grad_fn` there.",
        "Then the new velocity as in momentum, with this gradient. Move w (not the look-ahead "
        "point) by it.",
    ),
)


# nesterov_step


def nesterov_with_new_only(w, dw, state, *, lr, mu=0.9):
    v_next = mu * velocity(w, state) - lr * dw
    return w + (1 + mu) * v_next, v_next


def nesterov_plus_old(w, dw, state, *, lr, mu=0.9):
    v = velocity(w, state)
    v_next = mu * v - lr * dw
    return w + mu * v + (1 + mu) * v_next, v_next


def nesterov_exchanged(w, dw, state, *, lr, mu=0.9):
    v = velocity(w, state)
    v_next = mu * v - lr * dw
    return w + v + mu * (v - v_next), v_next


def nesterov_without_mu(w, dw, state, *, lr, mu=0.9):
    v = velocity(w, state)
    v_next = mu * v - lr * dw
    return w + 2 * v_next - v, v_next


def nesterov_keeping_old(w, dw, state, *, lr, mu=0.9):
    v = velocity(w, state)
    v_next = mu * v - lr * dw
    return w + v_next + mu * (v_next - v), v


NESTEROV = Exercise(
    "optimizers.nesterov_step",
    points=2,
    minutes=6,
    returns=POINTS,
    cases=momentum_cases,
    driver=drivers.steps,
    parents=("optimizers.nesterov_lookahead_step",),
    misconceptions=(
        Misconception(
            "the old velocity is overwritten",
            momentum_velocity,
            "You walk like plain momentum: the correction at the end is zero.\n"
            "It compares the new velocity with the old one. If both have the same name, the old\n"
            "one is gone by then. How do you keep it?",
        ),
        Misconception(
            "the way back is missing",
            nesterov_with_new_only,
            "From rest, your first step is right, then you run ahead.\n"
            "The point you hold already looks ahead by the old velocity. Before you look ahead by\n"
            "the new one, you have to undo that. Which term of the formula does it?",
        ),
        Misconception(
            "the way back with the wrong sign",
            nesterov_plus_old,
            "From rest, your first step is right. From then on the old velocity pushes forward\n"
            "where it should pull back. You stand ahead of the parameters: which sign leads back\n"
            "to them?",
        ),
        Misconception(
            "old and new exchanged",
            nesterov_exchanged,
            "Even your first step has the wrong direction.\n"
            "The point moves with the new velocity, and the correction is new minus old.\n"
            "Which of your two names holds which?",
        ),
        Misconception(
            "the correction with full weight",
            nesterov_without_mu,
            "Your correction, new minus old velocity, is too strong.\n"
            "You look ahead by only the share of the velocity that will be kept.\n"
            "Which factor belongs in front of the correction?",
        ),
        Misconception(
            "the old velocity returned",
            nesterov_keeping_old,
            "Your first point is right. The next step begins with a velocity that is out of date.\n"
            "Which of the two velocities will the next step call its old one?",
        ),
    ),
    hints=(
        "You need the old and the new velocity at the same time: two names.",
        "The new velocity is that of momentum, with the gradient as it is given.",
        "The point moves by the new velocity, and in addition by mu times the change of the "
        "velocity.",
    ),
)


# adagrad_step


def adagrad_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield run("four steps of a (3, 2) array", start(rng, 3, 2), gradients(rng, 3, 2), lr=0.5)
    yield run("a single number", start(rng, 1), gradients(rng, 1), lr=0.3)
    yield run("a weight that never has a gradient", start(rng, 3), with_a_silent_one(rng), lr=0.4)
    yield run(
        "a run that goes on",
        start(rng, 4),
        gradients(rng, 4),
        lr=0.5,
        state=squares(rng, 4),
    )
    yield run("a large eps", start(rng, 4), gradients(rng, 4), lr=0.5, eps=0.3)
    yield run(
        "very small gradients",
        start(rng, 3),
        [1e-5 * dw for dw in gradients(rng, 3)],
        extreme=True,
        lr=0.5,
    )
    yield run(
        "large gradients",
        start(rng, 3),
        [3000 * dw for dw in gradients(rng, 3)],
        extreme=True,
        lr=0.5,
    )


def adagrad_uphill(w, dw, state, *, lr, eps=1e-8):
    r = velocity(w, state) + dw**2
    return w + lr * dw / (np.sqrt(r) + eps), r


def adagrad_eps_inside(w, dw, state, *, lr, eps=1e-8):
    r = velocity(w, state) + dw**2
    return w - lr * dw / np.sqrt(r + eps), r


def adagrad_no_eps(w, dw, state, *, lr, eps=1e-8):
    r = velocity(w, state) + dw**2
    return w - lr * dw / np.sqrt(r), r


def adagrad_no_root(w, dw, state, *, lr, eps=1e-8):
    r = velocity(w, state) + dw**2
    return w - lr * dw / (r + eps), r


def adagrad_of_weights(w, dw, state, *, lr, eps=1e-8):
    r = velocity(w, state) + w**2
    return w - lr * dw / (np.sqrt(r) + eps), r


def adagrad_one_rate(w, dw, state, *, lr, eps=1e-8):
    r = velocity(w, state) + np.sum(dw**2)
    return w - lr * dw / (np.sqrt(r) + eps), r


def adagrad_without_memory(w, dw, state, *, lr, eps=1e-8):
    r = dw**2
    return w - lr * dw / (np.sqrt(r) + eps), r


def adagrad_of_sizes(w, dw, state, *, lr, eps=1e-8):
    r = velocity(w, state) + np.abs(dw)
    return w - lr * dw / (r + eps), r


ADAGRAD = Exercise(
    "optimizers.adagrad_step",
    points=2,
    minutes=5,
    returns=POINTS,
    cases=adagrad_cases,
    driver=drivers.steps,
    parents=("optimizers.sgd_step",),
    misconceptions=(
        Misconception(
            "uphill, as printed",
            adagrad_uphill,
            "Your point climbs. The summary slide has the same fault: it prints the step without\n"
            "a minus and then adds it. Which way should the step go?",
        ),
        Misconception(
            "the history of the weight itself",
            adagrad_of_weights,
            "Your sum collects the squares of the weights. A slide says it so: a parameter is\n"
            "scaled down by its own history. Read it again with the formula beside it: whose\n"
            "history is it, and what does it scale?",
        ),
        Misconception(
            "eps inside the root",
            adagrad_eps_inside,
            "You are right wherever gradients are large against eps. Two lectures write eps\n"
            "inside the root, as you do; ours keep it outside. What does the root do to a small\n"
            "number like eps?",
            convention=True,
        ),
        Misconception(
            "no eps",
            adagrad_no_eps,
            "You ignore eps. For a weight that has never had a gradient, what stands above the\n"
            "line and what below it?",
        ),
        Misconception(
            "no root",
            adagrad_no_root,
            "Your steps are too short where gradients are large, and too long where they are\n"
            "small. The sum holds squares. What turns it back into the size of a gradient?",
        ),
        Misconception(
            "one rate for all weights",
            adagrad_one_rate,
            "All your weights share one sum. Then they share one learning rate as well.\n"
            "The idea of AdaGrad is a rate for each weight.\n"
            "Which squares should a weight's own entry collect?",
        ),
        Misconception(
            "no memory",
            adagrad_without_memory,
            "Every step of yours has the length of the learning rate, the last like the first.\n"
            "You look at the newest gradient only. What is the state for?",
        ),
        Misconception(
            "sizes instead of squares",
            adagrad_of_sizes,
            "With an empty sum your first step is right, then your steps shrink too fast.\n"
            "You add up the sizes of the gradients. What does AdaGrad add up, and what does it do\n"
            "with the sum before it divides?",
        ),
    ),
    hints=(
        "The state is an array like w, one sum for each weight. It starts at zeros.",
        "First add the squared gradient to the sum, entry by entry. Then use the new sum.",
        "The step is rate times gradient, divided by the root of the sum plus eps; the plus stands "
        "outside the root.",
    ),
)


# rmsprop_step


def rmsprop_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield run("four steps of a (3, 2) array", start(rng, 3, 2), gradients(rng, 3, 2), lr=0.2)
    yield run("a shorter memory", start(rng, 4), gradients(rng, 4), lr=0.3, beta=0.7)
    yield run("a single number", start(rng, 1), gradients(rng, 1), lr=0.1, beta=0.8)
    yield run("a weight that never has a gradient", start(rng, 3), with_a_silent_one(rng), lr=0.2)
    yield run(
        "a run that goes on",
        start(rng, 4),
        gradients(rng, 4),
        lr=0.5,
        state=squares(rng, 4),
    )
    yield run("a large eps", start(rng, 4), gradients(rng, 4), lr=0.3, eps=0.3)
    yield run(
        "very small gradients",
        start(rng, 3),
        [1e-5 * dw for dw in gradients(rng, 3)],
        extreme=True,
        lr=0.5,
    )
    yield run(
        "large gradients",
        start(rng, 3),
        [3000 * dw for dw in gradients(rng, 3)],
        extreme=True,
        lr=0.5,
    )


def rmsprop_with(average: Callable, denominator: Callable) -> Callable:
    """RMSProp with another memory or another denominator."""

    def step(w, dw, state, *, lr, beta=0.9, eps=1e-8):
        r = average(velocity(w, state), dw, beta)
        return w - lr * dw / denominator(r, eps), r

    return step


def right_average(r, dw, beta):
    return beta * r + (1 - beta) * dw**2


def right_denominator(r, eps):
    return np.sqrt(r) + eps


rmsprop_sum = rmsprop_with(lambda r, dw, beta: r + dw**2, right_denominator)
rmsprop_leaky_sum = rmsprop_with(lambda r, dw, beta: beta * r + dw**2, right_denominator)
rmsprop_exchanged = rmsprop_with(
    lambda r, dw, beta: (1 - beta) * r + beta * dw**2, right_denominator
)
rmsprop_of_gradients = rmsprop_with(
    lambda r, dw, beta: beta * r + (1 - beta) * dw, right_denominator
)
rmsprop_eps_inside = rmsprop_with(right_average, lambda r, eps: np.sqrt(r + eps))
rmsprop_no_eps = rmsprop_with(right_average, lambda r, eps: np.sqrt(r))
rmsprop_no_root = rmsprop_with(right_average, lambda r, eps: r + eps)


def rmsprop_uphill(w, dw, state, *, lr, beta=0.9, eps=1e-8):
    r = right_average(velocity(w, state), dw, beta)
    return w + lr * dw / (np.sqrt(r) + eps), r


RMSPROP = Exercise(
    "optimizers.rmsprop_step",
    points=2,
    minutes=4,
    returns=POINTS,
    cases=rmsprop_cases,
    driver=drivers.steps,
    parents=("optimizers.adagrad_step",),
    misconceptions=(
        Misconception(
            "nothing is forgotten",
            rmsprop_sum,
            "Your memory grows and never shrinks: this is AdaGrad again.\n"
            "RMSProp lets old squares fade. Which argument says how much of them stays?",
        ),
        Misconception(
            "a fading sum instead of an average",
            rmsprop_leaky_sum,
            "Old squares fade, that is right. But a constant gradient makes your memory larger\n"
            "than the gradient's square: the weights do not add up to one.\n"
            "Which weight does an average give to its newest entry?",
        ),
        Misconception(
            "the two weights exchanged",
            rmsprop_exchanged,
            "Your memory follows the newest square too closely.\n"
            "Beta is the weight of what was there before. Which of the two terms has it now?",
        ),
        Misconception(
            "the average of the gradient",
            rmsprop_of_gradients,
            "Where a gradient is negative, you take the root of a negative number. You average\n"
            "the gradient itself; one slide says it so. A gradient that swings between plus and\n"
            "minus would average to zero. What measures its size whatever its sign?",
        ),
        Misconception(
            "eps inside the root",
            rmsprop_eps_inside,
            "You are right wherever gradients are large against eps. Some lectures, and Keras,\n"
            "write eps inside the root; ours keep it outside.\n"
            "What does the root do to a small number like eps?",
            convention=True,
        ),
        Misconception(
            "no eps",
            rmsprop_no_eps,
            "You ignore eps. For a weight that has never had a gradient, what stands above the\n"
            "line and what below it?",
        ),
        Misconception(
            "no root",
            rmsprop_no_root,
            "You divide by the mean square itself. Look at the name of the method.\n"
            "What does the R stand for?",
        ),
        Misconception(
            "uphill",
            rmsprop_uphill,
            "Your point climbs. One lecture puts the minus into the step and adds it, another\n"
            "keeps it out and subtracts; between the two it gets lost easily. Which way should\n"
            "the step go?",
        ),
    ),
    hints=(
        "Take your AdaGrad and change one line: the one that updates r.",
        "An average keeps the share beta of itself and takes the rest, up to 1, from the new "
        "square.",
    ),
)


# rmsprop_nesterov_step


def rmsprop_nesterov_cases(rng: np.random.Generator) -> Iterator[Case]:
    low = start(rng, 3)
    yield look_ahead("three weights", far_from(rng, low), slope(rng, 3), low, lr=0.1, mu=0.6)
    low = start(rng, 2, 3)
    yield look_ahead(
        "a (2, 3) array", far_from(rng, low), slope(rng, 2), low, lr=0.1, mu=0.5, beta=0.7
    )
    low = start(rng, 3)
    silent = np.diag([1.0, 1.0, 0.0])
    yield look_ahead(
        "a weight that never has a gradient",
        far_from(rng, low),
        silent @ slope(rng, 3) @ silent,
        low,
        lr=0.05,
    )
    low = start(rng, 3)
    yield look_ahead(
        "a run that goes on",
        far_from(rng, low),
        slope(rng, 3),
        low,
        lr=0.2,
        mu=0.7,
        state=(both_signs(rng, 3), squares(rng, 3)),
    )
    low = start(rng, 3)
    yield look_ahead("a large eps", far_from(rng, low), slope(rng, 3), low, lr=0.2, mu=0.6, eps=0.3)
    low = start(rng, 2)
    yield look_ahead(
        "very far away",
        low + 3000 * both_signs(rng, 2),
        slope(rng, 2),
        low,
        extreme=True,
        lr=0.1,
        mu=0.9,
    )


def two_zeros(w, state):
    return (np.zeros_like(w), np.zeros_like(w)) if state is None else state


def rmsprop_nesterov_here(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    v, r = two_zeros(w, state)
    g = grad_fn(w)
    r = right_average(r, g, beta)
    v = mu * v - lr * g / (np.sqrt(r) + eps)
    return w + v, (v, r)


def rmsprop_nesterov_no_eps(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    v, r = two_zeros(w, state)
    g = grad_fn(w + mu * v)
    r = right_average(r, g, beta)
    v = mu * v - lr * g / np.sqrt(r)
    return w + v, (v, r)


def rmsprop_nesterov_plain(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    v, r = two_zeros(w, state)
    g = grad_fn(w + mu * v)
    v = mu * v - lr * g
    return w + v, (v, right_average(r, g, beta))


def rmsprop_nesterov_scaled_velocity(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    v, r = two_zeros(w, state)
    g = grad_fn(w + mu * v)
    r = right_average(r, g, beta)
    v = mu * v - lr * g
    return w + v / (np.sqrt(r) + eps), (v, r)


def rmsprop_nesterov_exchanged(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    r, v = two_zeros(w, state)
    g = grad_fn(w + mu * v)
    r = right_average(r, g, beta)
    v = mu * v - lr * g / (np.sqrt(r) + eps)
    return w + v, (r, v)


def rmsprop_nesterov_square_here(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    v, r = two_zeros(w, state)
    g = grad_fn(w + mu * v)
    r = right_average(r, grad_fn(w), beta)
    v = mu * v - lr * g / (np.sqrt(r) + eps)
    return w + v, (v, r)


def rmsprop_nesterov_from_ahead(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    v, r = two_zeros(w, state)
    ahead = w + mu * v
    g = grad_fn(ahead)
    r = right_average(r, g, beta)
    v = mu * v - lr * g / (np.sqrt(r) + eps)
    return ahead + v, (v, r)


RMSPROP_NESTEROV = Exercise(
    "optimizers.rmsprop_nesterov_step",
    points=2,
    minutes=5,
    returns=POINTS,
    cases=rmsprop_nesterov_cases,
    driver=drivers.look_ahead_steps,
    parents=("optimizers.rmsprop_step", "optimizers.nesterov_lookahead_step"),
    misconceptions=(
        Misconception(
            "no eps, as printed",
            rmsprop_nesterov_no_eps,
            "You divide by the bare root, as the slide's algorithm does: it asks for a stabiliser\n"
            "and then leaves it out.\n"
            "What is your step for a weight that has never had a gradient?",
        ),
        Misconception(
            "the gradient of where you stand",
            rmsprop_nesterov_here,
            "From rest, your first step is right. Then the gradient comes from the wrong place.\n"
            "This is RMSProp with momentum. What did Nesterov do before he asked for a gradient?",
        ),
        Misconception(
            "two gradients",
            rmsprop_nesterov_square_here,
            "The step uses the gradient ahead, the average of squares another one, from where you\n"
            "stand. The method asks for one gradient only.\n"
            "Which of the two is it?",
        ),
        Misconception(
            "the average is not used",
            rmsprop_nesterov_plain,
            "You keep the average of squares, but your points are those of plain Nesterov.\n"
            "What is to be divided by its root?",
        ),
        Misconception(
            "the whole velocity divided",
            rmsprop_nesterov_scaled_velocity,
            "You divide the whole velocity by the root, every time you move. So an old gradient\n"
            "in it is scaled by a new root at each step. In the algorithm each gradient is\n"
            "scaled only once. When?",
        ),
        Misconception(
            "the state in another order",
            rmsprop_nesterov_exchanged,
            "Your points are right when the run begins with no state. You keep the two arrays in\n"
            "another order than the text says, so a run that goes on goes wrong.\n"
            "Which of the two comes first?",
        ),
        Misconception(
            "moved from the look-ahead point",
            rmsprop_nesterov_from_ahead,
            "From the second step on you go too far: the old velocity carries you twice.\n"
            "The look-ahead point is for looking. Where does the move begin?",
        ),
    ),
    hints=(
        "Put two of your functions together: the place of the gradient from Nesterov, the scale of "
        "the step from RMSProp.",
        "One gradient, taken at the look-ahead point. Its square goes into the average first.",
        "The new velocity is mu times the old one minus the whole RMSProp step. Add it to w.",
    ),
)


# adadelta_step


def adadelta_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield run(
        "four steps of a (3, 2) array",
        start(rng, 3, 2),
        gradients(rng, 3, 2),
        beta=0.8,
        eps=0.01,
    )
    yield run("the defaults", start(rng, 4), gradients(rng, 4))
    yield run("a single number", start(rng, 1), gradients(rng, 1), beta=0.7, eps=0.1)
    yield run(
        "a run that goes on",
        start(rng, 4),
        gradients(rng, 4),
        beta=0.9,
        state=(squares(rng, 4), squares(rng, 4)),
    )
    yield run("half of each step", start(rng, 3), gradients(rng, 3), lr=0.5, beta=0.6, eps=0.1)
    yield run("a weight that never has a gradient", start(rng, 3), with_a_silent_one(rng), eps=0.01)
    yield run(
        "large gradients",
        start(rng, 3),
        [3000 * dw for dw in gradients(rng, 3)],
        extreme=True,
        eps=0.01,
    )


def adadelta_with(
    step_of: Callable,
    memory_of: Callable = lambda d, w, s, lr, beta: beta * d + (1 - beta) * s**2,
) -> Callable:
    """Adadelta with another step or another memory of steps."""

    def step(w, dw, state, *, lr=1.0, beta=0.95, eps=1e-6):
        r, d = two_zeros(w, state)
        r = right_average(r, dw, beta)
        s = step_of(r, d, dw, eps)
        return w + lr * s, (r, memory_of(d, w, s, lr, beta))

    return step


def right_step(r, d, dw, eps):
    return -np.sqrt(d + eps) / np.sqrt(r + eps) * dw


adadelta_uphill = adadelta_with(lambda r, d, dw, eps: -right_step(r, d, dw, eps))
adadelta_as_rmsprop = adadelta_with(lambda r, d, dw, eps: -dw / np.sqrt(r + eps))
adadelta_eps_outside = adadelta_with(
    lambda r, d, dw, eps: -(np.sqrt(d) + eps) / (np.sqrt(r) + eps) * dw
)
adadelta_no_roots = adadelta_with(lambda r, d, dw, eps: -(d + eps) / (r + eps) * dw)
adadelta_with_rate = adadelta_with(
    right_step, lambda d, w, s, lr, beta: beta * d + (1 - beta) * (lr * s) ** 2
)
adadelta_of_weights = adadelta_with(
    right_step, lambda d, w, s, lr, beta: beta * d + (1 - beta) * w**2
)
adadelta_no_memory = adadelta_with(right_step, lambda d, w, s, lr, beta: d.copy())


def adadelta_exchanged(w, dw, state, *, lr=1.0, beta=0.95, eps=1e-6):
    d, r = two_zeros(w, state)
    r = right_average(r, dw, beta)
    s = right_step(r, d, dw, eps)
    return w + lr * s, (beta * d + (1 - beta) * s**2, r)


ADADELTA = Exercise(
    "optimizers.adadelta_step",
    points=3,
    minutes=8,
    returns=POINTS,
    cases=adadelta_cases,
    driver=drivers.steps,
    parents=("optimizers.rmsprop_step",),
    misconceptions=(
        Misconception(
            "no memory of steps",
            adadelta_as_rmsprop,
            "Your step is the gradient over its own size: a number without a unit, as in RMSProp.\n"
            "Something that is measured like w has to stand above the line.\n"
            "What have you stored that is?",
        ),
        Misconception(
            "the memory of steps stays empty",
            adadelta_no_memory,
            "Your first step is right. After it your steps never learn their size: what you keep\n"
            "about past steps does not change.\n"
            "What has to happen after the step is known?",
        ),
        Misconception(
            "eps outside the roots",
            adadelta_eps_outside,
            "You add eps outside the roots, as our other methods do. Here that makes the first\n"
            "step far too small: no step has been made yet, and eps alone sets its size. Where\n"
            "does this method put eps, and what does the root do to a small number?",
        ),
        Misconception(
            "squares of the weights",
            adadelta_of_weights,
            "Your first step is right. Then your steps grow to the size of the weights\n"
            "themselves. They have the right unit, but the wrong meaning. Of what should the\n"
            "second average hold the squares?",
        ),
        Misconception(
            "the factor in the memory",
            adadelta_with_rate,
            "You are right as long as the factor lr is 1. Otherwise your memory holds the step\n"
            "after it was multiplied, and so the factor works again and again. Which step does\n"
            "the text want remembered?",
        ),
        Misconception(
            "no roots",
            adadelta_no_roots,
            "You divide one mean square by another. Both are squares: the one above the line has\n"
            "the unit of w squared.\n"
            "What has to be done to both before they are divided?",
        ),
        Misconception(
            "the state in another order",
            adadelta_exchanged,
            "Your points are right when the run begins with no state. You keep the two averages\n"
            "in another order than the text says, so a run that goes on goes wrong. Which of the\n"
            "two comes first?",
        ),
        Misconception(
            "uphill",
            adadelta_uphill,
            "Your point climbs. In this method the step itself carries the minus, and is added.\n"
            "Is it in your step?",
        ),
    ),
    hints=(
        "There are two averages of squares, made in the same way: of gradients and of steps.",
        "Order matters: first the average of squared gradients, then the step (with the old "
        "average of squared steps), then the new average of squared steps.",
        "The step is minus the gradient, times the root of (steps' average plus eps), over the "
        "root of (gradients' average plus eps). The factor lr comes only when w moves.",
    ),
)


# adam_step


def adam_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield run("four steps of a (3, 2) array", start(rng, 3, 2), gradients(rng, 3, 2), lr=0.2)
    yield run("other memories", start(rng, 4), gradients(rng, 4), lr=0.3, beta1=0.6, beta2=0.8)
    yield run("a single number", start(rng, 1), gradients(rng, 1), lr=0.1)
    yield run("a weight that never has a gradient", start(rng, 3), with_a_silent_one(rng), lr=0.2)
    yield run(
        "a run that goes on",
        start(rng, 4),
        gradients(rng, 4),
        lr=0.5,
        beta2=0.95,
        state=(both_signs(rng, 4), squares(rng, 4), 7),
    )
    yield run("a large eps", start(rng, 4), gradients(rng, 4), lr=0.5, eps=0.3)
    yield run(
        "without bias correction",
        start(rng, 4),
        gradients(rng, 4),
        lr=0.1,
        bias_correction=False,
    )
    yield run(
        "very small gradients",
        start(rng, 3),
        [1e-5 * dw for dw in gradients(rng, 3)],
        extreme=True,
        lr=0.5,
    )
    yield run(
        "large gradients",
        start(rng, 3),
        [3000 * dw for dw in gradients(rng, 3)],
        extreme=True,
        lr=0.5,
    )


def adam_with(
    *,
    counted=lambda t: t + 1,
    kept=lambda t: t,
    weights=lambda beta1, beta2: (beta1, beta2),
    corrected=lambda correct, wanted: correct if wanted else (1.0, 1.0),
    ratio=lambda m, v, eps: m / (np.sqrt(v) + eps),
    keeps_corrected=False,
) -> Callable:
    """Adam with one of its parts exchanged."""

    def step(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, bias_correction=True):
        m, v, t = (np.zeros_like(w), np.zeros_like(w), 0) if state is None else state
        before, t = t, counted(t)
        one, two = weights(beta1, beta2)
        m = one * m + (1 - one) * dw
        v = two * v + (1 - two) * dw**2
        by1, by2 = corrected((1 - one**t, 1 - two**t), bias_correction)
        m_hat, v_hat = m / np.float64(by1).astype(w.dtype), v / np.float64(by2).astype(w.dtype)
        memory = (m_hat, v_hat) if keeps_corrected else (m, v)
        return w - lr * ratio(m_hat, v_hat, eps), (*memory, kept(before + 1))

    return step


adam_uncorrected = adam_with(corrected=lambda correct, wanted: (1.0, 1.0))
adam_always_corrected = adam_with(corrected=lambda correct, wanted: correct)
adam_first_only = adam_with(
    corrected=lambda correct, wanted: (correct[0], 1.0) if wanted else (1.0, 1.0)
)
adam_from_zero = adam_with(counted=lambda t: t)
adam_stuck_count = adam_with(kept=lambda t: t - 1)
adam_eps_inside = adam_with(ratio=lambda m, v, eps: m / np.sqrt(v + eps))


def adam_short_form(
    w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, bias_correction=True
):
    """Both corrections in the learning rate, as TensorFlow has it: eps joins the plain v."""
    if bias_correction:
        t = 1 if state is None else state[2] + 1
        lr = lr * float(np.sqrt(1 - beta2**t) / (1 - beta1**t))
    return adam_uncorrected(w, dw, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


adam_no_root = adam_with(ratio=lambda m, v, eps: m / (v + eps))
adam_betas_exchanged = adam_with(weights=lambda beta1, beta2: (beta2, beta1))
adam_keeping_corrected = adam_with(keeps_corrected=True)

ADAM = Exercise(
    "optimizers.adam_step",
    points=3,
    minutes=10,
    returns=POINTS,
    cases=adam_cases,
    driver=drivers.steps,
    parents=("optimizers.rmsprop_step", "optimizers.momentum_sum_step"),
    misconceptions=(
        Misconception(
            "no bias correction",
            adam_uncorrected,
            "With the usual betas your first step is three times too long, and the next ones are\n"
            "even longer. You use both averages as they are; two of the lectures do so, too. They\n"
            "begin at zero: what does that do to their first values, and to which of the two does\n"
            "it do more?",
        ),
        Misconception(
            "only one average corrected",
            adam_first_only,
            "Your first step is far too long. You repair the average of gradients, and leave the\n"
            "average of squares as it is.\n"
            "Does that one not begin at zero as well?",
        ),
        Misconception(
            "counted from zero",
            adam_from_zero,
            "Your first step is not a number: you divide by zero.\n"
            "Any number to the power 0 is 1. What is then left of 1 minus it?\n"
            "Which number has the first step?",
        ),
        Misconception(
            "the count stands still",
            adam_stuck_count,
            "Your first step is right. Then every step is corrected as if it were the first one.\n"
            "What does the third part of the state tell the next step?",
        ),
        Misconception(
            "the correction is stored",
            adam_keeping_corrected,
            "Your first step is right. Then the averages grow too large: the corrected ones go\n"
            "into the state, and are corrected again the next time. Which ones should the next\n"
            "step go on with?",
        ),
        Misconception(
            "eps inside the root",
            adam_eps_inside,
            "You are right wherever gradients are large against eps. Some lectures, and one of\n"
            "the boxes for Adam, put it inside the root; the paper and we put it outside. What\n"
            "does the root do to a small number like eps?",
            convention=True,
        ),
        Misconception(
            "eps beside the uncorrected average",
            adam_short_form,
            "You are right wherever gradients are large against eps. You put both corrections\n"
            "into the learning rate, which the paper offers as a shortcut and TensorFlow uses.\n"
            "To which of the two, v or v_hat, is eps then added?",
            convention=True,
        ),
        Misconception(
            "the two betas exchanged",
            adam_betas_exchanged,
            "Your averages forget at the wrong speeds. By default one of them should follow the\n"
            "gradient within ten steps, the other one remember sizes for a thousand. Which beta\n"
            "belongs to which?",
        ),
        Misconception(
            "no root",
            adam_no_root,
            "Your first step is not the learning rate: it depends on the size of the gradient.\n"
            "The average below the line holds squares. What makes it a size again?",
        ),
        Misconception(
            "the switch is not used",
            adam_always_corrected,
            "You are right with bias correction, and you correct also when you are asked not to.\n"
            "What does the last argument want?",
        ),
    ),
    hints=(
        "The state has three parts: two averages and the number of steps so far. Count this step "
        "first.",
        "Make both averages as in RMSProp, one of the gradient and one of its square, each with "
        "its own beta.",
        "For the correction divide each average by 1 minus its beta to the power of the count, in "
        "new names; the state keeps the averages as they were. Then: rate times the first, over "
        "the root of the second plus eps.",
    ),
)


EXERCISES = (
    MINIBATCH_GRADIENT,
    SGD,
    CLASSIFY,
    MOMENTUM,
    MOMENTUM_SUM,
    NESTEROV_LOOKAHEAD,
    NESTEROV,
    ADAGRAD,
    RMSPROP,
    RMSPROP_NESTEROV,
    ADADELTA,
    ADAM,
)

QUESTIONS = (
    Question(
        "optimizers.noise_scale",
        r"With batches of one example, each entry of the gradient scatters around its true value "
        r"with a standard deviation of 1. You take batches of 100 examples instead, drawn at "
        r"random. What is the standard deviation now?",
        number=Number(
            0.1,
            misreadings={
                0.01: "That would be the variance. Its root is the standard deviation.",
                1.0: "A mean of 100 scatters less than each of the 100. By which factor?",
                10.0: "The sum of 100 scatters ten times as much. You take their mean: what is the "
                "sum divided by?",
            },
        ),
        why=r"Variances of independent terms add up: the sum has variance $m$, the mean has "
        r"variance $m/m^2 = 1/m$, and the standard deviation is $1/\sqrt m$. A hundred times "
        r"the work buys a tenth of the noise. That is why small batches pay.",
    ),
    Question(
        "optimizers.constant_rate",
        "SGD runs with a *constant* learning rate, small enough not to explode, on a convex loss, "
        "for a very long time. Where does it end?",
        choices=(
            Choice(
                "In the minimum. The loss is convex, so there is only one.",
                "Suppose it stood exactly in the minimum. The gradient of all examples is zero "
                "there. Is the gradient of one mini-batch?",
            ),
            Choice(
                "It wanders about in a ball around the minimum, for ever.",
                right=True,
            ),
            Choice(
                "In a local minimum, which need not be the global one.",
                "A convex loss has no other minima. Something else keeps SGD from standing still: "
                "what does the next batch do to a point in the minimum?",
            ),
            Choice(
                "Far away: the noise adds up, and it drifts off.",
                "The noise pushes it out, and the slope pulls it back, the more the further out it "
                "is. Where do the two balance?",
            ),
        ),
        why="At the minimum the full gradient is zero, but that of a mini-batch is not: the next "
        "step leads out again. Slope and noise balance in a ball whose size goes with the "
        "root of the learning rate. So the rate has to fall. And where the loss is not "
        "convex, even then the promise is only a point with zero gradient, which may be a "
        "saddle.",
    ),
    Question(
        "optimizers.falling_rate",
        r"Let $\epsilon_k$ be the learning rate of step $k = 1, 2, 3, \dots$ Robbins and Monro "
        r"(1951): SGD settles if $\sum_k \epsilon_k = \infty$ (any distance can be covered) and "
        r"$\sum_k \epsilon_k^2 < \infty$ (the noise dies out). Which of these schedules keeps "
        r"both conditions?",
        choices=(
            Choice(
                r"$\epsilon_k = c$",
                "The steps never shrink. What is the sum of infinitely many equal squares?",
            ),
            Choice(
                r"$\epsilon_k = c/\sqrt k$",
                r"The first sum is infinite, good. The squares are $c^2/k$: does the harmonic "
                r"series $1 + \frac12 + \frac13 + \dots$ stay below any number?",
            ),
            Choice(r"$\epsilon_k = c/k$", right=True),
            Choice(
                r"$\epsilon_k = c/k^2$",
                "The noise dies out. But the steps add up to a finite length. What if the minimum "
                "is further away than that?",
            ),
        ),
        why=r"$\sum 1/k$ is infinite, $\sum 1/k^2$ is not. For $\epsilon_k = c\,k^{-p}$ both hold "
        r"for $\frac12 < p \le 1$. At $p = \frac12$ itself the squares are the harmonic "
        r"series and just miss.",
    ),
    Question(
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
            Choice(
                "It jumps to and fro across the valley and makes little way along it.", right=True
            ),
            Choice(
                "It stops at the bottom of the valley, far from the minimum.",
                "Along the floor the slope is small, but is it zero?",
            ),
        ),
        why="One rate has to serve both directions. Across, the gradient is large and the step too "
        "long: jitter. Along, the gradient is small and the step too short: very slow progress.",
    ),
    Question(
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
                2
                / 101: "That is the best rate: there both factors have the same size. The question "
                "asks where one of them reaches -1.",
            },
        ),
        why=r"$|1 - 100\,\eta| < 1$ means $\eta < 2/100$. In general $\eta < 2/\lambda_{\max}$, "
        r"with the largest eigenvalue of the second derivatives. The steepest direction sets "
        r"the speed limit for all.",
    ),
    Question(
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
    ),
    Question(
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
    ),
    Question(
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
    ),
    Question(
        "optimizers.cure",
        "How could we help gradient descent in a narrow valley, without knowing the valley?",
        choices=(
            Choice(
                "Take a larger learning rate, so that it moves along the valley faster.",
                "The steep direction has a speed limit. What happens across the valley?",
            ),
            Choice(
                "Take a smaller learning rate, so that it stops jumping.",
                "It will. How long does it then take along the valley?",
            ),
            Choice(
                "Average the last steps: what changes its sign cancels, what stays adds up.",
                right=True,
            ),
            Choice(
                "Take larger batches, so that the gradient points to the minimum.",
                "The zig-zag needs no noise. It comes from the exact gradient.",
            ),
        ),
        why="Across the valley the steps point left, right, left, right. Along it they all point "
        "the same way. A memory of past steps tells the two apart. This is momentum.",
    ),
    Question(
        "optimizers.friction",
        r"$\mu = 0.9$, and the ground is flat: the gradient is 0. What share of its speed does "
        r"the ball *lose* in one step?",
        number=Number(
            0.1,
            misreadings={
                0.9: "That is the share it keeps. Slides call it friction, and so it sounds as if "
                "it were lost.",
                0.0: "With a gradient of 0 nothing is added. What does the factor in front of v "
                "do?",
                1.0: "Then mu would be 0. Put g = 0 into the formula: what is left of v?",
            },
        ),
        why=r"$v \leftarrow 0.9\,v$: nine tenths are kept, one tenth is lost. So the friction is "
        r"$1 - \mu$. Two of the lectures call $\mu$ itself the friction. Then $\mu = 0.99$ "
        r"would be a lot of friction; in truth the ball hardly slows down.",
    ),
    Question(
        "optimizers.sum_of_weights",
        r"A slide says: the velocity is a *moving average* of the gradients. The gradient of $k$ "
        r"steps ago has the weight $\mu^k$ in it (times the learning rate). Add up all these "
        r"weights for $\mu = 0.9$.",
        number=Number(
            10.0,
            misreadings={
                1.0: "That would make it an average. Add up 1 + 0.9 + 0.81 + ...",
                0.9: "The newest gradient alone has the weight 1. Which weights come after it?",
                9.0: "You left out the newest one, with k = 0.",
                1.9: "Two terms. The series goes on for ever. What does it add up to?",
            },
        ),
        why=r"$\sum_k \mu^k = 1/(1 - \mu) = 10$. An average needs weights that add up to 1. The "
        r"velocity is a decaying *sum*, ten times as large as the average would be.",
    ),
    Question(
        "optimizers.role_of_mu",
        r"What is the role of $\mu$? A slide answers: if $\mu$ is larger than the learning rate, "
        r"the step depends more on the past gradients. Test it: $\mu = 0.8$ and $\eta = 0.01$; "
        r"then divide the loss by 1000 and take $\eta = 10$, so that $\mu$ is now the smaller "
        r"one. What changes about the path?",
        choices=(
            Choice(
                "It depends less on the past gradients.",
                "Write down the velocity: each gradient in it is multiplied by the rate. What do "
                "the factors 1/1000 and 1000 do together?",
            ),
            Choice("Nothing: it is the same path.", right=True),
            Choice(
                "It explodes, because the learning rate is above 1.",
                "Whether a rate is too large depends on the curvature of the loss. What became of "
                "that?",
            ),
            Choice(
                "It is the same at first, and then slower by a factor of 1000.",
                "The step is rate times gradient at every step, the last like the first.",
            ),
        ),
        why=r"The gradient is 1000 times smaller, the rate 1000 times larger: every product is the "
        r"same. A rate has units and changes with the scale of the loss, $\mu$ is a pure number. "
        r"Comparing the two means nothing. Only $\mu$ sets the memory: about $1/(1-\mu)$ steps.",
    ),
    Question(
        "optimizers.terminal_speed",
        r"In plain gradient descent a step has the length $\eta \lVert g \rVert$, simply because "
        r"the step is $-\eta g$. Now momentum with $\mu = 0.99$, $\eta = 0.01$, on an endless "
        r"even slope with $\lVert g \rVert = 10$. How long is a step in the end?",
        number=Number(
            10.0,
            misreadings={
                0.1: "That is the step of plain gradient descent, and the first one here. The "
                "velocity adds up.",
                1.0: "That would be for mu = 0.9. How many steps are remembered at 0.99?",
                100.0: "The sum of the weights is 100. What is it to be multiplied with?",
            },
        ),
        why=r"The same gradient, with the weights $1 + \mu + \mu^2 + \dots = 1/(1-\mu) = 100$: "
        r"the step grows to $\eta \lVert g \rVert/(1 - \mu) = 0.1 \cdot 100$. This is the "
        r"terminal speed, as of a falling body in air. Gradients that keep changing direction "
        r"never build it up.",
    ),
    Question(
        "optimizers.two_forms",
        r"Form A: $v \leftarrow \mu v - \eta g$, $w \leftarrow w + v$. Form B: $v \leftarrow \mu "
        r"v + g$, $w \leftarrow w - \eta v$. A slide says: they are equivalent, the sequence of "
        r"$w$ is the same. When is that true?",
        choices=(
            Choice(
                "Always: B is A with the learning rate taken out of the bracket.",
                "You can take it out only if it is the same in all terms. When is it not?",
            ),
            Choice(
                "As long as the learning rate stays the same, from a start at rest.", right=True
            ),
            Choice(
                "Never: the steps of B are longer.",
                "Work out the first two steps of both, with one learning rate.",
            ),
            Choice(
                r"Only if $\eta = 1 - \mu$.",
                "That is when the sum becomes an average. Work out the first two steps of both "
                "with another rate.",
            ),
        ),
        why=r"Every gradient in A was multiplied by the rate of *its own* time, in B by the rate "
        r"of *now*. With a constant rate that is the same. Cut the rate, and B slows down at "
        r"once, while A still carries the old speed.",
    ),
    Question(
        "optimizers.same_rate",
        "All weights share one learning rate. Why is that a good idea?",
        choices=(
            Choice(
                "Because all weights are equally important.",
                "A word that occurs once in a thousand texts can decide the meaning of those it "
                "is in. How often does its weight get a gradient?",
            ),
            Choice(
                "Because the gradient already has the right size for each weight.",
                "In the narrow valley, in which direction was the gradient large, and was that "
                "where a large step was wanted?",
            ),
            Choice(
                "Because otherwise the step would not point downhill.",
                "Scale the entries of the step by any positive factors: what happens to its "
                "product with the gradient?",
            ),
            Choice("It probably is not a good idea.", right=True),
        ),
        why="Weights differ in how steep the loss is along them, and in how often they get a "
        "gradient at all. A rate for each: small where much happens, large where little does.",
    ),
    Question(
        "optimizers.adagrad_valley",
        "What happens with AdaGrad in the narrow valley, compared with gradient descent?",
        choices=(
            Choice("The steep direction is damped, the flat one is sped up.", right=True),
            Choice(
                "Both directions are damped by the same factor.",
                "Each weight has its own sum. Which of the two sums is larger?",
            ),
            Choice(
                "The steep direction is sped up, the flat one is damped.",
                "The sum of squares stands below the line. Where is it large?",
            ),
            Choice(
                "Nothing, until many steps have been made.",
                "At the first step each gradient is divided by its own size. What is left of the "
                "difference between 100 and 1?",
            ),
        ),
        why="Each gradient is divided by the size of what came before it along the same weight. A "
        "gradient that is a hundred times larger everywhere gives the same steps.",
    ),
    Question(
        "optimizers.adagrad_later",
        r"And over a long time? The gradient is the same at every step. AdaGrad's first step has "
        r"the length $\eta$. Which length has step 100, in units of $\eta$?",
        number=Number(
            0.1,
            misreadings={
                0.01: "The sum of squares is 100 times that of the first step. It stands under a "
                "root.",
                1.0: "The sum of squares has grown. What does that do to the step?",
                10.0: "The root of the sum stands below the line. What does a larger sum do to the "
                "step, then?",
            },
        ),
        why=r"The sum is $100\,g^2$, its root $10\,g$, and the step $\eta\, g/(10\,g)$. In "
        r"general $\eta/\sqrt t$: the steps become as small as you like. For a convex loss "
        r"that is what one wants. A network may still have a long way to go.",
    ),
    Question(
        "optimizers.eps_inside",
        r"Two lectures write $\sqrt{G + \epsilon}$, one $\sqrt G + \epsilon$, one has no "
        r"$\epsilon$. Does it matter? Take $g = 10^{-5}$, $G = g^2$ and $\epsilon = 10^{-8}$. "
        r"Outside the root, the step is 0.999 times the learning rate. How much is it *inside*? "
        r"(Two digits.)",
        number=Number(
            1e-5 / np.sqrt(1e-10 + 1e-8),
            rel_tol=0.01,
            misreadings={
                0.999: "That is outside again. Which is larger under the root, G or epsilon?",
                1.0: "Which is larger under the root, G or epsilon?",
                0.01: "G is a hundredth of epsilon. Take the root, too.",
                0.001: "You compared g with the root of epsilon to a wrong power: what is the "
                "root of 1e-8?",
                1000.0: "You left the root away. What is the root of 1e-8?",
            },
        ),
        why=r"Under the root $10^{-8}$ hides $G = 10^{-10}$, and the root is about $10^{-4}$: the "
        r"step is a tenth. Inside, $\epsilon = 10^{-8}$ acts like $10^{-4}$. Outside, it "
        r"stays $10^{-8}$. Without it, a weight that has never had a gradient gets $0/0$.",
    ),
    Question(
        "optimizers.rmsprop_first",
        r"RMSProp's average starts at $r = 0$, and $\beta = 0.9$. How long is the very first "
        r"step, in units of the learning rate? (Three digits.)",
        number=Number(
            np.sqrt(10),
            rel_tol=0.01,
            misreadings={
                1.0: "That is AdaGrad. Here r is only a tenth of the square after the first step.",
                10.0: "r is a tenth of the square. It is divided by the root of r.",
                0.316: "Turn it over: the root stands below the line.",
                1.054: "You used 0.9 as the share of the new square. It is the share of the old "
                "ones.",
            },
        ),
        why=r"$r = 0.1\,g^2$, so the step is $\eta\, g/(\sqrt{0.1}\,\lvert g \rvert) = "
        r"3.16\,\eta$. The average begins too small. Remember this for Adam.",
    ),
    Question(
        "optimizers.units",
        r"Weights measured in seconds, a loss measured in metres. The gradient is then in metres "
        r"per second. Gradient descent subtracts it (times a rate without unit) from seconds. In "
        r"which unit is the step of AdaGrad or RMSProp, $g/\sqrt G$, and which would be right?",
        choices=(
            Choice(
                "The step is in metres per second; seconds would be right.",
                "That is gradient descent. Here the gradient is divided by something. In which "
                "unit is that?",
            ),
            Choice("The step has no unit; seconds would be right.", right=True),
            Choice(
                "The step is in seconds, and that is right.",
                "G is a sum of squares of gradients. What is the unit of its root?",
            ),
            Choice(
                "The step has no unit, and that is right.",
                "What do you get when you add a number without unit to 3 seconds?",
            ),
        ),
        why=r"Metres per second over metres per second: no unit. That is better than the wrong "
        r"unit: the loss may be measured in metres or miles. But the weights may not: the "
        r"learning rate has to know whether they are seconds or hours. A second-order step, "
        r"$\frac{\partial f/\partial w}{\partial^2 f/\partial w^2}$, comes out in seconds by "
        r"itself.",
    ),
    Question(
        "optimizers.adam_first",
        r"Adam *without* bias correction, $\beta_1 = 0.9$, $\beta_2 = 0.999$, both averages start "
        r"at 0. How long is the first step, in units of the learning rate? (Three digits.)",
        number=Number(
            0.1 / np.sqrt(0.001),
            rel_tol=0.01,
            misreadings={
                1.0: "That is the corrected one. Put m = 0.1 g and v = 0.001 g² into the formula.",
                0.1: "That is m. Below the line stands the root of v, which is small, too.",
                100.0: "0.1 over 0.001. There is a root below the line.",
                10.0: "0.1 over 0.01. The root of 0.001 is another number.",
                31.6: "That is the root of v below the line alone. Above it stands m = 0.1 g.",
            },
        ),
        why=r"$0.1\,g / \sqrt{0.001\,g^2} = 3.16$. Both averages begin too small; the one below "
        r"the line is much too small, and that wins. And without the momentum part ($\beta_1 "
        r"= 0$) the first step would be 31.6.",
    ),
    Question(
        "optimizers.adam_next",
        r"The gradient stays the same. How does the length of the uncorrected steps go on, from "
        r"3.16 at the first step?",
        choices=(
            Choice(
                "It falls back to 1 within about ten steps, the memory of the first average.",
                "After ten steps m is right. How long does v take, which remembers a thousand "
                "steps?",
            ),
            Choice(
                "It falls slowly and is at 1 after about a thousand steps.",
                "In the first steps both averages grow. Which of them grows faster, relative to "
                "its goal?",
            ),
            Choice(
                "It first grows to about twice that, and needs thousands of steps to come back to "
                "1.",
                right=True,
            ),
            Choice(
                "It stays at 3.16, because the gradient stays the same.",
                "Write down m and v after the second step: 0.19 g and 0.001999 g². What is the "
                "ratio?",
            ),
        ),
        why=r"$(1 - \beta_1^t)/\sqrt{1 - \beta_2^t}$. The numerator reaches 1 in some twenty "
        r"steps, the denominator needs thousands. In between the ratio climbs to 6.57 at step "
        r"12; it is 1.26 at step 1000, and within 5 % of 1 only from step 2375 on. With the "
        r"correction it is 1 throughout.",
    ),
    Question(
        "optimizers.adam_box",
        "Four of these five lines of the box differ from the paper. Which one is right?",
        choices=(
            Choice(
                "the caption",
                "Read the last line. Where is the look-ahead?",
            ),
            Choice(
                r"$\rho_2 = 0.9$",
                r"The average of squares is to remember long: the paper has 0.999, as has the same "
                r"lecture on another slide.",
            ),
            Choice(
                r"$\epsilon = 0.0001$ as the suggested learning rate",
                "The paper suggests 0.001; another slide of the same lecture says 1e-3 or 5e-4.",
            ),
            Choice(
                r"$\hat s = s/(1 - \rho_1^t)$, $\hat r = r/(1 - \rho_2^t)$ with $t$ counted from 1",
                right=True,
            ),
            Choice(
                r"$\sqrt{\hat r + \delta}$",
                r"The summary of the same lecture has $\sqrt{\hat r} + \delta$, as the paper has.",
            ),
        ),
        why="The caption belongs to another algorithm, the rate and the second decay are not the "
        "paper's, and the stabiliser is under the root. The bias correction is as it should be.",
    ),
)
