"""Mutants that answer like the reference on every allowed input, each with the reason why.

A mutant is known by its fingerprint (``python -m grader audit`` prints it). When the reference
changes, so do the fingerprints, and the reasons have to be thought through again. The audit fails
when a check rejects a mutant that is listed here.

Allowed is what the exercise's text allows. Two kinds of mutants differ from the reference only
where no check may ask, because right functions differ there too:

- TIE: a computed number that equals a threshold to the last bit. Another form of the same formula
  (divided by the first loss, or the other side of the inequality) rounds to the other side.
- HUGE: numbers whose squares do not fit into the dtype. The reference takes care not to warn of it,
  the text does not ask for it.
"""

TIE = "differs in a tie of computed numbers only, which rounding decides"
HUGE = "differs only for numbers whose squares overflow, of which the text says nothing"
SIZE = "the size of a vector is its length"
MATRIX = "the last axis of a matrix is axis 1"
DRAW = "differs when a random float equals p_drop to the last bit: probability 2^-53"

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
        "198e1f87fe14": MATRIX,
    },
    "initialization.layer_stats": {
        "1a21ddf52fbd": HUGE,
        "6d501ed58134": HUGE,
    },
    "initialization.backward_growth": {
        "fbf4f6e3c5a5": MATRIX,
        "24a83e477a3e": "ddof=1: the text asks for Var(w) and leaves open which estimate; both "
        "are accepted on purpose",
    },
    "initialization.orthogonal": {
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
        "435404acb1ce": TIE,
        "07d971a2c1c1": "1 - variance for variance - 1: the sign goes in the absolute value",
    },
    "normalization.naive_bias_step": {
        "423ca20ce755": "u - b for u + b: the mean takes any constant away again",
        "65821782d64d": "u for u + b: the same",
        "173bcefafe03": "-x_hat: its mean is 0, so the loss Var(x) + target^2 and db are the same",
        "5c5ec7b6421e": "x_hat + target: squared and averaged Var(x) + target^2 again",
        "842f933c9a95": "target - x_hat: the sign goes in the square",
    },
    "normalization.batch_stats": {
        "e12de9ee60cf": HUGE,
        "8fe9b37b63ab": "mu - h: the sign goes in the square",
    },
    "normalization.batchnorm_forward": {
        "d8730ebf66dd": HUGE,
        "eaf2b41f629c": "always updating: in testing mean and var are the running ones, and "
        "(1 - m) r + m r = r",
    },
    "normalization.spatial_batchnorm_forward": {
        "431f9eab66a3": "axis -2 of four is axis 2",
        "450ae4fdd8a9": "axis -2 of four is axis 2",
    },
    "normalization.layernorm_forward": {"41e0a4d9044a": HUGE},
    "normalization.instancenorm_forward": {"42a032cba176": HUGE},
    "normalization.groupnorm_forward": {"94039ec63cc5": HUGE},
    "normalization.weightnorm_forward": {
        "c39b499ef29b": "one scale for all columns: any positive scale cancels; a column of zeros "
        "is bad input",
    },
    "optimizers.minibatch_gradient": {"b3a2c9bc3dfc": SIZE},
    "curvature.classify_critical_point": {
        "fda5e6beb27d": TIE,
        "5d2a35be1e78": TIE,
    },
    "dropout.dropout_mask": {"198c49ea360b": DRAW},
    "dropout.vanilla_dropout_forward": {"ffb76302c58a": DRAW},
    "dropout.expected_output_exact": {
        "4c7d1d8b4500": SIZE,
        "60d7c30aa96f": "the product of two vectors is symmetric",
    },
    "dropout.expected_output_scaled": {
        "eb605d9e2683": "the product of two vectors is symmetric",
    },
    "dropout.expected_output_sampled": {
        "f6d00d762aa7": DRAW,
        "177736fb1469": SIZE,
    },
    "dropout.dropout_forward": {"0c6d8ce4d647": DRAW},
    "dropout.robustness_scores": {"c1d3bd32266b": MATRIX},
    "dropout.stochastic_depth_forward": {"69fc3734b96d": DRAW},
    "babysitting.overfit_tiny": {
        "5e4049297807": "ones for zeros: every entry is overwritten",
    },
    "babysitting.loss_and_accuracy": {"500aab36a753": SIZE},
    "babysitting.first_bad_epoch": {"7dc01946a689": SIZE},
    "babysitting.lr_range_test": {
        "479dcddfa3bf": "losses are floats: an array of them is an array of floats",
    },
    "babysitting.classify_curve": {
        "fa2d3e07584e": SIZE,
        "5b5c8ae3cd2a": TIE,
        "b837cf80d411": TIE,
        "d867b4da0ce9": TIE,
        "020388b994fe": TIE,
        "d6ac6dbba030": TIE,
        "2b26eca63d6b": TIE,
        "844f4ab3dd32": TIE,
        "75e490869e1f": TIE,
        "c87b1e690aeb": TIE,
        "b026a8de9670": "a convolution is symmetric",
        "de6c7b5f4e70": "the same",
        "b24c93cee5bd": "n // -2 from the end is n // 2 from the start: n - ceil(n / 2) = n // 2",
    },
}
