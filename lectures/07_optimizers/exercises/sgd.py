"""Gradient descent, and the noise of small batches."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question
from lectures import drivers

from .shared import POINTS, gradients, run, start

SGD = Exercise(
    "optimizers.sgd_step",
    points=1,
    minutes=2,
    returns=POINTS,
    driver=drivers.steps,
    hints=(
        "A step returns two things, the new parameters and what the next step should know.",
        "The formula of the section is one line of NumPy. This method remembers nothing.",
        "New parameters: old ones minus rate times gradient. Return them together with `None`.",
    ),
)


@SGD.cases
def _(rng: np.random.Generator):
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


@SGD.misconception("uphill")
def _(w, dw, state, *, lr):
    """Your point moves the wrong way: the loss would grow.
    The gradient points to where the loss rises fastest.
    Which way do you want to go?
    """
    return w + lr * dw, None


@SGD.misconception("the step instead of the new point")
def _(w, dw, state, *, lr):
    """What you return does not depend on where you started.
    That is how far to go. The caller asks where you are then.
    What has to be added?
    """
    return -lr * dw, None


@SGD.misconception("the learning rate is missing")
def _(w, dw, state, *, lr):
    """Your points are the same whatever learning rate is given.
    The gradient says which way, and how steep. What decides how far to trust it?
    """
    return w - dw, None


@SGD.misconception("steps of fixed length")
def _(w, dw, state, *, lr):
    """Your step has one length, on a steep slope as on a flat one: the gradient looks as if
    it had been divided by its norm.
    How long should a step be when the gradient is twice as long?
    """
    return w - lr * dw / np.linalg.norm(dw), None


@SGD.misconception("only the sign of the gradient")
def _(w, dw, state, *, lr):
    """Each coordinate moves by the same amount, only the signs differ.
    The sign tells which way is down. What else does a gradient tell?
    """
    return w - lr * np.sign(dw), None


@SGD.misconception("something to remember")
def _(w, dw, state, *, lr):
    """Your points are right. What you hand on to the next step is a gradient.
    Would the next step of plain gradient descent be another one without it?
    """
    return w - lr * dw, dw.copy()


MINIBATCH_GRADIENT = Exercise(
    "optimizers.minibatch_gradient",
    points=2,
    minutes=4,
    returns=("dw",),
    promises={
        "``idx`` is empty": "an empty batch, which must raise ValueError",
        "comes twice counts twice": "an example that comes twice",
    },
    hints=(
        "Differentiate the loss of one example by hand first, in one weight.",
        "The gradient of one example is its error (prediction minus target) times its input row. "
        "Which rows of `x` are meant, and what becomes of their gradients?",
        "Pick the rows of `x` and `y`. Transposed batch times vector of errors is the sum; divide "
        "it by the number of rows in the batch. An empty batch: ValueError.",
    ),
)


def quarters(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Multiples of 1/4 up to 3: sums and products of them are exact, in float32 too."""
    return (
        rng.permutation(np.where(np.arange(np.prod(shape)) % 2, 1, -1)).reshape(shape)
        * rng.integers(1, 13, shape).astype(np.float64)
        * 0.25
    )


def examples(rng: np.random.Generator, n: int, d: int) -> tuple[np.ndarray, ...]:
    return quarters(rng, n, d), quarters(rng, n), quarters(rng, d)


@MINIBATCH_GRADIENT.cases
def _(rng: np.random.Generator):
    yield Case("four of seven examples", (*examples(rng, 7, 3), rng.permutation(7)[:4]))
    yield Case("one example", (*examples(rng, 5, 4), rng.permutation(5)[:1]))
    yield Case("an example that comes twice", (*examples(rng, 6, 3), np.array([5, 2, 5, 0, 5])))
    yield Case("one feature", (*examples(rng, 8, 1), rng.permutation(8)[:3]))
    everyone = np.concatenate([rng.permutation(3), [3, 4]])
    yield Case("all examples", (*examples(rng, 5, 3), everyone))
    yield Case(
        "an empty batch, which must raise ValueError",
        (*examples(rng, 4, 2), np.zeros(0, int)),
        extreme=True,
    )
    yield Case(
        "large inputs",
        (1000 * quarters(rng, 6, 3), quarters(rng, 6), quarters(rng, 3), np.array([1, 4, 3])),
        extreme=True,
    )


@MINIBATCH_GRADIENT.misconception("sum instead of mean")
def _(x, y, w, idx):
    """Your gradient grows with the number of examples in the batch.
    That is the gradient of the summed loss. With it, a learning rate that suits a batch
    of ten would be ten times too large for a batch of a hundred.
    What should happen to the gradient when every example of the batch comes twice?
    """
    return x[idx].T @ (x[idx] @ w - y[idx])


