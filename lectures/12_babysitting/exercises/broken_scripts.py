"""Six broken training scripts, and what the checks say about them."""

from grader import Choice, Question

SCRIPT_2 = Question(
    "babysitting.script_2",
    "Script 2: all checks before the training are passed. After five epochs the training accuracy "
    "is 0.50, and the validation accuracy about that of guessing. What is its bug?",
    choices=(
        Choice(
            "The network is too large and overfits.",
            "A network that overfits still knows something about new images. What does this one "
            "know about them?",
        ),
        Choice("The training labels belong to other images.", right=True),
        Choice(
            "The learning rate is too low.",
            "The training loss falls well below ln 10. Is it a matter of time, then?",
        ),
        Choice(
            "The gradient of the first layer is wrong.",
            "There is a column for that. What does it say?",
        ),
    ),
    why="The training labels were shuffled against the images. The network memorises them all the "
    "same, which is why twenty images pass. But what it memorises is chance, and of no use on "
    "images whose labels are right.",
)


SCRIPT_3 = Question(
    "babysitting.script_3",
    "Script 3: the first loss is more than 4. Then the loss goes to 2.3026 and stays there, also "
    "on twenty images of which it knows 0.35. What is its bug?",
    choices=(
        Choice(
            "The learning rate is too low: the loss is flat.",
            "It came down to where it is quickly. Which value is it that it stays at?",
        ),
        Choice(
            "The labels belong to other images.",
            "Twenty wrong labels can be memorised, too. What happens here?",
        ),
        Choice("The mean image was not subtracted.", right=True),
        Choice(
            "All weights start at zero.",
            "What would the first loss be then?",
        ),
    ),
    why="The inputs have a mean of 1.6, and their first step pushes all hidden units in one "
    "direction: they are dead, and only the output biases learn. 2.3026 is the blind baseline: "
    "the network no longer looks at the image.",
)


SCRIPT_4 = Question(
    "babysitting.script_4",
    "Script 4 has the best validation accuracy of all, 0.77, as high as its training accuracy. "
    "The right script has the same training accuracy. What do you conclude?",
    choices=(
        Choice(
            "It is the right script with a luckier start.",
            "Its losses are those of the right script, digit by digit. What alone differs?",
        ),
        Choice(
            "Its validation set is too small to tell.",
            "Both have 500 images to validate with. How far would chance move 0.5?",
        ),
        Choice(
            "No gap at all: it underfits.",
            "It fits the training set exactly as well as the right script does. What is it that "
            "differs?",
        ),
        Choice("It validates on images it was trained on.", right=True),
    ),
    why="The training is the same, digit by digit. Only the last column differs, so only the "
    "images in the validation set can. They are 500 of the training images. A result that is too "
    "good is a symptom.",
)


SCRIPT_5 = Question(
    "babysitting.script_5",
    "Script 5 learns: it knows the twenty images, and reaches a validation accuracy of 0.29 on "
    "all of them. Which check is not passed, and what is broken?",
    choices=(
        Choice(
            "The last column: its learning rate should be tuned.",
            "A rate changes how far a step goes. Which earlier column does not depend on the "
            "rate, and is still not as it should be?",
        ),
        Choice("The gradient check: the backward pass is wrong.", right=True),
        Choice(
            "The gap: it needs regularisation.",
            "A gap is a symptom of many things. Which column comes before it?",
        ),
        Choice(
            "The first loss: the weights are too large.",
            "It is that of the right script, to the last digit. What else is not?",
        ),
    ),
    why="Its backward pass forgets where the ReLU is 0 and lets every gradient through. That "
    "direction is wrong, but leads downhill often enough to learn a little. Twenty images do not "
    "find such a bug; the gradient check does.",
)


SCRIPT_6 = Question(
    "babysitting.script_6",
    "Script 6: the first loss is 2.302585, equal to ln 10 in all its digits. The gradient is "
    "right. Yet it cannot memorise twenty images. What is its bug?",
    choices=(
        Choice(
            "The mean image was not subtracted.",
            "The first two columns describe the inputs. How do they compare with the right script?",
        ),
        Choice(
            "The learning rate is too low.",
            "It is that of the right script, which memorises the images at it. What is special "
            "about a first loss that has no error at all?",
        ),
        Choice(
            "The labels belong to other images.",
            "Labels of chance can be memorised. Which gradients does this network have?",
        ),
        Choice("All its weights start at zero.", right=True),
    ),
    why="Tiny weights give nearly ln 10, zero weights exactly ln 10. All hidden outputs are 0, so "
    "the gradient of both weight matrices is exactly 0, and finite differences agree. Only the "
    "output biases learn.",
)
