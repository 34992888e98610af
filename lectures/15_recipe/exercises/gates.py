"""Gates that open one after the other, and a loss that cannot fall to 0."""

import math

import numpy as np

from grader import Case, Exercise

from .. import drivers

GATES = Exercise(
    "recipe.gates",
    points=5,
    minutes=12,
    returns=("passed",),
    driver=drivers.gated,
    float32=False,
    promises={
        "It stays as it is": "a healthy network",
        "within 40 %": "weights that are too large",
        "the first loss is higher": "a script that forgets the penalty",
        "below 0.05": "too few steps",
        "lower by at least 0.5": "a network that ignores its input",
    },
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
    def case(name, change="", classes=4, **options):
        y = np.concatenate([rng.permutation(np.arange(20) % classes) for _ in range(3)])
        x = rng.standard_normal((60, 10))
        x /= np.sqrt((x**2).mean(axis=1, keepdims=True))
        args = ((10, 20, classes), x, y, int(rng.integers(1 << 30)), change)
        return Case(name, args, {"lr": 0.5, "steps": 60} | options)

    yield case("a healthy network", classes=5)
    yield case("a network that ignores its input", "blind")
    yield case("weights that are too large", "large", lr=1e-6, steps=3)
    yield case("two classes", "small", classes=2)
    yield case("a script that forgets the penalty", "forgets the penalty")
    yield case("too few steps", steps=2)


def _after(net, x, y, lr, steps, train=True):
    params = dict(net.params)
    loss = math.nan
    twin = net.copy()
    twin.params = params
    for _ in range(steps):
        loss, grads = twin.loss(x, y, train=train)
        twin.params = {name: w - lr * grads[name] for name, w in twin.params.items()}
    return loss


def _passed(net, x, y, lr, steps, **changed):
    blind = math.log(net.params[f"b{net.depth}"].size)
    first, with_penalty = net.loss(x, y, train=False)[0], net.loss(x, y, reg=0.1, train=False)[0]
    second, labels = x[20:40], y[20:40]
    sees, sees_not = (_after(net, part, labels, lr, steps) for part in (second, 0 * second))
    return {
        "first loss": bool(abs(first - blind) <= 0.4 * blind),
        "penalty": bool(with_penalty > first),
        "twenty": bool(_after(net, x[:20], y[:20], lr, steps) < 0.05),
        "uses its input": bool(sees <= sees_not - 0.5),
    } | changed


@GATES.misconception("the first gate looks at the loss with penalty")
def _(net, x, y, *, lr=0.1, steps=200):
    """A healthy network does not pass your first gate: the penalty is in your first loss.
    What else is in that number but the surprise about the labels?
    """
    blind = math.log(net.params[f"b{net.depth}"].size)
    first = net.loss(x, y, reg=0.1, train=False)[0]
    return _passed(net, x, y, lr, steps, **{"first loss": bool(abs(first - blind) <= 0.4 * blind)})


@GATES.misconception("an accuracy in place of a loss")
def _(net, x, y, *, lr=0.1, steps=200):
    """Your gate "twenty" opens where all twenty are right, although their loss is not below 0.05.
    How sure must a network be of a recording to name it right?
    """
    twin = net.copy()
    for _ in range(steps):
        grads = twin.loss(x[:20], y[:20])[1]
        twin.params = {name: w - lr * grads[name] for name, w in twin.params.items()}
    right = bool((twin.scores(x[:20]).argmax(axis=1) == y[:20]).mean() >= 0.3)
    return _passed(net, x, y, lr, steps, twenty=right)


@GATES.misconception("trained with inputs, deprived of them afterwards")
def _(net, x, y, *, lr=0.1, steps=200):
    """A network that ignores its input passes your last gate, or one that has hardly been trained
    does. You compare the losses before and after a training.
    What should the network be deprived of, and when?
    """
    before = net.loss(x[20:40], y[20:40], train=False)[0]
    sees = _after(net, x[20:40], y[20:40], lr, steps)
    return _passed(net, x, y, lr, steps, **{"uses its input": bool(sees <= before - 0.1)})


@GATES.misconception("ten classes for every network")
def _(net, x, y, *, lr=0.1, steps=200):
    """Your first gate compares with the loss of ten classes.
    How many outputs has this network?
    """
    first = net.loss(x, y, train=False)[0]
    blind = math.log(10)
    return _passed(net, x, y, lr, steps, **{"first loss": bool(abs(first - blind) <= 0.4 * blind)})


SOFTMAX_FLOOR = Exercise(
    "recipe.softmax_floor",
    points=3,
    minutes=6,
    returns=("floor",),
    promises={"fewer than two classes": "one class, which must raise ValueError"},
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
    yield Case("some number of classes", (int(rng.integers(11, 90)),))
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
