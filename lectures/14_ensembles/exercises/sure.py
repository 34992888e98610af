"""How sure is it, and is it right to be?"""

import numpy as np

from grader import Case, Choice, Exercise, Question
from utils.losses import softmax, softmax_loss

ECE = Exercise(
    "calibration.expected_calibration_error",
    points=3,
    minutes=6,
    returns=("ece",),
    promises={
        "A bin holds its lower edge": "confidences at the edges",
        "confidence of 1 belongs to the last bin": "one that is certain",
        "A bin without examples counts nothing": ("all alike", "twelve forecasts"),
    },
    hints=(
        "For each example three numbers: how sure, right or not, which bin. Then bin by bin.",
        "The number of the bin is the confidence times the number of bins, rounded down. And for "
        "a confidence of 1?",
        "In each bin: the distance between the share of right ones and the mean confidence, times "
        "the share of all examples that lie in it. Add these up.",
    ),
)


def _forecasts(rng, confidences, right, k=3):
    """Rows whose largest probability is given, at a class that is right or not."""
    n = len(confidences)
    probs, y = np.empty((n, k)), np.empty(n, dtype=int)
    for i, (c, good) in enumerate(zip(confidences, right, strict=True)):
        best, *others = rng.permutation(k)
        rest = (1 - c) * np.array([0.6, *([0.4 / (k - 2)] * (k - 2))])
        probs[i, best], probs[i, others] = c, rest
        y[i] = best if good else others[0]
    return probs, y


@ECE.cases
def _(rng: np.random.Generator):
    spread = [0.42, 0.47, 0.53, 0.62, 0.66, 0.72, 0.75, 0.84, 0.86, 0.93, 0.95, 0.98]
    right = [False, True, True, False, False, False, True, False, True, True, True, False]
    twelve = np.array(spread) + rng.uniform(-0.008, 0.008, 12)
    yield Case("twelve forecasts", _forecasts(rng, twelve, right))
    modest = [True, True, False, True, True, True, True, True, True, True, False, True]
    yield Case("five bins", _forecasts(rng, twelve, modest), {"bins": 5})
    alike = np.full(8, 0.7) + rng.uniform(-0.02, 0.02, 8)
    yield Case("all alike", _forecasts(rng, alike, [True] * 3 + [False] * 5), {"bins": 4})
    edges = [0.5, 0.5, 0.625, 0.75, 0.75, 0.875]
    right = [True, True, False, True, True, False]
    yield Case("confidences at the edges", _forecasts(rng, edges, right), {"bins": 4})
    certain = [1.0, 1.0, 0.95, 0.55]
    yield Case("one that is certain", _forecasts(rng, certain, [True, False, True, False]))
    yield Case("a single bin", _forecasts(rng, twelve, [False, True] * 6), {"bins": 1})


def _bins(probs, y, bins, *, confidence=None, bin_of=None):
    """For each bin with examples: how many, how sure, how many right."""
    confidence = probs.max(axis=1) if confidence is None else confidence
    right = probs.argmax(axis=1) == y
    if bin_of is None:
        bin_of = np.clip((confidence * bins).astype(int), 0, bins - 1)
    for b in range(bins):
        inside = bin_of == b
        if inside.any():
            yield (
                int(inside.sum()),
                float(confidence[inside].mean()),
                float(right[inside].mean()),
                b,
            )


@ECE.misconception("every bin counts the same")
def _(probs, y, *, bins=10):
    """A bin with one example counts as much in your mean as one with a hundred.
    The text asks for a mean over what?
    """
    gaps = [abs(right - sure) for _, sure, right, _ in _bins(probs, y, bins)]
    return float(np.mean(gaps))


@ECE.misconception("empty bins counted")
def _(probs, y, *, bins=10):
    """You divide by the number of all bins, those without examples included.
    If the same forecasts are sorted into many more bins, what becomes of your number?
    """
    return float(sum(abs(right - sure) for _, sure, right, _ in _bins(probs, y, bins)) / bins)


