"""Lecture 09: penalties, constraints, decay, softer targets, noise, and fits of smallest norm."""

from . import (
    constraints,
    decay,
    gap,
    hinge,
    interpolation,
    noise,
    penalties,
    scale_free,
    shrinkage,
    smoothing,
    sparsity,
    two_tasks,
)

SECTIONS = (
    gap,
    penalties,
    shrinkage,
    sparsity,
    constraints,
    hinge,
    decay,
    scale_free,
    smoothing,
    noise,
    interpolation,
    two_tasks,
)

# Each is half of an exercise.
WITHHOLD = (
    "autodiff.Node",
    "autodiff.operate",
    "gradients.numerical_gradient",
    "losses.l1_penalty",
    "losses.l2_penalty",
)
