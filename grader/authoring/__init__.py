"""Builds notebooks and pages from the lectures' scripts."""
