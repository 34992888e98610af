"""Mutants that answer like the reference on every allowed input, each with the reason why.

Allowed is what the exercise's text allows. Some differ from the reference only where no check may
ask, because right functions differ there, too:

- TIE: a computed number that equals a threshold to the last bit. Another form of the same formula
  (divided by the first loss, or the other side of the inequality) rounds to the other side.
"""

TIE = "differs in a tie of computed numbers only, which rounding decides"
SIZE = "the size of a vector is its length"

EQUIVALENT: dict[str, dict[str, str]] = {
    "optimizers.minibatch_gradient": {"163fec82eef1": SIZE},
    "curvature.classify_critical_point": {
        "dcbbe25074bf": TIE,
        "ff018fbc6f8b": TIE,
    },
}
