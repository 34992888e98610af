"""AdaGrad: a rate for each weight."""

import numpy as np

from grader import Choice, Exercise, Number, Question
from lectures import drivers

from .shared import POINTS, gradients, run, squares, start, velocity, with_a_silent_one

RARE_FEATURE = Question(
    "optimizers.rare_feature",
    "Ten weights, one learning rate. Nine get a gradient from every second example, the tenth from "
    "one in fifty, and it lags behind. You raise the rate until the tenth arrives in time. What do "
    "you pay?",
    choices=(
        Choice(
            "Nothing: the nine have arrived long before that.",
            "They have arrived where their mean gradient is 0. Is that of the next ten examples 0, "
            "too?",
        ),
        Choice("The nine jitter more about their values.", right=True),
        Choice(
            "The tenth overshoots its value and swings back.",
            "It meets one gradient in five batches. Which weights get a noisy gradient in nearly "
            "every batch?",
        ),
        Choice(
            "The nine arrive later than with the small rate.",
            "A larger rate brings them near their values sooner. What happens to them there?",
        ),
    ),
    why="A constant rate ends in a ball of noise, and a larger rate in a larger ball. The nine pay "
    "for the tenth. So give each weight a rate of its own: a small one where much happens, a large "
    "one where little does.",
)


ADAGRAD = Exercise(
    "optimizers.adagrad_step",
    points=2,
    minutes=3,
    returns=POINTS,
    driver=drivers.steps,
    parents=("optimizers.sgd_step",),
    hints=(
        "The state is an array like w, one sum for each weight. What is it before the first step?",
        "First add the squared gradient to the sum, entry by entry. Which sum does the step use?",
        "The step is rate times gradient, divided by (the square root of the new sum) plus eps.",
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
    """Your point climbs. One slide has the same fault: it prints the step without a minus
    and then adds it. Which way does the gradient point?
    """
    r = velocity(w, state) + dw**2
    return w + lr * dw / (np.sqrt(r) + eps), r


@ADAGRAD.misconception("the history of the weight itself")
def _(w, dw, state, *, lr, eps=1e-8):
    """Your sum collects the squares of the weights, as if a weight were scaled down by its
    own history.
    Which of the two, the weight or its gradient, tells how much has happened along it?
    """
    r = velocity(w, state) + w**2
    return w - lr * dw / (np.sqrt(r) + eps), r


@ADAGRAD.misconception("eps inside the square root", convention=True)
def _(w, dw, state, *, lr, eps=1e-8):
    """You are right wherever gradients are large against eps. You add it before you take the
    square root, as two slide decks do.
    What does a square root do to a small number like eps?
    """
    r = velocity(w, state) + dw**2
    return w - lr * dw / np.sqrt(r + eps), r


@ADAGRAD.misconception("no eps")
def _(w, dw, state, *, lr, eps=1e-8):
    """Your step does not depend on eps. For a weight that has never had a gradient, what are
    numerator and denominator?
    """
    r = velocity(w, state) + dw**2
    return w - lr * dw / np.sqrt(r), r


@ADAGRAD.misconception("an eps of its own")
def _(w, dw, state, *, lr, eps=1e-8):
    """With the default you are right. With another eps you give the same answer as before.
    Where does the argument enter?
    """
    r = velocity(w, state) + dw**2
    return w - lr * dw / (np.sqrt(r) + 1e-8), r


@ADAGRAD.misconception("eps gathered in the sum")
def _(w, dw, state, *, lr, eps=1e-8):
    """Your sum grows by eps in every step, also where no gradient comes.
    Is eps a part of what AdaGrad remembers?
    """
    r = velocity(w, state) + dw**2 + eps
    return w - lr * dw / np.sqrt(r), r


@ADAGRAD.misconception("no root")
def _(w, dw, state, *, lr, eps=1e-8):
    """Your steps are too short where gradients are large, and too long where they are small.
    The sum holds squares. What has to happen before it can be compared with a gradient?
    """
    r = velocity(w, state) + dw**2
    return w - lr * dw / (r + eps), r


@ADAGRAD.misconception("one rate for all weights")
def _(w, dw, state, *, lr, eps=1e-8):
    """All your weights share one sum, and so one learning rate.
    Which squares should a weight's own entry collect?
    """
    r = velocity(w, state) + np.sum(dw**2)
    return w - lr * dw / (np.sqrt(r) + eps), r


@ADAGRAD.misconception("no memory")
def _(w, dw, state, *, lr, eps=1e-8):
    """Every step of yours has the length of the learning rate, the last like the first: it
    looks at the newest gradient only. What is the state for?
    """
    r = dw**2
    return w - lr * dw / (np.sqrt(r) + eps), r


@ADAGRAD.misconception("sizes instead of squares")
def _(w, dw, state, *, lr, eps=1e-8):
    """With an empty sum your first step is right, then your steps shrink too fast: you add up
    the sizes of the gradients.
    Two gradients of 3 and 4: what should the denominator be?
    """
    r = velocity(w, state) + np.abs(dw)
    return w - lr * dw / (r + eps), r


TURNED_VALLEY = Question(
    "optimizers.turned_valley",
    r"In the valley $f = \frac12 (100 x^2 + y^2)$ AdaGrad at its best rate brings the loss to 0 in "
    r"300 steps, in all the digits that a computer has. Now turn the valley by 30 degrees and give "
    r"AdaGrad its best rate again. What is the loss?",
    choices=(
        Choice(
            "0 again, because a rotation changes no curvature",
            "Gradient descent would agree. But the rates of AdaGrad belong to the axes. Which "
            "direction is steep now?",
        ),
        Choice(
            "About 1e-30, because a little of it is lost",
            "How different are the gradients along the two axes, now that both have a part in the "
            "steep direction?",
        ),
        Choice("About 1e-5, as with gradient descent", right=True),
        Choice(
            "It diverges, because the rates are the wrong ones",
            "Each step is shorter than the learning rate, and the sum only grows. Can that "
            "diverge?",
        ),
    ),
    why="A rate for each weight cures a valley that lies along the axes. Turned by 30 degrees, "
    "both weights meet gradients of similar size, their rates differ little, and the advantage "
    "is gone. (Seen otherwise: AdaGrad is a cheap diagonal guess of the Hessian.)",
)


EPS_INSIDE = Question(
    "optimizers.eps_inside",
    r"Where should $\epsilon$ stand? Take $g = 10^{-5}$, $r = g^2$ and $\epsilon = 10^{-8}$. With "
    r"$\sqrt r + \epsilon$ the step is 0.999 times the learning rate. How much is it with "
    r"$\sqrt{r + \epsilon}$? (Two digits.)",
    number=Number(
        1e-5 / np.sqrt(1e-10 + 1e-8),
        rel_tol=0.01,
        misreadings={
            0.999: "That is the other one. Which is larger under the square root, r or epsilon?",
            1.0: "Which is larger under the square root, r or epsilon?",
            0.01: "That is r over epsilon. What does the denominator do with their sum?",
            0.001: "You compared g with another power of epsilon. What is the square root of 1e-8?",
            1000.0: "Is the square root of 1e-8 a smaller number than 1e-8 or a larger one?",
        },
    ),
    why=r"Under the square root $10^{-8}$ hides $r = 10^{-10}$, and the result is about $10^{-4}$: "
    r"the step is a tenth. Inside, $\epsilon = 10^{-8}$ acts like $10^{-4}$. Outside, it "
    r"stays $10^{-8}$. Without it, a weight that has never had a gradient gets $0/0$.",
)
