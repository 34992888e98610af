"""The ten-layer experiment: the signal on its way up, and its statistics."""

import numpy as np

from grader import Case, Exercise, Number, Question
from utils.activations import act
from utils.initialization import deep_forward

from .shared import both_signs, net

DIMENSION = Question(
    "initialization.dimension",
    "The code of the experiment begins with the comment “assume some unit gaussian 10-D input "
    "data”, and then draws `D = randn(1000, 500)`. How many numbers does one example have?",
    number=Number(
        500,
        rel_tol=1e-6,
        misreadings={
            10: "So says the comment. The network has ten layers. What does the array say?",
            1000: "That is the number of rows. What does a row stand for?",
            500000: "That is the whole array: all examples together.",
        },
    ),
    why="1000 examples in rows, 500 numbers each. Believe the array, not the comment. (`D` is "
    "both the data and a dimension in that code; we write `x`.)",
)


DEEP_FORWARD = Exercise(
    "initialization.deep_forward",
    points=2,
    minutes=5,
    returns=("hs", "cache"),
    hints=(
        "Two lists grow side by side: the outputs, which begin with x, and the sums before the "
        "activation, which begin empty.",
        "In each layer: the last output times the layer's weights gives the sum; `act(activation, "
        "sum)` gives the next output.",
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


@DEEP_FORWARD.misconception("the sums kept instead of the outputs")
def _(x, weights, *, activation="tanh"):
    """Your `hs` holds what stands before the activation.
    The next layer, and our statistics, see what comes after it.
    Which of the two belongs in `hs`, and which in `zs`?
    """
    _, (_, zs, *rest) = deep_forward(x, weights, activation=activation)
    return [x, *zs], ([x, *zs], zs, *rest)


@DEEP_FORWARD.misconception("a linear last layer")
def _(x, weights, *, activation="tanh"):
    """All layers agree but the last: yours does not bend there.
    A classifier ends like that. This network is nothing but hidden layers.
    What does the first line of the instructions say about each layer?
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


@DEEP_FORWARD.misconception("bent before the product")
def _(x, weights, *, activation="tanh"):
    """You bend first and multiply afterwards, so that the last output can leave the range
    of its activation.
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
    Without a bend ten layers are one layer.
    What happens to the product before it is passed on?
    """
    hs = [x]
    for w in weights:
        hs.append(hs[-1] @ w)
    return hs, (hs, hs[1:], weights, activation)


@DEEP_FORWARD.misconception("outputs in place of the sums")
def _(x, weights, *, activation="tanh"):
    """`hs` is right. In the cache `zs` holds the outputs once more.
    The backward pass asks for the slope of the activation at its input.
    What was the input of the activation?
    """
    hs, (_, _, *rest) = deep_forward(x, weights, activation=activation)
    return hs, (hs, hs[1:], *rest)


LAYER_STATS = Exercise(
    "initialization.layer_stats",
    points=1,
    minutes=3,
    returns=("stats",),
    hints=(
        "Each array gives one row: the mean of all its numbers, and their standard deviation.",
        "Arrays have methods for both. Collect the pairs in a list and make it an array of the "
        "dtype of the first one.",
    ),
)


@LAYER_STATS.cases
def _(rng: np.random.Generator):
    def layer(n, units):
        return both_signs(rng, n, units) + rng.uniform(0.3, 2, units) * [1, -2, 3, 4][:units]

    yield Case("three layers", ([layer(4, 3), layer(4, 2), layer(4, 4)],))
    yield Case("one layer", ([layer(6, 2)],))
    yield Case("three numbers at a time", ([layer(1, 3)[0] for _ in range(4)],))
    yield Case("shrinking layers", ([layer(3, 4) * 0.01**i for i in range(3)],))
    yield Case("one example", ([layer(1, 3), layer(1, 2)],))
    yield Case("a layer that is silent", ([np.zeros((3, 2)), layer(3, 2)],), extreme=True)


def _stats(hs, second):
    return np.array([(h.mean(), second(h)) for h in hs], dtype=hs[0].dtype)


@LAYER_STATS.misconception("the variance")
def _(hs):
    """Your second column is the square of what is asked for.
    That is the variance. The printed tables show a quantity with the unit of the
    activations themselves. How do you get from the one to the other?
    """
    return _stats(hs, np.var)


@LAYER_STATS.misconception("the mean is not subtracted")
def _(hs):
    """Where a layer's mean is far from zero your second column is too large.
    It looks like the root of the mean square. That is a good measure, but another one.
    What does a standard deviation measure distances from?
    """
    return _stats(hs, lambda h: np.sqrt((h**2).mean()))


@LAYER_STATS.misconception("divided by one less")
def _(hs):
    """Your second column is slightly too large, most for small layers.
    You estimate the spread of a population from a sample. Here the numbers are all
    there is. By how many do you divide then?
    """
    return _stats(hs, lambda h: h.std(ddof=1))


@LAYER_STATS.misconception("unit by unit")
def _(hs):
    """You take the spread of each unit over the examples and then average.
    That leaves out how the units differ from each other.
    Of how many numbers does one row of the table give the standard deviation?
    """
    return _stats(hs, lambda h: h.std(axis=0).mean())


@LAYER_STATS.misconception("a column for each layer")
def _(hs):
    """Your table has a column for each layer.
    The instructions ask for the shape (layers, 2). What stands in a row?
    """
    return _stats(hs, np.std).T


@LAYER_STATS.misconception("columns exchanged")
def _(hs):
    """The numbers are right, and their columns are exchanged.
    Which of the two comes first in a row?
    """
    return _stats(hs, np.std)[:, ::-1].copy()


@LAYER_STATS.misconception("the first array left out")
def _(hs):
    """One row is missing: the first array of the list has none.
    The function does not know that it may be the input. How many rows does a list of
    n arrays get?
    """
    return _stats(hs, np.std)[1:]
