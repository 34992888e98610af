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
    minutes=5,
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
    """You walk like plain momentum: the gradient is taken where you stand.
    The one idea of Nesterov is to look first at the place the velocity leads to.
    At which point should `grad_fn` be asked?
    """
    v = mu * velocity(w, state) - lr * grad_fn(w)
    return w + v, v


@NESTEROV_LOOKAHEAD.misconception("moved from the look-ahead point")
def _(w, grad_fn, state, *, lr, mu=0.9):
    """Your steps go too far from the second one on: the old velocity carries you twice.
    It is in the point you start from, and again in the new velocity.
    The look-ahead point is for looking. Where does the move itself begin?
    """
    v = velocity(w, state)
    ahead = w + mu * v
    v = mu * v - lr * grad_fn(ahead)
    return ahead + v, v


@NESTEROV_LOOKAHEAD.misconception("looked too far ahead")
def _(w, grad_fn, state, *, lr, mu=0.9):
    """You look ahead by the whole velocity. But part of it will be lost on the way.
    How much of the old velocity takes part in the next step?
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
    """Your points come from the convention that subtracts the velocity: two of the
    lectures write it so, and the path is the same. What you keep has the opposite sign
    of ours. Which sign has a velocity that is added?
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


NESTEROV = Exercise(
    "optimizers.nesterov_step",
    points=2,
    minutes=6,
    returns=POINTS,
    driver=drivers.steps,
    parents=("optimizers.nesterov_lookahead_step",),
    hints=(
        "You need the old and the new velocity at the same time: two names.",
        "The new velocity is that of momentum, with the gradient as it is given.",
        "The point moves by the new velocity, and in addition by mu times the change of the "
        "velocity.",
    ),
)


NESTEROV.cases(momentum_cases)

NESTEROV.misconception(
    "the old velocity is overwritten",
    "You walk like plain momentum: the correction at the end is zero.\n"
    "It compares the new velocity with the old one. If both have the same name, the old\n"
    "one is gone by then. How do you keep it?",
)(momentum_velocity)


@NESTEROV.misconception("the way back is missing")
def _(w, dw, state, *, lr, mu=0.9):
    """From rest, your first step is right, then you run ahead.
    The point you hold already looks ahead by the old velocity. Before you look ahead by
    the new one, you have to undo that. Which term of the formula does it?
    """
    v_next = mu * velocity(w, state) - lr * dw
    return w + (1 + mu) * v_next, v_next


@NESTEROV.misconception("the way back with the wrong sign")
def _(w, dw, state, *, lr, mu=0.9):
    """From rest, your first step is right. From then on the old velocity pushes forward
    where it should pull back. You stand ahead of the parameters: which sign leads back
    to them?
    """
    v = velocity(w, state)
    v_next = mu * v - lr * dw
    return w + mu * v + (1 + mu) * v_next, v_next


@NESTEROV.misconception("old and new exchanged")
def _(w, dw, state, *, lr, mu=0.9):
    """Even your first step has the wrong direction.
    The point moves with the new velocity, and the correction is new minus old.
    Which of your two names holds which?
    """
    v = velocity(w, state)
    v_next = mu * v - lr * dw
    return w + v + mu * (v - v_next), v_next


@NESTEROV.misconception("the correction with full weight")
def _(w, dw, state, *, lr, mu=0.9):
    """Your correction, new minus old velocity, is too strong.
    You look ahead by only the share of the velocity that will be kept.
    Which factor belongs in front of the correction?
    """
    v = velocity(w, state)
    v_next = mu * v - lr * dw
    return w + 2 * v_next - v, v_next


@NESTEROV.misconception("the old velocity returned")
def _(w, dw, state, *, lr, mu=0.9):
    """Your first point is right. The next step begins with a velocity that is out of date.
    Which of the two velocities will the next step call its old one?
    """
    v = velocity(w, state)
    v_next = mu * v - lr * dw
    return w + v_next + mu * (v_next - v), v
