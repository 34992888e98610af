"""One large network, or many small ones?"""

from grader import Choice, Question

ONE_OR_MANY = Question(
    "ensembles.one_or_many",
    "A budget of 256 hidden units and one number of updates, noisy digits (0.5). One network of "
    "256 units, or four of 64 whose probabilities are averaged? All have the same learning rate, "
    "somewhere between 0.03 and 1.",
    choices=(
        Choice(
            "The one, at every rate: its units work together.",
            "What is scarce here, units or information in noisy pictures?",
        ),
        Choice(
            "The one at low rates, the four at high ones.",
            "Four networks make four different errors, at a low rate, too. What does one network "
            "average over?",
        ),
        Choice("The four at every rate, by one to three points.", right=True),
        Choice(
            "The four at every rate, by about ten points.",
            "Four members remove at most three quarters of what they do not share. How much did "
            "twenty gain above?",
        ),
    ),
    why="With heavy noise the errors come from what each network has memorised in its own way, and "
    "that averages out. Is it so without noise, and with still smaller members?",
)
