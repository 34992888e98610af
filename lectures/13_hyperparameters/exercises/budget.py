"""A budget instead of a count: successive halving."""

import math

import numpy as np

from grader import Case, Choice, Exercise, Number, Question
from utils.trials import successive_halving

from .. import drivers

COST = Question(
    "hyperparameters.cost_of_a_ladder",
    "27 trials are trained for 1 epoch. The best 9 go on to epoch 3, the best 3 of these to epoch "
    "9, and one to epoch 27. Runs are resumed, not started again. What does that cost, in full "
    "runs of 27 epochs?",
    number=Number(
        3,
        rel_tol=0.02,
        misreadings={
            27: "Then each trial would run to its end. How many epochs does each stage pay for?",
            4: "That is the price when each stage starts from scratch. For how many epochs does a "
            "run pay that goes on from its first rung to the second?",
            13: "The stages have forty trials together, or thirteen after the first. How many "
            "epochs does each of them cost?",
            1: "One trial runs to its end. What did the 26 others cost?",
        },
    ),
    why="27 · 1 + 9 · 2 + 3 · 6 + 1 · 18 = 81 epochs. Each stage costs about the same.",
)

HALVING = Exercise(
    "trials.successive_halving",
    points=4,
    minutes=11,
    returns=("winner", "spent", "trained"),
    driver=drivers.recorded_curves,
    promises={
        "rounded down, but at least one": ("ten trials", "more rungs than halvings"),
        "the trial that was ahead before stays ahead": (
            "equal scores at the first rung",
            "equal scores at the second rung",
        ),
        "A score of NaN is the worst": "a leader explodes",
        "there are no trials or no rungs": (
            "no trials, which must raise ValueError",
            "no rungs, which must raise ValueError",
            "eta of 1, which must raise ValueError",
            "rungs that fall, which must raise ValueError",
            "the first rung at epoch 0, which must raise ValueError",
        ),
        "pays for six": "27 trials, four rungs",
    },
    hints=(
        "Three things change from rung to rung: who is alive, at which epoch the last rung was, "
        "and how much has been spent. The loop goes over the rungs.",
        "At a rung, everyone alive pays for the epochs since the last rung and gets a score. "
        "`best_rows` ranks rows with a `val_acc`, NaN last, and leaves equal ones in their order.",
        "Keep max(1, number alive // eta) of the ranking for the next rung, in the order of the "
        "ranking. After the last rung nobody is dropped any more: the winner is the first.",
    ),
)


def _trials(rng: np.random.Generator, n: int, epochs: int) -> list[dict]:
    """Curves that rise at different speeds to different heights, and so cross; no two are equal."""
    heights = 0.5 + 0.45 * rng.permutation(np.arange(n) + rng.uniform(0.2, 0.8, n)) / n
    # The higher ones are slower on the whole, but not in order.
    speeds = 1 + 0.35 * epochs * rng.permutation(n) / n
    t = np.arange(1, epochs + 1)
    curves = heights[:, None] * (1 - np.exp(-t / speeds[:, None]))
    return [
        {"name": f"trial {i}", "curve": [float(s) for s in curve]} for i, curve in enumerate(curves)
    ]


