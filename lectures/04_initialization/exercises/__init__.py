"""Lecture 04: how weights start, and what the start does to a deep network."""

from . import (
    deep_backward,
    deep_forward,
    equal_weights,
    he_normal,
    lsuv,
    orthogonal,
    small_normal,
    sparse,
    xavier_normal,
    xavier_uniform,
)

SECTIONS = (
    equal_weights,
    small_normal,
    deep_forward,
    deep_backward,
    xavier_normal,
    he_normal,
    xavier_uniform,
    orthogonal,
    sparse,
    lsuv,
)

# They would give an exercise away: a uniform draw is one of another spread, scaled.
WITHHOLD = ("initialization.he_uniform", "networks.init_two_layer_model")
