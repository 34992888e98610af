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
    x_val = _recordings(rng, 6)
    x_val[1] = 0
    x_val[4] = x[6]
    yield Case("silent recordings on both sides", (x, rng.integers(0, 4, 10), x_val, 4))
    x = _recordings(rng, 9, loud=(2,))
    x[:, 1, 3] = 0.7
    y = np.array([0, 1, 1, 3, 0, 3, 1, 0, 0])
    yield Case("a class that never occurs", (x, y, _recordings(rng, 5), 6))
    x = _recordings(rng, 12, loud=(0, 7))
    x[4, 0, 0] = x[10, 2, 1] = 25.0  # one loud number each
    yield Case("two recordings with a click", (x, rng.integers(0, 3, 12), x[[5, 2]].copy(), 3))
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