@ECE.misconception("without bins")
def _(probs, y, *, bins=10):
    """Your number does not depend on the bins: it compares one mean with another.
    Half of the examples are far too sure, half far too modest. What would you report?
    """
    return float(abs((probs.argmax(axis=1) == y).mean() - probs.max(axis=1).mean()))


@ECE.misconception("signs that cancel")
def _(probs, y, *, bins=10):
    """In your sum a bin that is too sure is paid for by one that is too modest.
    Is a distance ever negative?
    """
    return float(sum(n * (sure - right) for n, sure, right, _ in _bins(probs, y, bins)) / len(y))


@ECE.misconception("the probability of the right class")
def _(probs, y, *, bins=10):
    """For confidence you take the probability of the class that is right.
    How sure is a network that says 0.9 and is wrong?
    """
    sure = probs[np.arange(len(y)), y]
    return float(
        sum(n * abs(c - right) for n, c, right, _ in _bins(probs, y, bins, confidence=sure))
        / len(y)
    )


@ECE.misconception("the worst bin")
def _(probs, y, *, bins=10):
    """You return the largest distance of all bins. That number has a name, too: the maximum
    calibration error.
    Which one is asked for?
    """
    return float(max(abs(sure - right) for _, sure, right, _ in _bins(probs, y, bins)))


@ECE.misconception("the middle of the bin")
def _(probs, y, *, bins=10):
    """You compare the accuracy with the middle of the bin.
    What is compared according to the text? Must the examples of a bin lie around its middle?
    """
    return float(
        sum(n * abs((b + 0.5) / bins - right) for n, _, right, b in _bins(probs, y, bins)) / len(y)
    )


@ECE.misconception("upper edges")
def _(probs, y, *, bins=10):
    """At the edge of two bins you take the lower one.
    Which of its two edges does a bin hold?
    """
    bin_of = np.clip(np.ceil(probs.max(axis=1) * bins).astype(int) - 1, 0, bins - 1)
    return float(
        sum(n * abs(c - right) for n, c, right, _ in _bins(probs, y, bins, bin_of=bin_of)) / len(y)
    )


@ECE.misconception("the certain ones are lost")
def _(probs, y, *, bins=10):
    """An example with a confidence of 1 counts nowhere in your sum.
    Which bin does it belong to?
    """
    bin_of = (probs.max(axis=1) * bins).astype(int)
    return float(
        sum(n * abs(c - right) for n, c, right, _ in _bins(probs, y, bins, bin_of=bin_of)) / len(y)
    )


def _sorted_otherwise(probs, y, bins, bin_of):
    """The error with other bins; an example whose bin does not exist counts nowhere."""
    found = _bins(probs, y, bins, bin_of=bin_of)
    return float(sum(n * abs(c - right) for n, c, right, _ in found) / len(y))


