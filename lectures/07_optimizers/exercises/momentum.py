"""Momentum: its two forms, its memory, its terminal speed."""

from grader import Choice, Exercise, Number, Question
from lectures import drivers

from .shared import POINTS, momentum_cases, momentum_velocity, velocity

CURE = Question(
    "optimizers.cure",
    "How could we help gradient descent in a narrow valley, without knowing the valley?",
    choices=(
        Choice(
            "Take a larger learning rate, so that it moves along the valley faster.",
            "The steep direction has a speed limit. What happens across the valley?",
        ),
        Choice(
            "Take a smaller learning rate, so that it stops jumping.",
            "It will. How long does it then take along the valley?",
        ),
        Choice(
            "Average the last steps: what changes its sign cancels, what stays adds up.",
            right=True,
        ),
        Choice(
            "Take larger batches, so that the gradient points to the minimum.",
            "The zig-zag needs no noise. It comes from the exact gradient.",
        ),
    ),
    why="Across the valley the steps point left, right, left, right. Along it they all point "
    "the same way. A memory of past steps tells the two apart. This is momentum.",
)


FRICTION = Question(
    "optimizers.friction",
    r"$\mu = 0.9$, and the ground is flat: the gradient is 0. What share of its speed does "
    r"the ball *lose* in one step?",
    number=Number(
        0.1,
        misreadings={
            0.9: "That is the share it keeps. Slides call it friction, and so it sounds as if "
            "it were lost.",
            0.0: "With a gradient of 0 nothing is added. What does the factor in front of v do?",
            1.0: "Then mu would be 0. Put g = 0 into the formula: what is left of v?",
        },
    ),
    why=r"$v \leftarrow 0.9\,v$: nine tenths are kept, one tenth is lost. So the friction is "
    r"$1 - \mu$. Two of the lectures call $\mu$ itself the friction. Then $\mu = 0.99$ "
    r"would be a lot of friction; in truth the ball hardly slows down.",
)


MOMENTUM = Exercise(
    "optimizers.momentum_step",
    points=2,
    minutes=5,
    returns=POINTS,
    driver=drivers.steps,
    parents=("optimizers.sgd_step",),
    hints=(
        "When `state` is `None`, the velocity starts at 0: `np.zeros_like(w)`.",
        "Two lines: first the new velocity from the old one and the gradient, then the new point "
        "from the new velocity.",
        "Keep the share mu of the old velocity and take away rate times gradient. Add the result "
        "to w. Return both.",
    ),
)


MOMENTUM.cases(momentum_cases)


@MOMENTUM.misconception("friction instead of what is kept")
def _(w, dw, state, *, lr, mu=0.9):
    """From rest, your first step is right. After it, far too little speed is left.
    You read the coefficient as friction, as some slides call it.
    At 0.9, does the ball keep nine tenths of its speed or lose them?
    """
    v = (1 - mu) * velocity(w, state) - lr * dw
    return w + v, v


@MOMENTUM.misconception("moved with the old velocity")
def _(w, dw, state, *, lr, mu=0.9):
    """From rest, your first step does not move, and every other one comes one step late.
    You move first and look at the gradient afterwards. A slide makes this slip, too:
    it mixes up two indices. Which velocity should carry the point?
    """
    v = velocity(w, state)
    return w + v, mu * v - lr * dw


