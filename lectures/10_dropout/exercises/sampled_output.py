"""And at test time? The expected output of one neuron, from a sample of masks."""

from itertools import product
from typing import Any

import numpy as np

from grader import Case, Exercise, Property, repeated

from .expected_output import expected_cases, neuron
from .shared import SIGMAS, seed


def _outputs(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Output and probability of each mask."""
    x, w = (np.asarray(a, float) for a in case.args)
    p_drop = case.kwargs["p_drop"]
    masks = np.array(list(product([0, 1], repeat=len(x))))
    a = masks @ (w * x)
    kept = masks.sum(axis=1)
    probability = (1 - p_drop) ** kept * p_drop ** (len(x) - kept)
    return (np.maximum(a, 0) if case.kwargs.get("activation") == "relu" else a), probability


def sampled_single(case: Case, output: Any) -> str | None:
    outputs, _ = _outputs(case)
    if case.kwargs["n_samples"] == 1:
        if all(np.abs(outputs - a).min() < 1e-4 for a in output):
            return None
        return f"one mask gave {output[0]:.4g}, which no thinned neuron gives."
    return None


def sampled_range(case: Case, output: Any) -> str | None:
    outputs, _ = _outputs(case)
    lo, hi = outputs.min() - 1e-4, outputs.max() + 1e-4
    if all(lo <= a <= hi for a in output):
        return None
    return f"{output[0]:.4g} lies outside what single masks give, {lo:.3g} to {hi:.3g}."


def sampled_many(case: Case, output: Any) -> str | None:
    outputs, _ = _outputs(case)
    if case.kwargs["n_samples"] > 1 and all(np.abs(outputs - a).min() < 1e-5 for a in output):
        return f"{output[0]:.4g} is the output of one single mask."
    return None


def sampled_anew(case: Case, output: Any) -> str | None:
    if case.kwargs["n_samples"] > 1 and output[0] == output[1]:
        return "two calls with one generator gave the same estimate."
    return None


def sampled_near(case: Case, output: Any) -> str | None:
    outputs, probability = _outputs(case)
    mean = probability @ outputs
    deviation = np.sqrt(probability @ (outputs - mean) ** 2 / case.kwargs["n_samples"])
    if case.kwargs["n_samples"] > 1 and any(
        abs(a - mean) > (SIGMAS + 1) * deviation for a in output
    ):
        off = abs(output[0] - mean) / deviation
        return f"{output[0]:.4g} is {off:.0f} standard deviations away from the expectation."
    return None


def sampled_many_times(case: Case, output: Any) -> str | None:
    """Whether many estimates have the mean and the variance of means over ``n_samples`` masks."""
    n, draws = case.kwargs["n_samples"], len(output)
    if draws < 100:
        return None
    outputs, probability = _outputs(case)
    mean = probability @ outputs
    variance = probability @ (outputs - mean) ** 2 / n
    if abs(np.mean(output) - mean) > SIGMAS * np.sqrt(variance / draws):
        return f"the mean of {draws} estimates is {np.mean(output):.4g}, expected {mean:.4g}."
    ratio = np.var(output) / variance
    if not 0.6 < ratio < 1.6:
        return (
            f"the variance of {draws} estimates is {ratio:.2f} times that of means over {n} masks."
        )
    return None


def sampled_measure(case: Case, output: Any) -> dict[str, tuple[float, float]]:
    """Where the estimates lie, how widely, and of which masks they are the output."""
    outputs, probability = _outputs(case)
    p_drop, n = case.kwargs["p_drop"], case.kwargs["n_samples"]
    estimates = np.array(output, float)

    def single(factor: float) -> float:
        return float(all(np.abs(outputs * factor - a).min() < 1e-5 for a in estimates))

    found = {
        "all are outputs of single masks": (single(1.0), 0.0),
        "all are scaled outputs of single masks": (single(1 / (1 - p_drop)), 0.0),
        "all are equal": (float((estimates == estimates[0]).all()), 0.0),
    }
    mean = float(estimates.mean())
    if len(estimates) >= 100:
        spread = float(estimates.std())
        found["spread"] = (spread, 0.3 * spread)
        slack = SIGMAS * spread / np.sqrt(len(estimates))
    elif n == 1 or single(1.0):
        slack = float(np.ptp(outputs)) * max(1, abs(mean))
    else:
        expected = float(probability @ outputs)
        deviation = np.sqrt(probability @ (outputs - expected) ** 2 / n)
        slack = SIGMAS * deviation * max(1, abs(mean / expected))
    return found | {"mean": (mean, slack)}


EXPECTED_OUTPUT_SAMPLED = Exercise(
    "dropout.expected_output_sampled",
    points=2,
    minutes=4,
    returns=("estimate",),
    parents=("dropout.expected_output_exact",),
    driver=repeated,
    properties=(
        Property("One mask gives the output of a thinned neuron: this", sampled_single),
        Property("A mean lies between smallest and largest output: this", sampled_range),
        Property("A mean over many masks is not the output of one: this", sampled_many),
        Property("Each call draws anew: this", sampled_anew),
        Property("The estimate lies near the expectation: this", sampled_near),
        Property("Every mask counts once: this", sampled_many_times),
    ),
    measure=sampled_measure,
    hints=(
        "Draw n_samples masks at once: an array of shape (n_samples, d). Your `dropout_mask` does "
        "it.",
        "Each row gives one sum of w_i x_i over its kept inputs: a matrix product. Then the "
        "activation of each, then the mean.",
    ),
)


@EXPECTED_OUTPUT_SAMPLED.cases
def _(rng: np.random.Generator):
    for case in expected_cases(rng, draws=2):
        if case.kwargs["p_drop"] and len(case.args[0]) > 1:
            yield Case(case.name, case.args, case.kwargs | {"n_samples": 2500, "rng": seed(rng)})
    alone = {"p_drop": 0.4, "n_samples": 1, "rng": seed(rng), "draws": 6}
    yield Case("a single mask", neuron(rng, 3, 0), alone)
    few = {"p_drop": 0.5, "n_samples": 20, "rng": seed(rng), "draws": 300}
    yield Case("twenty masks, three hundred times", neuron(rng, 3, 0), few)


@EXPECTED_OUTPUT_SAMPLED.misconception("keeps with probability p_drop")
def _(x, w, *, p_drop, n_samples, rng, activation="linear"):
    """When half is dropped you are near the expectation; otherwise far from it.
    The larger p_drop is, the more of the signal you see.
    What should happen with probability p_drop?
    """
    a = (rng.random((n_samples, len(x))) < p_drop) @ (w * x)
    return float((np.maximum(a, 0) if activation == "relu" else a).mean())


@EXPECTED_OUTPUT_SAMPLED.misconception("the mean first, then the activation")
def _(x, w, *, p_drop, n_samples, rng, activation="linear"):
    """For a linear neuron you are right; for ReLU your estimate is too small.
    You apply the ReLU to the mean of the sums. In which order do the two steps come for a single
    thinned neuron?
    """
    a = ((rng.random((n_samples, len(x))) >= p_drop) @ (w * x)).mean()
    return float(np.maximum(a, 0) if activation == "relu" else a)


@EXPECTED_OUTPUT_SAMPLED.misconception("survivors scaled up")
def _(x, w, *, p_drop, n_samples, rng, activation="linear"):
    """With a single mask you give a number that no thinned neuron gives.
    It looks as if the kept inputs were scaled up, as a later form of dropout does.
    In which form of dropout do they stay as they are?
    """
    a = (rng.random((n_samples, len(x))) >= p_drop) @ (w * x) / (1 - p_drop)
    return float((np.maximum(a, 0) if activation == "relu" else a).mean())


@EXPECTED_OUTPUT_SAMPLED.misconception("one mask for all samples")
def _(x, w, *, p_drop, n_samples, rng, activation="linear"):
    """Your estimate is always the output of one single mask, whatever n_samples is.
    How many random numbers do n_samples masks of d inputs need?
    """
    a = float((rng.random(len(x)) >= p_drop) @ (w * x))
    return max(a, 0.0) if activation == "relu" else a


@EXPECTED_OUTPUT_SAMPLED.misconception("a sum instead of a mean")
def _(x, w, *, p_drop, n_samples, rng, activation="linear"):
    """Your estimate grows with the number of samples.
    What is still to be done with the sum over the samples?
    """
    a = (rng.random((n_samples, len(x))) >= p_drop) @ (w * x)
    return float((np.maximum(a, 0) if activation == "relu" else a).sum())


@EXPECTED_OUTPUT_SAMPLED.misconception("a generator of its own")
def _(x, w, *, p_drop, n_samples, rng, activation="linear"):
    """Two calls in a row give the same estimate: the `rng` passed in is not used.
    Whose random numbers should the function take?
    """
    a = (np.random.default_rng(0).random((n_samples, len(x))) >= p_drop) @ (w * x)
    return float((np.maximum(a, 0) if activation == "relu" else a).mean())


@EXPECTED_OUTPUT_SAMPLED.misconception("the activation is ignored")
def _(x, w, *, p_drop, n_samples, rng, activation="linear"):
    """For a linear neuron you are right; for ReLU you give the same as without.
    Which argument says what happens to the sum of each thinned neuron?
    """
    return float(((rng.random((n_samples, len(x))) >= p_drop) @ (w * x)).mean())
