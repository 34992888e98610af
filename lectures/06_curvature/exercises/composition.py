"""A deep function, and where its brackets close."""

from itertools import pairwise

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import both_signs

BRACKETS = Question(
    "curvature.brackets",
    "Someone writes the printed formula as code. All layers have the same width. A test compares "
    "it with the right composition on 100 inputs, at initialisation: random weights, biases zero. "
    "By how much do the two outputs differ?",
    choices=(
        Choice("Not at all.", right=True),
        Choice(
            "By about a third of their size.",
            "The two formulas differ in where a bias is added. How large is what is added here?",
        ),
        Choice(
            "By more than their size: they are unrelated.",
            "Follow one input through the first bracket of each. Which numbers differ so far?",
        ),
        Choice(
            "There is nothing to compare, for the shapes do not fit.",
            "That happens where a layer is wider than the next. Is there such a layer here?",
        ),
    ),
    why="With biases of zero it does not matter in which bracket they stand. So test with numbers "
    "that matter: random biases, and layers of different widths. With random biases of standard "
    "deviation 1 the two would differ by most of their size.",
)


DEEP_TANH = Exercise(
    "curvature.deep_tanh",
    points=2,
    minutes=3,
    returns=("y",),
    hints=(
        "Write two layers by hand first. Which shape has a bias, and which array has as many "
        "columns?",
        "A loop over all layers but the last carries one array h along. The last matrix comes "
        "after the loop.",
        "In the loop: product, then bias, then tanh.",
    ),
    promises={
        "L - 1 biases, one for each layer but the last": ("four layers of different widths",),
        "the number of biases is not one less": ("a bias too many", "a bias too few"),
    },
)


def layers(rng: np.random.Generator, *widths: int) -> tuple[list, list]:
    """Matrices and biases for these widths, neither small nor saturating."""
    ws = [both_signs(rng, a, b) / np.sqrt(a) for a, b in pairwise(widths)]
    return ws, [both_signs(rng, width) for width in widths[1:-1]]


@DEEP_TANH.cases
def _(rng: np.random.Generator):
    ws, bs = layers(rng, 4, 4, 4, 4, 4)
    yield Case("four layers of equal widths", (both_signs(rng, 5, 4), ws, bs))
    ws, bs = layers(rng, 3, 5, 2, 6, 4)
    yield Case("four layers of different widths", (both_signs(rng, 6, 3), ws, bs))
    ws, bs = layers(rng, 6, 3, 2)
    yield Case("two layers", (both_signs(rng, 4, 6), ws, bs))
    ws, bs = layers(rng, 5, 3)
    yield Case("one layer", (both_signs(rng, 4, 5), ws, bs))
    ws, bs = layers(rng, 3, 4, 1, 4, 3, 2, 3, 2)
    yield Case("seven layers, one example", (both_signs(rng, 1, 3), ws, bs))
    # Equal widths: only a count tells, no product fails.
    ws, bs = layers(rng, 3, 3, 3)
    yield Case("a bias too many", (both_signs(rng, 2, 3), ws, [*bs, both_signs(rng, 3)]))
    yield Case("a bias too few", (both_signs(rng, 2, 3), ws, []))


def _checked(ws, bs):
    if len(bs) != len(ws) - 1:
        raise ValueError(f"{len(bs)} biases for {len(ws)} matrices")


@DEEP_TANH.misconception("a bias in the wrong bracket")
def _(x, ws, bs):
    """From the second layer on a bias is added to what comes into the layer, before the product.
    Where two layers differ in width it cannot be added at all. So the slide has it.
    A bias shifts a pre-activation: which array has as many columns as this bias has entries?
    """
    _checked(ws, bs)
    h = x
    for i, (w, b) in enumerate(zip(ws[:-1], bs, strict=True)):
        h = np.tanh(h @ w + b) if i == 0 else np.tanh((h + b) @ w)
    return h @ ws[-1]


