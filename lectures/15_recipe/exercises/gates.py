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
    def case(name, change="", classes=4, n=60, known=None, **options):
        of = known or classes
        y = np.concatenate([rng.permutation(np.arange(20) % of) for _ in range(3)])[:n]
        y[20:40] = rng.permutation(np.arange(20) ** 2 % of)  # other labels than the first twenty
        y[40:] = rng.permutation(np.arange(n - 40) % 2)
        if known:
            y[y == 1] = 0  # one that never occurs below the largest
        x = rng.standard_normal((n, 10))
        x /= np.sqrt((x**2).mean(axis=1, keepdims=True))
        args = ((10, 20, classes), x, y, int(rng.integers(1 << 30)), change)
        return Case(name, args, {"lr": 0.5, "steps": 8} | options)

    yield case("a healthy network", classes=5)
    yield case("another penalty", reg=0.7)
    yield case("more classes than labels", classes=7, known=5)
    yield case("a rate that is far too high", lr=20.0, steps=2)
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


@GATES.misconception("a difference to the loss of knowing nothing")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "first loss" is a difference.
    Which operation does the text name?
    """
    first = net.loss(x, y, train=False)[0]
    return _seen(
        net,
        x,
        y,
        reg,
        lr,
        steps,
        **{"first loss": float(first - math.log(net.params[f"b{net.depth}"].size))},
    )


@GATES.misconception("the first loss as it is")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "first loss" is not compared with anything.
    How large is the loss of a network that knows nothing?
    """
    first = net.loss(x, y, train=False)[0]
    return _seen(net, x, y, reg, lr, steps, **{"first loss": float(first)})


@GATES.misconception("the classes that occur")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "first loss" counts the classes among the labels.
    How many outputs has the network, and how likely are those that never occur?
    """
    first = net.loss(x, y, train=False)[0]
    return _seen(
        net, x, y, reg, lr, steps, **{"first loss": float(first / math.log(len(np.unique(y))))}
    )


@GATES.misconception("the largest label")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "first loss" takes the largest label for the number of classes.
    How many outputs has the network?
    """
    first = net.loss(x, y, train=False)[0]
    return _seen(net, x, y, reg, lr, steps, **{"first loss": float(first / math.log(y.max() + 1))})


@GATES.misconception("bits and nats")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "first loss" divides a loss in nats by a number of bits.
    Which logarithm does the cross-entropy have?
    """
    first = net.loss(x, y, train=False)[0]
    return _seen(
        net,
        x,
        y,
        reg,
        lr,
        steps,
        **{"first loss": float(first / math.log2(net.params[f"b{net.depth}"].size))},
    )


@GATES.misconception("the first loss of twenty")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "first loss" is that of the first twenty examples.
    On which examples does the text ask for it?
    """
    first = net.loss(x[:20], y[:20])[0]
    return _seen(
        net,
        x,
        y,
        reg,
        lr,
        steps,
        **{"first loss": float(first / math.log(net.params[f"b{net.depth}"].size))},
    )


@GATES.misconception("the loss with the penalty")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "penalty" is the whole loss with the penalty.
    How much of that is there without a penalty?
    """
    return _seen(net, x, y, reg, lr, steps, **{"penalty": float(net.loss(x, y, reg=reg)[0])})


@GATES.misconception("the penalty as a ratio")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "penalty" is the ratio of two losses.
    Which operation tells what is added?
    """
    return _seen(
        net,
        x,
        y,
        reg,
        lr,
        steps,
        **{"penalty": float(net.loss(x, y, reg=reg)[0] / net.loss(x, y)[0])},
    )


@GATES.misconception("the penalty divided")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "penalty" is divided by the loss of a network that knows nothing.
    What does “undivided” refer to?
    """
    penalty = net.loss(x, y, reg=reg, train=False)[0] - net.loss(x, y, train=False)[0]
    return _seen(
        net,
        x,
        y,
        reg,
        lr,
        steps,
        **{"penalty": float(penalty / math.log(net.params[f"b{net.depth}"].size))},
    )


@GATES.misconception("the penalty without its half")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "penalty" is twice what this network adds to its loss.
    Which factor stands before the squares?
    """
    penalty = net.loss(x, y, reg=reg, train=False)[0] - net.loss(x, y, train=False)[0]
    return _seen(net, x, y, reg, lr, steps, **{"penalty": float(2 * penalty)})


