"""Means and variances in floating point, and of data that do not fit into memory."""

import numpy as np

from grader import Case, Choice, Exercise, Question

FLOAT32_VARIANCE = Question(
    "preprocessing.float32_variance",
    "A hundred thousand numbers in float32, drawn with mean 10,000 and variance 1. A program that "
    "reads them once keeps the sum of the numbers and the sum of their squares, and computes the "
    "variance as the mean of the squares minus the square of the mean. What may it print?",
    choices=(
        Choice(
            "1.0003",
            "That is the variance, computed as the mean squared distance from the mean. How many "
            "digits does a float32 keep of a number near 10,000² = 100,000,000?",
        ),
        Choice(
            "0.98",
            "An error in the second digit? Neighbouring float32 numbers near 100,000,000 are 8 "
            "apart. What is the difference of two such numbers?",
        ),
        Choice("-8", right=True),
        Choice(
            "an overflow",
            "float32 goes up to 3e38. What is lost here: size, or digits?",
        ),
    ),
    why="Near 100,000,000 float32 numbers are 8 apart, so the difference is a multiple of 8: over "
    "six seeds we got -8, 0, -8, 8, 16, -8. Its square root is then NaN.",
)


MERGE_MOMENTS = Exercise(
    "preprocessing.merge_moments",
    points=4,
    minutes=6,
    returns=("merged",),
    promises={"keeps its digits": "means a hundred million times the variance"},
    hints=(
        "The mean first: each chunk counts as often as it has examples.",
        "If both means were equal, the squared distances of both chunks would simply be added up. "
        "For what the means add, put every example at the mean of its chunk: what is the variance "
        "of these N numbers, of which only two differ?",
        "Chunk a lies (n_b / n) times the distance of the two means away from the common mean, and "
        "chunk b (n_a / n) times. Average the squares, each as often as it occurs.",
    ),
)


@MERGE_MOMENTS.cases
def _(rng: np.random.Generator):
    def chunk(n, d, shift=0.0):
        mean = shift + rng.choice([-1.0, 1.0], d) * rng.uniform(0.5, 2, d)
        return n, mean, rng.uniform(0.5, 3, d) if n > 1 else np.zeros(d)

    yield Case("7 and 3 examples", (chunk(7, 3), chunk(3, 3, 4.0)))
    yield Case("1 and 99 examples", (chunk(1, 2), chunk(99, 2, 5.0)))
    yield Case("one example each", (chunk(1, 4), chunk(1, 4, 6.0)))
    yield Case("equal chunks", (chunk(10, 2), chunk(10, 2, -5.0)))
    mean = rng.integers(-9, 9, 3) / 4  # with 32 examples in all, no rounding
    yield Case("equal means", ((24, mean, rng.uniform(0.5, 3, 3)), (8, mean, np.arange(1.0, 4))))
    far = chunk(20, 2, 1e8), chunk(30, 2, 1e8 + 3)
    yield Case("means a hundred million times the variance", far, extreme=True)


def _merged(a, b, mean=None, within=None, between=None, var=None):
    (n_a, mean_a, var_a), (n_b, mean_b, var_b) = a, b
    n = n_a + n_b
    mean = (n_a * mean_a + n_b * mean_b) / n if mean is None else mean
    within = (n_a * var_a + n_b * var_b) / n if within is None else within
    if between is None:
        between = n_a * n_b / n**2 * (mean_a - mean_b) ** 2
    return {
        "n": n,
        "mean": mean,
        "within": within,
        "between": between,
        "var": within + between if var is None else var,
    }


@MERGE_MOMENTS.misconception("the mean of the means")
def _(a, b):
    """Your mean lies half-way between the two means, whatever the sizes of the chunks.
    Chunks of 1 and of 99 examples: where is the mean of the hundred?
    """
    return _merged(a, b, mean=(a[1] + b[1]) / 2)


@MERGE_MOMENTS.misconception("half and half throughout")
def _(a, b):
    """You are right for chunks of equal size, and for no others.
    Chunks of 1 and of 99 examples: which of them should count more, and how much more?
    """
    distance = (a[1] - b[1]) / 2
    return _merged(a, b, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2, distance**2)


@MERGE_MOMENTS.misconception("nothing between")
def _(a, b):
    """Your variance is the mean of the two variances, and the distance of the means adds nothing.
    One example at 0 and one at 6: what is the variance of each, and what of the two?
    """
    return _merged(a, b, between=np.zeros_like(a[1]))


@MERGE_MOMENTS.misconception("between is a sum")
def _(a, b):
    """`between` grows with the number of examples.
    It has the right form, but a variance is a mean. By what is a sum of squares still to be
    divided?
    """
    n_a, n_b = a[0], b[0]
    return _merged(a, b, between=n_a * n_b / (n_a + n_b) * (a[1] - b[1]) ** 2)


@MERGE_MOMENTS.misconception("the whole distance of the means")
def _(a, b):
    """`between` is the squared distance of the two means.
    Every example is measured from the common mean. How far is that from either of the two?
    """
    return _merged(a, b, between=(a[1] - b[1]) ** 2)


