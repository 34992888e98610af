"""Lecture 04: how weights start, and what the start does to a deep network."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from grader import drivers
from grader.exercise import (
    Case,
    Choice,
    Exercise,
    Misconception,
    Number,
    Question,
    Rng,
    Tolerance,
)
from utils.activations import act, act_grad
from utils.initialization import deep_forward, orthogonal

LECTURE = "04_initialization"

# They would give an exercise away: a uniform draw is one of another spread, scaled.
WITHHOLD = ("initialization.he_uniform", "networks.init_two_layer_model")

# Statistics of 60,000 weights. Between two right draws the variance differs by 0.8 % (one standard
# deviation), the kurtosis by 0.9 %, the share of positive weights by 0.6 %: 7 % is more than seven
# of these, and a misconception misses by 15 % or more.
OF_MANY_WEIGHTS = Tolerance(rtol=0.07, atol=0.0)
DRAWN = ("w", "statistics", "behaviour")


def seed(rng: np.random.Generator) -> Rng:
    return Rng(int(rng.integers(1 << 30)))


def both_signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.3 and 1.5 in size, half of them negative, in random places."""
    size = int(np.prod(shape))
    signs = np.where(np.arange(size) % 2, 1.0, -1.0)
    return (rng.permutation(signs) * rng.uniform(0.3, 1.5, size)).reshape(shape)


# n_distinct_units


def n_distinct_units_cases(rng: np.random.Generator) -> Iterator[Case]:
    def units(fan_in, n):
        """Different columns: multiples of 1/8 with the largest weight 1."""
        while True:
            w = rng.integers(-7, 8, (fan_in, n)) / 8
            w[rng.integers(fan_in), 0] = 1
            if np.unique(w, axis=1).shape[1] == n:
                return w

    w = units(4, 3)
    yield Case("five units, two of them copies", (w[:, [0, 1, 0, 2, 1]],))
    yield Case("one weight for all", (np.full((3, 4), 0.125),))
    w = units(2, 3)
    yield Case("the mirror image and the double of a unit", (np.stack([w[:, 0], -w[:, 0]], 1),))
    yield Case("more units than inputs", (np.concatenate([w, -w[:, :1], w / 2], axis=1),))
    yield Case("a unit that lies above another", (np.stack([w[:, 0], w[:, 0] + 0.5], 1),))
    w = units(5, 4)[:, [0, 1, 2, 3, 2, 0]]
    yield Case("copies up to rounding", (w * (1 + 1e-10 * rng.standard_normal(w.shape)),))
    w = -(1 + units(4, 4)[:, [0, 1, 2, 1, 3]]) / 2
    w = w * (1 + 1e-10 * rng.standard_normal(w.shape))
    yield Case("negative weights, copies up to rounding", (w,))
    yield Case("tiny weights", (1e-8 * units(4, 3)[:, [0, 1, 2, 0]],))
    w = units(3, 3)[:, [2, 0, 1, 2]] + 1e-5 * rng.uniform(-1, 1, (3, 4))
    yield Case("a coarse tolerance", (w,), {"tol": 1e-3})
    yield Case("one unit", (units(4, 1),))
    yield Case("weights of zero", (np.zeros((3, 4)),), extreme=True)


def _distinct(w, tol):
    distance = np.abs(w[:, :, None] - w[:, None, :]).max(axis=0)
    earlier = np.tril(distance <= tol, -1)
    return int((~earlier.any(axis=1)).sum())


def distinct_rows(w, *, tol=1e-6):
    return _distinct(w.T, tol * np.abs(w).max(initial=0))


def distinct_by_rank(w, *, tol=1e-6):
    return int(np.linalg.matrix_rank(w, tol=tol * np.abs(w).max(initial=0) * 10))


def distinct_exactly(w, *, tol=1e-6):
    return np.unique(w, axis=1).shape[1]


def distinct_absolute(w, *, tol=1e-6):
    return _distinct(w, tol)


def distinct_neighbours(w, *, tol=1e-6):
    jumps = np.abs(np.diff(w, axis=1)).max(axis=0) > tol * np.abs(w).max(initial=0)
    return 1 + int(jumps.sum())


def distinct_numbers(w, *, tol=1e-6):
    return _distinct(w.reshape(1, -1), tol * np.abs(w).max(initial=0))


N_DISTINCT_UNITS = Exercise(
    "initialization.n_distinct_units",
    points=2,
    minutes=5,
    returns=("number",),
    cases=n_distinct_units_cases,
    misconceptions=(
        Misconception(
            "rows instead of units",
            distinct_rows,
            "You compare the rows of w.\n"
            "A row holds what all units do with one input. The weights of one unit stand below\n"
            "each other. Along which axis does the number of units lie?",
        ),
        Misconception(
            "the rank",
            distinct_by_rank,
            "You count the directions that the columns span.\n"
            "A unit with twice the weights of another one adds no direction, but after a bend it\n"
            "answers differently. When exactly do two units always give the same answer?",
        ),
        Misconception(
            "no room for rounding",
            distinct_exactly,
            "Columns that differ in their last digits count as different for you.\n"
            "Equal units may add up the same terms in another order, and part by rounding alone.\n"
            "How large a difference do the instructions still call the same?",
        ),
        Misconception(
            "a tolerance that does not know the scale",
            distinct_absolute,
            "For ordinary weights you are right; for a layer of tiny weights all units look the\n"
            "same to you.\n"
            "What is the tolerance multiplied with before it is compared with a difference?",
        ),
        Misconception(
            "only neighbours compared",
            distinct_neighbours,
            "You miss copies that do not stand side by side.\n"
            "A unit may have been seen anywhere to its left. With which columns do you have to\n"
            "compare it?",
        ),
        Misconception(
            "numbers instead of units",
            distinct_numbers,
            "You count the different numbers in the matrix.\n"
            "A unit is a whole column. Two of them differ as soon as one of their weights does.\n"
            "What do you have to compare, then?",
        ),
    ),
    hints=(
        "Go through the columns from left to right and ask of each: have I met it before?",
        "Two columns are the same when their largest absolute difference is at most the "
        "tolerance times the largest absolute weight of the whole layer.",
        "Keep the columns met so far. A new one counts if its distance to every one of them is "
        "above that bound.",
    ),
)


# small_normal


def small_normal_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three inputs, two units", (3, 2, seed(rng)), {"scale": 0.5})
    yield Case("300 inputs, 200 units, the default scale", (300, 200, seed(rng)))
    yield Case("large weights", (200, 300, seed(rng)), {"scale": 4.0})
    yield Case("weights of size one", (240, 250, seed(rng)), {"scale": 1.0})
    yield Case("one unit", (4, 1, seed(rng)))
    yield Case("float32", (3, 4, seed(rng)), {"dtype": "float32"}, extreme=True)


def small_variance(fan_in, fan_out, *, scale=0.01, rng, dtype=np.float64):
    return (np.sqrt(scale) * rng.standard_normal((fan_in, fan_out))).astype(dtype)


def small_uniform(fan_in, fan_out, *, scale=0.01, rng, dtype=np.float64):
    return rng.uniform(-scale, scale, (fan_in, fan_out)).astype(dtype)


def small_positive(fan_in, fan_out, *, scale=0.01, rng, dtype=np.float64):
    return (scale * rng.random((fan_in, fan_out))).astype(dtype)


def small_one_column(fan_in, fan_out, *, scale=0.01, rng, dtype=np.float64):
    column = scale * rng.standard_normal((fan_in, 1))
    return (column * np.ones((1, fan_out))).astype(dtype)


def small_turned(fan_in, fan_out, *, scale=0.01, rng, dtype=np.float64):
    return (scale * rng.standard_normal((fan_out, fan_in))).astype(dtype)


def small_own_generator(fan_in, fan_out, *, scale=0.01, rng, dtype=np.float64):
    return (scale * np.random.default_rng(0).standard_normal((fan_in, fan_out))).astype(dtype)


SMALL_NORMAL = Exercise(
    "initialization.small_normal",
    points=1,
    minutes=3,
    returns=DRAWN,
    driver=drivers.draw,
    tolerance=OF_MANY_WEIGHTS,
    cases=small_normal_cases,
    misconceptions=(
        Misconception(
            "scale taken for the variance",
            small_variance,
            "With scale 1 you are right; otherwise the spread of your weights is off.\n"
            "It looks as if `scale` were taken for the variance and a root drawn from it.\n"
            "What happens to the standard deviation of a number when it is multiplied by scale?",
        ),
        Misconception(
            "uniform instead of normal",
            small_uniform,
            "Your weights fill an interval evenly and stop at its ends. (Their kurtosis tells: it\n"
            "measures how far the rarest numbers reach, and is near 3 for normal ones.)\n"
            "Which method of the generator draws standard normal numbers?",
        ),
        Misconception(
            "only positive weights",
            small_positive,
            "All your weights are positive.\n"
            "Then all units of a layer answer alike, and their sums grow with the width.\n"
            "Around which number should the weights lie?",
        ),
        Misconception(
            "the same weights for every unit",
            small_one_column,
            "Each unit has the same column of weights.\n"
            "That is the symmetry the random numbers are to break.\n"
            "How many numbers do you have to draw, and how many did you draw?",
        ),
        Misconception(
            "rows and columns turned",
            small_turned,
            "Your matrix has a row for each unit.\n"
            "Here a layer computes x @ w, with one example in each row of x.\n"
            "How many rows must w have for this product to exist?",
        ),
        Misconception(
            "a generator of its own",
            small_own_generator,
            "A second call gives the same weights once more, and the `rng` passed in is not used.\n"
            "Then two layers of one shape start out equal.\n"
            "Whose random numbers should the function take?",
        ),
    ),
    hints=(
        "`rng` is a NumPy generator: it has a method for standard normal numbers that takes a "
        "shape.",
        "Draw an array of shape (fan_in, fan_out), multiply it by `scale`, convert it with "
        "`.astype(dtype)`.",
    ),
)


