"""PReLU: the gradient of a slope that is learnt."""

import numpy as np

from grader import Case, Exercise

from .shared import both_signs, with_zeros

PRELU_BACKWARD = Exercise(
    "activations.prelu_backward",
    points=3,
    minutes=6,
    returns=("dx", "dalpha"),
    promises={"the local gradient is alpha": "zeros among the inputs"},
    parents=("activations.relu_backward",),
    hints=(
        "Take one entry. Its output is x or alpha times x: differentiate with respect to x, then, "
        "with x fixed, with respect to alpha.",
        "When alpha grows a little, which outputs move, and by how much each? The loss feels "
        "all of "
        "these movements at once.",
        "Multiply `dout` with min(0, x) and sum over the examples. If alpha has shape (1,), sum "
        "over the features as well and keep the shape (1,).",
    ),
)


@PRELU_BACKWARD.cases
def _(rng: np.random.Generator):
    def case(name, n, d, alpha):
        return Case(name, (both_signs(rng, n, d), (both_signs(rng, n, d), alpha)))

    yield case("six examples, a slope for each of three features", 6, 3, rng.uniform(0.1, 0.6, 3))
    yield case("one slope shared by all features", 5, 4, rng.uniform(0.1, 0.6, 1))
    yield case("one example", 1, 4, rng.uniform(0.1, 0.6, 4))
    x, dout = both_signs(rng, 4, 1), np.abs(both_signs(rng, 4, 1))  # nothing cancels in the sum
    yield Case("one feature", (dout, (x, rng.uniform(0.1, 0.6, 1))))
    yield case("slopes above 1 and below 0", 4, 2, rng.permutation([1.7, -0.4]))
    x = with_zeros(rng)
    yield Case("zeros among the inputs", (both_signs(rng, 2, 4), (x, rng.uniform(0.1, 0.6, 4))))


def prelu_gradients(dout, cache, of_alpha):
    """dx as it should be; dalpha from the gradient of every entry, summed as it should be."""
    x, alpha = cache
    dx = np.where(x > 0, dout, alpha * dout)
    dalpha = of_alpha(dout, x).sum(axis=0)
    return dx, dalpha.sum(keepdims=True) if alpha.shape == (1,) else dalpha


@PRELU_BACKWARD.misconception("dalpha is not summed")
def _(dout, cache):
    """`dx` is right. Your `dalpha` still has one entry for every input.
    One slope serves many entries, and the loss reacts to it through all of them.
    What does the chain rule do with several paths?
    """
    return prelu_gradients(dout, cache, np.multiply)[0], dout * np.minimum(0, cache[0])


@PRELU_BACKWARD.misconception("dalpha without the upstream gradient")
def _(dout, cache):
    """`dx` is right. Your `dalpha` does not depend on `dout`.
    You have how the output reacts to alpha. How does the loss react to the output?
    """
    return prelu_gradients(dout, cache, lambda dout, x: np.minimum(0, x))


@PRELU_BACKWARD.misconception("wrong sign of dalpha")
def _(dout, cache):
    """`dx` is right. Your `dalpha` has the right size and the opposite sign.
    On the negative side the output is alpha times x, and x is negative there.
    If alpha grows, does this output rise or fall?
    """
    return prelu_gradients(dout, cache, lambda dout, x: dout * np.maximum(0, -x))


@PRELU_BACKWARD.misconception("positive inputs count too")
def _(dout, cache):
    """`dx` is right. Into your `dalpha` go all entries, including the positive ones.
    For positive x the output is x. Does alpha change it?
    """
    return prelu_gradients(dout, cache, lambda dout, x: dout * x)


@PRELU_BACKWARD.misconception("mean instead of sum")
def _(dout, cache):
    """`dx` is right. Your `dalpha` is too small, by the number of examples as a factor.
    Nothing is averaged here: the loss took its mean already, and `dout` carries it.
    What does the chain rule do with several paths, add or average?
    """
    return prelu_gradients(dout, cache, lambda dout, x: dout * np.minimum(0, x) / len(x))


@PRELU_BACKWARD.misconception("the derivative on the wrong variable")
def _(dout, cache):
    """`dx` is right. Your `dalpha` ignores how negative the inputs are.
    On the negative side the output is alpha times x.
    What is the derivative of this product when alpha varies and x stays?
    """
    return prelu_gradients(dout, cache, lambda dout, x: dout * (x < 0))


@PRELU_BACKWARD.misconception("gradient 1 at zero", convention=True)
def _(dout, cache):
    """You differ only where the input is exactly 0: there you take the slope of the right side.
    PReLU has a corner at 0, and a few libraries choose as you did.
    Which side do the instructions choose?
    """
    x, alpha = cache
    dx = np.where(x >= 0, dout, alpha * dout)
    return dx, prelu_gradients(dout, cache, lambda dout, x: dout * np.minimum(0, x))[1]


@PRELU_BACKWARD.misconception("the gradient of plain ReLU")
def _(dout, cache):
    """`dalpha` is right. In `dx` nothing flows back where the input was negative.
    How does the output react there when x moves a little?
    """
    x, _ = cache
    dalpha = prelu_gradients(dout, cache, lambda dout, x: dout * np.minimum(0, x))[1]
    return dout * (x > 0), dalpha


@PRELU_BACKWARD.misconception("a shared slope split over the features")
def _(dout, cache):
    """You are right when each feature has its own slope.
    When one slope is shared, your `dalpha` has more entries than alpha.
    A gradient has the shape of its parameter. What has to be added up as well?
    """
    dx, _ = prelu_gradients(dout, cache, np.multiply)
    return dx, (dout * np.minimum(0, cache[0])).sum(axis=0)
