"""Adam: from the sign of the gradient, its first steps, its correction."""

from collections.abc import Callable

import numpy as np

from grader import Case, Choice, Exercise, Number, Question
from lectures import drivers

from .shared import POINTS, both_signs, gradients, run, squares, start, with_a_silent_one

SIGN_DESCENT = Question(
    "optimizers.sign_descent",
    r"Almost Adam with a memory of nothing: $\beta_1 = \beta_2 = 0$ (and $\epsilon = 0$). One "
    r"weight has the gradient 1000, another one 0.001. How far do they move in one step?",
    choices=(
        Choice(
            r"1000 $\eta$ and 0.001 $\eta$",
            r"That is gradient descent. What is $v$ when nothing is remembered?",
        ),
        Choice(r"$\eta$ and $\eta$", right=True),
        Choice(
            r"0.001 $\eta$ and 1000 $\eta$",
            r"You divide by $v$, a square. What does the formula do with $v$ first?",
        ),
        Choice(
            r"$\eta$ and nearly 0",
            r"Put $g = 0.001$ into $m$ and into $\sqrt v$. Are both of them small?",
        ),
    ),
    why=r"$m = g$ and $\sqrt v = |g|$: the step is $\eta$ times the sign of the gradient. Every "
    r"weight moves by the same length, however steep the loss is along it.",
)


ADAM_FIRST = Question(
    "optimizers.adam_first",
    r"Almost Adam, $\beta_1 = 0.9$, $\beta_2 = 0.999$, both averages start at 0. How long is the "
    r"first step, in units of the learning rate? (Three digits.)",
    number=Number(
        0.1 / np.sqrt(0.001),
        rel_tol=0.01,
        misreadings={
            1.0: "Both averages start at 0. Are m and v after one step as large as g and its "
            "square?",
            0.1: "That is m. The denominator is small, too: how small?",
            100.0: "0.1 over 0.001. What happens to v before it divides?",
            10.0: "0.1 over 0.01. Is 0.01 the square root of 0.001?",
            31.6: "That is one over the square root of v. What is the numerator?",
        },
    ),
    why=r"$0.1\,g / \sqrt{0.001\,g^2} = 3.16$. Both averages begin too small; the one in the "
    r"denominator is much too small, and that wins. Without the average in the numerator ($\beta_1 "
    r"= 0$) the first step would be 31.6. RMSProp with $\beta = 0.9$ happens to begin with 3.16, "
    r"too: $1/\sqrt{0.1}$.",
)


ADAM_NEXT = Question(
    "optimizers.adam_next",
    r"The gradient stays the same. How does the length of the uncorrected steps go on, from "
    r"3.16 at the first step?",
    choices=(
        Choice(
            "It falls to 1 within about ten steps, the memory of the first average.",
            "After ten steps m is nearly right. How long does v take, which remembers a thousand?",
        ),
        Choice(
            "It falls slowly, and is at 1 after about a thousand steps.",
            "In the first steps both averages grow. Which of them grows faster, relative to "
            "its goal?",
        ),
        Choice("It doubles first, and is back at 1 after thousands.", right=True),
        Choice(
            "It stays at 3.16, because the gradient stays the same.",
            "Write down m and v after the second step: 0.19 g and 0.001999 g². What is the ratio?",
        ),
    ),
    why=r"The numerator is right after some twenty steps, the denominator needs thousands. In "
    r"between the ratio climbs to 6.57 at step 12; it is 1.26 at step 1000, and within 5 % "
    r"of 1 only from step 2375 on. Just when gradients are least to be trusted, steps are longest.",
)


RATIO = Exercise(
    "optimizers.uncorrected_ratio",
    points=2,
    minutes=4,
    returns=("ratio",),
    hints=(
        "The gradient g is the same at every step. What is m after one step, after two, after "
        "three? Compare with g.",
        "The missing part of m, g - m, is multiplied by beta1 in each step. And that of v?",
        "After t steps m is (1 - beta1 to the power t) g and v is (1 - beta2 to the power t) g "
        "squared. The step is m over the square root of v.",
    ),
)


@RATIO.cases
def _(rng: np.random.Generator):
    yield Case("the first step", (1,))
    yield Case("several steps", (np.array([2, 5, 12, 40]),))
    first, second = float(rng.uniform(0.3, 0.7)), float(rng.uniform(0.8, 0.9))
    yield Case("other memories", (np.array([1, 3, 8]), first, second))
    yield Case("no average of gradients", (np.array([1, 4]),), {"beta1": 0.0})
    yield Case("a late step", (3000,), {"beta2": float(rng.uniform(0.99, 0.995))})
    yield Case("a very late step", (10**6,), extreme=True)


RATIO.misconception(
    "no square root",
    "Your first step is a hundred times too long with the usual betas: you divide by the\n"
    "average of squares itself.\n"
    "What does Adam do with it before it divides?",
)(lambda t, beta1=0.9, beta2=0.999: (1 - beta1**t) / (1 - beta2**t))

RATIO.misconception(
    "every step like the first",
    "Your first step is right, and you say the same of all others.\n"
    "Does the second step find its averages at 0?",
)(lambda t, beta1=0.9, beta2=0.999: (1 - beta1) / np.sqrt(1 - beta2) + 0.0 * t)

