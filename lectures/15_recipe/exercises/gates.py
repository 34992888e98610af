"""Gates that open one after the other, and a loss that cannot fall to 0."""

import math
from dataclasses import replace

import numpy as np

from grader import Case, Exercise

from .. import drivers

GATES = Exercise(
    "recipe.gates",
    points=5,
    minutes=12,
    returns=("seen",),
    driver=drivers.gated,
    float32=False,
    hints=(
        "`net.loss(x, y, train=False)` gives a loss and gradients. `expected_initial_loss` and "
        "`overfit_tiny` are imported: what do they take?",
        "`overfit_tiny(net, x, y, lr=..., epochs=...)` trains a copy and returns all losses. "
        "Which of these is the last?",
        "The fourth gate makes two trainings on the recordings 20 to 39: once as they are, once "
        "with `np.zeros_like` in their place, the labels the same. Compare the last losses.",
    ),
)


@GATES.cases
def _(rng: np.random.Generator):
    def case(name, change="", classes=4, n=60, **options):
        y = np.concatenate([rng.permutation(np.arange(20) % classes) for _ in range(3)])[:n]
        y[40:] = rng.permutation(np.arange(n - 40) % 2)
        x = rng.standard_normal((n, 10))
        x /= np.sqrt((x**2).mean(axis=1, keepdims=True))
        args = ((10, 20, classes), x, y, int(rng.integers(1 << 30)), change)
        return Case(name, args, {"lr": 0.5, "steps": 8} | options)

    yield case("a healthy network", classes=5)
    yield case("another penalty", reg=0.7)
    yield case("a network that ignores its input", "blind")
    yield case("weights that are too large", "large", lr=1e-4, steps=3)
    yield case("two classes, small weights", "small", classes=2)
    yield case("a script that forgets the penalty", "forgets the penalty", n=50)
    yield replace(case("the options by default", n=40), kwargs={})


def _after(net, x, y, lr, steps, train=True):
    loss, twin = math.nan, net.copy()
    for _ in range(steps):
        loss, grads = twin.loss(x, y, train=train)
        twin.params = {name: w - lr * grads[name] for name, w in twin.params.items()}
    return float(loss)


def _seen(net, x, y, reg, lr, steps, **changed):
    first = net.loss(x, y, train=False)[0]
    second, labels = x[20:40], y[20:40]
    sees, sees_not = (_after(net, part, labels, lr, steps) for part in (second, 0 * second))
    return {
        "first loss": float(first / math.log(net.params[f"b{net.depth}"].size)),
        "penalty": float(net.loss(x, y, reg=reg, train=False)[0] - first),
        "twenty": _after(net, x[:20], y[:20], lr, steps),
        "uses its input": sees_not - sees,
    } | changed


@GATES.misconception("the first gate looks at the loss with penalty")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """The penalty is in your first loss.
    What else is in that number then but the surprise about the labels?
    """
    first = net.loss(x, y, reg=reg, train=False)[0]
    blind = math.log(net.params[f"b{net.depth}"].size)
    return _seen(net, x, y, reg, lr, steps, **{"first loss": float(first / blind)})


@GATES.misconception("an accuracy in place of a loss")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "twenty" is a share of twenty recordings, not a loss.
    How sure must a network be of a recording to name it right?
    """
    twin = net.copy()
    for _ in range(steps):
        grads = twin.loss(x[:20], y[:20])[1]
        twin.params = {name: w - lr * grads[name] for name, w in twin.params.items()}
    right = float((twin.scores(x[:20]).argmax(axis=1) == y[:20]).mean())
    return _seen(net, x, y, reg, lr, steps, twenty=right)


@GATES.misconception("before and after a training")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your last gate compares the loss before and after a training on the second twenty.
    A network that ignores its input lowers its loss as well: it learns how frequent the classes
    are. What should the network be deprived of, and when?
    """
    before = net.loss(x[20:40], y[20:40])[0]
    sees = _after(net, x[20:40], y[20:40], lr, steps)
    return _seen(net, x, y, reg, lr, steps, **{"uses its input": float(before - sees)})


@GATES.misconception("deprived of its input after the training")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """In your last gate the network is trained with its input, and judged without.
    It has never seen zeros, so that its loss is high whatever it has learnt. When should it be
    deprived of its input?
    """
    twin, rows, labels = net.copy(), x[20:40], y[20:40]
    for _ in range(steps - 1):
        grads = twin.loss(rows, labels)[1]
        twin.params = {name: w - lr * grads[name] for name, w in twin.params.items()}
    gain = float(twin.loss(0 * rows, labels)[0] - twin.loss(rows, labels)[0])
    return _seen(net, x, y, reg, lr, steps, **{"uses its input": gain})


@GATES.misconception("ten classes for every network")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your first loss is divided by that of ten equally likely classes.
    How many outputs has this network?
    """
    first = net.loss(x, y, train=False)[0]
    return _seen(net, x, y, reg, lr, steps, **{"first loss": float(first / math.log(10))})


@GATES.misconception("trained on everything")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "twenty" comes from a training on all examples.
    Which question can twenty examples answer that all of them cannot?
    """
    return _seen(net, x, y, reg, lr, steps, twenty=_after(net, x, y, lr, steps))


SOFTMAX_FLOOR = Exercise(
    "recipe.softmax_floor",
    points=3,
    minutes=6,
    returns=("floor",),
    promises={
        "fewer than two classes": "one class, which must raise ValueError",
        "never falls below": "eight classes",
    },
    hints=(
        "Which numbers can come out of the first softmax? They are the scores of the second one.",
        "The best that can happen to the right class: its number is 1, and the others are 0. "
        "What does the second softmax make of 1, 0, 0, …, 0?",
        "e / (e + K − 1), because exp(1) = e and exp(0) = 1. The loss is minus its logarithm.",
    ),
)


@SOFTMAX_FLOOR.cases
def _(rng: np.random.Generator):
    yield Case("eight classes", (8,))
    yield Case("two classes", (2,))
    yield Case("a thousand classes", (1000,))
    yield Case("some number of classes", (int(rng.integers(11, 100_000)),))
    yield Case("one class, which must raise ValueError", (1,), extreme=True)


def _checked(classes):
    if classes < 2:
        raise ValueError("classes")


@SOFTMAX_FLOOR.misconception("it can fall to 0")
def _(classes):
    """Your answer is 0 for every number of classes.
    A softmax gives 1 only for a score that is far above the others. How far above the others can a
    number be that is a probability itself?
    """
    _checked(classes)
    return 0.0


@SOFTMAX_FLOOR.misconception("the loss of a network that knows nothing")
def _(classes):
    """That is the loss of equal probabilities, where the training begins.
    How far may the right class rise from there?
    """
    _checked(classes)
    return math.log(classes)


@SOFTMAX_FLOOR.misconception("all classes count as wrong ones")
def _(classes):
    """You count one number 0 too many in the denominator.
    How many wrong classes are there?
    """
    _checked(classes)
    return math.log1p(classes / math.e)


@SOFTMAX_FLOOR.misconception("one wrong class")
def _(classes):
    """Your answer does not depend on the number of classes, and is right for two.
    How many numbers 0 go into the second softmax when there are eight classes?
    """
    _checked(classes)
    return math.log1p(1 / math.e)


@SOFTMAX_FLOOR.misconception("the probability, not its loss")
def _(classes):
    """You give the largest probability that the right class can have.
    Which loss does the cross-entropy make of it?
    """
    _checked(classes)
    return math.e / (math.e + classes - 1)
