"""Lecture 11: what may change about an image, and the networks that ImageNet was won with."""

from . import (
    colours,
    crops,
    depth,
    flips,
    invariance,
    light,
    mixing,
    shapes,
    split,
    views,
    warps,
    work,
)

SECTIONS = (
    flips,
    crops,
    light,
    colours,
    warps,
    split,
    mixing,
    invariance,
    views,
    shapes,
    work,
    depth,
)

# The same computation for other arguments.
WITHHOLD = ("architectures.receptive_field",)
