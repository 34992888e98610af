"""Reading a loss curve."""

from grader import Choice, Question

LONG_FLAT_START = Question(
    "babysitting.long_flat_start",
    "A loss curve is flat for the first third of the run. Then it falls steeply and ends low. "
    "What do you look at first?",
    choices=(
        Choice(
            "The learning rate: it was too low at first.",
            "The rate was the same all the time, and later it was high enough. What was "
            "different at the beginning?",
        ),
        Choice("The initial weights.", right=True),
        Choice(
            "The batch size: the batches are too small.",
            "Small batches make a curve jump. This one is flat, and later steep. What is "
            "special about the beginning of a run?",
        ),
        Choice(
            "Overfitting.",
            "That shows in the distance to the validation loss, not in a flat start.",
        ),
    ),
    why="Nothing but the weights is different at the start. Here they are so small that each "
    "layer hardly passes a gradient on to the other. They have to grow first. Better initial "
    "weights make the plateau disappear.",
)
