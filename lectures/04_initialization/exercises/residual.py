"""Residual branches: a signal that is added to, block after block."""

import numpy as np

from grader import Case, Exercise, Number, Question

DOUBLING = Question(
    "initialization.doubling",
    r"Each of the 20 blocks of a residual network computes $h \leftarrow h + f(h)$. Its random "
    r"weights follow the rules of this lecture, so that $f(h)$ has the mean square of $h$, and "
    r"the two are uncorrelated. By which factor does the mean square of the signal change from "
    r"the first block to the last?",
    number=Number(
        2.0**20,
        rel_tol=0.05,
        misreadings={
            1.0: "That would be right without the “h +”. What is the mean square of a sum of two "
            "uncorrelated numbers?",
            2.0: "That is one block. What does the next one work on?",
            20.0: "Twenty times the first signal would be added if each branch saw the first "
            "signal. What does the second branch see?",
            21.0: "That would be so if each branch saw the first signal. What does the second "
            "branch see?",
            40.0: "Factors of layers that follow each other: are they added?",
            400.0: "Twenty blocks, one after the other: is the number of blocks the base or the "
            "exponent?",
            2.0**10: "That is the factor of the rms. What is asked for?",
        },
    ),
    why=r"Uncorrelated mean squares add up, so each block doubles what it gets: $2^{20}$, a "
    r"million.",
)


BRANCH_SCALE = Exercise(
    "residual.branch_scale",
    points=2,
    minutes=4,
    returns=("scale",),
    parents=("initialization.doubling",),
    float32=False,
    promises={
        "``blocks`` is below 1": ("no block", "no growth"),
    },
    hints=(
        "What does one block do to the mean square, if its branch is multiplied by a?",
        "It multiplies it by 1 + a², and L blocks do so L times. Set this equal to the growth.",
        "a is the square root of (growth to the power 1/L, minus 1). Refuse fewer than one block, "
        "and a growth of 1 or less.",
    ),
)


@BRANCH_SCALE.cases
def _(rng: np.random.Generator):
    yield Case("twenty blocks, twice as large", (20,))
    yield Case("one block", (1,), {"growth": float(rng.uniform(3, 6))})
    yield Case("two blocks", (2,), {"growth": float(rng.uniform(3, 6))})
    yield Case("fifty blocks, e times as large", (50,), {"growth": float(np.e)})
    yield Case("a little growth", (int(rng.integers(5, 12)),), {"growth": 1.1})
    yield Case("no block", (0,), extreme=True)
    yield Case("no growth", (3,), {"growth": 1.0}, extreme=True)


def _asked(blocks, growth):
    if blocks < 1 or not growth > 1:
        raise ValueError(blocks)


@BRANCH_SCALE.misconception("one over the square root of the number of blocks")
def _(blocks, *, growth=2.0):
    """Your scale does not depend on the growth.
    It is a well-known rule of thumb. Which growth does it give for one block, and which
    for very many?
    """
    _asked(blocks, growth)
    return float(blocks**-0.5)


@BRANCH_SCALE.misconception("the square root is missing")
def _(blocks, *, growth=2.0):
    """What you return is the mean square that a branch may add.
    The branch is multiplied by your number. What happens to its mean square then?
    """
    _asked(blocks, growth)
    return float(growth ** (1 / blocks) - 1)


@BRANCH_SCALE.misconception("the skip is forgotten")
def _(blocks, *, growth=2.0):
    """Your scale is above 1, so that a branch alone grows as wanted.
    A block also passes on what it got. How much of the growth is left for the branch?
    """
    _asked(blocks, growth)
    return float(np.sqrt(growth ** (1 / blocks)))


@BRANCH_SCALE.misconception("growth in equal pieces")
def _(blocks, *, growth=2.0):
    """For one block you are right; for more the signal grows beyond what was asked for.
    You let every block add the same share of the first signal. What does the second branch
    work on?
    """
    _asked(blocks, growth)
    return float(np.sqrt((growth - 1) / blocks))


@BRANCH_SCALE.misconception("the limit of many blocks")
def _(blocks, *, growth=2.0):
    """For many blocks you are nearly right; for few the signal grows less than asked for.
    A logarithm is a limit. What does one block with your scale multiply the mean square by?
    """
    _asked(blocks, growth)
    return float(np.sqrt(np.log(growth) / blocks))


@BRANCH_SCALE.misconception("the growth of the rms")
def _(blocks, *, growth=2.0):
    """With your scale the mean square grows by the square of what was asked for.
    Is the growth of the instructions one of the rms or of the mean square?
    """
    _asked(blocks, growth)
    return float(np.sqrt(growth ** (2 / blocks) - 1))
