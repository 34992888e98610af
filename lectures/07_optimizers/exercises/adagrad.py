"""AdaGrad: a rate for each weight."""

import numpy as np

from grader import Choice, Exercise, Number, Question
from lectures import drivers

from .shared import POINTS, gradients, run, squares, start, velocity, with_a_silent_one

SAME_RATE = Question(
    "optimizers.same_rate",
    "All weights share one learning rate. Why is that a good idea?",
    choices=(
        Choice(
            "Because all weights are equally important.",
            "A word that occurs once in a thousand texts can decide the meaning of those it "
            "is in. How often does its weight get a gradient?",
        ),
        Choice(
            "Because the gradient already has the right size for each weight.",
            "In the narrow valley, in which direction was the gradient large, and was that "
            "where a large step was wanted?",
        ),
        Choice(
            "Because otherwise the step would not point downhill.",
            "Scale the entries of the step by any positive factors: what happens to its "
            "product with the gradient?",
        ),
        Choice("It probably is not a good idea.", right=True),
    ),
    why="Weights differ in how steep the loss is along them, and in how often they get a "
    "gradient at all. A rate for each: small where much happens, large where little does.",
)


ADAGRAD = Exercise(
    "optimizers.adagrad_step",
    points=2,
    minutes=5,
    returns=POINTS,
    driver=drivers.steps,
    parents=("optimizers.sgd_step",),
    hints=(
        "The state is an array like w, one sum for each weight. It starts at zeros.",
        "First add the squared gradient to the sum, entry by entry. Then use the new sum.",
        "The step is rate times gradient, divided by the root of the sum plus eps; the plus stands "
        "outside the root.",
    ),
)


@ADAGRAD.cases
def _(rng: np.random.Generator):
    yield run("four steps of a (3, 2) array", start(rng, 3, 2), gradients(rng, 3, 2), lr=0.5)
    yield run("a single number", start(rng, 1), gradients(rng, 1), lr=0.3)
    yield run("a weight that never has a gradient", start(rng, 3), with_a_silent_one(rng), lr=0.4)
    yield run(
        "a run that goes on",
        start(rng, 4),
        gradients(rng, 4),
        lr=0.5,
        state=squares(rng, 4),
    )
    yield run("a large eps", start(rng, 4), gradients(rng, 4), lr=0.5, eps=0.3)
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


@ADAGRAD.misconception("uphill, as printed")
def _(w, dw, state, *, lr, eps=1e-8):
    """Your point climbs. The summary slide has the same fault: it prints the step without
    a minus and then adds it. Which way should the step go?
    """
    r = velocity(w, state) + dw**2
    return w + lr * dw / (np.sqrt(r) + eps), r


@ADAGRAD.misconception("the history of the weight itself")
def _(w, dw, state, *, lr, eps=1e-8):
    """Your sum collects the squares of the weights. A slide says it so: a parameter is
    scaled down by its own history. Read it again with the formula beside it: whose
    history is it, and what does it scale?
    """
    r = velocity(w, state) + w**2
    return w - lr * dw / (np.sqrt(r) + eps), r


@ADAGRAD.misconception("eps inside the root", convention=True)
def _(w, dw, state, *, lr, eps=1e-8):
    """You are right wherever gradients are large against eps. Two lectures write eps
    inside the root, as you do; ours keep it outside. What does the root do to a small
    number like eps?
    """
    r = velocity(w, state) + dw**2
    return w - lr * dw / np.sqrt(r + eps), r


@ADAGRAD.misconception("no eps")
def _(w, dw, state, *, lr, eps=1e-8):
    """You ignore eps. For a weight that has never had a gradient, what stands above the
    line and what below it?
    """
    r = velocity(w, state) + dw**2
    return w - lr * dw / np.sqrt(r), r


@ADAGRAD.misconception("no root")
def _(w, dw, state, *, lr, eps=1e-8):
    """Your steps are too short where gradients are large, and too long where they are
    small. The sum holds squares. What turns it back into the size of a gradient?
    """
    r = velocity(w, state) + dw**2
    return w - lr * dw / (r + eps), r


