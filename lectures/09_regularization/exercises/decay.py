"""L2 in the gradient, or decay beside the step: plain SGD, momentum, AdamW."""

import numpy as np

from grader import Choice, Number, Question

MOMENTUM_DECAY = Question(
    "regularization.momentum_decay",
    r"One weight, no data. The gradient of an L2 penalty, $\lambda w$ with $\lambda = 0.01$, goes "
    r"into SGD with rate 0.1 and momentum 0.9. From $w = 1$ it falls to 0.37 in 100 steps. Now the "
    r"decay stays out of the gradient and stands beside the step, $w \leftarrow w - \eta\lambda "
    r"w$. Where is $w$ after 100 steps?",
    choices=(
        Choice(
            "0.37, the same: momentum only smooths the path.",
            "A velocity gathers many gradients before it is forgotten. How much do they add up to?",
        ),
        Choice("0.90", right=True),
        Choice(
            "0.04, for momentum no longer holds it up.",
            "Does momentum slow a steady pull down, or add to it?",
        ),
        Choice(
            "0.99: the velocity is 0 all the time.",
            "What is a hundred times the share that one step takes?",
        ),
    ),
    why=r"Without momentum every step takes a thousandth: $0.999^{100} = 0.90$. In the gradient "
    r"the pull is added to the velocity, and goes on for about $1/(1 - \mu) = 10$ steps: ten times "
    r"as strong.",
)

DEFAULT_DECAY = Question(
    "regularization.default_decay",
    "AdamW at its usual settings, learning rate 0.001 and weight decay 0.01, for 720 steps. Which "
    "percentage of a weight does the decay take away in the whole run?",
    number=Number(
        100 * (1 - (1 - 1e-5) ** 720),
        rel_tol=0.02,
        misreadings={
            7.2: "Which two numbers are multiplied in each step?",
            51.3: "By which rate is the decay multiplied in AdamW?",
            99.93: "The decay is 0.01 times the rate. What is left after one step?",
            0.0072: "That is nearly the share. What is it in percent?",
        },
    ),
    why="A step takes the share $10^{-3} \\cdot 10^{-2} = 10^{-5}$; 720 of them take 0.72%. The "
    "time scale of the decay is $1/(\\eta\\lambda) = 100{,}000$ steps. In a short run the default "
    "does nothing at all.",
)

ROTATION = Question(
    "regularization.rotation",
    r"Before batch norm each step pushes $w$ sideways and makes it longer, and the decay makes it "
    r"shorter. After a while the length settles. Then $w$ turns in each step by an angle of about "
    r"$\sqrt{2\eta\lambda}$. Rate 0.1, decay 0.3: by how many radians?",
    number=Number(
        float(np.sqrt(0.06)),
        rel_tol=0.02,
        misreadings={
            0.03: "That is the product. What is still to be done with it?",
            0.06: "You have twice the product. Which function is left?",
            0.1732: "Is there not a 2 under the square root?",
            0.3464: "Where does the 2 stand, inside or outside?",
        },
    ),
    why=r"A step is $\eta\|g\|$ long and at right angles to $w$, so $\|w\|^2$ gains "
    r"$\eta^2\|g\|^2$. The decay takes $2\eta\lambda\|w\|^2$. Where they balance, the angle "
    r"$\eta\|g\|/\|w\|$ is $\sqrt{2\eta\lambda}$: 0.245, about 14 degrees, whatever the data.",
)
