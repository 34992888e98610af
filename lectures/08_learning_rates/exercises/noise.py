"""One noisy step, the best rate for it, and many steps in many directions."""

import numpy as np

from grader import Case, Choice, Exercise, Question
from utils.noise import noisy_step

NOISY_STEP = Exercise(
    "noise.noisy_step",
    points=3,
    minutes=6,
    returns=("m_next",),
    hints=(
        "Write the new w as (something) times w plus (something) times z, and square it.",
        "Three terms. Take the mean of each over all draws: what is the mean of w times z, when z "
        "does not know w?",
        "The squared factor of w goes with m; the squared factor of z stands alone, since the mean "
        "of z squared is 1. Nothing is left of the mixed term.",
    ),
)


def several(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {"h": rng.uniform(0.4, 2.2, 4), "noise": rng.uniform(0.5, 2.0, 4)}


@NOISY_STEP.cases
def _(rng: np.random.Generator):
    def between(low, high):
        return float(rng.uniform(low, high))

    yield Case(
        "several directions at once", (rng.uniform(2, 5, 4), between(0.2, 0.4)), several(rng)
    )
    yield Case("curvature 1 and noise 1", (between(2, 4), between(0.2, 0.4)))
    yield Case("a steep direction", (between(2, 4), between(0.15, 0.25)), {"h": between(2, 3)})
    yield Case(
        "a lot of noise", (between(0.5, 1), 0.3), {"h": between(0.5, 0.8), "noise": between(2, 3)}
    )
    yield Case("from the minimum", (0.0, 0.4), {"h": between(1.3, 1.7), "noise": 0.7})
    yield Case("without noise", (between(2, 4), 0.3), {"h": 1.6, "noise": 0.0})
    yield Case("a step that jumps over the minimum", (between(2, 4), 1.6), {"noise": 0.5})


@NOISY_STEP.misconception("no noise")
def _(m, lr, *, h=1.0, noise=1.0):
    """Your result does not depend on the noise.
    Put w exactly on the minimum. Does a noisy step leave it there?
    """
    return (1 - lr * h) ** 2 * m


@NOISY_STEP.misconception("the rate of the noise not squared")
def _(m, lr, *, h=1.0, noise=1.0):
    """What the noise adds grows in proportion to the learning rate.
    Twice the rate moves w twice as far. What happens to a square when its side is doubled?
    """
    return (1 - lr * h) ** 2 * m + lr * noise**2


@NOISY_STEP.misconception("added before squaring")
def _(m, lr, *, h=1.0, noise=1.0):
    """Your result is what comes out if the noise always pushes away from the minimum.
    It pushes either way. What is the mean of w times z, when z does not know w?
    """
    return (np.abs(1 - lr * h) * np.sqrt(m) + lr * noise) ** 2


@NOISY_STEP.misconception("the mean of w for the mean of its square")
def _(m, lr, *, h=1.0, noise=1.0):
    """What you do to m would be right for w itself.
    m is a mean of squares. What happens to w squared when w is halved?
    """
    return (1 - lr * h) * m + lr**2 * noise**2


@NOISY_STEP.misconception("noise times curvature")
def _(m, lr, *, h=1.0, noise=1.0):
    """In your result a steeper direction gets more of the noise.
    The gradient has two parts. Which of them carries the curvature?
    """
    return (1 - lr * h) ** 2 * m + (lr * h * noise) ** 2


@NOISY_STEP.misconception("noise taken away")
def _(m, lr, *, h=1.0, noise=1.0):
    """The more noise there is, the smaller your result, and from the minimum it is negative.
    Can a mean of squares be negative?
    """
    return (1 - lr * h) ** 2 * m - lr**2 * noise**2


@NOISY_STEP.misconception("standard deviation for variance")
def _(m, lr, *, h=1.0, noise=1.0):
    """Double the noise: the part of your result that it adds is doubled, too.
    What is the mean of the square of noise times z?
    """
    return (1 - lr * h) ** 2 * m + lr**2 * noise


BEST_RATE = Exercise(
    "noise.best_rate",
    points=3,
    minutes=7,
    returns=("lr",),
    parents=("noise.noisy_step",),
    hints=(
        "Write down the m of your last function as a function of the rate alone. What kind of "
        "curve is it?",
        "It is a parabola. Where its derivative by the rate is 0, the term that pulls inward and "
        "the one that the noise adds are in balance.",
        "h times m, divided by the sum of two squares: noise squared, and h squared times m.",
    ),
)


@BEST_RATE.cases
def _(rng: np.random.Generator):
    def between(low, high):
        return float(rng.uniform(low, high))

    yield Case("curvature 1 and noise 1", (between(2, 5),))
    yield Case("a steep direction", (between(2, 5),), {"h": between(2, 3), "noise": 0.6})
    yield Case("a flat direction", (between(2, 5),), {"h": between(0.2, 0.4), "noise": 0.5})
    yield Case("a lot of noise", (between(2, 5),), {"h": 1.5, "noise": between(3, 4)})
    yield Case("nearly there", (between(0.01, 0.02),), {"h": 1.4, "noise": 1.2})
    yield Case("without noise", (between(2, 5),), {"h": between(1.5, 3), "noise": 0.0})
    yield Case("far away", (1e8 * between(2, 5),), {"h": 1e-3, "noise": 10.0}, extreme=True)


@BEST_RATE.misconception("as if there were no noise")
def _(m, *, h=1.0, noise=1.0):
    """Your rate jumps to the minimum in one step, whatever the noise is.
    Try m = 0.01 and a noise of 1 with it: is m smaller after the step?
    """
    return 1 / h


@BEST_RATE.misconception("the noise added to the curvature")
def _(m, *, h=1.0, noise=1.0):
    """Your rate does not depend on m: far out or nearly there, it is the same.
    Close to the minimum a step gains little and pays the full price in noise. What should it do?
    """
    return 1 / (h + noise)


@BEST_RATE.misconception("standard deviation for variance")
def _(m, *, h=1.0, noise=1.0):
    """With a noise of 1 you are right, and without any.
    Look at the two terms of your denominator: do they have the same unit?
    """
    return h * m / (h**2 * m + noise)


@BEST_RATE.misconception("the distance for its square")
def _(m, *, h=1.0, noise=1.0):
    """Your rate would be right if m were a square root: m times m in its place gives the answer.
    What does m stand for, a distance or the mean of its square?
    """
    return h * np.sqrt(m) / (h**2 * np.sqrt(m) + noise**2)


@BEST_RATE.misconception("the curvature missing in the numerator")
def _(m, *, h=1.0, noise=1.0):
    """Without noise your rate is one over the square of the curvature.
    Which rate carries w to the minimum of a parabola in a single step?
    """
    return m / (h**2 * m + noise**2)


@BEST_RATE.misconception("the rate at which nothing is gained")
def _(m, *, h=1.0, noise=1.0):
    """After a step with your rate m is what it was: you have found where gain and loss cancel.
    Where on a parabola between two points of equal height is it lowest?
    """
    return 2 * h * m / (h**2 * m + noise**2)


@BEST_RATE.misconception("without the present m")
def _(m, *, h=1.0, noise=1.0):
    """Your rate does not depend on m: far out or nearly there, it is the same.
    What does a step gain when w is already at the minimum?
    """
    return h / (h**2 + noise**2)


EXPECTED_LOSS = Exercise(
    "noise.expected_loss",
    points=2,
    minutes=5,
    returns=("loss",),
    parents=("noise.noisy_step",),
    hints=(
        "Keep one m for each direction. Your `noisy_step` takes arrays.",
        "What is m before the first step, if w is `start`? And which rate goes with which step?",
        "Begin with start squared in every direction, call `noisy_step` once for each rate, and "
        "add up h times m over the directions, halved.",
    ),
)


@EXPECTED_LOSS.cases
def _(rng: np.random.Generator):
    def case(name, steps, d, **kwargs):
        rates = np.linspace(0.5, 0.1, steps) * rng.uniform(0.9, 1.1, steps)
        h = np.linspace(0.4, 1.8, d) * rng.uniform(0.9, 1.1, d)
        start = float(rng.uniform(2.2, 3.5))
        return Case(name, (rates, h), {"start": start, "noise": 0.6} | kwargs)

    yield case("four steps, three directions", 4, 3)
    yield case("one direction", 3, 1)
    yield case("one step", 1, 2, noise=1.4)
    yield case("noise that differs between directions", 5, 4, noise=rng.uniform(0.5, 2, 4))
    yield case("without noise", 3, 2, noise=0.0)
    yield Case(
        "a rate far too high",
        (np.array([9.0, 0.2]), np.array([1.0, 3.0])),
        {"start": 2.0, "noise": 1.0},
        extreme=True,
    )


def loss_with(rates, h, start, noise, first=lambda w: w**2, end=lambda h, m: np.sum(h * m) / 2):
    """The expected loss with another beginning or end."""
    m = np.full_like(h, first(start))
    for lr in rates:
        m = noisy_step(m, float(lr), h=h, noise=noise)
    return float(end(h, m))


@EXPECTED_LOSS.misconception("the rates averaged first")
def _(rates, h, *, start, noise):
    """The order of the rates makes no difference to your result.
    First large steps and then small ones, or the other way round: is that the same?
    """
    return loss_with(np.full_like(rates, rates.mean()), h, start, noise)


@EXPECTED_LOSS.misconception("not halved")
def _(rates, h, *, start, noise):
    """Your loss is twice what is asked.
    Which parabola has the slope h times w?
    """
    return loss_with(rates, h, start, noise, end=lambda h, m: np.sum(h * m))


@EXPECTED_LOSS.misconception("start not squared")
def _(rates, h, *, start, noise):
    """Your directions begin with m = start.
    `start` is a place. What does m hold?
    """
    return loss_with(rates, h, start, noise, first=lambda w: w)


@EXPECTED_LOSS.misconception("the last step missing")
def _(rates, h, *, start, noise):
    """The last rate makes no difference to your result.
    How many steps are made with n rates?
    """
    return loss_with(rates[:-1], h, start, noise)


@EXPECTED_LOSS.misconception("the curvature missing in the loss")
def _(rates, h, *, start, noise):
    """Your steps are right, but at the end all directions count alike.
    How much does a direction of curvature h add to the loss?
    """
    return loss_with(rates, h, start, noise, end=lambda h, m: np.sum(m) / 2)


@EXPECTED_LOSS.misconception("the mean over the directions")
def _(rates, h, *, start, noise):
    """With one direction you are right. With several your loss is too small.
    A second direction: does it add to the loss, or is it averaged with the first?
    """
    return loss_with(rates, h, start, noise, end=lambda h, m: np.mean(h * m) / 2)


@EXPECTED_LOSS.misconception("one curvature for all")
def _(rates, h, *, start, noise):
    """With one direction you are right. With several, all of yours shrink at one pace.
    Which curvature decides how fast a direction shrinks?
    """
    m = np.full_like(h, start**2)
    for lr in rates:
        m = noisy_step(m, float(lr), h=float(h.max()), noise=noise)
    return float(np.sum(h * m) / 2)


BEST_AT_THE_END = Question(
    "learning_rates.best_at_the_end",
    "Softmax regression on digits, a fifth of the training labels wrong, batches of 8. If the run "
    "lasts 30 updates, the best constant rate is 0.5. Which is best if it lasts 3000?",
    choices=(
        Choice(
            "About 2: there is time to be bold.",
            "Does a long run need long steps to get there, or has it many of them?",
        ),
        Choice("About 0.2", right=True),
        Choice(
            "0.5 again: it belongs to the problem.",
            "At a constant rate the loss stops falling at some level. On what does that level "
            "depend, and which of the two runs comes to feel it?",
        ),
        Choice(
            "About 0.002, a hundredth.",
            "A hundred times as many steps at a hundredth of the rate cover the same distance. Is "
            "there nothing to gain from the additional time?",
        ),
    ),
    why="The longer the run, the more of it is spent in the noise, and a smaller rate trembles "
    "less. But the best rate falls slowly: to less than half while the run becomes 100 times as "
    "long.",
)


NOISE_FLOOR = Question(
    "learning_rates.noise_floor",
    r"A constant rate $\eta = 0.1$ on $w^2/2$, noise 1. After many steps the mean of $w^2$ stays "
    r"at "
    "one value. Which?",
    choices=(
        Choice(
            "0: the steps pull inward.",
            "At the minimum the pull is zero. Is the noise?",
        ),
        Choice(
            "0.1, which is the rate itself",
            "Put it into your function as m. Is m the same after the step?",
        ),
        Choice(
            "0.01, which is the rate squared",
            "That is what one step adds. How much of the earlier steps is still there?",
        ),
        Choice("0.053, about half of the rate", right=True),
    ),
    why=r"What one step takes away must be what it adds: $m = (1-\eta)^2 m + \eta^2$. So "
    r"$m = \eta/(2 - \eta)$, for small rates half of the rate.",
)


ONE_OVER_T = Question(
    "learning_rates.one_over_t",
    r"Each example shows SGD a target $a_t$, and the step is $w \leftarrow w - \eta_t\,(w - a_t)$ "
    r"with the rates $1, \frac12, \frac13, \dots$ What is $w$ after $t$ steps?",
    choices=(
        Choice("The mean of all targets so far.", right=True),
        Choice(
            "The last target, nearly.",
            "After the first step, yes. How far does the hundredth step go?",
        ),
        Choice(
            "An average in which old targets count less and less.",
            "A constant rate gives that. Work out the first three steps: with which weights do the "
            "three targets stand in w?",
        ),
        Choice(
            "The first target, nearly, since later steps are small.",
            "Work out the first three steps. With which weight does the first target stand in w?",
        ),
    ),
    why=r"$w_t = (1 - \frac1t)\,w_{t-1} + \frac1t a_t$ is how a mean is updated by one more "
    r"number. In "
    "one direction, nothing that sees t targets can do better on average.",
)


TOO_EARLY = Question(
    "learning_rates.too_early",
    r"On $w^2/2$ with noise 1, from $w = 10$: 100 steps at the rate 0.2, to be cut to a tenth "
    r"once. "
    "The best moment is after 21 steps. Compare a cut 21 steps too early with one 29 too late.",
    choices=(
        Choice("Early costs 121 times the loss, late 1.6 times.", right=True),
        Choice(
            "Both cost about twice the loss.",
            "Where is w when the rate is cut at once, and how far do the remaining steps carry it?",
        ),
        Choice(
            "Early costs twice the loss, late 20 times.",
            "After a late cut, how many small steps are left to calm the noise? After an early "
            "one, how many to cover the distance?",
        ),
        Choice(
            "Both hardly matter, since the noise decides.",
            "At a rate of 0.02 w shrinks by 2 % a step. Is 10 far away for 100 such steps?",
        ),
    ),
    why="Distance is covered at a rate of 0.02 ten times as slowly as at 0.2, while the noise of "
    "large steps dies out quickly. When in doubt, cut late.",
)
