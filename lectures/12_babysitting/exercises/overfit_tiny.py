"""Twenty images memorised."""

import numpy as np

from grader import Case, Choice, Exercise, Question
from lectures import drivers

OVERFIT_TINY = Exercise(
    "babysitting.overfit_tiny",
    points=3,
    minutes=7,
    returns=("losses", "accuracies", "the model's own params afterwards"),
    driver=drivers.overfit_linear,
    float32=False,  # losses come as Python floats; collecting them in a list is fine
    promises={"All the steps are made": ("learnt long before the end", "a rate that is too high")},
    hints=(
        "A loop over the epochs. Inside: loss and gradients, write down the loss, step, accuracy.",
        "`deepcopy(model)` gives a model of your own. Its `params` is a dict, and `grads` has the "
        "same keys.",
        "The predicted class of each row of `model.scores(x)` is where its largest score stands.",
    ),
)


def tiny_data(rng: np.random.Generator, n: int, d: int, k: int) -> tuple:
    """A linear classifier and a few examples of k classes, each with its own direction."""
    y = rng.permutation(np.arange(n) % k)
    x = rng.standard_normal((n, d)) + 1.5 * np.eye(k, d)[y]
    return {"w": 0.7 * rng.standard_normal((d, k)), "b": 0.3 * rng.standard_normal(k)}, x, y


@OVERFIT_TINY.cases
def _(rng: np.random.Generator):
    for name, (n, d, k), lr, epochs in (
        ("six examples", (6, 4, 3), 0.4, 6),
        ("ten examples, a smaller rate", (10, 5, 4), 0.15, 8),
        ("one example", (1, 3, 3), 0.3, 4),
        ("one step", (7, 3, 2), 0.5, 1),
    ):
        yield Case(name, tiny_data(rng, n, d, k), {"lr": lr, "epochs": epochs})
    y = rng.permutation(3)
    start = {"w": 0.1 * rng.standard_normal((3, 3)), "b": np.zeros(3)}
    yield Case("learnt long before the end", (start, 2 * np.eye(3)[y], y), {"lr": 0.3, "epochs": 9})
    x = np.array([[1.0], [1.0], [-1.0]]) * rng.uniform(2, 3)  # two of them contradict each other
    start = {"w": 0.1 * rng.standard_normal((1, 2)), "b": np.zeros(2)}
    y = np.array([0, 1, 1])
    yield Case("a rate that is too high", (start, x, y), {"lr": 1.0, "epochs": 4})


def overfit_with(model, x, y, lr, epochs, *, sign=-1.0, late=False, early=False, stale=False):
    """Overfit a model in place, with one thing done differently."""
    losses, accuracies = np.zeros((2, epochs), x.dtype)
    _, first = model.loss(x, y)
    for epoch in range(epochs):
        losses[epoch], grads = model.loss(x, y)
        accuracies[epoch] = (model.scores(x).argmax(axis=1) == y).mean()
        grads = first if stale else grads
        model.params = {name: w + sign * lr * grads[name] for name, w in model.params.items()}
        if late:
            losses[epoch], _ = model.loss(x, y)
        if not early:
            accuracies[epoch] = (model.scores(x).argmax(axis=1) == y).mean()
    return losses, accuracies


@OVERFIT_TINY.misconception("the model itself is trained")
def _(model, x, y, *, lr, epochs=200):
    """Both curves are right, but afterwards the model that was passed in is trained.
    A sanity check should leave no trace: the real training starts from fresh weights.
    What could you train in place of the model itself?
    """
    return overfit_with(model, x, y, lr, epochs)


def copied(model):
    from copy import deepcopy

    return deepcopy(model)


@OVERFIT_TINY.misconception("uphill")
def _(model, x, y, *, lr, epochs=200):
    """Your loss rises from step to step.
    The gradient points to where the loss grows. In which direction should a step go?
    """
    return overfit_with(copied(model), x, y, lr, epochs, sign=1.0)


@OVERFIT_TINY.misconception("the loss after the step")
def _(model, x, y, *, lr, epochs=200):
    """Your losses come one step early: the first one should be that of the
    untouched model. At which moment of a round do you write the loss down?
    """
    return overfit_with(copied(model), x, y, lr, epochs, late=True)


@OVERFIT_TINY.misconception("the accuracy before the step")
def _(model, x, y, *, lr, epochs=200):
    """The losses are right. Your accuracies come one step late: the first one is that of
    the untouched model. Which weights should each accuracy be measured with?
    """
    return overfit_with(copied(model), x, y, lr, epochs, early=True)


