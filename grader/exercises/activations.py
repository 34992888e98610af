"""Lecture 02: activation functions, their gradients, and what to measure about them."""

from collections.abc import Iterator

import numpy as np

from grader.exercise import Case, Choice, Exercise, Misconception, Number, Question
from utils.activations import elu_forward, maxout_forward, sigmoid_forward

LECTURE = "02_activations"

# Not exercises, but with the right arguments they answer some: absent while this is graded.
WITHHOLD = ("activations.act", "activations.act_grad", "activations.prelu_forward")

ROOT_2PI = float(np.sqrt(2 * np.pi))


def both_signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.3 and 3 in size, half of them negative, in random places."""
    size = int(np.prod(shape))
    signs = np.where(np.arange(size) % 2, 1.0, -1.0)
    return (rng.permutation(signs) * rng.uniform(0.3, 3, size)).reshape(shape)


def with_zeros(rng: np.random.Generator) -> np.ndarray:
    """Two rows with both signs and an exact zero in each."""
    x = both_signs(rng, 2, 4)
    x[0, rng.integers(4)] = x[1, rng.integers(4)] = 0
    return x


def huge(rng: np.random.Generator) -> np.ndarray:
    """One row with very large inputs of both signs."""
    return rng.permutation([-1e4, -750.0, -1.0, 0.0, 1.0, 750.0, 1e4])[None]


def inputs(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Inputs of an element-by-element function, each with its name."""
    x = both_signs(rng, 5, 3)
    x[-1, -1] = abs(x[-1, -1])  # or a loop that ends too early might not show in ReLU
    yield "five examples, three features", x
    yield "one example", both_signs(rng, 1, 4)
    yield "one feature", both_signs(rng, 4, 1)
    yield "an array of three dimensions", both_signs(rng, 2, 3, 2)
    yield "zeros among the inputs", with_zeros(rng)


# sigmoid_forward


def sigmoid_forward_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, x in inputs(rng):
        yield Case(name, (x,))
    yield Case("very large inputs", (huge(rng),), extreme=True)


def sigmoid_mirrored(x):
    out = 1 / (1 + np.exp(np.minimum(x, 700)))
    return out, out


def sigmoid_softmax(x):
    e = np.exp(x - x.max())
    out = e / e.sum()
    return out, out


def sigmoid_as_tanh(x):
    out = np.tanh(x)
    return out, out


def sigmoid_caching_x(x):
    return sigmoid_forward(x)[0], x


def sigmoid_plain_formula(x):
    out = 1 / (1 + np.exp(-x))
    return out, out


def sigmoid_ratio(x):
    out = np.exp(x) / (1 + np.exp(x))
    return out, out


SIGMOID_FORWARD = Exercise(
    "activations.sigmoid_forward",
    points=2,
    minutes=5,
    returns=("out", "cache"),
    cases=sigmoid_forward_cases,
    misconceptions=(
        Misconception(
            "mirror image",
            sigmoid_mirrored,
            "Your curve falls where the sigmoid rises: large inputs give values near 0.\n"
            "It looks as if the sign in the exponent is turned round.\n"
            "What should the exponential tend to when x grows?",
        ),
        Misconception(
            "softmax instead of sigmoid",
            sigmoid_softmax,
            "Your outputs add up to 1 over the whole array.\n"
            "That is a softmax: the entries compete with each other. A sigmoid looks at each\n"
            "entry by itself. Should the answer for one entry change when another one changes?",
        ),
        Misconception(
            "tanh instead of sigmoid",
            sigmoid_as_tanh,
            "Your outputs reach down to -1, and at x = 0 you give 0.\n"
            "That is the curve of tanh. Between which two values does the sigmoid stay,\n"
            "and what does its formula give at x = 0?",
        ),
        Misconception(
            "the input in the cache",
            sigmoid_caching_x,
            "`out` is right, but the cache holds the input.\n"
            "The derivative of the sigmoid can be written with its output alone.\n"
            "What does the text above ask you to keep for the backward pass?",
        ),
        Misconception(
            "exponential of a large positive number",
            sigmoid_plain_formula,
            "On ordinary inputs you are right. For very negative x the exponential overflows on\n"
            "the way, and NumPy warns.\n"
            "Which sign must the exponent have so that this cannot happen, and how can the\n"
            "formula be written so that it has this sign for every x?",
        ),
        Misconception(
            "infinity divided by infinity",
            sigmoid_ratio,
            "On ordinary inputs you are right. For very large x both the top and the bottom of\n"
            "your fraction overflow, and their ratio is not a number.\n"
            "Which form of the same fraction is harmless for positive x?",
        ),
    ),
    hints=(
        "Start with the formula as it stands. Then ask for which x its exponential becomes huge.",
        "Multiply top and bottom of the fraction by exp(x): a second form, good where the first "
        "one is bad.",
        "Take z = exp(-|x|), which never exceeds 1. For x >= 0 the sigmoid is 1 over 1 + z, "
        "for x < 0 it is z over 1 + z; `np.where` chooses.",
    ),
)


# sigmoid_backward


def sigmoid_backward_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, x in inputs(rng):
        yield Case(name, (both_signs(rng, *x.shape), sigmoid_forward(x)[0]))
    saturated = np.array([[0.0, 1e-300, 0.5, 1.0]])
    yield Case("saturated neurons", (both_signs(rng, 1, 4), saturated), extreme=True)


def sigmoid_backward_of_x(dout, cache):
    out = sigmoid_forward(cache)[0]
    return dout * out * (1 - out)


def sigmoid_backward_no_upstream(dout, cache):
    return cache * (1 - cache)


def sigmoid_backward_as_tanh(dout, cache):
    return dout * (1 - cache**2)


def sigmoid_backward_half(dout, cache):
    return dout * (1 - cache)


def sigmoid_backward_sign(dout, cache):
    return dout * cache * (cache - 1)


SIGMOID_BACKWARD = Exercise(
    "activations.sigmoid_backward",
    points=2,
    minutes=3,
    returns=("dx",),
    parents=("activations.sigmoid_forward",),
    cases=sigmoid_backward_cases,
    misconceptions=(
        Misconception(
            "sigmoid applied twice",
            sigmoid_backward_of_x,
            "Your local gradient hardly changes from entry to entry and never gets small.\n"
            "It looks as if the cache were taken for the input and squashed once more.\n"
            "What does the cache hold: the input of the sigmoid or its output?",
        ),
        Misconception(
            "the upstream gradient is missing",
            sigmoid_backward_no_upstream,
            "Your answer does not depend on `dout`.\n"
            "That is the local gradient alone. By the chain rule it is one of two factors.\n"
            "How does the loss depend on `out`, and where do you use that?",
        ),
        Misconception(
            "the derivative of tanh",
            sigmoid_backward_as_tanh,
            "Where the output is near 0 you let the full gradient through.\n"
            "That is how tanh behaves, whose output is 0 at its steepest point.\n"
            "What is the output of the sigmoid where it is steepest?",
        ),
        Misconception(
            "only one of two factors",
            sigmoid_backward_half,
            "Your gradient dies for outputs near 1, but not for outputs near 0.\n"
            "The sigmoid is flat at both ends. Which factor makes its derivative vanish at the\n"
            "lower end?",
        ),
        Misconception(
            "a wrong sign",
            sigmoid_backward_sign,
            "Every entry has the right size and the wrong sign.\n"
            "The sigmoid rises everywhere. Which sign must its local gradient have?",
        ),
    ),
    hints=(
        "Two factors meet here: what comes from above, `dout`, and the slope of the sigmoid.",
        "The slope is written with the output, and the cache is the output. Nothing has to be "
        "computed anew.",
        "Upstream gradient times out times (one minus out), element by element.",
    ),
)


