"""The first hundred steps: what training makes of a start."""

from grader import Choice, Question

FIRST_STEPS = Question(
    "initialization.first_steps",
    r"Ten tanh layers of 50 units start from $1.0 \cdot \mathcal N(0, 1)$, ten output units on "
    r"top. In all layers the signal is strong, and the gradient explodes on its way down. The "
    r"digits are learnt at the rate 0.1. After 100 steps, how much does a unit of layer 10 vary "
    r"from example to example?",
    choices=(
        Choice(
            "About as much as at the start: saturated units do not move.",
            "Their slopes are nearly zero, but the gradient explodes nevertheless. How large is "
            "a step in the first layer, compared with its weights?",
        ),
        Choice(
            "More than at the start: the layer learns to tell the digits apart.",
            "A step goes downhill only as far as the gradient is trusted. How large is a step in "
            "the first layer, compared with its weights?",
        ),
        Choice("Hardly at all: it answers every example alike.", right=True),
        Choice(
            "It cannot be said: the weights are NaN.",
            "tanh and softmax are bounded: how large can a gradient get in one step, and how "
            "large is a float?",
        ),
    ),
    why="The first steps are larger than the weights of the first layers. All pixels are "
    "positive, so a unit's weights move together: it saturates for every image, on one side. A "
    "layer whose inputs no longer vary can pass nothing on. Too large ends where too small "
    "begins: at ln 10.",
)
