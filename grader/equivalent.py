"""Mutants that answer like the reference on every allowed input, each with the reason why.

A mutant is known by its fingerprint (``python -m grader audit`` prints it). When the reference
changes, so do the fingerprints, and the reasons have to be thought through again.
"""

EQUIVALENT: dict[str, dict[str, str]] = {
    "activations.sigmoid_forward": {
        "aec5078d28cc": "x > 0 for x >= 0: at x = 0 both branches give 1/2",
    },
    "activations.elu_forward": {
        "697d21175b71": "x >= 0 for x > 0: at x = 0 both branches give 0",
        "e2dc7b620506": "minimum(1, x) for minimum(0, x): only used where x <= 0, where both are x",
    },
}
