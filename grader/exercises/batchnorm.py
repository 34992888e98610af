"""Lecture 05: batch normalisation, its backward pass, and its relatives."""

from collections.abc import Iterator

import numpy as np

from grader.exercise import Case, Choice, Exercise, Misconception, Number, Question
from utils.normalization import (
    batchnorm_backward,
    batchnorm_forward,
    cov,
    groupnorm_forward,
    instancenorm_forward,
    layernorm_forward,
    spatial_batchnorm_forward,
    weightnorm_forward,
)

LECTURE = "05_batchnorm"

# Whitening as another lecture teaches it: the same computation under another name.
WITHHOLD = ("preprocessing.zca",)


def uneven(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Data with another mean and another spread in each row, column, channel, ….

    Along each axis means and spreads change from place to place, so that statistics over a wrong
    axis are far from the right ones.
    """
    x = rng.uniform(-1, 1, shape)
    for axis, size in enumerate(shape):
        along = [-1 if other == axis else 1 for other in range(len(shape))]
        if size > 1:
            x = x * rng.permutation(np.geomspace(0.6, 1.8, size)).reshape(along)
            x = x + rng.permutation(np.linspace(-0.8, 1.2, size)).reshape(along)
    return x


def both_signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.4 and 1.6 in size, half of them negative, in random places."""
    size = int(np.prod(shape))
    signs = np.where(np.arange(size) % 2, 1.0, -1.0)
    return (rng.permutation(signs) * rng.uniform(0.4, 1.6, size)).reshape(shape)


def scales(rng: np.random.Generator, n: int) -> np.ndarray:
    """Scales that differ much from each other."""
    return rng.permutation(np.geomspace(0.4, 2.5, n)) if n > 1 else rng.uniform(1.5, 2.5, 1)


def collected(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Running statistics as they may stand half-way through training."""
    return both_signs(rng, n), rng.uniform(2, 5, n)


# naive_bias_step


def naive_bias_cases(rng: np.random.Generator) -> Iterator[Case]:
    def u(n):
        return rng.uniform(0.5, 1.5) + uneven(rng, n)

    yield Case("bias 0", (u(6), 0.0))
    yield Case("a bias that has run away", (u(5), float(rng.uniform(3, 5))))
    yield Case("another target", (u(4), 0.5), {"target": -2.0})
    yield Case("another rate", (u(7), -1.5), {"target": 0.5, "lr": 0.02})
    yield Case("one example", (u(1), 2.0), {"target": 3.0})


def bias_true_gradient(u, b, *, target=1.0, lr=0.1):
    return float(b), float(((u - u.mean() - target) ** 2).mean())


def bias_uphill(u, b, *, target=1.0, lr=0.1):
    x_hat = u - u.mean()
    return float(b + lr * (2 * (x_hat - target)).mean()), float(((x_hat - target) ** 2).mean())


def bias_half(u, b, *, target=1.0, lr=0.1):
    x_hat = u - u.mean()
    return float(b - lr * (x_hat - target).mean()), float(((x_hat - target) ** 2).mean())


def bias_mean_of_u(u, b, *, target=1.0, lr=0.1):
    x_hat = u + b - u.mean()
    return float(b - lr * (2 * (x_hat - target)).mean()), float(((x_hat - target) ** 2).mean())


def bias_not_normalised(u, b, *, target=1.0, lr=0.1):
    x = u + b
    return float(b - lr * (2 * (x - target)).mean()), float(((x - target) ** 2).mean())


def bias_summed(u, b, *, target=1.0, lr=0.1):
    x_hat = u - u.mean()
    return float(b - lr * (2 * (x_hat - target)).sum()), float(((x_hat - target) ** 2).sum())


def bias_step_only(u, b, *, target=1.0, lr=0.1):
    x_hat = u - u.mean()
    return float(-lr * (2 * (x_hat - target)).mean()), float(((x_hat - target) ** 2).mean())


NAIVE_BIAS_STEP = Exercise(
    "normalization.naive_bias_step",
    points=2,
    minutes=4,
    returns=("b_next", "loss"),
    cases=naive_bias_cases,
    misconceptions=(
        Misconception(
            "the true gradient",
            bias_true_gradient,
            "Your bias stays where it is.\n"
            "That is what the *right* gradient does: it knows that the mean moves with the bias.\n"
            "Here we want the mistake. For what does the naive step take the slope of x_hat in b?",
        ),
        Misconception(
            "a step uphill",
            bias_uphill,
            "Your bias moves by the right amount in the wrong direction.\n"
            "A step goes against the gradient. Which sign stands before lr?",
        ),
        Misconception(
            "a factor of the square is missing",
            bias_half,
            "The loss is right, the step is half as large as it should be.\n"
            "What is the derivative of a square?",
        ),
        Misconception(
            "the mean of u instead of x",
            bias_mean_of_u,
            "Your loss depends on the bias.\n"
            "The layer adds the bias first and subtracts the mean of the *sum*. Whose mean did\n"
            "you subtract?",
        ),
        Misconception(
            "nothing subtracted",
            bias_not_normalised,
            "Your loss depends on the bias, and for one example it is not target squared.\n"
            "It looks as if the mean were never subtracted.\n"
            "What is compared with the target: x or x_hat?",
        ),
        Misconception(
            "sum instead of mean",
            bias_summed,
            "Loss and step grow with the number of examples.\n"
            "Is the loss a sum or a mean over the batch?",
        ),
        Misconception(
            "the step instead of the new bias",
            bias_step_only,
            "For a bias of 0 you are right, otherwise the old bias is missing in your answer.\n"
            "A step is added to something. To what?",
        ),
    ),
    hints=(
        "Write the forward pass line by line: x, then x_hat, then the loss.",
        "The gradient of the loss on each x_hat is 2 (x_hat - target), over the number of "
        "examples. The naive step pretends that each x_hat moves by 1 when b moves by 1.",
        "So the naive gradient is the mean of 2 (x_hat - target). Subtract lr times it from b.",
    ),
)


# cov


def cov_cases(rng: np.random.Generator) -> Iterator[Case]:
    def cloud(n, d):
        return uneven(rng, n, d) + both_signs(rng, d)

    yield Case("three examples, three features", (cloud(3, 3),))
    yield Case("seven examples, two features", (cloud(7, 2),))
    yield Case("two examples, four features", (cloud(2, 4),))
    yield Case("one feature", (cloud(5, 1),))
    yield Case("one example", (both_signs(rng, 1, 3),), extreme=True)


def cov_unbiased(x):
    return x.T @ x / max(len(x) - 1, 1) - len(x) / max(len(x) - 1, 1) * np.outer(
        x.mean(axis=0), x.mean(axis=0)
    )


def cov_second_moment(x):
    return x.T @ x / len(x)


def cov_of_examples(x):
    mean = x.mean(axis=1)
    return x @ x.T / x.shape[1] - np.outer(mean, mean)


def cov_summed(x):
    centered = x - x.mean(axis=0)
    return centered.T @ centered


def cov_diagonal(x):
    return np.diag(x.var(axis=0))


def cov_mean_squared(x):
    return x.T @ x / len(x) - x.mean(axis=0) ** 2


def cov_correlation(x):
    z = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-12)
    return z.T @ z / len(x)


COV = Exercise(
    "normalization.cov",
    points=2,
    minutes=3,
    returns=("covariance",),
    cases=cov_cases,
    misconceptions=(
        Misconception(
            "divided by one less than the examples",
            cov_unbiased,
            "Your entries are too large by the factor N / (N - 1).\n"
            "That is the unbiased estimate of statistics, and the default of np.cov.\n"
            "E[...] in our formula is a plain mean. By which number does a plain mean divide?",
            convention=True,
        ),
        Misconception(
            "the means are still in it",
            cov_second_moment,
            "Your matrix changes when all examples are shifted by the same amount.\n"
            "You have the first of the two terms. What does the second one take away?",
        ),
        Misconception(
            "examples instead of features",
            cov_of_examples,
            "Your matrix has a row and a column for each example.\n"
            "Covariance says which *features* go together. Over which index does the mean run,\n"
            "and which two indices remain?",
        ),
        Misconception(
            "a sum instead of a mean",
            cov_summed,
            "Your entries grow with the number of examples.\n"
            "An expectation is a mean. What is missing after the product of the matrices?",
        ),
        Misconception(
            "variances only",
            cov_diagonal,
            "The diagonal is right, and everything beside it is zero.\n"
            "The entry (i, j) tells whether features i and j rise together.\n"
            "Which product of two vectors has an entry for each pair?",
        ),
        Misconception(
            "squared means instead of products of means",
            cov_mean_squared,
            "The diagonal is right. Beside it, your matrix is not even symmetric.\n"
            "What has to be subtracted from the entry (i, j): the square of one mean, or a\n"
            "product of two?",
        ),
        Misconception(
            "correlation instead of covariance",
            cov_correlation,
            "Your diagonal consists of ones.\n"
            "You have divided by the deviations; that is the correlation. Which numbers stand on\n"
            "the diagonal of our formula?",
        ),
    ),
    hints=(
        "The first term is a mean over the examples of the products x_i x_j. One matrix product "
        "computes all these sums at once.",
        "Examples are rows here. Which order of x and its transpose gives a (D, D) matrix?",
        "Transposed x times x, divided by N, minus the outer product of the column means with "
        "themselves.",
    ),
)


# batch_stats


def batch_stats_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three examples, three units", (uneven(rng, 3, 3),), {"eps": 0.1})
    yield Case("eight examples, three units", (uneven(rng, 8, 3),))
    yield Case("two examples, five units", (uneven(rng, 2, 5),), {"eps": 0.3})
    yield Case("one unit", (uneven(rng, 4, 1),))
    constant = uneven(rng, 4, 3)
    constant[:, rng.integers(3)] = 0.75
    yield Case("a unit that never changes", (constant,))
    yield Case("one example", (uneven(rng, 1, 4),))
    yield Case("large values", (3000 * uneven(rng, 5, 2),), extreme=True)


def stats_per_example(h, *, eps=1e-5):
    return h.mean(axis=1), np.sqrt(h.var(axis=1) + eps)


def stats_mixed_axes(h, *, eps=1e-5):
    mu = h.mean(axis=1)
    return mu, np.sqrt(((h - mu) ** 2).mean(axis=1) + eps)


def stats_ddof(h, *, eps=1e-5):
    n = len(h)
    return h.mean(axis=0), np.sqrt(h.var(axis=0) * n / max(n - 1, 1) + eps)


def stats_eps_outside(h, *, eps=1e-5):
    return h.mean(axis=0), h.std(axis=0) + eps


def stats_no_eps(h, *, eps=1e-5):
    return h.mean(axis=0), h.std(axis=0)


def stats_variance(h, *, eps=1e-5):
    return h.mean(axis=0), h.var(axis=0) + eps


def stats_second_moment(h, *, eps=1e-5):
    return h.mean(axis=0), np.sqrt((h**2).mean(axis=0) + eps)


def stats_absolute(h, *, eps=1e-5):
    return h.mean(axis=0), np.abs(h - h.mean(axis=0)).mean(axis=0) + np.sqrt(eps)


PER_EXAMPLE = (
    "You get one number for each example: your sum runs over the units, as the slide prints it.\n"
    "Examples are rows here, units are columns. A unit is to be compared with itself, over the\n"
    "examples. Which of the two indices has to disappear?"
)

BATCH_STATS = Exercise(
    "normalization.batch_stats",
    points=2,
    minutes=4,
    returns=("mu", "sigma"),
    cases=batch_stats_cases,
    misconceptions=(
        Misconception("the misprint: a number per example", stats_per_example, PER_EXAMPLE),
        Misconception("a number per example, subtracted per unit", stats_mixed_axes, PER_EXAMPLE),
        Misconception(
            "divided by one less than the examples",
            stats_ddof,
            "mu is right; your sigma is a little too large, most of all for few examples.\n"
            "That is the unbiased variance, divided by m - 1 (`ddof=1`).\n"
            "By what does the formula of batch norm divide?",
        ),
        Misconception(
            "eps outside the root",
            stats_eps_outside,
            "mu is right. For a unit that never changes your sigma is eps itself.\n"
            "It looks as if eps were added after the root was drawn.\n"
            "To what is eps added in the formula: to the variance or to the deviation?",
        ),
        Misconception(
            "no eps",
            stats_no_eps,
            "mu is right. For a unit that never changes your sigma is 0, and you cannot divide by\n"
            "that.\n"
            "One slide prints the formula like that. What keeps sigma away from 0, and where does\n"
            "it stand?",
        ),
        Misconception(
            "the variance",
            stats_variance,
            "mu is right; sigma is the square of what it should be.\n"
            "The variance of a length in metres is in square metres. Which step is left?",
        ),
        Misconception(
            "squares of the values themselves",
            stats_second_moment,
            "mu is right. Your sigma changes when all values of a unit are shifted.\n"
            "A deviation does not care where the values lie. From what is each value's distance\n"
            "taken before it is squared?",
        ),
        Misconception(
            "absolute deviations",
            stats_absolute,
            "mu is right. Your sigma is a mean of absolute distances.\n"
            "That measures spread, too, but it is another number. What does the formula do with\n"
            "the distances before the mean, and what after it?",
        ),
    ),
    hints=(
        "The result has one entry per unit. So the mean runs over the examples: down the columns.",
        "axis=0 is the one that counts the rows, and the one that has to go.",
        "sigma: subtract mu, square, mean over axis 0, add eps, root. In this order.",
    ),
)


# batchnorm_forward


def batchnorm_forward_cases(rng: np.random.Generator) -> Iterator[Case]:
    def case(name, x, extreme=False, **options):
        d = x.shape[1]
        return Case(
            name, (x, scales(rng, d), both_signs(rng, d), collected(rng, d)), options, extreme
        )

    yield case("training, four examples, four features", uneven(rng, 4, 4), eps=0.1)
    yield case("training, six examples, three features", uneven(rng, 6, 3), momentum=0.3)
    yield case("testing", uneven(rng, 4, 4), train=False, eps=0.1)
    yield case("testing, three examples", uneven(rng, 3, 2), train=False, momentum=0.4)
    yield case("training, one feature", uneven(rng, 5, 1), eps=0.2, momentum=0.25)
    constant = uneven(rng, 4, 3)
    constant[:, rng.integers(3)] = 0.75
    yield case("training, a feature that never changes", constant)
    yield case("testing, one example", uneven(rng, 1, 4), train=False)
    yield case("training, one example", uneven(rng, 1, 3))
    yield case("large values", 3000 * uneven(rng, 5, 2), extreme=True)


def _batchnorm(x, gamma, beta, running, train, momentum, eps, **other):
    """Batch norm with some of its parts exchanged."""
    part = {
        "mean": x.mean(axis=0),
        "var": x.var(axis=0),
        "std": lambda var: np.sqrt(var + eps),
        "out": lambda x_hat: gamma * x_hat + beta,
        "next": lambda old, new: (1 - momentum) * old + momentum * new,
        "collected": lambda var: var,
        "of_batch": train,
        "cache": lambda x_hat, std: (x_hat, gamma, std, train),
    } | other
    mean, var = (part["mean"], part["var"]) if part["of_batch"] else running
    std = part["std"](var)
    x_hat = (x - mean) / std
    running_next = running
    if train:
        running_next = (
            part["next"](running[0], part["mean"]),
            part["next"](running[1], part["collected"](part["var"])),
        )
    return part["out"](x_hat), part["cache"](x_hat, std), running_next


def bn_per_example(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return _batchnorm(x, gamma, beta, running, train, momentum, eps, mean=mean, var=var)


def bn_other_axis(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    mean, var = x.mean(axis=1), x.var(axis=1)
    return _batchnorm(x, gamma, beta, running, train, momentum, eps, mean=mean, var=var)


def bn_ddof(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    var = x.var(axis=0) * len(x) / max(len(x) - 1, 1)
    return _batchnorm(x, gamma, beta, running, train, momentum, eps, var=var)


def bn_eps_outside(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    def std(var):
        return np.sqrt(var) + eps

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, std=std)


def bn_no_eps(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    return _batchnorm(x, gamma, beta, running, train, momentum, eps, std=np.sqrt)


def bn_by_variance(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    def std(var):
        return var + eps

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, std=std)


def bn_momentum_of_old(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    def following(old, new):
        return momentum * old + (1 - momentum) * new

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, next=following)


def bn_unbiased_running(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    def unbiased(var):
        return var * len(x) / max(len(x) - 1, 1)

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, collected=unbiased)


def bn_nothing_collected(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    out, cache, _ = batchnorm_forward(x, gamma, beta, running, train=train, eps=eps)
    return out, cache, running


def bn_collects_in_testing(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    out, cache, _ = batchnorm_forward(x, gamma, beta, running, train=train, eps=eps)
    _, _, running_next = batchnorm_forward(x, gamma, beta, running, momentum=momentum, eps=eps)
    return out, cache, running_next


def bn_always_batch(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    return _batchnorm(x, gamma, beta, running, train, momentum, eps, of_batch=True)


def bn_always_running(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    out, cache, _ = batchnorm_forward(x, gamma, beta, running, train=False, eps=eps)
    _, _, running_next = batchnorm_forward(x, gamma, beta, running, train=train, momentum=momentum)
    return out, (*cache[:3], train), running_next


def bn_uses_updated(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    running_next = batchnorm_forward(x, gamma, beta, running, train=train, momentum=momentum)[2]
    out, cache, _ = batchnorm_forward(x, gamma, beta, running_next, train=False, eps=eps)
    return out, (*cache[:3], train), running_next


def bn_std_collected(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    def root(var):
        return np.sqrt(var + eps)

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, collected=root)


def bn_latest_only(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    def newest(old, new):
        return new

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, next=newest)


def bn_no_scale_and_shift(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    def as_it_is(x_hat):
        return x_hat.copy()

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, out=as_it_is)


def bn_variance_in_cache(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    def cache(x_hat, std):
        return x_hat, gamma, std**2, train

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, cache=cache)


BN_PER_EXAMPLE = (
    "Each of your rows is normalised by itself: an example does not notice its neighbours.\n"
    "Batch norm compares a unit with itself over the batch, so it has one mean per *feature*.\n"
    "Which axis of x counts the examples, and along which did you average?"
)

BATCHNORM_FORWARD = Exercise(
    "normalization.batchnorm_forward",
    points=4,
    minutes=10,
    returns=("out", "cache", "running_next"),
    parents=("normalization.batch_stats",),
    cases=batchnorm_forward_cases,
    misconceptions=(
        Misconception("per example instead of per unit", bn_per_example, BN_PER_EXAMPLE),
        Misconception(
            "the mean along the other axis",
            bn_other_axis,
            "You average along each row, and then subtract the mean of example j from feature j:\n"
            "a vector of N numbers is broadcast along the rows.\n"
            "Batch norm compares a unit with itself over the batch. How many means are there\n"
            "then, and which axis of x counts the examples?",
        ),
        Misconception(
            "the batch variance divided by one less",
            bn_ddof,
            "Your batch variance is too large by the factor N / (N - 1).\n"
            "That is the estimate of statistics (`ddof=1`). Batch norm takes the plain mean of\n"
            "the squared distances. By which number does it divide their sum?",
        ),
        Misconception(
            "eps outside the root",
            bn_eps_outside,
            "Your std is the deviation plus eps; for a feature that never changes it is eps.\n"
            "In normalisation eps belongs to the variance. In which order do adding and drawing\n"
            "the root come?",
        ),
        Misconception(
            "no eps",
            bn_no_eps,
            "A feature that never changes makes you divide zero by zero.\n"
            "One slide prints the formula without it: what stands beside the variance under the\n"
            "root?",
        ),
        Misconception(
            "divided by the variance",
            bn_by_variance,
            "Your outputs do not have spread gamma: you divide by the variance.\n"
            "If x is in metres, x_hat must be a plain number. What has to be done to the variance\n"
            "before you divide by it?",
        ),
        Misconception(
            "momentum the other way round",
            bn_momentum_of_old,
            "`out` is right; your running statistics forget the past after one or two batches.\n"
            "You give the weight `momentum` to the old value. Keras does so and passes 0.99.\n"
            "Whose weight is `momentum` here, where 0.1 is the default?",
            convention=True,
        ),
        Misconception(
            "the unbiased variance collected",
            bn_unbiased_running,
            "`out` is right; your running variance is a little too large.\n"
            "You collect the variance divided by N - 1. PyTorch and the paper do that as well.\n"
            "Which variance does the text above ask you to collect?",
            convention=True,
        ),
        Misconception(
            "nothing collected in training",
            bn_nothing_collected,
            "`out` is right, but training leaves the running statistics as they were.\n"
            "Then testing would use zeros and ones for ever.\n"
            "What should each training batch do with them?",
        ),
        Misconception(
            "collected in testing too",
            bn_collects_in_testing,
            "Your running statistics also change when `train` is False.\n"
            "Then the test data leak into the network, and the same example is answered\n"
            "differently later. When may the statistics change?",
        ),
        Misconception(
            "batch statistics in testing",
            bn_always_batch,
            "In testing your output still depends on the other examples of the batch.\n"
            "A single example would always get the answer beta.\n"
            "Which mean and variance should be used when `train` is False?",
        ),
        Misconception(
            "running statistics in training",
            bn_always_running,
            "In training your output is not normalised: it uses what was collected earlier.\n"
            "The network changes with each step, and only this batch knows where it is now.\n"
            "Which statistics does training take?",
        ),
        Misconception(
            "the updated running statistics",
            bn_uses_updated,
            "In training you first update the running statistics and then normalise with them.\n"
            "So the outputs of a training batch have neither mean beta nor spread gamma.\n"
            "What is the running average for: this batch, or the time after training?",
        ),
        Misconception(
            "the deviation collected",
            bn_std_collected,
            "`out` is right, the running mean too. Your running variance mixes variances with\n"
            "deviations: you collect sqrt(var + eps).\n"
            "What will be done with the collected number in testing?",
        ),
        Misconception(
            "only the newest batch",
            bn_latest_only,
            "Your running statistics are those of the newest batch alone.\n"
            "An average needs the old value as well. How do the two weights look, and what is\n"
            "their sum?",
        ),
        Misconception(
            "no scale and shift",
            bn_no_scale_and_shift,
            "The cache is right; your output ignores gamma and beta.\n"
            "You return x_hat. Which two steps turn it into the output?",
        ),
        Misconception(
            "the variance in the cache",
            bn_variance_in_cache,
            "Output and running statistics are right. The third part of your cache is the square\n"
            "of what the way back expects. Do the instructions ask for the variance or for std?",
        ),
    ),
    hints=(
        "Decide first which mean and variance to use: those of the batch (over its rows) when "
        "`train` is True, the two in `running` otherwise. The rest is the same for both.",
        "std is the root of (variance + eps); x_hat is x minus mean, over std; out is gamma "
        "times x_hat plus beta. All of it broadcasts along the rows.",
        "Only in training: each running value becomes (1 - momentum) times the old plus momentum "
        "times the batch's. Return out, then (x_hat, gamma, std, train), then the pair.",
    ),
)


# batchnorm_backward


def batchnorm_backward_cases(rng: np.random.Generator) -> Iterator[Case]:
    def case(name, n, d, **options):
        arguments = (uneven(rng, n, d), scales(rng, d), both_signs(rng, d), collected(rng, d))
        cache = batchnorm_forward(*arguments, **options)[1]
        return Case(name, (uneven(rng, n, d) + both_signs(rng, d), cache))

    yield case("training, four examples, four features", 4, 4)
    yield case("training, six examples, three features", 6, 3)
    yield case("training, one feature", 5, 1, eps=0.1)
    yield case("testing", 4, 4, train=False)
    yield case("testing, three examples", 3, 2, train=False)
    yield case("training, one example", 1, 3)


def _bn_back(dout, cache):
    """The parts of the right answer."""
    x_hat, gamma, std, train = cache
    return x_hat, gamma, std, train, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def bn_back_constants(dout, cache):
    _, gamma, std, _, dgamma, dbeta = _bn_back(dout, cache)
    return gamma / std * dout, dgamma, dbeta


def bn_back_no_mean(dout, cache):
    x_hat, gamma, std, train, dgamma, dbeta = _bn_back(dout, cache)
    rest = x_hat * (dgamma / len(dout)) if train else 0
    return gamma / std * (dout - rest), dgamma, dbeta


def bn_back_no_variance(dout, cache):
    _, gamma, std, train, dgamma, dbeta = _bn_back(dout, cache)
    return gamma / std * (dout - (dbeta / len(dout) if train else 0)), dgamma, dbeta


def bn_back_always_training(dout, cache):
    x_hat, gamma, std, _, dgamma, dbeta = _bn_back(dout, cache)
    n = len(dout)
    return gamma / std * (dout - dbeta / n - x_hat * dgamma / n), dgamma, dbeta


def bn_back_sums(dout, cache):
    x_hat, gamma, std, train, dgamma, dbeta = _bn_back(dout, cache)
    rest = dbeta + x_hat * dgamma if train else 0
    return gamma / std * (dout - rest), dgamma, dbeta


def bn_back_no_gamma(dout, cache):
    _, gamma, _, _, _, _ = _bn_back(dout, cache)
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx / gamma, dgamma, dbeta


def bn_back_no_std(dout, cache):
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx * cache[2], dgamma, dbeta


def bn_back_dgamma_of_x(dout, cache):
    x_hat, _, std, _ = cache
    dx, _, dbeta = batchnorm_backward(dout, cache)
    return dx, (dout * x_hat * std).sum(axis=0), dbeta


def bn_back_dgamma_with_gamma(dout, cache):
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx, cache[1] * dgamma, cache[1] * dbeta


def bn_back_means(dout, cache):
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx, dgamma / len(dout), dbeta / len(dout)


def bn_back_swapped(dout, cache):
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx, dbeta, dgamma


def bn_back_rows(dout, cache):
    x_hat, gamma, std, train = cache
    mean_d = dout.mean(axis=1, keepdims=True)
    mean_dx = (dout * x_hat).mean(axis=1, keepdims=True)
    rest = mean_d + x_hat * mean_dx if train else 0
    return gamma / std * (dout - rest), (dout * x_hat).sum(axis=0), dout.sum(axis=0)


BATCHNORM_BACKWARD = Exercise(
    "normalization.batchnorm_backward",
    points=4,
    minutes=10,
    returns=("dx", "dgamma", "dbeta"),
    parents=("normalization.batchnorm_forward",),
    cases=batchnorm_backward_cases,
    misconceptions=(
        Misconception(
            "mean and variance taken for constants",
            bn_back_constants,
            "In testing your dx is right. In training you treat mean and deviation as fixed\n"
            "numbers: that is the mistake of the runaway bias.\n"
            "Along which ways does an x reach the outputs of the *other* examples?",
        ),
        Misconception(
            "the mean does not depend on x",
            bn_back_no_mean,
            "Your dx does not add up to 0 over the batch.\n"
            "Shifting all examples together changes nothing, so the gradient must not ask for it.\n"
            "Which way through the graph is missing: the one by the mean or the one by the\n"
            "variance?",
        ),
        Misconception(
            "the variance does not depend on x",
            bn_back_no_variance,
            "Your dx adds up to 0, but it still has a part along x_hat.\n"
            "Stretching the whole batch changes nothing, so the gradient must not ask for it.\n"
            "Which way through the graph is missing?",
        ),
        Misconception(
            "testing treated like training",
            bn_back_always_training,
            "In training you are right. In testing mean and deviation are fixed numbers.\n"
            "Which ways through the graph exist then? The cache tells you the mode.",
        ),
        Misconception(
            "sums instead of means",
            bn_back_sums,
            "What you subtract from dout in dx grows with the size of the batch.\n"
            "One example adds only its share to the mean. How large is the share of one in N?",
        ),
        Misconception(
            "gamma is missing in dx",
            bn_back_no_gamma,
            "Your dx is right up to a factor in each column.\n"
            "The way back begins at the output. Through which multiplication does it pass\n"
            "before it reaches x_hat?",
        ),
        Misconception(
            "std is missing in dx",
            bn_back_no_std,
            "Your dx is right up to a factor in each column.\n"
            "x was divided by something on the way forward. Which slope has that step, and where\n"
            "does it enter the way back?",
        ),
        Misconception(
            "dgamma with x instead of x_hat",
            bn_back_dgamma_of_x,
            "dx and dbeta are right. Your dgamma carries a factor std too many.\n"
            "You multiply dout with the centred input. What was gamma multiplied with on the way\n"
            "forward?",
        ),
        Misconception(
            "gamma counted in dgamma and dbeta",
            bn_back_dgamma_with_gamma,
            "dx is right. dgamma and dbeta carry a factor gamma too many.\n"
            "They are read off right at the output. Which gradient arrives there: that on out or\n"
            "that on x_hat?",
        ),
        Misconception(
            "means for dgamma and dbeta",
            bn_back_means,
            "dgamma and dbeta are too small by the size of the batch.\n"
            "One gamma serves all examples of its column. What does the chain rule do with the\n"
            "gradients of several uses of one number?",
        ),
        Misconception(
            "dgamma and dbeta exchanged",
            bn_back_swapped,
            "Your second and third output stand in each other's place.\n"
            "In which order does the forward pass take gamma and beta?",
        ),
        Misconception(
            "means over the features",
            bn_back_rows,
            "The means in your dx run along each row.\n"
            "The mean of the forward pass ran over the examples of one feature. Over what must\n"
            "the way back collect?",
        ),
    ),
    hints=(
        "dgamma and dbeta are the easy ones: each serves a whole column, so sum over the batch.",
        "For dx start with dout times gamma: the gradient on x_hat. In testing divide by std, "
        "and that is all.",
        "In training subtract two things from it before you divide: its mean over the batch, and "
        "x_hat times the mean over the batch of its product with x_hat.",
    ),
)


# spatial_batchnorm_forward


def spatial_cases(rng: np.random.Generator) -> Iterator[Case]:
    def case(name, *shape, **options):
        c = shape[1]
        x = uneven(rng, *shape)
        return Case(name, (x, scales(rng, c), both_signs(rng, c), collected(rng, c)), options)

    yield case("training, two images of three channels", 2, 3, 2, 4, momentum=0.3, eps=0.1)
    yield case("training, three images of two channels", 3, 2, 3, 2)
    yield case("testing", 2, 3, 3, 2, train=False, eps=0.2)
    yield case("training, one image", 1, 4, 2, 3, momentum=0.2)
    yield case("training, one channel", 2, 1, 3, 3)


def _spatial(x, gamma, beta, running, options, to_rows, back):
    out, cache, running_next = batchnorm_forward(to_rows(x), gamma, beta, running, **options)
    return back(out), cache, running_next


def _rows(x):
    return x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])


def spatial_plain_reshape(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    options = dict(train=train, momentum=momentum, eps=eps)
    c = x.shape[1]
    return _spatial(
        x, gamma, beta, running, options, lambda x: x.reshape(-1, c), lambda o: o.reshape(x.shape)
    )


def spatial_back_reshaped(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    options = dict(train=train, momentum=momentum, eps=eps)
    return _spatial(x, gamma, beta, running, options, _rows, lambda o: o.reshape(x.shape))


def spatial_channels_last(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    n, c, h, w = x.shape
    options = dict(train=train, momentum=momentum, eps=eps)
    return _spatial(x, gamma, beta, running, options, _rows, lambda o: o.reshape(n, h, w, c))


def spatial_turned_images(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    n, c, h, w = x.shape
    options = dict(train=train, momentum=momentum, eps=eps)
    return _spatial(
        x,
        gamma,
        beta,
        running,
        options,
        _rows,
        lambda o: o.reshape(n, w, h, c).transpose(0, 3, 2, 1),
    )


def spatial_options_lost(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    return spatial_batchnorm_forward(x, gamma, beta, running)


def spatial_only_train(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    return spatial_batchnorm_forward(x, gamma, beta, running, train=train)


def spatial_per_pixel(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    n, _, h, w = x.shape
    each = [np.repeat(v, h * w) for v in (gamma, beta, *running)]
    out, cache, running_next = batchnorm_forward(
        x.reshape(n, -1),
        each[0],
        each[1],
        (each[2], each[3]),
        train=train,
        momentum=momentum,
        eps=eps,
    )
    return out.reshape(x.shape), cache, running_next


def spatial_pixels_in_row(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    n, c, h, w = x.shape
    options = dict(train=train, momentum=momentum, eps=eps)
    return _spatial(
        x,
        gamma,
        beta,
        running,
        options,
        lambda x: x.transpose(0, 2, 3, 1).reshape(c, -1).T,
        lambda o: o.T.reshape(n, h, w, c).transpose(0, 3, 1, 2),
    )


SPATIAL_BATCHNORM_FORWARD = Exercise(
    "normalization.spatial_batchnorm_forward",
    points=3,
    minutes=6,
    returns=("out", "cache", "running_next"),
    parents=("normalization.batchnorm_forward",),
    cases=spatial_cases,
    misconceptions=(
        Misconception(
            "reshaped without moving the channel axis",
            spatial_plain_reshape,
            "Your columns mix the channels: a reshape keeps the order of the numbers in memory.\n"
            "There the last axis, the width, runs fastest. Which axis has to run fastest so that\n"
            "a row holds the channels of one pixel?",
        ),
        Misconception(
            "reshaped back without moving the axis back",
            spatial_back_reshaped,
            "The cache is right; the numbers of your output stand in the wrong places.\n"
            "On the way in you moved the channel axis to the end. What has to happen on the way\n"
            "out, after the reshape?",
        ),
        Misconception(
            "channels left at the end",
            spatial_channels_last,
            "Your values are right, but your images are (N, H, W, C).\n"
            "Where does the channel axis stand in this library?",
        ),
        Misconception(
            "height and width exchanged",
            spatial_turned_images,
            "The cache is right. In your output the pixels of each channel are in another order.\n"
            "In which order did the rows run through height and width when you built them?",
        ),
        Misconception(
            "train, momentum and eps not passed on",
            spatial_options_lost,
            "Your answer is always that of training with the default options.\n"
            "Three keyword arguments come in. Where do they have to go?",
        ),
        Misconception(
            "momentum and eps not passed on",
            spatial_only_train,
            "With the default options you are right; another momentum or eps changes nothing.\n"
            "Which of the three keyword arguments did you pass on?",
        ),
        Misconception(
            "a mean for each pixel",
            spatial_per_pixel,
            "You have one mean for each pixel of each channel: images were flattened.\n"
            "A convolution uses the same weights at every pixel, so all pixels of a channel are\n"
            "to be treated alike. Which axes have to be pooled?",
        ),
        Misconception(
            "rows and columns of the matrix mixed up",
            spatial_pixels_in_row,
            "The channel axis runs fastest, as it should, and then you fill C rows with it.\n"
            "A reshape to (C, ...) cuts the numbers into C blocks in the order of memory.\n"
            "Is a block then one channel?",
        ),
    ),
    hints=(
        "The work is done already by `batchnorm_forward`. It wants a matrix with one column per "
        "channel and one row per pixel.",
        "Move the channel axis to the end, (N, H, W, C), and only then reshape to (N H W, C).",
        "Afterwards: reshape the output to (N, H, W, C) and move the channels back to place 1. "
        "Pass train, momentum and eps on.",
    ),
)


# layernorm_forward


def layernorm_forward_cases(rng: np.random.Generator) -> Iterator[Case]:
    def case(name, x, extreme=False, **options):
        d = x.shape[1]
        return Case(name, (x, scales(rng, d), both_signs(rng, d)), options, extreme)

    yield case("four examples, four features", uneven(rng, 4, 4), eps=0.1)
    yield case("three examples, five features", uneven(rng, 3, 5))
    yield case("one example", uneven(rng, 1, 4), eps=0.2)
    constant = uneven(rng, 3, 4)
    constant[rng.integers(3)] = 0.75
    yield case("an example of equal features", constant)
    yield case("two features", uneven(rng, 6, 2))
    yield case("large values", 3000 * uneven(rng, 2, 5), extreme=True)


def _layernorm(x, gamma, beta, mean, std):
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, gamma, std)


def ln_over_batch(x, gamma, beta, *, eps=1e-5):
    return _layernorm(x, gamma, beta, x.mean(axis=0), np.sqrt(x.var(axis=0) + eps))


def ln_over_all(x, gamma, beta, *, eps=1e-5):
    return _layernorm(x, gamma, beta, x.mean(), np.sqrt(np.full((1, 1), x.var() + eps, x.dtype)))


def ln_no_keepdims(x, gamma, beta, *, eps=1e-5):
    return _layernorm(x, gamma, beta, x.mean(axis=1), np.sqrt(x.var(axis=1) + eps))


def ln_ddof(x, gamma, beta, *, eps=1e-5):
    var = x.var(axis=1, ddof=1, keepdims=True)
    return _layernorm(x, gamma, beta, x.mean(axis=1, keepdims=True), np.sqrt(var + eps))


def ln_eps_outside(x, gamma, beta, *, eps=1e-5):
    std = x.std(axis=1, keepdims=True) + eps
    return _layernorm(x, gamma, beta, x.mean(axis=1, keepdims=True), std)


def ln_no_eps(x, gamma, beta, *, eps=1e-5):
    std = x.std(axis=1, keepdims=True)
    return _layernorm(x, gamma, beta, x.mean(axis=1, keepdims=True), std)


def ln_gamma_per_example(x, gamma, beta, *, eps=1e-5):
    _, (x_hat, gamma, std) = layernorm_forward(x, gamma, beta, eps=eps)
    return gamma[:, None] * x_hat + beta[:, None], (x_hat, gamma, std)


def ln_flat_std(x, gamma, beta, *, eps=1e-5):
    out, (x_hat, gamma, std) = layernorm_forward(x, gamma, beta, eps=eps)
    return out, (x_hat, gamma, std[:, 0])


LAYERNORM_FORWARD = Exercise(
    "normalization.layernorm_forward",
    points=2,
    minutes=3,
    returns=("out", "cache"),
    parents=("normalization.batchnorm_forward",),
    cases=layernorm_forward_cases,
    misconceptions=(
        Misconception(
            "layer norm over the batch",
            ln_over_batch,
            "Your columns are normalised: that is batch norm once more.\n"
            "In layer norm examples do not meet; a batch of one has to work.\n"
            "Along which axis lie the features of one example?",
        ),
        Misconception(
            "one mean for the whole matrix",
            ln_over_all,
            "You take one mean and one deviation for all numbers together.\n"
            "Then examples still depend on each other. How many means should there be?",
        ),
        Misconception(
            "a row of means taken for a column",
            ln_no_keepdims,
            "You average along the right axis, and then subtract the mean of example j from\n"
            "feature j: a vector of N numbers is broadcast along the rows.\n"
            "Which shape must the means have so that each row gets its own?",
        ),
        Misconception(
            "divided by one less than the features",
            ln_ddof,
            "Your deviations are too large, most of all for few features.\n"
            "That is the unbiased variance (`ddof=1`). Here it is the plain mean of the squared\n"
            "distances. By which number is their sum divided?",
        ),
        Misconception(
            "eps outside the root",
            ln_eps_outside,
            "For an example whose features are all equal your std is eps itself.\n"
            "Is eps added to the variance or to the deviation?",
        ),
        Misconception(
            "no eps",
            ln_no_eps,
            "An example whose features are all equal makes you divide zero by zero.\n"
            "What stands beside the variance under the root?",
        ),
        Misconception(
            "gamma and beta for each example",
            ln_gamma_per_example,
            "The cache is right; you scale and shift whole rows.\n"
            "The next batch brings other examples: a parameter cannot belong to an example.\n"
            "To what do gamma and beta belong?",
        ),
        Misconception(
            "std without its second axis",
            ln_flat_std,
            "Your output is right. In the cache std has lost an axis.\n"
            "The way back divides rows by it. Which shape do the instructions ask for?",
        ),
    ),
    hints=(
        "It is the code of batch norm with the other axis, and without a training mode.",
        "Keep the axis you average over (`keepdims=True`): a column of N means then stands "
        "beside the N rows.",
        "x minus the mean of its row, over the root of (variance of its row + eps); then gamma "
        "and beta as before.",
    ),
)


# layernorm_backward


def layernorm_backward_cases(rng: np.random.Generator) -> Iterator[Case]:
    def case(name, n, d, **options):
        cache = layernorm_forward(uneven(rng, n, d), scales(rng, d), both_signs(rng, d), **options)[
            1
        ]
        return Case(name, (uneven(rng, n, d) + both_signs(rng, n, 1), cache))

    yield case("four examples, four features", 4, 4)
    yield case("three examples, five features", 3, 5, eps=0.1)
    yield case("one example", 1, 4)
    yield case("six examples, three features", 6, 3)


def _ln_back(dout, cache, dx):
    return dx, (dout * cache[0]).sum(axis=0), dout.sum(axis=0)


def _ln_dx(g, x_hat, std, axis=1):
    mean_g = g.mean(axis=axis, keepdims=True)
    mean_gx = (g * x_hat).mean(axis=axis, keepdims=True)
    return (g - mean_g - x_hat * mean_gx) / std


def ln_back_gamma_outside(dout, cache):
    x_hat, gamma, std = cache
    return _ln_back(dout, cache, gamma * _ln_dx(dout, x_hat, std))


def ln_back_over_batch(dout, cache):
    x_hat, gamma, std = cache
    return _ln_back(dout, cache, _ln_dx(dout * gamma, x_hat, std, axis=0))


def ln_back_no_gamma(dout, cache):
    x_hat, _, std = cache
    return _ln_back(dout, cache, _ln_dx(dout, x_hat, std))


def ln_back_constants(dout, cache):
    _, gamma, std = cache
    return _ln_back(dout, cache, dout * gamma / std)


def ln_back_no_variance(dout, cache):
    _, gamma, std = cache
    g = dout * gamma
    return _ln_back(dout, cache, (g - g.mean(axis=1, keepdims=True)) / std)


def ln_back_no_mean(dout, cache):
    x_hat, gamma, std = cache
    g = dout * gamma
    return _ln_back(dout, cache, (g - x_hat * (g * x_hat).mean(axis=1, keepdims=True)) / std)


def ln_back_parameters_by_row(dout, cache):
    x_hat, gamma, std = cache
    dx = _ln_dx(dout * gamma, x_hat, std)
    return dx, (dout * x_hat).sum(axis=1), dout.sum(axis=1)


def ln_back_parameters_with_gamma(dout, cache):
    x_hat, gamma, std = cache
    g = dout * gamma
    return _ln_dx(g, x_hat, std), (g * x_hat).sum(axis=0), g.sum(axis=0)


LAYERNORM_BACKWARD = Exercise(
    "normalization.layernorm_backward",
    points=3,
    minutes=5,
    returns=("dx", "dgamma", "dbeta"),
    parents=("normalization.layernorm_forward", "normalization.batchnorm_backward"),
    cases=layernorm_backward_cases,
    misconceptions=(
        Misconception(
            "gamma pulled out of the means",
            ln_back_gamma_outside,
            "You multiply by gamma at the end, as batch norm may.\n"
            "There a mean runs over numbers that share one gamma. Here it runs over features,\n"
            "and each has its own. Where does gamma have to stand?",
        ),
        Misconception(
            "means over the batch",
            ln_back_over_batch,
            "In your dx examples depend on each other.\n"
            "On the way forward each row had its own mean. Over what do the means of the way back\n"
            "run, then?",
        ),
        Misconception(
            "gamma is missing",
            ln_back_no_gamma,
            "dgamma and dbeta are right; your dx would be the same for every gamma.\n"
            "Which multiplication stands between the output and x_hat?",
        ),
        Misconception(
            "mean and variance taken for constants",
            ln_back_constants,
            "Your dx takes mean and deviation of a row for fixed numbers.\n"
            "When one feature changes, they change too, and with them the other outputs.\n"
            "Which two terms does that add?",
        ),
        Misconception(
            "the variance does not depend on x",
            ln_back_no_variance,
            "Your dx adds up to 0 in each row, but keeps a part along x_hat.\n"
            "Stretching an example changes nothing. Which way through the graph is missing?",
        ),
        Misconception(
            "the mean does not depend on x",
            ln_back_no_mean,
            "The rows of your dx do not add up to 0.\n"
            "Shifting an example changes nothing. Which way through the graph is missing?",
        ),
        Misconception(
            "parameter gradients for each example",
            ln_back_parameters_by_row,
            "dx is right. Your dgamma and dbeta have an entry for each example.\n"
            "A gradient has the shape of its parameter. Which index of dout is summed away?",
        ),
        Misconception(
            "gamma counted in dgamma and dbeta",
            ln_back_parameters_with_gamma,
            "dx is right. dgamma and dbeta carry a factor gamma too many.\n"
            "Which gradient arrives at gamma and beta: that on out or that on x_hat?",
        ),
    ),
    hints=(
        "Take g, the gradient on x_hat: dout times gamma. From there on it is the formula of "
        "batch norm.",
        "Only the means run along the rows now. Keep their axis, as in the forward pass.",
        "dgamma and dbeta are those of batch norm: the features' parameters, summed over the "
        "batch.",
    ),
)


# instancenorm_forward


def image_cases(rng: np.random.Generator, *more: tuple[str, tuple, dict]) -> Iterator[Case]:
    for name, shape, options in more:
        c = shape[1]
        yield Case(name, (uneven(rng, *shape), scales(rng, c), both_signs(rng, c)), options)


def instancenorm_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield from image_cases(
        rng,
        ("as many channels as columns", (2, 3, 4, 3), {"eps": 0.1}),
        ("three images of two channels", (3, 2, 2, 5), {}),
        ("one image", (1, 4, 3, 2), {}),
        ("one channel", (2, 1, 3, 3), {"eps": 0.2}),
    )
    flat = uneven(rng, 2, 2, 3, 3)
    flat[0, 1] = 0.75
    yield Case("a channel without contrast", (flat, scales(rng, 2), both_signs(rng, 2)))


def _imagenorm(x, gamma, beta, axes, eps):
    x_hat = x - x.mean(axis=axes, keepdims=True)
    std = np.sqrt(x.var(axis=axes, keepdims=True) + eps)
    x_hat = x_hat / std
    return gamma[:, None, None] * x_hat + beta[:, None, None], (x_hat, gamma, std)


def in_over_images(x, gamma, beta, *, eps=1e-5):
    return _imagenorm(x, gamma, beta, (0, 2, 3), eps)


def in_over_channels(x, gamma, beta, *, eps=1e-5):
    return _imagenorm(x, gamma, beta, (1, 2, 3), eps)


def in_over_columns(x, gamma, beta, *, eps=1e-5):
    return _imagenorm(x, gamma, beta, 3, eps)


def in_over_batch(x, gamma, beta, *, eps=1e-5):
    return _imagenorm(x, gamma, beta, 0, eps)


def in_gamma_along_width(x, gamma, beta, *, eps=1e-5):
    _, cache = instancenorm_forward(x, gamma, beta, eps=eps)
    return gamma * cache[0] + beta, cache


def in_eps_outside(x, gamma, beta, *, eps=1e-5):
    std = x.std(axis=(2, 3), keepdims=True) + eps
    x_hat = (x - x.mean(axis=(2, 3), keepdims=True)) / std
    return gamma[:, None, None] * x_hat + beta[:, None, None], (x_hat, gamma, std)


def in_flat_std(x, gamma, beta, *, eps=1e-5):
    out, (x_hat, gamma, std) = instancenorm_forward(x, gamma, beta, eps=eps)
    return out, (x_hat, gamma, std[:, :, 0, 0])


GAMMA_ALONG_WIDTH = Misconception(
    "gamma along the width",
    in_gamma_along_width,
    "x_hat is right. Your gamma and beta change from column to column of an image:\n"
    "NumPy lines up the *last* axes, and these are the widths.\n"
    "Which shape must gamma get so that it lines up with the channels?",
)

INSTANCENORM_FORWARD = Exercise(
    "normalization.instancenorm_forward",
    points=2,
    minutes=3,
    returns=("out", "cache"),
    parents=("normalization.layernorm_forward",),
    cases=instancenorm_cases,
    misconceptions=(
        Misconception(
            "pooled over the images",
            in_over_images,
            "All your images share the mean of a channel: that is batch norm for images.\n"
            "Here an image has to be normalised without its neighbours. Which axis must not be\n"
            "pooled?",
        ),
        Misconception(
            "pooled over the channels",
            in_over_channels,
            "All channels of an image share one mean in your answer: that is layer norm.\n"
            "How many means does an image of C channels have here?",
        ),
        Misconception(
            "each line by itself",
            in_over_columns,
            "Each line of pixels is normalised by itself.\n"
            "A channel of an image is a plane. How many axes does it have?",
        ),
        Misconception(
            "each pixel over the batch",
            in_over_batch,
            "You average each pixel over the images.\n"
            "Here an image has to be normalised without its neighbours. Which axes belong to one\n"
            "channel of one image?",
        ),
        GAMMA_ALONG_WIDTH,
        Misconception(
            "eps outside the root",
            in_eps_outside,
            "For a channel without contrast your std is eps itself.\n"
            "Is eps added to the variance or to the deviation?",
        ),
        Misconception(
            "std without its last axes",
            in_flat_std,
            "Your output is right. In the cache std has lost its axes of length 1.\n"
            "The way back divides images by it. Which shape do the instructions ask for?",
        ),
    ),
    hints=(
        "One mean per image and channel: pool the two axes that are left.",
        "`axis=(2, 3)` pools two axes at once, and keepdims leaves them with length 1.",
        "gamma and beta of shape (C,) need two axes behind them before they meet an image.",
    ),
)


# groupnorm_forward


def groupnorm_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield from image_cases(
        rng,
        ("six channels in three groups, as many columns", (2, 6, 2, 6), {"groups": 3, "eps": 0.1}),
        ("six channels in two groups", (3, 6, 2, 3), {"groups": 2}),
        ("one group", (2, 4, 3, 2), {"groups": 1}),
        ("as many groups as channels", (2, 3, 3, 2), {"groups": 3, "eps": 0.2}),
        ("one image, eight channels in two groups", (1, 8, 2, 2), {"groups": 2}),
    )


def _groupnorm(x, gamma, beta, groups, eps, axis: int | tuple[int, ...] = 2):
    grouped = x.reshape(len(x), groups, -1)
    std = np.sqrt(grouped.var(axis=axis, keepdims=True) + eps)
    x_hat = ((grouped - grouped.mean(axis=axis, keepdims=True)) / std).reshape(x.shape)
    return gamma[:, None, None] * x_hat + beta[:, None, None], (x_hat, gamma, std)


def gn_instance(x, gamma, beta, *, groups, eps=1e-5):
    return _groupnorm(x, gamma, beta, x.shape[1], eps)


def gn_layer(x, gamma, beta, *, groups, eps=1e-5):
    return _groupnorm(x, gamma, beta, 1, eps)


def gn_size(x, gamma, beta, *, groups, eps=1e-5):
    return _groupnorm(x, gamma, beta, x.shape[1] // groups, eps)


def gn_over_batch(x, gamma, beta, *, groups, eps=1e-5):
    return _groupnorm(x, gamma, beta, groups, eps, axis=(0, 2))


def gn_interleaved(x, gamma, beta, *, groups, eps=1e-5):
    c = x.shape[1]
    order = np.arange(c).reshape(c // groups, groups).T.ravel()
    _, (x_hat, _, std) = groupnorm_forward(x[:, order], gamma, beta, groups=groups, eps=eps)
    x_hat = x_hat[:, np.argsort(order)]
    return gamma[:, None, None] * x_hat + beta[:, None, None], (x_hat, gamma, std)


def gn_channels_then_averaged(x, gamma, beta, *, groups, eps=1e-5):
    """The mean of the channels' variances, each about its own mean."""
    n, c, h, w = x.shape
    grouped = x.reshape(n, groups, c // groups, h * w)
    var = grouped.var(axis=3).mean(axis=2)[:, :, None]
    mean = grouped.mean(axis=(2, 3))[:, :, None]
    std = np.sqrt(var + eps)
    x_hat = ((x.reshape(n, groups, -1) - mean) / std).reshape(x.shape)
    return gamma[:, None, None] * x_hat + beta[:, None, None], (x_hat, gamma, std)


def gn_gamma_along_width(x, gamma, beta, *, groups, eps=1e-5):
    _, cache = groupnorm_forward(x, gamma, beta, groups=groups, eps=eps)
    return gamma * cache[0] + beta, cache


def gn_grouped_shape(x, gamma, beta, *, groups, eps=1e-5):
    out, (x_hat, gamma, std) = groupnorm_forward(x, gamma, beta, groups=groups, eps=eps)
    return out, (x_hat.reshape(len(x), groups, -1), gamma, std)


GROUPNORM_FORWARD = Exercise(
    "normalization.groupnorm_forward",
    points=3,
    minutes=5,
    returns=("out", "cache"),
    parents=("normalization.instancenorm_forward",),
    cases=groupnorm_cases,
    misconceptions=(
        Misconception(
            "instance norm",
            gn_instance,
            "Your answer is that of instance norm, whatever the number of groups.\n"
            "The channels of a group share one mean. When is a group a single channel, and only\n"
            "then?",
        ),
        Misconception(
            "layer norm",
            gn_layer,
            "Your answer is that of a single group, whatever `groups` says.\n"
            "How many means should an image have?",
        ),
        Misconception(
            "the size of a group instead of their number",
            gn_size,
            "You make groups of `groups` channels.\n"
            "The argument says how many groups there are. How many channels are in each, then?",
        ),
        Misconception(
            "pooled over the images",
            gn_over_batch,
            "Your images share their means, so each depends on its neighbours.\n"
            "That is what group norm was made to avoid. Which axis must not be pooled?",
        ),
        Misconception(
            "every so-many-th channel",
            gn_interleaved,
            "Your groups take channels in turn, like dealing cards.\n"
            "A group consists of neighbouring channels. In which order do the two new axes stand\n"
            "when you split the channel axis?",
        ),
        Misconception(
            "variance about each channel's own mean",
            gn_channels_then_averaged,
            "Your means are right; your deviations are too small.\n"
            "You average the variances of the channels. But the channels' means differ from that\n"
            "of the group. About which mean are the distances taken?",
        ),
        Misconception(
            "gamma along the width",
            gn_gamma_along_width,
            GAMMA_ALONG_WIDTH.message,
        ),
        Misconception(
            "x_hat left in groups",
            gn_grouped_shape,
            "Your output is right. In the cache x_hat still has the shape of the groups.\n"
            "Which shape do the instructions ask for?",
        ),
    ),
    hints=(
        "Neighbouring channels lie side by side in memory. So one reshape puts each group of an "
        "image into one row.",
        "Reshape to (N, groups, rest): the rest are C / groups channels of H W pixels. Mean and "
        "variance over that axis, keeping it.",
        "Reshape x_hat back to the shape of x; then gamma and beta per channel, as in instance "
        "norm.",
    ),
)


# decorrelated_batchnorm


def cloud(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """A correlated cloud whose covariance has well separated eigenvalues, and a mean."""
    z = rng.standard_normal((n, d))
    z = z - z.mean(axis=0)
    if n > d:
        u, _, vt = np.linalg.svd(z, full_matrices=False)
        z = np.sqrt(n) * u @ vt
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    return z * np.geomspace(0.5, 2, d) @ turn.T + both_signs(rng, d)


def decorrelated_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("twelve examples, three features", (cloud(rng, 12, 3),), {"eps": 0.1})
    yield Case("nine examples, two features", (cloud(rng, 9, 2),))
    yield Case("twenty examples, four features", (cloud(rng, 20, 4),))
    yield Case("one feature", (uneven(rng, 6, 1),), {"eps": 0.2})
    yield Case("fewer examples than features", (cloud(rng, 3, 4),), {"eps": 0.5})
    yield Case("one example", (both_signs(rng, 1, 3),), extreme=True)


def _whitened(x, eps, *, covariance=None, centered=None, root=None):
    """ZCA whitening with some of its parts exchanged."""
    if centered is None:
        centered = x - x.mean(axis=0)
    if covariance is None:
        covariance = cov(x)
    eigenvalues, u = np.linalg.eigh(covariance)
    eigenvalues = np.maximum(eigenvalues, 0)
    factor = 1 / np.sqrt(eigenvalues + eps) if root is None else root(eigenvalues)
    return centered @ (u * factor @ u.T)


def dbn_not_turned_back(x, *, eps=1e-5):
    centered = x - x.mean(axis=0)
    eigenvalues, u = np.linalg.eigh(centered.T @ centered / len(x))
    return centered @ u / np.sqrt(np.maximum(eigenvalues, 0) + eps)


def dbn_largest_first(x, *, eps=1e-5):
    centered = x - x.mean(axis=0)
    u, values, _ = np.linalg.svd(centered.T @ centered / len(x))
    return centered @ u / np.sqrt(values + eps)


def dbn_variances_only(x, *, eps=1e-5):
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)


def dbn_no_root(x, *, eps=1e-5):
    return _whitened(x, eps, root=lambda values: 1 / (values + eps))


def dbn_not_inverted(x, *, eps=1e-5):
    return _whitened(x, eps, root=lambda values: np.sqrt(values + eps))


def dbn_not_centered(x, *, eps=1e-5):
    return _whitened(x, eps, centered=x)


def dbn_second_moment(x, *, eps=1e-5):
    return _whitened(x, eps, covariance=x.T @ x / len(x))


def dbn_cholesky(x, *, eps=1e-5):
    lower = np.linalg.cholesky(cov(x) + eps * np.eye(x.shape[1], dtype=x.dtype))
    return np.linalg.solve(lower, (x - x.mean(axis=0)).T).T


def dbn_ddof(x, *, eps=1e-5):
    return _whitened(x, eps, covariance=cov(x) * len(x) / max(len(x) - 1, 1))


def dbn_eps_outside(x, *, eps=1e-5):
    return _whitened(x, eps, root=lambda values: 1 / (np.sqrt(values) + eps))


def dbn_rows_of_u(x, *, eps=1e-5):
    centered = x - x.mean(axis=0)
    eigenvalues, u = np.linalg.eigh(centered.T @ centered / len(x))
    return centered @ (u.T / np.sqrt(np.maximum(eigenvalues, 0) + eps) @ u)


DECORRELATED_BATCHNORM = Exercise(
    "normalization.decorrelated_batchnorm",
    points=3,
    minutes=6,
    returns=("out",),
    parents=("normalization.cov",),
    cases=decorrelated_cases,
    misconceptions=(
        Misconception(
            "not turned back",
            dbn_not_turned_back,
            "Your cloud is white, but it has been turned: the first column is no longer near the\n"
            "first feature.\n"
            "You stop in the coordinates of the eigenvectors. Which factor leads back?",
        ),
        Misconception(
            "principal components, not turned back",
            dbn_largest_first,
            "Your cloud is white, and its columns are the principal components, largest first.\n"
            "That is PCA whitening. ZCA stays as close to the input as it can:\n"
            "which factor leads back from the eigenvectors to the features?",
        ),
        Misconception(
            "batch norm only",
            dbn_variances_only,
            "Each of your features has variance 1, but they still go together.\n"
            "You used the diagonal of the covariance. What has to become the identity?",
        ),
        Misconception(
            "the inverse without the root",
            dbn_no_root,
            "Your cloud is not white: wide directions have become narrow and narrow ones wide.\n"
            "A factor applied to x comes twice into the covariance. Which power undoes it once?",
        ),
        Misconception(
            "the root without the inverse",
            dbn_not_inverted,
            "Wide directions of the cloud have become wider still.\n"
            "You multiply with the deviation along each eigenvector. What should be done with it?",
        ),
        Misconception(
            "not centred",
            dbn_not_centered,
            "Directions and spread are right, but the cloud still has a mean.\n"
            "What comes before the multiplication?",
        ),
        Misconception(
            "covariance with the mean in it",
            dbn_second_moment,
            "Your output is centred but not white: it is squeezed along the direction of the old\n"
            "mean. Which matrix did you take the eigenvectors of: that of x or of the centred x?",
        ),
        Misconception(
            "another root: Cholesky",
            dbn_cholesky,
            "Your cloud is white. But the first feature is only scaled, and the last one bears\n"
            "the whole correction. A covariance has many roots; the symmetric one changes least.\n"
            "Which one does the formula with the eigenvectors give?",
        ),
        Misconception(
            "covariance divided by one less",
            dbn_ddof,
            "Your cloud is white if the covariance is divided by N - 1, the default of np.cov.\n"
            "By what does the covariance of this lecture divide?",
        ),
        Misconception(
            "eps outside the root",
            dbn_eps_outside,
            "Your factors are 1 over (root of the eigenvalue, plus eps).\n"
            "In normalisation eps is added to the variance. Along an eigenvector, what is the\n"
            "variance?",
        ),
        Misconception(
            "rows taken for eigenvectors",
            dbn_rows_of_u,
            "Your cloud is not white, although all the parts are there.\n"
            "np.linalg.eigh returns its eigenvectors as the *columns* of a matrix. The first\n"
            "factor that meets x has to measure it along them. Which one stands first in yours?",
        ),
    ),
    hints=(
        "Centre first. Then take the covariance of the centred data, divided by N, and its "
        "eigenvalues and eigenvectors (np.linalg.eigh).",
        "In the direction of each eigenvector divide by the root of (its eigenvalue + eps).",
        "Multiply three matrices: U, the diagonal of the factors 1 / root, and U transposed. "
        "The centred data times this matrix is the answer.",
    ),
)


# weightnorm_forward


def weightnorm_cases(rng: np.random.Generator) -> Iterator[Case]:
    def case(name, v, extreme=False):
        return Case(name, (v, both_signs(rng, v.shape[1])), {}, extreme)

    yield case("three inputs, three units", weights(rng, 3, 3))
    yield case("five inputs, two units", weights(rng, 5, 2))
    yield case("two inputs, four units", weights(rng, 2, 4))
    yield case("one unit", weights(rng, 4, 1))
    yield case("one input", weights(rng, 1, 3))
    yield case("a weight of 0", weights(rng, 3, 3) * (1 - np.eye(3)))
    yield case("long and short vectors", weights(rng, 3, 2) * np.array([1e4, 1e-4]), extreme=True)


def weights(rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
    """Columns and rows of very different lengths."""
    v = both_signs(rng, fan_in, fan_out)
    return v * scales(rng, fan_out) * scales(rng, fan_in)[:, None]


def wn_whole_matrix(v, g):
    norm = np.sqrt((v**2).sum())
    return g * v / norm, (v, g, np.full_like(g, norm))


def wn_whole_matrix_number(v, g):
    norm = np.sqrt((v**2).sum())
    return g * v / norm, (v, g, float(norm))


def wn_rows(v, g):
    norm = np.sqrt((v**2).sum(axis=1))
    return g * v / norm, (v, g, norm)


def wn_rows_kept(v, g):
    norm = np.sqrt((v**2).sum(axis=1, keepdims=True))
    return g * v / norm, (v, g, norm)


def wn_no_length(v, g):
    _, cache = weightnorm_forward(v, g)
    return v / cache[2], cache


def wn_not_divided(v, g):
    return g * v, weightnorm_forward(v, g)[1]


def wn_squared(v, g):
    norm = (v**2).sum(axis=0)
    return g * v / norm, (v, g, norm)


def wn_absolute(v, g):
    norm = np.abs(v).sum(axis=0)
    return g * v / norm, (v, g, norm)


def wn_axis_kept(v, g):
    w, (v, g, norm) = weightnorm_forward(v, g)
    return w, (v, g, norm[None])


WHOLE_MATRIX = (
    "You divide by the length of the whole matrix, so long columns stay longer than short ones.\n"
    "Each unit has its own vector and its own length g.\n"
    "How many lengths does a layer with fan_out units have?"
)
NORM_OF_ROWS = (
    "You measure the rows of v.\n"
    "A layer computes x @ w, so what one unit does with its inputs stands in a column.\n"
    "Along which axis do the squares of one unit's weights have to be added?"
)

WEIGHTNORM_FORWARD = Exercise(
    "normalization.weightnorm_forward",
    points=1,
    minutes=3,
    returns=("w", "cache"),
    cases=weightnorm_cases,
    misconceptions=(
        Misconception("one length for the whole matrix", wn_whole_matrix, WHOLE_MATRIX),
        Misconception("one number for the whole matrix", wn_whole_matrix_number, WHOLE_MATRIX),
        Misconception("rows instead of units", wn_rows, NORM_OF_ROWS),
        Misconception("rows instead of units, kept as a column", wn_rows_kept, NORM_OF_ROWS),
        Misconception(
            "g is missing",
            wn_no_length,
            "All your columns have length 1.\n"
            "Normalising gives a direction. Who gives it its length?",
        ),
        Misconception(
            "v is not normalised",
            wn_not_divided,
            "The cache is right. A column of your w gets longer when v gets longer.\n"
            "By what does v have to be divided so that only its direction counts?",
        ),
        Misconception(
            "divided by the squared length",
            wn_squared,
            "A column of your w gets *shorter* when v gets longer.\n"
            "The sum of the squares is the square of the length. Which step is missing?",
        ),
        Misconception(
            "sum of absolute values",
            wn_absolute,
            "You divide by the sum of the absolute values.\n"
            "The length of a vector is the Euclidean one, that of Pythagoras. How is it computed?",
        ),
        Misconception(
            "norm with an axis too many",
            wn_axis_kept,
            "w is right. In the cache the norm has an axis of length 1 in front.\n"
            "Which shape do the instructions ask for?",
        ),
    ),
    hints=(
        "The weights of unit j stand in column j of v. First the length of each column.",
        "np.linalg.norm takes an `axis`: the one that is to disappear.",
        "Divide v by its lengths, multiply by g: both broadcast along the rows.",
    ),
)


# weightnorm_backward


def weightnorm_backward_cases(rng: np.random.Generator) -> Iterator[Case]:
    def case(name, *shape):
        cache = weightnorm_forward(weights(rng, *shape), both_signs(rng, shape[1]))[1]
        return Case(name, (both_signs(rng, *shape) + both_signs(rng, shape[1]), cache))

    yield case("three inputs, three units", 3, 3)
    yield case("five inputs, two units", 5, 2)
    yield case("two inputs, four units", 2, 4)
    yield case("one unit", 4, 1)


def _wn_back(dw, cache):
    v, g, norm = cache
    direction = v / norm
    return g, norm, direction, (dw * direction).sum(axis=0)


def wn_back_no_projection(dw, cache):
    g, norm, _, dg = _wn_back(dw, cache)
    return g / norm * dw, dg


def wn_back_added(dw, cache):
    g, norm, direction, dg = _wn_back(dw, cache)
    return g / norm * (dw + dg * direction), dg


def wn_back_dg_with_v(dw, cache):
    g, norm, direction, dg = _wn_back(dw, cache)
    return g / norm * (dw - dg * direction), dg * norm


def wn_back_dg_with_w(dw, cache):
    g, norm, direction, dg = _wn_back(dw, cache)
    return g / norm * (dw - dg * direction), dg * g


def wn_back_no_g(dw, cache):
    _, norm, direction, dg = _wn_back(dw, cache)
    return (dw - dg * direction) / norm, dg


def wn_back_no_norm(dw, cache):
    g, _, direction, dg = _wn_back(dw, cache)
    return g * (dw - dg * direction), dg


def wn_back_projected_with_v(dw, cache):
    g, norm, direction, dg = _wn_back(dw, cache)
    return g / norm * (dw - dg * direction * norm), dg


def wn_back_swapped(dw, cache):
    g, norm, direction, dg = _wn_back(dw, cache)
    return dg, g / norm * (dw - dg * direction)


WEIGHTNORM_BACKWARD = Exercise(
    "normalization.weightnorm_backward",
    points=3,
    minutes=5,
    returns=("dv", "dg"),
    parents=("normalization.weightnorm_forward",),
    cases=weightnorm_backward_cases,
    misconceptions=(
        Misconception(
            "the length does not depend on v",
            wn_back_no_projection,
            "dg is right. Your dv still points along v in part.\n"
            "Making v longer changes nothing, so the gradient must not ask for it: the length you\n"
            "divide by depends on v. Which part has to be taken out of dw?",
        ),
        Misconception(
            "the part along v added",
            wn_back_added,
            "dg is right. Your dv leans towards v, twice as much as dw does.\n"
            "The part of dw along v has to go. Which sign does it get?",
        ),
        Misconception(
            "dg with v instead of its direction",
            wn_back_dg_with_v,
            "dv is right. Your dg grows when v gets longer, though w does not change.\n"
            "What was g multiplied with on the way forward?",
        ),
        Misconception(
            "dg with w instead of the direction",
            wn_back_dg_with_w,
            "dv is right. Your dg carries a factor g.\n"
            "You multiply dw with w. What was g multiplied with on the way forward?",
        ),
        Misconception(
            "g is missing in dv",
            wn_back_no_g,
            "dg is right; your dv would be the same for every g.\n"
            "How much does a column of w move when its direction turns a little?",
        ),
        Misconception(
            "the length is missing in dv",
            wn_back_no_norm,
            "dg is right; your dv is too large for long columns of v, too small for short ones.\n"
            "A long vector must move further to turn by the same angle. Which factor says so?",
        ),
        Misconception(
            "projected with v instead of its direction",
            wn_back_projected_with_v,
            "dg is right. Your dv is not at right angles to v.\n"
            "The part of dw along v is dg times a vector of length 1. Which one?",
        ),
        Misconception(
            "dv and dg exchanged",
            wn_back_swapped,
            "Your two outputs stand in each other's place.\n"
            "In which order does the forward pass take v and g?",
        ),
    ),
    hints=(
        "Call the direction d = v / norm. Forward, w = g d, column by column.",
        "dg is the part of dw along d: multiply and add up each column.",
        "dv: take the part along d out of dw, and multiply the rest by g / norm.",
    ),
)


EXERCISES = (
    NAIVE_BIAS_STEP,
    COV,
    BATCH_STATS,
    BATCHNORM_FORWARD,
    BATCHNORM_BACKWARD,
    SPATIAL_BATCHNORM_FORWARD,
    LAYERNORM_FORWARD,
    LAYERNORM_BACKWARD,
    INSTANCENORM_FORWARD,
    GROUPNORM_FORWARD,
    DECORRELATED_BATCHNORM,
    WEIGHTNORM_FORWARD,
    WEIGHTNORM_BACKWARD,
)
QUESTIONS = (
    Question(
        "normalization.during_training",
        "With He's weights every layer starts with outputs of the same size. Training begins. What "
        "keeps the outputs at that size?",
        choices=(
            Choice(
                "The initialisation: its scale was chosen for the width of the layer.",
                "That holds for the weights of the first moment. Which numbers does each training "
                "step change?",
            ),
            Choice(
                "Gradient descent: an output that is too large has a large loss.",
                "The loss knows the last layer only. Two hidden layers may grow and shrink against "
                "each other without the loss noticing.",
            ),
            Choice("Nothing.", right=True),
            Choice(
                "The ReLU, which cuts off what is too large.",
                "ReLU cuts off what is below 0. How large may its output become?",
            ),
        ),
        why="The rules of initialisation hold for random weights. After a few steps the weights "
        "are no longer random, and each layer's outputs go where the loss pushes them.",
    ),
    Question(
        "normalization.whose_shift",
        "Which correction makes the sentence true?",
        choices=(
            Choice(
                "'other objects enter' must be 'the same objects enter'",
                "Each mini-batch holds other examples. So this reason is right as it stands. And "
                "the second one: what has weights?",
            ),
            Choice("'previous inputs' must be 'previous layers'", right=True),
            Choice(
                "'weights change' must be 'gradients change'",
                "Gradients change too, but the input of a layer is computed from weights. Whose?",
            ),
            Choice(
                "none: the weights of the inputs are what changes",
                "An input is data, and data has no weights. What stands between the data and the "
                "third layer?",
            ),
        ),
        why="Inputs have no weights; layers have. A layer sees what the layers before it make of "
        "the data, and these change with every step.",
    ),
    Question(
        "normalization.runaway",
        r"$b$ starts at 0, the target is 1, the learning rate 0.1. Each step is the naive one, "
        r"$b \leftarrow b - 0.1 \cdot \frac1n\sum_i 2(\hat x_i - 1)$. Where is $b$ after 100 "
        r"steps? (What is the mean of $\hat x$?)",
        number=Number(
            20.0,
            rel_tol=0.001,
            misreadings={
                1.0: "The bias would stop at the target if it could reach it. Does x_hat move at "
                "all when b grows?",
                0.0: "That is what the true gradient does. The naive step takes the slope of x_hat "
                "in b for 1. What is the mean of 2 (x_hat - 1)?",
                10.0: "The derivative of a square has a factor of its own. Which one?",
                -20.0: "The size is right. x_hat is below the target: in which direction is b "
                "pushed?",
                0.2: "That is one step. Does the second one differ from it?",
                2.0: "That is after 10 steps. The question asks for 100.",
            },
        ),
        why=r"The mean of $\hat x$ is 0, whatever $b$ is. So each step adds $0.1 \cdot 2 = 0.2$, "
        r"for ever: $b = 20$ after 100 steps. The loss does not move at all.",
    ),
    Question(
        "normalization.which_statistics",
        r"In training, where does batch norm take $\mu$ and $\sigma^2$ from?",
        choices=(
            Choice(
                "from the training set, once, before the training",
                "Before training a layer's outputs are those of random weights. How long are they "
                "valid?",
            ),
            Choice(
                "from the whole training set, anew at each step",
                "That would be right, and each step would cost as much as a whole epoch. What is "
                "at hand at each step anyway?",
            ),
            Choice(
                "they are parameters, found by gradient descent",
                "Batch norm will get two parameters further down. But mu and sigma are computed "
                "from numbers that are there. From which ones?",
            ),
            Choice("from the current mini-batch, anew at each step", right=True),
        ),
        why="The network changes with each step, so old statistics are out of date; the whole set "
        "is too expensive. The mini-batch is at hand, and it is what the network is now.",
    ),
    Question(
        "normalization.misprinted_axis",
        r"$H$ is $8 \times 3$: eight examples, three units. Which shape has the printed $\mu$?",
        choices=(
            Choice(
                r"$(3,)$: a mean for each unit",
                r"That is what it should have. The sum runs over $j$, and $j$ counts the columns.",
            ),
            Choice(r"$(8,)$: a number for each example", right=True),
            Choice(
                "one number",
                r"Only one of the two indices is summed over. The colon keeps the other one.",
            ),
            Choice(
                r"$(8, 3)$: like $H$",
                "A sum over an index makes this index disappear.",
            ),
        ),
        why=r"$H_{:,j}$ is a column of length 8; a sum of columns is a column. A network would add "
        r"up its different units. Right is $\mu = \frac1m \sum_i H_{i,:}$, of shape $(3,)$.",
    ),
    Question(
        "normalization.no_epsilon",
        r"A ReLU unit is dead: on all examples of the batch its value is 0. What does the printed "
        r"formula make of it?",
        choices=(
            Choice(
                "0: the unit is at its mean",
                "The numerator is indeed 0. And the denominator?",
            ),
            Choice(
                "infinity: division by zero",
                "A positive number over 0 would be infinite. Which number stands above?",
            ),
            Choice("NaN: zero divided by zero", right=True),
            Choice(
                "1: the variance after normalising",
                "That needs some spread to be stretched. How much does a constant have?",
            ),
        ),
        why=r"$0/0$ is not a number, and one NaN spreads through the whole network in one step. "
        r"With $\epsilon = 10^{-5}$ under the root it is $0/0.003 = 0$. That is all $\epsilon$ is "
        r"for.",
    ),
    Question(
        "normalization.need_standard",
        r"A sigmoid $\sigma$ gets inputs $z \sim \mathcal N(0, 1)$. How much of the variance of "
        r"its output $\sigma(z)$ does the best *straight line* explain?",
        choices=(
            Choice(
                "about 50 %",
                "Look at the sigmoid between -1 and 1, where two thirds of the inputs lie. How far "
                "is it from a line there?",
            ),
            Choice(
                "about 80 %",
                "For inputs of standard deviation 4 it would be less than 90 %. Here they are "
                "much closer to 0.",
            ),
            Choice("about 98 %", right=True),
            Choice(
                "100 %",
                "It does bend a little. Where?",
            ),
        ),
        why=r"$R^2 = 0.984$. Around 0 the sigmoid is nearly $\frac12 + \frac z4$. So a layer that "
        r"always gets mean 0 and variance 1 hardly bends, and depth is wasted. We do *not* "
        r"necessarily want $\mathcal N(0, 1)$; the network should have the choice.",
    ),
    Question(
        "normalization.identity_scale",
        r"Which $\gamma$ and $\beta$ undo the normalisation, so that $y = x$?",
        choices=(
            Choice(
                r"$\gamma = 1$, $\beta = 0$",
                "With these y is x_hat: normalised, and nothing undone. By what was x divided?",
            ),
            Choice(
                r"$\gamma = \mathrm{Var}[x]$, $\beta = \mathrm{E}[x]$",
                "Which number was x divided by: the variance or its root?",
            ),
            Choice(
                r"$\gamma = 1/\sqrt{\mathrm{Var}[x] + \epsilon}$, $\beta = -\mathrm{E}[x]$",
                "That normalises a second time. To undo a division you have to multiply.",
            ),
            Choice(
                r"$\gamma = \sqrt{\mathrm{Var}[x] + \epsilon}$, $\beta = \mathrm{E}[x]$", right=True
            ),
        ),
        why=r"$\gamma \hat x + \beta$ with these is $(x - \mathrm{E}[x]) + \mathrm{E}[x] = x$. So "
        r"the layer *can* do nothing. Without $\epsilon$ in $\gamma$ it is only nearly $x$.",
    ),
    Question(
        "normalization.who_sets_gamma",
        r"Who chooses $\gamma$ and $\beta$?",
        choices=(
            Choice(
                "We do: they are hyper-parameters, like the learning rate.",
                "A network of ten layers of 500 units has ten thousand of them. Would you?",
            ),
            Choice(
                "They are computed from the batch, to recover the identity.",
                "Then batch norm would do nothing at all. Recovering is an option, not the rule.",
            ),
            Choice("Gradient descent, like the weights.", right=True),
            Choice(
                "They are running averages.",
                "These exist too, but of mean and variance, and for the time after training.",
            ),
        ),
        why=r"$y = \gamma \hat x + \beta$ is linear in both, so they have gradients like any "
        r"weight. They start at 1 and 0.",
    ),
    Question(
        "normalization.test_statistics",
        "After training, a single picture comes in. Which mean and variance should be used?",
        choices=(
            Choice(
                "its own: it is a batch of one",
                "The mean of one number is the number itself. What remains after subtracting it?",
            ),
            Choice(
                "those of the other pictures that happen to arrive with it",
                "Then the answer for your picture would depend on somebody else's. Should it?",
            ),
            Choice(
                "those of the test set, computed in advance",
                "You do not have the pictures of next year. And the test set is for testing.",
            ),
            Choice("fixed ones, collected during training", right=True),
        ),
        why="A prediction should not be noisy and not depend on neighbours. The slides say: one "
        "fixed mean and deviation of the training activations, for instance running averages.",
    ),
    Question(
        "normalization.running_mean",
        r"The running mean starts at 0. Every batch has mean 1, and $a = 0.1$. What is the running "
        r"mean after 10 batches? (Three digits.)",
        number=Number(
            1 - 0.9**10,
            rel_tol=0.005,
            misreadings={
                1.0: "Practically 1 is what you get when the *old* value has the weight 0.1. With "
                "a = 0.1 it keeps nine tenths of its past.",
                0.9
                ** 10: "That is the share of the starting value 0 that is left. What is the rest?",
                0.1: "That is after one batch. What does the second one add?",
                0.1**10: "Too many zeros: which of the two weights is multiplied with itself?",
            },
        ),
        why=r"The distance to 1 shrinks by 0.9 at each step: $1 - 0.9^{10} = 0.651$. After 50 "
        r"batches it is 0.995. A running average needs its time.",
    ),
    Question(
        "normalization.keras_momentum",
        "A colleague knows Keras, where `momentum=0.99` is the weight of the *old* value. He "
        "passes `momentum=0.99` to our function. What happens?",
        choices=(
            Choice(
                "Training becomes unstable.",
                "Training normalises with the batch itself and never looks at the running values.",
            ),
            Choice(
                "Nothing: both conventions mean the same average.",
                "Write the update down. Which weight does the old value get here?",
            ),
            Choice(
                "Training runs as ever; in testing the statistics are those of the last batch, "
                "practically.",
                right=True,
            ),
            Choice(
                "The running statistics hardly move from their start.",
                "For that the new batch would need a weight near 0. Which weight does 0.99 become "
                "in our function: that of the old value or that of the new one?",
            ),
        ),
        why="The old value keeps the weight 0.01. The training curves look perfect and the "
        "predictions are noisy: one of the nastier bugs. When you change the library, read what "
        "its coefficient multiplies.",
    ),
    Question(
        "normalization.batch_of_one",
        "In training mode a batch holds a single example. What is its output?",
        choices=(
            Choice(
                r"$\beta$, whatever the example is",
                right=True,
            ),
            Choice(
                "NaN, since the variance is 0",
                "The variance is 0 indeed. What is added to it before the division?",
            ),
            Choice(
                r"$\gamma x + \beta$: there is nothing to normalise",
                "The mean of one number is the number itself, and it is subtracted.",
            ),
            Choice(
                "the same as in testing",
                "Testing uses what was collected. What does training use?",
            ),
        ),
        why=r"$x - \mu_B = 0$, so $\hat x = 0$ and $y = \beta$. Batch norm cannot be trained with "
        r"batches of one, and with batches of two it is very noisy.",
    ),
    Question(
        "normalization.bias_before_bn",
        r"A layer computes $z = xW + b$, and batch norm follows at once. A batch of 32 gives some "
        r"$\partial L / \partial y$. What is $\partial L / \partial b$?",
        number=Number(
            0.0,
            abs_tol=1e-9,
            misreadings={
                1.0: "That was the naive answer: the slope of z in b. Whatever b adds to every "
                "example, the mean takes away again.",
                32.0: "32 examples, each with slope 1? Whatever b adds to all of them, the mean "
                "takes away again.",
            },
        ),
        why=r"$b$ shifts the whole column, and the mean takes the shift away. $\partial L/\partial "
        r"b$ is the sum of $dx$ over the batch, which is 0. So a layer before batch norm needs no "
        r"bias: $\beta$ does its work.",
    ),
    Question(
        "normalization.why_gamma_back",
        r"Normalising was the goal. Then $\gamma$ and $\beta$ give each unit any mean and any "
        r"spread again. What has been gained?",
        choices=(
            Choice(
                "Nothing for the training; it only adds parameters.",
                "The functions are the same as before. But gradient descent does not search "
                "functions, it searches parameters. What sets the mean of a unit now?",
            ),
            Choice(
                "The network can now represent functions that it could not represent before.",
                r"$\gamma \hat x + \beta$ is again a scaled and shifted $x$. Could the weights not "
                "have done that?",
            ),
            Choice(
                r"The mean of a unit depends on $\beta$ alone, no longer on all the layers below.",
                right=True,
            ),
            Choice(
                r"$\gamma$ and $\beta$ stay near 1 and 0, so units stay normalised.",
                "Nothing holds them there. They may go wherever the loss is lower.",
            ),
        ),
        why="The same functions, other coordinates. Before, the mean of a unit was the result of "
        "all weights below it together. Now one number sets it, and one gradient moves it.",
    ),
    Question(
        "normalization.larger_gamma",
        r"Elsewhere in the same deck $\gamma$ is a momentum coefficient. What is meant here?",
        choices=(
            Choice(
                "the scale of batch norm: it may grow",
                "It may, but that is no benefit. What would a practitioner like to have larger?",
            ),
            Choice(
                "the momentum coefficient",
                "That one is at most 1 anyway. What diverges first when you are impatient?",
            ),
            Choice("the learning rate", right=True),
            Choice(
                "the variance of the initial weights",
                "Batch norm makes that one nearly irrelevant. This benefit is listed separately.",
            ),
        ),
        why="A larger learning rate: that is the benefit the paper reports. A letter that means "
        "three things on three slides is an invitation to such slips.",
    ),
    Question(
        "normalization.ten_layers",
        r"Ten layers of 500 ReLU units, batch norm before each ReLU, random weights with standard "
        r"deviation 0.01. Then the same with 1.0, a hundred times as large. What are the standard "
        r"deviations of the outputs of layer 10?",
        choices=(
            Choice(
                "nearly 0 with the small weights, huge with the large ones",
                "So it is without batch norm. What does it do to a column that is a hundred times "
                "as large?",
            ),
            Choice(
                "a hundred times as large with the large weights",
                "Batch norm divides by the standard deviation. Is anything left of the factor 100?",
            ),
            Choice(
                "1 in both networks",
                "Before the ReLU it is 1. The ReLU sets the lower half to 0: what does that do to "
                "the spread?",
            ),
            Choice("about 0.58 in both networks", right=True),
        ),
        why=r"Each ReLU gets mean 0 and variance 1, whatever the weights. Its output then has mean "
        r"$1/\sqrt{2\pi} = 0.399$ and standard deviation $\sqrt{\frac12 - \frac1{2\pi}} = 0.584$.",
    ),
    Question(
        "normalization.funny_regularizer",
        "The slides say that batch norm acts as a regulariser 'in a funny way'. What do they mean?",
        choices=(
            Choice(
                "It keeps the weights small.",
                "The size of a weight vector before batch norm does not matter at all: it is "
                "divided out. So nothing keeps it small.",
            ),
            Choice(
                "It reduces the number of parameters.",
                "It adds two for each unit. What is different about an example's output from one "
                "batch to the next?",
            ),
            Choice(
                "The same example gets another output in each batch, as if noise were added.",
                right=True,
            ),
            Choice(
                "It stops the training early.",
                "It makes training faster, and has no say in when it ends. What does it do to an "
                "example that comes in two batches?",
            ),
        ),
        why="An example is shifted and scaled by numbers that depend on its random neighbours. The "
        "network learns to live with this noise, a little like with dropout.",
    ),
    Question(
        "normalization.how_many_means",
        r"$x$ has shape $(N, C, H, W) = (8, 6, 4, 4)$. How many means do batch norm (BN), layer "
        r"norm over $(C, H, W)$ (LN), instance norm (IN) and group norm of 3 groups (GN) compute?",
        choices=(
            Choice(
                "BN 96, LN 8, IN 48, GN 24",
                "96 is a mean for each pixel of each channel. In batch norm for images all pixels "
                "of a channel share one.",
            ),
            Choice("BN 6, LN 8, IN 48, GN 24", right=True),
            Choice(
                "BN 8, LN 6, IN 48, GN 24",
                "Which of the two keeps examples apart: batch norm or layer norm?",
            ),
            Choice(
                "BN 6, LN 8, IN 48, GN 3",
                "Group norm never lets images meet. Three means for each of how many images?",
            ),
        ),
        why="BN one for each channel, 6. LN one for each image, 8. IN one for each channel of each "
        "image, 8 · 6 = 48. GN one for each group of each image, 8 · 3 = 24.",
    ),
    Question(
        "normalization.still_correlated",
        "Two features have correlation 0.57. Batch norm gives both mean 0 and variance 1. What is "
        "their correlation now?",
        choices=(
            Choice(
                "0",
                "Batch norm looks at one feature at a time. Can it know of the other?",
            ),
            Choice("0.57", right=True),
            Choice(
                "smaller, but not 0",
                "A correlation does not notice when one of the features is shifted or scaled. Does "
                "batch norm do anything else?",
            ),
            Choice(
                "1",
                "Variance 1 is on the diagonal of the covariance matrix. And beside it?",
            ),
        ),
        why="Correlation is made so that shift and scale of a feature do not matter. To remove it "
        "one has to mix the features: that is decorrelated batch norm.",
    ),
    Question(
        "normalization.double_v",
        r"All entries of $v$ are doubled; $g$ stays. What happens to $w = g\,v/\|v\|$, and what to "
        r"the gradient on $v$?",
        choices=(
            Choice(
                r"$w$ is doubled, the gradient is the same",
                r"The length of $v$ is divided out. What is left of the 2?",
            ),
            Choice(
                r"$w$ is the same, the gradient is the same",
                r"$w$ is the same indeed. But a step of the same size turns a longer vector by a "
                "smaller angle.",
            ),
            Choice(r"$w$ is the same, the gradient is halved", right=True),
            Choice(
                r"$w$ is the same, the gradient is doubled",
                r"Is the angle of a long vector more, or less, sensitive to a push from the side?",
            ),
        ),
        why=r"Only the direction of $v$ counts. A longer $v$ must be pushed harder to turn by the "
        r"same angle, so its gradient is smaller. That is how weight norm steadies the steps by "
        r"itself.",
    ),
)
