"""The backward pass of a dense layer, and of two of them."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import both_signs, layers

AFFINE = Exercise(
    "layers.affine_backward",
    points=3,
    minutes=7,
    returns=("dx", "dw", "db"),
    hints=(
        "Write out one output: out[n, j] = sum over i of x[n, i] w[i, j], plus b[j]. Which "
        "outputs does "
        "w[i, j] touch? Which does x[n, i] touch, and which b[j]?",
        "w[i, j] touches out[n, j] for every n, with the factor x[n, i]. So dw[i, j] is a sum "
        "over n. "
        "x[n, i] touches out[n, j] for every j, with the factor w[i, j].",
        "A sum over the inner index is a matrix product: dx = dout @ w.T, dw = x.T @ dout, and db "
        "is the sum "
        "of the rows of dout.",
    ),
)


@AFFINE.cases
def _(rng: np.random.Generator):
    def case(name, n, d, m):
        cache = both_signs(rng, n, d), both_signs(rng, d, m), both_signs(rng, m)
        return Case(name, (both_signs(rng, n, m), cache))

    yield case("as many units as inputs", 5, 3, 3)
    yield case("five examples, three inputs, four units", 5, 3, 4)
    yield case("as many examples, too", 3, 3, 3)
    yield case("one example", 1, 3, 2)
    yield case("one unit", 4, 3, 1)
    yield case("one input", 3, 1, 4)


@AFFINE.misconception("w is not transposed")
def _(dout, cache):
    """With as many units as inputs your dx has the right shape and the wrong values; otherwise
    the shapes do not even fit.
    A square matrix can be multiplied either way round, and nothing warns you.
    By which entries of w is dout[n, j] multiplied to reach x[n, i]?
    """
    x, w, _ = cache
    return dout @ w, x.T @ dout, dout.sum(axis=0)


@AFFINE.misconception("dw averaged over the examples")
def _(dout, cache):
    """dx is right. dw and db are too small by the number of examples.
    The loss has taken its mean already, and dout knows of it.
    How often may one divide by N?
    """
    x, w, _ = cache
    return dout @ w.T, x.T @ dout / len(x), dout.mean(axis=0)


@AFFINE.misconception("dw transposed")
def _(dout, cache):
    """Your dw has its axes swapped: a row for each unit.
    A gradient has the shape of what it belongs to. Which shape has w?
    """
    x, w, _ = cache
    return dout @ w.T, dout.T @ x, dout.sum(axis=0)


@AFFINE.misconception("db of the first example")
def _(dout, cache):
    """dx and dw are right. Your db listens to the first example only.
    The bias was added to every row. From how many outputs does it hear?
    """
    x, w, _ = cache
    return dout @ w.T, x.T @ dout, dout[0].copy()


@AFFINE.misconception("db averaged over the examples")
def _(dout, cache):
    """dx and dw are right. Your db is a mean over the examples, dw a sum.
    Why should the two be treated differently?
    """
    x, w, _ = cache
    return dout @ w.T, x.T @ dout, dout.mean(axis=0)


@AFFINE.misconception("db is not summed")
def _(dout, cache):
    """Your db has a row for every example.
    There is one bias for a unit, and all examples share it. What happens where a forward pass
    copies?
    """
    x, w, _ = cache
    return dout @ w.T, x.T @ dout, dout.copy()


@AFFINE.misconception("the upstream gradient is missing")
def _(dout, cache):
    """Your answer does not depend on dout.
    Those are the local gradients. What does the chain rule multiply them with?
    """
    x, w, _ = cache
    ones = np.ones_like(dout)
    return ones @ w.T, x.T @ ones, ones.sum(axis=0)


@AFFINE.misconception("all three averaged")
def _(dout, cache):
    """All three gradients are too small by the number of examples.
    The loss has taken its mean already, and dout knows of it.
    How often may one divide by N?
    """
    x, w, _ = cache
    n = len(x)
    return dout @ w.T / n, x.T @ dout / n, dout.mean(axis=0)


@AFFINE.misconception("downhill")
def _(dout, cache):
    """All three gradients have the opposite sign.
    A gradient says in which direction the loss grows. Who turns round to go down: the backward
    pass, or the update that comes after it?
    """
    x, w, _ = cache
    return -dout @ w.T, -x.T @ dout, -dout.sum(axis=0)


@AFFINE.misconception("the gradients in another order")
def _(dout, cache):
    """Your first result has the shape of w, your last one that of x.
    In which order do the instructions list the three?
    """
    x, w, _ = cache
    return x.T @ dout, dout.sum(axis=0), dout @ w.T


@AFFINE.misconception("dw before dx")
def _(dout, cache):
    """Your first result has the shape of w, your second one that of x.
    In which order do the instructions list the three?
    """
    x, w, _ = cache
    return x.T @ dout, dout @ w.T, dout.sum(axis=0)


@AFFINE.misconception("db summed over the units")
def _(dout, cache):
    """Your db has one number for each example, a sum over the units.
    To what does a bias belong, to an example or to a unit?
    """
    x, w, _ = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=1)


@AFFINE.misconception("db as a row of a table")
def _(dout, cache):
    """Your db has two axes, the first of length 1.
    A gradient has the shape of what it belongs to. Which shape has b?
    """
    x, w, _ = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0, keepdims=True)


@AFFINE.misconception("db as one number for all units")
def _(dout, cache):
    """Your db is a single number: all of dout, added up.
    Each unit has a bias of its own. Which entries of dout does the bias of unit j touch?
    """
    x, w, _ = cache
    return dout @ w.T, x.T @ dout, dout.sum()


@AFFINE.misconception("db without the upstream gradient")
def _(dout, cache):
    """Your db is 1 for every unit, whatever arrives from above.
    That is how fast an output moves with its bias. What does the chain rule multiply it with,
    and over how many outputs does it then add up?
    """
    x, w, b = cache
    return dout @ w.T, x.T @ dout, np.ones_like(b)


@AFFINE.misconception("dx transposed")
def _(dout, cache):
    """Your dx has its axes swapped: a row for each input.
    A gradient has the shape of what it belongs to. Which shape has x?
    """
    x, w, _ = cache
    return w @ dout.T, x.T @ dout, dout.sum(axis=0)


TWO_LAYERS = Exercise(
    "networks.two_layer_backward",
    points=4,
    minutes=7,
    returns=("grads",),
    parents=("layers.affine_backward",),
    promises={"exactly 0, ReLU has the slope 0": "pre-activations of exactly 0"},
    hints=(
        "Three lines forward, three steps back, in the opposite order. Which of them have you "
        "written already?",
        "Your `affine_backward` takes the gradient on the output of a dense layer and the cache "
        "(input, "
        "weights, bias) of that layer. The input of the upper layer is h, which you get from z.",
        "The gate: dz is dh where z > 0, and 0 elsewhere. Then the lower layer with the cache (x, "
        "w1, b1).",
    ),
)


@TWO_LAYERS.cases
def _(rng: np.random.Generator):
    def case(name, n, d, hidden, k):
        params = layers(rng, d, hidden, k)
        x, z = both_signs(rng, n, d), both_signs(rng, n, hidden)
        return Case(name, (both_signs(rng, n, k), x, z, params))

    yield case("five examples", 5, 3, 4, 2)
    yield case("all layers square", 4, 4, 4, 4)
    yield case("one example", 1, 3, 6, 2)
    yield case("one output", 4, 2, 5, 1)
    params, z = layers(rng, 2, 3, 2), both_signs(rng, 3, 3)
    z[1] = 0
    yield Case(
        "pre-activations of exactly 0", (both_signs(rng, 3, 2), both_signs(rng, 3, 2), z, params)
    )
    silent = -np.abs(both_signs(rng, 3, 4))
    yield Case(
        "all units silent",
        (both_signs(rng, 3, 2), both_signs(rng, 3, 2), silent, layers(rng, 2, 4, 2)),
    )


def _two(dscores, x, z, params, *, gate=None, h=None, back=None):
    h = np.maximum(0, z) if h is None else h
    dh = dscores @ params["w2"].T if back is None else back
    dz = dh * (z > 0) if gate is None else gate(dh)
    return {
        "w2": h.T @ dscores,
        "b2": dscores.sum(axis=0),
        "h": dh,
        "z": dz,
        "w1": x.T @ dz,
        "b1": dz.sum(axis=0),
        "x": dz @ params["w1"].T,
    }


@TWO_LAYERS.misconception("the gate is forgotten")
def _(dscores, x, z, params):
    """Down to h everything is right. From z on it is not: what reaches h passes on undiminished.
    Between h and z stands the ReLU. What does h do when z is negative and moves a little?
    """
    return _two(dscores, x, z, params, gate=lambda dh: dh.copy())


@TWO_LAYERS.misconception("ReLU applied to the gradient")
def _(dscores, x, z, params):
    """Down to h everything is right. Your gradient on z has no negative entry.
    It looks as if the ReLU were applied to the gradient itself.
    What decides whether the gate is open: what arrives from above, or what came through from below?
    """
    return _two(dscores, x, z, params, gate=lambda dh: np.maximum(0, dh))


@TWO_LAYERS.misconception("the gate is inverted")
def _(dscores, x, z, params):
    """Down to h everything is right. Then the silent units receive a gradient, and the active ones
    none.
    For which z does h change when z does?
    """
    return _two(dscores, x, z, params, gate=lambda dh: dh * (z <= 0))


@TWO_LAYERS.misconception("the gate is open at 0")
def _(dscores, x, z, params):
    """You differ only where z is exactly 0.
    A corner has no single slope, so one has to be agreed on. What do the instructions say?
    """
    return _two(dscores, x, z, params, gate=lambda dh: dh * (z >= 0))


@TWO_LAYERS.misconception("the upper weights with z")
def _(dscores, x, z, params):
    """Only the gradient on w2 is wrong. It was computed from the pre-activations.
    What is the input of the upper layer?
    """
    return _two(dscores, x, z, params, h=z)


@TWO_LAYERS.misconception("scaled by the activation")
def _(dscores, x, z, params):
    """Down to h everything is right. Your gradient on z is multiplied by the activation.
    The chain rule asks for the slope of the ReLU. How steep is it at z = 1, and how steep at z = 2?
    """
    return _two(dscores, x, z, params, gate=lambda dh: dh * np.maximum(0, z))


@TWO_LAYERS.misconception("the lower layer from above the gate")
def _(dscores, x, z, params):
    """Your gradient on z is right, and the lower layer has not got it.
    It looks as if w1, b1 or x were computed from the gradient on h.
    What is the output of the lower layer, and which gradient belongs to it?
    """
    grads = _two(dscores, x, z, params)
    above = _two(dscores, x, z, params, gate=lambda dh: dh)
    return grads | {name: above[name] for name in ("w1", "b1", "x")}


@TWO_LAYERS.misconception("the parameters averaged over the examples")
def _(dscores, x, z, params):
    """The gradients on h, z and x are right. Those on the parameters are too small, by the
    number of examples.
    The loss has taken its mean already, and dscores knows of it. How often may one divide by N?
    """
    grads = _two(dscores, x, z, params)
    return grads | {name: grads[name] / len(x) for name in ("w1", "b1", "w2", "b2")}


@TWO_LAYERS.misconception("scaled by the pre-activation")
def _(dscores, x, z, params):
    """Down to h everything is right. Your gradient on z is multiplied by z.
    The chain rule asks for the slope of the ReLU. How steep is it at z = 2, and how steep at -2?
    """
    return _two(dscores, x, z, params, gate=lambda dh: dh * z)


@TWO_LAYERS.misconception("the gate alone")
def _(dscores, x, z, params):
    """Down to h everything is right. Your gradient on z holds nothing but 0 and 1.
    Those are the slopes of the ReLU. What does the chain rule multiply them with?
    """
    return _two(dscores, x, z, params, gate=lambda dh: (z > 0).astype(dh.dtype))


@TWO_LAYERS.misconception("a gate that leaks")
def _(dscores, x, z, params):
    """Down to h everything is right. Then a hundredth of the gradient gets through to silent units.
    There is a ReLU that has such a slope below 0. Is it the one of the forward pass here?
    """
    return _two(dscores, x, z, params, gate=lambda dh: np.where(z > 0, dh, dh / 100))


@TWO_LAYERS.misconception("one array under two names")
def _(dscores, x, z, params):
    """Only the gradient on h is wrong, and it equals that on z.
    It looks as if both were the same array, and the gate had closed entries in it.
    Which line of yours makes a new array?
    """
    grads = _two(dscores, x, z, params)
    return grads | {"h": grads["z"].copy()}


@TWO_LAYERS.misconception("the biases summed over the units")
def _(dscores, x, z, params):
    """All is right but the biases: their gradients have one number for each example.
    To what does a bias belong, to an example or to a unit?
    """
    grads = _two(dscores, x, z, params)
    return grads | {"b1": grads["z"].sum(axis=1), "b2": dscores.sum(axis=1)}


SHAPES = Question(
    "backpropagation.two_ways",
    "A well-known course note says (in our words): you need not remember the formulas for dx and "
    "dw, since "
    "there is only one way to make the shapes fit. For which layer are there two?",
    choices=(
        Choice(
            "a layer with a single unit",
            "Then w is (D, 1) and dout is (N, 1). In how many ways can they be multiplied to give "
            "(N, D)?",
        ),
        Choice(
            "a layer that sees a single example",
            "Then x is (1, D) and dout is (1, M). In how many ways do they give (D, M)?",
        ),
        Choice("a layer with as many units as inputs", right=True),
        Choice(
            "a layer that has more units than inputs",
            "Then w is not square. What happens if you forget to transpose it?",
        ),
    ),
    why="If w is square, `dout @ w` and `dout @ w.T` both have the right shape, and one of them "
    "is wrong. "
    "Hidden layers of equal width are common, so the shapes are a hint and no proof.",
)
