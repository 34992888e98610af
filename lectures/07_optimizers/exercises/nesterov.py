"""Nesterov: with a look ahead, and in other variables."""

import numpy as np

from grader import Exercise
from lectures import drivers

from .shared import (
    POINTS,
    both_signs,
    far_from,
    look_ahead,
    momentum_cases,
    momentum_velocity,
    slope,
    start,
    velocity,
)

NESTEROV_LOOKAHEAD = Exercise(
    "optimizers.nesterov_lookahead_step",
    points=2,
    minutes=3,
    returns=POINTS,
    driver=drivers.look_ahead_steps,
    parents=("optimizers.momentum_step",),
    hints=(
        "Start from momentum. Only the place at which the gradient is taken changes.",
        "First find the look-ahead point: w plus mu times the old velocity. Ask `grad_fn` there.",
        "Then the new velocity as in momentum, with this gradient. Move w (not the look-ahead "
        "point) by it.",
    ),
)


@NESTEROV_LOOKAHEAD.cases
def _(rng: np.random.Generator):
    low = start(rng, 3)
    yield look_ahead("three weights", far_from(rng, low), slope(rng, 3), low, lr=0.2, mu=0.8)
    low = start(rng, 4)
    yield look_ahead("the default coefficient", far_from(rng, low), slope(rng, 4), low, lr=0.1)
    low = start(rng, 2, 3)
    yield look_ahead("a (2, 3) array", far_from(rng, low), slope(rng, 2), low, lr=0.15, mu=0.7)
    low = start(rng, 3)
    yield look_ahead(
        "a run that goes on",
        far_from(rng, low),
        slope(rng, 3),
        low,
        lr=0.2,
        mu=0.6,
        state=both_signs(rng, 3),
    )
    low = start(rng, 3)
    yield look_ahead(
        "a rate that is cut",
        far_from(rng, low),
        slope(rng, 3),
        low,
        lr=(0.3, 0.3, 0.03, 0.03),
        mu=0.9,
    )
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


@NESTEROV_LOOKAHEAD.misconception("the gradient of where you stand")
def _(w, grad_fn, state, *, lr, mu=0.9):
    """You walk like plain momentum: `grad_fn` is asked where you stand.
    What is different about the place where Nesterov asks?
    """
    v = mu * velocity(w, state) - lr * grad_fn(w)
    return w + v, v


@NESTEROV_LOOKAHEAD.misconception("moved from the look-ahead point")
def _(w, grad_fn, state, *, lr, mu=0.9):
    """From rest, your first step is right. After it the old velocity carries you twice: it is
    in the point you move from, and again in the new velocity.
    Where does the move itself begin?
    """
    v = velocity(w, state)
    ahead = w + mu * v
    v = mu * v - lr * grad_fn(ahead)
    return ahead + v, v


@NESTEROV_LOOKAHEAD.misconception("looked too far ahead")
def _(w, grad_fn, state, *, lr, mu=0.9):
    """You look ahead by the whole old velocity.
    How much of it takes part in the next step?
    """
    v = velocity(w, state)
    v = mu * v - lr * grad_fn(w + v)
    return w + v, v


@NESTEROV_LOOKAHEAD.misconception("looked back")
def _(w, grad_fn, state, *, lr, mu=0.9):
    """You look at a point behind you. In the form where the velocity is subtracted, a
    minus stands there. Ours is added. Which sign leads forward here?
    """
    v = velocity(w, state)
    v = mu * v - lr * grad_fn(w - mu * v)
    return w + v, v


@NESTEROV_LOOKAHEAD.misconception("velocity with the other sign", convention=True)
def _(w, grad_fn, state, *, lr, mu=0.9):
    """Your points are right. The velocity you hand on has the opposite sign: you keep it as
    a number to be subtracted, as two of the slide decks do.
    Which sign has a velocity that is added?
    """
    u = velocity(w, state)
    u = mu * u + lr * grad_fn(w - mu * u)
    return w - u, u


@NESTEROV_LOOKAHEAD.misconception("the old velocity is only looked at")
def _(w, grad_fn, state, *, lr, mu=0.9):
    """From rest, your first step is right, and then the speed is lost.
    The old velocity decides where you look, but it also carries you.
    Where else does it stand in the formula?
    """
    v = -lr * grad_fn(w + mu * velocity(w, state))
    return w + v, v


