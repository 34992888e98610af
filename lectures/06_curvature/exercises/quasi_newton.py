"""Curvature learnt from gradients: pairs, BFGS and L-BFGS."""

from collections.abc import Callable

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import both_signs, turned

DIRECTION = Exercise(
    "curvature.lbfgs_direction",
    points=3,
    minutes=7,
    returns=("direction",),
    hints=(
        "With one pair nothing is wrong, with two pairs something is. Follow two pairs through "
        "both loops by hand.",
        "Write down, for each turn of the second loop, which pair it takes and which number a.",
        "The first loop goes from the newest pair to the oldest and puts its numbers in a list in "
        "that order. The second loop goes the other way. In which order must it read the list?",
    ),
    promises={
        "Without pairs it is -g": "no pairs",
        "are skipped": (
            "a bad pair in the middle",
            "the newest pair is bad",
            "only bad pairs",
        ),
        "the newest pair that is left": "the newest pair is bad",
        "the two lists differ in length": "a gradient change is missing",
        "oldest first": "three pairs",
        "applied to these pairs one after the other": "five pairs",
    },
)


def _pairs(rng: np.random.Generator, d: int, n: int) -> tuple[list, list]:
    """Steps on a bowl and the changes of the gradient in them."""
    hessian = turned(rng, rng.uniform(1, 4, d))
    steps = [both_signs(rng, d) for _ in range(n)]
    return steps, [hessian @ s for s in steps]


@DIRECTION.cases
def _(rng: np.random.Generator):
    yield Case("three pairs", (both_signs(rng, 5), *_pairs(rng, 5, 3)))
    yield Case("five pairs", (both_signs(rng, 8), *_pairs(rng, 8, 5)))
    yield Case("two pairs", (both_signs(rng, 4), *_pairs(rng, 4, 2)))
    yield Case("one pair", (both_signs(rng, 4), *_pairs(rng, 4, 1)))
    s, y = _pairs(rng, 5, 3)
    y[1] = -y[1]
    yield Case("a bad pair in the middle", (both_signs(rng, 5), s, y))
    s, y = _pairs(rng, 5, 3)
    y[2] = -y[2]
    yield Case("the newest pair is bad", (both_signs(rng, 5), s, y))
    s, y = _pairs(rng, 3, 2)
    yield Case("only bad pairs", (both_signs(rng, 3), s, [-each for each in y]))
    yield Case("no pairs", (both_signs(rng, 3), [], []))
    s, y = _pairs(rng, 3, 2)
    yield Case("a gradient change is missing", (both_signs(rng, 3), s, y[:1]))


def _good(s_list, y_list):
    if len(s_list) != len(y_list):
        raise ValueError("lists of different lengths")
    return [
        (s, y)
        for s, y in zip(s_list, y_list, strict=True)
        if y @ s > 1e-8 * np.linalg.norm(s) * np.linalg.norm(y)
    ]


def _two_loops(
    g,
    pairs,
    *,
    gamma: str | None = "newest",
    read: Callable = reversed,
    back: Callable = list,
    running=True,
    sign=-1,
    scale=1.0,
    put: Callable = lambda a, b: a - b,
):
    q, shares = g, []
    for s, y in reversed(pairs):
        a = s @ (q if running else g) / (y @ s)
        q = q - a * y
        shares.append(a)
    if pairs and gamma:
        s, y = pairs[-1 if gamma != "oldest" else 0]
        factor = s @ y / (y @ y)
        q = q * scale * (1 / factor if gamma == "inverse" else factor)
    for (s, y), a in zip(back(pairs), read(shares), strict=True):
        q = q + put(a, y @ q / (y @ s)) * s
    return sign * q


@DIRECTION.misconception("the draft")
def _(g, s_list, y_list):
    """With one pair or none you are right. With more, a number that belongs to one pair is used
    with another. So it is in the draft.
    In which order does the first loop write its list, and in which does the second read it?
    """
    return _two_loops(g, _good(s_list, y_list), read=list)


@DIRECTION.misconception("the second loop in the wrong order")
def _(g, s_list, y_list):
    """With one pair or none you are right. Each number is with its own pair now, but your second
    loop begins with the newest pair, as the first one does. The oldest update was made first.
    Which of the two loops undoes, and which one builds up?
    """
    return _two_loops(g, _good(s_list, y_list), read=list, back=lambda p: list(reversed(p)))


@DIRECTION.misconception("the gradient in place of what is left of it")
def _(g, s_list, y_list):
    """With one pair you are right. With more, your first loop multiplies each step by the gradient
    as it was given. The newer pairs have taken their share of it already.
    Which variable holds what is left?
    """
    return _two_loops(g, _good(s_list, y_list), running=False)


@DIRECTION.misconception("without the first guess")
def _(g, s_list, y_list):
    """Without pairs you are right. With pairs, your steps have the wrong scale in all directions of
    which the pairs know nothing. What stands between the two loops?
    """
    return _two_loops(g, _good(s_list, y_list), gamma=None)


@DIRECTION.misconception("the first guess from the oldest pair")
def _(g, s_list, y_list):
    """With one pair you are right. Your first guess of the scale comes from the oldest pair.
    Which of the pairs knows most about the place where we are?
    """
    return _two_loops(g, _good(s_list, y_list), gamma="oldest")


@DIRECTION.misconception("the first guess upside down")
def _(g, s_list, y_list):
    """Your first guess is the curvature, and so the steps are long where it is large.
    An inverse Hessian has the unit of a step over a gradient change. Which of s and y is squared?
    """
    return _two_loops(g, _good(s_list, y_list), gamma="inverse")