@ECE.misconception("bins that are equally full")
def _(probs, y, *, bins=10):
    """Your bins hold equally many examples.
    What do the bins of the text have in common, their number of examples or their width?
    """
    ranks = probs.max(axis=1).argsort(kind="stable").argsort(kind="stable")
    return _sorted_otherwise(probs, y, bins, ranks * bins // len(y))


@ECE.misconception("bins from the confidence of a guess")
def _(probs, y, *, bins=10):
    """Your bins begin at 1/K, the least that a confidence can be.
    Between which two numbers does the text lay them?
    """
    confidence, guess = probs.max(axis=1), 1 / probs.shape[1]
    bin_of = ((confidence - guess) / (1 - guess) * bins).astype(int)
    return _sorted_otherwise(probs, y, bins, np.clip(bin_of, 0, bins - 1))


@ECE.misconception("bins between the lowest and the highest confidence")
def _(probs, y, *, bins=10):
    """Your bins lie between the lowest and the highest confidence of these examples.
    Between which two numbers does the text lay them?
    """
    confidence = probs.max(axis=1)
    span = max(float(np.ptp(confidence)), 1e-12)
    bin_of = ((confidence - confidence.min()) / span * bins).astype(int)
    return _sorted_otherwise(probs, y, bins, np.clip(bin_of, 0, bins - 1))


@ECE.misconception("always ten bins")
def _(probs, y, *, bins=10):
    """You sort into ten bins, whatever `bins` says.
    How wide is a bin when there are four of them?
    """
    bin_of = (probs.max(axis=1) * 10).astype(int)
    return _sorted_otherwise(probs, y, 10, np.clip(bin_of, 0, 9))


@ECE.misconception("one bin too few")
def _(probs, y, *, bins=10):
    """You have one bin less than `bins` says, and each is wider.
    How many edges do two bins have?
    """
    bin_of = (probs.max(axis=1) * (bins - 1)).astype(int)
    return _sorted_otherwise(probs, y, bins, np.clip(bin_of, 0, bins - 1))


@ECE.misconception("to the nearest edge")
def _(probs, y, *, bins=10):
    """You sort an example by the edge that is nearest to its confidence.
    A confidence just below 1 / bins and one just above 0: do they share a bin?
    """
    bin_of = np.round(probs.max(axis=1) * bins).astype(int)
    return _sorted_otherwise(probs, y, bins, np.minimum(bin_of, bins - 1))


@ECE.misconception("the last bin is lost")
def _(probs, y, *, bins=10):
    """Examples of the highest bin count nowhere in your sum.
    Does the number that you give to a bin start at 0 or at 1, and what does the loop over them do?
    """
    bin_of = (probs.max(axis=1) * bins).astype(int) + 1
    return _sorted_otherwise(probs, y, bins, bin_of)


@ECE.misconception("a bin of its own for certainty")
def _(probs, y, *, bins=10):
    """Examples with a confidence of 1 have a bin of their own with you.
    To which bin does the text give them?
    """
    bin_of = (probs.max(axis=1) * bins).astype(int)
    return _sorted_otherwise(probs, y, bins + 1, bin_of)


@ECE.misconception("edges that belong to no bin")
def _(probs, y, *, bins=10):
    """An example whose confidence is exactly an edge counts nowhere in your sum.
    Which of its two edges does a bin hold?
    """
    scaled = probs.max(axis=1) * bins
    return _sorted_otherwise(probs, y, bins, np.where(scaled % 1 == 0, -1, scaled.astype(int)))


@ECE.misconception("squared distances")
def _(probs, y, *, bins=10):
    """You square the distances of the bins before they are averaged.
    Which of the two does the text average, a distance or its square?
    """
    found = _bins(probs, y, bins)
    return float(sum(n * (right - sure) ** 2 for n, sure, right, _ in found) / len(y))


@ECE.misconception("the root of the mean square")
def _(probs, y, *, bins=10):
    """You return the root of the mean squared distance of the bins. A large one counts more in it.
    Which mean does the text ask for?
    """
    found = _bins(probs, y, bins)
    return float(np.sqrt(sum(n * (right - sure) ** 2 for n, sure, right, _ in found) / len(y)))


@ECE.misconception("each example by itself")
def _(probs, y, *, bins=10):
    """You compare the confidence in each example with whether that one is right.
    A coin that says 0.5 and is right half of the time: how well calibrated is it, and what do you
    report?
    """
    return float(np.abs((probs.argmax(axis=1) == y) - probs.max(axis=1)).mean())


@ECE.misconception("a sum over the examples")
def _(probs, y, *, bins=10):
    """Your number grows with the number of examples: every example adds the distance of its bin.
    What kind of number does the text make of them?
    """
    return float(sum(n * abs(right - sure) for n, sure, right, _ in _bins(probs, y, bins)))


@ECE.misconception("in per cent")
def _(probs, y, *, bins=10):
    """Your number is a hundred times as large, as if in per cent.
    In which unit are the probabilities?
    """
    found = _bins(probs, y, bins)
    return float(100 * sum(n * abs(right - sure) for n, sure, right, _ in found) / len(y))


@ECE.misconception("the mean of an empty bin")
def _(probs, y, *, bins=10):
    """You return NaN where a bin has no examples: the mean of nothing.
    NaN times zero is NaN. What should an empty bin add?
    """
    found = list(_bins(probs, y, bins))
    if len(found) < bins:
        return float("nan")
    return float(sum(n * abs(right - sure) for n, sure, right, _ in found) / len(y))


TEMPERATURE = Exercise(
    "calibration.fit_temperature",
    points=2,
    minutes=3,
    returns=("temperature",),
    promises={"the first of equal ones": ("scores that say nothing", "three equal ones")},
    hints=(
        "Try every candidate. What is the log loss of scores / T, and which function gives it?",
        "`softmax_loss` takes scores, not probabilities. `min` takes a `key`.",
    ),
)


def _two_camps(rng, gap, n_right, n):
    """Scores with this distance between the best class and the others, right in n_right of n."""
    k = 3
    best = rng.integers(0, k, n)
    scores = gap * (best[:, None] == np.arange(k)) + rng.uniform(-0.05, 0.05, (n, k)) * gap
    y = np.where(np.arange(n) < n_right, best, (best + 1) % k)
    return scores, y


TRIES = [1.0, 0.25, 0.5, 2.0, 4.0]


@TEMPERATURE.cases
def _(rng: np.random.Generator):
    yield Case("far too sure", (*_two_camps(rng, 8.0, 9, 12), TRIES))
    yield Case("far too modest", (*_two_camps(rng, 1.0, 12, 12), TRIES))
    yield Case("a little too sure", (*_two_camps(rng, 4.0, 10, 12), TRIES))
    nothing = np.zeros((4, 3)), np.array([0, 1, 2, 0])
    yield Case("three equal ones", (*nothing, [2.0, 0.5, 1.0]))
    yield Case("one candidate", (*_two_camps(rng, 2.0, 8, 10), [3.0]))
    yield Case("scores that say nothing", (np.zeros((4, 3)), np.array([0, 1, 2, 0]), [2.0, 0.5]))
    scores, y = _two_camps(rng, 3.0, 12, 12)
    # One example of twelve is wrong and very sure: the log loss minds it more than other measures.
    scores[0], y[0] = [30.0, 0.0, 0.0], 1
    yield Case("one sure mistake", (scores, y, TRIES))
    scores, y = _two_camps(rng, 1.0, 12, 12)
    levels = 10.0 * np.arange(12)[:, None]  # added to all scores of an example: changes nothing
    yield Case("each example on a level of its own", (scores + levels, y, TRIES))
    scores, y = _two_camps(rng, 4.0, 2, 12)
    yield Case("wrong in most cases", (scores, y, TRIES))
    yield Case("huge scores", (*_two_camps(rng, 4000.0, 9, 12), [100.0, 1000.0]), extreme=True)


@TEMPERATURE.misconception("times the temperature")
def _(scores, y, temperatures):
    """You make a network that is too sure still more sure.
    The text divides by T. What does a large T do to the scores?
    """
    return min(temperatures, key=lambda t: softmax_loss(scores * t, y)[0])


@TEMPERATURE.misconception("the highest loss")
def _(scores, y, temperatures):
    """You return the candidate with the highest log loss.
    Is a loss to be large or small?
    """
    return max(temperatures, key=lambda t: softmax_loss(scores / t, y)[0])


@TEMPERATURE.misconception("by accuracy")
def _(scores, y, temperatures):
    """You return the first candidate, whatever the scores are. That is what accuracy would choose.
    Does the class with the largest score change when all scores are divided by one number?
    """
    return max(temperatures, key=lambda t: float(((scores / t).argmax(axis=1) == y).mean()))


@TEMPERATURE.misconception("the largest mean confidence")
def _(scores, y, temperatures):
    """You choose the temperature that makes the network most sure, right or wrong.
    Which function of the scores and the labels was to be small?
    """
    return max(temperatures, key=lambda t: float(softmax(scores / t).max(axis=1).mean()))


@TEMPERATURE.misconception("the squared error")
def _(scores, y, temperatures):
    """One sure mistake counts too little with you.
    The squared error of a probability is at most 1, its logarithm has no bound.
    Which of the two is the log loss?
    """
    right = np.eye(scores.shape[1])[y]
    return min(temperatures, key=lambda t: float(((softmax(scores / t) - right) ** 2).sum()))


@TEMPERATURE.misconception("the probabilities divided")
def _(scores, y, temperatures):
    """Your answer is the smallest candidate, whatever the scores are.
    So it is when the probabilities are divided by T. What does the text divide, and when?
    """
    return min(temperatures)


@TEMPERATURE.misconception("the mean probability of the right class")
def _(scores, y, temperatures):
    """You choose the temperature with the highest mean probability of the right class.
    One sure mistake costs little in such a mean. What is taken of each probability before?
    """
    rows = np.arange(len(y))
    return max(temperatures, key=lambda t: float(softmax(scores / t)[rows, y].mean()))


@TEMPERATURE.misconception("softmax down the columns")
def _(scores, y, temperatures):
    """The same number added to all scores of one example changes your answer.
    It looks as if the exponentials were divided by their sum over the examples.
    What sums to 1: the classes of an example, or the examples of a class?
    """

    def loss(t):
        shifted = scores / t - (scores / t).max(axis=0)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=0))
        return -log_p[np.arange(len(y)), y].mean()

    return min(temperatures, key=loss)


