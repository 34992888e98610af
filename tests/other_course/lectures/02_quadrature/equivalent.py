"""Changes of the references that no case can tell apart, each with the reason why."""

EQUIVALENT: dict[str, dict[str, str]] = {
    "quadrature.rules.simpson": {
        "587bf02e0015": "y[2:-2:2] for y[2:-1:2]: of an odd number of values both take the same",
    },
}
