"""How answers are scored, and what sizes come out of a layer."""

import numpy as np

from grader import Case, Exercise

TOPK_ERROR = Exercise(
    "architectures.topk_error",
    points=2,
    minutes=3,
    returns=("error",),
    promises={
        "Of equal scores the earlier class counts as higher": "equal scores",
        "if k is not between 1": ("k = 0", "more guesses than classes"),
    },
    hints=(
        "For each example: how many classes come before the right one?",
        "A class comes before the right one if its score is higher, or if it is equal and its "
        "number is smaller. The example is an error if k classes or more come before.",
        "`np.argsort(-scores, axis=1, kind='stable')[:, :k]` lists the k guesses, earlier classes "
        "first among equals. Does the right class stand in its row?",
    ),
)


def _guesses(scores, k):
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


@TOPK_ERROR.cases
def _(rng: np.random.Generator):
    def case(name, n, classes, k, ranks):
        """Scores in which the right class has the given ranks, 0 the highest."""
        scores = np.sort(rng.standard_normal((n, classes)), axis=1)[:, ::-1]
        order = np.array([rng.permutation(classes) for _ in range(n)])
        y = order[np.arange(n), ranks]
        scores = np.take_along_axis(scores, np.argsort(order, axis=1), axis=1)
        return Case(name, (scores, y, k))

    # Of 20 examples 4 have rank 0, 5 rank 1, 3 rank 2, 1 rank 3, 7 rank 4.
    ranks = np.repeat([0, 1, 2, 3, 4], [4, 5, 3, 1, 7])
    yield case("three guesses of six classes", 20, 6, 3, rng.permutation(ranks))
    yield case("two guesses", 20, 7, 2, rng.permutation(ranks))
    yield case("one guess", 20, 5, 1, rng.permutation(ranks))
    yield case("as many guesses as classes", 20, 5, 5, rng.permutation(ranks))
    tied = np.array([[1.0, 1, 1, 0], [0, 2, 2, 2], [3, 3, 3, 3], [0, 5, 5, 1], [2, 2, 1, 0]])
    y = np.array([2, 1, 3, 2, 1])
    order = rng.permutation(5)
    yield Case("equal scores", (tied[order], y[order], 2))
    # One other order of equals in any row, and the error is not 0 or not 1 any more.
    many = rng.integers(0, 2, (40, 60)).astype(float)
    guesses = _guesses(many, 16)
    yield Case("sixty classes, y is the last guess", (many, guesses[:, 14], 15))
    yield Case("sixty classes, y comes next", (many, guesses[:, 15], 15))
    yield Case("k = 0", (tied, y, 0))
    yield Case("more guesses than classes", (tied, y, 5))


