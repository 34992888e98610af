"""A learning rate that is too low: a flat loss, and an accuracy that rises."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Question

IS_FLAT = Exercise(
    "babysitting.is_flat",
    points=2,
    minutes=4,
    returns=("flat",),
    promises={
        "still counts as standing still": (
            "hardly a move",
            "down by just too little",
            "up by just too much",
            "just the largest change",
            "another tolerance",
            "never a change, and none allowed",
        ),
        "False if any loss is NaN or infinite": ("NaN on the way", "infinite from the start"),
    },
    hints=(
        "Draw four runs that are not flat: falling, rising, up and back, with a NaN. Which single "
        "number tells them all from a flat one?",
        "Largest minus smallest, compared with `rel_tol` times the size of the first loss.",
        "First ask whether all losses are finite; `np.isfinite` says it for each.",
    ),
)


@IS_FLAT.cases
def _(rng: np.random.Generator):
    start = float(rng.uniform(2, 3))

    def wobble(n: int, size: float) -> np.ndarray:
        """n numbers within +-size, both ends taken, the first of them 0."""
        inner = rng.uniform(-0.9, 0.9, n - 3)
        return size * np.concatenate([[0.0], rng.permutation(np.append(inner, [-1.0, 1.0]))])

    yield Case("hardly a move", (start * (1 + wobble(10, 2e-4)),))
    yield Case("a run that learns", (start * np.linspace(1, 0.4, 8) + wobble(8, 0.05),))
    yield Case("up, and back to the start", (start * np.array([1.0, 1.15, 1.3, 1.1, 1.0]),))
    yield Case("a slow but steady fall", (start * (1 - 4e-4 * np.arange(30)),))
    yield Case("a loss that only rises", (start * (1 + 0.01 * np.arange(9)),))
    yield Case("large losses, hardly a move", (100 * start * (1 + wobble(9, 2e-4)),))
    yield Case("small losses that fall", (1e-3 * start * np.linspace(1, 0.7, 6),))
    level = start * (1 + wobble(7, 2e-4))
    yield Case("level until the last loss", (np.append(level, 0.9 * start),))
    yield Case("another tolerance", (start * (1 + wobble(7, 0.03)),), {"rel_tol": 0.1})
    for name, change in (("down by just too little", -0.12), ("up by just too much", 0.135)):
        level = start * np.array([1, 1 + change])  # 0.125 of the second would judge otherwise
        yield Case(name, (level,), {"rel_tol": 0.125})
    yield Case("just the largest change", (np.array([2.0, 2.25, 2.125]),), {"rel_tol": 0.125})
    yield Case("one loss", (np.array([start]),))
    yield Case("never a change, and none allowed", (np.full(5, start),), {"rel_tol": 0.0})
    yield Case("NaN on the way", (np.array([start, start, math.nan, start]),))
    yield Case("infinite from the start", (np.array([math.inf, start, start]),))


@IS_FLAT.misconception("only the two ends")
def _(losses, *, rel_tol=1e-3):
    """You call a run flat that rises by a third and comes back to where it began.
    It looks as if you compare the last loss with the first. What happens in between?
    """
    return bool(np.isfinite(losses).all() and abs(losses[-1] - losses[0]) <= rel_tol * losses[0])


@IS_FLAT.misconception("an absolute tolerance")
def _(losses, *, rel_tol=1e-3):
    """Your verdict depends on the unit of the loss: the same curve, a hundred times as
    high, gets another one. The tolerance is relative. Relative to what?
    """
    return bool(np.isfinite(losses).all() and np.max(losses) - np.min(losses) <= rel_tol)


@IS_FLAT.misconception("only neighbours")
def _(losses, *, rel_tol=1e-3):
    """You call a run flat that goes down a little in every epoch and a lot in total.
    You compare each loss with the one before it. Which two losses of the whole run lie
    farthest apart?
    """
    steps = np.abs(np.diff(losses, prepend=losses[0]))
    return bool(np.isfinite(losses).all() and steps.max() <= rel_tol * losses[0])


@IS_FLAT.misconception("rising counts as flat")
def _(losses, *, rel_tol=1e-3):
    """You call a run flat whose loss goes up and up.
    You ask how far it falls below its start.
    Which two losses of a curve are farthest apart?
    """
    return bool(np.isfinite(losses).all() and losses[0] - np.min(losses) <= rel_tol * losses[0])


@IS_FLAT.misconception("a tolerance of its own")
def _(losses, *, rel_tol=1e-3):
    """Your verdict does not depend on `rel_tol`.
    The number in the signature is only its default. Where does the argument enter?
    """
    return bool(np.isfinite(losses).all() and np.max(losses) - np.min(losses) <= 1e-3 * losses[0])


@IS_FLAT.misconception("relative to the last loss")
def _(losses, *, rel_tol=1e-3):
    """On long flat runs you are right. Your tolerance depends on where the run ends.
    The tolerance is a share of one loss. Of which one?
    """
    if not np.isfinite(losses).all():
        return False
    return bool(np.max(losses) - np.min(losses) <= rel_tol * abs(losses[-1]))


@IS_FLAT.misconception("the standard deviation")
def _(losses, *, rel_tol=1e-3):
    """You call runs flat that move a little more than the tolerance allows.
    Perhaps you take the standard deviation. A run that stands still but for one loss: what is
    its standard deviation, and how far has it moved?
    """
    return bool(np.isfinite(losses).all() and np.std(losses) <= rel_tol * abs(losses[0]))


@IS_FLAT.misconception("NaN left out")
def _(losses, *, rel_tol=1e-3):
    """You call a run flat in which the loss was NaN or infinite.
    Perhaps these losses were left out, perhaps a comparison with NaN went the wrong way. What
    should a function ask about the losses before it compares them?
    """
    finite = losses[np.isfinite(losses)]
    return not bool(np.max(finite) - np.min(finite) > rel_tol * finite[0])


@IS_FLAT.misconception("infinity within its own tolerance")
def _(losses, *, rel_tol=1e-3):
    """You call a run flat that begins with an infinite loss.
    A tolerance relative to an infinite loss is infinite, too, so everything is within.
    What should come before any comparison?
    """
    return bool(np.max(losses) - np.min(losses) <= rel_tol * abs(losses[0]))


ACCURACY_RISES = Question(
    "babysitting.accuracy_rises",
    "With the learning rate 1e-6 the loss goes from 2.302576 to 2.302420 in ten epochs: it "
    "stands still. But the validation accuracy rises from 0.10 to 0.19. What is going on? "
    "(Remember, this is a softmax.)",
    choices=(
        Choice(
            "It is chance: guessing gives anything between 0.1 and 0.2.",
            "With 1000 validation images, guessing gives 0.10 give or take 0.01. And the log "
            "rises nearly every epoch.",
        ),
        Choice(
            "The scores are still tiny, but the right one is more often the largest.",
            right=True,
        ),
        Choice(
            "The network is overfitting.",
            "It is the *validation* accuracy that rises. And the training loss has not moved.",
        ),
        Choice(
            "The loss is computed wrongly.",
            "Make all scores a thousand times smaller. What happens to the largest of them, "
            "and what to the probabilities?",
        ),
    ),
    why="All probabilities are still about 1/10, so the loss is still ln 10. But argmax needs "
    "only the largest score, by however little. The weights already point the right way; they "
    "are far too short.",
)


LOSS_AND_ACCURACY = Exercise(
    "babysitting.loss_and_accuracy",
    points=2,
    minutes=8,
    returns=("loss", "accuracy"),
    promises={
        "right for huge finite scores": ("huge scores", "one example with huge scores"),
        "the first one counts as the largest": "scores that are equal",
    },
    hints=(
        "The found function is right for one image. Which line mixes the images of a batch?",
        "The softmax of a row does not change when you subtract one number from all its scores. "
        "Which number makes every exponent harmless?",
        "log p = score minus the row's maximum, minus the log of the sum of the exponentials.",
        "`log_probs[np.arange(len(y)), y]` picks one number of each row: that of the right class.",
        "The accuracy needs no probabilities: compare the place of the largest score with y.",
    ),
)


def scored(
    rng: np.random.Generator, n: int, k: int, right: int, size: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Scores without ties, and labels of which ``right`` have the largest score."""
    scores = rng.permuted(np.tile(np.linspace(-1.5, 1.5, k), (n, 1)), axis=1)
    scores = size * (scores + rng.uniform(-0.1, 0.1, (n, k)) / k)
    order = scores.argsort(axis=1)
    place = np.where(rng.permutation(n) < right, k - 1, rng.integers(0, k - 1, n))
    return scores, order[np.arange(n), place]


