"""An auxiliary task on a shared trunk."""

import numpy as np

from grader import Case, Exercise
from utils.layers import affine_backward, affine_forward
from utils.losses import softmax_loss

from .shared import both_signs, classes

TWO_HEADS = Exercise(
    "networks.two_head_loss",
    points=3,
    minutes=8,
    returns=("loss", "grads"),
    hints=(
        "Forward: one trunk, two heads, two losses. Each head has a backward pass of its own.",
        "The hidden layer feeds both heads. What happens to two gradients that arrive at one node?",
        "dh is the sum of what the two heads send back, the auxiliary one times aux_weight. Then "
        "through the ReLU and the first layer, once.",
    ),
)


@TWO_HEADS.cases
def _(rng: np.random.Generator):
    def case(name, n, d, h, k, j, **options):
        params = {
            "w1": both_signs(rng, d, h) / 2,
            "b1": rng.permutation(np.linspace(-0.6, 2.0, h)),
            "w2": both_signs(rng, h, k) / 3,
            "b2": both_signs(rng, k) / 3,
            "w_aux": both_signs(rng, h, j) / 3,
            "b_aux": both_signs(rng, j) / 3,
        }
        x = rng.uniform(-1, 1, (n, d))
        return Case(name, (x, classes(rng, n, k), classes(rng, n, j), params), options)

    yield case("six examples", 6, 4, 5, 3, 2, aux_weight=0.6)
    yield case("the default weight", 5, 3, 6, 4, 2)
    yield case("a heavy auxiliary task", 7, 3, 5, 2, 4, aux_weight=2.5)
    yield case("no auxiliary task", 4, 3, 4, 3, 3, aux_weight=0.0)


def _two(x, y, y_aux, params, by, **other):
    z, trunk = affine_forward(x, params["w1"], params["b1"])
    h = np.maximum(0, z)
    main, main_cache = affine_forward(h, params["w2"], params["b2"])
    aux, aux_cache = affine_forward(h, params["w_aux"], params["b_aux"])
    loss_main, dmain = softmax_loss(main, y)
    loss_aux, daux = softmax_loss(aux, y_aux)
    dh_main, dw2, db2 = affine_backward(dmain, main_cache)
    dh_aux, dw_aux, db_aux = affine_backward(other.get("in_grads", by) * daux, aux_cache)
    dh = other.get("dh", lambda a, b: a + b)(dh_main, dh_aux)
    gate = (z > 0) if other.get("gated", True) else 1
    _, dw1, db1 = affine_backward((dh * gate).astype(z.dtype), trunk)
    total = other.get("total", lambda a, b: a + by * b)(loss_main, loss_aux)
    grads = {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2, "w_aux": dw_aux, "b_aux": db_aux}
    return float(total), grads


@TWO_HEADS.misconception("the trunk learns the main task only")
def _(x, y, y_aux, params, *, aux_weight=1.0):
    """Both heads are right. The trunk does not feel the auxiliary task.
    What would that task then be good for?
    """
    return _two(x, y, y_aux, params, aux_weight, dh=lambda main, aux: main)


@TWO_HEADS.misconception("the trunk learns the auxiliary task only")
def _(x, y, y_aux, params, *, aux_weight=1.0):
    """Both heads are right. The trunk feels the auxiliary task alone.
    Through how many heads does the loss depend on the hidden layer?
    """
    return _two(x, y, y_aux, params, aux_weight, dh=lambda main, aux: aux)


@TWO_HEADS.misconception("the mean of two gradients")
def _(x, y, y_aux, params, *, aux_weight=1.0):
    """Both heads are right. In the trunk you take the mean of what they send back.
    The loss is a sum. What is the derivative of a sum?
    """
    return _two(x, y, y_aux, params, aux_weight, dh=lambda main, aux: (main + aux) / 2)


@TWO_HEADS.misconception("the weight in the loss only")
def _(x, y, y_aux, params, *, aux_weight=1.0):
    """Your loss is right. Your gradients do not depend on aux_weight.
    What is the gradient of a loss that is multiplied by a number?
    """
    return _two(x, y, y_aux, params, aux_weight, in_grads=1.0)


@TWO_HEADS.misconception("the weight counted twice in the trunk")
def _(x, y, y_aux, params, *, aux_weight=1.0):
    """Both heads are right. In the trunk the auxiliary part carries aux_weight twice.
    It has already come through the head: what did it bring along?
    """
    return _two(x, y, y_aux, params, aux_weight, dh=lambda main, aux: main + aux_weight * aux)


@TWO_HEADS.misconception("the weight in the gradients only")
def _(x, y, y_aux, params, *, aux_weight=1.0):
    """Your gradients are right. Your loss adds both tasks at full weight.
    Of which loss are these the gradients?
    """
    return _two(x, y, y_aux, params, aux_weight, total=lambda main, aux: main + aux)


@TWO_HEADS.misconception("the ReLU forgotten")
def _(x, y, y_aux, params, *, aux_weight=1.0):
    """Both heads are right. The gradient of the trunk passes units that were silent.
    What lies between the first layer and the heads?
    """
    return _two(x, y, y_aux, params, aux_weight, gated=False)
