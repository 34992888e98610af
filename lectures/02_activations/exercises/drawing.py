"""What a small network draws with each activation."""

from grader import Choice, Number, Question

PIECES = Question(
    "activations.pieces",
    "A network with one input, one hidden layer of 12 ReLU units and one output draws a line "
    "made of "
    "straight pieces. How many pieces at most?",
    number=Number(
        13,
        rel_tol=1e-6,
        misreadings={
            12: "Each unit has a corner somewhere on the axis. Into how many parts do so many "
            "corners cut a line?",
            24: "Each unit has two pieces of its own. How many corners does it have?",
            4096: "So many patterns of open and shut gates there are on paper. Walk along the "
            "axis: how often does a gate switch?",
            2: "That is a single unit. Do all units have their corner at the same place?",
        },
    ),
    why="Each unit switches once along the axis, at its own corner, and 12 corners cut the "
    "axis into "
    "13 pieces. (With more inputs or more layers the number grows much faster.)",
)

OUTSIDE = Question(
    "activations.outside",
    "Two such networks, one with ReLU, one with tanh, go through the same ten points between "
    "-2 and 2. What does each draw far outside, say from 4 onwards?",
    choices=(
        Choice(
            "Both go on with the wave that they have learnt.",
            "What is each hidden unit doing far away from its corner?",
        ),
        Choice(
            "Both return to zero, where there are no data.",
            "Nothing asks them to. What is the sum of units that no longer change?",
        ),
        Choice(
            "ReLU a constant, tanh a straight line that goes on rising or falling.",
            "Which of the two functions levels off?",
        ),
        Choice("ReLU a straight line, tanh nearly a constant.", right=True),
    ),
    why="Far outside no ReLU unit switches any more, so a line is left; every tanh unit has "
    "levelled "
    "off, so a constant is left. No activation knows what lies beyond the data.",
)
