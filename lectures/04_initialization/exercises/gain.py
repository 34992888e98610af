"""One number for each activation: the gain."""

import numpy as np

from grader import Case, Exercise, Tolerance
from utils.activations import act, act_grad, normal_moments

ACTIVATION_GAIN = Exercise(
    "initialization.activation_gain",
    points=2,
    minutes=5,
    returns=("gain",),
    parents=("initialization.he_normal",),
    tolerance=Tolerance(rtol=5e-4, atol=0.0),
    float32=False,
    hints=(
        "Which mean square does the activation make of a z from N(0, std²)? The next layer "
        "multiplies it by n Var(w): what has to come out?",
        "z is std times u. `normal_moments(lambda u: act(activation, std * u))` gives mean and "
        "standard deviation of h; put them together to its mean square.",
        "n Var(w) is g², so g² (mean² + standard deviation²) = std². Solve for g.",
    ),
)


@ACTIVATION_GAIN.cases
def _(rng: np.random.Generator):
    yield Case("ReLU", ("relu",))
    yield Case("tanh", ("tanh",))
    yield Case("sigmoid", ("sigmoid",))
    yield Case("ELU", ("elu",))
    yield Case("tanh, small pre-activations", ("tanh",), {"std": float(rng.uniform(0.1, 0.4))})
    yield Case("ELU, large pre-activations", ("elu",), {"std": float(rng.uniform(2, 3))})
    yield Case("leaky ReLU, any size", ("leaky_relu",), {"std": float(rng.uniform(2, 3))})
    yield Case("sigmoid, large pre-activations", ("sigmoid",), {"std": float(rng.uniform(2, 3))})


def _moments(activation, std, function=act):
    return normal_moments(lambda u: function(activation, std * u))


def _rms(activation, std, function=act):
    return float(np.hypot(*_moments(activation, std, function)))


@ACTIVATION_GAIN.misconception("the mean is subtracted")
def _(activation, *, std=1.0):
    """With tanh you are right; where the mean of the outputs is not zero your gain is too large.
    You make up for the variance that is left. The next layer multiplies its inputs by
    weights with mean zero: is it their variance that counts there, or another moment?
    """
    return float(std / _moments(activation, std)[1])


@ACTIVATION_GAIN.misconception("the factor of the variance")
def _(activation, *, std=1.0):
    """Your number is the square of the gain.
    It is the factor for the variance of the weights. Which number multiplies the weights
    themselves?
    """
    return (std / _rms(activation, std)) ** 2


@ACTIVATION_GAIN.misconception("the share that is kept")
def _(activation, *, std=1.0):
    """Your gain is smaller where an activation takes more away.
    Such a layer would lose even more. What are the weights to do about what is lost?
    """
    return _rms(activation, std) / std


@ACTIVATION_GAIN.misconception("the slopes in place of the values")
def _(activation, *, std=1.0):
    """For ReLU and its leaky form you are right, for the others you are not.
    The mean square of the slopes tells what happens to a gradient in the backward pass.
    Here the forward pass is asked for: what goes into the next layer?
    """
    return 1 / _rms(activation, std, act_grad)


@ACTIVATION_GAIN.misconception("pre-activations of size 1 whatever is asked for")
def _(activation, *, std=1.0):
    """For pre-activations of standard deviation 1, and for ReLU, you are right.
    tanh takes more from large pre-activations than from small ones. Where does `std` enter?
    """
    return 1 / _rms(activation, 1.0)


@ACTIVATION_GAIN.misconception("the size that was there is forgotten")
def _(activation, *, std=1.0):
    """For pre-activations of standard deviation 1 you are right.
    Otherwise your gain makes them 1 in the next layer. Which size were they to keep?
    """
    return 1 / _rms(activation, std)
