"""Why momentum works: one curvature at a time, and the best pair of values."""

import numpy as np

from grader import Case, Choice, Exercise, Question

MODES = Exercise(
    "stability.momentum_modes",
    points=3,
    minutes=8,
    returns=("modes",),
    parents=("optimizers.momentum_step",),
    hints=(
        "Write down v_next and w_next for the gradient lam * w, and put the first into the second, "
        "until only w and v stand on the right.",
        "What stands in front of w and of v in w_next is the first row of the matrix. Trace and "
        "determinant of a 2 by 2 matrix need no eigenvalues.",
        "Rows: (1 - lr lam, mu) and (-lr lam, mu). Trace 1 + mu - lr lam, determinant mu. The "
        "factor is the largest absolute value among the eigenvalues: `np.linalg.eigvals` takes a "
        "whole stack of matrices.",
    ),
)


def curvatures(rng: np.random.Generator, lr: float, mu: float, *kinds: str) -> np.ndarray:
    """Curvatures of the named kinds, safely inside or outside the band where mu alone decides."""
    root = np.sqrt(mu)
    low, high = (1 - root) ** 2, (1 + root) ** 2
    places = {
        "down": -rng.uniform(0.5, 1.5),
        "flat": 0.0,
        "gentle": low * rng.uniform(0.2, 0.6),
        "band": low + (high - low) * rng.uniform(0.2, 0.4),
        "steep band": low + (high - low) * rng.uniform(0.6, 0.8),
        "steep": high * rng.uniform(1.2, 1.6),
    }
    return np.array([places[kind] for kind in kinds]) / lr


@MODES.cases
def _(rng: np.random.Generator):
    lr, mu = rng.uniform(0.05, 0.15), rng.uniform(0.6, 0.8)
    kinds = ("gentle", "band", "steep band", "steep")
    yield Case("four curvatures", (curvatures(rng, lr, mu, *kinds), lr, mu))
    yield Case("one curvature", (curvatures(rng, lr, mu, "band"), lr, mu))
    yield Case("a ridge and a flat direction", (curvatures(rng, lr, mu, "down", "flat"), lr, mu))
    lam = rng.uniform(0.3, 1.6, 3)
    yield Case("no momentum", (lam, 1.0, 0.0))
    lr, mu = rng.uniform(1.3, 1.9), rng.uniform(0.85, 0.95)
    yield Case("a lot of momentum", (curvatures(rng, lr, mu, "band", "steep", "gentle"), lr, mu))


def modes_with(
    rows=lambda a, mu: ((1 - a, mu), (-a, mu)),
    trace=lambda m: m[..., 0, 0] + m[..., 1, 1],
    determinant=lambda m: m[..., 0, 0] * m[..., 1, 1] - m[..., 0, 1] * m[..., 1, 0],
    factor=lambda m: np.abs(np.linalg.eigvals(m)).max(axis=-1),
):
    """The modes, one of their parts made in another way."""

    def modes(lam, lr, mu):
        a = lr * lam
        matrix = np.stack(
            [np.stack([np.zeros_like(lam) + x for x in row], -1) for row in rows(a, mu)], -2
        )
        return {
            "matrix": matrix,
            "trace": trace(matrix),
            "determinant": determinant(matrix),
            "factor": factor(matrix),
        }

    return modes


MODES.misconception(
    "moved with the old velocity",
    "Your matrix moves the point by the velocity it comes with: the gradient of this step\n"
    "does not reach the point before the next one.\n"
    "In the velocity form, which of the two lines is computed first?",
)(modes_with(rows=lambda a, mu: ((1 + 0 * a, 1.0), (-a, mu))))

MODES.misconception(
    "the gradient misses the point",
    "The velocity is right. Your point keeps all of itself and gets only what is left of the\n"
    "old velocity.\n"
    "The new velocity has two parts. Do both of them move the point?",
)(modes_with(rows=lambda a, mu: ((1 + 0 * a, mu), (-a, mu))))

MODES.misconception(
    "the sum form",
    "Your second row is that of the sum form: the velocity gathers gradients without the\n"
    "learning rate. The eigenvalues are the same, the matrix is not.\n"
    "What does the velocity form store?",
    convention=True,
)(
    lambda lam, lr, mu: modes_with(
        rows=lambda a, mu: ((1 - a, -lr * mu), (a / lr, mu)),
    )(lam, lr, mu)
)

MODES.misconception(
    "velocity first",
    "Your matrix has the right numbers in other places: it takes the velocity first and the\n"
    "point second. The eigenvalues do not mind.\n"
    "In which order does the text put the pair?",
    convention=True,
)(modes_with(rows=lambda a, mu: ((mu, -a), (mu, 1 - a))))

