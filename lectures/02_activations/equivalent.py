"""Mutants that answer like the reference on every allowed input, each with the reason why."""

EQUIVALENT: dict[str, dict[str, str]] = {
    "activations.sigmoid_forward": {
        "19695e788a5c": "x > 0 for x >= 0: at x = 0 both branches give 1/2",
    },
}