@DEEP_TANH.misconception("tanh at the end, too")
def _(x, ws, bs):
    """All your outputs lie between -1 and 1.
    A linear last layer has no such limit. Does the last layer have a tanh?
    """
    _checked(ws, bs)
    h = x
    for w, b in zip(ws[:-1], bs, strict=True):
        h = np.tanh(h @ w + b)
    return np.tanh(h @ ws[-1])


@DEEP_TANH.misconception("the bias after tanh")
def _(x, ws, bs):
    """Your hidden layers can hold numbers above 1: the bias comes after the tanh.
    A bias is part of the pre-activation. Which two things does the tanh get as a sum?
    """
    _checked(ws, bs)
    h = x
    for w, b in zip(ws[:-1], bs, strict=True):
        h = np.tanh(h @ w) + b
    return h @ ws[-1]


@DEEP_TANH.misconception("without biases")
def _(x, ws, bs):
    """Your answer is that of a network whose biases are zero.
    Which argument have you not used?
    """
    _checked(ws, bs)
    h = x
    for w in ws[:-1]:
        h = np.tanh(h @ w)
    return h @ ws[-1]


@DEEP_TANH.misconception("without tanh")
def _(x, ws, bs):
    """Your network is linear in its input.
    Then all its matrices could be multiplied into one. What stands between two layers?
    """
    _checked(ws, bs)
    h = x
    for w, b in zip(ws[:-1], bs, strict=True):
        h = h @ w + b
    return h @ ws[-1]


@DEEP_TANH.misconception("tanh before the first layer")
def _(x, ws, bs):
    """Inputs go through a tanh before the first product.
    What is the first thing that happens to x?
    """
    _checked(ws, bs)
    h = np.tanh(x)
    for w, b in zip(ws[:-1], bs, strict=True):
        h = np.tanh(h @ w + b)
    return h @ ws[-1]


@DEEP_TANH.misconception("the matrices transposed")
def _(x, ws, bs):
    """Your matrices stand the other way round, as for columns. With layers of different widths the
    products cannot be formed. An example is a row here: which side of a matrix does it meet?
    """
    _checked(ws, bs)
    h = x
    for w, b in zip(ws[:-1], bs, strict=True):
        h = np.tanh(h @ w.T + b)
    return h @ ws[-1].T


@DEEP_TANH.misconception("another nonlinearity")
def _(x, ws, bs):
    """Your hidden layers cut off what is negative: that is ReLU.
    Which function does the text name?
    """
    _checked(ws, bs)
    h = x
    for w, b in zip(ws[:-1], bs, strict=True):
        h = np.maximum(h @ w + b, 0)
    return h @ ws[-1]


@DEEP_TANH.misconception("tanh in the first layer only")
def _(x, ws, bs):
    """From the second layer on your network is linear.
    Which layers have a tanh, and which one has none?
    """
    _checked(ws, bs)
    h = x
    for i, (w, b) in enumerate(zip(ws[:-1], bs, strict=True)):
        h = h @ w + b if i else np.tanh(h @ w + b)
    return h @ ws[-1]


@DEEP_TANH.misconception("from the second layer on, the bias after tanh")
def _(x, ws, bs):
    """From the second layer on your bias is added to what the tanh gives.
    A bias is part of the pre-activation. Which two things does the tanh get as a sum?
    """
    _checked(ws, bs)
    h = x
    for i, (w, b) in enumerate(zip(ws[:-1], bs, strict=True)):
        h = np.tanh(h @ w) + b if i else np.tanh(h @ w + b)
    return h @ ws[-1]


@DEEP_TANH.misconception("a bias at the end, too")
def _(x, ws, bs):
    """The last bias is added to the output a second time.
    How many biases are there, and for which layers are they?
    """
    _checked(ws, bs)
    h = x
    for w, b in zip(ws[:-1], bs, strict=True):
        h = np.tanh(h @ w + b)
    return h @ ws[-1] + bs[-1]
