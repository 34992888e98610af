"""Monte Carlo dropout: dropout left on, on purpose."""

from itertools import product
from typing import Any

import numpy as np

from grader import Case, Exercise, Property, repeated_pairs

from .shared import SIGMAS, both_signs, seed


def _softmax(scores: np.ndarray) -> np.ndarray:
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)


def _every_pass(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """All masks of one example, and the probabilities that each of them gives every example."""
    h, w, b = (np.asarray(a, float) for a in case.args)
    masks = np.array(list(product([0, 1], repeat=h.shape[1])))
    return masks, _softmax((masks[:, None] * h) @ w / (1 - case.kwargs["p_drop"]) + b)


def _single(case: Case) -> bool:
    """One pass has no spread, and chance may give two calls the same mask."""
    return case.kwargs["n_samples"] == 1


def _few(case: Case) -> bool:
    """Chance has no bound that a mistake would exceed."""
    return 1 < case.kwargs["n_samples"] < 100


def _exact(case: Case) -> tuple[np.ndarray, ...]:
    """Mean, standard deviation and fourth moment over all masks, and one pass with all units."""
    h, w, b = (np.asarray(a, float) for a in case.args)
    masks, passes = _every_pass(case)
    p_drop, units = case.kwargs["p_drop"], h.shape[1]
    kept = masks.sum(axis=1)
    probability = (1 - p_drop) ** kept * p_drop ** (units - kept)
    mean = np.tensordot(probability, passes, axes=1)
    variance = np.tensordot(probability, (passes - mean) ** 2, axes=1)
    fourth = np.tensordot(probability, (passes - mean) ** 4, axes=1)
    return mean, np.sqrt(variance), fourth, _softmax(h @ w + b)


def mc_sums(case: Case, output: Any) -> str | None:
    means, _ = output
    if all(np.abs(mean.sum(axis=1) - 1).max() < 1e-4 for mean in means):
        return None
    return f"a row of the mean sums to {means[0].sum(axis=1)[0]:.4g}."


def mc_spread(case: Case, output: Any) -> str | None:
    _, stds = output
    if not _single(case) and any((std < 1e-6).all() for std in stds):
        return f"every standard deviation over {case.kwargs['n_samples']:,} passes is 0."
    return None


def mc_anew(case: Case, output: Any) -> str | None:
    means, _ = output
    if _single(case) or (means[0] != means[1]).any():
        return None
    return "two calls with one generator gave the same."


def mc_mean(case: Case, output: Any) -> str | None:
    if _few(case):
        return None
    mean, std, *_ = _exact(case)
    if _single(case):
        _, passes = _every_pass(case)
        away = [np.abs(passes - got).max(axis=2).min(axis=0).max() for got in output[0]]
        return "a mean of one pass that no mask gives." if max(away) > 1e-5 else None
    slack = (SIGMAS + 1) * std / np.sqrt(case.kwargs["n_samples"]) + 1e-5
    for got in output[0]:
        if (np.abs(got - mean) > slack).any():
            i = np.unravel_index(np.argmax(np.abs(got - mean) / slack), mean.shape)
            return f"a mean of {got[i]:.3g}, where all masks together give {mean[i]:.3g}."
    return None


def mc_std(case: Case, output: Any) -> str | None:
    if _few(case):
        return None
    _, std, fourth, _ = _exact(case)
    if _single(case):
        std = np.zeros_like(std)
        fourth = std
    error = np.sqrt(np.maximum(fourth - std**4, 0) / case.kwargs["n_samples"])
    for got in output[1]:
        if (np.abs(got**2 - std**2) > (SIGMAS + 1) * error + 1e-5).any():
            i = np.unravel_index(np.argmax(np.abs(got - std)), std.shape)
            return f"a standard deviation of {got[i]:.3g}, where all masks give {std[i]:.3g}."
    return None


def mc_measure(case: Case, output: Any) -> dict[str, tuple[float, float]]:
    """Mean and spread of every probability, and what chance has no part in."""
    means, stds = output
    row = {"sum of a row": (float(means[0][0].sum()), 1e-4)}
    if _single(case):
        return row | {"spread of one pass": (float(np.max(stds)), 1e-5)}
    _, std, fourth, one_pass = _exact(case)
    still = bool((np.abs(stds[0]) < 1e-6).all())
    alone = bool(np.abs(means[0] - one_pass).max() < 1e-5)
    found = row | {
        "no spread": (float(still), 0.0),
        "the mean is one pass with all units": (float(alone), 0.0),
        "two calls agree": (float((means[0] == means[1]).all()), 0.0),
    }
    if _few(case):
        return found
    sigmas = 0.75 * SIGMAS / np.sqrt(case.kwargs["n_samples"])
    errors = np.sqrt(np.maximum(fourth - std**4, 0)) / (2 * std)  # of the standard deviation
    for i, k in np.ndindex(std.shape):
        # Without a spread all passes had one mask, and chance chose it.
        slack = np.inf if still else sigmas * std[i, k] + 1e-5
        found[f"mean of example {i}, class {k}"] = float(means[0][i, k]), float(slack)
        found[f"spread of example {i}, class {k}"] = (
            float(stds[0][i, k]),
            float(sigmas * errors[i, k] + 1e-5),
        )
    return found


MC_DROPOUT = Exercise(
    "dropout.mc_dropout",
    points=2,
    minutes=5,
    returns=("mean", "std"),
    parents=("dropout.mask_ensemble",),
    driver=repeated_pairs,
    float32=False,
    properties=(
        Property("Every row of the mean sums to 1: this", mc_sums),
        Property("The passes differ from each other: this", mc_spread),
        Property("Each call draws anew: this", mc_anew),
        Property("The mean is that over the masks: this", mc_mean),
        Property("The standard deviation is that over the masks: this", mc_std),
    ),
    measure=mc_measure,
    hints=(
        "A standard deviation of 0 says that all passes agree. Which two lines of the function "
        "decide whether two passes may differ?",
        "Follow one variable through the loop: which of its values are computed once, and which "
        "in every pass?",
        "Every pass needs a mask of its own, drawn from the `rng` that was passed in.",
    ),
)


def _tells(case: Case) -> bool:
    """Whether chance cannot hide a bias left out, nor that all examples got one answer."""
    (h, w, b), n = case.args, case.kwargs["n_samples"]
    mean, std, fourth, _ = _exact(case)
    unbiased, *_ = _exact(Case(case.name, (h, w, 0 * b), case.kwargs))
    slack = 2 * (SIGMAS + 1) * std / np.sqrt(n)
    error = 2 * (SIGMAS + 1) * np.sqrt(np.maximum(fourth - std**4, 0) / n)
    return bool(
        (np.abs(mean - unbiased) > slack).any()
        and (np.abs(mean - mean[0]) > slack).any()
        and (np.abs(std**2 - std[0] ** 2) > error).any()
    )


@MC_DROPOUT.cases
def _(rng: np.random.Generator):
    while True:
        first, *others = _five(rng)
        if _tells(first):
            yield from (first, *others)
            return


def _five(rng: np.random.Generator):
    for name, n, units, classes, p_drop, n_samples in (
        ("three examples, five units", 3, 5, 3, 0.3, 400),
        ("half dropped", 2, 4, 4, 0.5, 400),
        ("most dropped", 4, 5, 3, 0.75, 400),
        # Too few for a bound on mean and spread; with 12 units no two masks are the same by chance.
        ("three passes", 2, 12, 3, 0.5, 3),
        ("a single pass", 3, 4, 3, 0.5, 1),
    ):
        # Scores that differ by 1 to 3: the softmax is neither flat nor saturated.
        w = 1.2 * both_signs(rng, units, classes)
        args = (np.abs(both_signs(rng, n, units)), w, 0.3 * both_signs(rng, classes))
        options = {"p_drop": p_drop, "n_samples": n_samples, "rng": seed(rng), "draws": 2}
        yield Case(name, args, options)


def _passes(h, w, b, p_drop, masks):
    scores = np.array([(h * mask / (1 - p_drop)) @ w + b for mask in masks])
    return scores, _softmax(scores)


@MC_DROPOUT.misconception("one mask for all passes")
def _(h, w, b, *, p_drop, n_samples, rng):
    """All your passes are the same, so the standard deviation is 0 everywhere.
    Dropout is on, yet every pass meets the same thinned network.
    How often is a mask drawn in one call?
    """
    mask = rng.random(h.shape) >= p_drop
    _, p = _passes(h, w, b, p_drop, [mask] * n_samples)
    return p.mean(axis=0), p.std(axis=0)


@MC_DROPOUT.misconception("dropout switched off")
def _(h, w, b, *, p_drop, n_samples, rng):
    """Your mean is one pass with all units, and the standard deviation is 0.
    That is the usual test pass. What makes two passes differ?
    """
    p = _softmax(h @ w + b)
    return p, np.zeros_like(p)


@MC_DROPOUT.misconception("the mean of the scores")
def _(h, w, b, *, p_drop, n_samples, rng):
    """Your standard deviation is right, your mean is surer than the passes are.
    You average the scores and take the softmax of the mean.
    In which order do the two steps come for a mean of probabilities?
    """
    scores, p = _passes(h, w, b, p_drop, rng.random((n_samples, *h.shape)) >= p_drop)
    return _softmax(scores.mean(axis=0)), p.std(axis=0)


@MC_DROPOUT.misconception("survivors not scaled")
def _(h, w, b, *, p_drop, n_samples, rng):
    """Your passes are less sure than those of training: what is kept stays as it was.
    This network was trained with the inverted form. What does that do to a kept unit?
    """
    _, p = _passes(h, w, b, 0.0, rng.random((n_samples, *h.shape)) >= p_drop)
    return p.mean(axis=0), p.std(axis=0)


@MC_DROPOUT.misconception("the error of the mean")
def _(h, w, b, *, p_drop, n_samples, rng):
    """Your mean is right, but your standard deviation shrinks with the number of passes.
    You say how well the mean is known. How far apart are two single passes?
    """
    _, p = _passes(h, w, b, p_drop, rng.random((n_samples, *h.shape)) >= p_drop)
    return p.mean(axis=0), p.std(axis=0) / np.sqrt(n_samples)


@MC_DROPOUT.misconception("the variance")
def _(h, w, b, *, p_drop, n_samples, rng):
    """Your mean is right, but your spread is measured in squared probabilities.
    What is missing between a variance and a standard deviation?
    """
    _, p = _passes(h, w, b, p_drop, rng.random((n_samples, *h.shape)) >= p_drop)
    return p.mean(axis=0), p.var(axis=0)


@MC_DROPOUT.misconception("a generator of its own")
def _(h, w, b, *, p_drop, n_samples, rng):
    """Two calls in a row give exactly the same: the `rng` passed in is not used.
    Whose random numbers should the function take?
    """
    masks = np.random.default_rng(0).random((n_samples, *h.shape)) >= p_drop
    _, p = _passes(h, w, b, p_drop, masks)
    return p.mean(axis=0), p.std(axis=0)
