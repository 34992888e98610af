"""The common pattern: random in training, averaged at test time."""

from grader import Choice, Question

BATCHNORM_Z = Question(
    "dropout.batchnorm_z",
    r"Batch normalisation fits the pattern: in training $y = f_W(x, z)$ with a random $z$. "
    r"What is $z$?",
    choices=(
        Choice(
            r"the parameters $\gamma$ and $\beta$",
            "They are learnt. In one step, is there anything random about them?",
        ),
        Choice(
            "which other examples are in the batch",
            right=True,
        ),
        Choice(
            "the running mean and variance",
            "They are what stands in for z at test time. What do they replace?",
        ),
        Choice(
            "the random start of the weights",
            "That is drawn once, before the training. z is drawn in every step.",
        ),
    ),
    why="An example is normalised with the mean and variance of its batch, so its output "
    "depends on the other examples in it. At test time fixed running statistics replace them: "
    "an average over z, approximately.",
)


SAMPLES_IN_TESTING = Question(
    "dropout.samples_in_testing",
    "Most of these methods put something fixed in the place of $z$ at test time: a scale, a "
    "running mean. For which of them is an average over several draws of $z$ the usual test "
    "rule?",
    choices=(
        Choice(
            "dropout and DropConnect",
            "DropConnect may sample, as in its paper. But what did you write for evaluation "
            "mode in `dropout_forward`? Does it draw?",
        ),
        Choice(
            "batch normalisation",
            "It has fixed running statistics at test time.",
        ),
        Choice(
            "stochastic depth",
            "What is its gate at test time?",
        ),
        Choice(
            "random crops and fractional max pooling",
            right=True,
        ),
    ),
    why="There is no single image that is the mean of all crops, and no pooling grid that is "
    "the mean of all grids. So one predicts on several and averages the predictions: four "
    "corners and the centre, say, each also mirrored.",
)
