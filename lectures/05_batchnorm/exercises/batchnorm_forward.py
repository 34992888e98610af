"""Batch norm, in training and at test time."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question
from utils.normalization import batchnorm_forward

from .shared import both_signs, collected, scales, uneven

RUNNING_MEAN = Question(
    "normalization.running_mean",
    r"The running mean starts at 0. Every batch has mean 1, and $\alpha = 0.1$. What is the "
    r"running mean after 10 batches? (Three digits.)",
    number=Number(
        1 - 0.9**10,
        rel_tol=0.005,
        misreadings={
            1.0: "Practically 1 is what you get when the *old* value has the weight 0.1. How "
            "much of its past does it keep here?",
            0.9**10: "That is the share of the starting value 0 that is left. What is the rest?",
            0.1: "That is after one batch. What does the second one add?",
            0.1**10: "Too many zeros: which of the two weights is multiplied with itself?",
        },
    ),
    why=r"The distance to 1 shrinks by 0.9 at each step: $1 - 0.9^{10} = 0.651$. After 50 "
    r"batches it is 0.995. A running average needs its time.",
)


KERAS_MOMENTUM = Question(
    "normalization.keras_momentum",
    "A colleague knows Keras, where `momentum=0.99` is the weight of the *old* value. He "
    "passes `momentum=0.99` to our function. What happens?",
    choices=(
        Choice(
            "Training becomes unstable.",
            "Does training look at the running values at all?",
        ),
        Choice(
            "Nothing: both conventions mean the same average.",
            "Write the update down. Which weight does the old value get here?",
        ),
        Choice(
            "Training runs as ever; at test time the last batch decides.",
            right=True,
        ),
        Choice(
            "The running statistics hardly move from their start.",
            "For that the new batch would need a weight near 0. What does our "
            "function multiply by 0.99?",
        ),
    ),
    why="The old value keeps the weight 0.01. The training curves look perfect and the "
    "predictions are noisy: one of the nastier bugs. When you change the library, read what "
    "its coefficient multiplies.",
)


BATCHNORM_FORWARD = Exercise(
    "normalization.batchnorm_forward",
    points=4,
    minutes=10,
    returns=("out", "cache", "running_next"),
    parents=("normalization.batch_stats",),
    hints=(
        "Decide first which mean and variance to use: those of the batch (over its rows) when "
        "`train` is True, the two in `running` otherwise. The rest is the same for both.",
        "std is the square root of (variance + eps); x_hat is x minus mean, over std; out is gamma "
        "times x_hat plus beta. All of it broadcasts along the rows.",
        "Only in training: each running value becomes (1 - momentum) times the old plus momentum "
        "times the batch's. Return out, then (x_hat, gamma, std, train), then the pair.",
    ),
)


@BATCHNORM_FORWARD.cases
def _(rng: np.random.Generator):
    def case(name, x, extreme=False, **options):
        d = x.shape[1]
        return Case(
            name, (x, scales(rng, d), both_signs(rng, d), collected(rng, d)), options, extreme
        )

    yield case("training, four examples, four features", uneven(rng, 4, 4), eps=0.1)
    yield case("training, six examples, three features", uneven(rng, 6, 3), momentum=0.3)
    yield case("evaluation mode", uneven(rng, 4, 4), train=False, eps=0.1)
    yield case("evaluation mode, three examples", uneven(rng, 3, 2), train=False, momentum=0.4)
    yield case("training, one feature", uneven(rng, 5, 1), eps=0.2, momentum=0.25)
    constant = uneven(rng, 4, 3)
    constant[:, rng.integers(3)] = 0.75
    yield case("training, a feature that never changes", constant)
    yield case("evaluation mode, one example", uneven(rng, 1, 4), train=False)
    hardly = both_signs(rng, 3), 1e-5 * rng.uniform(0.5, 2, 3)
    given = uneven(rng, 4, 3), scales(rng, 3), both_signs(rng, 3), hardly
    yield Case("evaluation mode, variances as small as eps", given, {"train": False})
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


@BATCHNORM_FORWARD.misconception("per example instead of per unit")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """Each of your rows is normalised by itself: an example does not notice the others.
    Batch norm compares a unit with itself over the batch, so it has one mean per *feature*.
    Which axis of x counts the examples, and along which did you average?
    """
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return _batchnorm(x, gamma, beta, running, train, momentum, eps, mean=mean, var=var)


@BATCHNORM_FORWARD.misconception("the mean along the other axis")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """You average along each row, and then subtract the mean of example j from feature j:
    a vector of N numbers is broadcast along the rows.
    Batch norm compares a unit with itself over the batch. How many means are there
    then, and which axis of x counts the examples?
    """
    mean, var = x.mean(axis=1), x.var(axis=1)
    return _batchnorm(x, gamma, beta, running, train, momentum, eps, mean=mean, var=var)


@BATCHNORM_FORWARD.misconception("the batch variance divided by one less")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """Your batch variance is too large by the factor N / (N - 1).
    That is the estimate of statistics (`ddof=1`). Batch norm takes the plain mean of
    the squared distances. By which number does it divide their sum?
    """
    var = x.var(axis=0) * len(x) / max(len(x) - 1, 1)
    return _batchnorm(x, gamma, beta, running, train, momentum, eps, var=var)


@BATCHNORM_FORWARD.misconception("eps outside the square root")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """For a feature that never changes your std is eps.
    Take a variance of 1e-6 and eps = 1e-5. How much does eps add to std in your formula, and how
    much if it belongs to the variance?
    """

    def std(var):
        return np.sqrt(var) + eps

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, std=std)


@BATCHNORM_FORWARD.misconception("no eps")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """A feature that never changes makes you divide zero by zero.
    One slide prints the formula like that. What keeps the divisor
    away from 0 where the variance is 0?
    """
    return _batchnorm(x, gamma, beta, running, train, momentum, eps, std=np.sqrt)


@BATCHNORM_FORWARD.misconception("divided by the variance")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """Your outputs do not have standard deviation gamma: you divide by the variance.
    If x is in metres, x_hat must be a plain number. What has to be done to the variance
    before you divide by it?
    """

    def std(var):
        return var + eps

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, std=std)


@BATCHNORM_FORWARD.misconception("momentum the other way round", convention=True)
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """`out` is right; your running statistics forget the past after one or two batches.
    You give the weight `momentum` to the old value. Keras does so and passes 0.99.
    Whose weight is `momentum` here, where 0.1 is the default?
    """

    def following(old, new):
        return momentum * old + (1 - momentum) * new

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, next=following)


@BATCHNORM_FORWARD.misconception("the unbiased variance collected", convention=True)
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """`out` is right; your running variance is a little too large.
    You collect the variance divided by N - 1. PyTorch and the paper do that as well.
    Which of the two variances was this batch itself divided by?
    """

    def unbiased(var):
        return var * len(x) / max(len(x) - 1, 1)

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, collected=unbiased)


@BATCHNORM_FORWARD.misconception("nothing collected in training")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """`out` is right, but training leaves the running statistics as they were.
    Then evaluation mode would use zeros and ones for ever.
    What should each training batch do with them?
    """
    out, cache, _ = batchnorm_forward(x, gamma, beta, running, train=train, eps=eps)
    return out, cache, running


@BATCHNORM_FORWARD.misconception("collected at test time too")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """Your running statistics also change when `train` is False.
    Then the test data leak into the network, and the same example is answered
    differently later. When may the statistics change?
    """
    out, cache, _ = batchnorm_forward(x, gamma, beta, running, train=train, eps=eps)
    _, _, running_next = batchnorm_forward(x, gamma, beta, running, momentum=momentum, eps=eps)
    return out, cache, running_next


@BATCHNORM_FORWARD.misconception("batch statistics at test time")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """In evaluation mode your output still depends on the other examples of the batch.
    A single example would always get the answer beta.
    Which mean and variance should be used when `train` is False?
    """
    return _batchnorm(x, gamma, beta, running, train, momentum, eps, of_batch=True)


@BATCHNORM_FORWARD.misconception("running statistics in training")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """In training your output is not normalised: it uses what was collected earlier.
    The network changes with each step, and only this batch knows where it is now.
    Which statistics does training take?
    """
    out, cache, _ = batchnorm_forward(x, gamma, beta, running, train=False, eps=eps)
    _, _, running_next = batchnorm_forward(x, gamma, beta, running, train=train, momentum=momentum)
    return out, (*cache[:3], train), running_next


@BATCHNORM_FORWARD.misconception("the updated running statistics")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """In training you first update the running statistics and then normalise with them.
    So the outputs of a training batch have neither mean beta nor standard deviation gamma.
    What is the running average for: this batch, or the time after training?
    """
    running_next = batchnorm_forward(x, gamma, beta, running, train=train, momentum=momentum)[2]
    out, cache, _ = batchnorm_forward(x, gamma, beta, running_next, train=False, eps=eps)
    return out, (*cache[:3], train), running_next


@BATCHNORM_FORWARD.misconception("the standard deviation collected")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """`out` is right, the running mean too. Your running variance mixes variances with
    standard deviations: you collect sqrt(var + eps).
    What will be done with the collected number in evaluation mode?
    """

    def root(var):
        return np.sqrt(var + eps)

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, collected=root)


@BATCHNORM_FORWARD.misconception("an eps of its own")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """Your answers do not change when another eps is asked for.
    It looks as if a fixed number stood in your code. Where does eps come in as an argument?
    """
    return _batchnorm(x, gamma, beta, running, train, momentum, 1e-5)


@BATCHNORM_FORWARD.misconception("eps collected with the variance")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """`out` is right, the running mean too. Your running variance is too large by a share of eps.
    In evaluation mode, how often would eps then be added to the variance of a feature?
    """

    def with_eps(var):
        return var + eps

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, collected=with_eps)


@BATCHNORM_FORWARD.misconception("only the newest batch")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """Your running statistics are those of the newest batch alone.
    An average needs the old value as well. How do the two weights look, and what is
    their sum?
    """

    def newest(old, new):
        return new

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, next=newest)


@BATCHNORM_FORWARD.misconception("no scale and shift")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """The cache is right; your output ignores gamma and beta.
    What should happen to x_hat when gamma is 3 and beta is 1?
    """

    def as_it_is(x_hat):
        return x_hat.copy()

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, out=as_it_is)


@BATCHNORM_FORWARD.misconception("the variance in the cache")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """Output and running statistics are right. The third part of your cache is the square
    of what the backward pass expects. What would it divide by with yours?
    """

    def cache(x_hat, std):
        return x_hat, gamma, std**2, train

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, cache=cache)


@BATCHNORM_FORWARD.misconception("the inverse of std collected")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """`out` is right, the running mean too. In place of variances you collect 1 / std, the number
    that x was multiplied by.
    What will evaluation mode take the collected number for?
    """

    def inverse(var):
        return 1 / np.sqrt(var + eps)

    return _batchnorm(x, gamma, beta, running, train, momentum, eps, collected=inverse)


@BATCHNORM_FORWARD.misconception("the standard deviation taken for the variance")
def _(x, gamma, beta, running, *, train=True, momentum=0.1, eps=1e-5):
    """In training you take the square root twice: what you call the variance of a feature is
    already its standard deviation, and that is also what you collect.
    If x is in metres, in which unit is what you divide by?
    """
    return _batchnorm(x, gamma, beta, running, train, momentum, eps, var=x.std(axis=0))


BATCH_OF_ONE = Question(
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
            "What is the mean of one number, and what happens to it?",
        ),
        Choice(
            "the same as at test time",
            "Evaluation mode uses what was collected. What does training use?",
        ),
    ),
    why=r"$x - \mu_B = 0$, so $\hat x = 0$ and $y = \beta$. Batch norm cannot be trained with "
    r"batches of one, and with batches of two it is very noisy.",
)
