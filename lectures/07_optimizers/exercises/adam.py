"""Adam: its first steps, its correction, its box."""

from collections.abc import Callable

import numpy as np

from grader import Choice, Exercise, Number, Question
from lectures import drivers

from .shared import POINTS, both_signs, gradients, run, squares, start, with_a_silent_one

ADAM_FIRST = Question(
    "optimizers.adam_first",
    r"Adam *without* bias correction, $\beta_1 = 0.9$, $\beta_2 = 0.999$, both averages start "
    r"at 0. How long is the first step, in units of the learning rate? (Three digits.)",
    number=Number(
        0.1 / np.sqrt(0.001),
        rel_tol=0.01,
        misreadings={
            1.0: "That is the corrected one. Put m = 0.1 g and v = 0.001 g² into the formula.",
            0.1: "That is m. Below the line stands the root of v, which is small, too.",
            100.0: "0.1 over 0.001. There is a root below the line.",
            10.0: "0.1 over 0.01. The root of 0.001 is another number.",
            31.6: "That is the root of v below the line alone. Above it stands m = 0.1 g.",
        },
    ),
    why=r"$0.1\,g / \sqrt{0.001\,g^2} = 3.16$. Both averages begin too small; the one below "
    r"the line is much too small, and that wins. And without the momentum part ($\beta_1 "
    r"= 0$) the first step would be 31.6.",
)


ADAM_NEXT = Question(
    "optimizers.adam_next",
    r"The gradient stays the same. How does the length of the uncorrected steps go on, from "
    r"3.16 at the first step?",
    choices=(
        Choice(
            "It falls back to 1 within about ten steps, the memory of the first average.",
            "After ten steps m is right. How long does v take, which remembers a thousand steps?",
        ),
        Choice(
            "It falls slowly and is at 1 after about a thousand steps.",
            "In the first steps both averages grow. Which of them grows faster, relative to "
            "its goal?",
        ),
        Choice(
            "It first grows to about twice that, and needs thousands of steps to come back to 1.",
            right=True,
        ),
        Choice(
            "It stays at 3.16, because the gradient stays the same.",
            "Write down m and v after the second step: 0.19 g and 0.001999 g². What is the ratio?",
        ),
    ),
    why=r"$(1 - \beta_1^t)/\sqrt{1 - \beta_2^t}$. The numerator reaches 1 in some twenty "
    r"steps, the denominator needs thousands. In between the ratio climbs to 6.57 at step "
    r"12; it is 1.26 at step 1000, and within 5 % of 1 only from step 2375 on. With the "
    r"correction it is 1 throughout.",
)


