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


def gradients_loop(x, y, w, b):
    n = len(x)
    error, dout, dw, db = np.zeros(n), np.zeros(n), 0.0, 0.0
    for i in range(n):
        error[i] = w * x[i] + b - y[i]
        dout[i] = error[i] * 2 / n
        dw += dout[i] * x[i]
        db += dout[i]
    return {"error": error, "dout": dout, "dw": dw, "db": db}


def gradients_means(x, y, w, b):
    error = x * w - (y - b)
    return {
        "db": 2 * error.mean(),
        "dw": 2 * np.mean(error * x),
        "dout": 2 / x.size * error,
        "error": error,
    }


def gradients_matrix(x, y, w, b):
    design = np.stack([x, np.ones_like(x)], axis=1)
    error = design @ np.array([w, b]) - y
    dout = (error + error) / error.size
    dw, db = design.T @ dout
    return {"error": error, "dout": dout, "dw": float(dw), "db": float(db)}


STYLES: dict[str, tuple[Callable, ...]] = {
    "warmup.fahrenheit": (
        fahrenheit_fraction,
        fahrenheit_shifted,
        fahrenheit_loop,
        fahrenheit_polynomial,
        fahrenheit_interpolated,
    ),
    "warmup.neuron_gradients": (gradients_loop, gradients_means, gradients_matrix),
}
