"""Several networks, one prediction."""

import numpy as np

from grader import Case, Choice, Exercise, Question
from utils.losses import log_softmax, softmax

COMBINE = Exercise(
    "ensembles.combine",
    points=3,
    minutes=5,
    returns=("probs",),
    promises={
        "the first of equal ones": "two equal scores in one network",
        "among classes with equally many votes": (
            "two networks disagree",
            "a tie, and a third class between them",
        ),
    },
    hints=(
        "Three questions: what is averaged, over which axis, and do the rows sum to 1 afterwards?",
        "`softmax` wants two axes. Put members and examples into one axis, and take them apart "
        "again. For votes compare each network's best class with all class numbers.",
        "Votes: count them, shape (N, K). Where a class has fewer votes than the most, it is out. "
        "Of those that are left take the one with the largest mean probability.",
    ),
)


def _many(scores):
    m, n, k = scores.shape
    return softmax(scores.reshape(m * n, k)).reshape(m, n, k)


def _one_hot(labels, k, dtype):
    return (labels[:, None] == np.arange(k)).astype(dtype)


def _votes(scores):
    return (scores.argmax(axis=2)[:, :, None] == np.arange(scores.shape[2])).sum(axis=0)


def _winner(scores):
    votes, mean = _votes(scores), _many(scores).mean(axis=0)
    best = np.where(votes == votes.max(axis=1, keepdims=True), mean, -1.0).argmax(axis=1)
    return _one_hot(best, scores.shape[2], scores.dtype)


def _right(scores, how):
    if how == "probs":
        return _many(scores).mean(axis=0)
    return softmax(scores.mean(axis=0)) if how == "logits" else _winner(scores)


def _scores(*members):
    """Scores of networks with these probabilities, a row for each example."""
    return np.log(np.array(members, dtype=float))


@COMBINE.cases
def _(rng: np.random.Generator):
    sure = rng.permutation(np.array([[5.0, 0.5, -1.0, -2.0]] * 5), axis=1)
    others = 1.5 * rng.standard_normal((2, 5, 4))
    scores = np.concatenate([sure[None], others + np.roll(sure, 1, axis=1) / 4])
    yield Case("mean of the probabilities", (scores, "probs"))
    yield Case("mean of the scores", (scores, "logits"))
    split = np.roll(np.eye(4), 1, axis=0)[rng.permutation(4)] + 0.1 * rng.random((4, 4))
    three = np.stack([split, split, split])
    three[2, 1], three[1, 2], three[2, 2] = split[0], split[0], split[3]
    yield Case("unanimous, two of three, all different", (4 * three, "votes"))
    strong, weak = [0.02, 0.03, 0.95], [0.5, 0.1, 0.4]
    yield Case("one is sure, two are not", (_scores([strong], [weak], [weak]), "votes"))
    yield Case("one is sure, two are not: probabilities", (_scores([strong], [weak], [weak]),))
    yield Case("two networks disagree", (_scores([[0.6, 0.3, 0.1]], [[0.05, 0.15, 0.8]]), "votes"))
    between = _scores([[0.03, 0.52, 0.45]], [[0.50, 0.05, 0.45]])
    yield Case("a tie, and a third class between them", (between, "votes"))
    equal = _scores([[0.45, 0.45, 0.1]], [[0.3, 0.5, 0.2]], [[0.5, 0.3, 0.2]])
    yield Case("two equal scores in one network", (equal, "votes"))
    by_scores = _scores([[0.02, 0.5, 0.48]], [[0.75, 0.15, 0.1]])
    yield Case("a tie that the mean scores settle otherwise", (by_scores, "votes"))
    by_one = _scores([[0.25, 0.7, 0.05]], [[0.6, 0.05, 0.35]])
    yield Case("a tie that the surest network settles otherwise", (by_one, "votes"))
    yield Case("votes in float32", (by_one.astype(np.float32), "votes"))
    yield Case("a single network", (scores[:1], "logits"))
    yield Case("huge scores", (400 * scores, "probs"), extreme=True)


@COMBINE.misconception("the probabilities of the mean score")
def _(scores, how="probs"):
    """For the mean of the probabilities you give the probabilities of the mean score.
    You averaged before you normalised. Which of the three asks for that?
    """
    return _right(scores, "logits" if how == "probs" else how)


@COMBINE.misconception("a tie goes to the first class")
def _(scores, how="probs"):
    """Your means are right. Among equally many votes the class with the lowest number wins.
    Two networks disagree: should it matter how the classes are numbered?
    """
    if how == "votes":
        return _one_hot(_votes(scores).argmax(axis=1), scores.shape[2], scores.dtype)
    return _right(scores, how)


def _tied(scores, judge):
    """The votes, with a tie settled by this table (N, K)."""
    votes = _votes(scores)
    best = np.where(votes == votes.max(axis=1, keepdims=True), judge, -np.inf).argmax(axis=1)
    return _one_hot(best, scores.shape[2], scores.dtype)


