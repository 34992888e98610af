"""A small network: its parameters and their start."""

import math
from collections.abc import Iterator

import numpy as np

from grader import Case, Exercise, Number, Property, Question, Rng

PARAMETER_COUNT = Question(
    "babysitting.parameter_count",
    "The network has 3072 inputs, one hidden layer of 50 units and 10 outputs. How many "
    "parameters does it have, weights and biases together?",
    number=Number(
        154_160,
        rel_tol=1e-6,
        misreadings={
            154_100: "These are the weights. Each unit has a bias, too.",
            153_650: "That is the first layer. The second one is small, but it counts.",
            153_600: "These are the weights of the first layer. What about the second layer, "
            "and the biases?",
            154_110: "The biases of the hidden layer are missing.",
            154_150: "The biases of the outputs are missing.",
            3132: "These are the units. Parameters sit on the connections between them. How "
            "many connections has one hidden unit?",
        },
    ),
    why=r"$3072 \cdot 50 + 50 + 50 \cdot 10 + 10 = 154{,}160$. Nearly all of them, 99.6 %, are "
    "weights of the first layer.",
)


def weights_of(case: Case, params: dict) -> Iterator[tuple[str, float, np.ndarray]]:
    """Each weight matrix with its name and its standard deviation as asked for."""
    for name in ("w1", "w2"):
        yield name, case.kwargs.get("scale", 1e-4), params[name]


def biases_are_zero(case, params):
    for name in ("b1", "b2"):
        if params[name].any():
            return f"`{name}` holds other numbers."
    return None


def weights_average_to_zero(case, params):
    for name, scale, w in weights_of(case, params):
        if abs(w.mean()) > 6 * max(scale, float(w.std())) / math.sqrt(w.size):
            return f"the mean of `{name}` is {w.mean():.3g}."
    return None


def weights_are_normal(case, params):
    for name, _, w in weights_of(case, params):
        squares = (w - w.mean()) ** 2
        kurtosis = (squares**2).mean() / max(squares.mean() ** 2, 1e-300)
        if abs(kurtosis - 3) > 0.4:
            return f"a histogram of `{name}` does not have the shape of a bell."
    return None


def weights_have_the_scale(case, params):
    for name, scale, w in weights_of(case, params):
        if abs(w.std() / scale - 1) > 0.04:
            return f"`{name}` has standard deviation {w.std():.3g} for a scale of {scale:.3g}."
    return None


def units_differ(case, params):
    for name, _, w in weights_of(case, params):
        if len(np.unique(w[0])) < w.shape[1]:
            return f"some units have equal weights in `{name}`."
    return None


def in_numbers(case: Case, params: dict) -> dict[str, tuple[float, float]]:
    """What tells wrong ideas apart, and five standard deviations of each by chance."""
    found = {}
    for name, scale, w in weights_of(case, params):
        size, std = w.size, float(w.std())
        squares = ((w - w.mean()) / std) ** 2 if std > 0 else np.zeros(w.shape)
        found[f"std of {name}"] = std / scale, 5 * std / scale / math.sqrt(2 * size)
        found[f"mean of {name}"] = float(w.mean()) / scale, 5 * std / scale / math.sqrt(size)
        found[f"kurtosis of {name}"] = float((squares**2).mean()), 5 * math.sqrt(24 / size)
        found[f"different numbers in {name}"] = len(np.unique(w[0])) / w.shape[1], 0.02
    for name in ("b1", "b2"):
        b, scale = params[name], case.kwargs.get("scale", 1e-4)
        rms = math.sqrt(float((b**2).mean())) / scale
        found[f"size of {name}"] = rms, 5 * rms / math.sqrt(2 * b.size)
    return found


INIT_TWO_LAYER_MODEL = Exercise(
    "networks.init_two_layer_model",
    points=2,
    minutes=3,
    returns=("params",),
    properties=(
        Property("biases are 0", biases_are_zero),
        Property("weights have mean 0", weights_average_to_zero),
        Property("weights are normally distributed", weights_are_normal),
        Property("the standard deviation of the weights is `scale`", weights_have_the_scale),
        Property("every unit has weights of its own", units_differ),
    ),
    measure=in_numbers,
    hints=(
        "Four arrays in a dict: what shape must each have, so that x @ w1 + b1 works for N rows?",
        "The generator has a method `standard_normal` that takes a shape. Biases are `np.zeros`.",
    ),
)


