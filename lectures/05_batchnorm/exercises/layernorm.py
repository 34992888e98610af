"""Without the batch: layer norm backwards, and RMSNorm."""

import numpy as np

from grader import Case, Exercise
from utils.normalization import layernorm_forward

from .shared import both_signs, scales, uneven

LAYERNORM_BACKWARD = Exercise(
    "normalization.layernorm_backward",
    points=3,
    minutes=7,
    returns=("dx", "dgamma", "dbeta"),
    parents=("normalization.batchnorm_backward",),
    hints=(
        "Draw the graph of batch norm again, for one row. What has changed: the graph, the "
        "axis, or "
        "the place of gamma?",
        "gamma differs from feature to feature, and a mean over features now contains all of them. "
        "Begin with g, the gradient with respect to x_hat.",
        "g = dout * gamma; dx = (g - mean(g) - x_hat * mean(g * x_hat)) / std, the means along "
        "each row. dgamma and dbeta are those of batch norm.",
    ),
)


@LAYERNORM_BACKWARD.cases
def _(rng: np.random.Generator):
    def case(name, n, d, **options):
        cache = layernorm_forward(uneven(rng, n, d), scales(rng, d), both_signs(rng, d), **options)[
            1
        ]
        return Case(name, (uneven(rng, n, d) + both_signs(rng, n, 1), cache))

    yield case("four examples, four features", 4, 4)
    yield case("three examples, five features", 3, 5, eps=0.1)
    yield case("one example", 1, 4)
    yield case("six examples, three features", 6, 3)


def _ln_back(dout, cache, dx):
    return dx, (dout * cache[0]).sum(axis=0), dout.sum(axis=0)


def _ln_dx(g, x_hat, std, axis=1):
    mean_g = g.mean(axis=axis, keepdims=True)
    mean_gx = (g * x_hat).mean(axis=axis, keepdims=True)
    return (g - mean_g - x_hat * mean_gx) / std


@LAYERNORM_BACKWARD.misconception("gamma pulled out of the means")
def _(dout, cache):
    """You multiply by gamma at the end, as batch norm may.
    There a mean runs over numbers that share one gamma. Here it runs over features,
    and each has its own. Where does gamma have to stand?
    """
    x_hat, gamma, std = cache
    return _ln_back(dout, cache, gamma * _ln_dx(dout, x_hat, std))


@LAYERNORM_BACKWARD.misconception("means over the batch")
def _(dout, cache):
    """In your dx examples depend on each other.
    In the forward pass each row had its own mean. Over what do the means of the backward pass
    run, then?
    """
    x_hat, gamma, std = cache
    return _ln_back(dout, cache, _ln_dx(dout * gamma, x_hat, std, axis=0))


@LAYERNORM_BACKWARD.misconception("gamma is missing")
def _(dout, cache):
    """dgamma and dbeta are right; your dx would be the same for every gamma.
    Which multiplication stands between the output and x_hat?
    """
    x_hat, _, std = cache
    return _ln_back(dout, cache, _ln_dx(dout, x_hat, std))


@LAYERNORM_BACKWARD.misconception("mean and variance taken for constants")
def _(dout, cache):
    """Your dx takes mean and standard deviation of a row for fixed numbers.
    When one feature changes, they change too, and with them the other outputs.
    Which two terms does that add?
    """
    _, gamma, std = cache
    return _ln_back(dout, cache, dout * gamma / std)


@LAYERNORM_BACKWARD.misconception("the variance does not depend on x")
def _(dout, cache):
    """Your dx adds up to 0 in each row, but keeps a part along x_hat.
    Stretching an example changes nothing. Which edge of the graph is missing?
    """
    _, gamma, std = cache
    g = dout * gamma
    return _ln_back(dout, cache, (g - g.mean(axis=1, keepdims=True)) / std)


@LAYERNORM_BACKWARD.misconception("the mean does not depend on x")
def _(dout, cache):
    """The rows of your dx do not add up to 0.
    Shifting an example changes nothing. Which edge of the graph is missing?
    """
    x_hat, gamma, std = cache
    g = dout * gamma
    return _ln_back(dout, cache, (g - x_hat * (g * x_hat).mean(axis=1, keepdims=True)) / std)


@LAYERNORM_BACKWARD.misconception("parameter gradients for each example")
def _(dout, cache):
    """dx is right. Your dgamma and dbeta have an entry for each example.
    A gradient has the shape of its parameter. Which index of dout is summed away?
    """
    x_hat, gamma, std = cache
    dx = _ln_dx(dout * gamma, x_hat, std)
    return dx, (dout * x_hat).sum(axis=1), dout.sum(axis=1)


