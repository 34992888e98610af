"""Forgetting: RMSProp, and the question of units behind Adadelta."""

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
    velocity,
    with_a_silent_one,
)

RMSPROP = Exercise(
    "optimizers.rmsprop_step",
    points=2,
    minutes=2,
    returns=POINTS,
    driver=drivers.steps,
    parents=("optimizers.adagrad_step",),
    hints=(
        "One line of your AdaGrad changes. Which one knows about the past?",
        "An average keeps the share beta of itself. Which share is left for the new square?",
        "r becomes beta times r plus (1 - beta) times the squared gradient.",
    ),
)


@RMSPROP.cases
def _(rng: np.random.Generator):
    yield run("four steps of a (3, 2) array", start(rng, 3, 2), gradients(rng, 3, 2), lr=0.2)
    yield run("a shorter memory", start(rng, 4), gradients(rng, 4), lr=0.3, beta=0.7)
    yield run("a single number", start(rng, 1), gradients(rng, 1), lr=0.1, beta=0.8)
    yield run("a weight that never has a gradient", start(rng, 3), with_a_silent_one(rng), lr=0.2)
    yield run(
        "a run that goes on",
        start(rng, 4),
        gradients(rng, 4),
        lr=0.5,
        state=squares(rng, 4),
    )
    yield run("a large eps", start(rng, 4), gradients(rng, 4), lr=0.3, eps=0.3)
    yield run(
        "very small gradients",
        start(rng, 3),
        [1e-5 * dw for dw in gradients(rng, 3)],
        extreme=True,
        lr=0.5,
    )
    yield run(
        "large gradients",
        start(rng, 3),
        [3000 * dw for dw in gradients(rng, 3)],
        extreme=True,
        lr=0.5,
    )


def rmsprop_with(average: Callable, denominator: Callable) -> Callable:
    """RMSProp with another memory or another denominator."""

    def step(w, dw, state, *, lr, beta=0.9, eps=1e-8):
        r = average(velocity(w, state), dw, beta)
        return w - lr * dw / denominator(r, eps), r

    return step


def right_denominator(r, eps):
    return np.sqrt(r) + eps


RMSPROP.misconception(
    "nothing is forgotten",
    "Your memory grows and never shrinks: this is AdaGrad again.\n"
    "Which argument says how much of an old square stays?",
)(rmsprop_with(lambda r, dw, beta: r + dw**2, right_denominator))

RMSPROP.misconception(
    "a fading sum instead of an average",
    "Old squares fade, that is right. But a constant gradient makes your memory larger\n"
    "than the gradient's square.\n"
    "What do the weights of an average add up to, and what do yours?",
)(rmsprop_with(lambda r, dw, beta: beta * r + dw**2, right_denominator))

RMSPROP.misconception(
    "the two weights exchanged",
    "Your memory gives the newest square the share beta, and the past what is left.\n"
    "At beta = 0.9, should it follow the newest gradient or remember?",
)(rmsprop_with(lambda r, dw, beta: (1 - beta) * r + beta * dw**2, right_denominator))

RMSPROP.misconception(
    "the average of the gradient",
    "You average the gradient itself, as one slide says it, and where it is negative you take\n"
    "the square root of a negative number. A gradient that swings between plus and minus\n"
    "averages to zero. What measures its size whatever its sign?",
)(rmsprop_with(lambda r, dw, beta: beta * r + (1 - beta) * dw, right_denominator))

RMSPROP.misconception(
    "eps inside the square root",
    "You are right wherever gradients are large against eps. You add it before you take the\n"
    "square root, as Keras does.\n"
    "What does a square root do to a small number like eps?",
    convention=True,
)(rmsprop_with(right_average, lambda r, eps: np.sqrt(r + eps)))

RMSPROP.misconception(
    "no eps",
    "Your step does not depend on eps. For a weight that has never had a gradient, what are\n"
    "numerator and denominator?",
)(rmsprop_with(right_average, lambda r, eps: np.sqrt(r)))

RMSPROP.misconception(
    "an eps of its own",
    "With the default you are right. With another eps you give the same answer as before.\n"
    "Where does the argument enter?",
)(rmsprop_with(right_average, lambda r, eps: np.sqrt(r) + 1e-8))

RMSPROP.misconception(
    "the size of the average gradient",
    "You average the gradient itself and divide by the size of that average.\n"
    "Take gradients of +5, -5, +5, -5: how long are your steps after a while, and how large\n"
    "are the gradients?",
)(rmsprop_with(lambda r, dw, beta: beta * r + (1 - beta) * dw, lambda r, eps: np.abs(r) + eps))

RMSPROP.misconception(
    "no root",
    "You divide by the mean square itself. With gradients a thousand times as large your\n"
    "steps would be a thousand times as short.\n"
    "What does the R in RMSProp stand for?",
)(rmsprop_with(right_average, lambda r, eps: r + eps))


@RMSPROP.misconception("uphill")
def _(w, dw, state, *, lr, beta=0.9, eps=1e-8):
    """Your point climbs. Some texts put the minus into the step and add it, others keep it
    out and subtract; between the two it gets lost easily.
    Which way does the gradient point?
    """
    r = right_average(velocity(w, state), dw, beta)
    return w + lr * dw / (np.sqrt(r) + eps), r


UNITS = Question(
    "optimizers.units",
    r"Weights measured in seconds, a loss measured in metres. The gradient is then in metres per "
    r"second. In which unit is the step of AdaGrad or RMSProp, $g/\sqrt r$, and which would be "
    r"right?",
    choices=(
        Choice(
            "It is in metres per second; seconds would be right.",
            "That is the gradient. What is it divided by, and in which unit is that?",
        ),
        Choice("It has no unit; seconds would be right.", right=True),
        Choice(
            "It is in seconds, and seconds are right.",
            "r is made of squares of gradients. What is the unit of its square root?",
        ),
        Choice(
            "It has no unit, and that is right for a step.",
            "What do you get when you add a number without unit to 3 seconds?",
        ),
    ),
    why=r"Metres per second over metres per second: no unit. That is better than gradient descent, "
    r"whose step is in metres per second: the loss may be measured in metres or miles. But the "
    r"learning rate still has to know whether the weights are seconds or hours. A second-order "
    r"step, $\frac{\partial f/\partial w}{\partial^2 f/\partial w^2}$, comes out in seconds.",
)
