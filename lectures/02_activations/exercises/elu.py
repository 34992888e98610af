"""ELU: forward, backward, and where its slope does not jump."""

import numpy as np

from grader import Case, Exercise, Number, Question
from utils.activations import elu_forward

from .shared import both_signs, huge, inputs

ELU_FORWARD = Exercise(
    "activations.elu_forward",
    points=2,
    minutes=4,
    returns=("out", "cache"),
    promises={"No warning and no overflow for any": "very large inputs"},
    hints=(
        "Two branches, chosen entry by entry; `np.where` does that.",
        "`np.where` computes both branches everywhere. Give the exponential min(0, x) instead of "
        "x: on the negative side nothing changes.",
        "Negative side: alpha times the bracket (exponential of min(0, x), minus one); "
        "`np.expm1` gives this bracket at once. The cache is the pair of out and alpha.",
    ),
)


@ELU_FORWARD.cases
def _(rng: np.random.Generator):
    alphas = rng.permutation([0.3, 0.5, 1.5, 2.0, 3.0])
    for (name, x), alpha in zip(inputs(rng), alphas, strict=True):
        yield Case(f"{name}, alpha {alpha:g}", (x, float(alpha)))
    yield Case("the default alpha", (both_signs(rng, 3, 4),))
    yield Case("very large inputs", (huge(rng), 1.5), extreme=True)


@ELU_FORWARD.misconception("alpha inside the exponential")
def _(x, alpha=1.0):
    """Your negative side always sinks to -1, whatever alpha is.
    It looks as if alpha changed how fast the curve falls, not how deep.
    Does alpha stand in the exponent or in front of the bracket?
    """
    out = np.where(x > 0, x, np.expm1(alpha * np.minimum(0, x)))
    return out, (out, alpha)


@ELU_FORWARD.misconception("the minus one is missing")
def _(x, alpha=1.0):
    """Your curve jumps at 0: just left of it you give alpha.
    ELU is one unbroken line. What must be taken off so that the negative side starts
    at 0?
    """
    out = np.where(x > 0, x, alpha * np.exp(np.minimum(0, x)))
    return out, (out, alpha)


@ELU_FORWARD.misconception("alpha is not used")
def _(x, alpha=1.0):
    """Your answer does not depend on alpha.
    Alpha is the depth to which the negative side sinks. Where does it enter?
    """
    out = np.where(x > 0, x, np.expm1(np.minimum(0, x)))
    return out, (out, alpha)


@ELU_FORWARD.misconception("brackets")
def _(x, alpha=1.0):
    """With alpha = 1 you are right. With any other your curve jumps at 0.
    It looks as if alpha met only one of two terms.
    What does the formula multiply with alpha?
    """
    out = np.where(x > 0, x, alpha * np.exp(np.minimum(0, x)) - 1)
    return out, (out, alpha)


@ELU_FORWARD.misconception("the input in the cache")
def _(x, alpha=1.0):
    """`out` is right, but the cache holds the input.
    ELU can be differentiated from its output, which saves an exponential.
    What pair does the text above ask for?
    """
    return elu_forward(x, alpha)[0], (x, alpha)


@ELU_FORWARD.misconception("exponential of a large positive number")
def _(x, alpha=1.0):
    """Your values are right. For large positive x NumPy warns of an overflow.
    Both branches are computed for every entry, also the exponential that is thrown
    away afterwards. Which numbers should it never get to see?
    """
    out = np.where(x > 0, x, alpha * (np.exp(x) - 1))
    return out, (out, alpha)


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
    minutes=4,
    returns=("dx",),
    parents=("activations.elu_forward",),
    hints=(
        "On the negative side out = alpha exp(x) - alpha. Differentiate that.",
        "The derivative is alpha exp(x). Compare with out: which of its two terms is that?",
        "Where out > 0 the answer is `dout`, elsewhere `dout` times (out plus alpha).",
    ),
)


@ELU_BACKWARD.cases
def _(rng: np.random.Generator):
    alphas = rng.permutation([0.3, 0.5, 1.5, 2.0, 3.0])
    for (name, x), alpha in zip(inputs(rng), alphas, strict=True):
        cache = elu_forward(x, float(alpha))[1]
        yield Case(f"{name}, alpha {alpha:g}", (both_signs(rng, *x.shape), cache))
    yield Case(
        "very large inputs", (both_signs(rng, 1, 7), elu_forward(huge(rng), 1.5)[1]), extreme=True
    )


@ELU_BACKWARD.misconception("alpha is missing")
def _(dout, cache):
    """On the negative side your local gradient is negative.
    ELU rises everywhere. An exponential is its own derivative, but ELU is an
    exponential from which a constant was taken. What has to be put back?
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
    side. Unless alpha is 1, ELU has a corner there, and the text above chooses a side.
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
