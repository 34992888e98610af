"""The training loop: epochs, iterations, batches."""

from typing import Any

import numpy as np

from grader import Case, Choice, Exercise, Number, Property, Question, Rng

from .. import drivers

ITERATIONS = Question(
    "backpropagation.iterations",
    "1,199 training examples, batches of 50. How many iterations (updates of the parameters) are "
    "there in ten "
    "epochs?",
    number=Number(
        240,
        rel_tol=1e-6,
        misreadings={
            10: "Those are epochs. How many updates does one pass over 1,199 examples make?",
            230: "Then 49 examples would be left out of every epoch. Need the last batch be full?",
            239: "239.8, rounded down. Is the last batch of an epoch full, and does it count?",
            239.8: "An update is made or it is not. What becomes of the last 49 examples?",
            11990: "One example at a time makes that many. How many share an update here?",
        },
    ),
    why="$\\lceil 1199/50 \\rceil = 24$ updates an epoch, the last with 49 examples; 240 in ten "
    "epochs.",
)


SORTED = Question(
    "backpropagation.sorted_data",
    "The digits are sorted by class: first all zeros, then all ones, and so on. Batches of 50 are "
    "taken in this order, without shuffling, for ten epochs with learning rate 0.3. With shuffling "
    "the network gets 0.96 of the validation set right, with one random order for all epochs 0.95. "
    "And with the sorted data?",
    choices=(
        Choice(
            "0.96 again: every example is seen equally often",
            "It is. But what was the last thing that the network learnt before it is tested?",
        ),
        Choice(
            "0.95: a fixed order is a fixed order",
            "In a random order every batch is a small copy of the data. What is a batch here?",
        ),
        Choice("about 0.4", right=True),
        Choice(
            "0.10: it knows the last class only",
            "It forgets, but not everything within an epoch. Which classes might it still know?",
        ),
    ),
    why="0.39 ± 0.04. Each batch holds one class or two and pulls everything towards it: what was "
    "learnt of the zeros is partly overwritten when the nines have had their turn. A smaller rate "
    "forgets less (0.73 at 0.03, where shuffling gives 0.87). One random order for all epochs "
    "is as good here as a new one for each, within the spread of the seeds.",
)


def _epochs(case: Case, output: Any):
    """For each epoch, the batches as rows of numbers: which example, which label."""
    x = case.args[0]
    own = x.reshape(len(x), -1)[:, 0]
    for batches in output:
        found = []
        for x_batch, y_batch in batches:
            # The first feature is the example's own; a row of no example is -1.
            first = x_batch.reshape(len(x_batch), -1)[:, 0]
            match = np.abs(first[:, None] - own) <= 1e-5 * own
            ids = np.where(match.any(axis=1), match.argmax(axis=1), -1)
            found.append((ids, y_batch))
        yield found


def _ids(batches):
    return np.concatenate([ids for ids, _ in batches])


def each_once(case: Case, output: Any) -> str | None:
    x, *_ = case.args
    for batches in _epochs(case, output):
        counts = np.bincount(_ids(batches)[_ids(batches) >= 0], minlength=len(x))
        if (_ids(batches) < 0).any():
            return "a batch holds an example that is not in the data."
        if (counts != 1).any():
            never, often = (counts == 0).sum(), (counts > 1).sum()
            return f"{never} examples never came, {often} came twice or more."
    return None


def labels_stay(case: Case, output: Any) -> str | None:
    y = case.args[1]
    wrong = sum(
        int((labels != y[ids]).sum())
        for batches in _epochs(case, output)
        for ids, labels in batches
    )
    return f"{wrong} examples came with the label of another one." if wrong else None


def whole_examples(case: Case, output: Any) -> str | None:
    x = case.args[0]
    for batches, found in zip(output, _epochs(case, output), strict=True):
        for (x_batch, _), (ids, _) in zip(batches, found, strict=True):
            if not np.allclose(x_batch, x[ids], rtol=1e-5):
                return "the features of different examples are mixed."
    return None


def shuffled(case: Case, output: Any) -> str | None:
    if any(
        (_ids(batches) == np.arange(len(case.args[0]))).all() for batches in _epochs(case, output)
    ):
        return "the examples come in the order of the data."
    for batches in _epochs(case, output):
        if (np.diff(_ids(batches)) == 1).mean() > 0.5:
            return "most examples are followed by their neighbour in the data."
    return None


def anew(case: Case, output: Any) -> str | None:
    first, second = (_ids(batches) for batches in _epochs(case, output))
    return "two epochs have the same order." if (first == second).all() else None


