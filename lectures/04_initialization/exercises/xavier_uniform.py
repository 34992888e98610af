"""Uniform numbers: which limit belongs to a variance."""

import numpy as np

from grader import Case, Exercise, Number, Question
from lectures import drivers

from .shared import DRAWN, OF_MANY_WEIGHTS, fan_of, seed

HEURISTIC_FACTOR = Question(
    "initialization.heuristic_factor",
    r"An old rule draws $W_{ij} \sim U(-1/\sqrt m, 1/\sqrt m)$ for $m$ inputs. By which "
    r"factor does the standard deviation of a (small) signal change in each layer?",
    number=Number(
        1 / np.sqrt(3),
        rel_tol=0.01,
        misreadings={
            1.0: "That would be a normal draw with standard deviation 1/sqrt(m). Here "
            "1/sqrt(m) is the limit.",
            1 / 3: "That is the factor of the variance.",
            0.5: "The mean size of such a weight is half the limit. What counts is its variance.",
            float(np.sqrt(3)): "The other way round: n Var(w) is below 1.",
        },
    ),
    why=r"The variance of a weight is $\frac{1}{3m}$, so $m\,\mathrm{Var}(w) = \frac13$ and "
    r"the factor is $1/\sqrt3 = 0.577$. Ten layers leave less than a hundredth.",
)


LIMIT_FACTOR = Question(
    "initialization.limit_factor",
    r"A slide prints Glorot's uniform rule as $W_{ij} \sim U\bigl(-\frac{6}{\sqrt{m+n}}, "
    r"\frac{6}{\sqrt{m+n}}\bigr)$. The paper's limit is $\sqrt{\frac{6}{m+n}}$. How many "
    r"times too large is the *variance* of the weights with the printed limit?",
    number=Number(
        6.0,
        rel_tol=0.01,
        misreadings={
            float(np.sqrt(6)): "By this factor the limit is too large, and the standard deviation. "
            "The variance is a square.",
            36.0: "That is the square of 6. By which factor is the limit too large? The "
            "variance takes the square of that.",
            12.0: "12/(m + n) is the variance itself. Compare it with the right one.",
            2.0: "2/(m + n) is the right variance. What is the printed one?",
        },
    ),
    why=r"A uniform number on $(-a, a)$ has variance $a^2/3$: the printed limit gives "
    r"$12/(m+n)$, the right one $2/(m+n)$.",
)


XAVIER_UNIFORM = Exercise(
    "initialization.xavier_uniform",
    points=2,
    minutes=4,
    returns=(*DRAWN, "largest"),
    driver=drivers.draw_within,
    tolerance=OF_MANY_WEIGHTS,
    parents=("initialization.xavier_normal",),
    promises={
        "ValueError: for any other mode": "an unknown mode",
    },
    hints=(
        "Which limit a gives the variance 1/n? Begin with: the variance of U(-a, a) is a²/3.",
        "a is the root of 3/n, all of it under the root. n depends on the mode as before.",
        "`rng.uniform(low, high, shape)` draws from an interval.",
    ),
)


@XAVIER_UNIFORM.cases
def _(rng: np.random.Generator):
    yield Case("three inputs, two units", (3, 2, seed(rng)))
    yield Case("many inputs, few units", (600, 100, seed(rng)))
    yield Case("Glorot's compromise", (100, 600, seed(rng)), {"mode": "average"})
    yield Case("for the gradient", (600, 100, seed(rng)), {"mode": "out"})
    yield Case("a square layer", (250, 250, seed(rng)), {"mode": "average"})
    yield Case("an unknown mode", (3, 2, seed(rng)), {"mode": "fan_avg"}, extreme=True)
    yield Case("float32", (3, 4, seed(rng)), {"dtype": "float32"}, extreme=True)


def _uniform(fan_in, fan_out, limit, rng, dtype):
    return rng.uniform(-limit, limit, (fan_in, fan_out)).astype(dtype)


@XAVIER_UNIFORM.misconception(
    "the limit from the slide",
    '"in" and "out" are right. In the mode "average" your weights reach too far, and\n'
    "their variance is several times too large.\n"
    "How far does the root in the formula of the slide reach, and how far should it?",
)
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    n = fan_of(fan_in, fan_out, mode)
    limit = 6 / np.sqrt(fan_in + fan_out) if mode == "average" else np.sqrt(3 / n)
    return _uniform(fan_in, fan_out, limit, rng, dtype)


@XAVIER_UNIFORM.misconception("root of the denominator only")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """Your interval is too wide in every mode, by the same factor.
    The variance of U(-a, a) is a²/3. Square your limit and divide by 3: is that 1/n?
    """
    return _uniform(fan_in, fan_out, 3 / np.sqrt(fan_of(fan_in, fan_out, mode)), rng, dtype)


@XAVIER_UNIFORM.misconception("the limit taken for the standard deviation")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """Your interval is too narrow: its ends are one standard deviation away.
    Evenly spread numbers lie inside the limit, so their standard deviation is smaller
    than the limit. By which factor?
    """
    return _uniform(fan_in, fan_out, 1 / np.sqrt(fan_of(fan_in, fan_out, mode)), rng, dtype)


@XAVIER_UNIFORM.misconception("only positive weights")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """All your weights are positive.
    Between which two numbers should they lie, if their mean is to be zero?
    """
    limit = np.sqrt(3 / fan_of(fan_in, fan_out, mode))
    return rng.uniform(0, limit, (fan_in, fan_out)).astype(dtype)


@XAVIER_UNIFORM.misconception("the limit taken for the width")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """Your interval is half as wide as it should be.
    The limit a is the distance from zero to an end. How wide is the interval then?
    """
    limit = np.sqrt(3 / fan_of(fan_in, fan_out, mode)) / 2
    return _uniform(fan_in, fan_out, limit, rng, dtype)


@XAVIER_UNIFORM.misconception("the sum of the fans")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """Only the mode "average" is off, and there your interval is too narrow.
    What is n in this mode? Try a square layer: all modes have to agree.
    """
    n = fan_in + fan_out if mode == "average" else fan_of(fan_in, fan_out, mode)
    return _uniform(fan_in, fan_out, np.sqrt(3 / n), rng, dtype)


@XAVIER_UNIFORM.misconception("the 6 with a single fan")
def _(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    """Your interval is too wide in every mode: the variance is twice what it should be.
    The 6 of Glorot's formula stands over the sum of two fans.
    What becomes of it when n is one fan, or the mean of two?
    """
    return _uniform(fan_in, fan_out, np.sqrt(6 / fan_of(fan_in, fan_out, mode)), rng, dtype)