ADAM = Exercise(
    "optimizers.adam_step",
    points=3,
    minutes=10,
    returns=POINTS,
    driver=drivers.steps,
    parents=("optimizers.rmsprop_step", "optimizers.momentum_sum_step"),
    hints=(
        "The state has three parts: two averages and the number of steps so far. Count this step "
        "first.",
        "Make both averages as in RMSProp, one of the gradient and one of its square, each with "
        "its own beta.",
        "For the correction divide each average by 1 minus its beta to the power of the count, in "
        "new names; the state keeps the averages as they were. Then: rate times the first, over "
        "the root of the second plus eps.",
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
    weights=lambda beta1, beta2: (beta1, beta2),
    corrected=lambda correct, wanted: correct if wanted else (1.0, 1.0),
    ratio=lambda m, v, eps: m / (np.sqrt(v) + eps),
    keeps_corrected=False,
) -> Callable:
    """Adam with one of its parts exchanged."""

    def step(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, bias_correction=True):
        m, v, t = (np.zeros_like(w), np.zeros_like(w), 0) if state is None else state
        before, t = t, counted(t)
        one, two = weights(beta1, beta2)
        m = one * m + (1 - one) * dw
        v = two * v + (1 - two) * dw**2
        by1, by2 = corrected((1 - one**t, 1 - two**t), bias_correction)
        m_hat, v_hat = m / np.float64(by1).astype(w.dtype), v / np.float64(by2).astype(w.dtype)
        memory = (m_hat, v_hat) if keeps_corrected else (m, v)
        return w - lr * ratio(m_hat, v_hat, eps), (*memory, kept(before + 1))

    return step


adam_uncorrected = ADAM.misconception(
    "no bias correction",
    "With the usual betas your first step is three times too long, and the next ones are\n"
    "even longer. You use both averages as they are; two of the lectures do so, too. They\n"
    "begin at zero: what does that do to their first values, and to which of the two does\n"
    "it do more?",
)(adam_with(corrected=lambda correct, wanted: (1.0, 1.0)))

ADAM.misconception(
    "only one average corrected",
    "Your first step is far too long. You repair the average of gradients, and leave the\n"
    "average of squares as it is.\n"
    "Does that one not begin at zero as well?",
)(adam_with(corrected=lambda correct, wanted: (correct[0], 1.0) if wanted else (1.0, 1.0)))

ADAM.misconception(
    "counted from zero",
    "Your first step is not a number: you divide by zero.\n"
    "Any number to the power 0 is 1. What is then left of 1 minus it?\n"
    "Which number has the first step?",
)(adam_with(counted=lambda t: t))

ADAM.misconception(
    "the count stands still",
    "Your first step is right. Then every step is corrected as if it were the first one.\n"
    "What does the third part of the state tell the next step?",
)(adam_with(kept=lambda t: t - 1))

ADAM.misconception(
    "the correction is stored",
    "Your first step is right. Then the averages grow too large: the corrected ones go\n"
    "into the state, and are corrected again the next time. Which ones should the next\n"
    "step go on with?",
)(adam_with(keeps_corrected=True))

ADAM.misconception(
    "eps inside the root",
    "You are right wherever gradients are large against eps. Some lectures, and one of\n"
    "the boxes for Adam, put it inside the root; the paper and we put it outside. What\n"
    "does the root do to a small number like eps?",
    convention=True,
)(adam_with(ratio=lambda m, v, eps: m / np.sqrt(v + eps)))


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
    "gradient within ten steps, the other one remember sizes for a thousand. Which beta\n"
    "belongs to which?",
)(adam_with(weights=lambda beta1, beta2: (beta2, beta1)))

ADAM.misconception(
    "no root",
    "Your first step is not the learning rate: it depends on the size of the gradient.\n"
    "The average below the line holds squares. What makes it a size again?",
)(adam_with(ratio=lambda m, v, eps: m / (v + eps)))

ADAM.misconception(
    "the switch is not used",
    "You are right with bias correction, and you correct also when you are asked not to.\n"
    "What does the last argument want?",
)(adam_with(corrected=lambda correct, wanted: correct))


ADAM_BOX = Question(
    "optimizers.adam_box",
    "Four of these five lines of the box differ from the paper. Which one is right?",
    choices=(
        Choice(
            "the caption",
            "Read the last line. Where is the look-ahead?",
        ),
        Choice(
            r"$\rho_2 = 0.9$",
            r"The average of squares is to remember long: the paper has 0.999, as has the same "
            r"lecture on another slide.",
        ),
        Choice(
            r"$\epsilon = 0.0001$ as the suggested learning rate",
            "The paper suggests 0.001; another slide of the same lecture says 1e-3 or 5e-4.",
        ),
        Choice(
            r"$\hat s = s/(1 - \rho_1^t)$, $\hat r = r/(1 - \rho_2^t)$ with $t$ counted from 1",
            right=True,
        ),
        Choice(
            r"$\sqrt{\hat r + \delta}$",
            r"The summary of the same lecture has $\sqrt{\hat r} + \delta$, as the paper has.",
        ),
    ),
    why="The caption belongs to another algorithm, the rate and the second decay are not the "
    "paper's, and the stabiliser is under the root. The bias correction is as it should be.",
)