@MERGE_MOMENTS.misconception("the variances not weighted")
def _(a, b):
    """`within` is half-way between the variances.
    Which chunk has more examples to contribute squared distances?
    """
    return _merged(a, b, within=(a[2] + b[2]) / 2)


@MERGE_MOMENTS.misconception("the variances added")
def _(a, b):
    """`within` is the sum of the two variances.
    Two chunks that are drawn from the same source: does the variance double when they are joined?
    """
    return _merged(a, b, within=a[2] + b[2])


@MERGE_MOMENTS.misconception("mean of squares minus square of the mean")
def _(a, b):
    """On paper you are right. With large means your variance loses all of its digits.
    You subtract two huge numbers that are nearly equal. Can you get `between` from the *difference*
    of the two means?
    """
    (n_a, mean_a, var_a), (n_b, mean_b, var_b) = a, b
    n = n_a + n_b
    mean = (n_a * mean_a + n_b * mean_b) / n
    within = (n_a * var_a + n_b * var_b) / n
    between = (n_a * mean_a**2 + n_b * mean_b**2) / n - mean**2
    return _merged(a, b, mean, within, between)


def _divided_by(a, b, divisor, weights):
    """`within` with other weights: of variances that had been divided by n - 1."""
    n_a, n_b = weights
    return _merged(a, b, within=(n_a * a[2] + n_b * b[2]) / max(divisor, 1))


@MERGE_MOMENTS.misconception("pooled, N - 2")
def _(a, b):
    """In `within` a chunk of n examples counts n - 1 times.
    That formula is for variances in which n - 1 was the divisor. Which divisor have these?
    """
    weights = a[0] - 1, b[0] - 1
    return _divided_by(a, b, a[0] + b[0] - 2, weights)


@MERGE_MOMENTS.misconception("pooled, N - 1")
def _(a, b):
    """In `within` a chunk of n examples counts n - 1 times, and all is divided by N - 1.
    That is for variances in which n - 1 was the divisor. Which divisor have these?
    """
    weights = a[0] - 1, b[0] - 1
    return _divided_by(a, b, a[0] + b[0] - 1, weights)


@MERGE_MOMENTS.misconception("divided by N - 1")
def _(a, b):
    """Your variances are a little too large, most of all for few examples.
    A variance here is a mean of squared distances. How many distances are there?
    """
    n = a[0] + b[0]
    merged = _merged(a, b)
    return merged | {key: merged[key] * n / (n - 1) for key in ("within", "between", "var")}


@MERGE_MOMENTS.misconception("sums throughout")
def _(a, b):
    """All of your variances grow with the number of examples.
    A variance is a mean of squared distances. By what are their sums still to be divided?
    """
    n = a[0] + b[0]
    merged = _merged(a, b)
    return merged | {key: merged[key] * n for key in ("within", "between", "var")}


@MERGE_MOMENTS.misconception("within is a sum")
def _(a, b):
    """`within` grows with the number of examples.
    Two chunks with the same mean and the same variance: which variance have they together?
    """
    return _merged(a, b, within=a[0] * a[2] + b[0] * b[2])


@MERGE_MOMENTS.misconception("weights of the other chunk")
def _(a, b):
    """Each chunk counts as often as the other one has examples.
    Chunks of 1 and of 99 examples: which of them should count more?
    """
    (n_a, mean_a, var_a), (n_b, mean_b, var_b) = a, b
    n = n_a + n_b
    return _merged(a, b, (n_b * mean_a + n_a * mean_b) / n, (n_b * var_a + n_a * var_b) / n)


@MERGE_MOMENTS.misconception("half-way between the means")
def _(a, b):
    """`between` is that of two chunks of equal size.
    With 1 and 99 examples, how far does the common mean lie from each of the two means?
    """
    return _merged(a, b, between=(a[1] - b[1]) ** 2 / 4)


@MERGE_MOMENTS.misconception("both distances count alike")
def _(a, b):
    """In `between` the two means lie as far from the common mean as they should, and both distances
    count alike.
    With 1 and 99 examples, how often does each of the distances occur?
    """
    mean = _merged(a, b)["mean"]
    return _merged(a, b, between=((a[1] - mean) ** 2 + (b[1] - mean) ** 2) / 2)


@MERGE_MOMENTS.misconception("a distance that is not squared")
def _(a, b):
    """When all data are doubled, `between` doubles.
    Lengths in centimetres in place of metres: what becomes of their variance?
    """
    n_a, n_b = a[0], b[0]
    return _merged(a, b, between=n_a * n_b / (n_a + n_b) ** 2 * np.abs(a[1] - b[1]))


@MERGE_MOMENTS.misconception("the means taken off")
def _(a, b):
    """Your variance gets smaller when the two means lie further apart.
    One example at 0 and one at 6: is the variance of the two smaller than that of each?
    """
    merged = _merged(a, b)
    return merged | {"var": merged["within"] - merged["between"]}