@LOSS_AND_ACCURACY.cases
def _(rng: np.random.Generator):
    yield Case("six examples, four classes", scored(rng, 6, 4, 2))
    yield Case("nine examples, ten classes", scored(rng, 9, 10, 4))
    yield Case("tiny scores", scored(rng, 8, 5, 3, size=1e-3))
    yield Case("two classes", scored(rng, 5, 2, 3))
    yield Case("one example", scored(rng, 1, 3, 1))
    equal = float(rng.uniform(0.5, 2)) * np.array([[1.0, 0, 1], [0, 1, 1], [1, 1, 1], [0, 1, 0]])
    yield Case("scores that are equal", (equal, np.array([0, 2, 1, 1])))
    yield Case("huge scores", scored(rng, 5, 3, 2, size=2000.0), extreme=True)
    scores, y = scored(rng, 4, 3, 2)
    yield Case("scores that are all high", (900 + np.round(8 * scores) / 8, y), extreme=True)
    scores, y = scored(rng, 3, 4, 2)
    huge = np.round(8 * scores) / 8 + [[0], [5000], [0]]
    yield Case("one example with huge scores", (huge, y), extreme=True)


def losses_of(scores):
    """log p of each score, row by row."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def share_right(scores, y):
    return float((scores.argmax(axis=1) == y).mean())


@LOSS_AND_ACCURACY.misconception("sum instead of mean")
def _(scores, y):
    """Your loss grows with the number of examples.
    What should a loss do when every example of the set comes twice?
    """
    return float(-losses_of(scores)[np.arange(len(y)), y].sum()), share_right(scores, y)


@LOSS_AND_ACCURACY.misconception("the predicted class instead of the right one")
def _(scores, y):
    """Your loss does not depend on the labels.
    You take the largest probability of each row. Whose probability does the
    cross-entropy ask for?
    """
    return float(-losses_of(scores).max(axis=1).mean()), share_right(scores, y)


@LOSS_AND_ACCURACY.misconception("one softmax for the whole batch")
def _(scores, y):
    """The accuracy is right, and for a single example the loss is. For several it is too large.
    The first check of this lecture asks for ln K, however many images there are.
    Over which of your numbers do the probabilities add up to 1?
    """
    probs = np.exp(scores) / np.exp(scores).sum()
    return float(-np.log(probs[np.arange(len(y)), y]).mean()), share_right(scores, y)


@LOSS_AND_ACCURACY.misconception("examples compete instead of classes")
def _(scores, y):
    """Your probabilities add up to 1 down each column.
    The classes of one example compete with each other. Along which axis do they lie?
    """
    log_probs = losses_of(scores.T).T
    return float(-log_probs[np.arange(len(y)), y].mean()), share_right(scores, y)


@LOSS_AND_ACCURACY.misconception("largest of a row, sum of a column")
def _(scores, y):
    """Your exponentials are those of a row, with its largest score taken away; your sums run down
    the columns. The classes of one example compete with each other. Along which axis do they lie?
    """
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=0, keepdims=True))
    return float(-log_probs[np.arange(len(y)), y].mean()), share_right(scores, y)


@LOSS_AND_ACCURACY.misconception("the logarithm is missing")
def _(scores, y):
    """Your loss never exceeds 1: it is the probability that goes to wrong classes.
    The cross-entropy punishes a sure mistake without limit. Which function of the
    probability does that?
    """
    probs = np.exp(losses_of(scores))[np.arange(len(y)), y]
    return float(1 - probs.mean()), share_right(scores, y)


@LOSS_AND_ACCURACY.misconception("the logarithm of the mean")
def _(scores, y):
    """Your loss is too small when some examples are nearly certain and others are not.
    You average the probabilities and take one logarithm. Which comes first: the
    logarithm of each, or the mean?
    """
    probs = np.exp(losses_of(scores))[np.arange(len(y)), y]
    return float(-np.log(np.maximum(probs.mean(), 1e-300))), share_right(scores, y)


@LOSS_AND_ACCURACY.misconception("right answers counted")
def _(scores, y):
    """The loss is right. Your accuracy exceeds 1.
    You count the examples that are right. What share of all examples are they?
    """
    loss = -losses_of(scores)[np.arange(len(y)), y].mean()
    return float(loss), float((scores.argmax(axis=1) == y).sum())


@LOSS_AND_ACCURACY.misconception("ties count as right")
def _(scores, y):
    """The loss is right. Where several scores of a row are equally large, you count the example
    as right if one of them is that of the right class.
    A prediction is one class. Which one is named by `argmax`?
    """
    loss = -losses_of(scores)[np.arange(len(y)), y].mean()
    return float(loss), float((scores[np.arange(len(y)), y] == scores.max(axis=1)).mean())


@LOSS_AND_ACCURACY.misconception("exponential of a huge score")
def _(scores, y):
    """On ordinary scores you are right. On huge ones the exponential overflows.
    Which change of all scores of a row leaves the softmax as it is?
    """
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return float(-np.log(probs[np.arange(len(y)), y]).mean()), share_right(scores, y)


@LOSS_AND_ACCURACY.misconception("logarithm of a vanished probability")
def _(scores, y):
    """On ordinary scores you are right. On huge ones a probability is rounded to 0, and
    its logarithm is minus infinity. This is how `inf` comes into a training log.
    Can the logarithm of the quotient be written without computing the quotient?
    """
    probs = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = probs / probs.sum(axis=1, keepdims=True)
    return float(-np.log(probs[np.arange(len(y)), y]).mean()), share_right(scores, y)


@LOSS_AND_ACCURACY.misconception("a small number inside the logarithm")
def _(scores, y):
    """On ordinary scores you are right. On huge ones your loss is finite and wrong.
    That is what a small number added to a probability brings, or a probability that is clipped:
    a sure mistake then costs no more than the logarithm of that number.
    Can the logarithm of the quotient be written without computing the quotient?
    """
    probs = np.exp(losses_of(scores))[np.arange(len(y)), y]
    return float(-np.log(probs + 1e-12).mean()), share_right(scores, y)


@LOSS_AND_ACCURACY.misconception("every label for every example")
def _(scores, y):
    """The accuracy is right. Your loss is the mean of N times N numbers: each label is looked up
    in every row. An index for the columns alone takes them from all rows.
    Each example has one label. How can row and column be chosen in pairs?
    """
    return float(-losses_of(scores)[:, y].mean()), share_right(scores, y)
