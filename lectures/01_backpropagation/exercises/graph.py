"""The graph of a computation: local gradients, and how many paths there are."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Question

OPERATE = Exercise(
    "autodiff.operate",
    points=2,
    minutes=3,
    returns=("value", "local_grads"),
    float32=False,
    promises={"is none of the five": "an operation that nobody knows"},
    hints=(
        "The local gradient on one input: hold the other input fixed and differentiate.",
        "When a grows by a little, how much does a + b grow? And a b?",
        "add: 1 and 1. mul: the other factor. inverse: -1 / a^2. exp: its own value. log: 1 / a.",
    ),
)


@OPERATE.cases
def _(rng: np.random.Generator):
    def two():
        return float(rng.uniform(1.2, 3)), float(rng.uniform(-0.9, -0.2))

    yield Case("a sum", ("add", two()))
    yield Case("a product", ("mul", two()))
    yield Case("one over a negative number", ("inverse", (float(rng.uniform(-3, -1.5)),)))
    yield Case("one over a small number", ("inverse", (float(rng.uniform(0.2, 0.6)),)))
    yield Case("an exponential", ("exp", (float(rng.uniform(0.5, 2)),)))
    yield Case("an exponential below 1", ("exp", (float(rng.uniform(-3, -1)),)))
    yield Case("a logarithm", ("log", (float(rng.uniform(2, 5)),)))
    yield Case("a logarithm below 0", ("log", (float(rng.uniform(0.2, 0.8)),)))
    yield Case("a product with 0", ("mul", (0.0, float(rng.uniform(1.5, 3)))))
    yield Case("an operation that nobody knows", ("tangent", (1.0,)))


def _like(op, values, **changed):
    """The right answer, with the local gradients of some operations replaced."""
    if op == "add":
        a, b = values
        return a + b, changed.get("add", lambda a, b: (1.0, 1.0))(a, b)
    if op == "mul":
        a, b = values
        return a * b, changed.get("mul", lambda a, b: (b, a))(a, b)
    if op not in ("inverse", "exp", "log"):
        raise ValueError(op)
    (a,) = values
    value = {"inverse": lambda: 1 / a, "exp": lambda: math.exp(a), "log": lambda: math.log(a)}[op]()
    right = {
        "inverse": lambda a: (-1 / a**2,),
        "exp": lambda a: (math.exp(a),),
        "log": lambda a: (1 / a,),
    }
    return value, changed.get(op, right[op])(a)


@OPERATE.misconception("each factor its own gradient")
def _(op, values):
    """All is right but the product: there each input got its own value as its gradient.
    Hold b fixed and move a: by which factor does a b change?
    """
    return _like(op, values, mul=lambda a, b: (a, b))


@OPERATE.misconception("the inverse without its minus")
def _(op, values):
    """All is right but the sign for 1 / a.
    When a grows, what does 1 / a do?
    """
    return _like(op, values, inverse=lambda a: (1 / a**2,))


@OPERATE.misconception("the inverse of the slope")
def _(op, values):
    """All is right but 1 / a: its derivative is not the logarithm.
    Which of the two, differentiated, gives 1 / a, and which is asked for?
    """
    return _like(op, values, inverse=lambda a: (math.log(abs(a)),))


@OPERATE.misconception("a power with its rule")
def _(op, values):
    """All is right but the exponential: it was treated as a power of a.
    In e^a the variable stands in the exponent. Which function is its own derivative?
    """
    return _like(op, values, exp=lambda a: (a * math.exp(a - 1),))


@OPERATE.misconception("the values as gradients of a sum")
def _(op, values):
    """All is right but the sum: its inputs got their values as gradients.
    When a grows by 0.1, by how much does a + b grow?
    """
    return _like(op, values, add=lambda a, b: (a, b))


@OPERATE.misconception("the logarithm for its derivative")
def _(op, values):
    """All is right but the logarithm: its local gradient equals its value.
    How steep is the logarithm at a = 1, and how high?
    """
    return _like(op, values, log=lambda a: (math.log(a),))


@OPERATE.misconception("the inverse once, not squared")
def _(op, values):
    """All is right but the local gradient of 1 / a, and that is right at a = 1 and a = -1 only.
    Write 1 / a as a power of a. What does the rule for powers do to the exponent?
    """
    return _like(op, values, inverse=lambda a: (-1 / a,))


@OPERATE.misconception("the opposite in place of the inverse")
def _(op, values):
    """For "inverse" you give the number that makes a sum of 0 with a.
    Which of the two is called so here: what gives 0 with a sum, or what gives 1 with a product?
    """
    return (-values[0], (-1.0,)) if op == "inverse" else _like(op, values)


@OPERATE.misconception("the exponent as its slope")
def _(op, values):
    """All is right but the exponential: there a itself is the local gradient.
    At a = 0 the curve e^a rises. How steeply, and what would your answer be there?
    """
    return _like(op, values, exp=lambda a: (a,))


@OPERATE.misconception("the logarithm differentiated twice")
def _(op, values):
    """All is right but the logarithm: it rises everywhere, and your local gradient is negative.
    Of which function is that the derivative?
    """
    return _like(op, values, log=lambda a: (-1 / a**2,))


@OPERATE.misconception("both inputs of a sum moved")
def _(op, values):
    """All is right but the sum: each of its local gradients is 2.
    It looks as if both inputs moved at once.
    What stays where it is while one of them grows?
    """
    return _like(op, values, add=lambda a, b: (2.0, 2.0))


@OPERATE.misconception("one number for two inputs")
def _(op, values):
    """For a sum you give one local gradient, and it has two inputs.
    They are equal, that is true. But how many edges lead into a sum?
    """
    return _like(op, values, add=lambda a, b: (1.0,))


@OPERATE.misconception("a number in place of a tuple")
def _(op, values):
    """Where there is one input, your local gradient is a bare number.
    A sweep goes through the local gradients of a node in a loop, as through its parents.
    What can a loop go through?
    """
    value, slopes = _like(op, values)
    return value, slopes if len(slopes) > 1 else slopes[0]


@OPERATE.misconception("the decimal logarithm")
def _(op, values):
    """Your logarithm of 100 is 2.
    Of which number is the natural logarithm 1?
    """
    if op != "log":
        return _like(op, values)
    return math.log10(values[0]), (1 / (values[0] * math.log(10)),)


@OPERATE.misconception("a name looked up in vain")
def _(op, values):
    """The five operations are right. A sixth name ends in the error of a dictionary.
    Which error do the instructions promise to whoever misspells an operation?
    """
    if op not in ("add", "mul", "inverse", "exp", "log"):
        raise KeyError(op)
    return _like(op, values)


@OPERATE.misconception("nothing for an unknown operation")
def _(op, values):
    """The five operations are right. For a sixth name your function ends without a word.
    When would somebody who has misspelt an operation notice, and what do the instructions promise?
    """
    return _like(op, values) if op in ("add", "mul", "inverse", "exp", "log") else None


@OPERATE.misconception("the last branch takes everything")
def _(op, values):
    """The five operations are right. A sixth name is taken for a logarithm.
    Does your last branch ask for its operation, or is it an `else`?
    """
    known = op in ("add", "mul", "inverse", "exp")
    return _like(op if known else "log", values)


PATHS = Question(
    "backpropagation.paths",
    "Ten layers of ten units, every unit joined to every unit of the next layer, and one output "
    "on top. "
    "From the inputs to the output lead $10^{10}$ paths. How many multiplications does it "
    "take to get "
    "the gradient on all ten inputs?",
    choices=(
        Choice("about a thousand", right=True),
        Choice(
            "about a million",
            "Is that a count of something in this graph? How many edges does it have?",
        ),
        Choice(
            "about a hundred thousand: the paths of one half, then of the other",
            "To part the graph in the middle and to compute what is shared once: that helps. Why "
            "stop after one cut?",
        ),
        Choice(
            "about ten thousand million, one for each path",
            "The chain rule sums over paths, that is true. But many paths share their ends. Could "
            "what "
            "they share be computed once?",
        ),
    ),
    why="One multiplication for each edge: 9 · 100 + 10 = 910. What has arrived at a unit is added "
    "up once, and then handed on as one number, for all the paths that lead through it.",
)


CALLED_TWICE = Question(
    "backpropagation.called_twice",
    "A careless autodiff only ever adds to `grad` and never sets it back. On $e = (a + b)(b + 1)$ "
    "at "
    "$a = 2$, $b = 1$ the first sweep gave `a.grad` = 2. The sweep is called a second time on the "
    "same graph "
    "(and `e.grad` is set to 1 again). What is `a.grad` now?",
    choices=(
        Choice(
            "2",
            "That would need somebody to clear the old gradients. Who does?",
        ),
        Choice(
            "4",
            "The leaf keeps its old 2, and something is added to it. But a hears from c: what did "
            "c keep?",
        ),
        Choice("6", right=True),
        Choice(
            "3",
            "Which number would have been added to the 2 that was there? And what stands at c "
            "when c "
            "hands on?",
        ),
    ),
    why="The node c still holds its 2, gets another 2 and hands on 4. So a has 2 + 4 = 6. The "
    "further "
    "a leaf is from the output, the more it is off. Frameworks do add at the leaves, on purpose, "
    "which is why "
    "training loops begin with `zero_grad()`; the nodes in between they forget.",
)
