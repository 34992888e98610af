"""Lecture 00: how the course works, on the smallest exercise there is."""

import numpy as np

from grader import Case, Exercise, Number, Question

FAHRENHEIT = Exercise(
    "warmup.fahrenheit",
    points=1,
    minutes=3,
    returns=("out",),
    hints=(
        "The formula stands in the text above the code, behind `out =`.",
        "NumPy works on all numbers of an array at once: no loop is needed. "
        "Replace the line that raises by a line that begins with `return`.",
    ),
)


@FAHRENHEIT.cases
def _(rng: np.random.Generator):
    yield Case("three temperatures", (rng.uniform(5, 40, 3),))
    yield Case("ice and steam", (np.array([0.0, 100.0]),))
    yield Case("below zero", (-rng.uniform(1, 30, 4),))
    yield Case("a week of mornings and evenings", (rng.uniform(-10, 30, (7, 2)),))
    yield Case("a single temperature", (rng.uniform(5, 40, 1),))


@FAHRENHEIT.misconception("the bias before the weight")
def _(celsius):
    """Melting ice comes out far too hot in your function.
    It looks as if 32 were added first and then multiplied along with the rest.
    Which of the two steps comes first in the formula?
    """
    return 1.8 * (celsius + 32)


@FAHRENHEIT.misconception("the way back")
def _(celsius):
    """You answer with degrees Celsius.
    Your formula is right, for the opposite question.
    Which scale goes in here, and which one comes out?
    """
    return (celsius - 32) / 1.8


@FAHRENHEIT.misconception("divided instead of multiplied")
def _(celsius):
    """Melting ice is right, and every other temperature comes out too close to it.
    A degree Fahrenheit is a smaller step than a degree Celsius.
    So does it take more or fewer of them to get from ice to steam?
    """
    return celsius / 1.8 + 32


@FAHRENHEIT.misconception("the bias is missing")
def _(celsius):
    """You are off by the same number everywhere.
    The two scales do not have their zero at the same place.
    What does a Fahrenheit thermometer show in melting ice?
    """
    return 1.8 * celsius


@FAHRENHEIT.misconception("a rule of thumb")
def _(celsius):
    """You are close, and exactly right at one temperature only.
    Twice, plus thirty: that is the traveller's rule, good for mental arithmetic.
    What are the exact numbers?
    """
    return 2 * celsius + 30


SCALES_MEET = Question(
    "welcome.scales_meet",
    "At which temperature do both thermometers show the same number?",
    number=Number(
        -40,
        rel_tol=1e-6,
        misreadings={
            40: "The size is right. Mind the sign when you bring x to the other side.",
            0: "At 0 degrees Celsius a Fahrenheit thermometer shows 32.",
            32: "32 Fahrenheit is 0 Celsius. Look for a number x that is its own translation.",
            -32: "The bias alone does not decide. Which x solves x = 1.8 x + 32?",
            -17.777777777777779: "There Fahrenheit shows 0. Celsius does not.",
        },
    ),
    why="x = 1.8 x + 32 gives -0.8 x = 32, so x = -40. A point that a function sends to itself "
    "is called a fixed point.",
)
