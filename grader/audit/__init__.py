"""Measures how good the checks are."""
