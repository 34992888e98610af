"""Inverted dropout: scaled in training."""

from functools import partial

import numpy as np

from grader import Exercise, Number, Property, Question, repeated_pairs

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

SURVIVOR_SCALE = Question(
    "dropout.survivor_scale",
    r"Inverted dropout with `p_drop = 0.2`: by what is a kept unit multiplied in training, so "
    r"that its mean over masks stays what it was?",
    number=Number(
        1.25,
        rel_tol=0.005,
        misreadings={
            0.8: "That makes it smaller still. Its mean is already too small.",
            5.0: "You divided by the probability of dropping. With which probability is the "
            "unit there?",
            1.2: "Close: 20 percent are missing. But 20 percent of what? What is the mean of a "
            "unit that is 1.2 in 80 percent of the steps?",
            1.0: "Then its mean over masks is 0.8 of what it was.",
            2.0: "That would be right if half were dropped.",
        },
    ),
    why=r"$0.8 \cdot c + 0.2 \cdot 0 = 1$ gives $c = 1/0.8 = 1.25$.",
)


def grown(x, p_drop, out, cache, again) -> str | None:
    if (np.abs(out) > np.abs(x) * (1 + 1e-3)).any():
        return "some outputs are larger in size than their inputs."
    return None


def shrunk(x, p_drop, out, cache, again) -> str | None:
    if (np.abs(out) < np.abs(x) * (1 - 1e-3))[out != 0].any():
        return "some kept outputs are smaller in size than their inputs."
    return None


DROPOUT_FORWARD = Exercise(
    "dropout.dropout_forward",
    points=3,
    minutes=5,
    returns=("out", "cache"),
    parents=("dropout.dropout_mask",),
    driver=repeated_pairs,
    properties=(
        *SHARED_PROPERTIES,
        Property("No kept unit becomes smaller in training: this", in_training(shrunk)),
        Property(
            "The mean over masks is the input: this",
            in_training(lambda x, p, out, cache, again: kept_unlike(x, p, out, 1 / (1 - p))),
        ),
        Property("Evaluation mode enlarges nothing: this", in_testing(grown)),
        Property(
            "Evaluation mode lets everything pass: this",
            in_testing(lambda x, p, out, cache, again: tested_unlike(x, p, out, 1.0)),
        ),
        Property(
            "The cache is the factor of every entry: this",
            lambda case, output: cache_unlike(*layer_call(case, output)),
        ),
    ),
    measure=layer_measure,
    hints=(
        "As before the output is x times a factor, entry by entry, and the factor is the cache.",
        "Training: 0 where a unit is dropped, one over the probability of keeping where it is "
        "kept, in the dtype of x. At test time: ones.",
        "Your `dropout_mask` gives the mask; divide it by 1 - p_drop and convert with "
        "`.astype(x.dtype)`.",
    ),
)


DROPOUT_FORWARD.cases(partial(layer_cases, p_tested=0.3))


@DROPOUT_FORWARD.misconception("no scaling")
def _(x, *, p_drop, train, rng):
    """Kept units stay as they are, and nothing is scaled at test time either.
    Then the activations are larger at test time than in training: all units are there at once.
    Where is the loss of the dropped ones made up for?
    """
    factor = (rng.random(x.shape) >= p_drop).astype(x.dtype) if train else np.ones_like(x)
    return x * factor, factor


@DROPOUT_FORWARD.misconception("divided by the share that happened to be kept")
def _(x, *, p_drop, train, rng):
    """Your factor changes from call to call: it depends on the mask that was drawn.
    Then the mean of a unit over all masks is not quite its input, and in a small layer a
    mask may keep nothing at all.
    Which number is the same for every mask?
    """
    factor = np.ones_like(x)
    if train:
        kept = rng.random(x.shape) >= p_drop
        factor = (kept / kept.mean()).astype(x.dtype)
    return x * factor, factor


@DROPOUT_FORWARD.misconception("divided by the probability of dropping")
def _(x, *, p_drop, train, rng):
    """With p_drop = 0.5 you are right; otherwise the survivors have the wrong size.
    The less you drop, the larger they become. Should it not be the other way round?
    With which probability is a unit there?
    """
    factor = np.ones_like(x)
    if train:
        factor = ((rng.random(x.shape) >= p_drop) / p_drop).astype(x.dtype)
    return x * factor, factor


@DROPOUT_FORWARD.misconception("scaled down instead of up")
def _(x, *, p_drop, train, rng):
    """Your survivors become smaller in training.
    Some units are missing already. To keep the mean, what must happen to the rest?
    """
    factor = np.ones_like(x)
    if train:
        factor = ((rng.random(x.shape) >= p_drop) * (1 - p_drop)).astype(x.dtype)
    return x * factor, factor


