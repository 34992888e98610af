"""Lecture 10: dropout and its relatives, random in training and averaged at test time."""

from . import (
    common_pattern,
    dropconnect,
    dropout_backward,
    dropout_forward,
    dropout_mask,
    expected_output,
    fractional_pooling,
    geometric_mean,
    mask_ensemble,
    monte_carlo,
    ridge,
    robustness,
    sampled_output,
    stochastic_depth,
    vanilla_dropout,
)

SECTIONS = (
    dropout_mask,
    expected_output,
    sampled_output,
    vanilla_dropout,
    dropout_forward,
    dropout_backward,
    robustness,
    mask_ensemble,
    geometric_mean,
    monte_carlo,
    ridge,
    dropconnect,
    stochastic_depth,
    fractional_pooling,
    common_pattern,
)

# They would give an exercise away: the same thing for other arguments, or under another name.
WITHHOLD = (
    "autodiff.Node",
    "autodiff.operate",
    "dropout.dropconnect_forward",
    "dropout.dropout_apply",
    "dropout.vanilla_dropout_backward",
    "gradients.numerical_gradient",
)