RATIO.misconception(
    "counted from zero",
    "You give each step the ratio of the one before it, and the first step has none: it\n"
    "divides by 0. How much of the first gradient is in m when the first step is made?",
)(
    lambda t, beta1=0.9, beta2=0.999: (
        (1 - beta1 ** (t - 1.0)) / np.sqrt(np.maximum(1 - beta2 ** (t - 1.0), 1e-300))
    )
)

RATIO.misconception(
    "what is missing instead of what is there",
    "Your ratio goes to 0 where it should go to 1.\n"
    "Beta to the power t is the part of the average that is still missing. Which part is in\n"
    "the step?",
)(lambda t, beta1=0.9, beta2=0.999: beta1**t / np.sqrt(1 - beta2**t))

RATIO.misconception(
    "the newest gradient only",
    "Your numbers fall with the step. You seem to give m and v only the newest gradient, and\n"
    "let it fade.\n"
    "Which gradients have been added by step t?",
)(
    lambda t, beta1=0.9, beta2=0.999: (
        (1 - beta1) * beta1 ** (t - 1.0) / np.sqrt((1 - beta2) * beta2 ** (t - 1.0))
    )
)

RATIO.misconception(
    "turned over",
    "Your first step is too short where it should be too long.\n"
    "Which of the two averages stands in the denominator of the step?",
)(lambda t, beta1=0.9, beta2=0.999: np.sqrt(1 - beta2**t) / (1 - beta1**t))

RATIO.misconception(
    "only the average of gradients",
    "Your steps begin too short and grow to 1: that is what m alone does.\n"
    "Does v stand at the right value from the start?",
)(lambda t, beta1=0.9, beta2=0.999: 1 - beta1**t)

RATIO.misconception(
    "times instead of to the power",
    "Your ratio grows without bound, or is not a number.\n"
    "The missing part shrinks by the factor beta in each step. What is left of it after three\n"
    "steps?",
)(lambda t, beta1=0.9, beta2=0.999: (1 - beta1 * t) / np.sqrt(np.abs(1 - beta2 * t)))


ADAM = Exercise(
    "optimizers.adam_step",
    points=3,
    minutes=7,
    returns=POINTS,
    driver=drivers.steps,
    parents=("optimizers.rmsprop_step", "optimizers.uncorrected_ratio"),
    hints=(
        "The state has three parts: two averages and the number of steps so far. Which number has "
        "the step that you are making?",
        "Both averages as in RMSProp, each with its own beta. Which fraction of its goal has each "
        "one reached after t steps with a constant gradient?",
        "Divide each average by 1 minus its beta to the power t, under new names; the state keeps "
        "the averages as they were. Then: rate times the first, over (the square root of the "
        "second) plus eps.",
    ),
)


@ADAM.cases
def _(rng: np.random.Generator):
    yield run("four steps of a (3, 2) array", start(rng, 3, 2), gradients(rng, 3, 2), lr=0.2)
    yield run("other memories", start(rng, 4), gradients(rng, 4), lr=0.3, beta1=0.6, beta2=0.8)
    yield run("a single number", start(rng, 1), gradients(rng, 1), lr=0.1)
    yield run("a weight that never has a gradient", start(rng, 3), with_a_silent_one(rng), lr=0.2)
    yield run(
        "a run that goes on",
        start(rng, 4),
        gradients(rng, 4),
        lr=0.5,
        beta2=0.95,
        state=(both_signs(rng, 4), squares(rng, 4), 7),
    )
    yield run("a large eps", start(rng, 4), gradients(rng, 4), lr=0.5, eps=0.3)
    yield run(
        "without bias correction",
        start(rng, 4),
        gradients(rng, 4),
        lr=0.1,
        bias_correction=False,
    )
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


def adam_with(
    *,
    counted=lambda t: t + 1,
    kept=lambda t: t,
    powers=lambda beta, t: beta**t,
    weights=lambda beta1, beta2: (beta1, beta2),
    squared=lambda dw: dw**2,
    corrected=lambda correct, wanted: correct if wanted else (1.0, 1.0),
    numerator=lambda m_hat, dw: m_hat,
    ratio=lambda m, v, eps: m / (np.sqrt(v) + eps),
    keeps_corrected=False,
) -> Callable:
    """Adam with one of its parts exchanged."""

    def step(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, bias_correction=True):
        m, v, t = (np.zeros_like(w), np.zeros_like(w), 0) if state is None else state
        before, t = t, counted(t)
        one, two = weights(beta1, beta2)
        m = one * m + (1 - one) * dw
        v = two * v + (1 - two) * squared(dw)
        by1, by2 = corrected((1 - powers(one, t), 1 - powers(two, t)), bias_correction)
        m_hat, v_hat = m / np.float64(by1).astype(w.dtype), v / np.float64(by2).astype(w.dtype)
        memory = (m_hat, v_hat) if keeps_corrected else (m, v)
        return w - lr * ratio(numerator(m_hat, dw), v_hat, eps), (*memory, kept(before + 1))

    return step