MODES.misconception(
    "the gradient with a plus",
    "In your matrix a curvature upwards pushes the point away from the minimum.\n"
    "The gradient at w is lam times w. Which sign has it in the velocity?",
)(modes_with(rows=lambda a, mu: ((1 + a, mu), (a, mu))))

MODES.misconception(
    "the trace without the velocity",
    "Your trace is that of gradient descent: it does not depend on mu.\n"
    "Which two entries does a trace add up?",
)(modes_with(trace=lambda m: m[..., 0, 0]))

MODES.misconception(
    "the determinant of a diagonal matrix",
    "Your determinant is the product of the two entries on the diagonal. That would do if one\n"
    "of the others were 0.\n"
    "What does a determinant take away from that product?",
)(modes_with(determinant=lambda m: m[..., 0, 0] * m[..., 1, 1]))

MODES.misconception(
    "the norm of the matrix",
    "Your factor is too large: it says how much one step can stretch (w, v) at worst.\n"
    "A matrix can stretch at first and still shrink in the long run.\n"
    "Which numbers are multiplied with themselves when a matrix is applied again and again?",
)(modes_with(factor=lambda m: np.linalg.norm(m, ord=2, axis=(-2, -1))))

MODES.misconception(
    "the smaller eigenvalue",
    "Where the two eigenvalues differ in size, your factor is the size of the smaller one.\n"
    "Nearly every start has a part in both directions.\n"
    "Which of the two parts is left after a hundred steps?",
)(modes_with(factor=lambda m: np.abs(np.linalg.eigvals(m)).min(axis=-1)))

MODES.misconception(
    "the factor of the band everywhere",
    "Your factor depends on mu only. For curvatures inside the band that is right, far to the\n"
    "left and right of it is not.\n"
    "What are the eigenvalues when they are not complex?",
)(modes_with(factor=lambda m: np.sqrt(m[..., 1, 1])))

MODES.misconception(
    "the real part",
    "Your factor is too small where the eigenvalues are complex: it looks like their real\n"
    "part. How far is a complex number from 0?",
)(modes_with(factor=lambda m: np.abs(np.real(np.linalg.eigvals(m))).max(axis=-1)))


STABLE_LIMIT = Question(
    "optimizers.stable_limit",
    r"In the valley $f = \frac12 (100 x^2 + y^2)$ gradient descent diverges from the rate 0.02 on. "
    r"Momentum with $\mu = 0.9$ can make its steps ten times as long. From which rate on does it "
    r"diverge in this valley?",
    choices=(
        Choice(
            "From 0.002 on, a tenth, because the steps become ten times as long.",
            "They become so where all gradients point one way. How does the gradient across the "
            "valley change from step to step?",
        ),
        Choice(
            "From 0.02 on, as before, because the curvature has not changed.",
            "At the rate 0.02 a gradient step carries x to -x. Does the velocity of the step "
            "before push with it or against it?",
        ),
        Choice("From 0.038 on, nearly twice as high.", right=True),
        Choice(
            "From 0.2 on, ten times as high, because the jumps cancel out.",
            "At the rate 0.2 a gradient step carries x to -19 x. How much of that can the last "
            "velocity take back?",
        ),
    ),
    why=r"Across the valley successive steps point against each other, and the velocity brakes. "
    r"At the limit the eigenvalue of the matrix is $-1$: "
    r"$1 + (1 + \mu - \eta\lambda) + \mu = 0$, so $\eta < 2(1 + \mu)/\lambda_{\max}$.",
)


STEPS_TO_A_MILLIONTH = Question(
    "optimizers.steps_to_a_millionth",
    r"$\kappa = 100$. At its best rate gradient descent needs 691 steps until the distance to the "
    r"minimum is a millionth of what it was. How many does momentum need, with rate and "
    r"$\mu$ both at their best?",
    choices=(
        Choice(
            "About 600",
            "Without momentum the factor per step is 99/101. What is the best factor with it?",
        ),
        Choice(
            "About 350, half as many",
            "Try the next worse valley, with a condition number of 10,000. Is the gain always the "
            "same factor?",
        ),
        Choice("About 90", right=True),
        Choice(
            "About 10",
            "That would be a factor of 0.25 in every step. Which momentum has this square root, "
            "and how wide is its band?",
        ),
    ),
    why=r"The best factor is $(\sqrt\kappa - 1)/(\sqrt\kappa + 1) = 9/11$ in the place of "
    r"$(\kappa - 1)/(\kappa + 1) = 99/101$: the square root of the condition number decides. The "
    r"factor alone gives 69 steps; both ends of the band are critically damped, which costs more.",
)


