"""The gap between training and validation accuracy."""

import numpy as np

from grader import Case, Choice, Exercise, Question

GAP_REMEDIES = Question(
    "babysitting.gap_remedies",
    "Training accuracy 0.99, validation accuracy 0.70. The slide asks: big gap, increase "
    "regularisation? No gap, increase capacity? What is the best you can say?",
    choices=(
        Choice(
            "Increase the capacity: 0.70 is low.",
            "The network has already memorised the training set. What would more capacity add?",
        ),
        Choice(
            "A big gap means overfitting. Regularise, that always closes it.",
            "Regularise hard enough and both accuracies fall: then there is no gap, and no "
            "good network either. Is the gap the goal?",
        ),
        Choice(
            "Probably overfitting: try more regularisation or data, and see whether the "
            "validation accuracy rises.",
            right=True,
        ),
        Choice(
            "Nothing: the two sets simply differ.",
            "Two parts of the same data, shuffled. Nearly a third of the accuracy is much for "
            "that.",
        ),
    ),
    why="The question marks on the slide are right: a gap is a symptom, the remedy a "
    "hypothesis. What counts is the validation accuracy, and only an experiment tells.",
)


DIAGNOSE = Exercise(
    "babysitting.diagnose",
    points=1,
    minutes=2,
    returns=("verdict",),
    promises={
        "for no gap while the training accuracy": (
            "both low, close together",
            "just small_gap below 1",
            "a gap of just small_gap",
            "a gap of just big_gap",
        ),
    },
    hints=(
        "Compute the gap once. Then three cases, the wide gap first.",
        "No gap alone is not underfitting: the training accuracy must leave room, too.",
    ),
)


@DIAGNOSE.cases
def _(rng: np.random.Generator):
    def near(value: float) -> float:
        return value + float(rng.uniform(-0.003, 0.003))

    yield Case("far apart", (near(0.95), near(0.60)))
    yield Case("both low, close together", (near(0.45), near(0.44)))
    yield Case("validation above training", (near(0.45), near(0.62)))
    yield Case("a moderate gap", (near(0.80), near(0.75)))
    yield Case("both nearly perfect", (near(0.995), near(0.99)))
    yield Case("training nearly perfect, validation a little less", (0.9875, 0.971875))
    yield Case("far apart, both low", (near(0.35), near(0.20)))
    yield Case("a good network with a gap", (near(0.995), near(0.86)))
    yield Case("a small gap on a low level", (near(0.13), near(0.07)))
    yield Case("a stricter big gap", (near(0.80), near(0.75)), {"big_gap": 0.03})
    yield Case("a wider small gap", (near(0.70), near(0.65)), {"small_gap": 0.08})
    yield Case("a gap below a patient big gap", (near(0.80), near(0.60)), {"big_gap": 0.25})
    # Exactly at the thresholds, in numbers that a float holds exactly.
    yield Case("a gap of just big_gap", (0.75, 0.5), {"big_gap": 0.25})
    yield Case("a gap of just small_gap", (0.5, 0.375), {"small_gap": 0.125, "big_gap": 0.5})
    yield Case("just small_gap below 1", (0.875, 0.875), {"small_gap": 0.125})


@DIAGNOSE.misconception("the sign of the gap is lost")
def _(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    """You say `overfitting` when the validation accuracy is the higher one.
    A network that has memorised its training examples: on which set is it better?
    """
    gap = abs(train_acc - val_acc)
    if gap >= big_gap:
        return "overfitting"
    return "underfitting" if gap <= small_gap and 1 - train_acc > small_gap else "healthy"


@DIAGNOSE.misconception("nothing is ever good enough")
def _(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    """You ask for more capacity although the training accuracy is nearly perfect.
    What could a larger network still improve on the training set?
    """
    gap = train_acc - val_acc
    if gap >= big_gap:
        return "overfitting"
    return "underfitting" if gap <= small_gap else "healthy"


@DIAGNOSE.misconception("a relative gap")
def _(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    """Your gap is a ratio: on low accuracies a small difference alarms you.
    The limits are differences of accuracies. What should the gap be, so that it can be compared
    with them?
    """
    gap = 1 - val_acc / train_acc
    if gap >= big_gap:
        return "overfitting"
    return "underfitting" if gap <= small_gap and 1 - train_acc > small_gap else "healthy"


@DIAGNOSE.misconception("the two names exchanged")
def _(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    """A wide gap is called underfitting, and no gap overfitting.
    Which of the two fits the training set too well for its own good?
    """
    gap = train_acc - val_acc
    if gap >= big_gap:
        return "underfitting"
    return "overfitting" if gap <= small_gap and 1 - train_acc > small_gap else "healthy"


@DIAGNOSE.misconception("the level of the validation accuracy")
def _(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    """You ask for more capacity where the training accuracy is nearly perfect and the validation
    accuracy a little lower.
    Which of the two accuracies shows what the network can represent?
    """
    gap = train_acc - val_acc
    if gap >= big_gap:
        return "overfitting"
    return "underfitting" if gap <= small_gap and 1 - val_acc > small_gap else "healthy"


@DIAGNOSE.misconception("a gap of just big_gap is not big")
def _(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    """Where the gap is exactly `big_gap` you do not say `overfitting`.
    A limit belongs to one of its two sides. To which one do the instructions give it?
    """
    gap = train_acc - val_acc
    if gap > big_gap:
        return "overfitting"
    return "underfitting" if gap <= small_gap and 1 - train_acc > small_gap else "healthy"


@DIAGNOSE.misconception("limits of its own")
def _(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    """Your verdict does not depend on `big_gap` and `small_gap`.
    The numbers in the signature are only defaults. What if a caller gives others?
    """
    gap = train_acc - val_acc
    if gap >= 0.1:
        return "overfitting"
    return "underfitting" if gap <= 0.02 and 1 - train_acc > 0.02 else "healthy"


@DIAGNOSE.misconception("low accuracy taken for underfitting")
def _(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    """You look at the level of the training accuracy first.
    A hard problem has low accuracies and can be overfitted all the same. What does the
    gap say there?
    """
    gap = train_acc - val_acc
    if train_acc < 0.7:
        return "underfitting"
    return "overfitting" if gap >= big_gap else "healthy"
