"""Lecture 13: searching hyperparameters, and believing the results."""

from . import budget, noise, pairs, refining, report, scale, stopping, strategy

SECTIONS = (scale, strategy, refining, stopping, noise, pairs, budget, report)

# It evaluates a grid as the exercise evaluates random trials.
WITHHOLD = ("hyperparameters.grid_search",)
