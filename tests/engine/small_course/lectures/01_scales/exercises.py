"""Lecture 01: two scales of temperature."""

import numpy as np

from grader import Case, Exercise, Number, Question

FAHRENHEIT = Exercise(
    "scales.fahrenheit",
    points=1,
    hints=("How many degrees Fahrenheit lie between ice and steam?", "180 on 100: 1.8."),
)


@FAHRENHEIT.cases
def _(rng: np.random.Generator):
    yield Case("a week of mornings", (rng.uniform(-10, 30, 7),))
    yield Case("one temperature", (rng.uniform(5, 30, 1),))


@FAHRENHEIT.misconception("32 first")
def _(celsius):
    """Ice comes out at 57.6 degrees.
    What does water do at 0 degrees Celsius, and what are 32 degrees added to?
    """
    return 1.8 * (celsius + 32)


SCALES_MEET = Question(
    "scales.scales_meet",
    "At which temperature do both scales show the same number?",
    number=Number(-40, misreadings={32: "At 32 °F water freezes. What does Celsius show there?"}),
    why="1.8 x + 32 = x at x = -40.",
    hints=("Write it as an equation.", "1.8 x + 32 = x"),
)
