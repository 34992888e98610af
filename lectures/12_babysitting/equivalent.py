"""Mutants that answer like the reference on every allowed input, each with the reason why.

Allowed is what the exercise's text allows. Some differ from the reference only where no check may
ask, because right functions differ there, too:

- TIE: a computed number that equals a threshold to the last bit. Another form of the same formula
  (divided by the first loss, or the other side of the inequality) rounds to the other side.
"""

TIE = "differs in a tie of computed numbers only, which rounding decides"
SIZE = "the size of a vector is its length"

EQUIVALENT: dict[str, dict[str, str]] = {
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
