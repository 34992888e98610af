"""DropConnect: dropping weights."""

import numpy as np

from grader import Case, Exercise, Number, Question

from .shared import both_signs, some_mask

CONNECT_MASKS = Question(
    "dropout.connect_masks",
    "A layer has 3 inputs and 2 units. Dropout on its inputs has $2^3 = 8$ masks. How many has "
    "DropConnect?",
    number=Number(
        64,
        rel_tol=1e-6,
        misreadings={
            8: "That is dropout: a decision for each input. DropConnect decides about each "
            "connection.",
            32: "A decision for each of 3 + 2 neurons would give that. How many connections "
            "are there?",
            12: "You doubled the number of connections. Each decision doubles the number of masks.",
            36: "With two connections your count would give 4, with one 1. How many masks has a "
            "single connection?",
            6: "That is the number of connections. Each may be there or not.",
        },
    ),
    why="A decision for each of 3 · 2 connections: $2^6 = 64$. The eight masks of dropout are "
    "among them: those whose rows are all True or all False.",
)


DROPCONNECT_BACKWARD = Exercise(
    "dropout.dropconnect_backward",
    points=2,
    minutes=4,
    returns=("dx", "dw"),
    hints=(
        "Call v = w times factor. With v the layer is an ordinary one: out = x @ v.",
        "Its gradients are dx = dout @ v.T and dv = x.T @ dout.",
        "From dv to dw it is one more step of the chain rule: v is w times factor, entry by entry.",
    ),
)


@DROPCONNECT_BACKWARD.cases
def _(rng: np.random.Generator):
    for name, n, fan_in, fan_out, kept, p_drop in (
        ("five examples, four inputs, three units", 5, 4, 3, 7, 0.4),
        ("square weights, half dropped", 3, 4, 4, 9, 0.5),
        ("few dropped", 4, 3, 5, 11, 0.2),
        ("one example", 1, 5, 2, 4, 0.7),
        ("one unit", 4, 5, 1, 3, 0.3),
    ):
        x, w = both_signs(rng, n, fan_in), both_signs(rng, fan_in, fan_out)
        factor = some_mask(rng, kept, fan_in, fan_out) / (1 - p_drop)
        yield Case(name, (both_signs(rng, n, fan_out), (x, w, factor)))
    x, w = both_signs(rng, 4, 3), both_signs(rng, 3, 2)
    yield Case("a pass at test time", (both_signs(rng, 4, 2), (x, w, np.ones((3, 2)))))


@DROPCONNECT_BACKWARD.misconception("the factor is missing in both")
def _(dout, cache):
    """You give the gradients of a layer without DropConnect.
    A connection that was cut carried nothing forward.
    Can anything flow back through it?
    """
    x, w, _ = cache
    return dout @ w.T, x.T @ dout


@DROPCONNECT_BACKWARD.misconception("cut weights still learn")
def _(dout, cache):
    """dx is right. But in dw the connections that were cut have a gradient, too.
    The layer sees w only as w times factor.
    What does the chain rule say about the step from w to that product?
    """
    x, w, factor = cache
    return dout @ (w * factor).T, x.T @ dout


@DROPCONNECT_BACKWARD.misconception("the gradient flows back through cut connections")
def _(dout, cache):
    """dw is right. But dx comes through the full weights.
    With which matrix was x multiplied in the forward pass?
    """
    x, w, factor = cache
    return dout @ w.T, (x.T @ dout) * factor


@DROPCONNECT_BACKWARD.misconception("the mask without the scale")
def _(dout, cache):
    """The right connections are cut, but the others count as if never scaled up.
    What does the factor hold besides 0?
    """
    x, w, factor = cache
    return dout @ (w * (factor > 0)).T, (x.T @ dout) * (factor > 0)


@DROPCONNECT_BACKWARD.misconception("averaged over the examples")
def _(dout, cache):
    """Your dw shrinks with the number of examples.
    If the loss is a mean, `dout` contains the division already.
    What does a weight that serves all examples collect?
    """
    x, w, factor = cache
    return dout @ (w * factor).T, (x.T @ dout) * factor / len(x)


@DROPCONNECT_BACKWARD.misconception("the weights times their gradient")
def _(dout, cache):
    """Your dw contains the weights themselves.
    In the product w times factor, what remains when you differentiate on w?
    """
    x, w, factor = cache
    return dout @ (w * factor).T, (x.T @ dout) * factor * w


@DROPCONNECT_BACKWARD.misconception("the gradients in the wrong order")
def _(dout, cache):
    """You return the two gradients in the other order.
    In which order do x and w come in the forward pass?
    """
    x, w, factor = cache
    return (x.T @ dout) * factor, dout @ (w * factor).T