@DROPOUT_FORWARD.misconception("scaled at test time", convention=True)
def _(x, *, p_drop, train, rng):
    """You scale at test time and not in training.
    That is vanilla dropout, your earlier exercise, and its means do agree. Inverted
    dropout leaves evaluation mode untouched.
    Which phase has to do the scaling, then?
    """
    if train:
        factor = (rng.random(x.shape) >= p_drop).astype(x.dtype)
    else:
        factor = np.full_like(x, 1 - p_drop)
    return x * factor, factor


@DROPOUT_FORWARD.misconception("drops at test time, too")
def _(x, *, p_drop, train, rng):
    """At test time some of your outputs are 0, and differ from call to call.
    A prediction should not depend on luck.
    Which argument tells you that this is not training?
    """
    rng = np.random.default_rng() if rng is None else rng
    factor = ((rng.random(x.shape) >= p_drop) / (1 - p_drop)).astype(x.dtype)
    return x * factor, factor


@DROPOUT_FORWARD.misconception("scaled up at test time, too")
def _(x, *, p_drop, train, rng):
    """At test time your outputs are larger than the inputs.
    In training the factor makes up for what is missing. What is missing at test time?
    """
    factor = np.full_like(x, 1 / (1 - p_drop))
    if train:
        factor = factor * (rng.random(x.shape) >= p_drop)
    return x * factor, factor


@DROPOUT_FORWARD.misconception("nothing is dropped")
def _(x, *, p_drop, train, rng):
    """In training nothing is dropped.
    Forward and backward fit together, so nobody may notice that the layer does nothing.
    Where does the random mask come in?
    """
    factor = np.ones_like(x)
    return x * factor, factor


@DROPOUT_FORWARD.misconception("keeps with probability p_drop", convention=True)
def _(x, *, p_drop, train, rng):
    """The larger p_drop is, the more you keep.
    Code that writes `rand() < p` and then `/ p` means by p the probability of keeping.
    What does the name p_drop say?
    """
    factor = np.ones_like(x)
    if train:
        factor = ((rng.random(x.shape) < p_drop) / p_drop).astype(x.dtype)
    return x * factor, factor


@DROPOUT_FORWARD.misconception("vanilla dropout with p for keeping", convention=True)
def _(x, *, p_drop, train, rng):
    """In training you keep with probability p_drop, and at test time you multiply by it.
    That is vanilla dropout where p is the probability of keeping, as some slides have it.
    Two things are otherwise here: what does the name p_drop say, and which phase scales?
    """
    factor = np.full_like(x, p_drop)
    if train:
        factor = (rng.random(x.shape) < p_drop).astype(x.dtype)
    return x * factor, factor


@DROPOUT_FORWARD.misconception("one mask for the whole batch")
def _(x, *, p_drop, train, rng):
    """All examples of your batch lose the same units.
    Each example should meet a thinned network of its own.
    Which shape does the mask need?
    """
    factor = np.ones_like(x)
    if train:
        factor = factor * ((rng.random(x.shape[1:]) >= p_drop) / (1 - p_drop)).astype(x.dtype)
    return x * factor, factor


@DROPOUT_FORWARD.misconception("whole examples dropped")
def _(x, *, p_drop, train, rng):
    """Some examples lose all their units, the others none.
    Dropout removes units, not examples.
    How many random numbers does an array of this shape need?
    """
    factor = np.ones_like(x)
    if train:
        kept = rng.random((len(x),) + (1,) * (x.ndim - 1)) >= p_drop
        factor = factor * (kept / (1 - p_drop)).astype(x.dtype)
    return x * factor, factor


@DROPOUT_FORWARD.misconception("normal instead of uniform numbers")
def _(x, *, p_drop, train, rng):
    """The share you keep is not 1 - p_drop, not even for one half.
    It looks as if normal numbers were compared with p_drop.
    Which random numbers lie below p with probability exactly p?
    """
    factor = np.ones_like(x)
    if train:
        factor = ((rng.standard_normal(x.shape) >= p_drop) / (1 - p_drop)).astype(x.dtype)
    return x * factor, factor


@DROPOUT_FORWARD.misconception("the cache without the scale")
def _(x, *, p_drop, train, rng):
    """`out` is right, but the cache holds the bare mask.
    The gradient of a kept unit is scaled like its signal, and the backward pass gets
    nothing but the cache. With what was x multiplied, all in all?
    """
    if not train:
        return x.copy(), np.ones_like(x)
    kept = (rng.random(x.shape) >= p_drop).astype(x.dtype)
    return (x * kept / (1 - p_drop)).astype(x.dtype), kept


@DROPOUT_FORWARD.misconception("float32 turned into float64")
def _(x, *, p_drop, train, rng):
    """On float64 you are right. For float32 inputs your training output is float64.
    A mask divided by a number is float64, whatever x is.
    To which dtype should the factor be converted?
    """
    factor = (rng.random(x.shape) >= p_drop) / (1 - p_drop) if train else np.ones_like(x)
    return x * factor, factor
