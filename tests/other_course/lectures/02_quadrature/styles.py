"""Lecture 02, solved in other ways. All of them are right."""

import numpy as np


def trapezoid_pairs(y, h):
    return h / 2 * (y[:-1] + y[1:]).sum(axis=0)


def trapezoid_numpy(y, h):
    return np.trapezoid(y, dx=h, axis=0)


def simpson_of_trapezoids(y, h):
    if len(y) % 2 != 1:
        raise ValueError("parabolas need an odd number of values")
    fine = h / 2 * (y[:-1] + y[1:]).sum(axis=0)
    coarse = h * (y[:-1:2] + y[2::2]).sum(axis=0)
    return (4 * fine - coarse) / 3


class Points:
    """Keeps every point."""

    def __init__(self):
        self.xs, self.ys = [], []
        self.total = 0.0

    def add(self, x, y):
        self.xs.append(x)
        self.ys.append(y)
        self.total = float(np.trapezoid(self.ys, self.xs))
        return self.total


STYLES = {
    "quadrature.rules.trapezoid": (trapezoid_pairs, trapezoid_numpy),
    "quadrature.rules.simpson": (simpson_of_trapezoids,),
    "quadrature.running.RunningArea": (Points,),
}
