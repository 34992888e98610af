"""Mean and standard deviation of a unit, and whether we want them to be 0 and 1."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import uneven

MISPRINTED_AXIS = Question(
    "normalization.misprinted_axis",
    r"$H$ is $8 \times 3$: eight examples, three units. Which shape has the printed $\mu$?",
    choices=(
        Choice(
            r"$(3,)$: a mean for each unit",
            r"That is what it should have. The sum runs over $j$, and $j$ counts the columns.",
        ),
        Choice(r"$(8,)$: a number for each example", right=True),
        Choice(
            "one number",
            r"Only one of the two indices is summed over. The colon keeps the other one.",
        ),
        Choice(
            r"$(8, 3)$: like $H$",
            "A sum over an index makes this index disappear.",
        ),
    ),
    why=r"$H_{:,j}$ is a column of length 8; a sum of columns is a column. A network would add "
    r"up its different units. Right is $\mu = \frac1m \sum_i H_{i,:}$, of shape $(3,)$.",
)


NO_EPSILON = Question(
    "normalization.no_epsilon",
    r"A ReLU unit is dead: on all examples of the batch its value is 0. What does the printed "
    r"formula make of it?",
    choices=(
        Choice(
            "0: the unit is at its mean",
            "The numerator is indeed 0. And the denominator?",
        ),
        Choice(
            "infinity: division by zero",
            "A positive number over 0 would be infinite. Which number stands in the numerator?",
        ),
        Choice("NaN: zero divided by zero", right=True),
        Choice(
            "1: the variance after normalising",
            "What would have to be stretched to get a variance of 1? How much does a constant "
            "vary?",
        ),
    ),
    why=r"$0/0$ is not a number, and one NaN spreads through the whole network in one step. "
    r"With $\epsilon = 10^{-5}$ under the square root it is $0/0.003 = 0$.",
)


BATCH_STATS = Exercise(
    "normalization.batch_stats",
    points=2,
    minutes=4,
    returns=("mu", "std"),
    hints=(
        "The result has one entry per unit. So the mean runs over the examples: down the columns.",
        "axis=0 is the one that counts the rows, and the one that has to go.",
        "std: subtract mu, square, mean over axis 0, add eps, square root. In this order.",
    ),
)


@BATCH_STATS.cases
def _(rng: np.random.Generator):
    yield Case("three examples, three units", (uneven(rng, 3, 3),), {"eps": 0.1})
    yield Case("eight examples, three units", (uneven(rng, 8, 3),))
    yield Case("two examples, five units", (uneven(rng, 2, 5),), {"eps": 0.3})
    yield Case("one unit", (uneven(rng, 4, 1),))
    constant = uneven(rng, 4, 3)
    constant[:, rng.integers(3)] = 0.75
    yield Case("a unit that never changes", (constant,))
    yield Case("one example", (uneven(rng, 1, 4),))
    yield Case("large values", (3000 * uneven(rng, 5, 2),), extreme=True)


PER_EXAMPLE = (
    "You get one number for each example: your sum runs over the units, as the slide prints it.\n"
    "Examples are rows here, units are columns. A unit is to be compared with itself, over the\n"
    "examples. Which of the two indices has to disappear?"
)


@BATCH_STATS.misconception("the misprint: a number per example", PER_EXAMPLE)
def _(h, *, eps=1e-5):
    return h.mean(axis=1), np.sqrt(h.var(axis=1) + eps)


@BATCH_STATS.misconception("a number per example, subtracted per unit", PER_EXAMPLE)
def _(h, *, eps=1e-5):
    mu = h.mean(axis=1)
    return mu, np.sqrt(((h - mu) ** 2).mean(axis=1) + eps)


@BATCH_STATS.misconception("divided by one less than the examples")
def _(h, *, eps=1e-5):
    """mu is right; your std is a little too large, most of all for few examples.
    That is what `ddof=1` gives.
    By what does the biased variance divide?
    """
    n = len(h)
    return h.mean(axis=0), np.sqrt(h.var(axis=0) * n / max(n - 1, 1) + eps)


@BATCH_STATS.misconception("eps outside the square root")
def _(h, *, eps=1e-5):
    """mu is right. For a unit that never changes your std is eps itself.
    Take a variance of 1e-6 and eps = 1e-5. How much does eps add to std in your formula, and how
    much if it belongs to the variance?
    """
    return h.mean(axis=0), h.std(axis=0) + eps


@BATCH_STATS.misconception("no eps")
def _(h, *, eps=1e-5):
    """mu is right. For a unit that never changes your std is 0, and you cannot divide by
    that.
    One slide prints the formula like that. What keeps std away from 0?
    """
    return h.mean(axis=0), h.std(axis=0)


@BATCH_STATS.misconception("the variance")
def _(h, *, eps=1e-5):
    """mu is right; std is the square of what it should be.
    The variance of a length in metres is in square metres. Which step is left?
    """
    return h.mean(axis=0), h.var(axis=0) + eps


@BATCH_STATS.misconception("squares of the values themselves")
def _(h, *, eps=1e-5):
    """mu is right. Your std changes when all values of a unit are shifted.
    A standard deviation does not care where the values lie. From what is each value's distance
    taken before it is squared?
    """
    return h.mean(axis=0), np.sqrt((h**2).mean(axis=0) + eps)


@BATCH_STATS.misconception("sums for means")
def _(h, *, eps=1e-5):
    """For a batch of one your mu is right; for more examples it grows with their number.
    You add up over the batch. What makes a mean of a sum?
    """
    mu = h.sum(axis=0)
    return mu, np.sqrt(((h - mu) ** 2).sum(axis=0) + eps)


@BATCH_STATS.misconception("mean absolute deviation")
def _(h, *, eps=1e-5):
    """mu is right. Your std is a mean of absolute distances.
    That, too, says how much the values vary, but it is another number. What does a variance do
    with the distances before it takes their mean?
    """
    return h.mean(axis=0), np.abs(h - h.mean(axis=0)).mean(axis=0) + np.sqrt(eps)


@BATCH_STATS.misconception("a sum for the mean in the variance")
def _(h, *, eps=1e-5):
    """mu is right. Your std grows with the number of examples.
    The squared distances are added up. What is done with such a sum to make it a variance?
    """
    return h.mean(axis=0), np.sqrt(h.var(axis=0) * len(h) + eps)


NEED_STANDARD = Question(
    "normalization.need_standard",
    r"A sigmoid $\sigma$ gets inputs $z \sim \mathcal N(0, 1)$. How much of the variance of "
    r"its output $\sigma(z)$ does the best *straight line* explain?",
    choices=(
        Choice(
            "about 50 %",
            "Look at the sigmoid between -1 and 1, where two thirds of the inputs lie. How far "
            "is it from a line there?",
        ),
        Choice(
            "about 80 %",
            "For inputs of standard deviation 4 it would be less than 90 %. Are these closer to 0, "
            "or farther away?",
        ),
        Choice("about 98 %", right=True),
        Choice(
            "100 %",
            "Is the sigmoid a straight line anywhere? Where is it not?",
        ),
    ),
    why=r"$R^2 = 0.984$. Around 0 the sigmoid is nearly $\frac12 + \frac z4$. So a "
    r"sigmoid unit that always gets mean 0 and variance 1 is almost linear. For tanh the share is "
    r"93 %, for ReLU 73 %: they lose less. Whether $\mathcal N(0, 1)$ is what a unit wants depends "
    r"on the unit; the network should have the choice.",
)


IDENTITY_SCALE = Question(
    "normalization.identity_scale",
    r"Which $\gamma$ and $\beta$ undo the normalisation, so that $y = x$?",
    choices=(
        Choice(
            r"$\gamma = 1$, $\beta = 0$",
            "With these y is x_hat. By what was x divided?",
        ),
        Choice(
            r"$\gamma = \mathrm{Var}[x]$, $\beta = \mathrm{E}[x]$",
            "If x is in metres, in which unit is your y?",
        ),
        Choice(
            r"$\gamma = 1/\sqrt{\mathrm{Var}[x] + \epsilon}$, $\beta = -\mathrm{E}[x]$",
            "That normalises a second time. What undoes a division?",
        ),
        Choice(
            r"$\gamma = \sqrt{\mathrm{Var}[x] + \epsilon}$, $\beta = \mathrm{E}[x]$", right=True
        ),
    ),
    why=r"$\gamma \hat x + \beta$ with these is $(x - \mathrm{E}[x]) + \mathrm{E}[x] = x$. So "
    r"the layer *can* do nothing. Without $\epsilon$ in $\gamma$ it is only nearly $x$.",
)
