"""The relatives: other axes, all correlations."""

from grader import Choice, Question

HOW_MANY_MEANS = Question(
    "normalization.how_many_means",
    r"$x$ has shape $(N, C, H, W) = (8, 6, 4, 4)$. How many means do batch norm (BN), layer "
    r"norm over $(C, H, W)$ (LN), instance norm (IN) and group norm of 3 groups (GN) compute?",
    choices=(
        Choice(
            "BN 96, LN 8, IN 48, GN 24",
            "96 is a mean for each pixel of each channel. How many units is a channel?",
        ),
        Choice("BN 6, LN 8, IN 48, GN 24", right=True),
        Choice(
            "BN 8, LN 6, IN 48, GN 24",
            "Which of the two keeps examples apart: batch norm or layer norm?",
        ),
        Choice(
            "BN 6, LN 8, IN 48, GN 3",
            "Group norm never lets images meet. Three means for each of how many images?",
        ),
    ),
    why="BN one for each channel, 6. LN one for each image, 8. IN one for each channel of each "
    "image, 8 · 6 = 48. GN one for each group of each image, 8 · 3 = 24.",
)


STILL_CORRELATED = Question(
    "normalization.still_correlated",
    "Two features have correlation 0.57. Batch norm gives both mean 0 and variance 1. What is "
    "their correlation now?",
    choices=(
        Choice("0", "Batch norm looks at one feature at a time. Can it know of the other?"),
        Choice("0.57", right=True),
        Choice(
            "0.57² ≈ 0.32",
            "A square would have to come from somewhere. What does batch norm do to one feature?",
        ),
        Choice(
            "1",
            "Variance 1 is on the diagonal of the covariance matrix. And beside it?",
        ),
    ),
    why="Shift and scale of a feature do not matter to a correlation. To remove it one has to mix "
    "the features.",
)