@COMBINE.misconception("a tie settled by the mean scores")
def _(scores, how="probs"):
    """Among equally many votes the class with the largest mean *score* wins with you.
    A score far below the others pulls such a mean down without end.
    Which mean does the text take?
    """
    return _tied(scores, scores.mean(axis=0)) if how == "votes" else _right(scores, how)


@COMBINE.misconception("a tie settled by the surest network")
def _(scores, how="probs"):
    """Among equally many votes the class wins with you of which a single network is most sure.
    Have the other networks no say? Which mean does the text take?
    """
    return _tied(scores, _many(scores).max(axis=0)) if how == "votes" else _right(scores, how)


@COMBINE.misconception("one way for all three")
def _(scores, how="probs"):
    """You average the probabilities, whatever `how` asks for.
    Which three answers are wanted?
    """
    return _right(scores, "probs")


@COMBINE.misconception("softmax twice")
def _(scores, how="probs"):
    """Your mean of the probabilities is too even: it goes through a second softmax.
    What do the rows of a mean of probabilities sum to already?
    """
    mean = _right(scores, how)
    return softmax(mean) if how == "probs" else mean


@COMBINE.misconception("the scores summed")
def _(scores, how="probs"):
    """For the mean of the scores you are too sure: they are added up and not averaged.
    Does a softmax stay as it is when all scores are multiplied by a number?
    """
    return softmax(scores.sum(axis=0)) if how == "logits" else _right(scores, how)


@COMBINE.misconception("a geometric mean that does not sum to 1")
def _(scores, how="probs"):
    """For the mean of the scores your rows do not sum to 1: you average logarithms of
    probabilities, and stop there.
    What is left to do before they are probabilities?
    """
    if how == "logits":
        m, n, k = scores.shape
        return np.exp(log_softmax(scores.reshape(m * n, k)).reshape(m, n, k).mean(axis=0))
    return _right(scores, how)


@COMBINE.misconception("scores instead of probabilities")
def _(scores, how="probs"):
    """For the mean of the scores you return scores: some are negative.
    What does the text promise for each row?
    """
    return scores.mean(axis=0) if how == "logits" else _right(scores, how)


@COMBINE.misconception("averaged over the examples")
def _(scores, how="probs"):
    """You have one row for each network.
    Which axis counts the networks, and which the examples?
    """
    return _right(np.swapaxes(scores, 0, 1), how)


@COMBINE.misconception("shares of votes")
def _(scores, how="probs"):
    """With votes you return which share of the networks is for each class.
    What does the text ask for once a class has won?
    """
    return (
        _votes(scores) / scores.dtype.type(len(scores)) if how == "votes" else _right(scores, how)
    )


@COMBINE.misconception("the largest mean probability wins the vote")
def _(scores, how="probs"):
    """With votes a network that is sure outvotes two that are not.
    Has each network one vote, or as many as it is sure?
    """
    if how == "votes":
        return _one_hot(_many(scores).mean(axis=0).argmax(axis=1), scores.shape[2], scores.dtype)
    return _right(scores, how)


@COMBINE.misconception("a sum of probabilities")
def _(scores, how="probs"):
    """Your rows of averaged probabilities sum to the number of networks.
    What turns a sum into a mean?
    """
    return _many(scores).sum(axis=0) if how == "probs" else _right(scores, how)


@COMBINE.misconception("scores where probabilities are meant")
def _(scores, how="probs"):
    """For the mean of the probabilities you average the scores: your rows do not sum to 1.
    Which function makes probabilities of scores, and when is it to be applied?
    """
    return scores.mean(axis=0) if how == "probs" else _right(scores, how)


@COMBINE.misconception("softmax over the networks")
def _(scores, how="probs"):
    """Your probabilities sum to 1 over the networks, not over the classes.
    Which of the three axes of `scores` counts the classes?
    """
    if how != "probs":
        return _right(scores, how)
    e = np.exp(scores - scores.max(axis=0))
    return (e / e.sum(axis=0)).mean(axis=0)


@COMBINE.misconception("the number of the winner")
def _(scores, how="probs"):
    """With votes you return the number of the class that wins.
    Which row of K numbers says the same?
    """
    return _winner(scores).argmax(axis=1) if how == "votes" else _right(scores, how)


FIVE_OF_TWENTY = Question(
    "ensembles.five_of_twenty",
    "Twenty networks, averaged, are 2.6 points better than one of them. How much of that do five "
    "bring?",
    choices=(
        Choice(
            "A quarter.",
            "Does each member bring as much as the one before it? How much would the thousandth "
            "bring?",
        ),
        Choice(
            "About half.",
            "The mean of two numbers has half of the variance of one. What is left after five?",
        ),
        Choice("Three quarters or more.", right=True),
        Choice(
            "Nothing yet: the vote has to settle first.",
            "Is a mean of five numbers as noisy as one of them?",
        ),
    ),
    why="The part that averaging can remove shrinks like 1/M: after five members four fifths of "
    "it are gone, and the accuracy follows about that curve.",
)