@HALVING.cases
def _(rng: np.random.Generator):
    def hidden_winner(trials, rungs, eta=3):
        """One that leads at the end and is among the last at the first rung."""
        late = dict(trials[-1])
        late["curve"] = [0.01 + 0.001 * t for t in range(rungs[-1] - 1)] + [0.99]
        return [*trials[:-1], {**late, "name": "late"}]

    yield Case("27 trials, four rungs", (_trials(rng, 27, 27),), {"rungs": (1, 3, 9, 27)})
    yield Case("ten trials", (_trials(rng, 10, 12),), {"rungs": (2, 6, 12)})
    yield Case("one of two goes on", (_trials(rng, 9, 8),), {"rungs": (1, 2, 4, 8), "eta": 2})
    late = hidden_winner(_trials(rng, 9, 9), (1, 3, 9))
    yield Case("the best at the end is last at first", (late,), {"rungs": (1, 3, 9)})
    yield Case("one rung", (_trials(rng, 5, 4),), {"rungs": (4,)})
    yield Case("more rungs than halvings", (_trials(rng, 3, 6),), {"rungs": (1, 2, 4, 6)})

    def listed(*curves):
        return [{"name": f"trial {i}", "curve": list(c)} for i, c in enumerate(curves)]

    tie = listed((0.3, 0.2, 0.2), (0.4, 0.6, 0.7), (0.4, 0.5, 0.9), (0.1, 0.2, 0.3))
    yield Case("equal scores at the first rung", (tie,), {"rungs": (1, 3), "eta": 4})
    # Ranked 2, 1, 0, 3 at the first rung; equal at the second, where one of two goes on.
    tie = listed((0.5, 0.6, 0.9), (0.55, 0.7, 0.8), (0.6, 0.7, 0.75), (0.1, 0.2, 0.3))
    yield Case("equal scores at the second rung", (tie,), {"rungs": (1, 2, 3), "eta": 2})
    loud = listed((0.5, 0.6, math.nan), (0.4, 0.5, 0.6), (math.nan,) * 3, (0.2, 0.3, 0.4))
    yield Case("a leader explodes", (loud,), {"rungs": (1, 3), "eta": 2})
    early = listed((0.9, 0.7, 0.5), (0.6, 0.65, 0.7), (0.4, 0.7, 0.95), (0.2, 0.3, 0.4))
    yield Case("an early leader falls back", (early,), {"rungs": (1, 3), "eta": 2})
    few = listed((0.3, 0.5, 0.6), (0.4, 0.5, 0.7))
    for name, trials, options in (
        ("no trials", [], {"rungs": (1, 3)}),
        ("no rungs", few, {"rungs": ()}),
        ("eta of 1", few, {"rungs": (1, 3), "eta": 1}),
        ("rungs that fall", few, {"rungs": (3, 1)}),
        ("the first rung at epoch 0", few, {"rungs": (0, 3)}),
    ):
        yield Case(f"{name}, which must raise ValueError", (trials,), options, extreme=True)


def _worst_last(score):
    return math.inf if math.isnan(score) else -score


