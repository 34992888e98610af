"""What an L2 penalty and an early stop leave of each direction."""

import numpy as np

from grader import Case, Choice, Exercise, Question

WHICH_DIRECTION = Question(
    "regularization.which_direction",
    "An L2 penalty with $\\lambda = 1$ is added to a quadratic loss. Along one direction the loss "
    "has the curvature 100, along another 0.01. How much of the unpenalised solution is left along "
    "each?",
    choices=(
        Choice("99% and 1%", right=True),
        Choice(
            "1% and 99%",
            "Steep means that moving away from the minimum is expensive. Which of the two can the "
            "penalty afford to move?",
        ),
        Choice(
            "half of each, for the penalty is the same in both",
            "The penalty is the same. Is the resistance of the loss the same?",
        ),
        Choice(
            "100% and 100%: the penalty only slows the way there",
            "In the new minimum the slopes of loss and penalty cancel. Is the old minimum such a "
            "point?",
        ),
    ),
    why="The penalty gives way where the loss is steep, and wins where it is flat. Flat directions "
    "are those that the data say little about.",
)

RIDGE = Exercise(
    "regularization.ridge_shrinkage",
    points=2,
    minutes=5,
    returns=("share",),
    hints=(
        "Each coordinate is a problem of its own. What holds for its slope in the minimum?",
        "The slope of the loss is h (w - t), that of the penalty reg w. Their sum is 0: solve for "
        "w.",
        "w = h t / (h + reg).",
    ),
)


@RIDGE.cases
def _(rng: np.random.Generator):
    def case(name, h, reg):
        return Case(name, (rng.permutation(h * rng.uniform(0.9, 1.1, len(h))), reg))

    yield case("four curvatures", np.array([0.03, 0.3, 2.0, 9.0]), 0.5)
    yield case("a strong penalty", np.array([0.5, 5.0, 20.0]), 3.0)
    yield case("one coordinate", np.array([1.7]), 0.4)
    yield Case("a flat direction", (np.array([0.0, 1.5]), 0.7))
    yield Case("very steep and very flat", (np.array([1e-9, 1e9]), 1.0), extreme=True)


@RIDGE.misconception("the same share for all")
def _(h, reg):
    """All your coordinates keep the same share.
    One has the curvature 0.01, another 1000. Do they resist the penalty equally?
    """
    return np.full_like(h, 1 / (1 + reg))


@RIDGE.misconception("a penalty without its one half")
def _(h, reg):
    """Your shares are those of a penalty that is twice as strong as the one in the text.
    What is the slope of 0.5 reg w²?
    """
    return h / (h + 2 * reg)


@RIDGE.misconception("what is lost")
def _(h, reg):
    """Your shares grow with the penalty, and the flattest direction keeps most.
    Is that the part that survives, or the part that is taken?
    """
    return reg / (h + reg)


@RIDGE.misconception("curvatures squared")
def _(h, reg):
    """You square the curvature. In ridge regression the *singular values* of the data are
    squared.
    What is the curvature of the loss in terms of a singular value?
    """
    return h**2 / (h**2 + reg)


@RIDGE.misconception("one step instead of the minimum")
def _(h, reg):
    """Your share falls along a straight line when the penalty grows, and can be below 0.
    You take reg away once, from the old minimum. Where do the two slopes cancel?
    """
    return 1 - reg / (1 + h)


STOP_AND_PRICE = Question(
    "regularization.stop_and_price",
    "For small steps an early stop keeps the share $1 - e^{-a}$ with $a = \\eta s h$, and a "
    "penalty "
    "$\\lambda = 1/(\\eta s)$ keeps $a/(1 + a)$. The two curves agree at $a = 0$ and for large "
    "$a$. How far apart are they where they differ most?",
    choices=(
        Choice(
            "0.02",
            "Put in a = 1. How far apart are they already there?",
        ),
        Choice("0.20", right=True),
        Choice(
            "0.37",
            "That is how far the stop is from 1 at a = 1. Where is the other curve there?",
        ),
        Choice(
            "0.50",
            "At which a would one of them be half of 1 ahead of the other? Try a = 1 and a = 3.",
        ),
    ),
    why="The difference is largest at $a = 2.5$: 0.918 against 0.714. Both let steep directions "
    "through and hold flat ones back.",
)

STOPPED = Exercise(
    "regularization.early_stopping_shrinkage",
    points=2,
    minutes=4,
    returns=("share",),
    hints=(
        "Write down one step along one coordinate. What happens to the distance to t?",
        "The distance is multiplied by the same factor in each step. How large is it at the start?",
        "The factor is 1 - lr h. What has been covered is 1 minus the factor to the power steps.",
    ),
)


@STOPPED.cases
def _(rng: np.random.Generator):
    def case(name, h, lr, steps):
        return Case(name, (rng.permutation(h * rng.uniform(0.9, 1.1, len(h))), lr, steps))

    yield case("four curvatures, three steps", np.array([0.1, 0.4, 1.0, 2.0]), 0.3, 3)
    yield case("twelve steps", np.array([0.02, 0.1, 0.5]), 0.4, 12)
    yield case("one step", np.array([0.3, 1.1]), 0.6, 1)
    yield case("no step at all", np.array([0.3, 1.1]), 0.6, 0)
    yield case("steps that overshoot", np.array([1.4, 1.8]), 1.0, 4)
    yield Case("a flat direction", (np.array([0.0, 1.5]), 0.3, 5))
    yield Case("very many steps", (np.array([1e-6, 0.5]), 0.5, 10**6), extreme=True)


@STOPPED.misconception("what is left to go")
def _(h, lr, steps):
    """Before the first step you are at t, and then you move away from it.
    Where does the run start?
    """
    return (1 - lr * h) ** steps


@STOPPED.misconception("continuous time")
def _(h, lr, steps):
    """You are nearly right for small steps: you let time flow.
    With lr h = 1 a single step reaches the minimum. What do you get there?
    """
    return 1 - np.exp(-lr * h * steps)


@STOPPED.misconception("every step like the first")
def _(h, lr, steps):
    """After one step you are right. Then every step is as long as the first, and the run goes on
    past the minimum.
    What happens to the slope on the way down?
    """
    return lr * h * steps


@STOPPED.misconception("a step too few")
def _(h, lr, steps):
    """You are one step behind: after one step you have not moved.
    How many factors are there after one step?
    """
    return 1 - (1 - lr * h) ** (steps - 1.0)


@STOPPED.misconception("the same share for all")
def _(h, lr, steps):
    """All your coordinates have come equally far, whatever their curvature.
    Along which is the first step longer?
    """
    return np.full_like(h, 1 - (1 - lr) ** steps)


@STOPPED.misconception("the share of a penalty")
def _(h, lr, steps):
    """These are the shares under a penalty of 1 / (lr steps), from the exercise before.
    Follow one coordinate through two steps of gradient descent: what do you get?
    """
    return lr * steps * h / (1 + lr * steps * h)