# deep_forward


def net(rng: np.random.Generator, *sizes: int) -> list[np.ndarray]:
    """Weights of a deep network whose signals neither vanish nor explode."""
    return [both_signs(rng, m, n) / np.sqrt(m) for m, n in pairwise(sizes)]


def deep_forward_cases(rng: np.random.Generator) -> Iterator[Case]:
    x = both_signs(rng, 5, 3)
    yield Case("three layers of tanh", (x, net(rng, 3, 4, 3, 2)))
    yield Case("ReLU", (both_signs(rng, 5, 4), net(rng, 4, 6, 5)), {"activation": "relu"})
    yield Case("sigmoid", (both_signs(rng, 3, 2), net(rng, 2, 3, 2)), {"activation": "sigmoid"})
    yield Case("square layers", (both_signs(rng, 4, 3), net(rng, 3, 3, 3)))
    yield Case("one example, one layer", (both_signs(rng, 1, 3), net(rng, 3, 2)))
    yield Case("no layer at all", (both_signs(rng, 2, 3), []), extreme=True)
    large = [1e2 * w for w in net(rng, 3, 4, 2)]
    yield Case("very large weights", (both_signs(rng, 2, 3), large), extreme=True)


def deep_without_input(x, weights, *, activation="tanh"):
    hs, cached = deep_forward(x, weights, activation=activation)
    return hs[1:], (hs[1:], *cached[1:])


def deep_keeping_z(x, weights, *, activation="tanh"):
    _, (_, zs, *rest) = deep_forward(x, weights, activation=activation)
    return [x, *zs], ([x, *zs], zs, *rest)


def deep_linear_end(x, weights, *, activation="tanh"):
    hs, zs = [x], []
    for layer, w in enumerate(weights, 1):
        zs.append(hs[-1] @ w)
        hs.append(zs[-1] if layer == len(weights) else act(activation, zs[-1]))
    return hs, (hs, zs, weights, activation)


def deep_always_tanh(x, weights, *, activation="tanh"):
    hs, cached = deep_forward(x, weights, activation="tanh")
    return hs, (*cached[:3], activation)


def deep_bend_first(x, weights, *, activation="tanh"):
    hs, zs = [x], []
    for w in weights:
        zs.append(act(activation, hs[-1]) @ w)
        hs.append(zs[-1])
    return hs, (hs, zs, weights, activation)


def deep_linear(x, weights, *, activation="tanh"):
    hs = [x]
    for w in weights:
        hs.append(hs[-1] @ w)
    return hs, (hs, hs[1:], weights, activation)


def deep_from_x(x, weights, *, activation="tanh"):
    hs, (_, _, *rest) = deep_forward(x, weights, activation=activation)
    return hs, (hs, hs[1:], *rest)


DEEP_FORWARD = Exercise(
    "initialization.deep_forward",
    points=2,
    minutes=5,
    returns=("hs", "cache"),
    cases=deep_forward_cases,
    misconceptions=(
        Misconception(
            "the input is missing",
            deep_without_input,
            "Your list has one array for each layer.\n"
            "The backward pass needs what went into the first layer, too.\n"
            "With what does the list begin before any layer has worked?",
        ),
        Misconception(
            "the sums kept instead of the outputs",
            deep_keeping_z,
            "Your `hs` holds what stands before the activation.\n"
            "The next layer, and our statistics, see what comes after it.\n"
            "Which of the two belongs in `hs`, and which in `zs`?",
        ),
        Misconception(
            "a linear last layer",
            deep_linear_end,
            "All layers agree but the last: yours does not bend there.\n"
            "A classifier ends like that. This network is nothing but hidden layers.\n"
            "What does the first line of the instructions say about each layer?",
        ),
        Misconception(
            "tanh whatever was asked",
            deep_always_tanh,
            "With tanh you are right; with another activation you still give tanh.\n"
            "Which argument carries the name, and which function of the setup cell takes a name?",
        ),
        Misconception(
            "bent before the product",
            deep_bend_first,
            "You bend first and multiply afterwards, so that the last output can leave the range\n"
            "of its activation.\n"
            "In which order do the two steps of a layer come?",
        ),
        Misconception(
            "no activation",
            deep_linear,
            "Your layers multiply and do nothing else.\n"
            "Without a bend ten layers are one layer.\n"
            "What happens to the product before it is passed on?",
        ),
        Misconception(
            "outputs in place of the sums",
            deep_from_x,
            "`hs` is right. In the cache `zs` holds the outputs once more.\n"
            "The backward pass asks for the slope of the activation at its input.\n"
            "What was the input of the activation?",
        ),
    ),
    hints=(
        "Two lists grow side by side: the outputs, which begin with x, and the sums before the "
        "activation, which begin empty.",
        "In each layer: the last output times the layer's weights gives the sum; `act(activation, "
        "sum)` gives the next output.",
    ),
)


# layer_stats


def layer_stats_cases(rng: np.random.Generator) -> Iterator[Case]:
    def layer(n, units):
        return both_signs(rng, n, units) + rng.uniform(0.3, 2, units) * [1, -2, 3, 4][:units]

    yield Case("three layers", ([layer(4, 3), layer(4, 2), layer(4, 4)],))
    yield Case("one layer", ([layer(6, 2)],))
    yield Case("three numbers at a time", ([layer(1, 3)[0] for _ in range(4)],))
    yield Case("shrinking layers", ([layer(3, 4) * 0.01**i for i in range(3)],))
    yield Case("one example", ([layer(1, 3), layer(1, 2)],))
    yield Case("a layer that is silent", ([np.zeros((3, 2)), layer(3, 2)],), extreme=True)


def _stats(hs, second):
    return np.array([(h.mean(), second(h)) for h in hs], dtype=hs[0].dtype)


def stats_variance(hs):
    return _stats(hs, np.var)


def stats_rms(hs):
    return _stats(hs, lambda h: np.sqrt((h**2).mean()))


def stats_sample(hs):
    return _stats(hs, lambda h: h.std(ddof=1))


def stats_by_unit(hs):
    return _stats(hs, lambda h: h.std(axis=0).mean())


def stats_turned(hs):
    return _stats(hs, np.std).T


def stats_swapped(hs):
    return _stats(hs, np.std)[:, ::-1].copy()


def stats_without_first(hs):
    return _stats(hs, np.std)[1:]


LAYER_STATS = Exercise(
    "initialization.layer_stats",
    points=1,
    minutes=3,
    returns=("stats",),
    cases=layer_stats_cases,
    misconceptions=(
        Misconception(
            "the variance",
            stats_variance,
            "Your second column is the square of what is asked for.\n"
            "That is the variance. The printed tables show a quantity with the unit of the\n"
            "activations themselves. How do you get from the one to the other?",
        ),
        Misconception(
            "the mean is not subtracted",
            stats_rms,
            "Where a layer's mean is far from zero your second column is too large.\n"
            "It looks like the root of the mean square. That is a good measure, but another one.\n"
            "What does a standard deviation measure distances from?",
        ),
        Misconception(
            "divided by one less",
            stats_sample,
            "Your second column is slightly too large, most for small layers.\n"
            "You estimate the spread of a population from a sample. Here the numbers are all\n"
            "there is. By how many do you divide then?",
        ),
        Misconception(
            "unit by unit",
            stats_by_unit,
            "You take the spread of each unit over the examples and then average.\n"
            "That leaves out how the units differ from each other.\n"
            "Of how many numbers does one row of the table give the standard deviation?",
        ),
        Misconception(
            "a column for each layer",
            stats_turned,
            "Your table has a column for each layer.\n"
            "The instructions ask for the shape (layers, 2). What stands in a row?",
        ),
        Misconception(
            "columns exchanged",
            stats_swapped,
            "The numbers are right, and their columns are exchanged.\n"
            "Which of the two comes first in a row?",
        ),
        Misconception(
            "the first array left out",
            stats_without_first,
            "One row is missing: the first array of the list has none.\n"
            "The function does not know that it may be the input. How many rows does a list of\n"
            "n arrays get?",
        ),
    ),
    hints=(
        "Each array gives one row: the mean of all its numbers, and their standard deviation.",
        "Arrays have methods for both. Collect the pairs in a list and make it an array of the "
        "dtype of the first one.",
    ),
)


# deep_backward


def deep_backward_cases(rng: np.random.Generator) -> Iterator[Case]:
    def case(name, n, sizes, activation, **options):
        x = both_signs(rng, n, sizes[0])
        _, cache = deep_forward(x, net(rng, *sizes), activation=activation)
        return Case(name, (both_signs(rng, n, sizes[-1]), cache), **options)

    yield case("three layers of tanh", 5, (3, 4, 2, 3), "tanh")
    yield case("ReLU", 6, (4, 5, 6), "relu")
    yield case("sigmoid", 3, (2, 4, 2), "sigmoid")
    yield case("square layers", 4, (3, 3, 3, 3), "tanh")
    yield case("one example, one layer", 1, (3, 2), "tanh")
    yield case("one unit in the middle", 4, (3, 1, 2), "tanh")


def _backward(dout, cache, *, local=None, dw=None, flow=None):
    hs, zs, weights, activation = cache
    local = local or (lambda z, h: act_grad(activation, z))
    dw = dw or (lambda h, dz: h.T @ dz)
    flow = flow or (lambda dz, dh, w: dz @ w.T)
    dhs, dws = [dout], []
    for h, z, out, w in zip(hs[-2::-1], zs[::-1], hs[:0:-1], weights[::-1], strict=True):
        dz = dhs[0] * local(z, out)
        dws.insert(0, dw(h, dz))
        dhs.insert(0, flow(dz, dhs[0], w))
    return dhs, dws


