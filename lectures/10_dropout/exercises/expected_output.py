"""And at test time? The expected output of one neuron: exact and scaled."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

from .shared import both_signs


def neuron(rng: np.random.Generator, d: int, negative: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and weights: the products w_i x_i are 0.6 to 1.2 in size, so many of them negative."""
    signs = rng.permutation(np.where(np.arange(d) < negative, -1.0, 1.0))
    x = both_signs(rng, d)
    return x, signs * rng.uniform(0.6, 1.2, d) / x


TEST_TIME = Question(
    "dropout.test_time",
    r"At test time we want $y = E_z[f(x, z)] = \int p(z)\, f(x, z)\, dz$, the mean over all "
    r"masks $z$. A layer of 4096 units has more masks than anyone can go through. What do we "
    r"do in practice?",
    choices=(
        Choice(
            "Draw one mask and keep it for every test.",
            "That is one thinned network, with fewer units. Is the first one that we happen to "
            "draw as good as the mean?",
        ),
        Choice(
            "Use all units as they are: the more, the better.",
            "The next layer has learnt from sums with some terms missing. How large are the "
            "sums when none is missing?",
        ),
        Choice(
            "Use all units, and scale so that each has its mean from training.",
            right=True,
        ),
        Choice(
            "Give up on dropout in layers that are this large.",
            "The exact mean is out of reach. Is there a cheap approximation?",
        ),
    ),
    why="All units are active, and the scale of each is that of its mean. It is one pass in "
    "place of all masks. For a linear unit it is exact. After a nonlinearity it is an "
    "approximation, and we shall measure how good it is.",
)


E50 = Question(
    "dropout.e50",
    r"A slide says: “At test time we multiply by the **dropout** probability.” Test it. "
    r"An input is dropped with probability 0.2. With all its inputs the neuron gives "
    r"$w_1x_1 + w_2x_2 = 0.52$. What is its mean output in training? (Three digits.)",
    number=Number(
        0.416,
        rel_tol=0.005,
        misreadings={
            0.104: "So says the slide: 0.2 times 0.52. But each input is there in four steps "
            "out of five. Can the mean be that small?",
            0.52: "That is the output when nothing is dropped.",
            0.65: "You divided. That makes up for what is missing; here we ask for the mean "
            "with the gaps.",
            0.3328: "The factor comes in once, not twice.",
            0.26: "That would be right if half were dropped.",
        },
    ),
    why=r"Each term is there with probability 0.8, so the mean is $0.8 \cdot 0.52 = 0.416$. "
    r"Multiply by the probability of **keeping**. The slide is right only for one half, where "
    r"nobody can tell the two apart.",
)


EXPECTED_OUTPUT_EXACT = Exercise(
    "dropout.expected_output_exact",
    points=3,
    minutes=8,
    returns=("expectation",),
    hints=(
        "List all masks: `itertools.product([0, 1], repeat=d)` is one way, the binary digits of "
        "0 ... 2**d - 1 are another.",
        "For each mask: the sum of w_i x_i over the kept inputs, then the activation.",
        "Weigh it with (1 - p_drop) to the number of kept inputs times p_drop to the number of "
        "dropped ones. Then add all up.",
    ),
)


@EXPECTED_OUTPUT_EXACT.cases
def expected_cases(rng: np.random.Generator, **more: Any) -> Iterator[Case]:
    for name, d, negative, p_drop, activation in (
        ("linear, four inputs", 4, 1, 0.2, "linear"),
        ("linear, two inputs, half dropped", 2, 0, 0.5, "linear"),
        ("ReLU, half dropped", 4, 2, 0.5, "relu"),
        ("ReLU, five inputs", 5, 3, 0.3, "relu"),
        ("ReLU, most dropped", 6, 5, 0.75, "relu"),
        ("linear, most dropped", 3, 3, 0.8, "linear"),
        ("one input", 1, 0, 0.4, "relu"),
        ("nothing dropped", 3, 0, 0.0, "linear"),
    ):
        yield Case(
            name, neuron(rng, d, negative), {"p_drop": p_drop, "activation": activation} | more
        )


