"""A target that moves, and a bias that grows without bound."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

from .shared import uneven

DURING_TRAINING = Question(
    "normalization.during_training",
    "With He's weights every layer starts with outputs of the same size. Training begins. What "
    "keeps the outputs at that size?",
    choices=(
        Choice(
            "The initialisation: its scale was chosen for the width of the layer.",
            "Which weights was the rule derived for, and which numbers does each training step "
            "change?",
        ),
        Choice(
            "Gradient descent: an output that is too large has a large loss.",
            "The loss constrains only the network's output. If one hidden layer grows and the "
            "next one shrinks, what does the loss notice?",
        ),
        Choice("Nothing.", right=True),
        Choice(
            "The ReLU, which cuts off what is too large.",
            "Which side does ReLU cut off? How large may its output become?",
        ),
    ),
    why="The rules of initialisation hold for random weights. After a few steps the weights "
    "are no longer random, and each layer's outputs go where the loss pushes them.",
)


RUNAWAY = Question(
    "normalization.runaway",
    r"$b$ starts at 0, the target is 1, the learning rate 0.1. Each step is the naive one, "
    r"$b \leftarrow b - 0.1 \cdot \frac1N\sum_i 2(\hat x_i - 1)$. Where is $b$ after 100 "
    r"steps? (What is the mean of $\hat x$?)",
    number=Number(
        20.0,
        rel_tol=0.001,
        misreadings={
            1.0: "The bias would stop at the target if it could reach it. Does x_hat move at "
            "all when b grows?",
            0.0: "That is what the true gradient does. The naive step takes the slope of x_hat "
            "in b for 1. What is the mean of 2 (x_hat - 1)?",
            10.0: "The derivative of a square has a factor of its own. Which one?",
            -20.0: "The size is right. x_hat is below the target: in which direction is b pushed?",
            0.2: "That is one step. Does the second one differ from it?",
            2.0: "That is after 10 steps. The question asks for 100.",
        },
    ),
    why=r"The mean of $\hat x$ is 0, whatever $b$ is. So each step adds $0.1 \cdot 2 = 0.2$, "
    r"for ever: $b = 20$ after 100 steps. The loss does not move at all.",
)


NAIVE_BIAS_STEP = Exercise(
    "normalization.naive_bias_step",
    points=2,
    minutes=4,
    returns=("b_next", "loss"),
    hints=(
        "Write the forward pass line by line: x, then x_hat, then the loss.",
        "The gradient of the loss on each x_hat is 2 (x_hat - target), over the number of "
        "examples. The naive step pretends that each x_hat moves by 1 when b moves by 1.",
        "So the naive gradient is the mean of 2 (x_hat - target). Subtract lr times it from b.",
    ),
)


@NAIVE_BIAS_STEP.cases
def _(rng: np.random.Generator):
    def u(n):
        return rng.uniform(0.5, 1.5) + uneven(rng, n)

    yield Case("bias 0", (u(6), 0.0), scale={"b_next": 1.0})
    yield Case("a bias far away", (u(5), float(rng.uniform(3, 5))))
    yield Case("another target", (u(4), 0.5), {"target": -2.0})
    yield Case("another rate", (u(7), -1.5), {"target": 0.5, "lr": 0.02})
    yield Case("one example", (u(1), 2.0), {"target": 3.0})


@NAIVE_BIAS_STEP.misconception("the true gradient")
def _(u, b, *, target=1.0, lr=0.1):
    """Your bias stays where it is.
    That is what the *right* gradient does: it knows that the mean moves with the bias.
    Here we want the mistake. What does the naive step believe that x_hat does when b moves?
    """
    return float(b), float(((u - u.mean() - target) ** 2).mean())


@NAIVE_BIAS_STEP.misconception("a step uphill")
def _(u, b, *, target=1.0, lr=0.1):
    """Your bias moves by the right amount in the wrong direction.
    Does the gradient point to where the loss grows, or to where it falls?
    """
    x_hat = u - u.mean()
    return float(b + lr * (2 * (x_hat - target)).mean()), float(((x_hat - target) ** 2).mean())


@NAIVE_BIAS_STEP.misconception("a factor of the square is missing")
def _(u, b, *, target=1.0, lr=0.1):
    """The loss is right, the step is half as large as it should be.
    What is the derivative of a square?
    """
    x_hat = u - u.mean()
    return float(b - lr * (x_hat - target).mean()), float(((x_hat - target) ** 2).mean())


@NAIVE_BIAS_STEP.misconception("the mean of u instead of x")
def _(u, b, *, target=1.0, lr=0.1):
    """Your loss depends on the bias.
    When the bias grows by 1, by how much does x grow, and by how much the mean of x?
    """
    x_hat = u + b - u.mean()
    return float(b - lr * (2 * (x_hat - target)).mean()), float(((x_hat - target) ** 2).mean())


@NAIVE_BIAS_STEP.misconception("nothing subtracted")
def _(u, b, *, target=1.0, lr=0.1):
    """Your loss depends on the bias, and for one example it is not target squared.
    It looks as if the mean were never subtracted.
    What is compared with the target: x or x_hat?
    """
    x = u + b
    return float(b - lr * (2 * (x - target)).mean()), float(((x - target) ** 2).mean())


@NAIVE_BIAS_STEP.misconception("sum instead of mean")
def _(u, b, *, target=1.0, lr=0.1):
    """Loss and step grow with the number of examples.
    Is the loss a sum or a mean over the batch?
    """
    x_hat = u - u.mean()
    return float(b - lr * (2 * (x_hat - target)).sum()), float(((x_hat - target) ** 2).sum())


@NAIVE_BIAS_STEP.misconception("the step instead of the new bias")
def _(u, b, *, target=1.0, lr=0.1):
    """For a bias of 0 you are right, otherwise the old bias is missing in your answer.
    A step is added to something. To what?
    """
    x_hat = u - u.mean()
    return float(-lr * (2 * (x_hat - target)).mean()), float(((x_hat - target) ** 2).mean())