# same_sign_fraction


def same_sign_cases(rng: np.random.Generator) -> Iterator[Case]:
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


def same_sign_only_positive(x, delta):
    return float((delta[:, None] * x > 0).all(axis=1).mean())


def same_sign_by_column(x, delta):
    dw = delta[:, None] * x
    return float(((dw > 0).all(axis=0) | (dw < 0).all(axis=0)).mean())


def same_sign_of_inputs(x, delta):
    return float(((x > 0).all(axis=1) | (x < 0).all(axis=1)).mean())


def same_sign_of_entries(x, delta):
    return float((delta[:, None] * x > 0).mean())


def same_sign_with_zero(x, delta):
    dw = delta[:, None] * x
    return float(((dw >= 0).all(axis=1) | (dw <= 0).all(axis=1)).mean())


def same_sign_of_sum(x, delta):
    dw = delta @ x
    return float((dw > 0).all() or (dw < 0).all())


SAME_SIGN_FRACTION = Exercise(
    "activations.same_sign_fraction",
    points=2,
    minutes=5,
    returns=("fraction",),
    cases=same_sign_cases,
    misconceptions=(
        Misconception(
            "only all-positive gradients",
            same_sign_only_positive,
            "You count the gradients that are positive in every entry.\n"
            "A gradient that is negative in every entry has one sign too.\n"
            "Which sign does the gradient take when the inputs are positive and delta is not?",
        ),
        Misconception(
            "features instead of examples",
            same_sign_by_column,
            "You compare the signs down each column, over the examples.\n"
            "The gradient of one example is one row. Along which axis lie the entries of one\n"
            "gradient?",
        ),
        Misconception(
            "the inputs alone",
            same_sign_of_inputs,
            "Your answer does not depend on `delta`.\n"
            "The sign of delta indeed turns all entries of a gradient at once and does no harm.\n"
            "But what is the gradient of an example whose delta is zero?",
        ),
        Misconception(
            "entries instead of gradients",
            same_sign_of_entries,
            "You give the share of single entries that are positive.\n"
            "The question is about whole gradients: each example counts once, or not at all.\n"
            "What must hold for all entries of a row?",
        ),
        Misconception(
            "zero counted as a sign",
            same_sign_with_zero,
            "You count gradients that contain a zero.\n"
            "An entry that is zero moves its weight neither up nor down.\n"
            "Which comparison leaves zero out?",
        ),
        Misconception(
            "the sum over the examples",
            same_sign_of_sum,
            "Your answers are only ever 0 or 1.\n"
            "It looks as if the gradients of all examples were added before looking at signs.\n"
            "How many gradients are there to judge, one or one for each example?",
        ),
    ),
    hints=(
        "First write down all weight gradients at once: one row for each example, shape (N, D).",
        "Row n is delta[n] times x[n]. To multiply each row by its own number, delta needs a "
        "second axis.",
        "A row counts when all its entries are > 0, or all are < 0. Look along axis 1, then "
        "take the mean over the rows.",
    ),
)


# tanh_backward


def tanh_backward_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, x in inputs(rng):
        yield Case(name, (both_signs(rng, *x.shape), np.tanh(x)))
    saturated = np.array([[-1.0, -1e-300, 0.0, 1.0]])
    yield Case("saturated neurons", (both_signs(rng, 1, 4), saturated), extreme=True)


def tanh_backward_no_square(dout, cache):
    return dout * (1 - cache)


def tanh_backward_of_x(dout, cache):
    return dout * (1 - np.tanh(cache) ** 2)


def tanh_backward_as_sigmoid(dout, cache):
    return dout * cache * (1 - cache)


def tanh_backward_no_upstream(dout, cache):
    return 1 - cache**2


TANH_BACKWARD = Exercise(
    "activations.tanh_backward",
    points=1,
    minutes=2,
    returns=("dx",),
    cases=tanh_backward_cases,
    misconceptions=(
        Misconception(
            "the square is missing",
            tanh_backward_no_square,
            "For outputs near -1 your local gradient is near 2.\n"
            "But tanh is flat there, just as flat as near +1.\n"
            "What makes its slope the same for -x and x?",
        ),
        Misconception(
            "tanh applied twice",
            tanh_backward_of_x,
            "Your local gradient never gets small, not even for saturated neurons.\n"
            "It looks as if the cache were taken for the input.\n"
            "What does the cache hold?",
        ),
        Misconception(
            "the derivative of the sigmoid",
            tanh_backward_as_sigmoid,
            "Your gradient vanishes where the output is 0.\n"
            "That is the formula of the sigmoid, which is flat near the output 0.\n"
            "How steep is tanh where its output is 0?",
        ),
        Misconception(
            "the upstream gradient is missing",
            tanh_backward_no_upstream,
            "Your answer does not depend on `dout`.\n"
            "That is the slope of tanh alone. What does the chain rule multiply it with?",
        ),
    ),
    hints=(
        "Again upstream gradient times slope, and again the slope needs only the output.",
        "The slope of tanh is one minus the square of its output.",
    ),
)


# relu_forward


def relu_forward_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, x in inputs(rng):
        yield Case(name, (x,))
    yield Case("very large inputs", (huge(rng),), extreme=True)


def relu_as_absolute(x):
    return np.abs(x), x


def relu_as_step(x):
    return (x > 0).astype(x.dtype), x


def relu_lower_half(x):
    return np.minimum(0, x), x


def relu_capped(x):
    return np.clip(x, 0, 1), x


def relu_caching_out(x):
    out = np.maximum(0, x)
    return out, out


