"""The length of a weight vector before batch norm, and what follows for gradient descent."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import both_signs, scales

DOUBLED_WEIGHTS = Question(
    "normalization.doubled_weights",
    r"All weights of one unit before batch norm are doubled. The output of the layer stays the "
    r"same "
    r"(take $\epsilon = 0$), and so does the loss. What happens to the gradient with respect to "
    r"these weights?",
    choices=(
        Choice(
            "It stays the same: the network computes the same function.",
            "The function is the same, but is a step of 0.1 in the weights still the same "
            "change of "
            "direction?",
        ),
        Choice(
            "It doubles, because the pre-activations have doubled.",
            "What does batch norm divide by after the doubling?",
        ),
        Choice("It is halved.", right=True),
        Choice(
            "It becomes 0: the loss does not depend on the weights.",
            "It does not depend on their length. On what does it still depend?",
        ),
    ),
    why=r"To turn a vector of twice the length by the same angle takes a step twice as long. So "
    r"the "
    r"loss changes half as much per unit of length: $\nabla L(2w) = \nabla L(w)/2$.",
)


SCALE_INVARIANCE = Exercise(
    "normalization.scale_invariance",
    points=3,
    minutes=9,
    returns=("dw_scaled", "lr_scaled", "length_next"),
    hints=(
        "Differentiate both sides of L(a w) = L(w) with respect to w. On the left the chain rule "
        "gives a factor.",
        "For the rate, write down the step from a w with an unknown rate r: a w - r dw_scaled. It "
        "shall be a (w - lr dw).",
        "dw_scaled is dw / a, the rate a² lr. The length is that of the columns of w - lr dw: with "
        "Pythagoras the square root of |w|² + lr² |dw|².",
    ),
)


def _perpendicular(rng, w):
    """A gradient as the theorem allows it: no part along any column of w."""
    dw = both_signs(rng, *w.shape) * scales(rng, w.shape[1])
    return dw - w * ((w * dw).sum(axis=0) / (w**2).sum(axis=0))


@SCALE_INVARIANCE.cases
def _(rng: np.random.Generator):
    def case(name, fan_in, fan_out, lr, a=None):
        w = both_signs(rng, fan_in, fan_out) * scales(rng, fan_out)
        a = scales(rng, fan_out) * 1.7 if a is None else a
        return Case(name, (w, _perpendicular(rng, w), a), {"lr": lr})

    yield case("three inputs, three units", 3, 3, 0.7)
    yield case("five inputs, two units", 5, 2, 0.9)
    yield case("three inputs, four units", 3, 4, 1.3)
    yield case("one unit", 4, 1, 0.8)
    yield case("a small rate", 3, 3, 0.3)


def _theorem(w, dw, a, lr):
    return dw / a, lr * a**2, np.linalg.norm(w - lr * dw, axis=0)


@SCALE_INVARIANCE.misconception("the gradient stays")
def _(w, dw, a, *, lr):
    """Your gradient at a w is that at w.
    The loss is the same at both points. Is the *change* of the loss the same when both are moved
    by the same amount?
    """
    _, _, length = _theorem(w, dw, a, lr)
    return dw.copy(), lr * a, length


@SCALE_INVARIANCE.misconception("the gradient grows with the weights")
def _(w, dw, a, *, lr):
    """Your gradient grows with a.
    A longer vector is turned less by the same push. Does the loss then react more, or less?
    """
    _, rate, length = _theorem(w, dw, a, lr)
    return a * dw, rate, length


@SCALE_INVARIANCE.misconception("the rate grows like the length")
def _(w, dw, a, *, lr):
    """The gradient is right. Your rate grows in proportion to a.
    That makes up for the longer vector. Does the gradient at a w have the old size?
    """
    scaled, _, length = _theorem(w, dw, a, lr)
    return scaled, lr * a, length


@SCALE_INVARIANCE.misconception("the rate shrinks with the length")
def _(w, dw, a, *, lr):
    """The gradient is right. Your rate becomes smaller when a grows.
    The vector is longer and its gradient shorter. To turn it by the same angle, does it need a
    smaller step?
    """
    scaled, _, length = _theorem(w, dw, a, lr)
    return scaled, lr / a**2, length


@SCALE_INVARIANCE.misconception("the rate stays")
def _(w, dw, a, *, lr):
    """The gradient is right. You keep the rate as it is for every a.
    Put it in: where does the step from a w end, compared with a times the other end point?
    """
    scaled, _, length = _theorem(w, dw, a, lr)
    return scaled, np.full_like(a, lr), length


@SCALE_INVARIANCE.misconception("lengths subtracted")
def _(w, dw, a, *, lr):
    """Gradient and rate are right. Your length is that of w minus that of the step.
    That would be right if the step pointed along w. Which angle is between them?
    """
    scaled, rate, _ = _theorem(w, dw, a, lr)
    return scaled, rate, np.linalg.norm(w, axis=0) - lr * np.linalg.norm(dw, axis=0)


@SCALE_INVARIANCE.misconception("the length stays")
def _(w, dw, a, *, lr):
    """Gradient and rate are right. You say that the length does not change.
    A step along the tangent of a circle leaves the circle. To which side?
    """
    scaled, rate, _ = _theorem(w, dw, a, lr)
    return scaled, rate, np.linalg.norm(w, axis=0)


@SCALE_INVARIANCE.misconception("the rate counted once in the length")
def _(w, dw, a, *, lr):
    """Gradient and rate are right. In your length the rate stands beside a square, but is not
    squared itself.
    How long is a step?
    """
    scaled, rate, _ = _theorem(w, dw, a, lr)
    return scaled, rate, np.sqrt((w**2).sum(axis=0) + lr * (dw**2).sum(axis=0))


@SCALE_INVARIANCE.misconception("lengths of rows")
def _(w, dw, a, *, lr):
    """Gradient and rate are right. You measure the rows of the weights.
    The layer computes x @ w. Where do the weights of one unit stand?
    """
    scaled, rate, _ = _theorem(w, dw, a, lr)
    return scaled, rate, np.linalg.norm(w - lr * dw, axis=1)
