"""Lecture 05: batch normalisation, its backward pass, what it does, and its relatives."""

from . import (
    batch_stats,
    batchnorm_backward,
    batchnorm_forward,
    batchnorm_gradients,
    folding,
    in_the_network,
    layernorm,
    moving_target,
    relatives,
    scale_invariance,
    weightnorm,
)

SECTIONS = (
    moving_target,
    batch_stats,
    batchnorm_forward,
    folding,
    batchnorm_gradients,
    batchnorm_backward,
    scale_invariance,
    in_the_network,
    layernorm,
    relatives,
    weightnorm,
)

# The same computations along other axes, and the blocks that contain them.
WITHHOLD = (
    "autodiff.Node",
    "autodiff.operate",
    "gradients.numerical_gradient",
    "normalization.groupnorm_backward",
    "normalization.groupnorm_forward",
    "normalization.instancenorm_backward",
    "normalization.instancenorm_forward",
    "normalization.layernorm_forward",
)
