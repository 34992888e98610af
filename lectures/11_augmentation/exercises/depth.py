"""After the slides: residual networks, and features that were learnt elsewhere."""

from grader import Choice, Question

SMALLER_GIANT = Question(
    "architectures.smaller_giant",
    "AlexNet (2012) has 8 layers with weights, ResNet-152 (2015) has 152. Which of the two has "
    "more parameters?",
    choices=(
        Choice("AlexNet, by a little", right=True),
        Choice(
            "ResNet-152, by a factor of 3",
            "Where do AlexNet's parameters sit? And how many dense layers does a ResNet have?",
        ),
        Choice(
            "ResNet-152, by a factor of 19, as it has 19 times the layers",
            "Do all layers have the same number of parameters? Compare 3 × 3 × 64 × 64 with "
            "9216 × 4096.",
        ),
        Choice(
            "AlexNet, by a factor of 10",
            "152 layers of filters cost something, too. Did you count the blocks with 512 "
            "channels?",
        ),
    ),
    why="60,965,224 and 60,192,808. A mean over all places takes the place of the dense layers: "
    "2048 numbers go into the last layer, not 9216 into the first of three. The work is another "
    "matter: 0.7 and 11.5 billion multiplications.",
)


TRANSFER = Question(
    "augmentation.transfer",
    "A network with one hidden layer has learnt the digits 0 to 4 at random places, with shifts. "
    "Now 5, 6, 7, 8 and 9 are to be told apart, at random places, from *five* images of each and "
    "without shifts. From scratch that gives 0.34. Now the hidden layer is kept as it is, and only "
    "a new last layer is trained. That gives",
    choices=(
        Choice("0.40", right=True),
        Choice(
            "0.25: features of other digits are in the way",
            "Is what distinguishes a 3 from a 4 of no use for a 5? And random features give 0.33.",
        ),
        Choice(
            "0.34: a new last layer is as good as a new network",
            "Does a hidden layer trained on 600 digits say nothing about strokes that 25 images "
            "could not?",
        ),
        Choice(
            "0.80: it has learnt that places do not matter",
            "For five digits it has. Are its hidden units the same for a digit here and there, or "
            "only its five answers?",
        ),
    ),
    why="A gain, and a modest one: the invariance sits in the last layer as much as in the hidden "
    "one. Deep networks transfer far better.",
)
