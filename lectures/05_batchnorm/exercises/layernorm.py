"""Layer norm: without the batch."""

import numpy as np

from grader import Case, Exercise
from utils.normalization import layernorm_forward

from .shared import both_signs, scales, uneven

LAYERNORM_FORWARD = Exercise(
    "normalization.layernorm_forward",
    points=2,
    minutes=3,
    returns=("out", "cache"),
    parents=("normalization.batchnorm_forward",),
    hints=(
        "It is the code of batch norm with the other axis, and without a training mode.",
        "Keep the axis you average over (`keepdims=True`): a column of N means then stands "
        "beside the N rows.",
        "x minus the mean of its row, over the root of (variance of its row + eps); then gamma "
        "and beta as before.",
    ),
)


@LAYERNORM_FORWARD.cases
def _(rng: np.random.Generator):
    def case(name, x, extreme=False, **options):
        d = x.shape[1]
        return Case(name, (x, scales(rng, d), both_signs(rng, d)), options, extreme)

    yield case("four examples, four features", uneven(rng, 4, 4), eps=0.1)
    yield case("three examples, five features", uneven(rng, 3, 5))
    yield case("one example", uneven(rng, 1, 4), eps=0.2)
    constant = uneven(rng, 3, 4)
    constant[rng.integers(3)] = 0.75
    yield case("an example of equal features", constant)
    yield case("two features", uneven(rng, 6, 2))
    yield case("large values", 3000 * uneven(rng, 2, 5), extreme=True)


def _layernorm(x, gamma, beta, mean, std):
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, gamma, std)


@LAYERNORM_FORWARD.misconception("layer norm over the batch")
def _(x, gamma, beta, *, eps=1e-5):
    """Your columns are normalised: that is batch norm once more.
    In layer norm examples do not meet; a batch of one has to work.
    Along which axis lie the features of one example?
    """
    return _layernorm(x, gamma, beta, x.mean(axis=0), np.sqrt(x.var(axis=0) + eps))


@LAYERNORM_FORWARD.misconception("one mean for the whole matrix")
def _(x, gamma, beta, *, eps=1e-5):
    """You take one mean and one deviation for all numbers together.
    Then examples still depend on each other. How many means should there be?
    """
    return _layernorm(x, gamma, beta, x.mean(), np.sqrt(np.full((1, 1), x.var() + eps, x.dtype)))


@LAYERNORM_FORWARD.misconception("a row of means taken for a column")
def _(x, gamma, beta, *, eps=1e-5):
    """You average along the right axis, and then subtract the mean of example j from
    feature j: a vector of N numbers is broadcast along the rows.
    Which shape must the means have so that each row gets its own?
    """
    return _layernorm(x, gamma, beta, x.mean(axis=1), np.sqrt(x.var(axis=1) + eps))


@LAYERNORM_FORWARD.misconception("divided by one less than the features")
def _(x, gamma, beta, *, eps=1e-5):
    """Your deviations are too large, most of all for few features.
    That is the unbiased variance (`ddof=1`). Here it is the plain mean of the squared
    distances. By which number is their sum divided?
    """
    var = x.var(axis=1, ddof=1, keepdims=True)
    return _layernorm(x, gamma, beta, x.mean(axis=1, keepdims=True), np.sqrt(var + eps))


@LAYERNORM_FORWARD.misconception("eps outside the root")
def _(x, gamma, beta, *, eps=1e-5):
    """For an example whose features are all equal your std is eps itself.
    Is eps added to the variance or to the deviation?
    """
    std = x.std(axis=1, keepdims=True) + eps
    return _layernorm(x, gamma, beta, x.mean(axis=1, keepdims=True), std)


@LAYERNORM_FORWARD.misconception("no eps")
def _(x, gamma, beta, *, eps=1e-5):
    """An example whose features are all equal makes you divide zero by zero.
    What stands beside the variance under the root?
    """
    std = x.std(axis=1, keepdims=True)
    return _layernorm(x, gamma, beta, x.mean(axis=1, keepdims=True), std)


@LAYERNORM_FORWARD.misconception("gamma and beta for each example")
def _(x, gamma, beta, *, eps=1e-5):
    """The cache is right; you scale and shift whole rows.
    The next batch brings other examples: a parameter cannot belong to an example.
    To what do gamma and beta belong?
    """
    _, (x_hat, gamma, std) = layernorm_forward(x, gamma, beta, eps=eps)
    return gamma[:, None] * x_hat + beta[:, None], (x_hat, gamma, std)


@LAYERNORM_FORWARD.misconception("std without its second axis")
def _(x, gamma, beta, *, eps=1e-5):
    """Your output is right. In the cache std has lost an axis.
    The way back divides rows by it. Which shape do the instructions ask for?
    """
    out, (x_hat, gamma, std) = layernorm_forward(x, gamma, beta, eps=eps)
    return out, (x_hat, gamma, std[:, 0])


LAYERNORM_BACKWARD = Exercise(
    "normalization.layernorm_backward",
    points=3,
    minutes=5,
    returns=("dx", "dgamma", "dbeta"),
    parents=("normalization.layernorm_forward", "normalization.batchnorm_backward"),
    hints=(
        "Take g, the gradient on x_hat: dout times gamma. From there on it is the formula of "
        "batch norm.",
        "Only the means run along the rows now. Keep their axis, as in the forward pass.",
        "dgamma and dbeta are those of batch norm: the features' parameters, summed over the "
        "batch.",
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
    On the way forward each row had its own mean. Over what do the means of the way back
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
    """Your dx takes mean and deviation of a row for fixed numbers.
    When one feature changes, they change too, and with them the other outputs.
    Which two terms does that add?
    """
    _, gamma, std = cache
    return _ln_back(dout, cache, dout * gamma / std)


@LAYERNORM_BACKWARD.misconception("the variance does not depend on x")
def _(dout, cache):
    """Your dx adds up to 0 in each row, but keeps a part along x_hat.
    Stretching an example changes nothing. Which way through the graph is missing?
    """
    _, gamma, std = cache
    g = dout * gamma
    return _ln_back(dout, cache, (g - g.mean(axis=1, keepdims=True)) / std)


@LAYERNORM_BACKWARD.misconception("the mean does not depend on x")
def _(dout, cache):
    """The rows of your dx do not add up to 0.
    Shifting an example changes nothing. Which way through the graph is missing?
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
    """dx is right. dgamma and dbeta carry a factor gamma too many.
    Which gradient arrives at gamma and beta: that on out or that on x_hat?
    """
    x_hat, gamma, std = cache
    g = dout * gamma
    return _ln_dx(g, x_hat, std), (g * x_hat).sum(axis=0), g.sum(axis=0)