@INIT_TWO_LAYER_MODEL.cases
def _(rng: np.random.Generator):
    for name, sizes, options in (
        ("the default scale", (300, 200, 100), {}),
        ("a larger scale", (200, 250, 100), {"scale": float(rng.uniform(0.02, 0.2))}),
        ("a smaller scale", (250, 160, 150), {"scale": float(rng.uniform(1e-6, 1e-5))}),
    ):
        yield Case(name, sizes, {**options, "rng": Rng(int(rng.integers(2**31)))})


def two_layers(d, h, k, w1, w2):
    return {"w1": w1, "b1": np.zeros(h), "w2": w2, "b2": np.zeros(k)}


@INIT_TWO_LAYER_MODEL.misconception("the scale taken for a variance")
def _(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    """The *variance* of your weights is `scale`.
    What does multiplying by a number do to the standard deviation of random numbers,
    and what does it do to their variance?
    """
    d, h, k = input_size, hidden_size, output_size
    draw = rng.standard_normal
    return two_layers(d, h, k, np.sqrt(scale) * draw((d, h)), np.sqrt(scale) * draw((h, k)))


@INIT_TWO_LAYER_MODEL.misconception("uniform instead of normal")
def _(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    """Your weights are spread evenly between -scale and scale, and none lies outside.
    How often does a normal distribution go beyond one standard deviation?
    """
    d, h, k = input_size, hidden_size, output_size
    return two_layers(
        d, h, k, rng.uniform(-scale, scale, (d, h)), rng.uniform(-scale, scale, (h, k))
    )


@INIT_TWO_LAYER_MODEL.misconception("the scale is used twice")
def _(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    """Your weights have the standard deviation `scale` times `scale`.
    How large are the numbers that the generator gives you, before you multiply?
    """
    d, h, k = input_size, hidden_size, output_size
    return two_layers(
        d, h, k, scale * rng.normal(0, scale, (d, h)), scale**2 * rng.normal(size=(h, k))
    )


@INIT_TWO_LAYER_MODEL.misconception("all weights are zero")
def _(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    """All your weights are 0.
    Two hidden units with equal weights: do they compute different numbers, and do they get
    different gradients?
    """
    d, h, k = input_size, hidden_size, output_size
    return two_layers(d, h, k, np.zeros((d, h)), np.zeros((h, k)))


@INIT_TWO_LAYER_MODEL.misconception("only positive weights")
def _(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    """All your weights are positive.
    It looks as if they came from the generator's numbers between 0 and 1.
    Around which number should the weights lie?
    """
    d, h, k = input_size, hidden_size, output_size
    return two_layers(d, h, k, scale * rng.random((d, h)), scale * rng.random((h, k)))


@INIT_TWO_LAYER_MODEL.misconception("the scale is not used")
def _(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    """Your weights have the same size whatever `scale` is.
    The number in the signature is only its default. Where does `scale` enter?
    """
    d, h, k = input_size, hidden_size, output_size
    return two_layers(
        d, h, k, 1e-4 * rng.standard_normal((d, h)), 1e-4 * rng.standard_normal((h, k))
    )


@INIT_TWO_LAYER_MODEL.misconception("random biases")
def _(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    """Your biases are random.
    The weights already make every unit different from the others. What value do the
    biases need then?
    """
    d, h, k = input_size, hidden_size, output_size
    return {
        "w1": scale * rng.standard_normal((d, h)),
        "b1": scale * rng.standard_normal(h),
        "w2": scale * rng.standard_normal((h, k)),
        "b2": scale * rng.standard_normal(k),
    }


@INIT_TWO_LAYER_MODEL.misconception("rows and columns exchanged")
def _(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    """Your weight matrices lie on their side.
    A layer computes x @ w + b with one example a row. If x has D columns, how many
    rows must w have?
    """
    d, h, k = input_size, hidden_size, output_size
    return two_layers(
        d, h, k, scale * rng.standard_normal((h, d)), scale * rng.standard_normal((k, h))
    )
