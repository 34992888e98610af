"""The loss before training."""

import math

import numpy as np

from grader import Case, Exercise, Number, Question

FIRST_LOSS = Question(
    "babysitting.first_loss",
    "All weights are tiny, so all ten scores are nearly 0, for every image. No regularisation. "
    "What does the softmax cross-entropy print before the first step? (Four digits.)",
    number=Number(
        math.log(10),
        rel_tol=1e-3,
        misreadings={
            0.1: "That is the probability of the right class. What does the loss do with it?",
            1.0: "Which logarithm of which base gives 1 here? Nats belong to another one.",
            math.log2(10): "That is in bits. What is it in nats?",
            0.9: "That is the share of wrong guesses. The loss looks at the probability of the "
            "right class.",
            9.0: "That belongs to another loss. Which probability does the softmax give to the "
            "right class, and what does the cross-entropy make of it?",
            0.0: "The scores are 0, not the loss. What does the softmax make of ten equal scores?",
        },
    ),
    why=r"Ten equal scores give every class the probability $\frac1{10}$, whatever the image "
    r"shows. The loss is $-\ln\frac1{10} = \ln 10 = 2.302585$.",
)


EXPECTED_INITIAL_LOSS = Exercise(
    "babysitting.expected_initial_loss",
    points=1,
    minutes=3,
    returns=("loss",),
    promises={
        "fewer than two classes, or another kind": ("a single class", "a loss that nobody knows"),
    },
    hints=(
        "All scores are equal. Which probability does the softmax give to each of K classes?",
        "Cross-entropy is minus the natural logarithm of the probability of the right class.",
        "Hinge: each of the K - 1 wrong classes should lie a margin of 1 below and lies level.",
    ),
)


@EXPECTED_INITIAL_LOSS.cases
def _(rng: np.random.Generator):
    yield Case("ten classes", (10,))
    yield Case("two classes", (2,))
    yield Case("many classes", (int(rng.integers(100, 1000)),))
    yield Case("hinge loss", (int(rng.integers(4, 9)), "hinge"))
    yield Case("hinge loss, many classes", (int(rng.integers(100, 1000)),), {"kind": "hinge"})
    yield Case("a single class", (1,))
    yield Case("a loss that nobody knows", (int(rng.integers(3, 9)), "squared"))


def initial_checked(num_classes, kind):
    if num_classes < 2 or kind not in ("softmax", "hinge"):
        raise ValueError(f"{num_classes}, {kind}")


@EXPECTED_INITIAL_LOSS.misconception("logarithm to base ten")
def _(num_classes, kind="softmax"):
    """For ten classes you expect a loss of exactly one.
    That is the logarithm to base ten. Which base do `np.log` and the cross-entropy use?
    """
    initial_checked(num_classes, kind)
    return math.log10(num_classes) if kind == "softmax" else num_classes - 1.0


@EXPECTED_INITIAL_LOSS.misconception("logarithm to base two")
def _(num_classes, kind="softmax"):
    """Your numbers are in bits: two classes give a loss of one.
    Losses in this course are in nats. Which base is that?
    """
    initial_checked(num_classes, kind)
    return math.log2(num_classes) if kind == "softmax" else num_classes - 1.0


@EXPECTED_INITIAL_LOSS.misconception("the probability itself")
def _(num_classes, kind="softmax"):
    """Your number is the probability of the right class, and it falls with more classes.
    With more classes a guess gets harder. What does the cross-entropy do with the
    probability before it is called a loss?
    """
    initial_checked(num_classes, kind)
    return 1 / num_classes if kind == "softmax" else num_classes - 1.0


@EXPECTED_INITIAL_LOSS.misconception("a negative loss")
def _(num_classes, kind="softmax"):
    """Your loss is negative. The logarithm of a probability is, but the loss of a wrong
    guess should be larger than that of a sure one. Which sign is missing?
    """
    initial_checked(num_classes, kind)
    return math.log(1 / num_classes) if kind == "softmax" else num_classes - 1.0


@EXPECTED_INITIAL_LOSS.misconception("the right class missing its own margin")
def _(num_classes, kind="softmax"):
    """The softmax case is right. Your hinge loss counts every class.
    The margin is between the right class and each *wrong* one. How many are wrong?
    """
    initial_checked(num_classes, kind)
    return math.log(num_classes) if kind == "softmax" else float(num_classes)


@EXPECTED_INITIAL_LOSS.misconception("a single wrong class")
def _(num_classes, kind="softmax"):
    """The softmax case is right. Your hinge loss does not depend on the number of classes.
    Each wrong class that misses the margin adds to the loss. How many do, when all
    scores are equal?
    """
    initial_checked(num_classes, kind)
    return math.log(num_classes) if kind == "softmax" else 1.0


@EXPECTED_INITIAL_LOSS.misconception("bad input is let through")
def _(num_classes, kind="softmax"):
    """Your formulas are right. Two calls should have been refused with a ValueError: fewer
    than two classes, and a kind of loss that is neither of the two.
    Where in the function can you still say no?
    """
    return math.log(num_classes) if kind == "softmax" else num_classes - 1.0