def backward_without_gate(dout, cache):
    return _backward(dout, cache, local=lambda z, h: np.ones_like(z))


def backward_gate_at_output(dout, cache):
    return _backward(dout, cache, local=lambda z, h: act_grad(cache[3], h))


def backward_always_tanh(dout, cache):
    return _backward(dout, cache, local=lambda z, h: 1 - h**2)


def backward_passes_dh(dout, cache):
    return _backward(dout, cache, flow=lambda dz, dh, w: dh @ w.T)


def backward_mean(dout, cache):
    return _backward(dout, cache, dw=lambda h, dz: h.T @ dz / len(h))


def backward_reversed(dout, cache):
    dhs, dws = _backward(dout, cache)
    return dhs[::-1], dws[::-1]


def backward_without_dout(dout, cache):
    dhs, dws = _backward(dout, cache)
    return dhs[:-1], dws


DEEP_BACKWARD = Exercise(
    "initialization.deep_backward",
    points=3,
    minutes=8,
    returns=("dhs", "dws"),
    parents=("initialization.deep_forward",),
    cases=deep_backward_cases,
    misconceptions=(
        Misconception(
            "the gate is missing",
            backward_without_gate,
            "Your gradient goes straight through the activation.\n"
            "Every layer bends on the way forward, so on the way back every layer has a gate.\n"
            "What does the chain rule multiply `dh` with before the weights see it?",
        ),
        Misconception(
            "the slope at the output",
            backward_gate_at_output,
            "With ReLU you are right; with tanh and sigmoid your gates are open by wrong amounts.\n"
            "You take the slope at the layer's output, but the activation met something else.\n"
            "Which list of the cache holds its inputs?",
        ),
        Misconception(
            "the slope of tanh for all",
            backward_always_tanh,
            "With tanh you are right, with ReLU and sigmoid you are not.\n"
            "The cache ends with the name of the activation.\n"
            "Which function of the setup cell gives the slope for a name?",
        ),
        Misconception(
            "the closed gate is passed by",
            backward_passes_dh,
            "The gradients on the last layer's weights are right; what flows down is too large.\n"
            "You send `dh` through the weights without its gate.\n"
            "Is it the output of the activation that was multiplied by w, or its input?",
        ),
        Misconception(
            "weight gradients divided by the batch",
            backward_mean,
            "`dhs` is right, and your `dws` are too small, by the number of examples as a factor.\n"
            "If the loss is a mean, the division is already in `dout`.\n"
            "What does the chain rule do over the examples that share a weight?",
        ),
        Misconception(
            "last layer first",
            backward_reversed,
            "The arrays are right and stand in the order in which you met them.\n"
            "The lists should go like `hs` and `weights`. At which end do you add a new one?",
        ),
        Misconception(
            "dout is missing",
            backward_without_dout,
            "`dhs` has one gradient for each layer's input and none for the last output.\n"
            "It should match `hs`, array by array.\n"
            "What is the gradient on the last array of `hs`?",
        ),
    ),
    hints=(
        "Walk through the layers from the last to the first. You carry one thing along: the "
        "gradient on the output of the layer you are in.",
        "In each layer three lines: through the gate, `dz = dh * slope at z`; to the weights, "
        "the layer's input transposed times dz; to the layer below, dz times w transposed.",
        "The input of layer l is hs[l], if you count layers from 0; its sum is zs[l], its "
        "weights are weights[l]. Put new gradients at the front of their lists.",
    ),
)


# backward_growth


def backward_growth_cases(rng: np.random.Generator) -> Iterator[Case]:
    def layer(n, fan_in, fan_out, size):
        w = size * rng.standard_normal((fan_in, fan_out))
        return w - w.mean()  # then Var(w) and E[w^2] are one number

    def slopes(n, units, open_share):
        return np.where(rng.random((n, units)) < open_share, rng.uniform(0.3, 1, (n, units)), 1e-3)

    yield Case("half of the gates open", (layer(0, 30, 40, 0.3), slopes(20, 40, 0.5)))
    yield Case("few gates open, large weights", (layer(0, 60, 25, 1.0), slopes(30, 25, 0.1)))
    yield Case("all gates open", (layer(0, 20, 50, 0.1), np.ones((10, 50))))
    yield Case("a narrow layer", (layer(0, 200, 10, 0.2), slopes(50, 10, 0.7)))
    yield Case("all gates closed", (layer(0, 20, 30, 1.0), np.zeros((5, 30))), extreme=True)


def growth_fan_in(w, local):
    return float(np.sqrt(w.shape[0] * w.var() * (local**2).mean()))


def growth_mean_slope(w, local):
    return float(np.sqrt(w.shape[1] * w.var()) * local.mean())


def growth_no_root(w, local):
    return float(w.shape[1] * w.var() * (local**2).mean())


def growth_no_gate(w, local):
    return float(np.sqrt(w.shape[1] * w.var()))


def growth_no_width(w, local):
    return float(np.sqrt(w.var() * (local**2).mean()))


def growth_std_inside(w, local):
    return float(np.sqrt(w.shape[1] * w.std() * (local**2).mean()))


BACKWARD_GROWTH = Exercise(
    "initialization.backward_growth",
    points=2,
    minutes=4,
    returns=("factor",),
    parents=("initialization.deep_backward",),
    cases=backward_growth_cases,
    tolerance=Tolerance(rtol=0.01),  # whether the variance divides by n or n - 1 is not the point
    misconceptions=(
        Misconception(
            "the fan-in",
            growth_fan_in,
            "For square layers you would be right. You count the inputs of the layer.\n"
            "On the way back an input collects one term from each unit that it feeds.\n"
            "How many are these?",
        ),
        Misconception(
            "the mean slope",
            growth_mean_slope,
            "Where gates differ your factor is too small.\n"
            "You average the slopes and square afterwards. A few open gates then count for less\n"
            "than they let through. Of what do you need the mean?",
        ),
        Misconception(
            "the factor of the variance",
            growth_no_root,
            "You give the factor of the mean square.\n"
            "The question is about the rms, which has the unit of the gradient itself.\n"
            "What is still to be done?",
        ),
        Misconception(
            "the gates are forgotten",
            growth_no_gate,
            "Your factor does not depend on `local`.\n"
            "A closed gate stops what goes through it, whatever the weights are.\n"
            "Which average of the slopes belongs under the root?",
        ),
        Misconception(
            "the width is forgotten",
            growth_no_width,
            "Your factor does not know how many units the layer has.\n"
            "The gradient on an input is a sum. What happens to its variance when it has twice\n"
            "as many independent terms?",
        ),
        Misconception(
            "std in place of the variance",
            growth_std_inside,
            "Doubling all weights should double the factor; yours grows by less.\n"
            "Which measure of the weights stands under the root?",
        ),
    ),
    hints=(
        "The gradient on one input is the sum, over the units it feeds, of upstream times slope "
        "times weight. Take the variance of that sum.",
        "Number of terms, times variance of a weight, times mean of the squared slopes; the root "
        "of the product. w has a column for each unit.",
    ),
)


# var_product


def var_product_cases(rng: np.random.Generator) -> Iterator[Case]:
    def spread():
        return tuple(rng.uniform(0.5, 3, 2))

    (a, b), (c, d) = spread(), spread()
    yield Case("both means away from zero", (1 + a, b, -1 - c, d))
    yield Case("mean of x only", (-1 - b, a, 0.0, d))
    yield Case("mean of w only", (0.0, c, 1 + d, a))
    yield Case("both means zero", (0.0, 1 + a, 0.0, b))
    yield Case("a fixed weight", (1 + a, b, 1 + c, 0.0))
    yield Case("fixed numbers", (2.0, 0.0, 3.0, 0.0))


def var_of_zero_means(mean_x, var_x, mean_w, var_w):
    return var_x * var_w


def var_second_moment(mean_x, var_x, mean_w, var_w):
    return (var_x + mean_x**2) * (var_w + mean_w**2)


def var_without_last(mean_x, var_x, mean_w, var_w):
    return mean_x**2 * var_w + mean_w**2 * var_x


def var_unsquared(mean_x, var_x, mean_w, var_w):
    return abs(mean_x) * var_w + abs(mean_w) * var_x + var_x * var_w


def var_own_means(mean_x, var_x, mean_w, var_w):
    return mean_x**2 * var_x + mean_w**2 * var_w + var_x * var_w


def var_added(mean_x, var_x, mean_w, var_w):
    return var_x + var_w


VAR_PRODUCT = Exercise(
    "initialization.var_product",
    points=1,
    minutes=3,
    returns=("variance",),
    cases=var_product_cases,
    misconceptions=(
        Misconception(
            "as if the means were zero",
            var_of_zero_means,
            "With both means zero you are right; otherwise you are too small.\n"
            "A weight that varies multiplies the mean of x as well.\n"
            "Which two terms does that add?",
        ),
        Misconception(
            "the mean square",
            var_second_moment,
            "Two fixed numbers have a fixed product, and you give it a variance.\n"
            "What you compute is the mean of the squared product.\n"
            "What has to be subtracted to get from there to the variance?",
        ),
        Misconception(
            "the last term is missing",
            var_without_last,
            "With both means zero you say that the product does not vary.\n"
            "Think of two coins that show +1 or -1: what can their product be?",
        ),
        Misconception(
            "means not squared",
            var_unsquared,
            "Your terms have the right partners but the wrong size.\n"
            "If w is multiplied by a fixed number a, by what is its variance multiplied?",
        ),
        Misconception(
            "each mean with its own variance",
            var_own_means,
            "You multiply the mean of x with the variance of x.\n"
            "Hold x fixed at its mean and let w vary: whose variance does the product then show?",
        ),
        Misconception(
            "the variance of a sum",
            var_added,
            "You add the two variances. That is right for the sum x + w.\n"
            "What is the variance of the product when w is the fixed number 2?",
        ),
    ),
    hints=(
        "Var(xw) is the mean of the squared product minus the square of its mean. x and w are "
        "independent: the mean of a product of them is the product of the means.",
        "The mean of x² is Var(x) plus the squared mean of x; the same for w. Multiply the two "
        "brackets, and subtract (mean of x times mean of w)².",
    ),
)


