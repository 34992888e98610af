"""Gradient descent, and the noise of small batches."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question
from lectures import drivers

from .shared import POINTS, gradients, run, start

SGD = Exercise(
    "optimizers.sgd_step",
    points=1,
    minutes=3,
    returns=POINTS,
    driver=drivers.steps,
    hints=(
        "The step goes against the gradient, and its length is learning rate times gradient.",
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
    """Your step is the whole gradient, whatever learning rate is given.
    The gradient says which way and how steep. What decides how far to trust it?
    """
    return w - dw, None


@SGD.misconception("steps of fixed length")
def _(w, dw, state, *, lr):
    """All your steps have the same length, on a steep slope as on a flat one.
    You divide the gradient by its norm. Does the formula do that?
    How long should a step be when the gradient is twice as long?
    """
    return w - lr * dw / np.linalg.norm(dw), None


@SGD.misconception("only the sign of the gradient")
def _(w, dw, state, *, lr):
    """Each coordinate moves by the same amount, only the signs differ.
    Gradient descent uses the size of the gradient, too.
    What in your formula throws the size away?
    """
    return w - lr * np.sign(dw), None


@SGD.misconception("something to remember")
def _(w, dw, state, *, lr):
    """The new point is right. The state is not what the text says.
    Plain gradient descent has no memory: the next step needs nothing of this one.
    What stands for nothing in Python?
    """
    return w - lr * dw, dw.copy()


MINIBATCH_GRADIENT = Exercise(
    "optimizers.minibatch_gradient",
    points=2,
    minutes=5,
    returns=("dw",),
    hints=(
        "First pick the rows: an array of row numbers can stand in square brackets.",
        "The gradient of one example is its error (prediction minus target) times its input row. "
        "A matrix product adds them up.",
        "Transposed batch times vector of errors gives the sum; divide it by the number of rows in "
        "the batch.",
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
    yield Case("all examples", (*examples(rng, 5, 3), rng.permutation(5)))
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
    """Your gradient is right in its direction and too short.
    It looks as if you divide by the size of the whole data set.
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
    Some courses take the plain square of the error as loss. Ours has a factor in front,
    just so that this 2 goes away. Which factor?
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
            0.01: "That would be the variance. Its root is the standard deviation.",
            1.0: "A mean of 100 scatters less than each of the 100. By which factor?",
            10.0: "The sum of 100 scatters ten times as much. You take their mean: what is the "
            "sum divided by?",
        },
    ),
    why=r"Variances of independent terms add up: the sum has variance $m$, the mean has "
    r"variance $m/m^2 = 1/m$, and the standard deviation is $1/\sqrt m$. A hundred times "
    r"the work buys a tenth of the noise. That is why small batches pay.",
)


CONSTANT_RATE = Question(
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
)


FALLING_RATE = Question(
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
)
