"""Gradient checks: the judge, its precision, and what it overlooks."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .. import drivers
from .shared import both_signs

NUMERICAL = Exercise(
    "gradients.numerical_gradient",
    points=2,
    minutes=5,
    returns=("grad", "calls"),
    driver=drivers.gradient_of,
    promises={"also when ``x`` is float32": "float32 numbers, a narrow step"},
    hints=(
        "One entry at a time: move it up by h, ask f; move it down by h, ask f.",
        "Make a new point for each call: x plus an array that is 0 everywhere but at one entry. "
        "If that "
        "array is float64, so is the sum.",
        "`np.ndindex(x.shape)` gives the indices of an array of any shape.",
    ),
)


@NUMERICAL.cases
def _(rng: np.random.Generator):
    yield Case("a sum of cubes, a wide step", ("a sum of cubes", both_signs(rng, 3, 2)), {"h": 0.5})
    yield Case("a vector", ("a sum of cubes", both_signs(rng, 4)), {"h": 0.3})
    yield Case("a product", ("a product", both_signs(rng, 2, 2) + 2), {"h": 0.1})
    yield Case("a wave, three dimensions", ("a wave", both_signs(rng, 2, 1, 3)), {"h": 0.2})
    # All slopes of the wave can be near 0 at once; what they are differences of is of size 1.
    yield Case("a narrow step", ("a wave", both_signs(rng, 2, 3)), {"h": 1e-4}, scale={"grad": 1.0})
    yield Case("the step that is meant when none is given", ("a wave", both_signs(rng, 2, 3)))
    single = both_signs(rng, 2, 2).astype(np.float32)
    yield Case("float32 numbers, a narrow step", ("a wave", single), {"h": 1e-5})


def _points(f, x, h, i):
    step = np.zeros(x.shape)
    step[i] = h
    return f(x + step), f(x - step)


@NUMERICAL.misconception("forward differences")
def _(f, x, h=1e-5):
    """With narrow steps you are nearly right, with wide ones you are off by an amount that grows
    with h.
    That is what a difference on one side does: its error falls with h, not with its square.
    Which second point would cancel the curvature?
    """
    grad = np.zeros(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        up, _ = _points(f, x, h, i)
        grad[i] = (up - f(x + np.zeros(x.shape))) / h
    return grad


@NUMERICAL.misconception("divided by h")
def _(f, x, h=1e-5):
    """Your gradient is twice too large.
    How far apart are the two points?
    """
    grad = np.zeros(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        up, down = _points(f, x, h, i)
        grad[i] = (up - down) / h
    return grad


@NUMERICAL.misconception("not divided")
def _(f, x, h=1e-5):
    """Your answer shrinks with the step.
    It is the difference of two values of f. What makes a slope of it?
    """
    grad = np.zeros(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        up, down = _points(f, x, h, i)
        grad[i] = up - down
    return grad


@NUMERICAL.misconception("all entries at once")
def _(f, x, h=1e-5):
    """All numbers of your gradient are equal.
    It looks as if all entries of x were moved together.
    What does a partial derivative hold fixed?
    """
    up, down = f(x + np.full(x.shape, h)), f(x - np.full(x.shape, h))
    return np.full(x.shape, (up - down) / (2 * h), x.dtype)


@NUMERICAL.misconception("steps that add up")
def _(f, x, h=1e-5):
    """The first entry is right, the later ones are off.
    It looks as if an entry that was moved is not put back before the next one moves.
    At which point should all the derivatives be taken?
    """
    grad, point = np.zeros(x.shape, x.dtype), x.astype(np.float64)
    for i in np.ndindex(x.shape):
        point[i] += h
        up = f(point.copy())
        point[i] -= 2 * h
        grad[i] = (up - f(point.copy())) / (2 * h)
    return grad


def _with(quotient, x, h):
    """A gradient, entry by entry, from what a step at an entry gives."""
    grad = np.zeros(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        grad[i] = quotient(step)
    return grad


@NUMERICAL.misconception("flat arrays for f")
def _(f, x, h=1e-5):
    """Your f is called with flat arrays.
    Many functions do not mind. What would one that begins with `x @ w` say?
    """
    flat, grad = x.astype(np.float64).ravel(), np.zeros(x.size, x.dtype)
    for i, step in enumerate(h * np.eye(x.size)):
        grad[i] = (f(flat + step) - f(flat - step)) / (2 * h)
    return grad.reshape(x.shape)


@NUMERICAL.misconception("backward differences")
def _(f, x, h=1e-5):
    """With narrow steps you are nearly right, with wide ones you are off.
    It looks as if one of the two points were x itself, and the other lay below it.
    Which second point would cancel the curvature?
    """
    return _with(lambda step: (f(x + 0 * step) - f(x - step)) / h, x, h)


@NUMERICAL.misconception("the sign turned")
def _(f, x, h=1e-5):
    """Each of your numbers has the opposite sign.
    When f grows with an entry, which of the two values is the larger one?
    """
    return _with(lambda step: (f(x - step) - f(x + step)) / (2 * h), x, h)


@NUMERICAL.misconception("a step of its own")
def _(f, x, h=1e-5):
    """With wide steps you answer as if the step were still narrow.
    What is `h` passed in for?
    """
    return _with(lambda step: (f(x + step) - f(x - step)) / 2e-5, x, 1e-5)


@NUMERICAL.misconception("half a step")
def _(f, x, h=1e-5):
    """You move by half of h on each side, which is a central difference as well.
    How far apart are the two points of the text?
    """
    return _with(lambda step: (f(x + step / 2) - f(x - step / 2)) / h, x, h)


@NUMERICAL.misconception("divided by two, multiplied by h")
def _(f, x, h=1e-5):
    """Your answer is far too small, and the more so the smaller the step is.
    Python divides and multiplies from left to right. What is a / 2 * h, and what is wanted?
    """
    return _with(lambda step: (f(x + step) - f(x - step)) / 2 * h, x, h)


@NUMERICAL.misconception("whole rows moved")
def _(f, x, h=1e-5):
    """For a vector you are right. In a table all entries of a row get the same number.
    It looks as if the index counted rows, and a step moved the whole row.
    How many derivatives has an array of shape (3, 2), and what is held fixed in each?
    """
    grad = np.zeros(x.shape, x.dtype)
    for i in range(len(x)):
        step = np.zeros(x.shape)
        step[i] = h
        grad[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


@NUMERICAL.misconception("a flat gradient")
def _(f, x, h=1e-5):
    """For a vector you are right. For a table your gradient comes as a single row of numbers.
    A gradient has the shape of what it belongs to. Which shape has x?
    """
    return _with(lambda step: (f(x + step) - f(x - step)) / (2 * h), x, h).ravel()


@NUMERICAL.misconception("in the precision of x")
def _(f, x, h=1e-5):
    """For float64 you are right. For float32 inputs your f is called with float32 numbers.
    Two values that agree in nearly all of seven digits: how many digits has their difference?
    """
    grad = np.zeros(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape, x.dtype)
        step[i] = h
        grad[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


FLOAT32 = Question(
    "backpropagation.in_float32",
    "A *correct* gradient of a network for the digits is checked with central differences and "
    "$h = 10^{-5}$, everything in float32 (about seven digits). How large is the median relative "
    "error?",
    choices=(
        Choice(
            "about $10^{-7}$, the precision of float32",
            "That is the precision of the loss. How large is the difference of two losses that lie "
            "$2 \\cdot 10^{-5}$ apart, compared with it?",
        ),
        Choice(
            "about $10^{-5}$, the size of the step",
            "The error of the formula is far smaller than that. Which other error is there?",
        ),
        Choice(
            "about $10^{-3}$: three digits are left",
            "A loss of 2.3 is known to about $2 \\cdot 10^{-7}$. How much does it change when one "
            "weight moves by $10^{-5}$?",
        ),
        Choice("above $10^{-1}$: not one digit is right", right=True),
    ),
    why="The loss changes by gradient times step, often by less than the distance of neighbouring "
    "float32 numbers near 2.3, which is $2.4 \\cdot 10^{-7}$. With the best of all steps float32 "
    "reaches about $10^{-4}$. Check in float64.",
)


OVERLOOKED = Question(
    "backpropagation.overlooked",
    "To save time the gradient check is run on a batch of one example. Which of these bugs does "
    "it overlook?",
    choices=(
        Choice(
            "`w` in place of `w.T`",
            "Does the number of examples come into that product?",
        ),
        Choice("the division by N is forgotten", right=True),
        Choice(
            "the gate of the ReLU is forgotten",
            "With 50 hidden units, is the pre-activation of any of them negative for this example?",
        ),
        Choice(
            "the gradient of one layer has the wrong sign",
            "Would a number and its negative agree for any example, if they are not 0?",
        ),
    ),
    why="With N = 1 a sum is a mean. In the same way a bias gradient that listens to the first "
    "example only "
    "passes. Every convenient choice hides some bug: one example, weights of 0, square layers "
    "that are the "
    "identity.",
)


SURVIVOR = Question(
    "backpropagation.survivor",
    "A network with two hidden layers of 50 ReLUs is trained on the digits, and its backward pass "
    "forgets every "
    "ReLU: gradients pass through silent units as if they were active. At the best learning rate, "
    "which "
    "share of the validation set does it get right after 15 epochs?",
    choices=(
        Choice(
            "0.10, as by guessing",
            "The last layer gets its right gradient all the same. What can a last layer do on "
            "random features?",
        ),
        Choice(
            "0.60",
            "Half of the gates are open anyway. Is a direction that is right in about half of its "
            "entries "
            "useless?",
        ),
        Choice(
            "0.86",
            "That is what is reached when only the last layer is trained. Do the lower layers "
            "learn nothing from "
            "a gradient that is roughly right?",
        ),
        Choice("0.96", right=True),
    ),
    why="0.957, where the right backward pass reaches 0.975. Nothing crashes, the loss falls, the "
    "curve looks "
    "healthy. You would never notice without a check.",
)
