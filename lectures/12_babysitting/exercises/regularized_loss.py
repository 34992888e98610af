"""The loss when the regularisation is turned up."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Question

PENALTY_CONVENTION = Question(
    "babysitting.penalty_convention",
    r"The slides set the regularisation to $\lambda = 1000$ and print the loss "
    r"**3.06859716482**. There are 154,100 weights $w$ with standard deviation $10^{-4}$. "
    r"Which penalty did their program add to $\ln 10 = 2.3026$? (What is $\sum w^2$, about?)",
    choices=(
        Choice(
            r"$\lambda \sum w^2$, as on the slide about regularisation",
            "Sum of squares: 154,100 times a hundred-millionth. Multiply by a thousand and "
            "compare with what was added, 0.766.",
        ),
        Choice(r"$\frac12 \lambda \sum w^2$", right=True),
        Choice(
            r"$\lambda$ times the mean of $w^2$",
            "The mean of the squares is a hundred-millionth. A thousand times that would not "
            "be seen in the loss at all.",
        ),
        Choice(
            r"$\lambda \sqrt{\sum w^2}$",
            r"The length of the weight vector is about 0.039. A thousand times that is far "
            "more than what was added.",
        ),
    ),
    why=r"$\sum w^2 \approx 154{,}100 \cdot 10^{-8} = 0.001541$. Times 1000 that is 1.541, and "
    r"half of it 0.7705. The loss rose by 0.766. So the program has the factor ½, and the "
    "formula on the slide about regularisation does not.",
)


EXPECTED_REGULARIZED_LOSS = Exercise(
    "babysitting.expected_regularized_loss",
    points=1,
    minutes=2,
    returns=("loss",),
    parents=("babysitting.expected_initial_loss",),
    hints=(
        "Two parts: the loss you already know for small weights, and the expected penalty.",
        "The expected sum of squares of n independent weights with standard deviation s is n s^2.",
    ),
)


@EXPECTED_REGULARIZED_LOSS.cases
def _(rng: np.random.Generator):
    for name, classes, weights, scale in (
        ("the network of the lecture", 10, 154_100, 1e-4),
        ("two classes", 2, 600, 0.05),
        ("few weights", 7, 12, 0.5),
        ("many classes", int(rng.integers(50, 500)), 30_000, 0.01),
    ):
        penalty = float(rng.uniform(0.8, 1.6))  # comparable with log(K)
        reg = 2 * penalty / (weights * scale**2)
        yield Case(name, (classes, weights), {"scale": scale, "reg": reg})
    yield Case("no regularisation", (5, 40), {"scale": 0.1, "reg": 0.0})


@EXPECTED_REGULARIZED_LOSS.misconception("the penalty without its half", convention=True)
def _(num_classes, num_weights, *, scale, reg):
    """Your penalty is twice ours. You use the convention without the factor in front, as
    other courses and one of the slides do. It is not wrong, but it is another loss.
    Which one has the gradient that is simply reg times w?
    """
    return math.log(num_classes) + reg * num_weights * scale**2


@EXPECTED_REGULARIZED_LOSS.misconception("the scale is not squared")
def _(num_classes, num_weights, *, scale, reg):
    """Your penalty grows in proportion to the scale of the weights.
    The penalty adds up *squares*. What is the average of the square of a number with
    mean 0 and standard deviation `scale`?
    """
    return math.log(num_classes) + 0.5 * reg * num_weights * scale


@EXPECTED_REGULARIZED_LOSS.misconception("the penalty alone")
def _(num_classes, num_weights, *, scale, reg):
    """Without regularisation your loss is zero.
    What does an untrained network show when nothing is penalised?
    """
    return 0.5 * reg * num_weights * scale**2


@EXPECTED_REGULARIZED_LOSS.misconception("one weight instead of all")
def _(num_classes, num_weights, *, scale, reg):
    """Your penalty does not depend on the number of weights.
    It looks as if you took the mean of the squares. Does the formula say mean or sum?
    """
    return math.log(num_classes) + 0.5 * reg * scale**2


@EXPECTED_REGULARIZED_LOSS.misconception("the norm instead of its square")
def _(num_classes, num_weights, *, scale, reg):
    """Your penalty grows with the square root of the number of weights: that is the length of
    the weight vector. What happens to a sum of squares when there are twice as many weights?
    """
    return math.log(num_classes) + 0.5 * reg * math.sqrt(num_weights) * scale


@EXPECTED_REGULARIZED_LOSS.misconception("the penalty subtracted")
def _(num_classes, num_weights, *, scale, reg):
    """Your loss goes *down* when the regularisation is turned up.
    A penalty is something to pay. Which sign does it have in a loss that we minimise?
    """
    return math.log(num_classes) - 0.5 * reg * num_weights * scale**2