@GATES.misconception("the penalty by a formula")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "penalty" is computed from the weights. A script that forgets its penalty has the same
    weights. What does the network itself say, asked with and without?
    """
    squares = sum((w**2).sum() for name, w in net.params.items() if name.startswith("w"))
    return _seen(net, x, y, reg, lr, steps, **{"penalty": float(0.5 * reg * squares)})


@GATES.misconception("the first twenty once more")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your last gate trains on the first twenty.
    On which examples does the text ask for it?
    """
    first = x[:20], y[:20]
    blind = _after(net, 0 * x[:20], y[:20], lr, steps)
    return _seen(
        net, x, y, reg, lr, steps, **{"uses its input": blind - _after(net, *first, lr, steps)}
    )


@GATES.misconception("the last twenty")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your last gate trains on the last twenty.
    On which examples does the text ask for it?
    """
    blind = _after(net, 0 * x[-20:], y[-20:], lr, steps)
    return _seen(
        net,
        x,
        y,
        reg,
        lr,
        steps,
        **{"uses its input": blind - _after(net, x[-20:], y[-20:], lr, steps)},
    )


@GATES.misconception("the loss of the other twenty")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your last gate compares a training on the second twenty with one on the first.
    In what alone may two trainings differ that are to tell about the input?
    """
    rows, labels = x[20:40], y[20:40]
    blind = _after(net, 0 * rows, labels, lr, steps)
    return _seen(
        net,
        x,
        y,
        reg,
        lr,
        steps,
        **{"uses its input": blind - _after(net, x[:20], y[:20], lr, steps)},
    )


@GATES.misconception("the difference turned round")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your last gate is negative for a network that uses its input.
    Which of the two losses is higher, and which is subtracted?
    """
    rows, labels = x[20:40], y[20:40]
    blind = _after(net, 0 * rows, labels, lr, steps)
    return _seen(
        net,
        x,
        y,
        reg,
        lr,
        steps,
        **{"uses its input": _after(net, rows, labels, lr, steps) - blind},
    )


@GATES.misconception("a ratio of losses")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your last gate divides one loss by the other.
    What does “by how much lower” ask for?
    """
    rows, labels = x[20:40], y[20:40]
    blind = _after(net, 0 * rows, labels, lr, steps)
    return _seen(
        net,
        x,
        y,
        reg,
        lr,
        steps,
        **{"uses its input": blind / _after(net, rows, labels, lr, steps)},
    )


@GATES.misconception("no training in the last gate")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your last gate compares the losses of the new network, which has not been trained.
    What does a network know about its input before?
    """
    rows, labels = x[20:40], y[20:40]
    return _seen(
        net,
        x,
        y,
        reg,
        lr,
        steps,
        **{"uses its input": float(net.loss(0 * rows, labels)[0] - net.loss(rows, labels)[0])},
    )


@GATES.misconception("the loss after the last step")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your trainings report a loss that is measured once more, after the last step.
    Which loss does a training print last, and how often has it moved by then?
    """
    found = _seen(net, x, y, reg, lr, steps)
    longer = _seen(net, x, y, reg, lr, steps + 1)
    return longer | {name: found[name] for name in ("first loss", "penalty")}


@GATES.misconception("a number of steps of its own")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your trainings have 200 steps, whatever `steps` is.
    Which argument has not been handed on?
    """
    return _seen(net, x, y, reg, lr, 200)


@GATES.misconception("a rate of its own")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your trainings have a rate of 0.1, whatever `lr` is.
    Which argument has not been handed on?
    """
    return _seen(net, x, y, reg, 0.1, steps)


