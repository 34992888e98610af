"""The ten-layer experiment: the forward pass."""

import numpy as np

from grader import Case, Exercise
from utils.activations import act
from utils.initialization import deep_forward

from .shared import both_signs, net

DEEP_FORWARD = Exercise(
    "initialization.deep_forward",
    points=2,
    minutes=5,
    returns=("hs", "cache"),
    hints=(
        "Two lists grow side by side: the outputs, which begin with x, and the pre-activations, "
        "which begin empty.",
        "In each layer: the last output times the layer's weights is the pre-activation z; "
        "`act(activation, z)` gives the next output.",
    ),
)


@DEEP_FORWARD.cases
def _(rng: np.random.Generator):
    x = both_signs(rng, 5, 3)
    yield Case("three layers of tanh", (x, net(rng, 3, 4, 3, 2)))
    yield Case("ReLU", (both_signs(rng, 5, 4), net(rng, 4, 6, 5)), {"activation": "relu"})
    yield Case("sigmoid", (both_signs(rng, 3, 2), net(rng, 2, 3, 2)), {"activation": "sigmoid"})
    yield Case("five layers", (both_signs(rng, 3, 2), net(rng, 2, 3, 2, 4, 3, 2)))
    yield Case("square layers", (both_signs(rng, 4, 3), net(rng, 3, 3, 3)))
    yield Case("one example, one layer", (both_signs(rng, 1, 3), net(rng, 3, 2)))
    yield Case("no layer at all", (both_signs(rng, 2, 3), []), extreme=True)
    large = [1e2 * w for w in net(rng, 3, 4, 2)]
    yield Case("very large weights", (both_signs(rng, 2, 3), large), extreme=True)


@DEEP_FORWARD.misconception("the input is missing")
def _(x, weights, *, activation="tanh"):
    """Your list has one array for each layer.
    The backward pass needs what went into the first layer, too.
    With what does the list begin before any layer has worked?
    """
    hs, cached = deep_forward(x, weights, activation=activation)
    return hs[1:], (hs[1:], *cached[1:])


@DEEP_FORWARD.misconception("pre-activations in place of the outputs")
def _(x, weights, *, activation="tanh"):
    """Your `hs` holds the pre-activations.
    The next layer, and our statistics, see what comes after it.
    Which of the two belongs in `hs`, and which in `zs`?
    """
    _, (_, zs, *rest) = deep_forward(x, weights, activation=activation)
    return [x, *zs], ([x, *zs], zs, *rest)


@DEEP_FORWARD.misconception("a linear last layer")
def _(x, weights, *, activation="tanh"):
    """All layers agree but the last: yours has no activation there.
    A classifier ends like that. This network is nothing but hidden layers.
    Which of its layers has an activation?
    """
    hs, zs = [x], []
    for layer, w in enumerate(weights, 1):
        zs.append(hs[-1] @ w)
        hs.append(zs[-1] if layer == len(weights) else act(activation, zs[-1]))
    return hs, (hs, zs, weights, activation)


@DEEP_FORWARD.misconception("tanh whatever was asked")
def _(x, weights, *, activation="tanh"):
    """With tanh you are right; with another activation you still give tanh.
    Which argument carries the name, and which function of the setup cell takes a name?
    """
    hs, cached = deep_forward(x, weights, activation="tanh")
    return hs, (*cached[:3], activation)


@DEEP_FORWARD.misconception("the activation before the product")
def _(x, weights, *, activation="tanh"):
    """You apply the activation first and multiply afterwards, so that the last output can
    leave the range of its activation.
    In which order do the two steps of a layer come?
    """
    hs, zs = [x], []
    for w in weights:
        zs.append(act(activation, hs[-1]) @ w)
        hs.append(zs[-1])
    return hs, (hs, zs, weights, activation)


@DEEP_FORWARD.misconception("no activation")
def _(x, weights, *, activation="tanh"):
    """Your layers multiply and do nothing else.
    Without a nonlinearity ten layers are one layer.
    What happens to the product before it is passed on?
    """
    hs = [x]
    for w in weights:
        hs.append(hs[-1] @ w)
    return hs, (hs, hs[1:], weights, activation)


@DEEP_FORWARD.misconception("outputs in place of the pre-activations")
def _(x, weights, *, activation="tanh"):
    """`hs` is right. In the cache `zs` holds the outputs once more.
    The backward pass asks for the slope of the activation at its input.
    What was the input of the activation?
    """
    hs, (_, _, *rest) = deep_forward(x, weights, activation=activation)
    return hs, (hs, hs[1:], *rest)
