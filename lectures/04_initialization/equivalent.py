"""Mutants that answer like the reference on every allowed input, each with the reason why.

Allowed is what the exercise's text allows. Some differ from the reference only where no check may
ask, because right functions differ there, too:

- TIE: a computed number that equals a threshold to the last bit. Another form of the same formula
  (divided by the first loss, or the other side of the inequality) rounds to the other side.
- HUGE: numbers whose squares do not fit into the dtype. The reference takes care not to warn of it,
  the text does not ask for it.
"""

TIE = "differs in a tie of computed numbers only, which rounding decides"
HUGE = "differs only for numbers whose squares overflow, of which the text says nothing"
MATRIX = "the last axis of a matrix is axis 1"

EQUIVALENT: dict[str, dict[str, str]] = {
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
        "uniform numbers for normal ones": "the directions are not quite equally likely then, by "
        "less than the 200 matrices of a check can show",
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
}
