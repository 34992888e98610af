"""Lecture 03: what units, origin and axes of the data do to training, and how data leak."""

from . import (
    bowl,
    classes,
    flips,
    images,
    leaks,
    moments,
    principal_axes,
    repair,
    scaler,
    units,
    whitening,
)

SECTIONS = (
    units,
    bowl,
    flips,
    scaler,
    moments,
    principal_axes,
    whitening,
    images,
    leaks,
    repair,
    classes,
)

# The same computations under other names.
WITHHOLD = (
    "augmentation.fit_color_pca",
    "normalization.cov",
    "normalization.decorrelated_batchnorm",
    "preprocessing.whiten",
    "preprocessing.zca",
)
