"""Mutants that answer like the reference on every allowed input, each with the reason why.

Allowed is what the exercise's text allows. Some differ from the reference only where no check may
ask, because right functions differ there, too: TIE is a computed number that equals a threshold to
the last bit, where another form of the same formula rounds to the other side.
"""

TIE = "differs in a tie of computed numbers only, which rounding decides"
MATRIX = "the last axis of a matrix is axis 1"

EQUIVALENT: dict[str, dict[str, str]] = {
    "initialization.backward_growth": {
        "88bc2f1b805e": MATRIX,
        "f179d41107fd": "ddof=1: the text asks for Var(w) and leaves open which estimate; both "
        "are accepted on purpose",
    },
    "initialization.orthogonal": {
        "uniform numbers for normal ones": "the directions are not quite equally likely then, by "
        "less than the 200 matrices of a check can show",
        "d9d21faf376a": "dividing by a sign is multiplying by it",
        "ddfa62a6f31b": "-Q instead of Q: as likely",
        "056fb07bb186": "<= for <: a zero on R's diagonal has probability zero",
        "34d4a5b15cad": ">= for <: -Q instead of Q, as likely",
        "c4b1d0b87b1a": "> for >=: a square Q turned is as likely",
    },
    "initialization.class_bias": {
        "181095336466": "all labels for their number along the first axis: y has one axis",
        "k halved": "where every class occurs the largest label says how many there are",
        "k at most one": "the same",
    },
    "initialization.lsuv": {
        "6e2ea7655c8e": "the number of the layer stands in the message of the error only",
        "3eaf4b9bee3a": "the same",
        "92bba2626457": "the same",
        "b6a61bd9a972": TIE,
        "4cc904557d65": "1 - variance for variance - 1: the sign goes in the absolute value",
    },
}
