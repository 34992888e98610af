"""Lecture 04: how weights start, and what the start does to a deep network."""

from . import (
    deep_backward,
    deep_forward,
    equal_weights,
    first_steps,
    gain,
    he_normal,
    lsuv,
    orthogonal,
    output_layer,
    residual,
    uniform,
    xavier_normal,
)

SECTIONS = (
    equal_weights,
    deep_forward,
    deep_backward,
    xavier_normal,
    he_normal,
    gain,
    uniform,
    orthogonal,
    lsuv,
    output_layer,
    residual,
    first_steps,
)

# They would give an exercise away: the same rule with a uniform draw, or with another scale.
WITHHOLD = (
    "autodiff.Node",
    "autodiff.operate",
    "gradients.numerical_gradient",
    "initialization.he_uniform",
    "initialization.xavier_uniform",
    "networks.init_two_layer_model",
)
