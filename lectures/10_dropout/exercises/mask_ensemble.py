"""An ensemble: the mean over all masks."""

import numpy as np

from grader import Case, Exercise, Number, Question

from .shared import both_signs, some_mask

COUNT_MASKS = Question(
    "dropout.count_masks",
    r"A layer of 4096 units has $2^{4096}$ masks. How large is that number? Write it as a "
    r"power of ten, $2^{4096} \approx 10^n$, and give the exponent $n$.",
    number=Number(
        1233.0,
        rel_tol=0.001,
        misreadings={
            4096.0: "That is the exponent for base 2. How many tens are in a two?",
            2839.0: "You took the natural logarithm of 2. Base 10 is asked for.",
            3.61236: "That is the logarithm of 4096 to base 10. But 4096 is only the exponent. "
            "What does each of the 4096 factors of 2 add to the logarithm?",
            409.6: "Ten doublings make about a thousand, which is three zeros, not one.",
            12.0: "That is the logarithm of 4096 to base 2.",
        },
    ),
    why=r"$4096 \cdot \log_{10} 2 = 1233.02$. The universe we see has about $10^{82}$ atoms. "
    r"Of this ensemble nobody trains more than a tiny part, and each member for one step at "
    r"most. All of them share their weights.",
)


MASK_ENSEMBLE = Exercise(
    "dropout.mask_ensemble",
    points=2,
    minutes=5,
    returns=("probabilities",),
    parents=("dropout.dropout_forward",),
    hints=(
        "One member of the ensemble: the activations times its mask, scaled up; then the layer; "
        "then `softmax` (in the setup cell).",
        "Collect the predictions of all members and take the mean over the members, not over "
        "examples or classes.",
    ),
)


@MASK_ENSEMBLE.cases
def _(rng: np.random.Generator):
    for name, n, units, classes, members, p_drop in (
        ("five examples, seven masks", 5, 4, 3, 7, 0.4),
        ("half dropped", 3, 6, 4, 5, 0.5),
        ("few dropped", 4, 5, 2, 6, 0.2),
        ("one mask", 4, 4, 3, 1, 0.4),
        ("one example", 1, 6, 3, 4, 0.7),
    ):
        h, w = np.abs(both_signs(rng, n, units)), 1.5 * both_signs(rng, units, classes)
        masks = np.array([some_mask(rng, units // 2 + i % 2, units) for i in range(members)])
        yield Case(name, (h, w, 0.5 * both_signs(rng, classes), masks), {"p_drop": p_drop})
    h, w = np.array([[2000.0] * 3, [1.0] * 3]), both_signs(rng, 3, 3)
    w[:, 1] = np.abs(w[:, 1]) + 0.5  # whatever the mask, one score of the first example is huge
    masks = np.array([[True, False, True], [True, True, False]])
    yield Case(
        "very large scores, and small ones",
        (h, w, np.zeros(3), masks),
        {"p_drop": 0.5},
        extreme=True,
    )


@MASK_ENSEMBLE.misconception("scores averaged before the softmax")
def _(h, w, b, masks, *, p_drop):
    """For one mask you are right; for several you give the softmax of the mean scores.
    (The mean of the masks, or of the weights, comes to the same.) Each member of an
    ensemble makes its own prediction.
    What are the predictions, scores or probabilities?
    """
    scores = (h * masks.mean(axis=0) / (1 - p_drop)) @ w + b
    exps = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


def _probabilities(scores, axis=1):
    exps = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


@MASK_ENSEMBLE.misconception("no scaling")
def _(h, w, b, masks, *, p_drop):
    """Your members see smaller activations than in training.
    They were trained with inverted dropout.
    By what was a kept unit multiplied there?
    """
    return np.mean([_probabilities((h * m) @ w + b) for m in masks], axis=0)


@MASK_ENSEMBLE.misconception("the full network")
def _(h, w, b, masks, *, p_drop):
    """Your answer does not depend on the masks.
    You give the prediction of the network with all units: the cheap guess that we are
    going to compare with. Which units does each member of the ensemble have?
    """
    return _probabilities(h @ w + b)


@MASK_ENSEMBLE.misconception("votes instead of probabilities")
def _(h, w, b, masks, *, p_drop):
    """Each of your members gives one vote to its best class.
    A member that is nearly undecided then counts as much as one that is sure.
    What does each member say about the other classes?
    """
    winners = [((h * m / (1 - p_drop)) @ w + b).argmax(axis=1) for m in masks]
    return np.mean([np.eye(w.shape[1])[i] for i in winners], axis=0)


@MASK_ENSEMBLE.misconception("a sum instead of a mean")
def _(h, w, b, masks, *, p_drop):
    """Your rows add up to the number of masks.
    What do probabilities add up to, and what is missing?
    """
    return np.sum([_probabilities((h * m / (1 - p_drop)) @ w + b) for m in masks], axis=0)


@MASK_ENSEMBLE.misconception("softmax over the examples")
def _(h, w, b, masks, *, p_drop):
    """Your columns add up to 1, not your rows.
    The classes of one example compete with each other, not the examples.
    Along which axis lie the classes?
    """
    return np.mean([_probabilities((h * m / (1 - p_drop)) @ w + b, 0) for m in masks], axis=0)


@MASK_ENSEMBLE.misconception("the bias scaled as well")
def _(h, w, b, masks, *, p_drop):
    """Your scores are scaled as a whole, and the bias with them.
    Dropout touches the activations. What is added after the product?
    """
    return np.mean([_probabilities(((h * m) @ w + b) / (1 - p_drop)) for m in masks], axis=0)