adam_uncorrected = ADAM.misconception(
    "no bias correction",
    "With the usual betas your first step is about three times the learning rate, and the next\n"
    "ones are longer still. You use both averages as they are.\n"
    "They begin at zero: how much of their goal have they reached after one step?",
)(adam_with(corrected=lambda correct, wanted: (1.0, 1.0)))

ADAM.misconception(
    "only the average of gradients corrected",
    "Your first step is far too long. You repair the average of gradients and leave the\n"
    "average of squares as it is.\n"
    "At which value does that one begin?",
)(adam_with(corrected=lambda correct, wanted: (correct[0], 1.0) if wanted else (1.0, 1.0)))

ADAM.misconception(
    "counted from zero",
    "Your first step is not a number: you divide by zero.\n"
    "Any number to the power 0 is 1. What is then left of 1 minus it?\n"
    "Which number has the first step?",
)(adam_with(counted=lambda t: t))

ADAM.misconception(
    "the first step counted as the second",
    "From the start your correction is too weak: it is that of one step later.\n"
    "The state that comes in says how many steps were taken before this one.\n"
    "What does it say before the very first step?",
)(adam_with(counted=lambda t: t + 2))

ADAM.misconception(
    "the count stands still",
    "Your first step is right. Then every step is corrected as if it were the first one.\n"
    "What does the third part of the state tell the next step?",
)(adam_with(kept=lambda t: t - 1))

ADAM.misconception(
    "no power in the correction",
    "Your first step is right. Later ones are corrected as strongly as the first: you divide\n"
    "by 1 minus beta, whatever the count is.\n"
    "How much of its goal has an average reached after ten steps?",
)(
    adam_with(
        powers=lambda beta, t: beta,
    )
)

ADAM.misconception(
    "times instead of to the power",
    "Your first step is right. In the second one you correct by 1 minus beta times t, which\n"
    "is negative for the usual betas.\n"
    "The missing part shrinks by the factor beta in each step: what is left of it after two?",
)(adam_with(powers=lambda beta, t: beta * t))

ADAM.misconception(
    "the correction is stored",
    "Your first step is right. Then the averages grow too large: what you hand on is already\n"
    "corrected, and it is corrected again the next time.\n"
    "What should the next step begin with: averages that are still too small, or repaired ones?",
)(adam_with(keeps_corrected=True))

ADAM.misconception(
    "eps inside the square root",
    "You are right wherever gradients are large against eps. You add it before you take the\n"
    "square root, as one printed box for Adam does; the paper adds it after.\n"
    "What does a square root do to a small number like eps?",
    convention=True,
)(adam_with(ratio=lambda m, v, eps: m / np.sqrt(v + eps)))

ADAM.misconception(
    "an eps of its own",
    "With the default you are right. With another eps you give the same answer as before.\n"
    "Where does the argument enter?",
)(adam_with(ratio=lambda m, v, eps: m / (np.sqrt(v) + 1e-8)))


@ADAM.misconception("eps beside the uncorrected average", convention=True)
def _(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, bias_correction=True):
    """You are right wherever gradients are large against eps. You put both corrections
    into the learning rate, which the paper offers as a shortcut and TensorFlow uses.
    To which of the two, v or v_hat, is eps then added?
    """
    # Both corrections in the learning rate, as TensorFlow has it: eps joins the plain v.
    if bias_correction:
        t = 1 if state is None else state[2] + 1
        lr = lr * float(np.sqrt(1 - beta2**t) / (1 - beta1**t))
    return adam_uncorrected(w, dw, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


ADAM.misconception(
    "the two betas exchanged",
    "Your averages forget at the wrong speeds. By default one of them should follow the\n"
    "gradient within ten steps, the other one remember sizes for a thousand.\n"
    "Which beta belongs to which?",
)(adam_with(weights=lambda beta1, beta2: (beta2, beta1)))

ADAM.misconception(
    "no square root",
    "Your first step depends on the size of the gradient: a larger one makes it shorter.\n"
    "The average in the denominator holds squares.\n"
    "What makes it comparable with a gradient?",
)(adam_with(ratio=lambda m, v, eps: m / (v + eps)))

ADAM.misconception(
    "the gradient itself in the numerator",
    "Your first step is right. After it your steps follow the newest gradient alone, while\n"
    "the average of gradients is kept in the state.\n"
    "What is that average for?",
)(adam_with(numerator=lambda m_hat, dw: dw))

ADAM.misconception(
    "the gradient not squared",
    "Where a gradient is negative, you take the square root of a negative number: your second\n"
    "average gathers gradients, not their squares.\n"
    "What should its root be comparable with?",
)(adam_with(squared=lambda dw: dw))

ADAM.misconception(
    "uphill",
    "Your point climbs: your step has the sign of the gradient.\n"
    "Which way does the gradient point?",
)(adam_with(ratio=lambda m, v, eps: -m / (np.sqrt(v) + eps)))

ADAM.misconception(
    "the switch is not used",
    "You are right with bias correction, and you correct also when you are asked not to.\n"
    "Which argument is still unread?",
)(adam_with(corrected=lambda correct, wanted: correct))
