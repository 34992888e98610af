"""ReLU: forward, backward, its mean, and units that are dead."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

from .shared import ROOT_2PI, both_signs, huge, inputs, layer

RELU_FORWARD = Exercise(
    "activations.relu_forward",
    points=1,
    minutes=2,
    returns=("out", "cache"),
    hints=(
        "One NumPy function compares two arguments entry by entry and keeps the larger one.",
        "It is `np.maximum`, not `np.max`: the second one looks for the largest entry of an array.",
    ),
)


@RELU_FORWARD.cases
def _(rng: np.random.Generator):
    for name, x in inputs(rng):
        yield Case(name, (x,))
    yield Case("very large inputs", (huge(rng),), extreme=True)


@RELU_FORWARD.misconception("absolute value")
def _(x):
    """Negative inputs come out positive.
    That is the absolute value, a curve like a V. What does ReLU give for -2?
    """
    return np.abs(x), x


@RELU_FORWARD.misconception("a step")
def _(x):
    """Your outputs are only 0 and 1.
    That says whether a neuron is on. How strongly does ReLU answer when it is on?
    """
    return (x > 0).astype(x.dtype), x


@RELU_FORWARD.misconception("the wrong half")
def _(x):
    """You keep the negative inputs and set the positive ones to zero.
    Which half does ReLU let through?
    """
    return np.minimum(0, x), x


@RELU_FORWARD.misconception("capped at one")
def _(x):
    """No output of yours is larger than 1.
    A sigmoid has a ceiling, and where it is reached no gradient flows.
    What does max(0, x) give for x = 5?
    """
    return np.clip(x, 0, 1), x


@RELU_FORWARD.misconception("the output in the cache", convention=True)
def _(x):
    """`out` is right, and the cache holds `out` too. A backward pass could live with that:
    the output is positive exactly where the input is.
    Here the cache is the input. What do the instructions ask for?
    """
    out = np.maximum(0, x)
    return out, out


RELU_GATES = Question(
    "activations.relu_gates",
    r"The same question for ReLU: an upstream gradient of 1 arrives. How much of it flows on "
    r"to $x$, when $x = -10$, when $x = 0$ and when $x = 10$?",
    choices=(
        Choice("0, then 0 by convention, then 1", right=True),
        Choice(
            "0, then 0, then 10",
            "10 is the value of ReLU at 10. The gradient needs its slope there.",
        ),
        Choice(
            "almost 0, then a quarter, then almost 1",
            "That is a smooth curve. ReLU is two straight lines. What are their slopes?",
        ),
        Choice(
            "-1, then 0, then 1",
            "These are the slopes of |x|. What does ReLU do with negative inputs?",
        ),
    ),
    why=r"Left of 0 the gate is closed, exactly. Right of 0 it is open, entirely, however "
    r"large $x$ is. At 0 there is a corner and no derivative; any value from 0 to 1 would "
    r"do: a subgradient. Nearly every library takes 0.",
)


RELU_BACKWARD = Exercise(
    "activations.relu_backward",
    points=2,
    minutes=6,
    returns=("dx",),
    promises={"the local gradient is 0": "zeros among the inputs"},
    parents=("activations.relu_forward",),
    hints=(
        "Put the two numbers of one unit side by side: its input in the forward pass and the "
        "gradient that comes back. Which of them says whether the gate is open?",
        "The gate was opened or closed in the forward pass, by the sign of the input. The gradient "
        "that flows through it may have either sign.",
        "Upstream gradient times the mask of inputs above zero (strictly above).",
    ),
)


@RELU_BACKWARD.cases
def _(rng: np.random.Generator):
    for name, x in inputs(rng):
        yield Case(name, (both_signs(rng, *x.shape), x))
    yield Case("very large inputs", (both_signs(rng, 1, 7), huge(rng)), extreme=True)


@RELU_BACKWARD.misconception("gradient 1 at zero", convention=True)
def _(dout, cache):
    """You differ only where the input is exactly 0: there you let the gradient through.
    At its corner ReLU has no derivative, and a few programs choose as you did.
    Which value do the instructions choose?
    """
    return dout * (cache >= 0)


@RELU_BACKWARD.misconception("as it was found")
def _(dout, cache):
    """No entry of yours is negative: negative gradients are set to zero, positive ones pass.
    That is how the function that was found answers. Look at the biases in its figure.
    What would have to be negative for a bias to rise?
    """
    return np.maximum(0, dout)


@RELU_BACKWARD.misconception("two gates instead of one")
def _(dout, cache):
    """Where the input was positive you pass positive gradients on, and no negative ones.
    The first gate belongs there. What does the second one make of a unit whose output ought
    to grow?
    """
    return dout * (cache > 0) * (dout > 0)


@RELU_BACKWARD.misconception("the upstream gradient is missing")
def _(dout, cache):
    """Your answer is 0 or 1, whatever `dout` is.
    That is the local gradient, the gate alone. What flows through the open gates?
    """
    return (cache > 0).astype(dout.dtype)


@RELU_BACKWARD.misconception("the output in place of the slope")
def _(dout, cache):
    """Open gates multiply your gradient by the input.
    That is the value of ReLU there. How steep is the line y = x?
    """
    return dout * np.maximum(0, cache)


@RELU_BACKWARD.misconception("every gate open")
def _(dout, cache):
    """You pass `dout` on as it is.
    Where the input was negative, the output did not react to it at all.
    What is the derivative of something that does not react?
    """
    return dout.copy()


AT_BEST_RATES = Question(
    "activations.at_best_rates",
    "Three networks with three hidden layers: one with sigmoid, one with tanh, one with ReLU. "
    "Each has its own best learning rate, found on a grid; five starts each. We count the epochs "
    "until the training loss is below 0.1. How do the three compare?",
    choices=(
        Choice(
            "ReLU needs a sixth of what tanh needs, and tanh fewer epochs than the sigmoid.",
            "Where was the six measured? How steep are tanh and ReLU for small pre-activations?",
        ),
        Choice(
            "ReLU and tanh need about the same, and the sigmoid a few times as many.", right=True
        ),
        Choice(
            "ReLU and tanh need about the same, and the sigmoid more than ten times as many.",
            "With one learning rate for all it looks like that. What can a larger rate do for "
            "gradients that are too small?",
        ),
        Choice(
            "All three need about the same, since each one has its best learning rate.",
            "One rate serves all layers of a network. Do three sigmoids in a row shrink the "
            "gradient of every layer by the same factor?",
        ),
    ),
    why="A larger rate makes up for small gradients, but one rate serves all layers, and the "
    "gradient of the first one has passed three sigmoids: at most 1/64 of it is left there. "
    "tanh has "
    "slope 1 for small pre-activations, as ReLU has for positive ones.",
)


RELU_MEAN = Question(
    "activations.relu_mean",
    r"$z \sim \mathcal N(0, 1)$, a normal random number with standard deviation 1, has mean 0. "
    r"What is the mean of $\mathrm{ReLU}(z)$? (Integrate $z\,p(z)$ from 0 to ∞, with the "
    r"density $p(z) = e^{-z^2/2}/\sqrt{2\pi}$; or guess first, then draw a million numbers.)",
    number=Number(
        1 / ROOT_2PI,
        rel_tol=0.005,
        misreadings={
            0.0: "That was the mean before the negative half was cut off. What is left of it "
            "to balance the positive half?",
            0.5: "A half is the share that gets through. How large are these, on average?",
            2 / ROOT_2PI: "That is the mean of those that get through. The others count too, "
            "as zeros.",
        },
    ),
    why=r"$\int_0^\infty z\,p(z)\,dz = p(0) = 1/\sqrt{2\pi} = 0.3989$. ReLU is not "
    r"zero-centred: what it hands to the next layer is positive, like the sigmoid's output.",
)


DEAD_UNIT = Question(
    "activations.dead_unit",
    r"A ReLU unit in the *first* hidden layer has a negative pre-activation $w^\top x + b$ on "
    r"every training example. The data stay as they are. What does gradient descent do with $w$ "
    r"and $b$?",
    choices=(
        Choice(
            "The loss is bad, so large gradients pull them back.",
            "However large the upstream gradient is: what is it multiplied by at the closed gate?",
        ),
        Choice(
            "It brings them back, if the learning rate is large enough.",
            "The step is learning rate times gradient. What is the gradient?",
        ),
        Choice("It leaves them as they are, for ever.", right=True),
        Choice(
            "It shrinks them slowly towards zero.",
            "A penalty on the weights would do that. What is the gradient of the loss on the data?",
        ),
    ),
    why="The local gradient is 0 on every example, so the gradients with respect to w and b are "
    "exactly 0. The unit is dead.",
)

COME_BACK = Question(
    "activations.come_back",
    "Now a network with ten hidden layers of ReLU, trained at a good rate. Collect all units that "
    "were dead at the end of some epoch. In the first layer none of them ever answers again. In "
    "the deeper layers?",
    choices=(
        Choice(
            "None does either: dead is dead.",
            "In the first layer nothing about the unit changes, because its inputs are the data. "
            "What are the inputs of a unit in layer 5?",
        ),
        Choice("Most of them answer again later on.", right=True),
        Choice(
            "A few do, by chance, less than one in ten.",
            "The layers below go on learning at every step. How long does an unlucky set of inputs "
            "last?",
        ),
        Choice(
            "All of them do, sooner or later.",
            "Nothing pulls them back on purpose. What can happen only by the way happens how "
            "surely?",
        ),
    ),
    why="The gradients of a dead unit are 0 in every layer. But the inputs of a deeper unit "
    "are the "
    "outputs of layers that go on learning, and they can wake it up. The data never move.",
)


DEAD_FRACTION = Exercise(
    "activations.dead_fraction",
    points=2,
    minutes=3,
    returns=("fraction",),
    promises={
        "A unit that answers a single example is alive": (
            "units that answer one example only",
            "a unit that answers one of sixty examples",
        )
    },
    hints=(
        "Ask one question per unit: is it zero on every example?",
        "Compare with zero, then `all` along the axis of the examples; one True or False per unit "
        "is left.",
        "The mean of True and False is the share of True.",
    ),
)


@DEAD_FRACTION.cases
def _(rng: np.random.Generator):
    yield Case("six examples, five units, two of them dead", (layer(rng, 6, 3, 2),))
    yield Case("a single dead unit", (layer(rng, 4, 6, 1),))
    yield Case("no dead unit", (layer(rng, 5, 4, 0),))
    last = np.diag(rng.uniform(0.3, 2, 4))[:, [3, 0, 3]]
    yield Case("units that answer one example only", (last,))
    rare = np.zeros((60, 3))
    rare[rng.integers(59), 0] = rng.uniform(0.05, 0.3)  # the mean of the unit is almost 0
    rare[:, 1] = rng.uniform(0.3, 2, 60)
    yield Case("a unit that answers one of sixty examples", (rare,))
    yield Case("a dead layer", (np.zeros((3, 4)),))
    yield Case("one example", (np.array([[0.0, rng.uniform(0.3, 2), 0.0, 1.0, 0.0]]),))


@DEAD_FRACTION.misconception("rare is dead")
def _(h):
    """You also count a unit that answers one example of sixty.
    Such a unit gets a gradient once in every epoch. Can it still learn?
    """
    return float(((h != 0).mean(axis=0) < 0.05).mean())


@DEAD_FRACTION.misconception("share of zeros")
def _(h):
    """You give the share of zeros in the whole array.
    A healthy ReLU unit is silent on many examples; that is how it tells them apart.
    When is a unit dead, and not just silent?
    """
    return float((h == 0).mean())


@DEAD_FRACTION.misconception("silent once is dead")
def _(h):
    """You count each unit that is zero on at least one example.
    Such a unit still learns from the others. On how many examples must a dead unit
    be silent?
    """
    return float((h == 0).any(axis=0).mean())


@DEAD_FRACTION.misconception("examples instead of units")
def _(h):
    """You look along the rows: your answer is a share of examples.
    A unit is a column. Along which axis do you meet all examples of one unit?
    """
    return float((h == 0).all(axis=1).mean())


@DEAD_FRACTION.misconception("the living share")
def _(h):
    """Your answer and the right one add up to 1.
    You count the units that answer somewhere. Which units are asked for?
    """
    return float((h != 0).any(axis=0).mean())


@DEAD_FRACTION.misconception("a number, not a share")
def _(h):
    """You give how many units are dead.
    Would the same number mean the same in a layer of 10 units and in one of 1000?
    """
    return float((h == 0).all(axis=0).sum())
