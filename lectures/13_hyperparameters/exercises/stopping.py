"""When to stop a run."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Question

HOPELESS = Question(
    "hyperparameters.hopeless_runs",
    "150 random rates between 0.001 and 10, a network with one hidden layer of ReLUs, digits. "
    "On average a third of the runs ends below an accuracy of 0.2. Which part of these does the "
    "slide's rule stop, *the loss is above three times the first one*?",
    choices=(
        Choice(
            "all of them",
            "A run at the accuracy of guessing is lost. Has its loss to be high for that? What is "
            "the loss of guessing?",
        ),
        Choice(
            "about nine in ten",
            "Explosions are loud. Think of a network whose ReLUs have all gone silent: which loss "
            "does it print?",
        ),
        Choice(
            "about half",
            "How large is the loss of a network that says the same for every image, beside three "
            "times the first loss?",
        ),
        Choice("about one in six", right=True),
    ),
    why="Most of them die quietly. One step that is too long throws all ReLUs to the side where "
    "they are zero; from then on the network guesses, at a loss of ln 10, which looks like a "
    "first loss.",
)

NOT_LEARNING = Exercise(
    "trials.not_learning",
    points=2,
    minutes=4,
    returns=("hopeless",),
    hints=(
        "Which loss does a network have that guesses? You know it from the first check of every "
        "run.",
        "Epoch 1 stands at index 0. And what does a comparison with NaN say?",
        "Learning means: the loss at that epoch is below ln K less the margin. The answer is *not* "
        "that, for runs that are long enough.",
    ),
    promises={
        "A run that has not come that far is left alone": "too short to say",
        "learning.": ("better by a hair", "better by more than a hair"),
        "or whose loss is NaN": "NaN",
        "``after`` is less than 1, or": (
            "epoch 0, which must raise ValueError",
            "one class, which must raise ValueError",
        ),
    },
)


@NOT_LEARNING.cases
def _(rng: np.random.Generator):
    ten = math.log(10)
    r = rng.uniform(0.9, 1.1)

    def case(name, losses, classes=10, **options):
        return Case(name, (np.array(losses), classes), options)

    yield case("a run that learns", [1.9 * r, 1.2 * r, 0.8 * r, 0.6 * r])
    yield case("stuck at guessing", [ten + 0.4, ten + 0.003, ten + 0.002, ten + 0.001])
    yield case("it started at four, fell, and stays", [4 * r, ten + 0.01, ten + 0.01, ten])
    yield case("below it once, then dead", [1.4 * r, ten + 0.02, ten + 0.01, ten + 0.02])
    yield case("slow, but it moves", [ten, ten - 0.1, ten - 0.3, ten - 0.5])
    yield case("late: nothing yet, learning later", [ten + 0.1, ten + 0.05, 1.1 * r, 0.7 * r])
    yield case("learning at two, dead later", [2.0 * r, 1.5 * r, ten + 0.03, ten + 0.01])
    yield case("better by a hair", [ten + 0.1, ten - 0.01, ten - 0.01])
    yield case("better by more than a hair", [ten + 0.1, ten - 0.04, ten - 0.04])
    yield case("NaN", [2.4 * r, math.nan, math.nan])
    yield case("infinite", [30 * r, math.inf, math.inf])
    yield case("too short to say", [ten + 0.2])
    yield case("two classes", [0.9, 0.5 * r, 0.4 * r], classes=2)
    yield case("two classes, guessing", [0.9, 0.70, 0.69], classes=2)
    yield case("a patient rule", [ten, ten, ten, 1.3 * r], after=4)
    yield case("a patient rule, and still nothing", [ten, 1.3 * r, ten, ten], after=4)
    yield case("a wide margin", [ten, ten - 0.3, ten - 0.3], margin=0.5)
    yield Case("epoch 0, which must raise ValueError", (np.ones(3), 10), {"after": 0}, extreme=True)
    yield Case("one class, which must raise ValueError", (np.ones(3), 1), extreme=True)


def _verdict(losses, num_classes, after, margin):
    if after < 1 or num_classes < 2:
        raise ValueError("after or num_classes")
    return len(losses) >= after and not losses[after - 1] < math.log(num_classes) - margin


@NOT_LEARNING.misconception("compared with the first loss")
def _(losses, num_classes, *, after=2, margin=0.02):
    """You compare with the loss of the first epoch.
    A run starts at 4, falls to ln 10 and stays there. Has it learnt anything about the images?
    """
    _verdict(losses, num_classes, after, margin)
    return bool(len(losses) >= after and not losses[after - 1] < losses[0] - margin)


@NOT_LEARNING.misconception("the smallest loss so far")
def _(losses, num_classes, *, after=2, margin=0.02):
    """You look at the smallest loss up to that epoch.
    A run was well below guessing, and then it died. Which epoch do you ask?
    """
    _verdict(losses, num_classes, after, margin)
    if len(losses) < after:
        return False
    return bool(not np.nanmin(losses[:after]) < math.log(num_classes) - margin)


@NOT_LEARNING.misconception("NaN passes")
def _(losses, num_classes, *, after=2, margin=0.02):
    """You let a run go on whose loss is NaN.
    NaN >= 2.3 is False, and so is NaN < 2.3. Which of the two questions can be asked safely?
    """
    _verdict(losses, num_classes, after, margin)
    return bool(len(losses) >= after and losses[after - 1] >= math.log(num_classes) - margin)


@NOT_LEARNING.misconception("a logarithm of base 2")
def _(losses, num_classes, *, after=2, margin=0.02):
    """Your bound for ten classes is 3.3: you let nobody learn who guesses at 2.3, and call others
    hopeless only far above it. In which unit are these losses?
    """
    _verdict(losses, num_classes, after, margin)
    return bool(len(losses) >= after and not losses[after - 1] < math.log2(num_classes) - margin)


@NOT_LEARNING.misconception("the last loss")
def _(losses, num_classes, *, after=2, margin=0.02):
    """You judge by the last loss of the run.
    The rule is to stop a run early. Which epoch decides?
    """
    _verdict(losses, num_classes, after, margin)
    return bool(len(losses) >= after and not losses[-1] < math.log(num_classes) - margin)


@NOT_LEARNING.misconception("one epoch too late")
def _(losses, num_classes, *, after=2, margin=0.02):
    """You look one epoch too late.
    Under which index does an array hold the loss of epoch 1?
    """
    _verdict(losses, num_classes, after, margin)
    return bool(len(losses) > after and not losses[after] < math.log(num_classes) - margin)


@NOT_LEARNING.misconception("too short is hopeless")
def _(losses, num_classes, *, after=2, margin=0.02):
    """You stop a run that has not come to the epoch that decides.
    What does the text say about such a run?
    """
    if len(losses) < after:
        _verdict(losses, num_classes, after, margin)
        return True
    return _verdict(losses, num_classes, after, margin)


@NOT_LEARNING.misconception("the margin on the wrong side")
def _(losses, num_classes, *, after=2, margin=0.02):
    """You take a run for learning that is a hair *worse* than guessing.
    By the text, what must a run be better than, and by how much?
    """
    return _verdict(losses, num_classes, after, -margin)


@NOT_LEARNING.misconception("without the margin")
def _(losses, num_classes, *, after=2, margin=0.02):
    """You take a run for learning that is better than guessing by a hair.
    A loss fluctuates by a hundredth. What is `margin` for?
    """
    return _verdict(losses, num_classes, after, 0.0)