RELU_FORWARD = Exercise(
    "activations.relu_forward",
    points=1,
    minutes=2,
    returns=("out", "cache"),
    cases=relu_forward_cases,
    misconceptions=(
        Misconception(
            "absolute value",
            relu_as_absolute,
            "Negative inputs come out positive.\n"
            "That is the absolute value, a curve like a V. What does ReLU give for -2?",
        ),
        Misconception(
            "a step",
            relu_as_step,
            "Your outputs are only 0 and 1.\n"
            "That says whether a neuron is on. How strongly does ReLU answer when it is on?",
        ),
        Misconception(
            "the wrong half",
            relu_lower_half,
            "You keep the negative inputs and set the positive ones to zero.\n"
            "Which half does ReLU let through?",
        ),
        Misconception(
            "capped at one",
            relu_capped,
            "No output of yours is larger than 1.\n"
            "A sigmoid has a ceiling, and where it is reached no gradient flows.\n"
            "What does max(0, x) give for x = 5?",
        ),
        Misconception(
            "the output in the cache",
            relu_caching_out,
            "`out` is right, and the cache holds `out` too. A backward pass could live with that:\n"
            "the output is positive exactly where the input is.\n"
            "Here the cache is the input. What does the text above say?",
            convention=True,
        ),
    ),
    hints=(
        "One NumPy function compares two arguments entry by entry and keeps the larger one.",
        "It is `np.maximum`, not `np.max`: the second one looks for the largest entry of an array.",
    ),
)


# relu_backward


def relu_backward_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, x in inputs(rng):
        yield Case(name, (both_signs(rng, *x.shape), x))
    yield Case("very large inputs", (both_signs(rng, 1, 7), huge(rng)), extreme=True)


def relu_backward_one_at_zero(dout, cache):
    return dout * (cache >= 0)


def relu_backward_of_dout(dout, cache):
    return np.maximum(0, dout)


def relu_backward_no_upstream(dout, cache):
    return (cache > 0).astype(dout.dtype)


def relu_backward_times_out(dout, cache):
    return dout * np.maximum(0, cache)


def relu_backward_straight_through(dout, cache):
    return dout.copy()


RELU_BACKWARD = Exercise(
    "activations.relu_backward",
    points=2,
    minutes=3,
    returns=("dx",),
    parents=("activations.relu_forward",),
    cases=relu_backward_cases,
    misconceptions=(
        Misconception(
            "gradient 1 at zero",
            relu_backward_one_at_zero,
            "You differ only where the input is exactly 0: there you let the gradient through.\n"
            "At its corner ReLU has no derivative, and a few programs choose as you did.\n"
            "Which value do the text above and the big libraries choose?",
            convention=True,
        ),
        Misconception(
            "ReLU of the gradient",
            relu_backward_of_dout,
            "You set negative gradients to zero.\n"
            "It looks as if ReLU were applied a second time, to `dout`. The gate was opened or\n"
            "closed in the forward pass. Whose sign decided about that?",
        ),
        Misconception(
            "the upstream gradient is missing",
            relu_backward_no_upstream,
            "Your answer is 0 or 1, whatever `dout` is.\n"
            "That is the local gradient, the gate alone. What flows through the open gates?",
        ),
        Misconception(
            "the output in place of the slope",
            relu_backward_times_out,
            "Open gates multiply your gradient by the input.\n"
            "That is the value of ReLU there. How steep is the line y = x?",
        ),
        Misconception(
            "every gate open",
            relu_backward_straight_through,
            "You pass `dout` on as it is.\n"
            "Where the input was negative, the output did not react to it at all.\n"
            "What is the derivative of something that does not react?",
        ),
    ),
    hints=(
        "Each neuron is a gate: open where the input was positive, closed elsewhere.",
        "A comparison gives an array of True and False. Times a number, they count as 1 and 0.",
        "Upstream gradient times the mask of inputs above zero (strictly above).",
    ),
)


# dead_fraction


def dead_fraction_cases(rng: np.random.Generator) -> Iterator[Case]:
    def layer(n, alive, dead):
        """Living units answer some examples, not all; the last example gets no answer at all."""
        on = np.zeros((n, alive + dead))
        for unit in range(alive):
            on[rng.permutation(n - 1)[: 1 + unit % (n - 2)], unit] = 1
        return rng.permutation(on * rng.uniform(0.3, 2, on.shape), axis=1)

    yield Case("six examples, five units, two of them dead", (layer(6, 3, 2),))
    yield Case("a single dead unit", (layer(4, 6, 1),))
    yield Case("no dead unit", (layer(5, 4, 0),))
    yield Case("a dead layer", (np.zeros((3, 4)),))
    yield Case("one example", (np.array([[0.0, rng.uniform(0.3, 2), 0.0, 1.0, 0.0]]),))


def dead_share_of_zeros(h):
    return float((h == 0).mean())


def dead_on_some_example(h):
    return float((h == 0).any(axis=0).mean())


def dead_examples(h):
    return float((h == 0).all(axis=1).mean())


def dead_as_alive(h):
    return float((h != 0).any(axis=0).mean())


def dead_count(h):
    return float((h == 0).all(axis=0).sum())


DEAD_FRACTION = Exercise(
    "activations.dead_fraction",
    points=2,
    minutes=3,
    returns=("fraction",),
    cases=dead_fraction_cases,
    misconceptions=(
        Misconception(
            "share of zeros",
            dead_share_of_zeros,
            "You give the share of zeros in the whole array.\n"
            "A healthy ReLU unit is silent on many examples; that is how it tells them apart.\n"
            "When is a unit dead, and not just silent?",
        ),
        Misconception(
            "silent once is dead",
            dead_on_some_example,
            "You count each unit that is zero on at least one example.\n"
            "Such a unit still learns from the others. On how many examples must a dead unit\n"
            "be silent?",
        ),
        Misconception(
            "examples instead of units",
            dead_examples,
            "You look along the rows: your answer is a share of examples.\n"
            "A unit is a column. Along which axis do you meet all examples of one unit?",
        ),
        Misconception(
            "the living share",
            dead_as_alive,
            "Your answer and the right one add up to 1.\n"
            "You count the units that answer somewhere. Which ones are asked for?",
        ),
        Misconception(
            "a number, not a share",
            dead_count,
            "You give how many units are dead.\n"
            "A share lets you compare layers of different width. What do you divide by?",
        ),
    ),
    hints=(
        "Ask one question per unit: is it zero on every example?",
        "Compare with zero, then `all` along the axis of the examples; one True or False per unit "
        "is left.",
        "The mean of True and False is the share of True.",
    ),
)


# leaky_relu_forward


def leaky_relu_forward_cases(rng: np.random.Generator) -> Iterator[Case]:
    slopes = rng.permutation([0.05, 0.1, 0.2, 0.3, 0.5])
    for (name, x), slope in zip(inputs(rng), slopes, strict=True):
        yield Case(f"{name}, slope {slope:g}", (x, float(slope)))
    yield Case("the default slope", (both_signs(rng, 3, 4),))
    yield Case("slope 0, plain ReLU", (both_signs(rng, 2, 3), 0.0))
    yield Case("very large inputs", (huge(rng), 0.1), extreme=True)
    yield Case("a slope of 1, which must raise ValueError", (np.ones((1, 2)), 1.0), extreme=True)
    yield Case("a slope of 2, which must raise ValueError", (np.ones((1, 2)), 2.0), extreme=True)


def reject_slope(slope):
    if not 0 <= slope < 1:
        raise ValueError(slope)


