"""The backward pass of dropout, and dropout left on at test time."""

from typing import Any

import numpy as np

from grader import Case, Choice, Exercise, Property, Question

from .shared import both_signs, chance_bound, close, of_factors, some_mask


def backward_finite(case: Case, dx: Any) -> str | None:
    return None if np.isfinite(dx).all() else "some gradients are infinite or not a number."


def backward_somewhere_zero(case: Case, dx: Any) -> str | None:
    dropped = case.args[1] == 0
    if dropped.any() and (dx != 0).all():
        return f"{dropped.sum()} units were dropped, and every gradient is different from 0."
    return None


def backward_dropped(case: Case, dx: Any) -> str | None:
    leaking = (case.args[1] == 0) & (dx != 0)
    if leaking.any():
        return f"{leaking.sum()} units that were dropped receive a gradient."
    return None


def backward_not_too_large(case: Case, dx: Any) -> str | None:
    dout, cache = case.args
    if (np.abs(dx) > np.abs(dout) * cache * (1 + 1e-3)).any() and not close(dx, cache):
        return "some gradients are too large."
    return None


def backward_scaled(case: Case, dx: Any) -> str | None:
    dout, cache = case.args
    want = dout * cache
    if close(dx, want):
        return None
    worst = np.unravel_index(np.argmax(np.abs(dx - want)), want.shape)
    return f"a gradient of {dout[worst]:.4g} became {dx[worst]:.4g}, factor {cache[worst]:.4g}."


def backward_measure(case: Case, dx: Any) -> dict[str, tuple[float, float]]:
    dout, cache = case.args
    with np.errstate(all="ignore"):
        factor, spread = of_factors(dx / dout)
    found = {
        "factor": (factor, 1e-3 * abs(factor)),
        "spread of the factor": (spread, 1e-3 * (abs(factor) + abs(spread))),
        "share of numbers that are not finite": (float((~np.isfinite(dx)).mean()), 1e-9),
    }
    for name, there in (("kept", cache != 0), ("dropped", cache == 0)):
        if there.any():
            share = float((dx[there] != 0).mean())
            found[f"share of {name} units with a gradient"] = (
                share,
                chance_bound(share, int(there.sum())) + 1e-9,
            )
    return found


DROPOUT_BACKWARD = Exercise(
    "dropout.dropout_backward",
    points=1,
    minutes=2,
    returns=("dx",),
    parents=("dropout.dropout_forward",),
    properties=(
        Property("Every gradient is a finite number: this", backward_finite),
        Property("Some units get no gradient: this", backward_somewhere_zero),
        Property("A dropped unit gets no gradient: this", backward_dropped),
        Property("No gradient grows more than its signal did: this", backward_not_too_large),
        Property("Gradients are scaled as the signal was: this", backward_scaled),
    ),
    measure=backward_measure,
    hints=(
        "The forward pass is out = x times factor. Differentiate one entry on x.",
        "Upstream gradient times the factor of that entry. The factor is the cache.",
    ),
)


@DROPOUT_BACKWARD.cases
def _(rng: np.random.Generator):
    for name, shape, kept, p_drop in (
        ("20 examples, 15 units", (20, 15), 213, 0.3),
        ("most dropped", (10, 30), 70, 0.8),
        ("half dropped", (30, 10), 160, 0.5),
        ("images", (4, 2, 6, 5), 190, 0.25),
    ):
        cache = some_mask(rng, kept, *shape) / (1 - p_drop)
        yield Case(name, (both_signs(rng, *shape), cache))
    yield Case("a pass at test time", (both_signs(rng, 5, 3), np.ones((5, 3))))


@DROPOUT_BACKWARD.misconception("without the mask")
def _(dout, cache):
    """You pass the gradient on as it comes.
    A dropped unit gives 0 whatever its input is. By how much does the loss change when
    you move this input a little?
    """
    return dout.copy()


@DROPOUT_BACKWARD.misconception("the scale without the mask")
def _(dout, cache):
    """Every gradient is scaled as a kept unit was, those of dropped units, too.
    A dropped unit gives 0 whatever its input is. By how much does the loss change when
    you move this input a little?
    """
    return dout * cache.max()


@DROPOUT_BACKWARD.misconception("divided by the number of examples")
def _(dout, cache):
    """The right gates are closed, but your gradients shrink with the number of examples.
    If the loss is a mean over the batch, where was it divided already?
    """
    return dout * cache / len(dout)


@DROPOUT_BACKWARD.misconception("a fresh mask")
def _(dout, cache):
    """The gates you close are not those that were closed in the forward pass.
    It looks as if the backward pass drew a mask of its own.
    What was the cache kept for?
    """
    kept = np.random.default_rng().random(dout.shape) < (cache > 0).mean()
    return dout * kept.astype(cache.dtype) * cache.max()


@DROPOUT_BACKWARD.misconception("the mask without the scale")
def _(dout, cache):
    """The right gates are closed. But the open ones let the gradient pass unscaled.
    In the forward pass a kept input was multiplied by something.
    What is the derivative of a multiple of x?
    """
    return dout * (cache > 0)


@DROPOUT_BACKWARD.misconception("divided by the factor")
def _(dout, cache):
    """You divide by the factor, and dropped units have the factor 0.
    Going backward does not mean undoing what was done forward.
    What is the derivative of a multiple of x?
    """
    return dout / cache


@DROPOUT_BACKWARD.misconception("the factor used twice")
def _(dout, cache):
    """Your gradients are too large by the factor of a kept unit.
    The cache holds that factor already.
    How often does it stand in the formula of the forward pass?
    """
    return dout * cache * cache


@DROPOUT_BACKWARD.misconception("the upstream gradient is missing")
def _(dout, cache):
    """Your answer does not depend on `dout`.
    That is the local gradient alone. What does the chain rule multiply it with?
    """
    return cache.copy()


LEFT_IN_TRAINING = Question(
    "dropout.left_in_training",
    "A network was trained with inverted dropout. You forget to switch to evaluation "
    "mode and classify the test set twice. What do you see?",
    choices=(
        Choice(
            "The same accuracy twice, since the network has learnt to live with dropout.",
            "It has learnt to live with the noise, but the noise is still there. Is the mask "
            "of the second run that of the first?",
        ),
        Choice(
            "An accuracy near chance, since half of the units are missing.",
            "It was trained with half of the units missing, and did better than chance.",
        ),
        Choice(
            "Two different accuracies, both a little below that of evaluation mode.",
            right=True,
        ),
        Choice(
            "The same accuracy twice, since inverted dropout scales in training.",
            "The scale is right on average. What about the single prediction?",
        ),
    ),
    why="Each prediction comes from one thinned network, drawn at random. It is a little worse "
    "than the mean, and differs from run to run. A mistake that hides well: compare two "
    "predictions for one input.",
)
