"""Is B better than A? Standard errors, paired seeds, and what must be tuned first."""

import numpy as np

from grader import Case, Choice, Exercise, Question

MEAN_DIFFERENCE = Exercise(
    "selection.mean_difference",
    points=3,
    minutes=7,
    returns=("difference", "error"),
    hints=(
        "Var(A - B) = Var(A) + Var(B) - 2 Cov(A, B). For independent A and B the last term is "
        "zero. For one seed on both sides it is not.",
        "The variance of a mean of n independent numbers is the n-th part of their variance. The "
        "error that is asked for is a standard deviation, not a variance.",
        "Unpaired: variance of a over its number plus variance of b over its number, square root. "
        "Paired: only the differences a[i] - b[i] are independent of each other; treat them as one "
        "sample. `np.var(..., ddof=1)` divides by n - 1.",
    ),
    promises={
        "fewer than two scores on a side": (
            "one score on a side, which must raise ValueError",
            "two sides of one score, paired, which must raise ValueError",
        ),
        "paired scores that differ in number": "five and four, paired, which must raise ValueError",
        "otherwise all seeds are different": "four and seven runs",
    },
)


@MEAN_DIFFERENCE.cases
def _(rng: np.random.Generator):
    def scores(n, centre=0.93):
        return (
            centre + 0.02 * rng.permutation(np.linspace(-1, 1, n)) + rng.uniform(-0.002, 0.002, n)
        )

    def pair(n):
        common = scores(n)
        gain = 0.06 * rng.permutation(np.linspace(0, 1, n)) + rng.uniform(-0.005, 0.005, n)
        return common + gain, common

    yield Case("eight seeds on both sides", pair(8), {"paired": True})
    yield Case("eight runs each, other seeds", (scores(8, 0.94), scores(8)), {"paired": False})
    yield Case("four and seven runs", (scores(4, 0.9), scores(7)), {"paired": False})
    yield Case("two seeds on both sides", pair(2), {"paired": True})
    worse, better = pair(5)
    yield Case("a negative difference", (better - 0.05, worse), {"paired": True})
    yield Case("the same scores, unpaired", (worse, better), {"paired": False})
    raising = "which must raise ValueError"
    for name, n, m, paired in (
        ("one score on a side", 1, 4, False),
        ("two sides of one score, paired", 1, 1, True),
        ("five and four, paired", 5, 4, True),
    ):
        args = rng.uniform(0.8, 0.9, n), rng.uniform(0.8, 0.9, m)
        yield Case(f"{name}, {raising}", args, {"paired": paired}, extreme=True)


def _checked(a, b, paired):
    if min(len(a), len(b)) < 2 or (paired and len(a) != len(b)):
        raise ValueError("too few")
    return float(a.mean() - b.mean())


def _error(a, b, paired, ddof=1):
    if paired:
        return float(np.sqrt(np.var(a - b, ddof=ddof) / len(a)))
    return float(np.sqrt(np.var(a, ddof=ddof) / len(a) + np.var(b, ddof=ddof) / len(b)))


def _sem(a):
    return a.std(ddof=1) / np.sqrt(len(a))


@MEAN_DIFFERENCE.misconception("errors added, not squared")
def _(a, b, *, paired):
    """Unpaired, your error is the sum of two errors.
    Two independent lengths are uncertain by 3 and by 4 metres. Is their difference uncertain by 7?
    """
    d = _checked(a, b, paired)
    return d, _error(a, b, True) if paired else float(_sem(a) + _sem(b))


@MEAN_DIFFERENCE.misconception("the scatter of single runs")
def _(a, b, *, paired):
    """Your error is that of a difference of two single runs.
    What is asked for is the error of a difference of two means. Does yours shrink with more seeds?
    """
    d = _checked(a, b, paired)
    if paired:
        return d, float(np.std(a - b, ddof=1))
    return d, float(np.sqrt(np.var(a, ddof=1) + np.var(b, ddof=1)))


@MEAN_DIFFERENCE.misconception("n in the denominator of a variance", convention=True)
def _(a, b, *, paired):
    """Your variances have n in the denominator.
    NumPy's default does that; it makes the error a little too small, most with few seeds. Which
    denominator does the text ask for?
    """
    return _checked(a, b, paired), _error(a, b, paired, ddof=0)


@MEAN_DIFFERENCE.misconception("divided by n, not by its square root")
def _(a, b, *, paired):
    """Your error shrinks too fast: four times the seeds make it a quarter.
    A *variance* of a mean is the n-th part. Which part is its square root?
    """
    d = _checked(a, b, paired)
    if paired:
        return d, float(np.std(a - b, ddof=1) / len(a))
    return d, float(np.hypot(np.std(a, ddof=1) / len(a), np.std(b, ddof=1) / len(b)))


@MEAN_DIFFERENCE.misconception("one variance for both sides", convention=True)
def _(a, b, *, paired):
    """Unpaired, with unequal numbers of scores, you estimate one variance from both sides together.
    Student's test does that, and supposes that both sides scatter alike. Does the text suppose it?
    """
    d = _checked(a, b, paired)
    if paired:
        return d, _error(a, b, True)
    n, m = len(a), len(b)
    variance = ((n - 1) * np.var(a, ddof=1) + (m - 1) * np.var(b, ddof=1)) / (n + m - 2)
    return d, float(np.sqrt(variance * (1 / n + 1 / m)))