def mixed(case: Case, output: Any) -> str | None:
    """Which examples share a batch is left to chance, too."""
    size = case.args[2]
    if not 3 <= size <= len(case.args[0]) // 3:
        return None
    groups = [{frozenset(ids.tolist()) for ids, _ in batches} for batches in _epochs(case, output)]
    if groups[0] & groups[1]:
        return "some examples stay together from epoch to epoch."
    return None


MINIBATCHES = Exercise(
    "training.iterate_minibatches",
    points=3,
    minutes=5,
    returns=("batches",),
    driver=drivers.epochs,
    promises={
        "exactly once": ("30 examples, batches of 5", "a last batch that is smaller"),
        "the last one is smaller": "a last batch that is smaller",
        "differ in length, or": ("a label too few", "batches of nothing"),
    },
    properties=(
        Property("Each example comes exactly once in an epoch: this", each_once),
        Property("Examples stay whole: this", whole_examples),
        Property("Each example keeps its label: this", labels_stay),
        Property("The order is random: this", shuffled),
        Property("Each call shuffles anew: this", anew),
        Property("The other examples in a batch change: this", mixed),
    ),
    hints=(
        "Do not shuffle x and y: shuffle the numbers 0 to N - 1, once for each call, and use them "
        "for both.",
        "`rng.permutation(len(x))` gives the order. Then cut it into pieces of `batch_size`, the "
        "last one "
        "as long as what is left.",
        "With `yield` in a loop over the starts 0, m, 2m, ... the function hands out one batch at "
        "a time.",
    ),
)


@MINIBATCHES.cases
def _(rng: np.random.Generator):
    def case(name, n, size, *shape):
        x = rng.uniform(0.1, 0.9, (n, *shape)) + np.arange(n).reshape(-1, *[1] * len(shape))
        y = rng.permutation(np.arange(n))
        return Case(name, (x, y, size), {"rng": Rng(int(rng.integers(1 << 30)))})

    yield case("30 examples, batches of 5", 30, 5, 3)
    yield case("a last batch that is smaller", 32, 5, 2)
    yield case("one example at a time", 20, 1, 2)
    yield case("one batch of all", 20, 20, 2)
    yield case("a batch larger than the data", 15, 40, 2)
    yield case("images", 24, 7, 2, 3)
    x = np.ones((4, 2))
    yield Case("a label too few", (x, np.zeros(3, int), 2), {"rng": Rng(0)})
    yield Case("batches of nothing", (x, np.zeros(4, int), 0), {"rng": Rng(0)})


def _checked(x, y, batch_size):
    if len(x) != len(y) or batch_size < 1:
        raise ValueError(f"{len(x)}, {len(y)}, {batch_size}")


def _cut(x, y, batch_size, order, order_y=None):
    order_y = order if order_y is None else order_y
    for start in range(0, len(x), batch_size):
        stop = start + batch_size
        yield x[order[start:stop]], y[order_y[start:stop]]


@MINIBATCHES.misconception("x and y shuffled apart")
def _(x, y, batch_size, *, rng):
    """Your examples come with the labels of others.
    It looks as if x and y were shuffled one after the other, each in an order of its own.
    How can one order serve both?
    """
    _checked(x, y, batch_size)
    yield from _cut(x, y, batch_size, rng.permutation(len(x)), rng.permutation(len(y)))


@MINIBATCHES.misconception("drawn with replacement")
def _(x, y, batch_size, *, rng):
    """Some examples come several times in an epoch, and about a third never.
    Each draw seems to choose among all examples again.
    What does a partition promise?
    """
    _checked(x, y, batch_size)
    yield from _cut(x, y, batch_size, rng.integers(len(x), size=len(x)))


@MINIBATCHES.misconception("not shuffled")
def _(x, y, batch_size, *, rng):
    """Your examples come in the order of the data.
    What happens when the data are sorted by class?
    """
    _checked(x, y, batch_size)
    yield from _cut(x, y, batch_size, np.arange(len(x)))


@MINIBATCHES.misconception("the same order in each epoch")
def _(x, y, batch_size, *, rng):
    """Two epochs have the same order, although the generator has moved on.
    It looks as if the order came from a generator of your own, with a fixed seed.
    What is `rng` for?
    """
    _checked(x, y, batch_size)
    yield from _cut(x, y, batch_size, np.random.default_rng(0).permutation(len(x)))


