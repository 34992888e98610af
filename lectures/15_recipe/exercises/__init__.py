"""Lecture 15: the whole recipe, on data that nobody has prepared."""

from . import ablation, baselines, entry, gates, look, preparation, scripts

SECTIONS = (look, preparation, baselines, gates, scripts, ablation, entry)

# A submission that could draw recordings with their labels would not need a recipe.
WITHHOLD = ("calls.draw_calls", "calls.make_calls")
