"""Mutants that answer like the reference on every allowed input, each with the reason why."""

TOP = "the gradient on the maximum is 0 in every row: shifting all scores changes nothing"

EQUIVALENT: dict[str, dict[str, str]] = {
    "autodiff.reverse_sweep": {
        "1faa5dc6312e": "nobody waits for the output: no edge leads from it to a consumer",
    },
    "gradients.numerical_gradient": {
        "f2f726ba3313": "every entry is written over",
    },
    "networks.dnf_net": {
        "23206862bb81": "the size of a vector is its length",
        "f52faa874a0b": "a bias of 1 - ones puts the neighbours at exactly 0, where a step gives 0",
    },
    "losses.softmax_nodes_backward": dict.fromkeys(
        (
            "733f8e6f581a",
            "57e640f982d6",
            "aab13b796610",
            "a8a952e70bc0",
            "597f47ff3756",
            "395211494976",
        ),
        TOP,
    ),
}
