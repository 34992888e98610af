"""Weight decay where the length of the weights does not matter."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

BN_DECAY = Question(
    "regularization.bn_decay",
    "A layer stands before batch norm, so that the length of its weights changes nothing in the "
    "output. It is trained by plain SGD at rate 0.1 with weight decay 0.1. Which run *without* "
    "decay has the same losses at every update?",
    choices=(
        Choice(
            "The one at the same rate: a decay of the length changes nothing.",
            "The output does not depend on the length. Does the gradient?",
        ),
        Choice(
            "None: no rate can replace a penalty.",
            "A penalty prefers some functions to others. Does it here, where the length is free?",
        ),
        Choice("One whose rate grows by 2% at every update.", right=True),
        Choice(
            "One whose rate falls by 1% at every update, as the weights do.",
            "Short weights have large gradients. Does a step turn them further, or less far?",
        ),
    ),
    why="Weights that are 1% shorter have gradients that are 1% larger, and turn further for the "
    "same push. Both count: the same turn of the longer weights takes a rate that is 2% larger.",
)

GROWING = Exercise(
    "regularization.growing_rate",
    points=3,
    minutes=7,
    returns=("rate",),
    hints=(
        "Suppose that at some t the decayed weights are c times the others. Differentiate "
        "L(a w) = L(w): how large is the gradient at c u, compared with that at u?",
        "Write w at t + 1 in terms of u: the gradient is g(u) / c. Take a factor out, so that what "
        "stands in the brackets is u minus something times g(u).",
        "The factor is (1 - lr weight_decay) c, and the something is lr over (1 - lr weight_decay) "
        "c squared. Then c is (1 - lr weight_decay) to the power t.",
    ),
)


@GROWING.cases
def _(rng: np.random.Generator):
    def case(name, t, lr, weight_decay):
        factor = float(rng.uniform(0.9, 1.1))
        return Case(name, (t,), {"lr": lr * factor, "weight_decay": weight_decay})

    yield case("the first update", 0, 0.5, 0.3)
    yield case("the second update", 1, 0.4, 0.5)
    yield case("the eighth update", 7, 0.3, 0.2)
    yield case("forty updates later", 40, 0.2, 0.1)
    yield case("no decay", 5, 0.3, 0.0)
    yield Case("a late update", (100_000,), {"lr": 1e-3, "weight_decay": 1e-2}, extreme=True)


@GROWING.misconception("only the length made up for")
def _(t, *, lr, weight_decay):
    """Your rate grows with the ratio of the lengths. A step has to be longer for a longer vector.
    Is the gradient at the longer vector still the same?
    """
    return lr * (1 - lr * weight_decay) ** -t


@GROWING.misconception("the first update as without decay")
def _(t, *, lr, weight_decay):
    """Your first rate is lr. In the run with decay the weights are shortened in the first update,
    too, before the push is added.
    By how much does the same push turn the shortened vector?
    """
    return lr * (1 - lr * weight_decay) ** (-2 * t)


@GROWING.misconception("one factor too many")
def _(t, *, lr, weight_decay):
    """You are one factor ahead: in the first update you already count two.
    How often has w been shortened when the first push is added?
    """
    return lr * (1 - lr * weight_decay) ** -(2 * t + 2)


@GROWING.misconception("a rate that falls")
def _(t, *, lr, weight_decay):
    """Your rate goes to 0. The weights that decay become shorter than the others.
    Which of the two are turned further by a push of the same length?
    """
    return lr * (1 - lr * weight_decay) ** (2 * t + 1)


@GROWING.misconception("growth in place of division")
def _(t, *, lr, weight_decay):
    """You are nearly right for a small decay: you multiply by 1 + lr weight_decay.
    What is the inverse of a multiplication by 1 - lr weight_decay?
    """
    return lr * (1 + lr * weight_decay) ** (2 * t + 1)


@GROWING.misconception("continuous time")
def _(t, *, lr, weight_decay):
    """You are nearly right for a small decay: your growth is an exponential function of time.
    By which factor does one update, all at once, shorten the weights?
    """
    return float(lr * np.exp(lr * weight_decay * (2 * t + 1)))


@GROWING.misconception("decay without the rate")
def _(t, *, lr, weight_decay):
    """In your formula the weights lose the share weight_decay in every update.
    Which share do they lose according to the text?
    """
    return lr * (1 - weight_decay) ** -(2 * t + 1)


@GROWING.misconception("a rate that stays")
def _(t, *, lr, weight_decay):
    """Your rate is lr at all times.
    After many updates one run has weights of length 1, the other of length 7. Does the same step
    turn both by the same angle?
    """
    return float(lr)


BN_NORM = Question(
    "regularization.bn_norm",
    "Both runs make 200 updates: rate 0.1 with decay 0.1, and the rate that you have just derived "
    "without decay. Their outputs agree. How long are the weights of the second, compared with "
    "those of the first?",
    number=Number(
        0.99**-200,
        rel_tol=0.02,
        misreadings={
            1.0: "The outputs agree. Do they depend on the length?",
            0.134: "Which of the two has been shortened 200 times?",
            55.7: "That is by how much the rate grows. Is the length the same thing?",
            3.0: "Each update takes one percent of what is left. What do 200 of them leave?",
        },
    ),
    why="Every update shortens the first by 1% more than the second: $0.99^{-200} = 7.46$. The two "
    "networks compute the same function.",
)