def _asked(scores, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError(k)


@TOPK_ERROR.misconception("the share that is right")
def _(scores, y, k):
    """The more guesses you allow, the larger your error is.
    How large should it be when all classes may be guessed?
    """
    _asked(scores, k)
    return float(np.mean(np.any(_guesses(scores, k) == y[:, None], axis=1)))


@TOPK_ERROR.misconception("the last guess only")
def _(scores, y, k):
    """You look at the k-th guess and at no other.
    If the first of five guesses is right, is the answer right?
    """
    _asked(scores, k)
    return float(np.mean(_guesses(scores, k)[:, -1] != y))


@TOPK_ERROR.misconception("the lowest scores")
def _(scores, y, k):
    """Your guesses are the classes with the lowest scores.
    In which direction does `argsort` sort?
    """
    _asked(scores, k)
    lowest = np.argsort(scores, axis=1, kind="stable")[:, :k]
    return float(np.mean(np.all(lowest != y[:, None], axis=1)))


@TOPK_ERROR.misconception("k ignored")
def _(scores, y, k):
    """Your error is the same for every k: one guess is all you allow.
    What are the other k - 1 guesses?
    """
    _asked(scores, k)
    return float(np.mean(scores.argmax(axis=1) != y))


@TOPK_ERROR.misconception("one guess too many")
def _(scores, y, k):
    """You allow k + 1 guesses.
    How many numbers are 0, 1, ..., k?
    """
    _asked(scores, k)
    return float(np.mean(np.all(_guesses(scores, k + 1) != y[:, None], axis=1)))


@TOPK_ERROR.misconception("a tie counts as right")
def _(scores, y, k):
    """Without ties you are right. Where several scores are equal, more than k classes may count.
    A network that gives the same score to all classes: what should its error be?
    """
    _asked(scores, k)
    own = scores[np.arange(len(y)), y][:, None]
    return float(np.mean((scores > own).sum(axis=1) >= k))


@TOPK_ERROR.misconception("the later of equals")
def _(scores, y, k):
    """Without ties you are right. Of equal scores, the later class comes first with you.
    Which class does `argmax` take?
    """
    _asked(scores, k)
    last = np.argsort(scores, axis=1, kind="stable")[:, ::-1][:, :k]
    return float(np.mean(np.all(last != y[:, None], axis=1)))


@TOPK_ERROR.misconception("any order of equals")
def _(scores, y, k):
    """Right, until many scores are equal: then yours stand in no particular order.
    `argsort` as it is promises nothing about equals. Which of its options does?
    """
    _asked(scores, k)
    return float(np.mean(np.all(np.argsort(-scores, axis=1)[:, :k] != y[:, None], axis=1)))


@TOPK_ERROR.misconception("in per cent")
def _(scores, y, k):
    """Your error is a hundred times what it should be.
    Between which two numbers does a share lie?
    """
    _asked(scores, k)
    return 100 * float(np.mean(np.all(_guesses(scores, k) != y[:, None], axis=1)))


@TOPK_ERROR.misconception("any k is accepted")
def _(scores, y, k):
    """Two calls should have been refused with a ValueError: no guess, more guesses than classes.
    Which k do the instructions allow?
    """
    return float(np.mean(np.all(_guesses(scores, k) != y[:, None], axis=1)))


CONV_OUTPUT_SIZE = Exercise(
    "architectures.conv_output_size",
    points=2,
    minutes=3,
    returns=("size_out",),
    promises={
        "if the window is larger than the padded input": "a window that does not fit",
        "that a whole step does not reach are left": "AlexNet's first layer at 224 pixels",
    },
    hints=(
        "Draw it: a row of 7 cells, a window of 3. At which cells can the window begin, in steps "
        "of 1? In steps of 2?",
        "The last possible beginning is size + 2 pad - k. How many multiples of the stride lie "
        "between 0 and that, both included?",
        "(size + 2 pad - k) // stride + 1, after a ValueError if k is larger than size + 2 pad.",
    ),
)


@CONV_OUTPUT_SIZE.cases
def _(rng: np.random.Generator):
    def case(name, size, k, **options):
        return Case(name, (size, k), options)

    n = int(rng.integers(20, 60))
    yield case("a window of 3, steps of 1", n, 3)
    yield case("a frame of 2", n + 1, 5, pad=2)
    yield case("steps of 2 that fit", 2 * n + 1, 3, stride=2)
    yield case("steps of 3 that leave two rows out", 3 * n + 4, 5, stride=3, pad=0)
    yield case("AlexNet's first layer at 224 pixels", 224, 11, stride=4)
    yield case("AlexNet's first layer at 227 pixels", 227, 11, stride=4)
    yield case("pooling with windows that overlap", 55, 3, stride=2)
    yield case("everything at once", 2 * n, 7, stride=2, pad=3)
    yield case("as large as the image", n, n)
    large, k = int(rng.integers(200, 1_000_000)), int(rng.integers(3, 100))
    options = {"stride": int(rng.integers(2, 9)), "pad": int(rng.integers(1, 50))}
    yield case("a long signal", large, k, **options)
    yield case("a window that does not fit", 4, 7, pad=1)


def _fits(size, k, pad):
    if k > size + 2 * pad:
        raise ValueError("does not fit")


@CONV_OUTPUT_SIZE.misconception("steps in place of places")
def _(size, k, *, stride=1, pad=0):
    """A window as large as the image has 0 places with you.
    A fence of three fields: how many posts does it have?
    """
    _fits(size, k, pad)
    return (size + 2 * pad - k) // stride


@CONV_OUTPUT_SIZE.misconception("frame on one side")
def _(size, k, *, stride=1, pad=0):
    """Without a frame you are right; with one your output is too small.
    On how many sides of a column of pixels do rows of zeros stand?
    """
    _fits(size, k, pad)
    return max((size + pad - k) // stride + 1, 0)


@CONV_OUTPUT_SIZE.misconception("rounded up")
def _(size, k, *, stride=1, pad=0):
    """Where the steps do not fit, your last window hangs over the edge.
    What becomes of rows that a whole step does not reach?
    """
    _fits(size, k, pad)
    return -(-(size + 2 * pad - k) // stride) + 1


@CONV_OUTPUT_SIZE.misconception("window not subtracted")
def _(size, k, *, stride=1, pad=0):
    """Your output does not depend on the size of the window.
    Can a window of 11 begin in the last row of the image?
    """
    _fits(size, k, pad)
    return (size + 2 * pad - 1) // stride + 1


@CONV_OUTPUT_SIZE.misconception("stride ignored")
def _(size, k, *, stride=1, pad=0):
    """With steps of 1 you are right; longer steps change nothing with you.
    How many places are skipped by steps of 2?
    """
    _fits(size, k, pad)
    return size + 2 * pad - k + 1


@CONV_OUTPUT_SIZE.misconception("divided before the window is subtracted")
def _(size, k, *, stride=1, pad=0):
    """With steps of 1 you are right; with longer steps your output is too small.
    What is divided into steps: the rows, or the distance that the window can move?
    """
    _fits(size, k, pad)
    return (size + 2 * pad) // stride - k + 1


@CONV_OUTPUT_SIZE.misconception("one added before the division")
def _(size, k, *, stride=1, pad=0):
    """With steps of 1 you are right; with longer steps your output is often one too small.
    What does the 1 stand for: a row, or the first place of the window?
    """
    _fits(size, k, pad)
    return (size + 2 * pad - k + 1) // stride


@CONV_OUTPUT_SIZE.misconception("a fraction of a place")
def _(size, k, *, stride=1, pad=0):
    """Where the steps do not fit, your answer is not a whole number.
    At how many places can a window lie, and what becomes of rows that a whole step does not reach?
    """
    _fits(size, k, pad)
    return (size + 2 * pad - k) / stride + 1


@CONV_OUTPUT_SIZE.misconception("any window is accepted")
def _(size, k, *, stride=1, pad=0):
    """All your sizes are right. One call should have been refused with a ValueError.
    At how many places does a window lie inside of an image that is smaller?
    """
    return (size + 2 * pad - k) // stride + 1


CONV_PARAMS = Exercise(
    "architectures.conv_params",
    points=2,
    minutes=2,
    returns=("count",),
    promises={
        "if the groups do not divide both": (
            "groups that do not divide c_in",
            "groups that do not divide c_out",
        )
    },
    hints=(
        "First one filter: how high, how wide, how many channels does it see?",
        "With groups a filter sees c_in / groups channels. There are c_out filters in all.",
        "k · k · (c_in // groups) · c_out, plus c_out if there is a bias; before that a ValueError "
        "if groups does not divide both.",
    ),
)


@CONV_PARAMS.cases
def _(rng: np.random.Generator):
    def case(name, *args, **options):
        return Case(name, args, options)

    c = 4 * int(rng.integers(5, 20))
    yield case("a filter of 3 × 3", 3, c, c + 8)
    yield case("AlexNet's first layer", 11, 3, 96)
    yield case("no bias", 5, c, 2 * c, bias=False)
    yield case("two groups", 5, 96, 256, groups=2)
    yield case("four groups, no bias", 3, c, c + 4, groups=4, bias=False)
    yield case("one channel each", 3, c, c, groups=c)
    k, groups, read, made = (int(n) for n in rng.integers(2, [12, 9, 500, 500]))
    yield case("some groups", k, groups * read, groups * made, groups=groups)
    yield case("groups that do not divide c_in", 3, 3, 96, groups=2)
    yield case("groups that do not divide c_out", 3, 96, 3, groups=2)


def _divides(c_in, c_out, groups):
    if c_in % groups or c_out % groups:
        raise ValueError("groups")


@CONV_PARAMS.misconception("no bias")
def _(k, c_in, c_out, *, groups=1, bias=True):
    """You count weights only.
    What is added to the sum under a filter?
    """
    _divides(c_in, c_out, groups)
    return k * k * (c_in // groups) * c_out


@CONV_PARAMS.misconception("a bias for each channel that is read")
def _(k, c_in, c_out, *, groups=1, bias=True):
    """Your number of biases is the number of channels that come in.
    To what is a bias added, and how many of those are there?
    """
    _divides(c_in, c_out, groups)
    return k * k * (c_in // groups) * c_out + bias * c_in


@CONV_PARAMS.misconception("always a bias")
def _(k, c_in, c_out, *, groups=1, bias=True):
    """With bias = False you still count biases.
    What takes their place where batch normalisation follows?
    """
    _divides(c_in, c_out, groups)
    return k * k * (c_in // groups) * c_out + c_out


@CONV_PARAMS.misconception("fewer filters by groups")
def _(k, c_in, c_out, *, groups=1, bias=True):
    """Without groups you are right; with groups you divide twice.
    How many filters are there in all, when each group has its own?
    """
    _divides(c_in, c_out, groups)
    return k * k * (c_in // groups) * (c_out // groups) + bias * c_out


@CONV_PARAMS.misconception("groups ignored")
def _(k, c_in, c_out, *, groups=1, bias=True):
    """Groups change nothing with you.
    How many channels does a filter see when there are two groups?
    """
    _divides(c_in, c_out, groups)
    return k * k * c_in * c_out + bias * c_out


@CONV_PARAMS.misconception("a row in place of a square")
def _(k, c_in, c_out, *, groups=1, bias=True):
    """Your filters have k weights for each channel.
    A filter of 3 × 3: how many cells does it have?
    """
    _divides(c_in, c_out, groups)
    return k * (c_in // groups) * c_out + bias * c_out


@CONV_PARAMS.misconception("any groups are accepted")
def _(k, c_in, c_out, *, groups=1, bias=True):
    """All your numbers are right. Two calls should have been refused with a ValueError.
    Can three channels be split into two equal groups?
    """
    return k * k * (c_in // groups) * c_out + bias * c_out
