"""Lecture 07: gradient descent, momentum and why it works, and a learning rate for each weight."""

from . import adagrad, adam, momentum, nesterov, practice, rmsprop, sgd, stability

SECTIONS = (sgd, momentum, stability, nesterov, adagrad, rmsprop, adam, practice)

# Functions of utils that give an answer of this lecture away.
WITHHOLD = (
    "optimizers.batch_gradient",
    "optimizers.gd",
    "optimizers.gradient_noise",
    "optimizers.momentum_mean_step",
    "optimizers.momentum_sum_step",
    "optimizers.rmsprop_nesterov_step",
    "optimizers.adadelta_step",
    "optimizers.adaptive_denominator",
    "optimizers.effective_lr",
    "optimizers.ema_square",
    "gradients.numerical_gradient",
    "autodiff.Node",
    "autodiff.operate",
)
