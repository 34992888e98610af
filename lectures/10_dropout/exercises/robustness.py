"""How can this be a good idea? Scores with inputs left out."""

import numpy as np

from grader import Case, Choice, Exercise, Question
from lectures import drivers

from .shared import both_signs

GOOD_IDEA = Question(
    "dropout.good_idea",
    "You switch off half of the units at random, in every step. How can this possibly be a "
    "good idea?",
    choices=(
        Choice(
            "The network becomes smaller, so it cannot memorise.",
            "At test time all units are back, each with its own weights. How many parameters "
            "does the network have, then?",
        ),
        Choice(
            "Units that are not needed are found and removed for good.",
            "The mask is drawn anew in each step. What happens to a dropped unit in the next one?",
        ),
        Choice(
            "No unit can rely on another one, so several hold the same evidence.",
            right=True,
        ),
        Choice(
            "The noise lets the optimizer leave local minima, so the training loss ends lower.",
            "It is the gap that we want to close. What does noise in every step do to the "
            "training loss, as a rule?",
        ),
    ),
    why="Without dropout units specialise: one corrects the mistake of another "
    "(*co-adaptation*), and that often fits the training set only. With dropout the others "
    "may be missing at any moment. The representation becomes redundant.",
)


EARLY_STOPPING = Question(
    "dropout.early_stopping",
    "After 60 epochs `p_drop = 0.5` beats no dropout by several points of test accuracy. Now each "
    "run is stopped at its own best validation epoch. What becomes of the lead?",
    choices=(
        Choice(
            "It stays about as large: dropout makes a better network at every epoch.",
            "Where does the validation curve without dropout stand after ten epochs?",
        ),
        Choice("It shrinks to about a point.", right=True),
        Choice(
            "It grows, since dropout needs many epochs and then has them.",
            "Which of the two curves falls after its peak? To whom does it matter more to stop?",
        ),
        Choice(
            "It turns round: the run without dropout is then ahead by several points.",
            "Compare the peaks of the two curves on the right. Are they several points apart?",
        ),
    ),
    why="Without dropout the wrong labels are learnt late, after the digits themselves. Who stops "
    "before that has lost little.",
)


ROBUSTNESS_SCORES = Exercise(
    "dropout.robustness_scores",
    points=2,
    minutes=5,
    returns=("scores",),
    driver=drivers.scores_of_linear,
    hints=(
        "First the accuracy with everything: the share of rows where `predict(x)` equals `y`.",
        "Then, for each j, the accuracy on a copy of x whose column j is 0; "
        "`corrupt_one_feature(x, j)` of the setup cell makes one.",
        "The score of j is the first minus the second; collect them in an array of shape (D,).",
    ),
)


@ROBUSTNESS_SCORES.cases
def _(rng: np.random.Generator):
    for name, n, d, k in (
        ("40 examples, three features", 40, 3, 2),
        ("five features, three classes", 60, 5, 3),
        ("more features than needed", 50, 6, 2),
        ("one feature", 30, 1, 2),
        ("one example", 1, 4, 2),
    ):
        w = both_signs(rng, d, k) * np.linspace(1.5, 0.4, d)[:, None]
        x = rng.standard_normal((n, d)) + 0.3
        noise = 0.6 * rng.standard_normal((n, k))
        yield Case(name, (w, x, (x @ w + noise).argmax(axis=1)))


@ROBUSTNESS_SCORES.misconception("the accuracy that is left")
def robustness_no_difference(predict, x, y):
    """You give the accuracy without each feature.
    A feature that nobody needs then gets the highest value.
    With what should the accuracy be compared, to see what was lost?
    """
    found = []
    for j in range(x.shape[1]):
        without = x.copy()
        without[:, j] = 0
        found.append((predict(without) == y).mean())
    return np.array(found)


@ROBUSTNESS_SCORES.misconception("gain instead of loss")
def _(predict, x, y):
    """Your values have the right size and the wrong sign.
    An important feature should have a large positive value.
    Which of the two accuracies is the larger one, as a rule?
    """
    return robustness_no_difference(predict, x, y) - (predict(x) == y).mean()


@ROBUSTNESS_SCORES.misconception("features stay removed")
def _(predict, x, y):
    """Your first value is right, and the losses add up from feature to feature.
    It looks as if a feature that was removed never came back.
    How many features are missing when the third one is judged?
    """
    without, found = x.copy(), []
    for j in range(x.shape[1]):
        without[:, j] = 0
        found.append((predict(x) == y).mean() - (predict(without) == y).mean())
    return np.array(found)


@ROBUSTNESS_SCORES.misconception("only one feature left")
def _(predict, x, y):
    """You keep feature j and remove all others.
    That asks what it can do alone. Here the question is how much it is missed.
    Which columns should be 0?
    """
    found = []
    for j in range(x.shape[1]):
        alone = np.zeros_like(x)
        alone[:, j] = x[:, j]
        found.append((predict(x) == y).mean() - (predict(alone) == y).mean())
    return np.array(found)


@ROBUSTNESS_SCORES.misconception("examples instead of a share")
def _(predict, x, y):
    """You count examples.
    With twice as many examples the values would double. What is an accuracy divided by?
    """
    return len(y) * ((predict(x) == y).mean() - robustness_no_difference(predict, x, y))


def _without(x, j):
    x = x.copy()
    x[:, j] = 0
    return x


@ROBUSTNESS_SCORES.misconception("changed predictions")
def _(predict, x, y):
    """You count predictions that change, also where a wrong one becomes right.
    Your answer does not depend on `y`.
    What makes a prediction count as right?
    """
    return np.array([(predict(_without(x, j)) != predict(x)).mean() for j in range(x.shape[1])])


@ROBUSTNESS_SCORES.misconception("the caller's data overwritten")
def _(predict, x, y):
    """Your scores are right, but afterwards the caller's array has lost a feature.
    Which line writes into x itself, and what could it write into instead?
    """
    accuracy, found = (predict(x) == y).mean(), []
    for j in range(x.shape[1]):
        column = x[:, j].copy()
        x[:, j] = 0
        found.append(accuracy - (predict(x) == y).mean())
        x[:, j] = column
    x[:, 0] = 0
    return np.array(found)
