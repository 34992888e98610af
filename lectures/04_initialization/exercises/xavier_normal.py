"""The right size, derived: the variance of a sum, and Xavier."""

import numpy as np

from grader import Case, Choice, Exercise, Question
from lectures import drivers

from .shared import DRAWN, OF_MANY_WEIGHTS, fan_of, scaled_normal, seed

WHY_SUM = Question(
    "initialization.why_sum",
    r"**Step 1.** $\mathrm{Var}\bigl(\sum_i x_i w_i\bigr) = \sum_i \mathrm{Var}(x_i w_i)$. "
    r"Which assumption allows this?",
    choices=(
        Choice(
            "none: the variance of a sum is always the sum of the variances",
            "Take twice the same number: its variance is four times, not twice, that of one.",
        ),
        Choice(
            r"The weights are drawn independently, with mean zero.",
            right=True,
        ),
        Choice(
            r"The $x_i$ are independent of each other, as the pixels of noise are.",
            "Pixels are not, and the outputs of a layer are not either. "
            "Which randomness do we control?",
        ),
        Choice(
            r"The $x_i$ are normally distributed.",
            "No shape of a distribution is used anywhere, only means and variances.",
        ),
    ),
    why=r"$\mathrm{Cov}(x_i w_i, x_j w_j) = \mathrm E[x_i x_j]\,\mathrm E[w_i]\,\mathrm "
    r"E[w_j] = 0$ for $i \ne j$. The inputs may depend on each other as they like.",
)


VAR_PRODUCT = Exercise(
    "initialization.var_product",
    points=1,
    minutes=4,
    returns=("variance",),
    hints=(
        "Var(xw) is the mean of the squared product minus the square of its mean. x and w are "
        "independent: the mean of a product of them is the product of the means.",
        "The mean of x² is Var(x) plus the squared mean of x; the same for w. Multiply the two "
        "brackets, and subtract (mean of x times mean of w)².",
    ),
)


@VAR_PRODUCT.cases
def _(rng: np.random.Generator):
    def spread():
        return tuple(rng.uniform(0.5, 3, 2))

    (a, b), (c, d) = spread(), spread()
    yield Case("both means away from zero", (1 + a, b, -1 - c, d))
    yield Case("mean of x only", (-1 - b, a, 0.0, d))
    yield Case("mean of w only", (0.0, c, 1 + d, a))
    yield Case("both means zero", (0.0, 1 + a, 0.0, b))
    yield Case("a fixed weight", (1 + a, b, 1 + c, 0.0))
    yield Case("fixed numbers", (2.0, 0.0, 3.0, 0.0))


@VAR_PRODUCT.misconception("as if the means were zero")
def _(mean_x, var_x, mean_w, var_w):
    """With both means zero you are right; otherwise you are too small.
    A weight that varies multiplies the mean of x as well.
    Which two terms does that add?
    """
    return var_x * var_w


@VAR_PRODUCT.misconception("the mean square")
def _(mean_x, var_x, mean_w, var_w):
    """Two fixed numbers have a fixed product, and you give it a variance.
    What you compute is the mean of the squared product.
    What has to be subtracted to get from there to the variance?
    """
    return (var_x + mean_x**2) * (var_w + mean_w**2)


@VAR_PRODUCT.misconception("the last term is missing")
def _(mean_x, var_x, mean_w, var_w):
    """With both means zero you say that the product does not vary.
    Think of two coins that show +1 or -1: what can their product be?
    """
    return mean_x**2 * var_w + mean_w**2 * var_x


@VAR_PRODUCT.misconception("means not squared")
def _(mean_x, var_x, mean_w, var_w):
    """Your terms have the right partners but the wrong size.
    If w is multiplied by a fixed number a, by what is its variance multiplied?
    """
    return abs(mean_x) * var_w + abs(mean_w) * var_x + var_x * var_w


@VAR_PRODUCT.misconception("each mean with its own variance")
def _(mean_x, var_x, mean_w, var_w):
    """You multiply the mean of x with the variance of x.
    Hold x fixed at its mean and let w vary: whose variance does the product then show?
    """
    return mean_x**2 * var_x + mean_w**2 * var_w + var_x * var_w


@VAR_PRODUCT.misconception("the variance of a sum")
def _(mean_x, var_x, mean_w, var_w):
    """You add the two variances. That is right for the sum x + w.
    What is the variance of the product when w is the fixed number 2?
    """
    return var_x + var_w