def leaky_wrong_side(x, slope=0.01):
    reject_slope(slope)
    return np.minimum(slope * x, x), (x, slope)


def leaky_default_tenth(x, slope=0.1):
    reject_slope(slope)
    return np.maximum(slope * x, x), (x, slope)


def leaky_fixed_slope(x, slope=0.01):
    reject_slope(slope)
    return np.maximum(0.01 * x, x), (x, slope)


def leaky_constant(x, slope=0.01):
    reject_slope(slope)
    return np.where(x > 0, x, slope), (x, slope)


def leaky_upturned(x, slope=0.01):
    reject_slope(slope)
    return np.where(x > 0, x, -slope * x), (x, slope)


def leaky_any_slope(x, slope=0.01):
    return np.where(x > 0, x, slope * x), (x, slope)


LEAKY_RELU_FORWARD = Exercise(
    "activations.leaky_relu_forward",
    points=2,
    minutes=3,
    returns=("out", "cache"),
    parents=("activations.relu_forward",),
    cases=leaky_relu_forward_cases,
    misconceptions=(
        Misconception(
            "slope on the wrong side",
            leaky_wrong_side,
            "Positive inputs come out shrunk, negative ones unchanged.\n"
            "The leak is meant for the side where ReLU is flat.\n"
            "Which side is that, and which side keeps slope 1?",
        ),
        Misconception(
            "default slope 0.1",
            leaky_default_tenth,
            "You are right whenever the slope is given. Without it you use another default.\n"
            "Lecture slides print two values, ten times apart.\n"
            "Which one does the signature above have?",
            convention=True,
        ),
        Misconception(
            "the slope is not used",
            leaky_fixed_slope,
            "Your negative side looks the same whatever slope is asked for.\n"
            "Is there a number in your formula where the argument should stand?",
        ),
        Misconception(
            "a constant instead of a line",
            leaky_constant,
            "All negative inputs give the same output.\n"
            "Then the output does not react to them, and the gradient is zero again.\n"
            "What must the slope be multiplied with to become a line?",
        ),
        Misconception(
            "the negative side turned up",
            leaky_upturned,
            "Negative inputs come out positive: your curve falls, then rises.\n"
            "Leaky ReLU rises everywhere. Which sign does a small negative input keep?",
        ),
        Misconception(
            "any slope accepted",
            leaky_any_slope,
            "Your values are right. But a slope of 1 or more is accepted without a word.\n"
            "With slope 1 nothing bends, and above 1 the maximum of the definition picks the\n"
            "wrong branch. What should happen to a caller who asks for it?",
        ),
    ),
    hints=(
        "For x > 0 the output is x, for x < 0 it is slope times x.",
        "With a slope below 1, the larger of the two is always the right one.",
        "First raise ValueError unless 0 <= slope < 1; then an entry-by-entry maximum. "
        "The cache is the pair of x and slope.",
    ),
)


# leaky_relu_backward


def leaky_relu_backward_cases(rng: np.random.Generator) -> Iterator[Case]:
    slopes = rng.permutation([0.05, 0.1, 0.2, 0.3, 0.5])
    for (name, x), slope in zip(inputs(rng), slopes, strict=True):
        yield Case(f"{name}, slope {slope:g}", (both_signs(rng, *x.shape), (x, float(slope))))
    yield Case("very large inputs", (both_signs(rng, 1, 7), (huge(rng), 0.1)), extreme=True)


def leaky_backward_one_at_zero(dout, cache):
    x, slope = cache
    return np.where(x >= 0, dout, slope * dout)


def leaky_backward_as_relu(dout, cache):
    return dout * (cache[0] > 0)


def leaky_backward_fixed_slope(dout, cache):
    return np.where(cache[0] > 0, dout, 0.01 * dout)


def leaky_backward_wrong_side(dout, cache):
    x, slope = cache
    return np.where(x > 0, slope * dout, dout)


def leaky_backward_no_upstream(dout, cache):
    x, slope = cache
    return np.where(x > 0, 1.0, slope)


def leaky_backward_upstream_on_one_side(dout, cache):
    x, slope = cache
    return np.where(x > 0, dout, slope)


LEAKY_RELU_BACKWARD = Exercise(
    "activations.leaky_relu_backward",
    points=2,
    minutes=3,
    returns=("dx",),
    parents=("activations.leaky_relu_forward",),
    cases=leaky_relu_backward_cases,
    misconceptions=(
        Misconception(
            "gradient 1 at zero",
            leaky_backward_one_at_zero,
            "You differ only where the input is exactly 0: there you take the slope of the right\n"
            "side. The corner may be given either slope; the text above chooses one.\n"
            "Which comparison puts zero on the negative side?",
            convention=True,
        ),
        Misconception(
            "the gradient of plain ReLU",
            leaky_backward_as_relu,
            "Nothing flows back where the input was negative.\n"
            "That is ReLU without a leak, and its units can die.\n"
            "How steep is your forward function on the negative side?",
        ),
        Misconception(
            "the slope in the cache is not used",
            leaky_backward_fixed_slope,
            "On the negative side you always use the default slope.\n"
            "The forward pass may have used another one. Where is it kept for you?",
        ),
        Misconception(
            "slope on the wrong side",
            leaky_backward_wrong_side,
            "You shrink the gradient where the input was positive, and only there.\n"
            "On which side of zero did the forward pass multiply by the slope?",
        ),
        Misconception(
            "the upstream gradient is missing",
            leaky_backward_no_upstream,
            "Your answer takes only two values, whatever `dout` is.\n"
            "These are the local gradients. What does the chain rule do with them?",
        ),
        Misconception(
            "the upstream gradient on one side only",
            leaky_backward_upstream_on_one_side,
            "For positive inputs you are right. For negative ones your answer does not depend on\n"
            "`dout`. Does the chain rule make a difference between the two sides?",
        ),
    ),
    hints=(
        "Still a gate, but a closed gate now leaks: a share of the gradient comes through.",
        "Unpack the cache into x and slope. The local gradient is 1 for x > 0, slope elsewhere.",
        "Where x > 0 the answer is `dout`, elsewhere slope times `dout`.",
    ),
)


# prelu_backward


def prelu_backward_cases(rng: np.random.Generator) -> Iterator[Case]:
    def case(name, n, d, alpha):
        return Case(name, (both_signs(rng, n, d), (both_signs(rng, n, d), alpha)))

    yield case("six examples, a slope for each of three features", 6, 3, rng.uniform(0.1, 0.6, 3))
    yield case("one slope shared by all features", 5, 4, rng.uniform(0.1, 0.6, 1))
    yield case("one example", 1, 4, rng.uniform(0.1, 0.6, 4))
    x, dout = both_signs(rng, 4, 1), np.abs(both_signs(rng, 4, 1))  # nothing cancels in the sum
    yield Case("one feature", (dout, (x, rng.uniform(0.1, 0.6, 1))))
    yield case("slopes above 1 and below 0", 4, 2, rng.permutation([1.7, -0.4]))
    x = with_zeros(rng)
    yield Case("zeros among the inputs", (both_signs(rng, 2, 4), (x, rng.uniform(0.1, 0.6, 4))))


