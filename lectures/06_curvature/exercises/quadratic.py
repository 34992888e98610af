"""What one step gains, to second order."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

from .shared import along_all, both_signs, turned

PREDICTION = Exercise(
    "curvature.second_order_prediction",
    points=1,
    minutes=2,
    returns=("prediction",),
    hints=(
        "The step is s = -lr * g. Put it into the model for (w - w0), twice in the last term.",
        "Cost plus s @ g plus half of s @ H @ s. How often does the rate stand in each?",
    ),
)


@PREDICTION.cases
def _(rng: np.random.Generator):
    h = turned(rng, rng.uniform(0.5, 3, 5))
    yield Case("five weights", (rng.uniform(2, 4), along_all(rng, h), h, 0.15))
    h = turned(rng, rng.uniform(1, 3, 3) * [1, -1, 1])
    yield Case("a saddle", (rng.uniform(1, 2), along_all(rng, h), h, 0.3))
    h = turned(rng, rng.uniform(1, 2, 2))
    yield Case("a long step", (rng.uniform(1, 2), along_all(rng, h), h, 2.5))
    yield Case("one weight", (1.0, both_signs(rng, 1), np.array([[rng.uniform(2, 3)]]), 0.4))
    h = turned(rng, rng.uniform(0.5, 3, 4))
    yield Case("a negative cost", (-rng.uniform(2, 4), along_all(rng, h), h, 0.2))


@PREDICTION.misconception("the rate is not squared")
def _(cost, g, hessian, lr):
    """Your curvature term grows with the rate, not with its square.
    Twice the rate is a step twice as long: how often does the step stand in that term?
    """
    return float(cost - lr * g @ g + 0.5 * lr * g @ hessian @ g)


@PREDICTION.misconception("the slide's last term")
def _(cost, g, hessian, lr):
    """Your curvature term does not know the rate at all. So it stands on the slide, three times.
    With a rate of zero nothing moves: what should the prediction be then?
    """
    return float(cost - lr * g @ g + 0.5 * g @ hessian @ g)


@PREDICTION.misconception("the half is missing")
def _(cost, g, hessian, lr):
    """Your curvature term is twice too large.
    Take one weight and the cost w * w: which factor does its second derivative need?
    """
    return float(cost - lr * g @ g + lr**2 * g @ hessian @ g)


@PREDICTION.misconception("curvature with the wrong sign")
def _(cost, g, hessian, lr):
    """In your model a valley that curves upwards makes the step gain more.
    Draw a parabola and its tangent. Which of the two lies higher?
    """
    return float(cost - lr * g @ g - 0.5 * lr**2 * g @ hessian @ g)


@PREDICTION.misconception("uphill")
def _(cost, g, hessian, lr):
    """Your first-order term raises the cost.
    The step goes along -g. What is its product with g?
    """
    return float(cost + lr * g @ g + 0.5 * lr**2 * g @ hessian @ g)


@PREDICTION.misconception("first order only")
def _(cost, g, hessian, lr):
    """Your prediction does not use the Hessian.
    Which term of the model is missing?
    """
    return float(cost - lr * g @ g)


@PREDICTION.misconception("without the cost")
def _(cost, g, hessian, lr):
    """You give the change of the model, not its height.
    From which cost does the step start?
    """
    return float(-lr * g @ g + 0.5 * lr**2 * g @ hessian @ g)


@PREDICTION.misconception("how much is gained")
def _(cost, g, hessian, lr):
    """You give how far the model falls.
    What cost is left after the step?
    """
    return float(lr * g @ g - 0.5 * lr**2 * g @ hessian @ g)


@PREDICTION.misconception("the length of the gradient")
def _(cost, g, hessian, lr):
    """Your first-order term is the rate times the length of the gradient.
    The step is the rate times the gradient. What is its product with g?
    """
    return float(cost - lr * np.linalg.norm(g) + 0.5 * lr**2 * g @ hessian @ g)


@PREDICTION.misconception("products entry by entry")
def _(cost, g, hessian, lr):
    """In your curvature term g meets the same entry of g on both sides: each column of H is added
    up and weighted by a square. Which two entries of g belong to the entry of H in row i and
    column j?
    """
    return float(cost - lr * g @ g + 0.5 * lr**2 * np.sum(g * hessian * g))


@PREDICTION.misconception("the diagonal only")
def _(cost, g, hessian, lr):
    """You use the second derivatives of each weight by itself.
    What are the entries of H off its diagonal for?
    """
    return float(cost - lr * g @ g + 0.5 * lr**2 * np.sum(np.diag(hessian) * g**2))


OPTIMAL = Exercise(
    "curvature.optimal_step",
    points=2,
    minutes=3,
    returns=("lr",),
    parents=("curvature.second_order_prediction",),
    hints=(
        "The prediction is a parabola in the rate. When does a parabola have a lowest point?",
        "Its slope is -(g @ g) + lr * (g @ H @ g). Where is that zero?",
        "If g @ H @ g is not positive the parabola has no lowest point: the answer is None.",
    ),
    promises={
        "``None`` if the model has no lowest point on that line": (
            "no curvature along the gradient",
            "downwards along the gradient",
        ),
    },
)


@OPTIMAL.cases
def _(rng: np.random.Generator):
    h = turned(rng, rng.uniform(0.5, 4, 5))
    yield Case("five weights", (along_all(rng, h), h))
    h = turned(rng, [rng.uniform(3, 4), -rng.uniform(0.2, 0.3)])
    yield Case("a saddle that curves up along the gradient", (along_all(rng, h), h))
    yield Case("one weight", (both_signs(rng, 1), np.array([[rng.uniform(2, 3)]])))
    flat = np.diag([0.0, rng.uniform(1, 2), rng.uniform(1, 2)])
    yield Case("no curvature along the gradient", (np.array([rng.uniform(1, 2), 0, 0]), flat))
    h = turned(rng, [-rng.uniform(3, 4), rng.uniform(0.2, 0.3)])
    yield Case("downwards along the gradient", (along_all(rng, h), h))
    h = turned(rng, rng.uniform(200, 400, 3))
    yield Case("a narrow valley", (along_all(rng, h), h))
    h = turned(rng, rng.uniform(0.01, 0.05, 2))
    yield Case("a shallow bowl", (along_all(rng, h), h))


def _curved(g, hessian, lr):
    return lr if g @ hessian @ g > 0 else None


@OPTIMAL.misconception("the slide's step for zero curvature")
def _(g, hessian):
    """Where there is no curvature along g you give a number, as the slide does.
    The model is a straight line there. Where is the lowest point of a straight line?
    """
    curvature = g @ hessian @ g
    if curvature == 0:
        return float(g @ g)
    return float(g @ g / curvature) if curvature > 0 else None


@OPTIMAL.misconception("a negative rate")
def _(g, hessian):
    """Where the surface curves downwards along g you give a negative rate.
    It is where the slope of the model is zero. Is that its lowest point?
    """
    with np.errstate(all="ignore"):
        curvature = g @ hessian @ g
        return None if curvature == 0 else float(g @ g / curvature)


@OPTIMAL.misconception("the rate at which nothing is gained")
def _(g, hessian):
    """At your rate the model is back at the cost it started from.
    A parabola comes back to its first height at twice the distance of something. Of what?
    """
    return _curved(g, hessian, float(2 * g @ g / (g @ hessian @ g or 1.0)))


@OPTIMAL.misconception("one over the largest eigenvalue")
def _(g, hessian):
    """Your rate does not ask where the gradient points: it is that of the steepest direction.
    How much does the surface curve along this gradient?
    """
    return _curved(g, hessian, float(1 / (np.linalg.eigvalsh(hessian)[-1] or 1.0)))


@OPTIMAL.misconception("the gradient as if it had length one")
def _(g, hessian):
    """You divide 1 by the curvature term, whatever the length of the gradient is.
    Multiply the cost by 10: what becomes of g, and of the best rate?
    """
    return _curved(g, hessian, float(1 / (g @ hessian @ g or 1.0)))


@OPTIMAL.misconception("upside down")
def _(g, hessian):
    """Your rate is the inverse of the right one: it grows with the curvature.
    Is a narrow valley a place for long steps?
    """
    return _curved(g, hessian, float(g @ hessian @ g / (g @ g)))


@OPTIMAL.misconception("a rate, always")
def _(g, hessian):
    """You divide by the curvature along g, whatever it is: where there is none, too, and where it
    is negative. Has the parabola a lowest point then?
    """
    with np.errstate(all="ignore"):
        return float(g @ g / (g @ hessian @ g))


@OPTIMAL.misconception("flat is divided by")
def _(g, hessian):
    """Where the surface curves downwards along g you give None. Where it does not curve at all you
    divide by 0. Has a straight line a lowest point?
    """
    with np.errstate(all="ignore"):
        curvature = g @ hessian @ g
        return float(g @ g / curvature) if curvature >= 0 else None


@OPTIMAL.misconception("the size of the curvature")
def _(g, hessian):
    """Where the surface curves downwards along g you take the size of the curvature.
    How far does such a parabola fall?
    """
    curvature = abs(g @ hessian @ g)
    return float(g @ g / curvature) if curvature else None


@OPTIMAL.misconception("only where all directions curve upwards")
def _(g, hessian):
    """You give None where any direction curves downwards, the gradient's or not.
    The step goes along the gradient. Which curvature does it meet?
    """
    eigenvalues = np.linalg.eigvalsh(hessian)
    return float(g @ g / (g @ hessian @ g)) if eigenvalues[0] > 0 else None


@OPTIMAL.misconception("half of the way")
def _(g, hessian):
    """Your rate leads half of the way to the lowest point.
    Differentiate the parabola. What becomes of its one half?
    """
    return _curved(g, hessian, float(0.5 * g @ g / (g @ hessian @ g or 1.0)))


@OPTIMAL.misconception("the length of the gradient, not its square")
def _(g, hessian):
    """Above the fraction bar stands the length of the gradient.
    What does the first-order term of the model hold?
    """
    return _curved(g, hessian, float(np.linalg.norm(g) / (g @ hessian @ g or 1.0)))


@OPTIMAL.misconception("the slide's step where nothing curves upwards")
def _(g, hessian):
    """Where the model falls for ever along g you give a number, the one that a slide has for zero
    curvature. Where is the lowest point of such a line?
    """
    curvature = g @ hessian @ g
    return float(g @ g / curvature) if curvature > 0 else float(g @ g)


@OPTIMAL.misconception("a rate of 0 in place of None")
def _(g, hessian):
    """Where the model has no lowest point you give 0: no step at all.
    Does a small step gain nothing there? And what does the text ask for?
    """
    curvature = g @ hessian @ g
    return float(g @ g / curvature) if curvature > 0 else 0.0


@OPTIMAL.misconception("an infinite rate in place of None")
def _(g, hessian):
    """Where the model has no lowest point you give infinity.
    What does the text ask for there?
    """
    curvature = g @ hessian @ g
    return float(g @ g / curvature) if curvature > 0 else float("inf")


BREAK_EVEN = Question(
    "curvature.break_even",
    "On a bowl the best rate for a step along the gradient is 0.1. With which rate does that step "
    "gain nothing at all?",
    number=Number(
        0.2,
        rel_tol=0.001,
        misreadings={
            0.1: "With the best rate the step gains most. The parabola falls and rises again: "
            "where is it back at its first height?",
            1.0: "A rate of 1 means something for a bowl of curvature 1 or 2. Is this one?",
            0.05: "Half of the best step still gains. How much of the best gain, by the parabola?",
        },
    ),
    why=r"$-\eta\,g^\top g + \tfrac12\eta^2 g^\top H g$ is zero at $\eta = 0$ and at $2\eta^*$: "
    r"twice the best. The gap between the best rate and a useless one is a factor of two.",
)


FLAT = Question(
    "curvature.flat",
    r"Along the gradient the surface has no curvature, $g^\top H g = 0$, and the gradient is not "
    r"zero. What is the best rate, by the second-order model?",
    choices=(
        Choice(
            r"$g^\top g$.",
            "So it is printed. The loss is in nats and a weight in volts: in which units is this, "
            "and in which units is a rate?",
        ),
        Choice("There is none.", right=True),
        Choice(
            "Zero: without curvature there is nothing to gain.",
            "What does the first-order term say about a small step?",
        ),
        Choice(
            "1, for then the step is the gradient itself.",
            "What is the value of the model for a rate of 2? And of 3?",
        ),
    ),
    why=r"The model is the straight line $J - \eta\,g^\top g$: every longer step gains more. As "
    r"the curvature goes to zero, $g^\top g / g^\top H g$ goes to infinity. A rate has the unit of "
    r"weight² per loss, $g^\top g$ has that of loss² per weight².",
)


WHERE_TAKEN = Question(
    "curvature.where_taken",
    r"One weight, $J = w^4$. Make the second-order model at $w_0 = 1$, where the slope is 4. What "
    r"does it say about $w = \tfrac12$? (The truth is 0.0625.)",
    number=Number(
        0.5,
        rel_tol=0.001,
        misreadings={
            -0.625: "You took the second derivative at the new point, as the slide writes it. Can "
            "a fourth power be negative? At which point are all derivatives of a Taylor "
            "polynomial taken?",
            -1.0: "That is the first-order model. Which term is missing?",
            2.0: "Your curvature term is not halved. What stands in front of it?",
            0.0625: "That is the truth. What does the parabola say?",
        },
    ),
    why=r"$1 + 4\,(-\tfrac12) + \tfrac12 \cdot 12 \cdot \tfrac14 = 0.5$, with the curvature 12 of "
    r"the point where the model is made. With the curvature at $w = \tfrac12$, which is 3, it "
    r"would be −0.625.",
)
