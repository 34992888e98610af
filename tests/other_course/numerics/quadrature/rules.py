"""Rules for values at equal distances."""

import numpy as np


def trapezoid(y: np.ndarray, h: float) -> np.ndarray:
    """The area under straight lines from value to value.

    h (y[0]/2 + y[1] + ... + y[n-1] + y[n]/2)

    Args:
        y: the values, of shape (n + 1,) or (n + 1, curves).
        h: the distance from one to the next.

    Returns:
        out: the area; of shape (curves,) for several curves.
    """
    return h * (y.sum(axis=0) - (y[0] + y[-1]) / 2)


def simpson(y: np.ndarray, h: float) -> np.ndarray:
    """The area under parabolas, each through three values.

    h/3 (y[0] + 4 y[1] + 2 y[2] + 4 y[3] + ... + 4 y[n-1] + y[n])

    Args:
        y: the values, of shape (n + 1,) or (n + 1, curves); n is even.
        h: the distance from one to the next.

    Returns:
        out: the area; of shape (curves,) for several curves.

    Raises:
        ValueError: the number of values is even.
    """
    if len(y) % 2 == 0:
        raise ValueError(f"y has {len(y)} values, expected an odd number")
    return h / 3 * (y[0] + 4 * y[1:-1:2].sum(axis=0) + 2 * y[2:-1:2].sum(axis=0) + y[-1])


def best(y: np.ndarray, h: float) -> np.ndarray:
    """Simpson's rule where the number of values allows it, else the trapezoid rule.

    Args:
        y: the values, of shape (n + 1,) or (n + 1, curves).
        h: the distance from one to the next.

    Returns:
        out: the area; of shape (curves,) for several curves.
    """
    return simpson(y, h) if len(y) % 2 else trapezoid(y, h)
