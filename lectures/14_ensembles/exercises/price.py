"""One large network, or many small ones?"""

from grader import Choice, Question

ONE_OR_MANY = Question(
    "ensembles.one_or_many",
    "A budget of 128 hidden units and one number of updates, noisy digits (0.5). One network "
    "of 128 units, or four of 32 whose probabilities are averaged? Every rate is tuned.",
    choices=(
        Choice(
            "The large one: its units can work together.",
            "What is scarce here, units or information in noisy pictures?",
        ),
        Choice(
            "No difference: it is the same number of weights.",
            "Four networks make four different errors. What does one network average over?",
        ),
        Choice("The four, by one to three points.", right=True),
        Choice(
            "The four, by ten points.",
            "Four members remove at most three quarters of what they do not share. How much did "
            "twenty gain above?",
        ),
    ),
    why="With heavy noise the errors come from the noise that each network has memorised in its "
    "own way, and that averages out. Whether it is so on clean digits, the table shows.",
)
