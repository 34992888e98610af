"""Batch norm in the network: ten layers, the rate, the regulariser."""

from grader import Choice, Question

TEN_LAYERS = Question(
    "normalization.ten_layers",
    r"Ten layers of 500 ReLU units, batch norm before each ReLU, random weights with standard "
    r"deviation 0.01. Then the same with 1.0, a hundred times as large. What are the standard "
    r"deviations of the outputs of layer 10?",
    choices=(
        Choice(
            "nearly 0 with the small weights, huge with the large ones",
            "So it is without batch norm. What does it do to a column that is a hundred times "
            "as large?",
        ),
        Choice(
            "a hundred times as large with the large weights",
            "Batch norm divides by the standard deviation. Is anything left of the factor 100?",
        ),
        Choice(
            "1 in both networks",
            "Before the ReLU it is 1. The ReLU sets the lower half to 0: what does that do to "
            "the spread?",
        ),
        Choice("about 0.58 in both networks", right=True),
    ),
    why=r"Each ReLU gets mean 0 and variance 1, whatever the weights. Its output then has mean "
    r"$1/\sqrt{2\pi} = 0.399$ and standard deviation $\sqrt{\frac12 - \frac1{2\pi}} = 0.584$.",
)


LARGER_GAMMA = Question(
    "normalization.larger_gamma",
    r"Elsewhere in the same deck $\gamma$ is a momentum coefficient. What is meant here?",
    choices=(
        Choice(
            "the scale of batch norm: it may grow",
            "It may, but that is no benefit. What would a practitioner like to have larger?",
        ),
        Choice(
            "the momentum coefficient",
            "That one is at most 1 anyway. What diverges first when you are impatient?",
        ),
        Choice("the learning rate", right=True),
        Choice(
            "the variance of the initial weights",
            "Batch norm makes that one nearly irrelevant. This benefit is listed separately.",
        ),
    ),
    why="A larger learning rate: that is the benefit the paper reports. A letter that means "
    "three things on three slides is an invitation to such slips.",
)


FUNNY_REGULARIZER = Question(
    "normalization.funny_regularizer",
    "The slides say that batch norm acts as a regulariser 'in a funny way'. What do they mean?",
    choices=(
        Choice(
            "It keeps the weights small.",
            "The size of a weight vector before batch norm does not matter at all: it is "
            "divided out. So nothing keeps it small.",
        ),
        Choice(
            "It reduces the number of parameters.",
            "It adds two for each unit. What is different about an example's output from one "
            "batch to the next?",
        ),
        Choice(
            "The same example gets another output in each batch, as if noise were added.",
            right=True,
        ),
        Choice(
            "It stops the training early.",
            "It makes training faster, and has no say in when it ends. What does it do to an "
            "example that comes in two batches?",
        ),
    ),
    why="An example is shifted and scaled by numbers that depend on its random neighbours. The "
    "network learns to live with this noise, a little like with dropout.",
)
