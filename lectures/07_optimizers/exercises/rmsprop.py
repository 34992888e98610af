"""RMSProp: a memory that fades, and the same with Nesterov."""

from collections.abc import Callable

import numpy as np

from grader import Exercise, Number, Question
from lectures import drivers

from .shared import (
    POINTS,
    both_signs,
    far_from,
    gradients,
    look_ahead,
    right_average,
    run,
    slope,
    squares,
    start,
    two_zeros,
    velocity,
    with_a_silent_one,
)

RMSPROP = Exercise(
    "optimizers.rmsprop_step",
    points=2,
    minutes=4,
    returns=POINTS,
    driver=drivers.steps,
    parents=("optimizers.adagrad_step",),
    hints=(
        "Take your AdaGrad and change one line: the one that updates r.",
        "An average keeps the share beta of itself and takes the rest, up to 1, from the new "
        "square.",
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
    "RMSProp lets old squares fade. Which argument says how much of them stays?",
)(rmsprop_with(lambda r, dw, beta: r + dw**2, right_denominator))

RMSPROP.misconception(
    "a fading sum instead of an average",
    "Old squares fade, that is right. But a constant gradient makes your memory larger\n"
    "than the gradient's square: the weights do not add up to one.\n"
    "Which weight does an average give to its newest entry?",
)(rmsprop_with(lambda r, dw, beta: beta * r + dw**2, right_denominator))

RMSPROP.misconception(
    "the two weights exchanged",
    "Your memory follows the newest square too closely.\n"
    "Beta is the weight of what was there before. Which of the two terms has it now?",
)(rmsprop_with(lambda r, dw, beta: (1 - beta) * r + beta * dw**2, right_denominator))

RMSPROP.misconception(
    "the average of the gradient",
    "Where a gradient is negative, you take the root of a negative number. You average\n"
    "the gradient itself; one slide says it so. A gradient that swings between plus and\n"
    "minus would average to zero. What measures its size whatever its sign?",
)(rmsprop_with(lambda r, dw, beta: beta * r + (1 - beta) * dw, right_denominator))

RMSPROP.misconception(
    "eps inside the root",
    "You are right wherever gradients are large against eps. Some lectures, and Keras,\n"
    "write eps inside the root; ours keep it outside.\n"
    "What does the root do to a small number like eps?",
    convention=True,
)(rmsprop_with(right_average, lambda r, eps: np.sqrt(r + eps)))

RMSPROP.misconception(
    "no eps",
    "You ignore eps. For a weight that has never had a gradient, what stands above the\n"
    "line and what below it?",
)(rmsprop_with(right_average, lambda r, eps: np.sqrt(r)))

RMSPROP.misconception(
    "no root",
    "You divide by the mean square itself. Look at the name of the method.\n"
    "What does the R stand for?",
)(rmsprop_with(right_average, lambda r, eps: r + eps))


@RMSPROP.misconception("uphill")
def _(w, dw, state, *, lr, beta=0.9, eps=1e-8):
    """Your point climbs. One lecture puts the minus into the step and adds it, another
    keeps it out and subtracts; between the two it gets lost easily. Which way should
    the step go?
    """
    r = right_average(velocity(w, state), dw, beta)
    return w + lr * dw / (np.sqrt(r) + eps), r


RMSPROP_FIRST = Question(
    "optimizers.rmsprop_first",
    r"RMSProp's average starts at $r = 0$, and $\beta = 0.9$. How long is the very first "
    r"step, in units of the learning rate? (Three digits.)",
    number=Number(
        np.sqrt(10),
        rel_tol=0.01,
        misreadings={
            1.0: "That is AdaGrad. Here r is only a tenth of the square after the first step.",
            10.0: "r is a tenth of the square. It is divided by the root of r.",
            0.316: "Turn it over: the root stands below the line.",
            1.054: "You used 0.9 as the share of the new square. It is the share of the old ones.",
        },
    ),
    why=r"$r = 0.1\,g^2$, so the step is $\eta\, g/(\sqrt{0.1}\,\lvert g \rvert) = "
    r"3.16\,\eta$. The average begins too small. Remember this for Adam.",
)


RMSPROP_NESTEROV = Exercise(
    "optimizers.rmsprop_nesterov_step",
    points=2,
    minutes=5,
    returns=POINTS,
    driver=drivers.look_ahead_steps,
    parents=("optimizers.rmsprop_step", "optimizers.nesterov_lookahead_step"),
    hints=(
        "Put two of your functions together: the place of the gradient from Nesterov, the scale of "
        "the step from RMSProp.",
        "One gradient, taken at the look-ahead point. Its square goes into the average first.",
        "The new velocity is mu times the old one minus the whole RMSProp step. Add it to w.",
    ),
)


@RMSPROP_NESTEROV.cases
def _(rng: np.random.Generator):
    low = start(rng, 3)
    yield look_ahead("three weights", far_from(rng, low), slope(rng, 3), low, lr=0.1, mu=0.6)
    low = start(rng, 2, 3)
    yield look_ahead(
        "a (2, 3) array", far_from(rng, low), slope(rng, 2), low, lr=0.1, mu=0.5, beta=0.7
    )
    low = start(rng, 3)
    silent = np.diag([1.0, 1.0, 0.0])
    yield look_ahead(
        "a weight that never has a gradient",
        far_from(rng, low),
        silent @ slope(rng, 3) @ silent,
        low,
        lr=0.05,
    )
    low = start(rng, 3)
    yield look_ahead(
        "a run that goes on",
        far_from(rng, low),
        slope(rng, 3),
        low,
        lr=0.2,
        mu=0.7,
        state=(both_signs(rng, 3), squares(rng, 3)),
    )
    low = start(rng, 3)
    yield look_ahead("a large eps", far_from(rng, low), slope(rng, 3), low, lr=0.2, mu=0.6, eps=0.3)
    low = start(rng, 2)
    yield look_ahead(
        "very far away",
        low + 3000 * both_signs(rng, 2),
        slope(rng, 2),
        low,
        extreme=True,
        lr=0.1,
        mu=0.9,
    )


@RMSPROP_NESTEROV.misconception("no eps, as printed")
def _(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    """You divide by the bare root, as the slide's algorithm does: it asks for a stabiliser
    and then leaves it out.
    What is your step for a weight that has never had a gradient?
    """
    v, r = two_zeros(w, state)
    g = grad_fn(w + mu * v)
    r = right_average(r, g, beta)
    v = mu * v - lr * g / np.sqrt(r)
    return w + v, (v, r)


@RMSPROP_NESTEROV.misconception("the gradient of where you stand")
def _(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    """From rest, your first step is right. Then the gradient comes from the wrong place.
    This is RMSProp with momentum. What did Nesterov do before he asked for a gradient?
    """
    v, r = two_zeros(w, state)
    g = grad_fn(w)
    r = right_average(r, g, beta)
    v = mu * v - lr * g / (np.sqrt(r) + eps)
    return w + v, (v, r)


@RMSPROP_NESTEROV.misconception("two gradients")
def _(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    """The step uses the gradient ahead, the average of squares another one, from where you
    stand. The method asks for one gradient only.
    Which of the two is it?
    """
    v, r = two_zeros(w, state)
    g = grad_fn(w + mu * v)
    r = right_average(r, grad_fn(w), beta)
    v = mu * v - lr * g / (np.sqrt(r) + eps)
    return w + v, (v, r)


@RMSPROP_NESTEROV.misconception("the average is not used")
def _(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    """You keep the average of squares, but your points are those of plain Nesterov.
    What is to be divided by its root?
    """
    v, r = two_zeros(w, state)
    g = grad_fn(w + mu * v)
    v = mu * v - lr * g
    return w + v, (v, right_average(r, g, beta))


@RMSPROP_NESTEROV.misconception("the whole velocity divided")
def _(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    """You divide the whole velocity by the root, every time you move. So an old gradient
    in it is scaled by a new root at each step. In the algorithm each gradient is
    scaled only once. When?
    """
    v, r = two_zeros(w, state)
    g = grad_fn(w + mu * v)
    r = right_average(r, g, beta)
    v = mu * v - lr * g
    return w + v / (np.sqrt(r) + eps), (v, r)


@RMSPROP_NESTEROV.misconception("the state in another order")
def _(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    """Your points are right when the run begins with no state. You keep the two arrays in
    another order than the text says, so a run that goes on goes wrong.
    Which of the two comes first?
    """
    r, v = two_zeros(w, state)
    g = grad_fn(w + mu * v)
    r = right_average(r, g, beta)
    v = mu * v - lr * g / (np.sqrt(r) + eps)
    return w + v, (r, v)


@RMSPROP_NESTEROV.misconception("moved from the look-ahead point")
def _(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    """From the second step on you go too far: the old velocity carries you twice.
    The look-ahead point is for looking. Where does the move begin?
    """
    v, r = two_zeros(w, state)
    ahead = w + mu * v
    g = grad_fn(ahead)
    r = right_average(r, g, beta)
    v = mu * v - lr * g / (np.sqrt(r) + eps)
    return ahead + v, (v, r)
