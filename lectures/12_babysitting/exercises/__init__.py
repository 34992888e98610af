"""Lecture 12: sanity checks before the training, verdicts on its curves, the size of a step."""

from . import (
    accuracy_gap,
    broken_scripts,
    initial_loss,
    loss_curve,
    lr_range,
    overfit_tiny,
    rate_too_high,
    rate_too_low,
    regularized_loss,
    two_layer_model,
    update_ratio,
)

SECTIONS = (
    two_layer_model,
    initial_loss,
    regularized_loss,
    overfit_tiny,
    rate_too_low,
    rate_too_high,
    lr_range,
    loss_curve,
    accuracy_gap,
    update_ratio,
    broken_scripts,
)

# Functions of utils that give an answer of this lecture away.
WITHHOLD = ("losses.softmax_loss", "training.accuracy", "training.evaluate")
