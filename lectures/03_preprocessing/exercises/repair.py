"""The bug hunt: a pipeline that runs, scores well, and is wrong in four places."""

import numpy as np

from grader import Case, Exercise

from .shared import table

PREPARE = Exercise(
    "preprocessing.prepare",
    points=4,
    minutes=6,
    returns=("train", "val", "test"),
    promises={
        "A missing number is NaN": "gaps in all three parts",
        "after filling the gaps": "gaps in all three parts",
        "constant then is only centred": (
            "a column that is constant in training",
            "constant but for gaps",
        ),
    },
    parents=("preprocessing.fit_scaler", "preprocessing.apply_scaler"),
    hints=(
        "Take the given code line by line, and ask of each number in it: could I know this if a "
        "single new example came in tomorrow?",
        "Two lines use numbers that a single new example does not have. One line writes into the "
        "caller's table. One number in the code is far too small for a column that never varied.",
        "All that is measured (what fills the gaps, mean, standard deviation) comes from x_train. "
        "`np.where` fills gaps into a new array, and `fit_scaler` knows what to do with a "
        "constant.",
    ),
)


@PREPARE.cases
def _(rng: np.random.Generator):
    def parts(n, m, k, d, drift=2.0):
        train, val, test = table(rng, n, d), table(rng, n, d)[:m], table(rng, n, d)[:k]
        return train, val + 0.5 * drift, test + drift

    def with_gaps(x, cells):
        x = x.copy()
        for row, column in cells:
            x[row, column] = np.nan
        return x

    train, val, test = parts(9, 5, 4, 3)
    gaps = [(1, 0), (4, 2)], [(0, 1), (2, 0)], [(3, 2)]
    gappy = tuple(map(with_gaps, (train, val, test), gaps))
    yield Case("gaps in all three parts", gappy)
    train, val, test = parts(8, 4, 4, 3)
    train[:, 1], val[:, 1], test[:, 1] = 7.0, 7.0, 7.0
    val[2, 1], test[0, 1] = 8.0, 5.0
    yield Case("a column that is constant in training", (train, val, test))
    train, _, _ = parts(10, 1, 1, 2)
    alone = train.mean(axis=0) + train.std(axis=0) * rng.uniform(1, 2, (2, 1, 2))
    yield Case("one example each to predict for", (train, with_gaps(alone[0], [(0, 1)]), alone[1]))
    yield Case("no gaps", parts(7, 6, 5, 4))
    train, val, test = parts(8, 3, 3, 2)
    train[:, 0] = 4.0
    yield Case("constant but for gaps", (with_gaps(train, [(2, 0), (5, 0)]), val, test))
    rounded = tuple(np.column_stack([np.full(n, 0.1), table(rng, n, 1)]) for n in (1000, 3, 3))
    rounded[2][1, 0] = 0.7
    yield Case("a constant column whose mean is rounded", rounded, extreme=True)


def _filled(parts, fill):
    return [np.where(np.isnan(x), fill, x) for x in parts]


def _scale(train):
    std = train.std(axis=0)
    return train.mean(axis=0), np.where(np.ptp(train, axis=0) == 0, 1, std).astype(train.dtype)


def _own(x):
    return (x - x.mean(axis=0)) / (x.std(axis=0) + np.asarray(1e-8, x.dtype))


def _all_fill(*parts):
    return np.nanmean(np.concatenate(parts), axis=0)


@PREPARE.misconception("as it was found")
def _(x_train, x_val, x_test):
    """This answers like the code above: test data come out with mean 0 and standard deviation 1,
    and a gap in the training data depends on what the test data hold.
    A single example that is prepared alone becomes a row of zeros. Where would its mean come from?
    """
    parts = _filled((x_train, x_val, x_test), _all_fill(x_train, x_val, x_test))
    return tuple(map(_own, parts))


@PREPARE.misconception("each part by its own statistics")
def _(x_train, x_val, x_test):
    """Gaps are filled as they should be. But every part comes out with mean 0 and standard
    deviation 1, so that a drift between training and test can no longer be seen.
    With whose mean would a single new example be prepared?
    """
    return tuple(map(_own, _filled((x_train, x_val, x_test), np.nanmean(x_train, axis=0))))


