"""Mutants that answer like the reference on every allowed input, each with the reason why."""

SIZE = "the size of a vector is its length"
SQUARED = "a sign that is squared"

EQUIVALENT: dict[str, dict[str, str]] = {
    "optimizers.minibatch_gradient": {"163fec82eef1": SIZE},
    "stability.polyak": {"5437bac5c51c": SQUARED, "8e360e7cb744": SQUARED},
    "clipping.clip_by_norm": {
        "219356a61fb3": "a vector exactly as long as allowed is multiplied by 1",
    },
}
