"""Prepare the data so that nothing breaks on new ones."""

import numpy as np

from grader import Case, Exercise, Number, Question

from .. import drivers

NAN_SHARE = Question(
    "recipe.share_of_nan",
    "One of the 12 bands is dead: 0 in every recording, in all 20 frames. You standardise each "
    "of the 240 numbers, (x - mean) / std. Which share of the numbers in the training matrix is "
    "NaN afterwards?",
    number=Number(
        1 / 12,
        rel_tol=0.02,
        misreadings={
            1
            / 240: "That would be one number of each recording. How many numbers does a band have?",
            0.0: "What is 0 divided by 0, for NumPy?",
            1 / 20: "Bands and frames: which of the two is dead here?",
            100 / 12: "If you mean percent: give it as a share, a number between 0 and 1.",
        },
    ),
    why="One band of twelve, 8.3 % of all numbers. And a single NaN in a row is enough to make all "
    "scores of that row NaN: the whole training set is lost.",
)

FIT_PREPARATION = Exercise(
    "recipe.fit_preparation",
    points=5,
    minutes=12,
    returns=("prepared",),
    driver=drivers.prepared,
    promises={
        "shape and dtype": "float32",
        "that differ by a positive factor": "two recorders",
        "has mean 0": "two recorders",
        "have mean 1": "two recorders",
        "always finite": "a silent recording",
        "the same alone as": "one new recording alone",
    },
    hints=(
        "Two kinds of scale: that of a recording, and that of one of the 240 numbers over all "
        "recordings. Which of the two would recorder B spoil if you took the other one first?",
        "The size of a recording is a number for each row: `mean(axis=(1, 2), keepdims=True)` of "
        "the squares, and its square root. For any shape: all axes but the first.",
        "What is learnt from the training recordings is computed outside the inner function: the "
        "mean of the recordings *after* each was divided by its size. Division by 0: replace "
        "such a divisor by 1 first, `np.where(size > 0, size, 1)`.",
    ),
)


def _calls(rng, n, dead=None):
    x = np.abs(rng.standard_normal((n, 3, 4))) + np.linspace(0, 2, 4)
    if dead is not None:
        x[:, dead] = 0
    return x


@FIT_PREPARATION.cases
def _(rng: np.random.Generator):
    x = _calls(rng, 12)
    x[[1, 4, 5, 8]] *= 10
    new = np.concatenate([x[:3], 10 * x[6:8], _calls(rng, 3)])
    yield Case("two recorders", (x, new))
    x = _calls(rng, 10)
    yield Case("one new recording alone", (x, 7 * _calls(rng, 1)))
    x = _calls(rng, 10, dead=1)
    yield Case("a dead band", (x, _calls(rng, 4, dead=1)))
    yield Case("a dead band that sounds in a new recording", (x, _calls(rng, 4)))
    x = _calls(rng, 11)
    x[3] = 0
    new = _calls(rng, 4)
    new[2] = 0
    yield Case("a silent recording", (x, new))
    yield Case("another shape of an example", (rng.random((9, 5)) + 0.2, rng.random((4, 5)) + 0.2))
    yield Case("very soft recordings", (2e-7 * _calls(rng, 8), 2e-7 * _calls(rng, 3)), extreme=True)


def _size(x):
    size = np.sqrt((x**2).mean(axis=tuple(range(1, x.ndim)), keepdims=True))
    return np.where(size > 0, size, 1)


@FIT_PREPARATION.misconception("the mean of the rows that it is given")
def _(x):
    """A new recording comes out otherwise when other recordings stand beside it, and alone it comes
    out as nothing but 0. What is the mean of one recording, and where should the mean come from?
    """
    return lambda new: new / _size(new) - (new / _size(new)).mean(axis=0)


@FIT_PREPARATION.misconception("the mean first, the size afterwards")
def _(x):
    """Recordings that differ by a factor come out different. You subtracted the mean before you
    divided each recording by its size. Recorder B has a large share in that mean: what does it say
    about the others?
    """

    def prepare(new):
        centred = new - x.mean(axis=0)
        return centred / _size(centred)

    return prepare


@FIT_PREPARATION.misconception("one scale for each number, none for a recording")
def _(x):
    """A recording that is ten times as loud is far from its twin after your preparation, too.
    You standardise each number over the recordings. Which of the two scales did the recorders
    change?
    """
    std = x.std(axis=0)
    return lambda new: (new - x.mean(axis=0)) / np.where(std > 0, std, 1)


@FIT_PREPARATION.misconception("divided by the standard deviation as well")
def _(x):
    """Each recording is divided by its size and the mean is subtracted, and then each number is
    divided by its standard deviation. All numbers have the same unit. What does it do to a frame in
    which hardly any call sounds?
    """
    by = x / _size(x)
    std = by.std(axis=0)
    return lambda new: (new / _size(new) - by.mean(axis=0)) / np.where(std > 0, std, 1)


@FIT_PREPARATION.misconception("one scale for each recording only")
def _(x):
    """Each recording has size 1, but the numbers do not have mean 0 over the training recordings.
    Which of the two promises about the training recordings is still open?
    """
    return lambda new: new / _size(new)


