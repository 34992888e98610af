"""Vanilla dropout: scaled at test time."""

from functools import partial

import numpy as np

from grader import Exercise, Property, repeated_pairs

from .shared import (
    SHARED_PROPERTIES,
    cache_unlike,
    in_testing,
    in_training,
    kept_unlike,
    layer_call,
    layer_cases,
    layer_measure,
    tested_unlike,
)

VANILLA_DROPOUT_FORWARD = Exercise(
    "dropout.vanilla_dropout_forward",
    points=2,
    minutes=5,
    returns=("out", "cache"),
    parents=("dropout.dropout_mask",),
    driver=repeated_pairs,
    properties=(
        *SHARED_PROPERTIES,
        Property(
            "In training a kept unit stays as it is: this",
            in_training(lambda x, p, out, cache, again: kept_unlike(x, p, out, 1.0)),
        ),
        Property(
            "At test time every unit is scaled to its mean: this",
            in_testing(lambda x, p, out, cache, again: tested_unlike(x, p, out, 1 - p)),
        ),
        Property(
            "The cache is the factor of every entry: this",
            lambda case, output: cache_unlike(*layer_call(case, output)),
        ),
    ),
    measure=layer_measure,
    hints=(
        "In both phases the output is x times a factor, entry by entry, and the factor is the "
        "cache. Only the factor differs.",
        "Training: the factor is your mask, converted to the dtype of x. At test time: one number "
        "for all, the probability that a unit was there.",
        "`np.full_like(x, number)` fills an array like x; `mask.astype(x.dtype)` turns True and "
        "False into 1 and 0.",
    ),
)


VANILLA_DROPOUT_FORWARD.cases(partial(layer_cases, p_tested=0.2))


@VANILLA_DROPOUT_FORWARD.misconception("multiplied by the probability of dropping at test time")
def _(x, *, p_drop, train, rng):
    """With p_drop = 0.5 your evaluation mode is right; otherwise its scale is off.
    A slide says to multiply by the dropout probability. Take a unit that is there four
    times out of five.
    What is its mean, seen over many training steps?
    """
    if train:
        factor = (rng.random(x.shape) >= p_drop).astype(x.dtype)
    else:
        factor = np.full_like(x, p_drop)
    return x * factor, factor


@VANILLA_DROPOUT_FORWARD.misconception("no scaling at test time")
def _(x, *, p_drop, train, rng):
    """At test time everything passes as it is.
    In training the next layer got the sum of a few units; now it gets the sum of all.
    By how much is that larger, on average?
    """
    if train:
        factor = (rng.random(x.shape) >= p_drop).astype(x.dtype)
    else:
        factor = np.ones_like(x)
    return x * factor, factor


@VANILLA_DROPOUT_FORWARD.misconception("inverted dropout", convention=True)
def _(x, *, p_drop, train, rng):
    """You scale up what is kept in training, and nothing at test time.
    That is the inverted form, which comes later in this lecture; you are ahead.
    What does the vanilla form do to a kept unit in training?
    """
    factor = np.ones_like(x)
    if train:
        factor = ((rng.random(x.shape) >= p_drop) / (1 - p_drop)).astype(x.dtype)
    return x * factor, factor


@VANILLA_DROPOUT_FORWARD.misconception("scaled in both phases")
def _(x, *, p_drop, train, rng):
    """Your kept units are scaled down in training, too.
    Then the mean in training is smaller than at test time, and the two do not agree.
    In which phase does something have to be made up for?
    """
    factor = np.full_like(x, 1 - p_drop)
    if train:
        factor = factor * (rng.random(x.shape) >= p_drop)
    return x * factor, factor


@VANILLA_DROPOUT_FORWARD.misconception("keeps with probability p_drop", convention=True)
def _(x, *, p_drop, train, rng):
    """The larger p_drop is, the more you keep.
    Slides that write `rand() < p` mean by p the probability of keeping.
    What does the name p_drop say?
    """
    if train:
        factor = (rng.random(x.shape) < p_drop).astype(x.dtype)
    else:
        factor = np.full_like(x, p_drop)
    return x * factor, factor


@VANILLA_DROPOUT_FORWARD.misconception("drops at test time, too")
def _(x, *, p_drop, train, rng):
    """At test time some of your outputs are 0, and differ from call to call.
    A prediction should not depend on luck.
    Which argument tells you that this is not training?
    """
    rng = np.random.default_rng() if rng is None else rng
    factor = (rng.random(x.shape) >= p_drop).astype(x.dtype)
    return x * factor, factor


@VANILLA_DROPOUT_FORWARD.misconception("one mask for the whole batch")
def _(x, *, p_drop, train, rng):
    """All examples of your batch lose the same units.
    Each example should meet a thinned network of its own.
    Which shape does the mask need?
    """
    if train:
        factor = np.ones_like(x) * (rng.random(x.shape[1:]) >= p_drop)
    else:
        factor = np.full_like(x, 1 - p_drop)
    return x * factor, factor


@VANILLA_DROPOUT_FORWARD.misconception("the mean in training")
def _(x, *, p_drop, train, rng):
    """In training nothing is dropped: you scale everything by its mean factor.
    That is the expectation, right for evaluation mode. In training the point is the noise.
    What has to be drawn?
    """
    factor = np.full_like(x, 1 - p_drop)
    return x * factor, factor


@VANILLA_DROPOUT_FORWARD.misconception("a second mask in the cache")
def _(x, *, p_drop, train, rng):
    """Your output is right, but the cache belongs to another mask.
    The backward pass must close the gates that were closed in the forward pass.
    How often do you draw in one call?
    """
    if not train:
        factor = np.full_like(x, 1 - p_drop)
        return x * factor, factor
    out = x * (rng.random(x.shape) >= p_drop)
    return out, (rng.random(x.shape) >= p_drop).astype(x.dtype)
