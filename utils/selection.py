"""What the best of many trials is worth: differences, winners, and scores one may report."""

import numpy as np
from jaxtyping import Float

from utils._signatures import enforce


def mean_difference(
    a: Float[np.ndarray, " n"], b: Float[np.ndarray, " m"], *, paired: bool
) -> tuple[float, float]:
    """How much better is a than b, and how far may chance have moved that?

    Start from Var(A - B), and from what an average of n independent numbers does to a variance.

    Args:
        a: scores of one setting, one for each seed.
        b: scores of the other. With ``paired``, ``a[i]`` and ``b[i]`` come from the same seed;
            otherwise all seeds are different, and their numbers may be, too.
        paired: whether the same seeds were used on both sides.

    Returns:
        difference: mean of ``a`` minus mean of ``b``.
        error: its standard error, an estimate from the data. Variances are estimated with n - 1 in
        the denominator. The two sides need not scatter alike.

    Raises:
        ValueError: fewer than two scores on a side, or paired scores that differ in number.

    Solution:
        Independent: Var(mean a - mean b) = Var(A)/n + Var(B)/m. Paired: the differences d_i =
        a_i - b_i are n independent numbers, so it is Var(D)/n. The error is the square root.

    Source: syllabus HYP-05.
    """
    if min(len(a), len(b)) < 2 or (paired and len(a) != len(b)):
        raise ValueError(
            f"a has {len(a)} and b has {len(b)} scores, expected two or more, paired ones in pairs"
        )
    variance = 0.0
    for scores in (a - b,) if paired else (a, b):
        squares = (scores - scores.mean()) ** 2
        variance += squares.sum() / (len(scores) - 1) / len(scores)
    return float(a.mean() - b.mean()), float(np.sqrt(variance))


def winners_curse(
    val: Float[np.ndarray, " runs"],
    test: Float[np.ndarray, " runs"],
    k: int,
    *,
    rng: np.random.Generator,
    repeats: int = 200,
) -> tuple[float, float]:
    """The best of k runs: what it shows, and what it is worth.

    Again and again, k different runs are drawn at random, and the one that is best on the
    validation data is taken.

    Args:
        val: validation accuracy of each run.
        test: accuracy of the same runs on data that took no part in anything.
        k: how many runs are drawn, from 1 to all of them.
        rng: draws the runs.
        repeats: how often, at least 1.

    Returns:
        shown: validation accuracy of the run that was taken, mean over the repeats.
        true: its accuracy on the other data, mean over the repeats.

    Raises:
        ValueError: ``k`` or ``repeats`` is out of its range.

    Source: syllabus HYP-05.
    """
    if not 1 <= k <= len(val) or repeats < 1:
        raise ValueError(f"k is {k}, repeats {repeats}: expected 1 to {len(val)}, and 1 or more")
    taken = []
    for _ in range(repeats):
        drawn = rng.permutation(len(val))[:k]
        taken.append(drawn[val[drawn].argmax()])
    return float(val[taken].mean()), float(test[taken].mean())


def nested_estimate(
    inner: Float[np.ndarray, "folds candidates"], outer: Float[np.ndarray, "folds candidates"]
) -> tuple[float, float]:
    """Two scores for a search by cross-validation: the tempting one and the honest one.

    Args:
        inner: ``inner[f, c]`` is the score of candidate c inside the training part of fold f,
            found there by a split of its own. It knows nothing of the validation part of fold f.
        outer: ``outer[f, c]`` is the score on the validation part of fold f of candidate c, trained
            on the whole training part of fold f.

    Returns:
        naive: choose one candidate by the scores on the validation parts, and report the mean of
        those same scores.
        nested: treat the choice as part of the training. What is reported for a fold comes from
        its validation part, and the candidate was chosen without it, for each fold anew.

    Of equal candidates the first is chosen.

    Solution:
        naive is the largest column mean of ``outer``. nested is the mean over f of
        ``outer[f, argmax_c inner[f, c]]``.

    Source: Varma & Simon 2006; Cawley & Talbot 2010; syllabus HYP-10.
    """
    naive = outer.mean(axis=0).max()
    nested = np.take_along_axis(outer, inner.argmax(axis=1)[:, None], axis=1).mean()
    return float(naive), float(nested)


enforce(
    __name__,
    filled=(nested_estimate,),
    finite=(mean_difference, winners_curse, nested_estimate),
)
