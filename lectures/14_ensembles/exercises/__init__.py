"""Lecture 14: when to stop, and averages of predictions, of snapshots and of weights."""

from . import basins, members, path, price, snapshots, stopping, sure, why

SECTIONS = (stopping, members, why, price, snapshots, path, basins, sure)

# The averages of a whole path are the steps of this lecture in a loop.
WITHHOLD = ("averaging.running_mean", "averaging.ema")