@FIT_PREPARATION.misconception("the size of silence is divided by")
def _(x):
    """A silent recording makes NaN.
    How loud is silence, and what do you divide by?
    """

    def size(x):
        return np.sqrt((x**2).mean(axis=tuple(range(1, x.ndim)), keepdims=True))

    with np.errstate(all="ignore"):
        mean = (x / size(x)).mean(axis=0)

    def prepare(new):
        with np.errstate(all="ignore"):
            return new / size(new) - mean

    return prepare


@FIT_PREPARATION.misconception("the mean of each recording instead of each number")
def _(x):
    """You subtract from each recording its own mean.
    What do the training recordings teach your function, then? And is the mean of a number over them
    0 afterwards?
    """

    def prepare(new):
        rows = new / _size(new)
        return rows - rows.mean(axis=tuple(range(1, new.ndim)), keepdims=True)

    return prepare


@FIT_PREPARATION.misconception("one mean for all numbers")
def _(x):
    """You subtract one and the same number everywhere: the mean of everything.
    Which numbers are to have mean 0 over the training recordings?
    """
    mean = (x / _size(x)).mean()
    return lambda new: new / _size(new) - mean


@FIT_PREPARATION.misconception("the mean of what was not scaled")
def _(x):
    """The mean that you subtract is that of the recordings as they came.
    What has to be done to them before their mean fits?
    """
    return lambda new: new / _size(new) - x.mean(axis=0)


@FIT_PREPARATION.misconception("the sum of the squares, not their mean")
def _(x):
    """You divide by the norm, the square root of a sum. A recording with more numbers comes out
    softer. Of what does the text say that it is 1?
    """

    def size(x):
        axes = tuple(range(1, x.ndim))
        found = np.sqrt((x**2).sum(axis=axes, keepdims=True))
        return np.where(found > 0, found, 1)

    mean = (x / size(x)).mean(axis=0)
    return lambda new: new / size(new) - mean


@FIT_PREPARATION.misconception("the standard deviation of a recording")
def _(x):
    """You divide by the standard deviation of a recording: its own mean is taken off before
    squaring. What does the text square?
    """

    def size(x):
        axes = tuple(range(1, x.ndim))
        found = x.std(axis=axes, keepdims=True)
        return np.where(found > 0, found, 1)

    mean = (x / size(x)).mean(axis=0)
    return lambda new: new / size(new) - mean


@FIT_PREPARATION.misconception("the largest number of a recording")
def _(x):
    """You divide by the largest number of a recording.
    A click is one loud number. What does it do to all others then?
    """

    def size(x):
        axes = tuple(range(1, x.ndim))
        found = np.abs(x).max(axis=axes, keepdims=True)
        return np.where(found > 0, found, 1)

    mean = (x / size(x)).mean(axis=0)
    return lambda new: new / size(new) - mean


@FIT_PREPARATION.misconception("the mean of the sizes")
def _(x):
    """You divide by the mean of the sizes of the numbers.
    Of which powers does the text take the mean?
    """

    def size(x):
        axes = tuple(range(1, x.ndim))
        found = np.abs(x).mean(axis=axes, keepdims=True)
        return np.where(found > 0, found, 1)

    mean = (x / size(x)).mean(axis=0)
    return lambda new: new / size(new) - mean


@FIT_PREPARATION.misconception("no root")
def _(x):
    """You divide by the mean of the squares.
    A recording that is ten times as loud: by which factor does that grow?
    """

    def size(x):
        axes = tuple(range(1, x.ndim))
        found = (x**2).mean(axis=axes, keepdims=True)
        return np.where(found > 0, found, 1)

    mean = (x / size(x)).mean(axis=0)
    return lambda new: new / size(new) - mean


@FIT_PREPARATION.misconception("a size for each column")
def _(x):
    """You divide each column of a recording by a number of its own.
    How many numbers does a recording have to be divided by?
    """

    def size(x):
        found = np.sqrt((x**2).mean(axis=1, keepdims=True))
        return np.where(found > 0, found, 1)

    mean = (x / size(x)).mean(axis=0)
    return lambda new: new / size(new) - mean


@FIT_PREPARATION.misconception("one size for all recordings")
def _(x):
    """You divide all recordings by the same number.
    How does a recorder with other units come down to the size of the others?
    """
    size = np.sqrt((x**2).mean())
    mean = (x / size).mean(axis=0)
    return lambda new: new / size - mean


@FIT_PREPARATION.misconception("the mean without the silent ones")
def _(x):
    """You leave the silent training recordings out of the mean.
    Over which recordings is it to be 0 afterwards?
    """
    rows = x[x.reshape(len(x), -1).any(axis=1)]
    mean = (rows / _size(rows)).mean(axis=0)
    return lambda new: new / _size(new) - mean


@FIT_PREPARATION.misconception("a small number beside each size")
def _(x):
    """You keep the size away from 0 by a small number, added or as a floor. To a recording that is
    very soft that number is not small. Which recordings alone have a size of 0?
    """

    def size(x):
        return np.sqrt((x**2).mean(axis=tuple(range(1, x.ndim)), keepdims=True)) + 1e-8

    mean = (x / size(x)).mean(axis=0)
    return lambda new: new / size(new) - mean
