"""Mutants that answer like the reference on every allowed input, each with the reason why."""

SIZE = "the size of a vector is its length"

EQUIVALENT: dict[str, dict[str, str]] = {
    "babysitting.overfit_tiny": {
        "ac1b3eecfd1e": "ones for zeros: every entry is overwritten",
    },
    "babysitting.loss_and_accuracy": {"e9359a6bc1f1": SIZE},
    "babysitting.lr_range_test": {
        "918eb20e9b95": "losses are floats: an array of them is an array of floats",
    },
}
