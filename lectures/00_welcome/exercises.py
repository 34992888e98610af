"""Lecture 00: how the course works, on the smallest exercise there is."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

# A derivative is to be written here, not to be asked for.
WITHHOLD = ("autodiff.Node", "autodiff.operate", "gradients.numerical_gradient")

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


@FAHRENHEIT.misconception("the other direction")
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


@FAHRENHEIT.misconception("the bias with the wrong sign")
def _(celsius):
    """You are too low everywhere, by the same number.
    It looks as if the bias were taken away instead of added.
    Does melting ice lie above or below the zero of a Fahrenheit thermometer?
    """
    return 1.8 * celsius - 32


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


NEURON_GRADIENTS = Exercise(
    "warmup.neuron_gradients",
    points=3,
    minutes=8,
    returns=("gradients",),
    float32=False,
    hints=(
        "Write the loss with a sum: one n-th of all the squared differences. In how many of them "
        "does the prediction of one reading stand?",
        "One prediction stands in one square. What is the derivative of a square, and what becomes "
        "of the n? Then: when w grows by a little, by how much does each prediction move?",
        "`dout` is twice the error, divided by n. A prediction moves by x when w grows by one and "
        "by 1 when b does, so `dw` is the sum of dout times x, and `db` the sum of dout.",
    ),
)


@NEURON_GRADIENTS.cases
def _(rng: np.random.Generator):
    def case(name, n, w, b):
        x = rng.permutation(np.arange(n) - 0.4 * n) + rng.uniform(0.1, 0.4, n)
        return Case(name, (x, 1.8 * x + 32 + rng.uniform(0.5, 2, n), w, b))

    yield case("five readings", 5, float(rng.uniform(0.2, 0.8)), float(rng.uniform(3, 9)))
    yield case("seven readings, too steep", 7, float(rng.uniform(2.5, 3.5)), 30.0)
    yield case("one reading", 1, 1.0, float(rng.uniform(-9, -3)))


def _steps(x, y, w, b):
    """The parts of the right answer."""
    error = w * x + b - y
    dout = 2 * error / len(x)
    return {"error": error, "dout": dout, "dw": (dout * x).sum(), "db": dout.sum()}


@NEURON_GRADIENTS.misconception("the difference the other way round")
def _(x, y, w, b):
    """Your error is positive where the neuron predicts too little.
    A gradient built on it points downhill, and subtracting it climbs.
    Which of the two is taken from which?
    """
    return {name: -part for name, part in _steps(x, y, w, b).items()}


@NEURON_GRADIENTS.misconception("the sum of the squares")
def _(x, y, w, b):
    """Your error is right. From `dout` on you are too large by the number of readings.
    The loss is a mean. What does it do with one reading among a thousand?
    """
    found = _steps(x, y, w, b)
    return {name: part if name == "error" else len(x) * part for name, part in found.items()}


@NEURON_GRADIENTS.misconception("the two of the square is missing")
def _(x, y, w, b):
    """Your error is right. From `dout` on you have half of what is asked for.
    Some courses put a factor of one half before the loss; this one does not.
    What is the derivative of a square?
    """
    found = _steps(x, y, w, b)
    return {name: part if name == "error" else part / 2 for name, part in found.items()}


@NEURON_GRADIENTS.misconception("means of what are already shares")
def _(x, y, w, b):
    """`error` and `dout` are right. `dw` and `db` are too small by the number of readings.
    The n of the mean is in `dout` already. How do the readings combine after that?
    """
    found = _steps(x, y, w, b)
    return found | {name: found[name] / len(x) for name in ("dw", "db")}


@NEURON_GRADIENTS.misconception("the weight's gradient without the input")
def _(x, y, w, b):
    """`dw` and `db` are one number in your answer.
    A weight acts through the input it stands beside, a bias does not.
    By how much does a prediction move when w grows by one?
    """
    found = _steps(x, y, w, b)
    return found | {"dw": found["db"]}


@NEURON_GRADIENTS.misconception("multiplied by the weight")
def _(x, y, w, b):
    """`error` and `dout` are right. `dw` is the sum of dout times w.
    That answers how the loss changes with the input. What stands beside w in the formula?
    """
    found = _steps(x, y, w, b)
    return found | {"dw": (found["dout"] * w).sum()}


TOO_LONG = Question(
    "welcome.too_long",
    "In the widget above the rate of 0.002 needs about 2000 steps to arrive. You raise it to "
    "0.005. What will the loss do?",
    choices=(
        Choice(
            "fall two and a half times as fast",
            why="So it would if every step were small beside the valley. Is it still?",
        ),
        Choice("grow without bound", right=True),
        Choice(
            "fall at first, then jump to and fro at the end without getting worse",
            why="A step is as long as the slope is steep. Is it steeper or flatter further out?",
        ),
        Choice(
            "arrive at another weight and another bias",
            why="The loss has one lowest point, whatever the rate. Does the run reach it?",
        ),
    ),
    why="Each step now jumps across the valley and lands higher up on the other side, where it is "
    "steeper, so that the next step is longer still. The border lies at 2 divided by the largest "
    "curvature, here 0.0039. Lecture 07 derives it.",
)
