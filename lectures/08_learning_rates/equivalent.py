"""Mutants that answer like the reference on every allowed input, each with the reason why."""

SCALE = "it scales all averages alike: the smallest stays where it is"

EQUIVALENT: dict[str, dict[str, str]] = {
    "noise.noisy_step": {"577821131f38": "the sign is squared"},
    "schedules.step_decay": {
        "06b43fa3cb06": "it is for the rounding of t / every: a check asks for none",
        "1f29fcac68f0": "it is for the rounding of t / every: a check asks for none",
    },
    "rates.suggest_rate": {
        "6442154df898": SCALE,
        "6f9d264a0ee3": SCALE,
        "11f196bdcaba": SCALE,
        "4d17557ad1f5": SCALE,
    },
}