def prelu_gradients(dout, cache, of_alpha):
    """dx as it should be; dalpha from the gradient of every entry, summed as it should be."""
    x, alpha = cache
    dx = np.where(x > 0, dout, alpha * dout)
    dalpha = of_alpha(dout, x).sum(axis=0)
    return dx, dalpha.sum(keepdims=True) if alpha.shape == (1,) else dalpha


def prelu_alpha_not_summed(dout, cache):
    return prelu_gradients(dout, cache, np.multiply)[0], dout * np.minimum(0, cache[0])


def prelu_alpha_no_upstream(dout, cache):
    return prelu_gradients(dout, cache, lambda dout, x: np.minimum(0, x))


def prelu_alpha_of_size(dout, cache):
    return prelu_gradients(dout, cache, lambda dout, x: dout * np.maximum(0, -x))


def prelu_alpha_everywhere(dout, cache):
    return prelu_gradients(dout, cache, lambda dout, x: dout * x)


def prelu_alpha_mean(dout, cache):
    return prelu_gradients(dout, cache, lambda dout, x: dout * np.minimum(0, x) / len(x))


def prelu_alpha_counts(dout, cache):
    return prelu_gradients(dout, cache, lambda dout, x: dout * (x < 0))


def prelu_alpha_never_shared(dout, cache):
    dx, _ = prelu_gradients(dout, cache, np.multiply)
    return dx, (dout * np.minimum(0, cache[0])).sum(axis=0)


PRELU_BACKWARD = Exercise(
    "activations.prelu_backward",
    points=3,
    minutes=6,
    returns=("dx", "dalpha"),
    parents=("activations.leaky_relu_backward",),
    cases=prelu_backward_cases,
    misconceptions=(
        Misconception(
            "dalpha is not summed",
            prelu_alpha_not_summed,
            "`dx` is right. Your `dalpha` still has one entry for every input.\n"
            "One slope serves many entries, and the loss reacts to it through all of them.\n"
            "What does the chain rule do with several paths?",
        ),
        Misconception(
            "dalpha without the upstream gradient",
            prelu_alpha_no_upstream,
            "`dx` is right. Your `dalpha` does not depend on `dout`.\n"
            "You have how the output reacts to alpha. How does the loss react to the output?",
        ),
        Misconception(
            "wrong sign of dalpha",
            prelu_alpha_of_size,
            "`dx` is right. Your `dalpha` has the right size and the wrong sign.\n"
            "On the negative side the output is alpha times x, and x is negative there.\n"
            "If alpha grows, does this output rise or fall?",
        ),
        Misconception(
            "positive inputs count too",
            prelu_alpha_everywhere,
            "`dx` is right. Into your `dalpha` go all entries, also the positive ones.\n"
            "For positive x the output is x. Does alpha change it?",
        ),
        Misconception(
            "mean instead of sum",
            prelu_alpha_mean,
            "`dx` is right. Your `dalpha` is too small, by the number of examples as a factor.\n"
            "Nothing is averaged here: the loss took its mean already, and `dout` carries it.\n"
            "What does the chain rule do with several paths, add or average?",
        ),
        Misconception(
            "the derivative on the wrong variable",
            prelu_alpha_counts,
            "`dx` is right. Your `dalpha` ignores how negative the inputs are.\n"
            "On the negative side the output is alpha times x.\n"
            "What is the derivative of this product when alpha varies and x stays?",
        ),
        Misconception(
            "a shared slope split over the features",
            prelu_alpha_never_shared,
            "You are right when each feature has its own slope.\n"
            "When one slope is shared, your `dalpha` has more entries than alpha.\n"
            "A gradient has the shape of its parameter. What has to be added up as well?",
        ),
    ),
    hints=(
        "dx is the backward pass of leaky ReLU, with alpha for the slope.",
        "Hold x fixed and let alpha vary: a positive entry does not move, a negative one moves by "
        "x per unit of alpha. Times `dout`, that is the share of one entry.",
        "Multiply `dout` with min(0, x) and sum over the examples. If alpha has shape (1,), sum "
        "over the features as well and keep the shape (1,).",
    ),
)


# elu_forward


def elu_forward_cases(rng: np.random.Generator) -> Iterator[Case]:
    alphas = rng.permutation([0.3, 0.5, 1.5, 2.0, 3.0])
    for (name, x), alpha in zip(inputs(rng), alphas, strict=True):
        yield Case(f"{name}, alpha {alpha:g}", (x, float(alpha)))
    yield Case("the default alpha", (both_signs(rng, 3, 4),))
    yield Case("very large inputs", (huge(rng), 1.5), extreme=True)


def elu_alpha_inside(x, alpha=1.0):
    out = np.where(x > 0, x, np.expm1(alpha * np.minimum(0, x)))
    return out, (out, alpha)


def elu_no_minus_one(x, alpha=1.0):
    out = np.where(x > 0, x, alpha * np.exp(np.minimum(0, x)))
    return out, (out, alpha)


def elu_no_alpha(x, alpha=1.0):
    out = np.where(x > 0, x, np.expm1(np.minimum(0, x)))
    return out, (out, alpha)


def elu_no_brackets(x, alpha=1.0):
    out = np.where(x > 0, x, alpha * np.exp(np.minimum(0, x)) - 1)
    return out, (out, alpha)


def elu_caching_x(x, alpha=1.0):
    return elu_forward(x, alpha)[0], (x, alpha)


def elu_overflow(x, alpha=1.0):
    out = np.where(x > 0, x, alpha * (np.exp(x) - 1))
    return out, (out, alpha)


ELU_FORWARD = Exercise(
    "activations.elu_forward",
    points=2,
    minutes=4,
    returns=("out", "cache"),
    cases=elu_forward_cases,
    misconceptions=(
        Misconception(
            "alpha inside the exponential",
            elu_alpha_inside,
            "Your negative side always sinks to -1, whatever alpha is.\n"
            "It looks as if alpha changed how fast the curve falls, not how deep.\n"
            "Does alpha stand in the exponent or in front of the bracket?",
        ),
        Misconception(
            "the minus one is missing",
            elu_no_minus_one,
            "Your curve jumps at 0: just left of it you give alpha.\n"
            "ELU is one unbroken line. What must be taken off so that the negative side starts\n"
            "at 0?",
        ),
        Misconception(
            "alpha is not used",
            elu_no_alpha,
            "Your answer does not depend on alpha.\n"
            "Alpha is the depth to which the negative side sinks. Where does it enter?",
        ),
        Misconception(
            "brackets",
            elu_no_brackets,
            "With alpha = 1 you are right. With any other your curve jumps at 0.\n"
            "It looks as if alpha met only one of two terms.\n"
            "What does the formula multiply with alpha?",
        ),
        Misconception(
            "the input in the cache",
            elu_caching_x,
            "`out` is right, but the cache holds the input.\n"
            "ELU can be differentiated from its output, which saves an exponential.\n"
            "What pair does the text above ask for?",
        ),
        Misconception(
            "exponential of a large positive number",
            elu_overflow,
            "Your values are right. For large positive x NumPy warns of an overflow.\n"
            "Both branches are computed for every entry, also the exponential that is thrown\n"
            "away afterwards. Which numbers should it never get to see?",
        ),
    ),
    hints=(
        "Two branches, chosen entry by entry; `np.where` does that.",
        "`np.where` computes both branches everywhere. Give the exponential min(0, x) instead of "
        "x: on the negative side nothing changes.",
        "Negative side: alpha times the bracket (exponential of min(0, x), minus one); "
        "`np.expm1` gives this bracket at once. The cache is the pair of out and alpha.",
    ),
)


