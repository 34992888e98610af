"""Lecture 08: how large the steps should be, and when they should shrink."""

from . import batches, comparison, decay, directions, first_rate, noise, open_end, warm_up

SECTIONS = (noise, directions, decay, comparison, first_rate, warm_up, open_end, batches)

# A best rate is what the second one sets, step by step; the third is the half wave with restarts.
WITHHOLD = ("noise.optimal_rates", "schedules.final_loss_vs_cut", "schedules.cosine_cycle")
