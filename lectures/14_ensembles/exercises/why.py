"""Why an average is better: disagreement, and noise that is not shared."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

GUARANTEED = Question(
    "ensembles.guaranteed",
    "What is guaranteed when probabilities are averaged, whatever the members are?",
    choices=(
        Choice(
            "An accuracy of at least the mean accuracy of the members.",
            "Three members: one is sure and wrong, two are right by a hair. Who wins the mean of "
            "their probabilities?",
        ),
        Choice(
            "A log loss of at most the mean log loss of the members.",
            right=True,
        ),
        Choice(
            "An accuracy of at least that of the best member.",
            "Nine coins and one good network: what does their average know?",
        ),
        Choice(
            "A better calibration than that of the members.",
            "Members that are exactly as sure as they are right disagree a little. What does "
            "averaging do to how sure they are?",
        ),
    ),
    why="−log is convex: the loss of a mean is at most the mean of the losses (Jensen). "
    "Accuracy is not convex in anything, and one loud member can be wrong.",
)

SPLIT = Exercise(
    "ensembles.brier_split",
    points=4,
    minutes=8,
    returns=("members", "ambiguity", "ensemble"),
    hints=(
        "Each of the three is a mean of squared distances of rows. From what to what?",
        "On paper take one example and one class: numbers p_1, ..., p_M and a target y. Write "
        "p_m - y as (p_m - mean) + (mean - y), square it, and average over m.",
        "Sum the squares over the classes, then average: over members and examples for the first "
        "two, over examples for the third. The distances go to the target, to the mean of the "
        "members, and from that mean to the target.",
    ),
)


def _probs(rng, m, n, k):
    """Forecasts whose members differ clearly from each other and from the truth."""
    return rng.dirichlet(np.full(k, 0.8), size=(m, n))


def _target(probs, y):
    return (y[:, None] == np.arange(probs.shape[2])).astype(probs.dtype)


def _three(probs, y):
    target, mean = _target(probs, y), probs.mean(axis=0)
    return (
        float(((probs - target) ** 2).sum(axis=2).mean()),
        float(((probs - mean) ** 2).sum(axis=2).mean()),
        float(((mean - target) ** 2).sum(axis=1).mean()),
    )


@SPLIT.cases
def _(rng: np.random.Generator):
    yield Case("three networks, five examples", (_probs(rng, 3, 5, 4), rng.integers(0, 4, 5)))
    none = {"ambiguity": 1.0}
    alone = _probs(rng, 1, 6, 3)
    yield Case("a single network", (alone, rng.integers(0, 3, 6)), scale=none)
    copied = np.repeat(_probs(rng, 1, 4, 3), 2, axis=0)
    yield Case("a network and its copy", (copied, np.arange(4) % 3), scale=none)
    opposite = np.array([[[0.9, 0.1]], [[0.1, 0.9]]])
    yield Case("two that are equal and opposite", (opposite, np.array([0])))
    hard = np.eye(3)[rng.permutation(np.arange(12) % 3)].reshape(4, 3, 3)
    yield Case("networks that are always certain", (hard, rng.integers(0, 3, 3)))
    yield Case("many networks", (_probs(rng, 12, 3, 5), rng.integers(0, 5, 3)))


@SPLIT.misconception("averaged over the classes, too")
def _(probs, y):
    """Your three numbers are too small by one and the same factor, the number of classes.
    A squared distance of two rows: is it a sum or a mean over their entries?
    """
    return tuple(v / probs.shape[2] for v in _three(probs, y))


@SPLIT.misconception("disagreement with the truth")
def _(probs, y):
    """Your ambiguity is the error of the members once more: it changes with the labels.
    Ambiguity is a distance of the members. From what?
    """
    members, _, ensemble = _three(probs, y)
    return members, members, ensemble


@SPLIT.misconception("the error of the ensemble is the mean error")
def _(probs, y):
    """For you the ensemble is as good as its members are on average.
    Two members that are equal and opposite: what does their average predict, and how far off is it?
    """
    members, ambiguity, _ = _three(probs, y)
    return members, ambiguity, members


@SPLIT.misconception("hard predictions")
def _(probs, y):
    """Your numbers do not change when a network becomes more or less sure of the same class.
    Are the members' probabilities averaged, or their decisions?
    """
    hard = (probs.argmax(axis=2)[:, :, None] == np.arange(probs.shape[2])).astype(probs.dtype)
    return _three(hard, y)


@SPLIT.misconception("distance of two members")
def _(probs, y):
    """Your ambiguity is twice as large: it is the squared distance between two members, averaged
    over all pairs.
    The text measures how far a member lies from something that they share. From what?
    """
    members, ambiguity, ensemble = _three(probs, y)
    return members, 2 * ambiguity, ensemble


@SPLIT.misconception("divided by one member less")
def _(probs, y):
    """Your ambiguity is larger by the factor M / (M - 1), as if the members were a sample.
    Is it to estimate the scatter of other networks, or to say how these ones differ?
    """
    members, ambiguity, ensemble = _three(probs, y)
    m = len(probs)
    return members, ambiguity * m / max(m - 1, 1), ensemble


@SPLIT.misconception("square roots")
def _(probs, y):
    """You return square roots of the three means.
    Which of the two obeys an equation on paper, distances or squared distances?
    """
    return tuple(math.sqrt(v) for v in _three(probs, y))


@SPLIT.misconception("only the right class")
def _(probs, y):
    """You look only at the probability of the right class.
    What do the other classes add to the squared distance of two rows?
    """
    p = probs[:, np.arange(len(y)), y]
    mean = p.mean(axis=0)
    return (
        float(((p - 1) ** 2).mean()),
        float(((p - mean) ** 2).mean()),
        float(((mean - 1) ** 2).mean()),
    )


@SPLIT.misconception("distances that are not squared")
def _(probs, y):
    """Your three numbers are mean distances, and what is asked for are mean squared distances.
    Of which of the two does the equation on paper hold?
    """
    target, mean = _target(probs, y), probs.mean(axis=0)
    return (
        float(np.linalg.norm(probs - target, axis=2).mean()),
        float(np.linalg.norm(probs - mean, axis=2).mean()),
        float(np.linalg.norm(mean - target, axis=1).mean()),
    )


@SPLIT.misconception("absolute differences")
def _(probs, y):
    """You add up absolute differences of probabilities.
    How does the text make a distance of two rows?
    """
    target, mean = _target(probs, y), probs.mean(axis=0)
    return (
        float(np.abs(probs - target).sum(axis=2).mean()),
        float(np.abs(probs - mean).sum(axis=2).mean()),
        float(np.abs(mean - target).sum(axis=1).mean()),
    )


@SPLIT.misconception("sums over the examples")
def _(probs, y):
    """Your numbers grow with the number of networks and examples: they are sums.
    Over what does the text take each of its three means?
    """
    members, ambiguity, ensemble = _three(probs, y)
    m, n = probs.shape[:2]
    return m * n * members, m * n * ambiguity, n * ensemble


@SPLIT.misconception("sums over the members")
def _(probs, y):
    """Your first two numbers grow with the number of networks.
    Over what does the text take their means?
    """
    members, ambiguity, ensemble = _three(probs, y)
    return len(probs) * members, len(probs) * ambiguity, ensemble


@SPLIT.misconception("half of the squares")
def _(probs, y):
    """Each of your numbers is half of what it should be. A loss is often defined so.
    How does the text define the squared distance of two rows?
    """
    return tuple(v / 2 for v in _three(probs, y))


@SPLIT.misconception("the last two exchanged")
def _(probs, y):
    """Your second and third numbers stand in each other's place.
    Which order does the text ask for?
    """
    members, ambiguity, ensemble = _three(probs, y)
    return members, ensemble, ambiguity


@SPLIT.misconception("a negative ambiguity")
def _(probs, y):
    """Your ambiguity is negative or zero.
    Can a mean of squares be negative? Which of the other two numbers is the larger one?
    """
    members, ambiguity, ensemble = _three(probs, y)
    return members, -ambiguity, ensemble


@SPLIT.misconception("the two errors added")
def _(probs, y):
    """Your ambiguity is the sum of the two other numbers.
    A single network agrees with itself. Which ambiguity does it have, and which do you give it?
    """
    members, _, ensemble = _three(probs, y)
    return members, members + ensemble, ensemble


@SPLIT.misconception("the average over the examples")
def _(probs, y):
    """Your ambiguity measures how each network's forecasts change from example to example.
    From which average does the text measure, that of a network or that of an example?
    """
    members, _, ensemble = _three(probs, y)
    own = probs.mean(axis=1, keepdims=True)
    return members, float(((probs - own) ** 2).sum(axis=2).mean()), ensemble


@SPLIT.misconception("one number for each network")
def _(probs, y):
    """Your first two answers hold a number for each network.
    The text asks for one number. What is left to average over?
    """
    target, mean = _target(probs, y), probs.mean(axis=0)
    return (
        ((probs - target) ** 2).sum(axis=2).mean(axis=1),
        ((probs - mean) ** 2).sum(axis=2).mean(axis=1),
        float(((mean - target) ** 2).sum(axis=1).mean()),
    )


EQUATION = Question(
    "ensembles.equation",
    "The mean squared error of twenty networks is 0.581, and their ambiguity is 0.070. What is the "
    "squared error of their average?",
    number=Number(
        0.511,
        rel_tol=0.001,
        misreadings={
            0.651: "You added. Is the average of the members worse than they are? Put two members "
            "that are equal and opposite.",
            0.581: "That is the mean error of the members. Does it not matter that they disagree?",
            0.5775: "You divided the ambiguity by 20. Is it not a mean over the members already?",
            0.541: "You divided the ambiguity as if it were a variance of a mean, or halved it. "
            "What stands in the equation on your paper?",
        },
    ),
    why="Error of the average = mean error of the members − ambiguity, exactly, on any data: "
    "0.581 − 0.070. An ensemble gains what its members disagree, no more and no less.",
)

SD = Exercise(
    "ensembles.ensemble_sd",
    points=2,
    minutes=6,
    returns=("sd_of_mean",),
    promises={"at least 1": "one network"},
    hints=(
        "The variance of a sum is the sum of all covariances: of each number with itself and with "
        "each other one. How many are there of each kind?",
        "m of them are sd squared, m (m - 1) are corr times sd squared. The mean divides the sum "
        "by m, and its variance by m squared.",
        "The variance of the mean is sd squared times (corr + (1 - corr) / m).",
    ),
)


@SD.cases
def _(rng: np.random.Generator):
    yield Case("four networks", (float(rng.uniform(1.5, 3)), float(rng.uniform(0.3, 0.6)), 4))
    yield Case("independent", (float(rng.uniform(2, 4)), 0.0, 9))
    yield Case("copies of one network", (float(rng.uniform(2, 4)), 1.0, 20))
    yield Case("one network", (float(rng.uniform(2, 4)), 0.5, 1))
    yield Case("two, nearly alike", (float(rng.uniform(0.2, 0.5)), float(rng.uniform(0.8, 0.9)), 2))
    yield Case("a million", (float(rng.uniform(2, 4)), float(rng.uniform(0.1, 0.2)), 10**6))


SD.misconception(
    "as if independent",
    "Your mean becomes as exact as you like if only there are enough members.\n"
    "Twenty copies of one network: how much does the mean of them scatter?",
)(lambda sd, corr, m: sd / math.sqrt(m))

SD.misconception(
    "the variance",
    "You return a variance. In which unit is it, if the numbers are accuracies in points?\n"
    "And in which unit is a standard deviation?",
)(lambda sd, corr, m: sd**2 * (corr + (1 - corr) / m))

SD.misconception(
    "shares of standard deviations",
    "You split the standard deviation into a part that stays and a part that shrinks with the\n"
    "square root of m, and add them. Which of the two quantities may be added,\n"
    "standard deviations or variances?",
)(lambda sd, corr, m: sd * (corr + (1 - corr) / math.sqrt(m)))

SD.misconception(
    "correlated with itself twice",
    "A single number comes out noisier than it is.\n"
    "How many of the m times m pairs are pairs of two different numbers?",
)(lambda sd, corr, m: sd * math.sqrt(corr + 1 / m))

SD.misconception(
    "the correlation squared",
    "You use the square of the correlation, as if it were a share of explained variance.\n"
    "What is the covariance of two numbers with the standard deviation sd?",
)(lambda sd, corr, m: sd * math.sqrt(corr**2 + (1 - corr**2) / m))

SD.misconception(
    "each pair counted once",
    "Copies of one network are too quiet in your formula, where only the variances are counted\n"
    "in full. The sum of all covariances has one of a with b. And one of b with a?",
)(lambda sd, corr, m: sd * math.sqrt(1 / m + corr * (m - 1) / (2 * m)))

SD.misconception(
    "as many covariances as numbers",
    "With ever more members no noise is left in your formula, however alike they are.\n"
    "Of m variances and how many covariances is the sum made?",
)(lambda sd, corr, m: sd * math.sqrt(1 / m + corr / m))

SD.misconception(
    "the correlation for the covariance",
    "The noise that all share does not depend on `sd` in your formula.\n"
    "A correlation has no unit. What makes a covariance of it?",
)(lambda sd, corr, m: math.sqrt(sd**2 / m + corr * (m - 1) / m))

SD.misconception(
    "what is shared shrinks",
    "Independent members gain nothing in your formula, and copies gain much.\n"
    "Which part of the variance does averaging divide by m: the shared one or the rest?",
)(lambda sd, corr, m: sd * math.sqrt(1 - corr + corr / m))

SD.misconception(
    "the square root of a standard deviation",
    "A single number does not come out with its own standard deviation.\n"
    "You take a square root. Of which power of sd should it be?",
)(lambda sd, corr, m: math.sqrt(sd * (corr + (1 - corr) / m)))

SD.misconception(
    "no root of the shares",
    "Four independent numbers are four times quieter in your formula than one.\n"
    "By which factor does their variance shrink, and by which its square root?",
)(lambda sd, corr, m: sd * (corr + (1 - corr) / m))

SD.misconception(
    "divided by m once",
    "The mean of independent numbers is as noisy as one of them in your formula.\n"
    "A number divided by m: by what is its variance divided?",
)(lambda sd, corr, m: sd * math.sqrt(1 + (m - 1) * corr))

SD.misconception(
    "divided by m alone",
    "Copies of one network have next to no noise in your formula, if there are enough of them.\n"
    "Do their errors cancel? And what is divided by m: a variance or a standard deviation?",
)(lambda sd, corr, m: sd / m)

SD.misconception(
    "only what shrinks",
    "Copies of one network have no noise at all in your formula.\n"
    "What becomes of the noise that all of them share?",
)(lambda sd, corr, m: sd * math.sqrt((1 - corr) / m))

SD.misconception(
    "a sum in place of a mean",
    "Your noise grows with the number of members.\n"
    "That is the scatter of a sum. By what is a sum divided to make a mean?",
)(lambda sd, corr, m: sd * math.sqrt(m + m * (m - 1) * corr))
