"""Averages along the path of the weights: Polyak's mean, the exponential one, and its start."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .. import drivers


def _path(rng, steps, *shape):
    """Points that move and jump: no average of them looks like another."""
    jumps = rng.uniform(1, 2, (steps, *shape)) * np.where(rng.random((steps, *shape)) < 0.5, -1, 1)
    return 3 + np.arange(steps).reshape(-1, *(1 for _ in shape)) + jumps


MEAN = Exercise(
    "averaging.running_mean_step",
    points=2,
    minutes=4,
    returns=("w_mean after each point", "state_next"),
    driver=drivers.averages_and_state,
    promises={
        "``None`` before the first call": ("a single point", "five points"),
        "It equals ``w`` after the first call": "a single point",
        "a new array in every call": "after a mean of four points",
    },
    hints=(
        "From the mean of t - 1 points, how do you get their sum back?",
        "The new mean lies between the old one and the new point. At which share of the way, when "
        "the new point is one of t?",
        "Count the new point. The mean moves by (w - mean) divided by t.",
    ),
)


@MEAN.cases
def _(rng: np.random.Generator):
    yield Case("five points", (_path(rng, 5, 2, 3),))
    yield Case("a single point", (_path(rng, 1, 4),))
    yield Case("two points", (_path(rng, 2, 3),))
    yield Case("thirty points", (_path(rng, 30, 2),))
    yield Case("after a mean of four points", (_path(rng, 3, 4), (10 * rng.random(4), 4)))


def _counted(w, state):
    mean, t = (np.zeros_like(w), 0) if state is None else state
    return mean, t + 1


@MEAN.misconception("the new point counts as much as all others")
def _(w, state):
    """Your mean always moves half of the way to the new point.
    How much does the first of five points count then, and how much should it?
    """
    mean, t = _counted(w, state)
    mean = w.copy() if t == 1 else (mean + w) / 2
    return mean, (mean, t)


@MEAN.misconception("the start counts as a point")
def _(w, state):
    """Your first average is half of the first point: the zeros that you began with count, too.
    How many points have been seen after the first call?
    """
    mean, t = _counted(w, state)
    mean = mean + (w - mean) / (t + 1)
    return mean, (mean, t)


@MEAN.misconception("a sum")
def _(w, state):
    """Your average grows from call to call: it is the sum of the points.
    By what is a sum divided, and when?
    """
    mean, t = _counted(w, state)
    mean = mean + w
    return mean, (mean, t)


@MEAN.misconception("the old mean is not reduced")
def _(w, state):
    """You add one t-th of the new point, and leave the old mean as it is.
    When ten points are equal, what should their mean be?
    """
    mean, t = _counted(w, state)
    mean = mean + w / t
    return mean, (mean, t)


@MEAN.misconception("points counted too late")
def _(w, state):
    """You divide by the number of points before this one.
    With the second point, how many share the mean?
    """
    mean, t = _counted(w, state)
    mean = mean + (w - mean) / max(t - 1, 1)
    return mean, (mean, t)


@MEAN.misconception("the sum divided twice")
def _(w, state):
    """What you keep is divided by the number of points already, and you treat it as a sum.
    What does the state hold, a sum or a mean?
    """
    mean, t = _counted(w, state)
    mean = (mean + w) / t
    return mean, (mean, t)


@MEAN.misconception("the count stays")
def _(w, state):
    """Your average follows the newest point, as if it were always the first.
    Which of the two numbers in the state has to grow?
    """
    return w.copy(), (w.copy(), 1)


@MEAN.misconception("the old and the new exchanged")
def _(w, state):
    """You give the new point the share that belongs to all old ones, and them the share of one.
    After a hundred points, how far may a single one move the mean?
    """
    mean, t = _counted(w, state)
    mean = (mean + (t - 1) * w) / t
    return mean, (mean, t)


@MEAN.misconception("the mean before this point")
def _(w, state):
    """Your average lacks the newest point: it is the mean of those before it.
    Which points does the text count?
    """
    old, t = _counted(w, state)
    mean = old + (w - old) / t
    return (w.copy() if state is None else old.copy()), (mean, t)


@MEAN.misconception("an exponential average")
def _(w, state):
    """Your average moves a tenth of the way to every new point.
    By how much should the hundredth point move the mean of a hundred?
    """
    mean, t = _counted(w, state)
    mean = w.copy() if t == 1 else mean + 0.1 * (w - mean)
    return mean, (mean, t)


@MEAN.misconception("the state keeps the sum")
def _(w, state):
    """From the first point on your averages are right, and the state holds the sum of the points.
    What does the text put into the state? It may come from somebody else.
    """
    total, t = _counted(w, state)
    total = total + w
    return total / t, (total, t)


@MEAN.misconception("the count first in the state")
def _(w, state):
    """Your state holds the number of points first.
    In which order does the text name the two?
    """
    t, mean = (0, np.zeros_like(w)) if state is None else state
    mean = mean + (w - mean) / (t + 1)
    return mean, (t + 1, mean)


PRINTED = Question(
    "ensembles.printed_equation",
    r"Take the printed equation at its word, hats and all: "
    r"$\hat\theta^{(t)} = \alpha\hat\theta^{(t-1)} + (1 - \alpha)\hat\theta^{(t)}$, with "
    r"$\alpha = 0.9$. Solve it for $\hat\theta^{(t)}$. Where is the average after 1000 steps?",
    choices=(
        Choice(
            "Near the mean of the last ten points.",
            "That is what was meant. In which term of the printed equation does a point of the "
            "path stand?",
        ),
        Choice("Where it was at the start.", right=True),
        Choice(
            "At zero.",
            "Bring both hats of time t to one side. By which factor does the old average change?",
        ),
        Choice(
            "At the newest point.",
            "Look for the newest point, the one without a hat. Is it there?",
        ),
    ),
    why=r"$(1 - (1 - \alpha))\,\hat\theta^{(t)} = \alpha\,\hat\theta^{(t-1)}$: the average equals "
    r"the one before, for ever. Nothing is averaged in. The last term should be the point "
    r"$\theta^{(t)}$.",
)

FROM_ZERO = Question(
    "ensembles.from_zero",
    "A slide averages with `x_test = 0.995*x_test + 0.005*x` and never says where `x_test` starts. "
    "Let it be zero. After 100 updates at a learning rate of 0.3 a ReLU network on clean digits "
    "has an accuracy of 0.92. "
    "And with `x_test` for its weights?",
    choices=(
        Choice(
            "0.10: nothing has been learnt.",
            "Is the sum of 100 small shares nothing? What does a network with all weights and "
            "biases at two fifths of their size predict?",
        ),
        Choice(
            "0.35, about the share that has been averaged in.",
            "Accuracy asks for the largest score. If all scores shrink, does their order change?",
        ),
        Choice(
            "0.61, the share that is still zero.",
            "Zeros pull all scores towards zero. Do they prefer a class?",
        ),
        Choice("0.91: nearly as good.", right=True),
    ),
    why="Zeros shrink all weights alike, and a ReLU network with smaller weights keeps, nearly, "
    "the order of its scores. What is gone is the confidence: the log loss is 1.8, and blind "
    "guessing has 2.3.",
)

FROM_INITIAL = Question(
    "ensembles.from_initial",
    "So you repair it: the average starts at the initial weights of the network. What is its "
    "accuracy after the same 100 updates?",
    choices=(
        Choice(
            "0.39, the share of trained weights in it",
            "Accuracy asks for the largest score. Do random weights always outvote trained ones?",
        ),
        Choice("About 0.75", right=True),
        Choice(
            "0.91, as from zero",
            "What is the weight of the start after 100 updates? And does a random matrix leave "
            "the order of the scores as zeros do?",
        ),
        Choice(
            "0.92, as the network itself",
            "After 100 updates the start still has the weight 0.995¹⁰⁰. How much is that?",
        ),
    ),
    why="61 % of the average are random weights, and random weights have opinions. Zeros had none. "
    "The obvious repair is worse than the error for the first few hundred updates.",
)

WEIGHTS = Exercise(
    "averaging.ema_weights",
    points=3,
    minutes=6,
    returns=("weights",),
    hints=(
        "Write the average down after one, two and three updates, as a sum over w_0, w_1, w_2, "
        "w_3.",
        "A point enters with the share 1 - decay, and each later update multiplies it by decay. "
        "How often has that happened to w_k by time t? What has happened to the start?",
        "w_k has (1 - decay) times decay to the power t - k; together they are 1 - decay to the "
        "power t. Give what is missing to w_0 (initial), to nothing (zero), or divide (corrected).",
    ),
)


@WEIGHTS.cases
def _(rng: np.random.Generator):
    d = float(rng.uniform(0.6, 0.75))
    yield Case("zero, three updates", (3,), {"decay": d, "start": "zero"})
    yield Case("initial, three updates", (3,), {"decay": d, "start": "initial"})
    yield Case("corrected, three updates", (3,), {"decay": d, "start": "corrected"})
    yield Case("one update from zero", (1,), {"decay": d, "start": "zero"})
    yield Case("one update, corrected", (1,), {"decay": d})
    yield Case("one update, initial", (1,), {"decay": d, "start": "initial"})
    yield Case("no memory", (4,), {"decay": 0.0, "start": "initial"})
    yield Case("a hundred updates, decay 0.995", (100,), {"start": "initial"})


def _shares(t, d, first):
    weights = (1 - d) * d ** np.arange(t, -1.0, -1.0)
    weights[0] = first
    return weights


def _by_start(t, d, start):
    weights = _shares(t, d, d**t if start == "initial" else 0.0)
    return weights / weights.sum() if start == "corrected" else weights


@WEIGHTS.misconception("decay and its rest exchanged")
def _(t, *, decay=0.995, start="corrected"):
    """Your newest point has the share decay, and the past is nearly forgotten.
    Which share does the average keep of itself in an update?
    """
    return _by_start(t, 1 - decay, start)


@WEIGHTS.misconception("the powers counted from the start")
def _(t, *, decay=0.995, start="corrected"):
    """Your newest point counts least of all that the average has moved to.
    In each later update a point is multiplied by decay. How often has that happened to the newest?
    """
    weights = (1 - decay) * decay ** np.arange(t + 1.0)
    weights[0] = decay**t if start == "initial" else 0.0
    return weights / (1 - decay**t) if start == "corrected" else weights


@WEIGHTS.misconception("every point enters whole")
def _(t, *, decay=0.995, start="corrected"):
    """Your newest point has the share 1 before anything is corrected.
    The average keeps the share decay of itself. How much is left for the new point?
    """
    weights = decay ** np.arange(t, -1.0, -1.0)
    weights[0] = decay**t if start == "initial" else 0.0
    return weights / (1 - decay**t) if start == "corrected" else weights


@WEIGHTS.misconception("the start forgotten")
def _(t, *, decay=0.995, start="corrected"):
    """From the initial weights your shares do not sum to 1: w_0 has none.
    What has become of the start after one update?
    """
    return _by_start(t, decay, "zero" if start == "initial" else start)


@WEIGHTS.misconception("the start keeps its whole share")
def _(t, *, decay=0.995, start="corrected"):
    """From the initial weights your shares sum to more than 1: that of w_0 stays as it was.
    What does every update do to what is in the average already?
    """
    return _shares(t, decay, 1.0) if start == "initial" else _by_start(t, decay, start)


@WEIGHTS.misconception("never corrected")
def _(t, *, decay=0.995, start="corrected"):
    """Your corrected shares are those from zero.
    Which one number makes them sum to 1?
    """
    return _by_start(t, decay, "zero" if start == "corrected" else start)


@WEIGHTS.misconception("multiplied by the share")
def _(t, *, decay=0.995, start="corrected"):
    """Your corrected shares are smaller than those from zero.
    An average that is too small: is it to be multiplied by a share or divided by it?
    """
    weights = _by_start(t, decay, "zero" if start == "corrected" else start)
    return weights * (1 - decay**t) if start == "corrected" else weights


@WEIGHTS.misconception("one way for all three starts")
def _(t, *, decay=0.995, start="corrected"):
    """You give the corrected shares, whatever `start` asks for.
    Where does an average stand after one update from zero, and where from w_0?
    """
    return _by_start(t, decay, "corrected")


@WEIGHTS.misconception("newest first")
def _(t, *, decay=0.995, start="corrected"):
    """Your shares stand in the opposite order.
    Whose share does the text put first?
    """
    return _by_start(t, decay, start)[::-1].copy()


@WEIGHTS.misconception("zero as if corrected")
def _(t, *, decay=0.995, start="corrected"):
    """From zero your weights sum to 1.
    After the first update from zero: how much of w_1 is in the average?
    """
    return _by_start(t, decay, "corrected" if start == "zero" else start)


@WEIGHTS.misconception("one power too many")
def _(t, *, decay=0.995, start="corrected"):
    """From zero all your shares are too small by the factor decay.
    In the update in which a point enters, is it multiplied by decay already?
    """
    if start == "corrected":
        return _by_start(t, decay, start)
    weights = decay * _shares(t, decay, 0.0)
    weights[0] = decay**t if start == "initial" else 0.0
    return weights


@WEIGHTS.misconception("the oldest counts most")
def _(t, *, decay=0.995, start="corrected"):
    """Your shares are in the wrong order: among the points of the path the first counts most.
    Which one has been multiplied by decay most often?
    """
    weights = _by_start(t, decay, start)
    weights[1:] = weights[:0:-1].copy()
    return weights


@WEIGHTS.misconception("the start as a point among others")
def _(t, *, decay=0.995, start="corrected"):
    """With the initial weights as the start your shares do not sum to 1: w_0 enters like a point of
    the path.
    Before the first update the average is w_0. What is its share then?
    """
    if start == "initial":
        return _shares(t, decay, (1 - decay) * decay**t)
    return _by_start(t, decay, start)


@WEIGHTS.misconception("corrected by the start")
def _(t, *, decay=0.995, start="corrected"):
    """Corrected, you give what is missing to w_0.
    The correction divides by a number. For weights that never change, which one makes it right?
    """
    return _by_start(t, decay, "initial" if start == "corrected" else start)


@WEIGHTS.misconception("divided by the wrong share")
def _(t, *, decay=0.995, start="corrected"):
    """Corrected, your weights do not sum to 1: you divide by the share of a single point.
    What do all shares from zero sum to after t updates?
    """
    if start == "corrected":
        return _shares(t, decay, 0.0) / (1 - decay)
    return _by_start(t, decay, start)


@WEIGHTS.misconception("without a place for the start")
def _(t, *, decay=0.995, start="corrected"):
    """You return one number for each update, and none for w_0.
    How many points are w_0, w_1, ..., w_t?
    """
    return _by_start(t, decay, start)[1:]


@WEIGHTS.misconception("only the shares exchanged")
def _(t, *, decay=0.995, start="corrected"):
    """Your newest point has the share decay, and what is in the average keeps the rest. The start
    and the correction are those of the average that the text describes.
    Which share does the average keep of itself in an update?
    """
    weights = decay * (1 - decay) ** np.arange(t, -1.0, -1.0)
    weights[0] = decay**t if start == "initial" else 0.0
    return weights / (1 - decay**t) if start == "corrected" else weights


@WEIGHTS.misconception("one update too few for the start")
def _(t, *, decay=0.995, start="corrected"):
    """From the initial weights your shares sum to more than 1: w_0 was multiplied once too little.
    How many updates have there been since w_0?
    """
    if start == "initial":
        return _shares(t, decay, decay ** (t - 1))
    return _by_start(t, decay, start)


@WEIGHTS.misconception("a share for the zeros")
def _(t, *, decay=0.995, start="corrected"):
    """From zero you give w_0 a share.
    Which array has that share there? Is it w_0?
    """
    return _by_start(t, decay, "initial" if start == "zero" else start)


@WEIGHTS.misconception("corrected by the next step")
def _(t, *, decay=0.995, start="corrected"):
    """Corrected, your shares sum to less than 1: the correction is that of the next step.
    What do all shares from zero sum to after t updates?
    """
    if start == "corrected":
        return _shares(t, decay, 0.0) / (1 - decay ** (t + 1))
    return _by_start(t, decay, start)


@WEIGHTS.misconception("all alike")
def _(t, *, decay=0.995, start="corrected"):
    """In your average all points count the same, whatever the decay.
    How much less should a point count than the one after it?
    """
    return np.concatenate([[0.0], np.full(t, 1 / t)])


EMA = Exercise(
    "averaging.ema_step",
    points=3,
    minutes=5,
    returns=("w_mean after each point",),
    driver=drivers.averages,
    parents=("averaging.ema_weights",),
    promises={
        "``None`` before the first": ("a single point", "four points"),
        "after the first call it equals ``w``": "a single point",
        "``decay`` out of its range": (
            "a decay of 1, which must raise ValueError",
            "a decay below 0, which must raise ValueError",
        ),
    },
    hints=(
        "Let the draft average weights that stay at 1, by hand, for three steps. In which step "
        "does it go wrong, and which number went into that step?",
        "The correction is for whoever uses the average. The next update begins with the average "
        "as it was before the correction.",
        "m = decay times m plus the rest times w, from zero; keep m and the count as the state; "
        "hand out m divided by 1 - decay to the power t.",
    ),
)


@EMA.cases
def _(rng: np.random.Generator):
    yield Case("four points", (_path(rng, 4, 2, 3),), {"decay": 0.8})
    yield Case("a single point", (_path(rng, 1, 3),), {"decay": 0.9})
    yield Case("weights that stay", (np.repeat(_path(rng, 1, 2, 2), 6, axis=0),), {"decay": 0.7})
    yield Case("no memory", (_path(rng, 3, 4),), {"decay": 0.0})
    yield Case("thirty points, usual decay", (_path(rng, 30, 2),))
    for decay, words in ((1.0, "of 1"), (-0.25, "below 0")):
        yield Case(
            f"a decay {words}, which must raise ValueError",
            (_path(rng, 2, 2),),
            {"decay": decay},
            extreme=True,
        )


def _moved(w, state, decay):
    if not 0 <= decay < 1:
        raise ValueError(f"decay must lie in [0, 1), got {decay}")
    m, t = (np.zeros_like(w), 0) if state is None else state
    return decay * m + (1 - decay) * w, t + 1


@EMA.misconception("as it was found")
def _(w, state, *, decay=0.995):
    """This answers like the draft: right after the first call, too large from the second on.
    The corrected average went into the state. What will the next correction do to it?
    """
    m, t = _moved(w, state, decay)
    mean = m / (1 - decay**t)
    return mean, (mean, t)


@EMA.misconception("from zero")
def _(w, state, *, decay=0.995):
    """Your first average is a small share of w, and all are too small.
    Which network is that? Which number would make it right for weights that never change?
    """
    m, t = _moved(w, state, decay)
    return m, (m, t)


@EMA.misconception("the first point is the start")
def _(w, state, *, decay=0.995):
    """Your first average is right. Later on the first point counts far more than the second.
    Which shares has an average that starts at w_1? Is each point decay times the next?
    """
    m, t = _moved(w, state, decay)
    m = w.copy() if state is None else m
    return m, (m, t)


@EMA.misconception("the printed equation")
def _(w, state, *, decay=0.995):
    """Your average never changes after the first call.
    Which theta is averaged in, the one with a hat or the one without?
    """
    if not 0 <= decay < 1:
        raise ValueError(f"decay must lie in [0, 1), got {decay}")
    m = w.copy() if state is None else state[0]
    return m, (m, 1)


@EMA.misconception("decay and its rest exchanged")
def _(w, state, *, decay=0.995):
    """Your average follows the newest point nearly at once.
    Which share does it keep of itself?
    """
    if not 0 <= decay < 1:
        raise ValueError(f"decay must lie in [0, 1), got {decay}")
    rest = 1 - decay
    m, t = (np.zeros_like(w), 0) if state is None else state
    m, t = rest * m + decay * w, t + 1
    return (w.copy() if decay == 0 else m / (1 - rest**t)), (m, t)


@EMA.misconception("corrected as in the first step")
def _(w, state, *, decay=0.995):
    """Your first average is right, and later ones are too large: you divide by the same number in
    every step.
    Is the same share still missing after ten steps as after one?
    """
    m, t = _moved(w, state, decay)
    return m / (1 - decay), (m, t)


@EMA.misconception("a plain mean")
def _(w, state, *, decay=0.995):
    """In your average all points count the same, whatever the decay.
    How much less should a point count than the one after it?
    """
    if not 0 <= decay < 1:
        raise ValueError(f"decay must lie in [0, 1), got {decay}")
    m, t = (np.zeros_like(w), 0) if state is None else state
    m = m + (w - m) / (t + 1)
    return m, (m, t + 1)


def _divided(share):
    """A wrong correction: the average from zero by another share of decay and t."""

    def step(w, state, *, decay=0.995):
        m, t = _moved(w, state, decay)
        return m / share(decay, t), (m, t)

    return step


@EMA.misconception("one step too few in the correction")
def _(w, state, *, decay=0.995):
    """Your first average is right. From the second on the correction is that of the step before.
    How many points are in the average when you divide? Do you count before or after?
    """
    return _divided(lambda d, t: 1 - d ** max(t - 1, 1))(w, state, decay=decay)


@EMA.misconception("one step too many in the correction")
def _(w, state, *, decay=0.995):
    """All your averages are too small, and the first most: the correction is that of the next step.
    How many points are in the average when you divide? Do you count before or after?
    """
    return _divided(lambda d, t: 1 - d ** (t + 1))(w, state, decay=decay)


@EMA.misconception("decay times t")
def _(w, state, *, decay=0.995):
    """You divide by a share that falls by the same amount in every step, and soon below zero.
    What does each update do to the share of the start: take something away, or multiply it?
    """
    m, t = _moved(w, state, decay)
    share = 1 - decay * t
    return m / (share if share else 1e-300), (m, t)


@EMA.misconception("multiplied by the share")
def _(w, state, *, decay=0.995):
    """Your averages are smaller than without a correction.
    An average that is too small: is it to be multiplied by a share or divided by it?
    """
    return _divided(lambda d, t: 1 / (1 - d**t))(w, state, decay=decay)


@EMA.misconception("every point enters whole")
def _(w, state, *, decay=0.995):
    """Your first average is many times w: the new point enters whole, not with a share.
    The average keeps the share decay of itself. How much is left for the new point?
    """
    _, t = _moved(w, state, decay)
    m = w + (0 if state is None else decay * state[0])
    return m / (1 - decay**t), (m, t)


@EMA.misconception("decay and its rest exchanged in the update")
def _(w, state, *, decay=0.995):
    """In your update the average keeps the rest and the new point gets decay. Your correction is
    right for the update the other way round.
    Which share does the average keep of itself?
    """
    _, t = _moved(w, state, decay)
    m = decay * w + (0 if state is None else (1 - decay) * state[0])
    return m / (1 - decay**t), (m, t)


@EMA.misconception("corrected twice over")
def _(w, state, *, decay=0.995):
    """Your first average is right, later ones are too large. It starts at the first point, and is
    divided all the same.
    What is missing in an average that started at w_1?
    """
    m, t = _moved(w, state, decay)
    if state is None:
        return w.copy(), (w.copy(), 1)
    return m / (1 - decay**t), (m, t)


@EMA.misconception("a decay of zero refused")
def _(w, state, *, decay=0.995):
    """You refuse a decay of 0.
    Which of its two borders belongs to the range in the text?
    """
    if decay == 0:
        raise ValueError(f"decay must lie in (0, 1), got {decay}")
    m, t = _moved(w, state, decay)
    return m / (1 - decay**t), (m, t)


TOO_HIGH = Question(
    "ensembles.too_high",
    "Noisy digits, batches of 10. From a learning rate of 0.03 to one of 0.6 the last network "
    "loses about ten points of accuracy. What becomes of the exponential average of its weights?",
    choices=(
        Choice(
            "It loses about as much: an average of bad networks is bad.",
            "Are they bad in the same way, or does each stand somewhere else around a common "
            "centre?",
        ),
        Choice(
            "It loses half of that.",
            "What is left of noise that changes with every update, after an average over 200?",
        ),
        Choice(
            "It is useless: the weights jump too far to be averaged.",
            "They jump to and fro. Does a mean follow the jumps?",
        ),
        Choice("It loses nothing.", right=True),
    ),
    why="At a high rate the weights jump around a good place instead of resting in it. Their "
    "average rests. It does afterwards what a falling rate does during the training.",
)
