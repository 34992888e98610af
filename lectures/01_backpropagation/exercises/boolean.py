"""Networks of step units: truth tables."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .. import drivers

DNF = Exercise(
    "networks.dnf_net",
    points=3,
    minutes=7,
    returns=("the shapes", "the output"),
    driver=drivers.boolean_outputs,
    promises={"not a power of two": "six rows", "exactly 0 gives 0": ("and", "or")},
    hints=(
        "Take one true row, for example 1 0 1. Which signs should the three weights have, so that "
        "no other row gives a larger pre-activation?",
        "A weight of +1 where the row has a 1 and of -1 where it has a 0: the row itself reaches "
        "the "
        "number of its ones, every other row at most that number minus 1. Where must the "
        "threshold be?",
        "Bias of a hidden unit: one half minus the number of ones in its row. The output is an "
        "OR: it "
        "must fire as soon as one hidden unit does, so its weights are 1 and its bias lies between "
        "-1 and 0. `boolean_inputs(n)[truth_table]` gives the true rows.",
    ),
)


@DNF.cases
def _(rng: np.random.Generator):
    def table(*values):
        return np.array(values, bool)

    def drawn(n, true):
        return rng.permutation(np.arange(2**n) < true)

    yield Case("exclusive or", (table(0, 1, 1, 0),))
    yield Case("and", (table(0, 0, 0, 1),))
    yield Case("or", (table(0, 1, 1, 1),))
    yield Case("neither", (table(1, 0, 0, 0),))
    yield Case("the second input alone", (table(0, 1, 0, 0),))
    yield Case("three inputs, parity", (table(0, 1, 1, 0, 1, 0, 0, 1),))
    three = drawn(3, 5)
    three[rng.choice([3, 5, 6, 7])] = True
    yield Case("three inputs", (three,))
    yield Case("four inputs", (drawn(4, 7),))
    yield Case("one input, not", (table(1, 0),))
    yield Case("always true", (table(1, 1, 1, 1),))
    yield Case("never true", (table(0, 0, 0, 0),))
    yield Case("six rows", (table(0, 1, 1, 0, 1, 0),))


def _rows(truth_table):
    n = len(truth_table).bit_length() - 1
    if len(truth_table) != 2**n:
        raise ValueError(f"{len(truth_table)} rows")
    return (np.arange(2**n)[:, None] >> np.arange(n)[::-1] & 1).astype(float)


def _net(rows, w1, b1, b2=-0.5):
    return {"w1": w1, "b1": b1, "w2": np.ones((len(rows), 1)), "b2": np.array([b2])}


@DNF.misconception("zeros are ignored")
def _(truth_table):
    """Your hidden units fire on more rows than their own.
    It looks as if an input that should be 0 had no say in the matter.
    The unit of the row 01: what keeps it silent on 11?
    """
    rows = _rows(truth_table)[truth_table]
    return _net(rows, rows.T, 0.5 - rows.sum(axis=1))


@DNF.misconception("one agreement is enough")
def _(truth_table):
    """Your hidden units fire as soon as one of their inputs is right.
    Then each is an OR, and an OR of ORs is not what the table says.
    How large is the pre-activation on the row itself, and how large on its neighbours?
    """
    rows = _rows(truth_table)[truth_table]
    n = rows.shape[1]
    return _net(rows, 2 * rows.T - 1, n - 0.5 - rows.sum(axis=1))


@DNF.misconception("AND at the output")
def _(truth_table):
    """Your output fires only when all hidden units do.
    Each of them knows one row, so no two ever fire together.
    Which of them should be enough?
    """
    rows = _rows(truth_table)[truth_table]
    return _net(rows, 2 * rows.T - 1, 0.5 - rows.sum(axis=1), b2=0.5 - len(rows))


@DNF.misconception("a unit for every row")
def _(truth_table):
    """Your network answers right, but it has 2^n hidden units whatever the table says.
    A unit whose vote counts nothing can go.
    Which rows does an OR of ANDs need?
    """
    rows = _rows(truth_table)
    wanted = np.asarray(truth_table, float)[:, None]
    return _net(rows, 2 * rows.T - 1, 0.5 - rows.sum(axis=1)) | {"w2": wanted}


@DNF.misconception("exactly zero does not fire")
def _(truth_table):
    """No row gets a 1 from your network, not even one where the table is True.
    Take such a row and work out the pre-activation of its hidden unit, then that of the output.
    Is one of them exactly 0? The step of 0 is 0: what would leave room on both sides?
    """
    rows = _rows(truth_table)[truth_table]
    return _net(rows, 2 * rows.T - 1, -rows.sum(axis=1))


@DNF.misconception("the bits from the right")
def _(truth_table):
    """Your network answers for the table as it would be with the inputs in the opposite order.
    Which input changes fastest from row to row: what does `boolean_inputs(2)` show?
    """
    rows = _rows(truth_table)[truth_table][:, ::-1]
    return _net(rows, 2 * rows.T - 1, 0.5 - rows.sum(axis=1))


@DNF.misconception("the inputs counted, not the ones")
def _(truth_table):
    """Only the row of all ones can make a hidden unit of yours fire.
    Its threshold seems to grow with the number of inputs.
    How large is the pre-activation of the unit for 1 0 1 on its own row?
    """
    rows = _rows(truth_table)[truth_table]
    return _net(rows, 2 * rows.T - 1, np.full(len(rows), 0.5 - rows.shape[1]))


@DNF.misconception("the transposed matrix")
def _(truth_table):
    """Your w1 has a row for each hidden unit.
    In this course the examples are rows and the layer is x @ w + b.
    How many rows must w1 have, so that a row of the truth table can be multiplied by it?
    """
    rows = _rows(truth_table)[truth_table]
    return _net(rows, rows * 2 - 1, 0.5 - rows.sum(axis=1))


@DNF.misconception("the false rows")
def _(truth_table):
    """Your network says 1 where the table is False, and 0 where it is True.
    For which rows is a hidden unit made?
    """
    rows = _rows(truth_table)[~np.asarray(truth_table)]
    return _net(rows, 2 * rows.T - 1, 0.5 - rows.sum(axis=1))


@DNF.misconception("a unit for every false row")
def _(truth_table):
    """Your network answers right, but its hidden units are made for the rows that are False.
    That is an AND of ORs. For which rows does an OR of ANDs have a unit?
    """
    rows = _rows(truth_table)[~np.asarray(truth_table)]
    net = _net(rows, 2 * rows.T - 1, 0.5 - rows.sum(axis=1), b2=0.5)
    return net | {"w2": -net["w2"]}


@DNF.misconception("no true row, no network")
def _(truth_table):
    """A table that is False everywhere ends in an error.
    Its network has no hidden unit, and the instructions allow that. Which shape has w1 then, and
    how can an array be made that has this shape whatever H is?
    """
    rows = _rows(truth_table)[truth_table]
    if not len(rows):
        raise ValueError("no true row")
    return _net(rows, 2 * rows.T - 1, 0.5 - rows.sum(axis=1))


@DNF.misconception("any length is accepted")
def _(truth_table):
    """Your networks are right. A table of six rows should have been refused.
    How many rows has a table of two inputs, and how many one of three?
    """
    n = len(truth_table).bit_length() - 1
    truth_table = truth_table[: 2**n]
    rows = _rows(truth_table)[truth_table]
    return _net(rows, 2 * rows.T - 1, 0.5 - rows.sum(axis=1))


UNSEEN_ROWS = Question(
    "backpropagation.unseen_rows",
    "A network with 64 hidden units *can* represent the parity of 8 bits (is the number of ones "
    "odd?). "
    "It is trained, with Adam, on 192 of the 256 rows until it knows nearly all of them. How many "
    "of "
    "the other 64 rows does it get right?",
    choices=(
        Choice(
            "all of them, since it can represent the function",
            "It can. Many other functions agree with the 192 rows as well. What makes the training "
            "choose this one?",
        ),
        Choice(
            "one half, as by tossing a coin",
            "Parity cannot be guessed from a single bit. But is nothing to be learnt from 192 rows "
            "whose neighbours are all of the other class?",
        ),
        Choice(
            "three quarters, the share of rows that it has seen",
            "That would be so if an unseen row were as good as a seen one three times out of four. "
            "Is there any reason for it?",
        ),
        Choice(
            "it depends on the learning rate: between 0.5 and 1",
            right=True,
        ),
    ),
    why="That a function can be represented says nothing about whether training finds it. Measured "
    "over five seeds: 0.70 ± 0.11 with rate 0.001, 0.92 ± 0.02 with rate 0.01. With the majority "
    "of the "
    "bits in place of their parity all 64 rows are right at either rate.",
)