@MINIBATCHES.misconception("only the batches are shuffled")
def _(x, y, batch_size, *, rng):
    """The batches come in random order, but inside them the same examples stay together.
    Then an epoch holds the same few gradients every time.
    What should be shuffled: the batches, or what goes into them?
    """
    _checked(x, y, batch_size)
    for start in rng.permutation(np.arange(0, len(x), batch_size)):
        yield x[start : start + batch_size], y[start : start + batch_size]


@MINIBATCHES.misconception("the last batch is dropped")
def _(x, y, batch_size, *, rng):
    """When the batch size does not divide the number of examples, some of them never come.
    Need every batch be full?
    """
    _checked(x, y, batch_size)
    order = rng.permutation(len(x))
    for start in range(0, len(x) - batch_size + 1, batch_size):
        yield x[order[start : start + batch_size]], y[order[start : start + batch_size]]


@MINIBATCHES.misconception("full batches, each drawn anew")
def _(x, y, batch_size, *, rng):
    """Some examples come several times in an epoch, others never.
    Each of your batches is full, and each draw seems to choose among all examples again.
    What does a partition promise?
    """
    _checked(x, y, batch_size)
    for _ in range(0, len(x), batch_size):
        drawn = rng.integers(len(x), size=batch_size)
        yield x[drawn], y[drawn]


@MINIBATCHES.misconception("the last batch filled up")
def _(x, y, batch_size, *, rng):
    """When the batch size does not divide the number of examples, your last batch is too long:
    examples come in it that have had their turn.
    May an example count twice in an epoch, only so that all batches are equally long?
    """
    _checked(x, y, batch_size)
    order = np.tile(rng.permutation(len(x)), 2)
    for start in range(0, len(x), batch_size):
        yield x[order[start : start + batch_size]], y[order[start : start + batch_size]]


@MINIBATCHES.misconception("equal parts")
def _(x, y, batch_size, *, rng):
    """You have the right number of batches, but some that should be full are not.
    It looks as if what is missing in the last batch were shared among all of them.
    How many examples does each batch before the last one hold?
    """
    _checked(x, y, batch_size)
    for part in np.array_split(rng.permutation(len(x)), -(-len(x) // batch_size)):
        yield x[part], y[part]


@MINIBATCHES.misconception("as many batches as a batch should have examples")
def _(x, y, batch_size, *, rng):
    """The number of your batches is the number of examples that one of them should hold.
    What does `batch_size` count?
    """
    _checked(x, y, batch_size)
    for part in np.array_split(rng.permutation(len(x)), batch_size):
        yield x[part], y[part]


@MINIBATCHES.misconception("an empty batch at the end")
def _(x, y, batch_size, *, rng):
    """When the batch size divides the number of examples, you have one batch more than needed.
    What does it hold, and what would the mean of its losses be?
    """
    _checked(x, y, batch_size)
    order = rng.permutation(len(x))
    for start in range(0, len(x) + 1, batch_size):
        yield x[order[start : start + batch_size]], y[order[start : start + batch_size]]


@MINIBATCHES.misconception("one batch in place of all")
def _(x, y, batch_size, *, rng):
    """Out of an epoch comes one x_batch and one y_batch, and then nothing more.
    `return` ends a function, also in the middle of a loop.
    Which word hands out something and lets the loop go on?
    """
    _checked(x, y, batch_size)
    return next(_cut(x, y, batch_size, rng.permutation(len(x))))


@MINIBATCHES.misconception("the caller's arrays are changed")
def _(x, y, batch_size, *, rng):
    """Your batches are right. But after the call the caller's arrays hold something else.
    Is something put in order inside x and y themselves, where a new array would do?
    """
    _checked(x, y, batch_size)
    order = rng.permutation(len(x))
    x[:], y[:] = x[order], y[order]
    yield from _cut(x, y, batch_size, np.arange(len(x)))


@MINIBATCHES.misconception("labels that are missing are not noticed")
def _(x, y, batch_size, *, rng):
    """For data that fit together you are right. With a label too few your loop begins,
    and stops where it looks for the label that is not there.
    What should be found out before the first batch is handed out?
    """
    yield from _cut(x, y, batch_size, rng.permutation(len(x)))


@MINIBATCHES.misconception("an epoch without an end")
def _(x, y, batch_size, *, rng):
    """After all examples have come, more batches follow.
    Some libraries have loaders that never end; there the loop outside must count.
    What do the instructions call one pass over all batches?
    """
    _checked(x, y, batch_size)
    while True:
        yield from _cut(x, y, batch_size, rng.permutation(len(x)))
