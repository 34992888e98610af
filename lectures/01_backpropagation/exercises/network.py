"""The backward pass of a network of any depth, and what it is not."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question
from utils.activations import relu_backward, tanh_backward
from utils.networks import mlp_forward

from .shared import both_signs, layers

MLP_BACKWARD = Exercise(
    "networks.mlp_backward",
    points=3,
    minutes=6,
    returns=("dx", "grads"),
    parents=("layers.affine_backward",),
    hints=(
        "Use the bars: some arrays are right, some are not. Which arrays does a bug in the loop "
        "touch in "
        "the last layer, and which in the others?",
        "Follow the gradient through one hidden layer. Forward the order is: dense layer, then "
        "activation. "
        "Which of the two does the gradient meet first, and at which of the two do the weights "
        "hang?",
        "In every layer but the last the gradient has to pass the activation before it reaches "
        "`affine_backward`, which takes the gradient on the pre-activation and gives all three "
        "gradients.",
    ),
)


@MLP_BACKWARD.cases
def _(rng: np.random.Generator):
    def case(name, activation, n, *sizes):
        _, cache = mlp_forward(
            both_signs(rng, n, sizes[0]), layers(rng, *sizes), activation=activation
        )
        return Case(name, (both_signs(rng, n, sizes[-1]), cache))

    yield case("three layers of ReLU", "relu", 6, 3, 5, 4, 2)
    yield case("three layers of tanh", "tanh", 5, 3, 4, 5, 2)
    yield case("four layers, all of one width", "tanh", 4, 3, 3, 3, 3, 3)
    yield case("two layers", "sigmoid", 4, 3, 5, 2)
    yield case("a single layer", "relu", 4, 3, 2)
    yield case("one example", "tanh", 1, 3, 4, 2)
    yield case("no activation", "identity", 3, 2, 4, 3)


_SLOPES = {
    "relu": relu_backward,
    "tanh": tanh_backward,
    "sigmoid": lambda dout, out: dout * out * (1 - out),
    "identity": lambda dout, _: dout,
}


def _backward(
    dscores, cache, *, weights_from="dz", down_from="dz", gated=lambda layer, depth: layer < depth
):
    caches, activation = cache
    grads, dh = {}, dscores
    for layer in range(len(caches), 0, -1):
        (x, w, _), kept = caches[layer - 1]
        dz = dh
        if gated(layer, len(caches)):
            dz = _SLOPES[activation](dh, kept)
        ends = {"dz": dz, "dh": dh}
        grads[f"w{layer}"] = x.T @ ends[weights_from]
        grads[f"b{layer}"] = ends[weights_from].sum(axis=0)
        dh = ends[down_from] @ w.T
    return dh, grads


@MLP_BACKWARD.misconception("the version that was found")
def _(dscores, cache):
    """dx and the last layer are right. The weights and biases of the hidden layers are not.
    That is the version as it was found: you have not come upon its mistake yet.
    Which gradient do the weights of a hidden layer see: the one above its activation or the one
    below?
    """
    return _backward(dscores, cache, weights_from="dh")


@MLP_BACKWARD.misconception("no activation in the backward pass")
def _(dscores, cache):
    """The last layer is right, all below it is not, and dx neither.
    Your gradient passes through the activations as if they were not there.
    Where was the activation in the forward pass?
    """
    return _backward(dscores, cache, gated=lambda layer, depth: False)


@MLP_BACKWARD.misconception("the weights repaired, the way down broken")
def _(dscores, cache):
    """The two highest layers are right, those below them are not.
    The weights now see the right gradient. But what do you hand on to the layer below?
    """
    return _backward(dscores, cache, down_from="dh")


@MLP_BACKWARD.misconception("the layers in the wrong order")
def _(dscores, cache):
    """Every key holds a gradient, but of another layer: they are numbered from the top.
    Which number does the layer at the input have?
    """
    dx, grads = _backward(dscores, cache)
    depth = len(grads) // 2
    return dx, {f"{name[0]}{depth + 1 - int(name[1:])}": grad for name, grad in grads.items()}


@MLP_BACKWARD.misconception("only the weights repaired")
def _(dscores, cache):
    """dx and all weights are right. The biases of the hidden layers are not.
    Does a bias stand above the activation, or below it, beside the weights?
    """
    dx, right = _backward(dscores, cache)
    _, found = _backward(dscores, cache, weights_from="dh")
    return dx, {name: (right if name[0] == "w" else found)[name] for name in right}


@MLP_BACKWARD.misconception("the layers counted from 0")
def _(dscores, cache):
    """Your keys begin with w0 and b0.
    Which numbers have the layers in the formulas of this lecture, and in the version found?
    """
    dx, grads = _backward(dscores, cache)
    return dx, {f"{name[0]}{int(name[1:]) - 1}": grad for name, grad in grads.items()}


@MLP_BACKWARD.misconception("averaged over the examples")
def _(dscores, cache):
    """`dx` is right. The gradients on the parameters are too small, by the number of examples.
    The loss has taken its mean already, and dscores knows of it. How often may one divide by N?
    """
    dx, grads = _backward(dscores, cache)
    return dx, {name: grad / len(dscores) for name, grad in grads.items()}


@MLP_BACKWARD.misconception("one dict for all")
def _(dscores, cache):
    """You return one dict, and the gradient on the inputs is part of it.
    How many results do the instructions list, and which of them is a dict?
    """
    dx, grads = _backward(dscores, cache)
    return grads | {"x": dx}


@MLP_BACKWARD.misconception("the first layer left out")
def _(dscores, cache):
    """Your sweep stops one layer above the inputs: w1 and b1 have no gradient.
    With which number does `range` end, and is that number still among those that it gives?
    """
    caches, activation = cache
    dh, grads = _backward(dscores, (caches[1:], activation))
    return dh, {f"{name[0]}{int(name[1:]) + 1}": grad for name, grad in grads.items()}


@MLP_BACKWARD.misconception("a ReLU, whatever the activation is")
def _(dscores, cache):
    """With ReLU you are right, with another activation you are not.
    It looks as if the gate were that of a ReLU in every network.
    What stands in the cache beside the caches of the layers?
    """
    caches, _ = cache
    gates = [((x, w, b), x @ w + b) for (x, w, b), _ in caches]
    return _backward(dscores, (gates, "relu"))


@MLP_BACKWARD.misconception("one product too few")
def _(dscores, cache):
    """The gradients on the parameters are right. `dx` has the shape of the first pre-activation.
    Between that and the inputs stands a layer. What does the gradient meet there?
    """
    caches, activation = cache
    _, grads = _backward(dscores, cache)
    dz, _ = _backward(dscores, (caches[1:], activation))
    return (_SLOPES[activation](dz, caches[0][1]) if len(caches) > 1 else dz), grads


@MLP_BACKWARD.misconception("the biases summed over the units")
def _(dscores, cache):
    """`dx` and all weights are right. A bias gradient of yours has one number for each example.
    To what does a bias belong, to an example or to a unit?
    """
    caches, activation = cache
    dx, grads = _backward(dscores, cache)
    dh = dscores
    for layer in range(len(caches), 0, -1):
        (_, w, _), kept = caches[layer - 1]
        dz = _SLOPES[activation](dh, kept) if layer < len(caches) else dh
        grads[f"b{layer}"] = dz.sum(axis=1)
        dh = dz @ w.T
    return dx, grads


AFTER_BACKPROP = Question(
    "backpropagation.after_backprop",
    "`two_layer_backward` has run and returned. The network has 3,760 parameters. How many of them "
    "have a different value from before?",
    number=Number(
        0,
        abs_tol=1e-9,
        misreadings={
            3760: "Each of them has a gradient now. Which line changes a parameter?",
            1: "There is one loss, and it is not a parameter. Which line changes one?",
            3700: "The biases have gradients, too. But which line changes a parameter?",
        },
    ),
    why="None. Backpropagation computes a gradient; that is all. What is done with it is the "
    "business of "
    "an update rule, and gradient descent is one of many.",
)


TEN_SIGMOIDS = Question(
    "backpropagation.fading",
    "Ten hidden layers of 50 sigmoids, with weights drawn from $N(0, 1)$. The slope of a sigmoid "
    "is never "
    "above 1/4. By which factor does the norm of the gradient change, on average, from one layer "
    "to the "
    "layer below?",
    choices=(
        Choice(
            "below 1/4, since each layer multiplies by a slope",
            "It multiplies by something else as well. How large is the product of a gradient with "
            "50 "
            "weights of size 1?",
        ),
        Choice("about 0.8", right=True),
        Choice(
            "about 0.02, since most of the sigmoids are saturated",
            "Saturated units do close their gates. But by which factor do 50 weights of size 1 "
            "enlarge a "
            "gradient?",
        ),
        Choice(
            "about 2: it grows",
            "Weights of this size do enlarge the gradient, about sevenfold. What do the slopes of "
            "units with "
            "such large pre-activations do to it?",
        ),
    ),
    why="The weights multiply a gradient by about $\\sqrt{50} = 7$, the slopes by about 0.12 "
    "(root mean square: the "
    "pre-activations are large). Their product counts. The bound of 1/4 is one on the slopes "
    "alone.",
)
