"""The first rate: what a range test says, and why its answer moves."""

import numpy as np

from grader import Case, Choice, Exercise, Question

FINDER_MOVES = Question(
    "learning_rates.finder_moves",
    "A range test lets the rate grow from update to update, by the same factor each time, from "
    "0.001 to 100 in 30 updates. The loss blows up at a rate of about 8. The same range in 1000 "
    "updates: at which rate does it blow up?",
    choices=(
        Choice(
            "At about 8 again: it belongs to the network.",
            "Above the limit the loss grows by some factor in each step. How many steps does each "
            "of the two tests spend at rates a little above it?",
        ),
        Choice(
            "At about 20: by then it has learnt more.",
            "It has learnt more. Is the surface flatter where it is now, and does the test end "
            "when the loss begins to grow, or how many steps later?",
        ),
        Choice("At about 1.3, several times as low", right=True),
        Choice(
            "At about 5, a little lower",
            "How many steps does the long test make while its rate goes from 1 to 8? And the "
            "short one?",
        ),
    ),
    why="A blow-up takes time. The short test has raced past the limit before the loss has had the "
    "steps to grow; the long one stays at each rate and sees it come. A test measures its own "
    "length, too.",
)


SUGGEST = Exercise(
    "rates.suggest_rate",
    points=2,
    minutes=6,
    hints=(
        "Keep one number, the average. Each loss pulls it a little towards itself.",
        "An average that begins at 0 is too small at first. Adam divides it by something that "
        "grows from 1 - beta to 1. By what?",
        "Multiply the average by beta and add (1 - beta) times the loss; divide by one minus "
        "beta to the power of the number of losses. Then the rate of the smallest, divided by "
        "`divide`.",
    ),
    returns=("lr",),
    promises={"smallest averages the first counts": "two smallest averages"},
)


def recorded(rng: np.random.Generator, steps: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """A range test: the loss falls, reaches its bottom and climbs; one batch early on was easy."""
    lrs = np.geomspace(1e-3, 10, steps) * rng.uniform(0.9, 1.1)
    where = np.linspace(0, 1, steps)
    losses = np.interp(where, [0, 0.3, 0.65, 0.8, 1], [2.3, 2.0, 0.8, 1.5, 6.0])
    losses = losses + 0.02 * rng.standard_normal(steps)
    losses[steps // 4] = 0.3
    return lrs, losses


@SUGGEST.cases
def _(rng: np.random.Generator):
    yield Case("a range test of 40 updates", recorded(rng))
    yield Case("another share", recorded(rng), {"divide": 3.0})
    few = np.array([2.0, 1.0, 1.6, 1.45, 3.0]) * float(rng.uniform(0.9, 1.1))
    yield Case("five updates", (np.geomspace(0.01, 1, 5), few))
    size = float(rng.uniform(0.9, 1.1))
    valley = np.interp(np.arange(41), [0, 5, 10, 20, 40], [2.5, 2.4, 1.5, 1.0, 4.0])
    yield Case("a smooth valley", (np.geomspace(1e-3, 10, 41), size * valley))
    yield Case("a longer memory", (np.geomspace(1e-3, 10, 41), size * valley), {"beta": 0.95})
    rising = np.array([2, 1.5, 1, 1.2, 1.5, 2, 3, 4, 5, 6.0])
    yield Case("ten updates", (np.geomspace(1e-2, 10, 10), size * rising))
    yield Case(
        "two smallest averages",
        (np.geomspace(0.01, 1, 5), np.array([2.0, 1.0, 1.5, 1.0, 3.0])),
        {"beta": 0.0},
    )
    yield Case("a loss that only falls", (np.geomspace(0.01, 1, 6), np.linspace(2, 1, 6)))
    yield Case("one update", (np.array([0.2]), np.array([2.3])))


def from_averages(lrs, averages, divide):
    return float(lrs[np.argmin(averages)]) / divide


def running(losses, beta, start=0.0):
    averages, m = [], start
    for loss in losses:
        m = beta * m + (1 - beta) * loss
        averages.append(m)
    return np.array(averages)


def corrected(losses, beta):
    return running(losses, beta) / (1 - beta ** np.arange(1, len(losses) + 1))


@SUGGEST.misconception("no bias correction")
def _(lrs, losses, *, beta=0.9, divide=10.0):
    """Your average begins near 0 and has to climb first, so its smallest value stands at the very
    beginning. By what is an average too small that began at 0?
    """
    return from_averages(lrs, running(losses, beta), divide)


@SUGGEST.misconception("the losses as they are")
def _(lrs, losses, *, beta=0.9, divide=10.0):
    """You take the rate of the smallest single loss. A batch of easy examples is enough for that.
    What is the average for?
    """
    return from_averages(lrs, losses, divide)


@SUGGEST.misconception("the average begins with the first loss")
def _(lrs, losses, *, beta=0.9, divide=10.0):
    """In a long test you are right. In a short one your average clings to the first loss.
    Which share of your average is the first loss after three updates, and which should it be?
    """
    return from_averages(lrs, running(losses, beta, start=float(losses[0])), divide)


@SUGGEST.misconception("multiplied in place of divided")
def _(lrs, losses, *, beta=0.9, divide=10.0):
    """Your rate is larger than the one with the smallest loss.
    At that rate the loss was about to rise. Should one be bolder or more careful?
    """
    return from_averages(lrs, corrected(losses, beta), 1 / divide)


@SUGGEST.misconception("not divided")
def _(lrs, losses, *, beta=0.9, divide=10.0):
    """Your rate does not depend on `divide`.
    At the rate of the smallest loss, what does the loss do next?
    """
    return from_averages(lrs, corrected(losses, beta), 1.0)


@SUGGEST.misconception("the two shares exchanged")
def _(lrs, losses, *, beta=0.9, divide=10.0):
    """Your average forgets nearly all of its past in each step.
    Which of its two parts should beta belong to?
    """
    return from_averages(lrs, corrected(losses, 1 - beta), divide)


@SUGGEST.misconception("the steepest place")
def _(lrs, losses, *, beta=0.9, divide=10.0):
    """You take the rate where the average falls fastest.
    Some tools do that. Which place does the text ask for?
    """
    averages = corrected(losses, beta)
    return float(lrs[np.argmin(np.diff(averages, prepend=averages[0]))]) / divide


@SUGGEST.misconception("the last rate")
def _(lrs, losses, *, beta=0.9, divide=10.0):
    """You start from the last rate of the test, where the loss is highest.
    Where is it lowest?
    """
    return float(lrs[-1]) / divide
