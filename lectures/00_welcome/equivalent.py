"""Mutants of lecture 00 that answer like the reference on every allowed input."""

EQUIVALENT: dict[str, dict[str, str]] = {
    "warmup.neuron_gradients": {
        "47176e03442c": "the length of a vector is its size",
    },
}