@ADAGRAD.misconception("one rate for all weights")
def _(w, dw, state, *, lr, eps=1e-8):
    """All your weights share one sum. Then they share one learning rate as well.
    The idea of AdaGrad is a rate for each weight.
    Which squares should a weight's own entry collect?
    """
    r = velocity(w, state) + np.sum(dw**2)
    return w - lr * dw / (np.sqrt(r) + eps), r


@ADAGRAD.misconception("no memory")
def _(w, dw, state, *, lr, eps=1e-8):
    """Every step of yours has the length of the learning rate, the last like the first.
    You look at the newest gradient only. What is the state for?
    """
    r = dw**2
    return w - lr * dw / (np.sqrt(r) + eps), r


@ADAGRAD.misconception("sizes instead of squares")
def _(w, dw, state, *, lr, eps=1e-8):
    """With an empty sum your first step is right, then your steps shrink too fast.
    You add up the sizes of the gradients. What does AdaGrad add up, and what does it do
    with the sum before it divides?
    """
    r = velocity(w, state) + np.abs(dw)
    return w - lr * dw / (r + eps), r


ADAGRAD_VALLEY = Question(
    "optimizers.adagrad_valley",
    "What happens with AdaGrad in the narrow valley, compared with gradient descent?",
    choices=(
        Choice("The steep direction is damped, the flat one is sped up.", right=True),
        Choice(
            "Both directions are damped by the same factor.",
            "Each weight has its own sum. Which of the two sums is larger?",
        ),
        Choice(
            "The steep direction is sped up, the flat one is damped.",
            "The sum of squares stands below the line. Where is it large?",
        ),
        Choice(
            "Nothing, until many steps have been made.",
            "At the first step each gradient is divided by its own size. What is left of the "
            "difference between 100 and 1?",
        ),
    ),
    why="Each gradient is divided by the size of what came before it along the same weight. A "
    "gradient that is a hundred times larger everywhere gives the same steps.",
)


ADAGRAD_LATER = Question(
    "optimizers.adagrad_later",
    r"And over a long time? The gradient is the same at every step. AdaGrad's first step has "
    r"the length $\eta$. Which length has step 100, in units of $\eta$?",
    number=Number(
        0.1,
        misreadings={
            0.01: "The sum of squares is 100 times that of the first step. It stands under a root.",
            1.0: "The sum of squares has grown. What does that do to the step?",
            10.0: "The root of the sum stands below the line. What does a larger sum do to the "
            "step, then?",
        },
    ),
    why=r"The sum is $100\,g^2$, its root $10\,g$, and the step $\eta\, g/(10\,g)$. In "
    r"general $\eta/\sqrt t$: the steps become as small as you like. For a convex loss "
    r"that is what one wants. A network may still have a long way to go.",
)


EPS_INSIDE = Question(
    "optimizers.eps_inside",
    r"Two lectures write $\sqrt{G + \epsilon}$, one $\sqrt G + \epsilon$, one has no "
    r"$\epsilon$. Does it matter? Take $g = 10^{-5}$, $G = g^2$ and $\epsilon = 10^{-8}$. "
    r"Outside the root, the step is 0.999 times the learning rate. How much is it *inside*? "
    r"(Two digits.)",
    number=Number(
        1e-5 / np.sqrt(1e-10 + 1e-8),
        rel_tol=0.01,
        misreadings={
            0.999: "That is outside again. Which is larger under the root, G or epsilon?",
            1.0: "Which is larger under the root, G or epsilon?",
            0.01: "G is a hundredth of epsilon. Take the root, too.",
            0.001: "You compared g with the root of epsilon to a wrong power: what is the "
            "root of 1e-8?",
            1000.0: "You left the root away. What is the root of 1e-8?",
        },
    ),
    why=r"Under the root $10^{-8}$ hides $G = 10^{-10}$, and the root is about $10^{-4}$: the "
    r"step is a tenth. Inside, $\epsilon = 10^{-8}$ acts like $10^{-4}$. Outside, it "
    r"stays $10^{-8}$. Without it, a weight that has never had a gradient gets $0/0$.",
)
