"""One pass with all units is a mean of the ensemble, and which one."""

import numpy as np

from grader import Case, Choice, Exercise, Question

WHICH_MEAN = Question(
    "dropout.which_mean",
    "A softmax layer reads ten units, each dropped with probability 0.3. All 1024 thinned "
    "networks give their probabilities for one digit. Which mean of these, weighted with the "
    "probabilities of the masks, is the prediction of one pass with all units, to the last digit?",
    choices=(
        Choice(
            "Their arithmetic mean: that is what an ensemble averages.",
            "In the last figure the single pass was surer than this mean. Can they be equal?",
        ),
        Choice("Their geometric mean, scaled to sum to 1.", right=True),
        Choice(
            "Their median, class by class.",
            "A median takes the middle of a list. What in a pass with all units orders a list?",
        ),
        Choice(
            "None of them: the softmax is not linear, so one pass can only be near a mean.",
            "The softmax is not linear in the mask. Is there a function of the probabilities "
            "that is?",
        ),
    ),
    why="The logarithm of a probability is a score, less a number that is the same for all "
    "classes. The scores are linear in the mask, so their mean is the score of one pass. And "
    "the mean of logarithms is the logarithm of the geometric mean.",
)


GEOMETRIC_ENSEMBLE = Exercise(
    "dropout.geometric_ensemble",
    points=2,
    minutes=5,
    parents=("dropout.mask_ensemble",),
    float32=False,
    promises={"many networks and tiny predictions": ("three hundred networks, tiny predictions",)},
    hints=(
        "The geometric mean of two numbers is the square root of their product. With weights it is "
        "a product of powers. What does the logarithm make of that?",
        "The mean of the logarithms, weighted, one for each class and example. Then back, and "
        "scale each row.",
        "Weigh `np.log(predictions)` with the probabilities and add up over the networks. The "
        "result is like a row of scores: take its softmax.",
    ),
)


def _predictions(rng: np.random.Generator, *shape: int, sharp: float = 1.5) -> np.ndarray:
    exps = np.exp(
        sharp * rng.permuted(np.broadcast_to(np.linspace(-1, 1, shape[-1]), shape), axis=-1)
        + 0.2 * rng.uniform(-1, 1, shape)
    )
    return exps / exps.sum(axis=-1, keepdims=True)


def _weights(rng: np.random.Generator, networks: int) -> np.ndarray:
    """Weights that differ from each other by a factor, and sum to 1."""
    weights = rng.permutation(1.6 ** np.arange(networks))
    return weights / weights.sum()


@GEOMETRIC_ENSEMBLE.cases
def _(rng: np.random.Generator):
    for name, networks, n, classes in (
        ("four networks, three examples, five classes", 4, 3, 5),
        ("two networks, two classes", 2, 2, 2),
        ("seven networks, one example", 7, 1, 4),
    ):
        yield Case(name, (_predictions(rng, networks, n, classes), _weights(rng, networks)))
    yield Case("equal weights", (_predictions(rng, 3, 2, 4), np.full(3, 1 / 3)))
    yield Case("a single network", (_predictions(rng, 1, 2, 3), np.ones(1)))
    # Each network gives one class next to nothing, each class in its turn.
    tiny = _predictions(rng, 300, 2, 3)
    tiny[np.arange(300), :, np.arange(300) % 3] *= 1e-100
    tiny /= tiny.sum(axis=-1, keepdims=True)
    weights = np.repeat([0.9, 1.1, 1.0], 100) * (1 + 1e-3 * np.resize([0, 1, 2], 300))
    yield Case(
        "three hundred networks, tiny predictions", (tiny, weights / weights.sum()), extreme=True
    )


def _scaled(means: np.ndarray) -> np.ndarray:
    return means / means.sum(axis=1, keepdims=True)


@GEOMETRIC_ENSEMBLE.misconception("the arithmetic mean")
def _(predictions, probability):
    """You add up what the networks say: that is the ensemble of your last exercise.
    One network that gives a class nearly 0 hardly matters there.
    What does a single factor near 0 do to a product?
    """
    return np.tensordot(probability, predictions, axes=1)


@GEOMETRIC_ENSEMBLE.misconception("not renormalised")
def _(predictions, probability):
    """Your rows sum to less than 1.
    Geometric means of probabilities are no probabilities yet.
    What is to be done with each row?
    """
    return np.exp(np.tensordot(probability, np.log(predictions), axes=1))


@GEOMETRIC_ENSEMBLE.misconception("every network counts the same")
def _(predictions, probability):
    """With equal weights you are right; otherwise not.
    Some masks are more likely than others. Where do the weights enter?
    """
    return _scaled(np.exp(np.log(predictions).mean(axis=0)))


@GEOMETRIC_ENSEMBLE.misconception("a product without the exponents")
def _(predictions, probability):
    """Your answer is far too sure: every further network makes it surer still.
    You multiply the predictions. Of two numbers the geometric mean is the square root of the
    product. What is the exponent of a network here?
    """
    logs = np.log(predictions).sum(axis=0)
    return _scaled(np.exp(logs - logs.max(axis=1, keepdims=True)))


@GEOMETRIC_ENSEMBLE.misconception("scaled over the examples")
def _(predictions, probability):
    """The numbers of each class sum to 1 over the examples.
    For which axis do probabilities compete?
    """
    means = np.exp(np.tensordot(probability, np.log(predictions), axes=1))
    return means / means.sum(axis=0)


@GEOMETRIC_ENSEMBLE.misconception("the harmonic mean")
def _(predictions, probability):
    """Your mean is below the geometric one for a class that the networks disagree about.
    You average the reciprocals. Which function turns a product into a sum?
    """
    return _scaled(1 / np.tensordot(probability, 1 / predictions, axes=1))
