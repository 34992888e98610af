"""Mutants that answer like the reference on every allowed input, each with the reason why."""

SIZE = "the size of a vector is its length"
MATRIX = "the last axis of a matrix is axis 1"
DRAW = "differs when a random float equals p_drop to the last bit: probability 2^-53"

SHIFT = "a shift of a row leaves its softmax as it is, and no case has scores that overflow"

EQUIVALENT: dict[str, dict[str, str]] = {
    "dropout.mc_dropout": {
        "b950d06ced04": DRAW,
        "cfa4ecb0a42d": SHIFT,
        "40495cff5bf6": SHIFT,
        "bb7dc8c9e75a": SHIFT,
        "141f629f0021": SHIFT,
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
    "dropout.dropout_penalty": {"dc6f1be01956": "the product of two vectors is symmetric"},
    "dropout.dropout_forward": {"ccdcaf06cad1": DRAW},
    "dropout.robustness_scores": {"b5324cbd3d38": MATRIX},
    "dropout.stochastic_depth_forward": {"627513dd5df6": DRAW},
}