@MOMENTUM.misconception("an average instead of a sum")
def _(w, dw, state, *, lr, mu=0.9):
    """Your steps are too short from the first one on.
    You give the new gradient only the share that the old speed leaves over. Then the
    velocity is an average. What does the formula put in front of the gradient?
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
    """Your point climbs. The gradient speeds it up the hill.
    There are two places for the minus: in the velocity or in the move. You have used
    neither. Which one does our form use?
    """
    v = mu * velocity(w, state) + lr * dw
    return w + v, v


@MOMENTUM.misconception("velocity with the other sign", convention=True)
def _(w, dw, state, *, lr, mu=0.9):
    """Your points are those of another convention: the velocity is kept with the opposite
    sign and subtracted. Two of the lectures write it so, and their path is the same.
    In our form the velocity is what is added. Which sign has the gradient then?
    """
    u = mu * velocity(w, state) + lr * dw
    return w - u, u


@MOMENTUM.misconception("the sum form", convention=True)
def _(w, dw, state, *, lr, mu=0.9):
    """What you keep is a sum of gradients, and the rate comes in when you move.
    That is the second form of momentum, which has an exercise of its own further down.
    In the velocity form, what has already been done to a gradient when it is stored?
    """
    v = mu * velocity(w, state) + dw
    return w - lr * v, v


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
    why=r"$\sum_k \mu^k = 1/(1 - \mu) = 10$. An average needs weights that add up to 1. The "
    r"velocity is a decaying *sum*, ten times as large as the average would be.",
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
            "The step is rate times gradient at every step, the last like the first.",
        ),
    ),
    why=r"The gradient is 1000 times smaller, the rate 1000 times larger: every product is the "
    r"same. A rate has units and changes with the scale of the loss, $\mu$ is a pure number. "
    r"Comparing the two means nothing. Only $\mu$ sets the memory: about $1/(1-\mu)$ steps.",
)


TERMINAL_SPEED = Question(
    "optimizers.terminal_speed",
    r"In plain gradient descent a step has the length $\eta \lVert g \rVert$, simply because "
    r"the step is $-\eta g$. Now momentum with $\mu = 0.99$, $\eta = 0.01$, on an endless "
    r"even slope with $\lVert g \rVert = 10$. How long is a step in the end?",
    number=Number(
        10.0,
        misreadings={
            0.1: "That is the step of plain gradient descent, and the first one here. The "
            "velocity adds up.",
            1.0: "That would be for mu = 0.9. How many steps are remembered at 0.99?",
            100.0: "The sum of the weights is 100. What is it to be multiplied with?",
        },
    ),
    why=r"The same gradient, with the weights $1 + \mu + \mu^2 + \dots = 1/(1-\mu) = 100$: "
    r"the step grows to $\eta \lVert g \rVert/(1 - \mu) = 0.1 \cdot 100$. This is the "
    r"terminal speed, as of a falling body in air. Gradients that keep changing direction "
    r"never build it up.",
)


MOMENTUM_SUM = Exercise(
    "optimizers.momentum_sum_step",
    points=2,
    minutes=3,
    returns=POINTS,
    driver=drivers.steps,
    parents=("optimizers.momentum_step",),
    hints=(
        "Compare the two formulas line by line. Which symbols move from the first to the second?",
        "The sum keeps mu times the old sum and adds the gradient as it is. The move subtracts "
        "rate times sum.",
    ),
)


MOMENTUM_SUM.cases(momentum_cases)

MOMENTUM_SUM.misconception(
    "the velocity form",
    "This is the first form again: the learning rate is stored in the velocity.\n"
    "Here the memory holds gradients, and no learning rate.\n"
    "At which of the two lines does the rate come in?",
    convention=True,
)(momentum_velocity)


@MOMENTUM_SUM.misconception("the learning rate twice")
def _(w, dw, state, *, lr, mu=0.9):
    """Your steps are shorter than they should be, by a factor that is the learning rate.
    It stands in both of your lines.
    In which one does this form want it?
    """
    v = mu * velocity(w, state) + lr * dw
    return w - lr * v, v


@MOMENTUM_SUM.misconception("an average instead of a sum", convention=True)
def _(w, dw, state, *, lr, mu=0.9):
    """Your steps are too short by a constant factor. You weigh the new gradient with what
    mu leaves over: that is the third form, a moving average. With which weight does a
    sum take its newest term?
    """
    v = mu * velocity(w, state) + (1 - mu) * dw
    return w - lr * v, v


@MOMENTUM_SUM.misconception("moved with the old sum")
def _(w, dw, state, *, lr, mu=0.9):
    """Your first step does not move. You move with the sum of the past gradients, and add
    the newest one afterwards.
    Which of the two lines has to come first?
    """
    v = velocity(w, state)
    return w - lr * v, mu * v + dw


@MOMENTUM_SUM.misconception("uphill")
def _(w, dw, state, *, lr, mu=0.9):
    """Your point climbs. In this form the sum points where the gradients point: uphill.
    What has to happen when you move?
    """
    v = mu * velocity(w, state) + dw
    return w + lr * v, v


@MOMENTUM_SUM.misconception("the learning rate is missing")
def _(w, dw, state, *, lr, mu=0.9):
    """Your points do not depend on the learning rate.
    It no longer stands in the line of the sum, that is right. Where does it go instead?
    """
    v = mu * velocity(w, state) + dw
    return w - v, v


TWO_FORMS = Question(
    "optimizers.two_forms",
    r"Form A: $v \leftarrow \mu v - \eta g$, $w \leftarrow w + v$. Form B: $v \leftarrow \mu "
    r"v + g$, $w \leftarrow w - \eta v$. A slide says: they are equivalent, the sequence of "
    r"$w$ is the same. When is that true?",
    choices=(
        Choice(
            "Always: B is A with the learning rate taken out of the bracket.",
            "You can take it out only if it is the same in all terms. When is it not?",
        ),
        Choice("As long as the learning rate stays the same, from a start at rest.", right=True),
        Choice(
            "Never: the steps of B are longer.",
            "Work out the first two steps of both, with one learning rate.",
        ),
        Choice(
            r"Only if $\eta = 1 - \mu$.",
            "That is when the sum becomes an average. Work out the first two steps of both "
            "with another rate.",
        ),
    ),
    why=r"Every gradient in A was multiplied by the rate of *its own* time, in B by the rate "
    r"of *now*. With a constant rate that is the same. Cut the rate, and B slows down at "
    r"once, while A still carries the old speed.",
)