@EXPECTED_OUTPUT_EXACT.misconception("all masks equally likely")
def _(x, w, *, p_drop, activation="linear"):
    """When half is dropped you are right; otherwise not.
    You give every mask the same probability. If little is dropped, a mask that keeps
    nearly everything is more likely than one that keeps nearly nothing.
    How likely is a mask that keeps k of d inputs?
    """
    total = 0.0
    for number in range(2 ** len(x)):
        a = sum(w[i] * x[i] for i in range(len(x)) if number >> i & 1)
        total += max(a, 0.0) if activation == "relu" else a
    return float(total / 2 ** len(x))


def _sum_over_masks(x, w, p_drop, activation, weight, activate=True, scale=1.0):
    """Sum over masks of weight(kept, dropped) times the neuron's output."""
    total = 0.0
    for mask in product([0, 1], repeat=len(x)):
        a = scale * float(np.dot(mask, w * x))
        a = max(a, 0.0) if activate and activation == "relu" else a
        total += weight(sum(mask), len(x) - sum(mask)) * a
    return total


@EXPECTED_OUTPUT_EXACT.misconception("keeps with probability p_drop")
def _(x, w, *, p_drop, activation="linear"):
    """When half is dropped you are right; otherwise your probabilities are the mirror
    image: the more is dropped, the more of the signal you see.
    Which of the two powers belongs to the inputs that are kept?
    """
    return _sum_over_masks(x, w, p_drop, activation, lambda k, d: p_drop**k * (1 - p_drop) ** d)


@EXPECTED_OUTPUT_EXACT.misconception("the mean first, then the activation")
def _(x, w, *, p_drop, activation="linear"):
    """For a linear neuron you are right; for ReLU your value is too small, often 0.
    You apply the ReLU to the mean sum. Each thinned neuron applies it to its own sum, and
    the mean comes last. Is the mean of the maxima the maximum of the mean?
    """
    a = (1 - p_drop) * float(w @ x)
    return max(a, 0.0) if activation == "relu" else a


@EXPECTED_OUTPUT_EXACT.misconception("survivors scaled up")
def _(x, w, *, p_drop, activation="linear"):
    """You scale up what is kept. A later form of dropout does that, the inverted one.
    Here the inputs that are kept stay as they are.
    Where does your code divide?
    """
    return _sum_over_masks(
        x, w, p_drop, activation, lambda k, d: (1 - p_drop) ** k * p_drop**d, scale=1 / (1 - p_drop)
    )


@EXPECTED_OUTPUT_EXACT.misconception("a sum without probabilities")
def _(x, w, *, p_drop, activation="linear"):
    """You add up the outputs of all masks.
    An expectation weighs each output with the probability that it occurs.
    How likely is a mask that keeps k of d inputs?
    """
    return _sum_over_masks(x, w, p_drop, activation, lambda k, d: 1.0)


@EXPECTED_OUTPUT_EXACT.misconception("the dropped inputs have no probability")
def _(x, w, *, p_drop, activation="linear"):
    """The probabilities of your masks add up to more than 1.
    A mask says two things: these inputs are kept, and those are dropped. Both have a
    probability. Which factor is still missing?
    """
    return _sum_over_masks(x, w, p_drop, activation, lambda k, d: (1 - p_drop) ** k)


@EXPECTED_OUTPUT_EXACT.misconception("the activation is ignored")
def _(x, w, *, p_drop, activation="linear"):
    """With ReLU you give the same as without.
    Which argument says what happens to the sum of each thinned neuron?
    """
    return (1 - p_drop) * float(w @ x)


EXPECTED_OUTPUT_SCALED = Exercise(
    "dropout.expected_output_scaled",
    points=1,
    minutes=2,
    returns=("output",),
    hints=(
        "One pass through the full neuron, with the sum scaled to its mean.",
        "The mean of the sum is the probability of keeping times w . x. The activation comes "
        "after.",
    ),
)