@TEMPERATURE.misconception("by calibration")
def _(scores, y, temperatures):
    """You bring the mean confidence as near to the accuracy as the candidates allow.
    That is what one hopes for. Of what does the text ask for the lowest?
    """
    accuracy = (scores.argmax(axis=1) == y).mean()
    sure = [abs(softmax(scores / t).max(axis=1).mean() - accuracy) for t in temperatures]
    return temperatures[int(np.argmin(sure))]


@TEMPERATURE.misconception("the place in the list")
def _(scores, y, temperatures):
    """You return the place of the best candidate.
    Which number stands there?
    """
    return int(np.argmin([softmax_loss(scores / t, y)[0] for t in temperatures]))


@TEMPERATURE.misconception("the last of equal ones")
def _(scores, y, temperatures):
    """When several candidates are equally good, you return the last.
    Which does the text ask for?
    """
    return min(reversed(temperatures), key=lambda t: softmax_loss(scores / t, y)[0])


@TEMPERATURE.misconception("the smallest of equal ones")
def _(scores, y, temperatures):
    """When several candidates are equally good, you return the smallest.
    Which does the text ask for?
    """
    return min(sorted(temperatures), key=lambda t: softmax_loss(scores / t, y)[0])


@TEMPERATURE.misconception("the loss instead of the temperature")
def _(scores, y, temperatures):
    """You return a loss.
    Which of the candidates has it?
    """
    return min(softmax_loss(scores / t, y)[0] for t in temperatures)


ONE_TEMPERATURE = Question(
    "ensembles.one_temperature",
    "Noisy digits. One network has a log loss of about 1.65, twenty averaged have 1.29. Take the "
    "one network alone, and divide its scores by one number T that is fitted on 300 examples. Its "
    "log loss?",
    choices=(
        Choice(
            "1.50",
            "How sure is this network, and how often is it right? What does a log loss charge for "
            "being sure and wrong?",
        ),
        Choice(
            "1.40: better, but behind the twenty.",
            "Twenty networks also repair something else besides accuracy. Which part of a log loss "
            "of 1.6 comes from being too sure?",
        ),
        Choice(
            "1.29: the same as the twenty.",
            "Twenty networks remove noise and are a little less sure. Does T have to stop where "
            "they stop?",
        ),
        Choice("About 1.1: better than the twenty.", right=True),
    ),
    why="Most of the log loss was overconfidence. One number removes that; nineteen more "
    "networks remove only part of it. They bring accuracy, which T cannot.",
)
