"""Momentum: its velocity, its memory, its two forms."""

from grader import Choice, Exercise, Number, Question
from lectures import drivers

from .shared import POINTS, momentum_cases, velocity

MOMENTUM = Exercise(
    "optimizers.momentum_step",
    points=2,
    minutes=3,
    returns=POINTS,
    driver=drivers.steps,
    parents=("optimizers.sgd_step",),
    hints=(
        "What should the velocity be when `state` is `None`? It needs the shape of `w`.",
        "Two lines: first the new velocity from the old one and the gradient, then the new point "
        "from the new velocity.",
        "Keep the share mu of the old velocity and take away rate times gradient. Add the result "
        "to w. Return both.",
    ),
)


MOMENTUM.cases(momentum_cases)


@MOMENTUM.misconception("friction instead of what is kept")
def _(w, dw, state, *, lr, mu=0.9):
    """From rest, your first step is right. After it you keep 1 - mu of the old velocity, as
    if mu were a friction. Put a gradient of 0 into the formula: what is left of the
    velocity after one step?
    """
    v = (1 - mu) * velocity(w, state) - lr * dw
    return w + v, v


@MOMENTUM.misconception("moved with the old velocity")
def _(w, dw, state, *, lr, mu=0.9):
    """From rest, your first step does not move, and every other move comes one step late.
    A slide makes this slip, too: it mixes up two indices.
    In the formula, what has happened to the velocity by the time it is added?
    """
    v = velocity(w, state)
    return w + v, mu * v - lr * dw


@MOMENTUM.misconception("an average instead of a sum")
def _(w, dw, state, *, lr, mu=0.9):
    """Your gradient counts 1 - mu times what it should, from the first step on.
    With that share the velocity is an average of steps.
    What does the formula put in front of the gradient?
    """
    v = mu * velocity(w, state) - (1 - mu) * lr * dw
    return w + v, v


@MOMENTUM.misconception("the velocity is not kept")
def _(w, dw, state, *, lr, mu=0.9):
    """From rest, your first step is right, and then you walk like plain gradient descent.
    The old velocity comes in as an argument. Where does it enter the new one?
    """
    return w - lr * dw, -lr * dw


@MOMENTUM.misconception("uphill")
def _(w, dw, state, *, lr, mu=0.9):
    """Your point climbs: the gradient speeds it up the hill.
    There are two lines in which a minus could turn it round.
    In which of the two does this form have it?
    """
    v = mu * velocity(w, state) + lr * dw
    return w + v, v


@MOMENTUM.misconception("velocity with the other sign", convention=True)
def _(w, dw, state, *, lr, mu=0.9):
    """Your points are right. The velocity you hand on has the opposite sign: you keep it as
    a number to be subtracted, as two of the slide decks do.
    Which sign has a velocity that is added?
    """
    u = mu * velocity(w, state) + lr * dw
    return w - u, u


@MOMENTUM.misconception("the sum form", convention=True)
def _(w, dw, state, *, lr, mu=0.9):
    """You keep a sum of gradients, and the rate comes in when you move. Libraries do so.
    Try a rate that is cut half-way: does the speed you already have change with it?
    In the velocity form, what has been done to a gradient by the time it is stored?
    """
    v = mu * velocity(w, state) + dw
    return w - lr * v, v


@MOMENTUM.misconception("the old velocity returned")
def _(w, dw, state, *, lr, mu=0.9):
    """Your first point is right. The velocity that you hand on is the one that came in, so
    nothing is ever gathered.
    Which velocity will the next step call its old one?
    """
    v = velocity(w, state)
    return w + mu * v - lr * dw, v.copy()


@MOMENTUM.misconception("Nesterov's step")
def _(w, dw, state, *, lr, mu=0.9):
    """Your velocity is right. Your point moves by more than the velocity: the gradient and
    the decay come in once more. That is Nesterov's method, further down.
    By how much does a plain ball move in one step?
    """
    v = mu * velocity(w, state) - lr * dw
    return w + mu * v - lr * dw, v


SUM_OF_WEIGHTS = Question(
    "optimizers.sum_of_weights",
    r"A slide says: the velocity is a *moving average* of the gradients. The gradient of $k$ "
    r"steps ago has the weight $\mu^k$ in it (times the learning rate). Add up all these "
    r"weights for $\mu = 0.9$.",
    number=Number(
        10.0,
        misreadings={
            1.0: "That would make it an average. Add up 1 + 0.9 + 0.81 + ...",
            0.9: "The newest gradient alone has the weight 1. Which weights come after it?",
            9.0: "You left out the newest one, with k = 0.",
            1.9: "Two terms. The series goes on for ever. What does it add up to?",
        },
    ),
    why=r"$\sum_k \mu^k = 1/(1 - \mu) = 10$. An average needs weights that add up to 1, so the "
    r"velocity is a decaying *sum*. The same sum is its terminal speed: under a constant gradient "
    r"the steps grow until they are ten times as long as those of gradient descent.",
)


ROLE_OF_MU = Question(
    "optimizers.role_of_mu",
    r"What is the role of $\mu$? A slide answers: if $\mu$ is larger than the learning rate, "
    r"the step depends more on the past gradients. Test it: $\mu = 0.8$ and $\eta = 0.01$; "
    r"then divide the loss by 1000 and take $\eta = 10$, so that $\mu$ is now the smaller "
    r"one. What changes about the path?",
    choices=(
        Choice(
            "It depends less on the past gradients.",
            "Write down the velocity: each gradient in it is multiplied by the rate. What do "
            "the factors 1/1000 and 1000 do together?",
        ),
        Choice("Nothing: it is the same path.", right=True),
        Choice(
            "It explodes, because the learning rate is above 1.",
            "Whether a rate is too large depends on the curvature of the loss. What became of "
            "that?",
        ),
        Choice(
            "It is the same at first, and then slower by a factor of 1000.",
            "Does the product of rate and gradient come out differently in a later step?",
        ),
    ),
    why=r"The gradient is 1000 times smaller, the rate 1000 times larger: every product is the "
    r"same. A learning rate has units and changes with the scale of the loss, $\mu$ is a pure "
    r"number. Comparing the two means nothing. Only $\mu$ sets the memory: about $1/(1-\mu)$ "
    r"steps.",
)


TWO_FORMS = Question(
    "optimizers.two_forms",
    r"Form A: $v \leftarrow \mu v - \eta g$, $w \leftarrow w + v$. Form B: $v \leftarrow \mu "
    r"v + g$, $w \leftarrow w - \eta v$. Both start from rest. A slide says that they are "
    r"equivalent, they give the same sequence of $w$. When is that true?",
    choices=(
        Choice(
            "Always: B is A with the learning rate taken out of the bracket.",
            "You can take it out only if it is the same in all terms. When is it not?",
        ),
        Choice("As long as the learning rate stays the same.", right=True),
        Choice(
            "Never: the steps of B are longer, and by a constant factor.",
            "Work out the first two steps of both, with one learning rate.",
        ),
        Choice(
            r"Only if $\eta = 1 - \mu$, so that the weights add up to 1.",
            "Work out the first two steps of both with another rate. Do they differ?",
        ),
    ),
    why=r"Every gradient in A was multiplied by the rate of *its own* time, in B by the rate "
    r"of *now*. With a constant rate that is the same. Cut the rate, and B slows down at "
    r"once, while A still carries the old speed.",
)
