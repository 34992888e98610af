"""Mutants that answer like the reference on every allowed input, each with the reason why."""

ROUNDING = "differs only where a quotient of logarithms is a whole number but for its last bits"
VECTOR = "the size of a vector is its length"
CHANCE = "a few repeats less: the difference is smaller than chance, which the bounds allow"

EQUIVALENT: dict[str, dict[str, str]] = {
    "hyperparameters.distinct_projection": {"cb39eb9f602a": VECTOR},
    "trials.trials_needed": {"8b307b2c4a09": ROUNDING, "0d3d97e7ea23": ROUNDING},
    "hyperparameters.refine_ranges": {"5d74cf83730f": ROUNDING, "8b1c2db0a2c4": ROUNDING},
    "hyperparameters.edge_warning": {
        "2bfb9793eb74": "the text leaves open which end is named at equal distances",
    },
    "trials.not_learning": {
        "0a779eb0df95": VECTOR,
        "5c8f82886ee8": "differs where a loss equals ln K - margin to the last bit",
    },
    "selection.mean_difference": {
        "53066a7743fb": "the square of a difference does not know its sign",
        "ae63783edbd6": "the square of a difference does not know its sign",
        "c5d818e6da27": VECTOR,
        "69675e88a039": VECTOR,
        "loops end after three turns": "there are two sides",
    },
    "selection.nested_estimate": {"f8d8cd23d936": "the last axis of a matrix is axis 1"},
    "selection.winners_curse": {
        "6d9f4b915853": VECTOR,
        "loops leave out the last turn": CHANCE,
        "repeats halved": "half of the repeats have the same mean, up to chance",
    },
}