@OVERFIT_TINY.misconception("the first gradient again and again")
def _(model, x, y, *, lr, epochs=200):
    """The first step is right. After it you go on in the same direction.
    The gradient belongs to the weights it was computed with. When do these change?
    """
    return overfit_with(copied(model), x, y, lr, epochs, stale=True)


@OVERFIT_TINY.misconception("one example at a time")
def _(model, x, y, *, lr, epochs=200):
    """You make one step for every example, so a round holds many steps.
    Gradient descent looks at all examples before it moves. How many gradients does one of its
    steps need?
    """
    model = copied(model)
    losses, accuracies = np.zeros((2, epochs), x.dtype)
    for epoch in range(epochs):
        losses[epoch], _ = model.loss(x, y)
        for i in range(len(x)):
            _, grads = model.loss(x[i : i + 1], y[i : i + 1])
            model.params = {name: w - lr * grads[name] for name, w in model.params.items()}
        accuracies[epoch] = (model.scores(x).argmax(axis=1) == y).mean()
    return losses, accuracies


@OVERFIT_TINY.misconception("stops when it has learnt")
def _(model, x, y, *, lr, epochs=200):
    """Your curves end before the last epoch once everything is learnt.
    A caller wants to draw the curves of several runs in one figure. How long should they be?
    """
    losses, accuracies = overfit_with(copied(model), x, y, lr, epochs)
    done = np.flatnonzero((losses < 0.05) & (accuracies == 1))
    end = done[0] + 1 if len(done) else epochs
    return losses[:end], accuracies[:end]


@OVERFIT_TINY.misconception("stops when every example is right")
def _(model, x, y, *, lr, epochs=200):
    """Your curves end as soon as the accuracy is 1.
    A loss goes on falling after that, and a caller wants to draw the curves of several runs in
    one figure. How long should they be?
    """
    losses, accuracies = overfit_with(copied(model), x, y, lr, epochs)
    done = np.flatnonzero(accuracies == 1)
    end = done[0] + 1 if len(done) else epochs
    return losses[:end], accuracies[:end]


@OVERFIT_TINY.misconception("right answers counted")
def _(model, x, y, *, lr, epochs=200):
    """The losses are right. Your accuracies exceed 1.
    You count the examples that are right. What share of all examples are they?
    """
    losses, accuracies = overfit_with(copied(model), x, y, lr, epochs)
    return losses, accuracies * len(x)


TINY_VALIDATION = Question(
    "babysitting.tiny_validation",
    "The slides train on twenty images. Their log ends with training accuracy 1.00 *and* "
    "validation accuracy 1.00. The two columns agree in every line. What do you conclude?",
    choices=(
        Choice(
            "The network generalises very well.",
            "From twenty images to all others? Then the two columns would be close. Would they "
            "be equal to the last digit, in every line?",
        ),
        Choice(
            "Validation was done on the same twenty images; the column says nothing.",
            right=True,
        ),
        Choice(
            "The validation set is so small that it agrees by chance.",
            "Once, perhaps. How likely is it in every line, from 0.40 to 1.00?",
        ),
        Choice(
            "Something is wrong: a network cannot reach 1.00.",
            "It has 154,160 parameters for twenty images. What keeps it from memorising them?",
        ),
    ),
    why="The same images were passed in twice. That is harmless in a sanity check, and fatal "
    "where one believes the number. When two columns agree in every line, ask where they come "
    "from.",
)


ACCURACY_FALLS = Question(
    "babysitting.accuracy_falls",
    "In the same log the loss falls from 2.3012 (epoch 4) to 1.9741 (epoch 13). The accuracy "
    "falls as well, from 0.65 to 0.40. How can that be?",
    choices=(
        Choice(
            "The log is wrong: a better loss means a better accuracy.",
            "The loss looks at the probability of the right class, the accuracy at which class "
            "is first. Can a probability grow without becoming the largest?",
        ),
        Choice(
            "The learning rate is too high.",
            "Then the loss would jump. It falls in every step of the log. What does the loss "
            "look at that the accuracy does not?",
        ),
        Choice(
            "The loss counts how probable the right class is, the accuracy only whether it "
            "comes first.",
            right=True,
        ),
        Choice(
            "Twenty images are too few for an accuracy.",
            "Each image is worth 0.05, so 0.65 and 0.40 are five images apart. That is no "
            "rounding.",
        ),
    ),
    why="The network can raise the probability of many right classes a good deal while a few "
    "classes that were narrowly first fall to second place. The two numbers answer "
    "different questions, so watch both.",
)