@DIRECTION.misconception("uphill")
def _(g, s_list, y_list):
    """Your direction is the inverse Hessian times g: uphill.
    What is the last step of the function?
    """
    return _two_loops(g, _good(s_list, y_list), sign=1)


@DIRECTION.misconception("bad pairs are used")
def _(g, s_list, y_list):
    """With good pairs you are right. You also use pairs along which the surface curves downwards.
    Which function tells whether a pair may be used?
    """
    if len(s_list) != len(y_list):
        raise ValueError("lists of different lengths")
    return _two_loops(g, list(zip(s_list, y_list, strict=True)))


@DIRECTION.misconception("the first guess from a pair that is skipped")
def _(g, s_list, y_list):
    """Where the newest pair is bad your first guess of the scale comes from it all the same.
    Which pairs are left, and which of them is the newest?
    """
    pairs = _good(s_list, y_list)
    if pairs:
        factor = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
        right = (pairs[-1][0] @ pairs[-1][1]) / (pairs[-1][1] @ pairs[-1][1])
        return _two_loops(g, pairs, scale=factor / right)
    return -g


@DIRECTION.misconception("the other first guess")
def _(g, s_list, y_list):
    """Your first guess is s @ s over s @ y: it explains the last pair as well, and is longer.
    Which product does the text divide by which?
    """
    pairs = _good(s_list, y_list)
    if not pairs:
        return -g
    s, y = pairs[-1]
    return _two_loops(g, pairs, scale=(s @ s) * (y @ y) / (s @ y) ** 2)


@DIRECTION.misconception("the first guess before the first loop")
def _(g, s_list, y_list):
    """Your first guess of the scale is multiplied in before the first loop, so that the pairs take
    their shares of another gradient. What stands between the two loops?
    """
    pairs = _good(s_list, y_list)
    if not pairs:
        return -g
    s, y = pairs[-1]
    return _two_loops(g * (s @ y / (y @ y)), pairs, gamma=None)


@DIRECTION.misconception("the oldest pair first")
def _(g, s_list, y_list):
    """With one pair or none nothing is wrong. With more, your first loop begins with the oldest
    pair, and the second with the newest. Which update of the Hessian was made last?
    """
    pairs = _good(s_list, y_list)
    found = pairs[::-1]
    return _two_loops(g, found, gamma="oldest")


@DIRECTION.misconception("shares added twice")
def _(g, s_list, y_list):
    """Your second loop adds a and b.
    One of them is what the pair should get, the other what it has got already. What is missing?
    """
    return _two_loops(g, _good(s_list, y_list), put=lambda a, b: a + b)


@DIRECTION.misconception("the difference turned round")
def _(g, s_list, y_list):
    """Your second loop takes away what it should put back.
    One of a and b is what the pair should get, the other what it has got. What is missing?
    """
    return _two_loops(g, _good(s_list, y_list), put=lambda a, b: b - a)


@DIRECTION.misconception("s and y exchanged")
def _(g, s_list, y_list):
    """In your loops s and y have changed places: that is how a Hessian is multiplied, not its
    inverse. In which unit is a step, and in which unit is what you take away from a gradient?
    """
    pairs = _good(s_list, y_list)
    if not pairs:
        return -g
    s, y = pairs[-1]
    found = [(y, s) for s, y in pairs]
    return _two_loops(g, found, scale=(s @ s) / (y @ y))


@DIRECTION.misconception("no pairs, no direction")
def _(g, s_list, y_list):
    """Where no pair can be used you give zeros.
    Which direction is there without any memory?
    """
    pairs = _good(s_list, y_list)
    return _two_loops(g, pairs) if pairs else 0 * g


FRESH = Question(
    "curvature.fresh_batches",
    r"A student runs L-BFGS on mini-batches of ten. A step is $s = -\eta\,g_1$, with the gradient "
    r"of one batch; then $y = g_2 - g_1$, with that of the next. The rate is 0.1. Taken twice from "
    r"the same batch, the gradients say that the curvature $y^\top s / s^\top s$ is 0.6. What do "
    r"these pairs say?",
    choices=(
        Choice(
            "About 0.6, with some noise.",
            "That would be so if both gradients came from the same examples. How much of one "
            "batch's gradient is found in the next batch's?",
        ),
        Choice("About 10.", right=True),
        Choice(
            "A negative one, in most pairs.",
            r"Put $s$ and $y$ into the product. Which sign has the part $g_1^\top g_1$?",
        ),
        Choice(
            "About 0: the noise averages out.",
            r"It averages out in $g_2^\top g_1$. Which other product is there?",
        ),
    ),
    why=r"$y^\top s = \eta\,(g_1^\top g_1 - g_2^\top g_1)$, and $g_2$ hardly knows $g_1$: what is "
    r"left, over $\eta^2 g_1^\top g_1$, is $1/\eta$. The pair measures the learning rate.",
)


PRICE = Question(
    "curvature.price",
    "Every hidden unit of the chain is normalised over the batch. The step now keeps what the "
    "gradient promised. Which weights does it still move?",
    choices=(
        Choice(
            "All of them, each by an equal share.",
            "Double a hidden weight. What does the normalisation behind it do to that?",
        ),
        Choice("The last one.", right=True),
        Choice(
            "The first one: the others only pass on what is normalised.",
            "Is the first unit not normalised, too? What is left of the size of its weight?",
        ),
        Choice(
            "None: the output has a fixed scale.",
            "Which weight stands behind the last normalisation?",
        ),
    ),
    why="A hidden weight is multiplied in and divided out again, so its gradient is zero (up to "
    "the small ε). One weight alone cannot come in anyone's way: the co-ordination is gone because "
    "the others have nothing to say. In a real network a unit has many inputs and keeps the "
    "direction of its weight vector; only its length loses its meaning.",
)