# elu_backward


def elu_backward_cases(rng: np.random.Generator) -> Iterator[Case]:
    alphas = rng.permutation([0.3, 0.5, 1.5, 2.0, 3.0])
    for (name, x), alpha in zip(inputs(rng), alphas, strict=True):
        cache = elu_forward(x, float(alpha))[1]
        yield Case(f"{name}, alpha {alpha:g}", (both_signs(rng, *x.shape), cache))
    yield Case(
        "very large inputs", (both_signs(rng, 1, 7), elu_forward(huge(rng), 1.5)[1]), extreme=True
    )


def elu_backward_no_alpha(dout, cache):
    out, _ = cache
    return np.where(out > 0, dout, dout * out)


def elu_backward_of_x(dout, cache):
    out, alpha = cache
    return np.where(out > 0, dout, dout * alpha * np.exp(np.minimum(0, out)))


def elu_backward_alpha_one(dout, cache):
    out, _ = cache
    return np.where(out > 0, dout, dout * (out + 1))


def elu_backward_alpha_twice(dout, cache):
    out, alpha = cache
    return np.where(out > 0, dout, dout * alpha * (out + alpha))


def elu_backward_one_at_zero(dout, cache):
    out, alpha = cache
    return np.where(out >= 0, dout, dout * (out + alpha))


def elu_backward_no_upstream(dout, cache):
    out, alpha = cache
    return np.where(out > 0, 1.0, out + alpha)


ELU_BACKWARD = Exercise(
    "activations.elu_backward",
    points=2,
    minutes=4,
    returns=("dx",),
    parents=("activations.elu_forward",),
    cases=elu_backward_cases,
    misconceptions=(
        Misconception(
            "alpha is missing",
            elu_backward_no_alpha,
            "On the negative side your local gradient is negative.\n"
            "ELU rises everywhere. An exponential is its own derivative, but ELU is an\n"
            "exponential from which a constant was taken. What has to be put back?",
        ),
        Misconception(
            "the output taken for the input",
            elu_backward_of_x,
            "On the negative side your local gradient never gets close to zero.\n"
            "It looks as if the exponential were applied to the output once more.\n"
            "What does the cache hold, and is an exponential needed at all?",
        ),
        Misconception(
            "alpha taken as 1",
            elu_backward_alpha_one,
            "With alpha = 1 you are right, with no other.\n"
            "Write the negative side as alpha exp(x) minus a constant. Which constant is it,\n"
            "and where do you find it?",
        ),
        Misconception(
            "alpha counted twice",
            elu_backward_alpha_twice,
            "On the negative side you are too large or too small by the factor alpha.\n"
            "The output already contains alpha as a factor. Is it needed a second time?",
        ),
        Misconception(
            "gradient 1 at zero",
            elu_backward_one_at_zero,
            "You differ only where the input is exactly 0: there you take the slope of the right\n"
            "side. Unless alpha is 1, ELU has a corner there, and the text above chooses a side.\n"
            "To which branch of the definition does x = 0 belong?",
            convention=True,
        ),
        Misconception(
            "the upstream gradient is missing",
            elu_backward_no_upstream,
            "Your answer does not depend on `dout`.\n"
            "You have the slope of ELU. What does the chain rule multiply it with?",
        ),
    ),
    hints=(
        "On the negative side out = alpha exp(x) - alpha. Differentiate that.",
        "The derivative is alpha exp(x). Compare with out: which of its two terms is that?",
        "Where out > 0 the answer is `dout`, elsewhere `dout` times (out plus alpha).",
    ),
)


# maxout_forward


def maxout_cases(rng: np.random.Generator) -> Iterator[tuple[str, tuple]]:
    def pieces(n, d, m, k):
        return both_signs(rng, n, d), both_signs(rng, k, d, m), both_signs(rng, k, m)

    yield "two pieces", pieces(6, 3, 4, 2)
    yield "three pieces", pieces(5, 4, 2, 3)
    yield "one example", pieces(1, 5, 3, 2)
    yield "one feature, one unit", pieces(4, 1, 1, 3)
    x, w, b = pieces(5, 2, 3, 2)
    w[0], b[0] = 0, 0
    yield "a piece that is zero: ReLU", (x, w, b)
    x, w, b = pieces(4, 2, 3, 2)
    yield "all pieces negative", (x, w, b - 30)


def maxout_forward_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, args in maxout_cases(rng):
        yield Case(name, args)
    x, w, b = both_signs(rng, 4, 3), both_signs(rng, 2, 3, 2), both_signs(rng, 2, 2)
    yield Case("very large inputs", (1e30 * x, w, b), extreme=True)


def scores_of(x, w, b):
    return x @ w + b[:, None, :]


def maxout_over_units(x, w, b):
    scores = scores_of(x, w, b)
    return scores.max(axis=2), (x, w, scores.argmax(axis=2))


def maxout_sum(x, w, b):
    scores = scores_of(x, w, b)
    return scores.sum(axis=0), (x, w, scores.argmax(axis=0))


def maxout_no_bias(x, w, b):
    return maxout_forward(x, w, 0 * b)


def maxout_with_relu(x, w, b):
    out, cache = maxout_forward(x, w, b)
    return np.maximum(0, out), cache


def maxout_of_size(x, w, b):
    scores = scores_of(x, w, b)
    winner = np.abs(scores).argmax(axis=0)
    return np.take_along_axis(scores, winner[None], axis=0)[0], (x, w, winner)


def maxout_smallest(x, w, b):
    scores = scores_of(x, w, b)
    return scores.min(axis=0), (x, w, scores.argmin(axis=0))


