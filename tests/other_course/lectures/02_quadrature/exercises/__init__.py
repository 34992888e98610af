"""Lecture 02: the area under a curve."""

from . import rules, running

SECTIONS = (rules, running)

# Not an exercise, but it answers two of them: absent while this is graded.
WITHHOLD = ("quadrature.rules.best",)
