"""Mutants that answer like the reference on every allowed input, each with the reason why."""

EQUIVALENT: dict[str, dict[str, str]] = {
    "ensembles.combine": {
        "45c405dca188": "shares of votes are ordered as votes are",
        "77658a554070": "any number below 0 is below every probability",
    },
    "ensembles.brier_split": {
        "7dca45760fc4": "a square does not know the order of a difference",
        "8a791a816b14": "a square does not know the order of a difference",
        "bb1f72cb24d2": "a square does not know the order of a difference",
    },
    "averaging.running_mean_step": {
        "c1044bbef695": "the first point replaces whatever the mean was before it",
    },
    "averaging.ema_step": {
        "1dc40a2da8a2": "the state belongs to the step: the text leaves open what it holds",
    },
    "calibration.expected_calibration_error": {
        "16144919b40a": "a distance does not know the order of a difference",
        "77d2b574a65c": "the length of a vector is its size",
    },
}
