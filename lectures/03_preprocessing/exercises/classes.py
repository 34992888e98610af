"""Labels that are not even, and what is left to do once the network normalises itself."""

from grader import Choice, Number, Question

RARE_CLASS = Question(
    "preprocessing.rare_class",
    "Of the 8s only six are left among 1086 training digits. A network (rate 0.1, 15 epochs) "
    "reaches a validation accuracy of 0.88, on a validation set where 8s are as common as other "
    "digits. Which share of the validation set's 8s does it recognise? (Two decimals.)",
    number=Number(
        0.0,
        abs_tol=0.03,
        misreadings={
            0.88: "That is the accuracy over all ten digits. Ten per cent of them may all be "
            "wrong and it would still be 0.9.",
            0.5: "A coin? How many of the gradients in an epoch say what an 8 looks like?",
        },
    ),
    why="Not one, over five seeds. In an average over ten classes a class can vanish: look at "
    "every class by itself.",
)


SHIFT_BATCH_NORM = Question(
    "preprocessing.shift_batch_norm",
    "In lecture 05 networks subtract the mean of the *mini-batch* from the first layer's "
    "pre-activations z = x W + b, before the nonlinearity. Two such networks start from the same "
    "weights; one gets the centred digits, the other the same digits with 5 added to every pixel. "
    "What differs in the training losses?",
    choices=(
        Choice(
            "the shifted one diverges",
            "Without the subtraction it would. What does adding 5 to every pixel do to z in all "
            "examples of the batch?",
        ),
        Choice("nothing", right=True),
        Choice(
            "the shifted one learns more slowly",
            "How would it notice the shift? Write z for x + 5 and subtract its mean over the "
            "batch.",
        ),
        Choice(
            "the biases of the first layer, and so the losses",
            "What becomes of any constant in z, a bias included, when the mean over the batch is "
            "subtracted?",
        ),
    ),
    why="The shift adds the same vector to z for every example, and the batch mean takes it away "
    "again: the losses agree to 15 digits. At test time it is another matter, as the next figure "
    "shows.",
)
