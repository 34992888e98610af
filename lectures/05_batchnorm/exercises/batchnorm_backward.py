"""The backward pass of batch norm in one line, and what it projects out."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question
from utils.normalization import batchnorm_backward, batchnorm_forward

from .shared import both_signs, collected, scales, uneven

BATCHNORM_BACKWARD = Exercise(
    "normalization.batchnorm_backward",
    points=4,
    minutes=6,
    returns=("dx", "dgamma", "dbeta"),
    parents=("normalization.batchnorm_gradients",),
    hints=(
        "Put the nodes of your graph into each other, from std to x. In evaluation mode the edges "
        "through mean and var do not exist.",
        "centered is std times x_hat: put that in, and the factors of std cancel. The last step "
        "subtracts a mean over the batch, and the mean of x_hat is 0.",
        "In training dx = gamma / std * (dout - mean(dout) - x_hat * mean(dout * x_hat)); in "
        "evaluation mode the two means are missing.",
    ),
)


@BATCHNORM_BACKWARD.cases
def _(rng: np.random.Generator):
    def case(name, n, d, **options):
        arguments = (uneven(rng, n, d), scales(rng, d), both_signs(rng, d), collected(rng, d))
        cache = batchnorm_forward(*arguments, **options)[1]
        dout = uneven(rng, n, d) + both_signs(rng, d)
        _, gamma, std, _ = cache  # of one example dx is 0: terms of this size cancel
        return Case(name, (dout, cache), scale={"dx": float(np.abs(gamma / std * dout).max())})

    yield case("training, four examples, four features", 4, 4)
    yield case("training, six examples, three features", 6, 3)
    yield case("training, one feature", 5, 1, eps=0.1)
    yield case("evaluation mode", 4, 4, train=False)
    yield case("evaluation mode, three examples", 3, 2, train=False)
    yield case("training, one example", 1, 3)


def _bn_back(dout, cache):
    """The parts of the right answer."""
    x_hat, gamma, std, train = cache
    return x_hat, gamma, std, train, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@BATCHNORM_BACKWARD.misconception("mean and variance taken for constants")
def _(dout, cache):
    """In evaluation mode your dx is right. In training you treat mean and standard deviation as
    fixed numbers: that is the mistake of the runaway bias.
    Along which edges does an x reach the outputs of the *other* examples?
    """
    _, gamma, std, _, dgamma, dbeta = _bn_back(dout, cache)
    return gamma / std * dout, dgamma, dbeta


@BATCHNORM_BACKWARD.misconception("the mean does not depend on x")
def _(dout, cache):
    """Your dx does not add up to 0 over the batch.
    Shifting all examples together changes nothing, so the gradient must not ask for it.
    Which edge of the graph is missing?
    """
    x_hat, gamma, std, train, dgamma, dbeta = _bn_back(dout, cache)
    rest = x_hat * (dgamma / len(dout)) if train else 0
    return gamma / std * (dout - rest), dgamma, dbeta


@BATCHNORM_BACKWARD.misconception("the variance does not depend on x")
def _(dout, cache):
    """Your dx adds up to 0, but it still has a part along x_hat.
    Stretching the whole batch changes nothing, so the gradient must not ask for it.
    Which edge of the graph is missing?
    """
    _, gamma, std, train, dgamma, dbeta = _bn_back(dout, cache)
    return gamma / std * (dout - (dbeta / len(dout) if train else 0)), dgamma, dbeta


@BATCHNORM_BACKWARD.misconception("evaluation mode treated like training")
def _(dout, cache):
    """In training you are right. In evaluation mode mean and standard deviation are fixed numbers.
    Which edges of the graph exist then? The cache tells you the mode.
    """
    x_hat, gamma, std, _, dgamma, dbeta = _bn_back(dout, cache)
    n = len(dout)
    return gamma / std * (dout - dbeta / n - x_hat * dgamma / n), dgamma, dbeta


@BATCHNORM_BACKWARD.misconception("sums instead of means")
def _(dout, cache):
    """What you subtract from dout in dx grows with the size of the batch.
    One example adds only its share to the mean. How large is the share of one in N?
    """
    x_hat, gamma, std, train, dgamma, dbeta = _bn_back(dout, cache)
    rest = dbeta + x_hat * dgamma if train else 0
    return gamma / std * (dout - rest), dgamma, dbeta


@BATCHNORM_BACKWARD.misconception("gamma is missing in dx")
def _(dout, cache):
    """In each column your dx is off by one factor.
    The backward pass begins at the output. What lies between the output and x_hat?
    """
    _, gamma, _, _, _, _ = _bn_back(dout, cache)
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx / gamma, dgamma, dbeta


@BATCHNORM_BACKWARD.misconception("std is missing in dx")
def _(dout, cache):
    """In each column your dx is off by one factor.
    In the forward pass x was divided by something. What is the derivative of that step?
    """
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx * cache[2], dgamma, dbeta


@BATCHNORM_BACKWARD.misconception("dgamma with x instead of x_hat")
def _(dout, cache):
    """dx and dbeta are right. Your dgamma contains an extra factor of std.
    You multiply dout with the centred input. What was gamma multiplied with in the forward
    pass?
    """
    x_hat, _, std, _ = cache
    dx, _, dbeta = batchnorm_backward(dout, cache)
    return dx, (dout * x_hat * std).sum(axis=0), dbeta


@BATCHNORM_BACKWARD.misconception("gamma counted in dgamma and dbeta")
def _(dout, cache):
    """dx is right. dgamma and dbeta contain an extra factor of gamma.
    At which of the two ends of gamma * x_hat + beta do these two receive their gradient?
    """
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx, cache[1] * dgamma, cache[1] * dbeta


@BATCHNORM_BACKWARD.misconception("means for dgamma and dbeta")
def _(dout, cache):
    """dgamma and dbeta are too small by the size of the batch.
    One gamma serves all examples of its column. What does the chain rule do with the
    gradients of several uses of one number?
    """
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx, dgamma / len(dout), dbeta / len(dout)


@BATCHNORM_BACKWARD.misconception("dgamma and dbeta exchanged")
def _(dout, cache):
    """Your second and third output stand in each other's place.
    In which order does the forward pass take gamma and beta?
    """
    dx, dgamma, dbeta = batchnorm_backward(dout, cache)
    return dx, dbeta, dgamma


@BATCHNORM_BACKWARD.misconception("means over the features")
def _(dout, cache):
    """The means in your dx run along each row.
    The mean of the forward pass ran over the examples of one feature. Over what must
    the backward pass collect?
    """
    x_hat, gamma, std, train = cache
    mean_d = dout.mean(axis=1, keepdims=True)
    mean_dx = (dout * x_hat).mean(axis=1, keepdims=True)
    rest = mean_d + x_hat * mean_dx if train else 0
    return gamma / std * (dout - rest), (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@BATCHNORM_BACKWARD.misconception("divided by the number of features")
def _(dout, cache):
    """With as many features as examples you are right, otherwise what you subtract from dout in
    dx has the wrong size.
    The forward pass took its means over a column. How many numbers are in one?
    """
    x_hat, gamma, std, train, dgamma, dbeta = _bn_back(dout, cache)
    d = dout.shape[1]
    rest = (dbeta + x_hat * dgamma) / d if train else 0
    return gamma / std * (dout - rest), dgamma, dbeta


BIAS_BEFORE_BN = Question(
    "normalization.bias_before_bn",
    r"A layer computes $z = xW + b$, and batch norm follows at once. A batch of 32 gives some "
    r"$\partial L / \partial y$. What is $\partial L / \partial b$?",
    number=Number(
        0.0,
        abs_tol=1e-9,
        misreadings={
            1.0: "That was the naive answer: the slope of z in b. What "
            "does the mean do when b grows?",
            32.0: "32 examples, each with slope 1? What does the mean do when b adds 1 to "
            "all of them?",
        },
    ),
    why=r"$b$ shifts the whole column, and the mean takes the shift away. $\partial L/\partial "
    r"b$ is the sum of $dx$ over the batch, which is 0. So a layer before batch norm needs no "
    r"bias: $\beta$ does its work.",
)


WHY_GAMMA_BACK = Question(
    "normalization.why_gamma_back",
    r"Normalising was the goal. Then $\gamma$ and $\beta$ give each unit any mean and any "
    r"standard deviation again. What has been gained?",
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
)