WHICH_VANISH = Question(
    "initialization.which_vanish",
    r"**Step 2.** $\mathrm{Var}(x_i w_i) = \mathrm E[x_i]^2\,\mathrm{Var}(w_i) + \mathrm "
    r"E[w_i]^2\,\mathrm{Var}(x_i) + \mathrm{Var}(x_i)\,\mathrm{Var}(w_i)$. The weights have "
    r"mean zero. The inputs come from a ReLU layer. Which terms are left?",
    choices=(
        Choice(
            "the last one only",
            "That needs both means to be zero. What is the mean of what ReLU gives out?",
        ),
        Choice("the first and the last", right=True),
        Choice(
            "the second and the last",
            "The second has the squared mean of the weights as a factor. How large is it?",
        ),
        Choice("all three", "One of them has a factor that is zero. Which mean is zero?"),
    ),
    why=r"The two that are left add up to $\mathrm{Var}(w)\,\bigl(\mathrm{Var}(x) + \mathrm "
    r"E[x]^2\bigr) = \mathrm{Var}(w)\,\mathrm E[x^2]$. With tanh the mean is zero and this is "
    r"the usual $\mathrm{Var}(w)\,\mathrm{Var}(x)$. After ReLU it is the mean square that "
    r"counts.",
)


XAVIER_NORMAL = Exercise(
    "initialization.xavier_normal",
    points=2,
    minutes=4,
    returns=DRAWN,
    driver=drivers.draw,
    tolerance=OF_MANY_WEIGHTS,
    promises={
        "ValueError: for any other mode": "an unknown mode",
    },
    hints=(
        "The variance of z is n Var(w) times that of the signal, and it is to stay. How many "
        "terms has the sum in the forward pass, and how many in the backward pass?",
        "First find n: a dict from the mode's name to a number does it, and tells you whether "
        "the name is known. Multiplying N(0, 1) by a makes the variance a².",
        "The variance is 1/n. Draw standard normal numbers of shape (fan_in, fan_out), divide by "
        "the square root of n, convert with `.astype(dtype)`.",
    ),
)


@XAVIER_NORMAL.cases
def _(rng: np.random.Generator):
    yield Case("three inputs, two units", (3, 2, seed(rng)))
    yield Case("many inputs, few units", (600, 100, seed(rng)))
    yield Case("few inputs, many units", (100, 600, seed(rng)), {"mode": "in"})
    yield Case("for the gradient", (600, 100, seed(rng)), {"mode": "out"})
    yield Case("the compromise", (100, 600, seed(rng)), {"mode": "average"})
    yield Case("an unknown mode", (3, 2, seed(rng)), {"mode": "fan_in"}, extreme=True)
    yield Case("float32", (3, 4, seed(rng)), {"dtype": "float32"}, extreme=True)


@XAVIER_NORMAL.misconception("the variance as a factor")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """Your weights are too small, the more so the wider the layer.
    It looks as if the variance that they should have stood as the factor.
    Which factor in front of N(0, 1) gives this variance?
    """
    return scaled_normal(fan_in, fan_out, 1 / fan_of(fan_in, fan_out, mode), rng, dtype)


@XAVIER_NORMAL.misconception("multiplied instead of divided")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """Your weights grow with the width of the layer.
    A unit with more inputs adds up more terms. Should each of its weights then be
    larger or smaller?
    """
    return scaled_normal(fan_in, fan_out, np.sqrt(fan_of(fan_in, fan_out, mode)), rng, dtype)


@XAVIER_NORMAL.misconception("the two fans exchanged")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """The mode "average" is right; "in" and "out" are exchanged.
    The forward signal of one unit is a sum over its inputs.
    Which fan counts these?
    """
    return scaled_normal(fan_in, fan_out, 1 / np.sqrt(fan_of(fan_out, fan_in, mode)), rng, dtype)


@XAVIER_NORMAL.misconception("the sum of the fans")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """Only the mode "average" is off, and there your weights are too small.
    For a square layer all three modes have to agree. Do yours?
    """
    n = fan_in + fan_out if mode == "average" else fan_of(fan_in, fan_out, mode)
    return scaled_normal(fan_in, fan_out, 1 / np.sqrt(n), rng, dtype)


