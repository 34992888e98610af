"""The warm-up of the first notebook: a neuron that hangs on many a wall."""

import numpy as np
from jaxtyping import Float


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