MAXOUT_FORWARD = Exercise(
    "activations.maxout_forward",
    points=2,
    minutes=5,
    returns=("out", "cache"),
    cases=maxout_forward_cases,
    misconceptions=(
        Misconception(
            "the wrong race",
            maxout_over_units,
            "Your output has a row for each piece, and the units are gone.\n"
            "It looks as if the units of one piece raced against each other.\n"
            "Who competes in a maxout unit?",
        ),
        Misconception(
            "pieces added",
            maxout_sum,
            "You add the pieces up.\n"
            "A sum of linear functions is linear: nothing bends any more.\n"
            "Which operation on the pieces gave this layer its name?",
        ),
        Misconception(
            "the biases are missing",
            maxout_no_bias,
            "Your answer does not depend on `b`.\n"
            "Without biases all pieces meet in the origin and the bend cannot move.\n"
            "Does the bias belong inside or outside the maximum?",
        ),
        Misconception(
            "ReLU on top",
            maxout_with_relu,
            "Your output is never negative.\n"
            "Maxout needs no ReLU after it: it bends by itself, wherever two pieces cross.\n"
            "What should come out when every piece is negative?",
        ),
        Misconception(
            "the largest size",
            maxout_of_size,
            "A strongly negative piece wins in your layer against a small positive one.\n"
            "Is the maximum about size or about value?",
        ),
        Misconception(
            "the smallest piece",
            maxout_smallest,
            "In your layer the smallest piece wins.\nWhich end of the order does the name ask for?",
        ),
    ),
    hints=(
        "First all pieces at once: an array of scores of shape (k, N, M).",
        "`x @ w` does the k matrix products in one go, because w has one more axis in front. "
        "The biases (k, M) need an axis for the examples.",
        "Then the maximum over the axis of the pieces, and `argmax` over the same axis for the "
        "winner. The cache is the triple of x, w and winner.",
    ),
)


# maxout_backward


def maxout_backward_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, args in maxout_cases(rng):
        out, cache = maxout_forward(*args)
        yield Case(name, (both_signs(rng, *out.shape), cache))


def maxout_gradients(dout, cache, dscores):
    x, w, _ = cache
    return (dscores @ w.transpose(0, 2, 1)).sum(axis=0), x.T @ dscores, dscores.sum(axis=1)


def won(cache):
    _, w, winner = cache
    return np.arange(len(w))[:, None, None] == winner


def maxout_backward_to_all(dout, cache):
    return maxout_gradients(dout, cache, np.broadcast_to(dout, won(cache).shape))


def maxout_backward_shared(dout, cache):
    share = dout / len(cache[1])
    return maxout_gradients(dout, cache, np.broadcast_to(share, won(cache).shape))


def maxout_backward_no_upstream(dout, cache):
    return maxout_gradients(dout, cache, won(cache).astype(dout.dtype))


def maxout_backward_all_weights(dout, cache):
    _, dw, db = maxout_gradients(dout, cache, dout * won(cache))
    return dout @ cache[1].sum(axis=0).T, dw, db


def maxout_backward_mean(dout, cache):
    dx, dw, db = maxout_gradients(dout, cache, dout * won(cache))
    return dx, dw / len(dout), db / len(dout)


def maxout_backward_bias_not_summed(dout, cache):
    dx, dw, _ = maxout_gradients(dout, cache, dout * won(cache))
    return dx, dw, dout * won(cache)


MAXOUT_BACKWARD = Exercise(
    "activations.maxout_backward",
    points=4,
    minutes=8,
    returns=("dx", "dw", "db"),
    parents=("activations.maxout_forward",),
    cases=maxout_backward_cases,
    misconceptions=(
        Misconception(
            "gradient to every piece",
            maxout_backward_to_all,
            "Every piece receives the full gradient in your answer, also the losers.\n"
            "A losing piece could have been a little larger or smaller without any effect.\n"
            "What is the derivative of the output on such a piece?",
        ),
        Misconception(
            "gradient shared among the pieces",
            maxout_backward_shared,
            "You give each piece an equal share of the gradient.\n"
            "That is the backward pass of a mean. In a maximum, which pieces did the output\n"
            "depend on?",
        ),
        Misconception(
            "the upstream gradient is missing",
            maxout_backward_no_upstream,
            "The right pieces take part, but your answer does not depend on `dout`.\n"
            "You have who won. How much gradient arrives for the winner to pass on?",
        ),
        Misconception(
            "dx through every piece",
            maxout_backward_all_weights,
            "`dw` and `db` are right. In `dx` the weights of all pieces take part.\n"
            "The gradient goes back the way the signal came.\n"
            "Through whose weights did the signal come?",
        ),
        Misconception(
            "mean instead of sum",
            maxout_backward_mean,
            "`dx` is right. `dw` and `db` are too small, by the number of examples as a factor.\n"
            "Nothing is averaged here: the loss took its mean already, and `dout` carries it.\n"
            "What does the chain rule do with several examples, add or average?",
        ),
        Misconception(
            "db is not summed",
            maxout_backward_bias_not_summed,
            "`dx` and `dw` are right. Your `db` still has an axis for the examples.\n"
            "One bias serves all examples. A gradient has the shape of its parameter.\n"
            "What has to be added up?",
        ),
    ),
    hints=(
        "Build dscores of shape (k, N, M): `dout` where the piece won, 0 where it lost.",
        "Who won? Compare the piece numbers 0 … k - 1, put on the first axis, with `winner`.",
        "Then each piece is a dense layer: dscores times w transposed (its last two axes), summed "
        "over the pieces, gives dx; x transposed times dscores gives dw; the sum over the "
        "examples gives db.",
    ),
)


EXERCISES = (
    SIGMOID_FORWARD,
    SIGMOID_BACKWARD,
    SAME_SIGN_FRACTION,
    TANH_BACKWARD,
    RELU_FORWARD,
    RELU_BACKWARD,
    DEAD_FRACTION,
    LEAKY_RELU_FORWARD,
    LEAKY_RELU_BACKWARD,
    PRELU_BACKWARD,
    ELU_FORWARD,
    ELU_BACKWARD,
    MAXOUT_FORWARD,
    MAXOUT_BACKWARD,
)

