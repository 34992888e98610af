"""Without knowing the end: a trapezoid, a rule that watches the loss, and no schedule at all."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Question
from utils.schedules import linear_decay, trapezoid, warmup

from .. import drivers

TRAPEZOID = Exercise(
    "schedules.trapezoid",
    points=2,
    minutes=4,
    hints=(
        "Two of your functions do the work. What does one of them give to the other as its lr0?",
        "The fall does not begin at t = 0. Which time should `linear_decay` be told, and how long "
        "does its decay last?",
        "The climb: `warmup` with total = warm * total, if warm is not 0. The fall: "
        "`linear_decay` at the time since (1 - cool) * total, but not below 0, with total = cool "
        "* total.",
    ),
    returns=("lr",),
    parents=("schedules.warmup", "schedules.linear_decay"),
)


@TRAPEZOID.cases
def _(rng: np.random.Generator):
    total, lr0 = int(rng.integers(200, 400)), float(rng.uniform(0.3, 0.8))

    def at(name, share, **kwargs):
        hyper = {"lr0": lr0, "total": total} | kwargs
        return Case(name, (share * total,), hyper, scale={"lr": lr0})

    yield at("half of the climb", 0.1, warm=0.2, cool=0.3)
    yield at("the first update of a climb", 0.0, warm=0.2)
    yield at("the first update without a climb", 0.0)
    yield at("the end of the climb", 0.2, warm=0.2)
    yield at("the stable phase", 0.55, warm=0.2, cool=0.3)
    yield at("the beginning of the fall", 0.75, cool=0.25)
    yield at("a quarter of the fall", 0.85)
    yield at("half of a longer fall", 0.8, warm=0.1, cool=0.4)
    yield at("the end", 1.0, warm=0.1)
    yield at("after the end", 1.4, warm=0.1)
    yield at("a triangle, on its way down", 0.75, warm=0.5, cool=0.5)


def three_phases(t, lr0, climb, fall_begins, fall, end=0.0):
    """A trapezoid from the length of its climb, the beginning and the length of its fall."""
    top = warmup(t, lr0=lr0, total=climb) if climb > 0 else lr0
    return linear_decay(max(t - fall_begins, 0.0), lr0=top, total=fall, lr_end=end)


@TRAPEZOID.misconception("the fall begins too early")
def _(t, *, lr0, total, warm=0.0, cool=0.2):
    """Your rate begins to fall when the share `cool` of the time is over.
    Is `cool` the moment at which the fall begins, or how long it lasts?
    """
    return three_phases(t, lr0, warm * total, cool * total, cool * total)


@TRAPEZOID.misconception("the fall lasts all the time")
def _(t, *, lr0, total, warm=0.0, cool=0.2):
    """Your rate falls over the whole training, there is no stable phase.
    When should the fall begin?
    """
    return three_phases(t, lr0, warm * total, 0.0, total)


@TRAPEZOID.misconception("warm as a time")
def _(t, *, lr0, total, warm=0.0, cool=0.2):
    """Your climb is over almost at once.
    In which unit is `warm`, and in which is t?
    """
    return three_phases(t, lr0, warm, (1 - cool) * total, cool * total)


@TRAPEZOID.misconception("cool as a time")
def _(t, *, lr0, total, warm=0.0, cool=0.2):
    """Your rate stays at the top until the very end.
    In which unit is `cool`, and in which is t?
    """
    return three_phases(t, lr0, warm * total, total - cool, cool)


@TRAPEZOID.misconception("the fall ends at a share of lr0")
def _(t, *, lr0, total, warm=0.0, cool=0.2):
    """Your rate does not come down to 0.
    `cool` is a share of the time. Where have you put it?
    """
    return three_phases(t, lr0, warm * total, (1 - cool) * total, cool * total, end=cool * lr0)


@TRAPEZOID.misconception("the fall comes after the end")
def _(t, *, lr0, total, warm=0.0, cool=0.2):
    """At the end of the training your rate is still at the top.
    Is the fall a part of `total`, or does it come on top?
    """
    return three_phases(t, lr0, warm * total, total, cool * total)


@TRAPEZOID.misconception("below zero after the end")
def _(t, *, lr0, total, warm=0.0, cool=0.2):
    """Up to the end you are right. After it your rate is negative.
    What does a step with a negative rate do?
    """
    rate = trapezoid(t, lr0=lr0, total=total, warm=warm, cool=cool)
    return lr0 * (total - t) / (cool * total) if t > total else rate


@TRAPEZOID.misconception("the climb comes first, and the time stands still")
def _(t, *, lr0, total, warm=0.0, cool=0.2):
    """With a climb, your fall begins late by as much as the climb took.
    From where is the time of the fall counted?
    """
    return three_phases(t, lr0, warm * total, (1 - cool + warm) * total, cool * total)


PATIENCE_ONE = Question(
    "learning_rates.patience_one",
    "Wrong labels again, twelve epochs, from the best constant rate, 0.3. After each epoch the "
    "rule above looks at the validation loss; a cut is to a tenth. What does a patience of 1 "
    "gain for the training loss at the end?",
    choices=(
        Choice(
            "More than a patience of 2, since it is quicker.",
            "How much does the validation loss of a noisy run jump from epoch to epoch, without "
            "any plateau?",
        ),
        Choice(
            "As much as a patience of 2.",
            "How likely is one bad epoch in a run that still makes progress? And two in a row?",
        ),
        Choice("Nothing: a run without any cut does as well.", right=True),
        Choice(
            "Nothing, because no cut comes within twelve epochs.",
            "That would need nearly every epoch to be better than all before. Is a noisy run like "
            "that?",
        ),
    ),
    why="One epoch without a record is nothing unusual in a noisy run. The rule takes it for a "
    "plateau and cuts after 3 to 6 epochs, and a cut is never taken back: what it wins in calm "
    "it loses in distance. A patience of 2 does better.",
)


PLATEAU = Exercise(
    "schedules.plateau_step",
    points=3,
    minutes=7,
    driver=drivers.over_epochs,
    hints=(
        "First unpack the state, or make the one from before the first epoch.",
        "Two questions, one after the other. Is this epoch a record? Then: has the waiting become "
        "long enough? What does each of them change?",
        "Below best - min_delta: a new best, and waited is 0. Otherwise waited grows by 1; ask it "
        "this way round, and NaN is no record. If waited equals patience: cut, and waited is 0.",
    ),
    returns=("rates", "state"),
    promises={
        "NaN is never better": "a loss that is not a number",
        "at least 1": "a patience of one",
    },
)


@PLATEAU.cases
def _(rng: np.random.Generator):
    lr0 = float(rng.uniform(0.3, 0.8))

    def run(name, losses, **kwargs):
        scaled = [float(loss) * scale for loss in losses]
        return Case(name, (scaled,), {"lr0": lr0, "factor": 0.5, "patience": 3} | kwargs)

    scale = float(rng.uniform(0.9, 1.1))
    yield run(
        "down, then two plateaus",
        [2, 1, 0.8, 0.9, 0.85, 0.95, 0.88, 0.86, 0.87, 0.7, 0.9, 0.8, 0.75],
    )
    yield run("a record in each epoch", [2, 1.5, 1.2, 1, 0.9])
    yield run("zigzag above the record", [1, 2, 1.5, 1.9, 1.4, 1.8, 1.3], patience=2)
    yield run("nothing new", [1, 1, 1, 1, 1, 1], patience=2, factor=0.3)
    yield run(
        "a loss that is not a number", [1, math.nan, 0.9, math.nan, math.nan, 0.8], patience=2
    )
    yield run("tiny gains", [1, 0.93, 0.92, 0.91, 0.5], patience=2, min_delta=0.1)
    yield run("losses above one", [9, 7, 5, 4, 6, 5, 3, 2], patience=2)
    yield run("no number from the start", [math.nan, math.nan, 1, 0.9], patience=2)
    yield run("a patience of one", [1, 2, 0.9, 1, 1.1], patience=1)
    yield Case("the usual values", ([1.0, *[1.2] * 11],), {"lr0": lr0})
    yield Case(
        "a run that goes on",
        ([0.9, 0.95], (0.02, 0.8, 1)),
        {"lr0": lr0, "factor": 0.2, "patience": 3},
    )


def plateau_with(
    better=lambda loss, best, delta: loss < best - delta,
    cut=lambda lr, lr0, factor: lr * factor,
    best_after_cut=lambda best: best,
    waited_after_cut=lambda waited: 0,
    longer=0,
    remembers=lambda loss, best: best,
):
    """The rule, one of its parts made in another way."""

    def step(val_loss, state, *, lr0, factor=0.1, patience=10, min_delta=0.0):
        lr, best, waited = (lr0, math.inf, 0) if state is None else state
        if better(val_loss, best, min_delta):
            best, waited = val_loss, 0
        else:
            best, waited = remembers(val_loss, best), waited + 1
        if waited >= patience + longer:
            lr, best, waited = cut(lr, lr0, factor), best_after_cut(best), waited_after_cut(waited)
        return lr, (lr, best, waited)

    return step


PLATEAU.misconception(
    "compared with the epoch before",
    "You compare each epoch with the one before it. A zigzag far above the best loss passes for\n"
    "progress. What does the state keep for the comparison?",
)(plateau_with(remembers=lambda loss, best: loss))

PLATEAU.misconception(
    "the record forgotten at a cut",
    "After a cut your best loss is gone, and the next epoch counts as a record whatever it is.\n"
    "What does the text say of the best loss at a cut?",
)(plateau_with(best_after_cut=lambda best: math.inf))

PLATEAU.misconception(
    "the waiting goes on after a cut",
    "After your first cut you cut in every epoch that is no record.\n"
    "How much time has a new, smaller rate to show what it can do?",
)(plateau_with(waited_after_cut=lambda waited: waited))

PLATEAU.misconception(
    "not a number counts as a record",
    "A loss that is not a number becomes your best loss.\n"
    "What do comparisons with it give, and what follows from that in your order of questions?",
)(plateau_with(better=lambda loss, best, delta: not loss >= best - delta))

PLATEAU.misconception(
    "one epoch more",
    "Your cuts come one epoch late. PyTorch counts like that: its patience is the number of bad\n"
    "epochs that are forgiven. Which epoch brings the cut here?",
    convention=True,
)(plateau_with(longer=1))

PLATEAU.misconception(
    "a tie is a record",
    "An epoch with just the same loss counts as better in your rule.\n"
    "Ten equal losses in a row: is that progress?",
)(plateau_with(better=lambda loss, best, delta: loss <= best - delta))

PLATEAU.misconception(
    "min_delta makes it easier",
    "With min_delta, epochs that are worse than the best count as better.\n"
    "Is it there to ask for more, or for less?",
)(plateau_with(better=lambda loss, best, delta: loss < best + delta))

PLATEAU.misconception(
    "cut from lr0 each time",
    "Your first cut is right. The second one gives the same rate again.\nWhat does a cut multiply?",
)(plateau_with(cut=lambda lr, lr0, factor: lr0 * factor))

SCHEDULE_FREE = Exercise(
    "optimizers.schedule_free_step",
    points=2,
    minutes=6,
    driver=drivers.three_averaged_steps,
    hints=(
        "Three lines: where the gradient is taken, the step of z, the new mean.",
        "A mean of t numbers is the mean of t - 1 of them, moved a little towards the new one. By "
        "which share?",
        "The share is one over t. For the point y take the share beta of x and the rest of z, "
        "before either of them has moved.",
    ),
    returns=("z_1", "x_1", "z_2", "x_2", "z_3", "x_3"),
)


def both_signs(rng: np.random.Generator, d: int) -> np.ndarray:
    return rng.uniform(1, 3, d) * np.where(np.arange(d) % 2, 1.0, -1.0)


@SCHEDULE_FREE.cases
def _(rng: np.random.Generator):
    def case(name, d, t, same=False, **hyper):
        coupling = rng.uniform(0.1, 0.3, (d, d))
        hessian = np.diag(rng.uniform(1, 2, d)) + (coupling + coupling.T) / 2
        z = 4 * both_signs(rng, d)
        x = z.copy() if same else z + 2 * both_signs(rng, d)
        return Case(name, (z, x, t, hessian, both_signs(rng, d)), hyper)

    yield case("steps 4 to 6", 3, 4, lr=0.2, beta=0.7)
    yield case("the first three steps", 4, 1, same=True, lr=0.3)
    yield case("gradient at z", 3, 2, lr=0.2, beta=0.0)
    yield case("gradient at x", 3, 5, lr=0.2, beta=1.0)
    yield case("a single number, late in the run", 1, 100, lr=0.4)


def free_step(
    place=lambda z, x, beta: (1 - beta) * z + beta * x,
    mean=lambda z, z_next, x, y, t, beta: x + (z_next - x) / t,
):
    """The step, one of its parts made in another way."""

    def step(z, x, grad_fn, t, *, lr, beta=0.9):
        y = place(z, x, beta)
        z_next = z - lr * grad_fn(y)
        return z_next, mean(z, z_next, x, y, t, beta)

    return step


SCHEDULE_FREE.misconception(
    "the gradient at z",
    "You take the gradient at z, whatever beta is.\n"
    "At which of the three points is it to be taken?",
)(free_step(place=lambda z, x, beta: z))

SCHEDULE_FREE.misconception(
    "the gradient at the mean",
    "You take the gradient at x, whatever beta is.\n"
    "At which of the three points is it to be taken?",
)(free_step(place=lambda z, x, beta: x))

SCHEDULE_FREE.misconception(
    "the shares exchanged",
    "Your gradient is taken at the share beta of the way from x to z.\n"
    "With a beta of 0.9, to which of the two is y nearer?",
)(free_step(place=lambda z, x, beta: beta * z + (1 - beta) * x))

SCHEDULE_FREE.misconception(
    "the mean of the places asked",
    "Your x is the mean of the points at which the gradient was taken.\n"
    "Of which points is it the mean in the text?",
)(free_step(mean=lambda z, z_next, x, y, t, beta: x + (y - x) / t))

SCHEDULE_FREE.misconception(
    "the new point counts too little",
    "Your x moves too little: by the share one over t + 1.\n"
    "After the first step, of how many points is x the mean?",
)(free_step(mean=lambda z, z_next, x, y, t, beta: x + (z_next - x) / (t + 1)))

SCHEDULE_FREE.misconception(
    "an exponential moving average",
    "Your x forgets: old points count less and less.\n"
    "With which weight does each point stand in a plain mean?",
)(free_step(mean=lambda z, z_next, x, y, t, beta: beta * x + (1 - beta) * z_next))

SCHEDULE_FREE.misconception(
    "the mean lags behind",
    "Your x takes in the z from before the step.\n"
    "The mean is over the points after steps 1, 2, and so on. Which is the newest of them?",
)(free_step(mean=lambda z, z_next, x, y, t, beta: x + (z - x) / t))
