"""Lecture 05: batch normalisation, its backward pass, and its relatives."""

from . import (
    batch_stats,
    batchnorm_backward,
    batchnorm_forward,
    covariance,
    decorrelated_batchnorm,
    in_the_network,
    instancenorm_groupnorm,
    layernorm,
    moving_target,
    spatial_batchnorm,
    weightnorm,
)

SECTIONS = (
    moving_target,
    covariance,
    batch_stats,
    batchnorm_forward,
    batchnorm_backward,
    in_the_network,
    spatial_batchnorm,
    layernorm,
    instancenorm_groupnorm,
    decorrelated_batchnorm,
    weightnorm,
)

# Covariance and whitening as another lecture teaches them: the same computations under other names.
WITHHOLD = (
    "preprocessing.fit_whitener",
    "preprocessing.second_moment",
    "preprocessing.whiten",
    "preprocessing.zca",
)
