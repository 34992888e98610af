"""Mutants that answer like the reference on every allowed input, each with the reason why."""

SILENT = "the text does not ask for silence where scores are infinite"

EQUIVALENT: dict[str, dict[str, str]] = {
    "losses.hinge_loss": {"d4be017e084f": SILENT, "515b2f90d54a": SILENT},
    "losses.label_smoothing_loss": {
        "a5fe6f3365b6": "differs for a target of 0 and a probability of 0: finite scores have none",
        "a03d31efb6e8": "what is put in for a target of 0 is multiplied by it",
    },
    "regularization.noise_terms": {"f119664b9e2f": "a square has no sign"},
    "regularization.min_norm_fit": {
        "83f8a23cea0e": "without it NumPy 2 takes the same bound, NumPy 1 one that is finer",
    },
}