@GATES.misconception("a penalty of its own")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your "penalty" is that of a strength of 0.1, whatever `reg` is.
    Which argument has not been handed on?
    """
    return _seen(net, x, y, 0.1, lr, steps)


@GATES.misconception("trained with the penalty")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your trainings have the penalty, too.
    Which of the four gates has one?
    """

    def last(rows, labels):
        loss, twin = math.nan, net.copy()
        for _ in range(steps):
            loss, grads = twin.loss(rows, labels, reg=reg)
            twin.params = {name: w - lr * grads[name] for name, w in twin.params.items()}
        return float(loss)

    seen = last(0 * x[20:40], y[20:40]) - last(x[20:40], y[20:40])
    found = _seen(net, x, y, reg, lr, 1)
    return found | {"twenty": last(x[:20], y[:20]), "uses its input": seen}


@GATES.misconception("accuracies in place of losses")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your trainings report shares of twenty recordings, not losses.
    How sure must a network be of a recording to name it right?
    """

    def share(rows, labels):
        twin = net.copy()
        for _ in range(steps):
            grads = twin.loss(rows, labels)[1]
            twin.params = {name: w - lr * grads[name] for name, w in twin.params.items()}
        return float((twin.scores(rows).argmax(axis=1) == labels).mean())

    seen = share(0 * x[20:40], y[20:40]) - share(x[20:40], y[20:40])
    found = _seen(net, x, y, reg, lr, 1)
    return found | {"twenty": share(x[:20], y[:20]), "uses its input": seen}


@GATES.misconception("one network for all trainings")
def _(net, x, y, *, reg=0.1, lr=0.1, steps=100):
    """Your trainings go on with the network that the one before has left.
    What does the text say about the network that is handed in?
    """
    found = _seen(net, x, y, reg, lr, 1)

    def last(rows, labels):
        loss = math.nan
        for _ in range(steps):
            loss, grads = net.loss(rows, labels)
            net.params = {name: w - lr * grads[name] for name, w in net.params.items()}
        return float(loss)

    twenty, sees = last(x[:20], y[:20]), last(x[20:40], y[20:40])
    blind = last(0 * x[20:40], y[20:40])
    return found | {"twenty": twenty, "uses its input": blind - sees}


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


@SOFTMAX_FLOOR.misconception("the score itself is missing")
def _(classes):
    """You take the logarithm of the denominator alone.
    Which number stands above it?
    """
    _checked(classes)
    return math.log(math.e + classes - 1)


@SOFTMAX_FLOOR.misconception("the logarithm without its minus")
def _(classes):
    """Your answer is negative. A probability is below 1.
    Which sign stands before its logarithm in the cross-entropy?
    """
    _checked(classes)
    return math.log(math.e / (math.e + classes - 1))


@SOFTMAX_FLOOR.misconception("one minus the probability")
def _(classes):
    """You give how much of the probability is left for the other classes.
    Which function does the cross-entropy apply to the right one?
    """
    _checked(classes)
    return 1 - math.e / (math.e + classes - 1)


@SOFTMAX_FLOOR.misconception("bits")
def _(classes):
    """You measure in bits.
    Which unit does the text ask for?
    """
    _checked(classes)
    return math.log2(1 + (classes - 1) / math.e)


@SOFTMAX_FLOOR.misconception("a logarithm of base ten")
def _(classes):
    """You take the logarithm of base ten.
    Which base do nats have?
    """
    _checked(classes)
    return math.log10(1 + (classes - 1) / math.e)


@SOFTMAX_FLOOR.misconception("the best for a wrong class")
def _(classes):
    """Your answer is the loss where a wrong score is larger by 1, not the right one.
    Which class should get the 1, for the lowest loss?
    """
    _checked(classes)
    return math.log1p((classes - 1) * math.e)


@SOFTMAX_FLOOR.misconception("scores from -1 to 1")
def _(classes):
    """Your scores lie two apart.
    Which numbers can come out of a softmax?
    """
    _checked(classes)
    return math.log1p((classes - 1) / math.e**2)


@SOFTMAX_FLOOR.misconception("eight classes, whatever is asked")
def _(classes):
    """Your answer is that of eight classes.
    Which argument have you not used?
    """
    _checked(classes)
    return math.log1p(7 / math.e)
