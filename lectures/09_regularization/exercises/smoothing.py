"""Softer targets: label smoothing, its loss, and the scores it leads to."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question
from utils.losses import log_softmax

from .shared import both_signs, classes

ROW_SUM = Question(
    "regularization.row_sum",
    "A slide on label smoothing, in our words: give the right class the probability $\\alpha$, and "
    "every other class $1 - \\alpha$. What does a row of targets then sum to, for ten classes and "
    "$\\alpha = 0.9$?",
    number=Number(
        1.8,
        misreadings={
            1.0: "That is what it should be. How many other classes are there?",
            1.9: "Is the right class one of the others?",
            0.9: "What do the other classes add?",
        },
    ),
    why="$0.9 + 9 \\cdot 0.1 = 1.8$: no distribution. The recipe is right for two classes only.",
)

SMOOTH = Exercise(
    "losses.smooth_labels",
    points=1,
    minutes=3,
    returns=("targets",),
    promises={
        "a label is not a class": "a class that does not exist",
        "is not between 0 and 1": ("more than everything", "less than nothing"),
    },
    hints=(
        "Begin with a one-hot row. What is taken from the right class, and who gets it?",
        "Everybody gets eps / K, the right class as well. What does the right class keep besides?",
        "(1 - eps) times the one-hot row, plus eps / K everywhere. `np.eye(n_classes)[y]` makes "
        "the rows.",
    ),
)


@SMOOTH.cases
def _(rng: np.random.Generator):
    yield Case("five examples, three classes", (classes(rng, 5, 3), 3), {"eps": 0.3})
    yield Case("the usual share", (classes(rng, 4, 10), 10))
    yield Case("one example", (rng.integers(0, 6, 1), 6), {"eps": 0.2})
    yield Case("two classes", (classes(rng, 3, 2), 2), {"eps": 0.5})
    yield Case("no smoothing", (classes(rng, 3, 4), 4), {"eps": 0.0})
    yield Case("nothing left", (classes(rng, 3, 4), 4), {"eps": 1.0})
    share = float(rng.uniform(0.05, 0.95))
    yield Case("any share", (classes(rng, 6, 5), 5), {"eps": share})
    yield Case("a class that does not exist", (np.array([0, 3]), 3), {"eps": 0.1})
    yield Case("more than everything", (np.array([0, 1]), 3), {"eps": 1.2})
    yield Case("less than nothing", (np.array([0, 1]), 3), {"eps": -0.1})


def _rows(y, k, eps, right, wrong):
    if ((y < 0) | (y >= k)).any() or not 0 <= eps <= 1:
        raise ValueError(y)
    return np.where(np.arange(k) == y[:, None], right, wrong).astype(float)


@SMOOTH.misconception("the whole share for each wrong class")
def _(y, n_classes, *, eps=0.1):
    """Your rows sum to more than 1 as soon as there are three classes: each wrong class gets all
    of eps. A slide prints it so.
    How many have to share it?
    """
    return _rows(y, n_classes, eps, 1 - eps, eps)


@SMOOTH.misconception("shared by the wrong classes only", convention=True)
def _(y, n_classes, *, eps=0.1):
    """Your rows sum to 1. You spread eps over the wrong classes alone; the other convention of
    label smoothing.
    Among which classes does this text spread it?
    """
    return _rows(y, n_classes, eps, 1 - eps, eps / (n_classes - 1))


@SMOOTH.misconception("nothing taken from the right class")
def _(y, n_classes, *, eps=0.1):
    """Your rows sum to 1 + eps: every class gets its part, and nobody pays.
    Where does the share come from?
    """
    return _rows(y, n_classes, eps, 1 + eps / n_classes, eps / n_classes)


@SMOOTH.misconception("the right class left out of the sharing")
def _(y, n_classes, *, eps=0.1):
    """Your rows sum to less than 1. The wrong classes have what they should.
    Who else takes part in the sharing?
    """
    return _rows(y, n_classes, eps, 1 - eps, eps / n_classes)


@SMOOTH.misconception("the shares exchanged")
def _(y, n_classes, *, eps=0.1):
    """With eps = 0 all your classes are equally likely.
    What should be left of the labels when nothing is smoothed?
    """
    return _rows(y, n_classes, eps, eps + (1 - eps) / n_classes, (1 - eps) / n_classes)


@SMOOTH.misconception("spread over the examples")
def _(y, n_classes, *, eps=0.1):
    """Your share is divided by the number of examples: it changes with the size of the batch.
    Over which axis should a row sum to 1?
    """
    return _rows(y, n_classes, eps, 1 - eps + eps / len(y), eps / len(y))


@SMOOTH.misconception("the recipe for two classes")
def _(y, n_classes, *, eps=0.1):
    """Every class gets half of eps, however many classes there are. With two classes you are right.
    What do your rows sum to with ten?
    """
    return _rows(y, n_classes, eps, 1 - eps / 2, eps / 2)


@SMOOTH.misconception("no smoothing")
def _(y, n_classes, *, eps=0.1):
    """These are the plain one-hot labels, whatever eps is.
    Which argument is still unread?
    """
    return _rows(y, n_classes, eps, 1, 0)


LOSS = Exercise(
    "losses.label_smoothing_loss",
    points=2,
    minutes=3,
    returns=("loss", "dscores"),
    parents=("losses.smooth_labels",),
    promises={"does not hold N classes": ("a class that does not exist", "a label too few")},
    hints=(
        "`log_softmax` gives log p of all classes, `smooth_labels` gives t. Multiply, add up.",
        "The gradient of -log p_k with respect to the scores is p minus the one-hot row of k. Take "
        "the mean of it with the weights t.",
        "dscores is (p - t) / N, for the weights of a row sum to 1.",
    ),
)


@LOSS.cases
def _(rng: np.random.Generator):
    def case(name, n, k, **options):
        return Case(name, (both_signs(rng, n, k), classes(rng, n, k)), options)

    yield case("five examples, three classes", 5, 3, eps=0.3)
    yield case("the usual share", 4, 6)
    yield case("one example", 1, 4, eps=0.2)
    yield case("two classes", 3, 2, eps=0.5)
    yield case("no smoothing", 3, 4, eps=0.0)
    yield Case("a class that does not exist", (both_signs(rng, 2, 3), np.array([0, 3])))
    yield Case("a label too few", (both_signs(rng, 3, 4), np.array([0, 1])))
    far = both_signs(rng, 3, 3) + np.array([[1000.0, 0, 0], [0, 0, -1000], [0, 900, 0]])
    yield Case("huge scores", (far, np.array([1, 0, 2])), {"eps": 0.1}, extreme=True)


def _softer(scores, y, eps, **other):
    n, k = scores.shape
    if y.shape != (n,):
        raise ValueError(y)
    t = _rows(y, k, eps, 1 - eps + eps / k, eps / k).astype(scores.dtype)
    hard = _rows(y, k, eps, 1, 0).astype(scores.dtype)
    log_p = log_softmax(scores)
    p = np.exp(log_p)
    values = {"n": n, "k": k, "t": t, "hard": hard, "log_p": log_p, "p": p}
    loss = other.get("loss", lambda v: -(v["t"] * v["log_p"]).sum() / v["n"])
    dscores = other.get("dscores", lambda v: (v["p"] - v["t"]) / v["n"])
    return float(loss(values)), dscores(values).astype(scores.dtype)


@LOSS.misconception("the gradient of the hard labels")
def _(scores, y, *, eps=0.1):
    """Your loss is right. Your gradient does not depend on eps.
    Where should it vanish: where the right class has probability 1?
    """
    return _softer(scores, y, eps, dscores=lambda v: (v["p"] - v["hard"]) / v["n"])


@LOSS.misconception("the loss of the hard labels")
def _(scores, y, *, eps=0.1):
    """Your gradient is right. Your loss does not depend on eps.
    What do the wrong classes contribute to it?
    """
    return _softer(scores, y, eps, loss=lambda v: -(v["hard"] * v["log_p"]).sum() / v["n"])


@LOSS.misconception("no mean in the gradient")
def _(scores, y, *, eps=0.1):
    """With one example you are right. With more your loss is a mean, and your gradient is that of
    a sum.
    What does the loss divide by?
    """
    return _softer(scores, y, eps, dscores=lambda v: v["p"] - v["t"])


@LOSS.misconception("a sum over the examples")
def _(scores, y, *, eps=0.1):
    """With one example you are right. With more both numbers are too large, by their count.
    Is the loss a sum or a mean?
    """
    return _softer(
        scores,
        y,
        eps,
        loss=lambda v: -(v["t"] * v["log_p"]).sum(),
        dscores=lambda v: v["p"] - v["t"],
    )


@LOSS.misconception("a mean over the classes, too")
def _(scores, y, *, eps=0.1):
    """Your numbers are too small, by the number of classes.
    Over what does the mean run, and over what the sum?
    """
    return _softer(
        scores,
        y,
        eps,
        loss=lambda v: -(v["t"] * v["log_p"]).mean(),
        dscores=lambda v: (v["p"] - v["t"]) / (v["n"] * v["k"]),
    )


@LOSS.misconception("the entropy taken away", convention=True)
def _(scores, y, *, eps=0.1):
    """Your gradient is right. Your loss is 0 where p = t: you have the divergence of p from t,
    which differs from the cross-entropy by the entropy of t.
    Which of the two does the text ask for?
    """

    def loss(v):
        with np.errstate(divide="ignore", invalid="ignore"):
            log_t = np.where(v["t"] > 0, np.log(v["t"]), 0)
        return (v["t"] * (log_t - v["log_p"])).sum() / v["n"]

    return _softer(scores, y, eps, loss=loss)


@LOSS.misconception("smoothed probabilities")
def _(scores, y, *, eps=0.1):
    """You smooth the answer of the network, not the label: your loss stays finite whatever the
    scores are.
    What should a score of minus infinity for the right class cost?
    """

    def q(v):
        return (1 - eps) * (v["p"] * v["hard"]).sum(axis=1, keepdims=True) + eps / v["k"]

    return _softer(
        scores,
        y,
        eps,
        loss=lambda v: -np.log(q(v)).mean(),
        dscores=lambda v: (
            (1 - eps)
            * (v["p"] * v["hard"]).sum(axis=1, keepdims=True)
            * (v["p"] - v["hard"])
            / (v["n"] * q(v))
        ),
    )


GAP = Exercise(
    "losses.best_score_gap",
    points=2,
    minutes=4,
    returns=("gap",),
    parents=("losses.smooth_labels",),
    hints=(
        "Where is the gradient of your loss 0? Which probability has the right class there, which "
        "a wrong one?",
        "p_k is exp(s_k) over a sum that all classes share. What is the logarithm of p_y / p_k?",
        "The logarithm of (1 - eps + eps / K) over (eps / K).",
    ),
)


@GAP.cases
def _(rng: np.random.Generator):
    yield Case("ten classes", (10, float(rng.uniform(0.08, 0.12))))
    yield Case("three classes", (3, float(rng.uniform(0.2, 0.4))))
    yield Case("two classes", (2, float(rng.uniform(0.2, 0.4))))
    yield Case("a thousand classes", (1000, float(rng.uniform(0.05, 0.2))))
    yield Case("everything smoothed", (5, 1.0))
    yield Case("next to no smoothing", (10, 1e-12), extreme=True)


def _log_ratio(right, wrong):
    with np.errstate(divide="ignore"):
        return float(np.log(np.float64(right) / wrong))


@GAP.misconception("as if the wrong classes were one")
def _(n_classes, eps):
    """Your gap does not depend on the number of classes.
    Which probability is left for a single wrong class?
    """
    return _log_ratio(1 - eps, eps)


@GAP.misconception("the right class without its part")
def _(n_classes, eps):
    """The wrong class is right. The right class is a little short.
    Among whom is eps spread?
    """
    return _log_ratio(1 - eps, eps / n_classes)


@GAP.misconception("shared by the wrong classes only", convention=True)
def _(n_classes, eps):
    """This is the gap of the other convention, where eps is spread over the wrong classes alone.
    What does your `smooth_labels` do with the right class?
    """
    return _log_ratio((1 - eps) * (n_classes - 1), eps)


@GAP.misconception("a difference of probabilities")
def _(n_classes, eps):
    """Your gap is below 1: it is the lead in probability.
    Scores are turned into probabilities by a softmax. What turns them back?
    """
    return float(1 - eps)


@GAP.misconception("a ratio of probabilities")
def _(n_classes, eps):
    """Your number says how many times more likely the right class is.
    Scores are added where probabilities are multiplied. Which function does that?
    """
    return float((1 - eps + eps / n_classes) / (eps / n_classes))


@GAP.misconception("the wrong logarithm")
def _(n_classes, eps):
    """Your logarithm has the base 10.
    Which base has the softmax?
    """
    return float(np.log10((1 - eps + eps / n_classes) / (eps / n_classes)))


@GAP.misconception("one against all others together")
def _(n_classes, eps):
    """You compare the right class with all wrong ones together. With two classes that is right.
    What is the probability of one of them?
    """
    return _log_ratio(1 - eps + eps / n_classes, eps * (n_classes - 1) / n_classes)


CALIBRATION = Question(
    "regularization.calibration",
    "A small network on 600 digits with right labels. When it is 90% sure, it is right in about "
    "90% of the cases: it is calibrated. Now train it with label smoothing, eps = 0.1. What "
    "happens to its accuracy, and to its calibration?",
    choices=(
        Choice(
            "Both improve: smoothing makes it less sure, and so more honest.",
            "It was honest before. What is it after it has been made less sure?",
        ),
        Choice(
            "Accuracy falls, calibration improves: caution has its price.",
            "Smoothing changes how sure an answer is. Does it have to change which answer wins?",
        ),
        Choice(
            "Neither changes: the order of the scores is the same.",
            "Accuracy depends on the order alone. Does calibration?",
        ),
        Choice("Accuracy stays or rises a little, calibration becomes much worse.", right=True),
    ),
    why="Smoothing pins the lead of the right score, and with it the confidence, where the target "
    "says: at 0.91, also for digits that nobody could mistake. Large networks are often too sure "
    "of themselves; there the same change can improve calibration.",
)
