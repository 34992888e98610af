"""Lecture 00, solved in other ways. All of them are right."""

from collections.abc import Callable

import numpy as np


def fahrenheit_fraction(celsius):
    return celsius * 9 / 5 + 32


def fahrenheit_shifted(celsius):
    """Both scales agree at -40."""
    return (celsius + 40) * 1.8 - 40


def fahrenheit_loop(celsius):
    out = np.empty_like(celsius)
    for index, value in np.ndenumerate(celsius):
        out[index] = value + 0.8 * value + 32
    return out


def fahrenheit_polynomial(celsius):
    return np.polyval([1.8, 32], celsius).astype(celsius.dtype)


def fahrenheit_interpolated(celsius):
    ice, steam = 32.0, 212.0
    share = celsius / 100
    return share * steam + (1 - share) * ice


STYLES: dict[str, tuple[Callable, ...]] = {
    "warmup.fahrenheit": (
        fahrenheit_fraction,
        fahrenheit_shifted,
        fahrenheit_loop,
        fahrenheit_polynomial,
        fahrenheit_interpolated,
    ),
}