@MEAN_DIFFERENCE.misconception("pairs ignored")
def _(a, b, *, paired):
    """Your error does not know who belongs together.
    A hard split lowers a[i] and b[i] alike. What happens to such a noise in a[i] - b[i]?
    """
    return _checked(a, b, paired), _error(a, b, False)


@MEAN_DIFFERENCE.misconception("pairs where there are none")
def _(a, b, *, paired):
    """Unpaired, your error changes when the scores of one side are put into another order.
    Then they have no partner. Which of the terms of Var(A - B) is known to be zero?
    """
    d = _checked(a, b, paired)
    n = min(len(a), len(b))
    return d, _error(a[:n], b[:n], True)


@MEAN_DIFFERENCE.misconception("the size of the difference")
def _(a, b, *, paired):
    """Your difference is never negative.
    Then nobody can tell which side is better. What is mean of `a` minus mean of `b` if `b` wins?
    """
    return abs(_checked(a, b, paired)), _error(a, b, paired)


@MEAN_DIFFERENCE.misconception("b minus a")
def _(a, b, *, paired):
    """Your difference has the opposite sign.
    How much better is `a` than `b`: what is subtracted from what?
    """
    return -_checked(a, b, paired), _error(a, b, paired)


@MEAN_DIFFERENCE.misconception("a variance")
def _(a, b, *, paired):
    """`error` is a variance: its unit is that of an accuracy squared.
    Which last operation brings it back to the unit of an accuracy?
    """
    return _checked(a, b, paired), _error(a, b, paired) ** 2


SAME_SEEDS = Question(
    "hyperparameters.same_seeds",
    "Rates 0.3 and 0.4 are compared, on random splits of the digits. With the same seeds and "
    "splits on both sides, how many seeds do you need for the same standard error, beside "
    "different ones?",
    choices=(
        Choice(
            "as many: a seed is only a start",
            "The split and the order of the images come with it. Is a hard split hard for one side "
            "only?",
        ),
        Choice(
            "about two thirds",
            "How much of the scatter is common to two networks that differ in the rate by a third "
            "only, and have everything else in common?",
        ),
        Choice("about a tenth", right=True),
        Choice(
            "a single one, since all else is equal",
            "If all else were equal in its effect, two rates would scatter by nothing. Do two "
            "trainings react to a seed in exactly the same way?",
        ),
    ),
    why="What both sides share cancels in the difference of a pair. The variance of the "
    "difference falls to about a tenth, and the number of seeds with it. The nearer the two "
    "settings, the more they share.",
)

ONE_WEIGHT = Question(
    "hyperparameters.one_weight",
    "One hidden layer, rate 0.3. One initial weight is changed by a millionth; then both networks "
    "make the same 240 updates. For which share of the test images do their answers differ?",
    choices=(
        Choice(
            "about 5%, as for another seed",
            "Does this training magnify small changes, or does it pull towards a solution?",
        ),
        Choice(
            "about 2%",
            "Thirty images in 1497 changing their class: that would need scores that move by "
            "tenths. By how much has the weight changed?",
        ),
        Choice(
            "about 0.5%",
            "A few images always lie at a border. How many of them lie within a millionth of it?",
        ),
        Choice("for none of them", right=True),
    ),
    why="The difference stays a millionth or shrinks. No butterfly here. It is another matter for "
    "a deep network at a high rate, where the loss is sharp.",
)

DEPTH_AT_RATE = Question(
    "hyperparameters.depth_at_rate",
    "At rate 0.32 a network with two hidden layers beats one with a single hidden layer, 0.952 to "
    "0.942 (five seeds). And at rate 1?",
    choices=(
        Choice(
            "It beats it by more.",
            "Every network has its own best rate. Is it higher or lower with more layers?",
        ),
        Choice(
            "They are level.",
            "From 0.32 to 1 both change. Does a higher rate suit a deeper network as well as a "
            "shallow one?",
        ),
        Choice("The single layer wins, by far.", right=True),
        Choice(
            "Both fail to train.",
            "A rate of 1 on these digits, one hidden layer: what did the map of section 4 show "
            "there?",
        ),
    ),
    why="At rate 1 most of the networks with two layers fall apart, and those with one do not. The "
    "rate is a nuisance hyperparameter of this comparison: it has to be tuned for each depth.",
)

BATCH_BUDGET = Question(
    "hyperparameters.batch_budget",
    "At rate 0.03, after 20 epochs, batches of 5 reach 0.93 and batches of 100 about 0.4. Now give "
    "both 480 *updates*, and each its own best rate. Who wins?",
    choices=(
        Choice("batches of 100, by one or two points", right=True),
        Choice(
            "batches of 5, by 50 points again",
            "In 20 epochs the small batches made 1200 updates and the large ones 60. How "
            "many does each make now?",
        ),
        Choice(
            "batches of 5, by one or two points",
            "With equally many updates, what does a larger batch lose? It sees more examples, with "
            "less noise.",
        ),
        Choice(
            "nobody: they are level",
            "Equal updates are not equal examples: 2400 and 48,000 images. Does that leave no "
            "trace?",
        ),
    ),
    why="With equal epochs the small batches win because they make twenty times as many updates; "
    "with equal updates the large ones, because they see twenty times as many images. The "
    "budget decides, so name it.",
)