POLYAK = Exercise(
    "stability.polyak",
    points=3,
    minutes=7,
    returns=("lr", "mu"),
    parents=("stability.momentum_modes",),
    promises={
        "not 0 < ``lam_min`` <= ``lam_max``": (
            "a flat direction, which must raise ValueError",
            "a ridge, which must raise ValueError",
            "the two exchanged, which must raise ValueError",
        ),
        "``mu`` is 0": "a round bowl",
    },
    hints=(
        "Draw the band of lr * lam in which every curvature has the factor sqrt(mu). Where in it "
        "should the smallest curvature lie, where the largest, if mu is to be small?",
        "On the ends of the band: that is two equations with the two unknowns lr and sqrt(mu). "
        "Take the square root of both.",
        "sqrt(lr lam_min) = 1 - sqrt(mu) and sqrt(lr lam_max) = 1 + sqrt(mu). Their sum gives lr, "
        "their ratio mu.",
    ),
)


@POLYAK.cases
def _(rng: np.random.Generator):
    yield Case("a narrow valley", (1.0, float(rng.uniform(80, 120))))
    yield Case("a gentle slope and a steep one", (float(rng.uniform(0.02, 0.05)), 3.0))
    yield Case("both above 1", (float(rng.uniform(4, 6)), float(rng.uniform(20, 40))))
    yield Case("both below 1", (float(rng.uniform(0.01, 0.02)), float(rng.uniform(0.2, 0.5))))
    one = float(rng.uniform(1.5, 3))
    yield Case("a round bowl", (one, one))
    yield Case("a condition number of a million", (1e-3, 1e3), extreme=True)
    yield Case("a flat direction, which must raise ValueError", (0.0, 2.0), extreme=True)
    yield Case("a ridge, which must raise ValueError", (-1.0, 2.0), extreme=True)
    yield Case("the two exchanged, which must raise ValueError", (3.0, 2.0), extreme=True)


def pair(lr, mu):
    """A wrong pair that refuses what the reference refuses."""

    def values(lam_min, lam_max):
        if not 0 < lam_min <= lam_max:
            raise ValueError("not 0 < lam_min <= lam_max")
        low, high = lam_min**0.5, lam_max**0.5
        return lr(low, high), mu(low, high)

    return values


def right_lr(low, high):
    return (2 / (high + low)) ** 2


def right_mu(low, high):
    return ((high - low) / (high + low)) ** 2


POLYAK.misconception(
    "the square root of mu in its place",
    "Your momentum is the factor by which the curvatures should shrink in each step.\n"
    "Inside the band, how are the factor and mu related?",
)(pair(right_lr, lambda low, high: (high - low) / (high + low)))

POLYAK.misconception(
    "gradient descent's best rate",
    "Your learning rate would be the best one without momentum.\n"
    "Where should the largest curvature stand in its band, and where does it stand at yours?",
)(pair(lambda low, high: 2 / (high**2 + low**2), right_mu))

POLYAK.misconception(
    "the largest stable rate",
    "With the best momentum and your learning rate the largest curvature would neither shrink\n"
    "nor grow: its factor would be 1.\n"
    "Which factor should it have?",
)(pair(lambda low, high: 2 * (1 + right_mu(low, high)) / high**2, right_mu))

POLYAK.misconception(
    "the condition number without its root",
    "Your momentum is too large: you use the curvatures where the ends of the band ask for\n"
    "another power of them.\n"
    "What do you get when you take the square root of the two conditions?",
)(pair(right_lr, lambda low, high: ((high**2 - low**2) / (high**2 + low**2)) ** 2))

POLYAK.misconception(
    "the square of the rate forgotten",
    "Double all curvatures: a learning rate should become half as large, and yours does not.\n"
    "In which unit is it, if a curvature is in one over seconds?",
)(pair(lambda low, high: 2 / (high + low), right_mu))

POLYAK.misconception(
    "Nesterov's values",
    "You give the values that are known for Nesterov's method on a bowl: one over the largest\n"
    "curvature, and the momentum that belongs to it.\n"
    "Where do they put the two curvatures in the band of plain momentum?",
)(pair(lambda low, high: 1 / high**2, lambda low, high: (high - low) / (high + low)))

POLYAK.misconception(
    "momentum first",
    "Your two numbers are right, and in the other order.\nWhich one does the text name first?",
    convention=True,
)(
    lambda lam_min, lam_max: pair(right_lr, right_mu)(lam_min, lam_max)[::-1],
)