@PREPARE.misconception("gaps filled from all three parts")
def _(x_train, x_val, x_test):
    """You scale by the training data. But what fills a gap in the training data changes when the
    test data change.
    Which numbers does the mean behind the gaps come from?
    """
    train, val, test = _filled((x_train, x_val, x_test), _all_fill(x_train, x_val, x_test))
    mean, std = _scale(train)
    return (train - mean) / std, (val - mean) / std, (test - mean) / std


@PREPARE.misconception("a tiny number in place of 0")
def _(x_train, x_val, x_test):
    """Everything is measured on the training data. But where a column was constant there, a
    change of 1 in new data becomes a hundred million.
    What do you divide such a column by?
    """
    train, val, test = _filled((x_train, x_val, x_test), np.nanmean(x_train, axis=0))
    mean, std = train.mean(axis=0), train.std(axis=0) + np.asarray(1e-8, train.dtype)
    return (train - mean) / std, (val - mean) / std, (test - mean) / std


@PREPARE.misconception("all gaps, and a tiny number")
def _(x_train, x_val, x_test):
    """You scale by the training data, and two things are left: what fills a gap depends on the test
    data, and a column that was constant in training explodes when it changes.
    Where does the code still look at all three parts, and what does it divide by?
    """
    train, val, test = _filled((x_train, x_val, x_test), _all_fill(x_train, x_val, x_test))
    mean, std = train.mean(axis=0), train.std(axis=0) + np.asarray(1e-8, train.dtype)
    return (train - mean) / std, (val - mean) / std, (test - mean) / std


@PREPARE.misconception("a constant divided by 0")
def _(x_train, x_val, x_test):
    """A column that is constant in training ends as NaN or infinity.
    What should happen to a column whose standard deviation is 0?
    """
    train, val, test = _filled((x_train, x_val, x_test), np.nanmean(x_train, axis=0))
    mean, std = train.mean(axis=0), train.std(axis=0)
    return (train - mean) / std, (val - mean) / std, (test - mean) / std


@PREPARE.misconception("gaps filled with 0")
def _(x_train, x_val, x_test):
    """You fill gaps with 0 before you scale.
    An income of 0 euros is a statement. Which number says that nothing is known?
    """
    train, val, test = _filled((x_train, x_val, x_test), np.zeros((), x_train.dtype))
    mean, std = _scale(train)
    return (train - mean) / std, (val - mean) / std, (test - mean) / std


@PREPARE.misconception("the standard deviation without the gaps")
def _(x_train, x_val, x_test):
    """Your means are right. Your standard deviations are those of the numbers that were there.
    The text divides by the standard deviation as it is after a certain step. After which?
    """
    mean, std = np.nanmean(x_train, axis=0), np.nanstd(x_train, axis=0)
    std = np.where(std == 0, 1, std).astype(x_train.dtype)
    parts = _filled((x_train, x_val, x_test), mean)
    return tuple((x - mean) / std for x in parts)


@PREPARE.misconception("statistics of training and validation data together")
def _(x_train, x_val, x_test):
    """Your mean and standard deviation are those of training and validation data together.
    After a model has been chosen one may fit it once more on both. Has one been chosen yet?
    """
    train, val, test = _filled((x_train, x_val, x_test), np.nanmean(x_train, axis=0))
    mean, std = _scale(np.concatenate([train, val]))
    return (train - mean) / std, (val - mean) / std, (test - mean) / std


def _from(source, parts):
    """All parts, scaled by what is measured on one of them or on several."""
    mean, std = _scale(source)
    return tuple((x - mean) / std for x in parts)


@PREPARE.misconception("each part's gaps from its own numbers")
def _(x_train, x_val, x_test):
    """You scale by the training data. But a gap in new data is filled with the mean of what arrives
    together with it.
    When a single example arrives and has a gap, which numbers can fill it?
    """
    parts = [_filled([x], np.nanmean(x, axis=0))[0] for x in (x_train, x_val, x_test)]
    return _from(parts[0], parts)


