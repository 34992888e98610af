"""Lecture 01, solved in other ways. All of them are right."""

from collections.abc import Callable

import numpy as np


def horner_powers(coefficients, x):
    return sum(c * x**k for k, c in enumerate(coefficients))


def horner_polyval(coefficients, x):
    return np.polyval(coefficients[::-1], x)


def bisect_by_product(f, a, b, *, steps):
    while steps > 0:
        m = 0.5 * (a + b)
        a, b = (a, m) if f(a) * f(m) <= 0 else (m, b)
        steps -= 1
    return 0.5 * (a + b)


STYLES: dict[str, tuple[Callable, ...]] = {
    "roots.horner": (horner_powers, horner_polyval),
    "roots.bisect": (bisect_by_product,),
}
