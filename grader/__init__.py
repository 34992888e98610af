"""The checker of Deep Training Lab: ``from grader import check, hint, progress``."""

from grader.notebook import check, hint, progress

__all__ = ["check", "hint", "progress"]
