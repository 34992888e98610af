"""Look at the data before anything else."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question

SHOWN = Question(
    "recipe.shown_accuracy",
    "A network gets 0.66 of all new recordings right, and nearly every training recording. Its "
    "validation set has 400 recordings. Sixty of these are copies of training recordings. Which "
    "validation accuracy do you expect to be shown?",
    number=Number(
        0.71,
        rel_tol=0.01,
        misreadings={
            0.66: "That is what it does on recordings that it has not seen. How many of the 400 "
            "are such?",
            0.81: "You add the whole share of the copies. How many of the sixty would it have got "
            "right anyway?",
            0.85: "That is the share of new recordings in the set. What does the network do on "
            "the others?",
            71: "If you mean percent: give it as a share, a number between 0 and 1.",
        },
    ),
    hints=(
        "Two kinds of recordings, each with an accuracy of its own.",
        "340 recordings at 0.66, and 60 at nearly 1. What is their mean?",
    ),
    why="(340 · 0.66 + 60 · 1) / 400 = 0.71. Five points that no stranger will ever see.",
)

DATA_REPORT = Exercise(
    "recipe.data_report",
    points=5,
    minutes=14,
    returns=("report",),
    promises={
        "rising": "two copies, and rows that are nearly copies",
        "also of those that never occur": "a class that never occurs",
        "silent ones not counted": "silent recordings on both sides",
        "equal to a training example in every number": "copies that are not quite",
        "nothing but 0": ("copies that are not quite", "silent recordings on both sides"),
        "of any shape": "copies that are not quite",
        "fewer than two training examples": "all but one are silent, which must raise ValueError",
    },
    hints=(
        "Make one row of each example first. Each entry is then a question about rows or columns.",
        "Copies: comparing all pairs is slow. A row of numbers has bytes, `row.tobytes()`, and a "
        "Python set knows at once whether it holds them.",
        "scale_gap: norms of the rows that are not silent, sorted; each divided by the one "
        "before it; the largest of these.",
    ),
)


def _recordings(rng, n, *, loud=(), factor=6.0):
    """Recordings (n, 3, 4) with norms that lie close together, but for the loud ones."""
    x = rng.uniform(0.5, 1.0, (n, 3, 4))
    x *= (3 + 0.2 * rng.random(n) / np.linalg.norm(x.reshape(n, -1), axis=1))[:, None, None]
    x /= np.linalg.norm(x.reshape(n, -1), axis=1)[:, None, None]
    x *= np.linspace(3.0, 3.3, n)[rng.permutation(n)][:, None, None]
    x[list(loud)] *= factor
    return x


@DATA_REPORT.cases
def _(rng: np.random.Generator):
    x = _recordings(rng, 14, loud=(1, 4, 9))
    x[:, 0, 1] = x[:, 2, 2] = 0
    x[:, 0, 2] = x[:, 1, 0] = 0.5  # means that are not rounded
    x[:, 1, 1] = np.where(np.arange(14) % 2, -0.4, 0.4)
    y = np.array([0, 1, 2, 0, 1, 2, 0, 1, 0, 1, 0, 0, 1, 0])
    x_val = _recordings(rng, 8)
    x_val[:, 0, 1] = x_val[:, 2, 2] = 0
    x_val[6], x_val[2] = x[3], x[9]
    x_val[4] = x[5]
    x_val[4, 1, 2] += 0.01
    x_val[7] = x[2, ::-1]
    yield Case("two copies, and rows that are nearly copies", (x, y, x_val, 3))
    x = _recordings(rng, 10, loud=(0, 5))
    x[3] = x[8] = 0
    x[5, :, 1::2] = -x[5, :, ::2]  # its numbers add up to 0, and it is not silent
    x_val = _recordings(rng, 6)
    x_val[1] = x_val[3] = 0
    x_val[4] = x[6]
    yield Case("silent recordings on both sides", (x, rng.integers(0, 4, 10), x_val, 4))
    x = _recordings(rng, 9, loud=(2,))
    x[:, 1, 3] = 0.7
    y = np.array([0, 1, 1, 3, 0, 3, 1, 0, 0])
    yield Case("a class that never occurs", (x, y, _recordings(rng, 5), 6))
    x = _recordings(rng, 12, loud=(0, 7))
    x[4, 0, 0] = x[10, 2, 1] = 25.0  # one loud number each
    yield Case("two recordings with a click", (x, rng.integers(0, 3, 12), x[[5, 2]].copy(), 3))
    # In rows: one as loud twice over, one that is nearly equal, one that is very soft.
    x, x_val = _recordings(rng, 9).reshape(9, -1), _recordings(rng, 5).reshape(5, -1)
    x[7] *= 1e-5
    x_val[0], x_val[2], x_val[3], x_val[4] = 2 * x[6], x[4] * (1 + 1e-6), x[1], x[7]
    yield Case("copies that are not quite", (x, rng.integers(0, 3, 9), x_val, 3))
    x = _recordings(rng, 6)
    x[:5] = 0
    name = "all but one are silent, which must raise ValueError"
    yield Case(name, (x, np.zeros(6, int), _recordings(rng, 3), 2), extreme=True)


def _rows(x):
    return x.reshape(len(x), -1)


def _report(x, y, x_val, classes, **changed):
    rows, rows_val = _rows(x), _rows(x_val)
    sounding = rows[rows.any(axis=1)]
    if len(sounding) < 2:
        raise ValueError("silent")
    known = {row.tobytes() for row in sounding}
    norms = np.sort(np.linalg.norm(sounding, axis=1))
    copies = [i for i, row in enumerate(rows_val) if row.tobytes() in known]
    report = {
        "constant": int((rows == rows[0]).all(axis=0).sum()),
        "silent": len(rows) - len(sounding),
        "copies": np.array(copies, int),
        "counts": np.bincount(y, minlength=classes),
        "scale_gap": float((norms[1:] / norms[:-1]).max()),
    }
    return report | changed


@DATA_REPORT.misconception("silent recordings are copies of each other")
def _(x, y, x_val, classes):
    """Your "copies" hold silent validation recordings.
    Which two recordings of silence are the same recording?
    """
    known = {row.tobytes() for row in _rows(x)}
    copies = [i for i, row in enumerate(_rows(x_val)) if row.tobytes() in known]
    return _report(x, y, x_val, classes, copies=np.array(copies, int))


@DATA_REPORT.misconception("a copy is an example of the same norm")
def _(x, y, x_val, classes):
    """Your "copies" hold validation recordings that are only as loud as a training recording.
    Can two different calls be equally loud?
    """
    norms, norms_val = (np.linalg.norm(_rows(part), axis=1) for part in (x, x_val))
    near = np.isclose(norms_val[:, None], norms[norms > 0]).any(axis=1)
    return _report(x, y, x_val, classes, copies=np.flatnonzero(near))


@DATA_REPORT.misconception("constant because the mean is 0")
def _(x, y, x_val, classes):
    """Your "constant" counts the numbers whose mean is 0.
    Can a number be 0 on average, and vary? Can it be 0.7 every time?
    """
    return _report(x, y, x_val, classes, constant=int((np.abs(_rows(x).mean(axis=0)) < 1e-6).sum()))


@DATA_REPORT.misconception("the last classes are missing from the counts")
def _(x, y, x_val, classes):
    """Your "counts" end with the largest label that occurs.
    Does a class exist of which there is no recording?
    """
    return _report(x, y, x_val, classes, counts=np.bincount(y))


@DATA_REPORT.misconception("loudness by the largest number")
def _(x, y, x_val, classes):
    """Your "scale_gap" compares the largest numbers of the recordings.
    What does a single loud number do to that measure, and what to the norm of a whole recording?
    """
    rows = _rows(x)
    top = np.sort(np.abs(rows[rows.any(axis=1)]).max(axis=1))
    _report(x, y, x_val, classes)
    return _report(x, y, x_val, classes, scale_gap=float((top[1:] / top[:-1]).max()))


@DATA_REPORT.misconception("the loudest over the softest")
def _(x, y, x_val, classes):
    """Your "scale_gap" is the ratio of the largest norm to the smallest.
    Loudness may vary over a wide range without a gap. What would show that there are two groups?
    """
    rows = _rows(x)
    norms = np.linalg.norm(rows[rows.any(axis=1)], axis=1)
    _report(x, y, x_val, classes)
    return _report(x, y, x_val, classes, scale_gap=float(norms.max() / norms.min()))


@DATA_REPORT.misconception("which training recording was copied")
def _(x, y, x_val, classes):
    """Your "copies" are numbers of training recordings.
    Which of the two sets will you take the copies out of?
    """
    known = {row.tobytes() for row in _rows(x_val)}
    copies = [i for i, r in enumerate(_rows(x)) if r.any() and r.tobytes() in known]
    return _report(x, y, x_val, classes, copies=np.array(copies, int))


@DATA_REPORT.misconception("constant means always 0")
def _(x, y, x_val, classes):
    """Your "constant" counts the numbers that are 0 in every example.
    Can a number be the same in all of them, and not be 0?
    """
    return _report(x, y, x_val, classes, constant=int((_rows(x) == 0).all(axis=0).sum()))


@DATA_REPORT.misconception("a standard deviation of exactly 0")
def _(x, y, x_val, classes):
    """Your "constant" asks whether a standard deviation is exactly 0. A mean is rounded, and 0.7
    minus a mean of many 0.7 may be 1e-16. Which comparison needs no arithmetic?
    """
    return _report(x, y, x_val, classes, constant=int((_rows(x).std(axis=0) == 0).sum()))


@DATA_REPORT.misconception("examples in place of numbers")
def _(x, y, x_val, classes):
    """Your "constant" counts examples all numbers of which are equal.
    Along which axis do you compare?
    """
    return _report(
        x, y, x_val, classes, constant=int((_rows(x) == _rows(x)[:, :1]).all(axis=1).sum())
    )


@DATA_REPORT.misconception("constant in both sets")
def _(x, y, x_val, classes):
    """Your "constant" looks at the validation examples, too.
    In which set does the text look for numbers that are the same?
    """
    return _report(
        x,
        y,
        x_val,
        classes,
        constant=int((np.concatenate([_rows(x), _rows(x_val)]) == _rows(x)[0]).all(axis=0).sum()),
    )


@DATA_REPORT.misconception("a single 0 is silence")
def _(x, y, x_val, classes):
    """Your "silent" counts examples that hold a 0 somewhere.
    What does a silent one hold besides?
    """
    return _report(x, y, x_val, classes, silent=int((_rows(x) == 0).any(axis=1).sum()))


@DATA_REPORT.misconception("numbers that cancel are silence")
def _(x, y, x_val, classes):
    """Your "silent" counts examples whose numbers add up to 0.
    Can a sum be 0 where something sounds?
    """
    return _report(x, y, x_val, classes, silent=int((np.abs(_rows(x).sum(axis=1)) < 1e-12).sum()))


@DATA_REPORT.misconception("soft is silent")
def _(x, y, x_val, classes):
    """Your "silent" counts examples that are very soft.
    What does the text say that a silent one holds?
    """
    return _report(
        x, y, x_val, classes, silent=int((np.linalg.norm(_rows(x), axis=1) < 1e-3).sum())
    )


@DATA_REPORT.misconception("silence in both sets")
def _(x, y, x_val, classes):
    """Your "silent" counts the silent validation examples, too.
    Which set does the text name?
    """
    return _report(
        x,
        y,
        x_val,
        classes,
        silent=int((~_rows(x).any(axis=1)).sum() + (~_rows(x_val).any(axis=1)).sum()),
    )


@DATA_REPORT.misconception("the number of copies")
def _(x, y, x_val, classes):
    """Your "copies" say how many there are.
    What do you need to take them out of the validation set?
    """
    return _report(x, y, x_val, classes, copies=len(_report(x, y, x_val, classes)["copies"]))


@DATA_REPORT.misconception("a mask of the copies")
def _(x, y, x_val, classes):
    """Your "copies" are a truth value for each validation example.
    What does the text ask for: marks or indices?
    """
    return _report(
        x,
        y,
        x_val,
        classes,
        copies=np.isin(np.arange(len(x_val)), _report(x, y, x_val, classes)["copies"]),
    )


@DATA_REPORT.misconception("copies in the order of the training examples")
def _(x, y, x_val, classes):
    """Your "copies" come in the order in which the training examples stand.
    In which order does the text want them?
    """
    rows, rows_val = _rows(x), _rows(x_val)
    loud = np.flatnonzero(rows.any(axis=1))
    copies = [j for i in loud for j, row in enumerate(rows_val) if np.array_equal(row, rows[i])]
    return _report(x, y, x_val, classes, copies=np.array(copies, int))


@DATA_REPORT.misconception("a copy may be louder")
def _(x, y, x_val, classes):
    """Your "copies" hold examples that are a multiple of a training example.
    What does the text call a copy?
    """
    known, new = _rows(x), _rows(x_val)
    units = known[known.any(axis=1)]
    units = units / np.linalg.norm(units, axis=1, keepdims=True)
    copies = [
        j
        for j, row in enumerate(new)
        if row.any() and np.isclose(units, row / np.linalg.norm(row)).all(axis=1).any()
    ]
    return _report(x, y, x_val, classes, copies=np.array(copies, int))


@DATA_REPORT.misconception("nearly equal is a copy")
def _(x, y, x_val, classes):
    """Your "copies" hold examples that are nearly equal to a training example.
    What does the text say about each number?
    """
    rows = _rows(x)
    copies = [
        j
        for j, row in enumerate(_rows(x_val))
        if row.any() and np.isclose(rows, row).all(axis=1).any()
    ]
    return _report(x, y, x_val, classes, copies=np.array(copies, int))


@DATA_REPORT.misconception("only classes that occur")
def _(x, y, x_val, classes):
    """Your "counts" leave out the classes of which there is no example.
    At which place does the count of the last class stand then?
    """
    return _report(x, y, x_val, classes, counts=np.unique(y, return_counts=True)[1])


@DATA_REPORT.misconception("shares for counts")
def _(x, y, x_val, classes):
    """Your "counts" are shares.
    How many examples are that?
    """
    return _report(x, y, x_val, classes, counts=np.bincount(y, minlength=classes) / len(y))


@DATA_REPORT.misconception("counts without the silent ones")
def _(x, y, x_val, classes):
    """Your "counts" leave out the examples that are silent.
    Does the text?
    """
    return _report(
        x, y, x_val, classes, counts=np.bincount(y[_rows(x).any(axis=1)], minlength=classes)
    )


@DATA_REPORT.misconception("a difference for a ratio")
def _(x, y, x_val, classes):
    """Your "scale_gap" is a difference of norms.
    Measure in other units: what becomes of a difference, and what of a ratio?
    """
    rows = _rows(x)
    norms = np.sort(np.linalg.norm(rows[rows.any(axis=1)], axis=1))
    _report(x, y, x_val, classes)
    return _report(x, y, x_val, classes, scale_gap=float(np.diff(norms).max()))


@DATA_REPORT.misconception("the softer over the louder")
def _(x, y, x_val, classes):
    """Your "scale_gap" divides each norm by the one that is louder, so that it is never above 1.
    Which of two neighbours is divided by which?
    """
    rows = _rows(x)
    norms = np.sort(np.linalg.norm(rows[rows.any(axis=1)], axis=1))
    _report(x, y, x_val, classes)
    return _report(x, y, x_val, classes, scale_gap=float((norms[:-1] / norms[1:]).max()))


@DATA_REPORT.misconception("norms that are not sorted")
def _(x, y, x_val, classes):
    """Your "scale_gap" compares norms of examples that stand beside each other in the data.
    Among which norms does the text look for neighbours?
    """
    rows = _rows(x)
    norms = np.linalg.norm(rows[rows.any(axis=1)], axis=1)
    _report(x, y, x_val, classes)
    return _report(x, y, x_val, classes, scale_gap=float((norms[1:] / norms[:-1]).max()))


@DATA_REPORT.misconception("squared norms")
def _(x, y, x_val, classes):
    """Your "scale_gap" is a ratio of squared norms.
    What is missing at the end of a Euclidean norm?
    """
    rows = _rows(x)
    norms = np.sort(np.linalg.norm(rows[rows.any(axis=1)], axis=1))
    _report(x, y, x_val, classes)
    return _report(x, y, x_val, classes, scale_gap=float((norms[1:] ** 2 / norms[:-1] ** 2).max()))


@DATA_REPORT.misconception("sums of sizes for norms")
def _(x, y, x_val, classes):
    """Your "scale_gap" compares sums of the sizes of all numbers.
    Which norm does the text name?
    """
    rows = _rows(x)
    norms = np.sort(np.abs(rows[rows.any(axis=1)]).sum(axis=1))
    _report(x, y, x_val, classes)
    return _report(x, y, x_val, classes, scale_gap=float((norms[1:] / norms[:-1]).max()))


@DATA_REPORT.misconception("silence among the norms")
def _(x, y, x_val, classes):
    """Your "scale_gap" divides by the norms of silent examples, which are 0.
    Whose norms does the text sort?
    """
    norms = np.sort(np.linalg.norm(_rows(x), axis=1))
    with np.errstate(all="ignore"):
        return _report(x, y, x_val, classes, scale_gap=float((norms[1:] / norms[:-1]).max()))


FOUND = Question(
    "recipe.which_fault",
    "Five faults are in these recordings. Four of them could be seen in the numbers x alone. "
    "Which one can no look at x find?",
    choices=(
        Choice(
            "recordings of another recorder, in other units",
            "Sort the norms. Is there a gap?",
        ),
        Choice(
            "validation recordings that are copies of training recordings",
            "Are two arrays of 240 numbers equal by chance?",
        ),
        Choice("training labels that are wrong", right=True),
        Choice(
            "recordings of silence",
            "What is the largest number of such a recording?",
        ),
    ),
    why="A wrong label stands beside x, not in it. It takes a model that knows better, or an ear.",
)