@NESTEROV_LOOKAHEAD.misconception("uphill")
def _(w, grad_fn, state, *, lr, mu=0.9):
    """Your point climbs: the gradient that you find ahead speeds you up the hill.
    Which sign has the gradient in the velocity?
    """
    v = velocity(w, state)
    v = mu * v + lr * grad_fn(w + mu * v)
    return w + v, v


NESTEROV = Exercise(
    "optimizers.nesterov_step",
    points=3,
    minutes=8,
    returns=POINTS,
    driver=drivers.steps,
    parents=("optimizers.nesterov_lookahead_step",),
    hints=(
        "Call the look-ahead point y. Write down y before the step and y after it, by x and v, and "
        "the step of x itself.",
        "y = x + mu v, x_next = x + v_next, y_next = x_next + mu v_next. Get rid of both x. The "
        "velocity's own line needs no change: `dw` is already the gradient at y.",
        "y_next = y - mu v + (1 + mu) v_next: the point moves by the new velocity, and in addition "
        "by mu times the change of the velocity.",
    ),
)


NESTEROV.cases(momentum_cases)

NESTEROV.misconception(
    "the old velocity is overwritten",
    "You walk like plain momentum: your point moves by the new velocity and no further.\n"
    "The point that you hold looks ahead by the old velocity, the next one by the new one.\n"
    "Is the old velocity still there when you need it?",
)(momentum_velocity)


@NESTEROV.misconception("the return is missing")
def _(w, dw, state, *, lr, mu=0.9):
    """From rest, your first step is right, then you run ahead.
    The point you hold is not x: it already looks ahead by the old velocity.
    What takes you from it back to x?
    """
    v_next = mu * velocity(w, state) - lr * dw
    return w + (1 + mu) * v_next, v_next


@NESTEROV.misconception("the return with the wrong sign")
def _(w, dw, state, *, lr, mu=0.9):
    """From rest, your first step is right. From then on the old velocity counts with the
    wrong sign. You hold y = x + mu v: what is x?
    """
    v = velocity(w, state)
    v_next = mu * v - lr * dw
    return w + mu * v + (1 + mu) * v_next, v_next


@NESTEROV.misconception("old and new exchanged")
def _(w, dw, state, *, lr, mu=0.9):
    """From rest, your first step goes uphill, and yet your velocity is right.
    It looks as if the old and the new velocity had changed places in the move.
    Which of your names holds which?
    """
    v = velocity(w, state)
    v_next = mu * v - lr * dw
    return w + v + mu * (v - v_next), v_next


@NESTEROV.misconception("the correction with full weight")
def _(w, dw, state, *, lr, mu=0.9):
    """Your point moves by the new velocity and by the whole change of the velocity.
    How far ahead of x does the look-ahead point stand: by v, or by a share of it?
    """
    v = velocity(w, state)
    v_next = mu * v - lr * dw
    return w + 2 * v_next - v, v_next


@NESTEROV.misconception("the old velocity returned")
def _(w, dw, state, *, lr, mu=0.9):
    """Your first point is right. The velocity that you hand on is the one that came in.
    Which of the two velocities will the next step call its old one?
    """
    v = velocity(w, state)
    v_next = mu * v - lr * dw
    return w + v_next + mu * (v_next - v), v.copy()


@NESTEROV.misconception("uphill")
def _(w, dw, state, *, lr, mu=0.9):
    """Your point climbs: the gradient pushes the velocity up the hill.
    Which sign has the gradient in the velocity?
    """
    v = velocity(w, state)
    v_next = mu * v + lr * dw
    return w + v_next + mu * (v_next - v), v_next


@NESTEROV.misconception("a short form with the wrong velocity")
def _(w, dw, state, *, lr, mu=0.9):
    """Your velocity is right. Your move counts the gradient of this step too often.
    There is a short form of the move, with mu squared times a velocity and 1 + mu times a
    gradient step. Which velocity is it made for, the one before the step or the one after?
    """
    v_next = mu * velocity(w, state) - lr * dw
    return w + mu**2 * v_next - (1 + mu) * lr * dw, v_next


@NESTEROV.misconception("the sum form", convention=True)
def _(w, dw, state, *, lr, mu=0.9):
    """You keep a sum of gradients, and the rate comes in when you move. Libraries do so.
    Try a rate that is cut half-way: does the speed you already have change with it?
    In the velocity form, what has been done to a gradient by the time it is stored?
    """
    gathered = mu * velocity(w, state) + dw
    return w - lr * (dw + mu * gathered), gathered
