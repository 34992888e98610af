"""What grows when a network overfits, and what a remedy should be compared with."""

from grader import Choice, Question

LOSS_OR_ACCURACY = Question(
    "regularization.loss_or_accuracy",
    "Twenty training points, two hundred hidden units. The training loss goes to 0, and the "
    "validation loss climbs to about twice its minimum. What does the validation accuracy do "
    "meanwhile?",
    choices=(
        Choice(
            "It is halved, as the loss has doubled.",
            "A loss can grow without any answer becoming wrong. How?",
        ),
        Choice(
            "It loses ten to twenty points: that is what overfitting means.",
            "Which part of an answer does the loss see that the accuracy does not?",
        ),
        Choice("It changes by a few points, up or down.", right=True),
        Choice(
            "It rises towards 1, a little later than the training accuracy.",
            "The two moons overlap. Can any network reach 1 on new points?",
        ),
    ),
    why="The answers that were wrong become confident, and the loss of a confident wrong answer is "
    "large. There are hardly more of them. So it matters what is to be cured: the loss, or the "
    "accuracy.",
)

GAIN_OF_A_REMEDY = Question(
    "regularization.gain_of_a_remedy",
    "300 digits, every fifth training label wrong, 50 epochs at a high rate. L2, dropout and label "
    "smoothing each end several points of test accuracy above the plain run. Now the plain run may "
    "stop at its best validation epoch. What is left of their lead?",
    choices=(
        Choice(
            "All of it: stopping cures another illness than a penalty does.",
            "Look back at the two curves of section 2. How different are the two medicines?",
        ),
        Choice(
            "It becomes larger, because a stopped run has learnt less.",
            "Why did the plain run lose accuracy: because it learnt too little, or wrong labels "
            "as well?",
        ),
        Choice(
            "About half of it, since stopping is the weaker half of a penalty.",
            "Measured as in section 2, is a good stop weaker than a good penalty?",
        ),
        Choice("Little: from about nothing to three points.", right=True),
    ),
    why="Most of the lead was damage of the last epochs. Whoever reports the gain over a run that "
    "was trained too long reports mainly that.",
)
