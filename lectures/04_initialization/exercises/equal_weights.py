"""Equal weights: what stays equal."""

from grader import Choice, Question

CONSTANT_START = Question(
    "initialization.constant_start",
    "All weights of a network start at the same constant, say 0.1. Gradient descent runs for "
    "as long as you like. What do the units of one hidden layer do?",
    choices=(
        Choice(
            "They start equal and soon specialise: the data differ.",
            "Every unit sees the same data through the same weights. In which quantity could "
            "two of them differ after the first step?",
        ),
        Choice(
            "They stay exactly equal, but they learn: the layer works like one unit.",
            right=True,
        ),
        Choice(
            "Nothing moves: the gradient is zero.",
            "That is the start from zeros. With 0.1 a unit passes something on. Which "
            "gradient does it get?",
        ),
        Choice(
            "They stay equal until the learning rate is large enough to shake them apart.",
            "Equal weights minus lr times equal gradients: what is that for any lr?",
        ),
    ),
    why="Equal weights give equal outputs, and equal outgoing weights give equal gradients. So "
    "the weights are equal after the step as well, and after every step. Only "
    "random weights break the symmetry.",
)


ZERO_START = Question(
    "initialization.zero_start",
    "Now the constant is 0: all weights and biases of a network with ReLU or tanh are zero. "
    "Which parameters change in the first step?",
    choices=(
        Choice(
            "all of them, in equal steps",
            "The gradient on a weight is the input of its layer times what comes back from "
            "the layer above. What are these two in a hidden layer?",
        ),
        Choice(
            "the weights of the first layer: only there the inputs are not zero",
            "The inputs are not zero, but what comes down from above? It has to pass the "
            "weights of the second layer.",
        ),
        Choice(
            "the weights of the last layer: they sit next to the loss",
            "Their gradient is what the layer below sends up, times the error. What does a "
            "hidden layer of zeros send?",
        ),
        Choice("the biases of the last layer only", right=True),
    ),
    why="Hidden outputs are 0, so the last weights get no gradient; the last weights are 0, so "
    "nothing flows down. Only the output bias moves, and it learns how frequent each class is. "
    "This does not change in any later step.",
)