def _ladder(
    trials,
    evaluate,
    rungs,
    eta,
    *,
    keep=lambda n, eta: max(1, n // eta),
    order=_worst_last,
    price=lambda alive, rung, before: len(alive) * (rung - before),
    in_order=False,
):
    steps = np.diff([0, *rungs])
    if not (len(trials) and len(rungs) and eta >= 2 and (steps >= 1).all()):
        raise ValueError("ladder")
    ranked, spent, before = list(range(len(trials))), 0, 0
    for rung in rungs:
        alive = ranked if before == 0 else ranked[: keep(len(ranked), eta)]
        alive = sorted(alive) if in_order else alive
        spent += price(alive, rung, before)
        scores = {i: evaluate(trials[i], rung) for i in alive}
        ranked = sorted(alive, key=lambda i: order(scores[i]))
        before = rung
    return trials[ranked[0]], spent


@HALVING.misconception("keeps the worst")
def _(trials, evaluate, *, rungs, eta=3):
    """The trials with the lowest scores go on.
    Which way does a list of scores sort, and which end of it did you keep?
    """
    return _ladder(trials, evaluate, rungs, eta, order=lambda s: math.inf if math.isnan(s) else s)


@HALVING.misconception("keeps eta of them")
def _(trials, evaluate, *, rungs, eta=3):
    """From each rung as many trials go on as `eta` says.
    27 trials, eta 3: how many go on, if it is one in three?
    """
    return _ladder(trials, evaluate, rungs, eta, keep=lambda n, eta: min(n, eta))


@HALVING.misconception("drops one in eta")
def _(trials, evaluate, *, rungs, eta=3):
    """You drop one in `eta` and keep the others.
    27 trials, eta 3: how many go on?
    """
    return _ladder(trials, evaluate, rungs, eta, keep=lambda n, eta: max(1, n - n // eta))


@HALVING.misconception("half of them, whatever eta is")
def _(trials, evaluate, *, rungs, eta=3):
    """With an `eta` of 2 you are right; with 3 too many go on.
    The method is called halving. What does `eta` say about the share that goes on?
    """
    return _ladder(trials, evaluate, rungs, eta, keep=lambda n, eta: max(1, n // 2))


@HALVING.misconception("nobody is left")
def _(trials, evaluate, *, rungs, eta=3):
    """Where fewer than `eta` trials are alive, you keep none of them, and an error follows.
    How many are kept at least?
    """
    return _ladder(trials, evaluate, rungs, eta, keep=lambda n, eta: n // eta)


@HALVING.misconception("charges for one trial")
def _(trials, evaluate, *, rungs, eta=3):
    """The winner is right. You charge each stage for one trial only.
    How many trials are trained from one rung to the next?
    """
    return _ladder(trials, evaluate, rungs, eta, price=lambda alive, rung, before: rung - before)


@HALVING.misconception("rounded up")
def _(trials, evaluate, *, rungs, eta=3):
    """Where the number of trials is not a multiple of `eta`, you keep one too many.
    Which way does the text round?
    """
    return _ladder(trials, evaluate, rungs, eta, keep=lambda n, eta: -(-n // eta))


@HALVING.misconception("starts from scratch", convention=True)
def _(trials, evaluate, *, rungs, eta=3):
    """The winner is right. You charge every rung in full, as if it started from scratch.
    So it is where nothing is saved between the rungs. Here a trial that goes on from epoch 3 to
    epoch 9 pays for how many?
    """
    return _ladder(
        trials, evaluate, rungs, eta, price=lambda alive, rung, before: len(alive) * rung
    )


@HALVING.misconception("charges everyone to the end")
def _(trials, evaluate, *, rungs, eta=3):
    """The winner is right. You charge trials that were dropped long ago.
    Which trials train between the second and the third rung?
    """
    return _ladder(
        trials,
        evaluate,
        rungs,
        eta,
        price=lambda alive, rung, before: len(trials) * (rung - before),
    )


@HALVING.misconception("the best score of any rung")
def _(trials, evaluate, *, rungs, eta=3):
    """Your winner is whoever had the highest score at any time, even if it was dropped or exploded.
    What do you ask for at the end: the best score ever seen, or the best network you have?
    """
    seen: list[tuple[float, int]] = []

    def recorded(trial, epochs):
        score = evaluate(trial, epochs)
        number = next(i for i, other in enumerate(trials) if other is trial)
        seen.append((-math.inf if math.isnan(score) else score, number))
        return score

    _, spent = _ladder(trials, recorded, rungs, eta)
    return trials[max(seen, key=lambda s: s[0])[1]], spent


@HALVING.misconception("NaN is not the worst")
def _(trials, evaluate, *, rungs, eta=3):
    """With finite scores you are right. A trial whose score is NaN is ranked too high.
    What does a comparison with NaN say, and where does such a trial belong?
    """
    return _ladder(trials, evaluate, rungs, eta, order=lambda s: -math.inf if math.isnan(s) else -s)


@HALVING.misconception("NaN is in the way")
def _(trials, evaluate, *, rungs, eta=3):
    """With finite scores you are right. Where a score is NaN, the ranking is out of order.
    Sorting asks which of two scores is smaller. What does a comparison with NaN say, both ways?
    """
    return _ladder(trials, evaluate, rungs, eta, order=lambda s: -s)


@HALVING.misconception("equal scores in the order of the list")
def _(trials, evaluate, *, rungs, eta=3):
    """Right, until two scores are equal at a later rung: then you go by the order of `trials`.
    Which of the two was ahead before?
    """
    return _ladder(trials, evaluate, rungs, eta, in_order=True)


@HALVING.misconception("any ladder is accepted")
def _(trials, evaluate, *, rungs, eta=3):
    """Your ladders are right. Some calls should have been refused with a ValueError.
    Can rungs fall, and who wins if nobody starts?
    """
    try:
        return successive_halving(trials, evaluate, rungs=rungs, eta=eta)
    except ValueError:
        return (trials[0] if trials else {}), 0


NOISY_LABELS = Question(
    "hyperparameters.halving_with_wrong_labels",
    "On clean labels, halving (27 trials, rungs 2, 6, 18, 54) reaches 0.939, and three random "
    "trials in full, at equal cost, 0.929 (means of four pools). Now 40% of the training labels "
    "are wrong. How do they compare?",
    choices=(
        Choice(
            "Halving wins by more: bad settings show themselves sooner.",
            "What do the settings with the fastest rise do with wrong labels, given enough epochs?",
        ),
        Choice(
            "Halving wins as before.",
            "It assumes that whoever leads early leads late. Which networks lead early, and "
            "which of them have memorised the wrong labels at the end?",
        ),
        Choice(
            "They are level.",
            "Random trials in full judge the end, halving the beginning. Do the two still agree?",
        ),
        Choice("Halving loses by several points.", right=True),
    ),
    why="High rates rise fast and then memorise the wrong labels; low rates and strong penalties "
    "rise slowly and end higher. The early order is not the late order.",
)