@PREPARE.misconception("each part by itself")
def _(x_train, x_val, x_test):
    """Every part is filled and scaled by its own numbers, as if the other two did not exist.
    What is left of a single example when its own mean is taken from it?
    """
    parts = [_filled([x], np.nanmean(x, axis=0))[0] for x in (x_train, x_val, x_test)]
    return tuple(map(_own, parts))


@PREPARE.misconception("scaled by all three parts")
def _(x_train, x_val, x_test):
    """Gaps are filled as they should be. But your mean and standard deviation change when the test
    data change.
    Which data are there on the day on which the network is trained?
    """
    parts = _filled((x_train, x_val, x_test), np.nanmean(x_train, axis=0))
    return _from(np.concatenate(parts), parts)


@PREPARE.misconception("everything from all three parts")
def _(x_train, x_val, x_test):
    """All that you measure changes when the test data change: what fills the gaps, the mean and the
    standard deviation.
    Which data are there on the day on which the network is trained?
    """
    parts = _filled((x_train, x_val, x_test), _all_fill(x_train, x_val, x_test))
    return _from(np.concatenate(parts), parts)


@PREPARE.misconception("gaps and scale from training and validation data")
def _(x_train, x_val, x_test):
    """What fills the gaps, the mean and the standard deviation come from training and validation
    data together.
    What is the validation score to say: how the network does on data that are new to what?
    """
    parts = _filled((x_train, x_val, x_test), _all_fill(x_train, x_val))
    return _from(np.concatenate(parts[:2]), parts)


@PREPARE.misconception("rows with gaps left out")
def _(x_train, x_val, x_test):
    """Your mean and standard deviation leave out each training example that has a gap anywhere.
    A row has one gap. What do its other numbers say, and which step comes first in the text?
    """
    whole = x_train[~np.isnan(x_train).any(axis=1)]
    return _from(whole, _filled((x_train, x_val, x_test), whole.mean(axis=0)))


@PREPARE.misconception("one number for all gaps")
def _(x_train, x_val, x_test):
    """You fill the gaps of all columns with one and the same number.
    Should an age that is missing depend on the incomes?
    """
    parts = _filled((x_train, x_val, x_test), np.nanmean(x_train))
    return _from(parts[0], parts)


@PREPARE.misconception("gaps filled with medians")
def _(x_train, x_val, x_test):
    """You fill a gap with the middle number of its column.
    That is good practice where single numbers are far off. Which number does the text ask for?
    """
    parts = _filled((x_train, x_val, x_test), np.nanmedian(x_train, axis=0))
    return _from(parts[0], parts)


@PREPARE.misconception("divided by N - 1")
def _(x_train, x_val, x_test):
    """Your numbers are a little too small, most of all for few training examples.
    Which divisor does the standard deviation of `fit_scaler` have?
    """
    parts = _filled((x_train, x_val, x_test), np.nanmean(x_train, axis=0))
    mean, std = _scale(parts[0])
    varies = np.ptp(parts[0], axis=0) > 0
    std = np.where(varies, parts[0].std(axis=0, ddof=1), std).astype(x_train.dtype)
    return tuple((x - mean) / std for x in parts)


@PREPARE.misconception("a constant set to 0")
def _(x_train, x_val, x_test):
    """A column that was constant in training is 0 in all of your parts, whatever new data hold.
    It says "only centred" in the text. What becomes of a number that is not the mean?
    """
    parts = _filled((x_train, x_val, x_test), np.nanmean(x_train, axis=0))
    constant = np.ptp(parts[0], axis=0) == 0
    scaled = _from(parts[0], parts)
    return tuple(np.where(constant, np.zeros((), x.dtype), x) for x in scaled)


@PREPARE.misconception("constant where the computed std is 0")
def _(x_train, x_val, x_test):
    """You are right where the standard deviation comes out as exactly 0.
    The mean of a thousand times 0.1 is not exactly 0.1 in floating point. What is then the computed
    standard deviation of this column?
    """
    parts = _filled((x_train, x_val, x_test), np.nanmean(x_train, axis=0))
    mean, std = parts[0].mean(axis=0), parts[0].std(axis=0)
    std = np.where(std == 0, 1, std).astype(x_train.dtype)
    return tuple((x - mean) / std for x in parts)
