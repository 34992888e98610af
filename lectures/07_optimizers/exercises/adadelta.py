"""Adadelta: a question of units."""

from collections.abc import Callable

import numpy as np

from grader import Choice, Exercise, Question
from lectures import drivers

from .shared import (
    POINTS,
    gradients,
    right_average,
    run,
    squares,
    start,
    two_zeros,
    with_a_silent_one,
)

UNITS = Question(
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
)


ADADELTA = Exercise(
    "optimizers.adadelta_step",
    points=3,
    minutes=8,
    returns=POINTS,
    driver=drivers.steps,
    parents=("optimizers.rmsprop_step",),
    hints=(
        "There are two averages of squares, made in the same way: of gradients and of steps.",
        "Order matters: first the average of squared gradients, then the step (with the old "
        "average of squared steps), then the new average of squared steps.",
        "The step is minus the gradient, times the root of (steps' average plus eps), over the "
        "root of (gradients' average plus eps). The factor lr comes only when w moves.",
    ),
)


@ADADELTA.cases
def _(rng: np.random.Generator):
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


ADADELTA.misconception(
    "no memory of steps",
    "Your step is the gradient over its own size: a number without a unit, as in RMSProp.\n"
    "Something that is measured like w has to stand above the line.\n"
    "What have you stored that is?",
)(adadelta_with(lambda r, d, dw, eps: -dw / np.sqrt(r + eps)))


def right_step(r, d, dw, eps):
    return -np.sqrt(d + eps) / np.sqrt(r + eps) * dw


ADADELTA.misconception(
    "the memory of steps stays empty",
    "Your first step is right. After it your steps never learn their size: what you keep\n"
    "about past steps does not change.\n"
    "What has to happen after the step is known?",
)(adadelta_with(right_step, lambda d, w, s, lr, beta: d.copy()))

ADADELTA.misconception(
    "eps outside the roots",
    "You add eps outside the roots, as our other methods do. Here that makes the first\n"
    "step far too small: no step has been made yet, and eps alone sets its size. Where\n"
    "does this method put eps, and what does the root do to a small number?",
)(adadelta_with(lambda r, d, dw, eps: -(np.sqrt(d) + eps) / (np.sqrt(r) + eps) * dw))

ADADELTA.misconception(
    "squares of the weights",
    "Your first step is right. Then your steps grow to the size of the weights\n"
    "themselves. They have the right unit, but the wrong meaning. Of what should the\n"
    "second average hold the squares?",
)(adadelta_with(right_step, lambda d, w, s, lr, beta: beta * d + (1 - beta) * w**2))

ADADELTA.misconception(
    "the factor in the memory",
    "You are right as long as the factor lr is 1. Otherwise your memory holds the step\n"
    "after it was multiplied, and so the factor works again and again. Which step does\n"
    "the text want remembered?",
)(adadelta_with(right_step, lambda d, w, s, lr, beta: beta * d + (1 - beta) * (lr * s) ** 2))

ADADELTA.misconception(
    "no roots",
    "You divide one mean square by another. Both are squares: the one above the line has\n"
    "the unit of w squared.\n"
    "What has to be done to both before they are divided?",
)(adadelta_with(lambda r, d, dw, eps: -(d + eps) / (r + eps) * dw))


@ADADELTA.misconception("the state in another order")
def _(w, dw, state, *, lr=1.0, beta=0.95, eps=1e-6):
    """Your points are right when the run begins with no state. You keep the two averages
    in another order than the text says, so a run that goes on goes wrong. Which of the
    two comes first?
    """
    d, r = two_zeros(w, state)
    r = right_average(r, dw, beta)
    s = right_step(r, d, dw, eps)
    return w + lr * s, (beta * d + (1 - beta) * s**2, r)


ADADELTA.misconception(
    "uphill",
    "Your point climbs. In this method the step itself carries the minus, and is added.\n"
    "Is it in your step?",
)(adadelta_with(lambda r, d, dw, eps: -right_step(r, d, dw, eps)))
