"""ReLU: forward, backward, its mean, and units that are dead."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

from .shared import ROOT_2PI, both_signs, huge, inputs

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
    Here the cache is the input. What does the text above say?
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
    r"do (a *subgradient*). Nearly every library takes 0.",
)


RELU_BACKWARD = Exercise(
    "activations.relu_backward",
    points=2,
    minutes=3,
    returns=("dx",),
    parents=("activations.relu_forward",),
    hints=(
        "Each neuron is a gate: open where the input was positive, closed elsewhere.",
        "A comparison gives an array of True and False. Times a number, they count as 1 and 0.",
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
    Which value do the text above and the big libraries choose?
    """
    return dout * (cache >= 0)


@RELU_BACKWARD.misconception("ReLU of the gradient")
def _(dout, cache):
    """You set negative gradients to zero.
    It looks as if ReLU were applied a second time, to `dout`. The gate was opened or
    closed in the forward pass. Whose sign decided about that?
    """
    return np.maximum(0, dout)


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


RACE = Question(
    "activations.race",
    "Three networks with three hidden layers: one with sigmoid, one with tanh, one with ReLU. "
    "The same data, the same learning rate, the same start. We count the epochs until the "
    "training loss is below 0.1. What will the race show?",
    choices=(
        Choice(
            "ReLU is several times faster than tanh, and tanh several times faster than the "
            "sigmoid.",
            "The first factor was measured on another network. At the start all sums are "
            "small. How steep is tanh there, and how steep is ReLU?",
        ),
        Choice(
            "ReLU and tanh need about the same; the sigmoid needs many times as many.",
            right=True,
        ),
        Choice(
            "ReLU is fast; tanh and the sigmoid are both slow, because both saturate.",
            "They saturate for large sums. At the start all sums are small. Which slope does "
            "each of the two have there?",
        ),
        Choice(
            "All three need about the same: the learning rate decides.",
            "The learning rate multiplies the gradient. What is left of the gradient when it "
            "has passed three sigmoids?",
        ),
    ),
    why="At the start the sums are small. There tanh has slope 1, and ReLU lets half of the "
    "units through with slope 1. The sigmoid keeps at most a quarter, three times over: 1/64 "
    "is left for the first layer.",
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
    r"For one ReLU unit the sum $w^\top x + b$ is negative on *every* training example. The "
    r"data stays as it is. What does gradient descent do with $w$ and $b$?",
    choices=(
        Choice(
            "The loss is bad, so large gradients pull them back.",
            "However large the gradient from above is: what is it multiplied with when it "
            "passes the closed gate?",
        ),
        Choice(
            "A larger learning rate brings them back.",
            "The step is learning rate times gradient. What is the gradient?",
        ),
        Choice("Nothing: they stay as they are, for ever.", right=True),
        Choice(
            "They shrink towards zero.",
            "A penalty on the weights would do that. The gradient of the data loss: what is it "
            "for this unit?",
        ),
    ),
    why="The local gradient is 0 on every example, so the gradients on w and b are exactly 0. "
    "The unit is dead. (In a deeper layer it may wake up, if the layers below it change its "
    "inputs.)",
)


DEAD_FRACTION = Exercise(
    "activations.dead_fraction",
    points=2,
    minutes=3,
    returns=("fraction",),
    hints=(
        "Ask one question per unit: is it zero on every example?",
        "Compare with zero, then `all` along the axis of the examples; one True or False per unit "
        "is left.",
        "The mean of True and False is the share of True.",
    ),
)


@DEAD_FRACTION.cases
def _(rng: np.random.Generator):
    def layer(n, alive, dead):
        """Living units answer some examples, not all; the last example gets no answer at all."""
        on = np.zeros((n, alive + dead))
        for unit in range(alive):
            on[rng.permutation(n - 1)[: 1 + unit % (n - 2)], unit] = 1
        return rng.permutation(on * rng.uniform(0.3, 2, on.shape), axis=1)

    yield Case("six examples, five units, two of them dead", (layer(6, 3, 2),))
    yield Case("a single dead unit", (layer(4, 6, 1),))
    yield Case("no dead unit", (layer(5, 4, 0),))
    last = np.diag(rng.uniform(0.3, 2, 4))[:, [3, 0, 3]]
    yield Case("units that answer one example only", (last,))
    yield Case("a dead layer", (np.zeros((3, 4)),))
    yield Case("one example", (np.array([[0.0, rng.uniform(0.3, 2), 0.0, 1.0, 0.0]]),))


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
    You count the units that answer somewhere. Which ones are asked for?
    """
    return float((h != 0).any(axis=0).mean())


@DEAD_FRACTION.misconception("a number, not a share")
def _(h):
    """You give how many units are dead.
    A share lets you compare layers of different width. What do you divide by?
    """
    return float((h == 0).all(axis=0).sum())
