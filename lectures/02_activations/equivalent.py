"""Mutants that answer like the reference on every allowed input, each with the reason why."""

EQUIVALENT: dict[str, dict[str, str]] = {
    "activations.sigmoid_forward": {
        "19695e788a5c": "x > 0 for x >= 0: at x = 0 both branches give 1/2",
    },
    "activations.elu_forward": {
        "bd67da1d3554": "x >= 0 for x > 0: at x = 0 both branches give 0",
        "16fa9413c305": "minimum(1, x) for minimum(0, x): only used where x <= 0, where both are x",
    },
}
