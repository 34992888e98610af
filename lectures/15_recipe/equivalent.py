"""Mutants that answer like the reference on every allowed input, each with the reason why."""

EQUIVALENT: dict[str, dict[str, str]] = {
    "recipe.data_report": {
        "77c2": "",
    },
}