QUESTIONS = (
    Question(
        "activations.open_interval",
        r"A slide prints the range of the sigmoid as $[0, 1]$ and that of tanh as $[-1, 1]$. "
        r"Is there a number $x$ with $\sigma(x) = 1$ exactly?",
        choices=(
            Choice(
                "Yes: from some x on the curve has reached 1.",
                "It comes nearer and nearer. To reach 1, the exponential of -x would have to be 0. "
                "For which number is it?",
            ),
            Choice("No real x; yet from some x on a computer prints 1.0.", right=True),
            Choice(
                "No real x, and a computer never prints exactly 1.0 either.",
                "A float64 carries about 16 digits. What is left of 1 + 0.00000000000000001 after "
                "rounding?",
            ),
        ),
        why=r"The interval is open: $0 < \sigma(x) < 1$ and $-1 < \tanh x < 1$ for every real $x$. "
        r"In float64, $e^{-x}$ drops below the last digit of 1 at about $x = 37$. From there on "
        r"the computer stores exactly 1, and the local gradient exactly 0.",
    ),
    Question(
        "activations.sigmoid_gates",
        r"An upstream gradient of 1 arrives at a sigmoid. How much of it flows on to $x$, when "
        r"$x = -10$, when $x = 0$ and when $x = 10$? (Use $\sigma' = \sigma(1 - \sigma)$.)",
        choices=(
            Choice(
                "almost nothing, all of it, almost nothing",
                "The shape is right: flat, steep, flat. But how steep? Put the value of the "
                "sigmoid at 0 into the formula.",
            ),
            Choice(
                "almost nothing, a half, almost all of it",
                "These are the values of the sigmoid. The gradient needs its slope. How steep "
                "is it at 10?",
            ),
            Choice("almost nothing, a quarter, almost nothing", right=True),
            Choice(
                "almost nothing, a quarter, almost all of it",
                "At 10 the neuron is fully on. If x grows a little more, how much does the output "
                "change?",
            ),
        ),
        why=r"$\sigma'(\pm 10) = 4.54 \cdot 10^{-5}$ and $\sigma'(0) = 0.25$. Far from 0 the "
        r"sigmoid is a closed gate, on either side. At best it lets a quarter through.",
    ),
    Question(
        "activations.ten_sigmoids",
        r"Ten sigmoids in a row, each at its best place, $\sigma' = \frac14$, joined by weights "
        r"of 1. A gradient of 1 enters at the top. How much arrives at the bottom? (Two digits.)",
        number=Number(
            0.25**10,
            rel_tol=0.02,
            misreadings={
                0.5**10: "You multiplied ten halves. A half is the value of the sigmoid at 0; "
                "a gradient meets its slope.",
                2.5: "You added ten quarters. Along a chain the chain rule multiplies.",
                0.025: "You divided one quarter by ten. Each of the ten gates takes its own "
                "share of what is left.",
                0.25**9: "You passed nine gates. There are ten.",
            },
        ),
        why=r"$0.25^{10} = 9.5 \cdot 10^{-7}$: a millionth, in the best case. This is the "
        r"vanishing gradient.",
    ),
    Question(
        "activations.one_sign",
        r"All inputs $x_i$ of a neuron are positive. Take one example. What do you know about its "
        r"gradient on $w$?",
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
    ),
    Question(
        "activations.centred_chance",
        r"Now the 10 inputs are centred: each is as often negative as positive. For what share of "
        r"the examples does the gradient on $w$ still have one sign only, if the 10 signs fall "
        r"like coins?",
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
    ),
    Question(
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
    ),
    Question(
        "activations.tanh_slope",
        r"$\tanh x = 2\,\sigma(2x) - 1$. The sigmoid's slope is at most $\frac14$. What is the "
        r"largest slope of tanh?",
        number=Number(
            1.0,
            misreadings={
                0.25: "That is the sigmoid's. The 2 in front and the 2x inside both change it.",
                0.5: "One factor of 2 is in. The chain rule brings a second one. Where from?",
                2.0: "Too large by a factor of 2. Go through the factors one by one: the 2 in "
                "front, the 2 inside, the sigmoid's slope at 0.",
            },
        ),
        why=r"$\tanh' x = 2 \cdot 2\,\sigma'(2x) \le 4 \cdot \frac14 = 1$, reached at $x = 0$. "
        r"Near zero tanh lets the whole gradient through, four times as much as the sigmoid.",
    ),
    Question(
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
    ),
    Question(
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
    ),
    Question(
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
    ),
    Question(
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
    ),
    Question(
        "activations.leaky_slope",
        r"Three slides define leaky ReLU: $\max(0.1x, x)$; $\max(0.01x, x)$; and $\max(ax, x)$ "
        r"with $a \ne 1$. For which $a$ does $\max(ax, x)$ give $x$ for positive and $ax$ for "
        r"negative inputs?",
        choices=(
            Choice(
                r"every $a \ne 1$",
                r"Try a = 2 at x = 1: what is max(2, 1)? And what should a leaky ReLU give?",
            ),
            Choice(r"every $a > 0$", r"Try a = 2 at x = 1: is the maximum x or ax?"),
            Choice(r"every $a < 1$", right=True),
            Choice(
                r"only $a = 0.01$",
                "A hundredth is a custom. Try a = 0.1 at x = 1 and x = -1: which term is larger?",
            ),
        ),
        why=r"$ax < x$ for positive $x$ needs $a < 1$; then $ax > x$ for negative $x$. So the "
        r"slope is a parameter with $0 \le a < 1$; our default is 0.01.",
    ),
    Question(
        "activations.leaky_mean",
        r"A slide calls leaky ReLU 'roughly zero-centred'. Test it: what is its mean on "
        r"$z \sim \mathcal N(0, 1)$, with the slope $a = 0.01$? (The positive half gives "
        r"$1/\sqrt{2\pi} = 0.3989$. What does the negative half add? Give three digits.)",
        number=Number(
            0.99 / ROOT_2PI,
            rel_tol=0.003,
            misreadings={
                0.0: "That is what the slide says. The positive half adds 0.3989. Does the leak "
                "balance that?",
                1 / ROOT_2PI: "That is ReLU. The leak adds a little. Of which sign?",
                1.01 / ROOT_2PI: "What the leak adds has the right size. Which sign do the outputs "
                "of the negative half have?",
                0.9 / ROOT_2PI: "That is the mean for the slope 0.1. Here it is 0.01.",
            },
        ),
        why=r"$(1 - a)/\sqrt{2\pi} = 0.395$: hardly less than ReLU's 0.399. Even $a = 0.1$ gives "
        r"0.359. Only a large slope centres, and with $a = 1$ nothing bends any more.",
    ),
    Question(
        "activations.elu_smooth",
        r"ELU is $x$ on the right and $\alpha(e^x - 1)$ on the left. It never jumps. For which "
        r"$\alpha$ does its *slope* not jump at 0 either?",
        number=Number(
            1.0,
            misreadings={
                0.0: "With alpha = 0 it is ReLU, whose slope jumps from left to right.",
                0.5: "Differentiate the left branch and let x go to 0. What remains?",
                float(np.e): "Differentiate the left branch. How large is its exponential at 0?",
            },
        ),
        why=r"The left slope at 0 is $\alpha e^0 = \alpha$, the right one is 1. That is why "
        r"$\alpha = 1$ is the usual choice.",
    ),
    Question(
        "activations.maxout_parameters",
        r"A maxout layer with $k = 2$ pieces has 3 inputs and 2 units. How many parameters is "
        r"that, weights and biases together?",
        number=Number(
            16,
            rel_tol=1e-6,
            misreadings={
                8: "That is one dense layer. How many linear pieces does each unit have?",
                12: "These are the weights. Each piece of each unit has a bias too.",
                14: "The weights are doubled. The biases are, too.",
                10: "The biases are doubled. The weights are, too.",
                9: "Weights and biases are shared nowhere: each piece of each unit has its own. "
                "How many linear pieces does the layer have in all?",
            },
        ),
        why=r"$k\,(D M + M) = 2 \cdot (3 \cdot 2 + 2) = 16$, twice a dense layer. That is the "
        r"price of maxout.",
    ),
)
