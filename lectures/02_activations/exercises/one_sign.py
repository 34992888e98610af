"""Inputs that are never negative: all gradients of a neuron have one sign."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

from .shared import both_signs

ONE_SIGN = Question(
    "activations.one_sign",
    r"All inputs $x_i$ of a neuron are positive. Take one example. What do you know about its "
    r"gradient with respect to $w$?",
    choices=(
        Choice(
            "All its entries are positive.",
            "Each entry is a product, and x is only one of its factors. May the upstream "
            "factor be negative?",
        ),
        Choice("All its entries have the same sign.", right=True),
        Choice(
            "All its entries are equal.",
            "They share one factor. Do they share the other one, the input?",
        ),
        Choice(
            "Nothing: any pattern of signs can occur.",
            "Write down two entries of the gradient. Which factor is the same in both, and "
            "which sign has the other factor?",
        ),
    ),
    why=r"$\partial L / \partial w_i = \delta\, x_i$ with one $\delta$ for all $i$. The $x_i$ "
    r"are positive, so every entry has the sign of $\delta$. All weights go up together, or "
    r"all go down together.",
)


SAME_SIGN_FRACTION = Exercise(
    "activations.same_sign_fraction",
    points=2,
    minutes=5,
    returns=("fraction",),
    hints=(
        "The gradient of one example is one row of D numbers. How many rows are there?",
        "Row n is delta[n] times x[n]. To multiply each row by its own number, delta needs a "
        "second axis.",
        "A row counts when all its entries are > 0, or all are < 0. Look along axis 1, then "
        "take the mean over the rows.",
    ),
)


@SAME_SIGN_FRACTION.cases
def _(rng: np.random.Generator):
    def sized(signs):
        signs = np.array(signs, float)
        return signs * rng.uniform(0.3, 2, signs.shape)

    yield Case(
        "inputs of mixed signs",
        (
            sized(
                [
                    [1, 1, 1],
                    [-1, -1, -1],
                    [1, 1, -1],
                    [1, -1, 1],
                    [-1, -1, -1],
                    [1, 1, 1],
                    [-1, 1, 1],
                ]
            ),
            sized([1, 1, -1, 1, 1, -1, 1]),
        ),
    )
    yield Case("positive inputs", (rng.uniform(0.1, 1, (6, 4)), both_signs(rng, 6)))
    yield Case("one example", (sized([[1, -1, 1]]), sized([-1])))
    yield Case("one feature", (both_signs(rng, 4, 1), both_signs(rng, 4)))
    yield Case(
        "a zero among the inputs",
        (sized([[1, 0, 1], [1, 1, 1], [-1, -1, 0], [1, -1, 1]]), sized([1, -1, 1, 1])),
    )
    yield Case(
        "an example without upstream gradient",
        (sized([[1, 1], [1, -1], [-1, -1], [1, 1]]), sized([0, 1, 1, -1])),
    )


@SAME_SIGN_FRACTION.misconception("only all-positive gradients")
def _(x, delta):
    """You count the gradients that are positive in every entry, and no others.
    What becomes of a gradient of this kind when delta changes its sign?
    """
    return float((delta[:, None] * x > 0).all(axis=1).mean())


@SAME_SIGN_FRACTION.misconception("features instead of examples")
def _(x, delta):
    """You compare the signs down each column, over the examples.
    The gradient of one example is one row. Along which axis lie the entries of one
    gradient?
    """
    dw = delta[:, None] * x
    return float(((dw > 0).all(axis=0) | (dw < 0).all(axis=0)).mean())


@SAME_SIGN_FRACTION.misconception("the inputs alone")
def _(x, delta):
    """Your answer does not depend on `delta`.
    The sign of delta indeed turns all entries of a gradient at once and does no harm.
    But what is the gradient of an example whose delta is zero?
    """
    return float(((x > 0).all(axis=1) | (x < 0).all(axis=1)).mean())


@SAME_SIGN_FRACTION.misconception("positive inputs alone")
def _(x, delta):
    """You count the examples whose inputs are all positive, and `delta` has no say.
    The gradient of an example is made of its inputs and one number more. Are there other inputs
    that give it one sign?
    """
    return float((x > 0).all(axis=1).mean())


@SAME_SIGN_FRACTION.misconception("a count in place of a share")
def _(x, delta):
    """Your answer grows with the number of examples.
    A share says how many out of how many. Between which numbers does it lie?
    """
    dw = delta[:, None] * x
    return float(((dw > 0).all(axis=1) | (dw < 0).all(axis=1)).sum())


@SAME_SIGN_FRACTION.misconception("entries instead of gradients")
def _(x, delta):
    """You give the share of single entries that are positive.
    The question is about whole gradients: each example counts once, or not at all.
    What must hold for all entries of a row?
    """
    return float((delta[:, None] * x > 0).mean())


@SAME_SIGN_FRACTION.misconception("zero counted as a sign")
def _(x, delta):
    """You count gradients that contain a zero.
    An entry that is zero moves its weight neither up nor down.
    Has such a gradient one sign in all its entries?
    """
    dw = delta[:, None] * x
    return float(((dw >= 0).all(axis=1) | (dw <= 0).all(axis=1)).mean())


@SAME_SIGN_FRACTION.misconception("the sum over the examples")
def _(x, delta):
    """Your answers are only ever 0 or 1.
    It looks as if the gradients of all examples were added before looking at signs.
    How many gradients are there to judge, one or one for each example?
    """
    dw = delta @ x
    return float((dw > 0).all() or (dw < 0).all())


CENTRED_CHANCE = Question(
    "activations.centred_chance",
    r"Now the 10 inputs are centred: each is as often negative as positive. For what share of "
    r"the examples does the gradient with respect to $w$ still have one sign only, if the 10 "
    r"signs fall like coins?",
    number=Number(
        2 / 2**10,
        rel_tol=0.03,
        misreadings={
            1 / 2**10: "That is the chance of ten heads. Ten tails are one sign as well.",
            0.2: "If you mean 0.2 percent: give it as a share, a number between 0 and 1.",
            0.1953125: "If you mean percent: give it as a share, a number between 0 and 1.",
            0.5: "That is the chance for one entry. All ten have to agree.",
            0.1: "One in ten would be the chance for one special entry among ten. Think of "
            "ten coins that all show the same side.",
        },
    ),
    why=r"Ten heads or ten tails: $2 / 2^{10} = 0.195\,\%$.",
)


BATCH_OF_TWO = Question(
    "activations.batch_of_two",
    r"Take batches of two examples, with 10 positive inputs and random labels. In what share "
    r"of the batches does the *sum* of the two gradients have one sign only?",
    choices=(
        Choice(
            "in all of them",
            "The sum has two terms, each with its own upstream sign. What if one example "
            "pulls up and the other down?",
        ),
        Choice("in about half of them", right=True),
        Choice(
            "in about a quarter of them",
            "A quarter is the chance that both examples pull up. They may also both pull down.",
        ),
        Choice(
            "almost never, as after centring",
            "How often do two examples have the same upstream sign? What does their sum look "
            "like then?",
        ),
    ),
    why="Two examples pull the same way half of the time, and then the sum has one sign. "
    "Otherwise it almost never has. The effect is weaker in a batch, but it does not go away.",
)
