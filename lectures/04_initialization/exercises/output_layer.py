"""The output layer: what the first loss tells, and its biases."""

import numpy as np

from grader import Case, Choice, Exercise, Question

FIRST_LOSS = Question(
    "initialization.first_loss",
    "A classifier of ten equally frequent classes has not made a step yet. Its loss is 20 nats. "
    "What is the most likely reason?",
    choices=(
        Choice(
            "The learning rate is too large.",
            "No step has been made. Which number of the run has the rate changed by then?",
        ),
        Choice(
            "Its scores are too large: it is sure of its guesses.",
            right=True,
        ),
        Choice(
            "The signal has vanished on its way through the layers.",
            "Then all scores would be close to zero. Which probabilities does softmax make of "
            "equal scores, and which loss is that?",
        ),
        Choice(
            "The labels do not belong to the examples.",
            "A network that has seen no label guesses. How much does it matter to a guess which "
            "labels it is compared with?",
        ),
    ),
    why="A blind guess costs ln 10 = 2.303. To lose 20, the network must give the right class a "
    "probability of exp(-20) on average: it is sure, and wrong. Scores with the standard "
    "deviation s cost about 0.45 s² more than ln 10 as long as s is small, and about 1.5 s when it "
    "is large. So look at the loss before the first step: it is a free test.",
)


CLASS_BIAS = Exercise(
    "initialization.class_bias",
    points=2,
    minutes=5,
    returns=("b",),
    promises={
        "is as low as it can be": ("uneven classes", "two classes"),
        "whose exponentials sum to 1": ("uneven classes", "as frequent as can be"),
        "one of the k classes is not in": "a class without examples",
    },
    hints=(
        "All examples get the same probabilities p, the softmax of b. The loss is the mean of "
        "-log of the probability of the right class. Which p makes it smallest?",
        "Try two classes, 3 of 4 examples in the first: minimise -(3/4) log p - (1/4) log(1 - p).",
        "The best p is the share of each class among the labels. Exponentials that sum to 1 are "
        "their own softmax, so b is the logarithm of the shares. A class that never occurs: "
        "raise ValueError.",
    ),
)


@CLASS_BIAS.cases
def _(rng: np.random.Generator):
    def labels(*counts):
        return rng.permutation(np.repeat(np.arange(len(counts)), counts))

    yield Case("uneven classes", (labels(7, 2, 4), 3))
    yield Case("two classes", (labels(2, 9), 2))
    yield Case("as frequent as can be", (labels(3, 3, 3, 3), 4))
    yield Case("a rare class at the end", (labels(20, 11, 6, 3, 1), 5))
    yield Case("one class", (labels(6), 1))
    yield Case("a class without examples", (labels(3, 0, 5), 3), extreme=True)
    yield Case("the last class without examples", (labels(3, 5), 3), extreme=True)
    many = labels(*rng.integers(1, 4, 20))
    yield Case("twenty classes", (many, 20))
    yield Case("twenty classes and one without examples", (many, 21), extreme=True)


def _counts(y, k):
    counts = np.bincount(y, minlength=k)
    if not counts.all():
        raise ValueError(k)
    return counts


@CLASS_BIAS.misconception("the shares themselves")
def _(y, k):
    """Your numbers sum to 1: they are the shares of the classes.
    They would be right as probabilities. Softmax stands between the biases and the
    probabilities: which biases does it turn into these shares?
    """
    return _counts(y, k) / len(y)


@CLASS_BIAS.misconception("the logarithm of the counts")
def _(y, k):
    """All your biases are too large by one and the same number.
    The loss does not notice. The instructions name one of the many best ones: what do the
    exponentials of yours sum to?
    """
    return np.log(_counts(y, k).astype(float))


@CLASS_BIAS.misconception("the mean taken away")
def _(y, k):
    """Your biases have mean zero, and differ from each other as they should.
    The loss does not notice. The instructions name one of the many best ones: what do the
    exponentials of yours sum to?
    """
    b = np.log(_counts(y, k) / len(y))
    return b - b.mean()


@CLASS_BIAS.misconception("the odds")
def _(y, k):
    """You give each class the logarithm of its odds, share over one minus share.
    That belongs to a sigmoid, one for each class. What does softmax make of your biases?
    """
    share = _counts(y, k) / len(y)
    with np.errstate(divide="ignore"):
        return np.log(share / (1 - share))


@CLASS_BIAS.misconception("the sign is turned")
def _(y, k):
    """Your rarest class has the largest bias.
    A bias is added to the score of its class. Which class should the blind guess favour?
    """
    return -np.log(_counts(y, k) / len(y))


@CLASS_BIAS.misconception("as if all were equally frequent")
def _(y, k):
    """Your biases do not depend on how frequent the classes are.
    The loss would then be the logarithm of k. Is there nothing to be gained if nine of ten
    examples belong to one class?
    """
    _counts(y, k)
    return np.full(k, -np.log(k))
