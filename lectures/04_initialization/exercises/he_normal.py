"""ReLU needs more: He's rule."""

import numpy as np

from grader import Case, Exercise, Number, Question
from lectures import drivers

from .shared import DRAWN, OF_MANY_WEIGHTS, scaled_normal, seed

RELU_KEEPS = Question(
    "initialization.relu_keeps",
    r"**Step 3.** $z$ has mean zero and is as often negative as positive, in a symmetric way. "
    r"What is $\mathrm E[\mathrm{ReLU}(z)^2]$, as a multiple of $\mathrm{Var}(z)$?",
    number=Number(
        0.5,
        rel_tol=0.005,
        misreadings={
            0.5
            - 0.5 / np.pi: "That is the variance of ReLU(z) for a normal z. The mean square does "
            "not subtract the mean.",
            1
            / np.sqrt(2 * np.pi): "That is the mean of ReLU(z) for a normal z. Look at the square.",
            0.25: "Half of the numbers go. Are those that stay halved as well?",
            1 / np.sqrt(2): "That is what happens to the root of the mean square.",
        },
    ),
    why=r"$z^2$ is split evenly between the two sides, and ReLU keeps one of them: $\frac12$. "
    r"So $\mathrm{Var}(z_{l+1}) = \frac12\,n\,\mathrm{Var}(w)\,\mathrm{Var}(z_l)$, and the "
    r"bracket has to be 2.",
)


MISPRINT = Question(
    "initialization.misprint",
    r"Two slides print He's rule as `W = np.random.randn(fan_in, fan_out) / "
    r"np.sqrt(2/fan_in)`. What is the standard deviation of these weights, for a fan-in of "
    r"500? (Three digits.)",
    number=Number(
        float(np.sqrt(250)),
        rel_tol=0.01,
        misreadings={
            float(
                np.sqrt(2 / 500)
            ): "That is what He's paper asks for. Read the line once more: is "
            "the square root multiplied or divided?",
            0.004: "That is the variance He's paper asks for. The line does something else.",
            250.0: "That is the variance. The question asks for the standard deviation.",
            float(np.sqrt(500)): "You left a factor out. Where is the 2?",
        },
    ),
    why=r"$1/\sqrt{2/500} = \sqrt{250} = 15.8$ instead of $\sqrt{2/500} = 0.063$: weights 250 "
    r"times too large. (In Python 2, where `2/500` is 0, the line divides by zero.)",
)


HE_NORMAL = Exercise(
    "initialization.he_normal",
    points=2,
    minutes=4,
    returns=DRAWN,
    driver=drivers.draw,
    tolerance=OF_MANY_WEIGHTS,
    parents=("initialization.xavier_normal",),
    hints=(
        "Leave the slope aside at first. ReLU keeps one half of the mean square: what must "
        "n Var(w) be to give it back? Then the standard deviation of a weight.",
        "The slope: the negative half of z is multiplied by it, so of its mean square slope² is "
        "left. Which share of the whole does a leaky ReLU keep?",
        "It keeps (1 + slope²) / 2. The variance of the weights is one over this share, divided "
        "by fan_in; its square root multiplies N(0, 1).",
    ),
)


@HE_NORMAL.cases
def _(rng: np.random.Generator):
    yield Case("three inputs, two units", (3, 2, seed(rng)))
    yield Case("ReLU, many inputs", (600, 100, seed(rng)))
    yield Case("ReLU, many units", (100, 600, seed(rng)))
    yield Case("leaky ReLU with slope 0.5", (300, 200, seed(rng)), {"slope": 0.5})
    yield Case("slope 1, a straight line", (200, 300, seed(rng)), {"slope": 1.0})
    yield Case("float32", (3, 4, seed(rng)), {"dtype": "float32"}, extreme=True)


@HE_NORMAL.misconception("the line from the slide")
def _(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    """Your weights are far larger than 1, and larger the wider the layer is.
    The line on the slide does just that, and ten such layers explode.
    Should a unit with more inputs have larger weights or smaller ones?
    """
    w = rng.standard_normal((fan_in, fan_out)) / np.sqrt(2 / ((1 + slope**2) * fan_in))
    return w.astype(dtype)


@HE_NORMAL.misconception("the variance as a factor")
def _(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    """Your weights are too small, the more so the wider the layer.
    It looks as if the variance that they should have stood as the factor.
    With which factor does N(0, 1) get this variance?
    """
    return scaled_normal(fan_in, fan_out, 2 / ((1 + slope**2) * fan_in), rng, dtype)


@HE_NORMAL.misconception("Xavier without the 2")
def _(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    """The variance of your weights is half of what it should be.
    Ten ReLU layers would keep less than a thousandth of the mean square.
    How much of it does one ReLU take?
    """
    return scaled_normal(fan_in, fan_out, 1 / np.sqrt((1 + slope**2) * fan_in), rng, dtype)


@HE_NORMAL.misconception("the slope is not used")
def _(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    """For ReLU you are right. A leaky ReLU throws less away: its weights can be smaller.
    With slope 1 nothing is thrown away. Which rule should come out then?
    """
    return scaled_normal(fan_in, fan_out, np.sqrt(2 / fan_in), rng, dtype)


@HE_NORMAL.misconception("the fan-out")
def _(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    """The standard deviation of your weights follows the number of units.
    A unit adds up the signals of its inputs. Which fan counts these?
    """
    return scaled_normal(fan_in, fan_out, np.sqrt(2 / ((1 + slope**2) * fan_out)), rng, dtype)


@HE_NORMAL.misconception("the slope is not squared")
def _(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    """For ReLU and for slope 1 you are right, in between you are too small.
    The rule keeps the mean square. What does a slope of one half do to the square of a
    number that passes it?
    """
    return scaled_normal(fan_in, fan_out, np.sqrt(2 / ((1 + slope) * fan_in)), rng, dtype)


@HE_NORMAL.misconception("the slope on the wrong side")
def _(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    """The steeper the negative side, the larger your weights.
    A steeper side lets more through. Should the weights then be larger or smaller?
    """
    return scaled_normal(fan_in, fan_out, np.sqrt(2 * (1 + slope**2) / fan_in), rng, dtype)


@HE_NORMAL.misconception("a truncated draw")
def _(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    """Your variance is too small, by about a quarter, and the rarest numbers of a normal draw
    are missing.
    What happens to a variance when everything beyond two standard deviations is left out?
    """
    u = rng.standard_normal((fan_in, fan_out))
    while (far := np.abs(u) > 2).any():
        u[far] = rng.standard_normal(int(far.sum()))
    return (np.sqrt(2 / ((1 + slope**2) * fan_in)) * u).astype(dtype)
