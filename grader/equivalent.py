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
        "19695e788a5c": "x > 0 for x >= 0: at x = 0 both branches give 1/2",
    },
    "activations.elu_forward": {
        "bd67da1d3554": "x >= 0 for x > 0: at x = 0 both branches give 0",
        "16fa9413c305": "minimum(1, x) for minimum(0, x): only used where x <= 0, where both are x",
    },
    "initialization.n_distinct_units": {
        "b563505a530a": "the largest weight of no weights at all: a layer without units has none",
        "219137c6fe70": "the distances to no column: a layer without inputs has no weights",
        "d85024c945cf": "column - seen for seen - column: the sign goes in the absolute value",
        "bd031aa1db0e": MATRIX,
    },
    "initialization.layer_stats": {
        "8c677b646432": HUGE,
        "6823a7cd1151": HUGE,
    },
    "initialization.backward_growth": {
        "88bc2f1b805e": MATRIX,
        "f179d41107fd": "ddof=1: the text asks for Var(w) and leaves open which estimate; both "
        "are accepted on purpose",
    },
    "initialization.orthogonal": {
        "d9d21faf376a": "dividing by a sign is multiplying by it",
        "ddfa62a6f31b": "-Q instead of Q: as likely",
        "056fb07bb186": "<= for <: a zero on R's diagonal has probability zero",
        "34d4a5b15cad": ">= for <: -Q instead of Q, as likely",
        "c4b1d0b87b1a": "> for >=: a square Q turned is as likely",
    },
    "initialization.lsuv": {
        "6e2ea7655c8e": "the number of the layer stands in the message of the error only",
        "3eaf4b9bee3a": "the same",
        "92bba2626457": "the same",
        "b6a61bd9a972": TIE,
        "4cc904557d65": "1 - variance for variance - 1: the sign goes in the absolute value",
    },
    "normalization.naive_bias_step": {
        "1cff8c92e2ce": "u - b for u + b: the mean takes any constant away again",
        "3526621c9ca5": "u for u + b: the same",
        "d3068b6287f7": "-x_hat: its mean is 0, so the loss Var(x) + target^2 and db are the same",
        "43d7eee86d1f": "x_hat + target: squared and averaged Var(x) + target^2 again",
        "00338c769f52": "target - x_hat: the sign goes in the square",
    },
    "normalization.batch_stats": {
        "d9d846b42e74": HUGE,
        "e3994eae0807": "mu - h: the sign goes in the square",
    },
    "normalization.batchnorm_forward": {
        "fb4163ab94a1": HUGE,
        "89e2aacbda08": "always updating: in testing mean and var are the running ones, and "
        "(1 - m) r + m r = r",
    },
    "normalization.spatial_batchnorm_forward": {
        "0b965726c943": "axis -2 of four is axis 2",
        "292643d399c9": "axis -2 of four is axis 2",
    },
    "normalization.layernorm_forward": {"7f07233a90e4": HUGE},
    "normalization.instancenorm_forward": {"11cf0bb6c64b": HUGE},
    "normalization.groupnorm_forward": {"5fe66d88d623": HUGE},
    "normalization.weightnorm_forward": {
        "7d365859cac2": "one scale for all columns: any positive scale cancels; a column of zeros "
        "is bad input",
    },
    "optimizers.minibatch_gradient": {"163fec82eef1": SIZE},
    "curvature.classify_critical_point": {
        "dcbbe25074bf": TIE,
        "ff018fbc6f8b": TIE,
    },
    "dropout.dropout_mask": {"d872f3922ffa": DRAW},
    "dropout.vanilla_dropout_forward": {"a040da9b37db": DRAW},
    "dropout.expected_output_exact": {
        "52affd1eb4a1": SIZE,
        "e8e73b4e7e20": "the product of two vectors is symmetric",
    },
    "dropout.expected_output_scaled": {
        "8984d75307ad": "the product of two vectors is symmetric",
    },
    "dropout.expected_output_sampled": {
        "7562f50afa5d": DRAW,
        "739e24f8af39": SIZE,
    },
    "dropout.dropout_forward": {"ccdcaf06cad1": DRAW},
    "dropout.robustness_scores": {"b5324cbd3d38": MATRIX},
    "dropout.stochastic_depth_forward": {"627513dd5df6": DRAW},
    "babysitting.overfit_tiny": {
        "ac1b3eecfd1e": "ones for zeros: every entry is overwritten",
    },
    "babysitting.loss_and_accuracy": {"e9359a6bc1f1": SIZE},
    "babysitting.first_bad_epoch": {"7fe8d5707486": SIZE},
    "babysitting.lr_range_test": {
        "918eb20e9b95": "losses are floats: an array of them is an array of floats",
    },
    "babysitting.classify_curve": {
        "adb4007da11d": SIZE,
        "67ad0047623f": TIE,
        "46eca5dc935c": TIE,
        "4dbb7fac18f4": TIE,
        "591c7b3a5d1b": TIE,
        "489ca6c90b49": TIE,
        "4c4d9dbf3758": TIE,
        "88f8602c2a57": TIE,
        "f11dfde1f954": TIE,
        "f24c984de74f": TIE,
        "c07944efc6cd": "a convolution is symmetric",
        "e66f570a4aa5": "the same",
        "bfcc08b20680": "n // -2 from the end is n // 2 from the start: n - ceil(n / 2) = n // 2",
    },
}
