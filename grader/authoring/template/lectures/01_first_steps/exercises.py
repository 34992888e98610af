"""What lecture 01 asks: an exercise and a question."""

import numpy as np

from grader import Case, Exercise, Number, Question

WEIGHTED_MEAN = Exercise(
    "averages.weighted_mean",
    points=2,
    minutes=5,
    hints=(
        "If all weights are 1, which well-known formula must come out?",
        "Two sums and a division. `weights * values` multiplies two arrays number by number.",
    ),
)


@WEIGHTED_MEAN.cases
def _(rng: np.random.Generator):
    yield Case("five values", (rng.uniform(1, 3, 5), rng.uniform(1, 4, 5)))
    yield Case("a single value", (rng.uniform(1, 3, 1), rng.uniform(2, 4, 1)))
    yield Case("values below zero", (-rng.uniform(1, 3, 4), rng.uniform(1, 4, 4)))


@WEIGHTED_MEAN.misconception("every value counts the same")
def _(values, weights):
    """Your answer does not depend on the weights.
    What should change when one of them is doubled?
    """
    return float(values.mean())


@WEIGHTED_MEAN.misconception("divided by the number of values")
def _(values, weights):
    """Double all weights, and your answer doubles as well.
    What would a mean of equal values have to be?
    """
    return float((weights * values).sum() / len(values))


EXAM = Question(
    "averages.exam",
    "The exam counts three times as much as the homework. Exam: 4 points. Homework: 8 points. "
    "What is the weighted mean?",
    number=Number(
        5,
        rel_tol=0.001,
        misreadings={
            6: "So it would be if both counted the same.",
            7: "Which of the two counts three times?",
        },
    ),
    why="(3 · 4 + 1 · 8) / (3 + 1) = 5.",
)