@LAYERNORM_BACKWARD.misconception("gamma counted in dgamma and dbeta")
def _(dout, cache):
    """dx is right. dgamma and dbeta contain an extra factor of gamma.
    At which of the two ends of gamma * x_hat + beta do these two receive their gradient?
    """
    x_hat, gamma, std = cache
    g = dout * gamma
    return _ln_dx(g, x_hat, std), (g * x_hat).sum(axis=0), g.sum(axis=0)


@LAYERNORM_BACKWARD.misconception("means for dgamma and dbeta")
def _(dout, cache):
    """dx is right. Your dgamma and dbeta are too small by the number of examples.
    One gamma serves a feature in all examples. What does the chain rule do with several uses of
    one number?
    """
    x_hat, gamma, std = cache
    dx = _ln_dx(dout * gamma, x_hat, std)
    return dx, (dout * x_hat).mean(axis=0), dout.mean(axis=0)


@LAYERNORM_BACKWARD.misconception("multiplied by std")
def _(dout, cache):
    """dgamma and dbeta are right. Your dx grows with the standard deviation of an example.
    What does the forward pass do with std, and what is the derivative of that?
    """
    x_hat, gamma, std = cache
    return _ln_back(dout, cache, _ln_dx(dout * gamma, x_hat, std) * std**2)


RMSNORM_FORWARD = Exercise(
    "normalization.rmsnorm_forward",
    points=1,
    minutes=3,
    returns=("out", "cache"),
    hints=(
        "One number for each example: along which axis do its features lie?",
        "Square, mean over the features (keep the axis), add eps, square root.",
        "x_hat is x over that; out is gamma * x_hat. No mean is subtracted anywhere.",
    ),
)


@RMSNORM_FORWARD.cases
def _(rng: np.random.Generator):
    def case(name, x, extreme=False, **options):
        return Case(name, (x, scales(rng, x.shape[1])), options, extreme)

    yield case("four examples, four features", uneven(rng, 4, 4), eps=0.1)
    yield case("three examples, five features", uneven(rng, 3, 5))
    yield case("one example", uneven(rng, 1, 4), eps=0.2)
    yield case("an example of zeros", uneven(rng, 3, 4) * np.array([[1.0], [0.0], [1.0]]))
    yield case("large values", 3000 * uneven(rng, 2, 5), extreme=True)


def _rms(x, gamma, rms):
    x_hat = x / rms
    return gamma * x_hat, (x_hat, gamma, rms)


@RMSNORM_FORWARD.misconception("layer norm")
def _(x, gamma, *, eps=1e-5):
    """Your output does not change when a constant is added to an example.
    That is layer norm without its shift. What does RMSNorm leave out?
    """
    return layernorm_forward(x, gamma, np.zeros_like(gamma), eps=eps)


@RMSNORM_FORWARD.misconception("divided by the standard deviation")
def _(x, gamma, *, eps=1e-5):
    """You divide by the standard deviation of an example.
    A standard deviation measures distances from the mean. From where does the rms measure?
    """
    return _rms(x, gamma, np.sqrt(x.var(axis=1, keepdims=True) + eps))


@RMSNORM_FORWARD.misconception("over the batch")
def _(x, gamma, *, eps=1e-5):
    """In your output examples depend on each other.
    Along which axis lie the features of one example?
    """
    return _rms(x, gamma, np.sqrt((x**2).mean(axis=0) + eps))


@RMSNORM_FORWARD.misconception("a sum for the mean")
def _(x, gamma, *, eps=1e-5):
    """Your outputs become smaller the more features there are.
    What does the m in rms stand for?
    """
    return _rms(x, gamma, np.sqrt((x**2).sum(axis=1, keepdims=True) + eps))


@RMSNORM_FORWARD.misconception("no root")
def _(x, gamma, *, eps=1e-5):
    """You divide by the mean square.
    If x is in metres, x_hat should be a plain number. Is it?
    """
    return _rms(x, gamma, (x**2).mean(axis=1, keepdims=True) + eps)


@RMSNORM_FORWARD.misconception("no eps")
def _(x, gamma, *, eps=1e-5):
    """Your answer does not depend on eps.
    What do you divide an example of zeros by?
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return _rms(x, gamma, np.sqrt((x**2).mean(axis=1, keepdims=True)))


@RMSNORM_FORWARD.misconception("gamma is forgotten")
def _(x, gamma, *, eps=1e-5):
    """The cache is right; your output does not depend on gamma.
    What should happen to a feature of x_hat when its gamma is 3?
    """
    rms = np.sqrt((x**2).mean(axis=1, keepdims=True) + eps)
    return x / rms, (x / rms, gamma, rms)


@RMSNORM_FORWARD.misconception("eps outside the square root")
def _(x, gamma, *, eps=1e-5):
    """For an example of zeros your rms is eps itself.
    How large would it be if eps
    were a part of the mean square?
    """
    return _rms(x, gamma, np.sqrt((x**2).mean(axis=1, keepdims=True)) + eps)