@MINIBATCH_GRADIENT.misconception("divided by all examples")
def _(x, y, w, idx):
    """Your gradient has the right direction. It is shorter the smaller the batch is, as if
    you divided by the size of the whole data set.
    How many gradients of single examples did you add up?
    """
    return x[idx].T @ (x[idx] @ w - y[idx]) / len(x)


@MINIBATCH_GRADIENT.misconception("the batch is not used")
def _(x, y, w, idx):
    """Your gradient is the same whatever batch is chosen.
    You look at every example, which is exactly what a mini-batch saves.
    Which rows are you asked for, and which argument says so?
    """
    return x.T @ (x @ w - y) / len(x)


@MINIBATCH_GRADIENT.misconception("prediction and target exchanged")
def _(x, y, w, idx):
    """Your gradient points the opposite way.
    The loss of one example is half the square of its error. Differentiate the square:
    which sign has the prediction inside, and which has the target?
    """
    return x[idx].T @ (y[idx] - x[idx] @ w) / len(idx)


@MINIBATCH_GRADIENT.misconception("a loss without the half", convention=True)
def _(x, y, w, idx):
    """Your gradient is twice as long as it should be.
    Some courses take the plain square of the error as their loss.
    How does the text define the loss of one example?
    """
    return 2 * x[idx].T @ (x[idx] @ w - y[idx]) / len(idx)


@MINIBATCH_GRADIENT.misconception("each example at most once")
def _(x, y, w, idx):
    """You are right as long as all examples of the batch are different.
    When one is drawn twice, you count it once.
    How many gradients go into the mean of a batch with five entries?
    """
    once = np.unique(idx)
    return x[once].T @ (x[once] @ w - y[once]) / len(once)


@MINIBATCH_GRADIENT.misconception("product of means instead of mean of products")
def _(x, y, w, idx):
    """You are right for one example, and wrong for more.
    You average the inputs, average the errors, and multiply the two averages.
    Each example has its own product of input and error. What is to be averaged?
    """
    return x[idx].mean(axis=0) * np.mean(x[idx] @ w - y[idx])


NOISE_SCALE = Question(
    "optimizers.noise_scale",
    r"With batches of one example, each entry of the gradient scatters around its true value "
    r"with a standard deviation of 1. You take batches of 100 examples instead, drawn at "
    r"random. What is the standard deviation now?",
    number=Number(
        0.1,
        misreadings={
            0.01: "That is a variance. In which units is a standard deviation?",
            1.0: "A mean of 100 scatters less than each of the 100. By which factor?",
            10.0: "That is the sum of 100. What does the batch gradient do with the sum?",
        },
    ),
    why=r"Variances of independent terms add up: the sum has variance $m$, the mean "
    r"$m/m^2 = 1/m$, and the standard deviation is $1/\sqrt m$. A hundred times the work buys a "
    r"tenth of the noise.",
)


CONSTANT_RATE = Question(
    "optimizers.constant_rate",
    "SGD runs with a *constant* learning rate, small enough not to diverge, on a convex loss, "
    "for a very long time. Where does it end?",
    choices=(
        Choice(
            "In the minimum. The loss is convex, so there is only one.",
            "Suppose it stood exactly in the minimum. The gradient of all examples is zero "
            "there. Is the gradient of one mini-batch?",
        ),
        Choice("It wanders about near the minimum for ever.", right=True),
        Choice(
            "In a local minimum, which need not be the global one.",
            "How many local minima has a convex loss? And what does the next mini-batch do to a "
            "point that stands in one?",
        ),
        Choice(
            "Far away: the noise of the batches adds up, step by step.",
            "The noise pushes it out, and the slope pulls it back, the more the further out it "
            "is. Where do the two balance?",
        ),
    ),
    why="In the minimum the full gradient is zero, that of a mini-batch is not: the next step "
    "leads out again. Slope and noise balance in a ball whose size grows with the square root of "
    "the learning rate.",
)


LARGEST_RATE = Question(
    "optimizers.largest_rate",
    r"$f(x, y) = \tfrac12 (100 x^2 + y^2)$. A step multiplies $x$ by $1 - 100\,\eta$ and $y$ "
    r"by $1 - \eta$. From which learning rate $\eta$ on does gradient descent diverge?",
    number=Number(
        0.02,
        rel_tol=0.001,
        misreadings={
            0.01: "There the factor of x is 0: it lands on the floor in one step. May it overshoot "
            "and still come nearer?",
            2.0: "That is the limit for y alone. Which of the two breaks first?",
            0.04: "There the factor of x is -3. Is every rate below this one safe?",
            2 / 101: "There both factors have the same size, and both still shrink. How much "
            "further can you go?",
        },
    ),
    why=r"$|1 - 100\,\eta| < 1$ means $\eta < 2/100$. In general $\eta < 2/\lambda_{\max}$, "
    r"with the largest eigenvalue of the Hessian. The steepest direction sets the speed limit "
    r"for all.",
)