# xavier_normal


def xavier_normal_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three inputs, two units", (3, 2, seed(rng)))
    yield Case("many inputs, few units", (600, 100, seed(rng)))
    yield Case("few inputs, many units", (100, 600, seed(rng)), {"mode": "in"})
    yield Case("for the gradient", (600, 100, seed(rng)), {"mode": "out"})
    yield Case("the compromise", (100, 600, seed(rng)), {"mode": "average"})
    yield Case("an unknown mode", (3, 2, seed(rng)), {"mode": "fan_in"}, extreme=True)
    yield Case("float32", (3, 4, seed(rng)), {"dtype": "float32"}, extreme=True)


def _fans(fan_in, fan_out, mode):
    fans = {"in": fan_in, "out": fan_out, "average": (fan_in + fan_out) / 2}
    if mode not in fans:
        raise ValueError(mode)
    return fans[mode]


def _normal(fan_in, fan_out, std, rng, dtype):
    return (std * rng.standard_normal((fan_in, fan_out))).astype(dtype)


def xavier_no_root(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    return _normal(fan_in, fan_out, 1 / _fans(fan_in, fan_out, mode), rng, dtype)


def xavier_multiplied(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    return _normal(fan_in, fan_out, np.sqrt(_fans(fan_in, fan_out, mode)), rng, dtype)


def xavier_fans_swapped(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    return _normal(fan_in, fan_out, 1 / np.sqrt(_fans(fan_out, fan_in, mode)), rng, dtype)


def xavier_sum(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    n = fan_in + fan_out if mode == "average" else _fans(fan_in, fan_out, mode)
    return _normal(fan_in, fan_out, 1 / np.sqrt(n), rng, dtype)


def xavier_average_of_stds(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    std = 1 / np.sqrt(_fans(fan_in, fan_out, mode))
    if mode == "average":
        std = (1 / np.sqrt(fan_in) + 1 / np.sqrt(fan_out)) / 2
    return _normal(fan_in, fan_out, std, rng, dtype)


def xavier_ignoring_mode(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    return _normal(fan_in, fan_out, 1 / np.sqrt(fan_in), rng, dtype)


def xavier_as_he(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    return _normal(fan_in, fan_out, np.sqrt(2 / _fans(fan_in, fan_out, mode)), rng, dtype)


XAVIER_NORMAL = Exercise(
    "initialization.xavier_normal",
    points=2,
    minutes=4,
    returns=DRAWN,
    driver=drivers.draw,
    tolerance=OF_MANY_WEIGHTS,
    parents=("initialization.small_normal",),
    cases=xavier_normal_cases,
    misconceptions=(
        Misconception(
            "the variance as a factor",
            xavier_no_root,
            "Your weights are too small, the more so the wider the layer.\n"
            "1/n is the variance that the weights should have.\n"
            "Which factor in front of N(0, 1) gives this variance?",
        ),
        Misconception(
            "multiplied instead of divided",
            xavier_multiplied,
            "Your weights grow with the width of the layer.\n"
            "A unit with more inputs adds up more terms. Should each of its weights then be\n"
            "larger or smaller?",
        ),
        Misconception(
            "the two fans exchanged",
            xavier_fans_swapped,
            'The mode "average" is right; "in" and "out" are exchanged.\n'
            "The forward signal of one unit is a sum over its inputs.\n"
            "Which fan counts these?",
        ),
        Misconception(
            "the sum of the fans",
            xavier_sum,
            'Only the mode "average" is off, and there your weights are too small.\n'
            "For a square layer all three modes have to agree. Do yours?",
        ),
        Misconception(
            "the average of the two answers",
            xavier_average_of_stds,
            'Only the mode "average" is off. You average the two standard deviations.\n'
            "It is the fans that are averaged here. What is n in this mode?",
        ),
        Misconception(
            "the mode is not used",
            xavier_ignoring_mode,
            'Every mode gives the same spread, that of "in", and an unknown mode passes.\n'
            "What should n be for each of the three, and what should happen for a fourth?",
        ),
        Misconception(
            "the factor for ReLU",
            xavier_as_he,
            "The variance of your weights is twice what is asked for.\n"
            "That suits a layer that throws half of its signal away, as you will see later.\n"
            "What does a linear layer need?",
        ),
    ),
    hints=(
        "First find n: a dict from the mode's name to a number does it, and tells you whether "
        "the name is known.",
        "Multiplying N(0, 1) by a makes the variance a². Which a gives 1/n?",
        "Draw standard normal numbers of shape (fan_in, fan_out), divide by the root of n, "
        "convert with `.astype(dtype)`.",
    ),
)


# he_normal


def he_normal_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three inputs, two units", (3, 2, seed(rng)))
    yield Case("ReLU, many inputs", (600, 100, seed(rng)))
    yield Case("ReLU, many units", (100, 600, seed(rng)))
    yield Case("leaky ReLU with slope 0.5", (300, 200, seed(rng)), {"slope": 0.5})
    yield Case("no bend at all, slope 1", (200, 300, seed(rng)), {"slope": 1.0})
    yield Case("float32", (3, 4, seed(rng)), {"dtype": "float32"}, extreme=True)


def he_misprint(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    w = rng.standard_normal((fan_in, fan_out)) / np.sqrt(2 / ((1 + slope**2) * fan_in))
    return w.astype(dtype)


def he_no_root(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    return _normal(fan_in, fan_out, 2 / ((1 + slope**2) * fan_in), rng, dtype)


def he_as_xavier(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    return _normal(fan_in, fan_out, 1 / np.sqrt((1 + slope**2) * fan_in), rng, dtype)


def he_without_slope(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    return _normal(fan_in, fan_out, np.sqrt(2 / fan_in), rng, dtype)


def he_fan_out(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    return _normal(fan_in, fan_out, np.sqrt(2 / ((1 + slope**2) * fan_out)), rng, dtype)


def he_slope_unsquared(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    return _normal(fan_in, fan_out, np.sqrt(2 / ((1 + slope) * fan_in)), rng, dtype)


def he_slope_upside_down(fan_in, fan_out, *, slope=0.0, rng, dtype=np.float64):
    return _normal(fan_in, fan_out, np.sqrt(2 * (1 + slope**2) / fan_in), rng, dtype)


HE_NORMAL = Exercise(
    "initialization.he_normal",
    points=2,
    minutes=3,
    returns=DRAWN,
    driver=drivers.draw,
    tolerance=OF_MANY_WEIGHTS,
    parents=("initialization.xavier_normal",),
    cases=he_normal_cases,
    misconceptions=(
        Misconception(
            "the line from the slide",
            he_misprint,
            "Your weights are far larger than 1, and larger the wider the layer is.\n"
            "The line on the slide does just that, and ten such layers explode.\n"
            "Should the root of 2 / fan_in stand above or below the fraction bar?",
        ),
        Misconception(
            "the variance as a factor",
            he_no_root,
            "Your weights are too small, the more so the wider the layer.\n"
            "The fraction is the variance of the weights.\n"
            "With which factor does N(0, 1) get this variance?",
        ),
        Misconception(
            "Xavier without the 2",
            he_as_xavier,
            "The variance of your weights is half of what it should be.\n"
            "After ReLU half of the mean square is gone; ten layers keep less than a thousandth.\n"
            "What pays it back?",
        ),
        Misconception(
            "the slope is not used",
            he_without_slope,
            "For ReLU you are right. A leaky ReLU throws less away: its weights can be smaller.\n"
            "With slope 1 nothing is thrown away. Which rule should come out then?",
        ),
        Misconception(
            "the fan-out",
            he_fan_out,
            "Your spread follows the number of units.\n"
            "A unit adds up the signals of its inputs. Which fan counts these?",
        ),
        Misconception(
            "the slope is not squared",
            he_slope_unsquared,
            "For ReLU and for slope 1 you are right, in between you are too small.\n"
            "The rule keeps the mean square. What does a slope of one half do to the square of a\n"
            "number that passes it?",
        ),
        Misconception(
            "the slope on the wrong side",
            he_slope_upside_down,
            "The steeper the negative side, the larger your weights.\n"
            "A steeper side lets more through. Should the weights then be larger or smaller?",
        ),
    ),
    hints=(
        "Leave the slope aside at first. The variance is 2 / fan_in; what is the standard "
        "deviation, and how do you give N(0, 1) that standard deviation?",
        "The slope: a leaky ReLU keeps the share (1 + slope²) / 2 of the mean square. One over "
        "this share takes the place of the 2.",
    ),
)


# xavier_uniform


def xavier_uniform_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three inputs, two units", (3, 2, seed(rng)))
    yield Case("many inputs, few units", (600, 100, seed(rng)))
    yield Case("Glorot's compromise", (100, 600, seed(rng)), {"mode": "average"})
    yield Case("for the gradient", (600, 100, seed(rng)), {"mode": "out"})
    yield Case("a square layer", (250, 250, seed(rng)), {"mode": "average"})
    yield Case("an unknown mode", (3, 2, seed(rng)), {"mode": "fan_avg"}, extreme=True)
    yield Case("float32", (3, 4, seed(rng)), {"dtype": "float32"}, extreme=True)


def _uniform(fan_in, fan_out, limit, rng, dtype):
    return rng.uniform(-limit, limit, (fan_in, fan_out)).astype(dtype)


def glorot_misprint(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    n = _fans(fan_in, fan_out, mode)
    limit = 6 / np.sqrt(fan_in + fan_out) if mode == "average" else np.sqrt(3 / n)
    return _uniform(fan_in, fan_out, limit, rng, dtype)


def glorot_root_below(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    return _uniform(fan_in, fan_out, 3 / np.sqrt(_fans(fan_in, fan_out, mode)), rng, dtype)


def glorot_without_3(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    return _uniform(fan_in, fan_out, 1 / np.sqrt(_fans(fan_in, fan_out, mode)), rng, dtype)


def glorot_half(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    limit = np.sqrt(3 / _fans(fan_in, fan_out, mode))
    return rng.uniform(0, limit, (fan_in, fan_out)).astype(dtype)


def glorot_width(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    limit = np.sqrt(3 / _fans(fan_in, fan_out, mode)) / 2
    return _uniform(fan_in, fan_out, limit, rng, dtype)


def glorot_sum(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    n = fan_in + fan_out if mode == "average" else _fans(fan_in, fan_out, mode)
    return _uniform(fan_in, fan_out, np.sqrt(3 / n), rng, dtype)


def glorot_six(fan_in, fan_out, *, mode="in", rng, dtype=np.float64):
    return _uniform(fan_in, fan_out, np.sqrt(6 / _fans(fan_in, fan_out, mode)), rng, dtype)


XAVIER_UNIFORM = Exercise(
    "initialization.xavier_uniform",
    points=2,
    minutes=4,
    returns=(*DRAWN, "largest"),
    driver=drivers.draw_within,
    tolerance=OF_MANY_WEIGHTS,
    parents=("initialization.xavier_normal",),
    cases=xavier_uniform_cases,
    misconceptions=(
        Misconception(
            "the limit from the slide",
            glorot_misprint,
            '"in" and "out" are right. In the mode "average" your weights reach too far, and\n'
            "their variance is several times too large.\n"
            "How far does the root in the formula of the slide reach, and how far should it?",
        ),
        Misconception(
            "root of the denominator only",
            glorot_root_below,
            "Your interval is too wide in every mode, by the same factor.\n"
            "The variance of U(-a, a) is a²/3. Square your limit and divide by 3: is that 1/n?",
        ),
        Misconception(
            "the limit taken for the standard deviation",
            glorot_without_3,
            "Your interval is too narrow: its ends are one standard deviation away.\n"
            "Evenly spread numbers lie inside the limit, so their standard deviation is smaller\n"
            "than the limit. By which factor?",
        ),
        Misconception(
            "only positive weights",
            glorot_half,
            "All your weights are positive.\n"
            "Between which two numbers should they lie, if their mean is to be zero?",
        ),
        Misconception(
            "the limit taken for the width",
            glorot_width,
            "Your interval is half as wide as it should be.\n"
            "The limit a is the distance from zero to an end. How wide is the interval then?",
        ),
        Misconception(
            "the sum of the fans",
            glorot_sum,
            'Only the mode "average" is off, and there your interval is too narrow.\n'
            "What is n in this mode? Try a square layer: all modes have to agree.",
        ),
        Misconception(
            "the 6 with a single fan",
            glorot_six,
            "Your interval is too wide in every mode: the variance is twice what it should be.\n"
            "The 6 of Glorot's formula stands over the sum of two fans.\n"
            "What becomes of it when n is one fan, or the mean of two?",
        ),
    ),
    hints=(
        "Which limit a gives the variance 1/n? Begin with: the variance of U(-a, a) is a²/3.",
        "a is the root of 3/n, all of it under the root. n depends on the mode as before.",
        "`rng.uniform(low, high, shape)` draws from an interval.",
    ),
)


# orthogonal


def orthogonal_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("a square layer", (5, 5, seed(rng)))
    yield Case("more inputs than units", (7, 4, seed(rng)), {"gain": 1.5})
    yield Case("more units than inputs", (3, 6, seed(rng)), {"gain": 0.5})
    yield Case("for ReLU", (20, 20, seed(rng)), {"gain": 2**0.5})
    yield Case("one unit", (4, 1, seed(rng)), {"gain": 2.0})
    yield Case("200 small matrices", (2, 2, seed(rng)), {"draws": 200}, extreme=True)
    yield Case("200 single numbers", (1, 1, seed(rng)), {"draws": 200}, extreme=True)
    yield Case("float32", (4, 3, seed(rng)), {"dtype": "float32"}, extreme=True)


def _q(fan_in, fan_out, rng):
    tall = rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out)))
    q, r = np.linalg.qr(tall)
    q = q * np.where(np.diag(r) < 0, -1, 1)
    return q if fan_in >= fan_out else q.T


def orthogonal_without_gain(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    return _q(fan_in, fan_out, rng).astype(dtype)


def orthogonal_gain_squared(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    return (gain**2 * _q(fan_in, fan_out, rng)).astype(dtype)


def orthogonal_only_unit_length(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    w = rng.standard_normal((fan_in, fan_out))
    return (gain * w / np.linalg.norm(w, axis=0)).astype(dtype)


def orthogonal_wide_cut(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    q, r = np.linalg.qr(rng.standard_normal((fan_in, fan_out)))
    return (gain * q * np.where(np.diag(r) < 0, -1, 1)).astype(dtype)


def orthogonal_signs_of_qr(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    tall = rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out)))
    q, _ = np.linalg.qr(tall)
    return (gain * (q if fan_in >= fan_out else q.T)).astype(dtype)


def orthogonal_scaled(fan_in, fan_out, *, gain=1.0, rng, dtype=np.float64):
    return (gain / np.sqrt(fan_in) * _q(fan_in, fan_out, rng)).astype(dtype)


ORTHOGONAL = Exercise(
    "initialization.orthogonal",
    points=3,
    minutes=6,
    returns=("w", "products", "behaviour"),
    driver=drivers.draw_orthogonal,
    tolerance=Tolerance(rtol=1e-3, atol=1e-4),
    cases=orthogonal_cases,
    misconceptions=(
        Misconception(
            "the gain is missing",
            orthogonal_without_gain,
            "Your columns are orthogonal, and all of them have length 1.\n"
            "Which length should a column have?",
        ),
        Misconception(
            "the gain twice",
            orthogonal_gain_squared,
            "Your columns are orthogonal, and their length is off wherever the gain is not 1.\n"
            "The products w.T @ w show the square of the gain, not the weights themselves.\n"
            "How often does the gain stand in w?",
        ),
        Misconception(
            "unit length, but not orthogonal",
            orthogonal_only_unit_length,
            "Each column has the right length, but two columns still overlap.\n"
            "Random directions are only roughly at right angles.\n"
            "Which decomposition makes them exactly so?",
        ),
        Misconception(
            "a wide layer is cut off",
            orthogonal_wide_cut,
            "With more units than inputs your matrix comes out too narrow.\n"
            "There cannot be more orthogonal columns than a column has entries.\n"
            "Which sides of a wide matrix can be orthogonal instead, and how do you get it from a\n"
            "tall one?",
        ),
        Misconception(
            "the signs that QR happens to give",
            orthogonal_signs_of_qr,
            "Your matrices are orthogonal. But w[0, 0] has the same sign in every draw.\n"
            "QR fixes the signs of Q by a habit of its own, so that at least half of all matrices\n"
            "never come. Where in R do you see which columns it turned?",
        ),
        Misconception(
            "divided by the root of the width as well",
            orthogonal_scaled,
            "Your columns are orthogonal but too short, the more so the wider the layer is.\n"
            "A column of n numbers with variance 1/n already has a length near 1.\n"
            "Is there anything left to divide by?",
        ),
    ),
    hints=(
        "`np.linalg.qr` of a random matrix gives Q and R; the columns of Q are orthogonal and of "
        "length 1.",
        "It works for tall matrices. For a wide one draw the tall one, and turn Q at the end.",
        "Multiply each column of Q by the sign of its entry on R's diagonal; then everything by "
        "the gain.",
    ),
)


# sparse


def sparse_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("two of five inputs", (5, 4, seed(rng)), {"k": 2})
    yield Case("100 of 300 inputs", (300, 600, seed(rng)), {"k": 100})
    yield Case("80 of 200 inputs, smaller weights", (200, 500, seed(rng)), {"k": 80, "scale": 0.2})
    yield Case("15 of 500 inputs", (500, 60, seed(rng)), {"k": 15})
    yield Case("every input", (4, 3, seed(rng)), {"k": 4})
    yield Case("more than there are", (3, 2, seed(rng)), {"k": 4}, extreme=True)
    yield Case("float32", (6, 3, seed(rng)), {"k": 2, "dtype": "float32"}, extreme=True)


def _sparse(fan_in, fan_out, k, scale, rng, dtype, choose):
    if not 0 <= k <= fan_in:
        raise ValueError(k)
    w = np.zeros((fan_in, fan_out))
    for unit in range(fan_out):
        rows = choose(unit)
        w[rows, unit] = scale * rng.standard_normal(np.size(rows))
    return w.astype(dtype)


def sparse_same_inputs(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    if not 0 <= k <= fan_in:
        raise ValueError(k)
    chosen = rng.choice(fan_in, size=k, replace=False)
    return _sparse(fan_in, fan_out, k, scale, rng, dtype, lambda unit: chosen)


def sparse_first_inputs(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    return _sparse(fan_in, fan_out, k, scale, rng, dtype, lambda unit: np.arange(k))


def sparse_replaced(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    if not 0 <= k <= fan_in:
        raise ValueError(k)
    return _sparse(fan_in, fan_out, k, scale, rng, dtype, lambda unit: rng.choice(fan_in, size=k))


def sparse_coins(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    if not 0 <= k <= fan_in:
        raise ValueError(k)
    w = scale * rng.standard_normal((fan_in, fan_out))
    return (w * (rng.random((fan_in, fan_out)) < k / fan_in)).astype(dtype)


def sparse_by_row(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    if not 0 <= k <= fan_in:
        raise ValueError(k)
    w = np.zeros((fan_in, fan_out))
    for row in range(fan_in):
        chosen = rng.choice(fan_out, size=min(k, fan_out), replace=False)
        w[row, chosen] = scale * rng.standard_normal(len(chosen))
    return w.astype(dtype)


def sparse_zeros(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    return _sparse(
        fan_in,
        fan_out,
        k,
        scale,
        rng,
        dtype,
        lambda unit: rng.choice(fan_in, size=fan_in - k, replace=False),
    )


def sparse_rescaled(fan_in, fan_out, *, k=15, scale=1.0, rng, dtype=np.float64):
    return _sparse(
        fan_in,
        fan_out,
        k,
        scale / np.sqrt(max(k, 1)),
        rng,
        dtype,
        lambda unit: rng.choice(fan_in, size=k, replace=False),
    )


SPARSE = Exercise(
    "initialization.sparse",
    points=2,
    minutes=5,
    returns=("w", "found", "repeatable"),
    driver=drivers.draw_sparse,
    tolerance=OF_MANY_WEIGHTS,
    parents=("initialization.small_normal",),
    cases=sparse_cases,
    misconceptions=(
        Misconception(
            "all units listen to the same inputs",
            sparse_same_inputs,
            "Each unit has k weights, and all units have them at the same inputs.\n"
            "The other inputs are heard by nobody.\n"
            "How often do you draw which inputs a unit listens to?",
        ),
        Misconception(
            "the first k inputs",
            sparse_first_inputs,
            "Each unit listens to the first k inputs, and the others are heard by nobody.\n"
            "What decides which inputs a unit listens to?",
        ),
        Misconception(
            "the same input drawn twice",
            sparse_replaced,
            "Some units have fewer than k weights.\n"
            "When an input is drawn a second time, its weight is only written over.\n"
            "How do you draw k different ones?",
        ),
        Misconception(
            "k on average",
            sparse_coins,
            "Your units have k weights on average, some more, some fewer.\n"
            "A coin for each weight cannot promise a number. What is it that you should draw k of?",
        ),
        Misconception(
            "k weights in each row",
            sparse_by_row,
            "You choose k units for each input.\n"
            "Each unit should choose k of its inputs. Does a unit's choice fill a row of w or a\n"
            "column?",
        ),
        Misconception(
            "k zeros",
            sparse_zeros,
            "You set k weights of each unit to zero and keep the others.\n"
            "Which of the two groups has k members?",
        ),
        Misconception(
            "rescaled by the root of k",
            sparse_rescaled,
            "Your weights sit in the right places and are smaller than `scale` says.\n"
            "To divide by the root of k is a good idea: then a signal keeps its variance. But it\n"
            "is left to the caller here. What is the standard deviation of a weight to be?",
            convention=True,
        ),
    ),
    hints=(
        "Start with a matrix of zeros and go through the units, that is through the columns.",
        "For each unit draw k different row numbers: `rng.choice` can do it without replacement.",
        "Put k fresh normal numbers times `scale` at these rows of the column. Before all that, "
        "refuse a k that is negative or above fan_in.",
    ),
)


# lsuv


def lsuv_cases(rng: np.random.Generator) -> Iterator[Case]:
    def wild(*sizes):
        """Weights whose outputs vary far too much and far too little in turn."""
        drawn = np.random.default_rng(rng.integers(1 << 30))
        factors = (6, 0.1, 4, 0.2)
        return [
            factor * (orthogonal(m, n, rng=drawn) + 0.2)
            for m, n, factor in zip(sizes, sizes[1:], factors, strict=False)
        ]

    def batch(n, d):
        return both_signs(rng, n, d) + 0.5

    yield Case("three layers of tanh", (wild(3, 5, 4, 3), batch(12, 3)))
    yield Case("ReLU", (wild(4, 6, 5), batch(12, 4)), {"activation": "relu"})
    yield Case("sigmoid", (wild(3, 4, 5), batch(10, 3)), {"activation": "sigmoid"})
    x, (w, v) = batch(10, 4), wild(4, 3, 3)
    w = w * 1.15 / np.std(x @ w)
    yield Case("a first layer that is good enough", ([w, v], x), {"tol": 0.5})
    yield Case("one layer, two examples", (wild(3, 2), batch(2, 3)))
    yield Case("no division allowed", (wild(3, 4), batch(8, 3)), {"max_iter": 0}, extreme=True)
    yield Case("inputs of zero", (wild(3, 2), np.zeros((4, 3))), extreme=True)


def _lsuv(weights, x, activation, tol, max_iter, *, spread=None, divide=None, onward=None):
    spread = spread or (lambda z, w: np.var(z))
    divide = divide or (lambda w, variance: w / np.sqrt(variance))
    scaled, h = [], x
    for layer, w in enumerate(weights, 1):
        original = w
        for _ in range(max_iter):
            variance = spread(h @ w, w)
            if np.all(variance == 0):
                raise ValueError(layer)
            if np.all(np.abs(variance - 1) <= tol):
                break
            w = divide(w, variance)
        scaled.append(w)
        h = (onward or (lambda h, w, original: act(activation, h @ w)))(h, w, original)
    return scaled


def lsuv_after(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    def spread(z, w):
        return np.var(act(activation, z))

    return _lsuv(weights, x, activation, tol, max_iter, spread=spread)


def lsuv_not_sequential(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    def onward(h, w, original):
        return act(activation, h @ original)

    return _lsuv(weights, x, activation, tol, max_iter, onward=onward)


def lsuv_by_variance(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    def once(w, variance):
        return w / variance

    return _lsuv(weights, x, activation, tol, min(max_iter, 1), divide=once)


def lsuv_rms(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    return _lsuv(weights, x, activation, tol, max_iter, spread=lambda z, w: (z**2).mean())


def lsuv_by_unit(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    return _lsuv(weights, x, activation, tol, max_iter, spread=lambda z, w: z.var(axis=0))


def lsuv_linear(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    return _lsuv(weights, x, activation, tol, max_iter, onward=lambda h, w, original: h @ w)


def lsuv_of_weights(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    return _lsuv(weights, x, activation, tol, max_iter, spread=lambda z, w: np.var(w))


def lsuv_always(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    return _lsuv(weights, x, activation, 1e-12, max_iter)


LSUV = Exercise(
    "initialization.lsuv",
    points=3,
    minutes=7,
    returns=("weights",),
    parents=("initialization.deep_forward",),
    cases=lsuv_cases,
    misconceptions=(
        Misconception(
            "measured after the activation",
            lsuv_after,
            "You try to make the variance after the activation 1.\n"
            "tanh cannot get there: its outputs lie between -1 and 1.\n"
            "At which point of a layer do the instructions measure?",
        ),
        Misconception(
            "the layers below as they were",
            lsuv_not_sequential,
            "Your first layer is right. Then you measure with inputs that the rescaled network\n"
            "will never see.\n"
            "With which weights does the signal reach the second layer?",
        ),
        Misconception(
            "divided by the variance",
            lsuv_by_variance,
            "After your division the variance is not 1 but one over what it was.\n"
            "Dividing w by c divides the variance by which power of c?",
        ),
        Misconception(
            "the mean is not subtracted",
            lsuv_rms,
            "You make the mean square 1. It is larger than the variance where a layer's mean is\n"
            "not zero, as after ReLU.\n"
            "From where does a variance measure distances?",
        ),
        Misconception(
            "each unit by itself",
            lsuv_by_unit,
            "You give every unit its own factor.\n"
            "That also works, but it bends an orthogonal matrix out of shape. Over which numbers\n"
            "is the variance taken here, and how many factors does a layer get?",
        ),
        Misconception(
            "the activation left out between layers",
            lsuv_linear,
            "Your first layer is right. What you pass to the second has not been bent.\n"
            "What does a layer hand on to the next?",
        ),
        Misconception(
            "the variance of the weights",
            lsuv_of_weights,
            "Your factors do not depend on the data.\n"
            "It is the output of a layer on this batch that should have variance 1, not its\n"
            "weights. What do you have to compute before you can measure it?",
        ),
        Misconception(
            "divided although it is good enough",
            lsuv_always,
            "You rescale a layer whose variance is within `tol` of 1.\n"
            "What do the instructions say about such a layer?",
        ),
    ),
    hints=(
        "Carry the signal along: h starts as x, and after each layer it is what the rescaled "
        "layer makes of it.",
        "In each layer: look at the variance of h @ w over all its numbers; done when it is near "
        "1; otherwise divide w by its root and look again.",
        "A variance of exactly 0 cannot be mended: raise ValueError. Never write into the "
        "matrices you were given: make new ones.",
    ),
)


EXERCISES = (
    N_DISTINCT_UNITS,
    SMALL_NORMAL,
    DEEP_FORWARD,
    LAYER_STATS,
    DEEP_BACKWARD,
    BACKWARD_GROWTH,
    VAR_PRODUCT,
    XAVIER_NORMAL,
    HE_NORMAL,
    XAVIER_UNIFORM,
    ORTHOGONAL,
    SPARSE,
    LSUV,
)


QUESTIONS = (
    Question(
        "initialization.constant_start",
        "All weights of a network start at the same constant, say 0.1. Gradient descent runs for "
        "as long as you like. What do the units of one hidden layer do?",
        choices=(
            Choice(
                "They start equal and soon specialise: the data differ.",
                "Every unit sees the same data through the same weights. In which quantity could "
                "two of them differ after the first step?",
            ),
            Choice(
                "They stay exactly equal to each other, but they do learn: the layer works like "
                "one unit.",
                right=True,
            ),
            Choice(
                "Nothing moves: the gradient is zero.",
                "That is the start from zeros. With 0.1 a unit passes something on. Which "
                "gradient does it get?",
            ),
            Choice(
                "They stay equal until the learning rate is large enough to shake them apart.",
                "Equal weights minus lr times equal gradients: what is that for any lr?",
            ),
        ),
        why="Equal weights give equal outputs, and equal outgoing weights give equal gradients. So "
        "the weights are equal after the step as well, and after every step. What breaks the "
        "symmetry is noise in the start.",
    ),
    Question(
        "initialization.zero_start",
        "Now the constant is 0: all weights and biases of a network with ReLU or tanh are zero. "
        "Which parameters change in the first step?",
        choices=(
            Choice(
                "all of them, in equal steps",
                "The gradient on a weight is the input of its layer times what comes from above. "
                "What are these two in a hidden layer?",
            ),
            Choice(
                "the weights of the first layer: only there the inputs are not zero",
                "The inputs are not zero, but what comes down from above? It has to pass the "
                "weights of the second layer.",
            ),
            Choice(
                "the weights of the last layer: they sit next to the loss",
                "Their gradient is what the layer below sends up, times the error. What does a "
                "hidden layer of zeros send?",
            ),
            Choice("the biases of the last layer only", right=True),
        ),
        why="Hidden outputs are 0, so the last weights get no gradient; the last weights are 0, so "
        "nothing flows down. Only the output bias moves, and it learns how frequent each class is. "
        "This does not change in any later step.",
    ),
    Question(
        "initialization.grows",
        "A slide says of $W = a \\cdot \\mathcal N(0, 1)$: “for large $a$ the weights grow "
        "strongly, for small $a$ they fade.” What is it that grows or fades in a deep network, "
        "before any training?",
        choices=(
            Choice(
                "the weights, from step to step",
                "No step has been made yet. The weights are what they were drawn as.",
            ),
            Choice(
                "the signals and the gradients, from layer to layer",
                right=True,
            ),
            Choice(
                "the weights, from layer to layer",
                "Each layer is drawn with the same a. Do the weights of layer 10 differ in size "
                "from those of layer 1?",
            ),
            Choice(
                "the loss, from step to step",
                "It may, later. The question is about the network as it starts.",
            ),
        ),
        why="Every layer multiplies the signal by about the same factor. Ten layers make it the "
        "tenth power. The weights themselves stand still.",
    ),
    Question(
        "initialization.dimension",
        "The code of the experiment begins with the comment “assume some unit gaussian 10-D input "
        "data”, and then draws `D = randn(1000, 500)`. How many numbers does one example have?",
        number=Number(
            500,
            rel_tol=1e-6,
            misreadings={
                10: "So says the comment. The network has ten layers. What does the array say?",
                1000: "That is the number of rows. What does a row stand for?",
                500000: "That is the whole array: all examples together.",
            },
        ),
        why="1000 examples in rows, 500 numbers each. Believe the array, not the comment. (`D` is "
        "both the data and a dimension in that code; we write `x`.)",
    ),
    Question(
        "initialization.small_factor",
        r"Weights $0.01 \cdot \mathcal N(0, 1)$, 500 units a layer. A signal of small independent "
        r"numbers with standard deviation $s$ goes into a layer; for small numbers tanh does "
        r"nothing. By which factor is the standard deviation multiplied? (Three digits.)",
        number=Number(
            0.01 * np.sqrt(500),
            rel_tol=0.01,
            misreadings={
                0.01: "That is one product. A unit adds 500 of them.",
                5.0: "You added the sizes of 500 products. They have random signs: what adds up "
                "is their variance.",
                0.05: "That is the factor of the variance. The question asks for the standard "
                "deviation.",
                0.1: "The variance is multiplied by 500 times 0.0001. What is the root of that?",
            },
        ),
        why=r"The variance is multiplied by $500 \cdot 0.01^2 = 0.05$, the standard deviation by "
        r"$0.01\sqrt{500} = 0.2236$. Ten layers leave $0.2236^{10} = 3 \cdot 10^{-7}$.",
    ),
    Question(
        "initialization.small_gradients",
        r"The same network, $0.01 \cdot \mathcal N(0, 1)$ and tanh. A gradient of size 1 arrives "
        r"at the top. What do the gradients on the *weights* look like? (Hint from the slide: "
        r"think of the backward pass of a $W \cdot X$ gate, $dW = X^\top dY$ and $dX = "
        r"dY\,W^\top$.)",
        choices=(
            Choice(
                "healthy in the last layer, vanishing towards the first",
                "So does dY. But dW has a second factor: what is X in the last layer?",
            ),
            Choice(
                "healthy in the first layer, vanishing towards the last",
                "So does X. But dW has a second factor: what is left of dY in the first layer?",
            ),
            Choice("tiny in all layers, and about equally tiny", right=True),
            Choice(
                "healthy in all layers: near zero the slope of tanh is 1",
                "The gates are open, right. But what else is the gradient multiplied with?",
            ),
        ),
        why="Going up, X shrinks by 0.2236 a layer; going down, dY shrinks by 0.2236 a layer. "
        "Their product is the same everywhere: about 0.2236 to the ninth, over the root of the "
        "number of examples.",
    ),
    Question(
        "initialization.saturated_gradients",
        r"Now $1.0 \cdot \mathcal N(0, 1)$. Nine of ten units are saturated, $|h| > 0.99$: their "
        r"gates are shut. A gradient of size 1 arrives at the top. How large is it below ten such "
        r"layers?",
        choices=(
            Choice(
                "zero, or nearly: the gates are shut",
                "Nine of ten are. What goes through the tenth gate meets weights of size 1, and "
                "500 units add up. Which is stronger, what the gates take or what the sum adds?",
            ),
            Choice(
                "a tenth per layer, so about 1e-10",
                "That would be the share of open gates alone, with weights that neither add nor "
                "amplify. How large is a sum over 500 units with weights of size 1?",
            ),
            Choice(
                "about as large as it was",
                "Gates and weights would have to cancel. The weights alone enlarge a gradient by "
                "the root of 500, about 22. Do the gates take as much?",
            ),
            Choice("more than a hundred thousand times as large", right=True),
        ),
        why=r"The factor per layer is $\sqrt{500\,\mathrm E[\tanh'^2]} \approx 3.5$. Few gates "
        r"are open, but the weights behind them are large. The signal is saturated, the gradient "
        r"is sparse, and it explodes.",
    ),
    Question(
        "initialization.why_sum",
        r"**Step 1.** $\mathrm{Var}\bigl(\sum_i x_i w_i\bigr) = \sum_i \mathrm{Var}(x_i w_i)$. "
        r"Which assumption allows this?",
        choices=(
            Choice(
                "none: the variance of a sum is always the sum of the variances",
                "Take twice the same number: its variance is four times, not twice, that of one.",
            ),
            Choice(
                r"The weights have mean zero and are independent of each other and of the $x_i$, "
                r"so the products are uncorrelated.",
                right=True,
            ),
            Choice(
                r"The $x_i$ are independent of each other.",
                "Nice to have, but pixels are not, and the outputs of a layer are not either. "
                "Which randomness do we control?",
            ),
            Choice(
                r"The $x_i$ are normally distributed.",
                "No shape of a distribution is used anywhere, only means and variances.",
            ),
        ),
        why=r"$\mathrm{Cov}(x_i w_i, x_j w_j) = \mathrm E[x_i x_j]\,\mathrm E[w_i]\,\mathrm "
        r"E[w_j] = 0$ for $i \ne j$. The inputs may depend on each other as they like.",
    ),
    Question(
        "initialization.which_vanish",
        r"**Step 2.** $\mathrm{Var}(x_i w_i) = \mathrm E[x_i]^2\,\mathrm{Var}(w_i) + \mathrm "
        r"E[w_i]^2\,\mathrm{Var}(x_i) + \mathrm{Var}(x_i)\,\mathrm{Var}(w_i)$. The weights have "
        r"mean zero. The inputs come from a ReLU layer. Which terms are left?",
        choices=(
            Choice(
                "the last one only",
                "That needs both means to be zero. What is the mean of what ReLU gives out?",
            ),
            Choice("the first and the last", right=True),
            Choice(
                "the second and the last",
                "The second has the squared mean of the weights as a factor. How large is it?",
            ),
            Choice("all three", "One of them has a factor that is zero. Which mean is zero?"),
        ),
        why=r"The two that are left add up to $\mathrm{Var}(w)\,\bigl(\mathrm{Var}(x) + \mathrm "
        r"E[x]^2\bigr) = \mathrm{Var}(w)\,\mathrm E[x^2]$. With tanh the mean is zero and this is "
        r"the usual $\mathrm{Var}(w)\,\mathrm{Var}(x)$. After ReLU it is the mean square that "
        r"counts.",
    ),
    Question(
        "initialization.right_std",
        r"**Step 3.** $\mathrm{Var}(z) = \mathrm{Var}(x)\,\bigl[\,n\,\mathrm{Var}(w)\,\bigr]$, "
        r"and we want the bracket to be 1. What is the right standard deviation of the weights "
        r"for $n = 500$ inputs?",
        number=Number(
            1 / np.sqrt(500),
            rel_tol=0.01,
            misreadings={
                0.002: "That is the variance. The standard deviation is its root.",
                float(
                    np.sqrt(500)
                ): "Then Var(w) is 500 and the bracket 250000. Which variance makes it 1?",
                500.0: "Then the bracket is 500 cubed. Solve it for Var(w) first.",
                0.01: "That was the small start, and it lost the signal: n Var(w) was 0.05.",
            },
        ),
        why=r"$\mathrm{Var}(w) = 1/500$, so the standard deviation is $1/\sqrt{500} = 0.0447$. "
        r"Since $\mathrm{Var}(aw) = a^2\,\mathrm{Var}(w)$, multiply $\mathcal N(0, 1)$ by $a = "
        r"1/\sqrt n$.",
    ),
    Question(
        "initialization.noise_size",
        r"One lecture asks: “how large should the noise be, $0.03 \cdot \mathcal N(0, 1)$?” For "
        r"how many inputs is 0.03 exactly right?",
        number=Number(
            1 / 0.03**2,
            rel_tol=0.01,
            misreadings={
                1 / 0.03: "You solved 0.03 = 1/n. There is a root over the n.",
                0.03: "That is the noise itself. The question asks for a number of inputs.",
                900.0: "Close, but you squared 30. One over 0.03 is more than that.",
                2 / 0.03**2: "That is for ReLU, which comes later. Here the bracket is 1.",
            },
        ),
        why=r"$1/\sqrt n = 0.03$ gives $n = 1/0.03^2 = 1111$. There is no right size by itself: it "
        r"depends on the fan-in.",
    ),
    Question(
        "initialization.relu_last",
        r"Xavier with ReLU. The first layer has standard deviation 0.5838. ReLU keeps half of the "
        r"mean *square*, layer after layer. What is the standard deviation in layer 10?",
        number=Number(
            0.58382 * 2**-4.5,
            rel_tol=0.02,
            misreadings={
                0.58382
                * 2**-9: "You halved the standard deviation nine times. It is the mean square "
                "that is halved.",
                0.58382
                * 2**-5: "One layer too many: from the first to the tenth there are nine steps.",
                0.58382 * 2**-10: "The square is halved, and there are nine steps, not ten.",
                0.58382: "It would stay if nothing were lost. Half of the square goes, nine times.",
            },
        ),
        why=r"The standard deviation falls by $1/\sqrt2 = 0.707$ a layer: $0.5838 \cdot 2^{-9/2} = "
        r"0.0258$. One run of the experiment strays: 200 seeds gave 0.018 to 0.037.",
    ),
    Question(
        "initialization.relu_keeps",
        r"**Step 4.** $z$ has mean zero and is as often negative as positive, in a symmetric way. "
        r"What is $\mathrm E[\mathrm{ReLU}(z)^2]$, as a multiple of $\mathrm{Var}(z)$?",
        number=Number(
            0.5,
            rel_tol=0.005,
            misreadings={
                0.5
                - 0.5
                / np.pi: "That is the variance of ReLU(z) for a normal z. The mean square does "
                "not subtract the mean.",
                1
                / np.sqrt(
                    2 * np.pi
                ): "That is the mean of ReLU(z) for a normal z. Look at the square.",
                0.25: "Half of the numbers go. Are those that stay halved as well?",
                1 / np.sqrt(2): "That is what happens to the root of the mean square.",
            },
        ),
        why=r"$z^2$ is split evenly between the two sides, and ReLU keeps one of them: $\frac12$. "
        r"So $\mathrm{Var}(z_{l+1}) = \frac12\,n\,\mathrm{Var}(w)\,\mathrm{Var}(z_l)$, and the "
        r"bracket has to be 2.",
    ),
    Question(
        "initialization.misprint",
        r"Two slides print He's rule as `W = np.random.randn(fan_in, fan_out) / "
        r"np.sqrt(2/fan_in)`. What is the standard deviation of these weights, for a fan-in of "
        r"500? (Three digits.)",
        number=Number(
            float(np.sqrt(250)),
            rel_tol=0.01,
            misreadings={
                float(
                    np.sqrt(2 / 500)
                ): "That is what He's paper asks for. Read the line once more: is "
                "the root multiplied or divided?",
                0.004: "That is the variance He's paper asks for. The line does something else.",
                250.0: "That is the variance. The question asks for the standard deviation.",
                float(np.sqrt(500)): "You left a factor out. Where is the 2?",
            },
        ),
        why=r"$1/\sqrt{2/500} = \sqrt{250} = 15.8$ instead of $\sqrt{2/500} = 0.063$: weights 250 "
        r"times too large. (In Python 2, where `2/500` is 0, the line divides by zero.)",
    ),
    Question(
        "initialization.half_readable",
        r"A fourth lecture shows He's rule half-readable: “$a = 1$ over …, ReLU”. Which of these "
        r"is $\sqrt{2/n_{in}}$?",
        choices=(
            Choice(r"$1/\sqrt{n_{in}/2}$", right=True),
            Choice(
                r"$1/\sqrt{2/n_{in}}$",
                "That is the misprint: it grows with the number of inputs.",
            ),
            Choice(
                r"$1/\sqrt{2\,n_{in}}$",
                "Square it: 1 over 2n. That is a quarter of what is needed.",
            ),
            Choice(r"$1/(n_{in}/2)$", "That is 2/n, the variance. Where is the root?"),
        ),
        why=r"$\sqrt{2/n} = 1/\sqrt{n/2}$. Dividing by `sqrt(fan_in / 2)` is likely what the "
        r"misprinted line once was.",
    ),
    Question(
        "initialization.limit_factor",
        r"A slide prints Glorot's uniform rule as $W_{ij} \sim U\bigl(-\frac{6}{\sqrt{m+n}}, "
        r"\frac{6}{\sqrt{m+n}}\bigr)$. The paper's limit is $\sqrt{\frac{6}{m+n}}$. How many "
        r"times too large is the *variance* of the weights with the printed limit?",
        number=Number(
            6.0,
            rel_tol=0.01,
            misreadings={
                float(
                    np.sqrt(6)
                ): "By this factor the limit is too large, and the standard deviation. "
                "The variance is a square.",
                36.0: "That is the square of 6. By which factor is the limit too large? The "
                "variance takes the square of that.",
                12.0: "12/(m + n) is the variance itself. Compare it with the right one.",
                2.0: "2/(m + n) is the right variance. What is the printed one?",
            },
        ),
        why=r"A uniform number on $(-a, a)$ has variance $a^2/3$: the printed limit gives "
        r"$12/(m+n)$, the right one $2/(m+n)$.",
    ),
    Question(
        "initialization.heuristic_factor",
        r"An old rule draws $W_{ij} \sim U(-1/\sqrt m, 1/\sqrt m)$ for $m$ inputs. By which "
        r"factor does the standard deviation of a (small) signal change in each layer?",
        number=Number(
            1 / np.sqrt(3),
            rel_tol=0.01,
            misreadings={
                1.0: "That would be a normal draw with standard deviation 1/sqrt(m). Here "
                "1/sqrt(m) is the limit.",
                1 / 3: "That is the factor of the variance.",
                0.5: "The mean size of such a weight is half the limit. What counts is its "
                "variance.",
                float(np.sqrt(3)): "The other way round: n Var(w) is below 1.",
            },
        ),
        why=r"The variance of a weight is $\frac{1}{3m}$, so $m\,\mathrm{Var}(w) = \frac13$ and "
        r"the factor is $1/\sqrt3 = 0.577$. Ten layers leave less than a hundredth.",
    ),
    Question(
        "initialization.norms",
        r"A slide on orthogonal matrices says that “the norm of the activations increases, so "
        r"that strong gradients flow back”. With $W = gQ$ and no activation, what does $g = 1$ do "
        r"to the norm $\|h\|$?",
        choices=(
            Choice(
                "It increases it a little in every layer.",
                "A rotation turns a vector. Does it stretch it?",
            ),
            Choice(
                "It keeps it on average, as Xavier does.",
                "That was a random matrix. For an orthogonal one write down the square of the "
                "norm of hQ: which product appears in the middle?",
            ),
            Choice("It keeps it exactly, for every example.", right=True),
            Choice(
                "It shrinks it by the root of the width.",
                "The columns have length 1, so the single weights are about one over that root "
                "already.",
            ),
        ),
        why=r"$\|hQ\|^2 = h\,QQ^\top h^\top = \|h\|^2$. To keep, not to increase, is the aim. A "
        r"gain above 1 is needed only to make up for an activation that shrinks: $\sqrt2$ for "
        r"ReLU.",
    ),
    Question(
        "initialization.larger_rate",
        "The loss is a long valley, curved 25 times as much across as along. Gradient descent "
        "makes 30 steps with the largest rate that does not overshoot across the valley, and is "
        "still far from the minimum. What does a rate three times as large do?",
        choices=(
            Choice(
                "It arrives three times sooner.",
                "Along the valley it would. And across, where the rate was already at its limit?",
            ),
            Choice(
                "It makes no difference: the direction stays the same.",
                "The direction of the first step does. What happens after a step that is too long?",
            ),
            Choice(
                "It moves faster along the valley and explodes across it.",
                right=True,
            ),
            Choice(
                "It jumps to and fro across the valley, but still arrives.",
                "Up to twice the old rate that happens. Beyond 2 over the largest curvature each "
                "jump is longer than the last.",
            ),
        ),
        why="One rate has to serve all directions. The steepest sets the limit, and the others "
        "wait. Scales that are equal from the start make one rate good for all.",
    ),
)
