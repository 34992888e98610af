"""Schedules compared: at one rate, and each at its own best one."""

from grader import Choice, Question

FAIR = Question(
    "learning_rates.fair",
    "Wrong labels again, 300 updates. The best constant rate is 0.3. Begin a linear decay to 0 at "
    "that same 0.3. What becomes of the excess of the training loss over its minimum?",
    choices=(
        Choice("Hardly anything: it stays nearly as it was.", right=True),
        Choice(
            "It is halved: the noise of the last steps is gone.",
            "It is gone. What has become of the distance that the steps cover in all?",
        ),
        Choice(
            "A tenth of it is left.",
            "How small is the noise of a rate of 0.3 in 300 updates, compared with what is still "
            "to be learnt?",
        ),
        Choice(
            "It doubles: the steps are half as long on average.",
            "They are. What is won in return at the end of the run?",
        ),
    ),
    why="Half of the way is lost and the noise is gone, and the two cancel nearly. Whoever "
    "compares schedules at the constant's best rate concludes that they are useless.",
)


PEAK = Question(
    "learning_rates.peak",
    "With 1000 updates the best constant rate is 0.3. At which rate should a linear decay to 0 "
    "begin, to do its best?",
    choices=(
        Choice(
            "0.15: careful from the start",
            "Its rates are half as large on average even if it begins at 0.3. Does it need to be "
            "more careful?",
        ),
        Choice(
            "0.3, where the constant rate is best",
            "What keeps the constant rate from being larger? Does the decay have that trouble?",
        ),
        Choice("1.6, five times as high", right=True),
        Choice(
            "0.6: then the mean rate is the same",
            "Equal means cover equal distances. Has the decay still another advantage that it "
            "could spend?",
        ),
    ),
    why="What limits a constant rate is the noise at the end. A decay ends at 0, so it can "
    "afford far more noise on the way and takes the distance at several times the speed.",
)
