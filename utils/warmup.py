"""The warm-up of the first notebook: a neuron that hangs on many a wall."""

from typing import Any

import numpy as np
from jaxtyping import Float

from utils._signatures import enforce


def fahrenheit(celsius: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Temperature in degrees Fahrenheit: out = 1.8 * celsius + 32.

    Args:
        celsius: temperatures in degrees Celsius, any shape.

    Returns:
        out: the same temperatures in degrees Fahrenheit, shape and dtype of
        ``celsius``.

    A weight times an input, plus a bias: this is a neuron with one input.

    Source: syllabus NEU-01.
    """
    return 1.8 * celsius + 32


def neuron_gradients(
    x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], w: float, b: float
) -> dict[str, Any]:
    """How the loss of a neuron changes with its weight and its bias, in three steps.

    The neuron computes ``w * x + b``. Its loss over n readings is the mean of the squared
    differences from ``y``.

    Args:
        x: inputs, shape (n,).
        y: what should have come out, shape (n,).
        w, b: weight and bias.

    Returns:
        gradients: a dict with

        - ``"error"``: prediction minus target, one for each reading, shape (n,);
        - ``"dout"``: the derivative of the loss by each prediction, shape (n,);
        - ``"dw"`` and ``"db"``: the derivatives of the loss by ``w`` and by ``b``, two numbers.

    Solution:
        The loss is mean(error ** 2). One prediction changes one of the n squares, so
        dout = 2 * error / n. A prediction moves by x when w grows by one, and by 1 when b does,
        and all of them count: dw = sum(dout * x), db = sum(dout).

    Source: the chain rule; syllabus NEU-01, BPG-01.
    """
    error = w * x + b - y
    dout = 2 * error / len(x)
    return {"error": error, "dout": dout, "dw": float((dout * x).sum()), "db": float(dout.sum())}


enforce(__name__)