@XAVIER_NORMAL.misconception("the average of the two answers")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """Only the mode "average" is off. You average the two standard deviations.
    It is the fans that are averaged here. What is n in this mode?
    """
    std = 1 / np.sqrt(fan_of(fan_in, fan_out, mode))
    if mode == "average":
        std = (1 / np.sqrt(fan_in) + 1 / np.sqrt(fan_out)) / 2
    return scaled_normal(fan_in, fan_out, std, rng, dtype)


@XAVIER_NORMAL.misconception("the mode is not used")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """Every mode gives the same standard deviation, that of "in", and an unknown mode passes.
    What should n be for each of the three, and what should happen for a fourth?
    """
    return scaled_normal(fan_in, fan_out, 1 / np.sqrt(fan_in), rng, dtype)


@XAVIER_NORMAL.misconception("the factor for ReLU")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """The variance of your weights is twice what is asked for.
    That suits a layer that throws half of its signal away, as you will see later.
    What does a linear layer need?
    """
    return scaled_normal(fan_in, fan_out, np.sqrt(2 / fan_of(fan_in, fan_out, mode)), rng, dtype)


@XAVIER_NORMAL.misconception("a truncated draw")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """Your variance is too small in every mode, by about a quarter, and the rarest numbers
    of a normal draw are missing.
    What happens to a variance when everything beyond two standard deviations is left out?
    """
    u = rng.standard_normal((fan_in, fan_out))
    while (far := np.abs(u) > 2).any():
        u[far] = rng.standard_normal(int(far.sum()))
    return (u / np.sqrt(fan_of(fan_in, fan_out, mode))).astype(dtype)


@XAVIER_NORMAL.misconception("the limit of the uniform rule")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """The variance of your weights is three times what is asked for.
    The square root of 3/n is the limit of a *uniform* draw whose variance is 1/n.
    What does the number in front of a normal draw mean?
    """
    return scaled_normal(fan_in, fan_out, np.sqrt(3 / fan_of(fan_in, fan_out, mode)), rng, dtype)


EQUAL_SCALES = Question(
    "initialization.equal_scales",
    "A slide argues, in our words: near zero tanh is almost the identity; so if the activations "
    "of all layers have one scale, the gradients have one scale, too, and all layers learn at the "
    "same pace. Which start of this lecture shows that the “so” does not hold?",
    choices=(
        Choice(
            r"$0.01 \cdot \mathcal N(0, 1)$",
            "There the activations do not have one scale either. Which start fulfils the "
            "condition?",
        ),
        Choice(r"$1.0 \cdot \mathcal N(0, 1)$", right=True),
        Choice(
            r"$\mathcal N(0, 1)/\sqrt{n}$, Xavier",
            "Its activations shrink, and so do its gradients. Is there a start with the same "
            "standard deviation in all ten layers?",
        ),
        Choice(
            "None: wherever the activations keep their scale the gradients do.",
            "Go through the starts that you have seen. Which of them kept the standard deviation "
            "of all ten layers, and what did its gradient do?",
        ),
    ),
    why=r"Its standard deviation is 0.98 in all ten layers, and its gradient grows 3.5 times a "
    r"layer. The signal is multiplied by weights and *held* by tanh, the gradient by weights and "
    r"slopes. The two factors agree only where tanh is the identity.",
)


LARGER_RATE = Question(
    "initialization.larger_rate",
    "The loss is a long valley, curved 25 times as much across as along. Gradient descent "
    "makes 30 steps with the largest rate that does not overshoot across the valley, and is "
    "still far from the minimum. What does a rate three times as large do?",
    choices=(
        Choice(
            "It arrives three times sooner.",
            "Along the valley it would. And across, where the rate was already at its limit?",
        ),
        Choice(
            "It makes no difference: the direction stays the same.",
            "The direction of the first step does. What happens after a step that is too long?",
        ),
        Choice(
            "It moves faster along the valley and explodes across it.",
            right=True,
        ),
        Choice(
            "It jumps to and fro across the valley, but still arrives.",
            "Up to twice the old rate that happens. Beyond 2 over the largest curvature each "
            "jump is longer than the last.",
        ),
    ),
    why="One rate has to serve all directions. The steepest sets the limit, and the others "
    "wait. Scales that are equal from the start make one rate good for all.",
)
