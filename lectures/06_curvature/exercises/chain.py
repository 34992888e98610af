"""Everybody moves at once: a chain of neurons, and a network's layers alone and together."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .. import drivers
from .shared import both_signs

CHAIN_UPDATE = Exercise(
    "curvature.chain_update",
    points=2,
    minutes=5,
    returns=("predicted", "actual"),
    hints=(
        "Write y = x w_1 w_2 w_3 and differentiate it with respect to w_2. Which factors are left?",
        "The gradient on a weight is x times the product of all other weights. Dividing y by the "
        "weight gives the same, unless that weight is 0: `np.delete` leaves one entry out.",
        "To first order y falls by lr times the squared length of the gradient. Then move all "
        "weights at once and multiply again.",
    ),
    promises={
        "make y small, whatever it is": "a negative output",
        "how much y should decrease": "seven layers",
        "y before the step minus y after it": ("seven layers", "a step that is far too long"),
    },
)


@CHAIN_UPDATE.cases
def _(rng: np.random.Generator):
    yield Case("seven layers", (1.3, rng.uniform(0.8, 1.4, 7), 0.05))
    yield Case("weights of both signs", (0.8, both_signs(rng, 5), 0.1))
    yield Case("a negative output", (-1.2, rng.uniform(0.8, 1.4, 4), 0.05))
    with_zero = rng.uniform(0.8, 1.4, 4)
    with_zero[rng.integers(4)] = 0.0
    yield Case("a weight of zero", (1.5, with_zero, 0.2))
    yield Case("one layer", (2.0, rng.uniform(0.5, 1.5, 1), 0.1))
    yield Case("twelve layers", (1.1, rng.uniform(0.9, 1.2, 12), 0.01))
    # Each of four weights changes its sign and grows: y rises.
    yield Case("a step that is far too long", (1.0, rng.uniform(0.9, 1.1, 4), 3.0))


def _gradient(x, w):
    return np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))])


def _decrease(x, w, step):
    return float(x * np.prod(w) - x * np.prod(w - step))


@CHAIN_UPDATE.misconception("y divided by a weight")
def _(x, w, lr):
    """Right, until a weight is 0: then y is 0, and you divide 0 by 0.
    The other weights know the gradient there. Can it be written without a division?
    """
    with np.errstate(all="ignore"):
        g = x * np.prod(w) / w
        return float(lr * g @ g), _decrease(x, w, lr * g)


@CHAIN_UPDATE.misconception("one layer after the other")
def _(x, w, lr):
    """What you promise is right. What you deliver is a little less hasty: each weight sees the
    weights that have moved before it. Backpropagation finds all gradients first.
    At which weights is each of them taken?
    """
    predicted = lr * _gradient(x, w) @ _gradient(x, w)
    moved = w.copy()
    for i in range(len(w)):
        moved[i] = moved[i] - lr * x * np.prod(np.delete(moved, i))
    return float(predicted), float(x * np.prod(w) - x * np.prod(moved))


@CHAIN_UPDATE.misconception("one gradient of the squared output")
def _(x, w, lr):
    """Your gradient is 2y times too large: it is that of the square of y.
    The slide slips here, too: it speaks of decreasing y and differentiates a squared cost.
    Which quantity is to be made small here?
    """
    g = 2 * x * np.prod(w) * _gradient(x, w)
    return float(lr * g @ g), _decrease(x, w, lr * g)


@CHAIN_UPDATE.misconception("without the input")
def _(x, w, lr):
    """Your gradient does not know x.
    Twice the input: what does that do to y, and to each slope of y?
    """
    g = _gradient(1.0, w)
    return float(lr * g @ g), _decrease(x, w, lr * g)


@CHAIN_UPDATE.misconception("uphill")
def _(x, w, lr):
    """Your weights move along the gradient, so that y grows.
    In which direction does gradient descent go?
    """
    g = _gradient(x, w)
    return float(lr * g @ g), _decrease(x, w, -lr * g)


@CHAIN_UPDATE.misconception("an increase")
def _(x, w, lr):
    """The size of your second number is right, its sign is not: it is y after minus y before.
    A decrease is positive where y falls. Which of the two is subtracted?
    """
    g = _gradient(x, w)
    return float(lr * g @ g), -_decrease(x, w, lr * g)


@CHAIN_UPDATE.misconception("the length of the gradient")
def _(x, w, lr):
    """You promise the rate times the length of the gradient.
    The step is already the rate times the gradient. How steep is it along the step?
    """
    g = _gradient(x, w)
    return float(lr * np.linalg.norm(g)), _decrease(x, w, lr * g)


@CHAIN_UPDATE.misconception("no gradient where a weight is 0")
def _(x, w, lr):
    """Where a weight is 0 nothing moves in your chain, for y is 0 there.
    Does y change when a weight that is 0 moves a little?
    """
    g = np.where(w == 0, 0.0, x * np.prod(w) / np.where(w == 0, 1.0, w))
    return float(lr * g @ g), _decrease(x, w, lr * g)


@CHAIN_UPDATE.misconception("changes, not decreases")
def _(x, w, lr):
    """A number is negative here where y falls: it is what comes after, minus what was before.
    A decrease is positive where y falls. Which of the two is subtracted?
    """
    g = _gradient(x, w)
    return float(-lr * g @ g), -_decrease(x, w, lr * g)


@CHAIN_UPDATE.misconception("the size of the change")
def _(x, w, lr):
    """Your second number is never negative. A step that is far too long can raise y.
    What is a decrease then?
    """
    g = _gradient(x, w)
    return float(lr * g @ g), abs(_decrease(x, w, lr * g))


@CHAIN_UPDATE.misconception("one gradient of half the squared output")
def _(x, w, lr):
    """Your gradient is y times too large: it is that of half of the square of y.
    Which quantity is to be made small here?
    """
    g = x * np.prod(w) * _gradient(x, w)
    return float(lr * g @ g), _decrease(x, w, lr * g)


@CHAIN_UPDATE.misconception("each weight by itself")
def _(x, w, lr):
    """Your second number is the promise: each weight that moves alone keeps it, for y is linear in
    each of them. All weights move at once. How large is y then?
    """
    g = _gradient(x, w)
    return float(lr * g @ g), float(lr * g @ g)


@CHAIN_UPDATE.misconception("the sum of the slopes")
def _(x, w, lr):
    """You promise the rate times the sum of the slopes.
    Each weight moves by the rate times its slope. By how much does that lower y?
    """
    g = _gradient(x, w)
    return float(lr * g.sum()), _decrease(x, w, lr * g)


@CHAIN_UPDATE.misconception("a promise without the rate")
def _(x, w, lr):
    """Your promise does not know the learning rate.
    What should be promised of a step of rate 0?
    """
    g = _gradient(x, w)
    return float(g @ g), _decrease(x, w, lr * g)


@CHAIN_UPDATE.misconception("outputs, not decreases")
def _(x, w, lr):
    """You give what y is after the step.
    How much lower is that than y was before?
    """
    g, y = _gradient(x, w), x * np.prod(w)
    return float(y - lr * g @ g), float(x * np.prod(w - lr * g))


@CHAIN_UPDATE.misconception("the two numbers exchanged")
def _(x, w, lr):
    """The decrease that happens stands where the promise belongs.
    In which order does the text ask for the two?
    """
    g = _gradient(x, w)
    return _decrease(x, w, lr * g), float(lr * g @ g)


PROMISE = Question(
    "curvature.promise",
    r"Ten neurons in a row, every weight 0.5, input 1. The output is $y = 0.5^{10} \approx 0.001$. "
    r"We want it smaller by 0.1, so we choose the rate so that $\eta\,g^\top g = 0.1$. What does "
    r"the output do in this one step?",
    choices=(
        Choice(
            "It falls by 0.1, nearly exactly.",
            "That is what the first order promises. How large is a step that is to change an "
            "output of 0.001 by 0.1, beside weights of 0.5?",
        ),
        Choice(
            "It falls by 0.001, down to zero, and stays there.",
            "The weights would have to stop where their product is 0. How far does each of them "
            "move?",
        ),
        Choice("It grows by 4.4 million.", right=True),
        Choice(
            "It falls by about 0.01, a tenth of the promise.",
            "The other orders take part in the result. Are they smaller than the first here? "
            "Compute one weight after the step.",
        ),
    ),
    why="The rate is 2621. Each weight goes from 0.5 to −4.6, and a product of ten such numbers is "
    "4.4 million: positive, for ten is even.",
)


BREAKING_CHAINS = Question(
    "curvature.breaking_chains",
    r"Ten equal weights $w$, input 1, and the rate chosen as before for a promise of 0.1. For "
    r"which chains is the promise broken? (Compute how far a weight moves, relative to its size.)",
    choices=(
        Choice("For small weights.", right=True),
        Choice(
            "For large weights.",
            "So the slide says. But its rule makes the rate small where the gradient is large. "
            "What is the gradient of a chain of large weights?",
        ),
        Choice(
            "For both: only weights near 1 are safe.",
            "Small weights: yes or no? Then take ten weights of 2. By which share of its size "
            "does each of them move?",
        ),
        Choice(
            "For weights of either size, if their number is odd.",
            "The parity decides about the sign of a product of negative numbers. When do the "
            "weights become negative at all?",
        ),
    ),
    why=r"Each weight moves by $\eta g_i = 0.1\,w/(10\,y)$, a share $0.01/y$ of itself: little "
    r"where the output is large, far too much where it is small. Ten weights of 2 keep 0.09999... "
    r"of the 0.1. The slide says that large weights make the third-order term explode; with its "
    r"own rule for the rate it is the other way round.",
)


JOINT = Exercise(
    "curvature.coordinate_vs_joint_decrease",
    points=2,
    minutes=3,
    returns=("alone", "joint"),
    driver=drivers.two_linear_layers,
    hints=(
        "First all arrays after the step, in a dict of their own. The given dict must stay as it "
        "is.",
        "Alone: the old dict with one entry exchanged; `params | {name: moved}` makes a new one.",
    ),
    promises={
        "the parameters before the step": "a small step",
        "the names of ``grads`` and ``params`` differ": (
            "a gradient is missing",
            "a gradient too many",
            "a gradient of another name",
        ),
    },
)


def _net(rng: np.random.Generator, n: int, d: int, hidden: int, k: int) -> tuple:
    params = {
        "w1": both_signs(rng, d, hidden) / np.sqrt(d),
        "w2": both_signs(rng, hidden, k) / np.sqrt(hidden),
        "b": both_signs(rng, k),
    }
    x, target = both_signs(rng, n, d), both_signs(rng, n, k)
    h = x @ params["w1"]
    error = h @ params["w2"] + params["b"] - target
    grads = {
        "w1": x.T @ error @ params["w2"].T,
        "w2": h.T @ error,
        "b": error.sum(axis=0),
    }
    return x, target, params, grads


@JOINT.cases
def _(rng: np.random.Generator):
    yield Case("a small step", _net(rng, 6, 3, 4, 2), {"lr": 0.05})
    *net, grads = _net(rng, 8, 4, 3, 3)
    backwards = {name: grads[name] for name in reversed(grads)}  # the same names all the same
    yield Case("a step that is too large", (*net, backwards), {"lr": 0.4})
    yield Case("one example, one unit", _net(rng, 1, 1, 1, 1), {"lr": 0.3})
    yield Case("a rate of zero", _net(rng, 4, 3, 2, 2), {"lr": 0.0})
    x, target, params, grads = _net(rng, 4, 3, 2, 2)
    yield Case("a gradient is missing", (x, target, params, {"w1": grads["w1"]}), {"lr": 0.1})
    many = grads | {"w3": both_signs(rng, 2)}
    yield Case("a gradient too many", (x, target, params, many), {"lr": 0.1})
    other = {"w1": grads["w1"], "w2": grads["w2"], "b2": grads["b"]}
    yield Case("a gradient of another name", (x, target, params, other), {"lr": 0.1})


def _joint(cost, params, grads, lr):
    if params.keys() != grads.keys():
        raise ValueError("other names")
    moved = {k: params[k] - lr * grads[k] for k in params}
    return moved, cost(params)


@JOINT.misconception("each array moves on top of the others")
def _(cost, params, grads, lr):
    """The sum of your single decreases is exactly the joint one.
    It looks as if an array that has moved does not go back before the next one moves.
    Where do all others stand when one moves alone?
    """
    moved, before = _joint(cost, params, grads, lr)
    now, alone = dict(params), {}
    for name in params:
        last = cost(now)
        now[name] = moved[name]
        alone[name] = float(last - cost(now))
    return alone, float(before - cost(moved))


@JOINT.misconception("joint is the sum")
def _(cost, params, grads, lr):
    """Your joint decrease is the sum of the single ones.
    That would be so if the arrays had nothing to do with each other. How often did you ask for
    the cost with everything moved?
    """
    moved, before = _joint(cost, params, grads, lr)
    alone = {k: float(before - cost(params | {k: moved[k]})) for k in params}
    return alone, float(sum(alone.values()))


@JOINT.misconception("costs, not decreases")
def _(cost, params, grads, lr):
    """Your numbers are costs after a move.
    A decrease compares two costs. With what is this one to be compared?
    """
    moved, _ = _joint(cost, params, grads, lr)
    return {k: float(cost(params | {k: moved[k]})) for k in params}, float(cost(moved))


@JOINT.misconception("the wrong sign")
def _(cost, params, grads, lr):
    """Every number has the opposite sign.
    If the cost falls from 5 to 3, what is the decrease?
    """
    moved, before = _joint(cost, params, grads, lr)
    alone = {k: float(cost(params | {k: moved[k]}) - before) for k in params}
    return alone, float(cost(moved) - before)


@JOINT.misconception("uphill")
def _(cost, params, grads, lr):
    """You move along the gradients, so that the cost rises.
    In which direction does gradient descent go?
    """
    moved, before = _joint(cost, params, {k: -g for k, g in grads.items()}, lr)
    alone = {k: float(before - cost(params | {k: moved[k]})) for k in params}
    return alone, float(before - cost(moved))


@JOINT.misconception("all but one")
def _(cost, params, grads, lr):
    """The joint decrease is right. For each name you leave that array where it is and move all
    the others. Which one moves when it moves alone?
    """
    moved, before = _joint(cost, params, grads, lr)
    alone = {k: float(before - cost(moved | {k: params[k]})) for k in params}
    return alone, float(before - cost(moved))


@JOINT.misconception("the ones before it have moved, too")
def _(cost, params, grads, lr):
    """An array that has moved does not go back before the next one moves, and each single decrease
    is counted from the start. Where do the others stand when one moves alone?
    """
    moved, before = _joint(cost, params, grads, lr)
    now, alone = dict(params), {}
    for name in params:
        now[name] = moved[name]
        alone[name] = float(before - cost(now))
    return alone, float(before - cost(moved))


@JOINT.misconception("the given arrays are moved")
def _(cost, params, grads, lr):
    """A copy of a dictionary holds the same arrays. Each of them moves and stays where it is, and
    at the end all move a second time. Which operation makes a new array?
    """
    moved, before = _joint(cost, params, grads, lr)
    now, alone = dict(params), {}
    for name in params:
        now[name] = moved[name]
        alone[name] = float(before - cost(now))
    return alone, float(before - cost({k: moved[k] - lr * grads[k] for k in params}))


@JOINT.misconception("promises, not decreases")
def _(cost, params, grads, lr):
    """For each name you give what the gradient promises, the rate times its squared length.
    How often do you ask for the cost with one array moved?
    """
    moved, before = _joint(cost, params, grads, lr)
    alone = {k: float(lr * np.sum(g**2)) for k, g in grads.items()}
    return alone, float(before - cost(moved))


@JOINT.misconception("the rate is not used")
def _(cost, params, grads, lr):
    """You move by the whole gradient.
    Which argument have you not used?
    """
    _, before = _joint(cost, params, grads, lr)
    moved = {k: params[k] - grads[k] for k in params}
    alone = {k: float(before - cost(params | {k: moved[k]})) for k in params}
    return alone, float(before - cost(moved))


EIGHT_LAYERS = Question(
    "curvature.eight_layers",
    "Eight layers of ReLU, He initialisation, digits, one step of gradient descent at rate 0.3. "
    "Move each layer alone: together these moves gain 69% of what the gradient promises. Now move "
    "all layers at once. How much of the promise is kept?",
    choices=(
        Choice(
            "69% again: the gradient is the sum over layers anyway.",
            "It is a sum at the point where it was taken. Does the third layer find the inputs "
            "that its gradient was computed for?",
        ),
        Choice(
            "Somewhat less, about 60%.",
            "Each layer changes the inputs of all layers above it. How many such pairs are there "
            "among eight layers?",
        ),
        Choice(
            "More than 69%, since the layers help each other.",
            "Each of them was told to repair the whole error by itself. What happens when eight "
            "do so at the same time?",
        ),
        Choice("Much less, about 15%.", right=True),
    ),
    why="Mean of five seeds: 14%, and it varies from seed to seed by 21 points. Every layer "
    "repairs the same error as if it were alone.",
)
