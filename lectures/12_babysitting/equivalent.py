"""Mutants that answer like the reference on every allowed input, each with the reason why."""

SIZE = "the size of a vector is its length"
SCALE = "the scale cancels; it only keeps squares within the range of a float"

EQUIVALENT: dict[str, dict[str, str]] = {
    "babysitting.overfit_tiny": {
        "ac1b3eecfd1e": "ones for zeros: every entry is overwritten",
    },
    "babysitting.loss_and_accuracy": {"e9359a6bc1f1": SIZE},
    "babysitting.lr_range_test": {
        "918eb20e9b95": "losses are floats: an array of them is an array of floats",
    },
    "babysitting.update_ratio": {
        "a551df9c923d": SCALE,
        "fbe8eeefc6a5": SCALE,
        "4108b772aa25": "a step 1e154 times as large as the weights: a check asks for none",
        "ca8234a6183b": "infinite weights have no ratio: a check asks for none",
        "6f3e79d90769": "in float32 the ratio is the same up to rounding",
    },
}
