"""Lecture 07: gradient descent, momentum, Nesterov, and the methods with a rate for each weight."""

from . import adadelta, adagrad, adam, critical_points, momentum, nesterov, rmsprop, sgd

SECTIONS = (sgd, critical_points, momentum, nesterov, adagrad, rmsprop, adadelta, adam)

# Functions of utils that give an answer of this lecture away.
WITHHOLD = (
    "optimizers.batch_gradient",
    "optimizers.gd",
    "optimizers.momentum_mean_step",
    "optimizers.adaptive_denominator",
    "optimizers.effective_lr",
    "optimizers.ema_square",
)
