"""Mutants that answer like the reference on every allowed input, each with the reason why."""

EQUIVALENT: dict[str, dict[str, str]] = {
    "recipe.data_report": {
        "71412e4c2963": "NumPy takes any negative length for the one that is to be found",
        "ec6f19460d3f": "NumPy takes any negative length for the one that is to be found",
        "the first half of x_val only": "as many copies in fewer rows are the same copies",
        "all of x_val but its last row": "as many copies in fewer rows are the same copies",
        "classes halved": "as many counts are the same counts",
        "classes at most one": "as many counts are the same counts",
    },
    "recipe.fit_preparation": {
        "c914f035369a": "silence is silence, whatever it is divided by",
        "393251dfcce9": "silence is silence, whatever it is divided by",
    },
    "recipe.knn_predict": {
        "12e62c3fa47b": "the last axis is the one sorted by default",
        "29f35ba78374": "the text leaves open who comes first of two that are equally far",
        "5569469e5c62": "the mean of votes is largest where their sum is",
    },
    "recipe.gates": {
        "828c65ca25d7": "without dropout and batch normalisation, training is evaluation",
        "69a8306a5453": "without dropout and batch normalisation, training is evaluation",
        "b598a7aa397c": "without dropout and batch normalisation, training is evaluation",
        "38776b9c6648": "without dropout and batch normalisation, training is evaluation",
    },
    "recipe.audit": {
        "37cebadbc54b": "no warning comes from 3 seeds on",
        "2b099b11b45f": "no warning comes from 3 seeds on",
    },
    "recipe.shift_calls": {
        "b3b5555fda45": "shifts to both sides are equally likely",
        "c6960172a89b": "shifts to both sides are equally likely",
    },
}
