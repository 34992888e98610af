"""One neuron, and how many of them it takes."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .. import drivers
from .shared import both_signs

NEURON = Exercise(
    "networks.neuron_batch",
    points=1,
    minutes=2,
    returns=("y",),
    driver=drivers.neuron_outputs,
    promises={"differ in length": ("more weights than inputs", "one weight for two inputs")},
    hints=(
        "First the pre-activation of each example: one number for each row of x.",
        "The matrix product of x and w has shape (N,). Add the bias, then apply phi once.",
    ),
)


@NEURON.cases
def _(rng: np.random.Generator):
    def case(name, n, d, phi):
        return Case(name, (both_signs(rng, n, d), both_signs(rng, d), 0.7, phi))

    yield case("five examples, three inputs", 5, 3, "leaky")
    yield case("as many examples as inputs", 4, 4, "tanh")
    yield case("one example", 1, 6, "tanh")
    yield case("one input", 4, 1, "leaky")
    yield case("a step unit", 12, 3, "step")
    yield Case("no weight", (both_signs(rng, 3, 2), np.zeros(2), 0.7, "leaky"))
    yield Case("more weights than inputs", (np.ones((3, 2)), np.ones(3), 0.1, "tanh"))
    yield Case("one weight for two inputs", (np.ones((3, 2)), np.ones(1), 0.1, "tanh"))


def _checked(x, w):
    if x.shape[1:] != w.shape:
        raise ValueError(f"{x.shape}, {w.shape}")


@NEURON.misconception("the activation first")
def _(x, w, b, *, phi):
    """The activation seems to work on the inputs, before they are weighted.
    Which numbers should it see: the single inputs, or what the neuron makes of all of them?
    """
    _checked(x, w)
    return phi(x) @ w + b


@NEURON.misconception("the bias in every product")
def _(x, w, b, *, phi):
    """Without weights your neuron forgets its bias.
    It looks as if the bias were added to each input, where a weight of 0 removes it.
    How often does the bias stand in the formula?
    """
    _checked(x, w)
    return phi((x + b) @ w)


@NEURON.misconception("one sum for all examples")
def _(x, w, b, *, phi):
    """Your answer holds the same number for every example.
    It looks as if the sum ran over the examples, too.
    How many numbers should come out for five examples, and what does each depend on?
    """
    _checked(x, w)
    return phi(np.full(len(x), (x * w).sum() + b, x.dtype))


@NEURON.misconception("no activation")
def _(x, w, b, *, phi):
    """Your answer is the pre-activation.
    What would a step unit say to it?
    """
    _checked(x, w)
    return x @ w + b


@NEURON.misconception("no bias")
def _(x, w, b, *, phi):
    """With all weights 0 your neuron knows only one answer, whatever its bias is.
    What moves the border of a neuron away from the origin?
    """
    _checked(x, w)
    return phi(x @ w)


@NEURON.misconception("the bias subtracted")
def _(x, w, b, *, phi):
    """Your bias works the wrong way round: a larger one makes the neuron quieter.
    Some old books subtract a threshold. Which sign has the bias here?
    """
    _checked(x, w)
    return phi(x @ w - b)


@NEURON.misconception("the bias after the activation")
def _(x, w, b, *, phi):
    """Without weights your neuron gives phi(0) and the bias on top of it.
    It looks as if the bias were added when the activation has had its turn.
    What does the bias move: the output, or the place where the activation begins to answer?
    """
    _checked(x, w)
    return phi(x @ w) + x.dtype.type(b)


@NEURON.misconception("the activation of every product")
def _(x, w, b, *, phi):
    """Your neuron adds up activations, one for each input.
    It looks as if the activation came before the sum.
    How often does phi stand in the formula, and what is in its brackets?
    """
    _checked(x, w)
    return phi(x * w + x.dtype.type(b)).sum(axis=1)


@NEURON.misconception("the bias once for each input")
def _(x, w, b, *, phi):
    """With a single input you are right. With more of them your bias counts too much.
    It looks as if it were added to every product before they are summed.
    How often does b stand in the formula, and where does the sum end?
    """
    _checked(x, w)
    return phi((x * w + x.dtype.type(b)).sum(axis=1))


@NEURON.misconception("a step, whatever phi is")
def _(x, w, b, *, phi):
    """Your neuron says 0 or 1, also where another activation is asked for.
    What is `phi` passed in for?
    """
    _checked(x, w)
    return (x @ w + b > 0).astype(x.dtype)


@NEURON.misconception("a column of numbers")
def _(x, w, b, *, phi):
    """Your answer is a table with one column.
    One number an example needs one axis. What shape did w have before you used it?
    """
    _checked(x, w)
    return phi(x @ w[:, None] + x.dtype.type(b))


@NEURON.misconception("a list of numbers")
def _(x, w, b, *, phi):
    """Your numbers stand in a list.
    What follows will compute with them: with which line does a list of numbers become an array?
    """
    _checked(x, w)
    return [phi(row @ w + b) for row in x]


@NEURON.misconception("examples counted in place of inputs")
def _(x, w, b, *, phi):
    """Your function refuses x unless it has as many examples as there are weights.
    A weight belongs to an input. Along which axis of x do the inputs of one example lie?
    """
    if len(x) != len(w):
        raise ValueError(f"{x.shape}, {w.shape}")
    return phi(x @ w + b)


@NEURON.misconception("the product from the other side")
def _(x, w, b, *, phi):
    """Only as many examples as inputs let your product run, and then its numbers are wrong.
    It looks as if each weight met an example, not an input.
    Which axis of x has to meet w, the first or the last?
    """
    _checked(x, w)
    return phi(w @ x + b)


@NEURON.misconception("any weights are accepted")
def _(x, w, b, *, phi):
    """Where the weights fit you are right. One weight for two inputs should have been refused.
    NumPy repeats a single number until it fits, and says nothing.
    What do the instructions say about lengths that differ?
    """
    return phi((x * w).sum(axis=1) + b)


CIRCLES = Question(
    "backpropagation.circles",
    "Two rings of points, one inside the other. A network with one hidden layer of tanh units is "
    "to "
    "tell them apart. What is the smallest number of hidden units that does it?",
    choices=(
        Choice(
            "1",
            "The border of one unit is a straight line, and the output adds no curve. "
            "Which "
            "part of the plane could such a border cut off?",
        ),
        Choice(
            "2",
            "There are two classes, but the hidden units do not stand for classes. Can two "
            "straight "
            "cuts fence in a bounded piece of the plane?",
        ),
        Choice("3", right=True),
        Choice(
            "8, or more",
            "That would draw a smooth ring. Does the fence have to look like a ring, as long as "
            "the "
            "points lie on the right side of it?",
        ),
    ),
    why="Each hidden unit contributes one straight cut. Two cuts leave a region that is open "
    "somewhere; three can close a triangle round the inner ring.",
)
