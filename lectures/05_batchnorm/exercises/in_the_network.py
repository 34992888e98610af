"""Batch norm in the network: ten layers, drift put back, gradients with depth, small batches."""

from grader import Choice, Question

TEN_LAYERS = Question(
    "normalization.ten_layers",
    r"Ten layers of 500 ReLU units, batch norm before each ReLU, random weights with standard "
    r"deviation 0.01. Then the same with 1.0, a hundred times as large. What are the standard "
    r"deviations of the outputs of layer 10?",
    choices=(
        Choice(
            "nearly 0 with the small weights, huge with the large ones",
            "So it is without batch norm. What does batch norm do to a column that is a hundred "
            "times as large?",
        ),
        Choice(
            "a hundred times as large with the large weights",
            "Batch norm divides by the standard deviation. Is anything left of the factor 100?",
        ),
        Choice(
            "1 in both networks",
            "Before the ReLU it is 1. What does setting the lower half to 0 do to it?",
        ),
        Choice("about 0.58 in both networks", right=True),
    ),
    why=r"Each ReLU gets mean 0 and variance 1, whatever the weights. Its output then has mean "
    r"$1/\sqrt{2\pi} = 0.399$ and standard deviation $\sqrt{\frac12 - \frac1{2\pi}} = 0.584$.",
)


DRIFT_PUT_BACK = Question(
    "normalization.drift_put_back",
    "Behind each batch norm layer we put the drift back: at every step each unit is multiplied "
    "by a fresh random factor 1 ± 0.2 and shifted by a fresh random ± 0.2. From step to "
    "step the distributions now jump as far as without batch norm. Best rate each, training "
    "after 200 steps: no batch norm 0.075, batch norm 0.011. And batch norm with the drift put "
    "back?",
    choices=(
        Choice(
            "about 2.3: nothing is learnt",
            "A network can learn with dropout, which is far rougher noise. Why not with this one?",
        ),
        Choice(
            "about 0.08: the whole gain is lost",
            "That would be so if steadier distributions were the reason. Who has tested that?",
        ),
        Choice(
            "about 0.04: half-way in between",
            "Which part of the gain would you put down to steadier distributions, and which to "
            "what?",
        ),
        Choice("about 0.015: most of the gain stays", right=True),
    ),
    why="The distributions jump at every step, and nearly all of the gain is still there. So "
    "steady distributions cannot be why batch norm helps (Santurkar et al. 2018 did this with a "
    "VGG network).",
)


GRADIENT_WITH_DEPTH = Question(
    "normalization.gradient_with_depth",
    "Thirty layers of 200 units at the start of training: random weights, batch norm, ReLU. We "
    "send a "
    "random gradient of size 1 in at the top. How large is it at the bottom?",
    choices=(
        Choice(
            "about 1: that is what batch norm is for",
            "Batch norm keeps the *activations* at size 1. Which factor does a layer give the "
            "gradient?",
        ),
        Choice(
            "practically 0: half of the units are off in each layer",
            "The ReLU halves the mean square of the gradient. What does the division by the "
            "standard deviation do to it?",
        ),
        Choice("over 100", right=True),
        Choice(
            "it depends on the scale of the weights",
            "The backward pass multiplies by W and divides by std. How do both change when W is "
            "doubled?",
        ),
    ),
    why=r"About 180. Each layer whose inputs come from a ReLU multiplies it by about 1.21, "
    r"whatever the scale of the weights.",
)


SMALL_BATCHES = Question(
    "normalization.small_batches",
    "Batches of *two*, digits, three hidden layers, the best of six rates for each, 300 steps. "
    "Validation accuracy without any normalisation: 0.78. Layer norm and batch norm?",
    choices=(
        Choice(
            "layer norm 0.80, batch norm 0.90",
            "What are the two values of a unit after it has been normalised over a batch of two?",
        ),
        Choice(
            "layer norm 0.35, batch norm 0.80",
            "Does layer norm know how large the batch is?",
        ),
        Choice("layer norm 0.80, batch norm 0.35", right=True),
        Choice(
            "both 0.80: two values have a mean and a variance",
            "They have. How good an estimate are they of what evaluation mode will use?",
        ),
    ),
    why="In a batch of two each normalised value is +1 or −1: only the sign of a difference is "
    "left. "
    "Batch norm is then worse than nothing; layer norm does not notice.",
)
