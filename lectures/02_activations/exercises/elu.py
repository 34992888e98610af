"""ELU: where its slope does not jump, its backward pass, and how fast it learns."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question
from utils.activations import elu_forward

from .shared import both_signs, huge, inputs

ELU_SMOOTH = Question(
    "activations.elu_smooth",
    r"ELU is $x$ on the right and $\alpha(e^x - 1)$ on the left. It never jumps. For which "
    r"$\alpha$ does its *slope* not jump at 0 either?",
    number=Number(
        1.0,
        misreadings={
            0.0: "With alpha = 0 it is ReLU, whose slope jumps from left to right.",
            0.5: "Differentiate the left branch and let x go to 0. What remains?",
            float(np.e): "Differentiate the left branch. How large is its exponential at 0?",
        },
    ),
    why=r"The left slope at 0 is $\alpha e^0 = \alpha$, the right one is 1. That is why "
    r"$\alpha = 1$ is the usual choice.",
)


ELU_BACKWARD = Exercise(
    "activations.elu_backward",
    points=2,
    minutes=5,
    returns=("dx",),
    promises={"x = 0 belongs to": "zeros among the inputs"},
    hints=(
        "Write the left branch as two terms and differentiate it. Where has that derivative been "
        "computed already?",
        "Compare the derivative of alpha exp(x) - alpha with alpha exp(x) - alpha itself.",
        "Where out > 0 the answer is `dout`, elsewhere `dout` times (out plus alpha).",
    ),
)


@ELU_BACKWARD.cases
def _(rng: np.random.Generator):
    alphas = rng.permutation([0.3, 0.5, 1.5, 2.0, 3.0])
    for (name, x), alpha in zip(inputs(rng), alphas, strict=True):
        cache = elu_forward(x, float(alpha))[1]
        yield Case(name, (both_signs(rng, *x.shape), cache))
    yield Case(
        "very large inputs", (both_signs(rng, 1, 7), elu_forward(huge(rng), 1.5)[1]), extreme=True
    )


@ELU_BACKWARD.misconception("alpha is missing")
def _(dout, cache):
    """On the negative side your local gradient is negative.
    ELU rises everywhere. It looks as if the output were taken for its own derivative.
    Which part of the output vanishes when you differentiate?
    """
    out, _ = cache
    return np.where(out > 0, dout, dout * out)


@ELU_BACKWARD.misconception("the output taken for the input")
def _(dout, cache):
    """On the negative side your local gradient never gets close to zero.
    It looks as if the exponential were applied to the output once more.
    What does the cache hold, and is an exponential needed at all?
    """
    out, alpha = cache
    return np.where(out > 0, dout, dout * alpha * np.exp(np.minimum(0, out)))


@ELU_BACKWARD.misconception("alpha taken as 1")
def _(dout, cache):
    """With alpha = 1 you are right, with no other.
    Write the negative side as alpha exp(x) minus a constant. Which constant is it,
    and where do you find it?
    """
    out, _ = cache
    return np.where(out > 0, dout, dout * (out + 1))


@ELU_BACKWARD.misconception("alpha counted twice")
def _(dout, cache):
    """On the negative side you are too large or too small by the factor alpha.
    The output already contains alpha as a factor. Is it needed a second time?
    """
    out, alpha = cache
    return np.where(out > 0, dout, dout * alpha * (out + alpha))


@ELU_BACKWARD.misconception("gradient 1 at zero", convention=True)
def _(dout, cache):
    """You differ only where the input is exactly 0: there you take the slope of the right
    side. Unless alpha is 1, ELU has a corner there, and the instructions choose a side.
    To which branch of the definition does x = 0 belong?
    """
    out, alpha = cache
    return np.where(out >= 0, dout, dout * (out + alpha))


@ELU_BACKWARD.misconception("the upstream gradient is missing")
def _(dout, cache):
    """Your answer does not depend on `dout`.
    You have the slope of ELU. What does the chain rule multiply it with?
    """
    out, alpha = cache
    return np.where(out > 0, 1.0, out + alpha)


@ELU_BACKWARD.misconception("the upstream gradient on one side only")
def _(dout, cache):
    """For positive inputs you are right. For negative ones your answer does not depend on
    `dout`. Does the chain rule make a difference between the two sides?
    """
    out, alpha = cache
    return np.where(out > 0, dout, out + alpha)


ELU_FASTER = Question(
    "activations.elu_faster",
    "Slides say that leaky ReLU converges six times faster than sigmoid and tanh, and that ELU "
    "converges faster than ReLU. We train both networks of this lecture, digits and spirals, with "
    "ReLU, leaky ReLU and ELU: each at its best rate, five starts. What comes out?",
    choices=(
        Choice(
            "ELU is ahead on both, by about a third of the epochs.",
            "Its outputs are nearer to zero mean. Is that what limits a network with two inputs "
            "and biases of its own?",
        ),
        Choice(
            "Leaky ReLU is ahead on both, since no unit of it is lost.",
            "How many units did ReLU lose at a good rate?",
        ),
        Choice("ELU is an epoch ahead, on the digits only.", right=True),
        Choice(
            "ReLU is ahead on both, since it is the simplest.",
            "Simple makes a step cheap. Does it make the number of steps small?",
        ),
    ),
    why="One epoch of six on one problem, nothing on the other: an order of activations belongs to "
    "the network it was measured on. And the six of leaky ReLU is the six of ReLU against tanh "
    "again, copied to another slide.",
)
