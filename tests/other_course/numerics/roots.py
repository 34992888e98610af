"""Where a function is zero."""

from collections.abc import Callable

import numpy as np


def horner(coefficients: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The values of a polynomial, with one multiplication and one addition per coefficient.

    p(x) = c[0] + c[1] x + c[2] x^2 + ... = c[0] + x (c[1] + x (c[2] + ...))

    Args:
        coefficients: c, of shape (n,), the constant first; n is at least 1.
        x: where to evaluate, any shape.

    Returns:
        out: p(x), of the shape of ``x``.
    """
    out = np.zeros_like(x)
    for c in coefficients[::-1]:
        out = c + x * out
    return out


def bisect(f: Callable[[float], float], a: float, b: float, *, steps: int) -> float:
    """A zero of a continuous function, by halving an interval at whose ends its signs differ.

    Each step looks at the middle and keeps the half in which the sign changes.

    Args:
        f: the function; f(a) and f(b) have different signs.
        a, b: the interval, a < b.
        steps: how often to halve it.

    Returns:
        out: the middle of the last interval.
    """
    left_is_negative = f(a) < 0
    for _ in range(steps):
        middle = (a + b) / 2
        if (f(middle) < 0) == left_is_negative:
            a = middle
        else:
            b = middle
    return (a + b) / 2
