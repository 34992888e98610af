"""Mean and deviation of a unit, and whether we want them to be 0 and 1."""

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
            "A positive number over 0 would be infinite. Which number stands above?",
        ),
        Choice("NaN: zero divided by zero", right=True),
        Choice(
            "1: the variance after normalising",
            "That needs some spread to be stretched. How much does a constant have?",
        ),
    ),
    why=r"$0/0$ is not a number, and one NaN spreads through the whole network in one step. "
    r"With $\epsilon = 10^{-5}$ under the root it is $0/0.003 = 0$. That is all $\epsilon$ is "
    r"for.",
)


BATCH_STATS = Exercise(
    "normalization.batch_stats",
    points=2,
    minutes=4,
    returns=("mu", "sigma"),
    hints=(
        "The result has one entry per unit. So the mean runs over the examples: down the columns.",
        "axis=0 is the one that counts the rows, and the one that has to go.",
        "sigma: subtract mu, square, mean over axis 0, add eps, root. In this order.",
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
    """mu is right; your sigma is a little too large, most of all for few examples.
    That is the unbiased variance, divided by m - 1 (`ddof=1`).
    By what does the formula of batch norm divide?
    """
    n = len(h)
    return h.mean(axis=0), np.sqrt(h.var(axis=0) * n / max(n - 1, 1) + eps)


@BATCH_STATS.misconception("eps outside the root")
def _(h, *, eps=1e-5):
    """mu is right. For a unit that never changes your sigma is eps itself.
    It looks as if eps were added after the root was drawn.
    To what is eps added in the formula: to the variance or to the deviation?
    """
    return h.mean(axis=0), h.std(axis=0) + eps


@BATCH_STATS.misconception("no eps")
def _(h, *, eps=1e-5):
    """mu is right. For a unit that never changes your sigma is 0, and you cannot divide by
    that.
    One slide prints the formula like that. What keeps sigma away from 0, and where does
    it stand?
    """
    return h.mean(axis=0), h.std(axis=0)


@BATCH_STATS.misconception("the variance")
def _(h, *, eps=1e-5):
    """mu is right; sigma is the square of what it should be.
    The variance of a length in metres is in square metres. Which step is left?
    """
    return h.mean(axis=0), h.var(axis=0) + eps


@BATCH_STATS.misconception("squares of the values themselves")
def _(h, *, eps=1e-5):
    """mu is right. Your sigma changes when all values of a unit are shifted.
    A deviation does not care where the values lie. From what is each value's distance
    taken before it is squared?
    """
    return h.mean(axis=0), np.sqrt((h**2).mean(axis=0) + eps)


@BATCH_STATS.misconception("absolute deviations")
def _(h, *, eps=1e-5):
    """mu is right. Your sigma is a mean of absolute distances.
    That measures spread, too, but it is another number. What does the formula do with
    the distances before the mean, and what after it?
    """
    return h.mean(axis=0), np.abs(h - h.mean(axis=0)).mean(axis=0) + np.sqrt(eps)


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
            "For inputs of standard deviation 4 it would be less than 90 %. Here they are "
            "much closer to 0.",
        ),
        Choice("about 98 %", right=True),
        Choice(
            "100 %",
            "It does bend a little. Where?",
        ),
    ),
    why=r"$R^2 = 0.984$. Around 0 the sigmoid is nearly $\frac12 + \frac z4$. So a layer that "
    r"always gets mean 0 and variance 1 hardly bends, and depth is wasted. We do *not* "
    r"necessarily want $\mathcal N(0, 1)$; the network should have the choice.",
)


IDENTITY_SCALE = Question(
    "normalization.identity_scale",
    r"Which $\gamma$ and $\beta$ undo the normalisation, so that $y = x$?",
    choices=(
        Choice(
            r"$\gamma = 1$, $\beta = 0$",
            "With these y is x_hat: normalised, and nothing undone. By what was x divided?",
        ),
        Choice(
            r"$\gamma = \mathrm{Var}[x]$, $\beta = \mathrm{E}[x]$",
            "Which number was x divided by: the variance or its root?",
        ),
        Choice(
            r"$\gamma = 1/\sqrt{\mathrm{Var}[x] + \epsilon}$, $\beta = -\mathrm{E}[x]$",
            "That normalises a second time. To undo a division you have to multiply.",
        ),
        Choice(
            r"$\gamma = \sqrt{\mathrm{Var}[x] + \epsilon}$, $\beta = \mathrm{E}[x]$", right=True
        ),
    ),
    why=r"$\gamma \hat x + \beta$ with these is $(x - \mathrm{E}[x]) + \mathrm{E}[x] = x$. So "
    r"the layer *can* do nothing. Without $\epsilon$ in $\gamma$ it is only nearly $x$.",
)


WHO_SETS_GAMMA = Question(
    "normalization.who_sets_gamma",
    r"Who chooses $\gamma$ and $\beta$?",
    choices=(
        Choice(
            "We do: they are hyper-parameters, like the learning rate.",
            "A network of ten layers of 500 units has ten thousand of them. Would you?",
        ),
        Choice(
            "They are computed from the batch, to recover the identity.",
            "Then batch norm would do nothing at all. Recovering is an option, not the rule.",
        ),
        Choice("Gradient descent, like the weights.", right=True),
        Choice(
            "They are running averages.",
            "These exist too, but of mean and variance, and for the time after training.",
        ),
    ),
    why=r"$y = \gamma \hat x + \beta$ is linear in both, so they have gradients like any "
    r"weight. They start at 1 and 0.",
)
