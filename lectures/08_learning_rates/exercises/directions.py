"""Many directions and one schedule: how good 1/t is there, and what is best."""

from grader import Choice, Question

ONE_OVER_T_100 = Question(
    "learning_rates.one_over_t_100",
    r"In one direction the rates 1, 1/2, 1/3, … are the best there are. Now take 100 directions "
    r"with the curvatures $1, \frac12, \dots, \frac1{100}$ and a noise variance equal to "
    r"the curvature, start at $w = 10$ in all of them, and make 100 steps. How good are these "
    "rates now?",
    choices=(
        Choice(
            "Still the best.",
            "After ten steps the rate is a tenth. How far has the direction of curvature 1/100 "
            "come, and how far will it get?",
        ),
        Choice(
            "Within 10 % of the best.",
            "How large is the product of rate and curvature in the flattest direction, added up "
            "over all steps?",
        ),
        Choice("More than 40 times the best loss.", right=True),
        Choice(
            "They diverge.",
            "The largest curvature is 1 and the largest rate is 1. Where is the limit?",
        ),
    ),
    why="The steep directions are done within a few steps, and their noise asks for small rates. "
    "The flat ones have hardly moved, and nothing but large rates brings them home.",
)


OPTIMAL_SHAPE = Question(
    "learning_rates.optimal_shape",
    "For these 100 directions a computer finds the very best 100 rates, none larger than 1.95. "
    "What do they look like?",
    choices=(
        Choice(
            "They fall from the start, like 1/t with a smaller factor.",
            "Every early decay slows the flat directions down. What is gained by calming the noise "
            "70 steps before the end?",
        ),
        Choice(
            "Half a wave: flat, steep in the middle, flat.",
            "What good are the middle rates of such a wave, once calm is only needed at the end?",
        ),
        Choice("They stay at 1.95, and fall in the last third.", right=True),
        Choice(
            "They rise for half of the time, then fall.",
            "Is there anything here that makes a large rate more dangerous at the start than "
            "later?",
        ),
    ),
    why="Noise has to be small at the end only, and it dies out fast once the rate falls. Until "
    "then every step serves to cover distance.",
)


BEYOND = Question(
    "learning_rates.beyond",
    r"A rate above $2/\lambda_{\max}$, here 2, makes gradient descent diverge. Take the limit of "
    r"1.95 "
    "away. Does the best schedule of 100 steps use a rate above 2?",
    choices=(
        Choice(
            "No: each such step makes the loss grow.",
            "It grows along the steepest direction. What do other steps do to that one, and what "
            "does a very long step do to a flat one?",
        ),
        Choice(
            "Only in the very first step.",
            "What is special about the first step, when there are 99 more to repair the damage?",
        ),
        Choice(
            "Only if there is no noise.",
            "Noise makes long steps dear. But what is dear for the directions that are still far "
            "out?",
        ),
        Choice("Yes, and the final loss is halved by it.", right=True),
    ),
    why=r"$2/\lambda_{\max}$ is the limit of a rate that is *repeated*. One step at 46 throws "
    r"the steep "
    "directions far out and takes half of the way in a flat one; later steps of rate 1 bring the "
    "steep ones back at once.",
)
