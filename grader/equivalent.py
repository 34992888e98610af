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
    "initialization.n_distinct_units": {
        "393ac2341f60": "the largest weight of no weights at all: a layer without units has none",
        "4f19c2a622b0": "the distances to no column: a layer without inputs has no weights",
        "62a97ef65363": "column - seen for seen - column: the sign goes in the absolute value",
        "198e1f87fe14": "shape[-1] for shape[1] of a matrix",
    },
    "initialization.backward_growth": {
        "fbf4f6e3c5a5": "shape[-1] for shape[1] of a matrix",
    },
    "initialization.orthogonal": {
        "f449536ac5f5": "max is symmetric",
        "3638c1276d7e": "min is symmetric",
        "641b697bee84": "dividing by a sign is multiplying by it",
        "9139f5c93a3c": "-Q instead of Q: as likely",
        "9ac3f494c16d": "<= for <: a zero on R's diagonal has probability zero",
        "8c7ff8f3f4c5": ">= for <: -Q instead of Q, as likely",
        "bb0b2ab16751": "> for >=: a square Q turned is as likely",
    },
    "initialization.lsuv": {
        "2f439c63061f": "the number of the layer stands in the message of the error only",
        "5d7b0f3e5ff9": "the same",
        "9dbf02135c07": "the same",
        "435404acb1ce": "< for <=: a variance exactly tol away from 1 has probability zero",
        "07d971a2c1c1": "1 - variance for variance - 1: the sign goes in the absolute value",
    },
}
