"""Six training scripts with one wrong line each, and the questions that find it."""

from grader import Choice, Question

SCRIPT_A = Question(
    "recipe.script_a",
    "Script A: its training accuracy is that of the healthy one, its validation accuracy is that "
    "of guessing. `evaluate` on its own *training* recordings gives the accuracy of guessing, "
    "too. Which line is wrong?",
    choices=(
        Choice(
            "The training labels belong to other recordings.",
            "Labels of others can be memorised. What would `evaluate` say about the memorised "
            "training recordings then?",
        ),
        Choice(
            "There is no penalty: it overfits.",
            "However much it overfits, what does such a network know about its training "
            "recordings?",
        ),
        Choice("The evaluation exchanges bands and frames.", right=True),
        Choice(
            "The validation recordings come from another recorder.",
            "Which recordings did the last test evaluate?",
        ),
    ),
    why="In the log it looks like labels that were shuffled, or like overfitting. One test parts "
    "them: what was learnt is there, and `evaluate` does not find it. So it hands the network "
    "other numbers than the training does.",
    minutes=4,
    points=2,
)

SCRIPT_B = Question(
    "recipe.script_b",
    "Script B memorises twenty recordings perfectly, in 300 updates at this rate. On all "
    "recordings its loss is astronomic. Its last step, relative to the weights, is fifty times "
    "as long as that of the healthy script. Which line is wrong?",
    choices=(
        Choice(
            "The learning rate is too high.",
            "The healthy script has the same rate. And what would a rate that is too high do to "
            "twenty recordings?",
        ),
        Choice("The gradient is added to that of the updates before.", right=True),
        Choice(
            "The penalty has the wrong sign.",
            "A weight that grows by a share of itself, 1e-3 times the rate, in each update: how "
            "far does it come in 450 updates?",
        ),
        Choice(
            "The initial weights are too large.",
            "What is the first loss, and what is that of the healthy script?",
        ),
    ),
    why="Nobody set the gradients to zero. Each step sums all gradients since the start; twenty "
    "recordings are memorised before it matters. Whoever has forgotten `zero_grad` in PyTorch "
    "knows the picture.",
    minutes=4,
    points=2,
)

SCRIPT_C = Question(
    "recipe.script_c",
    "Script C learns. Its first loss is close to ln 8, and lower than that of the healthy "
    "script. On twenty recordings it never comes below a loss of 1.27, with any rate and however "
    "long. Which line is wrong?",
    choices=(
        Choice(
            "The learning rate is too low.",
            "A rate decides how soon. What decides how low?",
        ),
        Choice(
            "The network has too few units for twenty recordings.",
            "64 units, as in the healthy script. What does that one do with the twenty?",
        ),
        Choice(
            "Dropout is too strong.",
            "The loss of the twenty is measured by `evaluate`. Does dropout change it there?",
        ),
        Choice("The softmax is applied twice.", right=True),
    ),
    why="You have computed the floor: log(1 + 7/e) = 1.274. A network that ends in a softmax, "
    "and a loss function that brings one, too. It learns all the same, which is why it stays for "
    "years.",
    minutes=4,
    points=2,
)

SCRIPT_D = Question(
    "recipe.script_d",
    "Script D stops learning in the middle of the run: training and validation accuracy are both "
    "low and do not change any more. Twenty recordings it memorises. The relative length of its "
    "last step is 0. Which line is wrong?",
    choices=(
        Choice("The rate falls in each update, not in each epoch.", right=True),
        Choice(
            "Its hidden units are dead.",
            "Dead units do not memorise twenty recordings. What else makes a step short?",
        ),
        Choice(
            "The network is too small: it underfits.",
            "A network that is too small goes on moving at the bottom. How long are its steps?",
        ),
        Choice(
            "The penalty is too strong.",
            "A strong penalty and the loss pull against each other. Is the step exactly 0 then?",
        ),
    ),
    why="0.95 to the power of the number of the *update*: after 450 updates the rate is 1e-10 "
    "of what it was. Twenty recordings make one update an epoch, so that the small test cannot "
    "see it. Plot the rate.",
    minutes=4,
    points=2,
)

SCRIPT_E = Question(
    "recipe.script_e",
    "Script E trains as the healthy one does, digit by digit. Its validation accuracy is far "
    "below 1/8. `evaluate` on the same validation recordings, with the labels that you hand it, "
    "gives what the healthy script has. Which line is wrong?",
    choices=(
        Choice(
            "The evaluation exchanges bands and frames.",
            "You have called just that `evaluate`. What did it give?",
        ),
        Choice(
            "It validates on the wrong recordings.",
            "Recordings from elsewhere would give about 1/8. Which accuracy is below that?",
        ),
        Choice("The validation labels are shifted by one class.", right=True),
        Choice(
            "It overfits.",
            "The training is that of the healthy script. Does that one overfit to the same degree?",
        ),
    ),
    why="A network that knows something and is judged by the labels of others is worse than a "
    "coin. One file counts its classes from 0, the other from 1.",
    minutes=4,
    points=2,
)

SCRIPT_F = Question(
    "recipe.script_f",
    "Script F is worse than the healthy one in every accuracy that it prints, on training "
    "recordings, too. `evaluate` on the same recordings gives another number each time. Which "
    "line is wrong?",
    choices=(
        Choice(
            "The validation set is too small.",
            "It is the same set each time. Where does a new number come from?",
        ),
        Choice("Units are dropped in evaluation, too.", right=True),
        Choice(
            "It trains with another seed.",
            "The training is over when you call `evaluate`. What is drawn in an evaluation?",
        ),
        Choice(
            "The rate is still too high at the end: the weights are noisy.",
            "Do the weights change between two calls of `evaluate`?",
        ),
    ),
    why="An evaluation that draws numbers is no evaluation. In a framework: `model.eval()` was "
    "forgotten. The cheapest of all tests is to ask twice.",
    minutes=4,
    points=2,
)
