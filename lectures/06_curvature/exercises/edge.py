"""The edge of stability: where gradient descent takes the curvature. And steep directions."""

from grader import Choice, Question

STEEP = Question(
    "curvature.steep",
    "At every step, split the gradient of a mini-batch into two parts: along the ten steepest of "
    "334 eigenvectors of the Hessian, and along all others. The ten hold three quarters of its "
    "squared length. Train with the steep part alone. How much of the usual progress is left?",
    choices=(
        Choice(
            "About three quarters.",
            "The gradient is long there. Does it point the same way in each step, or to and fro?",
        ),
        Choice(
            "At first nearly all, later less and less.",
            "Training has been going on for a while. What has it done to the slope across a "
            "steep valley by then, on average over batches?",
        ),
        Choice("Hardly any.", right=True),
        Choice(
            "More than usual: the other directions only add noise.",
            "Where is there more noise, where the gradient of a batch is long or where it is "
            "short? And how far is it still to go in each?",
        ),
    ),
    why="Across a steep valley the path goes to and fro and gets nowhere: it has long "
    "been at the bottom. The way down leads along the flat directions, where the gradient is short "
    "and always points the same way.",
)


SETTLES = Question(
    "curvature.settles",
    "Gradient descent on all examples at once, rate 0.6. At the start the largest eigenvalue of "
    "the Hessian is 2.1, and with every step it grows. What becomes of it?",
    choices=(
        Choice(
            "It grows until the run explodes.",
            "The run does not explode. When would it have to, and what would that need?",
        ),
        Choice("It stops near 3.3 and stays there.", right=True),
        Choice(
            "It stops near 1.7, where the descent is fastest.",
            "A rate of 0.6 is the best for a curvature of 1.7. Has the run a reason to look for "
            "the best, and is 2.1 not above it already?",
        ),
        Choice(
            "It grows and falls back to about 2.1.",
            "Which value is special for a rate of 0.6? Think of a bowl, and of the rate at which "
            "the descent turns into an explosion.",
        ),
    ),
    why="At 2/0.6 = 3.33. Below it the curvature grows, as if the training looked for steeper "
    "places; above it the steps overshoot and throw the weights to where it is flatter.",
)


AT_THE_EDGE = Question(
    "curvature.at_the_edge",
    "Once there, every step overshoots along the steepest direction, and in two of five steps the "
    "loss rises. After 1000 steps, how does the loss compare with the start?",
    choices=(
        Choice(
            "It is as high: the path goes round in circles.",
            "Along one direction it goes to and fro. There are about 3000 others.",
        ),
        Choice(
            "It has fallen to a third and then stopped.",
            "What would stop the flat directions from going on?",
        ),
        Choice("It has fallen to a fortieth.", right=True),
        Choice(
            "It is not a number.",
            "An overshoot leads to where the surface is flatter. What does the next one do there?",
        ),
    ),
    why="It falls by a factor of about 40, not in each step, but over many. A rule from a bowl, "
    "never step beyond 2 over the curvature, is broken for hundreds of steps, and nothing bad "
    "happens.",
)
