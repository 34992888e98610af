"""From one scale to another."""

import numpy as np


def fahrenheit(celsius: np.ndarray) -> np.ndarray:
    """The same temperatures in degrees Fahrenheit.

    Water freezes at 32 °F and boils at 212 °F.

    Args:
        celsius: temperatures in degrees Celsius, of any shape.
    """
    return 1.8 * celsius + 32
