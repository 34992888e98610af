"""Batch norm at test time is a dense layer: folding it into the one before, and a bug hunt."""

import numpy as np

from grader import Case, Exercise

from .shared import both_signs, collected, scales, uneven

FOLD_BATCHNORM = Exercise(
    "normalization.fold_batchnorm",
    points=2,
    minutes=6,
    returns=("w_folded", "b_folded"),
    parents=("normalization.batchnorm_forward",),
    hints=(
        "Write down what batch norm in evaluation mode makes of z = x @ w + b. Which parts of it "
        "depend on x?",
        "Expand gamma (x @ w + b - mean) / std + beta. What is multiplied by x, and what is left?",
        "With scale = gamma / std, each column of w is multiplied by its scale. The rest is (b - "
        "mean) times scale plus beta.",
    ),
)


@FOLD_BATCHNORM.cases
def _(rng: np.random.Generator):
    def case(name, fan_in, fan_out, *, b=None, extreme=False, **options):
        b = uneven(rng, fan_out) + both_signs(rng, fan_out) if b is None else b
        arguments = (
            uneven(rng, fan_in, fan_out),
            b,
            scales(rng, fan_out),
            both_signs(rng, fan_out),
            collected(rng, fan_out),
        )
        return Case(name, arguments, options, extreme)

    yield case("three inputs, three units", 3, 3, eps=0.1)
    yield case("five inputs, two units", 5, 2)
    yield case("two inputs, four units", 2, 4, eps=0.3)
    yield case("no bias", 3, 4, b=np.zeros(4), eps=0.2)
    yield case("one unit", 4, 1)


def _fold(w, b, gamma, beta, running, eps):
    mean, var = running
    return gamma / np.sqrt(var + eps), mean


@FOLD_BATCHNORM.misconception("the version that was found")
def _(w, b, gamma, beta, running, *, eps=1e-5):
    """The weights are right, and without a bias the rest is right, too.
    That is how the version that was found behaves.
    What happens to the old bias on its way through batch norm?
    """
    scale, mean = _fold(w, b, gamma, beta, running, eps)
    return w * scale, b + beta - mean * scale


@FOLD_BATCHNORM.misconception("the old bias is lost")
def _(w, b, gamma, beta, running, *, eps=1e-5):
    """The weights are right, and without a bias the rest is right, too.
    Your folded bias is the same whatever `b` is.
    In evaluation mode, is a shift before batch norm still taken away?
    """
    scale, mean = _fold(w, b, gamma, beta, running, eps)
    return w * scale, beta - mean * scale


@FOLD_BATCHNORM.misconception("the mean is not scaled")
def _(w, b, gamma, beta, running, *, eps=1e-5):
    """The weights are right. The running mean enters your bias at its full size.
    Does batch norm subtract it before it divides, or after?
    """
    scale, mean = _fold(w, b, gamma, beta, running, eps)
    return w * scale, b * scale - mean + beta


@FOLD_BATCHNORM.misconception("the shift is scaled")
def _(w, b, gamma, beta, running, *, eps=1e-5):
    """The weights are right. Your folded bias contains beta times a factor.
    At which end of batch norm is beta added?
    """
    scale, mean = _fold(w, b, gamma, beta, running, eps)
    return w * scale, (b - mean + beta) * scale


@FOLD_BATCHNORM.misconception("no eps")
def _(w, b, gamma, beta, running, *, eps=1e-5):
    """Your answer does not depend on eps.
    What does batch norm in evaluation mode divide by?
    """
    scale, mean = _fold(w, b, gamma, beta, running, 0.0)
    return w * scale, (b - mean) * scale + beta


@FOLD_BATCHNORM.misconception("divided by the variance")
def _(w, b, gamma, beta, running, *, eps=1e-5):
    """Your factor for each unit has gamma in it, but not the right divisor.
    You divide by a variance. What is the unit of a variance if x is in metres?
    """
    mean, var = running
    scale = gamma / (var + eps)
    return w * scale, (b - mean) * scale + beta


@FOLD_BATCHNORM.misconception("eps outside the square root")
def _(w, b, gamma, beta, running, *, eps=1e-5):
    """Where a running variance is small, your factor is too small: eps was added to the standard
    deviation. To what does batch norm add it?
    """
    mean, var = running
    scale = gamma / (np.sqrt(var) + eps)
    return w * scale, (b - mean) * scale + beta


@FOLD_BATCHNORM.misconception("gamma is forgotten")
def _(w, b, gamma, beta, running, *, eps=1e-5):
    """Your weights and your bias do not depend on gamma.
    What does batch norm do between the division and the shift?
    """
    mean, var = running
    scale = 1 / np.sqrt(var + eps)
    return w * scale, (b - mean) * scale + beta


@FOLD_BATCHNORM.misconception("rows in place of columns")
def _(w, b, gamma, beta, running, *, eps=1e-5):
    """Your bias is right. With as many inputs as units you scale the rows of the weights, one for
    each input; otherwise the shapes do not even fit.
    There is one factor for each unit. Where do the weights of one unit stand?
    """
    scale, mean = _fold(w, b, gamma, beta, running, eps)
    return scale[:, None] * w, (b - mean) * scale + beta


@FOLD_BATCHNORM.misconception("the mean added")
def _(w, b, gamma, beta, running, *, eps=1e-5):
    """The weights are right. Your folded bias has the running mean with the other sign.
    What does batch norm do with the mean first?
    """
    scale, mean = _fold(w, b, gamma, beta, running, eps)
    return w * scale, (b + mean) * scale + beta
