"""Mutants that answer like the reference on every allowed input, each with the reason why.

Allowed is what the exercise's text allows. Some differ from the reference only where no check may
ask, because right functions differ there, too:

- HUGE: numbers whose squares do not fit into the dtype. The reference takes care not to warn of it,
  the text does not ask for it.
"""

HUGE = "differs only for numbers whose squares overflow, of which the text says nothing"

EQUIVALENT: dict[str, dict[str, str]] = {
    "normalization.naive_bias_step": {
        "1cff8c92e2ce": "u - b for u + b: the mean takes any constant away again",
        "3526621c9ca5": "u for u + b: the same",
        "d3068b6287f7": "-x_hat: its mean is 0, so the loss Var(x) + target^2 and db are the same",
        "43d7eee86d1f": "x_hat + target: squared and averaged Var(x) + target^2 again",
        "00338c769f52": "target - x_hat: the sign goes in the square",
    },
    "normalization.batch_stats": {
        "a5cefbdad5f6": HUGE,
        "b6c23031a333": "mu - h: the sign goes in the square",
    },
    "normalization.batchnorm_forward": {
        "fb4163ab94a1": HUGE,
        "89e2aacbda08": "always updating: at test time mean and var are the running ones, and "
        "(1 - m) r + m r = r",
    },
    "normalization.scale_invariance": {
        "5187cd24fd9f": "w + lr dw is as long as w - lr dw, because dw is perpendicular to w",
        "1a368c18ad0c": "lr dw - w: the sign goes in the length",
    },
    "normalization.rmsnorm_forward": {"ad604ede84e4": HUGE},
}
