"""Lecture 01, solved in other ways. A check must accept every one of them."""

import numpy as np


def weighted_mean_loop(values, weights):
    total = 0.0
    for value, weight in zip(values, weights, strict=True):
        total += float(value) * float(weight)
    return total / float(sum(weights))


def weighted_mean_numpy(values, weights):
    return np.average(values, weights=weights)


STYLES = {"averages.weighted_mean": (weighted_mean_loop, weighted_mean_numpy)}
