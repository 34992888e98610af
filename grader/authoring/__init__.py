"""Builds notebooks and pages from the lectures' scripts."""

# The tag of a text that speaks of solutions: a hand-out without answers has it not.
SOLUTIONS = "solutions"