@EXPECTED_OUTPUT_SCALED.cases
def _(rng: np.random.Generator):
    yield Case("four inputs", neuron(rng, 4, 1), {"p_drop": 0.2})
    yield Case("most dropped", neuron(rng, 5, 1), {"p_drop": 0.8, "activation": "relu"})
    yield Case("half dropped", neuron(rng, 3, 0), {"p_drop": 0.5, "activation": "linear"})
    yield Case("a negative sum, ReLU", neuron(rng, 4, 4), {"p_drop": 0.3, "activation": "relu"})
    yield Case("a negative sum, linear", neuron(rng, 3, 3), {"p_drop": 0.3})
    yield Case("twenty inputs", neuron(rng, 20, 4), {"p_drop": 0.4, "activation": "relu"})


@EXPECTED_OUTPUT_SCALED.misconception("multiplied by the probability of dropping")
def _(x, w, *, p_drop, activation="linear"):
    """When half is dropped you are right; otherwise the scale is off.
    So says the slide, too. Take p_drop near 0: hardly anything was ever dropped.
    Should the output then be near 0, or near the full one?
    """
    a = p_drop * float(w @ x)
    return max(a, 0.0) if activation == "relu" else a


def _scaled(x, w, activation, factor):
    a = factor * float(w @ x)
    return max(a, 0.0) if activation == "relu" else a


@EXPECTED_OUTPUT_SCALED.misconception("no scaling")
def _(x, w, *, p_drop, activation="linear"):
    """You give the output of the full neuron.
    In training some inputs were missing each time.
    With which probability was an input there?
    """
    return _scaled(x, w, activation, 1.0)


@EXPECTED_OUTPUT_SCALED.misconception("scaled up")
def _(x, w, *, p_drop, activation="linear"):
    """Your output is larger in size than that of the full neuron.
    At test time more inputs are there than in training.
    Must that be made up for by a factor above or below 1?
    """
    return _scaled(x, w, activation, 1 / (1 - p_drop))


@EXPECTED_OUTPUT_SCALED.misconception("scaled twice")
def _(x, w, *, p_drop, activation="linear"):
    """Your factor comes in twice.
    Scale the inputs or the weights. What happens to their product when you do both?
    """
    return _scaled(x, w, activation, (1 - p_drop) ** 2)


@EXPECTED_OUTPUT_SCALED.misconception("a mean over the inputs")
def _(x, w, *, p_drop, activation="linear"):
    """Your output shrinks with the number of inputs.
    A neuron adds its weighted inputs. Over what is the expectation taken?
    """
    return _scaled(x, w, activation, (1 - p_drop) / len(x))


@EXPECTED_OUTPUT_SCALED.misconception("the activation is ignored")
def _(x, w, *, p_drop, activation="linear"):
    """With ReLU you can give a negative output.
    What comes after the sum?
    """
    return (1 - p_drop) * float(w @ x)


JENSEN = Question(
    "dropout.jensen",
    r"Now the neuron has a ReLU. Compare the exact mean $E[\max(0, a)]$ with the scaled "
    r"output $\max(0, E[a])$, where $a$ is the random sum.",
    choices=(
        Choice(
            "They are equal, since the mean of the sum is exact.",
            "Take two masks with sums 1 and -1. What is the mean of the ReLUs, and what is "
            "the ReLU of the mean?",
        ),
        Choice("The scaled output is never above the exact mean.", right=True),
        Choice(
            "The scaled output is never below the exact mean.",
            "Take two masks with sums 1 and -1. What is the mean of the ReLUs, and what is "
            "the ReLU of the mean?",
        ),
        Choice(
            "Either may be larger, it depends on the weights.",
            "Which sums lose something when they are cut at 0? Can cutting them off make the "
            "mean smaller?",
        ),
    ),
    why=r"ReLU is convex, and for convex $f$ Jensen's inequality says $f(E[a]) \le E[f(a)]$. "
    r"Sums 1 and −1: the mean of the ReLUs is ½, the ReLU of the mean is 0.",
)
